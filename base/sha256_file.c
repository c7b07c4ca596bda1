/* SPDX-License-Identifier: MIT */

#include "base/sha256_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"

enum { PIECE = 256 * 1024 };

static bool add_stream(struct sha256 *sha256, FILE *file, uint8_t *piece, struct failure *why)
{
    size_t got;

    do {
        got = fread(piece, 1, PIECE, file);
        if (!sha256_add(sha256, piece, got, why)) {
            return false;
        }
    } while (got == PIECE);
    return ferror(file) == 0 || failure_from_system(why, errno, "cannot read a file to its end");
}

bool sha256_file(uint8_t digest[SHA256_SIZE], const char *path, struct failure *why)
{
    struct sha256 *sha256 = NULL;
    uint8_t *piece = malloc(PIECE);
    FILE *file = NULL;
    bool done = piece != NULL || FAIL(why, FAILURE_MEMORY, 0, "no memory to read %s", path);

    if (done) {
        file = file_open(path, "r", why);
    }
    done = file != NULL && sha256_open(&sha256, why) && add_stream(sha256, file, piece, why) &&
           sha256_finish(sha256, digest, why);
    sha256_close(sha256);
    if (file != NULL) {
        fclose(file);
    }
    free(piece);
    return done;
}

bool sha256_bytes(uint8_t digest[SHA256_SIZE], const void *bytes, size_t size, struct failure *why)
{
    struct sha256 *sha256 = NULL;
    bool done = sha256_open(&sha256, why) && sha256_add(sha256, bytes, size, why) &&
                sha256_finish(sha256, digest, why);

    sha256_close(sha256);
    return done;
}

void sha256_add_hex(struct text *text, const uint8_t digest[SHA256_SIZE])
{
    for (int i = 0; i < SHA256_SIZE; i++) {
        text_addf(text, "%02x", digest[i]);
    }
}
