/* SPDX-License-Identifier: MIT */

#include "collector/socket_row.h"

#include <string.h>

enum {
    IPV4_SIZE = 4,
    IPV6_SIZE = 16,
    IPV6_GROUPS = 8,
};

static const uint8_t ipv4_mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static const struct name {
    int number;
    const char *name;
} protocols[] = {
    {SOCKET_TCP, "TCP"},
    {SOCKET_UDP, "UDP"},
};

static const char *const states[SOCKET_STATE_COUNT] = {
    [SOCKET_STATELESS] = "",
    [SOCKET_CLOSED] = "CLOSED",
    [SOCKET_LISTENING] = "LISTENING",
    [SOCKET_SYN_SENT] = "SYN SENT",
    [SOCKET_SYN_RECEIVED] = "SYN RECEIVED",
    [SOCKET_ESTABLISHED] = "ESTABLISHED",
    [SOCKET_FIN_WAIT_1] = "FIN WAIT 1",
    [SOCKET_FIN_WAIT_2] = "FIN WAIT 2",
    [SOCKET_CLOSE_WAIT] = "CLOSE WAIT",
    [SOCKET_CLOSING] = "CLOSING",
    [SOCKET_LAST_ACK] = "LAST ACK",
    [SOCKET_TIME_WAIT] = "TIME WAIT",
};

static const char *const attributions[ATTRIBUTION_COUNT] = {
    [ATTRIBUTION_UNKNOWN] = "unknown", [ATTRIBUTION_EXACT] = "exact",
    [ATTRIBUTION_EXITED] = "exited",   [ATTRIBUTION_CARRIED] = "carried forward",
    [ATTRIBUTION_KERNEL] = "kernel",   [ATTRIBUTION_DENIED] = "denied",
};

/* fe80::/10, and the multicast groups ff01:: and ff02::, which also belong to one interface. */
static bool is_of_one_interface(const struct socket_endpoint *end)
{
    const uint8_t *bytes = end->address;

    if (end->address_size != IPV6_SIZE) {
        return false;
    }
    return (bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80) ||
           (bytes[0] == 0xff && ((bytes[1] & 0x0f) == 1 || (bytes[1] & 0x0f) == 2));
}

static void normalize_endpoint(struct socket_endpoint *end)
{
    if (end->address_size == 0) {
        *end = (struct socket_endpoint){0};
        return;
    }
    memset(end->address + end->address_size, 0, sizeof(end->address) - end->address_size);
    if (!is_of_one_interface(end)) {
        end->scope_id = 0;
    }
}

void socket_row_normalize(struct socket_row *row)
{
    if (row->protocol == SOCKET_UDP || row->state == SOCKET_LISTENING) {
        row->remote = (struct socket_endpoint){0};
    }
    normalize_endpoint(&row->local);
    normalize_endpoint(&row->remote);
}

static int compare_numbers(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_addresses(const struct socket_endpoint *a, const struct socket_endpoint *b)
{
    int order = compare_numbers(a->address_size, b->address_size);

    if (order == 0) {
        order = memcmp(a->address, b->address, sizeof(a->address));
    }
    if (order == 0) {
        order = compare_numbers(a->scope_id, b->scope_id);
    }
    return order;
}

static int compare_endpoints(const struct socket_endpoint *a, const struct socket_endpoint *b)
{
    int order = compare_addresses(a, b);

    return order != 0 ? order : compare_numbers(a->port, b->port);
}

static int compare_identities(const struct socket_row *a, const struct socket_row *b)
{
    int order = compare_numbers(a->pid, b->pid);

    if (order == 0) {
        order = compare_numbers(a->socket_id, b->socket_id);
    }
    if (order == 0) {
        order = (a->created_at > b->created_at) - (a->created_at < b->created_at);
    }
    return order;
}

int socket_row_compare(const void *left, const void *right)
{
    const struct socket_row *a = left;
    const struct socket_row *b = right;
    int order = compare_numbers(a->protocol, b->protocol);

    if (order == 0) {
        order = compare_endpoints(&a->local, &b->local);
    }
    if (order == 0) {
        order = compare_endpoints(&a->remote, &b->remote);
    }
    if (order == 0) {
        order = compare_numbers(a->state, b->state);
    }
    return order != 0 ? order : compare_identities(a, b);
}

bool socket_endpoint_equal(const struct socket_endpoint *a, const struct socket_endpoint *b)
{
    return compare_endpoints(a, b) == 0;
}

bool socket_endpoint_is_any(const struct socket_endpoint *end)
{
    static const uint8_t any[IPV6_SIZE] = {0};

    return end->address_size != 0 && memcmp(end->address, any, sizeof(any)) == 0;
}

static void add_ipv4(struct text *text, const uint8_t *bytes)
{
    for (int i = 0; i < IPV4_SIZE; i++) {
        if (i > 0) {
            text_add_char(text, '.');
        }
        text_add_number(text, bytes[i]);
    }
}

static unsigned group_at(const uint8_t *address, int group)
{
    size_t at = (size_t)group * 2;

    return (unsigned)address[at] << 8 | address[at + 1];
}

/* RFC 5952 4.2: the longest run of two or more zero groups, the first of equals; -1: none. */
static int find_gap(const uint8_t *address, int *length)
{
    int gap = -1;

    *length = 1;
    for (int i = 0; i < IPV6_GROUPS; i++) {
        int end = i;

        while (end < IPV6_GROUPS && group_at(address, end) == 0) {
            end++;
        }
        if (end - i > *length) {
            gap = i;
            *length = end - i;
        }
        i = end;
    }
    return gap;
}

static void add_groups(struct text *text, const uint8_t *address)
{
    int length;
    int gap = find_gap(address, &length);

    for (int i = 0; i < IPV6_GROUPS; i++) {
        if (i == gap) {
            text_add(text, "::");
            i += length - 1;
            continue;
        }
        if (i > 0 && i != gap + length) {
            text_add_char(text, ':');
        }
        text_addf(text, "%x", group_at(address, i));
    }
}

static void add_ipv6(struct text *text, const struct socket_endpoint *end)
{
    if (memcmp(end->address, ipv4_mapped, sizeof(ipv4_mapped)) == 0) {
        text_add(text, "::ffff:");
        add_ipv4(text, end->address + sizeof(ipv4_mapped));
    } else {
        add_groups(text, end->address);
    }
    if (end->scope_id != 0) {
        text_addf(text, "%%%lu", (unsigned long)end->scope_id);
    }
}

void socket_endpoint_add_address(struct text *text, const struct socket_endpoint *end)
{
    if (end->address_size == IPV4_SIZE) {
        add_ipv4(text, end->address);
    } else if (end->address_size == IPV6_SIZE) {
        add_ipv6(text, end);
    }
}

void socket_endpoint_add(struct text *text, const struct socket_endpoint *end)
{
    if (end->address_size == 0) {
        return;
    }
    if (end->address_size == IPV6_SIZE) {
        text_add_char(text, '[');
        socket_endpoint_add_address(text, end);
        text_add_char(text, ']');
    } else {
        socket_endpoint_add_address(text, end);
    }
    text_addf(text, ":%u", end->port);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Reads a whole number up to `most` without a leading zero, and moves *at behind it. */
static bool parse_decimal(const char **at, uint32_t most, uint32_t *number)
{
    const char *begin = *at;
    uint64_t value = 0;

    while (**at >= '0' && **at <= '9') {
        value = value * 10 + (uint64_t)(**at - '0');
        if (value > most) {
            return false;
        }
        (*at)++;
    }
    *number = (uint32_t)value;
    return *at > begin && (*begin != '0' || *at == begin + 1);
}

/* A leading zero is refused: some systems read 010 as 8, others as 10. */
static bool parse_ipv4(const char **at, uint8_t *bytes)
{
    for (int i = 0; i < IPV4_SIZE; i++) {
        uint32_t number;

        if (i > 0 && *(*at)++ != '.') {
            return false;
        }
        if (!parse_decimal(at, UINT8_MAX, &number)) {
            return false;
        }
        bytes[i] = (uint8_t)number;
    }
    return true;
}

static bool parse_group(const char **at, uint8_t *bytes)
{
    unsigned value = 0;
    int digits = 0;

    for (; digits < 4 && hex_digit(**at) >= 0; digits++, (*at)++) {
        value = value << 4 | (unsigned)hex_digit(**at);
    }
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
    return digits > 0;
}

/* What parse_ipv6() has so far: bytes in order, and where "::" stood among them. */
struct ipv6_parts {
    uint8_t bytes[IPV6_SIZE];
    int size;
    int gap; /* -1: none yet */
};

static bool is_end_of_address(char c)
{
    return c == '\0' || c == '%';
}

/* Reads one group, or a dotted IPv4 address in the place of the last two. */
static bool parse_part(const char **at, struct ipv6_parts *parts)
{
    const char *begin = *at;

    if (parts->size == IPV6_SIZE || !parse_group(at, parts->bytes + parts->size)) {
        return false;
    }
    if (**at != '.') {
        parts->size += 2;
        return true;
    }
    *at = begin;
    if (parts->size > IPV6_SIZE - IPV4_SIZE || !parse_ipv4(at, parts->bytes + parts->size)) {
        return false;
    }
    parts->size += IPV4_SIZE;
    return is_end_of_address(**at);
}

/* Reads "::", which may stand once. */
static bool parse_gap(const char **at, struct ipv6_parts *parts)
{
    if (parts->gap >= 0) {
        return false;
    }
    parts->gap = parts->size;
    *at += 2;
    return true;
}

/* Reads what stands between two parts. A single colon cannot end the address. */
static bool parse_separator(const char **at, struct ipv6_parts *parts)
{
    if (is_end_of_address(**at)) {
        return true;
    }
    if (strncmp(*at, "::", 2) == 0) {
        return parse_gap(at, parts);
    }
    return *(*at)++ == ':' && !is_end_of_address(**at);
}

static bool parse_ipv6_parts(const char **at, struct ipv6_parts *parts)
{
    bool ok = strncmp(*at, "::", 2) != 0 || parse_gap(at, parts);

    while (ok && !is_end_of_address(**at)) {
        ok = parse_part(at, parts) && parse_separator(at, parts);
    }
    return ok && (parts->gap >= 0 ? parts->size < IPV6_SIZE : parts->size == IPV6_SIZE);
}

static bool parse_ipv6(const char **at, uint8_t *address)
{
    struct ipv6_parts parts = {.gap = -1};
    int behind;

    if (!parse_ipv6_parts(at, &parts)) {
        return false;
    }
    behind = parts.gap < 0 ? 0 : parts.size - parts.gap;
    memset(address, 0, IPV6_SIZE);
    memcpy(address, parts.bytes, (size_t)(parts.size - behind));
    memcpy(address + IPV6_SIZE - behind, parts.bytes + parts.size - behind, (size_t)behind);
    return true;
}

static bool parse_scope(const char **at, uint32_t *scope_id)
{
    if (**at != '%') {
        return true;
    }
    (*at)++;
    return parse_decimal(at, UINT32_MAX, scope_id);
}

bool socket_endpoint_parse_address(const char *word, struct socket_endpoint *end,
                                   struct failure *why)
{
    struct socket_endpoint read = {.port = end->port};
    const char *at = word;
    bool ok;

    if (strchr(word, ':') == NULL) {
        read.address_size = IPV4_SIZE;
        ok = parse_ipv4(&at, read.address);
    } else {
        read.address_size = IPV6_SIZE;
        ok = parse_ipv6(&at, read.address) && parse_scope(&at, &read.scope_id);
    }
    if (!ok || *at != '\0') {
        return FAIL(why, FAILURE_FORMAT, 0,
                    "'%s' is not an address; write 192.0.2.7, 2001:db8::7 or fe80::7%%3", word);
    }
    normalize_endpoint(&read);
    *end = read;
    return true;
}

const char *socket_protocol_name(int protocol)
{
    for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
        if (protocols[i].number == protocol) {
            return protocols[i].name;
        }
    }
    return "unknown";
}

const char *socket_state_name(int state)
{
    return state >= 0 && state < SOCKET_STATE_COUNT ? states[state] : "unknown";
}

const char *socket_attribution_name(int attribution)
{
    return attribution >= 0 && attribution < ATTRIBUTION_COUNT ? attributions[attribution]
                                                               : "unknown";
}

static int fold(char c)
{
    if (c == '_' || c == '-') {
        return ' ';
    }
    return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c;
}

/* `expected` is one of our own names, in capitals. */
static bool is_name(const char *word, const char *expected)
{
    while (*word != '\0' && fold(*word) == *expected) {
        word++;
        expected++;
    }
    return *word == *expected;
}

int socket_protocol_from_name(const char *name)
{
    for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
        if (is_name(name, protocols[i].name)) {
            return protocols[i].number;
        }
    }
    return -1;
}

int socket_state_from_name(const char *name)
{
    for (int i = SOCKET_CLOSED; i < SOCKET_STATE_COUNT; i++) {
        if (is_name(name, states[i])) {
            return i;
        }
    }
    return -1;
}
