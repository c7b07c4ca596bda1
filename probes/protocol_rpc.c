/* SPDX-License-Identifier: MIT */

/*
 * RPC: the endpoint mapper, asked for all that it knows with ept_lookup
 * (C706 appendix O, MS-RPCE section 2.2.1.2.4), over connections (C706 section
 * 12.6) and datagrams (section 12.5).
 */

#include <string.h>

#include "base/text.h"
#include "probes/protocol_list.h"
#include "probes/rpc_tower.h"
#include "probes/stranger.h"
#include "probes/value_name.h"

enum {
    REPLY_MOST = 1024 * 1024 * 4,
    STUB_MOST = 1024 * 1024, /* of one reply: that of 500 entries has 100 KiB */
    LOOKUPS_MOST = 1000,
    ENTRIES_AT_ONCE = 500, /* the most that the interface allows */
    HANDLE_SIZE = 20,
    FRAGMENT_MOST = 5840,
    NO_MORE = 0x16c9a0d6, /* ept_s_not_registered: the end of the map */
    OP_LOOKUP = 2,
};

/* Kinds of PDUs (C706 section 12.6.4.1 and 12.5.2.1). */
enum {
    PDU_REQUEST = 0,
    PDU_RESPONSE = 2,
    PDU_FAULT = 3,
    PDU_WORKING = 4,
    PDU_NO_CALL = 5,
    PDU_REJECT = 6,
    PDU_ACK = 7,
    PDU_FACK = 9,
    PDU_BIND = 11,
    PDU_BIND_ACK = 12,
    PDU_BIND_NAK = 13,
};

enum {
    CONNECTION_VERSION = 5,
    CONNECTION_HEADER = 16,
    FIRST_FRAGMENT = 0x01,
    LAST_FRAGMENT = 0x02,

    DATAGRAM_VERSION = 4,
    DATAGRAM_HEADER = 80,
    FLAG_LAST = 0x02,
    FLAG_FRAGMENT = 0x04,
    FLAG_NO_FACK = 0x08,
    FLAG_IDEMPOTENT = 0x20,

    LITTLE_ENDIAN_DATA = 0x10,
};

/* e1af8308-5d1f-11c9-91a4-08002b14a0fa, and NDR, 8a885d04-1ceb-11c9-9fe8-08002b104860. */
static const uint8_t endpoint_mapper[RPC_UUID_SIZE] = {
    0x08, 0x83, 0xaf, 0xe1, 0x1f, 0x5d, 0xc9, 0x11, 0x91, 0xa4, 0x08, 0x00, 0x2b, 0x14, 0xa0, 0xfa};
static const uint8_t ndr[RPC_UUID_SIZE] = {0x04, 0x5d, 0x88, 0x8a, 0xeb, 0x1c, 0xc9, 0x11,
                                           0x9f, 0xe8, 0x08, 0x00, 0x2b, 0x10, 0x48, 0x60};
/* 333a2276-0000-0000-0d00-00809c000000: what a server calls back (C706 appendix P). */
static const uint8_t conversation[RPC_UUID_SIZE] = {0x76, 0x22, 0x3a, 0x33, 0,    0, 0, 0,
                                                    0x0d, 0,    0,    0x80, 0x9c, 0, 0, 0};

struct rpc_state {
    struct byte_writer stub; /* of the reply that is coming, from its fragments */
    uint8_t handle[HANDLE_SIZE];
    uint32_t call; /* of the request that was sent */
    uint32_t lookups;
    uint32_t endpoints;
    uint16_t fragment; /* datagrams: the number of the next one */
    bool is_bound;
    bool is_big; /* the byte order of what came */
};

enum {
    BIND_RESULT,
    SECONDARY_ADDRESS,
    FAULT,
    STATUS,
    ENDPOINTS,
    UUID,
    VERSION,
    ANNOTATION,
    PROTOCOL,
    ADDRESS,
    ENDPOINT,
    OBJECT,
    FIELD_COUNT,
};

static const struct answer_field fields[FIELD_COUNT] = {
    [BIND_RESULT] = {.name = "bind_result",
                     .help = "Whether the server let the endpoint mapper be asked: acceptance"},
    [SECONDARY_ADDRESS] = {.name = "secondary_address",
                           .help = "Port or pipe that the server says it is bound to"},
    [FAULT] = {.name = "fault",
               .help = "Why the server did not do what it was asked for",
               .telling = true},
    [STATUS] = {.name = "status",
                .help = "Status of a look-up that failed, hexadecimal",
                .telling = true,
                .label = "status"},
    [ENDPOINTS] = {.name = "endpoints",
                   .type = ANSWER_NUMBER,
                   .help = "How many endpoints the map has",
                   .telling = true},
    [UUID] = {.name = "uuid", .help = "Interface that is served there"},
    [VERSION] = {.name = "version", .help = "Its version"},
    [ANNOTATION] = {.name = "annotation", .help = "What the server calls it"},
    [PROTOCOL] = {.name = "protocol", .help = "How it is reached: ncacn_ip_tcp, ncacn_np"},
    [ADDRESS] = {.name = "address", .help = "Address or name of the computer"},
    [ENDPOINT] = {.name = "endpoint", .help = "Port or pipe", .fleeting = true},
    [OBJECT] = {.name = "object", .help = "Object whose interface it is"},
};

/* C706 section 12.6.3.1: p_cont_def_result_t. */
static const struct value_name bind_results[] = {
    {0, "acceptance"}, {1, "user rejection"}, {2, "provider rejection"}, {0, NULL}};

/* C706 section 12.6.3.1: p_reject_reason_t; 8 and 9 are of MS-RPCE section 2.2.2.5. */
static const struct value_name nak_reasons[] = {
    {0, "bind refused: no reason given"},
    {1, "bind refused: temporary congestion"},
    {2, "bind refused: local limit exceeded"},
    {4, "bind refused: protocol version not supported"},
    {8, "bind refused: authentication type not recognized"},
    {9, "bind refused: invalid checksum"},
    {0, NULL},
};

/* C706 appendix E, MS-RPCE section 2.2.1. */
static const struct value_name faults[] = {
    {0x00000005, "access denied"},
    {0x000006d1, "procedure number out of range"},
    {0x000006f7, "bad stub data"},
    {0x1c000009, "invalid tag"},
    {0x1c00000b, "unspecified fault"},
    {0x1c00001a, "context mismatch"},
    {0x1c010002, "operation out of range"},
    {0x1c010003, "unknown interface"},
    {0x1c01000b, "protocol error"},
    {0x1c010014, "server too busy"},
    {0, NULL},
};

static uint16_t read16(struct byte_reader *reader, bool is_big)
{
    return is_big ? byte_reader_be16(reader) : byte_reader_le16(reader);
}

static uint32_t read32(struct byte_reader *reader, bool is_big)
{
    return is_big ? byte_reader_be32(reader) : byte_reader_le32(reader);
}

static size_t begin_pdu(struct byte_writer *out, uint8_t kind, uint32_t call)
{
    size_t begin = out->size;

    byte_writer_u8(out, CONNECTION_VERSION);
    byte_writer_u8(out, 0);
    byte_writer_u8(out, kind);
    byte_writer_u8(out, FIRST_FRAGMENT | LAST_FRAGMENT);
    byte_writer_le32(out, LITTLE_ENDIAN_DATA);
    byte_writer_le32(out, 0); /* length, and no authentication */
    byte_writer_le32(out, call);
    return begin;
}

static void end_pdu(struct byte_writer *out, size_t begin)
{
    byte_writer_set_le16(out, begin + 8, (uint16_t)(out->size - begin));
}

static void send_bind(struct talk *talk)
{
    struct byte_writer *out = &talk->out;
    size_t begin = begin_pdu(out, PDU_BIND, 1);

    byte_writer_le16(out, FRAGMENT_MOST);
    byte_writer_le16(out, FRAGMENT_MOST);
    byte_writer_le32(out, 0); /* a new association */
    byte_writer_le32(out, 1); /* one context, */
    byte_writer_le16(out, 0); /* which is number 0, */
    byte_writer_le16(out, 1); /* in one transfer syntax */
    byte_writer_add(out, endpoint_mapper, RPC_UUID_SIZE);
    byte_writer_le32(out, 3);
    byte_writer_add(out, ndr, RPC_UUID_SIZE);
    byte_writer_le32(out, 2);
    end_pdu(out, begin);
}

/* ept_lookup of all elements: object, interface and version do not matter then. */
static void put_lookup(struct byte_writer *out, const struct rpc_state *state)
{
    byte_writer_le32(out, 0);
    byte_writer_le32(out, 0);
    byte_writer_le32(out, 0);
    byte_writer_le32(out, 1);
    byte_writer_add(out, state->handle, HANDLE_SIZE);
    byte_writer_le32(out, ENTRIES_AT_ONCE);
}

enum { LOOKUP_SIZE = 16 + HANDLE_SIZE + 4 };

/* The header of a datagram of ours (C706 section 12.5.2.1). */
static void put_datagram_header(struct talk *talk, uint8_t kind, uint8_t flags, uint16_t fragment,
                                uint16_t size)
{
    const struct rpc_state *state = talk->state;
    struct byte_writer *out = &talk->out;

    byte_writer_u8(out, DATAGRAM_VERSION);
    byte_writer_u8(out, kind);
    byte_writer_u8(out, flags);
    byte_writer_u8(out, 0);
    byte_writer_le32(out, LITTLE_ENDIAN_DATA);
    byte_writer_zeros(out, RPC_UUID_SIZE); /* no object */
    byte_writer_add(out, endpoint_mapper, RPC_UUID_SIZE);
    byte_writer_add(out, talk->target->random + 16, RPC_UUID_SIZE);
    byte_writer_le32(out, 0); /* the server's boot time is not known */
    byte_writer_le32(out, 3);
    byte_writer_le32(out, state->call);
    byte_writer_le16(out, OP_LOOKUP);
    byte_writer_le16(out, 0xffff); /* no hints */
    byte_writer_le16(out, 0xffff);
    byte_writer_le16(out, size);
    byte_writer_le16(out, fragment);
    byte_writer_le16(out, 0);
}

static void send_lookup(struct talk *talk)
{
    struct rpc_state *state = talk->state;
    struct byte_writer *out = &talk->out;
    size_t begin;

    state->lookups++;
    byte_writer_reset(&state->stub);
    if (talk->target->transport == PROBE_UDP) {
        state->fragment = 0;
        put_datagram_header(talk, PDU_REQUEST, FLAG_IDEMPOTENT | FLAG_NO_FACK, 0, LOOKUP_SIZE);
        put_lookup(out, state);
        return;
    }
    begin = begin_pdu(out, PDU_REQUEST, state->call);
    byte_writer_le32(out, LOOKUP_SIZE);
    byte_writer_le16(out, 0);
    byte_writer_le16(out, OP_LOOKUP);
    put_lookup(out, state);
    end_pdu(out, begin);
}

static void begin(struct talk *talk)
{
    struct rpc_state *state = talk->state;

    if (talk->target->transport == PROBE_UDP) {
        state->is_bound = true; /* datagrams have no connection to bind */
        send_lookup(talk);
        return;
    }
    state->call = 1;
    send_bind(talk);
}

/* The talk is over, with all endpoints or with what came of them. */
static enum protocol_next finish(struct talk *talk, const char *why)
{
    struct rpc_state *state = talk->state;

    if (state->is_bound) {
        answer_add_number(&talk->answer, &fields[ENDPOINTS], state->endpoints);
    }
    if (why != NULL) {
        talk->is_partial = true;
        talk_say(talk, "%s", why);
    }
    return PROTOCOL_ANSWERED;
}

static enum protocol_next wrong(struct talk *talk, const char *why)
{
    const struct rpc_state *state = talk->state;

    return state->endpoints > 0 ? finish(talk, why) : talk_wrong(talk, "not RPC: %s", why);
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

static void add_uuid(struct answer *answer, int field, const uint8_t *uuid, bool is_big)
{
    struct text text = {0};

    rpc_uuid_add(&text, uuid, is_big);
    answer_add_string(answer, &fields[field], text_bytes(&text));
    text_clear(&text);
}

static void add_if_any(struct answer *answer, int field, const void *bytes, size_t size)
{
    if (size > 0) {
        answer_add_text(answer, &fields[field], bytes, size);
    }
}

/* One ept_entry_t, without its tower: that comes behind all entries. */
struct entry {
    const uint8_t *object;
    bool has_tower;
    const char *annotation;
    size_t annotation_size;
};

static void read_entry(struct byte_reader *reader, bool is_big, struct entry *entry)
{
    uint32_t size;
    const char *end;

    byte_reader_align(reader, 4);
    entry->object = byte_reader_take(reader, RPC_UUID_SIZE);
    entry->has_tower = read32(reader, is_big) != 0;
    byte_reader_skip(reader, 4); /* where the string begins in its array: at 0 */
    size = read32(reader, is_big);
    entry->annotation = (const char *)byte_reader_take(reader, size);
    entry->annotation_size = size;
    end = entry->annotation != NULL && size > 0 ? memchr(entry->annotation, '\0', size) : NULL;
    if (end != NULL) {
        entry->annotation_size = (size_t)(end - entry->annotation);
    }
}

/* A tower as NDR has it: its size twice, and its bytes. */
static bool read_tower(struct byte_reader *reader, bool is_big, struct rpc_tower *tower)
{
    uint32_t size;
    const uint8_t *bytes;

    byte_reader_align(reader, 4);
    byte_reader_skip(reader, 4);
    size = read32(reader, is_big);
    bytes = byte_reader_take(reader, size);
    return bytes != NULL && rpc_tower_read(tower, bytes, size);
}

/* An entry whose tower makes no sense is shown without one. */
static void add_endpoint(struct answer *answer, const struct entry *entry,
                         const struct rpc_tower *tower, bool is_big)
{
    answer_begin_item(answer, "endpoint");
    if (tower != NULL) {
        add_uuid(answer, UUID, tower->uuid, false);
        answer_addf(answer, &fields[VERSION], "%u.%u", tower->major, tower->minor);
    }
    add_if_any(answer, ANNOTATION, entry->annotation, entry->annotation_size);
    if (tower != NULL) {
        add_if_any(answer, PROTOCOL, text_bytes(&tower->protocol), tower->protocol.size);
        add_if_any(answer, ADDRESS, text_bytes(&tower->address), tower->address.size);
        add_if_any(answer, ENDPOINT, text_bytes(&tower->endpoint), tower->endpoint.size);
    }
    if (!is_zero(entry->object, RPC_UUID_SIZE)) {
        add_uuid(answer, OBJECT, entry->object, is_big);
    }
    answer_end_item(answer);
}

/* `count` entries, and the towers behind them; *reader is behind those afterwards. */
static void read_entries(struct talk *talk, struct byte_reader *reader, uint32_t count)
{
    struct rpc_state *state = talk->state;
    struct byte_reader entries = *reader;
    struct entry entry;

    for (uint32_t i = 0; i < count && !reader->short_of; i++) {
        read_entry(reader, state->is_big, &entry);
    }
    for (uint32_t i = 0; i < count && !reader->short_of; i++) {
        struct rpc_tower tower = {0};
        bool has_tower;

        read_entry(&entries, state->is_big, &entry);
        has_tower = entry.has_tower && read_tower(reader, state->is_big, &tower);
        if (!reader->short_of) {
            add_endpoint(&talk->answer, &entry, has_tower ? &tower : NULL, state->is_big);
            state->endpoints++;
        }
        rpc_tower_clear(&tower);
    }
}

/* All of the reply to a look-up has come: ept_lookup's results. */
static enum protocol_next read_lookup(struct talk *talk)
{
    struct rpc_state *state = talk->state;
    struct byte_reader reader = byte_reader_of(state->stub.bytes, state->stub.size);
    const uint8_t *handle = byte_reader_take(&reader, HANDLE_SIZE);
    uint32_t count = read32(&reader, state->is_big);
    uint32_t status;

    byte_reader_skip(&reader, 8); /* of the array: what it could have, and from where on */
    if (read32(&reader, state->is_big) != count) {
        return wrong(talk, "a list of endpoints whose lengths do not fit");
    }
    read_entries(talk, &reader, count);
    byte_reader_align(&reader, 4);
    status = read32(&reader, state->is_big);
    if (reader.short_of || handle == NULL) {
        return wrong(talk, "a list of endpoints that is not whole");
    }
    memcpy(state->handle, handle, HANDLE_SIZE);
    if (status != 0 && status != NO_MORE) {
        answer_addf(&talk->answer, &fields[STATUS], "0x%08lx", (unsigned long)status);
        return finish(talk, "a look-up failed");
    }
    if (status == NO_MORE || count == 0 || is_zero(handle, HANDLE_SIZE)) {
        return finish(talk, NULL);
    }
    if (talk->answer.cut || state->lookups == LOOKUPS_MOST) {
        talk->answer.cut = true;
        return finish(talk, "the map has more endpoints than are kept");
    }
    state->call++;
    send_lookup(talk);
    return PROTOCOL_WAIT;
}

/* More of the reply. False where it is longer than any can be. */
static bool add_stub(struct rpc_state *state, const uint8_t *bytes, size_t size)
{
    if (size > STUB_MOST - state->stub.size) {
        return false;
    }
    byte_writer_add(&state->stub, bytes, size);
    return !state->stub.lacks_memory;
}

/* C706 section 12.6.4.4. */
static enum protocol_next read_bind_ack(struct talk *talk, struct byte_reader *body)
{
    struct rpc_state *state = talk->state;
    const char *address;
    uint16_t size;
    uint16_t result;
    size_t length;

    byte_reader_skip(body, 8);
    size = read16(body, state->is_big);
    address = (const char *)byte_reader_take(body, size);
    byte_reader_align(body, 4);
    byte_reader_skip(body, 4); /* one result */
    result = read16(body, state->is_big);
    if (body->short_of) {
        return wrong(talk, "a bind_ack that is not whole");
    }
    for (length = 0; length < size && address[length] != '\0'; length++) {
    }
    value_name_add(&talk->answer, &fields[BIND_RESULT], bind_results, result);
    add_if_any(&talk->answer, SECONDARY_ADDRESS, address, length);
    if (result != 0) {
        return finish(talk, "the server has no endpoint mapper");
    }
    state->is_bound = true;
    state->call++;
    send_lookup(talk);
    return PROTOCOL_WAIT;
}

static enum protocol_next read_bind_nak(struct talk *talk, struct byte_reader *body)
{
    const struct rpc_state *state = talk->state;
    uint16_t reason = read16(body, state->is_big);

    if (body->short_of) {
        return wrong(talk, "a bind_nak that is not whole");
    }
    value_name_add(&talk->answer, &fields[BIND_RESULT], nak_reasons, reason);
    return finish(talk, "the server does not let itself be asked");
}

static enum protocol_next add_fault(struct talk *talk, struct byte_reader *body)
{
    const struct rpc_state *state = talk->state;
    uint32_t status = read32(body, state->is_big);
    const char *name = value_name_find(faults, status);

    if (body->short_of) {
        return wrong(talk, "a fault that is not whole");
    }
    answer_addf(&talk->answer, &fields[FAULT], name != NULL ? "0x%08lx %s" : "0x%08lx",
                (unsigned long)status, name);
    return finish(talk, "the server refused to be asked");
}

/* One PDU of a connection. Its header was checked, `body` is behind it. */
static enum protocol_next read_pdu(struct talk *talk, uint8_t kind, uint8_t flags,
                                   struct byte_reader *body)
{
    struct rpc_state *state = talk->state;
    size_t left;

    if (!state->is_bound) {
        return kind == PDU_BIND_ACK   ? read_bind_ack(talk, body)
               : kind == PDU_BIND_NAK ? read_bind_nak(talk, body)
               : kind == PDU_FAULT    ? (byte_reader_skip(body, 8), add_fault(talk, body))
                                      : wrong(talk, "a PDU that answers no bind");
    }
    byte_reader_skip(body, 8); /* a hint, the context, how often it was cancelled */
    if (kind == PDU_FAULT) {
        return add_fault(talk, body);
    }
    left = byte_reader_left(body);
    if (kind != PDU_RESPONSE || body->short_of) {
        return wrong(talk, "a PDU that answers no request");
    }
    if (!add_stub(state, byte_reader_take(body, left), left)) {
        return wrong(talk, "a reply that is too long");
    }
    return (flags & LAST_FRAGMENT) != 0 ? read_lookup(talk) : PROTOCOL_WAIT;
}

struct connection_header {
    uint8_t kind;
    uint8_t flags;
    bool is_big;
    uint16_t size;
    uint16_t authentication;
    uint32_t call;
};

static bool read_header(struct byte_reader *reader, struct connection_header *header)
{
    uint8_t version = byte_reader_u8(reader);

    byte_reader_skip(reader, 1);
    header->kind = byte_reader_u8(reader);
    header->flags = byte_reader_u8(reader);
    header->is_big = (byte_reader_u8(reader) & 0xf0) != LITTLE_ENDIAN_DATA;
    byte_reader_skip(reader, 3);
    header->size = read16(reader, header->is_big);
    header->authentication = read16(reader, header->is_big);
    header->call = read32(reader, header->is_big);
    return version == CONNECTION_VERSION && header->size >= CONNECTION_HEADER;
}

/* The next PDU, where it is whole; *used goes behind it. */
static enum protocol_next read_next(struct talk *talk, const uint8_t *bytes, size_t size,
                                    size_t *used, bool *is_whole)
{
    struct rpc_state *state = talk->state;
    struct byte_reader reader = byte_reader_of(bytes + *used, size - *used);
    struct connection_header header;
    bool is_one = read_header(&reader, &header);

    *is_whole = false;
    if (bytes[*used] != CONNECTION_VERSION || (!reader.short_of && !is_one)) {
        return state->is_bound ? wrong(talk, "bytes that are no PDU")
                               : stranger_said(talk, "RPC", bytes, size);
    }
    if (reader.short_of || header.size > reader.size) {
        return PROTOCOL_WAIT;
    }
    *is_whole = true;
    *used += header.size;
    reader = byte_reader_of(reader.bytes, header.size);
    byte_reader_skip(&reader, CONNECTION_HEADER);
    if (header.call != state->call || header.authentication != 0) {
        return PROTOCOL_WAIT; /* nobody has asked for it */
    }
    state->is_big = header.is_big;
    return read_pdu(talk, header.kind, header.flags, &reader);
}

static enum protocol_next stream(struct talk *talk, const uint8_t *bytes, size_t size, bool ended,
                                 size_t *used)
{
    const struct rpc_state *state = talk->state;
    enum protocol_next next = PROTOCOL_WAIT;
    bool is_whole = true;

    while (*used < size && next == PROTOCOL_WAIT && is_whole) {
        next = read_next(talk, bytes, size, used, &is_whole);
    }
    if (next == PROTOCOL_WAIT && ended && state->is_bound) {
        return finish(talk, "the server closed before it had told all endpoints");
    }
    return next;
}

struct datagram_header {
    uint8_t kind;
    uint8_t flags;
    bool is_big;
    const uint8_t *interface;
    const uint8_t *activity;
    uint32_t sequence;
    uint16_t size;
    uint16_t fragment;
};

static bool read_datagram_header(struct byte_reader *reader, struct datagram_header *header)
{
    uint8_t version = byte_reader_u8(reader) & 0x0f;

    header->kind = byte_reader_u8(reader) & 0x1f;
    header->flags = byte_reader_u8(reader);
    byte_reader_skip(reader, 1);
    header->is_big = (byte_reader_u8(reader) & 0xf0) != LITTLE_ENDIAN_DATA;
    byte_reader_skip(reader, 3 + RPC_UUID_SIZE);
    header->interface = byte_reader_take(reader, RPC_UUID_SIZE);
    header->activity = byte_reader_take(reader, RPC_UUID_SIZE);
    byte_reader_skip(reader, 8);
    header->sequence = read32(reader, header->is_big);
    byte_reader_skip(reader, 6);
    header->size = read16(reader, header->is_big);
    header->fragment = read16(reader, header->is_big);
    byte_reader_skip(reader, 2);
    return version == DATAGRAM_VERSION && !reader->short_of;
}

/*
 * conv_who_are_you: the server asks whether it was us, since a look-up is not
 * for everybody something that may be done twice (C706 appendix P). The reply
 * is its own header back, with our sequence number and no error.
 */
static enum protocol_next answer_callback(struct talk *talk, const uint8_t *bytes,
                                          const struct datagram_header *header)
{
    const struct rpc_state *state = talk->state;
    struct byte_writer *out = &talk->out;
    size_t begin = out->size;

    if (header->is_big || memcmp(header->interface, conversation, RPC_UUID_SIZE) != 0) {
        return PROTOCOL_IGNORE;
    }
    byte_writer_add(out, bytes, DATAGRAM_HEADER);
    byte_writer_set_u8(out, begin + 1, PDU_RESPONSE);
    byte_writer_set_u8(out, begin + 2, FLAG_NO_FACK);
    byte_writer_set_le16(out, begin + 74, 8); /* the length of what follows */
    byte_writer_le32(out, state->call);
    byte_writer_le32(out, 0);
    return PROTOCOL_WAIT;
}

/* A part of the reply; parts come in order, since each is asked for by the fack of the one before.
 */
static enum protocol_next read_fragment(struct talk *talk, const struct datagram_header *header,
                                        struct byte_reader *body)
{
    struct rpc_state *state = talk->state;
    bool is_fragment = (header->flags & FLAG_FRAGMENT) != 0;

    if (is_fragment && header->fragment != state->fragment) {
        return PROTOCOL_IGNORE; /* again, or too early: it will come again */
    }
    if (!add_stub(state, byte_reader_take(body, header->size), header->size)) {
        return wrong(talk, "a reply that is too long");
    }
    if (is_fragment && (header->flags & FLAG_NO_FACK) == 0) {
        put_datagram_header(talk, PDU_FACK, 0, header->fragment, 0);
    }
    state->fragment++;
    return is_fragment && (header->flags & FLAG_LAST) == 0 ? PROTOCOL_WAIT : read_lookup(talk);
}

static enum protocol_next datagram(struct talk *talk, const uint8_t *bytes, size_t size)
{
    struct rpc_state *state = talk->state;
    struct byte_reader reader = byte_reader_of(bytes, size);
    struct datagram_header header;

    if (!read_datagram_header(&reader, &header)) {
        return talk_wrong(talk, "not RPC: a datagram of %zu bytes", size);
    }
    if (header.kind == PDU_REQUEST) {
        return answer_callback(talk, bytes, &header);
    }
    if (memcmp(header.activity, talk->target->random + 16, RPC_UUID_SIZE) != 0 ||
        header.sequence != state->call) {
        return PROTOCOL_IGNORE;
    }
    if (header.size > byte_reader_left(&reader)) {
        return wrong(talk, "a datagram that is not whole");
    }
    state->is_big = header.is_big;
    switch (header.kind) {
    case PDU_RESPONSE:
        return read_fragment(talk, &header, &reader);
    case PDU_FAULT:
    case PDU_REJECT:
        return add_fault(talk, &reader);
    case PDU_WORKING:
    case PDU_ACK:
    case PDU_NO_CALL:
        return PROTOCOL_WAIT;
    default:
        return wrong(talk, "a datagram that answers no request");
    }
}

static void clear(struct talk *talk)
{
    struct rpc_state *state = talk->state;

    byte_writer_clear(&state->stub);
}

const struct protocol protocol_rpc = {
    .name = "rpc",
    .title = "RPC: the endpoint mapper, with all endpoints",
    .source = "C706 chapter 12 and appendix O, MS-RPCE 2.2.1.2",
    .ports = (const struct protocol_port[]){{135, PROBE_TCP}, {135, PROBE_UDP}, {0}},
    .services = (const char *const[]){"epmap", "loc-srv", NULL},
    .largest = REPLY_MOST,
    .fields = fields,
    .field_count = FIELD_COUNT,
    .state_size = sizeof(struct rpc_state),
    .begin = begin,
    .stream = stream,
    .datagram = datagram,
    .clear = clear,
};
