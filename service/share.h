/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The copy of the ledger that the service makes for those who may not read
 * the ledger itself: settings ledger.share.*.
 *
 * It is made by small steps between samples, and packed in a thread of its
 * own. It takes the place of the copy before only when it is whole. Whatever
 * goes wrong is an event, and tried again: it never ends the service.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/settings.h"
#include "base/text.h"
#include "store/ledger.h"

struct share;

/* What happened since the last look, for an event. */
enum share_news {
    SHARE_NOTHING_NEW,
    SHARE_FAILED,    /* for the first time, or after it worked in between */
    SHARE_RECOVERED, /* a copy was made again */
};

/*
 * `ring` is called in another thread when share_work() has something to do.
 * The ledger was opened with LEDGER_WRITE, and outlives *out. The caller
 * closes *out.
 */
bool share_open(struct share **out, struct ledger *ledger, void (*ring)(void *context),
                void *context, struct failure *why) NODISCARD;

/* Takes over ledger.share.*. A copy under way is given up where they are others. */
bool share_configure(struct share *share, const struct settings *settings,
                     struct failure *why) NODISCARD;

/* Goes on for some milliseconds, where there is something to do. *why goes with SHARE_FAILED. */
enum share_news share_work(struct share *share, struct failure *why);

/* Milliseconds until share_work() has something to do; -1: until it rings, or for ever. */
int64_t share_wait(const struct share *share);

/* Whether it goes on more slowly, for the sake of others. */
void share_give_way(struct share *share, bool give_way);

/* Gives up what is under way. Does nothing for NULL. */
void share_close(struct share *share);
