/* SPDX-License-Identifier: MIT */

#include "base/settings_yaml.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "base/hash_index.h"
#include "base/text.h"

#define ESCAPE_HINT "a backslash in \"...\" begins an escape; put the text in '...' or in no quotes"
#define TAB_HINT "a tab; indent with blanks"

/* What libyaml's words mean for somebody who edits settings. */
static const struct {
    const char *problem;
    bool at_context; /* the place to look at is where the thing began */
    const char *meaning;
} meanings[] = {
    {"mapping values are not allowed in this context", false,
     "a colon that does not fit here; check the indentation, look for a missing colon in the line "
     "above, and put a text that holds \": \" in quotes"},
    {"did not find expected key", false,
     "this does not fit what stands before it; check the indentation, and the quotes"},
    {"did not find expected '-' indicator", false,
     "this does not fit the list before it; begin each entry with \"- \", all in one column"},
    {"block sequence entries are not allowed in this context", false,
     "a list does not fit here; begin it in the line below its key"},
    {"could not find expected ':'", true, "no colon behind the key; write \"key: value\""},
    {"found unexpected end of stream", true, "the quote that opens here is never closed"},
    {"found unknown escape character", false, ESCAPE_HINT},
    {"did not find expected hexdecimal number", false, ESCAPE_HINT},
    {"found invalid Unicode character escape code", false, ESCAPE_HINT},
    {"did not find expected ',' or ']'", true, "the list that opens here is not closed with ]"},
    {"did not find expected ',' or '}'", true, "the mapping that opens here is not closed with }"},
    {"did not find expected alphabetic or numeric character", true,
     "a text that begins with * or & must be in quotes"},
    {"found a tab character where an indentation space is expected", false, TAB_HINT},
    {"found a tab character that violates indentation", false, TAB_HINT},
};

struct reader {
    yaml_parser_t yaml;
    const char *name;
    const char *bytes;
    size_t size;
    struct failure *why;
    struct settings_node *root;
    struct settings_node *open;    /* the list or mapping whose entries come now */
    struct settings_node *pending; /* the entry of a mapping whose value comes now */
    struct settings_node **keyed;  /* the entries of all mappings, for the index */
    struct hash_index keys;
    size_t node_count;
    int depth;
    int documents;
};

static bool refuse_at(struct reader *reader, int line, int column, const char *what)
{
    return FAIL(reader->why, FAILURE_SETTINGS, 0, "%s:%d:%d: %s", reader->name, line, column, what);
}

/* libyaml counts from 0. */
static int from_one(size_t count)
{
    return (int)count + 1;
}

static bool refuse(struct reader *reader, const yaml_event_t *event, const char *what)
{
    return refuse_at(reader, from_one(event->start_mark.line), from_one(event->start_mark.column),
                     what);
}

static bool refuse_memory(struct reader *reader)
{
    return FAIL(reader->why, FAILURE_MEMORY, 0, "no memory to read %s", reader->name);
}

/* Where a byte stands, as editors count: lines by their LF or lone CR, columns in characters. */
static void find_place(const struct reader *reader, size_t offset, int *line, int *column)
{
    size_t taken;

    *line = 1;
    *column = 1;
    for (size_t i = 0; i < offset; i += taken) {
        bool lone_cr =
            reader->bytes[i] == '\r' && (i + 1 == reader->size || reader->bytes[i + 1] != '\n');

        (void)text_code_point(reader->bytes + i, reader->size - i, &taken);
        if (reader->bytes[i] == '\n' || lone_cr) {
            *line += 1;
            *column = 1;
        } else {
            *column += 1;
        }
    }
}

static bool refuse_byte(struct reader *reader, size_t offset)
{
    unsigned value = (unsigned char)reader->bytes[offset];
    int line;
    int column;

    find_place(reader, offset, &line, &column);
    if (value >= 0x80) {
        return FAIL(reader->why, FAILURE_SETTINGS, 0,
                    "%s:%d:%d: byte 0x%02X is not UTF-8; save the file as UTF-8", reader->name,
                    line, column, value);
    }
    return FAIL(reader->why, FAILURE_SETTINGS, 0,
                "%s:%d:%d: control character 0x%02X; save the file as plain text in UTF-8",
                reader->name, line, column, value);
}

static bool is_allowed(uint32_t code_point)
{
    bool control = code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0);

    return !control || code_point == '\t' || code_point == '\n' || code_point == '\r' ||
           code_point == 0x85;
}

/* libyaml would take UTF-16 and tell no place for a wrong byte, so all bytes are looked at first.
 */
static bool check_bytes(struct reader *reader)
{
    size_t taken;

    if (reader->size > SETTINGS_LARGEST_FILE) {
        return FAIL(reader->why, FAILURE_SETTINGS, 0, "%s: larger than %d bytes", reader->name,
                    SETTINGS_LARGEST_FILE);
    }
    if (reader->size >= 2 &&
        (memcmp(reader->bytes, "\xFF\xFE", 2) == 0 || memcmp(reader->bytes, "\xFE\xFF", 2) == 0)) {
        return refuse_at(reader, 1, 1, "the file is in UTF-16; save it as UTF-8");
    }
    for (size_t i = 0; i < reader->size; i += taken) {
        uint32_t code_point = text_code_point(reader->bytes + i, reader->size - i, &taken);

        if ((code_point == 0xFFFD && taken == 1) || !is_allowed(code_point)) {
            return refuse_byte(reader, i);
        }
    }
    return true;
}

/* Whether a tab stands at a mark of libyaml, which counts characters. */
static bool is_tab(const struct reader *reader, const yaml_mark_t *mark)
{
    size_t offset = 0;

    for (size_t i = 0; i < mark->index && offset < reader->size; i++) {
        size_t taken;

        (void)text_code_point(reader->bytes + offset, reader->size - offset, &taken);
        offset += taken;
    }
    return offset < reader->size && reader->bytes[offset] == '\t';
}

static bool refuse_mark(struct reader *reader, const yaml_mark_t *mark, const char *what)
{
    return refuse_at(reader, from_one(mark->line), from_one(mark->column), what);
}

/* Says what libyaml found. */
static bool refuse_syntax(struct reader *reader)
{
    const yaml_parser_t *yaml = &reader->yaml;
    const char *problem = yaml->problem == NULL ? "not YAML" : yaml->problem;

    if (yaml->error == YAML_MEMORY_ERROR) {
        return refuse_memory(reader);
    }
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        if (strcmp(meanings[i].problem, problem) == 0) {
            return refuse_mark(reader,
                               meanings[i].at_context ? &yaml->context_mark : &yaml->problem_mark,
                               meanings[i].meaning);
        }
    }
    if (strcmp(problem, "found character that cannot start any token") == 0) {
        return refuse_mark(reader, &yaml->problem_mark,
                           is_tab(reader, &yaml->problem_mark)
                               ? TAB_HINT
                               : "a text that begins with this character must be in quotes");
    }
    return refuse_mark(reader, &yaml->problem_mark, problem);
}

static struct settings_node *add_node(struct reader *reader)
{
    struct settings_node *node = calloc(1, sizeof(*node));
    struct settings_node *parent = reader->open;

    if (node == NULL) {
        return NULL;
    }
    node->parent = parent;
    if (parent == NULL) {
        reader->root = node;
    } else if (parent->first == NULL) {
        parent->first = node;
    } else {
        parent->last->next = node;
    }
    if (parent != NULL) {
        parent->last = node;
    }
    return node;
}

/* Room for one more in reader->keyed, whose size is a power of two. */
static bool grow_keyed(struct reader *reader)
{
    size_t count = reader->keys.count;
    struct settings_node **keyed;

    if ((count & (count - 1)) != 0) {
        return true;
    }
    keyed = realloc(reader->keyed, (count == 0 ? 1 : count * 2) * sizeof(struct settings_node *));
    if (keyed == NULL) {
        return refuse_memory(reader);
    }
    reader->keyed = keyed;
    return true;
}

/* Keeps the key of a new entry for look-ups; refuses one that its mapping has already. */
static bool index_key(struct reader *reader, struct settings_node *node)
{
    uint64_t hash = hash_bytes((uintptr_t)node->parent, node->key, strlen(node->key));
    uint32_t place = (uint32_t)reader->keys.count;

    for (uint32_t at = hash_index_first(&reader->keys, hash); at != HASH_INDEX_END;
         at = hash_index_next(&reader->keys)) {
        const struct settings_node *other = reader->keyed[at];

        if (other->parent == node->parent && strcmp(other->key, node->key) == 0) {
            return FAIL(reader->why, FAILURE_SETTINGS, 0,
                        "%s:%d:%d: %s: is there a second time; the first is in line %d",
                        reader->name, node->key_line, node->key_column, node->key, other->key_line);
        }
    }
    if (!grow_keyed(reader) || !hash_index_add(&reader->keys, hash, place, reader->why)) {
        return false;
    }
    reader->keyed[place] = node;
    return true;
}

/* The control character that ends the `size` bytes early or stands in them; -1 where there is none.
 */
static int find_control(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)bytes[i];

        if (byte < 0x20 || byte == 0x7F) {
            return byte;
        }
    }
    return -1;
}

/* A copy of the text of a scalar event. */
static bool copy_text(struct reader *reader, const yaml_event_t *event, char **out)
{
    const char *bytes = (const char *)event->data.scalar.value;
    size_t size = event->data.scalar.length;
    int control = find_control(bytes, size);

    if (control == '\n') {
        return refuse(reader, event, "several lines; write the value in one");
    }
    if (control >= 0) {
        return refuse(reader, event, "a control character in the text; " ESCAPE_HINT);
    }
    *out = text_copy_size(bytes, size);
    return *out != NULL || refuse_memory(reader);
}

static bool read_key(struct reader *reader, const yaml_event_t *event)
{
    struct settings_node *node;

    if (event->type != YAML_SCALAR_EVENT) {
        return refuse(reader, event, "a key is expected here, not a list or a mapping");
    }
    if (event->data.scalar.length == 0) {
        return refuse(reader, event, "a key without a name");
    }
    node = add_node(reader);
    if (node == NULL) {
        return refuse_memory(reader);
    }
    reader->pending = node;
    node->key_line = from_one(event->start_mark.line);
    node->key_column = from_one(event->start_mark.column);
    return copy_text(reader, event, &node->key) && index_key(reader, node);
}

/* The node that the event begins: the value of the pending key, an entry, or the root. */
static bool read_value(struct reader *reader, const yaml_event_t *event,
                       enum settings_node_kind kind)
{
    struct settings_node *node = reader->pending == NULL ? add_node(reader) : reader->pending;

    if (node == NULL) {
        return refuse_memory(reader);
    }
    reader->pending = NULL;
    node->kind = kind;
    node->line = from_one(event->start_mark.line);
    node->column = from_one(event->start_mark.column);
    if (kind == SETTINGS_SCALAR) {
        node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
        return copy_text(reader, event, &node->text);
    }
    reader->open = node;
    if (++reader->depth > SETTINGS_DEEPEST) {
        return refuse(reader, event, "nested too deeply");
    }
    return true;
}

static bool read_node(struct reader *reader, const yaml_event_t *event,
                      enum settings_node_kind kind, const yaml_char_t *anchor,
                      const yaml_char_t *tag)
{
    bool in_mapping = reader->open != NULL && reader->open->kind == SETTINGS_MAPPING;

    if (anchor != NULL) {
        return refuse(reader, event,
                      "anchors (&name) are not used here; put a text that begins with & in quotes");
    }
    if (tag != NULL) {
        return refuse(reader, event,
                      "tags (!name) are not used here; put a text that begins with ! in quotes");
    }
    if (++reader->node_count > SETTINGS_MOST_NODES) {
        return refuse(reader, event, "too many values in one file");
    }
    return in_mapping && reader->pending == NULL ? read_key(reader, event)
                                                 : read_value(reader, event, kind);
}

static bool read_event(struct reader *reader, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return ++reader->documents == 1 ||
               refuse(reader, event, "a second document begins here; settings are one");
    case YAML_ALIAS_EVENT:
        return refuse(reader, event,
                      "aliases (*name) are not used here; put a text that begins with * in quotes");
    case YAML_SCALAR_EVENT:
        return read_node(reader, event, SETTINGS_SCALAR, event->data.scalar.anchor,
                         event->data.scalar.tag);
    case YAML_SEQUENCE_START_EVENT:
        return read_node(reader, event, SETTINGS_SEQUENCE, event->data.sequence_start.anchor,
                         event->data.sequence_start.tag);
    case YAML_MAPPING_START_EVENT:
        return read_node(reader, event, SETTINGS_MAPPING, event->data.mapping_start.anchor,
                         event->data.mapping_start.tag);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        reader->open = reader->open->parent;
        reader->depth--;
        return true;
    default: /* begin and end of the stream, end of the document */
        return true;
    }
}

static bool read_events(struct reader *reader)
{
    bool more = true;

    while (more) {
        yaml_event_t event;
        bool read;

        if (!yaml_parser_parse(&reader->yaml, &event)) {
            return refuse_syntax(reader);
        }
        more = event.type != YAML_STREAM_END_EVENT;
        read = read_event(reader, &event);
        yaml_event_delete(&event);
        if (!read) {
            return false;
        }
    }
    return true;
}

static bool read_tree(struct reader *reader)
{
    bool read;

    if (!check_bytes(reader)) {
        return false;
    }
    if (!yaml_parser_initialize(&reader->yaml)) {
        return refuse_memory(reader);
    }
    yaml_parser_set_encoding(&reader->yaml, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader->yaml, (const unsigned char *)reader->bytes, reader->size);
    read = read_events(reader);
    yaml_parser_delete(&reader->yaml);
    return read;
}

bool settings_yaml_parse(struct settings_node **out, const char *name, const char *bytes,
                         size_t size, struct failure *why)
{
    bool mark = size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0; /* Notepad's UTF-8 */
    struct reader reader = {
        .name = name, .why = why, .bytes = size == 0 ? "" : bytes, .size = size};
    bool read;

    if (mark) {
        reader.bytes += 3;
        reader.size -= 3;
    }
    read = read_tree(&reader);
    free(reader.keyed);
    hash_index_clear(&reader.keys);
    if (!read) {
        settings_node_free(reader.root);
        reader.root = NULL;
    }
    *out = reader.root;
    return read;
}

void settings_node_free(struct settings_node *node)
{
    struct settings_node *child = node == NULL ? NULL : node->first;

    while (child != NULL) {
        struct settings_node *next = child->next;

        settings_node_free(child);
        child = next;
    }
    if (node != NULL) {
        free(node->text);
        free(node->key);
        free(node);
    }
}

bool settings_node_is_null(const struct settings_node *node)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};

    if (node->kind != SETTINGS_SCALAR || node->quoted) {
        return false;
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(node->text, words[i]) == 0) {
            return true;
        }
    }
    return false;
}
