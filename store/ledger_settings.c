/* SPDX-License-Identifier: MIT */

#include "store/ledger.h"

#define DAY_MS INT64_C(86400000)

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
        .name = "ledger.keep",
        .kind = SETTING_DURATION,
        .unit = "duration",
        .fallback = "400d",
        .minimum = DAY_MS,
        .maximum = 36500 * DAY_MS,
        .help = "How long every interval is kept; what is older lives on in daily profiles",
        .reloadable = true,
        .policy = "LedgerKeep",
    },
    {
        .name = "ledger.max_size",
        .kind = SETTING_SIZE,
        .unit = "size",
        .fallback = "8GiB",
        .minimum = INT64_C(64) << 20,
        .maximum = INT64_C(1) << 50,
        .help = "How large the ledger's main file may become; beyond it the applications with the "
                "most intervals lose their oldest ones",
        .reloadable = true,
        .policy = "LedgerMaxSize",
    },
    {
        .name = "ledger.keep_profile",
        .kind = SETTING_DURATION,
        .unit = "duration",
        .fallback = "1826d",
        .minimum = DAY_MS,
        .maximum = 36500 * DAY_MS,
        .help = "How long daily profiles, and what was watched when, are kept",
        .reloadable = true,
        .policy = "LedgerKeepProfile",
    },
    {
        .name = "ledger.publish_seals",
        .kind = SETTING_DURATION,
        .unit = "duration",
        .fallback = "1h",
        .minimum = 60000,
        .maximum = 31 * DAY_MS,
        .help = "How often the newest seal goes to the event log, and from there out of reach of "
                "whoever takes this machine over; at a stop it always does",
        .reloadable = true,
        .policy = "LedgerPublishSeals",
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
