/* SPDX-License-Identifier: MIT */

/*
 * Windows: a file is opened relative to the root folder of its volume, and so
 * that no reparse point is followed: a folder that was made into a link since
 * the file was mapped could lead to another machine.
 */

#include "collector/image_file_win32.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <winternl.h>

#include "base/filetime_win32.h"
#include "base/system_dll_win32.h"
#include "base/text.h"
#include "base/utf16_win32.h"
#include "collector/image_file_system.h"
#include "collector/volume_names_win32.h"

enum {
    NAME_LIMIT = USHRT_MAX / 2, /* units; a UNICODE_STRING counts bytes in 16 bits */
    SHARE_ALL = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
    LARGEST_PIECE = 1 << 30, /* a DWORD counts the bytes of a piece */
    NANOSECONDS_PER_UNIT = 100,
};

/* Offline, and (MS-FSCC 2.6) to be recalled when opened or read, which not every header names. */
static const DWORD ELSEWHERE = FILE_ATTRIBUTE_OFFLINE | 0x00040000 | 0x00400000;

typedef NTSTATUS NTAPI create_file_fn(HANDLE *file, ACCESS_MASK access,
                                      OBJECT_ATTRIBUTES *attributes, IO_STATUS_BLOCK *result,
                                      LARGE_INTEGER *size, ULONG file_attributes, ULONG share,
                                      ULONG disposition, ULONG options, void *extra,
                                      ULONG extra_size);

/* MS-ERREF 2.3.1; what is not here is IMAGE_UNREADABLE. */
static const struct {
    ULONG status;
    enum image_status means;
} statuses[] = {
    {0xC000000F, IMAGE_GONE},    /* STATUS_NO_SUCH_FILE */
    {0xC0000033, IMAGE_GONE},    /* STATUS_OBJECT_NAME_INVALID */
    {0xC0000034, IMAGE_GONE},    /* STATUS_OBJECT_NAME_NOT_FOUND */
    {0xC0000039, IMAGE_GONE},    /* STATUS_OBJECT_PATH_INVALID */
    {0xC000003A, IMAGE_GONE},    /* STATUS_OBJECT_PATH_NOT_FOUND */
    {0xC000003B, IMAGE_GONE},    /* STATUS_OBJECT_PATH_SYNTAX_BAD */
    {0xC0000056, IMAGE_GONE},    /* STATUS_DELETE_PENDING */
    {0xC0000103, IMAGE_GONE},    /* STATUS_NOT_A_DIRECTORY */
    {0xC0000123, IMAGE_GONE},    /* STATUS_FILE_DELETED */
    {0xC0000907, IMAGE_GONE},    /* STATUS_VIRUS_DELETED */
    {0xC0000022, IMAGE_DENIED},  /* STATUS_ACCESS_DENIED */
    {0xC0000061, IMAGE_DENIED},  /* STATUS_PRIVILEGE_NOT_HELD */
    {0xC0000906, IMAGE_DENIED},  /* STATUS_VIRUS_INFECTED */
    {0xC00000BA, IMAGE_NO_FILE}, /* STATUS_FILE_IS_A_DIRECTORY */
    {0x8000002D, IMAGE_CHANGED}, /* STATUS_STOPPED_ON_SYMLINK */
    {0xC000050B, IMAGE_CHANGED}, /* STATUS_REPARSE_POINT_ENCOUNTERED */
    {0xC0000267, IMAGE_OFFLINE}, /* STATUS_FILE_IS_OFFLINE */
};

struct image_file {
    HANDLE handle;
};

static enum image_status status_of(NTSTATUS status)
{
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        if (statuses[i].status == (ULONG)status) {
            return statuses[i].means;
        }
    }
    return IMAGE_UNREADABLE;
}

/*
 * Opens what `name` is below `root`: without a link on the way, without
 * fetching what is elsewhere, and as nobody, should it leave this machine
 * after all.
 */
static enum image_status open_below(HANDLE *out, HANDLE root, wchar_t *name, ACCESS_MASK access)
{
    create_file_fn *create = (create_file_fn *)system_dll_find(L"ntdll.dll", "NtCreateFile");
    SECURITY_QUALITY_OF_SERVICE as_nobody = {.Length = sizeof(as_nobody),
                                             .ImpersonationLevel = SecurityAnonymous,
                                             .EffectiveOnly = TRUE};
    size_t units = wcslen(name);
    UNICODE_STRING text;
    OBJECT_ATTRIBUTES attributes;
    IO_STATUS_BLOCK result;
    NTSTATUS status;

    if (create == NULL || units > NAME_LIMIT) {
        return IMAGE_UNREADABLE;
    }
    text.Length = text.MaximumLength = (USHORT)(units * sizeof(*name));
    text.Buffer = name;
    InitializeObjectAttributes(&attributes, &text, OBJ_CASE_INSENSITIVE | OBJ_DONT_REPARSE, root,
                               NULL);
    attributes.SecurityQualityOfService = &as_nobody;
    status = create(out, access | FILE_READ_ATTRIBUTES | SYNCHRONIZE, &attributes, &result, NULL, 0,
                    SHARE_ALL, FILE_OPEN,
                    FILE_NON_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT | FILE_SEQUENTIAL_ONLY |
                        FILE_OPEN_NO_RECALL,
                    NULL, 0);
    return NT_SUCCESS(status) ? IMAGE_READ : status_of(status);
}

static bool is_folder(HANDLE handle)
{
    BY_HANDLE_FILE_INFORMATION facts;

    return GetFileInformationByHandle(handle, &facts) &&
           (facts.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

static HANDLE open_root(const char *name)
{
    wchar_t *wide = utf16_from_utf8(name);
    HANDLE root = INVALID_HANDLE_VALUE;

    if (wide != NULL) {
        root = CreateFileW(wide, FILE_READ_ATTRIBUTES, SHARE_ALL, NULL, OPEN_EXISTING,
                           FILE_FLAG_BACKUP_SEMANTICS | SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS,
                           NULL);
    }
    free(wide);
    if (root != INVALID_HANDLE_VALUE && !is_folder(root)) {
        CloseHandle(root);
        root = INVALID_HANDLE_VALUE;
    }
    return root;
}

/* Opens the root folder of a volume by the first of its names that can be opened. */
static HANDLE open_first_root(const struct text *roots)
{
    const char *name = text_bytes(roots);
    const char *end = name + roots->size;
    HANDLE root = INVALID_HANDLE_VALUE;

    while (name < end && root == INVALID_HANDLE_VALUE) {
        root = open_root(name);
        name += strlen(name) + 1;
    }
    return root;
}

static enum image_status open_device_path(HANDLE *out, const char *device_path)
{
    struct text roots = {0};
    const char *rest;
    wchar_t *name;
    HANDLE root;
    enum image_status status = IMAGE_UNREADABLE;

    if (!volume_names_add_roots(&roots, device_path, &rest)) {
        return IMAGE_REMOTE;
    }
    root = open_first_root(&roots);
    name = utf16_from_utf8(rest);
    if (root != INVALID_HANDLE_VALUE && name != NULL) {
        status = open_below(out, root, name, 0);
    }
    if (root != INVALID_HANDLE_VALUE) {
        CloseHandle(root);
    }
    free(name);
    text_clear(&roots);
    return status;
}

/* A path that people use becomes a device path first, so that all names are judged alike. */
static enum image_status open_name(HANDLE *out, const char *name)
{
    struct text device_path = {0};
    enum image_status status;

    name = volume_names_drive_path(name) != NULL ? volume_names_drive_path(name) : name;
    if (name[0] == '\\' && name[1] != '\\') {
        return open_device_path(out, name);
    }
    status = volume_names_add_device_path(&device_path, name)
                 ? open_device_path(out, text_bytes(&device_path))
                 : IMAGE_REMOTE;
    text_clear(&device_path);
    return status;
}

static enum image_status check_kind(HANDLE handle)
{
    BY_HANDLE_FILE_INFORMATION facts;

    if (GetFileType(handle) != FILE_TYPE_DISK) {
        return IMAGE_NO_FILE;
    }
    if (!GetFileInformationByHandle(handle, &facts)) {
        return IMAGE_UNREADABLE;
    }
    return (facts.dwFileAttributes & ELSEWHERE) != 0 ? IMAGE_OFFLINE : IMAGE_READ;
}

enum image_status image_file_find(struct image_file **out, const char *name)
{
    struct image_file *file = calloc(1, sizeof(*file));
    enum image_status status;

    if (file == NULL) {
        return IMAGE_UNREADABLE;
    }
    status = open_name(&file->handle, name);
    if (status == IMAGE_READ) {
        status = check_kind(file->handle);
    }
    if (status != IMAGE_READ) {
        image_file_close(file);
        return status;
    }
    *out = file;
    return IMAGE_READ;
}

bool image_file_volume_varies(const struct image_file *file)
{
    (void)file;
    return false;
}

static uint64_t number_of(DWORD high, DWORD low)
{
    return (uint64_t)high << 32 | low;
}

/* Nanoseconds since 1970 UTC; 0 for what 64 bits of them do not hold. */
static int64_t nanoseconds(FILETIME time)
{
    int64_t units = filetime_units(time) - filetime_from_ms(0);

    return units > INT64_MIN / NANOSECONDS_PER_UNIT && units < INT64_MAX / NANOSECONDS_PER_UNIT
               ? units * NANOSECONDS_PER_UNIT
               : 0;
}

bool image_file_describe(const struct image_file *file, struct image_identity *identity)
{
    BY_HANDLE_FILE_INFORMATION facts;

    if (!GetFileInformationByHandle(file->handle, &facts)) {
        return false;
    }
    *identity = (struct image_identity){
        .volume = facts.dwVolumeSerialNumber,
        .file = number_of(facts.nFileIndexHigh, facts.nFileIndexLow),
        .size = (int64_t)number_of(facts.nFileSizeHigh, facts.nFileSizeLow),
        .written_at = nanoseconds(facts.ftLastWriteTime),
    };
    return true;
}

enum image_status image_file_to_read(struct image_file *file)
{
    wchar_t same[] = L""; /* the file that the handle is of */
    HANDLE handle;
    enum image_status status = open_below(&handle, file->handle, same, FILE_READ_DATA);

    if (status == IMAGE_READ) {
        CloseHandle(file->handle);
        file->handle = handle;
    }
    return status;
}

int64_t image_file_read(struct image_file *file, uint64_t offset, void *buffer, size_t size)
{
    size_t done = 0;

    while (done < size) {
        OVERLAPPED at = {.Offset = (DWORD)(offset + done),
                         .OffsetHigh = (DWORD)((offset + done) >> 32)};
        size_t left = size - done;
        DWORD count = 0;

        if (!ReadFile(file->handle, (char *)buffer + done,
                      left < LARGEST_PIECE ? (DWORD)left : LARGEST_PIECE, &count, &at) &&
            GetLastError() != ERROR_HANDLE_EOF) {
            return -1;
        }
        if (count == 0) {
            break;
        }
        done += count;
    }
    return (int64_t)done;
}

HANDLE image_file_handle(const struct image_file *file)
{
    return file->handle;
}

void image_file_close(struct image_file *file)
{
    if (file != NULL) {
        if (file->handle != NULL) {
            CloseHandle(file->handle);
        }
        free(file);
    }
}
