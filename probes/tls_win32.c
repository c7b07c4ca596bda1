/* SPDX-License-Identifier: MIT */

/*
 * Windows: SChannel by SSPI. The chain is not checked in the handshake but when
 * it is told of, so that nothing of it ends the session.
 */

#include "probes/tls.h"

#include <stdlib.h>
#include <string.h>

#include "probes/security_calls_win32.h"

#include <subauth.h>
#define SCHANNEL_USE_BLACKLISTS /* for SCH_CREDENTIALS */
#include <schannel.h>

#include "base/text.h"
#include "base/utf16_win32.h"
#include "collector/socket_row.h"
#include "probes/tls_chain_win32.h"
#include "probes/tls_fields.h"
#include "probes/tls_records.h"

enum {
    RAW_MOST = 512 * 1024, /* bytes that wait to be understood: no handshake is that long */
    STEPS_MOST = 64,       /* of a handshake that go on without a byte from the server */
};

static const ULONG wanted = ISC_REQ_SEQUENCE_DETECT | ISC_REQ_REPLAY_DETECT |
                            ISC_REQ_CONFIDENTIALITY | ISC_REQ_EXTENDED_ERROR |
                            ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_STREAM |
                            ISC_REQ_MANUAL_CRED_VALIDATION | ISC_REQ_USE_SUPPLIED_CREDS;

struct tls_library {
    struct security_calls calls;
    CredHandle credentials;
    bool has_credentials;
};

struct tls_session {
    struct tls_library *library; /* lent */
    char *host;
    wchar_t *name; /* that the server is told; NULL: none */
    int64_t now;
    CtxtHandle context;
    bool has_context;
    bool seen_tls;   /* the first record was one */
    bool is_shaking; /* also again, while it is up: new keys, tickets, RFC 5246 section 7.4.1.1 */
    bool must_shake; /* the next step needs no byte from the server */
    bool was_up;     /* version and cipher are agreed on */
    bool has_sizes;
    uint8_t alert;
    enum tls_state state;
    SecPkgContext_StreamSizes sizes;
    struct byte_writer raw; /* came, and was not used yet */
    struct text why;
};

/* SP_PROT_..._CLIENT of schannel.h, and the numbers on the wire. */
static const struct {
    DWORD protocol;
    uint16_t version;
} versions[] = {
    {0x00000020, 0x0300}, {0x00000080, 0x0301}, {0x00000200, 0x0302},
    {0x00000800, 0x0303}, {0x00002000, 0x0304},
};

/* Library */

static SECURITY_STATUS acquire(struct tls_library *library, void *wishes)
{
    static wchar_t package[] = L"Microsoft Unified Security Protocol Provider"; /* UNISP_NAME_W */
    TimeStamp until;

    return library->calls.sspi->AcquireCredentialsHandleW(NULL, package, SECPKG_CRED_OUTBOUND, NULL,
                                                          wishes, NULL, NULL, &library->credentials,
                                                          &until);
}

enum {
    CREDENTIAL_FLAGS =
        SCH_CRED_MANUAL_CRED_VALIDATION | SCH_CRED_NO_DEFAULT_CREDS | SCH_CRED_NO_SERVERNAME_CHECK,
};

/* From Windows 10 1809 on: the only form that knows TLS 1.3. */
static SECURITY_STATUS acquire_new(struct tls_library *library)
{
    TLS_PARAMETERS parameters = {.grbitDisabledProtocols = SP_PROT_SSL2 | SP_PROT_SSL3};
    SCH_CREDENTIALS wishes = {
        .dwVersion = SCH_CREDENTIALS_VERSION,
        .dwFlags = CREDENTIAL_FLAGS,
        .cTlsParameters = 1,
        .pTlsParameters = &parameters,
    };

    return acquire(library, &wishes);
}

static SECURITY_STATUS acquire_old(struct tls_library *library)
{
    SCHANNEL_CRED wishes = {
        .dwVersion = SCHANNEL_CRED_VERSION,
        .grbitEnabledProtocols =
            SP_PROT_TLS1_0_CLIENT | SP_PROT_TLS1_1_CLIENT | SP_PROT_TLS1_2_CLIENT,
        .dwFlags = CREDENTIAL_FLAGS,
    };

    return acquire(library, &wishes);
}

bool tls_library_open(struct tls_library **out, struct failure *why)
{
    struct tls_library *library = calloc(1, sizeof(*library));
    SECURITY_STATUS status;

    *out = NULL;
    if (library == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for TLS");
    }
    if (!security_calls_find(&library->calls)) {
        free(library);
        return FAIL(why, FAILURE_SYSTEM, 0, "this Windows has no SChannel");
    }
    status = acquire_new(library);
    if (status != SEC_E_OK) {
        status = acquire_old(library);
    }
    if (status != SEC_E_OK) {
        free(library);
        return failure_from_system(why, status, "cannot set up SChannel");
    }
    library->has_credentials = true;
    *out = library;
    return true;
}

void tls_library_close(struct tls_library *library)
{
    if (library != NULL) {
        if (library->has_credentials) {
            library->calls.sspi->FreeCredentialsHandle(&library->credentials);
        }
        free(library);
    }
}

/* Sessions */

/* RFC 6066 section 3: no address is told, and no dot at the end. */
static bool set_name(struct tls_session *session, const char *host)
{
    size_t size = strlen(host);
    struct socket_endpoint address;
    struct failure why;

    if (size == 0 || socket_endpoint_parse_address(host, &address, &why)) {
        return true;
    }
    session->name = utf16_from_utf8(host);
    if (session->name == NULL) {
        return false;
    }
    size = wcslen(session->name);
    if (session->name[size - 1] == L'.') {
        session->name[size - 1] = L'\0';
    }
    return true;
}

bool tls_open(struct tls_session **out, struct tls_library *library, const char *host, int64_t now,
              struct failure *why)
{
    struct tls_session *session = calloc(1, sizeof(*session));

    *out = NULL;
    if (session == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for a TLS session");
    }
    session->library = library;
    session->is_shaking = true;
    session->now = now;
    session->host = text_copy(host);
    if (session->host == NULL || !set_name(session, host)) {
        tls_close(session);
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for a TLS session");
    }
    *out = session;
    return true;
}

void tls_close(struct tls_session *session)
{
    if (session != NULL) {
        if (session->has_context) {
            session->library->calls.sspi->DeleteSecurityContext(&session->context);
        }
        byte_writer_clear(&session->raw);
        text_clear(&session->why);
        free(session->name);
        free(session->host);
        free(session);
    }
}

static enum tls_state end_with(struct tls_session *session, enum tls_state state)
{
    session->state = state;
    return state;
}

static enum tls_state end_with_alert(struct tls_session *session, uint8_t alert)
{
    const char *name = tls_alert_name(alert);

    session->alert = alert;
    text_addf(&session->why, "the server refused by an alert: %s",
              name == NULL ? "one without a name" : name);
    return end_with(session, TLS_ALERT);
}

/* An alert among the records that were not used yet. A warning ends nothing, but for the end. */
static bool find_alert(const struct tls_session *session, uint8_t *alert)
{
    struct tls_record record;

    for (size_t at = 0; tls_record_look(session->raw.bytes + at, session->raw.size - at, &record) ==
                        TLS_RECORD_WHOLE;
         at += record.size) {
        if (tls_record_is_alert(&record, alert) &&
            (record.content[0] == 2 || *alert == TLS_CLOSE_NOTIFY)) {
            return true;
        }
        if (at + record.size == session->raw.size) {
            return false;
        }
    }
    return false;
}

/* SChannel has given up. An alert that came is the better reason. */
static enum tls_state end_with_error(struct tls_session *session, SECURITY_STATUS status)
{
    struct failure why;
    uint8_t alert;

    if (find_alert(session, &alert)) {
        return end_with_alert(session, alert);
    }
    failure_from_system(&why, status, "TLS that cannot be followed");
    text_add(&session->why, why.text);
    return end_with(session, TLS_WRONG);
}

/* Whether what came first begins a record. */
static bool look_at_first(struct tls_session *session)
{
    struct tls_record record;

    if (session->seen_tls || session->raw.size == 0) {
        return true;
    }
    if (tls_record_look(session->raw.bytes, session->raw.size, &record) == TLS_RECORD_NONE) {
        tls_add_other(&session->why, session->raw.bytes, session->raw.size);
        return false;
    }
    session->seen_tls = session->raw.size >= TLS_RECORD_HEADER;
    return true;
}

/* Keeps the last `size` bytes of what came. */
static void keep_last(struct tls_session *session, size_t size)
{
    struct byte_writer *raw = &session->raw;

    if (size > 0 && size < raw->size) {
        memmove(raw->bytes, raw->bytes + raw->size - size, size);
    }
    raw->size = size < raw->size ? size : raw->size;
}

/* Bytes of the one of these that is of a type; 0: there is none. */
static size_t find_size(const SecBuffer *buffers, size_t count, ULONG type)
{
    for (size_t i = 0; i < count; i++) {
        if (buffers[i].BufferType == type) {
            return buffers[i].cbBuffer;
        }
    }
    return 0;
}

/* Takes what SChannel wants to be sent, alerts of ours included. */
static void take_token(struct tls_session *session, SecBuffer *buffer, struct byte_writer *out)
{
    if (buffer->pvBuffer != NULL) {
        byte_writer_add(out, buffer->pvBuffer, buffer->cbBuffer);
        session->library->calls.sspi->FreeContextBuffer(buffer->pvBuffer);
    }
}

/* One step of the handshake with what came. *extra: bytes of it that were not used. */
static SECURITY_STATUS step(struct tls_session *session, struct byte_writer *out, size_t *extra)
{
    SecBuffer in[2] = {
        {(ULONG)session->raw.size, SECBUFFER_TOKEN, session->raw.bytes},
        {0, SECBUFFER_EMPTY, NULL},
    };
    SecBuffer token = {0, SECBUFFER_TOKEN, NULL};
    SecBufferDesc in_list = {SECBUFFER_VERSION, 2, in};
    SecBufferDesc out_list = {SECBUFFER_VERSION, 1, &token};
    ULONG got;
    TimeStamp until;
    SECURITY_STATUS status = session->library->calls.sspi->InitializeSecurityContextW(
        &session->library->credentials, session->has_context ? &session->context : NULL,
        session->name, wanted, 0, 0, session->has_context ? &in_list : NULL, 0, &session->context,
        &out_list, &got, &until);

    take_token(session, &token, out);
    session->has_context = session->has_context || status >= 0;
    *extra = find_size(in, 2, SECBUFFER_EXTRA);
    return status;
}

static enum tls_state come_up(struct tls_session *session)
{
    SECURITY_STATUS status = session->library->calls.sspi->QueryContextAttributesW(
        &session->context, SECPKG_ATTR_STREAM_SIZES, &session->sizes);

    session->is_shaking = false;
    session->has_sizes = status == SEC_E_OK;
    session->was_up = true;
    return end_with(session, TLS_UP);
}

/* As far as it goes with what came. */
static enum tls_state shake(struct tls_session *session, struct byte_writer *out)
{
    uint8_t alert;

    for (int i = 0; i < STEPS_MOST; i++) {
        bool is_first = !session->has_context;
        size_t before = session->raw.size;
        size_t extra;
        SECURITY_STATUS status;

        if (before == 0 && !session->must_shake && !is_first) {
            return session->state;
        }
        if (session->state == TLS_SHAKING && find_alert(session, &alert)) {
            return end_with_alert(session, alert);
        }
        session->must_shake = false;
        status = step(session, out, &extra);
        if (status == SEC_E_INCOMPLETE_MESSAGE) {
            return session->state;
        }
        if (status == SEC_I_INCOMPLETE_CREDENTIALS) {
            continue; /* a client certificate is asked for: the same again goes on without */
        }
        if (status != SEC_E_OK && status != SEC_I_CONTINUE_NEEDED) {
            return end_with_error(session, status);
        }
        if (!is_first) {
            keep_last(session, extra);
        }
        if (status == SEC_E_OK) {
            return come_up(session);
        }
    }
    return end_with_error(session, SEC_E_INTERNAL_ERROR);
}

/* Adds what was inside, and returns how much it was. */
static size_t take_data(const SecBuffer *buffers, size_t count, struct byte_writer *in)
{
    size_t size = 0;

    for (size_t i = 0; i < count; i++) {
        if (buffers[i].BufferType == SECBUFFER_DATA && buffers[i].pvBuffer != NULL) {
            byte_writer_add(in, buffers[i].pvBuffer, buffers[i].cbBuffer);
            size += buffers[i].cbBuffer;
        }
    }
    return size;
}

/* Decrypts one record. False: that is all for now. */
static bool read_record(struct tls_session *session, struct byte_writer *out,
                        struct byte_writer *in)
{
    bool is_alert = session->raw.bytes[0] == TLS_RECORD_ALERT; /* seen up to TLS 1.2 only */
    SecBuffer buffers[4] = {
        {(ULONG)session->raw.size, SECBUFFER_DATA, session->raw.bytes},
        {0, SECBUFFER_EMPTY, NULL},
        {0, SECBUFFER_EMPTY, NULL},
        {0, SECBUFFER_EMPTY, NULL},
    };
    SecBufferDesc list = {SECBUFFER_VERSION, 4, buffers};
    SECURITY_STATUS status =
        session->library->calls.sspi->DecryptMessage(&session->context, &list, 0, NULL);

    if (status == SEC_E_INCOMPLETE_MESSAGE) {
        return false;
    }
    if (status != SEC_E_OK && status != SEC_I_RENEGOTIATE && status != SEC_I_CONTEXT_EXPIRED) {
        end_with_error(session, status);
        return false;
    }
    is_alert = take_data(buffers, 4, in) == 0 && is_alert;
    keep_last(session, find_size(buffers, 4, SECBUFFER_EXTRA));
    if (status == SEC_I_RENEGOTIATE) { /* tickets and new keys of TLS 1.3, too */
        session->is_shaking = true;
        session->must_shake = true;
        return shake(session, out) == TLS_UP && !session->is_shaking;
    }
    if (status == SEC_I_CONTEXT_EXPIRED || is_alert) {
        end_with(session, TLS_ENDED);
        return false;
    }
    return true;
}

static void go_on(struct tls_session *session, struct byte_writer *out, struct byte_writer *in)
{
    if (session->is_shaking) {
        shake(session, out);
    }
    while (session->state == TLS_UP && !session->is_shaking && session->raw.size > 0 &&
           read_record(session, out, in)) {
    }
}

enum tls_state tls_feed(struct tls_session *session, const uint8_t *bytes, size_t size,
                        struct byte_writer *out, struct byte_writer *in)
{
    if (session->state != TLS_SHAKING && session->state != TLS_UP) {
        return session->state;
    }
    byte_writer_add(&session->raw, bytes, size);
    if (session->raw.lacks_memory || session->raw.size > RAW_MOST) {
        text_add(&session->why, "no room for what the server sent");
        return end_with(session, TLS_WRONG);
    }
    if (!look_at_first(session)) {
        return end_with(session, TLS_WRONG);
    }
    go_on(session, out, in);
    if (session->raw.size == 0) {
        byte_writer_clear(&session->raw); /* a session that waits holds no buffer */
    }
    return session->state;
}

/* Encrypts one record's worth. */
static bool say_record(struct tls_session *session, const uint8_t *bytes, size_t size,
                       struct byte_writer *out)
{
    size_t header = session->sizes.cbHeader;
    size_t trailer = session->sizes.cbTrailer;
    uint8_t *room = malloc(header + size + trailer);
    SecBuffer buffers[4];
    SecBufferDesc list = {SECBUFFER_VERSION, 4, buffers};
    bool done;

    if (room == NULL) {
        return false;
    }
    memcpy(room + header, bytes, size);
    buffers[0] = (SecBuffer){(ULONG)header, SECBUFFER_STREAM_HEADER, room};
    buffers[1] = (SecBuffer){(ULONG)size, SECBUFFER_DATA, room + header};
    buffers[2] = (SecBuffer){(ULONG)trailer, SECBUFFER_STREAM_TRAILER, room + header + size};
    buffers[3] = (SecBuffer){0, SECBUFFER_EMPTY, NULL};
    done = session->library->calls.sspi->EncryptMessage(&session->context, 0, &list, 0) == SEC_E_OK;
    for (int i = 0; done && i < 3; i++) {
        byte_writer_add(out, buffers[i].pvBuffer, buffers[i].cbBuffer);
    }
    free(room);
    return done;
}

bool tls_say(struct tls_session *session, const uint8_t *bytes, size_t size,
             struct byte_writer *out)
{
    if (session->state != TLS_UP || !session->has_sizes || session->sizes.cbMaximumMessage == 0) {
        return false;
    }
    for (size_t at = 0; at < size;) {
        size_t part = size - at < session->sizes.cbMaximumMessage ? size - at
                                                                  : session->sizes.cbMaximumMessage;

        if (!say_record(session, bytes + at, part, out)) {
            return false;
        }
        at += part;
    }
    return !out->lacks_memory;
}

const char *tls_why(const struct tls_session *session)
{
    return text_bytes(&session->why);
}

/* A name of IANA's registry: an SSPI that has none for a suite may make one up. */
static bool is_suite_name(const wchar_t *name)
{
    size_t size = wcsnlen(name, SZ_ALG_MAX_SIZE);

    return size > 0 && wcsspn(name, L"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") >= size;
}

static void tell_version(struct tls_session *session, struct answer *answer)
{
    SecPkgContext_ConnectionInfo connection = {0};

    if (session->library->calls.sspi->QueryContextAttributesW(
            &session->context, SECPKG_ATTR_CONNECTION_INFO, &connection) != SEC_E_OK) {
        return;
    }
    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        if ((connection.dwProtocol & versions[i].protocol) != 0) {
            tls_tell_version(answer, versions[i].version);
        }
    }
}

static void tell_cipher(struct tls_session *session, struct answer *answer)
{
    SecPkgContext_CipherInfo cipher = {.dwVersion = SECPKGCONTEXT_CIPHERINFO_V1};
    struct text name = {0};

    if (session->library->calls.sspi->QueryContextAttributesW(
            &session->context, SECPKG_ATTR_CIPHER_INFO, &cipher) == SEC_E_OK &&
        is_suite_name(cipher.szCipherSuite)) {
        utf16_add(&name, cipher.szCipherSuite, wcsnlen(cipher.szCipherSuite, SZ_ALG_MAX_SIZE));
        tls_tell_cipher(answer, text_bytes(&name));
    }
    text_clear(&name);
}

static void tell_leaf(struct tls_session *session, const CERT_CONTEXT *leaf, struct answer *answer)
{
    const struct security_calls *calls = &session->library->calls;
    const CERT_CONTEXT *list[TLS_CHAIN_MOST];
    struct tls_certificate chain[TLS_CHAIN_MOST];
    size_t count = tls_chain_list(calls, leaf, list);

    for (size_t i = 0; i < count; i++) {
        chain[i] = (struct tls_certificate){list[i]->pbCertEncoded, list[i]->cbCertEncoded};
    }
    tls_tell_chain(answer, chain, count, session->host, session->now,
                   tls_chain_faults(calls, leaf, session->now));
    tls_chain_free(calls, list, count);
}

static void tell_chain(struct tls_session *session, struct answer *answer)
{
    const struct security_calls *calls = &session->library->calls;
    const CERT_CONTEXT *leaf = NULL;

    if (calls->sspi->QueryContextAttributesW(&session->context, SECPKG_ATTR_REMOTE_CERT_CONTEXT,
                                             &leaf) != SEC_E_OK ||
        leaf == NULL) {
        if (session->was_up) {
            tls_tell_chain(answer, NULL, 0, session->host, session->now, TLS_NO_CERTIFICATE);
        }
        return;
    }
    tell_leaf(session, leaf, answer);
    if (calls->free_certificate != NULL) {
        calls->free_certificate(leaf);
    }
}

void tls_tell(struct tls_session *session, struct answer *answer)
{
    if (session->was_up) {
        tell_version(session, answer);
        tell_cipher(session, answer);
    }
    if (session->has_context && session->state != TLS_WRONG) {
        tell_chain(session, answer);
    }
    if (session->state == TLS_ALERT) {
        tls_tell_alert(answer, session->alert);
    }
}
