/* SPDX-License-Identifier: MIT */

#include "collector/process_memory_win32.h"

#include <winternl.h>

#include <stdlib.h>
#include <string.h>

#include "base/utf16_win32.h"
#include "collector/process_calls_win32.h"

enum {
    FIRST_MODULES = 64,
    NAME_UNITS = 256, /* of a path's end: no part of a path has more than 255 (MS-FSCC 2.1.5) */
    ENTRY_SIZE = 0x58,
    TEXT_SIZE = 16, /* of a UNICODE_STRING */
};

/*
 * Where things are in a process, for one that has addresses of 8 bytes and one
 * of 4: winternl.h's PEB, PEB_LDR_DATA, LDR_DATA_TABLE_ENTRY and
 * RTL_USER_PROCESS_PARAMETERS, whose documented fields stay where they are.
 */
static const struct layout {
    size_t pointer;
    size_t loader;       /* PEB.Ldr */
    size_t parameters;   /* PEB.ProcessParameters */
    size_t list;         /* PEB_LDR_DATA.InMemoryOrderModuleList */
    size_t links;        /* LDR_DATA_TABLE_ENTRY.InMemoryOrderLinks */
    size_t base;         /* LDR_DATA_TABLE_ENTRY.DllBase */
    size_t name;         /* LDR_DATA_TABLE_ENTRY.FullDllName */
    size_t command_line; /* RTL_USER_PROCESS_PARAMETERS.CommandLine */
    size_t entry_size;   /* as far as we read it */
} layout64 = {8, 0x18, 0x20, 0x20, 0x10, 0x30, 0x48, 0x70, 0x58},
  layout32 = {4, 0x0C, 0x10, 0x14, 0x08, 0x18, 0x24, 0x40, 0x2C};

_Static_assert(offsetof(PEB, Ldr) == 0x18 && offsetof(PEB, ProcessParameters) == 0x20 &&
                   offsetof(PEB_LDR_DATA, InMemoryOrderModuleList) == 0x20 &&
                   offsetof(LDR_DATA_TABLE_ENTRY, InMemoryOrderLinks) == 0x10 &&
                   offsetof(LDR_DATA_TABLE_ENTRY, DllBase) == 0x30 &&
                   offsetof(LDR_DATA_TABLE_ENTRY, FullDllName) == 0x48 &&
                   offsetof(RTL_USER_PROCESS_PARAMETERS, CommandLine) == 0x70,
               "layout64 is not what winternl.h says");

/* A text in the other process. */
struct remote_text {
    uint64_t address;
    size_t units;
};

static uint64_t pointer_at(const struct layout *layout, const uint8_t *bytes)
{
    uint64_t address = 0;

    memcpy(&address, bytes, layout->pointer);
    return address;
}

static bool read_pointer(const struct layout *layout, HANDLE process, uint64_t from, uint64_t *to)
{
    uint8_t bytes[sizeof(uint64_t)];

    if (process_calls_read(process, from, bytes, layout->pointer) != ERROR_SUCCESS) {
        return false;
    }
    *to = pointer_at(layout, bytes);
    return *to != 0;
}

/* A UNICODE_STRING: its size in bytes, its capacity, then its address. An odd byte is no unit. */
static struct remote_text text_at(const struct layout *layout, const uint8_t *bytes)
{
    uint16_t size;

    memcpy(&size, bytes, sizeof(size));
    return (struct remote_text){pointer_at(layout, bytes + layout->pointer),
                                size / sizeof(wchar_t)};
}

/* Appends it, as far as a 0 in it: what lies behind one no program gets to see. */
static bool add_remote(struct text *text, HANDLE process, struct remote_text remote)
{
    size_t size = remote.units * sizeof(wchar_t);
    wchar_t *wide = malloc(size + sizeof(*wide));
    bool done;

    if (wide == NULL) {
        text->failed = true;
        return true;
    }
    done = size == 0 || process_calls_read(process, remote.address, wide, size) == ERROR_SUCCESS;
    if (done) {
        utf16_add(text, wide, wcsnlen(wide, remote.units));
    }
    free(wide);
    return done;
}

static bool find_peb(HANDLE process, uint64_t *peb)
{
    PROCESS_BASIC_INFORMATION basic = {0};
    ULONG needed;

    if (process_calls_query(process, CALL_BASIC_INFORMATION, &basic, sizeof(basic), &needed) < 0) {
        return false;
    }
    *peb = (uintptr_t)basic.PebBaseAddress;
    return *peb != 0;
}

bool process_memory_add_command_line(HANDLE process, struct text *command_line)
{
    uint8_t text[TEXT_SIZE];
    uint64_t peb;
    uint64_t parameters;

    return find_peb(process, &peb) &&
           read_pointer(&layout64, process, peb + layout64.parameters, &parameters) &&
           process_calls_read(process, parameters + layout64.command_line, text, sizeof(text)) ==
               ERROR_SUCCESS &&
           add_remote(command_line, process, text_at(&layout64, text));
}

static bool reserve(struct own_list *list, struct failure *why)
{
    size_t capacity = list->capacity == 0 ? FIRST_MODULES : list->capacity * 2;
    struct own_module *modules;

    if (list->count < list->capacity) {
        return true;
    }
    modules = realloc(list->modules, capacity * sizeof(*modules));
    if (modules == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for a list of %zu modules", capacity);
    }
    list->modules = modules;
    list->capacity = capacity;
    return true;
}

/* The end of a path, with the last part of it; so much is read of however long a name. */
static struct remote_text end_of(struct remote_text path)
{
    size_t skipped = path.units > NAME_UNITS ? path.units - NAME_UNITS : 0;

    return (struct remote_text){path.address + skipped * sizeof(wchar_t), path.units - skipped};
}

static const char *last_part(const char *path)
{
    const char *backslash = strrchr(path, '\\');

    return backslash == NULL ? path : backslash + 1;
}

/* Adds one entry. *readable is false where the name of it is not. */
static bool add_entry(struct own_list *list, HANDLE process, const struct layout *layout,
                      const uint8_t *entry, bool *readable, struct failure *why)
{
    struct text path = {0};
    const char *name;

    *readable = add_remote(&path, process, end_of(text_at(layout, entry + layout->name)));
    if (!text_ok(&path, why) || !reserve(list, why)) {
        text_clear(&path);
        return false;
    }
    name = last_part(text_bytes(&path));
    list->modules[list->count] = (struct own_module){
        .base = pointer_at(layout, entry + layout->base),
        .name = list->names.size,
    };
    list->count++;
    text_add_bytes(&list->names, name, strlen(name) + 1);
    text_clear(&path);
    return text_ok(&list->names, why);
}

/* Walks one loader's list, which is a ring: its head is what the last entry leads to. */
static bool walk_list(struct own_list *list, HANDLE process, const struct layout *layout,
                      uint64_t peb, bool *whole, struct failure *why)
{
    uint8_t entry[ENTRY_SIZE] = {0};
    uint64_t head = 0;
    uint64_t at = 0;

    *whole = read_pointer(layout, process, peb + layout->loader, &head);
    head += layout->list;
    *whole = *whole && read_pointer(layout, process, head, &at);
    for (int i = 0; *whole && at != head; i++) {
        *whole = i < OWN_LIST_LIMIT && process_calls_read(process, at - layout->links, entry,
                                                          layout->entry_size) == ERROR_SUCCESS;
        if (*whole && !add_entry(list, process, layout, entry, whole, why)) {
            return false;
        }
        at = pointer_at(layout, entry + layout->links);
    }
    return true;
}

bool own_list_read(struct own_list *list, HANDLE process, bool *whole, struct failure *why)
{
    ULONG_PTR peb32 = 0; /* 0 in a process that has only one loader */
    uint64_t peb;
    ULONG needed;

    *whole = find_peb(process, &peb) && process_calls_query(process, CALL_WOW64_INFORMATION, &peb32,
                                                            sizeof(peb32), &needed) >= 0;
    if (*whole && !walk_list(list, process, &layout64, peb, whole, why)) {
        return false;
    }
    return !*whole || peb32 == 0 || walk_list(list, process, &layout32, peb32, whole, why);
}

static int compare_bases(const void *left, const void *right)
{
    const struct own_module *a = left;
    const struct own_module *b = right;

    return (a->base > b->base) - (a->base < b->base);
}

void own_list_sort(struct own_list *list)
{
    if (list->count > 1) {
        qsort(list->modules, list->count, sizeof(list->modules[0]), compare_bases);
    }
}

const struct own_module *own_list_find(const struct own_list *list, uint64_t base)
{
    size_t low = 0;
    size_t high = list->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (list->modules[middle].base < base) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < list->count && list->modules[low].base == base ? &list->modules[low] : NULL;
}

const char *own_list_name(const struct own_list *list, const struct own_module *module)
{
    return text_bytes(&list->names) + module->name;
}

void own_list_clear(struct own_list *list)
{
    free(list->modules);
    text_clear(&list->names);
    *list = (struct own_list){0};
}
