/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * MD5 (RFC 1321) and HMAC-MD5 (RFC 2104), by the library that the system is
 * certified with: CNG on Windows, OpenSSL on Linux. RADIUS knows nothing better;
 * nothing else of ours uses it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

enum { MD5_SIZE = 16 };

/* Fails where the system does not allow the algorithm (FIPS 140), or memory ran out. Any thread. */
bool md5_digest(uint8_t digest[MD5_SIZE], const void *bytes, size_t size,
                struct failure *why) NODISCARD;

/* The same with a key of any length, which is not kept. */
bool md5_hmac(uint8_t mac[MD5_SIZE], const void *key, size_t key_size, const void *bytes,
              size_t size, struct failure *why) NODISCARD;
