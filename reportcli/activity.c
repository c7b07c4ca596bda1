/* SPDX-License-Identifier: MIT */

#include "reportcli/activity.h"

#include <stdlib.h>
#include <string.h>

#include "base/pattern.h"
#include "collector/process_instance.h"
#include "reportcli/known_names.h"
#include "store/ledger_tree.h"
#include "store/profile_fold.h"

/* Nothing lasts longer (139 years): what a damaged ledger says beyond that is left out. */
#define LONGEST ((int64_t)1 << 42)

/* An owner whose row was looked at for what is of interest. */
struct looked_at {
    int64_t owner;
    uint32_t row;
};

/* A sum in the making. */
struct counting {
    struct activity *activity;
    const struct activity_question *question;
    struct hours_of_day hours;
    struct listeners listeners;
    struct hash_index row_places;
    struct hash_index thing_places;
    struct hash_index looked_places;
    struct looked_at *looked; /* a pair of row and owner each */
    size_t looked_count;
    size_t looked_capacity;
    struct ledger *ledger;
    size_t row_capacity;
    size_t thing_capacity;
    int64_t quarter; /* for which `offset` was asked last */
    int offset;
    struct failure *why;
    bool failed;
};

/*
 * Time.
 */

enum { QUARTER_MS = 900000, THURSDAY = 3 }; /* 1970 began with one */

static int64_t floor_div(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

static int64_t offset_at(struct counting *counting, int64_t at)
{
    int64_t quarter = floor_div(at, QUARTER_MS);

    if (quarter != counting->quarter) {
        counting->quarter = quarter;
        counting->offset = counting->question->zone_offset(quarter * QUARTER_MS);
    }
    return (int64_t)counting->offset * 1000;
}

/* A piece ends at midnight by the offset at its beginning: on the days of a clock change that is
 * an hour early or late, which a weekday can bear. */
static void add_days(struct counting *counting, int64_t from, int64_t until,
                     int64_t days[DAYS_OF_WEEK])
{
    while (from < until) {
        int64_t offset = offset_at(counting, from);
        int64_t day = floor_div(from + offset, PROFILE_DAY_MS);
        int64_t end = (day + 1) * PROFILE_DAY_MS - offset;
        int64_t weekday = (day + THURSDAY) % DAYS_OF_WEEK;

        end = end > until ? until : end;
        days[weekday < 0 ? weekday + DAYS_OF_WEEK : weekday] += end - from;
        from = end;
    }
}

static void add_time(struct counting *counting, int64_t from, int64_t until, int64_t *sum,
                     int64_t hours[HOURS_OF_DAY], int64_t days[DAYS_OF_WEEK])
{
    if (from >= until) {
        return;
    }
    *sum += until - from;
    hours_of_day_add(&counting->hours, from, until, hours);
    add_days(counting, from, until, days);
}

static void clip(const struct activity *activity, int64_t *from, int64_t *until)
{
    *from = *from < activity->since ? activity->since : *from;
    *until = *until > activity->until ? activity->until : *until;
}

static bool widen(void *context, const struct ledger_stretch *stretch)
{
    struct activity *activity = context;

    if (stretch->begin_at < activity->since) {
        activity->since = stretch->begin_at;
    }
    if (stretch->end_at > activity->until) {
        activity->until = stretch->end_at;
    }
    return true;
}

static bool count_watched(void *context, const struct ledger_stretch *stretch)
{
    struct counting *counting = context;
    struct activity *activity = counting->activity;
    int64_t from = stretch->begin_at;
    int64_t until = stretch->end_at;

    clip(activity, &from, &until);
    add_time(counting, from, until, &activity->watched, activity->hours_watched,
             activity->days_watched);
    return true;
}

static int64_t until_of(const struct activity_question *question)
{
    return question->filter.until == 0 ? INT64_MAX : question->filter.until;
}

/* From the first to the last watched moment of the range. */
static bool find_range(struct counting *counting, struct ledger *ledger, struct failure *why)
{
    struct activity *activity = counting->activity;
    int64_t since = counting->question->filter.since;
    int64_t until = until_of(counting->question);

    activity->since = INT64_MAX;
    activity->until = INT64_MIN;
    if (!ledger_walk_coverage(ledger, since, until, widen, activity, why)) {
        return false;
    }
    if (activity->since > activity->until) {
        activity->since = activity->until = 0; /* nothing was watched */
        return true;
    }
    activity->since = activity->since < since ? since : activity->since;
    activity->until = activity->until > until ? until : activity->until;
    if (activity->until - LONGEST > activity->since) {
        activity->since = activity->until - LONGEST;
    }
    return true;
}

/*
 * Texts, rows and things.
 */

static size_t add_text(struct activity *activity, const char *text)
{
    size_t at = activity->texts.size;

    if (text == NULL || text[0] == '\0') {
        return 0;
    }
    text_add_bytes(&activity->texts, text, strlen(text) + 1);
    return at;
}

static bool is_text(const struct activity *activity, size_t at, const char *text)
{
    return strcmp(text_bytes(&activity->texts) + at, text == NULL ? "" : text) == 0;
}

/* One more item of an array; NULL, with the failure kept, where memory ran out. */
static void *grow(struct counting *counting, void *items, size_t count, size_t *capacity,
                  size_t size)
{
    size_t more = *capacity == 0 ? 64 : *capacity * 2;
    void *grown;

    if (count < *capacity) {
        return items;
    }
    grown = realloc(items, more * size);
    if (grown == NULL) {
        counting->failed = true;
        (void)FAIL(counting->why, FAILURE_MEMORY, 0, "no memory for what was done");
        return NULL;
    }
    *capacity = more;
    return grown;
}

/* What a row is told apart by. */
struct row_key {
    const char *name;
    int64_t instance;
    uint8_t protocol;
    uint16_t port;
    bool elsewhere;
};

static uint64_t hash_row(const struct row_key *key)
{
    const uint8_t small[] = {key->protocol, (uint8_t)(key->port >> 8), (uint8_t)key->port,
                             key->elsewhere};
    uint64_t hash = hash_bytes(0, small, sizeof(small));

    hash = hash_bytes(hash, &key->instance, sizeof(key->instance));
    return key->name == NULL ? hash : hash_bytes(hash, key->name, strlen(key->name));
}

static bool is_row(const struct activity *activity, const struct activity_row *row,
                   const struct row_key *key, bool named_by_path)
{
    return row->port == key->port && row->protocol == key->protocol &&
           row->elsewhere == key->elsewhere && row->instance == key->instance &&
           is_text(activity, named_by_path ? row->path : row->name, key->name);
}

/* Applications are told apart by the whole path; people see the name. */
static bool is_named_by_path(const struct counting *counting)
{
    return counting->question->by == ACTIVITY_BY_APPLICATION;
}

/* NULL where there is no room for another one, or no memory. *is_new: it has just been made. */
static struct activity_row *find_row(struct counting *counting, const struct row_key *key,
                                     bool *is_new)
{
    struct activity *activity = counting->activity;
    uint64_t hash = hash_row(key);
    struct activity_row *rows;

    *is_new = false;
    for (uint32_t at = hash_index_first(&counting->row_places, hash); at != HASH_INDEX_END;
         at = hash_index_next(&counting->row_places)) {
        if (is_row(activity, &activity->rows[at], key, is_named_by_path(counting))) {
            return &activity->rows[at];
        }
    }
    if (activity->count == ACTIVITY_ROWS) {
        activity->rows_left_out++;
        return NULL;
    }
    rows = grow(counting, activity->rows, activity->count, &counting->row_capacity, sizeof(*rows));
    if (rows == NULL) {
        return NULL;
    }
    activity->rows = rows;
    if (!hash_index_add(&counting->row_places, hash, (uint32_t)activity->count, counting->why)) {
        counting->failed = true;
        return NULL;
    }
    rows[activity->count] = (struct activity_row){.instance = key->instance,
                                                  .protocol = key->protocol,
                                                  .port = key->port,
                                                  .elsewhere = key->elsewhere,
                                                  .things = ACTIVITY_NONE,
                                                  .first_seen_at = INT64_MAX,
                                                  .last_seen_at = INT64_MIN,
                                                  .daily_day = INT64_MIN};
    *is_new = true;
    return &rows[activity->count++];
}

static uint64_t hash_thing(const struct activity_thing *key, const char *text)
{
    const uint8_t small[] = {key->kind, key->protocol, (uint8_t)(key->port >> 8),
                             (uint8_t)key->port};
    uint64_t hash = hash_bytes(key->row, small, sizeof(small));

    if (key->end.address_size != 0) {
        hash = hash_bytes(hash, key->end.address, key->end.address_size);
    }
    return text == NULL ? hash : hash_bytes(hash, text, strlen(text));
}

static bool is_thing(const struct activity *activity, const struct activity_thing *thing,
                     const struct activity_thing *key, const char *text)
{
    return thing->row == key->row && thing->kind == key->kind && thing->protocol == key->protocol &&
           thing->port == key->port && thing->end.address_size == key->end.address_size &&
           thing->end.scope_id == key->end.scope_id &&
           memcmp(thing->end.address, key->end.address, sizeof(key->end.address)) == 0 &&
           is_text(activity, thing->text, text);
}

static struct activity_thing *make_thing(struct counting *counting,
                                         const struct activity_thing *key, const char *text)
{
    struct activity *activity = counting->activity;
    struct activity_row *row = &activity->rows[key->row];
    struct activity_thing *things;

    if (activity->thing_count == ACTIVITY_THINGS) {
        activity->things_left_out++;
        return NULL;
    }
    things = grow(counting, activity->things, activity->thing_count, &counting->thing_capacity,
                  sizeof(*things));
    if (things == NULL) {
        return NULL;
    }
    activity->things = things;
    if (!hash_index_add(&counting->thing_places, hash_thing(key, text),
                        (uint32_t)activity->thing_count, counting->why)) {
        counting->failed = true;
        return NULL;
    }
    things += activity->thing_count;
    *things = *key;
    things->text = add_text(activity, text);
    things->first_seen_at = INT64_MAX;
    things->next = row->things;
    row->things = (uint32_t)activity->thing_count++;
    return things;
}

static uint32_t find_thing(struct counting *counting, const struct activity_thing *key,
                           const char *text)
{
    const struct activity *activity = counting->activity;
    uint32_t place = hash_index_first(&counting->thing_places, hash_thing(key, text));

    while (place != HASH_INDEX_END && !is_thing(activity, &activity->things[place], key, text)) {
        place = hash_index_next(&counting->thing_places);
    }
    return place;
}

static bool count_interest(struct counting *counting, const struct activity_thing *about,
                           int64_t at);

/* `count` more, seen at `at`; `count` may be 0. False where there was no room. */
static bool count_thing(struct counting *counting, const struct activity_thing *key,
                        const char *text, int64_t count, int64_t at)
{
    uint32_t place = find_thing(counting, key, text);
    bool is_new = place == HASH_INDEX_END;
    struct activity_thing *thing =
        is_new ? make_thing(counting, key, text) : &counting->activity->things[place];

    if (thing == NULL) {
        return false;
    }
    thing->count += count;
    thing->first_seen_at = at < thing->first_seen_at ? at : thing->first_seen_at;
    return !is_new || count_interest(counting, key, at);
}

/*
 * What is of interest.
 */

static bool concerns(const struct interest_entry *entry, const struct activity_thing *about)
{
    switch (about->kind) {
    case ACTIVITY_LISTENS:
    case ACTIVITY_CONNECTS:
        return about->port >= 0 && interest_has_port(entry, about->protocol, (uint16_t)about->port);
    case ACTIVITY_PEER:
        return interest_has_address(entry, &about->end);
    default:
        return false;
    }
}

static bool mark(struct counting *counting, uint32_t row, size_t entry, int64_t at)
{
    const struct activity_thing key = {.row = row, .kind = ACTIVITY_INTEREST, .port = (int)entry};

    return count_thing(counting, &key, NULL, 1, at);
}

static bool count_interest(struct counting *counting, const struct activity_thing *about,
                           int64_t at)
{
    const struct interest *interest = counting->question->interest;

    for (size_t i = 0; interest != NULL && about->kind != ACTIVITY_INTEREST && i < interest->count;
         i++) {
        if (concerns(&interest->entries[i], about) && !mark(counting, about->row, i, at)) {
            return !counting->failed;
        }
    }
    return true;
}

static void mark_modules(struct counting *counting, uint32_t row, int64_t owner, int64_t at)
{
    static const struct ledger_module_question all = {0};
    const struct interest *interest = counting->question->interest;
    const struct process_instance *process;
    struct failure unread;

    /* What retention has dropped meanwhile has no modules any more. */
    if (owner == 0 || !ledger_read_modules(counting->ledger, owner, &all, &process, &unread)) {
        return;
    }
    for (size_t i = 0; i < interest->count; i++) {
        const struct interest_entry *entry = &interest->entries[i];
        bool had = false;

        for (size_t k = 0; process->modules != NULL && k < process->modules->count && !had; k++) {
            had = interest_has_module(entry, process->modules->modules[k].image->path);
        }
        if (had) {
            (void)mark(counting, row, i, at);
        }
    }
    process_instance_release(process);
}

static void mark_owner(struct counting *counting, uint32_t row,
                       const struct ledger_interval *interval)
{
    const struct interest *interest = counting->question->interest;
    const struct process_instance *owner = interval->owner;
    const char *user = owner->user == NULL ? NULL : account_name(owner->user);
    bool modules = false;

    for (size_t i = 0; i < interest->count; i++) {
        const struct interest_entry *entry = &interest->entries[i];

        modules = modules || entry->kind == INTEREST_MODULE;
        if (interest_has_program(entry, process_instance_shown_name(owner), owner->path) ||
            interest_has_user(entry, user) ||
            (owner->user != NULL && interest_has_user(entry, owner->user->id))) {
            (void)mark(counting, row, i, interval->opened_at);
        }
    }
    if (modules) {
        mark_modules(counting, row, interval->owner_id, interval->opened_at);
    }
}

/* Whether this owner of this row is met for the first time. */
static bool is_first(struct counting *counting, uint32_t row, int64_t owner)
{
    uint64_t hash = hash_bytes(row, &owner, sizeof(owner));
    struct looked_at *looked;

    for (uint32_t at = hash_index_first(&counting->looked_places, hash); at != HASH_INDEX_END;
         at = hash_index_next(&counting->looked_places)) {
        if (counting->looked[at].owner == owner && counting->looked[at].row == row) {
            return false;
        }
    }
    if (counting->looked_count == ACTIVITY_THINGS) {
        counting->activity->things_left_out++;
        return false;
    }
    looked = grow(counting, counting->looked, counting->looked_count, &counting->looked_capacity,
                  sizeof(*looked));
    if (looked == NULL) {
        return false;
    }
    counting->looked = looked;
    if (!hash_index_add(&counting->looked_places, hash, (uint32_t)counting->looked_count,
                        counting->why)) {
        counting->failed = true;
        return false;
    }
    looked[counting->looked_count++] = (struct looked_at){.owner = owner, .row = row};
    return true;
}

/* Of who it is, and what it had loaded: once an owner. */
static void look_at_owner(struct counting *counting, uint32_t row,
                          const struct ledger_interval *interval)
{
    if (counting->question->interest != NULL && interval->owner != NULL &&
        is_first(counting, row, interval->owner_id)) {
        mark_owner(counting, row, interval);
    }
}

/*
 * Intervals.
 */

/* Behind the last separator of either system. */
static const char *base_of(const char *path)
{
    const char *base = path;

    for (const char *c = path; *c != '\0'; c++) {
        base = *c == '/' || *c == '\\' ? c + 1 : base;
    }
    return base;
}

static const char *application_of(const struct process_instance *owner)
{
    if (owner == NULL) {
        return NULL;
    }
    return owner->path != NULL ? owner->path : owner->name;
}

static const char *user_of(const struct process_instance *owner)
{
    const char *name;

    if (owner == NULL || owner->user == NULL) {
        return NULL;
    }
    name = account_name(owner->user);
    return name != NULL ? name : owner->user->id;
}

static struct row_key key_of(const struct counting *counting,
                             const struct ledger_interval *interval, enum listeners_way direction)
{
    const struct socket_row *socket = &interval->socket;

    switch (counting->question->by) {
    case ACTIVITY_BY_USER:
        return (struct row_key){.name = user_of(interval->owner)};
    case ACTIVITY_BY_SERVICE:
        return (struct row_key){.name = interval->service};
    case ACTIVITY_BY_INSTANCE:
        return (struct row_key){
            .name = interval->owner == NULL ? NULL : process_instance_shown_name(interval->owner),
            .instance = interval->owner_id};
    case ACTIVITY_BY_PORT:
        return (struct row_key){
            .protocol = socket->protocol,
            .port = direction == LISTENERS_OUTBOUND ? socket->remote.port : socket->local.port,
            .elsewhere = direction == LISTENERS_OUTBOUND,
        };
    default:
        return (struct row_key){.name = application_of(interval->owner)};
    }
}

/* What the first interval of a row tells of it. */
static void describe(struct counting *counting, struct activity_row *row, const struct row_key *key,
                     const struct ledger_interval *interval)
{
    struct activity *activity = counting->activity;
    const struct process_instance *owner = interval->owner;
    enum activity_by by = counting->question->by;

    row->path = by == ACTIVITY_BY_APPLICATION ? add_text(activity, key->name) : 0;
    row->name =
        add_text(activity, by == ACTIVITY_BY_APPLICATION && key->name != NULL ? base_of(key->name)
                                                                              : key->name);
    if (owner == NULL || (by != ACTIVITY_BY_APPLICATION && by != ACTIVITY_BY_INSTANCE)) {
        return;
    }
    row->misplaced = known_name_is_misplaced(owner->path, process_instance_shown_name(owner));
    if (by == ACTIVITY_BY_INSTANCE) {
        row->path = add_text(activity, owner->path);
        row->user = add_text(activity, user_of(owner));
        row->pid = owner->pid;
        row->started_at = owner->started_at;
    }
}

static void count_direction(struct activity_row *row, enum listeners_way direction)
{
    row->inbound += direction == LISTENERS_INBOUND ? 1 : 0;
    row->outbound += direction == LISTENERS_OUTBOUND ? 1 : 0;
    row->undirected += direction == LISTENERS_UNDIRECTED ? 1 : 0;
}

static bool count_things(struct counting *counting, uint32_t place,
                         const struct ledger_interval *interval, enum listeners_way direction)
{
    const struct socket_row *socket = &interval->socket;
    enum activity_by by = counting->question->by;
    int64_t at = interval->opened_at;
    int64_t count = listeners_begins(interval) ? 1 : 0;
    struct activity_thing key = {.row = place, .protocol = socket->protocol};

    if (direction == LISTENERS_LISTENS || direction == LISTENERS_OUTBOUND) {
        key.kind = direction == LISTENERS_LISTENS ? ACTIVITY_LISTENS : ACTIVITY_CONNECTS;
        key.port = direction == LISTENERS_LISTENS ? socket->local.port : socket->remote.port;
        (void)count_thing(counting, &key, NULL, count, at);
    }
    if (socket->remote.address_size != 0) {
        key = (struct activity_thing){.row = place, .kind = ACTIVITY_PEER, .end = socket->remote};
        key.end.port = 0;
        (void)count_thing(counting, &key, NULL, count, at);
    }
    key = (struct activity_thing){.row = place, .kind = ACTIVITY_SERVICE};
    if (interval->service != NULL && by != ACTIVITY_BY_SERVICE) {
        (void)count_thing(counting, &key, interval->service, count, at);
    }
    key.kind = ACTIVITY_APPLICATION;
    if (interval->owner != NULL && by != ACTIVITY_BY_APPLICATION && by != ACTIVITY_BY_INSTANCE) {
        (void)count_thing(counting, &key, application_of(interval->owner), count, at);
    }
    return !counting->failed;
}

/*
 * Within a stretch intervals come by the time of their opening, so that what
 * was counted of a row is known by one number.
 */
static void count_open(struct counting *counting, struct activity_row *row,
                       const struct ledger_interval *interval)
{
    int64_t from = interval->opened_at;
    int64_t until = interval->closed_at;
    bool same_stretch = row->stretch_id == interval->stretch_id;

    clip(counting->activity, &from, &until);
    if (same_stretch && from < row->counted_until) {
        from = row->counted_until;
    }
    add_time(counting, from, until, &row->open, row->hours, row->days);
    row->counted_until = same_stretch && row->counted_until > until ? row->counted_until : until;
    row->stretch_id = interval->stretch_id;
}

static void count_seen(struct activity_row *row, int64_t from, int64_t until)
{
    row->first_seen_at = from < row->first_seen_at ? from : row->first_seen_at;
    row->last_seen_at = until > row->last_seen_at ? until : row->last_seen_at;
}

/* It was dropped, and is only not deleted yet: the daily rows have it. */
static bool is_dropped(const struct activity_question *question,
                       const struct ledger_interval *interval)
{
    const struct ledger_position end = {interval->stretch_id, interval->closed_at};

    return question->daily && question->dropped.stretch != 0 && interval->ending != LEDGER_OPEN &&
           ledger_position_compare(&end, &question->dropped) <= 0;
}

static bool count_interval(void *context, const struct ledger_interval *interval)
{
    struct counting *counting = context;
    enum listeners_way direction = listeners_way(&counting->listeners, interval);
    struct row_key key = key_of(counting, interval, direction);
    bool is_new;
    struct activity_row *row;
    uint32_t place;

    if ((counting->question->by == ACTIVITY_BY_SERVICE && key.name == NULL) ||
        is_dropped(counting->question, interval)) {
        return true;
    }
    row = find_row(counting, &key, &is_new);
    if (row == NULL) {
        return !counting->failed;
    }
    place = (uint32_t)(row - counting->activity->rows);
    if (is_new) {
        describe(counting, row, &key, interval);
    }
    count_seen(row, interval->opened_at, interval->closed_at);
    count_open(counting, row, interval);
    row->intervals++;
    if (interval->socket.state == SOCKET_SYN_SENT) {
        row->waiting++;
    } else if (listeners_begins(interval)) {
        count_direction(row, direction);
    }
    look_at_owner(counting, place, interval);
    return count_things(counting, place, interval, direction);
}

/*
 * Daily rows.
 */

static struct row_key daily_key(const struct counting *counting,
                                const struct ledger_daily_row *daily)
{
    switch (counting->question->by) {
    case ACTIVITY_BY_USER:
        return (struct row_key){.name = daily->user};
    case ACTIVITY_BY_PORT:
        return (struct row_key){
            .protocol = (uint8_t)daily->protocol,
            .port = (uint16_t)(daily->port == PROFILE_OTHERS ? 0 : daily->port),
            .elsewhere = daily->direction == PROFILE_OUTBOUND,
        };
    default:
        return (struct row_key){.name = daily->application};
    }
}

static bool daily_matches(const struct ledger_filter *filter, const struct ledger_daily_row *daily)
{
    if ((filter->protocol != 0 && filter->protocol != daily->protocol) ||
        (filter->port != 0 && filter->port != daily->port) ||
        (filter->path != NULL &&
         (daily->application == NULL || !pattern_matches(filter->path, daily->application))) ||
        (filter->process != NULL &&
         (daily->application == NULL ||
          !text_equal_fold(base_of(daily->application), filter->process)))) {
        return false;
    }
    return filter->user == NULL ||
           (daily->user != NULL && text_equal_fold(daily->user, filter->user)) ||
           (daily->user_id != NULL && text_equal_fold(daily->user_id, filter->user));
}

/*
 * The rows of one port and day add up to how long it was in use; how those of several ports lie
 * to each other is lost: the longest alone is certain.
 */
static void count_daily_open(struct activity_row *row, const struct ledger_daily_row *daily)
{
    if (row->daily_day != daily->day) {
        row->daily_day = daily->day;
        row->daily_of_day = 0;
    }
    if (daily->covered > row->daily_of_day) {
        row->daily_open += daily->covered - row->daily_of_day;
        row->daily_of_day = daily->covered;
    }
}

static void count_daily_things(struct counting *counting, uint32_t place,
                               const struct ledger_daily_row *daily)
{
    struct activity_thing key = {.row = place, .protocol = (uint8_t)daily->protocol};

    if (daily->port != PROFILE_OTHERS &&
        (daily->direction == PROFILE_LISTENER || daily->direction == PROFILE_OUTBOUND)) {
        key.kind = daily->direction == PROFILE_LISTENER ? ACTIVITY_LISTENS : ACTIVITY_CONNECTS;
        key.port = daily->port;
        (void)count_thing(counting, &key, NULL, daily->intervals, daily->first_seen_at);
    }
    if (daily->peers == LEDGER_DAILY_ONE_PEER && daily->peer.address_size != 0) {
        key = (struct activity_thing){.row = place, .kind = ACTIVITY_PEER, .end = daily->peer};
        (void)count_thing(counting, &key, NULL, daily->intervals, daily->first_seen_at);
    }
    if (daily->application != NULL && counting->question->by != ACTIVITY_BY_APPLICATION) {
        key = (struct activity_thing){.row = place, .kind = ACTIVITY_APPLICATION};
        (void)count_thing(counting, &key, daily->application, daily->intervals,
                          daily->first_seen_at);
    }
}

static void describe_daily(struct counting *counting, struct activity_row *row,
                           const struct row_key *key)
{
    struct activity *activity = counting->activity;
    bool application = counting->question->by == ACTIVITY_BY_APPLICATION;

    row->path = application ? add_text(activity, key->name) : 0;
    row->name =
        add_text(activity, application && key->name != NULL ? base_of(key->name) : key->name);
    row->misplaced = application && strpbrk(key->name == NULL ? "" : key->name, "/\\") != NULL &&
                     known_name_is_misplaced(key->name, NULL);
}

static bool count_daily(void *context, const struct ledger_daily_row *daily)
{
    struct counting *counting = context;
    struct row_key key = daily_key(counting, daily);
    bool is_new;
    struct activity_row *row;

    if (!daily_matches(&counting->question->filter, daily)) {
        return true;
    }
    row = find_row(counting, &key, &is_new);
    if (row == NULL) {
        return !counting->failed;
    }
    if (is_new) {
        describe_daily(counting, row, &key);
    }
    count_seen(row, daily->first_seen_at, daily->last_seen_at);
    count_daily_open(row, daily);
    row->daily_intervals += daily->intervals;
    count_daily_things(counting, (uint32_t)(row - counting->activity->rows), daily);
    return !counting->failed;
}

/*
 * All of it.
 */

static bool count_all(struct counting *counting, struct ledger *ledger, struct failure *why)
{
    const struct activity_question *question = counting->question;
    struct activity *activity = counting->activity;
    int64_t until = until_of(question);

    text_add_bytes(&activity->texts, "", 1);
    if (!find_range(counting, ledger, why) ||
        !hours_of_day_open(&counting->hours, question->zone_offset, activity->since,
                           activity->until, why) ||
        !ledger_walk_coverage(ledger, question->filter.since, until, count_watched, counting,
                              why) ||
        !listeners_read(&counting->listeners, ledger, question->filter.since,
                        question->filter.until, why)) {
        return false;
    }
    /* Daily rows come last: where there is no room, what was kept whole counts more. */
    return ledger_walk_intervals(ledger, &question->filter, count_interval, counting, why) &&
           !counting->failed &&
           (!question->daily || ledger_walk_daily(ledger, activity->since, activity->until,
                                                  count_daily, counting, why)) &&
           !counting->failed && text_ok(&activity->texts, why);
}

bool activity_read(struct activity *activity, struct ledger *ledger,
                   const struct activity_question *question, struct failure *why)
{
    struct counting counting = {.activity = activity,
                                .question = question,
                                .ledger = ledger,
                                .quarter = INT64_MIN,
                                .why = why};
    bool done;

    activity_clear(activity);
    done = count_all(&counting, ledger, why);
    activity->listeners_left_out = counting.listeners.left_out;
    hours_of_day_close(&counting.hours);
    listeners_clear(&counting.listeners);
    hash_index_clear(&counting.row_places);
    hash_index_clear(&counting.thing_places);
    hash_index_clear(&counting.looked_places);
    free(counting.looked);
    if (!done) {
        activity_clear(activity);
    }
    return done;
}

void activity_clear(struct activity *activity)
{
    free(activity->rows);
    free(activity->things);
    text_clear(&activity->texts);
    *activity = (struct activity){0};
}
