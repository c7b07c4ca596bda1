/* SPDX-License-Identifier: MIT */

/*
 * TFTP: a request for a file that is not there (RFC 1350). The reply comes from
 * a port of its own.
 */

#include <string.h>

#include "probes/protocol_list.h"
#include "probes/value_name.h"

#define FILE_NAME "portledger-asks-for-no-file"

enum {
    READ_REQUEST = 1,
    DATA = 3,
    ERROR_PACKET = 5,
};

enum {
    REPLY,
    ERROR_CODE,
    ERROR_MESSAGE,
    DATA_SIZE,
    FIELD_COUNT,
};

static const struct answer_field fields[FIELD_COUNT] = {
    [REPLY] = {.name = "reply", .help = "error, as it should be, or data"},
    [ERROR_CODE] = {.name = "error_code",
                    .help = "Why there is no file: file not found",
                    .telling = true},
    [ERROR_MESSAGE] = {.name = "error_message", .help = "The same in the server's words"},
    [DATA_SIZE] = {.name = "data_size",
                   .type = ANSWER_NUMBER,
                   .unit = "bytes",
                   .help = "Size of the first block, where there was such a file",
                   .telling = true},
};

/* RFC 1350 appendix I, RFC 2347. */
static const struct value_name errors[] = {
    {0, "not defined"},         {1, "file not found"},
    {2, "access violation"},    {3, "disk full"},
    {4, "illegal operation"},   {5, "unknown transfer ID"},
    {6, "file already exists"}, {7, "no such user"},
    {8, "option refused"},      {0, NULL},
};

static void begin(struct talk *talk)
{
    byte_writer_be16(&talk->out, READ_REQUEST);
    byte_writer_add(&talk->out, FILE_NAME, sizeof(FILE_NAME));
    byte_writer_add(&talk->out, "octet", sizeof("octet"));
}

static enum protocol_next read_error(struct talk *talk, struct byte_reader *reader)
{
    uint16_t code = byte_reader_be16(reader);
    size_t left = byte_reader_left(reader);
    const char *message = (const char *)byte_reader_take(reader, left);
    const char *end = left > 0 ? memchr(message, '\0', left) : NULL;

    if (reader->short_of) {
        return talk_wrong(talk, "not TFTP: an error without a code");
    }
    answer_add_string(&talk->answer, &fields[REPLY], "error");
    value_name_add(&talk->answer, &fields[ERROR_CODE], errors, code);
    answer_add_text(&talk->answer, &fields[ERROR_MESSAGE], message,
                    end != NULL ? (size_t)(end - message) : left);
    talk->is_partial = end == NULL;
    return PROTOCOL_ANSWERED;
}

static enum protocol_next read_data(struct talk *talk, struct byte_reader *reader)
{
    uint16_t block = byte_reader_be16(reader);

    if (reader->short_of || block != 1) {
        return talk_wrong(talk, "not TFTP: data that is not the first block");
    }
    answer_add_string(&talk->answer, &fields[REPLY], "data");
    answer_add_number(&talk->answer, &fields[DATA_SIZE], (int64_t)byte_reader_left(reader));
    return PROTOCOL_ANSWERED;
}

static enum protocol_next datagram(struct talk *talk, const uint8_t *bytes, size_t size)
{
    struct byte_reader reader = byte_reader_of(bytes, size);
    uint16_t kind = byte_reader_be16(&reader);

    switch (reader.short_of ? 0 : kind) {
    case ERROR_PACKET:
        return read_error(talk, &reader);
    case DATA:
        return read_data(talk, &reader);
    default:
        return talk_wrong(talk, "not TFTP: a datagram of %zu bytes", size);
    }
}

const struct protocol protocol_tftp = {
    .name = "tftp",
    .title = "TFTP: a file that is not there",
    .source = "RFC 1350",
    .ports = (const struct protocol_port[]){{69, PROBE_UDP}, {0}},
    .services = (const char *const[]){"tftp", NULL},
    .other_port_replies = true,
    .fields = fields,
    .field_count = FIELD_COUNT,
    .begin = begin,
    .datagram = datagram,
};
