/* SPDX-License-Identifier: MIT */

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <windows.h>
#include <winternl.h>

#include "base/filetime_win32.h"
#include "base/system_dll_win32.h"

int64_t clock_now(void)
{
    FILETIME now;

    GetSystemTimePreciseAsFileTime(&now);
    return filetime_to_ms(filetime_units(now));
}

int64_t clock_now_us(void)
{
    FILETIME now;

    GetSystemTimePreciseAsFileTime(&now);
    return filetime_to_ms(filetime_units(now)) * 1000 +
           (int64_t)(filetime_units(now) % FILETIME_PER_MS / (FILETIME_PER_MS / 1000));
}

/* Counts 100 ns, as FILETIME does. */
typedef void WINAPI interrupt_time_fn(ULONGLONG *units);

static void WINAPI biased_by_ticks(ULONGLONG *units)
{
    *units = GetTickCount64() * FILETIME_PER_MS;
}

static void WINAPI unbiased_by_ticks(ULONGLONG *units)
{
    if (!QueryUnbiasedInterruptTime(units)) {
        *units = 0; /* never: it fails for NULL only */
    }
}

/* The precise calls have no import library of a KnownDLL. The others count the same in ticks. */
static interrupt_time_fn *biased = biased_by_ticks;
static interrupt_time_fn *unbiased = unbiased_by_ticks;

static BOOL CALLBACK find_precise_calls(INIT_ONCE *once, void *parameter, void **context)
{
    system_dll_fn precise = system_dll_find(L"kernelbase.dll", "QueryInterruptTimePrecise");
    system_dll_fn precise_unbiased =
        system_dll_find(L"kernelbase.dll", "QueryUnbiasedInterruptTimePrecise");

    (void)once;
    (void)parameter;
    (void)context;
    if (precise != NULL && precise_unbiased != NULL) {
        biased = (interrupt_time_fn *)precise;
        unbiased = (interrupt_time_fn *)precise_unbiased;
    }
    return TRUE;
}

static ULONGLONG read_interrupt_time(interrupt_time_fn *const *kind)
{
    static INIT_ONCE once = INIT_ONCE_STATIC_INIT;
    ULONGLONG units = 0;

    InitOnceExecuteOnce(&once, find_precise_calls, NULL, NULL);
    (*kind)(&units);
    return units;
}

int64_t clock_steady(void)
{
    return (int64_t)(read_interrupt_time(&biased) / FILETIME_PER_MS);
}

int64_t clock_steady_us(void)
{
    return (int64_t)(read_interrupt_time(&biased) / (FILETIME_PER_MS / 1000));
}

int64_t clock_awake(void)
{
    return (int64_t)(read_interrupt_time(&unbiased) / FILETIME_PER_MS);
}

typedef NTSTATUS NTAPI query_system_fn(ULONG what, void *buffer, ULONG size, ULONG *needed);

enum {
    TIME_OF_DAY = 3,
    PROCESSES = 5,
    FIRST_LIST_SIZE = 256 * 1024,
    MAX_ATTEMPTS = 8,
};

static const NTSTATUS LIST_HAS_GROWN = (NTSTATUS)0xC0000004; /* STATUS_INFO_LENGTH_MISMATCH */

/* What the kernel tells of its clock; the tail that newer systems may add is of no interest. */
struct time_of_day {
    int64_t boot; /* FILETIME; moved along when somebody sets the clock */
    int64_t now;
    int64_t zone_bias;
    uint32_t zone;
    uint32_t reserved;
    uint64_t boot_bias; /* the sum of these moves */
    uint64_t sleep_bias;
};

/* The beginning of what the kernel tells of a process. */
struct process_entry {
    uint32_t next; /* bytes to the next entry; 0 in the last */
    uint32_t thread_count;
    int64_t reserved[3];
    int64_t created; /* FILETIME, by the clock as it was; nothing changes it afterwards */
    int64_t user_time;
    int64_t kernel_time;
    UNICODE_STRING name;
};

static bool read_time_of_day(query_system_fn *query, struct time_of_day *time, struct failure *why)
{
    NTSTATUS status;

    memset(time, 0, sizeof(*time));
    status = query(TIME_OF_DAY, time, sizeof(*time), NULL);
    if (!NT_SUCCESS(status)) {
        return failure_from_system(why, status, "cannot tell when the system started");
    }
    return true;
}

/* Reads the list of processes into *out, which the caller frees. */
static bool read_processes(query_system_fn *query, uint8_t **out, struct failure *why)
{
    ULONG size = FIRST_LIST_SIZE;
    NTSTATUS status = LIST_HAS_GROWN;

    for (int attempt = 0; attempt < MAX_ATTEMPTS && status == LIST_HAS_GROWN; attempt++) {
        ULONG needed = 0;
        uint8_t *list = malloc(size);

        if (list == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for the list of processes");
        }
        status = query(PROCESSES, list, size, &needed);
        if (NT_SUCCESS(status)) {
            *out = list;
            return true;
        }
        free(list);
        size = (needed > size ? needed : size) + size / 4; /* room for those that start now */
    }
    failure_from_system(why, status, "cannot list the processes");
    return false;
}

static bool is_session_manager(const struct process_entry *entry)
{
    static const wchar_t name[] = L"smss.exe";
    size_t size = sizeof(name) - sizeof(name[0]);

    return entry->name.Length == size && _wcsnicmp(entry->name.Buffer, name, size / 2) == 0;
}

/*
 * The earliest start of a session manager: each session has one of its own
 * for a moment, and anybody may call a program so. 0 where there is none.
 */
static int64_t first_session_manager(const uint8_t *list)
{
    struct process_entry entry;
    int64_t first = 0;

    do {
        memcpy(&entry, list, sizeof(entry));
        if (is_session_manager(&entry) && entry.created > 0 &&
            (first == 0 || entry.created < first)) {
            first = entry.created;
        }
        list += entry.next;
    } while (entry.next != 0);
    return first;
}

/*
 * A process keeps its start, whatever happens to the clock, and the session
 * manager lives as long as the system. It is missing in some containers and
 * under other implementations of Windows: there the boot time without all
 * later moves is what never changes. The boot counter in the page that the
 * kernel shares with everybody would be shorter, but is 0 on some of these,
 * and nobody promises that it stays when the system wakes from hibernation.
 */
bool clock_boot_read(struct clock_boot *boot, struct failure *why)
{
    query_system_fn *query =
        (query_system_fn *)system_dll_find(L"ntdll.dll", "NtQuerySystemInformation");
    struct time_of_day time;
    uint8_t *list = NULL;
    int64_t session_manager;

    if (query == NULL) {
        return FAIL(why, FAILURE_SYSTEM, ERROR_PROC_NOT_FOUND,
                    "cannot tell one boot from another: this Windows has no "
                    "NtQuerySystemInformation");
    }
    if (!read_time_of_day(query, &time, why) || !read_processes(query, &list, why)) {
        return false;
    }
    session_manager = first_session_manager(list);
    free(list);
    if (session_manager != 0) {
        snprintf(boot->id, sizeof(boot->id), "smss-%016llx", (unsigned long long)session_manager);
    } else {
        snprintf(boot->id, sizeof(boot->id), "kernel-%016llx",
                 (unsigned long long)time.boot - (unsigned long long)time.boot_bias);
    }
    boot->started_at = filetime_to_ms(time.boot);
    return true;
}
