/* SPDX-License-Identifier: MIT */

#include "base/clock_fake.h"

#include <stdio.h>

#define FIRST_BOOT "boot 1"

static struct {
    int64_t wall;
    int64_t steady;
    int64_t awake;
    struct clock_boot boot;
    bool boot_hidden;
    int offset;
    const struct clock_fake_change *changes;
    size_t change_count;
} fake = {.boot = {.id = FIRST_BOOT}};

void clock_fake_reset(void)
{
    fake.wall = 0;
    fake.boot_hidden = false;
    clock_fake_restart(0, FIRST_BOOT);
    clock_fake_set_zone(0, NULL, 0);
}

void clock_fake_set(int64_t at)
{
    fake.wall = at;
}

void clock_fake_run(int64_t milliseconds)
{
    fake.awake += milliseconds;
    clock_fake_sleep(milliseconds);
}

void clock_fake_sleep(int64_t milliseconds)
{
    fake.wall += milliseconds;
    fake.steady += milliseconds;
}

void clock_fake_restart(int64_t off, const char *id)
{
    fake.wall += off;
    fake.steady = 0;
    fake.awake = 0;
    snprintf(fake.boot.id, sizeof(fake.boot.id), "%s", id);
}

void clock_fake_hide_boot(bool hidden)
{
    fake.boot_hidden = hidden;
}

void clock_fake_set_zone(int offset, const struct clock_fake_change *changes, size_t count)
{
    fake.offset = offset;
    fake.changes = changes;
    fake.change_count = count;
}

int64_t clock_now(void)
{
    return fake.wall;
}

int64_t clock_steady(void)
{
    return fake.steady;
}

int64_t clock_now_us(void)
{
    return fake.wall * 1000;
}

int64_t clock_steady_us(void)
{
    return fake.steady * 1000;
}

int64_t clock_awake(void)
{
    return fake.awake;
}

int clock_zone_offset(int64_t at)
{
    int offset = fake.offset;

    for (size_t i = 0; i < fake.change_count && fake.changes[i].at <= at; i++) {
        offset = fake.changes[i].offset;
    }
    return offset;
}

bool clock_boot_read(struct clock_boot *boot, struct failure *why)
{
    if (fake.boot_hidden) {
        return FAIL(why, FAILURE_SYSTEM, 0, "cannot tell when the system started");
    }
    *boot = fake.boot;
    boot->started_at = fake.wall - fake.steady;
    return true;
}
