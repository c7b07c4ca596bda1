/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What file.c asks of the system. Nobody else includes this.
 */

#include <stdbool.h>

#include "base/failure.h"
#include "base/text.h"

enum file_made {
    FILE_MADE,
    FILE_WAS_THERE,     /* a folder of that name */
    FILE_NO_PARENT,     /* the one above is missing */
    FILE_MAKING_FAILED, /* *why says why */
};

/* Appends where an existing file or folder really is. False where nothing is there. */
bool file_real_path(struct text *real, const char *path);

/* Makes one private folder; see file_make_private_folder(). */
enum file_made file_make_one_folder(const char *path, struct failure *why);
