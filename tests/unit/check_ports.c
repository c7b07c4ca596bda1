/* SPDX-License-Identifier: MIT */

#include <check.h>

#include "probes/outcome.h"
#include "probes/ports.h"
#include "tests/support.h"

static const char services_text[] = "# names\n"
                                    "domain\t\t53/tcp\n"
                                    "domain 53/udp # queries\n"
                                    "http            80/tcp          www WorldWideWeb\n"
                                    "www-other 80/tcp\n"
                                    "snmp 161/udp\r\n"
                                    "kerberos 88/tcp krb5\n"
                                    "kerberos 88/udp\n"
                                    "half 1,2/tcp\n"
                                    "none 0/tcp\n"
                                    "large 65536/tcp\n"
                                    "long 999999999999999999999/tcp\n"
                                    "sctp-thing 132/sctp\n"
                                    "alone\n"
                                    "   \n"
                                    "last 65535/udp alias";

static struct {
    struct service_table services;
    struct port_list list;
    struct text shown;
    struct failure why;
} fixture;

/* The groups of a user. */
static const char *user_group(void *context, const char *name, size_t i)
{
    static const char *const mine[] = {"tcp/443", "snmp, udp/99", "web-service"};

    (void)context;
    if (strcmp(name, "loop") == 0) {
        return i == 0 ? "loop" : NULL;
    }
    return strcmp(name, "my-app") == 0 && i < 3 ? mine[i] : NULL;
}

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    CHECK_DONE(service_table_parse(&fixture.services, services_text, sizeof(services_text) - 1,
                                   &fixture.why),
               fixture.why);
}

static void close_fixture(void)
{
    service_table_clear(&fixture.services);
    port_list_clear(&fixture.list);
    text_clear(&fixture.shown);
}

static bool add(const char *words, int transports)
{
    const struct port_words how = {
        .services = &fixture.services, .group = user_group, .transports = transports};

    return port_list_add(&fixture.list, words, &how, &fixture.why);
}

/* "t80 u53" */
static const char *show(void)
{
    text_reset(&fixture.shown);
    for (size_t i = 0; i < fixture.list.count; i++) {
        const struct port_item *item = &fixture.list.items[i];

        text_addf(&fixture.shown, "%s%c%u", i == 0 ? "" : " ",
                  item->transport == PROBE_TCP ? 't' : 'u', item->port);
    }
    return text_bytes(&fixture.shown);
}

static const struct {
    const char *words;
    int transports;
    const char *shown;
} lists[] = {
    {"80", 0, "t80"},
    {"443,80,443", 0, "t443 t80"},
    {" 1 , 2 ", 0, "t1 t2"},
    {"10:12", 0, "t10 t11 t12"},
    {"10-12", PORTS_UDP, "u10 u11 u12"},
    {"10;12", PORTS_BOTH, "t10 u10 t11 u11 t12 u12"},
    {"7-7", 0, "t7"},
    {"1,65535", 0, "t1 t65535"},
    {"tcp/80,udp/53,both/88", PORTS_UDP, "t80 u53 t88 u88"},
    {"80/udp,UDP/81", 0, "u80 u81"},
    {"udp/5-6", 0, "u5 u6"},
    {"domain", 0, "t53"},
    {"DOMAIN", PORTS_BOTH, "t53 u53"},
    {"udp/domain", PORTS_TCP, "u53"},
    {"snmp", 0, "u161"},
    {"www", 0, "t80"},
    {"worldwideweb", 0, "t80"},
    {"alias", 0, "u65535"},
    {"kerberos,88", 0, "t88"},
    {"my-app", 0, "t443 u161 u99 t80 t8080 t8443"},
    {"IPSec", 0, "u500 u4500 u1701 t88 u88"},
    {"Domains and Trusts", 0,
     "t135 t389 u389 t636 t3268 t3269 t53 u53 t88 u88 t445 u137 u138 t139 t42"},
    {"domains_and_trusts,135", PORTS_UDP,
     "t135 t389 u389 t636 t3268 t3269 t53 u53 t88 u88 t445 u137 u138 t139 t42 u135"},
};

START_TEST(a_list_is_the_ports_that_it_names)
{
    CHECK_DONE(add(lists[_i].words, lists[_i].transports), fixture.why);
    ck_assert_str_eq(show(), lists[_i].shown);
}
END_TEST

static const struct {
    const char *words;
    int transports;
    const char *why;
} refused[] = {
    {"", 0, "missing"},
    {"80,", 0, "missing"},
    {",80", 0, "missing"},
    {"0", 0, "no port"},
    {"65536", 0, "no port"},
    {"99999999999999999999", 0, "no port"},
    {"80x", 0, "no port"},
    {"12-", 0, "no port"},
    {"12-10", 0, "ends before it begins"},
    {"1-2-3", 0, "no port"},
    {"sctp/80", 0, "no port"},
    {"80/sctp", 0, "no port"},
    {"htpt", 0, "did you mean \"http\"?"},
    {"domains-and-trust", 0, "did you mean \"domains-and-trusts\"?"},
    {"snmp", PORTS_TCP, "service of UDP"},
    {"http", PORTS_UDP, "service of TCP"},
    {"loop", 0, "too deep"},
};

START_TEST(what_is_no_port_is_refused_in_words)
{
    CHECK_FAILED(add(refused[_i].words, refused[_i].transports), FAILURE_USAGE, fixture.why);
    CHECK_CONTAINS(fixture.why.text, refused[_i].why);
}
END_TEST

START_TEST(a_long_name_is_refused)
{
    char words[1000];

    memset(words, 'a', sizeof(words) - 1);
    words[sizeof(words) - 1] = '\0';
    CHECK_FAILED(add(words, 0), FAILURE_USAGE, fixture.why);
}
END_TEST

START_TEST(all_ports_are_in_a_list_once)
{
    CHECK_DONE(add("1-65535,80,1000-2000", PORTS_BOTH), fixture.why);
    ck_assert_uint_eq(fixture.list.count, 131070);
}
END_TEST

START_TEST(every_group_is_a_list)
{
    const struct port_words how = {0};

    for (const struct port_group *group = port_groups; group->name != NULL; group++) {
        port_list_clear(&fixture.list);
        CHECK_DONE(port_list_add_group(&fixture.list, group->title, &how, &fixture.why),
                   fixture.why);
        ck_assert_uint_gt(fixture.list.count, 3);
    }
    CHECK_FAILED(port_list_add_group(&fixture.list, "http", &how, &fixture.why), FAILURE_USAGE,
                 fixture.why);
}
END_TEST

START_TEST(a_port_has_the_first_name_that_the_file_has)
{
    ck_assert_str_eq(service_name(&fixture.services, PROBE_TCP, 80), "http");
    ck_assert_str_eq(service_name(&fixture.services, PROBE_UDP, 65535), "last");
    ck_assert_ptr_null(service_name(&fixture.services, PROBE_UDP, 80));
    ck_assert_ptr_null(service_name(&fixture.services, PROBE_TCP, 1));
    ck_assert_ptr_null(service_name(&(struct service_table){0}, PROBE_TCP, 80));
    ck_assert_uint_eq(service_port(&fixture.services, PROBE_TCP, "large"), 0);
    ck_assert_uint_eq(service_port(&fixture.services, PROBE_TCP, "long"), 0);
}
END_TEST

START_TEST(the_systems_file_is_read)
{
    struct service_table table = {0};

    CHECK_DONE(service_table_read(&table, &fixture.why), fixture.why);
    service_table_clear(&table);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("ports");
    TCase *ports = tcase_create("ports");

    tcase_add_checked_fixture(ports, open_fixture, close_fixture);
    tcase_add_loop_test(ports, a_list_is_the_ports_that_it_names, 0, COUNT_OF(lists));
    tcase_add_loop_test(ports, what_is_no_port_is_refused_in_words, 0, COUNT_OF(refused));
    tcase_add_test(ports, a_long_name_is_refused);
    tcase_add_test(ports, all_ports_are_in_a_list_once);
    tcase_add_test(ports, every_group_is_a_list);
    tcase_add_test(ports, a_port_has_the_first_name_that_the_file_has);
    tcase_add_test(ports, the_systems_file_is_read);
    suite_add_tcase(suite, ports);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
