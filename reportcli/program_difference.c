/* SPDX-License-Identifier: MIT */

#include "reportcli/program_difference.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash_index.h"
#include "base/text.h"

/* A file that an earlier process had loaded. */
struct loaded {
    uint32_t process;
    const struct module *module;
};

enum chosen {
    NOT_CHOSEN,
    CHOSEN,       /* what is known of it counts */
    CHOSEN_OWNER, /* one of its sockets passes, now or before: what is not known counts as well */
};

struct programs {
    struct difference *difference;
    const struct snapshot *before;
    const struct snapshot *after;
    const struct difference_wish *wish;
    uint8_t *chosen;             /* enum chosen, of the later processes */
    struct hash_index instances; /* earlier processes by pid and start */
    struct hash_index names;     /* and by program */
    struct loaded *loaded;
    size_t loaded_count;
    struct hash_index own_files;     /* places in `loaded`, by process and path */
    struct hash_index program_files; /* by program and path */
    struct hash_index found;         /* items of ours, by kind, program and file */
};

static uint64_t hash_folded(uint64_t seed, const char *text)
{
    uint64_t hash = seed;

    for (; *text != '\0'; text++) {
        unsigned c = (unsigned char)*text;

        hash = (hash ^ (c >= 'A' && c <= 'Z' ? c | 0x20U : c)) * UINT64_C(1099511628211); /* FNV */
    }
    return hash_bytes(hash, "", 0);
}

/* By the name: processes of one program share it, whether their path is known or not. */
static uint64_t hash_program(const struct process_instance *instance)
{
    return hash_folded(1, process_instance_shown_name(instance));
}

static bool is_same_program(const struct programs *programs, const struct process_instance *a,
                            const struct process_instance *b)
{
    return programs->wish->by_program
               ? text_equal_fold(process_instance_shown_name(a), process_instance_shown_name(b))
               : difference_same_program(a, b);
}

static uint64_t hash_instance(const struct process_instance *instance)
{
    uint64_t key[2] = {instance->pid, instance->start};

    return hash_bytes(2, key, sizeof(key));
}

static uint64_t hash_path(uint64_t seed, const char *path)
{
    return hash_bytes(seed, path, strlen(path));
}

static uint64_t hash_own(uint32_t process, const char *path)
{
    return hash_path(hash_bytes(3, &process, sizeof(process)), path);
}

/* The same process at the earlier moment; SOCKET_NO_OWNER where it is not there. */
static uint32_t find_itself(struct programs *programs, const struct process_instance *instance)
{
    uint32_t at = HASH_INDEX_END;

    if (!programs->wish->by_program) {
        at = hash_index_first(&programs->instances, hash_instance(instance));
        while (at != HASH_INDEX_END &&
               !process_instance_same(programs->before->processes[at], instance)) {
            at = hash_index_next(&programs->instances);
        }
    }
    return at == HASH_INDEX_END ? SOCKET_NO_OWNER : at;
}

/* Nobody looked into a process that owned no socket: with it nothing can be compared. */
static bool was_looked_at(const struct programs *programs, uint32_t process)
{
    return programs->before->processes[process]->access != PROCESS_NOT_OPENED;
}

/* The first or next earlier process of a program. */
static uint32_t next_of_program(struct programs *programs, const struct process_instance *instance,
                                bool first)
{
    uint32_t at = first ? hash_index_first(&programs->names, hash_program(instance))
                        : hash_index_next(&programs->names);

    while (at != HASH_INDEX_END &&
           !(was_looked_at(programs, at) &&
             is_same_program(programs, programs->before->processes[at], instance))) {
        at = hash_index_next(&programs->names);
    }
    return at == HASH_INDEX_END ? SOCKET_NO_OWNER : at;
}

static bool index_processes(struct programs *programs, struct failure *why)
{
    const struct snapshot *before = programs->before;

    for (size_t i = 0; i < before->process_count; i++) {
        if (!hash_index_add(&programs->instances, hash_instance(before->processes[i]), (uint32_t)i,
                            why) ||
            !hash_index_add(&programs->names, hash_program(before->processes[i]), (uint32_t)i,
                            why)) {
            return false;
        }
    }
    return true;
}

static bool knows_modules(const struct process_instance *instance)
{
    return instance->modules != NULL && instance->modules->access == MODULES_READ;
}

static size_t count_modules(const struct snapshot *snapshot)
{
    size_t count = 0;

    for (size_t i = 0; i < snapshot->process_count; i++) {
        count += knows_modules(snapshot->processes[i]) ? snapshot->processes[i]->modules->count : 0;
    }
    return count;
}

static bool index_module(struct programs *programs, uint32_t process, const struct module *module,
                         struct failure *why)
{
    uint32_t place = (uint32_t)programs->loaded_count;
    const struct process_instance *instance = programs->before->processes[process];
    const char *path = module->image->path;

    programs->loaded[programs->loaded_count++] = (struct loaded){process, module};
    return hash_index_add(&programs->own_files, hash_own(process, path), place, why) &&
           hash_index_add(&programs->program_files, hash_path(hash_program(instance), path), place,
                          why);
}

static bool index_modules(struct programs *programs, struct failure *why)
{
    size_t count = count_modules(programs->before);
    bool done = true;

    programs->loaded = malloc((count + 1) * sizeof(programs->loaded[0]));
    if (programs->loaded == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu modules", count);
    }
    for (size_t i = 0; done && i < programs->before->process_count; i++) {
        const struct process_instance *instance = programs->before->processes[i];

        for (size_t k = 0; done && knows_modules(instance) && k < instance->modules->count; k++) {
            done = index_module(programs, (uint32_t)i, &instance->modules->modules[k], why);
        }
    }
    return done;
}

static void choose_owner(struct programs *programs, const struct snapshot *snapshot,
                         const struct socket_row *row, uint8_t *chosen)
{
    if (row->owner != SOCKET_NO_OWNER &&
        (programs->wish->filter == NULL ||
         ledger_filter_takes(programs->wish->filter, snapshot, row))) {
        chosen[row->owner] = CHOSEN_OWNER;
    }
}

/* A process whose socket was chosen at the earlier moment is looked at in the later one. */
static void choose_survivors(struct programs *programs, const uint8_t *chosen_before)
{
    for (size_t i = 0; i < programs->after->process_count; i++) {
        uint32_t itself = find_itself(programs, programs->after->processes[i]);

        if (itself != SOCKET_NO_OWNER && chosen_before[itself] != 0) {
            programs->chosen[i] = CHOSEN_OWNER;
        }
    }
}

static bool choose(struct programs *programs, struct failure *why)
{
    const struct snapshot *before = programs->before;
    const struct snapshot *after = programs->after;
    uint8_t *chosen_before = calloc(before->process_count + 1, 1);

    programs->chosen = calloc(after->process_count + 1, 1);
    if (programs->chosen == NULL || chosen_before == NULL) {
        free(chosen_before);
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu processes", after->process_count);
    }
    if (programs->wish->filter == NULL) {
        memset(programs->chosen, CHOSEN, after->process_count);
    }
    for (size_t i = 0; i < before->socket_count; i++) {
        choose_owner(programs, before, &before->sockets[i], chosen_before);
    }
    for (size_t i = 0; i < after->socket_count; i++) {
        choose_owner(programs, after, &after->sockets[i], programs->chosen);
    }
    choose_survivors(programs, chosen_before);
    free(chosen_before);
    return true;
}

static const struct image_facts *read_facts(const struct image *image)
{
    const struct image_facts *facts = image_facts(image);

    return facts != NULL && facts->status == IMAGE_READ ? facts : NULL;
}

static bool has_identity(const struct image *image)
{
    static const struct image_identity unknown;

    return !image_identity_equal(&image->identity, &unknown);
}

enum likeness { ALIKE, UNLIKE, NOT_TOLD };

/* Whether two files have the same content. */
static enum likeness compare_images(const struct programs *programs, const struct image *a,
                                    const struct image *b)
{
    const struct image_facts *earlier = read_facts(a);
    const struct image_facts *later = read_facts(b);

    if (a == NULL || b == NULL) {
        return NOT_TOLD;
    }
    if (earlier != NULL && later != NULL) {
        return memcmp(earlier->sha256, later->sha256, IMAGE_HASH_SIZE) == 0 ? ALIKE : UNLIKE;
    }
    if (a == b ||
        (!programs->wish->by_program && has_identity(a) && strcmp(a->path, b->path) == 0 &&
         image_identity_equal(&a->identity, &b->identity))) {
        return ALIKE;
    }
    return NOT_TOLD;
}

/* With the earlier processes of the program: is there one that ran the same file? */
static enum likeness compare_program(struct programs *programs,
                                     const struct process_instance *instance, uint32_t *process)
{
    enum likeness likeness = ALIKE; /* where it is new there is nothing to compare */
    uint32_t at = next_of_program(programs, instance, true);

    for (; at != SOCKET_NO_OWNER; at = next_of_program(programs, instance, false)) {
        enum likeness one =
            compare_images(programs, programs->before->processes[at]->image, instance->image);

        if (one == ALIKE) {
            return ALIKE;
        }
        if (*process == SOCKET_NO_OWNER || (one == UNLIKE && likeness != UNLIKE)) {
            *process = at;
            likeness = one;
        }
    }
    return likeness;
}

static enum likeness compare_itself(struct programs *programs,
                                    const struct process_instance *instance, uint32_t itself)
{
    const struct process_instance *before = programs->before->processes[itself];
    enum likeness likeness = compare_images(programs, before->image, instance->image);

    if (!was_looked_at(programs, itself)) {
        return likeness == UNLIKE ? UNLIKE : ALIKE;
    }

    if (likeness == NOT_TOLD && before->path != NULL && instance->path != NULL &&
        strcmp(before->path, instance->path) != 0) {
        return UNLIKE; /* it has become another program: exec */
    }
    return likeness;
}

static uint64_t hash_item(const struct programs *programs, const struct difference_item *item)
{
    const struct process_instance *instance = programs->after->processes[item->process_after];
    const struct image_facts *facts = read_facts(instance->image);
    uint64_t hash = hash_program(instance) + (uint64_t)item->kind;

    if (item->module != NULL) {
        return hash_path(hash, item->module->image->path);
    }
    return facts != NULL ? hash_bytes(hash, facts->sha256, sizeof(facts->sha256)) : hash;
}

static bool says_the_same(const struct programs *programs, const struct difference_item *a,
                          const struct difference_item *b)
{
    const struct process_instance *one = programs->after->processes[a->process_after];
    const struct process_instance *other = programs->after->processes[b->process_after];

    if (a->kind != b->kind || !is_same_program(programs, one, other)) {
        return false;
    }
    if (a->module != NULL) {
        return strcmp(a->module->image->path, b->module->image->path) == 0 &&
               compare_images(programs, a->module->image, b->module->image) != UNLIKE;
    }
    return compare_images(programs, one->image, other->image) == ALIKE;
}

/* Many processes of one program are one item, which stands for the lowest pid. */
static bool add(struct programs *programs, struct difference_item *item, struct failure *why)
{
    struct difference *difference = programs->difference;
    uint64_t hash = hash_item(programs, item);
    uint32_t at = hash_index_first(&programs->found, hash);

    for (; at != HASH_INDEX_END; at = hash_index_next(&programs->found)) {
        struct difference_item *known = &difference->items[at];

        if (says_the_same(programs, known, item)) {
            item->processes = known->processes + 1;
            if (programs->after->processes[item->process_after]->pid <
                programs->after->processes[known->process_after]->pid) {
                *known = *item;
            }
            known->processes = item->processes;
            return true;
        }
    }
    item->processes = 1;
    return hash_index_add(&programs->found, hash, (uint32_t)difference->count, why) &&
           difference_add(difference, item, why);
}

/* The kernel has neither a file nor modules: nothing is missing. */
static bool is_owner(const struct programs *programs, uint32_t process)
{
    return programs->chosen[process] == CHOSEN_OWNER &&
           programs->after->processes[process]->access != PROCESS_KERNEL;
}

static bool compare_file(struct programs *programs, uint32_t process, struct failure *why)
{
    const struct process_instance *instance = programs->after->processes[process];
    struct difference_item item = difference_item(DIFFERENCE_IMAGE);
    enum likeness likeness;

    item.process_after = process;
    item.process_before = find_itself(programs, instance);
    likeness = item.process_before != SOCKET_NO_OWNER
                   ? compare_itself(programs, instance, item.process_before)
                   : compare_program(programs, instance, &item.process_before);
    if (likeness == NOT_TOLD && is_owner(programs, process)) {
        programs->difference->unread_files++;
    }
    return likeness != UNLIKE || add(programs, &item, why);
}

/* What a process, or its program, was known to have loaded before. */
struct known_files {
    uint32_t itself; /* SOCKET_NO_OWNER: the program's are compared */
    bool known;
};

static struct known_files find_known(struct programs *programs,
                                     const struct process_instance *instance, bool *existed)
{
    struct known_files files = {.itself = find_itself(programs, instance)};
    uint32_t at;

    *existed = files.itself != SOCKET_NO_OWNER && was_looked_at(programs, files.itself);
    if (files.itself != SOCKET_NO_OWNER) {
        files.known = knows_modules(programs->before->processes[files.itself]);
        return files;
    }
    at = next_of_program(programs, instance, true);
    for (; at != SOCKET_NO_OWNER && !files.known; at = next_of_program(programs, instance, false)) {
        *existed = true;
        files.known = knows_modules(programs->before->processes[at]);
    }
    return files;
}

/*
 * Whether a file of that path and content was loaded before. *before is one of
 * the same path and another content, where there is such.
 */
static bool was_loaded(struct programs *programs, const struct process_instance *instance,
                       const struct known_files *files, const struct module *module,
                       const struct module **before)
{
    bool own = files->itself != SOCKET_NO_OWNER;
    struct hash_index *index = own ? &programs->own_files : &programs->program_files;
    const char *path = module->image->path;
    uint32_t at = hash_index_first(index, own ? hash_own(files->itself, path)
                                              : hash_path(hash_program(instance), path));

    *before = NULL;
    for (; at != HASH_INDEX_END; at = hash_index_next(index)) {
        const struct loaded *loaded = &programs->loaded[at];

        if (strcmp(loaded->module->image->path, path) == 0 &&
            (own ? loaded->process == files->itself
                 : is_same_program(programs, programs->before->processes[loaded->process],
                                   instance))) {
            if (programs->wish->by_program ||
                compare_images(programs, loaded->module->image, module->image) != UNLIKE) {
                return true;
            }
            *before = loaded->module;
        }
    }
    return false;
}

/* The program's own file is mapped too: that it is another one is said already. */
static bool is_own_file(const struct process_instance *instance, const struct module *module)
{
    return module->image == instance->image ||
           (instance->path != NULL && strcmp(instance->path, module->image->path) == 0);
}

static bool compare_modules(struct programs *programs, uint32_t process, struct failure *why)
{
    const struct process_instance *instance = programs->after->processes[process];
    bool existed;
    struct known_files files = find_known(programs, instance, &existed);
    bool done = true;

    if (!existed || !knows_modules(instance) || !files.known) {
        programs->difference->unread_modules += existed && is_owner(programs, process) ? 1 : 0;
        return true;
    }
    for (size_t i = 0; done && i < instance->modules->count; i++) {
        struct difference_item item = difference_item(DIFFERENCE_MODULE);

        item.process_before = files.itself;
        item.process_after = process;
        item.module = &instance->modules->modules[i];
        done = is_own_file(instance, item.module) ||
               was_loaded(programs, instance, &files, item.module, &item.module_before) ||
               add(programs, &item, why);
    }
    return done;
}

static void clear(struct programs *programs)
{
    hash_index_clear(&programs->instances);
    hash_index_clear(&programs->names);
    hash_index_clear(&programs->own_files);
    hash_index_clear(&programs->program_files);
    hash_index_clear(&programs->found);
    free(programs->loaded);
    free(programs->chosen);
}

bool program_difference_add(struct difference *difference, const struct snapshot *before,
                            const struct snapshot *after, const struct difference_wish *wish,
                            struct failure *why)
{
    struct programs programs = {
        .difference = difference, .before = before, .after = after, .wish = wish};
    bool done =
        index_processes(&programs, why) && index_modules(&programs, why) && choose(&programs, why);

    for (size_t i = 0; done && i < after->process_count; i++) {
        if (programs.chosen[i] != NOT_CHOSEN) {
            done = compare_file(&programs, (uint32_t)i, why) &&
                   compare_modules(&programs, (uint32_t)i, why);
        }
    }
    clear(&programs);
    return done;
}
