/* SPDX-License-Identifier: MIT */

/*
 * What /proc tells of a process, all of which the process can have a say in.
 * The first byte chooses the text.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "collector/linker_list_linux.h"
#include "collector/memory_map_linux.h"
#include "collector/process_stat_linux.h"
#include "collector/process_text_linux.h"

enum {
    LIMIT = 64,
    AUXV_SIZE = 160,
};

static void require(bool true_of_all)
{
    if (!true_of_all) {
        abort();
    }
}

static void check_stat(const char *text, size_t size)
{
    struct process_stat stat;

    if (process_stat_parse(text, size, &stat)) {
        require(stat.name_size < sizeof(stat.name) && stat.name[stat.name_size] == '\0');
    }
}

static void check_user(const char *text, size_t size)
{
    uint32_t user = 0;

    require(process_text_user(text, size, &user) || user == 0);
}

static void check_command_line(const char *text, size_t size)
{
    struct text line = {0};

    process_text_add_command_line(&line, text, size, LIMIT);
    require(line.size <= LIMIT && strlen(text_bytes(&line)) == line.size);
    for (size_t at = 0, taken; at < line.size; at += taken) {
        const char *here = line.bytes + at;
        /* What is U+FFFD was put there as such, three bytes of it. */
        require(text_code_point(here, line.size - at, &taken) != 0xfffd || taken == 3);
    }
    text_clear(&line);
}

static void check_maps(const char *text, size_t size)
{
    struct memory_map map = {0};
    struct failure why;

    require(memory_map_parse(&map, text, size, &why));
    for (size_t i = 0; i < map.part_count; i++) {
        const struct mapped_part *part = &map.parts[i];

        require(part->begin < part->end && (i == 0 || part->begin >= part[-1].end));
        require(memory_map_find(&map, part->begin) == part->file);
        require(map.files[part->file].base <= part->begin);
        require(map.files[part->file].end >= part->end);
        require(map.files[part->file].inode != 0);
    }
    memory_map_clear(&map);
}

static void check_name(const char *text, size_t size)
{
    struct text name = {0};

    process_text_add_name(&name, text, size);
    require(name.size <= size && process_text_unmarked(text, size) <= size);
    text_clear(&name);
}

/* The auxiliary vector, and behind it a memory that begins at 0. */
static void check_list(const char *text, size_t size)
{
    static int memory = -1;
    struct linker_list list = {0};
    struct failure why;
    size_t auxv = size < AUXV_SIZE ? size : AUXV_SIZE;

    memory = memory >= 0 ? memory : memfd_create("memory", MFD_CLOEXEC);
    require(memory >= 0 && ftruncate(memory, 0) == 0);
    require(pwrite(memory, text + auxv, size - auxv, 0) == (ssize_t)(size - auxv));
    require(linker_list_read(memory, text, auxv, &list, &why));
    require(list.count <= LINKER_LIST_LIMIT && (list.count == 0) == (list.state == 0));
    linker_list_clear(&list);
}

static void (*const checks[])(const char *text, size_t size) = {
    check_stat, check_user, check_command_line, check_maps, check_name, check_list,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text;

    if (size == 0) {
        return 0;
    }
    text = malloc(size > 1 ? size - 1 : 1); /* a byte more that is read is found */
    require(text != NULL);
    memcpy(text, data + 1, size - 1);
    checks[data[0] % (sizeof(checks) / sizeof(checks[0]))](text, size - 1);
    free(text);
    return 0;
}
