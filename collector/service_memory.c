/* SPDX-License-Identifier: MIT */

#include "collector/service_memory.h"

#include <stdlib.h>

#include "base/text.h"

struct service_answer *service_memory_find(const struct service_memory *memory, uint32_t tag)
{
    for (size_t i = 0; i < memory->count; i++) {
        if (memory->answers[i].tag == tag) {
            return &memory->answers[i];
        }
    }
    return NULL;
}

bool service_memory_knows(const struct service_memory *memory)
{
    for (size_t i = 0; i < memory->count; i++) {
        if (memory->answers[i].basis != 0) {
            return true;
        }
    }
    return false;
}

static bool reserve(struct service_memory *memory, struct failure *why)
{
    size_t capacity = memory->capacity * 2 + 1;
    struct service_answer *answers;

    if (memory->count < memory->capacity) {
        return true;
    }
    answers = realloc(memory->answers, capacity * sizeof(*answers));
    if (answers == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to remember %zu services", capacity);
    }
    memory->answers = answers;
    memory->capacity = capacity;
    return true;
}

bool service_memory_add(struct service_memory *memory, uint32_t tag, int basis, const char *name,
                        struct failure *why)
{
    char *copy = NULL;

    if (!reserve(memory, why)) {
        return false;
    }
    if (basis != 0) {
        copy = text_copy(name);
        if (copy == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for the name of a service");
        }
    }
    memory->answers[memory->count++] =
        (struct service_answer){.tag = tag, .basis = (uint8_t)basis, .name = copy};
    return true;
}

void service_memory_clear(struct service_memory *memory)
{
    for (size_t i = 0; i < memory->count; i++) {
        free(memory->answers[i].name);
    }
    free(memory->answers);
    *memory = (struct service_memory){0};
}
