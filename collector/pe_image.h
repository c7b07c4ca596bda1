/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a Windows program or library says of itself.
 *
 * The file may be anybody's: whatever it holds costs a bounded number of
 * reads and 64 KiB of memory, and what makes no sense is not there.
 */

#include <stdbool.h>

#include "base/text.h"
#include "collector/image_bytes.h"

enum { PE_IMAGE_COMPANY_LIMIT = 256 }; /* units of UTF-16; the rest of a longer name is dropped */

/* Starts as {0}. A text that `failed` says that memory ran out. */
struct pe_image {
    struct text version; /* 10.0.19041.1, of the fixed part of the version resource; or empty */
    struct text company; /* CompanyName of the first language that has one; or empty */
};

/*
 * False where it is no PE file (PE32 or PE32+). Both texts are empty where it
 * has no version resource, or one that cannot be read.
 */
bool pe_image_read(const struct image_bytes *bytes, struct pe_image *image);

/* Frees. Harmless twice. */
void pe_image_clear(struct pe_image *image);
