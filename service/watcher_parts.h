/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Private to service/watcher*.c: the parts of one watcher. All of it runs in
 * the thread of the service's body.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/file.h"
#include "base/settings.h"
#include "base/text.h"
#include "collector/collector.h"
#include "service/cpu_budget.h"
#include "service/event_sink.h"
#include "service/health.h"
#include "service/job_runner.h"
#include "service/ledger_opener.h"
#include "service/port_watch.h"
#include "service/sample_queue.h"
#include "service/sampler.h"
#include "service/service_host.h"
#include "service/share.h"
#include "service/watcher.h"
#include "store/ledger.h"
#include "store/ledger_begin.h"
#include "store/ledger_writer.h"
#include "store/retention.h"

enum {
    STOP_PATIENCE_MS = 1500, /* for a system call that hangs; the SCM is promised 2 s */
    RETENTION_MS = 20,       /* of work at a time */
    ASKED_EVERY_MS = 1000,   /* samples on request, at the most */
};

struct watcher {
    struct service_host *host;
    const struct watcher_plan *plan;
    struct event_sink *events;
    struct settings *settings;
    struct text settings_file;       /* empty: defaults */
    struct text settings_path;       /* of the file that is looked at, be there one or not */
    struct file_stamp settings_read; /* of what was read last */
    struct file_stamp settings_seen; /* at the last look */
    int64_t next_look;               /* clock_steady() */
    struct text ledger_path;
    struct ledger_opener *opener; /* at work; NULL: the ledger is open */
    struct sample_queue queue;    /* samples that wait for the opener */
    struct ledger_begun begun;
    struct retention *retention; /* NULL while the opener is at work */
    struct sampler *sampler;
    struct share *share;
    struct port_watch *ports;
    struct job_runner *jobs;  /* NULL: the ledger was not open yet */
    size_t lost_outcomes;     /* that are not told yet */
    int64_t next_lost;        /* when they may be; clock_steady() */
    struct snapshot snapshot; /* the one that goes to the writer; kept for its memory */

    int64_t interval;     /* between samples, in force; stretched it may be */
    int64_t interval_set; /* by the settings */
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
    int64_t next_asked;   /* when the next sample on request may be; clock_steady() */
    bool paused;          /* no samples are taken */
    bool stale;           /* one is under way that was begun before the pause */
    bool sampled;         /* at least once */
    bool ready;

    struct health health;
    struct cpu_budget budget;
    int processors;
    int64_t own_cpu;        /* of this thread, that storing samples took; microseconds */
    struct text hardening;  /* what took effect of it */
    int64_t last_sample_at; /* by the wall clock */
    int64_t next_health;    /* clock_steady() */
    int64_t next_metrics;
    bool metrics_failing;
};

/* For what works in threads of its own: rings the host, which is `context`. */
void watcher_ring(void *context);

/*
 * Settings (watcher_settings.c).
 */

/*
 * Reads them for the first time, takes them and tells of it. Where they are refused, the last ones
 * that were accepted are taken out of the ledger.
 */
bool watcher_settings_begin(struct watcher *watcher, struct failure *why) NODISCARD;

/* Reads them again where the file has changed, as watcher_settings_reload(). */
bool watcher_settings_look(struct watcher *watcher, struct failure *why) NODISCARD;

/* Reads them again. Settings that are refused are told of, and those in force stay: no failure. */
bool watcher_settings_reload(struct watcher *watcher, struct failure *why) NODISCARD;

/* Appends what the ledger keeps of them: settings_restore() reads it. */
void watcher_settings_add(struct text *text, const struct settings *settings);

struct retention_limits watcher_settings_retention(const struct settings *settings);

/* What the collector is to do by the settings in force. The caller clears *options. */
bool watcher_settings_collector(const struct watcher *watcher, struct collector_options *options,
                                struct failure *why) NODISCARD;

/* The settings in force are those of the ledger's run from here on. */
bool watcher_settings_tell_writer(struct watcher *watcher, struct failure *why) NODISCARD;

/* The interval, and whether hashing gives way, go to all who are to know. */
bool watcher_settings_put_in_force(struct watcher *watcher, struct failure *why) NODISCARD;

/*
 * Health and restraint (watcher_health.c).
 */

void watcher_health_begin(struct watcher *watcher);

/* Of the sample that is in watcher->snapshot. */
void watcher_health_sample(struct watcher *watcher);

/* After a commit: into the ledger, where that is due. */
void watcher_health_store(struct watcher *watcher);

/* For every turn: writes the file for Prometheus, and keeps to service.cpu_limit. */
bool watcher_health_tend(struct watcher *watcher, struct failure *why) NODISCARD;

/* While settings and ledger are still there. Frees. */
void watcher_health_end(struct watcher *watcher);

/*
 * Controls (watcher_controls.c).
 */

/*
 * What was asked for besides an end and a reload: pausing and going on, and
 * samples outside the interval.
 */
bool watcher_controls_obey(struct watcher *watcher, unsigned wants, struct failure *why) NODISCARD;

/*
 * Watched ports (watcher_ports.c).
 */

/* By the settings in force: at the beginning, and after they were read again. */
bool watcher_ports_configure(struct watcher *watcher, struct failure *why) NODISCARD;

/* Reports what the sample has that the one before had not, and the other way round. */
bool watcher_ports_look(struct watcher *watcher, struct failure *why) NODISCARD;

/*
 * Jobs (watcher_jobs.c). Without a runner all but the first do nothing.
 */

/* Once the ledger is open, since the runs of before are known only then. */
bool watcher_jobs_open(struct watcher *watcher, struct failure *why) NODISCARD;

/* Jobs that are refused are told of, and those in force stay: no failure. */
bool watcher_jobs_configure(struct watcher *watcher, struct failure *why) NODISCARD;

/* What the runs found since the last call goes to the writer, and into the event log. */
void watcher_jobs_tend(struct watcher *watcher);

void watcher_jobs_close(struct watcher *watcher);

/*
 * Seals (watcher_seals.c).
 */

/* Of a ledger that was just opened: what became of its key. */
void watcher_seals_begin(struct watcher *watcher);

/* After a commit: publishes the newest seal when that is due. */
void watcher_seals_tend(struct watcher *watcher);

/* Of a ledger that was just ended: publishes the last one. */
void watcher_seals_end(struct watcher *watcher);

/*
 * The ledger (watcher_ledger.c).
 */

/* Begins to open it. One that is refused is so before anything is sampled. */
bool watcher_ledger_open(struct watcher *watcher, struct failure *why) NODISCARD;

/* Takes the ledger over where it is open by now, and stores what waited for it. */
bool watcher_ledger_take(struct watcher *watcher, struct failure *why) NODISCARD;

/* The open ledger gets one more sample. */
bool watcher_ledger_add(struct watcher *watcher, struct snapshot *snapshot,
                        struct failure *why) NODISCARD;

/* From the next sample on nothing is known of the time before it. */
bool watcher_ledger_gap(struct watcher *watcher, enum ledger_gap reason,
                        struct failure *why) NODISCARD;

/*
 * A ledger that is full or locked may get well again, and samples wait for
 * that in memory: no failure. One that is gone does not: then the service
 * ends, and the manager starts it again.
 */
bool watcher_ledger_commit(struct watcher *watcher, struct failure *why) NODISCARD;

/* Works on retention for RETENTION_MS, unless something else is due. */
void watcher_ledger_retain(struct watcher *watcher, int64_t now);

/* Goes on with the copy for others. */
void watcher_ledger_share(struct watcher *watcher);

void watcher_ledger_close_share(struct watcher *watcher);
void watcher_ledger_close_retention(struct watcher *watcher);
