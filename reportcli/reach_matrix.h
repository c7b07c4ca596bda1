/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What jobs found, as people look for it: a row a target, a column a port, and
 * in each cell the status now and the share of asks that found it LISTENING.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"
#include "reportcli/render.h"
#include "store/probe_query.h"

struct reach_cell {
    const struct probe_pair_sum *pair; /* lent; NULL: the port was not asked */
};

/* Starts as {0}; the caller clears it. */
struct reach_matrix {
    struct reach_cell *cells;
    size_t count;
    size_t capacity;
};

/* In the order of probe_query_pairs(): pairs of a job, and of a target in it, are together. */
bool reach_matrix_add(struct reach_matrix *matrix, const struct probe_pair_sum *pair,
                      struct failure *why) NODISCARD;

/*
 * Prints a block of lines for each job to standard output. Where a terminal
 * has no room for all ports, letters that are explained take the place of
 * words; where that does not do, there are several blocks, one below the
 * other. No column is left out, and no cell is cut. Only `zone`, `columns` and `colour` of *options
 * count.
 */
bool reach_matrix_print(const struct reach_matrix *matrix, const struct probe_job_sums *jobs,
                        const struct probe_filter *filter, const struct render_options *options,
                        struct failure *why) NODISCARD;

void reach_matrix_clear(struct reach_matrix *matrix);
