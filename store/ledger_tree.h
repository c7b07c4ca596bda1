/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The process instances of a ledger: which ran when, and who started whom.
 * Times are milliseconds since 1970 UTC, by the wall clock of that time.
 *
 * A process that ran another program later (exec) has a row for each; they
 * have pid, start and boot in common.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "collector/process_instance.h"
#include "store/ledger_query.h"

/* One run of a program. Valid only during the visit. */
struct ledger_process_run {
    int64_t id;        /* order of recording */
    int64_t parent_id; /* the run that started it; 0 where that is not known */
    int64_t boot_id;
    int64_t first_stretch;
    int64_t first_seen_at;
    bool at_begin;    /* it was already there in the first sample of its stretch */
    int64_t ended_at; /* by `ending`, as of intervals */
    enum ledger_ending ending;
    const struct process_instance *instance; /* without modules */
};

/* Returns false to end the walk early. Takes its time: no read transaction is open meanwhile. */
typedef bool ledger_process_fn(void *context, const struct ledger_process_run *run);

/*
 * Visits every process that ran within since..until (both count; until 0: no
 * end), each once, stretch by stretch: those that ran when the range begins,
 * then those first seen in it, in the order of recording. A parent that ran in
 * the range is visited too, but not always before its children.
 */
bool ledger_walk_processes(struct ledger *ledger, int64_t since, int64_t until,
                           ledger_process_fn *visit, void *context, struct failure *why) NODISCARD;

/*
 * Visits the process with this number, then the one that started it, and so on
 * up. It ends where a parent is not known, and after 64 in any case: a ledger
 * from elsewhere may say anything. FAILURE_MISSING: there is no such process.
 */
bool ledger_walk_ancestors(struct ledger *ledger, int64_t id, ledger_process_fn *visit,
                           void *context, struct failure *why) NODISCARD;

/*
 * Visits what the process started, in the order of recording. There is no
 * index for it: it looks through the processes of the same boot that were
 * first seen since then. FAILURE_MISSING: there is no such process.
 */
bool ledger_walk_children(struct ledger *ledger, int64_t id, ledger_process_fn *visit,
                          void *context, struct failure *why) NODISCARD;

/* Which modules of a process. {0}: all. */
struct ledger_module_question {
    int64_t since; /* those that were there at some time of since..until, both counting, by the */
    int64_t until; /* wall clock; 0: no end */
    const char *path;      /* a pattern (base/pattern.h) for the whole path; NULL: any */
    const uint8_t *sha256; /* of the file, IMAGE_HASH_SIZE bytes; NULL: any */
};

/*
 * Stores in *out an object of the process with this number that knows these
 * modules, in the order of first seen; without a list where nobody looked. The
 * caller gives it back with process_instance_release(). FAILURE_MISSING: there is no such process.
 */
bool ledger_read_modules(struct ledger *ledger, int64_t id,
                         const struct ledger_module_question *question,
                         const struct process_instance **out, struct failure *why) NODISCARD;
