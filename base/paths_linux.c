/* SPDX-License-Identifier: MIT */

#include "base/paths.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/paths_system.h"

enum { FIRST_SIZE = 256 };

const char paths_separators[] = "/";

size_t paths_root_size(const char *path)
{
    size_t size = 0;

    while (path[size] == '/') {
        size++;
    }
    return size > 0 ? 1 : 0;
}

bool paths_add_settings_folder(struct text *path, struct failure *why)
{
    text_add(path, "/etc/portledger");
    return text_ok(path, why);
}

bool paths_add_ledger_folder(struct text *path, struct failure *why)
{
    text_add(path, "/var/lib/portledger");
    return text_ok(path, why);
}

bool paths_program_file(struct text *path, struct failure *why)
{
    static const char link[] = "/proc/self/exe";

    for (size_t size = FIRST_SIZE;; size *= 2) {
        char *buffer = malloc(size);
        ssize_t length = buffer == NULL ? -1 : readlink(link, buffer, size);
        int error = errno;

        if (length >= 0 && (size_t)length < size) { /* else it may have been cut */
            text_add_bytes(path, buffer, (size_t)length);
        }
        free(buffer);
        if (length < 0) {
            return failure_from_system(why, error, "cannot read %s", link);
        }
        if ((size_t)length < size) {
            return text_ok(path, why);
        }
    }
}

bool paths_absolute(struct text *absolute, const char *path, struct failure *why)
{
    if (path[0] == '\0') {
        return FAIL(why, FAILURE_USAGE, 0, "an empty path names no file");
    }
    if (path[0] != '/') {
        char *folder = getcwd(NULL, 0); /* an extension of glibc, musl and the BSDs: any length */

        if (folder == NULL) {
            return failure_from_system(why, errno, "cannot tell the working folder");
        }
        text_add(absolute, folder);
        free(folder);
        if (absolute->size == 0 || absolute->bytes[absolute->size - 1] != '/') {
            text_add_char(absolute, '/');
        }
    }
    text_add(absolute, path);
    return text_ok(absolute, why);
}
