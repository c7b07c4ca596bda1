/* SPDX-License-Identifier: MIT */

#include "store/ledger_detail.h"

#include "store/database.h"
#include "store/ledger_handle.h"
#include "store/ledger_rows.h"

int ledger_position_compare(const struct ledger_position *a, const struct ledger_position *b)
{
    int order = (a->stretch > b->stretch) - (a->stretch < b->stretch);

    return order != 0 ? order : (a->at > b->at) - (a->at < b->at);
}

bool ledger_read_detail(struct ledger *ledger, struct ledger_detail *detail, struct failure *why)
{
    return ledger_begin_read(ledger, why) &&
           ledger_end_read(ledger, ledger_rows_detail(ledger, detail, why), why);
}

enum ledger_detail_kind ledger_detail_of(const struct ledger_detail *detail,
                                         const struct ledger_position *moment)
{
    if (ledger_position_compare(moment, &detail->dropped) < 0) {
        return LEDGER_DETAIL_DROPPED;
    }
    return ledger_position_compare(moment, &detail->partly) < 0 ? LEDGER_DETAIL_PARTLY
                                                                : LEDGER_DETAIL_WHOLE;
}
