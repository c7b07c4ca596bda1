/* SPDX-License-Identifier: MIT */

/*
 * POP3: how the server greets, and what it can do (RFC 1939 section 4, CAPA:
 * RFC 2449 section 5). Nobody is logged on.
 */

#include "probes/line.h"
#include "probes/protocol_list.h"
#include "probes/stranger.h"

enum {
    STATUS,
    BANNER,
    CAPABILITY,
    STARTTLS,
    FIELD_COUNT,
};

static const struct answer_field fields[FIELD_COUNT] = {
    [STATUS] = {.name = "status",
                .help = "How the server begins: +OK, or -ERR where it takes nobody"},
    [BANNER] = {.name = "banner", .help = "The greeting behind that"},
    [CAPABILITY] = {.name = "capability", .help = "What the server can do", .many = true},
    [STARTTLS] = {.name = "starttls",
                  .type = ANSWER_TRUTH,
                  .help = "Whether the server offers to go on in TLS (STLS)"},
};

enum step {
    GREETING,
    ASKED,
    LISTS,
};

struct state {
    enum step step;
    bool starttls;
};

static void begin(struct talk *talk)
{
    (void)talk; /* the server speaks first */
}

static bool is_ok(struct line line)
{
    return line_starts(line, "+OK");
}

static bool is_status(struct line line)
{
    return is_ok(line) || line_starts(line, "-ERR");
}

/* Whether the bytes can become a status line, as far as there are any. */
static bool may_be_status(const uint8_t *bytes, size_t size)
{
    return line_begins(bytes, size, "+OK") != LINE_OTHER ||
           line_begins(bytes, size, "-ERR") != LINE_OTHER;
}

static enum protocol_next take_greeting(struct talk *talk, struct line line)
{
    struct state *state = talk->state;
    struct line word = line;
    struct line rest = line;

    if (line_split(&rest, ' ', &word)) {
        rest = line_trimmed(rest);
    } else {
        word = line;
        rest.size = 0;
    }
    answer_add_text(&talk->answer, &fields[STATUS], word.bytes, word.size);
    answer_add_text(&talk->answer, &fields[BANNER], rest.bytes, rest.size);
    if (!is_ok(line)) {
        return PROTOCOL_ANSWERED;
    }
    state->step = ASKED;
    talk->is_enough = true;
    byte_writer_text(&talk->out, "CAPA\r\n");
    return PROTOCOL_WAIT;
}

static enum protocol_next take_capability(struct talk *talk, struct line line)
{
    struct state *state = talk->state;

    if (line_equals(line, ".")) {
        answer_add_number(&talk->answer, &fields[STARTTLS], state->starttls);
        return PROTOCOL_ANSWERED;
    }
    state->starttls = state->starttls || line_equals(line_trimmed(line), "STLS");
    answer_add_text(&talk->answer, &fields[CAPABILITY], line.bytes, line.size);
    return PROTOCOL_WAIT;
}

static enum protocol_next take_line(struct talk *talk, struct line line)
{
    struct state *state = talk->state;

    switch (state->step) {
    case GREETING:
        return take_greeting(talk, line);
    case ASKED:
        state->step = LISTS;
        return is_ok(line) ? PROTOCOL_WAIT : PROTOCOL_ANSWERED; /* it does not know CAPA */
    default:
        return take_capability(talk, line);
    }
}

static enum protocol_next stream(struct talk *talk, const uint8_t *bytes, size_t size, bool ended,
                                 size_t *used)
{
    const struct state *state = talk->state;
    enum protocol_next next = PROTOCOL_WAIT;
    size_t at = 0;
    struct line line;

    (void)ended;
    while (next == PROTOCOL_WAIT) {
        const uint8_t *rest = bytes + *used;
        bool has_line = line_next(bytes, size, &at, &line);
        bool is_other = has_line ? !is_status(line) : !may_be_status(rest, size - *used);

        if (state->step != LISTS && is_other) {
            return stranger_said(talk, "POP3", rest, size - *used);
        }
        if (!has_line) {
            return PROTOCOL_WAIT;
        }
        *used = at;
        next = take_line(talk, line);
    }
    return next;
}

static void farewell(struct talk *talk)
{
    byte_writer_text(&talk->out, "QUIT\r\n");
}

static const struct protocol_port ports[] = {{110, PROBE_TCP}, {0, 0}};
static const char *const services[] = {"pop3", NULL};
static const struct protocol_port tls_ports[] = {{995, PROBE_TCP}, {0, 0}};
static const char *const tls_services[] = {"pop3s", NULL};

const struct protocol protocol_pop3 = {
    .name = "pop3",
    .title = "POP3: greeting and capabilities",
    .source = "RFC 1939, RFC 2449",
    .ports = ports,
    .services = services,
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct state),
    .begin = begin,
    .stream = stream,
    .farewell = farewell,
};

const struct protocol protocol_pop3s = {
    .name = "pop3s",
    .title = "POP3 in TLS: the same, and the certificate",
    .source = "RFC 8314 section 3.1",
    .ports = tls_ports,
    .services = tls_services,
    .security = PROTOCOL_IN_TLS,
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct state),
    .begin = begin,
    .stream = stream,
    .farewell = farewell,
};
