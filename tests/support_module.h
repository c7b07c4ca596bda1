/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A file that a test program loads as code, for others to find it there.
 */

#include <stdbool.h>

/* Linux: its path. Windows: a name in the system folder. It stays until the program ends. */
bool support_load_module(const char *path);
