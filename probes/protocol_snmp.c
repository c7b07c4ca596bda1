/* SPDX-License-Identifier: MIT */

/*
 * SNMP: a get of the system group (RFC 3418 section 2), in version 2c
 * (RFC 1901, RFC 3416) or 1 (RFC 1157). An agent that does not know the
 * community stays silent. One of version 1 that lacks an object tells none of
 * them, but which one it is (RFC 1157 section 4.1.2): it is asked for the others.
 */

#include <string.h>

#include "base/text.h"
#include "collector/socket_row.h"
#include "probes/ber.h"
#include "probes/protocol_list.h"
#include "probes/value_name.h"

enum {
    VERSION_1 = 0,
    VERSION_2C = 1,
    GET_REQUEST = 0xa0,
    RESPONSE = 0xa2,
};

/* RFC 2578 section 7.1, RFC 3416 section 3. */
enum {
    IP_ADDRESS = 0x40,
    COUNTER = 0x41,
    GAUGE = 0x42,
    TIME_TICKS = 0x43,
    COUNTER_64 = 0x46,
    NO_SUCH_OBJECT = 0x80,
    NO_SUCH_INSTANCE = 0x81,
    END_OF_VIEW = 0x82,
};

enum {
    VERSION,
    ERROR_STATUS,
    ERROR_INDEX,
    SYS_DESCR,
    SYS_OBJECT_ID,
    SYS_UP_TIME,
    SYS_CONTACT,
    SYS_NAME,
    SYS_LOCATION,
    OID,
    VALUE,
    FIELD_COUNT,
};

static const struct answer_field fields[FIELD_COUNT] = {
    [VERSION] = {.name = "version", .help = "Version of SNMP that the agent replied in"},
    [ERROR_STATUS] = {.name = "error_status", .help = "What came of the request: noError"},
    [ERROR_INDEX] = {.name = "error_index",
                     .type = ANSWER_NUMBER,
                     .help = "Which of the objects the error is about, counted from 1"},
    [SYS_DESCR] = {.name = "sys_descr", .help = "What the system is", .telling = true},
    [SYS_OBJECT_ID] = {.name = "sys_object_id", .help = "The maker's number for the system"},
    [SYS_UP_TIME] = {.name = "sys_up_time",
                     .type = ANSWER_NUMBER,
                     .unit = "ms",
                     .help = "How long the agent has been running",
                     .fleeting = true},
    [SYS_CONTACT] = {.name = "sys_contact", .help = "Who is in charge of the system"},
    [SYS_NAME] = {.name = "sys_name", .help = "The system's name", .telling = true},
    [SYS_LOCATION] = {.name = "sys_location", .help = "Where the system is"},
    [OID] = {.name = "oid", .help = "Number of an object that was not asked for"},
    [VALUE] = {.name = "value", .help = "Its value"},
};

/* What is asked for, and the last number of it: 1.3.6.1.2.1.1.x.0. */
static const struct {
    uint8_t number;
    int field;
} objects[] = {
    {1, SYS_DESCR},   {2, SYS_OBJECT_ID}, {3, SYS_UP_TIME},
    {4, SYS_CONTACT}, {5, SYS_NAME},      {6, SYS_LOCATION},
};

enum { OBJECT_COUNT = sizeof(objects) / sizeof(objects[0]) };

/* RFC 3416 section 3. */
enum { NO_ERROR = 0, TOO_BIG = 1, NO_SUCH_NAME = 2 };

struct snmp_state {
    int version;
    int requests; /* that were sent */
    bool lacks[OBJECT_COUNT];
};

static const uint8_t system_group[] = {0x2b, 6, 1, 2, 1, 1};

enum { OBJECT_SIZE = sizeof(system_group) + 2 };

/* RFC 3416 section 3. */
static const struct value_name error_statuses[] = {
    {0, "noError"},
    {1, "tooBig"},
    {2, "noSuchName"},
    {3, "badValue"},
    {4, "readOnly"},
    {5, "genErr"},
    {6, "noAccess"},
    {13, "resourceUnavailable"},
    {16, "authorizationError"},
    {0, NULL},
};

static const struct value_name versions[] = {{VERSION_1, "1"}, {VERSION_2C, "2c"}, {0, NULL}};

/* Of the newest request: a late reply to another one is none to it. */
static int64_t request_id(const struct talk *talk)
{
    const struct snmp_state *state = talk->state;

    return (talk->target->random[0] << 8 | talk->target->random[1]) + state->requests - 1;
}

static void put_object(struct byte_writer *out, uint8_t number)
{
    size_t binding = ber_begin(out, BER_SEQUENCE);
    size_t oid = ber_begin(out, BER_OID);

    byte_writer_add(out, system_group, sizeof(system_group));
    byte_writer_u8(out, number);
    byte_writer_u8(out, 0);
    ber_end(out, oid);
    ber_put_text(out, BER_NULL, "");
    ber_end(out, binding);
}

static void put_objects(struct byte_writer *out, const struct snmp_state *state)
{
    size_t list = ber_begin(out, BER_SEQUENCE);

    for (size_t i = 0; i < OBJECT_COUNT; i++) {
        if (!state->lacks[i]) {
            put_object(out, objects[i].number);
        }
    }
    ber_end(out, list);
}

static void ask(struct talk *talk)
{
    struct snmp_state *state = talk->state;
    struct byte_writer *out = &talk->out;
    size_t message = ber_begin(out, BER_SEQUENCE);
    size_t request;

    state->requests++;
    ber_put_integer(out, BER_INTEGER, state->version);
    ber_put_text(out, BER_OCTETS, talk->target->community);
    request = ber_begin(out, GET_REQUEST);
    ber_put_integer(out, BER_INTEGER, request_id(talk));
    ber_put_integer(out, BER_INTEGER, 0);
    ber_put_integer(out, BER_INTEGER, 0);
    put_objects(out, state);
    ber_end(out, request);
    ber_end(out, message);
}

static void begin(struct talk *talk, int version)
{
    struct snmp_state *state = talk->state;

    state->version = version;
    ask(talk);
}

static void begin_1(struct talk *talk)
{
    begin(talk, VERSION_1);
}

static void begin_2c(struct talk *talk)
{
    begin(talk, VERSION_2C);
}

static int find_field(const struct ber_element *oid)
{
    if (oid->size != OBJECT_SIZE || oid->bytes[OBJECT_SIZE - 1] != 0 ||
        memcmp(oid->bytes, system_group, sizeof(system_group)) != 0) {
        return -1;
    }
    for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
        if (objects[i].number == oid->bytes[sizeof(system_group)]) {
            return objects[i].field;
        }
    }
    return -1;
}

static void add_address(struct text *text, const struct ber_element *value)
{
    struct socket_endpoint endpoint = {.address_size = 4};

    if (value->size == 4) {
        memcpy(endpoint.address, value->bytes, 4);
        socket_endpoint_add_address(text, &endpoint);
    }
}

/* A value of any type, in words. */
static void add_any(struct text *text, const struct ber_element *value)
{
    int64_t number = 0;
    uint64_t count = 0;

    switch (value->tag) {
    case BER_OID:
        ber_add_oid(text, value->bytes, value->size);
        return;
    case IP_ADDRESS:
        add_address(text, value);
        return;
    case BER_INTEGER:
        ber_element_integer(value, &number);
        text_addf(text, "%lld", (long long)number);
        return;
    case COUNTER:
    case GAUGE:
    case TIME_TICKS:
    case COUNTER_64:
        ber_element_unsigned(value, &count);
        text_addf(text, "%llu", (unsigned long long)count);
        return;
    default:
        text_add_bytes(text, value->bytes, value->size);
        return;
    }
}

static void add_text(struct answer *answer, int field, const struct ber_element *value)
{
    struct text text = {0};

    add_any(&text, value);
    answer_add_text(answer, &fields[field], text_bytes(&text), text.size);
    text_clear(&text);
}

/* False where the field has a value already, or this is none of its type. */
static bool add_known(struct answer *answer, int field, const struct ber_element *value)
{
    uint64_t ticks;

    if (answer_find(answer, fields[field].name) != NULL) {
        return false;
    }
    if (field != SYS_UP_TIME) {
        add_text(answer, field, value);
        return true;
    }
    if (value->tag != TIME_TICKS || !ber_element_unsigned(value, &ticks) || ticks > UINT32_MAX) {
        return false;
    }
    answer_add_number(answer, &fields[field], (int64_t)ticks * 10); /* hundredths of a second */
    return true;
}

static void add_binding(struct answer *answer, const struct ber_element *oid,
                        const struct ber_element *value)
{
    int field = find_field(oid);

    if (value->tag == NO_SUCH_OBJECT || value->tag == NO_SUCH_INSTANCE ||
        value->tag == END_OF_VIEW || value->tag == BER_NULL) {
        return; /* the agent has it not, or does not tell */
    }
    if (field >= 0 && add_known(answer, field, value)) {
        return;
    }
    answer_begin_item(answer, "object");
    add_text(answer, OID, oid);
    add_text(answer, VALUE, value);
    answer_end_item(answer);
}

/* False where a binding is not whole. */
static bool read_bindings(struct answer *answer, struct byte_reader *list)
{
    while (byte_reader_left(list) > 0 && answer->count < ANSWER_VALUES_MOST) {
        struct byte_reader binding = ber_enter(list, BER_SEQUENCE);
        struct ber_element oid = ber_take(&binding, BER_OID);
        struct ber_element value;

        if (!ber_next(&binding, &value)) {
            return false;
        }
        add_binding(answer, &oid, &value);
    }
    return !list->short_of && byte_reader_left(list) == 0;
}

/* How many objects the newest request was about; *nth: the one of them with this number, from 1. */
static int asked(struct snmp_state *state, int64_t number, bool **nth)
{
    int count = 0;

    *nth = NULL;
    for (size_t i = 0; i < OBJECT_COUNT; i++) {
        count += state->lacks[i] ? 0 : 1;
        if (!state->lacks[i] && count == number) {
            *nth = &state->lacks[i];
        }
    }
    return count;
}

/* Leaves out what the agent lacks, or all but the first object where it is too much at once. False
 * where there is nothing less to ask for. */
static bool leave_out(struct snmp_state *state, int64_t status, int64_t index)
{
    bool *lacking;
    int count = asked(state, index, &lacking);

    if (count < 2 || (status == NO_SUCH_NAME ? lacking == NULL : state->lacks[0])) {
        return false;
    }
    if (status == NO_SUCH_NAME) {
        *lacking = true;
        return true;
    }
    for (size_t i = 1; i < OBJECT_COUNT; i++) {
        state->lacks[i] = true;
    }
    return true;
}

static enum protocol_next read_reply(struct talk *talk, int64_t status, int64_t index,
                                     struct byte_reader *list)
{
    struct snmp_state *state = talk->state;

    if (!talk->is_enough) { /* else it was told with the first reply */
        value_name_add(&talk->answer, &fields[VERSION], versions, (uint32_t)state->version);
    }
    if ((status == NO_SUCH_NAME || status == TOO_BIG) && leave_out(state, status, index)) {
        talk->is_enough = true;
        ask(talk);
        return PROTOCOL_WAIT;
    }
    value_name_add(&talk->answer, &fields[ERROR_STATUS], error_statuses, (uint32_t)status);
    if (status != NO_ERROR) {
        answer_add_number(&talk->answer, &fields[ERROR_INDEX], index);
    }
    if (!read_bindings(&talk->answer, list)) {
        talk->is_partial = true;
        talk_say(talk, "the list of objects is not whole");
    }
    return PROTOCOL_ANSWERED;
}

static enum protocol_next datagram(struct talk *talk, const uint8_t *bytes, size_t size)
{
    struct byte_reader reader = byte_reader_of(bytes, size);
    struct byte_reader message = ber_enter(&reader, BER_SEQUENCE);
    int64_t version = ber_integer(&message, BER_INTEGER);
    struct ber_element community = ber_take(&message, BER_OCTETS);
    struct byte_reader pdu = ber_enter(&message, RESPONSE);
    int64_t id = ber_integer(&pdu, BER_INTEGER);
    int64_t status = ber_integer(&pdu, BER_INTEGER);
    int64_t index = ber_integer(&pdu, BER_INTEGER);
    struct byte_reader list = ber_enter(&pdu, BER_SEQUENCE);
    const struct snmp_state *state = talk->state;
    const char *ours = talk->target->community;

    if (list.short_of) {
        return talk_wrong(talk, "not SNMP: a datagram of %zu bytes", size);
    }
    if (id != request_id(talk) || community.size != strlen(ours) ||
        memcmp(community.bytes, ours, community.size) != 0) {
        return PROTOCOL_IGNORE;
    }
    if (version != state->version) {
        return talk_wrong(talk, "SNMP, and not of the version that was asked for");
    }
    return read_reply(talk, status, index, &list);
}

const struct protocol protocol_snmp = {
    .name = "snmp",
    .title = "SNMP 2c: what the system is",
    .source = "RFC 1901, RFC 3416, RFC 3418 section 2",
    .ports = (const struct protocol_port[]){{161, PROBE_UDP}, {0}},
    .services = (const char *const[]){"snmp", NULL},
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct snmp_state),
    .begin = begin_2c,
    .datagram = datagram,
};

/* For agents that know version 1 alone; found by its name, since the port is that of version 2c. */
const struct protocol protocol_snmp_v1 = {
    .name = "snmp-v1",
    .title = "SNMP 1: what the system is",
    .source = "RFC 1157, RFC 3418 section 2",
    .ports = (const struct protocol_port[]){{161, PROBE_UDP}, {0}},
    .services = (const char *const[]){NULL},
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct snmp_state),
    .begin = begin_1,
    .datagram = datagram,
};
