/* SPDX-License-Identifier: MIT */

/*
 * Nobody tells a service on Linux that the machine slept or that the clock was set.
 */

#include "service/service_host.h"

#include "base/clock_fake.h"
#include "tests/support.h"

#define DAY INT64_C(86400000)

static struct {
    struct failure why;
    void (*happens)(void);
    unsigned before;
    unsigned wants;
    unsigned after;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    clock_fake_reset();
    clock_fake_set(INT64_C(1700000000000));
}

static void close_fixture(void)
{
}

static bool body(struct service_host *host, void *context, struct failure *why)
{
    (void)context;
    (void)why;
    fixture.before = service_host_wait(host, 0);
    fixture.happens();
    fixture.wants = service_host_wait(host, 0);
    fixture.after = service_host_wait(host, 0);
    return true;
}

static void sleep_long(void)
{
    clock_fake_sleep(3600000);
}

static void set_forward(void)
{
    clock_fake_set(clock_now() + DAY);
}

static void set_back(void)
{
    clock_fake_set(clock_now() - DAY);
}

static void run_long(void)
{
    clock_fake_run(DAY);
}

static void slew(void)
{
    clock_fake_set(clock_now() + 100);
}

static const struct {
    void (*happens)(void);
    unsigned wants;
} cases[] = {
    {sleep_long, SERVICE_WANTS_WOKE}, {set_forward, SERVICE_WANTS_CLOCK},
    {set_back, SERVICE_WANTS_CLOCK},  {run_long, SERVICE_WANTS_NOTHING},
    {slew, SERVICE_WANTS_NOTHING},
};

START_TEST(what_happened_to_time_is_told_once)
{
    fixture.happens = cases[_i].happens;
    CHECK_DONE(service_host_run_foreground(body, NULL, &fixture.why), fixture.why);
    ck_assert_uint_eq(fixture.before, SERVICE_WANTS_NOTHING);
    ck_assert_uint_eq(fixture.wants, cases[_i].wants);
    ck_assert_uint_eq(fixture.after, SERVICE_WANTS_NOTHING);
}
END_TEST

static Suite *service_host_suite(void)
{
    Suite *suite = suite_create("service_host_linux");
    TCase *tests = tcase_create("service_host_linux");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, what_happened_to_time_is_told_once, 0, COUNT_OF(cases));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(service_host_suite());
}
