/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Durations and sizes as settings and options spell them, and as output shows
 * them.
 *
 * Durations are milliseconds: 250ms 30s 5m 2h 400d 3w, also joined (1h30m),
 * from the largest unit to the smallest.
 * A bare 0 is a duration and a size, any other bare number is neither: it does
 * not say of what. Sizes are bytes: 512B 64KiB 64MiB 4GiB 1TiB, and powers of ten with
 * kB MB GB TB.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/text.h"

/* All fail with FAILURE_FORMAT; the text shows the forms, or says that the number is too large. */
bool units_parse_duration(const char *word, int64_t *milliseconds, struct failure *why) NODISCARD;
bool units_parse_size(const char *word, int64_t *bytes, struct failure *why) NODISCARD;

/* A whole number without a unit: decimal digits, with a minus or none. */
bool units_parse_number(const char *word, int64_t *number, struct failure *why) NODISCARD;

/*
 * Appends the exact form that the parser reads back, in days and what is
 * smaller: 1m30s, 400d. A negative one, which the parser refuses, has a minus.
 */
void units_add_duration(struct text *text, int64_t milliseconds);

/* Appends the exact form that the parser reads back, in the largest unit: 4GiB, 1500B. */
void units_add_size(struct text *text, int64_t bytes);

/* For people, cut: two leading units at most, as in "2 d 3 h", "14.2 s", "0.25 s". */
void units_add_duration_rough(struct text *text, int64_t milliseconds);

/* For people, rounded: three digits, as in "3.21 MiB". */
void units_add_size_rough(struct text *text, int64_t bytes);
