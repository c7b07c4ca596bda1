/* SPDX-License-Identifier: MIT */

#include "probes/targets.h"

#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "collector/address_prefix.h"

enum { LONGEST_NAME = 253 }; /* RFC 1035 section 2.3.4, as text */

void target_list_clear(struct target_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->spans[i].name);
    }
    free(list->spans);
    *list = (struct target_list){0};
}

/* fe80::/10: each link has such addresses of its own (RFC 4007 section 6). */
static bool lacks_zone(const struct target_span *span)
{
    const struct socket_endpoint *first = &span->first;

    return span->name == NULL && first->address_size == 16 && first->scope_id == 0 &&
           first->address[0] == 0xfe && (first->address[1] & 0xc0) == 0x80;
}

/* It stands for all addresses of this machine where one listens, and for none where one asks. */
static bool begins_with_any(const struct target_span *span)
{
    return span->name == NULL && socket_endpoint_is_any(&span->first);
}

bool target_is_group(const struct socket_endpoint *address)
{
    static const uint8_t all[4] = {0xff, 0xff, 0xff, 0xff};

    return address->address_size == 4
               ? (address->address[0] & 0xf0) == 0xe0 || memcmp(address->address, all, 4) == 0
               : address->address_size == 16 && address->address[0] == 0xff;
}

static bool begins_with_group(const struct target_span *span)
{
    return span->name == NULL && target_is_group(&span->first);
}

/* Takes the span's name over. */
static bool add_span(struct target_list *list, const struct target_span *span, struct failure *why)
{
    if (lacks_zone(span)) {
        return FAIL(why, FAILURE_USAGE, 0,
                    "fe80::/10: a zone is missing, which says on what link; fe80::7%%3 is on the "
                    "interface with the number 3");
    }
    if (begins_with_any(span)) {
        return FAIL(why, FAILURE_USAGE, 0, "%s is no address of a host; this machine's own is %s",
                    span->first.address_size == 4 ? "0.0.0.0" : "::",
                    span->first.address_size == 4 ? "127.0.0.1" : "::1");
    }
    if (begins_with_group(span)) {
        return FAIL(why, FAILURE_USAGE, 0,
                    "multicast and broadcast are no address of a host, but of many");
    }
    if (list->count == list->capacity) {
        size_t capacity = list->capacity * 2 + 16;
        struct target_span *spans = realloc(list->spans, capacity * sizeof(*spans));

        if (spans == NULL) {
            free(span->name);
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for the targets");
        }
        list->spans = spans;
        list->capacity = capacity;
    }
    list->spans[list->count++] = *span;
    list->total = span->count > UINT64_MAX - list->total ? UINT64_MAX : list->total + span->count;
    return true;
}

/* The lowest 64 bits of an address: no span is longer than that. */
static uint64_t low_bits(const struct socket_endpoint *address)
{
    size_t size = address->address_size;
    uint64_t number = 0;

    for (size_t i = size < 8 ? 0 : size - 8; i < size; i++) {
        number = number << 8 | address->address[i];
    }
    return number;
}

static void set_low_bits(struct socket_endpoint *address, uint64_t number)
{
    size_t size = address->address_size;

    for (size_t i = size; i > (size < 8 ? 0 : size - 8); i--) {
        address->address[i - 1] = (uint8_t)number;
        number >>= 8;
    }
}

static bool has_same_high_bits(const struct socket_endpoint *a, const struct socket_endpoint *b)
{
    return a->address_size == b->address_size && a->scope_id == b->scope_id &&
           (a->address_size == 4 || memcmp(a->address, b->address, 8) == 0);
}

static bool contains(const struct target_span *span, const struct socket_endpoint *address)
{
    return span->name == NULL && has_same_high_bits(&span->first, address) &&
           low_bits(address) >= low_bits(&span->first) &&
           low_bits(address) - low_bits(&span->first) < span->count;
}

static bool add_prefix(struct target_list *list, const char *word, struct failure *why)
{
    struct address_prefix prefix = {0};
    struct target_span span = {0};
    unsigned host_bits;

    if (!address_prefix_parse(word, &prefix, why)) {
        return false;
    }
    host_bits = prefix.address_size * 8u - prefix.bits;
    if (host_bits > 63) {
        return FAIL(why, FAILURE_USAGE, 0, "%s has more addresses than anybody can ask", word);
    }
    memcpy(span.first.address, prefix.address, sizeof(prefix.address));
    span.first.address_size = prefix.address_size;
    span.first.scope_id = prefix.scope_id;
    span.count = UINT64_C(1) << host_bits;
    if (prefix.address_size == 4 && host_bits >= 2) {
        set_low_bits(&span.first, low_bits(&span.first) + 1);
        span.count -= 2;
    }
    return add_span(list, &span, why);
}

/* The end of a range: an address, or the last number of an IPv4 address. */
static bool read_last(const char *word, const struct socket_endpoint *first,
                      struct socket_endpoint *last)
{
    struct failure why;
    int64_t number;

    if (first->address_size == 4 && units_parse_number(word, &number, &why) && number >= 0 &&
        number <= UINT8_MAX) {
        *last = *first;
        last->address[3] = (uint8_t)number;
        return true;
    }
    return socket_endpoint_parse_address(word, last, &why);
}

/* *is_range: it begins with an address and a dash. A name may have dashes. */
static bool add_range(struct target_list *list, const char *word, bool *is_range,
                      struct failure *why)
{
    const char *dash = strchr(word, '-');
    char *beginning = dash == NULL ? NULL : text_copy_size(word, (size_t)(dash - word));
    struct target_span span = {0};
    struct socket_endpoint last = {0};
    struct failure ignored;

    *is_range =
        beginning != NULL && socket_endpoint_parse_address(beginning, &span.first, &ignored);
    free(beginning);
    if (!*is_range) {
        return true;
    }
    if (!read_last(dash + 1, &span.first, &last) || !has_same_high_bits(&span.first, &last) ||
        low_bits(&last) < low_bits(&span.first) ||
        low_bits(&last) - low_bits(&span.first) == UINT64_MAX) {
        return FAIL(why, FAILURE_USAGE, 0,
                    "\"%s\" is no range of addresses: 10.0.0.1-10.0.0.50 or 10.0.0.1-50 is one",
                    word);
    }
    span.count = low_bits(&last) - low_bits(&span.first) + 1;
    return add_span(list, &span, why);
}

/*
 * Resolvers take 1.2.3 for 1.2.0.3, and look 256.1.1.1 up as a name; no name
 * ends in a label of digits alone (RFC 1123 section 2.1).
 */
static bool is_broken_address(const char *word)
{
    return strchr(word, '.') != NULL && strspn(word, "0123456789.") == strlen(word);
}

static bool add_host(struct target_list *list, const char *word, struct failure *why)
{
    struct target_span span = {.count = 1};
    struct failure ignored;

    if (socket_endpoint_parse_address(word, &span.first, &ignored)) {
        return add_span(list, &span, why);
    }
    if (is_broken_address(word)) {
        return FAIL(why, FAILURE_USAGE, 0,
                    "\"%s\" is no IPv4 address: four numbers up to 255 are one, and no name is of "
                    "numbers alone",
                    word);
    }
    if (strchr(word, '%') != NULL) {
        return FAIL(
            why, FAILURE_USAGE, 0,
            "\"%s\": the zone of an address is the number of an interface, as in fe80::7%%3", word);
    }
    span.first = (struct socket_endpoint){0};
    if (strlen(word) > LONGEST_NAME || strpbrk(word, " \t\r\n/:") != NULL) {
        return FAIL(why, FAILURE_USAGE, 0,
                    "\"%s\" is no host: a name, an address, 10.0.0.0/24 or 10.0.0.1-50 is one",
                    word);
    }
    span.name = text_copy(word);
    return span.name != NULL ? add_span(list, &span, why)
                             : FAIL(why, FAILURE_MEMORY, 0, "no memory for the targets");
}

static bool add_word(struct target_list *list, const char *word, struct failure *why)
{
    bool is_range;

    if (word[0] == '\0') {
        return FAIL(why, FAILURE_USAGE, 0, "a host has no name");
    }
    if (strchr(word, '/') != NULL) {
        return add_prefix(list, word, why);
    }
    return add_range(list, word, &is_range, why) && (is_range || add_host(list, word, why));
}

bool target_list_add(struct target_list *list, const char *word, bool large, struct failure *why)
{
    if (!add_word(list, word, why)) {
        return false;
    }
    if (!large && list->total > TARGETS_MOST) {
        return FAIL(why, FAILURE_USAGE, 0, "%s: these are more than %d addresses", word,
                    TARGETS_MOST);
    }
    return true;
}

/* Whether one of the spans before had it. */
static bool is_double(const struct target_list *list, size_t span,
                      const struct socket_endpoint *address)
{
    const char *name = list->spans[span].name;

    for (size_t i = 0; i < span; i++) {
        const struct target_span *earlier = &list->spans[i];

        if (name == NULL ? contains(earlier, address)
                         : earlier->name != NULL && text_equal_fold(earlier->name, name)) {
            return true;
        }
    }
    return false;
}

bool target_list_next(const struct target_list *list, struct target_walk *walk, struct text *text,
                      struct socket_endpoint *address)
{
    while (walk->span < list->count) {
        size_t at = walk->span;
        const struct target_span *span = &list->spans[at];

        if (walk->offset == span->count) {
            walk->span++;
            walk->offset = 0;
            continue;
        }
        *address = span->first;
        set_low_bits(address, low_bits(&span->first) + walk->offset++);
        if (is_double(list, at, address)) {
            continue;
        }
        text_reset(text);
        if (span->name != NULL) {
            text_add(text, span->name);
        } else {
            socket_endpoint_add_address(text, address);
        }
        return true;
    }
    return false;
}
