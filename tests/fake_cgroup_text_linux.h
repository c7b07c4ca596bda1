/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A file /proc/PID/cgroup as the test says, in the place of
 * cgroup_text_linux.c.
 */

#include <stdint.h>

struct fake_cgroup_text {
    uint32_t pid;     /* who has one, */
    uint64_t start;   /* and only this instance */
    const char *text; /* NULL: it cannot be read */
};

extern struct fake_cgroup_text fake_cgroup_text;
