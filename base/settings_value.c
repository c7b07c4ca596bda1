/* SPDX-License-Identifier: MIT */

#include "base/settings_value.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/settings_system.h"
#include "base/units.h"

bool setting_has_entries(enum setting_kind kind)
{
    return kind == SETTING_TEXT_LIST || kind == SETTING_MAP || kind == SETTING_LIST;
}

void setting_value_clear(struct setting_value *value)
{
    for (size_t i = 0; i < value->count; i++) {
        settings_item_clear(&value->entries[i]);
    }
    free(value->entries);
    free(value->text);
    free(value->source);
    *value = (struct setting_value){.key = value->key};
}

void settings_item_clear(struct settings_item *item)
{
    for (size_t i = 0; i < item->count; i++) {
        setting_value_clear(&item->values[i]);
    }
    free(item->values);
    free(item->name);
    free(item->path);
    *item = (struct settings_item){0};
}

/* Appends the name of the node as people write it: probes.jobs[1].every, entries counted from 1. */
static void add_node_name(struct text *text, const struct settings_reader *reader,
                          const struct settings_node *node)
{
    const struct settings_node *parent = node->parent;
    size_t place = 1;

    if (parent == NULL) {
        text_add(text, reader->key == NULL ? "" : reader->key);
        return;
    }
    add_node_name(text, reader, parent);
    if (parent->kind == SETTINGS_MAPPING) {
        text_add(text, text->size > 0 ? "." : "");
        text_add(text, node->key);
        return;
    }
    for (const struct settings_node *i = parent->first; i != node; i = i->next) {
        place++;
    }
    text_addf(text, "[%zu]", place);
}

/* Appends "portledger.yaml:3:13: collector.interval: ". */
static void add_place(struct text *text, const struct settings_reader *reader,
                      const struct settings_node *node, bool at_key)
{
    struct text name = {0};

    text_addf(text, "%s:", reader->file == NULL ? "default" : reader->file);
    if (reader->origin == SETTING_FROM_FILE) {
        text_addf(text, "%d:%d:", at_key ? node->key_line : node->line,
                  at_key ? node->key_column : node->column);
    }
    add_node_name(&name, reader, node);
    text_addf(text, "%s%s%s ", name.size > 0 ? " " : "", text_bytes(&name),
              name.size > 0 ? ":" : "");
    text_clear(&name);
}

/* Fills *reader->why, whose own text may be an argument. */
static void complain(const struct settings_reader *reader, const struct settings_node *node,
                     bool at_key, const char *format, va_list args)
{
    struct text line = {0};

    add_place(&line, reader, node, at_key);
    text_addv(&line, format, args);
    failure_set(reader->why, FAILURE_SETTINGS, 0, "%s", text_bytes(&line));
    text_clear(&line);
}

static bool refuse(const struct settings_reader *reader, const struct settings_node *node,
                   const char *format, ...) PRINTF_LIKE(3, 4);

/* What is wrong with the value of the node. Always false. */
static bool refuse(const struct settings_reader *reader, const struct settings_node *node,
                   const char *format, ...)
{
    va_list args;

    va_start(args, format);
    complain(reader, node, false, format, args);
    va_end(args);
    return false;
}

static bool refuse_key(const struct settings_reader *reader, const struct settings_node *node,
                       const char *format, ...) PRINTF_LIKE(3, 4);

/* What is wrong with its key. Always false. */
static bool refuse_key(const struct settings_reader *reader, const struct settings_node *node,
                       const char *format, ...)
{
    va_list args;

    va_start(args, format);
    complain(reader, node, true, format, args);
    va_end(args);
    return false;
}

static bool refuse_memory(const struct settings_reader *reader)
{
    return FAIL(reader->why, FAILURE_MEMORY, 0, "no memory for the settings");
}

static struct setting_place place_of(const struct settings_reader *reader, int line, int column)
{
    struct setting_place place = {.origin = reader->origin, .file = reader->file};

    if (reader->origin == SETTING_FROM_FILE) {
        place.line = line;
        place.column = column;
    }
    return place;
}

static bool check_scalar(const struct settings_reader *reader, const struct settings_node *node)
{
    if (node->kind != SETTINGS_SCALAR) {
        return refuse(reader, node,
                      node->kind == SETTINGS_MAPPING
                          ? "one value is expected here, not keys below the key"
                          : "one value is expected here, not a list");
    }
    if (settings_node_is_null(node)) {
        return refuse(reader, node, "no value; write one, or put a # before the key");
    }
    return true;
}

static void add_number(struct text *text, const struct setting_key *key, int64_t number)
{
    switch (key->kind) {
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

/* Holds the number against the limits of the key; `shown` is the number as it was written. */
static bool check_range(const struct settings_reader *reader, const struct setting_key *key,
                        const struct settings_node *node, int64_t number, const char *shown)
{
    bool small = number < key->minimum;
    struct text what = {0};

    if ((key->minimum == 0 && key->maximum == 0) || (!small && number <= key->maximum)) {
        return true;
    }
    text_addf(&what, "%s is too %s; the %s is ", shown, small ? "small" : "large",
              small ? "least" : "most");
    add_number(&what, key, small ? key->minimum : key->maximum);
    refuse(reader, node, "%s", text_bytes(&what));
    text_clear(&what);
    return false;
}

static bool check_entry_count(const struct settings_reader *reader, const struct setting_key *key,
                              const struct settings_node *node, size_t count)
{
    int64_t entries = (int64_t)count;
    bool limited = key->minimum != 0 || key->maximum != 0;

    if (limited && entries < key->minimum) {
        return refuse(reader, node, "has %zu of at least %" PRId64 " entries", count, key->minimum);
    }
    if (limited && entries > key->maximum) {
        return refuse(reader, node, "has %zu entries; the most is %" PRId64, count, key->maximum);
    }
    return true;
}

static bool read_bool(const struct settings_reader *reader, struct setting_value *value,
                      const struct settings_node *node)
{
    static const struct {
        const char *word;
        const char *meant;
    } others[] = {
        {"yes", "true"}, {"on", "true"},   {"1", "true"},  {"y", "true"},
        {"no", "false"}, {"off", "false"}, {"0", "false"}, {"n", "false"},
    };

    if (text_equal_fold(node->text, "true") || text_equal_fold(node->text, "false")) {
        value->number = text_equal_fold(node->text, "true");
        return true;
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (text_equal_fold(node->text, others[i].word)) {
            return refuse(reader, node, "\"%s\" is not used here; write %s", node->text,
                          others[i].meant);
        }
    }
    return refuse(reader, node, "\"%s\" is neither true nor false", node->text);
}

static bool read_number(const struct settings_reader *reader, struct setting_value *value,
                        const struct settings_node *node)
{
    return (units_parse_number(node->text, &value->number, reader->why) ||
            refuse(reader, node, "%s", reader->why->text)) &&
           check_range(reader, value->key, node, value->number, node->text);
}

static bool read_duration(const struct settings_reader *reader, struct setting_value *value,
                          const struct settings_node *node)
{
    return (units_parse_duration(node->text, &value->number, reader->why) ||
            refuse(reader, node, "%s", reader->why->text)) &&
           check_range(reader, value->key, node, value->number, node->text);
}

static bool read_size(const struct settings_reader *reader, struct setting_value *value,
                      const struct settings_node *node)
{
    return (units_parse_size(node->text, &value->number, reader->why) ||
            refuse(reader, node, "%s", reader->why->text)) &&
           check_range(reader, value->key, node, value->number, node->text);
}

static bool read_text(const struct settings_reader *reader, struct setting_value *value,
                      const struct settings_node *node)
{
    if (node->text[0] == '\0') {
        return refuse(reader, node, "the text is empty; write one, or put a # before the key");
    }
    value->text = text_copy(node->text);
    return value->text != NULL || refuse_memory(reader);
}

static bool read_path(const struct settings_reader *reader, struct setting_value *value,
                      const struct settings_node *node)
{
    if (node->text[0] != '\0' && !settings_path_is_absolute(node->text)) {
        if (value->key->unquoted) {
            return refuse(reader, node, "is no absolute path of a file; write it like %s",
                          settings_path_example);
        }
        return refuse(reader, node, "\"%s\" is no absolute path; write it like %s", node->text,
                      settings_path_example);
    }
    return read_text(reader, value, node);
}

/* Appends "slow, normal or fast". */
static void add_words(struct text *text, const char *const *words, const char *last)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        text_add(text, i == 0 ? "" : words[i + 1] == NULL ? last : ", ");
        text_add(text, words[i]);
    }
}

static bool read_choice(const struct settings_reader *reader, struct setting_value *value,
                        const struct settings_node *node)
{
    const char *const *choices = value->key->choices;
    struct text what = {0};

    for (size_t i = 0; choices[i] != NULL; i++) {
        if (strcmp(choices[i], node->text) == 0) {
            return read_text(reader, value, node);
        }
    }
    text_addf(&what, "\"%s\" is not known here; write ", node->text);
    add_words(&what, choices, " or ");
    refuse(reader, node, "%s", text_bytes(&what));
    text_clear(&what);
    return false;
}

static size_t count_children(const struct settings_node *node)
{
    size_t count = 0;

    for (const struct settings_node *child = node->first; child != NULL; child = child->next) {
        count++;
    }
    return count;
}

/* Makes room for `count` empty entries. */
static bool open_entries(const struct settings_reader *reader, struct setting_value *value,
                         const struct settings_node *node, size_t count)
{
    if (!check_entry_count(reader, value->key, node, count)) {
        return false;
    }
    value->entries = calloc(count + 1, sizeof(*value->entries)); /* never for nothing */
    if (value->entries == NULL) {
        return refuse_memory(reader);
    }
    value->count = count;
    return true;
}

/* One text of a list, which is kept as the name of an entry. */
static bool read_text_entry(const struct settings_reader *reader, struct settings_item *entry,
                            const struct settings_node *node)
{
    if (!check_scalar(reader, node)) {
        return false;
    }
    if (node->text[0] == '\0') {
        return refuse(reader, node, "the text is empty");
    }
    entry->place = place_of(reader, node->line, node->column);
    entry->name = text_copy(node->text);
    return entry->name != NULL || refuse_memory(reader);
}

static bool read_text_list(const struct settings_reader *reader, struct setting_value *value,
                           const struct settings_node *node)
{
    size_t i = 0;

    if (node->kind == SETTINGS_MAPPING) {
        return refuse(reader, node, "a list of texts is expected here: [one, two]");
    }
    if (node->kind == SETTINGS_SCALAR) {
        return open_entries(reader, value, node, 1) &&
               read_text_entry(reader, &value->entries[0], node);
    }
    if (!open_entries(reader, value, node, count_children(node))) {
        return false;
    }
    for (const struct settings_node *child = node->first; child != NULL; child = child->next) {
        if (!read_text_entry(reader, &value->entries[i++], child)) {
            return false;
        }
    }
    return true;
}

/* Keeps what the entry is called, for item_refuse(). */
static bool name_entry(const struct settings_reader *reader, struct settings_item *entry,
                       const struct settings_node *node)
{
    struct text path = {0};

    add_node_name(&path, reader, node);
    entry->path = text_take(&path);
    text_clear(&path);
    return entry->path != NULL || refuse_memory(reader);
}

static bool read_mapping(const struct settings_reader *reader, struct settings_item *item,
                         const struct settings_node *node, const char *prefix);
static bool read_value(const struct settings_reader *reader, struct setting_value *value,
                       const struct settings_node *node);

static bool read_map(const struct settings_reader *reader, struct setting_value *value,
                     const struct settings_node *node)
{
    setting_tables tables = {value->key->item, NULL};
    size_t i = 0;

    assert(value->key->item->count == 1);
    if (node->kind != SETTINGS_MAPPING) {
        return refuse(reader, node,
                      "names of your choice are expected below, as in \"name: value\"");
    }
    if (!open_entries(reader, value, node, count_children(node))) {
        return false;
    }
    for (const struct settings_node *child = node->first; child != NULL; child = child->next) {
        struct settings_item *entry = &value->entries[i++];

        if (strpbrk(child->key, ":#") !=
            NULL) { /* what settings_add_all() writes could not be read */
            return refuse_key(reader, child, "a name with : or # in it; take another sign");
        }
        if (!settings_item_open(reader, entry, tables)) {
            return false;
        }
        entry->place = place_of(reader, child->key_line, child->key_column);
        entry->name = text_copy(child->key);
        if (entry->name == NULL) {
            return refuse_memory(reader);
        }
        if (!name_entry(reader, entry, child) || !read_value(reader, &entry->values[0], child)) {
            return false;
        }
    }
    return true;
}

/* A key that has to be there. */
static bool check_required(const struct settings_reader *reader, const struct settings_item *item,
                           const struct settings_node *node)
{
    for (size_t i = 0; i < item->count; i++) {
        if (item->values[i].key->required && !item->values[i].given) {
            return refuse(reader, node, "the key \"%s\" is missing; it must be there",
                          item->values[i].key->name);
        }
    }
    return true;
}

static bool read_list(const struct settings_reader *reader, struct setting_value *value,
                      const struct settings_node *node)
{
    setting_tables tables = {value->key->item, NULL};
    size_t i = 0;

    if (node->kind != SETTINGS_SEQUENCE) {
        return refuse(reader, node, "a list is expected here; begin each entry with \"- \"");
    }
    if (!open_entries(reader, value, node, count_children(node))) {
        return false;
    }
    for (const struct settings_node *child = node->first; child != NULL; child = child->next) {
        struct settings_item *entry = &value->entries[i++];

        if (!settings_item_open(reader, entry, tables)) {
            return false;
        }
        entry->place = place_of(reader, child->line, child->column);
        if (!name_entry(reader, entry, child) || !settings_item_read(reader, entry, child)) {
            return false;
        }
    }
    return true;
}

typedef bool read_fn(const struct settings_reader *reader, struct setting_value *value,
                     const struct settings_node *node);

static read_fn *const readers[] = {
    [SETTING_BOOL] = read_bool,         [SETTING_NUMBER] = read_number,
    [SETTING_DURATION] = read_duration, [SETTING_SIZE] = read_size,
    [SETTING_TEXT] = read_text,         [SETTING_PATH] = read_path,
    [SETTING_CHOICE] = read_choice,     [SETTING_TEXT_LIST] = read_text_list,
    [SETTING_MAP] = read_map,           [SETTING_LIST] = read_list,
};

/* Replaces what the value holds. A list without anything, "jobs:", keeps its default. */
static bool read_value(const struct settings_reader *reader, struct setting_value *value,
                       const struct settings_node *node)
{
    bool entries = setting_has_entries(value->key->kind);

    if (entries && settings_node_is_null(node)) {
        return true;
    }
    if (!entries && !check_scalar(reader, node)) {
        return false;
    }
    setting_value_clear(value);
    value->place = place_of(reader, node->line, node->column);
    value->given = true;
    return readers[value->key->kind](reader, value, node);
}

bool setting_value_read(const struct settings_reader *reader, struct setting_value *value,
                        const char *written)
{
    struct settings_node *tree = NULL;
    bool read;

    if (!setting_has_entries(value->key->kind)) {
        char *text = text_copy(written);
        struct settings_node node = {.kind = SETTINGS_SCALAR, .quoted = true, .text = text};

        read = text == NULL ? refuse_memory(reader) : read_value(reader, value, &node);
        free(text);
        return read;
    }
    if (!settings_yaml_parse(&tree, reader->file == NULL ? reader->key : reader->file, written,
                             strlen(written), reader->why)) {
        return false;
    }
    read = tree == NULL || read_value(reader, value, tree);
    settings_node_free(tree);
    return read;
}

bool settings_item_open(const struct settings_reader *reader, struct settings_item *item,
                        setting_tables tables)
{
    size_t count = 0;

    for (size_t i = 0; tables[i] != NULL; i++) {
        count += tables[i]->count;
    }
    item->values = calloc(count + 1, sizeof(*item->values));
    if (item->values == NULL) {
        return refuse_memory(reader);
    }
    for (size_t i = 0; tables[i] != NULL; i++) {
        for (size_t j = 0; j < tables[i]->count; j++) {
            const struct setting_key *key = &tables[i]->keys[j];
            struct settings_reader defaults = {.key = key->name, .why = reader->why};

            item->values[item->count].key = key;
            item->count++;
            if (key->fallback != NULL &&
                !setting_value_read(&defaults, &item->values[item->count - 1], key->fallback)) {
                assert(reader->why->kind == FAILURE_MEMORY); /* a default of ours is wrong */
                return false;
            }
        }
    }
    return true;
}

struct setting_value *settings_item_find(const struct settings_item *item, const char *name)
{
    for (size_t i = 0; i < item->count; i++) {
        if (strcmp(item->values[i].key->name, name) == 0) {
            return &item->values[i];
        }
    }
    return NULL;
}

/*
 * The part of a dotted name that stands behind the group `prefix` ("" for the
 * top), with its size; NULL where the name is in another group.
 */
static const char *find_segment(const char *name, const char *prefix, size_t *size)
{
    size_t skip = strlen(prefix);

    if (skip > 0 && (strncmp(name, prefix, skip) != 0 || name[skip++] != '.')) {
        return NULL;
    }
    *size = strcspn(name + skip, ".");
    return name + skip;
}

static bool is_group(const struct settings_item *item, const char *name)
{
    for (size_t i = 0; i < item->count; i++) {
        size_t size;

        if (find_segment(item->values[i].key->name, name, &size) != NULL) {
            return true;
        }
    }
    return false;
}

/* The key that takes a value which stands at its group, "expect: listening"; NULL: none does. */
static struct setting_value *find_for_group(const struct settings_item *item, const char *group)
{
    for (size_t i = 0; i < item->count; i++) {
        size_t size;

        if (item->values[i].key->stands_for_group &&
            find_segment(item->values[i].key->name, group, &size) != NULL) {
            return &item->values[i];
        }
    }
    return NULL;
}

/* The keys and groups that a group has, as words. */
struct word_list {
    char **words; /* ended by NULL */
    size_t count;
};

static void clear_words(struct word_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->words[i]);
    }
    free(list->words);
}

static bool has_word(const struct word_list *list, const char *word, size_t size)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strlen(list->words[i]) == size && memcmp(list->words[i], word, size) == 0) {
            return true;
        }
    }
    return false;
}

/* Where memory runs out the list is shorter: it is for a hint. */
static void find_words(struct word_list *list, const struct settings_item *item, const char *prefix)
{
    *list = (struct word_list){.words = calloc(item->count + 1, sizeof(*list->words))};
    for (size_t i = 0; i < item->count && list->words != NULL; i++) {
        size_t size;
        const char *segment = find_segment(item->values[i].key->name, prefix, &size);
        char *word = NULL;

        if (segment != NULL && !has_word(list, segment, size)) {
            word = text_copy_size(segment, size);
        }
        if (word != NULL) {
            list->words[list->count++] = word;
        }
    }
}

/* The dotted name of a key that is called so in another group, or NULL. */
static const char *find_elsewhere(const struct settings_item *item, const char *key)
{
    for (size_t i = 0; i < item->count; i++) {
        const char *name = item->values[i].key->name;
        const char *dot = strrchr(name, '.');

        if (dot != NULL && text_equal_fold(dot + 1, key)) {
            return name;
        }
    }
    return NULL;
}

/* Appends the key that was probably meant, or those that there are. */
static void add_hint(struct text *what, const struct settings_item *item, const char *prefix,
                     const char *key)
{
    struct word_list list;
    const char *elsewhere = find_elsewhere(item, key);
    const char *meant = NULL;

    find_words(&list, item, prefix);
    if (list.count > 0) {
        meant = text_closest(key, (const char *const *)list.words);
    }
    if (meant != NULL) {
        text_addf(what, "did you mean \"%s\"?", meant);
    } else if (strchr(key, '.') != NULL && settings_item_find(item, key) != NULL) {
        text_addf(what, "write \"%.*s:\" in a line of its own, and \"%s:\" indented below it",
                  (int)strcspn(key, "."), key, strchr(key, '.') + 1);
    } else if (elsewhere != NULL) {
        text_addf(what, "did you mean %s, which belongs below \"%.*s:\"?", elsewhere,
                  (int)(strrchr(elsewhere, '.') - elsewhere), elsewhere);
    } else if (list.count > 0) {
        text_add(what, "known here: ");
        add_words(what, (const char *const *)list.words, ", ");
    }
    clear_words(&list);
}

static bool refuse_unknown(const struct settings_reader *reader, const struct settings_item *item,
                           const struct settings_node *node, const char *prefix)
{
    struct text what = {0};

    add_hint(&what, item, prefix, node->key);
    refuse_key(reader, node, "unknown key; %s", text_bytes(&what));
    text_clear(&what);
    return false;
}

/* An entry of a mapping: a key, or a group of keys. */
static bool read_entry(const struct settings_reader *reader, struct settings_item *item,
                       const struct settings_node *node, const char *prefix)
{
    struct text name = {0};
    struct setting_value *value;
    bool dotted = strchr(node->key, '.') != NULL;
    bool read;

    text_addf(&name, "%s%s%s", prefix, prefix[0] == '\0' ? "" : ".", node->key);
    if (!text_ok(&name, reader->why)) {
        text_clear(&name);
        return false;
    }
    value = dotted ? NULL : settings_item_find(item, text_bytes(&name));
    if (value == NULL && !dotted && node->kind == SETTINGS_SCALAR && !settings_node_is_null(node)) {
        value = find_for_group(item, text_bytes(&name));
    }
    if (value != NULL) {
        read = read_value(reader, value, node);
    } else if (!dotted && is_group(item, text_bytes(&name))) {
        read = read_mapping(reader, item, node, text_bytes(&name));
    } else {
        read = refuse_unknown(reader, item, node, prefix);
    }
    text_clear(&name);
    return read;
}

/* A group in which every key is a comment is fine. */
static bool read_mapping(const struct settings_reader *reader, struct settings_item *item,
                         const struct settings_node *node, const char *prefix)
{
    if (settings_node_is_null(node)) {
        return true;
    }
    if (node->kind != SETTINGS_MAPPING) {
        return refuse(reader, node,
                      node->parent == NULL
                          ? "keys are expected here, such as \"collector:\" with \"interval: 1s\" "
                            "indented below it"
                          : "keys are expected here, such as \"name: value\"");
    }
    for (const struct settings_node *child = node->first; child != NULL; child = child->next) {
        if (!read_entry(reader, item, child, prefix)) {
            return false;
        }
    }
    return true;
}

bool settings_item_read(const struct settings_reader *reader, struct settings_item *item,
                        const struct settings_node *node)
{
    return read_mapping(reader, item, node, "") && check_required(reader, item, node);
}
