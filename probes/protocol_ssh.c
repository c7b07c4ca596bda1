/* SPDX-License-Identifier: MIT */

/*
 * SSH: the line by which a server names itself, and the algorithms that it
 * offers for the key exchange (RFC 4253 sections 4.2, 6 and 7.1). The exchange
 * itself is never begun.
 */

#include <string.h>

#include "probes/line.h"
#include "probes/protocol_list.h"
#include "probes/stranger.h"

enum {
    PACKET_MOST = 256 * 1024, /* what implementations take, beyond the 35,000 of RFC 4253 6.1 */
    GREETING_MOST = 64,       /* lines before it */
    MESSAGE_KEXINIT = 20,
    COOKIE_SIZE = 16,
};

enum field {
    BANNER,
    VERSION,
    SOFTWARE,
    COMMENTS,
    GREETING,
    KEX,
    HOST_KEY,
    CIPHER,
    CIPHER_TO_CLIENT,
    MAC,
    MAC_TO_CLIENT,
    COMPRESSION,
    COMPRESSION_TO_CLIENT,
    FIELD_COUNT,
};

static const struct answer_field fields[FIELD_COUNT] = {
    [BANNER] = {.name = "banner",
                .help = "The line by which the server names itself",
                .telling = true},
    [VERSION] = {.name = "version", .help = "Version of the protocol: 2.0, 1.99"},
    [SOFTWARE] = {.name = "software", .help = "Program and its version"},
    [COMMENTS] = {.name = "comments", .help = "What it says beside that"},
    [GREETING] = {.name = "greeting", .help = "Lines before the one that names it", .many = true},
    [KEX] = {.name = "kex_algorithm", .help = "Key exchange that is offered", .many = true},
    [HOST_KEY] = {.name = "host_key_algorithm",
                  .help = "Kind of host key that is offered",
                  .many = true},
    [CIPHER] = {.name = "cipher", .help = "Cipher that is offered", .many = true},
    [CIPHER_TO_CLIENT] = {.name = "cipher_to_client",
                          .help = "Likewise towards the client, where that differs",
                          .many = true},
    [MAC] = {.name = "mac", .help = "Check of integrity that is offered", .many = true},
    [MAC_TO_CLIENT] = {.name = "mac_to_client",
                       .help = "Likewise towards the client, where that differs",
                       .many = true},
    [COMPRESSION] = {.name = "compression", .help = "Compression that is offered", .many = true},
    [COMPRESSION_TO_CLIENT] = {.name = "compression_to_client",
                               .help = "Likewise towards the client, where that differs",
                               .many = true},
};

/* The name-lists of KEXINIT in their order; languages, which come last, are left out. */
static const struct list {
    enum field field;
    bool is_to_client; /* left out where it is equal to the list before */
} lists[] = {
    {KEX, false}, {HOST_KEY, false},     {CIPHER, false},      {CIPHER_TO_CLIENT, true},
    {MAC, false}, {MAC_TO_CLIENT, true}, {COMPRESSION, false}, {COMPRESSION_TO_CLIENT, true},
};

struct state {
    bool has_name;
    int greetings;
};

/* The server speaks first. */
static void begin(struct talk *talk)
{
    (void)talk;
}

/* "SSH-2.0-OpenSSH_9.2p1 Debian-2" */
static void read_name(struct talk *talk, struct line line)
{
    struct line rest = {line.bytes + strlen("SSH-"), line.size - strlen("SSH-")};
    struct line part;

    answer_add_text(&talk->answer, &fields[BANNER], line.bytes, line.size);
    if (!line_split(&rest, '-', &part)) {
        return;
    }
    answer_add_text(&talk->answer, &fields[VERSION], part.bytes, part.size);
    if (line_split(&rest, ' ', &part)) {
        answer_add_text(&talk->answer, &fields[SOFTWARE], part.bytes, part.size);
        answer_add_text(&talk->answer, &fields[COMMENTS], rest.bytes, rest.size);
    } else {
        answer_add_text(&talk->answer, &fields[SOFTWARE], rest.bytes, rest.size);
    }
}

/* Any text may stand before the name (RFC 4253 section 4.2), but who begins as others do is one. */
static bool is_greeting(struct line line)
{
    return line.size == 0 || (memchr(line.bytes, '\0', line.size) == NULL &&
                              !stranger_is_known((const uint8_t *)line.bytes, line.size));
}

/* Whether the line that names the server says that it speaks version 2 (RFC 4253 section 5.1). */
static bool is_version_2(struct line line)
{
    return line_starts(line, "SSH-2.") || line_starts(line, "SSH-1.99-");
}

static enum protocol_next read_lines(struct talk *talk, const uint8_t *bytes, size_t size,
                                     size_t *used)
{
    struct state *state = talk->state;
    struct line line;

    while (!state->has_name && line_next(bytes, size, used, &line)) {
        if (!line_starts(line, "SSH-")) {
            if (!is_greeting(line) || state->greetings++ == GREETING_MOST) {
                return stranger_said(talk, "SSH", (const uint8_t *)line.bytes, line.size);
            }
            answer_add_text(&talk->answer, &fields[GREETING], line.bytes, line.size);
            continue;
        }
        read_name(talk, line);
        state->has_name = true;
        if (!is_version_2(line)) {
            return PROTOCOL_ANSWERED;
        }
        /* Many servers offer nothing before they know who asks. */
        byte_writer_text(&talk->out, "SSH-2.0-portledger\r\n");
    }
    return PROTOCOL_WAIT;
}

static void read_list(struct talk *talk, struct line names, const struct answer_field *field)
{
    struct line name;

    while (line_split(&names, ',', &name)) {
        answer_add_text(&talk->answer, field, name.bytes, name.size);
    }
    if (names.size > 0) {
        answer_add_text(&talk->answer, field, names.bytes, names.size);
    }
}

static bool is_same(struct line a, struct line b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.bytes, b.bytes, a.size) == 0);
}

/* RFC 4253 section 7.1. */
static enum protocol_next read_offer(struct talk *talk, struct byte_reader *message)
{
    struct line names[sizeof(lists) / sizeof(lists[0])] = {{NULL, 0}};
    const size_t count = sizeof(lists) / sizeof(lists[0]);

    byte_reader_skip(message, COOKIE_SIZE);
    for (size_t i = 0; i < count; i++) {
        size_t size = byte_reader_be32(message);

        names[i] = (struct line){(const char *)byte_reader_take(message, size), size};
    }
    if (message->short_of) {
        talk_say(talk, "its offer of algorithms is cut short");
        talk->is_partial = true;
        return PROTOCOL_ANSWERED;
    }
    for (size_t i = 0; i < count; i++) {
        if (!lists[i].is_to_client || !is_same(names[i], names[i - 1])) {
            read_list(talk, names[i], &fields[lists[i].field]);
        }
    }
    return PROTOCOL_ANSWERED;
}

/* Something that is no packet behind the name: it is an SSH server that says no. */
static enum protocol_next end_without_offer(struct talk *talk, const char *why)
{
    talk_say(talk, "%s", why);
    talk->is_partial = true;
    return PROTOCOL_ANSWERED;
}

/* RFC 4253 section 6: length, length of padding, message, padding; no MAC yet. */
static enum protocol_next read_packets(struct talk *talk, const uint8_t *bytes, size_t size,
                                       size_t *used)
{
    struct byte_reader reader = byte_reader_of(bytes + *used, size - *used);

    while (byte_reader_left(&reader) >= 4) {
        size_t length = byte_reader_be32(&reader);
        struct byte_reader packet;
        size_t padding;

        if (length < 2 || length > PACKET_MOST) {
            return end_without_offer(talk, "what follows its name is no packet of SSH");
        }
        if (byte_reader_left(&reader) < length) {
            break;
        }
        packet = byte_reader_part(&reader, length);
        padding = byte_reader_u8(&packet);
        if (padding + 2 > length) {
            return end_without_offer(talk, "what follows its name is no packet of SSH");
        }
        packet.size -= padding;
        *used += 4 + length;
        if (byte_reader_u8(&packet) == MESSAGE_KEXINIT) {
            return read_offer(talk, &packet);
        }
    }
    return PROTOCOL_WAIT;
}

/*
 * What is there of a line that has not ended: its beginning may tell that it is
 * not SSH. Any text may be a greeting, but one that breaks off greeted nobody.
 */
static bool may_go_on(const uint8_t *bytes, size_t size, bool ended)
{
    return line_begins(bytes, size, "SSH-") != LINE_OTHER ||
           (!ended && is_greeting((struct line){(const char *)bytes, size}));
}

static enum protocol_next stream(struct talk *talk, const uint8_t *bytes, size_t size, bool ended,
                                 size_t *used)
{
    struct state *state = talk->state;
    enum protocol_next next = PROTOCOL_WAIT;

    if (!state->has_name) {
        next = read_lines(talk, bytes, size, used);
    }
    if (next == PROTOCOL_WAIT && state->has_name) {
        next = read_packets(talk, bytes, size, used);
    }
    if (next != PROTOCOL_WAIT) {
        return next;
    }
    if (!state->has_name && size > *used && !may_go_on(bytes + *used, size - *used, ended)) {
        return stranger_said(talk, "SSH", bytes + *used, size - *used);
    }
    if (state->has_name && ended) {
        return end_without_offer(talk, "it ended before it offered algorithms");
    }
    return PROTOCOL_WAIT;
}

static const struct protocol_port ports[] = {{22, PROBE_TCP}, {0, 0}};
static const char *const services[] = {"ssh", NULL};

const struct protocol protocol_ssh = {
    .name = "ssh",
    .title = "SSH: banner and algorithms",
    .source = "RFC 4253 sections 4.2 and 7.1",
    .ports = ports,
    .services = services,
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct state),
    .begin = begin,
    .stream = stream,
};
