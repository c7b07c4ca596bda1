/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Turns snapshots into facts of the ledger.
 *
 * Snapshots go in one by one; what is stored is what changed. Facts are
 * gathered in memory and written by ledger_writer_commit() in one
 * transaction, all or none: where that fails they stay in memory, and the
 * next commit tries again. The caller decides when to commit.
 *
 * A stretch of coverage is a run of samples with no gap between them: same
 * boot, same run of the service, the wall clock never set, no sample later
 * than it had to be. Where one of these breaks, the writer ends the stretch at
 * its last sample, closes every open interval there (LEDGER_CUT) and begins a
 * new one; sockets that are still there begin new intervals that are marked
 * as continued.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/failure.h"
#include "base/machine.h"
#include "collector/snapshot.h"
#include "store/ledger.h"
#include "store/probe_writer.h"
#include "store/sealer.h"

/* Why a stretch of coverage ended. The numbers go into the ledger. */
enum ledger_gap {
    LEDGER_GAP_NONE = 0,          /* the stretch is the newest, and goes on */
    LEDGER_GAP_STOPPED = 1,       /* the service was stopped */
    LEDGER_GAP_CRASHED = 2,       /* it ended without saying so; found at the next start */
    LEDGER_GAP_ASLEEP = 3,        /* the machine slept */
    LEDGER_GAP_CLOCK_SET = 4,     /* the wall clock was set */
    LEDGER_GAP_SAMPLE_FAILED = 5, /* the system's tables could not be read */
    LEDGER_GAP_LATE = 6,          /* the machine was too busy to sample in time */
    LEDGER_GAP_PAUSED = 7,        /* paused by an administrator */
    LEDGER_GAP_LOST = 8,          /* sampled, but it could not be stored */
    LEDGER_GAP_INTERVAL = 9,      /* the sampling interval was changed: no time is missing */
    LEDGER_GAP_TABLES = 10,       /* `lacks` of the samples changed: no time is missing */
    LEDGER_GAP_SETTINGS = 11,     /* what is left out was changed: no time is missing */
    LEDGER_GAP_IMPORTED = 12,     /* nobody knows: the stretch is a row of another program */
    LEDGER_GAP_COUNT,
};

/* "service stopped" and so on: the words of every output. */
const char *ledger_gap_name(int gap);

/* The next stretch took over at its first sample: there is no time in between. */
bool ledger_gap_seamless(int gap);

struct ledger_writer;

/* What is written down about the run of the service that writes. */
struct ledger_run {
    const char *program; /* name and version: "portledgerd 0.1.0" */
    uint32_t pid;
    struct clock_boot boot;
    int64_t started_at; /* of this run */
    int64_t interval;   /* milliseconds between samples */
    int64_t commit;     /* milliseconds between commits, as set; 0: not told. A reader takes
                           the newest state for that of now for as long */
    const struct machine_facts *machine; /* NULL: not told */
    const char *settings;          /* in force, as settings_add_all() has it; NULL: not told */
    enum ledger_gap goes_on_after; /* why an earlier run did not say its end, where the caller
                                      knows; LEDGER_GAP_NONE: it crashed */
};

/*
 * Begins a run. What an earlier run left open is closed at the end of its
 * coverage; where it did not say why it ended, with LEDGER_GAP_CRASHED or what
 * `run` says. The ledger was opened with LEDGER_WRITE and outlives the writer.
 */
bool ledger_writer_open(struct ledger_writer **out, struct ledger *ledger,
                        const struct ledger_run *run, struct failure *why) NODISCARD;

/*
 * Takes in one snapshot, in memory only. Snapshots come in the order in which
 * they were taken. The writer takes *snapshot's content over and leaves in it
 * the memory of an older one, to be filled again.
 */
bool ledger_writer_add(struct ledger_writer *writer, struct snapshot *snapshot,
                       struct failure *why) NODISCARD;

/* Time that nobody watched, between two stretches. */
struct ledger_gap_seen {
    enum ledger_gap reason;
    int64_t from;  /* the last sample before it */
    int64_t until; /* the first one after it */
};

/*
 * Whether the snapshot that was added last came after a gap, also one between
 * an earlier run and this one; for the administrator to be told. A stretch
 * that ended without a loss of time (LEDGER_GAP_INTERVAL) is no gap.
 */
bool ledger_writer_gap_seen(const struct ledger_writer *writer, struct ledger_gap_seen *gap);

/* Ends the stretch at its last sample, for a reason that only the caller knows. */
bool ledger_writer_gap(struct ledger_writer *writer, enum ledger_gap reason,
                       struct failure *why) NODISCARD;

/* The interval from here on. Ends the stretch where it differs. */
bool ledger_writer_set_interval(struct ledger_writer *writer, int64_t interval,
                                struct failure *why) NODISCARD;

/* From here on the caller commits so often; readers then know how old the newest sample may be. */
void ledger_writer_set_commit(struct ledger_writer *writer, int64_t commit);

/* Settings that are in force from now on. Stored by the next commit, where they are others. */
bool ledger_writer_set_settings(struct ledger_writer *writer, const char *settings,
                                struct failure *why) NODISCARD;

/* Appends the settings that were in force when the run before this one ended; nothing: unknown. */
bool ledger_writer_add_past_settings(const struct ledger_writer *writer, struct text *settings,
                                     struct failure *why) NODISCARD;

/*
 * Writes what was gathered, durably. On failure nothing was written, and the
 * next commit tries again. Trying again is of no use after FAILURE_MISSING
 * (the file was deleted or moved) and FAILURE_FORMAT (it is damaged, or
 * another service writes it).
 */
bool ledger_writer_commit(struct ledger_writer *writer, struct failure *why) NODISCARD;

/*
 * Drops all that waits, because it waits for too long: facts build on each
 * other, so that no single one can be left out. From here on snapshots are not
 * taken in, and each commit tries to take the ledger up again where it stands;
 * where that is done, the stretch has ended at its last stored sample, with
 * LEDGER_GAP_LOST, and the next snapshot begins a new one.
 */
void ledger_writer_drop(struct ledger_writer *writer);

/* Whether that is so: dropped, and not taken up again yet. */
bool ledger_writer_is_losing(const struct ledger_writer *writer);

/* Where what the jobs found is added; it is written by the next commits. Lives with the writer. */
struct probe_writer *ledger_writer_probes(struct ledger_writer *writer);

/* The newest seal, and what was found of the key: for events. */
void ledger_writer_look_at_seals(const struct ledger_writer *writer, struct sealer_state *state);

/* Intervals that were opened and closed since the run began. */
int64_t ledger_writer_changes(const struct ledger_writer *writer);

/* Facts that wait for the next commit, in bytes of memory. 0 where nothing but coverage does. */
size_t ledger_writer_waiting(const struct ledger_writer *writer);

/*
 * The same without freeing: nothing but ledger_writer_look_at_seals() and
 * ledger_writer_close() may follow.
 */
bool ledger_writer_finish(struct ledger_writer *writer, enum ledger_gap reason,
                          struct failure *why) NODISCARD;

/*
 * Ends the run: closes the stretch with `reason`, commits, frees. Frees also
 * where the commit failed. Does nothing for NULL.
 */
bool ledger_writer_close(struct ledger_writer *writer, enum ledger_gap reason,
                         struct failure *why) NODISCARD;
