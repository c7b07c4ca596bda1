/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Process mitigations, as the system sets and tells them. Looked up at run
 * time. fake_mitigation_calls_win32.c stands in this place in tests.
 */

#include <windows.h>

#include "base/compiler.h"

/*
 * SetProcessMitigationPolicy() for the running program, whose structures of
 * the kinds that we use are all one DWORD of flags. The system's error code:
 * ERROR_PROC_NOT_FOUND where it lacks the call, ERROR_INVALID_PARAMETER where
 * it does not know the policy or a flag.
 */
DWORD mitigation_calls_set(PROCESS_MITIGATION_POLICY policy, DWORD flags) NODISCARD;

/* GetProcessMitigationPolicy(): the flags in force in another program. */
DWORD mitigation_calls_get(DWORD pid, PROCESS_MITIGATION_POLICY policy, DWORD *flags) NODISCARD;
