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
};

const struct setting_table service_settings = {
    .part = "Service",
    .keys = keys,
    .count = sizeof(keys) / sizeof(keys[0]),
};
