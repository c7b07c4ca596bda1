/* SPDX-License-Identifier: MIT */

/*
 * Real processes and what they do with sockets. Most children hold what they
 * have until a pipe closes, so that nothing here waits for a time to pass.
 */

#include "tests/support.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/process_self.h"
#include "collector/process_instance.h"
#include "collector/process_stat_linux.h"
#include "collector/process_table.h"
#include "collector/socket_owners.h"
#include "collector/socket_table.h"
#include "tests/support_net.h"
#include "tests/support_process.h"

enum { NOBODY = 65534 };

static struct {
    struct socket_reader *sockets;
    struct process_reader *processes;
    struct socket_owners *owners;
    struct socket_table table;
    struct process_table list;
    struct process_details details;
    struct failure why;
    intptr_t listener;
    pid_t child;
    int leash[2]; /* the child ends when we close our end */
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    fixture.listener = SUPPORT_NET_NONE;
    fixture.leash[0] = fixture.leash[1] = -1;
    remove("victim");
    remove("victim (deleted)");
    CHECK_DONE(socket_reader_open(&fixture.sockets, &fixture.why), fixture.why);
    CHECK_DONE(process_reader_open(&fixture.processes, &fixture.why), fixture.why);
    CHECK_DONE(socket_owners_open(&fixture.owners, &fixture.why), fixture.why);
}

static void end_child(void)
{
    if (fixture.leash[1] >= 0) {
        close(fixture.leash[1]);
        fixture.leash[1] = -1;
    }
    if (fixture.child > 0) {
        kill(fixture.child, SIGKILL);
        waitpid(fixture.child, NULL, 0);
        fixture.child = 0;
    }
}

static void close_fixture(void)
{
    end_child();
    support_net_close(fixture.listener);
    process_details_clear(&fixture.details);
    socket_table_clear(&fixture.table);
    process_table_clear(&fixture.list);
    socket_reader_close(fixture.sockets);
    process_reader_close(fixture.processes);
    socket_owners_close(fixture.owners);
    remove("victim");
    remove("victim (deleted)");
}

/* A child that lives until we let go of it. True in the child. */
static bool fork_child(void)
{
    ck_assert_int_eq(pipe2(fixture.leash, O_CLOEXEC), 0);
    fixture.child = fork();
    ck_assert_int_ge(fixture.child, 0);
    if (fixture.child == 0) {
        close(fixture.leash[1]);
        return true;
    }
    close(fixture.leash[0]);
    return false;
}

static void wait_for_the_end(void)
{
    char nothing;

    (void)!read(fixture.leash[0], &nothing, 1);
    _exit(0);
}

static void find_owners(void)
{
    CHECK_DONE(socket_reader_read(fixture.sockets, &fixture.table, &fixture.why), fixture.why);
    CHECK_DONE(process_reader_read(fixture.processes, &fixture.list, &fixture.why), fixture.why);
    CHECK_DONE(socket_owners_find(fixture.owners, &fixture.list, &fixture.table, &fixture.why),
               fixture.why);
}

/* How many rows of our listener name this pid. */
static int rows_of(uint32_t pid)
{
    uint16_t port = support_net_port(fixture.listener);
    int count = 0;

    for (size_t i = 0; i < fixture.table.count; i++) {
        count += fixture.table.rows[i].protocol == SOCKET_TCP &&
                 fixture.table.rows[i].state == SOCKET_LISTENING &&
                 fixture.table.rows[i].local.port == port && fixture.table.rows[i].pid == pid;
    }
    return count;
}

static void *wait_in_thread(void *nothing)
{
    (void)nothing;
    wait_for_the_end();
    return NULL;
}

/* A child whose first thread ends by SIGUSR1, while another one waits. */
static void live_without_a_head(const sigset_t *signals)
{
    pthread_t thread;
    int number;

    if (pthread_create(&thread, NULL, wait_in_thread, NULL) != 0) {
        _exit(1);
    }
    sigwait(signals, &number);
    pthread_exit(NULL);
}

static void behead_child(void)
{
    struct process_stat stat = {0};
    int folder = process_stat_open_folder((uint32_t)fixture.child);

    ck_assert_int_ge(folder, 0);
    kill(fixture.child, SIGUSR1);
    while (!stat.is_headless) {
        ck_assert(process_stat_read(folder, "stat", &stat));
        sched_yield();
    }
    close(folder);
}

static const enum support_family families[] = {SUPPORT_IPV4, SUPPORT_IPV6};

START_TEST(a_listener_has_one_row_however_many_descriptors_it_has)
{
    int second;

    if (!support_net_has(families[_i])) {
        return;
    }
    fixture.listener = support_net_listen(families[_i]);
    second = dup((int)fixture.listener);
    ck_assert_int_ge(second, 0);
    find_owners();
    ck_assert_int_eq(rows_of(process_self_pid()), 1);
    ck_assert_int_eq(rows_of(0), 0);
    close(second);
}
END_TEST

START_TEST(an_accepted_socket_has_its_owner)
{
    intptr_t client;
    intptr_t accepted;
    int found = 0;

    fixture.listener = support_net_listen(SUPPORT_IPV4);
    client = support_net_connect(SUPPORT_IPV4, support_net_port(fixture.listener));
    accepted = support_net_accept(fixture.listener);
    find_owners();
    for (size_t i = 0; i < fixture.table.count; i++) {
        found += fixture.table.rows[i].state == SOCKET_ESTABLISHED &&
                 fixture.table.rows[i].local.port == support_net_port(fixture.listener) &&
                 fixture.table.rows[i].remote.port == support_net_port(client) &&
                 fixture.table.rows[i].pid == process_self_pid();
    }
    support_net_close(client);
    support_net_close(accepted);
    ck_assert_int_eq(found, 1);
}
END_TEST

START_TEST(a_socket_that_two_processes_hold_has_a_row_for_each)
{
    fixture.listener = support_net_listen(SUPPORT_IPV4);
    if (fork_child()) {
        wait_for_the_end();
    }
    find_owners();
    ck_assert_int_eq(rows_of(process_self_pid()), 1);
    ck_assert_int_eq(rows_of((uint32_t)fixture.child), 1);
    end_child();
    find_owners();
    ck_assert_int_eq(rows_of(process_self_pid()), 1);
    ck_assert_uint_gt(fixture.table.count, 0);
}
END_TEST

START_TEST(a_process_that_is_not_on_the_list_is_not_named)
{
    fixture.listener = support_net_listen(SUPPORT_IPV4);
    find_owners();
    for (size_t i = 0; i < fixture.list.count; i++) {
        if (fixture.list.rows[i].pid == process_self_pid()) {
            fixture.list.rows[i].start++; /* as if the pid had been another process's then */
        }
    }
    CHECK_DONE(socket_reader_read(fixture.sockets, &fixture.table, &fixture.why), fixture.why);
    CHECK_DONE(socket_owners_find(fixture.owners, &fixture.list, &fixture.table, &fixture.why),
               fixture.why);
    ck_assert_int_eq(rows_of(process_self_pid()), 0);
    ck_assert_int_eq(rows_of(0), 1);
}
END_TEST

/* As an ordinary user: exit status 0 where the row of `port` is unowned and marked as denied. */
static int look_as_nobody(void)
{
    uint16_t port = support_net_port(fixture.listener);

    close((int)fixture.listener);
    if (setgid(NOBODY) != 0 || setuid(NOBODY) != 0) {
        return 2;
    }
    for (int i = 0; i < 2; i++) { /* what was denied is remembered, and still denied */
        if (!socket_reader_read(fixture.sockets, &fixture.table, &fixture.why) ||
            !process_reader_read(fixture.processes, &fixture.list, &fixture.why) ||
            !socket_owners_find(fixture.owners, &fixture.list, &fixture.table, &fixture.why)) {
            return 2;
        }
    }
    for (size_t i = 0; i < fixture.table.count; i++) {
        const struct socket_row *row = &fixture.table.rows[i];

        if (row->local.port == port && row->state == SOCKET_LISTENING) {
            return row->pid == 0 && row->attribution == ATTRIBUTION_DENIED ? 0 : 3;
        }
    }
    return 4;
}

START_TEST(what_we_may_not_see_is_denied_and_no_failure)
{
    int status;
    pid_t child;

    if (geteuid() != 0) {
        return; /* only root can become somebody else */
    }
    fixture.listener = support_net_listen(SUPPORT_IPV4);
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        _exit(look_as_nobody());
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

static void copy_program(const char *name)
{
    FILE *from = fopen("/bin/cat", "rb");
    FILE *to = fopen(name, "wb");
    char bytes[4096];
    size_t size;

    ck_assert_ptr_nonnull(from);
    ck_assert_ptr_nonnull(to);
    while ((size = fread(bytes, 1, sizeof(bytes), from)) > 0) {
        ck_assert_uint_eq(fwrite(bytes, 1, size, to), size);
    }
    fclose(from);
    ck_assert_int_eq(fclose(to), 0);
    ck_assert_int_eq(chmod(name, 0755), 0);
}

/* Runs a copy of cat that reads from the leash, and returns when it runs. */
static void run_program(const char *name)
{
    char path[64];
    char link[4096];
    ssize_t size = 0;

    copy_program(name);
    if (fork_child()) {
        dup2(fixture.leash[0], STDIN_FILENO);
        execl(name, name, (char *)NULL);
        _exit(1);
    }
    snprintf(path, sizeof(path), "/proc/%d/exe", (int)fixture.child);
    while (size <= 0 || memmem(link, (size_t)size, name, strlen(name)) == NULL) {
        size = readlink(path, link, sizeof(link));
        ck_assert_int_gt(size, 0);
    }
}

static const char *name_of_child(void)
{
    const struct process_row *row = process_table_find(&fixture.list, (uint32_t)fixture.child);

    ck_assert_ptr_nonnull(row);
    return process_table_name(&fixture.list, row);
}

START_TEST(a_program_holds_what_the_one_before_it_left_open)
{
    fixture.listener = support_net_listen(SUPPORT_IPV4);
    ck_assert_int_eq(fcntl((int)fixture.listener, F_SETFD, _i == 0 ? 0 : FD_CLOEXEC), 0);
    copy_program("victim");
    if (fork_child()) {
        char go;

        (void)!read(fixture.leash[0], &go, 1);
        dup2(fixture.leash[0], STDIN_FILENO);
        execl("victim", "victim", (char *)NULL);
        _exit(1);
    }
    find_owners();
    ck_assert_int_eq(rows_of((uint32_t)fixture.child), 1);
    ck_assert_int_eq(write(fixture.leash[1], "!", 1), 1);
    do { /* it has its new name when its descriptors are closed */
        find_owners();
    } while (strcmp(name_of_child(), "victim") != 0);
    find_owners();
    ck_assert_int_eq(rows_of((uint32_t)fixture.child), _i == 0 ? 1 : 0);
    ck_assert_int_eq(rows_of(process_self_pid()), 1);
}
END_TEST

static const struct process_details *open_child(void)
{
    const struct process_row *row;

    CHECK_DONE(process_reader_read(fixture.processes, &fixture.list, &fixture.why), fixture.why);
    row = process_table_find(&fixture.list, (uint32_t)fixture.child);
    ck_assert_ptr_nonnull(row);
    support_read_details(row->pid, row->start, 0, &fixture.details);
    return &fixture.details;
}

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text);

    return size >= strlen(end) && strcmp(text + size - strlen(end), end) == 0;
}

/* An image, whether it is removed while it runs, and what its path ends in then. */
static const struct {
    const char *name;
    bool removed;
    const char *end;
} images[] = {
    {"./victim", false, "/victim"},
    {"./victim", true, "/victim"},
    {"./victim (deleted)", false, "/victim (deleted)"},
    {"./victim (deleted)", true, "/victim (deleted)"},
};

START_TEST(the_path_of_an_image_is_its_name_whether_it_is_there_or_not)
{
    const struct process_details *details;

    run_program(images[_i].name + 2);
    if (images[_i].removed) {
        ck_assert_int_eq(unlink(images[_i].name), 0);
    }
    details = open_child();
    ck_assert_int_eq(details->access, PROCESS_OPENED);
    ck_assert_msg(ends_with(details->path, images[_i].end), "the path is %s", details->path);
}
END_TEST

START_TEST(a_process_that_has_ended_is_gone_also_while_it_is_still_listed)
{
    siginfo_t ended;

    if (fork_child()) {
        _exit(0);
    }
    ck_assert_int_eq(waitid(P_PID, (id_t)fixture.child, &ended, WEXITED | WNOWAIT), 0);
    ck_assert_int_eq(open_child()->access, PROCESS_GONE);
}
END_TEST

START_TEST(a_process_whose_first_thread_has_ended_keeps_its_sockets)
{
    bool known = _i == 1;
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR1);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    fixture.listener = support_net_listen(SUPPORT_IPV4);
    if (fork_child()) {
        live_without_a_head(&signals);
    }
    sigprocmask(SIG_UNBLOCK, &signals, NULL);
    if (known) {
        find_owners();
        ck_assert_int_eq(rows_of((uint32_t)fixture.child), 1);
    }
    behead_child();
    for (int i = 0; i < 3; i++) {
        find_owners();
        ck_assert_int_eq(rows_of((uint32_t)fixture.child), 1);
    }
}
END_TEST

static Suite *socket_owners_suite(void)
{
    Suite *suite = suite_create("socket_owners_linux");
    TCase *tests = tcase_create("socket_owners_linux");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, a_listener_has_one_row_however_many_descriptors_it_has, 0,
                        COUNT_OF(families));
    tcase_add_test(tests, an_accepted_socket_has_its_owner);
    tcase_add_test(tests, a_socket_that_two_processes_hold_has_a_row_for_each);
    tcase_add_test(tests, a_process_that_is_not_on_the_list_is_not_named);
    tcase_add_test(tests, what_we_may_not_see_is_denied_and_no_failure);
    tcase_add_loop_test(tests, a_program_holds_what_the_one_before_it_left_open, 0, 2);
    tcase_add_loop_test(tests, the_path_of_an_image_is_its_name_whether_it_is_there_or_not, 0,
                        COUNT_OF(images));
    tcase_add_test(tests, a_process_that_has_ended_is_gone_also_while_it_is_still_listed);
    tcase_add_loop_test(tests, a_process_whose_first_thread_has_ended_keeps_its_sockets, 0, 2);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(socket_owners_suite());
}
