/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The one line that a monitoring system reads, by the contract of monitoring
 * plugins: a word, what is wrong first, and after a | labels with numbers.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/text.h"
#include "store/probe_query.h"

/* The exit status of a plugin. */
enum plugin_status {
    PLUGIN_OK,
    PLUGIN_WARNING,
    PLUGIN_CRITICAL,
    PLUGIN_UNKNOWN,
};

/* What came of the ports and jobs that were looked at. */
struct verdict {
    int64_t held;
    int64_t not_held;
    int64_t undecided;
    int64_t skipped; /* runs for maintenance, of jobs that did not run in the time */
    int64_t missed;  /* runs that did not take place, recorded or not */
    int64_t stale;   /* jobs of which nobody knows how things are now */
};

enum { PLUGIN_PERFORMANCES = 100 }; /* ports whose times are in the line */

/* Starts as {0}; the caller clears it. */
struct plugin_line {
    struct text first;  /* the first port that is not held, or else the first undecided one */
    bool has_failed;    /* `first` is not held */
    struct text jobs;   /* what is wrong with jobs, in words */
    struct text missed; /* why the newest missed run was, in words; may be empty */
    struct text performance;
    int64_t performances;
};

/* `with_job`: another job asks the same port, and its label must differ. */
void plugin_line_add(struct plugin_line *line, const struct probe_pair_sum *pair, bool with_job);

enum plugin_status plugin_line_status(const struct verdict *verdict);

/* Prints it to standard output, and flushes. */
bool plugin_line_print(const struct plugin_line *line, const struct verdict *verdict,
                       struct failure *why) NODISCARD;

/* The line of a plugin that cannot tell, with the reason. A failure to print it has no reader. */
void plugin_line_print_unknown(const struct failure *reason);

void plugin_line_clear(struct plugin_line *line);
