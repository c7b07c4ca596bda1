/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What an ELF program or library says of itself.
 *
 * The file may be anybody's: whatever it holds costs a bounded number of
 * reads, and what makes no sense is not there.
 */

#include <stdbool.h>

#include "base/text.h"
#include "collector/image_bytes.h"

enum { ELF_IMAGE_BUILD_ID_LIMIT = 64 }; /* bytes; linkers write 8 to 20 */

/*
 * Appends the build id, in lower-case hexadecimal, where there is one. False
 * where it is no ELF file. Both classes and both byte orders.
 */
bool elf_image_read(const struct image_bytes *bytes, struct text *build_id);
