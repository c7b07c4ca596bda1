/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Functions that are looked up at run time.
 *
 * Our exe files import KnownDLLs only. Everything else comes from System32 by
 * name, so that a planted DLL beside the exe is never loaded, and a function
 * that this Windows lacks costs a detail and not the start of the program.
 */

#include <wchar.h>

/* A function pointer of no particular type. The caller casts it to the right one. */
typedef void (*system_dll_fn)(void);

/*
 * The function `name` of System32's `dll`, a plain file name. NULL where
 * either is not there, or the name has a path in it. The DLL stays loaded, so
 * the pointer may be kept. Threads: any.
 */
system_dll_fn system_dll_find(const wchar_t *dll, const char *name);
