/* SPDX-License-Identifier: MIT */

#include "store/ledger_tree.h"

#include <inttypes.h>
#include <stdlib.h>

#include "store/database.h"
#include "store/ledger_handle.h"
#include "store/ledger_rows.h"

enum {
    BATCH = 256,     /* processes that are read before any of them is visited */
    CHUNK = 1 << 17, /* ids that are looked through in one read transaction */
    GENERATIONS = 64,
};

/* A stretch that was asked for last: processes that come one after the other often share it. */
struct known_stretch {
    int64_t id; /* 0: none yet */
    int64_t begin_at;
    int64_t end_at;
};

struct walk {
    struct ledger *ledger;
    ledger_process_fn *visit;
    void *context;
    bool stopped;

    struct ledger_process_list batch;
    struct ledger_process_run *runs; /* of the batch; refer to its instances */
    size_t run_count;                /* that are to be visited */
    size_t run_capacity;
    struct known_stretch first; /* of a process */
    struct known_stretch last;  /* likewise */
    int64_t newest_end;         /* up to when what is still there was seen */
};

static void clear_walk(struct walk *walk)
{
    ledger_process_list_clear(&walk->batch);
    free(walk->runs);
}

/* All of it is 0 but the id where there is no such stretch. */
static bool know_stretch(struct walk *walk, struct known_stretch *known, int64_t id,
                         struct failure *why)
{
    struct ledger_stretch_rows rows = {.stretch = {.id = 0}};
    bool found;

    if (known->id == id) {
        return true;
    }
    if (!ledger_rows_stretch(walk->ledger, id, &rows, &found, why)) {
        return false;
    }
    *known = (struct known_stretch){id, rows.stretch.begin_at, rows.stretch.end_at};
    return true;
}

static bool find_newest(struct walk *walk, struct failure *why)
{
    struct ledger_stretch_rows rows = {.stretch = {.end_at = 0}};
    bool found;

    if (!ledger_rows_newest(walk->ledger, &rows, &found, why)) {
        return false;
    }
    walk->newest_end = rows.stretch.end_at;
    return true;
}

static bool find_ending(struct walk *walk, const struct ledger_process *process,
                        struct ledger_process_run *run, struct failure *why)
{
    if (process->last_stretch == 0) {
        run->ending = LEDGER_OPEN;
        run->ended_at = walk->newest_end;
        return true;
    }
    if (process->gone_at != INT64_MAX) {
        run->ending = LEDGER_CLOSED;
        run->ended_at = process->gone_at;
        return true;
    }
    if (!know_stretch(walk, &walk->last, process->last_stretch, why)) {
        return false;
    }
    run->ending = LEDGER_CUT;
    run->ended_at = walk->last.end_at;
    return true;
}

static bool make_run(struct walk *walk, const struct ledger_process *process,
                     struct ledger_process_run *run, struct failure *why)
{
    if (!know_stretch(walk, &walk->first, process->first_stretch, why)) {
        return false;
    }
    *run = (struct ledger_process_run){
        .id = process->id,
        .boot_id = process->boot_id,
        .first_stretch = process->first_stretch,
        .first_seen_at = process->first_seen_at,
        .at_begin = process->first_seen_at == walk->first.begin_at,
        .instance = process->instance,
    };
    return ledger_rows_parent(walk->ledger, process, &run->parent_id, why) &&
           find_ending(walk, process, run, why);
}

static bool reserve_runs(struct walk *walk, struct failure *why)
{
    struct ledger_process_run *runs;

    if (walk->batch.count <= walk->run_capacity) {
        return true;
    }
    runs = realloc(walk->runs, walk->batch.count * sizeof(*runs));
    if (runs == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu processes", walk->batch.count);
    }
    walk->runs = runs;
    walk->run_capacity = walk->batch.count;
    return true;
}

/* What the batch's processes are visited with. Inside of the transaction that read them. */
static bool make_runs(struct walk *walk, struct failure *why)
{
    if (!reserve_runs(walk, why) || !find_newest(walk, why)) {
        return false;
    }
    for (size_t i = 0; i < walk->batch.count; i++) {
        if (!make_run(walk, &walk->batch.items[i], &walk->runs[i], why)) {
            return false;
        }
    }
    walk->run_count = walk->batch.count;
    return true;
}

static void visit_batch(struct walk *walk)
{
    for (size_t i = 0; i < walk->run_count && !walk->stopped; i++) {
        walk->stopped = !walk->visit(walk->context, &walk->runs[i]);
    }
    ledger_process_list_clear(&walk->batch);
}

/* A range of time, and the stretch of it that is walked. */
struct range {
    int64_t since;
    int64_t until;
    struct ledger_stretch_rows stretch;
    int64_t before; /* the stretch that was walked before; 0: none */
    int64_t low;    /* what was first seen in it and in the range, but not when it begins */
    int64_t high;
};

/* Whoever ran in the stretch before and still runs has been visited there. */
static bool was_visited(const struct range *range, const struct ledger_process *process)
{
    return range->before != 0 &&
           (process->first_stretch < range->before ||
            (process->first_stretch == range->before && process->first_seen_at <= range->until));
}

static void drop_visited(struct ledger_process_list *list, const struct range *range)
{
    size_t kept = 0;

    for (size_t i = 0; i < list->count; i++) {
        if (was_visited(range, &list->items[i])) {
            process_instance_release(list->items[i].instance);
        } else {
            list->items[kept++] = list->items[i];
        }
    }
    list->count = kept;
}

/* Those that ran when the range begins, or the stretch. */
static bool read_running(struct walk *walk, struct range *range, struct failure *why)
{
    const struct ledger_stretch *stretch = &range->stretch.stretch;
    int64_t at = stretch->begin_at > range->since ? stretch->begin_at : range->since;

    if (!ledger_rows_alive_at(walk->ledger, &range->stretch, at, &walk->batch, why) ||
        !ledger_rows_process_after(walk->ledger, &range->stretch, at, &range->low, why) ||
        !ledger_rows_process_after(walk->ledger, &range->stretch, range->until, &range->high,
                                   why)) {
        return false;
    }
    range->high -= 1;
    drop_visited(&walk->batch, range);
    return make_runs(walk, why);
}

static bool begin_stretch(struct walk *walk, struct range *range, bool *found, struct failure *why)
{
    range->before = range->stretch.stretch.id;
    if (!ledger_begin_read(walk->ledger, why)) {
        return false;
    }
    return ledger_end_read(walk->ledger,
                           ledger_rows_stretch_touching(walk->ledger, range->before, range->since,
                                                        range->until, &range->stretch, found,
                                                        why) &&
                               (!*found || read_running(walk, range, why)),
                           why);
}

/* A batch of the statement's, which is bound but for its range of ids. */
static bool read_ids(struct walk *walk, enum ledger_rows_statement which, int64_t low, int64_t high,
                     struct failure *why)
{
    sqlite3_stmt *statement = walk->ledger->rows[which];

    database_bind(statement, ":low", low);
    database_bind(statement, ":high", high);
    database_bind(statement, ":limit", BATCH);
    return ledger_rows_read_processes(walk->ledger, which, &walk->batch, why) &&
           make_runs(walk, why);
}

static bool walk_new(struct walk *walk, const struct range *range, struct failure *why)
{
    int64_t low = range->low;

    while (low <= range->high && !walk->stopped) {
        size_t count;

        if (!ledger_begin_read(walk->ledger, why) ||
            !ledger_end_read(walk->ledger,
                             read_ids(walk, ROWS_PROCESSES_AMONG, low, range->high, why), why)) {
            return false;
        }
        count = walk->batch.count;
        low = count == BATCH ? walk->batch.items[count - 1].id + 1 : range->high + 1;
        visit_batch(walk);
    }
    return true;
}

static bool walk_range(struct walk *walk, struct range *range, struct failure *why)
{
    bool found = true;

    while (!walk->stopped) {
        if (!begin_stretch(walk, range, &found, why)) {
            return false;
        }
        if (!found) {
            return true;
        }
        visit_batch(walk);
        if (!walk_new(walk, range, why)) {
            return false;
        }
    }
    return true;
}

bool ledger_walk_processes(struct ledger *ledger, int64_t since, int64_t until,
                           ledger_process_fn *visit, void *context, struct failure *why)
{
    struct walk walk = {.ledger = ledger, .visit = visit, .context = context};
    struct range range = {.since = since, .until = until == 0 ? INT64_MAX : until};
    bool ok = walk_range(&walk, &range, why);

    clear_walk(&walk);
    return ok;
}

/* Leaves the process, and nothing else, in the batch. */
static bool read_process(struct walk *walk, int64_t id, struct failure *why)
{
    if (!ledger_rows_process(walk->ledger, id, &walk->batch, why)) {
        return false;
    }
    if (walk->batch.count == 0) {
        return FAIL(why, FAILURE_MISSING, 0, "the ledger has no process %" PRId64 " (any more)",
                    id);
    }
    return make_runs(walk, why);
}

static bool load_process(struct walk *walk, int64_t id, struct failure *why)
{
    return ledger_begin_read(walk->ledger, why) &&
           ledger_end_read(walk->ledger, read_process(walk, id, why), why);
}

bool ledger_walk_ancestors(struct ledger *ledger, int64_t id, ledger_process_fn *visit,
                           void *context, struct failure *why)
{
    struct walk walk = {.ledger = ledger, .visit = visit, .context = context};
    bool ok = true;

    for (int i = 0; ok && id != 0 && i < GENERATIONS && !walk.stopped; i++) {
        ok = load_process(&walk, id, why);
        if (ok) {
            id = walk.runs[0].parent_id;
            visit_batch(&walk);
        }
    }
    clear_walk(&walk);
    return ok;
}

/* To be visited is what this program started, and not another one that the process ran. */
static void drop_others(struct walk *walk, int64_t parent)
{
    size_t kept = 0;

    for (size_t i = 0; i < walk->batch.count; i++) {
        if (walk->runs[i].parent_id == parent) {
            walk->runs[kept++] = walk->runs[i];
        }
    }
    walk->run_count = kept;
}

/* A chunk of the ids from the first one on that there is; *low is then where the next begins. */
static bool read_children(struct walk *walk, const struct ledger_process *parent, int64_t *low,
                          int64_t end, struct failure *why)
{
    sqlite3_stmt *statement = walk->ledger->rows[ROWS_CHILDREN_AMONG];
    int64_t high;
    size_t count;

    if (!ledger_rows_process_from(walk->ledger, *low, low, why)) {
        return false;
    }
    high = end - *low > CHUNK ? *low + CHUNK - 1 : end - 1;
    database_bind(statement, ":pid", parent->instance->pid);
    database_bind(statement, ":start", (int64_t)parent->instance->start);
    database_bind(statement, ":boot", parent->boot_id);
    if (!read_ids(walk, ROWS_CHILDREN_AMONG, *low, high, why)) {
        return false;
    }
    count = walk->batch.count;
    *low = count == BATCH ? walk->batch.items[count - 1].id + 1 : high + 1;
    drop_others(walk, parent->id);
    return true;
}

/* The ids among which children can be: from those first seen together with it on. */
static bool find_ids(struct walk *walk, const struct ledger_process *parent, int64_t *low,
                     int64_t *end, struct failure *why)
{
    struct ledger_stretch_rows first = {.first_process = parent->id};
    struct ledger_stretch_rows newest = {.end_process = 0};
    bool found;

    if (!ledger_begin_read(walk->ledger, why) ||
        !ledger_end_read(
            walk->ledger,
            ledger_rows_stretch(walk->ledger, parent->first_stretch, &first, &found, why) &&
                ledger_rows_newest(walk->ledger, &newest, &found, why),
            why)) {
        return false;
    }
    *low = first.first_process < parent->id ? first.first_process : parent->id;
    *end = newest.end_process;
    return true;
}

static bool walk_children(struct walk *walk, const struct ledger_process *parent,
                          struct failure *why)
{
    int64_t low;
    int64_t end;

    if (!find_ids(walk, parent, &low, &end, why)) {
        return false;
    }
    while (low < end && !walk->stopped) {
        if (!ledger_begin_read(walk->ledger, why) ||
            !ledger_end_read(walk->ledger, read_children(walk, parent, &low, end, why), why)) {
            return false;
        }
        visit_batch(walk);
    }
    return true;
}

bool ledger_walk_children(struct ledger *ledger, int64_t id, ledger_process_fn *visit,
                          void *context, struct failure *why)
{
    struct walk walk = {.ledger = ledger, .visit = visit, .context = context};
    struct ledger_process_list parent = {0};
    bool ok = load_process(&walk, id, why);

    if (ok) {
        parent = walk.batch;
        walk.batch = (struct ledger_process_list){0};
        /* Nobody names a parent without its start. */
        ok = parent.items[0].instance->start == 0 || walk_children(&walk, &parent.items[0], why);
    }
    ledger_process_list_clear(&parent);
    clear_walk(&walk);
    return ok;
}

static bool find_modules(struct ledger *ledger, int64_t id,
                         const struct ledger_module_question *question,
                         struct ledger_process_list *found, struct failure *why)
{
    if (!ledger_rows_process(ledger, id, found, why)) {
        return false;
    }
    if (found->count == 0) {
        return FAIL(why, FAILURE_MISSING, 0, "the ledger has no process %" PRId64 " (any more)",
                    id);
    }
    return ledger_rows_add_modules_of(ledger, question, &found->items[0], why);
}

bool ledger_read_modules(struct ledger *ledger, int64_t id,
                         const struct ledger_module_question *question,
                         const struct process_instance **out, struct failure *why)
{
    struct ledger_process_list found = {0};
    bool ok = ledger_begin_read(ledger, why) &&
              ledger_end_read(ledger, find_modules(ledger, id, question, &found, why), why);

    *out = ok ? process_instance_hold(found.items[0].instance) : NULL;
    ledger_process_list_clear(&found);
    return ok;
}
