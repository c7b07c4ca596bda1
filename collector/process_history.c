/* SPDX-License-Identifier: MIT */

/*
 * Both the remembered instances and the list are in the order of pids, so one
 * walk along both finds who stayed.
 */

#include "collector/process_history.h"

#include <stdlib.h>
#include <string.h>

static bool reserve(struct process_history *history, size_t count, struct failure *why)
{
    size_t capacity = count + count / 2 + 16;
    struct process_entry *entries;
    struct process_latecomer *late;

    if (count <= history->capacity) {
        return true;
    }
    entries = realloc(history->entries, capacity * sizeof(*entries));
    history->entries = entries != NULL ? entries : history->entries;
    late = realloc(history->late, capacity * sizeof(*late));
    history->late = late != NULL ? late : history->late;
    free(history->other);
    free(history->other_late);
    history->other = malloc(capacity * sizeof(*history->other));
    history->other_late = malloc(capacity * sizeof(*history->other_late));
    history->capacity = 0;
    if (entries == NULL || late == NULL || history->other == NULL || history->other_late == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to remember %zu processes", count);
    }
    history->capacity = capacity;
    return true;
}

/* The remembered entry of a row; NULL where there is none. *at only moves forward. */
static struct process_entry *find_known(const struct process_history *history, size_t *at,
                                        const struct process_row *row)
{
    while (*at < history->count && history->entries[*at].instance->pid < row->pid) {
        (*at)++;
    }
    if (*at < history->count && history->entries[*at].instance->pid == row->pid &&
        history->entries[*at].instance->start == row->start) {
        return &history->entries[*at];
    }
    return NULL;
}

static bool was_late(const struct process_history *history, const struct process_row *row)
{
    for (size_t i = 0; i < history->late_count; i++) {
        if (history->late[i].pid == row->pid && history->late[i].start == row->start) {
            return true;
        }
    }
    return false;
}

/* A pid is believed to be the parent only where that process started before the child. */
static uint64_t parent_start(const struct process_table *table, const struct process_row *row)
{
    const struct process_row *parent = process_table_find(table, row->parent_pid);

    if (row->parent_pid == 0 || parent == NULL || parent->start > row->start) {
        return 0;
    }
    return parent->start;
}

/* What an instance looks like before it was opened. */
static const struct process_instance *make_instance(const struct process_table *table,
                                                    const struct process_row *row,
                                                    const struct process_instance *known)
{
    struct process_instance fields = {
        .pid = row->pid,
        .parent_pid = row->parent_pid,
        .start = row->start,
        .parent_start = parent_start(table, row),
        .started_at = row->started_at,
        .session = row->session,
        .access = PROCESS_NOT_OPENED,
        .name = process_table_name(table, row),
    };

    if (known != NULL) { /* an exec changes the program, not where the process came from */
        fields.parent_pid = known->parent_pid;
        fields.parent_start = known->parent_start;
        fields.started_at = known->started_at;
    }
    return process_instance_make(&fields);
}

/* A process may also name itself anew: where the system marks programs, that is none. */
static bool runs_the_same(const struct process_entry *known, const struct process_table *table,
                          const struct process_row *row)
{
    if (known->program != 0 && row->program != 0) {
        return known->program == row->program;
    }
    return strcmp(known->instance->name, process_table_name(table, row)) == 0;
}

/* The entry of a row. A known one is copied with its references, which are then the copy's. */
static bool take_or_make(const struct process_table *table, const struct process_row *row,
                         const struct process_entry *known, const struct privacy *privacy,
                         struct process_entry *entry)
{
    if (known != NULL && runs_the_same(known, table, row)) {
        *entry = *known;
        entry->program = row->program != 0 ? row->program : known->program;
        entry->owns = false;
        return true;
    }
    *entry = (struct process_entry){
        .instance = make_instance(table, row, known == NULL ? NULL : known->instance),
        .program = row->program,
    };
    if (entry->instance == NULL) {
        return false;
    }
    entry->left_out = privacy_leaves_out(privacy, entry->instance);
    return true;
}

/* What an update makes of the list: the entries that stay, and who came too late. */
struct merge {
    size_t count;
    size_t late_count;
};

static bool merge_list(struct process_history *history, const struct process_table *table,
                       int64_t latest, const struct privacy *privacy, struct merge *merge,
                       struct failure *why)
{
    size_t at = 0;

    for (size_t i = 0; i < table->count; i++) {
        const struct process_row *row = &table->rows[i];
        const struct process_entry *known = find_known(history, &at, row);

        if (known == NULL && row->started_at > latest && !was_late(history, row)) {
            history->other_late[merge->late_count++] =
                (struct process_latecomer){row->pid, row->start};
            continue;
        }
        if (!take_or_make(table, row, known, privacy, &history->other[merge->count])) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory to remember a process");
        }
        merge->count++;
    }
    return true;
}

/* Takes the latecomers, who are in the order of the list, out of it. */
static void drop_latecomers(const struct process_history *history, struct process_table *table)
{
    size_t late = 0;
    size_t kept = 0;

    for (size_t i = 0; i < table->count; i++) {
        if (late < history->late_count && history->late[late].pid == table->rows[i].pid &&
            history->late[late].start == table->rows[i].start) {
            late++;
        } else {
            table->rows[kept++] = table->rows[i];
        }
    }
    table->count = kept;
}

static void release_entry(struct process_entry *entry)
{
    process_instance_release(entry->instance);
    process_handle_close(entry->handle);
    service_memory_clear(&entry->services);
}

/*
 * Gives back what only one of two lists has, both by pid: an entry that went
 * from the one to the other has its instance in both.
 */
static void release_without(struct process_entry *entries, size_t count,
                            const struct process_entry *others, size_t other_count)
{
    size_t at = 0;

    for (size_t i = 0; i < count; i++) {
        while (at < other_count && others[at].instance->pid < entries[i].instance->pid) {
            at++;
        }
        if (at == other_count || others[at].instance != entries[i].instance) {
            release_entry(&entries[i]);
        }
    }
}

static void take_over(struct process_history *history, const struct merge *merge)
{
    struct process_entry *entries = history->entries;
    struct process_latecomer *late = history->late;

    release_without(entries, history->count, history->other, merge->count);
    history->entries = history->other;
    history->other = entries;
    history->count = merge->count;
    history->late = history->other_late;
    history->other_late = late;
    history->late_count = merge->late_count;
}

bool process_history_update(struct process_history *history, struct process_table *table,
                            int64_t latest, const struct privacy *privacy, struct failure *why)
{
    struct merge merge = {0};

    if (!reserve(history, table->count, why)) {
        return false;
    }
    if (!merge_list(history, table, latest, privacy, &merge, why)) {
        release_without(history->other, merge.count, history->entries, history->count);
        return false;
    }
    take_over(history, &merge);
    drop_latecomers(history, table);
    return true;
}

/* What is found when a process is opened, with references of its own. */
struct findings {
    struct process_details details;
    const struct account *user;
    const struct image *image;
};

static void clear_findings(struct findings *findings)
{
    process_details_clear(&findings->details);
    account_release(findings->user);
    image_release(findings->image);
}

/* A command line that is not to be recorded is not read. */
static unsigned wishes_for(const struct process_entry *entry, const struct process_sources *sources)
{
    return sources->command_lines && !entry->left_out &&
                   !privacy_hides_command_line(sources->privacy, entry->instance)
               ? PROCESS_WISH_COMMAND_LINE
               : 0;
}

static bool find_shared(const struct process_sources *sources, struct findings *findings,
                        struct failure *why)
{
    const struct process_details *details = &findings->details;

    if (details->user != NULL && sources->accounts != NULL) {
        findings->user = account_names_find(sources->accounts, details->user, why);
        if (findings->user == NULL) {
            return false;
        }
    }
    if (details->path != NULL && sources->images != NULL) {
        const struct image_sighting sighting = {
            .path = details->path,
            .source = details->image_source,
            .identity = details->image_identity,
            .deleted = details->image_deleted,
        };

        return image_library_find(sources->images, &sighting, &findings->image, why);
    }
    return true;
}

/* Puts an object with other fields in the place of the entry's instance. */
static bool replace_instance(struct process_entry *entry, const struct process_instance *fields,
                             struct failure *why)
{
    const struct process_instance *instance = process_instance_make(fields);

    if (instance == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to remember a process");
    }
    process_instance_release(entry->instance);
    entry->instance = instance;
    return true;
}

/* The path decides over the command line too, which is then dropped again. */
static bool take_findings(struct process_entry *entry, const struct process_sources *sources,
                          const struct findings *findings, uint8_t access, struct failure *why)
{
    struct process_instance fields = *entry->instance;

    fields.access = access;
    fields.path = findings->details.path;
    fields.integrity = findings->details.integrity;
    fields.denied = findings->details.denied;
    fields.user = findings->user;
    fields.image = findings->image;
    if (privacy_hides_command_line(sources->privacy, &fields)) {
        fields.left_out |= PROCESS_PART_COMMAND_LINE;
    } else {
        fields.command_line = findings->details.command_line;
    }
    entry->left_out = privacy_leaves_out(sources->privacy, &fields);
    return replace_instance(entry, &fields, why);
}

/* One that was opened as somebody's ancestor, and let go, may own something later. */
static bool may_be_held(const struct process_instance *instance)
{
    return instance->access == PROCESS_NOT_OPENED || instance->access == PROCESS_OPENED;
}

bool process_history_open(struct process_history *history, size_t i,
                          const struct process_sources *sources, struct failure *why)
{
    struct process_entry *entry = &history->entries[i];
    struct findings findings = {.user = NULL};
    enum process_access access = PROCESS_NOT_OPENED;
    bool ok;

    if (entry->handle == NULL && may_be_held(entry->instance) &&
        !process_handle_open(&entry->handle, entry->instance->pid, entry->instance->start, &access,
                             why)) {
        return false;
    }
    if (entry->instance->access != PROCESS_NOT_OPENED ||
        (entry->handle == NULL && access == PROCESS_NOT_OPENED)) {
        return true;
    }
    ok = entry->handle == NULL ||
         (process_details_read(entry->handle, wishes_for(entry, sources), &findings.details, why) &&
          find_shared(sources, &findings, why));
    access = entry->handle == NULL ? access : (enum process_access)findings.details.access;
    ok = ok && (access == PROCESS_NOT_OPENED ||
                take_findings(entry, sources, &findings, (uint8_t)access, why));
    clear_findings(&findings);
    return ok;
}

size_t process_history_parent(const struct process_history *history, size_t i)
{
    const struct process_instance *instance = history->entries[i].instance;
    size_t low = 0;
    size_t high = history->count;

    while (low < high && instance->parent_start != 0) {
        size_t middle = low + (high - low) / 2;

        if (history->entries[middle].instance->pid < instance->parent_pid) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (instance->parent_start == 0 || low == history->count ||
        history->entries[low].instance->pid != instance->parent_pid ||
        history->entries[low].instance->start != instance->parent_start) {
        return SIZE_MAX;
    }
    return low;
}

/*
 * Modules
 */

/* A list in the making; the images are referred to. */
struct module_work {
    struct module *items;
    size_t count;
};

static void clear_work(struct module_work *work)
{
    for (size_t i = 0; i < work->count; i++) {
        image_release(work->items[i].image);
    }
    free(work->items);
}

/* What was at this base before; NULL where nothing was. *at only moves forward. */
static const struct image *image_before(const struct module_list *before, size_t *at, uint64_t base)
{
    while (before != NULL && *at < before->count && before->modules[*at].base < base) {
        (*at)++;
    }
    return before != NULL && *at < before->count && before->modules[*at].base == base
               ? before->modules[*at].image
               : NULL;
}

static bool find_image(const struct module_table *table, const struct module_row *row,
                       const struct image *known, struct image_library *images,
                       const struct image **image, struct failure *why)
{
    const struct image_sighting sighting = {
        .path = module_table_path(table, row),
        .source = module_table_source(table, row),
        .identity = row->identity,
        .deleted = (row->flags & MODULE_DELETED) != 0,
        .known = known,
    };

    return image_library_find(images, &sighting, image, why);
}

static bool fill_work(struct module_work *work, const struct module_table *table,
                      const struct module_list *before, struct image_library *images,
                      struct failure *why)
{
    size_t at = 0;

    work->items = malloc((table->count + 1) * sizeof(*work->items));
    if (work->items == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu modules", table->count);
    }
    for (size_t i = 0; i < table->count; i++) {
        const struct module_row *row = &table->rows[i];
        const struct image *image;

        if (!find_image(table, row, image_before(before, &at, row->base), images, &image, why)) {
            return false;
        }
        work->items[work->count++] = (struct module){
            .image = image, .base = row->base, .size = row->size, .flags = row->flags};
    }
    return true;
}

static bool equals(const struct module_list *list, const struct module_table *table,
                   const struct module_work *work)
{
    if (list == NULL || list->access != table->access ||
        list->has_own_list != table->has_own_list || list->count != work->count) {
        return false;
    }
    for (size_t i = 0; i < list->count; i++) {
        const struct module *a = &list->modules[i];
        const struct module *b = &work->items[i];

        if (a->image != b->image || a->base != b->base || a->size != b->size ||
            a->flags != b->flags) {
            return false;
        }
    }
    return true;
}

static bool take_modules(struct process_entry *entry, const struct module_table *table,
                         const struct module_work *work, struct failure *why)
{
    struct process_instance fields = *entry->instance;
    const struct module_list list = {
        .access = table->access,
        .has_own_list = table->has_own_list,
        .count = work->count,
        .modules = work->items,
    };
    bool ok;

    if (equals(fields.modules, table, work)) {
        return true;
    }
    fields.modules = module_list_make(&list);
    if (fields.modules == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu modules", work->count);
    }
    ok = replace_instance(entry, &fields, why);
    module_list_release(fields.modules);
    return ok;
}

bool process_history_look_at_modules(struct process_history *history, size_t i,
                                     const struct process_sources *sources, int64_t now,
                                     struct failure *why)
{
    struct process_entry *entry = &history->entries[i];
    struct module_table *table = &history->modules;
    struct module_work work = {0};
    bool ok;

    entry->modules_at = now;
    module_table_reset(table);
    table->access = entry->instance->access == PROCESS_DENIED ? MODULES_DENIED : MODULES_NOT_READ;
    if (entry->handle != NULL && !module_table_read(entry->handle, table, why)) {
        return false;
    }
    if (table->access == MODULES_NOT_READ) {
        return true; /* a process that is gone, or one of the kernel */
    }
    if (table->access != MODULES_READ && entry->instance->modules != NULL) {
        return true;
    }
    ok = fill_work(&work, table, entry->instance->modules, sources->images, why) &&
         take_modules(entry, table, &work, why);
    clear_work(&work);
    return ok;
}

void process_history_let_go(struct process_history *history, size_t i)
{
    process_handle_close(history->entries[i].handle);
    history->entries[i].handle = NULL;
}

void process_history_release_idle(struct process_history *history)
{
    for (size_t i = 0; i < history->count; i++) {
        if (!history->entries[i].owns) {
            process_history_let_go(history, i);
        }
    }
}

void process_history_clear(struct process_history *history)
{
    for (size_t i = 0; i < history->count; i++) {
        release_entry(&history->entries[i]);
    }
    free(history->entries);
    free(history->other);
    free(history->late);
    free(history->other_late);
    module_table_clear(&history->modules);
    *history = (struct process_history){0};
}
