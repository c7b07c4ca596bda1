/* SPDX-License-Identifier: MIT */

/*
 * What else gets old: processes and modules, then what nothing refers to any
 * more, profile rows, and at last the stretches and runs.
 */

#include <assert.h>
#include <stdlib.h>

#include "store/database.h"
#include "store/ledger_handle.h"
#include "store/retention_parts.h"

enum { WINDOW = 4096 }; /* ids that a step looks at */

/* A table whose rows are looked at by id, from the oldest to the newest but one. */
static const struct clearing {
    enum retention_statement newest; /* stays: the next id is told by it */
    enum retention_statement find;
    enum retention_statement drop;
    bool by_age; /* `find` takes the cut */
    enum retention_what what;
    enum seal_kind kind; /* 0: it is sealed with whatever refers to it */
    bool by_time;        /* `find` takes a time by the wall clock */
} clearings[PHASE_DONE] = {
    [PHASE_PROCESSES] = {NEWEST_PROCESS, FIND_PROCESSES, DROP_PROCESS, true, RETENTION_PROCESSES,
                         SEAL_PROCESS, false},
    [PHASE_MODULES] = {NEWEST_MODULE, FIND_MODULES, DROP_MODULE, true, RETENTION_MODULES,
                       SEAL_MODULE, false},
    [PHASE_IMAGES] = {NEWEST_IMAGE, FIND_IMAGES, DROP_IMAGE, false, RETENTION_UNTOLD, SEAL_IMAGE,
                      false},
    [PHASE_USERS] = {NEWEST_USER, FIND_USERS, DROP_USER, false, RETENTION_UNTOLD, SEAL_USER, false},
    [PHASE_TEXTS] = {NEWEST_TEXT, FIND_TEXTS, DROP_TEXT, false, RETENTION_UNTOLD, 0, false},
    [PHASE_OUTCOMES] = {NEWEST_OUTCOME, FIND_OUTCOMES, DROP_OUTCOME, false, RETENTION_OUTCOMES,
                        SEAL_OUTCOME, true},
    [PHASE_ANSWERS] = {NEWEST_ANSWER, FIND_ANSWERS, DROP_ANSWER, false, RETENTION_ANSWERS,
                       SEAL_ANSWER, true},
};

/* Takes the ids that a bound statement finds for victims. */
bool retention_read_victims(struct retention *retention, enum retention_statement which,
                            struct failure *why)
{
    sqlite3_stmt *statement = retention->statements[which];
    bool ok = true;
    int result;

    while ((result = sqlite3_step(statement)) == SQLITE_ROW && ok) {
        struct victim victim = {.id = sqlite3_column_int64(statement, 0)};

        ok = retention_add_victim(retention, &victim, why);
    }
    if (!ok) {
        sqlite3_reset(statement);
        return false;
    }
    return database_end(retention->ledger->db, statement, result, "looking for old rows", why);
}

static bool drop_text(struct retention *retention, enum retention_statement which, int64_t id,
                      struct failure *why)
{
    sqlite3_stmt *statement = retention->statements[which];

    database_bind(statement, ":id", id);
    return database_finish(retention->ledger->db, statement, "dropping old rows", why);
}

/* A stretch is two facts, its beginning and its end. */
static bool drop_each(struct retention *retention, enum retention_statement which,
                      enum seal_kind kind, struct failure *why)
{
    for (size_t i = 0; i < retention->victims.count; i++) {
        int64_t id = retention->victims.items[i].id;

        if (kind == SEAL_STRETCH && !seal_drop_row(retention->seals, SEAL_STRETCH_END, id, why)) {
            return false;
        }
        if (!(kind == 0 ? drop_text(retention, which, id, why)
                        : retention_drop_row(retention, which, kind, id, why))) {
            return false;
        }
    }
    return true;
}

static void find_ends(const struct victims *victims, int64_t *first, int64_t *last)
{
    *first = *last = victims->items[0].id;
    for (size_t i = 1; i < victims->count; i++) {
        int64_t id = victims->items[i].id;

        *first = id < *first ? id : *first;
        *last = id > *last ? id : *last;
    }
}

/* Drops the victims, where there are any, and says so. */
bool retention_drop_told(struct retention *retention, enum retention_statement drop,
                         enum retention_what what, enum seal_kind kind,
                         enum retention_reason reason, struct failure *why)
{
    struct retention_told told = {
        .what = what,
        .reason = reason,
        .application = ALL_APPLICATIONS,
        .rows = (int64_t)retention->victims.count,
    };

    if (retention->victims.count == 0) {
        return true;
    }
    find_ends(&retention->victims, &told.first, &told.last);
    if (retention->passing && (what == RETENTION_PROCESSES || what == RETENTION_MODULES)) {
        told.until = retention->cut;
    }
    retention_lock(retention);
    return drop_each(retention, drop, kind, why) &&
           (what == RETENTION_UNTOLD || retention_tell(retention, &told, why));
}

/* What the processes among the victims had loaded goes first. */
static bool drop_modules_of(struct retention *retention, enum retention_reason reason,
                            struct failure *why)
{
    struct victims processes = retention->victims;
    bool ok = true;

    retention->victims = (struct victims){0};
    for (size_t i = 0; ok && i < processes.count; i++) {
        database_bind(retention->statements[FIND_MODULES_OF], ":id", processes.items[i].id);
        ok = retention_read_victims(retention, FIND_MODULES_OF, why);
    }
    ok = ok &&
         retention_drop_told(retention, DROP_MODULE, RETENTION_MODULES, SEAL_MODULE, reason, why);
    free(retention->victims.items);
    retention->victims = processes;
    return ok;
}

static bool drop_victims(struct retention *retention, enum retention_statement drop,
                         enum retention_what what, enum seal_kind kind,
                         enum retention_reason reason, struct failure *why)
{
    return (what != RETENTION_PROCESSES || drop_modules_of(retention, reason, why)) &&
           retention_drop_told(retention, drop, what, kind, reason, why);
}

static bool clear_window(struct retention *retention, const struct clearing *clearing, bool *done,
                         struct failure *why)
{
    sqlite3_stmt *find = retention->statements[clearing->find];
    int64_t high = retention->next + WINDOW - 1;
    int64_t newest;

    if (!retention_number(retention, clearing->newest, &newest, why)) {
        return false;
    }
    *done = high >= newest - 1;
    database_bind(find, ":low", retention->next);
    database_bind(find, ":high", *done ? newest - 1 : high);
    database_bind(find, ":limit", retention->others.rows);
    if (clearing->by_time) {
        database_bind(find, ":before", retention->pass_before);
    }
    if (clearing->by_age) {
        database_bind(find, ":stretch", retention->cut.stretch);
        database_bind(find, ":at", retention->cut.at);
    }
    if (!retention_read_victims(retention, clearing->find, why)) {
        return false;
    }
    if (retention->victims.count == (size_t)retention->others.rows) {
        high = retention->victims.items[retention->victims.count - 1].id;
        *done = false;
    }
    retention->next = high + 1;
    return drop_victims(retention, clearing->drop, clearing->what, clearing->kind,
                        retention->pass_reason, why);
}

static bool clear_profile(struct retention *retention, bool *done, struct failure *why)
{
    sqlite3_stmt *find = retention->statements[FIND_PROFILE];
    int64_t limit = retention->now - retention->limits.keep_profile;

    database_bind(find, ":day", limit / PROFILE_DAY_MS - (limit < 0 ? 1 : 0));
    database_bind(find, ":limit", retention->others.rows);
    if (!retention_read_victims(retention, FIND_PROFILE, why)) {
        return false;
    }
    *done = retention->victims.count < (size_t)retention->others.rows;
    return drop_victims(retention, DROP_PROFILE, RETENTION_PROFILE, SEAL_PROFILE, RETENTION_AGE,
                        why);
}

static bool drop_unused(struct retention *retention, struct failure *why)
{
    sqlite3_stmt *applications = retention->statements[DROP_APPLICATIONS];

    database_bind(applications, ":stretch", retention->cut.stretch);
    database_bind(applications, ":at", retention->cut.at);
    retention->victims.count = 0;
    return retention_read_victims(retention, FIND_RUNS, why) &&
           retention_drop_told(retention, DROP_RUN, RETENTION_UNTOLD, SEAL_RUN, RETENTION_AGE,
                               why) &&
           database_finish(retention->ledger->db, applications, "dropping old applications", why);
}

/* What was watched is kept as long as profiles, which are of that time. */
static bool clear_stretches(struct retention *retention, bool *done, struct failure *why)
{
    sqlite3_stmt *find = retention->statements[FIND_STRETCHES];

    database_bind(find, ":cut", retention->cut.stretch);
    database_bind(find, ":before", retention->now - retention->limits.keep_profile);
    database_bind(find, ":limit", retention->others.rows);
    if (!retention_read_victims(retention, FIND_STRETCHES, why)) {
        return false;
    }
    *done = retention->victims.count < (size_t)retention->others.rows;
    if (!drop_victims(retention, DROP_STRETCH, RETENTION_STRETCHES, SEAL_STRETCH, RETENTION_AGE,
                      why)) {
        return false;
    }
    retention_lock(retention);
    return !*done || drop_unused(retention, why);
}

static bool fold_seals(struct retention *retention, bool *done, struct failure *why)
{
    if (retention->next == 0) {
        seal_fold_begin(retention->seal_fold);
    }
    retention->next = 1;
    retention_lock(retention);
    return seal_fold_step(retention->seal_fold, &retention->cut, retention->now,
                          retention->others.rows, done, why);
}

static bool clear_window_of(struct retention *retention, bool *done, struct failure *why)
{
    return clear_window(retention, &clearings[retention->phase], done, why);
}

typedef bool phase_fn(struct retention *retention, bool *done, struct failure *why);

static phase_fn *const phases[PHASE_DONE] = {
    [PHASE_PROCESSES] = clear_window_of,     [PHASE_MODULES] = clear_window_of,
    [PHASE_IMAGES] = clear_window_of,        [PHASE_USERS] = clear_window_of,
    [PHASE_TEXTS] = clear_window_of,         [PHASE_PROFILE] = clear_profile,
    [PHASE_PROBES] = retention_clear_probes, [PHASE_JOB_RUNS] = retention_fold_runs,
    [PHASE_OUTCOMES] = clear_window_of,      [PHASE_ANSWERS] = clear_window_of,
    [PHASE_STRETCHES] = clear_stretches,     [PHASE_SEALS] = fold_seals,
};

bool retention_clear_phase(struct retention *retention, bool *done, struct failure *why)
{
    bool ok;

    assert(retention->phase > PHASE_INTERVALS && retention->phase < PHASE_DONE);
    if (!retention_begin(retention, why)) {
        return false;
    }
    retention->passing = true;
    ok = phases[retention->phase](retention, done, why);
    retention->passing = false;
    ok = retention_end(retention, &retention->others, ok, why);
    if (retention->phase == PHASE_SEALS) {
        seal_fold_settle(retention->seal_fold, ok);
    }
    return ok;
}

static bool read_ended(struct retention *retention, struct failure *why)
{
    sqlite3_stmt *find = retention->statements[FIND_ENDED];
    bool ok = true;
    int result;

    while ((result = sqlite3_step(find)) == SQLITE_ROW && ok) {
        struct victim victim = {
            .id = sqlite3_column_int64(find, 0),
            .application = sqlite3_column_int64(find, 1),
            .end = {sqlite3_column_int64(find, 2), sqlite3_column_int64(find, 3)},
        };

        if (sqlite3_column_type(find, 3) == SQLITE_NULL) { /* it was there until that one ended */
            victim.end = (struct ledger_position){victim.end.stretch + 1, INT64_MIN};
        }
        ok = retention_add_victim(retention, &victim, why);
    }
    if (!ok) {
        sqlite3_reset(find);
        return false;
    }
    return database_end(retention->ledger->db, find, result, "looking for ended processes", why);
}

static bool note_ended(struct retention *retention, struct failure *why)
{
    retention_lock(retention);
    for (size_t i = 0; i < retention->victims.count; i++) {
        const struct victim *victim = &retention->victims.items[i];

        if (!retention_note_position(retention, victim->application, &victim->end, why)) {
            return false;
        }
    }
    return true;
}

/* Moves the sweep over ended processes on. *none: it came round without finding one. */
static void move_on(struct retention *retention, int64_t high, bool at_end, bool *none)
{
    const struct victims *victims = &retention->victims;

    if (victims->count == (size_t)retention->others.rows) {
        high = victims->items[victims->count - 1].id;
        at_end = false;
    }
    retention->ended_found = retention->ended_found || victims->count > 0;
    retention->ended_next = high + 1;
    *none = at_end && !retention->ended_found;
    if (at_end) {
        retention->ended_next = 0;
        retention->ended_found = false;
    }
}

/* Processes that have ended, and own no interval any more. */
static bool clear_ended(struct retention *retention, bool *none, struct failure *why)
{
    sqlite3_stmt *find = retention->statements[FIND_ENDED];
    int64_t high = retention->ended_next + WINDOW - 1;
    int64_t newest;

    if (!retention_number(retention, NEWEST_PROCESS, &newest, why)) {
        return false;
    }
    database_bind(find, ":low", retention->ended_next);
    database_bind(find, ":high", high < newest ? high : newest - 1);
    database_bind(find, ":limit", retention->others.rows);
    if (!read_ended(retention, why)) {
        return false;
    }
    move_on(retention, high, high >= newest - 1, none);
    return (retention->victims.count == 0 || note_ended(retention, why)) &&
           drop_victims(retention, DROP_PROCESS, RETENTION_PROCESSES, SEAL_PROCESS, RETENTION_SIZE,
                        why);
}

static bool clear_oldest_profile(struct retention *retention, bool *done, struct failure *why)
{
    database_bind(retention->statements[FIND_OLDEST_PROFILE], ":limit", retention->others.rows);
    if (!retention_read_victims(retention, FIND_OLDEST_PROFILE, why)) {
        return false;
    }
    *done = retention->victims.count == 0;
    return drop_victims(retention, DROP_PROFILE, RETENTION_PROFILE, SEAL_PROFILE, RETENTION_SIZE,
                        why);
}

bool retention_clear_oldest(struct retention *retention, bool *done, struct failure *why)
{
    bool none = false;
    bool ok;

    *done = false;
    if (!retention_begin(retention, why)) {
        return false;
    }
    ok = clear_ended(retention, &none, why);
    if (ok && none) {
        ok = clear_oldest_profile(retention, done, why);
    }
    return retention_end(retention, &retention->others, ok, why);
}
