/* SPDX-License-Identifier: MIT */

/* The chain of seals: heads, keys, and what was published of it. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/secret.h"
#include "store/database.h"
#include "store/ledger_handle.h"
#include "store/verify_parts.h"

/* Makes `key` that of the seal; *known is false where its chain's first key was not given. */
static bool find_key(struct verify *verify, bool *known, struct failure *why)
{
    const struct verify_plan *plan = verify->plan;
    const struct seal *seal = &verify->seal;

    *known = verify->keyed && verify->key.from == seal->key_from;
    for (size_t i = 0; i < plan->key_count && !*known; i++) {
        if (plan->keys[i].from == seal->key_from) {
            verify->key = plan->keys[i];
            verify->keyed = *known = true;
        }
    }
    *known = *known && verify->key.number <= seal->number &&
             (uint64_t)seal->number - (uint64_t)verify->key.number <= SEAL_MOST_MOVES;
    while (*known && verify->key.number < seal->number) {
        if (!seal_move_key(verify->key.bytes, seal_reader_sha256(verify->reader), why)) {
            return false;
        }
        verify->key.number++;
    }
    *known = *known && verify->key.number == seal->number;
    return true;
}

static bool check_mac(struct verify *verify, bool *proven, struct failure *why)
{
    struct verify_result *result = verify->result;
    const struct seal *seal = &verify->seal;
    uint8_t mac[SHA256_SIZE];
    bool known;

    *proven = false;
    if (verify->plan->key_count == 0) {
        return true;
    }
    if (!find_key(verify, &known, why)) {
        return false;
    }
    if (!known) {
        result->unproven = result->unproven < 0 ? seal->number : result->unproven;
        return true;
    }
    if (!hmac_sha256(mac, seal_reader_sha256(verify->reader), verify->key.bytes, verify->head,
                     SHA256_SIZE, why)) {
        return false;
    }
    if (!secret_equal(mac, seal->mac, sizeof(mac))) {
        verify_blame(verify, VERIFY_SEAL_CHANGED, 0, 0);
    } else {
        result->proven_seals++;
        *proven = true;
    }
    return true;
}

static void check_anchor(struct verify *verify, const struct verify_anchor *anchor)
{
    if (memcmp(anchor->head, verify->head, SHA256_SIZE) == 0) {
        verify->result->anchors++;
        verify->agreed_until = verify->seal.until.at;
        verify->gone = false;
        verify->result->anchor_folded = false;
    } else {
        verify_blame(verify, VERIFY_NOT_ANCHOR, 0, 0);
    }
}

/* The first one with that number or a higher one. */
static size_t find_anchor(const struct verify *verify, int64_t number)
{
    size_t low = 0;
    size_t high = verify->plan->anchor_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (verify->anchors[middle].number < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/*
 * A head binds the seals before it, and so the holes between them: where one is of its key or was
 * published, it was the service that went on behind the hole.
 */
static void check_anchors(struct verify *verify, bool proven)
{
    const struct verify_anchor *anchors = verify->anchors;
    int64_t number = verify->seal.number;
    size_t next = find_anchor(verify, number);

    bool missing =
        verify->begun && !proven && next > 0 && anchors[next - 1].number > verify->before.number;

    verify->gone = verify->gone && !proven;
    verify->result->anchor_folded = verify->result->anchor_folded && !proven;
    if (missing && verify->seal.folded) {
        verify->result->anchor_folded = true;
    } else if (missing && !verify->gone) {
        verify->gone = true;
        verify->gone_before = verify->before;
        verify->gone_after = verify->seal;
    }
    for (; next < verify->plan->anchor_count && anchors[next].number == number; next++) {
        check_anchor(verify, &anchors[next]);
    }
}

static int compare_anchors(const void *a, const void *b)
{
    const struct verify_anchor *left = a;
    const struct verify_anchor *right = b;

    return (left->number > right->number) - (left->number < right->number);
}

bool verify_chain_sort_anchors(struct verify *verify, struct failure *why)
{
    size_t count = verify->plan->anchor_count;

    if (count == 0) {
        return true;
    }
    verify->anchors = calloc(count, sizeof(*verify->anchors));
    if (verify->anchors == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the published seals");
    }
    memcpy(verify->anchors, verify->plan->anchors, count * sizeof(*verify->anchors));
    qsort(verify->anchors, count, sizeof(*verify->anchors), compare_anchors);
    return true;
}

/* *whole: the id is as long as any. What is behind that, the first head does not bind. */
static bool read_created_at(struct verify *verify, int64_t *created_at, bool *whole,
                            struct failure *why)
{
    sqlite3_stmt *identity = verify->statements[IDENTITY];
    int result = sqlite3_step(identity);

    *created_at = 0;
    *whole = false;
    if (result == SQLITE_ROW) {
        snprintf(verify->result->ledger_id, sizeof(verify->result->ledger_id), "%-*s",
                 (int)SEAL_LEDGER_ID, database_column_text(identity, 0));
        *created_at = sqlite3_column_int64(identity, 1);
        *whole = strlen(database_column_text(identity, 0)) == SEAL_LEDGER_ID;
    }
    return database_end(verify->ledger->db, identity, result, "looking for the ledger's id", why);
}

/* Something that was given is older than the first seal: there was one before it. */
static bool is_older_given(const struct verify_plan *plan, const struct seal *first)
{
    for (size_t i = 0; i < plan->key_count; i++) {
        if (plan->keys[i].from < first->key_from) {
            return true;
        }
    }
    for (size_t i = 0; i < plan->anchor_count; i++) {
        if (plan->anchors[i].number < first->number) {
            return true;
        }
    }
    return false;
}

/* A service has made it that had a key for later ones, in a ledger with nothing in it. */
static bool begins_anew(const struct seal *seal)
{
    bool empty = seal->number > 0 && seal->key_from == 0 && seal->leaves == 0 && !seal->folded;

    for (int i = 0; i < SEAL_RANGES && empty; i++) {
        empty = seal->next[seal_ranges[i]] <= 1;
    }
    return empty;
}

/* The beginning was lost with all that was in it, and is a hole like others. */
static void note_lost_beginning(struct verify *verify, int64_t created_at)
{
    const struct seal *seal = &verify->seal;
    struct verify_result *result = verify->result;
    const struct verify_plan *plan = verify->plan;

    verify->gone = find_anchor(verify, seal->number) > 0;
    verify->gone_before = verify->gone_after = *seal;
    if (plan->since == 0 || seal->at >= plan->since) {
        result->cuts = 1;
        result->cut_before = 0;
        result->lost_seals = seal->number;
        result->lost_from = created_at;
        result->lost_until = seal->at;
    }
}

/*
 * The one with which sealing begins. Nothing is under it, and its number is 0: a service that
 * finds no seals and a key that is newer than that goes on with the number of the key. Nobody
 * deletes seals, retention neither.
 */
bool verify_chain_begin(struct verify *verify, struct failure *why)
{
    const struct seal *seal = &verify->seal;
    int64_t created_at;
    bool whole;

    verify->first = *seal;
    verify->result->sealed_from = seal->at;
    verify->agreed_until = seal->at;
    if (!read_created_at(verify, &created_at, &whole, why) ||
        !seal_begin_head(verify->head, seal_reader_sha256(verify->reader),
                         verify->result->ledger_id, created_at, why)) {
        return false;
    }
    if (begins_anew(seal)) {
        note_lost_beginning(verify, created_at);
    } else if (seal->leaves != 0 || seal->number != 0 || seal->key_from != 0 || seal->folded ||
               is_older_given(verify->plan, seal)) {
        verify_blame(verify, VERIFY_SEALS_GONE, 0, 0);
    }
    if (!whole) {
        verify_blame(verify, VERIFY_SEAL_CHANGED, 0, 0);
    }
    return true;
}

/* When the run began that made `seal`, the first one behind a hole. */
static bool find_taken_up(struct verify *verify, int64_t *at, struct failure *why)
{
    sqlite3_stmt *find = verify->statements[TAKEN_UP];
    int result;

    sqlite3_bind_int64(find, 1, seal_sum(verify->seal.next[SEAL_RUN], -1));
    result = sqlite3_step(find);
    *at = result == SQLITE_ROW ? sqlite3_column_int64(find, 0) : verify->seal.at;
    return database_end(verify->ledger->db, find, result, "looking for a run", why);
}

/*
 * The service found that its key was newer than the ledger, and went on with the number of the
 * key: what was under the numbers between was lost, by a copy that was put back or a power cut.
 */
static bool note_hole(struct verify *verify, struct failure *why)
{
    struct verify_result *result = verify->result;
    const struct seal *before = &verify->before;
    int64_t until;

    if (!find_taken_up(verify, &until, why)) {
        return false;
    }
    verify->hole_until = until;
    if (verify->plan->since != 0 && until < verify->plan->since) {
        return true;
    }
    if (result->cuts++ == 0) {
        result->cut_before = seal_sum(before->number, 1);
        result->lost_seals =
            (int64_t)((uint64_t)verify->seal.number - (uint64_t)before->number - 1);
        result->lost_from = before->until.stretch != 0 ? before->until.at : before->at;
        result->lost_until = until;
    }
    return true;
}

/* The seal before was there when it was walked; of a live ledger it may be folded by now. */
static bool is_there(struct verify *verify, bool *there, struct failure *why)
{
    sqlite3_stmt *find = verify->statements[SEAL_THERE];
    int result;

    sqlite3_bind_int64(find, 1, verify->before.number);
    result = sqlite3_step(find);
    *there = result == SQLITE_ROW;
    return database_end(verify->ledger->db, find, result, "looking for a seal", why);
}

/* The seal stands for those before it. The head that it has for them is one that nothing else
 * binds to the seal before: the notes do. */
static bool check_folded(struct verify *verify, struct failure *why)
{
    const struct seal *seal = &verify->seal;
    int64_t first = seal_sum(verify->before.number, 1);
    bool there;

    if (!is_there(verify, &there, why)) {
        return false;
    }
    if (!seal->emptied ||
        !(seal->number == first ? memcmp(seal->head_before, verify->head, SHA256_SIZE) == 0
                                : verify_told_folded(&verify->told, first, seal->number - 1,
                                                     there ? verify->head : NULL))) {
        verify_blame(verify, VERIFY_SEALS_GONE, 0, 0);
    }
    verify->result->folded_seals =
        seal_sum(verify->result->folded_seals, seal_sum(seal->number, -first));
    return true;
}

bool verify_chain_check_order(struct verify *verify, struct failure *why)
{
    const struct seal *seal = &verify->seal;

    verify->hole_until = INT64_MIN;
    if (seal->folded) {
        if (!check_folded(verify, why)) {
            return false;
        }
    } else if (seal->number != seal_sum(verify->before.number, 1) && !note_hole(verify, why)) {
        return false;
    }
    if (ledger_position_compare(&seal->until, &verify->before.until) < 0) {
        verify_blame(verify, VERIFY_SEAL_CHANGED, 0, 0);
    }
    return true;
}

bool verify_chain_move(struct verify *verify, struct failure *why)
{
    bool proven;

    if (!seal_move_head(verify->head, seal_reader_sha256(verify->reader), &verify->seal, why) ||
        !check_mac(verify, &proven, why)) {
        return false;
    }
    check_anchors(verify, proven);
    return true;
}
