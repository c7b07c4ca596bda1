/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Columns by the names that a person gave: which are printed, and by which is
 * sorted.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/failure.h"
#include "reportcli/column.h"

struct column_choice {
    size_t places[COLUMNS_MAX]; /* in the table, in the order of the names */
    bool falls[COLUMNS_MAX];    /* the name had a - before it */
    size_t count;
};

/* Whether a table has this above it; case, blanks and signs do not count. */
bool column_is_headed(const struct column *column, const char *name, size_t size);

/*
 * Finds the columns that `words` names, parted by commas; a - before a name is
 * for orders. The heading of a column does as well where none has that name. FAILURE_USAGE with the
 * name that was probably meant, or else all names, where the table has none of that name, or one
 * stands there twice.
 */
bool column_choice_read(struct column_choice *choice, const struct column_table *table,
                        const char *words, struct failure *why) NODISCARD;

/* The same for what may be printed in several tables, ended by NULL: one must have all names. */
bool column_choice_check(const struct column_table *const *tables, const char *words,
                         struct failure *why) NODISCARD;
