/* SPDX-License-Identifier: MIT */

/*
 * The registry of commands.
 */

#include <string.h>

#include "base/text.h"
#include "reportcli/command.h"

/* A row each: that merges well. */
/* clang-format off */
const struct command *const commands[] = {
    &command_local,
    &command_wport,
    &command_wpid,
    &command_processes,
    &command_modules,
    &command_history,
    &command_explain,
    &command_profile,
    &command_diff,
    &command_baseline,
    &command_query,
    &command_portqry,
    &command_audit,
    &command_jobs,
    &command_status,
    &command_verify,
    &command_export,
    &command_import,
    &command_completion,
    &command_help,
    NULL,
};
/* clang-format on */

/* The name that was probably meant; NULL where none is near. */
static const char *closest_command(const char *name)
{
    const char *names[sizeof(commands) / sizeof(commands[0])];
    size_t count = 0;

    for (; commands[count] != NULL; count++) {
        names[count] = commands[count]->name;
    }
    names[count] = NULL;
    return text_closest(name, names);
}

bool command_find(const struct command **out, const char *name, struct failure *why)
{
    const char *closest;

    for (size_t i = 0; commands[i] != NULL; i++) {
        if (strcmp(commands[i]->name, name) == 0) {
            *out = commands[i];
            return true;
        }
    }
    closest = closest_command(name);
    if (closest != NULL) {
        return FAIL(why, FAILURE_USAGE, 0, "there is no command \"%s\"; did you mean \"%s\"?", name,
                    closest);
    }
    return FAIL(why, FAILURE_USAGE, 0, "there is no command \"%s\"; portledger help lists them all",
                name);
}
