/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * How the service that writes a ledger is doing, by its own account: the table
 * `health`. It is derived, of one moment, and not sealed; each write takes the
 * place of the one before.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/text.h"
#include "store/ledger.h"

/* What is not known, or does not apply, has no row. "Lately" is the last HEALTH_LATELY samples. */
enum ledger_health_number {
    HEALTH_AT,            /* when this was written, by the wall clock */
    HEALTH_SAMPLES,       /* taken since the run began */
    HEALTH_SAMPLE_MEDIAN, /* microseconds that reading the system took, lately */
    HEALTH_SAMPLE_WORST,
    HEALTH_LATE_MEDIAN, /* milliseconds that samples began after they were due, lately */
    HEALTH_LATE_WORST,
    HEALTH_SOCKETS,  /* of the newest sample */
    HEALTH_DENIED,   /* processes that the system did not let us open, likewise */
    HEALTH_CHANGES,  /* intervals opened and closed since the run began */
    HEALTH_LEDGER,   /* bytes of the main file */
    HEALTH_LOG,      /* bytes of its log */
    HEALTH_GROWTH,   /* bytes a day, of the main file; told after an hour */
    HEALTH_CPU,      /* microseconds of the processor's time since the process began */
    HEALTH_MEMORY,   /* bytes that the process has in memory now */
    HEALTH_HANDLES,  /* handles or descriptors that it has open */
    HEALTH_JOBS,     /* that the settings have */
    HEALTH_NEXT_JOB, /* when the next run of one is due */
    HEALTH_STRETCH,  /* milliseconds between samples by the settings, where it is longer now */

    /* Since the run began, how often: failures by kind. */
    HEALTH_FAILED_SAMPLES,
    HEALTH_FAILED_COMMITS,
    HEALTH_FAILED_LOSSES, /* samples that waited were dropped */
    HEALTH_FAILED_RETENTION,
    HEALTH_FAILED_COPIES, /* by ledger.share */
    HEALTH_FAILED_SETTINGS,
    HEALTH_FAILED_OUTCOMES, /* of jobs, that were lost */
    HEALTH_FAILED_METRICS,
    HEALTH_GAPS,

    LEDGER_HEALTH_NUMBERS,
};

enum ledger_health_text {
    HEALTH_NEXT_JOB_NAME,
    HEALTH_HARDENING, /* what took effect */
    HEALTH_LIMITS,    /* what acts: "" where none does */
    LEDGER_HEALTH_TEXTS,
};

enum { HEALTH_LATELY = 600 };

/* Starts as {0}, in which nothing is known. */
struct ledger_health {
    bool known[LEDGER_HEALTH_NUMBERS];
    int64_t numbers[LEDGER_HEALTH_NUMBERS];
    struct text texts[LEDGER_HEALTH_TEXTS];
};

/* The name of a failure by its number, as in "samples"; NULL for other numbers. */
const char *ledger_health_failure(int number);

/*
 * Replaces what the table says, in a transaction of its own. For the one that
 * writes the ledger, after a commit that was done.
 */
bool ledger_health_write(struct ledger *ledger, const struct ledger_health *health,
                         struct failure *why) NODISCARD;

/* Fills *health, which the caller clears. What this version does not know is left out. */
bool ledger_health_read(struct ledger *ledger, struct ledger_health *health,
                        struct failure *why) NODISCARD;

/* Frees. Harmless twice. */
void ledger_health_clear(struct ledger_health *health);
