/* SPDX-License-Identifier: MIT */

/*
 * Which ports of which hosts could be reached, and why not: what the jobs of
 * the service found, or one run of a job here and now.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/console.h"
#include "base/interrupt.h"
#include "probes/job_run.h"
#include "reportcli/change_damping.h"
#include "reportcli/command.h"
#include "reportcli/job_records.h"
#include "reportcli/job_silence.h"
#include "reportcli/plugin_line.h"
#include "reportcli/port_story.h"
#include "reportcli/reach_matrix.h"

#define DAY_MS INT64_C(86400000)

struct audit {
    const struct command_context *context;
    bool nagios;
    bool failures;
    bool is_matrix;
    struct reach_matrix matrix;
    struct probe_filter filter;
    struct ledger *ledger;
    struct story_ledgers stories;
    struct probe_pair_sums pairs;
    struct probe_job_sums jobs;
    struct probe_change_rows changes;
    struct job_record record;
    struct render *render;
    struct settings *settings; /* of this machine; NULL: they are not known, or not its ledger's */
    struct job_list known;     /* its jobs */
    int64_t commit;            /* milliseconds until what happened is in the ledger */
    const char *job;           /* of the pair that is shown, as its name; NULL: none yet */
    const struct probe_job_sum *sum; /* of it; NULL: not known */
    bool job_is_gone;                /* out of the settings */
    int64_t runs_from; /* some jobs' runs are known from here on, and asks before; 0: none's */
    struct text story;
    struct plugin_line line;
    struct verdict verdict;
    int64_t not_asked;  /* ports that are not shown */
    int64_t past;       /* ports that are not asked any more */
    int64_t unrecorded; /* runs that were due, and of which the ledger has nothing */
    struct job_run *run;
};

static const struct probe_job_sum *find_job(const struct audit *audit, const char *name)
{
    for (size_t i = 0; i < audit->jobs.count; i++) {
        if (strcmp(audit->jobs.items[i].name, name) == 0) {
            return &audit->jobs.items[i];
        }
    }
    return NULL;
}

static int64_t count_all(const struct verdict *verdict)
{
    return verdict->held + verdict->not_held + verdict->undecided;
}

static bool print_plugin(struct audit *audit, enum exit_status *status, struct failure *why)
{
    *status = (enum exit_status)plugin_line_status(&audit->verdict);
    return plugin_line_print(&audit->line, &audit->verdict, why);
}

/*
 * Jobs that are silent.
 */

/* A job of which nobody knows how things are now. */
static void tell_stale(struct audit *audit, const char *name, const struct probe_job_sum *sum,
                       int64_t lacking)
{
    struct text *text = &audit->line.jobs;

    if (audit->verdict.stale++ >= JOB_SILENCE_TOLD) {
        return;
    }
    text_add(text, text->size > 0 ? "; " : "");
    job_silence_add(text, name,
                    sum == NULL || sum->last_due > audit->filter.until ? 0 : sum->last_due, lacking,
                    audit->context->render.zone);
}

/* A job that has not run yet, since none of its runs was due. */
static void note_first(const struct audit *audit, const struct job *job)
{
    int64_t next = schedule_next(&job->schedule, clock_zone_offset, audit->context->now);
    struct text words = {0};

    if (audit->nagios || next == SCHEDULE_NEVER) {
        return;
    }
    time_text_add_table(&words, next, audit->context->render.zone);
    command_note(audit->context, "first", "job %s: its first run is due %s", job->name,
                 text_bytes(&words));
    text_clear(&words);
}

static void find_silence(struct audit *audit, const char *name, struct probe_job_sum *sum,
                         const struct job *job)
{
    static const struct probe_job_sum none = {0};
    const struct probe_job_sum *known = sum == NULL ? &none : sum;
    int64_t recorded = audit->context->now - audit->commit - SCHEDULE_PUNCTUAL - known->last_lasted;
    int64_t until = audit->filter.until < recorded ? audit->filter.until : recorded;
    struct job_silence silence;

    job_silence_find(&silence, known, job, audit->filter.since, until);
    if (sum != NULL) {
        sum->unrecorded = silence.unrecorded;
        audit->unrecorded += silence.unrecorded;
        audit->verdict.missed += sum->missed + sum->ended + silence.unrecorded;
    }
    if (silence.is_stale || (sum == NULL && silence.lacking > 0)) {
        tell_stale(audit, name, sum, silence.lacking);
    } else if (sum == NULL) {
        note_first(audit, job);
    }
}

/* Why runs of the time did not take place: of all jobs the one missed last says it. */
static void tell_missed(struct audit *audit)
{
    const struct probe_job_sum *newest = NULL;

    for (size_t i = 0; i < audit->jobs.count; i++) {
        const struct probe_job_sum *sum = &audit->jobs.items[i];

        if (sum->done + sum->ended == 0) {
            audit->verdict.skipped += sum->skipped;
        }
        if (sum->missed > 0 && (newest == NULL || sum->missed_at > newest->missed_at)) {
            newest = sum;
        }
    }
    if (newest != NULL) {
        job_add_missed(&audit->line.missed, newest);
    }
}

/* A job that is in the settings no more owes nothing. */
static void find_silences(struct audit *audit)
{
    for (size_t i = 0; i < audit->jobs.count; i++) {
        struct probe_job_sum *sum = &audit->jobs.items[i];
        const struct job *job = job_find(&audit->known, sum->name);

        if (audit->settings == NULL || job != NULL) {
            find_silence(audit, sum->name, sum, job);
        } else {
            audit->verdict.missed += sum->missed + sum->ended;
        }
    }
    for (size_t i = 0; i < audit->known.count; i++) {
        const struct job *job = &audit->known.jobs[i];

        if (find_job(audit, job->name) == NULL &&
            (audit->filter.job == NULL || strcmp(audit->filter.job, job->name) == 0)) {
            find_silence(audit, job->name, NULL, job);
        }
    }
}

/* The job of the pairs that come now. */
static void take_job(struct audit *audit, const char *name)
{
    audit->job = name;
    audit->sum = find_job(audit, name);
    audit->job_is_gone = audit->settings != NULL && job_find(&audit->known, name) == NULL;
}

/* The newest run of its job did not ask it, or its job is not in the settings any more. */
static bool is_past(struct audit *audit, const struct probe_pair_sum *pair)
{
    int64_t asked = pair->last_at > pair->folded_until ? pair->last_at : pair->folded_until;

    if (audit->job == NULL || strcmp(audit->job, pair->job) != 0) {
        take_job(audit, pair->job); /* thousands of jobs are not looked through for each pair */
    }
    return (audit->sum != NULL && asked < audit->sum->asked_from) || audit->job_is_gone;
}

/*
 * Records.
 */

static void count(struct verdict *verdict, int judgement)
{
    verdict->held += judgement == EXPECTATION_HELD ? 1 : 0;
    verdict->not_held += judgement == EXPECTATION_NOT_HELD ? 1 : 0;
    verdict->undecided += judgement == EXPECTATION_UNDECIDED ? 1 : 0;
}

static bool is_failure(const struct probe_pair_sum *pair)
{
    bool fails = pair->now.status != PROBE_STATUS_GONE && pair->now.judgement != EXPECTATION_HELD;

    return !pair->is_past && (fails || pair->figure.held < pair->figure.asked);
}

/* Two jobs ask this port, each for itself. Looked for only where a label is made of it. */
static bool is_twice(const struct audit *audit, const struct probe_pair_sum *pair)
{
    bool matters =
        audit->nagios && pair->figure.median >= 0 && audit->line.performances < PLUGIN_PERFORMANCES;

    for (size_t i = 0; matters && i < audit->pairs.count; i++) {
        const struct probe_pair_sum *other = &audit->pairs.items[i];

        if (other->port == pair->port && other->transport == pair->transport &&
            strcmp(other->host, pair->host) == 0 && strcmp(other->job, pair->job) != 0) {
            return true;
        }
    }
    return false;
}

static void judge_pair(struct audit *audit, const struct probe_pair_sum *pair)
{
    if (pair->is_past) {
        audit->past++;
        return;
    }
    count(&audit->verdict, pair->now.judgement);
    plugin_line_add(&audit->line, pair, is_twice(audit, pair));
}

/* Counts it, and prints it where it is to be seen. */
static bool show(struct audit *audit, const struct probe_pair_sum *pair, struct failure *why)
{
    judge_pair(audit, pair);
    if (audit->nagios || (audit->failures && !is_failure(pair))) {
        return true;
    }
    if (audit->is_matrix) {
        return pair->is_past || reach_matrix_add(&audit->matrix, pair, why);
    }
    text_reset(&audit->story);
    return story_tell(&audit->stories, pair, audit->context->render.zone, &audit->story, why) &&
           text_ok(&audit->story, why) &&
           reach_record_print(&audit->record, audit->render, pair, audit->sum,
                              audit->story.size == 0 ? NULL : text_bytes(&audit->story), why);
}

/* Asks are known for longer than runs: whether those before took place, nobody can tell. */
static void look_for_lost_runs(struct audit *audit, const struct probe_pair_sum *pair)
{
    const struct probe_job_sum *sum = audit->sum;
    int64_t first = pair->first_known + (pair->folded_until == 0 ? 0 : DAY_MS); /* in that day */

    if (sum != NULL && sum->first_known > audit->filter.since && first < sum->first_known &&
        sum->first_known > audit->runs_from) {
        audit->runs_from = sum->first_known;
    }
}

/* All runs of the time were skipped for maintenance: the result before it is the newest. */
static bool is_maintained(const struct audit *audit)
{
    const struct probe_job_sum *sum = audit->sum;

    return (audit->nagios || options_flag(audit->context->options, "expect")) && sum != NULL &&
           sum->skipped > 0 && sum->done + sum->ended == 0;
}

static bool show_pairs(struct audit *audit, struct failure *why)
{
    for (size_t i = 0; i < audit->pairs.count; i++) {
        struct probe_pair_sum *pair = &audit->pairs.items[i];

        pair->is_past = is_past(audit, pair);
        look_for_lost_runs(audit, pair);
        if (pair->figure.asked == 0) {
            audit->not_asked++;
            if (is_maintained(audit)) {
                judge_pair(audit, pair);
            }
        } else if (!show(audit, pair, why)) {
            return false;
        }
    }
    return true;
}

/* Which time was looked at, and in how much: of the answer that there is nothing. */
static void note_empty(const struct audit *audit, const char *what)
{
    size_t jobs = audit->jobs.count;
    enum time_zone_choice zone = audit->context->render.zone;
    struct text words = {0};

    text_addf(&words, "%s from ", what);
    time_text_add_table(&words, audit->filter.since, zone);
    text_add(&words, " to ");
    time_text_add_table(&words, audit->filter.until, zone);
    text_addf(&words, "; the ledger knows %zu job%s", jobs, jobs == 1 ? "" : "s");
    command_note(audit->context, "empty", "%s", text_bytes(&words));
    text_clear(&words);
}

static void note_lost_runs(const struct audit *audit)
{
    struct text words = {0};

    if (audit->runs_from > 0) {
        time_text_add_table(&words, audit->runs_from, audit->context->render.zone);
        command_note(audit->context, "dropped",
                     "retention has dropped runs before %s: covered is of the time since then",
                     text_bytes(&words));
    }
    text_clear(&words);
}

/* What is said of a time that is older than asks are kept, and what cannot be said of it. */
static void note_folded(const struct audit *audit)
{
    struct text words = {0};
    int64_t until = 0;
    int64_t gone = 0;

    for (size_t i = 0; i < audit->pairs.count; i++) {
        const struct probe_pair_sum *pair = &audit->pairs.items[i];

        until = pair->folded_until > until ? pair->folded_until : until;
        gone += pair->now.status == PROBE_STATUS_GONE && pair->figure.asked > 0 ? 1 : 0;
    }
    if (until > 0) {
        time_text_add_table(&words, until, audit->context->render.zone);
        command_note(audit->context, "folded",
                     "asks before %s are kept as figures of hours and days: available and slowest "
                     "are exact, median, p95 and p99 estimated",
                     text_bytes(&words));
    }
    if (gone > 0) {
        command_note(audit->context, "dropped",
                     "how %" PRId64 " %s at the end of this time is not kept any more", gone,
                     gone == 1 ? "port was" : "ports were");
    }
    text_clear(&words);
}

static void note_lost_changes(const struct audit *audit, int64_t whole_from)
{
    struct text words = {0};

    if (whole_from > audit->filter.since) {
        time_text_add_table(&words, whole_from, audit->context->render.zone);
        command_note(audit->context, "dropped",
                     "changes before %s are older than the ledger keeps them: of a port at most "
                     "the last one is known",
                     text_bytes(&words));
    }
    text_clear(&words);
}

static void note_silence(const struct audit *audit)
{
    job_silence_note(audit->context, audit->unrecorded, audit->verdict.stale, &audit->line.jobs);
}

static void note_pairs(const struct audit *audit)
{
    int64_t missed = 0;
    int64_t lost = 0;

    for (size_t i = 0; i < audit->jobs.count; i++) {
        const struct probe_job_sum *sum = &audit->jobs.items[i];

        lost += sum->not_stored;
        missed += sum->missed + sum->ended - sum->not_stored;
    }
    if (audit->not_asked > 0) {
        command_note(audit->context, "hidden",
                     "not shown: %" PRId64 " ports that were not asked in this time",
                     audit->not_asked);
    }
    if (audit->past > 0) {
        command_note(audit->context, "past", "%" PRId64 " %s not asked any more, and %s not judged",
                     audit->past, audit->past == 1 ? "port is" : "ports are",
                     audit->past == 1 ? "is" : "are");
    }
    note_silence(audit);
    note_folded(audit);
    note_lost_changes(audit, audit->pairs.whole_from);
    note_lost_runs(audit);
    if (missed > 0) {
        command_note(audit->context, "missed",
                     "%" PRId64 " %s missed in this time: nothing is known of those moments "
                     "(portledger jobs says why)",
                     missed, missed == 1 ? "run was" : "runs were");
    }
    if (lost > 0) {
        command_note(audit->context, "missed",
                     "what %" PRId64
                     " %s found is missing, or a part of it: it could not be stored "
                     "(event 303)",
                     lost, lost == 1 ? "run" : "runs");
    }
    if (count_all(&audit->verdict) == 0) {
        note_empty(audit, "nothing was asked");
    }
}

/* By the newest results: the highest counts. */
static enum exit_status judge(const struct audit *audit)
{
    const struct verdict *verdict = &audit->verdict;

    if (count_all(verdict) == 0) {
        return EXIT_UNDECIDED;
    }
    if (verdict->not_held > 0) {
        return EXIT_NO;
    }
    return verdict->undecided > 0 || verdict->stale > 0 ? EXIT_UNDECIDED : EXIT_YES;
}

static enum exit_status exit_of(const struct audit *audit, bool expects)
{
    if (expects) {
        return judge(audit);
    }
    return audit->render->records > 0 ? EXIT_YES : EXIT_NO;
}

static bool print_matrix(struct audit *audit, enum exit_status *status, struct failure *why)
{
    bool expects = options_flag(audit->context->options, "expect");

    if (!show_pairs(audit, why) || !reach_matrix_print(&audit->matrix, &audit->jobs, &audit->filter,
                                                       &audit->context->render, why)) {
        return false;
    }
    note_pairs(audit);
    *status = expects ? judge(audit) : audit->matrix.count > 0 ? EXIT_YES : EXIT_NO;
    return true;
}

static bool print_pairs(struct audit *audit, enum exit_status *status, struct failure *why)
{
    const struct options *options = audit->context->options;

    if (audit->nagios) {
        return show_pairs(audit, why) && print_plugin(audit, status, why);
    }
    if (audit->is_matrix) {
        return print_matrix(audit, status, why);
    }
    if (!command_begin(audit->context, &reach_table, &audit->render, why) ||
        !show_pairs(audit, why) || !command_finish(audit->context, audit->render, why)) {
        return false;
    }
    note_pairs(audit);
    *status = exit_of(audit, options_flag(options, "expect"));
    return true;
}

/* Of a port that flaps the first change and the last are enough. */
static bool print_rows(struct audit *audit, int64_t *damped, struct failure *why)
{
    bool each = options_flag(audit->context->options, "each");

    for (size_t i = 0; i < audit->changes.count; i++) {
        const struct probe_change_row *row = &audit->changes.items[i];

        if (audit->failures && row->now.judgement == EXPECTATION_HELD) {
            continue;
        }
        if (row->flapping == PROBE_FLAPPING_ON && !each) {
            ++*damped;
        } else if (!reach_change_record_print(&audit->record, audit->render, row, why)) {
            return false;
        }
    }
    return true;
}

static bool print_changes(struct audit *audit, enum exit_status *status, struct failure *why)
{
    int64_t damped = 0;

    if (!change_damping_mark(&audit->changes, why) ||
        !command_begin(audit->context, &reach_change_table, &audit->render, why) ||
        !print_rows(audit, &damped, why) || !command_finish(audit->context, audit->render, why)) {
        return false;
    }
    if (damped > 0) {
        command_note(audit->context, "hidden",
                     "not shown: %" PRId64 " changes of ports while they were flapping (--each)",
                     damped);
    }
    note_lost_changes(audit, audit->changes.pairs.whole_from);
    if (audit->render->records == 0) {
        note_empty(audit, "nothing changed");
    }
    *status = audit->render->records > 0 ? EXIT_YES : EXIT_NO;
    return true;
}

/*
 * What the ledger has.
 */

static bool open_stories(struct audit *audit, struct failure *why)
{
    const struct command_context *context = audit->context;

    if (!story_add_own(&audit->stories, audit->ledger, why)) {
        return false;
    }
    for (size_t i = 0; i < context->other_ledger_count; i++) {
        if (!story_add(&audit->stories, context->other_ledgers[i], why)) {
            return false;
        }
    }
    return true;
}

static bool read_filter(struct audit *audit, struct failure *why)
{
    const struct command_context *context = audit->context;

    audit->filter.job = options_text(context->options, "job");
    return command_time(context, "until", COMMAND_LATER, context->now, &audit->filter.until, why) &&
           command_time(context, "since", COMMAND_EARLIER, audit->filter.until - DAY_MS,
                        &audit->filter.since, why);
}

/*
 * What should run, as the settings have it now: of this machine's own ledger,
 * or where --config says whose settings to take. Who may read the ledger may
 * not be let to read the settings: then the ledger has to do.
 */
static bool read_known(struct audit *audit, struct failure *why)
{
    const struct options *options = audit->context->options;
    enum exit_status status;

    if (options_given(options, "until") ||
        (audit->context->ledger != NULL && !options_given(options, "config"))) {
        return true;
    }
    if (command_read_config(audit->context, &audit->settings, &status, why) &&
        job_list_read_here(&audit->known, audit->settings, why)) {
        return true;
    }
    settings_free(audit->settings);
    audit->settings = NULL;
    if (options_given(options, "config")) {
        return false;
    }
    command_note(audit->context, "settings",
                 "which jobs should run is taken from the ledger alone, since the settings cannot "
                 "be read: %s",
                 why->text);
    return true;
}

static bool check_job(const struct audit *audit, struct failure *why)
{
    return audit->filter.job == NULL || audit->jobs.count > 0 ||
           job_find(&audit->known, audit->filter.job) != NULL ||
           FAIL(why, FAILURE_USAGE, 0,
                "--job: the ledger knows no job \"%s\"; portledger jobs lists them",
                audit->filter.job);
}

static bool read_rows(struct audit *audit, struct failure *why)
{
    if (options_flag(audit->context->options, "changes")) {
        return probe_query_changes(audit->ledger, &audit->filter, &audit->changes, why);
    }
    find_silences(audit);
    tell_missed(audit);
    return probe_query_pairs(audit->ledger, &audit->filter, &audit->pairs, why) &&
           open_stories(audit, why);
}

static bool read_ledger(struct audit *audit, enum exit_status *status, struct failure *why)
{
    *status = EXIT_LEDGER;
    if (!probe_query_jobs(audit->ledger, &audit->filter, &audit->jobs, why)) {
        return false;
    }
    if (!check_job(audit, why)) {
        *status = EXIT_USAGE;
        return false;
    }
    if (!read_rows(audit, why)) {
        return false;
    }
    *status = EXIT_YES; /* what fails from here on has a status of its own */
    return options_flag(audit->context->options, "changes") ? print_changes(audit, status, why)
                                                            : print_pairs(audit, status, why);
}

static bool audit_ledger(struct audit *audit, enum exit_status *status, struct failure *why)
{
    struct command_ledger from = {0};
    bool done = read_filter(audit, why) && read_known(audit, why) &&
                command_open_ledger(audit->context, &from, status, why);

    audit->ledger = from.ledger;
    audit->commit = from.commit;
    done = done && read_ledger(audit, status, why);
    story_clear(&audit->stories);
    ledger_close(from.ledger);
    return done;
}

/*
 * A run here and now.
 */

static int icmp_of(const struct outcome *outcome)
{
    const struct probe_error *error =
        outcome->reach.error.has_icmp ? &outcome->reach.error : &outcome->ask.error;

    return error->has_icmp ? error->icmp_type * 256 + error->icmp_code : -1;
}

/* One ask as if it were all of a time. */
static bool take_outcome(void *context, const struct outcome *outcome,
                         enum expectation_result result, const char *sentence, struct failure *why)
{
    struct audit *audit = context;
    int64_t us =
        outcome->transport == PROBE_TCP ? outcome->timings.connect : outcome->timings.reply;
    struct probe_sum sum = {0};
    struct probe_sample sample = {outcome->started_at, us, (uint8_t)outcome->status,
                                  (uint8_t)result};
    union {
        const char *lent;
        char *kept; /* a record only reads it */
    } job = {audit->filter.job}, detail = {outcome->detail}, protocol = {outcome->protocol};
    struct probe_pair_sum pair = {
        .job = job.kept,
        .host = outcome->host,
        .port = outcome->port,
        .transport = outcome->transport,
        .last_at = outcome->started_at,
        .before = -1,
        .now = {.first_at = outcome->started_at,
                .status = (int)outcome->status,
                .cause = (int)outcome->cause,
                .icmp = icmp_of(outcome),
                .judgement = (int)result,
                .address = outcome->target,
                .protocol = protocol.kept,
                .detail = detail.kept},
    };
    bool done = probe_sum_add(&sum, &sample, why);

    if (outcome->detail == NULL && result != EXPECTATION_HELD) {
        detail.lent = sentence;
        pair.now.detail = detail.kept;
    }
    probe_sum_end(&sum);
    pair.figure = sum.figure;
    probe_sum_clear(&sum);
    return done && show(audit, &pair, why);
}

static void warn(void *context, const char *text)
{
    const struct audit *audit = context;

    command_note(audit->context, "limit", "%s", text);
}

static void stop(void *run)
{
    job_run_stop(run);
}

static bool ask(struct audit *audit, bool *stopped, struct failure *why)
{
    bool done;

    interrupt_catch(stop, audit->run);
    done = job_run_ask(audit->run, take_outcome, warn, audit, stopped, why);
    interrupt_release();
    return done;
}

static bool print_run(struct audit *audit, const struct job *job, enum exit_status *status,
                      struct failure *why)
{
    bool stopped = false;

    *status = EXIT_YES; /* until there is another: what fails from here on has its own */
    if (!job_run_open(&audit->run, job, why)) {
        *status = why->kind == FAILURE_MEMORY ? *status : EXIT_LEDGER; /* what the settings name */
        return false;
    }
    if ((!audit->nagios && !command_begin(audit->context, &reach_table, &audit->render, why)) ||
        !ask(audit, &stopped, why)) {
        return false;
    }
    if (stopped) {
        command_note(audit->context, "stopped", "stopped: the rest has no outcome");
        audit->verdict.undecided++;
    }
    if (audit->nagios) {
        return print_plugin(audit, status, why);
    }
    if (!command_finish(audit->context, audit->render, why)) {
        return false;
    }
    *status = judge(audit);
    return true;
}

static bool audit_run(struct audit *audit, const char *name, enum exit_status *status,
                      struct failure *why)
{
    struct settings *settings = NULL;
    struct job_list jobs = {0};
    const struct job *job = NULL;
    bool done = command_read_config(audit->context, &settings, status, why) &&
                job_list_read_here(&jobs, settings, why);

    if (done) {
        job = job_find(&jobs, name);
        *status = job == NULL ? EXIT_USAGE : *status;
        done = job != NULL || FAIL(why, FAILURE_USAGE, 0,
                                   "--run: the settings have no job \"%s\"; portledger jobs lists "
                                   "them",
                                   name);
    }
    if (done) {
        audit->filter.job = job->name;
        done = print_run(audit, job, status, why);
    }
    job_run_close(audit->run); /* the job is lent to it */
    audit->run = NULL;
    job_list_clear(&jobs);
    settings_free(settings);
    return done;
}

/* What does not go together: one of them would say nothing. */
static const struct {
    const char *one;
    const char *other;
} conflicts[] = {
    {"matrix", "changes"}, {"matrix", "nagios"}, {"matrix", "run"},     {"matrix", "columns"},
    {"matrix", "limit"},   {"matrix", "sort"},   {"nagios", "changes"}, {"nagios", "expect"},
    {"nagios", "columns"}, {"nagios", "limit"},  {"nagios", "sort"},    {"expect", "changes"},
    {"run", "job"},        {"run", "since"},     {"run", "until"},      {"run", "changes"},
};

static bool check_forms(const struct audit *audit, struct failure *why)
{
    const struct command_context *context = audit->context;

    if (audit->is_matrix && context->renderer != &render_table) {
        return FAIL(why, FAILURE_USAGE, 0,
                    "--matrix is a form of the table: %s has the same as one record a port, "
                    "without it",
                    context->renderer->name);
    }
    if (audit->nagios && context->renderer != &render_table) {
        return FAIL(why, FAILURE_USAGE, 0, "--nagios is a line of its own: it is not for %s",
                    context->renderer->name);
    }
    if (options_flag(context->options, "each") && !options_flag(context->options, "changes")) {
        return FAIL(why, FAILURE_USAGE, 0, "--each is for --changes");
    }
    for (size_t i = 0; i < sizeof(conflicts) / sizeof(conflicts[0]); i++) {
        if (options_given(context->options, conflicts[i].one) &&
            options_given(context->options, conflicts[i].other)) {
            return FAIL(why, FAILURE_USAGE, 0, "--%s and --%s do not go together", conflicts[i].one,
                        conflicts[i].other);
        }
    }
    return true;
}

static void clear(struct audit *audit)
{
    reach_matrix_clear(&audit->matrix);
    render_close(audit->render);
    job_record_clear(&audit->record);
    probe_pair_sums_clear(&audit->pairs);
    probe_job_sums_clear(&audit->jobs);
    probe_change_rows_clear(&audit->changes);
    job_list_clear(&audit->known);
    settings_free(audit->settings);
    text_clear(&audit->story);
    plugin_line_clear(&audit->line);
}

static bool run(const struct command_context *context, enum exit_status *status,
                struct failure *why)
{
    const char *name = options_text(context->options, "run");
    struct audit audit = {
        .context = context,
        .nagios = options_flag(context->options, "nagios"),
        .failures = options_flag(context->options, "failures"),
        .is_matrix = options_flag(context->options, "matrix"),
    };
    bool done = check_forms(&audit, why) && (name != NULL ? audit_run(&audit, name, status, why)
                                                          : audit_ledger(&audit, status, why));

    if (!done && audit.nagios) { /* 2 would be an alarm, and 1 a warning */
        plugin_line_print_unknown(why);
        *status = (enum exit_status)PLUGIN_UNKNOWN;
    }
    clear(&audit);
    return done;
}

static const struct option options[] = {
    {.name = "job", .kind = OPTION_TEXT, .value = "NAME", .help = "Only this job"},
    {.name = "since",
     .kind = OPTION_TEXT,
     .value = "TIME",
     .help = "From this time on; without it the last 24 hours"},
    {.name = "until", .kind = OPTION_TEXT, .value = "TIME", .help = "Up to this time"},
    {.name = "matrix",
     .kind = OPTION_FLAG,
     .help = "A table of targets and ports for each job: the status now, and the share of asks "
             "that found the port LISTENING"},
    {.name = "changes",
     .kind = OPTION_FLAG,
     .help =
         "The changes of results, in the order in which they came; while a port flaps, only the "
         "last"},
    {.name = "each", .kind = OPTION_FLAG, .help = "With --changes: each of them"},
    {.name = "failures",
     .kind = OPTION_FLAG,
     .help = "Only ports that are not as expected, or were not at some time; only changes to what "
             "is not"},
    {.name = "expect",
     .kind = OPTION_FLAG,
     .help = "Let the exit status say whether the newest results are as expected"},
    {.name = "nagios",
     .kind = OPTION_FLAG,
     .help = "One line for a monitoring system, with its exit status: 0 all as expected, 1 "
             "undecided or not asked for long, 2 not as expected, 3 nothing was asked, or an "
             "error"},
    {.name = "run",
     .kind = OPTION_TEXT,
     .value = "JOB",
     .help = "Run this job of the settings once, here and now; nothing is stored"},
    COMMAND_CONFIG_OPTION,
};

static const struct column_table *const tables[] = {&reach_table, &reach_change_table, NULL};

static const struct command_status statuses[] = {
    {EXIT_YES, "something was asked; with --expect or --run: all is as expected"},
    {EXIT_NO, "nothing was; with --expect or --run: something is not as expected"},
    {EXIT_UNDECIDED, "with --expect or --run: something does not tell, or was not asked "
                     "for long"},
    {EXIT_LEDGER, "the ledger or the settings cannot be read"},
    {EXIT_YES, NULL},
};

static const struct example examples[] = {
    {"portledger audit --matrix", "Targets and ports of the last 24 hours at a glance."},
    {"portledger audit", "The same with reasons, a line a port."},
    {"portledger audit --job shop --since -30d --failures", "What could not, in a month, and why."},
    {"portledger audit --changes --since yesterday --csv", "When did what change?"},
    {"portledger audit --nagios --job shop --since -10m", "For a monitoring system."},
    {"portledger audit --run shop", "One run now, which nobody stores."},
    {"portledger audit --failures --ledger ledger.db --ledger dc1.db",
     "With what the target's own ledger has about those ports."},
    {NULL, NULL},
};

const struct command command_audit = {
    .name = "audit",
    .words = "",
    .summary = "Which ports of other hosts could be reached, and why not",
    .text =
        "What the jobs of the service found: docs/jobs.md. Only asks count: time in which nobody "
        "asked counts neither as available nor as not, and `covered` says how many of the runs "
        "that were due took place. --ledger may repeat: the first one is audited, and the others "
        "are ledgers of targets, which say who listened there, as the first one does for its own "
        "machine.",
    .takes_ledgers = true,
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .tables = tables,
    .statuses = statuses,
    .examples = examples,
    .run = run,
};
