/* SPDX-License-Identifier: MIT */

#include "reportcli/answer_text.h"

#include <inttypes.h>
#include <string.h>

#include "probes/tls.h"
#include "reportcli/json_text.h"

static void add_time(struct text *text, int64_t at, enum time_zone_choice zone)
{
    time_text_add_rfc3339(text, at, zone);
}

static void add_json_value(struct text *text, const struct answer_value *value,
                           enum time_zone_choice zone)
{
    switch (value->field->type) {
    case ANSWER_TEXT:
        json_add_string(text, value->text);
        break;
    case ANSWER_TIME:
        text_add_char(text, '"');
        add_time(text, value->number, zone);
        text_add_char(text, '"');
        break;
    case ANSWER_TRUTH:
        text_add(text, value->number != 0 ? "true" : "false");
        break;
    default:
        text_addf(text, "%" PRId64, value->number);
        break;
    }
}

/* The values of one item (0: of the answer as a whole), from the place `from` on. */
struct scope {
    const struct answer *answer;
    uint32_t item;
    size_t from;
    enum time_zone_choice zone;
};

/* Whether a value before it in its scope has the same field. */
static bool is_first(const struct scope *scope, size_t at)
{
    const struct answer_value *values = scope->answer->values;

    for (size_t i = scope->from; i < at; i++) {
        if (values[i].item == scope->item && values[i].field == values[at].field) {
            return false;
        }
    }
    return true;
}

/* All values of a field that can come several times. */
static void add_array(struct text *text, const struct scope *scope, size_t at)
{
    const struct answer_value *values = scope->answer->values;
    const char *parting = "[";

    for (size_t i = at; i < scope->answer->count; i++) {
        if (values[i].item == scope->item && values[i].field == values[at].field) {
            text_add(text, parting);
            add_json_value(text, &values[i], scope->zone);
            parting = ",";
        }
        if (scope->item != 0 && values[i].item != scope->item) {
            break; /* an item's values stand together */
        }
    }
    text_add_char(text, ']');
}

static void add_name(struct text *text, const char **parting, const char *name)
{
    text_add(text, *parting);
    json_add_string(text, name);
    text_add_char(text, ':');
    *parting = ",";
}

/* The members of a scope, without braces. */
static void add_members(struct text *text, const struct scope *scope, const char **parting)
{
    const struct answer *answer = scope->answer;

    for (size_t i = scope->from; i < answer->count; i++) {
        const struct answer_value *value = &answer->values[i];

        if (scope->item != 0 && value->item != scope->item) {
            break;
        }
        if (value->item != scope->item || !is_first(scope, i)) {
            continue;
        }
        add_name(text, parting, value->field->name);
        if (value->field->many) {
            add_array(text, scope, i);
        } else {
            add_json_value(text, value, scope->zone);
        }
    }
}

static void add_item(struct text *text, const struct answer *answer, size_t at,
                     enum time_zone_choice zone)
{
    struct scope scope = {answer, answer->values[at].item, at, zone};
    const char *parting = "";

    text_add_char(text, '{');
    add_members(text, &scope, &parting);
    text_add_char(text, '}');
}

/* The place of the next value that begins an item of that group; NULL: of any. */
static size_t next_item(const struct answer *answer, size_t from, const char *group)
{
    for (size_t i = from; i < answer->count; i++) {
        const struct answer_value *value = &answer->values[i];
        bool begins = value->item != 0 && (i == 0 || answer->values[i - 1].item != value->item);

        if (begins && (group == NULL || strcmp(value->group, group) == 0)) {
            return i;
        }
    }
    return answer->count;
}

static void add_group(struct text *text, const struct answer *answer, size_t first,
                      enum time_zone_choice zone)
{
    const char *group = answer->values[first].group;
    const char *parting = "[";

    for (size_t i = first; i < answer->count; i = next_item(answer, i + 1, group)) {
        text_add(text, parting);
        add_item(text, answer, i, zone);
        parting = ",";
    }
    text_add_char(text, ']');
}

void answer_add_json(struct text *text, const struct answer *answer, enum time_zone_choice zone)
{
    struct scope whole = {answer, 0, 0, zone};
    const char *parting = "";

    text_add_char(text, '{');
    add_members(text, &whole, &parting);
    for (size_t i = next_item(answer, 0, NULL); i < answer->count;
         i = next_item(answer, i + 1, NULL)) {
        const char *group = answer->values[i].group;

        if (next_item(answer, 0, group) == i) {
            add_name(text, &parting, group);
            add_group(text, answer, i, zone);
        }
    }
    text_add_char(text, '}');
}

static void add_plain_value(struct text *text, const struct answer_value *value,
                            enum time_zone_choice zone)
{
    switch (value->field->type) {
    case ANSWER_TEXT:
        text_add(text, value->text);
        break;
    case ANSWER_TIME:
        add_time(text, value->number, zone);
        break;
    case ANSWER_TRUTH:
        text_add(text, value->number != 0 ? "yes" : "no");
        break;
    default:
        text_addf(text, "%" PRId64, value->number);
        if (value->field->unit != NULL) {
            text_addf(text, " %s", value->field->unit);
        }
        break;
    }
}

void answer_add_pairs(struct text *text, const struct answer *answer, enum time_zone_choice zone)
{
    for (size_t i = 0; i < answer->count; i++) {
        const struct answer_value *value = &answer->values[i];

        text_add(text, i == 0 ? "" : "; ");
        if (value->item != 0) {
            text_addf(text, "%s %u ", value->group, (unsigned)value->item);
        }
        text_addf(text, "%s=", value->field->name);
        add_plain_value(text, value, zone);
    }
}

static bool is_among(const struct answer_field *field, const struct answer_field *fields,
                     size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (&fields[i] == field) {
            return true;
        }
    }
    return false;
}

enum { TELLING_MOST = 5, TELLING_COLUMNS = 72 };

/* Which values tell something: marked ones; those of the protocol; all but those of items. */
enum choice { MARKED, OWN, ANY, CHOICE_COUNT };

static bool is_chosen(const struct answer_value *value, enum choice choice,
                      const struct answer_field *fields, size_t count)
{
    switch (choice) {
    case MARKED:
        return value->field->telling;
    case OWN:
        return value->item == 0 && is_among(value->field, fields, count);
    default:
        return value->item == 0;
    }
}

/* "signing required: " for signing_required; a text speaks for itself. */
static void add_label(struct text *text, const struct answer_field *field)
{
    const char *words = field->label;

    if (words == NULL) {
        words = field->type == ANSWER_TEXT ? "" : field->name;
    }
    for (const char *at = words; *at != '\0'; at++) {
        text_add_char(text, (char)(*at == '_' ? ' ' : *at));
    }
    if (words[0] != '\0') {
        text_add(text, field->type == ANSWER_TRUTH ? ": " : " ");
    }
}

static void add_short_value(struct text *text, const struct answer_value *value)
{
    if (value->field->type != ANSWER_TEXT) {
        add_plain_value(text, value, TIME_ZONE_UTC);
    } else if (strlen(value->text) <= TELLING_COLUMNS) {
        text_add(text, value->text);
    } else {
        text_add_bytes(text, value->text, text_whole(value->text, TELLING_COLUMNS));
        text_add(text, "...");
    }
}

struct telling {
    struct text *text;
    const struct answer_field *last; /* whose label was written */
    int count;
};

/* False: there is no room for more. */
static bool add_telling_value(struct telling *telling, const struct answer_value *value)
{
    if (telling->text->size >= TELLING_COLUMNS) {
        return false;
    }
    if (telling->count == TELLING_MOST) {
        text_add(telling->text, ", ...");
        return false;
    }
    text_add(telling->text, telling->count == 0 ? "" : ", ");
    if (value->field != telling->last) {
        telling->last = value->field;
        add_label(telling->text, value->field);
    }
    add_short_value(telling->text, value);
    telling->count++;
    return true;
}

/* TLS first, also where a server began it after other words: what is wrong with a certificate must
 * not be cut off behind a long banner. */
static bool add_chosen(struct text *text, const struct answer *answer, enum choice choice,
                       const struct answer_field *fields, size_t field_count)
{
    struct telling telling = {.text = text};
    bool has_room = true;

    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < answer->count && has_room; i++) {
            const struct answer_value *value = &answer->values[i];
            bool is_tls = is_among(value->field, tls_fields, tls_field_count);

            if (is_tls == (pass == 0) && is_chosen(value, choice, fields, field_count)) {
                has_room = add_telling_value(&telling, value);
            }
        }
    }
    return telling.count > 0;
}

void answer_add_telling(struct text *text, const struct answer *answer,
                        const struct answer_field *fields, size_t field_count)
{
    for (int choice = MARKED; choice < CHOICE_COUNT; choice++) {
        if (add_chosen(text, answer, (enum choice)choice, fields, field_count)) {
            break;
        }
    }
}
