/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What is behind a socket that the kernel itself holds (Windows: pid 4): the
 * driver, as far as its port or a URL reservation of http.sys tells.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"
#include "base/text.h"
#include "collector/snapshot.h"
#include "collector/socket_row.h"

/* URL reservations, as in "http://+:5985/wsman/". Starts as {0}. */
struct url_list {
    char **urls;
    size_t count;
    size_t capacity;
};

bool url_list_add(struct url_list *list, const char *url, struct failure *why) NODISCARD;
void url_list_clear(struct url_list *list);

/*
 * Replaces *list by the reservations of http.sys
 * (HttpQueryServiceConfiguration, looked up at run time). None where the system
 * has no such thing, or does not tell. Fails only where memory ran out.
 */
bool url_list_read(struct url_list *list, struct failure *why) NODISCARD;

/*
 * Appends the driver behind a row of the kernel, and is how that is known; 0
 * where nothing is. Pure. The port of a URL is the one it names, else 80 or
 * 443 by its scheme.
 */
enum service_basis kernel_port_name(const struct socket_row *row, const struct url_list *list,
                                    struct text *name);
