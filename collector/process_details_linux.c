/* SPDX-License-Identifier: MIT */

/*
 * Linux: what /proc/PID tells of one process.
 */

#include "collector/process_details.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/process_stat_linux.h"

enum {
    FIRST_PATH_SIZE = 256,
    LAST_PATH_SIZE = 1024 * 1024,
};

struct process_handle {
    int folder; /* /proc/PID, held open */
};

void process_handle_prepare(void)
{
}

/* The target of the link `exe`, for free(); NULL with errno where it cannot be read. */
static char *read_link(int folder)
{
    for (size_t size = FIRST_PATH_SIZE; size <= LAST_PATH_SIZE; size *= 2) {
        char *path = malloc(size);
        ssize_t length = path == NULL ? -1 : readlinkat(folder, "exe", path, size);

        if (length >= 0 && (size_t)length < size) {
            path[length] = '\0';
            return path;
        }
        if (length < 0) {
            int error = path == NULL ? ENOMEM : errno;

            free(path);
            errno = error;
            return NULL;
        }
        free(path);
    }
    errno = ENAMETOOLONG;
    return NULL;
}

/*
 * The kernel puts " (deleted)" behind the name of an image that was unlinked;
 * a file may also be named so. It is, where the file of this name is the one
 * that runs.
 */
static void drop_deleted_mark(int folder, char *path)
{
    static const char mark[] = " (deleted)";
    size_t size = strlen(path);
    struct stat running;
    struct stat named;

    if (size < sizeof(mark) || strcmp(path + size - (sizeof(mark) - 1), mark) != 0) {
        return;
    }
    if (stat(path, &named) == 0 && fstatat(folder, "exe", &running, 0) == 0 &&
        named.st_dev == running.st_dev && named.st_ino == running.st_ino) {
        return;
    }
    path[size - (sizeof(mark) - 1)] = '\0';
}

static bool keep_path(int folder, char *link, struct process_details *details, struct failure *why)
{
    struct text path = {0};

    drop_deleted_mark(folder, link);
    text_add_utf8(&path, link, strlen(link));
    details->path = text_take(&path);
    details->access = PROCESS_OPENED;
    return details->path != NULL || FAIL(why, FAILURE_MEMORY, 0, "no memory for a path");
}

/* What an `exe` that cannot be read says of the process. */
static enum process_access access_from(int error)
{
    if (error == EACCES || error == EPERM) {
        return PROCESS_DENIED;
    }
    return PROCESS_GONE; /* ENOENT, ESRCH: it let go of its image, which is how a process ends */
}

/* Whether the folder is that of the instance, and what can be said without looking further. */
static enum process_access look(int folder, uint64_t start)
{
    struct process_stat stat;

    if (!process_stat_read(folder, "stat", &stat) || stat.start != start || stat.is_zombie) {
        return PROCESS_GONE;
    }
    return stat.is_kernel ? PROCESS_KERNEL : PROCESS_OPENED;
}

bool process_handle_open(struct process_handle **out, uint32_t pid, uint64_t start,
                         enum process_access *access, struct failure *why)
{
    int folder = process_stat_open_folder(pid);

    *out = NULL;
    if (folder < 0) {
        *access = errno == EMFILE || errno == ENFILE ? PROCESS_NOT_OPENED : access_from(errno);
        return true;
    }
    *access = look(folder, start);
    if (*access != PROCESS_OPENED) {
        close(folder);
        return true;
    }
    *out = malloc(sizeof(**out));
    if (*out == NULL) {
        close(folder);
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to hold a process");
    }
    (*out)->folder = folder;
    return true;
}

void process_handle_close(struct process_handle *handle)
{
    if (handle != NULL) {
        close(handle->folder);
        free(handle);
    }
}

bool process_details_read(struct process_handle *handle, unsigned wishes,
                          struct process_details *details, struct failure *why)
{
    char *link = read_link(handle->folder);
    bool ok;

    (void)wishes;
    *details = (struct process_details){0};
    if (link == NULL) {
        details->access = (uint8_t)access_from(errno);
        return errno != ENOMEM || FAIL(why, FAILURE_MEMORY, 0, "no memory for a path");
    }
    ok = keep_path(handle->folder, link, details, why);
    free(link);
    return ok;
}

bool module_table_read(struct process_handle *handle, struct module_table *table,
                       struct failure *why)
{
    (void)handle;
    (void)why;
    module_table_reset(table);
    return true;
}
