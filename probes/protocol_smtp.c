/* SPDX-License-Identifier: MIT */

/*
 * SMTP: how the server greets, and what it can do (RFC 5321 sections 3.1, 3.2
 * and 4.2). No mail is begun.
 */

#include "base/text.h"
#include "probes/line.h"
#include "probes/numbered_reply.h"
#include "probes/protocol_list.h"
#include "probes/stranger.h"

enum {
    CODE_READY = 220,
    CODE_DONE = 250,
};

enum {
    CODE,
    BANNER,
    HOST,
    EXTENSION,
    STARTTLS,
    FIELD_COUNT,
};

static const struct answer_field fields[FIELD_COUNT] = {
    [CODE] = {.name = "code",
              .type = ANSWER_NUMBER,
              .help = "Number of the greeting: 220 ready, 554 takes no mail"},
    [BANNER] = {.name = "banner", .help = "A line of the greeting", .many = true},
    [HOST] = {.name = "server_name", .help = "Name by which the server greets"},
    [EXTENSION] = {.name = "extension",
                   .help = "What the server can do beyond SMTP itself",
                   .many = true},
    [STARTTLS] = {.name = "starttls",
                  .type = ANSWER_TRUTH,
                  .help = "Whether the server offers to go on in TLS"},
};

struct state {
    bool greeted;
};

static void begin(struct talk *talk)
{
    (void)talk; /* the server speaks first */
}

/* The name is the first word (RFC 5321 section 4.2, Greeting). */
static void add_host(struct answer *answer, const struct numbered_reply *reply)
{
    size_t at = 0;
    struct line line;
    struct line text;
    struct line word;

    if (line_next(reply->bytes, reply->size, &at, &line) && line.size > 4) {
        text = line_trimmed((struct line){line.bytes + 4, line.size - 4});
        if (line_split(&text, ' ', &word) && word.size > 0) {
            answer_add_text(answer, &fields[HOST], word.bytes, word.size);
        }
    }
}

static enum protocol_next take_greeting(struct talk *talk, const struct numbered_reply *reply)
{
    struct state *state = talk->state;

    state->greeted = true;
    answer_add_number(&talk->answer, &fields[CODE], reply->code);
    numbered_reply_add(&talk->answer, &fields[BANNER], reply, 0);
    if (reply->code != CODE_READY) {
        return PROTOCOL_ANSWERED;
    }
    add_host(&talk->answer, reply);
    talk->is_enough = true;
    /* A name that is nobody's (RFC 2606 section 2): ours need not be known there. */
    byte_writer_text(&talk->out, "EHLO portledger.invalid\r\n");
    return PROTOCOL_WAIT;
}

static bool offers_starttls(const struct answer *answer)
{
    for (size_t i = 0; i < answer->count; i++) {
        const struct answer_value *value = &answer->values[i];

        if (value->field == &fields[EXTENSION] && text_equal_fold(value->text, "STARTTLS")) {
            return true;
        }
    }
    return false;
}

static enum protocol_next take_extensions(struct talk *talk, const struct numbered_reply *reply)
{
    if (reply->code != CODE_DONE) {
        talk_say(talk, "asked what it can do, the server said %u", (unsigned)reply->code);
        talk->is_partial = true;
        return PROTOCOL_ANSWERED;
    }
    numbered_reply_add(&talk->answer, &fields[EXTENSION], reply, 1);
    answer_add_number(&talk->answer, &fields[STARTTLS], offers_starttls(&talk->answer));
    return PROTOCOL_ANSWERED;
}

static enum protocol_next stream(struct talk *talk, const uint8_t *bytes, size_t size, bool ended,
                                 size_t *used)
{
    struct state *state = talk->state;
    enum protocol_next next = PROTOCOL_WAIT;

    (void)ended;
    while (next == PROTOCOL_WAIT) {
        struct numbered_reply reply;

        switch (numbered_reply_find(bytes + *used, size - *used, &reply)) {
        case NUMBERED_MORE:
            return PROTOCOL_WAIT;
        case NUMBERED_OTHER:
            return stranger_said(talk, "SMTP", bytes + *used, size - *used);
        case NUMBERED_WHOLE:
            *used += reply.size;
            next = state->greeted ? take_extensions(talk, &reply) : take_greeting(talk, &reply);
            break;
        }
    }
    return next;
}

static void farewell(struct talk *talk)
{
    byte_writer_text(&talk->out, "QUIT\r\n");
}

static const struct protocol_port ports[] = {{25, PROBE_TCP}, {587, PROBE_TCP}, {0, 0}};
static const char *const services[] = {"smtp", "submission", NULL};
static const struct protocol_port tls_ports[] = {{465, PROBE_TCP}, {0, 0}};
static const char *const tls_services[] = {"smtps", "submissions", NULL};

const struct protocol protocol_smtp = {
    .name = "smtp",
    .title = "SMTP: greeting and extensions",
    .source = "RFC 5321",
    .ports = ports,
    .services = services,
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct state),
    .begin = begin,
    .stream = stream,
    .farewell = farewell,
};

const struct protocol protocol_smtps = {
    .name = "smtps",
    .title = "SMTP in TLS: the same, and the certificate",
    .source = "RFC 8314 section 3.3",
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
