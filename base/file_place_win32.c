/* SPDX-License-Identifier: MIT */

#include "base/file_place.h"

#include <stdbool.h>
#include <stdlib.h>
#include <wchar.h>

#include <windows.h>

#include "base/utf16_win32.h"

/* Longer than the path itself the root of its volume cannot be, but for a separator. */
static wchar_t *find_root(const wchar_t *path)
{
    size_t units = wcslen(path) + 2;
    wchar_t *root = calloc(units, sizeof(*root));

    if (root != NULL && !GetVolumePathNameW(path, root, (DWORD)units)) {
        free(root);
        root = NULL;
    }
    return root;
}

static enum file_place place_of_root(const wchar_t *root)
{
    switch (GetDriveTypeW(root)) {
    case DRIVE_REMOTE:
        return FILE_PLACE_REMOTE;
    case DRIVE_UNKNOWN:
    case DRIVE_NO_ROOT_DIR:
        return FILE_PLACE_UNKNOWN;
    default:
        return FILE_PLACE_LOCAL;
    }
}

/* A server and a share, also in the long form; what else begins with a question mark or a dot
 * behind the two separators is of this machine. */
static bool is_unc(const wchar_t *path)
{
    if (path[0] != L'\\' || path[1] != L'\\') {
        return false;
    }
    return (path[2] != L'?' && path[2] != L'.') || _wcsnicmp(path + 2, L"?\\UNC\\", 6) == 0;
}

enum file_place file_place_of(const char *path)
{
    wchar_t *wide = utf16_absolute(path);
    wchar_t *root = NULL;
    enum file_place place = FILE_PLACE_UNKNOWN;

    if (wide != NULL && is_unc(wide)) {
        place = FILE_PLACE_REMOTE;
    } else if (wide != NULL) {
        root = find_root(wide);
        place = root == NULL ? FILE_PLACE_UNKNOWN : place_of_root(root);
    }
    free(root);
    free(wide);
    return place;
}
