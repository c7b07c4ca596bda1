/* SPDX-License-Identifier: MIT */

/*
 * Every socket of the machine with its process: PortQry's -local, live or at a
 * moment out of the ledger.
 */

#include "reportcli/command.h"
#include "reportcli/module_records.h"
#include "reportcli/output.h"
#include "reportcli/port_statistics.h"
#include "reportcli/process_block.h"
#include "reportcli/process_list.h"
#include "reportcli/socket_list.h"
#include "reportcli/states.h"
#include "reportcli/view_command.h"
#include "store/ledger_query.h"

/* People who ask for everything get all three kinds of records. */
static bool more_tables(const struct command_context *context)
{
    return context->render.verbose && context->renderer == &render_table;
}

static bool print_sockets(struct states *states, struct failure *why)
{
    struct command_context shown = *states->context;
    struct render *render = NULL;
    bool done;

    shown.render.also = states_also(states);
    done =
        command_begin(&shown, more_tables(&shown) ? &socket_list_short_table : &socket_list_table,
                      &render, why) &&
        socket_list_print(states, NULL, render, why) &&
        command_finish(states->context, render, why);
    if (done && states->count > 0 && render->records == 0 && states->looked_at > 0) {
        command_note(states->context, "empty", "no socket matches; there were %zu to look at",
                     states->looked_at);
    } else if (done && states->count > 0 && render->records == 0) {
        command_note(states->context, "empty", "no socket is open");
    }
    render_close(render);
    return done;
}

/* What people are shown besides. Records for programs are of one kind: see more_tables(). */
static bool say_statistics(struct states *states, struct failure *why)
{
    const struct snapshot *snapshot = &states->snapshot;
    struct port_statistics statistics = {0};
    struct text words = {0};
    bool done;

    if (snapshot->socket_count == 0) {
        return true;
    }
    for (size_t i = 0; i < snapshot->socket_count; i++) {
        port_statistics_add(&statistics, &snapshot->sockets[i]);
    }
    text_add(&words, "\nPort Statistics\n");
    port_statistics_add_text(&words, &statistics);
    done = text_ok(&words, why) && process_block_say(states->context, text_bytes(&words), why);
    text_clear(&words);
    return done;
}

/* Says which of several moments follows. */
static bool say_moment(const struct states *states, size_t moment, struct failure *why)
{
    struct text words = {0};
    bool done;

    if (states->count == 1) {
        return true;
    }
    text_addf(&words, "\nMoment %zu\n", moment);
    done = text_ok(&words, why) && process_block_say(states->context, text_bytes(&words), why);
    text_clear(&words);
    return done;
}

static bool print_blocks(struct states *states, struct process_block *block, struct failure *why)
{
    const struct process_choice all = {.owners = states->filter != NULL};

    return process_block_say(states->context, "\nPort and Module Information by Process\n", why) &&
           process_block_print_all(block, &states->snapshot, &states->index, &all, why);
}

static bool print_more(struct states *states, struct failure *why)
{
    struct process_block block = {.context = states->context};
    bool done = true;

    for (size_t i = 0; done && i < states->count; i++) {
        done = states_load(states, i, why) && say_moment(states, i + 1, why) &&
               say_statistics(states, why) &&
               (!states->context->render.verbose || print_blocks(states, &block, why));
    }
    if (done) {
        done = output_flush(states->context->render.log, why);
        process_block_note(&block);
    }
    process_block_clear(&block);
    return done;
}

static bool print_statistics(struct states *states, struct failure *why)
{
    struct command_context shown = *states->context;
    struct render *render = NULL;
    bool done;

    shown.render.also = states_also(states);
    done = command_begin(&shown, &port_statistics_table, &render, why) &&
           port_statistics_print(states, shown.render.verbose, render, why) &&
           command_finish(states->context, render, why);
    render_close(render);
    return done;
}

static struct states ask(const struct command_context *context)
{
    bool more = more_tables(context) && !options_flag(context->options, "statistics");

    return (struct states){
        .live = {.details = true,
                 .modules = more,
                 .images = context->render.verbose || options_flag(context->options, "images"),
                 .all_processes = more},
        .wishes = more ? LEDGER_STATE_MODULES : 0,
    };
}

static bool print(struct states *states, size_t hidden, struct failure *why)
{
    const struct command_context *context = states->context;

    if (options_flag(context->options, "statistics")) {
        return print_statistics(states, why) && states_note(states, why);
    }
    if (!print_sockets(states, why) ||
        (states->count > 0 && context->renderer == &render_table && !print_more(states, why))) {
        return false;
    }
    if (states->is_live) {
        socket_list_note(context, &states->snapshot, hidden);
    }
    return states_note(states, why);
}

static bool run(const struct command_context *context, enum exit_status *status,
                struct failure *why)
{
    static const struct view_subject machine = {.kind = VIEW_MACHINE};
    struct states states = ask(context);
    struct history_filter filter;
    size_t hidden = 0;
    bool done;

    if (view_command_goes_on(context)) {
        return view_command_run(context, &machine, status, why);
    }
    if (options_given(context->options, "log")) {
        return FAIL(why, FAILURE_USAGE, 0, "--log is for a watch, or for --since and --until");
    }
    if (!history_filter_read_facts(&filter, context, why)) {
        return false;
    }
    states.filter = history_filter_is_empty(&filter) ? NULL : &filter;
    done = states_open(&states, context, status, why);
    if (done && states.is_live) {
        hidden = history_filter_hidden(states.filter, &states.snapshot);
    }
    done = done && print(&states, hidden, why);
    if (done) {
        bool unseen = hidden > 0 && states.snapshot.socket_count == 0;

        *status = states.count == 0 || unseen ? EXIT_UNDECIDED : EXIT_YES;
    }
    states_close(&states);
    return done;
}

static const struct option options[] = {
    STATES_AT_OPTION,
    VIEW_COMMAND_OPTIONS,
    HISTORY_FILTER_OPTIONS,
    {.name = "images",
     .kind = OPTION_FLAG,
     .help = "Read the files that the owners run, for hash, version and signer; --verbose does so "
             "too"},
    {.name = "statistics",
     .kind = OPTION_FLAG,
     .help = "Records of how many sockets there are in which state, instead of the sockets; with "
             "--verbose also of each process"},
};

static const struct column_table *const tables[] = {&socket_list_table, &port_statistics_table,
                                                    &view_table, NULL};

static const struct command_status statuses[] = {
    {EXIT_YES, "the sockets were read; a watch was ended"},
    {EXIT_NO, "no socket was seen in the time of --since and --until"},
    {EXIT_UNDECIDED, "nothing was watched at the asked time, or a part of what was seen was "
                     "dropped; or nothing is found, and sockets whose owners this user may not "
                     "see may be what was asked for"},
    {EXIT_YES, NULL},
};

static const struct example examples[] = {
    {"portledger local", "Every port in use now, by process. Works without the service."},
    {"portledger local -v", "All that can be known of them, their processes and modules."},
    {"portledger local --statistics --json", "How many sockets are in which state."},
    {"portledger local --at \"2026-11-20 02:13\"", "Who held which port at that moment."},
    {"portledger local --since -10m", "What the machine had open then, and every change since."},
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
            "marked as denied. With --verbose files are read for hash, version and signer, which "
            "may take some seconds, and the table is followed by every running process with its "
            "sockets and modules; in the other formats these records are had from \"processes\" "
            "and \"modules\". Statistics follow the table; in the other formats --statistics "
            "prints them alone.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .tables = tables,
    .statuses = statuses,
    .examples = examples,
    .run = run,
};
