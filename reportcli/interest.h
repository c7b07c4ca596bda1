/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A list of what somebody wants to be told of: ports, addresses, users,
 * programs and modules. A text file, one entry a line:
 *
 *     # what a # begins is no entry
 *     port 4444
 *     port tcp/6660-6669
 *     address 203.0.113.0/24
 *     user guest
 *     program mimikatz.exe
 *     program *\Temp\*
 *     module *\Temp\*.dll
 *
 * A program with a slash, a backslash or a * is a pattern (base/pattern.h) for
 * the whole path, any other the name of a process; a module is always a
 * pattern. Case counts nowhere.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/text.h"
#include "collector/address_prefix.h"

enum interest_kind {
    INTEREST_PORT,
    INTEREST_ADDRESS,
    INTEREST_USER,
    INTEREST_PROGRAM,
    INTEREST_MODULE,
    INTEREST_KINDS,
};

struct interest_entry {
    enum interest_kind kind;
    int line;
    int protocol; /* of a port: enum socket_protocol; 0: either */
    uint16_t first;
    uint16_t last;
    struct address_prefix prefix;
    char *text; /* as it is written, without the kind */
};

enum { INTEREST_MOST = 4096 };

/* Starts as {0}. */
struct interest {
    struct interest_entry *entries;
    size_t count;
    size_t capacity;
};

/*
 * Appends the entries of a text, which `name` is in front of a failure's words:
 * FAILURE_FORMAT with line and column, counted from 1, in characters.
 */
bool interest_parse(struct interest *interest, const char *name, const char *bytes, size_t size,
                    struct failure *why) NODISCARD;

/* The same for a file. */
bool interest_read(struct interest *interest, const char *path, struct failure *why) NODISCARD;

/* Frees. Harmless twice. */
void interest_clear(struct interest *interest);

/* Whether an entry speaks of this port, address, user (its name or id), program or module. */
bool interest_has_port(const struct interest_entry *entry, int protocol, uint16_t port);
bool interest_has_address(const struct interest_entry *entry, const struct socket_endpoint *end);
bool interest_has_user(const struct interest_entry *entry, const char *user);
bool interest_has_program(const struct interest_entry *entry, const char *name, const char *path);

bool interest_has_module(const struct interest_entry *entry, const char *path);

/* "port 4444 (line 2)". */
void interest_add(struct text *text, const struct interest_entry *entry);
