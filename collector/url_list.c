/* SPDX-License-Identifier: MIT */

#include "collector/url_list.h"

#include <stdlib.h>

#include "base/text.h"

enum { FIRST_CAPACITY = 32 };

static bool make_room(struct url_list *list)
{
    size_t capacity = list->capacity == 0 ? FIRST_CAPACITY : list->capacity * 2;
    char **urls;

    if (list->count < list->capacity) {
        return true;
    }
    urls = realloc(list->urls, capacity * sizeof(*urls));
    if (urls == NULL) {
        return false;
    }
    list->urls = urls;
    list->capacity = capacity;
    return true;
}

bool url_list_add(struct url_list *list, const char *url, struct failure *why)
{
    char *copy = make_room(list) ? text_copy(url) : NULL;

    if (copy == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for a URL");
    }
    list->urls[list->count++] = copy;
    return true;
}

void url_list_clear(struct url_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->urls[i]);
    }
    free(list->urls);
    *list = (struct url_list){0};
}
