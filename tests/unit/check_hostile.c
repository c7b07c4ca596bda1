/* SPDX-License-Identifier: MIT */

/*
 * Hostile names in every column of every table that any command prints, in
 * every format: what check_render.c tests with a table of its own must hold
 * for all there are.
 */

#include <check.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "base/text.h"
#include "reportcli/command.h"
#include "reportcli/render.h"
#include "tests/support.h"
#include "tests/unit/console_fake.h"

enum { TABLES_MAX = 64 };

/*
 * Check writes a line to a file whenever something holds: of a million characters each that
 * would take most of the time.
 */
#define CHECK_QUICKLY(holds, ...)                                                                  \
    do {                                                                                           \
        if (!(holds)) {                                                                            \
            ck_abort_msg(__VA_ARGS__);                                                             \
        }                                                                                          \
    } while (0)

static const char *const hostile[] = {
    "\x1b[2J\x1b]0;owned\x07\x1b[31m", /* clears, names the window, colours */
    "a\nb\rc\td\be\x7f\x01",           /* control characters */
    ("\xc2\x9b"
     "31m\xc2\x85"), /* C1 */
    ("\xe2\x80\xae"
     "fdp.exe\xe2\x81\xa6\xe2\x80\x8f"),      /* right-to-left */
    "a\xe2\x80\x8b\xef\xbb\xbf\xe2\x80\xa8z", /* zero width, byte order mark, line separator */
    "=cmd|'/c calc'!A1",                      /* formulas */
    "@SUM(1)",
    "+1",
    "-1+1",
    "\t=1",
    "\xf0\x9f\x92\xa9\xf0\x9d\x94\x98", /* 4 bytes a character */
    "\",\r\n\"x\";'",                   /* separators of all formats */
    "</script><b>&amp;\\u0000\\",       /* of others */
    "%s%n%x",
};

static struct {
    sqlite3 *db;
    sqlite3_stmt *member; /* of a JSON text: the member ?2 */
    const struct column_table *tables[TABLES_MAX];
    int table_count;
    struct failure why;
} fixture;

static void gather_tables(void)
{
    fixture.table_count = 0;
    for (size_t i = 0; commands[i] != NULL; i++) {
        for (size_t k = 0; commands[i]->tables[k] != NULL; k++) {
            ck_assert_int_lt(fixture.table_count, TABLES_MAX);
            fixture.tables[fixture.table_count++] = commands[i]->tables[k];
        }
    }
}

static void open_fixture(void)
{
    console_fake_reset();
    gather_tables();
    ck_assert_int_eq(sqlite3_initialize(), SQLITE_OK); /* ours does not do so by itself */
    ck_assert_int_eq(sqlite3_open(":memory:", &fixture.db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_prepare_v2(fixture.db, "SELECT json_extract(?1, '$.' || ?2)", -1,
                                        &fixture.member, NULL),
                     SQLITE_OK);
}

static void close_fixture(void)
{
    sqlite3_finalize(fixture.member);
    sqlite3_close(fixture.db);
    fixture.member = NULL;
    fixture.db = NULL;
    console_fake_reset();
}

static bool is_text(const struct column *column)
{
    return column->type == COLUMN_TEXT || column->type == COLUMN_OBJECT;
}

static struct value make_value(const struct column *column, const char *name)
{
    switch (column->type) {
    case COLUMN_TEXT:
        return value_text(name);
    case COLUMN_OBJECT:
        return value_object(name, "{}");
    case COLUMN_REAL:
        return value_real(1);
    case COLUMN_BOOLEAN:
        return value_truth(true);
    default:
        return value_number(1);
    }
}

static void fill(const struct column_table *table, const char *name, struct value *values)
{
    for (size_t i = 0; i < column_count(table); i++) {
        values[i] = make_value(column_at(table, i), name);
    }
}

/* One record of this name in all its texts. Valid until the next one. */
static const char *render_all(const struct column_table *table, const char *kind,
                              const struct render_options *options, const char *name)
{
    struct value values[COLUMNS_MAX] = {0};
    struct render *render = NULL;

    text_reset(&console_fake.out);
    fill(table, name, values);
    CHECK_DONE(render_open(&render, render_find(kind), table, options, &fixture.why), fixture.why);
    CHECK_DONE(render_record(render, values, &fixture.why), fixture.why);
    CHECK_DONE(render_record(render, values, &fixture.why), fixture.why);
    CHECK_DONE(render_finish(render, &fixture.why), fixture.why);
    render_close(render);
    return text_bytes(&console_fake.out);
}

static bool is_dangerous(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c <= 0x9F) || (c >= 0x200B && c <= 0x200F) ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF;
}

static void check_harmless(const char *out, const char *kind)
{
    size_t left = strlen(out);

    while (left > 0) {
        size_t taken;
        uint32_t c = text_code_point(out, left, &taken);
        bool ours = c == '\n' || (c == '\r' && strcmp(kind, "csv") == 0);

        CHECK_QUICKLY(ours || !is_dangerous(c), "U+%04X in %s", (unsigned)c, kind);
        out += taken;
        left -= taken;
    }
}

static const struct render_options terminals[] = {
    {.terminal = true},
    {.terminal = true, .columns = 80},
    {.terminal = true, .columns = 30},
    {.terminal = true, .columns = 80, .verbose = true},
    {.terminal = true, .columns = 60, .wide = true},
};

START_TEST(nothing_of_a_name_acts_upon_a_terminal)
{
    for (int t = 0; t < fixture.table_count; t++) {
        for (size_t r = 0; renderers[r] != NULL; r++) {
            for (int k = 0; k < COUNT_OF(terminals); k++) {
                const char *kind = renderers[r]->name;

                check_harmless(render_all(fixture.tables[t], kind, &terminals[k], hostile[_i]),
                               kind);
            }
        }
    }
}
END_TEST

/* What a reader of JSON gets of a column. */
static void check_member(const char *record, const char *column, const char *expected)
{
    sqlite3_stmt *statement = fixture.member;
    const char *found;

    sqlite3_bind_text(statement, 1, record, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, column, -1, SQLITE_STATIC);
    CHECK_QUICKLY(sqlite3_step(statement) == SQLITE_ROW, "%s in %s", column, record);
    found = (const char *)sqlite3_column_text(statement, 0);
    CHECK_QUICKLY(found != NULL && strcmp(found, expected) == 0, "%s in %s", column, record);
    sqlite3_reset(statement);
}

START_TEST(a_reader_of_json_gets_the_name)
{
    static const struct render_options options = {0};

    for (int t = 0; t < fixture.table_count; t++) {
        const struct column_table *table = fixture.tables[t];
        char *line = text_copy(render_all(table, "jsonl", &options, hostile[_i]));

        ck_assert_ptr_nonnull(line);
        line[strcspn(line, "\n")] = '\0'; /* the first of two, which are on a line each */
        for (size_t i = 0; i < column_count(table); i++) {
            if (column_at(table, i)->type == COLUMN_TEXT) {
                check_member(line, column_at(table, i)->name, hostile[_i]);
            }
        }
        free(line);
    }
}
END_TEST

/* The next cell of CSV (RFC 4180), without its quotes, and what ended it: a comma or a CR. */
static char read_cell(const char **at, struct text *cell)
{
    bool quoted = **at == '"';

    text_reset(cell);
    *at += quoted ? 1 : 0;
    while (**at != '\0' && (quoted || (**at != ',' && **at != '\r'))) {
        if (quoted && **at == '"') {
            (*at)++;
            if (**at != '"') {
                break;
            }
        }
        text_add_char(cell, *(*at)++);
    }
    return *(*at)++;
}

static void check_cells(const struct column_table *table, const char *row, const char *expected)
{
    struct text cell = {0};

    for (size_t i = 0; i < column_count(table); i++) {
        char end = read_cell(&row, &cell);

        CHECK_QUICKLY(end == (i + 1 < column_count(table) ? ',' : '\r'), "%s: ends in %c",
                      column_at(table, i)->name, end);
        CHECK_QUICKLY(!is_text(column_at(table, i)) || strcmp(text_bytes(&cell), expected) == 0,
                      "%s: %s", column_at(table, i)->name, text_bytes(&cell));
    }
    text_clear(&cell);
}

START_TEST(a_spreadsheet_gets_the_name_and_no_formula)
{
    static const struct render_options guarded = {0};
    static const struct render_options raw = {.raw = true};
    struct text expected = {0};

    text_add(&expected, strchr("=+-@\t\r", hostile[_i][0]) != NULL ? "'" : "");
    text_add(&expected, hostile[_i]);
    for (int t = 0; t < fixture.table_count; t++) {
        const struct column_table *table = fixture.tables[t];

        check_cells(table, strstr(render_all(table, "csv", &guarded, hostile[_i]), "\r\n") + 2,
                    text_bytes(&expected));
        check_cells(table, strstr(render_all(table, "csv", &raw, hostile[_i]), "\r\n") + 2,
                    hostile[_i]);
    }
    text_clear(&expected);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("hostile names");
    TCase *names = tcase_create("every column");

    tcase_add_checked_fixture(names, open_fixture, close_fixture);
    tcase_add_loop_test(names, nothing_of_a_name_acts_upon_a_terminal, 0, COUNT_OF(hostile));
    tcase_add_loop_test(names, a_reader_of_json_gets_the_name, 0, COUNT_OF(hostile));
    tcase_add_loop_test(names, a_spreadsheet_gets_the_name_and_no_formula, 0, COUNT_OF(hostile));
    suite_add_tcase(suite, names);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
