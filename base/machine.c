/* SPDX-License-Identifier: MIT */

#include "base/machine.h"

#include <stdlib.h>

#include "base/machine_system.h"
#include "base/text.h"

/* Where each detail goes, and who knows it. */
static const struct {
    size_t at;
    machine_detail_fn *read;
} details[] = {
    {offsetof(struct machine_facts, id), machine_add_id},
    {offsetof(struct machine_facts, host), machine_add_host},
    {offsetof(struct machine_facts, domain), machine_add_domain},
    {offsetof(struct machine_facts, system), machine_add_system},
    {offsetof(struct machine_facts, zone), machine_add_zone},
};

enum { DETAILS = sizeof(details) / sizeof(details[0]) };

static char **detail_of(struct machine_facts *facts, size_t i)
{
    return (char **)(void *)((char *)facts + details[i].at);
}

bool machine_read(struct machine_facts *facts, struct failure *why)
{
    machine_facts_clear(facts);
    for (size_t i = 0; i < DETAILS; i++) {
        struct text text = {0};

        details[i].read(&text);
        if (!text_ok(&text, why)) {
            text_clear(&text);
            machine_facts_clear(facts);
            return false;
        }
        *detail_of(facts, i) = text_copy(text_bytes(&text));
        text_clear(&text);
        if (*detail_of(facts, i) == NULL) {
            machine_facts_clear(facts);
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for the name of the machine");
        }
    }
    return true;
}

void machine_facts_clear(struct machine_facts *facts)
{
    for (size_t i = 0; i < DETAILS; i++) {
        free(*detail_of(facts, i));
    }
    *facts = (struct machine_facts){0};
}
