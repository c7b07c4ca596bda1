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
    {
        .name = "ledger.share.folder",
        .kind = SETTING_PATH,
        .help = "Folder of a copy for those who may not read the ledger; without this key there "
                "is none",
        .reloadable = true,
        .policy = "LedgerShareFolder",
    },
    {
        .name = "ledger.share.group",
        .kind = SETTING_TEXT,
        .help = "Group that may read the copy, by name (Windows: or SID); without this key "
                "administrators only",
        .reloadable = true,
        .policy = "LedgerShareGroup",
    },
    {
        .name = "ledger.share.every",
        .kind = SETTING_DURATION,
        .unit = "duration",
        .fallback = "1h",
        .minimum = 60000,
        .maximum = INT64_C(2678400000),
        .help = "How long after a copy was made the next one takes its place",
        .reloadable = true,
        .policy = "LedgerShareEvery",
    },
    {
        .name = "ledger.share.command_lines",
        .kind = SETTING_BOOL,
        .fallback = "false",
        .help = "Whether the copy has the command lines of processes, which may hold secrets",
        .reloadable = true,
        .policy = "LedgerShareCommandLines",
    },
};

const struct setting_table ledger_settings = {
    .part = "Ledger",
    .keys = keys,
    .count = sizeof(keys) / sizeof(keys[0]),
};
