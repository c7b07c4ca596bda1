/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Linux: the list of libraries that the dynamic linker keeps in the memory of
 * a process, for debuggers (struct r_debug and struct link_map of link.h; the
 * program's dynamic section leads to it by DT_DEBUG). The process can write to
 * all of it: whatever stands there is read as a claim.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/text.h"

struct linker_entry {
    uint64_t dynamic; /* l_ld, the address of its dynamic section: always inside the file */
    size_t name;      /* l_name, an offset into the list's `names`; "" for the program itself */
};

enum linker_list_state {
    LINKER_LIST_NONE, /* a program without a dynamic linker, or memory that we may not read */
    LINKER_LIST_STEADY,
    LINKER_LIST_CHANGING, /* something is being loaded or unloaded */
};

/* Starts as {0}. */
struct linker_list {
    enum linker_list_state state;
    struct linker_entry *items;
    size_t count;
    size_t capacity;
    struct text names; /* bytes as they are; each ends in 0 */
};

enum {
    LINKER_LIST_LIMIT = 10000,     /* entries, as a chain may be a circle; fewer where names are
                                      long */
    LINKER_LIST_NAME_LIMIT = 4096, /* bytes; what is longer is cut */
};

/*
 * Replaces the content of *list. `memory` is /proc/PID/mem, or a file in which
 * everything stands where its address says; `auxv` is what the kernel told the
 * program when it began. Fails only where memory ran out.
 */
bool linker_list_read(int memory, const void *auxv, size_t auxv_size, struct linker_list *list,
                      struct failure *why) NODISCARD;

/* Frees. Harmless twice. */
void linker_list_clear(struct linker_list *list);
