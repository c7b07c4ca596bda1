/* SPDX-License-Identifier: MIT */

#include "probes/address_list.h"

#include <stdlib.h>
#include <string.h>

static bool is_same(const struct socket_endpoint *one, const struct socket_endpoint *other)
{
    return one->address_size == other->address_size && one->scope_id == other->scope_id &&
           memcmp(one->address, other->address, one->address_size) == 0;
}

bool address_list_add(struct address_list *list, const struct socket_endpoint *address)
{
    struct socket_endpoint *items;

    for (size_t i = 0; i < list->count; i++) {
        if (is_same(&list->items[i], address)) {
            return true;
        }
    }
    if (list->count == ADDRESS_LIST_MOST) {
        return true;
    }
    items = realloc(list->items, (list->count + 1) * sizeof(*items)); /* mostly the first */
    if (items == NULL) {
        return false;
    }
    list->items = items;
    list->items[list->count] = *address;
    list->items[list->count++].port = 0;
    return true;
}

void address_list_add_others(struct text *text, const struct address_list *list, size_t place)
{
    bool first = true;

    for (size_t i = 0; i < list->count; i++) {
        if (i != place) {
            text_add(text, first ? "" : ", ");
            socket_endpoint_add_address(text, &list->items[i]);
            first = false;
        }
    }
}

void address_list_clear(struct address_list *list)
{
    free(list->items);
    *list = (struct address_list){0};
}
