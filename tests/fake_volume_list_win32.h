/* SPDX-License-Identifier: MIT */
#pragma once

/* The volumes of a machine as a test wants them. */

#include <stdbool.h>
#include <stddef.h>

struct fake_volume_name {
    const char *device;
    const char *name;
    bool fixed;
    bool for_people;
};

/* What the next reading finds. */
extern struct fake_volumes {
    const struct fake_volume_name *names;
    size_t count;
    bool no_memory;
    int readings; /* how often it was asked for */
} fake_volumes;
