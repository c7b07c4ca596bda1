/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Takes samples on time.
 *
 * The collector runs in a thread of its own, because a system call may hang
 * for as long as it likes, and a service must stop when it is told to. The
 * thread touches nothing but its own snapshot; the ledger belongs to the
 * caller's thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "collector/collector.h"
#include "collector/snapshot.h"

struct sampler;

/* Called from the sampler's thread when a sample is ready to be taken over. */
typedef void sampler_ready_fn(void *context);

/* The options are copied. */
bool sampler_open(struct sampler **out, const struct collector_options *options,
                  sampler_ready_fn *ready, void *context, struct failure *why) NODISCARD;

/* Other options, from the next sample on: what collector_configure() takes of them. */
bool sampler_configure(struct sampler *sampler, const struct collector_options *options,
                       struct failure *why) NODISCARD;

/* Starts one sample. Does nothing and is false while one is under way. */
bool sampler_begin(struct sampler *sampler);

enum sampler_result {
    SAMPLER_IDLE,    /* nothing was begun */
    SAMPLER_WORKING, /* not there yet */
    SAMPLER_DONE,    /* *snapshot was filled */
    SAMPLER_FAILED,  /* *why says why */
};

/* Takes a finished sample over by exchanging *snapshot's content. Never waits. */
enum sampler_result sampler_take(struct sampler *sampler, struct snapshot *snapshot,
                                 struct failure *why);

/* What the sample cost that was taken over last. */
struct sampler_cost {
    int64_t lasted; /* microseconds by the clock */
    int64_t cpu;    /* microseconds of the processor's time that the thread had, all in all */
};

struct sampler_cost sampler_cost(const struct sampler *sampler);

/*
 * Ends the thread, and frees. One that hangs in a system call for longer than
 * `patience` milliseconds is left behind with all that it uses, until the
 * process ends; false says that this was so. True for NULL.
 */
bool sampler_close(struct sampler *sampler, int64_t patience);
