/* SPDX-License-Identifier: MIT */

#include "service/hardening.h"

#include <stddef.h>

#include <windows.h>

#include "service/mitigation_calls_win32.h"

/* Flags of the structures PROCESS_MITIGATION_..._POLICY, which are bit fields there. */
static const struct mitigation {
    PROCESS_MITIGATION_POLICY policy;
    DWORD flag;
    bool on_request;
    const char *name;
} mitigations[] = {
    {ProcessExtensionPointDisablePolicy, 1, false, "extension points off"},
    {ProcessImageLoadPolicy, 1, false, "no remote images"},
    {ProcessImageLoadPolicy, 2, false, "no low-label images"},
    {ProcessImageLoadPolicy, 4, false, "System32 preferred"},
    {ProcessRedirectionTrustPolicy, 1, false, "links of ordinary users not followed"},
    {ProcessChildProcessPolicy, 1, false, "no child processes"},
    {ProcessDynamicCodePolicy, 1, true, "no dynamic code"},
};

enum { MITIGATIONS = sizeof(mitigations) / sizeof(mitigations[0]) };

/*
 * Flags of one policy are set together, since setting one may forbid to set
 * another later. A system that does not know one of them refuses all of them;
 * then each is tried together with those that it took.
 */
static void set_policy(PROCESS_MITIGATION_POLICY policy, bool on_request)
{
    DWORD all = 0;
    DWORD taken = 0;

    for (size_t i = 0; i < MITIGATIONS; i++) {
        if (mitigations[i].policy == policy && mitigations[i].on_request == on_request) {
            all |= mitigations[i].flag;
        }
    }
    if (all == 0 || mitigation_calls_set(policy, all) == ERROR_SUCCESS) {
        return;
    }
    for (DWORD flag = 1; flag != 0 && flag <= all; flag <<= 1) {
        if ((all & flag) != 0 && all != flag &&
            mitigation_calls_set(policy, taken | flag) == ERROR_SUCCESS) {
            taken |= flag;
        }
    }
}

static bool is_first_of_policy(size_t row)
{
    return row == 0 || mitigations[row].policy != mitigations[row - 1].policy;
}

static void apply(bool on_request)
{
    for (size_t i = 0; i < MITIGATIONS; i++) {
        if (is_first_of_policy(i)) {
            set_policy(mitigations[i].policy, on_request);
        }
    }
}

void hardening_apply(void)
{
    apply(false);
}

void hardening_forbid_dynamic_code(void)
{
    apply(true);
}

static void add_name(struct text *names, const char *name)
{
    if (names->size > 0) {
        text_add(names, ", ");
    }
    text_add(names, name);
}

bool hardening_describe(uint32_t pid, struct text *text)
{
    struct text names = {0};
    bool told = true;

    for (size_t i = 0; i < MITIGATIONS && told; i++) {
        DWORD flags;
        DWORD error = mitigation_calls_get(pid, mitigations[i].policy, &flags);

        if (error == ERROR_SUCCESS && (flags & mitigations[i].flag) != 0) {
            add_name(&names, mitigations[i].name);
        }
        told = error != ERROR_ACCESS_DENIED;
    }
    if (told) {
        text_add(text, names.size > 0 ? text_bytes(&names) : "none");
    }
    text_clear(&names);
    return told;
}
