/* SPDX-License-Identifier: MIT */

#include "reportcli/portqry_local.h"

bool portqry_local_run(struct portqry_page *page, const struct portqry_options *options,
                       struct failure *why)
{
    (void)page;
    (void)options;
    return FAIL(why, FAILURE_USAGE, 0, "not yet");
}
