/* SPDX-License-Identifier: MIT */

#include "collector/cgroup_text_linux.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum {
    CHUNK = 4096,
    ENOUGH = 1024 * 1024,
};

/* Reads to the end of the file, or until it is enough. */
static bool read_file(int file, struct text *content)
{
    char chunk[CHUNK];

    while (content->size < ENOUGH) {
        ssize_t got = read(file, chunk, sizeof(chunk));

        if (got <= 0) {
            return got == 0;
        }
        text_add_bytes(content, chunk, (size_t)got);
        if (content->failed) {
            return false;
        }
    }
    return true;
}

bool cgroup_text_read(uint32_t pid, struct text *content)
{
    char path[40];
    bool ok;
    int file;

    snprintf(path, sizeof(path), "/proc/%lu/cgroup", (unsigned long)pid);
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return false;
    }
    text_clear(content); /* and a failure with it */
    ok = read_file(file, content);
    close(file);
    return ok;
}
