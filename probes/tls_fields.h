/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What is told of a TLS session, in one form for every system: a library does
 * the handshake and checks the chain, and hands the certificates over as the
 * server sent them. What stands in them is read here (certificate.h), so that
 * the same server gives the same words on Windows and on Linux.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probes/answer.h"
#include "probes/tls.h"

/* Index into tls_fields. */
enum tls_field {
    TLS_FIELD_VERSION,
    TLS_FIELD_CIPHER,
    TLS_FIELD_VERDICT,
    TLS_FIELD_NAME_MATCHES,
    TLS_FIELD_ALERT,
    TLS_FIELD_PLAIN,
    TLS_FIELD_SUBJECT, /* from here on: of a certificate */
    TLS_FIELD_ISSUER,
    TLS_FIELD_NAME,
    TLS_FIELD_SERIAL,
    TLS_FIELD_NOT_BEFORE,
    TLS_FIELD_NOT_AFTER,
    TLS_FIELD_DAYS_LEFT,
    TLS_FIELD_KEY,
    TLS_FIELD_SIGNATURE,
    TLS_FIELD_SHA256,
    TLS_FIELD_COUNT,
};

/* What is wrong with a chain; none of them: trusted. */
enum tls_fault {
    TLS_SELF_SIGNED = 1 << 0,    /* the leaf is its own issuer, and no root of this system */
    TLS_UNKNOWN_ISSUER = 1 << 1, /* the chain leads to no root of this system, or has a gap */
    TLS_EXPIRED = 1 << 2,        /* one certificate of it */
    TLS_NOT_YET_VALID = 1 << 3,
    TLS_WRONG_NAME = 1 << 4,      /* the leaf is for other hosts */
    TLS_WRONG_USE = 1 << 5,       /* the leaf is for no server, or an issuer is none */
    TLS_WEAK = 1 << 6,            /* key or signature are too weak for this system */
    TLS_BROKEN = 1 << 7,          /* a signature does not fit, or a certificate cannot be read */
    TLS_DISTRUSTED = 1 << 8,      /* this system lists it as one not to be trusted */
    TLS_NOT_CHECKED = 1 << 9,     /* the system could not check the chain */
    TLS_NO_CERTIFICATE = 1 << 10, /* the server showed none */
};

/* A certificate as it was sent: DER (X.690), RFC 5280. */
struct tls_certificate {
    const uint8_t *bytes; /* lent */
    size_t size;
};

/* "TLS 1.2" for the number of a version on the wire (0x0303); "version 0x0305" for others. */
void tls_tell_version(struct answer *answer, uint16_t version);

/* The name that the registry of IANA has for it: TLS_AES_128_GCM_SHA256. */
void tls_tell_cipher(struct answer *answer, const char *name);

/* "handshake failure": RFC 8446 section 6. */
void tls_tell_alert(struct answer *answer, uint8_t description);

/*
 * Verdict, whether the name matches, and an item "certificate" for each of the
 * `count` certificates, the leaf first. `faults` (enum tls_fault): what the
 * system has found in the chain that it built. WRONG_NAME, and EXPIRED and
 * NOT_YET_VALID of the leaf, need not be in it: they are found here. So is
 * SELF_SIGNED, which a leaf of UNKNOWN_ISSUER is that names itself as issuer.
 */
void tls_tell_chain(struct answer *answer, const struct tls_certificate *chain, size_t count,
                    const char *host, int64_t now, unsigned faults);
