/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * How our programs end. Both have the same table.
 */

#include "base/failure.h"
#include "base/text.h"

enum exit_status {
    EXIT_YES = 0,       /* yes, same, held, done */
    EXIT_NO = 1,        /* no, different, not held, edited */
    EXIT_UNDECIDED = 2, /* filtered; could not compare */
    EXIT_USAGE = 3,     /* the command line is wrong */
    EXIT_LEDGER = 4,    /* ledger or settings unreadable */
    EXIT_REFUSED = 5,   /* the system refused */
};

/* The status that belongs to a failure. */
enum exit_status exit_status_of(const struct failure *why);

/* What the number of a status means; never NULL. */
const char *exit_status_text(int status);

/* Appends the table for people, a line each. */
void exit_status_add_help(struct text *text);
