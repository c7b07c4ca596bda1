/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The record "activity": a row of activity.h, for people and programs.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/text.h"
#include "reportcli/activity.h"
#include "reportcli/column.h"

extern const struct column_table activity_table;

/* What is shown of all rows. */
struct activity_view {
    const struct activity *activity;
    enum activity_by by;
    const struct interest *interest; /* NULL: none */
    int most;                        /* of peers, ports and so on in a record */
    int most_told;                   /* of these to people, no more than that */
    bool grouped;                    /* hours have a gap after each six: they are for people */
    bool has_new_since;
    int64_t new_since; /* what was first seen at this time or later is new */
};

/* The texts behind the values of one record. Starts as {0}. */
struct activity_record {
    struct text people[8];
    struct text json[8];
    struct text name;
    struct text news;
    struct text marks;
    struct text notice;
    const struct activity_thing **found; /* of a row, for sorting */
    size_t found_capacity;
};

/*
 * Fills the values of a record of activity_table, COLUMNS_MAX at most. `twin` is the path of
 * another row with the same name (NULL: none). They are good until the next call.
 */
bool activity_record_fill(struct activity_record *record, const struct activity_view *view,
                          const struct activity_row *row, const char *twin, struct value *values,
                          struct failure *why) NODISCARD;

/* Something about the row is new. */
bool activity_is_new(const struct activity_view *view, const struct activity_row *row);

/* Something on the list of interest speaks of the row. */
bool activity_is_of_interest(const struct activity_view *view, const struct activity_row *row);

/* Frees. Harmless twice. */
void activity_record_clear(struct activity_record *record);
