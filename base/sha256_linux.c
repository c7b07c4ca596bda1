/* SPDX-License-Identifier: MIT */

#include "base/sha256.h"

#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/evp.h>

struct sha256 {
    EVP_MD_CTX *context;
    bool
        begun; /* the context knows its algorithm: to look it up takes longer than a short digest */
};

static bool fail(struct failure *why, const char *what)
{
    char words[256];
    unsigned long error = ERR_get_error();

    ERR_error_string_n(error, words, sizeof(words));
    return FAIL(why, FAILURE_SYSTEM, (long)error, "cannot %s a SHA-256: %s", what, words);
}

bool sha256_reset(struct sha256 *sha256, struct failure *why)
{
    if (EVP_DigestInit_ex(sha256->context, sha256->begun ? NULL : EVP_sha256(), NULL) != 1) {
        return fail(why, "begin");
    }
    sha256->begun = true;
    return true;
}

bool sha256_open(struct sha256 **out, struct failure *why)
{
    struct sha256 *sha256 = calloc(1, sizeof(*sha256));

    if (sha256 != NULL) {
        sha256->context = EVP_MD_CTX_new();
    }
    if (sha256 == NULL || sha256->context == NULL) {
        sha256_close(sha256);
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for a SHA-256");
    }
    if (!sha256_reset(sha256, why)) {
        sha256_close(sha256);
        return false;
    }
    *out = sha256;
    return true;
}

bool sha256_add(struct sha256 *sha256, const void *bytes, size_t size, struct failure *why)
{
    return EVP_DigestUpdate(sha256->context, bytes, size) == 1 || fail(why, "compute");
}

bool sha256_finish(struct sha256 *sha256, uint8_t digest[SHA256_SIZE], struct failure *why)
{
    if (EVP_DigestFinal_ex(sha256->context, digest, NULL) != 1) {
        return fail(why, "finish");
    }
    return sha256_reset(sha256, why);
}

void sha256_close(struct sha256 *sha256)
{
    if (sha256 != NULL) {
        EVP_MD_CTX_free(sha256->context);
        free(sha256);
    }
}
