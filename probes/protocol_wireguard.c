/* SPDX-License-Identifier: MIT */

/*
 * WireGuard: the first message of a handshake, with keys by chance. A server
 * looks at the message's first code of authentication, which takes its public
 * key to make, and drops what has a wrong one without a word ("WireGuard: Next
 * Generation Kernel Network Tunnel", sections 5.1 and 5.4.4). So nobody can tell
 * it from a firewall; a port that nobody has open is told all the same.
 */

#include <string.h>

#include "probes/protocol_list.h"
#include "probes/value_name.h"

enum {
    INITIATION = 1,
    RESPONSE = 2,
    COOKIE_REPLY = 3,
    INITIATION_SIZE = 148,
    RESPONSE_SIZE = 92,
    COOKIE_REPLY_SIZE = 64,
    INDEX_SIZE = 4,
    KEYS_SIZE = 32,
};

enum {
    MESSAGE,
    FIELD_COUNT,
};

static const struct answer_field fields[FIELD_COUNT] = {
    [MESSAGE] = {.name = "message",
                 .help = "What it replied, should it ever: handshake response, cookie reply",
                 .telling = true},
};

static const struct value_name messages[] = {
    {RESPONSE, "handshake response"},
    {COOKIE_REPLY, "cookie reply"},
    {0, NULL},
};

static void begin(struct talk *talk)
{
    const uint8_t *random = talk->target->random;

    byte_writer_le32(&talk->out, INITIATION);
    byte_writer_add(&talk->out, random, INDEX_SIZE);
    byte_writer_add(&talk->out, random + INDEX_SIZE, KEYS_SIZE);
    while (talk->out.size < INITIATION_SIZE && !talk->out.lacks_memory) {
        size_t left = INITIATION_SIZE - talk->out.size;

        byte_writer_add(&talk->out, random, left < KEYS_SIZE ? left : KEYS_SIZE);
    }
}

static enum protocol_next datagram(struct talk *talk, const uint8_t *bytes, size_t size)
{
    struct byte_reader message = byte_reader_of(bytes, size);
    uint32_t kind = byte_reader_le32(&message);
    const uint8_t *index;

    if (!(kind == RESPONSE && size == RESPONSE_SIZE) &&
        !(kind == COOKIE_REPLY && size == COOKIE_REPLY_SIZE)) {
        return talk_wrong(talk, "not WireGuard: a datagram of %zu bytes", size);
    }
    byte_reader_skip(&message, kind == RESPONSE ? INDEX_SIZE : 0); /* the server's own */
    index = byte_reader_take(&message, INDEX_SIZE);
    if (memcmp(index, talk->target->random, INDEX_SIZE) != 0) {
        return PROTOCOL_IGNORE;
    }
    value_name_add(&talk->answer, &fields[MESSAGE], messages, kind);
    return PROTOCOL_ANSWERED;
}

const struct protocol protocol_wireguard = {
    .name = "wireguard",
    .title = "WireGuard: whether the port is closed",
    .source = "WireGuard: Next Generation Kernel Network Tunnel, section 5.4",
    .ports = (const struct protocol_port[]){{51820, PROBE_UDP}, {0}},
    .services = (const char *const[]){"wireguard", NULL},
    .silence = "cannot be told: WireGuard says nothing to whoever lacks its key",
    .fields = fields,
    .field_count = FIELD_COUNT,
    .begin = begin,
    .datagram = datagram,
};
