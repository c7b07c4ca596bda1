/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The insides of `struct settings`: settings_value.c fills values from the
 * tree that settings_yaml.c read, settings.c hands them out, and
 * settings_show.c writes them down. Nobody else includes this.
 */

#include <stdatomic.h>

#include "base/settings.h"
#include "base/settings_yaml.h"

/* The value of one key. */
struct setting_value {
    const struct setting_key *key;
    struct setting_place place;
    bool given;                    /* there is a value, be it the default */
    int64_t number;                /* BOOL, NUMBER, DURATION, SIZE */
    char *text;                    /* TEXT, PATH, CHOICE */
    struct settings_item *entries; /* TEXT_LIST, MAP, LIST */
    size_t count;
    char *source; /* what place.file points to, where that is not the file */
};

/* A set of keys with their values: the whole file, an entry of a list or of a map. */
struct settings_item {
    char *name; /* of an entry of a map; in a list of texts the text itself */
    char *path; /* of an entry, for people: "probes.jobs[1]"; NULL: the whole file */
    struct setting_place place;
    struct setting_value *values; /* one for each key of the tables, in their order */
    size_t count;
};

struct settings {
    atomic_uint holders;
    char *file; /* NULL: defaults only */
    struct settings_item root;
};

/* Where the nodes that are read come from. */
struct settings_reader {
    enum setting_origin origin;
    const char *file; /* or what stands for it; lives as long as the settings; NULL: a default */
    const char *key;  /* dotted name of the root node; NULL for that of a file */
    struct failure *why;
};

/* Whether the kind has entries: a list or a map. */
bool setting_has_entries(enum setting_kind kind);

/* Gives the empty item all keys of the tables, with their defaults. It is cleared in any case. */
bool settings_item_open(const struct settings_reader *reader, struct settings_item *item,
                        setting_tables tables) NODISCARD;

/* Reads the mapping, whose keys must be the item's, and checks all. */
bool settings_item_read(const struct settings_reader *reader, struct settings_item *item,
                        const struct settings_node *node) NODISCARD;

/* Frees, and leaves {0}. */
void settings_item_clear(struct settings_item *item);

/* NULL where there is no such key. */
struct setting_value *settings_item_find(const struct settings_item *item, const char *name);

/*
 * Reads a value that stands alone: a default, or one from a policy. Only lists
 * are written as in the file; a text needs no quotes.
 */
bool setting_value_read(const struct settings_reader *reader, struct setting_value *value,
                        const char *written) NODISCARD;

/* Frees what is in the value and leaves an empty one of the same key. */
void setting_value_clear(struct setting_value *value);
