/* SPDX-License-Identifier: MIT */

#include "service/manager_calls_win32.h"

#include <wchar.h>

#include <ntsecapi.h>

static DWORD error_of(BOOL worked)
{
    return worked ? ERROR_SUCCESS : GetLastError();
}

DWORD manager_calls_open(DWORD rights, SC_HANDLE *manager)
{
    *manager = OpenSCManagerW(NULL, NULL, rights);
    return error_of(*manager != NULL);
}

DWORD manager_calls_open_service(SC_HANDLE manager, const wchar_t *name, DWORD rights,
                                 SC_HANDLE *service)
{
    *service = OpenServiceW(manager, name, rights);
    return error_of(*service != NULL);
}

void manager_calls_close(SC_HANDLE handle)
{
    CloseServiceHandle(handle);
}

DWORD manager_calls_create(SC_HANDLE manager, const wchar_t *name,
                           const struct manager_service *service, SC_HANDLE *created)
{
    *created = CreateServiceW(manager, name, service->display, SERVICE_ALL_ACCESS,
                              SERVICE_WIN32_OWN_PROCESS, service->start, SERVICE_ERROR_NORMAL,
                              service->line, NULL, NULL, NULL, service->account, NULL);
    return error_of(*created != NULL);
}

/* An account without a password is given an empty one, or the old one's would stay. */
DWORD manager_calls_change(SC_HANDLE service, const struct manager_service *to)
{
    return error_of(ChangeServiceConfigW(service, SERVICE_WIN32_OWN_PROCESS, to->start,
                                         SERVICE_ERROR_NORMAL, to->line, NULL, NULL, NULL,
                                         to->account, L"", to->display));
}

DWORD manager_calls_delete(SC_HANDLE service)
{
    return error_of(DeleteService(service));
}

DWORD manager_calls_configure(SC_HANDLE service, DWORD level, void *info)
{
    return error_of(ChangeServiceConfig2W(service, level, info));
}

DWORD manager_calls_protect(SC_HANDLE service, PSECURITY_DESCRIPTOR access)
{
    return error_of(SetServiceObjectSecurity(service, DACL_SECURITY_INFORMATION, access));
}

static bool is_named(const LSA_UNICODE_STRING *right, const wchar_t *name)
{
    size_t units = right->Length / sizeof(wchar_t);

    return units == wcslen(name) && wcsncmp(right->Buffer, name, units) == 0;
}

bool manager_calls_account_holds(PSID account, const wchar_t *privilege)
{
    LSA_OBJECT_ATTRIBUTES attributes = {.Length = sizeof(attributes)};
    LSA_UNICODE_STRING *rights = NULL;
    LSA_HANDLE policy;
    ULONG count = 0;
    bool holds = false;

    if (LsaOpenPolicy(NULL, &attributes, POLICY_LOOKUP_NAMES, &policy) != 0) {
        return false;
    }
    if (LsaEnumerateAccountRights(policy, account, &rights, &count) == 0) {
        for (ULONG i = 0; i < count; i++) {
            holds = holds || is_named(&rights[i], privilege);
        }
        LsaFreeMemory(rights);
    }
    LsaClose(policy);
    return holds;
}

DWORD manager_calls_query(SC_HANDLE service, SERVICE_STATUS_PROCESS *status)
{
    DWORD needed;

    return error_of(QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)status,
                                         sizeof(*status), &needed));
}

DWORD manager_calls_start(SC_HANDLE service)
{
    return error_of(StartServiceW(service, 0, NULL));
}

DWORD manager_calls_control(SC_HANDLE service, DWORD control)
{
    SERVICE_STATUS ignored;

    return error_of(ControlService(service, control, &ignored));
}

DWORD manager_calls_dispatch(const SERVICE_TABLE_ENTRYW *table)
{
    return error_of(StartServiceCtrlDispatcherW(table));
}

DWORD manager_calls_register(const wchar_t *name, LPHANDLER_FUNCTION_EX handler, void *context,
                             SERVICE_STATUS_HANDLE *handle)
{
    *handle = RegisterServiceCtrlHandlerExW(name, handler, context);
    return error_of(*handle != NULL);
}

DWORD manager_calls_report(SERVICE_STATUS_HANDLE handle, const SERVICE_STATUS *status)
{
    SERVICE_STATUS copy = *status; /* the call wants one that it could change */

    return error_of(SetServiceStatus(handle, &copy));
}
