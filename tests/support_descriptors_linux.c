/* SPDX-License-Identifier: MIT */

#include "tests/support_descriptors_linux.h"

#include <stdbool.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/support.h"

enum { MOST_FILLERS = 512 };

static struct {
    bool limited;
    struct rlimit before;
    int fillers[MOST_FILLERS];
    int count;
} descriptors;

static int lowest_free(void)
{
    int lowest = dup(STDIN_FILENO);

    ck_assert_int_ge(lowest, 0);
    close(lowest);
    return lowest;
}

void support_leave_descriptors(int count)
{
    struct rlimit limit;

    if (!descriptors.limited) {
        ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &descriptors.before), 0);
        descriptors.limited = true;
    }
    limit = descriptors.before;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0); /* to find the lowest that is free */
    limit.rlim_cur = (rlim_t)lowest_free() + (rlim_t)count;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

void support_fill_descriptors(int first)
{
    while (lowest_free() < first) {
        ck_assert_int_lt(descriptors.count, MOST_FILLERS);
        descriptors.fillers[descriptors.count++] = dup(STDIN_FILENO);
    }
}

void support_restore_descriptors(void)
{
    if (descriptors.limited) {
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &descriptors.before), 0);
        descriptors.limited = false;
    }
    while (descriptors.count > 0) {
        close(descriptors.fillers[--descriptors.count]);
    }
}
