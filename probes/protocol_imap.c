/* SPDX-License-Identifier: MIT */

/*
 * IMAP: greeting and capabilities (RFC 9051 sections 6.1.1 and 7.1, RFC 3501);
 * with STARTTLS the capabilities again in TLS (RFC 9051 section 6.2.1).
 */

#include "probes/line_talk.h"
#include "probes/protocol_list.h"
#include "probes/stranger.h"

/* What is waited for. */
enum step {
    GREETING,
    CAPABILITY,
    WISH_FOR_TLS,
    CAPABILITY_IN_TLS,
};

struct imap_state {
    enum step step;
    bool has_capabilities; /* of this step */
    bool has_tls;
    bool wants_tls;
    bool is_logged_on; /* PREAUTH: then TLS cannot begin (RFC 9051 section 6.2.1) */
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
    [STATUS] = {.name = "status",
                .help = "OK: clients may log on; PREAUTH: they are; BYE: they may not"},
    [BANNER] = {.name = "banner", .help = "What it says of itself", .telling = true},
    [CAPABILITIES] = {.name = "capabilities", .help = "What it can, a word each", .many = true},
    [START_TLS] = {.name = "start_tls",
                   .type = ANSWER_TRUTH,
                   .help = "Whether TLS can begin on this connection; not told inside TLS",
                   .telling = true},
    [START_TLS_REPLY] = {.name = "start_tls_reply",
                         .help = "What it said to STARTTLS (only imap-starttls)"},
    [CAPABILITIES_IN_TLS] = {.name = "capabilities_in_tls",
                             .help = "What it can once TLS has begun (only imap-starttls)",
                             .many = true},
};

enum { STATUS_PREAUTH = 1, STATUS_BYE = 2 };

static const char *const statuses[] = {"OK", [STATUS_PREAUTH] = "PREAUTH", [STATUS_BYE] = "BYE"};

static void begin(struct talk *talk)
{
    (void)talk; /* the server speaks first */
}

static void begin_with_tls(struct talk *talk)
{
    struct imap_state *state = talk->state;

    state->wants_tls = true;
}

static void ask_capabilities(struct talk *talk, enum step step)
{
    struct imap_state *state = talk->state;

    state->step = step;
    state->has_capabilities = false;
    byte_writer_text(&talk->out, "a CAPABILITY\r\n");
}

static void began_tls(struct talk *talk)
{
    ask_capabilities(talk, CAPABILITY_IN_TLS);
}

/* Takes the first word off, and the blank behind it. */
static struct line take_word(struct line *rest)
{
    struct line word;

    if (!line_split(rest, ' ', &word)) {
        word = *rest;
        rest->bytes += rest->size;
        rest->size = 0;
    }
    return word;
}

static void add_capabilities(struct talk *talk, struct line words, int field)
{
    struct imap_state *state = talk->state;

    state->has_capabilities = true;
    while (words.size > 0) {
        struct line word = take_word(&words);

        if (word.size > 0) {
            answer_add_text(&talk->answer, &fields[field], word.bytes, word.size);
            state->has_tls = state->has_tls || line_equals(word, "STARTTLS");
        }
    }
    if (!talk->in_tls) {
        answer_add_number(&talk->answer, &fields[START_TLS], state->has_tls);
    }
}

/* All that it can is told. */
static enum protocol_next end_capabilities(struct talk *talk)
{
    struct imap_state *state = talk->state;

    if (!state->wants_tls || !state->has_tls || state->is_logged_on) {
        return PROTOCOL_ANSWERED;
    }
    state->step = WISH_FOR_TLS;
    byte_writer_text(&talk->out, "t STARTTLS\r\n");
    return PROTOCOL_WAIT;
}

/* -1: it is no status of a greeting. */
static int find_status(struct line word)
{
    for (int i = 0; i < (int)(sizeof(statuses) / sizeof(statuses[0])); i++) {
        if (line_equals(word, statuses[i])) {
            return i;
        }
    }
    return -1;
}

/* "[CAPABILITY IMAP4rev1 ...] text": many servers tell at once what they can. */
static struct line take_code(struct line *text)
{
    struct line rest = *text;
    struct line code;
    struct line word;

    if (rest.size == 0 || rest.bytes[0] != '[' || !line_split(&rest, ']', &code)) {
        return (struct line){0};
    }
    code.bytes++;
    code.size--;
    word = take_word(&code);
    *text = line_trimmed(rest);
    return line_equals(word, "CAPABILITY") ? code : (struct line){0};
}

static enum protocol_next greet(struct talk *talk, struct line line)
{
    struct imap_state *state = talk->state;
    struct line text = line;
    struct line star = take_word(&text);
    int status = find_status(take_word(&text));
    struct line capabilities;

    if (!line_equals(star, "*") || status < 0) {
        return stranger_said(talk, "IMAP", (const uint8_t *)line.bytes, line.size);
    }
    capabilities = take_code(&text);
    answer_add_string(&talk->answer, &fields[STATUS], statuses[status]);
    answer_add_text(&talk->answer, &fields[BANNER], text.bytes, text.size);
    state->is_logged_on = status == STATUS_PREAUTH;
    talk->is_enough = true;
    if (capabilities.size > 0) {
        state->step = CAPABILITY;
        add_capabilities(talk, capabilities, CAPABILITIES);
        return end_capabilities(talk);
    }
    if (status == STATUS_BYE) {
        return PROTOCOL_ANSWERED;
    }
    ask_capabilities(talk, CAPABILITY);
    return PROTOCOL_WAIT;
}

/* The line that ends a reply: OK, NO or BAD in *rest. */
static enum protocol_next end_reply(struct talk *talk, struct line rest)
{
    const struct imap_state *state = talk->state;
    struct line text = rest;

    switch (state->step) {
    case CAPABILITY:
        return end_capabilities(talk);
    case WISH_FOR_TLS:
        answer_add_text(&talk->answer, &fields[START_TLS_REPLY], rest.bytes, rest.size);
        return line_equals(take_word(&text), "OK") ? PROTOCOL_TLS : PROTOCOL_ANSWERED;
    default:
        return PROTOCOL_ANSWERED;
    }
}

static enum protocol_next take_line(struct talk *talk, struct line line)
{
    struct imap_state *state = talk->state;
    struct line rest = line;
    struct line tag;

    if (state->step == GREETING) {
        return greet(talk, line);
    }
    tag = take_word(&rest);
    if (line_equals(tag, state->step == WISH_FOR_TLS ? "t" : "a")) {
        return end_reply(talk, rest);
    }
    if (state->step != WISH_FOR_TLS && line_equals(tag, "*") &&
        line_equals(take_word(&rest), "CAPABILITY") && !state->has_capabilities) {
        add_capabilities(talk, rest,
                         state->step == CAPABILITY ? CAPABILITIES : CAPABILITIES_IN_TLS);
    }
    return PROTOCOL_WAIT;
}

static const char *const beginnings[] = {"* ", NULL};

static const struct line_manner manner = {"IMAP", beginnings};

static enum protocol_next stream(struct talk *talk, const uint8_t *bytes, size_t size, bool ended,
                                 size_t *used)
{
    struct imap_state *state = talk->state;
    enum protocol_next next =
        line_talk(talk, bytes, size, ended, used, state->step == GREETING, &manner, take_line);

    if (next == PROTOCOL_WAIT && ended && state->step != GREETING) {
        return line_talk_cut(talk, "the server closed before its reply was whole");
    }
    return next;
}

static void farewell(struct talk *talk)
{
    byte_writer_text(&talk->out, "z LOGOUT\r\n");
}

const struct protocol protocol_imap = {
    .name = "imap",
    .title = "IMAP: greeting and capabilities",
    .source = "RFC 9051 sections 6.1.1 and 7.1, RFC 3501",
    .ports = (const struct protocol_port[]){{143, PROBE_TCP}, {0}},
    .services = (const char *const[]){"imap2", "imap", NULL},
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct imap_state),
    .begin = begin,
    .stream = stream,
    .farewell = farewell,
};

const struct protocol protocol_imaps = {
    .name = "imaps",
    .title = "IMAP in TLS: greeting and capabilities",
    .source = "RFC 8314 section 3.2, RFC 9051",
    .ports = (const struct protocol_port[]){{993, PROBE_TCP}, {0}},
    .services = (const char *const[]){"imaps", NULL},
    .security = PROTOCOL_IN_TLS,
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct imap_state),
    .begin = begin,
    .stream = stream,
    .farewell = farewell,
};

const struct protocol protocol_imap_starttls = {
    .name = "imap-starttls",
    .title = "IMAP that goes on in TLS: greeting, capabilities, certificate",
    .source = "RFC 9051 section 6.2.1, RFC 2595 section 3",
    .ports = (const struct protocol_port[]){{0}},
    .services = (const char *const[]){NULL},
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct imap_state),
    .begin = begin_with_tls,
    .stream = stream,
    .began_tls = began_tls,
    .farewell = farewell,
};
