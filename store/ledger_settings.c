/* SPDX-License-Identifier: MIT */

#include "store/ledger.h"

static const struct setting_key keys[] = {
    {
        .name = "ledger.path",
        .kind = SETTING_PATH,
        .help = "The ledger file; without this key it is in the system's folder for such data",
        .policy = "LedgerPath",
    },
    {
        .name = "ledger.commit",
        .kind = SETTING_DURATION,
        .unit = "duration",
        .fallback = "5s",
        .minimum = 100,
        .maximum = 60000,
        .help = "How often samples are written to the disk; a power cut costs at most that much",
        .reloadable = true,
        .policy = "LedgerCommit",
    },
};

const struct setting_table ledger_settings = {
    .part = "Ledger",
    .keys = keys,
    .count = sizeof(keys) / sizeof(keys[0]),
};
