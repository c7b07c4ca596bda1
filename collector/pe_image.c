/* SPDX-License-Identifier: MIT */

/*
 * "PE Format" (Microsoft), the sections "MS-DOS Stub", "COFF File Header",
 * "Optional Header", "Section Table" and "The .rsrc Section"; for what is in
 * the version resource "VS_VERSIONINFO", "StringFileInfo", "StringTable" and
 * "String" of the Windows documentation. Numbers are little-endian.
 */

#include "collector/pe_image.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf16le.h"

enum {
    DOS_HEADER_SIZE = 64,
    DOS_NEW_HEADER = 0x3c, /* where it says how far the PE header is */
    PE_HEADER_SIZE = 24,   /* the signature and the COFF header */
    PE_SECTIONS = 6,
    PE_OPTIONAL_SIZE = 20,

    MAGIC_PE32 = 0x10b,
    MAGIC_PE32_PLUS = 0x20b,
    RESOURCE_DIRECTORY = 2, /* index of the data directory */
    DIRECTORY_SIZE = 8,

    SECTION_SIZE = 40,
    SECTION_VIRTUAL_SIZE = 8,
    SECTION_ADDRESS = 12,
    SECTION_RAW_SIZE = 16,
    SECTION_RAW = 20,
    MAX_SECTIONS = 96, /* Windows loads no file with more */

    RESOURCE_TABLE_SIZE = 16,
    RESOURCE_NAMED = 12,
    RESOURCE_IDS = 14,
    RESOURCE_ENTRY_SIZE = 8,
    RESOURCE_DATA_SIZE = 16,
    RESOURCE_VERSION = 16, /* RT_VERSION */
    MAX_TYPES = 1024,      /* of resources that are looked through */

    VERSION_LIMIT = 64 * 1024, /* wLength, which counts it, has 16 bits */
    NODE_HEADER_SIZE = 6,
    FIXED_SIZE = 52,
    FIXED_VERSION = 8,
};

static const uint32_t RESOURCE_HIGH_BIT = 0x80000000; /* a name, or another table */
static const uint32_t FIXED_SIGNATURE = 0xFEEF04BD;

/* A part of the file that is loaded to an address of its own. */
struct section {
    uint32_t address;
    uint32_t size; /* bytes that are in the file */
    uint32_t offset;
};

struct headers {
    struct section sections[MAX_SECTIONS];
    size_t section_count;
    uint32_t resources; /* address; 0 where there are none */
};

/* Where the two forms of the optional header differ. */
static const struct form {
    uint16_t magic;
    size_t directory_count;
    size_t directories;
} forms[] = {
    {MAGIC_PE32, 92, 96},
    {MAGIC_PE32_PLUS, 108, 112},
};

static const struct form *find_form(uint16_t magic)
{
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (forms[i].magic == magic) {
            return &forms[i];
        }
    }
    return NULL;
}

static void read_sections(const struct image_bytes *bytes, uint64_t offset, size_t count,
                          struct headers *headers)
{
    uint8_t row[SECTION_SIZE];

    for (size_t i = 0; i < count && i < MAX_SECTIONS; i++, offset += SECTION_SIZE) {
        uint32_t in_memory;
        uint32_t in_file;

        if (!image_bytes_read(bytes, offset, row, sizeof(row))) {
            return;
        }
        in_memory = bytes_le32(row + SECTION_VIRTUAL_SIZE);
        in_file = bytes_le32(row + SECTION_RAW_SIZE);
        headers->sections[headers->section_count++] = (struct section){
            .address = bytes_le32(row + SECTION_ADDRESS),
            .size = in_memory != 0 && in_memory < in_file ? in_memory : in_file,
            .offset = bytes_le32(row + SECTION_RAW),
        };
    }
}

static uint32_t read_resources_address(const struct image_bytes *bytes, uint64_t optional,
                                       uint16_t optional_size, const struct form *form)
{
    size_t at = form->directories + RESOURCE_DIRECTORY * (size_t)DIRECTORY_SIZE;
    uint8_t number[4];

    if (optional_size < at + DIRECTORY_SIZE ||
        !image_bytes_read(bytes, optional + form->directory_count, number, sizeof(number)) ||
        bytes_le32(number) <= RESOURCE_DIRECTORY ||
        !image_bytes_read(bytes, optional + at, number, sizeof(number))) {
        return 0;
    }
    return bytes_le32(number);
}

/* False where it is no PE file. */
static bool read_headers(const struct image_bytes *bytes, struct headers *headers)
{
    uint8_t dos[DOS_HEADER_SIZE];
    uint8_t header[PE_HEADER_SIZE + 2]; /* and the magic number of what follows */
    const struct form *form;
    uint64_t optional;
    uint16_t optional_size;
    uint32_t at;

    if (!image_bytes_read(bytes, 0, dos, sizeof(dos)) || memcmp(dos, "MZ", 2) != 0) {
        return false;
    }
    at = bytes_le32(dos + DOS_NEW_HEADER);
    if (!image_bytes_read(bytes, at, header, sizeof(header)) || memcmp(header, "PE\0\0", 4) != 0) {
        return false;
    }
    form = find_form(bytes_le16(header + PE_HEADER_SIZE));
    if (form == NULL) {
        return false;
    }
    optional = (uint64_t)at + PE_HEADER_SIZE;
    optional_size = bytes_le16(header + PE_OPTIONAL_SIZE);
    headers->resources = read_resources_address(bytes, optional, optional_size, form);
    read_sections(bytes, optional + optional_size, bytes_le16(header + PE_SECTIONS), headers);
    return true;
}

/* Reads what will be at an address once the file is loaded. */
static bool read_at_address(const struct image_bytes *bytes, const struct headers *headers,
                            uint64_t address, void *buffer, size_t size)
{
    for (size_t i = 0; i < headers->section_count; i++) {
        const struct section *section = &headers->sections[i];

        if (address >= section->address && address - section->address < section->size) {
            uint64_t within = address - section->address;

            return section->size - within >= size &&
                   image_bytes_read(bytes, section->offset + within, buffer, size);
        }
    }
    return false;
}

/*
 * Goes from one table of the resource tree to what its entry leads to; *offset
 * counts from the beginning of the tree. With an `id` the entry of that id,
 * else the first one. The high bit of what it leads to says whether that is
 * another table.
 */
static bool step_down(const struct image_bytes *bytes, const struct headers *headers,
                      uint32_t *offset, uint32_t id)
{
    uint64_t at = (uint64_t)headers->resources + (*offset & ~RESOURCE_HIGH_BIT);
    uint8_t table[RESOURCE_TABLE_SIZE];
    uint8_t entry[RESOURCE_ENTRY_SIZE];
    unsigned count;

    if (!read_at_address(bytes, headers, at, table, sizeof(table))) {
        return false;
    }
    count = (unsigned)bytes_le16(table + RESOURCE_NAMED) + bytes_le16(table + RESOURCE_IDS);
    at += RESOURCE_TABLE_SIZE;
    for (unsigned i = 0; i < count && i < MAX_TYPES; i++, at += RESOURCE_ENTRY_SIZE) {
        if (!read_at_address(bytes, headers, at, entry, sizeof(entry))) {
            return false;
        }
        if (id == 0 || bytes_le32(entry) == id) {
            *offset = bytes_le32(entry + 4);
            return true;
        }
    }
    return false;
}

/*
 * The version resource, for free(), and its size. The tree has three levels:
 * type, name, language; none is visited twice, so a loop in it ends.
 */
static uint8_t *read_version(const struct image_bytes *bytes, const struct headers *headers,
                             size_t *size, bool *no_memory)
{
    uint8_t data[RESOURCE_DATA_SIZE];
    uint32_t offset = 0;
    uint8_t *version;

    if (headers->resources == 0 || !step_down(bytes, headers, &offset, RESOURCE_VERSION) ||
        (offset & RESOURCE_HIGH_BIT) == 0 || !step_down(bytes, headers, &offset, 0) ||
        (offset & RESOURCE_HIGH_BIT) == 0 || !step_down(bytes, headers, &offset, 0) ||
        (offset & RESOURCE_HIGH_BIT) != 0 ||
        !read_at_address(bytes, headers, (uint64_t)headers->resources + offset, data,
                         sizeof(data))) {
        return NULL;
    }
    *size = bytes_le32(data + 4);
    if (*size > VERSION_LIMIT) {
        *size = VERSION_LIMIT;
    }
    version = malloc(*size + 1);
    *no_memory = version == NULL;
    if (version != NULL && !read_at_address(bytes, headers, bytes_le32(data), version, *size)) {
        free(version);
        return NULL;
    }
    return version;
}

/*
 * The blocks that a version resource is nested of: three 16-bit numbers
 * (length, length of the value, kind), a key that ends in 0, the value, and
 * further blocks; value and blocks begin at multiples of four.
 */
struct node {
    const uint8_t *base; /* of the resource, from where multiples of four count */
    size_t key;
    size_t key_units;
    size_t value;
    size_t value_size; /* as it says; its unit differs, so what is done with it is checked */
    size_t end;
};

static size_t align(size_t at)
{
    return (at + 3) & ~(size_t)3;
}

/* Units before the 0, or as many as there are. */
static size_t count_units(const uint8_t *base, size_t at, size_t end)
{
    size_t units = 0;

    while (at + 2 * units + 2 <= end && bytes_le16(base + at + 2 * units) != 0) {
        units++;
    }
    return units;
}

/* Reads the block at *at, which ends before `end`, and moves *at to the next one. */
static bool next_node(const uint8_t *base, size_t *at, size_t end, struct node *node)
{
    size_t length;

    if (end < NODE_HEADER_SIZE || *at > end - NODE_HEADER_SIZE) {
        return false;
    }
    length = bytes_le16(base + *at);
    if (length < NODE_HEADER_SIZE || length > end - *at) {
        return false;
    }
    node->base = base;
    node->end = *at + length;
    node->value_size = bytes_le16(base + *at + 2);
    node->key = *at + NODE_HEADER_SIZE;
    node->key_units = count_units(base, node->key, node->end);
    node->value = align(node->key + 2 * node->key_units + 2);
    *at = align(node->end);
    return true;
}

static bool has_key(const struct node *node, const char *key)
{
    if (node->key_units != strlen(key)) {
        return false;
    }
    for (size_t i = 0; key[i] != '\0'; i++) {
        if (bytes_le16(node->base + node->key + 2 * i) != (uint8_t)key[i]) {
            return false;
        }
    }
    return true;
}

static void take_fixed(const struct node *version, struct pe_image *image)
{
    const uint8_t *fixed;
    uint32_t high;
    uint32_t low;

    if (version->value_size < FIXED_SIZE || version->end < version->value + FIXED_SIZE) {
        return;
    }
    fixed = version->base + version->value;
    if (bytes_le32(fixed) != FIXED_SIGNATURE) {
        return;
    }
    high = bytes_le32(fixed + FIXED_VERSION);
    low = bytes_le32(fixed + FIXED_VERSION + 4);
    text_addf(&image->version, "%u.%u.%u.%u", (unsigned)(high >> 16), (unsigned)(high & 0xffff),
              (unsigned)(low >> 16), (unsigned)(low & 0xffff));
}

/* The value ends at its 0, or with its block: writers count its length in units or in bytes. */
static void take_company(const struct node *string, struct pe_image *image)
{
    size_t units = count_units(string->base, string->value, string->end);

    if (units > PE_IMAGE_COMPANY_LIMIT) {
        units = PE_IMAGE_COMPANY_LIMIT;
    }
    if (units > 0 && image->company.size == 0) {
        utf16le_add(&image->company, string->base + string->value, units);
    }
}

static void walk_strings(const struct node *table, struct pe_image *image)
{
    struct node string;
    size_t at = table->value;

    while (next_node(table->base, &at, table->end, &string)) {
        if (has_key(&string, "CompanyName")) {
            take_company(&string, image);
        }
    }
}

static void walk_tables(const struct node *info, struct pe_image *image)
{
    struct node table;
    size_t at = info->value;

    while (next_node(info->base, &at, info->end, &table)) {
        walk_strings(&table, image);
    }
}

static void take_version(const uint8_t *bytes, size_t size, struct pe_image *image)
{
    struct node version;
    struct node info;
    size_t at = 0;

    if (!next_node(bytes, &at, size, &version) || !has_key(&version, "VS_VERSION_INFO")) {
        return;
    }
    take_fixed(&version, image);
    at = align(version.value + version.value_size);
    while (next_node(bytes, &at, version.end, &info)) {
        if (has_key(&info, "StringFileInfo")) {
            walk_tables(&info, image);
        }
    }
}

bool pe_image_read(const struct image_bytes *bytes, struct pe_image *image)
{
    struct headers headers = {0};
    uint8_t *version;
    size_t size;

    if (!read_headers(bytes, &headers)) {
        return false;
    }
    version = read_version(bytes, &headers, &size, &image->version.failed);
    if (version != NULL) {
        take_version(version, size, image);
        free(version);
    }
    return true;
}

void pe_image_clear(struct pe_image *image)
{
    text_clear(&image->version);
    text_clear(&image->company);
}
