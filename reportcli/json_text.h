/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * JSON (RFC 8259) as the renderers and the notes write it.
 */

#include "base/text.h"
#include "base/time_text.h"
#include "reportcli/render.h"

/*
 * Appends a quoted string. Invalid UTF-8 becomes U+FFFD. Beyond what the RFC
 * asks for, all that a terminal would act upon or hide is written as \uNNNN:
 * a reader gets the same string, and a person who looks at the raw text sees
 * what is there.
 */
void json_add_string(struct text *text, const char *bytes);

/* Appends the value of a column; an absent one is null. `kept` is of the zone. */
void json_add_value(struct text *text, const struct column *column, const struct value *value,
                    enum time_zone_choice zone, struct time_kept *kept);

/* Appends one object with every column that is printed, on one line, with no line end. */
void json_add_record(struct text *text, struct render *render, const struct value *values);
