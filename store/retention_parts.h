/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the files of retention share. Nobody else includes this.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "store/ledger_detail.h"
#include "store/profile_fold.h"
#include "store/retention.h"
#include "store/seal_drop.h"
#include "store/seal_fold.h"

enum retention_statement {
    SET_META,
    PAGE_COUNT,
    FREE_COUNT,
    STRETCH_FROM,
    NEWEST_STRETCH,
    OLDEST_INTERVAL,
    NEWEST_INTERVAL,
    NEWEST_MOMENT,
    SWEEP_INTERVALS,
    FIND_LISTENER,
    FIND_LISTENED,
    ADD_PROFILE,
    DROP_INTERVAL,
    ADD_DROPPED,
    SET_DROPPING,
    FIND_DROPPING,
    END_DROPPING,
    NOTE_DROPPED,
    NOTE_POSITION,
    COUNT_INTERVALS,
    SET_COUNTED,
    COUNTED,
    COUNT_ALL,
    FIND_LARGEST,
    SET_SWEPT,
    EXHAUST,
    FIND_PROCESSES,
    FIND_ENDED,
    DROP_PROCESS,
    FIND_MODULES_OF,
    FIND_MODULES,
    DROP_MODULE,
    FIND_IMAGES,
    DROP_IMAGE,
    FIND_USERS,
    DROP_USER,
    FIND_TEXTS,
    DROP_TEXT,
    FIND_PROFILE,
    FIND_OLDEST_PROFILE,
    DROP_PROFILE,
    FIND_STRETCHES,
    DROP_STRETCH,
    FIND_RUNS,
    DROP_RUN,
    DROP_APPLICATIONS,
    NEWEST_PROCESS,
    NEWEST_MODULE,
    NEWEST_IMAGE,
    NEWEST_USER,
    NEWEST_TEXT,
    OLDEST_TIMING,
    COUNT_TIMINGS,
    COUNT_SEALS,
    NEWEST_SEAL,
    FIND_SEAL,
    TIMINGS_OF,
    DROP_TIMING,
    ADD_FIGURE,
    FIND_JOB_RUNS,
    DROP_JOB_RUN,
    NEWEST_JOB_RUN,
    FIND_DONE_RUN,
    DONE_RUNS_OF,
    ADD_DONE_RUNS,
    FIND_OUTCOMES,
    DROP_OUTCOME,
    FIND_ANSWERS,
    DROP_ANSWER,
    FIND_FIGURES,
    DROP_FIGURE,
    NEWEST_OUTCOME,
    NEWEST_ANSWER,
    RETENTION_STATEMENTS,
};

extern const char *const retention_sql[RETENTION_STATEMENTS];

/* The numbers are in the ledger, in `dropped`. */
enum retention_reason { RETENTION_AGE = 1, RETENTION_SIZE = 2 };
enum retention_what {
    RETENTION_UNTOLD = 0, /* what is only referred to, and goes without saying */
    RETENTION_INTERVALS = 1,
    RETENTION_PROCESSES = 2,
    RETENTION_PROFILE = 3,
    RETENTION_STRETCHES = 4,
    RETENTION_MODULES = 5,
    RETENTION_JOB_RUNS = 6,
    RETENTION_OUTCOMES = 7,
    RETENTION_ANSWERS = 8,
    RETENTION_TIMINGS = 9,
    RETENTION_FIGURES = 10,
};

enum { ALL_APPLICATIONS = -1 }; /* as an id in `application` */

/* A row that is dropped, and where it ended. */
struct victim {
    int64_t id;
    int64_t application;
    struct ledger_position end;
};

struct victims {
    struct victim *items;
    size_t count;
    size_t capacity;
};

/* Where a stretch lies, as far as intervals must know it. */
struct stretch_place {
    int64_t id; /* 0: none */
    int64_t begin_at;
    int64_t end_at;
    int64_t first_interval;
    int ended;
};

/*
 * Intervals that are being folded, in several steps: those that ended up to
 * `before`, of one application or of all. Nothing of it is in the ledger yet.
 */
struct chunk {
    bool begun;
    enum retention_reason reason;
    int64_t application; /* ALL_APPLICATIONS: of all */
    struct ledger_position before;
    int64_t most; /* rows */
    int64_t next; /* goes on with this id */
    bool at_end;  /* nothing is left behind it */
    int64_t first;
    int64_t last;
    int64_t rows;
    struct ledger_position latest; /* the latest end of any */
};

/*
 * Intervals that are in the profile already and must go: a row of `dropped`.
 * They are those from its first to its last one, of its application, that
 * ended up to `until`. There is one such row at most.
 */
struct dropping {
    bool known;  /* what follows was read */
    int64_t row; /* dropped.id; 0: there is none */
    int64_t application;
    int64_t next; /* goes on with this id */
    int64_t last;
    struct ledger_position until;
};

/* How many rows a step takes: as many as the last one showed to be right. */
struct pace {
    int64_t rows;
    int64_t least;
    int64_t most;
    int64_t goal; /* milliseconds for which a step should hold the write lock */
};

/* What is done by age, in this order. */
enum retention_phase {
    PHASE_INTERVALS,
    PHASE_PROCESSES,
    PHASE_MODULES,
    PHASE_IMAGES,
    PHASE_USERS,
    PHASE_TEXTS,
    PHASE_PROFILE,
    PHASE_PROBES,
    PHASE_JOB_RUNS,
    PHASE_OUTCOMES,
    PHASE_ANSWERS,
    PHASE_STRETCHES,
    PHASE_SEALS,
    PHASE_DONE,
};

struct retention {
    struct ledger *ledger;
    sqlite3_stmt *statements[RETENTION_STATEMENTS];
    struct retention_limits limits;
    bool limits_stored;
    int64_t now;

    /* The pass by age, or over all of the oldest time where its seals take the room. */
    enum retention_phase phase;
    enum retention_reason pass_reason;
    bool passing;               /* a step of it is being done */
    int64_t pass_at;            /* what ended before this moment goes by age; 0: no pass yet */
    int64_t pass_before;        /* the moment of this pass */
    struct ledger_position cut; /* the same as a place in the ledger */
    int64_t next;               /* the id with which the phase goes on */

    /* By size. */
    bool shrinking;
    int64_t seals_next; /* the pass for the room of seals that comes next goes beyond this one */
    int64_t ended_next; /* the process with which the sweep over processes goes on */
    bool ended_found;   /* it has found one since it began at the first */

    struct stretch_place stretch; /* the one that was looked up last */
    struct stretch_place next_stretch;
    int64_t newest_stretch;
    struct victims victims;
    struct seal_drop *seals; /* is told of each row that goes */
    struct seal_fold *seal_fold;
    struct chunk chunk;
    struct profile_fold fold; /* of the chunk */
    struct dropping dropping;
    struct pace folds; /* intervals in a chunk */
    struct pace intervals;
    struct pace others;
    struct pace pages;
    int64_t page_size;
    int log_pages;      /* of the write-ahead log, that are not in the file yet */
    int64_t lock_began; /* clock_steady(); -1: it is not held */
    int64_t lock_ended; /* -1: not told */
    int64_t longest_lock;
};

/* A number that a statement without parameters gives; 0 where it gives none. */
bool retention_number(struct retention *retention, enum retention_statement which, int64_t *number,
                      struct failure *why) NODISCARD;

/*
 * Around each step: reads between the two are of one moment. retention_lock()
 * is called before the first change. retention_end() commits what was changed
 * if `ok`, learns from the time it took, and returns whether all went well.
 */
bool retention_begin(struct retention *retention, struct failure *why) NODISCARD;
void retention_lock(struct retention *retention);
bool retention_end(struct retention *retention, struct pace *pace, bool ok,
                   struct failure *why) NODISCARD;

/* Appends one victim. */
bool retention_add_victim(struct retention *retention, const struct victim *victim,
                          struct failure *why) NODISCARD;

/* Deletes a row of a kind, by a statement that takes its id, and keeps its seal verifiable. */
bool retention_drop_row(struct retention *retention, enum retention_statement which,
                        enum seal_kind kind, int64_t id, struct failure *why) NODISCARD;

/* A row of `dropped`. */
struct retention_told {
    enum retention_what what;
    enum retention_reason reason;
    int64_t application; /* whose they were; ALL_APPLICATIONS: whoever's */
    int64_t first;       /* ids */
    int64_t last;
    int64_t rows;
    struct ledger_position until; /* detail is missing up to here; stretch 0: none is */
};

bool retention_tell(struct retention *retention, const struct retention_told *told,
                    struct failure *why) NODISCARD;

/* Detail of the application is missing up to here. It never gets less. */
bool retention_note_position(struct retention *retention, int64_t application,
                             const struct ledger_position *until, struct failure *why) NODISCARD;

/*
 * retention_intervals.c. Begins a chunk with the id `next`. One that was begun
 * before and not finished is forgotten.
 */
void retention_begin_chunk(struct retention *retention, const struct chunk *chunk);

/*
 * A step of the chunk: reads on, or where it is full or at its end writes the
 * profile, says in `dropped` what is about to go, and ends the chunk (not begun).
 */
bool retention_fold(struct retention *retention, struct failure *why) NODISCARD;

/* A step of what is about to go. *worked: there was such. */
bool retention_drop(struct retention *retention, bool *worked, struct failure *why) NODISCARD;

/* retention_rest.c. Takes the ids that a bound statement finds for victims. */
bool retention_read_victims(struct retention *retention, enum retention_statement which,
                            struct failure *why) NODISCARD;

/* Likewise: drops the victims, where there are any, and says so in `dropped`. */
bool retention_drop_told(struct retention *retention, enum retention_statement drop,
                         enum retention_what what, enum seal_kind kind,
                         enum retention_reason reason, struct failure *why) NODISCARD;

/* retention_probes.c, inside a step: what jobs found. *done: nothing of it is old any more. */
bool retention_clear_probes(struct retention *retention, bool *done, struct failure *why) NODISCARD;

/* Likewise, by retention->next: makes one row of the runs of a job and day that took place. */
bool retention_fold_runs(struct retention *retention, bool *done, struct failure *why) NODISCARD;

/*
 * Likewise a step of its own, for want of space: folds the oldest asks that are
 * older than a day, where they take a large part of it. *found: there were such.
 */
bool retention_fold_for_space(struct retention *retention, bool *found,
                              struct failure *why) NODISCARD;

/* retention_rest.c: one step of a phase beyond intervals. *done: the phase has nothing left. */
bool retention_clear_phase(struct retention *retention, bool *done, struct failure *why) NODISCARD;

/* For want of space: processes that have ended, then profile rows. *done: there are none left. */
bool retention_clear_oldest(struct retention *retention, bool *done, struct failure *why) NODISCARD;
