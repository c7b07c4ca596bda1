/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Lines that a person types, or a program sends, on standard input. One
 * thread. Where a person types on a Windows console, no code page matters.
 */

#include <stdbool.h>

#include "base/text.h"

enum { CONSOLE_LINE_MOST = 4096 }; /* bytes; what is beyond is left out */

/*
 * Replaces *line by the next one, without its end (CR LF or LF) and without
 * bytes that are 0. False at the end of standard input.
 */
bool console_read_line(struct text *line);
