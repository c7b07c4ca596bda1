/* SPDX-License-Identifier: MIT */

#include "tests/fake_trust_calls_win32.h"

#include <stdint.h>
#include <string.h>
#include <wchar.h>

#include <softpub.h>

enum { DIGEST_SIZE = 3 };

struct fake_trust fake_trust;

static const BYTE digest[DIGEST_SIZE] = {0x0a, 0xff, 0x10};
static const wchar_t digest_tag[] = L"0AFF10";
static const wchar_t catalog_path[] = L"C:\\Windows\\System32\\CatRoot\\x.cat";

/* Handles and objects of Windows: only their addresses count. */
static char state_object;
static char database_object;
static char catalog_objects[FAKE_CATALOGS];
static CRYPT_PROVIDER_DATA provider_data;
static CRYPT_PROVIDER_SGNR provider_signer;
static CRYPT_PROVIDER_CERT provider_certificate;
static CERT_CONTEXT certificate_context;
static int current_catalog;

static void expect(bool right)
{
    fake_trust.wrong |= !right;
}

static void expect_silence(const WINTRUST_DATA *data)
{
    expect(data->cbStruct == sizeof(*data));
    expect(data->dwUIChoice == WTD_UI_NONE);
    expect(data->fdwRevocationChecks == WTD_REVOKE_NONE);
    expect((data->dwProvFlags & WTD_CACHE_ONLY_URL_RETRIEVAL) != 0);
    expect((data->dwProvFlags & WTD_REVOCATION_CHECK_NONE) != 0);
}

static LONG verify_file(const WINTRUST_FILE_INFO *file)
{
    expect(file->cbStruct == sizeof(*file));
    expect(file->hFile != NULL && file->pcwszFilePath != NULL);
    return fake_trust.embedded;
}

static LONG verify_catalog(const WINTRUST_CATALOG_INFO *member)
{
    expect(member->cbStruct == sizeof(*member));
    expect(wcscmp(member->pcwszCatalogFilePath, catalog_path) == 0);
    expect(wcscmp(member->pcwszMemberTag, digest_tag) == 0);
    expect(member->cbCalculatedFileHash == DIGEST_SIZE);
    expect(memcmp(member->pbCalculatedFileHash, digest, DIGEST_SIZE) == 0);
    expect(member->hMemberFile != NULL);
    expect(member->hCatAdmin == (HCATADMIN)&database_object);
    return fake_trust.catalogs[current_catalog];
}

static LONG WINAPI verify(HWND window, GUID *action, void *argument)
{
    static const GUID generic = WINTRUST_ACTION_GENERIC_VERIFY_V2;
    WINTRUST_DATA *data = argument;

    expect((HANDLE)window == INVALID_HANDLE_VALUE);
    expect(memcmp(action, &generic, sizeof(generic)) == 0);
    expect_silence(data);
    if (data->dwStateAction == WTD_STATEACTION_CLOSE) {
        expect(data->hWVTStateData == &state_object);
        fake_trust.open_states--;
        return ERROR_SUCCESS;
    }
    expect(data->dwStateAction == WTD_STATEACTION_VERIFY);
    data->hWVTStateData = &state_object;
    fake_trust.open_states++;
    fake_trust.verified++;
    return data->dwUnionChoice == WTD_CHOICE_FILE ? verify_file(data->pFile)
                                                  : verify_catalog(data->pCatalog);
}

static CRYPT_PROVIDER_DATA *WINAPI state(HANDLE handle)
{
    expect(handle == &state_object && fake_trust.open_states == 1);
    return fake_trust.signer == NULL ? NULL : &provider_data;
}

static CRYPT_PROVIDER_SGNR *WINAPI signer(CRYPT_PROVIDER_DATA *data, DWORD at, BOOL counter,
                                          DWORD counter_at)
{
    expect(data == &provider_data && at == 0 && !counter && counter_at == 0);
    return &provider_signer;
}

static CRYPT_PROVIDER_CERT *WINAPI certificate(CRYPT_PROVIDER_SGNR *from, DWORD at)
{
    expect(from == &provider_signer && at == 0);
    provider_certificate.pCert = &certificate_context;
    return fake_trust.no_certificate ? NULL : &provider_certificate;
}

static DWORD WINAPI certificate_name(const CERT_CONTEXT *context, DWORD type, DWORD flags,
                                     void *parameter, wchar_t *name, DWORD units)
{
    size_t size = wcslen(fake_trust.signer) + 1;

    expect(context == &certificate_context && type == CERT_NAME_SIMPLE_DISPLAY_TYPE);
    expect(flags == 0 && parameter == NULL && units >= size);
    memcpy(name, fake_trust.signer, size * sizeof(*name));
    return (DWORD)size;
}

static BOOL WINAPI open_catalogs(HCATADMIN *catalogs, const GUID *subsystem,
                                 const wchar_t *algorithm, const CERT_STRONG_SIGN_PARA *policy,
                                 DWORD flags)
{
    static const GUID expected = DRIVER_ACTION_VERIFY;

    expect(memcmp(subsystem, &expected, sizeof(expected)) == 0);
    expect(policy == NULL && flags == 0);
    if (fake_trust.no_algorithm != NULL && wcscmp(algorithm, fake_trust.no_algorithm) == 0) {
        return FALSE;
    }
    fake_trust.last = algorithm;
    fake_trust.open_databases++;
    *catalogs = (HCATADMIN)&database_object;
    return TRUE;
}

static BOOL WINAPI hash_file(HCATADMIN catalogs, HANDLE file, DWORD *size, BYTE *hash, DWORD flags)
{
    expect(catalogs == (HCATADMIN)&database_object && file != NULL && flags == 0);
    if (fake_trust.no_hash || *size < DIGEST_SIZE) {
        return FALSE;
    }
    *size = DIGEST_SIZE;
    memcpy(hash, digest, DIGEST_SIZE);
    return TRUE;
}

static HCATINFO WINAPI next_catalog(HCATADMIN catalogs, BYTE *hash, DWORD size, DWORD flags,
                                    HCATINFO *before)
{
    int next = *before == NULL ? 0 : (int)((char *)*before - catalog_objects) + 1;

    expect(catalogs == (HCATADMIN)&database_object && flags == 0);
    expect(size == DIGEST_SIZE && memcmp(hash, digest, size) == 0);
    fake_trust.searches++;
    if (*before != NULL) {
        fake_trust.open_catalogs--;
        *before = NULL;
    }
    if (fake_trust.algorithm == NULL || wcscmp(fake_trust.algorithm, fake_trust.last) != 0 ||
        next == fake_trust.catalog_count) {
        return NULL;
    }
    fake_trust.open_catalogs++;
    current_catalog = next;
    return (HCATINFO)&catalog_objects[next];
}

static BOOL WINAPI catalog_info(HCATINFO catalog, CATALOG_INFO *info, DWORD flags)
{
    expect(catalog == (HCATINFO)&catalog_objects[current_catalog] && flags == 0);
    expect(info->cbStruct == sizeof(*info));
    memcpy(info->wszCatalogFile, catalog_path, sizeof(catalog_path));
    return !fake_trust.no_info;
}

static BOOL WINAPI close_catalog(HCATADMIN catalogs, HCATINFO catalog, DWORD flags)
{
    expect(catalogs == (HCATADMIN)&database_object && catalog != NULL && flags == 0);
    fake_trust.open_catalogs--;
    return TRUE;
}

static BOOL WINAPI close_catalogs(HCATADMIN catalogs, DWORD flags)
{
    expect(catalogs == (HCATADMIN)&database_object && flags == 0);
    fake_trust.open_databases--;
    return TRUE;
}

void trust_calls_find(struct trust_calls *calls)
{
    static const struct trust_calls all = {
        .verify = verify,
        .state = state,
        .signer = signer,
        .certificate = certificate,
        .certificate_name = certificate_name,
        .open_catalogs = open_catalogs,
        .hash_file = hash_file,
        .next_catalog = next_catalog,
        .catalog_info = catalog_info,
        .close_catalog = close_catalog,
        .close_catalogs = close_catalogs,
    };
    static const void *const none = NULL;

    *calls = all;
    for (size_t at = 0; at < sizeof(all); at += sizeof(none)) {
        if (memcmp((char *)&fake_trust.missing + at, &none, sizeof(none)) != 0) {
            memcpy((char *)calls + at, &none, sizeof(none));
        }
    }
}
