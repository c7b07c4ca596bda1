/* SPDX-License-Identifier: MIT */

#include "store/ledger_begin.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/paths.h"
#include "base/time_text.h"
#include "store/database.h"
#include "store/ledger_handle.h"
#include "store/ledger_query.h"

#define DAMAGED_MARK ".damaged-"

enum { MOST_OF_ONE_SECOND = 9 }; /* ledgers that are moved aside under one date */

/* What belongs to a ledger; the file itself goes first: see move_all(). */
static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};

enum { SUFFIX_COUNT = sizeof(suffixes) / sizeof(suffixes[0]) };

static const char add_earlier[] = "INSERT OR REPLACE INTO meta (name, value)"
                                  " VALUES ('earlier_ledger', :name),"
                                  "        ('earlier_last_sample_at', :at)";

/* The ledger's file is damaged: neither another one's, nor in the way. */
static bool is_damage(const struct failure *why)
{
    int code = (int)(why->code & 0xff);

    return why->kind == FAILURE_FORMAT && (code == SQLITE_CORRUPT || code == SQLITE_NOTADB);
}

bool ledger_is_in_conflict(const struct failure *why)
{
    return why->kind == FAILURE_DATABASE && (why->code & 0xff) == SQLITE_CONSTRAINT;
}

bool ledger_is_suspect(const struct failure *why)
{
    return is_damage(why) || ledger_is_in_conflict(why);
}

/* The lock of another portledgerd has a code of the system. */
bool ledger_is_locked(const struct failure *why)
{
    return why->kind == FAILURE_BUSY && (why->code & 0xff) == SQLITE_BUSY;
}

/*
 * Looking through
 */

/* SQLite's own check of the file's structure: a row that says "ok", or what is wrong. */
static bool look_through(struct ledger *ledger, struct failure *why)
{
    sqlite3_stmt *statement = NULL;
    int result;
    bool ok;

    if (!database_prepare(ledger->db, "PRAGMA quick_check(1)", &statement, why)) {
        return ledger_name_failure(ledger, why);
    }
    result = sqlite3_step(statement);
    if (result == SQLITE_ROW && strcmp(database_column_text(statement, 0), "ok") != 0) {
        ok = FAIL(why, FAILURE_FORMAT, SQLITE_CORRUPT, "the ledger is damaged: %s",
                  database_column_text(statement, 0));
    } else {
        ok = database_end(ledger->db, statement, result, "looking through the ledger", why);
    }
    sqlite3_finalize(statement);
    return ok || ledger_name_failure(ledger, why);
}

static bool open_all(struct ledger_begun *begun, const char *path, const struct ledger_run *run,
                     bool suspect, struct failure *why)
{
    struct failure ignored;

    if (ledger_open(&begun->ledger, path, LEDGER_WRITE, why) &&
        (!suspect || look_through(begun->ledger, why)) &&
        ledger_writer_open(&begun->writer, begun->ledger, run, why)) {
        return true;
    }
    (void)!ledger_begun_end(begun, LEDGER_GAP_CRASHED, &ignored);
    return false;
}

/* 0 where the damage is there, too. */
static int64_t find_last_sample(const char *path)
{
    struct ledger_summary summary = {.last_sample_at = 0};
    struct ledger *ledger = NULL;
    struct failure ignored;

    if (ledger_open(&ledger, path, LEDGER_READ, &ignored) &&
        !ledger_summarize(ledger, &summary, &ignored)) {
        summary.last_sample_at = 0;
    }
    ledger_close(ledger);
    return summary.last_sample_at;
}

/*
 * Moving aside
 */

/* "ledger.db.damaged-20261127T101500Z", with "-2" and so on behind it where that is taken. */
static void add_kept_name(struct text *name, const char *file, int64_t now, int number)
{
    struct calendar_time time = calendar_from_ms(now);

    text_addf(name, "%s" DAMAGED_MARK "%04d%02d%02dT%02d%02d%02dZ", file, time.year, time.month,
              time.day, time.hour, time.minute, time.second);
    if (number > 1) {
        text_addf(name, "-%d", number);
    }
}

/* Whether `name` is one that add_kept_name() gives to `file`: nothing else is ever removed. */
static bool is_kept_name(const char *name, const char *file)
{
    static const char shape[] = "dddddddd'T'dddddd'Z'";
    size_t length = strlen(file);

    if (strncmp(name, file, length) != 0 ||
        strncmp(name + length, DAMAGED_MARK, strlen(DAMAGED_MARK)) != 0) {
        return false;
    }
    name += length + strlen(DAMAGED_MARK);
    for (const char *s = shape; *s != '\0'; s++) {
        if (*s == '\'') {
            s++;
            if (*name++ != *s++) {
                return false;
            }
        } else if (!isdigit((unsigned char)*name++)) {
            return false;
        }
    }
    return name[0] == '\0' ||
           (name[0] == '-' && isdigit((unsigned char)name[1]) && name[2] == '\0');
}

/* The oldest of those that are kept, and how many there are. */
struct kept {
    const char *file; /* name of the ledger, without its folder */
    char *oldest;
    int count;
};

/* Dates of this form are in the order of their letters. */
static bool count_kept(void *context, const char *name)
{
    struct kept *kept = context;

    if (!is_kept_name(name, kept->file)) {
        return true;
    }
    kept->count++;
    if (kept->oldest == NULL || strcmp(name, kept->oldest) < 0) {
        free(kept->oldest);
        kept->oldest = text_copy(name);
    }
    return true;
}

/* What cannot be removed, because it is not there or somebody has it open, is no failure. */
static void remove_all(const char *folder, const char *name)
{
    for (int i = 0; i < SUFFIX_COUNT; i++) {
        struct text path = {0};
        struct failure ignored;

        text_add(&path, folder);
        paths_add_part(&path, name);
        text_add(&path, suffixes[i]);
        if (!path.failed) {
            (void)!file_remove(text_bytes(&path), &ignored);
        }
        text_clear(&path);
    }
}

static void remove_oldest(const char *file)
{
    struct text folder = {0};
    bool more = true;

    paths_add_folder(&folder, file);
    while (more && !folder.failed) {
        struct kept kept = {.file = paths_base_name(file)};
        struct failure ignored;
        int64_t excess;

        more = file_walk_folder(text_bytes(&folder), count_kept, &kept, &ignored);
        excess = kept.count - LEDGER_DAMAGED_KEPT;
        more = more && excess > 1;
        if (excess > 0 && kept.oldest != NULL) {
            remove_all(text_bytes(&folder), kept.oldest);
        }
        free(kept.oldest);
    }
    text_clear(&folder);
}

static bool move_one(const char *from, const char *to, const char *suffix, struct failure *why)
{
    struct text source = {0};
    struct text target = {0};
    bool ok;

    text_add(&source, from);
    text_add(&source, suffix);
    text_add(&target, to);
    text_add(&target, suffix);
    ok = text_ok(&source, why) && text_ok(&target, why) &&
         (!file_exists(text_bytes(&source)) ||
          file_rename(text_bytes(&source), text_bytes(&target), why));
    text_clear(&source);
    text_clear(&target);
    return ok;
}

/*
 * The ledger itself first: should the machine stop in between, a log without
 * its ledger is thrown away by SQLite, while a ledger without its log might
 * look sound, and be older than it says.
 */
static bool move_all(const char *from, const char *to, struct failure *why)
{
    int moved = 0;

    while (moved < SUFFIX_COUNT && move_one(from, to, suffixes[moved], why)) {
        moved++;
    }
    for (int i = moved - 1; moved < SUFFIX_COUNT && i >= 0; i--) {
        struct failure ignored;

        (void)!move_one(to, from, suffixes[i], &ignored);
    }
    return moved == SUFFIX_COUNT;
}

static bool find_free_name(struct text *name, const char *file, struct failure *why)
{
    int64_t now = clock_now();

    for (int number = 1; number <= MOST_OF_ONE_SECOND; number++) {
        text_reset(name);
        add_kept_name(name, file, now, number);
        if (!text_ok(name, why) || !file_exists(text_bytes(name))) {
            return text_ok(name, why);
        }
    }
    return FAIL(why, FAILURE_BUSY, 0, "%s is there already", text_bytes(name));
}

/* Whoever has the writer's lock has made something of the ledger since we looked at it. */
static bool move_locked(const char *file, struct text *kept, struct failure *why)
{
    struct file_lock *lock = NULL;
    struct text lock_path = {0};
    bool ok;

    text_addf(&lock_path, "%s-lock", file);
    ok = text_ok(&lock_path, why) && file_lock_take(&lock, text_bytes(&lock_path), why) &&
         find_free_name(kept, file, why) && move_all(file, text_bytes(kept), why);
    file_lock_release(lock);
    text_clear(&lock_path);
    return ok;
}

static bool move_aside(const char *path, struct text *kept, const struct failure *damage,
                       struct failure *why)
{
    struct text file = {0};
    bool ok = file_resolve(&file, path, why) && text_ok(&file, why) &&
              move_locked(text_bytes(&file), kept, why);

    if (ok) {
        remove_oldest(text_bytes(&file));
    } else {
        text_reset(kept);
        failure_set(why, why->kind, why->code, "%s; it cannot be moved aside: %s", damage->text,
                    why->text);
    }
    text_clear(&file);
    return ok;
}

/*
 * Beginning
 */

static bool name_earlier(struct ledger *ledger, const char *kept, int64_t last_sample,
                         struct failure *why)
{
    sqlite3_stmt *statement = NULL;
    bool ok;

    if (!database_prepare(ledger->db, add_earlier, &statement, why)) {
        return ledger_name_failure(ledger, why);
    }
    database_bind_text(statement, ":name", paths_base_name(kept));
    database_bind(statement, ":at", last_sample);
    ok = database_finish(ledger->db, statement, "naming the earlier ledger", why);
    sqlite3_finalize(statement);
    return ok || ledger_name_failure(ledger, why);
}

static bool replace(struct ledger_begun *begun, const char *path, const struct ledger_run *run,
                    struct failure *why)
{
    int64_t last_sample = find_last_sample(path);

    return move_aside(path, &begun->kept, &begun->damage, why) &&
           open_all(begun, path, run, false, why) &&
           name_earlier(begun->ledger, text_bytes(&begun->kept), last_sample, why);
}

bool ledger_begin(struct ledger_begun *begun, const char *path, const struct ledger_run *run,
                  bool suspect, struct failure *why)
{
    struct failure ignored;

    if (open_all(begun, path, run, suspect, why)) {
        return true;
    }
    if (!is_damage(why)) {
        return false;
    }
    /* A read that went wrong once is not worth a ledger: a second look, at all of it. */
    if (open_all(begun, path, run, true, why)) {
        return true;
    }
    if (!is_damage(why)) {
        return false;
    }
    begun->damage = *why;
    if (!replace(begun, path, run, why)) {
        (void)!ledger_begun_end(begun, LEDGER_GAP_CRASHED, &ignored);
        return false;
    }
    return true;
}

static void note_last_seal(struct ledger_begun *begun)
{
    struct sealer_state state;

    ledger_writer_look_at_seals(begun->writer, &state);
    begun->sealed = state.number >= 0;
    begun->seal.number = state.number;
    memcpy(begun->seal.head, state.head, sizeof(begun->seal.head));
    begun->sealed_until = state.until.at;
    snprintf(begun->ledger_id, sizeof(begun->ledger_id), "%s", state.ledger_id);
}

bool ledger_begun_end(struct ledger_begun *begun, enum ledger_gap reason, struct failure *why)
{
    bool ok = true;

    begun->sealed = false;
    if (begun->writer != NULL) {
        ok = ledger_writer_finish(begun->writer, reason, why);
        note_last_seal(begun);
        (void)!ledger_writer_close(begun->writer, reason, why);
    }
    ledger_close(begun->ledger);
    begun->ledger = NULL;
    begun->writer = NULL;
    return ok;
}
