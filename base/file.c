/* SPDX-License-Identifier: MIT */

#include "base/file.h"

#include <errno.h>
#include <string.h>

#include "base/file_system.h"
#include "base/paths.h"

enum { PIECE = 16 * 1024 };

/* Reads to the end; one byte more than the limit is enough to know that it is too large. */
static bool read_pieces(struct text *content, FILE *file, size_t limit)
{
    size_t before = content->size;
    char piece[PIECE];
    size_t got;

    do {
        got = fread(piece, 1, sizeof(piece), file);
        text_add_bytes(content, piece, got);
    } while (got == sizeof(piece) && !content->failed && content->size - before <= limit);
    return ferror(file) == 0;
}

bool file_refuse_folder(const char *path, struct failure *why)
{
    return why->kind == FAILURE_MISSING &&
           FAIL(why, FAILURE_SYSTEM, why->code,
                "cannot make %s: its folder is not there; make that first, or name another", path);
}

bool file_read(struct text *content, const char *path, size_t limit, struct failure *why)
{
    struct file_facts facts;

    /* A pipe would make us wait for ever. */
    if (!file_is_folder(path) && file_inspect(path, &facts) && !facts.regular) {
        return FAIL(why, FAILURE_FORMAT, 0, "cannot read %s: it is no regular file", path);
    }
    return file_read_stream(content, path, limit, why);
}

bool file_read_stream(struct text *content, const char *path, size_t limit, struct failure *why)
{
    size_t before = content->size;
    FILE *file;
    bool complete;
    int error;

    if (file_is_folder(path)) {
        return FAIL(why, FAILURE_FORMAT, 0, "cannot read %s: it is a folder", path);
    }
    file = file_open(path, "r", why);
    if (file == NULL) {
        return false;
    }
    complete = read_pieces(content, file, limit);
    error = errno;
    fclose(file);
    if (!complete) {
        return FAIL(why, FAILURE_SYSTEM, error, "cannot read %s to its end: error %d", path, error);
    }
    if (content->size - before > limit) {
        return FAIL(why, FAILURE_FORMAT, 0, "%s is larger than the %zu bytes that it may have",
                    path, limit);
    }
    return text_ok(content, why);
}

bool file_resolve(struct text *resolved, const char *path, struct failure *why)
{
    struct text folder = {0};

    if (file_real_path(resolved, path)) {
        return text_ok(resolved, why);
    }
    paths_add_folder(&folder, path);
    if (text_ok(&folder, why) && file_real_path(resolved, text_bytes(&folder))) {
        paths_add_part(resolved, paths_base_name(path));
    } else {
        text_add(resolved, path);
    }
    text_clear(&folder);
    return text_ok(resolved, why);
}

/* Makes what is missing above `path`. There is an end: a root has no folder but itself. */
static bool make_parent(const char *path, struct failure *why)
{
    struct text parent = {0};
    bool done;

    paths_add_folder(&parent, path);
    done = text_ok(&parent, why);
    if (done && strcmp(text_bytes(&parent), path) == 0) {
        done = FAIL(why, FAILURE_MISSING, 0, "cannot make the folder %s: nothing is there", path);
    }
    done = done && file_make_private_folder(text_bytes(&parent), why);
    text_clear(&parent);
    return done;
}

bool file_make_private_folder(const char *path, struct failure *why)
{
    enum file_made made = file_make_one_folder(path, why);

    if (made == FILE_NO_PARENT) {
        if (!make_parent(path, why)) {
            return false;
        }
        made = file_make_one_folder(path, why);
    }
    if (made == FILE_NO_PARENT) { /* somebody removes them while we make them */
        return FAIL(why, FAILURE_MISSING, 0, "cannot make the folder %s: the one above is gone",
                    path);
    }
    return made != FILE_MAKING_FAILED;
}

bool file_stamp_equal(const struct file_stamp *a, const struct file_stamp *b)
{
    return a->volume == b->volume && a->file == b->file && a->written == b->written &&
           a->size == b->size;
}
