/* SPDX-License-Identifier: MIT */

#include "tests/made_image.h"

#include <string.h>

enum {
    NOTE_LEAD = 24,       /* the note before the one that counts: 12 + 4 + 8 */
    DIRECTORIES = 16 * 8, /* of a PE file */
};

static void add_number(struct text *file, uint64_t number, size_t size, bool big)
{
    for (size_t i = 0; i < size; i++) {
        text_add_char(file, (char)(number >> 8 * (big ? size - 1 - i : i)));
    }
}

static void add_le(struct text *file, uint64_t number, size_t size)
{
    add_number(file, number, size, false);
}

static void fill(struct text *file, size_t size)
{
    text_add_repeated(file, '\0', size - file->size);
}

void made_put16(struct text *file, size_t at, uint16_t number)
{
    file->bytes[at] = (char)number;
    file->bytes[at + 1] = (char)(number >> 8);
}

void made_put32(struct text *file, size_t at, uint32_t number)
{
    made_put16(file, at, (uint16_t)number);
    made_put16(file, at + 2, (uint16_t)(number >> 16));
}

/* Begins a block of a version resource; its length is put in by end_node(). */
static size_t begin_node(struct text *file, size_t value, unsigned kind, const char *key)
{
    size_t at;

    fill(file, (file->size + 3) & ~(size_t)3);
    at = file->size;
    add_le(file, 0, 2);
    add_le(file, value, 2);
    add_le(file, kind, 2);
    for (const char *c = key; *c != '\0'; c++) {
        add_le(file, (uint8_t)*c, 2);
    }
    add_le(file, 0, 2);
    fill(file, (file->size + 3) & ~(size_t)3);
    return at;
}

static void end_node(struct text *file, size_t at)
{
    made_put16(file, at, (uint16_t)(file->size - at));
}

static void add_string(struct text *file, const char *key, const uint16_t *units, size_t count)
{
    size_t at = begin_node(file, count + 1, 1, key);

    for (size_t i = 0; i < count; i++) {
        add_le(file, units[i], 2);
    }
    add_le(file, 0, 2);
    end_node(file, at);
}

static void add_strings(struct text *file, const struct made_pe *pe)
{
    static const uint16_t product[] = {'x'};
    size_t info = begin_node(file, 0, 1, "StringFileInfo");
    size_t table = begin_node(file, 0, 1, "040904b0");

    add_string(file, "Comments", product, 0);
    add_string(file, "CompanyName", pe->company, pe->company_units);
    add_string(file, "ProductName", product, 1);
    end_node(file, table);
    end_node(file, info);
}

static void add_version(struct text *file, const struct made_pe *pe)
{
    size_t at = begin_node(file, pe->no_fixed ? 0 : 52, 0, "VS_VERSION_INFO");

    if (!pe->no_fixed) {
        add_le(file, 0xFEEF04BD, 4);
        add_le(file, 0x10000, 4);
        add_le(file, pe->version >> 32, 4);
        add_le(file, pe->version & 0xffffffff, 4);
        text_add_repeated(file, '\0', 36);
    }
    if (pe->company != NULL) {
        add_strings(file, pe);
    }
    end_node(file, at);
}

/* One table of the resource tree with two entries, of which the second leads on. */
static void add_table(struct text *file, uint32_t other, uint32_t id, uint32_t to)
{
    text_add_repeated(file, '\0', 12);
    add_le(file, 0, 2);
    add_le(file, other == 0 ? 1 : 2, 2);
    if (other != 0) {
        add_le(file, other, 4);
        add_le(file, 0x80000000, 4);
    }
    add_le(file, id, 4);
    add_le(file, to, 4);
}

static void add_resources(struct text *file, const struct made_pe *pe)
{
    fill(file, MADE_PE_RESOURCES);
    add_table(file, 3, 16, 0x80000020); /* RT_VERSION, behind an icon */
    add_table(file, 0, 1, 0x80000038);
    add_table(file, 0, 0x409, 0x50);
    add_le(file, MADE_PE_SECTION_ADDRESS + 0x60, 4);
    add_le(file, 0, 4);
    add_le(file, 0, 8);
    add_version(file, pe);
    made_put32(file, MADE_PE_RESOURCES + 0x54, (uint32_t)(file->size - MADE_PE_VERSION));
}

void made_pe(struct text *file, const struct made_pe *pe)
{
    size_t optional = (pe->plus ? 112U : 96U) + DIRECTORIES;
    size_t sections = MADE_PE_HEADER + 24 + optional;

    text_add_bytes(file, "MZ", 2);
    fill(file, 0x3c);
    add_le(file, MADE_PE_HEADER, 4);
    text_add_bytes(file, "PE\0", 4);
    add_le(file, pe->plus ? 0x8664 : 0x14c, 2);
    add_le(file, 1, 2); /* sections */
    fill(file, MADE_PE_HEADER + 20);
    add_le(file, optional, 2);
    add_le(file, 0x22, 2);
    add_le(file, pe->plus ? 0x20b : 0x10b, 2);
    fill(file, MADE_PE_HEADER + 24 + optional - DIRECTORIES - 4);
    add_le(file, 16, 4);
    text_add_repeated(file, '\0', 16);
    add_le(file, MADE_PE_SECTION_ADDRESS, 4);
    fill(file, sections);
    text_add_bytes(file, ".rsrc\0\0", 8);
    add_le(file, 0x1000, 4);
    add_le(file, MADE_PE_SECTION_ADDRESS, 4);
    add_le(file, 0, 4);
    add_le(file, MADE_PE_RESOURCES, 4);
    add_resources(file, pe);
    made_put32(file, sections + 16, (uint32_t)(file->size - MADE_PE_RESOURCES));
}

static void add_note(struct text *file, const struct made_elf *elf, const char *owner,
                     uint32_t type, const void *id, uint32_t id_size)
{
    uint32_t owner_size = (uint32_t)strlen(owner) + 1;
    size_t unit = elf->alignment == 8 ? 8 : 4;

    add_number(file, owner_size, 4, elf->big);
    add_number(file, id_size, 4, elf->big);
    add_number(file, type, 4, elf->big);
    text_add_bytes(file, owner, owner_size);
    fill(file, (file->size + unit - 1) / unit * unit);
    text_add_bytes(file, id, id_size);
    fill(file, (file->size + unit - 1) / unit * unit);
}

static void add_segment(struct text *file, const struct made_elf *elf, size_t at, size_t size)
{
    size_t word = elf->wide ? 8 : 4;

    add_number(file, 4, 4, elf->big);
    if (elf->wide) {
        add_number(file, 4, 4, elf->big);
    }
    add_number(file, at, word, elf->big);
    add_number(file, at, word, elf->big);
    add_number(file, at, word, elf->big);
    add_number(file, size, word, elf->big);
    add_number(file, size, word, elf->big);
    if (!elf->wide) {
        add_number(file, 4, 4, elf->big);
    }
    add_number(file, elf->alignment, word, elf->big);
}

static void add_section(struct text *file, const struct made_elf *elf, size_t at, size_t size)
{
    size_t word = elf->wide ? 8 : 4;

    add_number(file, 0, 4, elf->big);
    add_number(file, 7, 4, elf->big);
    add_number(file, 0, word, elf->big);
    add_number(file, 0, word, elf->big);
    add_number(file, at, word, elf->big);
    add_number(file, size, word, elf->big);
    add_number(file, 0, 4, elf->big);
    add_number(file, 0, 4, elf->big);
    add_number(file, elf->alignment, word, elf->big);
    add_number(file, 0, word, elf->big);
}

/* The header, a table of one row directly behind it, and two notes behind that. */
void made_elf(struct text *file, const struct made_elf *elf)
{
    size_t header = elf->wide ? 64 : 52;
    size_t word = elf->wide ? 8 : 4;
    size_t row = elf->in_section ? (elf->wide ? 64 : 40) : (elf->wide ? 56 : 32);
    size_t notes = (header + row + 7) / 8 * 8;
    size_t unit = elf->alignment == 8 ? 8 : 4;
    size_t size = NOTE_LEAD + 12 + strlen(elf->owner) + 1 + elf->id_size;

    size = (size + unit - 1) / unit * unit;
    text_add_bytes(file, "\177ELF", 4);
    add_le(file, elf->wide ? 2 : 1, 1);
    add_le(file, elf->big ? 2 : 1, 1);
    add_le(file, 1, 1);
    fill(file, 16);
    add_number(file, 3, 2, elf->big);
    add_number(file, 62, 2, elf->big);
    add_number(file, 1, 4, elf->big);
    add_number(file, 0, word, elf->big);
    add_number(file, elf->in_section ? 0 : header, word, elf->big);
    add_number(file, elf->in_section ? header : 0, word, elf->big);
    add_number(file, 0, 4, elf->big);
    add_number(file, header, 2, elf->big);
    add_number(file, elf->in_section ? 0 : row, 2, elf->big);
    add_number(file, elf->in_section ? 0 : 1, 2, elf->big);
    add_number(file, elf->in_section ? row : 0, 2, elf->big);
    add_number(file, elf->in_section ? 1 : 0, 2, elf->big);
    add_number(file, 0, 2, elf->big);
    if (elf->in_section) {
        add_section(file, elf, notes, size);
    } else {
        add_segment(file, elf, notes, size);
    }
    fill(file, notes);
    add_note(file, elf, "GNU", 5, "property", 8);
    add_note(file, elf, elf->owner, elf->type, elf->id, elf->id_size);
}

static int64_t read_made(void *context, uint64_t offset, void *buffer, size_t size)
{
    const struct text *file = context;
    size_t there = offset < file->size ? file->size - (size_t)offset : 0;

    if (there > size) {
        there = size;
    }
    if (there > 0) {
        memcpy(buffer, file->bytes + offset, there);
    }
    return (int64_t)there;
}

struct image_bytes made_bytes(const struct text *file)
{
    return (struct image_bytes){.read = read_made, .context = (void *)file};
}
