/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include "base/machine.h"

static struct {
    struct machine_facts facts;
    struct machine_facts again;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    CHECK_DONE(machine_read(&fixture.facts, &fixture.why), fixture.why);
}

static void close_fixture(void)
{
    machine_facts_clear(&fixture.facts);
    machine_facts_clear(&fixture.facts);
    machine_facts_clear(&fixture.again);
}

START_TEST(the_machine_has_a_name_and_a_system)
{
    ck_assert_str_ne(fixture.facts.host, "");
    ck_assert_ptr_null(strchr(fixture.facts.host, '.'));
    ck_assert_str_ne(fixture.facts.system, "");
    ck_assert_ptr_nonnull(fixture.facts.domain);
    ck_assert_ptr_nonnull(fixture.facts.zone);
    ck_assert_ptr_nonnull(fixture.facts.id);
}
END_TEST

START_TEST(every_reading_tells_the_same)
{
    CHECK_DONE(machine_read(&fixture.again, &fixture.why), fixture.why);
    ck_assert_str_eq(fixture.again.id, fixture.facts.id);
    ck_assert_str_eq(fixture.again.host, fixture.facts.host);
    ck_assert_str_eq(fixture.again.domain, fixture.facts.domain);
    ck_assert_str_eq(fixture.again.system, fixture.facts.system);
    ck_assert_str_eq(fixture.again.zone, fixture.facts.zone);
}
END_TEST

static Suite *machine_suite(void)
{
    Suite *suite = suite_create("machine");
    TCase *tests = tcase_create("machine");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, the_machine_has_a_name_and_a_system);
    tcase_add_test(tests, every_reading_tells_the_same);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(machine_suite());
}
