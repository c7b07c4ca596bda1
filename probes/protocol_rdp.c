/* SPDX-License-Identifier: MIT */

/*
 * RDP: which security a server wants (MS-RDPBCGR 2.2.1.1 and 2.2.1.2, in X.224
 * over TPKT, RFC 1006). It is offered TLS and nothing better: only then one
 * that insists on NLA says so. With TLS chosen the session goes on into it, so
 * that its certificate is seen.
 */

#include <string.h>

#include "probes/protocol_list.h"
#include "probes/stranger.h"

enum {
    TPKT_VERSION = 3,
    TPKT_HEADER = 4,
    X224_CONFIRM = 0xd0,
    X224_CONFIRM_SIZE = 7, /* length included */
    PACKET_MOST = 1024,    /* a confirmation has 19 bytes */
    NEGOTIATION_SIZE = 8,
    NEGOTIATION_RESPONSE = 2,
    NEGOTIATION_FAILURE = 3,
    SECURITY_STANDARD = 0,
    SECURITY_TLS = 1,
    FAILURE_NLA_REQUIRED = 5,
};

enum field { SECURITY, NLA_REQUIRED, FAILURE, FLAG, FIELD_COUNT };

static const struct answer_field fields[FIELD_COUNT] = {
    [SECURITY] = {.name = "security",
                  .help = "Security that the server chose, of TLS and what is older",
                  .telling = true},
    [NLA_REQUIRED] = {.name = "nla_required",
                      .type = ANSWER_TRUTH,
                      .help = "The server wants a log-on before a session begins",
                      .telling = true},
    [FAILURE] = {.name = "failure", .help = "Why the server chose none", .telling = true},
    [FLAG] = {.name = "flag", .help = "What the server can do", .many = true},
};

struct name {
    uint32_t number;
    const char *name;
};

static const struct name securities[] = {
    {SECURITY_STANDARD, "standard RDP security"},
    {SECURITY_TLS, "TLS"},
    {2, "CredSSP"},
    {4, "RDSTLS"},
    {8, "CredSSP with early authorization"},
    {16, "RDS with Entra ID"},
};

/* MS-RDPBCGR 2.2.1.2.2. */
static const struct name failures[] = {
    {1, "SSL_REQUIRED_BY_SERVER"},
    {2, "SSL_NOT_ALLOWED_BY_SERVER"},
    {3, "SSL_CERT_NOT_ON_SERVER"},
    {4, "INCONSISTENT_FLAGS"},
    {FAILURE_NLA_REQUIRED, "HYBRID_REQUIRED_BY_SERVER"},
    {6, "SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER"},
};

/* MS-RDPBCGR 2.2.1.2.1. */
static const struct name flags[] = {
    {0x01, "extended client data"},
    {0x02, "graphics pipeline"},
    {0x08, "restricted admin mode"},
    {0x10, "redirected authentication"},
};

static void add_name(struct talk *talk, enum field field, const struct name *names, size_t count,
                     uint32_t number)
{
    for (size_t i = 0; i < count; i++) {
        if (names[i].number == number) {
            answer_add_string(&talk->answer, &fields[field], names[i].name);
            return;
        }
    }
    answer_addf(&talk->answer, &fields[field], "%u", number);
}

/* A connection request without cookie. */
static void begin(struct talk *talk)
{
    static const uint8_t request[] = {
        TPKT_VERSION,
        0,
        0,
        19, /* TPKT: 19 bytes */
        14,
        0xe0,
        0,
        0,
        0,
        0,
        0, /* X.224: 14 bytes follow, request, no references, class 0 */
        1,
        0,
        8,
        0,
        SECURITY_TLS,
        0,
        0,
        0, /* RDP_NEG_REQ: no flags, 8 bytes */
    };

    byte_writer_add(&talk->out, request, sizeof(request));
}

static void began_tls(struct talk *talk)
{
    talk->is_done = true;
}

static enum protocol_next read_choice(struct talk *talk, uint32_t chosen, uint8_t bits)
{
    add_name(talk, SECURITY, securities, sizeof(securities) / sizeof(securities[0]), chosen);
    answer_add_number(&talk->answer, &fields[NLA_REQUIRED], 0);
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if ((bits & flags[i].number) != 0) {
            answer_add_string(&talk->answer, &fields[FLAG], flags[i].name);
        }
    }
    talk->is_enough = true; /* whatever becomes of TLS behind it */
    return chosen == SECURITY_TLS ? PROTOCOL_TLS : PROTOCOL_ANSWERED;
}

static enum protocol_next read_failure(struct talk *talk, uint32_t code)
{
    add_name(talk, FAILURE, failures, sizeof(failures) / sizeof(failures[0]), code);
    if (code == FAILURE_NLA_REQUIRED) {
        answer_add_number(&talk->answer, &fields[NLA_REQUIRED], 1);
    }
    return PROTOCOL_ANSWERED;
}

/* RDP_NEG_RSP or RDP_NEG_FAILURE; a server from before both has nothing here. */
static enum protocol_next read_negotiation(struct talk *talk, struct byte_reader *packet)
{
    uint8_t kind;
    uint8_t bits;
    uint32_t number;

    if (byte_reader_left(packet) == 0) {
        return read_choice(talk, SECURITY_STANDARD, 0);
    }
    kind = byte_reader_u8(packet);
    bits = byte_reader_u8(packet);
    byte_reader_skip(packet, 2);
    number = byte_reader_le32(packet);
    if (packet->short_of || (kind != NEGOTIATION_RESPONSE && kind != NEGOTIATION_FAILURE)) {
        return talk_wrong(talk, "an RDP confirmation of another form");
    }
    return kind == NEGOTIATION_FAILURE ? read_failure(talk, number)
                                       : read_choice(talk, number, bits);
}

static enum protocol_next read_packet(struct talk *talk, struct byte_reader packet)
{
    uint8_t length = byte_reader_u8(&packet);
    uint8_t kind = byte_reader_u8(&packet);

    byte_reader_skip(&packet, X224_CONFIRM_SIZE - 2);
    if (packet.short_of || kind != X224_CONFIRM || length + 1U < X224_CONFIRM_SIZE) {
        return talk_wrong(talk, "TPKT, and no confirmation of RDP in it");
    }
    return read_negotiation(talk, &packet);
}

static enum protocol_next stream(struct talk *talk, const uint8_t *bytes, size_t size, bool ended,
                                 size_t *used)
{
    struct byte_reader reader = byte_reader_of(bytes, size);
    uint8_t version = byte_reader_u8(&reader);
    size_t length;

    (void)ended;
    byte_reader_skip(&reader, 1);
    length = byte_reader_be16(&reader);
    if ((size >= 1 && version != TPKT_VERSION) ||
        (size >= TPKT_HEADER && (length < TPKT_HEADER || length > PACKET_MOST))) {
        return stranger_said(talk, "RDP", bytes, size);
    }
    if (reader.short_of || size < length) {
        return PROTOCOL_WAIT;
    }
    *used = length;
    return read_packet(talk, byte_reader_part(&reader, length - TPKT_HEADER));
}

static const struct protocol_port ports[] = {{3389, PROBE_TCP}, {0, 0}};
static const char *const services[] = {"ms-wbt-server", "rdp", NULL};

const struct protocol protocol_rdp = {
    .name = "rdp",
    .title = "RDP: security",
    .source = "MS-RDPBCGR 2.2.1.1 and 2.2.1.2, RFC 1006",
    .ports = ports,
    .services = services,
    .fields = fields,
    .field_count = FIELD_COUNT,
    .begin = begin,
    .stream = stream,
    .began_tls = began_tls,
};
