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
#include "collector/snapshot.h"
#include "store/ledger.h"
#include "store/ledger_query.h"
#include "store/ledger_rows.h"
#include "store/probe_writer.h"
#include "store/sealer.h"

struct ledger_facts;

/* The ledger outlives the facts. The caller closes *out. */
bool ledger_facts_open(struct ledger_facts **out, struct ledger *ledger,
                       struct failure *why) NODISCARD;

/* What is written from here on is sealed by `sealer`, which is only lent. NULL: it is not sealed.
 */
void ledger_facts_set_sealer(struct ledger_facts *facts, struct sealer *sealer);

/* What the jobs found is written in the same transactions. `probes` is only lent. NULL: nothing. */
void ledger_facts_set_probes(struct ledger_facts *facts, struct probe_writer *probes);

/* Whether a commit would write something of them. */
bool ledger_facts_probes_wait(const struct ledger_facts *facts);

/* Drops what waits. Does nothing for NULL. */
void ledger_facts_close(struct ledger_facts *facts);

/* How many facts of each kind a sample brings at most. */
struct ledger_facts_room {
    size_t intervals; /* opened */
    size_t closed;
    size_t started;
    size_t learned;
    size_t gone;
    size_t modules; /* that came or went */
    size_t images;
    size_t users;
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

/* Takes end_at, last_sample, missed and what was left out from *stretch. */
void ledger_facts_extend_stretch(struct ledger_facts *facts, const struct ledger_stretch *stretch);
void ledger_facts_end_stretch(struct ledger_facts *facts, enum ledger_gap reason);

/*
 * The number by which the facts that wait know a service. It is good until the
 * next commit. Fails only where memory ran out.
 */
bool ledger_facts_service(struct ledger_facts *facts, const char *name, int basis, uint32_t *number,
                          struct failure *why) NODISCARD;

/* An interval that begins. Ids count up by one from call to call. */
struct ledger_fact_interval {
    int64_t id;
    int64_t opened_at;
    int64_t process;  /* 0: not known */
    uint32_t service; /* 0: none; else by ledger_facts_service() */
    enum ledger_opening opening;
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

/* A file that a process has mapped as code since this sample, or no more. */
struct ledger_fact_module {
    int64_t process;
    int64_t stretch; /* of the sample */
    int64_t at;
    bool gone;
    const struct module *module; /* is copied, and its image referred to */
};

/* In the order of the calls; ids are given at the commit. */
void ledger_facts_change_module(struct ledger_facts *facts,
                                const struct ledger_fact_module *change);

/*
 * What was read of an image: of the one that the process runs, or of one that
 * it has mapped (`module` with its base; NULL: the former). Takes a reference
 * of the image, whose facts are known.
 */
void ledger_facts_learn_image(struct ledger_facts *facts, int64_t process,
                              const struct module *module, const struct image *image);

/* An account whose name was found. Takes a reference. */
void ledger_facts_name_user(struct ledger_facts *facts, const struct account *account);

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

/* Forgets all that waits, the newest stretch too: nothing more is known of the ledger. */
void ledger_facts_drop(struct ledger_facts *facts);

/*
 * Fails, with what is told of ledger_writer_commit(), unless the ledger is
 * still where it was and `run` is its newest run. Called inside a transaction.
 */
bool ledger_facts_check_hold(struct ledger_facts *facts, int64_t run,
                             struct failure *why) NODISCARD;

/* Bytes of memory that wait. */
size_t ledger_facts_waiting(const struct ledger_facts *facts);
