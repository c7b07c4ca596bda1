/* SPDX-License-Identifier: MIT */

#include "collector/privacy.h"

#include <stdlib.h>
#include <string.h>

#include "base/pattern.h"
#include "base/text.h"

static void clear_list(struct pattern_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i]);
    }
    free((void *)list->items);
    *list = (struct pattern_list){0};
}

/* Makes room for `count` patterns in an empty list. */
static bool reserve(struct pattern_list *list, size_t count, struct failure *why)
{
    list->items = (char **)calloc(count + 1, sizeof(char *));
    return list->items != NULL || FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu patterns", count);
}

static bool add(struct pattern_list *list, const char *pattern, struct failure *why)
{
    char *copy = text_copy(pattern);

    if (copy == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for a pattern");
    }
    list->items[list->count++] = copy;
    return true;
}

static bool read_list(struct pattern_list *list, const struct settings *settings, const char *name,
                      struct failure *why)
{
    size_t count = settings_count(settings, name);

    if (!reserve(list, count, why)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!add(list, settings_text_at(settings, name, i), why)) {
            return false;
        }
    }
    return true;
}

static bool copy_list(struct pattern_list *to, const struct pattern_list *from, struct failure *why)
{
    if (!reserve(to, from->count, why)) {
        return false;
    }
    for (size_t i = 0; i < from->count; i++) {
        if (!add(to, from->items[i], why)) {
            return false;
        }
    }
    return true;
}

bool privacy_read(struct privacy *privacy, const struct settings *settings, struct failure *why)
{
    privacy_clear(privacy);
    return read_list(&privacy->processes, settings, "privacy.exclude_processes", why) &&
           read_list(&privacy->command_lines, settings, "privacy.exclude_command_lines", why);
}

bool privacy_copy(struct privacy *to, const struct privacy *from, struct failure *why)
{
    privacy_clear(to);
    return copy_list(&to->processes, &from->processes, why) &&
           copy_list(&to->command_lines, &from->command_lines, why);
}

static bool equal_lists(const struct pattern_list *a, const struct pattern_list *b)
{
    if (a->count != b->count) {
        return false;
    }
    for (size_t i = 0; i < a->count; i++) {
        if (strcmp(a->items[i], b->items[i]) != 0) {
            return false;
        }
    }
    return true;
}

bool privacy_equal(const struct privacy *a, const struct privacy *b)
{
    return equal_lists(&a->processes, &b->processes) &&
           equal_lists(&a->command_lines, &b->command_lines);
}

static bool is_for_paths(const char *pattern)
{
    return strpbrk(pattern, "/\\") != NULL;
}

/* The last part of a path; the name that the system lists may be cut short (Linux). */
static const char *file_name(const char *path)
{
    const char *name = path;

    for (const char *at = path; *at != '\0'; at++) {
        if (*at == '/' || *at == '\\') {
            name = at + 1;
        }
    }
    return name;
}

static bool matches(const char *pattern, const struct process_instance *instance)
{
    if (is_for_paths(pattern)) {
        return instance->path != NULL && pattern_matches(pattern, instance->path);
    }
    return pattern_matches(pattern, instance->name) ||
           (instance->path != NULL && pattern_matches(pattern, file_name(instance->path)));
}

static bool any_matches(const struct pattern_list *list, const struct process_instance *instance)
{
    for (size_t i = 0; i < list->count; i++) {
        if (matches(list->items[i], instance)) {
            return true;
        }
    }
    return false;
}

bool privacy_needs_path(const struct privacy *privacy, const struct process_instance *instance)
{
    return privacy != NULL && privacy->processes.count > 0 && instance->path == NULL &&
           instance->access == PROCESS_NOT_OPENED;
}

bool privacy_leaves_out(const struct privacy *privacy, const struct process_instance *instance)
{
    return privacy != NULL && any_matches(&privacy->processes, instance);
}

bool privacy_hides_command_line(const struct privacy *privacy,
                                const struct process_instance *instance)
{
    return privacy != NULL && any_matches(&privacy->command_lines, instance);
}

void privacy_clear(struct privacy *privacy)
{
    clear_list(&privacy->processes);
    clear_list(&privacy->command_lines);
}
