/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The record of what came of asking one port.
 */

#include <stdbool.h>

#include "base/failure.h"
#include "base/text.h"
#include "probes/outcome.h"
#include "reportcli/render.h"

extern const struct column_table outcome_record_table;

/* The same, where a name is asked at several addresses: tables always show which one it was. */
extern const struct column_table outcome_record_table_by_address;

/* Texts that a record's values point into, kept from one record to the next. Starts as {0}. */
struct outcome_record {
    struct text address;
    struct text cause;
    struct text icmp;
    struct text offender;
    struct text telling;
    struct text pairs;
    struct text json;
};

/* Prints one. */
bool outcome_record_print(struct outcome_record *record, struct render *render,
                          const struct outcome *outcome, struct failure *why) NODISCARD;

/*
 * Keeps of a long answer only what a table without --verbose shows of it, as
 * the detail: for outcomes that wait to be sorted.
 */
void outcome_record_condense(struct outcome *outcome);

void outcome_record_clear(struct outcome_record *record);
