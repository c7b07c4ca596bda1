/* SPDX-License-Identifier: MIT */

/*
 * One query, from its first packet to its outcome.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "base/text.h"
#include "probes/engine_parts.h"

enum {
    READS_AT_ONCE = 16,   /* of one socket, before others have their turn */
    ROOM_WAIT_US = 50000, /* until a socket is tried for again */
    ROOM_PATIENCE_US = 10000000,
    STREAM_CHUNK = 16384,
    WHOLE_REPLY_FACTOR = 4, /* a reply that has begun may take so many times as long in all */
};

/* What is sent to a UDP port for which there is no protocol: an end of a line. */
static const char knock[] = "\r\n";

static int attempts_of(const struct query *query)
{
    const struct engine_options *options = &query->engine->options;

    if (query->asked.attempts > 0) {
        return query->asked.attempts;
    }
    if (options->attempts > 0) {
        return options->attempts;
    }
    return query->asked.transport == PROBE_TCP ? ENGINE_TCP_ATTEMPTS : ENGINE_UDP_ATTEMPTS;
}

static int asked_ms_of(const struct query *query)
{
    return query->asked.attempt_ms > 0 ? query->asked.attempt_ms
                                       : query->engine->options.attempt_ms;
}

/* Where the system repeats a refused SYN, less would take a refusal for silence. */
static int attempt_ms_of(const struct query *query)
{
    int asked = asked_ms_of(query);
    int least =
        query->asked.transport == PROBE_TCP ? reactor_least_attempt(query->engine->reactor) : 0;

    return asked > least ? asked : least;
}

/* How long a reply is waited for, in microseconds. */
static int64_t patience_of(const struct query *query)
{
    int64_t attempt = (int64_t)attempt_ms_of(query) * 1000;

    if (query->asked.transport == PROBE_TCP) {
        return attempt * attempts_of(query);
    }
    return query->engine->options.slow ? attempt * 2 : attempt;
}

static void set_timer(struct query *query, int64_t at)
{
    timer_heap_set(&query->engine->timers, &query->timer, at);
}

static void close_socket(struct query *query, bool reset)
{
    if (query->socket != NULL) {
        reactor_socket_close(query->socket, reset);
        query->socket = NULL;
    }
}

/* The queue of those that wait for TLS. */

static void enter_tls_queue(struct query *query)
{
    struct engine *engine = query->engine;

    timer_heap_remove(&engine->timers, &query->timer);
    query->step = QUERY_WAITS_FOR_TLS;
    query->before_for_tls = engine->last_for_tls;
    if (engine->last_for_tls != NULL) {
        engine->last_for_tls->next_for_tls = query;
    } else {
        engine->first_for_tls = query;
    }
    engine->last_for_tls = query;
}

static void leave_tls_queue(struct query *query)
{
    struct engine *engine = query->engine;

    if (query->step != QUERY_WAITS_FOR_TLS) {
        return;
    }
    query->step = QUERY_CONNECTS;
    if (query->before_for_tls != NULL) {
        query->before_for_tls->next_for_tls = query->next_for_tls;
    } else {
        engine->first_for_tls = query->next_for_tls;
    }
    if (query->next_for_tls != NULL) {
        query->next_for_tls->before_for_tls = query->before_for_tls;
    } else {
        engine->last_for_tls = query->before_for_tls;
    }
    query->next_for_tls = NULL;
    query->before_for_tls = NULL;
}

void query_free(struct query *query)
{
    leave_tls_queue(query);
    query->engine->tls_talks -= query->counts_as_tls ? 1 : 0;
    timer_heap_remove(&query->engine->timers, &query->timer);
    exchange_close(query->exchange);
    close_socket(query, true);
    outcome_clear(&query->outcome);
    free(query->wrong);
    free(query);
}

static void set_detail(struct query *query, const char *text)
{
    if (query->outcome.detail == NULL && text != NULL && text[0] != '\0') {
        query->outcome.detail = text_copy(text); /* without memory a detail is missing */
    }
}

/* In the system's words. */
static void set_detail_of_error(struct query *query, const struct probe_error *error)
{
    struct failure why;

    if (error->code != 0 && error->cause == PROBE_LOCAL_ERROR) {
        (void)failure_from_system(&why, error->code, "cannot ask");
        set_detail(query, why.text);
    }
}

/* Takes what was answered so far, whole or not. */
static void take_answer(struct query *query)
{
    if (query->exchange != NULL) {
        const struct byte_writer *said = &query->exchange->said;

        if (said->size > 0 && query->outcome.said == NULL) {
            query->outcome.said = text_copy_size((const char *)said->bytes, said->size);
        }
        answer_append(&query->outcome.answer, &query->exchange->talk.answer);
        query->outcome.is_partial = query->exchange->talk.is_partial;
        set_detail(query, query->exchange->talk.why);
    }
}

static void finish(struct query *query, bool in_order)
{
    take_answer(query);
    close_socket(query, !in_order);
    query_finished(query);
}

static void finish_reach(struct query *query, const struct probe_error *error)
{
    query->outcome.reach.cause = error->cause;
    query->outcome.reach.error = *error;
    set_detail_of_error(query, error);
    finish(query, false);
}

static void finish_ask(struct query *query, enum probe_cause cause)
{
    query->outcome.ask.cause = cause;
    finish(query, false);
}

static void finish_partial(struct query *query)
{
    query->exchange->talk.is_partial = true;
    set_detail(query, query->exchange->talk.why);
    set_detail(query, "the rest of the answer did not come");
    finish_ask(query, PROBE_ANSWERED);
}

/* A reply has begun; in TLS that is up, one of the protocol inside. */
static bool has_heard(const struct query *query)
{
    const struct exchange *exchange = query->exchange;
    bool is_shaking = exchange != NULL && exchange->tls != NULL && !exchange->tls_is_up;

    if (exchange == NULL) {
        return false;
    }
    return query->asked.transport == PROBE_UDP
               ? exchange->has_reply
               : exchange->has_talked || (is_shaking && exchange->received > 0);
}

static const char *how_it_broke_off(const struct query *query, enum probe_cause cause)
{
    if (cause == PROBE_SILENT) {
        return "nothing more came in time";
    }
    if (query->asked.transport == PROBE_UDP) {
        return cause == PROBE_ICMP ? "an ICMP message refused the rest"
                                   : "the host became unreachable";
    }
    return query->outcome.ask.error.cause == PROBE_CAUSE_NONE ? "the server closed"
                                                              : "the connection broke";
}

static void say_broken_off(struct query *query, enum probe_cause cause)
{
    size_t received = query->exchange->received;
    char words[100];

    (void)snprintf(words, sizeof(words), "broken off after %zu %s: %s", received,
                   received == 1 ? "byte" : "bytes", how_it_broke_off(query, cause));
    set_detail(query, query->exchange->talk.why);
    set_detail(query, words);
}

/* Some servers ask for a certificate of the client's only then; what TLS told is an answer. */
static void finish_after_tls(struct query *query, enum probe_cause cause)
{
    struct exchange *exchange = query->exchange;
    const char *why = exchange->talk.why;
    char words[sizeof(exchange->talk.why) + 30];

    (void)snprintf(words, sizeof(words), "TLS came up; then: %s",
                   why[0] == '\0' ? how_it_broke_off(query, cause) : why);
    set_detail(query, words);
    exchange->talk.is_partial = true;
    finish_ask(query, PROBE_ANSWERED);
}

/* All that came in a datagram is not of the protocol, and nothing better did. */
static bool was_only_wrong(const struct query *query)
{
    return query->wrong != NULL && (query->exchange == NULL || !query->exchange->has_reply);
}

static void finish_wrong(struct query *query)
{
    set_detail(query, query->wrong);
    finish_ask(query, PROBE_WRONG_PROTOCOL);
}

/* Nothing more comes, by `cause`: which does not matter where something has come. */
static void finish_early(struct query *query, enum probe_cause cause)
{
    if (was_only_wrong(query)) {
        finish_wrong(query);
    } else if (query->exchange != NULL && query->exchange->talk.is_enough) {
        finish_partial(query);
    } else if (has_heard(query) && cause != PROBE_LOCAL_ERROR) {
        say_broken_off(query, cause);
        finish_ask(query, PROBE_INCOMPLETE);
    } else if (query->exchange != NULL && query->exchange->tls_is_up &&
               cause != PROBE_LOCAL_ERROR) {
        finish_after_tls(query, cause);
    } else {
        finish_ask(query, cause);
    }
}

/*
 * The same, before the protocol knows: what it makes of a reply that has begun
 * must not depend on whether the server closes, resets or falls silent.
 */
static void break_off(struct query *query, enum probe_cause cause)
{
    struct exchange *exchange = query->exchange;
    enum exchange_state state = EXCHANGE_SHORT;

    if (has_heard(query) && query->asked.transport == PROBE_TCP &&
        query->step != QUERY_WAITS_FOR_TLS && !exchange->talk.is_enough &&
        cause != PROBE_LOCAL_ERROR) {
        state = exchange_stream(exchange, query->engine->datagram, 0, true);
    }
    if (state == EXCHANGE_ANSWERED) {
        finish_partial(query);
    } else if (state == EXCHANGE_WRONG) {
        say_broken_off(query, cause);
        finish_ask(query, PROBE_WRONG_PROTOCOL);
    } else {
        finish_early(query, cause);
    }
}

/* An error of this machine: the port was not asked. */
static void finish_locally(struct query *query, const char *text)
{
    set_detail(query, text);
    finish_reach(query, &(struct probe_error){.cause = PROBE_LOCAL_ERROR});
}

/* What the protocol may know. False: no random bytes, or no memory; then the query is over. */
static bool open_exchange(struct query *query)
{
    const struct engine_options *options = &query->engine->options;
    const struct engine_query *asked = &query->asked;
    struct tls_library *tls = NULL;
    struct failure why;
    struct protocol_target target = {
        .transport = asked->transport,
        .port = asked->port,
        .source_port = query->outcome.source_port,
        .host = query->target->host,
        .host_is_address = query->target->host_is_address,
        .address = query->outcome.target,
        .community = asked->community != NULL ? asked->community : options->community,
        .dns_name = asked->dns_name != NULL ? asked->dns_name : options->dns_name,
        .secret = asked->secret != NULL ? asked->secret : options->secret,
        .now_us = clock_now_us(),
    };

    target.now = target.now_us / 1000;
    if (exchange_may_need_tls(asked->protocol, asked->transport)) {
        tls = engine_tls(query->engine);
    }
    exchange_close(query->exchange);
    query->exchange = NULL;
    if (random_fill(target.random, sizeof(target.random), &why) &&
        exchange_open(&query->exchange, asked->protocol, &target, tls, &why)) {
        query->exchange->keeps_said = asked->keeps_said;
        return true;
    }
    set_detail(query, why.text);
    return false;
}

/* Sends what waits. False: that has failed, with *error. */
static bool send_waiting(struct query *query, struct probe_error *error)
{
    struct exchange *exchange = query->exchange;
    bool is_tcp = query->asked.transport == PROBE_TCP;

    while (exchange->sent < exchange->out.size) {
        int64_t now = clock_steady_us(); /* the reply may be there before the call is back */
        size_t sent;

        if (!reactor_send(query->socket, exchange->out.bytes + exchange->sent,
                          exchange->out.size - exchange->sent, &sent, error)) {
            return false;
        }
        if (sent == 0) {
            return true; /* WRITABLE comes */
        }
        exchange->sent += is_tcp ? sent : exchange->out.size - exchange->sent;
        query->said_at = now;
    }
    exchange->sent = 0;
    byte_writer_reset(&exchange->out);
    return true;
}

static void end_talk(struct query *query, enum exchange_state state);
static void begin_tls_inside(struct query *query);

/* An error in the middle of a talk. */
static void fail_talk(struct query *query, const struct probe_error *error)
{
    bool is_tcp = query->asked.transport == PROBE_TCP;

    if (!is_tcp && query->outcome.reach.cause != PROBE_ANSWERED) {
        finish_reach(query, error);
        return;
    }
    query->outcome.ask.error = *error;
    set_detail_of_error(query, error);
    break_off(query, error->cause == PROBE_RESET ? PROBE_RESET_AFTER_CONNECT : error->cause);
}

/* Sends what there is to send, and waits on; or ends it. */
static void go_on(struct query *query, enum exchange_state state)
{
    struct probe_error error;
    int64_t now = clock_steady_us();
    int64_t end = query->talk_began + patience_of(query) * WHOLE_REPLY_FACTOR +
                  (query->engine->away - query->away_before);
    int64_t next = now + patience_of(query);

    if (state == EXCHANGE_TLS) {
        begin_tls_inside(query);
    } else if (state != EXCHANGE_GOES_ON) {
        end_talk(query, state);
    } else if (!send_waiting(query, &error)) {
        fail_talk(query, &error);
    } else {
        set_timer(query, next < end ? next : end);
    }
}

bool query_owes_farewell(const struct query *query)
{
    const struct protocol *protocol = query->asks ? query->asked.protocol : NULL;

    return query->step == QUERY_TALKS && protocol != NULL && protocol->farewell != NULL &&
           protocol->side_effect != NULL;
}

/* That a port is open stays true, whatever else it would have said. */
static bool take_what_is_known(struct query *query)
{
    struct outcome *outcome = &query->outcome;
    const struct exchange *exchange = query->exchange;

    if (outcome->reach.cause != PROBE_ACCEPTED && outcome->reach.cause != PROBE_ANSWERED) {
        return false;
    }
    set_detail(query, exchange != NULL && exchange->talk.answer.count > 0
                          ? "stopped before the rest of the answer came"
                          : "stopped before it answered");
    take_answer(query);
    outcome->is_partial = outcome->answer.count > 0;
    outcome->ask.cause = PROBE_STOPPED;
    return true;
}

bool query_break_off(struct query *query)
{
    struct probe_error error;

    if (query->step == QUERY_TALKS && query->exchange != NULL && query->socket != NULL &&
        query->exchange->protocol->farewell != NULL) {
        exchange_farewell(query->exchange);
        close_socket(query, !send_waiting(query, &error));
    }
    return take_what_is_known(query);
}

static void end_answered(struct query *query)
{
    struct probe_error error;

    exchange_farewell(query->exchange);
    (void)!send_waiting(query, &error); /* who has answered is not asked to listen */
    query->outcome.ask.cause = PROBE_ANSWERED;
    finish(query, true);
}

/* This machine lacks what the talk takes. A datagram that was never sent has reached nobody. */
static void end_locally(struct query *query)
{
    bool is_tcp = query->asked.transport == PROBE_TCP;

    if (!is_tcp && query->outcome.reach.cause == PROBE_CAUSE_NONE) {
        finish_reach(query, &(struct probe_error){.cause = PROBE_LOCAL_ERROR});
    } else {
        finish_ask(query, PROBE_LOCAL_ERROR);
    }
}

static void end_talk(struct query *query, enum exchange_state state)
{
    switch (state) {
    case EXCHANGE_ANSWERED:
        end_answered(query);
        break;
    case EXCHANGE_WRONG:
        finish_ask(query, PROBE_WRONG_PROTOCOL);
        break;
    case EXCHANGE_SHORT:
        finish_early(query, PROBE_RESET_AFTER_CONNECT);
        break;
    default:
        end_locally(query);
        break;
    }
}

static void note_beginning(struct query *query)
{
    query->talk_began = clock_steady_us();
    query->away_before = query->engine->away;
}

/* The protocol's request: on a connection, or as a datagram. */
static void begin_talk(struct query *query)
{
    query->step = QUERY_TALKS;
    query->outcome.ask.attempts++;
    query->outcome.source_port = reactor_socket_port(query->socket);
    note_beginning(query);
    query->tls_began = query->talk_began;
    query->said_at = query->talk_began;
    if (!open_exchange(query)) {
        if (query->asked.transport == PROBE_TCP) {
            finish_ask(query, PROBE_LOCAL_ERROR);
        } else {
            finish_locally(query, "cannot ask");
        }
        return;
    }
    go_on(query, exchange_begin(query->exchange));
}

static void send_knock(struct query *query)
{
    struct probe_error error;
    size_t sent;

    query->said_at = clock_steady_us();
    if (!reactor_send(query->socket, knock, sizeof(knock) - 1, &sent, &error)) {
        finish_reach(query, &error);
        return;
    }
    set_timer(query, query->said_at + patience_of(query));
}

static void knock_at(struct query *query)
{
    query->step = QUERY_KNOCKS;
    query->outcome.reach.attempts++;
    send_knock(query);
}

static bool knocks_first(const struct query *query)
{
    return !query->asks || query->engine->options.unformatted_first;
}

/* One more datagram of the attempt's kind. */
static void send_datagram(struct query *query)
{
    query->attempt_began = clock_steady_us();
    if (knocks_first(query)) {
        knock_at(query);
    } else {
        query->outcome.reach.attempts++;
        begin_talk(query);
    }
}

static void begin_attempt(struct query *query);

/* Nobody of this run has a socket that could become free. */
static bool is_hopeless(const struct query *query, int64_t now)
{
    const struct engine *engine = query->engine;

    return now - query->waits_since > ROOM_PATIENCE_US &&
           engine->waiting + 1 >= engine->sum.in_flight;
}

/* A socket was not to be had. */
static void wait_for_room(struct query *query, const struct probe_error *error)
{
    int64_t now = clock_steady_us();

    query->waits_since = query->waits_since == 0 ? now : query->waits_since;
    if (is_hopeless(query, now)) {
        finish_reach(query, error);
        return;
    }
    query->step = QUERY_WAITS_FOR_ROOM;
    query->engine->waiting++;
    set_timer(query, now + ROOM_WAIT_US);
    engine_lacks_room(query->engine, error);
}

/* Another try, or the end. */
static void leave_room_queue(struct query *query)
{
    if (query->step == QUERY_WAITS_FOR_ROOM) {
        query->engine->waiting--;
        query->step = QUERY_CONNECTS;
    }
}

static struct reactor_socket_options socket_options(const struct query *query)
{
    const struct engine_options *options = &query->engine->options;
    const struct protocol *protocol = query->asks ? query->asked.protocol : NULL;
    bool is_udp = query->asked.transport == PROBE_UDP;
    struct reactor_socket_options wanted = {
        .transport = query->asked.transport,
        .target = query->outcome.target,
        .source = options->source,
        .from_any_port = is_udp && protocol != NULL && protocol->other_port_replies,
        .attempt_ms = attempt_ms_of(query),
        .user = (void *)query,
    };

    if (is_udp && protocol != NULL && wanted.source.port == 0 && !query->any_source_port) {
        wanted.source.port = protocol->source_port;
    }
    return wanted;
}

/* No socket: because of the network, of this machine for now, or for good. */
static void fail_to_open(struct query *query, const struct probe_error *error)
{
    bool has_own_port = query->engine->options.source.port == 0 && query->asks &&
                        query->asked.protocol->source_port != 0 && !query->any_source_port;

    if (error->cause == PROBE_LOCAL_ERROR && has_own_port) {
        query->any_source_port = true; /* a protocol's own source port is a wish */
        begin_attempt(query);
    } else if (reactor_error_passes(error)) {
        wait_for_room(query, error);
    } else {
        if (query->asked.transport == PROBE_TCP) {
            query->outcome.reach.attempts++;
        }
        query->outcome.timings.connect = clock_steady_us() - query->attempt_began;
        finish_reach(query, error);
    }
}

static void begin_attempt(struct query *query)
{
    struct reactor_socket_options options = socket_options(query);
    struct probe_error error;

    query->attempt_began = clock_steady_us();
    if (!reactor_socket_open(&query->socket, query->engine->reactor, &options, &error)) {
        fail_to_open(query, &error);
        return;
    }
    query->waits_since = 0;
    if (query->asked.transport == PROBE_UDP) {
        send_datagram(query);
        return;
    }
    query->step = QUERY_CONNECTS;
    query->outcome.reach.attempts++;
    set_timer(query, query->attempt_began + (int64_t)attempt_ms_of(query) * 1000);
}

void query_start(struct query *query)
{
    const struct protocol *protocol = query->asked.protocol;

    query->began = clock_steady_us();
    query->asks = protocol != NULL && !query->engine->options.no_ask;
    if (query->target->state == TARGET_UNKNOWN) {
        set_detail(query, query->target->why);
        query->outcome.name_is_unsure = query->target->name_is_unsure;
        finish_reach(query, &(struct probe_error){.cause = PROBE_NAME_NOT_RESOLVED});
        return;
    }
    query->outcome.target = query->target->address;
    query->outcome.target.port = query->asked.port;
    query->outcome.protocol = query->asks ? protocol->name : NULL;
    begin_attempt(query);
}

/*
 * A session of TLS takes much memory, a connection that waits for one little.
 * False: there are as many as may be, and the query waits for one to end.
 */
static bool take_tls_room(struct query *query)
{
    struct engine *engine = query->engine;

    if (query->counts_as_tls) {
        return true;
    }
    if (engine->tls_talks >= ENGINE_TLS_MOST) {
        enter_tls_queue(query);
        return false;
    }
    query->counts_as_tls = true;
    engine->tls_talks++;
    return true;
}

/* After words in plain. A talk that had to wait has its time from here on. */
static void begin_tls_inside(struct query *query)
{
    bool has_waited = query->step == QUERY_WAITS_FOR_TLS;

    leave_tls_queue(query);
    if (!take_tls_room(query)) {
        return;
    }
    query->step = QUERY_TALKS;
    if (has_waited) {
        note_beginning(query);
    }
    query->tls_began = clock_steady_us();
    go_on(query, exchange_start_tls(query->exchange));
}

/* At once, or after words in plain. */
static void begin_tls_talk(struct query *query)
{
    if (query->exchange != NULL) {
        begin_tls_inside(query);
        return;
    }
    leave_tls_queue(query);
    if (take_tls_room(query)) {
        begin_talk(query);
    }
}

static void begin_stream_talk(struct query *query)
{
    if (query->asked.protocol->security == PROTOCOL_IN_TLS) {
        begin_tls_talk(query);
    } else {
        begin_talk(query);
    }
}

static void on_connected(struct query *query)
{
    query->outcome.timings.connect = clock_steady_us() - query->attempt_began;
    query->outcome.reach.cause = PROBE_ACCEPTED;
    query->outcome.reach.error = (struct probe_error){0};
    if (query->asks) {
        begin_stream_talk(query);
    } else {
        finish(query, false);
    }
}

void query_start_tls_talks(struct engine *engine)
{
    while (engine->first_for_tls != NULL && engine->tls_talks < ENGINE_TLS_MOST) {
        begin_tls_talk(engine->first_for_tls);
    }
}

/* Whoever asked for shorter attempts is told. */
static void say_least_attempt(struct query *query)
{
    char words[100];

    if (attempt_ms_of(query) > asked_ms_of(query)) {
        (void)snprintf(words, sizeof(words), "an attempt takes at least %d ms on this system",
                       attempt_ms_of(query));
        set_detail(query, words);
    }
}

/* The attempt has failed; another one may follow. */
static void fail_attempt(struct query *query, const struct probe_error *error)
{
    close_socket(query, true);
    query->outcome.reach.error = *error;
    if (error->cause == PROBE_TIMEOUT && query->outcome.reach.attempts < attempts_of(query)) {
        begin_attempt(query);
        return;
    }
    if (error->cause == PROBE_TIMEOUT) {
        say_least_attempt(query);
    } else {
        query->outcome.timings.connect = clock_steady_us() - query->attempt_began;
    }
    finish_reach(query, error);
}

/* TLS has come up: how long that took, and the reply begins anew. */
static void note_tls(struct query *query, bool was_up)
{
    int64_t now = clock_steady_us();

    if (!was_up && query->exchange->tls_is_up) {
        query->outcome.timings.tls = now - query->tls_began;
        query->said_at = now;
    }
}

static enum exchange_state feed_stream(struct query *query, const uint8_t *bytes, size_t size,
                                       bool ended)
{
    struct exchange *exchange = query->exchange;
    bool was_up = exchange->tls_is_up;
    bool had_talked = exchange->has_talked;
    int64_t elapsed = clock_steady_us() - query->said_at;
    enum exchange_state state;

    exchange->talk.elapsed_us = elapsed;
    state = exchange_stream(exchange, bytes, size, ended);
    if (!had_talked && exchange->has_talked) {
        query->outcome.timings.reply = elapsed;
    }
    note_tls(query, was_up);
    return state;
}

static void read_stream(struct query *query)
{
    uint8_t *chunk = query->engine->datagram;
    struct probe_error error;

    for (int i = 0; i < READS_AT_ONCE; i++) {
        size_t size = 0;
        enum exchange_state state;
        bool more;

        switch (reactor_receive(query->socket, chunk, STREAM_CHUNK, &size, NULL, &error)) {
        case REACTOR_BYTES:
            state = feed_stream(query, chunk, size, false);
            break;
        case REACTOR_END:
            state = feed_stream(query, chunk, 0, true);
            break;
        case REACTOR_ERROR:
            fail_talk(query, &error);
            return;
        default:
            return;
        }
        more = state == EXCHANGE_GOES_ON && query->exchange->out.size == 0;
        go_on(query, state);
        if (!more) {
            return;
        }
    }
}

/* A datagram that belongs to nobody's protocol is an answer all the same. */
static void on_knock_answered(struct query *query)
{
    query->outcome.reach.cause = PROBE_ANSWERED;
    query->outcome.timings.reply = clock_steady_us() - query->said_at;
    if (query->asks) {
        begin_talk(query);
    } else {
        finish(query, false);
    }
}

/* No reply, but perhaps the word of another server, who is there then. */
static void take_no_reply(struct query *query, int64_t elapsed)
{
    if (!query->exchange->has_wrong) {
        query->no_replies++; /* somebody else's */
    } else if (query->wrong == NULL) {
        query->wrong = text_copy(query->exchange->wrong);
        query->outcome.reach.cause = PROBE_ANSWERED;
        query->outcome.timings.reply = elapsed;
    }
}

/* True: wait for more of them. */
static bool take_datagram(struct query *query, size_t size)
{
    struct exchange *exchange = query->exchange;
    bool had_reply;
    int64_t elapsed = clock_steady_us() - query->said_at;
    enum exchange_state state;

    if (query->step == QUERY_KNOCKS) {
        on_knock_answered(query);
        return false;
    }
    had_reply = exchange->has_reply;
    exchange->talk.elapsed_us = elapsed;
    state = exchange_datagram(exchange, query->engine->datagram, size);
    if (!exchange->has_reply) {
        take_no_reply(query, elapsed);
        return true; /* the timer stays as it is */
    }
    if (!had_reply) {
        query->outcome.reach.cause = PROBE_ANSWERED;
        query->outcome.timings.reply = elapsed;
    }
    if (state == EXCHANGE_GOES_ON && exchange->out.size == 0 && had_reply) {
        return true; /* one more of many: that alone must not go on for ever */
    }
    go_on(query, state);
    return false;
}

static void read_datagrams(struct query *query)
{
    for (int i = 0; i < READS_AT_ONCE; i++) {
        struct probe_error error;
        size_t size = 0;
        enum reactor_received received = reactor_receive(query->socket, query->engine->datagram,
                                                         LARGEST_DATAGRAM, &size, NULL, &error);

        size = size > LARGEST_DATAGRAM ? LARGEST_DATAGRAM : size;
        if (received == REACTOR_ERROR) {
            fail_talk(query, &error);
            return;
        }
        if (received != REACTOR_BYTES || !take_datagram(query, size)) {
            return;
        }
    }
}

/*
 * TLS begins with the client (RFC 8446 section 2): who says something before is
 * no server of it. What was an answer before that stays one.
 */
static void finish_out_of_turn(struct query *query)
{
    set_detail(query, "it spoke before TLS began, which is the client's turn");
    if (query->exchange != NULL && query->exchange->talk.is_enough) {
        finish_partial(query);
    } else {
        finish_ask(query, PROBE_WRONG_PROTOCOL);
    }
}

/* Of one that waits for TLS. */
static void hear_before_tls(struct query *query)
{
    struct probe_error error;
    size_t size;

    switch (reactor_receive(query->socket, query->engine->datagram, STREAM_CHUNK, &size, NULL,
                            &error)) {
    case REACTOR_BYTES:
        finish_out_of_turn(query);
        break;
    case REACTOR_END:
        break_off(query, PROBE_RESET_AFTER_CONNECT);
        break;
    case REACTOR_ERROR:
        fail_talk(query, &error);
        break;
    default:
        break;
    }
}

static void on_readable(struct query *query)
{
    if (query->asked.transport == PROBE_UDP) {
        read_datagrams(query);
    } else if (query->step == QUERY_TALKS) {
        read_stream(query);
    } else if (query->step == QUERY_WAITS_FOR_TLS) {
        hear_before_tls(query);
    }
}

static void on_failed(struct query *query, const struct probe_error *error)
{
    if (query->step == QUERY_CONNECTS) {
        fail_attempt(query, error);
    } else {
        fail_talk(query, error);
    }
}

/* There is room for what did not go out before. */
static void on_writable(struct query *query)
{
    if (query->step == QUERY_TALKS) {
        go_on(query, EXCHANGE_GOES_ON);
    } else if (query->step == QUERY_KNOCKS) {
        send_knock(query);
    }
}

void query_on_event(struct query *query, const struct reactor_event *event)
{
    switch (event->happening) {
    case REACTOR_CONNECTED:
        on_connected(query);
        break;
    case REACTOR_READABLE:
        on_readable(query);
        break;
    case REACTOR_WRITABLE:
        on_writable(query);
        break;
    default:
        on_failed(query, &event->error);
        break;
    }
}

static void ask_again(struct query *query)
{
    if (!knocks_first(query)) {
        query->outcome.reach.attempts++;
    }
    if (query->exchange != NULL && exchange_repeat(query->exchange)) {
        query->outcome.ask.attempts++;
        note_beginning(query);
        query->said_at = query->talk_began;
        go_on(query, EXCHANGE_GOES_ON);
    } else {
        begin_talk(query);
    }
}

/* Anybody can forge such datagrams: they are no word of the server, but worth telling. */
static void say_no_replies(struct query *query)
{
    char words[100];

    if (query->no_replies > 0) {
        (void)snprintf(words, sizeof(words),
                       query->no_replies == 1 ? "%u datagram came, which is no reply"
                                              : "%u datagrams came, none of them a reply",
                       query->no_replies);
        set_detail(query, words);
    }
}

/* No datagram has been answered, nor will be. */
static void finish_silent(struct query *query)
{
    bool was_reached = query->outcome.reach.cause == PROBE_ANSWERED;

    if (was_only_wrong(query)) {
        finish_wrong(query);
        return;
    }
    if (query->step == QUERY_TALKS) {
        query->outcome.ask.cause = was_reached ? PROBE_SILENT : PROBE_TIMEOUT;
        say_no_replies(query);
        set_detail(query, was_reached ? NULL : query->asked.protocol->silence);
    }
    query->outcome.reach.cause = was_reached ? PROBE_ANSWERED : PROBE_TIMEOUT;
    finish(query, false);
}

/* Nothing came for a datagram. */
static void on_silence(struct query *query)
{
    int attempts =
        query->step == QUERY_KNOCKS ? query->outcome.reach.attempts : query->outcome.ask.attempts;

    if (query->exchange != NULL && query->exchange->has_reply) {
        finish_early(query, PROBE_SILENT); /* a part of the reply has come */
    } else if (attempts < attempts_of(query)) {
        if (query->step == QUERY_TALKS) {
            ask_again(query);
        } else {
            knock_at(query);
        }
    } else if (query->step == QUERY_KNOCKS && query->asks) {
        query->outcome.reach.cause = PROBE_TIMEOUT;
        begin_talk(query);
    } else {
        finish_silent(query);
    }
}

void query_on_timer(struct query *query)
{
    static const struct probe_error timeout = {.cause = PROBE_TIMEOUT};

    if (query->step == QUERY_WAITS_FOR_ROOM) {
        leave_room_queue(query);
        begin_attempt(query);
    } else if (query->step == QUERY_CONNECTS) {
        fail_attempt(query, &timeout);
    } else if (query->asked.transport == PROBE_UDP) {
        on_silence(query);
    } else {
        break_off(query, PROBE_SILENT);
    }
}
