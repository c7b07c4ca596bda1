/* SPDX-License-Identifier: MIT */

#include "service/watcher.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/console.h"
#include "base/file.h"
#include "base/paths.h"
#include "base/time_text.h"
#include "base/units.h"
#include "base/process_self.h"
#include "collector/collector.h"
#include "probes/job_run.h"
#include "service/event_sink.h"
#include "service/job_runner.h"
#include "service/ledger_opener.h"
#include "service/sample_queue.h"
#include "service/sampler.h"
#include "service/share.h"
#include "store/ledger.h"
#include "store/ledger_begin.h"
#include "store/ledger_log.h"
#include "store/ledger_writer.h"
#include "store/retention.h"
#include "store/verify.h"

enum {
    STOP_PATIENCE_MS = 1500, /* for a system call that hangs; the SCM is promised 2 s */
    START_LOOK_MS = 500,     /* how often a manager hears that we are still starting */
    OPEN_PATIENCE_MS = 1000, /* most ledgers are open by then; the first sample waits as long */
    MOST_WAITING = 16 << 20, /* bytes of facts that may wait while the ledger takes none */
    RETENTION_MS = 20,       /* of work at a time, */
    RETENTION_REST_MS = 60,  /* with so much rest in between */
    RETENTION_RETRY_MS = 60000,
    LOST_AGAIN_MS = 600000,
    MOST_REOPENED = 3, /* times that a run opens a ledger anew that fails as if damaged */
};

setting_tables watcher_settings = {&collector_settings, &ledger_settings, &probe_settings, NULL};

struct watcher {
    struct service_host *host;
    const struct watcher_plan *plan;
    struct event_sink *events;
    struct settings *settings;
    struct text settings_file; /* empty: defaults */
    struct text ledger_path;
    struct ledger_opener *opener; /* at work; NULL: the ledger is open */
    struct sample_queue queue;    /* samples that wait for the opener */
    struct ledger_begun begun;
    struct retention *retention; /* NULL while the opener is at work */
    struct sampler *sampler;
    struct share *share;
    struct job_runner *jobs;  /* NULL: the ledger was not open yet */
    size_t lost_outcomes;     /* that are not told yet */
    int64_t next_lost;        /* when they may be; clock_steady() */
    struct snapshot snapshot; /* the one that goes to the writer; kept for its memory */

    int64_t interval;
    int64_t commit_every;
    int64_t next_sample; /* clock_steady() */
    int64_t next_commit;
    int64_t next_retention; /* INT64_MAX: when something was committed */
    int64_t failed_samples; /* since the last good one */
    int reopened;
    bool commit_failing;
    bool retention_failing;
    bool log_held;
    bool key_failing;
    int64_t published;    /* number of the seal that was published last; -1: none was */
    int64_t next_publish; /* clock_steady() */
    bool sampled;         /* at least once */
    bool ready;
};

static bool read_settings(const struct watcher_plan *plan, struct settings **out, struct text *file,
                          struct failure *why)
{
    if (plan->config != NULL) {
        text_add(file, plan->config);
        return text_ok(file, why) && settings_read(out, plan->config, watcher_settings, why);
    }
    if (!paths_settings_file(file, why) || !text_ok(file, why)) {
        return false;
    }
    if (settings_read(out, text_bytes(file), watcher_settings, why)) {
        return true;
    }
    if (why->kind != FAILURE_MISSING) {
        return false;
    }
    text_reset(file);
    return settings_read(out, NULL, watcher_settings, why);
}

/* What no table can say of jobs is found when they are read. */
static bool check_jobs(const struct settings *settings, struct failure *why)
{
    struct job_list jobs = {0};
    bool right = job_list_read_here(&jobs, settings, why);

    job_list_clear(&jobs);
    return right;
}

bool watcher_read_settings(const struct watcher_plan *plan, struct settings **out,
                           struct text *file, struct failure *why)
{
    if (!read_settings(plan, out, file, why)) {
        return false;
    }
    if (check_jobs(*out, why)) {
        return true;
    }
    settings_free(*out);
    *out = NULL;
    return false;
}

bool watcher_ledger_path(const struct settings *settings, struct text *path, struct failure *why)
{
    const char *named = settings_text(settings, "ledger.path");

    if (named == NULL) {
        return paths_ledger_file(path, why);
    }
    return paths_absolute(path, named, why);
}

/*
 * Settings.
 */

static void tell_settings(const struct watcher *watcher)
{
    event_report(watcher->events, EVENT_SETTINGS_LOADED,
                 watcher->settings_file.size > 0 ? text_bytes(&watcher->settings_file)
                                                 : "defaults; there is no settings file");
}

static void take_settings(struct watcher *watcher)
{
    watcher->interval = settings_number(watcher->settings, "collector.interval");
    watcher->commit_every = settings_number(watcher->settings, "ledger.commit");
}

static struct retention_limits retention_limits(const struct settings *settings)
{
    return (struct retention_limits){
        .keep = settings_number(settings, "ledger.keep"),
        .max_size = settings_number(settings, "ledger.max_size"),
        .keep_profile = settings_number(settings, "ledger.keep_profile"),
    };
}

/* A ledger is not changed under a running service: its path takes a restart. */
static void compare_ledger_path(const struct watcher *watcher, const struct settings *newer)
{
    struct text path = {0};
    struct failure why;

    if (watcher_ledger_path(newer, &path, &why) &&
        strcmp(text_bytes(&path), text_bytes(&watcher->ledger_path)) != 0) {
        event_report(watcher->events, EVENT_RESTART_NEEDED, "ledger.path",
                     text_bytes(&watcher->ledger_path));
    }
    text_clear(&path);
}

static bool store_settings(struct watcher *watcher, struct failure *why)
{
    struct text text = {0};
    bool ok;

    settings_add_all(&text, watcher->settings);
    ok = text_ok(&text, why) &&
         ledger_writer_set_settings(watcher->begun.writer, text_bytes(&text), why);
    text_clear(&text);
    return ok;
}

/* The settings in force are those of the run from here on. */
static bool configure_writer(struct watcher *watcher, struct failure *why)
{
    ledger_writer_set_commit(watcher->begun.writer, watcher->commit_every);
    return store_settings(watcher, why) &&
           ledger_writer_set_interval(watcher->begun.writer, watcher->interval, why);
}

/*
 * Jobs.
 */

static bool find_handled(void *context, const char *job, int64_t *handled, struct failure *why)
{
    struct watcher *watcher = context;

    *handled = INT64_MIN;
    return watcher->opener != NULL ||
           probe_writer_handled(ledger_writer_probes(watcher->begun.writer), job, handled, why);
}

/* The runner has settings of its own: runs that go on need those that they began with. */
static bool configure_jobs(struct watcher *watcher, struct failure *why)
{
    struct settings *settings = NULL;
    struct text file = {0};
    bool ok = read_settings(watcher->plan, &settings, &file, why);

    text_clear(&file);
    if (ok && !job_runner_configure(watcher->jobs, settings, find_handled, watcher, why)) {
        ok = false;
    }
    if (!ok && why->kind != FAILURE_MEMORY) {
        event_report(watcher->events, EVENT_JOBS_REFUSED, why->text);
        return true;
    }
    return ok;
}

static void tell_lines(const struct watcher *watcher, enum event_id id, struct text *lines)
{
    char *line = lines->bytes;

    while (line != NULL && *line != '\0') {
        char *end = strchr(line, '\n');

        if (end != NULL) {
            *end++ = '\0';
        }
        event_report(watcher->events, id, line);
        line = end;
    }
}

/* While it goes on, an event every ten minutes sums it up. */
static void tell_lost(struct watcher *watcher, size_t lost)
{
    struct text count = {0};

    watcher->lost_outcomes += lost;
    if (watcher->lost_outcomes == 0 || clock_steady() < watcher->next_lost) {
        return;
    }
    text_addf(&count, "%zu", watcher->lost_outcomes);
    event_report(watcher->events, EVENT_OUTCOMES_LOST, text_bytes(&count));
    text_clear(&count);
    watcher->lost_outcomes = 0;
    watcher->next_lost = clock_steady() + LOST_AGAIN_MS;
}

/* What the jobs found goes to the ledger with the next commit. */
static void take_news(struct watcher *watcher, struct job_news *news)
{
    struct probe_writer *writer = ledger_writer_probes(watcher->begun.writer);
    size_t before = probe_writer_lost(writer);
    struct probe_fact *fact;

    while ((fact = probe_facts_take(&news->facts)) != NULL) {
        probe_writer_add(writer, fact);
    }
    tell_lost(watcher, news->facts.lost + probe_writer_lost(writer) - before);
    tell_lines(watcher, EVENT_PORT_CHANGED, &news->changes);
    tell_lines(watcher, EVENT_JOB_FAILED, &news->troubles);
    job_news_clear(news);
}

static void tend_jobs(struct watcher *watcher)
{
    struct job_news news;

    if (watcher->jobs != NULL && watcher->opener == NULL) {
        job_runner_take(watcher->jobs, &news);
        take_news(watcher, &news);
    }
}

static void close_jobs(struct watcher *watcher)
{
    struct job_news news;

    if (!job_runner_close(watcher->jobs, STOP_PATIENCE_MS, &news)) {
        event_report(watcher->events, EVENT_RUNS_LEFT);
    }
    watcher->jobs = NULL;
    if (watcher->opener == NULL && watcher->begun.writer != NULL) {
        take_news(watcher, &news);
    }
    job_news_clear(&news);
}

static bool read_collector_options(const struct watcher *watcher, struct collector_options *options,
                                   struct failure *why)
{
    options->probing_pid = process_self_pid();
    return collector_options_read(options, watcher->settings, why);
}

static bool configure_sampler(struct watcher *watcher, struct failure *why)
{
    struct collector_options options = {0};
    bool ok = read_collector_options(watcher, &options, why) &&
              sampler_configure(watcher->sampler, &options, why);

    collector_options_clear(&options);
    return ok;
}

static bool reload(struct watcher *watcher, struct failure *why)
{
    struct settings *newer = NULL;
    struct retention_limits limits;
    struct text file = {0};

    if (!watcher_read_settings(watcher->plan, &newer, &file, why)) {
        event_report(watcher->events, EVENT_SETTINGS_REFUSED, why->text);
        text_clear(&file);
        return true;
    }
    compare_ledger_path(watcher, newer);
    settings_free(watcher->settings);
    watcher->settings = newer;
    text_clear(&watcher->settings_file);
    watcher->settings_file = file;
    take_settings(watcher);
    watcher->next_sample = clock_steady();
    watcher->next_commit = watcher->next_sample; /* what waited by the old settings waits no more */
    tell_settings(watcher);
    if (watcher->retention != NULL) {
        limits = retention_limits(newer);
        retention_set_limits(watcher->retention, &limits);
    }
    return configure_sampler(watcher, why) &&
           (watcher->share == NULL || share_configure(watcher->share, watcher->settings, why)) &&
           (watcher->opener != NULL || configure_writer(watcher, why)) &&
           (watcher->jobs == NULL || configure_jobs(watcher, why));
}

/*
 * Opening the ledger.
 */

static void ring_host(void *context)
{
    service_host_ring(context);
}

static bool begin_opening(struct watcher *watcher, bool suspect, struct failure *why)
{
    struct text settings = {0};
    struct ledger_opener_plan plan = {
        .path = text_bytes(&watcher->ledger_path),
        .interval = watcher->interval,
        .commit = watcher->commit_every,
        .goes_on_after = suspect ? LEDGER_GAP_LOST : LEDGER_GAP_NONE,
        .suspect = suspect,
    };
    bool ok;

    settings_add_all(&settings, watcher->settings);
    plan.settings = text_bytes(&settings);
    ok = text_ok(&settings, why) &&
         ledger_opener_open(&watcher->opener, &plan, ring_host, watcher->host, why);
    text_clear(&settings);
    return ok;
}

/*
 * Samples and commits.
 */

static void tell_gap(const struct watcher *watcher, const struct ledger_gap_seen *gap)
{
    struct text from = {0};
    struct text until = {0};

    time_text_add_table(&from, gap->from, TIME_ZONE_LOCAL);
    time_text_add_table(&until, gap->until, TIME_ZONE_LOCAL);
    event_report(watcher->events, EVENT_GAP, text_bytes(&from), text_bytes(&until),
                 ledger_gap_name((int)gap->reason));
    text_clear(&from);
    text_clear(&until);
}

/* RUNNING means that watching has really begun: a sample is in the ledger. */
static void become_ready(struct watcher *watcher)
{
    struct text interval = {0};

    watcher->ready = true;
    service_host_ready(watcher->host);
    units_add_duration(&interval, watcher->interval);
    event_report(watcher->events, EVENT_STARTED, text_bytes(&interval),
                 text_bytes(&watcher->ledger_path));
    text_clear(&interval);
}

/* Said once, and once more when it is over. */
static void tell_commit(struct watcher *watcher, bool ok, const struct failure *why)
{
    if (ok && watcher->commit_failing) {
        event_report(watcher->events, EVENT_COMMIT_RECOVERED);
    } else if (!ok && !watcher->commit_failing) {
        event_report(watcher->events, EVENT_COMMIT_FAILED, why->text);
    }
    watcher->commit_failing = !ok;
}

static void tell_log(const struct watcher *watcher)
{
    struct text size = {0};
    struct text path = {0};

    text_add(&path, text_bytes(&watcher->ledger_path));
    text_add(&path, "-wal");
    units_add_size_rough(&size, file_size(text_bytes(&path)));
    event_report(watcher->events, EVENT_LOG_HELD, text_bytes(&watcher->ledger_path),
                 text_bytes(&size));
    text_clear(&path);
    text_clear(&size);
}

/* Said once, and once more when it is over. What is wrong with the disk, the next commit says. */
static void tend_log(struct watcher *watcher)
{
    struct failure ignored;
    bool held;

    if (!ledger_tend_log(watcher->begun.ledger, &held, &ignored) || held == watcher->log_held) {
        return;
    }
    if (held) {
        tell_log(watcher);
    } else {
        event_report(watcher->events, EVENT_LOG_FREE);
    }
    watcher->log_held = held;
}

/*
 * Seals.
 */

static void publish(struct watcher *watcher, const struct verify_anchor *seal,
                    const char *ledger_id, int64_t until)
{
    struct text words = {0};
    struct text time = {0};

    verify_add_anchor(&words, seal, ledger_id);
    time_text_add_table(&time, until, TIME_ZONE_LOCAL);
    event_report(watcher->events, EVENT_SEAL, text_bytes(&words), text_bytes(&time));
    watcher->published = seal->number;
    watcher->next_publish =
        clock_steady() + settings_number(watcher->settings, "ledger.publish_seals");
    text_clear(&words);
    text_clear(&time);
}

/* Only what is committed is published. */
static void tend_seals(struct watcher *watcher)
{
    struct verify_anchor seal;
    struct sealer_state state;

    ledger_writer_look_at_seals(watcher->begun.writer, &state);
    if (state.key_failing && !watcher->key_failing) {
        event_report(watcher->events, EVENT_KEY_FAILED, state.failure.text);
    }
    watcher->key_failing = state.key_failing;
    if (state.number <= watcher->published || clock_steady() < watcher->next_publish) {
        return;
    }
    seal.number = state.number;
    memcpy(seal.head, state.head, sizeof(seal.head));
    publish(watcher, &seal, state.ledger_id, state.until.at);
}

static void publish_last(struct watcher *watcher)
{
    const struct ledger_begun *begun = &watcher->begun;

    if (begun->sealed && begun->seal.number > watcher->published) {
        publish(watcher, &begun->seal, begun->ledger_id, begun->sealed_until);
    }
}

/* Once, and only to whoever sits before it: no log may keep it. In one line, to be copied. */
static void show_key(const struct watcher *watcher, const char *line)
{
    struct failure ignored;

    if (!service_host_foreground(watcher->host) || !console_is_terminal(CONSOLE_ERROR)) {
        return;
    }
    (void)(console_write(CONSOLE_ERROR, line, strlen(line), &ignored) &&
           console_write(CONSOLE_ERROR, "\n", 1, &ignored));
    console_complain("Keep this line elsewhere and not on this machine; it is not shown again. "
                     "`portledger verify --key FILE` proves by it that the ledger was not "
                     "changed.");
}

static void tell_key(struct watcher *watcher)
{
    struct sealer_state state;
    struct text number = {0};
    struct text key = {0};

    ledger_writer_look_at_seals(watcher->begun.writer, &state);
    text_addf(&number, "%lld", (long long)state.number + (state.key == SEALER_KEY_LOST ? 1 : 0));
    text_addf(&key, "%s.key", text_bytes(&watcher->ledger_path));
    if (state.key == SEALER_KEY_FIRST) {
        event_report(watcher->events, EVENT_SEALING_BEGINS, text_bytes(&key));
    } else if (state.key == SEALER_KEY_LOST) {
        event_report(watcher->events, EVENT_KEY_LOST, text_bytes(&key), text_bytes(&number));
    } else if (state.key == SEALER_KEY_AHEAD) {
        text_reset(&number);
        text_addf(&number, "%lld", (long long)state.number + 1);
        event_report(watcher->events, EVENT_LEDGER_CUT, text_bytes(&number));
    }
    if (state.key_line != NULL) {
        show_key(watcher, state.key_line);
    }
    watcher->published = state.number;
    watcher->next_publish = clock_steady();
    text_clear(&number);
    text_clear(&key);
}

static void close_share(struct watcher *watcher)
{
    share_close(watcher->share);
    watcher->share = NULL;
}

static void close_retention(struct watcher *watcher)
{
    retention_close(watcher->retention);
    watcher->retention = NULL;
}

/*
 * A ledger in which a commit found damage, or what looks like it, is opened
 * anew, which has a close look and may find that another one must be begun.
 */
static bool reopen(struct watcher *watcher, struct failure *why)
{
    struct failure ignored;

    if (watcher->reopened++ == MOST_REOPENED) {
        return false;
    }
    close_share(watcher);
    close_retention(watcher);
    (void)!ledger_begun_end(&watcher->begun, LEDGER_GAP_LOST, &ignored);
    return begin_opening(watcher, true, why);
}

/*
 * A ledger that is full or locked may get well again, and samples wait for
 * that in memory. One that is gone does not: then the service ends, and the
 * manager starts it again.
 */
static bool commit(struct watcher *watcher, struct failure *why)
{
    bool ok;

    watcher->next_commit = clock_steady() + watcher->commit_every;
    if (watcher->opener != NULL) {
        return true;
    }
    ok = ledger_writer_commit(watcher->begun.writer, why);
    watcher->next_commit = clock_steady() + watcher->commit_every;
    if (!ok && ledger_is_suspect(why)) {
        tell_commit(watcher, ok, why);
        return reopen(watcher, why);
    }
    if (!ok && (why->kind == FAILURE_MISSING || why->kind == FAILURE_FORMAT)) {
        return false;
    }
    tell_commit(watcher, ok, why);
    if (ledger_writer_waiting(watcher->begun.writer) > MOST_WAITING) {
        ledger_writer_drop(watcher->begun.writer);
        watcher->sampled = watcher->ready; /* a first sample is still to come */
        event_report(watcher->events, EVENT_SAMPLES_LOST);
    }
    if (ok) {
        tend_log(watcher);
        tend_seals(watcher);
    }
    if (ok && watcher->sampled && !watcher->ready) {
        become_ready(watcher);
    }
    if (ok && watcher->next_retention == INT64_MAX) {
        watcher->next_retention = clock_steady();
    }
    return true;
}

/* Said once, and once more when it is over. */
static void tell_retention(struct watcher *watcher, bool ok, const struct failure *why)
{
    if (ok && watcher->retention_failing) {
        event_report(watcher->events, EVENT_RETENTION_RECOVERED);
    } else if (!ok && !watcher->retention_failing) {
        event_report(watcher->events, EVENT_RETENTION_FAILED, why->text);
    }
    watcher->retention_failing = !ok;
}

/* Whether nothing else is due, nor will be in the time that it takes. */
static bool is_idle(const struct watcher *watcher, int64_t now)
{
    return watcher->retention != NULL && watcher->ready && !watcher->commit_failing &&
           !watcher->log_held && now >= watcher->next_retention &&
           now + RETENTION_MS <= watcher->next_commit;
}

/* A ledger that cannot be shrunk is still a ledger: samples go on, and it is tried again. */
static void retain_if_idle(struct watcher *watcher, int64_t now)
{
    struct failure why;
    bool more = false;
    bool ok;

    if (!is_idle(watcher, now)) {
        return;
    }
    ok = retention_work(watcher->retention, clock_now(), RETENTION_MS, &more, &why);
    tell_retention(watcher, ok, &why);
    watcher->next_retention = INT64_MAX;
    if (!ok) {
        watcher->next_retention = clock_steady() + RETENTION_RETRY_MS;
    } else if (more) {
        watcher->next_retention = clock_steady() + RETENTION_REST_MS;
    }
}

static void tell_recovery(struct watcher *watcher)
{
    struct text count = {0};

    text_addf(&count, "%lld", (long long)watcher->failed_samples);
    event_report(watcher->events, EVENT_SAMPLE_RECOVERED, text_bytes(&count));
    text_clear(&count);
    watcher->failed_samples = 0;
}

static bool store(struct watcher *watcher, struct snapshot *snapshot, struct failure *why)
{
    struct ledger_gap_seen gap;

    if (!ledger_writer_add(watcher->begun.writer, snapshot, why)) {
        return false;
    }
    if (ledger_writer_gap_seen(watcher->begun.writer, &gap)) {
        tell_gap(watcher, &gap);
    }
    return true;
}

static bool record(struct watcher *watcher, struct failure *why)
{
    if (watcher->failed_samples > 0) {
        tell_recovery(watcher);
    }
    if (watcher->opener != NULL) {
        return sample_queue_add(&watcher->queue, &watcher->snapshot, watcher->interval, why);
    }
    if (!store(watcher, &watcher->snapshot, why)) {
        return false;
    }
    /* The first sample is stored at once. */
    if (!watcher->sampled && !ledger_writer_is_losing(watcher->begun.writer)) {
        watcher->sampled = true;
        return commit(watcher, why);
    }
    return true;
}

static bool note_gap(struct watcher *watcher, enum ledger_gap reason, struct failure *why)
{
    if (watcher->opener != NULL) {
        sample_queue_gap(&watcher->queue, reason);
        return true;
    }
    return ledger_writer_gap(watcher->begun.writer, reason, why);
}

static bool note_failed_sample(struct watcher *watcher, const struct failure *sampling,
                               struct failure *why)
{
    if (watcher->failed_samples++ == 0) {
        event_report(watcher->events, EVENT_SAMPLE_FAILED, sampling->text);
    }
    return note_gap(watcher, LEDGER_GAP_SAMPLE_FAILED, why);
}

static bool collect(struct watcher *watcher, struct failure *why)
{
    struct failure sampling;

    switch (sampler_take(watcher->sampler, &watcher->snapshot, &sampling)) {
    case SAMPLER_DONE:
        return record(watcher, why);
    case SAMPLER_FAILED:
        return note_failed_sample(watcher, &sampling, why);
    default:
        return true;
    }
}

/*
 * What waited for the ledger.
 */

static bool store_queued(struct watcher *watcher, struct queued_sample *sample, struct failure *why)
{
    return (sample->gap == LEDGER_GAP_NONE ||
            ledger_writer_gap(watcher->begun.writer, sample->gap, why)) &&
           ledger_writer_set_interval(watcher->begun.writer, sample->interval, why) &&
           store(watcher, &sample->snapshot, why);
}

/* What was lost is lost after what waited. */
static bool store_queue(struct watcher *watcher, struct failure *why)
{
    struct queued_sample *sample;
    bool ok = true;

    while (ok && (sample = sample_queue_take(&watcher->queue)) != NULL) {
        ok = store_queued(watcher, sample, why);
        queued_sample_free(sample);
        watcher->sampled = true;
    }
    if (ok && watcher->queue.full) {
        event_report(watcher->events, EVENT_SAMPLES_LOST);
        ok = ledger_writer_gap(watcher->begun.writer, LEDGER_GAP_LOST, why);
    } else if (ok && watcher->queue.gap != LEDGER_GAP_NONE) {
        ok = ledger_writer_gap(watcher->begun.writer, watcher->queue.gap, why);
    }
    sample_queue_clear(&watcher->queue);
    return ok;
}

/* Copies are made of the ledger that is open now. */
static bool open_share(struct watcher *watcher, struct failure *why)
{
    return share_open(&watcher->share, watcher->begun.ledger, ring_host, watcher->host, why) &&
           share_configure(watcher->share, watcher->settings, why);
}

static bool open_retention(struct watcher *watcher, struct failure *why)
{
    struct retention_limits limits = retention_limits(watcher->settings);

    watcher->next_retention = INT64_MAX;
    return retention_open(&watcher->retention, watcher->begun.ledger, &limits, why);
}

/* The runs of before are known only when the ledger is open. */
static bool open_jobs(struct watcher *watcher, struct failure *why)
{
    return watcher->jobs != NULL ||
           (job_runner_open(&watcher->jobs, ring_host, watcher->host, why) &&
            configure_jobs(watcher, why));
}

static bool use_ledger(struct watcher *watcher, struct failure *why)
{
    (void)ledger_opener_close(watcher->opener, -1); /* it is done */
    watcher->opener = NULL;
    if (watcher->begun.kept.size > 0) {
        event_report(watcher->events, EVENT_LEDGER_REPLACED, text_bytes(&watcher->begun.kept),
                     watcher->begun.damage.text);
        text_clear(&watcher->begun.kept);
    }
    tell_key(watcher);
    watcher->next_commit = clock_steady();
    return store_queue(watcher, why) && configure_writer(watcher, why) &&
           open_retention(watcher, why) && open_share(watcher, why) && open_jobs(watcher, why);
}

/* Takes the ledger over where it is open by now. */
static bool take_ledger(struct watcher *watcher, struct failure *why)
{
    if (watcher->opener == NULL) {
        return true;
    }
    switch (ledger_opener_take(watcher->opener, &watcher->begun, why)) {
    case LEDGER_OPENER_DONE:
        return use_ledger(watcher, why);
    case LEDGER_OPENER_FAILED:
        return false;
    default:
        return true;
    }
}

/* Samples are due at fixed distances; one that could not begin in time is left out, not made up. */
static void begin_if_due(struct watcher *watcher, int64_t now)
{
    int64_t late = now - watcher->next_sample;

    if (late < 0 || !sampler_begin(watcher->sampler)) {
        return;
    }
    watcher->next_sample += (late / watcher->interval + 1) * watcher->interval;
}

static void share_on(struct watcher *watcher)
{
    struct failure why;

    switch (share_work(watcher->share, &why)) {
    case SHARE_FAILED:
        event_report(watcher->events, EVENT_SHARE_FAILED, why.text);
        break;
    case SHARE_RECOVERED:
        event_report(watcher->events, EVENT_SHARE_RECOVERED);
        break;
    default:
        break;
    }
}

static int64_t time_to_wait(const struct watcher *watcher, int64_t now)
{
    int64_t next = watcher->next_sample;
    int64_t share = watcher->share == NULL ? -1 : share_wait(watcher->share);

    if (next <= now) { /* a sample is under way for longer than the interval: it rings */
        next = now + watcher->interval;
    }
    if (watcher->next_commit < next) {
        next = watcher->next_commit;
    }
    if (watcher->retention != NULL && watcher->ready && !watcher->commit_failing &&
        !watcher->log_held && watcher->next_retention < next) {
        next = watcher->next_retention > now ? watcher->next_retention : now + RETENTION_MS;
    }
    if (share >= 0 && now + share < next) {
        next = now + share;
    }
    if (!watcher->ready && next > now + START_LOOK_MS) {
        next = now + START_LOOK_MS;
    }
    return next > now ? next - now : 0;
}

static bool turn(struct watcher *watcher, unsigned wants, struct failure *why)
{
    if (!take_ledger(watcher, why) || !collect(watcher, why)) {
        return false;
    }
    if ((wants & SERVICE_WANTS_RELOAD) != 0 && !reload(watcher, why)) {
        return false;
    }
    begin_if_due(watcher, clock_steady());
    tend_jobs(watcher);
    if (clock_steady() >= watcher->next_commit && !commit(watcher, why)) {
        return false;
    }
    retain_if_idle(watcher, clock_steady());
    if (!watcher->ready) {
        service_host_busy(watcher->host);
        return true;
    }
    if (watcher->share != NULL) {
        share_on(watcher);
    }
    return true;
}

static bool watch(struct watcher *watcher, struct failure *why)
{
    unsigned wants = SERVICE_WANTS_NOTHING;

    watcher->next_sample = clock_steady();
    watcher->next_commit = watcher->next_sample + watcher->commit_every;
    while ((wants & SERVICE_WANTS_STOP) == 0) {
        if (!turn(watcher, wants, why)) {
            return false;
        }
        wants = service_host_wait(watcher->host, time_to_wait(watcher, clock_steady()));
    }
    return true;
}

/*
 * Beginning and end.
 */

static bool make_ledger_folder(const char *path, struct failure *why)
{
    struct text folder = {0};
    bool ok;

    paths_add_folder(&folder, path);
    ok = text_ok(&folder, why) && file_make_private_folder(text_bytes(&folder), why);
    text_clear(&folder);
    return ok;
}

/* A ledger that is refused is so before anything is sampled. */
static bool open_ledger(struct watcher *watcher, struct failure *why)
{
    if (!begin_opening(watcher, false, why)) {
        return false;
    }
    ledger_opener_wait(watcher->opener, OPEN_PATIENCE_MS);
    if (!take_ledger(watcher, why)) {
        return false;
    }
    if (watcher->opener != NULL) {
        event_report(watcher->events, EVENT_LEDGER_OPENING);
    }
    return true;
}

static bool open_sampler(struct watcher *watcher, struct failure *why)
{
    struct collector_options options = {0};
    bool ok = read_collector_options(watcher, &options, why) &&
              sampler_open(&watcher->sampler, &options, ring_host, watcher->host, why);

    collector_options_clear(&options);
    return ok;
}

static bool begin(struct watcher *watcher, struct failure *why)
{
    if (!watcher_read_settings(watcher->plan, &watcher->settings, &watcher->settings_file, why)) {
        return false;
    }
    take_settings(watcher);
    tell_settings(watcher);
    service_host_busy(watcher->host);
    return watcher_ledger_path(watcher->settings, &watcher->ledger_path, why) &&
           text_ok(&watcher->ledger_path, why) &&
           make_ledger_folder(text_bytes(&watcher->ledger_path), why) &&
           open_ledger(watcher, why) && open_sampler(watcher, why);
}

/* The first failure is the one that is told. */
static bool end(struct watcher *watcher, bool ok, struct failure *why)
{
    struct failure closing;

    close_share(watcher);
    close_jobs(watcher);
    if (!sampler_close(watcher->sampler, STOP_PATIENCE_MS)) {
        event_report(watcher->events, EVENT_COLLECTOR_HANGS);
    }
    close_retention(watcher);
    if (!ledger_opener_close(watcher->opener, STOP_PATIENCE_MS)) {
        event_report(watcher->events, EVENT_OPENING_LEFT);
    }
    if (!ledger_begun_end(&watcher->begun, ok ? LEDGER_GAP_STOPPED : LEDGER_GAP_CRASHED,
                          &closing) &&
        ok) {
        *why = closing;
        ok = false;
    }
    publish_last(watcher);
    return ok;
}

static void clear(struct watcher *watcher)
{
    snapshot_clear(&watcher->snapshot);
    sample_queue_clear(&watcher->queue);
    text_clear(&watcher->begun.kept);
    settings_free(watcher->settings);
    text_clear(&watcher->settings_file);
    text_clear(&watcher->ledger_path);
    event_sink_close(watcher->events);
}

bool watcher_run(struct service_host *host, void *context, struct failure *why)
{
    struct watcher_plan *plan = context;
    struct watcher watcher = {
        .host = host,
        .plan = plan,
        .events = event_sink_open(service_host_foreground(host)),
    };
    bool ok = begin(&watcher, why) && watch(&watcher, why);

    ok = end(&watcher, ok, why);
    if (ok) {
        event_report(watcher.events, EVENT_STOPPED);
    } else {
        event_report(watcher.events, watcher.ready ? EVENT_ENDED_BY_FAILURE : EVENT_START_FAILED,
                     why->text);
        plan->told = watcher.events != NULL;
    }
    clear(&watcher);
    return ok;
}
