/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One exchange with one server: a protocol's talk, with TLS around it where
 * there is any. Bytes in, bytes out: no socket, no clock.
 *
 * What must go onto the wire is gathered in `out`; whoever sends it counts in
 * `sent`.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "probes/protocol.h"
#include "probes/tls.h"

enum { EXCHANGE_SAID_MOST = 4096 };

enum exchange_state {
    EXCHANGE_GOES_ON,
    EXCHANGE_TLS, /* TLS is to begin now: exchange_start_tls(), when there is room for it */
    EXCHANGE_ANSWERED,
    EXCHANGE_WRONG, /* talk.why says what it was */
    EXCHANGE_SHORT, /* the server ended before the reply was whole */
    EXCHANGE_LOCAL, /* this machine could not go on: talk.why */
};

struct exchange {
    const struct protocol *protocol;
    struct protocol_target target;
    struct talk talk;
    struct byte_writer out;     /* for the wire */
    size_t sent;                /* of it */
    struct byte_writer request; /* of UDP: the first one, to be sent again */
    struct byte_writer in;      /* of the stream: what came, out of TLS, and was not used yet */
    struct byte_writer said;    /* the beginning of what came in no TLS, where keeps_said */
    bool keeps_said;            /* set by the caller */
    size_t received;            /* bytes of the wire */
    bool has_reply;             /* something came that belongs to it */
    bool has_wrong;             /* UDP: a datagram that is not of the protocol did, and no reply */
    char wrong[200];            /* what it was */
    struct byte_writer state;   /* UDP: the talk's, as it was before the newest datagram */
    bool has_talked;            /* TCP: something came that the protocol was given */
    bool tls_is_up;
    bool told_tls;
    bool tls_has_ended;          /* in order: as if the connection had */
    struct tls_library *library; /* NULL: there is none here */
    struct tls_session *tls;     /* NULL: not in TLS */
};

/*
 * `target` is copied; the texts it points to, and `library`, outlive the
 * exchange. The caller closes it, and may take talk.answer out before.
 */
bool exchange_open(struct exchange **out, const struct protocol *protocol,
                   const struct protocol_target *target, struct tls_library *library,
                   struct failure *why) NODISCARD;
void exchange_close(struct exchange *exchange); /* does nothing for NULL */

/* Whether it needs a TLS library, now or later. */
bool exchange_may_need_tls(const struct protocol *protocol, uint8_t transport);

/* The request, or the beginning of TLS. */
enum exchange_state exchange_begin(struct exchange *exchange);

/* UDP: the same request once more, as long as nothing came. False: a new exchange has to begin. */
bool exchange_repeat(struct exchange *exchange);

/* After EXCHANGE_TLS, and before anything else: what waits to be sent begins it then. */
enum exchange_state exchange_start_tls(struct exchange *exchange);

/* TCP: what came; `ended`: and nothing more will. */
enum exchange_state exchange_stream(struct exchange *exchange, const uint8_t *bytes, size_t size,
                                    bool ended);

/*
 * UDP; has_reply tells whether the datagram belonged to it. One that is not of
 * the protocol, before any reply, is as if it had not come, but for has_wrong:
 * anybody can send such, and the true reply may be behind it.
 */
enum exchange_state exchange_datagram(struct exchange *exchange, const uint8_t *bytes, size_t size);

/* What to send at the end, into `out`; also in the middle, of a talk that nobody waits for any
 * more.
 */
void exchange_farewell(struct exchange *exchange);
