/* SPDX-License-Identifier: MIT */

#include "tests/support_process.h"

#include "tests/support.h"

void support_read_details(uint32_t pid, uint64_t start, unsigned wishes,
                          struct process_details *details)
{
    struct process_handle *handle = NULL;
    enum process_access access = PROCESS_NOT_OPENED;
    struct failure why;

    process_details_clear(details);
    CHECK_DONE(process_handle_open(&handle, pid, start, &access, &why), why);
    if (handle == NULL) {
        details->access = (uint8_t)access;
    } else {
        CHECK_DONE(process_details_read(handle, wishes, details, &why), why);
    }
    process_handle_close(handle);
}
