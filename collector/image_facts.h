/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Reads the facts of one image: hash, version, company, build id, verdict and
 * signer.
 */

#include <stdint.h>

#include "base/compiler.h"
#include "collector/image.h"

/*
 * Reads now, in the calling thread, by image_file.h. One reference for the
 * caller. Files of more than `largest` bytes are IMAGE_TOO_LARGE. NULL where
 * memory ran out.
 */
const struct image_facts *image_facts_read(const struct image *image, int64_t largest) NODISCARD;
