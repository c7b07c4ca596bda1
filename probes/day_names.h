/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Days of the week and times of the day, as schedules and maintenance windows
 * write them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

enum {
    DAY_NAMES_ALL = 0x7F, /* a bit for each day, Sunday first */
    DAY_MINUTES = 24 * 60,
};

/* "sun", "mon" ... "sat", ended by NULL. */
extern const char *const day_names[];

/* Letters at the beginning of the text. */
size_t day_name_size(const char *text);

/*
 * Reads "Mon-Fri", "Sat,Sun", "Fri-Mon", "daily" or nothing, which is every day
 * too, with blanks around commas and behind; whole names of days are fine.
 * *at is where the days end. FAILURE_FORMAT.
 */
bool day_names_read(const char **at, uint8_t *days, struct failure *why) NODISCARD;

/* Reads "07:30" or "7:30", up to 24:00: minutes since midnight. FAILURE_FORMAT. */
bool day_time_read(const char **at, int *minute, struct failure *why) NODISCARD;
