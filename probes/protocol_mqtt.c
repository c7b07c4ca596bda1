/* SPDX-License-Identifier: MIT */

/*
 * MQTT 3.1.1: what a broker says to a client without a name and a password
 * (sections 3.1 and 3.2 of the OASIS standard), and a DISCONNECT where it was let
 * in. Nothing is published, and nothing subscribed to.
 */

#include <string.h>

#include "probes/protocol_list.h"
#include "probes/stranger.h"
#include "probes/value_name.h"

enum {
    CONNACK = 0x20,
    CONNACK_LEAST = 2,
    LENGTH_MOST = 127, /* of one byte; a broker of version 5 may add properties */
    RETURN_ACCEPTED = 0,
    FLAG_SESSION = 1,
};

enum field { RETURN_CODE, ANONYMOUS, SESSION_PRESENT, FIELD_COUNT };

static const struct answer_field fields[FIELD_COUNT] = {
    [RETURN_CODE] = {.name = "return_code",
                     .help = "What the broker makes of us: accepted, not authorized",
                     .telling = true},
    [ANONYMOUS] = {.name = "anonymous_logon",
                   .type = ANSWER_TRUTH,
                   .help = "Whether it lets anybody in",
                   .telling = true},
    [SESSION_PRESENT] = {.name = "session_present",
                         .type = ANSWER_TRUTH,
                         .help = "Whether it remembers us, which it should not"},
};

/* MQTT 3.1.1 section 3.2.2.3; from 128 on MQTT 5.0 section 3.2.2.2, of brokers that have no 3.1.1.
 */
static const struct value_name codes[] = {
    {RETURN_ACCEPTED, "accepted"},
    {1, "unacceptable protocol version"},
    {2, "identifier rejected"},
    {3, "server unavailable"},
    {4, "bad user name or password"},
    {5, "not authorized"},
    {128, "unspecified error"},
    {129, "malformed packet"},
    {130, "protocol error"},
    {132, "unsupported protocol version"},
    {133, "client identifier not valid"},
    {134, "bad user name or password"},
    {135, "not authorized"},
    {136, "server unavailable"},
    {137, "server busy"},
    {138, "banned"},
    {140, "bad authentication method"},
    {151, "quota exceeded"},
    {156, "use another server"},
    {157, "server moved"},
    {159, "connection rate exceeded"},
    {0, NULL},
};

struct mqtt_state {
    bool is_let_in;
};

/* No name: the broker makes one up (section 3.1.3.1), so that nobody's session is taken over. */
static void begin(struct talk *talk)
{
    static const uint8_t connect[] = {
        0x10, 12,                     /* CONNECT, and the length of the rest */
        0,    4,  'M', 'Q', 'T', 'T', /* the protocol */
        4,                            /* its version, 3.1.1 */
        2,                            /* a session that is forgotten at once; no will */
        0,    10,                     /* seconds until it may think that we are gone */
        0,    0,                      /* the name */
    };

    byte_writer_add(&talk->out, connect, sizeof(connect));
}

/* Refused since it wants to know who we are, and not for another reason. */
static bool is_about_us(uint8_t code)
{
    static const uint8_t some[] = {4, 5, 134, 135};

    return memchr(some, code, sizeof(some)) != NULL;
}

static enum protocol_next read_connack(struct talk *talk, struct byte_reader packet)
{
    struct mqtt_state *state = talk->state;
    uint8_t flags = byte_reader_u8(&packet);
    uint8_t code = byte_reader_u8(&packet);

    state->is_let_in = code == RETURN_ACCEPTED;
    value_name_add(&talk->answer, &fields[RETURN_CODE], codes, code);
    if (state->is_let_in || is_about_us(code)) {
        answer_add_number(&talk->answer, &fields[ANONYMOUS], state->is_let_in);
    }
    answer_add_number(&talk->answer, &fields[SESSION_PRESENT], (flags & FLAG_SESSION) != 0);
    return PROTOCOL_ANSWERED;
}

static enum protocol_next stream(struct talk *talk, const uint8_t *bytes, size_t size, bool ended,
                                 size_t *used)
{
    struct byte_reader reader = byte_reader_of(bytes, size);
    uint8_t kind = byte_reader_u8(&reader);
    size_t length = byte_reader_u8(&reader);

    (void)ended;
    if ((size >= 1 && kind != CONNACK) ||
        (size >= 2 && (length < CONNACK_LEAST || length > LENGTH_MOST)) ||
        (size >= 3 && bytes[2] > FLAG_SESSION)) {
        return stranger_said(talk, "MQTT", bytes, size);
    }
    if (size < 2 || size - 2 < length) {
        return PROTOCOL_WAIT;
    }
    *used = 2 + length;
    return read_connack(talk, byte_reader_part(&reader, length));
}

/* Who was not let in has no session to end. */
static void farewell(struct talk *talk)
{
    static const uint8_t disconnect[] = {0xe0, 0};
    const struct mqtt_state *state = talk->state;

    if (state->is_let_in) {
        byte_writer_add(&talk->out, disconnect, sizeof(disconnect));
    }
}

const struct protocol protocol_mqtt = {
    .name = "mqtt",
    .title = "MQTT: whether a broker lets anybody in",
    .source = "MQTT 3.1.1 sections 3.1, 3.2 and 3.14",
    .ports = (const struct protocol_port[]){{1883, PROBE_TCP}, {0}},
    .services = (const char *const[]){"mqtt", NULL},
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct mqtt_state),
    .begin = begin,
    .stream = stream,
    .farewell = farewell,
};

const struct protocol protocol_mqtts = {
    .name = "mqtts",
    .title = "MQTT in TLS: whether a broker lets anybody in",
    .source = "MQTT 3.1.1 section 5.4",
    .ports = (const struct protocol_port[]){{8883, PROBE_TCP}, {0}},
    .services = (const char *const[]){"secure-mqtt", "mqtts", NULL},
    .security = PROTOCOL_IN_TLS,
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct mqtt_state),
    .begin = begin,
    .stream = stream,
    .farewell = farewell,
};
