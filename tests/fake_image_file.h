/* SPDX-License-Identifier: MIT */
#pragma once

/* A file in memory that changes or fails while it is read, and what is said of its signature. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/image_file.h"
#include "collector/image_trust.h"

extern struct fake_image_file {
    enum image_status opens_as;
    const void *bytes;
    size_t size;
    int64_t shrinks_to; /* bytes that can be read, where that is less; 0: all */
    bool unreadable;
    int undescribable;       /* which call for a description fails, from 1 on */
    int64_t written_later;   /* added to the write time from the second description on */
    int64_t grown_later;     /* and to the size */
    struct image_trust says; /* signer is copied */

    int open;      /* files that were not closed */
    int described; /* times */
    int checked;
} fake_image_file;
