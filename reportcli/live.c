/* SPDX-License-Identifier: MIT */

#include "reportcli/live.h"

#include <stdlib.h>

enum {
    FILES_MS = 10000,
    NAMES_MS = 1000,
    FIRST_THINGS = 256,
};

/* Shared things of a snapshot, each as often as it is used until they are counted. */
struct things {
    const void **items;
    size_t count;
    size_t capacity;
};

static bool add_thing(struct things *things, const void *thing, struct failure *why)
{
    if (thing == NULL) {
        return true;
    }
    if (things->count == things->capacity) {
        size_t capacity = things->capacity == 0 ? FIRST_THINGS : things->capacity * 2;
        const void **items =
            (const void **)realloc((void *)things->items, capacity * sizeof(things->items[0]));

        if (items == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu files", capacity);
        }
        things->items = items;
        things->capacity = capacity;
    }
    things->items[things->count++] = thing;
    return true;
}

static int compare_things(const void *left, const void *right)
{
    uintptr_t a = (uintptr_t) * (const void *const *)left;
    uintptr_t b = (uintptr_t) * (const void *const *)right;

    return (a > b) - (a < b);
}

/* Leaves each thing once. */
static void make_unique(struct things *things)
{
    size_t kept = 0;

    if (things->count > 1) {
        qsort((void *)things->items, things->count, sizeof(things->items[0]), compare_things);
    }
    for (size_t i = 0; i < things->count; i++) {
        if (kept == 0 || things->items[kept - 1] != things->items[i]) {
            things->items[kept++] = things->items[i];
        }
    }
    things->count = kept;
}

static bool gather_files(struct things *files, const struct snapshot *snapshot, struct failure *why)
{
    bool done = true;

    for (size_t i = 0; done && i < snapshot->process_count; i++) {
        const struct process_instance *instance = snapshot->processes[i];
        const struct module_list *list = instance->modules;

        done = add_thing(files, instance->image, why);
        for (size_t k = 0; done && list != NULL && k < list->count; k++) {
            done = add_thing(files, list->modules[k].image, why);
        }
    }
    make_unique(files);
    return done;
}

static bool gather_accounts(struct things *accounts, const struct snapshot *snapshot,
                            struct failure *why)
{
    bool done = true;

    for (size_t i = 0; done && i < snapshot->process_count; i++) {
        done = add_thing(accounts, snapshot->processes[i]->user, why);
    }
    make_unique(accounts);
    return done;
}

static bool is_unread(const void *image)
{
    return image_facts(image) == NULL;
}

static bool is_unnamed(const void *account)
{
    return !account_is_settled(account);
}

static size_t count_missing(const struct things *things, bool (*missing)(const void *thing))
{
    size_t count = 0;

    for (size_t i = 0; i < things->count; i++) {
        count += missing(things->items[i]) ? 1 : 0;
    }
    return count;
}

int64_t live_patience(const struct command_context *context,
                      const struct collector_options *options)
{
    if (options->images) {
        return FILES_MS;
    }
    return context->renderer == &render_table && !context->render.verbose && !options->all_processes
               ? 0
               : NAMES_MS;
}

bool live_sample(const struct collector_options *options, int64_t patience,
                 struct snapshot *snapshot, struct failure *why)
{
    struct collector_options hurried = *options; /* what it points to stays the caller's */
    struct collector *collector = NULL;
    bool done;

    hurried.hurry = true;
    done = collector_open(&collector, &hurried, why) && collector_sample(collector, snapshot, why);
    if (done && patience > 0) {
        /* Whether all came in time is seen in the snapshot itself: live_note_facts(). */
        (void)collector_complete(collector, patience);
    }
    collector_close(collector);
    return done;
}

static bool note_files(const struct command_context *context, const struct snapshot *snapshot,
                       struct failure *why)
{
    struct things files = {0};
    bool done = gather_files(&files, snapshot, why);
    size_t unread = count_missing(&files, is_unread);

    if (done && unread > 0) {
        command_note(context, "facts", "%zu of %zu files are not read yet", unread, files.count);
    }
    free((void *)files.items);
    return done;
}

static bool note_accounts(const struct command_context *context, const struct snapshot *snapshot,
                          struct failure *why)
{
    struct things accounts = {0};
    bool done = gather_accounts(&accounts, snapshot, why);
    size_t unnamed = count_missing(&accounts, is_unnamed);

    if (done && unnamed > 0) {
        command_note(context, "facts", "%zu of %zu accounts are not named yet: their ids are shown",
                     unnamed, accounts.count);
    }
    free((void *)accounts.items);
    return done;
}

bool live_note_facts(const struct command_context *context, const struct collector_options *options,
                     const struct snapshot *snapshot, struct failure *why)
{
    return (!options->images || note_files(context, snapshot, why)) &&
           (!options->details || live_patience(context, options) == 0 ||
            note_accounts(context, snapshot, why));
}
