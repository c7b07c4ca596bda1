/* SPDX-License-Identifier: MIT */

#include "collector/process_folder_linux.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "collector/process_stat_linux.h"

enum {
    BLOCK_SIZE = 16 * 1024, /* the kernel gives a page at a time, more of a command line */
    FIRST_LINK_SIZE = 256,
    LAST_LINK_SIZE = 1024 * 1024,
};

bool process_folder_find_thread(const struct process_handle *handle, struct process_handle *thread)
{
    struct process_stat stat;

    *thread = (struct process_handle){.folder = -1};
    if (process_stat_read(handle->folder, "stat", &stat) && stat.is_headless) {
        thread->folder = process_stat_open_thread(handle->folder, &thread->pid);
    }
    return thread->folder >= 0;
}

void process_folder_leave(const struct process_handle *thread)
{
    close(thread->folder);
}

static int read_blocks(int file, size_t limit, struct text *content)
{
    char block[BLOCK_SIZE];

    while (content->size < limit) {
        size_t wanted = limit - content->size;
        ssize_t size = read(file, block, wanted < sizeof(block) ? wanted : sizeof(block));

        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size <= 0) {
            return size == 0 ? 0 : errno;
        }
        text_add_bytes(content, block, (size_t)size);
        if (content->failed) {
            return ENOMEM;
        }
    }
    return 0;
}

int process_folder_read(int folder, const char *name, size_t limit, struct text *content)
{
    int file = openat(folder, name, O_RDONLY | O_CLOEXEC);
    int error;

    text_reset(content);
    if (file < 0) {
        return errno;
    }
    error = read_blocks(file, limit, content);
    close(file);
    return error;
}

/* /proc does not tell how long a link is. */
int process_folder_link(int folder, const char *name, struct text *target)
{
    text_reset(target);
    for (size_t size = FIRST_LINK_SIZE; size <= LAST_LINK_SIZE; size *= 2) {
        char *link = malloc(size);
        ssize_t length = link == NULL ? -1 : readlinkat(folder, name, link, size);
        int error = link == NULL ? ENOMEM : errno;

        if (length >= 0 && (size_t)length < size) {
            text_add_bytes(target, link, (size_t)length);
            free(link);
            return target->failed ? ENOMEM : 0;
        }
        free(link);
        if (length < 0) {
            return error;
        }
    }
    return ENAMETOOLONG;
}
