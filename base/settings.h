/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * portledger.yaml, read by tables.
 *
 * Each part of the program declares its keys in a table of its own; one
 * reader walks all tables. The commented default file, the reference page,
 * the policy template and `config show` are made from the same rows, so that
 * none of them can forget a key.
 *
 * Every value knows where it came from: file, line and column, a policy, or
 * the default. An error names them, and the key, and for an unknown key the one
 * that was probably meant. Nothing is half taken: settings_read() gives all
 * values, checked, or a failure.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/text.h"

enum setting_kind {
    SETTING_BOOL,      /* true or false (YAML 1.2 core schema; yes and on are refused in words) */
    SETTING_NUMBER,    /* a whole number */
    SETTING_DURATION,  /* units.h; milliseconds */
    SETTING_SIZE,      /* units.h; bytes */
    SETTING_TEXT,      /* a text; may not be empty */
    SETTING_PATH,      /* an absolute path of a file or folder */
    SETTING_CHOICE,    /* one of `choices` */
    SETTING_TEXT_LIST, /* a list of texts; a single text is a list of one */
    SETTING_MAP,       /* a mapping with names of the user's choice; each value is like `item` */
    SETTING_LIST,      /* a list of mappings; the keys of each are in `item` */
};

struct setting_table;

struct setting_key {
    const char *name; /* dotted: "collector.interval". In the table of an item: "every" */
    enum setting_kind kind;
    bool reloadable;       /* takes effect without a restart */
    bool required;         /* in an item of a list: must be there */
    bool stands_for_group; /* of "expect.status": "expect: VALUE" sets it, as well as keys below */
    bool unquoted;        /* PATH: no message repeats it; it may be the secret itself, by mistake */
    const char *unit;     /* for people: "duration", "size", "port"; NULL: none */
    const char *fallback; /* the default: the text itself; for a list as in the file, "[a, b]" */
    int64_t minimum;      /* NUMBER, DURATION, SIZE; of TEXT_LIST, MAP, LIST the entries. Both */
    int64_t maximum;      /* limits count; where both are 0 there are none */
    const char *const *choices;       /* CHOICE: ended by NULL */
    const char *help;                 /* one line, no period */
    const char *policy;               /* name of the registry policy value; NULL: no policy */
    const struct setting_table *item; /* LIST: the keys of an item. MAP: one key, any name */
};

struct setting_table {
    const char *part; /* for the reference page: "Collector" */
    const struct setting_key *keys;
    size_t count;
};

/* All that the program knows; ended by NULL. */
typedef const struct setting_table *const setting_tables[];

/* Where a value came from. */
enum setting_origin {
    SETTING_FROM_DEFAULT,
    SETTING_FROM_FILE,
    SETTING_FROM_POLICY,
};

struct setting_place {
    enum setting_origin origin;
    const char *file; /* or policy; lives as long as the settings; NULL for a default */
    int line;         /* count from 1; 0 where there is none */
    int column;
};

struct settings;

/* One entry of a SETTING_LIST or SETTING_MAP. Lives as long as the settings. */
struct settings_item;

/*
 * Reads and checks the file. `path` may be NULL: defaults only. A file that is
 * not there is FAILURE_MISSING, so that the caller can decide whether a file
 * was asked for. Wrong content is FAILURE_SETTINGS: "FILE:LINE:COLUMN: KEY:
 * what is wrong; what would be right". A file that is empty, or in which all
 * is a comment, is all defaults, and so is a group ("collector:") with nothing
 * below it. The caller frees *out.
 */
bool settings_read(struct settings **out, const char *path, setting_tables tables,
                   struct failure *why) NODISCARD;

/*
 * The same of a file that nobody but administrators and ourselves can change (file_guard.h);
 * of another, FAILURE_SETTINGS says what is not safe, and how to mend it.
 */
bool settings_read_trusted(struct settings **out, const char *path, setting_tables tables,
                           struct failure *why) NODISCARD;

/*
 * Appends what stands at a dotted name in a trusted file whose other values may be wrong: one line
 * to find one's way by where settings_read_trusted() failed. False where there is no such text.
 */
bool settings_peek(struct text *value, const char *path, const char *name) NODISCARD;

/* The same from memory; `name` stands for the file in messages. For tests and fuzzing. */
bool settings_parse(struct settings **out, const char *name, const char *bytes, size_t size,
                    setting_tables tables, struct failure *why) NODISCARD;

/* A value that wins over the file. */
struct setting_override {
    const char *name;   /* dotted; of a key in the tables */
    const char *value;  /* like a fallback */
    const char *source; /* what stands for the file in messages: the policy's name */
};

/*
 * Checks the value as if it stood in the file, and takes it as
 * SETTING_FROM_POLICY. Where it fails with FAILURE_SETTINGS or FAILURE_MEMORY
 * the settings are as they were. Nothing is kept of *override.
 */
bool settings_override(struct settings *settings, const struct setting_override *override,
                       struct failure *why) NODISCARD;

/*
 * One more holder: each calls settings_free(), in any thread. From now on the settings are only
 * read. Returns `settings`.
 */
struct settings *settings_hold(struct settings *settings);

/* Frees, unless somebody else holds them. Does nothing for NULL. */
void settings_free(struct settings *settings);

/*
 * Values by their dotted name. A name that is in no table, or of another
 * kind, is a bug of ours and asserted. A number with no value and no default
 * is 0, a text is NULL, a list has no entries. What is returned lives as long
 * as the settings, or until the key is overridden.
 */
bool settings_bool(const struct settings *settings, const char *name);
int64_t settings_number(const struct settings *settings,
                        const char *name); /* also duration, size */
const char *settings_text(const struct settings *settings,
                          const char *name); /* also path, choice */
size_t settings_count(const struct settings *settings,
                      const char *name); /* entries of a list or map */
const char *settings_text_at(const struct settings *settings, const char *name, size_t i);
const struct settings_item *settings_item_at(const struct settings *settings, const char *name,
                                             size_t i);
struct setting_place settings_place(const struct settings *settings, const char *name);

/*
 * The same inside of an item. For an entry of a map, item_name() is its name,
 * and its value goes by the name of the one key in the map's item table. A
 * `name` of NULL asks for the place of the item itself. item_has() tells
 * whether the key stands in the file.
 */
const char *item_name(const struct settings_item *item);
bool item_has(const struct settings_item *item, const char *name);
bool item_bool(const struct settings_item *item, const char *name);
int64_t item_number(const struct settings_item *item, const char *name);
const char *item_text(const struct settings_item *item, const char *name);
size_t item_count(const struct settings_item *item, const char *name);
const char *item_text_at(const struct settings_item *item, const char *name, size_t i);
const struct settings_item *item_item_at(const struct settings_item *item, const char *name,
                                         size_t i);
struct setting_place item_place(const struct settings_item *item, const char *name);

/*
 * Says what is wrong with a value as the reader itself does, for the part of
 * the program that knows more of it than its table: FAILURE_SETTINGS,
 * "FILE:LINE:COLUMN: probes.jobs[1].at: " and the rest. A `name` of NULL is
 * the item itself. The second form is about one text of a list, counted from 0.
 * An argument may be why->text. Always false.
 */
bool item_refuse(const struct settings_item *item, const char *name, struct failure *why,
                 const char *format, ...) PRINTF_LIKE(4, 5);
bool item_refuse_text(const struct settings_item *item, const char *name, size_t i,
                      struct failure *why, const char *format, ...) PRINTF_LIKE(5, 6);

/*
 * Appends every value with its origin, one line each, as in
 * "collector.interval: 5s  # portledger.yaml:3:13": `config show` and the
 * events use it.
 */
void settings_add_all(struct text *text, const struct settings *settings);

/*
 * Reads what settings_add_all() appended, as another run wrote it down: values of a file,
 * also what was a policy. Defaults are those of now. `name` stands for the file in messages and
 * places. Fails with FAILURE_SETTINGS where the text is damaged, or this version knows a key no
 * more.
 */
bool settings_restore(struct settings **out, const char *name, const char *shown,
                      setting_tables tables, struct failure *why) NODISCARD;

/*
 * Appends a file in which every key stands with its default, explained and as
 * a comment: it says the same as no file. Keys of several tables that share a
 * group are put together.
 */
void settings_add_default_file(struct text *text, setting_tables tables);
