/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Makes the seals while the ledger is written, in the writer's transactions.
 *
 * Which rows are new follows from their ids. What ended, and what was
 * completed in place, the writer says as it writes; what a crash forgets of
 * the ends is found again. After a commit the key moves forward.
 *
 * A note in the table `changed`, and one of retention, makes a change rightful.
 * So only those are sealed that this run wrote, and those that a run left
 * which did not end in order.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/text.h"
#include "store/ledger.h"
#include "store/seal.h"

enum {
    SEAL_EVERY_MS = 60000,
    SEAL_EVERY_ROWS = 1 << 16, /* intervals: a seal comes earlier where there are so many */
};

/* What was found of the key when the run began. */
enum sealer_key {
    SEALER_KEY_FOUND,
    SEALER_KEY_FIRST, /* there were no seals: a chain was begun */
    SEALER_KEY_LOST,  /* the file was missing or not readable: another chain of keys was begun */
    SEALER_KEY_AHEAD, /* the ledger is older than the key: its end was cut off, or a copy was put
                         back. The numbers of seals have a hole from here on */
};

/* What the run found that was in no seal. */
struct sealer_found {
    int64_t rows;    /* new ones */
    int64_t drops;   /* of them, notes of retention */
    int64_t changes; /* rows that were completed */
    int64_t bounded; /* stretches that said more than a run can have watched since its newest seal:
                        they were set back to what is told */
    bool foreign;    /* the run before had ended in order, with all sealed: these are not of the
                        service, and are never sealed */
};

/* For events; lent until the next call. */
struct sealer_state {
    enum sealer_key key;
    bool key_failing;       /* the key could not be stored after the newest seal */
    struct failure failure; /* then: why */
    const char *key_line;   /* of a key that was made in this run, to be shown once; else NULL */
    int64_t key_from;       /* number of the seal with which the present chain of keys begins */
    int64_t number;         /* of the newest seal; -1: there is none */
    int64_t begun_before; /* the number after the newest seal that this run found: of the first one
                             that is missing, where the key is ahead */
    struct sealer_found unsealed;
    struct ledger_position until;
    uint8_t head[SHA256_SIZE];
    const char *ledger_id;
};

struct sealer;

/* The ledger is open for writing, and outlives the sealer. */
bool sealer_open(struct sealer **out, struct ledger *ledger, struct failure *why) NODISCARD;
void sealer_close(struct sealer *sealer);

/*
 * Inside the transaction that begins a run, before it changes anything: finds
 * the newest seal and its key, or begins a chain. A new key is on the disk when
 * this returns.
 */
bool sealer_begin(struct sealer *sealer, struct failure *why) NODISCARD;

/*
 * For whoever installs the service: makes the key of a ledger that has none,
 * and appends the line that is to be shown once. Appends nothing where there
 * is a key already. The ledger is open for writing, and no writer is.
 */
bool sealer_make_key(struct ledger *ledger, struct text *line, struct failure *why) NODISCARD;

/* An interval was closed, a process or module ended: `kind` is that of the row. */
bool sealer_note_end(struct sealer *sealer, enum seal_kind kind, int64_t id,
                     struct failure *why) NODISCARD;

/* A row is about to be completed in place. Inside a transaction. */
bool sealer_note_change(struct sealer *sealer, enum seal_kind kind, int64_t id,
                        struct failure *why) NODISCARD;

/* At the end of a transaction: makes a seal if one is due, or `now`, where it has none yet. */
bool sealer_make(struct sealer *sealer, bool now, struct failure *why) NODISCARD;

/* After the transaction: whether it was committed. *Then* the key moves. */
void sealer_settle(struct sealer *sealer, bool committed);

/* A moment at or before this one is sealed already: nothing more may be told of it. */
const struct ledger_position *sealer_until(const struct sealer *sealer);

void sealer_look(const struct sealer *sealer, struct sealer_state *state);
