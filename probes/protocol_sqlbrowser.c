/* SPDX-License-Identifier: MIT */

/*
 * SQL Server Browser: which instances of SQL Server a computer has, and where
 * they listen (MC-SQLR sections 2.2.2 and 2.2.5).
 */

#include <string.h>

#include "probes/line.h"
#include "probes/protocol_list.h"

enum {
    CLNT_UCAST_EX = 0x03,
    SVR_RESP = 0x05,
};

enum {
    INSTANCES,
    SERVER,
    INSTANCE,
    CLUSTERED,
    VERSION,
    TCP_PORT,
    PIPE,
    OTHER,
    FIELD_COUNT,
};

static const struct answer_field fields[FIELD_COUNT] = {
    [INSTANCES] = {.name = "instances",
                   .type = ANSWER_NUMBER,
                   .help = "How many instances it has",
                   .telling = true},
    [SERVER] = {.name = "server", .help = "Name of the computer"},
    [INSTANCE] = {.name = "instance", .help = "Name of the instance", .telling = true},
    [CLUSTERED] = {.name = "clustered",
                   .type = ANSWER_TRUTH,
                   .help = "Whether it is one of a cluster"},
    [VERSION] = {.name = "version", .help = "Version of SQL Server"},
    [TCP_PORT] = {.name = "tcp_port",
                  .type = ANSWER_NUMBER,
                  .help = "Port that it listens on",
                  .telling = true},
    [PIPE] = {.name = "pipe", .help = "Named pipe that it listens on"},
    [OTHER] = {.name = "other", .help = "What else it says of itself, as key=value", .many = true},
};

static const struct {
    const char *key;
    int field;
} keys[] = {
    {"ServerName", SERVER}, {"InstanceName", INSTANCE}, {"IsClustered", CLUSTERED},
    {"Version", VERSION},   {"tcp", TCP_PORT},          {"np", PIPE},
};

enum { KEY_COUNT = sizeof(keys) / sizeof(keys[0]) };

static void begin(struct talk *talk)
{
    byte_writer_u8(&talk->out, CLNT_UCAST_EX);
}

/* False where it is not of the field's type. */
static bool add_known(struct answer *answer, int field, struct line value)
{
    uint32_t number = 0;

    switch (fields[field].type) {
    case ANSWER_NUMBER:
        if (!line_number(value, &number)) {
            return false;
        }
        answer_add_number(answer, &fields[field], number);
        return true;
    case ANSWER_TRUTH:
        if (!line_equals(value, "Yes") && !line_equals(value, "No")) {
            return false;
        }
        answer_add_number(answer, &fields[field], line_equals(value, "Yes"));
        return true;
    default:
        answer_add_text(answer, &fields[field], value.bytes, value.size);
        return true;
    }
}

/* `seen`: which keys this instance had already, a bit each. */
static void add_pair(struct answer *answer, struct line key, struct line value, unsigned *seen)
{
    for (unsigned i = 0; i < KEY_COUNT; i++) {
        if (line_equals(key, keys[i].key) && (*seen & 1U << i) == 0 &&
            add_known(answer, keys[i].field, value)) {
            *seen |= 1U << i;
            return;
        }
    }
    answer_addf(answer, &fields[OTHER], "%.*s=%.*s", (int)key.size, key.bytes, (int)value.size,
                value.bytes);
}

/* "key;value;key;value;;": one instance. False where it has no end. */
static bool read_instance(struct answer *answer, struct line *rest)
{
    unsigned seen = 0;
    struct line key;
    struct line value;
    bool is_whole = false;

    answer_begin_item(answer, "instance");
    while (line_split(rest, ';', &key)) {
        if (key.size == 0) {
            is_whole = true;
            break;
        }
        if (!line_split(rest, ';', &value)) {
            break;
        }
        add_pair(answer, key, value, &seen);
    }
    answer_end_item(answer);
    return is_whole;
}

static enum protocol_next datagram(struct talk *talk, const uint8_t *bytes, size_t size)
{
    struct byte_reader reader = byte_reader_of(bytes, size);
    uint8_t kind = byte_reader_u8(&reader);
    size_t length = byte_reader_le16(&reader);
    size_t left = byte_reader_left(&reader);
    struct line rest = {.bytes = (const char *)bytes + 3, .size = left < length ? left : length};
    bool is_whole = left >= length;
    int64_t count = 0;

    if (reader.short_of || kind != SVR_RESP) {
        return talk_wrong(talk, "not SQL Server Browser: a datagram of %zu bytes", size);
    }
    for (bool goes_on = true; rest.size > 0 && goes_on; count++) {
        goes_on = read_instance(&talk->answer, &rest) && !talk->answer.cut;
        is_whole = is_whole && goes_on;
    }
    answer_add_number(&talk->answer, &fields[INSTANCES], count);
    if (!is_whole) {
        talk->is_partial = true;
        talk_say(talk, "the list of instances is not whole");
    }
    return PROTOCOL_ANSWERED;
}

const struct protocol protocol_sqlbrowser = {
    .name = "sqlbrowser",
    .title = "SQL Server Browser: instances and their ports",
    .source = "MC-SQLR 2.2.2 and 2.2.5",
    .ports = (const struct protocol_port[]){{1434, PROBE_UDP}, {0}},
    .services = (const char *const[]){"ms-sql-m", NULL},
    .fields = fields,
    .field_count = FIELD_COUNT,
    .begin = begin,
    .datagram = datagram,
};
