/* SPDX-License-Identifier: MIT */

#include "reportcli/explain_target.h"

#include <string.h>

#include "base/text.h"

enum { LAST_PORT = 65535, ADDRESS_TEXT = 80 };

static bool refuse(const char *word, struct failure *why)
{
    return FAIL(
        why, FAILURE_USAGE, 0,
        "\"%s\" is no port and no connection; the forms are: 4444, tcp/4444, 10.0.0.5:4444, "
        "[fe80::1%%3]:4444, tcp/10.0.0.1:5555-10.0.0.2:443",
        word);
}

/* Digits up to `end`; 0 where they are no port. */
static uint16_t read_port(const char *word, const char *end)
{
    unsigned port = 0;

    for (; word != end; word++) {
        if (*word < '0' || *word > '9') {
            return 0;
        }
        port = port * 10 + (unsigned)(*word - '0');
        if (port > LAST_PORT) {
            return 0;
        }
    }
    return (uint16_t)port;
}

static bool read_address(const char *from, const char *until, struct explain_end *end)
{
    char word[ADDRESS_TEXT];
    size_t size = (size_t)(until - from);
    struct failure ignored;

    if (size == 1 && *from == '*') {
        return true;
    }
    if (size == 0 || size >= sizeof(word)) {
        return false;
    }
    memcpy(word, from, size);
    word[size] = '\0';
    return strchr(word, '/') == NULL && address_prefix_parse(word, &end->address, &ignored);
}

/* One end, up to `until`. */
static bool read_end(const char *word, const char *until, struct explain_end *end)
{
    const char *colon = until;

    while (colon != word && *colon != ':') {
        colon--;
    }
    if (*colon != ':' || colon == until) {
        end->port = read_port(word, until);
        return end->port != 0;
    }
    end->port = read_port(colon + 1, until);
    if (end->port == 0) {
        return false;
    }
    if (*word == '[') {
        return colon - word > 2 && colon[-1] == ']' && read_address(word + 1, colon - 1, end);
    }
    /* "::1:80" may be an address of its own: those have brackets. */
    return memchr(word, ':', (size_t)(colon - word)) == NULL && read_address(word, colon, end);
}

/* "tcp/" in front, or "/tcp" behind. */
static void read_protocol(const char **word, const char **until, int *protocol)
{
    static const struct {
        const char *name;
        int protocol;
    } known[] = {{"tcp", SOCKET_TCP}, {"udp", SOCKET_UDP}};

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (text_starts_fold(*word, known[i].name) && (*word)[3] == '/') {
            *word += 4;
            *protocol = known[i].protocol;
            return;
        }
        if (*until - *word > 4 && (*until)[-4] == '/' &&
            text_equal_fold(*until - 3, known[i].name)) {
            *until -= 4;
            *protocol = known[i].protocol;
            return;
        }
    }
}

bool explain_target_parse(const char *word, struct explain_target *target, struct failure *why)
{
    const char *from = word;
    const char *until = word + strlen(word);
    const char *dash;

    *target = (struct explain_target){.count = 1};
    read_protocol(&from, &until, &target->protocol);
    dash = memchr(from, '-', (size_t)(until - from));
    if (!read_end(from, dash != NULL ? dash : until, &target->ends[0])) {
        return refuse(word, why);
    }
    if (dash != NULL) {
        target->count = 2;
        if (!read_end(dash + 1, until, &target->ends[1])) {
            return refuse(word, why);
        }
    }
    return true;
}

static bool is_end(const struct explain_end *end, const struct socket_endpoint *is)
{
    return is->address_size != 0 && is->port == end->port &&
           address_prefix_contains(&end->address, is);
}

/* [::] is of both families, mostly; 0.0.0.0 of its own only. */
static bool is_own(const struct explain_end *end, const struct socket_row *row)
{
    return is_end(end, &row->local) ||
           (row->remote.address_size == 0 && row->local.port == end->port &&
            socket_endpoint_is_any(&row->local) &&
            row->local.address_size >= end->address.address_size);
}

enum explain_role explain_target_role(const struct explain_target *target,
                                      const struct socket_row *row)
{
    if (target->protocol != 0 && row->protocol != target->protocol) {
        return EXPLAIN_NONE;
    }
    if (target->count == 1) {
        if (is_own(&target->ends[0], row)) {
            return EXPLAIN_HOLDS;
        }
        return is_end(&target->ends[0], &row->remote) ? EXPLAIN_REACHES : EXPLAIN_NONE;
    }
    for (int i = 0; i < 2; i++) {
        if (is_end(&target->ends[i], &row->local) && is_end(&target->ends[1 - i], &row->remote)) {
            return EXPLAIN_HOLDS;
        }
    }
    return EXPLAIN_NONE;
}

void explain_target_filter(const struct explain_target *target, struct ledger_filter *filter)
{
    filter->port = target->ends[0].port;
    filter->protocol = target->protocol;
}

static void add_end(const struct explain_end *end, struct text *text)
{
    struct socket_endpoint shown = {.port = end->port};

    if (end->address.address_size == 0) {
        text_addf(text, "%s %d", text->size == 0 ? "Port" : "port", (int)end->port);
        return;
    }
    memcpy(shown.address, end->address.address, sizeof(shown.address));
    shown.address_size = end->address.address_size;
    shown.scope_id = end->address.scope_id;
    socket_endpoint_add(text, &shown);
}

void explain_target_add(const struct explain_target *target, struct text *text)
{
    if (target->protocol != 0) {
        text_addf(text, "%s ", socket_protocol_name(target->protocol));
    }
    add_end(&target->ends[0], text);
    if (target->count == 2) {
        text_add(text, " - ");
        add_end(&target->ends[1], text);
    }
}
