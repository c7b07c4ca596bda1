/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What can be said of a port at one moment out of a ledger, part by part. Used
 * by command_explain.c alone; explain_around.c and explain_trust.c fill the
 * later parts of the page, explain_owner.c and explain_origin.c those about the owners.
 *
 * Programs get every line; people one page, on which what is alike is said
 * once, unless they ask for all of it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/text.h"
#include "reportcli/command.h"
#include "reportcli/explain_names.h"
#include "reportcli/explain_page.h"
#include "reportcli/explain_rows.h"
#include "reportcli/explain_target.h"
#include "reportcli/moments.h"
#include "store/ledger_query.h"

enum {
    EXPLAIN_FEW = 16,    /* records of one kind, for programs, too */
    EXPLAIN_HELD = 4096, /* sockets of the moment that are looked at */
    EXPLAIN_OWNERS = 8,  /* whose doings and modules are read */
    EXPLAIN_ALL = 1000,  /* records of one kind, where all are wanted */
};

/* What a moment comes to. */
enum explain_answer {
    EXPLAIN_OWNED,     /* something was there, and its owner is known */
    EXPLAIN_NOTHING,   /* nothing was there, and all was watched */
    EXPLAIN_UNDECIDED, /* neither can be said */
};

/* Starts as {0} with what stands above `at` set. */
struct explain {
    const struct command_context *context;
    const struct command_ledger *from;
    const struct explain_target *target;
    struct explain_page *page;
    const char *source; /* which machine and ledger, for people */
    int64_t around;     /* milliseconds before and after that are looked through */
    bool whole;         /* people want all of it */

    int64_t at;
    const struct ledger_moment *moment; /* NULL: `at` was not watched */
    struct explain_rows held;           /* local end is the one that was asked for */
    struct explain_rows reached;        /* other end is */
    struct explain_names owners;        /* of those that answer the question */
    enum explain_answer answer;
    struct text words;
    bool lacks_memory; /* in a visitor */
};

/*
 * Looks at the moment and tells all of it. `unwatched` is the sentence for a moment that nobody
 * watched, where *explain has none. Sets explain->answer.
 */
bool explain_moment(struct explain *explain, const char *unwatched, struct failure *why) NODISCARD;

/* Frees. Harmless twice. */
void explain_clear(struct explain *explain);

/* A line whose words are what was gathered in explain->words, which it empties. */
bool explain_say(struct explain *explain, const struct explain_line *line,
                 struct failure *why) NODISCARD;

/* Appends text to the words: times in it without date and zone where they are the moment's. */
void explain_add_shortened(struct explain *explain, const char *words);

/* The same for a time. */
void explain_add_short_time(struct explain *explain, int64_t at);

/* "seen from ... to ..., 2 s", with what is not known of its begin and end. */
void explain_add_life(struct explain *explain, const struct ledger_interval *interval);

/* The sockets that the question is answered with: who holds the port, else who is connected. */
const struct explain_rows *explain_answering(const struct explain *explain);

/* Which sockets there were, and who owned them. */
bool explain_tell_sockets(struct explain *explain, struct failure *why) NODISCARD;
bool explain_tell_owners(struct explain *explain, struct failure *why) NODISCARD;

/* What there is to say of a process beside its name; `of` is the line it belongs to. */
bool explain_tell_process(struct explain *explain, const struct explain_line *of,
                          const struct process_instance *process, struct failure *why) NODISCARD;

/* How it was called, where that is asked for. `command_line` may be NULL. */
bool explain_tell_call(struct explain *explain, const struct explain_line *of,
                       const char *command_line, struct failure *why) NODISCARD;

/* Of the owners: who started them, and which of their modules deserve a look. */
bool explain_tell_parents(struct explain *explain, struct failure *why) NODISCARD;
bool explain_tell_modules(struct explain *explain, struct failure *why) NODISCARD;

/* Where nothing was there: what was, directly before and after. */
bool explain_tell_near(struct explain *explain, struct failure *why) NODISCARD;

/* Peers of the owners, and what they opened before and after the moment. */
bool explain_tell_around(struct explain *explain, struct failure *why) NODISCARD;

/* What was watched, and whether it is as it was sealed. */
bool explain_tell_coverage(struct explain *explain, struct failure *why) NODISCARD;
bool explain_tell_seal(struct explain *explain, struct failure *why) NODISCARD;
