/* SPDX-License-Identifier: MIT */

#include "store/seal.h"

#include <stdio.h>
#include <string.h>

#include <sqlite3.h>

#include "base/secret.h"
#include "store/seal_key.h"

const enum seal_kind seal_ranges[SEAL_RANGES] = {
    SEAL_INTERVAL, SEAL_PROCESS, SEAL_MODULE,   SEAL_IMAGE,       SEAL_USER,    SEAL_SERVICE,
    SEAL_BOOT,     SEAL_RUN,     SEAL_SETTINGS, SEAL_ZONE_OFFSET, SEAL_STRETCH, SEAL_STRETCH_END,
    SEAL_PROFILE,  SEAL_DROPPED, SEAL_JOB,      SEAL_PAIR,        SEAL_JOB_RUN, SEAL_OUTCOME,
    SEAL_ANSWER,   SEAL_TIMING,  SEAL_FIGURE,   SEAL_FOLD,
};

enum { FIELDS = 7 + SEAL_RANGES };

void seal_put(uint8_t bytes[8], int64_t number)
{
    uint64_t bits = (uint64_t)number;

    /* Written out: compilers make one store of it, but not of a loop. */
    bytes[0] = (uint8_t)(bits >> 56);
    bytes[1] = (uint8_t)(bits >> 48);
    bytes[2] = (uint8_t)(bits >> 40);
    bytes[3] = (uint8_t)(bits >> 32);
    bytes[4] = (uint8_t)(bits >> 24);
    bytes[5] = (uint8_t)(bits >> 16);
    bytes[6] = (uint8_t)(bits >> 8);
    bytes[7] = (uint8_t)bits;
}

int64_t seal_sum(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static void take_digest(sqlite3_stmt *statement, int column, uint8_t digest[SHA256_SIZE])
{
    const void *bytes = sqlite3_column_blob(statement, column);

    memset(digest, 0, SHA256_SIZE);
    if (bytes != NULL && sqlite3_column_bytes(statement, column) == SHA256_SIZE) {
        memcpy(digest, bytes, SHA256_SIZE);
    }
}

void seal_take(sqlite3_stmt *statement, struct seal *seal)
{
    int column = 6;

    *seal = (struct seal){
        .number = sqlite3_column_int64(statement, 0),
        .at = sqlite3_column_int64(statement, 1),
        .key_from = sqlite3_column_int64(statement, 2),
        .until = {sqlite3_column_int64(statement, 3), sqlite3_column_int64(statement, 4)},
        .last_sample = sqlite3_column_int64(statement, 5),
    };
    for (int i = 0; i < SEAL_RANGES; i++) {
        seal->next[seal_ranges[i]] = sqlite3_column_int64(statement, column++);
    }
    seal->leaves = sqlite3_column_int64(statement, column++);
    seal->emptied = sqlite3_column_int64(statement, column++) != 0;
    take_digest(statement, column++, seal->root);
    take_digest(statement, column++, seal->mac);
    seal->folded = sqlite3_column_type(statement, column) != SQLITE_NULL;
    take_digest(statement, column, seal->head_before);
}

bool seal_begin_head(uint8_t head[SHA256_SIZE], struct sha256 *sha256, const char *ledger_id,
                     int64_t created_at, struct failure *why)
{
    static const char domain[] = "portledger ledger";
    char padded[SEAL_LEDGER_ID + 1];
    uint8_t created[8];

    /* An id of another length, in a ledger that is not ours alone, is none of ours. */
    snprintf(padded, sizeof(padded), "%-*s", (int)SEAL_LEDGER_ID, ledger_id);
    seal_put(created, created_at);
    return sha256_add(sha256, domain, sizeof(domain), why) &&
           sha256_add(sha256, created, sizeof(created), why) &&
           sha256_add(sha256, padded, SEAL_LEDGER_ID, why) && sha256_finish(sha256, head, why);
}

/* How many ranges seals had: from the beginning, since there are jobs, since seals are folded. */
static const size_t generations[] = {14, 21, SEAL_RANGES};

/* A seal keeps the head that it had when it knew fewer kinds: the others are 0 in it. */
static size_t count_ranges(const struct seal *seal)
{
    size_t generation = 0;

    for (size_t i = generations[0]; i < SEAL_RANGES; i++) {
        while (seal->next[seal_ranges[i]] != 0 && i >= generations[generation]) {
            generation++;
        }
    }
    return generations[generation];
}

bool seal_move_head(uint8_t head[SHA256_SIZE], struct sha256 *sha256, const struct seal *seal,
                    struct failure *why)
{
    static const char domain[] = "portledger seal";
    const int64_t fields[7] = {seal->number,        seal->at,       seal->key_from,
                               seal->until.stretch, seal->until.at, seal->last_sample,
                               seal->leaves};
    uint8_t bytes[FIELDS * 8];
    size_t ranges = count_ranges(seal);
    size_t size = 0;

    if (seal->folded) {
        memcpy(head, seal->head_before, SHA256_SIZE);
    }
    for (size_t i = 0; i < 7; i++, size += 8) {
        seal_put(bytes + size, fields[i]);
    }
    for (size_t i = 0; i < ranges; i++, size += 8) {
        seal_put(bytes + size, seal->next[seal_ranges[i]]);
    }
    return sha256_add(sha256, domain, sizeof(domain), why) &&
           sha256_add(sha256, bytes, size, why) &&
           sha256_add(sha256, seal->root, SHA256_SIZE, why) &&
           sha256_add(sha256, head, SHA256_SIZE, why) && sha256_finish(sha256, head, why);
}

bool seal_move_key(uint8_t key[HMAC_KEY_SIZE], struct sha256 *sha256, struct failure *why)
{
    static const char words[] = "portledger next seal key";
    uint8_t next[HMAC_KEY_SIZE];
    bool ok = hmac_sha256(next, sha256, key, words, sizeof(words) - 1, why);

    if (ok) {
        memcpy(key, next, sizeof(next));
    }
    secret_wipe(next, sizeof(next));
    return ok;
}

bool seal_covers(const struct seal *seal, const struct ledger_position *moment)
{
    return ledger_position_compare(moment, &seal->until) <= 0;
}

bool seal_binds_end(const struct seal *seal)
{
    return seal->until.stretch > 0 && seal->next[SEAL_STRETCH_END] > seal->until.stretch;
}

const char *seal_kind_name(enum seal_kind kind)
{
    static const char *const names[SEAL_KINDS] = {
        [SEAL_INTERVAL] = "interval",
        [SEAL_CLOSING] = "end of an interval",
        [SEAL_PROCESS] = "process",
        [SEAL_PROCESS_END] = "end of a process",
        [SEAL_MODULE] = "module",
        [SEAL_MODULE_END] = "end of a module",
        [SEAL_IMAGE] = "image",
        [SEAL_USER] = "user",
        [SEAL_SERVICE] = "service",
        [SEAL_BOOT] = "boot",
        [SEAL_RUN] = "run",
        [SEAL_SETTINGS] = "settings",
        [SEAL_ZONE_OFFSET] = "time zone",
        [SEAL_STRETCH] = "stretch",
        [SEAL_STRETCH_END] = "end of a stretch",
        [SEAL_PROFILE] = "profile row",
        [SEAL_DROPPED] = "note of what was dropped",
        [SEAL_JOB] = "job",
        [SEAL_PAIR] = "port of a job",
        [SEAL_JOB_RUN] = "run of a job",
        [SEAL_OUTCOME] = "outcome",
        [SEAL_ANSWER] = "answer",
        [SEAL_TIMING] = "hour of timings",
        [SEAL_FIGURE] = "row of figures",
        [SEAL_FOLD] = "note of seals that were folded",
    };

    return kind > 0 && kind < SEAL_KINDS ? names[kind] : "fact";
}
