/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What paths.c asks of the system. Nobody else includes this.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"
#include "base/text.h"

/* Characters that separate the parts of a path, the system's own first. */
extern const char paths_separators[];

/* Bytes at the beginning of `path` that name a root: 1 for "/", 3 for "C:\", 0 for "a/b". */
size_t paths_root_size(const char *path);

/* Append the folder of the settings and the one of the ledger. */
bool paths_add_settings_folder(struct text *path, struct failure *why) NODISCARD;
bool paths_add_ledger_folder(struct text *path, struct failure *why) NODISCARD;
