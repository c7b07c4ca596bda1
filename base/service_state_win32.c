/* SPDX-License-Identifier: MIT */

#include "base/service_state_win32.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/utf16_win32.h"

static const struct {
    DWORD theirs;
    enum service_state ours;
} states[] = {
    {SERVICE_STOPPED, SERVICE_IS_STOPPED},           {SERVICE_START_PENDING, SERVICE_IS_STARTING},
    {SERVICE_RUNNING, SERVICE_IS_RUNNING},           {SERVICE_STOP_PENDING, SERVICE_IS_STOPPING},
    {SERVICE_PAUSE_PENDING, SERVICE_IS_PAUSED},      {SERVICE_PAUSED, SERVICE_IS_PAUSED},
    {SERVICE_CONTINUE_PENDING, SERVICE_IS_STARTING},
};

static enum service_state translate(DWORD state)
{
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        if (states[i].theirs == state) {
            return states[i].ours;
        }
    }
    return SERVICE_IS_UNKNOWN;
}

static long last_exit(const SERVICE_STATUS_PROCESS *status)
{
    switch (status->dwWin32ExitCode) {
    case ERROR_SERVICE_SPECIFIC_ERROR:
        return (long)status->dwServiceSpecificExitCode;
    case ERROR_SERVICE_NEVER_STARTED:
        return 0;
    default:
        return (long)status->dwWin32ExitCode;
    }
}

struct service_facts service_state_from_status(const SERVICE_STATUS_PROCESS *status)
{
    struct service_facts facts = {
        .state = translate(status->dwCurrentState),
        .pid = status->dwProcessId,
        .last_exit = last_exit(status),
    };

    return facts;
}

static DWORD query(SC_HANDLE manager, const wchar_t *name, SERVICE_STATUS_PROCESS *status)
{
    SC_HANDLE service = OpenServiceW(manager, name, SERVICE_QUERY_STATUS);
    DWORD error = service == NULL ? GetLastError() : NO_ERROR;
    DWORD needed;

    if (service != NULL) {
        if (!QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)status, sizeof(*status),
                                  &needed)) {
            error = GetLastError();
        }
        CloseServiceHandle(service);
    }
    return error;
}

static DWORD ask_manager(SERVICE_STATUS_PROCESS *status)
{
    wchar_t *name = utf16_from_utf8(SERVICE_NAME);
    SC_HANDLE manager = name == NULL ? NULL : OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    DWORD error = name == NULL ? ERROR_NOT_ENOUGH_MEMORY : GetLastError();

    if (manager != NULL) {
        error = query(manager, name, status);
        CloseServiceHandle(manager);
    }
    free(name);
    return error;
}

bool service_state_read(struct service_facts *facts, struct failure *why)
{
    SERVICE_STATUS_PROCESS status = {0};
    DWORD error = ask_manager(&status);

    switch (error) {
    case NO_ERROR:
        *facts = service_state_from_status(&status);
        return true;
    case ERROR_SERVICE_DOES_NOT_EXIST:
        *facts = (struct service_facts){.state = SERVICE_IS_ABSENT};
        return true;
    case ERROR_ACCESS_DENIED:           /* this user may not ask */
    case ERROR_DATABASE_DOES_NOT_EXIST: /* there is no manager, as in some containers */
    case RPC_S_SERVER_UNAVAILABLE:
        *facts = (struct service_facts){.state = SERVICE_IS_UNKNOWN};
        return true;
    default:
        return failure_from_system(why, (long)error, "cannot ask the service control manager");
    }
}
