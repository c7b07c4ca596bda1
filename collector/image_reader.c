/* SPDX-License-Identifier: MIT */

#include "collector/image_reader.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"
#include "collector/background.h"
#include "collector/image_cache.h"
#include "collector/image_facts.h"

enum {
    PATIENCE = 1000,    /* milliseconds that a read may take when the reader is closed */
    SHORT_PAUSE = 20,   /* after each file that was read */
    LONG_PAUSE = 60000, /* where it gives way */
    LOOK_AGAIN = 500,   /* whether it still has to */
    PAUSE_FACTOR = 4,   /* so many times as long as the file took: a fifth of one core at most */
};

struct image_reader {
    struct background *background;
    struct image_reader_options options;
    int64_t rest_until; /* clock_awake(); the thread's: no file is read before */
    struct mutex *mutex;
    struct image_cache cache; /* guarded by the mutex, as is this */
    bool gives_way;
};

/* The identity of two files whose identities are not known may be equal. */
static bool is_known(const struct image_identity *identity)
{
    return identity->volume != 0 || identity->file != 0;
}

/* True where the file was read before. */
static bool publish_remembered(struct image_reader *reader, const struct image *image)
{
    const struct image_facts *facts;

    if (!is_known(&image->identity)) {
        return false;
    }
    mutex_lock(reader->mutex);
    facts = image_cache_find(&reader->cache, &image->identity);
    mutex_unlock(reader->mutex);
    if (facts == NULL) {
        return false;
    }
    image_publish(image, facts);
    image_facts_release(facts);
    return true;
}

/*
 * Remembers what does not depend on the name by which the file was opened, or
 * on the moment. Without memory the file is read again the next time.
 */
static void remember(struct image_reader *reader, const struct image *image,
                     const struct image_facts *facts)
{
    struct failure ignored;

    if (!is_known(&image->identity) ||
        (facts->status != IMAGE_READ && facts->status != IMAGE_TOO_LARGE)) {
        return;
    }
    mutex_lock(reader->mutex);
    (void)image_cache_add(&reader->cache, &image->identity, facts, &ignored);
    mutex_unlock(reader->mutex);
}

static void plan_rest(struct image_reader *reader, int64_t begun, bool was_read)
{
    int64_t now = clock_awake();
    int64_t pause = (now - begun) * PAUSE_FACTOR;

    if (was_read && pause < SHORT_PAUSE) {
        pause = SHORT_PAUSE;
    }
    reader->rest_until = now + pause;
}

static void read_and_publish(struct image_reader *reader, const struct image *image)
{
    int64_t begun = clock_awake();
    const struct image_facts *facts = image_facts_read(image, reader->options.largest);

    plan_rest(reader, begun, facts != NULL && facts->status == IMAGE_READ);
    if (facts != NULL) {
        remember(reader, image, facts);
        image_publish(image, facts);
        image_facts_release(facts);
    }
}

static bool gives_way(struct image_reader *reader)
{
    bool gives;

    mutex_lock(reader->mutex);
    gives = reader->gives_way;
    mutex_unlock(reader->mutex);
    return gives;
}

/* True where it is time to read; false where it is time to end. */
static bool rest(struct image_reader *reader)
{
    int64_t left = reader->options.hurry ? 0 : reader->rest_until - clock_awake();

    if (left > 0 && background_pause(reader->background, left)) {
        return false;
    }
    for (int waited = 0; waited < LONG_PAUSE && gives_way(reader); waited += LOOK_AGAIN) {
        if (background_pause(reader->background, LOOK_AGAIN)) {
            return false;
        }
    }
    return true;
}

static void read_image(void *context, void *job)
{
    struct image_reader *reader = context;
    const struct image *image = job;

    /* Somebody may have asked for it, or for another image of the file, before. */
    if (image_facts(image) == NULL && !publish_remembered(reader, image) && rest(reader)) {
        read_and_publish(reader, image);
    }
    image_release(image);
}

static void drop_image(void *context, void *job)
{
    (void)context;
    image_release(job);
}

static void release(void *context)
{
    struct image_reader *reader = context;

    image_cache_clear(&reader->cache);
    mutex_close(reader->mutex);
    free(reader);
}

static const struct background_kind reading = {
    .name = "reading files", .work = read_image, .drop = drop_image, .release = release};

bool image_reader_open(struct image_reader **out, const struct image_reader_options *options,
                       struct failure *why)
{
    struct image_reader *reader = calloc(1, sizeof(*reader));

    if (reader == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to read files");
    }
    reader->options = *options;
    if (!mutex_open(&reader->mutex, why) ||
        !background_open(&reader->background, &reading, reader, !options->hurry, why)) {
        release(reader);
        return false;
    }
    *out = reader;
    return true;
}

/* Says of an image that cannot be read that this is so. */
static bool publish_unread(const struct image *image, struct failure *why)
{
    struct image_facts fields = {.status = image->seen_as, .taken_at = clock_now()};
    const struct image_facts *facts = image_facts_make(&fields);

    if (facts == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for what is known of a file");
    }
    image_publish(image, facts);
    image_facts_release(facts);
    return true;
}

bool image_reader_ask(struct image_reader *reader, const struct image *image, struct failure *why)
{
    if (image_facts(image) != NULL) {
        return true;
    }
    if (image->seen_as != IMAGE_READ) {
        return publish_unread(image, why);
    }
    if (publish_remembered(reader, image)) {
        return true;
    }
    image_hold(image);
    if (!background_add(reader->background, (void *)image, why)) {
        image_release(image);
        return false;
    }
    return true;
}

bool image_reader_wait(struct image_reader *reader, int64_t milliseconds)
{
    return background_wait(reader->background, milliseconds);
}

void image_reader_give_way(struct image_reader *reader, bool give_way)
{
    mutex_lock(reader->mutex);
    reader->gives_way = give_way;
    mutex_unlock(reader->mutex);
}

size_t image_reader_waiting(struct image_reader *reader)
{
    return background_waiting(reader->background);
}

void image_reader_close(struct image_reader *reader)
{
    if (reader != NULL) {
        background_close(reader->background, PATIENCE);
    }
}
