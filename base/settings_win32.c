/* SPDX-License-Identifier: MIT */

#include "base/settings_system.h"

const char settings_path_example[] = "D:\\PortLedger\\ledger.db";

static bool is_separator(char c)
{
    return c == '\\' || c == '/';
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* C:\folder, \\server\share and \\?\C:\folder; but neither \folder nor C:folder. */
bool settings_path_is_absolute(const char *path)
{
    if (is_separator(path[0])) {
        return is_separator(path[1]) && path[2] != '\0';
    }
    return is_letter(path[0]) && path[1] == ':' && is_separator(path[2]);
}
