/* SPDX-License-Identifier: MIT */

#include "tests/fake_process_details.h"

#include "base/text.h"
#include "collector/process_table.h"

struct fake_process_details fake_process_details;

bool process_details_read(uint32_t pid, uint64_t start, struct process_details *details,
                          struct failure *why)
{
    *details = (struct process_details){.access = fake_process_details.access};
    fake_process_details.calls++;
    fake_process_details.last_pid = pid;
    fake_process_details.last_start = start;
    if (fake_process_details.path != NULL) {
        details->path = text_copy(fake_process_details.path);
    }
    return !fake_process_details.no_memory || FAIL(why, FAILURE_MEMORY, 0, "no memory for a path");
}
