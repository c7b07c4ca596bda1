/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the jobs hand to the writer of the ledger: that a run was, or was not,
 * and what came of each ask. Plain data that owns its texts and goes from one
 * thread to another.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "probes/expectation.h"
#include "probes/outcome.h"

/* What became of a run. The numbers go into the ledger. */
enum probe_run_result {
    PROBE_RUN_DONE = 1,
    PROBE_RUN_MISSED = 2,  /* it was due, and nobody ran it */
    PROBE_RUN_SKIPPED = 3, /* for maintenance */
    PROBE_RUN_ENDED = 4,   /* it was ended before its end */
    PROBE_RUN_RESULTS,
};

/* Why it was not. Likewise. */
enum probe_run_reason {
    PROBE_NO_REASON = 0,
    PROBE_SERVICE_STOPPED = 1,
    PROBE_MACHINE_SLEPT = 2,
    PROBE_CLOCK_SET = 3,
    PROBE_STILL_RUNNING = 4, /* the run before went on */
    PROBE_TOO_BUSY = 5,
    PROBE_MAINTENANCE = 6,
    PROBE_CANNOT_BEGIN = 7, /* `detail` says why */
    PROBE_NOT_STORED = 8,   /* what it found had no room, all of it or in part */
    PROBE_RUN_REASONS,
};

/* "done", "missed"; "still running": the words of every output. NULL for PROBE_NO_REASON. */
const char *probe_run_result_name(int result);
const char *probe_run_reason_name(int reason);

/* Runs in a row that did not take place are one of these. */
struct probe_run {
    int64_t due_at;
    int64_t last_due; /* of several: the last; else as due_at */
    int64_t runs;     /* how many */
    enum probe_run_result result;
    enum probe_run_reason reason;
    int64_t began_at; /* 0: it did not */
    int64_t lasted;   /* milliseconds */
    int64_t held;     /* outcomes that were as expected */
    int64_t not_held;
    int64_t undecided;
};

struct probe_ask {
    char *host;                     /* as the settings name it */
    struct socket_endpoint address; /* address_size 0: none */
    uint16_t port;
    uint8_t transport;
    char *protocol; /* NULL: it was only reached */
    enum probe_status status;
    enum probe_cause cause;
    int icmp; /* type * 256 + code; -1: none */
    enum expectation_result judgement;
    int64_t at;
    int64_t us;   /* that it took to reach it, or to be refused; UDP: to answer; -1: neither */
    char *answer; /* what it said, without what is fleeting: see table `answer`; NULL: nothing */
};

struct probe_fact {
    char *job;
    bool is_run;
    char *detail; /* one line; NULL: none */
    struct probe_run run;
    struct probe_ask ask;
    struct probe_fact *next;
};

enum { PROBE_ANSWER_BYTES = 16384 }; /* of an answer are kept; longer ones end in "..." */

/* NULL where memory ran out. `detail` may be NULL. Both are freed with probe_fact_free(). */
struct probe_fact *probe_fact_of_run(const char *job, const struct probe_run *run,
                                     const char *detail);
struct probe_fact *probe_fact_of_outcome(const char *job, const struct outcome *outcome,
                                         enum expectation_result judgement, const char *sentence);
void probe_fact_free(struct probe_fact *fact); /* does nothing for NULL */

/* Bytes of memory. */
size_t probe_fact_size(const struct probe_fact *fact);

struct probe_loss; /* what had no room of a job, until a run of it has */

/* Facts in their order. Starts as {0}. */
struct probe_facts {
    struct probe_fact *first;
    struct probe_fact *last;
    struct probe_loss *losses;
    size_t bytes;
    size_t lost; /* that had no room */
};

enum {
    PROBE_FACTS_BYTES = 16 << 20,
    PROBE_RUNS_BYTES = 4 << 20,   /* more for runs alone: outcomes never take their room */
    PROBE_OUTCOMES_ROOM = 1 << 15 /* about as many outcomes have room, of usual length */
};

/*
 * Takes *fact over. False: it had no room, is freed and counted. NULL counts
 * as lost.
 *
 * A run of which outcomes had no room did not end well: it is PROBE_RUN_ENDED,
 * for PROBE_NOT_STORED. Runs that had none themselves are put before the next
 * one of their job, as missed for that reason.
 */
bool probe_facts_add(struct probe_facts *facts, struct probe_fact *fact);
struct probe_fact *probe_facts_take(struct probe_facts *facts); /* the oldest; NULL: none */

/* All that there is so far, with the number of those lost. The loss is still remembered by *from.
 */
void probe_facts_move(struct probe_facts *to, struct probe_facts *from);
void probe_facts_clear(struct probe_facts *facts);
