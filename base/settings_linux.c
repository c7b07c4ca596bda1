/* SPDX-License-Identifier: MIT */

#include "base/settings_system.h"

const char settings_path_example[] = "/var/lib/portledger/ledger.db";

bool settings_path_is_absolute(const char *path)
{
    return path[0] == '/';
}
