/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The moments that a person may have meant with one word of time. There are
 * several where a time of day happened twice: in the hour that daylight saving
 * repeats, or because the clock was set back. Every one is answered.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/text.h"
#include "reportcli/command.h"
#include "store/ledger_query.h"

enum {
    MOMENT_READINGS = 2, /* the two moments that a word can be by local time */
    MOMENTS_MAX = MOMENT_READINGS * LEDGER_MOMENTS,
};

struct moments {
    const char *word; /* as it was typed */
    int64_t readings[MOMENT_READINGS];
    size_t reading_count;
    struct ledger_moments around; /* of the first reading: what was watched before and after */
    struct ledger_moment found[MOMENTS_MAX];
    size_t count; /* 0: none of it was watched */
    bool more;    /* there are more than fit */
};

/* Reads the word, before any ledger is touched. FAILURE_USAGE where it is no time. */
bool moments_read(struct moments *moments, const struct command_context *context, const char *word,
                  struct failure *why) NODISCARD;

/*
 * Finds the moments of a word that was read. Samples are on their way into the
 * ledger for some seconds: a word that is newer than the newest stored one by
 * no more than that is answered with it. Of an import: moments_check().
 */
bool moments_find(struct moments *moments, const struct command_context *context,
                  const struct command_ledger *from, enum exit_status *status,
                  struct failure *why) NODISCARD;

/* Finds the newest stored moment, whatever the clock did before, for a question without a word. */
bool moments_find_newest(struct moments *moments, const struct command_ledger *from,
                         enum exit_status *status, struct failure *why) NODISCARD;

/*
 * False, and EXIT_UNDECIDED in *status, for a stretch that is a row of another
 * program: what is not in it may have been open all the same, and nothing of
 * it was seen to close. Whoever asks what was open has no answer there.
 */
bool moments_check(const struct ledger_stretch *stretch, enum exit_status *status,
                   struct failure *why) NODISCARD;

/*
 * Notes about a word: that it was not watched, and what around it was; or that
 * it was several moments, and which. None where there is nothing odd.
 */
void moments_note(const struct command_context *context, const struct moments *moments);
