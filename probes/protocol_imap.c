/* SPDX-License-Identifier: MIT */

/* IMAP: greeting and capabilities (RFC 9051 sections 6.1.1 and 7.1, RFC 3501). */

#include "probes/line_talk.h"
#include "probes/protocol_list.h"
#include "probes/stranger.h"

struct imap_state {
    bool is_greeted;
    bool has_capabilities;
};

enum {
    STATUS,
    BANNER,
    CAPABILITIES,
    START_TLS,
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
};

enum { STATUS_BYE = 2 };

static const char *const statuses[] = {"OK", "PREAUTH", [STATUS_BYE] = "BYE"};

static void begin(struct talk *talk)
{
    (void)talk; /* the server speaks first */
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

static void add_capabilities(struct talk *talk, struct line words)
{
    bool has_tls = false;

    while (words.size > 0) {
        struct line word = take_word(&words);

        if (word.size > 0) {
            answer_add_text(&talk->answer, &fields[CAPABILITIES], word.bytes, word.size);
            has_tls = has_tls || line_equals(word, "STARTTLS");
        }
    }
    if (!talk->in_tls) {
        answer_add_number(&talk->answer, &fields[START_TLS], has_tls);
    }
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
    state->is_greeted = true;
    answer_add_string(&talk->answer, &fields[STATUS], statuses[status]);
    answer_add_text(&talk->answer, &fields[BANNER], text.bytes, text.size);
    if (capabilities.size > 0) {
        add_capabilities(talk, capabilities);
        return PROTOCOL_ANSWERED;
    }
    if (status == STATUS_BYE) {
        return PROTOCOL_ANSWERED;
    }
    talk->is_enough = true;
    byte_writer_text(&talk->out, "a CAPABILITY\r\n");
    return PROTOCOL_WAIT;
}

static enum protocol_next take_line(struct talk *talk, struct line line)
{
    struct imap_state *state = talk->state;
    struct line rest = line;
    struct line tag;

    if (!state->is_greeted) {
        return greet(talk, line);
    }
    tag = take_word(&rest);
    if (line_equals(tag, "a")) {
        return PROTOCOL_ANSWERED; /* OK, NO or BAD */
    }
    if (line_equals(tag, "*") && line_equals(take_word(&rest), "CAPABILITY") &&
        !state->has_capabilities) {
        state->has_capabilities = true;
        add_capabilities(talk, rest);
    }
    return PROTOCOL_WAIT;
}

static enum protocol_next stream(struct talk *talk, const uint8_t *bytes, size_t size, bool ended,
                                 size_t *used)
{
    struct imap_state *state = talk->state;
    enum protocol_next next =
        line_talk(talk, bytes, size, ended, used, !state->is_greeted, "IMAP", take_line);

    if (next == PROTOCOL_WAIT && ended && state->is_greeted) {
        return line_talk_cut(talk, "the server closed before it had told its capabilities");
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
