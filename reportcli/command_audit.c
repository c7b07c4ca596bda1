/* SPDX-License-Identifier: MIT */

/*
 * Which ports of which hosts could be reached, and why not: what the jobs of
 * the service found, or one run of a job here and now.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/console.h"
#include "base/interrupt.h"
#include "probes/job_run.h"
#include "reportcli/command.h"
#include "reportcli/job_records.h"
#include "reportcli/port_story.h"
#include "reportcli/reach_matrix.h"

#define DAY_MS INT64_C(86400000)

enum { PERFORMANCE_MOST = 100 }; /* ports whose times are in a plugin's line */

/* What came of the ports that are shown. */
struct verdict {
    int64_t held;
    int64_t not_held;
    int64_t undecided;
};

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
    struct text story;
    struct text first; /* the first port that is not as expected */
    struct text performance;
    int64_t performances;
    struct verdict verdict;
    int64_t not_asked; /* ports that are not shown */
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

/*
 * The plugin's line.
 */

static void add_port(struct text *text, const struct probe_pair_sum *pair)
{
    text_add_visible(text, pair->host, strlen(pair->host));
    text_addf(text, ":%u/%s", pair->port, pair->transport == PROBE_TCP ? "tcp" : "udp");
}

/* What a monitoring system reads as a label may hold neither ' nor = nor |. */
static void add_performance(struct audit *audit, const struct probe_pair_sum *pair)
{
    size_t before = audit->performance.size;

    if (pair->figure.median < 0 || audit->performances++ >= PERFORMANCE_MOST) {
        return;
    }
    text_add(&audit->performance, " '");
    add_port(&audit->performance, pair);
    for (size_t i = before + 2; i < audit->performance.size; i++) {
        char *c = &audit->performance.bytes[i];

        if (*c == '\'' || *c == '=' || *c == '|') {
            *c = '_';
        }
    }
    text_addf(&audit->performance, "'=%" PRId64 "us", pair->figure.median);
}

static void note_first(struct audit *audit, const struct probe_pair_sum *pair)
{
    if (audit->first.size > 0 || pair->now.judgement == EXPECTATION_HELD) {
        return;
    }
    add_port(&audit->first, pair);
    text_addf(&audit->first, " %s (", probe_status_name(pair->now.status));
    reach_add_cause(&audit->first, &pair->now);
    text_add_char(&audit->first, ')');
}

static int64_t count_all(const struct verdict *verdict)
{
    return verdict->held + verdict->not_held + verdict->undecided;
}

/* 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN: the contract of monitoring plugins. */
static int plugin_code(const struct verdict *verdict)
{
    if (count_all(verdict) == 0) {
        return 3;
    }
    return verdict->not_held > 0 ? 2 : (verdict->undecided > 0 ? 1 : 0);
}

static bool print_plugin(struct audit *audit, enum exit_status *status, struct failure *why)
{
    static const char *const words[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};
    const struct verdict *verdict = &audit->verdict;
    int code = plugin_code(verdict);
    struct text line = {0};
    bool done;

    text_addf(&line, "PORTLEDGER %s - ", words[code]);
    if (code == 3) {
        text_add(&line, "nothing was asked in this time");
    } else {
        text_addf(&line, "%" PRId64 " of %" PRId64 " ports as expected%s%s", verdict->held,
                  count_all(verdict), audit->first.size > 0 ? ": " : "", text_bytes(&audit->first));
    }
    text_addf(&line, " | held=%" PRId64 " not_held=%" PRId64 " undecided=%" PRId64 "%s\n",
              verdict->held, verdict->not_held, verdict->undecided,
              text_bytes(&audit->performance));
    done = text_ok(&line, why) && console_write(CONSOLE_OUT, text_bytes(&line), line.size, why) &&
           console_flush(CONSOLE_OUT, why);
    text_clear(&line);
    *status = (enum exit_status)code;
    return done;
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
    return pair->now.judgement != EXPECTATION_HELD || pair->figure.held < pair->figure.asked;
}

/* Counts it, and prints it where it is to be seen. */
static bool show(struct audit *audit, const struct probe_pair_sum *pair, struct failure *why)
{
    count(&audit->verdict, pair->now.judgement);
    note_first(audit, pair);
    add_performance(audit, pair);
    if (audit->nagios || (audit->failures && !is_failure(pair))) {
        return true;
    }
    if (audit->is_matrix) {
        return reach_matrix_add(&audit->matrix, pair, why);
    }
    text_reset(&audit->story);
    return story_tell(&audit->stories, pair, audit->context->render.zone, &audit->story, why) &&
           text_ok(&audit->story, why) &&
           reach_record_print(&audit->record, audit->render, pair, find_job(audit, pair->job),
                              audit->story.size == 0 ? NULL : text_bytes(&audit->story), why);
}

static bool show_pairs(struct audit *audit, struct failure *why)
{
    for (size_t i = 0; i < audit->pairs.count; i++) {
        if (audit->pairs.items[i].figure.asked == 0) {
            audit->not_asked++;
        } else if (!show(audit, &audit->pairs.items[i], why)) {
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

static void note_pairs(const struct audit *audit)
{
    int64_t missed = 0;

    for (size_t i = 0; i < audit->jobs.count; i++) {
        missed += audit->jobs.items[i].missed + audit->jobs.items[i].ended;
    }
    if (audit->not_asked > 0) {
        command_note(audit->context, "hidden",
                     "not shown: %" PRId64 " ports that were not asked in this time",
                     audit->not_asked);
    }
    if (missed > 0) {
        command_note(audit->context, "missed",
                     "%" PRId64 " %s missed in this time: nothing is known of those moments "
                     "(portledger jobs says why)",
                     missed, missed == 1 ? "run was" : "runs were");
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
    return verdict->undecided > 0 ? EXIT_UNDECIDED : EXIT_YES;
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

static bool print_changes(struct audit *audit, enum exit_status *status, struct failure *why)
{
    if (!command_begin(audit->context, &reach_change_table, &audit->render, why)) {
        return false;
    }
    for (size_t i = 0; i < audit->changes.count; i++) {
        const struct probe_change_row *row = &audit->changes.items[i];

        if ((!audit->failures || row->now.judgement != EXPECTATION_HELD) &&
            !reach_change_record_print(&audit->record, audit->render, row, why)) {
            return false;
        }
    }
    if (!command_finish(audit->context, audit->render, why)) {
        return false;
    }
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

static bool check_job(const struct audit *audit, struct failure *why)
{
    return audit->filter.job == NULL || audit->jobs.count > 0 ||
           FAIL(why, FAILURE_USAGE, 0,
                "--job: the ledger knows no job \"%s\"; portledger jobs lists them",
                audit->filter.job);
}

static bool read_ledger(struct audit *audit, enum exit_status *status, struct failure *why)
{
    bool changes = options_flag(audit->context->options, "changes");

    *status = EXIT_LEDGER;
    if (!probe_query_jobs(audit->ledger, &audit->filter, &audit->jobs, why)) {
        return false;
    }
    if (!check_job(audit, why)) {
        *status = EXIT_USAGE;
        return false;
    }
    if (changes) {
        return probe_query_changes(audit->ledger, &audit->filter, &audit->changes, why) &&
               print_changes(audit, status, why);
    }
    return probe_query_pairs(audit->ledger, &audit->filter, &audit->pairs, why) &&
           open_stories(audit, why) && print_pairs(audit, status, why);
}

static bool audit_ledger(struct audit *audit, enum exit_status *status, struct failure *why)
{
    struct command_ledger from = {0};
    bool done = read_filter(audit, why) && command_open_ledger(audit->context, &from, status, why);

    audit->ledger = from.ledger;
    done = done && read_ledger(audit, status, why);
    if (!done && audit->nagios) {
        *status = (enum exit_status)3; /* a plugin that cannot tell is UNKNOWN */
    }
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
    } job = {audit->filter.job}, detail = {outcome->detail != NULL ? outcome->detail : sentence},
      protocol = {outcome->protocol};
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

static bool ask(struct audit *audit, const struct job *job, bool *stopped, struct failure *why)
{
    bool done;

    if (!job_run_open(&audit->run, job, why)) {
        return false;
    }
    interrupt_catch(stop, audit->run);
    done = job_run_ask(audit->run, take_outcome, warn, audit, stopped, why);
    interrupt_release();
    job_run_close(audit->run);
    return done;
}

static bool print_run(struct audit *audit, const struct job *job, enum exit_status *status,
                      struct failure *why)
{
    bool stopped = false;

    if (!audit->nagios && !command_begin(audit->context, &reach_table, &audit->render, why)) {
        return false;
    }
    if (!ask(audit, job, &stopped, why)) {
        return false;
    }
    if (stopped) {
        command_note(audit->context, "stopped", "stopped: the rest has no outcome");
        audit->verdict.undecided++;
    }
    if (audit->nagios) {
        return print_plugin(audit, status, why);
    }
    *status = judge(audit);
    return command_finish(audit->context, audit->render, why);
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
    job_list_clear(&jobs);
    settings_free(settings);
    return done;
}

/* What does not go together. */
static bool check_forms(const struct audit *audit, struct failure *why)
{
    static const char *const others[] = {"changes", "nagios", "run"};
    const struct command_context *context = audit->context;

    if (!audit->is_matrix) {
        return true;
    }
    if (context->renderer != &render_table) {
        return FAIL(why, FAILURE_USAGE, 0,
                    "--matrix is a form of the table: %s has the same as one record a port, "
                    "without it",
                    context->renderer->name);
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (options_given(context->options, others[i])) {
            return FAIL(why, FAILURE_USAGE, 0, "--matrix and --%s do not go together", others[i]);
        }
    }
    return true;
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

    reach_matrix_clear(&audit.matrix);
    render_close(audit.render);
    job_record_clear(&audit.record);
    probe_pair_sums_clear(&audit.pairs);
    probe_job_sums_clear(&audit.jobs);
    probe_change_rows_clear(&audit.changes);
    text_clear(&audit.story);
    text_clear(&audit.first);
    text_clear(&audit.performance);
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
     .help = "Each change of a result, in the order in which they came"},
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
             "undecided, 2 not as expected, 3 nothing was asked"},
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
    {EXIT_UNDECIDED, "with --expect or --run: something does not tell, or nothing was asked"},
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
    {"portledger audit --failures --ledger /var/lib/portledger/ledger.db --ledger dc1.db",
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
