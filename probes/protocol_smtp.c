/* SPDX-License-Identifier: MIT */

/*
 * SMTP: the banner, and what the server says it can after EHLO (RFC 5321
 * sections 3.1 and 4.1.1.1); with STARTTLS the same again in TLS (RFC 3207).
 * No mail is begun.
 */

#include "probes/line_talk.h"
#include "probes/protocol_list.h"
#include "probes/stranger.h"

/* What the reply that comes is to. */
enum step {
    GREETING,
    HELLO,
    WISH_FOR_TLS,
    HELLO_IN_TLS,
};

struct smtp_state {
    struct numbered_reply reply;
    enum step step;
    bool has_name; /* the first line after EHLO has come */
    bool has_tls;
    bool wants_tls;
};

enum {
    CODE,
    BANNER,
    EHLO_CODE,
    EHLO_GREETING,
    CAPABILITIES,
    START_TLS,
    START_TLS_REPLY,
    CAPABILITIES_IN_TLS,
    FIELD_COUNT,
};

static const struct answer_field fields[FIELD_COUNT] = {
    [CODE] = {.name = "code",
              .type = ANSWER_NUMBER,
              .help = "220: the server takes mail; 554: it does not"},
    [BANNER] = {.name = "banner",
                .help = "What it says of itself, a line each",
                .many = true,
                .fleeting = true,
                .telling = true},
    [EHLO_CODE] = {.name = "ehlo_code",
                   .type = ANSWER_NUMBER,
                   .help = "250: it has told its capabilities"},
    [EHLO_GREETING] = {.name = "ehlo_greeting", .help = "How it greets us by our name"},
    [CAPABILITIES] = {.name = "capabilities",
                      .help = "Extensions (RFC 5321 section 2.2), a line each",
                      .many = true},
    [START_TLS] = {.name = "start_tls",
                   .type = ANSWER_TRUTH,
                   .help = "Whether TLS can begin on this connection; not told inside TLS",
                   .telling = true},
    [START_TLS_REPLY] = {.name = "start_tls_reply",
                         .help = "What it said to STARTTLS, a line each (only smtp-starttls)",
                         .many = true},
    [CAPABILITIES_IN_TLS] = {.name = "capabilities_in_tls",
                             .help = "Extensions once TLS has begun (only smtp-starttls)",
                             .many = true},
};

enum {
    READY = 220,
    DONE = 250,
};

static const char hello[] = "EHLO portledger.invalid\r\n"; /* a name of nobody's: RFC 2606 */

static void begin(struct talk *talk)
{
    (void)talk; /* the server speaks first */
}

static void begin_with_tls(struct talk *talk)
{
    struct smtp_state *state = talk->state;

    state->wants_tls = true;
}

/* What it could before is forgotten, as RFC 3207 section 4.2 has it, and asked anew. */
static void began_tls(struct talk *talk)
{
    struct smtp_state *state = talk->state;

    state->step = HELLO_IN_TLS;
    state->has_name = false;
    byte_writer_text(&talk->out, hello);
}

static void add_hello_line(struct talk *talk, struct line text, int field)
{
    struct smtp_state *state = talk->state;
    bool is_capability = state->has_name && state->reply.code == DONE;

    if (is_capability) {
        answer_add_text(&talk->answer, &fields[field], text.bytes, text.size);
        state->has_tls = state->has_tls || line_equals(line_trimmed(text), "STARTTLS");
    } else if (!state->has_name && state->step == HELLO) {
        answer_add_text(&talk->answer, &fields[EHLO_GREETING], text.bytes, text.size);
    }
    state->has_name = true;
}

static void add_line(struct talk *talk, struct line line, struct line text)
{
    struct smtp_state *state = talk->state;

    switch (state->step) {
    case GREETING:
        answer_add_text(&talk->answer, &fields[BANNER], text.bytes, text.size);
        break;
    case HELLO:
        add_hello_line(talk, text, CAPABILITIES);
        break;
    case WISH_FOR_TLS: /* with its code: it is the only word about why not */
        answer_add_text(&talk->answer, &fields[START_TLS_REPLY], line.bytes, line.size);
        break;
    case HELLO_IN_TLS:
        add_hello_line(talk, text, CAPABILITIES_IN_TLS);
        break;
    }
}

static enum protocol_next end_greeting(struct talk *talk, uint16_t code)
{
    struct smtp_state *state = talk->state;

    answer_add_number(&talk->answer, &fields[CODE], code);
    if (code != READY) {
        return PROTOCOL_ANSWERED;
    }
    state->step = HELLO;
    talk->is_enough = true;
    byte_writer_text(&talk->out, hello);
    return PROTOCOL_WAIT;
}

static enum protocol_next end_hello(struct talk *talk, uint16_t code)
{
    struct smtp_state *state = talk->state;

    answer_add_number(&talk->answer, &fields[EHLO_CODE], code);
    if (code == DONE && !talk->in_tls) {
        answer_add_number(&talk->answer, &fields[START_TLS], state->has_tls);
    }
    if (!state->wants_tls || !state->has_tls) {
        return PROTOCOL_ANSWERED;
    }
    state->step = WISH_FOR_TLS;
    byte_writer_text(&talk->out, "STARTTLS\r\n");
    return PROTOCOL_WAIT;
}

static enum protocol_next end_reply(struct talk *talk, uint16_t code)
{
    const struct smtp_state *state = talk->state;

    switch (state->step) {
    case GREETING:
        return end_greeting(talk, code);
    case HELLO:
        return end_hello(talk, code);
    case WISH_FOR_TLS:
        return code == READY ? PROTOCOL_TLS : PROTOCOL_ANSWERED;
    default:
        return PROTOCOL_ANSWERED;
    }
}

static enum protocol_next take_line(struct talk *talk, struct line line)
{
    struct smtp_state *state = talk->state;
    struct line text;
    enum numbered_line kind = numbered_reply_add(&state->reply, line, &text);
    uint16_t code = state->reply.code;

    if (kind == NUMBERED_NONE) {
        return state->step != GREETING
                   ? line_talk_cut(talk, "a line that is no reply of SMTP")
                   : stranger_said(talk, "SMTP", (const uint8_t *)line.bytes, line.size);
    }
    add_line(talk, line, text);
    if (kind == NUMBERED_MORE) {
        return PROTOCOL_WAIT;
    }
    state->reply = (struct numbered_reply){0};
    return end_reply(talk, code);
}

static const struct line_manner manner = {"SMTP", numbered_beginnings};

static enum protocol_next stream(struct talk *talk, const uint8_t *bytes, size_t size, bool ended,
                                 size_t *used)
{
    struct smtp_state *state = talk->state;
    bool is_first = state->step == GREETING && state->reply.code == 0;
    enum protocol_next next =
        line_talk(talk, bytes, size, ended, used, is_first, &manner, take_line);

    if (next == PROTOCOL_WAIT && ended && (state->step != GREETING || state->reply.code != 0)) {
        return line_talk_cut(talk, "the server closed in the middle of its reply");
    }
    return next;
}

static void farewell(struct talk *talk)
{
    byte_writer_text(&talk->out, "QUIT\r\n");
}

const struct protocol protocol_smtp = {
    .name = "smtp",
    .title = "SMTP: banner and capabilities",
    .source = "RFC 5321 sections 3.1, 4.1.1.1 and 4.2.1",
    .ports = (const struct protocol_port[]){{25, PROBE_TCP}, {587, PROBE_TCP}, {0}},
    .services = (const char *const[]){"smtp", "submission", NULL},
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct smtp_state),
    .begin = begin,
    .stream = stream,
    .farewell = farewell,
};

const struct protocol protocol_smtps = {
    .name = "smtps",
    .title = "SMTP in TLS: banner and capabilities",
    .source = "RFC 8314 section 3.3, RFC 5321",
    .ports = (const struct protocol_port[]){{465, PROBE_TCP}, {0}},
    .services = (const char *const[]){"smtps", "submissions", "urd", NULL},
    .security = PROTOCOL_IN_TLS,
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct smtp_state),
    .begin = begin,
    .stream = stream,
    .farewell = farewell,
};

const struct protocol protocol_smtp_starttls = {
    .name = "smtp-starttls",
    .title = "SMTP that goes on in TLS: banner, capabilities, certificate",
    .source = "RFC 3207, RFC 5321",
    .ports = (const struct protocol_port[]){{0}},
    .services = (const char *const[]){NULL},
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct smtp_state),
    .begin = begin_with_tls,
    .stream = stream,
    .began_tls = began_tls,
    .farewell = farewell,
};
