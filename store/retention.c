/* SPDX-License-Identifier: MIT */

#include "store/retention.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "store/database.h"
#include "store/ledger_handle.h"
#include "store/retention_parts.h"

enum {
    GOAL_MS = 20,        /* that a step should hold the write lock */
    FOLD_GOAL_MS = 40,   /* one that writes profiles: the larger the parts, the fewer rows */
    MOST_STEPS = 64,     /* of one call, also where the clock stands still */
    COUNT_ROWS = 8192,   /* intervals that a step counts */
    COUNT_LATEST = 4096, /* so many new ones are worth a step */
    CHECKPOINT_PAGES = 1000,
    MOST_PAGES = 8192,    /* of the write-ahead log, before nothing more is begun */
    FREE_PART = 128,      /* of the file may be free: the writer takes it soon */
    FREE_LEAST = 64,      /* pages */
    KEEP_PARTS = 16,      /* age is told in such parts of `keep` */
    EVEN_PART = 16,       /* of an application goes beyond what makes it the second largest */
    EVEN_LEAST = 8,       /* intervals */
    SHRINK_PART = 64,     /* of the limit is freed at once */
    INTERVAL_BYTES = 100, /* about, with its places in the indexes */
    SEAL_BYTES = 200,     /* likewise, with what is left of facts under it */
    SEALS_PART = 16,      /* of them lose all that is under them at once */
    UNTRUSTED_DAYS = 30,  /* a clock that leaps ahead by more is believed a day later */
};

#define STRETCH_COLUMNS "SELECT id, begin_at, end_at, first_interval, ended FROM stretch"
#define APPLICATION "coalesce(p.path, p.name, 0)"

/* What refers to a text but has no index for that is little, and listed once a step. */
#define IMAGE_TEXTS                                                                                \
    "(SELECT path FROM image UNION SELECT version FROM image WHERE version IS NOT NULL"            \
    " UNION SELECT company FROM image WHERE company IS NOT NULL"                                   \
    " UNION SELECT build_id FROM image WHERE build_id IS NOT NULL"                                 \
    " UNION SELECT signer FROM image WHERE signer IS NOT NULL"                                     \
    " UNION SELECT name FROM service UNION SELECT id FROM application)"

/* The process of the newest module stays: the next id is told by that. */
#define NEWEST_MODULES "(SELECT process FROM module WHERE id = (SELECT max(id) FROM module))"
#define BUT_NEWEST_PROFILE " id < (SELECT max(id) FROM profile)" /* likewise */

#define WHERE_WINDOW " WHERE id BETWEEN :low AND :high"
#define DROP_APPLICATION_ROWS                                                                      \
    "DELETE FROM application WHERE id >= 0 AND intervals <= 0 AND (stretch IS NULL OR"             \
    " stretch < :stretch OR (stretch = :stretch AND until_at <= :at))"

const char *const retention_sql[RETENTION_STATEMENTS] = {
    [SET_META] = "INSERT INTO meta (name, value) VALUES ('keep', :keep), ('max_size', :max_size),"
                 " ('keep_profile', :keep_profile)"
                 " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    [PAGE_COUNT] = "PRAGMA page_count",
    [FREE_COUNT] = "PRAGMA freelist_count",
    [STRETCH_FROM] = STRETCH_COLUMNS " WHERE id >= :id ORDER BY id",
    [NEWEST_STRETCH] = "SELECT max(id) FROM stretch",
    [OLDEST_INTERVAL] = "SELECT min(id) FROM interval",
    [NEWEST_INTERVAL] = "SELECT max(id) FROM interval",
    [NEWEST_MOMENT] = "SELECT id, end_at FROM stretch ORDER BY id DESC LIMIT 1",
    [SWEEP_INTERVALS] =
        "SELECT i.id, i.opened_at, i.duration, i.protocol, i.state, i.local_port,"
        "       i.remote_address, i.remote_port, " APPLICATION ", coalesce(p.user, 0)"
        " FROM interval AS i LEFT JOIN process AS p ON p.id = i.process"
        " WHERE i.id BETWEEN :low AND :high ORDER BY i.id",

    /* Of a port that is listened on again and again only the newest times are looked at. */
    [FIND_LISTENER] = "SELECT i.opened_at, i.duration, " APPLICATION
                      " FROM interval AS i INDEXED BY interval_listening"
                      " LEFT JOIN process AS p ON p.id = i.process"
                      " WHERE i.state = 2 AND i.local_port = :port AND i.id BETWEEN :low AND :high"
                      " ORDER BY i.id DESC LIMIT 64",
    [FIND_LISTENED] = "SELECT 1 FROM profile WHERE application = :application AND day = :day"
                      " AND direction = :direction AND port = :port AND protocol = :protocol"
                      " AND first_seen_at <= :at AND last_seen_at >= :at LIMIT 1",
    [ADD_PROFILE] = "INSERT INTO profile (day, application, user, protocol, direction, port, peer,"
                    "                     peers, intervals, lasted, covered, first_seen_at,"
                    "                     last_seen_at, hours)"
                    " VALUES (:day, :application, :user, :protocol, :direction, :port, :peer,"
                    "         :peers, :intervals, :lasted, :covered, :first_seen_at,"
                    "         :last_seen_at, :hours)",
    [DROP_INTERVAL] = "DELETE FROM interval WHERE id = :id",
    [ADD_DROPPED] = "INSERT INTO dropped (at, what, why, application, of_one, first_row, last_row,"
                    "                     rows, stretch, until_at)"
                    " VALUES (:at, :what, :why, :application, :of_one, :first_row, :last_row,"
                    "         :rows, :stretch, :until_at)",
    [SET_DROPPING] = "INSERT INTO meta (name, value)"
                     " SELECT 'dropping', max(id) FROM dropped",
    [FIND_DROPPING] = "SELECT d.id, d.application, d.of_one, d.first_row, d.last_row, d.stretch,"
                      "       d.until_at FROM dropped AS d"
                      " WHERE d.id = (SELECT value FROM meta WHERE name = 'dropping')",
    [END_DROPPING] = "DELETE FROM meta WHERE name = 'dropping'",
    [NOTE_DROPPED] = "UPDATE application SET intervals = max(0, intervals - 1) WHERE id = :id",
    [NOTE_POSITION] =
        "INSERT INTO application (id, intervals, swept, stretch, until_at)"
        " VALUES (:id, 0, 0, :stretch, :at) ON CONFLICT (id) DO UPDATE SET"
        " until_at = CASE WHEN coalesce(stretch, 0) < :stretch THEN :at"
        "                 WHEN stretch = :stretch THEN max(until_at, :at) ELSE until_at END,"
        " stretch = max(coalesce(stretch, 0), :stretch)",

    [COUNT_INTERVALS] =
        "INSERT INTO application (id, intervals, swept) SELECT " APPLICATION ", count(*), 0"
        " FROM interval AS i LEFT JOIN process AS p ON p.id = i.process"
        " WHERE i.id BETWEEN :low AND :high GROUP BY 1"
        " ON CONFLICT (id) DO UPDATE SET intervals = intervals + excluded.intervals",
    [SET_COUNTED] = "INSERT INTO application (id, intervals, swept) VALUES (-1, 0, :swept)"
                    " ON CONFLICT (id) DO UPDATE SET swept = excluded.swept",
    [COUNTED] = "SELECT swept FROM application WHERE id = -1",
    [COUNT_ALL] = "SELECT sum(intervals) FROM application WHERE id >= 0",
    [FIND_LARGEST] = "SELECT id, swept, intervals FROM application"
                     " WHERE id >= 0 AND intervals > 0 ORDER BY intervals DESC, id LIMIT 2",
    [SET_SWEPT] = "UPDATE application SET swept = :swept WHERE id = :id",
    [EXHAUST] = "UPDATE application SET swept = 0, intervals = 0 WHERE id = :id",

    [FIND_PROCESSES] =
        "SELECT id FROM process" WHERE_WINDOW " AND last_stretch IS NOT NULL"
        " AND (last_stretch < :stretch OR (last_stretch = :stretch AND gone_at <= :at))"
        " AND NOT EXISTS (SELECT 1 FROM interval WHERE interval.process = process.id)"
        " AND id IS NOT " NEWEST_MODULES " ORDER BY id LIMIT :limit",
    [FIND_ENDED] = "SELECT p.id, " APPLICATION ", p.last_stretch, p.gone_at FROM process AS p"
                   " WHERE p.id BETWEEN :low AND :high"
                   " AND p.last_stretch < (SELECT max(id) FROM stretch) + (p.gone_at IS NOT NULL)"
                   " AND NOT EXISTS (SELECT 1 FROM interval WHERE interval.process = p.id)"
                   " AND p.id IS NOT " NEWEST_MODULES " ORDER BY p.id LIMIT :limit",
    [DROP_PROCESS] = "DELETE FROM process WHERE id = :id",
    [FIND_MODULES_OF] = "SELECT id FROM module WHERE process = :id",
    [FIND_MODULES] =
        "SELECT id FROM module" WHERE_WINDOW " AND last_stretch IS NOT NULL"
        " AND (last_stretch < :stretch OR (last_stretch = :stretch AND gone_at <= :at))"
        " ORDER BY id LIMIT :limit",
    [DROP_MODULE] = "DELETE FROM module WHERE id = :id",
    [FIND_IMAGES] = "SELECT id FROM image" WHERE_WINDOW
                    " AND NOT EXISTS (SELECT 1 FROM process WHERE process.image = image.id)"
                    " AND NOT EXISTS (SELECT 1 FROM module WHERE module.image = image.id)"
                    " ORDER BY id LIMIT :limit",
    [DROP_IMAGE] = "DELETE FROM image WHERE id = :id",
    [FIND_USERS] = "SELECT id FROM user" WHERE_WINDOW
                   " AND NOT EXISTS (SELECT 1 FROM process WHERE process.user = user.id)"
                   " AND NOT EXISTS (SELECT 1 FROM profile WHERE profile.user = user.id)"
                   " ORDER BY id LIMIT :limit",
    [DROP_USER] = "DELETE FROM user WHERE id = :id",
    [FIND_TEXTS] = "SELECT id FROM text" WHERE_WINDOW
                   " AND NOT EXISTS (SELECT 1 FROM process WHERE process.name = text.id)"
                   " AND NOT EXISTS (SELECT 1 FROM process WHERE process.path = text.id)"
                   " AND NOT EXISTS (SELECT 1 FROM module WHERE module.path = text.id)"
                   " AND NOT EXISTS (SELECT 1 FROM profile WHERE profile.application = text.id)"
                   " AND NOT EXISTS (SELECT 1 FROM dropped WHERE dropped.application = text.id)"
                   " AND id NOT IN " IMAGE_TEXTS " ORDER BY id LIMIT :limit",
    [DROP_TEXT] = "DELETE FROM text WHERE id = :id",

    [FIND_PROFILE] = "SELECT id FROM profile WHERE day < :day AND" BUT_NEWEST_PROFILE
                     " ORDER BY day LIMIT :limit",
    [FIND_OLDEST_PROFILE] =
        "SELECT id FROM profile WHERE" BUT_NEWEST_PROFILE " ORDER BY day LIMIT :limit",
    [DROP_PROFILE] = "DELETE FROM profile WHERE id = :id",

    /* Ids and stretches go up together in all three tables. */
    [FIND_STRETCHES] = "SELECT id FROM stretch WHERE id < :cut AND end_at < :before"
                       " AND id < coalesce((SELECT first_stretch FROM process"
                       "                    WHERE id = (SELECT min(id) FROM process)), :cut)"
                       " AND id < coalesce((SELECT first_stretch FROM module"
                       "                    WHERE id = (SELECT min(id) FROM module)), :cut)"
                       " ORDER BY id LIMIT :limit",
    [DROP_STRETCH] = "DELETE FROM stretch WHERE id = :id",
    [FIND_RUNS] = "SELECT id FROM run WHERE id < (SELECT run FROM stretch ORDER BY id LIMIT 1)"
                  " AND id NOT IN (SELECT run FROM settings UNION SELECT run FROM zone_offset)",
    [DROP_RUN] = "DELETE FROM run WHERE id = :id",
    [DROP_APPLICATIONS] = DROP_APPLICATION_ROWS,

    [NEWEST_PROCESS] = "SELECT max(id) FROM process",
    [NEWEST_MODULE] = "SELECT max(id) FROM module",
    [NEWEST_IMAGE] = "SELECT max(id) FROM image",
    [NEWEST_USER] = "SELECT max(id) FROM user",
    [NEWEST_TEXT] = "SELECT max(id) FROM text",

    /* The newest row of each stays: the next id is told by it. */
    [OLDEST_TIMING] = "SELECT pair, hour FROM timing WHERE id < (SELECT max(id) FROM timing)"
                      " AND id <= (SELECT min(id) FROM timing) + 4096 AND hour < :before"
                      " ORDER BY id LIMIT 1",
    [COUNT_TIMINGS] = "SELECT (SELECT max(id) FROM timing) - (SELECT min(id) FROM timing)",
    [TIMINGS_OF] = "SELECT id, hour, samples FROM timing WHERE pair = :pair AND hour = :hour"
                   " AND id < (SELECT max(id) FROM timing)",
    [DROP_TIMING] = "DELETE FROM timing WHERE id = :id",
    [ADD_FIGURE] = "INSERT INTO figure (pair, hour, hours, asked, listening, unasked, held,"
                   "                    undecided, median, p95, p99, slowest)"
                   " VALUES (:pair, :hour, :hours, :asked, :listening, :unasked, :held,"
                   "         :undecided, :median, :p95, :p99, :slowest)",
    [FIND_JOB_RUNS] = "SELECT id FROM job_run WHERE due_at < :before"
                      " AND id < (SELECT max(id) FROM job_run)"
                      " AND id <= (SELECT min(id) FROM job_run) + :limit ORDER BY id LIMIT :limit",
    [DROP_JOB_RUN] = "DELETE FROM job_run WHERE id = :id",
    [NEWEST_JOB_RUN] = "SELECT max(id) FROM job_run",
    [FIND_DONE_RUN] = "SELECT id, job, due_at FROM job_run WHERE id BETWEEN :low AND :high"
                      " AND result = 1 AND runs = 1 AND due_at < :before ORDER BY id LIMIT 1",
    [DONE_RUNS_OF] = "SELECT id, due_at, held, not_held, undecided FROM job_run WHERE job = :job"
                     " AND due_at >= :from AND due_at < :until AND result = 1 AND runs = 1"
                     " AND id < :newest ORDER BY due_at LIMIT :limit",
    [ADD_DONE_RUNS] = "INSERT INTO job_run (job, due_at, last_due, runs, result, reason, held,"
                      "                     not_held, undecided)"
                      " VALUES (:job, :due_at, :last_due, :runs, 1, 0, :held, :not_held,"
                      "         :undecided)",

    /* What is in force stays, however old. */
    [FIND_OUTCOMES] = "SELECT o.id FROM outcome AS o WHERE o.id BETWEEN :low AND :high AND"
                      " (SELECT n.first_at FROM outcome AS n WHERE n.pair = o.pair AND n.id > o.id"
                      "  ORDER BY n.id LIMIT 1) < :before ORDER BY o.id LIMIT :limit",
    [DROP_OUTCOME] = "DELETE FROM outcome WHERE id = :id",
    [FIND_ANSWERS] = "SELECT o.id FROM answer AS o WHERE o.id BETWEEN :low AND :high AND"
                     " (SELECT n.at FROM answer AS n WHERE n.pair = o.pair AND n.id > o.id"
                     "  ORDER BY n.id LIMIT 1) < :before ORDER BY o.id LIMIT :limit",
    /* Their numbers follow on each other, but for holes and those that were folded. */
    [COUNT_SEALS] = "SELECT (SELECT max(number) FROM seal) - (SELECT min(number) FROM seal)"
                    " - coalesce((SELECT gone FROM fold"
                    "             WHERE id = (SELECT max(id) FROM fold)), 0)",
    [NEWEST_SEAL] = "SELECT max(number) FROM seal",
    [FIND_SEAL] = "SELECT stretch, until_at FROM seal WHERE number >= :number ORDER BY number"
                  " LIMIT 1",
    [NEWEST_OUTCOME] = "SELECT max(id) FROM outcome",
    [NEWEST_ANSWER] = "SELECT max(id) FROM answer",
    [DROP_ANSWER] = "DELETE FROM answer WHERE id = :id",
    [FIND_FIGURES] = "SELECT id FROM figure WHERE hour < :before"
                     " AND id < (SELECT max(id) FROM figure)"
                     " AND id <= (SELECT min(id) FROM figure) + :limit ORDER BY id LIMIT :limit",
    [DROP_FIGURE] = "DELETE FROM figure WHERE id = :id",
};

/*
 * What all steps share.
 */

bool retention_number(struct retention *retention, enum retention_statement which, int64_t *number,
                      struct failure *why)
{
    sqlite3_stmt *statement = retention->statements[which];
    int result = sqlite3_step(statement);

    *number = result == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    return database_end(retention->ledger->db, statement, result, "measuring the ledger", why);
}

bool retention_begin(struct retention *retention, struct failure *why)
{
    sqlite3 *db = retention->ledger->db;

    retention->victims.count = 0;
    retention->lock_began = -1;
    /* Without waiting for the disk: what a power cut undoes is done again. The writer's next
     * commit waits, and with it this is safe. */
    return database_run(db, "PRAGMA synchronous = NORMAL", why) && database_run(db, "BEGIN", why);
}

void retention_lock(struct retention *retention)
{
    if (retention->lock_began < 0) {
        retention->lock_began = clock_steady();
        retention->lock_ended = -1;
    }
}

static void adapt(struct pace *pace, int64_t took)
{
    if (took > pace->goal) {
        pace->rows = pace->rows / 2 > pace->least ? pace->rows / 2 : pace->least;
    } else if (took < pace->goal / 2) {
        pace->rows += pace->rows / 2;
        pace->rows = pace->rows < pace->most ? pace->rows : pace->most;
    }
}

static void learn(struct retention *retention, struct pace *pace)
{
    int64_t ended = retention->lock_ended >= 0 ? retention->lock_ended : clock_steady();
    int64_t took = ended - retention->lock_began;

    if (took > retention->longest_lock) {
        retention->longest_lock = took;
    }
    if (pace != NULL) {
        adapt(pace, took);
    }
}

bool retention_end(struct retention *retention, struct pace *pace, bool ok, struct failure *why)
{
    sqlite3 *db = retention->ledger->db;
    struct failure ignored;

    if (ok && retention->lock_began >= 0) {
        ok = seal_drop_finish(retention->seals, why) && database_run(db, "COMMIT", why);
        learn(retention, pace);
    }
    database_rollback(db);
    seal_drop_forget(retention->seals);
    retention->lock_began = -1;
    return database_run(db, "PRAGMA synchronous = FULL", ok ? why : &ignored) && ok;
}

bool retention_add_victim(struct retention *retention, const struct victim *victim,
                          struct failure *why)
{
    struct victims *victims = &retention->victims;
    size_t capacity = victims->capacity * 2 + 1024;
    struct victim *items;

    if (victims->count == victims->capacity) {
        items = realloc(victims->items, capacity * sizeof(*items));
        if (items == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu rows to drop", capacity);
        }
        victims->items = items;
        victims->capacity = capacity;
    }
    victims->items[victims->count++] = *victim;
    return true;
}

bool retention_drop_row(struct retention *retention, enum retention_statement which,
                        enum seal_kind kind, int64_t id, struct failure *why)
{
    sqlite3_stmt *drop = retention->statements[which];

    if (!seal_drop_row(retention->seals, kind, id, why)) {
        return false;
    }
    database_bind(drop, ":id", id);
    return database_finish(retention->ledger->db, drop, "dropping an old row", why);
}

bool retention_note_position(struct retention *retention, int64_t application,
                             const struct ledger_position *until, struct failure *why)
{
    sqlite3_stmt *note = retention->statements[NOTE_POSITION];

    database_bind(note, ":id", application);
    database_bind(note, ":stretch", until->stretch);
    database_bind(note, ":at", until->at);
    return database_finish(retention->ledger->db, note, "noting up to where detail is missing",
                           why);
}

static bool add_dropped(struct retention *retention, const struct retention_told *told,
                        struct failure *why)
{
    sqlite3_stmt *add = retention->statements[ADD_DROPPED];

    database_bind(add, ":at", retention->now);
    database_bind(add, ":what", told->what);
    database_bind(add, ":why", told->reason);
    database_bind_null(add, ":application");
    if (told->application > 0) {
        database_bind(add, ":application", told->application);
    }
    database_bind(add, ":of_one", told->application != ALL_APPLICATIONS);
    database_bind(add, ":first_row", told->first);
    database_bind(add, ":last_row", told->last);
    database_bind(add, ":rows", told->rows);
    database_bind_null(add, ":stretch");
    database_bind_null(add, ":until_at");
    if (told->until.stretch != 0) {
        database_bind(add, ":stretch", told->until.stretch);
        database_bind(add, ":until_at", told->until.at);
    }
    return database_finish(retention->ledger->db, add, "noting what was dropped", why) &&
           ledger_note_own(&retention->ledger->drop_notes,
                           sqlite3_last_insert_rowid(retention->ledger->db), why);
}

bool retention_tell(struct retention *retention, const struct retention_told *told,
                    struct failure *why)
{
    return add_dropped(retention, told, why) &&
           (told->until.stretch == 0 ||
            retention_note_position(retention, told->application, &told->until, why));
}

/*
 * Steps. Each one that did something sets *worked.
 */

typedef bool step_fn(struct retention *retention, bool *worked, struct failure *why);

/* The moment before which everything may go. Age is told in parts, so that a part goes as a whole.
 */
static int64_t oldest_kept(const struct retention *retention)
{
    int64_t part = retention->limits.keep / KEEP_PARTS;
    int64_t oldest = retention->now - retention->limits.keep;

    part = part > PROFILE_DAY_MS ? PROFILE_DAY_MS : part;
    return part > 1 ? oldest - oldest % part : oldest;
}

static bool store_limits(struct retention *retention, bool *worked, struct failure *why)
{
    sqlite3_stmt *set = retention->statements[SET_META];
    bool ok;

    if (retention->limits_stored) {
        return true;
    }
    if (!retention_begin(retention, why)) {
        return false;
    }
    retention_lock(retention);
    database_bind(set, ":keep", retention->limits.keep);
    database_bind(set, ":max_size", retention->limits.max_size);
    database_bind(set, ":keep_profile", retention->limits.keep_profile);
    ok = database_finish(retention->ledger->db, set, "storing the limits", why);
    retention->limits_stored = *worked = retention_end(retention, NULL, ok, why);
    return retention->limits_stored;
}

/* In pages. */
struct space {
    int64_t file;
    int64_t free;
    int64_t limit;
};

static bool measure(struct retention *retention, struct space *space, struct failure *why)
{
    space->limit = retention->limits.max_size / retention->page_size;
    return retention_number(retention, PAGE_COUNT, &space->file, why) &&
           retention_number(retention, FREE_COUNT, &space->free, why);
}

/* The last pages of the file are moved to where pages are free, and cut off. */
static bool give_back(struct retention *retention, bool *worked, struct failure *why)
{
    char sql[64];
    struct space space;
    int64_t spare;
    bool ok;

    if (!measure(retention, &space, why)) {
        return false;
    }
    spare = space.file / FREE_PART > FREE_LEAST ? space.file / FREE_PART : FREE_LEAST;
    if (space.free <= spare && (space.file <= space.limit || space.free == 0)) {
        return true;
    }
    if (!retention_begin(retention, why)) {
        return false;
    }
    retention_lock(retention);
    snprintf(sql, sizeof(sql), "PRAGMA incremental_vacuum(%" PRId64 ")", retention->pages.rows);
    ok = database_run(retention->ledger->db, sql, why);
    *worked = retention_end(retention, &retention->pages, ok, why);
    return *worked;
}

static bool count_rows(struct retention *retention, int64_t low, int64_t high, struct failure *why)
{
    sqlite3_stmt *count = retention->statements[COUNT_INTERVALS];
    sqlite3_stmt *set = retention->statements[SET_COUNTED];
    bool ok;

    if (!retention_begin(retention, why)) {
        return false;
    }
    retention_lock(retention);
    database_bind(count, ":low", low);
    database_bind(count, ":high", high);
    database_bind(set, ":swept", high);
    ok = database_finish(retention->ledger->db, count, "counting intervals", why) &&
         database_finish(retention->ledger->db, set, "counting intervals", why);
    return retention_end(retention, NULL, ok, why);
}

/* Counting begins when the limit comes near: most ledgers never need it. */
static bool count_intervals(struct retention *retention, bool *worked, struct failure *why)
{
    struct space space;
    int64_t counted;
    int64_t oldest;
    int64_t newest;

    if (!measure(retention, &space, why)) {
        return false;
    }
    if (space.file - space.free <= space.limit / 4 * 3) {
        return true;
    }
    if (!retention_number(retention, COUNTED, &counted, why) ||
        !retention_number(retention, OLDEST_INTERVAL, &oldest, why) ||
        !retention_number(retention, NEWEST_INTERVAL, &newest, why)) {
        return false;
    }
    counted = counted < oldest - 1 ? oldest - 1 : counted;
    if (newest - counted < (retention->shrinking ? 1 : COUNT_LATEST)) {
        return true;
    }
    *worked = count_rows(retention, counted + 1,
                         newest - counted > COUNT_ROWS ? counted + COUNT_ROWS : newest, why);
    return *worked;
}

/*
 * The largest application may lose what it has more than the second largest
 * one, and a part of what is left, lest two of equal size take turns row by row.
 */
static bool find_largest(struct retention *retention, struct chunk *chunk, bool *found,
                         struct failure *why)
{
    sqlite3_stmt *largest = retention->statements[FIND_LARGEST];
    int result = sqlite3_step(largest);

    *found = result == SQLITE_ROW;
    if (*found) {
        int64_t intervals = sqlite3_column_int64(largest, 2);

        chunk->application = sqlite3_column_int64(largest, 0);
        chunk->next = sqlite3_column_int64(largest, 1) + 1;
        result = sqlite3_step(largest);
        chunk->most = intervals / EVEN_PART + EVEN_LEAST + intervals -
                      (result == SQLITE_ROW ? sqlite3_column_int64(largest, 2) : 0);
    }
    return database_end(retention->ledger->db, largest, result, "looking for the largest", why);
}

/* What has ended by now is in the ledger, whatever is committed while the chunk is folded. */
static bool find_present(struct retention *retention, struct ledger_position *present,
                         struct failure *why)
{
    sqlite3_stmt *newest = retention->statements[NEWEST_MOMENT];
    int result = sqlite3_step(newest);

    *present = (struct ledger_position){0};
    if (result == SQLITE_ROW) {
        *present = (struct ledger_position){sqlite3_column_int64(newest, 0),
                                            sqlite3_column_int64(newest, 1)};
    }
    return database_end(retention->ledger->db, newest, result, "looking for the present", why);
}

/* Whatever is left of the application is open; it is swept anew when there is more of it. */
static bool exhaust(struct retention *retention, int64_t application, struct failure *why)
{
    sqlite3_stmt *statement = retention->statements[EXHAUST];
    bool ok;

    if (!retention_begin(retention, why)) {
        return false;
    }
    retention_lock(retention);
    database_bind(statement, ":id", application);
    ok = database_finish(retention->ledger->db, statement, "ending a sweep", why);
    return retention_end(retention, NULL, ok, why);
}

/* `excess` is the number of intervals that are too many, about. */
static bool begin_largest(struct retention *retention, int64_t excess, bool *found,
                          struct failure *why)
{
    struct chunk chunk = {.reason = RETENTION_SIZE};

    if (!find_largest(retention, &chunk, found, why) || !*found) {
        return !*found;
    }
    chunk.most = chunk.most < excess ? chunk.most : excess;
    if (!find_present(retention, &chunk.before, why)) {
        return false;
    }
    retention_begin_chunk(retention, &chunk);
    return true;
}

/* A chunk that was begun is ended, also where another application is the largest by now. */
static bool sweep_largest(struct retention *retention, int64_t excess, bool *found,
                          struct failure *why)
{
    const struct chunk *chunk = &retention->chunk;

    *found = chunk->begun && chunk->application != ALL_APPLICATIONS;
    if (!*found && (!begin_largest(retention, excess, found, why) || !*found)) {
        return !*found;
    }
    return retention_fold(retention, why) &&
           (chunk->begun || !chunk->at_end || exhaust(retention, chunk->application, why));
}

/* What is asked of each stretch, from the oldest to the newest. */
struct search {
    int64_t oldest; /* kept */
    int64_t now;
    int64_t latest_end;
    int64_t leapt_at; /* where the clock was last far ahead of all before; INT64_MIN: never */
    struct ledger_position cut;
    bool found;
};

static void consider(struct search *search, sqlite3_stmt *stretch)
{
    int64_t id = sqlite3_column_int64(stretch, 0);
    int64_t begin_at = sqlite3_column_int64(stretch, 1);
    int64_t end_at = sqlite3_column_int64(stretch, 2);

    if (search->latest_end != INT64_MIN &&
        begin_at - search->latest_end > UNTRUSTED_DAYS * PROFILE_DAY_MS) {
        search->leapt_at = begin_at;
    }
    if (end_at > search->latest_end) {
        search->latest_end = end_at;
    }
    if (!search->found) {
        int64_t at = begin_at < search->oldest ? search->oldest : begin_at;

        /* Times that are still to come are of a clock that was wrong: the next stretch tells. */
        search->found = end_at >= search->oldest && begin_at <= search->now;
        search->cut = (struct ledger_position){id, search->found ? at : begin_at};
    }
}

static bool find_cut(struct retention *retention, struct search *search, struct failure *why)
{
    sqlite3_stmt *stretches = retention->statements[STRETCH_FROM];
    int result;

    database_bind(stretches, ":id", 0);
    while ((result = sqlite3_step(stretches)) == SQLITE_ROW) {
        consider(search, stretches);
    }
    return database_end(retention->ledger->db, stretches, result, "looking for old stretches", why);
}

static void set_pass(struct retention *retention, enum retention_reason reason,
                     const struct ledger_position *cut, int64_t before)
{
    retention->pass_reason = reason;
    retention->pass_before = before;
    retention->cut = *cut;
    retention->phase = PHASE_INTERVALS;
    retention->next = 0;
}

/* Begins a pass where more has got old since the last one. */
static bool begin_pass(struct retention *retention, bool *worked, struct failure *why)
{
    struct search search = {
        .oldest = oldest_kept(retention),
        .now = retention->now,
        .latest_end = INT64_MIN,
        .leapt_at = INT64_MIN,
    };

    if (search.oldest <= retention->pass_at || !find_cut(retention, &search, why)) {
        return search.oldest <= retention->pass_at;
    }
    if (search.leapt_at <= retention->now && search.leapt_at > retention->now - PROFILE_DAY_MS) {
        return true; /* a clock that was set wrong must not cost the ledger its history */
    }
    retention->pass_at = search.oldest;
    if (search.cut.stretch != 0) {
        set_pass(retention, RETENTION_AGE, &search.cut, retention->now - retention->limits.keep);
        *worked = true;
    }
    return true;
}

static bool drop_old_intervals(struct retention *retention, bool *done, struct failure *why)
{
    const struct chunk *chunk = &retention->chunk;

    if (!chunk->begun || chunk->application != ALL_APPLICATIONS) {
        struct chunk next = {
            .reason = retention->pass_reason,
            .application = ALL_APPLICATIONS,
            .before = retention->cut,
            .next = retention->next,
            .most = INT64_MAX,
        };

        retention_begin_chunk(retention, &next);
    }
    if (!retention_fold(retention, why)) {
        return false;
    }
    if (!chunk->begun) {
        retention->next = chunk->next;
        *done = chunk->at_end;
    }
    return true;
}

static bool go_on(struct retention *retention, bool *worked, struct failure *why)
{
    bool done = false;

    if (!(retention->phase == PHASE_INTERVALS ? drop_old_intervals(retention, &done, why)
                                              : retention_clear_phase(retention, &done, why))) {
        return false;
    }
    if (done) {
        retention->phase++;
        retention->next = 0;
    }
    *worked = true;
    return true;
}

static bool drop_by_age(struct retention *retention, bool *worked, struct failure *why)
{
    return retention->phase == PHASE_DONE ? begin_pass(retention, worked, why)
                                          : go_on(retention, worked, why);
}

/*
 * Seals have no rows that would be the largest part: where they take much of the
 * room, all of the oldest time goes, and the seals that are left with nothing are folded.
 */
static bool find_seals(struct retention *retention, struct ledger_position *cut, bool *found,
                       struct failure *why)
{
    sqlite3_stmt *find = retention->statements[FIND_SEAL];
    int64_t seals;
    int64_t newest;
    int64_t number;
    int result;

    *found = false;
    if (!retention_number(retention, COUNT_SEALS, &seals, why) ||
        !retention_number(retention, NEWEST_SEAL, &newest, why)) {
        return false;
    }
    number = newest - seals + seals / SEALS_PART + 1;
    number = number > retention->seals_next ? number : retention->seals_next;
    if (seals * SEAL_BYTES <= retention->limits.max_size / 4 || number > newest - seals / 4) {
        return true;
    }
    database_bind(find, ":number", number);
    result = sqlite3_step(find);
    *found = result == SQLITE_ROW;
    if (*found) {
        *cut =
            (struct ledger_position){sqlite3_column_int64(find, 0), sqlite3_column_int64(find, 1)};
        retention->seals_next = number + seals / SEALS_PART / 4 + 1;
    }
    return database_end(retention->ledger->db, find, result, "looking for old seals", why);
}

static bool shrink_seals(struct retention *retention, bool *worked, struct failure *why)
{
    struct ledger_position cut;
    bool found;

    if (retention->phase != PHASE_DONE) {
        return retention->pass_reason != RETENTION_SIZE || go_on(retention, worked, why);
    }
    if (!find_seals(retention, &cut, &found, why)) {
        return false;
    }
    if (found) {
        set_pass(retention, RETENTION_SIZE, &cut,
                 cut.at < retention->now ? cut.at : retention->now);
        *worked = true;
    }
    return true;
}

static bool shrink(struct retention *retention, bool *worked, struct failure *why)
{
    struct space space;
    int64_t intervals;
    int64_t excess;
    bool found = false;
    bool done = false;

    if (!measure(retention, &space, why)) {
        return false;
    }
    if (space.file - space.free > space.limit) {
        retention->shrinking = true;
    } else if (space.file - space.free <= space.limit - space.limit / SHRINK_PART) {
        retention->shrinking = false;
    }
    if (!retention->shrinking) {
        return true;
    }
    if (!retention_number(retention, COUNT_ALL, &intervals, why)) {
        return false;
    }
    if (!retention_fold_for_space(retention, &found, why)) {
        return false;
    }
    if (!found && !shrink_seals(retention, &found, why)) {
        return false;
    }
    if (found) {
        *worked = true;
        return true;
    }
    excess = space.file - space.free - (space.limit - space.limit / SHRINK_PART);
    excess = excess * retention->page_size / INTERVAL_BYTES + 1;
    if (intervals * INTERVAL_BYTES > retention->limits.max_size / 4 &&
        !sweep_largest(retention, excess, &found, why)) {
        return false;
    }
    if (!found && !retention_clear_oldest(retention, &done, why)) {
        return false;
    }
    *worked = !done;
    return true;
}

/* In this order: what was begun is ended, and space that is free is used before more is freed. */
static step_fn *const steps[] = {store_limits,    retention_drop, give_back,
                                 count_intervals, shrink,         drop_by_age};

static bool take_step(struct retention *retention, bool *worked, struct failure *why)
{
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && !*worked; i++) {
        if (!steps[i](retention, worked, why)) {
            return ledger_name_failure(retention->ledger, why);
        }
    }
    return true;
}

/* SQLite calls this after each commit, when the write lock is free again. */
static int after_commit(void *context, sqlite3 *db, const char *name, int pages)
{
    struct retention *retention = context;
    int all = pages;
    int moved = 0;

    if (retention->lock_began >= 0) {
        retention->lock_ended = clock_steady();
    }
    if (pages >= CHECKPOINT_PAGES &&
        sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, &all, &moved) == SQLITE_OK) {
        pages = all - moved;
    }
    retention->log_pages = pages;
    return SQLITE_OK; /* what was not moved now is moved later */
}

/* A reader that is in the middle of something holds the log back. */
static bool log_is_held(struct retention *retention)
{
    int all;
    int moved;

    if (retention->log_pages > MOST_PAGES &&
        sqlite3_wal_checkpoint_v2(retention->ledger->db, "main", SQLITE_CHECKPOINT_PASSIVE, &all,
                                  &moved) == SQLITE_OK) {
        retention->log_pages = all - moved;
    }
    return retention->log_pages > MOST_PAGES;
}

bool retention_work(struct retention *retention, int64_t now, int64_t budget, bool *more,
                    struct failure *why)
{
    int64_t began = clock_steady();

    retention->now = now;
    *more = true;
    for (int i = 0; i < MOST_STEPS && *more && (i == 0 || clock_steady() - began < budget); i++) {
        bool worked = false;

        if (log_is_held(retention)) {
            *more = false;
            return true;
        }
        if (!take_step(retention, &worked, why)) {
            return false;
        }
        *more = worked;
    }
    return true;
}

bool retention_open(struct retention **out, struct ledger *ledger,
                    const struct retention_limits *limits, struct failure *why)
{
    struct retention *retention = calloc(1, sizeof(*retention));

    assert(ledger->access == LEDGER_WRITE);
    if (retention == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the retention of the ledger");
    }
    *retention = (struct retention){
        .ledger = ledger,
        .limits = *limits,
        .phase = PHASE_DONE,
        .pass_at = INT64_MIN,
        .folds = {8192, 256, 32768, FOLD_GOAL_MS},
        .intervals = {256, 16, 8192, GOAL_MS},
        .others = {64, 8, 2048, GOAL_MS},
        .pages = {64, 8, 2048, GOAL_MS},
        .lock_began = -1,
    };
    if (!database_prepare_all(ledger->db, retention_sql, RETENTION_STATEMENTS,
                              retention->statements, why) ||
        !seal_drop_open(&retention->seals, ledger->db, why) ||
        !seal_fold_open(&retention->seal_fold, ledger, why) ||
        !database_run_number(ledger->db, "PRAGMA page_size", 4096, &retention->page_size, why)) {
        retention_close(retention);
        return ledger_name_failure(ledger, why);
    }
    sqlite3_wal_hook(ledger->db, after_commit, retention);
    *out = retention;
    return true;
}

void retention_close(struct retention *retention)
{
    if (retention == NULL) {
        return;
    }
    sqlite3_wal_autocheckpoint(retention->ledger->db, CHECKPOINT_PAGES);
    database_finalize_all(retention->statements, RETENTION_STATEMENTS);
    seal_drop_close(retention->seals);
    seal_fold_close(retention->seal_fold);
    profile_fold_clear(&retention->fold);
    free(retention->victims.items);
    free(retention);
}

void retention_set_limits(struct retention *retention, const struct retention_limits *limits)
{
    retention->limits = *limits;
    retention->limits_stored = false;
    retention->pass_at = INT64_MIN;
}

int64_t retention_longest_lock(const struct retention *retention)
{
    return retention->longest_lock;
}
