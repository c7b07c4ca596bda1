/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The verbs of portledgerd, for its help and its manual page.
 */

#include <stdbool.h>

#include "base/exit_status.h"
#include "base/options.h"

/* Prints to `out`; on false *why says what happened. */
typedef bool verb_fn(const struct options *options, struct text *out, enum exit_status *status,
                     struct failure *why);

struct verb {
    const char *name; /* NULL ends the table */
    const char *summary;
    bool hidden; /* for the service manager, not for people */
    verb_fn *run;
    const char *const *words; /* one of which follows; NULL: none. Ended by NULL */
};

extern const struct verb verbs[];
extern const struct option_table verb_options; /* of all verbs */
