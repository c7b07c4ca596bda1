/* SPDX-License-Identifier: MIT */

/*
 * QUIC: a packet in a version that nobody speaks (RFC 9000 section 15). Who
 * speaks QUIC replies with the versions that it does speak (RFC 8999 section 6),
 * and remembers nothing.
 */

#include <string.h>

#include "probes/protocol_list.h"
#include "probes/value_name.h"

#define VERSION_ASKED UINT32_C(0x1a2a3a4a)
#define RESERVED_BITS UINT32_C(0x0f0f0f0f)
#define RESERVED UINT32_C(0x0a0a0a0a)
#define DRAFT UINT32_C(0xff000000)

enum {
    LONG_HEADER = 0x80,
    FIRST_BYTE = 0xc0,
    ID_SIZE = 8,         /* shorter ones a server need not take (RFC 9000 section 7.2) */
    OUR_ID_AT = 8,       /* in the random bytes */
    REQUEST_SIZE = 1200, /* nor smaller packets (section 14.1) */
    VERSIONS_MOST = 256,
};

enum {
    VERSIONS,
    FIELD_COUNT,
};

static const struct answer_field fields[FIELD_COUNT] = {
    [VERSIONS] = {.name = "versions",
                  .help = "Versions that the server speaks; those that only keep clients alert are "
                          "left out",
                  .many = true,
                  .telling = true},
};

/* IANA's registry of QUIC versions. */
static const struct value_name versions[] = {
    {0x00000001, "QUIC 1"},
    {0x6b3343cf, "QUIC 2"},
    {0x709a50c4, "QUIC 2 draft"},
    {0, NULL},
};

static void begin(struct talk *talk)
{
    struct byte_writer *out = &talk->out;

    byte_writer_u8(out, FIRST_BYTE);
    byte_writer_be32(out, VERSION_ASKED);
    byte_writer_u8(out, ID_SIZE);
    byte_writer_add(out, talk->target->random, ID_SIZE);
    byte_writer_u8(out, ID_SIZE);
    byte_writer_add(out, talk->target->random + OUR_ID_AT, ID_SIZE);
    byte_writer_zeros(out, REQUEST_SIZE - out->size);
}

/* "Q046": versions of before the standard are four letters. */
static bool is_letters(const uint8_t *bytes)
{
    for (int i = 0; i < 4; i++) {
        if (bytes[i] <= ' ' || bytes[i] > '~') {
            return false;
        }
    }
    return true;
}

static void add_version(struct answer *answer, const uint8_t *bytes)
{
    struct byte_reader reader = byte_reader_of(bytes, 4);
    uint32_t number = byte_reader_be32(&reader);
    const char *name = value_name_find(versions, number);

    if (name != NULL) {
        answer_add_string(answer, &fields[VERSIONS], name);
    } else if ((number & ~(uint32_t)UINT8_MAX) == DRAFT) {
        answer_addf(answer, &fields[VERSIONS], "draft-%u", (unsigned)(number & UINT8_MAX));
    } else if (is_letters(bytes)) {
        answer_add_text(answer, &fields[VERSIONS], bytes, 4);
    } else {
        answer_addf(answer, &fields[VERSIONS], "0x%08lx", (unsigned long)number);
    }
}

static bool is_reserved(const uint8_t *bytes)
{
    struct byte_reader reader = byte_reader_of(bytes, 4);

    return (byte_reader_be32(&reader) & RESERVED_BITS) == RESERVED;
}

static enum protocol_next read_versions(struct talk *talk, struct byte_reader *packet)
{
    for (int i = 0; i < VERSIONS_MOST && byte_reader_left(packet) >= 4; i++) {
        const uint8_t *bytes = byte_reader_take(packet, 4);

        if (!is_reserved(bytes)) {
            add_version(&talk->answer, bytes);
        }
    }
    if (talk->answer.count == 0) {
        talk->is_partial = true;
        talk_say(talk, "the server names no version that there is");
    }
    if (byte_reader_left(packet) > 0) {
        talk->is_partial = true;
        talk_say(talk, "the list of versions is not whole");
    }
    return PROTOCOL_ANSWERED;
}

static bool is_same(struct byte_reader *id, const uint8_t *wanted)
{
    return id->size == ID_SIZE && memcmp(id->bytes, wanted, ID_SIZE) == 0;
}

/* RFC 8999 section 6: our two ids the other way round. */
static enum protocol_next datagram(struct talk *talk, const uint8_t *bytes, size_t size)
{
    struct byte_reader packet = byte_reader_of(bytes, size);
    uint8_t first = byte_reader_u8(&packet);
    uint32_t version = byte_reader_be32(&packet);
    struct byte_reader to = byte_reader_part(&packet, byte_reader_u8(&packet));
    struct byte_reader from = byte_reader_part(&packet, byte_reader_u8(&packet));

    if (packet.short_of || (first & LONG_HEADER) == 0 || version != 0) {
        return talk_wrong(talk, "not QUIC: a datagram of %zu bytes", size);
    }
    if (!is_same(&to, talk->target->random + OUR_ID_AT) || !is_same(&from, talk->target->random)) {
        return PROTOCOL_IGNORE;
    }
    return read_versions(talk, &packet);
}

const struct protocol protocol_quic = {
    .name = "quic",
    .title = "QUIC: versions",
    .source = "RFC 8999 section 6, RFC 9000 sections 6, 14.1 and 15",
    .ports = (const struct protocol_port[]){{443, PROBE_UDP}, {0}},
    .services = (const char *const[]){"https", NULL},
    .fields = fields,
    .field_count = FIELD_COUNT,
    .begin = begin,
    .datagram = datagram,
};
