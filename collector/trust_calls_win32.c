/* SPDX-License-Identifier: MIT */

#include "collector/trust_calls_win32.h"

#include <stddef.h>
#include <string.h>

#include "base/system_dll_win32.h"

/* Where the pointer to which function goes. */
static const struct {
    size_t at;
    const wchar_t *dll;
    const char *name;
} rows[] = {
#define ROW(member, dll, name)                                                                     \
    {                                                                                              \
        offsetof(struct trust_calls, member), (dll), (name)                                        \
    }
    ROW(verify, L"wintrust.dll", "WinVerifyTrust"),
    ROW(state, L"wintrust.dll", "WTHelperProvDataFromStateData"),
    ROW(signer, L"wintrust.dll", "WTHelperGetProvSignerFromChain"),
    ROW(certificate, L"wintrust.dll", "WTHelperGetProvCertFromChain"),
    ROW(certificate_name, L"crypt32.dll", "CertGetNameStringW"),
    ROW(open_catalogs, L"wintrust.dll", "CryptCATAdminAcquireContext2"),
    ROW(hash_file, L"wintrust.dll", "CryptCATAdminCalcHashFromFileHandle2"),
    ROW(next_catalog, L"wintrust.dll", "CryptCATAdminEnumCatalogFromHash"),
    ROW(catalog_info, L"wintrust.dll", "CryptCATCatalogInfoFromContext"),
    ROW(close_catalog, L"wintrust.dll", "CryptCATAdminReleaseCatalogContext"),
    ROW(close_catalogs, L"wintrust.dll", "CryptCATAdminReleaseContext"),
#undef ROW
};

void trust_calls_find(struct trust_calls *calls)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        system_dll_fn found = system_dll_find(rows[i].dll, rows[i].name);

        memcpy((char *)calls + rows[i].at, &found, sizeof(found));
    }
}
