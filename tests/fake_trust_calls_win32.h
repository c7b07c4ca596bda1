/* SPDX-License-Identifier: MIT */
#pragma once

/* What Windows says of signatures, as a test wants it, and what it was asked. */

#include <stdbool.h>

#include "collector/trust_calls_win32.h"

enum { FAKE_CATALOGS = 20 };

extern struct fake_trust {
    /* What comes out. */
    LONG embedded;                /* of the signature in the file */
    const wchar_t *signer;        /* NULL: nobody to be named */
    bool no_certificate;          /* the chain has none */
    bool no_hash;                 /* the file cannot be hashed */
    bool no_info;                 /* the catalog found has no name */
    const wchar_t *no_algorithm;  /* for this one there are no catalogs to open */
    const wchar_t *algorithm;     /* whose catalogs have the file; NULL: none */
    LONG catalogs[FAKE_CATALOGS]; /* what each of them says */
    int catalog_count;
    struct trust_calls missing; /* members that are not NULL here are not found */

    /* What was asked. */
    int verified;      /* times */
    int open_states;   /* that were not closed */
    int open_catalogs; /* likewise, of both kinds */
    int open_databases;
    int searches;
    bool wrong;          /* a call that Windows would not have understood, or not silently */
    const wchar_t *last; /* algorithm that was opened last */
} fake_trust;
