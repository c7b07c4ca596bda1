/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The record "change": one difference, for programs. People are shown
 * difference_block.h.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"
#include "reportcli/change_record.h"
#include "reportcli/column.h"
#include "reportcli/difference.h"
#include "reportcli/socket_record.h"

extern const struct column_table difference_table;

enum { DIFFERENCE_FIELDS = 2 + CHANGE_RECORD_FIELDS - 1 + 9 };

/* The texts behind the values of one record. Starts as {0}. */
struct difference_record {
    struct socket_record socket;
    struct image_record before;
    struct image_record module;
    struct image_record module_before;
};

/*
 * Fills values[0..DIFFERENCE_FIELDS - 1]; `comparison` counts from 1. They are
 * good until the next call, and as long as the two sides are.
 */
bool difference_record_fill(struct difference_record *record, const struct change_side *before,
                            const struct change_side *after, const struct difference_item *item,
                            size_t comparison, struct value *values, struct failure *why) NODISCARD;

/*
 * The columns of the socket alone, or where there is none those of the process:
 * values[0..SOCKET_RECORD_FIELDS - 1].
 */
bool difference_record_fill_socket(struct socket_record *record, const struct change_side *before,
                                   const struct change_side *after,
                                   const struct difference_item *item, struct value *values,
                                   struct failure *why) NODISCARD;

void difference_record_clear(struct difference_record *record);
