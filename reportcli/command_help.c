/* SPDX-License-Identifier: MIT */

#include "reportcli/command.h"
#include "reportcli/help.h"

static bool run(const struct command_context *context, enum exit_status *status,
                struct failure *why)
{
    const struct command *command = NULL;

    *status = EXIT_YES;
    if (options_words(context->options) > 0 &&
        !command_find(&command, options_word(context->options, 0), why)) {
        return false;
    }
    return help_print(command, why);
}

static const struct column_table *const tables[] = {NULL};

static const struct command_status statuses[] = {
    {EXIT_YES, "there is such a command"},
    {EXIT_YES, NULL},
};

static const struct example examples[] = {
    {"portledger help history", "The options, columns and examples of one command."},
    {NULL, NULL},
};

const struct command command_help = {
    .name = "help",
    .words = "[COMMAND]",
    .summary = "What the commands do, and how they are called",
    .words_max = 1,
    .tables = tables,
    .statuses = statuses,
    .examples = examples,
    .run = run,
};
