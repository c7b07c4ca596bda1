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
 * A process whose first thread has ended, while others run, shows its image, its
 * mappings and its arguments only in the folder of one of those. Fills *thread
 * with such a folder, for process_folder_leave(). False where the process is
 * none of this kind.
 */
bool process_folder_find_thread(const struct process_handle *handle, struct process_handle *thread);
void process_folder_leave(const struct process_handle *thread);

/*
 * Replaces *content by the file `name`, at most its first `limit` bytes. 0, or
 * an errno, and then *content is what there was before it; ENOMEM where memory
 * ran out.
 */
int process_folder_read(int folder, const char *name, size_t limit, struct text *content);

/* Replaces *target by that of the link `name`. 0, or an errno. */
int process_folder_link(int folder, const char *name, struct text *target);
