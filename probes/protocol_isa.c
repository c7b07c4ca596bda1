/* SPDX-License-Identifier: MIT */

/*
 * The WinSock proxy service of Microsoft Proxy 2 and ISA Server, UDP 1745.
 * There is no public specification; what is asked and looked at here is what
 * free clients of it agree upon: "RWSP" 24 bytes from the beginning, and a
 * command 36 bytes from it, in network order. Its TCP side, by which clients
 * fetch their settings, is not described anywhere: TCP 1745 is only reached.
 */

#include <string.h>

#include "probes/byte_reader.h"
#include "probes/protocol_list.h"
#include "probes/stranger.h"

enum {
    SIGNATURE_AT = 24,
    COMMAND_AT = 36,
    SERVER_PORT_AT = 98,
    SERVER_ADDRESS_AT = 100,
    SERVER_END = 104,
    NAMES_AT = 220,
    COMMAND_HELLO = 0x0500,
    COMMAND_WELCOME = 0x1000,
};

static const char signature[] = "RWSP";

enum {
    COMMAND,
    SERVER_ADDRESS,
    SERVER_PORT,
    FIELD_COUNT,
};

static const struct answer_field fields[FIELD_COUNT] = {
    [COMMAND] = {.name = "command",
                 .help = "Number of the reply, in hexadecimal: 1000 is a welcome"},
    [SERVER_ADDRESS] = {.name = "control_address",
                        .help = "Address that the server wants to be asked at"},
    [SERVER_PORT] = {.name = "control_port",
                     .type = ANSWER_NUMBER,
                     .help = "Port that it wants to be asked at"},
};

static void begin(struct talk *talk)
{
    static const char names[] = "user\0\0portledger.exe\0portledger"; /* user, program, computer */

    byte_writer_zeros(&talk->out, NAMES_AT);
    byte_writer_add(&talk->out, names, sizeof(names));
    if (!talk->out.lacks_memory) {
        memcpy(talk->out.bytes, talk->target->random, 4);
        memcpy(talk->out.bytes + SIGNATURE_AT, signature, sizeof(signature) - 1);
        byte_writer_set_be16(&talk->out, COMMAND_AT, COMMAND_HELLO);
    }
}

static void take_server(struct answer *answer, const uint8_t *bytes, size_t size)
{
    struct byte_reader reader = byte_reader_of(bytes, size);
    struct socket_endpoint server = {.address_size = 4};
    struct text text = {0};

    byte_reader_skip(&reader, SERVER_PORT_AT);
    server.port = byte_reader_be16(&reader);
    memcpy(server.address, byte_reader_take(&reader, 4), 4);
    socket_endpoint_add_address(&text, &server);
    answer_add_string(answer, &fields[SERVER_ADDRESS], text_bytes(&text));
    answer_add_number(answer, &fields[SERVER_PORT], server.port);
    text_clear(&text);
}

static enum protocol_next datagram(struct talk *talk, const uint8_t *bytes, size_t size)
{
    struct byte_reader reader = byte_reader_of(bytes, size);
    uint16_t command;

    byte_reader_skip(&reader, COMMAND_AT);
    command = byte_reader_be16(&reader);
    if (reader.short_of || memcmp(bytes + SIGNATURE_AT, signature, sizeof(signature) - 1) != 0) {
        return stranger_said(talk, "the WinSock proxy's", bytes, size);
    }
    answer_addf(&talk->answer, &fields[COMMAND], "%04x", (unsigned)command);
    if (command == COMMAND_WELCOME && size >= SERVER_END) {
        take_server(&talk->answer, bytes, size);
    }
    talk->is_partial = size < NAMES_AT;
    return PROTOCOL_ANSWERED;
}

static const struct protocol_port ports[] = {{1745, PROBE_UDP}, {0, 0}};
static const char *const services[] = {"remote-winsock", NULL};

const struct protocol protocol_isa = {
    .name = "isa",
    .title = "WinSock proxy of Microsoft Proxy and ISA Server",
    .source = "no specification is public",
    .ports = ports,
    .services = services,
    .fields = fields,
    .field_count = FIELD_COUNT,
    .begin = begin,
    .datagram = datagram,
};
