/* SPDX-License-Identifier: MIT */

/*
 * Every socket of the machine with its process: PortQry's -local, live or at a
 * moment out of the ledger.
 */

#include <stdlib.h>

#include "collector/collector.h"
#include "collector/snapshot.h"
#include "reportcli/command.h"
#include "reportcli/coverage.h"
#include "reportcli/moments.h"
#include "reportcli/socket_record.h"
#include "store/ledger_query.h"

static const struct column moment_columns[] = {
    {.name = "moment",
     .type = COLUMN_INTEGER,
     .heading = "Moment",
     .help = "1; counts on where --at was several moments because the clock was set back",
     .rank = -1},
};

static const struct column at_columns[] = {
    {.name = "at",
     .type = COLUMN_TIME,
     .heading = "At",
     .help = "The moment for which the record stands",
     .rank = -1},
};

enum {
    MOMENT,
    SOCKET, /* the first of the socket's columns */
    AT = SOCKET + SOCKET_RECORD_FIELDS,
    LOCAL_COLUMNS,
};

static const struct column_table table = {
    .name = "socket",
    .title = "one socket that a process holds",
    .groups = {{moment_columns, 1}, {socket_columns, SOCKET_RECORD_FIELDS}, {at_columns, 1}},
};

/* By process, then by port: PortQry's order. */
static int compare_by_process(const void *left, const void *right)
{
    const struct socket_row *a = left;
    const struct socket_row *b = right;

    if (a->pid != b->pid) {
        return a->pid < b->pid ? -1 : 1;
    }
    if (a->local.port != b->local.port) {
        return a->local.port < b->local.port ? -1 : 1;
    }
    return socket_row_compare(left, right);
}

static void sort_by_process(struct snapshot *snapshot)
{
    if (snapshot->socket_count > 1) {
        qsort(snapshot->sockets, snapshot->socket_count, sizeof(snapshot->sockets[0]),
              compare_by_process);
    }
}

/* Prints the sockets of one moment. */
static bool print_snapshot(struct render *render, const struct snapshot *snapshot, size_t moment,
                           struct failure *why)
{
    struct value values[LOCAL_COLUMNS];
    struct socket_record record = {0};
    bool done = true;

    values[MOMENT] = value_number((int64_t)moment);
    values[AT] = value_number(snapshot->taken_at);
    for (size_t i = 0; done && i < snapshot->socket_count; i++) {
        const struct socket_row *row = &snapshot->sockets[i];

        done =
            socket_record_fill(&record, row, snapshot_owner(snapshot, row), values + SOCKET, why) &&
            render_record(render, values, why);
    }
    socket_record_clear(&record);
    return done;
}

static void note_denied(const struct command_context *context, const struct snapshot *snapshot)
{
    size_t denied = 0;

    for (size_t i = 0; i < snapshot->socket_count; i++) {
        denied += snapshot->sockets[i].attribution == ATTRIBUTION_DENIED ? 1 : 0;
    }
    if (denied > 0) {
        command_note(context, "denied",
                     "%zu of %zu sockets belong to processes that this user may not see; run the "
                     "command elevated, as an administrator or root, to see them",
                     denied, snapshot->socket_count);
    }
}

static void note_empty(const struct command_context *context, const struct render *render)
{
    if (render->records == 0) {
        command_note(context, "empty", "no socket is open");
    }
}

static bool print_live(const struct command_context *context, struct render *render,
                       struct snapshot *snapshot, struct failure *why)
{
    struct collector *collector = NULL;
    bool done = collector_open(&collector, why) && collector_sample(collector, snapshot, why);

    collector_close(collector);
    if (!done) {
        return false;
    }
    sort_by_process(snapshot);
    if (!print_snapshot(render, snapshot, 1, why) || !command_finish(context, render, why)) {
        return false;
    }
    note_empty(context, render);
    note_denied(context, snapshot);
    coverage_note_lacks(context, snapshot->lacks);
    return true;
}

static bool run_live(const struct command_context *context, struct failure *why)
{
    struct snapshot snapshot = {0};
    struct render *render = NULL;
    bool done =
        command_begin(context, &table, &render, why) && print_live(context, render, &snapshot, why);

    snapshot_clear(&snapshot);
    render_close(render);
    return done;
}

static bool print_moments(struct render *render, struct ledger *ledger,
                          const struct moments *moments, struct failure *why)
{
    struct snapshot snapshot = {0};
    bool done = true;

    for (size_t i = 0; done && i < moments->count; i++) {
        done = ledger_state(ledger, &moments->found[i], 0, &snapshot, why);
        if (done) {
            sort_by_process(&snapshot);
            done = print_snapshot(render, &snapshot, i + 1, why);
        }
    }
    snapshot_clear(&snapshot);
    return done;
}

static void note_sources(const struct command_context *context, const struct moments *moments)
{
    moments_note(context, moments);
    for (size_t i = 0; i < moments->count; i++) {
        const struct ledger_stretch *stretch = &moments->found[i].stretch;
        struct coverage around = {
            .since = stretch->begin_at,
            .until = stretch->end_at,
            .watched = stretch->end_at - stretch->begin_at,
            .interval = stretch->interval,
            .lacks = stretch->lacks,
        };

        coverage_note(context, &around, "the moment lies in a time ");
    }
}

static bool run_then(const struct command_context *context, const char *word,
                     enum exit_status *status, struct failure *why)
{
    struct command_context shown = *context;
    struct command_ledger from = {0};
    struct render *render = NULL;
    struct moments moments;
    bool done = moments_read(&moments, context, word, why) &&
                command_open_ledger(context, &from, status, why) &&
                moments_find(&moments, context, &from, why);

    if (done) {
        shown.render.also = moments.count > 1 ? "moment" : NULL;
        done = command_begin(&shown, &table, &render, why) &&
               print_moments(render, from.ledger, &moments, why) &&
               command_finish(context, render, why);
    }
    if (done && moments.count > 0) {
        note_empty(context, render);
    }
    if (done) {
        note_sources(context, &moments);
        *status = moments.count == 0 ? EXIT_UNDECIDED : EXIT_YES;
    }
    render_close(render);
    ledger_close(from.ledger);
    return done;
}

static bool run(const struct command_context *context, enum exit_status *status,
                struct failure *why)
{
    const char *word = options_text(context->options, "at");

    return word == NULL ? run_live(context, why) : run_then(context, word, status, why);
}

static const struct option options[] = {
    {.name = "at",
     .kind = OPTION_TEXT,
     .value = "TIME",
     .help = "Out of the ledger, as it was then: -2h, 14:00, yesterday, \"2026-11-20 02:13\""},
};

static const struct column_table *const tables[] = {&table, NULL};

static const struct command_status statuses[] = {
    {EXIT_YES, "the sockets were read"},
    {EXIT_UNDECIDED, "nothing was watched at the time that --at names"},
    {EXIT_YES, NULL},
};

static const struct example examples[] = {
    {"portledger local", "Every port in use now, by process. Works without the service."},
    {"portledger local -v", "The same with path, start and parent of each process."},
    {"portledger local --at \"2026-11-20 02:13\"", "Who held which port at that moment."},
    {"portledger local --jsonl --at -1h", "The state an hour ago, an object a line."},
    {NULL, NULL},
};

const struct command command_local = {
    .name = "local",
    .words = "",
    .summary = "Every port in use, by process: now, or at a moment in the past",
    .text = "Without --at the system is asked, and the ledger is not needed. With --at the ledger "
            "answers with what the last sample before that moment saw. Rows are sorted by process, "
            "then by port. An ordinary user sees all sockets; owners that the system hides are "
            "marked as denied.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .tables = tables,
    .statuses = statuses,
    .examples = examples,
    .run = run,
};
