/* SPDX-License-Identifier: MIT */

#include "year_writer.h"

#include <stdlib.h>

#include "store/ledger_facts.h"
#include "store/ledger_schema.h"
#include "store/ledger_writer.h"

struct year_writer {
    struct ledger *ledger;
    struct ledger_facts *facts;
    struct sealer *sealer;
    struct made_year *year;
    struct ledger_stretch stretch;
    int64_t intervals;
};

/* Leaves a run behind, which the stretches belong to. */
static bool make_run(struct ledger *ledger, struct failure *why)
{
    struct ledger_writer *writer;
    struct ledger_run run = {
        .program = "bench_ledger",
        .boot = {.id = "bench"},
        .started_at = MADE_BEGIN_AT,
        .interval = MADE_INTERVAL_MS,
        .commit = INT64_C(5) * MADE_INTERVAL_MS,
    };

    return ledger_writer_open(&writer, ledger, &run, why) &&
           ledger_writer_close(writer, LEDGER_GAP_STOPPED, why);
}

bool year_writer_open(struct year_writer **out, const char *path, enum made_machine machine,
                      uint64_t seed, struct failure *why)
{
    struct year_writer *writer = calloc(1, sizeof(*writer));

    if (writer == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to write a year");
    }
    if (!made_year_open(&writer->year, machine, seed, why) ||
        !ledger_open(&writer->ledger, path, LEDGER_WRITE, why) || !make_run(writer->ledger, why) ||
        !ledger_facts_open(&writer->facts, writer->ledger, why) ||
        !sealer_open(&writer->sealer, writer->ledger, why) || !sealer_begin(writer->sealer, why)) {
        year_writer_close(writer);
        return false;
    }
    ledger_facts_set_sealer(writer->facts, writer->sealer);
    *out = writer;
    return true;
}

void year_writer_close(struct year_writer *writer)
{
    if (writer == NULL) {
        return;
    }
    ledger_facts_close(writer->facts);
    sealer_close(writer->sealer);
    ledger_close(writer->ledger);
    made_year_close(writer->year);
    free(writer);
}

static void begin_stretch(struct year_writer *writer, const struct made_sample *sample)
{
    struct ledger_stretch *stretch = &writer->stretch;

    if (stretch->id > 0) {
        ledger_facts_end_stretch(writer->facts, LEDGER_GAP_ASLEEP);
    }
    *stretch = (struct ledger_stretch){
        .id = stretch->id + 1,
        .run_id = 1,
        .boot_id = 1,
        .begin_at = sample->at,
        .end_at = sample->at,
        .first_sample = stretch->last_sample + 1,
        .last_sample = stretch->last_sample + 1,
        .interval = MADE_INTERVAL_MS,
    };
    ledger_facts_begin_stretch(writer->facts, stretch, sample->opened[0].id,
                               sample->process_count > 0 ? sample->processes[0].id
                                                         : made_year_processes(writer->year) + 1);
}

static void extend_stretch(struct year_writer *writer, int64_t at)
{
    struct ledger_stretch *stretch = &writer->stretch;

    stretch->last_sample += (at - stretch->end_at) / MADE_INTERVAL_MS;
    stretch->end_at = at;
    ledger_facts_extend_stretch(writer->facts, stretch);
}

static void take_process(struct year_writer *writer, const struct made_process *process, int64_t at)
{
    if (process->before != 0) {
        bool within = process->before_since >= writer->stretch.begin_at;
        struct ledger_fact_gone gone = {
            .id = process->before,
            .stretch = writer->stretch.id,
            .within = true,
            .gone_at = at,
            .span = within ? ledger_span_of(at - process->before_since) : LEDGER_SPAN_ACROSS,
        };

        ledger_facts_end_process(writer->facts, &gone);
    }
    ledger_facts_start_process(writer->facts, process->id, writer->stretch.id, at,
                               process->instance);
}

static bool take_opened(struct year_writer *writer, const struct made_opened *opened, int64_t at,
                        struct failure *why)
{
    const char *service = made_service_name(opened->row.service);
    struct ledger_fact_interval fact = {
        .id = opened->id,
        .opened_at = at,
        .process = made_year_process(writer->year, opened->row.owner),
        .opening = opened->opening,
        .socket = &opened->row,
    };

    if (service != NULL &&
        !ledger_facts_service(writer->facts, service, SERVICE_BY_TAG, &fact.service, why)) {
        return false;
    }
    ledger_facts_open_interval(writer->facts, &fact);
    writer->intervals++;
    return true;
}

static bool take(struct year_writer *writer, const struct made_sample *sample, struct failure *why)
{
    struct ledger_facts_room room = {
        .intervals = sample->opened_count,
        .closed = sample->closed_count,
        .started = sample->process_count,
        .gone = sample->process_count,
    };

    if (!ledger_facts_reserve(writer->facts, &room, why)) {
        return false;
    }
    if (sample->after_gap) {
        begin_stretch(writer, sample);
    }
    for (size_t i = 0; i < sample->process_count; i++) {
        take_process(writer, &sample->processes[i], sample->at);
    }
    for (size_t i = 0; i < sample->opened_count; i++) {
        if (!take_opened(writer, &sample->opened[i], sample->at, why)) {
            return false;
        }
    }
    for (size_t i = 0; i < sample->closed_count; i++) {
        ledger_facts_close_interval(writer->facts, sample->closed[i].id,
                                    sample->at - sample->closed[i].opened_at);
    }
    extend_stretch(writer, sample->at);
    return true;
}

bool year_writer_take(struct year_writer *writer, int64_t intervals, struct failure *why)
{
    int64_t enough = writer->intervals + intervals;

    while (writer->intervals < enough) {
        struct made_sample sample;

        if (!made_year_next(writer->year, &sample, why) || !take(writer, &sample, why)) {
            return false;
        }
    }
    return true;
}

bool year_writer_pass(struct year_writer *writer, int64_t seconds, struct failure *why)
{
    for (int64_t i = 0; i < seconds; i++) {
        struct made_sample sample;

        if (!made_year_tick(writer->year, &sample, why) || !take(writer, &sample, why)) {
            return false;
        }
    }
    return true;
}

bool year_writer_commit(struct year_writer *writer, struct failure *why)
{
    return ledger_facts_commit(writer->facts, why);
}

int64_t year_writer_count(const struct year_writer *writer)
{
    return writer->intervals;
}

int64_t year_writer_now(const struct year_writer *writer)
{
    return writer->stretch.end_at;
}
