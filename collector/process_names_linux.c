/* SPDX-License-Identifier: MIT */

#include "collector/process_names_linux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { ROOT_FLAGS = O_PATH | O_DIRECTORY | O_CLOEXEC };

/* False also where memory ran out: `ours` tells. */
static bool is_ours(int folder, const char *link, struct text *theirs, struct text *ours)
{
    int self = open("/proc/self", ROOT_FLAGS);
    bool same = self >= 0 && process_folder_link(folder, link, theirs) == 0 &&
                process_folder_link(self, link, ours) == 0 &&
                strcmp(text_bytes(theirs), text_bytes(ours)) == 0;

    if (self >= 0) {
        close(self);
    }
    return same;
}

/* The process has mounts of its own. */
static void begin_at_process(struct process_names *names, const struct process_handle *handle)
{
    names->kernel_root = openat(handle->folder, "root", ROOT_FLAGS);
    text_addf(&names->source, "/proc/%lu/root", (unsigned long)handle->pid);
    if (process_folder_link(handle->folder, "root", &names->outside) != 0 ||
        names->outside.size == 1) {
        text_reset(&names->outside); /* its root is the top, "/" */
    }
}

bool process_names_open(struct process_names *names, const struct process_handle *handle,
                        struct failure *why)
{
    struct text theirs = {0};
    struct text ours = {0};
    bool shared = is_ours(handle->folder, "ns/mnt", &theirs, &ours);
    bool ok = text_ok(&theirs, why) && text_ok(&ours, why);

    text_clear(&theirs);
    text_clear(&ours);
    *names = (struct process_names){
        .kernel_root = -1,
        .process_root = openat(handle->folder, "root", ROOT_FLAGS),
    };
    if (shared) {
        names->kernel_root = open("/", ROOT_FLAGS);
    } else {
        begin_at_process(names, handle);
    }
    return ok && text_ok(&names->source, why) && text_ok(&names->outside, why);
}

void process_names_close(struct process_names *names)
{
    if (names->kernel_root >= 0) {
        close(names->kernel_root);
    }
    if (names->process_root >= 0) {
        close(names->process_root);
    }
    text_clear(&names->source);
    text_clear(&names->outside);
}

/* The name as it is below the root of the process. */
static const char *inside(const struct process_names *names, const char *name)
{
    size_t size = names->outside.size;

    if (size > 0 && strncmp(name, text_bytes(&names->outside), size) == 0 && name[size] == '/') {
        return name + size;
    }
    return name;
}

void process_names_add_source(const struct process_names *names, struct text *source,
                              const char *name)
{
    text_add_bytes(source, text_bytes(&names->source), names->source.size);
    text_add(source, inside(names, name));
}

static int find(int root, const char *name, uint64_t how)
{
    const struct open_how wanted = {
        .flags = O_PATH | O_CLOEXEC,
        .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | how,
    };

    return (int)syscall(SYS_openat2, root, name, &wanted, sizeof(wanted));
}

static enum process_name_match compare(int file, uint64_t volume, uint64_t inode)
{
    struct statx facts;

    if (statx(file, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_INO, &facts) != 0) {
        return PROCESS_NAME_UNKNOWN;
    }
    return makedev(facts.stx_dev_major, facts.stx_dev_minor) == volume && facts.stx_ino == inode
               ? PROCESS_NAME_SAME
               : PROCESS_NAME_OTHER;
}

/*
 * A name that a process chose may lead to an automount of another machine, or
 * to a file system that a user serves and never answers (FUSE). What is cached
 * (Linux 5.12) was there already; what is not is never sought beyond a mount.
 */
static enum process_name_match match(int root, const char *name, uint64_t volume, uint64_t inode)
{
    enum process_name_match found;
    int file;

    if (root < 0 || name[0] != '/') {
        return PROCESS_NAME_UNKNOWN;
    }
    file = find(root, name, RESOLVE_CACHED);
    if (file < 0 && (errno == EAGAIN || errno == EINVAL)) {
        file = find(root, name, RESOLVE_NO_XDEV);
    }
    if (file < 0) {
        return errno == ENOENT || errno == ENOTDIR ? PROCESS_NAME_OTHER : PROCESS_NAME_UNKNOWN;
    }
    found = compare(file, volume, inode);
    close(file);
    return found;
}

enum process_name_match process_names_match_kernel(const struct process_names *names,
                                                   const char *name, uint64_t volume,
                                                   uint64_t inode)
{
    return match(names->kernel_root, inside(names, name), volume, inode);
}

enum process_name_match process_names_match_own(const struct process_names *names, const char *name,
                                                uint64_t volume, uint64_t inode)
{
    return match(names->process_root, name, volume, inode);
}
