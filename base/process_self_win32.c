/* SPDX-License-Identifier: MIT */

#include "base/process_self.h"

#include <windows.h>

#include <psapi.h>

uint32_t process_self_pid(void)
{
    return GetCurrentProcessId();
}

/* FILETIMEs are units of 100 ns. */
static int64_t sum(const FILETIME *kernel, const FILETIME *user)
{
    ULARGE_INTEGER a = {.LowPart = kernel->dwLowDateTime, .HighPart = kernel->dwHighDateTime};
    ULARGE_INTEGER b = {.LowPart = user->dwLowDateTime, .HighPart = user->dwHighDateTime};

    return (int64_t)((a.QuadPart + b.QuadPart) / 10);
}

int64_t process_self_cpu(void)
{
    FILETIME begun;
    FILETIME ended;
    FILETIME kernel;
    FILETIME user;

    return GetProcessTimes(GetCurrentProcess(), &begun, &ended, &kernel, &user)
               ? sum(&kernel, &user)
               : 0;
}

int64_t process_self_thread_cpu(void)
{
    FILETIME begun;
    FILETIME ended;
    FILETIME kernel;
    FILETIME user;

    return GetThreadTimes(GetCurrentThread(), &begun, &ended, &kernel, &user) ? sum(&kernel, &user)
                                                                              : 0;
}

struct process_self_usage process_self_usage(void)
{
    struct process_self_usage usage = {.cpu = process_self_cpu()};
    PROCESS_MEMORY_COUNTERS memory = {.cb = sizeof(memory)};
    DWORD handles;

    if (K32GetProcessMemoryInfo(GetCurrentProcess(), &memory, sizeof(memory))) {
        usage.memory = (int64_t)memory.WorkingSetSize;
    }
    if (GetProcessHandleCount(GetCurrentProcess(), &handles)) {
        usage.handles = handles;
    }
    return usage;
}

/* Of all groups. */
int process_self_processors(void)
{
    DWORD count = GetActiveProcessorCount(ALL_PROCESSOR_GROUPS);

    return count > 0 ? (int)count : 1;
}

void process_self_step_back(void)
{
    (void)SetPriorityClass(GetCurrentProcess(), BELOW_NORMAL_PRIORITY_CLASS);
}
