/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Opens the file behind an image, and no other.
 *
 * Only files of disks on local fixed volumes are ever opened: a name of
 * another machine could make us log on there. Windows: with
 * SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS, and only to read what does not
 * have to be fetched from elsewhere. Linux: looked at by O_PATH before it is
 * opened to be read, so that a pipe or device is never touched.
 *
 * A `source` is the kernel's name of a file: a device path
 * (\Device\HarddiskVolume3\...) on Windows; a path, that may begin with
 * /proc/PID/exe or /proc/PID/root, on Linux.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/text.h"
#include "collector/image.h"

struct image_file;

/*
 * Looks which file it is, without reading any of it. IMAGE_READ: it may be
 * read, and *identity is filled. Where identity->file is not 0 on entry, volume
 * and file are those of the mapping, and a file that is another one is
 * IMAGE_CHANGED.
 */
enum image_status image_file_identify(const char *source, struct image_identity *identity);

/*
 * Opens the image's file for reading, by its source or, where that is gone, by
 * its path; whichever has the image's identity. IMAGE_READ: *out is open, and
 * the caller closes it. FAILURE_MEMORY is IMAGE_UNREADABLE.
 */
enum image_status image_file_open(struct image_file **out, const struct image *image);

/* Reads `size` bytes from `offset` on; the result is how many there were, less only at the end of
 * the file; -1 where it cannot be read. */
int64_t image_file_read(struct image_file *file, uint64_t offset, void *buffer, size_t size);

/* The size that the file had when it was opened. */
int64_t image_file_size(const struct image_file *file);

/* Does nothing for NULL. */
void image_file_close(struct image_file *file);

/* What image_trust_check() found. Starts as {0}; the caller frees signer. */
struct image_trust {
    uint8_t verdict;   /* enum image_verdict */
    uint8_t signature; /* enum image_signature */
    char *signer;      /* NULL where there is none */
};

/*
 * Asks the system for its verdict on the signature of an open PE file, by the
 * handle that is open: no window, nothing is fetched, no revocation list is
 * asked for. IMAGE_NOT_CHECKED where the system knows no such signatures.
 */
void image_trust_check(struct image_file *file, const struct image *image,
                       struct image_trust *trust);
