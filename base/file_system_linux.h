/* SPDX-License-Identifier: MIT */
#pragma once

/* The file systems of Linux, by the number that statfs(2) gives. */

#include <stdbool.h>

enum file_system_kind {
    FILE_SYSTEM_LOCAL,   /* of local disks, and of memory */
    FILE_SYSTEM_KERNEL,  /* its files are the kernel's answers, and of no disk */
    FILE_SYSTEM_REMOTE,  /* of another machine, or of several */
    FILE_SYSTEM_STRANGE, /* may be another machine's, or a program's that answers when it likes */
};

struct file_system {
    unsigned long magic;
    enum file_system_kind kind;
    bool volume_varies; /* each subvolume or layer has a device number of its own */
};

/* By statfs.f_type, as it comes. Never NULL: one that is not known is strange. */
const struct file_system *file_system_find(unsigned long type);
