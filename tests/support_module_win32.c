/* SPDX-License-Identifier: MIT */

#include "tests/support_module.h"

#include <windows.h>

#include <stdlib.h>

#include "base/utf16_win32.h"

bool support_load_module(const char *path)
{
    wchar_t *wide = utf16_from_utf8(path);
    bool loaded = wide != NULL && LoadLibraryExW(wide, NULL, LOAD_LIBRARY_SEARCH_SYSTEM32) != NULL;

    free(wide);
    return loaded;
}
