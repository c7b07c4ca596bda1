/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A file that a test program loads as code, for others to find it there.
 */

#include <stdbool.h>

/* By its path, or by a name that the system finds. It stays until the program ends. */
bool support_load_module(const char *path);
