/* SPDX-License-Identifier: MIT */

/*
 * Windows: what can be had of one process by a handle. Its modules are in
 * process_modules_win32.c.
 */

#include "collector/process_details.h"

#include <windows.h>
#include <sddl.h>

#include <stdlib.h>

#include "base/utf16_win32.h"
#include "collector/process_calls_win32.h"
#include "collector/process_handle_win32.h"
#include "collector/process_memory_win32.h"
#include "collector/process_text_win32.h"
#include "collector/volume_names_win32.h"

enum {
    IDLE_PID = 0,
    SYSTEM_PID = 4,
    FIRST_PATH_UNITS = 512,
    LAST_PATH_UNITS = 64 * 1024,
};

/* What to ask for when a process is opened, the best first. */
static const struct wanted {
    DWORD access;
    bool may_read;
} wanted[] = {
    {PROCESS_QUERY_INFORMATION | PROCESS_VM_READ | SYNCHRONIZE, true},
    {PROCESS_QUERY_LIMITED_INFORMATION | SYNCHRONIZE, false},
};

/* The lowest RID of each level, the highest level first (MS-DTYP 2.4.2.4). */
static const struct level {
    DWORD rid;
    uint8_t integrity;
} levels[] = {
    {SECURITY_MANDATORY_PROTECTED_PROCESS_RID, PROCESS_INTEGRITY_PROTECTED},
    {SECURITY_MANDATORY_SYSTEM_RID, PROCESS_INTEGRITY_SYSTEM},
    {SECURITY_MANDATORY_HIGH_RID, PROCESS_INTEGRITY_HIGH},
    {SECURITY_MANDATORY_MEDIUM_RID, PROCESS_INTEGRITY_MEDIUM},
    {SECURITY_MANDATORY_LOW_RID, PROCESS_INTEGRITY_LOW},
    {SECURITY_MANDATORY_UNTRUSTED_RID, PROCESS_INTEGRITY_UNTRUSTED},
};

/* What a token tells of its user or of its level: both begin with a SID_AND_ATTRIBUTES. */
union token_sid {
    SID_AND_ATTRIBUTES label;
    BYTE bytes[sizeof(SID_AND_ATTRIBUTES) + SECURITY_MAX_SID_SIZE];
};

void process_handle_prepare(void)
{
    process_calls_enable_debugging();
}

static enum process_access access_from(DWORD error)
{
    switch (error) {
    case ERROR_ACCESS_DENIED:
        return PROCESS_DENIED;
    case ERROR_NOT_ENOUGH_MEMORY:
    case ERROR_NO_SYSTEM_RESOURCES:
    case ERROR_NOT_ENOUGH_QUOTA:
    case ERROR_COMMITMENT_LIMIT:
        return PROCESS_NOT_OPENED;
    default:
        return PROCESS_GONE; /* ERROR_INVALID_PARAMETER: no process has this pid */
    }
}

static enum process_access open_process(struct process_handle *opened, uint32_t pid)
{
    DWORD error = ERROR_ACCESS_DENIED;

    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]) && error == ERROR_ACCESS_DENIED;
         i++) {
        opened->may_read = wanted[i].may_read;
        error = process_calls_open(&opened->process, wanted[i].access, pid);
    }
    return error == ERROR_SUCCESS ? PROCESS_OPENED : access_from(error);
}

/* Whether what was opened is the instance, and runs. */
static enum process_access look(HANDLE process, uint64_t start)
{
    uint64_t found = 0;
    DWORD error = process_calls_start(process, &found);

    if (error != ERROR_SUCCESS) {
        return access_from(error);
    }
    return found != start || process_calls_has_ended(process) ? PROCESS_GONE : PROCESS_OPENED;
}

bool process_handle_open(struct process_handle **out, uint32_t pid, uint64_t start,
                         enum process_access *access, struct failure *why)
{
    struct process_handle opened;

    *out = NULL;
    *access = PROCESS_KERNEL;
    if (pid == IDLE_PID || pid == SYSTEM_PID) {
        return true;
    }
    *access = open_process(&opened, pid);
    if (*access != PROCESS_OPENED) {
        return true;
    }
    *access = look(opened.process, start);
    if (*access != PROCESS_OPENED) {
        process_calls_close(opened.process);
        return true;
    }
    *out = malloc(sizeof(**out));
    if (*out == NULL) {
        process_calls_close(opened.process);
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to hold a process");
    }
    **out = opened;
    return true;
}

void process_handle_close(struct process_handle *handle)
{
    if (handle != NULL) {
        process_calls_close(handle->process);
        free(handle);
    }
}

/* Reads the kernel's name of the image. Without one (*path stays NULL) *error says why. */
static bool read_image(HANDLE process, char **path, DWORD *error, struct failure *why)
{
    *error = ERROR_INSUFFICIENT_BUFFER;
    for (DWORD units = FIRST_PATH_UNITS;
         units <= LAST_PATH_UNITS && *error == ERROR_INSUFFICIENT_BUFFER; units *= 2) {
        wchar_t *wide = malloc(units * sizeof(*wide));
        DWORD length = units;

        if (wide == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for a path");
        }
        *error = process_calls_image(process, wide, &length);
        if (*error == ERROR_SUCCESS) {
            *path = utf16_to_utf8(wide);
        }
        free(wide);
    }
    return *error != ERROR_SUCCESS || *path != NULL ||
           FAIL(why, FAILURE_MEMORY, 0, "no memory for a path");
}

static bool read_path(const struct process_handle *handle, struct process_details *details,
                      struct failure *why)
{
    struct text path = {0};
    DWORD error;

    if (!read_image(handle->process, &details->image_source, &error, why)) {
        return false;
    }
    if (error == ERROR_SUCCESS) {
        volume_names_add_path(&path, details->image_source);
        details->path = text_take(&path);
        return details->path != NULL || FAIL(why, FAILURE_MEMORY, 0, "no memory for a path");
    }
    if (error == ERROR_ACCESS_DENIED) {
        details->access = PROCESS_DENIED;
        details->denied |= PROCESS_PART_PATH;
    } else if (error == ERROR_GEN_FAILURE) {
        details->access = PROCESS_KERNEL; /* it has no image: Registry, Memory Compression */
    }
    return true;
}

static LONG ask_for_command_line(HANDLE process, uint64_t address, void *buffer, size_t size,
                                 size_t *needed)
{
    ULONG length;
    LONG status =
        process_calls_query(process, CALL_COMMAND_LINE_INFORMATION, buffer, (ULONG)size, &length);

    (void)address;
    *needed = length;
    return status;
}

/* Where the system does not hand the command line out, the process's memory has it. */
static void find_command_line(const struct process_handle *handle, LONG status, struct text *line,
                              struct process_details *details)
{
    bool ask_memory = status == CALL_UNKNOWN_CLASS || status == CALL_NOT_IMPLEMENTED;

    if (status == CALL_ACCESS_DENIED || (ask_memory && !handle->may_read)) {
        details->denied |= PROCESS_PART_COMMAND_LINE;
    } else if (ask_memory && !process_memory_add_command_line(handle->process, line)) {
        text_clear(line);
    }
}

/* Windows gives nobody more than 32,767 units, which is less than PROCESS_COMMAND_LINE_LIMIT. */
static bool read_command_line(const struct process_handle *handle, struct process_details *details,
                              struct failure *why)
{
    struct process_text kept = {0};
    struct text line = {0};
    LONG status;
    bool ok;

    ok = process_text_read(&kept, ask_for_command_line, handle->process, 0, &line, &status, why);
    process_text_clear(&kept);
    if (ok) {
        find_command_line(handle, status, &line, details);
        ok = text_ok(&line, why);
    }
    if (ok && line.size > 0) {
        details->command_line = text_take(&line);
    }
    text_clear(&line);
    return ok;
}

/* Reads a SID out of the token. False where that was refused, which is noted, or did not work. */
static bool read_token(const struct process_handle *handle, TOKEN_INFORMATION_CLASS class,
                       enum process_part part, union token_sid *sid,
                       struct process_details *details)
{
    DWORD error = process_calls_token(handle->process, class, sid, sizeof(*sid));

    if (error == ERROR_ACCESS_DENIED) {
        details->denied |= (uint8_t)part;
    }
    return error == ERROR_SUCCESS && IsValidSid(sid->label.Sid);
}

static bool read_user(const struct process_handle *handle, struct process_details *details,
                      struct failure *why)
{
    union token_sid sid;
    wchar_t *wide;

    if (!read_token(handle, TokenUser, PROCESS_PART_USER, &sid, details)) {
        return true;
    }
    if (!ConvertSidToStringSidW(sid.label.Sid, &wide)) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for a user's SID");
    }
    details->user = utf16_to_utf8(wide);
    LocalFree(wide);
    return details->user != NULL || FAIL(why, FAILURE_MEMORY, 0, "no memory for a user's SID");
}

static uint8_t integrity_of(PSID sid)
{
    DWORD rid = *GetSidSubAuthority(sid, *GetSidSubAuthorityCount(sid) - 1U);
    const struct level *level = levels;

    while (rid < level->rid) {
        level++;
    }
    return level->integrity;
}

static void read_integrity(const struct process_handle *handle, struct process_details *details)
{
    union token_sid sid;

    if (read_token(handle, TokenIntegrityLevel, PROCESS_PART_INTEGRITY, &sid, details) &&
        *GetSidSubAuthorityCount(sid.label.Sid) > 0) {
        details->integrity = integrity_of(sid.label.Sid);
    }
}

static bool read_parts(struct process_handle *handle, unsigned wishes,
                       struct process_details *details, struct failure *why)
{
    if (!read_path(handle, details, why)) {
        return false;
    }
    if ((wishes & PROCESS_WISH_COMMAND_LINE) != 0 && !read_command_line(handle, details, why)) {
        return false;
    }
    read_integrity(handle, details);
    return read_user(handle, details, why);
}

bool process_details_read(struct process_handle *handle, unsigned wishes,
                          struct process_details *details, struct failure *why)
{
    *details = (struct process_details){.access = PROCESS_OPENED};
    if (!read_parts(handle, wishes, details, why)) {
        process_details_clear(details);
        return false;
    }
    if (details->path == NULL && process_calls_has_ended(handle->process)) {
        process_details_clear(details);
        details->access = PROCESS_GONE; /* what was missing was refused to nobody */
    }
    return true;
}
