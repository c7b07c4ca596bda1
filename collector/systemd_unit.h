/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Finds the systemd unit of a process in the text of /proc/PID/cgroup. Pure.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/*
 * Appends the name of the unit, with systemd's escapes as they are; false,
 * with nothing appended, where there is none.
 *
 * A line is NUMBER:CONTROLLERS:PATH (cgroups(7)). systemd's own hierarchy
 * counts, "1:name=systemd:/..." (version 1), else the unified one, "0::/..."
 * (version 2). The unit is the innermost part of the path that names a
 * service, scope, socket, mount or swap: below it are groups that the unit
 * made for itself. A slice runs nothing, and is none. Parts that no unit can be
 * called (systemd.unit(5)) are passed over.
 */
bool systemd_unit_find(const char *cgroup, size_t size, struct text *unit);
