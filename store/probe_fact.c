/* SPDX-License-Identifier: MIT */

#include "store/probe_fact.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

const char *probe_run_result_name(int result)
{
    static const char *const names[PROBE_RUN_RESULTS] = {
        [PROBE_RUN_DONE] = "done",
        [PROBE_RUN_MISSED] = "missed",
        [PROBE_RUN_SKIPPED] = "skipped",
        [PROBE_RUN_ENDED] = "ended early",
    };

    return result > 0 && result < PROBE_RUN_RESULTS ? names[result] : "unknown";
}

const char *probe_run_reason_name(int reason)
{
    static const char *const names[PROBE_RUN_REASONS] = {
        [PROBE_SERVICE_STOPPED] = "service stopped",
        [PROBE_MACHINE_SLEPT] = "system asleep",
        [PROBE_CLOCK_SET] = "clock set",
        [PROBE_STILL_RUNNING] = "still running",
        [PROBE_TOO_BUSY] = "too busy",
        [PROBE_MAINTENANCE] = "maintenance",
        [PROBE_CANNOT_BEGIN] = "could not begin",
        [PROBE_NOT_STORED] = "not stored",
    };

    return reason > 0 && reason < PROBE_RUN_REASONS ? names[reason] : NULL;
}

static char *copy(const char *text, bool *ok)
{
    char *made = text == NULL ? NULL : text_copy(text);

    *ok = *ok && (text == NULL || made != NULL);
    return made;
}

static struct probe_fact *finish(struct probe_fact *fact, bool ok)
{
    if (!ok) {
        probe_fact_free(fact);
        return NULL;
    }
    return fact;
}

struct probe_fact *probe_fact_of_run(const char *job, const struct probe_run *run,
                                     const char *detail)
{
    struct probe_fact *fact = calloc(1, sizeof(*fact));
    bool ok = true;

    if (fact == NULL) {
        return NULL;
    }
    fact->is_run = true;
    fact->run = *run;
    fact->job = copy(job, &ok);
    fact->detail = copy(detail, &ok);
    return finish(fact, ok);
}

static void add_value(struct text *text, const struct answer_value *value)
{
    if (value->item != 0) {
        text_addf(text, "%s %" PRIu32 ".", value->group == NULL ? "item" : value->group,
                  value->item);
    }
    text_addf(text, "%s=", value->field->name);
    if (value->field->type == ANSWER_TEXT) {
        text_add(text, value->text == NULL ? "" : value->text);
    } else {
        text_addf(text, "%" PRId64, value->number);
    }
    text_add_char(text, '\n');
}

/* NULL where nothing was said that lasts. */
static char *answer_text(const struct answer *answer, bool *ok)
{
    struct text text = {0};
    struct failure ignored;

    for (size_t i = 0; i < answer->count && text.size <= PROBE_ANSWER_BYTES; i++) {
        if (!answer->values[i].field->fleeting) {
            add_value(&text, &answer->values[i]);
        }
    }
    if (text.size == 0 || !text_ok(&text, &ignored)) {
        *ok = *ok && text.size == 0;
        text_clear(&text);
        return NULL;
    }
    if (text.size > PROBE_ANSWER_BYTES) {
        text.size = text_whole(text.bytes, PROBE_ANSWER_BYTES);
        text.bytes[text.size] = '\0';
        text_add(&text, "...");
    }
    return text_take(&text);
}

/* What tells most of the way there. */
static int64_t time_of(const struct outcome *outcome)
{
    const struct probe_timings *timings = &outcome->timings;

    if (outcome->transport == PROBE_TCP) {
        return timings->connect;
    }
    return timings->reply;
}

static int icmp_of(const struct outcome *outcome)
{
    const struct probe_error *error =
        outcome->reach.error.has_icmp ? &outcome->reach.error : &outcome->ask.error;

    return error->has_icmp ? error->icmp_type * 256 + error->icmp_code : -1;
}

struct probe_fact *probe_fact_of_outcome(const char *job, const struct outcome *outcome,
                                         enum expectation_result judgement, const char *sentence)
{
    struct probe_fact *fact = calloc(1, sizeof(*fact));
    bool ok = true;

    if (fact == NULL) {
        return NULL;
    }
    fact->ask = (struct probe_ask){
        .address = outcome->target,
        .port = outcome->port,
        .transport = outcome->transport,
        .status = outcome->status,
        .cause = outcome->cause,
        .icmp = icmp_of(outcome),
        .judgement = judgement,
        .at = outcome->started_at,
        .us = time_of(outcome),
    };
    fact->job = copy(job, &ok);
    fact->ask.host = copy(outcome->host, &ok);
    fact->ask.protocol = copy(outcome->protocol, &ok);
    fact->ask.answer = answer_text(&outcome->answer, &ok);
    fact->detail = copy(outcome->detail != NULL ? outcome->detail : sentence, &ok);
    return finish(fact, ok && fact->ask.host != NULL);
}

void probe_fact_free(struct probe_fact *fact)
{
    if (fact == NULL) {
        return;
    }
    free(fact->job);
    free(fact->detail);
    free(fact->ask.host);
    free(fact->ask.protocol);
    free(fact->ask.answer);
    free(fact);
}

static size_t length(const char *text)
{
    return text == NULL ? 0 : strlen(text) + 1;
}

size_t probe_fact_size(const struct probe_fact *fact)
{
    return sizeof(*fact) + length(fact->job) + length(fact->detail) + length(fact->ask.host) +
           length(fact->ask.protocol) + length(fact->ask.answer);
}

static bool has_room(const struct probe_facts *facts, const struct probe_fact *fact)
{
    size_t most = PROBE_FACTS_BYTES + (fact->is_run ? PROBE_RUNS_BYTES : 0);

    return facts->bytes + probe_fact_size(fact) <= most;
}

/* The newest first: what is lost comes job by job. */
struct probe_loss {
    struct probe_loss *next;
    size_t outcomes; /* of the run that goes on */
    int64_t runs;
    int64_t first_due;
    int64_t last_due;
    char job[];
};

/* Takes the loss of a job out of the list; NULL: there is none. */
static struct probe_loss *take_loss(struct probe_facts *facts, const char *job)
{
    struct probe_loss **at = &facts->losses;
    struct probe_loss *loss;

    while (*at != NULL && strcmp((*at)->job, job) != 0) {
        at = &(*at)->next;
    }
    loss = *at;
    if (loss != NULL) {
        *at = loss->next;
    }
    return loss;
}

static struct probe_loss *make_loss(const char *job)
{
    struct probe_loss *loss = calloc(1, sizeof(*loss) + strlen(job) + 1);

    if (loss != NULL) {
        memcpy(loss->job, job, strlen(job) + 1);
    }
    return loss;
}

/* Outcomes of a run that is lost itself are lost with it. One that nobody wanted to run is none. */
static void add_loss(struct probe_loss *loss, const struct probe_fact *fact)
{
    if (!fact->is_run) {
        loss->outcomes++;
        return;
    }
    loss->outcomes = 0;
    if (fact->run.result != PROBE_RUN_SKIPPED) {
        loss->first_due = loss->runs == 0 ? fact->run.due_at : loss->first_due;
        loss->last_due = fact->run.last_due;
        loss->runs += fact->run.runs;
    }
}

static void note_loss(struct probe_facts *facts, const struct probe_fact *fact)
{
    struct probe_loss *loss = take_loss(facts, fact->job);

    loss = loss == NULL ? make_loss(fact->job) : loss;
    if (loss != NULL) {
        add_loss(loss, fact);
        loss->next = facts->losses;
        facts->losses = loss;
    }
}

static void append(struct probe_facts *facts, struct probe_fact *fact)
{
    fact->next = NULL;
    if (facts->last == NULL) {
        facts->first = fact;
    } else {
        facts->last->next = fact;
    }
    facts->last = fact;
    facts->bytes += probe_fact_size(fact);
}

static void append_lost_runs(struct probe_facts *facts, const struct probe_loss *loss)
{
    struct probe_run run = {
        .due_at = loss->first_due,
        .last_due = loss->last_due,
        .runs = loss->runs,
        .result = PROBE_RUN_MISSED,
        .reason = PROBE_NOT_STORED,
    };
    struct probe_fact *fact = loss->runs == 0 ? NULL : probe_fact_of_run(loss->job, &run, NULL);

    if (fact != NULL) {
        append(facts, fact);
    }
}

static void mark_run(struct probe_fact *fact, const struct probe_loss *loss)
{
    char words[80];

    if (loss->outcomes == 0 || fact->run.result != PROBE_RUN_DONE) {
        return;
    }
    fact->run.result = PROBE_RUN_ENDED;
    fact->run.reason = PROBE_NOT_STORED;
    snprintf(words, sizeof(words), "%zu outcome%s had no room in memory and %s lost",
             loss->outcomes, loss->outcomes == 1 ? "" : "s", loss->outcomes == 1 ? "is" : "are");
    free(fact->detail);
    fact->detail = text_copy(words); /* without memory there are no words */
}

/* What was lost before a run is told with it. */
static void tell_loss(struct probe_facts *facts, struct probe_fact *fact)
{
    struct probe_loss *loss = take_loss(facts, fact->job);

    if (loss != NULL) {
        append_lost_runs(facts, loss);
        mark_run(fact, loss);
        free(loss);
    }
}

bool probe_facts_add(struct probe_facts *facts, struct probe_fact *fact)
{
    if (fact == NULL || !has_room(facts, fact)) {
        facts->lost++;
        if (fact != NULL) {
            note_loss(facts, fact);
        }
        probe_fact_free(fact);
        return false;
    }
    if (fact->is_run) {
        tell_loss(facts, fact);
    }
    append(facts, fact);
    return true;
}

struct probe_fact *probe_facts_take(struct probe_facts *facts)
{
    struct probe_fact *fact = facts->first;

    if (fact != NULL) {
        facts->first = fact->next;
        facts->last = fact->next == NULL ? NULL : facts->last;
        facts->bytes -= probe_fact_size(fact);
    }
    return fact;
}

void probe_facts_move(struct probe_facts *to, struct probe_facts *from)
{
    struct probe_loss *losses = from->losses;

    *to = *from;
    to->losses = NULL;
    *from = (struct probe_facts){.losses = losses};
}

void probe_facts_clear(struct probe_facts *facts)
{
    struct probe_fact *fact;

    while ((fact = probe_facts_take(facts)) != NULL) {
        probe_fact_free(fact);
    }
    while (facts->losses != NULL) {
        struct probe_loss *loss = facts->losses;

        facts->losses = loss->next;
        free(loss);
    }
    *facts = (struct probe_facts){0};
}
