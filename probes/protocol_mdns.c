/* SPDX-License-Identifier: MIT */

/*
 * mDNS: which kinds of services a host has (RFC 6763 section 9), and its name.
 * The question goes to the host alone, from a port that is not 5353: a responder
 * answers such a one as plain DNS, to where it came from (RFC 6762 sections 5.5
 * and 6.7), if it came from the local link.
 */

#include <string.h>

#include "base/text.h"
#include "probes/dns_name.h"
#include "probes/line.h"
#include "probes/protocol_list.h"

#define SERVICES_NAME "_services._dns-sd._udp.local."

enum {
    HEADER_SIZE = 12,
    FLAG_RESPONSE = 0x8000,
    TYPE_PTR = 12,
    CLASS_IN = 1,
    CLASS_UNICAST = 0x8000, /* of a question: the answer may come to us alone */
    RECORDS_MOST = 512,
};

enum {
    HOST_NAME,
    SERVICES,
    OTHER,
    FIELD_COUNT,
};

static const struct answer_field fields[FIELD_COUNT] = {
    [HOST_NAME] = {.name = "host_name", .help = "The host's name in .local", .telling = true},
    [SERVICES] = {.name = "services",
                  .help = "Kinds of services that it tells of: _http._tcp, _ipp._tcp",
                  .many = true,
                  .telling = true},
    [OTHER] = {.name = "other",
               .help = "Where else a name leads to, as it says: name=name",
               .many = true},
};

/* "1.2.0.192.in-addr.arpa." of the target (RFC 1035 section 3.5, RFC 3596 section 2.5). */
static void add_reverse_name(struct text *text, const struct socket_endpoint *endpoint)
{
    bool is_ipv4 = endpoint->address_size == 4;

    for (int i = endpoint->address_size - 1; i >= 0; i--) {
        uint8_t byte = endpoint->address[i];

        if (is_ipv4) {
            text_addf(text, "%d.", byte);
        } else {
            text_addf(text, "%x.%x.", (unsigned)byte & 15, (unsigned)byte >> 4);
        }
    }
    text_add(text, is_ipv4 ? "in-addr.arpa." : "ip6.arpa.");
}

static void put_question(struct byte_writer *out, const char *name)
{
    dns_name_put(out, name);
    byte_writer_be16(out, TYPE_PTR);
    byte_writer_be16(out, CLASS_IN | CLASS_UNICAST);
}

static void begin(struct talk *talk)
{
    struct text reverse = {0};

    byte_writer_add(&talk->out, talk->target->random, 2);
    byte_writer_be16(&talk->out, 0);
    byte_writer_be16(&talk->out, 2);
    byte_writer_zeros(&talk->out, 6);
    add_reverse_name(&reverse, &talk->target->address);
    put_question(&talk->out, SERVICES_NAME);
    put_question(&talk->out, text_bytes(&reverse));
    text_clear(&reverse);
}

/* "_http._tcp.local." without what all of them end in. */
static struct line without_domain(const struct text *name)
{
    static const char domain[] = ".local.";
    struct line line = {text_bytes(name), name->size};
    size_t size = strlen(domain);

    if (line.size > size &&
        line_equals((struct line){line.bytes + line.size - size, size}, domain)) {
        line.size -= size;
    }
    return line;
}

static struct line without_dot(const struct text *name)
{
    return (struct line){text_bytes(name), name->size > 1 ? name->size - 1 : name->size};
}

static void add_pointer(struct talk *talk, const struct text *name, const struct text *to)
{
    struct answer *answer = &talk->answer;
    struct text reverse = {0};
    struct line line = without_domain(to);

    add_reverse_name(&reverse, &talk->target->address);
    if (text_equal_fold(text_bytes(name), SERVICES_NAME)) {
        answer_add_text(answer, &fields[SERVICES], line.bytes, line.size);
    } else if (text_equal_fold(text_bytes(name), text_bytes(&reverse)) &&
               answer_find(answer, fields[HOST_NAME].name) == NULL) {
        line = without_dot(to);
        answer_add_text(answer, &fields[HOST_NAME], line.bytes, line.size);
    } else {
        answer_addf(answer, &fields[OTHER], "%s=%s", text_bytes(name), text_bytes(to));
    }
    text_clear(&reverse);
}

static void read_record(struct talk *talk, struct byte_reader *reader)
{
    struct text name = {0};
    struct text to = {0};
    uint16_t type;
    size_t size;

    dns_name_read(reader, &name);
    type = byte_reader_be16(reader);
    byte_reader_skip(reader, 6); /* class and lifetime */
    size = byte_reader_be16(reader);
    if (type == TYPE_PTR && size <= byte_reader_left(reader)) {
        size_t end = reader->at + size;

        dns_name_read(reader, &to);
        reader->short_of = reader->short_of || reader->at != end;
        if (!reader->short_of) {
            add_pointer(talk, &name, &to);
        }
    } else {
        byte_reader_skip(reader, size);
    }
    text_clear(&name);
    text_clear(&to);
}

/* What was asked comes back, since a client of plain DNS wants that. */
static void skip_questions(struct byte_reader *reader, unsigned count)
{
    for (unsigned i = 0; i < count && !reader->short_of; i++) {
        struct text name = {0};

        dns_name_read(reader, &name);
        byte_reader_skip(reader, 4);
        text_clear(&name);
    }
}

static enum protocol_next read_message(struct talk *talk, struct byte_reader reader)
{
    uint16_t counts[4];
    unsigned records;

    byte_reader_skip(&reader, 4);
    for (int i = 0; i < 4; i++) {
        counts[i] = byte_reader_be16(&reader);
    }
    skip_questions(&reader, counts[0]);
    records = (unsigned)counts[1] + counts[2] + counts[3];
    for (unsigned i = 0; i < records && i < RECORDS_MOST && !reader.short_of; i++) {
        read_record(talk, &reader);
    }
    if (reader.short_of || records > RECORDS_MOST) {
        talk->is_partial = true;
        talk_say(talk, "the reply has records that are not whole");
    } else if (talk->answer.count == 0) {
        talk_say(talk, "it tells of no service");
    }
    return PROTOCOL_ANSWERED;
}

static enum protocol_next datagram(struct talk *talk, const uint8_t *bytes, size_t size)
{
    struct byte_reader reader = byte_reader_of(bytes, size);

    if (size < HEADER_SIZE) {
        return talk_wrong(talk, "not mDNS: a datagram of %zu bytes", size);
    }
    if (memcmp(bytes, talk->target->random, 2) != 0) {
        return PROTOCOL_IGNORE;
    }
    if ((bytes[2] & FLAG_RESPONSE >> 8) == 0) {
        return talk_wrong(talk, "a DNS message that is no reply");
    }
    return read_message(talk, reader);
}

const struct protocol protocol_mdns = {
    .name = "mdns",
    .title = "mDNS: name and kinds of services",
    .source = "RFC 6762 sections 5.5 and 6.7, RFC 6763 section 9",
    .ports = (const struct protocol_port[]){{5353, PROBE_UDP}, {0}},
    .services = (const char *const[]){"mdns", NULL},
    .silence = "it may be silent to whoever is not on its own link",
    .fields = fields,
    .field_count = FIELD_COUNT,
    .begin = begin,
    .datagram = datagram,
};
