/* SPDX-License-Identifier: MIT */

/*
 * What a shell needs to complete the command line.
 */

#include <string.h>

#include "base/console.h"
#include "reportcli/command.h"
#include "reportcli/completion.h"

static bool run(const struct command_context *context, enum exit_status *status,
                struct failure *why)
{
    const char *shell = options_word(context->options, 0);
    struct text text = {0};
    bool done;

    *status = EXIT_YES;
    if (strcmp(shell, "bash") == 0) {
        completion_add_bash(&text);
    } else if (strcmp(shell, "powershell") == 0) {
        completion_add_powershell(&text);
    } else {
        return FAIL(why, FAILURE_USAGE, 0, "there is a completion for bash and for powershell");
    }
    done = text_ok(&text, why) && console_write(CONSOLE_OUT, text.bytes, text.size, why) &&
           console_flush(CONSOLE_OUT, why);
    text_clear(&text);
    return done;
}

static const struct column_table *const tables[] = {NULL};

static const struct command_status statuses[] = {
    {EXIT_YES, "the script was printed"},
    {EXIT_YES, NULL},
};

static const struct example examples[] = {
    {"portledger completion bash > /etc/bash_completion.d/portledger", "For everybody, in bash."},
    {"portledger completion powershell | Out-String | Invoke-Expression",
     "For this session; in $PROFILE for every one."},
    {NULL, NULL},
};

const struct command command_completion = {
    .name = "completion",
    .words = "bash|powershell",
    .summary = "A script that lets the shell complete commands and options",
    .words_min = 1,
    .words_max = 1,
    .tables = tables,
    .statuses = statuses,
    .examples = examples,
    .run = run,
};
