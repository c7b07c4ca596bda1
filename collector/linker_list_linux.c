/* SPDX-License-Identifier: MIT */

#include "collector/linker_list_linux.h"

#include <elf.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    MOST_HEADERS = 512,
    MOST_DYNAMIC = 1024,
    MOST_NAMESPACES = 64, /* dlmopen() makes 16 at most */
    NAME_BLOCK = 256,
    MOST_NAME_BYTES = 1024 * 1024, /* of all names together */
    FIRST_ENTRIES = 64,
};

/* Where things stand in the memory of a program of one word size. Offsets in bytes. */
struct layout {
    size_t word;
    struct {
        size_t size, type, address;
    } header; /* Elf32_Phdr, Elf64_Phdr */
    struct {
        size_t version, map, state, next, size;
    } debug; /* struct r_debug; `next` and `size`: r_debug_extended, from r_version 2 on */
    struct {
        size_t name, dynamic, next, size;
    } map; /* struct link_map */
};

static const struct layout layouts[] = {
    {.word = 4,
     .header = {sizeof(Elf32_Phdr), offsetof(Elf32_Phdr, p_type), offsetof(Elf32_Phdr, p_vaddr)},
     .debug = {.version = 0, .map = 4, .state = 12, .next = 20, .size = 24},
     .map = {.name = 4, .dynamic = 8, .next = 12, .size = 16}},
    {.word = 8,
     .header = {sizeof(Elf64_Phdr), offsetof(Elf64_Phdr, p_type), offsetof(Elf64_Phdr, p_vaddr)},
     .debug = {.version = 0, .map = 8, .state = 24, .next = 40, .size = 48},
     .map = {.name = 8, .dynamic = 16, .next = 24, .size = 32}},
};

struct walk {
    int memory;
    const struct layout *layout;
    struct linker_list *list;
};

static uint64_t word_at(const struct layout *layout, const uint8_t *at)
{
    uint64_t wide;
    uint32_t narrow;

    if (layout->word == sizeof(wide)) {
        memcpy(&wide, at, sizeof(wide));
        return wide;
    }
    memcpy(&narrow, at, sizeof(narrow));
    return narrow;
}

static uint32_t int_at(const uint8_t *at)
{
    uint32_t number;

    memcpy(&number, at, sizeof(number));
    return number;
}

static bool read_at(const struct walk *walk, uint64_t address, void *buffer, size_t size)
{
    return address <= INT64_MAX &&
           pread(walk->memory, buffer, size, (off_t)address) == (ssize_t)size;
}

/* The value of a type in the pairs of the auxiliary vector; 0 where it is not there. */
static uint64_t auxiliary(const struct layout *layout, const uint8_t *auxv, size_t size,
                          uint64_t type)
{
    for (size_t at = 0; at + 2 * layout->word <= size; at += 2 * layout->word) {
        if (word_at(layout, auxv + at) == type) {
            return word_at(layout, auxv + at + layout->word);
        }
    }
    return 0;
}

/* The vector does not say how wide its words are, but the size of a program header does. */
static const struct layout *find_layout(const uint8_t *auxv, size_t size)
{
    for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
        if (auxiliary(&layouts[i], auxv, size, AT_PHENT) == layouts[i].header.size) {
            return &layouts[i];
        }
    }
    return NULL;
}

/*
 * The address of the program's dynamic section; 0 where it has none. How far
 * the program lies from where it was linked to is seen by PT_PHDR, which says
 * where the headers themselves would be.
 */
static uint64_t find_dynamic(const struct walk *walk, uint64_t headers, uint64_t count)
{
    const struct layout *layout = walk->layout;
    uint64_t moved = 0;
    uint64_t dynamic = 0;
    bool found = false;

    for (uint64_t i = 0; i < count && i < MOST_HEADERS; i++) {
        uint8_t header[sizeof(Elf64_Phdr)];
        uint64_t address;

        if (!read_at(walk, headers + i * layout->header.size, header, layout->header.size)) {
            return 0;
        }
        address = word_at(layout, header + layout->header.address);
        if (int_at(header + layout->header.type) == PT_PHDR) {
            moved = headers - address;
        } else if (int_at(header + layout->header.type) == PT_DYNAMIC) {
            dynamic = address;
            found = true;
        }
    }
    return found ? dynamic + moved : 0;
}

/* What DT_DEBUG holds: 0 until the dynamic linker has begun, and without one. */
static uint64_t find_debug(const struct walk *walk, uint64_t dynamic)
{
    const size_t word = walk->layout->word;

    for (uint64_t i = 0; dynamic != 0 && i < MOST_DYNAMIC; i++) {
        uint8_t entry[2 * sizeof(uint64_t)];
        uint64_t tag;

        if (!read_at(walk, dynamic + i * 2 * word, entry, 2 * word)) {
            return 0;
        }
        tag = word_at(walk->layout, entry);
        if (tag == DT_DEBUG || tag == DT_NULL) {
            return tag == DT_DEBUG ? word_at(walk->layout, entry + word) : 0;
        }
    }
    return 0;
}

/* A name may end near the end of what is mapped: pread() gives what is there. */
static void add_name(const struct walk *walk, uint64_t address)
{
    struct text *names = &walk->list->names;
    size_t done = 0;

    while (done < LINKER_LIST_NAME_LIMIT && address <= INT64_MAX - LINKER_LIST_NAME_LIMIT) {
        char block[NAME_BLOCK];
        ssize_t size = pread(walk->memory, block, sizeof(block), (off_t)(address + done));
        size_t length = size <= 0 ? 0 : strnlen(block, (size_t)size);

        text_add_bytes(names, block, length);
        if (size <= 0 || length < (size_t)size) {
            break;
        }
        done += length;
    }
    text_add_char(names, '\0');
}

static bool add_entry(const struct walk *walk, uint64_t dynamic, uint64_t name, struct failure *why)
{
    struct linker_list *list = walk->list;

    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? FIRST_ENTRIES : list->capacity * 2;
        struct linker_entry *items = realloc(list->items, capacity * sizeof(*items));

        if (items == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu libraries", capacity);
        }
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = (struct linker_entry){dynamic, list->names.size};
    add_name(walk, name);
    return text_ok(&list->names, why);
}

static bool walk_maps(const struct walk *walk, uint64_t address, struct failure *why)
{
    const struct layout *layout = walk->layout;

    while (address != 0 && walk->list->count < LINKER_LIST_LIMIT &&
           walk->list->names.size < MOST_NAME_BYTES) {
        uint8_t map[4 * sizeof(uint64_t)];

        if (!read_at(walk, address, map, layout->map.size)) {
            return true;
        }
        if (!add_entry(walk, word_at(layout, map + layout->map.dynamic),
                       word_at(layout, map + layout->map.name), why)) {
            return false;
        }
        address = word_at(layout, map + layout->map.next);
    }
    return true;
}

/* One r_debug for each namespace of dlmopen(), from version 2 of it on. */
static bool walk_namespaces(const struct walk *walk, uint64_t address, struct failure *why)
{
    const struct layout *layout = walk->layout;

    for (int i = 0; address != 0 && i < MOST_NAMESPACES; i++) {
        uint8_t debug[6 * sizeof(uint64_t)] = {0};

        if (!read_at(walk, address, debug, layout->debug.next)) {
            break;
        }
        if (int_at(debug + layout->debug.state) != RT_CONSISTENT) {
            walk->list->state = LINKER_LIST_CHANGING;
        } else if (walk->list->state == LINKER_LIST_NONE) {
            walk->list->state = LINKER_LIST_STEADY;
        }
        if (!walk_maps(walk, word_at(layout, debug + layout->debug.map), why)) {
            return false;
        }
        address = int_at(debug + layout->debug.version) >= 2 &&
                          read_at(walk, address, debug, layout->debug.size)
                      ? word_at(layout, debug + layout->debug.next)
                      : 0;
    }
    return true;
}

static void reset(struct linker_list *list)
{
    list->state = LINKER_LIST_NONE;
    list->count = 0;
    text_reset(&list->names);
}

bool linker_list_read(int memory, const void *auxv, size_t auxv_size, struct linker_list *list,
                      struct failure *why)
{
    struct walk walk = {memory, find_layout(auxv, auxv_size), list};
    uint64_t headers;
    uint64_t count;

    reset(list);
    if (walk.layout == NULL) {
        return true;
    }
    headers = auxiliary(walk.layout, auxv, auxv_size, AT_PHDR);
    count = auxiliary(walk.layout, auxv, auxv_size, AT_PHNUM);
    if (!walk_namespaces(&walk, find_debug(&walk, find_dynamic(&walk, headers, count)), why)) {
        return false;
    }
    if (list->count == 0) {
        reset(list); /* the linker has not begun yet */
    }
    return true;
}

void linker_list_clear(struct linker_list *list)
{
    free(list->items);
    text_clear(&list->names);
    *list = (struct linker_list){0};
}
