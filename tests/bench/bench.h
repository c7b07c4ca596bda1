/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the parts of bench_ledger, and bench_quiet, have in common. A part measures one thing
 * and prints a figure a line: name, value, unit. What fails ends the program.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "made_year.h"

/* Ends the program with the failure where `ok` is false. */
void bench_must(bool ok, const struct failure *why);

void bench_figure(const char *name, double value, const char *unit);

/* Median and worst of `count` times in milliseconds, which are sorted by it. */
void bench_times(const char *name, double *times, size_t count);

/* What a part was asked for. */
struct bench_order {
    enum made_machine machine;
    int64_t amount; /* intervals, or seconds */
    const char *path;
    uint64_t seed;
};

typedef void bench_part_fn(const struct bench_order *order);

bench_part_fn bench_write;   /* `amount` intervals into a new ledger, in large commits */
bench_part_fn bench_ask;     /* questions to a ledger that is there */
bench_part_fn bench_readers; /* `amount` intervals, and then eight readers and the writer at once */
bench_part_fn
    bench_retain; /* drops `amount` days' worth of a ledger that is there, by age and size */
bench_part_fn bench_verify; /* all of a ledger that is there */
bench_part_fn bench_plain;  /* `amount` seconds as snapshots: into a ledger, and one row for each
                               socket and second into a plain table */
