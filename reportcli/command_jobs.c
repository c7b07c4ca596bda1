/* SPDX-License-Identifier: MIT */

/*
 * The jobs: those of the settings, and those that the ledger remembers.
 */

#include <string.h>

#include "probes/job_run.h"
#include "reportcli/command.h"
#include "reportcli/job_records.h"
#include "reportcli/job_silence.h"

#define DAY_MS INT64_C(86400000)

struct run {
    const struct command_context *context;
    struct settings *settings;
    struct job_list jobs;
    struct probe_job_sums sums;
    struct job_record record;
    struct render *render;
    int64_t since;
    int64_t commit;     /* milliseconds until what happened is in the ledger */
    bool knows;         /* the ledger is that of the machine whose settings these are */
    int64_t unrecorded; /* runs that were due, and of which the ledger has nothing */
    int64_t stale;      /* jobs of which nobody knows how things are now */
    struct text silent; /* the first of them */
};

/* A ledger that is not there yet says nothing, and that is said. */
static bool read_sums(struct run *run, enum exit_status *status, struct failure *why)
{
    struct probe_filter filter = {.until = run->context->now};
    struct command_ledger from = {0};
    bool done = command_time(run->context, "since", COMMAND_EARLIER, run->context->now - DAY_MS,
                             &filter.since, why);

    if (!done) {
        return false;
    }
    if (!command_open_ledger(run->context, &from, status, why)) {
        if (why->kind != FAILURE_MISSING || run->context->ledger != NULL) {
            return false;
        }
        command_note(run->context, "empty", "there is no ledger yet: nothing is known of runs");
        return true;
    }
    done = probe_query_jobs(from.ledger, &filter, &run->sums, why);
    run->since = filter.since;
    run->commit = from.commit;
    run->knows = run->context->ledger == NULL || options_given(run->context->options, "config");
    *status = done ? *status : EXIT_LEDGER;
    ledger_close(from.ledger);
    return done;
}

static const struct probe_job_sum *find_sum(const struct run *run, const char *name)
{
    for (size_t i = 0; i < run->sums.count; i++) {
        if (strcmp(run->sums.items[i].name, name) == 0) {
            return &run->sums.items[i];
        }
    }
    return NULL;
}

static bool print_records(struct run *run, struct failure *why)
{
    for (size_t i = 0; i < run->jobs.count; i++) {
        const struct job *job = &run->jobs.jobs[i];

        if (!job_record_print(&run->record, run->render, job, find_sum(run, job->name),
                              run->context->now, why)) {
            return false;
        }
    }
    for (size_t i = 0; i < run->sums.count; i++) {
        const struct probe_job_sum *sum = &run->sums.items[i];

        if (job_find(&run->jobs, sum->name) == NULL &&
            !job_record_print(&run->record, run->render, NULL, sum, run->context->now, why)) {
            return false;
        }
    }
    return true;
}

/* Runs that the service owes: without it all would look as it did when it ended. */
static void find_silence(struct run *run, const struct job *job)
{
    static const struct probe_job_sum none = {0};
    const struct probe_job_sum *found = find_sum(run, job->name);
    const struct probe_job_sum *sum = found == NULL ? &none : found;
    struct job_silence silence;

    job_silence_find(&silence, sum, job, run->since,
                     run->context->now - run->commit - SCHEDULE_PUNCTUAL - sum->last_lasted);
    run->unrecorded += found == NULL ? 0 : silence.unrecorded;
    if (silence.is_stale && run->stale++ < JOB_SILENCE_TOLD) {
        text_add(&run->silent, run->silent.size > 0 ? "; " : "");
        job_silence_add(&run->silent, job->name, sum->last_due, silence.lacking,
                        run->context->render.zone);
    }
}

static void note_silence(struct run *run)
{
    for (size_t i = 0; run->knows && i < run->jobs.count; i++) {
        find_silence(run, &run->jobs.jobs[i]);
    }
    job_silence_note(run->context, run->unrecorded, run->stale, &run->silent);
}

static bool print(struct run *run, enum exit_status *status, struct failure *why)
{
    bool done;

    *status = EXIT_YES; /* what fails from here on has a status of its own */
    done = command_begin(run->context, &job_table, &run->render, why) && print_records(run, why) &&
           command_finish(run->context, run->render, why);

    if (done && run->render->records == 0) {
        command_note(run->context, "empty", "there are no jobs: see probes.jobs of the settings");
    }
    if (done) {
        note_silence(run);
        *status = run->render->records > 0 ? EXIT_YES : EXIT_NO;
    }
    return done;
}

static bool run(const struct command_context *context, enum exit_status *status,
                struct failure *why)
{
    struct run run = {.context = context};
    bool done = command_read_config(context, &run.settings, status, why) &&
                job_list_read_here(&run.jobs, run.settings, why);

    done = done && read_sums(&run, status, why) && print(&run, status, why);
    render_close(run.render);
    job_record_clear(&run.record);
    text_clear(&run.silent);
    probe_job_sums_clear(&run.sums);
    job_list_clear(&run.jobs);
    settings_free(run.settings);
    return done;
}

static const struct option options[] = {
    COMMAND_CONFIG_OPTION,
    {.name = "since",
     .kind = OPTION_TEXT,
     .value = "TIME",
     .help = "Count runs from this time on; without it those of the last 24 hours"},
};

static const struct column_table *const tables[] = {&job_table, NULL};

static const struct command_status statuses[] = {
    {EXIT_YES, "there are jobs"},
    {EXIT_NO, "there are none"},
    {EXIT_LEDGER, "the ledger or the settings cannot be read"},
    {EXIT_YES, NULL},
};

static const struct example examples[] = {
    {"portledger jobs", "What is asked, when next, and what came of it last."},
    {"portledger jobs --since -30d --json", "With the runs that were missed in a month."},
    {NULL, NULL},
};

const struct command command_jobs = {
    .name = "jobs",
    .words = "",
    .summary = "The jobs that ask other hosts, with their next and last runs",
    .text =
        "Jobs stand in the settings, as docs/jobs.md says; the service runs them. A job that is "
        "not in the settings any more is shown as long as the ledger knows of it.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .tables = tables,
    .statuses = statuses,
    .examples = examples,
    .run = run,
};
