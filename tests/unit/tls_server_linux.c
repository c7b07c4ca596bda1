/* SPDX-License-Identifier: MIT */

#include "tests/unit/tls_server_linux.h"

#include <stdio.h>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "tests/support.h"

static void add_extension(X509 *x509, X509 *issuer, int kind, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;

    X509V3_set_ctx(&context, issuer, x509, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
    ck_assert_ptr_nonnull(extension);
    ck_assert_int_eq(X509_add_ext(x509, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static void set_facts(X509 *x509, const struct certificate_order *order)
{
    static long serial = 0x1234;
    X509_NAME *name = X509_get_subject_name(x509);

    ck_assert_int_eq(X509_set_version(x509, X509_VERSION_3), 1);
    ck_assert_int_eq(ASN1_INTEGER_set(X509_get_serialNumber(x509), serial++), 1);
    ck_assert_ptr_nonnull(ASN1_TIME_set(X509_getm_notBefore(x509), (time_t)order->from));
    ck_assert_ptr_nonnull(ASN1_TIME_set(X509_getm_notAfter(x509), (time_t)order->to));
    ck_assert_int_eq(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                                (const unsigned char *)order->subject, -1, -1, 0),
                     1);
}

static void set_extensions(X509 *x509, const struct certificate_order *order, X509 *issuer)
{
    add_extension(x509, issuer, NID_basic_constraints,
                  order->is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (order->names != NULL) {
        add_extension(x509, issuer, NID_subject_alt_name, order->names);
    }
    if (order->usage != NULL) {
        add_extension(x509, issuer, NID_ext_key_usage, order->usage);
    }
}

void made_certificate_make(struct made_certificate *made, const struct certificate_order *order,
                           const struct made_certificate *issuer)
{
    X509 *x509 = X509_new();

    made->x509 = x509;
    made->key = order->rsa_bits != 0 ? EVP_RSA_gen(order->rsa_bits) : EVP_EC_gen("P-256");
    ck_assert_ptr_nonnull(x509);
    ck_assert_ptr_nonnull(made->key);
    set_facts(x509, order);
    if (issuer == NULL) {
        issuer = made;
    }
    ck_assert_int_eq(X509_set_issuer_name(x509, X509_get_subject_name(issuer->x509)), 1);
    ck_assert_int_eq(X509_set_pubkey(x509, made->key), 1);
    set_extensions(x509, order, issuer->x509);
    ck_assert_int_gt(
        X509_sign(x509, issuer->key, order->digest == NULL ? EVP_sha256() : order->digest), 0);
}

void made_certificate_clear(struct made_certificate *made)
{
    X509_free(made->x509);
    EVP_PKEY_free(made->key);
    *made = (struct made_certificate){0};
}

void made_certificate_write(const struct made_certificate *made, const char *path)
{
    FILE *file = fopen(path, "wb");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(PEM_write_X509(file, made->x509), 1);
    ck_assert_int_eq(fclose(file), 0);
}

static int note_name(SSL *ssl, int *alert, void *user)
{
    struct tls_server *server = user;
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

    *alert = SSL_AD_UNRECOGNIZED_NAME; /* of no account with OK */
    snprintf(server->name, sizeof(server->name), "%s", name == NULL ? "" : name);
    return SSL_TLSEXT_ERR_OK;
}

void tls_server_open(struct tls_server *server, const struct made_certificate *leaf,
                     X509 *const *issuers, int version)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    *server = (struct tls_server){.context = context};
    ck_assert_ptr_nonnull(context);
    SSL_CTX_set_security_level(context, 0);
    ck_assert_int_eq(SSL_CTX_set_cipher_list(context, "ALL:@SECLEVEL=0"), 1);
    ck_assert_int_eq(SSL_CTX_set_min_proto_version(context, version), 1);
    ck_assert_int_eq(SSL_CTX_set_max_proto_version(context, version), 1);
    ck_assert_int_eq(SSL_CTX_use_certificate(context, leaf->x509), 1);
    ck_assert_int_eq(SSL_CTX_use_PrivateKey(context, leaf->key), 1);
    for (; *issuers != NULL; issuers++) {
        ck_assert_int_eq((int)SSL_CTX_add1_chain_cert(context, *issuers), 1);
    }
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_mode(context, SSL_MODE_NO_AUTO_CHAIN);
    SSL_CTX_set_tlsext_servername_callback(context, note_name);
    SSL_CTX_set_tlsext_servername_arg(context, server);
    server->ssl = SSL_new(context);
    server->in = BIO_new(BIO_s_mem());
    server->out = BIO_new(BIO_s_mem());
    ck_assert(server->ssl != NULL && server->in != NULL && server->out != NULL);
    BIO_set_mem_eof_return(server->in, -1);
    SSL_set_bio(server->ssl, server->in, server->out);
    SSL_set_accept_state(server->ssl);
}

static void drain(struct tls_server *server, struct byte_writer *out)
{
    char *bytes = NULL;
    long size = BIO_get_mem_data(server->out, &bytes);

    if (size > 0) {
        byte_writer_add(out, bytes, (size_t)size);
    }
    (void)BIO_reset(server->out);
}

void tls_server_feed(struct tls_server *server, const void *bytes, size_t size,
                     struct byte_writer *out)
{
    if (size > 0) {
        ck_assert_int_eq(BIO_write(server->in, bytes, (int)size), (int)size);
    }
    (void)SSL_do_handshake(server->ssl);
    drain(server, out);
}

void tls_server_say(struct tls_server *server, const char *text, struct byte_writer *out)
{
    ck_assert_int_eq(SSL_write(server->ssl, text, (int)strlen(text)), (int)strlen(text));
    drain(server, out);
}

void tls_server_shut_down(struct tls_server *server, struct byte_writer *out)
{
    (void)SSL_shutdown(server->ssl);
    drain(server, out);
}

size_t tls_server_hear(struct tls_server *server, char *text, size_t room)
{
    int size = SSL_read(server->ssl, text, (int)room - 1);

    text[size > 0 ? size : 0] = '\0';
    return size > 0 ? (size_t)size : 0;
}

void tls_server_close(struct tls_server *server)
{
    SSL_free(server->ssl);
    SSL_CTX_free(server->context);
    *server = (struct tls_server){0};
}
