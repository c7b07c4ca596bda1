/* SPDX-License-Identifier: MIT */

/*
 * Windows: what a process has mapped as an image, by a walk over its address
 * space. The kernel names the files; what the process's own loader lists is
 * only compared with that.
 */

#include "collector/process_details.h"

#include <windows.h>

#include <stdlib.h>
#include <string.h>

#include "base/utf16_win32.h"
#include "collector/process_calls_win32.h"
#include "collector/process_handle_win32.h"
#include "collector/process_memory_win32.h"
#include "collector/process_text_win32.h"
#include "collector/volume_names_win32.h"

enum {
    MODULE_LIMIT = 64 * 1024, /* files of one process; one that maps more is not believed */
    REGION_LIMIT = 4 * 1024 * 1024,
    SHORT_NAME_STEM = 8, /* letters, and three more behind a dot (MS-FSCC 2.1.5.2.1) */
    SHORT_NAME_SIZE = 12,
    PROTECTION_TYPE_BITS = 7, /* of PS_PROTECTION; the others say by whom and how */
};

/* A file of which not even the kernel knows the name (any more). No path looks so. */
static const char no_name[] = "(name unknown)";

struct walk {
    const struct process_handle *handle;
    struct module_table *table;
    struct process_text kept;
    struct module_row row; /* the mapping that is being walked over; size 0: none */
    DWORD error;           /* why the walk ended before the address space did */
};

/* Why the memory of a process may not be read. */
static enum module_access refusal(HANDLE process)
{
    BYTE protection = 0;
    ULONG needed;

    if (process_calls_has_ended(process)) {
        return MODULES_GONE;
    }
    if (process_calls_query(process, CALL_PROTECTION_INFORMATION, &protection, sizeof(protection),
                            &needed) >= 0 &&
        (protection & PROTECTION_TYPE_BITS) != 0) {
        return MODULES_PROTECTED;
    }
    return MODULES_DENIED;
}

/* Adds the row that the walk has come to the end of. */
static bool add_row(struct walk *walk, struct failure *why)
{
    struct text source = {0};
    struct text path = {0};
    LONG status;
    bool ok;

    if (walk->row.size == 0) {
        return true;
    }
    ok = process_text_read(&walk->kept, process_calls_mapped_name, walk->handle->process,
                           walk->row.base, &source, &status, why);
    if (ok && source.size == 0) {
        text_add(&source, no_name);
    }
    if (ok) {
        volume_names_add_path(&path, text_bytes(&source));
        ok = text_ok(&source, why) && text_ok(&path, why) &&
             module_table_add(walk->table, &walk->row, text_bytes(&path), text_bytes(&source), why);
    }
    text_clear(&source);
    text_clear(&path);
    walk->row = (struct module_row){0};
    return ok;
}

/* Takes a region in: the next part of the mapping before it, or the first one of another. */
static bool add_region(struct walk *walk, const MEMORY_BASIC_INFORMATION *region,
                       struct failure *why)
{
    uint64_t base = (uintptr_t)region->AllocationBase;
    uint64_t end = (uintptr_t)region->BaseAddress + region->RegionSize;

    if (region->Type != MEM_IMAGE || region->State == MEM_FREE) {
        return true;
    }
    if (walk->row.size == 0 || walk->row.base != base) {
        if (!add_row(walk, why)) {
            return false;
        }
        walk->row.base = base;
    }
    walk->row.size = end - base;
    return true;
}

/* Walks over all regions. */
static bool walk_regions(struct walk *walk, struct failure *why)
{
    uint64_t at = 0;
    uint64_t next = 0;

    walk->error = ERROR_SUCCESS;
    for (int i = 0; walk->error == ERROR_SUCCESS; i++, at = next) {
        MEMORY_BASIC_INFORMATION region = {0};

        walk->error = process_calls_region(walk->handle->process, at, &region);
        next = (uintptr_t)region.BaseAddress + region.RegionSize;
        if (walk->error != ERROR_SUCCESS) {
            break;
        }
        if (next <= at || i >= REGION_LIMIT || walk->table->count >= MODULE_LIMIT) {
            walk->error = ERROR_INVALID_DATA;
        } else if (!add_region(walk, &region, why)) {
            return false;
        }
    }
    if (walk->error == ERROR_INVALID_PARAMETER && at != 0) {
        walk->error = ERROR_SUCCESS; /* that was the end of the address space */
    }
    return add_row(walk, why);
}

/* What came of a walk. A process that ends takes its mappings away one by one. */
static enum module_access judge(const struct walk *walk)
{
    if (process_calls_has_ended(walk->handle->process)) {
        return MODULES_GONE;
    }
    if (walk->error == ERROR_ACCESS_DENIED) {
        return MODULES_DENIED;
    }
    return walk->error == ERROR_SUCCESS ? MODULES_READ : MODULES_UNREADABLE;
}

/* Without regard to case, as Windows compares names of files. */
static bool equal_names(const char *a, const char *b)
{
    wchar_t *wide_a;
    wchar_t *wide_b;
    bool equal = true; /* where memory ran out nothing is claimed */

    if (text_equal_fold(a, b)) {
        return true;
    }
    wide_a = utf16_from_utf8(a);
    wide_b = utf16_from_utf8(b);
    if (wide_a != NULL && wide_b != NULL) {
        equal = CompareStringOrdinal(wide_a, -1, wide_b, -1, TRUE) == CSTR_EQUAL;
    }
    free(wide_a);
    free(wide_b);
    return equal;
}

/* PROGRA~1 and its like are second names of files, which we could only ask the disk about. */
static bool is_short_name(const char *name)
{
    const char *tilde = strchr(name, '~');

    return tilde != NULL && tilde - name < SHORT_NAME_STEM && tilde[1] >= '0' && tilde[1] <= '9' &&
           strlen(name) <= SHORT_NAME_SIZE;
}

static uint8_t compare_with_own(const struct module_table *table, const struct module_row *row,
                                const struct own_list *own)
{
    const char *source = module_table_source(table, row);
    const char *name = strrchr(source, '\\');
    const struct own_module *listed = own_list_find(own, row->base);

    if (listed == NULL) {
        return MODULE_HIDDEN;
    }
    for (; listed < own->modules + own->count && listed->base == row->base; listed++) {
        const char *own_name = own_list_name(own, listed);

        if (name == NULL || is_short_name(own_name) || equal_names(own_name, name + 1)) {
            return 0;
        }
    }
    return MODULE_RENAMED;
}

static void set_flags(struct module_table *table, struct own_list *own)
{
    own_list_sort(own);
    for (size_t i = 0; i < table->count; i++) {
        table->rows[i].flags = compare_with_own(table, &table->rows[i], own);
    }
}

/*
 * The own list is read before and after the walk: a file that is loaded
 * meanwhile stands in the later one, one that is unloaded in the earlier one,
 * and neither is taken for hidden.
 */
static bool read_modules(struct walk *walk, struct own_list *own, struct failure *why)
{
    struct module_table *table = walk->table;
    HANDLE process = walk->handle->process;
    bool before;
    bool after;

    if (!own_list_read(own, process, &before, why) || !walk_regions(walk, why) ||
        !own_list_read(own, process, &after, why)) {
        return false;
    }
    table->access = (uint8_t)judge(walk);
    if (table->access != MODULES_READ) {
        table->count = 0;
        return true;
    }
    table->has_own_list = before && after;
    if (table->has_own_list) {
        set_flags(table, own);
    }
    module_table_sort(table);
    return true;
}

bool module_table_read(struct process_handle *handle, struct module_table *table,
                       struct failure *why)
{
    struct walk walk = {.handle = handle, .table = table};
    struct own_list own = {0};
    bool ok;

    module_table_reset(table);
    if (!handle->may_read) {
        table->access = (uint8_t)refusal(handle->process);
        return true;
    }
    ok = read_modules(&walk, &own, why);
    process_text_clear(&walk.kept);
    own_list_clear(&own);
    if (!ok) {
        module_table_reset(table);
    }
    return ok;
}
