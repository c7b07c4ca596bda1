/* SPDX-License-Identifier: MIT */

#include "collector/cgroup_text_linux.h"

#include <unistd.h>

#include "collector/process_folder_linux.h"
#include "collector/process_stat_linux.h"

enum { ENOUGH = 1024 * 1024 };

bool cgroup_text_read(uint32_t pid, uint64_t start, struct text *content)
{
    int folder = process_stat_open_folder(pid);
    struct process_stat stat;
    bool ok;

    if (folder < 0) {
        return false;
    }
    text_clear(content); /* and a failure with it */
    ok = process_stat_read(folder, "stat", &stat) && stat.start == start &&
         process_folder_read(folder, "cgroup", ENOUGH, content) == 0;
    close(folder);
    return ok;
}
