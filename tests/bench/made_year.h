/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A made-up year of a machine: which sockets and processes came and went in
 * which sample, one sample a second. Made from a seed: the same one makes the
 * same year. Plain data; what is done with it is the caller's.
 *
 * The times of day and the shares of ports are guesses at what such machines
 * do, not measurements of one.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "collector/process_instance.h"
#include "collector/snapshot.h"
#include "collector/socket_row.h"
#include "store/ledger_rows.h"

enum made_machine {
    MADE_DESKTOP,           /* 200 processes, a browser, asleep at night and on Sundays */
    MADE_DOMAIN_CONTROLLER, /* hundreds of clients, day and night; about 50 million a year */
    MADE_PROXY,             /* 30,000 connections an hour, from many to many */
    MADE_MACHINES,
};

/* "desktop" and so on; the other way round -1 where it is none. */
const char *made_machine_name(enum made_machine machine);
int made_machine_from_name(const char *name);

#define MADE_BEGIN_AT INT64_C(1700000000000)
enum { MADE_INTERVAL_MS = 1000 };

/* An interval that begins. */
struct made_opened {
    int64_t id;            /* counts up from 1 */
    struct socket_row row; /* `owner`: the slot of the process; `service`: a number for
                              made_service_name() */
    enum ledger_opening opening;
};

struct made_closed {
    int64_t id;
    int64_t opened_at;
};

/* A process that comes in the place of another, or for the first time (`before` 0). */
struct made_process {
    size_t slot;
    int64_t before; /* id of the one that is gone */
    int64_t before_since;
    int64_t id;                              /* counts up from 1 */
    const struct process_instance *instance; /* the year's own */
};

/* A sample in which something changed. Good until the next one is made. */
struct made_sample {
    int64_t at;
    bool after_gap;      /* nobody watched before it: what was open was cut, and what opens begins a
                            stretch. Also the first sample of all */
    int64_t last_before; /* the newest sample before, also one without a change */
    const struct made_process *processes;
    size_t process_count;
    const struct made_closed *closed;
    size_t closed_count;
    const struct made_opened *opened;
    size_t opened_count;
};

struct made_year;

/* The caller closes *out. */
bool made_year_open(struct made_year **out, enum made_machine machine, uint64_t seed,
                    struct failure *why) NODISCARD;
void made_year_close(struct made_year *year);

/* Goes on to the next sample in which something changes. There always is one. */
bool made_year_next(struct made_year *year, struct made_sample *sample,
                    struct failure *why) NODISCARD;

/*
 * Goes on by one second, also where nothing changes; then *sample is empty
 * but for its time. False is a failure, too.
 */
bool made_year_tick(struct made_year *year, struct made_sample *sample,
                    struct failure *why) NODISCARD;

/* Replaces *snapshot by all that is there now. */
bool made_year_snapshot(const struct made_year *year, struct snapshot *snapshot,
                        struct failure *why) NODISCARD;

/* Of 1 and so on, NULL behind the last. Each is known by its tag. */
const char *made_service_name(uint32_t number);

/* The process in a slot now: its id. And the newest id of any. */
int64_t made_year_process(const struct made_year *year, uint32_t slot);
int64_t made_year_processes(const struct made_year *year);
