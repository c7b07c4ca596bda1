/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * An HTTP server's configuration that is as the test says, in the place of
 * http_config_win32.c.
 */

#include <winsock2.h>
#include <windows.h>

struct fake_http_config {
    const wchar_t *const *urls; /* an entry of NULL is a reservation without a URL */
    ULONG count;
    ULONG open_error;
    ULONG fail_at;    /* with `fail_error` instead of the reservation of this number */
    ULONG fail_error; /* NO_ERROR: none fails */
    ULONG growth;     /* bytes that each reservation needs more whenever it is asked for */
    int opened, closed;
    int calls;
};

extern struct fake_http_config fake_http_config;
