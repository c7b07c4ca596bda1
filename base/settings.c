/* SPDX-License-Identifier: MIT */

#include "base/settings.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/file_guard.h"
#include "base/settings_value.h"

/* Defaults only, with the name of the file that is read next, or NULL. */
static bool open_settings(struct settings **out, const char *name, setting_tables tables,
                          struct failure *why)
{
    struct settings *settings = calloc(1, sizeof(*settings));
    struct settings_reader reader = {.why = why};

    *out = settings;
    if (settings == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the settings");
    }
    atomic_init(&settings->holders, 1);
    if (name != NULL) {
        settings->file = text_copy(name);
        if (settings->file == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for the settings");
        }
    }
    return settings_item_open(&reader, &settings->root, tables);
}

static bool read_bytes(struct settings *settings, const char *bytes, size_t size,
                       struct failure *why)
{
    struct settings_reader reader = {
        .origin = SETTING_FROM_FILE, .file = settings->file, .why = why};
    struct settings_node *tree = NULL;
    bool read = settings_yaml_parse(&tree, settings->file, bytes, size, why);

    if (read && tree != NULL) {
        read = settings_item_read(&reader, &settings->root, tree);
    }
    settings_node_free(tree);
    return read;
}

bool settings_parse(struct settings **out, const char *name, const char *bytes, size_t size,
                    setting_tables tables, struct failure *why)
{
    if (open_settings(out, name, tables, why) && read_bytes(*out, bytes, size, why)) {
        return true;
    }
    settings_free(*out);
    *out = NULL;
    return false;
}

static bool read_content(struct text *content, const char *path, bool trusted, struct failure *why)
{
    bool read = trusted ? file_read_guarded(content, path, FILE_TRUSTED, SETTINGS_LARGEST_FILE, why)
                        : file_read(content, path, SETTINGS_LARGEST_FILE, why);

    /* An unsafe file is denied by us, not by the system. */
    if (!read && (why->kind == FAILURE_FORMAT || (why->kind == FAILURE_DENIED && why->code == 0))) {
        why->kind = FAILURE_SETTINGS;
    }
    return read;
}

static bool read_file(struct settings **out, const char *path, bool trusted, setting_tables tables,
                      struct failure *why)
{
    struct text content = {0};
    bool read;

    *out = NULL;
    read = read_content(&content, path, trusted, why) &&
           settings_parse(out, path, text_bytes(&content), content.size, tables, why);
    text_clear(&content);
    return read;
}

bool settings_read(struct settings **out, const char *path, setting_tables tables,
                   struct failure *why)
{
    if (path != NULL) {
        return read_file(out, path, false, tables, why);
    }
    if (open_settings(out, NULL, tables, why)) {
        return true;
    }
    settings_free(*out);
    *out = NULL;
    return false;
}

bool settings_read_trusted(struct settings **out, const char *path, setting_tables tables,
                           struct failure *why)
{
    return read_file(out, path, true, tables, why);
}

/* The node at "a.b", or NULL. */
static const struct settings_node *find_node(const struct settings_node *node, const char *name)
{
    while (node != NULL && *name != '\0') {
        size_t size = strcspn(name, ".");
        const struct settings_node *child = node->kind == SETTINGS_MAPPING ? node->first : NULL;

        while (child != NULL &&
               (strlen(child->key) != size || memcmp(child->key, name, size) != 0)) {
            child = child->next;
        }
        node = child;
        name += size + (name[size] == '.');
    }
    return node;
}

bool settings_peek(struct text *value, const char *path, const char *name)
{
    struct settings_node *tree = NULL;
    const struct settings_node *node = NULL;
    struct text content = {0};
    struct failure ignored;

    if (read_content(&content, path, true, &ignored) &&
        settings_yaml_parse(&tree, path, text_bytes(&content), content.size, &ignored)) {
        node = find_node(tree, name);
    }
    if (node != NULL && (node->kind != SETTINGS_SCALAR || settings_node_is_null(node))) {
        node = NULL;
    }
    text_add(value, node == NULL ? "" : node->text);
    settings_node_free(tree);
    text_clear(&content);
    return node != NULL;
}

bool settings_override(struct settings *settings, const struct setting_override *override,
                       struct failure *why)
{
    struct setting_value *value = settings_item_find(&settings->root, override->name);
    char *source = text_copy(override->source);
    struct settings_reader reader = {
        .origin = SETTING_FROM_POLICY, .file = source, .key = override->name, .why = why};
    struct setting_value taken = {0};

    assert(value != NULL);
    if (source == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the settings");
    }
    taken.key = value->key;
    if (!setting_value_read(&reader, &taken, override->value)) {
        setting_value_clear(&taken);
        free(source);
        return false;
    }
    setting_value_clear(value);
    *value = taken;
    value->source = source;
    return true;
}

struct settings *settings_hold(struct settings *settings)
{
    atomic_fetch_add_explicit(&settings->holders, 1, memory_order_relaxed);
    return settings;
}

void settings_free(struct settings *settings)
{
    if (settings != NULL &&
        atomic_fetch_sub_explicit(&settings->holders, 1, memory_order_acq_rel) == 1) {
        settings_item_clear(&settings->root);
        free(settings->file);
        free(settings);
    }
}

static const struct setting_value *get(const struct settings_item *item, const char *name)
{
    const struct setting_value *value = settings_item_find(item, name);

    assert(value != NULL);
    return value;
}

bool item_bool(const struct settings_item *item, const char *name)
{
    const struct setting_value *value = get(item, name);

    assert(value->key->kind == SETTING_BOOL);
    return value->number != 0;
}

int64_t item_number(const struct settings_item *item, const char *name)
{
    const struct setting_value *value = get(item, name);

    assert(value->key->kind == SETTING_NUMBER || value->key->kind == SETTING_DURATION ||
           value->key->kind == SETTING_SIZE);
    return value->number;
}

const char *item_text(const struct settings_item *item, const char *name)
{
    const struct setting_value *value = get(item, name);

    assert(value->key->kind == SETTING_TEXT || value->key->kind == SETTING_PATH ||
           value->key->kind == SETTING_CHOICE);
    return value->text;
}

size_t item_count(const struct settings_item *item, const char *name)
{
    const struct setting_value *value = get(item, name);

    assert(setting_has_entries(value->key->kind));
    return value->count;
}

const char *item_text_at(const struct settings_item *item, const char *name, size_t i)
{
    const struct setting_value *value = get(item, name);

    assert(value->key->kind == SETTING_TEXT_LIST && i < value->count);
    return value->entries[i].name;
}

const struct settings_item *item_item_at(const struct settings_item *item, const char *name,
                                         size_t i)
{
    const struct setting_value *value = get(item, name);

    assert(setting_has_entries(value->key->kind) && i < value->count);
    return &value->entries[i];
}

struct setting_place item_place(const struct settings_item *item, const char *name)
{
    return name == NULL ? item->place : get(item, name)->place;
}

/* "p.yaml:3:5: probes.jobs[1].at: what is wrong" */
static bool complain(const struct settings_item *item, const char *name, struct setting_place place,
                     struct failure *why, const char *format, va_list args)
{
    struct text line = {0};

    text_addf(&line, "%s:", place.file == NULL ? "default" : place.file);
    if (place.line > 0) {
        text_addf(&line, "%d:%d:", place.line, place.column);
    }
    text_addf(&line, " %s%s%s: ", item->path == NULL ? "" : item->path,
              item->path == NULL || name == NULL || name[0] == '[' ? "" : ".",
              name == NULL ? "" : name);
    text_addv(&line, format, args);
    failure_set(why, FAILURE_SETTINGS, 0, "%s", text_bytes(&line));
    text_clear(&line);
    return false;
}

/* Where the key stands; of one that does not, its item. In a map the value has the entry's name. */
bool item_refuse(const struct settings_item *item, const char *name, struct failure *why,
                 const char *format, ...)
{
    bool stands = name != NULL && item_has(item, name);
    va_list args;

    va_start(args, format);
    complain(item, item->name == NULL ? name : NULL, stands ? item_place(item, name) : item->place,
             why, format, args);
    va_end(args);
    return false;
}

bool item_refuse_text(const struct settings_item *item, const char *name, size_t i,
                      struct failure *why, const char *format, ...)
{
    const struct setting_value *value = get(item, name);
    struct setting_place place;
    bool is_alone;
    struct text whole = {0};
    va_list args;

    assert(value->key->kind == SETTING_TEXT_LIST && i < value->count);
    place = value->entries[i].place;
    is_alone = place.line == value->place.line && place.column == value->place.column;
    text_add(&whole, item->name == NULL ? name : "");
    if (!is_alone) { /* "at: 07:30", which is no list to whoever wrote it */
        text_addf(&whole, "[%zu]", i + 1);
    }
    va_start(args, format);
    complain(item, whole.size == 0 ? NULL : text_bytes(&whole), place, why, format, args);
    va_end(args);
    text_clear(&whole);
    return false;
}

bool item_has(const struct settings_item *item, const char *name)
{
    return get(item, name)->place.origin != SETTING_FROM_DEFAULT;
}

const char *item_name(const struct settings_item *item)
{
    return item->name;
}

bool settings_bool(const struct settings *settings, const char *name)
{
    return item_bool(&settings->root, name);
}

int64_t settings_number(const struct settings *settings, const char *name)
{
    return item_number(&settings->root, name);
}

const char *settings_text(const struct settings *settings, const char *name)
{
    return item_text(&settings->root, name);
}

size_t settings_count(const struct settings *settings, const char *name)
{
    return item_count(&settings->root, name);
}

const char *settings_text_at(const struct settings *settings, const char *name, size_t i)
{
    return item_text_at(&settings->root, name, i);
}

const struct settings_item *settings_item_at(const struct settings *settings, const char *name,
                                             size_t i)
{
    return item_item_at(&settings->root, name, i);
}

struct setting_place settings_place(const struct settings *settings, const char *name)
{
    return item_place(&settings->root, name);
}
