/* SPDX-License-Identifier: MIT */
#pragma once

/* Process mitigations of a Windows as a test wants it, in the place of mitigation_calls_win32.h. */

#include <windows.h>

#include <stdbool.h>

enum { FAKE_POLICIES = 32 };

extern struct fake_mitigations {
    bool missing;               /* the system has none of it */
    bool denied;                /* it does not tell of another program */
    DWORD knows[FAKE_POLICIES]; /* flags, by policy; 0: the policy is not known */
    DWORD set[FAKE_POLICIES];   /* in force */
} fake_mitigations;
