/* SPDX-License-Identifier: MIT */

/*
 * PortQry's local mode over machines that are made up: those of Microsoft's
 * articles. What the articles have lost is blanks and tabs between columns, so
 * that every run of them is one blank here.
 */

#include <check.h>
#include <stdlib.h>

#include "base/clock_fake.h"
#include "base/file.h"
#include "base/text.h"
#include "collector/collector.h"
#include "tests/support.h"
#include "tests/unit/cli_run.h"
#include "tests/unit/console_fake.h"
#include "tests/unit/user_stop_fake.h"

#define BEGIN INT64_C(1631781303000) /* 2021-09-16T10:35:03+02:00 */

static const char log_path[] = "check_portqry.log";

enum { TWO_HOURS = 7200, LOOKS = 3 };

/* No service manager has services of these. */
enum { LSASS = 1000484, SMSS = 1000352, DNS = 1001276 };

static const struct process_instance runs[] = {
    {.pid = 0, .start = 0, .access = PROCESS_KERNEL, .name = "System Idle Process"},
    {.pid = 4, .start = 1, .access = PROCESS_KERNEL, .name = "System"},
    {.pid = SMSS, .start = 2, .access = PROCESS_OPENED, .name = "smss.exe"},
    {.pid = LSASS, .start = 3, .access = PROCESS_OPENED, .name = "lsass.exe"},
    {.pid = DNS, .start = 4, .access = PROCESS_OPENED, .name = "dns.exe"},
};

enum { RUN_COUNT = sizeof(runs) / sizeof(runs[0]) };

struct made {
    uint32_t pid;
    enum socket_protocol protocol;
    uint16_t port;
    uint8_t local[4];
    enum socket_state state;
    uint8_t remote[4];
    uint16_t remote_port;
    int from; /* the first look that has it, */
    int to;   /* and the first one without */
};

#define OURS                                                                                       \
    {                                                                                              \
        169, 254, 113, 96                                                                          \
    }

static const struct made machine[] = {
    {0, SOCKET_TCP, 4442, OURS, SOCKET_TIME_WAIT, {169, 254, 5, 136}, 80, 0, LOOKS + 1},
    {4, SOCKET_TCP, 445, {0}, SOCKET_LISTENING, {0}, 0, 0, LOOKS + 1},
    {4, SOCKET_UDP, 137, OURS, SOCKET_STATELESS, {0}, 0, 0, LOOKS + 1},
    {800, SOCKET_UDP, 1026, {0}, SOCKET_STATELESS, {0}, 0, 0, LOOKS + 1},
    {LSASS, SOCKET_TCP, 1064, {0}, SOCKET_LISTENING, {0}, 0, 0, LOOKS + 1},
    {LSASS, SOCKET_UDP, 500, {0}, SOCKET_STATELESS, {0}, 0, 0, LOOKS + 1},
    {DNS, SOCKET_TCP, 53, {0}, SOCKET_LISTENING, {0}, 0, 0, LOOKS + 1},
    {DNS, SOCKET_TCP, 53, OURS, SOCKET_ESTABLISHED, {10, 0, 0, 9}, 5000, 2, LOOKS + 1},
};

static struct {
    struct text text;
    struct failure why;
    int look;
} fixture;

static void add_process(struct snapshot *snapshot, const struct process_instance *run)
{
    static const char lsass_path[] = "C:\\WINDOWS\\system32\\lsass.exe";
    struct process_instance made = *run;
    const struct process_instance *instance;
    struct image file = {.path = lsass_path};
    const struct image *image = image_make(&file);
    const struct module module = {.image = image, .base = 0x1000000};
    const struct module_list list = {.access = MODULES_READ, .count = 1, .modules = &module};
    uint32_t place;

    made.modules = run->pid == LSASS ? module_list_make(&list) : NULL;
    instance = process_instance_make(&made);
    CHECK_DONE(snapshot_add_process(snapshot, instance, &place, &fixture.why), fixture.why);
    process_instance_release(instance);
    module_list_release(made.modules);
    image_release(image);
}

static uint32_t place_of(uint32_t pid)
{
    for (uint32_t i = 0; i < RUN_COUNT; i++) {
        if (runs[i].pid == pid) {
            return i;
        }
    }
    return SOCKET_NO_OWNER;
}

static void add_socket(struct snapshot *snapshot, const struct made *made)
{
    struct socket_row row = {
        .protocol = (uint8_t)made->protocol,
        .state = (uint8_t)made->state,
        .local = {.address_size = 4, .port = made->port},
        .remote = {.address_size = made->remote_port != 0 ? 4 : 0, .port = made->remote_port},
        .owner = place_of(made->pid),
        .pid = made->pid,
    };

    memcpy(row.local.address, made->local, 4);
    memcpy(row.remote.address, made->remote, 4);
    CHECK_DONE(snapshot_add_socket(snapshot, &row, &fixture.why), fixture.why);
}

struct collector {
    char unused;
};

static struct collector only;

bool collector_open(struct collector **out, const struct collector_options *options,
                    struct failure *why)
{
    (void)options;
    (void)why;
    *out = &only;
    return true;
}

bool collector_sample(struct collector *collector, struct snapshot *snapshot, struct failure *why)
{
    (void)collector;
    (void)why;
    snapshot_reset(snapshot);
    for (int i = 0; i < RUN_COUNT; i++) {
        add_process(snapshot, &runs[i]);
    }
    for (int i = 0; i < COUNT_OF(machine); i++) {
        if (machine[i].from <= fixture.look && fixture.look < machine[i].to) {
            add_socket(snapshot, &machine[i]);
        }
    }
    return true;
}

bool collector_complete(struct collector *collector, int64_t milliseconds)
{
    (void)collector;
    (void)milliseconds;
    return true;
}

void collector_close(struct collector *collector)
{
    (void)collector;
}

static void pass(int look, void *held)
{
    (void)held;
    fixture.look = look;
}

static void open_fixture(void)
{
    struct failure ignored;

    memset(&fixture, 0, sizeof(fixture));
    console_fake_reset();
    clock_fake_reset();
    clock_fake_set_zone(TWO_HOURS, NULL, 0);
    clock_fake_set(BEGIN);
    user_stop_fake = (struct user_stop_fake){.looks = LOOKS, .passed = pass};
    (void)!file_remove(log_path, &ignored);
}

static void close_fixture(void)
{
    struct failure ignored;

    text_clear(&fixture.text);
    console_fake_reset();
    (void)!file_remove(log_path, &ignored);
}

/* LF for CR LF, and one blank for each run of blanks and tabs; none at the end of a line. */
static const char *plain(const char *bytes)
{
    text_reset(&fixture.text);
    for (const char *at = bytes; *at != '\0'; at++) {
        size_t blanks = strspn(at, " \t");

        if (blanks > 0) {
            at += blanks - 1;
            text_add(&fixture.text, strspn(at + 1, "\r\n") > 0 ? "" : " ");
        } else if (*at != '\r') {
            text_add_char(&fixture.text, *at);
        }
    }
    return text_bytes(&fixture.text);
}

static const char all[] = "\n"
                          "TCP/UDP Port to Process Mappings\n"
                          "\n"
                          "7 mappings found\n"
                          "\n"
                          "PID:Process Port Local IP State Remote IP:Port\n"
                          "0:System Idle TCP 4442 169.254.113.96 TIME WAIT 169.254.5.136:80\n"
                          "4:System TCP 445 0.0.0.0 LISTENING 0.0.0.0:0\n"
                          "4:System UDP 137 169.254.113.96 *:*\n"
                          "800 UDP 1026 0.0.0.0 *:*\n"
                          "1000484:lsass.exe TCP 1064 0.0.0.0 LISTENING 0.0.0.0:0\n"
                          "1000484:lsass.exe UDP 500 0.0.0.0 *:*\n"
                          "1001276:dns.exe TCP 53 0.0.0.0 LISTENING 0.0.0.0:0\n"
                          "\n"
                          "Port Statistics\n"
                          "\n"
                          "TCP mappings: 4\n"
                          "UDP mappings: 3\n"
                          "\n"
                          "TCP ports in a LISTENING state: 3 = 75.00%\n"
                          "TCP ports in a TIME WAIT state: 1 = 25.00%\n";

START_TEST(all_ports_are_listed_by_process)
{
    ck_assert_int_eq(cli_run("portqry -local"), 0);
    ck_assert_str_eq(plain(cli_out()), all);
}
END_TEST

static const char *const blocks[] = {
    "\nPort and Module Information by Process\n\nNote: restrictions applied to some processes "
    "may\nprevent Portqry from accessing more information\n\nFor best results run Portqry in the "
    "context of\nthe local administrator\n\n",
    "======================================================\n\nProcess ID: 0 (System Idle "
    "Process)\n\nPID Port Local IP State Remote IP:Port\n0 TCP 4442 169.254.113.96 TIME WAIT "
    "169.254.5.136:80\n\nPort Statistics\n\nTCP mappings: 1\nUDP mappings: 0\n\nTCP ports in a "
    "TIME WAIT state: 1 = 100.00%\n\nCould not access module information for this process\n\n",
    "======================================================\n\nProcess ID: 4 (System "
    "Process)\n\nPID Port ",
    "======================================================\n\nProcess ID: 800\n\n",
    "======================================================\n\nProcess ID: 1000352 "
    "(smss.exe)\n\nProcess doesn't appear to be a service\n\nPort Statistics\n\nTCP mappings: "
    "0\nUDP mappings: 0\n\nCould not access",
    "Process ID: 1000484 (lsass.exe)\n\nProcess doesn't appear to be a service\n\nPID Port Local "
    "IP State Remote IP:Port\n1000484 TCP 1064 0.0.0.0 LISTENING 0.0.0.0:0\n1000484 UDP 500 "
    "0.0.0.0 *:*\n\nPort Statistics\n\nTCP mappings: 1\nUDP mappings: 1\n\nTCP ports in a "
    "LISTENING state: 1 = 100.00%\n\nLoaded modules:\nC:\\WINDOWS\\system32\\lsass.exe "
    "(0x01000000)\n",
};

START_TEST(every_process_has_a_block)
{
    ck_assert_int_eq(cli_run("portqry -local -v"), 0);
    CHECK_CONTAINS(plain(cli_out()), blocks[_i]);
}
END_TEST

static const char watched[] = "\n"
                              "Watching port: 53\n"
                              "\n"
                              "Checking for changes every 2 seconds\n"
                              "\n"
                              "============\n"
                              "System Date: Thu Sep 16 10:35:03 2021\n"
                              "\n"
                              "======================================================\n"
                              "\n"
                              "Process ID: 1001276 (dns.exe)\n"
                              "\n"
                              "PID Port Local IP State Remote IP:Port\n"
                              "1001276 TCP 53 0.0.0.0 LISTENING 0.0.0.0:0\n"
                              "\n"
                              "Port Statistics\n"
                              "\n"
                              "TCP mappings: 1\n"
                              "UDP mappings: 0\n"
                              "\n"
                              "TCP ports in a LISTENING state: 1 = 100.00%\n"
                              "\n"
                              "============\n"
                              "System Date: Thu Sep 16 10:35:07 2021\n"
                              "\n"
                              "======================================================\n"
                              "\n"
                              "Process ID: 1001276 (dns.exe)\n"
                              "\n"
                              "PID Port Local IP State Remote IP:Port\n"
                              "1001276 TCP 53 0.0.0.0 LISTENING 0.0.0.0:0\n"
                              "1001276 TCP 53 169.254.113.96 ESTABLISHED 10.0.0.9:5000\n"
                              "\n"
                              "Port Statistics\n"
                              "\n"
                              "TCP mappings: 2\n"
                              "UDP mappings: 0\n"
                              "\n"
                              "TCP ports in a LISTENING state: 1 = 50.00%\n"
                              "TCP ports in a ESTABLISHED state: 1 = 50.00%\n"
                              "\n"
                              "escape key pressed: stopped watching port 53\n"
                              "System Date: Thu Sep 16 10:35:09 2021\n";

START_TEST(a_watch_shows_what_changes)
{
    user_stop_fake.reason = USER_STOP_ESCAPE;
    ck_assert_int_eq(cli_run("portqry -wport 53 -wt 2"), 0);
    ck_assert_str_eq(plain(cli_out()), watched);
}
END_TEST

/* The log has what the screen has, between its head and its end. */
START_TEST(a_log_is_whole_however_a_watch_ends)
{
    struct text log = {0};
    size_t head;

    user_stop_fake.reason = _i == 0 ? USER_STOP_ESCAPE : USER_STOP_SIGNAL;
    ck_assert_int_eq(cli_run("portqry -wpid 1001276 -wt 2 -v -l check_portqry.log"), 0);
    CHECK_DONE(file_read(&log, log_path, 1000000, &fixture.why), fixture.why);
    plain(text_bytes(&log));
    CHECK_CONTAINS(
        text_bytes(&fixture.text),
        "PortQry Version 2.0 Log File\n\nSystem Date: Thu Sep 16 10:35:03 2021\n\nCommand "
        "run:\n portqry -wpid 1001276 -wt 2 -v -l check_portqry.log\n\nLocal computer "
        "name:\n\n ");
    CHECK_CONTAINS(text_bytes(&fixture.text),
                   "\nWatching PID: 1001276\n\nChecking for changes every 2 seconds\n\nverbose "
                   "output requested\n\nProcess doesn't appear to be a service\n\n============\n");
    CHECK_CONTAINS(text_bytes(&fixture.text),
                   _i == 0 ? "\nescape key pressed: stopped watching PID 1001276\nSystem Date: Thu "
                             "Sep 16 10:35:09 2021\n\n========= end of log file =========\n"
                           : "\ninterrupted: stopped watching PID 1001276\nSystem Date: Thu Sep 16 "
                             "10:35:09 2021\n\n========= end of log file =========\n");
    head = log.size - strlen(cli_out());
    ck_assert_ptr_nonnull(strstr(text_bytes(&log), cli_out()));
    ck_assert_uint_gt(head, 0);
    text_clear(&log);
}
END_TEST

START_TEST(a_log_that_is_there_is_kept_where_nobody_can_be_asked)
{
    support_write_text(log_path, "precious");
    ck_assert_int_eq(cli_run("portqry -local -l check_portqry.log"), 99);
    CHECK_CONTAINS(cli_error(), "portqry: check_portqry.log exists, and is left as it is; -y "
                                "overwrites it\n");
    ck_assert_str_eq(cli_out(), "");
    ck_assert_int_eq(cli_run("portqry -local -l check_portqry.log -y"), 0);
}
END_TEST

START_TEST(a_log_is_whole_where_nobody_reads_the_screen)
{
    struct text log = {0};

    console_fake.full = true;
    ck_assert_int_eq(cli_run("portqry -local -l check_portqry.log"), 99);
    CHECK_DONE(file_read(&log, log_path, 1000000, &fixture.why), fixture.why);
    CHECK_CONTAINS(plain(text_bytes(&log)), "TCP ports in a TIME WAIT state: 1 = 25.00%\n\n"
                                            "========= end of log file =========\n");
    text_clear(&log);
}
END_TEST

START_TEST(a_port_that_nobody_has_is_watched_all_the_same)
{
    ck_assert_int_eq(cli_run("portqry -wport 9"), 0);
    CHECK_CONTAINS(plain(cli_out()), "No process has a port of it\n");
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("portqry_local");
    TCase *local = tcase_create("local");

    tcase_add_checked_fixture(local, open_fixture, close_fixture);
    tcase_add_test(local, all_ports_are_listed_by_process);
    tcase_add_loop_test(local, every_process_has_a_block, 0, COUNT_OF(blocks));
    tcase_add_test(local, a_watch_shows_what_changes);
    tcase_add_loop_test(local, a_log_is_whole_however_a_watch_ends, 0, 2);
    tcase_add_test(local, a_log_that_is_there_is_kept_where_nobody_can_be_asked);
    tcase_add_test(local, a_log_is_whole_where_nobody_reads_the_screen);
    tcase_add_test(local, a_port_that_nobody_has_is_watched_all_the_same);
    suite_add_tcase(suite, local);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
