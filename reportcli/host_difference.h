/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a server has that its twin has not. Of two machines nearly everything
 * differs that one would compare in time: pids, addresses, connections. What
 * should be the same is who offers what: listeners, by program and port.
 *
 * - Sockets are TCP ones that listen, and UDP ones.
 * - A program is its name, without regard to case, and its service where that
 *   is one inside of a shared process.
 * - Of the local address only counts whether it is all, loopback or another.
 * - From port 32768 on systems give ports out by themselves: of TCP listeners
 *   there the number does not count, and UDP sockets there, which are nearly
 *   always of those who ask, are left out.
 */

#include "reportcli/difference.h"

enum { HOST_DIFFERENCE_DYNAMIC = 32768 };

/* Adds what only one of the two has, and ports that another program holds. */
bool host_difference_add(struct difference *difference, const struct snapshot *before,
                         const struct snapshot *after, const struct difference_wish *wish,
                         struct failure *why) NODISCARD;
