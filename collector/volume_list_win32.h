/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the system says of its volumes. For volume_names_win32.c alone;
 * fake_volume_list_win32.c stands in this place in tests.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/text.h"

/* One of the names of a volume. */
struct volume_name {
    size_t device; /* offset into the list's texts: \Device\HarddiskVolume3, no backslash behind */
    size_t name;   /* likewise: C:\ or \\?\Volume{...}\, with one */
    bool fixed;    /* a local disk that cannot be taken out */
    bool for_people;
};

/* Starts as {0}. */
struct volume_list {
    struct volume_name *names;
    size_t count;
    size_t capacity;
    struct text texts;
};

/* Adds the names of all volumes. Nothing of another machine is asked for. False where memory ran
 * out. */
bool volume_list_read(struct volume_list *list) NODISCARD;

/* Appends one. False where memory ran out. */
bool volume_list_add(struct volume_list *list, const char *device, const char *name, bool fixed,
                     bool for_people) NODISCARD;

/* Frees. Harmless twice. */
void volume_list_clear(struct volume_list *list);
