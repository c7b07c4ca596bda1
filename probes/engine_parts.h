/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What engine.c, which decides what is asked when, and query.c, which leads one
 * query to its outcome, share.
 */

#include <stdatomic.h>

#include "probes/engine.h"
#include "probes/exchange.h"
#include "probes/reactor.h"
#include "probes/resolver.h"
#include "probes/timer_heap.h"

enum { LARGEST_DATAGRAM = 65536 };

enum target_state {
    TARGET_RESOLVING,
    TARGET_KNOWN,
    TARGET_UNKNOWN, /* the name has no address */
};

/* A target that is being asked. */
struct target {
    struct target *next; /* in the ring of those that may start a query; NULL: it is not in it */
    struct target *before;
    struct target *next_of_all;
    struct target *before_of_all;
    char *host;
    bool host_is_address;
    enum target_state state;
    bool awaits_answer; /* of the resolver, which knows its address */
    bool exhausted;
    bool name_is_unsure; /* of TARGET_UNKNOWN: no name server could say */
    struct socket_endpoint address;
    uint16_t address_number; /* of the name's, from 0 on */
    char *other_addresses;   /* NULL: none */
    int64_t name_us;         /* that resolving took; -1: it was not */
    int64_t asked_at;        /* the resolver */
    char why[300];           /* of TARGET_UNKNOWN */
    size_t query;            /* the next one's number */
    size_t in_flight;
    size_t tokens;       /* queries that may start at once */
    int64_t refilled_at; /* tokens by time */
    struct timer timer;
    uint64_t tag;
};

enum query_step {
    QUERY_CONNECTS,
    QUERY_WAITS_FOR_ROOM, /* this machine has no socket for it just now */
    QUERY_WAITS_FOR_TLS,  /* connected; as many talk in TLS as may */
    QUERY_TALKS,          /* TCP: in the protocol; UDP: has sent the protocol's datagram */
    QUERY_KNOCKS,         /* UDP: has sent a datagram of no protocol */
};

struct query {
    struct query *next_of_all;
    struct query *before_of_all;
    struct query *next_for_tls; /* in the queue of those that wait for it */
    struct query *before_for_tls;
    struct engine *engine;
    struct target *target;
    struct engine_query asked;
    struct outcome outcome;
    struct reactor_socket *socket;
    struct exchange *exchange;
    struct timer timer;
    enum query_step step;
    bool asks;            /* there is a second phase, now or later */
    bool any_source_port; /* the protocol's own was not to be had */
    bool counts_as_tls;   /* of engine->tls_talks */
    char *wrong;          /* UDP: what came that is not of the protocol; NULL: nothing. Owned */
    unsigned no_replies;  /* UDP: datagrams of the target that are none to what was asked */
    int64_t began;        /* all in microseconds of clock_steady_us() */
    int64_t attempt_began;
    int64_t talk_began;
    int64_t away_before; /* engine->away by then */
    int64_t tls_began;
    int64_t said_at;     /* the newest thing of ours */
    int64_t waits_since; /* for room */
};

struct engine {
    struct engine_options options;
    struct engine_work work;
    struct engine_sum sum;
    struct reactor *reactor;
    struct resolver *resolver; /* NULL: no name yet */
    struct tls_library *tls;   /* NULL: not needed yet */
    bool tls_failed;
    char tls_why[300];
    struct timer_heap timers;
    struct target *ring; /* the next one to start a query; NULL: none may */
    struct target *targets;
    size_t target_count;
    struct query *queries;
    struct query *first_for_tls;
    struct query *last_for_tls;
    size_t tls_talks;   /* now */
    size_t waiting;     /* queries that have no socket for want of room */
    int64_t lacked_at;  /* room: the newest time */
    int64_t heard_at;   /* what came until then was heard; microseconds of clock_steady_us() */
    int64_t away;       /* microseconds that those who took outcomes had us wait */
    size_t limit;       /* in flight: what was asked for, or what this machine can */
    int64_t next_start; /* with a rate: when the next query may begin */
    bool awaits_start;  /* nothing else keeps it from beginning */
    bool no_more_targets;
    bool warned_of_room;
    bool failed;         /* a delivery, or our own: *why says */
    struct failure *why; /* of engine_run() */
    atomic_bool stop;
    uint8_t datagram[LARGEST_DATAGRAM];
};

/* Begins the query. It may be over at once: then query_finished() was called. */
void query_start(struct query *query);

void query_on_event(struct query *query, const struct reactor_event *event);
void query_on_timer(struct query *query);

/*
 * Whether it has asked for something that is left behind on the server, and
 * cannot take it back before the server has answered.
 */
bool query_owes_farewell(const struct query *query);

/*
 * Breaks it off: says farewell where the protocol has one. query_free() follows.
 * True: its port was reached, and the outcome, though cut short, is worth telling.
 */
bool query_break_off(struct query *query);

/* Begins talks that waited for others to end theirs, as many as may. */
void query_start_tls_talks(struct engine *engine);

/* Closes what it has open, and frees. */
void query_free(struct query *query);

/* Of engine.c: the outcome is complete. The query is freed. */
void query_finished(struct query *query);

/* Of engine.c: a socket could not be had. */
void engine_lacks_room(struct engine *engine, const struct probe_error *error);

/* Of engine.c: opened when it is first needed; NULL where it cannot be. */
struct tls_library *engine_tls(struct engine *engine);
