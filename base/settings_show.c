/* SPDX-License-Identifier: MIT */

/*
 * Settings written out: those in force, and the file of defaults.
 */

#include <inttypes.h>
#include <string.h>

#include "base/settings_value.h"
#include "base/units.h"

/* Bytes of a plain text that mean nothing to YAML wherever they stand. */
static bool is_harmless(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (unsigned char)c >= 0x80 || (c != '\0' && strchr("/\\._", c) != NULL);
}

/* Whether the text reads the same without quotes, also within [..]. */
static bool is_plain(const char *text)
{
    static const char *const words[] = {"null", "~"};
    size_t size = strlen(text);

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (text_equal_fold(text, words[i])) {
            return false;
        }
    }
    for (size_t i = 1; i + 1 < size; i++) {
        bool inside = text[i] == '-' || text[i] == '+' || text[i] == '@' ||
                      (text[i] == ':' && is_harmless(text[i + 1])) ||
                      (text[i] == ' ' && is_harmless(text[i + 1]));

        if (!inside && !is_harmless(text[i])) {
            return false;
        }
    }
    return size > 0 && is_harmless(text[0]) && is_harmless(text[size - 1]) &&
           strncmp(text, "...", 3) != 0;
}

static void add_scalar(struct text *text, const char *scalar)
{
    if (is_plain(scalar)) {
        text_add(text, scalar);
        return;
    }
    text_add_char(text, '\'');
    for (; *scalar != '\0'; scalar++) {
        text_add_char(text, *scalar);
        if (*scalar == '\'') {
            text_add_char(text, '\'');
        }
    }
    text_add_char(text, '\'');
}

static void add_number(struct text *text, enum setting_kind kind, int64_t number)
{
    switch (kind) {
    case SETTING_BOOL:
        text_add(text, number != 0 ? "true" : "false");
        break;
    case SETTING_DURATION:
        units_add_duration(text, number);
        break;
    case SETTING_SIZE:
        units_add_size(text, number);
        break;
    default:
        text_addf(text, "%" PRId64, number);
        break;
    }
}

static void add_text_list(struct text *text, const struct setting_value *value)
{
    text_add_char(text, '[');
    for (size_t i = 0; i < value->count; i++) {
        text_add(text, i == 0 ? "" : ", ");
        add_scalar(text, value->entries[i].name);
    }
    text_add_char(text, ']');
}

/* What stands behind the colon. */
static void add_value(struct text *text, const struct setting_value *value)
{
    switch (value->key->kind) {
    case SETTING_TEXT:
    case SETTING_PATH:
    case SETTING_CHOICE:
        add_scalar(text, value->text);
        break;
    case SETTING_TEXT_LIST:
        add_text_list(text, value);
        break;
    case SETTING_MAP:
        text_add(text, "{}"); /* one with entries has a line for each */
        break;
    case SETTING_LIST:
        text_add(text, "[]");
        break;
    default:
        add_number(text, value->key->kind, value->number);
        break;
    }
}

static void add_origin(struct text *text, const struct setting_place *place)
{
    switch (place->origin) {
    case SETTING_FROM_FILE:
        text_addf(text, "  # %s:%d:%d\n", place->file, place->line, place->column);
        break;
    case SETTING_FROM_POLICY:
        text_addf(text, "  # policy %s\n", place->file);
        break;
    default:
        text_add(text, "  # default\n");
        break;
    }
}

static void add_item(struct text *text, const struct settings_item *item, const char *prefix);

/* The lines of a value; `name` is what it is called in full. */
static void add_lines(struct text *text, const struct setting_value *value, const char *name)
{
    bool is_map = value->key->kind == SETTING_MAP;
    struct text inner = {0};

    if (value->count == 0 || value->key->kind == SETTING_TEXT_LIST) {
        text_addf(text, "%s:", name);
        if (value->given || setting_has_entries(value->key->kind)) {
            text_add_char(text, ' ');
            add_value(text, value);
        }
        add_origin(text, &value->place);
        return;
    }
    for (size_t i = 0; i < value->count; i++) {
        const struct settings_item *entry = &value->entries[i];

        text_reset(&inner);
        if (is_map) {
            text_addf(&inner, "%s.%s", name, entry->name);
            add_lines(text, &entry->values[0], text_bytes(&inner));
        } else {
            text_addf(&inner, "%s[%zu].", name, i + 1);
            add_item(text, entry, text_bytes(&inner));
        }
    }
    text->failed = text->failed || inner.failed;
    text_clear(&inner);
}

static void add_item(struct text *text, const struct settings_item *item, const char *prefix)
{
    struct text name = {0};

    for (size_t i = 0; i < item->count; i++) {
        text_reset(&name);
        text_addf(&name, "%s%s", prefix, item->values[i].key->name);
        add_lines(text, &item->values[i], text_bytes(&name));
    }
    text->failed = text->failed || name.failed;
    text_clear(&name);
}

void settings_add_all(struct text *text, const struct settings *settings)
{
    add_item(text, &settings->root, "");
}

/*
 * How far the lines of the default file are indented. A line that is all
 * comment for now has its # at `hash`, and what follows it keeps its column
 * less one: without the # it stands where it belongs.
 */
struct layout {
    struct text *text;
    int hash;    /* -1: the next key gets a # of its own */
    bool begins; /* the next key is the first of an entry, which begins with a dash */
};

enum { INDENT = 2, NO_HASH = -1 };

/* Begins a line at `level`. */
static void add_indent(const struct layout *layout, int level)
{
    int columns = level * INDENT;

    if (layout->hash == NO_HASH) {
        text_add_repeated(layout->text, ' ', (size_t)columns);
    } else {
        text_add_repeated(layout->text, ' ', (size_t)layout->hash);
        text_add_char(layout->text, '#');
        text_add_repeated(layout->text, ' ', (size_t)(columns - layout->hash));
    }
}

/* Begins the line of a key or group. */
static void add_key_indent(struct layout *layout, int level)
{
    if (layout->begins) {
        layout->begins = false;
        add_indent(layout, level - 1);
        text_add(layout->text, "- ");
    } else {
        add_indent(layout, level);
    }
}

static const struct {
    const char *word;        /* for people */
    const char *placeholder; /* where there is no default; none is a right value, on purpose */
} kinds[] = {
    [SETTING_BOOL] = {"true or false", "TRUE-OR-FALSE"},
    [SETTING_NUMBER] = {"number", "NUMBER"},
    [SETTING_DURATION] = {"duration", "DURATION"},
    [SETTING_SIZE] = {"size", "SIZE"},
    [SETTING_TEXT] = {"text", "TEXT"},
    [SETTING_PATH] = {"absolute path", "PATH"},
    [SETTING_CHOICE] = {NULL, "CHOICE"},
    [SETTING_TEXT_LIST] = {"list of texts", "[TEXT, TEXT]"},
    [SETTING_MAP] = {"names of your choice", NULL},
    [SETTING_LIST] = {"list", NULL},
};

static void add_limits(struct text *text, const struct setting_key *key)
{
    bool entries = setting_has_entries(key->kind);
    enum setting_kind kind = entries ? SETTING_NUMBER : key->kind;
    bool open = key->maximum == INT64_MAX;

    if (key->minimum == 0 && key->maximum == 0) {
        return;
    }
    text_add(text, ", ");
    add_number(text, kind, key->minimum);
    text_add(text, open ? " or more" : " to ");
    if (!open) {
        add_number(text, kind, key->maximum);
    }
    text_add(text, entries ? " entries" : "");
}

static void add_choices(struct text *text, const char *const *choices)
{
    for (size_t i = 0; choices[i] != NULL; i++) {
        text_add(text, i == 0 ? "" : choices[i + 1] == NULL ? " or " : ", ");
        text_add(text, choices[i]);
    }
}

/* The lines that explain a key: "# How often ... (duration, 100ms to 1h)". */
static void add_explanation(const struct layout *layout, const struct setting_key *key, int level,
                            bool in_item)
{
    struct text *text = layout->text;

    add_indent(layout, level);
    text_addf(text, "# %s (", key->help);
    if (key->kind == SETTING_CHOICE) {
        add_choices(text, key->choices);
    } else {
        text_add(text, key->unit == NULL ? kinds[key->kind].word : key->unit);
    }
    add_limits(text, key);
    text_add(text, key->required ? "; must be there" : "");
    text_add(text, key->reloadable || in_item ? ")\n" : "; takes effect at the next start)\n");
}

static void add_keys(struct layout *layout, setting_tables tables, const char *prefix, int level);

/* An example of an entry of a list, as comments. */
static void add_list_entry(const struct layout *layout, const struct setting_key *key, int level)
{
    setting_tables tables = {key->item, NULL};
    struct layout inner = {.text = layout->text, .hash = layout->hash, .begins = true};

    if (inner.hash == NO_HASH) {
        inner.hash = level * INDENT;
    }
    add_keys(&inner, tables, "", level + 2);
}

/* The same for a map. */
static void add_map_entry(const struct layout *layout, const struct setting_key *key, int level)
{
    const struct setting_key *value = &key->item->keys[0];
    struct layout inner = {.text = layout->text, .hash = layout->hash};

    if (inner.hash == NO_HASH) {
        inner.hash = level * INDENT;
    }
    add_explanation(&inner, value, level + 1, true);
    add_key_indent(&inner, level + 1);
    text_add(inner.text, "NAME:");
    if (value->kind == SETTING_LIST) {
        text_add_char(inner.text, '\n');
        add_list_entry(&inner, value, level + 1);
    } else if (value->kind == SETTING_MAP) {
        text_add_char(inner.text, '\n');
        add_map_entry(&inner, value, level + 1);
    } else {
        text_addf(inner.text, " %s\n", kinds[value->kind].placeholder);
    }
}

static void add_key(struct layout *layout, const struct setting_key *key, const char *name,
                    int level)
{
    bool in_item = layout->hash != NO_HASH;

    add_explanation(layout, key, level, in_item);
    add_key_indent(layout, level);
    text_addf(layout->text, "%s%s:", in_item ? "" : "#", name);
    if (key->kind == SETTING_LIST || key->kind == SETTING_MAP) {
        text_add_char(layout->text, '\n');
        (key->kind == SETTING_LIST ? add_list_entry : add_map_entry)(layout, key, level);
        return;
    }
    text_add_char(layout->text, ' ');
    if (key->fallback == NULL) {
        text_add(layout->text, kinds[key->kind].placeholder);
    } else if (key->kind == SETTING_TEXT_LIST) {
        text_add(layout->text, key->fallback);
    } else {
        add_scalar(layout->text, key->fallback);
    }
    text_add_char(layout->text, '\n');
}

/* What stands behind the group `prefix` in a dotted name; NULL where it is in another group. */
static const char *name_within(const char *name, const char *prefix)
{
    size_t size = strlen(prefix);

    if (size == 0) {
        return name;
    }
    return strncmp(name, prefix, size) == 0 && name[size] == '.' ? name + size + 1 : NULL;
}

/* Whether a key before tables[table]->keys[place] is in the group too. */
static bool has_been(setting_tables tables, const char *group, size_t table, size_t place)
{
    for (size_t i = 0; i <= table; i++) {
        size_t end = i == table ? place : tables[i]->count;

        for (size_t j = 0; j < end; j++) {
            if (name_within(tables[i]->keys[j].name, group) != NULL) {
                return true;
            }
        }
    }
    return false;
}

static void add_group(struct layout *layout, setting_tables tables, const char *part,
                      const char *group, int level)
{
    const char *dot = strrchr(group, '.');

    if (level == 0) {
        text_addf(layout->text, "\n# %s\n", part);
    }
    add_key_indent(layout, level);
    text_addf(layout->text, "%s:\n", dot == NULL ? group : dot + 1);
    add_keys(layout, tables, group, level + 1);
}

/* All keys of the group `prefix`, with the groups in it. */
static void add_keys(struct layout *layout, setting_tables tables, const char *prefix, int level)
{
    for (size_t i = 0; tables[i] != NULL; i++) {
        for (size_t j = 0; j < tables[i]->count; j++) {
            const struct setting_key *key = &tables[i]->keys[j];
            const char *name = name_within(key->name, prefix);
            struct text group = {0};

            if (name == NULL) {
                continue;
            }
            if (strchr(name, '.') == NULL) {
                add_key(layout, key, name, level);
                continue;
            }
            text_add_bytes(&group, key->name, (size_t)(name - key->name) + strcspn(name, "."));
            if (group.failed) { /* without a name it would be the level above, again and again */
                layout->text->failed = true;
            } else if (!has_been(tables, text_bytes(&group), i, j)) {
                add_group(layout, tables, tables[i]->part, text_bytes(&group), level);
            }
            text_clear(&group);
        }
    }
}

void settings_add_default_file(struct text *text, setting_tables tables)
{
    struct layout layout = {.text = text, .hash = NO_HASH};

    text_add(text,
             "# Settings of portledger. Each key stands here with its default: take the # in\n"
             "# front of it away to change it. Indent with blanks, not with tabs.\n"
             "# Durations: 250ms 30s 5m 2h 400d, also 1h30m. Sizes: 512B 64KiB 64MiB 4GiB.\n");
    add_keys(&layout, tables, "", 0);
}
