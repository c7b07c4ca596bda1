/* SPDX-License-Identifier: MIT */

#include "collector/image_library.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash_index.h"
#include "collector/image_file.h"

enum {
    FIRST_IMAGES = 256,
    MOST_IMAGES = 16384, /* with more the library begins anew; who holds an image keeps it */
};

struct image_library {
    struct image_reader *reader;
    const struct image **images; /* a reference each */
    size_t count;
    size_t capacity;
    struct hash_index index; /* by path and identity */
};

bool image_library_open(struct image_library **out, struct image_reader *reader,
                        struct failure *why)
{
    *out = calloc(1, sizeof(**out));
    if (*out == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to remember files");
    }
    (*out)->reader = reader;
    return true;
}

static uint64_t hash_image(const char *path, const struct image_identity *identity)
{
    const uint64_t words[] = {identity->volume, identity->file, (uint64_t)identity->size,
                              (uint64_t)identity->written_at};

    return hash_bytes(hash_bytes(0, path, strlen(path)), words, sizeof(words));
}

static void forget_all(struct image_library *library)
{
    for (size_t i = 0; i < library->count; i++) {
        image_release(library->images[i]);
    }
    library->count = 0;
    hash_index_reset(&library->index);
}

/* A file that could not be read then, through a process that had ended perhaps, is tried again. */
static bool was_missed(const struct image *image)
{
    const struct image_facts *facts = image_facts(image);

    return facts != NULL && image->seen_as == IMAGE_READ &&
           (facts->status == IMAGE_GONE || facts->status == IMAGE_CHANGED ||
            facts->status == IMAGE_UNREADABLE);
}

static const struct image *find_known(struct image_library *library, const struct image *fields)
{
    uint64_t hash = hash_image(fields->path, &fields->identity);

    for (uint32_t at = hash_index_first(&library->index, hash); at != HASH_INDEX_END;
         at = hash_index_next(&library->index)) {
        const struct image *image = library->images[at];

        if (image->seen_as == fields->seen_as && image->deleted == fields->deleted &&
            image_identity_equal(&image->identity, &fields->identity) && !was_missed(image) &&
            strcmp(image->path, fields->path) == 0) {
            return image;
        }
    }
    return NULL;
}

static bool reserve(struct image_library *library, struct failure *why)
{
    size_t capacity = library->capacity == 0 ? FIRST_IMAGES : library->capacity * 2;
    const struct image **images;

    if (library->count == MOST_IMAGES) {
        forget_all(library);
    }
    if (library->count < library->capacity) {
        return true;
    }
    images = realloc((void *)library->images, capacity * sizeof(const struct image *));
    if (images == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to remember %zu files", capacity);
    }
    library->images = images;
    library->capacity = capacity;
    return true;
}

/* Adds a new image, whose reference the library takes over on success. */
static bool keep(struct image_library *library, const struct image *image, struct failure *why)
{
    if (!reserve(library, why) ||
        !hash_index_add(&library->index, hash_image(image->path, &image->identity),
                        (uint32_t)library->count, why)) {
        return false;
    }
    library->images[library->count++] = image;
    return library->reader == NULL || image_reader_ask(library->reader, image, why);
}

static bool add(struct image_library *library, const struct image *fields, const struct image **out,
                struct failure *why)
{
    const struct image *image = image_make(fields);
    size_t before = library->count;

    if (image == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to remember a file");
    }
    if (!keep(library, image, why)) {
        if (library->count == before) {
            image_release(image);
        }
        return false;
    }
    *out = image_hold(image);
    return true;
}

/* What is mapped cannot have become another file: it only lost its name. */
static bool is_still(const struct image *known, const struct image_sighting *sighting,
                     enum image_status status)
{
    return known != NULL && (status == IMAGE_GONE || status == IMAGE_CHANGED) &&
           known->seen_as == IMAGE_READ && sighting->identity.file != 0 &&
           known->identity.file == sighting->identity.file;
}

bool image_library_find(struct image_library *library, const struct image_sighting *sighting,
                        const struct image **image, struct failure *why)
{
    const char *source = sighting->source != NULL ? sighting->source : sighting->path;
    struct image fields = {
        .path = sighting->path,
        .source = sighting->source,
        .identity = sighting->identity,
        .deleted = sighting->deleted,
    };
    const struct image *known;

    fields.seen_as = (uint8_t)image_file_identify(source, &fields.identity);
    if (is_still(sighting->known, sighting, (enum image_status)fields.seen_as)) {
        *image = image_hold(sighting->known);
        return true;
    }
    known = find_known(library, &fields);
    if (known != NULL) {
        *image = image_hold(known);
        return true;
    }
    return add(library, &fields, image, why);
}

void image_library_close(struct image_library *library)
{
    if (library != NULL) {
        forget_all(library);
        free((void *)library->images);
        hash_index_clear(&library->index);
        free(library);
    }
}
