/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Linux: the files that a process has mapped, out of /proc/PID/maps. Plain
 * data; memory that is no file is left out.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/hash_index.h"
#include "base/text.h"

/* A file: device, inode and name. A name that was moved is another file's. */
struct mapped_file {
    uint64_t volume; /* as st_dev */
    uint64_t inode;
    uint64_t base;      /* address of its lowest mapping */
    uint64_t first_end; /* where that one ends: with base, its name in map_files */
    uint64_t end;       /* of its highest */
    size_t name;        /* offset into `names`: as the kernel wrote it, and a 0 */
    bool is_code;       /* a part of it may be executed */
};

struct mapped_part {
    uint64_t begin;
    uint64_t end;
    uint32_t file; /* its place in `files` */
};

/* Starts as {0}. */
struct memory_map {
    struct mapped_file *files; /* by base, ascending */
    size_t file_count;
    size_t file_capacity;
    struct mapped_part *parts; /* by address, ascending */
    size_t part_count;
    size_t part_capacity;
    struct text names;
    struct hash_index index; /* of the files */
};

/* Replaces the content of *map by what the lines say; those that are not of the form, and one that
 * has no end, are left out. Fails only where memory ran out. */
bool memory_map_parse(struct memory_map *map, const char *lines, size_t size,
                      struct failure *why) NODISCARD;

/* The place of the file that is mapped at an address; SIZE_MAX where there is none. */
size_t memory_map_find(const struct memory_map *map, uint64_t address);

const char *memory_map_name(const struct memory_map *map, const struct mapped_file *file);

/* Frees. Harmless twice. */
void memory_map_clear(struct memory_map *map);
