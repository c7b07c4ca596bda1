/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * URL reservations of http.sys, the web server in Windows' kernel: it listens
 * for the programs that have them. As in "http://+:5985/wsman/".
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"

/* Starts as {0}, which is a valid empty list. */
struct url_list {
    char **urls;
    size_t count;
    size_t capacity;
};

/* Appends a copy. */
bool url_list_add(struct url_list *list, const char *url, struct failure *why) NODISCARD;

/* Frees. Harmless twice. */
void url_list_clear(struct url_list *list);

/*
 * Replaces *list by the reservations of http.sys
 * (HttpQueryServiceConfiguration, looked up at run time). None where the system
 * has no such thing, or does not tell. Fails only where memory ran out.
 */
bool url_list_read(struct url_list *list, struct failure *why) NODISCARD;
