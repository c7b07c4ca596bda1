/* SPDX-License-Identifier: MIT */

/*
 * systemd's view without its bus: a client of the bus would be more code than
 * the rest of this folder, for a line in `status`.
 */

#include "base/service_state_linux.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

enum { LARGEST_LIST = 1024 * 1024 };

/* Where systemd looks for unit files. */
static const char *const unit_files[] = {
    "/etc/systemd/system/" SERVICE_UNIT,           "/run/systemd/system/" SERVICE_UNIT,
    "/usr/local/lib/systemd/system/" SERVICE_UNIT, "/usr/lib/systemd/system/" SERVICE_UNIT,
    "/lib/systemd/system/" SERVICE_UNIT,
};

/* The unit's control group in the unified, the mixed and the old hierarchy. */
static const char *const process_lists[] = {
    "/sys/fs/cgroup/system.slice/" SERVICE_UNIT "/cgroup.procs",
    "/sys/fs/cgroup/unified/system.slice/" SERVICE_UNIT "/cgroup.procs",
    "/sys/fs/cgroup/systemd/system.slice/" SERVICE_UNIT "/cgroup.procs",
};

/* There while systemd runs the system. */
static const char *const manager_marks[] = {"/run/systemd/system"};

/* There from the start of the unit to its end, and nowhere else (since systemd 236). */
static const char *const activity_marks[] = {"/run/systemd/units/invocation:" SERVICE_UNIT};

/* Whether one of the paths is there. A link counts by itself: these point nowhere. */
static bool any_exists(const char *root, const char *const *paths, size_t count)
{
    bool found = false;

    for (size_t i = 0; i < count && !found; i++) {
        struct text path = {0};
        char target;

        text_addf(&path, "%s%s", root, paths[i]);
        found = file_exists(text_bytes(&path)) || readlink(text_bytes(&path), &target, 1) >= 0;
        text_clear(&path);
    }
    return found;
}

#define ANY_EXISTS(root, paths) any_exists((root), (paths), sizeof(paths) / sizeof((paths)[0]))

/* The first pid of the list at `path`; 0 where there is none. */
static uint32_t first_pid(const char *path)
{
    struct text content = {0};
    struct failure why;
    unsigned long pid = 0;

    if (file_read(&content, path, LARGEST_LIST, &why)) {
        pid = strtoul(text_bytes(&content), NULL, 10);
    }
    text_clear(&content);
    return (uint32_t)pid;
}

/* The service starts no process, so the one in its control group is it. */
static uint32_t find_pid(const char *root)
{
    uint32_t pid = 0;

    for (size_t i = 0; i < sizeof(process_lists) / sizeof(process_lists[0]) && pid == 0; i++) {
        struct text path = {0};

        text_addf(&path, "%s%s", root, process_lists[i]);
        pid = first_pid(text_bytes(&path));
        text_clear(&path);
    }
    return pid;
}

struct service_facts service_state_below(const char *root)
{
    struct service_facts facts = {.state = SERVICE_IS_UNKNOWN};

    if (!ANY_EXISTS(root, manager_marks)) {
        return facts;
    }
    facts.pid = find_pid(root);
    if (facts.pid != 0) {
        facts.state = SERVICE_IS_RUNNING;
    } else if (!ANY_EXISTS(root, unit_files)) {
        facts.state = SERVICE_IS_ABSENT;
    } else if (!ANY_EXISTS(root, activity_marks)) {
        facts.state = SERVICE_IS_STOPPED;
    } /* else it runs, in a slice that somebody else chose */
    return facts;
}

bool service_state_read(struct service_facts *facts, struct failure *why)
{
    (void)why; /* what cannot be read is not there, or unknown */
    *facts = service_state_below("");
    return true;
}
