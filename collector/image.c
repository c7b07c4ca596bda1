/* SPDX-License-Identifier: MIT */

#include "collector/image.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* An object, its count of references and its texts: one allocation each. */
struct shared_image {
    struct image fields; /* first: a pointer to it is a pointer to the whole */
    atomic_uint references;
    _Atomic(const struct image_facts *) facts;
    char texts[];
};

struct shared_facts {
    struct image_facts fields;
    atomic_uint references;
    char texts[];
};

static const char *const status_names[IMAGE_STATUS_COUNT] = {
    [0] = "not read yet",
    [IMAGE_READ] = "read",
    [IMAGE_REMOTE] = "remote, not read",
    [IMAGE_NO_FILE] = "no file of a disk",
    [IMAGE_TOO_LARGE] = "too large",
    [IMAGE_DENIED] = "denied",
    [IMAGE_GONE] = "gone",
    [IMAGE_CHANGED] = "another file now",
    [IMAGE_OFFLINE] = "offline, not read",
    [IMAGE_UNREADABLE] = "unreadable",
};

static const char *const verdict_names[IMAGE_VERDICT_COUNT] = {
    [IMAGE_NOT_CHECKED] = "not checked", [IMAGE_SIGNED] = "signed",
    [IMAGE_UNSIGNED] = "unsigned",       [IMAGE_UNKNOWN_ROOT] = "root not on this machine",
    [IMAGE_TAMPERED] = "tampered",       [IMAGE_EXPIRED] = "expired",
    [IMAGE_DISTRUSTED] = "distrusted",   [IMAGE_UNDECIDED] = "could not be checked",
};

static const char *const signature_names[IMAGE_SIGNATURE_COUNT] = {
    [IMAGE_NO_SIGNATURE] = "none",
    [IMAGE_EMBEDDED] = "embedded",
    [IMAGE_CATALOG] = "catalog",
};

static size_t text_space(const char *text)
{
    return text == NULL ? 0 : strlen(text) + 1;
}

/* Copies a text to *at and moves *at behind it; NULL stays NULL. */
static const char *place_text(char **at, const char *text)
{
    char *placed = *at;
    size_t size = text_space(text);

    if (text == NULL) {
        return NULL;
    }
    memcpy(placed, text, size);
    *at += size;
    return placed;
}

/* Both are const for everybody but this file. */
static struct shared_image *shared_of(const struct image *image)
{
    return (struct shared_image *)image;
}

static struct shared_facts *shared_facts_of(const struct image_facts *facts)
{
    return (struct shared_facts *)facts;
}

const struct image *image_make(const struct image *fields)
{
    struct shared_image *shared =
        malloc(sizeof(*shared) + text_space(fields->path) + text_space(fields->source));
    char *at;

    if (shared == NULL) {
        return NULL;
    }
    at = shared->texts;
    shared->fields = *fields;
    shared->fields.path = place_text(&at, fields->path);
    shared->fields.source = place_text(&at, fields->source);
    atomic_init(&shared->references, 1);
    atomic_init(&shared->facts, NULL);
    return &shared->fields;
}

const struct image *image_hold(const struct image *image)
{
    atomic_fetch_add_explicit(&shared_of(image)->references, 1, memory_order_relaxed);
    return image;
}

void image_release(const struct image *image)
{
    if (image == NULL) {
        return;
    }
    if (atomic_fetch_sub_explicit(&shared_of(image)->references, 1, memory_order_acq_rel) == 1) {
        image_facts_release(atomic_load_explicit(&shared_of(image)->facts, memory_order_relaxed));
        free(shared_of(image));
    }
}

bool image_identity_equal(const struct image_identity *a, const struct image_identity *b)
{
    return a->volume == b->volume && a->file == b->file && a->size == b->size &&
           a->written_at == b->written_at;
}

const struct image_facts *image_facts(const struct image *image)
{
    return image == NULL ? NULL
                         : atomic_load_explicit(&shared_of(image)->facts, memory_order_acquire);
}

void image_publish(const struct image *image, const struct image_facts *facts)
{
    const struct image_facts *none = NULL;

    image_facts_hold(facts);
    if (!atomic_compare_exchange_strong(&shared_of(image)->facts, &none, facts)) {
        image_facts_release(facts);
    }
}

const struct image_facts *image_facts_make(const struct image_facts *fields)
{
    struct shared_facts *shared =
        malloc(sizeof(*shared) + text_space(fields->version) + text_space(fields->company) +
               text_space(fields->build_id) + text_space(fields->signer));
    char *at;

    if (shared == NULL) {
        return NULL;
    }
    at = shared->texts;
    shared->fields = *fields;
    shared->fields.version = place_text(&at, fields->version);
    shared->fields.company = place_text(&at, fields->company);
    shared->fields.build_id = place_text(&at, fields->build_id);
    shared->fields.signer = place_text(&at, fields->signer);
    atomic_init(&shared->references, 1);
    return &shared->fields;
}

const struct image_facts *image_facts_hold(const struct image_facts *facts)
{
    atomic_fetch_add_explicit(&shared_facts_of(facts)->references, 1, memory_order_relaxed);
    return facts;
}

void image_facts_release(const struct image_facts *facts)
{
    if (facts == NULL) {
        return;
    }
    if (atomic_fetch_sub_explicit(&shared_facts_of(facts)->references, 1, memory_order_acq_rel) ==
        1) {
        free(shared_facts_of(facts));
    }
}

static const char *name_of(const char *const *names, int count, int at)
{
    return at >= 0 && at < count && names[at] != NULL ? names[at] : "unknown";
}

const char *image_status_name(int status)
{
    return name_of(status_names, IMAGE_STATUS_COUNT, status);
}

const char *image_verdict_name(int verdict)
{
    return name_of(verdict_names, IMAGE_VERDICT_COUNT, verdict);
}

const char *image_signature_name(int signature)
{
    return name_of(signature_names, IMAGE_SIGNATURE_COUNT, signature);
}
