/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Linux: which descriptors of a process are sockets, remembered from sample to
 * sample, so that /proc/PID/fd is read where something can have changed.
 *
 * Only a process that runs can change its descriptors, and the kernel counts
 * the time that it runs in nanoseconds: where that has not moved since before
 * a descriptor was read, the descriptor is what it was.
 *
 * Of a process that has run
 *  - few descriptors are all read again, at once;
 *  - of many, those are that the caller marked, and a part of the others, so
 *    that within PROCESS_SOCKETS_ROUND samples all have been. Where their
 *    number has changed, or one of them is gone, the list of the folder is
 *    read at once, and what is new there.
 *
 * A process of another thread group that shares the table of descriptors
 * (CLONE_FILES) can change it while this one sleeps. So every process counts
 * as one that has run once in PROCESS_SOCKETS_ROUND samples, each in its turn.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

enum {
    PROCESS_SOCKETS_FEW = 64,
    PROCESS_SOCKETS_ROUND = 30, /* samples */
};

#define PROCESS_SOCKETS_NO_ROW UINT32_MAX

struct process_descriptor {
    uint64_t inode;   /* of the socket; 0 where it is none */
    uint32_t number;  /* as the process knows it */
    uint32_t row;     /* the caller's: the socket's place in its table, or PROCESS_SOCKETS_NO_ROW */
    uint32_t read_at; /* the sample in which it was read */
    bool again;       /* the caller's mark: do not believe it */
};

/* Starts with pid and start set and the rest 0; `headless` is the caller's. */
struct process_sockets {
    uint32_t pid;
    uint32_t ran_at;                        /* the last sample before which it can have run */
    uint64_t start;                         /* as in process_instance.h */
    uint64_t time;                          /* that it has run for, in nanoseconds; 0: not known */
    struct process_descriptor *descriptors; /* by number, ascending */
    size_t count;
    uint32_t next; /* number of the descriptor with which the part of the next sample begins */
    bool known;    /* its descriptors have been read */
    bool settled;  /* no descriptor was read before it ran last */
    bool denied;   /* it does not let us look */
    bool headless; /* its first thread has ended: another one shows the descriptors */
};

/* Whether the kernel tells how long the processes that /proc shows have run. */
bool process_sockets_has_time(void);

/*
 * Whether something of the process must be read in this sample. `sample` counts
 * up by one. Call it once in each, before anything of the process is read.
 */
bool process_sockets_is_due(struct process_sockets *process, uint32_t sample, bool has_time);

enum process_sockets_reading {
    PROCESS_SOCKETS_DUE,    /* as is said above */
    PROCESS_SOCKETS_MARKED, /* those that are marked */
    PROCESS_SOCKETS_LIST,   /* the folder, and what is new in it, marked or without a row */
};

/*
 * Reads in /proc. What was read has no row and no mark. A process that has
 * ended, whose pid is another one's now, or that does not let us look, is left
 * without descriptors. Fails only where memory or descriptors of our own ran
 * out.
 */
bool process_sockets_read(struct process_sockets *process, enum process_sockets_reading reading,
                          uint32_t sample, struct failure *why) NODISCARD;

/* Frees. Harmless twice. */
void process_sockets_clear(struct process_sockets *process);
