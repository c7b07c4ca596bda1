/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What was found of the services of one process, so that each is asked for
 * once: by tag, and without one.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "collector/snapshot.h"

struct service_answer {
    uint32_t tag;     /* 0: of a socket that tells none */
    uint8_t basis;    /* enum service_basis; 0: there is none */
    char *name;       /* NULL where there is none */
    uint32_t sample;  /* in which `service` is good */
    uint32_t service; /* in the snapshot of that sample */
};

/* Starts as {0}, which remembers nothing. */
struct service_memory {
    struct service_answer *answers;
    size_t count;
    size_t capacity;
    int64_t asked_at; /* clock_steady() of the first answer */
};

/* NULL where the tag was not asked for. Good until the next call. */
struct service_answer *service_memory_find(const struct service_memory *memory, uint32_t tag);

/* Whether any answer was a service. */
bool service_memory_knows(const struct service_memory *memory);

/* Copies the name; a basis of 0 has none. */
bool service_memory_add(struct service_memory *memory, uint32_t tag, int basis, const char *name,
                        struct failure *why) NODISCARD;

/* Forgets and frees. Harmless twice. */
void service_memory_clear(struct service_memory *memory);
