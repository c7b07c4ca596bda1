/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Whom the system says a Windows program is from.
 */

#include <stdint.h>

#include "collector/image.h"
#include "collector/image_file.h"

/* What image_trust_check() found. Starts as {0}; the caller frees signer. */
struct image_trust {
    uint8_t verdict;   /* enum image_verdict */
    uint8_t signature; /* enum image_signature */
    char *signer;      /* NULL where there is none */
};

/*
 * Asks the system for its verdict on the signature of an open PE file, by the
 * handle that is open: no window, nothing is fetched, no revocation list is
 * asked for. The signature in the file counts; where it has none, the one in
 * the system's catalogs. IMAGE_NOT_CHECKED where the system knows no such
 * signatures.
 */
void image_trust_check(struct image_file *file, const struct image *image,
                       struct image_trust *trust);
