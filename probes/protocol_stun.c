/* SPDX-License-Identifier: MIT */

/*
 * STUN: one binding request, without credentials (RFC 8489 section 5). The
 * server says from where it was asked: what is between here and there may have
 * changed that.
 */

#include <string.h>

#include "base/text.h"
#include "collector/socket_row.h"
#include "probes/protocol_list.h"
#include "probes/stranger.h"

#define COOKIE UINT32_C(0x2112a442)

enum {
    HEADER_SIZE = 20,
    ID_AT = 8,
    ID_SIZE = 12,
    BINDING_REQUEST = 0x0001,
    BINDING_SUCCESS = 0x0101,
    BINDING_ERROR = 0x0111,
    FAMILY_IPV4 = 1,
    FAMILY_IPV6 = 2,
};

enum {
    MAPPED_ADDRESS,
    MAPPED_PORT,
    SOFTWARE,
    ERROR_CODE,
    ERROR_REASON,
    RESPONSE_ORIGIN,
    OTHER_ADDRESS,
    ALTERNATE_SERVER,
    OTHER,
    FIELD_COUNT,
};

static const struct answer_field fields[FIELD_COUNT] = {
    [MAPPED_ADDRESS] = {.name = "mapped_address",
                        .help = "Address from which the server was asked, as it sees it",
                        .telling = true,
                        .label = "seen as"},
    [MAPPED_PORT] = {.name = "mapped_port",
                     .type = ANSWER_NUMBER,
                     .help = "Port, likewise",
                     .fleeting = true},
    [SOFTWARE] = {.name = "software", .help = "Program that answered, as it says", .telling = true},
    [ERROR_CODE] = {.name = "error_code",
                    .type = ANSWER_NUMBER,
                    .help = "Why the server did not say it: 401 wants credentials",
                    .telling = true},
    [ERROR_REASON] = {.name = "error_reason", .help = "The same in the server's words"},
    [RESPONSE_ORIGIN] = {.name = "response_origin",
                         .help = "Address and port that the server says it answers from"},
    [OTHER_ADDRESS] = {.name = "other_address",
                       .help = "Address and port that it would answer from if asked to"},
    [ALTERNATE_SERVER] = {.name = "alternate_server",
                          .help = "Address and port of the server to ask instead"},
    [OTHER] = {.name = "other",
               .help = "Other attributes: number and value, hexadecimal",
               .many = true},
};

static void begin(struct talk *talk)
{
    byte_writer_be16(&talk->out, BINDING_REQUEST);
    byte_writer_be16(&talk->out, 0);
    byte_writer_be32(&talk->out, COOKIE);
    byte_writer_add(&talk->out, talk->target->random, ID_SIZE);
}

/* An address, with cookie and id over it where it is `hidden` (RFC 8489 section 14.2). */
static bool read_address(const struct talk *talk, struct byte_reader value, bool hidden,
                         struct socket_endpoint *endpoint)
{
    static const uint8_t cookie[] = {0x21, 0x12, 0xa4, 0x42};
    uint16_t family = byte_reader_be16(&value) & UINT8_MAX;
    size_t size = family == FAMILY_IPV4 ? 4 : family == FAMILY_IPV6 ? 16 : 0;
    uint16_t port = byte_reader_be16(&value);
    const uint8_t *bytes = byte_reader_take(&value, size);

    if (size == 0 || bytes == NULL || byte_reader_left(&value) != 0) {
        return false;
    }
    *endpoint = (struct socket_endpoint){.address_size = (uint8_t)size, .port = port};
    memcpy(endpoint->address, bytes, size);
    if (hidden) {
        endpoint->port = (uint16_t)(port ^ COOKIE >> 16);
        for (size_t i = 0; i < size; i++) {
            uint8_t over = i < 4 ? cookie[i] : talk->target->random[i - 4];

            endpoint->address[i] = (uint8_t)(bytes[i] ^ over);
        }
    }
    return true;
}

/* What has its value already: a search of the answer for each attribute of a long message would
 * take minutes of a thousand such servers. */
struct stun_state {
    bool has[FIELD_COUNT];
};

/* The first one counts: a server may send the plain form beside the hidden one. */
static bool add_mapped(struct talk *talk, struct byte_reader value, bool hidden)
{
    const struct stun_state *state = talk->state;
    struct socket_endpoint endpoint;
    struct text text = {0};

    if (!read_address(talk, value, hidden, &endpoint)) {
        return false;
    }
    if (!state->has[MAPPED_ADDRESS]) {
        socket_endpoint_add_address(&text, &endpoint);
        answer_add_string(&talk->answer, &fields[MAPPED_ADDRESS], text_bytes(&text));
        answer_add_number(&talk->answer, &fields[MAPPED_PORT], endpoint.port);
        text_clear(&text);
    }
    return true;
}

static bool take_mapped(struct talk *talk, int field, struct byte_reader value)
{
    (void)field;
    return add_mapped(talk, value, false);
}

static bool take_hidden(struct talk *talk, int field, struct byte_reader value)
{
    (void)field;
    return add_mapped(talk, value, true);
}

static bool take_address(struct talk *talk, int field, struct byte_reader value)
{
    struct socket_endpoint endpoint;
    struct text text = {0};

    if (!read_address(talk, value, false, &endpoint)) {
        return false;
    }
    socket_endpoint_add(&text, &endpoint);
    answer_add_string(&talk->answer, &fields[field], text_bytes(&text));
    text_clear(&text);
    return true;
}

static bool take_text(struct talk *talk, int field, struct byte_reader value)
{
    answer_add_text(&talk->answer, &fields[field], value.bytes + value.at,
                    byte_reader_left(&value));
    return true;
}

/* RFC 8489 section 14.8. */
static bool take_error(struct talk *talk, int field, struct byte_reader value)
{
    uint32_t number = byte_reader_be32(&value);

    if (value.short_of) {
        return false;
    }
    answer_add_number(&talk->answer, &fields[field],
                      (int64_t)(number >> 8 & 7) * 100 + (number & UINT8_MAX));
    return take_text(talk, ERROR_REASON, value);
}

/* RFC 8489 section 18.3, RFC 5780 section 7. */
static const struct attribute {
    uint16_t number;
    int field;
    bool (*take)(struct talk *talk, int field, struct byte_reader value);
} attributes[] = {
    {0x0020, MAPPED_ADDRESS, take_hidden},
    {0x0001, MAPPED_ADDRESS, take_mapped},
    {0x8022, SOFTWARE, take_text},
    {0x0009, ERROR_CODE, take_error},
    {0x802b, RESPONSE_ORIGIN, take_address},
    {0x802c, OTHER_ADDRESS, take_address},
    {0x8023, ALTERNATE_SERVER, take_address},
};

static bool add_known(struct talk *talk, uint16_t number, struct byte_reader value)
{
    struct stun_state *state = talk->state;

    for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
        const struct attribute *row = &attributes[i];
        bool may_repeat = row->field == MAPPED_ADDRESS;

        if (row->number == number && (may_repeat || !state->has[row->field]) &&
            row->take(talk, row->field, value)) {
            state->has[row->field] = true;
            return true;
        }
    }
    return false;
}

static void add_attribute(struct talk *talk, uint16_t number, struct byte_reader value)
{
    struct text text = {0};

    if (add_known(talk, number, value)) {
        return;
    }
    text_addf(&text, "0x%04x ", number);
    for (size_t i = 0; i < value.size; i++) {
        text_addf(&text, "%02x", value.bytes[i]);
    }
    answer_add_text(&talk->answer, &fields[OTHER], text_bytes(&text), text.size);
    text_clear(&text);
}

/* A whole message that is ours, from behind its header. */
static enum protocol_next read_attributes(struct talk *talk, struct byte_reader *message)
{
    while (byte_reader_left(message) > 0 && !talk->answer.cut) {
        uint16_t number = byte_reader_be16(message);
        size_t size = byte_reader_be16(message);
        struct byte_reader value = byte_reader_part(message, size);

        if (!value.short_of) {
            add_attribute(talk, number, value);
        }
        byte_reader_align(message, 4);
    }
    if (message->short_of) {
        talk->is_partial = true;
        talk_say(talk, "the last attribute is not whole");
    }
    return PROTOCOL_ANSWERED;
}

/* False where it can be no reply to a binding request. */
static bool has_header(const uint8_t *bytes, size_t size)
{
    struct byte_reader reader = byte_reader_of(bytes, size);
    uint16_t type = byte_reader_be16(&reader);
    uint16_t length = byte_reader_be16(&reader);

    return (type == BINDING_SUCCESS || type == BINDING_ERROR) && length % 4 == 0 &&
           byte_reader_be32(&reader) == COOKIE;
}

static bool is_ours(const struct talk *talk, const uint8_t *bytes)
{
    return memcmp(bytes + ID_AT, talk->target->random, ID_SIZE) == 0;
}

static struct byte_reader attributes_of(const uint8_t *bytes, size_t size)
{
    struct byte_reader reader = byte_reader_of(bytes, size);
    size_t length;

    byte_reader_skip(&reader, 2);
    length = byte_reader_be16(&reader);
    byte_reader_skip(&reader, HEADER_SIZE - 4);
    return byte_reader_part(&reader, length);
}

static enum protocol_next datagram(struct talk *talk, const uint8_t *bytes, size_t size)
{
    struct byte_reader message = attributes_of(bytes, size);

    if (size < HEADER_SIZE || !has_header(bytes, size)) {
        return talk_wrong(talk, "not STUN: a datagram of %zu bytes", size);
    }
    if (!is_ours(talk, bytes)) {
        return PROTOCOL_IGNORE;
    }
    if (message.short_of) {
        return talk_wrong(talk, "not STUN: a datagram that is shorter than it says");
    }
    return read_attributes(talk, &message);
}

static enum protocol_next stream(struct talk *talk, const uint8_t *bytes, size_t size, bool ended,
                                 size_t *used)
{
    struct byte_reader message = attributes_of(bytes, size);

    (void)ended;
    if (size < HEADER_SIZE) {
        return size > 0 && bytes[0] != BINDING_SUCCESS >> 8
                   ? stranger_said(talk, "STUN", bytes, size)
                   : PROTOCOL_WAIT;
    }
    if (!has_header(bytes, size) || !is_ours(talk, bytes)) {
        return stranger_said(talk, "STUN", bytes, size);
    }
    if (message.short_of) {
        return PROTOCOL_WAIT;
    }
    *used = HEADER_SIZE + message.size;
    return read_attributes(talk, &message);
}

const struct protocol protocol_stun = {
    .name = "stun",
    .title = "STUN: from where the server is asked",
    .source = "RFC 8489, RFC 5780 section 7",
    .ports = (const struct protocol_port[]){{3478, PROBE_UDP}, {3478, PROBE_TCP}, {0}},
    .services = (const char *const[]){"stun", "turn", NULL},
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct stun_state),
    .begin = begin,
    .stream = stream,
    .datagram = datagram,
};
