/* SPDX-License-Identifier: MIT */

#include "probes/byte_writer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void byte_writer_clear(struct byte_writer *writer)
{
    free(writer->bytes);
    *writer = (struct byte_writer){0};
}

void byte_writer_reset(struct byte_writer *writer)
{
    writer->size = 0;
    writer->lacks_memory = false;
}

/* The place of `size` more bytes; NULL where there is no memory for them. */
static uint8_t *reserve(struct byte_writer *writer, size_t size)
{
    size_t capacity = writer->capacity * 2 + size + 64;
    uint8_t *bytes;

    if (writer->lacks_memory) {
        return NULL;
    }
    if (size > writer->capacity - writer->size) {
        bytes = realloc(writer->bytes, capacity);
        if (bytes == NULL) {
            writer->lacks_memory = true;
            return NULL;
        }
        writer->bytes = bytes;
        writer->capacity = capacity;
    }
    writer->size += size;
    return writer->bytes + writer->size - size;
}

void byte_writer_add(struct byte_writer *writer, const void *bytes, size_t size)
{
    uint8_t *at = size == 0 ? NULL : reserve(writer, size);

    if (at != NULL) {
        memcpy(at, bytes, size);
    }
}

void byte_writer_text(struct byte_writer *writer, const char *text)
{
    byte_writer_add(writer, text, strlen(text));
}

void byte_writer_zeros(struct byte_writer *writer, size_t size)
{
    uint8_t *at = size == 0 ? NULL : reserve(writer, size);

    if (at != NULL) {
        memset(at, 0, size);
    }
}

static void put_be(uint8_t *at, size_t size, uint64_t number)
{
    for (size_t i = size; i > 0; i--) {
        at[i - 1] = (uint8_t)number;
        number >>= 8;
    }
}

static void put_le(uint8_t *at, size_t size, uint64_t number)
{
    for (size_t i = 0; i < size; i++) {
        at[i] = (uint8_t)number;
        number >>= 8;
    }
}

static void add_be(struct byte_writer *writer, size_t size, uint64_t number)
{
    uint8_t bytes[8];

    put_be(bytes, size, number);
    byte_writer_add(writer, bytes, size);
}

static void add_le(struct byte_writer *writer, size_t size, uint64_t number)
{
    uint8_t bytes[8];

    put_le(bytes, size, number);
    byte_writer_add(writer, bytes, size);
}

void byte_writer_u8(struct byte_writer *writer, uint8_t number)
{
    byte_writer_add(writer, &number, 1);
}

void byte_writer_be16(struct byte_writer *writer, uint16_t number)
{
    add_be(writer, 2, number);
}

void byte_writer_be32(struct byte_writer *writer, uint32_t number)
{
    add_be(writer, 4, number);
}

void byte_writer_be64(struct byte_writer *writer, uint64_t number)
{
    add_be(writer, 8, number);
}

void byte_writer_le16(struct byte_writer *writer, uint16_t number)
{
    add_le(writer, 2, number);
}

void byte_writer_le32(struct byte_writer *writer, uint32_t number)
{
    add_le(writer, 4, number);
}

void byte_writer_le64(struct byte_writer *writer, uint64_t number)
{
    add_le(writer, 8, number);
}

/* Where `size` bytes are overwritten; NULL where memory had run out before they were written. */
static uint8_t *place(struct byte_writer *writer, size_t at, size_t size)
{
    if (writer->lacks_memory) {
        return NULL;
    }
    assert(at + size <= writer->size);
    return writer->bytes + at;
}

static void set_be(struct byte_writer *writer, size_t at, size_t size, uint64_t number)
{
    uint8_t *bytes = place(writer, at, size);

    if (bytes != NULL) {
        put_be(bytes, size, number);
    }
}

static void set_le(struct byte_writer *writer, size_t at, size_t size, uint64_t number)
{
    uint8_t *bytes = place(writer, at, size);

    if (bytes != NULL) {
        put_le(bytes, size, number);
    }
}

void byte_writer_set_u8(struct byte_writer *writer, size_t at, uint8_t number)
{
    set_be(writer, at, 1, number);
}

void byte_writer_set_be16(struct byte_writer *writer, size_t at, uint16_t number)
{
    set_be(writer, at, 2, number);
}

void byte_writer_set_be32(struct byte_writer *writer, size_t at, uint32_t number)
{
    set_be(writer, at, 4, number);
}

void byte_writer_set_le16(struct byte_writer *writer, size_t at, uint16_t number)
{
    set_le(writer, at, 2, number);
}

void byte_writer_set_le32(struct byte_writer *writer, size_t at, uint32_t number)
{
    set_le(writer, at, 4, number);
}
