/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The bytes of a file as its parsers get them: by offset, whoever has them.
 * Parsers read little, and a piece at a time; the file is never mapped, so
 * that one that shrinks meanwhile ends in a short read and not in a fault.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads `size` bytes from `offset` on: how many there were, or -1. As image_file_read(). */
typedef int64_t image_bytes_fn(void *context, uint64_t offset, void *buffer, size_t size);

struct image_bytes {
    image_bytes_fn *read;
    void *context;
};

/* True where all of the bytes were there. Any offset will do. */
bool image_bytes_read(const struct image_bytes *bytes, uint64_t offset, void *buffer, size_t size);

/* Numbers as they stand in a file. */
uint16_t bytes_le16(const uint8_t *at);
uint32_t bytes_le32(const uint8_t *at);
uint64_t bytes_le64(const uint8_t *at);
uint16_t bytes_be16(const uint8_t *at);
uint32_t bytes_be32(const uint8_t *at);
uint64_t bytes_be64(const uint8_t *at);
