/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Why an operation did not happen.
 *
 * A function that can fail returns bool and takes `struct failure *why` as its
 * last parameter. It returns true and leaves *why alone, or returns false and
 * has filled *why. A caller handles the failure or passes it up unchanged.
 */

#include <stdbool.h>

#include "base/compiler.h"

enum failure_kind {
    FAILURE_NONE,
    FAILURE_MEMORY,    /* an allocation was refused */
    FAILURE_SYSTEM,    /* code is errno or GetLastError() */
    FAILURE_DATABASE,  /* code is SQLite's extended result code */
    FAILURE_VERSION,   /* the file was written by a newer portledger */
    FAILURE_FORMAT,    /* the file or the text is not of the expected form */
    FAILURE_SETTINGS,  /* the settings file is wrong; the text names file, line, column and key */
    FAILURE_MISSING,   /* the file or the object is not there */
    FAILURE_DENIED,    /* the system does not let this user do it */
    FAILURE_BUSY,      /* somebody else has it: a second instance, a locked file */
    FAILURE_USAGE,     /* the command line is wrong */
    FAILURE_NO_READER, /* whoever read our output has gone: nobody is left to be told */
};

struct failure {
    enum failure_kind kind;
    long code;
    char text[1000]; /* one line of UTF-8: what was tried, what came back, what to do */
};

/*
 * Fills *why. A text that does not fit is cut between two characters. What
 * came from outside may be in it: control characters and their like become
 * visible, as by text_add_visible(). An argument may be why->text itself, so
 * that a caller can put words before it.
 */
void failure_set(struct failure *why, enum failure_kind kind, long code, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* The same, as a false value: `return FAIL(why, FAILURE_SYSTEM, errno, "cannot open %s", path);` */
#define FAIL(why, kind, code, ...) (failure_set((why), (kind), (code), __VA_ARGS__), false)

/*
 * Fills *why from an error code of the system (errno on Linux, GetLastError()
 * on Windows): `text` says what was tried, the system's own words follow. The
 * kind is FAILURE_DENIED, FAILURE_MISSING, FAILURE_BUSY or FAILURE_MEMORY
 * where the code means that, else FAILURE_SYSTEM. Always false.
 */
bool failure_from_system(struct failure *why, long code, const char *format, ...) PRINTF_LIKE(3, 4);
