/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * How lines of text end that are for other programs of this system: CR LF on
 * Windows, LF elsewhere. Our own outputs end in LF on every system; this is for
 * those that stand in for another program's.
 */
extern const char line_end[];
