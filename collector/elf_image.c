/* SPDX-License-Identifier: MIT */

/*
 * System V gABI, chapters 4 ("Object Files": "ELF Header", "Sections") and 5
 * ("Program Loading": "Program Header", "Note Section"); the note is described
 * by ld(1), --build-id, and elf(5), "Notes (Nhdr)".
 */

#include "collector/elf_image.h"

#include <string.h>

enum {
    IDENT_SIZE = 16,
    IDENT_CLASS = 4,
    IDENT_ORDER = 5,
    CLASS_32 = 1,
    CLASS_64 = 2,
    ORDER_LITTLE = 1,
    ORDER_BIG = 2,

    HEADER_LARGEST = 64,
    ROW_LARGEST = 64,
    MAX_ROWS = 1024,  /* of either table that are looked through */
    MAX_NOTES = 1024, /* of all segments and sections */

    PT_NOTE_TYPE = 4,
    SHT_NOTE_TYPE = 7,

    NOTE_HEADER_SIZE = 12,
    NOTE_BUILD_ID = 3, /* NT_GNU_BUILD_ID */
};

/* Where to find what in a row of one of the two tables. */
struct row_form {
    size_t size;
    size_t type;
    size_t offset;
    size_t bytes; /* how many the file has of it */
    size_t alignment;
};

/* The same for a table as the header speaks of it. */
struct table_form {
    size_t offset;
    size_t row_size;
    size_t count;
    uint32_t note;
    struct row_form row;
};

/* Addresses and sizes have as many bits as the class says. */
static const struct form {
    uint8_t class;
    size_t header_size;
    size_t word;
    struct table_form tables[2]; /* segments, which a loaded file has; then sections */
} forms[] = {
    {CLASS_32,
     52,
     4,
     {{28, 42, 44, PT_NOTE_TYPE, {32, 0, 4, 16, 28}},
      {32, 46, 48, SHT_NOTE_TYPE, {40, 4, 16, 20, 32}}}},
    {CLASS_64,
     64,
     8,
     {{32, 54, 56, PT_NOTE_TYPE, {56, 0, 8, 32, 48}},
      {40, 58, 60, SHT_NOTE_TYPE, {64, 4, 24, 32, 48}}}},
};

/* How numbers are read in this file. */
struct reader {
    const struct image_bytes *bytes;
    const struct form *form;
    bool big;
    unsigned notes_left; /* to be looked at, before it is too much */
};

struct notes {
    uint64_t offset;
    uint64_t size;
    uint64_t alignment;
};

static uint16_t number16(const struct reader *reader, const uint8_t *at)
{
    return reader->big ? bytes_be16(at) : bytes_le16(at);
}

static uint32_t number32(const struct reader *reader, const uint8_t *at)
{
    return reader->big ? bytes_be32(at) : bytes_le32(at);
}

static uint64_t word_at(const struct reader *reader, const uint8_t *at)
{
    if (reader->form->word == 4) {
        return number32(reader, at);
    }
    return reader->big ? bytes_be64(at) : bytes_le64(at);
}

/* False where it is no ELF file. */
static bool open_reader(struct reader *reader, const struct image_bytes *bytes,
                        uint8_t header[HEADER_LARGEST])
{
    if (!image_bytes_read(bytes, 0, header, IDENT_SIZE) ||
        memcmp(header, "\177ELF", IDENT_CLASS) != 0 ||
        (header[IDENT_ORDER] != ORDER_LITTLE && header[IDENT_ORDER] != ORDER_BIG)) {
        return false;
    }
    reader->bytes = bytes;
    reader->big = header[IDENT_ORDER] == ORDER_BIG;
    reader->form = NULL;
    reader->notes_left = MAX_NOTES;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (forms[i].class == header[IDENT_CLASS]) {
            reader->form = &forms[i];
        }
    }
    return reader->form != NULL && image_bytes_read(bytes, 0, header, reader->form->header_size);
}

/* Bytes up to the next note's multiple: 8 where the segment says so, else 4, whatever it says. */
static uint64_t padded(uint64_t size, uint64_t alignment)
{
    uint64_t unit = alignment == 8 ? 8 : 4;

    return (size + unit - 1) / unit * unit;
}

/* Appends the identifier of the note at `offset`, if it is that note. */
static bool take_build_id(const struct reader *reader, const uint8_t header[NOTE_HEADER_SIZE],
                          uint64_t name, uint64_t description, struct text *build_id)
{
    uint8_t owner[4];
    uint8_t id[ELF_IMAGE_BUILD_ID_LIMIT];
    uint32_t size = number32(reader, header + 4);

    if (number32(reader, header) != sizeof(owner) ||
        number32(reader, header + 8) != NOTE_BUILD_ID || size == 0 || size > sizeof(id) ||
        !image_bytes_read(reader->bytes, name, owner, sizeof(owner)) ||
        memcmp(owner, "GNU", sizeof(owner)) != 0 ||
        !image_bytes_read(reader->bytes, description, id, size)) {
        return false;
    }
    for (uint32_t i = 0; i < size; i++) {
        text_addf(build_id, "%02x", id[i]);
    }
    return true;
}

static bool walk_notes(struct reader *reader, const struct notes *notes, struct text *build_id)
{
    uint64_t at = 0;

    for (; reader->notes_left > 0 && at < notes->size; reader->notes_left--) {
        uint8_t header[NOTE_HEADER_SIZE];
        uint64_t name = at + NOTE_HEADER_SIZE;
        uint64_t description;
        uint64_t end;

        if (notes->size - at < NOTE_HEADER_SIZE ||
            !image_bytes_read(reader->bytes, notes->offset + at, header, sizeof(header))) {
            return false;
        }
        /* Sizes have 32 bits, so that these sums cannot overflow before they are looked at. */
        description = padded(name + number32(reader, header), notes->alignment);
        end = description + number32(reader, header + 4);
        if (end > notes->size) {
            return false;
        }
        if (take_build_id(reader, header, notes->offset + name, notes->offset + description,
                          build_id)) {
            return true;
        }
        at = padded(end, notes->alignment);
    }
    return false;
}

/* Looks through all notes that one of the two tables speaks of. */
static bool walk_table(struct reader *reader, const uint8_t *header, const struct table_form *table,
                       struct text *build_id)
{
    uint64_t offset = word_at(reader, header + table->offset);
    unsigned row_size = number16(reader, header + table->row_size);
    unsigned count = number16(reader, header + table->count);
    uint8_t row[ROW_LARGEST];

    if (offset == 0 || offset > INT64_MAX || row_size < table->row.size) {
        return false;
    }
    for (unsigned i = 0; i < count && i < MAX_ROWS; i++, offset += row_size) {
        struct notes notes;

        if (!image_bytes_read(reader->bytes, offset, row, table->row.size)) {
            return false;
        }
        if (number32(reader, row + table->row.type) != table->note) {
            continue;
        }
        notes.offset = word_at(reader, row + table->row.offset);
        notes.size = word_at(reader, row + table->row.bytes);
        notes.alignment = word_at(reader, row + table->row.alignment);
        if (notes.offset <= INT64_MAX && notes.size <= INT64_MAX - notes.offset &&
            walk_notes(reader, &notes, build_id)) {
            return true;
        }
    }
    return false;
}

bool elf_image_read(const struct image_bytes *bytes, struct text *build_id)
{
    uint8_t header[HEADER_LARGEST];
    struct reader reader;

    if (!open_reader(&reader, bytes, header)) {
        return false;
    }
    if (!walk_table(&reader, header, &reader.form->tables[0], build_id)) {
        (void)walk_table(&reader, header, &reader.form->tables[1], build_id);
    }
    return true;
}
