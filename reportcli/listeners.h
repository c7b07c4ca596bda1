/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Which TCP ports of a machine were listened on when: what tells a connection
 * that came in from one that went out.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "store/ledger_query.h"

enum { LISTENERS_MOST = 1 << 18 }; /* 56 bytes each */

struct listener;

/* Starts as {0}. */
struct listeners {
    struct listener *items; /* in the order of recording */
    size_t count;
    size_t capacity;
    uint32_t *first;  /* of each port: its oldest that may still matter; 65,536 of them */
    uint32_t *last;   /* its newest */
    int64_t left_out; /* for which was no room: connections to them may be told the wrong way */
    bool failed;      /* memory ran out in a visitor */
};

/* One walk over the listeners of the range. */
bool listeners_read(struct listeners *listeners, struct ledger *ledger, int64_t since,
                    int64_t until, struct failure *why) NODISCARD;

/*
 * Whether somebody listened on the local end when the connection was first
 * seen. To be asked in the order of recording: older stretches are forgotten.
 */
bool listeners_had(struct listeners *listeners, const struct ledger_interval *connection);

/* Which way a socket goes. */
enum listeners_way {
    LISTENERS_LISTENS,    /* it has no other end: a listener, or UDP */
    LISTENERS_INBOUND,    /* somebody listened on its local end */
    LISTENERS_OUTBOUND,   /* nobody did */
    LISTENERS_UNDIRECTED, /* it was there when watching began, and may have come in; or it is of an
                             import, in which its program was not seen to listen there before */
};

/* To be asked as listeners_had() is. */
enum listeners_way listeners_way(struct listeners *listeners,
                                 const struct ledger_interval *interval);

/* Whether an interval begins a socket, and is not one more state of it. */
bool listeners_begins(const struct ledger_interval *interval);

/* Frees. Harmless twice. */
void listeners_clear(struct listeners *listeners);
