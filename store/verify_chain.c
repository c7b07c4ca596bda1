/* SPDX-License-Identifier: MIT */

/* The chain of seals: heads, keys, and what was published of it. */

#include <stdio.h>
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

static bool check_mac(struct verify *verify, struct failure *why)
{
    struct verify_result *result = verify->result;
    const struct seal *seal = &verify->seal;
    uint8_t mac[SHA256_SIZE];
    bool known;

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
    }
    return true;
}

static void check_anchors(struct verify *verify)
{
    for (size_t i = 0; i < verify->plan->anchor_count; i++) {
        const struct verify_anchor *anchor = &verify->plan->anchors[i];

        if (anchor->number > verify->before.number && anchor->number < verify->seal.number &&
            verify->begun) {
            verify_blame(verify, VERIFY_SEALS_GONE, 0, 0);
        }
        if (anchor->number != verify->seal.number) {
            continue;
        }
        if (memcmp(anchor->head, verify->head, SHA256_SIZE) == 0) {
            verify->result->anchors++;
            verify->agreed_until = verify->seal.until.at;
        } else {
            verify_blame(verify, VERIFY_NOT_ANCHOR, 0, 0);
        }
    }
}

static bool read_created_at(struct verify *verify, int64_t *created_at, struct failure *why)
{
    sqlite3_stmt *identity = verify->statements[IDENTITY];
    int result = sqlite3_step(identity);

    *created_at = 0;
    if (result == SQLITE_ROW) {
        snprintf(verify->result->ledger_id, sizeof(verify->result->ledger_id), "%-*s",
                 (int)SEAL_LEDGER_ID, database_column_text(identity, 0));
        *created_at = sqlite3_column_int64(identity, 1);
    }
    return database_end(verify->ledger->db, identity, result, "looking for the ledger's id", why);
}

/* The one with which sealing begins. Nothing is under it. */
bool verify_chain_begin(struct verify *verify, struct failure *why)
{
    const struct seal *seal = &verify->seal;
    int64_t created_at;

    verify->first = *seal;
    verify->result->sealed_from = seal->at;
    verify->agreed_until = seal->at;
    if (!read_created_at(verify, &created_at, why) ||
        !seal_begin_head(verify->head, seal_reader_sha256(verify->reader),
                         verify->result->ledger_id, created_at, why)) {
        return false;
    }
    if (seal->leaves != 0) {
        verify_blame(verify, VERIFY_SEALS_GONE, 0, 0);
    }
    return true;
}

void verify_chain_check_order(struct verify *verify)
{
    const struct seal *seal = &verify->seal;

    if (seal->number != seal_sum(verify->before.number, 1)) {
        verify->result->cuts++;
        if (verify->result->cut_before < 0) {
            verify->result->cut_before = seal_sum(verify->before.number, 1);
        }
    }
    if (ledger_position_compare(&seal->until, &verify->before.until) < 0) {
        verify_blame(verify, VERIFY_SEAL_CHANGED, 0, 0);
    }
}

bool verify_chain_move(struct verify *verify, struct failure *why)
{
    if (!seal_move_head(verify->head, seal_reader_sha256(verify->reader), &verify->seal, why) ||
        !check_mac(verify, why)) {
        return false;
    }
    check_anchors(verify);
    return true;
}
