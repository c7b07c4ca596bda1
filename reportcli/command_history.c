/* SPDX-License-Identifier: MIT */

/*
 * The intervals of the ledger that match.
 */

#include "reportcli/command.h"
#include "reportcli/coverage.h"
#include "reportcli/history_filter.h"
#include "reportcli/socket_record.h"
#include "store/ledger_query.h"

static const struct column time_columns[] = {
    {.name = "opened_at",
     .type = COLUMN_TIME,
     .heading = "Opened",
     .help = "When it was first seen"},
    {.name = "closed_at",
     .type = COLUMN_TIME,
     .heading = "Closed",
     .help = "The first sample that did not see it, or where watching ended; absent while open",
     .rank = 2,
     .open = true},
    {.name = "ending",
     .type = COLUMN_TEXT,
     .heading = "Ending",
     .help = "closed; open: still there in the newest sample; cut: watching ended before it did",
     .rank = 6},
    {.name = "duration",
     .type = COLUMN_DURATION,
     .unit = "ms",
     .heading = "Lasted",
     .help = "From opened_at to closed_at, or to the newest sample",
     .rank = 4},
};

static const struct column origin_columns[] = {
    {.name = "opening",
     .type = COLUMN_TEXT,
     .heading = "Opening",
     .help = "opened; state: the connection was there, and came into a state of its end; closing: "
             "first seen in such a state, its beginning was missed; found: was there when watching "
             "began; continued: found, and there before the gap",
     .rank = 8},
    {.name = "id",
     .type = COLUMN_INTEGER,
     .heading = "Id",
     .help = "Number of the interval in the ledger, in the order of recording",
     .rank = -1},
    {.name = "instance",
     .type = COLUMN_INTEGER,
     .heading = "Instance",
     .help = "Number of the owner in the ledger: one run of a program, which --instance asks for; "
             "absent where not known",
     .rank = -1},
};

/* When it closed comes before where it was bound: the port is beside it. */
static const int socket_ranks[SOCKET_RECORD_OWN] = {
    [SOCKET_RECORD_ATTRIBUTION] = 6,
    [SOCKET_RECORD_SERVICE] = 7,
    [SOCKET_RECORD_SERVICE_BASIS] = -1,
    [SOCKET_RECORD_LOCAL_ADDRESS] = 5,
    [SOCKET_RECORD_STATE] = 1,
    [SOCKET_RECORD_REMOTE_ADDRESS] = 3,
    [SOCKET_RECORD_REMOTE_PORT] = 3,
    [SOCKET_RECORD_PATH] = 9,
    [SOCKET_RECORD_PROCESS_STARTED_AT] = -1,
    [SOCKET_RECORD_CREATED_AT] = -1,
    [SOCKET_RECORD_PARENT_PID] = -1,
    [SOCKET_RECORD_PROCESS_ACCESS] = -1,
};

enum {
    OPENED_AT,
    CLOSED_AT,
    ENDING,
    DURATION,
    SOCKET, /* the first of the socket's columns */
    OPENING = SOCKET + SOCKET_RECORD_FIELDS,
    ID,
    INSTANCE,
    HISTORY_COLUMNS,
};

static const struct column_table table = {
    .name = "interval",
    .title = "one socket in one state, from first to last seen",
    .groups = {{time_columns, SOCKET},
               SOCKET_RECORD_GROUPS,
               {origin_columns, HISTORY_COLUMNS - OPENING}},
    .ranks = {[1] = socket_ranks},
};

static const char *ending_name(enum ledger_ending ending)
{
    static const char *const names[] = {
        [LEDGER_OPEN] = "open",
        [LEDGER_CLOSED] = "closed",
        [LEDGER_CUT] = "cut",
    };

    return names[ending];
}

static const char *opening_name(const struct ledger_interval *interval)
{
    if (interval->continued) {
        return "continued";
    }
    if (interval->at_begin) {
        return "found";
    }
    if (interval->closing) {
        return "closing";
    }
    return interval->socket.state >= SOCKET_FIN_WAIT_1 ? "state" : "opened";
}

static bool print_interval(struct render *render, struct socket_record *record,
                           const struct ledger_interval *interval, struct failure *why)
{
    struct value values[HISTORY_COLUMNS];
    const struct socket_facts facts = {
        .row = &interval->socket,
        .owner = interval->owner,
        .service = interval->service,
        .service_basis = interval->service_basis,
    };

    values[OPENED_AT] = value_number(interval->opened_at);
    values[CLOSED_AT] =
        interval->ending == LEDGER_OPEN ? (struct value){0} : value_number(interval->closed_at);
    values[ENDING] = value_text(ending_name(interval->ending));
    values[DURATION] = value_number(interval->closed_at - interval->opened_at);
    values[OPENING] = value_text(opening_name(interval));
    values[ID] = value_number(interval->id);
    values[INSTANCE] = value_known(interval->owner_id);
    return socket_record_fill(record, &facts, values + SOCKET, why) &&
           render_record(render, values, why);
}

/* How the answer is ordered, as far as the walk can go along with it. */
enum order { ORDER_ANY, ORDER_RISES, ORDER_FALLS };

/* Where the first few by opened_at are wanted, what cannot be among them is not looked at. */
static void narrow(const struct render *render, enum order order, struct ledger_walk *walk)
{
    int64_t bound;

    if (order != ORDER_ANY && render_bound(render, &bound)) {
        ledger_walk_narrow(walk, order == ORDER_FALLS ? bound : INT64_MIN,
                           order == ORDER_RISES ? bound : INT64_MAX);
    }
}

static bool print_all(struct render *render, struct socket_record *record, enum order order,
                      struct ledger_walk *walk, struct failure *why)
{
    const struct ledger_interval *interval = NULL;
    bool done = ledger_walk_next(walk, &interval, why);

    while (done && interval != NULL && !render_is_full(render)) {
        done = print_interval(render, record, interval, why) &&
               (!ledger_walk_pauses(walk) || render_show(render, why));
        narrow(render, order, walk);
        done = done && ledger_walk_next(walk, &interval, why);
    }
    return done;
}

static enum order order_of(const struct render *render)
{
    bool falls;

    if (!render_takes_first(render, time_columns[OPENED_AT].name, &falls)) {
        return ORDER_ANY;
    }
    return falls ? ORDER_FALLS : ORDER_RISES;
}

static bool print_intervals(const struct command_context *context, struct render *render,
                            struct ledger *ledger, const struct ledger_filter *filter,
                            struct failure *why)
{
    struct socket_record record = {.instance.no_command_lines = context->no_command_lines};
    struct ledger_filter ordered = *filter;
    enum order order = order_of(render);
    struct ledger_walk *walk = NULL;
    bool done;

    if (order == ORDER_FALLS) {
        ordered.backwards = true;
        render_turn(render);
    }
    done = ledger_walk_open(&walk, ledger, &ordered, why) &&
           print_all(render, &record, order, walk, why);
    ledger_walk_close(walk);
    socket_record_clear(&record);
    return done;
}

static bool run(const struct command_context *context, enum exit_status *status,
                struct failure *why)
{
    struct command_ledger from = {0};
    struct render *render = NULL;
    struct history_filter filter;
    bool done = history_filter_read(&filter, context, why);

    filter.filter.after_id = options_number(context->options, "after-id", 0);
    done = done && command_open_ledger(context, &from, status, why) &&
           command_begin(context, &table, &render, why) &&
           print_intervals(context, render, from.ledger, &filter.filter, why) &&
           command_finish(context, render, why) &&
           coverage_note_answer(context, &from, &filter.filter, render->records, status, why);

    render_close(render);
    ledger_close(from.ledger);
    return done;
}

static const struct option options[] = {
    HISTORY_FILTER_OPTIONS,
    {.name = "since",
     .kind = OPTION_TEXT,
     .value = "TIME",
     .help = "Only what was open at this time or later: -2h, yesterday, \"2026-11-20 02:13\""},
    {.name = "until",
     .kind = OPTION_TEXT,
     .value = "TIME",
     .help = "Only what was open at this time or earlier"},
    {.name = "after-id",
     .kind = OPTION_NUMBER,
     .value = "ID",
     .help = "Only what was recorded after the interval of this number, as in the column id: to go "
             "on behind the last one of an answer",
     .maximum = INT64_MAX},
};

static const struct column_table *const tables[] = {&table, NULL};

static const struct command_status statuses[] = {
    {EXIT_YES, "something matches"},
    {EXIT_NO, "nothing matches"},
    {EXIT_UNDECIDED,
     "nothing matches, and nothing was watched in the asked time, or a part of what was "
     "seen was dropped"},
    {EXIT_YES, NULL},
};

static const struct example examples[] = {
    {"portledger history --port 4444", "Who ever held port 4444, or was connected to it."},
    {"portledger history --since yesterday --until today --state listening",
     "Every listener of yesterday."},
    {"portledger history --pid 1276 --since \"11-20 02:00\" --until \"11-20 03:00\"",
     "What process 1276 had open in that hour."},
    {"portledger history --process svchost.exe --remote-port 443 --csv",
     "Connections of svchost.exe to port 443, for a spreadsheet."},
    {"portledger history --remote-address 203.0.113.0/24 --user alice",
     "Which of Alice's programs were connected to that network."},
    {"portledger history --path \"*\\Temp\\*\" --since -30d",
     "What ran out of a folder for temporary files and had sockets."},
    {NULL, NULL},
};

const struct command command_history = {
    .name = "history",
    .words = "",
    .summary = "Which sockets were open when, out of the ledger",
    .text = "All filters that are given must hold. Rows come in the order of recording. Every "
            "answer says on standard error what of the asked time was watched: a socket that is "
            "not listed was not seen, and only within that time. A socket that opened and closed "
            "between two samples is in no ledger.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .tables = tables,
    .statuses = statuses,
    .examples = examples,
    .run = run,
};
