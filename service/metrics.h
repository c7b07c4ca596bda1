/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The state of the service for Prometheus, in the text format that its
 * textfile collector reads: docs/service.md lists the metrics.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/text.h"
#include "store/ledger_health.h"

/* What the table of health does not have. */
struct metrics_facts {
    bool running;           /* false: this is the last word of a service that ends */
    int64_t last_sample_at; /* milliseconds since 1970 UTC; 0: there was none */
    int64_t interval;       /* milliseconds between samples */
};

/* Appends the whole file. */
void metrics_add(struct text *text, const struct ledger_health *health,
                 const struct metrics_facts *facts);

/*
 * Writes it in place of the file at `path`, at once: whoever reads sees the one
 * before or this one. Everyone may read it (Linux: mode 0644; Windows: who may
 * read the folder). It is made beside it, under the name with ".new" behind.
 */
bool metrics_write(const char *path, const struct ledger_health *health,
                   const struct metrics_facts *facts, struct failure *why) NODISCARD;
