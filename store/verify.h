/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Whether a ledger still says what it was sealed with. Nothing is changed.
 *
 * All seals are walked in their order, and the rows under them read once. No
 * read transaction lasts for long: a live ledger is read piece by piece, and
 * retention may drop rows meanwhile.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/ledger.h"
#include "store/seal.h"
#include "store/seal_key.h"

/* A head that was published when its seal was made: "seal 17 of ledger UUID: HEX". */
struct verify_anchor {
    int64_t number;
    uint8_t head[SHA256_SIZE];
};

/* Reads one out of a line; text around it does not matter. False: there is none in it. */
bool verify_parse_anchor(const char *line, struct verify_anchor *anchor,
                         char ledger_id[SEAL_LEDGER_ID + 1]);

/* Whether one begins in the line that cannot be read: its number is none, or something is missing
 * or too much behind it. */
bool verify_has_torn_anchor(const char *line);

/* The form that verify_parse_anchor() reads. */
void verify_add_anchor(struct text *text, const struct verify_anchor *anchor,
                       const char *ledger_id);

typedef void verify_progress_fn(void *context, int64_t done, int64_t total); /* intervals */

struct verify_plan {
    const struct seal_key *keys; /* first keys, as they were shown; none: macs are not looked at */
    size_t key_count;
    const struct verify_anchor *anchors;
    size_t anchor_count;
    int64_t since; /* rows of seals that reach to this moment or beyond it are read, and what was
                      lost before it does not count; 0: all */
    int64_t until; /* and of those that begin before this one or at it; 0: no end */
    verify_progress_fn *progress; /* NULL: nobody asks */
    void *context;
};

enum verify_status {
    VERIFY_HELD,      /* all that was looked at is as it was sealed */
    VERIFY_CHANGED,   /* edited, removed, inserted or reordered */
    VERIFY_CUT,       /* the end is missing, or was once, and nothing else */
    VERIFY_UNDECIDED, /* nothing is sealed of what was asked for, or a key is missing for a part */
};

enum verify_damage {
    VERIFY_NO_DAMAGE,
    VERIFY_EDITED,       /* or reordered: as many facts, and not the same */
    VERIFY_REMOVED,      /* facts are missing */
    VERIFY_INSERTED,     /* there are more facts than were sealed */
    VERIFY_SEAL_CHANGED, /* the seal is not of its key: it, or one before it, is not the one made */
    VERIFY_NOT_ANCHOR,   /* the seal is not the one that was published */
    VERIFY_SEALS_GONE,   /* seals are missing in between, or at the beginning */
};

struct verify_result {
    enum verify_status status;
    char ledger_id[SEAL_LEDGER_ID + 1];

    int64_t seals;              /* that there are; the first one only says where sealing begins */
    int64_t newest;             /* number of the newest; -1: there is none */
    int64_t sealed_from;        /* when sealing began */
    int64_t sealed_until;       /* up to this sample; 0: nothing is sealed */
    uint8_t head[SHA256_SIZE];  /* of the newest seal */
    int64_t read_seals;         /* whose rows were looked at */
    int64_t intervals;          /* that were looked at */
    int64_t unsealed;           /* intervals that are newer than the newest seal */
    int64_t older;              /* intervals of before the first seal */
    int64_t completed;          /* rows that were completed in place after they were sealed */
    int64_t completed_unsealed; /* of them, by notes that no seal binds yet */
    int64_t drops_unsealed;     /* notes of retention, likewise */
    bool stripped;    /* the copy was made without command lines, and without their hashes */
    bool hashed;      /* the copy says that it has hashes in place of command lines */
    int64_t withheld; /* command lines that the copy was made without */

    int64_t damaged_seals;
    enum verify_damage damage; /* the first one */
    int64_t damaged_seal;
    int64_t damaged_from; /* its time */
    int64_t damaged_until;
    enum seal_kind damaged_kind; /* 0: it cannot be told */
    int64_t damaged_row;         /* likewise */

    int64_t cut_before;   /* the first seal that is known to have been made and is missing; -1 */
    int64_t lost_seals;   /* that are missing there: at least, where the ledger ends there */
    int64_t lost_from;    /* its time: that of the newest seal before it, */
    int64_t lost_until;   /* and of the run that took the ledger up; 0: none did, it is the end */
    int64_t cuts;         /* times that the end was lost, and the service went on */
    int64_t proven_seals; /* by the keys that were given */
    int64_t unproven;     /* the first seal whose chain of keys was not given; -1: none */
    size_t anchors;       /* that agree */
    size_t keys_given;    /* as the plan has it */
    size_t anchors_given; /* likewise */
    int64_t folded_seals; /* that retention left nothing of: others stand for them */
    bool anchor_folded;   /* a published seal is among them, and nothing that was given proves the
                             ledger from there on */
    int64_t late; /* intervals of lost time that are there: the service sealed them only when
                     it had taken the ledger up */

    int64_t dropped;        /* rows that retention has dropped, by its notes */
    int64_t dropped_at;     /* the newest of these notes; 0: there is none */
    int64_t dropped_by_age; /* of `dropped` */
};

/*
 * FAILURE_USAGE: a key or an anchor is of another ledger. FAILURE_BUSY: the file
 * was written in a way that makes the walk worthless; ask again.
 */
bool ledger_verify(struct verify_result *result, struct ledger *ledger,
                   const struct verify_plan *plan, struct failure *why) NODISCARD;
