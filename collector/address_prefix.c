/* SPDX-License-Identifier: MIT */

#include "collector/address_prefix.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum {
    IPV4_SIZE = 4,
    IPV6_SIZE = 16,
    MAPPED_SIZE = IPV6_SIZE - IPV4_SIZE,
};

static const uint8_t mapped[MAPPED_SIZE] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static bool refuse(const char *word, struct failure *why)
{
    return FAIL(why, FAILURE_USAGE, 0,
                "\"%s\" is no address and no prefix: write 10.1.2.3, 10.0.0.0/8, 2001:db8::1, "
                "fe80::1%%3 or 2001:db8::/32",
                word);
}

/* One to three digits and nothing else; -1 where it is not. */
static int parse_bits(const char *digits)
{
    int bits = 0;
    size_t count = strlen(digits);

    if (count < 1 || count > 3) {
        return -1;
    }
    for (size_t i = 0; i < count; i++) {
        if (digits[i] < '0' || digits[i] > '9') {
            return -1;
        }
        bits = bits * 10 + (digits[i] - '0');
    }
    return bits;
}

static bool parse_address(const char *word, size_t size, struct socket_endpoint *end,
                          struct failure *why)
{
    char *address = text_copy_size(word, size);
    bool done;

    if (address == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for an address");
    }
    done = socket_endpoint_parse_address(address, end, why) || refuse(word, why);
    free(address);
    return done;
}

/* A mapped prefix is that of the IPv4 address in it. */
static void unmap(struct address_prefix *prefix)
{
    if (prefix->address_size != IPV6_SIZE || prefix->bits < MAPPED_SIZE * 8 ||
        memcmp(prefix->address, mapped, MAPPED_SIZE) != 0) {
        return;
    }
    memmove(prefix->address, prefix->address + MAPPED_SIZE, IPV4_SIZE);
    memset(prefix->address + IPV4_SIZE, 0, MAPPED_SIZE);
    prefix->address_size = IPV4_SIZE;
    prefix->bits = (uint8_t)(prefix->bits - MAPPED_SIZE * 8);
}

/* The bits of the byte at `i` that count. */
static uint8_t mask_of(const struct address_prefix *prefix, size_t i)
{
    int bits = prefix->bits - (int)i * 8;

    if (bits >= 8) {
        return 0xff;
    }
    return bits <= 0 ? 0 : (uint8_t)(0xff << (8 - bits));
}

bool address_prefix_parse(const char *word, struct address_prefix *prefix, struct failure *why)
{
    const char *slash = strchr(word, '/');
    struct socket_endpoint end = {0};
    int bits;

    if (!parse_address(word, slash != NULL ? (size_t)(slash - word) : strlen(word), &end, why)) {
        return false;
    }
    bits = slash != NULL ? parse_bits(slash + 1) : end.address_size * 8;
    if (bits < 0 || bits > end.address_size * 8) {
        return refuse(word, why);
    }
    *prefix = (struct address_prefix){
        .address_size = end.address_size,
        .bits = (uint8_t)bits,
        .scope_id = end.scope_id,
    };
    for (size_t i = 0; i < end.address_size; i++) {
        prefix->address[i] = end.address[i] & mask_of(prefix, i);
    }
    unmap(prefix);
    return true;
}

static bool begins_so(const struct address_prefix *prefix, const uint8_t *address)
{
    for (size_t i = 0; i < prefix->address_size; i++) {
        if ((address[i] & mask_of(prefix, i)) != prefix->address[i]) {
            return false;
        }
    }
    return true;
}

bool address_prefix_contains(const struct address_prefix *prefix, const struct socket_endpoint *end)
{
    if (prefix->address_size == 0) {
        return true;
    }
    if (prefix->address_size == IPV4_SIZE && end->address_size == IPV6_SIZE) {
        return memcmp(end->address, mapped, MAPPED_SIZE) == 0 &&
               begins_so(prefix, end->address + MAPPED_SIZE);
    }
    return prefix->address_size == end->address_size && begins_so(prefix, end->address) &&
           (prefix->scope_id == 0 || prefix->scope_id == end->scope_id);
}

/* fe80::1 and ff02::1 are addresses of every interface: only with one of them they are one. */
bool address_prefix_is_whole(const struct address_prefix *prefix)
{
    bool of_any_interface = prefix->address_size == IPV6_SIZE && prefix->address[0] >= 0xfe;

    return prefix->address_size != 0 && prefix->bits == prefix->address_size * 8 &&
           (prefix->scope_id != 0 || !of_any_interface);
}
