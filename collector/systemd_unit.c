/* SPDX-License-Identifier: MIT */

#include "collector/systemd_unit.h"

#include <string.h>

enum { LONGEST_NAME = 255 }; /* systemd.unit(5), the suffix included */

/* A piece of the caller's text. */
struct piece {
    const char *bytes;
    size_t size;
};

/* Kinds of units that processes are put into. */
static const char *const suffixes[] = {".service", ".scope", ".socket", ".mount", ".swap"};

/* Which hierarchies tell of units; the first one that does is believed. */
static const char *const hierarchies[] = {"name=systemd", ""};

/* Takes what is before the first `c` off *rest, and both off it; false where there is none. */
static bool split(struct piece *rest, char c, struct piece *before)
{
    const char *at = rest->size == 0 ? NULL : memchr(rest->bytes, c, rest->size);
    size_t size = at == NULL ? 0 : (size_t)(at - rest->bytes);

    if (at == NULL) {
        return false;
    }
    *before = (struct piece){rest->bytes, size};
    *rest = (struct piece){at + 1, rest->size - size - 1};
    return true;
}

static bool equals(struct piece piece, const char *word)
{
    return piece.size == strlen(word) && memcmp(piece.bytes, word, piece.size) == 0;
}

static bool ends_in(struct piece piece, const char *suffix)
{
    size_t size = strlen(suffix);

    return piece.size >= size && memcmp(piece.bytes + piece.size - size, suffix, size) == 0;
}

/* The characters of systemd.unit(5), and '@', which parts a template from its instance. */
static bool is_of_a_name(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != '\0' && strchr(":-_.\\@", c) != NULL);
}

static bool is_unit(struct piece name)
{
    if (name.size > LONGEST_NAME) {
        return false;
    }
    for (size_t i = 0; i < name.size; i++) {
        if (!is_of_a_name(name.bytes[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        if (name.size > strlen(suffixes[i]) && ends_in(name, suffixes[i])) {
            return true;
        }
    }
    return false;
}

/* The kernel marks a group that was removed while a zombie is in it (its cgroup-v2.rst). */
static struct piece without_mark(struct piece path)
{
    static const char mark[] = " (deleted)";

    if (ends_in(path, mark)) {
        path.size -= sizeof(mark) - 1;
    }
    return path;
}

/* systemd puts a '_' before a name that could be a file of the kernel's, or begins with one. */
static struct piece unescaped(struct piece name)
{
    if (name.size > 0 && name.bytes[0] == '_') {
        return (struct piece){name.bytes + 1, name.size - 1};
    }
    return name;
}

/* Takes the last part off *path. */
static struct piece take_last(struct piece *path)
{
    size_t size = path->size;
    struct piece last;

    while (size > 0 && path->bytes[size - 1] != '/') {
        size--;
    }
    last = (struct piece){path->bytes + size, path->size - size};
    path->size = size == 0 ? 0 : size - 1;
    return last;
}

static bool find_in_path(struct piece path, struct piece *unit)
{
    path = without_mark(path);
    while (path.size > 0) {
        *unit = unescaped(take_last(&path));
        if (is_unit(*unit)) {
            return true;
        }
    }
    return false;
}

/* A line is of this hierarchy where its second field says so. */
static bool find_in_line(struct piece line, const char *hierarchy, struct piece *unit)
{
    struct piece number;
    struct piece controllers;

    return split(&line, ':', &number) && split(&line, ':', &controllers) &&
           equals(controllers, hierarchy) && find_in_path(line, unit);
}

static bool find_in_hierarchy(struct piece text, const char *hierarchy, struct piece *unit)
{
    struct piece line;

    while (split(&text, '\n', &line)) {
        if (find_in_line(line, hierarchy, unit)) {
            return true;
        }
    }
    return find_in_line(text, hierarchy, unit);
}

bool systemd_unit_find(const char *cgroup, size_t size, struct text *unit)
{
    struct piece found;

    for (size_t i = 0; i < sizeof(hierarchies) / sizeof(hierarchies[0]); i++) {
        if (find_in_hierarchy((struct piece){cgroup, size}, hierarchies[i], &found)) {
            text_add_bytes(unit, found.bytes, found.size);
            return true;
        }
    }
    return false;
}
