/* SPDX-License-Identifier: MIT */

#include "base/md5.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

static bool fail(struct failure *why)
{
    char words[256];
    unsigned long error = ERR_get_error();

    ERR_error_string_n(error, words, sizeof(words));
    return FAIL(why, FAILURE_SYSTEM, (long)error, "cannot compute an MD5: %s", words);
}

bool md5_digest(uint8_t digest[MD5_SIZE], const void *bytes, size_t size, struct failure *why)
{
    return EVP_Digest(bytes, size, digest, NULL, EVP_md5(), NULL) == 1 || fail(why);
}

bool md5_hmac(uint8_t mac[MD5_SIZE], const void *key, size_t key_size, const void *bytes,
              size_t size, struct failure *why)
{
    if (key_size > INT32_MAX) {
        return FAIL(why, FAILURE_USAGE, 0, "a key of %zu bytes is too long", key_size);
    }
    return HMAC(EVP_md5(), key, (int)key_size, bytes, size, mac, NULL) != NULL || fail(why);
}
