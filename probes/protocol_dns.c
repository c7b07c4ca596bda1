/* SPDX-License-Identifier: MIT */

/*
 * DNS: one question for an address (RFC 1035 section 4). A server that says no
 * has answered, too.
 */

#include <string.h>

#include "base/text.h"
#include "collector/socket_row.h"
#include "probes/dns_name.h"
#include "probes/protocol_list.h"
#include "probes/stranger.h"
#include "probes/value_name.h"

enum {
    HEADER_SIZE = 12,
    RECORDS_MOST = 256, /* that are shown of one section */
    CLASS_IN = 1,
};

enum {
    FLAG_RESPONSE = 0x8000,
    FLAG_AUTHORITATIVE = 0x0400,
    FLAG_TRUNCATED = 0x0200,
    FLAG_RECURSION_DESIRED = 0x0100,
    FLAG_RECURSION_AVAILABLE = 0x0080,
    FLAG_AUTHENTIC = 0x0020,
    RCODE_BITS = 0x000f,
};

enum {
    RCODE,
    AUTHORITATIVE,
    TRUNCATED,
    RECURSION_AVAILABLE,
    AUTHENTIC_DATA,
    QUESTION,
    ANSWER_COUNT,
    AUTHORITY_COUNT,
    ADDITIONAL_COUNT,
    SECTION,
    NAME,
    TYPE,
    TTL,
    DATA,
    FIELD_COUNT,
};

static const struct answer_field fields[FIELD_COUNT] = {
    [RCODE] = {.name = "rcode",
               .help = "What came of the question: NOERROR, NXDOMAIN, REFUSED",
               .telling = true},
    [AUTHORITATIVE] = {.name = "authoritative",
                       .type = ANSWER_TRUTH,
                       .help = "Whether the server has the name in a zone of its own"},
    [TRUNCATED] = {.name = "truncated",
                   .type = ANSWER_TRUTH,
                   .help = "Whether the reply did not fit into one datagram"},
    [RECURSION_AVAILABLE] = {.name = "recursion_available",
                             .type = ANSWER_TRUTH,
                             .help = "Whether the server asks other servers for its clients"},
    [AUTHENTIC_DATA] = {.name = "authentic_data",
                        .type = ANSWER_TRUTH,
                        .help = "Whether the server has verified the reply (DNSSEC)"},
    [QUESTION] = {.name = "question", .help = "The name that the reply is about"},
    [ANSWER_COUNT] = {.name = "answers",
                      .type = ANSWER_NUMBER,
                      .help = "How many records answer the question"},
    [AUTHORITY_COUNT] = {.name = "authorities",
                         .type = ANSWER_NUMBER,
                         .help = "How many records name the servers in charge"},
    [ADDITIONAL_COUNT] = {.name = "additionals",
                          .type = ANSWER_NUMBER,
                          .help = "How many records come beside these"},
    [SECTION] = {.name = "section", .help = "Part of the reply: answer, authority, additional"},
    [NAME] = {.name = "name", .help = "Whose record it is"},
    [TYPE] = {.name = "type", .help = "A, AAAA, CNAME, SOA, or the number of another type"},
    [TTL] = {.name = "ttl",
             .type = ANSWER_NUMBER,
             .unit = "s",
             .help = "How long the record may be kept",
             .fleeting = true},
    [DATA] = {.name = "data", .help = "The record itself, as a zone file would have it"},
};

/* RFC 1035 section 4.1.1, RFC 2136 section 2.2, RFC 6895 section 2.3. */
static const struct value_name rcodes[] = {
    {0, "NOERROR"},  {1, "FORMERR"},    {2, "SERVFAIL"}, {3, "NXDOMAIN"}, {4, "NOTIMP"},
    {5, "REFUSED"},  {6, "YXDOMAIN"},   {7, "YXRRSET"},  {8, "NXRRSET"},  {9, "NOTAUTH"},
    {10, "NOTZONE"}, {11, "DSOTYPENI"}, {0, NULL},
};

enum {
    TYPE_A = 1,
    TYPE_NS = 2,
    TYPE_CNAME = 5,
    TYPE_SOA = 6,
    TYPE_PTR = 12,
    TYPE_MX = 15,
    TYPE_TXT = 16,
    TYPE_AAAA = 28,
    TYPE_SRV = 33,
    TYPE_OPT = 41,
};

static const struct value_name types[] = {
    {TYPE_A, "A"},   {TYPE_NS, "NS"},   {TYPE_CNAME, "CNAME"}, {TYPE_SOA, "SOA"}, {TYPE_PTR, "PTR"},
    {TYPE_MX, "MX"}, {TYPE_TXT, "TXT"}, {TYPE_AAAA, "AAAA"},   {TYPE_SRV, "SRV"}, {TYPE_OPT, "OPT"},
    {43, "DS"},      {46, "RRSIG"},     {47, "NSEC"},          {48, "DNSKEY"},    {50, "NSEC3"},
    {64, "SVCB"},    {65, "HTTPS"},     {257, "CAA"},          {0, NULL},
};

static void begin(struct talk *talk)
{
    const struct protocol_target *target = talk->target;
    const char *name = target->dns_name != NULL ? target->dns_name : "";
    bool in_stream = target->transport == PROBE_TCP;

    if (in_stream) {
        byte_writer_be16(&talk->out, 0); /* the length (RFC 1035 section 4.2.2) */
    }
    byte_writer_add(&talk->out, target->random, 2);
    byte_writer_be16(&talk->out, FLAG_RECURSION_DESIRED);
    byte_writer_be16(&talk->out, 1);
    byte_writer_zeros(&talk->out, 6);
    dns_name_put(&talk->out,
                 dns_name_is_sendable(name) ? name : ""); /* the root is a name that all know */
    byte_writer_be16(&talk->out, TYPE_A);
    byte_writer_be16(&talk->out, CLASS_IN);
    if (in_stream) {
        byte_writer_set_be16(&talk->out, 0, (uint16_t)(talk->out.size - 2));
    }
}

static void add_name(struct text *text, struct byte_reader *reader)
{
    text_add(text, text->size > 0 ? " " : "");
    dns_name_read(reader, text);
}

static void add_number(struct text *text, uint32_t number)
{
    text_addf(text, text->size > 0 ? " %lu" : "%lu", (unsigned long)number);
}

/* The character strings of a TXT record (RFC 1035 section 3.3.14). */
static void add_strings(struct text *text, struct byte_reader *reader, size_t end)
{
    while (!reader->short_of && reader->at < end) {
        size_t size = byte_reader_u8(reader);
        const uint8_t *bytes = byte_reader_take(reader, size);

        if (bytes != NULL) {
            text_add(text, text->size > 0 ? " \"" : "\"");
            text_add_visible(text, (const char *)bytes, size);
            text_add_char(text, '"');
        }
    }
}

/* A type that has no form of its own here (RFC 3597 section 5). */
static void add_unknown(struct text *text, struct byte_reader *reader, size_t size)
{
    const uint8_t *bytes = byte_reader_take(reader, size);

    text_addf(text, "\\# %zu ", size);
    for (size_t i = 0; bytes != NULL && i < size; i++) {
        text_addf(text, "%02x", bytes[i]);
    }
}

static void add_address(struct text *text, struct byte_reader *reader, size_t size)
{
    struct socket_endpoint endpoint = {.address_size = (uint8_t)size};
    const uint8_t *bytes = byte_reader_take(reader, size);

    if (bytes != NULL) {
        memcpy(endpoint.address, bytes, size);
        socket_endpoint_add_address(text, &endpoint);
    }
}

static void add_soa(struct text *text, struct byte_reader *reader)
{
    add_name(text, reader);
    add_name(text, reader);
    for (int i = 0; i < 5; i++) {
        add_number(text, byte_reader_be32(reader));
    }
}

/* `size` bytes from where the reader is; names in them may point to the whole message. */
static void add_data(struct text *text, struct byte_reader *reader, uint16_t type, size_t size)
{
    size_t end = reader->at + size;

    if ((type == TYPE_A && size == 4) || (type == TYPE_AAAA && size == 16)) {
        add_address(text, reader, size);
    } else if (type == TYPE_NS || type == TYPE_CNAME || type == TYPE_PTR) {
        add_name(text, reader);
    } else if (type == TYPE_SOA) {
        add_soa(text, reader);
    } else if (type == TYPE_MX) {
        add_number(text, byte_reader_be16(reader));
        add_name(text, reader);
    } else if (type == TYPE_SRV) {
        for (int i = 0; i < 3; i++) {
            add_number(text, byte_reader_be16(reader));
        }
        add_name(text, reader);
    } else if (type == TYPE_TXT) {
        add_strings(text, reader, end);
    } else {
        add_unknown(text, reader, size);
    }
    reader->short_of = reader->short_of || reader->at != end;
}

static void add_text(struct answer *answer, int field, struct text *text)
{
    answer_add_text(answer, &fields[field], text_bytes(text), text->size);
    text_clear(text);
}

static void read_record(struct answer *answer, struct byte_reader *reader, const char *section)
{
    struct text name = {0};
    struct text data = {0};
    uint16_t type;
    uint32_t ttl;
    uint16_t size;

    dns_name_read(reader, &name);
    type = byte_reader_be16(reader);
    byte_reader_skip(reader, 2);
    ttl = byte_reader_be32(reader);
    size = byte_reader_be16(reader);
    if (size > byte_reader_left(reader)) {
        reader->short_of = true;
    } else {
        add_data(&data, reader, type, size);
    }
    if (!reader->short_of && type != TYPE_OPT) { /* that one is about the datagram */
        answer_begin_item(answer, "record");
        answer_add_string(answer, &fields[SECTION], section);
        add_text(answer, NAME, &name);
        value_name_add(answer, &fields[TYPE], types, type);
        answer_add_number(answer, &fields[TTL], ttl);
        add_text(answer, DATA, &data);
        answer_end_item(answer);
    }
    text_clear(&name);
    text_clear(&data);
}

static void read_section(struct answer *answer, struct byte_reader *reader, const char *section,
                         unsigned count)
{
    for (unsigned i = 0; i < count && !reader->short_of; i++) {
        if (i == RECORDS_MOST) {
            answer->cut = true;
            reader->short_of = true;
            return;
        }
        read_record(answer, reader, section);
    }
}

/* Names that are asked for come back with the reply; more than one is not sent by anybody. */
static void read_questions(struct answer *answer, struct byte_reader *reader, unsigned count)
{
    for (unsigned i = 0; i < count && !reader->short_of; i++) {
        struct text name = {0};

        dns_name_read(reader, &name);
        byte_reader_skip(reader, 4);
        if (i == 0 && !reader->short_of) {
            add_text(answer, QUESTION, &name);
        }
        text_clear(&name);
    }
}

static void add_flags(struct answer *answer, uint16_t flags)
{
    static const struct {
        uint16_t bit;
        int field;
    } bits[] = {
        {FLAG_AUTHORITATIVE, AUTHORITATIVE},
        {FLAG_TRUNCATED, TRUNCATED},
        {FLAG_RECURSION_AVAILABLE, RECURSION_AVAILABLE},
        {FLAG_AUTHENTIC, AUTHENTIC_DATA},
    };

    value_name_add(answer, &fields[RCODE], rcodes, flags & RCODE_BITS);
    for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
        answer_add_number(answer, &fields[bits[i].field], (flags & bits[i].bit) != 0);
    }
}

/* A whole message whose id is ours. */
static enum protocol_next read_message(struct talk *talk, struct byte_reader reader)
{
    struct answer *answer = &talk->answer;
    uint16_t counts[4];
    uint16_t flags;

    byte_reader_skip(&reader, 2);
    flags = byte_reader_be16(&reader);
    for (int i = 0; i < 4; i++) {
        counts[i] = byte_reader_be16(&reader);
    }
    if (reader.short_of) {
        return talk_wrong(talk, "a reply that is too short for DNS: %zu of 12 bytes", reader.size);
    }
    if ((flags & FLAG_RESPONSE) == 0) {
        return talk_wrong(talk, "a DNS message that is no reply");
    }
    add_flags(answer, flags);
    read_questions(answer, &reader, counts[0]);
    answer_add_number(answer, &fields[ANSWER_COUNT], counts[1]);
    answer_add_number(answer, &fields[AUTHORITY_COUNT], counts[2]);
    answer_add_number(answer, &fields[ADDITIONAL_COUNT], counts[3]);
    read_section(answer, &reader, "answer", counts[1]);
    read_section(answer, &reader, "authority", counts[2]);
    read_section(answer, &reader, "additional", counts[3]);
    if ((flags & FLAG_TRUNCATED) != 0) {
        talk_say(talk, "the server has more than it sent: it tells the rest over TCP");
    } else if (reader.short_of) {
        talk_say(talk, "the reply has records that are not whole");
    }
    talk->is_partial = reader.short_of || (flags & FLAG_TRUNCATED) != 0;
    return PROTOCOL_ANSWERED;
}

static bool is_ours(const struct talk *talk, const uint8_t *bytes, size_t size)
{
    return size >= 2 && memcmp(bytes, talk->target->random, 2) == 0;
}

static enum protocol_next datagram(struct talk *talk, const uint8_t *bytes, size_t size)
{
    if (size >= HEADER_SIZE && !is_ours(talk, bytes, size)) {
        return PROTOCOL_IGNORE;
    }
    return read_message(talk, byte_reader_of(bytes, size));
}

static enum protocol_next stream(struct talk *talk, const uint8_t *bytes, size_t size, bool ended,
                                 size_t *used)
{
    struct byte_reader reader = byte_reader_of(bytes, size);
    size_t length = byte_reader_be16(&reader);
    struct byte_reader message = byte_reader_part(&reader, length);

    (void)ended;
    if (size >= 2 && length < HEADER_SIZE) {
        return stranger_said(talk, "DNS", bytes, size);
    }
    if (size >= 4 && !is_ours(talk, bytes + 2, size - 2)) {
        return stranger_said(talk, "DNS", bytes, size);
    }
    if (message.short_of) {
        return PROTOCOL_WAIT;
    }
    *used = reader.at;
    return read_message(talk, message);
}

const struct protocol protocol_dns = {
    .name = "dns",
    .title = "DNS: a question for an address",
    .source = "RFC 1035 section 4, RFC 7766",
    .ports = (const struct protocol_port[]){{53, PROBE_UDP}, {53, PROBE_TCP}, {0}},
    .services = (const char *const[]){"domain", NULL},
    .largest = 2 + 65535,
    .fields = fields,
    .field_count = FIELD_COUNT,
    .begin = begin,
    .stream = stream,
    .datagram = datagram,
};

const struct protocol protocol_dns_tls = {
    .name = "dns-tls",
    .title = "DNS in TLS",
    .source = "RFC 7858, RFC 1035",
    .ports = (const struct protocol_port[]){{853, PROBE_TCP}, {0}},
    .services = (const char *const[]){"domain-s", NULL},
    .security = PROTOCOL_IN_TLS,
    .largest = 2 + 65535,
    .fields = fields,
    .field_count = FIELD_COUNT,
    .begin = begin,
    .stream = stream,
};
