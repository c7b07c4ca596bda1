/* SPDX-License-Identifier: MIT */

#include "collector/memory_map_linux.h"

#include <stdlib.h>
#include <string.h>

#include "collector/process_text_linux.h"

enum { FIRST_COUNT = 64 };

/* Makes room for one more item of *items; NULL where there is no memory. */
static void *grow(void *items, size_t count, size_t *capacity, size_t item_size,
                  struct failure *why)
{
    size_t more = *capacity == 0 ? FIRST_COUNT : *capacity * 2;
    void *grown;

    if (count < *capacity) {
        return items;
    }
    grown = realloc(items, more * item_size);
    if (grown == NULL) {
        failure_set(why, FAILURE_MEMORY, 0, "no memory for %zu mapped files", more);
        return NULL;
    }
    *capacity = more;
    return grown;
}

const char *memory_map_name(const struct memory_map *map, const struct mapped_file *file)
{
    return text_bytes(&map->names) + file->name;
}

static uint64_t hash_of(const struct process_mapping *mapping)
{
    const uint64_t ids[2] = {mapping->volume, mapping->inode};

    return hash_bytes(hash_bytes(0, ids, sizeof(ids)), mapping->name, mapping->name_size);
}

static bool is_of(const struct memory_map *map, const struct mapped_file *file,
                  const struct process_mapping *mapping)
{
    const char *name = memory_map_name(map, file);

    return file->volume == mapping->volume && file->inode == mapping->inode &&
           strlen(name) == mapping->name_size &&
           memcmp(name, mapping->name, mapping->name_size) == 0;
}

static bool add_file(struct memory_map *map, const struct process_mapping *mapping, uint64_t hash,
                     struct failure *why)
{
    struct mapped_file *files =
        grow(map->files, map->file_count, &map->file_capacity, sizeof(map->files[0]), why);

    if (files == NULL) {
        return false;
    }
    map->files = files;
    files[map->file_count] = (struct mapped_file){
        .volume = mapping->volume,
        .inode = mapping->inode,
        .base = mapping->begin,
        .first_end = mapping->end,
        .name = map->names.size,
    };
    text_add_bytes(&map->names, mapping->name, mapping->name_size);
    text_add_char(&map->names, '\0');
    return text_ok(&map->names, why) &&
           hash_index_add(&map->index, hash, (uint32_t)map->file_count++, why);
}

/* The place of the mapping's file, which is a new one where it was not seen yet. */
static bool place_file(struct memory_map *map, const struct process_mapping *mapping,
                       uint32_t *place, struct failure *why)
{
    uint64_t hash = hash_of(mapping);

    *place = hash_index_first(&map->index, hash);
    while (*place != HASH_INDEX_END && !is_of(map, &map->files[*place], mapping)) {
        *place = hash_index_next(&map->index);
    }
    if (*place != HASH_INDEX_END) {
        return true;
    }
    *place = (uint32_t)map->file_count;
    return add_file(map, mapping, hash, why);
}

static bool add_part(struct memory_map *map, const struct process_mapping *mapping,
                     struct failure *why)
{
    struct mapped_part *parts =
        grow(map->parts, map->part_count, &map->part_capacity, sizeof(map->parts[0]), why);
    struct mapped_part part = {.begin = mapping->begin, .end = mapping->end};
    struct mapped_file *file;

    if (parts == NULL) {
        return false;
    }
    map->parts = parts;
    if (!place_file(map, mapping, &part.file, why)) {
        return false;
    }
    parts[map->part_count++] = part;
    file = &map->files[part.file];
    file->end = mapping->end; /* lines come by address */
    file->is_code = file->is_code || mapping->is_code;
    return true;
}

static void reset(struct memory_map *map)
{
    map->file_count = 0;
    map->part_count = 0;
    text_reset(&map->names);
    hash_index_reset(&map->index);
}

/* Lines come by address; of two that overlap, which the kernel does not write, the later is
 * left out. */
static bool goes_on(const struct memory_map *map, const struct process_mapping *mapping)
{
    return map->part_count == 0 || mapping->begin >= map->parts[map->part_count - 1].end;
}

bool memory_map_parse(struct memory_map *map, const char *lines, size_t size, struct failure *why)
{
    const char *end = lines + size;
    const char *stop;

    reset(map);
    while (lines < end && (stop = memchr(lines, '\n', (size_t)(end - lines))) != NULL) {
        struct process_mapping mapping;

        if (process_text_mapping(lines, (size_t)(stop - lines), &mapping) && mapping.inode != 0 &&
            goes_on(map, &mapping) && !add_part(map, &mapping, why)) {
            return false;
        }
        lines = stop + 1;
    }
    return true;
}

size_t memory_map_find(const struct memory_map *map, uint64_t address)
{
    size_t low = 0;
    size_t high = map->part_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (map->parts[middle].end <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < map->part_count && map->parts[low].begin <= address ? map->parts[low].file
                                                                     : SIZE_MAX;
}

void memory_map_clear(struct memory_map *map)
{
    free(map->files);
    free(map->parts);
    text_clear(&map->names);
    hash_index_clear(&map->index);
    *map = (struct memory_map){0};
}
