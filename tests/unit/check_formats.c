/* SPDX-License-Identifier: MIT */

/*
 * The formats of others: every record against the written lists of fields in
 * tests/fixtures/formats, and what is told of a night that is known.
 */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "base/exit_status.h"
#include "base/file.h"
#include "base/text.h"
#include "reportcli/foreign.h"
#include "tests/support.h"
#include "tests/unit/cli_run.h"
#include "tests/unit/incident.h"

static const char folder[] = PORTLEDGER_SOURCE_DIR "/tests/fixtures/formats/";

static struct {
    sqlite3 *db;
    char *list;  /* of the format's fields */
    char *lines; /* that were exported */
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    ck_assert_int_eq(sqlite3_initialize(), SQLITE_OK);
    ck_assert_int_eq(sqlite3_open(":memory:", &fixture.db), SQLITE_OK);
    incident_record();
}

static void close_fixture(void)
{
    sqlite3_close(fixture.db);
    free(fixture.list);
    free(fixture.lines);
    incident_clear();
    (void)remove("export.txt");
}

static void read_list(const char *format)
{
    struct text path = {0};
    size_t size;

    text_addf(&path, "%s%s.txt", folder, format);
    free(fixture.list);
    fixture.list = support_read_file(text_bytes(&path), &size);
    text_clear(&path);
}

/* The line of the list behind "name "; NULL where there is none. */
static const char *listed(const char *name)
{
    size_t size = strlen(name);

    for (const char *line = fixture.list; line != NULL && *line != '\0';) {
        if (strncmp(line, name, size) == 0 && line[size] == ' ') {
            return line + size + 1;
        }
        line = strchr(line, '\n');
        line = line != NULL ? line + 1 : NULL;
    }
    return NULL;
}

/* $.event.category[0] is event.category; $."@timestamp" is @timestamp. */
static void plain_name(char *name, size_t size, const char *key)
{
    size_t used = 0;

    for (key += 2; *key != '\0' && used + 1 < size; key++) {
        if (*key == '[') {
            key = strchr(key, ']');
        } else if (*key != '"') {
            name[used++] = *key;
        }
    }
    name[used] = '\0';
}

static const char *type_of(const char *json, const char *key)
{
    if (strcmp(json, "true") == 0 || strcmp(json, "false") == 0) {
        return "boolean";
    }
    if (strcmp(json, "integer") == 0) {
        return "number";
    }
    return key[strlen(key) - 1] == ']' ? "texts" : "text";
}

static void check_leaf(const char *key, const char *json)
{
    char name[128];
    const char *type = type_of(json, key);
    const char *should;

    plain_name(name, sizeof(name), key);
    should = listed(name);
    ck_assert_msg(should != NULL, "%s is not in the list", name);
    ck_assert_msg(strncmp(should, type, strlen(type)) == 0 &&
                      strchr(" \n", should[strlen(type)]) != NULL,
                  "%s is %s", name, type);
}

static void check_line(const char *line, size_t size)
{
    sqlite3_stmt *statement = NULL;
    int leaves = 0;

    ck_assert_int_eq(
        sqlite3_prepare_v2(
            fixture.db,
            "SELECT fullkey, type FROM json_tree(?1) WHERE type NOT IN ('object', 'array')", -1,
            &statement, NULL),
        SQLITE_OK);
    sqlite3_bind_text(statement, 1, line, (int)size, SQLITE_STATIC);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        check_leaf((const char *)sqlite3_column_text(statement, 0),
                   (const char *)sqlite3_column_text(statement, 1));
        leaves++;
    }
    ck_assert_msg(leaves > 0, "%.*s is no JSON", (int)size, line);
    ck_assert_int_eq(sqlite3_finalize(statement), SQLITE_OK);
}

static bool line_has(const char *line, size_t size, const char *words)
{
    struct text copy = {0};
    bool has;

    text_add_bytes(&copy, line, size);
    has = strstr(text_bytes(&copy), words) != NULL;
    text_clear(&copy);
    return has;
}

/* The last part of each name that is required, as a key. */
static void check_required(const char *line, size_t size)
{
    static const char word[] = " required\n";
    const char *at = fixture.list;

    while ((at = strstr(at, word)) != NULL) {
        const char *begin = at;
        char key[64];

        while (begin[-1] != '\n') {
            begin--;
        }
        const char *end = strchr(begin, ' ');
        const char *last = end;

        while (last > begin && last[-1] != '.') {
            last--;
        }
        (void)snprintf(key, sizeof(key), "\"%.*s\":", (int)(end - last), last);
        ck_assert_msg(line_has(line, size, key), "no %s in %.*s", key, (int)size, line);
        at += strlen(word) - 1;
    }
}

static int export_all(const char *format, const char *more)
{
    struct text line = {0};
    int status;

    text_addf(&line, "export --ledger incident.db --quiet --as %s%s", format, more);
    status = cli_run(text_bytes(&line));
    text_clear(&line);
    free(fixture.lines);
    fixture.lines = text_copy(cli_out());
    return status;
}

static const char *const json_formats[] = {"osquery", "ecs", "ocsf", "sysmon"};

START_TEST(every_field_is_in_the_written_list)
{
    int lines = 0;

    read_list(json_formats[_i]);
    ck_assert_int_eq(export_all(json_formats[_i], " --with-command-lines"), EXIT_YES);
    for (const char *line = fixture.lines; *line != '\0'; lines++) {
        const char *end = strchr(line, '\n');

        ck_assert_ptr_nonnull(end);
        check_line(line, (size_t)(end - line));
        check_required(line, (size_t)(end - line));
        line = end + 1;
    }
    ck_assert_int_gt(lines, 3);
}
END_TEST

static int count(const char *words)
{
    int found = 0;

    for (const char *at = fixture.lines; (at = strstr(at, words)) != NULL; at++) {
        found++;
    }
    return found;
}

/* What the night of incident.h is in each format. */
static const struct {
    const char *format;
    const char *more;
    const char *words;
    int times;
} facts[] = {
    /* Nine, of which four are seen to end; five are there again after the gap. */
    {"osquery", "", "\"name\":\"process_open_sockets\"", 18},
    {"osquery", "", "\"action\":\"added\"", 23},
    {"osquery", "", "\"action\":\"removed\"", 5},
    {"osquery", "", "\"epoch\":2,\"counter\":0,", 9},
    {"osquery", " --port 4444", "\"name\":\"listening_ports\"", 2},
    {"osquery", " --port 4444",
     "\"calendarTime\":\"Fri Nov 20 13:00:05 2026 UTC\",\"unixTime\":1795179605,\"epoch\":1,"
     "\"counter\":5,",
     2},
    {"osquery", " --remote-port 443", "\"state\":\"ESTABLISHED\"}", 4},
    {"ecs", "", "\"type\":[\"connection\",\"start\"]", 4},
    {"ecs", "", "\"type\":[\"connection\",\"end\"]", 3},
    {"ecs", "", "\"type\":[\"start\"]", 5},
    {"ecs", "", "\"type\":[\"end\"]", 1},
    {"ecs", "", "\"direction\":\"ingress\"},\"source\":{\"ip\":\"10.0.0.9\",\"port\":50000},", 2},
    {"ecs", "", "\"direction\":\"egress\"},\"source\":{\"ip\":\"10.0.0.1\",", 5},
    {"ecs", "", "\"duration\":8000000000", 1},
    {"ecs", "", "command_line", 0},
    {"ecs", " --with-command-lines", "\"command_line\":\"evil \\u001b[2J --password=***\"", 6},
    {"ecs", " --with-command-lines --with-secrets", "--password=secret", 6},
    {"ecs", " --service BITS", "\"service\":{\"name\":\"BITS\"}", 1},
    {"ecs", " --since 14:00:09 --until 14:00:12", "\n", 3}, /* what happened then, no more */
    {"ocsf", "", "\"type_uid\":400101,", 4},
    {"ocsf", "", "\"type_uid\":400102,", 3},
    {"ocsf", "", "\"activity_id\":7,\"activity_name\":\"Listen\"", 3},
    {"ocsf", "", "\"activity_name\":\"Bind\"", 2},
    {"ocsf", "", "\"src_endpoint\"", 7},
    {"ocsf", "", "\"disposition", 0},
    {"ocsf", " --port 53", "\"actor\"", 0}, /* nobody may see who has it */
    {"sysmon", "", "\"EventID\":3,", 4},
    {"sysmon", "", "\"EventID\":1,", 1}, /* the others ran when watching began */
    {"sysmon", "", "\"EventID\":7,", 2},
    {"sysmon", "", "\"Initiated\":\"true\"", 3},
    {"sysmon", " --remote-port 50000", "\"SourceIp\":\"10.0.0.9\",\"SourcePort\":50000,", 1},
    {"sysmon", "", "\"ImageLoaded\":\"/usr/lib/libc.so\",\"Hashes\":\"SHA256=11", 1},
    {"sysmon", " --pid 900", "\"EventID\":7,", 0},
    {"port-reporter", "", ",TCP,", 5},
    {"port-reporter", "", "\r\n26/11/20,14:0:2,TCP,22,10.0.0.1,50000,10.0.0.9,100,sshd,<root>\r\n",
     1},
    {"port-reporter", "", "26/11/20,14:0:5,TCP,4444,127.0.0.1,,0.0.0.0,4321,=evil\\x1B[31m,<root>",
     1},
    {"port-reporter", "", "26/11/20,14:0:10,UDP,5353,0.0.0.0,*,*,901,svchost.exe,\r\n", 1},
    {"port-reporter", " --utc --tz +05:30", "", 0}, /* is refused */
    {"port-reporter", " --utc", "26/11/20,13:0:2,TCP,22,", 1},
    {"port-reporter", " --tz +05:30", "26/11/20,18:30:2,TCP,22,", 1},
};

START_TEST(the_night_is_told_as_it_was)
{
    int found;

    (void)export_all(facts[_i].format, facts[_i].more);
    found = facts[_i].words[0] == '\0' ? (int)strlen(fixture.lines) : count(facts[_i].words);
    ck_assert_msg(found == facts[_i].times, "%d times in\n%.1500s", found, fixture.lines);
}
END_TEST

/* One form for each column, in the order of the list. */
START_TEST(a_ports_file_has_its_columns)
{
    static const char columns[] = "date,time,protocol,local port,local IP address,remote port,"
                                  "remote IP address,PID,module,user context\r\n\r\n";
    const char *rows;

    read_list("port-reporter");
    ck_assert_int_eq(export_all("port-reporter", ""), EXIT_YES);
    ck_assert_int_eq(strncmp(fixture.lines,
                             "Port Reporter Version 1.01 Log File - Port usage log\r\n\r\n"
                             "Log format:\r\ndate,",
                             72),
                     0);
    rows = strstr(fixture.lines, columns);
    ck_assert_ptr_nonnull(rows);
    for (rows += sizeof(columns) - 1; *rows != '\0'; rows = strchr(rows, '\n') + 1) {
        int commas = 0;

        for (const char *c = rows; *c != '\r'; c++) {
            commas += *c == ',' ? 1 : 0;
        }
        ck_assert_int_eq(commas, 9);
    }
}
END_TEST

static const struct {
    const char *line;
    enum exit_status status;
    const char *error; /* is in what is told */
} calls[] = {
    {"export --ledger incident.db", EXIT_USAGE, "--as FORMAT"},
    {"export --ledger incident.db --as ecs --sqlite a.db", EXIT_USAGE, "one of"},
    {"export --ledger incident.db --as xml", EXIT_USAGE, "port-reporter"},
    {"export --ledger incident.db --sqlite a.db --port 1", EXIT_USAGE, "--port goes with --as"},
    {"export --ledger incident.db --sqlite a.db -o b", EXIT_USAGE, "--output goes with --as"},
    {"export --ledger incident.db --as ecs --with-secrets", EXIT_USAGE, "--with-command-lines"},
    {"export --ledger incident.db --as ecs --port 1", EXIT_NO, "nothing matches"},
    {"export --ledger incident.db --as ecs --since 14:00:30 --until 14:00:40", EXIT_UNDECIDED,
     "nothing matches"},
    {"export --ledger incident.db --as sysmon --port 22", EXIT_YES,
     "1 socket without a record: sockets that listen"},
    {"export --ledger incident.db --as port-reporter", EXIT_YES, "3 sockets without a record"},
    {"export --ledger incident.db --as ecs --limit 1", EXIT_USAGE, "--limit"},
    {"export --ledger incident.db --as ecs --sort kind", EXIT_USAGE, "--sort"},
    {"export --ledger incident.db --as ecs --columns kind", EXIT_USAGE, "--columns"},
    {"export --ledger incident.db --as ecs --json", EXIT_USAGE, "--json is"},
    {"export --ledger incident.db --as ecs --format csv", EXIT_USAGE, "--csv is"},
    {"export --ledger incident.db --as ecs --limit 1 -o a.ecs", EXIT_USAGE, "--limit"},
    {"export --ledger incident.db --as ecs --sort kind -o a.ecs", EXIT_USAGE, "--sort"},
    {"export --ledger missing.db --as ecs", EXIT_LEDGER, "missing.db"},
    {"export --ledger incident.db --as ecs -o no/such/folder", EXIT_REFUSED, "no/such/folder"},
};

START_TEST(a_call_is_judged)
{
    int status = cli_run(calls[_i].line);

    ck_assert_msg(status == (int)calls[_i].status, "%d: %s", status, cli_error());
    ck_assert_msg(strstr(cli_error(), calls[_i].error) != NULL, "%s", cli_error());
}
END_TEST

START_TEST(a_file_is_made_once_and_told_of)
{
    char *file;
    size_t size;

    ck_assert_int_eq(export_all("ecs", " -o export.txt --json"), EXIT_YES);
    ck_assert_int_eq(count("\"kind\":\"ecs\""), 1);
    file = support_read_file("export.txt", &size);
    ck_assert_int_eq(export_all("ecs", ""), EXIT_YES);
    ck_assert_str_eq(file, fixture.lines);
    free(file);
    ck_assert_int_eq(export_all("ecs", " -o export.txt"), EXIT_USAGE);
    ck_assert_ptr_nonnull(strstr(cli_error(), "not overwritten"));
}
END_TEST

START_TEST(evidence_of_a_change_says_so)
{
    static const char line[] = "export --ledger incident.db --evidence evidence.zip --json";

    ck_assert_int_eq(cli_run(line), EXIT_YES);
    ck_assert_ptr_nonnull(strstr(cli_out(), "\"verify\":\"held\""));
    ck_assert_ptr_null(strstr(cli_error(), "changed"));
    remove("evidence.zip");
    support_run_sql(incident_path, "UPDATE interval SET local_port = 4445 WHERE local_port = 4444");
    ck_assert_int_eq(cli_run(line), EXIT_YES);
    ck_assert_ptr_nonnull(strstr(cli_out(), "\"verify\":\"changed\""));
    ck_assert_ptr_nonnull(strstr(cli_out(), "\"finding\":\"The ledger was changed"));
    ck_assert_ptr_nonnull(strstr(cli_error(), "The ledger was changed"));
    remove("evidence.zip");
}
END_TEST

/* Torn files of a run that was killed. */
START_TEST(evidence_is_made_over_what_a_killed_run_left)
{
    static const char line[] = "export --ledger incident.db --evidence evidence.zip";
    static const char *const left[] = {
        "evidence.zip-part", "evidence.zip-part-ledger", "evidence.zip-part-ledger-part",
        "evidence.zip-part-ledger-journal", "evidence.zip-part-lock"};
    struct file_lock *lock = NULL;
    struct failure why;

    for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
        support_write_text(left[i], "torn");
    }
    CHECK_DONE(file_lock_take(&lock, "evidence.zip-part-lock", &why), why);
    ck_assert_int_eq(cli_run(line), EXIT_REFUSED); /* it is being made */
    ck_assert(file_exists(left[0]) && !file_exists("evidence.zip"));
    file_lock_release(lock);
    ck_assert_int_eq(cli_run(line), EXIT_YES);
    ck_assert(file_exists("evidence.zip"));
    for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
        ck_assert_msg(!file_exists(left[i]), "%s", left[i]);
    }
    ck_assert_int_eq(cli_run(line), EXIT_USAGE);
    remove("evidence.zip");
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("formats");
    TCase *records = tcase_create("records");

    tcase_add_checked_fixture(records, open_fixture, close_fixture);
    tcase_add_loop_test(records, every_field_is_in_the_written_list, 0,
                        sizeof(json_formats) / sizeof(json_formats[0]));
    tcase_add_loop_test(records, the_night_is_told_as_it_was, 0, sizeof(facts) / sizeof(facts[0]));
    tcase_add_test(records, a_ports_file_has_its_columns);
    tcase_add_loop_test(records, a_call_is_judged, 0, sizeof(calls) / sizeof(calls[0]));
    tcase_add_test(records, a_file_is_made_once_and_told_of);
    tcase_add_test(records, evidence_of_a_change_says_so);
    tcase_add_test(records, evidence_is_made_over_what_a_killed_run_left);
    suite_add_tcase(suite, records);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
