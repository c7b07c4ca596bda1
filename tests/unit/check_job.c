/* SPDX-License-Identifier: MIT */

#include "probes/job.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock_fake.h"
#include "base/file.h"
#include "base/settings_system.h"
#include "tests/support.h"

#define TARGETS "check_job.targets"

static setting_tables tables = {&probe_settings, NULL};

static const struct answer_field tls[] = {
    {.name = "tls_version", .type = ANSWER_TEXT},
    {.name = "certificate_days_left", .type = ANSWER_NUMBER},
};
static const struct answer_field stratum = {.name = "stratum", .type = ANSWER_NUMBER};
static const struct answer_field server[] = {
    {.name = "server", .type = ANSWER_TEXT},
    {.name = "stratum", .type = ANSWER_NUMBER},
};

static const struct protocol ldap = {.name = "ldap", .fields = &stratum, .field_count = 1};
static const struct protocol https = {.name = "https",
                                      .fields = server,
                                      .field_count = COUNT_OF(server),
                                      .security = PROTOCOL_IN_TLS};

static enum protocol_next take_datagram(struct talk *talk, const uint8_t *bytes, size_t size)
{
    (void)talk;
    (void)bytes;
    (void)size;
    return PROTOCOL_WAIT;
}

static const struct protocol ntp = {.name = "ntp", .datagram = take_datagram};
static const struct protocol radius = {
    .name = "radius", .datagram = take_datagram, .needs_secret = true};
static const struct protocol *const known[] = {&ldap, &https, &ntp, &radius, NULL};

static const struct protocol *of_port(uint8_t transport, uint16_t port, const char *service)
{
    (void)transport;
    (void)service;
    return port == 389 ? &ldap : (port == 443 ? &https : NULL);
}

static struct {
    struct settings *settings;
    struct service_table services;
    struct job_context context;
    struct job_list jobs;
    struct target_list targets;
    struct text text;
    struct failure why;
} fixture;

static const char services[] = "ssh 22/tcp\nldap 389/tcp\nldap 389/udp\nhttps 443/tcp\n";

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    CHECK_DONE(service_table_parse(&fixture.services, services, strlen(services), &fixture.why),
               fixture.why);
    fixture.context = (struct job_context){
        .host_id = "host-1",
        .services = &fixture.services,
        .protocols = known,
        .fields = tls,
        .field_count = COUNT_OF(tls),
        .of_port = of_port,
    };
    clock_fake_reset();
    remove(TARGETS);
}

static void close_fixture(void)
{
    target_list_clear(&fixture.targets);
    job_list_clear(&fixture.jobs);
    job_list_clear(&fixture.jobs);
    service_table_clear(&fixture.services);
    settings_free(fixture.settings);
    text_clear(&fixture.text);
    remove(TARGETS);
}

static bool read_yaml(const char *yaml)
{
    job_list_clear(&fixture.jobs);
    settings_free(fixture.settings);
    return settings_parse(&fixture.settings, "p.yaml", yaml, strlen(yaml), tables, &fixture.why) &&
           job_list_read(&fixture.jobs, fixture.settings, &fixture.context, &fixture.why);
}

/* One job in which these lines stand beside a name, a target, a port and when; 6 blanks before. */
static bool read_lines(const char *lines)
{
    struct text yaml = {0};
    bool read;

    text_addf(&yaml, "probes:\n  jobs:\n    - name: a\n      %s\n", lines);
    read = read_yaml(text_bytes(&yaml));
    text_clear(&yaml);
    return read;
}

START_TEST(no_settings_are_no_jobs)
{
    CHECK_DONE(read_yaml(""), fixture.why);
    ck_assert_uint_eq(fixture.jobs.count, 0);
}
END_TEST

static const char whole[] = "probes:\n"
                            "  groups:\n"
                            "    my-app: [tcp/443, udp/161]\n"
                            "    all: [my-app, 22]\n"
                            "  jobs:\n"
                            "    - name: plain\n"
                            "      targets: dc1\n"
                            "      ports: [389]\n"
                            "      every: 1m\n"
                            "    - name: whole\n"
                            "      targets: [dc1, 192.0.2.0/29, 'file:TARGETS']\n"
                            "      ports: [all, ldap, udp/53, 8000-8001]\n"
                            "      transport: both\n"
                            "      protocol: HTTPS\n"
                            "      at: ['Mon-Fri 07:30', '0 3 * * *']\n"
                            "      zone: UTC\n"
                            "      spread: 0\n"
                            "      catch_up: true\n"
                            "      timeout: 2s\n"
                            "      attempts: 2\n"
                            "      per_target: 8\n"
                            "      rate: 50\n"
                            "      family: IPv6\n"
                            "      expect:\n"
                            "        status: listening\n"
                            "        certificate_days: 30\n"
                            "        answer:\n"
                            "          - {field: stratum, at_least: 1, at_most: 4}\n"
                            "          - {field: server, contains: nginx}\n"
                            "      maintenance: ['Sun 02:00-04:00', 2026-12-24]\n"
                            "      community_file: PATH\n"
                            "      dns_name: example.com\n";

/* The path that an absolute one looks like here stands for PATH and TARGETS. */
static void read_whole(void)
{
    const char *path = settings_path_example;
    struct text yaml = {0};

    for (const char *at = whole; *at != '\0';) {
        if (strncmp(at, "PATH", 4) == 0 || strncmp(at, "TARGETS", 7) == 0) {
            text_add(&yaml, path);
            at += *at == 'P' ? 4 : 7;
        } else {
            text_add_char(&yaml, *at++);
        }
    }
    CHECK_DONE(read_yaml(text_bytes(&yaml)), fixture.why);
    text_clear(&yaml);
}

START_TEST(a_job_has_all_that_the_settings_say)
{
    const struct job *job;

    read_whole();
    ck_assert_uint_eq(fixture.jobs.count, 2);
    job = job_find(&fixture.jobs, "whole");
    ck_assert_ptr_nonnull(job);
    ck_assert_uint_eq(job->targets.total, 7);
    ck_assert_uint_eq(job->target_file_count, 1);
    /* 443 and udp/161, 22 of both, 389 of both, udp/53, 8000 and 8001 of both */
    ck_assert_uint_eq(job->ports.count, 11);
    ck_assert_ptr_eq(job->protocol, &https);
    ck_assert_int_eq(job->schedule.form, SCHEDULE_AT);
    ck_assert_uint_eq(job->schedule.rule_count, 2);
    ck_assert(job->schedule.is_utc);
    ck_assert_int_eq(job->schedule.offset, 0);
    ck_assert(job->catch_up);
    ck_assert_int_eq(job->timeout, 2000);
    ck_assert_uint_eq(job->attempts, 2);
    ck_assert_uint_eq(job->per_target, 8);
    ck_assert_uint_eq(job->rate, 50);
    ck_assert_int_eq(job->family, JOB_IPV6);
    ck_assert_uint_eq(job->window_count, 2);
    ck_assert_ptr_nonnull(job->community_file);
    ck_assert_ptr_null(job->secret_file);
    ck_assert_str_eq(job->dns_name, "example.com");
    job_add_expectation(&fixture.text, &job->expectation);
    ck_assert_str_eq(text_bytes(&fixture.text),
                     "listening, certificate valid for 30 days, stratum >= 1, stratum <= 4, "
                     "server contains nginx");
}
END_TEST

START_TEST(what_a_job_does_not_say_has_a_default)
{
    const struct job *job;

    read_whole();
    job = job_find(&fixture.jobs, "plain");
    ck_assert_ptr_nonnull(job);
    ck_assert_uint_eq(job->ports.count, 1);
    ck_assert_int_eq(job->ports.items[0].transport, PROBE_TCP);
    ck_assert_ptr_null(job->protocol);
    ck_assert_int_eq(job->schedule.form, SCHEDULE_EVERY);
    ck_assert_int_eq(job->schedule.every, 60000);
    ck_assert_int_eq(job->schedule.offset, schedule_offset("host-1", "plain", 60000));
    ck_assert(!job->catch_up);
    ck_assert_int_eq(job->timeout, 1000);
    ck_assert_uint_eq(job->attempts, 0);
    ck_assert_uint_eq(job->per_target, 64);
    ck_assert_uint_eq(job->rate, 0);
    ck_assert_int_eq(job->family, JOB_ANY_FAMILY);
    ck_assert_int_eq(job->expectation.status, EXPECT_ANY);
    ck_assert_ptr_null(job_find(&fixture.jobs, "Plain"));
}
END_TEST

/* How long the spread is where the settings do not say: seen by the offset. */
static const struct {
    const char *when;
    int64_t spread;
} spreads[] = {
    {"every: 10s", 10000},
    {"every: 5m", 300000},
    {"every: 1d", 300000},
    {"at: 07:30", 60000},
    {"every: 1d, spread: 2h", 7200000},
    {"every: 1m, spread: 1m", 60000},
    {"every: 1m, spread: 0", 0},
};

START_TEST(the_spread_is_as_long_as_the_interval_or_less)
{
    struct text yaml = {0};

    text_addf(&yaml, "probes: {jobs: [{name: a, targets: x, ports: 1, %s}]}", spreads[_i].when);
    CHECK_DONE(read_yaml(text_bytes(&yaml)), fixture.why);
    text_clear(&yaml);
    ck_assert_int_eq(fixture.jobs.jobs[0].schedule.offset,
                     schedule_offset("host-1", "a", spreads[_i].spread));
}
END_TEST

#define GOOD "targets: x\n      ports: 1\n      "

static const struct {
    const char *lines;
    const char *complaint;
} wrong[] = {
    {"targets: x\n      every: 1m", "p.yaml:3:7: probes.jobs[1]: the key \"ports\" is missing"},
    {"ports: 1\n      every: 1m", "p.yaml:3:7: probes.jobs[1]: the key \"targets\" is missing"},
    {"targets: []\n      ports: 1", "probes.jobs[1].targets: has 0 of at least 1 entries"},
    {"targets: [x, 1.2.3.0/33]\n      ports: 1\n      every: 1m",
     "p.yaml:4:20: probes.jobs[1].targets[2]: "},
    {"targets: 10.0.0.0/8\n      ports: 1\n      every: 1m",
     "p.yaml:4:16: probes.jobs[1].targets: "},
    {"targets: file:hosts\n      ports: 1\n      every: 1m", "\"hosts\" is no absolute path"},
    {"targets: x\n      ports: [1, 70000]\n      every: 1m",
     "p.yaml:5:18: probes.jobs[1].ports[2]: "},
    {"targets: x\n      ports: lpad\n      every: 1m", "p.yaml:5:14: probes.jobs[1].ports: "},
    {GOOD "every: 500ms", "p.yaml:6:14: probes.jobs[1].every: 500ms is too small; the least is 1s"},
    {GOOD "timeout: 1s",
     "p.yaml:3:7: probes.jobs[1]: one of the keys \"every\" and \"at\" must be there"},
    {GOOD "every: 1m\n      at: 07:30",
     "p.yaml:7:11: probes.jobs[1].at: cannot stand beside \"every\""},
    {GOOD "at: [07:30, 25:00]",
     "p.yaml:6:19: probes.jobs[1].at[2]: \"25:00\" is no time of the day"},
    {GOOD "every: 1m\n      spread: 2m",
     "p.yaml:7:15: probes.jobs[1].spread: is longer than \"every\""},
    {GOOD "every: 1m\n      maintenance: [2026-12-24, Sun]",
     "p.yaml:7:33: probes.jobs[1].maintenance[2]: "},
    {GOOD "every: 1m\n      protocol: ldpa",
     "p.yaml:7:17: probes.jobs[1].protocol: there is no protocol \"ldpa\"; did you mean \"ldap\"?"},
    {GOOD "every: 1m\n      protocol: gopher", "known here: ldap, https, ntp, radius"},
    {GOOD "every: 1m\n      protocol: ntp",
     "p.yaml:7:17: probes.jobs[1].protocol: ntp is not asked over TCP, and port 1 is; write udp/1"},
    {"targets: [x, 256.1.1.1]\n      ports: 1\n      every: 1m",
     "p.yaml:4:20: probes.jobs[1].targets[2]: "},
    {"targets: 1.2.3\n      ports: 1\n      every: 1m", "\"1.2.3\" is no IPv4 address"},
    {GOOD "every: 1m\n      expect: listenning",
     "p.yaml:7:15: probes.jobs[1].expect: \"listenning\" is not known here; write any, listening, "
     "not-listening or filtered"},
    {GOOD "every: 1m\n      expect: {answer: [{field: server}]}",
     "probes.jobs[1].expect.answer[1]: one of the keys"},
    {GOOD "every: 1m\n      expect: {answer: [{equals: x}]}", "the key \"field\" is missing"},
    {GOOD "every: 1m\n      expect: {answers: []}",
     "probes.jobs[1].expect.answers: unknown key; did you mean \"answer\"?"},
    {GOOD "every: 1m\n      expect: {answer: [{field: tls_verson, equals: x}]}",
     "p.yaml:7:33: probes.jobs[1].expect.answer[1].field: no answer has a field \"tls_verson\"; "
     "did "
     "you mean \"tls_version\"?"},
    {GOOD "every: 1m\n      expect: {answer: [{field: colour, equals: x}]}", "docs/probes.md"},
    {GOOD "every: 1m\n      secret_file: hunter2",
     "p.yaml:7:20: probes.jobs[1].secret_file: is no absolute path"},
    {GOOD "every: 1m\n      evrey: 1m", "did you mean \"every\"?"},
    {GOOD "every: 1m\n      secret: hunter2", "probes.jobs[1].secret: unknown key"},
    {GOOD "every: 1m\n    - name: a\n      " GOOD "every: 1m",
     "p.yaml:7:13: probes.jobs[2].name: another job is called \"a\", in line 3"},
    {GOOD "every: 1m\n  groups: {web: [80, htpp]}", "p.yaml:7:22: probes.groups.web[2]: "},
    {GOOD "every: 1m\n  groups: {web: 80, Web: 81}",
     "p.yaml:7:21: probes.groups.Web: differs by case alone from the group \"web\" in line 7"},
    {GOOD "at: Sun - Mon", "a time of the day is missing"},
    {GOOD "every: 1m\n      maintenance: Sun 02:00",
     "p.yaml:7:20: probes.jobs[1].maintenance: \"Sun 02:00\" has no end; write it like "
     "Sun 02:00-04:00"},
    {GOOD "every: 1m\n      maintenance: 2026-12-24 18:00", "\"2026-12-24 18:00\" has no end"},
    {GOOD "every: 1m\n      expect: {certificate_days: 30}",
     "p.yaml:7:34: probes.jobs[1].expect.certificate_days: no port of this job is asked in a "
     "protocol whose answers have \"certificate_days_left\""},
    {"targets: x\n      ports: [389, 443]\n      every: 1m\n      protocol: ldap\n"
     "      expect: {answer: [{field: server, equals: x}]}",
     "p.yaml:8:33: probes.jobs[1].expect.answer[1].field: no port of this job"},
    {"targets: x\n      ports: udp/53\n      every: 1m\n      dns_name: a..b",
     "p.yaml:7:17: probes.jobs[1].dns_name: no name that can be asked for: nothing is between"},
    {"targets: x\n      ports: udp/1812\n      every: 1m\n      protocol: radius",
     "p.yaml:7:17: probes.jobs[1].protocol: radius cannot be asked without the server's secret"},
};

/* What is right, and probably not what was meant. */
static const struct {
    const char *lines;
    const char *warnings;
} odd[] = {
    {GOOD "every: 1m\n  groups: {web: 80}", ""},
    {GOOD "every: 1m\n  groups: {LDAP: 80}",
     "p.yaml:7:12: probes.groups.LDAP: it hides the service of this name\n"},
    {GOOD "every: 1m\n  groups: {networking: 80}",
     "p.yaml:7:12: probes.groups.networking: it hides the built-in group of this name\n"},
    {"targets: x\n      ports: [443, 389, 22]\n      every: 1m\n"
     "      expect: {answer: [{field: tls_version, equals: x}]}",
     "p.yaml:7:33: probes.jobs[1].expect.answer[1].field: no answer of tcp/389 and 1 more port has "
     "\"tls_version\": what is expected of it is never found there\n"},
    {"targets: x\n      ports: [443, 22]\n      every: 1m\n      protocol: https\n"
     "      expect: {certificate_days: 3}",
     ""},
    {"targets: x\n      ports: 443\n      every: 1m\n"
     "      expect: {status: not-listening, certificate_days: 3}",
     "p.yaml:7:24: probes.jobs[1].expect.status: such a port says nothing: what is expected of its "
     "answer is never found\n"},
    {"targets: x\n      ports: 443\n      every: 1m\n"
     "      expect: {status: filtered, answer: [{field: tls_version, equals: x}]}",
     "p.yaml:7:24: probes.jobs[1].expect.status: such a port says nothing: what is expected of its "
     "answer is never found\n"},
    {"targets: x\n      ports: 443\n      every: 1m\n      expect: {status: not-listening}", ""},
};

START_TEST(what_is_odd_is_told_with_its_place)
{
    CHECK_DONE(read_lines(odd[_i].lines), fixture.why);
    ck_assert_str_eq(text_bytes(&fixture.jobs.warnings), odd[_i].warnings);
}
END_TEST

START_TEST(a_secret_that_nobody_is_asked_with_is_told)
{
    struct text lines = {0};

    text_addf(&lines, GOOD "every: 1m\n      secret_file: %s", settings_path_example);
    CHECK_DONE(read_lines(text_bytes(&lines)), fixture.why);
    CHECK_CONTAINS(text_bytes(&fixture.jobs.warnings),
                   "p.yaml:7:20: probes.jobs[1].secret_file: nobody is asked with it");
    text_clear(&lines);
}
END_TEST

START_TEST(what_is_wrong_is_said_with_its_place)
{
    CHECK_FAILED(read_lines(wrong[_i].lines), FAILURE_SETTINGS, fixture.why);
    CHECK_CONTAINS(fixture.why.text, wrong[_i].complaint);
    ck_assert_ptr_null(strstr(fixture.why.text, "hunter2"));
    ck_assert_uint_eq(fixture.jobs.count, 0);
}
END_TEST

static const char lines[] = "\xEF\xBB\xBF# hosts of the shop\r\n"
                            "\r\n"
                            "  shop1.example.com  # the old one\r\n"
                            "\t192.0.2.10-12\n"
                            "shop2.example.com";

START_TEST(a_file_of_targets_has_one_a_line)
{
    CHECK_DONE(job_add_target_lines(&fixture.targets, lines, strlen(lines), &fixture.why),
               fixture.why);
    ck_assert_uint_eq(fixture.targets.count, 3);
    ck_assert_uint_eq(fixture.targets.total, 5);
    ck_assert_str_eq(fixture.targets.spans[0].name, "shop1.example.com");
    ck_assert_str_eq(fixture.targets.spans[2].name, "shop2.example.com");
    CHECK_FAILED(job_add_target_lines(&fixture.targets, "a\n\n1.2.3.4/77\n", 14, &fixture.why),
                 FAILURE_FORMAT, fixture.why);
    CHECK_CONTAINS(fixture.why.text, "line 3: ");
    CHECK_FAILED(job_add_target_lines(&fixture.targets, "h\0o\0", 4, &fixture.why), FAILURE_FORMAT,
                 fixture.why);
    CHECK_CONTAINS(fixture.why.text, "save it as UTF-8");
}
END_TEST

/* The settings take absolute paths only, so the job is led to a file of the test's. */
START_TEST(targets_of_a_job_are_its_own_and_those_of_its_files)
{
    const char *files[] = {TARGETS};
    struct job *job;
    FILE *file;

    CHECK_DONE(read_lines("targets: [dc1, 192.0.2.0/30]\n      ports: 1\n      every: 1m"),
               fixture.why);
    CHECK_DONE(file_make_private(TARGETS, &fixture.why), fixture.why);
    file = file_open(TARGETS, "r+", &fixture.why);
    ck_assert_ptr_nonnull(file);
    fputs("dc2\ndc3\n", file);
    fclose(file);
    job = &fixture.jobs.jobs[0];
    free((void *)job->target_files);
    job->target_files = files;
    job->target_file_count = 1;
    CHECK_DONE(job_read_targets(job, &fixture.targets, &fixture.why), fixture.why);
    ck_assert_uint_eq(fixture.targets.total, 5);
    remove(TARGETS);
    CHECK_FAILED(job_read_targets(job, &fixture.targets, &fixture.why), FAILURE_MISSING,
                 fixture.why);
    job->target_files = NULL;
    job->target_file_count = 0;
}
END_TEST

START_TEST(the_default_file_shows_how_a_job_is_written)
{
    settings_add_default_file(&fixture.text, tables);
    CHECK_CONTAINS(text_bytes(&fixture.text), "#jobs:");
    CHECK_DONE(read_yaml(text_bytes(&fixture.text)), fixture.why);
    ck_assert_uint_eq(fixture.jobs.count, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("job");
    TCase *tests = tcase_create("job");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, no_settings_are_no_jobs);
    tcase_add_test(tests, a_job_has_all_that_the_settings_say);
    tcase_add_test(tests, what_a_job_does_not_say_has_a_default);
    tcase_add_loop_test(tests, the_spread_is_as_long_as_the_interval_or_less, 0, COUNT_OF(spreads));
    tcase_add_loop_test(tests, what_is_wrong_is_said_with_its_place, 0, COUNT_OF(wrong));
    tcase_add_loop_test(tests, what_is_odd_is_told_with_its_place, 0, COUNT_OF(odd));
    tcase_add_test(tests, a_secret_that_nobody_is_asked_with_is_told);
    tcase_add_test(tests, a_file_of_targets_has_one_a_line);
    tcase_add_test(tests, targets_of_a_job_are_its_own_and_those_of_its_files);
    tcase_add_test(tests, the_default_file_shows_how_a_job_is_written);
    suite_add_tcase(suite, tests);
    return support_run_suite(suite);
}
