/* SPDX-License-Identifier: MIT */

/*
 * SIP: OPTIONS (RFC 3261 section 11), which asks a server what it can and
 * changes nothing there. Any final reply is an answer. Nothing that leads back
 * to this machine is said: the reply comes to where the request came from
 * (RFC 3581).
 */

#include <string.h>

#include "base/text.h"
#include "collector/socket_row.h"
#include "probes/line.h"
#include "probes/protocol_list.h"
#include "probes/stranger.h"

#define VERSION "SIP/2.0 "
#define SELF "portledger.invalid"

enum {
    WELL_KNOWN_PORT = 5060,
    ID_SIZE = 8,
    TAG_SIZE = 4,
    BODY_MOST = 65536,
    FINAL = 200, /* what is below is provisional */
};

enum {
    STATUS,
    REASON,
    SERVER,
    ALLOW,
    SUPPORTED,
    ACCEPT,
    AUTHENTICATE,
    WARNING,
    CONTACT,
    RECEIVED,
    RPORT,
    FIELD_COUNT,
};

static const struct answer_field fields[FIELD_COUNT] = {
    [STATUS] = {.name = "status",
                .type = ANSWER_NUMBER,
                .help = "Status code: 200, 404, 405",
                .telling = true,
                .label = ""},
    [REASON] = {.name = "reason", .help = "Words beside the status code"},
    [SERVER] = {.name = "server", .help = "Program that answered, as it says", .telling = true},
    [ALLOW] = {.name = "allow", .help = "Methods that it takes", .many = true},
    [SUPPORTED] = {.name = "supported", .help = "Extensions that it has", .many = true},
    [ACCEPT] = {.name = "accept", .help = "Kinds of content that it takes", .many = true},
    [AUTHENTICATE] = {.name = "authenticate", .help = "Ways to log on that it wants", .many = true},
    [WARNING] = {.name = "warning", .help = "What it says beside that", .many = true},
    [CONTACT] = {.name = "contact", .help = "Where it wants to be called", .many = true},
    [RECEIVED] = {.name = "received", .help = "Address from which it was asked, as it sees it"},
    [RPORT] = {.name = "rport", .type = ANSWER_NUMBER, .help = "Port, likewise", .fleeting = true},
};

/* How the value of a header is told. */
enum form {
    WHOLE, /* as it stands */
    LIST,  /* each part between commas */
    FIRST, /* the first word: parameters of a log-on have commas of their own */
};

/* RFC 3261 section 20; `compact` likewise (section 7.3.3). */
static const struct header {
    const char *name;
    const char *compact;
    int field;
    enum form form;
} headers[] = {
    {"Server", NULL, SERVER, WHOLE},
    {"User-Agent", NULL, SERVER, WHOLE},
    {"Allow", NULL, ALLOW, LIST},
    {"Supported", "k", SUPPORTED, LIST},
    {"Accept", NULL, ACCEPT, LIST},
    {"WWW-Authenticate", NULL, AUTHENTICATE, FIRST},
    {"Proxy-Authenticate", NULL, AUTHENTICATE, FIRST},
    {"Warning", NULL, WARNING, WHOLE},
    {"Contact", "m", CONTACT, WHOLE},
};

static void put_hex(struct byte_writer *out, const uint8_t *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < size; i++) {
        byte_writer_u8(out, (uint8_t)digits[bytes[i] >> 4]);
        byte_writer_u8(out, (uint8_t)digits[bytes[i] & 15]);
    }
}

/* "sip:host", "sip:[2001:db8::1]:5080": without a zone, which means nothing to others. */
static void add_uri(struct text *text, const struct protocol_target *target)
{
    size_t size = strcspn(target->host, "%");
    bool is_ipv6 = strchr(target->host, ':') != NULL;

    text_addf(text, is_ipv6 ? "sip:[%.*s]" : "sip:%.*s", (int)size, target->host);
    if (target->port != WELL_KNOWN_PORT) {
        text_addf(text, ":%d", target->port);
    }
}

static void begin(struct talk *talk)
{
    const struct protocol_target *target = talk->target;
    struct byte_writer *out = &talk->out;
    struct text uri = {0};

    add_uri(&uri, target);
    byte_writer_text(out, "OPTIONS ");
    byte_writer_text(out, text_bytes(&uri));
    byte_writer_text(out, " SIP/2.0\r\nVia: SIP/2.0/");
    byte_writer_text(out, target->transport == PROBE_TCP ? "TCP" : "UDP");
    byte_writer_text(out, " " SELF ";branch=z9hG4bK");
    put_hex(out, target->random, ID_SIZE);
    byte_writer_text(out, ";rport\r\nMax-Forwards: 70\r\nFrom: <sip:portledger@" SELF ">;tag=");
    put_hex(out, target->random + ID_SIZE, TAG_SIZE);
    byte_writer_text(out, "\r\nTo: <");
    byte_writer_text(out, text_bytes(&uri));
    byte_writer_text(out, ">\r\nCall-ID: ");
    put_hex(out, target->random, ID_SIZE);
    byte_writer_text(out, "@" SELF "\r\nCSeq: 1 OPTIONS\r\nContact: <sip:portledger@" SELF ">\r\n"
                          "Accept: application/sdp\r\nContent-Length: 0\r\n\r\n");
    text_clear(&uri);
}

/* The size of the head, with the empty line behind it; 0: it is not there yet. */
static size_t head_size(const uint8_t *bytes, size_t size)
{
    struct line line;
    size_t at = 0;

    while (line_next(bytes, size, &at, &line)) {
        if (line.size == 0) {
            return at;
        }
    }
    return 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Within a header that goes on in other lines their ends are blanks. */
static struct line trimmed(struct line line)
{
    while (line.size > 0 && is_blank(line.bytes[0])) {
        line.bytes++;
        line.size--;
    }
    while (line.size > 0 && is_blank(line.bytes[line.size - 1])) {
        line.size--;
    }
    return line;
}

/* The next header, with the lines that go on with it (RFC 3261 section 7.3.1). */
static bool next_header(const uint8_t *bytes, size_t size, size_t *at, struct line *name,
                        struct line *value)
{
    if (!line_next(bytes, size, at, value) || value->size == 0) {
        return false;
    }
    while (*at < size && (bytes[*at] == ' ' || bytes[*at] == '\t')) {
        struct line more;

        if (!line_next(bytes, size, at, &more)) {
            break;
        }
        value->size = (size_t)(more.bytes + more.size - value->bytes);
    }
    if (!line_split(value, ':', name)) {
        *name = (struct line){value->bytes, 0};
    }
    *name = trimmed(*name);
    *value = trimmed(*value);
    return true;
}

static bool is_named(struct line name, const char *whole, const char *compact)
{
    return line_equals(name, whole) || (compact != NULL && line_equals(name, compact));
}

/* Blanks that follow one another are one. */
static void add_text(struct answer *answer, int field, struct line value)
{
    struct text text = {0};

    value = trimmed(value);
    for (size_t i = 0; i < value.size; i++) {
        if (!is_blank(value.bytes[i])) {
            text_add_char(&text, value.bytes[i]);
        } else if (text.size > 0 && text.bytes[text.size - 1] != ' ') {
            text_add_char(&text, ' ');
        }
    }
    if (text.size > 0) {
        answer_add_text(answer, &fields[field], text_bytes(&text), text.size);
    }
    text_clear(&text);
}

static void add_value(struct answer *answer, const struct header *header, struct line value)
{
    struct line part;

    if (!fields[header->field].many && answer_find(answer, fields[header->field].name) != NULL) {
        return;
    }
    while (header->form == LIST && line_split(&value, ',', &part)) {
        add_text(answer, header->field, part);
    }
    if (header->form == FIRST && line_split(&value, ' ', &part)) {
        value = part;
    }
    add_text(answer, header->field, value);
}

static void add_header(struct answer *answer, struct line name, struct line value)
{
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
        if (is_named(name, headers[i].name, headers[i].compact)) {
            add_value(answer, &headers[i], value);
            return;
        }
    }
}

/* The value of ";name=" in a Via; false where there is none. */
static bool find_parameter(struct line via, const char *name, struct line *value)
{
    struct line part;
    struct line key;
    bool goes_on = true;

    while (goes_on) {
        goes_on = line_split(&via, ';', &part);
        part = trimmed(goes_on ? part : via);
        if (line_split(&part, '=', &key) && line_equals(trimmed(key), name)) {
            *value = trimmed(part);
            return true;
        }
    }
    return false;
}

/* The request that the topmost Via belongs to is ours: it has our branch. */
static bool is_ours(const struct talk *talk, struct line via)
{
    struct byte_writer branch = {0};
    struct line value;
    bool ours;

    byte_writer_text(&branch, "z9hG4bK");
    put_hex(&branch, talk->target->random, ID_SIZE);
    ours = find_parameter(via, "branch", &value) && !branch.lacks_memory &&
           value.size == branch.size && memcmp(value.bytes, branch.bytes, branch.size) == 0;
    byte_writer_clear(&branch);
    return ours;
}

/* The first value of a header, up to a comma; empty where there is none. */
static struct line find_first(const uint8_t *bytes, size_t size, const char *whole,
                              const char *compact)
{
    struct line status;
    struct line name;
    struct line value;
    struct line first;
    size_t at = 0;

    (void)line_next(bytes, size, &at, &status);
    while (next_header(bytes, size, &at, &name, &value)) {
        if (is_named(name, whole, compact)) {
            return line_split(&value, ',', &first) ? first : value;
        }
    }
    return (struct line){(const char *)bytes, 0};
}

static void add_via(struct answer *answer, struct line via)
{
    struct line value;
    uint32_t port;

    if (find_parameter(via, "received", &value)) {
        add_text(answer, RECEIVED, value);
    }
    if (find_parameter(via, "rport", &value) && line_number(value, &port) && port <= UINT16_MAX) {
        answer_add_number(answer, &fields[RPORT], port);
    }
}

/* "SIP/2.0 200 OK"; 0 where it is none. */
static uint32_t read_status(const uint8_t *bytes, size_t size, struct line *reason)
{
    struct line line = {(const char *)bytes, 0};
    struct line code;
    uint32_t status;
    size_t at = 0;

    if (!line_next(bytes, size, &at, &line) || !line_starts(line, VERSION)) {
        return 0;
    }
    line.bytes += strlen(VERSION);
    line.size -= strlen(VERSION);
    *reason = line;
    if (!line_split(reason, ' ', &code)) {
        code = line;
        reason->size = 0;
    }
    return line_number(code, &status) && status >= 100 && status < 700 ? status : 0;
}

/* A whole head that is ours. */
static enum protocol_next read_head(struct talk *talk, const uint8_t *bytes, size_t size,
                                    uint32_t status, struct line reason)
{
    struct line name;
    struct line value;
    size_t at = 0;

    if (status < FINAL) {
        return PROTOCOL_WAIT;
    }
    answer_add_number(&talk->answer, &fields[STATUS], status);
    add_text(&talk->answer, REASON, reason);
    (void)line_next(bytes, size, &at, &value);
    while (next_header(bytes, size, &at, &name, &value) && !talk->answer.cut) {
        add_header(&talk->answer, name, value);
    }
    add_via(&talk->answer, find_first(bytes, size, "Via", "v"));
    return PROTOCOL_ANSWERED;
}

static enum protocol_next datagram(struct talk *talk, const uint8_t *bytes, size_t size)
{
    struct line reason;
    uint32_t status = read_status(bytes, size, &reason);
    size_t head = head_size(bytes, size);

    if (status == 0) {
        return stranger_said(talk, "a reply of SIP", bytes, size);
    }
    if (!is_ours(talk, find_first(bytes, size, "Via", "v"))) {
        return PROTOCOL_IGNORE;
    }
    if (head == 0) {
        return talk_wrong(talk, "a reply of SIP whose head is not whole");
    }
    return read_head(talk, bytes, head, status, reason);
}

/* How much of the stream a provisional reply takes, with its body; 0: it has not all come. */
static size_t whole_size(const uint8_t *bytes, size_t size, size_t head)
{
    struct line line = find_first(bytes, head, "Content-Length", "l");
    uint32_t body = 0;

    if (line.size > 0 && (!line_number(line, &body) || body > BODY_MOST)) {
        body = 0;
    }
    return size - head < body ? 0 : head + body;
}

/* Empty lines keep a connection alive (RFC 3261 section 7.5). */
static size_t count_blank(const uint8_t *bytes, size_t size)
{
    size_t count = 0;

    while (count < size && (bytes[count] == '\r' || bytes[count] == '\n')) {
        count++;
    }
    return count;
}

/* One message of the stream; WAIT with *used unchanged: it is not whole. */
static enum protocol_next read_message(struct talk *talk, const uint8_t *bytes, size_t size,
                                       size_t *used)
{
    size_t blank = count_blank(bytes, size);
    size_t head = head_size(bytes + blank, size - blank);
    struct line reason;
    uint32_t status;
    enum protocol_next next;
    size_t whole;

    bytes += blank;
    size -= blank;
    if (line_begins(bytes, size, VERSION) == LINE_OTHER) {
        return stranger_said(talk, "SIP", bytes, size);
    }
    if (head == 0) {
        return PROTOCOL_WAIT;
    }
    status = read_status(bytes, head, &reason);
    if (status == 0 || !is_ours(talk, find_first(bytes, head, "Via", "v"))) {
        return talk_wrong(talk, "a reply of SIP, but none to our request");
    }
    next = read_head(talk, bytes, head, status, reason);
    whole = next == PROTOCOL_WAIT ? whole_size(bytes, size, head) : head;
    *used += whole == 0 ? 0 : blank + whole;
    return next;
}

static enum protocol_next stream(struct talk *talk, const uint8_t *bytes, size_t size, bool ended,
                                 size_t *used)
{
    enum protocol_next next = PROTOCOL_WAIT;
    size_t before;

    (void)ended;
    do {
        before = *used;
        if (size > *used) {
            next = read_message(talk, bytes + *used, size - *used, used);
        }
    } while (next == PROTOCOL_WAIT && *used > before);
    return next;
}

const struct protocol protocol_sip = {
    .name = "sip",
    .title = "SIP: what the server can",
    .source = "RFC 3261 section 11, RFC 3581",
    .ports = (const struct protocol_port[]){{WELL_KNOWN_PORT, PROBE_UDP},
                                            {WELL_KNOWN_PORT, PROBE_TCP},
                                            {0}},
    .services = (const char *const[]){"sip", NULL},
    .fields = fields,
    .field_count = FIELD_COUNT,
    .begin = begin,
    .stream = stream,
    .datagram = datagram,
};
