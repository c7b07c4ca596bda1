/* SPDX-License-Identifier: MIT */

#include "service/mitigation_calls_win32.h"

#include "base/system_dll_win32.h"

typedef BOOL WINAPI set_fn(PROCESS_MITIGATION_POLICY policy, PVOID flags, SIZE_T size);
typedef BOOL WINAPI get_fn(HANDLE process, PROCESS_MITIGATION_POLICY policy, PVOID flags,
                           SIZE_T size);

DWORD mitigation_calls_set(PROCESS_MITIGATION_POLICY policy, DWORD flags)
{
    set_fn *set = (set_fn *)system_dll_find(L"kernel32.dll", "SetProcessMitigationPolicy");

    if (set == NULL) {
        return ERROR_PROC_NOT_FOUND;
    }
    return set(policy, &flags, sizeof(flags)) ? ERROR_SUCCESS : GetLastError();
}

DWORD mitigation_calls_get(DWORD pid, PROCESS_MITIGATION_POLICY policy, DWORD *flags)
{
    get_fn *get = (get_fn *)system_dll_find(L"kernel32.dll", "GetProcessMitigationPolicy");
    HANDLE process;
    DWORD error = ERROR_SUCCESS;

    *flags = 0;
    if (get == NULL) {
        return ERROR_PROC_NOT_FOUND;
    }
    process = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, pid);
    if (process == NULL) {
        return GetLastError();
    }
    if (!get(process, policy, flags, sizeof(*flags))) {
        error = GetLastError();
    }
    CloseHandle(process);
    return error;
}
