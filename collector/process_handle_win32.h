/* SPDX-License-Identifier: MIT */
#pragma once

/* What is behind a struct process_handle, for the _win32.c files that read by it. */

#include <windows.h>

#include <stdbool.h>

struct process_handle {
    HANDLE process;
    bool may_read; /* its memory, with what is mapped there */
};
