/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Names of accounts as the test says, in the place of account_lookup_win32.c
 * and account_lookup_linux.c: "name of ID", but none for an id that begins
 * with '-'.
 */

#include "base/thread.h"

/* Set while nothing is being looked up, and looked at likewise. */
struct fake_account_lookup {
    struct bell *entered; /* where there is `let_go`: rung when a question comes, */
    struct bell *let_go;  /* which is answered after this one */
    int calls;
};

extern struct fake_account_lookup fake_account_lookup;
