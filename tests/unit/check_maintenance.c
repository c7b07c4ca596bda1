/* SPDX-License-Identifier: MIT */

#include "probes/maintenance.h"

#include <string.h>

#include "base/clock_fake.h"
#include "base/time_text.h"
#include "tests/support.h"

#define HOUR INT64_C(3600000)

static const struct clock_fake_change berlin[] = {{INT64_C(1774746000000), 7200},
                                                  {INT64_C(1792890000000), 3600}};

static struct {
    struct maintenance_window window;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    clock_fake_reset();
    clock_fake_set_zone(3600, berlin, COUNT_OF(berlin));
}

static bool holds(const char *window, const char *at)
{
    int64_t moment = 0;

    CHECK_DONE(maintenance_read(&fixture.window, window, &fixture.why), fixture.why);
    CHECK_DONE(time_text_parse(at, 0, &moment, NULL, &fixture.why), fixture.why);
    return maintenance_find(&fixture.window, 1, clock_zone_offset, moment) == 0;
}

/* 2026-11-22 was a Sunday. */
static const struct {
    const char *window;
    const char *at;
    bool held;
} cases[] = {
    {"Sun 02:00-04:00", "2026-11-22 01:59:59.999", false},
    {"Sun 02:00-04:00", "2026-11-22 02:00", true},
    {"Sun 02:00-04:00", "2026-11-22 03:59:59.999", true},
    {"Sun 02:00-04:00", "2026-11-22 04:00", false},
    {"Sun 02:00-04:00", "2026-11-23 03:00", false},
    {"Sat 22:00-02:00", "2026-11-21 22:00", true},
    {"Sat 22:00-02:00", "2026-11-22 01:59", true},
    {"Sat 22:00-02:00", "2026-11-22 02:00", false},
    {"Sat 22:00-02:00", "2026-11-21 01:00", false},
    {"22:00 - 02:00", "2026-11-21 01:00", true},
    {"daily 00:00-24:00", "2026-11-21 23:59:59.999", true},
    {"Sun 00:00-24:00", "2026-11-23 00:00", false},
    {"Sun 00:00-24:00", "2026-11-21 23:59", false},
    {"Mon-Fri 12:00-13:00", "2026-11-22 12:30", false},
    {"2026-12-24 - 2026-12-27", "2026-12-23 23:59:59.999", false},
    {"2026-12-24 - 2026-12-27", "2026-12-24 00:00", true},
    {"2026-12-24-2026-12-27", "2026-12-27 23:59:59.999", true},
    {"2026-12-24 - 2026-12-27", "2026-12-28 00:00", false},
    {"2026-12-24", "2026-12-24 23:59", true},
    {"2026-12-24", "2026-12-25 00:00", false},
    {"2026-12-24 18:00 - 2026-12-27 06:00", "2026-12-24 17:59", false},
    {"2026-12-24 18:00 - 2026-12-27 06:00", "2026-12-27 05:59", true},
    {"2026-12-24 18:00 - 2026-12-27 06:00", "2026-12-27 06:00", false},
    {"2026-12-24 18:00 - 2026-12-24", "2026-12-24 23:59", true},
    /* The window is what the wall shows: an hour long in spring, three hours in autumn. */
    {"Sun 02:00-04:00", "2026-03-29T00:59:59Z", false},
    {"Sun 02:00-04:00", "2026-03-29T01:00Z", true},
    {"Sun 02:00-04:00", "2026-03-29T02:00Z", false},
    {"Sun 02:00-04:00", "2026-10-25T00:00Z", true},
    {"Sun 02:00-04:00", "2026-10-25T02:59Z", true},
    {"Sun 02:00-04:00", "2026-10-25T03:00Z", false},
};

START_TEST(a_window_holds_what_the_wall_shows)
{
    ck_assert_int_eq(holds(cases[_i].window, cases[_i].at), cases[_i].held);
}
END_TEST

static const char *const wrong[] = {
    "",
    "Sun",
    "Sun 02:00",
    "Sun 02:00-",
    "Sun 02:00-04",
    "Sun 02:00-04:00 x",
    "Sun 02:00-02:00",
    "Foo 02:00-04:00",
    "2026-12-24 -",
    "2026-12-24 - 27",
    "2026-13-01",
    "2026-02-29",
    "2026-12-27 - 2026-12-24",
    "2026-12-24 18:00",
    "2026-12-24 18:00 - 2026-12-24 18:00",
    "2026-12-24 25:00 - 2026-12-25",
    "2026-12-24 to 2026-12-25",
    "2026-",
};

START_TEST(what_is_no_window_is_refused)
{
    CHECK_FAILED(maintenance_read(&fixture.window, wrong[_i], &fixture.why), FAILURE_FORMAT,
                 fixture.why);
}
END_TEST

START_TEST(the_first_window_that_holds_is_told)
{
    struct maintenance_window windows[2];

    CHECK_DONE(maintenance_read(&windows[0], "02:00-03:00", &fixture.why), fixture.why);
    CHECK_DONE(maintenance_read(&windows[1], "02:00-04:00", &fixture.why), fixture.why);
    clock_fake_set_zone(0, NULL, 0);
    ck_assert_uint_eq(maintenance_find(windows, 2, clock_zone_offset, 2 * HOUR), 0);
    ck_assert_uint_eq(maintenance_find(windows, 2, clock_zone_offset, 3 * HOUR), 1);
    ck_assert_uint_eq(maintenance_find(windows, 2, clock_zone_offset, 4 * HOUR), 2);
    ck_assert_uint_eq(maintenance_find(NULL, 0, clock_zone_offset, 0), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("maintenance");
    TCase *tests = tcase_create("maintenance");

    tcase_add_checked_fixture(tests, open_fixture, NULL);
    tcase_add_loop_test(tests, a_window_holds_what_the_wall_shows, 0, COUNT_OF(cases));
    tcase_add_loop_test(tests, what_is_no_window_is_refused, 0, COUNT_OF(wrong));
    tcase_add_test(tests, the_first_window_that_holds_is_told);
    suite_add_tcase(suite, tests);
    return support_run_suite(suite);
}
