/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The program in PortQry's place: its options, its lines, its log, its exit
 * codes. docs/portqry.md says what is known of it, and what is our own.
 */

#include <stdbool.h>

/* Whether the program was started by that name: portqry or portqry.exe, in any case and folder. */
bool portqry_is_named(const char *program);

/*
 * argv[1..argc-1] are PortQry's. Returns the exit status: 0 LISTENING, 1 NOT
 * LISTENING, 2 LISTENING or FILTERED and FILTERED; the highest of several
 * ports; 99 where nothing was queried.
 */
int portqry_main(int argc, char **argv);
