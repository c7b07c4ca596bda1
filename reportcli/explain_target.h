/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What `explain` is asked for, as people type it: a port, an address with a
 * port, or a connection.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "collector/address_prefix.h"
#include "collector/socket_row.h"
#include "store/ledger_query.h"

struct explain_end {
    struct address_prefix address; /* {0}: any */
    uint16_t port;
};

struct explain_target {
    int protocol; /* enum socket_protocol; 0: either */
    struct explain_end ends[2];
    int count; /* of ends: two make a connection, whichever is the local one */
};

/* How a socket has to do with it. */
enum explain_role {
    EXPLAIN_NONE,
    EXPLAIN_HOLDS,   /* its own end is the one that was asked for */
    EXPLAIN_REACHES, /* its other end is */
};

/*
 * Reads [tcp/|udp/]END or [tcp/|udp/]END-END, where an END is 4444, 10.0.0.5:4444, *:4444 or
 * [fe80::1%3]:4444. FAILURE_USAGE with a text that shows the forms.
 */
bool explain_target_parse(const char *word, struct explain_target *target,
                          struct failure *why) NODISCARD;

/* A listener on all addresses holds its port of each of them. */
enum explain_role explain_target_role(const struct explain_target *target,
                                      const struct socket_row *row);

/* What a walk has to be asked for; explain_target_role() then decides. Lends nothing. */
void explain_target_filter(const struct explain_target *target, struct ledger_filter *filter);

/* "TCP port 4444", "10.0.0.5:4444". */
void explain_target_add(const struct explain_target *target, struct text *text);
