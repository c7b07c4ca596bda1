/* SPDX-License-Identifier: MIT */

#include "reportcli/interval_reader.h"

#include <stdlib.h>
#include <string.h>

/* The first page is small, so that the first rows are soon there, and each twice the one before. */
enum { FIRST_PAGE_ROWS = 16, PAGE_ROWS = 4096 };

/* An interval of which everything is held. */
struct kept {
    struct ledger_interval interval; /* its service is in the reader's `services` */
    size_t service;                  /* offset there */
};

struct interval_reader {
    struct ledger *ledger;
    struct ledger_filter filter;
    struct kept *kept;
    size_t page; /* rows that the page in hand may have */
    size_t count;
    size_t at;            /* the next one of these */
    struct text services; /* each ends in 0 */
    bool last;            /* there is no page behind this one */
};

bool interval_reader_open(struct interval_reader **out, struct ledger *ledger,
                          const struct ledger_filter *filter, struct failure *why)
{
    struct interval_reader *reader = calloc(1, sizeof(*reader));

    *out = reader;
    if (reader != NULL) {
        reader->ledger = ledger;
        reader->filter = *filter;
        reader->kept = malloc(PAGE_ROWS * sizeof(reader->kept[0]));
    }
    if (reader == NULL || reader->kept == NULL) {
        interval_reader_close(reader);
        *out = NULL;
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the intervals");
    }
    return true;
}

static bool gather(void *context, const struct ledger_interval *interval)
{
    struct interval_reader *reader = context;
    struct kept *kept = &reader->kept[reader->count++];

    kept->interval = *interval;
    if (interval->owner != NULL) {
        kept->interval.owner = process_instance_hold(interval->owner);
    }
    if (interval->service != NULL) {
        kept->service = reader->services.size;
        text_add_bytes(&reader->services, interval->service, strlen(interval->service) + 1);
    }
    return reader->count < reader->page;
}

static void reset_page(struct interval_reader *reader)
{
    for (size_t i = 0; i < reader->count; i++) {
        process_instance_release(reader->kept[i].interval.owner);
    }
    reader->count = 0;
    reader->at = 0;
    text_reset(&reader->services);
}

static bool read_page(struct interval_reader *reader, struct failure *why)
{
    reset_page(reader);
    reader->page = reader->page == 0 ? FIRST_PAGE_ROWS : reader->page * 2;
    reader->page = reader->page < PAGE_ROWS ? reader->page : PAGE_ROWS;
    if (!ledger_walk_intervals(reader->ledger, &reader->filter, gather, reader, why) ||
        !text_ok(&reader->services, why)) {
        return false;
    }
    reader->last = reader->count < reader->page;
    if (reader->count > 0) {
        reader->filter.after_id = reader->kept[reader->count - 1].interval.id;
    }
    return true;
}

bool interval_reader_next(struct interval_reader *reader, const struct ledger_interval **interval,
                          struct failure *why)
{
    struct kept *kept;

    *interval = NULL;
    if (reader->at == reader->count && !reader->last && !read_page(reader, why)) {
        return false;
    }
    if (reader->at == reader->count) {
        return true;
    }
    kept = &reader->kept[reader->at++];
    if (kept->interval.service != NULL) {
        kept->interval.service = text_bytes(&reader->services) + kept->service;
    }
    *interval = &kept->interval;
    return true;
}

bool interval_reader_pauses(const struct interval_reader *reader)
{
    return reader->at == reader->count && !reader->last;
}

void interval_reader_close(struct interval_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    reset_page(reader);
    text_clear(&reader->services);
    free(reader->kept);
    free(reader);
}
