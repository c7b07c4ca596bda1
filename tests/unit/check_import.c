/* SPDX-License-Identifier: MIT */

/*
 * Port Reporter's files: line by line, and into a ledger and out again.
 */

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock_fake.h"
#include "base/exit_status.h"
#include "base/file.h"
#include "base/text.h"
#include "reportcli/port_reporter.h"
#include "tests/support.h"
#include "tests/unit/cli_run.h"
#include "tests/unit/incident.h"

static const char log_path[] = "ports.log";

static void remove_files(void)
{
    static const char *const names[] = {"ports.log",  "again.log",   "old.db",
                                        "old.db.key", "old.db-lock", "old.db-wal",
                                        "old.db-shm", "old2.db",     "old2.db.key"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void)remove(names[i]);
    }
}

static void open_fixture(void)
{
    remove_files();
    incident_record();
}

static void close_fixture(void)
{
    incident_clear();
    remove_files();
}

static void write_log(const char *path, const char *content)
{
    struct failure why;
    FILE *file = file_open(path, "w", &why);

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(content, 1, strlen(content), file), strlen(content));
    ck_assert_int_eq(fclose(file), 0);
}

static const struct {
    const char *line;
    enum port_reporter_line kind;
    const char *words; /* of a row: "at protocol local remote state pid module user"; else why */
} lines[] = {
    {"", PORT_REPORTER_HEADER, ""},
    {"\r", PORT_REPORTER_HEADER, ""},
    {"Port Reporter Version 1.01 Log File - Port usage log", PORT_REPORTER_HEADER, ""},
    {"Check PR-PIDS-05-07-6-13-44-4.log for corresponding process data", PORT_REPORTER_HEADER, ""},
    {"Log format:", PORT_REPORTER_HEADER, ""},
    {"date,time,protocol,local port,local IP address,remote port,remote IP address,PID,module,"
     "user context",
     PORT_REPORTER_HEADER, ""},
    /* The three rows that there is a source for; in a zone an hour ahead. */
    {"05/7/6,13:52:1,TCP,3389,0.0.0.0,,0.0.0.0,1096,svchost.exe,<NT AUTHORITY\\SYSTEM>\r",
     PORT_REPORTER_ROW,
     "1120654321000 TCP 0.0.0.0:3389  LISTENING 1096 svchost.exe NT AUTHORITY\\SYSTEM"},
    {"05/7/6,13:52:1,TCP,4444,0.0.0.0,0,0.0.0.0", PORT_REPORTER_ROW,
     "1120654321000 TCP 0.0.0.0:4444  LISTENING -  "},
    {"05/7/6,13:52:2,TCP,3389,172.16.16.150,1486,172.16.16.100,1096,svchost.exe,"
     "<NT AUTHORITY\\SYSTEM>",
     PORT_REPORTER_ROW,
     "1120654322000 TCP 172.16.16.150:3389 172.16.16.100:1486  1096 svchost.exe NT "
     "AUTHORITY\\SYSTEM"},
    {"05/7/6,13:52:4,UDP,1088,0.0.0.0,*,*,1540,rdpclip.exe,<TEST\\Administrator>",
     PORT_REPORTER_ROW, "1120654324000 UDP 0.0.0.0:1088   1540 rdpclip.exe TEST\\Administrator"},
    {"04/12/31,23:59:59,TCP,80,10.0.0.1,1486,10.0.0.2", PORT_REPORTER_ROW,
     "1104533999000 TCP 10.0.0.1:80 10.0.0.2:1486  -  "},
    {"2005/07/06,13:52:01,TCP,80,::1,1,fe80::1,,,", PORT_REPORTER_ROW,
     "1120654321000 TCP [::1]:80 [fe80::1]:1  -  "},
    {"05/7/6,13:52:1,UDP,0,0.0.0.0,*,*,4,System,<a,b>", PORT_REPORTER_ROW,
     "1120654321000 UDP 0.0.0.0:0   4 System a,b"},
    {"05/7/6,13:52:1,UDP,1,0.0.0.0,*,*,4,\xff,<\xfc>", PORT_REPORTER_ROW,
     "1120654321000 UDP 0.0.0.0:1   4 \xef\xbf\xbd \xef\xbf\xbd"},
    {"IP address,PID,module,user context", PORT_REPORTER_BAD, "4 columns, and not 7 or 10"},
    {"05/7,13:52:1,TCP,80,10.0.0.1,1,10.0.0.2", PORT_REPORTER_BAD, "year/month/day"},
    {"05/2/30,13:52:1,TCP,80,10.0.0.1,1,10.0.0.2", PORT_REPORTER_BAD, "no such date"},
    {"05/7/6,13:52,TCP,80,10.0.0.1,1,10.0.0.2", PORT_REPORTER_BAD, "hour:minute:second"},
    {"05/7/6,24:00:00,TCP,80,10.0.0.1,1,10.0.0.2", PORT_REPORTER_BAD, "no such date or time"},
    {"05/7/6,13:52:1,ICMP,80,10.0.0.1,1,10.0.0.2", PORT_REPORTER_BAD, "neither TCP nor UDP"},
    {"05/7/6,13:52:1,TCP,65536,10.0.0.1,1,10.0.0.2", PORT_REPORTER_BAD, "the local port"},
    {"05/7/6,13:52:1,TCP,,10.0.0.1,1,10.0.0.2", PORT_REPORTER_BAD, "the local port"},
    {"05/7/6,13:52:1,TCP,80,host,1,10.0.0.2", PORT_REPORTER_BAD, "the local address"},
    {"05/7/6,13:52:1,TCP,80,10.0.0.1,x,10.0.0.2", PORT_REPORTER_BAD, "the remote port"},
    {"05/7/6,13:52:1,TCP,80,10.0.0.1,1,", PORT_REPORTER_BAD, "the remote address"},
    {"05/7/6,13:52:1,TCP,80,10.0.0.1,1,::1", PORT_REPORTER_BAD, "different families"},
    {"05/7/6,13:52:1,UDP,80,10.0.0.1,1,10.0.0.2", PORT_REPORTER_BAD, "is not *"},
    {"05/7/6,13:52:1,UDP,80,10.0.0.1,*,*,x,a,<b>", PORT_REPORTER_BAD, "the PID"},
    {"05/7/6,13:52:1,UDP,80,10.0.0.1,*,*,4294967296,a,<b>", PORT_REPORTER_BAD, "the PID"},
};

static void add_row(struct text *text, const struct port_reporter_row *row)
{
    text_addf(text, "%" PRId64 " %s ", row->at, socket_protocol_name(row->socket.protocol));
    socket_endpoint_add(text, &row->socket.local);
    text_add_char(text, ' ');
    socket_endpoint_add(text, &row->socket.remote);
    text_addf(text, " %s ", row->socket.state == SOCKET_LISTENING ? "LISTENING" : "");
    if (row->has_pid) {
        text_addf(text, "%u", (unsigned)row->pid);
    } else {
        text_add_char(text, '-');
    }
    text_addf(text, " %s %s", text_bytes(&row->module), text_bytes(&row->user));
}

START_TEST(a_line_is_read_or_refused_with_a_reason)
{
    struct port_reporter_row row = {0};
    struct failure why = {0};
    struct text is = {0};

    clock_fake_set_zone(3600, NULL, 0);
    ck_assert_int_eq(port_reporter_read(&row, lines[_i].line, strlen(lines[_i].line), &why),
                     lines[_i].kind);
    if (lines[_i].kind == PORT_REPORTER_ROW) {
        add_row(&is, &row);
        ck_assert_str_eq(text_bytes(&is), lines[_i].words);
    } else if (lines[_i].kind == PORT_REPORTER_BAD) {
        ck_assert_int_eq(why.kind, FAILURE_FORMAT);
        ck_assert_msg(strstr(why.text, lines[_i].words) != NULL, "%s", why.text);
    }
    text_clear(&is);
    port_reporter_row_clear(&row);
}
END_TEST

static char *run_text(const char *line, enum exit_status status)
{
    ck_assert_msg(cli_run(line) == (int)status, "%s", cli_error());
    return text_copy(cli_out());
}

START_TEST(export_import_and_export_are_the_same)
{
    char *first = run_text("export --as port-reporter --ledger incident.db --quiet", EXIT_YES);
    char *second;

    write_log(log_path, first);
    free(run_text("import --as port-reporter ports.log --ledger old.db --quiet", EXIT_YES));
    second = run_text("export --as port-reporter --ledger old.db --quiet", EXIT_YES);
    ck_assert_str_eq(first, second);
    free(run_text("verify --ledger old.db --quiet", EXIT_YES));
    free(first);
    free(second);
}
END_TEST

static const char mixed[] =
    "Port Reporter Version 1.01 Log File - Port usage log\r\n\r\n"
    "05/7/6,13:52:1,TCP,3389,0.0.0.0,,0.0.0.0,1096,svchost.exe,<NT AUTHORITY\\SYSTEM>\r\n"
    "something else\r\n"
    "05/7/6,13:52:2,TCP,3389,172.16.16.150,1486,172.16.16.100,1096,svchost.exe,<A\\b>\r\n"
    "05/7/6,13:52:2,TCP,3389,172.16.16.150,1486,172.16.16.100,1096,svchost.exe,<A\\b>\r\n"
    "05/7/5,13:52:2,TCP,99999,172.16.16.150,1486,172.16.16.100\r\n"
    "05/7/5,13:52:2,TCP,99,172.16.16.150,1486,172.16.16.100"; /* earlier, and no line end */

START_TEST(nothing_is_lost_without_a_word)
{
    char *out;

    write_log(log_path, mixed);
    out = run_text("import --as port-reporter ports.log --ledger old.db --utc --jsonl", EXIT_NO);
    ck_assert_ptr_nonnull(strstr(out, "\"lines\":8,\"rows\":4,\"bad\":2,"
                                      "\"first_at\":\"2005-07-05T12:52:02.000Z\","
                                      "\"last_at\":\"2005-07-06T12:52:02.000Z\""));
    ck_assert_ptr_nonnull(strstr(cli_error(), "ports.log:4: 1 column,"));
    ck_assert_ptr_nonnull(strstr(cli_error(), "ports.log:7: the local port"));
    free(out);
    out = run_text("history --ledger old.db --jsonl --quiet --utc", EXIT_YES);
    ck_assert_ptr_nonnull(strstr(out, "\"opened_at\":\"2005-07-06T12:52:01.000Z\","
                                      "\"closed_at\":\"2005-07-06T12:52:01.000Z\","
                                      "\"ending\":\"cut\",\"duration\":0,\"pid\":1096,"));
    ck_assert_ptr_nonnull(strstr(out, "\"state\":null,\"remote_address\":\"172.16.16.100\""));
    ck_assert_ptr_nonnull(strstr(out, "\"opening\":\"opened\""));
    ck_assert_ptr_null(strstr(out, "\"opening\":\"found\""));
    ck_assert_ptr_null(strstr(out, "\"opening\":\"continued\""));
    free(out);
    /* Nothing is said of a moment that no row is of. */
    free(run_text("local --at 2005-07-06T12:52:01.500Z --ledger old.db", EXIT_UNDECIDED));
    ck_assert_ptr_nonnull(strstr(cli_error(), "not in the imported record"));
}
END_TEST

/* A listener lasts no time in a row of Port Reporter, and nobody knows when it closed. */
START_TEST(a_connection_goes_as_its_program_listened_before)
{
    char *out;

    write_log(log_path,
              "05/7/6,13:52:1,TCP,3389,0.0.0.0,,0.0.0.0,1096,svchost.exe,<A\\b>\n"
              "05/7/6,13:53:2,TCP,3389,172.16.16.150,1486,172.16.16.100,1096,"
              "svchost.exe,<A\\b>\n"
              "05/7/6,13:53:3,TCP,3389,172.16.16.150,443,172.16.16.101,7,other.exe,<>\n"
              "05/7/6,13:53:4,TCP,50000,172.16.16.150,443,172.16.16.101,7,other.exe,<>\n");
    free(run_text("import --as port-reporter ports.log --ledger old.db --utc --quiet", EXIT_YES));
    out = run_text("profile --ledger old.db --quiet --csv --sort name --columns "
                   "inbound,outbound,undirected",
                   EXIT_YES);
    ck_assert_str_eq(out, "inbound,outbound,undirected\r\n0,0,2\r\n1,0,0\r\n");
    free(out);
    out = run_text("export --as ecs --ledger old.db --quiet", EXIT_YES);
    ck_assert_ptr_nonnull(strstr(out, "\"ingress\""));
    ck_assert_ptr_nonnull(strstr(out, "\"unknown\""));
    ck_assert_ptr_null(strstr(out, "\"egress\""));
    free(out);
}
END_TEST

START_TEST(two_files_are_one_ledger)
{
    char *out;

    write_log(log_path, mixed);
    write_log("again.log", "05/7/6,13:52:1,UDP,53,0.0.0.0,*,*,9,dns.exe,<A\\b>\n");
    out = run_text("import --as port-reporter ports.log again.log --ledger old.db --jsonl --quiet",
                   EXIT_NO);
    ck_assert_ptr_nonnull(strstr(out, "\"file\":\"again.log\",\"lines\":1,\"rows\":1,\"bad\":0"));
    free(out);
    out = run_text("history --ledger old.db --process dns.exe --jsonl --quiet", EXIT_YES);
    ck_assert_ptr_nonnull(strstr(out, "\"user\":\"A\\\\b\""));
    free(out);
}
END_TEST

/* A row says that something opened. None says what was open, or that anything closed. */
static const char *const state_questions[] = {
    "explain 3389 --at 2005-07-06T12:52:02Z --ledger old.db",
    "local --at 2005-07-06T12:52:02Z --ledger old.db",
    "processes --at 2005-07-06T12:52:02Z --ledger old.db",
    "modules --at 2005-07-06T12:52:02Z --ledger old.db",
    "wport 3389 --since 2005-07-01 --until 2005-07-07 --ledger old.db",
    "wpid 1096 --since 2005-07-01 --until 2005-07-07 --ledger old.db",
    "local --since 2005-07-01 --until 2005-07-07 --ledger old.db",
    "diff 2005-07-06T12:52:01Z 2005-07-06T12:52:02Z --ledger old.db",
    "diff old.db incident.db",
    "baseline save old.json --at 2005-07-06T12:52:02Z --ledger old.db",
};

START_TEST(what_was_open_is_not_answered_from_what_opened)
{
    write_log(log_path, mixed);
    free(run_text("import --as port-reporter ports.log --ledger old.db --utc --quiet", EXIT_NO));
    /* The times of the file are in a zone an hour ahead. */
    free(run_text(state_questions[_i], EXIT_UNDECIDED));
    ck_assert_str_eq(cli_out(), "");
    ck_assert_msg(strstr(cli_error(), "its record says what opened, not what was open") != NULL,
                  "%s", cli_error());
    ck_assert(!file_exists("old.json"));
}
END_TEST

static const struct {
    const char *line;
    enum exit_status status;
    const char *error;
    bool is_left; /* old.db is there afterwards */
} refusals[] = {
    {"import ports.log --ledger old.db", EXIT_USAGE, "--as port-reporter", false},
    {"import --as port-reporter ports.log", EXIT_USAGE, "--ledger FILE", false},
    {"import --as port-reporter --ledger old.db", EXIT_USAGE, "FILE...", false},
    {"import --as port-reporter ports.log --ledger incident.db", EXIT_USAGE, "is there already",
     false},
    {"import --as port-reporter missing.log --ledger old.db", EXIT_REFUSED, "missing.log", false},
    {"import --as port-reporter ports.log missing.log --ledger old.db", EXIT_REFUSED, "missing.log",
     false},
    {"import --as port-reporter again.log --ledger old.db", EXIT_REFUSED, "no ledger was made",
     false},
    {"import --as port-reporter again.log ports.log --ledger old.db --quiet", EXIT_NO, "", true},
    {"import --as port-reporter ports.log --ledger old.db --quiet", EXIT_NO, "", true},
};

START_TEST(a_part_of_the_evidence_is_not_left)
{
    int status;

    write_log(log_path, mixed);
    write_log("again.log", "Port Reporter Version 1.01 Log File - Port usage log\nno row\n");
    status = cli_run(refusals[_i].line);
    ck_assert_msg(status == (int)refusals[_i].status, "%d: %s", status, cli_error());
    ck_assert_msg(strstr(cli_error(), refusals[_i].error) != NULL, "%s", cli_error());
    ck_assert_int_eq(file_exists("old.db"), refusals[_i].is_left);
    ck_assert_int_eq(file_exists("old.db.key"), refusals[_i].is_left);
    ck_assert(!file_exists("old.db-lock"));
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("import");
    TCase *plain = tcase_create("lines");
    TCase *files = tcase_create("files");

    tcase_add_loop_test(plain, a_line_is_read_or_refused_with_a_reason, 0,
                        sizeof(lines) / sizeof(lines[0]));
    suite_add_tcase(suite, plain);
    tcase_add_checked_fixture(files, open_fixture, close_fixture);
    tcase_add_test(files, export_import_and_export_are_the_same);
    tcase_add_test(files, nothing_is_lost_without_a_word);
    tcase_add_test(files, a_connection_goes_as_its_program_listened_before);
    tcase_add_test(files, two_files_are_one_ledger);
    tcase_add_loop_test(files, what_was_open_is_not_answered_from_what_opened, 0,
                        sizeof(state_questions) / sizeof(state_questions[0]));
    tcase_add_loop_test(files, a_part_of_the_evidence_is_not_left, 0,
                        sizeof(refusals) / sizeof(refusals[0]));
    suite_add_tcase(suite, files);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
