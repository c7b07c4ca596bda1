/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the service control manager is told and asked of our service. Calls
 * and their results go through as they are: each gives the system's error
 * code, ERROR_SUCCESS where it worked.
 *
 * fake_manager_calls_win32.c stands in this place in tests, and keeps the
 * structures that it is given.
 */

#include <windows.h>

#include <stdbool.h>

#include "base/compiler.h"

/* OpenSCManagerW() and OpenServiceW(). What they give is for manager_calls_close(). */
DWORD manager_calls_open(DWORD rights, SC_HANDLE *manager) NODISCARD;
DWORD manager_calls_open_service(SC_HANDLE manager, const wchar_t *name, DWORD rights,
                                 SC_HANDLE *service) NODISCARD;
void manager_calls_close(SC_HANDLE handle);

/* What a service is besides its name, for CreateServiceW() and ChangeServiceConfigW(). */
struct manager_service {
    const wchar_t *display;
    const wchar_t *line;    /* the ImagePath, as it is */
    const wchar_t *account; /* one that needs no password: "LocalSystem", "NT SERVICE\..." */
    DWORD start;            /* SERVICE_AUTO_START and its like */
};

/* The handle has all rights. */
DWORD manager_calls_create(SC_HANDLE manager, const wchar_t *name,
                           const struct manager_service *service, SC_HANDLE *created) NODISCARD;
DWORD manager_calls_change(SC_HANDLE service, const struct manager_service *to) NODISCARD;
DWORD manager_calls_delete(SC_HANDLE service) NODISCARD;

/* ChangeServiceConfig2W(): `info` is the structure of that level. */
DWORD manager_calls_configure(SC_HANDLE service, DWORD level, void *info) NODISCARD;

/* SetServiceObjectSecurity(): who may do what with the service. */
DWORD manager_calls_protect(SC_HANDLE service, PSECURITY_DESCRIPTOR access) NODISCARD;

/* LsaEnumerateAccountRights(): whether the account was given the privilege itself. */
bool manager_calls_account_holds(PSID account, const wchar_t *privilege);

DWORD manager_calls_query(SC_HANDLE service, SERVICE_STATUS_PROCESS *status) NODISCARD;
DWORD manager_calls_start(SC_HANDLE service) NODISCARD;
DWORD manager_calls_control(SC_HANDLE service, DWORD control) NODISCARD;

/*
 * For the service itself: StartServiceCtrlDispatcherW(),
 * RegisterServiceCtrlHandlerExW() and SetServiceStatus().
 */
DWORD manager_calls_dispatch(const SERVICE_TABLE_ENTRYW *table) NODISCARD;
DWORD manager_calls_register(const wchar_t *name, LPHANDLER_FUNCTION_EX handler, void *context,
                             SERVICE_STATUS_HANDLE *handle) NODISCARD;
DWORD manager_calls_report(SERVICE_STATUS_HANDLE handle, const SERVICE_STATUS *status);
