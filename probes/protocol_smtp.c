/* SPDX-License-Identifier: MIT */

/*
 * SMTP: the banner, and what the server says it can after EHLO (RFC 5321
 * sections 3.1 and 4.1.1.1). No mail is begun.
 */

#include "probes/line_talk.h"
#include "probes/protocol_list.h"
#include "probes/stranger.h"

struct smtp_state {
    struct numbered_reply reply;
    bool is_greeted;
    bool has_name; /* the first line after EHLO has come */
    bool has_tls;
};

enum {
    CODE,
    BANNER,
    EHLO_CODE,
    EHLO_GREETING,
    CAPABILITIES,
    START_TLS,
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
};

enum {
    READY = 220,
    DONE = 250,
};

static void begin(struct talk *talk)
{
    (void)talk; /* the server speaks first */
}

static void add_ehlo_line(struct talk *talk, struct line text)
{
    struct smtp_state *state = talk->state;
    bool is_capability = state->has_name && state->reply.code == DONE;

    if (is_capability || !state->has_name) {
        answer_add_text(&talk->answer, &fields[is_capability ? CAPABILITIES : EHLO_GREETING],
                        text.bytes, text.size);
    }
    state->has_tls =
        state->has_tls || (is_capability && line_equals(line_trimmed(text), "STARTTLS"));
    state->has_name = true;
}

static enum protocol_next end_reply(struct talk *talk, uint16_t code)
{
    struct smtp_state *state = talk->state;

    if (state->is_greeted) {
        answer_add_number(&talk->answer, &fields[EHLO_CODE], code);
        if (code == DONE && !talk->in_tls) {
            answer_add_number(&talk->answer, &fields[START_TLS], state->has_tls);
        }
        return PROTOCOL_ANSWERED;
    }
    state->is_greeted = true;
    answer_add_number(&talk->answer, &fields[CODE], code);
    if (code != READY) {
        return PROTOCOL_ANSWERED;
    }
    talk->is_enough = true;
    byte_writer_text(&talk->out, "EHLO portledger.invalid\r\n"); /* a name of nobody's: RFC 2606 */
    return PROTOCOL_WAIT;
}

static enum protocol_next take_line(struct talk *talk, struct line line)
{
    struct smtp_state *state = talk->state;
    struct line text;
    enum numbered_line kind = numbered_reply_add(&state->reply, line, &text);
    uint16_t code = state->reply.code;

    if (kind == NUMBERED_NONE) {
        return state->is_greeted
                   ? line_talk_cut(talk, "a line that is no reply of SMTP")
                   : stranger_said(talk, "SMTP", (const uint8_t *)line.bytes, line.size);
    }
    if (state->is_greeted) {
        add_ehlo_line(talk, text);
    } else {
        answer_add_text(&talk->answer, &fields[BANNER], text.bytes, text.size);
    }
    if (kind == NUMBERED_MORE) {
        return PROTOCOL_WAIT;
    }
    state->reply = (struct numbered_reply){0};
    return end_reply(talk, code);
}

static enum protocol_next stream(struct talk *talk, const uint8_t *bytes, size_t size, bool ended,
                                 size_t *used)
{
    struct smtp_state *state = talk->state;
    bool is_first = !state->is_greeted && state->reply.code == 0;
    enum protocol_next next =
        line_talk(talk, bytes, size, ended, used, is_first, "SMTP", take_line);

    if (next == PROTOCOL_WAIT && ended && (state->is_greeted || state->reply.code != 0)) {
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
