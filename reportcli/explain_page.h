/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The page of `explain`: lines that belong to parts. People see a page of 78
 * columns that can be pasted as it is, programs a record for each line.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/text.h"
#include "reportcli/column.h"
#include "reportcli/command.h"
#include "reportcli/socket_record.h"
#include "store/ledger_query.h"

/* In the order of the page. */
enum explain_part {
    EXPLAIN_QUESTION, /* what was asked, and the answer in one sentence */
    EXPLAIN_HOLDER,   /* a socket that was there, and whose it is */
    EXPLAIN_NEAR,     /* where none was: the ones directly before and after */
    EXPLAIN_PARENT,   /* who started the owner */
    EXPLAIN_MODULE,   /* a module of the owner that is not the system's */
    EXPLAIN_PEER,     /* an other end that the owner was connected to */
    EXPLAIN_BEFORE,   /* what the owner opened before the moment */
    EXPLAIN_AFTER,    /* and after it */
    EXPLAIN_COVERAGE, /* what was watched, and what may have been missed */
    EXPLAIN_SEAL,     /* whether that part of the ledger is as it was sealed */
    EXPLAIN_PARTS,
};

/* One line. What is absent is NULL or 0; everything is lent for the call. */
struct explain_line {
    enum explain_part part;
    const char *label; /* what the words are: "program"; NULL: the line stands for itself */
    const char *words;
    bool quiet;  /* for programs only: people are told in another way */
    bool begins; /* its words go with the heading of its part, where they are the first of it */
    int64_t count;
    const struct ledger_interval *interval;
    const struct process_instance *process; /* where there is no interval */
    int64_t instance;
    const struct module *module;
};

extern const struct column_table explain_table;

struct explain_page;

/* The context is lent until the page is closed. */
bool explain_page_open(struct explain_page **out, const struct command_context *context,
                       struct failure *why) NODISCARD;

/* From here on lines are of this moment. For people a rule stands between two moments. */
bool explain_page_begin(struct explain_page *page, size_t moment, int64_t at,
                        struct failure *why) NODISCARD;

bool explain_page_add(struct explain_page *page, const struct explain_line *line,
                      struct failure *why) NODISCARD;

/* Ends the output. */
bool explain_page_finish(struct explain_page *page, struct failure *why) NODISCARD;

/* Does nothing for NULL. */
void explain_page_close(struct explain_page *page);
