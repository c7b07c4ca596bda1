/* SPDX-License-Identifier: MIT */

#include <check.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/settings.h"
#include "tests/support.h"

/* A table that has every kind. */

static const char *const speeds[] = {"slow", "normal", "fast", NULL};

static const struct setting_key job_keys[] = {
    {.name = "name", .kind = SETTING_TEXT, .help = "Name of the job", .required = true},
    {.name = "targets", .kind = SETTING_TEXT_LIST, .minimum = 1, .maximum = 3, .help = "Hosts"},
    {.name = "every",
     .kind = SETTING_DURATION,
     .fallback = "5m",
     .minimum = 1000,
     .maximum = 86400000,
     .help = "How often"},
    {.name = "expect.status",
     .kind = SETTING_CHOICE,
     .choices = speeds,
     .stands_for_group = true,
     .help = "What is right"},
};
static const struct setting_table job_table = {.keys = job_keys, .count = COUNT_OF(job_keys)};

static const struct setting_key group_key[] = {
    {.name = "ports", .kind = SETTING_TEXT_LIST, .help = "Ports of the group"},
};
static const struct setting_table group_table = {.keys = group_key, .count = 1};

static const struct setting_key main_keys[] = {
    {.name = "collector.interval",
     .kind = SETTING_DURATION,
     .unit = "duration",
     .fallback = "1s",
     .minimum = 100,
     .maximum = 3600000,
     .help = "How often the tables are read",
     .reloadable = true,
     .policy = "CollectorInterval"},
    {.name = "collector.hash", .kind = SETTING_BOOL, .fallback = "true", .help = "Hash images"},
    {.name = "collector.speed",
     .kind = SETTING_CHOICE,
     .fallback = "normal",
     .choices = speeds,
     .help = "How eager"},
    {.name = "collector.leave_out",
     .kind = SETTING_TEXT_LIST,
     .fallback = "['*.tmp', backup]",
     .help = "Processes that are not named"},
    {.name = "ledger.max_size",
     .kind = SETTING_SIZE,
     .fallback = "4GiB",
     .minimum = 1 << 20,
     .maximum = INT64_MAX,
     .help = "How large the ledger may become"},
};
static const struct setting_table main_table = {
    .part = "Collector", .keys = main_keys, .count = COUNT_OF(main_keys)};

static const struct setting_key other_keys[] = {
    {.name = "ledger.path", .kind = SETTING_PATH, .help = "The ledger file"},
    {.name = "ledger.share.group", .kind = SETTING_TEXT, .help = "Who may read the copies"},
    {.name = "ledger.pages", .kind = SETTING_NUMBER, .minimum = -5, .maximum = 10, .help = "Pages"},
    {.name = "probes.jobs",
     .kind = SETTING_LIST,
     .maximum = 2,
     .help = "What is asked",
     .item = &job_table},
    {.name = "probes.groups",
     .kind = SETTING_MAP,
     .help = "Ports by a name of your own",
     .item = &group_table},
};
static const struct setting_table other_table = {
    .part = "Ledger", .keys = other_keys, .count = COUNT_OF(other_keys)};

static setting_tables tables = {&main_table, &other_table, NULL};

static struct {
    struct settings *settings;
    struct failure why;
    struct text text;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
}

static void close_fixture(void)
{
    settings_free(fixture.settings);
    text_clear(&fixture.text);
    remove("check_settings.yaml");
}

static bool parse(const char *yaml)
{
    settings_free(fixture.settings);
    return settings_parse(&fixture.settings, "p.yaml", yaml, strlen(yaml), tables, &fixture.why);
}

/* Texts in which nothing is set. */
static const char *const nothings[] = {
    "",
    "\n\n",
    "# only a comment",
    "---\n",
    "---\n# nothing\n...\n",
    "collector:\n  # interval: 5s\nledger:\n",
    "collector: ~\n",
    "\xEF\xBB\xBF# Notepad was here\r\n",
    "{}",
    "probes:\n  jobs:\n  groups:\n",
};

START_TEST(a_file_that_says_nothing_is_all_defaults)
{
    CHECK_DONE(parse(nothings[_i]), fixture.why);
    ck_assert_int_eq(settings_number(fixture.settings, "collector.interval"), 1000);
    ck_assert(settings_bool(fixture.settings, "collector.hash"));
    ck_assert_str_eq(settings_text(fixture.settings, "collector.speed"), "normal");
    ck_assert_uint_eq(settings_count(fixture.settings, "collector.leave_out"), 2);
    ck_assert_str_eq(settings_text_at(fixture.settings, "collector.leave_out", 0), "*.tmp");
    ck_assert_int_eq(settings_number(fixture.settings, "ledger.max_size"), INT64_C(4) << 30);
    ck_assert_ptr_null(settings_text(fixture.settings, "ledger.path"));
    ck_assert_int_eq(settings_number(fixture.settings, "ledger.pages"), 0);
    ck_assert_uint_eq(settings_count(fixture.settings, "probes.jobs"), 0);
    ck_assert_int_eq(settings_place(fixture.settings, "collector.interval").origin,
                     SETTING_FROM_DEFAULT);
    ck_assert_ptr_null(settings_place(fixture.settings, "collector.interval").file);
}
END_TEST

static const char whole[] = "collector:\r\n"
                            "  interval: 250ms\r\n"
                            "  hash: false # faster\r\n"
                            "  leave_out: backup\r\n"
                            "ledger:\r\n"
                            "  max_size: 64MiB\r\n"
                            "  pages: -5\r\n"
                            "  share: {group: \"Pr\xC3\xBC"
                            "fer\"}\r\n"
                            "probes:\r\n"
                            "  jobs:\r\n"
                            "    - name: dc\r\n"
                            "      targets: [dc1, dc2]\r\n"
                            "      expect: {status: fast}\r\n"
                            "    - name: web\r\n"
                            "      every: 30s\r\n"
                            "  groups:\r\n"
                            "    my-app: [tcp/443, udp/161]\r\n"
                            "    \"my other\": tcp/80\r\n";

START_TEST(values_of_every_kind_are_read)
{
    CHECK_DONE(parse(whole), fixture.why);
    ck_assert_int_eq(settings_number(fixture.settings, "collector.interval"), 250);
    ck_assert(!settings_bool(fixture.settings, "collector.hash"));
    ck_assert_uint_eq(settings_count(fixture.settings, "collector.leave_out"), 1);
    ck_assert_str_eq(settings_text_at(fixture.settings, "collector.leave_out", 0), "backup");
    ck_assert_int_eq(settings_number(fixture.settings, "ledger.max_size"), 64 << 20);
    ck_assert_int_eq(settings_number(fixture.settings, "ledger.pages"), -5);
    ck_assert_str_eq(settings_text(fixture.settings, "ledger.share.group"), "Pr\xC3\xBC"
                                                                            "fer");
}
END_TEST

START_TEST(entries_of_a_list_have_their_own_keys_and_defaults)
{
    const struct settings_item *dc;
    const struct settings_item *web;

    CHECK_DONE(parse(whole), fixture.why);
    ck_assert_uint_eq(settings_count(fixture.settings, "probes.jobs"), 2);
    dc = settings_item_at(fixture.settings, "probes.jobs", 0);
    web = settings_item_at(fixture.settings, "probes.jobs", 1);
    ck_assert_str_eq(item_text(dc, "name"), "dc");
    ck_assert_uint_eq(item_count(dc, "targets"), 2);
    ck_assert_str_eq(item_text_at(dc, "targets", 1), "dc2");
    ck_assert_str_eq(item_text(dc, "expect.status"), "fast");
    ck_assert_int_eq(item_number(dc, "every"), 300000);
    ck_assert(!item_has(dc, "every"));
    ck_assert(item_has(web, "every"));
    ck_assert_int_eq(item_number(web, "every"), 30000);
    ck_assert_uint_eq(item_count(web, "targets"), 0);
    ck_assert_int_eq(item_place(web, NULL).line, 14);
    ck_assert_int_eq(item_place(web, "every").line, 15);
    ck_assert_int_eq(item_place(web, "every").column, 14);
}
END_TEST

START_TEST(a_map_has_names_of_the_users_choice)
{
    const struct settings_item *first;
    const struct settings_item *second;

    CHECK_DONE(parse(whole), fixture.why);
    ck_assert_uint_eq(settings_count(fixture.settings, "probes.groups"), 2);
    first = settings_item_at(fixture.settings, "probes.groups", 0);
    second = settings_item_at(fixture.settings, "probes.groups", 1);
    ck_assert_str_eq(item_name(first), "my-app");
    ck_assert_str_eq(item_text_at(first, "ports", 1), "udp/161");
    ck_assert_str_eq(item_name(second), "my other");
    ck_assert_str_eq(item_text_at(second, "ports", 0), "tcp/80");
    ck_assert_int_eq(item_place(second, NULL).line, 18);
}
END_TEST

START_TEST(a_value_knows_its_place)
{
    struct setting_place place;

    CHECK_DONE(parse("# one\ncollector:\n  interval:   5s\n"), fixture.why);
    place = settings_place(fixture.settings, "collector.interval");
    ck_assert_int_eq(place.origin, SETTING_FROM_FILE);
    ck_assert_str_eq(place.file, "p.yaml");
    ck_assert_int_eq(place.line, 3);
    ck_assert_int_eq(place.column, 15);
}
END_TEST

static const struct {
    const char *yaml;
    const char *text;
} refusals[] = {
    /* values */
    {"collector:\n  interval: 5",
     "p.yaml:2:13: collector.interval: \"5\" does not say of what; write 5s or 5m"},
    {"collector:\n  interval: 5 m",
     "p.yaml:2:13: collector.interval: \"5 m\" is no duration; write a whole number with its unit "
     "(ms s m h d w), such as 250ms, 30s, 5m or 1h30m"},
    {"collector: {interval: 50ms}",
     "p.yaml:1:23: collector.interval: 50ms is too small; the least is 100ms"},
    {"collector: {interval: 2h}",
     "p.yaml:1:23: collector.interval: 2h is too large; the most is 1h"},
    {"collector:\n  interval:\n",
     "p.yaml:2:12: collector.interval: no value; write one, or put a # before the key"},
    {"collector:\n  interval: [1s]",
     "p.yaml:2:13: collector.interval: one value is expected here, not a list"},
    {"collector:\n  interval:\n    every: 1s",
     "p.yaml:3:5: collector.interval: one value is expected here, not keys below the key"},
    {"collector: {hash: yes}", "p.yaml:1:19: collector.hash: \"yes\" is not used here; write true"},
    {"collector: {hash: Off}",
     "p.yaml:1:19: collector.hash: \"Off\" is not used here; write false"},
    {"collector: {hash: maybe}",
     "p.yaml:1:19: collector.hash: \"maybe\" is neither true nor false"},
    {"collector: {speed: Fast}",
     "p.yaml:1:20: collector.speed: \"Fast\" is not known here; write slow, normal or fast"},
    {"ledger: {max_size: 4G}",
     "p.yaml:1:20: ledger.max_size: \"4G\" is no size; write 4GiB or 4GB"},
    {"ledger: {pages: 1.5}", "p.yaml:1:17: ledger.pages: \"1.5\" is not a whole number"},
    {"ledger: {pages: -6}", "p.yaml:1:17: ledger.pages: -6 is too small; the least is -5"},
    {"ledger: {pages: 99999999999999999999}",
     "p.yaml:1:17: ledger.pages: \"99999999999999999999\" is too large"},
    {"ledger: {path: ''}",
     "p.yaml:1:16: ledger.path: the text is empty; write one, or put a # before the key"},
    {"collector:\n  leave_out:\n    - a\n    - ''",
     "p.yaml:4:7: collector.leave_out[2]: the text is empty"},
    {"collector:\n  leave_out:\n    - a\n    - {b: c}",
     "p.yaml:4:7: collector.leave_out[2]: one value is expected here, not keys below the key"},
    {"collector:\n  leave_out: {a: b}",
     "p.yaml:2:14: collector.leave_out: a list of texts is expected here: [one, two]"},

    /* keys */
    {"collector:\n  intervall: 5s",
     "p.yaml:2:3: collector.intervall: unknown key; did you mean \"interval\"?"},
    {"colector:\n  interval: 5s", "p.yaml:1:1: colector: unknown key; did you mean \"collector\"?"},
    {"interval: 5s", "p.yaml:1:1: interval: unknown key; did you mean collector.interval, which "
                     "belongs below \"collector:\"?"},
    {"collector.interval: 5s",
     "p.yaml:1:1: collector.interval: unknown key; write \"collector:\" in a line of its own, and "
     "\"interval:\" indented below it"},
    {"ledger:\n  colour: red",
     "p.yaml:2:3: ledger.colour: unknown key; known here: max_size, path, share, pages"},
    {"collector:\n  interval: 5s\n  hash: true\n  interval: 6s",
     "p.yaml:4:3: interval: is there a second time; the first is in line 2"},
    {"collector: fast", "p.yaml:1:12: collector: keys are expected here, such as \"name: value\""},
    {"collector.interval=5s", "p.yaml:1:1: keys are expected here, such as \"collector:\" with "
                              "\"interval: 1s\" indented below it"},

    /* lists of mappings, and maps */
    {"probes:\n  jobs:\n    name: dc",
     "p.yaml:3:5: probes.jobs: a list is expected here; begin each entry with \"- \""},
    {"probes:\n  jobs:\n    - every: 1m",
     "p.yaml:3:7: probes.jobs[1]: the key \"name\" is missing; it must be there"},
    {"probes:\n  jobs:\n    - name: a\n    - name: b\n      evry: 1m",
     "p.yaml:5:7: probes.jobs[2].evry: unknown key; did you mean \"every\"?"},
    {"probes:\n  jobs:\n    - name: a\n      expect: {status: bad}",
     "p.yaml:4:24: probes.jobs[1].expect.status: \"bad\" is not known here; write slow, normal or "
     "fast"},
    {"probes: {jobs: [{name: a}, {name: b}, {name: c}]}",
     "p.yaml:1:16: probes.jobs: has 3 entries; the most is 2"},
    {"probes: {jobs: [{name: a, targets: []}]}",
     "p.yaml:1:36: probes.jobs[1].targets: has 0 of at least 1 entries"},
    {"probes: {jobs: [dc]}",
     "p.yaml:1:17: probes.jobs[1]: keys are expected here, such as \"name: value\""},
    {"probes: {groups: [a]}", "p.yaml:1:18: probes.groups: names of your choice are expected "
                              "below, as in \"name: value\""},
    {"probes: {groups: {a: {b: c}}}",
     "p.yaml:1:22: probes.groups.a: a list of texts is expected here: [one, two]"},

    /* YAML */
    {"collector:\n\tinterval: 5s", "p.yaml:2:1: a tab; indent with blanks"},
    {"collector\n  interval: 5s",
     "p.yaml:2:11: a colon that does not fit here; check the indentation, look for a missing colon "
     "in the line above, and put a text that holds \": \" in quotes"},
    {"ledger:\n  path: \"C:\\logs\"",
     "p.yaml:2:12: a backslash in \"...\" begins an escape; put the text in '...' or in no quotes"},
    {"ledger:\n  path: \"C:\\temp\"",
     "p.yaml:2:9: a control character in the text; a backslash in \"...\" begins an escape; put "
     "the text in '...' or in no quotes"},
    {"ledger:\n  path: \"a\\0b\"",
     "p.yaml:2:9: a control character in the text; a backslash in \"...\" begins an escape; put "
     "the text in '...' or in no quotes"},
    {"ledger:\n  path: |\n    one\n    two\n", "p.yaml:2:9: several lines; write the value in one"},
    {"ledger:\n  path: 'abc\n", "p.yaml:2:9: the quote that opens here is never closed"},
    {"collector:\n  leave_out: [a, b\n",
     "p.yaml:2:14: the list that opens here is not closed with ]"},
    {"collector: {hash: true\n", "p.yaml:1:12: the mapping that opens here is not closed with }"},
    {"collector:\n  leave_out:\n    - *.exe",
     "p.yaml:3:7: a text that begins with * or & must be in quotes"},
    {"collector:\n  leave_out:\n    - *exe",
     "p.yaml:3:7: aliases (*name) are not used here; put a text that begins with * in quotes"},
    {"collector:\n  leave_out:\n    - &a b",
     "p.yaml:3:7: anchors (&name) are not used here; put a text that begins with & in quotes"},
    {"collector:\n  leave_out:\n    - !b c",
     "p.yaml:3:7: tags (!name) are not used here; put a text that begins with ! in quotes"},
    {"collector:\n  leave_out: @a",
     "p.yaml:2:14: a text that begins with this character must be in quotes"},
    {"collector:\n  interval: 5s\n hash: true\n",
     "p.yaml:3:2: this does not fit what stands before it; check the indentation, and the quotes"},
    {"collector:\n---\nledger:\n", "p.yaml:2:1: a second document begins here; settings are one"},
    {"? [a]\n: b", "p.yaml:1:3: a key is expected here, not a list or a mapping"},
    {"\"\": b", "p.yaml:1:1: a key without a name"},

    /* bytes */
    {"ledger:\n  # gr\xFC\xDF"
     "e\n",
     "p.yaml:2:7: byte 0xFC is not UTF-8; save the file as UTF-8"},
    {"\xFF\xFE"
     "c",
     "p.yaml:1:1: the file is in UTF-16; save it as UTF-8"},
    {"# \xC3\xA4\r\n# \x01",
     "p.yaml:2:3: control character 0x01; save the file as plain text in UTF-8"},
    {"[[[[[[[[[[[[[[[[[[", "p.yaml:1:17: nested too deeply"},
};

START_TEST(what_is_wrong_is_said_with_its_place)
{
    ck_assert(!parse(refusals[_i].yaml));
    ck_assert_str_eq(fixture.why.text, refusals[_i].text);
    ck_assert_int_eq(fixture.why.kind, FAILURE_SETTINGS);
    ck_assert_ptr_null(fixture.settings);
}
END_TEST

START_TEST(a_relative_path_is_refused)
{
    ck_assert(!parse("ledger:\n  path: data/ledger.db"));
    ck_assert_ptr_nonnull(strstr(fixture.why.text, "p.yaml:2:9: ledger.path: \"data/ledger.db\" is "
                                                   "no absolute path; write it like "));
    CHECK_DONE(parse("ledger:\n  path: //server/share/ledger.db"), fixture.why);
    ck_assert_str_eq(settings_text(fixture.settings, "ledger.path"), "//server/share/ledger.db");
}
END_TEST

START_TEST(a_file_that_is_too_large_is_refused)
{
    text_add_repeated(&fixture.text, '#', (1 << 20) + 1);
    ck_assert(!parse(text_bytes(&fixture.text)));
    ck_assert_str_eq(fixture.why.text, "p.yaml: larger than 1048576 bytes");
}
END_TEST

START_TEST(too_many_values_are_refused)
{
    text_add(&fixture.text, "collector:\n  leave_out:\n");
    for (int i = 0; i < 100001; i++) {
        text_add(&fixture.text, "  - a\n");
    }
    ck_assert(!parse(text_bytes(&fixture.text)));
    ck_assert_ptr_nonnull(strstr(fixture.why.text, ": too many values in one file"));
}
END_TEST

START_TEST(a_mapping_of_many_keys_is_read_in_order)
{
    text_add(&fixture.text, "probes:\n  groups:\n");
    for (int i = 0; i < 5000; i++) {
        text_addf(&fixture.text, "    name%d: tcp/%d\n", i, i);
    }
    CHECK_DONE(parse(text_bytes(&fixture.text)), fixture.why);
    ck_assert_uint_eq(settings_count(fixture.settings, "probes.groups"), 5000);
    for (size_t i = 0; i < 5000; i++) {
        char name[20];

        snprintf(name, sizeof(name), "name%d", (int)i);
        ck_assert_str_eq(item_name(settings_item_at(fixture.settings, "probes.groups", i)), name);
    }
}
END_TEST

START_TEST(a_policy_wins_over_the_file)
{
    const struct setting_override override = {
        .name = "collector.interval", .value = "10s", .source = "CollectorInterval"};
    struct setting_place place;

    CHECK_DONE(parse("collector: {interval: 5s}"), fixture.why);
    CHECK_DONE(settings_override(fixture.settings, &override, &fixture.why), fixture.why);
    ck_assert_int_eq(settings_number(fixture.settings, "collector.interval"), 10000);
    place = settings_place(fixture.settings, "collector.interval");
    ck_assert_int_eq(place.origin, SETTING_FROM_POLICY);
    ck_assert_str_eq(place.file, "CollectorInterval");
}
END_TEST

START_TEST(a_policy_can_set_a_list)
{
    const struct setting_override override = {
        .name = "collector.leave_out", .value = "[x, 'y z', w]", .source = "LeaveOut"};

    CHECK_DONE(parse(""), fixture.why);
    CHECK_DONE(settings_override(fixture.settings, &override, &fixture.why), fixture.why);
    ck_assert_uint_eq(settings_count(fixture.settings, "collector.leave_out"), 3);
    ck_assert_str_eq(settings_text_at(fixture.settings, "collector.leave_out", 1), "y z");
}
END_TEST

static const struct {
    struct setting_override override;
    const char *text;
} bad_policies[] = {
    {{"collector.interval", "5", "CollectorInterval"},
     "CollectorInterval: collector.interval: \"5\" does not say of what; write 5s or 5m"},
    {{"collector.leave_out", "[a, '']", "LeaveOut"},
     "LeaveOut: collector.leave_out[2]: the text is empty"},
    {{"collector.leave_out", "[a", "LeaveOut"},
     "LeaveOut:1:1: the list that opens here is not closed with ]"},
};

START_TEST(a_bad_policy_changes_nothing)
{
    CHECK_DONE(parse("collector: {interval: 5s, leave_out: a}"), fixture.why);
    ck_assert(!settings_override(fixture.settings, &bad_policies[_i].override, &fixture.why));
    ck_assert_str_eq(fixture.why.text, bad_policies[_i].text);
    ck_assert_int_eq(settings_number(fixture.settings, "collector.interval"), 5000);
    ck_assert_uint_eq(settings_count(fixture.settings, "collector.leave_out"), 1);
}
END_TEST

START_TEST(all_values_are_shown_with_their_origin)
{
    const struct setting_override override = {"ledger.pages", "7", "LedgerPages"};

    CHECK_DONE(parse("collector:\n  leave_out: ['- a', b, \"it's\"]\nprobes:\n  jobs:\n"
                     "    - name: dc\n  groups:\n    my-app: tcp/443\n"),
               fixture.why);
    CHECK_DONE(settings_override(fixture.settings, &override, &fixture.why), fixture.why);
    settings_add_all(&fixture.text, fixture.settings);
    ck_assert_str_eq(text_bytes(&fixture.text),
                     "collector.interval: 1s  # default\n"
                     "collector.hash: true  # default\n"
                     "collector.speed: normal  # default\n"
                     "collector.leave_out: ['- a', b, 'it''s']  # p.yaml:2:14\n"
                     "ledger.max_size: 4GiB  # default\n"
                     "ledger.path:  # default\n"
                     "ledger.share.group:  # default\n"
                     "ledger.pages: 7  # policy LedgerPages\n"
                     "probes.jobs[1].name: dc  # p.yaml:5:13\n"
                     "probes.jobs[1].targets: []  # default\n"
                     "probes.jobs[1].every: 5m  # default\n"
                     "probes.jobs[1].expect.status:  # default\n"
                     "probes.groups.my-app: [tcp/443]  # p.yaml:7:13\n");
}
END_TEST

/* Of the lines, what stands before the origin. */
static void add_values(struct text *values, const char *shown)
{
    for (const char *line = shown; *line != '\0'; line += strcspn(line, "\n") + 1) {
        const char *origin = strstr(line, "  # ");

        ck_assert_ptr_nonnull(origin);
        text_add_bytes(values, line, (size_t)(origin - line));
        text_add_char(values, '\n');
    }
}

static const char *const kept[] = {
    "",
    "collector: {interval: 5s, hash: false, speed: fast, leave_out: []}",
    "collector:\n  leave_out: ['- a', b, \"it's\", 'a # b', '  # default', 'null', '~', '1']\n",
    "ledger:\n  share: {group: 'a: b'}\n  max_size: 1536MiB\n",
    "probes:\n  jobs:\n    - name: '#1'\n      targets: [a, 'b c']\n    - name: two\n"
    "      expect: slow\n      every: 90m\n  groups:\n    my-app: tcp/443\n    a.b c: [x, y]\n"
    "    none: []\n",
    "probes: {jobs: [], groups: {}}",
};

START_TEST(what_was_shown_is_read_again)
{
    struct text shown = {0};
    struct text expected = {0};

    CHECK_DONE(parse(kept[_i]), fixture.why);
    settings_add_all(&fixture.text, fixture.settings);
    settings_free(fixture.settings);
    CHECK_DONE(settings_restore(&fixture.settings, "kept", text_bytes(&fixture.text), tables,
                                &fixture.why),
               fixture.why);
    add_values(&expected, text_bytes(&fixture.text));
    text_reset(&fixture.text);
    settings_add_all(&fixture.text, fixture.settings);
    add_values(&shown, text_bytes(&fixture.text));
    ck_assert_str_eq(text_bytes(&shown), text_bytes(&expected));
    text_clear(&shown);
    text_clear(&expected);
}
END_TEST

START_TEST(defaults_are_those_of_now_and_policies_those_of_then)
{
    CHECK_DONE(settings_restore(&fixture.settings, "kept",
                                "collector.interval: 9s  # default\n"
                                "ledger.max_size: 2GiB  # policy LedgerMaxSize\n"
                                "gone.with.version: 7  # default\n"
                                "collector.speed: fast  # p.yaml:2:3\n",
                                tables, &fixture.why),
               fixture.why);
    ck_assert_int_eq(settings_number(fixture.settings, "collector.interval"), 1000);
    ck_assert_int_eq(settings_number(fixture.settings, "ledger.max_size"), INT64_C(2) << 30);
    ck_assert_str_eq(settings_text(fixture.settings, "collector.speed"), "fast");
    ck_assert_str_eq(settings_place(fixture.settings, "collector.speed").file, "kept");
    ck_assert_int_eq(settings_place(fixture.settings, "collector.speed").line, 4);
}
END_TEST

static const struct {
    const char *shown;
    const char *text;
} damaged[] = {
    {"no line of ours", "kept:1: no setting"},
    {"collector.colour: red  # p.yaml:1:1\n", "kept:1: no key of this version"},
    {"collector.interval[1].x: 5s  # p.yaml:1:1\n", "kept:1: no key of this version"},
    {"probes.jobs[0].name: a  # p.yaml:1:1\n", "kept:1: no key of this version"},
    {"probes.jobs[2].name: a  # p.yaml:1:1\n", "kept:1: an entry of a list is missing"},
    {"\ncollector.interval: 5s  # p.yaml:1:1\n", "kept:1: no setting"},
    {"collector.interval: [  # p.yaml:1:1\n", "kept:"},
    {"collector.interval: 5  # p.yaml:1:1\n",
     "kept:1:5: collector.interval: \"5\" does not say of what; write 5s or 5m"},
};

START_TEST(damaged_settings_are_not_restored)
{
    CHECK_FAILED(
        settings_restore(&fixture.settings, "kept", damaged[_i].shown, tables, &fixture.why),
        FAILURE_SETTINGS, fixture.why);
    CHECK_CONTAINS(fixture.why.text, damaged[_i].text);
    ck_assert_ptr_null(fixture.settings);
}
END_TEST

START_TEST(a_name_that_could_not_be_read_again_is_refused)
{
    CHECK_FAILED(parse("probes: {groups: {'a: b': [x]}}"), FAILURE_SETTINGS, fixture.why);
    CHECK_CONTAINS(fixture.why.text, "a name with : or # in it");
}
END_TEST

START_TEST(a_value_at_a_group_is_that_of_its_key)
{
    const struct settings_item *job;

    CHECK_DONE(parse("probes: {jobs: [{name: a, expect: fast}, {name: b, expect: }]}"),
               fixture.why);
    job = settings_item_at(fixture.settings, "probes.jobs", 0);
    ck_assert_str_eq(item_text(job, "expect.status"), "fast");
    ck_assert_int_eq(item_place(job, "expect.status").column, 35);
    job = settings_item_at(fixture.settings, "probes.jobs", 1);
    ck_assert_ptr_null(item_text(job, "expect.status"));
}
END_TEST

START_TEST(what_a_group_does_not_take_is_refused)
{
    CHECK_FAILED(parse("probes:\n  jobs:\n    - name: a\n      expect: quick"), FAILURE_SETTINGS,
                 fixture.why);
    ck_assert_str_eq(fixture.why.text, "p.yaml:4:15: probes.jobs[1].expect: \"quick\" is not known "
                                       "here; write slow, normal or fast");
    CHECK_FAILED(parse("probes:\n  jobs:\n    - name: a\n      expect: [fast]"), FAILURE_SETTINGS,
                 fixture.why);
    CHECK_CONTAINS(fixture.why.text, "p.yaml:4:15: probes.jobs[1].expect: keys are expected here");
    CHECK_FAILED(parse("collector: fast"), FAILURE_SETTINGS, fixture.why);
    CHECK_CONTAINS(fixture.why.text, "keys are expected here");
}
END_TEST

START_TEST(what_others_find_wrong_has_its_place)
{
    const struct settings_item *job;
    const struct settings_item *group;

    CHECK_DONE(parse("probes:\n  jobs:\n    - name: a\n      targets: [x, y]\n  groups:\n"
                     "    web: [http, https]\n"),
               fixture.why);
    job = settings_item_at(fixture.settings, "probes.jobs", 0);
    group = settings_item_at(fixture.settings, "probes.groups", 0);
    failure_set(&fixture.why, FAILURE_FORMAT, 0, "is no %s", "name");
    ck_assert(!item_refuse(job, "name", &fixture.why, "\"%s\" %s", "a", fixture.why.text));
    ck_assert_int_eq(fixture.why.kind, FAILURE_SETTINGS);
    ck_assert_str_eq(fixture.why.text, "p.yaml:3:13: probes.jobs[1].name: \"a\" is no name");
    ck_assert(!item_refuse(job, NULL, &fixture.why, "lacks something"));
    ck_assert_str_eq(fixture.why.text, "p.yaml:3:7: probes.jobs[1]: lacks something");
    ck_assert(!item_refuse(job, "every", &fixture.why, "is missing")); /* stands nowhere */
    ck_assert_str_eq(fixture.why.text, "p.yaml:3:7: probes.jobs[1].every: is missing");
    ck_assert(!item_refuse_text(job, "targets", 1, &fixture.why, "who is %s?", "y"));
    ck_assert_str_eq(fixture.why.text, "p.yaml:4:20: probes.jobs[1].targets[2]: who is y?");
    ck_assert(!item_refuse_text(group, "ports", 1, &fixture.why, "no"));
    ck_assert_str_eq(fixture.why.text, "p.yaml:6:17: probes.groups.web[2]: no");
    CHECK_DONE(parse("probes: {groups: {web: http}, jobs: [{name: a, targets: x}]}"), fixture.why);
    group = settings_item_at(fixture.settings, "probes.groups", 0);
    ck_assert(!item_refuse_text(group, "ports", 0, &fixture.why, "no")); /* is no list */
    ck_assert_str_eq(fixture.why.text, "p.yaml:1:24: probes.groups.web: no");
    job = settings_item_at(fixture.settings, "probes.jobs", 0);
    ck_assert(!item_refuse_text(job, "targets", 0, &fixture.why, "no"));
    ck_assert_str_eq(fixture.why.text, "p.yaml:1:57: probes.jobs[1].targets: no");
    ck_assert(!item_refuse(group, "ports", &fixture.why, "no"));
    ck_assert_str_eq(fixture.why.text, "p.yaml:1:24: probes.groups.web: no");
}
END_TEST

START_TEST(the_default_file_explains_every_key)
{
    settings_add_default_file(&fixture.text, tables);
    ck_assert_ptr_nonnull(strstr(text_bytes(&fixture.text),
                                 "\n# Collector\n"
                                 "collector:\n"
                                 "  # How often the tables are read (duration, 100ms to 1h)\n"
                                 "  #interval: 1s\n"));
    ck_assert_ptr_nonnull(strstr(text_bytes(&fixture.text),
                                 "  #jobs:\n"
                                 "  #    # Name of the job (text; must be there)\n"
                                 "  #  - name: TEXT\n"
                                 "  #    # Hosts (list of texts, 1 to 3 entries)\n"
                                 "  #    targets: [TEXT, TEXT]\n"
                                 "  #    # How often (duration, 1s to 1d)\n"
                                 "  #    every: 5m\n"
                                 "  #    expect:\n"
                                 "  #      # What is right (slow, normal or fast)\n"
                                 "  #      status: CHOICE\n"));
    ck_assert_ptr_nonnull(strstr(text_bytes(&fixture.text),
                                 "  #groups:\n"
                                 "  #  # Ports of the group (list of texts)\n"
                                 "  #  NAME: [TEXT, TEXT]\n"));
}
END_TEST

/* Takes the # away from every line that is a key, and puts `value` where a placeholder stands. */
static void uncomment(struct text *out, const char *file)
{
    for (const char *line = file; *line != '\0'; line += strcspn(line, "\n") + 1) {
        int size = (int)strcspn(line, "\n");
        const char *hash = memchr(line, '#', (size_t)size);

        if (hash != NULL && hash > line && hash[1] != ' ' &&
            memchr(line, '[', (size_t)size) == NULL) {
            text_addf(out, "%.*s%.*s\n", (int)(hash - line), line, size - (int)(hash - line) - 1,
                      hash + 1);
        } else {
            text_addf(out, "%.*s\n", size, line);
        }
    }
}

START_TEST(the_default_file_says_the_same_as_no_file)
{
    struct text shown = {0};
    struct text expected = {0};

    CHECK_DONE(parse(""), fixture.why);
    settings_add_all(&expected, fixture.settings);
    settings_add_default_file(&fixture.text, tables);
    CHECK_DONE(parse(text_bytes(&fixture.text)), fixture.why);
    settings_add_all(&shown, fixture.settings);
    ck_assert_str_eq(text_bytes(&shown), text_bytes(&expected));
    text_clear(&shown);
    text_clear(&expected);
}
END_TEST

START_TEST(a_key_of_the_default_file_is_in_force_without_its_mark)
{
    static const struct setting_table *const with_defaults[] = {&main_table, NULL};
    struct text edited = {0};

    settings_add_default_file(&fixture.text, with_defaults);
    uncomment(&edited, text_bytes(&fixture.text));
    CHECK_DONE(parse(text_bytes(&edited)), fixture.why);
    text_clear(&edited);
    ck_assert_int_eq(settings_number(fixture.settings, "collector.interval"), 1000);
    ck_assert_int_eq(settings_place(fixture.settings, "collector.interval").origin,
                     SETTING_FROM_FILE);
    ck_assert_int_eq(settings_place(fixture.settings, "ledger.max_size").origin, SETTING_FROM_FILE);
}
END_TEST

START_TEST(a_file_is_read_and_named_in_messages)
{
    FILE *file = fopen("check_settings.yaml", "wb");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs("collector:\n  interval: 5\n", file), 0);
    fclose(file);
    ck_assert(!settings_read(&fixture.settings, "check_settings.yaml", tables, &fixture.why));
    ck_assert_int_eq(fixture.why.kind, FAILURE_SETTINGS);
    ck_assert_ptr_nonnull(strstr(fixture.why.text, "check_settings.yaml:2:13: collector.interval"));
}
END_TEST

START_TEST(one_value_is_found_where_others_are_wrong)
{
    FILE *file = fopen("check_settings.yaml", "wb");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_ge(fputs("collector:\n  intervall: 5\nledger:\n  path: /x/y.db\n", file), 0);
    fclose(file);
    ck_assert(settings_peek(&fixture.text, "check_settings.yaml", "ledger.path"));
    ck_assert_str_eq(text_bytes(&fixture.text), "/x/y.db");
    ck_assert(!settings_peek(&fixture.text, "check_settings.yaml", "ledger"));
    ck_assert(!settings_peek(&fixture.text, "check_settings.yaml", "ledger.path.more"));
    ck_assert(!settings_peek(&fixture.text, "not_there.yaml", "ledger.path"));
}
END_TEST

START_TEST(settings_live_as_long_as_somebody_holds_them)
{
    struct settings *held;

    CHECK_DONE(parse("collector: {interval: 5s}"), fixture.why);
    held = settings_hold(fixture.settings);
    settings_free(fixture.settings);
    ck_assert_int_eq(settings_number(held, "collector.interval"), 5000);
    fixture.settings = held;
}
END_TEST

START_TEST(a_file_that_is_missing_is_said_to_be)
{
    ck_assert(!settings_read(&fixture.settings, "not_there.yaml", tables, &fixture.why));
    ck_assert_int_eq(fixture.why.kind, FAILURE_MISSING);
    ck_assert_ptr_null(fixture.settings);
}
END_TEST

START_TEST(no_file_is_all_defaults)
{
    CHECK_DONE(settings_read(&fixture.settings, NULL, tables, &fixture.why), fixture.why);
    ck_assert_int_eq(settings_number(fixture.settings, "collector.interval"), 1000);
}
END_TEST

static Suite *settings_suite(void)
{
    Suite *suite = suite_create("settings");
    TCase *tests = tcase_create("settings");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, a_file_that_says_nothing_is_all_defaults, 0, COUNT_OF(nothings));
    tcase_add_test(tests, values_of_every_kind_are_read);
    tcase_add_test(tests, entries_of_a_list_have_their_own_keys_and_defaults);
    tcase_add_test(tests, a_map_has_names_of_the_users_choice);
    tcase_add_test(tests, a_value_knows_its_place);
    tcase_add_loop_test(tests, what_is_wrong_is_said_with_its_place, 0, COUNT_OF(refusals));
    tcase_add_test(tests, a_relative_path_is_refused);
    tcase_add_test(tests, a_file_that_is_too_large_is_refused);
    tcase_add_test(tests, too_many_values_are_refused);
    tcase_add_test(tests, a_mapping_of_many_keys_is_read_in_order);
    tcase_add_test(tests, a_policy_wins_over_the_file);
    tcase_add_test(tests, a_policy_can_set_a_list);
    tcase_add_loop_test(tests, a_bad_policy_changes_nothing, 0, COUNT_OF(bad_policies));
    tcase_add_test(tests, all_values_are_shown_with_their_origin);
    tcase_add_loop_test(tests, what_was_shown_is_read_again, 0, COUNT_OF(kept));
    tcase_add_test(tests, defaults_are_those_of_now_and_policies_those_of_then);
    tcase_add_loop_test(tests, damaged_settings_are_not_restored, 0, COUNT_OF(damaged));
    tcase_add_test(tests, a_name_that_could_not_be_read_again_is_refused);
    tcase_add_test(tests, a_value_at_a_group_is_that_of_its_key);
    tcase_add_test(tests, what_a_group_does_not_take_is_refused);
    tcase_add_test(tests, what_others_find_wrong_has_its_place);
    tcase_add_test(tests, the_default_file_explains_every_key);
    tcase_add_test(tests, the_default_file_says_the_same_as_no_file);
    tcase_add_test(tests, a_key_of_the_default_file_is_in_force_without_its_mark);
    tcase_add_test(tests, a_file_is_read_and_named_in_messages);
    tcase_add_test(tests, one_value_is_found_where_others_are_wrong);
    tcase_add_test(tests, settings_live_as_long_as_somebody_holds_them);
    tcase_add_test(tests, a_file_that_is_missing_is_said_to_be);
    tcase_add_test(tests, no_file_is_all_defaults);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(settings_suite());
}
