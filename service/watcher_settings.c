/* SPDX-License-Identifier: MIT */

/*
 * The settings of a service: read, put in force, read again.
 */

#include "service/watcher_parts.h"

#include <string.h>

#include "base/clock.h"
#include "base/paths.h"
#include "base/process_self.h"
#include "base/settings_policy.h"
#include "base/time_text.h"
#include "probes/job_run.h"
#include "service/data_folder.h"
#include "service/hardening.h"
#include "service/service_settings.h"
#include "store/ledger_about.h"

setting_tables watcher_settings = {&collector_settings, &ledger_settings, &probe_settings,
                                   &service_settings, NULL};

enum {
    LOOK_MS = 2000,            /* how often the file is looked at */
    SETTINGS_KEPT = 512 << 10, /* bytes of the settings in force that the ledger has */
};

static bool add_path(struct text *path, const struct watcher_plan *plan, struct failure *why)
{
    if (plan->config == NULL) {
        return paths_settings_file(path, why) && text_ok(path, why);
    }
    text_add(path, plan->config);
    return text_ok(path, why);
}

/* The file that the plan names must be there; without the usual one there are defaults. */
static bool read_file(const struct watcher_plan *plan, struct settings **out, struct text *file,
                      struct failure *why)
{
    if (!add_path(file, plan, why)) {
        return false;
    }
    if (settings_read_trusted(out, text_bytes(file), watcher_settings, why)) {
        return true;
    }
    if (plan->config != NULL || why->kind != FAILURE_MISSING) {
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
                           struct text *file, struct text *unknown, struct failure *why)
{
    if (!read_file(plan, out, file, why)) {
        return false;
    }
    if (settings_apply_policies(*out, watcher_settings, unknown, why) && check_jobs(*out, why) &&
        port_watch_configure(NULL, *out, why)) {
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

static void tell_settings(const struct watcher *watcher, const struct text *unknown)
{
    event_report(watcher->events, EVENT_SETTINGS_LOADED,
                 watcher->settings_file.size > 0 ? text_bytes(&watcher->settings_file)
                                                 : "defaults; there is no settings file");
    if (unknown->size > 0) {
        event_report(watcher->events, EVENT_POLICY_UNKNOWN, text_bytes(unknown));
    }
}

static void take_settings(struct watcher *watcher)
{
    int64_t interval = settings_number(watcher->settings, "collector.interval");

    if (interval != watcher->interval_set) {
        watcher->budget = (struct cpu_budget){.stretch = 1}; /* what that one costs is not known */
        watcher->interval_set = interval;
        watcher->interval = interval;
    }
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

/* Without the lines of defaults, which are those of the program anyway. */
static void add_given(struct text *text, const struct text *all)
{
    static const char by_default[] = "  # default";
    size_t size = sizeof(by_default) - 1;

    for (const char *line = text_bytes(all); *line != '\0'; line += strcspn(line, "\n") + 1) {
        size_t length = strcspn(line, "\n");

        if (length < size || memcmp(line + length - size, by_default, size) != 0) {
            text_add_bytes(text, line, length);
            text_add_char(text, '\n');
        }
    }
}

/* Its beginning, in whole lines. Settings that are not whole are not restored. */
static void cut(struct text *text)
{
    size_t size = SETTINGS_KEPT;
    size_t left_out;

    if (text->size <= SETTINGS_KEPT) {
        return;
    }
    while (size > 0 && text->bytes[size - 1] != '\n') {
        size--;
    }
    left_out = text->size - size;
    text->size = size;
    text_addf(text, "# and %zu more bytes, which are not kept\n", left_out);
}

/* Thousands of jobs, with the defaults of each, would be more than a ledger takes for one value. */
void watcher_settings_add(struct text *text, const struct settings *settings)
{
    struct text all = {0};

    settings_add_all(&all, settings);
    if (all.size <= SETTINGS_KEPT) {
        text_add(text, text_bytes(&all));
    } else {
        add_given(text, &all);
        cut(text);
    }
    text->failed = text->failed || all.failed;
    text_clear(&all);
}

static bool store_settings(struct watcher *watcher, struct failure *why)
{
    struct text text = {0};
    bool ok;

    watcher_settings_add(&text, watcher->settings);
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
    bool ok = collector_options_read(options, watcher->settings, why);

    options->probing_pid = process_self_pid();
    options->interval = watcher->interval;
    options->gives_way = watcher->budget.yielding;
    return ok;
}

/* Whatever is read from now on is at least as new. */
static void stamp(struct watcher *watcher)
{
    watcher->settings_read = file_stamp(text_bytes(&watcher->settings_path));
    watcher->settings_seen = watcher->settings_read;
    watcher->next_look = clock_steady() + LOOK_MS;
}

/*
 * The last settings that were accepted, for a start at which the present ones
 * are refused: `refused` says why.
 */

/* Where the ledger is most likely: the rest of the file may still be right. */
static bool find_ledger(const struct watcher *watcher, struct text *path, struct failure *why)
{
    struct text named = {0};
    bool ok = settings_peek(&named, text_bytes(&watcher->settings_path), "ledger.path")
                  ? paths_absolute(path, text_bytes(&named), why)
                  : paths_ledger_file(path, why);

    text_clear(&named);
    return ok && text_ok(path, why);
}

struct accepted {
    struct text shown;
    int64_t at;
};

/* The last row stays. */
static void keep_accepted(void *context, const struct ledger_about_field *fields, size_t count)
{
    struct accepted *accepted = context;

    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i].name, "text") == 0 && fields[i].text != NULL) {
            text_reset(&accepted->shown);
            text_add(&accepted->shown, fields[i].text);
        } else if (strcmp(fields[i].name, "at") == 0) {
            accepted->at = fields[i].number;
        }
    }
}

static bool read_accepted(struct accepted *accepted, const char *path, struct failure *why)
{
    struct ledger *ledger = NULL;
    bool ok = ledger_open(&ledger, path, LEDGER_READ, why) &&
              ledger_walk_about(ledger, LEDGER_ABOUT_SETTINGS, keep_accepted, accepted, why) &&
              text_ok(&accepted->shown, why);

    ledger_close(ledger);
    return ok && (accepted->shown.size > 0 ||
                  FAIL(why, FAILURE_MISSING, 0, "%s knows no settings", path));
}

static bool restore(struct watcher *watcher, const char *path, struct failure *why)
{
    struct accepted accepted = {0};
    struct text unknown = {0};
    struct failure policy;
    bool ok = read_accepted(&accepted, path, why);

    text_add(&watcher->settings_file, "the last that were accepted, on ");
    time_text_add_table(&watcher->settings_file, accepted.at, TIME_ZONE_LOCAL);
    text_addf(&watcher->settings_file, ", out of %s", path);
    ok = ok && text_ok(&watcher->settings_file, why) &&
         settings_restore(&watcher->settings, path, text_bytes(&accepted.shown), watcher_settings,
                          why) &&
         check_jobs(watcher->settings, why);
    if (ok && !settings_apply_policies(watcher->settings, watcher_settings, &unknown, &policy)) {
        event_report(watcher->events, EVENT_SETTINGS_REFUSED, policy.text);
    }
    text_clear(&accepted.shown);
    text_clear(&unknown);
    return ok;
}

static bool restore_instead(struct watcher *watcher, const struct failure *refused,
                            struct failure *why)
{
    struct text path = {0};
    bool ok;

    text_clear(&watcher->settings_file);
    ok = find_ledger(watcher, &path, why) && data_folder_is_safe(text_bytes(&path), why) &&
         restore(watcher, text_bytes(&path), why);
    if (ok) {
        event_report(watcher->events, EVENT_SETTINGS_REFUSED, refused->text);
    } else {
        *why = *refused;
    }
    text_clear(&path);
    return ok;
}

/* Who names his settings has his ledger elsewhere, or says so with them. */
static bool clear_way(const struct watcher *watcher, struct failure *why)
{
    struct text moved = {0};
    struct failure because;
    bool ok = watcher->plan->config != NULL || data_folder_clear_way(&moved, &because, why);

    if (ok && moved.size > 0) {
        event_report(watcher->events, EVENT_FOLDER_UNTRUSTED, text_bytes(&moved), because.text);
    }
    text_clear(&moved);
    return ok;
}

bool watcher_settings_begin(struct watcher *watcher, struct failure *why)
{
    struct text unknown = {0};
    struct failure refused;
    bool ok;

    if (!clear_way(watcher, why) || !add_path(&watcher->settings_path, watcher->plan, why)) {
        return false;
    }
    stamp(watcher);
    ok = watcher_read_settings(watcher->plan, &watcher->settings, &watcher->settings_file, &unknown,
                               why);
    if (!ok && why->kind != FAILURE_MEMORY) {
        refused = *why;
        ok = restore_instead(watcher, &refused, why);
    }
    if (ok) {
        take_settings(watcher);
        tell_settings(watcher, &unknown);
    }
    if (ok && settings_bool(watcher->settings, "service.no_dynamic_code")) {
        hardening_forbid_dynamic_code();
    }
    text_clear(&unknown);
    return ok;
}

/* Twice the same: whoever writes it has probably finished. */
bool watcher_settings_look(struct watcher *watcher, struct failure *why)
{
    struct file_stamp seen;
    bool settled;

    if (clock_steady() < watcher->next_look) {
        return true;
    }
    watcher->next_look = clock_steady() + LOOK_MS;
    seen = file_stamp(text_bytes(&watcher->settings_path));
    settled = file_stamp_equal(&seen, &watcher->settings_seen);
    watcher->settings_seen = seen;
    return !settled || file_stamp_equal(&seen, &watcher->settings_read) ||
           watcher_settings_reload(watcher, why);
}

static bool configure_sampler(struct watcher *watcher, struct failure *why)
{
    struct collector_options options = {0};
    bool ok = watcher_settings_collector(watcher, &options, why) &&
              sampler_configure(watcher->sampler, &options, why);

    collector_options_clear(&options);
    return ok;
}

bool watcher_settings_put_in_force(struct watcher *watcher, struct failure *why)
{
    if (watcher->share != NULL) {
        share_give_way(watcher->share, watcher->budget.yielding);
    }
    return configure_sampler(watcher, why) &&
           (watcher->opener != NULL ||
            ledger_writer_set_interval(watcher->begun.writer, watcher->interval, why));
}

bool watcher_settings_reload(struct watcher *watcher, struct failure *why)
{
    struct settings *newer = NULL;
    struct retention_limits limits;
    struct text file = {0};
    struct text unknown = {0};

    stamp(watcher);
    if (!watcher_read_settings(watcher->plan, &newer, &file, &unknown, why)) {
        event_report(watcher->events, EVENT_SETTINGS_REFUSED, why->text);
        health_count(&watcher->health, HEALTH_FAILED_SETTINGS, 1);
        text_clear(&file);
        text_clear(&unknown);
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
    tell_settings(watcher, &unknown);
    text_clear(&unknown);
    if (watcher->retention != NULL) {
        limits = watcher_settings_retention(newer);
        retention_set_limits(watcher->retention, &limits);
    }
    return configure_sampler(watcher, why) &&
           (watcher->share == NULL || share_configure(watcher->share, watcher->settings, why)) &&
           (watcher->opener != NULL || watcher_settings_tell_writer(watcher, why)) &&
           (watcher->jobs == NULL || watcher_jobs_configure(watcher, why));
}
