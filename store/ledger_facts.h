/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Facts that wait in memory until they are committed, and the SQL that writes
 * them. ledger_writer.c decides what the facts are; this writes all of them in
 * one transaction, or none.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "base/failure.h"
#include "collector/process_instance.h"
#include "collector/socket_row.h"
#include "store/ledger.h"
#include "store/ledger_query.h"

struct ledger_facts;

/* The ledger outlives the facts. The caller closes *out. */
bool ledger_facts_open(struct ledger_facts **out, struct ledger *ledger,
                       struct failure *why) NODISCARD;

/* Drops what waits. Does nothing for NULL. */
void ledger_facts_close(struct ledger_facts *facts);

/* How many facts of each kind a sample brings at most. */
struct ledger_facts_room {
    size_t intervals; /* opened */
    size_t closed;
    size_t started;
    size_t learned;
    size_t gone;
};

/*
 * Makes room, for one stretch besides. The calls below cannot fail as long as
 * they keep to what was asked for: so a sample is taken in as a whole or not at all.
 */
bool ledger_facts_reserve(struct ledger_facts *facts, const struct ledger_facts_room *room,
                          struct failure *why) NODISCARD;

/* Stretches. boot_id is not looked at. The newest one is written by each commit after a change. */
void ledger_facts_begin_stretch(struct ledger_facts *facts, const struct ledger_stretch *stretch,
                                int64_t first_interval, int64_t first_process);
void ledger_facts_extend_stretch(struct ledger_facts *facts, int64_t end_at, int64_t last_sample);
void ledger_facts_end_stretch(struct ledger_facts *facts, enum ledger_gap reason);

/* An interval that begins. Ids count up by one from call to call. */
struct ledger_fact_interval {
    int64_t id;
    int64_t opened_at;
    int64_t process; /* 0: not known */
    bool continued;
    const struct socket_row *socket; /* is copied */
};

void ledger_facts_open_interval(struct ledger_facts *facts,
                                const struct ledger_fact_interval *interval);
void ledger_facts_close_interval(struct ledger_facts *facts, int64_t id, int64_t duration);

/* A process that is seen for the first time. Takes a reference. */
void ledger_facts_start_process(struct ledger_facts *facts, int64_t id, int64_t stretch,
                                int64_t seen_at, const struct process_instance *instance);

/* More is known of a process. Takes a reference. */
void ledger_facts_learn_process(struct ledger_facts *facts, int64_t id,
                                const struct process_instance *instance);

/* A process that was seen in `stretch` for the last time. */
struct ledger_fact_gone {
    int64_t id;
    int64_t stretch;
    bool within;     /* it went within that stretch, and not after its end */
    int64_t gone_at; /* then: the first sample without it */
    int span;        /* enum ledger_span, or -1 */
};

void ledger_facts_end_process(struct ledger_facts *facts, const struct ledger_fact_gone *gone);

/* Writes what waits, durably, in one transaction. On failure nothing was written, and it waits on.
 */
bool ledger_facts_commit(struct ledger_facts *facts, struct failure *why) NODISCARD;

/* Bytes of memory that wait. */
size_t ledger_facts_waiting(const struct ledger_facts *facts);
