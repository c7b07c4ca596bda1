/* SPDX-License-Identifier: MIT */

#include "tests/fake_image_file.h"

#include <string.h>

#include "base/text.h"

struct fake_image_file fake_image_file;

enum image_status image_file_identify(const char *source, struct image_identity *identity)
{
    (void)source;
    (void)identity;
    return fake_image_file.opens_as;
}

enum image_status image_file_open(struct image_file **out, const struct image *image)
{
    (void)image;
    if (fake_image_file.opens_as == IMAGE_READ) {
        fake_image_file.open++;
        *out = (struct image_file *)&fake_image_file;
    }
    return fake_image_file.opens_as;
}

int64_t image_file_read(struct image_file *file, uint64_t offset, void *buffer, size_t size)
{
    size_t whole =
        fake_image_file.shrinks_to != 0 ? (size_t)fake_image_file.shrinks_to : fake_image_file.size;
    size_t there = offset < whole ? whole - (size_t)offset : 0;

    (void)file;
    if (fake_image_file.unreadable) {
        return -1;
    }
    if (there > size) {
        there = size;
    }
    if (there > 0) {
        memcpy(buffer, (const char *)fake_image_file.bytes + offset, there);
    }
    return (int64_t)there;
}

bool image_file_describe(const struct image_file *file, struct image_identity *identity)
{
    bool later = fake_image_file.described++ > 0;

    (void)file;
    *identity = (struct image_identity){
        .volume = 1,
        .file = 2,
        .size = (int64_t)fake_image_file.size + (later ? fake_image_file.grown_later : 0),
        .written_at = 1000 + (later ? fake_image_file.written_later : 0),
    };
    return fake_image_file.described != fake_image_file.undescribable;
}

void image_file_close(struct image_file *file)
{
    if (file != NULL) {
        fake_image_file.open--;
    }
}

void image_trust_check(struct image_file *file, const struct image *image,
                       struct image_trust *trust)
{
    (void)file;
    (void)image;
    fake_image_file.checked++;
    *trust = fake_image_file.says;
    if (trust->signer != NULL) {
        trust->signer = text_copy(trust->signer);
    }
}
