/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Programs of the system that everybody knows by name, and where they lie.
 * Whoever wants to be overlooked takes such a name (MITRE ATT&CK T1036.005).
 */

#include <stdbool.h>

/*
 * Whether a program of this path, which calls itself `name` (NULL: not known),
 * bears a known name and lies elsewhere. False where the path is not known.
 */
bool known_name_is_misplaced(const char *path, const char *name);
