/* SPDX-License-Identifier: MIT */

#include "reportcli/job_silence.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"

enum { STEPS_MOST = 20000 }; /* nobody wants to wait for the exact number of years without a run */

static int utc(int64_t at)
{
    (void)at;
    return 0;
}

static bool is_maintained(const struct job *job, int64_t at)
{
    return maintenance_find(job->windows, job->window_count,
                            job->schedule.is_utc ? utc : clock_zone_offset, at) < job->window_count;
}

/* Runs after `after`, up to `until`; those in a window of maintenance apart. */
static int64_t count_due(const struct job *job, int64_t after, int64_t until, int64_t *first)
{
    int64_t at = after;
    int64_t count = 0;

    *first = 0;
    for (int steps = 0; steps < STEPS_MOST; steps++) {
        at = schedule_next(&job->schedule, clock_zone_offset, at);
        if (at == SCHEDULE_NEVER || at > until) {
            break;
        }
        if (!is_maintained(job, at)) {
            *first = *first == 0 ? at : *first;
            count++;
        }
    }
    return count;
}

/* As count_due(), of a schedule of which only the longest gap is known. */
static int64_t guess_due(const struct probe_job_sum *sum, int64_t until, int64_t *first)
{
    if (sum->longest_gap <= 0 || until - sum->told_until < sum->longest_gap) {
        *first = 0;
        return 0;
    }
    *first = sum->told_until + sum->longest_gap;
    return (until - sum->told_until) / sum->longest_gap;
}

static void judge(struct job_silence *silence, int64_t until)
{
    silence->is_stale = silence->lacking >= JOB_SILENCE_RUNS ||
                        (silence->lacking > 0 && until - silence->first >= JOB_SILENCE_AGE);
}

void job_silence_find(struct job_silence *silence, const struct probe_job_sum *sum,
                      const struct job *job, int64_t since, int64_t until)
{
    int64_t told = sum->told_until > since ? sum->told_until : since - 1;

    *silence = (struct job_silence){0};
    if (job != NULL) {
        silence->unrecorded = count_due(job, told, until, &silence->first);
    } else if (sum->told_until >= since) {
        silence->unrecorded = guess_due(sum, until, &silence->first);
    }
    silence->lacking = silence->unrecorded + sum->missed_since;
    if (sum->missed_since > 0) {
        silence->first = sum->missed_first;
    }
    judge(silence, until);
}

void job_silence_add(struct text *text, const char *name, int64_t last_due, int64_t lacking,
                     enum time_zone_choice zone)
{
    text_add(text, "job ");
    text_add_visible(text, name, strlen(name));
    text_add(text, " has not run");
    if (last_due != 0) {
        text_add(text, " since ");
        time_text_add_table(text, last_due - last_due % 1000, zone);
        text_addf(text, ", and at least %" PRId64 " %s due", lacking,
                  lacking == 1 ? "run was" : "runs were");
    }
}

void job_silence_note(const struct command_context *context, int64_t unrecorded, int64_t stale,
                      const struct text *told)
{
    if (unrecorded > 0) {
        command_note(context, "missed",
                     "of at least %" PRId64 " %s due in this time the ledger has nothing: does the "
                     "service run? (portledgerd status)",
                     unrecorded, unrecorded == 1 ? "run that was" : "runs that were");
    }
    if (stale > 0) {
        command_note(context, "stale", "nobody knows how things are now: %s%s", text_bytes(told),
                     stale > JOB_SILENCE_TOLD ? ", and further jobs" : "");
    }
}
