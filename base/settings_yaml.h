/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * YAML as settings use it, read into a tree in which every node knows where
 * it stands. For settings.c alone.
 *
 * One document of mappings, lists and scalars. Anchors, aliases, tags, keys
 * that are no scalars, duplicate keys, control characters and anything but
 * UTF-8 are refused, each in words for somebody who does not know YAML.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/failure.h"

enum {
    SETTINGS_LARGEST_FILE = 1 << 20, /* bytes */
    SETTINGS_MOST_NODES = 100000,
    SETTINGS_DEEPEST = 16,
};

enum settings_node_kind {
    SETTINGS_SCALAR,
    SETTINGS_SEQUENCE,
    SETTINGS_MAPPING,
};

struct settings_node {
    enum settings_node_kind kind;
    bool quoted; /* of a scalar: it was in quotes or a block, so "" and ~ are meant */
    char *text;  /* of a scalar */
    int line;    /* of the value; count from 1, columns in characters */
    int column;
    char *key; /* in a mapping: the name, and where it stands */
    int key_line;
    int key_column;
    struct settings_node *parent;
    struct settings_node *first; /* of a list or mapping */
    struct settings_node *last;
    struct settings_node *next;
};

/*
 * Parses `size` bytes and stores the root in *out, for settings_node_free();
 * NULL where the file holds nothing but comments. Fails with FAILURE_SETTINGS
 * and "NAME:LINE:COLUMN: what is wrong; what would be right", or with
 * FAILURE_MEMORY.
 */
bool settings_yaml_parse(struct settings_node **out, const char *name, const char *bytes,
                         size_t size, struct failure *why) NODISCARD;

/* Does nothing for NULL. */
void settings_node_free(struct settings_node *node);

/* An empty value, ~ or null, which is as if the key were not there. */
bool settings_node_is_null(const struct settings_node *node);
