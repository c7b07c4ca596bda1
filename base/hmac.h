/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * HMAC-SHA-256 (RFC 2104, FIPS 198-1) with keys of 32 bytes.
 */

#include "base/sha256.h"

enum { HMAC_KEY_SIZE = SHA256_SIZE };

/* `sha256` is only lent: between two digests of its own. */
bool hmac_sha256(uint8_t mac[SHA256_SIZE], struct sha256 *sha256, const uint8_t key[HMAC_KEY_SIZE],
                 const void *bytes, size_t size, struct failure *why) NODISCARD;
