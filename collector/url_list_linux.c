/* SPDX-License-Identifier: MIT */

/*
 * Linux: its kernel has no web server, and nobody reserves URLs.
 */

#include "collector/url_list.h"

bool url_list_read(struct url_list *list, struct failure *why)
{
    (void)why;
    url_list_clear(list);
    return true;
}
