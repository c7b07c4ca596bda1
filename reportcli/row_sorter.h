/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Records in another order than that in which they are found.
 *
 * They are held in memory, packed, and none is put into a file: a command line
 * has no business in a folder for temporary files. Where only the first few of
 * the order are wanted, no more than these are held, however many there are.
 *
 * Numbers go by their value, texts as people order them: without regard to the
 * case of ASCII letters, and by the value of the numbers in them, so that
 * 10.0.0.9 is before 10.0.0.10 and svc2 before svc10. What is absent comes
 * last, whichever way the order goes. Equal records stay in the order in which
 * they were found.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/failure.h"
#include "reportcli/column.h"
#include "reportcli/column_choice.h"

enum { ROW_SORTER_BYTES = 256 * 1024 * 1024 };

struct row_sorter;

/*
 * `printed` are the columns that are wanted back; of the others a record that
 * comes back has nothing. `most`: so many records are wanted, 0: all. `bytes`: so
 * much may be held.
 */
bool row_sorter_open(struct row_sorter **out, const struct column_table *table,
                     const struct column_choice *order, const struct column_choice *printed,
                     size_t most, size_t bytes, struct failure *why) NODISCARD;

/*
 * Takes a copy of a record, which has one value per column of the table.
 * FAILURE_MEMORY, with words about what to do, where too much would be held.
 */
bool row_sorter_add(struct row_sorter *sorter, const struct value *values,
                    struct failure *why) NODISCARD;

/*
 * The records come from the last found to the first: of equal ones the later
 * added counts as found before. Called before any is added.
 */
void row_sorter_turn(struct row_sorter *sorter);

/*
 * Whether enough are held, and more were there: then a record whose value in the first
 * column of the order, a number that is never absent, comes behind *number is not wanted.
 */
bool row_sorter_bound(const struct row_sorter *sorter, int64_t *number);

/* Records that were added. */
size_t row_sorter_added(const struct row_sorter *sorter);

typedef bool row_sorter_visit_fn(void *context, const struct value *values, struct failure *why);

/* Hands the records out in order, once; they are good for the call. Stops where `visit` fails. */
bool row_sorter_walk(struct row_sorter *sorter, row_sorter_visit_fn *visit, void *context,
                     struct failure *why) NODISCARD;

/* Does nothing for NULL. */
void row_sorter_close(struct row_sorter *sorter);
