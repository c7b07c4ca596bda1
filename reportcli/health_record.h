/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The part of the record "status" in which the service tells how it is doing.
 */

#include "base/text.h"
#include "reportcli/column.h"
#include "store/ledger_health.h"

enum { HEALTH_RECORD_COLUMNS = 16 };

extern const struct column health_record_columns[HEALTH_RECORD_COLUMNS];

/* What a value needs that no table has. Starts as {0}. */
struct health_words {
    struct text failures; /* for people */
    struct text json;     /* the same as an object */
};

/* Fills values[0..HEALTH_RECORD_COLUMNS-1]; both lend their texts to them. */
void health_record_fill(const struct ledger_health *health, struct health_words *words,
                        struct value *values);

/* Frees. Harmless twice. */
void health_words_clear(struct health_words *words);
