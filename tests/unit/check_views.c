/* SPDX-License-Identifier: MIT */

/*
 * The views of one port and one process end to end: a machine that is made up
 * second by second, watched live and recorded, and what came out on the
 * console.
 */

#include <check.h>
#include <stdlib.h>

#include "base/clock_fake.h"
#include "base/exit_status.h"
#include "base/file.h"
#include "base/text.h"
#include "collector/collector.h"
#include "store/ledger_query.h"
#include "store/ledger_writer.h"
#include "tests/support.h"
#include "tests/unit/cli_run.h"
#include "tests/unit/console_fake.h"
#include "tests/unit/user_stop_fake.h"

#define BEGIN INT64_C(1795179600000) /* 2026-11-20T14:00:00+01:00 */

static const char path[] = "check_views.db";
static const char log_path[] = "check_views.log";

enum { AN_HOUR = 3600, SOCKETS_MAX = 4 };

/* Two runs have the same pid, one after the other. */
enum { SSHD, EVIL, AGAIN, RUN_COUNT, NOBODY = RUN_COUNT };

static const struct process_instance runs[RUN_COUNT] = {
    [SSHD] = {.pid = 100,
              .start = 1000,
              .started_at = BEGIN - 60000,
              .access = PROCESS_OPENED,
              .name = "sshd",
              .path = "/usr/sbin/sshd"},
    [EVIL] = {.pid = 4321,
              .start = 7000,
              .started_at = BEGIN - 500,
              .access = PROCESS_OPENED,
              .name = "=evil\x1b[31m",
              .path = "/tmp/\xe2\x80\xae"
                      "cod.exe"},
    [AGAIN] = {.pid = 4321,
               .start = 9000,
               .started_at = BEGIN + 3000,
               .access = PROCESS_OPENED,
               .name = "cron",
               .path = "/usr/sbin/cron"},
};

/* The peer of a connection is 10.0.0.9:50000. */
struct made_socket {
    int port; /* 0: there is no such socket */
    enum socket_state state;
    int owner;
};

/* What a second of the machine is like. */
struct second {
    bool not_running[RUN_COUNT];
    struct made_socket sockets[SOCKETS_MAX];
};

static const struct second machine[] = {
    {{[AGAIN] = true}, {{22, SOCKET_LISTENING, SSHD}, {4444, SOCKET_LISTENING, EVIL}}},
    {{[AGAIN] = true}, {{22, SOCKET_LISTENING, SSHD}, {4444, SOCKET_LISTENING, EVIL}}},
    {{[AGAIN] = true},
     {{22, SOCKET_LISTENING, SSHD},
      {4444, SOCKET_LISTENING, EVIL},
      {4444, SOCKET_ESTABLISHED, EVIL}}},
    {{[AGAIN] = true},
     {{22, SOCKET_LISTENING, SSHD},
      {4444, SOCKET_LISTENING, EVIL},
      {4444, SOCKET_CLOSE_WAIT, EVIL}}},
    {{[EVIL] = true, [AGAIN] = true},
     {{22, SOCKET_LISTENING, SSHD}, {4444, SOCKET_CLOSE_WAIT, SSHD}}},
    {{[EVIL] = true}, {{22, SOCKET_LISTENING, SSHD}, {4444, SOCKET_LISTENING, AGAIN}}},
};

enum { SECOND_COUNT = sizeof(machine) / sizeof(machine[0]) };

static struct {
    struct ledger *ledger;
    struct ledger_writer *writer;
    struct snapshot snapshot;
    struct failure why;
    int second;
} fixture;

static void add_socket(struct snapshot *snapshot, const struct made_socket *made,
                       const uint32_t *places)
{
    struct socket_row row = {
        .protocol = SOCKET_TCP,
        .state = (uint8_t)made->state,
        .local = {.address = {10, 0, 0, 1}, .address_size = 4, .port = (uint16_t)made->port},
        .attribution = ATTRIBUTION_EXACT,
        .owner = places[made->owner],
        .pid = runs[made->owner].pid,
    };

    if (made->state != SOCKET_LISTENING) {
        row.remote =
            (struct socket_endpoint){.address = {10, 0, 0, 9}, .address_size = 4, .port = 50000};
        row.created_at = BEGIN + 1500;
    }
    CHECK_DONE(snapshot_add_socket(snapshot, &row, &fixture.why), fixture.why);
}

static void fill(struct snapshot *snapshot, const struct second *second)
{
    uint32_t places[RUN_COUNT] = {SOCKET_NO_OWNER, SOCKET_NO_OWNER, SOCKET_NO_OWNER};

    snapshot_reset(snapshot);
    snapshot->taken_at = clock_now();
    snapshot->steady_at = clock_steady();
    snapshot->awake_at = clock_awake();
    for (int i = 0; i < RUN_COUNT; i++) {
        if (!second->not_running[i]) {
            const struct process_instance *made = process_instance_make(&runs[i]);

            CHECK_DONE(snapshot_add_process(snapshot, made, &places[i], &fixture.why), fixture.why);
            process_instance_release(made);
        }
    }
    for (int i = 0; i < SOCKETS_MAX && second->sockets[i].port != 0; i++) {
        add_socket(snapshot, &second->sockets[i], places);
    }
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
    fill(snapshot, &machine[fixture.second]);
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

/* A second of the watch has passed. */
static void pass(int look, void *held)
{
    (void)held;
    fixture.second = look;
}

static void begin_run(void)
{
    struct ledger_run run = {
        .program = "portledgerd 0.1.0",
        .pid = 77,
        .started_at = clock_now(),
        .interval = 1000,
        .commit = 5000,
    };

    CHECK_DONE(clock_boot_read(&run.boot, &fixture.why), fixture.why);
    CHECK_DONE(ledger_writer_open(&fixture.writer, fixture.ledger, &run, &fixture.why),
               fixture.why);
}

static void end_run(void)
{
    CHECK_DONE(ledger_writer_close(fixture.writer, LEDGER_GAP_STOPPED, &fixture.why), fixture.why);
    fixture.writer = NULL;
}

static void record(int from, int count)
{
    begin_run();
    for (int i = from; i < from + count; i++) {
        fill(&fixture.snapshot, &machine[i]);
        CHECK_DONE(ledger_writer_add(fixture.writer, &fixture.snapshot, &fixture.why), fixture.why);
        clock_fake_run(1000);
    }
    end_run();
}

/* The whole machine without a gap, or with one of a minute before its fourth second. */
static void record_whole(void)
{
    record(0, SECOND_COUNT);
}

static void record_with_gap(void)
{
    record(0, 3);
    clock_fake_run(60000);
    record(3, SECOND_COUNT - 3);
}

static void open_fixture(void)
{
    struct failure ignored;

    memset(&fixture, 0, sizeof(fixture));
    console_fake_reset();
    clock_fake_reset();
    clock_fake_set_zone(AN_HOUR, NULL, 0);
    clock_fake_set(BEGIN);
    user_stop_fake = (struct user_stop_fake){.looks = SECOND_COUNT - 1, .passed = pass};
    support_remove_database(path);
    (void)!file_remove(log_path, &ignored);
    CHECK_DONE(ledger_open(&fixture.ledger, path, LEDGER_WRITE, &fixture.why), fixture.why);
}

static void close_fixture(void)
{
    struct failure ignored;

    (void)!ledger_writer_close(fixture.writer, LEDGER_GAP_STOPPED, &ignored);
    ledger_close(fixture.ledger);
    snapshot_clear(&fixture.snapshot);
    console_fake_reset();
    support_remove_database(path);
    (void)!file_remove(log_path, &ignored);
    memset(&fixture, 0, sizeof(fixture));
}

static const char watched_port[] =
    "2026-11-20 14:00:00 +01:00 watching port 4444 every 1 s; Escape or Ctrl-C ends it\n"
    "2026-11-20 14:00:00 +01:00 port 4444: 1 socket\n"
    " PID  Process        Owner  Proto  Port  Local IP  State      Path\n"
    "4321  =evil\\x1B[31m  exact  TCP    4444  10.0.0.1  LISTENING  /tmp/\\u{202E}cod.exe\n"
    "\n"
    "2026-11-20 14:00:02 +01:00 port 4444: 1 opened\n"
    "Change     PID  Process        Owner  Proto  Port  Local IP  State        Remote IP  RPo"
    "rt  Path\n"
    "          4321  =evil\\x1B[31m  exact  TCP    4444  10.0.0.1  LISTENING    -            "
    "  -  /tmp/\\u{202E}cod.exe\n"
    "+ opened  4321  =evil\\x1B[31m  exact  TCP    4444  10.0.0.1  ESTABLISHED  10.0.0.9   50"
    "000  /tmp/\\u{202E}cod.exe\n"
    "\n"
    "2026-11-20 14:00:03 +01:00 port 4444: 1 in another state\n"
    "Change                        PID  Process        Owner  Proto  Port  Local IP  State   "
    "    Remote IP  RPort  Path\n"
    "                             4321  =evil\\x1B[31m  exact  TCP    4444  10.0.0.1  LISTENI"
    "NG   -              -  /tmp/\\u{202E}cod.exe\n"
    "* ESTABLISHED -> CLOSE WAIT  4321  =evil\\x1B[31m  exact  TCP    4444  10.0.0.1  CLOSE W"
    "AIT  10.0.0.9   50000  /tmp/\\u{202E}cod.exe\n"
    "\n"
    "2026-11-20 14:00:04 +01:00 port 4444: 1 closed, 1 with another owner\n"
    "Change                                    PID  Process        Owner  Proto  Port  Local "
    "IP  State       Remote IP  RPort  Path\n"
    "* owner: 4321 =evil\\x1B[31m -> 100 sshd   100  sshd           exact  TCP    4444  10.0."
    "0.1  CLOSE WAIT  10.0.0.9   50000  /usr/sbin/sshd\n"
    "- closed                                 4321  =evil\\x1B[31m  exact  TCP    4444  10.0."
    "0.1  LISTENING   -              -  /tmp/\\u{202E}cod.exe\n"
    "\n"
    "2026-11-20 14:00:05 +01:00 port 4444: 1 opened, 1 closed\n"
    "Change     PID  Process  Owner  Proto  Port  Local IP  State       Remote IP  RPort  Pat"
    "h\n"
    "- closed   100  sshd     exact  TCP    4444  10.0.0.1  CLOSE WAIT  10.0.0.9   50000  /us"
    "r/sbin/sshd\n"
    "+ opened  4321  cron     exact  TCP    4444  10.0.0.1  LISTENING   -              -  /us"
    "r/sbin/cron\n"
    "\n"
    "2026-11-20 14:00:05 +01:00 escape key pressed: stopped watching port 4444\n";

static const char watched_pid[] =
    "2026-11-20 14:00:00 +01:00 watching process 4321 every 1 s; Escape or Ctrl-C ends it\n"
    "2026-11-20 14:00:00 +01:00 process 4321 (=evil\\x1B[31m): 1 socket\n"
    " PID  Process        Owner  Proto  Port  Local IP  State      Path\n"
    "4321  =evil\\x1B[31m  exact  TCP    4444  10.0.0.1  LISTENING  /tmp/\\u{202E}cod.exe\n"
    "\n"
    "2026-11-20 14:00:02 +01:00 process 4321 (=evil\\x1B[31m): 1 opened\n"
    "Change     PID  Process        Owner  Proto  Port  Local IP  State        Remote IP  RPo"
    "rt  Path\n"
    "          4321  =evil\\x1B[31m  exact  TCP    4444  10.0.0.1  LISTENING    -            "
    "  -  /tmp/\\u{202E}cod.exe\n"
    "+ opened  4321  =evil\\x1B[31m  exact  TCP    4444  10.0.0.1  ESTABLISHED  10.0.0.9   50"
    "000  /tmp/\\u{202E}cod.exe\n"
    "\n"
    "2026-11-20 14:00:03 +01:00 process 4321 (=evil\\x1B[31m): 1 in another state\n"
    "Change                        PID  Process        Owner  Proto  Port  Local IP  State   "
    "    Remote IP  RPort  Path\n"
    "                             4321  =evil\\x1B[31m  exact  TCP    4444  10.0.0.1  LISTENI"
    "NG   -              -  /tmp/\\u{202E}cod.exe\n"
    "* ESTABLISHED -> CLOSE WAIT  4321  =evil\\x1B[31m  exact  TCP    4444  10.0.0.1  CLOSE W"
    "AIT  10.0.0.9   50000  /tmp/\\u{202E}cod.exe\n"
    "\n"
    "2026-11-20 14:00:04 +01:00 process 4321 has ended\n"
    "\n"
    "2026-11-20 14:00:04 +01:00 process 4321 (=evil\\x1B[31m): 2 closed\n"
    "Change     PID  Process        Owner  Proto  Port  Local IP  State       Remote IP  RPor"
    "t  Path\n"
    "- closed  4321  =evil\\x1B[31m  exact  TCP    4444  10.0.0.1  LISTENING   -             "
    " -  /tmp/\\u{202E}cod.exe\n"
    "- closed  4321  =evil\\x1B[31m  exact  TCP    4444  10.0.0.1  CLOSE WAIT  10.0.0.9   500"
    "00  /tmp/\\u{202E}cod.exe\n"
    "\n"
    "2026-11-20 14:00:05 +01:00 process 4321 is another process now: cron, started 2026-11-20"
    " 14:00:03 +01:00\n"
    "\n"
    "2026-11-20 14:00:05 +01:00 process 4321 (cron): 1 opened\n"
    "Change     PID  Process  Owner  Proto  Port  Local IP  State      Path\n"
    "+ opened  4321  cron     exact  TCP    4444  10.0.0.1  LISTENING  /usr/sbin/cron\n"
    "\n"
    "2026-11-20 14:00:05 +01:00 escape key pressed: stopped watching process 4321\n";

/* All that a watch of the whole machine prints. */
static const struct {
    const char *number;
    const char *blocks;
} subjects[] = {{"wport 4444", watched_port}, {"wpid 4321", watched_pid}};

START_TEST(a_watch_shows_what_changes_and_nothing_else)
{
    struct text line = {0};

    text_addf(&line, "%s -wt 1", subjects[_i].number);
    ck_assert_int_eq(cli_run(text_bytes(&line)), EXIT_YES);
    ck_assert_str_eq(cli_out(), subjects[_i].blocks);
    ck_assert(!user_stop_fake.open);
    text_clear(&line);
}
END_TEST

START_TEST(a_replay_is_what_a_watch_would_have_shown)
{
    struct text line = {0};
    const char *begin;
    char *watched;
    char *end;

    ck_assert_int_eq(cli_run("wport 4444 --watch 1"), EXIT_YES);
    begin = strchr(cli_out(), '\n');
    ck_assert_ptr_nonnull(begin);
    watched = text_copy(begin + 1);
    ck_assert_ptr_nonnull(watched);
    end = strstr(watched, "\n2026-11-20 14:00:05 +01:00 escape");
    ck_assert_ptr_nonnull(end);
    *end = '\0';
    clock_fake_reset();
    clock_fake_set_zone(AN_HOUR, NULL, 0);
    clock_fake_set(BEGIN);
    record_whole();
    ck_assert_int_eq(cli_run("wport 4444 --since yesterday --ledger check_views.db"), EXIT_YES);
    ck_assert_str_eq(cli_out(), watched);
    free(watched);
    text_clear(&line);
}
END_TEST

START_TEST(a_gap_is_told_between_the_blocks_around_it)
{
    record_with_gap();
    ck_assert_int_eq(cli_run("wport 4444 --since yesterday --ledger check_views.db"), EXIT_YES);
    CHECK_CONTAINS(cli_out(),
                   "\n2026-11-20 14:00:02 +01:00 to 2026-11-20 14:01:03 +01:00 was not watched: "
                   "service stopped\n\n2026-11-20 14:01:03 +01:00 port 4444: 1 in another state\n");
    CHECK_CONTAINS(cli_error(), "2026-11-20 14:01:03 +01:00 (service stopped)");
}
END_TEST

/* Of what stays nothing is said, not even behind a gap: there all is compared that was open. */
START_TEST(a_replay_of_the_machine_tells_changes_alone)
{
    record_with_gap();
    ck_assert_int_eq(cli_run("local --since yesterday --csv --columns "
                             "at,change,pid,parent_process,local_port,state "
                             "--ledger check_views.db"),
                     EXIT_YES);
    ck_assert_str_eq(cli_out(), "at,change,pid,parent_process,local_port,state\r\n"
                                "2026-11-20T14:00:00.000+01:00,found,100,,22,LISTENING\r\n"
                                "2026-11-20T14:00:00.000+01:00,found,4321,,4444,LISTENING\r\n"
                                "2026-11-20T14:00:02.000+01:00,opened,4321,,4444,ESTABLISHED\r\n"
                                "2026-11-20T14:01:03.000+01:00,state,4321,,4444,CLOSE WAIT\r\n"
                                "2026-11-20T14:01:04.000+01:00,closed,4321,,4444,LISTENING\r\n"
                                "2026-11-20T14:01:04.000+01:00,owner,100,,4444,CLOSE WAIT\r\n"
                                "2026-11-20T14:01:05.000+01:00,closed,100,,4444,CLOSE WAIT\r\n"
                                "2026-11-20T14:01:05.000+01:00,opened,4321,,4444,LISTENING\r\n");
}
END_TEST

static const struct {
    const char *line;
    enum exit_status status;
    const char *out;
    const char *error;
} calls[] = {
    {"wport 4444 --at 14:00:03 --ledger check_views.db", EXIT_YES,
     "2026-11-20 14:00:03 +01:00 port 4444: 2 sockets\n", "note: the moment lies in a time"},
    {"wport 4444 --at 14:00:03 --limit 1 --ledger check_views.db", EXIT_YES,
     "port 4444: 2 sockets\n", "note: there are more than the 1 that --limit allows\n"},
    {"wpid 4321 --at 14:00:03 --limit 1 --ledger check_views.db", EXIT_YES, ": 2 sockets\n",
     "note: there are more than the 1 that --limit allows\n"},
    {"wport 4444 --at 13:00 --ledger check_views.db", EXIT_UNDECIDED, "", "was not watched"},
    {"wport 5 --at 14:00:03 --ledger check_views.db", EXIT_NO, "port 5: nothing holds it\n",
     "note: nothing holds port 5\n"},
    {"wport 5 --since 14:00:00 --ledger check_views.db", EXIT_NO,
     "2026-11-20 14:00:00 +01:00 port 5: nothing holds it\n", "note: no socket of port 5 was seen"},
    {"wport 4444 --process zzz --at 14:00:03 --ledger check_views.db", EXIT_NO,
     "port 4444: nothing that matches holds it\n", "note: nothing of it matches\n"},
    {"wport 4444 --process zzz --since 14:00:00 --ledger check_views.db", EXIT_NO,
     "port 4444: nothing that matches holds it\n", ""},
    {"wport 4444 --process zzz", EXIT_NO, "port 4444: nothing that matches holds it\n", ""},
    {"wpid 100 --local-port 9", EXIT_YES, "process 100 (sshd): no socket that matches is open\n",
     ""},
    {"wpid 4321 --local-port 9 --at 14:00:03 --ledger check_views.db", EXIT_YES,
     "no socket that matches is open\n", ""},
    {"wpid 4321 --local-port 9 --since 14:00:00 --ledger check_views.db", EXIT_NO,
     "no socket that matches is open\n", ""},
    {"wport 4444 --since 13:00 --until 13:30 --ledger check_views.db", EXIT_UNDECIDED, "",
     "no socket of port 4444 was seen; the ledger has "},
    {"wpid 4321 --since 14:00:00 --ledger check_views.db", EXIT_YES,
     "\n2026-11-20 14:00:05 +01:00 process 4321 is another process now: cron, started "
     "2026-11-20 14:00:03 +01:00\n",
     ""},
    {"wpid 4321 --since 14:00:02 --until 14:00:02 --jsonl --ledger check_views.db", EXIT_YES,
     "{\"change\":\"found\",\"pid\":4321,\"process\":\"=evil\\u001b[31m\"", "\"coverage\""},
    {"wpid 4321 --since 14:00:02 --until 14:00:03 --jsonl --ledger check_views.db", EXIT_YES,
     "{\"change\":\"state\",\"pid\":4321,", "\"coverage\""},
    {"wport 4444 --since 14:00:03 --until 14:00:04 --csv --ledger check_views.db", EXIT_YES,
     "\r\nowner,100,sshd,exact,,,TCP,4444,10.0.0.1,CLOSE WAIT,10.0.0.9,50000,/usr/sbin/sshd,", ""},
    {"wport 4444 -wt 1 --csv", EXIT_YES,
     "\r\nfound,4321,'=evil\x1b[31m,exact,,,TCP,4444,10.0.0.1,LISTENING,,,", ""},
    {"wport 4444 --json", EXIT_YES, "[\n{\"moment\":1,\"pid\":4321,", ""},
    {"wpid 100", EXIT_YES, "process 100 (sshd): 1 socket\n", ""},
    {"wpid 5 --ledger check_views.db", EXIT_NO, "", "note: no process 5 runs\n"},
    {"wpid 5 -wt 1 --ledger check_views.db", EXIT_NO, "", "note: no process 5 runs\n"},
    {"wpid 4321 --at 14:00:04 --ledger check_views.db", EXIT_NO,
     "process 4321: no socket is open\n",
     "note: no process 4321 ran at 2026-11-20 14:00:04 +01:00; the ledger saw sockets of it until "
     "2026-11-20 14:00:04 +01:00, when it was =evil"},
    {"wpid 77 --at 14:00:04 --ledger check_views.db", EXIT_NO, "process 77: no socket is open\n",
     "note: no process 77 ran at 2026-11-20 14:00:04 +01:00\n"},
    {"local -wt 1 --log nowhere/local.log", EXIT_REFUSED, "",
     "cannot make nowhere/local.log: its folder is not there; make that first, or name another"},
    {"baseline save nowhere/now.json", EXIT_REFUSED, "",
     "cannot make nowhere/now.json: its folder is not there; make that first, or name another"},
    {"export --sqlite nowhere/copy.db --ledger check_views.db", EXIT_REFUSED, "",
     "cannot make nowhere/copy.db: its folder is not there; make that first, or name another"},
    {"export --evidence nowhere/all.zip --ledger check_views.db", EXIT_REFUSED, "",
     "cannot make nowhere/all.zip: its folder is not there; make that first, or name another"},
    {"wport 4444 --at now --since yesterday", EXIT_USAGE, "", "only one of them"},
    {"wport 4444 --watch 0", EXIT_USAGE, "", "1"},
    {"wport 4444 --watch 1201", EXIT_USAGE, "", "1200"},
    {"local --since 14:00:02 --until 14:00:03 --ledger check_views.db", EXIT_YES,
     "\n2026-11-20 14:00:03 +01:00 the machine: 1 in another state\n"
     "Change                        PID  Process        Owner  Proto  Port  Local IP  State       "
     "Remote IP  RPort  Path\n"
     "* ESTABLISHED -> CLOSE WAIT  4321  =evil\\x1B[31m  exact  TCP    4444  10.0.0.1  CLOSE WAIT  "
     "10.0.0.9   50000  /tmp/\\u{202E}cod.exe\n",
     "note: watched from"},
    {"local -wt 1 --jsonl", EXIT_YES, "{\"change\":\"found\",\"pid\":100,", ""},
    {"local --log x.log", EXIT_USAGE, "", "--log is for a watch"},
    {"wport 0", EXIT_USAGE, "", "\"0\" is no port"},
    {"wport 65536", EXIT_USAGE, "", "\"65536\" is no port"},
    {"wpid -1", EXIT_USAGE, "", "is no process id"},
    {"wport 4444 --since 14:00:02 --until 14:00:01 --ledger check_views.db", EXIT_USAGE, "",
     "--until is before --since"},
};

START_TEST(a_call_has_this_outcome)
{
    int status;

    record_whole();
    status = cli_run(calls[_i].line);
    CHECK_CONTAINS(cli_out(), calls[_i].out);
    CHECK_CONTAINS(cli_error(), calls[_i].error);
    ck_assert_int_eq(calls[_i].out[0] == '\0', cli_out()[0] == '\0');
    ck_assert_int_eq(status, calls[_i].status);
}
END_TEST

START_TEST(a_process_that_is_gone_is_found_in_the_ledger)
{
    record_whole();
    fixture.second = 4; /* 4321 has ended, and its number is free */
    ck_assert_int_eq(cli_run("wpid 4321 --ledger check_views.db"), EXIT_NO);
    ck_assert_str_eq(cli_error(),
                     "note: no process 4321 runs; the ledger saw sockets of it until 2026-11-20 "
                     "14:00:05 +01:00, when it was cron\n");
    ck_assert_str_eq(cli_out(), "");
}
END_TEST

static const enum user_stop_reason reasons[] = {USER_STOP_ESCAPE, USER_STOP_SIGNAL};
static const char *const last_lines[] = {
    "\n2026-11-20 14:00:05 +01:00 escape key pressed: stopped watching port 4444\n",
    "\n2026-11-20 14:00:05 +01:00 interrupted: stopped watching port 4444\n",
};

START_TEST(a_log_is_whole_however_the_watch_ends)
{
    char *log;
    size_t size;

    user_stop_fake.reason = reasons[_i];
    ck_assert_int_eq(cli_run("wport 4444 --watch 1 --log check_views.log"), EXIT_YES);
    log = support_read_file(log_path, &size);
    ck_assert_str_eq(log, cli_out());
    CHECK_CONTAINS(log, last_lines[_i]);
    free(log);
}
END_TEST

START_TEST(a_log_that_is_there_is_not_replaced_unasked)
{
    char *log;
    size_t size;

    ck_assert_int_eq(cli_run("wport 22 --log check_views.log"), EXIT_YES);
    ck_assert_int_eq(cli_run("wport 4444 --log check_views.log"), EXIT_USAGE);
    CHECK_CONTAINS(cli_error(), "check_views.log is there already; --overwrite replaces it");
    log = support_read_file(log_path, &size);
    CHECK_CONTAINS(log, "port 22");
    free(log);
    ck_assert_int_eq(cli_run("wport 4444 --log check_views.log --overwrite"), EXIT_YES);
    log = support_read_file(log_path, &size);
    ck_assert_ptr_null(strstr(log, "port 22"));
    free(log);
}
END_TEST

static const int widths[] = {30, 60, 80, 200};

START_TEST(a_log_is_as_wide_as_it_needs)
{
    char *log;
    size_t size;

    console_fake.terminal = true;
    console_fake.columns = 60;
    ck_assert_int_eq(cli_run("wport 4444 -wt 1 --log check_views.log"), EXIT_YES);
    log = support_read_file(log_path, &size);
    ck_assert_str_eq(log, watched_port);
    ck_assert_str_ne(log, cli_out());
    free(log);
    ck_assert_int_eq(cli_run("wport 4444 -wt 1 --narrow --log check_views.log --overwrite"),
                     EXIT_YES);
    log = support_read_file(log_path, &size);
    ck_assert_str_eq(log, cli_out());
    free(log);
}
END_TEST

START_TEST(a_change_says_of_which_connection_on_a_narrow_terminal)
{
    console_fake.terminal = true;
    console_fake.columns = 80;
    ck_assert_int_eq(cli_run("wport 4444 -wt 1"), EXIT_YES);
    CHECK_CONTAINS(cli_out(), "\n* state ");
    CHECK_CONTAINS(cli_out(), " CLOSE WAIT 10.0.0.9  50000\n");
}
END_TEST

START_TEST(a_change_is_told_on_every_terminal)
{
    console_fake.terminal = true;
    console_fake.columns = widths[_i];
    ck_assert_int_eq(cli_run("wport 4444 -wt 1"), EXIT_YES);
    CHECK_CONTAINS(cli_out(), "+ opened");
    CHECK_CONTAINS(cli_out(), widths[_i] < 120 ? "* state" : "* ESTABLISHED -> CLOSE WAIT");
    CHECK_CONTAINS(cli_out(), "* owner: 4321 =evil\\x1B[31m -> 100 sshd");
    ck_assert_ptr_null(strchr(cli_out(), '\x1b'));
    ck_assert_ptr_null(strstr(cli_out(), "\xe2\x80\xae"));
}
END_TEST

START_TEST(a_full_disk_ends_a_watch)
{
    console_fake.full = true;
    ck_assert_int_eq(cli_run("wport 4444 -wt 1"), EXIT_REFUSED);
    ck_assert(!user_stop_fake.open);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("views");
    TCase *views = tcase_create("views");

    tcase_add_checked_fixture(views, open_fixture, close_fixture);
    tcase_add_loop_test(views, a_watch_shows_what_changes_and_nothing_else, 0, COUNT_OF(subjects));
    tcase_add_test(views, a_replay_is_what_a_watch_would_have_shown);
    tcase_add_test(views, a_replay_of_the_machine_tells_changes_alone);
    tcase_add_test(views, a_gap_is_told_between_the_blocks_around_it);
    tcase_add_loop_test(views, a_call_has_this_outcome, 0, COUNT_OF(calls));
    tcase_add_test(views, a_process_that_is_gone_is_found_in_the_ledger);
    tcase_add_loop_test(views, a_log_is_whole_however_the_watch_ends, 0, COUNT_OF(reasons));
    tcase_add_test(views, a_log_that_is_there_is_not_replaced_unasked);
    tcase_add_test(views, a_log_is_as_wide_as_it_needs);
    tcase_add_test(views, a_change_says_of_which_connection_on_a_narrow_terminal);
    tcase_add_loop_test(views, a_change_is_told_on_every_terminal, 0, COUNT_OF(widths));
    tcase_add_test(views, a_full_disk_ends_a_watch);
    suite_add_tcase(suite, views);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
