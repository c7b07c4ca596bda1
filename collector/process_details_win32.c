/* SPDX-License-Identifier: MIT */

/*
 * Windows: what can be had of one process by a handle.
 */

#include "collector/process_details.h"

#include <windows.h>

#include <stdlib.h>

#include "base/filetime_win32.h"
#include "base/utf16_win32.h"

enum {
    IDLE_PID = 0,
    SYSTEM_PID = 4,
    FIRST_PATH_UNITS = 512,
    LAST_PATH_UNITS = 64 * 1024,
};

struct process_handle {
    HANDLE process;
};

void process_handle_prepare(void)
{
}

/* The start of an open process, as SystemProcessInformation tells it; 0 where it cannot be had. */
static uint64_t start_of(HANDLE process)
{
    FILETIME created;
    FILETIME exited;
    FILETIME kernel;
    FILETIME user;

    if (!GetProcessTimes(process, &created, &exited, &kernel, &user)) {
        return 0;
    }
    return (uint64_t)filetime_units(created);
}

static bool has_ended(HANDLE process)
{
    DWORD status;

    return GetExitCodeProcess(process, &status) && status != STILL_ACTIVE;
}

/* Reads the path of the image. Without one (*path stays NULL) *error says why. */
static bool read_path(HANDLE process, char **path, DWORD *error, struct failure *why)
{
    for (DWORD units = FIRST_PATH_UNITS; units <= LAST_PATH_UNITS; units *= 2) {
        wchar_t *wide = malloc(units * sizeof(*wide));
        DWORD length = units;

        if (wide == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for a path");
        }
        *error = ERROR_SUCCESS;
        if (QueryFullProcessImageNameW(process, 0, wide, &length)) {
            *path = utf16_to_utf8(wide);
            free(wide);
            return *path != NULL || FAIL(why, FAILURE_MEMORY, 0, "no memory for a path");
        }
        *error = GetLastError();
        free(wide);
        if (*error != ERROR_INSUFFICIENT_BUFFER) {
            break;
        }
    }
    return true;
}

bool process_handle_open(struct process_handle **out, uint32_t pid, uint64_t start,
                         enum process_access *access, struct failure *why)
{
    HANDLE process;

    *out = NULL;
    *access = PROCESS_KERNEL;
    if (pid == IDLE_PID || pid == SYSTEM_PID) {
        return true;
    }
    process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
    if (process == NULL) {
        *access = GetLastError() == ERROR_ACCESS_DENIED ? PROCESS_DENIED : PROCESS_GONE;
        return true;
    }
    *access = PROCESS_GONE;
    if (start_of(process) != start) {
        CloseHandle(process);
        return true;
    }
    *out = malloc(sizeof(**out));
    if (*out == NULL) {
        CloseHandle(process);
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to hold a process");
    }
    *access = PROCESS_OPENED;
    (*out)->process = process;
    return true;
}

void process_handle_close(struct process_handle *handle)
{
    if (handle != NULL) {
        CloseHandle(handle->process);
        free(handle);
    }
}

bool process_details_read(struct process_handle *handle, unsigned wishes,
                          struct process_details *details, struct failure *why)
{
    DWORD error = ERROR_SUCCESS;

    (void)wishes;
    *details = (struct process_details){.access = PROCESS_OPENED};
    if (!read_path(handle->process, &details->path, &error, why)) {
        return false;
    }
    if (error == ERROR_GEN_FAILURE) {
        /* A process without an image (Registry, Memory Compression), or one that has ended. */
        details->access = has_ended(handle->process) ? PROCESS_GONE : PROCESS_KERNEL;
    } else if (error == ERROR_ACCESS_DENIED) {
        details->access = PROCESS_DENIED;
    }
    return true;
}

bool module_table_read(struct process_handle *handle, struct module_table *table,
                       struct failure *why)
{
    (void)handle;
    (void)why;
    module_table_reset(table);
    return true;
}
