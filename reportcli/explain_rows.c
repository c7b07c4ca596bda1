/* SPDX-License-Identifier: MIT */

#include "reportcli/explain_rows.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"

static void drop(struct explain_rows *rows, size_t i)
{
    process_instance_release(rows->items[i].owner);
    free(rows->services[i]);
    rows->services[i] = NULL;
}

bool explain_rows_add(struct explain_rows *rows, const struct ledger_interval *interval)
{
    size_t place = rows->total++ % EXPLAIN_ROWS;

    if (rows->count < EXPLAIN_ROWS) {
        rows->count++;
    } else if (rows->kept == EXPLAIN_FIRST) {
        return true;
    } else {
        drop(rows, place);
    }
    rows->items[place] = *interval;
    if (interval->owner != NULL) {
        rows->items[place].owner = process_instance_hold(interval->owner);
    }
    if (interval->service != NULL) {
        rows->services[place] = text_copy(interval->service);
        rows->items[place].service = rows->services[place];
    }
    return interval->service == NULL || rows->services[place] != NULL;
}

const struct ledger_interval *explain_rows_at(const struct explain_rows *rows, size_t i)
{
    size_t first = rows->kept == EXPLAIN_LAST && rows->total > rows->count ? rows->total : 0;

    return &rows->items[(first + i) % EXPLAIN_ROWS];
}

void explain_rows_clear(struct explain_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        drop(rows, i);
    }
    *rows = (struct explain_rows){.kept = rows->kept};
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

void explain_add_owner(struct text *text, const struct ledger_interval *interval)
{
    if (interval->owner != NULL) {
        explain_add_process(text, interval->owner);
    } else if (interval->socket.attribution == ATTRIBUTION_DENIED) {
        text_add(text, "an owner that the system did not let the service see");
    } else if (interval->socket.pid != 0) {
        text_addf(text, "pid %" PRIu32 ", of which nothing is known", interval->socket.pid);
    } else {
        text_add(text, "an owner that is not known");
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

void explain_add_life(struct text *text, const struct ledger_interval *interval,
                      enum time_zone_choice zone)
{
    text_add(text, "seen from ");
    time_text_add_table(text, interval->opened_at, zone);
    text_add(text, interval->ending == LEDGER_CLOSED ? " to " : " up to ");
    time_text_add_table(text, interval->closed_at, zone);
    text_add(text, ", ");
    units_add_duration_rough(text, interval->closed_at - interval->opened_at);
    text_add(text, begin_words(interval));
    if (interval->ending == LEDGER_OPEN) {
        text_add(text, "; still open in the newest sample");
    } else if (interval->ending == LEDGER_CUT) {
        text_add(text, "; then watching ended, not the socket");
    }
}
