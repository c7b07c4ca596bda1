/* SPDX-License-Identifier: MIT */

/*
 * docs/ledger.md against the real schema, and its questions on a copy of a
 * ledger such as `export --sqlite` makes.
 */

#include <stdio.h>
#include <stdlib.h>

#include <sqlite3.h>

#include "base/text.h"
#include "store/ledger.h"
#include "store/ledger_copy.h"
#include "store/ledger_writer.h"
#include "tests/support.h"

#define BEGIN INT64_C(1795179600000) /* 2026-11-20T13:00:00Z */

static const char document_path[] = PORTLEDGER_SOURCE_DIR "/docs/ledger.md";
static const char path[] = "check_ledger_document.db";
static const char lock_path[] = "check_ledger_document.db-lock";
static const char copy_path[] = "check_ledger_document.copy";

enum { QUESTIONS_AT_LEAST = 12 };

/* What is asked for by name in the document. */
enum { SERVICES, NGINX, PROCESS_COUNT };

static struct {
    struct ledger *ledger;
    struct ledger_writer *writer;
    struct snapshot snapshot;
    struct ledger_copy *copy;
    sqlite3 *db; /* on the copy */
    char *document;
    const struct account *user;
    const struct image *dll;
    const struct module_list *modules;
    struct failure why;
} fixture;

static void make_parts(void)
{
    const struct image_facts facts = {
        .status = IMAGE_READ, .verdict = IMAGE_SIGNED, .taken_at = BEGIN, .signer = "Somebody"};
    const struct image_facts *shared = image_facts_make(&facts);
    const struct image fields = {.path = "C:\\Windows\\System32\\ws2_32.dll",
                                 .seen_as = IMAGE_READ};

    fixture.user = account_make("S-1-5-18");
    fixture.dll = image_make(&fields);
    ck_assert(fixture.user != NULL && fixture.dll != NULL && shared != NULL);
    image_publish(fixture.dll, shared);
    image_facts_release(shared);

    const struct module module = {.image = fixture.dll, .base = 0x10000, .size = 4096};
    const struct module_list list = {.access = MODULES_READ, .count = 1, .modules = &module};

    fixture.modules = module_list_make(&list);
    ck_assert_ptr_nonnull(fixture.modules);
}

static void release_parts(void)
{
    account_release(fixture.user);
    image_release(fixture.dll);
    module_list_release(fixture.modules);
}

static void add_processes(void)
{
    const struct process_instance processes[PROCESS_COUNT] = {
        [SERVICES] = {.pid = 100,
                      .start = 1,
                      .started_at = BEGIN - 2000,
                      .access = PROCESS_OPENED,
                      .name = "services.exe"},
        [NGINX] = {.pid = 200,
                   .start = 2,
                   .started_at = BEGIN - 1000,
                   .parent_pid = 100,
                   .parent_start = 1,
                   .access = PROCESS_OPENED,
                   .name = "nginx.exe",
                   .path = "C:\\nginx\\nginx.exe",
                   .command_line = "nginx.exe -g daemon",
                   .user = fixture.user,
                   .modules = fixture.modules},
    };

    for (int i = 0; i < PROCESS_COUNT; i++) {
        const struct process_instance *made = process_instance_make(&processes[i]);
        uint32_t place;

        ck_assert_ptr_nonnull(made);
        CHECK_DONE(snapshot_add_process(&fixture.snapshot, made, &place, &fixture.why),
                   fixture.why);
        process_instance_release(made);
    }
}

static void add_socket(enum socket_state state, uint16_t remote_port)
{
    struct socket_row row = {
        .protocol = SOCKET_TCP,
        .state = (uint8_t)state,
        .local = {.address = {127, 0, 0, 1}, .address_size = 4, .port = 443},
        .attribution = ATTRIBUTION_EXACT,
        .owner = NGINX,
        .pid = 200,
        .service = SOCKET_NO_SERVICE,
    };

    if (remote_port != 0) {
        row.remote = (struct socket_endpoint){
            .address = {10, 0, 0, 1}, .address_size = 4, .port = remote_port};
    }
    CHECK_DONE(snapshot_add_socket(&fixture.snapshot, &row, &fixture.why), fixture.why);
}

/* A listener and a connection; and one that is first seen when it closes. */
static void sample(int64_t at, bool closing)
{
    snapshot_reset(&fixture.snapshot);
    fixture.snapshot.taken_at = at;
    fixture.snapshot.steady_at = at;
    fixture.snapshot.awake_at = at;
    add_processes();
    add_socket(SOCKET_LISTENING, 0);
    add_socket(SOCKET_ESTABLISHED, 50000);
    if (closing) {
        add_socket(SOCKET_FIN_WAIT_1, 50001);
    }
    CHECK_DONE(ledger_writer_add(fixture.writer, &fixture.snapshot, &fixture.why), fixture.why);
}

static void begin_run(int64_t at)
{
    struct ledger_run run = {.program = "portledgerd 1.0",
                             .boot = {.id = "boot"},
                             .started_at = at,
                             .interval = 1000,
                             .settings = "collector.interval: 1s"};

    CHECK_DONE(ledger_writer_open(&fixture.writer, fixture.ledger, &run, &fixture.why),
               fixture.why);
}

static void end_run(void)
{
    struct ledger_writer *writer = fixture.writer;

    fixture.writer = NULL;
    CHECK_DONE(ledger_writer_close(writer, LEDGER_GAP_STOPPED, &fixture.why), fixture.why);
}

static void make_copy(void)
{
    bool done = false;

    CHECK_DONE(
        ledger_copy_open(&fixture.copy, fixture.ledger, copy_path, LEDGER_COPY_WHOLE, &fixture.why),
        fixture.why);
    while (!done) {
        CHECK_DONE(ledger_copy_step(fixture.copy, 1000, &done, &fixture.why), fixture.why);
    }
    CHECK_DONE(ledger_copy_finish(fixture.copy, &fixture.why), fixture.why);
}

/* What a ledger that is older than this one has. */
static const char tell_of_retention[] =
    "INSERT INTO profile (day, application, protocol, direction, peers, intervals, lasted,"
    "                     covered, first_seen_at, last_seen_at, hours)"
    " SELECT 19675, id, 6, 1, 0, 1, 1000, 1000, 1699920000000, 1699920001000, 1 FROM text LIMIT 1;"
    "INSERT INTO health VALUES ('at', 1700000000000), ('failed_samples', 1);"
    "INSERT INTO job VALUES (1, 'dcs'); INSERT INTO pair VALUES (1, 1, 'dc1', 389, 6);"
    "INSERT INTO outcome VALUES (1, 1, 5, NULL, 1, 1, NULL, 0, NULL, NULL, NULL);"
    "INSERT INTO figure VALUES (1, 1, 0, 24, 5, 4, 0, 4, 0, 1, 2, 3, 4);"
    "INSERT INTO dropped (at, what, why, of_one, first_row, last_row, rows)"
    " VALUES (1700000000000, 1, 1, 0, 1, 1, 1)";

static void open_fixture(void)
{
    size_t size;

    memset(&fixture, 0, sizeof(fixture));
    support_remove_database(path);
    support_remove_database(copy_path);
    remove(lock_path);
    fixture.document = support_read_file(document_path, &size);
    make_parts();
    CHECK_DONE(ledger_open(&fixture.ledger, path, LEDGER_WRITE, &fixture.why), fixture.why);
    begin_run(BEGIN);
    sample(BEGIN, false);
    sample(BEGIN + 1000, true);
    sample(BEGIN + 2000, false);
    end_run();
    begin_run(BEGIN + 60000);
    sample(BEGIN + 60000, false);
    sample(BEGIN + 61000, false);
    end_run();
    make_copy();
    support_run_sql(copy_path, tell_of_retention);
    ck_assert_int_eq(sqlite3_open(copy_path, &fixture.db), SQLITE_OK);
}

static void close_fixture(void)
{
    struct failure ignored;

    sqlite3_close(fixture.db);
    ledger_copy_close(fixture.copy);
    (void)!ledger_writer_close(fixture.writer, LEDGER_GAP_STOPPED, &ignored);
    ledger_close(fixture.ledger);
    snapshot_clear(&fixture.snapshot);
    release_parts();
    free(fixture.document);
    memset(&fixture, 0, sizeof(fixture));
    support_remove_database(path);
    support_remove_database(copy_path);
    remove(lock_path);
}

static sqlite3_stmt *prepare(const char *sql, size_t size, const char **rest)
{
    sqlite3_stmt *statement = NULL;

    ck_assert_msg(sqlite3_prepare_v2(fixture.db, sql, (int)size, &statement, rest) == SQLITE_OK,
                  "%s in:\n%.*s", sqlite3_errmsg(fixture.db), (int)size, sql);
    return statement;
}

/* The part of the document under "### `table`", up to the next heading. Freed by caller. */
static char *find_section(const char *table)
{
    struct text heading = {0};
    const char *begin;
    const char *end;
    char *section;

    text_addf(&heading, "\n### `%s`\n", table);
    begin = strstr(fixture.document, text_bytes(&heading));
    ck_assert_msg(begin != NULL, "ledger.md has no \"### `%s`\"", table);
    end = strstr(begin + heading.size, "\n#");
    section = text_copy_size(begin, end != NULL ? (size_t)(end - begin) : strlen(begin));
    ck_assert_ptr_nonnull(section);
    text_clear(&heading);
    return section;
}

static int count_of(const char *text, const char *part)
{
    int count = 0;

    for (text = strstr(text, part); text != NULL; text = strstr(text + 1, part)) {
        count++;
    }
    return count;
}

/* Every column of the table has its row, in the schema's order, and there is no other row. */
static void check_table(const char *table)
{
    static const char columns[] = "SELECT name, lower(type) FROM pragma_table_xinfo(?1)";
    char *section = find_section(table);
    sqlite3_stmt *statement = prepare(columns, sizeof(columns), NULL);
    const char *at = section;
    int count = 0;

    sqlite3_bind_text(statement, 1, table, -1, SQLITE_STATIC);
    for (; sqlite3_step(statement) == SQLITE_ROW; count++) {
        struct text row = {0};

        text_addf(&row, "\n| `%s` | %s | ", (const char *)sqlite3_column_text(statement, 0),
                  (const char *)sqlite3_column_text(statement, 1));
        at = strstr(at, text_bytes(&row));
        ck_assert_msg(at != NULL, "ledger.md, %s: no \"%s\" where it should be", table,
                      text_bytes(&row) + 1);
        ck_assert_msg(at[row.size] != '|', "ledger.md, %s: says nothing of it", text_bytes(&row));
        text_clear(&row);
    }
    sqlite3_finalize(statement);
    ck_assert_msg(count_of(section, "\n| `") == count, "ledger.md, %s: has columns too many",
                  table);
    free(section);
}

START_TEST(every_table_and_column_is_explained_and_no_other)
{
    static const char tables[] = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT "
                                 "LIKE 'sqlite^_%' ESCAPE '^'";
    sqlite3_stmt *statement = prepare(tables, sizeof(tables), NULL);
    int count = 0;

    for (; sqlite3_step(statement) == SQLITE_ROW; count++) {
        check_table((const char *)sqlite3_column_text(statement, 0));
    }
    sqlite3_finalize(statement);
    ck_assert_int_gt(count, 10);
    ck_assert_int_eq(count_of(fixture.document, "\n### `"), count);
}
END_TEST

/* Runs one statement of the document. A question has an answer: the ledger was made for it. */
static void ask(const char *sql, size_t size)
{
    const char *rest = NULL;
    sqlite3_stmt *statement = prepare(sql, size, &rest);
    int result;

    ck_assert_ptr_nonnull(statement);
    ck_assert_msg(rest >= sql + size - 1, "more than one statement in:\n%.*s", (int)size, sql);
    result = sqlite3_step(statement);
    ck_assert_msg(result == (sqlite3_column_count(statement) > 0 ? SQLITE_ROW : SQLITE_DONE),
                  "%d, %s, no answer to:\n%.*s", result, sqlite3_errmsg(fixture.db), (int)size,
                  sql);
    sqlite3_finalize(statement);
}

START_TEST(every_question_runs_on_a_copy_and_has_an_answer)
{
    static const char fence[] = "\n```sql\n";
    const char *at = strstr(fixture.document, fence);
    int count = 0;

    for (; at != NULL; at = strstr(at, fence), count++) {
        const char *sql = at + sizeof(fence) - 1;
        const char *end = strstr(sql, "\n```");

        ck_assert_ptr_nonnull(end);
        ask(sql, (size_t)(end - sql) + 1);
        at = end;
    }
    ck_assert_int_ge(count, QUESTIONS_AT_LEAST);
}
END_TEST

/* The same moments as by the rules of the document: see ledger_query.h for ours. */
START_TEST(the_view_ends_intervals_where_they_ended)
{
    static const char view[] = "CREATE TEMP VIEW seen AS";
    static const char sums[] =
        "SELECT sum(ending = 'closed'), sum(ending = 'cut'), sum(ending = 'open'),"
        " sum(closed_at < opened_at) FROM seen";
    const char *begin = strstr(fixture.document, view);
    const char *end = begin == NULL ? NULL : strstr(begin, "\n```");
    sqlite3_stmt *statement;

    ck_assert_ptr_nonnull(end);
    ask(begin, (size_t)(end - begin) + 1);
    statement = prepare(sums, sizeof(sums), NULL);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    ck_assert_int_eq(sqlite3_column_int(statement, 0), 1); /* the closing one */
    ck_assert_int_eq(sqlite3_column_int(statement, 1), 4); /* two in each run */
    ck_assert_int_eq(sqlite3_column_int(statement, 2), 0);
    ck_assert_int_eq(sqlite3_column_int(statement, 3), 0);
    sqlite3_finalize(statement);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("ledger_document");
    TCase *tests = tcase_create("document");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, every_table_and_column_is_explained_and_no_other);
    tcase_add_test(tests, every_question_runs_on_a_copy_and_has_an_answer);
    tcase_add_test(tests, the_view_ends_intervals_where_they_ended);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
