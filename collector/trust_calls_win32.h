/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The calls of wintrust.dll and crypt32.dll that the check of a signature
 * needs, looked up at run time. NULL is one that this Windows lacks.
 *
 * fake_trust_calls_win32.c stands in this place in tests.
 */

#include <windows.h>
#include <wincrypt.h>
#include <wintrust.h>
#include <mscat.h>

struct trust_calls {
    LONG(WINAPI *verify)(HWND window, GUID *action, void *data);
    CRYPT_PROVIDER_DATA *(WINAPI *state)(HANDLE state);
    CRYPT_PROVIDER_SGNR *(WINAPI *signer)(CRYPT_PROVIDER_DATA *data, DWORD at, BOOL counter,
                                          DWORD counter_at);
    CRYPT_PROVIDER_CERT *(WINAPI *certificate)(CRYPT_PROVIDER_SGNR *signer, DWORD at);
    DWORD(WINAPI *certificate_name)
    (const CERT_CONTEXT *certificate, DWORD type, DWORD flags, void *parameter, wchar_t *name,
     DWORD units);

    BOOL(WINAPI *open_catalogs)
    (HCATADMIN *catalogs, const GUID *subsystem, const wchar_t *algorithm,
     const CERT_STRONG_SIGN_PARA *policy, DWORD flags);
    BOOL(WINAPI *hash_file)
    (HCATADMIN catalogs, HANDLE file, DWORD *size, BYTE *hash, DWORD flags);
    HCATINFO(WINAPI *next_catalog)
    (HCATADMIN catalogs, BYTE *hash, DWORD size, DWORD flags, HCATINFO *before);
    BOOL(WINAPI *catalog_info)(HCATINFO catalog, CATALOG_INFO *info, DWORD flags);
    BOOL(WINAPI *close_catalog)(HCATADMIN catalogs, HCATINFO catalog, DWORD flags);
    BOOL(WINAPI *close_catalogs)(HCATADMIN catalogs, DWORD flags);
};

void trust_calls_find(struct trust_calls *calls);
