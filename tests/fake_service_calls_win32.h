/* SPDX-License-Identifier: MIT */
#pragma once

/* A service manager that does as it is told, in the place of service_calls_win32.c. */

#include <windows.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fake_service {
    const wchar_t *name;
    uint32_t pid;
    uint32_t tag;
};

struct fake_service_calls {
    const struct fake_service *services;
    size_t count;
    size_t copies;   /* where not 0: so many services of pid 1000 on, with the first one's name */
    bool knows_tags; /* the system has the call */
    DWORD open_error;
    DWORD list_error;  /* of every reading */
    int failing_lists; /* so many readings fail with ERROR_INVALID_HANDLE first */

    int handles; /* that are open */
    int opened;
    int lists; /* readings */
};

extern struct fake_service_calls fake_service_calls;
