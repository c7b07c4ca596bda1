/* SPDX-License-Identifier: MIT */

#include <stddef.h>

#include "store/ledger_writer.h"

static const struct {
    const char *name;
    bool seamless;
} gaps[LEDGER_GAP_COUNT] = {
    [LEDGER_GAP_NONE] = {"none", true},
    [LEDGER_GAP_STOPPED] = {"service stopped", false},
    [LEDGER_GAP_CRASHED] = {"service crashed", false},
    [LEDGER_GAP_ASLEEP] = {"system asleep", false},
    [LEDGER_GAP_CLOCK_SET] = {"clock set", false},
    [LEDGER_GAP_SAMPLE_FAILED] = {"sample failed", false},
    [LEDGER_GAP_LATE] = {"sample late", false},
    [LEDGER_GAP_PAUSED] = {"paused for privacy", false},
    [LEDGER_GAP_LOST] = {"could not be stored", false},
    [LEDGER_GAP_INTERVAL] = {"interval changed", true},
    [LEDGER_GAP_TABLES] = {"other system tables", true},
    [LEDGER_GAP_SETTINGS] = {"other settings", true},
    [LEDGER_GAP_IMPORTED] = {"not in the imported record", false},
};

const char *ledger_gap_name(int gap)
{
    return gap >= 0 && gap < LEDGER_GAP_COUNT ? gaps[gap].name : "unknown";
}

bool ledger_gap_seamless(int gap)
{
    return gap >= 0 && gap < LEDGER_GAP_COUNT && gaps[gap].seamless;
}
