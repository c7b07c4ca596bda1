/* SPDX-License-Identifier: MIT */

#include "probes/answer.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void answer_clear(struct answer *answer)
{
    for (size_t i = 0; i < answer->count; i++) {
        free((char *)answer->values[i].text);
    }
    free(answer->values);
    *answer = (struct answer){0};
}

/* Room for one more value; false where it is not kept. */
static bool reserve(struct answer *answer)
{
    size_t capacity = answer->capacity * 2 + 16;
    struct answer_value *values;

    if (answer->count == ANSWER_VALUES_MOST) {
        answer->cut = true;
        return false;
    }
    if (answer->count < answer->capacity) {
        return true;
    }
    values = realloc(answer->values, capacity * sizeof(*values));
    if (values == NULL) {
        answer->lacks_memory = true;
        return false;
    }
    answer->values = values;
    answer->capacity = capacity;
    return true;
}

/* Takes `text` over. */
static void add_value(struct answer *answer, const struct answer_field *field, int64_t number,
                      char *text)
{
    if (!reserve(answer)) {
        free(text);
        return;
    }
    answer->values[answer->count++] = (struct answer_value){
        .field = field,
        .item = answer->in_item ? answer->items : 0,
        .group = answer->in_item ? answer->group : NULL,
        .number = number,
        .text = text,
    };
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\r' || c == '\n' || c == '\t' || c == '\0';
}

void answer_add_text(struct answer *answer, const struct answer_field *field, const void *bytes,
                     size_t size)
{
    const char *raw = bytes;
    struct text text = {0};
    char *copy;

    assert(field->type == ANSWER_TEXT);
    if (size > ANSWER_TEXT_MOST) {
        size = text_whole(raw, ANSWER_TEXT_MOST);
        answer->cut = true;
    }
    while (size > 0 && is_blank(raw[size - 1])) {
        size--;
    }
    text_add_visible(&text, raw, size);
    copy = text_take(&text);
    if (copy == NULL) {
        answer->lacks_memory = true;
        return;
    }
    if (strlen(copy) > ANSWER_TEXTS_MOST - answer->text_size) {
        answer->cut = true;
        free(copy);
        return;
    }
    answer->text_size += strlen(copy);
    add_value(answer, field, 0, copy);
}

void answer_add_string(struct answer *answer, const struct answer_field *field, const char *text)
{
    answer_add_text(answer, field, text, strlen(text));
}

void answer_addf(struct answer *answer, const struct answer_field *field, const char *format, ...)
{
    struct text text = {0};
    va_list args;

    va_start(args, format);
    text_addv(&text, format, args);
    va_end(args);
    answer_add_string(answer, field, text_bytes(&text));
    text_clear(&text);
}

void answer_add_hex(struct answer *answer, const struct answer_field *field, const void *bytes,
                    size_t size)
{
    const uint8_t *at = bytes;
    struct text text = {0};

    if (size > ANSWER_TEXT_MOST / 2) {
        size = ANSWER_TEXT_MOST / 2;
        answer->cut = true;
    }
    for (size_t i = 0; i < size; i++) {
        text_addf(&text, "%02x", at[i]);
    }
    answer_add_string(answer, field, text_bytes(&text));
    text_clear(&text);
}

void answer_add_number(struct answer *answer, const struct answer_field *field, int64_t number)
{
    assert(field->type != ANSWER_TEXT);
    add_value(answer, field, number, NULL);
}

void answer_begin_item(struct answer *answer, const char *group)
{
    answer->items++;
    answer->group = group;
    answer->in_item = true;
}

void answer_end_item(struct answer *answer)
{
    answer->in_item = false;
}

const struct answer_value *answer_find(const struct answer *answer, const char *name)
{
    for (size_t i = 0; i < answer->count; i++) {
        if (strcmp(answer->values[i].field->name, name) == 0) {
            return &answer->values[i];
        }
    }
    return NULL;
}

void answer_append(struct answer *to, struct answer *from)
{
    uint32_t items = to->items;

    for (size_t i = 0; i < from->count; i++) {
        struct answer_value *value = &from->values[i];

        if (!reserve(to)) {
            break;
        }
        to->values[to->count] = *value;
        to->values[to->count++].item += value->item == 0 ? 0 : items;
        value->text = NULL; /* it is the other's now */
    }
    to->items += from->items;
    to->text_size += from->text_size;
    to->cut = to->cut || from->cut;
    to->lacks_memory = to->lacks_memory || from->lacks_memory;
    answer_clear(from);
}
