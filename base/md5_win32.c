/* SPDX-License-Identifier: MIT */

#include "base/md5.h"

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

/* bcrypt.dll, as far as it is needed here. */
struct library {
    open_algorithm_fn *open_algorithm;
    close_algorithm_fn *close_algorithm;
    create_hash_fn *create_hash;
    hash_data_fn *hash_data;
    finish_hash_fn *finish_hash;
    destroy_hash_fn *destroy_hash;
};

/* What is digested, and with which key: a size of 0 is that of none. */
struct input {
    const void *key;
    ULONG key_size;
    const void *bytes;
    ULONG size;
    ULONG flags; /* of the algorithm */
};

static system_dll_fn find(const char *name)
{
    return system_dll_find(L"bcrypt.dll", name);
}

static bool load(struct library *library, struct failure *why)
{
    *library = (struct library){
        .open_algorithm = (open_algorithm_fn *)find("BCryptOpenAlgorithmProvider"),
        .close_algorithm = (close_algorithm_fn *)find("BCryptCloseAlgorithmProvider"),
        .create_hash = (create_hash_fn *)find("BCryptCreateHash"),
        .hash_data = (hash_data_fn *)find("BCryptHashData"),
        .finish_hash = (finish_hash_fn *)find("BCryptFinishHash"),
        .destroy_hash = (destroy_hash_fn *)find("BCryptDestroyHash"),
    };
    return (library->open_algorithm != NULL && library->close_algorithm != NULL &&
            library->create_hash != NULL && library->hash_data != NULL &&
            library->finish_hash != NULL && library->destroy_hash != NULL) ||
           FAIL(why, FAILURE_MISSING, 0, "this Windows lacks bcrypt.dll");
}

static NTSTATUS digest_with(const struct library *library, BCRYPT_ALG_HANDLE algorithm,
                            uint8_t digest[MD5_SIZE], const struct input *input)
{
    BCRYPT_HASH_HANDLE hash = NULL;
    NTSTATUS status =
        library->create_hash(algorithm, &hash, NULL, 0, (PUCHAR)input->key, input->key_size, 0);

    if (!BCRYPT_SUCCESS(status)) {
        return status;
    }
    status = library->hash_data(hash, (PUCHAR)input->bytes, input->size, 0);
    if (BCRYPT_SUCCESS(status)) {
        status = library->finish_hash(hash, digest, MD5_SIZE, 0);
    }
    library->destroy_hash(hash);
    return status;
}

static bool compute(uint8_t digest[MD5_SIZE], const struct input *input, struct failure *why)
{
    BCRYPT_ALG_HANDLE algorithm = NULL;
    struct library library;
    NTSTATUS status;

    if (!load(&library, why)) {
        return false;
    }
    status = library.open_algorithm(&algorithm, BCRYPT_MD5_ALGORITHM, NULL, input->flags);
    if (BCRYPT_SUCCESS(status)) {
        status = digest_with(&library, algorithm, digest, input);
        library.close_algorithm(algorithm, 0);
    }
    return BCRYPT_SUCCESS(status) ||
           FAIL(why, FAILURE_SYSTEM, status, "cannot compute an MD5: status 0x%08lx",
                (unsigned long)status);
}

bool md5_digest(uint8_t digest[MD5_SIZE], const void *bytes, size_t size, struct failure *why)
{
    const struct input input = {.bytes = bytes, .size = (ULONG)size};

    return compute(digest, &input, why);
}

bool md5_hmac(uint8_t mac[MD5_SIZE], const void *key, size_t key_size, const void *bytes,
              size_t size, struct failure *why)
{
    const struct input input = {
        .key = key,
        .key_size = (ULONG)key_size,
        .bytes = bytes,
        .size = (ULONG)size,
        .flags = BCRYPT_ALG_HANDLE_HMAC_FLAG,
    };

    return compute(mac, &input, why);
}
