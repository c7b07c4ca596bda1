/* SPDX-License-Identifier: MIT */

#include "probes/tls_chain_win32.h"

#include <string.h>

#include "base/filetime_win32.h"
#include "probes/tls_fields.h"

/* Nothing is fetched. The last two are not in the headers of all compilers. */
enum {
    FETCH_NOTHING = CERT_CHAIN_CACHE_ONLY_URL_RETRIEVAL | 0x100 /* no update of roots */
                    | 0x2000 /* CERT_CHAIN_DISABLE_AIA */,
};

/* What CertGetCertificateChain() finds in a chain. Times are looked at one by one. */
static const struct {
    DWORD status;
    unsigned fault;
} findings[] = {
    {CERT_TRUST_IS_UNTRUSTED_ROOT, TLS_UNKNOWN_ISSUER},
    {CERT_TRUST_IS_PARTIAL_CHAIN, TLS_UNKNOWN_ISSUER},
    {CERT_TRUST_IS_CYCLIC, TLS_UNKNOWN_ISSUER},
    {CERT_TRUST_IS_NOT_SIGNATURE_VALID, TLS_BROKEN},
    {CERT_TRUST_INVALID_EXTENSION, TLS_BROKEN},
    {CERT_TRUST_HAS_NOT_SUPPORTED_CRITICAL_EXT, TLS_BROKEN},
    {CERT_TRUST_IS_NOT_VALID_FOR_USAGE, TLS_WRONG_USE},
    {CERT_TRUST_INVALID_BASIC_CONSTRAINTS, TLS_WRONG_USE},
    {CERT_TRUST_INVALID_NAME_CONSTRAINTS, TLS_WRONG_USE},
    {CERT_TRUST_HAS_NOT_PERMITTED_NAME_CONSTRAINT, TLS_WRONG_USE},
    {CERT_TRUST_HAS_EXCLUDED_NAME_CONSTRAINT, TLS_WRONG_USE},
    {CERT_TRUST_INVALID_POLICY_CONSTRAINTS, TLS_WRONG_USE},
    {0x00100000 /* CERT_TRUST_HAS_WEAK_SIGNATURE */, TLS_WEAK},
    {0x04000000 /* CERT_TRUST_IS_EXPLICIT_DISTRUST */, TLS_DISTRUSTED},
    {CERT_TRUST_IS_REVOKED, TLS_DISTRUSTED}, /* by a list that lies here already */
};

/* What the policy for servers adds; it also knows rules that the chain does not show. */
static const struct {
    DWORD error;
    unsigned fault;
} refusals[] = {
    {(DWORD)CERT_E_UNTRUSTEDROOT, TLS_UNKNOWN_ISSUER},
    {(DWORD)CERT_E_UNTRUSTEDCA, TLS_UNKNOWN_ISSUER},
    {(DWORD)CERT_E_CHAINING, TLS_UNKNOWN_ISSUER},
    {(DWORD)CERT_E_WRONG_USAGE, TLS_WRONG_USE},
    {(DWORD)CERT_E_PURPOSE, TLS_WRONG_USE},
    {(DWORD)CERT_E_ROLE, TLS_WRONG_USE},
    {(DWORD)TRUST_E_BASIC_CONSTRAINTS, TLS_WRONG_USE},
    {(DWORD)TRUST_E_CERT_SIGNATURE, TLS_BROKEN},
    {(DWORD)CERT_E_REVOKED, TLS_DISTRUSTED},
    {(DWORD)CRYPT_E_REVOKED, TLS_DISTRUSTED},
    {(DWORD)TRUST_E_EXPLICIT_DISTRUST, TLS_DISTRUSTED},
};

static unsigned faults_of_status(DWORD status)
{
    unsigned faults = 0;

    for (size_t i = 0; i < sizeof(findings) / sizeof(findings[0]); i++) {
        faults |= (status & findings[i].status) != 0 ? findings[i].fault : 0;
    }
    return faults;
}

/* Which of the two dates of a certificate it is. */
static unsigned faults_of_dates(const CERT_CHAIN_ELEMENT *element, int64_t now)
{
    const CERT_INFO *info = element->pCertContext->pCertInfo;

    if ((element->TrustStatus.dwErrorStatus & CERT_TRUST_IS_NOT_TIME_VALID) == 0) {
        return 0;
    }
    return now < filetime_to_ms(filetime_units(info->NotBefore)) ? TLS_NOT_YET_VALID : TLS_EXPIRED;
}

static unsigned faults_of_chain(const CERT_CHAIN_CONTEXT *chain, int64_t now)
{
    unsigned faults = faults_of_status(chain->TrustStatus.dwErrorStatus);

    for (DWORD i = 0; i < chain->cChain; i++) {
        for (DWORD j = 0; j < chain->rgpChain[i]->cElement; j++) {
            faults |= faults_of_dates(chain->rgpChain[i]->rgpElement[j], now);
        }
    }
    return faults;
}

static unsigned faults_of_policy(const struct security_calls *calls,
                                 const CERT_CHAIN_CONTEXT *chain)
{
    /* The name is compared elsewhere. */
    SSL_EXTRA_CERT_CHAIN_POLICY_PARA server = {
        .cbSize = sizeof(server),
        .dwAuthType = AUTHTYPE_SERVER,
        .fdwChecks = 0x00001000, /* SECURITY_FLAG_IGNORE_CERT_CN_INVALID of wininet.h */
    };
    CERT_CHAIN_POLICY_PARA rules = {
        .cbSize = sizeof(rules),
        .pvExtraPolicyPara = &server,
    };
    CERT_CHAIN_POLICY_STATUS status = {.cbSize = sizeof(status)};

    if (!calls->judge_chain(CERT_CHAIN_POLICY_SSL, chain, &rules, &status)) {
        return TLS_NOT_CHECKED;
    }
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        if (refusals[i].error == status.dwError) {
            return refusals[i].fault;
        }
    }
    return status.dwError == 0 || status.dwError == (DWORD)CERT_E_EXPIRED ? 0 : TLS_BROKEN;
}

unsigned tls_chain_faults(const struct security_calls *calls, const CERT_CONTEXT *leaf, int64_t now)
{
    char server_use[] = szOID_PKIX_KP_SERVER_AUTH;
    char *uses[] = {server_use};
    CERT_CHAIN_PARA rules = {
        .cbSize = sizeof(rules),
        .RequestedUsage = {USAGE_MATCH_TYPE_OR, {1, uses}},
    };
    FILETIME time = filetime_from_units(filetime_from_ms(now));
    const CERT_CHAIN_CONTEXT *chain = NULL;
    unsigned faults;

    if (calls->build_chain == NULL || calls->free_chain == NULL || calls->judge_chain == NULL ||
        !calls->build_chain(NULL, leaf, &time, leaf->hCertStore, &rules, FETCH_NOTHING, NULL,
                            &chain)) {
        return TLS_NOT_CHECKED;
    }
    faults = faults_of_chain(chain, now);
    if (faults == 0) { /* else it says the same again, and less of it */
        faults = faults_of_policy(calls, chain);
    }
    calls->free_chain(chain);
    return faults;
}

static bool equal_bytes(const void *a, size_t a_size, const void *b, size_t b_size)
{
    return a_size == b_size && memcmp(a, b, a_size) == 0;
}

static bool is_issuer_of(const CERT_CONTEXT *issuer, const CERT_CONTEXT *certificate)
{
    const CERT_NAME_BLOB *name = &issuer->pCertInfo->Subject;
    const CERT_NAME_BLOB *wanted = &certificate->pCertInfo->Issuer;

    return equal_bytes(name->pbData, name->cbData, wanted->pbData, wanted->cbData);
}

/* Puts into list[from] the one behind it that has issued list[from - 1]; false: there is none. */
static bool bring_issuer(const CERT_CONTEXT **list, size_t from, size_t count)
{
    for (size_t i = from; i < count; i++) {
        if (is_issuer_of(list[i], list[from - 1])) {
            const CERT_CONTEXT *found = list[i];

            list[i] = list[from];
            list[from] = found;
            return true;
        }
    }
    return false;
}

size_t tls_chain_list(const struct security_calls *calls, const CERT_CONTEXT *leaf,
                      const CERT_CONTEXT *list[TLS_CHAIN_MOST])
{
    const CERT_CONTEXT *at = NULL;
    size_t count = 0;

    if (calls->keep_certificate == NULL || calls->free_certificate == NULL ||
        calls->next_certificate == NULL) {
        return 0;
    }
    list[count++] = calls->keep_certificate(leaf);
    while (leaf->hCertStore != NULL &&
           (at = calls->next_certificate(leaf->hCertStore, at)) != NULL) {
        if (count < TLS_CHAIN_MOST && !equal_bytes(at->pbCertEncoded, at->cbCertEncoded,
                                                   leaf->pbCertEncoded, leaf->cbCertEncoded)) {
            list[count++] = calls->keep_certificate(at);
        }
    }
    for (size_t i = 1; i < count && bring_issuer(list, i, count); i++) {
    }
    return count;
}

void tls_chain_free(const struct security_calls *calls, const CERT_CONTEXT *const *list,
                    size_t count)
{
    for (size_t i = 0; i < count; i++) {
        calls->free_certificate(list[i]);
    }
}
