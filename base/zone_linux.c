/* SPDX-License-Identifier: MIT */

/*
 * The C library knows one zone at a time, and that is the machine's. So it is
 * set to the other one for a moment, asked day by day for the offsets of a
 * hundred years, and set back: some milliseconds, once.
 */

#include "base/zone_system.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

enum {
    DAY = 24 * 60 * 60,
    DAYS = 36525,        /* of the hundred years */
    MOST_CHANGES = 1024, /* four a year are the most that ever were, with room */
};

static const int64_t FIRST_DAY = 946684800; /* 2000-01-01 00:00 UTC, seconds */

static const char usual_folder[] = "/usr/share/zoneinfo";

/* From `at` on (seconds since 1970 UTC) clocks are `offset` ahead. */
static struct change {
    int64_t at;
    int offset;
} changes[MOST_CHANGES];
static size_t change_count;

static int ask(int64_t seconds)
{
    time_t moment = (time_t)seconds;
    struct tm local;

    return localtime_r(&moment, &local) == NULL ? 0 : (int)local.tm_gmtoff;
}

static void add_change(int64_t at, int offset)
{
    if (change_count < MOST_CHANGES) {
        changes[change_count++] = (struct change){at, offset};
    }
}

/* The second of the change between two that have other offsets. */
static int64_t find_change(int64_t before, int64_t after)
{
    int offset = ask(after);

    while (after - before > 1) {
        int64_t middle = before + (after - before) / 2;

        if (ask(middle) == offset) {
            after = middle;
        } else {
            before = middle;
        }
    }
    return after;
}

static void find_changes(void)
{
    int offset = ask(FIRST_DAY);

    change_count = 0;
    add_change(INT64_MIN, offset);
    for (int64_t day = 1; day <= DAYS; day++) {
        int64_t at = FIRST_DAY + day * DAY;
        int next = ask(at);

        if (next != offset) {
            add_change(find_change(at - DAY, at), next);
            offset = next;
        }
    }
}

static int chosen_offset(int64_t at)
{
    int64_t seconds = at / 1000 - (at % 1000 < 0 ? 1 : 0);
    size_t low = 0;
    size_t high = change_count;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (changes[middle].at <= seconds) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return changes[low].offset;
}

/* The name is a part of a path, and comes from anywhere. */
static bool is_name(const char *name)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-/";

    return name[0] != '\0' && name[0] != '/' && name[strspn(name, allowed)] == '\0';
}

/* Whether there is a zone file (RFC 8536 section 3.1) of that name. */
static bool is_known(const char *folder, const char *name, struct failure *why)
{
    static const char magic[] = {'T', 'Z', 'i', 'f'};
    char begin[sizeof(magic)];
    struct text path = {0};
    bool known = false;
    FILE *file = NULL;

    text_addf(&path, "%s/%s", folder, name);
    if (!text_ok(&path, why)) {
        return false;
    }
    file = is_name(name) ? fopen(text_bytes(&path), "re") : NULL;
    text_clear(&path);
    if (file != NULL) {
        known = fread(begin, 1, sizeof(begin), file) == sizeof(begin) &&
                memcmp(begin, magic, sizeof(magic)) == 0;
        fclose(file);
    }
    return known || FAIL(why, FAILURE_USAGE, 0,
                         "this system knows no zone \"%s\"; zones are named as below %s, like "
                         "Europe/Berlin, or are an offset like +05:30",
                         name, folder);
}

static bool set_zone(const char *name, struct failure *why)
{
    int failed = name != NULL ? setenv("TZ", name, 1) : unsetenv("TZ");

    tzset();
    return failed == 0 || FAIL(why, FAILURE_MEMORY, errno, "no memory for the zone");
}

bool zone_system_choose(local_time_zone_fn **out, const char *name, struct failure *why)
{
    const char *folder = getenv("TZDIR");
    const char *own = getenv("TZ");
    char *before = own != NULL ? text_copy(own) : NULL;
    bool done =
        own == NULL || before != NULL || FAIL(why, FAILURE_MEMORY, 0, "no memory for the zone");

    done =
        done && is_known(folder != NULL ? folder : usual_folder, name, why) && set_zone(name, why);
    if (done) {
        find_changes();
        *out = chosen_offset;
        done = set_zone(before, why);
    }
    free(before);
    return done;
}
