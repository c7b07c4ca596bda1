/* SPDX-License-Identifier: MIT */

/*
 * Each rule of the header is one row of `rules`: what must be equal, what is
 * compared only where both rows tell it, and what the pair then means.
 *
 * "Only where both tell it" is no equivalence, so it cannot be hashed as it
 * stands. Rows are therefore parted into classes by what they tell. Between
 * two given classes it is known which fields both tell: these become part of
 * the key, the others do not, and pairing is a look-up. Nearly always one
 * class exists on each side, so this costs nothing.
 *
 * Rows with one key form a queue. An earlier row leaves its queue once, so the
 * work is linear also where thousands of sockets share one port.
 */

#include "collector/snapshot_diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash_index.h"

enum field {
    FIELD_STATE = 1,
    FIELD_PID = 2,
    FIELD_START = 4, /* from here on: a row may not tell it */
    FIELD_SOCKET_ID = 8,
    FIELD_CREATED_AT = 16,
};

enum {
    CLASS_SHIFT = 2, /* the optional fields of a row, shifted down, are its class */
    CLASS_COUNT = 8,
    KEY_WORDS = 10,
};

static const struct rule {
    unsigned same;     /* must be equal, protocol and ends besides */
    unsigned optional; /* must be equal where both rows tell it */
    bool partners;
    enum snapshot_change_kind kind; /* SNAPSHOT_CHANGE_COUNT: nothing changed */
} rules[] = {
    {FIELD_STATE | FIELD_PID, FIELD_START | FIELD_SOCKET_ID | FIELD_CREATED_AT, true,
     SNAPSHOT_CHANGE_COUNT},
    {FIELD_PID, FIELD_START | FIELD_SOCKET_ID | FIELD_CREATED_AT, true, SNAPSHOT_STATE_CHANGED},
    {0, FIELD_SOCKET_ID | FIELD_CREATED_AT, true, SNAPSHOT_OWNER_CHANGED},
    {FIELD_PID, FIELD_START, false, SNAPSHOT_CHANGE_COUNT},
    {0, 0, true, SNAPSHOT_OWNER_CHANGED},
};

static const char *const change_names[SNAPSHOT_CHANGE_COUNT] = {
    [SNAPSHOT_OPENED] = "opened",
    [SNAPSHOT_CLOSED] = "closed",
    [SNAPSHOT_STATE_CHANGED] = "state",
    [SNAPSHOT_OWNER_CHANGED] = "owner",
};

/* What two rows are compared by, without padding: equal bytes are equal rows. */
struct key {
    uint64_t words[KEY_WORDS];
};

/* One side of the comparison: what has no partner yet. */
struct side {
    const struct snapshot *snapshot;
    uint32_t *open; /* rows that wait for a partner, in order */
    size_t open_count;
    size_t in_class[CLASS_COUNT]; /* how many of these are in each class */
    uint8_t *class_of;            /* for each row what it tells */
};

/* The waiting rows of one key: an end of the queue is its place in `queues`. */
struct queue {
    uint32_t first;
    uint32_t last;
};

struct snapshot_diff_work {
    struct side before;
    struct side after;
    uint8_t *kind;        /* for each later row the kind of its pair */
    uint8_t *paired;      /* of the earlier rows: left the queues */
    uint32_t *next;       /* of an earlier row: the one behind it in its queue */
    struct queue *queues; /* as many as earlier rows at most */
    size_t queue_count;
    struct hash_index index; /* of queues, by key */
    size_t before_capacity;
    size_t after_capacity;
};

/* With room, so that a table that grows does not cost new arrays every time. */
static size_t with_room(size_t needed)
{
    return needed + needed / 2 + 64;
}

static void *renew(void *array, size_t count, size_t size)
{
    free(array);
    return malloc(count * size);
}

static bool reserve_before(struct snapshot_diff_work *work, size_t needed)
{
    size_t count = with_room(needed);

    if (needed < work->before_capacity) {
        return true;
    }
    work->before.open = renew(work->before.open, count, sizeof(*work->before.open));
    work->before.class_of = renew(work->before.class_of, count, sizeof(*work->before.class_of));
    work->paired = renew(work->paired, count, sizeof(*work->paired));
    work->next = renew(work->next, count, sizeof(*work->next));
    work->queues = renew(work->queues, count, sizeof(*work->queues));
    work->before_capacity = 0;
    if (work->before.open == NULL || work->before.class_of == NULL || work->paired == NULL ||
        work->next == NULL || work->queues == NULL) {
        return false;
    }
    work->before_capacity = count;
    return true;
}

static bool reserve_after(struct snapshot_diff *diff, size_t needed)
{
    struct snapshot_diff_work *work = diff->work;
    size_t count = with_room(needed);

    if (needed < work->after_capacity) {
        return true;
    }
    work->after.open = renew(work->after.open, count, sizeof(*work->after.open));
    work->after.class_of = renew(work->after.class_of, count, sizeof(*work->after.class_of));
    work->kind = renew(work->kind, count, sizeof(*work->kind));
    diff->partner = renew(diff->partner, count, sizeof(*diff->partner));
    work->after_capacity = 0;
    if (work->after.open == NULL || work->after.class_of == NULL || work->kind == NULL ||
        diff->partner == NULL) {
        return false;
    }
    work->after_capacity = count;
    return true;
}

static bool reserve(struct snapshot_diff *diff, size_t before, size_t after, struct failure *why)
{
    if (diff->work == NULL) {
        diff->work = calloc(1, sizeof(*diff->work));
    }
    if (diff->work == NULL || !reserve_before(diff->work, before) || !reserve_after(diff, after)) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to compare %zu sockets with %zu", before,
                    after);
    }
    return true;
}

static unsigned told_by(const struct socket_row *row)
{
    return (row->owner != SOCKET_NO_OWNER ? (unsigned)FIELD_START : 0) |
           (row->socket_id != 0 ? (unsigned)FIELD_SOCKET_ID : 0) |
           (row->created_at != 0 ? (unsigned)FIELD_CREATED_AT : 0);
}

static void pack_ends(struct key *key, const struct socket_row *row)
{
    memcpy(&key->words[0], row->local.address, sizeof(row->local.address));
    memcpy(&key->words[2], row->remote.address, sizeof(row->remote.address));
    key->words[4] = (uint64_t)row->local.scope_id << 32 | row->remote.scope_id;
    key->words[5] = (uint64_t)row->protocol << 48 | (uint64_t)row->local.address_size << 40 |
                    (uint64_t)row->remote.address_size << 32 | (uint64_t)row->local.port << 16 |
                    row->remote.port;
}

/* What `fields` says of the row; all other fields count as equal. */
static struct key make_key(const struct snapshot *snapshot, uint32_t at, unsigned fields)
{
    const struct socket_row *row = &snapshot->sockets[at];
    const struct process_instance *owner = snapshot_owner(snapshot, row);
    struct key key = {{0}};

    pack_ends(&key, row);
    key.words[6] = (uint64_t)((fields & FIELD_STATE) != 0 ? row->state : 0) << 32;
    if ((fields & FIELD_PID) != 0) {
        key.words[6] |= owner != NULL ? owner->pid : row->pid;
    }
    if ((fields & FIELD_START) != 0 && owner != NULL) {
        key.words[7] = owner->start;
    }
    key.words[8] = (fields & FIELD_SOCKET_ID) != 0 ? row->socket_id : 0;
    key.words[9] = (fields & FIELD_CREATED_AT) != 0 ? (uint64_t)row->created_at : 0;
    return key;
}

static bool key_equal(const struct key *a, const struct key *b)
{
    return memcmp(a->words, b->words, sizeof(a->words)) == 0;
}

/* The queue of a key; NULL where there is none. */
static struct queue *find_queue(struct snapshot_diff_work *work, const struct key *key,
                                uint64_t hash, unsigned fields)
{
    for (uint32_t at = hash_index_first(&work->index, hash); at != HASH_INDEX_END;
         at = hash_index_next(&work->index)) {
        struct key other = make_key(work->before.snapshot, work->queues[at].last, fields);

        if (key_equal(&other, key)) {
            return &work->queues[at];
        }
    }
    return NULL;
}

static bool enqueue(struct snapshot_diff_work *work, uint32_t row, unsigned fields,
                    struct failure *why)
{
    struct key key = make_key(work->before.snapshot, row, fields);
    uint64_t hash = hash_bytes(0, key.words, sizeof(key.words));
    struct queue *queue = find_queue(work, &key, hash, fields);

    work->next[row] = SNAPSHOT_NO_ROW;
    if (queue != NULL) {
        work->next[queue->last] = row;
        queue->last = row;
        return true;
    }
    work->queues[work->queue_count] = (struct queue){row, row};
    return hash_index_add(&work->index, hash, (uint32_t)work->queue_count++, why);
}

/* Takes the first earlier row that waits with this key. `last` stays: it names the key. */
static uint32_t dequeue(struct snapshot_diff_work *work, uint32_t after, unsigned fields)
{
    struct key key = make_key(work->after.snapshot, after, fields);
    uint64_t hash = hash_bytes(0, key.words, sizeof(key.words));
    struct queue *queue = find_queue(work, &key, hash, fields);
    uint32_t row;

    if (queue == NULL || queue->first == SNAPSHOT_NO_ROW) {
        return SNAPSHOT_NO_ROW;
    }
    row = queue->first;
    queue->first = work->next[row];
    return row;
}

static bool in_class(const struct side *side, uint32_t row, unsigned class, unsigned optional)
{
    return (side->class_of[row] & (optional >> CLASS_SHIFT)) == class;
}

/* Whether rows of the class wait on this side, when only `optional` fields are looked at. */
static bool class_waits(const struct side *side, unsigned class, unsigned optional)
{
    size_t count = 0;

    for (unsigned i = 0; i < CLASS_COUNT; i++) {
        count += (i & (optional >> CLASS_SHIFT)) == class ? side->in_class[i] : 0;
    }
    return count > 0;
}

static void pair(struct snapshot_diff *diff, const struct rule *rule, uint32_t before,
                 uint32_t after)
{
    struct snapshot_diff_work *work = diff->work;

    work->paired[before] = 1;
    work->before.in_class[work->before.class_of[before]]--;
    work->after.in_class[work->after.class_of[after]]--;
    if (rule->partners) {
        diff->partner[after] = before;
        work->kind[after] = (uint8_t)rule->kind;
    }
}

/* Puts the waiting earlier rows of a class into queues, and forgets those that wait no more. */
static bool fill_queues(struct snapshot_diff_work *work, const struct rule *rule, unsigned class,
                        unsigned fields, struct failure *why)
{
    struct side *side = &work->before;
    size_t waiting = 0;

    hash_index_reset(&work->index);
    work->queue_count = 0;
    for (size_t i = 0; i < side->open_count; i++) {
        uint32_t row = side->open[i];

        if (work->paired[row] != 0) {
            continue;
        }
        side->open[waiting++] = row;
        if (in_class(side, row, class, rule->optional) && !enqueue(work, row, fields, why)) {
            return false;
        }
    }
    side->open_count = waiting;
    return true;
}

/* Pairs the waiting rows of two classes by a rule. */
static bool pair_classes(struct snapshot_diff *diff, const struct rule *rule, unsigned earlier,
                         unsigned later, struct failure *why)
{
    struct snapshot_diff_work *work = diff->work;
    unsigned fields = rule->same | (earlier & later) << CLASS_SHIFT;
    size_t waiting = 0;

    if (!fill_queues(work, rule, earlier, fields, why)) {
        return false;
    }
    for (size_t i = 0; i < work->after.open_count; i++) {
        uint32_t row = work->after.open[i];
        uint32_t partner = in_class(&work->after, row, later, rule->optional)
                               ? dequeue(work, row, fields)
                               : SNAPSHOT_NO_ROW;

        if (partner != SNAPSHOT_NO_ROW) {
            pair(diff, rule, partner, row);
        } else {
            work->after.open[waiting++] = row;
        }
    }
    work->after.open_count = waiting;
    return true;
}

static int bit_count(unsigned bits)
{
    int count = 0;

    for (; bits != 0; bits &= bits - 1) {
        count++;
    }
    return count;
}

/* All pairs of classes that have `common` fields in common. */
static bool apply_rule_to(struct snapshot_diff *diff, const struct rule *rule, int common,
                          struct failure *why)
{
    unsigned told = rule->optional >> CLASS_SHIFT;

    for (unsigned earlier = 0; earlier < CLASS_COUNT; earlier++) {
        for (unsigned later = 0; later < CLASS_COUNT; later++) {
            if ((earlier & ~told) == 0 && (later & ~told) == 0 &&
                bit_count(earlier & later) == common &&
                class_waits(&diff->work->before, earlier, rule->optional) &&
                class_waits(&diff->work->after, later, rule->optional) &&
                !pair_classes(diff, rule, earlier, later, why)) {
                return false;
            }
        }
    }
    return true;
}

static bool apply_rule(struct snapshot_diff *diff, const struct rule *rule, struct failure *why)
{
    for (int common = bit_count(rule->optional); common >= 0; common--) {
        if (!apply_rule_to(diff, rule, common, why)) {
            return false;
        }
    }
    return true;
}

static void begin_side(struct side *side, const struct snapshot *snapshot)
{
    side->snapshot = snapshot;
    side->open_count = 0;
    memset(side->in_class, 0, sizeof(side->in_class));
    for (size_t i = 0; i < snapshot->socket_count; i++) {
        side->class_of[i] = (uint8_t)(told_by(&snapshot->sockets[i]) >> CLASS_SHIFT);
        side->in_class[side->class_of[i]]++;
        side->open[side->open_count++] = (uint32_t)i;
    }
}

/* Takes the rows before `from` out of the waiting ones: they have been paired. */
static void skip_rows(struct side *side, size_t from)
{
    for (size_t i = 0; i < from; i++) {
        side->in_class[side->class_of[i]]--;
    }
    memmove(side->open, side->open + from, (side->open_count - from) * sizeof(side->open[0]));
    side->open_count -= from;
}

/*
 * Two samples of a quiet machine list the same rows in the same order. As far
 * as they do, no queue is needed: the first row that waits with this key is
 * the one in the same place.
 */
static void pair_common_beginning(struct snapshot_diff *diff)
{
    const unsigned all = rules[0].same | rules[0].optional;
    struct snapshot_diff_work *work = diff->work;
    const struct snapshot *before = work->before.snapshot;
    const struct snapshot *after = work->after.snapshot;
    uint32_t i = 0;

    while (i < before->socket_count && i < after->socket_count) {
        struct key earlier = make_key(before, i, all);
        struct key later = make_key(after, i, all);

        if (work->before.class_of[i] != work->after.class_of[i] || !key_equal(&earlier, &later)) {
            break;
        }
        diff->partner[i] = i;
        work->paired[i] = 1;
        i++;
    }
    skip_rows(&work->before, i);
    skip_rows(&work->after, i);
}

static void begin(struct snapshot_diff *diff, const struct snapshot *before,
                  const struct snapshot *after)
{
    begin_side(&diff->work->before, before);
    begin_side(&diff->work->after, after);
    memset(diff->work->paired, 0, before->socket_count);
    memset(diff->work->kind, SNAPSHOT_CHANGE_COUNT, after->socket_count);
    for (size_t i = 0; i < after->socket_count; i++) {
        diff->partner[i] = SNAPSHOT_NO_ROW;
    }
    pair_common_beginning(diff);
}

static bool add_change(struct snapshot_diff *diff, enum snapshot_change_kind kind, uint32_t before,
                       uint32_t after, struct failure *why)
{
    if (diff->count == diff->change_capacity) {
        size_t capacity = with_room(diff->change_capacity);
        struct snapshot_change *changes = realloc(diff->changes, capacity * sizeof(*changes));

        if (changes == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu changes", capacity);
        }
        diff->changes = changes;
        diff->change_capacity = capacity;
    }
    diff->changes[diff->count++] = (struct snapshot_change){kind, before, after};
    return true;
}

/* Rule 4 pairs rows that are no partners: their earlier rows are closed ones too. */
static bool add_closed(struct snapshot_diff *diff, struct failure *why)
{
    const struct snapshot_diff_work *work = diff->work;
    uint8_t *continued = work->paired;

    memset(continued, 0, work->before.snapshot->socket_count);
    for (size_t i = 0; i < work->after.snapshot->socket_count; i++) {
        if (diff->partner[i] != SNAPSHOT_NO_ROW) {
            continued[diff->partner[i]] = 1;
        }
    }
    for (uint32_t i = 0; i < work->before.snapshot->socket_count; i++) {
        if (continued[i] == 0 && !add_change(diff, SNAPSHOT_CLOSED, i, SNAPSHOT_NO_ROW, why)) {
            return false;
        }
    }
    return true;
}

static bool add_changed(struct snapshot_diff *diff, struct failure *why)
{
    for (uint32_t i = 0; i < diff->work->after.snapshot->socket_count; i++) {
        enum snapshot_change_kind kind = (enum snapshot_change_kind)diff->work->kind[i];

        if (kind != SNAPSHOT_CHANGE_COUNT && !add_change(diff, kind, diff->partner[i], i, why)) {
            return false;
        }
    }
    return true;
}

static bool add_opened(struct snapshot_diff *diff, struct failure *why)
{
    for (uint32_t i = 0; i < diff->work->after.snapshot->socket_count; i++) {
        if (diff->partner[i] == SNAPSHOT_NO_ROW &&
            !add_change(diff, SNAPSHOT_OPENED, SNAPSHOT_NO_ROW, i, why)) {
            return false;
        }
    }
    return true;
}

static bool make_diff(struct snapshot_diff *diff, const struct snapshot *before,
                      const struct snapshot *after, struct failure *why)
{
    if (!reserve(diff, before->socket_count, after->socket_count, why)) {
        return false;
    }
    begin(diff, before, after);
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (!apply_rule(diff, &rules[i], why)) {
            return false;
        }
    }
    return add_closed(diff, why) && add_changed(diff, why) && add_opened(diff, why);
}

bool snapshot_diff_make(struct snapshot_diff *diff, const struct snapshot *before,
                        const struct snapshot *after, struct failure *why)
{
    diff->count = 0;
    if (!make_diff(diff, before, after, why)) {
        diff->count = 0;
        return false;
    }
    return true;
}

void snapshot_diff_clear(struct snapshot_diff *diff)
{
    struct snapshot_diff_work *work = diff->work;

    if (work != NULL) {
        free(work->before.open);
        free(work->before.class_of);
        free(work->after.open);
        free(work->after.class_of);
        free(work->kind);
        free(work->paired);
        free(work->next);
        free(work->queues);
        hash_index_clear(&work->index);
        free(work);
    }
    free(diff->changes);
    free(diff->partner);
    *diff = (struct snapshot_diff){0};
}

const char *snapshot_change_name(enum snapshot_change_kind kind)
{
    return (int)kind >= 0 && kind < SNAPSHOT_CHANGE_COUNT ? change_names[kind] : "unknown";
}
