/* SPDX-License-Identifier: MIT */

#include "collector/process_instance.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { LISTED_NAME = 15 }; /* bytes of a name that Linux lists: TASK_COMM_LEN without the 0 */

/* The instance, its count of references and its texts: one allocation. */
struct shared_instance {
    struct process_instance fields; /* first: a pointer to it is a pointer to the whole */
    atomic_uint references;
    char texts[];
};

static const char *const access_names[PROCESS_ACCESS_COUNT] = {
    [PROCESS_NOT_OPENED] = "not opened", [PROCESS_OPENED] = "opened",
    [PROCESS_DENIED] = "denied",         [PROCESS_GONE] = "gone",
    [PROCESS_KERNEL] = "kernel",
};

static const char *const integrity_names[PROCESS_INTEGRITY_COUNT] = {
    [PROCESS_INTEGRITY_UNKNOWN] = "unknown",
    [PROCESS_INTEGRITY_UNTRUSTED] = "untrusted",
    [PROCESS_INTEGRITY_LOW] = "low",
    [PROCESS_INTEGRITY_MEDIUM] = "medium",
    [PROCESS_INTEGRITY_HIGH] = "high",
    [PROCESS_INTEGRITY_SYSTEM] = "system",
    [PROCESS_INTEGRITY_PROTECTED] = "protected",
};

static size_t text_space(const char *text)
{
    return text == NULL ? 0 : strlen(text) + 1;
}

/* Copies a text to *at and moves *at behind it; NULL stays NULL. */
static const char *place_text(char **at, const char *text)
{
    char *placed = *at;
    size_t size = text_space(text);

    if (text == NULL) {
        return NULL;
    }
    memcpy(placed, text, size);
    *at += size;
    return placed;
}

static void hold_parts(const struct process_instance *instance)
{
    if (instance->user != NULL) {
        account_hold(instance->user);
    }
    if (instance->image != NULL) {
        image_hold(instance->image);
    }
    if (instance->modules != NULL) {
        module_list_hold(instance->modules);
    }
}

const struct process_instance *process_instance_make(const struct process_instance *fields)
{
    const char *name = fields->name == NULL ? "" : fields->name;
    struct shared_instance *shared =
        malloc(sizeof(*shared) + text_space(name) + text_space(fields->path) +
               text_space(fields->command_line));
    char *at;

    if (shared == NULL) {
        return NULL;
    }
    at = shared->texts;
    shared->fields = *fields;
    shared->fields.name = place_text(&at, name);
    shared->fields.path = place_text(&at, fields->path);
    shared->fields.command_line = place_text(&at, fields->command_line);
    hold_parts(&shared->fields);
    atomic_init(&shared->references, 1);
    return &shared->fields;
}

/* Instances are const for everybody but this file. */
static struct shared_instance *shared_of(const struct process_instance *instance)
{
    return (struct shared_instance *)instance;
}

const struct process_instance *process_instance_hold(const struct process_instance *instance)
{
    atomic_fetch_add_explicit(&shared_of(instance)->references, 1, memory_order_relaxed);
    return instance;
}

void process_instance_release(const struct process_instance *instance)
{
    if (instance == NULL) {
        return;
    }
    if (atomic_fetch_sub_explicit(&shared_of(instance)->references, 1, memory_order_acq_rel) == 1) {
        account_release(instance->user);
        image_release(instance->image);
        module_list_release(instance->modules);
        free(shared_of(instance));
    }
}

bool process_instance_same(const struct process_instance *a, const struct process_instance *b)
{
    return a->pid == b->pid && a->start == b->start;
}

void process_instance_cut_name(struct text *cut, const char *name)
{
    size_t size = strlen(name);

    text_add_utf8(cut, name, size < LISTED_NAME ? size : LISTED_NAME);
}

/* Whether the system may have cut the name off, perhaps inside of a character. */
static bool is_cut_off(const char *name, const char *whole)
{
    struct text cut = {0};
    bool is;

    if (strlen(name) < LISTED_NAME || strlen(whole) <= LISTED_NAME) {
        return false;
    }
    process_instance_cut_name(&cut, whole);
    is = text_equal_fold(text_bytes(&cut), name);
    text_clear(&cut);
    return is;
}

const char *process_instance_shown_name(const struct process_instance *instance)
{
    const char *slash = instance->path == NULL ? NULL : strrchr(instance->path, '/');

    return slash != NULL && is_cut_off(instance->name, slash + 1) ? slash + 1 : instance->name;
}

bool process_instance_is_called(const struct process_instance *instance, const char *word)
{
    return text_equal_fold(instance->name, word) ||
           text_equal_fold(process_instance_shown_name(instance), word) ||
           (instance->path == NULL && is_cut_off(instance->name, word));
}

const char *process_access_name(int access)
{
    return access >= 0 && access < PROCESS_ACCESS_COUNT ? access_names[access] : "unknown";
}

const char *process_integrity_name(int integrity)
{
    return integrity >= 0 && integrity < PROCESS_INTEGRITY_COUNT ? integrity_names[integrity]
                                                                 : "unknown";
}
