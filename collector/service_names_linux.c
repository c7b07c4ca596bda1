/* SPDX-License-Identifier: MIT */

/*
 * Linux: the systemd unit in whose group a process is. Nothing is kept: a
 * process may be moved, and the answer is one small file.
 */

#include "collector/service_names.h"

#include <stdlib.h>

#include "collector/cgroup_text_linux.h"
#include "collector/systemd_unit.h"

struct service_names {
    struct text cgroup; /* of the process that was asked for last */
};

bool service_names_open(struct service_names **out, struct failure *why)
{
    *out = calloc(1, sizeof(**out));
    return *out != NULL || FAIL(why, FAILURE_MEMORY, 0, "no memory for the names of services");
}

void service_names_begin(struct service_names *names, bool stale)
{
    (void)names;
    (void)stale;
}

enum service_basis service_names_find(struct service_names *names, uint32_t pid, uint64_t start,
                                      uint32_t tag, struct text *name)
{
    (void)tag;
    if (!cgroup_text_read(pid, start, &names->cgroup) ||
        !systemd_unit_find(text_bytes(&names->cgroup), names->cgroup.size, name)) {
        return (enum service_basis)0;
    }
    return SERVICE_BY_CGROUP;
}

bool service_names_may_host(const char *parent)
{
    (void)parent;
    return true; /* a unit has many processes, children of anybody */
}

void service_names_close(struct service_names *names)
{
    if (names != NULL) {
        text_clear(&names->cgroup);
        free(names);
    }
}
