/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What image_file.c asks of the system. Nobody else includes this.
 */

#include "collector/image_file.h"

/*
 * Finds what `name` leads to, and makes sure that it is a file of a disk that
 * may be opened; it is not yet open for reading. IMAGE_READ: *out is there,
 * and the caller closes it.
 */
enum image_status image_file_find(struct image_file **out, const char *name) NODISCARD;

/* Whether the file's mappings speak of another volume than the file itself does. */
bool image_file_volume_varies(const struct image_file *file);

/* Opens for reading the very file that was found. */
enum image_status image_file_to_read(struct image_file *file) NODISCARD;
