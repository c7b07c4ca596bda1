/* SPDX-License-Identifier: MIT */

/*
 * Settings that settings_add_all() wrote down, read again.
 */

#include <stdlib.h>
#include <string.h>

#include "base/settings_value.h"

struct restoring {
    const char *name; /* of the text, for messages */
    int line;
    struct settings_node *root;
    struct failure *why;
};

static bool refuse(const struct restoring *restoring, const char *what)
{
    return FAIL(restoring->why, FAILURE_SETTINGS, 0, "%s:%d: %s", restoring->name, restoring->line,
                what);
}

static struct settings_node *new_node(const struct restoring *restoring,
                                      enum settings_node_kind kind, const char *key, size_t size)
{
    struct settings_node *node = calloc(1, sizeof(*node));

    if (node != NULL) {
        node->kind = kind;
        node->line = node->key_line = restoring->line;
        node->column = node->key_column = 1;
        node->key = text_copy_size(key, size);
    }
    if (node == NULL || node->key == NULL) {
        settings_node_free(node);
        failure_set(restoring->why, FAILURE_MEMORY, 0, "no memory for the settings");
        return NULL;
    }
    return node;
}

static void attach(struct settings_node *parent, struct settings_node *node)
{
    node->parent = parent;
    node->next = NULL;
    if (parent->first == NULL) {
        parent->first = node;
    } else {
        parent->last->next = node;
    }
    parent->last = node;
}

/* The entry of that name, made where it is missing. NULL where it fails. */
static struct settings_node *enter(const struct restoring *restoring, struct settings_node *parent,
                                   enum settings_node_kind kind, const char *key, size_t size)
{
    struct settings_node *node;

    for (node = parent->first; node != NULL; node = node->next) {
        if (strlen(node->key) == size && memcmp(node->key, key, size) == 0) {
            if (node->kind == kind) {
                return node;
            }
            refuse(restoring, "a value and a group have one name");
            return NULL;
        }
    }
    node = new_node(restoring, kind, key, size);
    if (node != NULL) {
        attach(parent, node);
    }
    return node;
}

/* The groups that a key is in; its own name is left in *name. NULL where it fails. */
static struct settings_node *enter_groups(const struct restoring *restoring,
                                          struct settings_node *node, const char **name)
{
    const char *dot;

    while (node != NULL && (dot = strchr(*name, '.')) != NULL) {
        node = enter(restoring, node, SETTINGS_MAPPING, *name, (size_t)(dot - *name));
        *name = dot + 1;
    }
    return node;
}

/* Entry `place`, counted from 1, of the list: the one that is there last, or the next one. */
static struct settings_node *enter_entry(const struct restoring *restoring,
                                         struct settings_node *list, unsigned long place)
{
    struct settings_node *node;
    unsigned long count = 0;

    for (node = list->first; node != NULL; node = node->next) {
        if (++count == place) {
            return node;
        }
    }
    if (place != count + 1) {
        refuse(restoring, "an entry of a list is missing");
        return NULL;
    }
    node = new_node(restoring, SETTINGS_MAPPING, "", 0);
    if (node != NULL) {
        attach(list, node);
    }
    return node;
}

/* The key whose name begins the text: the longest that does. *rest is what stands behind it. */
static const struct setting_key *find_key(setting_tables tables, const char *text,
                                          const char **rest)
{
    const struct setting_key *found = NULL;
    size_t longest = 0;

    for (size_t i = 0; tables[i] != NULL; i++) {
        for (size_t j = 0; j < tables[i]->count; j++) {
            const struct setting_key *key = &tables[i]->keys[j];
            size_t size = strlen(key->name);

            if (size > longest && strncmp(text, key->name, size) == 0 &&
                (text[size] == '\0' || text[size] == '.' || text[size] == '[')) {
                found = key;
                longest = size;
            }
        }
    }
    *rest = text + longest;
    return found;
}

/* Takes the value out of "v: VALUE  # comment". NULL where it fails. */
static struct settings_node *read_value(const struct restoring *restoring, const char *value)
{
    struct settings_node *tree = NULL;
    struct settings_node *node = NULL;
    struct text line = {0};

    text_addf(&line, "v: %s\n", value);
    if (!text_ok(&line, restoring->why) ||
        !settings_yaml_parse(&tree, restoring->name, text_bytes(&line), line.size,
                             restoring->why)) {
        text_clear(&line);
        return NULL;
    }
    if (tree == NULL || tree->kind != SETTINGS_MAPPING || tree->first == NULL ||
        tree->first->next != NULL) {
        refuse(restoring, "no setting");
    } else {
        node = tree->first;
        tree->first = NULL;
        node->parent = NULL;
        node->line = node->key_line = restoring->line;
    }
    text_clear(&line);
    settings_node_free(tree);
    return node;
}

/* A value of NULL is none: then its group alone is there. */
static bool put_value(const struct restoring *restoring, struct settings_node *parent,
                      const char *key, const char *value)
{
    struct settings_node *node;

    if (value == NULL) {
        return true;
    }
    node = read_value(restoring, value);
    if (node == NULL) {
        return false;
    }
    free(node->key);
    node->key = text_copy(key);
    attach(parent, node);
    return node->key != NULL ||
           FAIL(restoring->why, FAILURE_MEMORY, 0, "no memory for the settings");
}

static bool put(const struct restoring *restoring, struct settings_node *node,
                setting_tables tables, const char *path, const char *value);

/* The same for "[1].every", which stands behind the name of a list. */
static bool put_in_entry(const struct restoring *restoring, struct settings_node *list,
                         const struct setting_table *item, const char *path, const char *value)
{
    setting_tables tables = {item, NULL};
    char *end = NULL;
    unsigned long place = strtoul(path + 1, &end, 10);
    struct settings_node *entry;

    if (place == 0 || strncmp(end, "].", 2) != 0) {
        return refuse(restoring, "no key of this version");
    }
    entry = enter_entry(restoring, list, place);
    return entry != NULL && put(restoring, entry, tables, end + 2, value);
}

/*
 * Puts the value where "probes.jobs[1].every" says, seen from `node`, which has these tables.
 * NULL: one that is not kept, of an entry that may have no other.
 */
static bool put(const struct restoring *restoring, struct settings_node *node,
                setting_tables tables, const char *path, const char *value)
{
    const char *rest;
    const struct setting_key *key = find_key(tables, path, &rest);
    const char *name = key == NULL ? NULL : key->name;
    bool in_map = key != NULL && key->kind == SETTING_MAP && *rest == '.';
    bool in_list = key != NULL && key->kind == SETTING_LIST && *rest == '[';

    if (key == NULL || (*rest != '\0' && !in_map && !in_list)) {
        return value == NULL || refuse(restoring, "no key of this version");
    }
    node = enter_groups(restoring, node, &name);
    if (node != NULL && *rest != '\0') {
        node = enter(restoring, node, in_map ? SETTINGS_MAPPING : SETTINGS_SEQUENCE, name,
                     strlen(name));
    }
    if (node == NULL) {
        return false;
    }
    return in_list ? put_in_entry(restoring, node, key->item, rest, value)
                   : put_value(restoring, node, in_map ? rest + 1 : name, value);
}

/* Defaults are those of now. */
static bool is_default(const char *line)
{
    static const char by_default[] = "  # default";
    size_t size = strlen(line);
    size_t end = sizeof(by_default) - 1;

    return size >= end && strcmp(line + size - end, by_default) == 0;
}

static bool put_line(const struct restoring *restoring, setting_tables tables, char *line)
{
    char *colon = strchr(line, ':');
    bool given = !is_default(line);

    if (colon == NULL) {
        return refuse(restoring, "no setting");
    }
    *colon = '\0';
    return put(restoring, restoring->root, tables, line, given ? colon + 1 : NULL);
}

static bool put_lines(struct restoring *restoring, setting_tables tables, char *line)
{
    while (*line != '\0') {
        char *end = strchr(line, '\n');

        if (end != NULL) {
            *end = '\0';
        }
        restoring->line++;
        if (!put_line(restoring, tables, line)) {
            return false;
        }
        line = end == NULL ? "" : end + 1;
    }
    return true;
}

bool settings_restore(struct settings **out, const char *name, const char *shown,
                      setting_tables tables, struct failure *why)
{
    struct restoring restoring = {.name = name, .why = why};
    char *lines = text_copy(shown);
    bool ok = settings_parse(out, name, "", 0, tables, why);

    restoring.root = ok ? new_node(&restoring, SETTINGS_MAPPING, "", 0) : NULL;
    if (ok && lines == NULL) {
        ok = FAIL(why, FAILURE_MEMORY, 0, "no memory for the settings");
    }
    ok = ok && restoring.root != NULL && put_lines(&restoring, tables, lines);
    if (ok) {
        struct settings_reader reader = {
            .origin = SETTING_FROM_FILE, .file = (*out)->file, .why = why};

        ok = settings_item_read(&reader, &(*out)->root, restoring.root);
    }
    settings_node_free(restoring.root);
    free(lines);
    if (!ok) {
        settings_free(*out);
        *out = NULL;
    }
    return ok;
}
