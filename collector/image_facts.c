/* SPDX-License-Identifier: MIT */

#include "collector/image_facts.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/sha256.h"
#include "collector/elf_image.h"
#include "collector/image_bytes.h"
#include "collector/image_file.h"
#include "collector/image_trust.h"
#include "collector/pe_image.h"

enum { PIECE = 64 * 1024 };

/* What is read of a file, before it is made into facts. */
struct reading {
    struct image_file *file;
    const struct image *image;
    int64_t size;
    uint8_t sha256[IMAGE_HASH_SIZE];
    struct pe_image pe;
    struct text build_id;
    struct image_trust trust;
    bool no_memory;
};

/* Adds the whole file. The hash of one that is longer or shorter than it was is worth nothing. */
static enum image_status add_pieces(struct reading *reading, struct sha256 *sha256, uint8_t *piece)
{
    struct failure why;
    int64_t at = 0;

    while (at < reading->size) {
        int64_t left = reading->size - at;
        size_t size = left < PIECE ? (size_t)left : PIECE;
        int64_t count = image_file_read(reading->file, (uint64_t)at, piece, size);

        if (count < 0 || !sha256_add(sha256, piece, (size_t)count, &why)) {
            return IMAGE_UNREADABLE;
        }
        if (count < (int64_t)size) {
            return IMAGE_CHANGED;
        }
        at += count;
    }
    return sha256_finish(sha256, reading->sha256, &why) ? IMAGE_READ : IMAGE_UNREADABLE;
}

static enum image_status hash_file(struct reading *reading)
{
    struct failure why = {0};
    struct sha256 *sha256 = NULL;
    uint8_t *piece = malloc(PIECE);
    enum image_status status = IMAGE_UNREADABLE;

    if (piece != NULL && sha256_open(&sha256, &why)) {
        status = add_pieces(reading, sha256, piece);
    }
    reading->no_memory = piece == NULL || why.kind == FAILURE_MEMORY;
    sha256_close(sha256);
    free(piece);
    return status;
}

static int64_t read_bytes(void *context, uint64_t offset, void *buffer, size_t size)
{
    return image_file_read(context, offset, buffer, size);
}

/* What the file says of itself, and what the system says of it. */
static void read_words(struct reading *reading)
{
    struct image_bytes bytes = {.read = read_bytes, .context = reading->file};

    if (pe_image_read(&bytes, &reading->pe)) {
        image_trust_check(reading->file, reading->image, &reading->trust);
    } else {
        (void)elf_image_read(&bytes, &reading->build_id);
    }
    reading->no_memory |=
        reading->pe.version.failed || reading->pe.company.failed || reading->build_id.failed;
}

static bool same_content(const struct image_identity *a, const struct image_identity *b)
{
    return a->size == b->size && a->written_at == b->written_at;
}

static enum image_status read_file(struct reading *reading, int64_t largest)
{
    struct image_identity before;
    struct image_identity after;
    enum image_status status;

    if (!image_file_describe(reading->file, &before)) {
        return IMAGE_UNREADABLE;
    }
    if (before.size > largest) {
        return IMAGE_TOO_LARGE;
    }
    reading->size = before.size;
    status = hash_file(reading);
    if (status != IMAGE_READ) {
        return status;
    }
    read_words(reading);
    if (!image_file_describe(reading->file, &after)) {
        return IMAGE_UNREADABLE;
    }
    return same_content(&before, &after) ? IMAGE_READ : IMAGE_CHANGED;
}

static enum image_status read_image(struct reading *reading, int64_t largest)
{
    enum image_status status;

    if (reading->image->seen_as != IMAGE_READ) {
        return (enum image_status)reading->image->seen_as;
    }
    status = image_file_open(&reading->file, reading->image);
    return status == IMAGE_READ ? read_file(reading, largest) : status;
}

/* An empty text is none. */
static const char *text_or_null(const struct text *text)
{
    return text->size == 0 ? NULL : text_bytes(text);
}

static const struct image_facts *make_facts(const struct reading *reading, enum image_status status)
{
    struct image_facts facts = {.status = (uint8_t)status, .taken_at = clock_now()};

    if (status == IMAGE_READ) {
        memcpy(facts.sha256, reading->sha256, sizeof(facts.sha256));
        facts.version = text_or_null(&reading->pe.version);
        facts.company = text_or_null(&reading->pe.company);
        facts.build_id = text_or_null(&reading->build_id);
        facts.verdict = reading->trust.verdict;
        facts.signature = reading->trust.signature;
        facts.signer = reading->trust.signer;
    }
    return image_facts_make(&facts);
}

const struct image_facts *image_facts_read(const struct image *image, int64_t largest)
{
    struct reading reading = {.image = image};
    enum image_status status = read_image(&reading, largest);
    const struct image_facts *facts = reading.no_memory ? NULL : make_facts(&reading, status);

    image_file_close(reading.file);
    pe_image_clear(&reading.pe);
    text_clear(&reading.build_id);
    free(reading.trust.signer);
    return facts;
}
