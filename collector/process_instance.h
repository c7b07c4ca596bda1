/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One run of a program: a pid together with its start. A pid alone is never
 * an identity.
 *
 * Instances are shared and never changed: whoever keeps one holds a
 * reference, from any thread. When more becomes known of an instance, the
 * collector makes a new object with the same identity; so "the same pointer"
 * means "nothing new".
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"

/* How far we could look into the process. The numbers go into the ledger. */
enum process_access {
    PROCESS_NOT_OPENED = 0, /* nobody asked yet: it owns no socket */
    PROCESS_OPENED = 1,
    PROCESS_DENIED = 2, /* the system did not let us */
    PROCESS_GONE = 3,   /* it had ended before we could look */
    PROCESS_KERNEL = 4, /* the system's own: there is nothing to open */
    PROCESS_ACCESS_COUNT,
};

struct process_instance {
    uint32_t pid;
    uint32_t parent_pid;   /* 0: none, or not known */
    uint64_t start;        /* the system's own count: 100 ns since 1601 UTC (Windows), clock ticks
                              since boot (Linux). With pid and boot it is the identity. */
    uint64_t parent_start; /* 0 unless the parent was seen and started before this process */
    int64_t started_at;    /* the same start in milliseconds since 1970 UTC, for people */
    uint32_t session;      /* Windows: the terminal session; Linux: the session leader's pid */
    uint8_t access;        /* enum process_access */
    const char *name;      /* UTF-8 file name of the image as the system lists it; never NULL */
    const char *path;      /* full path of the image; NULL where not known */
};

/*
 * A shared copy of *fields with one reference, which the caller gives back.
 * Texts are copied. NULL where memory ran out.
 */
const struct process_instance *
process_instance_make(const struct process_instance *fields) NODISCARD;

/* One more reference; returns its argument. */
const struct process_instance *process_instance_hold(const struct process_instance *instance);

/* Gives a reference back. Does nothing for NULL. */
void process_instance_release(const struct process_instance *instance);

/* Equal pid and start. Both of one boot: the caller knows. */
bool process_instance_same(const struct process_instance *a, const struct process_instance *b);

const char *process_access_name(int access);
