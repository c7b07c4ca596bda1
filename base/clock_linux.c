/* SPDX-License-Identifier: MIT */

#include "base/clock.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t read_clock(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t read_clock_us(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_now(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t clock_steady(void)
{
    return read_clock(CLOCK_BOOTTIME);
}

int64_t clock_now_us(void)
{
    return read_clock_us(CLOCK_REALTIME);
}

int64_t clock_steady_us(void)
{
    return read_clock_us(CLOCK_BOOTTIME);
}

int64_t clock_awake(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

/*
 * localtime_r() keeps the rules that it found first. tzset() looks whether
 * they are still the same, which costs a system call: once a second is enough
 * for a table of a million times.
 */
static void follow_zone(void)
{
    static atomic_llong looked_at = -1;
    long long now = (long long)read_clock(CLOCK_MONOTONIC_COARSE) / 1000;

    if (atomic_exchange(&looked_at, now) != now) {
        tzset();
    }
}

int clock_zone_offset(int64_t at)
{
    time_t seconds = (time_t)(at / 1000 - (at % 1000 < 0 ? 1 : 0));
    struct tm local;

    follow_zone();
    if (localtime_r(&seconds, &local) == NULL) {
        return 0; /* a year that no calendar holds */
    }
    return (int)local.tm_gmtoff;
}

bool clock_boot_read(struct clock_boot *boot, struct failure *why)
{
    static const char path[] = "/proc/sys/kernel/random/boot_id";
    FILE *file = fopen(path, "re");
    bool got;
    int error;

    if (file == NULL) {
        return failure_from_system(why, errno, "cannot tell one boot from another: %s", path);
    }
    errno = 0;
    got = fgets(boot->id, sizeof(boot->id), file) != NULL;
    error = errno == 0 ? EIO : errno; /* an empty file is no error of its own */
    fclose(file);
    if (!got) {
        return failure_from_system(why, error, "cannot tell one boot from another: %s", path);
    }
    boot->id[strcspn(boot->id, "\n")] = '\0';
    boot->started_at = clock_now() - clock_steady();
    return true;
}
