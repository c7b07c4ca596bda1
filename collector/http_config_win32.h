/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The three calls of the HTTP server's library that we need, looked up at run
 * time. fake_http_config_win32.c stands in this place in tests.
 */

#include <winsock2.h>
#include <windows.h>

/* HttpInitialize(): its result, or ERROR_PROC_NOT_FOUND where this system lacks the calls. */
ULONG http_config_open(void);

/*
 * Fills `buffer` with the HTTP_SERVICE_CONFIG_URLACL_SET number `which`.
 * Results are those of HttpQueryServiceConfiguration(): ERROR_NO_MORE_ITEMS
 * behind the last one; ERROR_INSUFFICIENT_BUFFER, with the size in *needed,
 * where there is not room enough.
 */
ULONG http_config_reservation(ULONG which, void *buffer, ULONG size, ULONG *needed);

/* HttpTerminate(). Only after an http_config_open() that succeeded. */
void http_config_close(void);
