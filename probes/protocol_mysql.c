/* SPDX-License-Identifier: MIT */

/*
 * MySQL and MariaDB: the greeting, or the error in its place (MySQL Internals,
 * "Connection Phase": Protocol::HandshakeV10, ERR_Packet; MariaDB's "Connection"
 * for what it does otherwise). With TLS the connection goes on into it, for the
 * certificate.
 *
 * A server counts connections that end in the middle of the handshake, and
 * blocks who has made many of them in a row (max_connect_errors). A logon that
 * is refused is none of those (MySQL manual, "DNS Lookups and the Host Cache"),
 * but it is a logon: only who asks for it by name makes one.
 */

#include <string.h>

#include "probes/line.h"
#include "probes/protocol_list.h"
#include "probes/stranger.h"
#include "probes/value_name.h"

enum {
    PACKET_HEADER = 4,  /* length, three bytes from the lowest, and number */
    PACKET_MOST = 4096, /* a greeting has about 100 bytes */
    PACKETS_MOST = 8,   /* of one talk */
    KIND_OK = 0,
    KIND_MORE = 1, /* to a logon: more questions */
    KIND_SWITCH = 0xfe,
    KIND_ERROR = 0xff,
    VERSION_10 = 10, /* since MySQL 3.21, of 1998 */
    SEED_BEGINNING = 8,
    SEED_END_LEAST = 13,
    SPARE = 10,
};

/* "Capabilities Flags"; those that tell one server from another, or that matter for safety. */
enum {
    CLIENT_MYSQL = 1 << 0,
    CLIENT_PROTOCOL_41 = 1 << 9,
    CLIENT_TLS = 1 << 11,
    CLIENT_SECURE_CONNECTION = 1 << 15,
    CLIENT_PLUGIN_AUTH = 1 << 19,
};

enum field {
    VERSION,
    PROTOCOL_VERSION,
    AUTH_PLUGIN,
    START_TLS,
    CAPABILITIES,
    CHARACTER_SET,
    THREAD_ID,
    ERROR_CODE,
    SQL_STATE,
    ERROR_MESSAGE,
    ANONYMOUS_LOGON,
    FIELD_COUNT,
};

static const struct answer_field fields[FIELD_COUNT] = {
    [VERSION] = {.name = "version", .help = "Version of the server", .telling = true},
    [PROTOCOL_VERSION] = {.name = "protocol_version",
                          .type = ANSWER_NUMBER,
                          .help = "Version of the protocol: 10"},
    [AUTH_PLUGIN] = {.name = "auth_plugin",
                     .help = "How a user of whom nothing is known yet would log on",
                     .telling = true},
    [START_TLS] = {.name = "start_tls",
                   .type = ANSWER_TRUTH,
                   .help = "Whether TLS can begin on this connection",
                   .telling = true},
    [CAPABILITIES] = {.name = "capabilities", .help = "What the server can do", .many = true},
    [CHARACTER_SET] = {.name = "character_set",
                       .type = ANSWER_NUMBER,
                       .help = "Number of its character set and collation"},
    [THREAD_ID] = {.name = "thread_id",
                   .type = ANSWER_NUMBER,
                   .help = "Number of this connection, counted since the server began",
                   .fleeting = true},
    [ERROR_CODE] = {.name = "error_code",
                    .type = ANSWER_NUMBER,
                    .help = "Why there is no greeting: 1129, this machine is blocked; 1130, it may "
                            "not connect; 1040, too many connections; or no logon: 1045",
                    .telling = true,
                    .label = "error"},
    [SQL_STATE] = {.name = "sql_state", .help = "The same as the SQL standard has it"},
    [ERROR_MESSAGE] = {.name = "error_message",
                       .help = "The same in the server's words",
                       .telling = true},
    [ANONYMOUS_LOGON] = {.name = "anonymous_logon",
                         .type = ANSWER_TRUTH,
                         .help = "Whether it lets anybody in (only mysql-anonymous)",
                         .telling = true},
};

static const struct value_name capabilities[] = {
    {1 << 3, "connect with database"},
    {1 << 5, "compression"},
    {1 << 7, "local files"},
    {CLIENT_PROTOCOL_41, "protocol 4.1"},
    {CLIENT_TLS, "TLS"},
    {CLIENT_SECURE_CONNECTION, "secure connection"},
    {1 << 16, "multiple statements"},
    {1 << 17, "multiple results"},
    {CLIENT_PLUGIN_AUTH, "authentication plugins"},
    {1 << 20, "connection attributes"},
    {1 << 22, "expired passwords"},
    {1 << 23, "session tracking"},
    {1 << 24, "deprecated EOF"},
    {0, NULL},
};

struct mysql_state {
    bool wants_tls;
    bool wants_logon;
    bool is_greeted;
    int packets; /* that came */
};

static void begin(struct talk *talk)
{
    (void)talk; /* the server speaks first */
}

static void begin_with_tls(struct talk *talk)
{
    struct mysql_state *state = talk->state;

    state->wants_tls = true;
}

static void begin_with_logon(struct talk *talk)
{
    struct mysql_state *state = talk->state;

    state->wants_logon = true;
}

static void began_tls(struct talk *talk)
{
    talk->is_done = true;
}

/* Up to a zero, or to the end where there is none. */
static struct line take_text(struct byte_reader *reader)
{
    size_t left = byte_reader_left(reader);
    const char *bytes = (const char *)byte_reader_take(reader, 0);
    const char *end;

    if (bytes == NULL || left == 0) {
        return (struct line){"", 0};
    }
    end = memchr(bytes, '\0', left);
    byte_reader_skip(reader, end == NULL ? left : (size_t)(end - bytes) + 1);
    return (struct line){bytes, end == NULL ? left : (size_t)(end - bytes)};
}

/* MariaDB puts "5.5.5-" before its version, for replicas that know no version 10 and later. */
static struct line without_prefix(struct line version)
{
    static const char prefix[] = "5.5.5-";
    size_t size = sizeof(prefix) - 1;

    if (line_starts(version, prefix) && version.size > size && version.bytes[size] >= '0' &&
        version.bytes[size] <= '9') {
        version.bytes += size;
        version.size -= size;
    }
    return version;
}

static void add_capabilities(struct answer *answer, uint32_t bits)
{
    for (const struct value_name *at = capabilities; at->name != NULL; at++) {
        if ((bits & at->value) != 0) {
            answer_add_string(answer, &fields[CAPABILITIES], at->name);
        }
    }
    answer_add_number(answer, &fields[START_TLS], (bits & CLIENT_TLS) != 0);
}

/* A packet that begins with what we can do, the largest packet, a character set and zeros. */
static void add_client(struct talk *talk, uint32_t bits, size_t more, uint8_t character_set)
{
    enum { BEGINNING = 32, NUMBER = 1, UNUSED = 23 };

    byte_writer_le32(&talk->out, (uint32_t)(BEGINNING + more) | (uint32_t)NUMBER << 24);
    byte_writer_le32(&talk->out,
                     CLIENT_MYSQL | CLIENT_PROTOCOL_41 | CLIENT_SECURE_CONNECTION | bits);
    byte_writer_le32(&talk->out, 1 << 24);
    byte_writer_u8(&talk->out, character_set);
    byte_writer_zeros(&talk->out, UNUSED);
}

/* SSLRequest. */
static void ask_for_tls(struct talk *talk, uint8_t character_set)
{
    add_client(talk, CLIENT_TLS | CLIENT_PLUGIN_AUTH, 0, character_set);
}

/* HandshakeResponse41: the same, a name, a password of no bytes, and how it would be sent. */
static void log_on(struct talk *talk, uint32_t bits, uint8_t character_set)
{
    static const char words[] = "portledger-probe\0\0mysql_native_password"; /* ended by 0 */

    add_client(talk, bits & CLIENT_PLUGIN_AUTH, sizeof(words), character_set);
    byte_writer_add(&talk->out, (const uint8_t *)words, sizeof(words));
}

/* What is said once the server can be told from others. */
static enum protocol_next go_on(struct talk *talk, uint32_t bits, uint8_t character_set)
{
    const struct mysql_state *state = talk->state;

    if (state->wants_tls && (bits & CLIENT_TLS) != 0) {
        talk->is_enough = true;
        ask_for_tls(talk, character_set);
        return PROTOCOL_TLS;
    }
    if (state->wants_logon && (bits & CLIENT_PROTOCOL_41) != 0) {
        talk->is_enough = true;
        log_on(talk, bits, character_set);
        return PROTOCOL_WAIT;
    }
    return PROTOCOL_ANSWERED;
}

/* What follows the version, in version 10; servers before 4.1 end in the middle of it. */
static enum protocol_next read_greeting_10(struct talk *talk, struct byte_reader packet)
{
    struct answer *answer = &talk->answer;
    uint32_t thread = byte_reader_le32(&packet);
    uint32_t bits;
    uint8_t character_set;
    size_t seed;
    struct line plugin;

    byte_reader_skip(&packet, SEED_BEGINNING + 1);
    bits = byte_reader_le16(&packet);
    if (packet.short_of) {
        return talk_wrong(talk, "not MySQL: a greeting that breaks off");
    }
    character_set = byte_reader_u8(&packet);
    byte_reader_skip(&packet, 2); /* the state of a session that there is not yet */
    bits |= (uint32_t)byte_reader_le16(&packet) << 16;
    seed = byte_reader_u8(&packet);
    byte_reader_skip(&packet, SPARE);
    seed = seed > SEED_BEGINNING + SEED_END_LEAST ? seed - SEED_BEGINNING : SEED_END_LEAST;
    byte_reader_skip(&packet, seed);
    plugin = take_text(&packet);
    if ((bits & CLIENT_PLUGIN_AUTH) != 0 && !packet.short_of) {
        answer_add_text(answer, &fields[AUTH_PLUGIN], plugin.bytes, plugin.size);
    }
    add_capabilities(answer, bits);
    answer_add_number(answer, &fields[CHARACTER_SET], character_set);
    answer_add_number(answer, &fields[THREAD_ID], thread);
    return go_on(talk, bits, character_set);
}

/* "#" and five digits stand before the message only where the protocol was agreed on. */
static enum protocol_next read_error(struct talk *talk, struct byte_reader packet)
{
    enum { SQL_STATE_SIZE = 5 };
    uint16_t code = byte_reader_le16(&packet);
    struct line text;

    if (packet.short_of) {
        return talk_wrong(talk, "not MySQL: an error without a number");
    }
    text = take_text(&packet);
    answer_add_number(&talk->answer, &fields[ERROR_CODE], code);
    if (text.size > SQL_STATE_SIZE && text.bytes[0] == '#') {
        answer_add_text(&talk->answer, &fields[SQL_STATE], text.bytes + 1, SQL_STATE_SIZE);
        text.bytes += 1 + SQL_STATE_SIZE;
        text.size -= 1 + SQL_STATE_SIZE;
    }
    answer_add_text(&talk->answer, &fields[ERROR_MESSAGE], text.bytes, text.size);
    return PROTOCOL_ANSWERED;
}

/* What comes of the logon: all that is asked meanwhile is answered by nothing. */
static enum protocol_next read_logon(struct talk *talk, struct byte_reader packet, uint8_t number)
{
    uint8_t kind = byte_reader_u8(&packet);

    if (kind == KIND_SWITCH || kind == KIND_MORE) {
        byte_writer_le32(&talk->out, (uint32_t)(uint8_t)(number + 1) << 24);
        return PROTOCOL_WAIT;
    }
    if (packet.short_of || (kind != KIND_OK && kind != KIND_ERROR)) {
        talk->is_partial = true;
        talk_say(talk, "the logon was answered by something that is none of MySQL");
        return PROTOCOL_ANSWERED;
    }
    answer_add_number(&talk->answer, &fields[ANONYMOUS_LOGON], kind == KIND_OK);
    return kind == KIND_OK ? PROTOCOL_ANSWERED : read_error(talk, packet);
}

static enum protocol_next read_packet(struct talk *talk, struct byte_reader packet, uint8_t number)
{
    struct mysql_state *state = talk->state;
    uint8_t kind;
    struct line version;

    if (state->is_greeted) {
        return read_logon(talk, packet, number);
    }
    state->is_greeted = true;
    kind = byte_reader_u8(&packet);
    if (kind == KIND_ERROR) {
        return read_error(talk, packet);
    }
    version = without_prefix(take_text(&packet));
    answer_add_text(&talk->answer, &fields[VERSION], version.bytes, version.size);
    answer_add_number(&talk->answer, &fields[PROTOCOL_VERSION], kind);
    return kind == VERSION_10 ? read_greeting_10(talk, packet) : PROTOCOL_ANSWERED;
}

/* Whether what came so far can be the first packet of a server. */
static bool is_first_packet(const uint8_t *bytes, size_t size, size_t length)
{
    if (size < PACKET_HEADER) {
        return true;
    }
    return length > 0 && length <= PACKET_MOST && bytes[3] <= 1 &&
           (size == PACKET_HEADER || bytes[PACKET_HEADER] == KIND_ERROR ||
            bytes[PACKET_HEADER] == VERSION_10 || bytes[PACKET_HEADER] == VERSION_10 - 1);
}

/* The packet that `bytes` begin with, where it has come as a whole. */
static enum protocol_next take_packet(struct talk *talk, const uint8_t *bytes, size_t size,
                                      bool ended, size_t *used)
{
    const struct mysql_state *state = talk->state;
    struct byte_reader reader = byte_reader_of(bytes, size);
    uint32_t header = byte_reader_le32(&reader);
    size_t length = header & 0xffffff;

    if (!state->is_greeted && !is_first_packet(bytes, size, length)) {
        return stranger_said(talk, "MySQL", bytes, size);
    }
    if (size < PACKET_HEADER || size - PACKET_HEADER < length) {
        return ended && size > 0 && size < PACKET_HEADER && !state->is_greeted
                   ? stranger_said(talk, "MySQL", bytes, size)
                   : PROTOCOL_WAIT;
    }
    *used += PACKET_HEADER + length;
    return read_packet(talk, byte_reader_part(&reader, length), (uint8_t)(header >> 24));
}

static enum protocol_next stream(struct talk *talk, const uint8_t *bytes, size_t size, bool ended,
                                 size_t *used)
{
    struct mysql_state *state = talk->state;
    enum protocol_next next = PROTOCOL_WAIT;
    size_t before;

    do {
        before = *used;
        next = take_packet(talk, bytes + before, size - before, ended, used);
        state->packets += *used > before ? 1 : 0;
    } while (next == PROTOCOL_WAIT && *used > before && state->packets < PACKETS_MOST);
    if (next == PROTOCOL_WAIT && state->is_greeted && (ended || state->packets == PACKETS_MOST)) {
        talk->is_partial = true;
        talk_say(talk, "the logon came to no end");
        next = PROTOCOL_ANSWERED;
    }
    return next;
}

/* COM_QUIT, from who was let in. */
static void take_leave(struct talk *talk)
{
    const struct answer_value *logon = answer_find(&talk->answer, fields[ANONYMOUS_LOGON].name);

    if (logon != NULL && logon->number != 0) {
        byte_writer_le32(&talk->out, 1);
        byte_writer_u8(&talk->out, 1);
    }
}

/* max_connect_errors. */
static const char blocks[] = "MySQL blocks a machine that connects 100 times without a logon; "
                             "mysql-anonymous is not counted";

const struct protocol protocol_mysql = {
    .name = "mysql",
    .title = "MySQL, MariaDB: greeting",
    .source = "MySQL Internals: Protocol::HandshakeV10, ERR_Packet",
    .ports = (const struct protocol_port[]){{3306, PROBE_TCP}, {0}},
    .services = (const char *const[]){"mysql", NULL},
    .repetition = blocks,
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct mysql_state),
    .begin = begin,
    .stream = stream,
};

const struct protocol protocol_mysql_anonymous = {
    .name = "mysql-anonymous",
    .title = "MySQL, MariaDB: greeting, and a logon as anybody",
    .source = "MySQL Internals: Protocol::HandshakeResponse41, AuthSwitchRequest",
    .ports = (const struct protocol_port[]){{0}},
    .services = (const char *const[]){NULL},
    .side_effect = "logs on as portledger-probe, which the server may record",
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct mysql_state),
    .begin = begin_with_logon,
    .stream = stream,
    .farewell = take_leave,
};

const struct protocol protocol_mysql_starttls = {
    .name = "mysql-starttls",
    .title = "MySQL, MariaDB that go on in TLS: greeting, certificate",
    .source = "MySQL Internals: Protocol::SSLRequest",
    .ports = (const struct protocol_port[]){{0}},
    .services = (const char *const[]){NULL},
    .repetition = blocks,
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct mysql_state),
    .begin = begin_with_tls,
    .stream = stream,
    .began_tls = began_tls,
};
