/* SPDX-License-Identifier: MIT */

#include "collector/module_list.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct shared_list {
    struct module_list fields; /* first: a pointer to it is a pointer to the whole */
    atomic_uint references;
    struct module modules[];
};

static const char *const access_names[MODULES_ACCESS_COUNT] = {
    [MODULES_NOT_READ] = "not read",   [MODULES_READ] = "read", [MODULES_DENIED] = "denied",
    [MODULES_PROTECTED] = "protected", [MODULES_GONE] = "gone", [MODULES_UNREADABLE] = "unreadable",
};

/* Lists are const for everybody but this file. */
static struct shared_list *shared_of(const struct module_list *list)
{
    return (struct shared_list *)list;
}

const struct module_list *module_list_make(const struct module_list *fields)
{
    struct shared_list *shared =
        malloc(sizeof(*shared) + fields->count * sizeof(shared->modules[0]));

    if (shared == NULL) {
        return NULL;
    }
    shared->fields = *fields;
    shared->fields.modules = shared->modules;
    for (size_t i = 0; i < fields->count; i++) {
        shared->modules[i] = fields->modules[i];
        image_hold(shared->modules[i].image);
    }
    atomic_init(&shared->references, 1);
    return &shared->fields;
}

const struct module_list *module_list_hold(const struct module_list *list)
{
    atomic_fetch_add_explicit(&shared_of(list)->references, 1, memory_order_relaxed);
    return list;
}

void module_list_release(const struct module_list *list)
{
    if (list == NULL) {
        return;
    }
    if (atomic_fetch_sub_explicit(&shared_of(list)->references, 1, memory_order_acq_rel) == 1) {
        for (size_t i = 0; i < list->count; i++) {
            image_release(list->modules[i].image);
        }
        free(shared_of(list));
    }
}

const char *module_access_name(int access)
{
    return access >= 0 && access < MODULES_ACCESS_COUNT ? access_names[access] : "unknown";
}
