/* SPDX-License-Identifier: MIT */

#include "collector/process_sockets_linux.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "collector/process_stat_linux.h"

enum {
    FIRST_DESCRIPTORS = 16,
    DECIMAL = 10,
};

static const uint64_t ns_per_second = 1000000000;

/* Descriptors in the making. */
struct list {
    struct process_descriptor *items;
    size_t count;
    size_t capacity;
};

/* Process ids mean the same to /proc and to the clocks only in one namespace of them. */
bool process_sockets_has_time(void)
{
    char link[32];
    ssize_t size = readlink("/proc/self", link, sizeof(link) - 1);

    if (size <= 0) {
        return false;
    }
    link[size] = '\0';
    return strtol(link, NULL, DECIMAL) == (long)getpid();
}

static uint64_t time_of(uint32_t pid)
{
    struct timespec time;
    clockid_t clock;

    if (clock_getcpuclockid((pid_t)pid, &clock) != 0 || clock_gettime(clock, &time) != 0) {
        return 0;
    }
    return (uint64_t)time.tv_sec * ns_per_second + (uint64_t)time.tv_nsec;
}

bool process_sockets_is_due(struct process_sockets *process, uint32_t sample, bool has_time)
{
    uint64_t time = has_time ? time_of(process->pid) : 0;
    bool in_turn = process->pid % PROCESS_SOCKETS_ROUND == sample % PROCESS_SOCKETS_ROUND;

    if (!process->known || time == 0 || time != process->time || in_turn) {
        process->time = time;
        process->ran_at = sample;
        process->settled = false;
    }
    return !process->settled;
}

static void forget(struct process_sockets *process)
{
    free(process->descriptors);
    process->descriptors = NULL;
    process->count = 0;
}

/* The number in "socket:[4711]"; 0 where the link names something else. */
static uint64_t inode_of(const char *link, size_t size)
{
    static const char before[] = "socket:[";
    uint64_t inode = 0;

    if (size < sizeof(before) || memcmp(link, before, sizeof(before) - 1) != 0) {
        return 0;
    }
    for (size_t i = sizeof(before) - 1; i < size && link[i] >= '0' && link[i] <= '9'; i++) {
        inode = inode * DECIMAL + (uint64_t)(link[i] - '0');
    }
    return inode;
}

/* Reads one link. False where there is no such descriptor (any more). */
static bool read_descriptor(struct process_sockets *process, int folder, const char *name,
                            uint32_t sample, struct process_descriptor *descriptor)
{
    char link[64];
    ssize_t size = readlinkat(folder, name, link, sizeof(link));

    /* The folder of a process with more rights than ours opens; its links do not. */
    process->denied = process->denied || (size < 0 && errno == EACCES);
    *descriptor = (struct process_descriptor){
        .inode = size > 0 ? inode_of(link, (size_t)size) : 0,
        .number = descriptor->number,
        .row = PROCESS_SOCKETS_NO_ROW,
        .read_at = sample,
    };
    return size >= 0 || errno == EACCES;
}

/* The place of the first descriptor with this number or a higher one. */
static size_t find_number(const struct process_sockets *process, uint32_t number)
{
    size_t low = 0;
    size_t high = process->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (process->descriptors[middle].number < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* What we know of a number and need not read again; NULL where there is nothing. */
static const struct process_descriptor *find_kept(const struct process_sockets *process,
                                                  uint32_t number, uint32_t sample)
{
    size_t at = find_number(process, number);
    const struct process_descriptor *known;

    if (at == process->count || process->descriptors[at].number != number) {
        return NULL;
    }
    known = &process->descriptors[at];
    return (known->row != PROCESS_SOCKETS_NO_ROW && !known->again) || known->read_at == sample
               ? known
               : NULL;
}

static bool add(struct list *list, const struct process_descriptor *descriptor, struct failure *why)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? FIRST_DESCRIPTORS : list->capacity * 2;
        struct process_descriptor *items = realloc(list->items, capacity * sizeof(*items));

        if (items == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu descriptors", capacity);
        }
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = *descriptor;
    return true;
}

static int compare_numbers(const void *left, const void *right)
{
    const struct process_descriptor *a = left;
    const struct process_descriptor *b = right;

    return (a->number > b->number) - (a->number < b->number);
}

/* Puts the list in the place of what was known, in as much memory as it needs. */
static void take_over(struct process_sockets *process, struct list *list)
{
    struct process_descriptor *fitting =
        list->count == 0 ? NULL : realloc(list->items, list->count * sizeof(*list->items));

    free(process->descriptors);
    process->descriptors = fitting != NULL ? fitting : list->items;
    process->count = list->count;
    for (size_t i = 1; i < process->count; i++) {
        if (process->descriptors[i - 1].number > process->descriptors[i].number) {
            qsort(process->descriptors, process->count, sizeof(*process->descriptors),
                  compare_numbers);
            break;
        }
    }
}

/* Reads the folder; of the descriptors only what we do not `keep`. */
static bool list_folder(struct process_sockets *process, DIR *folder, bool keep, uint32_t sample,
                        struct failure *why)
{
    struct list list = {0};
    const struct dirent *entry;

    rewinddir(folder);
    while ((entry = readdir(folder)) != NULL) {
        struct process_descriptor descriptor = {0};
        const struct process_descriptor *kept;

        if (entry->d_name[0] < '0' || entry->d_name[0] > '9') {
            continue;
        }
        descriptor.number = (uint32_t)strtoul(entry->d_name, NULL, DECIMAL);
        kept = keep ? find_kept(process, descriptor.number, sample) : NULL;
        if ((kept != NULL ||
             read_descriptor(process, dirfd(folder), entry->d_name, sample, &descriptor)) &&
            !add(&list, kept != NULL ? kept : &descriptor, why)) {
            free(list.items);
            return false;
        }
    }
    take_over(process, &list);
    process->known = true;
    return true;
}

/* Marks the part of this sample: of those that were read before the process ran. */
static void mark_part(struct process_sockets *process)
{
    size_t left = process->count / PROCESS_SOCKETS_ROUND + 1;
    size_t first = find_number(process, process->next);

    for (size_t i = 0; i < process->count && left > 0; i++) {
        struct process_descriptor *descriptor = &process->descriptors[(first + i) % process->count];

        if (descriptor->read_at != process->ran_at && !descriptor->again) {
            descriptor->again = true;
            process->next = descriptor->number + 1;
            left--;
        }
    }
}

/* False where one of them is gone. */
static bool read_marked(struct process_sockets *process, int folder, uint32_t sample)
{
    bool complete = true;

    for (size_t i = 0; i < process->count; i++) {
        char name[16];

        if (process->descriptors[i].again) {
            snprintf(name, sizeof(name), "%lu", (unsigned long)process->descriptors[i].number);
            complete = read_descriptor(process, folder, name, sample, &process->descriptors[i]) &&
                       complete;
        }
    }
    return complete;
}

/* Linux 6.2 and later say it; with an older one it is 0, and the folder is listed. */
static bool has_as_many(const struct process_sockets *process, int folder)
{
    struct stat status;

    return fstat(folder, &status) == 0 && (uint64_t)status.st_size == process->count;
}

static bool read_open_folder(struct process_sockets *process, DIR *folder,
                             enum process_sockets_reading reading, uint32_t sample,
                             struct failure *why)
{
    if (!process->known || process->denied ||
        (reading == PROCESS_SOCKETS_DUE && process->count <= PROCESS_SOCKETS_FEW)) {
        process->denied = false;
        return list_folder(process, folder, false, sample, why);
    }
    if (reading == PROCESS_SOCKETS_LIST) {
        return list_folder(process, folder, true, sample, why);
    }
    if (reading == PROCESS_SOCKETS_DUE) {
        mark_part(process);
    }
    return (read_marked(process, dirfd(folder), sample) && has_as_many(process, dirfd(folder))) ||
           list_folder(process, folder, true, sample, why);
}

/* Whether anything that we believe was read before the process ran last. */
static bool is_settled(const struct process_sockets *process)
{
    for (size_t i = 0; i < process->count; i++) {
        if (process->descriptors[i].read_at < process->ran_at) {
            return false;
        }
    }
    return process->known;
}

static bool has_sockets(const struct process_sockets *process)
{
    for (size_t i = 0; i < process->count; i++) {
        if (process->descriptors[i].inode != 0) {
            return true;
        }
    }
    return false;
}

static bool fail_for_lack(const struct process_sockets *process, struct failure *why)
{
    return failure_from_system(why, errno, "cannot look into the process %lu",
                               (unsigned long)process->pid);
}

/* Forgets what was read where the pid went to another process since the list was read. */
static bool check_start(struct process_sockets *process, int folder, struct failure *why)
{
    struct process_stat stat;

    if (process_stat_read(folder, "stat", &stat)) {
        if (stat.start == process->start) {
            return true;
        }
    } else if (process_stat_is_lack(errno)) {
        return fail_for_lack(process, why);
    }
    forget(process);
    process->known = false;
    return true;
}

/* The folder of its descriptors; -1, with errno. */
static int open_numbers(const struct process_sockets *process, int folder)
{
    uint32_t tid;
    int thread = process->headless ? process_stat_open_thread(folder, &tid) : -1;
    int numbers;
    int error;

    if (process->headless && thread < 0) {
        return -1;
    }
    numbers = openat(process->headless ? thread : folder, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    error = errno;
    if (thread >= 0) {
        close(thread);
    }
    errno = error;
    return numbers;
}

/* NULL, with errno. */
static DIR *open_descriptors(const struct process_sockets *process, int folder)
{
    int numbers = open_numbers(process, folder);
    DIR *descriptors = numbers < 0 ? NULL : fdopendir(numbers);
    int error = errno;

    if (descriptors == NULL && numbers >= 0) {
        close(numbers);
    }
    errno = error;
    return descriptors;
}

/* Reads a process whose folder is open. Its start is looked at only where it matters. */
static bool read_open_process(struct process_sockets *process, int folder,
                              enum process_sockets_reading reading, uint32_t sample,
                              struct failure *why)
{
    DIR *descriptors = open_descriptors(process, folder);
    bool ok;

    if (descriptors == NULL && process_stat_is_lack(errno)) {
        return fail_for_lack(process, why);
    }
    if (descriptors == NULL) {
        process->denied = errno == EACCES || errno == EPERM;
        process->known = process->denied;
        forget(process);
        return true;
    }
    ok = read_open_folder(process, descriptors, reading, sample, why);
    closedir(descriptors);
    return ok && (!has_sockets(process) || check_start(process, folder, why));
}

bool process_sockets_read(struct process_sockets *process, enum process_sockets_reading reading,
                          uint32_t sample, struct failure *why)
{
    int folder = process_stat_open_folder(process->pid);
    bool ok;

    if (folder < 0 && process_stat_is_lack(errno)) {
        return fail_for_lack(process, why);
    }
    if (folder < 0) {
        forget(process); /* it has ended */
        process->known = false;
        process->denied = false;
        return true;
    }
    ok = read_open_process(process, folder, reading, sample, why);
    close(folder);
    process->settled = ok && is_settled(process);
    return ok;
}

void process_sockets_clear(struct process_sockets *process)
{
    forget(process);
    *process = (struct process_sockets){0};
}
