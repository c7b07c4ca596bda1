/* SPDX-License-Identifier: MIT */

/*
 * Linux: OpenSSL between two BIOs in memory. The chain is not checked in the
 * handshake but when it is told of, by the roots of the system, so that all
 * that is wrong with it is found, and nothing of it ends the session.
 */

#include "probes/tls.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/text.h"
#include "probes/tls_fields.h"
#include "probes/tls_records.h"

enum {
    CHAIN_MOST = 32,      /* certificates that are told of */
    DEPTH_MOST = 12,      /* issuers of the longest chain that is checked */
    STRENGTH_WANTED = 2,  /* SSL_CTX_set_security_level(3): 112 bits, what Debian asks for */
    NAME_MOST = 255,      /* bytes of a name that SNI can tell */
    READ_AT_ONCE = 16384, /* a record's worth */
};

struct tls_library {
    SSL_CTX *context;
};

struct tls_session {
    SSL *ssl;
    SSL_CTX *context; /* of the library; lent */
    BIO *from_server; /* both belong to `ssl` */
    BIO *to_server;
    enum tls_state state;
    bool seen_tls; /* the first record was one */
    bool has_alert;
    uint8_t alert;     /* the last one that came */
    uint8_t first[64]; /* bytes that came, until it is known whether they are TLS */
    size_t first_size;
    char *host;
    int64_t now;
    struct text why;
};

/* What OpenSSL finds in a chain (X509_STORE_CTX_get_error(3)); the rest is TLS_BROKEN. */
static const struct finding {
    int error;
    unsigned fault;
} findings[] = {
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, TLS_SELF_SIGNED},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, TLS_UNKNOWN_ISSUER},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, TLS_UNKNOWN_ISSUER},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, TLS_UNKNOWN_ISSUER},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, TLS_UNKNOWN_ISSUER},
    {X509_V_ERR_CERT_UNTRUSTED, TLS_UNKNOWN_ISSUER},
    {X509_V_ERR_CERT_CHAIN_TOO_LONG, TLS_UNKNOWN_ISSUER},
    {X509_V_ERR_CERT_HAS_EXPIRED, TLS_EXPIRED},
    {X509_V_ERR_CERT_NOT_YET_VALID, TLS_NOT_YET_VALID},
    {X509_V_ERR_INVALID_PURPOSE, TLS_WRONG_USE},
    {X509_V_ERR_INVALID_CA, TLS_WRONG_USE},
    {X509_V_ERR_INVALID_NON_CA, TLS_WRONG_USE},
    {X509_V_ERR_PATH_LENGTH_EXCEEDED, TLS_WRONG_USE},
    {X509_V_ERR_KEYUSAGE_NO_CERTSIGN, TLS_WRONG_USE},
    {X509_V_ERR_PERMITTED_VIOLATION, TLS_WRONG_USE},
    {X509_V_ERR_EXCLUDED_VIOLATION, TLS_WRONG_USE},
    {X509_V_ERR_EE_KEY_TOO_SMALL, TLS_WEAK},
    {X509_V_ERR_CA_KEY_TOO_SMALL, TLS_WEAK},
    {X509_V_ERR_CA_MD_TOO_WEAK, TLS_WEAK},
    {X509_V_ERR_CERT_REJECTED, TLS_DISTRUSTED},
    {X509_V_ERR_OUT_OF_MEM, TLS_NOT_CHECKED},
    {X509_V_ERR_UNSPECIFIED, TLS_NOT_CHECKED},
};

static bool fail_openssl(struct failure *why, const char *what)
{
    unsigned long error = ERR_get_error();
    const char *reason = ERR_reason_error_string(error);

    ERR_clear_error();
    return FAIL(why, FAILURE_SYSTEM, (long)error, "cannot %s: %s", what,
                reason == NULL ? "OpenSSL says no more" : reason);
}

/* In place of the check within the handshake. */
static int take_any_chain(X509_STORE_CTX *chain, void *unused)
{
    (void)chain;
    (void)unused;
    return 1;
}

/*
 * Servers that nobody should run any more are what an audit looks for: all
 * versions from TLS 1.0 on, ciphers and keys of any strength, and servers that
 * lack RFC 5746.
 */
static bool be_lenient(SSL_CTX *context)
{
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_options(context, SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_NO_RENEGOTIATION |
                                     SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS); /* there may be thousands of sessions */
    SSL_CTX_set_cert_verify_callback(context, take_any_chain, NULL);
    return SSL_CTX_set_min_proto_version(context, TLS1_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(context, 0) == 1 &&
           SSL_CTX_set_cipher_list(context, "ALL:!aNULL:!eNULL:@SECLEVEL=0") == 1 &&
           SSL_CTX_set_default_verify_paths(context) == 1;
}

bool tls_library_open(struct tls_library **out, struct failure *why)
{
    struct tls_library *library = calloc(1, sizeof(*library));

    if (library == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for TLS");
    }
    library->context = SSL_CTX_new(TLS_client_method());
    if (library->context == NULL || !be_lenient(library->context)) {
        tls_library_close(library);
        return fail_openssl(why, "set up OpenSSL");
    }
    *out = library;
    return true;
}

void tls_library_close(struct tls_library *library)
{
    if (library != NULL) {
        SSL_CTX_free(library->context);
        free(library);
    }
}

static void note_alert(const SSL *ssl, int where, int number)
{
    struct tls_session *session = SSL_get_app_data(ssl);

    if (where == SSL_CB_READ_ALERT && number >> 8 == SSL3_AL_FATAL) {
        session->alert = (uint8_t)(number & 0xff);
        session->has_alert = true;
    }
}

static bool is_address(const char *host)
{
    ASN1_OCTET_STRING *address = a2i_IPADDRESS(host);

    ASN1_OCTET_STRING_free(address);
    return address != NULL || strchr(host, ':') != NULL; /* with its scope it is none to OpenSSL */
}

/* RFC 6066 section 3: no address, and no dot at the end. */
static bool tell_name(SSL *ssl, const char *host)
{
    size_t size = strlen(host);
    char name[NAME_MOST + 1];

    if (size > 0 && host[size - 1] == '.') {
        size--;
    }
    if (size == 0 || size > NAME_MOST || is_address(host)) {
        return true;
    }
    memcpy(name, host, size);
    name[size] = '\0';
    return SSL_set_tlsext_host_name(ssl, name) == 1;
}

/* The BIOs belong to `ssl` once both are there. */
static bool set_ends(struct tls_session *session)
{
    BIO *from_server = BIO_new(BIO_s_mem());
    BIO *to_server = BIO_new(BIO_s_mem());

    if (from_server == NULL || to_server == NULL) {
        BIO_free(from_server);
        BIO_free(to_server);
        return false;
    }
    BIO_set_mem_eof_return(from_server, -1); /* empty: more may come */
    SSL_set_bio(session->ssl, from_server, to_server);
    session->from_server = from_server;
    session->to_server = to_server;
    return true;
}

static bool set_up(struct tls_session *session)
{
    session->ssl = SSL_new(session->context);
    if (session->ssl == NULL || SSL_set_app_data(session->ssl, session) != 1 ||
        !set_ends(session) || !tell_name(session->ssl, session->host)) {
        return false;
    }
    SSL_set_info_callback(session->ssl, note_alert);
    SSL_set_connect_state(session->ssl);
    return true;
}

bool tls_open(struct tls_session **out, struct tls_library *library, const char *host, int64_t now,
              struct failure *why)
{
    struct tls_session *session = calloc(1, sizeof(*session));

    if (session == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for a TLS session");
    }
    session->context = library->context;
    session->now = now;
    session->host = text_copy(host);
    if (session->host == NULL) {
        tls_close(session);
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for a TLS session");
    }
    ERR_clear_error();
    if (!set_up(session)) {
        tls_close(session);
        return fail_openssl(why, "begin a TLS session");
    }
    *out = session;
    return true;
}

void tls_close(struct tls_session *session)
{
    if (session != NULL) {
        SSL_free(session->ssl);
        text_clear(&session->why);
        free(session->host);
        free(session);
    }
}

static enum tls_state end_with(struct tls_session *session, enum tls_state state)
{
    session->state = state;
    ERR_clear_error();
    return state;
}

/* OpenSSL has given up. An alert that came is the better reason. */
static enum tls_state end_with_error(struct tls_session *session)
{
    const char *reason = ERR_reason_error_string(ERR_peek_error());

    if (session->has_alert) {
        const char *name = tls_alert_name(session->alert);

        text_addf(&session->why, "the server refused by an alert: %s",
                  name == NULL ? "one without a name" : name);
        return end_with(session, TLS_ALERT);
    }
    text_addf(&session->why, "TLS that cannot be followed: %s",
              reason == NULL ? "it ended" : reason);
    return end_with(session, TLS_WRONG);
}

/*
 * Whether the first bytes begin a record. OpenSSL would name a reason that
 * leads astray: "wrong version number" for a server that speaks SMTP.
 */
static bool look_at_first(struct tls_session *session, const uint8_t *bytes, size_t size)
{
    size_t room = sizeof(session->first) - session->first_size;
    struct tls_record record;

    if (session->seen_tls || size == 0) {
        return true;
    }
    size = size < room ? size : room;
    memcpy(session->first + session->first_size, bytes, size);
    session->first_size += size;
    if (tls_record_look(session->first, session->first_size, &record) == TLS_RECORD_NONE) {
        tls_add_other(&session->why, session->first, session->first_size);
        return false;
    }
    session->seen_tls = session->first_size >= TLS_RECORD_HEADER;
    return true;
}

static bool wants_more(const struct tls_session *session, int result)
{
    int error = SSL_get_error(session->ssl, result);

    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

static enum tls_state shake(struct tls_session *session)
{
    int result = SSL_do_handshake(session->ssl);

    if (result == 1) {
        session->state = TLS_UP;
        return TLS_UP;
    }
    if (SSL_get_error(session->ssl, result) == SSL_ERROR_ZERO_RETURN) {
        session->alert = TLS_CLOSE_NOTIFY; /* in the midst of the handshake it is a refusal */
        session->has_alert = true;
    }
    return wants_more(session, result) ? TLS_SHAKING : end_with_error(session);
}

static enum tls_state read_on(struct tls_session *session, struct byte_writer *in)
{
    uint8_t bytes[READ_AT_ONCE];
    int result;

    while ((result = SSL_read(session->ssl, bytes, sizeof(bytes))) > 0) {
        byte_writer_add(in, bytes, (size_t)result);
    }
    if (wants_more(session, result)) {
        return TLS_UP;
    }
    if (SSL_get_error(session->ssl, result) == SSL_ERROR_ZERO_RETURN) {
        return end_with(session, TLS_ENDED);
    }
    return end_with_error(session);
}

/* Takes what OpenSSL wants to be sent. */
static void drain(struct tls_session *session, struct byte_writer *out)
{
    char *bytes = NULL;
    long size = BIO_get_mem_data(session->to_server, &bytes);

    if (size > 0) {
        byte_writer_add(out, bytes, (size_t)size);
        (void)BIO_reset(session->to_server);
    }
}

static enum tls_state go_on(struct tls_session *session, struct byte_writer *in)
{
    if (session->state == TLS_SHAKING && shake(session) != TLS_UP) {
        return session->state;
    }
    return read_on(session, in);
}

enum tls_state tls_feed(struct tls_session *session, const uint8_t *bytes, size_t size,
                        struct byte_writer *out, struct byte_writer *in)
{
    size_t taken = 0;

    if (session->state != TLS_SHAKING && session->state != TLS_UP) {
        return session->state;
    }
    if (!look_at_first(session, bytes, size)) {
        return end_with(session, TLS_WRONG);
    }
    ERR_clear_error();
    if (size > 0 && BIO_write_ex(session->from_server, bytes, size, &taken) != 1) {
        text_add(&session->why, "no memory for what the server sent");
        return end_with(session, TLS_WRONG);
    }
    go_on(session, in);
    drain(session, out);
    return session->state;
}

bool tls_say(struct tls_session *session, const uint8_t *bytes, size_t size,
             struct byte_writer *out)
{
    size_t written = 0;
    bool done;

    ERR_clear_error();
    done = session->state == TLS_UP &&
           (size == 0 || SSL_write_ex(session->ssl, bytes, size, &written) == 1);
    drain(session, out);
    ERR_clear_error();
    return done && !out->lacks_memory;
}

const char *tls_why(const struct tls_session *session)
{
    return text_bytes(&session->why);
}

static unsigned fault_of(int error)
{
    for (size_t i = 0; i < sizeof(findings) / sizeof(findings[0]); i++) {
        if (findings[i].error == error) {
            return findings[i].fault;
        }
    }
    return TLS_BROKEN;
}

/* Notes what is wrong, and goes on looking. */
static int note_finding(int is_right, X509_STORE_CTX *check)
{
    unsigned *faults = X509_STORE_CTX_get_app_data(check);

    if (is_right == 0) {
        *faults |= fault_of(X509_STORE_CTX_get_error(check));
    }
    return 1;
}

/* For a server, at the moment of the session. */
static void set_rules(X509_STORE_CTX *check, int64_t now)
{
    X509_VERIFY_PARAM *rules = X509_STORE_CTX_get0_param(check);

    X509_VERIFY_PARAM_set_time(rules, (time_t)(now / 1000));
    X509_VERIFY_PARAM_set_depth(rules, DEPTH_MOST);
    X509_VERIFY_PARAM_set_auth_level(rules, STRENGTH_WANTED);
}

static unsigned check_chain(const struct tls_session *session, STACK_OF(X509) * chain)
{
    X509_STORE_CTX *check = X509_STORE_CTX_new();
    unsigned faults = 0;

    if (check == NULL ||
        X509_STORE_CTX_init(check, SSL_CTX_get_cert_store(session->context),
                            sk_X509_value(chain, 0), chain) != 1 ||
        X509_STORE_CTX_set_purpose(check, X509_PURPOSE_SSL_SERVER) != 1 ||
        X509_STORE_CTX_set_app_data(check, &faults) != 1) {
        X509_STORE_CTX_free(check);
        return TLS_NOT_CHECKED;
    }
    set_rules(check, session->now);
    X509_STORE_CTX_set_verify_cb(check, note_finding);
    if (X509_verify_cert(check) != 1 && faults == 0) {
        faults = TLS_NOT_CHECKED;
    }
    X509_STORE_CTX_free(check);
    ERR_clear_error();
    return faults;
}

static void tell_chain(const struct tls_session *session, STACK_OF(X509) * chain,
                       struct answer *answer)
{
    struct tls_certificate certificates[CHAIN_MOST] = {0};
    uint8_t *copies[CHAIN_MOST] = {0};
    size_t count = 0;

    for (int i = 0; i < sk_X509_num(chain) && count < CHAIN_MOST; i++) {
        int size = i2d_X509(sk_X509_value(chain, i), &copies[count]);

        if (size > 0) {
            certificates[count] = (struct tls_certificate){copies[count], (size_t)size};
            count++;
        }
    }
    tls_tell_chain(answer, certificates, count, session->host, session->now,
                   count == 0 ? TLS_NO_CERTIFICATE : check_chain(session, chain));
    for (size_t i = 0; i < count; i++) {
        OPENSSL_free(copies[i]);
    }
}

void tls_tell(struct tls_session *session, struct answer *answer)
{
    const SSL_CIPHER *cipher = SSL_get_current_cipher(session->ssl);
    STACK_OF(X509) *chain = SSL_get_peer_cert_chain(session->ssl);

    if (cipher == NULL) {
        cipher = SSL_get_pending_cipher(session->ssl);
    }
    if (cipher != NULL) {
        const char *name = SSL_CIPHER_standard_name(cipher);

        tls_tell_version(answer, (uint16_t)SSL_version(session->ssl));
        tls_tell_cipher(answer, name == NULL ? SSL_CIPHER_get_name(cipher) : name);
    }
    if (chain != NULL || session->state == TLS_UP) {
        tell_chain(session, chain, answer);
    }
    if (session->state == TLS_ALERT) {
        tls_tell_alert(answer, session->alert);
    }
}
