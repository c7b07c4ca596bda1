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
    {
        .name = "collector.module_refresh",
        .kind = SETTING_DURATION,
        .unit = "duration",
        .fallback = "5m",
        .minimum = 5000,
        .maximum = 86400000, /* a day */
        .help = "How often the modules of processes that own sockets are looked at again",
        .reloadable = true,
        .policy = "CollectorModuleRefresh",
    },
    {
        .name = "collector.hash_limit",
        .kind = SETTING_SIZE,
        .unit = "size",
        .fallback = "256MiB",
        .minimum = 1048576,
        .maximum = 17179869184, /* 16 GiB */
        .help = "Programs and libraries that are larger are not hashed",
        .policy = "CollectorHashLimit",
    },
    {
        .name = "privacy.exclude_processes",
        .kind = SETTING_TEXT_LIST,
        .fallback = "[]",
        .help = "Programs that are not recorded, nor their sockets: patterns with * and ? for the "
                "file name, or for the full path where there is a slash in them",
        .reloadable = true,
        .policy = "PrivacyExcludeProcesses",
    },
    {
        .name = "privacy.exclude_command_lines",
        .kind = SETTING_TEXT_LIST,
        .fallback = "[]",
        .help = "Programs whose command lines are not recorded: patterns, as above; [\"*\"] for "
                "all",
        .reloadable = true,
        .policy = "PrivacyExcludeCommandLines",
    },
};

const struct setting_table collector_settings = {
    .part = "Collector",
    .keys = keys,
    .count = sizeof(keys) / sizeof(keys[0]),
};

bool collector_options_read(struct collector_options *options, const struct settings *settings,
                            struct failure *why)
{
    options->details = true;
    options->modules = true;
    options->images = true;
    options->interval = settings_number(settings, "collector.interval");
    options->module_refresh = settings_number(settings, "collector.module_refresh");
    options->largest_image = settings_number(settings, "collector.hash_limit");
    return privacy_read(&options->privacy, settings, why);
}

bool collector_options_copy(struct collector_options *to, const struct collector_options *from,
                            struct failure *why)
{
    struct privacy privacy = {0};

    if (!privacy_copy(&privacy, &from->privacy, why)) {
        privacy_clear(&privacy);
        return false;
    }
    privacy_clear(&to->privacy);
    *to = *from;
    to->privacy = privacy;
    return true;
}

void collector_options_clear(struct collector_options *options)
{
    privacy_clear(&options->privacy);
    *options = (struct collector_options){0};
}
