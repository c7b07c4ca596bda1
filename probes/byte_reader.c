/* SPDX-License-Identifier: MIT */

#include "probes/byte_reader.h"

struct byte_reader byte_reader_of(const void *bytes, size_t size)
{
    return (struct byte_reader){.bytes = bytes, .size = size};
}

size_t byte_reader_left(const struct byte_reader *reader)
{
    return reader->short_of ? 0 : reader->size - reader->at;
}

const uint8_t *byte_reader_take(struct byte_reader *reader, size_t size)
{
    const uint8_t *taken;

    if (size > byte_reader_left(reader)) {
        reader->short_of = true;
        return NULL;
    }
    taken = reader->bytes == NULL ? NULL : reader->bytes + reader->at;
    reader->at += size;
    return taken;
}

static uint64_t read_be(struct byte_reader *reader, size_t size)
{
    const uint8_t *at = byte_reader_take(reader, size);
    uint64_t number = 0;

    for (size_t i = 0; at != NULL && i < size; i++) {
        number = number << 8 | at[i];
    }
    return number;
}

static uint64_t read_le(struct byte_reader *reader, size_t size)
{
    const uint8_t *at = byte_reader_take(reader, size);
    uint64_t number = 0;

    for (size_t i = size; at != NULL && i > 0; i--) {
        number = number << 8 | at[i - 1];
    }
    return number;
}

uint8_t byte_reader_u8(struct byte_reader *reader)
{
    return (uint8_t)read_be(reader, 1);
}

uint16_t byte_reader_be16(struct byte_reader *reader)
{
    return (uint16_t)read_be(reader, 2);
}

uint32_t byte_reader_be24(struct byte_reader *reader)
{
    return (uint32_t)read_be(reader, 3);
}

uint32_t byte_reader_be32(struct byte_reader *reader)
{
    return (uint32_t)read_be(reader, 4);
}

uint64_t byte_reader_be64(struct byte_reader *reader)
{
    return read_be(reader, 8);
}

uint16_t byte_reader_le16(struct byte_reader *reader)
{
    return (uint16_t)read_le(reader, 2);
}

uint32_t byte_reader_le32(struct byte_reader *reader)
{
    return (uint32_t)read_le(reader, 4);
}

uint64_t byte_reader_le64(struct byte_reader *reader)
{
    return read_le(reader, 8);
}

struct byte_reader byte_reader_part(struct byte_reader *reader, size_t size)
{
    const uint8_t *bytes = byte_reader_take(reader, size);
    struct byte_reader part = byte_reader_of(bytes, bytes == NULL ? 0 : size);

    part.short_of = reader->short_of;
    return part;
}

void byte_reader_skip(struct byte_reader *reader, size_t size)
{
    byte_reader_take(reader, size);
}

void byte_reader_align(struct byte_reader *reader, size_t unit)
{
    byte_reader_skip(reader, (unit - reader->at % unit) % unit);
}
