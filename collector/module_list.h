/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Which files a process has mapped as code, as the kernel names them. A list
 * is shared and never changed: a later look that finds something else makes a
 * new one.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "collector/image.h"

/* Whether we could look. The numbers go into the ledger. */
enum module_access {
    MODULES_NOT_READ = 0, /* nobody asked: it owns no socket */
    MODULES_READ = 1,
    MODULES_DENIED = 2,
    MODULES_PROTECTED = 3,  /* a protected process, which nobody may look into */
    MODULES_GONE = 4,       /* it had ended */
    MODULES_UNREADABLE = 5, /* the system could not */
    MODULES_ACCESS_COUNT,
};

/* Bits; they go into the ledger. */
enum module_flag {
    MODULE_HIDDEN = 1,  /* mapped, and missing in the process's own list */
    MODULE_RENAMED = 2, /* named otherwise there */
    MODULE_DELETED = 4, /* the file had no name any more */
};

struct module {
    const struct image *image; /* the list's reference */
    uint64_t base;             /* address of its lowest mapping */
    uint64_t size;             /* bytes from there to the end of its highest one */
    uint8_t flags;             /* enum module_flag */
    int64_t first_seen_at;     /* milliseconds since 1970 UTC, out of a ledger; 0: not known */
    int64_t gone_at;           /* the first look without it; 0: it was not seen to go */
};

struct module_list {
    uint8_t access;    /* enum module_access; modules only where READ */
    bool has_own_list; /* the process's own list could be read: without, no flag is set */
    size_t count;
    const struct module *modules; /* by base, ascending */
};

/* A shared copy with one reference; takes references of the images. NULL where memory ran out. */
const struct module_list *module_list_make(const struct module_list *fields) NODISCARD;
const struct module_list *module_list_hold(const struct module_list *list);

/* Does nothing for NULL. */
void module_list_release(const struct module_list *list);

/* "read", "denied", "protected" and so on: the words of every output. */
const char *module_access_name(int access);
