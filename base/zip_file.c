/* SPDX-License-Identifier: MIT */

#include "base/zip_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "base/time_text.h"

enum {
    LOCAL_HEADER = 0x04034b50, /* 4.3.7 */
    CENTRAL_HEADER = 0x02014b50,
    END_OF_CENTRAL_64 = 0x06064b50,
    LOCATOR_64 = 0x07064b50,
    END_OF_CENTRAL = 0x06054b50,

    VERSION_STORED = 10, /* 4.4.3: what an unpacker must know */
    VERSION_ZIP64 = 45,
    FLAG_UTF8 = 1 << 11,
    EXTRA_ZIP64 = 1,
    REST_OF_END_64 = 44, /* bytes of that record behind its size */
    TOO_MANY = 0xffff,
    ELSEWHERE = 0xffff, /* in 16 and in 32 bits: the value is in the ZIP64 form */

    PIECE = 256 * 1024,
};

#define ELSEWHERE_32 UINT32_MAX

struct member {
    char *name;
    uint64_t size;
    uint64_t offset; /* of its local header */
    uint32_t crc;
};

struct zip_file {
    FILE *file;
    char *path; /* NULL: nothing of ours is there */
    uint64_t offset;
    uint64_t limit;
    uint32_t stamp; /* date and time as MS-DOS has them */
    struct member *members;
    size_t count;
    struct text record; /* under construction */
    uint8_t *piece;
    uint32_t crc_table[256];
    bool finished;
};

/* The polynomial of 4.4.7, bits reversed. */
static void make_crc_table(uint32_t *table)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;

        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320 : 0);
        }
        table[i] = crc;
    }
}

static uint32_t add_crc(const struct zip_file *zip, uint32_t crc, const uint8_t *bytes, size_t size)
{
    crc = ~crc;
    for (size_t i = 0; i < size; i++) {
        crc = crc >> 8 ^ zip->crc_table[(crc ^ bytes[i]) & 255];
    }
    return ~crc;
}

/* 4.4.6: steps of two seconds, years from 1980 to 2107. */
static uint32_t dos_stamp(int64_t at)
{
    struct calendar_time time = calendar_from_ms(at);

    if (time.year < 1980 || time.year > 2107) {
        return 1 << 21 | 1 << 16;
    }
    return (uint32_t)(time.year - 1980) << 25 | (uint32_t)time.month << 21 |
           (uint32_t)time.day << 16 | (uint32_t)time.hour << 11 | (uint32_t)time.minute << 5 |
           (uint32_t)time.second / 2;
}

/* Numbers are little-endian: 4.4.1.1. */
static void add_number(struct text *record, uint64_t number, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        text_add_char(record, (char)(number >> (8 * i) & 255));
    }
}

static void add_2(struct text *record, uint64_t number)
{
    add_number(record, number, 2);
}

static void add_4(struct text *record, uint64_t number)
{
    add_number(record, number, 4);
}

static void add_8(struct text *record, uint64_t number)
{
    add_number(record, number, 8);
}

static bool is_large(const struct zip_file *zip, uint64_t number)
{
    return number >= zip->limit;
}

static bool write_bytes(struct zip_file *zip, const void *bytes, size_t size, struct failure *why)
{
    if (fwrite(bytes, 1, size, zip->file) != size) {
        return failure_from_system(why, errno, "cannot write %s", zip->path);
    }
    zip->offset += size;
    return true;
}

static bool write_record(struct zip_file *zip, struct failure *why)
{
    return text_ok(&zip->record, why) &&
           write_bytes(zip, text_bytes(&zip->record), zip->record.size, why);
}

/* The fields that both headers of a member share, from the version on. */
static void add_common(struct zip_file *zip, const struct member *member, bool zip64, bool large)
{
    struct text *record = &zip->record;

    add_2(record, zip64 ? VERSION_ZIP64 : VERSION_STORED);
    add_2(record, FLAG_UTF8);
    add_2(record, 0); /* stored */
    add_4(record, zip->stamp);
    add_4(record, member->crc);
    add_4(record, large ? ELSEWHERE_32 : member->size);
    add_4(record, large ? ELSEWHERE_32 : member->size);
    add_2(record, strlen(member->name));
}

static bool write_local_header(struct zip_file *zip, const struct member *member,
                               struct failure *why)
{
    bool large = is_large(zip, member->size);

    text_reset(&zip->record);
    add_4(&zip->record, LOCAL_HEADER);
    add_common(zip, member, large, large);
    add_2(&zip->record, large ? 20 : 0);
    text_add(&zip->record, member->name);
    if (large) {
        add_2(&zip->record, EXTRA_ZIP64);
        add_2(&zip->record, 16);
        add_8(&zip->record, member->size);
        add_8(&zip->record, member->size);
    }
    return write_record(zip, why);
}

/* Only the fields that had no room are in the extra field, in this order. */
static void add_central_extra(struct zip_file *zip, const struct member *member, bool large,
                              bool far)
{
    add_2(&zip->record, EXTRA_ZIP64);
    add_2(&zip->record, (large ? 16U : 0U) + (far ? 8U : 0U));
    if (large) {
        add_8(&zip->record, member->size);
        add_8(&zip->record, member->size);
    }
    if (far) {
        add_8(&zip->record, member->offset);
    }
}

static bool write_central_header(struct zip_file *zip, const struct member *member,
                                 struct failure *why)
{
    bool large = is_large(zip, member->size);
    bool far = is_large(zip, member->offset);

    text_reset(&zip->record);
    add_4(&zip->record, CENTRAL_HEADER);
    add_2(&zip->record, VERSION_ZIP64); /* made by */
    add_common(zip, member, large || far, large);
    add_2(&zip->record, large || far ? 4U + (large ? 16U : 0U) + (far ? 8U : 0U) : 0U);
    add_2(&zip->record, 0); /* no comment */
    add_2(&zip->record, 0); /* the only disk */
    add_2(&zip->record, 0);
    add_4(&zip->record, 0);
    add_4(&zip->record, far ? ELSEWHERE_32 : member->offset);
    text_add(&zip->record, member->name);
    if (large || far) {
        add_central_extra(zip, member, large, far);
    }
    return write_record(zip, why);
}

static void add_end_64(struct zip_file *zip, uint64_t begin, uint64_t end)
{
    struct text *record = &zip->record;

    add_4(record, END_OF_CENTRAL_64);
    add_8(record, REST_OF_END_64);
    add_2(record, VERSION_ZIP64);
    add_2(record, VERSION_ZIP64);
    add_4(record, 0);
    add_4(record, 0);
    add_8(record, zip->count);
    add_8(record, zip->count);
    add_8(record, end - begin);
    add_8(record, begin);
    add_4(record, LOCATOR_64);
    add_4(record, 0);
    add_8(record, end);
    add_4(record, 1);
}

static bool write_end(struct zip_file *zip, uint64_t begin, struct failure *why)
{
    struct text *record = &zip->record;
    uint64_t end = zip->offset;
    bool zip64 = is_large(zip, begin) || is_large(zip, end - begin) || zip->count >= TOO_MANY;

    text_reset(record);
    if (zip64) {
        add_end_64(zip, begin, end);
    }
    add_4(record, END_OF_CENTRAL);
    add_2(record, 0);
    add_2(record, 0);
    add_2(record, zip64 ? ELSEWHERE : zip->count);
    add_2(record, zip64 ? ELSEWHERE : zip->count);
    add_4(record, zip64 ? ELSEWHERE_32 : end - begin);
    add_4(record, zip64 ? ELSEWHERE_32 : begin);
    add_2(record, 0);
    return write_record(zip, why);
}

/* From the moment the file is there, its path is known, so that it is removed. */
static bool make_file(struct zip_file *zip, const char *path, struct failure *why)
{
    char *copy = text_copy(path);

    zip->piece = malloc(PIECE);
    if (copy == NULL || zip->piece == NULL) {
        free(copy);
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to write %s", path);
    }
    if (!file_make_private(path, why)) {
        free(copy);
        return false;
    }
    zip->path = copy;
    zip->file = file_open(path, "r+", why);
    return zip->file != NULL;
}

bool zip_file_open(struct zip_file **out, const char *path, int64_t at, uint64_t limit,
                   struct failure *why)
{
    struct zip_file *zip = calloc(1, sizeof(*zip));

    if (zip == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to write %s", path);
    }
    zip->limit = limit;
    zip->stamp = dos_stamp(at);
    make_crc_table(zip->crc_table);
    if (!make_file(zip, path, why)) {
        zip_file_close(zip);
        return false;
    }
    *out = zip;
    return true;
}

/* Remembers a member that begins here, for the list at the end. */
static bool add_member(struct zip_file *zip, const char *name, uint64_t size, uint32_t crc,
                       struct failure *why)
{
    struct member *more = realloc(zip->members, (zip->count + 1) * sizeof(*more));
    char *copy = text_copy(name);

    if (more != NULL) {
        zip->members = more;
    }
    if (more == NULL || copy == NULL) {
        free(copy);
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to write %s", zip->path);
    }
    zip->members[zip->count++] =
        (struct member){.name = copy, .size = size, .offset = zip->offset, .crc = crc};
    return write_local_header(zip, &zip->members[zip->count - 1], why);
}

bool zip_file_add_bytes(struct zip_file *zip, const char *name, const void *bytes, size_t size,
                        struct failure *why)
{
    return add_member(zip, name, size, add_crc(zip, 0, bytes, size), why) &&
           write_bytes(zip, bytes, size, why);
}

/* Reads to the end, and copies what it reads where it is told to. */
static bool read_through(struct zip_file *zip, FILE *file, bool copy, struct member *read,
                         struct failure *why)
{
    size_t got;

    do {
        got = fread(zip->piece, 1, PIECE, file);
        read->crc = add_crc(zip, read->crc, zip->piece, got);
        read->size += got;
        if (copy && !write_bytes(zip, zip->piece, got, why)) {
            return false;
        }
    } while (got == PIECE);
    return ferror(file) == 0 || failure_from_system(why, errno, "cannot read a file to its end");
}

/* The checksum stands before the content: so it is read twice. */
static bool add_stream(struct zip_file *zip, const char *name, FILE *file, struct failure *why)
{
    struct member first = {0};
    struct member second = {0};

    if (!read_through(zip, file, false, &first, why)) {
        return false;
    }
    rewind(file);
    if (!add_member(zip, name, first.size, first.crc, why) ||
        !read_through(zip, file, true, &second, why)) {
        return false;
    }
    return (first.crc == second.crc && first.size == second.size) ||
           FAIL(why, FAILURE_BUSY, 0, "%s was changed while it was packed", name);
}

bool zip_file_add_file(struct zip_file *zip, const char *name, const char *path,
                       struct failure *why)
{
    FILE *file = file_open(path, "r", why);
    bool done;

    if (file == NULL) {
        return false;
    }
    done = add_stream(zip, name, file, why);
    fclose(file);
    return done;
}

bool zip_file_finish(struct zip_file *zip, struct failure *why)
{
    uint64_t begin = zip->offset;
    FILE *file = zip->file;

    for (size_t i = 0; i < zip->count; i++) {
        if (!write_central_header(zip, &zip->members[i], why)) {
            return false;
        }
    }
    if (!write_end(zip, begin, why)) {
        return false;
    }
    zip->file = NULL;
    if (fclose(file) != 0) {
        return failure_from_system(why, errno, "cannot write %s", zip->path);
    }
    zip->finished = true;
    return true;
}

void zip_file_close(struct zip_file *zip)
{
    struct failure ignored;

    if (zip == NULL) {
        return;
    }
    if (zip->file != NULL) {
        fclose(zip->file);
    }
    if (zip->path != NULL && !zip->finished) {
        (void)!file_remove(zip->path, &ignored);
    }
    for (size_t i = 0; i < zip->count; i++) {
        free(zip->members[i].name);
    }
    free(zip->members);
    free(zip->piece);
    free(zip->path);
    text_clear(&zip->record);
    free(zip);
}
