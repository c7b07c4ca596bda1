/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Samples that wait for a ledger which is still being opened, in the order in
 * which they were taken. They may take SAMPLE_QUEUE_BYTES together; those that
 * come after are lost until the queue is empty again, so that what is missing
 * is one stretch of time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "collector/snapshot.h"
#include "store/ledger_writer.h"

enum { SAMPLE_QUEUE_BYTES = 16 << 20 };

struct queued_sample {
    struct snapshot snapshot;
    int64_t interval;    /* that it was taken by */
    enum ledger_gap gap; /* that came before it; LEDGER_GAP_NONE: none that we know of */
    struct queued_sample *next;
};

/* Starts as {0}. */
struct sample_queue {
    struct queued_sample *first;
    struct queued_sample *last;
    size_t bytes;
    enum ledger_gap gap; /* before the next sample */
    bool full;           /* samples were lost since it was empty */
};

/*
 * Takes the snapshot's content over, and leaves an empty one; also where it is
 * lost for want of room. Fails where memory ran out.
 */
bool sample_queue_add(struct sample_queue *queue, struct snapshot *snapshot, int64_t interval,
                      struct failure *why) NODISCARD;

/* The next sample comes after a gap. */
void sample_queue_gap(struct sample_queue *queue, enum ledger_gap reason);

/* The oldest, which the caller frees with queued_sample_free(); NULL where there is none. */
struct queued_sample *sample_queue_take(struct sample_queue *queue);
void queued_sample_free(struct queued_sample *sample);

/* Forgets all. Harmless twice. */
void sample_queue_clear(struct sample_queue *queue);
