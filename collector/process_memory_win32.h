/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a process says of itself in its own memory. It can have written there
 * what it likes: nothing of it is trusted, and none of it costs more than a
 * bounded time.
 */

#include <windows.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/text.h"

/* Appends the command line. False where it cannot be read; text_ok() tells of memory. */
bool process_memory_add_command_line(HANDLE process, struct text *command_line);

/* A module as the process itself lists it. */
struct own_module {
    uint64_t base;
    size_t name; /* offset into the list's `names`: the last part of its path, UTF-8 */
};

/* Starts as {0}. */
struct own_list {
    struct own_module *modules;
    size_t count;
    size_t capacity;
    struct text names;
};

enum { OWN_LIST_LIMIT = 10000 }; /* entries of one list; one that goes on is no list */

/*
 * Adds what the process's loader lists now, for a 32-bit process on 64-bit
 * Windows also what its other loader does. *whole is false where that could
 * not be read to the end. Fails only where memory ran out.
 */
bool own_list_read(struct own_list *list, HANDLE process, bool *whole,
                   struct failure *why) NODISCARD;

/* Orders the modules by base, for own_list_find(). */
void own_list_sort(struct own_list *list);

/* The first module with this base, others with the same one follow it; NULL where there is none. */
const struct own_module *own_list_find(const struct own_list *list, uint64_t base);

const char *own_list_name(const struct own_list *list, const struct own_module *module);

/* Frees. Harmless twice. */
void own_list_clear(struct own_list *list);
