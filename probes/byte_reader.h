/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Reads bytes from outside, from the first to the last, and never beyond.
 *
 * A read that finds too few bytes gives zeros and sets `short_of`; so do all
 * reads after it. A parser reads what it must, and asks once, at the end of a
 * piece, whether all of it was there.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct byte_reader {
    const uint8_t *bytes; /* lent */
    size_t size;
    size_t at;     /* of the next byte; never more than size */
    bool short_of; /* a read went beyond the end */
};

struct byte_reader byte_reader_of(const void *bytes, size_t size);

/* Bytes that are left; 0 once a read was short. */
size_t byte_reader_left(const struct byte_reader *reader);

uint8_t byte_reader_u8(struct byte_reader *reader);
uint16_t byte_reader_be16(struct byte_reader *reader);
uint32_t byte_reader_be24(struct byte_reader *reader);
uint32_t byte_reader_be32(struct byte_reader *reader);
uint64_t byte_reader_be64(struct byte_reader *reader);
uint16_t byte_reader_le16(struct byte_reader *reader);
uint32_t byte_reader_le32(struct byte_reader *reader);
uint64_t byte_reader_le64(struct byte_reader *reader);

/* The next `size` bytes, lent; NULL where there are fewer. */
const uint8_t *byte_reader_take(struct byte_reader *reader, size_t size);

/* A reader of the next `size` bytes alone; short at once where there are fewer. */
struct byte_reader byte_reader_part(struct byte_reader *reader, size_t size);

void byte_reader_skip(struct byte_reader *reader, size_t size);

/* Skips to the next multiple of `unit` (a power of two), counted from the first byte. */
void byte_reader_align(struct byte_reader *reader, size_t unit);
