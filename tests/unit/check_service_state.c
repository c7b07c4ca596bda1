/* SPDX-License-Identifier: MIT */

#include <check.h>

#include "base/service_state.h"
#include "tests/support.h"

START_TEST(every_state_has_a_name_of_its_own)
{
    for (int i = 0; i < SERVICE_STATE_COUNT; i++) {
        const char *name = service_state_name((enum service_state)i);

        ck_assert_ptr_nonnull(name);
        for (int j = 0; j < i; j++) {
            ck_assert_str_ne(name, service_state_name((enum service_state)j));
        }
    }
}
END_TEST

/* Whatever this machine has: the parts of the answer must fit together. */
START_TEST(this_machine_can_be_asked)
{
    struct service_facts facts;
    struct failure why;

    CHECK_DONE(service_state_read(&facts, &why), why);
    ck_assert_int_ge(facts.state, 0);
    ck_assert_int_lt(facts.state, SERVICE_STATE_COUNT);
    if (facts.state == SERVICE_IS_ABSENT || facts.state == SERVICE_IS_STOPPED) {
        ck_assert_uint_eq(facts.pid, 0);
    }
    if (facts.state == SERVICE_IS_RUNNING) {
        ck_assert_uint_ne(facts.pid, 0);
    }
}
END_TEST

static Suite *service_state_suite(void)
{
    Suite *suite = suite_create("service_state");
    TCase *tests = tcase_create("service_state");

    tcase_add_test(tests, every_state_has_a_name_of_its_own);
    tcase_add_test(tests, this_machine_can_be_asked);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(service_state_suite());
}
