/* SPDX-License-Identifier: MIT */

#include "collector/process_stat_linux.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash_index.h"

enum {
    DECIMAL = 10,
    LINE_SIZE = 2048,                /* 52 numbers of up to 20 digits, and a name */
    KERNEL_THREAD_FLAG = 0x00200000, /* PF_KTHREAD of the kernel's sched.h */
};

/* The fields behind the name, counted as in proc(5). */
enum {
    FIELD_STATE = 3,
    FIELD_PARENT = 4,
    FIELD_SESSION = 6,
    FIELD_FLAGS = 9,
    FIELD_THREADS = 20,
    FIELD_START = 22, /* the last one that we cannot do without */
    FIELD_START_CODE = 26,
    FIELD_END_CODE = 27,
    FIELD_START_STACK = 28,
    FIELD_COUNT,
};

/* Reads digits, and the minus that tty_nr and tpgid may have; moves *at behind them. */
static bool parse_number(const char **at, const char *end, uint64_t *number)
{
    const char *begin;

    if (*at < end && **at == '-') {
        (*at)++;
    }
    begin = *at;
    *number = 0;
    while (*at < end && **at >= '0' && **at <= '9') {
        *number = *number * 10 + (uint64_t)(**at - '0');
        (*at)++;
    }
    return *at > begin;
}

/* Reads " R 1 2 3 ..." from `at` on; the state is kept as its letter. What is missing behind the
 * start is 0. */
static bool parse_fields(const char *at, const char *end, uint64_t fields[FIELD_COUNT])
{
    if (end - at < 2 || at[0] != ' ') {
        return false;
    }
    fields[FIELD_STATE] = (uint64_t)(unsigned char)at[1];
    at += 2;
    for (int i = FIELD_PARENT; i < FIELD_COUNT; i++) {
        if (at == end || *at++ != ' ' || !parse_number(&at, end, &fields[i])) {
            return i > FIELD_START;
        }
    }
    return true;
}

/*
 * The kernel shows 0 for the stack where we may not look into the process, and
 * where it has no memory any more (do_task_stat() in fs/proc/array.c). Where the
 * arguments lie (arg_start) would tell programs apart as well, but systemd
 * moves them to rename itself (PR_SET_MM_ARG_START).
 */
static uint64_t program_mark(const uint64_t fields[FIELD_COUNT])
{
    uint64_t mark;

    if (fields[FIELD_START_STACK] == 0) {
        return 0;
    }
    mark = hash_bytes(0, &fields[FIELD_START_CODE], 3 * sizeof(fields[0]));
    return mark == 0 ? 1 : mark;
}

static const char *find_last(const char *begin, const char *end, char c)
{
    while (end > begin) {
        if (*--end == c) {
            return end;
        }
    }
    return NULL;
}

/*
 * A worker of the kernel's pools is called kworker/CPU:NUMBER, and the kernel
 * adds what it works on, as in "kworker/0:1-events" or, at this moment,
 * "kworker/0:1+events" (wq_worker_comm() in kernel/workqueue.c). That changes
 * many times a second, and is no part of what the thread is.
 */
static size_t stable_size(const struct process_stat *stat, const char *name, size_t size)
{
    static const char worker[] = "kworker/";
    const char *colon = memchr(name, ':', size);
    size_t at;

    if (!stat->is_kernel || colon == NULL || size < sizeof(worker) ||
        memcmp(name, worker, sizeof(worker) - 1) != 0) {
        return size;
    }
    for (at = (size_t)(colon - name); at < size && name[at] != '-' && name[at] != '+'; at++) {
    }
    return at;
}

static void keep_name(struct process_stat *stat, const char *name, size_t size)
{
    size = stable_size(stat, name, size);
    stat->name_size = size < sizeof(stat->name) ? size : sizeof(stat->name) - 1;
    memcpy(stat->name, name, stat->name_size);
    stat->name[stat->name_size] = '\0';
}

bool process_stat_parse(const char *line, size_t size, struct process_stat *stat)
{
    const char *end = line + size;
    const char *at = line;
    const char *close = find_last(line, end, ')');
    uint64_t fields[FIELD_COUNT] = {0};
    uint64_t pid;
    bool ended;

    if (close == NULL || !parse_number(&at, end, &pid) || close - at < 2 || at[0] != ' ' ||
        at[1] != '(' || !parse_fields(close + 1, end, fields)) {
        return false;
    }
    /* A first thread that has ended stays, and is counted, as long as there are others. */
    ended = fields[FIELD_STATE] == 'Z' || fields[FIELD_STATE] == 'X';
    *stat = (struct process_stat){
        .pid = (uint32_t)pid,
        .parent_pid = (uint32_t)fields[FIELD_PARENT],
        .session = (uint32_t)fields[FIELD_SESSION],
        .start = fields[FIELD_START],
        .program = program_mark(fields),
        .is_kernel = (fields[FIELD_FLAGS] & KERNEL_THREAD_FLAG) != 0,
        .is_zombie = ended && fields[FIELD_THREADS] <= 1,
        .is_headless = ended && fields[FIELD_THREADS] > 1,
    };
    keep_name(stat, at + 2, (size_t)(close - at - 2));
    return true;
}

bool process_stat_read(int folder, const char *path, struct process_stat *stat)
{
    char line[LINE_SIZE];
    int file = openat(folder, path, O_RDONLY | O_CLOEXEC);
    ssize_t size;

    if (file < 0) {
        return false;
    }
    size = read(file, line, sizeof(line));
    close(file); /* which leaves errno as it is: nothing is written */
    if (size < 0) {
        return false;
    }
    errno = ESRCH; /* an empty line, or one of another form */
    return process_stat_parse(line, (size_t)size, stat);
}

int process_stat_open_folder(uint32_t pid)
{
    char path[32];

    snprintf(path, sizeof(path), "/proc/%lu", (unsigned long)pid);
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/*
 * Opens /proc/TID, which has more than /proc/PID/task/TID (map_files). Who had
 * the number before `folder` was seen to have a thread of it, and has it still,
 * is that thread.
 */
static int open_thread(int folder, const char *name)
{
    struct process_stat stat;
    char path[48];
    int thread = process_stat_open_folder((uint32_t)strtoul(name, NULL, DECIMAL));

    if (thread < 0) {
        return -1;
    }
    snprintf(path, sizeof(path), "task/%.32s/stat", name);
    if (process_stat_read(folder, path, &stat) && !stat.is_zombie && !stat.is_headless &&
        process_stat_read(thread, "stat", &stat)) {
        return thread;
    }
    close(thread);
    return -1;
}

/* -1, with errno, where none of the threads runs any more. */
static int open_first_thread(DIR *threads, int folder, uint32_t *tid)
{
    const struct dirent *entry;
    int error = ESRCH;

    while ((entry = readdir(threads)) != NULL) {
        int thread = entry->d_name[0] == '.' ? -1 : open_thread(folder, entry->d_name);

        if (thread >= 0) {
            *tid = (uint32_t)strtoul(entry->d_name, NULL, DECIMAL);
            return thread;
        }
        error = process_stat_is_lack(errno) ? errno : error;
    }
    errno = error;
    return -1;
}

int process_stat_open_thread(int folder, uint32_t *tid)
{
    int list = openat(folder, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *threads = list < 0 ? NULL : fdopendir(list);
    int thread;
    int error;

    if (threads == NULL) {
        error = errno;
        if (list >= 0) {
            close(list);
        }
        errno = error;
        return -1;
    }
    thread = open_first_thread(threads, folder, tid);
    error = errno;
    closedir(threads);
    errno = error;
    return thread;
}

bool process_stat_is_lack(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOMEM || error == EIO;
}
