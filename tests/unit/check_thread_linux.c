/* SPDX-License-Identifier: MIT */

#include <check.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"
#include "tests/support.h"

enum { PATIENCE = 10000 };

static struct {
    struct bell *bell;
    struct bell *quit;
    struct thread *thread;
    struct failure why;
    pthread_t handled_by;
    sigset_t blocked;
    int nice_value;
    long io_priority;
} fixture;

/* What the service does in its handler of SIGTERM. */
static void ring_bell(int signal)
{
    (void)signal;
    fixture.handled_by = pthread_self();
    bell_ring(fixture.bell);
}

static void do_nothing(int signal)
{
    (void)signal;
}

static void handle(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};

    ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
    ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
}

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    CHECK_DONE(bell_open(&fixture.bell, &fixture.why), fixture.why);
    CHECK_DONE(bell_open(&fixture.quit, &fixture.why), fixture.why);
}

static void close_fixture(void)
{
    alarm(0);
    bell_ring(fixture.quit);
    thread_join(fixture.thread);
    handle(SIG_DFL);
    bell_close(fixture.quit);
    bell_close(fixture.bell);
}

START_TEST(a_signal_handler_may_ring)
{
    handle(ring_bell);
    alarm(1);
    ck_assert(bell_wait(fixture.bell, PATIENCE));
}
END_TEST

START_TEST(a_signal_that_does_not_ring_does_not_end_the_wait)
{
    int64_t begin = clock_awake();

    handle(do_nothing);
    alarm(1);
    ck_assert(!bell_wait(fixture.bell, 1300));
    ck_assert_int_ge(clock_awake() - begin, 1299);
}
END_TEST

START_TEST(ringing_leaves_errno_alone)
{
    errno = ENOTTY;
    bell_ring(fixture.bell);
    ck_assert_int_eq(errno, ENOTTY);
}
END_TEST

static void look_at_mask(void *context)
{
    (void)context;
    pthread_sigmask(SIG_SETMASK, NULL, &fixture.blocked);
    bell_ring(fixture.bell);
    (void)bell_wait(fixture.quit, PATIENCE);
}

static const struct {
    int signal;
    int blocked;
} masks[] = {
    {SIGTERM, 1}, {SIGINT, 1}, {SIGHUP, 1}, {SIGALRM, 1}, {SIGSEGV, 0}, {SIGABRT, 0},
};

START_TEST(a_thread_takes_no_signals_of_the_process)
{
    CHECK_DONE(thread_start(&fixture.thread, look_at_mask, NULL, &fixture.why), fixture.why);
    ck_assert(bell_wait(fixture.bell, PATIENCE));
    ck_assert_int_eq(sigismember(&fixture.blocked, masks[_i].signal), masks[_i].blocked);
    pthread_sigmask(SIG_SETMASK, NULL, &fixture.blocked);
    ck_assert_int_eq(sigismember(&fixture.blocked, masks[_i].signal), 0); /* ours is as before */
}
END_TEST

START_TEST(the_thread_that_starts_the_program_takes_them)
{
    CHECK_DONE(thread_start(&fixture.thread, look_at_mask, NULL, &fixture.why), fixture.why);
    ck_assert(bell_wait(fixture.bell, PATIENCE));
    handle(ring_bell);
    ck_assert_int_eq(kill(getpid(), SIGUSR1), 0);
    ck_assert(bell_wait(fixture.bell, PATIENCE));
    ck_assert_int_ne(pthread_equal(fixture.handled_by, pthread_self()), 0);
}
END_TEST

static int own_nice_value(void)
{
    return getpriority(PRIO_PROCESS, (id_t)gettid());
}

static void step_back(void *context)
{
    (void)context;
    thread_step_back();
    fixture.nice_value = own_nice_value();
    fixture.io_priority = syscall(SYS_ioprio_get, 1, 0);
}

START_TEST(a_thread_that_steps_back_lowers_itself_and_nobody_else)
{
    int before = own_nice_value();
    int expected = before + 10 < 19 ? before + 10 : 19;

    CHECK_DONE(thread_start(&fixture.thread, step_back, NULL, &fixture.why), fixture.why);
    thread_join(fixture.thread);
    fixture.thread = NULL;
    ck_assert_int_eq(fixture.nice_value, expected);
    ck_assert_int_eq(fixture.io_priority >> 13, 3); /* IOPRIO_CLASS_IDLE */
    ck_assert_int_eq(own_nice_value(), before);
}
END_TEST

static Suite *thread_linux_suite(void)
{
    Suite *suite = suite_create("thread_linux");
    TCase *tests = tcase_create("thread_linux");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, a_signal_handler_may_ring);
    tcase_add_test(tests, a_signal_that_does_not_ring_does_not_end_the_wait);
    tcase_add_test(tests, ringing_leaves_errno_alone);
    tcase_add_loop_test(tests, a_thread_takes_no_signals_of_the_process, 0, COUNT_OF(masks));
    tcase_add_test(tests, the_thread_that_starts_the_program_takes_them);
    tcase_add_test(tests, a_thread_that_steps_back_lowers_itself_and_nobody_else);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(thread_linux_suite());
}
