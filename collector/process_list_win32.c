/* SPDX-License-Identifier: MIT */

#include "collector/process_list_win32.h"

#include "base/system_dll_win32.h"

enum { SYSTEM_PROCESS_INFORMATION_CLASS = 5 };

typedef LONG NTAPI query_fn(int class, void *buffer, ULONG size, ULONG *needed);

LONG process_list_query(void *buffer, ULONG size, ULONG *needed)
{
    query_fn *query = (query_fn *)system_dll_find(L"ntdll.dll", "NtQuerySystemInformation");

    *needed = 0;
    return query == NULL ? PROCESS_LIST_NO_CALL
                         : query(SYSTEM_PROCESS_INFORMATION_CLASS, buffer, size, needed);
}
