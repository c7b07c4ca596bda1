/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Patterns as people type them for names and paths.
 */

#include <stdbool.h>

/*
 * Whether the whole text is like the pattern: * is any number of characters,
 * separators included, ? is one. ASCII letters match without regard to case.
 * Both are UTF-8; bytes that are not count as one character each.
 */
bool pattern_matches(const char *pattern, const char *text);
