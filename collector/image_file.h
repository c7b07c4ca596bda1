/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Opens the file behind an image, and no other.
 *
 * Only files of disks on local fixed volumes are ever opened: a name of
 * another machine could make us log on there. Windows: with
 * SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS, and only to read what does not
 * have to be fetched from elsewhere. Linux: looked at by O_PATH before it is
 * opened to be read, so that a pipe or device is never touched. A path that
 * leads over a link is another file than was run on Windows, where a link may
 * lead to another machine, and is followed on Linux. A file system that we do
 * not know to be one of local disks or memory is remote.
 *
 * A `source` is the kernel's name of a file: a device path
 * (\Device\HarddiskVolume3\...) on Windows; a path, that may begin with
 * /proc/PID/exe or /proc/PID/root, on Linux.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/image.h"

struct image_file;

/*
 * Looks which file it is, without reading any of it. IMAGE_READ: nothing
 * speaks against reading it but perhaps its access list, and *identity is
 * filled. Where identity->file is not 0 on entry, volume and file are those of
 * the mapping, and a file that is another one is IMAGE_CHANGED. Linux: on file
 * systems whose mappings speak of another volume than their files do (btrfs,
 * overlayfs) the inode decides alone.
 */
enum image_status image_file_identify(const char *source,
                                      struct image_identity *identity) NODISCARD;

/*
 * Opens the image's file for reading, by its source or, where that is gone or
 * another file, by its path; whichever has the image's identity. One whose
 * identity is not known is opened by its source alone. IMAGE_READ: *out is open,
 * and the caller closes it. No memory is IMAGE_UNREADABLE.
 */
enum image_status image_file_open(struct image_file **out, const struct image *image) NODISCARD;

/* Reads `size` bytes from `offset` on; the result is how many there were, less only at the end of
 * the file; -1 where it cannot be read. */
int64_t image_file_read(struct image_file *file, uint64_t offset, void *buffer, size_t size);

/* What the file is now, by the handle that is open. False where the system does not tell. */
bool image_file_describe(const struct image_file *file, struct image_identity *identity);

/* Does nothing for NULL. */
void image_file_close(struct image_file *file);
