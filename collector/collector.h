/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One moment of this machine as plain data.
 *
 * collector.c reads the system through the seams beside it, and remembers
 * processes between samples, so that each is opened once. What takes time
 * (names of accounts, hashes and signatures of files) is read in the
 * background, and seen through the objects of the snapshots when it is there.
 * collector_replay.c (tests, benchmarks) gives made-up snapshots through the
 * same header.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/settings.h"
#include "collector/privacy.h"
#include "collector/snapshot.h"

/* What to look at. {0}: sockets, processes, and the paths of those that own sockets. */
struct collector_options {
    bool details;        /* command lines, users and services of the owners of sockets; of their
                            ancestors command lines and users */
    bool modules;        /* what the owners have loaded */
    bool images;         /* hash, version and signer of what they run and have loaded */
    bool all_processes;  /* details and modules of every process, */
    uint32_t pid;        /* or of this one alone; 0: no limit; */
    const char *process; /* or of those that process_instance_is_called() so; NULL: no limit.
                            Lent for as long as the collector is open */
    bool gives_way;      /* files are hashed rarely, for the sake of others */
    bool hurry;          /* somebody waits: nothing is put off, and nothing read slowly */

    uint32_t probing_pid; /* whose sockets are counted, and not told of; 0: nobody's */

    int64_t interval;       /* milliseconds between samples; 0: there is only one. What a sample
                               knows of the one before counts only where no time is missing */
    int64_t module_refresh; /* milliseconds after which modules are looked at again; 0: never */
    int64_t largest_image;  /* bytes of a file that is read; 0: as is usual */
    struct privacy privacy;
};

/* Belongs to one thread at a time. */
struct collector;

/* `options` may be NULL, which is {0}. They are copied. */
bool collector_open(struct collector **out, const struct collector_options *options,
                    struct failure *why) NODISCARD;

/*
 * Takes interval, refresh, privacy and what gives way from other options, between two samples. On
 * failure those before stay in force.
 */
bool collector_configure(struct collector *collector, const struct collector_options *options,
                         struct failure *why) NODISCARD;

/*
 * Replaces *snapshot by the present moment. May take as long as the system
 * wants: whoever must stay reachable calls it in a thread of its own. On
 * failure *snapshot is empty and the next call starts afresh.
 */
bool collector_sample(struct collector *collector, struct snapshot *snapshot,
                      struct failure *why) NODISCARD;

/*
 * Waits until all is there that is read in the background, at most so many
 * milliseconds. True where that is so. It is seen through snapshots that were
 * taken before.
 */
bool collector_complete(struct collector *collector, int64_t milliseconds);

/* Does nothing for NULL. */
void collector_close(struct collector *collector);

/* The settings of this part: collector.interval and its like. */
extern const struct setting_table collector_settings;

/* What a service looks at, by its settings. *options is {0}; the caller clears it. */
bool collector_options_read(struct collector_options *options, const struct settings *settings,
                            struct failure *why) NODISCARD;
bool collector_options_copy(struct collector_options *to, const struct collector_options *from,
                            struct failure *why) NODISCARD;

/* Frees. Harmless twice. */
void collector_options_clear(struct collector_options *options);
