/* SPDX-License-Identifier: MIT */

/*
 * L2TP: a control connection is asked for, and closed as soon as the server has
 * said who it is (RFC 2661 sections 3.1, 4.4 and 6).
 */

#include <string.h>

#include "base/text.h"
#include "probes/protocol_list.h"
#include "probes/value_name.h"

enum {
    CONTROL_FLAGS = 0xc802, /* control message, with length and sequence numbers, version 2 */
    CONTROL_BIT = 0x8000,
    LENGTH_BIT = 0x4000,
    SEQUENCE_BIT = 0x0800,
    VERSION_BITS = 0x000f,
    HEADER_SIZE = 12,
    AVP_HEADER = 6,
    MANDATORY = 0x8000,
    HIDDEN = 0x4000,
    LENGTH_BITS = 0x03ff,
};

/* RFC 2661 section 3.2. */
enum {
    SCCRQ = 1,
    SCCRP = 2,
    STOP_CCN = 4,
};

/* Attributes (RFC 2661 section 4.4). */
enum {
    AVP_MESSAGE_TYPE = 0,
    AVP_RESULT = 1,
    AVP_PROTOCOL_VERSION = 2,
    AVP_FRAMING = 3,
    AVP_BEARER = 4,
    AVP_FIRMWARE = 6,
    AVP_HOST_NAME = 7,
    AVP_VENDOR_NAME = 8,
    AVP_TUNNEL = 9,
    AVP_WINDOW = 10,
    AVP_CHALLENGE = 11,
};

struct l2tp_state {
    uint16_t tunnel; /* the server's, 0 where it has opened none */
};

enum {
    MESSAGE,
    PROTOCOL_VERSION,
    FRAMING,
    BEARER,
    FIRMWARE,
    HOST_NAME,
    VENDOR_NAME,
    TUNNEL_ID,
    RECEIVE_WINDOW,
    CHALLENGE,
    RESULT_CODE,
    ERROR_CODE,
    ERROR_MESSAGE,
    OTHER,
    FIELD_COUNT,
};

static const struct answer_field fields[FIELD_COUNT] = {
    [MESSAGE] = {.name = "message",
                 .help = "SCCRP: it would open a tunnel; StopCCN: it would not",
                 .telling = true},
    [PROTOCOL_VERSION] = {.name = "protocol_version", .help = "Version and revision of L2TP"},
    [FRAMING] = {.name = "framing", .help = "Framing: synchronous, asynchronous", .many = true},
    [BEARER] = {.name = "bearer", .help = "Lines that it can dial: digital, analog", .many = true},
    [FIRMWARE] = {.name = "firmware_revision",
                  .type = ANSWER_NUMBER,
                  .help = "Revision of the server's program"},
    [HOST_NAME] = {.name = "host_name", .help = "Name of the server", .telling = true},
    [VENDOR_NAME] = {.name = "vendor_name", .help = "Who made it", .telling = true},
    [TUNNEL_ID] = {.name = "tunnel_id",
                   .type = ANSWER_NUMBER,
                   .help = "The tunnel that was opened, and is closed again",
                   .fleeting = true},
    [RECEIVE_WINDOW] = {.name = "receive_window",
                        .type = ANSWER_NUMBER,
                        .help = "Messages that it takes before it acknowledges one"},
    [CHALLENGE] = {.name = "challenge",
                   .type = ANSWER_TRUTH,
                   .help = "Whether it wants a shared secret"},
    [RESULT_CODE] = {.name = "result_code",
                     .help = "Why it does not: not authorized",
                     .telling = true},
    [ERROR_CODE] = {.name = "error_code",
                    .type = ANSWER_NUMBER,
                    .help = "Error beside the result, where there is one"},
    [ERROR_MESSAGE] = {.name = "error_message", .help = "The same in the server's words"},
    [OTHER] = {.name = "other",
               .help = "Other attributes: vendor, number and value, hexadecimal",
               .many = true},
};

static const struct value_name messages[] = {{SCCRP, "SCCRP"}, {STOP_CCN, "StopCCN"}, {0, NULL}};
static const struct value_name framings[] = {{1, "synchronous"}, {2, "asynchronous"}, {0, NULL}};
static const struct value_name bearers[] = {{1, "digital"}, {2, "analog"}, {0, NULL}};

/* RFC 2661 section 4.4.2, of StopCCN. */
static const struct value_name result_codes[] = {
    {1, "closed"},
    {2, "general error"},
    {3, "control channel exists already"},
    {4, "not authorized"},
    {5, "protocol version not supported"},
    {6, "shutting down"},
    {7, "error of the state machine"},
    {0, NULL},
};

/* Ours; not 0, which means none. */
static uint16_t our_tunnel(const struct talk *talk)
{
    const uint8_t *random = talk->target->random;
    uint16_t tunnel = (uint16_t)(random[0] << 8 | random[1]);

    return tunnel != 0 ? tunnel : 1;
}

static size_t begin_message(struct byte_writer *out, uint16_t tunnel, uint16_t sent,
                            uint16_t received)
{
    size_t begin = out->size;

    byte_writer_be16(out, CONTROL_FLAGS);
    byte_writer_be16(out, 0);
    byte_writer_be16(out, tunnel);
    byte_writer_be16(out, 0);
    byte_writer_be16(out, sent);
    byte_writer_be16(out, received);
    return begin;
}

static void end_message(struct byte_writer *out, size_t begin)
{
    byte_writer_set_be16(out, begin + 2, (uint16_t)(out->size - begin));
}

static void begin_avp(struct byte_writer *out, uint16_t type, uint16_t size)
{
    byte_writer_be16(out, MANDATORY | (AVP_HEADER + size));
    byte_writer_be16(out, 0);
    byte_writer_be16(out, type);
}

static void put_avp16(struct byte_writer *out, uint16_t type, uint16_t value)
{
    begin_avp(out, type, 2);
    byte_writer_be16(out, value);
}

static void put_avp32(struct byte_writer *out, uint16_t type, uint32_t value)
{
    begin_avp(out, type, 4);
    byte_writer_be32(out, value);
}

#define OUR_NAME "portledger"

static void begin(struct talk *talk)
{
    struct byte_writer *out = &talk->out;
    size_t message = begin_message(out, 0, 0, 0);

    put_avp16(out, AVP_MESSAGE_TYPE, SCCRQ);
    put_avp16(out, AVP_PROTOCOL_VERSION, 0x0100);
    put_avp32(out, AVP_FRAMING, 3);
    put_avp32(out, AVP_BEARER, 0);
    begin_avp(out, AVP_HOST_NAME, sizeof(OUR_NAME) - 1);
    byte_writer_text(out, OUR_NAME);
    put_avp16(out, AVP_TUNNEL, our_tunnel(talk));
    put_avp16(out, AVP_WINDOW, 4);
    end_message(out, message);
}

static void add_result(struct answer *answer, struct byte_reader *value)
{
    uint16_t code = byte_reader_be16(value);
    size_t size;

    value_name_add(answer, &fields[RESULT_CODE], result_codes, code);
    if (byte_reader_left(value) >= 2) {
        answer_add_number(answer, &fields[ERROR_CODE], byte_reader_be16(value));
    }
    size = byte_reader_left(value);
    if (size > 0) {
        answer_add_text(answer, &fields[ERROR_MESSAGE], byte_reader_take(value, size), size);
    }
}

static void add_other(struct answer *answer, uint16_t vendor, uint16_t type,
                      struct byte_reader *value)
{
    size_t size = byte_reader_left(value);
    const uint8_t *bytes = byte_reader_take(value, size);
    struct text text = {0};

    text_addf(&text, "%u/%u ", vendor, type);
    for (size_t i = 0; i < size; i++) {
        text_addf(&text, "%02x", bytes[i]);
    }
    answer_add_text(answer, &fields[OTHER], text_bytes(&text), text.size);
    text_clear(&text);
}

/* One that is known, whose value has the right size for it. */
static void add_known(struct talk *talk, uint16_t type, struct byte_reader *value)
{
    struct l2tp_state *state = talk->state;
    struct answer *answer = &talk->answer;
    size_t size = byte_reader_left(value);

    switch (type) {
    case AVP_RESULT:
        add_result(answer, value);
        return;
    case AVP_PROTOCOL_VERSION:
        answer_addf(answer, &fields[PROTOCOL_VERSION], "%u.%u", value->bytes[0], value->bytes[1]);
        return;
    case AVP_FRAMING:
        value_name_add_bits(answer, &fields[FRAMING], framings, byte_reader_be32(value));
        return;
    case AVP_BEARER:
        value_name_add_bits(answer, &fields[BEARER], bearers, byte_reader_be32(value));
        return;
    case AVP_FIRMWARE:
        answer_add_number(answer, &fields[FIRMWARE], byte_reader_be16(value));
        return;
    case AVP_HOST_NAME:
        answer_add_text(answer, &fields[HOST_NAME], byte_reader_take(value, size), size);
        return;
    case AVP_VENDOR_NAME:
        answer_add_text(answer, &fields[VENDOR_NAME], byte_reader_take(value, size), size);
        return;
    case AVP_TUNNEL:
        state->tunnel = byte_reader_be16(value);
        answer_add_number(answer, &fields[TUNNEL_ID], state->tunnel);
        return;
    case AVP_WINDOW:
        answer_add_number(answer, &fields[RECEIVE_WINDOW], byte_reader_be16(value));
        return;
    case AVP_CHALLENGE:
        answer_add_number(answer, &fields[CHALLENGE], 1);
        return;
    default:
        return;
    }
}

/* Bytes of the value, at least; -1: the attribute is not known. */
static int least_size(uint16_t type)
{
    static const int sizes[] = {
        [AVP_MESSAGE_TYPE] = -1, [AVP_RESULT] = 2, [AVP_PROTOCOL_VERSION] = 2, [AVP_FRAMING] = 4,
        [AVP_BEARER] = 4,        [5] = -1,         [AVP_FIRMWARE] = 2,         [AVP_HOST_NAME] = 0,
        [AVP_VENDOR_NAME] = 0,   [AVP_TUNNEL] = 2, [AVP_WINDOW] = 2,           [AVP_CHALLENGE] = 0,
    };

    return type < sizeof(sizes) / sizeof(sizes[0]) ? sizes[type] : -1;
}

/* One attribute; *seen has a bit for each that was there before. */
static void read_avp(struct talk *talk, struct byte_reader *reader, uint32_t *seen)
{
    uint16_t flags = byte_reader_be16(reader);
    size_t size = flags & LENGTH_BITS;
    uint16_t vendor = byte_reader_be16(reader);
    uint16_t type = byte_reader_be16(reader);
    struct byte_reader value;
    int least = vendor == 0 ? least_size(type) : -1;

    if (size < AVP_HEADER) {
        reader->short_of = true;
        return;
    }
    value = byte_reader_part(reader, size - AVP_HEADER);
    if (value.short_of || (flags & HIDDEN) != 0) {
        return; /* hidden ones are encrypted */
    }
    if (least < 0 || byte_reader_left(&value) < (size_t)least || (*seen & 1U << type) != 0) {
        add_other(&talk->answer, vendor, type, &value);
        return;
    }
    *seen |= 1U << type;
    add_known(talk, type, &value);
}

/* The first attribute says what message it is. */
static enum protocol_next read_message(struct talk *talk, struct byte_reader *reader)
{
    uint32_t seen = 0;
    uint16_t flags = byte_reader_be16(reader);
    uint32_t kind = byte_reader_be32(reader);
    uint16_t type = byte_reader_be16(reader);

    if (reader->short_of || (flags & LENGTH_BITS) != AVP_HEADER + 2 || kind != AVP_MESSAGE_TYPE ||
        value_name_find(messages, type) == NULL) {
        return talk_wrong(talk, "an L2TP message that answers no request for a tunnel");
    }
    value_name_add(&talk->answer, &fields[MESSAGE], messages, type);
    while (byte_reader_left(reader) > 0) {
        read_avp(talk, reader, &seen);
    }
    if (reader->short_of) {
        talk->is_partial = true;
        talk_say(talk, "the list of attributes is not whole");
    }
    return PROTOCOL_ANSWERED;
}

static enum protocol_next datagram(struct talk *talk, const uint8_t *bytes, size_t size)
{
    struct byte_reader reader = byte_reader_of(bytes, size);
    uint16_t flags = byte_reader_be16(&reader);
    size_t length = byte_reader_be16(&reader);
    uint16_t tunnel = byte_reader_be16(&reader);
    const uint16_t needed = CONTROL_BIT | LENGTH_BIT | SEQUENCE_BIT;

    byte_reader_skip(&reader, 6);
    if (reader.short_of || (flags & needed) != needed ||
        (flags & VERSION_BITS) != (CONTROL_FLAGS & VERSION_BITS) || length < HEADER_SIZE) {
        return talk_wrong(talk, "not L2TP: a datagram of %zu bytes", size);
    }
    if (tunnel != our_tunnel(talk)) {
        return PROTOCOL_IGNORE;
    }
    if (length == HEADER_SIZE) {
        talk->is_enough = true;
        return PROTOCOL_WAIT; /* it has come, says the server; the answer follows */
    }
    if (length > size) {
        talk->is_partial = true;
        talk_say(talk, "the reply is not whole");
    } else {
        reader.size = length;
    }
    return read_message(talk, &reader);
}

/* Closes what the server has opened for us (RFC 2661 section 6.4). */
static void farewell(struct talk *talk)
{
    const struct l2tp_state *state = talk->state;
    struct byte_writer *out = &talk->out;
    size_t message;

    if (state->tunnel == 0) {
        return;
    }
    message = begin_message(out, state->tunnel, 1, 1);
    put_avp16(out, AVP_MESSAGE_TYPE, STOP_CCN);
    put_avp16(out, AVP_TUNNEL, our_tunnel(talk));
    put_avp16(out, AVP_RESULT, 1);
    end_message(out, message);
}

const struct protocol protocol_l2tp = {
    .name = "l2tp",
    .title = "L2TP: a tunnel that is closed at once",
    .source = "RFC 2661",
    .ports = (const struct protocol_port[]){{1701, PROBE_UDP}, {0}},
    .services = (const char *const[]){"l2tp", "l2f", NULL},
    .side_effect = "opens a control connection on the server, and closes it",
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct l2tp_state),
    .begin = begin,
    .datagram = datagram,
    .farewell = farewell,
};
