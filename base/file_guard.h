/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Files that settings point to, and that others must not have their hands on.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"
#include "base/text.h"

enum file_guard {
    FILE_TRUSTED, /* only administrators and we ourselves can change it */
    FILE_SECRET,  /* nor can anybody else read it */
};

/*
 * Reads the whole of a file of at most `limit` bytes into *content, as
 * file_read(), if it is as safe as asked for. That is seen on the open file: a
 * regular one with a single name, no link, owned by administrators, by the
 * system or by whoever we are.
 *
 * Linux: no write bit for group and others on it and on its folder (a sticky
 * folder will do); of a secret no bit at all on the file. Windows: of a secret
 * nobody but SYSTEM, administrators, the owner and ourselves is let in; of a
 * trusted file none of the groups that anybody is in may change it.
 *
 * FAILURE_DENIED says what is not safe, and how to mend it; no failure has
 * anything of the content in it.
 */
bool file_read_guarded(struct text *content, const char *path, enum file_guard guard, size_t limit,
                       struct failure *why) NODISCARD;

/* What a folder is to us that we keep our files in. */
enum file_folder {
    FILE_FOLDER_OURS,
    FILE_FOLDER_SHARED, /* ours; others may put files into it, and not take away ours: sticky */
    FILE_FOLDER_MISSING,
    FILE_FOLDER_OPEN,    /* ours, but others may put files into it, or take them away */
    FILE_FOLDER_FOREIGN, /* another user's, or a link that stands in its place */
    FILE_FOLDER_UNKNOWN, /* it cannot be looked at, or is no folder */
};

/*
 * Judges the folder `path`, which has no separator behind it. It may belong to
 * administrators, to the system, to the service's own account and to whoever
 * we are. Of all but the first two *why says what is wrong, and how to mend
 * it. Linux: a link of root's is followed. Windows: no link is, and the groups
 * that anybody is in may not write.
 */
enum file_folder file_judge_folder(const char *path, struct failure *why) NODISCARD;
