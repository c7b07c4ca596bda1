/* SPDX-License-Identifier: MIT */

#include "base/sha256.h"

#include <stdlib.h>

#include <windows.h>
#include <bcrypt.h>

#include "base/system_dll_win32.h"

typedef NTSTATUS WINAPI open_algorithm_fn(BCRYPT_ALG_HANDLE *algorithm, LPCWSTR name,
                                          LPCWSTR provider, ULONG flags);
typedef NTSTATUS WINAPI close_algorithm_fn(BCRYPT_ALG_HANDLE algorithm, ULONG flags);
typedef NTSTATUS WINAPI create_hash_fn(BCRYPT_ALG_HANDLE algorithm, BCRYPT_HASH_HANDLE *hash,
                                       PUCHAR object, ULONG object_size, PUCHAR secret,
                                       ULONG secret_size, ULONG flags);
typedef NTSTATUS WINAPI hash_data_fn(BCRYPT_HASH_HANDLE hash, PUCHAR input, ULONG size,
                                     ULONG flags);
typedef NTSTATUS WINAPI finish_hash_fn(BCRYPT_HASH_HANDLE hash, PUCHAR output, ULONG size,
                                       ULONG flags);
typedef NTSTATUS WINAPI destroy_hash_fn(BCRYPT_HASH_HANDLE hash);

enum { LARGEST_PIECE = 1 << 30 }; /* a ULONG counts the bytes of a piece */

struct sha256 {
    close_algorithm_fn *close_algorithm;
    create_hash_fn *create_hash;
    hash_data_fn *hash_data;
    finish_hash_fn *finish_hash;
    destroy_hash_fn *destroy_hash;
    BCRYPT_ALG_HANDLE algorithm;
    BCRYPT_HASH_HANDLE hash;
};

static system_dll_fn find(const char *name)
{
    return system_dll_find(L"bcrypt.dll", name);
}

static bool fail(struct failure *why, const char *what, NTSTATUS status)
{
    return FAIL(why, FAILURE_SYSTEM, status, "cannot %s a SHA-256: status 0x%08lx", what,
                (unsigned long)status);
}

static void end_hash(struct sha256 *sha256)
{
    if (sha256->hash != NULL) {
        sha256->destroy_hash(sha256->hash);
        sha256->hash = NULL;
    }
}

bool sha256_reset(struct sha256 *sha256, struct failure *why)
{
    NTSTATUS status;

    end_hash(sha256);
    /*
     * Where no memory is given for the object, CNG takes its own. One that begins anew by itself
     * when it is finished (since Windows 8) spares two calls for each of a million short digests.
     */
    status = sha256->create_hash(sha256->algorithm, &sha256->hash, NULL, 0, NULL, 0,
                                 BCRYPT_HASH_REUSABLE_FLAG);
    return BCRYPT_SUCCESS(status) || fail(why, "begin", status);
}

static bool open_algorithm(struct sha256 *sha256, struct failure *why)
{
    open_algorithm_fn *open = (open_algorithm_fn *)find("BCryptOpenAlgorithmProvider");
    NTSTATUS status;

    sha256->close_algorithm = (close_algorithm_fn *)find("BCryptCloseAlgorithmProvider");
    sha256->create_hash = (create_hash_fn *)find("BCryptCreateHash");
    sha256->hash_data = (hash_data_fn *)find("BCryptHashData");
    sha256->finish_hash = (finish_hash_fn *)find("BCryptFinishHash");
    sha256->destroy_hash = (destroy_hash_fn *)find("BCryptDestroyHash");
    if (open == NULL || sha256->close_algorithm == NULL || sha256->create_hash == NULL ||
        sha256->hash_data == NULL || sha256->finish_hash == NULL || sha256->destroy_hash == NULL) {
        return FAIL(why, FAILURE_MISSING, 0, "this Windows lacks bcrypt.dll");
    }
    status = open(&sha256->algorithm, BCRYPT_SHA256_ALGORITHM, NULL, 0);
    return BCRYPT_SUCCESS(status) || fail(why, "begin", status);
}

bool sha256_open(struct sha256 **out, struct failure *why)
{
    struct sha256 *sha256 = calloc(1, sizeof(*sha256));

    if (sha256 == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for a SHA-256");
    }
    if (!open_algorithm(sha256, why) || !sha256_reset(sha256, why)) {
        sha256_close(sha256);
        return false;
    }
    *out = sha256;
    return true;
}

bool sha256_add(struct sha256 *sha256, const void *bytes, size_t size, struct failure *why)
{
    const UCHAR *at = bytes;

    while (size > 0) {
        ULONG piece = size < LARGEST_PIECE ? (ULONG)size : LARGEST_PIECE;
        NTSTATUS status = sha256->hash_data(sha256->hash, (PUCHAR)at, piece, 0);

        if (!BCRYPT_SUCCESS(status)) {
            return fail(why, "compute", status);
        }
        at += piece;
        size -= piece;
    }
    return true;
}

bool sha256_finish(struct sha256 *sha256, uint8_t digest[SHA256_SIZE], struct failure *why)
{
    NTSTATUS status = sha256->finish_hash(sha256->hash, digest, SHA256_SIZE, 0);

    return BCRYPT_SUCCESS(status) || fail(why, "finish", status);
}

void sha256_close(struct sha256 *sha256)
{
    if (sha256 == NULL) {
        return;
    }
    end_hash(sha256);
    if (sha256->algorithm != NULL) {
        sha256->close_algorithm(sha256->algorithm, 0);
    }
    free(sha256);
}
