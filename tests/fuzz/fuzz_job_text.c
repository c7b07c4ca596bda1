/* SPDX-License-Identifier: MIT */

/*
 * What people write of jobs, by the first byte: a time, a window, a file of
 * targets, or settings. Runs must go forward, and failures be one line.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock_fake.h"
#include "base/text.h"
#include "probes/job.h"

/* Berlin in 2026. */
static const struct clock_fake_change changes[] = {{INT64_C(1774746000000), 7200},
                                                   {INT64_C(1792890000000), 3600}};

static const struct answer_field field = {.name = "x", .type = ANSWER_NUMBER};
static const struct protocol ldap = {.name = "ldap", .fields = &field, .field_count = 1};
static const struct protocol *const known[] = {&ldap, NULL};
static setting_tables tables = {&probe_settings, NULL};

static void must(bool right)
{
    if (!right) {
        abort();
    }
}

static void check_failure(const struct failure *why, enum failure_kind kind)
{
    must(why->kind == kind && why->text[0] != '\0' && strchr(why->text, '\n') == NULL);
}

/* Around both clock changes, and years later. */
static void check_runs(const struct schedule *schedule)
{
    static const int64_t moments[] = {0, INT64_C(1774745999999), INT64_C(1792889999999),
                                      INT64_C(4102444800000)};

    for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
        int64_t first = schedule_next(schedule, clock_zone_offset, moments[i]);
        int64_t second = schedule_next(schedule, clock_zone_offset, first);

        must(first > moments[i] && first != SCHEDULE_NEVER && second > first);
        must(schedule_next(schedule, clock_zone_offset, first - 1) == first);
        must(schedule_last(schedule, clock_zone_offset, moments[i], first) == first);
        must(schedule_count(schedule, clock_zone_offset, moments[i], first) == 1);
    }
}

static void try_time(const char *text)
{
    struct schedule schedule = {.form = SCHEDULE_AT};
    struct failure why = {0};

    if (schedule_add_at(&schedule, text, &why)) {
        check_runs(&schedule);
    } else {
        check_failure(&why, FAILURE_FORMAT);
    }
}

static void try_window(const char *text)
{
    struct maintenance_window window;
    struct failure why = {0};

    if (maintenance_read(&window, text, &why)) {
        must(window.is_weekly ? window.from < window.until
                              : window.shown_from < window.shown_until);
        (void)maintenance_find(&window, 1, clock_zone_offset, changes[0].at);
    } else {
        check_failure(&why, FAILURE_FORMAT);
    }
}

static void try_targets(const char *text, size_t size)
{
    struct target_list targets = {0};
    struct failure why = {0};

    if (!job_add_target_lines(&targets, text, size, &why)) {
        check_failure(&why, FAILURE_FORMAT);
    }
    target_list_clear(&targets);
}

static void try_settings(const char *text, size_t size)
{
    struct settings *settings = NULL;
    struct job_list jobs = {0};
    struct failure why = {0};
    struct job_context context = {.host_id = "h", .protocols = known};

    if (settings_parse(&settings, "f.yaml", text, size, tables, &why) &&
        job_list_read(&jobs, settings, &context, &why)) {
        for (size_t i = 0; i < jobs.count; i++) {
            must(jobs.jobs[i].ports.count > 0);
            check_runs(&jobs.jobs[i].schedule);
        }
    } else {
        check_failure(&why, FAILURE_SETTINGS);
    }
    job_list_clear(&jobs);
    settings_free(settings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text;

    if (size == 0) {
        return 0;
    }
    clock_fake_set_zone(3600, changes, 2);
    text = text_copy_size((const char *)data + 1, size - 1);
    must(text != NULL);
    switch (data[0]) {
    case 'a':
        try_time(text);
        break;
    case 'm':
        try_window(text);
        break;
    case 't':
        try_targets(text, size - 1);
        break;
    default:
        try_settings(text, size - 1);
        break;
    }
    free(text);
    return 0;
}
