/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The state of a machine at one moment as a file to keep: JSON, which people
 * and other programs can read, with what it rests on and a hash of its own.
 * docs/output.md has its form. The hash is over all bytes before the last line,
 * so that `head -n -1 FILE | sha256sum` tells it too. It tells damage and
 * edits, not forgers, who can calculate it anew: the seal tells those.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/text.h"
#include "collector/snapshot.h"
#include "store/ledger_detail.h"
#include "store/seal_find.h"

enum {
    BASELINE_VERSION = 1,
    BASELINE_LARGEST = 32 << 20, /* bytes of a file: some 100,000 sockets */
    BASELINE_MOST = 1 << 18,     /* processes, and files: what they cost is more than their bytes */
    BASELINE_HASH = 64,          /* hexadecimal digits */
};

/* What the state rests on. */
enum baseline_basis {
    BASELINE_SEALED,       /* of a ledger, under the seal */
    BASELINE_NOT_SEALED,   /* of a ledger, newer than the newest seal */
    BASELINE_BEFORE_SEALS, /* of a ledger, older than sealing */
    BASELINE_LIVE,         /* of the system itself */
    BASELINE_BASIS_COUNT,
};

/* Starts as {0}. The texts are its own; NULL where not known. */
struct baseline {
    struct snapshot snapshot; /* sorted */
    int64_t made_at;
    char *program; /* that made it: "portledger 0.1.0" */
    char *host;
    char *system;
    bool command_lines;
    enum ledger_detail_kind detail; /* what retention had left of the moment */

    enum baseline_basis basis;
    char ledger_id[SEAL_LEDGER_ID + 1]; /* "": live */
    int64_t seal;                       /* SEALED: its number; */
    int64_t seal_until;                 /* the sample up to which it binds; */
    uint8_t head[SHA256_SIZE];
    uint8_t mac[SHA256_SIZE];

    char hash[BASELINE_HASH + 1]; /* of the file that was read, or written */
};

/*
 * Writes the file, for whoever writes it and administrators alone. It is there
 * as a whole or not at all; one that is there is replaced only with
 * `overwrite`, and FAILURE_USAGE otherwise. A state that baseline_read() would
 * refuse is not written: FAILURE_SYSTEM. Fills baseline->hash.
 */
bool baseline_write(struct baseline *baseline, const char *path, bool overwrite,
                    struct failure *why) NODISCARD;

/* Whether a file begins as a baseline does. False also where it cannot be read. */
bool baseline_is_one(const char *path);

/*
 * Reads a file that anybody may have written. FAILURE_FORMAT where it is no
 * baseline, or was changed; FAILURE_VERSION where a newer portledger wrote it.
 * The text names the file.
 */
bool baseline_read(struct baseline *baseline, const char *path, struct failure *why) NODISCARD;

/* The same from memory, without the name. */
bool baseline_parse(struct baseline *baseline, const char *bytes, size_t size,
                    struct failure *why) NODISCARD;

/* Harmless twice. */
void baseline_clear(struct baseline *baseline);

/* "sealed", "not sealed yet", "older than sealing", "live": the words of every output. */
const char *baseline_basis_name(enum baseline_basis basis);
