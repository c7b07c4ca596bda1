/* SPDX-License-Identifier: MIT */

#include "store/ledger_rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/pattern.h"
#include "base/text.h"
#include "store/database.h"
#include "store/ledger_handle.h"
#include "store/ledger_schema.h"

#define STRETCH_SELECT                                                                             \
    "SELECT s.id, s.run, s.begin_at, s.end_at, s.first_sample, s.last_sample, s.interval_ms,"      \
    "       s.ended, s.lacks, r.boot, r.commit_ms, s.first_interval, s.first_process,"             \
    "       s.missed, s.left_out, s.left_out_sockets"                                              \
    " FROM stretch AS s LEFT JOIN run AS r ON r.id = s.run "

#define INTERVAL_SELECT                                                                            \
    "SELECT id, opened_at, duration, protocol, state, local_address, local_port, remote_address,"  \
    "       remote_port, process, pid, attribution, age, opening, service FROM interval "

/* What column_image() takes, and the joins that it takes. */
#define IMAGE_COLUMNS                                                                              \
    "i.volume, i.file, i.size, i.written_at, i.status, i.taken_at, i.sha256, i.verdict,"           \
    " i.signature, ip.text, iv.text, ic.text, ib.text, ig.text"
#define IMAGE_TEXTS                                                                                \
    " LEFT JOIN text AS ip ON ip.id = i.path LEFT JOIN text AS iv ON iv.id = i.version"            \
    " LEFT JOIN text AS ic ON ic.id = i.company LEFT JOIN text AS ib ON ib.id = i.build_id"        \
    " LEFT JOIN text AS ig ON ig.id = i.signer "

#define PROCESS_SELECT                                                                             \
    "SELECT p.id, p.first_stretch, p.first_seen_at, p.pid, p.start, p.started_at, p.parent_pid,"   \
    "       p.parent_start, p.session, p.access, n.text, f.text, p.integrity, p.denied,"           \
    "       p.left_out, p.modules, p.command_line, u.sid, u.name, " IMAGE_COLUMNS                  \
    ", p.boot, p.last_stretch, p.gone_at"                                                          \
    " FROM process AS p LEFT JOIN text AS n ON n.id = p.name LEFT JOIN text AS f ON f.id = p.path" \
    " LEFT JOIN user AS u ON u.id = p.user LEFT JOIN image AS i ON i.id = p.image" IMAGE_TEXTS

/*
 * A walk names the index that it needs, because SQLite knows nothing of the
 * values: without, it would take the range of ids for the best way in.
 */
#define WALK_END                                                                                   \
    " AND id BETWEEN :low AND :high AND (:protocol = 0 OR protocol = :protocol)"                   \
    " AND (:state = 0 OR state = :state)"                                                          \
    " AND (:any OR may_match(:way, process, service, local_address, remote_address))"              \
    " ORDER BY id LIMIT :limit"

/*
 * The segments that the ids from :low to :high lie in; for SELECTs that name an
 * index by segment. A walk asks for so few ids at once that they are few.
 */
#define SEGMENTS                                                                                   \
    "(WITH RECURSIVE segments (n) AS (SELECT :low >> 16 UNION ALL"                                 \
    " SELECT n + 1 FROM segments WHERE n < :high >> 16) SELECT n FROM segments)"

/* The condition on the address follows. */
#define IDS_OF_REMOTE_ADDRESS                                                                      \
    "SELECT id FROM " SEGMENTS " CROSS JOIN interval INDEXED BY interval_remote_address"           \
    " WHERE segment = n AND id BETWEEN :low AND :high AND "

const char *const ledger_rows_sql[LEDGER_ROWS_STATEMENTS] = {
    [ROWS_STRETCHES_AFTER] = STRETCH_SELECT "WHERE s.id > :id ORDER BY s.id",
    [ROWS_STRETCH] = STRETCH_SELECT "WHERE s.id = :id",
    [ROWS_STRETCH_BEFORE] = "SELECT max(id) FROM stretch WHERE id < :id AND begin_at <= :until"
                            " AND end_at >= :since",
    [ROWS_STRETCH_NEWEST] = STRETCH_SELECT "ORDER BY s.id DESC LIMIT 1",

    /* The ids that follow those of a stretch. */
    [ROWS_STRETCH_END] =
        "SELECT coalesce((SELECT first_interval FROM stretch WHERE id > :id ORDER BY id LIMIT 1),"
        "                (SELECT max(id) + 1 FROM interval), 0),"
        "       coalesce((SELECT first_process FROM stretch WHERE id > :id ORDER BY id LIMIT 1),"
        "                (SELECT max(id) + 1 FROM process), 0)",

    [ROWS_INTERVAL_FROM] = "SELECT id, opened_at FROM interval WHERE id >= :id ORDER BY id LIMIT 1",
    [ROWS_PROCESS_FROM] =
        "SELECT id, first_seen_at FROM process WHERE id >= :id ORDER BY id LIMIT 1",

    [ROWS_OPEN_TO_THE_END] =
        INTERVAL_SELECT "WHERE span = :span AND lasted < 0 AND id BETWEEN :low AND :high",
    [ROWS_OPEN_LONG] =
        INTERVAL_SELECT "WHERE span = :span AND lasted >= 262144 AND id BETWEEN :low AND :high"
                        " AND opened_at + lasted > :at",
    [ROWS_OPEN_SHORT] =
        INTERVAL_SELECT "WHERE lasted BETWEEN 0 AND 262143 AND id BETWEEN :low AND :high"
                        " AND opened_at + lasted > :at",

    [ROWS_ALIVE_STILL] = PROCESS_SELECT "WHERE p.span = :span AND p.boot = :boot AND p.id <= :high",
    [ROWS_ALIVE_ACROSS] = PROCESS_SELECT
    "WHERE p.span = :span AND p.boot = :boot AND p.last_stretch >= :stretch AND p.id <= :high"
    " AND (p.last_stretch > :stretch OR p.gone_at IS NULL OR p.gone_at > :at)",
    [ROWS_ALIVE_LONG] =
        PROCESS_SELECT "WHERE p.span = :span AND p.boot = :boot AND p.last_stretch = :stretch"
                       " AND p.id BETWEEN :low AND :high AND p.gone_at > :at",
    [ROWS_ALIVE_SHORT] =
        PROCESS_SELECT "WHERE p.span IS NULL AND p.id BETWEEN :low AND :high AND p.gone_at > :at",
    [ROWS_PROCESS] = PROCESS_SELECT "WHERE p.id = :id",
    [ROWS_MODULES_AT] =
        "SELECT m.base, m.size, m.flags, mp.text, " IMAGE_COLUMNS
        ", m.first_seen_at, m.gone_at FROM module AS m LEFT JOIN text AS mp ON mp.id = m.path"
        " LEFT JOIN image AS i ON i.id = m.image" IMAGE_TEXTS
        "WHERE m.process = :process AND (m.first_stretch < :stretch OR"
        " (m.first_stretch = :stretch AND m.first_seen_at <= :at))"
        " AND (m.last_stretch IS NULL OR m.last_stretch > :stretch OR"
        " (m.last_stretch = :stretch AND m.gone_at > :at)) ORDER BY m.base, m.id",
    /* Times of the clock: within the life of a process it may have been set back. */
    [ROWS_MODULES_OF] =
        "SELECT m.base, m.size, m.flags, mp.text, " IMAGE_COLUMNS
        ", m.first_seen_at, m.gone_at FROM module AS m LEFT JOIN text AS mp ON mp.id = m.path"
        " LEFT JOIN image AS i ON i.id = m.image" IMAGE_TEXTS
        "WHERE m.process = :process AND m.first_seen_at <= :until"
        " AND (m.gone_at IS NULL OR m.gone_at > :since)"
        " AND (:sha256 IS NULL OR i.sha256 = :sha256) ORDER BY m.id",
    [ROWS_SERVICE] = "SELECT t.text, s.basis FROM service AS s JOIN text AS t ON t.id = s.name"
                     " WHERE s.id = :id",

    [ROWS_WALK_ALL] = INTERVAL_SELECT "WHERE true" WALK_END,
    /* A port that is NULL is that of no row. */
    [ROWS_WALK_PORTS] = INTERVAL_SELECT
    "WHERE id IN (SELECT id FROM " SEGMENTS " CROSS JOIN interval INDEXED BY interval_local_port"
    " WHERE local_key = (n << 16) + :local AND id BETWEEN :low AND :high"
    " UNION SELECT id FROM " SEGMENTS " CROSS JOIN interval INDEXED BY interval_remote_port"
    " WHERE remote_key = (n << 16) + :remote AND remote_port IS NOT NULL"
    " AND id BETWEEN :low AND :high)" WALK_END,
    [ROWS_WALK_PID] =
        INTERVAL_SELECT "WHERE id IN (SELECT id FROM interval INDEXED BY interval_pid"
                        "              WHERE pid = :key AND id BETWEEN :low AND :high"
                        "             UNION SELECT id FROM interval INDEXED BY interval_process"
                        "              WHERE process IN (SELECT id FROM process WHERE pid = :key)"
                        "               AND id BETWEEN :low AND :high)" WALK_END,
    [ROWS_WALK_OWNERS] =
        INTERVAL_SELECT "WHERE id IN (SELECT i.id FROM json_each(:json) AS o CROSS JOIN"
                        " interval AS i INDEXED BY interval_process"
                        " WHERE i.process = o.value AND i.id BETWEEN :low AND :high)" WALK_END,
    [ROWS_WALK_PREFIX] =
        INTERVAL_SELECT "WHERE id IN (" IDS_OF_REMOTE_ADDRESS
                        "remote_address BETWEEN :first AND :last UNION " IDS_OF_REMOTE_ADDRESS
                        "remote_address BETWEEN :first_mapped AND :last_mapped)" WALK_END,

    [ROWS_OWNED_FROM] =
        "SELECT min((SELECT i.id FROM interval AS i INDEXED BY interval_process"
        "            WHERE i.process = o.value AND i.id >= :low ORDER BY i.id LIMIT 1))"
        " FROM json_each(:json) AS o",
    [ROWS_OWNED_COUNT] = "SELECT count(*) FROM (SELECT 1 FROM json_each(:json) AS o CROSS JOIN"
                         " interval AS i INDEXED BY interval_process WHERE i.process = o.value"
                         " LIMIT :limit)",
    [ROWS_OWNERS_BY_IMAGE] = "SELECT p.id FROM image AS i JOIN process AS p ON p.image = i.id"
                             " WHERE i.sha256 = :key",
    [ROWS_OWNERS_BY_NAME] = "SELECT id FROM process WHERE name IN"
                            " (SELECT id FROM text WHERE text COLLATE NOCASE IN (:key, :cut))",
    [ROWS_OWNERS_BY_PATH] =
        "WITH RECURSIVE used (id) AS (SELECT min(path) FROM process WHERE path IS NOT NULL UNION"
        " ALL SELECT (SELECT min(path) FROM process WHERE path > used.id) FROM used"
        "  WHERE used.id IS NOT NULL)"
        "SELECT p.id FROM used CROSS JOIN text AS t CROSS JOIN process AS p INDEXED BY process_path"
        " WHERE t.id = used.id AND is_like(:key, t.text) AND p.path = used.id",
    [ROWS_OWNERS_BY_USER] = "SELECT id FROM process WHERE user IN (SELECT id FROM user"
                            " WHERE sid = :key COLLATE NOCASE OR name = :key COLLATE NOCASE"
                            "  OR substr(name, instr(name, '\\') + 1) = :key COLLATE NOCASE)",
    [ROWS_OWNERS_BY_MODULE] =
        "WITH RECURSIVE used (id) AS (SELECT min(path) FROM module UNION"
        " ALL SELECT (SELECT min(path) FROM module WHERE path > used.id) FROM used"
        "  WHERE used.id IS NOT NULL)"
        "SELECT m.process FROM used CROSS JOIN text AS t CROSS JOIN module AS m INDEXED BY"
        " module_path WHERE t.id = used.id AND is_like(:key, t.text) AND m.path = used.id",
    [ROWS_OWNERS_BY_START] = "SELECT id FROM process WHERE id BETWEEN :low AND :high"
                             " AND started_at >= :since AND started_at < :before",
    [ROWS_SERVICES] = "SELECT s.id, t.text FROM service AS s JOIN text AS t ON t.id = s.name",

    [ROWS_PROCESS_MODULES] = "SELECT t.text FROM module AS m JOIN text AS t ON t.id = m.path"
                             " WHERE m.process = :process",

    [ROWS_PROCESSES_AMONG] =
        PROCESS_SELECT "WHERE p.id BETWEEN :low AND :high ORDER BY p.id LIMIT :limit",
    [ROWS_CHILDREN_AMONG] = PROCESS_SELECT
    "WHERE p.id BETWEEN :low AND :high AND p.parent_pid = :pid AND p.parent_start = :start"
    " AND p.boot = :boot ORDER BY p.id LIMIT :limit",

    /* Of several programs that the parent ran: the last one before the child was seen. */
    [ROWS_PARENT] = "SELECT id FROM process WHERE pid = :pid AND boot = :boot AND start = :start"
                    " AND id <> :id ORDER BY id > :id, abs(id - :id) LIMIT 1",

    [ROWS_NEWEST_RUN] = "SELECT program, pid, started_at FROM run ORDER BY id DESC LIMIT 1",

    /* Ids are given in order and old rows go first, so the ends tell the number between them. */
    [ROWS_COUNTS] = "SELECT (SELECT value FROM meta WHERE name = 'ledger_id'),"
                    "       (SELECT value FROM meta WHERE name = 'created_at'),"
                    "       (SELECT begin_at FROM stretch ORDER BY id LIMIT 1),"
                    "       (SELECT max(id) FROM stretch) - (SELECT min(id) FROM stretch) + 1,"
                    "       (SELECT max(id) FROM interval) - (SELECT min(id) FROM interval) + 1,"
                    "       (SELECT count(*) FROM interval WHERE span = :span AND lasted < 0"
                    "         AND id >= :first),"
                    "       (SELECT max(id) FROM process) - (SELECT min(id) FROM process) + 1",

    [ROWS_DETAIL] = "SELECT a.stretch, a.until_at, b.stretch, b.until_at,"
                    "       (SELECT count(*) FROM application AS c WHERE c.id >= 0 AND"
                    "        (c.stretch > coalesce(a.stretch, 0) OR"
                    "         (c.stretch = a.stretch AND c.until_at > a.until_at))),"
                    "       (SELECT opened_at FROM interval"
                    "        WHERE id = (SELECT min(id) FROM interval)),"
                    "       (SELECT min(day) FROM profile),"
                    "       (SELECT value FROM meta WHERE name = 'keep'),"
                    "       (SELECT value FROM meta WHERE name = 'max_size'),"
                    "       (SELECT value FROM meta WHERE name = 'keep_profile')"
                    " FROM (SELECT 1) LEFT JOIN application AS a ON a.id = -1"
                    " LEFT JOIN application AS b ON b.id = (SELECT id FROM application"
                    "  WHERE id >= 0 AND stretch IS NOT NULL ORDER BY stretch DESC, until_at DESC"
                    "  LIMIT 1)",
};

/* Far above every real time and id, and far enough below the end of the type to add two. */
#define BOUND LEDGER_ROWS_NONE
#define DAY_MS INT64_C(86400000)

static int64_t column_number(sqlite3_stmt *statement, int column)
{
    int64_t number = sqlite3_column_int64(statement, column);

    if (number > BOUND) {
        return BOUND;
    }
    return number < -BOUND ? -BOUND : number;
}

void ledger_rows_take_stretch(sqlite3_stmt *statement, struct ledger_stretch_rows *rows)
{
    *rows = (struct ledger_stretch_rows){
        .stretch =
            {
                .id = column_number(statement, 0),
                .run_id = column_number(statement, 1),
                .begin_at = column_number(statement, 2),
                .end_at = column_number(statement, 3),
                .first_sample = column_number(statement, 4),
                .last_sample = column_number(statement, 5),
                .interval = column_number(statement, 6),
                .ended = (enum ledger_gap)sqlite3_column_int(statement, 7),
                .lacks = (unsigned)sqlite3_column_int(statement, 8),
                .boot_id = column_number(statement, 9),
                .missed = column_number(statement, 13),
                .left_out_processes = column_number(statement, 14),
                .left_out_sockets = column_number(statement, 15),
            },
        .commit = column_number(statement, 10),
        .first_interval = column_number(statement, 11),
        .first_process = column_number(statement, 12),
    };
}

static bool read_stretch_end(struct ledger *ledger, struct ledger_stretch_rows *rows,
                             struct failure *why)
{
    sqlite3_stmt *statement = ledger->rows[ROWS_STRETCH_END];
    int result;

    database_bind(statement, ":id", rows->stretch.id);
    result = sqlite3_step(statement);
    if (result == SQLITE_ROW) {
        rows->end_interval = column_number(statement, 0);
        rows->end_process = column_number(statement, 1);
    }
    return database_end(ledger->db, statement, result, "reading where a stretch ends", why);
}

static bool read_one_stretch(struct ledger *ledger, sqlite3_stmt *statement,
                             struct ledger_stretch_rows *rows, bool *found, struct failure *why)
{
    int result = sqlite3_step(statement);

    *found = result == SQLITE_ROW;
    if (*found) {
        ledger_rows_take_stretch(statement, rows);
    }
    return database_end(ledger->db, statement, result, "reading a stretch", why) &&
           (!*found || read_stretch_end(ledger, rows, why));
}

bool ledger_rows_stretch(struct ledger *ledger, int64_t id, struct ledger_stretch_rows *rows,
                         bool *found, struct failure *why)
{
    database_bind(ledger->rows[ROWS_STRETCH], ":id", id);
    return read_one_stretch(ledger, ledger->rows[ROWS_STRETCH], rows, found, why);
}

bool ledger_rows_newest(struct ledger *ledger, struct ledger_stretch_rows *rows, bool *found,
                        struct failure *why)
{
    return read_one_stretch(ledger, ledger->rows[ROWS_STRETCH_NEWEST], rows, found, why);
}

bool ledger_rows_detail(struct ledger *ledger, struct ledger_detail *detail, struct failure *why)
{
    sqlite3_stmt *statement = ledger->rows[ROWS_DETAIL];
    int result = sqlite3_step(statement);

    *detail = (struct ledger_detail){0};
    if (result == SQLITE_ROW) {
        *detail = (struct ledger_detail){
            .dropped = {column_number(statement, 0), column_number(statement, 1)},
            .partly = {column_number(statement, 2), column_number(statement, 3)},
            .applications = column_number(statement, 4),
            .oldest_at = column_number(statement, 5),
            .oldest_profile_at = column_number(statement, 6) % (BOUND / DAY_MS) * DAY_MS,
            .keep = column_number(statement, 7),
            .max_size = column_number(statement, 8),
            .keep_profile = column_number(statement, 9),
        };
    }
    return database_end(ledger->db, statement, result, "reading what was dropped", why);
}

bool ledger_rows_stretch_touching(struct ledger *ledger, int64_t after, int64_t since,
                                  int64_t until, struct ledger_stretch_rows *rows, bool *found,
                                  struct failure *why)
{
    sqlite3_stmt *statement = ledger->rows[ROWS_STRETCHES_AFTER];
    int64_t id = 0;
    int result;

    database_bind(statement, ":id", after);
    while ((result = sqlite3_step(statement)) == SQLITE_ROW && id == 0) {
        struct ledger_stretch_rows next;

        ledger_rows_take_stretch(statement, &next);
        if (next.stretch.begin_at <= until && next.stretch.end_at >= since) {
            id = next.stretch.id;
        }
    }
    *found = id != 0;
    return database_end(ledger->db, statement, result, "looking for a stretch", why) &&
           (id == 0 || ledger_rows_stretch(ledger, id, rows, found, why));
}

bool ledger_rows_stretch_before(struct ledger *ledger, int64_t before, int64_t since, int64_t until,
                                struct ledger_stretch_rows *rows, bool *found, struct failure *why)
{
    sqlite3_stmt *statement = ledger->rows[ROWS_STRETCH_BEFORE];
    int64_t id;
    int result;

    database_bind(statement, ":id", before);
    database_bind(statement, ":since", since);
    database_bind(statement, ":until", until);
    result = sqlite3_step(statement);
    id = result == SQLITE_ROW ? column_number(statement, 0) : 0;
    *found = id != 0;
    return database_end(ledger->db, statement, result, "looking for a stretch", why) &&
           (id == 0 || ledger_rows_stretch(ledger, id, rows, found, why));
}

static uint32_t big_endian(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

void ledger_rows_take_address(const uint8_t *bytes, int size, struct socket_endpoint *end)
{
    if (bytes != NULL && (size == 4 || size == 16 || size == 20)) {
        end->address_size = size == 4 ? 4 : 16;
        memcpy(end->address, bytes, end->address_size);
        end->scope_id = size == 20 ? big_endian(bytes + 16) : 0;
    }
}

/* An address and the port behind it. */
static struct socket_endpoint column_endpoint(sqlite3_stmt *statement, int column)
{
    struct socket_endpoint end = {.port = (uint16_t)sqlite3_column_int(statement, column + 1)};
    const uint8_t *bytes = sqlite3_column_blob(statement, column);

    ledger_rows_take_address(bytes, sqlite3_column_bytes(statement, column), &end);
    return end;
}

static void take_interval(sqlite3_stmt *statement, struct ledger_row *row)
{
    *row = (struct ledger_row){
        .id = column_number(statement, 0),
        .opened_at = column_number(statement, 1),
        .duration =
            sqlite3_column_type(statement, 2) == SQLITE_NULL ? -1 : column_number(statement, 2),
        .process = column_number(statement, 9),
        .opening = sqlite3_column_int(statement, 13),
        .service = column_number(statement, 14),
        .socket =
            {
                .protocol = (uint8_t)sqlite3_column_int(statement, 3),
                .state = (uint8_t)sqlite3_column_int(statement, 4),
                .local = column_endpoint(statement, 5),
                .remote = column_endpoint(statement, 7),
                .pid = (uint32_t)sqlite3_column_int64(statement, 10),
                .owner = SOCKET_NO_OWNER,
                .attribution = (uint8_t)sqlite3_column_int(statement, 11),
            },
    };
    if (sqlite3_column_type(statement, 12) != SQLITE_NULL) {
        row->socket.created_at = row->opened_at - column_number(statement, 12);
    }
}

static bool reserve_row(struct ledger_row_list *list, struct failure *why)
{
    size_t capacity = list->capacity == 0 ? 256 : list->capacity * 2;
    struct ledger_row *rows;

    if (list->count < list->capacity) {
        return true;
    }
    rows = realloc(list->rows, capacity * sizeof(*rows));
    if (rows == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu intervals", capacity);
    }
    list->rows = rows;
    list->capacity = capacity;
    return true;
}

bool ledger_rows_read(struct ledger *ledger, enum ledger_rows_statement which,
                      struct ledger_row_list *list, struct failure *why)
{
    sqlite3_stmt *statement = ledger->rows[which];
    bool ok = true;
    int result;

    while ((result = sqlite3_step(statement)) == SQLITE_ROW && ok) {
        ok = reserve_row(list, why);
        if (ok) {
            take_interval(statement, &list->rows[list->count++]);
        }
    }
    if (!ok) {
        sqlite3_reset(statement);
        return false;
    }
    return database_end(ledger->db, statement, result, "reading intervals", why);
}

void ledger_row_list_clear(struct ledger_row_list *list)
{
    free(list->rows);
    *list = (struct ledger_row_list){0};
}

void ledger_process_list_clear(struct ledger_process_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        process_instance_release(list->items[i].instance);
    }
    free(list->items);
    *list = (struct ledger_process_list){0};
}

static const char *text_or_null(sqlite3_stmt *statement, int column)
{
    return (const char *)sqlite3_column_text(statement, column);
}

/* Where the columns of an image, IMAGE_COLUMNS, are from the first one on. */
enum image_column {
    IMAGE_VOLUME,
    IMAGE_FILE,
    IMAGE_SIZE,
    IMAGE_WRITTEN_AT,
    IMAGE_STATUS,
    IMAGE_TAKEN_AT,
    IMAGE_SHA256,
    IMAGE_VERDICT,
    IMAGE_SIGNATURE,
    IMAGE_PATH,
    IMAGE_VERSION,
    IMAGE_COMPANY,
    IMAGE_BUILD_ID,
    IMAGE_SIGNER,
};

static bool publish_facts(sqlite3_stmt *statement, int first, const struct image *image)
{
    struct image_facts fields = {
        .status = (uint8_t)sqlite3_column_int(statement, first + IMAGE_STATUS),
        .verdict = (uint8_t)sqlite3_column_int(statement, first + IMAGE_VERDICT),
        .signature = (uint8_t)sqlite3_column_int(statement, first + IMAGE_SIGNATURE),
        .taken_at = column_number(statement, first + IMAGE_TAKEN_AT),
        .version = text_or_null(statement, first + IMAGE_VERSION),
        .company = text_or_null(statement, first + IMAGE_COMPANY),
        .build_id = text_or_null(statement, first + IMAGE_BUILD_ID),
        .signer = text_or_null(statement, first + IMAGE_SIGNER),
    };
    const void *hash = sqlite3_column_blob(statement, first + IMAGE_SHA256);
    const struct image_facts *facts;

    if (hash != NULL &&
        sqlite3_column_bytes(statement, first + IMAGE_SHA256) == (int)sizeof(fields.sha256)) {
        memcpy(fields.sha256, hash, sizeof(fields.sha256));
    }
    facts = image_facts_make(&fields);
    if (facts == NULL) {
        return false;
    }
    image_publish(image, facts);
    image_facts_release(facts);
    return true;
}

/*
 * The image whose columns begin at `first`, with a reference; without a row of
 * one, what is known by its path. NULL where memory ran out.
 */
static const struct image *column_image(sqlite3_stmt *statement, int first, const char *path)
{
    const char *stored = text_or_null(statement, first + IMAGE_PATH);
    struct image fields = {
        .path = stored != NULL ? stored : path,
        .seen_as = IMAGE_READ,
        .identity =
            {
                .volume = (uint64_t)sqlite3_column_int64(statement, first + IMAGE_VOLUME),
                .file = (uint64_t)sqlite3_column_int64(statement, first + IMAGE_FILE),
                .size = column_number(statement, first + IMAGE_SIZE),
                .written_at = sqlite3_column_int64(statement, first + IMAGE_WRITTEN_AT),
            },
    };
    const struct image *image = image_make(&fields);

    if (image != NULL && sqlite3_column_type(statement, first + IMAGE_STATUS) != SQLITE_NULL &&
        !publish_facts(statement, first, image)) {
        image_release(image);
        return NULL;
    }
    return image;
}

static const struct account *column_account(sqlite3_stmt *statement, int sid)
{
    const struct account *account = account_make(database_column_text(statement, sid));

    if (account != NULL && !account_publish(account, text_or_null(statement, sid + 1))) {
        account_release(account);
        return NULL;
    }
    return account;
}

enum {
    PROCESS_SID = 17,
    PROCESS_IMAGE = 19,
    PROCESS_BOOT = PROCESS_IMAGE + IMAGE_SIGNER + 1,
    PROCESS_LAST_STRETCH,
    PROCESS_GONE_AT,
};

/* Adds what is shared; false where memory ran out. */
static bool column_parts(sqlite3_stmt *statement, struct process_instance *fields)
{
    if (sqlite3_column_type(statement, PROCESS_SID) != SQLITE_NULL) {
        fields->user = column_account(statement, PROCESS_SID);
        if (fields->user == NULL) {
            return false;
        }
    }
    if (fields->path != NULL) {
        fields->image = column_image(statement, PROCESS_IMAGE, fields->path);
    }
    return fields->path == NULL || fields->image != NULL;
}

static const struct process_instance *column_instance(sqlite3_stmt *statement)
{
    const struct process_instance *instance = NULL;
    struct process_instance fields = {
        .pid = (uint32_t)sqlite3_column_int64(statement, 3),
        .start = (uint64_t)sqlite3_column_int64(statement, 4),
        .started_at = column_number(statement, 5),
        .parent_pid = (uint32_t)sqlite3_column_int64(statement, 6),
        .parent_start = (uint64_t)sqlite3_column_int64(statement, 7),
        .session = (uint32_t)sqlite3_column_int64(statement, 8),
        .access = (uint8_t)sqlite3_column_int(statement, 9),
        .name = database_column_text(statement, 10),
        .path = text_or_null(statement, 11),
        .integrity = (uint8_t)sqlite3_column_int(statement, 12),
        .denied = (uint8_t)sqlite3_column_int(statement, 13),
        .left_out = (uint8_t)sqlite3_column_int(statement, 14),
        .command_line = text_or_null(statement, 16),
    };

    if (column_parts(statement, &fields)) {
        instance = process_instance_make(&fields);
    }
    account_release(fields.user);
    image_release(fields.image);
    return instance;
}

static bool add_process(struct ledger_process_list *list, sqlite3_stmt *statement,
                        struct failure *why)
{
    const struct process_instance *instance;

    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 64 : list->capacity * 2;
        struct ledger_process *items = realloc(list->items, capacity * sizeof(*items));

        if (items == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu processes", capacity);
        }
        list->items = items;
        list->capacity = capacity;
    }
    instance = column_instance(statement);
    if (instance == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for a process");
    }
    list->items[list->count++] = (struct ledger_process){
        .id = column_number(statement, 0),
        .first_stretch = column_number(statement, 1),
        .first_seen_at = column_number(statement, 2),
        .boot_id = column_number(statement, PROCESS_BOOT),
        .last_stretch = column_number(statement, PROCESS_LAST_STRETCH),
        .gone_at = sqlite3_column_type(statement, PROCESS_GONE_AT) == SQLITE_NULL
                       ? INT64_MAX
                       : column_number(statement, PROCESS_GONE_AT),
        .instance = instance,
        .module_access = sqlite3_column_int(statement, 15),
    };
    return true;
}

bool ledger_rows_read_processes(struct ledger *ledger, enum ledger_rows_statement which,
                                struct ledger_process_list *list, struct failure *why)
{
    sqlite3_stmt *statement = ledger->rows[which];
    bool ok = true;
    int result;

    while ((result = sqlite3_step(statement)) == SQLITE_ROW && ok) {
        ok = add_process(list, statement, why);
    }
    if (!ok) {
        sqlite3_reset(statement);
        return false;
    }
    return database_end(ledger->db, statement, result, "reading processes", why);
}

bool ledger_rows_process(struct ledger *ledger, int64_t id, struct ledger_process_list *list,
                         struct failure *why)
{
    database_bind(ledger->rows[ROWS_PROCESS], ":id", id);
    return ledger_rows_read_processes(ledger, ROWS_PROCESS, list, why);
}

bool ledger_rows_parent(struct ledger *ledger, const struct ledger_process *process,
                        int64_t *parent, struct failure *why)
{
    sqlite3_stmt *statement = ledger->rows[ROWS_PARENT];
    int result;

    *parent = 0;
    if (process->instance->parent_start == 0) {
        return true; /* a pid alone is nobody */
    }
    database_bind(statement, ":pid", process->instance->parent_pid);
    database_bind(statement, ":boot", process->boot_id);
    database_bind(statement, ":start", (int64_t)process->instance->parent_start);
    database_bind(statement, ":id", process->id);
    result = sqlite3_step(statement);
    *parent = result == SQLITE_ROW ? column_number(statement, 0) : 0;
    return database_end(ledger->db, statement, result, "looking for a parent", why);
}

const struct ledger_service *ledger_services_known(const struct ledger_service_list *list,
                                                   int64_t id)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].id == id) {
            return list->items[i].basis == 0 ? NULL : &list->items[i];
        }
    }
    return NULL;
}

static bool is_listed(const struct ledger_service_list *list, int64_t id)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].id == id) {
            return true;
        }
    }
    return false;
}

static bool reserve_service(struct ledger_service_list *list, struct failure *why)
{
    size_t capacity = list->capacity * 2 + 16;
    struct ledger_service *items;

    if (list->count < list->capacity) {
        return true;
    }
    items = realloc(list->items, capacity * sizeof(*items));
    if (items == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu services", capacity);
    }
    list->items = items;
    list->capacity = capacity;
    return true;
}

static bool read_service(struct ledger_service_list *list, struct ledger *ledger, int64_t id,
                         struct failure *why)
{
    sqlite3_stmt *statement = ledger->rows[ROWS_SERVICE];
    struct ledger_service service = {.id = id};
    int result;

    if (!reserve_service(list, why)) {
        return false;
    }
    database_bind(statement, ":id", id);
    result = sqlite3_step(statement);
    if (result == SQLITE_ROW) {
        service.basis = sqlite3_column_int(statement, 1);
        service.name = text_copy(database_column_text(statement, 0));
    }
    if (!database_end(ledger->db, statement, result, "reading a service", why)) {
        free(service.name);
        return false;
    }
    if (service.basis != 0 && service.name == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for a service");
    }
    list->items[list->count++] = service;
    return true;
}

bool ledger_services_find(struct ledger_service_list *list, struct ledger *ledger, int64_t id,
                          const struct ledger_service **service, struct failure *why)
{
    if (id != 0 && !is_listed(list, id) && !read_service(list, ledger, id, why)) {
        return false;
    }
    *service = ledger_services_known(list, id);
    return true;
}

void ledger_services_clear(struct ledger_service_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].name);
    }
    free(list->items);
    *list = (struct ledger_service_list){0};
}

enum {
    MODULE_PATH = 3,
    MODULE_IMAGE,
    MODULE_FIRST_SEEN_AT = MODULE_IMAGE + IMAGE_SIGNER + 1,
    MODULE_GONE_AT,
};

/* Modules in the making; the images are referred to. */
struct module_rows {
    struct module *items;
    size_t count;
    size_t capacity;
};

static void release_modules(struct module_rows *modules)
{
    for (size_t i = 0; i < modules->count; i++) {
        image_release(modules->items[i].image);
    }
    free(modules->items);
}

static bool add_module(struct module_rows *modules, sqlite3_stmt *statement, struct failure *why)
{
    const struct image *image;

    if (modules->count == modules->capacity) {
        size_t capacity = modules->capacity * 2 + 64;
        struct module *items = realloc(modules->items, capacity * sizeof(*items));

        if (items == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu modules", capacity);
        }
        modules->items = items;
        modules->capacity = capacity;
    }
    image = column_image(statement, MODULE_IMAGE, database_column_text(statement, MODULE_PATH));
    if (image == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for a module");
    }
    modules->items[modules->count++] = (struct module){
        .base = (uint64_t)sqlite3_column_int64(statement, 0),
        .size = (uint64_t)sqlite3_column_int64(statement, 1),
        .flags = (uint8_t)sqlite3_column_int(statement, 2),
        .first_seen_at = column_number(statement, MODULE_FIRST_SEEN_AT),
        .gone_at = column_number(statement, MODULE_GONE_AT),
        .image = image,
    };
    return true;
}

/* Those of a bound statement whose path is like the pattern; NULL: all of them. */
static bool read_modules(struct ledger *ledger, enum ledger_rows_statement which,
                         const char *pattern, struct module_rows *modules, struct failure *why)
{
    sqlite3_stmt *statement = ledger->rows[which];
    bool ok = true;
    int result;

    while ((result = sqlite3_step(statement)) == SQLITE_ROW && ok) {
        ok = (pattern != NULL &&
              !pattern_matches(pattern, database_column_text(statement, MODULE_PATH))) ||
             add_module(modules, statement, why);
    }
    if (!ok) {
        sqlite3_reset(statement);
        return false;
    }
    return database_end(ledger->db, statement, result, "reading modules", why);
}

static bool replace_instance(struct ledger_process *process, const struct module_rows *modules,
                             struct failure *why)
{
    struct process_instance fields = *process->instance;
    struct module_list list = {
        .access = (uint8_t)process->module_access,
        .has_own_list = true,
        .count = modules->count,
        .modules = modules->items,
    };
    const struct process_instance *instance = NULL;

    fields.modules = module_list_make(&list);
    if (fields.modules != NULL) {
        instance = process_instance_make(&fields);
        module_list_release(fields.modules);
    }
    if (instance == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the modules of a process");
    }
    process_instance_release(process->instance);
    process->instance = instance;
    return true;
}

bool ledger_rows_add_modules(struct ledger *ledger, const struct ledger_stretch_rows *stretch,
                             int64_t at, struct ledger_process *process, struct failure *why)
{
    sqlite3_stmt *statement = ledger->rows[ROWS_MODULES_AT];
    struct module_rows modules = {0};
    bool ok;

    if (process->module_access == MODULES_NOT_READ) {
        return true;
    }
    database_bind(statement, ":process", process->id);
    database_bind(statement, ":stretch", stretch->stretch.id);
    database_bind(statement, ":at", at);
    ok = read_modules(ledger, ROWS_MODULES_AT, NULL, &modules, why) &&
         replace_instance(process, &modules, why);
    release_modules(&modules);
    return ok;
}

bool ledger_rows_add_modules_of(struct ledger *ledger,
                                const struct ledger_module_question *question,
                                struct ledger_process *process, struct failure *why)
{
    sqlite3_stmt *statement = ledger->rows[ROWS_MODULES_OF];
    struct module_rows modules = {0};
    bool had = true;
    bool ok;

    if (process->module_access == MODULES_NOT_READ) {
        return true;
    }
    /* Most processes have none like it: to see that takes less than to read all of the files. */
    if (question->path != NULL &&
        !ledger_rows_had_module(ledger, process->id, question->path, &had, why)) {
        return false;
    }
    database_bind(statement, ":process", process->id);
    database_bind(statement, ":since", question->since);
    database_bind(statement, ":until", question->until == 0 ? INT64_MAX : question->until);
    database_bind_bytes(statement, ":sha256", question->sha256,
                        question->sha256 == NULL ? 0 : IMAGE_HASH_SIZE);
    ok = (!had || read_modules(ledger, ROWS_MODULES_OF, question->path, &modules, why)) &&
         replace_instance(process, &modules, why);
    release_modules(&modules);
    return ok;
}

bool ledger_rows_had_module(struct ledger *ledger, int64_t process, const char *pattern, bool *had,
                            struct failure *why)
{
    sqlite3_stmt *statement = ledger->rows[ROWS_PROCESS_MODULES];
    int result = SQLITE_DONE;

    *had = false;
    database_bind(statement, ":process", process);
    while (!*had && (result = sqlite3_step(statement)) == SQLITE_ROW) {
        *had = pattern_matches(pattern, database_column_text(statement, 0));
    }
    return database_end(ledger->db, statement, result, "reading the modules of a process", why);
}

static bool find_from(struct ledger *ledger, enum ledger_rows_statement which, int64_t id,
                      int64_t *first, struct failure *why)
{
    sqlite3_stmt *statement = ledger->rows[which];
    int result;

    database_bind(statement, ":id", id);
    result = sqlite3_step(statement);
    *first = result == SQLITE_ROW ? column_number(statement, 0) : BOUND;
    return database_end(ledger->db, statement, result, "looking for the next row", why);
}

bool ledger_rows_interval_from(struct ledger *ledger, int64_t id, int64_t *first,
                               struct failure *why)
{
    return find_from(ledger, ROWS_INTERVAL_FROM, id, first, why);
}

bool ledger_rows_process_from(struct ledger *ledger, int64_t id, int64_t *first,
                              struct failure *why)
{
    return find_from(ledger, ROWS_PROCESS_FROM, id, first, why);
}

/* The rows of one stretch in one table: ids first..end-1, times growing with the id. */
struct id_range {
    enum ledger_rows_statement from; /* the first row from an id on: id, time */
    int64_t first;
    int64_t end;
};

/* Bisects for the first id of the range whose time is later than `at`; `end` where none is. */
static bool find_after(struct ledger *ledger, const struct id_range *range, int64_t at, int64_t *id,
                       struct failure *why)
{
    sqlite3_stmt *statement = ledger->rows[range->from];
    int64_t low = range->first;
    int64_t high = range->end;

    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        int64_t found;
        int result;

        database_bind(statement, ":id", middle);
        result = sqlite3_step(statement);
        found = result == SQLITE_ROW ? column_number(statement, 0) : high;
        if (found >= high || column_number(statement, 1) > at) {
            high = middle; /* rows that retention took away count as later: none is lost by that */
        } else {
            low = found + 1;
        }
        if (!database_end(ledger->db, statement, result, "looking for a moment", why)) {
            return false;
        }
    }
    *id = low;
    return true;
}

static struct id_range intervals_of(const struct ledger_stretch_rows *stretch)
{
    return (struct id_range){ROWS_INTERVAL_FROM, stretch->first_interval, stretch->end_interval};
}

static struct id_range processes_of(const struct ledger_stretch_rows *stretch)
{
    return (struct id_range){ROWS_PROCESS_FROM, stretch->first_process, stretch->end_process};
}

bool ledger_rows_interval_after(struct ledger *ledger, const struct ledger_stretch_rows *stretch,
                                int64_t at, int64_t *id, struct failure *why)
{
    struct id_range range = intervals_of(stretch);

    return find_after(ledger, &range, at, id, why);
}

bool ledger_rows_process_after(struct ledger *ledger, const struct ledger_stretch_rows *stretch,
                               int64_t at, int64_t *id, struct failure *why)
{
    struct id_range range = processes_of(stretch);

    return find_after(ledger, &range, at, id, why);
}

/* The first moment at which a row of this span may have begun that lasted beyond `at`. */
static int64_t earliest(int span, int64_t at)
{
    return at - ((int64_t)1 << (span + 1));
}

/* What fits into the stretch. Short rows are those of the span below the shortest stored one. */
static int longest_span(const struct ledger_stretch_rows *stretch)
{
    int span = ledger_span_of(stretch->stretch.end_at - stretch->stretch.begin_at);

    return span < LEDGER_SPAN_SHORTEST ? LEDGER_SPAN_SHORTEST - 1 : span;
}

static int compare_rows(const void *left, const void *right)
{
    const struct ledger_row *a = left;
    const struct ledger_row *b = right;

    return (a->id > b->id) - (a->id < b->id);
}

static bool read_open_of_span(struct ledger *ledger, const struct ledger_stretch_rows *stretch,
                              int span, int64_t at, int64_t high, struct ledger_row_list *list,
                              struct failure *why)
{
    enum ledger_rows_statement which =
        span < LEDGER_SPAN_SHORTEST ? ROWS_OPEN_SHORT : ROWS_OPEN_LONG;
    struct id_range range = intervals_of(stretch);
    int64_t low;

    range.end = high + 1;
    if (!find_after(ledger, &range, earliest(span, at), &low, why)) {
        return false;
    }
    if (which == ROWS_OPEN_LONG) {
        database_bind(ledger->rows[which], ":span", span);
    }
    database_bind(ledger->rows[which], ":low", low);
    database_bind(ledger->rows[which], ":high", high);
    database_bind(ledger->rows[which], ":at", at);
    return ledger_rows_read(ledger, which, list, why);
}

bool ledger_rows_open_at(struct ledger *ledger, const struct ledger_stretch_rows *stretch,
                         int64_t at, struct ledger_row_list *list, struct failure *why)
{
    sqlite3_stmt *to_the_end = ledger->rows[ROWS_OPEN_TO_THE_END];
    size_t before = list->count;
    int longest = longest_span(stretch);
    int64_t after;

    if (!ledger_rows_interval_after(ledger, stretch, at, &after, why)) {
        return false;
    }
    database_bind(to_the_end, ":span", LEDGER_SPAN_OPEN);
    database_bind(to_the_end, ":low", stretch->first_interval);
    database_bind(to_the_end, ":high", after - 1);
    if (!ledger_rows_read(ledger, ROWS_OPEN_TO_THE_END, list, why)) {
        return false;
    }
    for (int span = LEDGER_SPAN_SHORTEST - 1; span <= longest; span++) {
        if (!read_open_of_span(ledger, stretch, span, at, after - 1, list, why)) {
            return false;
        }
    }
    if (list->count > before) {
        qsort(list->rows + before, list->count - before, sizeof(list->rows[0]), compare_rows);
    }
    return true;
}

static int compare_processes(const void *left, const void *right)
{
    const struct ledger_process *a = left;
    const struct ledger_process *b = right;

    return (a->id > b->id) - (a->id < b->id);
}

/* What the four statements for running processes are bound to, as far as each has it. */
struct alive {
    enum ledger_rows_statement which;
    int span;
    int64_t low;
    int64_t high;
};

static bool read_alive(struct ledger *ledger, const struct ledger_stretch_rows *stretch, int64_t at,
                       const struct alive *alive, struct ledger_process_list *list,
                       struct failure *why)
{
    sqlite3_stmt *statement = ledger->rows[alive->which];

    database_bind(statement, ":high", alive->high);
    if (alive->which != ROWS_ALIVE_SHORT) {
        database_bind(statement, ":span", alive->span);
        database_bind(statement, ":boot", stretch->stretch.boot_id);
    }
    if (alive->which == ROWS_ALIVE_SHORT || alive->which == ROWS_ALIVE_LONG) {
        database_bind(statement, ":low", alive->low);
    }
    if (alive->which == ROWS_ALIVE_ACROSS || alive->which == ROWS_ALIVE_LONG) {
        database_bind(statement, ":stretch", stretch->stretch.id);
    }
    if (alive->which != ROWS_ALIVE_STILL) {
        database_bind(statement, ":at", at);
    }
    return ledger_rows_read_processes(ledger, alive->which, list, why);
}

static bool read_alive_of_span(struct ledger *ledger, const struct ledger_stretch_rows *stretch,
                               int span, int64_t at, int64_t high, struct ledger_process_list *list,
                               struct failure *why)
{
    struct alive alive = {
        .which = span < LEDGER_SPAN_SHORTEST ? ROWS_ALIVE_SHORT : ROWS_ALIVE_LONG,
        .span = span,
        .high = high,
    };
    struct id_range range = processes_of(stretch);

    range.end = high + 1;
    return find_after(ledger, &range, earliest(span, at), &alive.low, why) &&
           read_alive(ledger, stretch, at, &alive, list, why);
}

bool ledger_rows_alive_at(struct ledger *ledger, const struct ledger_stretch_rows *stretch,
                          int64_t at, struct ledger_process_list *list, struct failure *why)
{
    struct id_range range = processes_of(stretch);
    struct alive still = {.which = ROWS_ALIVE_STILL, .span = LEDGER_SPAN_OPEN};
    struct alive across = {.which = ROWS_ALIVE_ACROSS, .span = LEDGER_SPAN_ACROSS};
    size_t before = list->count;
    int longest = longest_span(stretch);
    int64_t after;

    if (!find_after(ledger, &range, at, &after, why)) {
        return false;
    }
    still.high = across.high = after - 1;
    if (!read_alive(ledger, stretch, at, &still, list, why) ||
        !read_alive(ledger, stretch, at, &across, list, why)) {
        return false;
    }
    for (int span = LEDGER_SPAN_SHORTEST - 1; span <= longest; span++) {
        if (!read_alive_of_span(ledger, stretch, span, at, after - 1, list, why)) {
            return false;
        }
    }
    if (list->count > before) {
        qsort(list->items + before, list->count - before, sizeof(list->items[0]),
              compare_processes);
    }
    return true;
}
