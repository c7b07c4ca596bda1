/* SPDX-License-Identifier: MIT */

#include "probes/services.h"

#include <wchar.h>

#include <windows.h>

#include "base/utf16_win32.h"

bool services_file_path(struct text *path, struct failure *why)
{
    wchar_t folder[MAX_PATH];
    UINT length = GetSystemDirectoryW(folder, MAX_PATH);

    if (length == 0 || length >= MAX_PATH) {
        return failure_from_system(why, (long)GetLastError(), "cannot find the system's folder");
    }
    utf16_add(path, folder, length);
    text_add(path, "\\drivers\\etc\\services");
    return text_ok(path, why);
}
