/* SPDX-License-Identifier: MIT */

#include "base/paths.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <windows.h>

#include "base/paths_system.h"
#include "base/system_dll_win32.h"
#include "base/utf16_win32.h"

enum {
    FIRST_SIZE = 256,
    LARGEST_SIZE = 1 << 16, /* Windows' longest path and more */
};

const char paths_separators[] = "\\/";

static bool is_drive(const char *path)
{
    char letter = (char)(path[0] | 0x20); /* lower case */

    return letter >= 'a' && letter <= 'z' && path[1] == ':';
}

/* Also for \\?\C:\, \\server and \\?\UNC\server, whose root we need not know: nobody asks for it.
 */
size_t paths_root_size(const char *path)
{
    size_t drive = strncmp(path, "\\\\?\\", 4) == 0 ? 4 : 0;

    if (is_drive(path + drive)) {
        return drive + (paths_is_separator(path[drive + 2]) ? 3 : 2);
    }
    return drive == 0 && paths_is_separator(path[0]) ? 1 : 0;
}

static const GUID program_data = {
    0x62AB5D82, 0xFDC1, 0x4DC3, {0xA9, 0xDD, 0x07, 0x0D, 0x1D, 0x49, 0x5D, 0x97}};

typedef HRESULT WINAPI known_folder_fn(const GUID *id, DWORD flags, HANDLE token, wchar_t **path);
typedef void WINAPI free_fn(void *memory);

/*
 * Looked up at run time, because loading the shell takes longer than most of
 * our commands, and most of them are told where the ledger is.
 */
static bool add_data_folder(struct text *path, struct failure *why)
{
    known_folder_fn *read =
        (known_folder_fn *)system_dll_find(L"shell32.dll", "SHGetKnownFolderPath");
    free_fn *release = (free_fn *)system_dll_find(L"ole32.dll", "CoTaskMemFree");
    HRESULT result = HRESULT_FROM_WIN32(ERROR_PROC_NOT_FOUND);
    wchar_t *wide = NULL;

    if (read != NULL && release != NULL) {
        result = read(&program_data, 0, NULL, &wide);
    }
    if (SUCCEEDED(result)) {
        utf16_add(path, wide, wcslen(wide));
        paths_add_part(path, "PortLedger");
    }
    if (release != NULL) {
        release(wide); /* also after a failure: the contract of the call */
    }
    if (FAILED(result)) {
        return failure_from_system(why, result, "cannot find the folder for programs' data");
    }
    return text_ok(path, why);
}

bool paths_add_settings_folder(struct text *path, struct failure *why)
{
    return add_data_folder(path, why);
}

bool paths_add_ledger_folder(struct text *path, struct failure *why)
{
    return add_data_folder(path, why);
}

bool paths_program_file(struct text *path, struct failure *why)
{
    DWORD length = 0;
    DWORD error = ERROR_INSUFFICIENT_BUFFER;

    for (DWORD size = FIRST_SIZE; error == ERROR_INSUFFICIENT_BUFFER && size <= LARGEST_SIZE;
         size *= 2) {
        wchar_t *wide = malloc(size * sizeof(*wide));

        if (wide == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for the program's path");
        }
        length = GetModuleFileNameW(NULL, wide, size);
        error = length == 0 ? GetLastError() : NO_ERROR;
        if (length == size) { /* cut; not every system says so */
            error = ERROR_INSUFFICIENT_BUFFER;
        } else {
            utf16_add(path, wide, length);
        }
        free(wide);
    }
    if (error != NO_ERROR) {
        return failure_from_system(why, (long)error, "cannot tell where the program's file is");
    }
    return text_ok(path, why);
}

bool paths_absolute(struct text *absolute, const char *path, struct failure *why)
{
    wchar_t *wide;

    if (path[0] == '\0') {
        return FAIL(why, FAILURE_USAGE, 0, "an empty path names no file");
    }
    SetLastError(ERROR_NOT_ENOUGH_MEMORY); /* what a refused allocation does not set */
    wide = utf16_absolute(path);
    if (wide == NULL) {
        return failure_from_system(why, (long)GetLastError(), "cannot make %s an absolute path",
                                   path);
    }
    utf16_add(absolute, wide, wcslen(wide));
    free(wide);
    return text_ok(absolute, why);
}
