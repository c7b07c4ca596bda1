/* SPDX-License-Identifier: MIT */

#include "reportcli/range.h"

#include <inttypes.h>

#include "reportcli/coverage.h"
#include "reportcli/detail_note.h"
#include "store/ledger_query.h"

bool range_is_given(const struct command_context *context)
{
    return options_given(context->options, "since") || options_given(context->options, "until");
}

static bool read_times(const struct command_context *context, int64_t *since, int64_t *until,
                       struct failure *why)
{
    return command_time(context, "since", COMMAND_EARLIER, 0, since, why) &&
           command_time(context, "until", COMMAND_LATER, 0, until, why);
}

bool range_read(const struct command_context *context, int64_t *since, int64_t *until,
                struct failure *why)
{
    if (options_given(context->options, "at")) {
        return FAIL(why, FAILURE_USAGE, 0,
                    "--at names a moment, --since and --until a time: give one");
    }
    if (!read_times(context, since, until, why)) {
        return false;
    }
    if (*until != 0 && *since > *until) {
        return FAIL(why, FAILURE_USAGE, 0, "--since is later than --until: nothing lies between");
    }
    return true;
}

bool range_note(const struct command_context *context, const struct command_ledger *from,
                size_t records, const char *empty, enum exit_status *status, struct failure *why)
{
    struct command_context silent = *context;
    struct ledger_coverage coverage = {0};
    struct ledger_summary summary = {0};
    int64_t since;
    int64_t until;
    bool dropped = false;
    bool done;

    silent.quiet = true; /* what there is to say of the times was said */
    done = read_times(&silent, &since, &until, why);
    if (done) {
        const struct ledger_coverage_range range = {
            .since = options_given(context->options, "since") ? since : INT64_MIN,
            .until = until != 0 && until < context->now ? until : context->now,
            .commit = from->commit,
        };

        done = ledger_coverage_read(&coverage, from->ledger, &range, why) &&
               detail_note_range(context, from->ledger, range.since, &dropped, why);
    }
    done = done && (records > 0 || ledger_summarize(from->ledger, &summary, why));
    if (done) {
        *status = records > 0 ? EXIT_YES : EXIT_NO;
        if (records == 0) {
            command_note(context, "empty", "%s; the ledger has %" PRId64 " processes", empty,
                         summary.processes);
            *status = ledger_coverage_is_empty(&coverage) || dropped ? EXIT_UNDECIDED : EXIT_NO;
        }
        coverage_note(context, &coverage, NULL);
    }
    ledger_coverage_clear(&coverage);
    return done;
}
