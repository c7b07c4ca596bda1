/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The key of the next seal, in a file beside the ledger: "ledger.db.key". Never
 * in the ledger: copies of it, and pages that SQLite has freed, would carry it.
 *
 * The file has two places. A new key goes into the one that is free, and when
 * it is on the disk the old one is overwritten there: at no moment is there no
 * key, and after it no older one. (What a disk or file system keeps of
 * overwritten blocks is out of our reach.)
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/hmac.h"
#include "base/text.h"

enum { SEAL_LEDGER_ID = 36 }; /* letters of a UUID */

struct seal_key {
    int64_t number; /* of the seal that it is for */
    int64_t from;   /* and of the first one of its chain of keys */
    uint8_t bytes[HMAC_KEY_SIZE];
};

/*
 * Reads the newest key of that ledger. *found is false, without a failure,
 * where there is no file, none of ours, or that of another ledger.
 */
bool seal_key_read(struct seal_key *key, const char *path, const char *ledger_id, bool *found,
                   struct failure *why) NODISCARD;

/* Stores the key durably, for administrators and the service only, and then destroys the others. */
bool seal_key_store(const struct seal_key *key, const char *path, const char *ledger_id,
                    struct failure *why) NODISCARD;

/* The line that is shown once, and that `portledger verify --key` reads back. No line end. */
void seal_key_add_line(struct text *line, const struct seal_key *key, const char *ledger_id);

/* Reads such a line; text around it does not matter. False: there is none in it. */
bool seal_key_parse_line(const char *line, struct seal_key *key,
                         char ledger_id[SEAL_LEDGER_ID + 1]);

/* Whether such a line begins in it; where it cannot be read then, it is torn or mistyped. */
bool seal_key_has_line(const char *line);
