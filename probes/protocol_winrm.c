/* SPDX-License-Identifier: MIT */

/*
 * WinRM, which is WS-Management over HTTP: who it is (Identify: DSP0226 section
 * 11; without a logon: MS-WSMV section 3.1.4.1.23), and which ways to log on it
 * offers to a request that needs one. Nobody logs on.
 */

#include <string.h>

#include "probes/http_head.h"
#include "probes/line.h"
#include "probes/protocol_list.h"
#include "probes/stranger.h"

enum {
    HTTP_PORT = 80, /* a Host line without a port means these, whatever WinRM's own are */
    HTTPS_PORT = 443,
    STATUS_OK = 200,
    STATUS_UNAUTHORIZED = 401,
    BODY_MOST = 32 * 1024,
    LENGTH_NONE = -1,
};

/* What is waited for. */
enum step {
    IDENTITY_HEAD,
    IDENTITY_BODY,
    LOGON_HEAD,
};

struct winrm_state {
    struct http_head head;
    enum step step;
    bool is_chunked;
    int64_t length; /* of the body; LENGTH_NONE: not told, it ends with the connection */
};

enum field {
    STATUS,
    SERVER,
    PRODUCT_VENDOR,
    PRODUCT_VERSION,
    PROTOCOL_VERSION,
    SECURITY_PROFILE,
    LOGON_STATUS,
    AUTHENTICATE,
    FIELD_COUNT,
};

static const struct answer_field fields[FIELD_COUNT] = {
    [STATUS] = {.name = "status",
                .type = ANSWER_NUMBER,
                .help = "Status code of the answer to who it is"},
    [SERVER] = {.name = "server", .help = "Program that answered, as it says"},
    [PRODUCT_VENDOR] = {.name = "product_vendor", .help = "Who made it", .telling = true},
    [PRODUCT_VERSION] = {.name = "product_version",
                         .help = "Its version; Windows hides that of the system",
                         .telling = true},
    [PROTOCOL_VERSION] = {.name = "protocol_version", .help = "Version of WS-Management, an URI"},
    [SECURITY_PROFILE] = {.name = "security_profile",
                          .help = "Way to log on, by the URI of WS-Management",
                          .many = true},
    [LOGON_STATUS] = {.name = "logon_status",
                      .type = ANSWER_NUMBER,
                      .help = "Status code of the answer to a request without a logon: 401"},
    [AUTHENTICATE] = {.name = "authenticate",
                      .help = "Way to log on that is offered",
                      .many = true,
                      .telling = true},
};

/* DSP0226 section 11, by the names without their prefix. */
static const struct {
    const char *name;
    enum field field;
} elements[] = {
    {"ProductVendor", PRODUCT_VENDOR},
    {"ProductVersion", PRODUCT_VERSION},
    {"ProtocolVersion", PROTOCOL_VERSION},
    {"SecurityProfileName", SECURITY_PROFILE},
};

static const char envelope[] =
    "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" "
    "xmlns:w=\"http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd\">"
    "<s:Header/><s:Body><w:Identify/></s:Body></s:Envelope>";

/* The same question with and without the header that needs no logon. */
static void write_request(struct talk *talk, const char *header)
{
    struct byte_writer *out = &talk->out;

    byte_writer_text(out, "POST /wsman HTTP/1.1\r\n");
    http_write_host(out, talk->target, talk->in_tls ? HTTPS_PORT : HTTP_PORT);
    byte_writer_text(out, "User-Agent: portledger\r\n"
                          "Content-Type: application/soap+xml;charset=UTF-8\r\n");
    byte_writer_text(out, header);
    byte_writer_text(out, "Content-Length: ");
    http_write_number(out, sizeof(envelope) - 1);
    byte_writer_text(out, "\r\n\r\n");
    byte_writer_text(out, envelope);
}

static void begin(struct talk *talk)
{
    struct winrm_state *state = talk->state;

    state->length = LENGTH_NONE;
    write_request(talk, "WSMANIDENTIFY: unauthenticated\r\n");
}

static bool is_once(const struct answer *answer, const struct answer_field *field)
{
    return field->many || answer_find(answer, field->name) == NULL;
}

/* The value of an element; the five entities of XML 1.0 section 4.6 are not resolved, since no
 * value has any. */
static void add_element(struct answer *answer, struct line name, struct line value)
{
    struct line prefix;

    (void)line_split(&name, ':', &prefix);
    for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++) {
        const struct answer_field *field = &fields[elements[i].field];

        if (line_equals(name, elements[i].name) && is_once(answer, field)) {
            answer_add_text(answer, field, value.bytes, value.size);
        }
    }
}

/* Elements that hold text alone, wherever they stand: "<p:Name a="b">value</". */
static void read_envelope(struct answer *answer, struct line rest)
{
    struct line before;
    struct line tag;
    struct line name;

    while (line_split(&rest, '<', &before) && line_split(&rest, '>', &tag)) {
        struct line value = rest;
        struct line ahead = rest;

        if (line_split(&ahead, '<', &value) && value.size > 0 && ahead.size > 0 &&
            ahead.bytes[0] == '/' && tag.size > 0 && tag.bytes[tag.size - 1] != '/') {
            if (!line_split(&tag, ' ', &name)) {
                name = tag;
            }
            add_element(answer, name, line_trimmed(value));
        }
    }
}

static enum protocol_next end_identity(struct talk *talk)
{
    struct winrm_state *state = talk->state;

    if (answer_find(&talk->answer, "product_vendor") == NULL &&
        answer_find(&talk->answer, "protocol_version") == NULL) {
        return talk_wrong(talk, "not WinRM: HTTP with another answer for /wsman");
    }
    talk->is_enough = true;
    state->step = LOGON_HEAD;
    state->head = (struct http_head){0};
    write_request(talk, "");
    return PROTOCOL_WAIT;
}

/* The head of the answer to who it is. A server may want a logon even for that. */
static enum protocol_next end_identity_head(struct talk *talk)
{
    struct winrm_state *state = talk->state;

    switch (state->head.status) {
    case STATUS_OK:
        state->step = IDENTITY_BODY;
        return PROTOCOL_WAIT;
    case STATUS_UNAUTHORIZED:
        return PROTOCOL_ANSWERED;
    default:
        return talk_wrong(talk, "not WinRM: HTTP that says %u for /wsman", state->head.status);
    }
}

static void read_header(struct talk *talk, const struct http_head *head)
{
    struct winrm_state *state = talk->state;
    uint32_t number;

    if (line_equals(head->name, "Server") && is_once(&talk->answer, &fields[SERVER])) {
        answer_add_text(&talk->answer, &fields[SERVER], head->value.bytes, head->value.size);
    } else if (line_equals(head->name, "WWW-Authenticate") && head->status == STATUS_UNAUTHORIZED) {
        answer_add_text(&talk->answer, &fields[AUTHENTICATE], head->value.bytes, head->value.size);
    } else if (line_equals(head->name, "Content-Length") && line_number(head->value, &number)) {
        state->length = number;
    } else if (line_equals(head->name, "Transfer-Encoding")) {
        state->is_chunked = true;
    }
}

static enum protocol_next take_line(struct talk *talk, struct line line)
{
    struct winrm_state *state = talk->state;
    bool is_logon = state->step == LOGON_HEAD;

    switch (http_head_read(&state->head, line)) {
    case HTTP_STATUS:
        answer_add_number(&talk->answer, &fields[is_logon ? LOGON_STATUS : STATUS],
                          state->head.status);
        return PROTOCOL_WAIT;
    case HTTP_HEADER:
        read_header(talk, &state->head);
        return PROTOCOL_WAIT;
    case HTTP_END:
        return is_logon ? PROTOCOL_ANSWERED : end_identity_head(talk);
    case HTTP_WRONG:
        if (is_logon) {
            talk->is_partial = true;
            talk_say(talk, "a second answer that is not HTTP");
            return PROTOCOL_ANSWERED;
        }
        return stranger_said(talk, "WinRM", (const uint8_t *)line.bytes, line.size);
    default:
        return PROTOCOL_WAIT;
    }
}

static bool has_last_chunk(const uint8_t *bytes, size_t size)
{
    static const char end[] = "\r\n0\r\n\r\n";

    return size >= sizeof(end) - 1 &&
           memcmp(bytes + size - (sizeof(end) - 1), end, sizeof(end) - 1) == 0;
}

/* Chunks are read as they stand: only a value that is cut in two by one is lost. */
static enum protocol_next take_body(struct talk *talk, const uint8_t *bytes, size_t size,
                                    bool ended, size_t *used)
{
    const struct winrm_state *state = talk->state;
    size_t have = size - *used;
    size_t length = (size_t)state->length;

    if (state->is_chunked || state->length == LENGTH_NONE) {
        if (!ended && !(state->is_chunked && has_last_chunk(bytes + *used, have))) {
            return PROTOCOL_WAIT;
        }
        length = have;
    }
    if (length > BODY_MOST) {
        return talk_wrong(talk, "not WinRM: %zu bytes of answer for /wsman", length);
    }
    if (have < length) {
        return PROTOCOL_WAIT;
    }
    read_envelope(&talk->answer, (struct line){(const char *)bytes + *used, length});
    *used += length;
    return end_identity(talk);
}

static enum protocol_next take_head(struct talk *talk, const uint8_t *bytes, size_t size,
                                    size_t *used)
{
    const struct winrm_state *state = talk->state;
    enum protocol_next next = PROTOCOL_WAIT;
    struct line line;

    while (next == PROTOCOL_WAIT && state->step != IDENTITY_BODY &&
           line_next(bytes, size, used, &line)) {
        next = take_line(talk, line);
    }
    return next;
}

static enum protocol_next stream(struct talk *talk, const uint8_t *bytes, size_t size, bool ended,
                                 size_t *used)
{
    const struct winrm_state *state = talk->state;
    enum protocol_next next = take_head(talk, bytes, size, used);

    if (next == PROTOCOL_WAIT && state->step == IDENTITY_BODY) {
        next = take_body(talk, bytes, size, ended, used);
        if (next == PROTOCOL_WAIT && state->step == LOGON_HEAD) {
            next = take_head(talk, bytes, size, used);
        }
    }
    if (next == PROTOCOL_WAIT && !state->head.has_status && state->head.status == 0 &&
        !talk->is_enough && line_begins(bytes + *used, size - *used, "HTTP/") == LINE_OTHER) {
        return stranger_said(talk, "WinRM", bytes + *used, size - *used);
    }
    if (next == PROTOCOL_WAIT && ended && talk->is_enough) {
        talk->is_partial = true;
        talk_say(talk, "the server closed before it had said how to log on");
        return PROTOCOL_ANSWERED;
    }
    return next;
}

const struct protocol protocol_winrm = {
    .name = "winrm",
    .title = "WinRM: who it is, and ways to log on",
    .source = "DSP0226 section 11, MS-WSMV 3.1.4.1.23, RFC 9112",
    .ports = (const struct protocol_port[]){{5985, PROBE_TCP}, {0}},
    .services = (const char *const[]){"wsman", NULL},
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct winrm_state),
    .begin = begin,
    .stream = stream,
};

const struct protocol protocol_winrms = {
    .name = "winrms",
    .title = "WinRM in TLS: who it is, and ways to log on",
    .source = "DSP0226 section 11, MS-WSMV 3.1.4.1.23, RFC 9112",
    .ports = (const struct protocol_port[]){{5986, PROBE_TCP}, {0}},
    .services = (const char *const[]){"wsmans", NULL},
    .security = PROTOCOL_IN_TLS,
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct winrm_state),
    .begin = begin,
    .stream = stream,
};
