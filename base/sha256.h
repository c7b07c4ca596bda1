/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * SHA-256 (FIPS 180-4) of bytes that come in pieces, by the library that the
 * system is certified with: CNG on Windows, OpenSSL on Linux.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

enum { SHA256_SIZE = 32 };

/* One digest in the making. Belongs to one thread. */
struct sha256;

/* The caller closes *out. Fails where the system has no such algorithm, or memory ran out. */
bool sha256_open(struct sha256 **out, struct failure *why) NODISCARD;

/* Begins anew. Not needed after sha256_open() and sha256_finish(). */
bool sha256_reset(struct sha256 *sha256, struct failure *why) NODISCARD;

bool sha256_add(struct sha256 *sha256, const void *bytes, size_t size,
                struct failure *why) NODISCARD;

/* Stores the digest of all that was added, and begins anew. */
bool sha256_finish(struct sha256 *sha256, uint8_t digest[SHA256_SIZE],
                   struct failure *why) NODISCARD;

/* Does nothing for NULL. */
void sha256_close(struct sha256 *sha256);
