/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Windows' count of time, and ours.
 */

#include <stdint.h>

#include <windows.h>

enum { FILETIME_PER_MS = 10000 }; /* FILETIME counts 100 ns since 1601 UTC */

/* The 64-bit count that a FILETIME holds in two halves, and back. */
int64_t filetime_units(FILETIME time);
FILETIME filetime_from_units(int64_t units);

/* Milliseconds since 1970 UTC, rounded down, and back. Only times since 1601 come back. */
int64_t filetime_to_ms(int64_t units);
int64_t filetime_from_ms(int64_t at);
