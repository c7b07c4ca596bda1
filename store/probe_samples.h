/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The asks of a pair in an hour, as few bytes each, and what is summed up of
 * them. Pure. The form is told in ledger_schema.c, at table `timing`.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

#define PROBE_HOUR_MS INT64_C(3600000)

/* One ask. */
struct probe_sample {
    int64_t at;        /* milliseconds since 1970 UTC */
    int64_t us;        /* microseconds that it took; -1: not told */
    uint8_t status;    /* enum probe_status */
    uint8_t judgement; /* enum expectation_result */
};

enum { PROBE_SAMPLE_BYTES = 20 }; /* at most, of one */

/* The hour that a moment lies in, since 1970 UTC. */
int64_t probe_hour(int64_t at);

/* Writes a sample that follows one at `before` (the first: the hour's beginning). Returns bytes. */
size_t probe_sample_put(uint8_t bytes[PROBE_SAMPLE_BYTES], int64_t before,
                        const struct probe_sample *sample);

/* Reads samples one by one. What is damaged ends the walk, and `damaged` says so. */
struct probe_sample_walk {
    const uint8_t *bytes;
    size_t size;
    size_t place;
    int64_t at; /* of the sample before; first: the hour's beginning */
    bool damaged;
};

struct probe_sample_walk probe_samples(const void *bytes, size_t size, int64_t hour);
bool probe_sample_next(struct probe_sample_walk *walk, struct probe_sample *sample);

/* The sum of many asks. Times are microseconds, of those that listened; -1 where none did. */
struct probe_figure {
    int64_t asked;
    int64_t listening;
    int64_t unasked; /* this machine could not ask, or the name had no address */
    int64_t held;
    int64_t undecided;
    int64_t median;
    int64_t p95;
    int64_t p99;
    int64_t slowest;
};

/* Asks that are being summed up. Starts as {0}. */
struct probe_sum {
    struct probe_figure figure; /* counts; times only after probe_sum_end() */
    int64_t *times;
    size_t count;
    size_t capacity;
};

bool probe_sum_add(struct probe_sum *sum, const struct probe_sample *sample,
                   struct failure *why) NODISCARD;

/* Works the times out: the nearest rank, so that each was measured. */
void probe_sum_end(struct probe_sum *sum);

/* Forgets the asks, and keeps the memory. */
void probe_sum_reset(struct probe_sum *sum);
void probe_sum_clear(struct probe_sum *sum);

/* Figures of several times, of which one is made. Starts as {0}. */
struct probe_mix {
    struct probe_figure *parts;
    size_t count;
    size_t capacity;
};

/* Takes in a figure as a ledger has it, whatever it holds. One without asks adds nothing. */
bool probe_mix_add(struct probe_mix *mix, const struct probe_figure *part,
                   struct failure *why) NODISCARD;

/*
 * Works the figure of all of it out. Counts and the slowest are exact. The
 * other times are so for a single part; of several they are estimated, as if
 * the times of each lay evenly between those that are known of it.
 */
void probe_mix_end(const struct probe_mix *mix, struct probe_figure *figure);

/* Forgets the parts, and keeps the memory. */
void probe_mix_reset(struct probe_mix *mix);
void probe_mix_clear(struct probe_mix *mix);
