/* SPDX-License-Identifier: MIT */

#include "service/service_settings.h"

static const struct setting_key keys[] = {
    {
        .name = "service.no_dynamic_code",
        .kind = SETTING_BOOL,
        .fallback = "false",
        .help = "Windows: whether the service may make no code at run time; security products "
                "that put code into other programs then cannot watch over it",
        .policy = "ServiceNoDynamicCode",
    },
    {
        .name = "service.cpu_limit",
        .kind = SETTING_NUMBER,
        .unit = "percent",
        .fallback = "5",
        .maximum = 100,
        .help = "How much of the whole machine's processors the service may take, averaged over 10 "
                "seconds; hashing gives way first, then samples become rarer. 0: as much as it "
                "needs",
        .reloadable = true,
        .policy = "ServiceCpuLimit",
    },
    {
        .name = "metrics.textfile",
        .kind = SETTING_PATH,
        .help = "File for the textfile collector of Prometheus, whose name ends in .prom; without "
                "it none is written",
        .reloadable = true,
        .policy = "MetricsTextfile",
    },
    {
        .name = "events.watch_ports",
        .kind = SETTING_TEXT_LIST,
        .help = "Ports whose listeners are worth an event when they are opened or closed, or "
                "belong to another file than before: numbers, ranges and groups as of query, TCP "
                "where they do not say udp/",
        .reloadable = true,
        .policy = "EventsWatchPorts",
    },
};

const struct setting_table service_settings = {
    .part = "Service",
    .keys = keys,
    .count = sizeof(keys) / sizeof(keys[0]),
};
