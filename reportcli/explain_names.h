/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Several owners in few words: "python3 (pids 12, 15), sshd (pid 100)".
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "store/ledger_query.h"

enum { EXPLAIN_NAMES = 64 };

/* Starts as {0}. The intervals are lent as long as it is used. */
struct explain_names {
    const struct ledger_interval *rows[EXPLAIN_NAMES]; /* one of each owner */
    size_t count;
    bool more; /* there are still others */
};

/* Adds the owner of the interval, unless it is there. */
void explain_names_add(struct explain_names *names, const struct ledger_interval *interval);

/* Whether two processes run the same file for the same user, as far as that is known. */
bool explain_names_alike(const struct process_instance *a, const struct process_instance *b);

/* Appends them. With `sure` each with how it is known: "sshd (pid 100), exact". */
void explain_names_say(struct text *words, const struct explain_names *names, bool sure);
