/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "probes/ports.h"
#include "reportcli/portqry.h"
#include "reportcli/portqry_answer.h"
#include "reportcli/portqry_interactive.h"
#include "reportcli/portqry_options.h"
#include "reportcli/portqry_words.h"
#include "tests/fake_engine.h"
#include "tests/support.h"

enum { MOST_WORDS = 20 };

static struct {
    struct portqry_options options;
    struct portqry_session session;
    struct port_list ports;
    struct outcome outcome;
    struct text text;
    struct failure why;
    char *line;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
}

static void close_fixture(void)
{
    portqry_options_clear(&fixture.options);
    portqry_session_clear(&fixture.session);
    port_list_clear(&fixture.ports);
    outcome_clear(&fixture.outcome);
    text_clear(&fixture.text);
    free(fixture.line);
}

static bool read_line(const char *line)
{
    static char name[] = "portqry";
    char *argv[MOST_WORDS + 2] = {name};
    int argc = 1;
    char *next;

    free(fixture.line);
    fixture.line = text_copy(line);
    ck_assert_ptr_nonnull(fixture.line);
    for (next = fixture.line; *next != '\0' && argc <= MOST_WORDS;) {
        argv[argc++] = next;
        next += strcspn(next, " ");
        if (*next != '\0') {
            *next++ = '\0';
        }
    }
    return portqry_options_read(&fixture.options, argc, argv, &fixture.why);
}

/* "tcp/80,udp/80". */
static void add_ports(const struct port_list *list)
{
    text_reset(&fixture.text);
    for (size_t i = 0; i < list->count; i++) {
        text_addf(&fixture.text, "%s%s/%u", i > 0 ? "," : "",
                  list->items[i].transport == PROBE_TCP ? "tcp" : "udp", list->items[i].port);
    }
}

/* The articles' own examples among them. */
static const struct {
    const char *line;
    enum portqry_mode mode;
    const char *ports;
} lines[] = {
    {"-n myserver", PORTQRY_REMOTE, "tcp/80"},
    {"-n 192.168.1.20 -p both", PORTQRY_REMOTE, "tcp/80,udp/80"},
    {"-n 192.168.1.20 -p both -e 60897", PORTQRY_REMOTE, "tcp/60897,udp/60897"},
    {"-n myserver -p udp -e 139", PORTQRY_REMOTE, "udp/139"},
    {"-n mail.example.com -p tcp -o 143,110,25", PORTQRY_REMOTE, "tcp/143,tcp/110,tcp/25"},
    {"-n h -p both -o 100,1000", PORTQRY_REMOTE, "tcp/100,udp/100,tcp/1000,udp/1000"},
    {"-n h -p udp -r 135;139", PORTQRY_REMOTE, "udp/135,udp/136,udp/137,udp/138,udp/139"},
    {"-n h -r 10:12", PORTQRY_REMOTE, "tcp/10,tcp/11,tcp/12"},
    {"-n h -r 65534-65535", PORTQRY_REMOTE, "tcp/65534,tcp/65535"},
    {"-n h -P UDP -E 53", PORTQRY_REMOTE, "udp/53"},
    {"-n h -e 443 -nr -l pqlog.txt -q", PORTQRY_REMOTE, "tcp/443"},
    {"-n h -p udp -e 161 -cn !secure123!", PORTQRY_REMOTE, "udp/161"},
    {"-p udp -e 53 -sp 3001 -n h", PORTQRY_REMOTE, "udp/53"},
    {"-n h -p tcp -o 143,110 -s -nr", PORTQRY_REMOTE, "tcp/143,tcp/110"},
    {"/n h /p udp /e 53 /i /s /l log.txt", PORTQRY_REMOTE, "udp/53"},
    {"/n h /r 1:2 /q", PORTQRY_REMOTE, NULL},
    {"-i", PORTQRY_INTERACTIVE, "tcp/80"},
    {"-i -e 53 -n 192.168.1.20 -p both -sp 2030", PORTQRY_INTERACTIVE, "tcp/53,udp/53"},
    {"-local", PORTQRY_LOCAL, "tcp/80"},
    {"-local -v -q -l log.txt -y", PORTQRY_LOCAL, "tcp/80"},
    {"-wport 2203 -v -wt 30 -l test.txt", PORTQRY_WATCH_PORT, "tcp/80"},
    {"-wpid 1276 -wt 1200", PORTQRY_WATCH_PID, "tcp/80"},
    {"-?", PORTQRY_HELP, "tcp/80"},
    {"/?", PORTQRY_HELP, "tcp/80"},
    {"--help", PORTQRY_HELP, "tcp/80"},
    {"", PORTQRY_HELP, "tcp/80"},
};

START_TEST(a_command_line_is_read)
{
    bool done = read_line(lines[_i].line);

    if (lines[_i].ports == NULL) {
        CHECK_FAILED(done, FAILURE_USAGE, fixture.why);
        return;
    }
    ck_assert_msg(done, "%s: %s", lines[_i].line, fixture.why.text);
    ck_assert_int_eq(fixture.options.mode, lines[_i].mode);
    CHECK_DONE(portqry_options_add_ports(&fixture.options, &fixture.ports, &fixture.why),
               fixture.why);
    add_ports(&fixture.ports);
    ck_assert_str_eq(text_bytes(&fixture.text), lines[_i].ports);
}
END_TEST

static const char *const refused[] = {
    "-e 80",
    "-n",
    "-n h -e 0",
    "-n h -e 65536",
    "-n h -e 8o",
    "-n h -e +80",
    "-n h -e 80 -o 1,2",
    "-n h -e 80 -r 1:2",
    "-n h -o 1,2 -r 1:2",
    "-n h -o 1,",
    "-n h -o 1,,2",
    "-n h -o ,",
    "-n h -r 10:10",
    "-n h -r 20:10",
    "-n h -r 10",
    "-n h -r 10:",
    "-n h -r :10",
    "-n h -r 1:2:3",
    "-n h -p icmp",
    "-n h -sp 65536",
    "-n h -cn public",
    "-n h -cn !!",
    "-n h -cn !",
    "-n h -wt 5",
    "-n h -q -o 1,2",
    "-n h -q -r 1:2",
    "-n h -q -p both",
    "-n h extra",
    "-n h -x",
    "-n h -",
    "h",
    "-local -wport 80",
    "-local -wpid 80",
    "-wport 80 -wpid 1",
    "-local -wt 5",
    "-local -n h",
    "-local -i",
    "-wport 0",
    "-wport 80 -wt 0",
    "-wport 80 -wt 1201",
    "-wpid x",
    "-i -o 1,2",
    "-i -l log.txt",
};

START_TEST(what_portqry_would_not_take_is_refused)
{
    CHECK_FAILED(read_line(refused[_i]), FAILURE_USAGE, fixture.why);
}
END_TEST

START_TEST(every_option_gets_where_it_belongs)
{
    CHECK_DONE(read_line("-n h -sp 2030 -sl -nr -cn !a!b! -l x.txt -y -q -v"), fixture.why);
    ck_assert_str_eq(fixture.options.host, "h");
    ck_assert_uint_eq(fixture.options.source_port, 2030);
    ck_assert(fixture.options.slow && fixture.options.no_reverse && fixture.options.overwrite &&
              fixture.options.quiet && fixture.options.verbose);
    ck_assert_str_eq(fixture.options.community, "a!b");
    ck_assert_str_eq(fixture.options.log, "x.txt");
    portqry_options_clear(&fixture.options);
    CHECK_DONE(read_line("/n h /i"), fixture.why);
    ck_assert(fixture.options.no_reverse && fixture.options.mode == PORTQRY_REMOTE);
    CHECK_DONE(read_line("/n h /s"), fixture.why);
    ck_assert(fixture.options.slow);
    CHECK_DONE(read_line("-wport 80"), fixture.why);
    ck_assert_uint_eq(fixture.options.seconds, 60);
}
END_TEST

static const struct {
    const char *program;
    bool is_named;
} programs[] = {
    {"portqry", true},        {"PORTQRY.EXE", true}, {"C:\\Tools\\PortQry.exe", true},
    {"./portqry", true},      {"portledger", false}, {"C:\\portqry\\portledger.exe", false},
    {"portqryui.exe", false}, {"xportqry", false},   {"", false},
};

START_TEST(the_name_of_the_program_decides)
{
    ck_assert_int_eq(portqry_is_named(programs[_i].program), programs[_i].is_named);
}
END_TEST

static const struct {
    const char *line;
    enum portqry_wish wish;
    const char *ports; /* NULL: none */
} commands_typed[] = {
    {"", PORTQRY_WISH_NOTHING, NULL},
    {"help", PORTQRY_WISH_HELP, NULL},
    {"EXIT", PORTQRY_WISH_EXIT, NULL},
    {"n 10.0.1.10", PORTQRY_WISH_NODE, NULL},
    {"node dc1", PORTQRY_WISH_NODE, NULL},
    {"n", PORTQRY_WISH_BAD_VALUE, NULL},
    {"query", PORTQRY_WISH_QUERY, "tcp/80"},
    {"q", PORTQRY_WISH_QUERY, "tcp/80"},
    {"  q   dns  ", PORTQRY_WISH_QUERY, "tcp/53,udp/53"},
    {"q ftp", PORTQRY_WISH_QUERY, "tcp/21"},
    {"q imap", PORTQRY_WISH_QUERY, "tcp/143"},
    {"q ipsec", PORTQRY_WISH_QUERY, "udp/500"},
    {"q isa", PORTQRY_WISH_QUERY, "tcp/1745,udp/1745"},
    {"q ldap", PORTQRY_WISH_QUERY, "tcp/389,udp/389"},
    {"q l2tp", PORTQRY_WISH_QUERY, "udp/1701"},
    {"q mail", PORTQRY_WISH_QUERY, "tcp/25,tcp/110,tcp/143"},
    {"q pop3", PORTQRY_WISH_QUERY, "tcp/110"},
    {"query RPC", PORTQRY_WISH_QUERY, "tcp/135,udp/135"},
    {"q smtp", PORTQRY_WISH_QUERY, "tcp/25"},
    {"q snmp", PORTQRY_WISH_QUERY, "udp/161"},
    {"q sql", PORTQRY_WISH_QUERY, "tcp/1433,udp/1434"},
    {"q tftp", PORTQRY_WISH_QUERY, "udp/69"},
    {"q gopher", PORTQRY_WISH_BAD_COMMAND, NULL},
    {"set all", PORTQRY_WISH_SHOW, NULL},
    {"set port=53", PORTQRY_WISH_NOTHING, NULL},
    {"set e=53", PORTQRY_WISH_NOTHING, NULL},
    {"set port=0", PORTQRY_WISH_BAD_VALUE, NULL},
    {"set port=", PORTQRY_WISH_BAD_VALUE, NULL},
    {"set port", PORTQRY_WISH_BAD_VALUE, NULL},
    {"set sp=0", PORTQRY_WISH_NOTHING, NULL},
    {"set sport = 3001 ", PORTQRY_WISH_NOTHING, NULL},
    {"set p=both", PORTQRY_WISH_NOTHING, NULL},
    {"set protocol=icmp", PORTQRY_WISH_BAD_VALUE, NULL},
    {"set cn=secure123", PORTQRY_WISH_NOTHING, NULL},
    {"set nr", PORTQRY_WISH_NOTHING, NULL},
    {"set sl", PORTQRY_WISH_NOTHING, NULL},
    {"set nr=1", PORTQRY_WISH_BAD_VALUE, NULL},
    {"set x=1", PORTQRY_WISH_BAD_VALUE, NULL},
    {"set", PORTQRY_WISH_BAD_VALUE, NULL},
    {"quack", PORTQRY_WISH_BAD_COMMAND, NULL},
};

static enum portqry_wish type(const char *line)
{
    enum portqry_wish wish;
    const char *word;

    free(fixture.line);
    fixture.line = text_copy(line);
    ck_assert_ptr_nonnull(fixture.line);
    port_list_clear(&fixture.ports);
    CHECK_DONE(portqry_session_read(&fixture.session, fixture.line, &wish, &fixture.ports, &word,
                                    &fixture.why),
               fixture.why);
    return wish;
}

static void begin_session(void)
{
    fixture.session.port = 80;
    fixture.session.transports = PORTS_TCP;
}

START_TEST(a_typed_line_means_what_it_says)
{
    begin_session();
    ck_assert_int_eq(type(commands_typed[_i].line), commands_typed[_i].wish);
    add_ports(&fixture.ports);
    ck_assert_str_eq(text_bytes(&fixture.text),
                     commands_typed[_i].ports != NULL ? commands_typed[_i].ports : "");
}
END_TEST

START_TEST(options_that_were_set_count_and_bad_ones_do_not)
{
    begin_session();
    type("set port=53");
    type("set p=BOTH");
    type("set port=99999");
    type("set p=x");
    ck_assert_int_eq(type("q"), PORTQRY_WISH_QUERY);
    add_ports(&fixture.ports);
    ck_assert_str_eq(text_bytes(&fixture.text), "tcp/53,udp/53");
    type("set sport=3001");
    ck_assert_uint_eq(fixture.session.source_port, 3001);
    type("set nr");
    ck_assert(fixture.session.no_reverse);
    type("set nr");
    ck_assert(!fixture.session.no_reverse);
    type("set sl");
    ck_assert(fixture.session.slow);
    type("set cn=a=b");
    ck_assert_str_eq(text_bytes(&fixture.session.community), "a=b");
    type("n dc1");
    ck_assert_str_eq(text_bytes(&fixture.session.node), "dc1");
}
END_TEST

/* Plays a reply, and says what came of it. */
static const char *say_reply(const char *name, uint16_t port, const void *bytes, size_t size)
{
    struct fake_engine engine;
    const struct protocol *protocol = protocol_find(name);
    const struct portqry_special *special = portqry_special_find(protocol);

    ck_assert_ptr_nonnull(special);
    fake_engine_open(&engine, protocol, PROBE_UDP);
    fake_engine_begin(&engine);
    ck_assert_int_eq(fake_engine_datagram(&engine, bytes, size), PROTOCOL_ANSWERED);
    answer_append(&fixture.outcome.answer, &engine.talk.answer);
    fake_engine_close(&engine);
    fixture.outcome.transport = PROBE_UDP;
    fixture.outcome.port = port;
    fixture.outcome.status = PROBE_LISTENING;
    fixture.outcome.ask.cause = PROBE_ANSWERED;
    text_reset(&fixture.text);
    portqry_answer_add(&fixture.text, special, &fixture.outcome, "public");
    return text_bytes(&fixture.text);
}

START_TEST(instances_of_sql_server_are_told_as_in_the_article)
{
    static const char reply[] =
        "ServerName;SQL-Server1;InstanceName;MSSQLSERVER;IsClustered;No;Version;8.00.194;"
        "tcp;1433;np;\\SQL-Server1\\pipe\\sql\\query;;"
        "ServerName;SQL-Server1;InstanceName;B;IsClustered;Yes;rpc;x;;";
    uint8_t bytes[sizeof(reply) + 2] = {0x05, sizeof(reply) - 1, 0};

    memcpy(bytes + 3, reply, sizeof(reply) - 1);
    ck_assert_str_eq(say_reply("sqlbrowser", 1434, bytes, sizeof(reply) - 1 + 3),
                     "Sending SQL Server query to UDP port 1434...\n"
                     "\n"
                     "Server's response:\n"
                     "\n"
                     "ServerName SQL-Server1\n"
                     "InstanceName MSSQLSERVER\n"
                     "IsClustered No\n"
                     "Version 8.00.194\n"
                     "tcp 1433\n"
                     "np \\SQL-Server1\\pipe\\sql\\query\n"
                     "\n"
                     "ServerName SQL-Server1\n"
                     "InstanceName B\n"
                     "IsClustered Yes\n"
                     "rpc x\n"
                     "\n"
                     "==== End of SQL Server query response ====\n"
                     "\n"
                     "UDP port 1434 is LISTENING\n");
}
END_TEST

START_TEST(a_netbios_node_is_told_by_its_mac)
{
    size_t size;
    void *bytes = fake_engine_fixture("probes/netbios-samba-status.bin", &size);

    ck_assert_str_eq(say_reply("netbios", 137, bytes, size),
                     "Using ephemeral source port\n"
                     "Attempting NETBIOS adapter status query to UDP port 137...\n"
                     "\n"
                     "Server's response: MAC address f027fd94117f\n"
                     "UDP port: LISTENING\n");
    free(bytes);
}
END_TEST

static const struct answer_field made_fields[] = {
    {.name = "uuid"},     {.name = "version"},
    {.name = "protocol"}, {.name = "address"},
    {.name = "endpoint"}, {.name = "annotation"},
    {.name = "result"},   {.name = "attribute"},
    {.name = "value"},    {.name = "supported_features"},
};

/* Adds a value of a field above. */
static void make(const char *name, const char *value)
{
    for (int i = 0; i < COUNT_OF(made_fields); i++) {
        if (strcmp(made_fields[i].name, name) == 0) {
            answer_add_string(&fixture.outcome.answer, &made_fields[i], value);
            return;
        }
    }
    ck_abort_msg("there is no field %s", name);
}

static void make_endpoint(const char *protocol, const char *address, const char *endpoint)
{
    answer_begin_item(&fixture.outcome.answer, "endpoint");
    make("uuid", "d95afe70-a6d5-4259-822e-2c84da1ddb0d");
    make("version", "1.0");
    make("protocol", protocol);
    if (address != NULL) {
        make("address", address);
    }
    make("endpoint", endpoint);
    answer_end_item(&fixture.outcome.answer);
}

/* Servers of today bind to all of their addresses; PortQry shows what -n was given. */
START_TEST(an_endpoint_of_any_address_is_at_the_host)
{
    fixture.outcome.transport = PROBE_TCP;
    fixture.outcome.port = 135;
    fixture.outcome.status = PROBE_LISTENING;
    fixture.outcome.ask.cause = PROBE_ANSWERED;
    fixture.outcome.host = text_copy("LOKI");
    make_endpoint("ncacn_ip_tcp", "0.0.0.0", "49664");
    make_endpoint("ncalrpc", NULL, "LRPC-1");
    make_endpoint("ncacn_ip_tcp", "10.0.0.1", "49665");
    portqry_answer_add(&fixture.text, portqry_special_find(protocol_find("rpc")), &fixture.outcome,
                       "public");
    ck_assert_str_eq(text_bytes(&fixture.text),
                     "Using ephemeral source port\n"
                     "Querying Endpoint Mapper Database...\n"
                     "Server's response:\n"
                     "\n"
                     "UUID: d95afe70-a6d5-4259-822e-2c84da1ddb0d\n"
                     "ncacn_ip_tcp:LOKI[49664]\n"
                     "\n"
                     "UUID: d95afe70-a6d5-4259-822e-2c84da1ddb0d\n"
                     "ncalrpc:LOKI[LRPC-1]\n"
                     "\n"
                     "UUID: d95afe70-a6d5-4259-822e-2c84da1ddb0d\n"
                     "ncacn_ip_tcp:10.0.0.1[49665]\n"
                     "\n"
                     "Total endpoints found: 3\n"
                     "\n"
                     "==== End of RPC Endpoint Mapper query response ====\n");
}
END_TEST

static void make_attribute(const char *name, const char *value)
{
    answer_begin_item(&fixture.outcome.answer, "attribute");
    make("attribute", name);
    make("value", value);
    answer_end_item(&fixture.outcome.answer);
}

START_TEST(attributes_that_have_no_field_are_told_once)
{
    fixture.outcome.transport = PROBE_TCP;
    fixture.outcome.port = 389;
    fixture.outcome.status = PROBE_LISTENING;
    fixture.outcome.ask.cause = PROBE_ANSWERED;
    make_attribute("objectClass", "top");
    make_attribute("objectClass", "OpenLDAProotDSE");
    make("supported_features", "1.3.6.1.1.14 modify-increment");
    make("supported_features", "1.3.6.1.4.1.4203.1.5.1");
    make_attribute("entryDN", "");
    make("result", "success");
    portqry_answer_add(&fixture.text, portqry_special_find(protocol_find("ldap")), &fixture.outcome,
                       "public");
    ck_assert_str_eq(text_bytes(&fixture.text), "Sending LDAP query to TCP port 389...\n"
                                                "\n"
                                                "LDAP query response:\n"
                                                "\n"
                                                "objectClass: top\n"
                                                "supportedFeatures: 1.3.6.1.1.14\n"
                                                "entryDN: \n"
                                                "\n"
                                                "======== End of LDAP query response ========\n");
}
END_TEST

static const struct {
    const char *name;
    const char *said;
    const char *shown;
} banners[] = {
    {"ftp",
     "220 Microsoft FTP Service\r\n331 Anonymous access allowed, send identity (e-mail name) as "
     "password.\r\n230 ok\r\n",
     "Data returned from port:\n220 Microsoft FTP Service\n\n331 Anonymous access allowed, send "
     "identity (e-mail name) as password.\n"},
    {"ftp", "220-one\r\ntwo\r\n220 three\r\n530 no\r\n",
     "Data returned from port:\n220-one\ntwo\n220 three\n\n530 no\n"},
    {"smtp", "220-one\r\n220 two\r\n250-EHLO\r\n", "Data returned from port:\n220-one\n220 two\n"},
    {"pop3", "+OK ready\r\n+OK\r\nUIDL\r\n", "Data returned from port:\n+OK ready\n"},
    {"imap", "* OK [CAPABILITY IMAP4] \x1b[2J\r\na OK\r\n",
     "Data returned from port:\n* OK [CAPABILITY IMAP4] \\x1B[2J\n"},
    {"smtp", "", ""},
};

START_TEST(a_banner_is_shown_as_it_came)
{
    fixture.outcome.transport = PROBE_TCP;
    fixture.outcome.status = PROBE_LISTENING;
    fixture.outcome.said = text_copy(banners[_i].said);
    portqry_answer_add(&fixture.text, portqry_special_find(protocol_find(banners[_i].name)),
                       &fixture.outcome, "public");
    ck_assert_str_eq(text_bytes(&fixture.text), banners[_i].shown);
}
END_TEST

/* How a silent port ends: scripts look at the last line. */
static const struct {
    const char *name;
    uint8_t transport;
    const char *end;
} silent[] = {
    {"snmp", PROBE_UDP, "Sending SNMP query to UDP port 7...\n\nUDP port 7 is FILTERED\n"},
    {"ldap", PROBE_UDP, "UDP port 7 is FILTERED\n\nServer did not respond to LDAP query\n"},
    {"ldap", PROBE_TCP,
     "Sending LDAP query to TCP port 7...\n\nServer did not respond to LDAP query\n"},
    {"dns", PROBE_UDP, "Sending DNS query to UDP port 7...\n\nDNS query timed out\n"},
    {"netbios", PROBE_UDP, "UDP port 7...\n\nUDP port: FILTERED\n"},
};

START_TEST(silence_is_filtered)
{
    size_t size = strlen(silent[_i].end);

    fixture.outcome.transport = silent[_i].transport;
    fixture.outcome.port = 7;
    fixture.outcome.status =
        silent[_i].transport == PROBE_UDP ? PROBE_LISTENING_OR_FILTERED : PROBE_LISTENING;
    fixture.outcome.ask.cause = PROBE_TIMEOUT;
    portqry_answer_add(&fixture.text, portqry_special_find(protocol_find(silent[_i].name)),
                       &fixture.outcome, "public");
    ck_assert_uint_ge(fixture.text.size, size);
    ck_assert_str_eq(text_bytes(&fixture.text) + fixture.text.size - size, silent[_i].end);
}
END_TEST

START_TEST(every_line_of_ours_stands_in_the_document)
{
    size_t size;
    char *document = support_read_file(PORTLEDGER_SOURCE_DIR "/docs/portqry.md", &size);
    int ours = 0;

    for (int word = 0; word < PORTQRY_WORD_COUNT; word++) {
        const char *at = portqry_word_text((enum portqry_word)word);

        ours += portqry_word_is_known((enum portqry_word)word) ? 0 : 1;
        while (!portqry_word_is_known((enum portqry_word)word) && *at != '\0') {
            size_t length = strcspn(at, "\n");

            text_reset(&fixture.text);
            text_add_bytes(&fixture.text, at, length);
            CHECK_CONTAINS(document, text_bytes(&fixture.text));
            at += length + (at[length] == '\n');
        }
    }
    ck_assert_int_gt(ours, 0);
    free(document);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("portqry");
    TCase *all = tcase_create("portqry");

    tcase_add_checked_fixture(all, open_fixture, close_fixture);
    tcase_add_loop_test(all, a_command_line_is_read, 0, COUNT_OF(lines));
    tcase_add_loop_test(all, what_portqry_would_not_take_is_refused, 0, COUNT_OF(refused));
    tcase_add_test(all, every_option_gets_where_it_belongs);
    tcase_add_loop_test(all, the_name_of_the_program_decides, 0, COUNT_OF(programs));
    tcase_add_loop_test(all, a_typed_line_means_what_it_says, 0, COUNT_OF(commands_typed));
    tcase_add_test(all, options_that_were_set_count_and_bad_ones_do_not);
    tcase_add_test(all, instances_of_sql_server_are_told_as_in_the_article);
    tcase_add_test(all, a_netbios_node_is_told_by_its_mac);
    tcase_add_test(all, an_endpoint_of_any_address_is_at_the_host);
    tcase_add_test(all, attributes_that_have_no_field_are_told_once);
    tcase_add_loop_test(all, a_banner_is_shown_as_it_came, 0, COUNT_OF(banners));
    tcase_add_loop_test(all, silence_is_filtered, 0, COUNT_OF(silent));
    tcase_add_test(all, every_line_of_ours_stands_in_the_document);
    suite_add_tcase(suite, all);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
