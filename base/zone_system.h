/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What zone.c asks of the system: zone_linux.c and zone_win32.c answer.
 */

#include "base/compiler.h"
#include "base/failure.h"
#include "base/local_time.h"

/* As zone_choose(), of names alone; *out then answers for that zone. */
bool zone_system_choose(local_time_zone_fn **out, const char *name, struct failure *why) NODISCARD;
