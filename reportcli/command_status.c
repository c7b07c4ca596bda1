/* SPDX-License-Identifier: MIT */

/*
 * Whether the ledger is being written, and what of the last day it missed.
 */

#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/paths.h"
#include "base/service_state.h"
#include "base/units.h"
#include "reportcli/command.h"
#include "reportcli/coverage.h"
#include "reportcli/health_record.h"
#include "reportcli/stretch_records.h"
#include "store/ledger_detail.h"
#include "store/ledger_log.h"
#include "store/ledger_query.h"

#define DAY_MS INT64_C(86400000)

enum { FULL_BYTES = 1 << 20 }; /* a commit may need as much */

static const struct column status_columns[] = {
    {.name = "state",
     .type = COLUMN_TEXT,
     .heading = "Ledger is",
     .help = "recording; stopped: watching ended, and said why; silent: it did not say so, but "
             "there is no new sample; empty: there never was one"},
    {.name = "last_sample_at",
     .type = COLUMN_TIME,
     .heading = "Last sample",
     .help = "When the newest stored sample was taken"},
    {.name = "last_sample_age",
     .type = COLUMN_DURATION,
     .unit = "ms",
     .heading = "Sample age",
     .help = "How long ago that was; samples are stored every few seconds"},
    {.name = "interval",
     .type = COLUMN_DURATION,
     .unit = "ms",
     .heading = "Sampled every",
     .help = "Time between two samples"},
    {.name = "stopped_because",
     .type = COLUMN_TEXT,
     .heading = "Stopped because",
     .help = "Why watching ended; absent while it goes on",
     .rank = 1},
    {.name = "service",
     .type = COLUMN_TEXT,
     .heading = "Service",
     .help = "What this machine's service manager says of the service"},
    {.name = "service_pid",
     .type = COLUMN_INTEGER,
     .heading = "Service PID",
     .help = "Process id of the service; absent where it does not run",
     .rank = 1},
    {.name = "watched_percent",
     .type = COLUMN_REAL,
     .unit = "%",
     .heading = "Watched in 24 h",
     .help = "Share of the last 24 hours that was watched, or of the time since the first sample"},
    {.name = "gap_count",
     .type = COLUMN_INTEGER,
     .heading = "Gaps in 24 h",
     .help = "How often in that time watching was interrupted"},
    {.name = "gap_time",
     .type = COLUMN_DURATION,
     .unit = "ms",
     .heading = "Unwatched",
     .help = "How long in that time nothing was watched",
     .rank = 1},
    {.name = "gap_reasons",
     .type = COLUMN_TEXT,
     .heading = "Gap reasons",
     .help = "Why, with the number of gaps and their length for each reason",
     .rank = 1},
    {.name = "open_sockets",
     .type = COLUMN_INTEGER,
     .heading = "Open sockets",
     .help = "Sockets that the newest sample saw"},
    {.name = "intervals",
     .type = COLUMN_INTEGER,
     .heading = "Intervals",
     .help = "Intervals in the ledger"},
    {.name = "processes",
     .type = COLUMN_INTEGER,
     .heading = "Processes",
     .help = "Process instances in the ledger"},
    {.name = "samples",
     .type = COLUMN_INTEGER,
     .heading = "Samples",
     .help = "Number of the newest sample"},
    {.name = "first_sample_at",
     .type = COLUMN_TIME,
     .heading = "First sample",
     .help = "When the oldest sample was taken"},
    {.name = "ledger", .type = COLUMN_TEXT, .heading = "Ledger", .help = "Path of the ledger"},
    {.name = "ledger_bytes",
     .type = COLUMN_SIZE,
     .unit = "bytes",
     .heading = "Size",
     .help = "Size of the ledger's main file"},
    {.name = "wal_bytes",
     .type = COLUMN_SIZE,
     .unit = "bytes",
     .heading = "Write-ahead log",
     .help = "Size of the write-ahead log beside it"},
    {.name = "disk_room",
     .type = COLUMN_SIZE,
     .unit = "bytes",
     .heading = "Room on the disk",
     .help = "What may still be written on the ledger's disk; absent where that is not told"},
    {.name = "ledger_id",
     .type = COLUMN_TEXT,
     .heading = "Ledger id",
     .help = "Names this ledger and its copies",
     .rank = -1},
    {.name = "schema_version",
     .type = COLUMN_INTEGER,
     .heading = "Schema version",
     .help = "Version of the ledger's schema",
     .rank = -1},
    {.name = "program",
     .type = COLUMN_TEXT,
     .heading = "Written by",
     .help = "Program that wrote the newest part",
     .rank = -1},
    {.name = "program_pid",
     .type = COLUMN_INTEGER,
     .heading = "As PID",
     .help = "Process id that it had",
     .rank = -1},
    {.name = "program_started_at",
     .type = COLUMN_TIME,
     .heading = "Started",
     .help = "When that run of it began",
     .rank = -1},
    {.name = "created_at",
     .type = COLUMN_TIME,
     .heading = "Created",
     .help = "When the ledger was made",
     .rank = -1},
    {.name = "stretches",
     .type = COLUMN_INTEGER,
     .heading = "Stretches",
     .help = "Stretches of uninterrupted watching in the ledger",
     .rank = -1},
    {.name = "missed",
     .type = COLUMN_INTEGER,
     .heading = "Missed in 24 h",
     .help = "Connections that were first seen already closing, in the stretches of the last 24 "
             "hours: at least so many came and went between two samples",
     .rank = 1},
    {.name = "left_out_processes",
     .type = COLUMN_INTEGER,
     .heading = "Owners left out",
     .help = "The most processes at a time, in those 24 hours, that the settings said not to "
             "record",
     .rank = 1},
    {.name = "left_out_sockets",
     .type = COLUMN_INTEGER,
     .heading = "Sockets left out",
     .help = "The most sockets at a time: theirs, and those of the service's own probes",
     .rank = 1},
    {.name = "log_held",
     .type = COLUMN_BOOLEAN,
     .heading = "Log held",
     .help = "Whether another program reads for so long that the log cannot be emptied: it has 32 "
             "MiB or more",
     .rank = 1},
    {.name = "shared_copy",
     .type = COLUMN_TEXT,
     .heading = "Copy for others",
     .help = "Path of the copy that the service makes by ledger.share; absent where it makes none, "
             "and with --ledger",
     .rank = 1},
    {.name = "shared_copy_at",
     .type = COLUMN_TIME,
     .heading = "Copied sample",
     .help = "When the newest sample in that copy was taken; absent where it cannot be read",
     .rank = 1},
    {.name = "shared_copy_age",
     .type = COLUMN_DURATION,
     .unit = "ms",
     .heading = "Copy age",
     .help = "How long ago that was",
     .rank = 1},
    {.name = "keep",
     .type = COLUMN_DURATION,
     .unit = "ms",
     .heading = "Kept for",
     .help = "How long every interval is kept (ledger.keep)",
     .rank = 1},
    {.name = "max_size",
     .type = COLUMN_SIZE,
     .unit = "bytes",
     .heading = "Size limit",
     .help = "How large the main file may become (ledger.max_size)",
     .rank = 1},
    {.name = "detail_since",
     .type = COLUMN_TIME,
     .heading = "Detail since",
     .help = "What ended before was dropped for its age; absent where nothing was",
     .rank = 1},
    {.name = "whole_since",
     .type = COLUMN_TIME,
     .heading = "Whole since",
     .help = "What ended before was dropped for want of space, of some applications; absent where "
             "nothing was",
     .rank = 1},
    {.name = "profile_since",
     .type = COLUMN_TIME,
     .heading = "Profile since",
     .help = "The first day of the daily profiles that are left of dropped intervals",
     .rank = 1},
};

enum {
    STATE,
    LAST_SAMPLE_AT,
    LAST_SAMPLE_AGE,
    INTERVAL,
    STOPPED_BECAUSE,
    SERVICE,
    SERVICE_PID,
    WATCHED_PERCENT,
    GAP_COUNT,
    GAP_TIME,
    GAP_REASONS,
    OPEN_SOCKETS,
    INTERVALS,
    PROCESSES,
    SAMPLES,
    FIRST_SAMPLE_AT,
    LEDGER,
    LEDGER_BYTES,
    WAL_BYTES,
    DISK_ROOM,
    LEDGER_ID,
    SCHEMA_VERSION,
    PROGRAM,
    PROGRAM_PID,
    PROGRAM_STARTED_AT,
    CREATED_AT,
    STRETCHES,
    MISSED,
    LEFT_OUT_PROCESSES,
    LEFT_OUT_SOCKETS,
    LOG_HELD,
    SHARED_COPY,
    SHARED_COPY_AT,
    SHARED_COPY_AGE,
    KEEP,
    MAX_SIZE,
    DETAIL_SINCE,
    WHOLE_SINCE,
    PROFILE_SINCE,
    STATUS_COLUMNS,
};

static const struct column_table status_table = {
    .name = "status",
    .title = "the ledger and the service that writes it",
    .single = true,
    .groups = {{status_columns, STATUS_COLUMNS}, {health_record_columns, HEALTH_RECORD_COLUMNS}},
};

static const struct column gap_columns[] = {
    {.name = "from_at",
     .type = COLUMN_TIME,
     .heading = "From",
     .help = "Last sample before the gap, or where the asked time begins"},
    {.name = "until_at",
     .type = COLUMN_TIME,
     .heading = "Until",
     .help = "First sample after the gap, or where the asked time ends"},
    {.name = "duration",
     .type = COLUMN_DURATION,
     .unit = "ms",
     .heading = "Lasted",
     .help = "How long nothing was watched",
     .rank = 1},
    {.name = "reason", .type = COLUMN_TEXT, .heading = "Because", .help = "Why"},
};

enum {
    FROM_AT,
    UNTIL_AT,
    DURATION,
    REASON,
    GAP_COLUMNS,
};

static const struct column_table gap_table = {
    .name = "gap",
    .title = "a time in which nothing was watched",
    .groups = {{gap_columns, GAP_COLUMNS}},
};

/* All that the one record is made of. */
struct findings {
    struct ledger_summary summary;
    struct ledger_detail detail;
    struct ledger_health health;
    struct health_words words;
    struct service_facts service;
    struct ledger_coverage coverage; /* of the last day */
    struct text reasons;
    struct text shared; /* path of the copy for others; empty: none */
    int64_t shared_at;  /* newest sample in it; 0: it cannot be read */
    const char *state;
    bool recording;
    int64_t room; /* on the disk; -1: not told */
};

/* How many gaps had this reason, and how long they were in all. */
struct reason_sum {
    size_t count;
    int64_t time;
};

static struct reason_sum sum_reason(const struct ledger_coverage *coverage, const char *reason)
{
    struct reason_sum sum = {0};

    for (size_t i = 0; i < coverage->gap_count; i++) {
        const struct ledger_coverage_gap *gap = &coverage->gaps[i];

        if (strcmp(gap->reason, reason) == 0) {
            sum.count++;
            sum.time += gap->until_at - gap->from_at;
        }
    }
    return sum;
}

static bool seen_before(const struct ledger_coverage *coverage, size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (strcmp(coverage->gaps[k].reason, coverage->gaps[i].reason) == 0) {
            return true;
        }
    }
    return false;
}

/* Appends "service stopped (2, 14 s), machine asleep (1, 7 h 3 m)". */
static void add_reasons(struct text *text, const struct ledger_coverage *coverage)
{
    for (size_t i = 0; i < coverage->gap_count; i++) {
        const char *reason = coverage->gaps[i].reason;

        if (!seen_before(coverage, i)) {
            struct reason_sum sum = sum_reason(coverage, reason);

            text_addf(text, "%s%s (%zu, ", text->size > 0 ? ", " : "", reason, sum.count);
            units_add_duration_rough(text, sum.time);
            text_add_char(text, ')');
        }
    }
}

static int64_t sample_age(const struct command_context *context,
                          const struct ledger_summary *summary)
{
    int64_t age = context->now - summary->last_sample_at;

    return age > 0 ? age : 0; /* the clock was set back, or is another machine's */
}

static void judge(struct findings *findings, const struct command_context *context, int64_t commit)
{
    const struct ledger_summary *summary = &findings->summary;
    bool fresh = sample_age(context, summary) <= ledger_coverage_slack(summary->interval, commit);

    if (summary->last_sample_at == 0) {
        findings->state = "empty";
    } else if (!ledger_gap_seamless((int)summary->ended)) {
        findings->state = "stopped";
    } else {
        findings->state = fresh ? "recording" : "silent";
        findings->recording = fresh;
    }
}

/* A manager that does not answer costs a detail, not the command. */
static void ask_service(struct service_facts *facts)
{
    struct failure unknown;

    if (!service_state_read(facts, &unknown)) {
        *facts = (struct service_facts){.state = SERVICE_IS_UNKNOWN};
    }
}

/* The last 24 hours; of a younger ledger its life. */
static struct ledger_coverage_range last_day(const struct command_context *context,
                                             const struct ledger_summary *summary, int64_t commit)
{
    struct ledger_coverage_range day = {
        .since = context->now - DAY_MS,
        .until = context->now,
        .commit = commit,
    };

    if (summary->first_sample_at > day.since) {
        day.since = summary->first_sample_at;
    }
    if (day.since > day.until) {
        day.since = day.until; /* written by a clock that is ahead of ours */
    }
    return day;
}

/* A copy that is not there yet, or that this user may not read, costs a detail. */
static void look_at_shared(struct findings *findings)
{
    struct ledger *copy = NULL;
    struct ledger_summary summary;
    struct failure unknown;

    if (findings->shared.size > 0 &&
        ledger_open(&copy, text_bytes(&findings->shared), LEDGER_READ, &unknown) &&
        ledger_summarize(copy, &summary, &unknown)) {
        findings->shared_at = summary.last_sample_at;
    }
    ledger_close(copy);
}

static int64_t room_of(const char *path)
{
    struct text folder = {0};
    int64_t room;

    paths_add_folder(&folder, path);
    room = file_room(text_bytes(&folder));
    text_clear(&folder);
    return room;
}

static bool find_out(struct findings *findings, const struct command_context *context,
                     const struct command_ledger *from, struct failure *why)
{
    struct ledger_coverage_range day;

    if (!ledger_summarize(from->ledger, &findings->summary, why) ||
        !ledger_read_detail(from->ledger, &findings->detail, why) ||
        !ledger_health_read(from->ledger, &findings->health, why)) {
        return false;
    }
    day = last_day(context, &findings->summary, from->commit);
    if (!ledger_coverage_read(&findings->coverage, from->ledger, &day, why)) {
        return false;
    }
    add_reasons(&findings->reasons, &findings->coverage);
    if (!command_shared_copy(context, &findings->shared, why)) {
        return false;
    }
    look_at_shared(findings);
    findings->room = room_of(ledger_path(from->ledger));
    ask_service(&findings->service);
    judge(findings, context, from->commit);
    return text_ok(&findings->reasons, why);
}

static void fill_health(const struct findings *findings, const struct command_context *context,
                        struct value *values)
{
    const struct ledger_summary *summary = &findings->summary;

    values[STATE] = value_text(findings->state);
    values[LAST_SAMPLE_AT] = value_known(summary->last_sample_at);
    if (summary->last_sample_at != 0) {
        values[LAST_SAMPLE_AGE] = value_number(sample_age(context, summary));
    }
    values[INTERVAL] = value_known(summary->interval);
    if (!ledger_gap_seamless((int)summary->ended)) {
        values[STOPPED_BECAUSE] = value_text(ledger_gap_name((int)summary->ended));
    }
    values[SERVICE] = value_text(service_state_name(findings->service.state));
    values[SERVICE_PID] = value_known((int64_t)findings->service.pid);
}

static void fill_coverage(const struct findings *findings, struct value *values)
{
    const struct ledger_coverage *coverage = &findings->coverage;
    int64_t range = coverage->until - coverage->since;

    if (range > 0) {
        values[WATCHED_PERCENT] = value_real(100.0 * (double)coverage->watched / (double)range);
    }
    values[MISSED] = value_number(coverage->missed);
    values[LEFT_OUT_PROCESSES] = value_number(coverage->left_out_processes);
    values[LEFT_OUT_SOCKETS] = value_number(coverage->left_out_sockets);
    values[GAP_COUNT] = value_number((int64_t)coverage->gap_count);
    values[GAP_TIME] = value_number(ledger_coverage_unwatched(coverage));
    if (findings->reasons.size > 0) {
        values[GAP_REASONS] = value_text(text_bytes(&findings->reasons));
    }
}

static void fill_ledger(const struct findings *findings, const char *path, struct value *values)
{
    const struct ledger_summary *summary = &findings->summary;

    values[OPEN_SOCKETS] = value_number(summary->open_intervals);
    values[INTERVALS] = value_number(summary->intervals);
    values[PROCESSES] = value_number(summary->processes);
    values[SAMPLES] = value_number(summary->samples);
    values[FIRST_SAMPLE_AT] = value_known(summary->first_sample_at);
    values[LEDGER] = value_text(path);
    values[LEDGER_BYTES] = value_number(summary->bytes);
    values[WAL_BYTES] = value_number(summary->wal_bytes);
    if (findings->room >= 0) {
        values[DISK_ROOM] = value_number(findings->room);
    }
    values[LEDGER_ID] = value_text(summary->ledger_id);
    values[SCHEMA_VERSION] = value_number(summary->schema_version);
    values[PROGRAM] = value_text(summary->program);
    values[PROGRAM_PID] = value_known((int64_t)summary->pid);
    values[PROGRAM_STARTED_AT] = value_known(summary->run_started_at);
    values[CREATED_AT] = value_known(summary->created_at);
    values[STRETCHES] = value_number(summary->stretches);
}

static void fill_copies(const struct findings *findings, const struct command_context *context,
                        struct value *values)
{
    int64_t age = context->now - findings->shared_at;

    values[LOG_HELD] = value_truth(findings->summary.wal_bytes >= LEDGER_LOG_BOUND);
    if (findings->shared.size > 0) {
        values[SHARED_COPY] = value_text(text_bytes(&findings->shared));
    }
    values[SHARED_COPY_AT] = value_known(findings->shared_at);
    if (findings->shared_at != 0) {
        values[SHARED_COPY_AGE] = value_number(age > 0 ? age : 0);
    }
}

static void fill_detail(const struct ledger_detail *detail, struct value *values)
{
    values[KEEP] = value_known(detail->keep);
    values[MAX_SIZE] = value_known(detail->max_size);
    values[PROFILE_SINCE] = value_known(detail->oldest_profile_at);
    if (detail->dropped.stretch != 0) {
        values[DETAIL_SINCE] = value_number(detail->dropped.at);
    }
    if (detail->applications > 0) {
        values[WHOLE_SINCE] = value_number(detail->partly.at);
    }
}

/* The list fits on a screen: that there was none of what is bad goes without saying. */
static void leave_out_none(const struct command_context *context, struct value *values)
{
    static const int needless[] = {GAP_TIME, MISSED, LEFT_OUT_PROCESSES, LEFT_OUT_SOCKETS};

    if (context->renderer != &render_table || context->render.verbose) {
        return;
    }
    for (size_t i = 0; i < sizeof(needless) / sizeof(needless[0]); i++) {
        values[needless[i]] = value_known(values[needless[i]].number);
    }
    values[LOG_HELD].present = values[LOG_HELD].truth;
}

static bool print_status(const struct command_context *context, struct findings *findings,
                         const char *path, struct failure *why)
{
    struct value values[STATUS_COLUMNS + HEALTH_RECORD_COLUMNS] = {0};
    struct render *render = NULL;
    bool done;

    fill_health(findings, context, values);
    fill_coverage(findings, values);
    fill_ledger(findings, path, values);
    fill_copies(findings, context, values);
    fill_detail(&findings->detail, values);
    health_record_fill(&findings->health, &findings->words, values + STATUS_COLUMNS);
    leave_out_none(context, values);
    done = command_begin(context, &status_table, &render, why) &&
           render_record(render, values, why) && command_finish(context, render, why);
    render_close(render);
    return done;
}

/* The service has told so in the event log; who asks here must not have to guess. */
static void tell_full_disk(const struct command_context *context, const struct findings *findings)
{
    if (!findings->recording && findings->room >= 0 && findings->room < FULL_BYTES) {
        command_note(context, "disk_full",
                     "the ledger's disk is full: a service that runs keeps up to 16 MiB of samples "
                     "in memory until there is room");
    }
}

static bool run_status(const struct command_context *context, const struct command_ledger *from,
                       enum exit_status *status, struct failure *why)
{
    struct findings findings = {0};
    bool done = find_out(&findings, context, from, why) &&
                print_status(context, &findings, ledger_path(from->ledger), why);

    if (done) {
        coverage_note(context, &findings.coverage, NULL);
        tell_full_disk(context, &findings);
        *status = findings.recording ? EXIT_YES : EXIT_NO;
    }
    ledger_health_clear(&findings.health);
    health_words_clear(&findings.words);
    text_clear(&findings.reasons);
    text_clear(&findings.shared);
    ledger_coverage_clear(&findings.coverage);
    return done;
}

static bool print_gaps(const struct command_context *context,
                       const struct ledger_coverage *coverage, struct failure *why)
{
    struct render *render = NULL;
    bool done = command_begin(context, &gap_table, &render, why);

    for (size_t i = 0; done && i < coverage->gap_count; i++) {
        const struct ledger_coverage_gap *gap = &coverage->gaps[i];
        struct value values[GAP_COLUMNS];

        values[FROM_AT] = value_number(gap->from_at);
        values[UNTIL_AT] = value_number(gap->until_at);
        values[DURATION] = value_number(gap->until_at - gap->from_at);
        values[REASON] = value_text(gap->reason);
        done = render_record(render, values, why);
    }
    done = done && command_finish(context, render, why);
    render_close(render);
    return done;
}

/* The range of --since and --until; where they are missing, the last day's. */
static bool read_range(const struct command_context *context, const struct command_ledger *from,
                       struct ledger_coverage_range *range, struct failure *why)
{
    struct ledger_summary summary;

    if (!ledger_summarize(from->ledger, &summary, why)) {
        return false;
    }
    *range = last_day(context, &summary, from->commit);
    if (!command_time(context, "until", COMMAND_LATER, range->until, &range->until, why) ||
        !command_time(context, "since", COMMAND_EARLIER, range->since, &range->since, why)) {
        return false;
    }
    return range->since <= range->until ||
           FAIL(why, FAILURE_USAGE, 0, "--since is later than --until: nothing lies between");
}

/* Prints the records of the asked time; *found: whether there is what one would not want. */
typedef bool print_fn(const struct command_context *context, const struct command_ledger *from,
                      const struct ledger_coverage *coverage, bool *found, struct failure *why);

static bool print_gaps_of(const struct command_context *context, const struct command_ledger *from,
                          const struct ledger_coverage *coverage, bool *found, struct failure *why)
{
    (void)from;
    *found = coverage->gap_count > 0;
    return print_gaps(context, coverage, why);
}

static bool print_stretches(const struct command_context *context,
                            const struct command_ledger *from,
                            const struct ledger_coverage *coverage, bool *found,
                            struct failure *why)
{
    struct render *render = NULL;
    bool done =
        command_begin(context, &stretch_records_table, &render, why) &&
        stretch_records_print(render, from->ledger, coverage->since, coverage->until, why) &&
        command_finish(context, render, why);

    if (done) {
        *found = render->records == 0;
    }
    render_close(render);
    return done;
}

static bool run_range(const struct command_context *context, const struct command_ledger *from,
                      print_fn *print, enum exit_status *status, struct failure *why)
{
    struct ledger_coverage_range range;
    struct ledger_coverage coverage = {0};
    bool found = false;
    bool done = read_range(context, from, &range, why) &&
                ledger_coverage_read(&coverage, from->ledger, &range, why) &&
                print(context, from, &coverage, &found, why);

    if (done) {
        coverage_note(context, &coverage, NULL);
        *status = found ? EXIT_NO : EXIT_YES;
    }
    ledger_coverage_clear(&coverage);
    return done;
}

static bool check_options(const struct options *given, struct failure *why)
{
    bool gaps = options_flag(given, "gaps");
    bool stretches = options_flag(given, "stretches");

    if (gaps && stretches) {
        return FAIL(why, FAILURE_USAGE, 0, "--gaps and --stretches exclude each other");
    }
    if (!gaps && !stretches && (options_given(given, "since") || options_given(given, "until"))) {
        return FAIL(why, FAILURE_USAGE, 0, "--since and --until go with --gaps or --stretches");
    }
    return true;
}

static bool run(const struct command_context *context, enum exit_status *status,
                struct failure *why)
{
    bool gaps = options_flag(context->options, "gaps");
    bool range = gaps || options_flag(context->options, "stretches");
    struct command_ledger from = {0};
    bool done =
        check_options(context->options, why) && command_open_ledger(context, &from, status, why) &&
        (range ? run_range(context, &from, gaps ? print_gaps_of : print_stretches, status, why)
               : run_status(context, &from, status, why));

    ledger_close(from.ledger);
    return done;
}

static const struct option options[] = {
    {.name = "gaps",
     .kind = OPTION_FLAG,
     .help = "List the times in which nothing was watched, of the last day"},
    {.name = "stretches",
     .kind = OPTION_FLAG,
     .help = "List the times of uninterrupted watching, and what each missed, of the last day"},
    {.name = "since",
     .kind = OPTION_TEXT,
     .value = "TIME",
     .help = "With --gaps or --stretches: from this time on"},
    {.name = "until",
     .kind = OPTION_TEXT,
     .value = "TIME",
     .help = "With --gaps or --stretches: up to this time"},
};

static const struct column_table *const tables[] = {&status_table, &gap_table,
                                                    &stretch_records_table, NULL};

static const struct command_status statuses[] = {
    {EXIT_YES, "the ledger is being written; with --gaps: there is no gap; with --stretches: there "
               "is a stretch"},
    {EXIT_NO, "it is not; with --gaps: there are gaps; with --stretches: nothing was watched"},
    {EXIT_YES, NULL},
};

static const struct example examples[] = {
    {"portledger status", "Is it recording, and what did it miss in the last day?"},
    {"portledger status --gaps --since -7d --json", "Every gap of the last week."},
    {"portledger status --stretches --since -7d",
     "What came and went unseen between samples, stretch by stretch."},
    {"portledger --ledger copy.db status -v", "What a copied ledger is, and who wrote it."},
    {NULL, NULL},
};

const struct command command_status = {
    .name = "status",
    .words = "",
    .summary = "Whether the ledger is being written, and what it missed",
    .text = "The state is told by the age of the newest sample, not by the service manager: a "
            "service that runs but stores nothing is not recording.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .tables = tables,
    .statuses = statuses,
    .examples = examples,
    .run = run,
};
