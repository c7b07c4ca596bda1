/* SPDX-License-Identifier: MIT */

#include "base/paths.h"

#include <string.h>

#include "base/paths_system.h"

bool paths_is_separator(char c)
{
    return c != '\0' && strchr(paths_separators, c) != NULL;
}

const char *paths_base_name(const char *path)
{
    const char *name = path + paths_root_size(path);

    for (const char *at = name; *at != '\0'; at++) {
        if (paths_is_separator(*at)) {
            name = at + 1;
        }
    }
    return name;
}

void paths_add_folder(struct text *folder, const char *path)
{
    size_t root = paths_root_size(path);
    size_t size = (size_t)(paths_base_name(path) - path);

    while (size > root && paths_is_separator(path[size - 1])) {
        size--;
    }
    if (size == 0) {
        text_add(folder, ".");
    } else {
        text_add_bytes(folder, path, size);
    }
}

void paths_add_part(struct text *path, const char *part)
{
    /* "C:" is the present folder of that drive, and "C:\" is another one. */
    bool open = path->size == 0 || path->size == paths_root_size(text_bytes(path));

    if (!open && !paths_is_separator(path->bytes[path->size - 1])) {
        text_add_char(path, paths_separators[0]);
    }
    text_add(path, part);
}

bool paths_settings_file(struct text *path, struct failure *why)
{
    if (!paths_add_settings_folder(path, why)) {
        return false;
    }
    paths_add_part(path, "portledger.yaml");
    return text_ok(path, why);
}

bool paths_ledger_file(struct text *path, struct failure *why)
{
    if (!paths_add_ledger_folder(path, why)) {
        return false;
    }
    paths_add_part(path, "ledger.db");
    return text_ok(path, why);
}
