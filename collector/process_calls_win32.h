/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What we ask the system about one process. Calls and their results go
 * through as they are; who called makes sense of them.
 *
 * fake_process_calls_win32.c stands in this place in tests.
 */

#include <windows.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

/* NT statuses (MS-ERREF 2.3) that are told apart. */
#define CALL_LENGTH_MISMATCH ((LONG)0xC0000004)  /* the buffer is too small */
#define CALL_BUFFER_OVERFLOW ((LONG)0x80000005)  /* likewise */
#define CALL_BUFFER_TOO_SMALL ((LONG)0xC0000023) /* likewise */
#define CALL_UNKNOWN_CLASS ((LONG)0xC0000003)
#define CALL_NOT_IMPLEMENTED ((LONG)0xC0000002)
#define CALL_ACCESS_DENIED ((LONG)0xC0000022)

/* Classes of process_calls_query(); winternl.h knows the first and the third. */
enum {
    CALL_BASIC_INFORMATION = 0,
    CALL_WOW64_INFORMATION = 26,
    CALL_COMMAND_LINE_INFORMATION = 60, /* since Windows 8.1 */
    CALL_PROTECTION_INFORMATION = 61,   /* likewise */
};

/* Enables SeDebugPrivilege for us, if our token holds it. */
void process_calls_enable_debugging(void);

/* OpenProcess(). What it gives is for process_calls_close(). */
DWORD process_calls_open(HANDLE *process, DWORD access, uint32_t pid) NODISCARD;
void process_calls_close(HANDLE process);

/* GetProcessTimes(): the start in 100 ns since 1601 UTC. */
DWORD process_calls_start(HANDLE process, uint64_t *start) NODISCARD;

/* Whether it has ended. */
bool process_calls_has_ended(HANDLE process);

/* QueryFullProcessImageNameW(), with the name as the kernel says it. */
DWORD process_calls_image(HANDLE process, wchar_t *path, DWORD *units) NODISCARD;

/* GetTokenInformation() of the process's token. */
DWORD process_calls_token(HANDLE process, TOKEN_INFORMATION_CLASS class, void *buffer,
                          DWORD size) NODISCARD;

/* NtQueryInformationProcess(). */
LONG process_calls_query(HANDLE process, int class, void *buffer, ULONG size,
                         ULONG *needed) NODISCARD;

/* ReadProcessMemory(): all of it or nothing. */
DWORD process_calls_read(HANDLE process, uint64_t address, void *buffer, size_t size) NODISCARD;

/* VirtualQueryEx(): the region that an address lies in. ERROR_INVALID_PARAMETER beyond the last. */
DWORD process_calls_region(HANDLE process, uint64_t address,
                           MEMORY_BASIC_INFORMATION *region) NODISCARD;

/*
 * NtQueryVirtualMemory(), MemoryMappedFilenameInformation: a UNICODE_STRING
 * and its text, the kernel's name of the file that is mapped there.
 * GetMappedFileNameW() does the same, but does not tell how much room a name
 * needs.
 */
LONG process_calls_mapped_name(HANDLE process, uint64_t address, void *buffer, size_t size,
                               size_t *needed) NODISCARD;
