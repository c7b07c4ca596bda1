/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Asks many ports of many targets at once: a single query, a sweep of 65,535
 * ports and the jobs of the service alike.
 *
 * What to ask is pulled, target by target and query by query, when there is
 * room for it: nothing is listed in advance. Targets get their shares in turn;
 * a silent one never holds up the others. Every query has deadlines.
 *
 * A query has two phases. TCP: it connects, and then talks in the protocol.
 * UDP: the protocol's own datagram serves both. outcome.h says what comes of
 * it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "probes/address_list.h"
#include "probes/outcome.h"
#include "probes/protocol.h"

enum {
    ENGINE_IN_FLIGHT = 4096,
    ENGINE_PER_TARGET = 1024,
    ENGINE_PER_TARGET_OF_JOB = 64,
    ENGINE_TCP_ATTEMPTS = 3,
    ENGINE_UDP_ATTEMPTS = 1,
    ENGINE_ATTEMPT_MS = 1000,
    ENGINE_ATTEMPTS_MOST = 100,
    ENGINE_TLS_MOST = 1536, /* talks in TLS, at once: each takes some 45 KiB */
};

/* {0} is all defaults. Texts are lent for the engine's life. */
struct engine_options {
    size_t in_flight;              /* queries at once */
    size_t per_target;             /* of them */
    unsigned rate;                 /* queries that begin in a second; 0: no limit */
    int attempts;                  /* 0: 3 for TCP, 1 for UDP */
    int attempt_ms;                /* how long an attempt lasts */
    bool slow;                     /* a slow link: twice as long for replies of UDP */
    int family;                    /* of names: 4, 6; 0: either */
    bool all_addresses;            /* of a name; else the first one, in the system's order */
    struct socket_endpoint source; /* address_size 0: any address; port 0: any port */
    bool no_ask;                   /* only reach the port */
    bool tls; /* make TLS ready before the run: it takes a while, which would otherwise be in the
               times of what is under way then */
    bool unformatted_first; /* UDP: as PortQry, first a datagram that is of no protocol; only after
                               its attempts the protocol's */
    const char *community;  /* NULL: "public" */
    const char *dns_name;   /* NULL: "portqry.microsoft.com", as PortQry */
    const char *secret;     /* NULL: none */
};

/*
 * A host to ask: `host` is a name, or an address in text form, as outcomes show
 * it. With `address` (its port does not count) it is not resolved.
 */
struct engine_target {
    const char *host; /* lent until the next target is pulled */
    struct socket_endpoint address;
    uint64_t tag; /* the caller's */
};

/* Lent until the next query is pulled, but for what outlives the run: `service`, `protocol`. */
struct engine_query {
    uint8_t transport; /* PROBE_TCP, PROBE_UDP */
    uint16_t port;
    const struct protocol *protocol; /* NULL: only reach it */
    const char *service;             /* its name in the services file; NULL: none */
    int attempts;                    /* 0: the engine's */
    int attempt_ms;                  /* 0: the engine's */
    const char *community;           /* NULL: the engine's; so do the next two */
    const char *dns_name;
    const char *secret;
    bool keeps_said; /* outcome.said is wanted */
    uint64_t tag;    /* the caller's: comes back with the outcome */
};

struct engine_sum {
    size_t targets;        /* that were pulled */
    size_t more_addresses; /* of names, that are asked as well as the first one of each */
    size_t started;        /* queries */
    size_t delivered;      /* outcomes */
    size_t in_flight;      /* now */
    size_t most_in_flight; /* at once */
    size_t stopped;        /* begun, and then stopped before an outcome */
    size_t cut_short;      /* of those delivered: reached, and then stopped (PROBE_STOPPED) */
    bool was_stopped;
};

/* What to ask, and what becomes of it. All are called by the thread that runs the engine. */
struct engine_work {
    void *context;

    /* Stores the next target. False: there is none any more. */
    bool (*next_target)(void *context, struct engine_target *target);

    /* Stores query `i` (from 0 on) of the target with that tag. False: there are no more. With a
     * rate it may be asked for again until its time comes. */
    bool (*query_at)(void *context, uint64_t target_tag, size_t i, struct engine_query *query);

    /* Takes an outcome, in order of completion: it may be moved out, and is cleared afterwards.
     * False ends the run, with *why. */
    bool (*deliver)(void *context, uint64_t query_tag, struct outcome *outcome,
                    struct failure *why);

    /* A name has several addresses, of which the first is asked, or each. NULL: nobody. */
    void (*resolved)(void *context, const char *host, const struct address_list *addresses);

    /* Something that the user should know and that changes no outcome: one line. NULL: nobody. */
    void (*warn)(void *context, const char *text);

    /* Called about four times a second while the engine runs. NULL: nobody. */
    void (*progress)(void *context, const struct engine_sum *sum);
};

struct engine;

bool engine_open(struct engine **out, const struct engine_options *options,
                 struct failure *why) NODISCARD;
void engine_close(struct engine *engine); /* does nothing for NULL */

/*
 * Asks until there is nothing to ask any more, or engine_stop() is called: the
 * queries that are under way then have no outcome, which is no failure, unless
 * their ports were reached: those are told, as far as they came. They all take
 * leave of their servers; what has opened something there waits a third
 * of a second for the answer without which it cannot be closed. *sum is filled
 * in any case. One run after the other.
 */
bool engine_run(struct engine *engine, const struct engine_work *work, struct engine_sum *sum,
                struct failure *why) NODISCARD;

/* Any thread, and a signal handler. For good. */
void engine_stop(struct engine *engine);
