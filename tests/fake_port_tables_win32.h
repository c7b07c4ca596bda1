/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Tables of sockets that hold the ports that they are told to, in the place of
 * port_tables_win32.c.
 */

#include <stdint.h>

#include "probes/port_tables_win32.h"

/* One of the four tables: `count` rows with ports from `first` on, each `step` more than before. */
struct fake_port_table {
    uint16_t first;
    uint16_t step;
    DWORD count;
    DWORD growth; /* rows that are there more after each call */
    DWORD claims; /* where not 0: the number of rows that the table speaks of */
    DWORD error;
    int calls;
};

struct fake_port_tables {
    struct fake_port_table tcp4, tcp6, udp4, udp6;
};

extern struct fake_port_tables fake_port_tables; /* a test empties it first */
