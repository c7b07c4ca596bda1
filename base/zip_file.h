/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Writes a ZIP file whose members are stored as they are, after PKWARE's
 * APPNOTE 6.3 (4.3: the records; 4.5.3: ZIP64 for what has 4 GiB and more).
 * Names are UTF-8. Every unpacker reads that.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

/* One ZIP file in the making. Belongs to one thread. */
struct zip_file;

/* Sizes and offsets from here on do not fit into the fields of the first ZIP. */
#define ZIP_LIMIT UINT32_MAX

/*
 * Begins a file at `path`, where nothing is yet (FAILURE_USAGE); it is private
 * to whoever makes it. All members get the time `at` (milliseconds since 1970;
 * shown as UTC). From `limit` on the forms of ZIP64 are used: ZIP_LIMIT, or
 * less in tests. The caller closes *out.
 */
bool zip_file_open(struct zip_file **out, const char *path, int64_t at, uint64_t limit,
                   struct failure *why) NODISCARD;

/* Adds a member with these bytes. */
bool zip_file_add_bytes(struct zip_file *zip, const char *name, const void *bytes, size_t size,
                        struct failure *why) NODISCARD;

/* Adds a member with the content of the file at `path`, which nobody changes meanwhile. */
bool zip_file_add_file(struct zip_file *zip, const char *name, const char *path,
                       struct failure *why) NODISCARD;

/* Writes the list of members. Without it, or where it fails, there is no file in the end. */
bool zip_file_finish(struct zip_file *zip, struct failure *why) NODISCARD;

/* Frees, and removes what was not finished. Does nothing for NULL. */
void zip_file_close(struct zip_file *zip);
