/* SPDX-License-Identifier: MIT */

#include "tests/fake_manager_calls_win32.h"

#include <check.h>
#include <string.h>
#include <wchar.h>

#include <sddl.h>

#include "service/manager_calls_win32.h"

struct fake_manager fake_manager;

static char some_manager;
static char some_service;

static void keep(wchar_t copy[FAKE_TEXT], const wchar_t *text)
{
    ck_assert_uint_lt(wcslen(text), FAKE_TEXT);
    memcpy(copy, text, (wcslen(text) + 1) * sizeof(*text));
}

static DWORD open_one(bool there, DWORD otherwise, void *object, SC_HANDLE *handle)
{
    *handle = there ? object : NULL;
    fake_manager.handles += there;
    return there ? ERROR_SUCCESS : otherwise;
}

DWORD manager_calls_open(DWORD rights, SC_HANDLE *manager)
{
    (void)rights;
    return open_one(fake_manager.open_error == ERROR_SUCCESS, fake_manager.open_error,
                    &some_manager, manager);
}

DWORD manager_calls_open_service(SC_HANDLE manager, const wchar_t *name, DWORD rights,
                                 SC_HANDLE *service)
{
    (void)rights;
    ck_assert_ptr_eq(manager, &some_manager);
    ck_assert(wcscmp(name, L"PortLedger") == 0);
    return open_one(fake_manager.installed, ERROR_SERVICE_DOES_NOT_EXIST, &some_service, service);
}

void manager_calls_close(SC_HANDLE handle)
{
    ck_assert_ptr_nonnull(handle);
    fake_manager.handles--;
}

static void keep_service(const struct manager_service *service)
{
    fake_manager.start = service->start;
    keep(fake_manager.line, service->line);
    keep(fake_manager.account, service->account);
}

DWORD manager_calls_create(SC_HANDLE manager, const wchar_t *name,
                           const struct manager_service *service, SC_HANDLE *created)
{
    ck_assert_ptr_eq(manager, &some_manager);
    ck_assert(wcscmp(name, L"PortLedger") == 0);
    ck_assert(!fake_manager.installed);
    fake_manager.created++;
    fake_manager.installed = fake_manager.create_error == ERROR_SUCCESS;
    keep_service(service);
    return open_one(fake_manager.installed, fake_manager.create_error, &some_service, created);
}

DWORD manager_calls_change(SC_HANDLE service, const struct manager_service *to)
{
    ck_assert_ptr_eq(service, &some_service);
    fake_manager.changed++;
    keep_service(to);
    return fake_manager.change_error;
}

DWORD manager_calls_delete(SC_HANDLE service)
{
    ck_assert_ptr_eq(service, &some_service);
    fake_manager.deleted++;
    fake_manager.installed = false;
    return ERROR_SUCCESS;
}

static void keep_privileges(const SERVICE_REQUIRED_PRIVILEGES_INFOW *info)
{
    const wchar_t *first = info->pmszRequiredPrivileges;

    keep(fake_manager.privileges, first);
    fake_manager.one_privilege = first[wcslen(first) + 1] == 0;
}

static void keep_failure(const SERVICE_FAILURE_ACTIONSW *info)
{
    ck_assert_uint_le(info->cActions, FAKE_ACTIONS);
    fake_manager.failure = *info;
    memcpy(fake_manager.actions, info->lpsaActions, info->cActions * sizeof(*info->lpsaActions));
}

DWORD manager_calls_configure(SC_HANDLE service, DWORD level, void *info)
{
    ck_assert_ptr_eq(service, &some_service);
    if (level >= FAKE_LEVELS) {
        return ERROR_INVALID_LEVEL;
    }
    if (fake_manager.errors[level] != ERROR_SUCCESS) {
        return fake_manager.errors[level];
    }
    fake_manager.configured[level] = true;
    switch (level) {
    case SERVICE_CONFIG_DESCRIPTION:
        fake_manager.description = *(SERVICE_DESCRIPTIONW *)info;
        break;
    case SERVICE_CONFIG_FAILURE_ACTIONS:
        keep_failure(info);
        break;
    case SERVICE_CONFIG_DELAYED_AUTO_START_INFO:
        fake_manager.delayed = *(SERVICE_DELAYED_AUTO_START_INFO *)info;
        break;
    case SERVICE_CONFIG_FAILURE_ACTIONS_FLAG:
        fake_manager.flag = *(SERVICE_FAILURE_ACTIONS_FLAG *)info;
        break;
    case SERVICE_CONFIG_SERVICE_SID_INFO:
        fake_manager.sid = *(SERVICE_SID_INFO *)info;
        break;
    case SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO:
        keep_privileges(info);
        break;
    case SERVICE_CONFIG_PRESHUTDOWN_INFO:
        fake_manager.preshutdown = *(SERVICE_PRESHUTDOWN_INFO *)info;
        break;
    default:
        ck_abort_msg("a level that nobody knows: %lu", level);
    }
    return ERROR_SUCCESS;
}

DWORD manager_calls_protect(SC_HANDLE service, PSECURITY_DESCRIPTOR access)
{
    LPWSTR text = NULL;

    ck_assert_ptr_eq(service, &some_service);
    ck_assert(ConvertSecurityDescriptorToStringSecurityDescriptorW(
        access, SDDL_REVISION_1, DACL_SECURITY_INFORMATION, &text, NULL));
    keep(fake_manager.access, text);
    LocalFree(text);
    return fake_manager.protect_error;
}

bool manager_calls_account_holds(PSID account, const wchar_t *privilege)
{
    LPWSTR text = NULL;

    ck_assert(ConvertSidToStringSidW(account, &text));
    ck_assert(wcsncmp(text, L"S-1-5-80-", 9) == 0);
    LocalFree(text);
    ck_assert(wcscmp(privilege, L"SeDebugPrivilege") == 0);
    return fake_manager.holds_privilege;
}

DWORD manager_calls_query(SC_HANDLE service, SERVICE_STATUS_PROCESS *status)
{
    ck_assert_ptr_eq(service, &some_service);
    *status = (SERVICE_STATUS_PROCESS){.dwCurrentState = fake_manager.state};
    return ERROR_SUCCESS;
}

DWORD manager_calls_start(SC_HANDLE service)
{
    ck_assert_ptr_eq(service, &some_service);
    fake_manager.state = SERVICE_RUNNING;
    return ERROR_SUCCESS;
}

static const struct {
    DWORD control;
    DWORD state;
} leads_to[] = {
    {SERVICE_CONTROL_STOP, SERVICE_STOPPED},
    {SERVICE_CONTROL_PAUSE, SERVICE_PAUSED},
    {SERVICE_CONTROL_CONTINUE, SERVICE_RUNNING},
};

DWORD manager_calls_control(SC_HANDLE service, DWORD control)
{
    ck_assert_ptr_eq(service, &some_service);
    ck_assert_int_lt(fake_manager.control_count, FAKE_REPORTS);
    fake_manager.controls[fake_manager.control_count++] = control;
    for (size_t i = 0; i < sizeof(leads_to) / sizeof(leads_to[0]); i++) {
        if (leads_to[i].control == control && fake_manager.control_error == ERROR_SUCCESS) {
            fake_manager.state = leads_to[i].state;
        }
    }
    return fake_manager.control_error;
}

DWORD manager_calls_dispatch(const SERVICE_TABLE_ENTRYW *table)
{
    wchar_t name[] = L"PortLedger";
    LPWSTR arguments[] = {name, NULL};

    if (fake_manager.dispatch_error == ERROR_SUCCESS) {
        ck_assert(wcscmp(table[0].lpServiceName, name) == 0);
        ck_assert_ptr_null(table[1].lpServiceName);
        table[0].lpServiceProc(1, arguments);
    }
    return fake_manager.dispatch_error;
}

DWORD manager_calls_register(const wchar_t *name, LPHANDLER_FUNCTION_EX handler, void *context,
                             SERVICE_STATUS_HANDLE *handle)
{
    ck_assert(wcscmp(name, L"PortLedger") == 0);
    fake_manager.handler = handler;
    fake_manager.context = context;
    *handle = (SERVICE_STATUS_HANDLE)(void *)&some_service;
    return fake_manager.register_error;
}

DWORD manager_calls_report(SERVICE_STATUS_HANDLE handle, const SERVICE_STATUS *status)
{
    ck_assert_ptr_nonnull((void *)handle);
    ck_assert_int_lt(fake_manager.report_count, FAKE_REPORTS);
    fake_manager.reports[fake_manager.report_count++] = *status;
    return ERROR_SUCCESS;
}

DWORD fake_manager_send(DWORD control, DWORD type)
{
    return fake_manager.handler(control, type, NULL, fake_manager.context);
}

const SERVICE_STATUS *fake_manager_last(void)
{
    ck_assert_int_gt(fake_manager.report_count, 0);
    return &fake_manager.reports[fake_manager.report_count - 1];
}
