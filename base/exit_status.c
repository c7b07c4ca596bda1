/* SPDX-License-Identifier: MIT */

#include "base/exit_status.h"

#include <stddef.h>

static const struct {
    enum exit_status status;
    const char *text;
} statuses[] = {
    {EXIT_YES, "yes, the same, held, done"},
    {EXIT_NO, "no, different, not held, edited"},
    {EXIT_UNDECIDED, "undecided: it could not be compared, or was not watched"},
    {EXIT_USAGE, "the command line is wrong"},
    {EXIT_LEDGER, "the ledger or the settings cannot be read"},
    {EXIT_REFUSED, "the system refused, or the output could not be written"},
};

static const struct {
    enum failure_kind kind;
    enum exit_status status;
} by_failure[] = {
    {FAILURE_MEMORY, EXIT_REFUSED},    {FAILURE_SYSTEM, EXIT_REFUSED},
    {FAILURE_DATABASE, EXIT_LEDGER},   {FAILURE_VERSION, EXIT_LEDGER},
    {FAILURE_FORMAT, EXIT_LEDGER},     {FAILURE_SETTINGS, EXIT_LEDGER},
    {FAILURE_MISSING, EXIT_LEDGER},    {FAILURE_DENIED, EXIT_REFUSED},
    {FAILURE_BUSY, EXIT_REFUSED},      {FAILURE_USAGE, EXIT_USAGE},
    {FAILURE_NO_READER, EXIT_REFUSED},
};

enum exit_status exit_status_of(const struct failure *why)
{
    for (size_t i = 0; i < sizeof(by_failure) / sizeof(by_failure[0]); i++) {
        if (by_failure[i].kind == why->kind) {
            return by_failure[i].status;
        }
    }
    return EXIT_REFUSED;
}

const char *exit_status_text(int status)
{
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        if ((int)statuses[i].status == status) {
            return statuses[i].text;
        }
    }
    return "not a status of portledgerd";
}

void exit_status_add_help(struct text *text)
{
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        text_addf(text, "  %d  %s\n", (int)statuses[i].status, statuses[i].text);
    }
}
