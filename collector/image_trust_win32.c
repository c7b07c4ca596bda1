/* SPDX-License-Identifier: MIT */

/*
 * Windows: WinVerifyTrust(), first for the signature that is in the file,
 * then for the catalogs, in which most of Windows' own files are signed.
 */

#include "collector/image_trust.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/utf16_win32.h"
#include "collector/image_file_win32.h"
#include "collector/trust_calls_win32.h"

#include <softpub.h>

enum {
    HASH_LIMIT = 64,   /* bytes of the longest digest */
    MAX_CATALOGS = 16, /* that one file is looked for in */
    ALGORITHMS = 2,
    NAME_LIMIT = 1024, /* units of a signer's name; a longer one is left out */

    DISABLE_MD2_MD4 = 0x2000, /* WTD_DISABLE_MD2_MD4, which not every header has */
    PROVIDER_FLAGS = WTD_CACHE_ONLY_URL_RETRIEVAL | WTD_REVOCATION_CHECK_NONE | DISABLE_MD2_MD4,
};

static const wchar_t *const algorithms[ALGORITHMS] = {L"SHA256",
                                                      L"SHA1"}; /* the newer catalogs first */

/* The codes of WinVerifyTrust(); one that is not here is IMAGE_UNDECIDED. */
static const struct {
    LONG code;
    enum image_verdict verdict;
} verdicts[] = {
    {ERROR_SUCCESS, IMAGE_SIGNED},
    {TRUST_E_NOSIGNATURE, IMAGE_UNSIGNED},
    {TRUST_E_PROVIDER_UNKNOWN, IMAGE_UNSIGNED},
    {TRUST_E_SUBJECT_FORM_UNKNOWN, IMAGE_UNSIGNED},
    {CERT_E_UNTRUSTEDROOT, IMAGE_UNKNOWN_ROOT},
    {CERT_E_UNTRUSTEDTESTROOT, IMAGE_UNKNOWN_ROOT},
    {CERT_E_UNTRUSTEDCA, IMAGE_UNKNOWN_ROOT},
    {CERT_E_CHAINING, IMAGE_UNKNOWN_ROOT},
    {TRUST_E_BAD_DIGEST, IMAGE_TAMPERED},
    {TRUST_E_CERT_SIGNATURE, IMAGE_TAMPERED},
    {NTE_BAD_SIGNATURE, IMAGE_TAMPERED},
    {CERT_E_EXPIRED, IMAGE_EXPIRED},
    {CERT_E_VALIDITYPERIODNESTING, IMAGE_EXPIRED},
    {CERT_E_REVOKED, IMAGE_DISTRUSTED},
    {CRYPT_E_REVOKED, IMAGE_DISTRUSTED},
    {TRUST_E_EXPLICIT_DISTRUST, IMAGE_DISTRUSTED},
    {TRUST_E_SUBJECT_NOT_TRUSTED, IMAGE_DISTRUSTED},
    {CRYPT_E_SECURITY_SETTINGS, IMAGE_DISTRUSTED}, /* an administrator's policy says so */
};

/* One check: what is asked about, and what came out. */
struct check {
    struct trust_calls calls;
    HANDLE file;
    const wchar_t *path;
    struct image_trust *trust;
};

static enum image_verdict verdict_of(LONG code)
{
    for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
        if (verdicts[i].code == code) {
            return verdicts[i].verdict;
        }
    }
    return IMAGE_UNDECIDED;
}

/* The name of whom the signature is by, for free(). NULL where there is none to be had. */
static char *read_signer(const struct trust_calls *calls, HANDLE state)
{
    CRYPT_PROVIDER_DATA *data = calls->state(state);
    CRYPT_PROVIDER_SGNR *signer = data == NULL ? NULL : calls->signer(data, 0, FALSE, 0);
    CRYPT_PROVIDER_CERT *certificate = signer == NULL ? NULL : calls->certificate(signer, 0);
    wchar_t name[NAME_LIMIT];
    DWORD units; /* with the 0: 1 is the empty name */

    if (certificate == NULL || certificate->pCert == NULL) {
        return NULL;
    }
    /* The common name, or what comes next where there is none. */
    units = calls->certificate_name(certificate->pCert, CERT_NAME_SIMPLE_DISPLAY_TYPE, 0, NULL,
                                    name, NAME_LIMIT);
    return units > 1 ? utf16_to_utf8(name) : NULL;
}

static bool can_name_signers(const struct trust_calls *calls)
{
    return calls->state != NULL && calls->signer != NULL && calls->certificate != NULL &&
           calls->certificate_name != NULL;
}

/* Asks about what *data chooses, and stores what came out unless there is no signature there. */
static enum image_verdict verify(struct check *check, WINTRUST_DATA *data,
                                 enum image_signature signature)
{
    static const GUID generic = WINTRUST_ACTION_GENERIC_VERIFY_V2;
    GUID action = generic;
    enum image_verdict verdict;

    data->cbStruct = sizeof(*data);
    data->dwUIChoice = WTD_UI_NONE;
    data->fdwRevocationChecks = WTD_REVOKE_NONE;
    data->dwProvFlags = PROVIDER_FLAGS;
    data->dwStateAction = WTD_STATEACTION_VERIFY;
    verdict = verdict_of(check->calls.verify(INVALID_HANDLE_VALUE, &action, data));
    if (verdict != IMAGE_UNSIGNED) {
        free(check->trust->signer);
        check->trust->signer = data->hWVTStateData != NULL && can_name_signers(&check->calls)
                                   ? read_signer(&check->calls, data->hWVTStateData)
                                   : NULL;
        check->trust->verdict = (uint8_t)verdict;
        check->trust->signature = (uint8_t)signature;
    }
    data->dwStateAction = WTD_STATEACTION_CLOSE;
    (void)check->calls.verify(INVALID_HANDLE_VALUE, &action, data);
    return verdict;
}

static enum image_verdict verify_embedded(struct check *check)
{
    WINTRUST_FILE_INFO file = {
        .cbStruct = sizeof(file),
        .pcwszFilePath = check->path,
        .hFile = check->file,
    };
    WINTRUST_DATA data = {.dwUnionChoice = WTD_CHOICE_FILE, .pFile = &file};

    return verify(check, &data, IMAGE_EMBEDDED);
}

struct digest {
    BYTE bytes[HASH_LIMIT];
    DWORD size;
    wchar_t tag[2 * HASH_LIMIT + 1]; /* in hexadecimal: by what a catalog names its members */
};

static bool make_digest(struct check *check, HCATADMIN catalogs, struct digest *digest)
{
    static const wchar_t digits[] = L"0123456789ABCDEF";

    digest->size = sizeof(digest->bytes);
    if (!check->calls.hash_file(catalogs, check->file, &digest->size, digest->bytes, 0) ||
        digest->size > sizeof(digest->bytes)) {
        return false;
    }
    for (DWORD i = 0; i < digest->size; i++) {
        digest->tag[2 * i] = digits[digest->bytes[i] >> 4];
        digest->tag[2 * i + 1] = digits[digest->bytes[i] & 15];
    }
    digest->tag[2 * (size_t)digest->size] = L'\0';
    return true;
}

static enum image_verdict verify_in_catalog(struct check *check, HCATADMIN catalogs,
                                            HCATINFO catalog, struct digest *digest)
{
    CATALOG_INFO info = {.cbStruct = sizeof(info)};
    WINTRUST_CATALOG_INFO member = {
        .cbStruct = sizeof(member),
        .pcwszCatalogFilePath = info.wszCatalogFile,
        .pcwszMemberTag = digest->tag,
        .pcwszMemberFilePath = check->path,
        .hMemberFile = check->file,
        .pbCalculatedFileHash = digest->bytes,
        .cbCalculatedFileHash = digest->size,
        .hCatAdmin = catalogs,
    };
    WINTRUST_DATA data = {.dwUnionChoice = WTD_CHOICE_CATALOG, .pCatalog = &member};

    if (!check->calls.catalog_info(catalog, &info, 0)) {
        return IMAGE_UNDECIDED;
    }
    return verify(check, &data, IMAGE_CATALOG);
}

/* Asks every catalog that has the file, until one is trusted. What is stored is of the last one. */
static enum image_verdict search_catalogs(struct check *check, HCATADMIN catalogs,
                                          struct digest *digest)
{
    enum image_verdict verdict = IMAGE_UNSIGNED;
    HCATINFO catalog = NULL;

    for (int i = 0; i < MAX_CATALOGS && verdict != IMAGE_SIGNED; i++) {
        /* Closes the one before. */
        catalog = check->calls.next_catalog(catalogs, digest->bytes, digest->size, 0, &catalog);
        if (catalog == NULL) {
            return verdict;
        }
        verdict = verify_in_catalog(check, catalogs, catalog, digest);
    }
    (void)check->calls.close_catalog(catalogs, catalog, 0);
    return verdict;
}

/* IMAGE_UNDECIDED where the catalogs of this algorithm cannot be searched. */
static enum image_verdict verify_by_catalogs(struct check *check, const wchar_t *algorithm)
{
    static const GUID subsystem = DRIVER_ACTION_VERIFY;
    enum image_verdict verdict = IMAGE_UNDECIDED;
    struct digest digest;
    HCATADMIN catalogs = NULL;

    if (!check->calls.open_catalogs(&catalogs, &subsystem, algorithm, NULL, 0)) {
        return IMAGE_UNDECIDED;
    }
    if (make_digest(check, catalogs, &digest)) {
        verdict = search_catalogs(check, catalogs, &digest);
    }
    (void)check->calls.close_catalogs(catalogs, 0);
    return verdict;
}

static bool can_search_catalogs(const struct trust_calls *calls)
{
    return calls->open_catalogs != NULL && calls->hash_file != NULL &&
           calls->next_catalog != NULL && calls->catalog_info != NULL &&
           calls->close_catalog != NULL && calls->close_catalogs != NULL;
}

/* A file that no catalog has is unsigned only where all of them could be searched. */
static void check_catalogs(struct check *check)
{
    enum image_verdict verdict =
        can_search_catalogs(&check->calls) ? IMAGE_UNSIGNED : IMAGE_UNDECIDED;

    for (size_t i = 0; can_search_catalogs(&check->calls) && i < ALGORITHMS; i++) {
        if (verify_by_catalogs(check, algorithms[i]) == IMAGE_UNDECIDED) {
            verdict = IMAGE_UNDECIDED;
        }
        if (check->trust->signature != IMAGE_NO_SIGNATURE) {
            return;
        }
    }
    check->trust->verdict = (uint8_t)verdict;
}

void image_trust_check(struct image_file *file, const struct image *image,
                       struct image_trust *trust)
{
    struct check check = {.file = image_file_handle(file), .trust = trust};
    wchar_t *path = utf16_from_utf8(image->path);

    trust_calls_find(&check.calls);
    check.path = path;
    if (path == NULL) {
        trust->verdict = IMAGE_UNDECIDED;
    } else if (check.calls.verify == NULL) {
        trust->verdict = IMAGE_NOT_CHECKED;
    } else if (verify_embedded(&check) == IMAGE_UNSIGNED) {
        check_catalogs(&check);
    }
    free(path);
}
