/* SPDX-License-Identifier: MIT */

/*
 * L2TP: a tunnel is asked for, and closed again at once (RFC 2661 sections
 * 3.1, 4.1, 5 and 6). What the server says of itself is in its reply.
 */

#include "probes/byte_reader.h"
#include "probes/protocol_list.h"
#include "probes/stranger.h"
#include "probes/value_name.h"

enum {
    FLAG_CONTROL = 0x8000,
    FLAG_LENGTH = 0x4000,
    FLAG_SEQUENCE = 0x0800,
    VERSION_BITS = 0x000f,
    VERSION = 2,
    HEADER_SIZE = 12,
};

enum {
    AVP_MANDATORY = 0x8000,
    AVP_HIDDEN = 0x4000,
    AVP_LENGTH_BITS = 0x03ff,
    AVP_HEADER_SIZE = 6,
};

/* RFC 2661 section 3.2. */
enum message {
    SCCRQ = 1,
    SCCRP = 2,
    STOP_CCN = 4,
};

/* RFC 2661 section 4.4. */
enum avp {
    AVP_MESSAGE = 0,
    AVP_RESULT = 1,
    AVP_VERSION = 2,
    AVP_FRAMING = 3,
    AVP_BEARER = 4,
    AVP_FIRMWARE = 6,
    AVP_HOST = 7,
    AVP_VENDOR = 8,
    AVP_TUNNEL = 9,
    AVP_WINDOW = 10,
    AVP_CHALLENGE = 11,
};

enum {
    MESSAGE,
    PROTOCOL_VERSION,
    HOST,
    VENDOR,
    FIRMWARE,
    FRAMING,
    BEARER,
    WINDOW,
    CHALLENGE,
    TUNNEL,
    RESULT,
    ERROR,
    ERROR_TEXT,
    FIELD_COUNT,
};

static const struct answer_field fields[FIELD_COUNT] = {
    [MESSAGE] = {.name = "message",
                 .help = "SCCRP: it takes tunnels; StopCCN: it takes none of us"},
    [PROTOCOL_VERSION] = {.name = "version", .help = "Version of L2TP: 1.0"},
    [HOST] = {.name = "host_name", .help = "How the server calls itself"},
    [VENDOR] = {.name = "vendor", .help = "Who made it"},
    [FIRMWARE] = {.name = "firmware", .help = "Its revision, in hexadecimal"},
    [FRAMING] = {.name = "framing",
                 .help = "Framing that it can do: synchronous, asynchronous",
                 .many = true},
    [BEARER] = {.name = "bearer", .help = "Lines that it can call: digital, analog", .many = true},
    [WINDOW] = {.name = "receive_window",
                .type = ANSWER_NUMBER,
                .help = "Messages that it takes at once"},
    [CHALLENGE] = {.name = "challenge",
                   .type = ANSWER_TRUTH,
                   .help = "Whether it asks for a shared secret before a tunnel is made"},
    [TUNNEL] = {.name = "tunnel",
                .type = ANSWER_NUMBER,
                .help = "Its number of the tunnel, which was closed again",
                .fleeting = true},
    [RESULT] = {.name = "result", .help = "Why it takes no tunnel"},
    [ERROR] = {.name = "error", .type = ANSWER_NUMBER, .help = "General error code beside that"},
    [ERROR_TEXT] = {.name = "error_text", .help = "The same in the server's words"},
};

static const struct value_name messages[] = {
    {SCCRP, "SCCRP"},
    {STOP_CCN, "StopCCN"},
    {0, NULL},
};

/* RFC 2661 sections 4.4.3. */
static const struct value_name framings[] = {{1, "synchronous"}, {2, "asynchronous"}, {0, NULL}};
static const struct value_name bearers[] = {{1, "digital"}, {2, "analog"}, {0, NULL}};

/* RFC 2661 section 4.4.2. */
static const struct value_name results[] = {
    {1, "request to clear the connection"},
    {2, "general error"},
    {3, "the connection exists already"},
    {4, "not authorized"},
    {5, "version not supported"},
    {6, "shutting down"},
    {7, "state machine error"},
    {0, NULL},
};

struct state {
    uint16_t tunnel; /* the server's; 0: it has made none */
    uint32_t seen;   /* types of AVP */
};

static uint16_t our_tunnel(const struct protocol_target *target)
{
    uint16_t tunnel = (uint16_t)(target->random[0] << 8 | target->random[1]);

    return tunnel == 0 ? 1 : tunnel;
}

static void put_avp(struct byte_writer *out, enum avp type, const void *value, size_t size)
{
    byte_writer_be16(out, (uint16_t)(AVP_MANDATORY | (AVP_HEADER_SIZE + size)));
    byte_writer_be16(out, 0); /* of the IETF */
    byte_writer_be16(out, (uint16_t)type);
    byte_writer_add(out, value, size);
}

static void put_avp_16(struct byte_writer *out, enum avp type, uint16_t number)
{
    uint8_t value[2] = {(uint8_t)(number >> 8), (uint8_t)number};

    put_avp(out, type, value, sizeof(value));
}

/* A control message, whose length is set by end_message(). */
static void begin_message(struct byte_writer *out, uint16_t tunnel, uint16_t sent,
                          uint16_t received, enum message message)
{
    byte_writer_be16(out, FLAG_CONTROL | FLAG_LENGTH | FLAG_SEQUENCE | VERSION);
    byte_writer_be16(out, 0);
    byte_writer_be16(out, tunnel);
    byte_writer_be16(out, 0); /* no session */
    byte_writer_be16(out, sent);
    byte_writer_be16(out, received);
    put_avp_16(out, AVP_MESSAGE, (uint16_t)message);
}

static void end_message(struct byte_writer *out)
{
    if (!out->lacks_memory) {
        byte_writer_set_be16(out, 2, (uint16_t)out->size);
    }
}

/* The five that are mandatory (RFC 2661 section 6.1), and how many replies may wait. */
static void begin(struct talk *talk)
{
    static const uint8_t all_framings[4] = {0, 0, 0, 3};
    static const char name[] = "portledger";

    begin_message(&talk->out, 0, 0, 0, SCCRQ);
    put_avp_16(&talk->out, AVP_VERSION, 0x0100);
    put_avp(&talk->out, AVP_FRAMING, all_framings, sizeof(all_framings));
    put_avp(&talk->out, AVP_HOST, name, sizeof(name) - 1);
    put_avp_16(&talk->out, AVP_TUNNEL, our_tunnel(talk->target));
    put_avp_16(&talk->out, AVP_WINDOW, 4);
    end_message(&talk->out);
}

static void take_result(struct answer *answer, struct byte_reader *value)
{
    value_name_add(answer, &fields[RESULT], results, byte_reader_be16(value));
    if (byte_reader_left(value) >= 2) {
        answer_add_number(answer, &fields[ERROR], byte_reader_be16(value));
    }
    if (byte_reader_left(value) > 0) {
        size_t size = byte_reader_left(value);

        answer_add_text(answer, &fields[ERROR_TEXT], byte_reader_take(value, size), size);
    }
}

static void take_text(struct answer *answer, const struct answer_field *field,
                      struct byte_reader *value)
{
    size_t size = byte_reader_left(value);
    const uint8_t *bytes = byte_reader_take(value, size);

    if (size > 0) {
        answer_add_text(answer, field, bytes, size);
    }
}

static void take_value(struct talk *talk, uint16_t type, struct byte_reader *value)
{
    struct answer *answer = &talk->answer;
    struct state *state = talk->state;
    uint16_t number;

    switch (type) {
    case AVP_RESULT:
        take_result(answer, value);
        break;
    case AVP_VERSION:
        number = byte_reader_be16(value);
        answer_addf(answer, &fields[PROTOCOL_VERSION], "%d.%d", number >> 8, number & 0xff);
        break;
    case AVP_FRAMING:
        value_name_add_bits(answer, &fields[FRAMING], framings, byte_reader_be32(value));
        break;
    case AVP_BEARER:
        value_name_add_bits(answer, &fields[BEARER], bearers, byte_reader_be32(value));
        break;
    case AVP_FIRMWARE:
        answer_addf(answer, &fields[FIRMWARE], "%04x", (unsigned)byte_reader_be16(value));
        break;
    case AVP_HOST:
        take_text(answer, &fields[HOST], value);
        break;
    case AVP_VENDOR:
        take_text(answer, &fields[VENDOR], value);
        break;
    case AVP_TUNNEL:
        state->tunnel = byte_reader_be16(value);
        answer_add_number(answer, &fields[TUNNEL], state->tunnel);
        break;
    case AVP_WINDOW:
        answer_add_number(answer, &fields[WINDOW], byte_reader_be16(value));
        break;
    case AVP_CHALLENGE:
        answer_add_number(answer, &fields[CHALLENGE], 1);
        break;
    default: /* of no interest, or of a vendor */
        break;
    }
}

/* Of an AVP that comes twice, the first counts. */
static bool is_first(struct talk *talk, uint16_t type)
{
    struct state *state = talk->state;
    uint32_t bit = type < 32 ? UINT32_C(1) << type : 0;
    bool seen = (state->seen & bit) != 0;

    state->seen |= bit;
    return !seen;
}

/* One AVP. What is hidden needs a secret to be read (RFC 2661 section 4.3). */
static void take_avp(struct talk *talk, struct byte_reader *reader)
{
    uint16_t flags = byte_reader_be16(reader);
    uint16_t vendor = byte_reader_be16(reader);
    uint16_t type = byte_reader_be16(reader);
    size_t length = flags & AVP_LENGTH_BITS;
    struct byte_reader value =
        byte_reader_part(reader, length < AVP_HEADER_SIZE ? SIZE_MAX : length - AVP_HEADER_SIZE);

    if (!value.short_of && vendor == 0 && (flags & AVP_HIDDEN) == 0 && is_first(talk, type)) {
        take_value(talk, type, &value);
    }
    reader->short_of = reader->short_of || value.short_of;
}

/* The type of a message is its first AVP (RFC 2661 section 4.4.1); 0: it is none. */
static uint16_t take_message(struct byte_reader *reader)
{
    uint16_t flags = byte_reader_be16(reader);
    uint32_t vendor_and_type = byte_reader_be32(reader);
    uint16_t message = byte_reader_be16(reader);
    bool is_message = (flags & AVP_LENGTH_BITS) == AVP_HEADER_SIZE + 2 && vendor_and_type == 0;

    return is_message && !reader->short_of ? message : 0;
}

static enum protocol_next take_reply(struct talk *talk, struct byte_reader *reader)
{
    uint16_t message = take_message(reader);

    if (message != SCCRP && message != STOP_CCN) {
        return talk_wrong(talk, "an L2TP message of type %d, which is no reply", message);
    }
    value_name_add(&talk->answer, &fields[MESSAGE], messages, message);
    while (byte_reader_left(reader) > 0) {
        take_avp(talk, reader);
    }
    talk->is_partial = reader->short_of;
    return PROTOCOL_ANSWERED;
}

static enum protocol_next datagram(struct talk *talk, const uint8_t *bytes, size_t size)
{
    struct byte_reader reader = byte_reader_of(bytes, size);
    uint16_t flags = byte_reader_be16(&reader);
    uint16_t length = byte_reader_be16(&reader);
    uint16_t tunnel = byte_reader_be16(&reader);
    const uint16_t needed = FLAG_CONTROL | FLAG_LENGTH | FLAG_SEQUENCE;

    byte_reader_skip(&reader, HEADER_SIZE - 6);
    if (reader.short_of || (flags & (needed | VERSION_BITS)) != (needed | VERSION) ||
        length < HEADER_SIZE || length > size) {
        return stranger_said(talk, "L2TP", bytes, size);
    }
    if (tunnel != our_tunnel(talk->target)) {
        return PROTOCOL_IGNORE;
    }
    if (length == HEADER_SIZE) { /* an acknowledgement alone: the reply may follow */
        talk->is_enough = true;
        return PROTOCOL_WAIT;
    }
    reader.size = length;
    return take_reply(talk, &reader);
}

/* The tunnel is half made: it is closed, so that the server need not wait for more of us. */
static void farewell(struct talk *talk)
{
    const struct state *state = talk->state;

    if (state->tunnel == 0) {
        return;
    }
    begin_message(&talk->out, state->tunnel, 1, 1, STOP_CCN);
    put_avp_16(&talk->out, AVP_TUNNEL, our_tunnel(talk->target));
    put_avp_16(&talk->out, AVP_RESULT, 1);
    end_message(&talk->out);
}

static const struct protocol_port ports[] = {{1701, PROBE_UDP}, {0, 0}};
static const char *const services[] = {"l2tp", "l2f", NULL};

const struct protocol protocol_l2tp = {
    .name = "l2tp",
    .title = "L2TP: a tunnel that is closed again",
    .source = "RFC 2661",
    .ports = ports,
    .services = services,
    .side_effect = "begins a tunnel and closes it at once, which the server may record",
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct state),
    .begin = begin,
    .datagram = datagram,
    .farewell = farewell,
};
