/* SPDX-License-Identifier: MIT */

#include "store/seal_facts.h"

#include <stdlib.h>
#include <string.h>

#include "store/database.h"
#include "store/ledger_schema.h"

#define TEXT_OF(column) "(SELECT text FROM text WHERE text.id = t." column ")"
#define RANGE " WHERE t.id >= ?1 AND t.id < ?2 ORDER BY t.id"

/* How each kind is read; its own columns come first, those of its end behind them. */
static const struct source {
    const char *sql;
    int columns;             /* that are the fact */
    enum seal_kind end_kind; /* 0: it has none */
    int hashed;              /* the column that is in by its SHA-256; 0: none */
    bool changes;            /* rows may be completed in place */
} sources[SEAL_KINDS] = {
    [SEAL_INTERVAL] = {"SELECT id, opened_at, lasted, kind, local_address, local_port,"
                       " remote_address, remote_port, process, pid, age, service"
                       " FROM interval AS t" RANGE,
                       12, SEAL_CLOSING, 0, false},
    [SEAL_PROCESS] =
        {"SELECT id, boot, pid, start, started_at, parent_pid, parent_start, session,"
         " " TEXT_OF("name") ", " TEXT_OF(
             "path") ", access, integrity, denied, left_out, user,"
                     " image, modules, command_line, first_stretch, first_seen_at, "
                     "last_stretch, gone_at,"
                     " CASE WHEN command_line IS NULL THEN"
                     " (SELECT digest FROM withheld WHERE withheld.process = t.id) END,"
                     " span"
                     " FROM process AS t" RANGE,
         20, SEAL_PROCESS_END, 17, true},
    [SEAL_MODULE] = {"SELECT id, process, " TEXT_OF(
                         "path") ", base, size, flags, image,"
                                 " first_stretch, first_seen_at, last_stretch, gone_at"
                                 " FROM module AS t" RANGE,
                     9, SEAL_MODULE_END, 0, true},
    [SEAL_IMAGE] =
        {"SELECT id, " TEXT_OF(
             "path") ", volume, file, size, written_at, status,"
                     " taken_at, sha256, " TEXT_OF("version") ", " TEXT_OF(
                         "company") ","
                                    " " TEXT_OF("build_id") ", verdict, signature, " TEXT_OF(
                                        "signer") " FROM image AS t" RANGE,
         15, 0, 0, false},
    [SEAL_USER] = {"SELECT id, sid, name FROM user AS t" RANGE, 3, 0, 0, true},
    [SEAL_SERVICE] = {"SELECT id, " TEXT_OF("name") ", basis FROM service AS t" RANGE, 3, 0, 0,
                      false},
    [SEAL_BOOT] = {"SELECT id, name, started_at FROM boot AS t" RANGE, 3, 0, 0, false},
    [SEAL_RUN] = {"SELECT id, program, pid, boot, started_at, commit_ms, machine_id, host, domain,"
                  " system, zone, ended FROM run AS t" RANGE,
                  12, 0, 0, true},
    [SEAL_SETTINGS] = {"SELECT id, run, at, text FROM settings AS t" RANGE, 4, 0, 0, false},
    [SEAL_ZONE_OFFSET] = {"SELECT id, run, at, seconds FROM zone_offset AS t" RANGE, 4, 0, 0,
                          false},
    [SEAL_STRETCH] = {"SELECT id, run, begin_at, first_sample, interval_ms, lacks, first_interval,"
                      " first_process FROM stretch AS t" RANGE,
                      8, 0, 0, false},
    [SEAL_STRETCH_END] = {"SELECT id, end_at, last_sample, ended, missed, left_out,"
                          " left_out_sockets FROM stretch AS t" RANGE,
                          7, 0, 0, false},
    [SEAL_PROFILE] = {"SELECT id, day, " TEXT_OF(
                          "application") ", user, protocol, direction, port,"
                                         " peer, peers, intervals, lasted, covered, first_seen_at, "
                                         "last_seen_at, hours"
                                         " FROM profile AS t" RANGE,
                      15, 0, 0, false},
    [SEAL_DROPPED] =
        {"SELECT id, at, what, why, " TEXT_OF(
             "application") ", of_one, first_row,"
                            " last_row, rows, stretch, until_at FROM dropped AS t" RANGE,
         11, 0, 0, false},
    [SEAL_JOB] = {"SELECT id, name FROM job AS t" RANGE, 2, 0, 0, false},
    [SEAL_PAIR] = {"SELECT id, job, host, port, transport FROM pair AS t" RANGE, 5, 0, 0, false},
    [SEAL_JOB_RUN] = {"SELECT id, job, due_at, last_due, runs, result, reason, began_at, lasted,"
                      " held, not_held, undecided, detail FROM job_run AS t" RANGE,
                      13, 0, 0, false},
    [SEAL_OUTCOME] = {"SELECT id, pair, first_at, before_at, status, cause, icmp, judgement,"
                      " address, protocol, detail FROM outcome AS t" RANGE,
                      11, 0, 0, false},
    [SEAL_ANSWER] = {"SELECT id, pair, at, facts FROM answer AS t" RANGE, 4, 0, 0, false},
    [SEAL_TIMING] = {"SELECT id, pair, hour, samples FROM timing AS t" RANGE, 4, 0, 0, false},
    [SEAL_FIGURE] = {"SELECT id, pair, hour, hours, asked, listening, unasked, held, undecided,"
                     " median, p95, p99, slowest FROM figure AS t" RANGE,
                     13, 0, 0, false},
    [SEAL_FOLD] = {"SELECT id, at, first, last, gone, head FROM fold AS t" RANGE, 6, 0, 0, false},
};

/* How a column of a row that is completed in place may change. */
enum learning {
    WAS_NULL,  /* from NULL to a value: a bit, 1 where there is one */
    WAS_ZERO,  /* from 0, likewise */
    IS_SMALL,  /* from one of 0 to 15 to another: four bits */
    IS_NUMBER, /* any; it takes all bits that are left, and so comes last */
};

/* From the lowest bit of `had` on. */
static const struct learned {
    enum seal_kind kind;
    int column;
    enum learning learning;
} learned[] = {
    {SEAL_PROCESS, 5, WAS_ZERO},  /* parent_pid */
    {SEAL_PROCESS, 6, WAS_ZERO},  /* parent_start */
    {SEAL_PROCESS, 7, WAS_ZERO},  /* session */
    {SEAL_PROCESS, 9, WAS_NULL},  /* path */
    {SEAL_PROCESS, 10, IS_SMALL}, /* access */
    {SEAL_PROCESS, 11, IS_SMALL}, /* integrity */
    {SEAL_PROCESS, 12, IS_SMALL}, /* denied */
    {SEAL_PROCESS, 13, IS_SMALL}, /* left_out */
    {SEAL_PROCESS, 14, WAS_NULL}, /* user */
    {SEAL_PROCESS, 15, WAS_NULL}, /* image */
    {SEAL_PROCESS, 16, IS_SMALL}, /* modules */
    {SEAL_PROCESS, 17, WAS_NULL}, /* command_line */
    {SEAL_MODULE, 6, WAS_NULL},   /* image */
    {SEAL_USER, 2, WAS_NULL},     /* name */
    {SEAL_RUN, 11, IS_SMALL},     /* ended */
    {SEAL_RUN, 5, IS_NUMBER},     /* commit_ms */
};

enum { LEARNED = sizeof(learned) / sizeof(learned[0]), MOST_COLUMNS = 32 };

enum { INTERVAL_ADDRESS = 20 };

/* Of a process: the end of the fact and what follows on it. */
enum { FIRST_STRETCH = 18, FIRST_SEEN_AT, LAST_STRETCH, GONE_AT, WITHHELD, SPAN };

/* Columns of an interval. */
enum {
    OPENED_AT = 1,
    LASTED,
    KIND,
    LOCAL_ADDRESS,
    LOCAL_PORT,
    REMOTE_ADDRESS,
    REMOTE_PORT,
    OWNER,
    PID,
    AGE,
    SERVICE,
};

/* All other SQL of this module. */
enum statement {
    NEXT_VERSION,
    CHANGED,
    STRETCH_OF,
    STRETCH_AFTER,
    OPEN_STRETCH,
    BEGAN_SHORT,
    BEGAN_LONG,
    ENDED_PROCESSES,
    ENDED_MODULES,
    STATEMENT_COUNT,
};

static const char *const statement_sql[STATEMENT_COUNT] = {
    [NEXT_VERSION] = "SELECT was FROM changed WHERE kind = ?1 AND row = ?2 AND seal > ?3"
                     " ORDER BY seal LIMIT 1",
    [CHANGED] = "SELECT DISTINCT kind, row FROM changed WHERE seal > ?1 AND seal <= ?2",
    [STRETCH_OF] = "SELECT id, first_interval FROM stretch WHERE first_interval <= ?1"
                   " ORDER BY id DESC LIMIT 1",
    [STRETCH_AFTER] = "SELECT id, first_interval FROM stretch WHERE id > ?1 ORDER BY id LIMIT 1",
    [OPEN_STRETCH] = "SELECT first_interval, first_process FROM stretch WHERE id = ?1",

    /* Within a stretch ids go up with the time. Of short ones the newest will do. */
    [BEGAN_SHORT] = "SELECT id, opened_at, lasted FROM interval WHERE id >= ?1 AND id < ?2"
                    " AND lasted < 262144 ORDER BY id DESC",
    [BEGAN_LONG] = "SELECT id, opened_at, lasted FROM interval INDEXED BY interval_span"
                   " WHERE span = ?3 AND (lasted < 0 OR lasted >= 262144) AND id >= ?1 AND id < ?2"
                   " ORDER BY id DESC",

    /* Those of a span are in an index with the stretch; the others lie within their stretch. */
    [ENDED_PROCESSES] = "SELECT id FROM process INDEXED BY process_span WHERE span IS NOT NULL"
                        " AND last_stretch >= ?3 AND id < ?2"
                        " UNION SELECT id FROM process WHERE id >= ?1 AND id < ?2"
                        " AND last_stretch >= ?3 ORDER BY 1",
    [ENDED_MODULES] = "SELECT id FROM module WHERE id < ?2 AND last_stretch >= ?3 AND id >= ?1"
                      " ORDER BY id",
};

/*
 * Intervals are by far the most: they have a form of their own, of fixed
 * places, which is quicker to make and to hash. Behind the numbers that each
 * has comes a byte that says which of the others there are.
 */
struct interval_form {
    uint8_t bytes[2 + 6 * 8 + 2 + 2 * (1 + INTERVAL_ADDRESS) + 5 * 8];
    size_t size;
};

struct seal_reader {
    sqlite3 *db;
    sqlite3_stmt *rows[SEAL_KINDS];
    sqlite3_stmt *statements[STATEMENT_COUNT];
    struct sha256 *sha256;
    uint8_t *bytes; /* a fact in the making */
    size_t size;
    size_t capacity;
    int64_t stretch;       /* that the newest interval was found in; 0: none */
    int64_t stretch_first; /* its first interval */
    int64_t next_first;    /* that of the one behind it; INT64_MAX: there is none */
    int64_t next_stretch;
    int changes; /* of the connection when that was read */
    bool leaves_hashing;
    struct interval_form form; /* of the interval that is visited */
};

void seal_reader_close(struct seal_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    database_finalize_all(reader->rows, SEAL_KINDS);
    database_finalize_all(reader->statements, STATEMENT_COUNT);
    sha256_close(reader->sha256);
    free(reader->bytes);
    free(reader);
}

static bool prepare(struct seal_reader *reader, struct failure *why)
{
    for (int kind = 0; kind < SEAL_KINDS; kind++) {
        if (sources[kind].sql != NULL &&
            !database_prepare(reader->db, sources[kind].sql, &reader->rows[kind], why)) {
            return false;
        }
    }
    return database_prepare_all(reader->db, statement_sql, STATEMENT_COUNT, reader->statements,
                                why);
}

bool seal_reader_open(struct seal_reader **out, sqlite3 *db, struct failure *why)
{
    struct seal_reader *reader = calloc(1, sizeof(*reader));

    if (reader == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the seals");
    }
    reader->db = db;
    if (!sha256_open(&reader->sha256, why) || !prepare(reader, why)) {
        seal_reader_close(reader);
        return false;
    }
    *out = reader;
    return true;
}

/* Within a seal no two rows have ids that far apart; a fact has its whole id in it anyway. */
int64_t seal_key_of(int64_t process, int64_t id)
{
    return process == 0 ? id : (process & 0x7fffffff) << 32 | (id & 0xffffffff);
}

struct sha256 *seal_reader_sha256(struct seal_reader *reader)
{
    return reader->sha256;
}

void seal_reader_leave_hashing(struct seal_reader *reader)
{
    reader->leaves_hashing = true;
}

/*
 * Bytes of a fact.
 */

static uint8_t *room_for(struct seal_reader *reader, size_t more, struct failure *why)
{
    if (reader->size + more > reader->capacity) {
        size_t capacity = (reader->size + more) * 2 + 256;
        uint8_t *bytes = realloc(reader->bytes, capacity);

        if (bytes == NULL) {
            failure_set(why, FAILURE_MEMORY, 0, "no memory for a fact of %zu bytes", capacity);
            return NULL;
        }
        reader->bytes = bytes;
        reader->capacity = capacity;
    }
    reader->size += more;
    return reader->bytes + reader->size - more;
}

static bool begin_fact(struct seal_reader *reader, enum seal_kind kind, struct failure *why)
{
    uint8_t *at;

    reader->size = 0;
    at = room_for(reader, 2, why);
    if (at == NULL) {
        return false;
    }
    at[0] = 0; /* nodes of a tree begin with 1 */
    at[1] = (uint8_t)kind;
    return true;
}

static bool end_fact(struct seal_reader *reader, uint8_t digest[SHA256_SIZE], struct failure *why)
{
    return sha256_add(reader->sha256, reader->bytes, reader->size, why) &&
           sha256_finish(reader->sha256, digest, why);
}

static bool add_number(struct seal_reader *reader, int64_t number, struct failure *why)
{
    uint8_t *at = room_for(reader, 9, why);

    if (at == NULL) {
        return false;
    }
    at[0] = 'n';
    seal_put(at + 1, number);
    return true;
}

static bool add_mark(struct seal_reader *reader, char mark, struct failure *why)
{
    uint8_t *at = room_for(reader, 1, why);

    if (at == NULL) {
        return false;
    }
    at[0] = (uint8_t)mark;
    return true;
}

static bool add_bytes(struct seal_reader *reader, char type, const void *bytes, size_t size,
                      struct failure *why)
{
    uint8_t *at = room_for(reader, 9 + size, why);

    if (at == NULL) {
        return false;
    }
    at[0] = (uint8_t)type;
    seal_put(at + 1, (int64_t)size);
    if (size > 0) {
        memcpy(at + 9, bytes, size);
    }
    return true;
}

static bool add_column(struct seal_reader *reader, sqlite3_stmt *row, int column,
                       struct failure *why)
{
    switch (sqlite3_column_type(row, column)) {
    case SQLITE_INTEGER:
        return add_number(reader, sqlite3_column_int64(row, column), why);
    case SQLITE_TEXT: {
        const void *text = sqlite3_column_text(row, column);

        return add_bytes(reader, 't', text, (size_t)sqlite3_column_bytes(row, column), why);
    }
    case SQLITE_BLOB: {
        const void *blob = sqlite3_column_blob(row, column);

        return add_bytes(reader, 'b', blob, (size_t)sqlite3_column_bytes(row, column), why);
    }
    default:
        return add_mark(reader, '0', why);
    }
}

/* A command line, or what a copy without it has in its place. */
static bool add_hashed(struct seal_reader *reader, sqlite3_stmt *row, int column,
                       struct failure *why)
{
    uint8_t digest[SHA256_SIZE];
    const void *text;

    if (sqlite3_column_type(row, column) == SQLITE_NULL) {
        return add_column(reader, row, WITHHELD, why);
    }
    text = sqlite3_column_text(row, column);
    return sha256_add(reader->sha256, text, (size_t)sqlite3_column_bytes(row, column), why) &&
           sha256_finish(reader->sha256, digest, why) &&
           add_bytes(reader, 'b', digest, sizeof(digest), why);
}

/*
 * What a version knew.
 */

static const int learned_bits[] = {[WAS_NULL] = 1, [WAS_ZERO] = 1, [IS_SMALL] = 4, [IS_NUMBER] = 0};

static int64_t learned_of(const struct learned *one, sqlite3_stmt *row)
{
    int64_t value = sqlite3_column_int64(row, one->column);

    switch (one->learning) {
    case WAS_NULL:
        return sqlite3_column_type(row, one->column) != SQLITE_NULL;
    case WAS_ZERO:
        return value != 0;
    case IS_SMALL:
        return value & 15;
    default:
        return value;
    }
}

static int64_t had_of(enum seal_kind kind, sqlite3_stmt *row)
{
    uint64_t had = 0;
    int shift = 0;

    for (int i = 0; i < LEARNED; i++) {
        if (learned[i].kind == kind) {
            had |= (uint64_t)learned_of(&learned[i], row) << shift;
            shift += learned_bits[learned[i].learning];
        }
    }
    return (int64_t)had;
}

/* A column as an earlier version had it. */
struct earlier {
    enum { AS_IT_IS, UNKNOWN, OTHER } is;
    int64_t number;
};

static struct earlier find_earlier(enum learning learning, uint64_t had)
{
    switch (learning) {
    case WAS_NULL:
        return (struct earlier){(had & 1) != 0 ? AS_IT_IS : UNKNOWN, 0};
    case WAS_ZERO:
        return (struct earlier){(had & 1) != 0 ? AS_IT_IS : OTHER, 0};
    case IS_SMALL:
        return (struct earlier){OTHER, (int64_t)(had & 15)};
    default:
        return (struct earlier){OTHER, (int64_t)had};
    }
}

static void take_had(struct earlier earlier[MOST_COLUMNS], enum seal_kind kind, int64_t had)
{
    uint64_t left = (uint64_t)had;

    for (int i = 0; i < LEARNED; i++) {
        if (learned[i].kind == kind) {
            earlier[learned[i].column] = find_earlier(learned[i].learning, left);
            left >>= learned_bits[learned[i].learning];
        }
    }
}

static bool add_earlier(struct seal_reader *reader, enum seal_kind kind, sqlite3_stmt *row,
                        int column, const struct earlier *earlier, struct failure *why)
{
    switch (earlier->is) {
    case UNKNOWN:
        return add_mark(reader, '0', why);
    case OTHER:
        return add_number(reader, earlier->number, why);
    default:
        return column != 0 && column == sources[kind].hashed ? add_hashed(reader, row, column, why)
                                                             : add_column(reader, row, column, why);
    }
}

static bool add_earlier_row(struct seal_reader *reader, enum seal_kind kind, sqlite3_stmt *row,
                            int64_t had, struct failure *why)
{
    struct earlier earlier[MOST_COLUMNS] = {{AS_IT_IS, 0}};

    take_had(earlier, kind, had);
    if (!begin_fact(reader, kind, why)) {
        return false;
    }
    for (int i = 0; i < sources[kind].columns; i++) {
        if (!add_earlier(reader, kind, row, i, &earlier[i], why)) {
            return false;
        }
    }
    return true;
}

static bool add_row(struct seal_reader *reader, enum seal_kind kind, sqlite3_stmt *row,
                    struct failure *why)
{
    const struct source *source = &sources[kind];

    if (!begin_fact(reader, kind, why)) {
        return false;
    }
    for (int i = 0; i < source->columns; i++) {
        bool hashed = source->hashed != 0 && i == source->hashed;

        if (!(hashed ? add_hashed(reader, row, i, why) : add_column(reader, row, i, why))) {
            return false;
        }
    }
    return true;
}

/*
 * Which stretch an interval lies in.
 */

static bool find_stretch(struct seal_reader *reader, enum statement which, int64_t key, int64_t *id,
                         int64_t *first, struct failure *why)
{
    sqlite3_stmt *find = reader->statements[which];
    int result;

    sqlite3_bind_int64(find, 1, key);
    result = sqlite3_step(find);
    *id = result == SQLITE_ROW ? sqlite3_column_int64(find, 0) : 0;
    *first = result == SQLITE_ROW ? sqlite3_column_int64(find, 1) : INT64_MAX;
    return database_end(reader->db, find, result, "looking for a stretch", why);
}

/* What lies behind the stretch that was found. */
static bool look_behind(struct seal_reader *reader, struct failure *why)
{
    reader->changes = sqlite3_total_changes(reader->db);
    return find_stretch(reader, STRETCH_AFTER, reader->stretch, &reader->next_stretch,
                        &reader->next_first, why);
}

/* Of several with one first interval it is the last. */
static bool look_stretch_up(struct seal_reader *reader, int64_t interval, struct failure *why)
{
    return find_stretch(reader, STRETCH_OF, interval, &reader->stretch, &reader->stretch_first,
                        why) &&
           look_behind(reader, why);
}

bool seal_reader_stretch_of(struct seal_reader *reader, int64_t interval, int64_t *stretch,
                            struct failure *why)
{
    if ((reader->stretch == 0 || interval < reader->stretch_first) &&
        !look_stretch_up(reader, interval, why)) {
        return false;
    }
    /* What was the newest stretch may have got a successor since. */
    if (reader->next_stretch == 0 && reader->changes != sqlite3_total_changes(reader->db) &&
        !look_behind(reader, why)) {
        return false;
    }
    while (reader->next_stretch != 0 && reader->next_first <= interval) {
        reader->stretch = reader->next_stretch;
        reader->stretch_first = reader->next_first;
        if (!look_behind(reader, why)) {
            return false;
        }
    }
    *stretch = reader->stretch;
    return true;
}

/*
 * Rows.
 */

static bool next_version(struct seal_reader *reader, enum seal_kind kind, int64_t id,
                         int64_t number, uint8_t digest[SHA256_SIZE], bool *found,
                         struct failure *why)
{
    sqlite3_stmt *find = reader->statements[NEXT_VERSION];
    int result;

    sqlite3_bind_int64(find, 1, kind);
    sqlite3_bind_int64(find, 2, id);
    sqlite3_bind_int64(find, 3, number);
    result = sqlite3_step(find);
    *found = result == SQLITE_ROW;
    if (*found) {
        const void *was = sqlite3_column_blob(find, 0);

        memset(digest, 0, SHA256_SIZE);
        if (was != NULL && sqlite3_column_bytes(find, 0) == SHA256_SIZE) {
            memcpy(digest, was, SHA256_SIZE);
        }
    }
    return database_end(reader->db, find, result, "looking for what a row was", why);
}

/* The moment at which nothing of a stretch is left. */
static struct ledger_position behind(int64_t stretch)
{
    return (struct ledger_position){seal_sum(stretch, 1), INT64_MIN};
}

static bool digest_end(struct seal_reader *reader, struct seal_fact *fact, sqlite3_stmt *row,
                       int column, int count, struct failure *why)
{
    if (!begin_fact(reader, fact->end_kind, why) || !add_number(reader, fact->id, why)) {
        return false;
    }
    for (int i = 0; i < count; i++) {
        if (!add_column(reader, row, column + i, why)) {
            return false;
        }
    }
    return end_fact(reader, fact->end_digest, why);
}

/* The end of a process or module: last_stretch and gone_at, which may be NULL. */
static bool take_end(struct seal_reader *reader, struct seal_fact *fact, sqlite3_stmt *row,
                     struct failure *why)
{
    int column = sources[fact->kind].columns;

    fact->end_kind = sources[fact->kind].end_kind;
    fact->ended = fact->end_kind != 0 && sqlite3_column_type(row, column) != SQLITE_NULL;
    if (!fact->ended) {
        return true;
    }
    fact->end = behind(sqlite3_column_int64(row, column));
    if (sqlite3_column_type(row, column + 1) != SQLITE_NULL) {
        fact->end = (struct ledger_position){sqlite3_column_int64(row, column),
                                             sqlite3_column_int64(row, column + 1)};
    }
    return digest_end(reader, fact, row, column, 2, why);
}

static void put_byte(struct interval_form *form, int byte)
{
    form->bytes[form->size++] = (uint8_t)byte;
}

static void put_number(struct interval_form *form, int64_t number)
{
    seal_put(form->bytes + form->size, number);
    form->size += 8;
}

/* An address that is longer than any is not ours: its hash will not be that of the seal. */
static void put_address(struct interval_form *form, sqlite3_stmt *row, int column)
{
    const void *bytes = sqlite3_column_blob(row, column);
    int size = sqlite3_column_bytes(row, column);
    int kept = size > INTERVAL_ADDRESS ? INTERVAL_ADDRESS : size;

    put_byte(form, size > INTERVAL_ADDRESS ? 255 : size);
    if (kept > 0) {
        memcpy(form->bytes + form->size, bytes, (size_t)kept);
        form->size += (size_t)kept;
    }
}

/* `lasted` negative: it was open. */
static void make_form(struct interval_form *form, sqlite3_stmt *row, const struct seal_fact *fact,
                      int64_t opened_at, int64_t lasted)
{
    int others = 0;

    form->size = 0;
    put_byte(form, 0);
    put_byte(form, SEAL_INTERVAL);
    put_number(form, fact->end.stretch);
    put_number(form, fact->id);
    put_number(form, opened_at);
    put_number(form, lasted < 0 ? -1 : lasted);
    put_number(form, sqlite3_column_int64(row, KIND));
    put_number(form, sqlite3_column_int64(row, LOCAL_PORT));
    put_address(form, row, LOCAL_ADDRESS);
    for (int i = REMOTE_ADDRESS; i <= SERVICE; i++) {
        others |= sqlite3_column_type(row, i) == SQLITE_NULL ? 0 : 1 << (i - REMOTE_ADDRESS);
    }
    put_byte(form, others);
    if ((others & 1) != 0) {
        put_address(form, row, REMOTE_ADDRESS);
    }
    for (int i = REMOTE_ADDRESS + 1; i <= SERVICE; i++) {
        if ((others >> (i - REMOTE_ADDRESS) & 1) != 0) {
            put_number(form, sqlite3_column_int64(row, i));
        }
    }
}

static bool digest_closing(struct seal_reader *reader, struct seal_fact *fact, int64_t lasted,
                           struct failure *why)
{
    uint8_t bytes[2 + 2 * 8] = {0, SEAL_CLOSING};

    seal_put(bytes + 2, fact->id);
    seal_put(bytes + 10, lasted);
    if (reader->leaves_hashing) {
        memcpy(fact->end_digest, bytes, sizeof(bytes));
        fact->end_form_size = sizeof(bytes);
        return true;
    }
    return sha256_add(reader->sha256, bytes, sizeof(bytes), why) &&
           sha256_finish(reader->sha256, fact->end_digest, why);
}

static bool digest_form(struct seal_reader *reader, struct seal_fact *fact, struct failure *why)
{
    const struct interval_form *form = &reader->form;

    if (reader->leaves_hashing) {
        fact->form = form->bytes;
        fact->form_size = form->size;
        return true;
    }
    return sha256_add(reader->sha256, form->bytes, form->size, why) &&
           sha256_finish(reader->sha256, fact->digest, why);
}

static bool take_interval(struct seal_reader *reader, struct seal_fact *fact, sqlite3_stmt *row,
                          const struct seal *by, struct failure *why)
{
    int64_t opened_at = sqlite3_column_int64(row, OPENED_AT);
    int64_t lasted = sqlite3_column_int64(row, LASTED);

    if (!seal_reader_stretch_of(reader, fact->id, &fact->end.stretch, why)) {
        return false;
    }
    fact->end_kind = SEAL_CLOSING;
    fact->begin = (struct ledger_position){fact->end.stretch, opened_at};
    fact->end.at = seal_sum(opened_at, lasted);
    fact->ended = lasted >= 0 && (by == NULL || !seal_covers(by, &fact->end));
    if (by != NULL) {
        make_form(&reader->form, row, fact, opened_at, fact->ended ? -1 : lasted);
        fact->told = true;
        if (!digest_form(reader, fact, why)) {
            return false;
        }
    }
    return !fact->ended || digest_closing(reader, fact, lasted, why);
}

/* The column `span` of a process follows from its times, and answers are found by it. */
static bool is_misplaced(sqlite3_stmt *row)
{
    bool ended = sqlite3_column_type(row, LAST_STRETCH) != SQLITE_NULL;
    int64_t span = ended ? LEDGER_SPAN_ACROSS : LEDGER_SPAN_OPEN;

    if (ended && sqlite3_column_type(row, GONE_AT) != SQLITE_NULL &&
        sqlite3_column_int64(row, LAST_STRETCH) == sqlite3_column_int64(row, FIRST_STRETCH)) {
        span = ledger_span_of(seal_sum(sqlite3_column_int64(row, GONE_AT),
                                       -sqlite3_column_int64(row, FIRST_SEEN_AT)));
    }
    return span < 0 ? sqlite3_column_type(row, SPAN) != SQLITE_NULL
                    : sqlite3_column_type(row, SPAN) == SQLITE_NULL ||
                          sqlite3_column_int64(row, SPAN) != span;
}

static bool take_row(struct seal_reader *reader, struct seal_fact *fact, sqlite3_stmt *row,
                     const struct seal *by, struct failure *why)
{
    bool replaced = false;

    if (fact->kind == SEAL_INTERVAL) {
        return take_interval(reader, fact, row, by, why);
    }
    fact->misplaced = fact->kind == SEAL_PROCESS && is_misplaced(row);
    if (by != NULL) {
        fact->told = true;
        if (sources[fact->kind].changes &&
            !next_version(reader, fact->kind, fact->id, by->number, fact->digest, &replaced, why)) {
            return false;
        }
        if (!replaced &&
            !(add_row(reader, fact->kind, row, why) && end_fact(reader, fact->digest, why))) {
            return false;
        }
    }
    return take_end(reader, fact, row, why);
}

bool seal_is_backdated(const struct seal *seal, const struct seal_fact *fact)
{
    return fact->kind == SEAL_INTERVAL && fact->begin.stretch == seal->until.stretch &&
           fact->begin.at <= seal->until.at;
}

bool seal_reader_walk(struct seal_reader *reader, enum seal_kind kind, int64_t low, int64_t high,
                      const struct seal *by, seal_fact_fn *visit, void *context,
                      struct failure *why)
{
    sqlite3_stmt *row = reader->rows[kind];
    bool ok = true;
    int result;

    if (low >= high) {
        return true;
    }
    sqlite3_bind_int64(row, 1, low);
    sqlite3_bind_int64(row, 2, high);
    while ((result = sqlite3_step(row)) == SQLITE_ROW && ok) {
        struct seal_fact fact = {.kind = kind, .id = sqlite3_column_int64(row, 0)};

        fact.key =
            seal_key_of(kind == SEAL_INTERVAL ? sqlite3_column_int64(row, OWNER) : 0, fact.id);
        ok = take_row(reader, &fact, row, by, why) && visit(context, &fact, why);
    }
    if (!ok) {
        sqlite3_reset(row);
        return false;
    }
    return database_end(reader->db, row, result, "reading what is sealed", why);
}

/* The present version, which gives `had`, or the one that knew no more than that. */
static bool make_version(struct seal_reader *reader, enum seal_kind kind, sqlite3_stmt *row,
                         bool present, int64_t *had, struct failure *why)
{
    if (!present) {
        return add_earlier_row(reader, kind, row, *had, why);
    }
    *had = had_of(kind, row);
    return add_row(reader, kind, row, why);
}

static bool read_version(struct seal_reader *reader, enum seal_kind kind, int64_t id, bool present,
                         int64_t *had, uint8_t digest[SHA256_SIZE], bool *found,
                         struct failure *why)
{
    sqlite3_stmt *row = reader->rows[kind];
    bool ok = true;
    int result;

    sqlite3_bind_int64(row, 1, id);
    sqlite3_bind_int64(row, 2, seal_sum(id, 1));
    result = sqlite3_step(row);
    *found = result == SQLITE_ROW;
    if (*found) {
        ok = make_version(reader, kind, row, present, had, why) && end_fact(reader, digest, why);
    }
    if (!ok) {
        sqlite3_reset(row);
        return false;
    }
    return database_end(reader->db, row, result, "reading what is sealed", why);
}

bool seal_reader_present(struct seal_reader *reader, enum seal_kind kind, int64_t id,
                         uint8_t digest[SHA256_SIZE], int64_t *had, bool *found,
                         struct failure *why)
{
    return read_version(reader, kind, id, true, had, digest, found, why);
}

bool seal_reader_rebuild(struct seal_reader *reader, enum seal_kind kind, int64_t id, int64_t had,
                         uint8_t digest[SHA256_SIZE], bool *found, struct failure *why)
{
    *found = false;
    return kind <= 0 || kind >= SEAL_KINDS || !sources[kind].changes ||
           read_version(reader, kind, id, false, &had, digest, found, why);
}

bool seal_reader_version(struct seal_reader *reader, enum seal_kind kind, int64_t id,
                         int64_t number, uint8_t digest[SHA256_SIZE], bool *found,
                         struct failure *why)
{
    int64_t had;

    if (!next_version(reader, kind, id, number, digest, found, why)) {
        return false;
    }
    return *found || seal_reader_present(reader, kind, id, digest, &had, found, why);
}

bool seal_reader_walk_changed(struct seal_reader *reader, int64_t before, int64_t by,
                              seal_fact_fn *visit, void *context, struct failure *why)
{
    sqlite3_stmt *changed = reader->statements[CHANGED];
    bool ok = true;
    int result;

    sqlite3_bind_int64(changed, 1, before);
    sqlite3_bind_int64(changed, 2, by);
    while ((result = sqlite3_step(changed)) == SQLITE_ROW && ok) {
        int64_t kind = sqlite3_column_int64(changed, 0);
        struct seal_fact fact = {.id = sqlite3_column_int64(changed, 1)};

        if (kind > 0 && kind < SEAL_KINDS && sources[kind].changes) {
            fact.kind = (enum seal_kind)kind;
            fact.key = seal_key_of(0, fact.id);
            ok =
                seal_reader_version(reader, fact.kind, fact.id, by, fact.digest, &fact.told, why) &&
                (!fact.told || visit(context, &fact, why));
        }
    }
    if (!ok) {
        sqlite3_reset(changed);
        return false;
    }
    return database_end(reader->db, changed, result, "reading what was completed", why);
}

/*
 * Ends after a moment.
 */

/* What walk_found() asks of each row. */
struct end_walk {
    const struct seal *seal;
    const struct seal *since;
    seal_fact_fn *visit;
    void *context;
};

static bool visit_later(void *context, const struct seal_fact *fact, struct failure *why)
{
    const struct end_walk *walk = context;

    return !fact->ended || fact->id < walk->since->next[fact->kind] ||
           seal_covers(walk->seal, &fact->end) || walk->visit(walk->context, fact, why);
}

static bool walk_found(struct seal_reader *reader, enum statement which, enum seal_kind kind,
                       const int64_t parameters[3], struct end_walk *walk, struct failure *why)
{
    sqlite3_stmt *find = reader->statements[which];
    bool ok = true;
    int result;

    for (int i = 0; i < 3; i++) {
        sqlite3_bind_int64(find, i + 1, parameters[i]);
    }
    while ((result = sqlite3_step(find)) == SQLITE_ROW && ok) {
        int64_t id = sqlite3_column_int64(find, 0);

        ok = seal_reader_walk(reader, kind, id, id + 1, NULL, visit_later, walk, why);
    }
    if (!ok) {
        sqlite3_reset(find);
        return false;
    }
    return database_end(reader->db, find, result, "looking for what ended", why);
}

/* Where the seal's stretch begins, in rows. */
struct stretch_begin {
    int64_t interval;
    int64_t process;
};

static bool find_begin(struct seal_reader *reader, int64_t stretch, struct stretch_begin *begin,
                       struct failure *why)
{
    sqlite3_stmt *open = reader->statements[OPEN_STRETCH];
    int result;

    *begin = (struct stretch_begin){0, 0};
    sqlite3_bind_int64(open, 1, stretch);
    result = sqlite3_step(open);
    if (result == SQLITE_ROW) {
        begin->interval = sqlite3_column_int64(open, 0);
        begin->process = sqlite3_column_int64(open, 1);
    }
    return database_end(reader->db, open, result, "looking for a stretch", why);
}

/*
 * Intervals of one span (-1: the short ones) that began in the stretch before
 * the moment and ended after it. None of them lasts longer than its span allows.
 */
static bool walk_span(struct seal_reader *reader, int span, int64_t first, struct end_walk *walk,
                      struct failure *why)
{
    sqlite3_stmt *find = reader->statements[span < 0 ? BEGAN_SHORT : BEGAN_LONG];
    int64_t longest = (int64_t)1 << (span < 0 ? LEDGER_SPAN_SHORTEST : span + 1);
    int64_t at = walk->seal->until.at;
    bool ok = true;
    int result;

    sqlite3_bind_int64(find, 1, first);
    sqlite3_bind_int64(find, 2, walk->seal->next[SEAL_INTERVAL]);
    if (span >= 0) {
        sqlite3_bind_int(find, 3, span);
    }
    while ((result = sqlite3_step(find)) == SQLITE_ROW && ok) {
        int64_t opened_at = sqlite3_column_int64(find, 1);
        int64_t lasted = sqlite3_column_int64(find, 2);

        if (seal_sum(opened_at, longest) < at) {
            break;
        }
        if (lasted >= 0 && seal_sum(opened_at, lasted) > at) {
            int64_t id = sqlite3_column_int64(find, 0);

            ok = seal_reader_walk(reader, SEAL_INTERVAL, id, id + 1, NULL, visit_later, walk, why);
        }
    }
    if (!ok) {
        sqlite3_reset(find);
        return false;
    }
    return database_end(reader->db, find, result, "looking for what was closed", why);
}

/* Intervals do not live beyond their stretch. */
static bool walk_intervals(struct seal_reader *reader, int64_t first, struct end_walk *walk,
                           struct failure *why)
{
    first = first > walk->since->next[SEAL_INTERVAL] ? first : walk->since->next[SEAL_INTERVAL];
    if (!walk_span(reader, -1, first, walk, why)) {
        return false;
    }
    for (int span = LEDGER_SPAN_SHORTEST; span < LEDGER_SPAN_COUNT; span++) {
        if (!walk_span(reader, span, first, walk, why)) {
            return false;
        }
    }
    return true;
}

bool seal_reader_walk_ends(struct seal_reader *reader, const struct seal *seal,
                           const struct seal *since, seal_fact_fn *visit, void *context,
                           struct failure *why)
{
    struct end_walk walk = {seal, since, visit, context};
    int64_t stretch = seal->until.stretch;
    struct stretch_begin begin;

    return find_begin(reader, stretch, &begin, why) &&
           walk_intervals(reader, begin.interval, &walk, why) &&
           walk_found(reader, ENDED_PROCESSES, SEAL_PROCESS,
                      (const int64_t[]){begin.process, seal->next[SEAL_PROCESS], stretch}, &walk,
                      why) &&
           walk_found(reader, ENDED_MODULES, SEAL_MODULE,
                      (const int64_t[]){since->next[SEAL_MODULE], seal->next[SEAL_MODULE], stretch},
                      &walk, why);
}
