/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A seal: one row that binds all facts that were recorded since the one before,
 * and that one. docs/ledger.md, "Seals", says what for, and against whom.
 *
 * The head of a seal is SHA-256 over its fields, its root and the head of the
 * one before; its mac is HMAC-SHA-256 over the head, with a key that is moved
 * forward after each seal and cannot be moved back.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/hmac.h"
#include "base/sha256.h"
#include "store/ledger_detail.h"

struct sqlite3_stmt;

/* Kinds of facts. The numbers are in what is hashed: they are never given anew. */
enum seal_kind {
    SEAL_INTERVAL = 1,
    SEAL_CLOSING = 2, /* of an interval that was open when it was sealed */
    SEAL_PROCESS = 3,
    SEAL_PROCESS_END = 4,
    SEAL_MODULE = 5,
    SEAL_MODULE_END = 6,
    SEAL_IMAGE = 7,
    SEAL_USER = 8,
    SEAL_SERVICE = 9,
    SEAL_BOOT = 10,
    SEAL_RUN = 11,
    SEAL_SETTINGS = 12,
    SEAL_ZONE_OFFSET = 13,
    SEAL_STRETCH = 14,
    SEAL_STRETCH_END = 15,
    SEAL_PROFILE = 16,
    SEAL_DROPPED = 17,
    SEAL_JOB = 18,
    SEAL_PAIR = 19,
    SEAL_JOB_RUN = 20,
    SEAL_OUTCOME = 21,
    SEAL_ANSWER = 22,
    SEAL_TIMING = 23,
    SEAL_FIGURE = 24,
    SEAL_FOLD = 25,
    SEAL_KINDS,
};

struct seal {
    int64_t number;               /* counts up; a hole: see docs/ledger.md */
    int64_t at;                   /* by the wall clock */
    int64_t key_from;             /* number of the first seal of its chain of keys */
    struct ledger_position until; /* what was committed up to here is sealed */
    int64_t last_sample;
    int64_t next[SEAL_KINDS]; /* rows below these ids are sealed; 0 for kinds without ids of their
                                 own (closings, ends of processes and modules) */
    int64_t leaves;           /* facts under the root */
    bool emptied;             /* retention has dropped them all: only the root is left */
    uint8_t root[SHA256_SIZE];
    uint8_t mac[SHA256_SIZE];
    bool folded; /* it stands for the emptied ones before it, too: see seal_fold.h */
    uint8_t head_before[SHA256_SIZE]; /* then: the head of the last of those */
};

/* The columns of table `seal` as seal_take() reads them. */
#define SEAL_COLUMNS                                                                               \
    "number, at, key_from, stretch, until_at, last_sample, next_interval, next_process,"           \
    " next_module, next_image, next_user, next_service, next_boot, next_run, next_settings,"       \
    " next_zone_offset, next_stretch, next_end, next_profile, next_dropped, next_job, next_pair,"  \
    " next_job_run, next_outcome, next_answer, next_timing, next_figure, next_fold, leaves,"       \
    " emptied, root, mac, head_before"

/* Columns of kinds with ids of their own, in the order above. */
enum { SEAL_RANGES = 22 };
extern const enum seal_kind seal_ranges[SEAL_RANGES];

/* Reads the row that the statement stands on. A root or mac of the wrong size is taken as zeros. */
void seal_take(struct sqlite3_stmt *statement, struct seal *seal);

/* What a chain of seals begins with: a ledger's identity. */
bool seal_begin_head(uint8_t head[SHA256_SIZE], struct sha256 *sha256, const char *ledger_id,
                     int64_t created_at, struct failure *why) NODISCARD;

/* Moves `head`, of the seal before, on to this one: of a folded one that is the head it has for
 * it, whatever `head` is. Neither mac nor `emptied` is part of it. */
bool seal_move_head(uint8_t head[SHA256_SIZE], struct sha256 *sha256, const struct seal *seal,
                    struct failure *why) NODISCARD;

/* Replaces a key by the next one. */
bool seal_move_key(uint8_t key[HMAC_KEY_SIZE], struct sha256 *sha256,
                   struct failure *why) NODISCARD;

/* Whether that moment is sealed by this seal, or one before. */
bool seal_covers(const struct seal *seal, const struct ledger_position *moment);

/* Whether it binds how the stretch ended that it reaches to. */
bool seal_binds_end(const struct seal *seal);

/* "interval", "end of a process": for people. */
const char *seal_kind_name(enum seal_kind kind);

/* The sum, which in a damaged file may be anything: it wraps. */
int64_t seal_sum(int64_t a, int64_t b);

/*
 * So far a key is moved at once. A number beyond that is not of a chain of
 * seals that anybody made: they come once a minute.
 */
enum { SEAL_MOST_MOVES = 1 << 26 };

/* Of any table, ever: no service gives a row a higher number. */
#define SEAL_MOST_ROWS (INT64_C(1) << 48)

/* Big-endian, as everything that is hashed. */
void seal_put(uint8_t bytes[8], int64_t number);
