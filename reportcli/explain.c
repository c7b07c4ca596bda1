/* SPDX-License-Identifier: MIT */

#include "reportcli/explain.h"

#include <inttypes.h>
#include <string.h>

#include "base/units.h"

static const bool certain[ATTRIBUTION_COUNT] = {
    [ATTRIBUTION_EXACT] = true,
    [ATTRIBUTION_CARRIED] = true,
    [ATTRIBUTION_KERNEL] = true,
};

bool explain_say(struct explain *explain, const struct explain_line *line, struct failure *why)
{
    struct explain_line told = *line;
    bool done;

    told.words = text_bytes(&explain->words);
    done = text_ok(&explain->words, why) && explain_page_add(explain->page, &told, why);
    text_reset(&explain->words);
    return done;
}

void explain_add_shortened(struct explain *explain, const char *words)
{
    enum { DATE = 11, OFFSET = 7 };
    struct text asked = {0};
    const char *offset;

    time_text_add_table(&asked, explain->at, explain->context->render.zone);
    offset = text_bytes(&asked) + (asked.size > OFFSET ? asked.size - OFFSET : 0);
    while (*words != '\0') {
        bool same = strncmp(words, text_bytes(&asked), DATE) == 0;
        size_t size = same ? DATE + strspn(words + DATE, "0123456789:.") : 1;

        if (same && strncmp(words + size, offset, OFFSET) == 0) {
            text_add_bytes(&explain->words, words + DATE, size - DATE);
            words += size + OFFSET;
        } else {
            text_add_bytes(&explain->words, words, size);
            words += size;
        }
    }
    explain->words.failed = explain->words.failed || asked.failed;
    text_clear(&asked);
}

void explain_add_short_time(struct explain *explain, int64_t at)
{
    struct text told = {0};

    time_text_add_table(&told, at, explain->context->render.zone);
    explain_add_shortened(explain, text_bytes(&told));
    explain->words.failed = explain->words.failed || told.failed;
    text_clear(&told);
}

void explain_add_life(struct explain *explain, const struct ledger_interval *interval)
{
    struct text *words = &explain->words;

    text_add(words, interval->ending == LEDGER_OPEN ? "since " : "from ");
    explain_add_short_time(explain, interval->opened_at);
    if (interval->ending != LEDGER_OPEN) {
        text_add(words, interval->ending == LEDGER_CLOSED ? " to " : " up to ");
        explain_add_short_time(explain, interval->closed_at);
    }
    text_add(words, ", ");
    units_add_duration_rough(words, interval->closed_at - interval->opened_at);
    explain_add_ends(words, interval);
}

/*
 * What was there.
 */

static bool was_open(const struct explain *explain, const struct ledger_interval *interval)
{
    return interval->stretch_id == explain->moment->stretch.id &&
           interval->opened_at <= explain->at &&
           (interval->closed_at > explain->at || interval->ending != LEDGER_CLOSED);
}

static bool take_row(void *context, const struct ledger_interval *interval)
{
    struct explain *explain = context;
    enum explain_role role = explain_target_role(explain->target, &interval->socket);
    struct explain_rows *rows = &explain->held;

    if (role == EXPLAIN_NONE || !was_open(explain, interval)) {
        return true;
    }
    /* Whoever listens is the answer, and not one of its thousand connections. */
    if (role == EXPLAIN_REACHES ||
        (explain->target->count == 1 && interval->socket.remote.address_size != 0)) {
        rows = &explain->reached;
    }
    explain->lacks_memory = !explain_rows_add(rows, interval);
    return !explain->lacks_memory;
}

static bool gather(struct explain *explain, struct failure *why)
{
    struct ledger_filter filter = {.since = explain->at, .until = explain->at};

    if (explain->moment == NULL) {
        return true;
    }
    explain_target_filter(explain->target, &filter);
    if (!ledger_walk_intervals(explain->from->ledger, &filter, take_row, explain, why)) {
        return false;
    }
    return !explain->lacks_memory || FAIL(why, FAILURE_MEMORY, 0, "no memory for the sockets");
}

const struct explain_rows *explain_answering(const struct explain *explain)
{
    return explain->held.count > 0 ? &explain->held : &explain->reached;
}

static enum explain_answer judge(const struct explain *explain)
{
    const struct explain_rows *rows = explain_answering(explain);

    if (explain->moment == NULL) {
        return EXPLAIN_UNDECIDED;
    }
    if (rows->count == 0) {
        return explain->moment->detail == LEDGER_DETAIL_WHOLE ? EXPLAIN_NOTHING : EXPLAIN_UNDECIDED;
    }
    for (size_t i = 0; i < rows->count; i++) {
        const struct ledger_interval *interval = explain_rows_at(rows, i);

        if (interval->owner == NULL || !certain[interval->socket.attribution]) {
            return EXPLAIN_UNDECIDED;
        }
    }
    return EXPLAIN_OWNED;
}

static void find_owners(struct explain *explain)
{
    const struct explain_rows *rows = explain_answering(explain);

    for (size_t i = 0; i < rows->count; i++) {
        explain_names_add(&explain->owners, explain_rows_at(rows, i));
    }
}

/*
 * The answer.
 */

/* Whether it is the local end of a connection, whose other one is elsewhere. */
static bool is_here(const struct explain *explain, const struct explain_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        if (explain_target_role(explain->target, &explain_rows_at(rows, i)->socket) ==
            EXPLAIN_HOLDS) {
            return true;
        }
    }
    return false;
}

static void add_answer(struct explain *explain, const char *unwatched)
{
    const struct explain_rows *rows = explain_answering(explain);
    struct text *words = &explain->words;

    if (explain->moment == NULL) {
        text_add(words, unwatched);
        return;
    }
    if (rows->count == 0) {
        text_add(words, explain->answer == EXPLAIN_NOTHING
                            ? "Nothing was there, and the moment was watched."
                            : "Nothing of it is in the ledger, but a part of what was seen then "
                              "has been dropped since.");
        return;
    }
    text_add(words, rows == &explain->held   ? "Held by "
                    : is_here(explain, rows) ? "Nobody listened on it; connected over it: "
                                             : "Not held here; connected to it: ");
    explain_names_say(words, &explain->owners, true);
    if (rows == &explain->held && explain->reached.total > 0) {
        text_addf(words, "; %zu connection%s", explain->reached.total,
                  explain->reached.total == 1 ? "" : "s");
    }
    text_add(words, explain->answer == EXPLAIN_OWNED
                        ? "."
                        : ". The owner is not known for sure: see \"owner\" below.");
}

static bool tell_question(struct explain *explain, const char *unwatched, struct failure *why)
{
    struct explain_line line = {.part = EXPLAIN_QUESTION, .label = "question"};

    explain_target_add(explain->target, &explain->words);
    text_add(&explain->words, " at ");
    time_text_add_table(&explain->words, explain->at, explain->context->render.zone);
    if (!explain_say(explain, &line, why)) {
        return false;
    }
    line.label = "source";
    text_addf(&explain->words, "%s; told at ", explain->source);
    time_text_add_table(&explain->words, explain->context->now, explain->context->render.zone);
    if (!explain_say(explain, &line, why)) {
        return false;
    }
    line.label = "answer";
    add_answer(explain, unwatched);
    return explain_say(explain, &line, why);
}

bool explain_moment(struct explain *explain, const char *unwatched, struct failure *why)
{
    explain->held.most = explain->reached.most = EXPLAIN_HELD;
    if (!gather(explain, why)) {
        return false;
    }
    explain->answer = judge(explain);
    find_owners(explain);
    return tell_question(explain, unwatched, why) && explain_tell_sockets(explain, why) &&
           explain_tell_owners(explain, why) &&
           (explain_answering(explain)->count > 0 || explain_tell_near(explain, why)) &&
           explain_tell_parents(explain, why) && explain_tell_modules(explain, why) &&
           explain_tell_around(explain, why) && explain_tell_coverage(explain, why) &&
           explain_tell_seal(explain, why);
}

void explain_clear(struct explain *explain)
{
    explain_rows_clear(&explain->held);
    explain_rows_clear(&explain->reached);
    text_clear(&explain->words);
}
