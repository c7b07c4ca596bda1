/* SPDX-License-Identifier: MIT */

#include "service/job_plan.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/time_text.h"
#include "base/units.h"
#include "probes/job_run.h"
#include "probes/protocol.h"
#include "store/probe_fact.h"

enum { RUNS_SHOWN = 10 };

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

/* Outcomes wait in memory until the ledger takes them: with a rate they come one by one. */
static void add_room(struct text *text, const struct job *job, uint64_t queries)
{
    if (queries > PROBE_OUTCOMES_ROOM && job->rate == 0) {
        text_addf(text,
                  "  warning: outcomes may be lost, since about %d have room until they are "
                  "stored; give it a rate, or make it several jobs\n",
                  PROBE_OUTCOMES_ROOM);
    }
}

/* As a run asks them: doubles once. */
static uint64_t count_targets(const struct target_list *targets, struct failure *why)
{
    struct target_walk walk = {0};
    struct socket_endpoint address;
    struct text text = {0};
    uint64_t count = 0;

    while (target_list_next(targets, &walk, &text, &address)) {
        count++;
    }
    count = text_ok(&text, why) ? count : targets->total;
    text_clear(&text);
    return count;
}

/* "3 targets x 12 ports = 36 queries a run" */
static void add_size(struct text *text, const struct job *job)
{
    struct target_list targets = {0};
    struct failure why = {0};

    if (job_read_targets(job, &targets, &why)) {
        uint64_t count = count_targets(&targets, &why);
        uint64_t queries = count * job->ports.count;

        text_addf(text,
                  "  %" PRIu64 " target%s x %zu port%s = %" PRIu64
                  " quer%s a run, %u at a time to each target\n",
                  count, plural(count), job->ports.count, plural(job->ports.count), queries,
                  queries == 1 ? "y" : "ies", job->per_target);
        add_room(text, job, queries);
    } else {
        text_addf(text, "  %zu port%s of targets that are not known: %s\n", job->ports.count,
                  plural(job->ports.count), why.text);
    }
    target_list_clear(&targets);
}

/* What asking on schedule does to who asks: once, by the protocol that the port is known for. */
static void add_repetition(struct text *text, const struct job *job)
{
    for (size_t i = 0; i < job->ports.count; i++) {
        const struct port_item *item = &job->ports.items[i];
        const struct protocol *protocol = job->protocol != NULL
                                              ? job->protocol
                                              : protocol_of_port(item->transport, item->port, NULL);

        if (protocol != NULL && protocol->repetition != NULL) {
            text_addf(text, "  warning: port %u: %s\n", item->port, protocol->repetition);
            return;
        }
    }
}

/* Whether the file could be used now. */
static void add_secret(struct text *text, const struct settings_item *item, const char *key,
                       const char *path)
{
    struct failure unusable = {0};
    struct failure why = {0};
    char *secret;

    if (path == NULL) {
        return;
    }
    if (job_read_secret(&secret, path, &unusable)) {
        job_forget_secret(secret);
        text_addf(text, "  %s is %s, which is safe\n", key, path);
    } else {
        (void)item_refuse(item, key, &why, "cannot be used: %s", unusable.text);
        text_addf(text, "  warning: %s\n", why.text);
    }
}

static void add_when(struct text *text, const struct job *job)
{
    text_add(text, "  runs ");
    if (job->schedule.form == SCHEDULE_EVERY) {
        text_add(text, "every ");
        units_add_duration(text, job->schedule.every);
    } else {
        text_addf(text, "at the times of the settings (%s)",
                  job->schedule.is_utc ? "UTC" : "local time");
    }
    text_add(text, ", here ");
    units_add_duration(text, job->schedule.offset);
    text_addf(text, " later%s; next:\n", job->catch_up ? ", and makes up for the last one" : "");
}

static int utc_zone(int64_t at)
{
    (void)at;
    return 0;
}

static void add_runs(struct text *text, const struct job *job, int64_t now)
{
    local_time_zone_fn *zone = job->schedule.is_utc ? utc_zone : clock_zone_offset;

    for (int i = 0; i < RUNS_SHOWN; i++) {
        now = schedule_next(&job->schedule, clock_zone_offset, now);
        if (now == SCHEDULE_NEVER) {
            return;
        }
        text_add(text, "    ");
        time_text_add_table(text, now, TIME_ZONE_LOCAL);
        if (maintenance_find(job->windows, job->window_count, zone, now) < job->window_count) {
            text_add(text, "  skipped: maintenance");
        }
        text_add_char(text, '\n');
    }
}

static void add_job(struct text *text, const struct job *job, const struct settings_item *item,
                    int64_t now)
{
    text_add(text, "Job ");
    text_add_visible(text, job->name, strlen(job->name));
    text_add_char(text, '\n');
    add_size(text, job);
    add_repetition(text, job);
    text_add(text, "  expects ");
    job_add_expectation(text, &job->expectation);
    text_add_char(text, '\n');
    add_secret(text, item, "community_file", job->community_file);
    add_secret(text, item, "secret_file", job->secret_file);
    add_when(text, job);
    add_runs(text, job, now);
}

static void add_warnings(struct text *text, const struct job_list *list)
{
    const char *at = text_bytes(&list->warnings);

    while (*at != '\0') {
        size_t size = strcspn(at, "\n") + 1;

        text_add(text, "Warning: ");
        text_add_bytes(text, at, size);
        at += size;
    }
}

void job_plan_add(struct text *text, const struct job_list *list, const struct settings *settings,
                  int64_t now)
{
    add_warnings(text, list);
    for (size_t i = 0; i < list->count; i++) {
        add_job(text, &list->jobs[i], settings_item_at(settings, "probes.jobs", i), now);
    }
}
