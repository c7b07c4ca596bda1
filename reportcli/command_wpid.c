/* SPDX-License-Identifier: MIT */

/*
 * The ports of a process: PortQry's -wpid, live, watched, and out of the
 * ledger.
 */

#include "reportcli/command.h"
#include "reportcli/view_command.h"

static bool run(const struct command_context *context, enum exit_status *status,
                struct failure *why)
{
    struct view_subject subject = {.kind = VIEW_PROCESS};

    return view_command_number(context, "process id", 0, UINT32_MAX, &subject.number, why) &&
           view_command_run(context, &subject, status, why);
}

static const struct option options[] = {STATES_AT_OPTION, VIEW_COMMAND_OPTIONS,
                                        HISTORY_FILTER_OPTIONS};

static const struct command_status statuses[] = {
    {EXIT_YES, "the process runs, or had sockets; a watch was ended"},
    {EXIT_NO, "no such process runs, or none of its sockets was seen"},
    {EXIT_UNDECIDED, "nothing was watched at the asked time, or a part of what was seen was "
                     "dropped; or nothing is found, and sockets whose owners this user may not "
                     "see may be what was asked for"},
    {EXIT_YES, NULL},
};

static const struct example examples[] = {
    {"portledger wpid 1276", "The ports of process 1276 now. Works without the service."},
    {"portledger wpid 1276 -v", "... with its services, command line, statistics and modules."},
    {"portledger wpid 1276 -wt 5 --log svchost.txt",
     "Every change from now on, on the terminal and in a file."},
    {"portledger wpid 1276 --since -2h --jsonl", "What such a watch would have shown since then."},
    {NULL, NULL},
};

const struct command command_wpid = {
    .name = "wpid",
    .words = "PID",
    .summary = "The ports of a process: now, from now on, or in the past",
    .text = "All sockets of the process. A watch shows them again whenever one opened (+), closed "
            "(-) or changed (*), and says when the process ends, and when its number is given to "
            "another. With --since or --until the ledger answers with the same blocks, and says "
            "where it was not watching; every run that had the number is in them. In the other "
            "formats a watch is one record for each change. What comes and goes between two looks "
            "is not seen.",
    .options = options,
    .option_count = sizeof(options) / sizeof(options[0]),
    .words_min = 1,
    .words_max = 1,
    .tables = view_command_tables,
    .statuses = statuses,
    .examples = examples,
    .run = run,
};
