/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A machine that is made up: collector_replay.c stands in the place of
 * collector.c, for tests and benchmarks of everything above it. Equal settings
 * give equal machines, sample by sample.
 */

#include <stddef.h>
#include <stdint.h>

#include "collector/collector.h"

struct collector_replay {
    uint64_t seed;
    size_t sockets;    /* open in every sample */
    size_t processes;  /* that own them in equal shares; at least 1 */
    size_t churn;      /* sockets that close before each next sample; as many open */
    int64_t begin_at;  /* wall clock of the first sample; 0: the real clocks are used */
    int64_t interval;  /* milliseconds between samples, where the clocks are made up */
    size_t fail_every; /* each n-th sample fails; 0: none */
};

/* For the collectors that are opened from now on. Without a call: 1,000 sockets of 20 processes. */
void collector_replay_configure(const struct collector_replay *settings);
