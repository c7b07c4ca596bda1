/* SPDX-License-Identifier: MIT */

/*
 * Redis: PING and INFO server, as it answers them to a client that has not
 * logged on (Redis' "Serialization protocol specification", RESP 2). Nothing is
 * read of what it keeps, and nothing is changed.
 */

#include <string.h>

#include "probes/line.h"
#include "probes/protocol_list.h"
#include "probes/stranger.h"

enum { INFO_MOST = 60 * 1024, END_OF_LINE = 2 };

struct redis_state {
    bool has_pong; /* the reply to PING has come */
    bool has_size; /* that to INFO has begun */
    uint32_t size; /* bytes that it has, without the end of the line */
};

enum field {
    PING,
    LOGON_REQUIRED,
    ERROR,
    INFO_ERROR,
    VERSION,
    MODE,
    SYSTEM,
    WORD_SIZE,
    BUILD,
    RUN_ID,
    PROCESS_ID,
    UPTIME,
    EXECUTABLE,
    SETTINGS_FILE,
    FIELD_COUNT,
};

static const struct answer_field fields[FIELD_COUNT] = {
    [PING] = {.name = "ping", .help = "What it says to PING: PONG"},
    [LOGON_REQUIRED] = {.name = "logon_required",
                        .type = ANSWER_TRUTH,
                        .help = "Whether one has to log on before it does anything",
                        .telling = true},
    [ERROR] = {.name = "error", .help = "Why it does nothing", .telling = true},
    [INFO_ERROR] = {.name = "info_error", .help = "Why it tells nothing of itself"},
    [VERSION] = {.name = "version",
                 .help = "Version of the server",
                 .telling = true,
                 .label = "Redis"},
    [MODE] = {.name = "mode", .help = "standalone, cluster, sentinel", .telling = true},
    [SYSTEM] = {.name = "os", .help = "System that it runs on", .telling = true},
    [WORD_SIZE] = {.name = "arch_bits",
                   .type = ANSWER_NUMBER,
                   .unit = "bits",
                   .help = "Whether it is a program of 32 or of 64 bits"},
    [BUILD] = {.name = "build_id", .help = "Number of its build"},
    [RUN_ID] = {.name = "run_id", .help = "Number that it has until it is started again"},
    [PROCESS_ID] = {.name = "process_id", .type = ANSWER_NUMBER, .help = "Its process there"},
    [UPTIME] = {.name = "uptime",
                .type = ANSWER_NUMBER,
                .unit = "s",
                .help = "How long it has been running",
                .fleeting = true},
    [EXECUTABLE] = {.name = "executable", .help = "Path of its program"},
    [SETTINGS_FILE] = {.name = "config_file", .help = "Path of its settings"},
};

/* Lines of INFO that are kept. */
static const struct {
    const char *name;
    enum field field;
} info[] = {
    {"redis_version", VERSION},     {"redis_mode", MODE},          {"os", SYSTEM},
    {"arch_bits", WORD_SIZE},       {"redis_build_id", BUILD},     {"run_id", RUN_ID},
    {"process_id", PROCESS_ID},     {"uptime_in_seconds", UPTIME}, {"executable", EXECUTABLE},
    {"config_file", SETTINGS_FILE},
};

/* Both at once: a server that refuses the first refuses the second as quickly. */
static void begin(struct talk *talk)
{
    byte_writer_text(&talk->out, "*1\r\n$4\r\nPING\r\n*2\r\n$4\r\nINFO\r\n$6\r\nserver\r\n");
}

/* First words of errors that PING can have: others begin lines with a dash, too. */
static const char *const error_words[] = {
    "ERR",  "NOAUTH",     "NOPERM",  "DENIED",     "LOADING",
    "BUSY", "MASTERDOWN", "MISCONF", "NOREPLICAS", "CLUSTERDOWN",
};

static bool has_error_word(struct line text)
{
    struct line word = text;

    (void)line_split(&text, ' ', &word);
    for (size_t i = 0; i < sizeof(error_words) / sizeof(error_words[0]); i++) {
        if (word.size == strlen(error_words[i]) &&
            memcmp(word.bytes, error_words[i], word.size) == 0) {
            return true;
        }
    }
    return false;
}

/* "-NOAUTH Authentication required.": the first word says what it is. */
static bool is_error(struct line line, struct line *text)
{
    *text = line;
    if (line.size == 0 || line.bytes[0] != '-') {
        return false;
    }
    text->bytes++;
    text->size--;
    return true;
}

static enum protocol_next take_pong(struct talk *talk, struct line line)
{
    struct redis_state *state = talk->state;
    struct line text;

    state->has_pong = true;
    if (is_error(line, &text) && has_error_word(text)) {
        if (line_starts(text, "NOAUTH")) {
            answer_add_number(&talk->answer, &fields[LOGON_REQUIRED], 1);
        }
        answer_add_text(&talk->answer, &fields[ERROR], text.bytes, text.size);
        talk->is_enough = true;
        return line_starts(text, "DENIED") ? PROTOCOL_ANSWERED : PROTOCOL_WAIT; /* it closes */
    }
    if (!line_equals(line, "+PONG")) {
        return stranger_said(talk, "Redis", (const uint8_t *)line.bytes, line.size);
    }
    answer_add_text(&talk->answer, &fields[PING], line.bytes + 1, line.size - 1);
    answer_add_number(&talk->answer, &fields[LOGON_REQUIRED], 0);
    talk->is_enough = true;
    return PROTOCOL_WAIT;
}

static enum protocol_next cut(struct talk *talk, const char *why)
{
    talk->is_partial = true;
    talk_say(talk, "%s", why);
    return PROTOCOL_ANSWERED;
}

/* "$566" before as many bytes, or an error. */
static enum protocol_next take_size(struct talk *talk, struct line line)
{
    struct redis_state *state = talk->state;
    struct line text;

    if (is_error(line, &text)) {
        if (answer_find(&talk->answer, "error") == NULL) { /* else it is the same once more */
            answer_add_text(&talk->answer, &fields[INFO_ERROR], text.bytes, text.size);
        }
        return PROTOCOL_ANSWERED;
    }
    if (line.size < 2 || line.bytes[0] != '$' ||
        !line_number((struct line){line.bytes + 1, line.size - 1}, &state->size) ||
        state->size > INFO_MOST) {
        return cut(talk, "a reply to INFO that is none");
    }
    state->has_size = true;
    return PROTOCOL_WAIT;
}

static void add_info(struct talk *talk, struct line line)
{
    struct line name;
    uint32_t number;

    if (!line_split(&line, ':', &name) || line.size == 0) {
        return;
    }
    for (size_t i = 0; i < sizeof(info) / sizeof(info[0]); i++) {
        const struct answer_field *field = &fields[info[i].field];

        if (!line_equals(name, info[i].name) || answer_find(&talk->answer, field->name) != NULL) {
            continue;
        }
        if (field->type == ANSWER_TEXT) {
            answer_add_text(&talk->answer, field, line.bytes, line.size);
        } else if (line_number(line, &number)) {
            answer_add_number(&talk->answer, field, number);
        }
    }
}

static enum protocol_next take_info(struct talk *talk, const uint8_t *bytes, size_t size)
{
    struct line line;
    size_t at = 0;

    while (line_next(bytes, size, &at, &line)) {
        add_info(talk, line);
    }
    return PROTOCOL_ANSWERED;
}

static enum protocol_next take_lines(struct talk *talk, const uint8_t *bytes, size_t size,
                                     size_t *used)
{
    struct redis_state *state = talk->state;
    enum protocol_next next = PROTOCOL_WAIT;
    struct line line;

    while (next == PROTOCOL_WAIT && !state->has_size && line_next(bytes, size, used, &line)) {
        next = state->has_pong ? take_size(talk, line) : take_pong(talk, line);
    }
    return next;
}

static enum protocol_next stream(struct talk *talk, const uint8_t *bytes, size_t size, bool ended,
                                 size_t *used)
{
    struct redis_state *state = talk->state;
    enum protocol_next next;

    if (!state->has_pong && size > 0 && bytes[0] != '+' && bytes[0] != '-') {
        return stranger_said(talk, "Redis", bytes, size);
    }
    next = take_lines(talk, bytes, size, used);
    if (next == PROTOCOL_WAIT && state->has_size && size - *used >= state->size + END_OF_LINE) {
        next = take_info(talk, bytes + *used, state->size);
        *used += state->size + END_OF_LINE;
    }
    if (next == PROTOCOL_WAIT && ended && state->has_pong) {
        return cut(talk, "the server closed before it had answered INFO");
    }
    return next;
}

static void farewell(struct talk *talk)
{
    byte_writer_text(&talk->out, "*1\r\n$4\r\nQUIT\r\n");
}

const struct protocol protocol_redis = {
    .name = "redis",
    .title = "Redis: who may ask it, and what it says of itself",
    .source = "Redis: Serialization protocol specification, PING, INFO",
    .ports = (const struct protocol_port[]){{6379, PROBE_TCP}, {0}},
    .services = (const char *const[]){"redis", NULL},
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct redis_state),
    .begin = begin,
    .stream = stream,
    .farewell = farewell,
};
