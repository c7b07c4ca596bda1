/* SPDX-License-Identifier: MIT */

/*
 * What processes have loaded.
 */

#include "reportcli/command.h"
#include "reportcli/hash_option.h"
#include "reportcli/loaded_records.h"
#include "reportcli/module_records.h"
#include "reportcli/range.h"
#include "reportcli/socket_list.h"
#include "reportcli/states.h"
#include "store/ledger_query.h"

static struct module_choice read_choice(const struct options *options)
{
    struct module_choice choice = {
        .processes = process_choice_read(options),
        .path = options_text(options, options_given(options, "module") ? "module" : "path"),
        .flagged = options_flag(options, "flagged"),
    };

    choice.processes.owners = !process_choice_is_named(&choice.processes);
    return choice;
}

static struct states ask(const struct process_choice *processes)
{
    return (struct states){
        .live = {.modules = true,
                 .images = true,
                 .all_processes = !processes->owners,
                 .pid = processes->pid,
                 .process = processes->name},
        .wishes = LEDGER_STATE_MODULES,
    };
}

/* Nothing was found: that is an answer only where all of it could be looked at. */
static enum exit_status judge_none(const struct module_sum *sum, size_t hidden)
{
    return module_sum_failed(sum) == 0 && hidden == 0 ? EXIT_NO : EXIT_UNDECIDED;
}

/* Sockets whose owners were to be looked at, and may not be seen. */
static size_t count_hidden(const struct states *states, const struct module_choice *choice)
{
    return states->is_live && choice->processes.owners ? socket_list_count_denied(&states->snapshot)
                                                       : 0;
}

static bool note(struct states *states, const struct module_choice *choice,
                 const struct module_sum *sum, size_t records, struct failure *why)
{
    size_t hidden = count_hidden(states, choice);

    if (hidden > 0) {
        socket_list_note(states->context, &states->snapshot, hidden);
    }
    if (states->count > 0 && sum->processes == 0 && !choice->processes.owners) {
        command_note(states->context, "empty", "no process matches; there were %zu to look at",
                     states->snapshot.process_count);
    } else if (states->count > 0 && records == 0 && (hidden == 0 || sum->processes > 0)) {
        command_note(states->context, "empty", "no module matches, in %zu process%s",
                     sum->processes, sum->processes == 1 ? "" : "es");
    }
    module_sum_note(states->context, sum);
    return states_note(states, why);
}

static bool print(struct states *states, const struct module_choice *choice,
                  enum exit_status *status, struct failure *why)
{
    struct command_context shown = *states->context;
    struct module_sum sum = {0};
    struct render *render = NULL;
    bool done;

    shown.render.also = states_also(states);
    done = command_begin(&shown, &module_records_table, &render, why) &&
           module_records_print(states, choice, render, &sum, why) &&
           command_finish(states->context, render, why) &&
           note(states, choice, &sum, render->records, why);
    if (done) {
        *status = render->records > 0 ? EXIT_YES : judge_none(&sum, count_hidden(states, choice));
        *status = states->count == 0 ? EXIT_UNDECIDED : *status;
    }
    render_close(render);
    return done;
}

static bool run_moment(const struct command_context *context, const struct module_choice *choice,
                       enum exit_status *status, struct failure *why)
{
    struct states states = ask(&choice->processes);
    bool done = states_open(&states, context, status, why) && print(&states, choice, status, why);

    states_close(&states);
    return done;
}

static bool print_range(const struct command_context *context, const struct command_ledger *from,
                        const struct module_choice *choice, int64_t since, int64_t until,
                        enum exit_status *status, struct failure *why)
{
    struct module_sum sum = {0};
    struct render *render = NULL;
    bool done = command_begin(context, &loaded_records_table, &render, why) &&
                loaded_records_print(from->ledger, choice, since, until, render, &sum, why) &&
                command_finish(context, render, why) &&
                range_note(context, from, render->records, "no module matches", status, why);

    if (done) {
        module_sum_note(context, &sum);
        *status = render->records == 0 && *status == EXIT_NO ? judge_none(&sum, 0) : *status;
    }
    render_close(render);
    return done;
}

static bool run_range(const struct command_context *context, const struct module_choice *choice,
                      enum exit_status *status, struct failure *why)
{
    struct command_ledger from = {0};
    int64_t since;
    int64_t until;
    bool done = range_read(context, &since, &until, why) &&
                command_open_ledger(context, &from, status, why) &&
                print_range(context, &from, choice, since, until, status, why);

    ledger_close(from.ledger);
    return done;
}

static bool run(const struct command_context *context, enum exit_status *status,
                struct failure *why)
{
    struct module_choice choice = read_choice(context->options);
    uint8_t hash[IMAGE_HASH_SIZE];
    bool has_hash;

    if (!hash_option_read(context->options, "sha256", hash, &has_hash, why)) {
        return false;
    }
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
     .help = "Only files whose whole path is like this: * is anything, ? one character; case does "
             "not count"},
    {.name = "module",
     .kind = OPTION_TEXT,
     .value = "PATTERN",
     .help = "The same as --path, as it is called elsewhere"},
    {.name = "sha256",
     .kind = OPTION_TEXT,
     .value = "SHA256",
     .help = "Only files with this SHA-256, 64 hexadecimal digits"},
    RANGE_OPTIONS,
    {.name = "flagged",
     .kind = OPTION_FLAG,
     .help = "Only modules that deserve a look: hidden, renamed, deleted, replaced, unsigned, "
             "tampered, or signed by somebody whom this machine does not trust"},
};

static const struct column_table *const tables[] = {&module_records_table, &loaded_records_table,
                                                    NULL};

static const struct command_status statuses[] = {
    {EXIT_YES, "a module matches"},
    {EXIT_NO, "no module matches"},
    {EXIT_UNDECIDED, "none matches, and modules could not be read, or owners of sockets could not "
                     "be seen, or nothing was watched at the asked time, or a part of what was "
                     "seen was dropped"},
    {EXIT_YES, NULL},
};

static const struct example examples[] = {
    {"portledger modules --flagged", "What is loaded by owners of sockets and deserves a look."},
    {"portledger modules --pid 1276", "What one process has loaded, socket or not."},
    {"portledger modules --path \"*\\Temp\\*\" --at -1d", "Who had a DLL out of Temp a day ago."},
    {"portledger modules --module \"*evil*\" --since -30d",
     "Which processes had it loaded in a month, from when to when."},
    {"portledger modules --flagged --since yesterday", "What deserved a look since yesterday."},
    {"portledger modules --process lsass.exe --csv", "With hashes and signers, for a spreadsheet."},
    {NULL, NULL},
};

const struct command command_modules = {
    .name = "modules",
    .words = "",
    .summary = "What is loaded, or was, by the processes that own sockets",
    .text = "Without --at the system is asked; with --pid or --process also processes that own no "
            "socket are looked into. Modules are what the kernel says is mapped as code, whatever "
            "the process's own list says. Files are read for hash, version and signer, which may "
            "take some seconds; what is not read by then has no facts, and a note says so. What "
            "deserves a look comes first. With --since or --until every process of that time is "
            "looked at, also one that has ended.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .tables = tables,
    .statuses = statuses,
    .examples = examples,
    .run = run,
};
