/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A person who stops a watch when the test wants it, in the place of
 * base/user_stop.h's own. Waiting lets the fake clock run.
 */

#include "base/user_stop.h"

struct user_stop_fake {
    int looks;                    /* waits that end by time; the one after them is stopped */
    enum user_stop_reason reason; /* NONE: as after Escape */
    void (*passed)(int look, void *held); /* after each wait that ended by time; NULL: nothing */
    void *held;
    bool open;
};

extern struct user_stop_fake user_stop_fake;
