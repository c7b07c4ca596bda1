/* SPDX-License-Identifier: MIT */

/*
 * processes and modules over a time, and as a tree.
 */

#include <check.h>
#include <string.h>

#include "base/exit_status.h"
#include "base/text.h"
#include "tests/support.h"
#include "tests/unit/cli_run.h"
#include "tests/unit/incident.h"

static const struct {
    const char *line;
    enum exit_status status;
    const char *out;
    const char *error;
} pages[] = {
    /* golden begin */
    {"processes --since 14:00 --ledger incident.db", EXIT_YES,
     "Process         PID  First seen                  Gone                        Ending "
     " Started                     Path                             Parent PID  User  Comm"
     "and line\n"
     "systemd           1  2026-11-20 14:00:00 +01:00  -                           open   "
     " 2026-11-20 13:59:00 +01:00  /usr/lib/systemd/systemd                  -  root  -\n"
     "sshd            100  2026-11-20 14:00:00 +01:00  -                           open   "
     " 2026-11-20 13:59:00 +01:00  /usr/sbin/sshd                            1  root  sshd"
     " -D\n"
     "svchost.exe     900  2026-11-20 14:00:00 +01:00  -                           open   "
     " 2026-11-20 13:59:00 +01:00  C:\\Windows\\System32\\svchost.exe           -  -     -"
     "\n"
     "svchost.exe     901  2026-11-20 14:00:00 +01:00  -                           open   "
     " 2026-11-20 13:59:00 +01:00  C:\\Users\\Public\\svchost.exe               -  -     -"
     "\n"
     "=evil\\x1B[31m  4321  2026-11-20 14:00:05 +01:00  2026-11-20 14:00:15 +01:00  closed"
     "  2026-11-20 13:59:05 +01:00  /tmp/\\u{202E}cod.\"exe\"                  100  root  "
     "evil \\x1B[2J --password=secret\n",
     "note: watched from 2026-11-20 14:00:00 +01:00 to 2026-11-20 14:01:05 +01:00, every 1"
     "s, except for 42 s; not watched: 2026-11-20 14:00:19 +01:00 to 2026-11-20 14:01:00 +"
     "01:00 (service stopped), 2026-11-20 14:01:04 +01:00 to 2026-11-20 14:01:05 +01:00 (s"
     "ervice stopped)\n"},
    {"processes --since 14:00:05 --until 14:00:10 --tree --process sshd --ledger incident.db",
     EXIT_YES,
     "Process             PID  First seen                  Gone                        End"
     "ing  Started                     Path                      Parent PID  User  Command"
     " line\n"
     "systemd               1  2026-11-20 14:00:00 +01:00  -                           ope"
     "n    2026-11-20 13:59:00 +01:00  /usr/lib/systemd/systemd           -  root  -\n"
     "  sshd              100  2026-11-20 14:00:00 +01:00  -                           ope"
     "n    2026-11-20 13:59:00 +01:00  /usr/sbin/sshd                     1  root  sshd -D"
     "\n"
     "    =evil\\x1B[31m  4321  2026-11-20 14:00:05 +01:00  2026-11-20 14:00:15 +01:00  cl"
     "osed  2026-11-20 13:59:05 +01:00  /tmp/\\u{202E}cod.\"exe\"           100  root  evi"
     "l \\x1B[2J --password=secret\n",
     "note: watched from 2026-11-20 14:00:05 +01:00 to 2026-11-20 14:00:10 +01:00, every 1"
     "s, without a gap\n"},
    {"processes --since 14:00 --pid 4321 --json --ledger incident.db --quiet", EXIT_YES,
     "[\n"
     "{\"moment\":null,\"tree\":\"=evil\\u001b[31m\",\"pid\":4321,\"first_seen_at\":\"2026"
     "-11-20T14:00:05.000+01:00\",\"gone_at\":\"2026-11-20T14:00:15.000+01:00\",\"ending\""
     ":\"closed\",\"started_at\":\"2026-11-20T13:59:05.000+01:00\",\"path\":\"/tmp/\\u202e"
     "cod.\\\"exe\\\"\",\"name\":\"=evil\\u001b[31m\",\"depth\":null,\"chosen\":true,\"par"
     "ent_pid\":100,\"instance\":5,\"parent_instance\":2,\"access\":\"opened\",\"parent_pr"
     "ocess\":null,\"user\":\"root\",\"user_id\":\"0\",\"integrity\":null,\"session\":0,\""
     "denied\":null,\"left_out\":null,\"command_line\":\"evil \\u001b[2J --password=secret"
     "\",\"image_status\":null,\"image_sha256\":null,\"image_version\":null,\"image_compan"
     "y\":null,\"image_build_id\":null,\"image_verdict\":null,\"image_signature\":null,\"i"
     "mage_signer\":null,\"image_checked_at\":null,\"at\":null}\n"
     "]\n",
     ""},
    {"processes --at 14:00:08 --tree --csv --ledger incident.db --quiet", EXIT_YES,
     "moment,tree,pid,first_seen_at,gone_at,ending,started_at,path,name,depth,chosen,paren"
     "t_pid,instance,parent_instance,access,parent_process,user,user_id,integrity,session,"
     "denied,left_out,command_line,image_status,image_sha256,image_version,image_company,i"
     "mage_build_id,image_verdict,image_signature,image_signer,image_checked_at,at\r\n"
     "1,systemd,1,2026-11-20T14:00:00.000+01:00,,,2026-11-20T13:59:00.000+01:00,/usr/lib/s"
     "ystemd/systemd,systemd,0,true,,,,opened,,root,0,,0,,,,,,,,,,,,,2026-11-20T14:00:08.0"
     "00+01:00\r\n"
     "1,  sshd,100,2026-11-20T14:00:00.000+01:00,,,2026-11-20T13:59:00.000+01:00,/usr/sbin"
     "/sshd,sshd,1,true,1,,,opened,systemd,root,0,,0,,,sshd -D,,,,,,,,,,2026-11-20T14:00:0"
     "8.000+01:00\r\n"
     "1,    =evil\033[31m,4321,2026-11-20T14:00:05.000+01:00,2026-11-20T14:00:15.000+01:00"
     ",,2026-11-20T13:59:05.000+01:00,\"/tmp/\342\200\256cod.\"\"exe\"\"\",'=evil\033[31m,"
     "2,true,100,,,opened,sshd,root,0,,0,,,evil \033[2J --password=secret,,,,,,,,,,2026-11"
     "-20T14:00:08.000+01:00\r\n"
     "1,svchost.exe,900,2026-11-20T14:00:00.000+01:00,,,2026-11-20T13:59:00.000+01:00,C:\\"
     "Windows\\System32\\svchost.exe,svchost.exe,0,true,,,,opened,,,,,0,,,,,,,,,,,,,2026-1"
     "1-20T14:00:08.000+01:00\r\n"
     "1,svchost.exe,901,2026-11-20T14:00:00.000+01:00,,,2026-11-20T13:59:00.000+01:00,C:\\"
     "Users\\Public\\svchost.exe,svchost.exe,0,true,,,,opened,,,,,0,,,,,,,,,,,,,2026-11-20"
     "T14:00:08.000+01:00\r\n",
     ""},
    {"modules --since 14:00 --ledger incident.db", EXIT_YES,
     "Loaded                      Gone                         PID  Process        Flags  "
     " Path                 User  File  SHA-256                                           "
     "                Signature  Signed by way of\n"
     "2026-11-20 14:00:05 +01:00  2026-11-20 14:00:15 +01:00  4321  =evil\\x1B[31m  -     "
     "  /usr/lib/libc.so     root  read  1100000000000000000000000000000000000000000000000"
     "000000000000000  unsigned   none\n"
     "2026-11-20 14:00:05 +01:00  2026-11-20 14:00:15 +01:00  4321  =evil\\x1B[31m  hidden"
     "  /tmp/\\x1B]0;evil.so  root  read  ee0000000000000000000000000000000000000000000000"
     "0000000000000000  unsigned   none\n",
     "note: watched from 2026-11-20 14:00:00 +01:00 to 2026-11-20 14:01:05 +01:00, every 1"
     "s, except for 42 s; not watched: 2026-11-20 14:00:19 +01:00 to 2026-11-20 14:01:00 +"
     "01:00 (service stopped), 2026-11-20 14:01:04 +01:00 to 2026-11-20 14:01:05 +01:00 (s"
     "ervice stopped)\n"},
    {"modules --since 14:00 --flagged --until 14:00:08 --jsonl --quiet --ledger incident.db",
     EXIT_YES,
     "{\"first_seen_at\":\"2026-11-20T14:00:05.000+01:00\",\"gone_at\":\"2026-11-20T14:00:"
     "15.000+01:00\",\"pid\":4321,\"process\":\"=evil\\u001b[31m\",\"flags\":null,\"path\""
     ":\"/usr/lib/libc.so\",\"flagged\":true,\"base\":\"0x1000\",\"size\":8192,\"instance"
     "\":5,\"process_started_at\":\"2026-11-20T13:59:05.000+01:00\",\"process_path\":\"/tm"
     "p/\\u202ecod.\\\"exe\\\"\",\"user\":\"root\",\"image_status\":\"read\",\"image_sha25"
     "6\":\"1100000000000000000000000000000000000000000000000000000000000000\",\"image_ver"
     "sion\":null,\"image_company\":null,\"image_build_id\":null,\"image_verdict\":\"unsig"
     "ned\",\"image_signature\":\"none\",\"image_signer\":null,\"image_checked_at\":\"2026"
     "-11-20T14:00:00.000+01:00\"}\n"
     "{\"first_seen_at\":\"2026-11-20T14:00:05.000+01:00\",\"gone_at\":\"2026-11-20T14:00:"
     "15.000+01:00\",\"pid\":4321,\"process\":\"=evil\\u001b[31m\",\"flags\":\"hidden\",\""
     "path\":\"/tmp/\\u001b]0;evil.so\",\"flagged\":true,\"base\":\"0x7f0000000000\",\"siz"
     "e\":4096,\"instance\":5,\"process_started_at\":\"2026-11-20T13:59:05.000+01:00\",\"p"
     "rocess_path\":\"/tmp/\\u202ecod.\\\"exe\\\"\",\"user\":\"root\",\"image_status\":\"r"
     "ead\",\"image_sha256\":\"ee000000000000000000000000000000000000000000000000000000000"
     "00000\",\"image_version\":null,\"image_company\":null,\"image_build_id\":null,\"imag"
     "e_verdict\":\"unsigned\",\"image_signature\":\"none\",\"image_signer\":null,\"image_"
     "checked_at\":\"2026-11-20T14:00:00.000+01:00\"}\n",
     ""},
    {"modules --since 14:00 --csv --quiet --ledger incident.db", EXIT_YES,
     "first_seen_at,gone_at,pid,process,flags,path,flagged,base,size,instance,process_star"
     "ted_at,process_path,user,image_status,image_sha256,image_version,image_company,image"
     "_build_id,image_verdict,image_signature,image_signer,image_checked_at\r\n"
     "2026-11-20T14:00:05.000+01:00,2026-11-20T14:00:15.000+01:00,4321,'=evil\033[31m,,/us"
     "r/lib/libc.so,true,0x1000,8192,5,2026-11-20T13:59:05.000+01:00,\"/tmp/\342\200\256co"
     "d.\"\"exe\"\"\",root,read,1100000000000000000000000000000000000000000000000000000000"
     "000000,,,,unsigned,none,,2026-11-20T14:00:00.000+01:00\r\n"
     "2026-11-20T14:00:05.000+01:00,2026-11-20T14:00:15.000+01:00,4321,'=evil\033[31m,hidd"
     "en,/tmp/\033]0;evil.so,true,0x7f0000000000,4096,5,2026-11-20T13:59:05.000+01:00,\"/t"
     "mp/\342\200\256cod.\"\"exe\"\"\",root,read,ee000000000000000000000000000000000000000"
     "00000000000000000000000,,,,unsigned,none,,2026-11-20T14:00:00.000+01:00\r\n",
     ""},
    /* golden end */
};

START_TEST(an_answer_is_whole)
{
    ck_assert_int_eq(cli_run(pages[_i].line), (int)pages[_i].status);
    ck_assert_str_eq(cli_error(), pages[_i].error);
    ck_assert_str_eq(cli_out(), pages[_i].out);
}
END_TEST

/* What is in an answer and what is not. */
static const struct {
    const char *line;
    enum exit_status status;
    const char *has;
    const char *lacks; /* "": nothing that matters */
} answers[] = {
    {"processes --since 14:00 --until 14:00:04", EXIT_YES, "\"pid\":100,", "\"pid\":4321,"},
    {"processes --since 14:00:14 --until 14:00:16", EXIT_YES, "\"pid\":4321,", ""},
    {"processes --since 14:00:16 --until 14:00:18", EXIT_YES, "\"pid\":100,", "\"pid\":4321,"},
    {"processes --since 14:00 --user ROOT", EXIT_YES, "\"pid\":4321,", "\"pid\":900,"},
    {"processes --since 14:00 --user 0", EXIT_YES, "\"pid\":4321,", "\"pid\":900,"},
    {"processes --since 14:00 --path C:\\Users\\*", EXIT_YES, "\"pid\":901,", "\"pid\":900,"},
    {"processes --since 14:00 --process svchost.exe", EXIT_YES, "\"pid\":901,", "\"pid\":100,"},
    {"processes --since 14:00 --pid 5", EXIT_NO, "", "pid"},
    {"processes --since 14:00:30 --until 14:00:40", EXIT_UNDECIDED, "", "pid"},
    {"processes --since 14:00 --no-command-lines", EXIT_YES, "\"pid\":4321,", "secret"},
    {"processes --since 14:00", EXIT_YES, "--password=secret", "\x1b"},
    {"processes --at 14:00:08 --tree --process sshd", EXIT_YES, "\"tree\":\"    =evil",
     "\"pid\":900"},
    {"processes --at 14:00:04 --tree --process sshd", EXIT_YES, "\"tree\":\"  sshd\"", "4321"},
    {"processes --at 14:00:08 --path */sshd", EXIT_YES, "\"pid\":100,", "\"pid\":1,"},
    {"processes --since 14:00 --at 14:00", EXIT_USAGE, "", "pid"},
    {"processes --since 14:00:10 --until 14:00", EXIT_USAGE, "", "pid"},
    {"processes --since 14:00 --owners", EXIT_USAGE, "", "pid"},
    {"processes --since 14:00 --sha256 ab", EXIT_USAGE, "", "pid"},
    {"modules --module *EVIL* --since 14:00", EXIT_YES, "\"flags\":\"hidden\"", "libc"},
    {"modules --path *libc* --since 14:00", EXIT_YES, "libc.so", "evil.so"},
    {"modules --module *evil* --since 14:00:16 --until 14:00:18", EXIT_NO, "", "evil"},
    {"modules --module *evil* --since 14:00 --process sshd", EXIT_NO, "", "evil"},
    {"modules --since 14:00 --sha256 "
     "ee00000000000000000000000000000000000000000000000000000000000000",
     EXIT_YES, "evil.so", "libc"},
    {"modules --at 14:00:08 --pid 4321 --sha256 "
     "EE00000000000000000000000000000000000000000000000000000000000000",
     EXIT_YES, "evil.so", "libc"},
    {"modules --since 14:00 --sha256 "
     "0000000000000000000000000000000000000000000000000000000000000000",
     EXIT_NO, "", "evil"},
    {"modules --since 14:00:30 --until 14:00:40", EXIT_UNDECIDED, "", "evil"},
    {"modules --since 14:00 --at 14:00", EXIT_USAGE, "", "evil"},
};

START_TEST(a_narrow_history_says_when_a_socket_closed)
{
    ck_assert_int_eq(cli_run("history --narrow --ledger incident.db"), EXIT_YES);
    CHECK_CONTAINS(cli_out(), "Opened +01:00  Closed +01:00 ");
    CHECK_CONTAINS(cli_out(), "\n11-20 14:00:02 11-20 14:00:10 ");
}
END_TEST

/* What was looked through. */
START_TEST(who_finds_nothing_is_told_of_how_many)
{
    ck_assert_int_eq(cli_run("processes --since 14:00 --pid 5 --ledger incident.db"), EXIT_NO);
    CHECK_CONTAINS(cli_error(), "note: no process matches; the ledger has 5 processes\n");
    ck_assert_int_eq(cli_run("modules --since 14:00 --path *no* --ledger incident.db"), EXIT_NO);
    CHECK_CONTAINS(cli_error(), "note: no module matches; the ledger has 5 processes\n");
}
END_TEST

START_TEST(a_time_has_what_was_there_then)
{
    struct text line = {0};

    text_addf(&line, "%s --ledger %s --jsonl --quiet", answers[_i].line, incident_path);
    ck_assert_int_eq(cli_run(text_bytes(&line)), (int)answers[_i].status);
    CHECK_CONTAINS(cli_out(), answers[_i].has);
    ck_assert_msg(answers[_i].lacks[0] == '\0' || strstr(cli_out(), answers[_i].lacks) == NULL,
                  "%s in %s", answers[_i].lacks, cli_out());
    text_clear(&line);
}
END_TEST

/* A ledger from elsewhere may say that two processes started each other. */
START_TEST(a_ring_of_parents_has_an_end)
{
    support_run_sql(incident_path, "UPDATE process SET parent_pid = 4321, parent_start = 7000"
                                   " WHERE pid IN (100, 4321)");
    ck_assert_int_eq(cli_run("processes --tree --since 14:00 --process sshd --ledger incident.db"),
                     EXIT_YES);
    CHECK_CONTAINS(cli_out(), "sshd");
    ck_assert_int_eq(cli_run("explain 4444 --at 14:00:08 --ledger incident.db"), EXIT_YES);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("runs");
    TCase *tests = tcase_create("runs");

    tcase_add_checked_fixture(tests, incident_record, incident_clear);
    tcase_add_loop_test(tests, an_answer_is_whole, 0, sizeof(pages) / sizeof(pages[0]));
    tcase_add_test(tests, a_narrow_history_says_when_a_socket_closed);
    tcase_add_test(tests, who_finds_nothing_is_told_of_how_many);
    tcase_add_loop_test(tests, a_time_has_what_was_there_then, 0,
                        sizeof(answers) / sizeof(answers[0]));
    tcase_add_test(tests, a_ring_of_parents_has_an_end);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
