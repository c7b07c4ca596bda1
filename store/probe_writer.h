/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Puts what the jobs found into the ledger, in the transactions of its writer:
 * facts wait here until ledger_writer_commit(). What did not change since the
 * ask before costs its place among the timings and nothing else.
 *
 * Belongs to the thread of the ledger's writer.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "store/ledger.h"
#include "store/probe_fact.h"

struct probe_writer;

/* The ledger was opened for writing and outlives *out; the caller closes it. */
bool probe_writer_open(struct probe_writer **out, struct ledger *ledger,
                       struct failure *why) NODISCARD;
void probe_writer_close(struct probe_writer *writer);

/* Takes *fact over. One that has no room, since commits fail for long, is lost and counted. */
void probe_writer_add(struct probe_writer *writer, struct probe_fact *fact);

/* Facts that were lost so far. */
size_t probe_writer_lost(const struct probe_writer *writer);

/* Whether something waits. */
bool probe_writer_waits(const struct probe_writer *writer);

/*
 * Inside a transaction: writes the oldest of what waits, not more than takes
 * the ledger a moment. After it probe_writer_settle() says what became of it.
 */
bool probe_writer_write(struct probe_writer *writer, struct failure *why) NODISCARD;
void probe_writer_settle(struct probe_writer *writer, bool committed);

/*
 * Up to when the ledger knows what became of a job's runs: when the one that
 * was stored last was due, which is in the future where the clock was ahead.
 * INT64_MIN: it knows of none.
 */
bool probe_writer_handled(struct probe_writer *writer, const char *job, int64_t *handled,
                          struct failure *why) NODISCARD;
