/* SPDX-License-Identifier: MIT */

/*
 * FTP: what a server says of itself when somebody connects (RFC 959 section
 * 5.4), and, only where that was asked for by name, whether it lets anybody in.
 */

#include "probes/line_talk.h"
#include "probes/protocol_list.h"
#include "probes/stranger.h"

enum step {
    GREETING,
    USER,
    PASSWORD,
};

struct ftp_state {
    struct numbered_reply reply;
    enum step step;
    bool is_greeted;
    bool wants_logon;
};

enum {
    CODE,
    BANNER,
    ANONYMOUS_LOGON,
    LOGON_CODE,
    LOGON_REPLY,
    FIELD_COUNT,
};

static const struct answer_field fields[FIELD_COUNT] = {
    [CODE] = {.name = "code",
              .type = ANSWER_NUMBER,
              .help = "220: the server is there for its clients"},
    [BANNER] = {.name = "banner",
                .help = "What it says of itself, a line each",
                .many = true,
                .telling = true},
    [ANONYMOUS_LOGON] = {.name = "anonymous_logon",
                         .type = ANSWER_TRUTH,
                         .help = "Whether it lets anybody in (only ftp-anonymous)",
                         .telling = true},
    [LOGON_CODE] = {.name = "logon_code",
                    .type = ANSWER_NUMBER,
                    .help = "230: it did; 530: it did not"},
    [LOGON_REPLY] = {.name = "logon_reply",
                     .help = "The same in the server's words, a line each",
                     .many = true},
};

/* Code and text of each reply. */
static const struct {
    int code;
    int text;
} shown[] = {
    [GREETING] = {CODE, BANNER},
    [USER] = {LOGON_CODE, LOGON_REPLY},
    [PASSWORD] = {LOGON_CODE, LOGON_REPLY},
};

enum {
    READY = 220,
    LOGGED_IN = 230,
    PASSWORD_WANTED = 331,
};

static void begin(struct talk *talk)
{
    (void)talk; /* the server speaks first */
}

static void begin_anonymous(struct talk *talk)
{
    struct ftp_state *state = talk->state;

    state->wants_logon = true;
}

static enum protocol_next finish_logon(struct talk *talk, uint16_t code)
{
    answer_add_number(&talk->answer, &fields[LOGON_CODE], code);
    answer_add_number(&talk->answer, &fields[ANONYMOUS_LOGON], code == LOGGED_IN);
    return PROTOCOL_ANSWERED;
}

static enum protocol_next ask(struct talk *talk, enum step step, const char *line)
{
    struct ftp_state *state = talk->state;

    byte_writer_text(&talk->out, line);
    state->step = step;
    talk->is_enough = true;
    return PROTOCOL_WAIT;
}

/* A whole reply has come. */
static enum protocol_next end_reply(struct talk *talk, uint16_t code)
{
    struct ftp_state *state = talk->state;

    switch (state->step) {
    case GREETING:
        state->is_greeted = true;
        answer_add_number(&talk->answer, &fields[CODE], code);
        if (state->wants_logon && code == READY) {
            return ask(talk, USER, "USER anonymous\r\n");
        }
        return PROTOCOL_ANSWERED;
    case USER:
        if (code == PASSWORD_WANTED) {
            return ask(talk, PASSWORD, "PASS portledger@\r\n");
        }
        return finish_logon(talk, code);
    default:
        return finish_logon(talk, code);
    }
}

static enum protocol_next take_line(struct talk *talk, struct line line)
{
    struct ftp_state *state = talk->state;
    struct line text;
    enum numbered_line kind = numbered_reply_add(&state->reply, line, &text);
    uint16_t code = state->reply.code;

    if (kind == NUMBERED_NONE) {
        return state->is_greeted
                   ? line_talk_cut(talk, "a line that is no reply of FTP")
                   : stranger_said(talk, "FTP", (const uint8_t *)line.bytes, line.size);
    }
    answer_add_text(&talk->answer, &fields[shown[state->step].text], text.bytes, text.size);
    if (kind == NUMBERED_MORE) {
        return PROTOCOL_WAIT;
    }
    state->reply = (struct numbered_reply){0};
    return end_reply(talk, code);
}

static const struct line_manner manner = {"FTP", numbered_beginnings};

static enum protocol_next stream(struct talk *talk, const uint8_t *bytes, size_t size, bool ended,
                                 size_t *used)
{
    struct ftp_state *state = talk->state;
    bool is_first = !state->is_greeted && state->reply.code == 0;
    enum protocol_next next =
        line_talk(talk, bytes, size, ended, used, is_first, &manner, take_line);

    if (next == PROTOCOL_WAIT && ended && (state->is_greeted || state->reply.code != 0)) {
        return line_talk_cut(talk, "the server closed in the middle of its reply");
    }
    return next;
}

static void farewell(struct talk *talk)
{
    byte_writer_text(&talk->out, "QUIT\r\n");
}

const struct protocol protocol_ftp = {
    .name = "ftp",
    .title = "FTP: the banner",
    .source = "RFC 959 sections 4.2 and 5.4",
    .ports = (const struct protocol_port[]){{21, PROBE_TCP}, {0}},
    .services = (const char *const[]){"ftp", NULL},
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct ftp_state),
    .begin = begin,
    .stream = stream,
    .farewell = farewell,
};

const struct protocol protocol_ftp_anonymous = {
    .name = "ftp-anonymous",
    .title = "FTP: the banner, and a logon as anonymous",
    .source = "RFC 959 sections 4.2 and 5.4, RFC 1635",
    .ports = (const struct protocol_port[]){{21, PROBE_TCP}, {0}},
    .services = (const char *const[]){NULL},
    .side_effect = "logs on as anonymous, which the server may record",
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct ftp_state),
    .begin = begin_anonymous,
    .stream = stream,
    .farewell = farewell,
};
