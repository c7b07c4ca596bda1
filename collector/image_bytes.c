/* SPDX-License-Identifier: MIT */

#include "collector/image_bytes.h"

bool image_bytes_read(const struct image_bytes *bytes, uint64_t offset, void *buffer, size_t size)
{
    /* Offsets in files are signed to the systems. */
    if (offset > INT64_MAX - size) {
        return false;
    }
    return bytes->read(bytes->context, offset, buffer, size) == (int64_t)size;
}

uint16_t bytes_le16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

uint32_t bytes_le32(const uint8_t *at)
{
    return bytes_le16(at) | (uint32_t)bytes_le16(at + 2) << 16;
}

uint64_t bytes_le64(const uint8_t *at)
{
    return bytes_le32(at) | (uint64_t)bytes_le32(at + 4) << 32;
}

uint16_t bytes_be16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

uint32_t bytes_be32(const uint8_t *at)
{
    return (uint32_t)bytes_be16(at) << 16 | bytes_be16(at + 2);
}

uint64_t bytes_be64(const uint8_t *at)
{
    return (uint64_t)bytes_be32(at) << 32 | bytes_be32(at + 4);
}
