/* SPDX-License-Identifier: MIT */

#include "tests/fake_volume_list_win32.h"

#include "collector/volume_list_win32.h"

struct fake_volumes fake_volumes;

bool volume_list_read(struct volume_list *list)
{
    fake_volumes.readings++;
    for (size_t i = 0; i < fake_volumes.count; i++) {
        const struct fake_volume_name *row = &fake_volumes.names[i];

        if (!volume_list_add(list, row->device, row->name, row->fixed, row->for_people)) {
            return false;
        }
    }
    return !fake_volumes.no_memory;
}
