/* SPDX-License-Identifier: MIT */

/*
 * explain: what it takes for a question, and its whole page in every format.
 */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/exit_status.h"
#include "reportcli/coverage.h"
#include "reportcli/explain_target.h"
#include "tests/support.h"
#include "tests/unit/cli_run.h"
#include "tests/unit/incident.h"

/* Whole answers. The ledger's id, which is another one each time, is x. */
static const struct {
    const char *line;
    enum exit_status status;
    const char *out;
    const char *error;
} pages[] = {
    /* golden begin */
    {"explain 4444 --at 14:00:08 --ledger incident.db", EXIT_YES,
     "Port 4444 at 2026-11-20 14:00:08 +01:00\n"
     "Host not known, ledger xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; told at\n"
     "2026-11-20 14:01:05 +01:00\n"
     "Held by =evil\\x1B[31m (pid 4321), exact.\n"
     "\n"
     "WHAT WAS THERE, AND WHOSE IT WAS\n"
     "  TCP 127.0.0.1:4444 LISTENING, =evil\\x1B[31m (pid 4321)\n"
     "    open      from 14:00:05 to 14:00:15, 10 s\n"
     "    owner     exact: the system named it; it started no later than the socket\n"
     "    program   /tmp/\\u{202E}cod.\"exe\"\n"
     "    user      root (0)\n"
     "    started   2026-11-20 13:59:05 +01:00\n"
     "\n"
     "WHO STARTED IT\n"
     "  =evil\\x1B[31m (pid 4321)\n"
     "    by        sshd (pid 100), /usr/sbin/sshd, root, started 13:59:00\n"
     "    that by   systemd (pid 1), /usr/lib/systemd/systemd, root, started\n"
     "              13:59:00\n"
     "\n"
     "MODULES TO LOOK AT\n"
     "  /tmp/\\x1B]0;evil.so, hidden; unsigned; SHA-256 ee0000000000\n"
     "  /usr/lib/libc.so; unsigned; SHA-256 110000000000\n"
     "\n"
     "WHOM IT WAS CONNECTED TO, within 1 h before and after: 1 other end\n"
     "  to 203.0.113.7:443: 2 connections\n"
     "\n"
     "WHAT IT HAD OPENED BEFORE, within 1 h: 1 socket\n"
     "  14:00:06  TCP 10.0.0.1:40000 - 203.0.113.7:443, 3 s\n"
     "\n"
     "WHAT IT OPENED AFTERWARDS, within 1 h: 1 socket\n"
     "  14:00:12  TCP 10.0.0.1:40001 - 203.0.113.7:443, 3 s\n"
     "  no other run of the same program had a socket in that time\n"
     "\n"
     "WHAT WAS WATCHED\n"
     "  Around it: watched from 13:00:08 to 14:01:05, every 1s, except for 1 h; not\n"
     "    watched: 13:00:08 to 14:00:00 (before the first sample), 14:00:19 to\n"
     "    14:01:00 (service stopped), 14:01:04 to 14:01:05 (service stopped).\n"
     "  The sockets were looked at every 1s: one that was open for less may not have\n"
     "    been seen, and times are no more exact than that.\n"
     "\n"
     "WHETHER THE RECORD CAN BE TRUSTED\n"
     "  The moment is sealed, and what the ledger says is as it was sealed. Checked,\n"
     "    without a key, was what was recorded from 14:00:05 to 14:00:08; what is\n"
     "    older, such as a process that started before, and all of it with its key:\n"
     "    portledger verify.\n",
     ""},
    {"explain 443 --at 14:00:13 --around 5s --utc --no-command-lines --ledger incident.db",
     EXIT_YES,
     "Port 443 at 2026-11-20 13:00:13 +00:00\n"
     "Host not known, ledger xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; told at\n"
     "2026-11-20 13:01:05 +00:00\n"
     "Not held here; connected to it: =evil\\x1B[31m (pid 4321), exact.\n"
     "\n"
     "WHAT WAS THERE, AND WHOSE IT WAS\n"
     "  TCP 10.0.0.1:40001 - 203.0.113.7:443 ESTABLISHED, =evil\\x1B[31m (pid 4321)\n"
     "    open      from 13:00:12 to 13:00:15, 3 s\n"
     "    owner     exact: the system named it; it started no later than the socket\n"
     "    program   /tmp/\\u{202E}cod.\"exe\"\n"
     "    user      root (0)\n"
     "    started   2026-11-20 12:59:05 +00:00\n"
     "\n"
     "WHO STARTED IT\n"
     "  =evil\\x1B[31m (pid 4321)\n"
     "    by        sshd (pid 100), /usr/sbin/sshd, root, started 12:59:00\n"
     "    that by   systemd (pid 1), /usr/lib/systemd/systemd, root, started\n"
     "              12:59:00\n"
     "\n"
     "MODULES TO LOOK AT\n"
     "  /tmp/\\x1B]0;evil.so, hidden; unsigned; SHA-256 ee0000000000\n"
     "  /usr/lib/libc.so; unsigned; SHA-256 110000000000\n"
     "\n"
     "WHOM IT WAS CONNECTED TO, within 5 s before and after: 1 other end\n"
     "  to 203.0.113.7:443: 2 connections\n"
     "\n"
     "WHAT IT HAD OPENED BEFORE, within 5 s: 3 sockets\n"
     "  13:00:05  TCP 127.0.0.1:4444 LISTENING, 10 s\n"
     "  13:00:06  TCP 10.0.0.1:40000 - 203.0.113.7:443, 3 s\n"
     "  13:00:12  TCP 10.0.0.1:40001 - 203.0.113.7:443, 3 s\n"
     "\n"
     "WHAT IT OPENED AFTERWARDS, within 5 s: 0 sockets\n"
     "  no other run of the same program had a socket in that time\n"
     "\n"
     "WHAT WAS WATCHED\n"
     "  Around it: watched from 13:00:08 to 13:00:18, every 1s, without a gap.\n"
     "  The sockets were looked at every 1s: one that was open for less may not have\n"
     "    been seen, and times are no more exact than that.\n"
     "\n"
     "WHETHER THE RECORD CAN BE TRUSTED\n"
     "  The moment is sealed, and what the ledger says is as it was sealed. Checked,\n"
     "    without a key, was what was recorded from 13:00:12 to 13:00:13; what is\n"
     "    older, such as a process that started before, and all of it with its key:\n"
     "    portledger verify.\n",
     ""},
    {"explain 53 --at 14:00:30 --ledger incident.db", EXIT_UNDECIDED,
     "Port 53 at 2026-11-20 14:00:30 +01:00\n"
     "Host not known, ledger xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; told at\n"
     "2026-11-20 14:01:05 +01:00\n"
     "Nothing was watched at that moment: service stopped; the last sample before it\n"
     "is of 2026-11-20 14:00:19 +01:00; the first one after it is of 2026-11-20\n"
     "14:01:00 +01:00.\n"
     "\n"
     "BEFORE AND AFTER\n"
     "  before: UDP 0.0.0.0:53, an owner that the system did not let the service\n"
     "    see, 11 s earlier; from 14:00:00 up to 14:00:19, 19 s; it was there when\n"
     "    watching began: opened earlier; then watching ended, not the socket\n"
     "  after: UDP 0.0.0.0:53, an owner that the system did not let the service see,\n"
     "    30 s later; from 14:01:00 up to 14:01:04, 4 s; it was there before the gap\n"
     "    in front of that, too; then watching ended, not the socket\n"
     "\n"
     "WHAT WAS WATCHED\n"
     "  Around it: watched from 13:00:30 to 14:01:05, every 1s, except for 1 h; not\n"
     "    watched: 13:00:30 to 14:00:00 (before the first sample), 14:00:19 to\n"
     "    14:01:00 (service stopped), 14:01:04 to 14:01:05 (service stopped).\n",
     ""},
    {"explain 22 --at 14:01:02 --around 10m --quiet --csv --ledger incident.db", EXIT_YES,
     "moment,part,label,words,opened_at,closed_at,ending,count,interval,instance,module,mo"
     "dule_flags,module_sha256,module_verdict,module_signer,pid,process,attribution,servic"
     "e,service_basis,protocol,local_port,local_address,state,remote_address,remote_port,p"
     "ath,process_started_at,created_at,parent_pid,process_access,parent_process,user,user"
     "_id,integrity,session,denied,left_out,command_line,image_status,image_sha256,image_v"
     "ersion,image_company,image_build_id,image_verdict,image_signature,image_signer,image"
     "_checked_at,at\r\n"
     "1,question,question,Port 22 at 2026-11-20 14:01:02 +01:00,,,,,,,,,,,,,,,,,,,,,,,,,,,"
     ",,,,,,,,,,,,,,,,,,2026-11-20T14:01:02.000+01:00\r\n"
     "1,question,source,\"Host not known, ledger xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; tol"
     "d at 2026-11-20 14:01:05 +01:00\",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,2026-1"
     "1-20T14:01:02.000+01:00\r\n"
     "1,question,answer,\"Held by sshd (pid 100), exact.\",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,"
     ",,,,,,,,,,,,,2026-11-20T14:01:02.000+01:00\r\n"
     "1,holder,,\"TCP 0.0.0.0:22 LISTENING, sshd (pid 100)\",2026-11-20T14:01:00.000+01:00"
     ",2026-11-20T14:01:04.000+01:00,cut,,10,2,,,,,,100,sshd,exact,ssh.service,by tag,TCP,"
     "22,0.0.0.0,LISTENING,,,/usr/sbin/sshd,2026-11-20T13:59:00.000+01:00,,1,opened,,root,"
     "0,,0,,,,,,,,,,,,,2026-11-20T14:01:02.000+01:00\r\n"
     "1,holder,open,\"from 14:01:00 up to 14:01:04, 4 s; it was there before the gap in fr"
     "ont of that, too; then watching ended, not the socket\",2026-11-20T14:01:00.000+01:0"
     "0,2026-11-20T14:01:04.000+01:00,cut,,10,2,,,,,,100,sshd,exact,ssh.service,by tag,TCP"
     ",22,0.0.0.0,LISTENING,,,/usr/sbin/sshd,2026-11-20T13:59:00.000+01:00,,1,opened,,root"
     ",0,,0,,,,,,,,,,,,,2026-11-20T14:01:02.000+01:00\r\n"
     "1,holder,owner,exact: the system named it; it started no later than the socket,2026-"
     "11-20T14:01:00.000+01:00,2026-11-20T14:01:04.000+01:00,cut,,10,2,,,,,,100,sshd,exact"
     ",ssh.service,by tag,TCP,22,0.0.0.0,LISTENING,,,/usr/sbin/sshd,2026-11-20T13:59:00.00"
     "0+01:00,,1,opened,,root,0,,0,,,,,,,,,,,,,2026-11-20T14:01:02.000+01:00\r\n"
     "1,holder,service,ssh.service (by tag),2026-11-20T14:01:00.000+01:00,2026-11-20T14:01"
     ":04.000+01:00,cut,,10,2,,,,,,100,sshd,exact,ssh.service,by tag,TCP,22,0.0.0.0,LISTEN"
     "ING,,,/usr/sbin/sshd,2026-11-20T13:59:00.000+01:00,,1,opened,,root,0,,0,,,,,,,,,,,,,"
     "2026-11-20T14:01:02.000+01:00\r\n"
     "1,holder,program,/usr/sbin/sshd,2026-11-20T14:01:00.000+01:00,2026-11-20T14:01:04.00"
     "0+01:00,cut,,10,2,,,,,,100,sshd,exact,ssh.service,by tag,TCP,22,0.0.0.0,LISTENING,,,"
     "/usr/sbin/sshd,2026-11-20T13:59:00.000+01:00,,1,opened,,root,0,,0,,,,,,,,,,,,,2026-1"
     "1-20T14:01:02.000+01:00\r\n"
     "1,holder,user,root (0),2026-11-20T14:01:00.000+01:00,2026-11-20T14:01:04.000+01:00,c"
     "ut,,10,2,,,,,,100,sshd,exact,ssh.service,by tag,TCP,22,0.0.0.0,LISTENING,,,/usr/sbin"
     "/sshd,2026-11-20T13:59:00.000+01:00,,1,opened,,root,0,,0,,,,,,,,,,,,,2026-11-20T14:0"
     "1:02.000+01:00\r\n"
     "1,holder,started,2026-11-20 13:59:00 +01:00,2026-11-20T14:01:00.000+01:00,2026-11-20"
     "T14:01:04.000+01:00,cut,,10,2,,,,,,100,sshd,exact,ssh.service,by tag,TCP,22,0.0.0.0,"
     "LISTENING,,,/usr/sbin/sshd,2026-11-20T13:59:00.000+01:00,,1,opened,,root,0,,0,,,,,,,"
     ",,,,,,2026-11-20T14:01:02.000+01:00\r\n"
     "1,parent,,sshd (pid 100),,,,,,2,,,,,,100,sshd,,,,,,,,,,/usr/sbin/sshd,2026-11-20T13:"
     "59:00.000+01:00,,1,opened,,root,0,,0,,,,,,,,,,,,,2026-11-20T14:01:02.000+01:00\r\n"
     "1,parent,by,\"systemd (pid 1), /usr/lib/systemd/systemd, root, started 13:59:00\",,,"
     ",,,1,,,,,,1,systemd,,,,,,,,,,/usr/lib/systemd/systemd,2026-11-20T13:59:00.000+01:00,"
     ",,opened,,root,0,,0,,,,,,,,,,,,,2026-11-20T14:01:02.000+01:00\r\n"
     "1,parent,program,/usr/lib/systemd/systemd,,,,,,1,,,,,,1,systemd,,,,,,,,,,/usr/lib/sy"
     "stemd/systemd,2026-11-20T13:59:00.000+01:00,,,opened,,root,0,,0,,,,,,,,,,,,,2026-11-"
     "20T14:01:02.000+01:00\r\n"
     "1,parent,user,root (0),,,,,,1,,,,,,1,systemd,,,,,,,,,,/usr/lib/systemd/systemd,2026-"
     "11-20T13:59:00.000+01:00,,,opened,,root,0,,0,,,,,,,,,,,,,2026-11-20T14:01:02.000+01:"
     "00\r\n"
     "1,module,,sshd (pid 100): modules are not known: nobody looked,,,,,,2,,,,,,100,sshd,"
     ",,,,,,,,,/usr/sbin/sshd,2026-11-20T13:59:00.000+01:00,,1,opened,,root,0,,0,,,,,,,,,,"
     ",,,2026-11-20T14:01:02.000+01:00\r\n"
     "1,peer,,within 10 m before and after: 1 other end,,,,,,2,,,,,,100,sshd,,,,,,,,,,/usr"
     "/sbin/sshd,2026-11-20T13:59:00.000+01:00,,1,opened,,root,0,,0,,,,,,,,,,,,,2026-11-20"
     "T14:01:02.000+01:00\r\n"
     "1,peer,,from 10.0.0.9 to its port 22: 1 connection,,,,1,,2,,,,,,100,sshd,,,,,,,,,,/u"
     "sr/sbin/sshd,2026-11-20T13:59:00.000+01:00,,1,opened,,root,0,,0,,,,,,,,,,,,,2026-11-"
     "20T14:01:02.000+01:00\r\n"
     "1,before,,within 10 m: 1 socket,,,,,,2,,,,,,100,sshd,,,,,,,,,,/usr/sbin/sshd,2026-11"
     "-20T13:59:00.000+01:00,,1,opened,,root,0,,0,,,,,,,,,,,,,2026-11-20T14:01:02.000+01:0"
     "0\r\n"
     "1,before,,\"14:00:02  TCP 10.0.0.1:22 - 10.0.0.9:50000, 8 s\",2026-11-20T14:00:02.00"
     "0+01:00,2026-11-20T14:00:10.000+01:00,closed,,4,2,,,,,,100,sshd,exact,ssh.service,by"
     " tag,TCP,22,10.0.0.1,ESTABLISHED,10.0.0.9,50000,/usr/sbin/sshd,2026-11-20T13:59:00.0"
     "00+01:00,,1,opened,,root,0,,0,,,,,,,,,,,,,2026-11-20T14:01:02.000+01:00\r\n"
     "1,after,,within 10 m: 0 sockets,,,,,,2,,,,,,100,sshd,,,,,,,,,,/usr/sbin/sshd,2026-11"
     "-20T13:59:00.000+01:00,,1,opened,,root,0,,0,,,,,,,,,,,,,2026-11-20T14:01:02.000+01:0"
     "0\r\n"
     "1,after,,no other run of the same program had a socket in that time,,,,,,2,,,,,,100,"
     "sshd,,,,,,,,,,/usr/sbin/sshd,2026-11-20T13:59:00.000+01:00,,1,opened,,root,0,,0,,,,,"
     ",,,,,,,,2026-11-20T14:01:02.000+01:00\r\n"
     "1,coverage,,\"Around it: watched from 13:51:02 to 14:01:05, every 1s, except for 9 m"
     " 40 s; not watched: 13:51:02 to 14:00:00 (before the first sample), 14:00:19 to 14:0"
     "1:00 (service stopped), 14:01:04 to 14:01:05 (service stopped).\",,,,,,,,,,,,,,,,,,,"
     ",,,,,,,,,,,,,,,,,,,,,,,,,,2026-11-20T14:01:02.000+01:00\r\n"
     "1,coverage,,\"The sockets were looked at every 1s: one that was open for less may no"
     "t have been seen, and times are no more exact than that.\",,,,,,,,,,,,,,,,,,,,,,,,,,"
     ",,,,,,,,,,,,,,,,,,,2026-11-20T14:01:02.000+01:00\r\n"
     "1,seal,,\"The moment is sealed, and what the ledger says is as it was sealed. Checke"
     "d, without a key, was what was recorded from 14:01:00 to 14:01:02; what is older, su"
     "ch as a process that started before, and all of it with its key: portledger verify."
     "\",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,2026-11-20T14:01:02.000+01:00\r\n",
     ""},
    {"explain udp/53 --at 14:00:02 --around 2s --jsonl --ledger incident.db", EXIT_UNDECIDED,
     "{\"moment\":1,\"part\":\"question\",\"label\":\"question\",\"words\":\"UDP port 53 a"
     "t 2026-11-20 14:00:02 +01:00\",\"opened_at\":null,\"closed_at\":null,\"ending\":null"
     ",\"count\":null,\"interval\":null,\"instance\":null,\"module\":null,\"module_flags\""
     ":null,\"module_sha256\":null,\"module_verdict\":null,\"module_signer\":null,\"pid\":"
     "null,\"process\":null,\"attribution\":null,\"service\":null,\"service_basis\":null,"
     "\"protocol\":null,\"local_port\":null,\"local_address\":null,\"state\":null,\"remote"
     "_address\":null,\"remote_port\":null,\"path\":null,\"process_started_at\":null,\"cre"
     "ated_at\":null,\"parent_pid\":null,\"process_access\":null,\"parent_process\":null,"
     "\"user\":null,\"user_id\":null,\"integrity\":null,\"session\":null,\"denied\":null,"
     "\"left_out\":null,\"command_line\":null,\"image_status\":null,\"image_sha256\":null,"
     "\"image_version\":null,\"image_company\":null,\"image_build_id\":null,\"image_verdic"
     "t\":null,\"image_signature\":null,\"image_signer\":null,\"image_checked_at\":null,\""
     "at\":\"2026-11-20T14:00:02.000+01:00\"}\n"
     "{\"moment\":1,\"part\":\"question\",\"label\":\"source\",\"words\":\"Host not known,"
     " ledger xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; told at 2026-11-20 14:01:05 +01:00\","
     "\"opened_at\":null,\"closed_at\":null,\"ending\":null,\"count\":null,\"interval\":nu"
     "ll,\"instance\":null,\"module\":null,\"module_flags\":null,\"module_sha256\":null,\""
     "module_verdict\":null,\"module_signer\":null,\"pid\":null,\"process\":null,\"attribu"
     "tion\":null,\"service\":null,\"service_basis\":null,\"protocol\":null,\"local_port\""
     ":null,\"local_address\":null,\"state\":null,\"remote_address\":null,\"remote_port\":"
     "null,\"path\":null,\"process_started_at\":null,\"created_at\":null,\"parent_pid\":nu"
     "ll,\"process_access\":null,\"parent_process\":null,\"user\":null,\"user_id\":null,\""
     "integrity\":null,\"session\":null,\"denied\":null,\"left_out\":null,\"command_line\""
     ":null,\"image_status\":null,\"image_sha256\":null,\"image_version\":null,\"image_com"
     "pany\":null,\"image_build_id\":null,\"image_verdict\":null,\"image_signature\":null,"
     "\"image_signer\":null,\"image_checked_at\":null,\"at\":\"2026-11-20T14:00:02.000+01:"
     "00\"}\n"
     "{\"moment\":1,\"part\":\"question\",\"label\":\"answer\",\"words\":\"Held by an owne"
     "r that the system did not let the service see. The owner is not known for sure: see "
     "\\\"owner\\\" below.\",\"opened_at\":null,\"closed_at\":null,\"ending\":null,\"count"
     "\":null,\"interval\":null,\"instance\":null,\"module\":null,\"module_flags\":null,\""
     "module_sha256\":null,\"module_verdict\":null,\"module_signer\":null,\"pid\":null,\"p"
     "rocess\":null,\"attribution\":null,\"service\":null,\"service_basis\":null,\"protoco"
     "l\":null,\"local_port\":null,\"local_address\":null,\"state\":null,\"remote_address"
     "\":null,\"remote_port\":null,\"path\":null,\"process_started_at\":null,\"created_at"
     "\":null,\"parent_pid\":null,\"process_access\":null,\"parent_process\":null,\"user\""
     ":null,\"user_id\":null,\"integrity\":null,\"session\":null,\"denied\":null,\"left_ou"
     "t\":null,\"command_line\":null,\"image_status\":null,\"image_sha256\":null,\"image_v"
     "ersion\":null,\"image_company\":null,\"image_build_id\":null,\"image_verdict\":null,"
     "\"image_signature\":null,\"image_signer\":null,\"image_checked_at\":null,\"at\":\"20"
     "26-11-20T14:00:02.000+01:00\"}\n"
     "{\"moment\":1,\"part\":\"holder\",\"label\":null,\"words\":\"UDP 0.0.0.0:53, an owne"
     "r that the system did not let the service see\",\"opened_at\":\"2026-11-20T14:00:00."
     "000+01:00\",\"closed_at\":\"2026-11-20T14:00:19.000+01:00\",\"ending\":\"cut\",\"cou"
     "nt\":null,\"interval\":3,\"instance\":null,\"module\":null,\"module_flags\":null,\"m"
     "odule_sha256\":null,\"module_verdict\":null,\"module_signer\":null,\"pid\":null,\"pr"
     "ocess\":null,\"attribution\":\"denied\",\"service\":null,\"service_basis\":null,\"pr"
     "otocol\":\"UDP\",\"local_port\":53,\"local_address\":\"0.0.0.0\",\"state\":null,\"re"
     "mote_address\":null,\"remote_port\":null,\"path\":null,\"process_started_at\":null,"
     "\"created_at\":null,\"parent_pid\":null,\"process_access\":null,\"parent_process\":n"
     "ull,\"user\":null,\"user_id\":null,\"integrity\":null,\"session\":null,\"denied\":nu"
     "ll,\"left_out\":null,\"command_line\":null,\"image_status\":null,\"image_sha256\":nu"
     "ll,\"image_version\":null,\"image_company\":null,\"image_build_id\":null,\"image_ver"
     "dict\":null,\"image_signature\":null,\"image_signer\":null,\"image_checked_at\":null"
     ",\"at\":\"2026-11-20T14:00:02.000+01:00\"}\n"
     "{\"moment\":1,\"part\":\"holder\",\"label\":\"open\",\"words\":\"from 14:00:00 up to"
     " 14:00:19, 19 s; it was there when watching began: opened earlier; then watching end"
     "ed, not the socket\",\"opened_at\":\"2026-11-20T14:00:00.000+01:00\",\"closed_at\":"
     "\"2026-11-20T14:00:19.000+01:00\",\"ending\":\"cut\",\"count\":null,\"interval\":3,"
     "\"instance\":null,\"module\":null,\"module_flags\":null,\"module_sha256\":null,\"mod"
     "ule_verdict\":null,\"module_signer\":null,\"pid\":null,\"process\":null,\"attributio"
     "n\":\"denied\",\"service\":null,\"service_basis\":null,\"protocol\":\"UDP\",\"local_"
     "port\":53,\"local_address\":\"0.0.0.0\",\"state\":null,\"remote_address\":null,\"rem"
     "ote_port\":null,\"path\":null,\"process_started_at\":null,\"created_at\":null,\"pare"
     "nt_pid\":null,\"process_access\":null,\"parent_process\":null,\"user\":null,\"user_i"
     "d\":null,\"integrity\":null,\"session\":null,\"denied\":null,\"left_out\":null,\"com"
     "mand_line\":null,\"image_status\":null,\"image_sha256\":null,\"image_version\":null,"
     "\"image_company\":null,\"image_build_id\":null,\"image_verdict\":null,\"image_signat"
     "ure\":null,\"image_signer\":null,\"image_checked_at\":null,\"at\":\"2026-11-20T14:00"
     ":02.000+01:00\"}\n"
     "{\"moment\":1,\"part\":\"holder\",\"label\":\"owner\",\"words\":\"denied: somebody o"
     "wned it whom the service might not see\",\"opened_at\":\"2026-11-20T14:00:00.000+01:"
     "00\",\"closed_at\":\"2026-11-20T14:00:19.000+01:00\",\"ending\":\"cut\",\"count\":nu"
     "ll,\"interval\":3,\"instance\":null,\"module\":null,\"module_flags\":null,\"module_s"
     "ha256\":null,\"module_verdict\":null,\"module_signer\":null,\"pid\":null,\"process\""
     ":null,\"attribution\":\"denied\",\"service\":null,\"service_basis\":null,\"protocol"
     "\":\"UDP\",\"local_port\":53,\"local_address\":\"0.0.0.0\",\"state\":null,\"remote_a"
     "ddress\":null,\"remote_port\":null,\"path\":null,\"process_started_at\":null,\"creat"
     "ed_at\":null,\"parent_pid\":null,\"process_access\":null,\"parent_process\":null,\"u"
     "ser\":null,\"user_id\":null,\"integrity\":null,\"session\":null,\"denied\":null,\"le"
     "ft_out\":null,\"command_line\":null,\"image_status\":null,\"image_sha256\":null,\"im"
     "age_version\":null,\"image_company\":null,\"image_build_id\":null,\"image_verdict\":"
     "null,\"image_signature\":null,\"image_signer\":null,\"image_checked_at\":null,\"at\""
     ":\"2026-11-20T14:00:02.000+01:00\"}\n"
     "{\"moment\":1,\"part\":\"coverage\",\"label\":null,\"words\":\"Around it: watched fr"
     "om 14:00:00 to 14:00:04, every 1s, without a gap.\",\"opened_at\":null,\"closed_at\""
     ":null,\"ending\":null,\"count\":null,\"interval\":null,\"instance\":null,\"module\":"
     "null,\"module_flags\":null,\"module_sha256\":null,\"module_verdict\":null,\"module_s"
     "igner\":null,\"pid\":null,\"process\":null,\"attribution\":null,\"service\":null,\"s"
     "ervice_basis\":null,\"protocol\":null,\"local_port\":null,\"local_address\":null,\"s"
     "tate\":null,\"remote_address\":null,\"remote_port\":null,\"path\":null,\"process_sta"
     "rted_at\":null,\"created_at\":null,\"parent_pid\":null,\"process_access\":null,\"par"
     "ent_process\":null,\"user\":null,\"user_id\":null,\"integrity\":null,\"session\":nul"
     "l,\"denied\":null,\"left_out\":null,\"command_line\":null,\"image_status\":null,\"im"
     "age_sha256\":null,\"image_version\":null,\"image_company\":null,\"image_build_id\":n"
     "ull,\"image_verdict\":null,\"image_signature\":null,\"image_signer\":null,\"image_ch"
     "ecked_at\":null,\"at\":\"2026-11-20T14:00:02.000+01:00\"}\n"
     "{\"moment\":1,\"part\":\"coverage\",\"label\":null,\"words\":\"The sockets were look"
     "ed at every 1s: one that was open for less may not have been seen, and times are no "
     "more exact than that.\",\"opened_at\":null,\"closed_at\":null,\"ending\":null,\"coun"
     "t\":null,\"interval\":null,\"instance\":null,\"module\":null,\"module_flags\":null,"
     "\"module_sha256\":null,\"module_verdict\":null,\"module_signer\":null,\"pid\":null,"
     "\"process\":null,\"attribution\":null,\"service\":null,\"service_basis\":null,\"prot"
     "ocol\":null,\"local_port\":null,\"local_address\":null,\"state\":null,\"remote_addre"
     "ss\":null,\"remote_port\":null,\"path\":null,\"process_started_at\":null,\"created_a"
     "t\":null,\"parent_pid\":null,\"process_access\":null,\"parent_process\":null,\"user"
     "\":null,\"user_id\":null,\"integrity\":null,\"session\":null,\"denied\":null,\"left_"
     "out\":null,\"command_line\":null,\"image_status\":null,\"image_sha256\":null,\"image"
     "_version\":null,\"image_company\":null,\"image_build_id\":null,\"image_verdict\":nul"
     "l,\"image_signature\":null,\"image_signer\":null,\"image_checked_at\":null,\"at\":\""
     "2026-11-20T14:00:02.000+01:00\"}\n"
     "{\"moment\":1,\"part\":\"seal\",\"label\":null,\"words\":\"The moment is sealed, and"
     " what the ledger says is as it was sealed. Checked, without a key, was what was reco"
     "rded from 14:00:00 to 14:00:02; what is older, such as a process that started before"
     ", and all of it with its key: portledger verify.\",\"opened_at\":null,\"closed_at\":"
     "null,\"ending\":null,\"count\":null,\"interval\":null,\"instance\":null,\"module\":n"
     "ull,\"module_flags\":null,\"module_sha256\":null,\"module_verdict\":null,\"module_si"
     "gner\":null,\"pid\":null,\"process\":null,\"attribution\":null,\"service\":null,\"se"
     "rvice_basis\":null,\"protocol\":null,\"local_port\":null,\"local_address\":null,\"st"
     "ate\":null,\"remote_address\":null,\"remote_port\":null,\"path\":null,\"process_star"
     "ted_at\":null,\"created_at\":null,\"parent_pid\":null,\"process_access\":null,\"pare"
     "nt_process\":null,\"user\":null,\"user_id\":null,\"integrity\":null,\"session\":null"
     ",\"denied\":null,\"left_out\":null,\"command_line\":null,\"image_status\":null,\"ima"
     "ge_sha256\":null,\"image_version\":null,\"image_company\":null,\"image_build_id\":nu"
     "ll,\"image_verdict\":null,\"image_signature\":null,\"image_signer\":null,\"image_che"
     "cked_at\":null,\"at\":\"2026-11-20T14:00:02.000+01:00\"}\n",
     ""},
    /* golden end */
};

/* The output with the ledger's id taken out. The caller frees it. */
static char *without_id(const char *out)
{
    enum { ID = 36 };
    char *copy = text_copy(out);

    ck_assert_ptr_nonnull(copy);
    for (char *at = strstr(copy, ", ledger "); at != NULL; at = strstr(at + 1, ", ledger ")) {
        memset(at + strlen(", ledger "), 'x', ID);
    }
    return copy;
}

START_TEST(a_page_is_whole)
{
    char *out;

    ck_assert_int_eq(cli_run(pages[_i].line), (int)pages[_i].status);
    out = without_id(cli_out());
    ck_assert_str_eq(cli_error(), pages[_i].error);
    ck_assert_str_eq(out, pages[_i].out);
    free(out);
}
END_TEST

static void check_width(void)
{
    for (const char *line = cli_out(); *line != '\0';) {
        size_t size = strcspn(line, "\n");

        ck_assert_msg(text_columns(line, size) <= 78, "%.*s", (int)size, line);
        line += size + (line[size] == '\n' ? 1 : 0);
    }
}

START_TEST(a_page_has_no_line_of_more_than_78_columns)
{
    cli_run("explain 4444 --at 14:00:08 --ledger incident.db");
    check_width();
}
END_TEST

/* One word of 3,000 characters, and then words for as long again. */
START_TEST(a_long_command_line_is_cut_and_that_is_said)
{
    support_run_sql(incident_path,
                    "UPDATE process SET command_line = replace(hex(zeroblob(1500)), '00', 'xy')"
                    " || replace(hex(zeroblob(600)), '00', ' long') WHERE pid = 4321");
    cli_run("explain 4444 --at 14:00:08 --ledger incident.db --with-command-lines");
    CHECK_CONTAINS(cli_out(), " more bytes: --json has");
    ck_assert_uint_lt(strlen(cli_out()), 6000);
    check_width();
    support_run_sql(incident_path, "UPDATE process SET command_line ="
                                   " replace(hex(zeroblob(1500)), '00', 'a b ') WHERE pid = 4321");
    cli_run("explain 4444 --at 14:00:08 --ledger incident.db --with-command-lines");
    CHECK_CONTAINS(cli_out(), " more bytes: --json has");
    check_width();
}
END_TEST

START_TEST(a_page_holds_nothing_that_a_terminal_acts_upon)
{
    cli_run("explain 4444 --at 14:00:08 --ledger incident.db");
    for (const char *c = cli_out(); *c != '\0'; c++) {
        ck_assert_msg(*c == '\n' || (unsigned char)*c >= ' ', "%d", *c);
    }
    ck_assert_ptr_null(strstr(cli_out(), "\xe2\x80\xae"));
    CHECK_CONTAINS(cli_out(), "\\u{202E}");
}
END_TEST

#define EVIL "explain 4444 --at 14:00:08 --ledger incident.db"

START_TEST(command_lines_are_told_only_where_that_is_asked)
{
    cli_run(EVIL);
    ck_assert_ptr_null(strstr(cli_out(), "--password"));
    cli_run(EVIL " --all");
    ck_assert_ptr_null(strstr(cli_out(), "--password"));
    cli_run(EVIL " --jsonl");
    ck_assert_ptr_null(strstr(cli_out(), "--password"));
    cli_run(EVIL " --with-command-lines");
    CHECK_CONTAINS(cli_out(), "called as evil \\x1B[2J --password=***");
    CHECK_CONTAINS(cli_out(), "called as sshd -D"); /* of who started it */
}
END_TEST

START_TEST(secrets_in_command_lines_are_masked)
{
    cli_run(EVIL " --with-command-lines");
    CHECK_CONTAINS(cli_out(), "--password=***");
    ck_assert_ptr_null(strstr(cli_out(), "secret"));
    cli_run(EVIL " --with-command-lines --jsonl");
    CHECK_CONTAINS(cli_out(), "--password=***\",\"image_status");
    ck_assert_ptr_null(strstr(cli_out(), "secret"));
    cli_run(EVIL " --with-command-lines --with-secrets");
    CHECK_CONTAINS(cli_out(), "--password=secret");
    cli_run(EVIL " --with-command-lines --with-secrets --jsonl");
    CHECK_CONTAINS(cli_out(), "--password=secret\",\"image_status");
}
END_TEST

START_TEST(wishes_about_command_lines_that_exclude_each_other_are_refused)
{
    ck_assert_int_eq(cli_run(EVIL " --with-secrets"), EXIT_USAGE);
    CHECK_CONTAINS(cli_error(), "--with-secrets goes with --with-command-lines");
    ck_assert_int_eq(cli_run(EVIL " --with-command-lines --no-command-lines"), EXIT_USAGE);
    CHECK_CONTAINS(cli_error(), "exclude each other");
}
END_TEST

/* Another process has the socket of "=evil", too, from 14:00:06 on. */
static void share_socket(const char *pid, const char *lasted)
{
    struct text sql = {0};

    text_addf(&sql,
              "UPDATE interval SET (opened_at, lasted, kind, local_address, local_port,"
              " remote_address, remote_port, process) = (SELECT opened_at + 1000, %s, kind,"
              " local_address, local_port, NULL, NULL, (SELECT id FROM process WHERE pid = %s)"
              " FROM interval WHERE local_port = 4444) WHERE local_port = 40000",
              lasted, pid);
    support_run_sql(incident_path, text_bytes(&sql));
    text_clear(&sql);
}

START_TEST(all_who_hold_a_socket_are_named_at_once)
{
    share_socket("100", "9000");
    ck_assert_int_eq(cli_run(EVIL), EXIT_YES);
    CHECK_CONTAINS(cli_out(), "Held by =evil\\x1B[31m (pid 4321), exact; sshd (pid 100), exact.");
    CHECK_CONTAINS(cli_out(), "LISTENING, =evil\\x1B[31m (pid 4321), sshd (pid 100)\n");
    CHECK_CONTAINS(cli_out(), "    by        sshd (pid 100): one of the owners\n");
    ck_assert_ptr_null(strstr(cli_out(), "lives on"));
    /* The chain of the one is a part of the other's. */
    ck_assert_ptr_null(strstr(strstr(cli_out(), "systemd (pid 1)") + 1, "systemd (pid 1)"));
}
END_TEST

START_TEST(processes_of_one_program_are_told_of_once)
{
    share_socket("901", "9000");
    support_run_sql(incident_path, "UPDATE process SET (name, path) = (SELECT name, path FROM"
                                   " process WHERE pid = 4321), user = (SELECT user FROM process"
                                   " WHERE pid = 4321) WHERE pid = 901");
    ck_assert_int_eq(cli_run(EVIL), EXIT_YES);
    CHECK_CONTAINS(cli_out(), "Held by =evil\\x1B[31m (pids 4321, 901), exact.");
    ck_assert_ptr_null(strstr(strstr(cli_out(), "    program ") + 1, "    program "));
    /* Unless they were called in two ways, and that is told. */
    ck_assert_int_eq(cli_run(EVIL " --with-command-lines"), EXIT_YES);
    ck_assert_ptr_nonnull(strstr(strstr(cli_out(), "    program ") + 1, "    program "));
}
END_TEST

START_TEST(a_socket_that_was_handed_on_is_not_told_as_closed)
{
    share_socket("100", "12000");
    cli_run("explain 4444 --at 14:00:05 --ledger incident.db");
    CHECK_CONTAINS(cli_out(),
                   "to 14:00:15, 10 s; it lives on: held by sshd (pid\n              100)");
    cli_run("explain 4444 --at 14:00:16 --ledger incident.db");
    CHECK_CONTAINS(cli_out(), "Held by sshd (pid 100), exact.");
    CHECK_CONTAINS(cli_out(),
                   "it is older: held before by\n              =evil\\x1B[31m (pid 4321)");
}
END_TEST

START_TEST(a_page_is_short_and_all_of_it_is_to_be_had)
{
    const char *sha256 = "ee00000000000000000000000000000000000000000000000000000000000000";

    cli_run(EVIL);
    ck_assert_ptr_null(strstr(cli_out(), sha256));
    cli_run(EVIL " --all");
    CHECK_CONTAINS(cli_out(), sha256);
    CHECK_CONTAINS(cli_out(), "    program   /usr/sbin/sshd\n");
    check_width();
    cli_run(EVIL " --jsonl");
    CHECK_CONTAINS(cli_out(), sha256);
}
END_TEST

/* The exit status is the answer. */
static const struct {
    const char *line;
    enum exit_status status;
    const char *says;
} answers[] = {
    {"explain 4444 --at 14:00:08", EXIT_YES, "Held by =evil"},
    {"explain 127.0.0.1:4444 --at 14:00:08", EXIT_YES, "Held by =evil"},
    {"explain 10.0.0.1:4444 --at 14:00:08", EXIT_NO, "Nothing was there"},
    {"explain tcp/4444 --at 14:00:08", EXIT_YES, "Held by =evil"},
    {"explain udp/4444 --at 14:00:08", EXIT_NO, "Nothing was there"},
    {"explain 4444 --at 14:00:04", EXIT_NO, "after: TCP 127.0.0.1:4444 LISTENING, =evil"},
    {"explain 4444 --at 14:00:15", EXIT_NO, "before: TCP 127.0.0.1:4444 LISTENING, =evil"},
    {"explain 10.9.9.9:22 --at 14:00:08", EXIT_YES, "Held by sshd"},
    {"explain 443 --at 14:00:08", EXIT_YES, "Not held here; connected to it: =evil"},
    {"explain 203.0.113.7:443 --at 14:00:08", EXIT_YES, "Not held here; connected to it: =evil"},
    {"explain 10.0.0.1:22-10.0.0.9:50000 --at 14:00:08", EXIT_YES, "Held by sshd"},
    {"explain tcp/10.0.0.9:50000-10.0.0.1:22 --at 14:00:08", EXIT_YES, "Held by sshd"},
    {"explain 10.0.0.1:22-10.0.0.9:50001 --at 14:00:08", EXIT_NO, "Nothing was there"},
    {"explain 5353 --at 14:00:12", EXIT_YES, "notice    misplaced: this is a name"},
    {"explain 53 --at 14:00:08", EXIT_UNDECIDED, "denied: somebody owned it"},
    {"explain 4444 --at 14:00:30", EXIT_UNDECIDED, "service stopped; the last sample before it"},
    {"explain 22", EXIT_YES, "14:01:05"}, /* the newest stored moment, which is long ago */
    {"explain 5555", EXIT_NO, "Nothing was there, and the moment was watched."},
    {"explain 4444 --at 13:00", EXIT_UNDECIDED, "the first one after it is of 2026-11-20"},
};

START_TEST(the_exit_status_is_the_answer)
{
    struct text line = {0};

    text_addf(&line, "%s --ledger %s", answers[_i].line, incident_path);
    ck_assert_int_eq(cli_run(text_bytes(&line)), (int)answers[_i].status);
    CHECK_CONTAINS(cli_out(), answers[_i].says);
    text_clear(&line);
}
END_TEST

/* The clock was set back: nobody can say which of the two was meant. */
START_TEST(a_time_that_happened_twice_has_two_pages)
{
    incident_repeat();
    ck_assert_int_eq(cli_run("explain 4444 --at 14:00:08 --ledger incident.db"), EXIT_UNDECIDED);
    CHECK_CONTAINS(cli_out(), "Held by =evil");
    CHECK_CONTAINS(cli_out(), "Nothing was there, and the moment was watched.");
    CHECK_CONTAINS(cli_error(), "14:00:08 was 2 moments, because the clock was set back");
    /* Both have it: then it does not matter which one was meant. */
    ck_assert_int_eq(cli_run("explain 22 --at 14:00:08 --ledger incident.db --jsonl"), EXIT_YES);
    CHECK_CONTAINS(cli_out(), "{\"moment\":1,\"part\":\"question\"");
    CHECK_CONTAINS(cli_out(), "{\"moment\":2,\"part\":\"question\"");
}
END_TEST

START_TEST(what_was_dropped_is_not_nothing)
{
    support_run_sql(incident_path, "INSERT INTO application VALUES (-1, 0, 0, 1, 1795179610000)");
    ck_assert_int_eq(cli_run("explain 5555 --at 14:00:08 --ledger incident.db"), EXIT_UNDECIDED);
    CHECK_CONTAINS(cli_out(), "but a part of what was seen then has been");
    CHECK_CONTAINS(cli_out(), "older than the ledger keeps");
    ck_assert_int_eq(cli_run("explain 5555 --at 14:00:12 --ledger incident.db"), EXIT_NO);
}
END_TEST

START_TEST(an_edit_of_the_moment_is_told)
{
    support_run_sql(incident_path, "UPDATE interval SET local_port = 4445 WHERE local_port = 4444");
    ck_assert_int_eq(cli_run("explain 4445 --at 14:00:08 --ledger incident.db"), EXIT_YES);
    CHECK_CONTAINS(cli_out(), "The ledger was changed");
}
END_TEST

/* After a crash sqlite3 moves the log in: the ledger is whole then, and a torn one looks the same.
 */
START_TEST(a_log_that_is_not_there_may_have_been_moved_in)
{
    support_run_sql(incident_path, "UPDATE stretch SET ended = 0 WHERE id ="
                                   " (SELECT max(id) FROM stretch)");
    cli_run("explain 22 --at 14:00:08 --ledger incident.db");
    CHECK_CONTAINS(cli_error(), "has no incident.db-wal: either sqlite3 has moved it in, or the "
                                "file was copied without it, and then the newest part is missing");
}
END_TEST

START_TEST(other_runs_of_the_program_are_counted)
{
    support_run_sql(incident_path,
                    "UPDATE process SET path = (SELECT path FROM process WHERE pid = 900)"
                    " WHERE pid = 901");
    cli_run("explain 135 --at 14:00:08 --ledger incident.db");
    CHECK_CONTAINS(cli_out(), "1 other run of the same program had 1 socket in that time");
    cli_run("explain 22 --at 14:00:08 --ledger incident.db");
    CHECK_CONTAINS(cli_out(), "no other run of the same program had a socket in that time");
}
END_TEST

static const struct {
    const char *word;
    bool right;
    int protocol;
    uint16_t ports[2]; /* the second 0: one end */
} words[] = {
    {"4444", true, 0, {4444}},
    {"65535", true, 0, {65535}},
    {"tcp/80", true, SOCKET_TCP, {80}},
    {"UDP/53", true, SOCKET_UDP, {53}},
    {"53/udp", true, SOCKET_UDP, {53}},
    {"*:22", true, 0, {22}},
    {"10.0.0.5:4444", true, 0, {4444}},
    {"[::1]:4444", true, 0, {4444}},
    {"[fe80::1%3]:4444", true, 0, {4444}},
    {"tcp/10.0.0.1:5555-10.0.0.2:443", true, SOCKET_TCP, {5555, 443}},
    {"[::1]:1-[::2]:2", true, 0, {1, 2}},
    {"80-443", true, 0, {80, 443}},
    {"", false, 0, {0}},
    {"0", false, 0, {0}},
    {"65536", false, 0, {0}},
    {"99999999999999999999", false, 0, {0}},
    {"http", false, 0, {0}},
    {"tcp/", false, 0, {0}},
    {"/tcp", false, 0, {0}},
    {"10.0.0.5", false, 0, {0}},
    {"10.0.0.5:", false, 0, {0}},
    {"10.0.0.0/8:80", false, 0, {0}},
    {":80", false, 0, {0}},
    {"::1:80", false, 0, {0}},
    {"[::1]80", false, 0, {0}},
    {"[]:80", false, 0, {0}},
    {"[:80", false, 0, {0}},
    {"80-", false, 0, {0}},
    {"-80", false, 0, {0}},
    {"1-2-3", false, 0, {0}},
};

START_TEST(a_word_is_a_port_an_end_or_a_connection)
{
    struct explain_target target;
    struct failure why = {0};

    ck_assert_int_eq(explain_target_parse(words[_i].word, &target, &why), words[_i].right);
    if (!words[_i].right) {
        ck_assert_int_eq(why.kind, FAILURE_USAGE);
        CHECK_CONTAINS(why.text, "the forms are");
        return;
    }
    ck_assert_int_eq(target.protocol, words[_i].protocol);
    ck_assert_int_eq(target.ends[0].port, words[_i].ports[0]);
    ck_assert_int_eq(target.count, words[_i].ports[1] == 0 ? 1 : 2);
    ck_assert_int_eq(target.ends[1].port, words[_i].ports[1]);
}
END_TEST

START_TEST(gaps_beyond_the_first_three_are_counted)
{
    struct ledger_coverage_gap gaps[5];
    struct ledger_coverage coverage = {
        .until = 100000, .watched = 95000, .interval = 1000, .gaps = gaps, .gap_count = 4};
    struct text told = {0};

    for (int i = 0; i < 5; i++) {
        gaps[i] = (struct ledger_coverage_gap){
            .from_at = i * 10000, .until_at = i * 10000 + 1000, .reason = "paused"};
    }
    coverage_add_words(&told, &coverage, TIME_ZONE_UTC);
    CHECK_CONTAINS(text_bytes(&told), " and 1 more gap; portledger status --gaps");
    text_reset(&told);
    coverage.gap_count = 5;
    coverage_add_words(&told, &coverage, TIME_ZONE_UTC);
    CHECK_CONTAINS(text_bytes(&told), " and 2 more gaps; portledger status --gaps");
    text_clear(&told);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("explain");
    TCase *page = tcase_create("page");
    TCase *word = tcase_create("word");

    tcase_add_checked_fixture(page, incident_record, incident_clear);
    tcase_add_loop_test(page, a_page_is_whole, 0, sizeof(pages) / sizeof(pages[0]));
    tcase_add_test(page, a_page_has_no_line_of_more_than_78_columns);
    tcase_add_test(page, a_long_command_line_is_cut_and_that_is_said);
    tcase_add_test(page, a_page_holds_nothing_that_a_terminal_acts_upon);
    tcase_add_test(page, secrets_in_command_lines_are_masked);
    tcase_add_test(page, command_lines_are_told_only_where_that_is_asked);
    tcase_add_test(page, wishes_about_command_lines_that_exclude_each_other_are_refused);
    tcase_add_test(page, all_who_hold_a_socket_are_named_at_once);
    tcase_add_test(page, processes_of_one_program_are_told_of_once);
    tcase_add_test(page, a_socket_that_was_handed_on_is_not_told_as_closed);
    tcase_add_test(page, a_page_is_short_and_all_of_it_is_to_be_had);
    tcase_add_test(page, a_time_that_happened_twice_has_two_pages);
    tcase_add_test(page, what_was_dropped_is_not_nothing);
    tcase_add_test(page, an_edit_of_the_moment_is_told);
    tcase_add_test(page, a_log_that_is_not_there_may_have_been_moved_in);
    tcase_add_test(page, other_runs_of_the_program_are_counted);
    tcase_add_loop_test(page, the_exit_status_is_the_answer, 0,
                        sizeof(answers) / sizeof(answers[0]));
    suite_add_tcase(suite, page);
    tcase_add_loop_test(word, a_word_is_a_port_an_end_or_a_connection, 0,
                        sizeof(words) / sizeof(words[0]));
    tcase_add_test(word, gaps_beyond_the_first_three_are_counted);
    suite_add_tcase(suite, word);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
