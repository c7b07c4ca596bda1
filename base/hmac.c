/* SPDX-License-Identifier: MIT */

#include "base/hmac.h"

#include <string.h>

#include "base/secret.h"

enum { BLOCK_SIZE = 64, INNER = 0x36, OUTER = 0x5c };

/* RFC 2104 section 2: H(K XOR opad, H(K XOR ipad, text)), K filled up with zeros to a block. */
static void pad_key(uint8_t block[BLOCK_SIZE], const uint8_t key[HMAC_KEY_SIZE], uint8_t pad)
{
    memset(block, pad, BLOCK_SIZE);
    for (int i = 0; i < HMAC_KEY_SIZE; i++) {
        block[i] = (uint8_t)(key[i] ^ pad);
    }
}

bool hmac_sha256(uint8_t mac[SHA256_SIZE], struct sha256 *sha256, const uint8_t key[HMAC_KEY_SIZE],
                 const void *bytes, size_t size, struct failure *why)
{
    uint8_t block[BLOCK_SIZE];
    uint8_t inner[SHA256_SIZE];
    bool ok;

    pad_key(block, key, INNER);
    ok = sha256_add(sha256, block, sizeof(block), why) && sha256_add(sha256, bytes, size, why) &&
         sha256_finish(sha256, inner, why);
    pad_key(block, key, OUTER);
    ok = ok && sha256_add(sha256, block, sizeof(block), why) &&
         sha256_add(sha256, inner, sizeof(inner), why) && sha256_finish(sha256, mac, why);
    secret_wipe(block, sizeof(block));
    secret_wipe(inner, sizeof(inner));
    return ok;
}
