/* SPDX-License-Identifier: MIT */

#include "probes/dns_name.h"

#include <string.h>

enum {
    NAME_MOST = 255, /* bytes on the wire, with the lengths (RFC 1035 section 2.3.4) */
    LABEL_MOST = 63,
};

/* NULL: nothing. */
static const char *what_is_wrong(const char *name)
{
    size_t size = strlen(name);
    size_t dot = size > 0 && name[size - 1] == '.' ? 1 : 0;

    if (size == 0) {
        return "it is empty; the root is \".\"";
    }
    if (size - dot > NAME_MOST - 2) {
        return "it is too long: 253 characters at most";
    }
    for (const char *label = name; *label != '\0';) {
        size_t length = strcspn(label, ".");

        if (length == 0) {
            return "nothing is between two dots of it, or before the first one";
        }
        if (length > LABEL_MOST) {
            return "a part of it is too long: 63 characters between dots at most";
        }
        label += length + (label[length] == '.' ? 1 : 0);
    }
    return NULL;
}

bool dns_name_is_sendable(const char *name)
{
    return what_is_wrong(name) == NULL;
}

static bool is_plain(const char *name)
{
    for (const char *c = name; *c != '\0'; c++) {
        if (*c <= ' ' || *c > '~') {
            return false;
        }
    }
    return true;
}

bool dns_name_check(const char *name, struct failure *why)
{
    const char *wrong = strcmp(name, ".") == 0 ? NULL : what_is_wrong(name);

    if (wrong == NULL && !is_plain(name)) {
        wrong = "it holds a blank or a letter beyond ASCII; a name in another script is asked for "
                "in its ASCII form, xn--...";
    }
    return wrong == NULL || FAIL(why, FAILURE_USAGE, 0, "no name that can be asked for: %s", wrong);
}
