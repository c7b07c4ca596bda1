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
