/* SPDX-License-Identifier: MIT */

/*
 * NetBIOS over UDP: a node status request (RFC 1002 sections 4.2.17 and
 * 4.2.18): which names a computer has, and its MAC address.
 */

#include <string.h>

#include "probes/protocol_list.h"
#include "probes/value_name.h"

enum {
    NODE_STATUS = 0x0021, /* NBSTAT */
    CLASS_IN = 1,
    FLAG_RESPONSE = 0x8000,
    ENCODED_SIZE = 32,
    NAME_SIZE = 15,
    MAC_SIZE = 6,
    NAME_GROUP = 0x8000,
};

enum {
    RCODE,
    COMPUTER,
    DOMAIN_NAME,
    MAC,
    NAME,
    SUFFIX,
    MEANING,
    KIND,
    NODE,
    STATE,
    FIELD_COUNT,
};

static const struct answer_field fields[FIELD_COUNT] = {
    [RCODE] = {.name = "rcode", .help = "Error code, where the node refused"},
    [COMPUTER] = {.name = "computer", .help = "Name of the computer", .telling = true},
    [DOMAIN_NAME] = {.name = "domain", .help = "Its domain or workgroup", .telling = true},
    [MAC] = {.name = "mac_address",
             .help = "Address of the network card; Samba may put anything there",
             .telling = true},
    [NAME] = {.name = "name", .help = "One of the names that the node has"},
    [SUFFIX] = {.name = "suffix", .help = "Last byte of the name, hexadecimal: what it is for"},
    [MEANING] = {.name = "meaning", .help = "The same in words, where known"},
    [KIND] = {.name = "kind", .help = "unique, or group: several nodes have it"},
    [NODE] = {.name = "node", .help = "How names are found: B, P, M or H"},
    [STATE] = {.name = "state", .help = "permanent, active, conflict, released", .many = true},
};

/* The suffix, with 0x100 for a name of a group. */
static const struct value_name meanings[] = {
    {0x000, "workstation"},
    {0x100, "domain or workgroup"},
    {0x001, "messenger"},
    {0x101, "master browser"},
    {0x003, "messenger"},
    {0x006, "remote access server"},
    {0x01b, "domain master browser"},
    {0x11c, "domain controllers"},
    {0x01d, "master browser"},
    {0x11e, "browser elections"},
    {0x01f, "NetDDE"},
    {0x020, "file server"},
    {0x021, "remote access client"},
    {0x0be, "network monitor agent"},
    {0x0bf, "network monitor"},
    {0, NULL},
};

static const char *const nodes[] = {"B", "P", "M", "H"};

static const struct value_name states[] = {
    {0x1000, "released"},
    {0x0800, "conflict"},
    {0x0400, "active"},
    {0x0200, "permanent"},
    {0, NULL},
};

enum { STATE_BITS = 0x1e00 };

static void begin(struct talk *talk)
{
    struct byte_writer *out = &talk->out;

    byte_writer_add(out, talk->target->random, 2);
    byte_writer_be16(out, 0);
    byte_writer_be16(out, 1);
    byte_writer_zeros(out, 6);
    byte_writer_u8(out, ENCODED_SIZE);
    byte_writer_text(out, "CK"); /* "*", and then zeros: half a byte a letter, from A on */
    for (int i = 0; i < ENCODED_SIZE - 2; i++) {
        byte_writer_u8(out, 'A');
    }
    byte_writer_u8(out, 0);
    byte_writer_be16(out, NODE_STATUS);
    byte_writer_be16(out, CLASS_IN);
}

/* The name that was asked for comes back: labels, and perhaps a pointer. */
static void skip_name(struct byte_reader *reader)
{
    uint8_t length;

    do {
        length = byte_reader_u8(reader);
        if (length >= 0xc0) {
            byte_reader_skip(reader, 1);
            return;
        }
        byte_reader_skip(reader, length);
    } while (length > 0 && !reader->short_of);
}

/* Names are padded with blanks; that of the master browser has control characters of its own. */
static size_t name_size(const char *name)
{
    size_t size = NAME_SIZE;

    while (size > 0 && (name[size - 1] == ' ' || name[size - 1] == '\0')) {
        size--;
    }
    return size;
}

static void add_summary(struct answer *answer, int field, const char *name)
{
    if (answer_find(answer, fields[field].name) == NULL) {
        answer_add_text(answer, &fields[field], name, name_size(name));
    }
}

static void add_name(struct answer *answer, const char *name, uint8_t suffix, uint16_t flags)
{
    bool is_group = (flags & NAME_GROUP) != 0;
    const char *meaning = value_name_find(meanings, suffix | (is_group ? 0x100U : 0));

    if (suffix == 0) {
        add_summary(answer, is_group ? DOMAIN_NAME : COMPUTER, name);
    }
    answer_begin_item(answer, "name");
    answer_add_text(answer, &fields[NAME], name, name_size(name));
    answer_addf(answer, &fields[SUFFIX], "%02x", suffix);
    if (meaning != NULL) {
        answer_add_string(answer, &fields[MEANING], meaning);
    }
    answer_add_string(answer, &fields[KIND], is_group ? "group" : "unique");
    answer_add_string(answer, &fields[NODE], nodes[flags >> 13 & 3]);
    value_name_add_bits(answer, &fields[STATE], states, flags & STATE_BITS);
    answer_end_item(answer);
}

static void add_mac(struct answer *answer, const uint8_t *mac)
{
    static const uint8_t none[MAC_SIZE];

    if (memcmp(mac, none, MAC_SIZE) != 0) {
        answer_addf(answer, &fields[MAC], "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
                    mac[3], mac[4], mac[5]);
    }
}

/* `size`: of names, address and statistics together. */
static enum protocol_next read_status(struct talk *talk, struct byte_reader *reader, size_t size)
{
    bool is_whole = size <= byte_reader_left(reader);
    uint8_t count = byte_reader_u8(reader);
    const uint8_t *mac;

    for (unsigned i = 0; i < count; i++) {
        const char *name = (const char *)byte_reader_take(reader, NAME_SIZE);
        uint8_t suffix = byte_reader_u8(reader);
        uint16_t flags = byte_reader_be16(reader);

        if (reader->short_of) {
            break;
        }
        add_name(&talk->answer, name, suffix, flags);
    }
    mac = byte_reader_take(reader, MAC_SIZE);
    if (mac != NULL) {
        add_mac(&talk->answer, mac);
    }
    if (mac == NULL || !is_whole) {
        talk->is_partial = true;
        talk_say(talk, "the list of names is not whole");
    }
    return PROTOCOL_ANSWERED;
}

static enum protocol_next datagram(struct talk *talk, const uint8_t *bytes, size_t size)
{
    struct byte_reader reader = byte_reader_of(bytes, size);
    uint16_t id = byte_reader_be16(&reader);
    uint16_t flags = byte_reader_be16(&reader);
    uint16_t type;
    size_t size_of_status;

    byte_reader_skip(&reader, 8); /* one record, and no question */
    if (reader.short_of || (flags & FLAG_RESPONSE) == 0) {
        return talk_wrong(talk, "not a NetBIOS name service: a datagram of %zu bytes", size);
    }
    if (id != (talk->target->random[0] << 8 | talk->target->random[1])) {
        return PROTOCOL_IGNORE;
    }
    if ((flags & 0x0f) != 0) {
        answer_addf(&talk->answer, &fields[RCODE], "%u", flags & 0x0fU);
        return PROTOCOL_ANSWERED;
    }
    skip_name(&reader);
    type = byte_reader_be16(&reader);
    byte_reader_skip(&reader, 6); /* class, time to live */
    size_of_status = byte_reader_be16(&reader);
    if (reader.short_of || type != NODE_STATUS) {
        return talk_wrong(talk, "a reply of the NetBIOS name service that has no node status");
    }
    return read_status(talk, &reader, size_of_status);
}

const struct protocol protocol_netbios = {
    .name = "netbios",
    .title = "NetBIOS: the names of a node",
    .source = "RFC 1002 sections 4.2.17 and 4.2.18",
    .ports = (const struct protocol_port[]){{137, PROBE_UDP}, {0}},
    .services = (const char *const[]){"netbios-ns", "nbname", NULL},
    .fields = fields,
    .field_count = FIELD_COUNT,
    .begin = begin,
    .datagram = datagram,
};
