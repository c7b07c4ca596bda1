/* SPDX-License-Identifier: MIT */

#include "base/random.h"

#include <windows.h>
#include <bcrypt.h>

#include "base/system_dll_win32.h"

typedef NTSTATUS WINAPI gen_random_fn(BCRYPT_ALG_HANDLE algorithm, PUCHAR buffer, ULONG size,
                                      ULONG flags);

bool random_fill(void *bytes, size_t size, struct failure *why)
{
    gen_random_fn *gen = (gen_random_fn *)system_dll_find(L"bcrypt.dll", "BCryptGenRandom");
    NTSTATUS status;

    if (gen == NULL) {
        return FAIL(why, FAILURE_MISSING, 0, "this Windows lacks bcrypt.dll");
    }
    status = gen(NULL, bytes, (ULONG)size, BCRYPT_USE_SYSTEM_PREFERRED_RNG);
    return BCRYPT_SUCCESS(status) ||
           FAIL(why, FAILURE_SYSTEM, status,
                "cannot get random bytes from the system: status 0x%08lx", (unsigned long)status);
}
