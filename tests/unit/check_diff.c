/* SPDX-License-Identifier: MIT */

/*
 * Differences, baselines and filters end to end: a server whose programs are
 * replaced, injected into and pushed from their ports, and what came out on
 * the console.
 */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock_fake.h"
#include "base/exit_status.h"
#include "base/file.h"
#include "base/machine.h"
#include "base/sha256_file.h"
#include "base/text.h"
#include "base/version.h"
#include "collector/collector.h"
#include "reportcli/baseline.h"
#include "store/ledger_query.h"
#include "store/ledger_writer.h"
#include "tests/support.h"
#include "tests/unit/cli_run.h"
#include "tests/unit/console_fake.h"

#define BEGIN INT64_C(1795179600000) /* 2026-11-20T14:00:00+01:00 */

static const char path[] = "check_diff.db";
static const char file[] = "check_diff.json"; /* a baseline */

enum { AN_HOUR = 3600, SOCKETS_MAX = 8, MODULES_MAX = 3 };

/* Files, told apart by the first byte of their hash. */
enum { NO_FILE, SSHD_FILE, NGINX_OLD, NGINX_NEW, EVIL_FILE, CRON_FILE, LIBC, INJECTED, FILE_COUNT };

static const char *const file_paths[FILE_COUNT] = {
    [SSHD_FILE] = "/usr/sbin/sshd",  [NGINX_OLD] = "/usr/sbin/nginx",
    [NGINX_NEW] = "/usr/sbin/nginx", [EVIL_FILE] = "/tmp/evil",
    [CRON_FILE] = "/usr/sbin/cron",  [LIBC] = "/usr/lib/libc.so.6",
    [INJECTED] = "/tmp/inject.so",
};

/* Runs of programs. The second sshd is the same run, with a file more loaded. */
enum { SSHD, SSHD_INJECTED, NGINX, NGINX_AGAIN, EVIL, CRON, RUN_COUNT, NOBODY = RUN_COUNT };

static const struct run {
    struct process_instance fields;
    const char *user; /* "id name" */
    const char *name;
    int file;
    int modules[MODULES_MAX]; /* ended by NO_FILE */
} runs[RUN_COUNT] = {
    [SSHD] = {{.pid = 100, .start = 1000, .started_at = BEGIN - 60000, .name = "sshd"},
              "0",
              "root",
              SSHD_FILE,
              {SSHD_FILE, LIBC}},
    [SSHD_INJECTED] = {{.pid = 100, .start = 1000, .started_at = BEGIN - 60000, .name = "sshd"},
                       "0",
                       "root",
                       SSHD_FILE,
                       {SSHD_FILE, LIBC, INJECTED}},
    [NGINX] = {{.pid = 200, .start = 2000, .started_at = BEGIN - 50000, .name = "nginx"},
               "33",
               "www-data",
               NGINX_OLD,
               {NGINX_OLD, LIBC}},
    [NGINX_AGAIN] = {{.pid = 210, .start = 9000, .started_at = BEGIN + 2500, .name = "nginx"},
                     "33",
                     "www-data",
                     NGINX_NEW,
                     {NGINX_NEW, LIBC}},
    [EVIL] = {{.pid = 4321, .start = 9500, .started_at = BEGIN + 2600, .name = "evil"},
              "1000",
              "mallory",
              EVIL_FILE,
              {EVIL_FILE}},
    [CRON] = {{.pid = 300, .start = 3000, .started_at = BEGIN - 40000, .name = "cron"},
              "0",
              "root",
              CRON_FILE,
              {CRON_FILE, LIBC}},
};

struct made_socket {
    int protocol; /* 0: there is none */
    int port;
    enum socket_state state;
    int owner;
    int remote_port;
    bool loopback;
    const char *service;
};

/* What the machine is like. Names of processes: whose sockets there are. */
typedef const struct made_socket sockets[SOCKETS_MAX];

static sockets calm = {
    {SOCKET_TCP, 22, SOCKET_LISTENING, SSHD, 0, false, "ssh.service"},
    {SOCKET_TCP, 22, SOCKET_ESTABLISHED, SSHD, 50001, false, NULL},
    {SOCKET_TCP, 80, SOCKET_LISTENING, NGINX, 0, false, NULL},
    {SOCKET_TCP, 443, SOCKET_LISTENING, NGINX, 0, false, NULL},
    {SOCKET_UDP, 123, SOCKET_STATELESS, CRON, 0, false, NULL},
};

/* Nginx came back as another file, without 443, which somebody else took. */
static sockets struck = {
    {SOCKET_TCP, 22, SOCKET_LISTENING, SSHD_INJECTED, 0, false, "ssh.service"},
    {SOCKET_TCP, 22, SOCKET_CLOSE_WAIT, SSHD_INJECTED, 50001, false, NULL},
    {SOCKET_TCP, 80, SOCKET_LISTENING, NGINX_AGAIN, 0, false, NULL},
    {SOCKET_TCP, 443, SOCKET_LISTENING, EVIL, 0, false, NULL},
    {SOCKET_TCP, 4444, SOCKET_LISTENING, EVIL, 0, true, NULL},
};

static struct {
    struct ledger *ledger;
    struct ledger_writer *writer;
    struct snapshot snapshot;
    struct failure why;
    const struct made_socket *live;
    struct collector_options asked;
    const char *host; /* what a run says of the machine; NULL: nothing */
    const struct image *files[FILE_COUNT];
    const struct process_instance *processes[RUN_COUNT];
} fixture;

static void make_files(void)
{
    for (int i = SSHD_FILE; i < FILE_COUNT; i++) {
        const struct image fields = {.path = file_paths[i], .seen_as = IMAGE_READ};
        const struct image_facts read = {
            .status = IMAGE_READ, .taken_at = BEGIN - 1000, .sha256 = {(uint8_t)(0xa0 + i)}};
        const struct image_facts *facts = image_facts_make(&read);

        fixture.files[i] = image_make(&fields);
        ck_assert(fixture.files[i] != NULL && facts != NULL);
        image_publish(fixture.files[i], facts);
        image_facts_release(facts);
    }
}

static const struct module_list *make_modules(const struct run *run)
{
    struct module modules[MODULES_MAX] = {0};
    struct module_list list = {.access = MODULES_READ, .modules = modules};
    const struct module_list *made;

    for (int i = 0; i < MODULES_MAX && run->modules[i] != NO_FILE; i++) {
        modules[i] = (struct module){.image = fixture.files[run->modules[i]],
                                     .base = 0x1000 * ((uint64_t)i + 1),
                                     .size = 4096};
        list.count++;
    }
    made = module_list_make(&list);
    ck_assert_ptr_nonnull(made);
    return made;
}

static void make_processes(void)
{
    for (int i = 0; i < RUN_COUNT; i++) {
        struct process_instance fields = runs[i].fields;
        const struct account *user = account_make(runs[i].user);

        ck_assert(user != NULL && account_publish(user, runs[i].name));
        fields.access = PROCESS_OPENED;
        fields.path = file_paths[runs[i].file];
        fields.image = fixture.files[runs[i].file];
        fields.modules = make_modules(&runs[i]);
        fields.user = user;
        fields.command_line = i == SSHD ? "sshd -D" : NULL;
        fixture.processes[i] = process_instance_make(&fields);
        ck_assert_ptr_nonnull(fixture.processes[i]);
        module_list_release(fields.modules);
        account_release(user);
    }
}

static bool is_owner(const struct made_socket *from, int run)
{
    for (int i = 0; i < SOCKETS_MAX && from[i].protocol != 0; i++) {
        if (from[i].owner == run) {
            return true;
        }
    }
    return false;
}

static void add_socket(struct snapshot *snapshot, const struct made_socket *made,
                       const uint32_t *places)
{
    struct socket_row row = {
        .protocol = (uint8_t)made->protocol,
        .state = (uint8_t)made->state,
        .local = {.address_size = 4, .port = (uint16_t)made->port},
        .attribution = made->owner == NOBODY ? ATTRIBUTION_DENIED : ATTRIBUTION_EXACT,
        .owner = made->owner == NOBODY ? SOCKET_NO_OWNER : places[made->owner],
        .pid = made->owner == NOBODY ? 0 : runs[made->owner].fields.pid,
    };

    if (made->loopback) {
        row.local.address[0] = 127;
        row.local.address[3] = 1;
    }
    if (made->remote_port != 0) {
        row.remote = (struct socket_endpoint){
            .address = {10, 0, 0, 9}, .address_size = 4, .port = (uint16_t)made->remote_port};
        row.local.address[0] = 10;
        row.local.address[3] = 1;
    }
    if (made->service != NULL) {
        CHECK_DONE(snapshot_add_service(snapshot, made->service, SERVICE_BY_CGROUP, &row.service,
                                        &fixture.why),
                   fixture.why);
    }
    CHECK_DONE(snapshot_add_socket(snapshot, &row, &fixture.why), fixture.why);
}

static void fill(struct snapshot *snapshot, const struct made_socket *from)
{
    uint32_t places[RUN_COUNT] = {0};

    snapshot_reset(snapshot);
    snapshot->taken_at = clock_now();
    snapshot->steady_at = clock_steady();
    snapshot->awake_at = clock_awake();
    for (int i = 0; i < RUN_COUNT; i++) {
        if (is_owner(from, i)) {
            CHECK_DONE(
                snapshot_add_process(snapshot, fixture.processes[i], &places[i], &fixture.why),
                fixture.why);
        }
    }
    for (int i = 0; i < SOCKETS_MAX && from[i].protocol != 0; i++) {
        add_socket(snapshot, &from[i], places);
    }
}

/* The collector of this test: what `live` says. */
struct collector {
    char unused;
};

static struct collector only;

bool collector_open(struct collector **out, const struct collector_options *options,
                    struct failure *why)
{
    (void)why;
    fixture.asked = *options;
    *out = &only;
    return true;
}

bool collector_sample(struct collector *collector, struct snapshot *snapshot, struct failure *why)
{
    (void)collector;
    (void)why;
    fill(snapshot, fixture.live);
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

static void begin_run(void)
{
    char none[] = "";
    char host[32] = "";

    struct machine_facts machine = {
        .id = none, .host = host, .domain = none, .system = none, .zone = none};
    struct ledger_run run = {
        .machine = fixture.host != NULL ? &machine : NULL,
        .program = "portledgerd 0.1.0",
        .pid = 77,
        .started_at = clock_now(),
        .interval = 1000,
        .commit = 5000,
    };

    snprintf(host, sizeof(host), "%s", fixture.host != NULL ? fixture.host : "");
    CHECK_DONE(clock_boot_read(&run.boot, &fixture.why), fixture.why);
    CHECK_DONE(ledger_writer_open(&fixture.writer, fixture.ledger, &run, &fixture.why),
               fixture.why);
}

static void sample(const struct made_socket *from)
{
    fill(&fixture.snapshot, from);
    CHECK_DONE(ledger_writer_add(fixture.writer, &fixture.snapshot, &fixture.why), fixture.why);
    clock_fake_run(1000);
}

/* From 14:00:00 to 14:00:02 all is calm; 14:00:03 to 14:00:05 are after the strike. */
static void record(void)
{
    begin_run();
    for (int i = 0; i < 3; i++) {
        sample(calm);
    }
    for (int i = 0; i < 3; i++) {
        sample(struck);
    }
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
}

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    console_fake_reset();
    clock_fake_reset();
    clock_fake_set_zone(AN_HOUR, NULL, 0);
    clock_fake_set(BEGIN);
    make_files();
    make_processes();
    fixture.live = struck;
    support_remove_database(path);
    CHECK_DONE(ledger_open(&fixture.ledger, path, LEDGER_WRITE, &fixture.why), fixture.why);
    remove(file);
    record();
}

static void close_fixture(void)
{
    struct failure ignored;

    (void)!ledger_writer_close(fixture.writer, LEDGER_GAP_STOPPED, &ignored);
    ledger_close(fixture.ledger);
    snapshot_clear(&fixture.snapshot);
    for (int i = 0; i < RUN_COUNT; i++) {
        process_instance_release(fixture.processes[i]);
    }
    for (int i = 0; i < FILE_COUNT; i++) {
        image_release(fixture.files[i]);
    }
    console_fake_reset();
    support_remove_database(path);
    remove(file);
    memset(&fixture, 0, sizeof(fixture));
}

static int count_lines(const char *text)
{
    int count = 0;

    for (; *text != '\0'; text++) {
        count += *text == '\n' ? 1 : 0;
    }
    return count;
}

#define HEX60 "00000000000000000000000000000000000000000000000000000000000000"

/* Every filter, and how many sockets it leaves of those that each question is about. */
static const struct {
    const char *filter;
    int history; /* intervals; all: 9 */
    int local;   /* sockets at 14:00:00; all: 5 */
    int wport;   /* of port 22 then; all: 2 */
    int watch;   /* records of port 22 from 14:00:00 on; all: 3 */
} filters[] = {
    {"", 9, 5, 2, 3},
    {"--port 50001", 2, 1, 1, 2},
    {"--local-port 22", 3, 2, 2, 3},
    {"--remote-port 50001", 2, 1, 1, 2},
    {"--address 10.0.0.0/8", 2, 1, 1, 2},
    {"--local-address 0.0.0.0", 6, 4, 1, 1},
    {"--remote-address 10.0.0.9", 2, 1, 1, 2},
    {"--pid 100", 3, 2, 2, 3},
    {"--instance 100@13:59", 3, 2, 2, 3},
    {"--instance 1", 3, 2, 2, 3},
    {"--started-since 13:59:10", 6, 3, 0, 0},
    {"--started-before 13:59:10", 3, 2, 2, 3},
    {"--started-since 13:59:05 --started-before 13:59:15", 2, 2, 0, 0},
    {"--process SSHD", 3, 2, 2, 3},
    {"--path /usr/sbin/*", 7, 5, 2, 3},
    {"--image a1" HEX60, 3, 2, 2, 3},
    {"--user root", 4, 3, 2, 3},
    {"--service ssh.service", 1, 1, 1, 1},
    {"--module */libc.so.6", 7, 5, 2, 3},
    {"--protocol udp", 1, 1, 0, 0},
    {"--state listening", 6, 3, 1, 1},
    {"--process nginx --port 80", 2, 1, 0, 0},
};

static int lines_of(const char *command, const char *filter)
{
    struct text line = {0};
    int status;

    text_addf(&line, "%s --jsonl --ledger check_diff.db%s%s", command, *filter == '\0' ? "" : " ",
              filter);
    status = cli_run(text_bytes(&line));
    ck_assert_msg(status == (cli_out()[0] != '\0' ? EXIT_YES : EXIT_NO) ||
                      (status == EXIT_YES && strncmp(command, "local", 5) == 0),
                  "%s: %d %s", text_bytes(&line), status, cli_error());
    text_clear(&line);
    return count_lines(cli_out());
}

START_TEST(every_filter_says_the_same_to_every_command)
{
    const char *filter = filters[_i].filter;

    ck_assert_int_eq(lines_of("history", filter), filters[_i].history);
    ck_assert_int_eq(lines_of("local --at 14:00:00", filter), filters[_i].local);
    ck_assert_int_eq(lines_of("wport 22 --at 14:00:00", filter), filters[_i].wport);
    ck_assert_int_eq(lines_of("wport 22 --since 14:00:00", filter), filters[_i].watch);
}
END_TEST

/* The next page of an answer begins behind its last interval. */
START_TEST(a_history_goes_on_behind_an_interval)
{
    ck_assert_int_eq(lines_of("history", "--after-id 3"), 6);
    CHECK_CONTAINS(cli_out(), "\"id\":4,");
    ck_assert_ptr_null(strstr(cli_out(), "\"id\":3,"));
    ck_assert_int_eq(lines_of("history", "--after-id 9"), 0);
}
END_TEST

/* Live: what the filter needs to know is asked for. */
static const struct {
    const char *line;
    int lines;
    bool images;
    bool modules;
} lives[] = {
    {"local --jsonl", 5, false, false},
    {"local --jsonl --image a1" HEX60, 2, true, false},
    {"local --jsonl --module /tmp/inject.so", 2, false, true},
    {"local --jsonl --instance 4321@14:00:02", 2, false, false},
    {"wport 22 --jsonl --module /tmp/inject.so", 2, false, true},
    {"wpid 4321 --jsonl --state listening --local-address 127.0.0.1", 1, false, false},
};

START_TEST(a_live_view_is_filtered_too)
{
    ck_assert_int_eq(cli_run(lives[_i].line), EXIT_YES);
    ck_assert_int_eq(count_lines(cli_out()), lives[_i].lines);
    ck_assert_int_eq(fixture.asked.images, lives[_i].images);
    ck_assert_int_eq(fixture.asked.modules, lives[_i].modules);
}
END_TEST

/* What a filter cannot ask. */
static const struct {
    const char *line;
    const char *error;
} refusals[] = {
    {"wport 22 --instance 1", "a number is of the ledger"},
    {"wport 22 --instance 1 --watch 1", "a number is of the ledger"},
    {"local --instance 1", "a number is of the ledger"},
    {"wpid 100 --pid 200", "another process than 100"},
    {"wport 22 --local-port 80", "another port than 22"},
    {"history --started-since 14:00 --started-before 13:00", "nothing lies between"},
    {"history --started-since noon", "--started-since: "},
};

START_TEST(what_cannot_be_asked_is_refused)
{
    ck_assert_int_eq(cli_run(refusals[_i].line), EXIT_USAGE);
    CHECK_CONTAINS(cli_error(), refusals[_i].error);
    ck_assert_str_eq(cli_out(), "");
}
END_TEST

/* The lines of --jsonl as "change pid process port; ...", in their order. */
static const char *changes(const char *line)
{
    static struct text words;
    const char *at;

    text_reset(&words);
    (void)cli_run(line);
    for (at = cli_out(); *at != '\0'; at = strchr(at, '\n') + 1) {
        static const char *const members[] = {
            "\"change\":", "\"process\":", "\"local_port\":", "\"process_before\":", "\"module\":"};

        for (int i = 0; i < COUNT_OF(members); i++) {
            const char *value = strstr(at, members[i]) + strlen(members[i]);

            if (strncmp(value, "null", 4) != 0) {
                text_add_bytes(&words, value, strcspn(value, ",}"));
                text_add_char(&words, ' ');
            }
        }
        text_add(&words, "; ");
    }
    return text_bytes(&words);
}

/* Differences, as far as changes() shows them. */
static const struct {
    const char *line;
    enum exit_status status;
    const char *changes;
} differences[] = {
    {"14:00:02 14:00:03", EXIT_NO,
     "\"state\" \"sshd\" 22 \"sshd\" ; "
     "\"module\" \"sshd\" \"sshd\" \"/tmp/inject.so\" ; "
     "\"reopened\" \"nginx\" 80 \"nginx\" ; "
     "\"image\" \"nginx\" \"nginx\" ; "
     "\"closed\" \"cron\" 123 ; "
     "\"owner\" \"evil\" 443 \"nginx\" ; "
     "\"opened\" \"evil\" 4444 ; "},
    {"14:00:03 14:00:02", EXIT_NO,
     "\"state\" \"sshd\" 22 \"sshd\" ; "
     "\"reopened\" \"nginx\" 80 \"nginx\" ; "
     "\"owner\" \"nginx\" 443 \"evil\" ; "
     "\"image\" \"nginx\" \"nginx\" ; "
     "\"opened\" \"cron\" 123 ; "
     "\"closed\" \"evil\" 4444 ; "},
    {"14:00:00 14:00:02", EXIT_YES, ""},
    {"14:00:03 now", EXIT_YES, ""},
    {"14:00:02 now --no-files --local-port 80", EXIT_NO,
     "\"reopened\" \"nginx\" 80 \"nginx\" ; \"image\" \"nginx\" \"nginx\" ; "},
    {"14:00:02 14:00:03 --local-port 443", EXIT_NO, "\"owner\" \"evil\" 443 \"nginx\" ; "},
    {"14:00:02 14:00:03 --pid 100", EXIT_NO,
     "\"state\" \"sshd\" 22 \"sshd\" ; "
     "\"module\" \"sshd\" \"sshd\" \"/tmp/inject.so\" ; "},
    {"14:00:02 14:00:03 --instance 1 --state listening", EXIT_NO,
     "\"module\" \"sshd\" \"sshd\" \"/tmp/inject.so\" ; "},
    {"14:00:02 14:00:03 --user mallory", EXIT_NO,
     "\"owner\" \"evil\" 443 \"nginx\" ; \"opened\" \"evil\" 4444 ; "},
    {"14:00:02 14:00:03 --protocol udp", EXIT_NO, "\"closed\" \"cron\" 123 ; "},
    {"14:00:02 14:00:03 --port 5000", EXIT_YES, ""},
    {"14:00:00 14:00:02 --port 443", EXIT_YES, ""},
    {"14:00:02 14:00:03 --by-program", EXIT_NO,
     "\"module\" \"sshd\" \"/tmp/inject.so\" ; "
     "\"image\" \"nginx\" \"nginx\" ; "
     "\"only in A\" \"cron\" 123 ; "
     "\"owner\" \"evil\" 443 \"nginx\" ; "
     "\"only in B\" \"evil\" 4444 ; "},
    {"14:00:02 14:00:03 --by-program --local-port 123", EXIT_NO, "\"only in A\" \"cron\" 123 ; "},
};

START_TEST(a_difference_says_what_happened)
{
    struct text line = {0};

    text_addf(&line, "diff %s --jsonl --quiet --ledger check_diff.db", differences[_i].line);
    ck_assert_str_eq(changes(text_bytes(&line)), differences[_i].changes);
    ck_assert_int_eq(cli_run(text_bytes(&line)), differences[_i].status);
    text_clear(&line);
}
END_TEST

/* Neither moment has it: they are the same, and it may be a name that was mistyped. */
START_TEST(a_difference_of_nothing_says_so)
{
    static const char words[] = "no socket matches; there were 5 in A and 5 in B\n";

    ck_assert_int_eq(cli_run("diff 14:00:02 14:00:03 --port 5000 --ledger check_diff.db"),
                     EXIT_YES);
    CHECK_CONTAINS(cli_out(), words);
    ck_assert_ptr_null(strstr(cli_out(), "no difference"));
    ck_assert_int_eq(cli_run("diff 14:00:02 14:00:03 --process no --csv --ledger check_diff.db"),
                     EXIT_YES);
    CHECK_CONTAINS(cli_error(), words);
}
END_TEST

START_TEST(a_limit_of_a_table_keeps_nothing_back_in_silence)
{
    static const char more[] = "note: there are more than the 2 that --limit allows\n";

    ck_assert_int_eq(cli_run("diff 14:00:02 14:00:03 --limit 2 --ledger check_diff.db"), EXIT_NO);
    CHECK_CONTAINS(cli_out(), "7 differences");
    CHECK_CONTAINS(cli_error(), more);
    ck_assert_int_eq(cli_run("diff 14:00:02 14:00:03 --limit 7 --ledger check_diff.db"), EXIT_NO);
    ck_assert_ptr_null(strstr(cli_error(), "--limit"));
}
END_TEST

/* As changes() would have it, of the ledger beside that one. */
START_TEST(a_moment_of_another_ledger_is_named_with_its_file)
{
    static const char other[] = "check@14:00.db";

    support_remove_database(other);
    ck_assert_int_eq(cli_run("export --sqlite check@14:00.db --ledger check_diff.db --quiet"),
                     EXIT_YES);
    ck_assert_str_eq(
        changes("diff check@14:00.db@14:00:02 check@14:00.db --jsonl --local-port 443"),
        "\"owner\" \"evil\" 443 \"nginx\" ; ");
    CHECK_CONTAINS(cli_error(), "check@14:00.db: its newest sample is answered");
    ck_assert_str_eq(changes("diff check@14:00.db now --jsonl"), "");
    ck_assert_int_eq(cli_run("diff check@14:00.db@14:00:30 now"), EXIT_UNDECIDED);
    ck_assert_int_eq(cli_run("diff check@14:00.db@foo now"), EXIT_USAGE);
    CHECK_CONTAINS(cli_error(), "portledger: \"foo\" is no");
    ck_assert_int_eq(cli_run("diff check@14:00.db@boot now"), EXIT_USAGE);
    CHECK_CONTAINS(cli_error(), "name the time");
    support_remove_database(other);
}
END_TEST

static sockets unseen = {
    {SOCKET_TCP, 22, SOCKET_LISTENING, NOBODY, 0, false, NULL},
    {SOCKET_TCP, 22, SOCKET_CLOSE_WAIT, NOBODY, 50001, false, NULL},
    {SOCKET_TCP, 80, SOCKET_LISTENING, NOBODY, 0, false, NULL},
    {SOCKET_TCP, 443, SOCKET_LISTENING, EVIL, 0, false, NULL},
    {SOCKET_TCP, 4444, SOCKET_LISTENING, EVIL, 0, true, NULL},
};

/* An ordinary user sees the sockets, and not whose they are: that is no other owner. */
START_TEST(owners_that_cannot_be_seen_are_no_others)
{
    fixture.live = unseen;
    ck_assert_str_eq(changes("diff 14:00:03 now --jsonl --ledger check_diff.db"), "");
    CHECK_CONTAINS(cli_error(), "of 3 sockets the owners could not be compared");
    ck_assert_int_eq(cli_run("diff 14:00:03 now --ledger check_diff.db"), EXIT_UNDECIDED);
    ck_assert_str_eq(changes("diff 14:00:02 now --jsonl --ledger check_diff.db --local-port 22"),
                     "\"state\" \"sshd\" 22 \"sshd\" ; ");
    ck_assert_int_eq(cli_run("diff 14:00:02 now --csv --ledger check_diff.db --local-port 22"
                             " --columns change,pid,process,attribution,state,attribution_before"),
                     EXIT_NO);
    CHECK_CONTAINS(cli_out(), "\r\nstate,100,sshd,carried forward,CLOSE WAIT,exact\r\n");
    ck_assert_int_eq(cli_run("diff now 14:00:02 --csv --ledger check_diff.db --local-port 22"
                             " --columns change,pid,process,attribution,state,attribution_before"),
                     EXIT_NO);
    CHECK_CONTAINS(cli_out(), "\r\nstate,100,sshd,exact,ESTABLISHED,denied\r\n");
}

END_TEST

static sockets newly_unseen = {
    {SOCKET_TCP, 22, SOCKET_LISTENING, SSHD_INJECTED, 0, false, "ssh.service"},
    {SOCKET_TCP, 8, SOCKET_LISTENING, NOBODY, 0, false, NULL},
};

START_TEST(what_nobody_owns_comes_last)
{
    const char *closed;
    const char *opened;

    fixture.live = newly_unseen;
    ck_assert_int_eq(cli_run("diff 14:00:03 now --ledger check_diff.db"), EXIT_NO);
    closed = strstr(cli_out(), "\n- closed  4321 ");
    opened = strstr(cli_out(), "\n+ opened     - ");
    ck_assert(closed != NULL && opened != NULL && closed < opened);
}
END_TEST

/* As of a ledger that was imported. */
static sockets without_state = {
    {SOCKET_TCP, 22, SOCKET_STATELESS, SSHD_INJECTED, 0, false, NULL},
};

START_TEST(a_state_that_was_not_recorded_has_a_name)
{
    fixture.live = without_state;
    ck_assert_int_eq(cli_run("diff 14:00:03 now --ledger check_diff.db"), EXIT_NO);
    CHECK_CONTAINS(cli_out(), "\nTCP ports in a not recorded state:      0       1  +1\n");
    ck_assert_int_eq(cli_run("local --statistics --jsonl"), EXIT_YES);
    CHECK_CONTAINS(cli_out(), "\"state\":null,\"sockets\":1,\"share\":100");
}
END_TEST

static void save_baseline(void)
{
    ck_assert_int_eq(cli_run("baseline save check_diff.json --at 14:00:02 --ledger check_diff.db"),
                     EXIT_YES);
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/* Puts words in the place of what differs from run to run, or from version to version. */
static const char *masked(const char *output)
{
    static struct text text;
    size_t version = strlen(portledger_version);

    text_reset(&text);
    while (*output != '\0') {
        size_t hex = 0;

        while (is_hex(output[hex])) {
            hex++;
        }
        if (hex == 64 && strncmp(output + 2, "000000", 6) != 0) {
            text_add(&text, "HASH");
            output += hex;
        } else if (hex == 8 && output[8] == '-' && output[13] == '-' && output[23] == '-') {
            text_add(&text, "UUID");
            output += 36;
        } else if (strncmp(output, portledger_version, version) == 0) {
            text_add(&text, "VERSION");
            output += version;
        } else {
            text_add_bytes(&text, output, hex > 0 ? hex : 1);
            output += hex > 0 ? hex : 1;
        }
    }
    return text_bytes(&text);
}

/* Whole answers, on both streams, in every format. */
static const struct {
    const char *line;
    int columns; /* of the terminal; 0: there is none */
    enum exit_status status;
    const char *out;
    const char *error;
} answers[] = {
    {"diff 14:00:02 14:00:03 --ledger check_diff.db", 80, EXIT_NO,
     "A: 14:00:02 (2026-11-20 14:00:02 +01:00)\n"
     "B: 14:00:03 (2026-11-20 14:00:03 +01:00)\n"
     "7 differences: 1 opened, 1 closed, 1 state, 1 owner, 1 reopened, 1 image, 1 module\n"
     "\n"
     "Change      PID Process Owner Proto Port Local IP  State      Remote IP RPort\n"
     "* state     100 sshd    exact TCP     22 10.0.0.1  CLOSE WAIT 10.0.0.9  50001\n"
     "    Detail: was ESTABLISHED\n"
     "* module    100 sshd    -     -        - -         -          -             -\n"
     "    Detail: inject.so in /tmp\n"
     "* reopened  210 nginx   exact TCP     80 0.0.0.0   LISTENING  -             -\n"
     "    Detail: was 200\n"
     "* image     210 nginx   -     -        - -         -          -             -\n"
     "    Detail: hash a30000000000, was a20000000000\n"
     "- closed    300 cron    exact UDP    123 0.0.0.0   -          -             -\n"
     "* owner    4321 evil    exact TCP    443 0.0.0.0   LISTENING  -             -\n"
     "    Detail: was 200 nginx\n"
     "+ opened   4321 evil    exact TCP   4444 127.0.0.1 LISTENING  -             -\n"
     "\n"
     "Port Statistics                         A       B\n"
     "TCP mappings:                           4       5  +1\n"
     "UDP mappings:                           1       0  -1\n"
     "TCP ports in a LISTENING state:         3       4  +1\n"
     "TCP ports in a ESTABLISHED state:       1       0  -1\n"
     "TCP ports in a CLOSE WAIT state:        0       1  +1\n",
     "note: no room in 80 columns for: path (a wider terminal, --json or --csv show them)"
     "\n"
     "note: between the two: watched from 2026-11-20 14:00:02 +01:00 to 2026-11-20 14:00:0"
     "3 +01:00, every 1s, without a gap\n"},
    {"diff 14:00:02 14:00:03 --ledger check_diff.db", 0, EXIT_NO,
     "A: 14:00:02 (2026-11-20 14:00:02 +01:00)\n"
     "B: 14:00:03 (2026-11-20 14:00:03 +01:00)\n"
     "7 differences: 1 opened, 1 closed, 1 state, 1 owner, 1 reopened, 1 image, 1 module\n"
     "\n"
     "Change       PID  Process  Owner  Proto  Port  Local IP   State       Remote IP  RPo"
     "rt  Path             Detail\n"
     "* state      100  sshd     exact  TCP      22  10.0.0.1   CLOSE WAIT  10.0.0.9   500"
     "01  /usr/sbin/sshd   was ESTABLISHED\n"
     "* module     100  sshd     -      -         -  -          -           -             "
     " -  /usr/sbin/sshd   inject.so in /tmp\n"
     "* reopened   210  nginx    exact  TCP      80  0.0.0.0    LISTENING   -             "
     " -  /usr/sbin/nginx  was 200\n"
     "* image      210  nginx    -      -         -  -          -           -             "
     " -  /usr/sbin/nginx  hash a30000000000, was a20000000000\n"
     "- closed     300  cron     exact  UDP     123  0.0.0.0    -           -             "
     " -  /usr/sbin/cron   -\n"
     "* owner     4321  evil     exact  TCP     443  0.0.0.0    LISTENING   -             "
     " -  /tmp/evil        was 200 nginx\n"
     "+ opened    4321  evil     exact  TCP    4444  127.0.0.1  LISTENING   -             "
     " -  /tmp/evil        -\n"
     "\n"
     "Port Statistics                         A       B\n"
     "TCP mappings:                           4       5  +1\n"
     "UDP mappings:                           1       0  -1\n"
     "TCP ports in a LISTENING state:         3       4  +1\n"
     "TCP ports in a ESTABLISHED state:       1       0  -1\n"
     "TCP ports in a CLOSE WAIT state:        0       1  +1\n",
     "note: between the two: watched from 2026-11-20 14:00:02 +01:00 to 2026-11-20 14:00:0"
     "3 +01:00, every 1s, without a gap\n"},
    {"diff 14:00:02 14:00:03 --ledger check_diff.db --by-program", 100, EXIT_NO,
     "A: 14:00:02 (2026-11-20 14:00:02 +01:00)\n"
     "B: 14:00:03 (2026-11-20 14:00:03 +01:00)\n"
     "5 differences: 1 owner, 1 image, 1 module, 1 only in A, 1 only in B\n"
     "\n"
     "Change       PID Process Owner Proto Port Local IP  State     Detail\n"
     "* module     100 sshd    -     -        - -         -         inject.so in /tmp\n"
     "* image      210 nginx   -     -        - -         -         hash a30000000000, was"
     " a20000000000\n"
     "- only in A  300 cron    exact UDP    123 0.0.0.0   -         -\n"
     "* owner     4321 evil    exact TCP    443 0.0.0.0   LISTENING was 200 nginx\n"
     "+ only in B 4321 evil    exact TCP   4444 127.0.0.1 LISTENING -\n"
     "\n"
     "Port Statistics                         A       B\n"
     "TCP mappings:                           4       5  +1\n"
     "UDP mappings:                           1       0  -1\n"
     "TCP ports in a LISTENING state:         3       4  +1\n"
     "TCP ports in a ESTABLISHED state:       1       0  -1\n"
     "TCP ports in a CLOSE WAIT state:        0       1  +1\n",
     "note: no room in 100 columns for: path (a wider terminal, --json or --csv show them)"
     "\n"
     "note: listeners are compared by program and port; processes, connections and address"
     "es do not count\n"
     "note: between the two: watched from 2026-11-20 14:00:02 +01:00 to 2026-11-20 14:00:0"
     "3 +01:00, every 1s, without a gap\n"},
    {"diff 14:00:00 14:00:02 --ledger check_diff.db --local-port 80", 80, EXIT_YES,
     "A: 14:00:00 (2026-11-20 14:00:00 +01:00)\n"
     "B: 14:00:02 (2026-11-20 14:00:02 +01:00)\n"
     "no difference\n"
     "\n"
     "Port Statistics                         A       B\n"
     "TCP mappings:                           1       1\n"
     "UDP mappings:                           0       0\n"
     "TCP ports in a LISTENING state:         1       1\n",
     "note: between the two: watched from 2026-11-20 14:00:00 +01:00 to 2026-11-20 14:00:0"
     "2 +01:00, every 1s, without a gap\n"},
    {"diff 14:00:02 14:00:03 --ledger check_diff.db --json --local-port 80", 0, EXIT_NO,
     "[\n"
     "{\"comparison\":1,\"change\":\"reopened\",\"pid\":210,\"process\":\"nginx\",\"attrib"
     "ution\":\"exact\",\"service\":null,\"service_basis\":null,\"protocol\":\"TCP\",\"loc"
     "al_port\":80,\"local_address\":\"0.0.0.0\",\"state\":\"LISTENING\",\"remote_address\""
     ":null,\"remote_port\":null,\"path\":\"/usr/sbin/nginx\",\"process_started_at\":\"202"
     "6-11-20T14:00:02.500+01:00\",\"created_at\":null,\"parent_pid\":null,\"process_acces"
     "s\":\"opened\",\"parent_process\":null,\"user\":\"www-data\",\"user_id\":\"33\",\"in"
     "tegrity\":null,\"session\":0,\"denied\":null,\"left_out\":null,\"command_line\":null"
     ",\"image_status\":\"read\",\"image_sha256\":\"a3000000000000000000000000000000000000"
     "00000000000000000000000000\",\"image_version\":null,\"image_company\":null,\"image_b"
     "uild_id\":null,\"image_verdict\":null,\"image_signature\":null,\"image_signer\":null"
     ",\"image_checked_at\":\"2026-11-20T13:59:59.000+01:00\",\"state_before\":\"LISTENING"
     "\",\"pid_before\":200,\"process_before\":\"nginx\",\"attribution_before\":\"exact\","
     "\"before_at\":\"2026-11-20T14:00:02.000+01:00\",\"after_at\":\"2026-11-20T14:00:03.0"
     "00+01:00\",\"path_before\":\"/usr/sbin/nginx\",\"image_sha256_before\":\"a2000000000"
     "00000000000000000000000000000000000000000000000000000\",\"module\":null,\"module_sha"
     "256\":null,\"module_sha256_before\":null,\"module_verdict\":null,\"module_signer\":n"
     "ull,\"processes\":null},\n"
     "{\"comparison\":1,\"change\":\"image\",\"pid\":210,\"process\":\"nginx\",\"attributi"
     "on\":null,\"service\":null,\"service_basis\":null,\"protocol\":null,\"local_port\":n"
     "ull,\"local_address\":null,\"state\":null,\"remote_address\":null,\"remote_port\":nu"
     "ll,\"path\":\"/usr/sbin/nginx\",\"process_started_at\":\"2026-11-20T14:00:02.500+01:"
     "00\",\"created_at\":null,\"parent_pid\":null,\"process_access\":\"opened\",\"parent_"
     "process\":null,\"user\":\"www-data\",\"user_id\":\"33\",\"integrity\":null,\"session"
     "\":0,\"denied\":null,\"left_out\":null,\"command_line\":null,\"image_status\":\"read"
     "\",\"image_sha256\":\"a3000000000000000000000000000000000000000000000000000000000000"
     "00\",\"image_version\":null,\"image_company\":null,\"image_build_id\":null,\"image_v"
     "erdict\":null,\"image_signature\":null,\"image_signer\":null,\"image_checked_at\":\""
     "2026-11-20T13:59:59.000+01:00\",\"state_before\":null,\"pid_before\":200,\"process_b"
     "efore\":\"nginx\",\"attribution_before\":null,\"before_at\":\"2026-11-20T14:00:02.00"
     "0+01:00\",\"after_at\":\"2026-11-20T14:00:03.000+01:00\",\"path_before\":\"/usr/sbin"
     "/nginx\",\"image_sha256_before\":\"a200000000000000000000000000000000000000000000000"
     "000000000000000\",\"module\":null,\"module_sha256\":null,\"module_sha256_before\":nu"
     "ll,\"module_verdict\":null,\"module_signer\":null,\"processes\":1}\n"
     "]\n",
     "{\"note\":\"coverage\",\"text\":\"between the two: watched from 2026-11-20 14:00:02 "
     "+01:00 to 2026-11-20 14:00:03 +01:00, every 1s, without a gap\",\"since\":\"2026-11-"
     "20T14:00:02.000+01:00\",\"until\":\"2026-11-20T14:00:03.000+01:00\",\"watched\":1000"
     ",\"gaps\":0,\"missed\":0,\"left_out_processes\":0,\"left_out_sockets\":0}\n"},
    {"diff 14:00:02 14:00:03 --ledger check_diff.db --jsonl --pid 100", 0, EXIT_NO,
     "{\"comparison\":1,\"change\":\"state\",\"pid\":100,\"process\":\"sshd\",\"attributio"
     "n\":\"exact\",\"service\":null,\"service_basis\":null,\"protocol\":\"TCP\",\"local_p"
     "ort\":22,\"local_address\":\"10.0.0.1\",\"state\":\"CLOSE WAIT\",\"remote_address\":"
     "\"10.0.0.9\",\"remote_port\":50001,\"path\":\"/usr/sbin/sshd\",\"process_started_at\""
     ":\"2026-11-20T13:59:00.000+01:00\",\"created_at\":null,\"parent_pid\":null,\"process"
     "_access\":\"opened\",\"parent_process\":null,\"user\":\"root\",\"user_id\":\"0\",\"i"
     "ntegrity\":null,\"session\":0,\"denied\":null,\"left_out\":null,\"command_line\":\"s"
     "shd -D\",\"image_status\":\"read\",\"image_sha256\":\"a10000000000000000000000000000"
     "0000000000000000000000000000000000\",\"image_version\":null,\"image_company\":null,\""
     "image_build_id\":null,\"image_verdict\":null,\"image_signature\":null,\"image_signer"
     "\":null,\"image_checked_at\":\"2026-11-20T13:59:59.000+01:00\",\"state_before\":\"ES"
     "TABLISHED\",\"pid_before\":100,\"process_before\":\"sshd\",\"attribution_before\":\""
     "exact\",\"before_at\":\"2026-11-20T14:00:02.000+01:00\",\"after_at\":\"2026-11-20T14"
     ":00:03.000+01:00\",\"path_before\":\"/usr/sbin/sshd\",\"image_sha256_before\":\"a100"
     "000000000000000000000000000000000000000000000000000000000000\",\"module\":null,\"mod"
     "ule_sha256\":null,\"module_sha256_before\":null,\"module_verdict\":null,\"module_sig"
     "ner\":null,\"processes\":null}\n"
     "{\"comparison\":1,\"change\":\"module\",\"pid\":100,\"process\":\"sshd\",\"attributi"
     "on\":null,\"service\":null,\"service_basis\":null,\"protocol\":null,\"local_port\":n"
     "ull,\"local_address\":null,\"state\":null,\"remote_address\":null,\"remote_port\":nu"
     "ll,\"path\":\"/usr/sbin/sshd\",\"process_started_at\":\"2026-11-20T13:59:00.000+01:0"
     "0\",\"created_at\":null,\"parent_pid\":null,\"process_access\":\"opened\",\"parent_p"
     "rocess\":null,\"user\":\"root\",\"user_id\":\"0\",\"integrity\":null,\"session\":0,\""
     "denied\":null,\"left_out\":null,\"command_line\":\"sshd -D\",\"image_status\":\"read"
     "\",\"image_sha256\":\"a1000000000000000000000000000000000000000000000000000000000000"
     "00\",\"image_version\":null,\"image_company\":null,\"image_build_id\":null,\"image_v"
     "erdict\":null,\"image_signature\":null,\"image_signer\":null,\"image_checked_at\":\""
     "2026-11-20T13:59:59.000+01:00\",\"state_before\":null,\"pid_before\":100,\"process_b"
     "efore\":\"sshd\",\"attribution_before\":null,\"before_at\":\"2026-11-20T14:00:02.000"
     "+01:00\",\"after_at\":\"2026-11-20T14:00:03.000+01:00\",\"path_before\":\"/usr/sbin/"
     "sshd\",\"image_sha256_before\":\"a10000000000000000000000000000000000000000000000000"
     "0000000000000\",\"module\":\"/tmp/inject.so\",\"module_sha256\":\"a70000000000000000"
     "0000000000000000000000000000000000000000000000\",\"module_sha256_before\":null,\"mod"
     "ule_verdict\":null,\"module_signer\":null,\"processes\":1}\n",
     "{\"note\":\"coverage\",\"text\":\"between the two: watched from 2026-11-20 14:00:02 "
     "+01:00 to 2026-11-20 14:00:03 +01:00, every 1s, without a gap\",\"since\":\"2026-11-"
     "20T14:00:02.000+01:00\",\"until\":\"2026-11-20T14:00:03.000+01:00\",\"watched\":1000"
     ",\"gaps\":0,\"missed\":0,\"left_out_processes\":0,\"left_out_sockets\":0}\n"},
    {"diff 14:00:02 14:00:03 --ledger check_diff.db --csv --quiet", 0, EXIT_NO,
     "comparison,change,pid,process,attribution,service,service_basis,protocol,local_port,"
     "local_address,state,remote_address,remote_port,path,process_started_at,created_at,pa"
     "rent_pid,process_access,parent_process,user,user_id,integrity,session,denied,left_ou"
     "t,command_line,image_status,image_sha256,image_version,image_company,image_build_id,"
     "image_verdict,image_signature,image_signer,image_checked_at,state_before,pid_before,"
     "process_before,attribution_before,before_at,after_at,path_before,image_sha256_before"
     ",module,module_sha256,module_sha256_before,module_verdict,module_signer,processes\r\n"
     "1,state,100,sshd,exact,,,TCP,22,10.0.0.1,CLOSE WAIT,10.0.0.9,50001,/usr/sbin/sshd,20"
     "26-11-20T13:59:00.000+01:00,,,opened,,root,0,,0,,,sshd -D,read,a10000000000000000000"
     "0000000000000000000000000000000000000000000,,,,,,,2026-11-20T13:59:59.000+01:00,ESTA"
     "BLISHED,100,sshd,exact,2026-11-20T14:00:02.000+01:00,2026-11-20T14:00:03.000+01:00,/"
     "usr/sbin/sshd,a100000000000000000000000000000000000000000000000000000000000000,,,,,,"
     "\r\n"
     "1,module,100,sshd,,,,,,,,,,/usr/sbin/sshd,2026-11-20T13:59:00.000+01:00,,,opened,,ro"
     "ot,0,,0,,,sshd -D,read,a100000000000000000000000000000000000000000000000000000000000"
     "000,,,,,,,2026-11-20T13:59:59.000+01:00,,100,sshd,,2026-11-20T14:00:02.000+01:00,202"
     "6-11-20T14:00:03.000+01:00,/usr/sbin/sshd,a10000000000000000000000000000000000000000"
     "0000000000000000000000,/tmp/inject.so,a700000000000000000000000000000000000000000000"
     "000000000000000000,,,,1\r\n"
     "1,reopened,210,nginx,exact,,,TCP,80,0.0.0.0,LISTENING,,,/usr/sbin/nginx,2026-11-20T1"
     "4:00:02.500+01:00,,,opened,,www-data,33,,0,,,,read,a30000000000000000000000000000000"
     "0000000000000000000000000000000,,,,,,,2026-11-20T13:59:59.000+01:00,LISTENING,200,ng"
     "inx,exact,2026-11-20T14:00:02.000+01:00,2026-11-20T14:00:03.000+01:00,/usr/sbin/ngin"
     "x,a200000000000000000000000000000000000000000000000000000000000000,,,,,,\r\n"
     "1,image,210,nginx,,,,,,,,,,/usr/sbin/nginx,2026-11-20T14:00:02.500+01:00,,,opened,,w"
     "ww-data,33,,0,,,,read,a3000000000000000000000000000000000000000000000000000000000000"
     "00,,,,,,,2026-11-20T13:59:59.000+01:00,,200,nginx,,2026-11-20T14:00:02.000+01:00,202"
     "6-11-20T14:00:03.000+01:00,/usr/sbin/nginx,a2000000000000000000000000000000000000000"
     "00000000000000000000000,,,,,,1\r\n"
     "1,closed,300,cron,exact,,,UDP,123,0.0.0.0,,,,/usr/sbin/cron,2026-11-20T13:59:20.000+"
     "01:00,,,opened,,root,0,,0,,,,read,a5000000000000000000000000000000000000000000000000"
     "00000000000000,,,,,,,2026-11-20T13:59:59.000+01:00,,,,,2026-11-20T14:00:02.000+01:00"
     ",2026-11-20T14:00:03.000+01:00,,,,,,,,\r\n"
     "1,owner,4321,evil,exact,,,TCP,443,0.0.0.0,LISTENING,,,/tmp/evil,2026-11-20T14:00:02."
     "600+01:00,,,opened,,mallory,1000,,0,,,,read,a400000000000000000000000000000000000000"
     "000000000000000000000000,,,,,,,2026-11-20T13:59:59.000+01:00,LISTENING,200,nginx,exa"
     "ct,2026-11-20T14:00:02.000+01:00,2026-11-20T14:00:03.000+01:00,/usr/sbin/nginx,a2000"
     "00000000000000000000000000000000000000000000000000000000000,,,,,,\r\n"
     "1,opened,4321,evil,exact,,,TCP,4444,127.0.0.1,LISTENING,,,/tmp/evil,2026-11-20T14:00"
     ":02.600+01:00,,,opened,,mallory,1000,,0,,,,read,a40000000000000000000000000000000000"
     "0000000000000000000000000000,,,,,,,2026-11-20T13:59:59.000+01:00,,,,,2026-11-20T14:0"
     "0:02.000+01:00,2026-11-20T14:00:03.000+01:00,,,,,,,,\r\n",
     ""},
    {"diff check_diff.json 14:00:03 --ledger check_diff.db --local-port 443 --utc", 80, EXIT_NO,
     "A: check_diff.json (2026-11-20 13:00:02 +00:00)\n"
     "B: 14:00:03 (2026-11-20 13:00:03 +00:00)\n"
     "1 difference: 1 owner\n"
     "\n"
     "Change   PID Process Owner Proto Port Local IP State     Path      Detail\n"
     "* owner 4321 evil    exact TCP    443 0.0.0.0  LISTENING /tmp/evil was 200 nginx\n"
     "\n"
     "Port Statistics                         A       B\n"
     "TCP mappings:                           1       1\n"
     "UDP mappings:                           0       0\n"
     "TCP ports in a LISTENING state:         1       1\n",
     ""},
    {"baseline save check_diff.json --overwrite --at 14:00:03 --ledger check_diff.db", 80, EXIT_YES,
     "File           check_diff.json\n"
     "State of       2026-11-20 14:00:03 +01:00\n"
     "Sockets        5\n"
     "Processes      3\n"
     "Rests on       not sealed yet\n"
     "Ledger id      UUID\n"
     "Detail         whole\n"
     "Command lines  no\n"
     "Made           2026-11-20 14:00:06 +01:00\n"
     "Made by        portledger VERSION\n"
     "SHA-256        HASH\n",
     ""},
    {"baseline save check_diff.json --overwrite --at 14:00:03 --ledger check_diff.db --json", 0,
     EXIT_YES,
     "[\n"
     "{\"file\":\"check_diff.json\",\"taken_at\":\"2026-11-20T14:00:03.000+01:00\",\"host\""
     ":null,\"sockets\":5,\"processes\":3,\"basis\":\"not sealed yet\",\"ledger_id\":\"UUI"
     "D\",\"seal\":null,\"seal_until\":null,\"seal_head\":null,\"seal_mac\":null,\"detail\""
     ":\"whole\",\"command_lines\":false,\"made_at\":\"2026-11-20T14:00:06.000+01:00\",\"p"
     "rogram\":\"portledger VERSION\",\"sha256\":\"HASH\"}\n"
     "]\n",
     ""},
    {"baseline show check_diff.json", 80, EXIT_YES,
     "File           check_diff.json\n"
     "State of       2026-11-20 14:00:02 +01:00\n"
     "Sockets        5\n"
     "Processes      3\n"
     "Rests on       not sealed yet\n"
     "Ledger id      UUID\n"
     "Detail         whole\n"
     "Command lines  no\n"
     "Made           2026-11-20 14:00:06 +01:00\n"
     "Made by        portledger VERSION\n"
     "SHA-256        HASH\n"
     "\n"
     "PID Process Owner Service     Proto Port Local IP State       Remote IP RPort\n"
     "100 sshd    exact ssh.service TCP     22 0.0.0.0  LISTENING   -             -\n"
     "100 sshd    exact -           TCP     22 10.0.0.1 ESTABLISHED 10.0.0.9  50001\n"
     "200 nginx   exact -           TCP     80 0.0.0.0  LISTENING   -             -\n"
     "200 nginx   exact -           TCP    443 0.0.0.0  LISTENING   -             -\n"
     "300 cron    exact -           UDP    123 0.0.0.0  -           -             -\n"
     "\n"
     "Port Statistics\n"
     "TCP mappings: 4\n"
     "UDP mappings: 1\n"
     "TCP ports in a LISTENING state: 3 = 75.00%\n"
     "TCP ports in a ESTABLISHED state: 1 = 25.00%\n",
     "note: the file agrees with its hash; the state is of 2026-11-20 14:00:02 +01:00, not"
     " sealed yet\n"
     "note: no room in 80 columns for: path (a wider terminal, --wide, --columns NAMES or --"
     "json shows them)\n"},
    {"baseline show check_diff.json --about --csv", 0, EXIT_YES,
     "file,taken_at,host,sockets,processes,basis,ledger_id,seal,seal_until,seal_head,seal_"
     "mac,detail,command_lines,made_at,program,sha256\r\n"
     "check_diff.json,2026-11-20T14:00:02.000+01:00,,5,3,not sealed yet,UUID,,,,,whole,fal"
     "se,2026-11-20T14:00:06.000+01:00,portledger VERSION,HASH\r\n",
     "note: the file agrees with its hash; the state is of 2026-11-20 14:00:02 +01:00, not"
     " sealed yet\n"},
    {"baseline show check_diff.json --about --jsonl", 0, EXIT_YES,
     "{\"file\":\"check_diff.json\",\"taken_at\":\"2026-11-20T14:00:02.000+01:00\",\"host\""
     ":null,\"sockets\":5,\"processes\":3,\"basis\":\"not sealed yet\",\"ledger_id\":\"UUI"
     "D\",\"seal\":null,\"seal_until\":null,\"seal_head\":null,\"seal_mac\":null,\"detail\""
     ":\"whole\",\"command_lines\":false,\"made_at\":\"2026-11-20T14:00:06.000+01:00\",\"p"
     "rogram\":\"portledger VERSION\",\"sha256\":\"HASH\"}\n",
     "{\"note\":\"baseline\",\"text\":\"the file agrees with its hash; the state is of 202"
     "6-11-20 14:00:02 +01:00, not sealed yet\"}\n"},
    {"baseline show check_diff.json --json", 0, EXIT_YES,
     "[\n"
     "{\"moment\":1,\"pid\":100,\"process\":\"sshd\",\"attribution\":\"exact\",\"service\""
     ":\"ssh.service\",\"service_basis\":\"by cgroup\",\"protocol\":\"TCP\",\"local_port\""
     ":22,\"local_address\":\"0.0.0.0\",\"state\":\"LISTENING\",\"remote_address\":null,\""
     "remote_port\":null,\"path\":\"/usr/sbin/sshd\",\"process_started_at\":\"2026-11-20T1"
     "3:59:00.000+01:00\",\"created_at\":null,\"parent_pid\":null,\"process_access\":\"ope"
     "ned\",\"parent_process\":null,\"user\":\"root\",\"user_id\":\"0\",\"integrity\":null"
     ",\"session\":0,\"denied\":null,\"left_out\":null,\"command_line\":null,\"image_statu"
     "s\":\"read\",\"image_sha256\":\"a100000000000000000000000000000000000000000000000000"
     "000000000000\",\"image_version\":null,\"image_company\":null,\"image_build_id\":null"
     ",\"image_verdict\":null,\"image_signature\":null,\"image_signer\":null,\"image_check"
     "ed_at\":\"2026-11-20T13:59:59.000+01:00\",\"at\":\"2026-11-20T14:00:02.000+01:00\"},"
     "\n"
     "{\"moment\":1,\"pid\":100,\"process\":\"sshd\",\"attribution\":\"exact\",\"service\""
     ":null,\"service_basis\":null,\"protocol\":\"TCP\",\"local_port\":22,\"local_address\""
     ":\"10.0.0.1\",\"state\":\"ESTABLISHED\",\"remote_address\":\"10.0.0.9\",\"remote_por"
     "t\":50001,\"path\":\"/usr/sbin/sshd\",\"process_started_at\":\"2026-11-20T13:59:00.0"
     "00+01:00\",\"created_at\":null,\"parent_pid\":null,\"process_access\":\"opened\",\"p"
     "arent_process\":null,\"user\":\"root\",\"user_id\":\"0\",\"integrity\":null,\"sessio"
     "n\":0,\"denied\":null,\"left_out\":null,\"command_line\":null,\"image_status\":\"rea"
     "d\",\"image_sha256\":\"a100000000000000000000000000000000000000000000000000000000000"
     "000\",\"image_version\":null,\"image_company\":null,\"image_build_id\":null,\"image_"
     "verdict\":null,\"image_signature\":null,\"image_signer\":null,\"image_checked_at\":\""
     "2026-11-20T13:59:59.000+01:00\",\"at\":\"2026-11-20T14:00:02.000+01:00\"},\n"
     "{\"moment\":1,\"pid\":200,\"process\":\"nginx\",\"attribution\":\"exact\",\"service\""
     ":null,\"service_basis\":null,\"protocol\":\"TCP\",\"local_port\":80,\"local_address\""
     ":\"0.0.0.0\",\"state\":\"LISTENING\",\"remote_address\":null,\"remote_port\":null,\""
     "path\":\"/usr/sbin/nginx\",\"process_started_at\":\"2026-11-20T13:59:10.000+01:00\","
     "\"created_at\":null,\"parent_pid\":null,\"process_access\":\"opened\",\"parent_proce"
     "ss\":null,\"user\":\"www-data\",\"user_id\":\"33\",\"integrity\":null,\"session\":0,"
     "\"denied\":null,\"left_out\":null,\"command_line\":null,\"image_status\":\"read\",\""
     "image_sha256\":\"a200000000000000000000000000000000000000000000000000000000000000\","
     "\"image_version\":null,\"image_company\":null,\"image_build_id\":null,\"image_verdic"
     "t\":null,\"image_signature\":null,\"image_signer\":null,\"image_checked_at\":\"2026-"
     "11-20T13:59:59.000+01:00\",\"at\":\"2026-11-20T14:00:02.000+01:00\"},\n"
     "{\"moment\":1,\"pid\":200,\"process\":\"nginx\",\"attribution\":\"exact\",\"service\""
     ":null,\"service_basis\":null,\"protocol\":\"TCP\",\"local_port\":443,\"local_address"
     "\":\"0.0.0.0\",\"state\":\"LISTENING\",\"remote_address\":null,\"remote_port\":null,"
     "\"path\":\"/usr/sbin/nginx\",\"process_started_at\":\"2026-11-20T13:59:10.000+01:00\""
     ",\"created_at\":null,\"parent_pid\":null,\"process_access\":\"opened\",\"parent_proc"
     "ess\":null,\"user\":\"www-data\",\"user_id\":\"33\",\"integrity\":null,\"session\":0"
     ",\"denied\":null,\"left_out\":null,\"command_line\":null,\"image_status\":\"read\",\""
     "image_sha256\":\"a200000000000000000000000000000000000000000000000000000000000000\","
     "\"image_version\":null,\"image_company\":null,\"image_build_id\":null,\"image_verdic"
     "t\":null,\"image_signature\":null,\"image_signer\":null,\"image_checked_at\":\"2026-"
     "11-20T13:59:59.000+01:00\",\"at\":\"2026-11-20T14:00:02.000+01:00\"},\n"
     "{\"moment\":1,\"pid\":300,\"process\":\"cron\",\"attribution\":\"exact\",\"service\""
     ":null,\"service_basis\":null,\"protocol\":\"UDP\",\"local_port\":123,\"local_address"
     "\":\"0.0.0.0\",\"state\":null,\"remote_address\":null,\"remote_port\":null,\"path\":"
     "\"/usr/sbin/cron\",\"process_started_at\":\"2026-11-20T13:59:20.000+01:00\",\"create"
     "d_at\":null,\"parent_pid\":null,\"process_access\":\"opened\",\"parent_process\":nul"
     "l,\"user\":\"root\",\"user_id\":\"0\",\"integrity\":null,\"session\":0,\"denied\":nu"
     "ll,\"left_out\":null,\"command_line\":null,\"image_status\":\"read\",\"image_sha256\""
     ":\"a500000000000000000000000000000000000000000000000000000000000000\",\"image_versio"
     "n\":null,\"image_company\":null,\"image_build_id\":null,\"image_verdict\":null,\"ima"
     "ge_signature\":null,\"image_signer\":null,\"image_checked_at\":\"2026-11-20T13:59:59"
     ".000+01:00\",\"at\":\"2026-11-20T14:00:02.000+01:00\"}\n"
     "]\n",
     "{\"note\":\"baseline\",\"text\":\"the file agrees with its hash; the state is of 202"
     "6-11-20 14:00:02 +01:00, not sealed yet\"}\n"},
    {"baseline show check_diff.json --csv --quiet", 0, EXIT_YES,
     "moment,pid,process,attribution,service,service_basis,protocol,local_port,local_addre"
     "ss,state,remote_address,remote_port,path,process_started_at,created_at,parent_pid,pr"
     "ocess_access,parent_process,user,user_id,integrity,session,denied,left_out,command_l"
     "ine,image_status,image_sha256,image_version,image_company,image_build_id,image_verdi"
     "ct,image_signature,image_signer,image_checked_at,at\r\n"
     "1,100,sshd,exact,ssh.service,by cgroup,TCP,22,0.0.0.0,LISTENING,,,/usr/sbin/sshd,202"
     "6-11-20T13:59:00.000+01:00,,,opened,,root,0,,0,,,,read,a1000000000000000000000000000"
     "00000000000000000000000000000000000,,,,,,,2026-11-20T13:59:59.000+01:00,2026-11-20T1"
     "4:00:02.000+01:00\r\n"
     "1,100,sshd,exact,,,TCP,22,10.0.0.1,ESTABLISHED,10.0.0.9,50001,/usr/sbin/sshd,2026-11"
     "-20T13:59:00.000+01:00,,,opened,,root,0,,0,,,,read,a10000000000000000000000000000000"
     "0000000000000000000000000000000,,,,,,,2026-11-20T13:59:59.000+01:00,2026-11-20T14:00"
     ":02.000+01:00\r\n"
     "1,200,nginx,exact,,,TCP,80,0.0.0.0,LISTENING,,,/usr/sbin/nginx,2026-11-20T13:59:10.0"
     "00+01:00,,,opened,,www-data,33,,0,,,,read,a20000000000000000000000000000000000000000"
     "0000000000000000000000,,,,,,,2026-11-20T13:59:59.000+01:00,2026-11-20T14:00:02.000+0"
     "1:00\r\n"
     "1,200,nginx,exact,,,TCP,443,0.0.0.0,LISTENING,,,/usr/sbin/nginx,2026-11-20T13:59:10."
     "000+01:00,,,opened,,www-data,33,,0,,,,read,a2000000000000000000000000000000000000000"
     "00000000000000000000000,,,,,,,2026-11-20T13:59:59.000+01:00,2026-11-20T14:00:02.000+"
     "01:00\r\n"
     "1,300,cron,exact,,,UDP,123,0.0.0.0,,,,/usr/sbin/cron,2026-11-20T13:59:20.000+01:00,,"
     ",opened,,root,0,,0,,,,read,a50000000000000000000000000000000000000000000000000000000"
     "0000000,,,,,,,2026-11-20T13:59:59.000+01:00,2026-11-20T14:00:02.000+01:00\r\n",
     ""},
};

START_TEST(a_question_has_exactly_this_answer)
{
    int status;

    save_baseline();
    console_fake.columns = answers[_i].columns;
    status = cli_run(answers[_i].line);
    ck_assert_str_eq(masked(cli_out()), answers[_i].out);
    ck_assert_str_eq(masked(cli_error()), answers[_i].error);
    ck_assert_int_eq(status, answers[_i].status);
}
END_TEST

START_TEST(a_baseline_is_compared_like_the_moment_that_it_is_of)
{
    static const char *const seconds[] = {"diff check_diff.json 14:00:03",
                                          "diff 14:00:02 14:00:03"};
    char *first;

    save_baseline();
    first = text_copy(changes("diff check_diff.json now --jsonl --quiet"));
    ck_assert_ptr_nonnull(first);
    for (int i = 0; i < COUNT_OF(seconds); i++) {
        struct text line = {0};

        text_addf(&line, "%s --jsonl --quiet --ledger check_diff.db", seconds[i]);
        ck_assert_str_eq(changes(text_bytes(&line)), first);
        text_clear(&line);
    }
    CHECK_CONTAINS(first, "\"reopened\" \"nginx\" 80");
    ck_assert_str_eq(changes("diff check_diff.json 14:00:02 --jsonl --ledger check_diff.db"), "");
    ck_assert_str_eq(changes("diff check_diff.json --jsonl --pid 300"),
                     "\"closed\" \"cron\" 123 ; ");
    free(first);
}
END_TEST

/* Without a service there is nothing to open. */
START_TEST(a_baseline_of_now_needs_no_ledger)
{
    ck_assert_int_eq(cli_run("baseline save check_diff.json --ledger missing.db"), EXIT_YES);
    ck_assert(fixture.asked.images && fixture.asked.modules);
    CHECK_CONTAINS(cli_out(), "live");
    ck_assert_int_eq(cli_run("diff check_diff.json --ledger missing.db"), EXIT_YES);
    fixture.live = calm;
    ck_assert_int_eq(cli_run("diff check_diff.json --ledger missing.db"), EXIT_NO);
}
END_TEST

START_TEST(a_baseline_is_not_overwritten)
{
    save_baseline();
    ck_assert_int_eq(cli_run("baseline save check_diff.json"), EXIT_USAGE);
    CHECK_CONTAINS(cli_error(), "--overwrite");
    ck_assert_int_eq(cli_run("baseline save check_diff.json --overwrite"), EXIT_YES);
    CHECK_CONTAINS(cli_out(), "live");
    ck_assert(!file_exists("check_diff.json.part"));
}
END_TEST

START_TEST(what_was_not_watched_is_no_baseline)
{
    ck_assert_int_eq(cli_run("baseline save check_diff.json --at 13:00 --ledger check_diff.db"),
                     EXIT_UNDECIDED);
    CHECK_CONTAINS(cli_error(), "was not watched");
    ck_assert(!file_exists(file));
}
END_TEST

/* The clock is set back from 14:00:06 to 14:00:01: 14:00:03 was before the strike, and after it. */
START_TEST(of_a_time_that_was_two_moments_the_last_one_is_kept)
{
    clock_fake_set(BEGIN + 1000);
    for (int i = 0; i < 4; i++) {
        sample(calm);
    }
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
    ck_assert_int_eq(cli_run("baseline save check_diff.json --at 14:00:03 --ledger check_diff.db"),
                     EXIT_YES);
    CHECK_CONTAINS(cli_error(), "14:00:03 was 2 moments; the last one is saved");
    ck_assert_str_eq(changes("diff check_diff.json 14:00:00 --jsonl --ledger check_diff.db"), "");
    (void)cli_run("diff check_diff.json 14:00:03 --jsonl --ledger check_diff.db --local-port 4444");
    CHECK_CONTAINS(cli_out(), "{\"comparison\":1,\"change\":\"opened\",\"pid\":4321,");
    ck_assert_int_eq(count_lines(cli_out()), 1);
    (void)cli_run("diff 14:00:03 check_diff.json --jsonl --ledger check_diff.db --local-port 80");
    ck_assert_int_eq(count_lines(cli_out()), 2);
}
END_TEST

enum { MANY_SOCKETS = 10000 }; /* more than 1 MiB of a file */

/* A busy machine is no reason that its baseline is not read again. */
START_TEST(a_large_baseline_is_read_again)
{
    struct socket_row row = {.protocol = SOCKET_TCP,
                             .state = SOCKET_ESTABLISHED,
                             .owner = SOCKET_NO_OWNER,
                             .local = {.address_size = 4, .port = 443},
                             .remote = {.address_size = 4}};
    struct baseline baseline = {.basis = BASELINE_LIVE, .program = text_copy("made up")};
    struct failure why;

    for (int i = 0; i < MANY_SOCKETS; i++) {
        row.remote.port = (uint16_t)i;
        CHECK_DONE(snapshot_add_socket(&baseline.snapshot, &row, &why), why);
    }
    CHECK_DONE(baseline_write(&baseline, file, false, &why), why);
    ck_assert_int_gt(file_size(file), 1 << 20);
    CHECK_DONE(baseline_read(&baseline, file, &why), why);
    ck_assert_uint_eq(baseline.snapshot.socket_count, MANY_SOCKETS);
    baseline_clear(&baseline);
}
END_TEST

START_TEST(what_could_not_be_read_is_not_written)
{
    struct baseline baseline = {.basis = BASELINE_LIVE, .program = text_copy("made up")};
    struct failure why;

    baseline.detail = (enum ledger_detail_kind)99; /* of no portledger */
    CHECK_FAILED(baseline_write(&baseline, file, false, &why), FAILURE_SYSTEM, why);
    CHECK_CONTAINS(why.text, "cannot be kept as a baseline: ");
    ck_assert(!file_exists(file) && !file_exists("check_diff.json.part"));
    baseline_clear(&baseline);
}
END_TEST

/* Every byte counts: one after another is changed, and the file cut off before it. */
START_TEST(a_changed_baseline_is_refused)
{
    struct baseline baseline = {0};
    struct failure why;
    size_t size;
    char *bytes;

    save_baseline();
    bytes = support_read_file(file, &size);
    CHECK_DONE(baseline_parse(&baseline, bytes, size, &why), why);
    for (size_t i = 0; i < size; i += 37) {
        bytes[i] ^= 1;
        CHECK_FAILED(baseline_parse(&baseline, bytes, size, &why), FAILURE_FORMAT, why);
        bytes[i] ^= 1;
        CHECK_FAILED(baseline_parse(&baseline, bytes, i, &why), FAILURE_FORMAT, why);
    }
    bytes[size / 2] ^= 1;
    support_write_file(file, bytes, size);
    free(bytes);
    ck_assert_int_eq(cli_run("baseline show check_diff.json"), EXIT_NO);
    CHECK_CONTAINS(cli_error(), "check_diff.json: the file was changed since it was written");
    ck_assert_str_eq(cli_out(), "");
    ck_assert_int_eq(cli_run("diff check_diff.json now"), EXIT_UNDECIDED);
    CHECK_CONTAINS(cli_error(), "was changed since it was written");
}
END_TEST

/* A file with a hash that fits, whatever is in it. */
static bool parse_forged(const char *body, struct failure *why)
{
    struct baseline baseline = {0};
    uint8_t digest[SHA256_SIZE];
    struct text text = {0};
    bool done;

    text_addf(&text, "{\"portledger_baseline\":%s,\n", body);
    CHECK_DONE(sha256_bytes(digest, text_bytes(&text), text.size, &fixture.why), fixture.why);
    text_add(&text, "\"sha256\":\"");
    sha256_add_hex(&text, digest);
    text_add(&text, "\"}\n");
    done = baseline_parse(&baseline, text_bytes(&text), text.size, why);
    baseline_clear(&baseline);
    text_clear(&text);
    return done;
}

static const struct {
    const char *body;
    enum failure_kind kind; /* FAILURE_NONE: it is sound */
} forged[] = {
    {"1", FAILURE_NONE},
    {"1,\"processes\":[{\"pid\":1,\"name\":\"a\"}],\"unknown\":[1,{\"a\":2}]", FAILURE_NONE},
    {"2", FAILURE_VERSION},
    {"0", FAILURE_FORMAT},
    {"\"1\"", FAILURE_FORMAT},
    {"1,\"taken_at\":1.5", FAILURE_FORMAT},
    {"1,\"taken_at\":1,\"taken_at\":2", FAILURE_FORMAT},
    {"1,\"host\":7", FAILURE_FORMAT},
    {"1,\"host\":\"a\\u0000b\"", FAILURE_FORMAT},
    {"1,\"basis\":\"sealed\"", FAILURE_FORMAT},
    {"1,\"seal\":{}", FAILURE_FORMAT},
    {"1,\"ledger_id\":\"0123456789012345678901234567890123456789\"", FAILURE_FORMAT},
    {"1,\"images\":{}", FAILURE_FORMAT},
    {"1,\"images\":[1]", FAILURE_FORMAT},
    {"1,\"images\":[{}]", FAILURE_FORMAT},
    {"1,\"images\":[{\"path\":\"a\",\"status\":\"read\"}]", FAILURE_FORMAT},
    {"1,\"images\":[{\"path\":\"a\",\"status\":\"eaten\"}]", FAILURE_FORMAT},
    {"1,\"processes\":[{\"pid\":1}]", FAILURE_FORMAT},
    {"1,\"processes\":[{\"pid\":4294967296,\"name\":\"a\"}]", FAILURE_FORMAT},
    {"1,\"processes\":[{\"pid\":1,\"name\":\"a\",\"image\":0}]", FAILURE_FORMAT},
    {"1,\"modules\":[{\"process\":0,\"image\":0}]", FAILURE_FORMAT},
    {"1,\"sockets\":[{\"protocol\":\"SCTP\"}]", FAILURE_FORMAT},
    {"1,\"sockets\":[{\"protocol\":\"TCP\",\"local_address\":\"host\"}]", FAILURE_FORMAT},
    {"1,\"sockets\":[{\"protocol\":\"TCP\",\"process\":0}]", FAILURE_FORMAT},
    {"1,\"sockets\":[{\"protocol\":\"TCP\",\"local_address\":\"::\",\"local_port\":65536}]",
     FAILURE_FORMAT},
    {"1,\"sockets\":[", FAILURE_FORMAT},
};

START_TEST(a_forged_baseline_is_not_believed)
{
    struct failure why = {0};

    if (forged[_i].kind == FAILURE_NONE) {
        CHECK_DONE(parse_forged(forged[_i].body, &why), why);
    } else {
        CHECK_FAILED(parse_forged(forged[_i].body, &why), forged[_i].kind, why);
    }
}
END_TEST

/* What was dropped before the file was made is missing in it: a difference may come from that. */
START_TEST(a_baseline_of_a_moment_that_is_not_whole_is_undecided)
{
    static const char body[] = "{\"portledger_baseline\":1,\n\"detail\":1,\n";
    uint8_t digest[SHA256_SIZE];
    struct text text = {0};

    text_add(&text, body);
    CHECK_DONE(sha256_bytes(digest, body, sizeof(body) - 1, &fixture.why), fixture.why);
    text_add(&text, "\"sha256\":\"");
    sha256_add_hex(&text, digest);
    text_add(&text, "\"}\n");
    support_write_text(file, text_bytes(&text));
    text_clear(&text);
    ck_assert_int_eq(cli_run("diff check_diff.json --jsonl"), EXIT_UNDECIDED);
    ck_assert_int_eq(count_lines(cli_out()), 5);
    CHECK_CONTAINS(cli_error(), "a part was dropped already");
    ck_assert_int_eq(cli_run("baseline show check_diff.json"), EXIT_YES);
    CHECK_CONTAINS(cli_out(), "partly");
}
END_TEST

/* Command lines may hold secrets: they are in it only where that was asked for. */
START_TEST(command_lines_are_left_out)
{
    size_t size;
    char *bytes;

    save_baseline();
    bytes = support_read_file(file, &size);
    ck_assert_ptr_null(strstr(bytes, "command_line\":\""));
    free(bytes);
    ck_assert_int_eq(
        cli_run("baseline save check_diff.json --overwrite --with-command-lines --at 14:00:02 "
                "--ledger check_diff.db"),
        EXIT_YES);
    bytes = support_read_file(file, &size);
    CHECK_CONTAINS(bytes, "\"command_line\":\"sshd -D\"");
    free(bytes);
    ck_assert_int_eq(cli_run("baseline save check_diff.json --overwrite --with-command-lines "
                             "--no-command-lines"),
                     EXIT_USAGE);
}
END_TEST

static void record_again(const char *host)
{
    CHECK_DONE(ledger_writer_close(fixture.writer, LEDGER_GAP_STOPPED, &fixture.why), fixture.why);
    fixture.host = host;
    begin_run();
    sample(struck);
    sample(struck);
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
}

/* The pids are the same; it is another machine all the same. */
START_TEST(baselines_of_two_machines_are_compared_by_program)
{
    record_again("web1");
    save_baseline();
    record_again("WEB1");
    ck_assert_str_eq(changes("diff check_diff.json check_diff.db --jsonl --state close-wait"),
                     "\"state\" \"sshd\" 22 \"sshd\" ; "
                     "\"module\" \"sshd\" \"sshd\" \"/tmp/inject.so\" ; ");
    record_again("web2");
    ck_assert_str_eq(changes("diff check_diff.json check_diff.db --jsonl"),
                     "\"module\" \"sshd\" \"/tmp/inject.so\" ; "
                     "\"image\" \"nginx\" \"nginx\" ; "
                     "\"only in A\" \"cron\" 123 ; "
                     "\"owner\" \"evil\" 443 \"nginx\" ; "
                     "\"only in B\" \"evil\" 4444 ; ");
    CHECK_CONTAINS(cli_error(), "A is of web1, B of web2");
}
END_TEST

static Suite *diff_suite(void)
{
    TCase *kept = tcase_create("baselines");
    TCase *told = tcase_create("differences");
    Suite *suite = suite_create("diff");
    TCase *asked = tcase_create("filters");

    tcase_add_checked_fixture(asked, open_fixture, close_fixture);
    tcase_add_loop_test(asked, every_filter_says_the_same_to_every_command, 0, COUNT_OF(filters));
    tcase_add_test(asked, a_history_goes_on_behind_an_interval);
    tcase_add_loop_test(asked, a_live_view_is_filtered_too, 0, COUNT_OF(lives));
    tcase_add_loop_test(asked, what_cannot_be_asked_is_refused, 0, COUNT_OF(refusals));
    suite_add_tcase(suite, asked);
    tcase_add_checked_fixture(told, open_fixture, close_fixture);
    tcase_add_loop_test(told, a_difference_says_what_happened, 0, COUNT_OF(differences));
    tcase_add_test(told, a_difference_of_nothing_says_so);
    tcase_add_test(told, a_limit_of_a_table_keeps_nothing_back_in_silence);
    tcase_add_test(told, a_moment_of_another_ledger_is_named_with_its_file);
    tcase_add_test(told, what_nobody_owns_comes_last);
    tcase_add_test(told, a_state_that_was_not_recorded_has_a_name);
    tcase_add_test(told, owners_that_cannot_be_seen_are_no_others);
    suite_add_tcase(suite, told);
    tcase_add_checked_fixture(kept, open_fixture, close_fixture);
    tcase_add_loop_test(kept, a_question_has_exactly_this_answer, 0, COUNT_OF(answers));
    tcase_add_test(kept, a_baseline_is_compared_like_the_moment_that_it_is_of);
    tcase_add_test(kept, a_baseline_of_now_needs_no_ledger);
    tcase_add_test(kept, a_baseline_is_not_overwritten);
    tcase_add_test(kept, what_was_not_watched_is_no_baseline);
    tcase_add_test(kept, of_a_time_that_was_two_moments_the_last_one_is_kept);
    tcase_add_test(kept, a_large_baseline_is_read_again);
    tcase_add_test(kept, what_could_not_be_read_is_not_written);
    tcase_add_test(kept, a_changed_baseline_is_refused);
    tcase_add_loop_test(kept, a_forged_baseline_is_not_believed, 0, COUNT_OF(forged));
    tcase_add_test(kept, a_baseline_of_a_moment_that_is_not_whole_is_undecided);
    tcase_add_test(kept, command_lines_are_left_out);
    tcase_add_test(kept, baselines_of_two_machines_are_compared_by_program);
    suite_add_tcase(suite, kept);
    return suite;
}

int main(void)
{
    return support_run_suite(diff_suite());
}
