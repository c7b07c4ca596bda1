/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Opens the ledger in a thread of its own. To bring a large ledger up to date,
 * or to look through one that may be damaged, takes minutes, in which the
 * service samples and listens to its manager.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "store/ledger_begin.h"
#include "store/ledger_writer.h"

struct ledger_opener;

/* Called from the opener's thread when there is something to take. */
typedef void ledger_opener_ready_fn(void *context);

/* What is opened, and the run of this process that begins in it. */
struct ledger_opener_plan {
    const char *path;
    const char *settings; /* as in struct ledger_run, like the next two */
    int64_t interval;
    int64_t commit;
    enum ledger_gap goes_on_after;
    bool suspect; /* as in ledger_begin() */
};

/*
 * Begins what ledger_begin() does, again and again while another program has
 * the ledger locked. The texts are copied. The caller closes *out.
 */
bool ledger_opener_open(struct ledger_opener **out, const struct ledger_opener_plan *plan,
                        ledger_opener_ready_fn *ready, void *context,
                        struct failure *why) NODISCARD;

/* Waits until it is done, for at most `patience` milliseconds. */
void ledger_opener_wait(struct ledger_opener *opener, int64_t patience);

enum ledger_opener_result {
    LEDGER_OPENER_WORKING,
    LEDGER_OPENER_DONE,   /* *begun was filled, and is the caller's */
    LEDGER_OPENER_FAILED, /* *why says why */
};

/* Takes over what came of it. Never waits. Once only. */
enum ledger_opener_result ledger_opener_take(struct ledger_opener *opener,
                                             struct ledger_begun *begun, struct failure *why);

/*
 * Ends the thread, and frees; a ledger that was not taken over is closed. One
 * that works for longer than `patience` milliseconds is left behind, until the
 * process ends: a ledger that is being changed is then as it was before. False
 * says that this was so. True for NULL.
 */
bool ledger_opener_close(struct ledger_opener *opener, int64_t patience);
