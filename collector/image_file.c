/* SPDX-License-Identifier: MIT */

#include "collector/image_file_system.h"

#include <string.h>

static bool is_that_file(const struct image_file *file, const struct image_identity *wanted,
                         const struct image_identity *found)
{
    if (wanted->file == 0) {
        return true;
    }
    if (wanted->file != found->file ||
        (wanted->volume != found->volume && !image_file_volume_varies(file))) {
        return false;
    }
    /* A mapping tells which file, and nothing of its content. */
    return wanted->written_at == 0 ||
           (wanted->written_at == found->written_at && wanted->size == found->size);
}

/* Finds what `name` leads to, if that is the wanted file. */
static enum image_status find(struct image_file **out, const char *name,
                              const struct image_identity *wanted, struct image_identity *found)
{
    struct image_file *file;
    enum image_status status = image_file_find(&file, name);

    if (status != IMAGE_READ) {
        return status;
    }
    if (!image_file_describe(file, found)) {
        status = IMAGE_UNREADABLE;
    } else if (!is_that_file(file, wanted, found)) {
        status = IMAGE_CHANGED;
    }
    if (status != IMAGE_READ) {
        image_file_close(file);
        return status;
    }
    *out = file;
    return IMAGE_READ;
}

enum image_status image_file_identify(const char *source, struct image_identity *identity)
{
    struct image_file *file;
    struct image_identity found;
    enum image_status status = find(&file, source, identity, &found);

    if (status == IMAGE_READ) {
        image_file_close(file);
        *identity = found;
    }
    return status;
}

static enum image_status open_by_name(struct image_file **out, const char *name,
                                      const struct image_identity *wanted)
{
    struct image_identity found;
    struct image_file *file;
    enum image_status status = find(&file, name, wanted, &found);

    if (status != IMAGE_READ) {
        return status;
    }
    status = image_file_to_read(file);
    if (status != IMAGE_READ) {
        image_file_close(file);
        return status;
    }
    *out = file;
    return IMAGE_READ;
}

enum image_status image_file_open(struct image_file **out, const struct image *image)
{
    const char *name = image->source == NULL ? image->path : image->source;
    enum image_status status = open_by_name(out, name, &image->identity);

    /* A process that ended took /proc/PID/exe along; the path may still lead to the file. */
    if ((status == IMAGE_GONE || status == IMAGE_CHANGED) && name != image->path &&
        image->identity.file != 0 && strcmp(name, image->path) != 0) {
        status = open_by_name(out, image->path, &image->identity);
    }
    return status;
}
