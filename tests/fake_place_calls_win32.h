/* SPDX-License-Identifier: MIT */
#pragma once

/* Owners and access lists as a test wants them, in the place of place_calls_win32.h. */

#include <windows.h>

#include <stdbool.h>

struct fake_place {
    const char *path;    /* NULL ends the list */
    const wchar_t *sddl; /* NULL: it cannot be read */
};

extern struct fake_places {
    const struct fake_place *places; /* what is not in it has the list `usual` */
    const wchar_t *usual;
    const wchar_t *administrator; /* the SID of a user who is always one; NULL: nobody is */
    int looked_at;
} fake_places;
