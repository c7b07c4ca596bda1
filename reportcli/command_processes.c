/* SPDX-License-Identifier: MIT */

/*
 * The processes of the machine: who ran what, and how it was called.
 */

#include <inttypes.h>

#include "reportcli/command.h"
#include "reportcli/hash_option.h"
#include "reportcli/process_list.h"
#include "reportcli/process_runs.h"
#include "reportcli/range.h"
#include "reportcli/socket_list.h"
#include "reportcli/states.h"
#include "store/ledger_query.h"

static struct states ask(const struct command_context *context, const struct process_choice *choice)
{
    bool deep = context->render.verbose;

    return (struct states){
        .live = {.details = true,
                 .modules = deep,
                 .images =
                     deep || choice->sha256 != NULL || options_flag(context->options, "images"),
                 .all_processes = !choice->owners,
                 .pid = options_flag(context->options, "tree") ? 0 : choice->pid,
                 .process = options_flag(context->options, "tree") ? NULL : choice->name},
        .wishes = deep ? LEDGER_STATE_MODULES : 0,
    };
}

/* Sockets of processes that are not found by them. */
static size_t count_hidden(const struct states *states, const struct process_choice *choice)
{
    return states->is_live && choice->owners ? socket_list_count_denied(&states->snapshot) : 0;
}

static bool note(struct states *states, const struct process_choice *choice, size_t records,
                 struct failure *why)
{
    if (count_hidden(states, choice) > 0) {
        socket_list_note(states->context, &states->snapshot, count_hidden(states, choice));
    }
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
    bool tree = options_flag(shown.options, "tree");
    struct render *render = NULL;
    bool done;

    shown.render.also = states_also(states);
    done = command_begin(&shown, tree ? &process_runs_table : &process_list_table, &render, why) &&
           (tree ? process_runs_print_states(states, choice, render, why)
                 : process_list_print(states, choice, render, why)) &&
           command_finish(states->context, render, why) &&
           note(states, choice, render->records, why);
    if (done) {
        *status = render->records > 0                ? EXIT_YES
                  : count_hidden(states, choice) > 0 ? EXIT_UNDECIDED
                                                     : EXIT_NO;
        *status = states->count == 0 ? EXIT_UNDECIDED : *status;
    }
    render_close(render);
    return done;
}

static bool run_moment(const struct command_context *context, const struct process_choice *choice,
                       enum exit_status *status, struct failure *why)
{
    struct states states = ask(context, choice);
    bool done = states_open(&states, context, status, why) && print(&states, choice, status, why);

    states_close(&states);
    return done;
}

static bool print_runs(const struct command_context *context, const struct command_ledger *from,
                       const struct process_runs_question *question, enum exit_status *status,
                       struct failure *why)
{
    struct render *render = NULL;
    int64_t left_out = 0;
    bool done = command_begin(context, &process_runs_table, &render, why) &&
                process_runs_print(context, from->ledger, question, render, &left_out, why) &&
                command_finish(context, render, why);

    if (done && left_out > 0) {
        command_note(context, "limit",
                     "%" PRId64 " more processes have no room in a tree of %d: without --tree, or "
                     "in a shorter time, all are listed",
                     left_out, (int)PROCESS_RUNS_MOST);
    }
    done = done && range_note(context, from, render->records, "no process matches", status, why);
    render_close(render);
    return done;
}

static bool run_range(const struct command_context *context, const struct process_choice *choice,
                      enum exit_status *status, struct failure *why)
{
    struct process_runs_question question = {.choice = *choice,
                                             .tree = options_flag(context->options, "tree")};
    struct command_ledger from = {0};
    bool done;

    if (choice->owners || options_given(context->options, "images")) {
        return FAIL(why, FAILURE_USAGE, 0,
                    "--owners and --images are for a moment, not for --since and --until");
    }
    done = range_read(context, &question.since, &question.until, why) &&
           command_open_ledger(context, &from, status, why) &&
           print_runs(context, &from, &question, status, why);
    ledger_close(from.ledger);
    return done;
}

static bool run(const struct command_context *context, enum exit_status *status,
                struct failure *why)
{
    struct process_choice choice = process_choice_read(context->options);
    uint8_t hash[IMAGE_HASH_SIZE];
    bool has_hash;

    if (!hash_option_read(context->options, "sha256", hash, &has_hash, why)) {
        return false;
    }
    choice.owners = options_flag(context->options, "owners");
    choice.path = options_text(context->options, "path");
    choice.user = options_text(context->options, "user");
    choice.sha256 = has_hash ? hash : NULL;
    return range_is_given(context) ? run_range(context, &choice, status, why)
                                   : run_moment(context, &choice, status, why);
}

static const struct option options[] = {
    STATES_AT_OPTION,
    PROCESS_CHOICE_OPTIONS,
    {.name = "path",
     .kind = OPTION_TEXT,
     .value = "PATTERN",
     .help = "Only programs whose whole path is like this: * is anything, ? one character; case "
             "does not count"},
    {.name = "user",
     .kind = OPTION_TEXT,
     .value = "USER",
     .help = "Only processes of this account: its id, or its name with or without the domain"},
    {.name = "sha256",
     .kind = OPTION_TEXT,
     .value = "SHA256",
     .help = "Only programs whose file has this SHA-256, 64 hexadecimal digits"},
    {.name = "tree",
     .kind = OPTION_FLAG,
     .help = "By who started whom: of a process that was asked for those that led to it, and all "
             "below it"},
    RANGE_OPTIONS,
    {.name = "owners", .kind = OPTION_FLAG, .help = "Only processes that own sockets"},
    {.name = "images",
     .kind = OPTION_FLAG,
     .help = "Read the files that they run, for hash, version and signer; --verbose does so too"},
};

static const struct column_table *const tables[] = {&process_list_table, &process_runs_table, NULL};

static const struct command_status statuses[] = {
    {EXIT_YES, "a process matches"},
    {EXIT_NO, "no process matches"},
    {EXIT_UNDECIDED,
     "nothing was watched at the time that --at names; or nothing was found between "
     "--since and --until, and nothing was watched, or a part of it was dropped; or "
     "--owners finds none, and there are sockets whose owners this user may not see"},
    {EXIT_YES, NULL},
};

static const struct example examples[] = {
    {"portledger processes", "Every process with its user and command line."},
    {"portledger processes --owners --at \"2026-11-20 02:13\"",
     "Who owned sockets at that moment, by whom and how it was started."},
    {"portledger processes --since \"2026-11-20 02:00\" --until \"2026-11-20 03:00\"",
     "Who ran in that hour, from when to when."},
    {"portledger processes --tree --process sshd --since -1h",
     "What was started by way of sshd, and by whom sshd was."},
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
            "not let this user see is absent and named in the column \"denied\". With --since or "
            "--until "
            "every run of a program in that time is a record, and with --tree they stand below "
            "whoever started them.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .tables = tables,
    .statuses = statuses,
    .examples = examples,
    .run = run,
};
