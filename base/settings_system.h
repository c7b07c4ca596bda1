/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the settings ask of the system: how a path looks that does not depend
 * on the folder or the drive one is in. For settings.c, and for paths that are
 * a part of a value.
 */

#include <stdbool.h>

bool settings_path_is_absolute(const char *path);

/* For messages. */
extern const char settings_path_example[];
