/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One object for each file that was seen to run or to be loaded, however many
 * processes have it: same path, same identity, same object. The facts of each
 * are asked for when it is first met.
 */

#include <stdbool.h>

#include "base/failure.h"
#include "collector/image.h"
#include "collector/image_reader.h"

/* Belongs to one thread. */
struct image_library;

/* `reader` may be NULL: no facts are asked for. It outlives the library. */
bool image_library_open(struct image_library **out, struct image_reader *reader,
                        struct failure *why) NODISCARD;

/* A file as it was seen. */
struct image_sighting {
    const char *path;               /* for people */
    const char *source;             /* by what image_file.h can open it; NULL: the path */
    struct image_identity identity; /* what the process tells of it: volume and file, or 0 */
    bool deleted;
    const struct image *known; /* what was seen in its place before; NULL: nothing. It stays where
                                  the file cannot be looked at any more, but is still mapped */
};

/* Looks which file it is. *image gets a reference for the caller. Fails only for want of memory. */
bool image_library_find(struct image_library *library, const struct image_sighting *sighting,
                        const struct image **image, struct failure *why) NODISCARD;

/* Does nothing for NULL. */
void image_library_close(struct image_library *library);
