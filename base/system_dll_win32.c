/* SPDX-License-Identifier: MIT */

#include "base/system_dll_win32.h"

#include <wchar.h>

#include <windows.h>

system_dll_fn system_dll_find(const wchar_t *dll, const char *name)
{
    HMODULE module;

    /* A name with a path in it would be taken from there, whatever the flag says. */
    if (wcspbrk(dll, L"\\/:") != NULL) {
        return NULL;
    }
    module = LoadLibraryExW(dll, NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    return module == NULL ? NULL : (system_dll_fn)GetProcAddress(module, name);
}
