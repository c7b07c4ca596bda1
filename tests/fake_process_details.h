/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Opening processes, made up: in the place of the system's
 * process_details_read().
 */

#include <stdbool.h>
#include <stdint.h>

#include "collector/image.h"

struct fake_process_details {
    uint8_t access;              /* what every process gives */
    const char *path;            /* NULL: none */
    struct image_identity image; /* of what is behind the path, as the process has it */
    bool no_memory;              /* the call fails */
    bool lacks;                  /* something ran out: the details are not read */
    int calls;
    uint32_t last_pid;
    uint64_t last_start;
};

extern struct fake_process_details fake_process_details;
