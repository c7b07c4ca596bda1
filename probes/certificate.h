/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Reads an X.509 certificate (RFC 5280, in DER: X.690). Whether it may be
 * believed is not asked here: a chain is checked by the system's own library.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "probes/byte_reader.h"

/* What of a certificate is told; all of it lends from the bytes that were read. */
struct certificate {
    struct byte_reader serial;              /* an integer, the highest byte first */
    struct byte_reader issuer;              /* content of a Name */
    struct byte_reader subject;             /* likewise */
    struct byte_reader names;               /* content of subjectAltName; empty: there is none */
    struct byte_reader key_algorithm;       /* content of an AlgorithmIdentifier */
    struct byte_reader key;                 /* content of the bit string, without its first byte */
    struct byte_reader signature_algorithm; /* content of an AlgorithmIdentifier */
    int64_t not_before;                     /* milliseconds since 1970 UTC */
    int64_t not_after;
};

/* False where the bytes are no certificate. Bytes behind it do no harm. */
bool certificate_read(struct certificate *certificate, const uint8_t *bytes, size_t size);

/* Whether it names itself as its issuer. */
bool certificate_is_own_issuer(const struct certificate *certificate);

/*
 * Whether it is for this host (RFC 9525 section 6): a name or an address in
 * text form. Only subjectAltName counts: a common name is any text, and no
 * browser takes it for a host's.
 */
bool certificate_is_for(const struct certificate *certificate, const char *host);

/* "CN=www.example.org,O=Example,C=DE": RFC 4514. */
void certificate_add_name(struct text *text, const struct byte_reader *name);

/*
 * Takes the next of certificate.names, which moves on: a DNS name or an IP
 * address into *text, which is emptied before; other kinds are passed over.
 * False at the end.
 */
bool certificate_next_name(struct byte_reader *names, struct text *text);

/* "RSA 2048", "EC P-256", "Ed25519"; the object identifier of others. */
void certificate_add_key(struct text *text, const struct certificate *certificate);

/* "RSA with SHA-256"; the object identifier of others. */
void certificate_add_signature(struct text *text, const struct certificate *certificate);
