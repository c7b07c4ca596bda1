/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Linux: which file a name means that was found in a process.
 *
 * The kernel's names (exe, maps) begin at our own root where we share the
 * mounts of the process (d_path() goes up to the root of whoever reads), also
 * if it has another root (chroot). In another mount namespace they begin at
 * the top of that one. The names that a process uses itself begin at its root.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/text.h"
#include "collector/process_folder_linux.h"

struct process_names {
    int kernel_root;     /* opened by O_PATH; -1: not to be had */
    int process_root;    /* likewise */
    struct text source;  /* what a name of the kernel needs before it, for us to open it */
    struct text outside; /* what of the kernel's names lies above the root of the process */
};

/* Fails only where memory ran out. process_names_close() in any case. */
bool process_names_open(struct process_names *names, const struct process_handle *handle,
                        struct failure *why) NODISCARD;
void process_names_close(struct process_names *names);

/* Appends a path by which we can open what the kernel calls `name`. */
void process_names_add_source(const struct process_names *names, struct text *source,
                              const char *name);

enum process_name_match {
    PROCESS_NAME_SAME,
    PROCESS_NAME_OTHER,
    PROCESS_NAME_UNKNOWN, /* it cannot be said */
};

/*
 * Whether a name is one of the file with this volume and inode. Nothing is
 * mounted and nobody else is asked for it: what is not in the kernel's cache is
 * looked for on one file system only. A name that is not absolute is UNKNOWN.
 */
enum process_name_match process_names_match_kernel(const struct process_names *names,
                                                   const char *name, uint64_t volume,
                                                   uint64_t inode);
enum process_name_match process_names_match_own(const struct process_names *names, const char *name,
                                                uint64_t volume, uint64_t inode);
