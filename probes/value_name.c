/* SPDX-License-Identifier: MIT */

#include "probes/value_name.h"

#include <stddef.h>

const char *value_name_find(const struct value_name *names, uint32_t value)
{
    for (; names->name != NULL; names++) {
        if (names->value == value) {
            return names->name;
        }
    }
    return NULL;
}

void value_name_add(struct answer *answer, const struct answer_field *field,
                    const struct value_name *names, uint32_t value)
{
    const char *name = value_name_find(names, value);

    if (name != NULL) {
        answer_add_string(answer, field, name);
    } else {
        answer_addf(answer, field, "%lu", (unsigned long)value);
    }
}

void value_name_add_bits(struct answer *answer, const struct answer_field *field,
                         const struct value_name *names, uint32_t bits)
{
    for (; names->name != NULL; names++) {
        if ((bits & names->value) != 0) {
            answer_add_string(answer, field, names->name);
            bits &= ~names->value;
        }
    }
    if (bits != 0) {
        answer_addf(answer, field, "0x%lx", (unsigned long)bits);
    }
}
