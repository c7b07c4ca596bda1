/* SPDX-License-Identifier: MIT */

#include "probes/security_calls_win32.h"

#include <stddef.h>
#include <string.h>

#include "base/system_dll_win32.h"

/* Where the pointer to which function goes. */
static const struct {
    size_t at;
    const char *name;
} rows[] = {
#define ROW(member, name)                                                                          \
    {                                                                                              \
        offsetof(struct security_calls, member), (name)                                            \
    }
    ROW(next_certificate, "CertEnumCertificatesInStore"),
    ROW(keep_certificate, "CertDuplicateCertificateContext"),
    ROW(free_certificate, "CertFreeCertificateContext"),
    ROW(build_chain, "CertGetCertificateChain"),
    ROW(free_chain, "CertFreeCertificateChain"),
    ROW(judge_chain, "CertVerifyCertificateChainPolicy"),
#undef ROW
};

bool security_calls_find(struct security_calls *calls)
{
    INIT_SECURITY_INTERFACE_W table =
        (INIT_SECURITY_INTERFACE_W)system_dll_find(L"secur32.dll", "InitSecurityInterfaceW");

    *calls = (struct security_calls){0};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        system_dll_fn found = system_dll_find(L"crypt32.dll", rows[i].name);

        memcpy((char *)calls + rows[i].at, &found, sizeof(found));
    }
    calls->sspi = table == NULL ? NULL : table();
    return calls->sspi != NULL;
}
