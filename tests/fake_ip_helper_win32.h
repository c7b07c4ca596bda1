/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * An IP helper library that does as it is told, in the place of
 * ip_helper_win32.c.
 */

#include <winsock2.h>
#include <ws2tcpip.h>
#include <iphlpapi.h>

#include <stddef.h>

/* One of the four tables. */
struct fake_table {
    const void *rows; /* MIB_TCPROW_OWNER_MODULE and its likes */
    DWORD count;
    DWORD growth;     /* rows that are there more after each call, copies of the first one */
    DWORD errors[16]; /* results of the first calls, in order; NO_ERROR ends them */
    DWORD claims;     /* where not 0: the number of rows that the table speaks of */
    int calls;        /* how often it was asked */
};

struct fake_ip_helper {
    struct fake_table tcp4, tcp6, udp4, udp6;
};

extern struct fake_ip_helper fake_ip_helper;
