/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Takes the place of probes/winsock_calls_win32.c: makes the real calls, but
 * for results that are told beforehand, and remembers what was asked for.
 */

#include <stdbool.h>
#include <stdint.h>

#include "probes/winsock_calls_win32.h"

enum { FAKE_OPTIONS_MOST = 64 };

struct fake_option {
    int level;
    int name;
    DWORD value; /* the first four bytes */
};

struct fake_winsock {
    bool lacks_connect;      /* ConnectEx is not there */
    bool lacks_initial_rto;  /* SIO_TCP_INITIAL_RTO */
    bool lacks_unicast_port; /* SO_REUSE_UNICASTPORT */
    bool lacks_scalability;  /* SO_PORT_SCALABILITY */
    int next_result;         /* of the next operation that ends; 0: its own */
    int next_receive;        /* error of the next read; 0: its own */
    int next_open;           /* error of the next socket; 0: none */
    bool has_icmp;           /* the option of ICMP errors has an answer: */
    uint8_t icmp_type;
    uint8_t icmp_code;
    uint8_t icmp_from[4];

    struct fake_option options[FAKE_OPTIONS_MOST]; /* those that were set */
    int option_count;
    USHORT rtt; /* of SIO_TCP_INITIAL_RTO, the last time */
    UCHAR retransmissions;
    bool saw_udp_reset; /* SIO_UDP_CONNRESET was switched on */
};

extern struct fake_winsock fake_winsock; /* a test empties it first */

/* Whether an option was set to 1. */
bool fake_winsock_has_set(int level, int name);
