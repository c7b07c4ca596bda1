/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The zone in which people read and write times: this machine's, or another
 * one that a person names, for a ledger from elsewhere.
 *
 * It is for words alone. What has to be done at a time of this machine's day,
 * such as a job, goes by clock_zone_offset().
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/failure.h"

/*
 * Chooses the zone for the whole program: an offset ("+05:30", "-03", "UTC", "Z")
 * or a name that this system knows. Linux: of its zone files, as Europe/Berlin;
 * what is before 2000 and after 2099 has the offset of the nearest year's end.
 * Windows: of its own zones, as "W. Europe Standard Time", and where it can
 * translate them (Windows 10 since 1903) also Europe/Berlin. FAILURE_USAGE
 * where it is none. NULL goes back to this machine's zone. To be called while
 * the program has one thread.
 */
bool zone_choose(const char *name, struct failure *why) NODISCARD;

/* Seconds that the clocks of that zone are ahead of UTC at a moment. Any thread. */
int zone_offset(int64_t at);
