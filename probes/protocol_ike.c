/* SPDX-License-Identifier: MIT */

/*
 * IKE: the first message of an IPsec connection, in version 2 (RFC 7296
 * sections 1.2 and 3) or 1 (main mode: RFC 2408 section 3, RFC 2409 section 5).
 * Both versions have the same header and the same chain of payloads.
 */

#include <string.h>

#include "base/text.h"
#include "probes/protocol_list.h"
#include "probes/value_name.h"

enum {
    SPI_SIZE = 8,
    HEADER_SIZE = 28,
    NAT_PORT = 4500,
    MARKER_SIZE = 4, /* on that port zeros come first (RFC 3948 section 2.2) */
    GROUP = 14,      /* MODP-2048 */
    PUBLIC_SIZE = 256,
    NONCE_SIZE = 32,
    VERSION_1 = 0x10,
    VERSION_2 = 0x20,
    FLAG_INITIATOR = 0x08,
    FLAG_RESPONSE = 0x20,
    MAIN_MODE = 2,
    SA_INIT = 34,
    PAYLOADS_MOST = 64,
};

/* Payloads: those of version 1 are below 32, those of version 2 above. */
enum {
    SA_1 = 1,
    NOTIFY_1 = 11,
    VENDOR_1 = 13,
    SA_2 = 33,
    KE_2 = 34,
    NONCE_2 = 40,
    NOTIFY_2 = 41,
    VENDOR_2 = 43,
};

enum {
    VERSION,
    EXCHANGE,
    ENCRYPTION,
    KEY_LENGTH,
    PRF,
    INTEGRITY,
    HASH,
    AUTHENTICATION,
    DH_GROUP,
    NOTIFY,
    VENDOR_IDS,
    FIELD_COUNT,
};

static const struct answer_field fields[FIELD_COUNT] = {
    [VERSION] = {.name = "version",
                 .help = "Version of IKE that the server replied in",
                 .telling = true,
                 .label = "IKE"},
    [EXCHANGE] = {.name = "exchange",
                  .help = "What it takes part in: IKE_SA_INIT, main mode",
                  .telling = true},
    [ENCRYPTION] = {.name = "encryption",
                    .help = "Cipher that it chose",
                    .many = true,
                    .telling = true},
    [KEY_LENGTH] = {.name = "key_length",
                    .type = ANSWER_NUMBER,
                    .unit = "bits",
                    .help = "Length of the cipher's key",
                    .many = true},
    [PRF] = {.name = "prf", .help = "Pseudo-random function that it chose", .many = true},
    [INTEGRITY] = {.name = "integrity", .help = "Integrity check that it chose", .many = true},
    [HASH] = {.name = "hash", .help = "Hash that it chose (version 1)", .many = true},
    [AUTHENTICATION] = {.name = "authentication",
                        .help = "How it wants to be sure who we are (version 1)",
                        .many = true},
    [DH_GROUP] = {.name = "dh_group",
                  .help = "Diffie-Hellman group that it chose",
                  .many = true,
                  .telling = true},
    [NOTIFY] = {.name = "notify",
                .help = "What it notes or complains about",
                .many = true,
                .telling = true},
    [VENDOR_IDS] = {.name = "vendor_ids",
                    .help = "Programs and extensions, by name where known",
                    .many = true},
};

static const struct value_name exchanges[] = {
    {MAIN_MODE, "main mode"}, {4, "aggressive mode"}, {5, "informational"},
    {SA_INIT, "IKE_SA_INIT"}, {37, "INFORMATIONAL"},  {0, NULL},
};

/* IANA, "Internet Key Exchange Version 2 Parameters". */
static const struct value_name encryptions_2[] = {
    {3, "3DES"},        {11, "NULL"},       {12, "AES-CBC"},      {13, "AES-CTR"},
    {14, "AES-CCM-8"},  {15, "AES-CCM-12"}, {16, "AES-CCM-16"},   {18, "AES-GCM-8"},
    {19, "AES-GCM-12"}, {20, "AES-GCM-16"}, {23, "CAMELLIA-CBC"}, {28, "ChaCha20-Poly1305"},
    {0, NULL},
};
static const struct value_name prfs[] = {
    {1, "HMAC-MD5"},      {2, "HMAC-SHA1"},     {4, "AES128-XCBC"}, {5, "HMAC-SHA2-256"},
    {6, "HMAC-SHA2-384"}, {7, "HMAC-SHA2-512"}, {0, NULL},
};
static const struct value_name integrities[] = {
    {0, "NONE"},
    {1, "HMAC-MD5-96"},
    {2, "HMAC-SHA1-96"},
    {5, "AES-XCBC-96"},
    {12, "HMAC-SHA2-256-128"},
    {13, "HMAC-SHA2-384-192"},
    {14, "HMAC-SHA2-512-256"},
    {0, NULL},
};
static const struct value_name groups[] = {
    {1, "MODP-768"},   {2, "MODP-1024"},   {5, "MODP-1536"},  {14, "MODP-2048"}, {15, "MODP-3072"},
    {16, "MODP-4096"}, {17, "MODP-6144"},  {18, "MODP-8192"}, {19, "ECP-256"},   {20, "ECP-384"},
    {21, "ECP-521"},   {31, "Curve25519"}, {32, "Curve448"},  {0, NULL},
};

/* RFC 2409 appendix A, and IANA, "Internet Key Exchange (IKE) Attributes". */
static const struct value_name encryptions_1[] = {
    {1, "DES-CBC"}, {3, "Blowfish-CBC"}, {5, "3DES-CBC"}, {6, "CAST-CBC"},
    {7, "AES-CBC"}, {8, "CAMELLIA-CBC"}, {0, NULL},
};
static const struct value_name hashes[] = {
    {1, "MD5"}, {2, "SHA1"}, {4, "SHA2-256"}, {5, "SHA2-384"}, {6, "SHA2-512"}, {0, NULL},
};
static const struct value_name authentications[] = {
    {1, "pre-shared key"},
    {2, "DSS signature"},
    {3, "RSA signature"},
    {4, "RSA encryption"},
    {65001, "XAUTH pre-shared key"},
    {65005, "XAUTH RSA signature"},
    {0, NULL},
};

/* RFC 7296 section 3.10.1; the numbers below 32 mean the same in version 1 (RFC 2408 section
 * 3.14.1), but for 17, which is not sent there by a server that was asked for no key. */
static const struct value_name notifies[] = {
    {1, "UNSUPPORTED_CRITICAL_PAYLOAD"},
    {4, "INVALID_IKE_SPI"},
    {5, "INVALID_MAJOR_VERSION"},
    {7, "INVALID_SYNTAX"},
    {9, "INVALID_MESSAGE_ID"},
    {11, "INVALID_SPI"},
    {14, "NO_PROPOSAL_CHOSEN"},
    {16, "PAYLOAD_MALFORMED"},
    {17, "INVALID_KE_PAYLOAD"},
    {24, "AUTHENTICATION_FAILED"},
    {16388, "NAT_DETECTION_SOURCE_IP"},
    {16389, "NAT_DETECTION_DESTINATION_IP"},
    {16390, "COOKIE"},
    {16404, "MULTIPLE_AUTH_SUPPORTED"},
    {16406, "REDIRECT_SUPPORTED"},
    {16407, "REDIRECT"},
    {16418, "CHILDLESS_IKEV2_SUPPORTED"},
    {16430, "IKEV2_FRAGMENTATION_SUPPORTED"},
    {16431, "SIGNATURE_HASH_ALGORITHMS"},
    {0, NULL},
};

/* How the known ones begin; versions may follow. */
static const struct {
    uint8_t size;
    uint8_t bytes[16];
    const char *name;
} vendors[] = {
    {14,
     {0xaf, 0xca, 0xd7, 0x13, 0x68, 0xa1, 0xf1, 0xc9, 0x6b, 0x86, 0x96, 0xfc, 0x77, 0x57},
     "dead peer detection (RFC 3706)"},
    {8, {0x09, 0x00, 0x26, 0x89, 0xdf, 0xd6, 0xb7, 0x12}, "XAUTH"},
    {16,
     {0x4a, 0x13, 0x1c, 0x81, 0x07, 0x03, 0x58, 0x45, 0x5c, 0x57, 0x28, 0xf2, 0x0e, 0x95, 0x45,
      0x2f},
     "NAT traversal (RFC 3947)"},
    {16,
     {0x90, 0xcb, 0x80, 0x91, 0x3e, 0xbb, 0x69, 0x6e, 0x08, 0x63, 0x81, 0xb5, 0xec, 0x42, 0x7b,
      0x1f},
     "NAT traversal, draft 02"},
    {16,
     {0x7d, 0x94, 0x19, 0xa6, 0x53, 0x10, 0xca, 0x6f, 0x2c, 0x17, 0x9d, 0x92, 0x15, 0x52, 0x9d,
      0x56},
     "NAT traversal, draft 03"},
    {16,
     {0x40, 0x48, 0xb7, 0xd5, 0x6e, 0xbc, 0xe8, 0x85, 0x25, 0xe7, 0xde, 0x7f, 0x00, 0xd6, 0xc2,
      0xd3},
     "IKE fragmentation"},
    {16,
     {0x1e, 0x2b, 0x51, 0x69, 0x05, 0x99, 0x1c, 0x7d, 0x7c, 0x96, 0xfc, 0xbf, 0xb5, 0x87, 0xe4,
      0x61},
     "Windows"}, /* MS-IKEE section 1.7: a version follows */
    {14,
     {0x12, 0xf5, 0xf2, 0x8c, 0x45, 0x71, 0x68, 0xa9, 0x70, 0x2d, 0x9f, 0xe2, 0x74, 0xcc},
     "Cisco Unity"},
    {16,
     {0xfb, 0x1d, 0xe3, 0xcd, 0xf3, 0x41, 0xb7, 0xea, 0x16, 0xb7, 0xe5, 0xbe, 0x08, 0x55, 0xf1,
      0x20},
     "MS-Negotiation Discovery Capable"},
    {16,
     {0x26, 0x24, 0x4d, 0x38, 0xed, 0xdb, 0x61, 0xb3, 0x17, 0x2a, 0x36, 0xe3, 0xd0, 0xcf, 0xb8,
      0x19},
     "Vid-Initial-Contact"},
    {16,
     {0x88, 0x2f, 0xe5, 0x6d, 0x6f, 0xd2, 0x0d, 0xbc, 0x22, 0x51, 0x61, 0x3b, 0x2e, 0xbe, 0x5b,
      0xeb},
     "strongSwan"},
};

static const uint8_t *our_spi(const struct talk *talk)
{
    return talk->target->random + 2;
}

static size_t begin_message(struct talk *talk, uint8_t payload, uint8_t version, uint8_t exchange,
                            uint8_t flags)
{
    struct byte_writer *out = &talk->out;
    size_t begin;

    byte_writer_zeros(out, talk->target->port == NAT_PORT ? MARKER_SIZE : 0);
    begin = out->size;
    byte_writer_add(out, our_spi(talk), SPI_SIZE);
    byte_writer_zeros(out, SPI_SIZE);
    byte_writer_u8(out, payload);
    byte_writer_u8(out, version);
    byte_writer_u8(out, exchange);
    byte_writer_u8(out, flags);
    byte_writer_be32(out, 0);
    byte_writer_be32(out, 0);
    return begin;
}

static void end_message(struct byte_writer *out, size_t begin)
{
    byte_writer_set_be32(out, begin + 24, (uint32_t)(out->size - begin));
}

/* Payloads, proposals and transforms: what is next, and a length that is set at the end. */
static size_t begin_part(struct byte_writer *out, uint8_t next)
{
    byte_writer_u8(out, next);
    byte_writer_u8(out, 0);
    byte_writer_be16(out, 0);
    return out->size - 4;
}

static void end_part(struct byte_writer *out, size_t begin)
{
    byte_writer_set_be16(out, begin + 2, (uint16_t)(out->size - begin));
}

/* Transforms that servers of the last twenty years can choose from. */
static const struct offer {
    uint8_t type; /* of version 2: 1 encryption, 2 PRF, 3 integrity, 4 group */
    uint16_t id;
    uint16_t key_length;
} offers[] = {
    {1, 12, 256}, {1, 12, 128}, {1, 3, 0},  {2, 5, 0},  {2, 2, 0},
    {3, 12, 0},   {3, 2, 0},    {4, 14, 0}, {4, 19, 0}, {4, 2, 0},
};

enum { OFFER_COUNT = sizeof(offers) / sizeof(offers[0]), KEY_LENGTH_2 = 14 };

static void put_offers(struct byte_writer *out)
{
    size_t proposal = begin_part(out, 0);

    byte_writer_u8(out, 1);
    byte_writer_u8(out, 1); /* IKE */
    byte_writer_u8(out, 0);
    byte_writer_u8(out, OFFER_COUNT);
    for (size_t i = 0; i < OFFER_COUNT; i++) {
        size_t transform = begin_part(out, i + 1 < OFFER_COUNT ? 3 : 0);

        byte_writer_u8(out, offers[i].type);
        byte_writer_u8(out, 0);
        byte_writer_be16(out, offers[i].id);
        if (offers[i].key_length > 0) {
            byte_writer_be16(out, 0x8000 | KEY_LENGTH_2);
            byte_writer_be16(out, offers[i].key_length);
        }
        end_part(out, transform);
    }
    end_part(out, proposal);
}

/* The public value need not be one whose secret we know: nothing is done with it. */
static void begin_2(struct talk *talk)
{
    struct byte_writer *out = &talk->out;
    size_t message = begin_message(talk, SA_2, VERSION_2, SA_INIT, FLAG_INITIATOR);
    size_t part = begin_part(out, KE_2);

    put_offers(out);
    end_part(out, part);
    part = begin_part(out, NONCE_2);
    byte_writer_be16(out, GROUP);
    byte_writer_be16(out, 0);
    byte_writer_u8(out, 0x01); /* below the prime, whose first byte is 255 */
    for (size_t i = 1; i < PUBLIC_SIZE; i++) {
        byte_writer_u8(out, talk->target->random[i % sizeof(talk->target->random)]);
    }
    end_part(out, part);
    part = begin_part(out, 0);
    byte_writer_add(out, talk->target->random + 32, NONCE_SIZE);
    end_part(out, part);
    end_message(out, message);
}

/* Attributes of version 1: 1 cipher, 2 hash, 3 authentication, 4 group, 11 and 12 life time, 14 key
 * length. */
static const struct {
    uint16_t cipher, key_length, hash, authentication, group;
} offers_1[] = {
    {7, 256, 2, 1, 14}, {7, 256, 4, 1, 14}, {7, 256, 2, 3, 14}, {7, 128, 2, 1, 2},
    {7, 128, 2, 3, 2},  {5, 0, 2, 1, 2},    {5, 0, 2, 3, 2},
};

enum { OFFER_1_COUNT = sizeof(offers_1) / sizeof(offers_1[0]) };

static void put_attribute(struct byte_writer *out, uint16_t type, uint16_t value)
{
    byte_writer_be16(out, 0x8000 | type);
    byte_writer_be16(out, value);
}

static void begin_1(struct talk *talk)
{
    struct byte_writer *out = &talk->out;
    size_t message = begin_message(talk, SA_1, VERSION_1, MAIN_MODE, 0);
    size_t association = begin_part(out, 0);
    size_t proposal;

    byte_writer_be32(out, 1); /* IPsec */
    byte_writer_be32(out, 1); /* identities alone */
    proposal = begin_part(out, 0);
    byte_writer_be32(out, 0x01010000 | OFFER_1_COUNT);
    for (size_t i = 0; i < OFFER_1_COUNT; i++) {
        size_t transform = begin_part(out, i + 1 < OFFER_1_COUNT ? 3 : 0);

        byte_writer_u8(out, (uint8_t)(i + 1));
        byte_writer_u8(out, 1); /* KEY_IKE */
        byte_writer_be16(out, 0);
        put_attribute(out, 1, offers_1[i].cipher);
        if (offers_1[i].key_length > 0) {
            put_attribute(out, 14, offers_1[i].key_length);
        }
        put_attribute(out, 2, offers_1[i].hash);
        put_attribute(out, 3, offers_1[i].authentication);
        put_attribute(out, 4, offers_1[i].group);
        put_attribute(out, 11, 1);
        put_attribute(out, 12, 28800);
        end_part(out, transform);
    }
    end_part(out, proposal);
    end_part(out, association);
    end_message(out, message);
}

/* What the type of a transform, or of an attribute, is shown as. */
struct meaning {
    uint16_t type;
    int field;
    const struct value_name *names; /* NULL: the number itself */
};

static const struct meaning transforms_2[] = {
    {1, ENCRYPTION, encryptions_2}, {2, PRF, prfs}, {3, INTEGRITY, integrities},
    {4, DH_GROUP, groups},          {0, 0, NULL},
};
static const struct meaning attributes_1[] = {
    {1, ENCRYPTION, encryptions_1}, {2, HASH, hashes},      {3, AUTHENTICATION, authentications},
    {4, DH_GROUP, groups},          {14, KEY_LENGTH, NULL}, {0, 0, NULL},
};
static const struct meaning attributes_2[] = {{KEY_LENGTH_2, KEY_LENGTH, NULL}, {0, 0, NULL}};

static void add_meaning(struct answer *answer, const struct meaning *meanings, uint16_t type,
                        uint16_t value)
{
    for (; meanings->type != 0; meanings++) {
        if (meanings->type == type && meanings->names == NULL) {
            answer_add_number(answer, &fields[meanings->field], value);
        } else if (meanings->type == type) {
            value_name_add(answer, &fields[meanings->field], meanings->names, value);
        }
    }
}

/* RFC 7296 section 3.3.5; long ones are of no interest. */
static void read_attributes(struct answer *answer, const struct meaning *meanings,
                            struct byte_reader *reader)
{
    while (byte_reader_left(reader) > 0) {
        uint16_t type = byte_reader_be16(reader);
        uint16_t value = byte_reader_be16(reader);

        if ((type & 0x8000) == 0) {
            byte_reader_skip(reader, value);
        } else if (!reader->short_of) {
            add_meaning(answer, meanings, type & 0x7fff, value);
        }
    }
}

/* A part's next byte and the part itself; short where its length does not fit. */
static struct byte_reader read_part(struct byte_reader *reader, uint8_t *next)
{
    uint16_t length;

    *next = byte_reader_u8(reader);
    byte_reader_skip(reader, 1);
    length = byte_reader_be16(reader);
    if (length < 4) {
        reader->short_of = true;
    }
    return byte_reader_part(reader, length < 4 ? 0 : length - 4U);
}

static void read_transform(struct answer *answer, struct byte_reader *transform, bool is_2)
{
    uint8_t type = byte_reader_u8(transform);
    uint16_t id;

    byte_reader_skip(transform, 1);
    id = byte_reader_be16(transform);
    if (is_2 && !transform->short_of) {
        add_meaning(answer, transforms_2, type, id);
    }
    read_attributes(answer, is_2 ? attributes_2 : attributes_1, transform);
}

/* False where it is not whole. */
static bool read_association(struct answer *answer, struct byte_reader *reader, bool is_2)
{
    struct byte_reader proposal;
    uint8_t next;
    uint8_t spi;

    byte_reader_skip(reader, is_2 ? 0 : 8);
    proposal = read_part(reader, &next);
    byte_reader_skip(&proposal, 2);
    spi = byte_reader_u8(&proposal);
    byte_reader_skip(&proposal, 1U + spi);
    while (byte_reader_left(&proposal) > 0) {
        struct byte_reader transform = read_part(&proposal, &next);

        read_transform(answer, &transform, is_2);
        proposal.short_of = proposal.short_of || transform.short_of;
    }
    return !proposal.short_of;
}

static bool read_notify(struct answer *answer, struct byte_reader *reader, bool is_2)
{
    uint16_t type;

    byte_reader_skip(reader, is_2 ? 2 : 6);
    type = byte_reader_be16(reader);
    if (reader->short_of) {
        return false;
    }
    value_name_add(answer, &fields[NOTIFY], notifies, type);
    return true;
}

static void add_vendor(struct answer *answer, struct byte_reader *reader)
{
    size_t size = byte_reader_left(reader);
    const uint8_t *bytes = byte_reader_take(reader, size);

    for (size_t i = 0; i < sizeof(vendors) / sizeof(vendors[0]); i++) {
        if (size >= vendors[i].size && memcmp(bytes, vendors[i].bytes, vendors[i].size) == 0) {
            answer_add_string(answer, &fields[VENDOR_IDS], vendors[i].name);
            return;
        }
    }
    answer_add_hex(answer, &fields[VENDOR_IDS], bytes, size);
}

/* False where it is not whole. */
static bool read_payload(struct answer *answer, uint8_t kind, struct byte_reader *body)
{
    switch (kind) {
    case SA_1:
    case SA_2:
        return read_association(answer, body, kind == SA_2);
    case NOTIFY_1:
    case NOTIFY_2:
        return read_notify(answer, body, kind == NOTIFY_2);
    case VENDOR_1:
    case VENDOR_2:
        if (!body->short_of) {
            add_vendor(answer, body);
        }
        return !body->short_of;
    default:
        return !body->short_of;
    }
}

static enum protocol_next read_payloads(struct talk *talk, uint8_t kind, struct byte_reader *reader)
{
    bool is_whole = true;

    for (int i = 0; kind != 0 && is_whole && i < PAYLOADS_MOST; i++) {
        uint8_t next;
        struct byte_reader body = read_part(reader, &next);

        is_whole = !reader->short_of && read_payload(&talk->answer, kind, &body);
        kind = next;
    }
    if (!is_whole || kind != 0) {
        talk->is_partial = true;
        talk_say(talk, "the payloads are not whole");
    }
    return PROTOCOL_ANSWERED;
}

/* What comes back as it was sent is no reply. Version 2 has a flag (RFC 7296 section 3.1); in
 * version 1 the responder has put a cookie of its own into all but a notice (RFC 2408 section
 * 2.5.3). */
static bool is_reply(uint8_t version, uint8_t exchange, uint8_t flags, const uint8_t *responder)
{
    static const uint8_t none[SPI_SIZE];

    if (version >> 4 != 1) {
        return (flags & FLAG_RESPONSE) != 0;
    }
    return exchange != MAIN_MODE || memcmp(responder, none, SPI_SIZE) != 0;
}

static enum protocol_next datagram(struct talk *talk, const uint8_t *bytes, size_t size)
{
    struct byte_reader reader = byte_reader_of(bytes, size);
    const uint8_t *spi;
    const uint8_t *responder;
    uint8_t payload;
    uint8_t version;
    uint8_t exchange;
    uint8_t flags;

    byte_reader_skip(&reader, talk->target->port == NAT_PORT ? MARKER_SIZE : 0);
    spi = byte_reader_take(&reader, SPI_SIZE);
    responder = byte_reader_take(&reader, SPI_SIZE);
    payload = byte_reader_u8(&reader);
    version = byte_reader_u8(&reader);
    exchange = byte_reader_u8(&reader);
    flags = byte_reader_u8(&reader);
    byte_reader_skip(&reader, 8);
    if (reader.short_of || (version >> 4 != 1 && version >> 4 != 2)) {
        return talk_wrong(talk, "not IKE: a datagram of %zu bytes", size);
    }
    if (memcmp(spi, our_spi(talk), SPI_SIZE) != 0) {
        return PROTOCOL_IGNORE;
    }
    if (!is_reply(version, exchange, flags, responder)) {
        return talk_wrong(talk, "not IKE: a request, as it was sent");
    }
    answer_addf(&talk->answer, &fields[VERSION], "%u.%u", version >> 4U, version & 0x0fU);
    value_name_add(&talk->answer, &fields[EXCHANGE], exchanges, exchange);
    return read_payloads(talk, payload, &reader);
}

const struct protocol protocol_ike = {
    .name = "ike",
    .title = "IKE 2: the first message of an IPsec connection",
    .source = "RFC 7296 sections 1.2 and 3",
    .ports = (const struct protocol_port[]){{500, PROBE_UDP}, {NAT_PORT, PROBE_UDP}, {0}},
    .services = (const char *const[]){"isakmp", "ipsec-nat-t", NULL},
    .source_port = 500,
    .fields = fields,
    .field_count = FIELD_COUNT,
    .begin = begin_2,
    .datagram = datagram,
};

/* For servers that know version 1 alone; found by its name, since the port is that of version 2. */
const struct protocol protocol_ike_v1 = {
    .name = "ike-v1",
    .title = "IKE 1: the first message of main mode",
    .source = "RFC 2408 section 3, RFC 2409 section 5",
    .ports = (const struct protocol_port[]){{500, PROBE_UDP}, {NAT_PORT, PROBE_UDP}, {0}},
    .services = (const char *const[]){NULL},
    .source_port = 500,
    .fields = fields,
    .field_count = FIELD_COUNT,
    .begin = begin_1,
    .datagram = datagram,
};
