/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Writes a made-up year into a ledger, as the service would have: straight
 * as facts, without making and comparing a snapshot for each of its seconds.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "made_year.h"
#include "store/ledger.h"

struct year_writer;

/* A new ledger at `path`, in which nothing was written yet. The caller closes *out. */
bool year_writer_open(struct year_writer **out, const char *path, enum made_machine machine,
                      uint64_t seed, struct failure *why) NODISCARD;

/* Takes in samples until `intervals` more wait to be written. */
bool year_writer_take(struct year_writer *writer, int64_t intervals, struct failure *why) NODISCARD;

/* Takes in so many seconds, whether something changes in them or not. */
bool year_writer_pass(struct year_writer *writer, int64_t seconds, struct failure *why) NODISCARD;

/* Writes what waits, in one commit. */
bool year_writer_commit(struct year_writer *writer, struct failure *why) NODISCARD;

/* How many intervals were taken in, and the newest sample. */
int64_t year_writer_count(const struct year_writer *writer);
int64_t year_writer_now(const struct year_writer *writer);

/* Without a commit. */
void year_writer_close(struct year_writer *writer);
