/* SPDX-License-Identifier: MIT */
#pragma once

/* The SHA-256 of a whole, and how people write it down. */

#include "base/sha256.h"
#include "base/text.h"

bool sha256_file(uint8_t digest[SHA256_SIZE], const char *path, struct failure *why) NODISCARD;
bool sha256_bytes(uint8_t digest[SHA256_SIZE], const void *bytes, size_t size,
                  struct failure *why) NODISCARD;

/* Appends 64 hexadecimal digits in lower case. */
void sha256_add_hex(struct text *text, const uint8_t digest[SHA256_SIZE]);
