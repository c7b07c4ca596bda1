/* SPDX-License-Identifier: MIT */

/*
 * profile: what is summed up, in every format; who listened; lists of what is
 * of interest; names that are known.
 */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock_fake.h"
#include "base/exit_status.h"
#include "base/text.h"
#include "reportcli/interest.h"
#include "reportcli/known_names.h"
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
    {"profile --ledger incident.db", EXIT_YES,
     "Name                 Open %  0-5h   6-11h  12-17h 18-23h  In  Out  Listens on    Con"
     "nects to  Peers             Services             Notice                             "
     "                 First seen                  Last seen                   Path       "
     "                      MTWTFSS\n"
     "sshd               100.00 %  ?????? ?????? ??#??? ??????   1    0  tcp/22 (1)    -  "
     "          10.0.0.9 (1)      ssh.service (2)      -                                  "
     "                 2026-11-20 14:00:00 +01:00  2026-11-20 14:01:04 +01:00  /usr/sbin/s"
     "shd                   ????#??\n"
     "svchost.exe        100.00 %  ?????? ?????? ??#??? ??????   0    1  tcp/135 (1)   tcp"
     "/80 (1)   198.51.100.1 (1)  RpcSs (1), BITS (1)  twin of C:\\Users\\Public\\svchost."
     "exe                 2026-11-20 14:00:00 +01:00  2026-11-20 14:01:04 +01:00  C:\\Wind"
     "ows\\System32\\svchost.exe  ????#??\n"
     "-                  100.00 %  ?????? ?????? ??#??? ??????   0    0  udp/53 (1)    -  "
     "          -                 -                    -                                  "
     "                 2026-11-20 14:00:00 +01:00  2026-11-20 14:01:04 +01:00  -          "
     "                      ????#??\n"
     "svchost.exe         56.52 %  ?????? ?????? ??6??? ??????   0    0  udp/5353 (1)  -  "
     "          -                 -                    misplaced, twin of C:\\Windows\\Sys"
     "tem32\\svchost.exe  2026-11-20 14:00:10 +01:00  2026-11-20 14:01:04 +01:00  C:\\User"
     "s\\Public\\svchost.exe      ????6??\n"
     "\\u{202E}cod.\"exe\"   43.48 %  ?????? ?????? ??4??? ??????   0    2  tcp/4444 (1)  "
     "tcp/443 (2)  203.0.113.7 (2)   -                    -                               "
     "                    2026-11-20 14:00:05 +01:00  2026-11-20 14:00:15 +01:00  /tmp/\\u"
     "{202E}cod.\"exe\"           ????4??\n",
     "note: watched from 2026-11-20 14:00:00 +01:00 to 2026-11-20 14:01:05 +01:00, every 1"
     "s, except for 42 s; not watched: 2026-11-20 14:00:19 +01:00 to 2026-11-20 14:01:00 +"
     "01:00 (service stopped), 2026-11-20 14:01:04 +01:00 to 2026-11-20 14:01:05 +01:00 (s"
     "ervice stopped)\n"},
    {"profile --by port --utc --ledger incident.db --csv --quiet", EXIT_YES,
     "name,share,hours,inbound,outbound,listens,connects,peers,services,applications,notic"
     "e,interest,new,first_seen_at,last_seen_at,pid,user,started_at,path,protocol,port,sid"
     "e,instance,peer_count,listen_count,connect_count,undirected,waiting,intervals,daily_"
     "intervals,open,watched,weekdays\r\n"
     "tcp/22,100,?????????????#??????????,1,0,tcp/22 (1),,10.0.0.9 (1),ssh.service (2),/us"
     "r/sbin/sshd (2),,,,2026-11-20T13:00:00.000Z,2026-11-20T13:01:04.000Z,,,,,TCP,22,here"
     ",,1,1,0,0,0,3,,23000,23000,????#??\r\n"
     "tcp/135,100,?????????????#??????????,0,0,tcp/135 (1),,,RpcSs (1),C:\\Windows\\System"
     "32\\svchost.exe (1),,,,2026-11-20T13:00:00.000Z,2026-11-20T13:01:04.000Z,,,,,TCP,135"
     ",here,,0,1,0,0,0,2,,23000,23000,????#??\r\n"
     "udp/53,100,?????????????#??????????,0,0,udp/53 (1),,,,,,,,2026-11-20T13:00:00.000Z,2"
     "026-11-20T13:01:04.000Z,,,,,UDP,53,here,,0,1,0,0,0,2,,23000,23000,????#??\r\n"
     "tcp/80 elsewhere,86.96,?????????????9??????????,0,1,,tcp/80 (1),198.51.100.1 (1),BIT"
     "S (1),C:\\Windows\\System32\\svchost.exe (1),,,,2026-11-20T13:00:03.000Z,2026-11-20T"
     "13:01:04.000Z,,,,,TCP,80,elsewhere,,1,0,1,0,0,2,,20000,23000,????9??\r\n"
     "udp/5353,56.52,?????????????6??????????,0,0,udp/5353 (1),,,,C:\\Users\\Public\\svcho"
     "st.exe (1),,,,2026-11-20T13:00:10.000Z,2026-11-20T13:01:04.000Z,,,,,UDP,5353,here,,0"
     ",1,0,0,0,2,,13000,23000,????6??\r\n"
     "tcp/4444,43.48,?????????????4??????????,0,0,tcp/4444 (1),,,,\"/tmp/\342\200\256cod."
     "\"\"exe\"\" (1)\",,,,2026-11-20T13:00:05.000Z,2026-11-20T13:00:15.000Z,,,,,TCP,4444,"
     "here,,0,1,0,0,0,1,,10000,23000,????4??\r\n"
     "tcp/443 elsewhere,26.09,?????????????3??????????,0,2,,tcp/443 (2),203.0.113.7 (2),,"
     "\"/tmp/\342\200\256cod.\"\"exe\"\" (2)\",,,,2026-11-20T13:00:06.000Z,2026-11-20T13:0"
     "0:15.000Z,,,,,TCP,443,elsewhere,,1,0,1,0,0,2,,6000,23000,????3??\r\n",
     ""},
    {"profile --by user --ledger incident.db --jsonl", EXIT_YES,
     "{\"name\":\"root\",\"share\":100,\"hours\":{\"14\":100.00},\"inbound\":1,\"outbound"
     "\":2,\"listens\":{\"tcp/22\":1,\"tcp/4444\":1},\"connects\":{\"tcp/443\":2},\"peers"
     "\":{\"203.0.113.7\":2,\"10.0.0.9\":1},\"services\":{\"ssh.service\":2},\"application"
     "s\":{\"/tmp/\\u202ecod.\\\"exe\\\"\":3,\"/usr/sbin/sshd\":2},\"notice\":null,\"inter"
     "est\":null,\"new\":null,\"first_seen_at\":\"2026-11-20T14:00:00.000+01:00\",\"last_s"
     "een_at\":\"2026-11-20T14:01:04.000+01:00\",\"pid\":null,\"user\":null,\"started_at\""
     ":null,\"path\":null,\"protocol\":null,\"port\":null,\"side\":null,\"instance\":null,"
     "\"peer_count\":2,\"listen_count\":2,\"connect_count\":1,\"undirected\":0,\"waiting\""
     ":0,\"intervals\":6,\"daily_intervals\":null,\"open\":23000,\"watched\":23000,\"weekd"
     "ays\":{\"friday\":100.00}}\n"
     "{\"name\":null,\"share\":100,\"hours\":{\"14\":100.00},\"inbound\":0,\"outbound\":1,"
     "\"listens\":{\"tcp/135\":1,\"udp/53\":1,\"udp/5353\":1},\"connects\":{\"tcp/80\":1},"
     "\"peers\":{\"198.51.100.1\":1},\"services\":{\"RpcSs\":1,\"BITS\":1},\"applications"
     "\":{\"C:\\\\Windows\\\\System32\\\\svchost.exe\":2,\"C:\\\\Users\\\\Public\\\\svchos"
     "t.exe\":1},\"notice\":null,\"interest\":null,\"new\":null,\"first_seen_at\":\"2026-1"
     "1-20T14:00:00.000+01:00\",\"last_seen_at\":\"2026-11-20T14:01:04.000+01:00\",\"pid\""
     ":null,\"user\":null,\"started_at\":null,\"path\":null,\"protocol\":null,\"port\":nul"
     "l,\"side\":null,\"instance\":null,\"peer_count\":1,\"listen_count\":3,\"connect_coun"
     "t\":1,\"undirected\":0,\"waiting\":0,\"intervals\":8,\"daily_intervals\":null,\"open"
     "\":23000,\"watched\":23000,\"weekdays\":{\"friday\":100.00}}\n",
     "{\"note\":\"coverage\",\"text\":\"watched from 2026-11-20 14:00:00 +01:00 to 2026-11"
     "-20 14:01:05 +01:00, every 1s, except for 42 s; not watched: 2026-11-20 14:00:19 +01"
     ":00 to 2026-11-20 14:01:00 +01:00 (service stopped), 2026-11-20 14:01:04 +01:00 to 2"
     "026-11-20 14:01:05 +01:00 (service stopped)\",\"since\":\"2026-11-20T14:00:00.000+01"
     ":00\",\"until\":\"2026-11-20T14:01:05.000+01:00\",\"watched\":23000,\"gaps\":2,\"mis"
     "sed\":0,\"left_out_processes\":0,\"left_out_sockets\":0}\n"},
    {"profile --by instance --process svchost.exe --json --ledger incident.db", EXIT_YES,
     "[\n"
     "{\"name\":\"svchost.exe\",\"share\":100,\"hours\":{\"14\":100.00},\"inbound\":0,\"ou"
     "tbound\":1,\"listens\":{\"tcp/135\":1},\"connects\":{\"tcp/80\":1},\"peers\":{\"198."
     "51.100.1\":1},\"services\":{\"RpcSs\":1,\"BITS\":1},\"applications\":null,\"notice\""
     ":\"twin of C:\\\\Users\\\\Public\\\\svchost.exe\",\"interest\":null,\"new\":null,\"f"
     "irst_seen_at\":\"2026-11-20T14:00:00.000+01:00\",\"last_seen_at\":\"2026-11-20T14:01"
     ":04.000+01:00\",\"pid\":900,\"user\":null,\"started_at\":\"2026-11-20T13:59:00.000+0"
     "1:00\",\"path\":\"C:\\\\Windows\\\\System32\\\\svchost.exe\",\"protocol\":null,\"por"
     "t\":null,\"side\":null,\"instance\":3,\"peer_count\":1,\"listen_count\":1,\"connect_"
     "count\":1,\"undirected\":0,\"waiting\":0,\"intervals\":4,\"daily_intervals\":null,\""
     "open\":23000,\"watched\":23000,\"weekdays\":{\"friday\":100.00}},\n"
     "{\"name\":\"svchost.exe\",\"share\":56.52,\"hours\":{\"14\":56.52},\"inbound\":0,\"o"
     "utbound\":0,\"listens\":{\"udp/5353\":1},\"connects\":null,\"peers\":null,\"services"
     "\":null,\"applications\":null,\"notice\":\"misplaced, twin of C:\\\\Windows\\\\Syste"
     "m32\\\\svchost.exe\",\"interest\":null,\"new\":null,\"first_seen_at\":\"2026-11-20T1"
     "4:00:10.000+01:00\",\"last_seen_at\":\"2026-11-20T14:01:04.000+01:00\",\"pid\":901,"
     "\"user\":null,\"started_at\":\"2026-11-20T13:59:00.000+01:00\",\"path\":\"C:\\\\User"
     "s\\\\Public\\\\svchost.exe\",\"protocol\":null,\"port\":null,\"side\":null,\"instanc"
     "e\":4,\"peer_count\":0,\"listen_count\":1,\"connect_count\":0,\"undirected\":0,\"wai"
     "ting\":0,\"intervals\":2,\"daily_intervals\":null,\"open\":13000,\"watched\":23000,"
     "\"weekdays\":{\"friday\":56.52}}\n"
     "]\n",
     "{\"note\":\"coverage\",\"text\":\"watched from 2026-11-20 14:00:00 +01:00 to 2026-11"
     "-20 14:01:05 +01:00, every 1s, except for 42 s; not watched: 2026-11-20 14:00:19 +01"
     ":00 to 2026-11-20 14:01:00 +01:00 (service stopped), 2026-11-20 14:01:04 +01:00 to 2"
     "026-11-20 14:01:05 +01:00 (service stopped)\",\"since\":\"2026-11-20T14:00:00.000+01"
     ":00\",\"until\":\"2026-11-20T14:01:05.000+01:00\",\"watched\":23000,\"gaps\":2,\"mis"
     "sed\":0,\"left_out_processes\":0,\"left_out_sockets\":0}\n"},
    {"profile --since 14:00:10 --until 14:00:12 --flagged -v --ledger incident.db", EXIT_YES,
     "Name           Open %  0-5h   6-11h  12-17h 18-23h  In  Out  Listens on    Connects "
     "to  Peers             Services             Applications  Notice                     "
     "                         Of interest  New  First seen                  Last seen    "
     "               PID  User  Started  Path                             Proto  Port  Sid"
     "e  Instance  Peers in all  Listens in all  Connects in all  In or out  SYN sent  Int"
     "ervals  Of daily rows  Open  Watched  MTWTFSS\n"
     "svchost.exe  100.00 %  ?????? ?????? ??#??? ??????   0    1  tcp/135 (1)   tcp/80 (1"
     ")   198.51.100.1 (1)  RpcSs (1), BITS (1)  -             twin of C:\\Users\\Public\\"
     "svchost.exe                 -            -    2026-11-20 14:00:00 +01:00  2026-11-20"
     " 14:00:19 +01:00    -  -     -        C:\\Windows\\System32\\svchost.exe  -         "
     "-  -            -             1               1                1          0         "
     "0          2              -   2 s      2 s  ????#??\n"
     "svchost.exe  100.00 %  ?????? ?????? ??#??? ??????   0    0  udp/5353 (1)  -        "
     "    -                 -                    -             misplaced, twin of C:\\Wind"
     "ows\\System32\\svchost.exe  -            -    2026-11-20 14:00:10 +01:00  2026-11-20"
     " 14:00:19 +01:00    -  -     -        C:\\Users\\Public\\svchost.exe      -         "
     "-  -            -             0               1                0          0         "
     "0          1              -   2 s      2 s  ????#??\n",
     "note: watched from 2026-11-20 14:00:10 +01:00 to 2026-11-20 14:00:12 +01:00, every 1"
     "s, without a gap\n"},
    {"profile --process nothing --ledger incident.db", EXIT_NO, "",
     "note: nothing matches; the ledger has 14 intervals\n"
     "note: watched from 2026-11-20 14:00:00 +01:00 to 2026-11-20 14:01:05 +01:00, every 1"
     "s, except for 42 s; not watched: 2026-11-20 14:00:19 +01:00 to 2026-11-20 14:01:00 +"
     "01:00 (service stopped), 2026-11-20 14:01:04 +01:00 to 2026-11-20 14:01:05 +01:00 (s"
     "ervice stopped)\n"},
    /* golden end */
};

START_TEST(an_answer_is_whole)
{
    ck_assert_int_eq(cli_run(pages[_i].line), (int)pages[_i].status);
    ck_assert_str_eq(cli_error(), pages[_i].error);
    ck_assert_str_eq(cli_out(), pages[_i].out);
}
END_TEST

/* The part of a JSON line from a name to the end of its value, in the record of a name. */
static void check_member(const char *name, const char *member)
{
    struct text begin = {0};
    const char *record;
    char *line;

    text_addf(&begin, "{\"name\":%s%s%s,", name[0] == 'n' ? "" : "\"", name,
              name[0] == 'n' ? "" : "\"");
    record = strstr(cli_out(), text_bytes(&begin));
    ck_assert_msg(record != NULL, "no %s in %s", text_bytes(&begin), cli_out());
    line = text_copy_size(record, strcspn(record, "\n"));
    CHECK_CONTAINS(line, member);
    free(line);
    text_clear(&begin);
}

static void profile(const char *options)
{
    struct text line = {0};

    text_addf(&line, "profile --ledger %s --jsonl --quiet %s", incident_path, options);
    (void)cli_run(text_bytes(&line));
    text_clear(&line);
}

START_TEST(who_listened_tells_what_came_in)
{
    profile("");
    check_member("sshd", "\"inbound\":1,\"outbound\":0,");
    check_member("\\u202ecod.\\\"exe\\\"", "\"inbound\":0,\"outbound\":2,");
    check_member("svchost.exe", "\"inbound\":0,\"outbound\":1,");
}
END_TEST

/* 24 s were watched: 19 and 4 and, by the gap in between, nothing. */
START_TEST(the_time_that_something_was_open_counts_once)
{
    profile("");
    check_member("sshd", "\"watched\":23000");
    check_member("sshd", "\"open\":23000");
    profile("--process svchost.exe --by instance");
    check_member("svchost.exe", "\"open\":23000");
    profile("--port 443");
    CHECK_CONTAINS(cli_out(), "\"open\":6000");
    profile("--port 4444 --by port");
    CHECK_CONTAINS(cli_out(), "\"open\":10000");
}
END_TEST

START_TEST(services_are_told_of_each_process_that_hosts_them)
{
    profile("--by instance --process svchost.exe");
    CHECK_CONTAINS(cli_out(), "\"services\":{\"RpcSs\":1,\"BITS\":1}");
    profile("--by service");
    check_member("BITS", "\"connects\":{\"tcp/80\":1}");
    check_member("RpcSs", "\"applications\":{\"C:\\\\Windows\\\\System32\\\\svchost.exe\":1}");
}
END_TEST

START_TEST(a_known_name_out_of_another_folder_is_marked)
{
    profile("--flagged");
    CHECK_CONTAINS(cli_out(), "\"notice\":\"misplaced, twin of "
                              "C:\\\\Windows\\\\System32\\\\svchost.exe\"");
    CHECK_CONTAINS(cli_out(), "\"notice\":\"twin of C:\\\\Users\\\\Public\\\\svchost.exe\"");
    ck_assert_ptr_null(strstr(cli_out(), "\"sshd\""));
}
END_TEST

START_TEST(what_is_new_is_told_and_nothing_else)
{
    profile("--new-since 14:00:05");
    ck_assert_ptr_null(strstr(cli_out(), "\"name\":\"sshd\""));
    CHECK_CONTAINS(cli_out(), "\"new\":\"all of it; listens on tcp/4444; connects to tcp/443; "
                              "peer 203.0.113.7\"");
    profile("--new-since 14:00:03");
    CHECK_CONTAINS(cli_out(), "\"new\":\"connects to tcp/80; peer 198.51.100.1; service BITS\"");
    ck_assert_int_eq(cli_run("profile --new-since 14:01:04 --ledger incident.db"), EXIT_NO);
    ck_assert_int_eq(cli_run("profile --new-since 13:00 --ledger incident.db"), EXIT_UNDECIDED);
    CHECK_CONTAINS(cli_error(), "everything would be new");
    ck_assert_int_eq(cli_run("profile --since 14:00 --new-since 13:00 --ledger incident.db"),
                     EXIT_USAGE);
}
END_TEST

/* What retention leaves of a program that listened on 7777 and spoke to 192.0.2.1 two days ago. */
static void add_daily_rows(void)
{
    support_run_sql(
        incident_path,
        "INSERT INTO text (id, text) VALUES (901, '/opt/old'), (902, '/usr/sbin/sshd');"
        "INSERT INTO profile (day, application, protocol, direction, port, peer, peers, intervals,"
        " lasted, covered, first_seen_at, last_seen_at, hours) VALUES"
        " (20777, 901, 6, 1, 7777, NULL, 0, 3, 9000, 5000, 1795179600000, 1795179605000, 8192),"
        " (20777, 901, 6, 2, 7777, x'C0000201', 1, 4, 8000, 2000, 1795179601000, 1795179604000,"
        "  8192),"
        " (20777, 902, 6, 2, 22, x'C0000202', 1, 5, 8000, 2000, 1795179590000, 1795179604000,"
        "  8192)");
}

START_TEST(daily_rows_count_and_say_so)
{
    add_daily_rows();
    profile("");
    check_member("old", "\"open\":5000,");
    check_member("old", "\"daily_intervals\":7");
    check_member("old", "\"listens\":{\"tcp/7777\":3}");
    check_member("old", "\"peers\":{\"192.0.2.1\":4}");
    check_member("sshd", "\"192.0.2.2\":5");
    check_member("sshd", "\"first_seen_at\":\"2026-11-20T13:59:50.000+01:00\"");
    profile("--process old --by port");
    CHECK_CONTAINS(cli_out(), "\"applications\":{\"/opt/old\":7}");
    profile("--path */old");
    CHECK_CONTAINS(cli_out(), "\"name\":\"old\"");
    profile("--port 22");
    ck_assert_ptr_null(strstr(cli_out(), "\"name\":\"old\""));
}
END_TEST

START_TEST(daily_rows_are_left_out_where_they_cannot_answer)
{
    add_daily_rows();
    profile("--by instance");
    ck_assert_ptr_null(strstr(cli_out(), "\"name\":\"old\""));
    profile("--local-port 7777");
    ck_assert_str_eq(cli_out(), "");
}
END_TEST

#define ANY6 "x'00000000000000000000000000000000'"
#define ONE6 "x'00000000000000000000000000000001'"
#define MAPPED "x'00000000000000000000ffff0a000001'"

/* Of a listener and a connection to its port, as they stand in a ledger. */
static const struct {
    const char *listener;
    const char *local;
    bool inbound;
} hearings[] = {
    {"x'00000000'", "x'0a000001'", true},
    {"x'0a000001'", "x'0a000001'", true},
    {"x'0a000002'", "x'0a000001'", false},
    {ANY6, "x'0a000001'", true},
    {ANY6, ONE6, true},
    {"x'00000000'", MAPPED, true},
    {"x'0a000001'", MAPPED, true},
    {"x'0a000002'", MAPPED, false},
    {MAPPED, "x'0a000001'", true},
    {"x'00000000'", ONE6, false},
    {ONE6, ONE6, true},
    {ONE6, "x'0a000001'", false},
};

START_TEST(a_listener_hears_what_comes_to_its_address)
{
    struct text sql = {0};

    text_addf(&sql,
              "UPDATE interval SET local_address = %s WHERE local_port = 22 AND state = 2;"
              "UPDATE interval SET local_address = %s WHERE local_port = 22 AND state = 5",
              hearings[_i].listener, hearings[_i].local);
    support_run_sql(incident_path, text_bytes(&sql));
    profile("");
    check_member("sshd", hearings[_i].inbound ? "\"inbound\":1,\"outbound\":0,"
                                              : "\"inbound\":0,\"outbound\":1,");
    text_clear(&sql);
}
END_TEST

START_TEST(what_has_no_room_is_counted)
{
    support_run_sql(
        incident_path,
        "WITH RECURSIVE n (i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 17999)"
        " INSERT INTO text (id, text) SELECT i, '/opt/' || i FROM n;"
        "INSERT INTO profile (day, application, protocol, direction, port, peers, intervals, "
        "lasted,"
        " covered, first_seen_at, last_seen_at, hours) SELECT 20777, id, 6, 1, 80, 0, 1, 1, 1,"
        " 1795179600000, 1795179600001, 8192 FROM text WHERE id >= 1000");
    ck_assert_int_eq(cli_run("profile --ledger incident.db --jsonl --process sshd"), EXIT_YES);
    ck_assert_ptr_null(strstr(cli_error(), "\"limit\""));
    ck_assert_int_eq(cli_run("profile --ledger incident.db --jsonl"), EXIT_YES);
    CHECK_CONTAINS(cli_error(), "{\"note\":\"limit\",\"text\":\"");
    CHECK_CONTAINS(cli_error(), "intervals are of still more than the 16384");
    CHECK_CONTAINS(cli_out(), "\"name\":\"sshd\""); /* what was kept whole comes first */
}
END_TEST

static const char list_path[] = "check_profile_list.txt";

static void write_list(const char *text)
{
    support_write_text(list_path, text);
}

START_TEST(what_is_of_interest_is_marked)
{
    write_list("port 4444\naddress 198.51.100.0/24\nuser root\nmodule /tmp/*evil*\n"
               "program SSHD\nport udp/4444\n");
    profile("--interest check_profile_list.txt --flagged");
    CHECK_CONTAINS(cli_out(), "port 4444 (line 1)");
    CHECK_CONTAINS(cli_out(), "address 198.51.100.0/24 (line 2)");
    CHECK_CONTAINS(cli_out(), "module /tmp/*evil* (line 4)");
    check_member("sshd", "user root (line 3), program SSHD (line 5)");
    ck_assert_ptr_null(strstr(cli_out(), "(line 6)"));
    remove(list_path);
}
END_TEST

START_TEST(a_list_that_is_wrong_is_refused_with_its_place)
{
    write_list("port 4444\n  port 70000\n");
    ck_assert_int_eq(cli_run("profile --interest check_profile_list.txt --ledger incident.db"),
                     EXIT_LEDGER);
    CHECK_CONTAINS(cli_error(), "check_profile_list.txt:2:13: a port is a number");
    remove(list_path);
}
END_TEST

static const struct {
    const char *text;
    const char *refusal; /* NULL: it is right */
    size_t count;
} lists[] = {
    {"", NULL, 0},
    {"# nothing\n\n   \n\t# nothing\r\n", NULL, 0},
    {"\xef\xbb\xbfport 1", NULL, 1},
    {"port 1-65535\r\nPORT TCP/80\nport udp/53", NULL, 3},
    {"address ::1\naddress 10.0.0.0/8", NULL, 2},
    {"user CORP\\alice\nuser S-1-5-18\nprogram a b.exe\nmodule *\\x.dll\n", NULL, 4},
    {"ports 80", "list:1:1: an entry begins with", 0},
    {"port", "list:1:5: something is missing", 0},
    {"port  0", "list:1:8: a port is", 0},
    {"port 80-", "list:1:9: a port is", 0},
    {"port 90-80", "list:1:11: a port is", 0},
    {"port icmp/8", "list:1:6: a protocol is", 0},
    {"port 80,81", "list:1:8: a port is", 0},
    {"\xc3\xa4", "list:1:1: an entry begins", 0},
    {"\naddress 10.0.0", "list:2:9: an address is", 0},
};

START_TEST(a_list_has_an_entry_a_line)
{
    struct interest interest = {0};
    struct failure why = {0};
    bool done = interest_parse(&interest, "list", lists[_i].text, strlen(lists[_i].text), &why);

    ck_assert_msg(done == (lists[_i].refusal == NULL), "%s", why.text);
    if (done) {
        ck_assert_uint_eq(interest.count, lists[_i].count);
    } else {
        ck_assert_int_eq(why.kind, FAILURE_FORMAT);
        CHECK_CONTAINS(why.text, lists[_i].refusal);
    }
    interest_clear(&interest);
}
END_TEST

static const struct {
    const char *path;
    const char *name;
    bool misplaced;
} programs[] = {
    {"C:\\Windows\\System32\\svchost.exe", "svchost.exe", false},
    {"c:\\windows\\syswow64\\SVCHOST.EXE", "SVCHOST.EXE", false},
    {"C:\\Windows\\svchost.exe", "svchost.exe", true},
    {"C:\\Windows\\SysWOW64\\lsass.exe", "lsass.exe", true},
    {"C:\\Users\\a\\System32\\lsass.exe", "lsass.exe", true},
    {"C:\\Windows\\explorer.exe", "explorer.exe", false},
    {"C:\\Program Files\\svchosts.exe", "svchosts.exe", false},
    {"/usr/sbin/sshd", "sshd", false},
    {"/tmp/sshd", "sshd", true},
    {"/tmp/x", "sshd", true},
    {"/home/a/kworker", "kworker/u8:1", true},
    {"/usr/bin/nginx", "nginx", false},
    {"/tmp/nginx", "nginx", false},
    {"/tmp/sshd", NULL, true},
    {NULL, "sshd", false},
};

START_TEST(known_names_belong_to_known_folders)
{
    ck_assert_int_eq(known_name_is_misplaced(programs[_i].path, programs[_i].name),
                     programs[_i].misplaced);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("profile");
    TCase *answer = tcase_create("answer");
    TCase *plain = tcase_create("plain");

    tcase_add_checked_fixture(answer, incident_record, incident_clear);
    tcase_add_loop_test(answer, an_answer_is_whole, 0, sizeof(pages) / sizeof(pages[0]));
    tcase_add_test(answer, who_listened_tells_what_came_in);
    tcase_add_test(answer, the_time_that_something_was_open_counts_once);
    tcase_add_test(answer, services_are_told_of_each_process_that_hosts_them);
    tcase_add_test(answer, a_known_name_out_of_another_folder_is_marked);
    tcase_add_test(answer, what_is_new_is_told_and_nothing_else);
    tcase_add_test(answer, daily_rows_count_and_say_so);
    tcase_add_test(answer, daily_rows_are_left_out_where_they_cannot_answer);
    tcase_add_loop_test(answer, a_listener_hears_what_comes_to_its_address, 0,
                        sizeof(hearings) / sizeof(hearings[0]));
    tcase_add_test(answer, what_has_no_room_is_counted);
    tcase_add_test(answer, what_is_of_interest_is_marked);
    tcase_add_test(answer, a_list_that_is_wrong_is_refused_with_its_place);
    suite_add_tcase(suite, answer);
    tcase_add_loop_test(plain, a_list_has_an_entry_a_line, 0, sizeof(lists) / sizeof(lists[0]));
    tcase_add_loop_test(plain, known_names_belong_to_known_folders, 0,
                        sizeof(programs) / sizeof(programs[0]));
    suite_add_tcase(suite, plain);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
