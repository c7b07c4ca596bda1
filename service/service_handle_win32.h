/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Our service as the verbs hold it: the service control manager, and the
 * service where it is installed.
 */

#include <windows.h>

#include <stdbool.h>

#include "base/failure.h"

/* Starts as {0}. */
struct service_handle {
    SC_HANDLE manager;
    SC_HANDLE service; /* NULL: not installed */
};

/* A service that is not installed is no failure here, and is one below. */
bool service_handle_open(struct service_handle *handle, DWORD manager_rights, DWORD rights,
                         struct failure *why) NODISCARD;
bool service_handle_open_installed(struct service_handle *handle, DWORD rights,
                                   struct failure *why) NODISCARD;

/* Harmless twice. */
void service_handle_close(struct service_handle *handle);

/* Always false: why `doing` it did not work, with what to do where rights are missing. */
bool service_handle_refused(struct failure *why, DWORD error, const char *doing);
