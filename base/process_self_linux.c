/* SPDX-License-Identifier: MIT */

#include "base/process_self.h"

#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

enum { NICE = 5 }; /* as in the unit file */

uint32_t process_self_pid(void)
{
    return (uint32_t)getpid();
}

static int64_t read_clock(clockid_t clock)
{
    struct timespec time;

    return clock_gettime(clock, &time) == 0 ? (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000
                                            : 0;
}

int64_t process_self_cpu(void)
{
    return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}

int64_t process_self_thread_cpu(void)
{
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

/* The second number of /proc/self/statm: proc(5). */
static int64_t read_memory(void)
{
    struct text statm = {0};
    struct failure ignored;
    long long pages = 0;

    if (file_read(&statm, "/proc/self/statm", 1024, &ignored)) {
        (void)sscanf(text_bytes(&statm), "%*s %lld", &pages);
    }
    text_clear(&statm);
    return (int64_t)pages * sysconf(_SC_PAGESIZE);
}

static bool count_name(void *context, const char *name)
{
    (void)name;
    (*(int64_t *)context)++;
    return true;
}

/* Without the one that looks. */
static int64_t count_descriptors(void)
{
    struct failure ignored;
    int64_t count = 0;

    return file_walk_folder("/proc/self/fd", count_name, &count, &ignored) && count > 0 ? count - 1
                                                                                        : 0;
}

struct process_self_usage process_self_usage(void)
{
    return (struct process_self_usage){process_self_cpu(), read_memory(), count_descriptors()};
}

int process_self_processors(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);

    return count > 0 ? (int)count : 1;
}

void process_self_step_back(void)
{
    if (getpriority(PRIO_PROCESS, 0) < NICE) {
        (void)setpriority(PRIO_PROCESS, 0,
                          NICE); /* threads that come later have it from this one */
    }
}
