/* SPDX-License-Identifier: MIT */

/*
 * POP3: greeting and capabilities (RFC 1939 section 4, RFC 2449 section 5);
 * with STLS the capabilities again in TLS (RFC 2595 section 4).
 */

#include "probes/line_talk.h"
#include "probes/protocol_list.h"
#include "probes/stranger.h"

enum step {
    GREETING,
    CAPA,
    LIST,
    STLS,
};

struct pop3_state {
    enum step step;
    bool has_tls;
    bool wants_tls;
    bool began_tls;
};

enum {
    STATUS,
    BANNER,
    CAPABILITIES,
    START_TLS,
    START_TLS_REPLY,
    CAPABILITIES_IN_TLS,
    FIELD_COUNT,
};

static const struct answer_field fields[FIELD_COUNT] = {
    [STATUS] = {.name = "status", .help = "+OK: the server is there for its clients; -ERR"},
    [BANNER] = {.name = "banner",
                .help = "What it says of itself",
                .fleeting = true,
                .telling = true},
    [CAPABILITIES] = {.name = "capabilities",
                      .help = "What it can, a line each; none where it does not tell",
                      .many = true},
    [START_TLS] = {.name = "start_tls",
                   .type = ANSWER_TRUTH,
                   .help = "Whether TLS can begin on this connection (STLS); not told inside TLS",
                   .telling = true},
    [START_TLS_REPLY] = {.name = "start_tls_reply",
                         .help = "What it said to STLS (only pop3-starttls)"},
    [CAPABILITIES_IN_TLS] = {.name = "capabilities_in_tls",
                             .help = "What it can once TLS has begun (only pop3-starttls)",
                             .many = true},
};

static void begin(struct talk *talk)
{
    (void)talk; /* the server speaks first */
}

static void begin_with_tls(struct talk *talk)
{
    struct pop3_state *state = talk->state;

    state->wants_tls = true;
}

static void ask_capabilities(struct talk *talk)
{
    struct pop3_state *state = talk->state;

    state->step = CAPA;
    byte_writer_text(&talk->out, "CAPA\r\n");
}

static void began_tls(struct talk *talk)
{
    struct pop3_state *state = talk->state;

    state->began_tls = true;
    ask_capabilities(talk);
}

/* "+OK" or "-ERR", and a blank or nothing behind it; what is behind that is left in *line. */
static bool take_status(struct line *line, const char *status)
{
    struct line word = *line;
    size_t size = 0;

    while (size < line->size && line->bytes[size] != ' ') {
        size++;
    }
    word.size = size;
    if (!line_equals(word, status)) {
        return false;
    }
    line->bytes += size;
    line->size -= size;
    *line = line_trimmed(*line);
    return true;
}

static enum protocol_next greet(struct talk *talk, struct line line)
{
    struct line text = line;
    bool is_ok = take_status(&text, "+OK");

    if (!is_ok && !take_status(&text, "-ERR")) {
        return stranger_said(talk, "POP3", (const uint8_t *)line.bytes, line.size);
    }
    answer_add_string(&talk->answer, &fields[STATUS], is_ok ? "+OK" : "-ERR");
    answer_add_text(&talk->answer, &fields[BANNER], text.bytes, text.size);
    if (!is_ok) {
        return PROTOCOL_ANSWERED;
    }
    talk->is_enough = true;
    ask_capabilities(talk);
    return PROTOCOL_WAIT;
}

static enum protocol_next end_list(struct talk *talk)
{
    struct pop3_state *state = talk->state;

    if (!talk->in_tls) {
        answer_add_number(&talk->answer, &fields[START_TLS], state->has_tls);
    }
    if (!state->wants_tls || !state->has_tls || state->began_tls) {
        return PROTOCOL_ANSWERED;
    }
    state->step = STLS;
    byte_writer_text(&talk->out, "STLS\r\n");
    return PROTOCOL_WAIT;
}

static enum protocol_next add_capability(struct talk *talk, struct line line)
{
    struct pop3_state *state = talk->state;

    if (line.size == 1 && line.bytes[0] == '.') {
        return end_list(talk);
    }
    answer_add_text(&talk->answer, &fields[state->began_tls ? CAPABILITIES_IN_TLS : CAPABILITIES],
                    line.bytes, line.size);
    state->has_tls = state->has_tls || line_equals(line_trimmed(line), "STLS");
    return PROTOCOL_WAIT;
}

static enum protocol_next take_line(struct talk *talk, struct line line)
{
    struct pop3_state *state = talk->state;
    struct line text = line;

    switch (state->step) {
    case GREETING:
        return greet(talk, line);
    case CAPA:
        if (!take_status(&text, "+OK")) {
            return PROTOCOL_ANSWERED; /* a server from before RFC 2449 */
        }
        state->step = LIST;
        return PROTOCOL_WAIT;
    case LIST:
        return add_capability(talk, line);
    default:
        answer_add_text(&talk->answer, &fields[START_TLS_REPLY], line.bytes, line.size);
        return take_status(&text, "+OK") ? PROTOCOL_TLS : PROTOCOL_ANSWERED;
    }
}

static const char *const beginnings[] = {"+OK", "-ERR", NULL};

static const struct line_manner manner = {"POP3", beginnings};

static enum protocol_next stream(struct talk *talk, const uint8_t *bytes, size_t size, bool ended,
                                 size_t *used)
{
    struct pop3_state *state = talk->state;
    enum protocol_next next =
        line_talk(talk, bytes, size, ended, used, state->step == GREETING, &manner, take_line);

    if (next == PROTOCOL_WAIT && ended && state->step != GREETING) {
        return line_talk_cut(talk, "the server closed before its reply was whole");
    }
    return next;
}

static void farewell(struct talk *talk)
{
    byte_writer_text(&talk->out, "QUIT\r\n");
}

const struct protocol protocol_pop3 = {
    .name = "pop3",
    .title = "POP3: greeting and capabilities",
    .source = "RFC 1939 section 4, RFC 2449 section 5",
    .ports = (const struct protocol_port[]){{110, PROBE_TCP}, {0}},
    .services = (const char *const[]){"pop3", NULL},
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct pop3_state),
    .begin = begin,
    .stream = stream,
    .farewell = farewell,
};

const struct protocol protocol_pop3s = {
    .name = "pop3s",
    .title = "POP3 in TLS: greeting and capabilities",
    .source = "RFC 8314 section 3.1, RFC 1939",
    .ports = (const struct protocol_port[]){{995, PROBE_TCP}, {0}},
    .services = (const char *const[]){"pop3s", NULL},
    .security = PROTOCOL_IN_TLS,
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct pop3_state),
    .begin = begin,
    .stream = stream,
    .farewell = farewell,
};

const struct protocol protocol_pop3_starttls = {
    .name = "pop3-starttls",
    .title = "POP3 that goes on in TLS: greeting, capabilities, certificate",
    .source = "RFC 2595 section 4, RFC 1939",
    .ports = (const struct protocol_port[]){{0}},
    .services = (const char *const[]){NULL},
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct pop3_state),
    .begin = begin_with_tls,
    .stream = stream,
    .began_tls = began_tls,
    .farewell = farewell,
};
