/* SPDX-License-Identifier: MIT */
#pragma once

/* Names of the numbers that protocols use for errors, types and kinds. */

#include <stdint.h>

#include "probes/answer.h"

/* A row of a table, which ends with a NULL name. */
struct value_name {
    uint32_t value;
    const char *name;
};

/* NULL where the number has no name. */
const char *value_name_find(const struct value_name *names, uint32_t value);

/* Adds the name, or the number in decimal where it has none. */
void value_name_add(struct answer *answer, const struct answer_field *field,
                    const struct value_name *names, uint32_t value);

/* Of numbers that are bits: the names of those that are set, and "0x..." for those without. */
void value_name_add_bits(struct answer *answer, const struct answer_field *field,
                         const struct value_name *names, uint32_t bits);
