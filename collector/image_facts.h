/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Reads all there is to know of an image's file, by one handle.
 */

#include <stdint.h>

#include "base/compiler.h"
#include "collector/image.h"

/*
 * Reads the facts of one image now, in the calling thread. A file of more than
 * `largest` bytes is IMAGE_TOO_LARGE; one that is written to meanwhile is
 * IMAGE_CHANGED. One that was seen as something that cannot be read is not
 * touched. NULL where memory ran out.
 */
const struct image_facts *image_facts_read(const struct image *image, int64_t largest) NODISCARD;
