/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * How many of this machine's dynamic ports are free: those that the system
 * gives to sockets which did not ask for one.
 */

#include <stddef.h>

enum {
    /*
     * RFC 6335 section 6, and what Windows begins with. A range that was changed is told by WMI
     * alone (MSFT_NetTCPSetting.DynamicPortRangeStartPort), which would cost each query a process
     * of its provider. A larger one makes this too few; a smaller one ends in a want of room,
     * for which queries wait.
     */
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
