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

/* "key;value;". */
static bool next_pair(struct line *rest, struct line *key, struct line *value)
{
    return line_split(rest, ';', key) && key->size > 0 && line_split(rest, ';', value);
}

/* "key;value;key;value;;": one instance, which has a pair at least. *is_whole: it has an end. */
static bool read_instance(struct answer *answer, struct line *rest, bool *is_whole)
{
    unsigned seen = 0;
    struct line key;
    struct line value;

    *is_whole = false;
    if (!next_pair(rest, &key, &value)) {
        return false;
    }
    answer_begin_item(answer, "instance");
    do {
        add_pair(answer, key, value, &seen);
    } while (next_pair(rest, &key, &value));
    answer_end_item(answer);
    *is_whole = key.size == 0;
    return true;
}

/* How many there are. */
static int64_t read_instances(struct answer *answer, struct line rest, bool *is_whole)
{
    int64_t count = 0;

    while (rest.size > 0 && *is_whole && !answer->cut) {
        count += read_instance(answer, &rest, is_whole) ? 1 : 0;
    }
    *is_whole = *is_whole && !answer->cut;
    return count;
}

static enum protocol_next datagram(struct talk *talk, const uint8_t *bytes, size_t size)
{
    struct byte_reader reader = byte_reader_of(bytes, size);
    uint8_t kind = byte_reader_u8(&reader);
    size_t length = byte_reader_le16(&reader);
    size_t left = byte_reader_left(&reader);
    struct line rest = {.bytes = (const char *)bytes + 3, .size = left < length ? left : length};
    bool is_whole = true;
    int64_t count;

    if (reader.short_of || kind != SVR_RESP) {
        return talk_wrong(talk, "not SQL Server Browser: a datagram of %zu bytes", size);
    }
    count = read_instances(&talk->answer, rest, &is_whole);
    if (count == 0 && length > 0) {
        return talk_wrong(talk, "not SQL Server Browser: a list without an instance");
    }
    answer_add_number(&talk->answer, &fields[INSTANCES], count);
    if (!is_whole || left < length) {
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
