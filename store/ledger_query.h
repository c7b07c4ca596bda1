/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What is asked of a ledger. Reads only. All times are milliseconds since 1970
 * UTC, by the wall clock of the machine that wrote it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "collector/address_prefix.h"
#include "collector/snapshot.h"
#include "collector/snapshot_diff.h"
#include "store/ledger.h"
#include "store/ledger_detail.h"
#include "store/ledger_writer.h"

/* One stretch in which the collector watched without a gap. */
struct ledger_stretch {
    int64_t id; /* counts up in the order of recording, which the clock may not follow */
    int64_t run_id;
    int64_t begin_at;     /* first sample */
    int64_t end_at;       /* last sample */
    int64_t first_sample; /* sample numbers: count up and never repeat */
    int64_t last_sample;
    int64_t interval; /* milliseconds between samples */
    int64_t boot_id;
    enum ledger_gap ended; /* why it ended; LEDGER_GAP_NONE: it is the newest and may go on */
    unsigned lacks;        /* enum snapshot_lack */
    int64_t missed;        /* connections that were first seen already closing: at least so many
                              came and went between two samples */
    int64_t left_out_processes; /* the most, in a sample, that the settings said not to record */
    int64_t left_out_sockets;
};

/* Visitors return false to end the walk early, which is not a failure. */
typedef bool ledger_stretch_fn(void *context, const struct ledger_stretch *stretch);

/* Visits the stretches that touch since..until (both count), in the order of recording. */
bool ledger_walk_coverage(struct ledger *ledger, int64_t since, int64_t until,
                          ledger_stretch_fn *visit, void *context, struct failure *why) NODISCARD;

/* The stretch with this number; *found is false where there is none, or none any more. */
bool ledger_find_stretch(struct ledger *ledger, int64_t id, struct ledger_stretch *stretch,
                         bool *found, struct failure *why) NODISCARD;

/*
 * A moment that can be asked for. Where the clock was set back, one time of
 * day is several moments, in different stretches.
 */
struct ledger_moment {
    int64_t at;
    struct ledger_stretch stretch;  /* contains `at` */
    enum ledger_detail_kind detail; /* what retention has left of it */
};

enum { LEDGER_MOMENTS = 8 };

struct ledger_moments {
    struct ledger_moment moments[LEDGER_MOMENTS];
    size_t count;           /* 0: `at` was not watched */
    bool more;              /* there are still more of them than fit */
    int64_t watched_before; /* the newest watched moment before `at`; INT64_MIN: none */
    int64_t watched_after;  /* the oldest one after it; INT64_MAX: none */
    enum ledger_gap reason; /* where count is 0 and there was coverage before: why it ended */
};

/*
 * Finds the moments at the time `at`. Where the newest stretch goes on, its
 * end counts as watched for as long as the next sample may take to be written
 * (a sampling interval, the time between commits, and half a second): the
 * moment is then that end, because nothing newer is known. The same holds
 * between two stretches with no gap between them (ledger_gap_seamless()).
 */
bool ledger_find_moments(struct ledger *ledger, int64_t at, struct ledger_moments *moments,
                         struct failure *why) NODISCARD;

/* What takes time to read, and is read where it is asked for. Bits. */
enum ledger_state_wish {
    LEDGER_STATE_MODULES = 1, /* what the processes had loaded */
};

/*
 * Replaces *snapshot by the state at the moment: what the last sample before
 * it saw. `taken_at` is the moment; socket ids are not kept in a ledger. What
 * was learned of a process later is known of it here too. `wishes` are of
 * enum ledger_state_wish. Where the moment's detail is not whole, retention
 * has dropped a part of what there was, or nearly all.
 */
bool ledger_state(struct ledger *ledger, const struct ledger_moment *moment, unsigned wishes,
                  struct snapshot *snapshot, struct failure *why) NODISCARD;

/*
 * What opened, closed and changed from one moment to another: fills the two
 * snapshots as ledger_state() does, sorted, and compares them. Nothing between
 * the two is in it; the order of the moments is the caller's. The indexes of
 * *diff are good until one of the snapshots changes.
 */
bool ledger_difference(struct ledger *ledger, const struct ledger_moment *from,
                       const struct ledger_moment *to, struct snapshot *before,
                       struct snapshot *after, struct snapshot_diff *diff,
                       struct failure *why) NODISCARD;

/* How an interval ended. The numbers are in the ledger. */
enum ledger_ending {
    LEDGER_OPEN = 0,   /* still there in the newest sample */
    LEDGER_CLOSED = 1, /* closed_at is the first sample that did not see it */
    LEDGER_CUT = 2,    /* watching ended at closed_at; nobody knows when it closed */
};

/* Valid only during the visit. */
struct ledger_interval {
    int64_t id;         /* order of recording */
    int64_t stretch_id; /* in which it lies */
    int64_t opened_at;  /* first seen */
    int64_t closed_at;  /* by `ending`; for LEDGER_OPEN the newest sample */
    enum ledger_ending ending;
    bool at_begin;  /* was already there in the first sample of its stretch */
    bool continued; /* and was also there, with the same owner, when the stretch before ended */
    bool closing;   /* was first seen already closing: its beginning was missed */
    struct socket_row socket;             /* owner: not set */
    const struct process_instance *owner; /* NULL where not known */
    int64_t owner_id;                     /* its number in the ledger; 0 where not known */
    const char *service;                  /* behind the socket; NULL where not known */
    int service_basis;                    /* enum service_basis */
};

/*
 * What is asked of intervals: all of it must hold. A field that is 0, NULL or
 * {0} asks for nothing. Texts match without regard to the case of ASCII
 * letters. What is asked of an owner holds for none where the owner is not
 * known; what was learned of it later counts for all of its intervals.
 */
struct ledger_filter {
    int64_t since; /* intervals that touch since..until; both count */
    int64_t until; /* 0: no end */
    int port;      /* local or remote */
    int local_port;
    int remote_port;
    struct address_prefix address; /* local or remote */
    struct address_prefix local_address;
    struct address_prefix remote_address;
    int protocol; /* enum socket_protocol */
    int state;    /* enum socket_state */
    bool has_pid;
    uint32_t pid;
    int64_t started_since;  /* the owner started at this time or later, by the wall clock */
    int64_t started_before; /* and before this one */
    int64_t process_id;     /* the owner's number in the ledger */
    const char *process;    /* as of process_instance_is_called() */
    const char *path;       /* a pattern (base/pattern.h) for the image's whole path */
    const uint8_t *image;   /* SHA-256 of what it runs, IMAGE_HASH_SIZE bytes */
    const char *user;       /* id, or name with or without its domain */
    const char
        *module; /* a pattern: the owner had such a file mapped, at whatever time of its life */
    const char
        *service;     /* the whole name; where it may be one of several, any of them, or the list */
    int64_t after_id; /* only intervals recorded after this one: the next page */
    bool backwards;   /* for walks: from the end of the order of recording */
};

/*
 * Whether a socket of a snapshot is what the filter asks for, as far as the
 * snapshot tells: times do not count, a process has the modules that it had at
 * that moment, and `process_id` is known only of a state out of a ledger.
 */
bool ledger_filter_takes(const struct ledger_filter *filter, const struct snapshot *snapshot,
                         const struct socket_row *row);

typedef bool ledger_interval_fn(void *context, const struct ledger_interval *interval);

/*
 * Visits matching intervals in the order of recording, as far as retention
 * has left them: ledger_read_detail() tells how far. The visitor may take
 * its time: no read transaction is open while it runs. What is recorded
 * meanwhile may or may not be visited. FAILURE_BUSY: the service was started
 * while a file was read that nobody had open; asked again, it will do.
 */
bool ledger_walk_intervals(struct ledger *ledger, const struct ledger_filter *filter,
                           ledger_interval_fn *visit, void *context, struct failure *why) NODISCARD;

/*
 * The same for who asks for one after the other. The caller closes *out; the
 * ledger, and what the filter points to, are lent until then.
 */
struct ledger_walk;
bool ledger_walk_open(struct ledger_walk **out, struct ledger *ledger,
                      const struct ledger_filter *filter, struct failure *why) NODISCARD;

/* The next one, good until the call after this one; *interval is NULL behind the last. */
bool ledger_walk_next(struct ledger_walk *walk, const struct ledger_interval **interval,
                      struct failure *why) NODISCARD;

/* The next one has to be searched for, which may take a while. */
bool ledger_walk_pauses(const struct ledger_walk *walk);

/*
 * From now on only what was opened within these times, both included, is
 * wanted: what lies before and behind is not even looked at.
 */
void ledger_walk_narrow(struct ledger_walk *walk, int64_t opened_since, int64_t opened_until);

/* Does nothing for NULL. */
void ledger_walk_close(struct ledger_walk *walk);

/*
 * Milliseconds that the newest run lets pass between two commits: for so long
 * a sample may be on its way into the ledger. 0: there is no run, or it did not tell.
 */
bool ledger_read_commit(struct ledger *ledger, int64_t *commit, struct failure *why) NODISCARD;

/* What the ledger says of itself. */
struct ledger_summary {
    char ledger_id[40]; /* a UUID in lower case */
    char program[64];   /* of the newest run */
    uint32_t pid;       /* of the newest run */
    int64_t run_started_at;
    int64_t created_at;
    int64_t first_sample_at; /* 0: no sample yet */
    int64_t last_sample_at;
    int64_t samples;   /* number of the newest */
    int64_t stretches; /* from the oldest to the newest, like the next two: they are */
    int64_t intervals; /* not counted, which would take seconds, but numbered */
    int64_t open_intervals;
    int64_t processes;
    int64_t interval;      /* milliseconds between samples, newest stretch */
    enum ledger_gap ended; /* of the newest stretch */
    int64_t bytes;         /* of the main file */
    int64_t wal_bytes;
    int schema_version;
};

bool ledger_summarize(struct ledger *ledger, struct ledger_summary *summary,
                      struct failure *why) NODISCARD;
