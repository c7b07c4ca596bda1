/* SPDX-License-Identifier: MIT */

#include "tests/fake_process_list_win32.h"

#include <string.h>

struct fake_process_list fake_process_list;

LONG process_list_query(void *buffer, ULONG size, ULONG *needed)
{
    fake_process_list.calls++;
    if (fake_process_list.calls <= fake_process_list.growing) {
        *needed = size + fake_process_list.growth;
        return PROCESS_LIST_LENGTH_MISMATCH;
    }
    *needed = fake_process_list.size;
    if (fake_process_list.size > size) {
        return PROCESS_LIST_LENGTH_MISMATCH;
    }
    if (fake_process_list.size > 0) {
        memcpy(buffer, fake_process_list.bytes, fake_process_list.size);
    }
    return fake_process_list.status;
}
