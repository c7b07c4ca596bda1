/* SPDX-License-Identifier: MIT */

#include "tests/fake_image_facts.h"

#include <stddef.h>

#include "base/clock.h"
#include "collector/image_facts.h"

enum { PATIENCE = 10000 };

struct fake_image_facts fake_image_facts;

void fake_image_facts_reset(void)
{
    fake_image_facts = (struct fake_image_facts){.status = IMAGE_READ, .shortest_rest = INT64_MAX};
}

static void take_time(void)
{
    if (fake_image_facts.let_go != NULL) {
        bell_ring(fake_image_facts.entered);
        (void)bell_wait(fake_image_facts.let_go, PATIENCE);
    }
    if (fake_image_facts.takes > 0) {
        (void)bell_wait(fake_image_facts.nobody, fake_image_facts.takes);
    }
}

const struct image_facts *image_facts_read(const struct image *image, int64_t largest)
{
    struct image_facts facts = {.status = fake_image_facts.status, .version = image->path};

    fake_image_facts.begun = clock_awake();
    if (fake_image_facts.calls++ > 0 &&
        fake_image_facts.begun - fake_image_facts.ended < fake_image_facts.shortest_rest) {
        fake_image_facts.shortest_rest = fake_image_facts.begun - fake_image_facts.ended;
    }
    fake_image_facts.largest = largest;
    take_time();
    fake_image_facts.ended = clock_awake();
    return fake_image_facts.no_memory ? NULL : image_facts_make(&facts);
}
