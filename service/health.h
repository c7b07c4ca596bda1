/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * How the service is doing, counted as it goes. Plain data: it asks no clock
 * and no system; what they say is handed in.
 */

#include <stddef.h>
#include <stdint.h>

#include "collector/snapshot.h"
#include "store/ledger_health.h"

enum { HEALTH_SIZES = 25 }; /* of the ledger, an hour apart: growth is that of a day */

/* The newest values of something. */
struct health_series {
    int64_t values[HEALTH_LATELY];
    size_t count;
    size_t next;
};

struct health_size {
    int64_t at; /* clock_steady() */
    int64_t bytes;
};

/* Starts as {0}. */
struct health {
    struct health_series lasted; /* microseconds */
    struct health_series late;   /* milliseconds */
    int64_t samples;
    int64_t sockets;
    int64_t denied;
    int64_t failures[LEDGER_HEALTH_NUMBERS]; /* from HEALTH_FAILED_SAMPLES on */
    struct health_size sizes[HEALTH_SIZES];
    size_t size_count;
};

/* A sample was begun so many milliseconds late. */
void health_late(struct health *health, int64_t milliseconds);

/* A sample was taken, in so many microseconds. */
void health_sample(struct health *health, const struct snapshot *snapshot, int64_t microseconds);

/* Something failed: HEALTH_FAILED_SAMPLES to HEALTH_GAPS. */
void health_count(struct health *health, enum ledger_health_number failure, int64_t times);

/* How large the ledger is; for its growth. */
void health_size(struct health *health, int64_t steady, int64_t bytes);

/* Fills in what is counted here; *out is {0}. */
void health_fill(const struct health *health, struct ledger_health *out);

/* For whoever knows the rest. */
void health_set(struct ledger_health *out, enum ledger_health_number which, int64_t number);
