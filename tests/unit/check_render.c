/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "reportcli/json_text.h"
#include "reportcli/render.h"
#include "tests/support.h"
#include "tests/unit/console_fake.h"

/* 2026-11-20T13:00:00.250Z */
#define MOMENT INT64_C(1795179600250)

static const struct column columns[] = {
    {.name = "name", .type = COLUMN_TEXT, .heading = "Name", .help = "A text"},
    {.name = "number", .type = COLUMN_INTEGER, .heading = "No", .help = "A number", .rank = 1},
    {.name = "share", .type = COLUMN_REAL, .unit = "%", .heading = "Share", .help = "", .rank = 2},
    {.name = "held", .type = COLUMN_BOOLEAN, .heading = "Held", .help = "", .rank = 3},
    {.name = "seen_at", .type = COLUMN_TIME, .heading = "Seen", .help = "", .rank = 6},
    {.name = "lasted",
     .type = COLUMN_DURATION,
     .unit = "ms",
     .heading = "Lasted",
     .help = "",
     .rank = 5},
    {.name = "bytes",
     .type = COLUMN_SIZE,
     .unit = "bytes",
     .heading = "Size",
     .help = "",
     .rank = 4},
    {.name = "detail", .type = COLUMN_TEXT, .heading = "Detail", .help = "", .rank = -1},
};

enum { NAME, NUMBER, SHARE, HELD, SEEN_AT, LASTED, BYTES, DETAIL, COLUMNS };

static const struct column_table table = {
    .name = "thing",
    .title = "a thing",
    .groups = {{columns, 3}, {columns + 3, COLUMNS - 3}},
};

static const struct column_table single_table = {
    .name = "thing",
    .title = "a thing",
    .single = true,
    .groups = {{columns, COLUMNS}},
};

static struct {
    struct render *render;
    struct render_options options;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    fixture.options.zone = TIME_ZONE_UTC;
    console_fake_reset();
}

static void close_fixture(void)
{
    render_close(fixture.render);
    fixture.render = NULL;
    console_fake_reset();
}

static void fill(struct value *values, const char *name, int64_t number)
{
    values[NAME] = value_text(name);
    values[NUMBER] = value_number(number);
    values[SHARE] = value_real(99.5);
    values[HELD] = value_truth(true);
    values[SEEN_AT] = value_number(MOMENT);
    values[LASTED] = value_number(1500);
    values[BYTES] = value_number(2048);
    values[DETAIL] = value_text("more");
}

static void begin(const char *kind, const struct column_table *which)
{
    render_close(fixture.render);
    text_reset(&console_fake.out);
    CHECK_DONE(
        render_open(&fixture.render, render_find(kind), which, &fixture.options, &fixture.why),
        fixture.why);
}

static void add(const struct value *values)
{
    CHECK_DONE(render_record(fixture.render, values, &fixture.why), fixture.why);
}

static const char *finish(void)
{
    CHECK_DONE(render_finish(fixture.render, &fixture.why), fixture.why);
    return text_bytes(&console_fake.out);
}

/* What one record with this name looks like. */
static const char *render_name(const char *kind, const char *name)
{
    struct value values[COLUMNS] = {0};

    values[NAME] = value_text(name);
    begin(kind, &table);
    add(values);
    return finish();
}

static const struct {
    const char *kind;
    const char *full;    /* a record with everything, then one with nothing */
    const char *nothing; /* no record */
} kinds[] = {
    {"table",
     "Name  No    Share  Held  Seen                            Lasted      Size\n"
     "sshd  22  99.50 %  yes   2026-11-20 13:00:00.250 +00:00   1.5 s  2.00 KiB\n"
     "-      -        -  -     -                                    -         -\n",
     ""},
    {"json",
     "[\n"
     "{\"name\":\"sshd\",\"number\":22,\"share\":99.5,\"held\":true,"
     "\"seen_at\":\"2026-11-20T13:00:00.250Z\",\"lasted\":1500,\"bytes\":2048,"
     "\"detail\":\"more\"},\n"
     "{\"name\":null,\"number\":null,\"share\":null,\"held\":null,\"seen_at\":null,"
     "\"lasted\":null,\"bytes\":null,\"detail\":null}\n"
     "]\n",
     "[]\n"},
    {"jsonl",
     "{\"name\":\"sshd\",\"number\":22,\"share\":99.5,\"held\":true,"
     "\"seen_at\":\"2026-11-20T13:00:00.250Z\",\"lasted\":1500,\"bytes\":2048,"
     "\"detail\":\"more\"}\n"
     "{\"name\":null,\"number\":null,\"share\":null,\"held\":null,\"seen_at\":null,"
     "\"lasted\":null,\"bytes\":null,\"detail\":null}\n",
     ""},
    {"csv",
     "name,number,share,held,seen_at,lasted,bytes,detail\r\n"
     "sshd,22,99.5,true,2026-11-20T13:00:00.250Z,1500,2048,more\r\n"
     ",,,,,,,\r\n",
     "name,number,share,held,seen_at,lasted,bytes,detail\r\n"},
};

START_TEST(every_type_has_its_form_in_every_format)
{
    struct value values[COLUMNS];

    begin(kinds[_i].kind, &table);
    fill(values, "sshd", 22);
    add(values);
    memset(values, 0, sizeof(values));
    add(values);
    ck_assert_str_eq(finish(), kinds[_i].full);
    ck_assert_uint_eq(fixture.render->records, 2);
}
END_TEST

START_TEST(an_output_without_records_is_still_well_formed)
{
    begin(kinds[_i].kind, &table);
    ck_assert_str_eq(finish(), kinds[_i].nothing);
}
END_TEST

/* What a process may be called, and what becomes of it in the first cell. */
static const struct {
    const char *name;
    const char *in_table;
    const char *in_json;
    const char *in_csv;
    const char *in_csv_terminal; /* NULL: as in a file */
} hostile[] = {
    {"plain", "plain", "\"plain\"", "plain", NULL},
    {"", "\"\"", "\"\"", "\"\"", NULL},
    {"a \"b\" c", "a \"b\" c", "\"a \\\"b\\\" c\"", "\"a \"\"b\"\" c\"", NULL},
    {"C:\\a,b", "C:\\a,b", "\"C:\\\\a,b\"", "\"C:\\a,b\"", NULL},
    {"two\nlines", "two\\nlines", "\"two\\u000alines\"", "\"two\nlines\"", "two\\nlines"},
    {"\x1b[31mred", "\\x1B[31mred", "\"\\u001b[31mred\"", "\x1b[31mred", "\\x1B[31mred"},
    {"\x7f", "\\x7F", "\"\\u007f\"", "\x7f", "\\x7F"},
    {"\xc2\x9b"
     "31m",
     "\\u{9B}31m", "\"\\u009b31m\"",
     "\xc2\x9b"
     "31m",
     "\\u{9B}31m"},
    {"\xe2\x80\xae"
     "fdp.exe",
     "\\u{202E}fdp.exe", "\"\\u202efdp.exe\"",
     "\xe2\x80\xae"
     "fdp.exe",
     "\\u{202E}fdp.exe"},
    {"a\xe2\x80\x8b"
     "b",
     "a\\u{200B}b", "\"a\\u200bb\"",
     "a\xe2\x80\x8b"
     "b",
     "a\\u{200B}b"},
    {"bad\xff", "bad\\xFF", "\"bad\xef\xbf\xbd\"", "bad\xef\xbf\xbd", "bad\\xFF"},
    {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\"", "\xf0\x9f\x98\x80", NULL},
    {"\xf3\xa0\x80\x81", "\\u{E0001}", "\"\\udb40\\udc01\"", "\xf3\xa0\x80\x81", "\\u{E0001}"},
    {"=1+1", "=1+1", "\"=1+1\"", "'=1+1", NULL},
    {"+1", "+1", "\"+1\"", "'+1", NULL},
    {"-1", "-1", "\"-1\"", "'-1", NULL},
    {"@SUM(A1)", "@SUM(A1)", "\"@SUM(A1)\"", "'@SUM(A1)", NULL},
    {"\tx", "\\tx", "\"\\u0009x\"", "'\tx", "'\\tx"},
    {"\rx", "\\rx", "\"\\u000dx\"", "\"'\rx\"", "'\\rx"},
};

START_TEST(a_hostile_name_does_no_harm_in_a_table)
{
    struct text expected = {0};

    text_addf(&expected, "\n%s", hostile[_i].in_table);
    CHECK_CONTAINS(render_name("table", hostile[_i].name), text_bytes(&expected));
    text_clear(&expected);
}
END_TEST

START_TEST(a_hostile_name_is_a_right_string_in_json)
{
    struct text expected = {0};

    text_addf(&expected, "{\"name\":%s,\"number\":null", hostile[_i].in_json);
    CHECK_CONTAINS(render_name("json", hostile[_i].name), text_bytes(&expected));
    CHECK_CONTAINS(render_name("jsonl", hostile[_i].name), text_bytes(&expected));
    text_clear(&expected);
}
END_TEST

START_TEST(a_hostile_name_is_no_formula_in_csv)
{
    struct text expected = {0};

    text_addf(&expected, "\r\n%s,,,,,,,\r\n", hostile[_i].in_csv);
    CHECK_CONTAINS(render_name("csv", hostile[_i].name), text_bytes(&expected));
    text_clear(&expected);
}
END_TEST

START_TEST(csv_on_a_terminal_shows_what_the_terminal_would_act_upon)
{
    const char *cell = hostile[_i].in_csv_terminal;
    struct text expected = {0};

    fixture.options.terminal = true;
    text_addf(&expected, "\r\n%s,,,,,,,\r\n", cell != NULL ? cell : hostile[_i].in_csv);
    CHECK_CONTAINS(render_name("csv", hostile[_i].name), text_bytes(&expected));
    text_clear(&expected);
}
END_TEST

START_TEST(a_negative_number_is_no_formula)
{
    struct value values[COLUMNS] = {0};

    values[NUMBER] = value_number(-5);
    begin("csv", &table);
    add(values);
    CHECK_CONTAINS(finish(), "\r\n,-5,");
}
END_TEST

static const struct {
    double real;
    const char *text;
} reals[] = {
    {0.1, "0.1"},      {100.0, "100"},     {1.0 / 3.0, "0.3333333333333333"},
    {1e300, "1e+300"}, {INFINITY, "null"}, {-INFINITY, "null"},
    {NAN, "null"},
};

START_TEST(a_real_number_is_one_that_json_knows)
{
    struct value value = value_real(reals[_i].real);
    struct text text = {0};

    json_add_value(&text, &columns[SHARE], &value, TIME_ZONE_UTC, NULL);
    ck_assert_str_eq(text_bytes(&text), reals[_i].text);
    text_clear(&text);
}
END_TEST

/* The columns are 4, 2, 7, 4, 30, 6 and 8 wide, with two blanks between. */
static const struct {
    int room;
    const char *heading;
    const char *left_out;
} widths[] = {
    {0, "Name  No    Share  Held  Seen                            Lasted      Size\n", ""},
    {73, "Name  No    Share  Held  Seen                            Lasted      Size\n", ""},
    {72, "Name No   Share Held Seen +00:00         Lasted     Size\n", ""},
    {56, "Name No   Share Held Seen +00:00         Lasted     Size\n", ""},
    {55, "Name  No    Share  Held  Lasted      Size\n", "seen_at"},
    {41, "Name  No    Share  Held  Lasted      Size\n", "seen_at"},
    {40, "Name No   Share Held Lasted     Size\n", "seen_at"},
    {36, "Name No   Share Held Lasted     Size\n", "seen_at"},
    {35, "Name  No    Share  Held      Size\n", "seen_at, lasted"},
    {23, "Name  No    Share  Held\n", "seen_at, lasted, bytes"},
    {17, "Name  No    Share\n", "held, seen_at, lasted, bytes"},
    {8, "Name  No\n", "share, held, seen_at, lasted, bytes"},
    {4, "Name\n", "number, share, held, seen_at, lasted, bytes"},
};

START_TEST(a_narrow_terminal_gets_whole_columns_by_rank)
{
    struct value values[COLUMNS];
    const char *out;

    fixture.options.columns = widths[_i].room;
    begin("table", &table);
    fill(values, "sshd", 22);
    add(values);
    out = finish();
    ck_assert_int_eq(strncmp(out, widths[_i].heading, strlen(widths[_i].heading)), 0);
    ck_assert_str_eq(text_bytes(&fixture.render->left_out), widths[_i].left_out);
}
END_TEST

/* Rows as a history has them; the twelfth has another state, an owner of the last winter, or a
 * name. */
static const struct column brief_columns[] = {
    {.name = "opened_at", .type = COLUMN_TIME, .heading = "Opened", .help = ""},
    {.name = "process", .heading = "Process", .help = "", .rank = 1},
    {.name = "owner", .heading = "Owner", .help = "", .rank = 2},
    {.name = "state", .heading = "State", .help = "", .rank = 3},
};

static const struct column_table brief_table = {
    .name = "thing",
    .title = "a thing",
    .groups = {{brief_columns, 4}},
};

enum { BRIEF_ROWS = 12, YEAR_MS_DAYS = 365 };

static const struct {
    int room;
    bool outlier;
    const char *heading;
    const char *row;
    const char *left_out;
} briefs[] = {
    {0, false, "Opened                          Process  Owner  State\n",
     "\n2026-11-20 13:00:00.250 +00:00  sshd     exact  OPEN\n", ""},
    {34, false, "Opened +00:00  Process Owner State\n", "\n11-20 13:00:00 sshd    exact OPEN\n",
     ""},
    /* What is the same in all rows goes before what does not go without saying. */
    {33, false, "Opened +00:00  Process State\n", "\n11-20 13:00:00 sshd    OPEN\n",
     "owner (exact)"},
    /* And it comes back where it fits and a wider one does not. */
    {27, false, "Opened +00:00  Owner State\n", "\n11-20 13:00:00 exact OPEN\n", "process (sshd)"},
    {25, false, "Opened +00:00  State\n", "\n11-20 13:00:00 OPEN\n",
     "process (sshd), owner (exact)"},
    {19, false, "Opened +00:00\n", "\n11-20 13:00:00\n", "process (sshd), owner (exact), state"},
    /* One row sticks out. */
    {35, true, "Opened +00:00  Process Owner State\n",
     "\n11-20 13:00:00 a-very-long-name-of-a-program exact SHUT\n", ""},
    {33, true, "Opened +00:00  Process State\n",
     "\n11-20 13:00:00 a-very-long-name-of-a-program SHUT\n", "owner (exact)"},
};

START_TEST(a_narrow_terminal_does_without_what_goes_without_saying)
{
    static const int64_t day = INT64_C(86400000);
    struct value values[4];
    const char *out;

    fixture.options.columns = briefs[_i].room;
    fixture.options.now = MOMENT + day;
    begin("table", &brief_table);
    for (int i = 0; i < BRIEF_ROWS; i++) {
        bool last = i == BRIEF_ROWS - 1;

        values[0] = value_number(MOMENT);
        values[1] =
            value_text(last && briefs[_i].outlier ? "a-very-long-name-of-a-program" : "sshd");
        values[2] = value_text("exact");
        values[3] = value_text(last ? "SHUT" : "OPEN");
        add(values);
    }
    out = finish();
    ck_assert_int_eq(strncmp(out, briefs[_i].heading, strlen(briefs[_i].heading)), 0);
    CHECK_CONTAINS(out, briefs[_i].row);
    ck_assert_str_eq(text_bytes(&fixture.render->left_out), briefs[_i].left_out);
}
END_TEST

START_TEST(a_time_of_another_year_keeps_it_on_a_narrow_terminal)
{
    struct value values[4] = {{0}};

    fixture.options.columns = 20;
    fixture.options.now = MOMENT;
    begin("table", &brief_table);
    values[0] = value_number(MOMENT);
    add(values);
    values[0] = value_number(MOMENT - YEAR_MS_DAYS * INT64_C(86400000));
    add(values);
    ck_assert_str_eq(finish(), "Opened +00:00\n11-20 13:00:00\n2025-11-20 13:00:00\n");
}
END_TEST

static const struct column digest_columns[] = {
    {.name = "port", .type = COLUMN_INTEGER, .heading = "Port", .help = ""},
    {.name = "said", .heading = "Said", .help = "", .rank = 1, .last = true, .digest = true},
    {.name = "asked", .heading = "Asked", .help = "", .rank = 2},
};

static const struct column_table digest_table = {
    .name = "thing",
    .title = "a thing",
    .groups = {{digest_columns, 3}},
};

static const char with_digest[] = "twenty-seven letters it has";

/* The columns are 4, 27 and 5 wide. */
static const struct {
    int room;
    const char *row;
} cuts[] = {
    {40, "  22  smtp   twenty-seven letters it has\n"},
    {39, "  22 smtp  twenty-seven letters it has\n"},
    {37, "  22 smtp  twenty-seven letters it...\n"},
    {35, "  22 smtp  twenty-seven letters ...\n"},
    {34, "  22  twenty-seven letters it has\n"},
    {32, "  22 twenty-seven letters it has\n"},
    {29, "  22 twenty-seven letters ...\n"},
    {28, "  22  smtp\n"}, /* what went before it has room again */
};

START_TEST(a_digest_is_cut_before_it_is_left_out)
{
    const struct value values[] = {value_number(22), value_text(with_digest), value_text("smtp")};
    const char *out;

    fixture.options.columns = cuts[_i].room;
    begin("table", &digest_table);
    add(values);
    out = strchr(finish(), '\n') + 1;
    ck_assert_str_eq(out, cuts[_i].row);
}
END_TEST

static const struct column below_columns[] = {
    {.name = "port", .type = COLUMN_INTEGER, .heading = "Port", .help = ""},
    {.name = "peers", .heading = "Peers", .help = "", .rank = 2, .below = true},
    {.name = "kind", .heading = "Kind", .help = "", .rank = 3},
    {.name = "seen", .heading = "Seen", .help = "", .rank = 4, .below = true},
};

static const struct column_table below_table = {
    .name = "thing",
    .title = "a thing",
    .groups = {{below_columns, 4}},
};

/* The columns are 4, 12, 4 and 6 wide. */
static const struct {
    int room;
    const char *out;
} belows[] = {
    {32, "Port  Peers         Kind  Seen\n  22  10.0.0.9 (1)  smtp  always\n"},
    {24, "Port  Peers         Kind\n  22  10.0.0.9 (1)  smtp\n    Seen: always\n"},
    {22, "Port Peers        Kind\n  22 10.0.0.9 (1) smtp\n    Seen: always\n"},
    {18, "Port  Peers\n  22  10.0.0.9 (1)\n    Seen: always\n"},
    {23, "Port Peers        Kind\n  22 10.0.0.9 (1) smtp\n    Seen: always\n"},
    {16, "Port Kind Seen\n  22 smtp always\n    Peers: 10.0.0.9\n        (1)\n"},
    {9, "Port Kind\n  22 smtp\n    Peers: 10.0.0.9\n        (1)\n    Seen: always\n"},
    {8, "Port\n  22\n    Peers: 10.0.0.9\n        (1)\n    Seen: always\n"},
};

START_TEST(what_has_no_room_in_a_row_may_stand_below_it)
{
    const struct value values[] = {value_number(22), value_text("10.0.0.9 (1)"), value_text("smtp"),
                                   value_text("always")};

    fixture.options.columns = belows[_i].room;
    begin("table", &below_table);
    add(values);
    ck_assert_str_eq(finish(), belows[_i].out);
}
END_TEST

static const int hours_ranks[] = {0, 3, 1, 4};

static const struct column_table hours_table = {
    .name = "thing",
    .title = "a thing",
    .groups = {{below_columns, 4}},
    .ranks = {hours_ranks},
};

/* Lists go below before a column that matters more goes, though it is the same in all rows. */
START_TEST(what_may_stand_below_makes_room_for_what_is_the_same)
{
    struct value values[] = {value_number(22), value_text("10.0.0.9 (1)"), value_text("smtp"),
                             value_text("always")};

    fixture.options.columns = 14;
    begin("table", &hours_table);
    add(values);
    values[1] = value_text("10.0.0.8 (1)");
    add(values);
    ck_assert_str_eq(finish(), "Port  Kind\n"
                               "  22  smtp\n    Peers: 10.0.0.9\n        (1)\n"
                               "  22  smtp\n    Peers: 10.0.0.8\n        (1)\n");
    ck_assert_str_eq(text_bytes(&fixture.render->left_out), "seen (always)");
}
END_TEST

static const struct column answer_columns[] = {
    {.name = "port", .type = COLUMN_INTEGER, .heading = "Port", .help = ""},
    {.name = "answer", .type = COLUMN_OBJECT, .heading = "Answer", .help = "", .last = true},
};

static const struct column_table answer_table = {
    .name = "thing",
    .title = "a thing",
    .single = true,
    .groups = {{answer_columns, 2}},
};

START_TEST(a_list_has_a_line_for_each_member_of_an_object)
{
    const struct value values[] = {
        value_number(22),
        value_object("name=a; b; item 1 size=2 bytes; last_one=yes", "{}"),
    };

    begin("table", &answer_table);
    add(values);
    ck_assert_str_eq(finish(), "Port    22\n"
                               "Answer  name=a; b\n"
                               "        item 1 size=2 bytes\n"
                               "        last_one=yes\n");
}
END_TEST

static const char list[] = "Name    sshd\n"
                           "No      22\n"
                           "Share   99.50 %\n"
                           "Held    yes\n"
                           "Seen    2026-11-20 13:00:00.250 +00:00\n"
                           "Lasted  1.5 s\n"
                           "Size    2.00 KiB\n";

START_TEST(a_terminal_without_room_for_the_least_gets_a_list)
{
    struct value values[COLUMNS];
    struct text expected = {0};

    fixture.options.columns = 3;
    begin("table", &table);
    fill(values, "sshd", 22);
    add(values);
    add(values);
    text_addf(&expected, "%s\n%s", list, list);
    ck_assert_str_eq(finish(), text_bytes(&expected));
    ck_assert_uint_eq(fixture.render->left_out.size, 0);
    text_clear(&expected);
}
END_TEST

START_TEST(a_single_record_is_a_list)
{
    struct value values[COLUMNS];

    begin("table", &single_table);
    fill(values, "sshd", 22);
    add(values);
    ck_assert_str_eq(finish(), list);
}
END_TEST

START_TEST(verbose_shows_all_columns_where_there_is_room)
{
    struct value values[COLUMNS];

    fixture.options.verbose = true;
    fixture.options.columns = 81;
    begin("table", &table);
    fill(values, "sshd", 22);
    add(values);
    CHECK_CONTAINS(finish(), "Size  Detail\n");
}
END_TEST

START_TEST(verbose_shows_all_columns_as_a_list_where_there_is_none)
{
    struct value values[COLUMNS];
    struct text expected = {0};

    fixture.options.verbose = true;
    fixture.options.columns = 80;
    begin("table", &table);
    fill(values, "sshd", 22);
    add(values);
    text_addf(&expected, "%sDetail  more\n", list);
    ck_assert_str_eq(finish(), text_bytes(&expected));
    text_clear(&expected);
}
END_TEST

START_TEST(a_column_that_matters_now_is_shown_whatever_its_rank)
{
    struct value values[COLUMNS];

    fixture.options.also = "detail";
    fixture.options.columns = 12;
    begin("table", &table);
    fill(values, "sshd", 22);
    add(values);
    ck_assert_str_eq(finish(), "Name  Detail\nsshd  more\n");
}
END_TEST

START_TEST(a_column_without_a_value_takes_no_room)
{
    struct value values[COLUMNS] = {0};

    begin("table", &table);
    values[NAME] = value_text("sshd");
    values[SHARE] = value_real(1);
    add(values);
    ck_assert_str_eq(finish(), "Name   Share\nsshd  1.00 %\n");
    ck_assert_uint_eq(fixture.render->left_out.size, 0);
}
END_TEST

static const struct column call_columns[] = {
    {.name = "name", .type = COLUMN_TEXT, .heading = "Name", .help = "A text"},
    {.name = "call", .type = COLUMN_TEXT, .heading = "Call", .help = "", .last = true},
    {.name = "path", .type = COLUMN_TEXT, .heading = "Path", .help = ""},
};

static const struct column_table call_table = {
    .name = "call",
    .title = "how something was called",
    .groups = {{call_columns, 3}},
};

static void add_call(const char *name, const char *call, const char *path)
{
    struct value values[] = {value_text(name), value_text(call), value_text(path)};

    add(values);
}

START_TEST(a_column_that_may_be_very_long_is_the_last_and_not_padded)
{
    begin("table", &call_table);
    add_call("sh", "sh -c 'a long command'", "/bin/sh");
    add_call("sshd", "sshd", "/sbin/sshd");
    ck_assert_str_eq(finish(), "Name  Path        Call\n"
                               "sh    /bin/sh     sh -c 'a long command'\n"
                               "sshd  /sbin/sshd  sshd\n");
    begin("csv", &call_table);
    add_call("sh", "sh -c", "/bin/sh");
    ck_assert_str_eq(finish(), "name,call,path\r\nsh,sh -c,/bin/sh\r\n");
}
END_TEST

static const struct column state_columns[] = {
    {.name = "moment",
     .type = COLUMN_INTEGER,
     .heading = "Moment",
     .help = "",
     .rank = -1,
     .same = COLUMN_SAME_NEEDLESS},
    {.name = "name", .type = COLUMN_TEXT, .heading = "Name", .help = "A text"},
    {.name = "path", .type = COLUMN_TEXT, .heading = "Path", .help = "", .rank = 1},
    {.name = "user", .type = COLUMN_TEXT, .heading = "User", .help = "", .rank = -1},
    {.name = "at",
     .type = COLUMN_INTEGER,
     .heading = "At",
     .help = "",
     .rank = -1,
     .same = COLUMN_SAME_ONCE},
};

static const struct column_table state_table = {
    .name = "state",
    .title = "a state",
    .groups = {{state_columns, 5}},
};

static void add_state(int64_t moment, const char *name, const char *user, int64_t at)
{
    struct value values[] = {value_number(moment), value_text(name), value_text("/a path"),
                             value_text(user), value_number(at)};

    add(values);
}

static void begin_narrow_list(const char *also)
{
    fixture.options.verbose = true;
    fixture.options.columns = 10;
    fixture.options.also = also;
    begin("table", &state_table);
}

START_TEST(a_list_says_nothing_of_what_is_absent_and_once_what_is_common)
{
    begin_narrow_list(NULL);
    add_state(1, "sshd", NULL, 7);
    add_state(1, NULL, "-", 7);
    ck_assert_str_eq(finish(), "At      7\n\n"
                               "Name    sshd\nPath    /a path\n\n"
                               "Name    -\nPath    /a path\nUser    -\n");
}
END_TEST

START_TEST(a_list_tells_with_each_record_what_differs)
{
    begin_narrow_list(NULL);
    add_state(1, "sshd", NULL, 7);
    add_state(2, "sshd", NULL, 8);
    ck_assert_str_eq(finish(), "Moment  1\nName    sshd\nPath    /a path\nAt      7\n\n"
                               "Moment  2\nName    sshd\nPath    /a path\nAt      8\n");
    begin_narrow_list("moment"); /* there are several, though records of one only */
    add_state(2, "sshd", NULL, 8);
    ck_assert_str_eq(finish(), "At      8\n\nMoment  2\nName    sshd\nPath    /a path\n");
}
END_TEST

enum { NO_TERMINAL = 0, WIDE_TERMINAL = 500 };

/* A path of so many bytes in one row, and how far the other row is padded. */
static const struct {
    int columns;
    size_t longest;
    size_t padded;
} pads[] = {
    {NO_TERMINAL, 200, 200},
    {NO_TERMINAL, 201, 4},
    {WIDE_TERMINAL, 201, 201},
};

START_TEST(a_very_long_cell_pads_no_other_row_where_there_is_no_terminal)
{
    struct text path = {0};
    struct text expected = {0};

    text_add_repeated(&path, 'x', pads[_i].longest);
    fixture.options.columns = pads[_i].columns;
    begin("table", &call_table);
    add_call("a", "end", text_bytes(&path));
    add_call("b", "end", "/");
    text_addf(&expected, "\na     %s  end\nb     /", text_bytes(&path));
    text_add_repeated(&expected, ' ', pads[_i].padded - 1 + 2);
    text_add(&expected, "end\n");
    CHECK_CONTAINS(finish(), text_bytes(&expected));
    text_clear(&path);
    text_clear(&expected);
}
END_TEST

static const struct column pair_columns[] = {
    {.name = "name", .type = COLUMN_TEXT, .heading = "Name", .help = "A text"},
    {.name = "address", .type = COLUMN_TEXT, .heading = "Address", .help = "", .rank = 1},
    {.name = "port", .type = COLUMN_INTEGER, .heading = "Port", .help = "", .rank = 1},
};

static const struct column_table pair_table = {
    .name = "pair",
    .title = "an address and a port",
    .groups = {{pair_columns, 3}},
};

START_TEST(columns_of_one_rank_go_together)
{
    struct value values[] = {value_text("sshd"), value_text("::1"), value_number(22)};

    fixture.options.columns = 16; /* one less than all need, enough for two of them */
    begin("table", &pair_table);
    add(values);
    ck_assert_str_eq(finish(), "Name\nsshd\n");
    ck_assert_str_eq(text_bytes(&fixture.render->left_out), "address, port");
}
END_TEST

START_TEST(colour_is_in_the_heading_only)
{
    struct value values[COLUMNS];

    fixture.options.colour = true;
    fixture.options.columns = 8;
    begin("table", &table);
    fill(values, "sshd", 22);
    add(values);
    ck_assert_str_eq(finish(), "\x1b[1mName  No\x1b[0m\nsshd  22\n");
}
END_TEST

START_TEST(wide_and_combining_characters_keep_the_columns_straight)
{
    struct value values[COLUMNS];

    fixture.options.columns = 12;
    begin("table", &table);
    fill(values, "\xe6\x97\xa5\xe6\x9c\xac", 1); /* two characters, four columns */
    add(values);
    fill(values, "e\xcc\x81", 2); /* two characters, one column */
    add(values);
    fill(values, "abcde", 3);
    add(values);
    ck_assert_str_eq(finish(), "Name   No\n"
                               "\xe6\x97\xa5\xe6\x9c\xac    1\n"
                               "e\xcc\x81       2\n"
                               "abcde   3\n");
}
END_TEST

enum { MANY = 9000 };

START_TEST(no_row_is_lost_in_a_long_table)
{
    struct value values[COLUMNS];
    const char *out;
    size_t lines = 0;

    fixture.options.columns = 20;
    begin("table", &table);
    for (int64_t i = 0; i < MANY; i++) {
        fill(values, i == MANY - 1 ? "much longer than all that came before" : "sshd", i);
        add(values);
    }
    out = finish();
    for (const char *c = out; *c != '\0'; c++) {
        lines += *c == '\n' ? 1 : 0;
    }
    ck_assert_uint_eq(lines, MANY + 1);
    CHECK_CONTAINS(out, "\nsshd  8998  99.50 %\n");
    CHECK_CONTAINS(out, "\nmuch longer than all that came before  8999  99.50 %\n");
}
END_TEST

START_TEST(an_output_that_cannot_be_written_fails)
{
    struct value values[COLUMNS];
    bool written = true;

    begin(kinds[_i].kind, &table);
    fill(values, "sshd", 22);
    console_fake.full = true;
    written = render_record(fixture.render, values, &fixture.why) &&
              render_finish(fixture.render, &fixture.why);
    ck_assert(!written);
    ck_assert_int_eq(fixture.why.kind, FAILURE_SYSTEM);
}
END_TEST

START_TEST(every_renderer_is_found_by_its_name)
{
    for (size_t i = 0; renderers[i] != NULL; i++) {
        ck_assert_ptr_eq(render_find(renderers[i]->name), renderers[i]);
    }
    ck_assert_ptr_null(render_find("xml"));
}
END_TEST

/* What of three records comes out: of sshd 22, httpd 80 and sshd 443. */
static const struct {
    const char *kind;
    struct render_wishes wishes;
    bool wide;
    const char *out;
    size_t kept_back;
} wishes[] = {
    {"csv",
     {.columns = "number,name"},
     false,
     "number,name\r\n22,sshd\r\n80,httpd\r\n443,sshd\r\n",
     0},
    {"jsonl",
     {.columns = "number,name", .most = 2},
     false,
     "{\"number\":22,\"name\":\"sshd\"}\n{\"number\":80,\"name\":\"httpd\"}\n",
     1},
    {"json",
     {.columns = "number", .order = "-number", .most = 2},
     false,
     "[\n{\"number\":443},\n{\"number\":80}\n]\n",
     1},
    {"csv", {.columns = "name", .order = "-number"}, false, "name\r\nsshd\r\nhttpd\r\nsshd\r\n", 0},
    {"table",
     {.columns = "detail,name,number", .order = "name,number", .most = 3},
     false, /* wider than the terminal, and in the order that was asked for */
     "Detail  Name    No\nmore    httpd   80\nmore    sshd    22\nmore    sshd   443\n",
     0},
    {"table",
     {.most = 1},
     true,
     "Name  No    Share  Held  Seen                            Lasted      Size\n"
     "sshd  22  99.50 %  yes   2026-11-20 13:00:00.250 +00:00   1.5 s  2.00 KiB\n",
     2},
    {"table", {.most = 1}, false, "Name No Held\nsshd 22 yes\n", 2},
};

START_TEST(records_come_as_a_person_wishes)
{
    struct value values[COLUMNS];

    fixture.options.columns = 12;
    fixture.options.wishes = wishes[_i].wishes;
    fixture.options.wide = wishes[_i].wide;
    begin(wishes[_i].kind, &table);
    fill(values, "sshd", 22);
    add(values);
    fill(values, "httpd", 80);
    add(values);
    fill(values, "sshd", 443);
    add(values);
    ck_assert_int_eq(render_is_full(fixture.render),
                     wishes[_i].kept_back > 0 && wishes[_i].wishes.order == NULL);
    ck_assert_str_eq(finish(), wishes[_i].out);
    ck_assert_uint_eq(fixture.render->kept_back, wishes[_i].kept_back);
    ck_assert_str_eq(text_bytes(&fixture.render->left_out),
                     wishes[_i].wishes.columns != NULL || wishes[_i].wide || _i < 5
                         ? ""
                         : "share, seen_at, lasted, bytes");
}
END_TEST

START_TEST(a_column_that_matters_now_is_there_beside_those_that_were_named)
{
    struct value values[COLUMNS];

    fixture.options.wishes.columns = "name";
    fixture.options.also = "detail";
    begin("csv", &table);
    fill(values, "sshd", 22);
    add(values);
    ck_assert_str_eq(finish(), "detail,name\r\nmore,sshd\r\n");
}
END_TEST

START_TEST(raw_csv_has_no_apostrophe)
{
    fixture.options.raw = true;
    ck_assert_str_eq(render_name("csv", "=1+1"),
                     "name,number,share,held,seen_at,lasted,bytes,detail\r\n=1+1,,,,,,,\r\n");
}
END_TEST

/* Every code point that a terminal acts upon, from outside in. */
static const struct {
    uint32_t first;
    uint32_t last;
} dangerous[] = {
    {0x01, 0x1F},     {0x7F, 0x9F},     {0x200B, 0x200F},
    {0x2028, 0x202E}, {0x2066, 0x2069}, {0xFEFF, 0xFEFF},
};

static bool is_ours(const char *kind, uint32_t code_point)
{
    return code_point == '\n' || (code_point == '\r' && strcmp(kind, "csv") == 0);
}

static void check_harmless(const char *kind, const char *out)
{
    size_t left = strlen(out);

    while (left > 0) {
        size_t taken;
        uint32_t code_point = text_code_point(out, left, &taken);

        for (int i = 0; i < COUNT_OF(dangerous) && !is_ours(kind, code_point); i++) {
            ck_assert_msg(code_point < dangerous[i].first || code_point > dangerous[i].last,
                          "U+%04X in %s", (unsigned)code_point, kind);
        }
        out += taken;
        left -= taken;
    }
}

START_TEST(nothing_that_a_terminal_acts_upon_gets_to_it)
{
    fixture.options.terminal = true;
    for (int i = 0; i < COUNT_OF(dangerous); i++) {
        for (uint32_t c = dangerous[i].first; c <= dangerous[i].last; c++) {
            struct text name = {0};

            text_add_char(&name, 'a');
            text_add_code_point(&name, c);
            check_harmless(kinds[_i].kind, render_name(kinds[_i].kind, text_bytes(&name)));
            text_clear(&name);
        }
    }
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("render");
    TCase *forms = tcase_create("forms");
    TCase *names = tcase_create("hostile names");
    TCase *tables = tcase_create("tables");

    tcase_add_checked_fixture(forms, open_fixture, close_fixture);
    tcase_add_loop_test(forms, every_type_has_its_form_in_every_format, 0, COUNT_OF(kinds));
    tcase_add_loop_test(forms, an_output_without_records_is_still_well_formed, 0, COUNT_OF(kinds));
    tcase_add_loop_test(forms, an_output_that_cannot_be_written_fails, 0, COUNT_OF(kinds));
    tcase_add_loop_test(forms, a_real_number_is_one_that_json_knows, 0, COUNT_OF(reals));
    tcase_add_test(forms, a_negative_number_is_no_formula);
    tcase_add_test(forms, every_renderer_is_found_by_its_name);
    tcase_add_loop_test(forms, records_come_as_a_person_wishes, 0, COUNT_OF(wishes));
    tcase_add_test(forms, a_column_that_matters_now_is_there_beside_those_that_were_named);
    tcase_add_test(forms, raw_csv_has_no_apostrophe);
    suite_add_tcase(suite, forms);

    tcase_add_checked_fixture(names, open_fixture, close_fixture);
    tcase_add_loop_test(names, a_hostile_name_does_no_harm_in_a_table, 0, COUNT_OF(hostile));
    tcase_add_loop_test(names, a_hostile_name_is_a_right_string_in_json, 0, COUNT_OF(hostile));
    tcase_add_loop_test(names, a_hostile_name_is_no_formula_in_csv, 0, COUNT_OF(hostile));
    tcase_add_loop_test(names, csv_on_a_terminal_shows_what_the_terminal_would_act_upon, 0,
                        COUNT_OF(hostile));
    tcase_add_loop_test(names, nothing_that_a_terminal_acts_upon_gets_to_it, 0, COUNT_OF(kinds));
    suite_add_tcase(suite, names);

    tcase_add_checked_fixture(tables, open_fixture, close_fixture);
    tcase_add_loop_test(tables, a_narrow_terminal_gets_whole_columns_by_rank, 0, COUNT_OF(widths));
    tcase_add_loop_test(tables, a_narrow_terminal_does_without_what_goes_without_saying, 0,
                        COUNT_OF(briefs));
    tcase_add_test(tables, a_time_of_another_year_keeps_it_on_a_narrow_terminal);
    tcase_add_test(tables, a_list_has_a_line_for_each_member_of_an_object);
    tcase_add_loop_test(tables, what_has_no_room_in_a_row_may_stand_below_it, 0, COUNT_OF(belows));
    tcase_add_test(tables, what_may_stand_below_makes_room_for_what_is_the_same);
    tcase_add_loop_test(tables, a_digest_is_cut_before_it_is_left_out, 0, COUNT_OF(cuts));
    tcase_add_test(tables, a_terminal_without_room_for_the_least_gets_a_list);
    tcase_add_test(tables, a_single_record_is_a_list);
    tcase_add_test(tables, verbose_shows_all_columns_where_there_is_room);
    tcase_add_test(tables, verbose_shows_all_columns_as_a_list_where_there_is_none);
    tcase_add_test(tables, a_column_that_matters_now_is_shown_whatever_its_rank);
    tcase_add_test(tables, a_column_without_a_value_takes_no_room);
    tcase_add_test(tables, columns_of_one_rank_go_together);
    tcase_add_test(tables, a_column_that_may_be_very_long_is_the_last_and_not_padded);
    tcase_add_test(tables, a_list_says_nothing_of_what_is_absent_and_once_what_is_common);
    tcase_add_test(tables, a_list_tells_with_each_record_what_differs);
    tcase_add_loop_test(tables, a_very_long_cell_pads_no_other_row_where_there_is_no_terminal, 0,
                        COUNT_OF(pads));
    tcase_add_test(tables, colour_is_in_the_heading_only);
    tcase_add_test(tables, wide_and_combining_characters_keep_the_columns_straight);
    tcase_add_test(tables, no_row_is_lost_in_a_long_table);
    suite_add_tcase(suite, tables);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
