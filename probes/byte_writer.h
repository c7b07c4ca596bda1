/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Bytes that are about to be sent: grows as needed. Memory that runs out is
 * remembered, and asked for once at the end. Starts as {0}.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct byte_writer {
    uint8_t *bytes;
    size_t size;
    size_t capacity;
    bool lacks_memory; /* what follows is not written */
};

/* Frees. Harmless twice. */
void byte_writer_clear(struct byte_writer *writer);

/* Empties it, and keeps its memory. */
void byte_writer_reset(struct byte_writer *writer);

void byte_writer_add(struct byte_writer *writer, const void *bytes, size_t size);
void byte_writer_text(struct byte_writer *writer, const char *text); /* without its end */
void byte_writer_zeros(struct byte_writer *writer, size_t size);
void byte_writer_u8(struct byte_writer *writer, uint8_t number);
void byte_writer_be16(struct byte_writer *writer, uint16_t number);
void byte_writer_be32(struct byte_writer *writer, uint32_t number);
void byte_writer_be64(struct byte_writer *writer, uint64_t number);
void byte_writer_le16(struct byte_writer *writer, uint16_t number);
void byte_writer_le32(struct byte_writer *writer, uint32_t number);
void byte_writer_le64(struct byte_writer *writer, uint64_t number);

/* Overwrites bytes that are there already: lengths that are known only at the end. */
void byte_writer_set_u8(struct byte_writer *writer, size_t at, uint8_t number);
void byte_writer_set_be16(struct byte_writer *writer, size_t at, uint16_t number);
void byte_writer_set_be32(struct byte_writer *writer, size_t at, uint32_t number);
void byte_writer_set_le16(struct byte_writer *writer, size_t at, uint16_t number);
void byte_writer_set_le32(struct byte_writer *writer, size_t at, uint32_t number);
