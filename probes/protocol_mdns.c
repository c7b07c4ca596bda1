/* SPDX-License-Identifier: MIT */

/*
 * mDNS: which kinds of services a host has (RFC 6763 section 9) and its name,
 * and then which services of each kind (section 4). Questions go to the host alone, from a port
 * that is not 5353: a responder answers such a one as plain DNS, to where it came from (RFC 6762
 * sections 5.5 and 6.7), if it came from the local link.
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
    TYPE_TXT = 16,
    TYPE_SRV = 33,
    CLASS_IN = 1,
    CLASS_UNICAST = 0x8000, /* of a question: the answer may come to us alone */
    RECORDS_MOST = 512,
    KINDS_MOST = 16,     /* that are asked for: the question must fit into one packet */
    INSTANCES_MOST = 64, /* that are told: each is looked for in all records */
};

enum {
    HOST_NAME,
    SERVICES,
    OTHER,
    KIND,
    INSTANCE,
    PORT,
    TARGET,
    TEXT,
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
    [KIND] = {.name = "kind", .help = "Kind of one service"},
    [INSTANCE] = {.name = "instance", .help = "What people call it"},
    [PORT] = {.name = "port", .type = ANSWER_NUMBER, .help = "Port that it listens on"},
    [TARGET] = {.name = "target", .help = "Host that it is on"},
    [TEXT] = {.name = "text", .help = "What it says of itself, as key=value", .many = true},
};

struct state {
    bool has_kinds; /* and has asked for the services of each */
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

/* Each question has an id of its own, so that no reply is taken for that to another. */
static const uint8_t *id_of(const struct talk *talk)
{
    const struct state *state = talk->state;

    return talk->target->random + (state->has_kinds ? 2 : 0);
}

static void put_header(struct talk *talk, unsigned questions)
{
    byte_writer_add(&talk->out, id_of(talk), 2);
    byte_writer_be16(&talk->out, 0);
    byte_writer_be16(&talk->out, (uint16_t)questions);
    byte_writer_zeros(&talk->out, 6);
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

    put_header(talk, 2);
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

/* One record of a reply; `data`: where it begins, in a reader of the whole message. */
struct record {
    struct text name;
    uint16_t type;
    struct byte_reader data;
    size_t end;
};

static void record_clear(struct record *record)
{
    text_clear(&record->name);
}

/* False where there is none that is whole. */
static bool read_record(struct byte_reader *reader, struct record *record)
{
    size_t size;

    *record = (struct record){0};
    dns_name_read(reader, &record->name);
    record->type = byte_reader_be16(reader);
    byte_reader_skip(reader, 6); /* class and lifetime */
    size = byte_reader_be16(reader);
    record->data = *reader;
    record->end = reader->at + size;
    byte_reader_skip(reader, size);
    return !reader->short_of;
}

/* The name that makes up the rest of the record's data; false where it is none. */
static bool read_target(struct record *record, struct text *to)
{
    dns_name_read(&record->data, to);
    return !record->data.short_of && record->data.at == record->end;
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

/* *records is how many stand where the reader is then. */
static struct byte_reader open_records(const uint8_t *bytes, size_t size, unsigned *records)
{
    struct byte_reader reader = byte_reader_of(bytes, size);
    uint16_t counts[4];

    byte_reader_skip(&reader, 4);
    for (int i = 0; i < 4; i++) {
        counts[i] = byte_reader_be16(&reader);
    }
    skip_questions(&reader, counts[0]);
    *records = (unsigned)counts[1] + counts[2] + counts[3];
    if (*records > RECORDS_MOST) {
        *records = RECORDS_MOST;
        reader.short_of = true;
    }
    return reader;
}

static void lacks_records(struct talk *talk)
{
    talk->is_partial = true;
    talk_say(talk, "the reply has records that are not whole");
}

/* "Web\032on\032box" as people write it: what a zone file escapes is undone. */
static void add_unescaped(struct text *text, const char *label, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (label[i] == '\\' && i + 3 < size && label[i + 1] >= '0' && label[i + 1] <= '9') {
            int number =
                (label[i + 1] - '0') * 100 + (label[i + 2] - '0') * 10 + label[i + 3] - '0';

            text_add_char(text, (char)number);
            i += 3;
        } else if (label[i] == '\\' && i + 1 < size) {
            text_add_char(text, label[++i]);
        } else {
            text_add_char(text, label[i]);
        }
    }
}

/* Of an instance's name what is before that of its kind (RFC 6763 section 4.1). */
static void add_instance(struct answer *answer, const struct text *instance,
                         const struct text *kind)
{
    struct text words = {0};
    size_t size = instance->size;

    if (size > kind->size + 1 &&
        text_equal_fold(text_bytes(instance) + size - kind->size, text_bytes(kind))) {
        size -= kind->size + 1; /* and the dot before it */
    }
    add_unescaped(&words, text_bytes(instance), size);
    answer_add_text(answer, &fields[INSTANCE], text_bytes(&words), words.size);
    text_clear(&words);
}

static void add_strings(struct answer *answer, struct record *record)
{
    while (!record->data.short_of && record->data.at < record->end) {
        size_t size = byte_reader_u8(&record->data);
        const uint8_t *bytes = byte_reader_take(&record->data, size);

        if (bytes != NULL && size > 0 && record->data.at <= record->end) {
            answer_add_text(answer, &fields[TEXT], bytes, size);
        }
    }
}

/* Port and host of a service (RFC 2782). */
static void add_place(struct answer *answer, struct record *record)
{
    struct text to = {0};
    struct line line;
    uint16_t port;

    byte_reader_skip(&record->data, 4); /* priority and weight */
    port = byte_reader_be16(&record->data);
    if (read_target(record, &to)) {
        line = without_dot(&to);
        answer_add_number(answer, &fields[PORT], port);
        answer_add_text(answer, &fields[TARGET], line.bytes, line.size);
    }
    text_clear(&to);
}

/* What the other records of the reply, from `reader` on, say of a service. */
static void add_details(struct answer *answer, struct byte_reader reader, unsigned records,
                        const struct text *instance)
{
    bool has_place = false;
    bool has_text = false;

    for (unsigned i = 0; i < records && !reader.short_of; i++) {
        struct record record;

        if (read_record(&reader, &record) &&
            text_equal_fold(text_bytes(&record.name), text_bytes(instance))) {
            if (record.type == TYPE_SRV && !has_place) {
                has_place = true;
                add_place(answer, &record);
            } else if (record.type == TYPE_TXT && !has_text) {
                has_text = true;
                add_strings(answer, &record);
            }
        }
        record_clear(&record);
    }
}

/* The second reply: every pointer leads to a service. */
static enum protocol_next read_services(struct talk *talk, const uint8_t *bytes, size_t size)
{
    struct answer *answer = &talk->answer;
    unsigned records;
    const struct byte_reader first = open_records(bytes, size, &records);
    struct byte_reader reader = first;
    int instances = 0;

    for (unsigned i = 0; i < records && !reader.short_of && instances < INSTANCES_MOST; i++) {
        struct record record;
        struct text to = {0};
        struct line kind;

        if (read_record(&reader, &record) && record.type == TYPE_PTR && read_target(&record, &to)) {
            instances++;
            kind = without_domain(&record.name);
            answer_begin_item(answer, "service");
            answer_add_text(answer, &fields[KIND], kind.bytes, kind.size);
            add_instance(answer, &to, &record.name);
            add_details(answer, first, records, &to);
            answer_end_item(answer);
        }
        text_clear(&to);
        record_clear(&record);
    }
    if (reader.short_of) {
        lacks_records(talk);
    }
    return PROTOCOL_ANSWERED;
}

/* False where there is none to ask for. */
static bool ask_for_services(struct talk *talk)
{
    struct state *state = talk->state;
    unsigned count = 0;
    size_t count_at;

    state->has_kinds = true;
    put_header(talk, 0);
    count_at = talk->out.size - 8;
    for (size_t i = 0; i < talk->answer.count && count < KINDS_MOST; i++) {
        const struct answer_value *value = &talk->answer.values[i];
        struct text name = {0};

        if (value->field == &fields[SERVICES] && strchr(value->text, '\\') == NULL) {
            text_addf(&name, "%s.local.", value->text);
        }
        if (dns_name_is_sendable(text_bytes(&name))) {
            put_question(&talk->out, text_bytes(&name));
            count++;
        }
        text_clear(&name);
    }
    byte_writer_set_be16(&talk->out, count_at, (uint16_t)count);
    if (count == 0) {
        byte_writer_reset(&talk->out);
    }
    return count > 0;
}

/* The first reply: pointers lead to kinds of services, and to the name of the address. */
static enum protocol_next read_kinds(struct talk *talk, const uint8_t *bytes, size_t size)
{
    unsigned records;
    struct byte_reader reader = open_records(bytes, size, &records);

    for (unsigned i = 0; i < records && !reader.short_of; i++) {
        struct record record;
        struct text to = {0};

        if (read_record(&reader, &record) && record.type == TYPE_PTR) {
            if (read_target(&record, &to)) {
                add_pointer(talk, &record.name, &to);
            } else {
                reader.short_of = true;
            }
        }
        text_clear(&to);
        record_clear(&record);
    }
    if (reader.short_of) {
        lacks_records(talk);
        return PROTOCOL_ANSWERED;
    }
    talk->is_enough = true;
    if (ask_for_services(talk)) {
        return PROTOCOL_WAIT;
    }
    if (talk->answer.count == 0) {
        talk_say(talk, "it tells of no service");
    }
    return PROTOCOL_ANSWERED;
}

static enum protocol_next datagram(struct talk *talk, const uint8_t *bytes, size_t size)
{
    const struct state *state = talk->state;

    if (size < HEADER_SIZE) {
        return talk_wrong(talk, "not mDNS: a datagram of %zu bytes", size);
    }
    if (memcmp(bytes, id_of(talk), 2) != 0) {
        return PROTOCOL_IGNORE;
    }
    if ((bytes[2] & FLAG_RESPONSE >> 8) == 0) {
        return talk_wrong(talk, "a DNS message that is no reply");
    }
    return state->has_kinds ? read_services(talk, bytes, size) : read_kinds(talk, bytes, size);
}

const struct protocol protocol_mdns = {
    .name = "mdns",
    .title = "mDNS: name and services",
    .source = "RFC 6762 sections 5.5 and 6.7, RFC 6763 sections 4 and 9",
    .ports = (const struct protocol_port[]){{5353, PROBE_UDP}, {0}},
    .services = (const char *const[]){"mdns", NULL},
    .silence = "it may be silent to whoever is not on its own link",
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct state),
    .begin = begin,
    .datagram = datagram,
};
