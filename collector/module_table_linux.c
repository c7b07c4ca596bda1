/* SPDX-License-Identifier: MIT */

/*
 * Linux: what a process has mapped as code, and what of it its dynamic linker
 * knows.
 */

#include "collector/process_details.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "collector/linker_list_linux.h"
#include "collector/memory_map_linux.h"
#include "collector/process_folder_linux.h"
#include "collector/process_names_linux.h"
#include "collector/process_text_linux.h"

enum {
    MAPS_LIMIT = 16 * 1024 * 1024, /* bytes: 65,530 mappings, which is the kernel's own limit
                                      (vm.max_map_count), of 256 bytes each */
    AUXV_LIMIT = 4096,
    MOST_LOOKS = 3,
};

/* One look into one process. */
struct look {
    const struct process_handle *handle;
    struct process_names names;
    struct text content; /* of the file that was read last */
    struct memory_map map;
    struct linker_list list;
    uint8_t *flags; /* enum module_flag, for each file of the map */
};

static bool is_refusal(int error)
{
    return error == EACCES || error == EPERM;
}

static enum module_access access_from(int error)
{
    if (is_refusal(error)) {
        return MODULES_DENIED;
    }
    return error == ENOENT || error == ESRCH ? MODULES_GONE : MODULES_UNREADABLE;
}

/* A process that has memory has mappings: one without has ended, and only its parent has not
 * asked yet. */
static enum module_access access_of(int error, size_t size)
{
    if (error != 0) {
        return access_from(error);
    }
    if (size == 0) {
        return MODULES_GONE;
    }
    return size > MAPS_LIMIT ? MODULES_UNREADABLE : MODULES_READ;
}

static bool read_map(struct look *look, struct module_table *table, struct failure *why)
{
    int error = process_folder_read(look->handle->folder, "maps", MAPS_LIMIT + 1, &look->content);

    if (error == ENOMEM) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the mappings of a process");
    }
    table->access = (uint8_t)access_of(error, look->content.size);
    return table->access != MODULES_READ ||
           memory_map_parse(&look->map, text_bytes(&look->content), look->content.size, why);
}

static bool read_list(struct look *look, struct failure *why)
{
    int error = process_folder_read(look->handle->folder, "auxv", AUXV_LIMIT, &look->content);
    int memory = openat(look->handle->folder, "mem", O_RDONLY | O_CLOEXEC);
    bool ok;

    if (error == ENOMEM) {
        text_reset(&look->content);
        look->content.failed = true;
    }
    ok = text_ok(&look->content, why) &&
         linker_list_read(memory, text_bytes(&look->content), look->content.size, &look->list, why);
    if (memory >= 0) {
        close(memory);
    }
    return ok;
}

enum { LINK_SIZE = 64 };

/*
 * The links in map_files lead to the file itself, name or no name, where we may
 * follow them (CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE); nobody is asked for it.
 */
static bool follow_link(const struct look *look, const struct mapped_file *file,
                        char link[LINK_SIZE], struct statx *facts)
{
    snprintf(link, LINK_SIZE, "map_files/%llx-%llx", (unsigned long long)file->base,
             (unsigned long long)file->first_end);
    return statx(look->handle->folder, link, AT_STATX_DONT_SYNC, STATX_INO, facts) == 0;
}

/* The numbers of btrfs and of overlayfs in maps are not those that stat() shows. */
static struct image_identity identity_of(const struct look *look, const struct mapped_file *file)
{
    struct image_identity identity = {.volume = file->volume, .file = file->inode};
    struct statx facts;
    char link[LINK_SIZE];

    if (follow_link(look, file, link, &facts)) {
        identity.volume = makedev(facts.stx_dev_major, facts.stx_dev_minor);
        identity.file = facts.stx_ino;
    }
    return identity;
}

static bool is_name_of(const struct look *look, const char *name,
                       const struct image_identity *identity)
{
    return process_names_match_kernel(&look->names, name, identity->volume, identity->file) ==
           PROCESS_NAME_SAME;
}

/* Makes a name out of what the kernel wrote, and sees whether its file has it still. */
static void add_name(const struct look *look, const struct mapped_file *file,
                     const struct image_identity *identity, struct text *name, bool *deleted)
{
    const char *written = memory_map_name(&look->map, file);
    size_t size;

    *deleted = false;
    process_text_add_name(name, written, strlen(written));
    if (strcmp(text_bytes(name), written) != 0 && is_name_of(look, written, identity)) {
        text_reset(name); /* a file may be named with a real \012 as well */
        text_add(name, written);
    }
    size = process_text_unmarked(text_bytes(name), name->size);
    if (size < name->size && !is_name_of(look, text_bytes(name), identity)) {
        *deleted = true;
        name->size = size;
        name->bytes[size] = '\0';
    }
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

/*
 * Whether the linker calls a file as the kernel does, as far as can be seen:
 * its name may be a symbolic link. A file that has no name to compare with any
 * more, or that stat() numbers otherwise than maps, is given the benefit of
 * the doubt. The program itself has no name in the list.
 */
static bool is_named_so(const struct look *look, const struct mapped_file *file, const char *listed)
{
    struct image_identity identity;
    struct text name = {0};
    bool deleted;
    bool same;

    if (listed[0] == '\0') {
        return true;
    }
    identity = identity_of(look, file);
    add_name(look, file, &identity, &name, &deleted);
    same = strcmp(last_part(text_bytes(&name)), last_part(listed)) == 0 ||
           process_names_match_own(&look->names, listed, identity.volume, identity.file) !=
               PROCESS_NAME_OTHER ||
           !is_name_of(look, text_bytes(&name), &identity);
    text_clear(&name);
    return same;
}

/* Sets the flags of every file; says whether one is hidden. */
static bool compare_with_list(struct look *look)
{
    const struct memory_map *map = &look->map;
    bool hidden = false;

    memset(look->flags, MODULE_HIDDEN, map->file_count);
    for (size_t i = 0; i < look->list.count; i++) {
        const struct linker_entry *entry = &look->list.items[i];
        size_t at = memory_map_find(map, entry->dynamic);

        if (at == SIZE_MAX || look->flags[at] == 0) {
            continue; /* the kernel's own library, which is no file; or known already */
        }
        look->flags[at] =
            is_named_so(look, &map->files[at], text_bytes(&look->list.names) + entry->name)
                ? 0
                : MODULE_RENAMED;
    }
    for (size_t i = 0; i < map->file_count; i++) {
        hidden = hidden || (map->files[i].is_code && look->flags[i] == MODULE_HIDDEN);
    }
    return hidden;
}

static bool make_flags(struct look *look, struct failure *why)
{
    free(look->flags);
    look->flags = calloc(look->map.file_count + 1, sizeof(look->flags[0]));
    return look->flags != NULL ||
           FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu mapped files", look->map.file_count);
}

/*
 * Reads mappings and list. They are two moments: a library that is loaded or
 * unloaded between them is in one and not in the other, so what is hidden must
 * be so at a second look. While the linker is at work its list says nothing.
 */
static bool read_both(struct look *look, struct module_table *table, struct failure *why)
{
    bool sure = false;

    for (int i = 0; i < MOST_LOOKS && !sure; i++) {
        bool hidden;

        if (!read_map(look, table, why)) {
            return false;
        }
        if (table->access != MODULES_READ) {
            return true;
        }
        if (!read_list(look, why) || !make_flags(look, why)) {
            return false;
        }
        table->has_own_list = look->list.state == LINKER_LIST_STEADY;
        hidden = table->has_own_list && compare_with_list(look);
        sure = look->list.state != LINKER_LIST_CHANGING && (!hidden || i > 0);
    }
    return true;
}

/* By the link where the name does not lead to the file any more, else by the name. */
static void add_source(const struct look *look, const struct mapped_file *file, const char *name,
                       bool deleted, struct text *source)
{
    struct statx facts;
    char link[LINK_SIZE];

    if (deleted && follow_link(look, file, link, &facts)) {
        text_addf(source, "/proc/%lu/%s", (unsigned long)look->handle->pid, link);
    } else {
        process_names_add_source(&look->names, source, name);
    }
}

static bool add_module(const struct look *look, const struct mapped_file *file, uint8_t flags,
                       struct module_table *table, struct failure *why)
{
    struct module_row row = {.base = file->base, .size = file->end - file->base};
    struct text name = {0};
    struct text path = {0};
    struct text source = {0};
    bool deleted;
    bool ok;

    row.identity = identity_of(look, file);
    add_name(look, file, &row.identity, &name, &deleted);
    row.flags = (uint8_t)(flags | (deleted ? MODULE_DELETED : 0));
    text_add_utf8(&path, text_bytes(&name), name.size);
    add_source(look, file, text_bytes(&name), deleted, &source);
    ok = text_ok(&name, why) && text_ok(&path, why) && text_ok(&source, why) &&
         module_table_add(table, &row, text_bytes(&path), text_bytes(&source), why);
    text_clear(&name);
    text_clear(&path);
    text_clear(&source);
    return ok;
}

static bool add_modules(const struct look *look, struct module_table *table, struct failure *why)
{
    for (size_t i = 0; table->access == MODULES_READ && i < look->map.file_count; i++) {
        uint8_t flags = table->has_own_list ? look->flags[i] : 0;

        if (look->map.files[i].is_code &&
            !add_module(look, &look->map.files[i], flags, table, why)) {
            return false;
        }
    }
    module_table_sort(table);
    return true;
}

static bool look_into(const struct process_handle *handle, struct module_table *table,
                      struct failure *why)
{
    struct look look = {.handle = handle};
    bool ok;

    module_table_reset(table);
    ok = process_names_open(&look.names, handle, why) && read_both(&look, table, why) &&
         add_modules(&look, table, why);
    process_names_close(&look.names);
    text_clear(&look.content);
    memory_map_clear(&look.map);
    linker_list_clear(&look.list);
    free(look.flags);
    return ok;
}

bool module_table_read(struct process_handle *handle, struct module_table *table,
                       struct failure *why)
{
    struct process_handle thread;
    bool ok = look_into(handle, table, why);

    if (ok && table->access == MODULES_GONE && process_folder_find_thread(handle, &thread)) {
        ok = look_into(&thread, table, why);
        process_folder_leave(&thread);
    }
    return ok;
}
