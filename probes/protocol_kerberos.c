/* SPDX-License-Identifier: MIT */

/*
 * Kerberos: a request for a ticket of somebody whom nobody knows, and the error
 * that comes back (RFC 4120 sections 5.4.1, 5.9.1 and 7.2, MS-KILE).
 */

#include <string.h>

#include "probes/ber.h"
#include "probes/protocol_list.h"
#include "probes/stranger.h"

enum {
    LENGTH_SIZE = 4,
    MESSAGE_MOST = 65536 - LENGTH_SIZE,
    VERSION_5 = 5,
    AS_REQ = 10,
    AS_REP = 11,
    KRB_ERROR = 30,
    NAME_PRINCIPAL = 1,
    NAME_SERVICE = 2,
    PREAUTH_REQUIRED = 25,
    PA_ETYPE_INFO2 = 19,
    REALM_MOST = 255,
};

#define APPLICATION(number) ((uint8_t)(BER_APPLICATION + BER_CONSTRUCTED + (number)))
#define CONTEXT(number) ((uint8_t)(BER_CONTEXT + BER_CONSTRUCTED + (number)))

enum field {
    ERROR,
    ERROR_CODE,
    REALM,
    CLIENT_REALM,
    SERVER_TIME,
    TEXT,
    PREAUTHENTICATION,
    ENCRYPTION,
    FIELD_COUNT,
};

static const struct answer_field fields[FIELD_COUNT] = {
    [ERROR] = {.name = "error", .help = "Name of the error that the server gave", .telling = true},
    [ERROR_CODE] = {.name = "error_code", .type = ANSWER_NUMBER, .help = "Its number"},
    [REALM] = {.name = "realm",
               .help = "Realm that the server named; many give back the one that was asked for",
               .telling = true},
    [CLIENT_REALM] = {.name = "client_realm",
                      .help = "Realm where it looks for the client, where that is another"},
    [SERVER_TIME] = {.name = "server_time",
                     .type = ANSWER_TIME,
                     .help = "Clock of the server",
                     .fleeting = true},
    [TEXT] = {.name = "text", .help = "What it says about the error"},
    [PREAUTHENTICATION] = {.name = "preauthentication",
                           .help = "Way to prove who asks that it takes",
                           .many = true},
    [ENCRYPTION] = {.name = "encryption", .help = "Encryption that it takes", .many = true},
};

struct name {
    int64_t number;
    const char *name;
};

/* RFC 4120 section 7.5.9; 68 and 69 of RFC 6806. */
static const struct name errors[] = {
    {0, "KDC_ERR_NONE"},
    {1, "KDC_ERR_NAME_EXP"},
    {2, "KDC_ERR_SERVICE_EXP"},
    {3, "KDC_ERR_BAD_PVNO"},
    {4, "KDC_ERR_C_OLD_MAST_KVNO"},
    {5, "KDC_ERR_S_OLD_MAST_KVNO"},
    {6, "KDC_ERR_C_PRINCIPAL_UNKNOWN"},
    {7, "KDC_ERR_S_PRINCIPAL_UNKNOWN"},
    {8, "KDC_ERR_PRINCIPAL_NOT_UNIQUE"},
    {9, "KDC_ERR_NULL_KEY"},
    {10, "KDC_ERR_CANNOT_POSTDATE"},
    {11, "KDC_ERR_NEVER_VALID"},
    {12, "KDC_ERR_POLICY"},
    {13, "KDC_ERR_BADOPTION"},
    {14, "KDC_ERR_ETYPE_NOSUPP"},
    {15, "KDC_ERR_SUMTYPE_NOSUPP"},
    {16, "KDC_ERR_PADATA_TYPE_NOSUPP"},
    {17, "KDC_ERR_TRTYPE_NOSUPP"},
    {18, "KDC_ERR_CLIENT_REVOKED"},
    {19, "KDC_ERR_SERVICE_REVOKED"},
    {20, "KDC_ERR_TGT_REVOKED"},
    {21, "KDC_ERR_CLIENT_NOTYET"},
    {22, "KDC_ERR_SERVICE_NOTYET"},
    {23, "KDC_ERR_KEY_EXPIRED"},
    {24, "KDC_ERR_PREAUTH_FAILED"},
    {25, "KDC_ERR_PREAUTH_REQUIRED"},
    {26, "KDC_ERR_SERVER_NOMATCH"},
    {27, "KDC_ERR_MUST_USE_USER2USER"},
    {28, "KDC_ERR_PATH_NOT_ACCEPTED"},
    {29, "KDC_ERR_SVC_UNAVAILABLE"},
    {37, "KRB_AP_ERR_SKEW"},
    {39, "KRB_AP_ERR_BADVERSION"},
    {40, "KRB_AP_ERR_MSG_TYPE"},
    {52, "KRB_ERR_RESPONSE_TOO_BIG"},
    {60, "KRB_ERR_GENERIC"},
    {61, "KRB_ERR_FIELD_TOOLONG"},
    {68, "KDC_ERR_WRONG_REALM"},
};

/* RFC 4120 section 7.5.2, RFC 4556, RFC 6113, RFC 8070. */
static const struct name preauthentications[] = {
    {2, "encrypted timestamp"},      {11, "ETYPE-INFO"}, {14, "PKINIT (old)"},
    {15, "PKINIT (Windows 2000)"},   {16, "PKINIT"},     {17, "PKINIT reply"},
    {PA_ETYPE_INFO2, "ETYPE-INFO2"}, {133, "FX-COOKIE"}, {136, "FX-FAST"},
    {138, "encrypted challenge"},    {147, "PKINIT-KX"}, {149, "REQ-ENC-PA-REP"},
    {150, "PKINIT freshness"},       {151, "SPAKE"},     {655, "PA-SVR-REFERRAL"},
};

/* RFC 3961 section 8, RFC 3962, RFC 4757, RFC 8009. */
static const struct name encryptions[] = {
    {1, "des-cbc-crc"},
    {3, "des-cbc-md5"},
    {16, "des3-cbc-sha1"},
    {17, "aes128-cts-hmac-sha1-96"},
    {18, "aes256-cts-hmac-sha1-96"},
    {19, "aes128-cts-hmac-sha256-128"},
    {20, "aes256-cts-hmac-sha384-192"},
    {23, "rc4-hmac"},
    {24, "rc4-hmac-exp"},
};

static const uint8_t offered[] = {20, 19, 18, 17, 23};

static void add_name(struct talk *talk, enum field field, const struct name *names, size_t count,
                     int64_t number)
{
    for (size_t i = 0; i < count; i++) {
        if (names[i].number == number) {
            answer_add_string(&talk->answer, &fields[field], names[i].name);
            return;
        }
    }
    answer_addf(&talk->answer, &fields[field], "%lld", (long long)number);
}

#define ADD_NAME(talk, field, table, number)                                                       \
    add_name((talk), (field), (table), sizeof(table) / sizeof((table)[0]), (number))

/*
 * The realm is not known before the server has told it. What lies behind the
 * first dot of its name is the best guess; a wrong one gives an error all the
 * same.
 */
static const char *guess_domain(const struct protocol_target *target)
{
    const char *dot = strchr(target->host, '.');

    return target->host_is_address || dot == NULL || dot[1] == '\0' ? "portledger.invalid"
                                                                    : dot + 1;
}

/* Realms of domains are their names in capitals (RFC 4120 section 6.1). */
static void write_realm(char realm[REALM_MOST + 1], const char *domain)
{
    static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t size = 0;

    for (; *domain != '\0' && size < REALM_MOST; domain++) {
        if (*domain >= 'a' && *domain <= 'z') {
            realm[size++] = upper[*domain - 'a'];
        } else if (*domain > ' ' && *domain < 0x7f) {
            realm[size++] = *domain;
        }
    }
    size -= size > 0 && realm[size - 1] == '.' ? 1 : 0;
    realm[size] = '\0';
}

/* RFC 4120 section 5.2.2. */
static void write_principal(struct byte_writer *out, uint8_t tag, int kind, const char *first,
                            const char *second)
{
    size_t outer = ber_begin(out, tag);
    size_t name = ber_begin(out, BER_SEQUENCE);
    size_t part = ber_begin(out, CONTEXT(0));

    ber_put_integer(out, BER_INTEGER, kind);
    ber_end(out, part);
    part = ber_begin(out, CONTEXT(1));
    {
        size_t list = ber_begin(out, BER_SEQUENCE);

        ber_put_text(out, BER_GENERAL_STRING, first);
        if (second != NULL) {
            ber_put_text(out, BER_GENERAL_STRING, second);
        }
        ber_end(out, list);
    }
    ber_end(out, part);
    ber_end(out, name);
    ber_end(out, outer);
}

/* A value of that tag in [number]. */
static void write_text(struct byte_writer *out, uint8_t number, uint8_t tag, const char *text)
{
    size_t part = ber_begin(out, CONTEXT(number));

    ber_put_text(out, tag, text);
    ber_end(out, part);
}

static void write_integer(struct byte_writer *out, uint8_t number, int64_t value)
{
    size_t part = ber_begin(out, CONTEXT(number));

    ber_put_integer(out, BER_INTEGER, value);
    ber_end(out, part);
}

static int64_t nonce_of(const struct protocol_target *target)
{
    struct byte_reader random = byte_reader_of(target->random, 4);

    return byte_reader_be32(&random) & 0x7fffffff;
}

static void write_body(struct byte_writer *out, const struct protocol_target *target)
{
    static const uint8_t no_options[] = {0, 0, 0, 0, 0}; /* no bit unused, 32 bits of 0 */
    char realm[REALM_MOST + 1];
    size_t body = ber_begin(out, BER_SEQUENCE);
    size_t part = ber_begin(out, CONTEXT(0));

    write_realm(realm, guess_domain(target));
    ber_put(out, BER_BITS, no_options, sizeof(no_options));
    ber_end(out, part);
    write_principal(out, CONTEXT(1), NAME_PRINCIPAL, "portledger-probe", NULL);
    write_text(out, 2, BER_GENERAL_STRING, realm);
    write_principal(out, CONTEXT(3), NAME_SERVICE, "krbtgt", realm);
    write_text(out, 5, BER_GENERALIZED_TIME, "20370913024805Z");
    write_integer(out, 7, nonce_of(target));
    part = ber_begin(out, CONTEXT(8));
    {
        size_t list = ber_begin(out, BER_SEQUENCE);

        for (size_t i = 0; i < sizeof(offered); i++) {
            ber_put_integer(out, BER_INTEGER, offered[i]);
        }
        ber_end(out, list);
    }
    ber_end(out, part);
    ber_end(out, body);
}

static void begin(struct talk *talk)
{
    struct byte_writer *out = &talk->out;
    bool has_length = talk->target->transport == PROBE_TCP;
    size_t message;
    size_t request;
    size_t part;

    if (has_length) {
        byte_writer_zeros(out, LENGTH_SIZE);
    }
    message = ber_begin(out, APPLICATION(AS_REQ));
    request = ber_begin(out, BER_SEQUENCE);
    write_integer(out, 1, VERSION_5);
    write_integer(out, 2, AS_REQ);
    part = ber_begin(out, CONTEXT(4));
    write_body(out, talk->target);
    ber_end(out, part);
    ber_end(out, request);
    ber_end(out, message);
    if (has_length) {
        byte_writer_set_be32(out, 0, (uint32_t)(out->size - LENGTH_SIZE));
    }
}

/* ETYPE-INFO2 (RFC 4120 section 5.2.7.5). */
static void read_encryptions(struct talk *talk, struct ber_element value)
{
    struct byte_reader reader = byte_reader_of(value.bytes, value.size);
    struct byte_reader list = ber_enter(&reader, BER_SEQUENCE);

    while (byte_reader_left(&list) > 0) {
        struct byte_reader entry = ber_enter(&list, BER_SEQUENCE);
        struct byte_reader number = ber_enter(&entry, CONTEXT(0));
        int64_t kind = ber_integer(&number, BER_INTEGER);

        if (!number.short_of) {
            ADD_NAME(talk, ENCRYPTION, encryptions, kind);
        }
    }
}

/* METHOD-DATA (RFC 4120 section 5.9.1): what a client would have to send. */
static void read_methods(struct talk *talk, struct byte_reader data)
{
    struct ber_element octets = ber_take(&data, BER_OCTETS);
    struct byte_reader reader = byte_reader_of(octets.bytes, octets.size);
    struct byte_reader list = ber_enter(&reader, BER_SEQUENCE);

    while (byte_reader_left(&list) > 0) {
        struct byte_reader method = ber_enter(&list, BER_SEQUENCE);
        struct byte_reader number = ber_enter(&method, CONTEXT(1));
        struct byte_reader value = ber_enter(&method, CONTEXT(2));
        int64_t kind = ber_integer(&number, BER_INTEGER);
        struct ber_element content = ber_take(&value, BER_OCTETS);

        if (number.short_of) {
            break;
        }
        ADD_NAME(talk, PREAUTHENTICATION, preauthentications, kind);
        if (kind == PA_ETYPE_INFO2) {
            read_encryptions(talk, content);
        }
    }
}

/* What is kept of a KRB-ERROR until its code is known; numbers are those of its fields. */
struct krb_error {
    int64_t time;                    /* 4; ms */
    int64_t micros;                  /* 5 */
    int64_t code;                    /* 6 */
    struct ber_element client_realm; /* 7 */
    struct ber_element realm;        /* 9 */
    struct ber_element text;         /* 11 */
    struct byte_reader data;         /* 12; an OCTET STRING is in it */
    bool has_time;
    bool has_code;
};

static void take_part(struct krb_error *error, uint8_t tag, struct byte_reader part)
{
    struct ber_element element = {0};

    switch (tag) {
    case CONTEXT(4):
        element = ber_take(&part, BER_GENERALIZED_TIME);
        error->has_time =
            !part.short_of && ber_read_time(element.bytes, element.size, &error->time);
        break;
    case CONTEXT(5):
        error->micros = ber_integer(&part, BER_INTEGER);
        break;
    case CONTEXT(6):
        error->code = ber_integer(&part, BER_INTEGER);
        error->has_code = !part.short_of;
        break;
    case CONTEXT(7):
        error->client_realm = ber_take(&part, BER_GENERAL_STRING);
        break;
    case CONTEXT(9):
        error->realm = ber_take(&part, BER_GENERAL_STRING);
        break;
    case CONTEXT(11):
        error->text = ber_take(&part, BER_GENERAL_STRING);
        break;
    case CONTEXT(12):
        error->data = part;
        break;
    default:
        break;
    }
}

static bool is_same(struct ber_element a, struct ber_element b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.bytes, b.bytes, a.size) == 0);
}

static void add_text(struct talk *talk, enum field field, struct ber_element text)
{
    if (text.size > 0) {
        answer_add_text(&talk->answer, &fields[field], text.bytes, text.size);
    }
}

static void tell_error(struct talk *talk, const struct krb_error *error)
{
    bool has_micros = error->micros >= 0 && error->micros < 1000000;

    ADD_NAME(talk, ERROR, errors, error->code);
    answer_add_number(&talk->answer, &fields[ERROR_CODE], error->code);
    add_text(talk, REALM, error->realm);
    if (!is_same(error->client_realm, error->realm)) {
        add_text(talk, CLIENT_REALM, error->client_realm);
    }
    if (error->has_time) {
        answer_add_number(&talk->answer, &fields[SERVER_TIME],
                          error->time + (has_micros ? error->micros / 1000 : 0));
    }
    add_text(talk, TEXT, error->text);
    if (error->code == PREAUTH_REQUIRED) {
        read_methods(talk, error->data);
    }
}

static enum protocol_next read_error(struct talk *talk, struct byte_reader message)
{
    struct byte_reader parts = ber_enter(&message, APPLICATION(KRB_ERROR));
    struct krb_error error = {0};
    struct ber_element element;

    parts = ber_enter(&parts, BER_SEQUENCE);
    while (ber_next(&parts, &element)) {
        take_part(&error, element.tag, byte_reader_of(element.bytes, element.size));
    }
    if (!error.has_code) {
        return talk_wrong(talk, "a Kerberos error that cannot be read");
    }
    talk->is_partial = parts.short_of;
    tell_error(talk, &error);
    return PROTOCOL_ANSWERED;
}

/* A ticket for somebody who was made up: it is told, and thrown away. */
static enum protocol_next read_ticket(struct talk *talk, struct byte_reader message)
{
    struct byte_reader parts = ber_enter(&message, APPLICATION(AS_REP));
    struct ber_element element;

    parts = ber_enter(&parts, BER_SEQUENCE);
    while (ber_next(&parts, &element)) {
        struct byte_reader part = byte_reader_of(element.bytes, element.size);

        if (element.tag == CONTEXT(3) && answer_find(&talk->answer, "realm") == NULL) {
            add_text(talk, REALM, ber_take(&part, BER_GENERAL_STRING));
        }
    }
    talk_say(talk, "the server gave a ticket to a client that was made up");
    talk->is_partial = parts.short_of;
    return PROTOCOL_ANSWERED;
}

static enum protocol_next datagram(struct talk *talk, const uint8_t *bytes, size_t size)
{
    struct byte_reader message = byte_reader_of(bytes, size);

    switch (ber_peek(&message)) {
    case APPLICATION(KRB_ERROR):
        return read_error(talk, message);
    case APPLICATION(AS_REP):
        return read_ticket(talk, message);
    default:
        return stranger_said(talk, "Kerberos", bytes, size);
    }
}

/* RFC 4120 section 7.2.2. */
static enum protocol_next stream(struct talk *talk, const uint8_t *bytes, size_t size, bool ended,
                                 size_t *used)
{
    struct byte_reader reader = byte_reader_of(bytes, size);
    size_t length = byte_reader_be32(&reader);

    (void)ended;
    if ((size > 0 && bytes[0] != 0) || length > MESSAGE_MOST) {
        return stranger_said(talk, "Kerberos", bytes, size);
    }
    if (reader.short_of || byte_reader_left(&reader) < length) {
        return PROTOCOL_WAIT;
    }
    *used = LENGTH_SIZE + length;
    return datagram(talk, bytes + LENGTH_SIZE, length);
}

static const struct protocol_port ports[] = {{88, PROBE_UDP}, {88, PROBE_TCP}, {0, 0}};
static const char *const services[] = {"kerberos", "kerberos-sec", "krb5", "kerberos5", NULL};

const struct protocol protocol_kerberos = {
    .name = "kerberos",
    .title = "Kerberos: the error for a client that nobody knows",
    .source = "RFC 4120 sections 5.4.1, 5.9.1 and 7.2",
    .ports = ports,
    .services = services,
    .side_effect = "the server logs a failed request of the client portledger-probe",
    .fields = fields,
    .field_count = FIELD_COUNT,
    .begin = begin,
    .stream = stream,
    .datagram = datagram,
};
