/* SPDX-License-Identifier: MIT */

/*
 * The control channel of the WinSock proxy, which ISA Server had from Proxy
 * Server on. It has no public specification; what is known of it is what others
 * have seen: little more than whether it answers. ISA 2004 and later encrypt it
 * and have it on TCP, whose form is not known.
 */

#include <string.h>

#include "collector/socket_row.h"
#include "base/text.h"
#include "probes/protocol_list.h"

/* Places in a message. */
enum {
    AT_SIGN = 24,
    AT_COMMAND = 36,
    AT_SERVER_PORT = 98,
    AT_NAMES = 220,
    VERSION = 0x00010200,
    COMMAND_HELLO = 0x0500,
    COMMAND_HELLO_ACK = 0x1000,
};

static const char sign[] = "RWSP";

enum {
    COMMAND,
    SERVER_ADDRESS,
    SERVER_PORT,
    FIELD_COUNT,
};

static const struct answer_field fields[FIELD_COUNT] = {
    [COMMAND] = {.name = "command", .help = "What the server replied, hexadecimal: 0x1000"},
    [SERVER_ADDRESS] = {.name = "server_address",
                        .help = "Address that the server tells of itself",
                        .telling = true},
    [SERVER_PORT] = {.name = "server_port", .type = ANSWER_NUMBER, .help = "Its port, likewise"},
};

static void put_name(struct byte_writer *out, const char *name)
{
    byte_writer_add(out, name, strlen(name) + 1);
}

static void begin(struct talk *talk)
{
    struct byte_writer *out = &talk->out;

    byte_writer_add(out, talk->target->random, 4);
    byte_writer_le32(out, VERSION);
    byte_writer_zeros(out, AT_SIGN - out->size);
    byte_writer_text(out, sign);
    byte_writer_zeros(out, AT_COMMAND - AT_SIGN - 4);
    byte_writer_be16(out, COMMAND_HELLO);
    byte_writer_zeros(out, AT_NAMES - AT_COMMAND - 2);
    put_name(out, "user");
    byte_writer_u8(out, 0);
    put_name(out, "portledger");
    put_name(out, "portledger");
}

static void read_server(struct talk *talk, struct byte_reader *reader)
{
    struct socket_endpoint endpoint = {.address_size = 4};
    struct text text = {0};
    const uint8_t *address;
    uint16_t port;

    byte_reader_skip(reader, AT_SERVER_PORT - AT_COMMAND - 2);
    port = byte_reader_be16(reader);
    address = byte_reader_take(reader, 4);
    if (address == NULL) {
        talk->is_partial = true;
        talk_say(talk, "the reply is not whole");
        return;
    }
    memcpy(endpoint.address, address, 4);
    socket_endpoint_add_address(&text, &endpoint);
    answer_add_string(&talk->answer, &fields[SERVER_ADDRESS], text_bytes(&text));
    answer_add_number(&talk->answer, &fields[SERVER_PORT], port);
    text_clear(&text);
}

static enum protocol_next datagram(struct talk *talk, const uint8_t *bytes, size_t size)
{
    struct byte_reader reader = byte_reader_of(bytes, size);
    const uint8_t *found;
    uint16_t command;

    byte_reader_skip(&reader, AT_SIGN);
    found = byte_reader_take(&reader, 4);
    byte_reader_skip(&reader, AT_COMMAND - AT_SIGN - 4);
    command = byte_reader_be16(&reader);
    if (reader.short_of || memcmp(found, sign, 4) != 0) {
        return talk_wrong(talk, "not a WinSock proxy: a datagram of %zu bytes", size);
    }
    if (command != COMMAND_HELLO_ACK) {
        return talk_wrong(talk, "not a WinSock proxy: command 0x%04x, which answers no hello",
                          command);
    }
    answer_addf(&talk->answer, &fields[COMMAND], "0x%04x", command);
    read_server(talk, &reader);
    return PROTOCOL_ANSWERED;
}

const struct protocol protocol_isa = {
    .name = "isa",
    .title = "ISA Server: whether the WinSock proxy answers",
    .source = "none published; as seen by others",
    .ports = (const struct protocol_port[]){{1745, PROBE_UDP}, {0}},
    .services = (const char *const[]){"remote-winsock", NULL},
    .fields = fields,
    .field_count = FIELD_COUNT,
    .begin = begin,
    .datagram = datagram,
};
