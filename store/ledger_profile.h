/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The daily rows of a ledger's profile: what retention has left of intervals
 * that it dropped. profile_fold.h says what is summed up in one.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "collector/socket_row.h"
#include "store/ledger.h"

/* Whether a row is of one other end. */
enum ledger_daily_peers {
    LEDGER_DAILY_NO_PEER = 0,
    LEDGER_DAILY_ONE_PEER = 1,
    LEDGER_DAILY_MORE_PEERS = 2, /* several together */
};

/* Valid only during the visit. */
struct ledger_daily_row {
    int64_t day;             /* since 1970 UTC */
    const char *application; /* path of the program, or its name; NULL: not known */
    const char *user;        /* name of the account, or its id; NULL: not known */
    const char *user_id;     /* NULL likewise */
    int protocol;            /* enum socket_protocol */
    int direction;           /* enum profile_direction */
    int port;                /* PROFILE_OTHERS: several together */
    enum ledger_daily_peers peers;
    struct socket_endpoint peer; /* address only */
    int64_t intervals;
    int64_t lasted; /* milliseconds of the day */
    int64_t covered;
    int64_t first_seen_at;
    int64_t last_seen_at;
    uint32_t hours; /* bit N: seen in the hour that begins at N o'clock UTC */
};

/* Returns false to end the walk early. Takes its time: no read transaction is open meanwhile. */
typedef bool ledger_daily_fn(void *context, const struct ledger_daily_row *row);

/* Visits the rows of the days that touch since..until (both count), in the order of recording. */
bool ledger_walk_daily(struct ledger *ledger, int64_t since, int64_t until, ledger_daily_fn *visit,
                       void *context, struct failure *why) NODISCARD;
