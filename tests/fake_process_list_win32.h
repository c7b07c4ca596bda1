/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A list of processes as the test says, in the place of process_list_win32.c.
 */

#include "collector/process_list_win32.h"

struct fake_process_list {
    const void *bytes; /* what is given */
    ULONG size;
    ULONG growth; /* bytes by which more than the buffer are wanted, in the first calls: */
    int growing;  /* so many of them */
    LONG status;  /* what the other calls say */
    int calls;
};

extern struct fake_process_list fake_process_list;
