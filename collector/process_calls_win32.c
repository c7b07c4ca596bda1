/* SPDX-License-Identifier: MIT */

#include "collector/process_calls_win32.h"

#include "base/filetime_win32.h"
#include "base/system_dll_win32.h"

enum { MEMORY_MAPPED_FILENAME_INFORMATION = 2 };

typedef LONG NTAPI query_process_fn(HANDLE process, int class, void *buffer, ULONG size,
                                    ULONG *needed);
typedef LONG NTAPI query_memory_fn(HANDLE process, void *address, int class, void *buffer,
                                   SIZE_T size, SIZE_T *needed);

static DWORD error_unless(BOOL done)
{
    return done ? ERROR_SUCCESS : GetLastError();
}

void process_calls_enable_debugging(void)
{
    TOKEN_PRIVILEGES privileges = {.PrivilegeCount = 1};
    HANDLE token;

    privileges.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES, &token)) {
        return;
    }
    if (LookupPrivilegeValueW(NULL, SE_DEBUG_NAME, &privileges.Privileges[0].Luid)) {
        AdjustTokenPrivileges(token, FALSE, &privileges, 0, NULL, NULL);
    }
    CloseHandle(token);
}

DWORD process_calls_open(HANDLE *process, DWORD access, uint32_t pid)
{
    *process = OpenProcess(access, FALSE, pid);
    return error_unless(*process != NULL);
}

void process_calls_close(HANDLE process)
{
    CloseHandle(process);
}

DWORD process_calls_start(HANDLE process, uint64_t *start)
{
    FILETIME created;
    FILETIME exited;
    FILETIME kernel;
    FILETIME user;

    if (!GetProcessTimes(process, &created, &exited, &kernel, &user)) {
        return GetLastError();
    }
    *start = (uint64_t)filetime_units(created);
    return ERROR_SUCCESS;
}

bool process_calls_has_ended(HANDLE process)
{
    return WaitForSingleObject(process, 0) == WAIT_OBJECT_0;
}

DWORD process_calls_image(HANDLE process, wchar_t *path, DWORD *units)
{
    return error_unless(QueryFullProcessImageNameW(process, PROCESS_NAME_NATIVE, path, units));
}

DWORD process_calls_token(HANDLE process, TOKEN_INFORMATION_CLASS class, void *buffer, DWORD size)
{
    HANDLE token;
    DWORD needed;
    DWORD error;

    if (!OpenProcessToken(process, TOKEN_QUERY, &token)) {
        return GetLastError();
    }
    error = error_unless(GetTokenInformation(token, class, buffer, size, &needed));
    CloseHandle(token);
    return error;
}

LONG process_calls_query(HANDLE process, int class, void *buffer, ULONG size, ULONG *needed)
{
    query_process_fn *query =
        (query_process_fn *)system_dll_find(L"ntdll.dll", "NtQueryInformationProcess");

    *needed = 0;
    return query == NULL ? CALL_NOT_IMPLEMENTED : query(process, class, buffer, size, needed);
}

DWORD process_calls_read(HANDLE process, uint64_t address, void *buffer, size_t size)
{
    SIZE_T done = 0;

    if (!ReadProcessMemory(process, (const void *)(uintptr_t)address, buffer, size, &done)) {
        return GetLastError();
    }
    return done == size ? ERROR_SUCCESS : ERROR_PARTIAL_COPY;
}

DWORD process_calls_region(HANDLE process, uint64_t address, MEMORY_BASIC_INFORMATION *region)
{
    const void *at = (const void *)(uintptr_t)address;

    return error_unless(VirtualQueryEx(process, at, region, sizeof(*region)) != 0);
}

LONG process_calls_mapped_name(HANDLE process, uint64_t address, void *buffer, size_t size,
                               size_t *needed)
{
    query_memory_fn *query =
        (query_memory_fn *)system_dll_find(L"ntdll.dll", "NtQueryVirtualMemory");
    SIZE_T length = 0;
    LONG status = CALL_NOT_IMPLEMENTED;

    if (query != NULL) {
        status = query(process, (void *)(uintptr_t)address, MEMORY_MAPPED_FILENAME_INFORMATION,
                       buffer, size, &length);
    }
    *needed = length;
    return status;
}
