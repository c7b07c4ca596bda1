/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * How many of this machine's dynamic ports are free: those that the system
 * gives to sockets which did not ask for one.
 */

#include <stddef.h>

enum {
    /* RFC 6335 section 6, and what Windows begins with. No call tells a range that was changed. */
    DYNAMIC_PORTS_FIRST = 49152,
    DYNAMIC_PORTS_LAST = 65535,
    DYNAMIC_PORTS = DYNAMIC_PORTS_LAST - DYNAMIC_PORTS_FIRST + 1,
};

/*
 * Of TCP or of UDP, whichever has fewer. A port that several sockets share
 * counts once, and one that waits for its end counts. A table that cannot be
 * read counts as empty.
 */
size_t dynamic_ports_free(void);
