/* SPDX-License-Identifier: MIT */

/*
 * Intervals go in two parts. First some ten thousand are read and folded, in
 * the order of recording and a step at a time; what becomes of them is written
 * to the profile at once, with a row of `dropped` that tells exactly which ones
 * they are: from there on they count as dropped. Then they are deleted, a few
 * at a time. A fold of each few would be nearly as large as they are.
 */

#include <string.h>

#include "collector/socket_row.h"
#include "store/database.h"
#include "store/ledger_handle.h"
#include "store/retention_parts.h"

enum {
    SCAN_ROWS = 4096,      /* that a step looks at */
    PROFILE_ROWS_EACH = 2, /* that an interval brings on average, before a chunk ends early */
    SAMPLE_ROWS = 4096,    /* by so much a listener's id may be higher than its connection's */
};

/* Columns of SWEEP_INTERVALS. */
enum column {
    ID,
    OPENED_AT,
    DURATION,
    PROTOCOL,
    STATE,
    LOCAL_PORT,
    REMOTE_ADDRESS,
    REMOTE_PORT,
    APPLICATION,
    USER,
};

static void take_stretch(sqlite3_stmt *statement, struct stretch_place *place)
{
    *place = (struct stretch_place){
        .id = sqlite3_column_int64(statement, 0),
        .begin_at = sqlite3_column_int64(statement, 1),
        .end_at = sqlite3_column_int64(statement, 2),
        .first_interval = sqlite3_column_int64(statement, 3),
    };
}

/* Reads the stretch with this id, or the first one behind it, and its successor. */
static bool read_stretches(struct retention *retention, int64_t id, struct failure *why)
{
    sqlite3_stmt *statement = retention->statements[STRETCH_FROM];
    int result;

    retention->stretch = (struct stretch_place){0};
    retention->next_stretch = (struct stretch_place){0};
    database_bind(statement, ":id", id);
    result = sqlite3_step(statement);
    if (result == SQLITE_ROW) {
        take_stretch(statement, &retention->stretch);
        result = sqlite3_step(statement);
    }
    if (result == SQLITE_ROW) {
        take_stretch(statement, &retention->next_stretch);
    }
    return database_end(retention->ledger->db, statement, result, "looking for a stretch", why);
}

/* Makes `stretch` the one that the interval belongs to. Ids mostly go up from call to call. */
static bool find_stretch(struct retention *retention, int64_t interval, struct failure *why)
{
    if ((retention->stretch.id == 0 || interval < retention->stretch.first_interval) &&
        !read_stretches(retention, 0, why)) {
        return false;
    }
    while (retention->next_stretch.id != 0 && interval >= retention->next_stretch.first_interval) {
        if (!read_stretches(retention, retention->next_stretch.id, why)) {
            return false;
        }
    }
    return true;
}

/* One interval, as far as it matters here. */
struct interval {
    int64_t id;
    int64_t opened_at;
    int64_t closed_at;
    int protocol;
    int state;
    int local_port;
    int remote_port;
    int64_t application;
    bool ended;
    struct ledger_position end; /* from there on it is missed no more */
};

static void take_interval(sqlite3_stmt *statement, const struct retention *retention,
                          struct interval *interval)
{
    const struct stretch_place *stretch = &retention->stretch;
    bool closed = sqlite3_column_type(statement, DURATION) != SQLITE_NULL;

    *interval = (struct interval){
        .id = sqlite3_column_int64(statement, ID),
        .opened_at = sqlite3_column_int64(statement, OPENED_AT),
        .closed_at = stretch->end_at,
        .protocol = sqlite3_column_int(statement, PROTOCOL),
        .state = sqlite3_column_int(statement, STATE),
        .local_port = sqlite3_column_int(statement, LOCAL_PORT),
        .remote_port = sqlite3_column_int(statement, REMOTE_PORT),
        .application = sqlite3_column_int64(statement, APPLICATION),
        .ended = closed || stretch->id < retention->newest_stretch,
    };
    /* One that lasted to the end of its stretch was still seen by the last sample. */
    interval->end = (struct ledger_position){stretch->id, stretch->end_at + 1};
    if (closed) {
        interval->closed_at = interval->opened_at + sqlite3_column_int64(statement, DURATION);
        interval->end.at = interval->closed_at;
    }
}

static bool must_go(const struct interval *interval, int64_t application,
                    const struct ledger_position *before)
{
    return interval->ended && ledger_position_compare(&interval->end, before) <= 0 &&
           (application == ALL_APPLICATIONS || interval->application == application);
}

/* Who had a port when a connection to it was opened. */
struct listener {
    bool same;    /* the connection's own application */
    bool another; /* somebody else */
};

/* Those whose rows are still there: the newest ones of the stretch. */
static bool find_listener(struct retention *retention, const struct interval *interval,
                          struct listener *listener, struct failure *why)
{
    sqlite3_stmt *statement = retention->statements[FIND_LISTENER];
    int result;

    database_bind(statement, ":port", interval->local_port);
    database_bind(statement, ":low", retention->stretch.first_interval);
    database_bind(statement, ":high", interval->id + SAMPLE_ROWS);
    while ((result = sqlite3_step(statement)) == SQLITE_ROW && !listener->same) {
        int64_t opened_at = sqlite3_column_int64(statement, 0);
        bool closed = sqlite3_column_type(statement, 1) != SQLITE_NULL;

        if (opened_at <= interval->opened_at &&
            (!closed || opened_at + sqlite3_column_int64(statement, 1) >= interval->opened_at)) {
            bool same = sqlite3_column_int64(statement, 2) == interval->application &&
                        interval->application != 0;

            listener->same = listener->same || same;
            listener->another = listener->another || !same;
        }
    }
    return database_end(retention->ledger->db, statement, result, "looking for a listener", why);
}

/* One that was dropped before: the profile tells of it. */
static bool find_listened(struct retention *retention, const struct interval *interval,
                          struct listener *listener, struct failure *why)
{
    sqlite3_stmt *statement = retention->statements[FIND_LISTENED];
    int result;

    if (listener->same || interval->application == 0) {
        return true;
    }
    database_bind(statement, ":application", interval->application);
    database_bind(statement, ":day",
                  interval->opened_at / PROFILE_DAY_MS); /* before 1970 nobody listens */
    database_bind(statement, ":direction", PROFILE_LISTENER);
    database_bind(statement, ":port", interval->local_port);
    database_bind(statement, ":protocol", interval->protocol);
    database_bind(statement, ":at", interval->opened_at);
    result = sqlite3_step(statement);
    listener->same = result == SQLITE_ROW;
    return database_end(retention->ledger->db, statement, result, "looking for a listener", why);
}

/* Where nobody was seen to listen, the lower port is taken for that of the service. */
static void set_direction(const struct interval *interval, const struct listener *listener,
                          struct profile_key *key)
{
    bool heard = listener->same || listener->another;

    key->direction = listener->same ? PROFILE_INBOUND : PROFILE_UNKNOWN;
    if (!heard && interval->remote_port <= interval->local_port) {
        key->port = interval->remote_port;
        key->direction = interval->application == 0 ? PROFILE_UNKNOWN : PROFILE_OUTBOUND;
    }
}

/* Fills direction, port and peer. */
static bool judge(struct retention *retention, const struct interval *interval,
                  sqlite3_stmt *statement, struct profile_key *key, struct failure *why)
{
    const void *peer = sqlite3_column_blob(statement, REMOTE_ADDRESS);
    int size = sqlite3_column_bytes(statement, REMOTE_ADDRESS);
    struct listener listener = {0};

    if (interval->protocol != SOCKET_TCP || interval->state == SOCKET_LISTENING || peer == NULL ||
        size > PROFILE_ADDRESS) {
        key->direction = PROFILE_LISTENER;
        return true;
    }
    key->peer_size = size;
    memcpy(key->peer, peer, (size_t)size);
    if (!find_listener(retention, interval, &listener, why) ||
        !find_listened(retention, interval, &listener, why)) {
        return false;
    }
    set_direction(interval, &listener, key);
    return true;
}

static bool fold(struct retention *retention, const struct interval *interval,
                 sqlite3_stmt *statement, struct failure *why)
{
    struct profile_interval folded = {
        .key =
            {
                .application = interval->application,
                .user = sqlite3_column_int64(statement, USER),
                .protocol = interval->protocol,
                .port = interval->local_port,
            },
        .opened_at = interval->opened_at,
        .closed_at = interval->closed_at,
    };

    return judge(retention, interval, statement, &folded.key, why) &&
           profile_fold_add(&retention->fold, &folded, why);
}

/* Reads the row that the statement stands on. */
static bool read_interval(struct retention *retention, sqlite3_stmt *statement,
                          struct interval *interval, struct failure *why)
{
    if (!find_stretch(retention, sqlite3_column_int64(statement, ID), why)) {
        return false;
    }
    take_interval(statement, retention, interval);
    return true;
}

static void count_in(struct chunk *chunk, const struct interval *interval)
{
    chunk->first = chunk->rows == 0 ? interval->id : chunk->first;
    chunk->last = interval->id;
    chunk->rows++;
    if (ledger_position_compare(&interval->end, &chunk->latest) > 0) {
        chunk->latest = interval->end;
    }
}

static bool fold_row(struct retention *retention, sqlite3_stmt *statement, struct failure *why)
{
    struct chunk *chunk = &retention->chunk;
    struct interval interval;

    if (!read_interval(retention, statement, &interval, why)) {
        return false;
    }
    chunk->next = interval.id + 1;
    /* Within the order of recording what comes in a later stretch ended later. */
    chunk->at_end = retention->stretch.id > chunk->before.stretch;
    if (!must_go(&interval, chunk->application, &chunk->before)) {
        return true;
    }
    count_in(chunk, &interval);
    return fold(retention, &interval, statement, why);
}

static bool is_full(const struct retention *retention)
{
    const struct chunk *chunk = &retention->chunk;
    int64_t rows = retention->folds.rows;

    return chunk->rows >= rows || chunk->rows >= chunk->most ||
           (int64_t)retention->fold.count >= rows * PROFILE_ROWS_EACH;
}

/* The newest row always stays: the next id is told by it. */
static bool fold_rows(struct retention *retention, struct failure *why)
{
    sqlite3_stmt *statement = retention->statements[SWEEP_INTERVALS];
    struct chunk *chunk = &retention->chunk;
    int64_t newest;
    bool ok = true;
    int result = SQLITE_ROW;

    if (!retention_number(retention, NEWEST_INTERVAL, &newest, why)) {
        return false;
    }
    database_bind(statement, ":low", chunk->next);
    database_bind(statement, ":high", newest - 1);
    for (int i = 0; ok && i < SCAN_ROWS && !chunk->at_end && !is_full(retention); i++) {
        result = sqlite3_step(statement);
        if (result != SQLITE_ROW) {
            break;
        }
        ok = fold_row(retention, statement, why);
    }
    if (!ok) {
        sqlite3_reset(statement);
        return false;
    }
    chunk->at_end = chunk->at_end || result == SQLITE_DONE;
    return database_end(retention->ledger->db, statement, result, "looking for old intervals", why);
}

static void bind_known(sqlite3_stmt *statement, const char *name, bool known, int64_t value)
{
    if (known) {
        database_bind(statement, name, value);
    } else {
        database_bind_null(statement, name);
    }
}

static bool add_profile(struct retention *retention, const struct profile_row *row,
                        struct failure *why)
{
    sqlite3_stmt *add = retention->statements[ADD_PROFILE];
    const struct profile_key *key = &row->key;
    bool one_peer = key->peer_size > 0;

    database_bind(add, ":day", key->day);
    bind_known(add, ":application", key->application != 0, key->application);
    bind_known(add, ":user", key->user != 0, key->user);
    database_bind(add, ":protocol", key->protocol);
    database_bind(add, ":direction", key->direction);
    bind_known(add, ":port", key->port != PROFILE_OTHERS, key->port);
    database_bind_bytes(add, ":peer", one_peer ? key->peer : NULL, one_peer ? key->peer_size : 0);
    database_bind(add, ":peers", one_peer ? 1 : (key->peer_size == 0 ? 0 : 2));
    database_bind(add, ":intervals", row->intervals);
    database_bind(add, ":lasted", row->lasted);
    database_bind(add, ":covered", row->covered);
    database_bind(add, ":first_seen_at", row->first_seen_at);
    database_bind(add, ":last_seen_at", row->last_seen_at);
    database_bind(add, ":hours", row->hours);
    return database_finish(retention->ledger->db, add, "adding to the profile", why);
}

static bool drop_interval(struct retention *retention, const struct victim *victim, int64_t counted,
                          struct failure *why)
{
    sqlite3_stmt *note = retention->statements[NOTE_DROPPED];

    if (!retention_drop_row(retention, DROP_INTERVAL, SEAL_INTERVAL, victim->id, why)) {
        return false;
    }
    if (victim->id > counted) {
        return true;
    }
    database_bind(note, ":id", victim->application);
    return database_finish(retention->ledger->db, note, "counting what is dropped", why);
}

static bool write_profile(struct retention *retention, struct failure *why)
{
    for (size_t i = 0; i < retention->fold.count; i++) {
        if (!add_profile(retention, &retention->fold.rows[i], why)) {
            return false;
        }
    }
    return true;
}

static bool set_swept(struct retention *retention, struct failure *why)
{
    const struct chunk *chunk = &retention->chunk;
    sqlite3_stmt *set = retention->statements[SET_SWEPT];

    if (chunk->application == ALL_APPLICATIONS) {
        return true;
    }
    database_bind(set, ":id", chunk->application);
    database_bind(set, ":swept", chunk->next - 1);
    return database_finish(retention->ledger->db, set, "noting how far it was swept", why);
}

/* From here on all of it counts as dropped. */
static bool write_chunk(struct retention *retention, struct failure *why)
{
    const struct chunk *chunk = &retention->chunk;
    struct retention_told told = {
        .what = RETENTION_INTERVALS,
        .reason = chunk->reason,
        .application = chunk->application,
        .first = chunk->first,
        .last = chunk->last,
        .rows = chunk->rows,
        .until = chunk->application == ALL_APPLICATIONS ? chunk->before : chunk->latest,
    };

    profile_fold_finish(&retention->fold);
    retention_lock(retention);
    retention->dropping.known = false;
    return write_profile(retention, why) && set_swept(retention, why) &&
           retention_tell(retention, &told, why) &&
           database_finish(retention->ledger->db, retention->statements[SET_DROPPING],
                           "noting what is about to go", why);
}

void retention_begin_chunk(struct retention *retention, const struct chunk *chunk)
{
    profile_fold_reset(&retention->fold);
    retention->chunk = *chunk;
    retention->chunk.begun = true;
}

/* The newest stretch has grown since the last step, and may have got a successor. */
static bool look_again(struct retention *retention, struct failure *why)
{
    return retention_number(retention, NEWEST_STRETCH, &retention->newest_stretch, why) &&
           read_stretches(retention, retention->stretch.id, why);
}

bool retention_fold(struct retention *retention, struct failure *why)
{
    struct chunk *chunk = &retention->chunk;
    bool full = false;
    bool ok;

    if (!retention_begin(retention, why)) {
        return false;
    }
    ok = look_again(retention, why) && fold_rows(retention, why);
    full = ok && (chunk->at_end || is_full(retention));
    ok = ok && (!full || chunk->rows == 0 || write_chunk(retention, why));
    ok = retention_end(retention, &retention->folds, ok, why);
    if (full || !ok) { /* after a failure it begins anew */
        chunk->begun = false;
        chunk->at_end = chunk->at_end && ok;
    }
    return ok;
}

/*
 * Deleting
 */

static bool read_dropping(struct retention *retention, struct failure *why)
{
    sqlite3_stmt *find = retention->statements[FIND_DROPPING];
    int result = sqlite3_step(find);

    retention->dropping = (struct dropping){.known = true};
    if (result == SQLITE_ROW) {
        retention->dropping = (struct dropping){
            .known = true,
            .row = sqlite3_column_int64(find, 0),
            .application =
                sqlite3_column_int(find, 2) != 0 ? sqlite3_column_int64(find, 1) : ALL_APPLICATIONS,
            .next = sqlite3_column_int64(find, 3),
            .last = sqlite3_column_int64(find, 4),
            .until = {sqlite3_column_int64(find, 5), sqlite3_column_int64(find, 6)},
        };
    }
    return database_end(retention->ledger->db, find, result, "looking for what must go", why);
}

/* Takes rows for victims, as many as a step may delete. *at_end: there are no more. */
static bool choose_victims(struct retention *retention, int64_t *next, bool *at_end,
                           struct failure *why)
{
    sqlite3_stmt *statement = retention->statements[SWEEP_INTERVALS];
    const struct dropping *dropping = &retention->dropping;
    bool ok = true;
    int result = SQLITE_ROW;

    database_bind(statement, ":low", dropping->next);
    database_bind(statement, ":high", dropping->last);
    for (int i = 0;
         ok && i < SCAN_ROWS && (int64_t)retention->victims.count < retention->intervals.rows;
         i++) {
        struct interval interval;

        result = sqlite3_step(statement);
        if (result != SQLITE_ROW) {
            break;
        }
        *next = sqlite3_column_int64(statement, ID) + 1;
        ok = read_interval(retention, statement, &interval, why);
        if (ok && must_go(&interval, dropping->application, &dropping->until)) {
            struct victim victim = {interval.id, interval.application, interval.end};

            ok = retention_add_victim(retention, &victim, why);
        }
    }
    if (!ok) {
        sqlite3_reset(statement);
        return false;
    }
    *at_end = result == SQLITE_DONE;
    return database_end(retention->ledger->db, statement, result, "looking for what must go", why);
}

static bool drop_victims(struct retention *retention, bool at_end, struct failure *why)
{
    int64_t counted;

    if (!retention_number(retention, COUNTED, &counted, why)) {
        return false;
    }
    retention_lock(retention);
    for (size_t i = 0; i < retention->victims.count; i++) {
        if (!drop_interval(retention, &retention->victims.items[i], counted, why)) {
            return false;
        }
    }
    return !at_end || database_finish(retention->ledger->db, retention->statements[END_DROPPING],
                                      "ending what had to go", why);
}

bool retention_drop(struct retention *retention, bool *worked, struct failure *why)
{
    int64_t next;
    bool at_end = false;
    bool ok;

    if (!retention->dropping.known && !read_dropping(retention, why)) {
        return false;
    }
    next = retention->dropping.next;
    if (retention->dropping.row == 0) {
        return true;
    }
    if (!retention_begin(retention, why)) {
        return false;
    }
    ok = look_again(retention, why) && choose_victims(retention, &next, &at_end, why) &&
         drop_victims(retention, at_end, why);
    ok = retention_end(retention, &retention->intervals, ok, why);
    retention->dropping.known = ok && !at_end; /* else what there is is read anew */
    retention->dropping.next = next;
    *worked = ok;
    return ok;
}
