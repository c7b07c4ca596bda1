/* SPDX-License-Identifier: MIT */

/*
 * FTP: how the server greets, and what it can do (RFC 959 section 5.4, FEAT:
 * RFC 2389 section 3). Whether it takes anonymous users is asked only by
 * "ftp-anonymous", which logs on (RFC 1635): that is PortQry's way.
 */

#include "probes/line.h"
#include "probes/numbered_reply.h"
#include "probes/protocol_list.h"
#include "probes/stranger.h"

enum {
    CODE_FEATURES = 211,
    CODE_READY = 220,
    CODE_LOGGED_ON = 230,
    CODE_WANTS_PASSWORD = 331,
};

enum {
    CODE,
    BANNER,
    FEATURE,
    LOGON_CODE,
    LOGON_TEXT,
    ANONYMOUS,
    FIELD_COUNT,
};

static const struct answer_field fields[FIELD_COUNT] = {
    [CODE] = {.name = "code",
              .type = ANSWER_NUMBER,
              .help = "Number of the greeting: 220 ready, 421 takes nobody now"},
    [BANNER] = {.name = "banner", .help = "A line of the greeting", .many = true},
    [FEATURE] = {.name = "feature",
                 .help = "What the server can do beyond FTP itself: AUTH TLS, MLST",
                 .many = true},
    [LOGON_CODE] = {.name = "logon_code",
                    .type = ANSWER_NUMBER,
                    .help =
                        "Number of the last reply to an anonymous user: 230 logged on, 530 not"},
    [LOGON_TEXT] = {.name = "logon_text", .help = "A line of that reply", .many = true},
    [ANONYMOUS] = {.name = "anonymous",
                   .type = ANSWER_TRUTH,
                   .help = "Whether an anonymous user was logged on"},
};

enum step {
    GREETING,
    FEATURES,
    USER,
    PASSWORD,
};

struct state {
    enum step step;
};

static void begin(struct talk *talk)
{
    (void)talk; /* the server speaks first */
}

static enum protocol_next say(struct talk *talk, enum step step, const char *command)
{
    struct state *state = talk->state;

    state->step = step;
    talk->is_enough = true;
    byte_writer_text(&talk->out, command);
    return PROTOCOL_WAIT;
}

static enum protocol_next take_greeting(struct talk *talk, const struct numbered_reply *reply,
                                        bool logs_on)
{
    answer_add_number(&talk->answer, &fields[CODE], reply->code);
    numbered_reply_add(&talk->answer, &fields[BANNER], reply, 0);
    if (reply->code != CODE_READY) {
        return PROTOCOL_ANSWERED;
    }
    return logs_on ? say(talk, USER, "USER anonymous\r\n") : say(talk, FEATURES, "FEAT\r\n");
}

/* Features stand between the first and the last line, each behind a blank. */
static enum protocol_next take_features(struct talk *talk, const struct numbered_reply *reply)
{
    size_t at = 0;
    struct line line;

    while (reply->code == CODE_FEATURES && line_next(reply->bytes, reply->size, &at, &line)) {
        if (line.size > 0 && line.bytes[0] == ' ') {
            line = line_trimmed(line);
            answer_add_text(&talk->answer, &fields[FEATURE], line.bytes, line.size);
        }
    }
    return PROTOCOL_ANSWERED; /* a server that does not know FEAT has no features */
}

static enum protocol_next take_logon(struct talk *talk, const struct numbered_reply *reply)
{
    answer_add_number(&talk->answer, &fields[LOGON_CODE], reply->code);
    numbered_reply_add(&talk->answer, &fields[LOGON_TEXT], reply, 0);
    answer_add_number(&talk->answer, &fields[ANONYMOUS], reply->code == CODE_LOGGED_ON);
    return PROTOCOL_ANSWERED;
}

static enum protocol_next take_reply(struct talk *talk, const struct numbered_reply *reply,
                                     bool logs_on)
{
    const struct state *state = talk->state;

    switch (state->step) {
    case GREETING:
        return take_greeting(talk, reply, logs_on);
    case FEATURES:
        return take_features(talk, reply);
    case USER:
        if (reply->code == CODE_WANTS_PASSWORD) { /* an address of nobody's (RFC 2606 section 2) */
            return say(talk, PASSWORD, "PASS portledger@portledger.invalid\r\n");
        }
        return take_logon(talk, reply);
    default:
        return take_logon(talk, reply);
    }
}

static enum protocol_next talk_on(struct talk *talk, const uint8_t *bytes, size_t size,
                                  bool logs_on, size_t *used)
{
    enum protocol_next next = PROTOCOL_WAIT;

    while (next == PROTOCOL_WAIT) {
        struct numbered_reply reply;

        switch (numbered_reply_find(bytes + *used, size - *used, &reply)) {
        case NUMBERED_MORE:
            return PROTOCOL_WAIT;
        case NUMBERED_OTHER:
            return stranger_said(talk, "FTP", bytes + *used, size - *used);
        case NUMBERED_WHOLE:
            *used += reply.size;
            next = take_reply(talk, &reply, logs_on);
            break;
        }
    }
    return next;
}

static enum protocol_next stream(struct talk *talk, const uint8_t *bytes, size_t size, bool ended,
                                 size_t *used)
{
    (void)ended;
    return talk_on(talk, bytes, size, false, used);
}

static enum protocol_next stream_of_logon(struct talk *talk, const uint8_t *bytes, size_t size,
                                          bool ended, size_t *used)
{
    (void)ended;
    return talk_on(talk, bytes, size, true, used);
}

static void farewell(struct talk *talk)
{
    byte_writer_text(&talk->out, "QUIT\r\n");
}

static const struct protocol_port ports[] = {{21, PROBE_TCP}, {0, 0}};
static const char *const services[] = {"ftp", NULL};
static const struct protocol_port no_ports[] = {{0, 0}};
static const char *const no_services[] = {NULL};

const struct protocol protocol_ftp = {
    .name = "ftp",
    .title = "FTP: greeting and features",
    .source = "RFC 959, RFC 2389",
    .ports = ports,
    .services = services,
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct state),
    .begin = begin,
    .stream = stream,
    .farewell = farewell,
};

const struct protocol protocol_ftp_anonymous = {
    .name = "ftp-anonymous",
    .title = "FTP: greeting, and whether anonymous users are let in",
    .source = "RFC 959, RFC 1635",
    .ports = no_ports,
    .services = no_services,
    .side_effect = "logs on as an anonymous user and leaves at once, which the server may record",
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct state),
    .begin = begin,
    .stream = stream_of_logon,
    .farewell = farewell,
};
