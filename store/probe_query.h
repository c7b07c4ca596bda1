/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Questions about what jobs found. Availability is a share of the asks that
 * took place: time in which nobody asked counts neither way, and how many runs
 * were missed is told beside it.
 *
 * What is read of a job, and of a pair, is of one moment; two pairs may be of
 * two moments. No moment is held for longer than the reading of a pair takes, and half a second.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "collector/socket_row.h"
#include "store/ledger.h"
#include "store/probe_samples.h"

/* What is asked for. */
struct probe_filter {
    const char *job; /* NULL: all */
    int64_t since;
    int64_t until;
};

/* The runs of a job in the time that was asked for. */
struct probe_job_sum {
    int64_t id;
    char *name;
    int64_t last_due; /* of the newest run that took place, ever; 0: none did */
    int64_t last_began;
    int64_t last_lasted;
    int64_t last_held; /* of it */
    int64_t last_not_held;
    int64_t last_undecided;
    int64_t first_known; /* the oldest run that is in the ledger was due; 0: none is */
    int64_t done;        /* in the time that was asked for */
    int64_t missed;
    int64_t skipped;
    int64_t ended;
    int64_t not_stored;  /* of those missed or ended: all of what they found is lost, or a part */
    int missed_reason;   /* enum probe_run_reason of the newest missed one; 0: none */
    int64_t missed_at;   /* of it: when it was due, the last of them */
    char *missed_detail; /* of it: more about the reason; NULL: none */

    /* By `until`, of the newest runs only. */
    int64_t told_until;   /* the newest one, of whatever result, was due; 0: there is none */
    int64_t asked_from;   /* the newest one that asked all there is to ask began; 0: not known */
    int64_t longest_gap;  /* from one run to the next that the ledger has; 0: not known */
    int64_t missed_since; /* runs that were missed after the newest one that took place */
    int64_t missed_first; /* the first of them was due; 0: there is none */
    int64_t unrecorded;   /* runs that were due and are not here: 0, until job_silence.h says */
};

struct probe_job_sums {
    struct probe_job_sum *items;
    size_t count;
    size_t capacity;
};

/* In the order in which the ledger met them. The caller clears *sums, also on failure. */
bool probe_query_jobs(struct ledger *ledger, const struct probe_filter *filter,
                      struct probe_job_sums *sums, struct failure *why) NODISCARD;
void probe_job_sums_clear(struct probe_job_sums *sums);

/* The result is not kept any more: what else there is of it says nothing. */
enum { PROBE_STATUS_GONE = -1 };

/* A result, from its first ask on. */
struct probe_change {
    int64_t first_at;
    int64_t before_at; /* asked last with the result before; 0: not known */
    int status;        /* enum probe_status; PROBE_STATUS_GONE */
    int cause;
    int icmp; /* -1: none */
    int judgement;
    struct socket_endpoint address; /* its port is that of the pair */
    char *protocol;                 /* NULL: none */
    char *detail;
};

/* A port of a target, and what came of asking it. */
struct probe_pair_sum {
    int64_t id;
    char *job;
    char *host;
    uint16_t port;
    uint8_t transport;
    int64_t last_at; /* asked last, up to `until`; 0: never */
    int64_t first_known;
    struct probe_change now; /* in force at the end of the time that was asked for */
    int before;              /* the status before that; -1: none, or not kept any more */
    int before_cause;
    int64_t changes;            /* in the time, that are kept; the first result ever is none */
    struct probe_figure figure; /* of that time */
    int64_t folded_until; /* before this moment it is known by hours and days alone, which count
                           * whole, and times are estimated (probe_mix_end()); 0: it is not */
    char *answer;         /* the newest; NULL: none */
    int64_t answer_at;
    bool is_past; /* it is not asked any more: false, until somebody who knows that says so */
};

struct probe_pair_sums {
    struct probe_pair_sum *items;
    size_t count;
    size_t capacity;
    int64_t whole_from; /* of results that were replaced before this moment some are not kept any
                         * more; 0: all are */
};

/* Only pairs that were asked by `until`, by job, host, transport and port. */
bool probe_query_pairs(struct ledger *ledger, const struct probe_filter *filter,
                       struct probe_pair_sums *sums, struct failure *why) NODISCARD;
void probe_pair_sums_clear(struct probe_pair_sums *sums);

/* A change of a port that changes again and again: change_damping.h in reportcli/ sets it. */
enum probe_flapping {
    PROBE_NOT_FLAPPING,
    PROBE_FLAPPING_BEGINS,
    PROBE_FLAPPING_ON,
    PROBE_FLAPPING_ENDS, /* with this change */
};

/* One change, with what was before. */
struct probe_change_row {
    const struct probe_pair_sum *pair; /* job, host, port and transport only */
    struct probe_change now;
    int before; /* -1: it is the first result, or the one before is not kept any more */
    int before_cause;
    int before_judgement; /* of `before` */
    int64_t asked_at;     /* the pair, last, up to `until`; 0: not known */
    enum probe_flapping flapping;
    unsigned flapped; /* changes so far since the port was steady; 0: not known */
};

struct probe_change_rows {
    struct probe_change_row *items;
    size_t count;
    size_t capacity;
    struct probe_pair_sums pairs;
};

/* Results that began in the time that was asked for, in the order of recording. */
bool probe_query_changes(struct ledger *ledger, const struct probe_filter *filter,
                         struct probe_change_rows *rows, struct failure *why) NODISCARD;
void probe_change_rows_clear(struct probe_change_rows *rows);
