/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A TLS server between two BIOs in memory, with certificates made on the spot.
 * What fails is asserted.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "probes/byte_writer.h"

/* A certificate and its key. */
struct made_certificate {
    X509 *x509;
    EVP_PKEY *key;
};

struct certificate_order {
    const char *subject; /* common name */
    const char *names;   /* as in "DNS:a.example,IP:192.0.2.7"; NULL: none */
    const char *usage;   /* extended key usage, as in "serverAuth"; NULL: none */
    int64_t from;        /* seconds since 1970 UTC */
    int64_t to;
    bool is_authority;
    const EVP_MD *digest; /* NULL: SHA-256 */
    unsigned rsa_bits;    /* 0: a key on P-256 */
};

/* issuer NULL: it signs itself. */
void made_certificate_make(struct made_certificate *made, const struct certificate_order *order,
                           const struct made_certificate *issuer);
void made_certificate_clear(struct made_certificate *made); /* harmless twice */
void made_certificate_write(const struct made_certificate *made, const char *path);

struct tls_server {
    SSL_CTX *context;
    SSL *ssl;
    BIO *in;
    BIO *out;
    char name[256]; /* that the client has told; "" where it told none */
};

/* What there is besides in the chain; ended by NULL. */
void tls_server_open(struct tls_server *server, const struct made_certificate *leaf,
                     X509 *const *issuers, int version);

/* Takes what the client has sent, goes on, and appends to *out what it answers. */
void tls_server_feed(struct tls_server *server, const void *bytes, size_t size,
                     struct byte_writer *out);
void tls_server_say(struct tls_server *server, const char *text, struct byte_writer *out);
void tls_server_shut_down(struct tls_server *server, struct byte_writer *out);
size_t tls_server_hear(struct tls_server *server, char *text, size_t room); /* ends it in 0 */
void tls_server_close(struct tls_server *server);                           /* harmless twice */
