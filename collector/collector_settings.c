/* SPDX-License-Identifier: MIT */

#include "collector/collector.h"

static const struct setting_key keys[] = {
    {
        .name = "collector.interval",
        .kind = SETTING_DURATION,
        .unit = "duration",
        .fallback = "1s",
        .minimum = 100,
        .maximum = 3600000, /* an hour */
        .help = "How often the tables of sockets and processes are read",
        .reloadable = true,
        .policy = "CollectorInterval",
    },
};

const struct setting_table collector_settings = {
    .part = "Collector",
    .keys = keys,
    .count = sizeof(keys) / sizeof(keys[0]),
};
