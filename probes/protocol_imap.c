/* SPDX-License-Identifier: MIT */

/*
 * IMAP: how the server greets, and what it can do (RFC 9051 sections 7.1, 6.1.1
 * and 7.2.2; RFC 3501 likewise). Nobody is logged on.
 */

#include <string.h>

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
                .help =
                    "How the server begins: OK, PREAUTH (one is logged on), BYE (takes nobody)"},
    [BANNER] = {.name = "banner", .help = "The greeting behind that"},
    [CAPABILITY] = {.name = "capability", .help = "What the server can do", .many = true},
    [STARTTLS] = {.name = "starttls",
                  .type = ANSWER_TRUTH,
                  .help = "Whether the server offers to go on in TLS"},
};

/* What a greeting can begin with (RFC 9051 section 7.1). */
static const struct greeting {
    const char *beginning;
    const char *status;
    bool goes_on;
} greetings[] = {
    {"* OK", "OK", true},
    {"* PREAUTH", "PREAUTH", true},
    {"* BYE", "BYE", false},
};

struct state {
    bool greeted;
    bool starttls;
};

static void begin(struct talk *talk)
{
    (void)talk; /* the server speaks first */
}

static const struct greeting *find_greeting(struct line line)
{
    for (size_t i = 0; i < sizeof(greetings) / sizeof(greetings[0]); i++) {
        if (line_starts(line, greetings[i].beginning)) {
            return &greetings[i];
        }
    }
    return NULL;
}

static bool may_be_greeting(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < sizeof(greetings) / sizeof(greetings[0]); i++) {
        if (line_begins(bytes, size, greetings[i].beginning) != LINE_OTHER) {
            return true;
        }
    }
    return false;
}

static enum protocol_next take_greeting(struct talk *talk, const struct greeting *greeting,
                                        struct line line)
{
    struct state *state = talk->state;
    size_t begun = strlen(greeting->beginning);
    struct line rest = line_trimmed((struct line){line.bytes + begun, line.size - begun});

    state->greeted = true;
    answer_add_string(&talk->answer, &fields[STATUS], greeting->status);
    answer_add_text(&talk->answer, &fields[BANNER], rest.bytes, rest.size);
    if (!greeting->goes_on) {
        return PROTOCOL_ANSWERED;
    }
    talk->is_enough = true;
    byte_writer_text(&talk->out, "a CAPABILITY\r\n");
    return PROTOCOL_WAIT;
}

/* The words of a "* CAPABILITY" line. */
static void add_capabilities(struct talk *talk, struct line line)
{
    struct state *state = talk->state;
    size_t begun = strlen("* CAPABILITY");
    struct line rest = {line.bytes + begun, line.size - begun};
    struct line word = {0};
    bool more = true;

    while (more) {
        more = line_split(&rest, ' ', &word);
        word = more ? word : rest;
        if (word.size > 0) {
            state->starttls = state->starttls || line_equals(word, "STARTTLS");
            answer_add_text(&talk->answer, &fields[CAPABILITY], word.bytes, word.size);
        }
    }
}

/* Beside its reply the server may say other things, which begin with "* ". */
static enum protocol_next take_reply(struct talk *talk, struct line line)
{
    const struct state *state = talk->state;

    if (line_starts(line, "* CAPABILITY")) {
        add_capabilities(talk, line);
    } else if (line_starts(line, "a OK")) {
        answer_add_number(&talk->answer, &fields[STARTTLS], state->starttls);
        return PROTOCOL_ANSWERED;
    } else if (line_starts(line, "a ")) {
        talk->is_partial = true;
        talk_say(talk, "the server does not say what it can do");
        return PROTOCOL_ANSWERED;
    }
    return PROTOCOL_WAIT;
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
        bool has_line = line_next(bytes, size, &at, &line);
        const struct greeting *greeting = has_line ? find_greeting(line) : NULL;
        bool is_other = has_line ? greeting == NULL : !may_be_greeting(bytes, size);

        if (!state->greeted && is_other) {
            return stranger_said(talk, "IMAP", bytes, size);
        }
        if (!has_line) {
            return PROTOCOL_WAIT;
        }
        *used = at;
        next = state->greeted ? take_reply(talk, line) : take_greeting(talk, greeting, line);
    }
    return next;
}

static void farewell(struct talk *talk)
{
    byte_writer_text(&talk->out, "b LOGOUT\r\n");
}

static const struct protocol_port ports[] = {{143, PROBE_TCP}, {0, 0}};
static const char *const services[] = {"imap", "imap2", NULL};
static const struct protocol_port tls_ports[] = {{993, PROBE_TCP}, {0, 0}};
static const char *const tls_services[] = {"imaps", NULL};

const struct protocol protocol_imap = {
    .name = "imap",
    .title = "IMAP: greeting and capabilities",
    .source = "RFC 9051, RFC 3501",
    .ports = ports,
    .services = services,
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct state),
    .begin = begin,
    .stream = stream,
    .farewell = farewell,
};

const struct protocol protocol_imaps = {
    .name = "imaps",
    .title = "IMAP in TLS: the same, and the certificate",
    .source = "RFC 8314 section 3.2",
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
