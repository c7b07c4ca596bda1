/* SPDX-License-Identifier: MIT */

/*
 * Windows: SystemProcessInformation, which lists all processes in one call,
 * those included that we may not open.
 */

#include "collector/process_table.h"

#include <windows.h>

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/filetime_win32.h"
#include "base/utf16_win32.h"
#include "collector/process_list_win32.h"

enum {
    FIRST_SIZE = 256 * 1024,
    MAX_ATTEMPTS = 8,
    IDLE_PID = 0,
    SYSTEM_PID = 4,
};

struct process_reader {
    uint8_t *buffer;
    ULONG size;
};

static bool reserve(struct process_reader *reader, ULONG size, struct failure *why)
{
    uint8_t *buffer;

    if (size <= reader->size) {
        return true;
    }
    buffer = realloc(reader->buffer, size);
    if (buffer == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the list of processes (%lu bytes)",
                    (unsigned long)size);
    }
    reader->buffer = buffer;
    reader->size = size;
    return true;
}

bool process_reader_open(struct process_reader **out, struct failure *why)
{
    struct process_reader *reader = calloc(1, sizeof(*reader));

    if (reader == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to read the list of processes");
    }
    if (!reserve(reader, FIRST_SIZE, why)) {
        free(reader);
        return false;
    }
    *out = reader;
    return true;
}

/* Calls until the list fits. *used is what was filled. */
static bool fetch(struct process_reader *reader, ULONG *used, struct failure *why)
{
    LONG status = PROCESS_LIST_LENGTH_MISMATCH;

    for (int attempt = 0; attempt < MAX_ATTEMPTS && status == PROCESS_LIST_LENGTH_MISMATCH;
         attempt++) {
        status = process_list_query(reader->buffer, reader->size, used);
        if (status == PROCESS_LIST_LENGTH_MISMATCH) {
            ULONG needed = *used > reader->size ? *used : reader->size;

            /* Room for the threads that start before the next call. */
            if (!reserve(reader, needed + needed / 4, why)) {
                return false;
            }
        }
    }
    if (status == PROCESS_LIST_NO_CALL) {
        return FAIL(why, FAILURE_MISSING, ERROR_PROC_NOT_FOUND,
                    "this system has no NtQuerySystemInformation");
    }
    if (status < 0) {
        return FAIL(why, FAILURE_SYSTEM, status, "cannot list the processes: status 0x%08lx",
                    (unsigned long)status);
    }
    return true;
}

/* 0 where the system tells no start: its idle process has none. */
static int64_t started_at(const struct system_process *process)
{
    int64_t units = process->created_at.QuadPart;

    return units == 0 ? 0 : filetime_to_ms(units);
}

/* The system lists its own two without a name, or with one, depending on the version. */
static void add_name(struct text *name, const struct system_process *process)
{
    uint32_t pid = (uint32_t)(uintptr_t)process->pid;

    if (process->name != NULL && process->name_bytes > 0) {
        utf16_add(name, process->name, process->name_bytes / sizeof(wchar_t));
    } else if (pid == IDLE_PID) {
        text_add(name, "System Idle Process");
    } else if (pid == SYSTEM_PID) {
        text_add(name, "System");
    }
}

static bool add_process(const struct system_process *process, struct text *name,
                        struct process_table *table, struct failure *why)
{
    struct process_row row = {
        .pid = (uint32_t)(uintptr_t)process->pid,
        .parent_pid = (uint32_t)(uintptr_t)process->parent_pid,
        .session = process->session,
        .start = (uint64_t)process->created_at.QuadPart,
        .started_at = started_at(process),
    };

    text_reset(name);
    add_name(name, process);
    return text_ok(name, why) && process_table_add(table, &row, text_bytes(name), name->size, why);
}

static bool add_processes(const struct process_reader *reader, ULONG used,
                          struct process_table *table, struct failure *why)
{
    struct text name = {0};
    ULONG at = 0;
    bool ok = true;

    while (ok && used >= sizeof(struct system_process) &&
           at <= used - sizeof(struct system_process)) {
        struct system_process process;

        memcpy(&process, reader->buffer + at, sizeof(process));
        ok = add_process(&process, &name, table, why);
        if (process.next == 0 || process.next > used - at) {
            break;
        }
        at += process.next;
    }
    text_clear(&name);
    return ok;
}

bool process_reader_read(struct process_reader *reader, struct process_table *table,
                         struct failure *why)
{
    ULONG used = 0;

    process_table_reset(table);
    if (!fetch(reader, &used, why) || !add_processes(reader, used, table, why)) {
        process_table_reset(table);
        return false;
    }
    process_table_sort(table);
    return true;
}

void process_reader_close(struct process_reader *reader)
{
    if (reader != NULL) {
        free(reader->buffer);
        free(reader);
    }
}
