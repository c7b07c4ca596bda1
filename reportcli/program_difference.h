/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What became of the programs behind the sockets: another file under the same
 * path, and files that were loaded anew.
 *
 * A process is compared with itself where both moments have it, else with the
 * earlier processes of its program. A program that the earlier moment does not
 * have is new as a whole, which its sockets say. Between two machines a
 * program is its name, and of modules only the paths count: another patch level
 * would make every one of them different.
 */

#include "reportcli/difference.h"

/* Adds items of the kinds IMAGE and MODULE, one for each program and file. */
bool program_difference_add(struct difference *difference, const struct snapshot *before,
                            const struct snapshot *after, const struct difference_wish *wish,
                            struct failure *why) NODISCARD;
