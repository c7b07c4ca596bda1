/* SPDX-License-Identifier: MIT */

#include "reportcli/explain_rows.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void drop(const struct ledger_interval *item)
{
    process_instance_release(item->owner);
    free((void *)item->service);
}

static bool grow(struct explain_rows *rows)
{
    size_t capacity = rows->capacity * 2 + 8;
    struct ledger_interval *items;

    if (rows->count < rows->capacity) {
        return true;
    }
    items = realloc(rows->items, capacity * sizeof(*items));
    if (items == NULL) {
        return false;
    }
    rows->items = items;
    rows->capacity = capacity;
    return true;
}

/* Behind those that opened no later. */
static size_t place_of(const struct explain_rows *rows, int64_t opened_at)
{
    size_t place = rows->count;

    while (place > 0 && rows->items[place - 1].opened_at > opened_at) {
        place--;
    }
    return place;
}

/* Where there is no room, one at an end gives way: false where that is the new one. */
static bool make_room(struct explain_rows *rows, size_t *place)
{
    if (rows->count < rows->most) {
        return true;
    }
    if (*place == (rows->kept == EXPLAIN_FIRST ? rows->count : 0)) {
        return false;
    }
    rows->count--;
    if (rows->kept == EXPLAIN_FIRST) {
        drop(&rows->items[rows->count]);
        return true;
    }
    drop(&rows->items[0]);
    memmove(rows->items, rows->items + 1, rows->count * sizeof(*rows->items));
    (*place)--;
    return true;
}

bool explain_rows_add(struct explain_rows *rows, const struct ledger_interval *interval)
{
    size_t place = place_of(rows, interval->opened_at);
    struct ledger_interval kept = *interval;

    rows->total++;
    if (!make_room(rows, &place)) {
        return true;
    }
    if (!grow(rows)) {
        return false;
    }
    if (interval->service != NULL) {
        kept.service = text_copy(interval->service);
        if (kept.service == NULL) {
            return false;
        }
    }
    kept.owner = interval->owner == NULL ? NULL : process_instance_hold(interval->owner);
    memmove(rows->items + place + 1, rows->items + place,
            (rows->count - place) * sizeof(*rows->items));
    rows->items[place] = kept;
    rows->count++;
    return true;
}

const struct ledger_interval *explain_rows_at(const struct explain_rows *rows, size_t i)
{
    return &rows->items[i];
}

void explain_rows_clear(struct explain_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        drop(&rows->items[i]);
    }
    free(rows->items);
    *rows = (struct explain_rows){.kept = rows->kept, .most = rows->most};
}

bool explain_same_ends(const struct socket_row *a, const struct socket_row *b)
{
    return a->protocol == b->protocol && socket_endpoint_equal(&a->local, &b->local) &&
           socket_endpoint_equal(&a->remote, &b->remote);
}

void explain_add_socket(struct text *text, const struct socket_row *row)
{
    text_addf(text, "%s ", socket_protocol_name(row->protocol));
    socket_endpoint_add(text, &row->local);
    if (row->remote.address_size != 0) {
        text_add(text, " - ");
        socket_endpoint_add(text, &row->remote);
    }
    if (row->state != SOCKET_STATELESS) {
        text_addf(text, " %s", socket_state_name(row->state));
    }
}

/* The page shows what a terminal acts upon as escapes: here names are taken as they are. */
void explain_add_process(struct text *text, const struct process_instance *process)
{
    text_addf(text, "%s (pid %" PRIu32 ")", process_instance_shown_name(process), process->pid);
}

void explain_add_nobody(struct text *text, const struct ledger_interval *interval)
{
    if (interval->socket.attribution == ATTRIBUTION_DENIED) {
        text_add(text, "an owner that the system did not let the service see");
    } else if (interval->socket.pid != 0) {
        text_addf(text, "pid %" PRIu32 ", of which nothing is known", interval->socket.pid);
    } else {
        text_add(text, "an owner that is not known");
    }
}

void explain_add_owner(struct text *text, const struct ledger_interval *interval)
{
    if (interval->owner != NULL) {
        explain_add_process(text, interval->owner);
    } else {
        explain_add_nobody(text, interval);
    }
}

static const char *begin_words(const struct ledger_interval *interval)
{
    if (interval->continued) {
        return "; it was there before the gap in front of that, too";
    }
    if (interval->at_begin) {
        return "; it was there when watching began: opened earlier";
    }
    return interval->closing ? "; first seen already closing: opened earlier" : "";
}

void explain_add_ends(struct text *text, const struct ledger_interval *interval)
{
    text_add(text, begin_words(interval));
    if (interval->ending == LEDGER_OPEN) {
        text_add(text, "; still open in the newest sample");
    } else if (interval->ending == LEDGER_CUT) {
        text_add(text, "; then watching ended, not the socket");
    }
}
