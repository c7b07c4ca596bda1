/* SPDX-License-Identifier: MIT */

/*
 * Whole answers of every command, out of a ledger and a machine in which
 * every text is hostile: besides the columns of records, which
 * check_hostile.c tests each for itself, there are headings, blocks of
 * processes, pages and lines that commands write themselves.
 */

#include <check.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock_fake.h"
#include "base/exit_status.h"
#include "base/service_state.h"
#include "base/text.h"
#include "collector/collector.h"
#include "reportcli/command.h"
#include "store/ledger_writer.h"
#include "tests/support.h"
#include "tests/unit/cli_run.h"
#include "tests/unit/console_fake.h"

#define BEGIN INT64_C(1795179600000) /* 2026-11-20T13:00:00Z */
#define LEDGER " --ledger check_hostile_ledger.db"

static const char path[] = "check_hostile_ledger.db";
static const char baseline_path[] = "check_hostile_ledger.json";
static const char copy_path[] = "check_hostile_copy.db";

/* Each has a mark that every answer with a name must show. */
#define MARK "q7q"

static const char *const hostile[] = {
    MARK "\x1b[2J\x1b]0;owned\x07\x1b[31m\r\n\t\b\x7f\x01\xc2\x9b" /* controls, C1 */
         "31m\xc2\x85\xe2\x80\xae"                                 /* right-to-left */
         "fdp\xe2\x81\xa6\xe2\x80\x8f\xe2\x80\x8b\xef\xbb\xbf\xe2\x80\xa8%s%n",
    "=" MARK "|'/c calc'!A1" MARK,
    "@" MARK "\",\r\n\"x\";'</script>\\u0000\\\xf0\x9f\x92\xa9\xf0\x9d\x94\x98" MARK,
};

static struct {
    struct ledger *ledger;
    struct ledger_writer *writer;
    struct snapshot snapshot;
    const char *name; /* of everything, in the machine of now */
    bool evil_listens;
    sqlite3 *db; /* SQLite, to read JSON with */
    sqlite3_stmt *valid;
    struct failure why;
} fixture;

static const struct image *make_image(const char *name)
{
    const struct image fields = {.path = name, .seen_as = IMAGE_READ};
    const struct image_facts told = {.status = IMAGE_READ,
                                     .verdict = IMAGE_UNSIGNED,
                                     .taken_at = BEGIN,
                                     .sha256 = {1},
                                     .version = name,
                                     .company = name,
                                     .build_id = name,
                                     .signer = name};
    const struct image *image = image_make(&fields);
    const struct image_facts *facts = image_facts_make(&told);

    ck_assert(image != NULL && facts != NULL);
    image_publish(image, facts);
    image_facts_release(facts);
    return image;
}

/* A process with all that can have a name; *place is its own in the snapshot. */
static void add_process(struct snapshot *snapshot, uint32_t pid, uint32_t parent, uint32_t *place)
{
    const struct image *image = make_image(fixture.name);
    const struct account *user = account_make(fixture.name);
    const struct module module = {
        .image = image, .base = 4096, .size = 4096, .flags = MODULE_HIDDEN};
    const struct module_list list = {
        .access = MODULES_READ, .has_own_list = true, .count = 1, .modules = &module};
    const struct module_list *modules = module_list_make(&list);
    struct process_instance fields = {
        .pid = pid,
        .start = pid,
        .started_at = BEGIN - 60000 + pid,
        .parent_pid = parent,
        .parent_start = parent,
        .access = PROCESS_OPENED,
        .name = fixture.name,
        .path = fixture.name,
        .command_line = fixture.name,
        .user = user,
        .image = image,
        .modules = modules,
    };
    const struct process_instance *made = process_instance_make(&fields);

    ck_assert(made != NULL && account_publish(user, fixture.name));
    CHECK_DONE(snapshot_add_process(snapshot, made, place, &fixture.why), fixture.why);
    process_instance_release(made);
    module_list_release(modules);
    account_release(user);
    image_release(image);
}

static void add_socket(struct snapshot *snapshot, uint32_t owner, uint16_t port, bool connected)
{
    struct socket_row row = {
        .protocol = SOCKET_TCP,
        .state = connected ? SOCKET_ESTABLISHED : SOCKET_LISTENING,
        .local = {.address = {10, 0, 0, 1}, .address_size = 4, .port = port},
        .attribution = ATTRIBUTION_EXACT,
        .owner = owner,
        .pid = snapshot->processes[owner]->pid,
    };
    uint32_t service;

    if (connected) {
        row.remote =
            (struct socket_endpoint){.address = {10, 0, 0, 9}, .address_size = 4, .port = 50000};
    }
    CHECK_DONE(snapshot_add_service(snapshot, fixture.name, SERVICE_BY_TAG, &service, &fixture.why),
               fixture.why);
    row.service = service;
    CHECK_DONE(snapshot_add_socket(snapshot, &row, &fixture.why), fixture.why);
}

static void fill(struct snapshot *snapshot)
{
    uint32_t parent;
    uint32_t child;

    snapshot_reset(snapshot);
    snapshot->taken_at = clock_now();
    snapshot->steady_at = clock_steady();
    snapshot->awake_at = clock_awake();
    add_process(snapshot, 100, 0, &parent);
    add_process(snapshot, 4321, 100, &child);
    add_socket(snapshot, parent, 22, false);
    add_socket(snapshot, parent, 22, true);
    if (fixture.evil_listens) {
        add_socket(snapshot, child, 4444, false);
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
    fill(snapshot);
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

bool service_state_read(struct service_facts *facts, struct failure *why)
{
    (void)why;
    *facts = (struct service_facts){.state = SERVICE_IS_RUNNING, .pid = 77};
    return true;
}

const char *service_state_name(enum service_state state)
{
    (void)state;
    return "running";
}

static void sample(void)
{
    fill(&fixture.snapshot);
    CHECK_DONE(ledger_writer_add(fixture.writer, &fixture.snapshot, &fixture.why), fixture.why);
    clock_fake_run(1000);
}

static void record(void)
{
    struct ledger_run run = {
        .program = "check", .pid = 77, .started_at = clock_now(), .interval = 1000};

    CHECK_DONE(clock_boot_read(&run.boot, &fixture.why), fixture.why);
    CHECK_DONE(ledger_open(&fixture.ledger, path, LEDGER_WRITE, &fixture.why), fixture.why);
    CHECK_DONE(ledger_writer_open(&fixture.writer, fixture.ledger, &run, &fixture.why),
               fixture.why);
    sample();
    fixture.evil_listens = true;
    sample();
    sample();
    CHECK_DONE(ledger_writer_close(fixture.writer, LEDGER_GAP_STOPPED, &fixture.why), fixture.why);
    fixture.writer = NULL;
    ledger_close(fixture.ledger);
    fixture.ledger = NULL;
}

/* What jobs left behind, and what only the service itself writes. */
static const char add_rest[] =
    "INSERT INTO job VALUES (1, 'job');"
    "INSERT INTO pair VALUES (1, 1, 'host', 389, 6);"
    "INSERT INTO job_run VALUES (1, 1, 1795179600000, NULL, 1, 1, 0, 1795179600000, 5, 0, 1, 0,"
    " 'detail'), (2, 1, 1795179601000, NULL, 1, 2, 7, NULL, NULL, 0, 0, 0, 'detail');"
    "INSERT INTO outcome VALUES"
    " (1, 1, 1795179600000, NULL, 1, 2, NULL, 0, x'0a000002', 'ldap', 'detail'),"
    " (2, 1, 1795179601000, 1795179600000, 2, 3, NULL, 1, x'0a000002', 'ldap', 'detail');"
    "INSERT INTO answer VALUES (1, 1, 1795179600000, 'dns_host_name=name');"
    "INSERT INTO timing VALUES (1, 1, 498661, x'008101');";

/* Every text that a ledger holds, but for names that were hostile when they were recorded. */
static const char list_texts[] =
    "SELECT 'UPDATE ' || m.name || ' SET ' || c.name || ' = ?1 || ' || c.name"
    " FROM sqlite_schema AS m, pragma_table_info(m.name) AS c"
    " WHERE m.type = 'table' AND c.type = 'TEXT' AND m.name NOT IN ('meta', 'text')"
    " AND c.name NOT IN ('facts', 'command_line')";

static void poison_one(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *update = NULL;

    ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &update, NULL), SQLITE_OK);
    sqlite3_bind_text(update, 1, fixture.name, -1, SQLITE_STATIC);
    ck_assert_int_eq(sqlite3_step(update), SQLITE_DONE);
    sqlite3_finalize(update);
}

/* Before what was there, so that what must differ still does. */
static void poison(void)
{
    sqlite3_stmt *texts = NULL;
    sqlite3 *db = NULL;
    int count = 0;

    support_run_sql(path, add_rest);
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_prepare_v2(db, list_texts, -1, &texts, NULL), SQLITE_OK);
    for (; sqlite3_step(texts) == SQLITE_ROW; count++) {
        poison_one(db, (const char *)sqlite3_column_text(texts, 0));
    }
    ck_assert_int_gt(count, 12);
    sqlite3_finalize(texts);
    sqlite3_close(db);
}

static void remove_files(void)
{
    support_remove_database(path);
    support_remove_database(copy_path);
    remove("check_hostile_ledger.db-lock");
    remove("check_hostile_ledger.db.key");
    remove(baseline_path);
}

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    remove_files();
    console_fake_reset();
    clock_fake_reset();
    clock_fake_set(BEGIN);
    ck_assert_int_eq(sqlite3_initialize(), SQLITE_OK);
    ck_assert_int_eq(sqlite3_open(":memory:", &fixture.db), SQLITE_OK);
    ck_assert_int_eq(
        sqlite3_prepare_v2(fixture.db, "SELECT json_valid(?1)", -1, &fixture.valid, NULL),
        SQLITE_OK);
}

static void close_fixture(void)
{
    struct failure ignored;

    (void)!ledger_writer_close(fixture.writer, LEDGER_GAP_STOPPED, &ignored);
    ledger_close(fixture.ledger);
    snapshot_clear(&fixture.snapshot);
    sqlite3_finalize(fixture.valid);
    sqlite3_close(fixture.db);
    console_fake_reset();
    remove_files();
    memset(&fixture, 0, sizeof(fixture));
}

/* Without its format. A name is in each answer, but where `nameless`. */
static const struct line {
    const char *words;
    bool nameless;
    bool for_people; /* there are no records */
} lines[] = {
    {"local", false, false},
    {"local -v", false, false},
    {"local --statistics", true, false},
    {"local --at 13:00:01" LEDGER, false, false},
    {"local -v --at 13:00:01" LEDGER, false, false},
    {"local --since 13:00:00" LEDGER, false, false},
    {"wport 22", false, false},
    {"wport 4444 -v --at 13:00:01" LEDGER, false, false},
    {"wport 4444 --since 13:00:00" LEDGER, false, false},
    {"wpid 4321", false, false},
    {"wpid 4321 -v --at 13:00:01" LEDGER, false, false},
    {"wpid 4321 --since 13:00:00" LEDGER, false, false},
    {"processes", false, false},
    {"processes --tree --images", false, false},
    {"processes -v --since 13:00" LEDGER, false, false},
    {"processes --tree --at 13:00:01" LEDGER, false, false},
    {"modules", false, false},
    {"modules -v --since 13:00" LEDGER, false, false},
    {"history" LEDGER, false, false},
    {"history -v" LEDGER, false, false},
    {"history --sort -path --columns path,service,user" LEDGER, false, false},
    {"diff 13:00:00 13:00:01" LEDGER, false, false},
    {"diff -v 13:00:00 13:00:01" LEDGER, false, false},
    {"diff check_hostile_ledger.json 13:00:01" LEDGER, false, false},
    {"baseline show check_hostile_ledger.json", false, false},
    {"explain 4444 --at 13:00:01" LEDGER, false, false},
    {"explain 22 -v --at 13:00:01" LEDGER, false, false},
    {"profile" LEDGER, false, false},
    {"profile --by user" LEDGER, false, false},
    {"profile --by port" LEDGER, true, false},
    {"profile --by service" LEDGER, false, false},
    {"profile -v --by instance" LEDGER, false, false},
    {"query 127.0.0.1 -e 9 --no-ask", true, false},
    {"audit" LEDGER, false, false},
    {"audit -v" LEDGER, false, false},
    {"audit --changes" LEDGER, false, false},
    {"audit --matrix" LEDGER, false, true},
    {"audit --nagios" LEDGER, false, true},
    {"jobs" LEDGER, false, false},
    {"status" LEDGER, true, false},
    {"status --gaps" LEDGER, true, false},
    {"verify" LEDGER, true, false},
    {"export --sqlite check_hostile_copy.db" LEDGER, true, false},
    {"help history", true, true},
};

static bool is_dangerous(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c <= 0x9F) || (c >= 0x200B && c <= 0x200F) ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF;
}

/* Not by assertions for each character: Check writes a line to a file for one that holds. */
static void check_harmless(const char *words, bool csv)
{
    const char *out = cli_out();
    size_t left = strlen(out);

    while (left > 0) {
        size_t taken;
        uint32_t c = text_code_point(out, left, &taken);

        if (is_dangerous(c) && c != '\n' && !(csv && c == '\r')) {
            ck_abort_msg("U+%04X by %s: %.200s", (unsigned)c, words, out);
        }
        out += taken;
        left -= taken;
    }
}

static void check_json(const char *words, const char *record, size_t size)
{
    sqlite3_bind_text(fixture.valid, 1, record, (int)size, SQLITE_STATIC);
    ck_assert_int_eq(sqlite3_step(fixture.valid), SQLITE_ROW);
    if (sqlite3_column_int(fixture.valid, 0) != 1) {
        ck_abort_msg("no JSON by %s: %.*s", words, (int)size, record);
    }
    sqlite3_reset(fixture.valid);
}

static void check_json_lines(const char *words)
{
    for (const char *line = cli_out(); *line != '\0'; line += strcspn(line, "\n") + 1) {
        check_json(words, line, strcspn(line, "\n"));
    }
}

/* Whoever opens it in a spreadsheet runs nothing: no cell begins as a formula but a number. */
static void check_cells(const char *words)
{
    bool quoted = false;
    bool begins = true;

    for (const char *c = cli_out(); *c != '\0'; c++) {
        const char *cell = begins && *c == '"' ? c + 1 : c;

        if (begins && strchr("=+-@\t\r", *cell) != NULL && *cell != '\r' &&
            !(*cell == '-' && cell[1] >= '0' && cell[1] <= '9')) {
            ck_abort_msg("a formula by %s: %.40s", words, cell);
        }
        quoted = *c == '"' ? !quoted : quoted;
        begins = !quoted && (*c == ',' || *c == '\n');
    }
}

static void run_in(const struct line *line, const char *format, int columns)
{
    struct text words = {0};
    int status;

    console_fake.terminal = columns > 0;
    console_fake.columns = columns;
    support_remove_database(copy_path);
    text_addf(&words, "%s%s", line->words, format);
    status = cli_run(text_bytes(&words));
    ck_assert_msg(status <= EXIT_UNDECIDED && cli_out()[0] != '\0', "%s: %d, %s",
                  text_bytes(&words), status, cli_error());
    ck_assert_msg(line->nameless || strstr(cli_out(), MARK) != NULL, "no name by %s: %s",
                  text_bytes(&words), cli_out());
    if (columns > 0 || format[0] == '\0') {
        check_harmless(text_bytes(&words), strcmp(format, " --csv") == 0);
    }
    text_clear(&words);
}

/* Each answer as most people get it, and in turn in one of the ways that differ little from these.
 */
static void check_line(const struct line *line, int turn)
{
    run_in(line, "", 80);
    if (line->for_people) {
        run_in(line, "", 0);
        return;
    }
    run_in(line, " --csv", 0);
    check_cells(line->words);
    run_in(line, " --jsonl", 80);
    check_json_lines(line->words);
    switch (turn % 4) {
    case 0:
        run_in(line, "", 0);
        break;
    case 1:
        run_in(line, " --wide", 60);
        break;
    case 2:
        run_in(line, " --csv", 80);
        break;
    default:
        run_in(line, " --json", 0);
        check_json(line->words, cli_out(), strlen(cli_out()));
        break;
    }
}

START_TEST(no_answer_acts_upon_whoever_reads_it)
{
    fixture.name = hostile[_i];
    record();
    poison();
    fixture.evil_listens = false;
    ck_assert_msg(cli_run("baseline save check_hostile_ledger.json") == EXIT_YES, "%s",
                  cli_error());
    fixture.evil_listens = true;
    for (int i = 0; i < COUNT_OF(lines); i++) {
        check_line(&lines[i], i + _i);
    }
}
END_TEST

/* Numbers that nobody wrote: each column of what jobs left behind, in turn. */
static const char *const edits[] = {
    "UPDATE outcome SET judgement = -1",
    "UPDATE outcome SET judgement = 1000000",
    "UPDATE outcome SET judgement = 4294967297", /* 1, of 32 bits */
    "UPDATE outcome SET status = -7, cause = -7",
    "UPDATE outcome SET status = 1000000, cause = 1000000",
    "UPDATE outcome SET status = 2147483647, cause = 2147483647",
    "UPDATE outcome SET icmp = 9223372036854775807",
    "UPDATE job_run SET result = 1000000, reason = -1000000",
    "UPDATE job_run SET runs = 9223372036854775807, last_due = 9223372036854775807, result = 2",
    "UPDATE pair SET transport = 1000000, port = -1",
};

START_TEST(numbers_that_nobody_wrote_do_no_harm)
{
    static const char *const words[] = {
        "audit",
        "audit -v --json",
        "audit --changes",
        "audit --changes --csv",
        "audit --matrix",
        "audit --nagios",
        "audit --expect",
        "audit --failures",
        "audit --limit 1",
        "audit --changes --each",
        "jobs",
        "jobs --json",
    };

    fixture.name = "name";
    record();
    support_run_sql(path, add_rest);
    support_run_sql(path, edits[_i]);
    for (int i = 0; i < COUNT_OF(words); i++) {
        struct text line = {0};

        text_addf(&line, "%s" LEDGER, words[i]);
        (void)cli_run(text_bytes(&line));
        text_clear(&line);
    }
    if (strstr(edits[_i], "judgement") != NULL) {
        ck_assert_int_eq(cli_run("audit --nagios" LEDGER), 1);
        CHECK_CONTAINS(cli_out(), "held=0 not_held=0 undecided=1");
        cli_run("audit --json" LEDGER);
        CHECK_CONTAINS(cli_out(), "\"expectation\":\"undecided\"");
    }
}
END_TEST

/* No command is forgotten, but those that read no ledger: they have tests of their own. */
START_TEST(every_command_is_among_them)
{
    static const char others[] = " portqry import completion ";

    for (size_t i = 0; commands[i] != NULL; i++) {
        size_t length = strlen(commands[i]->name);
        bool found = strstr(others, commands[i]->name) != NULL;

        for (int k = 0; !found && k < COUNT_OF(lines); k++) {
            found = strncmp(lines[k].words, commands[i]->name, length) == 0;
        }
        ck_assert_msg(found, "%s", commands[i]->name);
    }
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("hostile ledger");
    TCase *tests = tcase_create("every command");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, no_answer_acts_upon_whoever_reads_it, 0, COUNT_OF(hostile));
    tcase_add_loop_test(tests, numbers_that_nobody_wrote_do_no_harm, 0, COUNT_OF(edits));
    tcase_add_test(tests, every_command_is_among_them);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
