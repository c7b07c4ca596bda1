/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Intervals that are kept from a walk: a bounded number of them, and how many
 * there were.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/text.h"
#include "base/time_text.h"
#include "store/ledger_query.h"

/* Which are kept where there are too many: those that opened first, or last. */
enum explain_rows_kept { EXPLAIN_FIRST, EXPLAIN_LAST };

/* Starts as {0}, with `kept` and `most` set. */
struct explain_rows {
    enum explain_rows_kept kept;
    size_t most;                   /* that are kept */
    struct ledger_interval *items; /* by opened_at, ascending; each with a reference of its owner
                                      and a service of its own */
    size_t count;
    size_t capacity;
    size_t total; /* that were added */
};

/* Keeps a copy. False where memory ran out. */
bool explain_rows_add(struct explain_rows *rows, const struct ledger_interval *interval) NODISCARD;

/* The one at place i of those that are kept, by when they opened. */
const struct ledger_interval *explain_rows_at(const struct explain_rows *rows, size_t i);

/* Frees, and empties. Harmless twice. */
void explain_rows_clear(struct explain_rows *rows);

/* Whether they may be states of one connection, or the same socket of two holders. */
bool explain_same_ends(const struct socket_row *a, const struct socket_row *b);

/* "TCP 10.0.0.1:22 - 10.0.0.9:50000 ESTABLISHED", "UDP 0.0.0.0:53". */
void explain_add_socket(struct text *text, const struct socket_row *row);

/* "sshd (pid 100)", or why that is not known: "an owner that is not known". */
void explain_add_owner(struct text *text, const struct ledger_interval *interval);
void explain_add_process(struct text *text, const struct process_instance *process);

/* Why there is no name of an owner that is NULL: "an owner that is not known". */
void explain_add_nobody(struct text *text, const struct ledger_interval *interval);

/* What is not known of its begin and end. */
void explain_add_ends(struct text *text, const struct ledger_interval *interval);
