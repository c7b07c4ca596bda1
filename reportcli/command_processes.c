/* SPDX-License-Identifier: MIT */

/*
 * The processes of the machine: who ran what, and how it was called.
 */

#include "reportcli/command.h"
#include "reportcli/process_list.h"
#include "reportcli/states.h"
#include "store/ledger_query.h"

static struct states ask(const struct command_context *context, const struct process_choice *choice)
{
    bool deep = context->render.verbose;

    return (struct states){
        .live = {.details = true,
                 .modules = deep,
                 .images = deep || options_flag(context->options, "images"),
                 .all_processes = !choice->owners,
                 .pid = choice->pid,
                 .process = choice->name},
        .wishes = deep ? LEDGER_STATE_MODULES : 0,
    };
}

static bool note(struct states *states, const struct process_choice *choice, size_t records,
                 struct failure *why)
{
    if (states->count > 0 && records == 0) {
        command_note(states->context, "empty", "no process matches; there were %zu to look at",
                     states->snapshot.process_count);
    }
    return (!states->is_live || process_list_note(states, choice, why)) && states_note(states, why);
}

static bool print(struct states *states, const struct process_choice *choice,
                  enum exit_status *status, struct failure *why)
{
    struct command_context shown = *states->context;
    struct render *render = NULL;
    bool done;

    shown.render.also = states_also(states);
    done = command_begin(&shown, &process_list_table, &render, why) &&
           process_list_print(states, choice, render, why) &&
           command_finish(states->context, render, why) &&
           note(states, choice, render->records, why);
    if (done) {
        *status = render->records > 0 ? EXIT_YES : EXIT_NO;
        *status = states->count == 0 ? EXIT_UNDECIDED : *status;
    }
    render_close(render);
    return done;
}

static bool run(const struct command_context *context, enum exit_status *status,
                struct failure *why)
{
    struct process_choice choice = process_choice_read(context->options);
    struct states states;
    bool done;

    choice.owners = options_flag(context->options, "owners");
    states = ask(context, &choice);
    done = states_open(&states, context, status, why) && print(&states, &choice, status, why);
    states_close(&states);
    return done;
}

static const struct option options[] = {
    STATES_AT_OPTION,
    PROCESS_CHOICE_OPTIONS,
    {.name = "owners", .kind = OPTION_FLAG, .help = "Only processes that own sockets"},
    {.name = "images",
     .kind = OPTION_FLAG,
     .help = "Read the files that they run, for hash, version and signer; --verbose does so too"},
};

static const struct column_table *const tables[] = {&process_list_table, NULL};

static const struct command_status statuses[] = {
    {EXIT_YES, "a process matches"},
    {EXIT_NO, "no process matches"},
    {EXIT_UNDECIDED, "nothing was watched at the time that --at names"},
    {EXIT_YES, NULL},
};

static const struct example examples[] = {
    {"portledger processes", "Every process with its user and command line."},
    {"portledger processes --owners --at \"2026-11-20 02:13\"",
     "Who owned sockets at that moment, by whom and how it was started."},
    {"portledger processes --pid 1276 -v", "All that can be known of one process."},
    {"portledger processes --images --jsonl --no-command-lines",
     "Hash and signer of everything that runs, for a program."},
    {NULL, NULL},
};

const struct command command_processes = {
    .name = "processes",
    .words = "",
    .summary = "Who runs, or ran: users, command lines, parents, files",
    .text = "Without --at the system is asked, and the ledger is not needed. Files are read with "
            "--images or --verbose only, which may take some seconds; with --verbose modules are "
            "counted too. The ledger knows the details of processes that owned sockets and of "
            "their ancestors; of others the name, the parent and the start. What the system does "
            "not let this user see is absent and named in the column \"denied\".",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .tables = tables,
    .statuses = statuses,
    .examples = examples,
    .run = run,
};
