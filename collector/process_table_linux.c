/* SPDX-License-Identifier: MIT */

/*
 * Linux: one line per process from /proc.
 */

#include "collector/process_table.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "collector/process_stat_linux.h"

enum {
    MS_PER_SECOND = 1000,
    US_PER_MS = 1000,
    READINGS = 5, /* of the clocks, of which the quickest counts */
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

/*
 * When the ticks began to count, by the wall clock, to the whole tick: the two clocks are
 * read one after the other, and whoever asks must hear the same.
 */
static int64_t read_boot(const struct process_reader *reader)
{
    int64_t tick = (int64_t)(MS_PER_SECOND / reader->ticks_per_second);
    int64_t shortest = INT64_MAX;
    int64_t booted_at = 0;

    tick = (tick > 0 ? tick : 1) * US_PER_MS;
    for (int i = 0; i < READINGS; i++) {
        int64_t before = clock_steady_us();
        int64_t now = clock_now_us();
        int64_t took = clock_steady_us() - before;

        if (took < shortest) {
            shortest = took;
            booted_at = now - before - took / 2;
        }
    }
    return (booted_at + tick / 2) / tick * tick / US_PER_MS;
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
        .program = stat->program,
        .headless = stat->is_headless,
        .started_at = booted_at + (int64_t)(stat->start * MS_PER_SECOND / reader->ticks_per_second),
    };

    return process_table_add(table, &row, stat->name, stat->name_size, why);
}

/* A process that has ended is not there; one that cannot be read for want of something is. */
static bool read_process(const struct process_reader *reader, int64_t booted_at, const char *name,
                         struct process_table *table, struct failure *why)
{
    struct process_stat stat;
    char path[sizeof(((struct dirent *)NULL)->d_name) + sizeof("/stat")];

    snprintf(path, sizeof(path), "%s/stat", name);
    if (process_stat_read(dirfd(reader->folder), path, &stat)) {
        return add_process(reader, booted_at, &stat, table, why);
    }
    return !process_stat_is_lack(errno) ||
           failure_from_system(why, errno, "cannot read /proc/%s", path);
}

static bool read_processes(struct process_reader *reader, struct process_table *table,
                           struct failure *why)
{
    int64_t booted_at = read_boot(reader);
    const struct dirent *entry;

    rewinddir(reader->folder);
    errno = 0;
    while ((entry = readdir(reader->folder)) != NULL) {
        if (is_pid(entry->d_name) && !read_process(reader, booted_at, entry->d_name, table, why)) {
            return false;
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
