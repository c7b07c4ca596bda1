/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The call that lists all processes at once, and the form of what it gives. It
 * goes through as it is; process_table_win32.c makes sense of it.
 *
 * fake_process_list_win32.c stands in this place in tests.
 */

#include <windows.h>

#include "base/compiler.h"

/* NT statuses (MS-ERREF 2.3). */
#define PROCESS_LIST_LENGTH_MISMATCH ((LONG)0xC0000004) /* the buffer is too small */
#define PROCESS_LIST_NO_CALL ((LONG)0xC0000139)         /* this system lacks it */

/* SYSTEM_PROCESS_INFORMATION as far as we read it. winternl.h calls most of it "Reserved". */
struct system_process {
    ULONG next; /* bytes to the next one; 0: this is the last */
    ULONG thread_count;
    LARGE_INTEGER private_working_set;
    ULONG hard_faults;
    ULONG most_threads;
    ULONGLONG cycles;
    LARGE_INTEGER created_at;
    LARGE_INTEGER user_time;
    LARGE_INTEGER kernel_time;
    USHORT name_bytes;
    USHORT name_capacity;
    const wchar_t *name;
    LONG priority;
    HANDLE pid;
    HANDLE parent_pid;
    ULONG handle_count;
    ULONG session;
};

/* NtQuerySystemInformation(SystemProcessInformation): *needed are the bytes that were filled, or
 * that it takes. */
LONG process_list_query(void *buffer, ULONG size, ULONG *needed) NODISCARD;
