/* SPDX-License-Identifier: MIT */

/* Linux has no verdict of its own on the signatures of Windows programs. */

#include "collector/image_trust.h"

void image_trust_check(struct image_file *file, const struct image *image,
                       struct image_trust *trust)
{
    (void)file;
    (void)image;
    trust->verdict = IMAGE_NOT_CHECKED;
}
