/* SPDX-License-Identifier: MIT */

/*
 * Who holds a port: PortQry's -wport, live, watched, and out of the ledger.
 */

#include "reportcli/command.h"
#include "reportcli/view_command.h"

enum { LAST_PORT = 65535 };

static bool run(const struct command_context *context, enum exit_status *status,
                struct failure *why)
{
    struct view_subject subject = {.kind = VIEW_PORT};

    return view_command_number(context, "port", 1, LAST_PORT, &subject.number, why) &&
           view_command_run(context, &subject, status, why);
}

static const struct option options[] = {STATES_AT_OPTION, VIEW_COMMAND_OPTIONS,
                                        HISTORY_FILTER_OPTIONS};

static const struct command_status statuses[] = {
    {EXIT_YES, "the port is, or was, in use; a watch was ended"},
    {EXIT_NO, "nothing holds, or held it"},
    {EXIT_UNDECIDED, "nothing was watched at the asked time, or a part of what was seen was "
                     "dropped; or nothing is found, and sockets whose owners this user may not "
                     "see may be what was asked for"},
    {EXIT_YES, NULL},
};

static const struct example examples[] = {
    {"portledger wport 4444", "Who holds port 4444 now. Works without the service."},
    {"portledger wport 4444 -v", "... with all that can be known of the owner."},
    {"portledger wport 4444 --watch 1 --log port.txt",
     "Every change from now on, on the terminal and in a file."},
    {"portledger wport 4444 --since yesterday", "What such a watch would have shown since then."},
    {"portledger wport 4444 --at \"2026-11-20 02:13\" --json", "Who held it at that moment."},
    {NULL, NULL},
};

const struct command command_wport = {
    .name = "wport",
    .words = "PORT",
    .summary = "Who holds a port: now, from now on, or in the past",
    .text = "The local sockets of the port, TCP and UDP, by process. A watch shows them again "
            "whenever one opened (+), closed (-) or changed (*): its state, or its owner. With "
            "--since or --until the ledger answers with the same blocks, and says where it was not "
            "watching. In the other formats a watch is one record for each change. What comes and "
            "goes between two looks is not seen.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .words_min = 1,
    .words_max = 1,
    .tables = view_command_tables,
    .statuses = statuses,
    .examples = examples,
    .run = run,
};
