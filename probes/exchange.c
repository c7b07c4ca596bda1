/* SPDX-License-Identifier: MIT */

#include "probes/exchange.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    LARGEST_REPLY = 64 * 1024,
    LARGEST_TLS = 256 * 1024, /* beyond the reply: certificates and the like */
};

bool exchange_may_need_tls(const struct protocol *protocol, uint8_t transport)
{
    return transport == PROBE_TCP &&
           (protocol->security == PROTOCOL_IN_TLS || protocol->began_tls != NULL);
}

bool exchange_open(struct exchange **out, const struct protocol *protocol,
                   const struct protocol_target *target, struct tls_library *library,
                   struct failure *why)
{
    struct exchange *exchange = calloc(1, sizeof(*exchange));

    *out = NULL;
    if (exchange == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to ask");
    }
    exchange->protocol = protocol;
    exchange->target = *target;
    exchange->library = library;
    exchange->talk.target = &exchange->target;
    if (protocol->state_size > 0) {
        exchange->talk.state = calloc(1, protocol->state_size);
        if (exchange->talk.state == NULL) {
            free(exchange);
            return FAIL(why, FAILURE_MEMORY, 0, "no memory to ask");
        }
    }
    *out = exchange;
    return true;
}

void exchange_close(struct exchange *exchange)
{
    if (exchange == NULL) {
        return;
    }
    if (exchange->protocol->clear != NULL) {
        exchange->protocol->clear(&exchange->talk);
    }
    tls_close(exchange->tls);
    byte_writer_clear(&exchange->talk.out);
    byte_writer_clear(&exchange->out);
    byte_writer_clear(&exchange->request);
    byte_writer_clear(&exchange->in);
    byte_writer_clear(&exchange->said);
    byte_writer_clear(&exchange->state);
    answer_clear(&exchange->talk.answer);
    free(exchange->talk.state);
    free(exchange);
}

static enum exchange_state local(struct exchange *exchange, const char *text)
{
    talk_say(&exchange->talk, "%s", text);
    return EXCHANGE_LOCAL;
}

/* Moves what the protocol wrote to the wire, through TLS where it is up. */
static bool pass_on(struct exchange *exchange)
{
    struct byte_writer *said = &exchange->talk.out;
    bool done = !said->lacks_memory;

    if (done && said->size > 0 && exchange->tls_is_up) {
        done = tls_say(exchange->tls, said->bytes, said->size, &exchange->out);
    } else if (done) {
        byte_writer_add(&exchange->out, said->bytes, said->size);
    }
    byte_writer_reset(said);
    return done && !exchange->out.lacks_memory;
}

/* Once: what TLS itself has to tell. */
static void tell_tls(struct exchange *exchange)
{
    if (!exchange->told_tls) {
        exchange->told_tls = true;
        tls_tell(exchange->tls, &exchange->talk.answer);
    }
}

static enum exchange_state after_speech(struct exchange *exchange)
{
    if (exchange->talk.cannot_ask) {
        return EXCHANGE_LOCAL;
    }
    if (!pass_on(exchange)) {
        return local(exchange, "no memory for the request");
    }
    return exchange->talk.is_done ? EXCHANGE_ANSWERED : EXCHANGE_GOES_ON;
}

static enum exchange_state begin_tls(struct exchange *exchange)
{
    struct failure why;

    if (exchange->library == NULL) {
        return local(exchange, "TLS is not to be had here");
    }
    if (exchange->tls != NULL) {
        return local(exchange, "TLS within TLS");
    }
    if (!tls_open(&exchange->tls, exchange->library, exchange->target.host, exchange->target.now,
                  &why)) {
        return local(exchange, why.text);
    }
    /* What was said before TLS is no part of what is said inside of it (RFC 3207 section 4.2). The
     * client speaks first there: words behind those that let it do so need not be the server's. */
    if (exchange->in.size > 0) {
        tls_tell_plain(&exchange->talk.answer, exchange->in.size);
    }
    byte_writer_reset(&exchange->in);
    return EXCHANGE_GOES_ON;
}

/* The protocol's turn, now that TLS is up. */
static enum exchange_state speak_in_tls(struct exchange *exchange)
{
    const struct protocol *protocol = exchange->protocol;

    exchange->tls_is_up = true;
    exchange->talk.in_tls = true;
    tell_tls(exchange);
    if (protocol->security == PROTOCOL_IN_TLS) {
        protocol->begin(&exchange->talk);
    } else if (protocol->began_tls != NULL) {
        protocol->began_tls(&exchange->talk);
    }
    return after_speech(exchange);
}

static enum exchange_state feed_tls(struct exchange *exchange, const uint8_t *bytes, size_t size)
{
    enum tls_state state = tls_feed(exchange->tls, bytes, size, &exchange->out, &exchange->in);

    switch (state) {
    case TLS_SHAKING:
        return EXCHANGE_GOES_ON;
    case TLS_UP:
    case TLS_ENDED:
        if (!exchange->tls_is_up && state == TLS_UP) {
            return speak_in_tls(exchange);
        }
        exchange->tls_has_ended = state == TLS_ENDED;
        return exchange->tls_is_up ? EXCHANGE_GOES_ON : EXCHANGE_SHORT;
    case TLS_ALERT: /* it speaks TLS: that much is an answer, unless it came in the middle */
        tell_tls(exchange);
        talk_say(&exchange->talk, "%s", tls_why(exchange->tls));
        exchange->talk.is_partial = true;
        return exchange->tls_is_up ? EXCHANGE_SHORT : EXCHANGE_ANSWERED;
    default: /* what was said in plain stays an answer, where it was one */
        talk_say(&exchange->talk, "%s", tls_why(exchange->tls));
        exchange->talk.is_partial = exchange->talk.is_enough;
        return exchange->talk.is_enough ? EXCHANGE_ANSWERED : EXCHANGE_WRONG;
    }
}

enum exchange_state exchange_start_tls(struct exchange *exchange)
{
    enum exchange_state state = begin_tls(exchange);

    return state == EXCHANGE_GOES_ON ? feed_tls(exchange, NULL, 0) : state;
}

enum exchange_state exchange_begin(struct exchange *exchange)
{
    if (exchange->target.transport == PROBE_TCP &&
        exchange->protocol->security == PROTOCOL_IN_TLS) {
        return exchange_start_tls(exchange);
    }
    exchange->protocol->begin(&exchange->talk);
    if (exchange->target.transport == PROBE_UDP) {
        byte_writer_add(&exchange->request, exchange->talk.out.bytes, exchange->talk.out.size);
    }
    return after_speech(exchange);
}

bool exchange_repeat(struct exchange *exchange)
{
    if (exchange->protocol->repeats_anew || exchange->has_reply || exchange->request.size == 0 ||
        exchange->request.lacks_memory) {
        return false;
    }
    exchange->sent = 0;
    byte_writer_reset(&exchange->out);
    byte_writer_add(&exchange->out, exchange->request.bytes, exchange->request.size);
    return !exchange->out.lacks_memory;
}

static enum exchange_state judge(struct exchange *exchange, enum protocol_next next, bool ended)
{
    if (!pass_on(exchange)) {
        return local(exchange, "no memory for the request");
    }
    switch (next) {
    case PROTOCOL_ANSWERED:
        return EXCHANGE_ANSWERED;
    case PROTOCOL_WRONG:
        return EXCHANGE_WRONG;
    case PROTOCOL_TLS:
        return ended ? EXCHANGE_SHORT : EXCHANGE_TLS;
    default:
        return ended ? EXCHANGE_SHORT : EXCHANGE_GOES_ON;
    }
}

static void drop_used(struct byte_writer *in, size_t used)
{
    assert(used <= in->size);
    memmove(in->bytes, in->bytes + used, in->size - used);
    in->size -= used;
}

static enum exchange_state talk_on(struct exchange *exchange, bool ended)
{
    static const uint8_t nothing[1] = {0};
    struct byte_writer *in = &exchange->in;
    size_t used = 0;
    enum protocol_next next;

    if (in->lacks_memory) {
        return local(exchange, "no memory for the reply");
    }
    exchange->has_talked = exchange->has_talked || in->size > 0;
    next = exchange->protocol->stream(&exchange->talk, in->bytes == NULL ? nothing : in->bytes,
                                      in->size, ended, &used);
    if (in->size > 0) {
        drop_used(in, used);
    }
    return judge(exchange, next, ended);
}

/* What is read of a reply at most. */
static size_t largest_of(const struct exchange *exchange)
{
    size_t largest =
        exchange->protocol->largest == 0 ? (size_t)LARGEST_REPLY : exchange->protocol->largest;

    return largest + (exchange->tls != NULL ? (size_t)LARGEST_TLS : 0);
}

static bool is_too_much(const struct exchange *exchange)
{
    return exchange->received > largest_of(exchange);
}

/* What came before the limit stays an answer, where it was one. */
static enum exchange_state end_too_much(struct exchange *exchange)
{
    talk_say(&exchange->talk, "more than %zu bytes, and no end", largest_of(exchange));
    exchange->talk.is_partial = exchange->talk.is_enough;
    return exchange->talk.is_enough ? EXCHANGE_ANSWERED : EXCHANGE_WRONG;
}

static void keep_said(struct exchange *exchange, const uint8_t *bytes, size_t size)
{
    size_t room = EXCHANGE_SAID_MOST - exchange->said.size;

    if (exchange->keeps_said) {
        byte_writer_add(&exchange->said, bytes, size < room ? size : room);
    }
}

/* Bytes of the wire, through TLS where it has begun. */
static enum exchange_state take_in(struct exchange *exchange, const uint8_t *bytes, size_t size)
{
    exchange->received += size;
    exchange->has_reply = exchange->has_reply || size > 0;
    exchange->has_talked = exchange->has_talked || (size > 0 && exchange->tls == NULL);
    if (is_too_much(exchange)) {
        return end_too_much(exchange);
    }
    if (exchange->tls != NULL) {
        return feed_tls(exchange, bytes, size);
    }
    keep_said(exchange, bytes, size);
    byte_writer_add(&exchange->in, bytes, size);
    return EXCHANGE_GOES_ON;
}

enum exchange_state exchange_stream(struct exchange *exchange, const uint8_t *bytes, size_t size,
                                    bool ended)
{
    enum exchange_state state = take_in(exchange, bytes, size);
    bool is_shaking = exchange->tls != NULL && !exchange->tls_is_up;

    if (state != EXCHANGE_GOES_ON) {
        return state;
    }
    ended = ended || exchange->tls_has_ended;
    if (is_shaking) {
        return ended ? EXCHANGE_SHORT : EXCHANGE_GOES_ON;
    }
    return exchange->in.size > 0 || ended ? talk_on(exchange, ended) : EXCHANGE_GOES_ON;
}

/* Keeps what one datagram may change. False: it cannot be taken back. */
static bool keep_state(struct exchange *exchange)
{
    if (exchange->has_reply || exchange->protocol->clear != NULL ||
        exchange->talk.answer.values != NULL) {
        return false;
    }
    byte_writer_reset(&exchange->state);
    byte_writer_add(&exchange->state, exchange->talk.state, exchange->protocol->state_size);
    return !exchange->state.lacks_memory;
}

/* As if the datagram had not come, but for what it was; the first of such is told. */
static void forget_wrong(struct exchange *exchange, const struct talk *before)
{
    struct talk *talk = &exchange->talk;

    if (!exchange->has_wrong) {
        exchange->has_wrong = true;
        memcpy(exchange->wrong, talk->why, sizeof(exchange->wrong));
    }
    if (exchange->protocol->state_size > 0) {
        memcpy(talk->state, exchange->state.bytes, exchange->protocol->state_size);
    }
    memcpy(talk->why, before->why, sizeof(talk->why));
    talk->is_partial = before->is_partial;
    talk->is_enough = before->is_enough;
    answer_clear(&talk->answer);
    byte_writer_reset(&talk->out);
}

enum exchange_state exchange_datagram(struct exchange *exchange, const uint8_t *bytes, size_t size)
{
    const struct talk before = exchange->talk;
    bool is_kept = keep_state(exchange);
    enum protocol_next next = exchange->protocol->datagram(&exchange->talk, bytes, size);

    if (next == PROTOCOL_WRONG && is_kept) {
        forget_wrong(exchange, &before);
        return EXCHANGE_GOES_ON;
    }

    if (next == PROTOCOL_IGNORE) {
        byte_writer_reset(&exchange->talk.out);
        return EXCHANGE_GOES_ON;
    }
    exchange->received += size;
    exchange->has_reply = true;
    if (next == PROTOCOL_TLS) {
        return local(exchange, "TLS over datagrams");
    }
    if (next == PROTOCOL_WAIT && is_too_much(exchange)) {
        return end_too_much(exchange);
    }
    return judge(exchange, next, false);
}

void exchange_farewell(struct exchange *exchange)
{
    bool is_shaking =
        exchange->tls != NULL && !exchange->tls_is_up; /* words in a handshake are none */

    if (exchange->protocol->farewell != NULL && !is_shaking) {
        exchange->protocol->farewell(&exchange->talk);
        (void)pass_on(exchange); /* a farewell that is not said harms nobody */
    }
}
