/* SPDX-License-Identifier: MIT */

#include "tests/fake_process_details.h"

#include "base/text.h"
#include "collector/process_details.h"

struct fake_process_details fake_process_details;

static char only; /* handle that there is */

void process_handle_prepare(void)
{
}

bool process_handle_open(struct process_handle **out, uint32_t pid, uint64_t start,
                         enum process_access *access, struct failure *why)
{
    (void)why;
    fake_process_details.calls++;
    fake_process_details.last_pid = pid;
    fake_process_details.last_start = start;
    *access = fake_process_details.access;
    *out = *access == PROCESS_OPENED ? (struct process_handle *)&only : NULL;
    return true;
}

void process_handle_close(struct process_handle *handle)
{
    (void)handle;
}

bool process_details_read(struct process_handle *handle, unsigned wishes,
                          struct process_details *details, struct failure *why)
{
    (void)handle;
    (void)wishes;
    if (fake_process_details.lacks) {
        *details = (struct process_details){.access = PROCESS_NOT_OPENED};
        return true;
    }
    *details = (struct process_details){.access = (uint8_t)fake_process_details.access};
    details->image_identity = fake_process_details.image;
    if (fake_process_details.path != NULL) {
        details->path = text_copy(fake_process_details.path);
    }
    return !fake_process_details.no_memory || FAIL(why, FAILURE_MEMORY, 0, "no memory for a path");
}

bool module_table_read(struct process_handle *handle, struct module_table *table,
                       struct failure *why)
{
    (void)handle;
    (void)why;
    module_table_reset(table);
    return true;
}
