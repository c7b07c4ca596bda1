/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What program_place_win32.c asks the system. fake_place_calls_win32.c stands
 * in this place in tests.
 */

#include <windows.h>

#include <stdbool.h>

#include "base/compiler.h"

/*
 * GetNamedSecurityInfoW(): owner and access list of the file or folder at
 * `path`, UTF-8, for LocalFree(). The system's error code.
 */
DWORD place_calls_security(const char *path, PSECURITY_DESCRIPTOR *descriptor) NODISCARD;

/*
 * Whether the SID is that of the user who runs this program, and all that he
 * starts is an administrator's: also what he starts unelevated. Where
 * Windows gives him a second token for that, it is not.
 */
bool place_calls_is_full_administrator(PSID sid);
