/* SPDX-License-Identifier: MIT */

/*
 * Linux: the name of a user id, as the name service knows it.
 */

#include "collector/account_names.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIRST_SIZE = 1024,
    LAST_SIZE = 1024 * 1024,
};

static bool parse_id(const char *id, uid_t *uid)
{
    uint64_t number = 0;

    if (*id == '\0') {
        return false;
    }
    for (; *id != '\0'; id++) {
        if (*id < '0' || *id > '9') {
            return false;
        }
        number = number * 10 + (uint64_t)(*id - '0');
        if (number > UINT32_MAX) {
            return false;
        }
    }
    *uid = (uid_t)number;
    return true;
}

/* One question with so much room. The result is an errno; 0 says that all is told. */
static int ask(uid_t uid, size_t size, struct text *name, bool *found)
{
    char *room = malloc(size);
    struct passwd entry;
    struct passwd *filled = NULL;
    int error = room == NULL ? ENOMEM : getpwuid_r(uid, &entry, room, size, &filled);

    *found = error == 0 && filled != NULL && entry.pw_name != NULL;
    if (*found) {
        text_add_utf8(name, entry.pw_name, strlen(entry.pw_name));
    }
    free(room);
    return error;
}

bool account_lookup(const char *id, struct text *name)
{
    bool found = false;
    uid_t uid;

    if (!parse_id(id, &uid)) {
        return false;
    }
    for (size_t size = FIRST_SIZE; size <= LAST_SIZE; size *= 2) {
        if (ask(uid, size, name, &found) != ERANGE) {
            break;
        }
    }
    return found;
}
