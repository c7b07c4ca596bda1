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

/* Which are kept where there are too many. */
enum explain_rows_kept { EXPLAIN_FIRST, EXPLAIN_LAST };

enum { EXPLAIN_ROWS = 16 };

/* Starts as {0}, with `kept` set. */
struct explain_rows {
    enum explain_rows_kept kept;
    struct ledger_interval items[EXPLAIN_ROWS]; /* each with a reference of its owner */
    char *services[EXPLAIN_ROWS];               /* what items[i].service points to */
    size_t count;
    size_t total; /* that were added */
};

/* Keeps a copy. False where memory ran out. */
bool explain_rows_add(struct explain_rows *rows, const struct ledger_interval *interval) NODISCARD;

/* The one at place i of those that are kept, in the order in which they were added. */
const struct ledger_interval *explain_rows_at(const struct explain_rows *rows, size_t i);

/* Frees, and empties. Harmless twice. */
void explain_rows_clear(struct explain_rows *rows);

/* "TCP 10.0.0.1:22 - 10.0.0.9:50000 ESTABLISHED", "UDP 0.0.0.0:53". */
void explain_add_socket(struct text *text, const struct socket_row *row);

/* "sshd (pid 100)", or why that is not known: "an owner that is not known". */
void explain_add_owner(struct text *text, const struct ledger_interval *interval);
void explain_add_process(struct text *text, const struct process_instance *process);

/* "from ... to ..., 2 s", with what is not known of its begin and end. */
void explain_add_life(struct text *text, const struct ledger_interval *interval,
                      enum time_zone_choice zone);
