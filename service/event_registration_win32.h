/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The log of our own in the Windows event log, as it stands in the registry:
 * who may write to it, how large it may get, and where the texts are.
 */

#include <windows.h>

#include <stdbool.h>

#include "base/failure.h"

/* Where Windows looks: in HKEY_LOCAL_MACHINE. */
extern const wchar_t event_registration_key[];

/*
 * Registers the log and its source, both "PortLedger", below the key `under`
 * of `root`. `messages` is the library with the texts, UTF-8. What was
 * registered before is replaced; sizes that an administrator has chosen stay.
 */
bool event_registration_add(HKEY root, const wchar_t *under, const char *messages,
                            struct failure *why) NODISCARD;

/* Takes it away again. The events stay, in a file of the system. Nothing to remove is no failure.
 */
bool event_registration_remove(HKEY root, const wchar_t *under, struct failure *why) NODISCARD;
