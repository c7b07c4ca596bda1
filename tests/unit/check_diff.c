/* SPDX-License-Identifier: MIT */

/*
 * Differences, baselines and filters end to end: a server whose programs are
 * replaced, injected into and pushed from their ports, and what came out on
 * the console.
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

#define BEGIN INT64_C(1795179600000) /* 2026-11-20T14:00:00+01:00 */

static const char path[] = "check_diff.db";

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
                     "\"state\" 22 \"sshd\" ; ");
}
END_TEST

static Suite *diff_suite(void)
{
    TCase *told = tcase_create("differences");
    Suite *suite = suite_create("diff");
    TCase *asked = tcase_create("filters");

    tcase_add_checked_fixture(asked, open_fixture, close_fixture);
    tcase_add_loop_test(asked, every_filter_says_the_same_to_every_command, 0, COUNT_OF(filters));
    tcase_add_loop_test(asked, a_live_view_is_filtered_too, 0, COUNT_OF(lives));
    tcase_add_loop_test(asked, what_cannot_be_asked_is_refused, 0, COUNT_OF(refusals));
    suite_add_tcase(suite, asked);
    tcase_add_checked_fixture(told, open_fixture, close_fixture);
    tcase_add_loop_test(told, a_difference_says_what_happened, 0, COUNT_OF(differences));
    tcase_add_test(told, a_moment_of_another_ledger_is_named_with_its_file);
    tcase_add_test(told, owners_that_cannot_be_seen_are_no_others);
    suite_add_tcase(suite, told);
    return suite;
}

int main(void)
{
    return support_run_suite(diff_suite());
}
