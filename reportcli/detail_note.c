/* SPDX-License-Identifier: MIT */

#include "reportcli/detail_note.h"

#include <inttypes.h>

#include "base/text.h"
#include "base/time_text.h"
#include "store/ledger_detail.h"

static const char *const losses[] = {
    [LEDGER_DETAIL_WHOLE] = "",
    [LEDGER_DETAIL_PARTLY] = "for want of space some applications have lost what they had then: it "
                             "may be missing here",
    [LEDGER_DETAIL_DROPPED] = "this is older than the ledger keeps every interval: what is not "
                              "listed may have been there",
};

void detail_note_moments(const struct command_context *context, const struct moments *moments)
{
    for (size_t i = 0; i < moments->count; i++) {
        const struct ledger_moment *moment = &moments->found[i];
        struct text words = {0};

        if (moment->detail == LEDGER_DETAIL_WHOLE) {
            continue;
        }
        time_text_add_table(&words, moment->at, context->render.zone);
        command_note(context, "dropped", "%s: %s", text_bytes(&words), losses[moment->detail]);
        text_clear(&words);
    }
}

static void note_age(const struct command_context *context, const struct ledger_detail *detail)
{
    struct text words = {0};

    time_text_add_table(&words, detail->dropped.at, context->render.zone);
    command_note(context, "dropped",
                 "what ended before %s is older than the ledger keeps, and was dropped",
                 text_bytes(&words));
    text_clear(&words);
}

static void note_size(const struct command_context *context, const struct ledger_detail *detail)
{
    struct text words = {0};

    time_text_add_table(&words, detail->partly.at, context->render.zone);
    command_note(context, "dropped",
                 "for want of space %" PRId64 " %s lost what ended before %s, or a part of it",
                 detail->applications, detail->applications == 1 ? "application" : "applications",
                 text_bytes(&words));
    text_clear(&words);
}

bool detail_note_range(const struct command_context *context, struct ledger *ledger, int64_t since,
                       bool *dropped, struct failure *why)
{
    struct ledger_detail detail;
    bool by_age;
    bool by_size;

    if (!ledger_read_detail(ledger, &detail, why)) {
        return false;
    }
    by_age = detail.dropped.stretch != 0 && since < detail.dropped.at;
    by_size = detail.applications > 0 && since < detail.partly.at;
    if (by_age) {
        note_age(context, &detail);
    }
    if (by_size) {
        note_size(context, &detail);
    }
    *dropped = by_age || by_size;
    return true;
}
