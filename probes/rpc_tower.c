/* SPDX-License-Identifier: MIT */

#include "probes/rpc_tower.h"

#include <string.h>

#include "collector/socket_row.h"
#include "probes/byte_reader.h"

/* Identifiers of floors (C706 appendix I). */
enum {
    FLOOR_TCP = 0x07,
    FLOOR_UDP = 0x08,
    FLOOR_IP = 0x09,
    FLOOR_DATAGRAM = 0x0a,
    FLOOR_CONNECTION = 0x0b,
    FLOOR_LOCAL = 0x0c,
    FLOOR_UUID = 0x0d,
    FLOOR_SMB_PIPE = 0x0f,
    FLOOR_PIPE = 0x10,
    FLOOR_NETBIOS_NAME = 0x11,
    FLOOR_HTTP = 0x1f,
};

enum {
    FLOORS_MOST = 16,
    RPC_FLOOR = 2, /* counted from 0: RPC itself; before it interface and transfer syntax */
    TRANSPORT_FLOOR = 3,
};

/* Names of the two floors together. */
static const struct {
    uint8_t rpc;
    uint8_t transport;
    const char *name;
} protocols[] = {
    {FLOOR_CONNECTION, FLOOR_TCP, "ncacn_ip_tcp"},  {FLOOR_DATAGRAM, FLOOR_UDP, "ncadg_ip_udp"},
    {FLOOR_CONNECTION, FLOOR_SMB_PIPE, "ncacn_np"}, {FLOOR_LOCAL, FLOOR_PIPE, "ncalrpc"},
    {FLOOR_CONNECTION, FLOOR_HTTP, "ncacn_http"},
};

void rpc_tower_clear(struct rpc_tower *tower)
{
    text_clear(&tower->protocol);
    text_clear(&tower->address);
    text_clear(&tower->endpoint);
}

void rpc_uuid_add(struct text *text, const uint8_t uuid[RPC_UUID_SIZE], bool is_big)
{
    static const uint8_t little[RPC_UUID_SIZE] = {3, 2, 1,  0,  5,  4,  7,  6,
                                                  8, 9, 10, 11, 12, 13, 14, 15};

    for (size_t i = 0; i < RPC_UUID_SIZE; i++) {
        text_add(text, i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "");
        text_addf(text, "%02x", uuid[is_big ? i : little[i]]);
    }
}

/* Characters that end in 0. */
static void add_string(struct text *text, struct byte_reader *right)
{
    size_t size = byte_reader_left(right);
    const char *bytes = (const char *)byte_reader_take(right, size);
    const char *end = size > 0 ? memchr(bytes, '\0', size) : NULL;

    text_add_bytes(text, bytes, end != NULL ? (size_t)(end - bytes) : size);
}

static void add_ip(struct text *text, struct byte_reader *right)
{
    struct socket_endpoint endpoint = {.address_size = 4};
    const uint8_t *bytes = byte_reader_take(right, 4);

    if (bytes != NULL) {
        memcpy(endpoint.address, bytes, 4);
        socket_endpoint_add_address(text, &endpoint);
    }
}

/* What a floor that names a place says; ports and addresses are big-endian. */
static void read_place(struct rpc_tower *tower, uint8_t kind, struct byte_reader *right)
{
    switch (kind) {
    case FLOOR_TCP:
    case FLOOR_UDP:
    case FLOOR_HTTP:
        text_reset(&tower->endpoint);
        text_addf(&tower->endpoint, "%u", (unsigned)byte_reader_be16(right));
        return;
    case FLOOR_IP:
        text_reset(&tower->address);
        add_ip(&tower->address, right);
        return;
    case FLOOR_SMB_PIPE:
    case FLOOR_PIPE:
        text_reset(&tower->endpoint);
        add_string(&tower->endpoint, right);
        return;
    case FLOOR_NETBIOS_NAME:
        text_reset(&tower->address);
        add_string(&tower->address, right);
        return;
    default:
        return;
    }
}

static void read_interface(struct rpc_tower *tower, struct byte_reader *left,
                           struct byte_reader *right)
{
    const uint8_t *uuid = byte_reader_take(left, RPC_UUID_SIZE);

    if (uuid != NULL) {
        memcpy(tower->uuid, uuid, RPC_UUID_SIZE);
    }
    tower->major = byte_reader_le16(left);
    tower->minor = byte_reader_le16(right);
}

static void add_protocol(struct text *text, uint8_t rpc, uint8_t transport)
{
    for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
        if (protocols[i].rpc == rpc && protocols[i].transport == transport) {
            text_add(text, protocols[i].name);
            return;
        }
    }
    text_addf(text, "0x%02x/0x%02x", rpc, transport);
}

bool rpc_tower_read(struct rpc_tower *tower, const uint8_t *bytes, size_t size)
{
    struct byte_reader reader = byte_reader_of(bytes, size);
    unsigned count = byte_reader_le16(&reader);
    uint8_t kinds[FLOORS_MOST] = {0};

    for (unsigned i = 0; i < count && i < FLOORS_MOST && !reader.short_of; i++) {
        struct byte_reader left = byte_reader_part(&reader, byte_reader_le16(&reader));
        struct byte_reader right = byte_reader_part(&reader, byte_reader_le16(&reader));

        kinds[i] = byte_reader_u8(&left);
        if (i == 0 && kinds[i] == FLOOR_UUID) {
            read_interface(tower, &left, &right);
        } else if (i >= TRANSPORT_FLOOR) {
            read_place(tower, kinds[i], &right);
        }
        reader.short_of = reader.short_of || left.short_of || right.short_of;
    }
    if (reader.short_of || count <= TRANSPORT_FLOOR || count > FLOORS_MOST) {
        return false;
    }
    add_protocol(&tower->protocol, kinds[RPC_FLOOR], kinds[TRANSPORT_FLOOR]);
    return true;
}
