/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What we ask the service manager. Calls and their results go through as they
 * are.
 *
 * fake_service_calls_win32.c stands in this place in tests.
 */

#include <windows.h>

#include <stdint.h>

#include "base/compiler.h"

/* OpenSCManagerW(), to list services. What it gives is for service_calls_close(). */
DWORD service_calls_open(SC_HANDLE *manager) NODISCARD;
void service_calls_close(SC_HANDLE manager);

/*
 * EnumServicesStatusExW(): the services that run, as `count` rows of
 * ENUM_SERVICE_STATUS_PROCESSW, from *resume on (0: all). ERROR_MORE_DATA:
 * there are more, from *resume on, and `needed` bytes would hold them.
 */
DWORD service_calls_list(SC_HANDLE manager, void *buffer, DWORD size, DWORD *needed, DWORD *count,
                         DWORD *resume) NODISCARD;

/*
 * I_QueryTagInformation(): the name of the service that has this tag in the
 * process, for LocalFree(). ERROR_PROC_NOT_FOUND where this system lacks the
 * call.
 */
DWORD service_calls_name_of_tag(uint32_t pid, uint32_t tag, wchar_t **name) NODISCARD;
