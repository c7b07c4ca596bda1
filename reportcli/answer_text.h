/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a server said, as outputs show it.
 */

#include "base/text.h"
#include "base/time_text.h"
#include "probes/answer.h"

/*
 * Appends one JSON object. A field that can come several times is an array,
 * and so are the items of a group, each an object: {"total": 2, "endpoint":
 * [{"uuid": ...}, {"uuid": ...}]}.
 */
void answer_add_json(struct text *text, const struct answer *answer, enum time_zone_choice zone);

/* Appends "name=value; name=value"; what belongs to an item has its group before: "endpoint 1
 * uuid=...". */
void answer_add_pairs(struct text *text, const struct answer *answer, enum time_zone_choice zone);

/*
 * Appends what tells most in one cell: a few values, of fields that are marked
 * so, else of `fields`, else of any. Nothing where there is none.
 */
void answer_add_telling(struct text *text, const struct answer *answer,
                        const struct answer_field *fields, size_t field_count);
