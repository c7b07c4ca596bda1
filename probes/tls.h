/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A TLS client that talks in memory: no socket, no thread, no clock. OpenSSL on
 * Linux, SChannel on Windows (RFC 8446, RFC 5246; SNI: RFC 6066 section 3).
 *
 * It looks at what a server offers and never decides about going on: every
 * certificate is taken, and the verdict about it is a fact of the answer, kept
 * apart from reachability. Nothing is fetched (no AIA, no CRL, no OCSP), and no
 * client certificate is sent.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "probes/answer.h"
#include "probes/byte_writer.h"

/* What sessions share: trusted roots of the system, credentials. Thread-safe once open. */
struct tls_library;

bool tls_library_open(struct tls_library **out, struct failure *why) NODISCARD;
void tls_library_close(struct tls_library *library); /* does nothing for NULL */

struct tls_session;

/*
 * Begins a session. `host`: name that the server is told and the certificate
 * must be for; an address is not told, but compared. `now`: milliseconds since
 * 1970 UTC, for the dates of certificates.
 */
bool tls_open(struct tls_session **out, struct tls_library *library, const char *host, int64_t now,
              struct failure *why) NODISCARD;
void tls_close(struct tls_session *session); /* does nothing for NULL */

enum tls_state {
    TLS_SHAKING, /* hands: send `out`, and feed what comes */
    TLS_UP,      /* application data flows */
    TLS_ENDED,   /* the server ended it in order */
    TLS_ALERT,   /* the server refused by an alert: it speaks TLS all the same */
    TLS_WRONG,   /* what came is not TLS */
};

/*
 * Takes bytes that came (0 of them begin the handshake), appends to *out what
 * must be sent, and to *in what the server said inside. tls_why() has words for
 * ALERT and WRONG.
 */
enum tls_state tls_feed(struct tls_session *session, const uint8_t *bytes, size_t size,
                        struct byte_writer *out, struct byte_writer *in);

/* Encrypts what to say, once it is up. */
bool tls_say(struct tls_session *session, const uint8_t *bytes, size_t size,
             struct byte_writer *out);

const char *tls_why(const struct tls_session *session);

/* Version, cipher, certificates, verdict: by tls_fields. Once, when it is up or was refused. */
void tls_tell(struct tls_session *session, struct answer *answer);

/* That `size` bytes came in plain where TLS should have begun, and were dropped. */
void tls_tell_plain(struct answer *answer, size_t size);

extern const struct answer_field tls_fields[];
extern const size_t tls_field_count;
