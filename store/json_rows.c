/* SPDX-License-Identifier: MIT */

#include "store/json_rows.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/database.h"

enum { BESIDE_DOCUMENT = 1 << 20 }; /* bytes that SQLite may make of it for itself */

enum statement { IS_OBJECT, TYPE_OF, MEMBERS, ROWS, STATEMENT_COUNT };

/* All SQL of this module. A row of another kind than an object has no members. */
static const char *const statement_sql[STATEMENT_COUNT] = {
    [IS_OBJECT] = "SELECT CASE WHEN json_valid(:document) THEN json_type(:document) = 'object'"
                  " ELSE 0 END",
    [TYPE_OF] = "SELECT json_type(:document, :path)",
    [MEMBERS] = "SELECT 0, 'object', key, type, atom FROM json_each(:document, :path)",
    [ROWS] = "SELECT e.key, e.type, m.key, m.type, m.atom FROM json_each(:document, :path) AS e"
             " LEFT JOIN json_each(CASE e.type WHEN 'object' THEN e.value END) AS m",
};

struct json_document {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    const char *bytes;
    int size;
};

static bool bind(struct json_document *document, enum statement which, const char *path,
                 sqlite3_stmt **out, struct failure *why)
{
    sqlite3_stmt *statement = document->statements[which];

    if (sqlite3_bind_text(statement, sqlite3_bind_parameter_index(statement, ":document"),
                          document->bytes, document->size, SQLITE_STATIC) != SQLITE_OK) {
        return database_fail(document->db, why, "taking JSON in hand");
    }
    if (path != NULL) {
        database_bind_text(statement, ":path", path);
    }
    *out = statement;
    return true;
}

static bool check_document(struct json_document *document, struct failure *why)
{
    sqlite3_stmt *statement;
    bool is_object;
    int result;

    if (!bind(document, IS_OBJECT, NULL, &statement, why)) {
        return false;
    }
    result = sqlite3_step(statement);
    is_object = result == SQLITE_ROW && sqlite3_column_int(statement, 0) != 0;
    return database_end(document->db, statement, result, "reading JSON", why) &&
           (is_object || FAIL(why, FAILURE_FORMAT, 0, "it is no JSON object"));
}

/* SQLite cuts a text off at an escaped zero byte (3.40: jsonReturn()), and nobody would see it. */
static bool has_zero(const char *bytes, size_t size)
{
    static const char zero[] = "u0000";

    for (size_t i = 0; i + sizeof(zero) <= size; i++) {
        if (bytes[i] == '\\') {
            if (memcmp(bytes + i + 1, zero, sizeof(zero) - 1) == 0) {
                return true;
            }
            i++; /* what is escaped begins no escape */
        }
    }
    return memchr(bytes, '\0', size) != NULL; /* there SQLite would stop */
}

/* A ledger's connection takes no value as long as a document may be. */
static bool open_database(struct json_document *document, struct failure *why)
{
    if (!database_open(&document->db, ":memory:", DATABASE_WRITE, why)) {
        return false;
    }
    (void)sqlite3_limit(document->db, SQLITE_LIMIT_LENGTH, document->size + BESIDE_DOCUMENT);
    return database_prepare_all(document->db, statement_sql, STATEMENT_COUNT, document->statements,
                                why);
}

bool json_document_open(struct json_document **out, const char *bytes, size_t size,
                        struct failure *why)
{
    struct json_document *document;

    *out = NULL;
    if (size > INT_MAX - BESIDE_DOCUMENT || has_zero(bytes, size)) {
        return FAIL(why, FAILURE_FORMAT, 0, "it is too large, or a text in it has a zero byte");
    }
    document = calloc(1, sizeof(*document));
    if (document == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to read JSON");
    }
    document->bytes = bytes;
    document->size = (int)size;
    if (!open_database(document, why) || !check_document(document, why)) {
        json_document_close(document);
        return false;
    }
    *out = document;
    return true;
}

void json_document_close(struct json_document *document)
{
    if (document == NULL) {
        return;
    }
    database_finalize_all(document->statements, STATEMENT_COUNT);
    database_close(document->db);
    free(document);
}

/* A row under way. */
struct row {
    const char *const *names;
    struct json_value values[JSON_MEMBERS];
};

static void clear_row(struct row *row)
{
    for (int i = 0; i < JSON_MEMBERS; i++) {
        free(row->values[i].text);
        row->values[i] = (struct json_value){0};
    }
}

/* Escapes of a JSON text may stand for what is no UTF-8: a half of a pair. */
static bool take_text(sqlite3_stmt *statement, struct json_value *value, struct failure *why)
{
    const char *bytes = database_column_text(statement, 4);
    size_t size = (size_t)sqlite3_column_bytes(statement, 4);
    struct text text = {0};

    text_add(&text, ""); /* an empty text is a text */
    text_add_utf8(&text, bytes, size);
    value->kind = JSON_TEXT;
    value->text = text_take(&text);
    return value->text != NULL || FAIL(why, FAILURE_MEMORY, 0, "no memory for a text");
}

static bool take_value(sqlite3_stmt *statement, struct json_value *value, struct failure *why)
{
    const char *type = database_column_text(statement, 3);

    if (strcmp(type, "text") == 0) {
        return take_text(statement, value, why);
    }
    if (strcmp(type, "integer") == 0 && sqlite3_column_type(statement, 4) == SQLITE_INTEGER) {
        value->kind = JSON_INTEGER;
        value->number = sqlite3_column_int64(statement, 4);
    } else if (strcmp(type, "true") == 0 || strcmp(type, "false") == 0) {
        value->kind = JSON_TRUTH;
        value->number = type[0] == 't' ? 1 : 0;
    } else {
        value->kind = strcmp(type, "null") == 0 ? JSON_ABSENT : JSON_OTHER;
    }
    return true;
}

static bool take_member(sqlite3_stmt *statement, struct row *row, struct failure *why)
{
    const char *key = database_column_text(statement, 2);

    for (int i = 0; i < JSON_MEMBERS && row->names[i] != NULL; i++) {
        if (strcmp(key, row->names[i]) != 0) {
            continue;
        }
        if (row->values[i].kind != JSON_ABSENT) {
            return FAIL(why, FAILURE_FORMAT, 0, "\"%s\" is in it twice", row->names[i]);
        }
        return take_value(statement, &row->values[i], why);
    }
    return true;
}

/* Members come one by one; a row ends where the next one begins. */
static bool read_rows(sqlite3_stmt *statement, struct row *row, json_row_fn *visit, void *context,
                      int *result, struct failure *why)
{
    int64_t number = -1;

    while ((*result = sqlite3_step(statement)) == SQLITE_ROW) {
        int64_t next = sqlite3_column_int64(statement, 0);

        if (strcmp(database_column_text(statement, 1), "object") != 0) {
            return FAIL(why, FAILURE_FORMAT, 0, "something in it is no object");
        }
        if (next != number && number >= 0) {
            if (!visit(context, row->values, why)) {
                return false;
            }
            clear_row(row);
        }
        number = next;
        if (sqlite3_column_type(statement, 2) != SQLITE_NULL && !take_member(statement, row, why)) {
            return false;
        }
    }
    return number < 0 || *result != SQLITE_DONE || visit(context, row->values, why);
}

static bool walk(struct json_document *document, enum statement which, const char *path,
                 const char *const *names, json_row_fn *visit, void *context, struct failure *why)
{
    sqlite3_stmt *statement;
    struct row row = {.names = names};
    struct failure ending;
    int result = SQLITE_DONE;
    bool done;

    if (!bind(document, which, path, &statement, why)) {
        return false;
    }
    done = read_rows(statement, &row, visit, context, &result, why);
    if (!database_end(document->db, statement, result, "reading JSON", &ending) && done) {
        *why = ending;
        done = false;
    }
    clear_row(&row);
    return done;
}

/* Whether the member is of that type; *there is false where it is not there, or null. */
static bool has_type(struct json_document *document, const char *path, const char *type,
                     bool *there, struct failure *why)
{
    sqlite3_stmt *statement;
    bool fits = false;
    int result;

    if (!bind(document, TYPE_OF, path, &statement, why)) {
        return false;
    }
    result = sqlite3_step(statement);
    *there = result == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL &&
             strcmp(database_column_text(statement, 0), "null") != 0;
    fits = *there && strcmp(database_column_text(statement, 0), type) == 0;
    return database_end(document->db, statement, result, "reading JSON", why) &&
           (!*there || fits || FAIL(why, FAILURE_FORMAT, 0, "%s in it is no %s", path + 2, type));
}

static bool add_path(struct text *path, const char *name, struct failure *why)
{
    text_addf(path, "$%s%s", name != NULL ? "." : "", name != NULL ? name : "");
    return text_ok(path, why);
}

bool json_document_object(struct json_document *document, const char *name,
                          const char *const *names, json_row_fn *visit, void *context, bool *found,
                          struct failure *why)
{
    struct text path = {0};
    bool done = add_path(&path, name, why) &&
                has_type(document, text_bytes(&path), "object", found, why) &&
                (!*found || walk(document, MEMBERS, text_bytes(&path), names, visit, context, why));

    text_clear(&path);
    return done;
}

bool json_document_walk(struct json_document *document, const char *name, const char *const *names,
                        json_row_fn *visit, void *context, struct failure *why)
{
    struct text path = {0};
    bool found = false;
    bool done = add_path(&path, name, why) &&
                has_type(document, text_bytes(&path), "array", &found, why) &&
                (!found || walk(document, ROWS, text_bytes(&path), names, visit, context, why));

    text_clear(&path);
    return done;
}
