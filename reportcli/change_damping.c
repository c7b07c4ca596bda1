/* SPDX-License-Identifier: MIT */

#include "reportcli/change_damping.h"

#include <stdlib.h>

#include "probes/steadiness.h"

enum {
    ASKED_EVERY = 60000, /* milliseconds; where nothing tells */
    RUNS_MOST = 32,      /* beyond these, further ones would change nothing */
};

/* How far apart the port is asked, told by the last two asks before a change. */
static int64_t distance(const struct probe_change *change)
{
    int64_t every = change->before_at == 0 ? 0 : change->first_at - change->before_at;

    return every > 0 ? every : ASKED_EVERY;
}

static int state_of(const struct probe_change *now)
{
    return steadiness_state(now->status, now->judgement);
}

/* What runs found that came after a change, up to a moment; the last of them may be long after. */
static void take_runs(struct steadiness *port, struct probe_change_row *row, int64_t until,
                      int64_t every)
{
    int64_t after = row->now.first_at;
    int64_t runs = until <= after ? 0 : (until - after + every / 2) / every;

    runs = runs < RUNS_MOST ? runs : RUNS_MOST;
    for (int64_t i = 1; i <= runs; i++) {
        int64_t at = i == runs ? until : after + i * every;

        switch (steadiness_take(port, state_of(&row->now), at)) {
        case STEADINESS_FLAPS:
            row->flapping = PROBE_FLAPPING_BEGINS;
            break;
        case STEADINESS_STEADY:
            row->flapping = PROBE_FLAPPING_ENDS;
            return;
        default:
            break;
        }
    }
}

static void take_change(struct steadiness *port, struct probe_change_row *row)
{
    if (steadiness_take(port, state_of(&row->now), row->now.first_at) == STEADINESS_FLAPS) {
        row->flapping = PROBE_FLAPPING_BEGINS;
    } else if (port->flaps) {
        row->flapping = PROBE_FLAPPING_ON;
    }
    row->flapped = port->changes;
}

/* Rows of a pair, in the order of recording: pairs of rows lie in that of the rows. */
static int compare(const void *left, const void *right)
{
    const struct probe_change_row *a = *(struct probe_change_row *const *)left;
    const struct probe_change_row *b = *(struct probe_change_row *const *)right;

    if (a->pair->id != b->pair->id) {
        return a->pair->id < b->pair->id ? -1 : 1;
    }
    return (a > b) - (a < b);
}

static void mark_pair(struct probe_change_row **rows, size_t count)
{
    struct steadiness port = {0};
    struct probe_change_row *last = rows[count - 1];

    if (rows[0]->before >= 0) {
        (void)steadiness_take(&port, steadiness_state(rows[0]->before, rows[0]->before_judgement),
                              rows[0]->now.before_at);
    }
    for (size_t i = 0; i < count; i++) {
        const struct probe_change *now = &rows[i]->now;

        if (i > 0) {
            take_runs(&port, rows[i - 1], now->before_at, distance(now));
        }
        take_change(&port, rows[i]);
    }
    take_runs(&port, last, last->asked_at, distance(&last->now));
}

bool change_damping_mark(struct probe_change_rows *rows, struct failure *why)
{
    struct probe_change_row **sorted = calloc(rows->count + 1, sizeof(struct probe_change_row *));
    size_t first = 0;

    if (sorted == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu changes", rows->count);
    }
    for (size_t i = 0; i < rows->count; i++) {
        sorted[i] = &rows->items[i];
    }
    qsort(sorted, rows->count, sizeof(struct probe_change_row *), compare);
    for (size_t i = 1; i <= rows->count; i++) {
        if (i == rows->count || sorted[i]->pair->id != sorted[first]->pair->id) {
            mark_pair(sorted + first, i - first);
            first = i;
        }
    }
    free(sorted);
    return true;
}
