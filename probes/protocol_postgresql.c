/* SPDX-License-Identifier: MIT */

/*
 * PostgreSQL: whether TLS is offered, its certificate, and the error of a server
 * that is asked in a version of the protocol that there is not (PostgreSQL's
 * manual, "Message Flow" and "Message Formats"). That error tells which versions
 * there are, and names no user: nobody seems to log on.
 */

#include <string.h>

#include "probes/protocol_list.h"
#include "probes/stranger.h"

enum {
    SSL_REQUEST = 1234 << 16 | 5679,
    NO_VERSION = 255 << 16 | 255, /* major and minor */
    MESSAGE_HEADER = 5,           /* kind, and length of all but the kind */
    MESSAGE_MOST = 16 * 1024,
    LENGTH_LEAST = 4,
};

struct postgresql_state {
    bool has_choice; /* the byte that answers SSLRequest has come */
};

enum field {
    START_TLS,
    SEVERITY,
    SQL_STATE,
    MESSAGE,
    DETAIL,
    HINT,
    SOURCE_FILE,
    SOURCE_LINE,
    ROUTINE,
    PROTOCOL_VERSIONS,
    FIELD_COUNT,
};

static const struct answer_field fields[FIELD_COUNT] = {
    [START_TLS] = {.name = "start_tls",
                   .type = ANSWER_TRUTH,
                   .help = "Whether TLS can begin on this connection",
                   .telling = true},
    [SEVERITY] = {.name = "severity", .help = "FATAL: the server ends the connection"},
    [SQL_STATE] = {.name = "sql_state",
                   .help =
                       "Kind of the error: 0A000, no such version; 53300, too many connections; "
                       "57P03, it is starting"},
    [MESSAGE] = {.name = "message", .help = "The error in the server's words"},
    [DETAIL] = {.name = "detail", .help = "What it says beside that"},
    [HINT] = {.name = "hint", .help = "What to do about it, as it thinks"},
    [SOURCE_FILE] = {.name = "source_file",
                     .help = "File of the server's own source that the error is from"},
    [SOURCE_LINE] = {.name = "source_line",
                     .type = ANSWER_NUMBER,
                     .help = "Line of it, which differs from one version to the next"},
    [ROUTINE] = {.name = "routine", .help = "Function of it"},
    [PROTOCOL_VERSIONS] = {.name = "protocol_versions",
                           .help = "Versions of the protocol that it has: 3.0 to 3.0",
                           .telling = true,
                           .label = "protocol"},
};

/* "Error and Notice Message Fields". */
static const struct {
    char code;
    enum field field;
} parts[] = {
    {'C', SQL_STATE},   {'M', MESSAGE},     {'D', DETAIL},  {'H', HINT},
    {'F', SOURCE_FILE}, {'L', SOURCE_LINE}, {'R', ROUTINE},
};

static void begin(struct talk *talk)
{
    byte_writer_be32(&talk->out, 8);
    byte_writer_be32(&talk->out, SSL_REQUEST);
}

/* A startup message without a parameter. */
static void ask_in_no_version(struct talk *talk)
{
    byte_writer_be32(&talk->out, 9);
    byte_writer_be32(&talk->out, NO_VERSION);
    byte_writer_u8(&talk->out, 0);
}

static void add_versions(struct talk *talk, const char *text)
{
    static const char words[] = "server supports ";
    const char *at = strstr(text, words);

    if (at != NULL) {
        answer_add_string(&talk->answer, &fields[PROTOCOL_VERSIONS], at + sizeof(words) - 1);
    }
}

static void add_number(struct talk *talk, const char *text)
{
    int64_t number = 0;

    for (int i = 0; i < 9 && text[i] >= '0' && text[i] <= '9'; i++) {
        number = number * 10 + (text[i] - '0');
    }
    answer_add_number(&talk->answer, &fields[SOURCE_LINE], number);
}

static void add_part(struct talk *talk, char code, const char *text)
{
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        const struct answer_field *field = &fields[parts[i].field];

        if (parts[i].code != code || answer_find(&talk->answer, field->name) != NULL) {
            continue;
        }
        if (field->type == ANSWER_NUMBER) {
            add_number(talk, text);
        } else {
            answer_add_string(&talk->answer, field, text);
        }
        if (parts[i].field == MESSAGE) {
            add_versions(talk, text);
        }
    }
}

/* The severity that is not translated, where there is one (since 9.6). */
static void add_severity(struct talk *talk, const char *translated, const char *plain)
{
    const char *text = plain != NULL ? plain : translated;

    if (text != NULL) {
        answer_add_string(&talk->answer, &fields[SEVERITY], text);
    }
}

/* Parts, each a letter and a text that ends with a zero; a zero ends them. */
static enum protocol_next read_error(struct talk *talk, struct byte_reader message)
{
    const char *translated = NULL;
    const char *plain = NULL;

    while (byte_reader_left(&message) > 1) {
        char code = (char)byte_reader_u8(&message);
        size_t left = byte_reader_left(&message);
        const char *text = (const char *)message.bytes + message.at;
        const char *end = memchr(text, '\0', left);

        if (code == '\0' || end == NULL) {
            break;
        }
        byte_reader_skip(&message, (size_t)(end - text) + 1);
        translated = code == 'S' ? text : translated;
        plain = code == 'V' ? text : plain;
        add_part(talk, code, text);
    }
    add_severity(talk, translated, plain);
    if (answer_find(&talk->answer, "message") == NULL) {
        return talk_wrong(talk, "not PostgreSQL: an error without a text");
    }
    return PROTOCOL_ANSWERED;
}

/* An error that is no message of version 3: a text and a zero, as before PostgreSQL 7.4, or of a
 * server that could not even start to talk ("Message Flow", Start-up). */
static enum protocol_next read_old_error(struct talk *talk, const uint8_t *bytes, size_t size,
                                         size_t *used)
{
    const uint8_t *end = memchr(bytes, '\0', size);

    if (end == NULL) {
        return PROTOCOL_WAIT;
    }
    *used += (size_t)(end - bytes) + 1;
    answer_add_text(&talk->answer, &fields[MESSAGE], bytes + 1, (size_t)(end - bytes) - 1);
    return PROTOCOL_ANSWERED;
}

static bool is_text(uint8_t byte)
{
    return byte >= ' ' && byte < 0x7f;
}

static enum protocol_next read_message(struct talk *talk, const uint8_t *bytes, size_t size,
                                       size_t *used)
{
    struct byte_reader reader = byte_reader_of(bytes, size);
    uint8_t kind = byte_reader_u8(&reader);
    size_t length = byte_reader_be32(&reader);

    if (size > 0 && kind != 'E') {
        return stranger_said(talk, "PostgreSQL", bytes, size);
    }
    if (size > 1 && is_text(bytes[1])) {
        return read_old_error(talk, bytes, size, used);
    }
    if (size >= MESSAGE_HEADER && (length < LENGTH_LEAST || length > MESSAGE_MOST)) {
        return stranger_said(talk, "PostgreSQL", bytes, size);
    }
    if (size < MESSAGE_HEADER || size - 1 < length) {
        return PROTOCOL_WAIT;
    }
    *used += 1 + length;
    return read_error(talk, byte_reader_part(&reader, length - LENGTH_LEAST));
}

/* S: TLS begins; N: it does not; else an error in place of both. */
static enum protocol_next read_choice(struct talk *talk, const uint8_t *bytes, size_t size,
                                      size_t *used)
{
    struct postgresql_state *state = talk->state;

    if (size == 0) {
        return PROTOCOL_WAIT;
    }
    if (bytes[0] != 'S' && bytes[0] != 'N') {
        return read_message(talk, bytes, size, used);
    }
    if (size > 1 && stranger_is_known(bytes, size)) { /* SSH- and SIP/, whose first letter it is */
        return stranger_said(talk, "PostgreSQL", bytes, size);
    }
    *used = 1;
    state->has_choice = true;
    talk->is_enough = true;
    answer_add_number(&talk->answer, &fields[START_TLS], bytes[0] == 'S');
    if (bytes[0] == 'S') {
        return PROTOCOL_TLS;
    }
    ask_in_no_version(talk);
    return PROTOCOL_WAIT;
}

static enum protocol_next stream(struct talk *talk, const uint8_t *bytes, size_t size, bool ended,
                                 size_t *used)
{
    const struct postgresql_state *state = talk->state;
    enum protocol_next next = PROTOCOL_WAIT;

    if (!state->has_choice) {
        next = read_choice(talk, bytes, size, used);
    }
    if (next == PROTOCOL_WAIT && state->has_choice) {
        next = read_message(talk, bytes + *used, size - *used, used);
    }
    if (next == PROTOCOL_WAIT && ended && state->has_choice) {
        talk->is_partial = true;
        talk_say(talk, "the server closed without an error");
        return PROTOCOL_ANSWERED;
    }
    return next;
}

const struct protocol protocol_postgresql = {
    .name = "postgresql",
    .title = "PostgreSQL: TLS, and versions of the protocol",
    .source = "PostgreSQL manual: Message Flow, Message Formats, Error Message Fields",
    .ports = (const struct protocol_port[]){{5432, PROBE_TCP}, {0}},
    .services = (const char *const[]){"postgresql", "postgres", NULL},
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct postgresql_state),
    .begin = begin,
    .stream = stream,
    .began_tls = ask_in_no_version,
};
