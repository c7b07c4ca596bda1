/* SPDX-License-Identifier: MIT */

/*
 * Linux: a group that may read a file.
 */

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

enum {
    FIRST_SIZE = 4096,
    LAST_SIZE = 4 << 20, /* a domain's group lists all of its members */
};

/* One question with so much room. The result is an errno; 0 with *found false: no such group. */
static int ask(const char *group, size_t size, gid_t *gid, bool *found)
{
    char *room = malloc(size);
    struct group entry;
    struct group *filled = NULL;
    int error = room == NULL ? ENOMEM : getgrnam_r(group, &entry, room, size, &filled);

    *found = error == 0 && filled != NULL;
    if (*found) {
        *gid = entry.gr_gid;
    }
    free(room);
    return error;
}

static bool find_group(const char *group, gid_t *gid, struct failure *why)
{
    int error = ERANGE;
    bool found = false;

    for (size_t size = FIRST_SIZE; error == ERANGE && size <= LAST_SIZE; size *= 4) {
        error = ask(group, size, gid, &found);
    }
    if (error != 0) {
        return failure_from_system(why, error, "cannot look up the group %s", group);
    }
    return found || FAIL(why, FAILURE_MISSING, 0, "there is no group %s", group);
}

bool file_allow_group(const char *path, const char *group, struct failure *why)
{
    mode_t mode = file_is_folder(path) ? 0750 : 0640;
    gid_t gid = 0;

    if (!find_group(group, &gid, why)) {
        return false;
    }
    return (chown(path, (uid_t)-1, gid) == 0 && chmod(path, mode) == 0) ||
           failure_from_system(why, errno, "cannot let the group %s read %s", group, path);
}
