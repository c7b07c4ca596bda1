/* SPDX-License-Identifier: MIT */

/*
 * The column tables against docs/output.schema.json and docs/output.md: what
 * is promised there is what comes out, and the other way round.
 */

#include <check.h>
#include <ctype.h>
#include <stdlib.h>

#include <sqlite3.h>

#include "base/exit_status.h"
#include "base/text.h"
#include "reportcli/command.h"
#include "reportcli/help.h"
#include "tests/support.h"

static const char schema_path[] = PORTLEDGER_SOURCE_DIR "/docs/output.schema.json";
static const char document_path[] = PORTLEDGER_SOURCE_DIR "/docs/output.md";

enum { TABLES_MAX = 32 };

static struct {
    sqlite3 *db;
    char *schema;
    char *document;
    const struct column_table *tables[TABLES_MAX]; /* of all commands, each once */
    int table_count;
} fixture;

static void gather_table(const struct column_table *table)
{
    for (int i = 0; i < fixture.table_count; i++) {
        if (fixture.tables[i] == table) {
            return;
        }
    }
    ck_assert_int_lt(fixture.table_count, TABLES_MAX);
    fixture.tables[fixture.table_count++] = table;
}

static void open_fixture(void)
{
    size_t size;

    memset(&fixture, 0, sizeof(fixture));
    ck_assert_int_eq(sqlite3_initialize(), SQLITE_OK);
    ck_assert_int_eq(sqlite3_open(":memory:", &fixture.db), SQLITE_OK);
    fixture.schema = support_read_file(schema_path, &size);
    fixture.document = support_read_file(document_path, &size);
    for (size_t i = 0; commands[i] != NULL; i++) {
        for (size_t k = 0; commands[i]->tables[k] != NULL; k++) {
            gather_table(commands[i]->tables[k]);
        }
    }
}

static void close_fixture(void)
{
    sqlite3_close(fixture.db);
    free(fixture.schema);
    free(fixture.document);
    memset(&fixture, 0, sizeof(fixture));
}

/* What the schema has at a path, as text; "" where it has nothing. The caller frees it. */
static char *schema_text(const char *path)
{
    sqlite3_stmt *statement = NULL;
    const char *found;
    char *copy;

    ck_assert_int_eq(
        sqlite3_prepare_v2(fixture.db, "SELECT json_extract(?1, ?2)", -1, &statement, NULL),
        SQLITE_OK);
    sqlite3_bind_text(statement, 1, fixture.schema, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, path, -1, SQLITE_STATIC);
    ck_assert_msg(sqlite3_step(statement) == SQLITE_ROW, "%s: %s", path,
                  sqlite3_errmsg(fixture.db));
    found = (const char *)sqlite3_column_text(statement, 0);
    copy = text_copy(found != NULL ? found : "");
    sqlite3_finalize(statement);
    ck_assert_ptr_nonnull(copy);
    return copy;
}

static void check_schema(const char *record, const char *rest, const char *expected)
{
    struct text path = {0};
    char *found;

    text_addf(&path, "$.\"$defs\".%s%s", record, rest);
    found = schema_text(text_bytes(&path));
    ck_assert_msg(strcmp(found, expected) == 0, "schema: %s is \"%s\", not \"%s\"",
                  text_bytes(&path), found, expected);
    free(found);
    text_clear(&path);
}

static void check_property(const char *record, const char *property, const char *member,
                           const char *expected)
{
    struct text rest = {0};

    text_addf(&rest, ".properties.%s%s", property, member);
    check_schema(record, text_bytes(&rest), expected);
    text_clear(&rest);
}

static const char *const json_types[COLUMN_TYPE_COUNT] = {
    [COLUMN_TEXT] = "string",     [COLUMN_INTEGER] = "integer", [COLUMN_REAL] = "number",
    [COLUMN_BOOLEAN] = "boolean", [COLUMN_TIME] = "string",     [COLUMN_DURATION] = "integer",
    [COLUMN_SIZE] = "integer",    [COLUMN_OBJECT] = "object",
};

static void check_column_in_schema(const struct column_table *table, size_t i)
{
    const struct column *column = column_at(table, i);
    struct text required = {0};

    check_property(table->name, column->name, ".type[0]", json_types[column->type]);
    check_property(table->name, column->name, ".type[1]", "null");
    check_property(table->name, column->name, ".description", column->help);
    check_property(table->name, column->name, ".format",
                   column->type == COLUMN_TIME ? "date-time" : "");
    check_property(table->name, column->name, ".\"x-unit\"",
                   column->unit != NULL ? column->unit : "");
    text_addf(&required, ".required[%zu]", i);
    check_schema(table->name, text_bytes(&required), column->name);
    text_clear(&required);
}

START_TEST(the_schema_has_every_column_with_its_type_and_words)
{
    for (int t = 0; t < fixture.table_count; t++) {
        for (size_t i = 0; i < column_count(fixture.tables[t]); i++) {
            check_column_in_schema(fixture.tables[t], i);
        }
    }
}
END_TEST

static long long count_members(const char *path)
{
    sqlite3_stmt *statement = NULL;
    long long count;

    ck_assert_int_eq(sqlite3_prepare_v2(fixture.db, "SELECT count(*) FROM json_each(?1, ?2)", -1,
                                        &statement, NULL),
                     SQLITE_OK);
    sqlite3_bind_text(statement, 1, fixture.schema, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, path, -1, SQLITE_STATIC);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    count = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return count;
}

START_TEST(the_schema_has_nothing_that_no_table_has)
{
    for (int t = 0; t < fixture.table_count; t++) {
        long long columns = (long long)column_count(fixture.tables[t]);
        struct text path = {0};

        text_addf(&path, "$.\"$defs\".%s.properties", fixture.tables[t]->name);
        ck_assert_int_eq(count_members(text_bytes(&path)), columns);
        text_reset(&path);
        text_addf(&path, "$.\"$defs\".%s.required", fixture.tables[t]->name);
        ck_assert_int_eq(count_members(text_bytes(&path)), columns);
        check_schema(fixture.tables[t]->name, ".additionalProperties", "0");
        check_schema(fixture.tables[t]->name, ".description", fixture.tables[t]->title);
        text_clear(&path);
    }
    /* And one definition for the notes on standard error. */
    ck_assert_int_eq(count_members("$.\"$defs\""), fixture.table_count + 1);
}
END_TEST

/* The part of the document under "### Record `name`", up to the next heading. Freed by caller. */
static char *document_section(const char *name)
{
    struct text heading = {0};
    const char *begin;
    const char *end;
    char *section;

    text_addf(&heading, "\n### Record `%s`", name);
    begin = strstr(fixture.document, text_bytes(&heading));
    ck_assert_msg(begin != NULL, "output.md has no \"%s\"", text_bytes(&heading) + 1);
    end = strstr(begin + heading.size, "\n#");
    section = text_copy_size(begin, end != NULL ? (size_t)(end - begin) : strlen(begin));
    ck_assert_ptr_nonnull(section);
    text_clear(&heading);
    return section;
}

START_TEST(the_document_has_a_row_for_every_column)
{
    for (int t = 0; t < fixture.table_count; t++) {
        char *section = document_section(fixture.tables[t]->name);

        for (size_t i = 0; i < column_count(fixture.tables[t]); i++) {
            const struct column *column = column_at(fixture.tables[t], i);
            struct text row = {0};

            text_addf(&row, "\n| `%s` | %s%s%s | %s |\n", column->name,
                      column_type_name(column->type), column->unit != NULL ? ", " : "",
                      column->unit != NULL ? column->unit : "", column->help);
            CHECK_CONTAINS(section, text_bytes(&row));
            text_clear(&row);
        }
        free(section);
    }
}
END_TEST

START_TEST(the_document_has_every_command_with_its_exit_statuses)
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        struct text line = {0};

        text_addf(&line, "\n## `%s`", commands[i]->name);
        ck_assert_msg(strstr(fixture.document, text_bytes(&line)) != NULL,
                      "docs/output.md lacks: %s", text_bytes(&line));
        for (size_t k = 0; commands[i]->statuses[k].text != NULL; k++) {
            text_reset(&line);
            text_addf(&line, "| %d | %s |", (int)commands[i]->statuses[k].status,
                      commands[i]->statuses[k].text);
            ck_assert_msg(strstr(fixture.document, text_bytes(&line)) != NULL,
                          "docs/output.md lacks: %s", text_bytes(&line));
        }
        text_clear(&line);
    }
}
END_TEST

START_TEST(the_document_has_every_format)
{
    for (size_t i = 0; renderers[i] != NULL; i++) {
        struct text line = {0};

        text_addf(&line, "\n| `%s` | ", renderers[i]->name);
        ck_assert_msg(strstr(fixture.document, text_bytes(&line)) != NULL,
                      "docs/output.md lacks: %s", text_bytes(&line));
        text_clear(&line);
    }
}
END_TEST

static bool is_snake_case(const char *name)
{
    for (const char *c = name; *c != '\0'; c++) {
        if (!islower((unsigned char)*c) && *c != '_' &&
            (c == name || !isdigit((unsigned char)*c))) {
            return false;
        }
    }
    return name[0] != '\0' && name[0] != '_';
}

static void check_column(const struct column_table *table, size_t i)
{
    const struct column *column = column_at(table, i);

    ck_assert_msg(is_snake_case(column->name), "%s.%s", table->name, column->name);
    ck_assert_msg(column->heading[0] != '\0', "%s.%s has no heading", table->name, column->name);
    ck_assert_msg(column->help[0] != '\0' && column->help[strlen(column->help) - 1] != '.',
                  "%s.%s: help is one line without a period", table->name, column->name);
    ck_assert_msg((column->unit != NULL) ==
                      (column->type == COLUMN_DURATION || column->type == COLUMN_SIZE ||
                       column->type == COLUMN_REAL),
                  "%s.%s: unit", table->name, column->name);
    for (size_t k = 0; k < i; k++) {
        ck_assert_str_ne(column->name, column_at(table, k)->name);
    }
}

START_TEST(every_column_is_well_named)
{
    for (int t = 0; t < fixture.table_count; t++) {
        ck_assert_uint_gt(column_count(fixture.tables[t]), 0);
        ck_assert_uint_le(column_count(fixture.tables[t]), COLUMNS_MAX);
        for (size_t i = 0; i < column_count(fixture.tables[t]); i++) {
            check_column(fixture.tables[t], i);
        }
    }
}
END_TEST

/* Of a socket: a module is in its process, and there is nothing to doubt. */
START_TEST(an_owner_is_never_shown_without_how_it_is_known)
{
    int with_owner = 0;

    for (int t = 0; t < fixture.table_count; t++) {
        bool process = false;
        bool attribution = false;
        bool socket = false;

        for (size_t i = 0; i < column_count(fixture.tables[t]); i++) {
            const char *name = column_at(fixture.tables[t], i)->name;

            process = process || strcmp(name, "process") == 0;
            socket = socket || strcmp(name, "local_port") == 0;
            attribution = attribution || strcmp(name, "attribution") == 0;
        }
        ck_assert_msg(!socket || (process && attribution), "%s", fixture.tables[t]->name);
        with_owner += socket ? 1 : 0;
    }
    ck_assert_int_ge(with_owner, 3);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("columns");
    TCase *promised = tcase_create("promised");

    tcase_add_checked_fixture(promised, open_fixture, close_fixture);
    tcase_add_test(promised, the_schema_has_every_column_with_its_type_and_words);
    tcase_add_test(promised, the_schema_has_nothing_that_no_table_has);
    tcase_add_test(promised, the_document_has_a_row_for_every_column);
    tcase_add_test(promised, the_document_has_every_command_with_its_exit_statuses);
    tcase_add_test(promised, the_document_has_every_format);
    tcase_add_test(promised, every_column_is_well_named);
    tcase_add_test(promised, an_owner_is_never_shown_without_how_it_is_known);
    suite_add_tcase(suite, promised);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
