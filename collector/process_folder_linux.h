/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Linux: reads in a folder of /proc that is held open.
 */

#include <stddef.h>

#include "base/text.h"
#include "collector/process_details.h"

/* What is behind a struct process_handle here. */
struct process_handle {
    int folder; /* /proc/PID */
    uint32_t pid;
};

/*
 * Replaces *content by the file `name`, at most its first `limit` bytes. 0, or
 * an errno, and then *content is what there was before it; ENOMEM where memory
 * ran out.
 */
int process_folder_read(int folder, const char *name, size_t limit, struct text *content);

/* Replaces *target by that of the link `name`. 0, or an errno. */
int process_folder_link(int folder, const char *name, struct text *target);
