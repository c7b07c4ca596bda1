/* SPDX-License-Identifier: MIT */

/*
 * IKE: the first message of an exchange of keys, and what is chosen, refused or
 * said in the reply. "ike" asks in version 2 (RFC 7296 sections 1.2, 2 and 3),
 * "ikev1" in main mode of version 1 (RFC 2408 section 3, RFC 2409 section 5,
 * RFC 2407 section 4.6). No key is ever agreed upon: the second message is
 * never sent.
 */

#include <string.h>

#include "probes/byte_reader.h"
#include "probes/protocol_list.h"
#include "probes/stranger.h"
#include "probes/value_name.h"

enum {
    SPI_SIZE = 8,
    HEADER_SIZE = 28,
    NONCE_SIZE = 32,
    SPI_AT = 2, /* in the random bytes */
    NONCE_AT = 10,
    KEY_SIZE = 256, /* of a public value of 2,048 bits */
    GROUP_MODP_2048 = 14,
    NAT_PORT = 4500, /* four bytes of zero part it there from ESP (RFC 3948 section 2.2) */
    NAT_MARKER_SIZE = 4,
};

/* RFC 7296 section 3.2, RFC 2408 section 3.1. */
enum payload {
    PAYLOAD_NONE = 0,
    V1_ASSOCIATION = 1,
    V1_NOTIFY = 11,
    V1_VENDOR = 13,
    V2_ASSOCIATION = 33,
    V2_KEY_EXCHANGE = 34,
    V2_CERTIFICATE_REQUEST = 38,
    V2_NONCE = 40,
    V2_NOTIFY = 41,
    V2_VENDOR = 43,
};

enum exchange {
    V1_MAIN_MODE = 2,
    V2_SA_INIT = 34,
};

enum {
    V2_FLAG_INITIATOR = 0x08,
    V2_FLAG_RESPONSE = 0x20,
};

/* RFC 7296 section 3.3.2. */
enum transform {
    ENCRYPTION = 1,
    PRF = 2,
    INTEGRITY = 3,
    GROUP = 4,
};

enum {
    IKE_VERSION,
    CHOSEN,
    ENCRYPTION_NAME,
    PRF_NAME,
    INTEGRITY_NAME,
    GROUP_NAME,
    AUTHENTICATION,
    NOTIFY,
    WANTED_GROUP,
    VENDOR,
    FIELD_COUNT,
};

static const struct answer_field fields[FIELD_COUNT] = {
    [IKE_VERSION] = {.name = "ike_version", .help = "Version that the server answers in: 2.0, 1.0"},
    [CHOSEN] = {.name = "chosen",
                .type = ANSWER_TRUTH,
                .help = "Whether it chose one of what it was offered"},
    [ENCRYPTION_NAME] = {.name = "encryption", .help = "What it chose for encryption: AES-CBC-256"},
    [PRF_NAME] = {.name = "prf", .help = "What it chose to make keys by; version 1: its hash"},
    [INTEGRITY_NAME] = {.name = "integrity", .help = "What it chose to check messages by"},
    [GROUP_NAME] = {.name = "group", .help = "What it chose for the exchange of keys"},
    [AUTHENTICATION] = {.name = "authentication",
                        .help = "Version 1: what it chose to know the other by"},
    [NOTIFY] = {.name = "notify",
                .help = "What it says beside that, or why it refuses",
                .many = true},
    [WANTED_GROUP] = {.name = "wanted_group", .help = "Group that it wants in place of ours"},
    [VENDOR] = {.name = "vendor_id",
                .help = "What it can do beyond IKE, by name where that is known",
                .many = true},
};

/* RFC 7296 section 3.10.1, and the registry of IANA. */
static const struct value_name notifies[] = {
    {1, "unsupported critical payload"},
    {4, "invalid IKE SPI"},
    {5, "invalid major version"},
    {7, "invalid syntax"},
    {9, "invalid message id"},
    {11, "invalid SPI"},
    {14, "no proposal chosen"},
    {17, "invalid key exchange payload"},
    {24, "authentication failed"},
    {16388, "NAT detection source"},
    {16389, "NAT detection destination"},
    {16390, "cookie"},
    {16404, "multiple authentications supported"},
    {16406, "redirect supported"},
    {16407, "redirect"},
    {16418, "childless initiation supported"},
    {16430, "fragmentation supported"},
    {16431, "signature hash algorithms"},
    {16438, "intermediate exchange supported"},
    {0, NULL},
};

/* RFC 2408 section 3.14.1. */
static const struct value_name v1_notifies[] = {
    {1, "invalid payload type"},    {2, "DOI not supported"},
    {3, "situation not supported"}, {4, "invalid cookie"},
    {5, "invalid major version"},   {6, "invalid minor version"},
    {7, "invalid exchange type"},   {8, "invalid flags"},
    {9, "invalid message id"},      {14, "no proposal chosen"},
    {15, "bad proposal syntax"},    {16, "payload malformed"},
    {24, "authentication failed"},  {0, NULL},
};

/* Algorithms by IANA's numbers (RFC 7296 section 3.3.2, RFC 8247). */
static const struct value_name encryptions[] = {
    {2, "DES"},           {3, "3DES"},        {12, "AES-CBC"},    {13, "AES-CTR"},
    {18, "AES-GCM-8"},    {19, "AES-GCM-12"}, {20, "AES-GCM-16"}, {28, "ChaCha20-Poly1305"},
    {23, "Camellia-CBC"}, {0, NULL},
};
static const struct value_name prfs[] = {
    {1, "HMAC-MD5"},      {2, "HMAC-SHA1"},     {4, "AES128-XCBC"}, {5, "HMAC-SHA2-256"},
    {6, "HMAC-SHA2-384"}, {7, "HMAC-SHA2-512"}, {8, "AES128-CMAC"}, {0, NULL},
};
static const struct value_name integrities[] = {
    {1, "HMAC-MD5-96"},        {2, "HMAC-SHA1-96"},
    {5, "AES-XCBC-96"},        {8, "AES-CMAC-96"},
    {12, "HMAC-SHA2-256-128"}, {13, "HMAC-SHA2-384-192"},
    {14, "HMAC-SHA2-512-256"}, {0, NULL},
};
static const struct value_name groups[] = {
    {1, "MODP-768"},   {2, "MODP-1024"},      {5, "MODP-1536"},   {14, "MODP-2048"},
    {15, "MODP-3072"}, {16, "MODP-4096"},     {19, "ECP-256"},    {20, "ECP-384"},
    {21, "ECP-521"},   {24, "MODP-2048-256"}, {31, "Curve25519"}, {32, "Curve448"},
    {0, NULL},
};

/* Attributes of version 1 (RFC 2409 appendix A). */
enum v1_attribute {
    V1_ENCRYPTION = 1,
    V1_HASH = 2,
    V1_AUTHENTICATION = 3,
    V1_GROUP = 4,
    V1_LIFE_TYPE = 11,
    V1_LIFE = 12,
    V1_KEY_LENGTH = 14,
};
static const struct value_name v1_encryptions[] = {
    {1, "DES"}, {3, "Blowfish"}, {5, "3DES"}, {6, "CAST"}, {7, "AES-CBC"}, {0, NULL},
};
static const struct value_name v1_hashes[] = {
    {1, "MD5"}, {2, "SHA1"}, {4, "SHA2-256"}, {5, "SHA2-384"}, {6, "SHA2-512"}, {0, NULL},
};
static const struct value_name v1_authentications[] = {
    {1, "shared secret"},
    {2, "DSS signatures"},
    {3, "RSA signatures"},
    {4, "RSA encryption"},
    {9, "ECDSA signatures"},
    {65001, "XAUTH, shared secret"},
    {0, NULL},
};

#define ID(bytes, name)                                                                            \
    {                                                                                              \
        bytes, sizeof(bytes) - 1, name                                                             \
    }

/* Vendor ids that are known, by their beginnings: a version often follows. */
static const struct vendor {
    const char *bytes;
    size_t size;
    const char *name;
} vendors[] = {
    ID("\x1e\x2b\x51\x69\x05\x99\x1c\x7d\x7c\x96\xfc\xbf\xb5\x87\xe4\x61", "Microsoft"),
    ID("\x09\x00\x26\x89\xdf\xd6\xb7\x12", "XAUTH"),
    ID("\xaf\xca\xd7\x13\x68\xa1\xf1\xc9\x6b\x86\x96\xfc\x77\x57\x01\x00", "dead peer detection"),
    ID("\x4a\x13\x1c\x81\x07\x03\x58\x45\x5c\x57\x28\xf2\x0e\x95\x45\x2f", "NAT traversal"),
    ID("\x40\x48\xb7\xd5\x6e\xbc\xe8\x85\x25\xe7\xde\x7f\x00\xd6\xc2\xd3", "fragmentation"),
    ID("\x88\x2f\xe5\x6d\x6f\xd2\x0d\xbc\x22\x51\x61\x3b\x2e\xbe\x5b\xeb", "strongSwan"),
    ID("\x12\xf5\xf2\x8c\x45\x71\x68\xa9\x70\x2d\x9f\xe2\x74\xcc\x01\x00", "Cisco Unity"),
};

struct state {
    uint32_t seen; /* fields that there can be one of */
};

/* Of what a reply should say once, the first counts. */
static bool is_first(struct talk *talk, int field)
{
    struct state *state = talk->state;
    bool seen = (state->seen >> field & 1) != 0;

    state->seen |= UINT32_C(1) << field;
    return !seen;
}

static void put_header(struct talk *talk, uint8_t first, uint8_t version, uint8_t exchange,
                       uint8_t flags)
{
    const struct protocol_target *target = talk->target;

    if (target->port == NAT_PORT) {
        byte_writer_zeros(&talk->out, NAT_MARKER_SIZE);
    }
    byte_writer_add(&talk->out, target->random + SPI_AT, SPI_SIZE);
    byte_writer_zeros(&talk->out, SPI_SIZE);
    byte_writer_u8(&talk->out, first);
    byte_writer_u8(&talk->out, version);
    byte_writer_u8(&talk->out, exchange);
    byte_writer_u8(&talk->out, flags);
    byte_writer_be32(&talk->out, 0); /* message id */
    byte_writer_be32(&talk->out, 0); /* length: see end_message() */
}

/* Where the message begins in `out`. */
static size_t message_at(const struct protocol_target *target)
{
    return target->port == NAT_PORT ? NAT_MARKER_SIZE : 0;
}

static void end_message(struct talk *talk)
{
    size_t at = message_at(talk->target);

    if (!talk->out.lacks_memory) {
        byte_writer_set_be32(&talk->out, at + HEADER_SIZE - 4, (uint32_t)(talk->out.size - at));
    }
}

/* Begins a payload or a part of one; end_part() sets its length, which is 2 bytes behind `next`. */
static size_t begin_part(struct byte_writer *out, uint8_t next)
{
    size_t at = out->size;

    byte_writer_u8(out, next);
    byte_writer_u8(out, 0);
    byte_writer_be16(out, 0);
    return at;
}

static void end_part(struct byte_writer *out, size_t at)
{
    if (!out->lacks_memory) {
        byte_writer_set_be16(out, at + 2, (uint16_t)(out->size - at));
    }
}

/* What is offered: what most servers of the last twenty years take one of. */
static const struct offer {
    enum transform kind;
    uint16_t id;
    uint16_t key_bits; /* 0: none */
} offers[] = {
    {ENCRYPTION, 12, 256}, {ENCRYPTION, 12, 128}, {ENCRYPTION, 3, 0}, {PRF, 5, 0},   {PRF, 2, 0},
    {INTEGRITY, 12, 0},    {INTEGRITY, 2, 0},     {GROUP, 14, 0},     {GROUP, 2, 0}, {GROUP, 19, 0},
};

enum {
    OFFER_COUNT = sizeof(offers) / sizeof(offers[0]),
    MORE_TRANSFORMS = 3, /* RFC 7296 section 3.3.2 */
    PROTOCOL_IKE = 1,
    ATTRIBUTE_KEY_LENGTH = 0x800e,
};

static void put_association(struct byte_writer *out)
{
    size_t association = begin_part(out, V2_KEY_EXCHANGE);
    size_t proposal = begin_part(out, 0);

    byte_writer_u8(out, 1); /* number */
    byte_writer_u8(out, PROTOCOL_IKE);
    byte_writer_u8(out, 0); /* no SPI */
    byte_writer_u8(out, OFFER_COUNT);
    for (size_t i = 0; i < OFFER_COUNT; i++) {
        size_t transform = begin_part(out, i + 1 < OFFER_COUNT ? MORE_TRANSFORMS : 0);

        byte_writer_u8(out, (uint8_t)offers[i].kind);
        byte_writer_u8(out, 0);
        byte_writer_be16(out, offers[i].id);
        if (offers[i].key_bits != 0) {
            byte_writer_be16(out, ATTRIBUTE_KEY_LENGTH);
            byte_writer_be16(out, offers[i].key_bits);
        }
        end_part(out, transform);
    }
    end_part(out, proposal);
    end_part(out, association);
}

/*
 * A public value: any number below the prime will do, since nobody ever knows
 * or needs what belongs to it. It differs from one attempt to the next.
 */
static void put_key_exchange(struct byte_writer *out, const struct protocol_target *target)
{
    size_t at = begin_part(out, V2_NONCE);

    byte_writer_be16(out, GROUP_MODP_2048);
    byte_writer_be16(out, 0);
    for (size_t i = 0; i < KEY_SIZE; i++) {
        uint8_t random = target->random[i % sizeof(target->random)];

        byte_writer_u8(out, (uint8_t)((random + i / sizeof(target->random) * 59) & 0x7f));
    }
    end_part(out, at);
}

static void begin(struct talk *talk)
{
    size_t at;

    put_header(talk, V2_ASSOCIATION, 0x20, V2_SA_INIT, V2_FLAG_INITIATOR);
    put_association(&talk->out);
    put_key_exchange(&talk->out, talk->target);
    at = begin_part(&talk->out, PAYLOAD_NONE);
    byte_writer_add(&talk->out, talk->target->random + NONCE_AT, NONCE_SIZE);
    end_part(&talk->out, at);
    end_message(talk);
}

/* Offers of version 1: each whole (RFC 2409 section 5), the better one first. */
static const uint16_t v1_offers[][4] = {
    /* encryption, key bits, hash, group */
    {7, 256, 2, 14},
    {7, 128, 2, 2},
    {5, 0, 2, 2},
};

enum {
    V1_OFFER_COUNT = sizeof(v1_offers) / sizeof(v1_offers[0]),
    V1_KEY_IKE = 1, /* RFC 2407 section 4.4.2 */
    V1_DOI_IPSEC = 1,
    V1_IDENTITY_ONLY = 1, /* situation, RFC 2407 section 4.2.1 */
    V1_ONE_VALUE = 0x8000,
};

static void put_v1_attribute(struct byte_writer *out, enum v1_attribute kind, uint16_t value)
{
    byte_writer_be16(out, (uint16_t)(V1_ONE_VALUE | kind));
    byte_writer_be16(out, value);
}

static void put_v1_transform(struct byte_writer *out, size_t i)
{
    size_t at = begin_part(out, i + 1 < V1_OFFER_COUNT ? MORE_TRANSFORMS : 0);

    byte_writer_u8(out, (uint8_t)(i + 1));
    byte_writer_u8(out, V1_KEY_IKE);
    byte_writer_be16(out, 0);
    put_v1_attribute(out, V1_ENCRYPTION, v1_offers[i][0]);
    if (v1_offers[i][1] != 0) {
        put_v1_attribute(out, V1_KEY_LENGTH, v1_offers[i][1]);
    }
    put_v1_attribute(out, V1_HASH, v1_offers[i][2]);
    put_v1_attribute(out, V1_AUTHENTICATION, 1);
    put_v1_attribute(out, V1_GROUP, v1_offers[i][3]);
    put_v1_attribute(out, V1_LIFE_TYPE, 1);
    put_v1_attribute(out, V1_LIFE, 28800);
    end_part(out, at);
}

static void begin_v1(struct talk *talk)
{
    struct byte_writer *out = &talk->out;
    size_t association;
    size_t proposal;

    put_header(talk, V1_ASSOCIATION, 0x10, V1_MAIN_MODE, 0);
    association = begin_part(out, PAYLOAD_NONE);
    byte_writer_be32(out, V1_DOI_IPSEC);
    byte_writer_be32(out, V1_IDENTITY_ONLY);
    proposal = begin_part(out, PAYLOAD_NONE);
    byte_writer_u8(out, 1);
    byte_writer_u8(out, PROTOCOL_IKE);
    byte_writer_u8(out, 0);
    byte_writer_u8(out, V1_OFFER_COUNT);
    for (size_t i = 0; i < V1_OFFER_COUNT; i++) {
        put_v1_transform(out, i);
    }
    end_part(out, proposal);
    end_part(out, association);
    end_message(talk);
}

/* Reads the head of a payload or of a part of one: a reader of what is in it. */
static struct byte_reader take_part(struct byte_reader *reader, uint8_t *next)
{
    uint16_t length;

    *next = byte_reader_u8(reader);
    byte_reader_skip(reader, 1);
    length = byte_reader_be16(reader);
    return byte_reader_part(reader, length < 4 ? SIZE_MAX : (size_t)length - 4);
}

static void add_name(struct talk *talk, int field, const struct value_name *names, uint16_t id)
{
    if (is_first(talk, field)) {
        value_name_add(&talk->answer, &fields[field], names, id);
    }
}

static void add_encryption(struct talk *talk, const struct value_name *names, uint16_t id,
                           uint16_t bits)
{
    const char *name = value_name_find(names, id);

    if (name == NULL || bits == 0) {
        add_name(talk, ENCRYPTION_NAME, names, id);
    } else if (is_first(talk, ENCRYPTION_NAME)) {
        answer_addf(&talk->answer, &fields[ENCRYPTION_NAME], "%s-%d", name, bits);
    }
}

static void take_transform(struct talk *talk, struct byte_reader *part)
{
    uint8_t kind = byte_reader_u8(part);
    uint16_t id;
    uint16_t bits = 0;

    byte_reader_skip(part, 1);
    id = byte_reader_be16(part);
    if (byte_reader_left(part) >= 4 && byte_reader_be16(part) == ATTRIBUTE_KEY_LENGTH) {
        bits = byte_reader_be16(part);
    }
    switch (part->short_of ? 0 : kind) {
    case ENCRYPTION:
        add_encryption(talk, encryptions, id, bits);
        break;
    case PRF:
        add_name(talk, PRF_NAME, prfs, id);
        break;
    case INTEGRITY:
        add_name(talk, INTEGRITY_NAME, integrities, id);
        break;
    case GROUP:
        add_name(talk, GROUP_NAME, groups, id);
        break;
    default:
        break;
    }
}

/* The one proposal that was chosen (RFC 7296 section 3.3). False: it was cut short. */
static bool take_association(struct talk *talk, struct byte_reader *payload)
{
    uint8_t next;
    struct byte_reader proposal = take_part(payload, &next);
    size_t spi_size;

    byte_reader_skip(&proposal, 2);
    spi_size = byte_reader_u8(&proposal);
    byte_reader_skip(&proposal, 1 + spi_size);
    while (byte_reader_left(&proposal) > 0) {
        struct byte_reader transform = take_part(&proposal, &next);

        take_transform(talk, &transform);
        proposal.short_of = proposal.short_of || transform.short_of;
    }
    return !proposal.short_of;
}

static void take_v1_attribute(struct talk *talk, uint16_t kind, uint16_t value, uint16_t bits)
{
    switch (kind) {
    case V1_ENCRYPTION:
        add_encryption(talk, v1_encryptions, value, bits);
        break;
    case V1_HASH:
        add_name(talk, PRF_NAME, v1_hashes, value);
        break;
    case V1_AUTHENTICATION:
        add_name(talk, AUTHENTICATION, v1_authentications, value);
        break;
    case V1_GROUP:
        add_name(talk, GROUP_NAME, groups, value);
        break;
    default:
        break;
    }
}

/* An attribute is a number, or has a length and is skipped. False: it was cut short. */
static bool next_v1_attribute(struct byte_reader *reader, uint16_t *kind, uint16_t *value)
{
    *kind = byte_reader_be16(reader);
    *value = byte_reader_be16(reader);
    if ((*kind & V1_ONE_VALUE) == 0) {
        byte_reader_skip(reader, *value);
    }
    *kind &= V1_ONE_VALUE - 1;
    return !reader->short_of;
}

static uint16_t find_key_bits(struct byte_reader reader)
{
    uint16_t kind;
    uint16_t value;

    while (byte_reader_left(&reader) > 0 && next_v1_attribute(&reader, &kind, &value)) {
        if (kind == V1_KEY_LENGTH) {
            return value;
        }
    }
    return 0;
}

static bool take_v1_association(struct talk *talk, struct byte_reader *payload)
{
    uint8_t next;
    struct byte_reader proposal;
    struct byte_reader transform;
    size_t spi_size;
    uint16_t bits;
    uint16_t kind;
    uint16_t value;

    byte_reader_skip(payload, 8);
    proposal = take_part(payload, &next);
    byte_reader_skip(&proposal, 2);
    spi_size = byte_reader_u8(&proposal);
    byte_reader_skip(&proposal, 1 + spi_size);
    transform = take_part(&proposal, &next);
    byte_reader_skip(&transform, 4);
    bits = find_key_bits(transform);
    while (byte_reader_left(&transform) > 0 && next_v1_attribute(&transform, &kind, &value)) {
        take_v1_attribute(talk, kind, value, bits);
    }
    return !proposal.short_of && !transform.short_of;
}

static bool take_notify(struct talk *talk, struct byte_reader *payload)
{
    enum { INVALID_KEY_EXCHANGE = 17 };
    size_t spi_size;
    uint16_t type;

    byte_reader_skip(payload, 1);
    spi_size = byte_reader_u8(payload);
    type = byte_reader_be16(payload);
    byte_reader_skip(payload, spi_size);
    if (payload->short_of) {
        return false;
    }
    value_name_add(&talk->answer, &fields[NOTIFY], notifies, type);
    if (type == INVALID_KEY_EXCHANGE && byte_reader_left(payload) >= 2) {
        add_name(talk, WANTED_GROUP, groups, byte_reader_be16(payload));
    }
    return true;
}

static bool take_v1_notify(struct talk *talk, struct byte_reader *payload)
{
    uint16_t type;

    byte_reader_skip(payload, 6); /* DOI, protocol, size of the SPI */
    type = byte_reader_be16(payload);
    if (!payload->short_of) {
        value_name_add(&talk->answer, &fields[NOTIFY], v1_notifies, type);
    }
    return !payload->short_of;
}

static bool take_vendor(struct talk *talk, struct byte_reader *payload)
{
    size_t size = byte_reader_left(payload);
    const uint8_t *bytes = byte_reader_take(payload, size);

    if (bytes == NULL) {
        return false;
    }
    for (size_t i = 0; i < sizeof(vendors) / sizeof(vendors[0]); i++) {
        if (size >= vendors[i].size && memcmp(bytes, vendors[i].bytes, vendors[i].size) == 0) {
            answer_add_string(&talk->answer, &fields[VENDOR], vendors[i].name);
            return true;
        }
    }
    answer_add_hex(&talk->answer, &fields[VENDOR], bytes, size);
    return true;
}

/* Payloads that are looked at; others are passed over. */
static const struct taker {
    uint8_t payload;
    bool (*take)(struct talk *talk, struct byte_reader *payload);
    bool chooses;
} takers[] = {
    {V1_ASSOCIATION, take_v1_association, true},
    {V1_NOTIFY, take_v1_notify, false},
    {V1_VENDOR, take_vendor, false},
    {V2_ASSOCIATION, take_association, true},
    {V2_NOTIFY, take_notify, false},
    {V2_VENDOR, take_vendor, false},
};

static const struct taker *find_taker(uint8_t payload)
{
    for (size_t i = 0; i < sizeof(takers) / sizeof(takers[0]); i++) {
        if (takers[i].payload == payload) {
            return &takers[i];
        }
    }
    return NULL;
}

static bool has_payload(struct byte_reader reader, uint8_t first, uint8_t wanted)
{
    uint8_t next = first;

    while (next != PAYLOAD_NONE && next != wanted && !reader.short_of) {
        take_part(&reader, &next);
    }
    return next == wanted && !reader.short_of;
}

static enum protocol_next take_payloads(struct talk *talk, struct byte_reader *reader,
                                        uint8_t first)
{
    uint8_t next = first;
    bool whole = true;
    bool chosen =
        has_payload(*reader, first, V1_ASSOCIATION) || has_payload(*reader, first, V2_ASSOCIATION);

    answer_add_number(&talk->answer, &fields[CHOSEN], chosen);
    while (next != PAYLOAD_NONE && whole) {
        const struct taker *taker = find_taker(next);
        struct byte_reader payload = take_part(reader, &next);

        whole = !payload.short_of && (taker == NULL || taker->take(talk, &payload));
    }
    talk->is_partial = !whole;
    return PROTOCOL_ANSWERED;
}

/* A reply in either version counts: a server of version 1 refuses version 2 in its own. */
static enum protocol_next datagram(struct talk *talk, const uint8_t *bytes, size_t size)
{
    struct byte_reader reader = byte_reader_of(bytes, size);
    const uint8_t *spi;
    uint8_t first;
    uint8_t version;
    uint8_t flags;
    uint32_t length;

    byte_reader_skip(&reader, message_at(talk->target));
    spi = byte_reader_take(&reader, SPI_SIZE);
    byte_reader_skip(&reader, SPI_SIZE);
    first = byte_reader_u8(&reader);
    version = byte_reader_u8(&reader);
    byte_reader_skip(&reader, 1);
    flags = byte_reader_u8(&reader);
    byte_reader_skip(&reader, 4);
    length = byte_reader_be32(&reader);
    if (reader.short_of || (version >> 4 != 1 && version >> 4 != 2) || length < HEADER_SIZE) {
        return stranger_said(talk, "IKE", bytes, size);
    }
    if (memcmp(spi, talk->target->random + SPI_AT, SPI_SIZE) != 0 ||
        (version >> 4 == 2 && (flags & V2_FLAG_RESPONSE) == 0)) {
        return PROTOCOL_IGNORE;
    }
    answer_addf(&talk->answer, &fields[IKE_VERSION], "%d.%d", version >> 4, version & 0xf);
    if (length - HEADER_SIZE < byte_reader_left(&reader)) {
        reader.size = reader.at + (length - HEADER_SIZE);
    }
    return take_payloads(talk, &reader, first);
}

static const struct protocol_port ports[] = {{500, PROBE_UDP}, {NAT_PORT, PROBE_UDP}, {0, 0}};
static const char *const services[] = {"isakmp", "ipsec-nat-t", NULL};
static const struct protocol_port no_ports[] = {{0, 0}};
static const char *const no_services[] = {NULL};

const struct protocol protocol_ike = {
    .name = "ike",
    .title = "IKE version 2: first message",
    .source = "RFC 7296",
    .ports = ports,
    .services = services,
    .source_port = 500,
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct state),
    .begin = begin,
    .datagram = datagram,
};

const struct protocol protocol_ikev1 = {
    .name = "ikev1",
    .title = "IKE version 1: first message of main mode",
    .source = "RFC 2408, RFC 2409",
    .ports = no_ports,
    .services = no_services,
    .source_port = 500,
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct state),
    .begin = begin_v1,
    .datagram = datagram,
};
