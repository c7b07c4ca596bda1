/* SPDX-License-Identifier: MIT */

/*
 * The settings of a service: read, put in force, read again.
 */

#include "service/watcher_parts.h"

#include <string.h>

#include "base/clock.h"
#include "base/paths.h"
#include "base/process_self.h"
#include "probes/job_run.h"

setting_tables watcher_settings = {&collector_settings, &ledger_settings, &probe_settings, NULL};

bool watcher_settings_read_file(const struct watcher_plan *plan, struct settings **out,
                                struct text *file, struct failure *why)
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
    if (!watcher_settings_read_file(plan, out, file, why)) {
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

struct retention_limits watcher_settings_retention(const struct settings *settings)
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
bool watcher_settings_tell_writer(struct watcher *watcher, struct failure *why)
{
    ledger_writer_set_commit(watcher->begun.writer, watcher->commit_every);
    return store_settings(watcher, why) &&
           ledger_writer_set_interval(watcher->begun.writer, watcher->interval, why);
}

bool watcher_settings_collector(const struct watcher *watcher, struct collector_options *options,
                                struct failure *why)
{
    options->probing_pid = process_self_pid();
    return collector_options_read(options, watcher->settings, why);
}

bool watcher_settings_begin(struct watcher *watcher, struct failure *why)
{
    if (!watcher_read_settings(watcher->plan, &watcher->settings, &watcher->settings_file, why)) {
        return false;
    }
    take_settings(watcher);
    tell_settings(watcher);
    return true;
}

static bool configure_sampler(struct watcher *watcher, struct failure *why)
{
    struct collector_options options = {0};
    bool ok = watcher_settings_collector(watcher, &options, why) &&
              sampler_configure(watcher->sampler, &options, why);

    collector_options_clear(&options);
    return ok;
}

bool watcher_settings_reload(struct watcher *watcher, struct failure *why)
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
        limits = watcher_settings_retention(newer);
        retention_set_limits(watcher->retention, &limits);
    }
    return configure_sampler(watcher, why) &&
           (watcher->share == NULL || share_configure(watcher->share, watcher->settings, why)) &&
           (watcher->opener != NULL || watcher_settings_tell_writer(watcher, why)) &&
           (watcher->jobs == NULL || watcher_jobs_configure(watcher, why));
}
