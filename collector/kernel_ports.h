/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What is behind a socket that the kernel itself holds (Windows: pid 4): the
 * driver, as far as its port or a URL reservation of http.sys tells. Pure.
 */

#include "base/text.h"
#include "collector/snapshot.h"
#include "collector/socket_row.h"
#include "collector/url_list.h"

/*
 * Appends the driver behind a row of the kernel, and is how that is known; 0,
 * with nothing appended, where nothing is: a port is known, or reserved, or no
 * answer is given. For http.sys the URLs of the port follow, sorted, as in
 * "http.sys (http://+:5985/wsman/)"; at most 8 of them, and each cut where it
 * is long. The port of a URL is the one it names, else 80 or 443 by its scheme.
 *
 * A port is that of the driver for whoever connects to it: sockets that
 * connect elsewhere, or are only bound, have none.
 */
enum service_basis kernel_port_name(const struct socket_row *row, const struct url_list *list,
                                    struct text *name);
