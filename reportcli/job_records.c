/* SPDX-License-Identifier: MIT */

#include "reportcli/job_records.h"

#include <string.h>

#include "base/clock.h"
#include "base/units.h"
#include "probes/expectation.h"
#include "store/probe_fact.h"

static const struct column job_columns[] = {
    {.name = "job", .type = COLUMN_TEXT, .heading = "Job", .help = "Name of the job"},
    {.name = "next_at",
     .type = COLUMN_TIME,
     .heading = "Next run",
     .help = "When it is due next; absent where the settings do not have it any more"},
    {.name = "last_at",
     .type = COLUMN_TIME,
     .heading = "Last run",
     .help = "When the newest run that took place was due"},
    {.name = "last_lasted",
     .type = COLUMN_DURATION,
     .unit = "ms",
     .heading = "Took",
     .help = "How long that run took",
     .rank = 7},
    {.name = "held",
     .type = COLUMN_INTEGER,
     .heading = "Held",
     .help = "Outcomes of that run that were as expected"},
    {.name = "not_held",
     .type = COLUMN_INTEGER,
     .heading = "Not held",
     .help = "Outcomes of it that were not"},
    {.name = "undecided",
     .type = COLUMN_INTEGER,
     .heading = "Undecided",
     .help = "Outcomes of it that do not tell",
     .rank = 1},
    {.name = "runs_done",
     .type = COLUMN_INTEGER,
     .heading = "Runs",
     .help = "Runs that took place in the time that was asked for",
     .rank = 4},
    {.name = "runs_missed",
     .type = COLUMN_INTEGER,
     .heading = "Missed",
     .help = "Runs of that time that were due and did not take place",
     .rank = 2},
    {.name = "runs_skipped",
     .type = COLUMN_INTEGER,
     .heading = "Skipped",
     .help = "Runs of that time that were skipped for maintenance",
     .rank = 7},
    {.name = "missed_because",
     .type = COLUMN_TEXT,
     .heading = "Missed because",
     .help = "Why the newest missed run, of whatever time, was missed, with what kept it from "
             "beginning",
     .rank = 4},
    {.name = "missed_at",
     .type = COLUMN_TIME,
     .heading = "Missed last",
     .help = "When that one was due",
     .rank = 7},
    {.name = "schedule",
     .type = COLUMN_TEXT,
     .heading = "Schedule",
     .help = "When it runs, as far as a few words tell",
     .rank = 3},
    {.name = "targets",
     .type = COLUMN_TEXT,
     .heading = "Targets",
     .help = "How many targets the settings name, files of targets apart",
     .rank = 5},
    {.name = "ports",
     .type = COLUMN_TEXT,
     .heading = "Ports",
     .help = "Which ports it asks; of many the first",
     .last = true,
     .rank = 6},
    {.name = "expects",
     .type = COLUMN_TEXT,
     .heading = "Expects",
     .help = "What should come of it",
     .rank = 5},
};

const struct column_table job_table = {
    .name = "job",
    .title = "a job, its next run and its last one",
    .groups = {{job_columns, sizeof(job_columns) / sizeof(job_columns[0])}},
};

static const struct column reach_columns[] = {
    {.name = "job",
     .type = COLUMN_TEXT,
     .heading = "Job",
     .help = "Name of the job that asks",
     .same = COLUMN_SAME_ONCE,
     .rank = 2,
     .below = true},
    {.name = "host",
     .type = COLUMN_TEXT,
     .heading = "Target",
     .help = "The target as the settings name it"},
    {.name = "port", .type = COLUMN_INTEGER, .heading = "Port", .help = "Port"},
    {.name = "transport", .type = COLUMN_TEXT, .heading = "Over", .help = "TCP or UDP"},
    {.name = "status",
     .type = COLUMN_TEXT,
     .heading = "Status",
     .help = "What the newest ask of the time found"},
    {.name = "cause",
     .type = COLUMN_TEXT,
     .heading = "Cause",
     .help = "How that is known, with what the network said",
     .rank = 3},
    {.name = "since",
     .type = COLUMN_TIME,
     .heading = "Since",
     .help = "The first ask with this result",
     .rank = 4},
    {.name = "before_at",
     .type = COLUMN_TIME,
     .heading = "Before until",
     .help = "The last ask with the result before: it changed after that, and by `since`",
     .rank = 10},
    {.name = "status_before",
     .type = COLUMN_TEXT,
     .heading = "Was",
     .help = "The status before; absent where there was no other",
     .rank = 9},
    {.name = "asked_at",
     .type = COLUMN_TIME,
     .heading = "Asked last",
     .help = "The newest ask of the time",
     .rank = 9},
    {.name = "expectation",
     .type = COLUMN_TEXT,
     .heading = "Expectation",
     .help = "held, not held, or undecided: of the newest result; no longer asked: the newest run "
             "of the job did not"},
    {.name = "available",
     .type = COLUMN_REAL,
     .unit = "%",
     .heading = "Available",
     .help = "Share of the asks that found it LISTENING, of those that could be made",
     .rank = 5},
    {.name = "asked",
     .type = COLUMN_INTEGER,
     .heading = "Asked",
     .help = "Asks in the time",
     .rank = 8},
    {.name = "listening",
     .type = COLUMN_INTEGER,
     .heading = "Listening",
     .help = "Of them: found it LISTENING",
     .rank = 10},
    {.name = "unasked",
     .type = COLUMN_INTEGER,
     .heading = "Unasked",
     .help = "Of them: could not be made, since the name had no address or this machine had an "
             "error; they count neither way",
     .rank = 10},
    {.name = "asks_held",
     .type = COLUMN_INTEGER,
     .heading = "Asks held",
     .help = "Of them: came as expected",
     .rank = 10},
    {.name = "covered",
     .type = COLUMN_REAL,
     .unit = "%",
     .heading = "Covered",
     .help = "Share of the job's runs that were due in the time and took place, those skipped for "
             "maintenance apart",
     .rank = 6},
    {.name = "changes",
     .type = COLUMN_INTEGER,
     .heading = "Changes",
     .help = "How often the result changed in the time",
     .rank = 8},
    {.name = "median",
     .type = COLUMN_REAL,
     .unit = "ms",
     .heading = "Median",
     .help = "Half of the connections (UDP: answers) took no longer",
     .rank = 7},
    {.name = "p95",
     .type = COLUMN_REAL,
     .unit = "ms",
     .heading = "p95",
     .help = "95 of 100 took no longer",
     .rank = 7},
    {.name = "p99",
     .type = COLUMN_REAL,
     .unit = "ms",
     .heading = "p99",
     .help = "99 of 100 took no longer",
     .rank = 10},
    {.name = "slowest",
     .type = COLUMN_REAL,
     .unit = "ms",
     .heading = "Slowest",
     .help = "None took longer",
     .rank = 10},
    {.name = "folded",
     .type = COLUMN_BOOLEAN,
     .heading = "Folded",
     .help = "A part of the time is only known by the figures of its hours and days: counts and "
             "slowest are exact, median, p95 and p99 estimated",
     .rank = 10},
    {.name = "protocol",
     .type = COLUMN_TEXT,
     .heading = "As",
     .help = "Protocol that it was asked in",
     .rank = 9},
    {.name = "address",
     .type = COLUMN_TEXT,
     .heading = "Address",
     .help = "Address that was asked when the result came first",
     .rank = 9},
    {.name = "detail",
     .type = COLUMN_TEXT,
     .heading = "Detail",
     .help = "More about the result, of its first ask",
     .last = true,
     .rank = 8,
     .below = true,
     .reason = true},
    {.name = "explanation",
     .type = COLUMN_TEXT,
     .heading = "On the target",
     .help = "What the target's own ledger has about that port: docs/jobs.md",
     .last = true,
     .rank = 11,
     .below = true,
     .reason = true},
    {.name = "answer",
     .type = COLUMN_TEXT,
     .heading = "Answer",
     .help = "What the server said of itself last: a line each, name=value",
     .rank = -1,
     .last = true},
    {.name = "answer_at",
     .type = COLUMN_TIME,
     .heading = "Answer since",
     .help = "Since when it says so",
     .rank = -1},
};

const struct column_table reach_table = {
    .name = "reach",
    .title = "a port of a target, and what came of asking it",
    .groups = {{reach_columns, sizeof(reach_columns) / sizeof(reach_columns[0])}},
};

static const struct column reach_change_columns[] = {
    {.name = "at",
     .type = COLUMN_TIME,
     .heading = "At",
     .help = "The first ask with the new result"},
    {.name = "before_at",
     .type = COLUMN_TIME,
     .heading = "Before until",
     .help = "The last ask with the old one: it changed in between",
     .rank = 5},
    {.name = "job",
     .type = COLUMN_TEXT,
     .heading = "Job",
     .help = "Name of the job that asks",
     .rank = 1},
    {.name = "host",
     .type = COLUMN_TEXT,
     .heading = "Target",
     .help = "The target as the settings name it"},
    {.name = "port", .type = COLUMN_INTEGER, .heading = "Port", .help = "Port"},
    {.name = "transport", .type = COLUMN_TEXT, .heading = "Over", .help = "TCP or UDP"},
    {.name = "status_before",
     .type = COLUMN_TEXT,
     .heading = "Was",
     .help = "The old status; absent: it was asked for the first time, or what was before is not "
             "kept any more"},
    {.name = "cause_before",
     .type = COLUMN_TEXT,
     .heading = "Cause",
     .help = "How that was known",
     .rank = 6},
    {.name = "status", .type = COLUMN_TEXT, .heading = "Status", .help = "The new status"},
    {.name = "cause",
     .type = COLUMN_TEXT,
     .heading = "New cause",
     .help = "How that is known, with what the network said",
     .rank = 3},
    {.name = "expectation",
     .type = COLUMN_TEXT,
     .heading = "Expectation",
     .help = "held, not held, or undecided: of the new result",
     .rank = 2},
    {.name = "flapping",
     .type = COLUMN_TEXT,
     .heading = "Flapping",
     .help = "begins, goes on, ends: of a port that changes again and again",
     .rank = 1},
    {.name = "flapped",
     .type = COLUMN_INTEGER,
     .heading = "Flapped",
     .help = "Its changes so far",
     .rank = 7},
    {.name = "address",
     .type = COLUMN_TEXT,
     .heading = "Address",
     .help = "Address that was asked",
     .rank = 7},
    {.name = "protocol",
     .type = COLUMN_TEXT,
     .heading = "As",
     .help = "Protocol that it was asked in",
     .rank = 7},
    {.name = "detail",
     .type = COLUMN_TEXT,
     .heading = "Detail",
     .help = "More about the result",
     .last = true,
     .rank = 4,
     .reason = true},
};

const struct column_table reach_change_table = {
    .name = "reach_change",
    .title = "a change of what came of asking a port",
    .groups = {{reach_change_columns,
                sizeof(reach_change_columns) / sizeof(reach_change_columns[0])}},
};

enum { PORTS_SHOWN = 8 };

static const char *text_or_none(const struct text *text)
{
    return text->size == 0 ? NULL : text_bytes(text);
}

static struct value value_at(int64_t at)
{
    return at == 0 ? (struct value){0} : value_number(at);
}

static struct value value_percent(double percent)
{
    return percent < 0 ? (struct value){0} : value_real(percent);
}

static struct value value_us(int64_t us)
{
    return us < 0 ? (struct value){0} : value_real((double)us / 1000);
}

double job_runs_percent(const struct probe_job_sum *sum)
{
    int64_t due = sum->done + sum->missed + sum->ended + sum->unrecorded;

    return due == 0 ? -1 : 100 * (double)sum->done / (double)due;
}

double reach_percent(const struct probe_figure *figure)
{
    int64_t asked = figure->asked - figure->unasked;

    return asked == 0 ? -1 : 100 * (double)figure->listening / (double)asked;
}

void reach_add_cause(struct text *text, const struct probe_change *change)
{
    text_add(text, probe_cause_name(change->cause));
    if (change->icmp >= 0) {
        text_add_char(text, ' ');
        icmp_add_name(text, change->address.address_size == 16, (uint8_t)(change->icmp >> 8),
                      (uint8_t)change->icmp);
    }
}

/*
 * Jobs.
 */

void job_add_missed(struct text *text, const struct probe_job_sum *sum)
{
    const char *reason = probe_run_reason_name(sum->missed_reason);

    text_add(text, reason == NULL ? "" : reason);
    if (reason != NULL && sum->missed_detail != NULL) {
        text_addf(text, ": %s", sum->missed_detail);
    }
}

static void add_schedule(struct text *text, const struct job *job)
{
    const struct schedule *schedule = &job->schedule;

    if (schedule->form == SCHEDULE_EVERY) {
        text_add(text, "every ");
        units_add_duration(text, schedule->every);
    } else {
        text_addf(text, "at %s%s (%s)", job->at, job->at_count > 1 ? ", ..." : "",
                  schedule->is_utc ? "UTC" : "local");
    }
    if (schedule->offset > 0) {
        text_add(text, ", + ");
        units_add_duration(text, schedule->offset);
    }
}

static void add_ports(struct text *text, const struct port_list *ports)
{
    for (size_t i = 0; i < ports->count && i < PORTS_SHOWN; i++) {
        text_addf(text, "%s%s/%u", i > 0 ? ", " : "",
                  ports->items[i].transport == PROBE_TCP ? "tcp" : "udp",
                  (unsigned)ports->items[i].port);
    }
    if (ports->count > PORTS_SHOWN) {
        text_addf(text, ", ... (%zu)", ports->count);
    }
}

static void reset(struct job_record *record)
{
    text_reset(&record->targets);
    text_reset(&record->ports);
    text_reset(&record->schedule);
    text_reset(&record->expectation);
    text_reset(&record->address);
    text_reset(&record->cause);
}

static bool texts_ok(const struct job_record *record, struct failure *why)
{
    return text_ok(&record->targets, why) && text_ok(&record->ports, why) &&
           text_ok(&record->schedule, why) && text_ok(&record->expectation, why) &&
           text_ok(&record->address, why) && text_ok(&record->cause, why);
}

static int64_t next_run(const struct job *job, int64_t now)
{
    int64_t next =
        job == NULL ? SCHEDULE_NEVER : schedule_next(&job->schedule, clock_zone_offset, now);

    return next == SCHEDULE_NEVER ? 0 : next;
}

static void write_job(struct job_record *record, const struct job *job)
{
    reset(record);
    if (job == NULL) {
        return;
    }
    if (job->targets.total > 0) {
        text_addf(&record->targets, "%llu", (unsigned long long)job->targets.total);
    }
    if (job->target_file_count > 0) {
        text_addf(&record->targets, "%s%zu file%s", record->targets.size > 0 ? " and " : "",
                  job->target_file_count, job->target_file_count == 1 ? "" : "s");
    }
    add_ports(&record->ports, &job->ports);
    add_schedule(&record->schedule, job);
    job_add_expectation(&record->expectation, &job->expectation);
}

bool job_record_print(struct job_record *record, struct render *render, const struct job *job,
                      const struct probe_job_sum *sum, int64_t now, struct failure *why)
{
    static const struct probe_job_sum none = {0};
    bool ran = sum != NULL && sum->last_due != 0;
    const struct value absent = {0};

    write_job(record, job);
    sum = sum == NULL ? &none : sum;
    job_add_missed(&record->cause, sum);
    return texts_ok(record, why) &&
           render_record(render,
                         (const struct value[]){
                             value_text(job != NULL ? job->name : sum->name),
                             value_at(next_run(job, now)),
                             value_at(sum->last_due),
                             ran ? value_number(sum->last_lasted) : absent,
                             ran ? value_number(sum->last_held) : absent,
                             ran ? value_number(sum->last_not_held) : absent,
                             ran ? value_number(sum->last_undecided) : absent,
                             value_number(sum->done),
                             value_number(sum->missed),
                             value_number(sum->skipped),
                             value_text(text_or_none(&record->cause)),
                             value_at(sum->missed_at),
                             value_text(text_or_none(&record->schedule)),
                             value_text(text_or_none(&record->targets)),
                             value_text(text_or_none(&record->ports)),
                             value_text(text_or_none(&record->expectation)),
                         },
                         why);
}

/*
 * Ports.
 */

static void write_change(struct job_record *record, const struct probe_change *change)
{
    reset(record);
    if (change->status != PROBE_STATUS_GONE) {
        socket_endpoint_add_address(&record->address, &change->address);
        reach_add_cause(&record->cause, change);
    }
}

static const char *status_or_none(int status)
{
    return status < 0 ? NULL : probe_status_name(status);
}

static const char *judgement_name(int judgement)
{
    return expectation_result_name((enum expectation_result)judgement);
}

static const char *pair_judgement(const struct probe_pair_sum *pair)
{
    if (pair->is_past) {
        return "no longer asked";
    }
    return pair->now.status == PROBE_STATUS_GONE ? NULL : judgement_name(pair->now.judgement);
}

bool reach_record_print(struct job_record *record, struct render *render,
                        const struct probe_pair_sum *pair, const struct probe_job_sum *sum,
                        const char *story, struct failure *why)
{
    const struct probe_figure *figure = &pair->figure;
    const struct probe_change *now = &pair->now;

    write_change(record, now);
    return texts_ok(record, why) &&
           render_record(render,
                         (const struct value[]){
                             value_text(pair->job),
                             value_text(pair->host),
                             value_number(pair->port),
                             value_text(socket_protocol_name(pair->transport)),
                             value_text(status_or_none(now->status)),
                             value_text(text_or_none(&record->cause)),
                             value_at(now->first_at),
                             value_at(now->before_at),
                             value_text(status_or_none(pair->before)),
                             value_at(pair->last_at),
                             value_text(pair_judgement(pair)),
                             value_percent(reach_percent(figure)),
                             value_number(figure->asked),
                             value_number(figure->listening),
                             value_number(figure->unasked),
                             value_number(figure->held),
                             value_percent(sum == NULL ? -1 : job_runs_percent(sum)),
                             value_number(pair->changes),
                             value_us(figure->median),
                             value_us(figure->p95),
                             value_us(figure->p99),
                             value_us(figure->slowest),
                             value_truth(pair->folded_until != 0),
                             value_text(now->protocol),
                             value_text(text_or_none(&record->address)),
                             value_text(now->detail),
                             value_text(story),
                             value_text(pair->answer),
                             value_at(pair->answer_at),
                         },
                         why);
}

bool reach_change_record_print(struct job_record *record, struct render *render,
                               const struct probe_change_row *row, struct failure *why)
{
    static const char *const flapping[] = {NULL, "begins", "goes on", "ends"};
    const struct probe_change *now = &row->now;

    write_change(record, now);
    return texts_ok(record, why) &&
           render_record(
               render,
               (const struct value[]){
                   value_number(now->first_at),
                   value_at(now->before_at),
                   value_text(row->pair->job),
                   value_text(row->pair->host),
                   value_number(row->pair->port),
                   value_text(socket_protocol_name(row->pair->transport)),
                   value_text(status_or_none(row->before)),
                   value_text(row->before_cause < 0 ? NULL : probe_cause_name(row->before_cause)),
                   value_text(probe_status_name(now->status)),
                   value_text(text_or_none(&record->cause)),
                   value_text(judgement_name(now->judgement)),
                   value_text(flapping[row->flapping]),
                   value_at(row->flapping == PROBE_NOT_FLAPPING ? 0 : row->flapped),
                   value_text(text_or_none(&record->address)),
                   value_text(now->protocol),
                   value_text(now->detail),
               },
               why);
}

void job_record_clear(struct job_record *record)
{
    text_clear(&record->targets);
    text_clear(&record->ports);
    text_clear(&record->schedule);
    text_clear(&record->expectation);
    text_clear(&record->address);
    text_clear(&record->cause);
}
