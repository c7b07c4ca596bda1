/* SPDX-License-Identifier: MIT */

/*
 * Linux: one line per process from /proc.
 */

#include "collector/process_table.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "collector/process_instance.h"
#include "collector/process_stat_linux.h"

enum {
    MS_PER_SECOND = 1000,
    FIRST_PATH_SIZE = 256,
    LAST_PATH_SIZE = 1024 * 1024,
};

struct process_reader {
    DIR *folder; /* /proc, held open */
    uint64_t ticks_per_second;
};

bool process_reader_open(struct process_reader **out, struct failure *why)
{
    struct process_reader *reader = calloc(1, sizeof(*reader));
    long ticks = sysconf(_SC_CLK_TCK);

    if (reader == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to read the list of processes");
    }
    reader->ticks_per_second = ticks > 0 ? (uint64_t)ticks : 100;
    reader->folder = opendir("/proc");
    if (reader->folder == NULL) {
        failure_from_system(why, errno, "cannot open /proc");
        free(reader);
        return false;
    }
    *out = reader;
    return true;
}

static bool is_pid(const char *name)
{
    return name[0] >= '1' && name[0] <= '9';
}

/* `booted_at` is when the ticks began to count, by the wall clock. */
static bool add_process(const struct process_reader *reader, int64_t booted_at,
                        const struct process_stat *stat, struct process_table *table,
                        struct failure *why)
{
    struct process_row row = {
        .pid = stat->pid,
        .parent_pid = stat->parent_pid,
        .session = stat->session,
        .start = stat->start,
        .started_at = booted_at + (int64_t)(stat->start * MS_PER_SECOND / reader->ticks_per_second),
    };

    return process_table_add(table, &row, stat->name, stat->name_size, why);
}

static bool read_processes(struct process_reader *reader, struct process_table *table,
                           struct failure *why)
{
    int64_t booted_at = clock_now() - clock_steady();
    const struct dirent *entry;

    rewinddir(reader->folder);
    errno = 0;
    while ((entry = readdir(reader->folder)) != NULL) {
        struct process_stat stat;
        char path[sizeof(entry->d_name) + sizeof("/stat")];

        if (is_pid(entry->d_name)) {
            snprintf(path, sizeof(path), "%s/stat", entry->d_name);
            if (process_stat_read(dirfd(reader->folder), path, &stat) &&
                !add_process(reader, booted_at, &stat, table, why)) {
                return false;
            }
        }
        errno = 0;
    }
    return errno == 0 || failure_from_system(why, errno, "cannot read /proc");
}

bool process_reader_read(struct process_reader *reader, struct process_table *table,
                         struct failure *why)
{
    process_table_reset(table);
    if (!read_processes(reader, table, why)) {
        process_table_reset(table);
        return false;
    }
    process_table_sort(table);
    return true;
}

void process_reader_close(struct process_reader *reader)
{
    if (reader != NULL) {
        closedir(reader->folder);
        free(reader);
    }
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

static bool read_details(int folder, uint64_t start, struct process_details *details,
                         struct failure *why)
{
    struct process_stat stat;
    char *link;
    bool ok;

    if (!process_stat_read(folder, "stat", &stat) || stat.start != start || stat.is_zombie) {
        details->access = PROCESS_GONE;
        return true;
    }
    if (stat.is_kernel) {
        details->access = PROCESS_KERNEL;
        return true;
    }
    link = read_link(folder);
    if (link == NULL) {
        details->access = (uint8_t)access_from(errno);
        return errno != ENOMEM || FAIL(why, FAILURE_MEMORY, 0, "no memory for a path");
    }
    ok = keep_path(folder, link, details, why);
    free(link);
    return ok;
}

bool process_details_read(uint32_t pid, uint64_t start, struct process_details *details,
                          struct failure *why)
{
    int folder = process_stat_open_folder(pid);
    bool ok;

    *details = (struct process_details){0};
    if (folder < 0) {
        details->access = (uint8_t)access_from(errno);
        return true;
    }
    ok = read_details(folder, start, details, why);
    close(folder);
    return ok;
}
