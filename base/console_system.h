/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What console.c asks of the system. console_win32.c and console_linux.c
 * answer; the unit test answers in their place.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/console.h"

/* Hands all of the bytes to the system, or fails. `size` is not 0. */
bool console_system_write(enum console_stream stream, const char *bytes, size_t size,
                          struct failure *why) NODISCARD;

/* Undoes what console_takes_colour() switched on. */
void console_system_restore(void);

/* One lock for all of console.c's state. It needs no call to make it. */
void console_system_lock(void);
void console_system_unlock(void);
