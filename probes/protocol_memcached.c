/* SPDX-License-Identifier: MIT */

/*
 * memcached: its statistics (doc/protocol.txt of memcached). Over UDP each
 * datagram has eight bytes in front, and a reply may be of several of them, in
 * any order; servers of today have UDP switched off, since a small request with a
 * large reply is a weapon.
 */

#include <string.h>

#include "probes/line_talk.h"
#include "probes/protocol_list.h"

enum {
    FRAME_SIZE = 8,
    DATAGRAMS_MOST = 16, /* of one reply; of today's servers it has two or three */
};

enum {
    VERSION,
    UPTIME,
    CONNECTIONS,
    CONNECTIONS_MOST,
    THREADS,
    MEMORY_LIMIT,
    MEMORY_USED,
    ITEMS,
    AUTH_COMMANDS,
    ERROR_TEXT,
    FIELD_COUNT,
};

static const struct answer_field fields[FIELD_COUNT] = {
    [VERSION] = {.name = "version",
                 .help = "Version of memcached",
                 .telling = true,
                 .label = "memcached"},
    [UPTIME] = {.name = "uptime",
                .type = ANSWER_NUMBER,
                .unit = "s",
                .help = "How long the server has been running",
                .fleeting = true},
    [CONNECTIONS] = {.name = "connections",
                     .type = ANSWER_NUMBER,
                     .help = "Connections that are open, ours among them",
                     .fleeting = true},
    [CONNECTIONS_MOST] = {.name = "connections_most",
                          .type = ANSWER_NUMBER,
                          .help = "How many there may be"},
    [THREADS] = {.name = "threads", .type = ANSWER_NUMBER, .help = "Threads that serve"},
    [MEMORY_LIMIT] = {.name = "memory_limit",
                      .type = ANSWER_NUMBER,
                      .unit = "bytes",
                      .help = "How much it may keep"},
    [MEMORY_USED] = {.name = "memory_used",
                     .type = ANSWER_NUMBER,
                     .unit = "bytes",
                     .help = "How much it keeps",
                     .fleeting = true},
    [ITEMS] = {.name = "items",
               .type = ANSWER_NUMBER,
               .help = "How many things it keeps",
               .telling = true,
               .fleeting = true},
    [AUTH_COMMANDS] = {.name = "auth_commands",
                       .type = ANSWER_NUMBER,
                       .help = "Log-ons that were tried",
                       .fleeting = true},
    [ERROR_TEXT] = {.name = "error",
                    .help = "Why the server does not tell: CLIENT_ERROR unauthenticated",
                    .telling = true},
};

static const struct {
    const char *name;
    int field;
} statistics[] = {
    {"version", VERSION},
    {"uptime", UPTIME},
    {"curr_connections", CONNECTIONS},
    {"max_connections", CONNECTIONS_MOST},
    {"threads", THREADS},
    {"limit_maxbytes", MEMORY_LIMIT},
    {"bytes", MEMORY_USED},
    {"curr_items", ITEMS},
    {"auth_cmds", AUTH_COMMANDS},
};

static const char *const errors[] = {"ERROR", "CLIENT_ERROR ", "SERVER_ERROR "};

/* What came over UDP so far. */
struct state {
    bool has_begun; /* a line of memcached's was read */
    uint16_t total; /* datagrams of the reply; 0: none has come */
    uint16_t next;  /* number of the one that goes on with `text` */
    struct byte_writer text;
    size_t read;                              /* bytes of the text */
    struct byte_writer early[DATAGRAMS_MOST]; /* that came before those before them */
};

static void begin(struct talk *talk)
{
    if (talk->target->transport == PROBE_UDP) {
        byte_writer_add(&talk->out, talk->target->random, 2);
        byte_writer_be16(&talk->out, 0); /* the number of the datagram, of one */
        byte_writer_be16(&talk->out, 1);
        byte_writer_be16(&talk->out, 0);
    }
    byte_writer_text(&talk->out, "stats\r\n");
}

/* Of up to 18 digits: memory is counted in bytes. */
static bool read_number(struct line line, int64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < line.size; i++) {
        if (line.bytes[i] < '0' || line.bytes[i] > '9') {
            return false;
        }
        *number = *number * 10 + (line.bytes[i] - '0');
        if (i >= 17) {
            return false;
        }
    }
    return line.size > 0;
}

static void add_statistic(struct answer *answer, struct line name, struct line value)
{
    int64_t number;

    for (size_t i = 0; i < sizeof(statistics) / sizeof(statistics[0]); i++) {
        const struct answer_field *field = &fields[statistics[i].field];

        if (!line_equals(name, statistics[i].name) || answer_find(answer, field->name) != NULL) {
            continue;
        }
        if (field->type == ANSWER_TEXT) {
            answer_add_text(answer, field, value.bytes, value.size);
        } else if (read_number(value, &number)) {
            answer_add_number(answer, field, number);
        }
    }
}

static bool is_error(struct line line)
{
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        bool has_more = errors[i][strlen(errors[i]) - 1] == ' ';

        if (has_more ? line_starts(line, errors[i]) : line_equals(line, errors[i])) {
            return true;
        }
    }
    return false;
}

static enum protocol_next take(struct talk *talk, struct line line)
{
    struct state *state = talk->state;
    struct line rest = line;
    struct line word;

    if (line_equals(line, "END")) {
        return PROTOCOL_ANSWERED;
    }
    if (is_error(line)) {
        answer_add_text(&talk->answer, &fields[ERROR_TEXT], line.bytes, line.size);
        return PROTOCOL_ANSWERED;
    }
    if (!line_split(&rest, ' ', &word) || !line_equals(word, "STAT") ||
        !line_split(&rest, ' ', &word)) {
        return talk_wrong(talk, "not memcached: it said %.*s",
                          (int)(line.size < 80 ? line.size : 80), line.bytes);
    }
    state->has_begun = true;
    talk->is_enough = true;
    add_statistic(&talk->answer, word, rest);
    return PROTOCOL_WAIT;
}

static const char *const beginnings[] = {"STAT ",        "END",          "ERROR",
                                         "CLIENT_ERROR", "SERVER_ERROR", NULL};

static const struct line_manner manner = {"memcached", beginnings};

static enum protocol_next stream(struct talk *talk, const uint8_t *bytes, size_t size, bool ended,
                                 size_t *used)
{
    const struct state *state = talk->state;

    return line_talk(talk, bytes, size, ended, used, !state->has_begun, &manner, take);
}

/* The header of a datagram; false where it is none of a reply, or does not fit those before. */
static bool read_frame(struct state *state, struct byte_reader *reader, uint16_t *number)
{
    uint16_t total;

    byte_reader_skip(reader, 2);
    *number = byte_reader_be16(reader);
    total = byte_reader_be16(reader);
    if (byte_reader_be16(reader) != 0 || reader->short_of || *number >= total ||
        total > DATAGRAMS_MOST || (state->total != 0 && state->total != total)) {
        return false;
    }
    state->total = total;
    return true;
}

/* Joins what goes on with the text: this one, and those that came before their turn. */
static void join(struct state *state)
{
    while (state->next < state->total && state->early[state->next].size > 0) {
        struct byte_writer *part = &state->early[state->next++];

        byte_writer_add(&state->text, part->bytes, part->size);
        byte_writer_clear(part);
    }
}

static enum protocol_next read_text(struct talk *talk)
{
    struct state *state = talk->state;
    bool ended = state->next == state->total;
    size_t used = 0;
    enum protocol_next next;

    if (state->text.size == state->read) {
        return PROTOCOL_WAIT;
    }
    next = line_talk(talk, state->text.bytes + state->read, state->text.size - state->read, ended,
                     &used, !state->has_begun, &manner, take);
    state->read += used;
    if (next == PROTOCOL_WAIT && ended) {
        return line_talk_cut(talk, "the statistics are not whole");
    }
    return next;
}

static enum protocol_next datagram(struct talk *talk, const uint8_t *bytes, size_t size)
{
    struct state *state = talk->state;
    struct byte_reader reader = byte_reader_of(bytes, size);
    uint16_t number;

    if (size <= FRAME_SIZE) {
        return talk_wrong(talk, "not memcached: a datagram of %zu bytes", size);
    }
    if (memcmp(bytes, talk->target->random, 2) != 0) {
        return PROTOCOL_IGNORE;
    }
    if (!read_frame(state, &reader, &number)) {
        return talk_wrong(talk, "not memcached: a datagram of %zu bytes", size);
    }
    if (number < state->next || state->early[number].size > 0) {
        return PROTOCOL_WAIT; /* it came twice */
    }
    byte_writer_add(&state->early[number], bytes + FRAME_SIZE, size - FRAME_SIZE);
    join(state);
    return read_text(talk);
}

static void farewell(struct talk *talk)
{
    if (talk->target->transport == PROBE_TCP) {
        byte_writer_text(&talk->out, "quit\r\n");
    }
}

static void clear(struct talk *talk)
{
    struct state *state = talk->state;

    byte_writer_clear(&state->text);
    for (int i = 0; i < DATAGRAMS_MOST; i++) {
        byte_writer_clear(&state->early[i]);
    }
}

const struct protocol protocol_memcached = {
    .name = "memcached",
    .title = "memcached: version and statistics",
    .source = "protocol.txt of memcached",
    .ports = (const struct protocol_port[]){{11211, PROBE_TCP}, {11211, PROBE_UDP}, {0}},
    .services = (const char *const[]){"memcache", "memcached", NULL},
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct state),
    .begin = begin,
    .stream = stream,
    .datagram = datagram,
    .farewell = farewell,
    .clear = clear,
};
