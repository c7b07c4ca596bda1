/* SPDX-License-Identifier: MIT */

/*
 * HTTP/1.1 (RFC 9112): the head of the answer to a request for "/". What
 * follows it is not read.
 */

#include <string.h>

#include "probes/line.h"
#include "probes/protocol_list.h"
#include "probes/stranger.h"

enum { HTTP_PORT = 80, HTTPS_PORT = 443 };

enum field { STATUS, REASON, SERVER, LOCATION, AUTHENTICATE, TRANSPORT, VERSION, FIELD_COUNT };

static const struct answer_field fields[FIELD_COUNT] = {
    [STATUS] = {.name = "status",
                .type = ANSWER_NUMBER,
                .help = "Status code",
                .telling = true,
                .label = ""},
    [REASON] = {.name = "reason", .help = "Words beside the status code"},
    [SERVER] = {.name = "server", .help = "Program that answered, as it says", .telling = true},
    [LOCATION] = {.name = "location",
                  .help = "Where a redirection leads to",
                  .telling = true,
                  .label = "to"},
    [AUTHENTICATE] = {.name = "authenticate",
                      .help = "Ways to log in that are offered",
                      .many = true},
    [TRANSPORT] = {.name = "strict_transport_security",
                   .help = "How long the name is to be asked in TLS only"},
    [VERSION] = {.name = "version", .help = "Version of HTTP in the answer"},
};

/* Lines of the head that are kept. */
static const struct header {
    const char *name;
    enum field field;
} headers[] = {
    {"Server", SERVER},
    {"Location", LOCATION},
    {"WWW-Authenticate", AUTHENTICATE},
    {"Strict-Transport-Security", TRANSPORT},
};

struct state {
    bool has_status; /* the status line was read */
    bool is_interim; /* with 1xx: another one follows (RFC 9110 section 15.2) */
    bool has_number; /* of a status, in the answer */
};

/* The name of the target, as far as it can stand in a line: no blanks, no scope of an address. */
static void write_host(struct byte_writer *out, const char *host)
{
    bool is_version_6 = strchr(host, ':') != NULL;

    if (is_version_6) {
        byte_writer_u8(out, '[');
    }
    for (const char *at = host; *at != '\0' && *at != '%'; at++) {
        if (*at > ' ' && *at < 0x7f) {
            byte_writer_u8(out, (uint8_t)*at);
        }
    }
    if (is_version_6) {
        byte_writer_u8(out, ']');
    }
}

static void write_number(struct byte_writer *out, uint16_t number)
{
    if (number >= 10) {
        write_number(out, number / 10);
    }
    byte_writer_u8(out, (uint8_t)('0' + number % 10));
}

/* An address is named, too: without a Host line the answer would be about that (RFC 9112 3.2). */
static void write_request(struct talk *talk, uint16_t usual_port)
{
    byte_writer_text(&talk->out, "GET / HTTP/1.1\r\nHost: ");
    write_host(&talk->out, talk->target->host);
    if (talk->target->port != usual_port) {
        byte_writer_u8(&talk->out, ':');
        write_number(&talk->out, talk->target->port);
    }
    byte_writer_text(&talk->out, "\r\nUser-Agent: portledger\r\nAccept: */*\r\n"
                                 "Connection: close\r\n\r\n");
}

static void begin_http(struct talk *talk)
{
    write_request(talk, HTTP_PORT);
}

static void begin_https(struct talk *talk)
{
    write_request(talk, HTTPS_PORT);
}

static bool is_version(struct line word)
{
    return word.size == 8 && line_starts(word, "HTTP/") && word.bytes[6] == '.';
}

/* "HTTP/1.1 301 Moved Permanently" */
static bool read_status(struct talk *talk, struct line line)
{
    struct state *state = talk->state;
    struct line version;
    struct line code;
    uint32_t number;

    if (!line_split(&line, ' ', &version)) {
        return false;
    }
    line = line_trimmed(line);
    if (!line_split(&line, ' ', &code)) {
        code = line;
        line.size = 0;
    }
    if (!is_version(version) || code.size != 3 || !line_number(code, &number)) {
        return false;
    }
    state->has_status = true;
    state->is_interim = number >= 100 && number < 200;
    if (state->is_interim) {
        return true;
    }
    state->has_number = true;
    answer_add_number(&talk->answer, &fields[STATUS], number);
    if (line.size > 0) {
        answer_add_text(&talk->answer, &fields[REASON], line.bytes, line.size);
    }
    answer_add_text(&talk->answer, &fields[VERSION], version.bytes + 5, 3);
    return true;
}

static void read_header(struct talk *talk, struct line line)
{
    struct line name;

    if (!line_split(&line, ':', &name)) {
        return;
    }
    line = line_trimmed(line);
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        const struct answer_field *field = &fields[headers[i].field];

        if (line_equals(name, headers[i].name) &&
            (field->many || answer_find(&talk->answer, field->name) == NULL)) {
            answer_add_text(&talk->answer, field, line.bytes, line.size);
        }
    }
}

/* Reads one line of the head; false where it is not of HTTP. *done: it was the last one. */
static bool read_line(struct talk *talk, struct line line, bool *done)
{
    struct state *state = talk->state;

    if (!state->has_status) {
        return read_status(talk, line);
    }
    if (line.size == 0) {
        *done = !state->is_interim;
        state->has_status = false;
    } else if (!state->is_interim) {
        read_header(talk, line);
    }
    return true;
}

static enum protocol_next stream(struct talk *talk, const uint8_t *bytes, size_t size, bool ended,
                                 size_t *used)
{
    struct state *state = talk->state;
    bool done = false;
    struct line line;

    while (!done && line_next(bytes, size, used, &line)) {
        if (!read_line(talk, line, &done)) {
            return stranger_said(talk, "HTTP", (const uint8_t *)line.bytes, line.size);
        }
    }
    if (!done && !state->has_status && !state->has_number &&
        line_begins(bytes + *used, size - *used, "HTTP/") == LINE_OTHER) {
        return stranger_said(talk, "HTTP", bytes + *used, size - *used);
    }
    if (!done && ended && state->has_number) {
        talk->is_partial = true;
        done = true;
    }
    return done ? PROTOCOL_ANSWERED : PROTOCOL_WAIT;
}

static const struct protocol_port http_ports[] = {
    {80, PROBE_TCP}, {8080, PROBE_TCP}, {8000, PROBE_TCP}, {5985, PROBE_TCP}, {0, 0}};
static const struct protocol_port https_ports[] = {
    {443, PROBE_TCP}, {8443, PROBE_TCP}, {5986, PROBE_TCP}, {0, 0}};
static const char *const http_services[] = {"http", "www", "http-alt", "wsman", NULL};
static const char *const https_services[] = {"https", "https-alt", "wsmans", NULL};

const struct protocol protocol_http = {
    .name = "http",
    .title = "HTTP: the head of the answer for /",
    .source = "RFC 9110, RFC 9112",
    .ports = http_ports,
    .services = http_services,
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct state),
    .begin = begin_http,
    .stream = stream,
};

const struct protocol protocol_https = {
    .name = "https",
    .title = "HTTP in TLS",
    .source = "RFC 9110 section 4.2.2, RFC 9112",
    .ports = https_ports,
    .services = https_services,
    .security = PROTOCOL_IN_TLS,
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct state),
    .begin = begin_https,
    .stream = stream,
};
