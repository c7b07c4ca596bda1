/* SPDX-License-Identifier: MIT */

/*
 * HTTP/1.1 (RFC 9112): the head of the answer to a request for "/". What
 * follows it is not read.
 */

#include <string.h>

#include "probes/http_head.h"
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

/* An address is named, too: without a Host line the answer would be about that (RFC 9112 3.2). */
static void write_request(struct talk *talk, uint16_t usual_port)
{
    byte_writer_text(&talk->out, "GET / HTTP/1.1\r\n");
    http_write_host(&talk->out, talk->target, usual_port);
    byte_writer_text(&talk->out, "User-Agent: portledger\r\nAccept: */*\r\n"
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

static void add_status(struct talk *talk, const struct http_head *head)
{
    answer_add_number(&talk->answer, &fields[STATUS], head->status);
    if (head->reason.size > 0) {
        answer_add_text(&talk->answer, &fields[REASON], head->reason.bytes, head->reason.size);
    }
    answer_add_text(&talk->answer, &fields[VERSION], head->version.bytes, head->version.size);
}

static void add_header(struct talk *talk, const struct http_head *head)
{
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        const struct answer_field *field = &fields[headers[i].field];

        if (line_equals(head->name, headers[i].name) &&
            (field->many || answer_find(&talk->answer, field->name) == NULL)) {
            answer_add_text(&talk->answer, field, head->value.bytes, head->value.size);
        }
    }
}

static enum protocol_next take_line(struct talk *talk, struct line line)
{
    struct http_head *head = talk->state;

    switch (http_head_read(head, line)) {
    case HTTP_STATUS:
        add_status(talk, head);
        return PROTOCOL_WAIT;
    case HTTP_HEADER:
        add_header(talk, head);
        return PROTOCOL_WAIT;
    case HTTP_END:
        return PROTOCOL_ANSWERED;
    case HTTP_WRONG:
        return stranger_said(talk, "HTTP", (const uint8_t *)line.bytes, line.size);
    default:
        return PROTOCOL_WAIT;
    }
}

static enum protocol_next stream(struct talk *talk, const uint8_t *bytes, size_t size, bool ended,
                                 size_t *used)
{
    const struct http_head *head = talk->state;
    enum protocol_next next = PROTOCOL_WAIT;
    struct line line;

    while (next == PROTOCOL_WAIT && line_next(bytes, size, used, &line)) {
        next = take_line(talk, line);
    }
    if (next == PROTOCOL_WAIT && !head->has_status && head->status == 0 &&
        line_begins(bytes + *used, size - *used, "HTTP/") == LINE_OTHER) {
        return stranger_said(talk, "HTTP", bytes + *used, size - *used);
    }
    if (next == PROTOCOL_WAIT && ended && head->status != 0) {
        talk->is_partial = true;
        return PROTOCOL_ANSWERED;
    }
    return next;
}

static const struct protocol_port http_ports[] = {
    {80, PROBE_TCP}, {8080, PROBE_TCP}, {8000, PROBE_TCP}, {0, 0}};
static const struct protocol_port https_ports[] = {{443, PROBE_TCP}, {8443, PROBE_TCP}, {0, 0}};
static const char *const http_services[] = {"http", "www", "http-alt", NULL};
static const char *const https_services[] = {"https", "https-alt", NULL};

const struct protocol protocol_http = {
    .name = "http",
    .title = "HTTP: the head of the answer for /",
    .source = "RFC 9110, RFC 9112",
    .ports = http_ports,
    .services = http_services,
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct http_head),
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
    .state_size = sizeof(struct http_head),
    .begin = begin_https,
    .stream = stream,
};
