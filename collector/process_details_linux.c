/* SPDX-License-Identifier: MIT */

/*
 * Linux: what /proc/PID tells of one process.
 */

#include "collector/process_details.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "collector/process_folder_linux.h"
#include "collector/process_names_linux.h"
#include "collector/process_stat_linux.h"
#include "collector/process_text_linux.h"

enum {
    STATUS_LIMIT = 8192,
    LEFT_DESCRIPTORS = 64, /* for the ledger, the log, and what is opened for a moment */
};

/*
 * Rights come with the user that we are: CAP_SYS_PTRACE, or the same user. Each
 * process that is held takes a descriptor, and the usual limit of 1,024 is
 * meant for programs that use select(), which we do not.
 */
void process_handle_prepare(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static bool is_refusal(int error)
{
    return error == EACCES || error == EPERM;
}

/* What a folder or an `exe` that cannot be read says of the process. */
static enum process_access access_from(int error)
{
    if (is_refusal(error)) {
        return PROCESS_DENIED;
    }
    if (process_stat_is_lack(error)) {
        return PROCESS_NOT_OPENED;
    }
    return PROCESS_GONE; /* ENOENT, ESRCH: it let go of its image, which is how a process ends */
}

/* Whether the folder is that of the instance, and what can be said without looking further. */
static enum process_access look(int folder, uint64_t start)
{
    struct process_stat stat;

    if (!process_stat_read(folder, "stat", &stat)) {
        return access_from(errno);
    }
    if (stat.start != start || stat.is_zombie) {
        return PROCESS_GONE;
    }
    return stat.is_kernel ? PROCESS_KERNEL : PROCESS_OPENED;
}

/* Whether a descriptor is one of the last. Of a limit that is that low, one half is left. */
static bool is_one_of_the_last(int descriptor)
{
    struct rlimit limit;
    rlim_t left = LEFT_DESCRIPTORS;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return false;
    }
    left = limit.rlim_cur / 2 < left ? limit.rlim_cur / 2 : left;
    return (rlim_t)descriptor >= limit.rlim_cur - left;
}

/*
 * No pidfd is held besides: the folder is bound to the process as a pidfd is,
 * and everything that is read goes through it.
 */
bool process_handle_open(struct process_handle **out, uint32_t pid, uint64_t start,
                         enum process_access *access, struct failure *why)
{
    int folder = process_stat_open_folder(pid);

    *out = NULL;
    if (folder < 0) {
        *access = access_from(errno);
        return true;
    }
    *access = look(folder, start);
    if (*access == PROCESS_OPENED && is_one_of_the_last(folder)) {
        *access = PROCESS_NOT_OPENED;
    }
    if (*access != PROCESS_OPENED) {
        close(folder);
        return true;
    }
    *out = malloc(sizeof(**out));
    if (*out == NULL) {
        close(folder);
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to hold a process");
    }
    **out = (struct process_handle){.folder = folder, .pid = pid};
    return true;
}

void process_handle_close(struct process_handle *handle)
{
    if (handle != NULL) {
        close(handle->folder);
        free(handle);
    }
}

/* Which file runs: as its path, it is told by the process that is held, and by no number. */
static struct image_identity identity_of(const struct process_handle *handle)
{
    struct image_identity identity = {.volume = 0};
    struct statx running;

    if (statx(handle->folder, "exe", AT_STATX_DONT_SYNC, STATX_INO, &running) == 0) {
        identity.volume = makedev(running.stx_dev_major, running.stx_dev_minor);
        identity.file = running.stx_ino;
    }
    return identity;
}

/* Whether the file of this name is the one that runs. */
static bool is_named(const struct image_identity *running, const struct process_names *names,
                     const char *name)
{
    return running->file != 0 && process_names_match_kernel(names, name, running->volume,
                                                            running->file) == PROCESS_NAME_SAME;
}

/*
 * The kernel puts " (deleted)" behind the name of an image that was unlinked;
 * a file may also be named so. It is, where the file of this name is the one
 * that runs.
 */
static bool drop_deleted_mark(const struct process_handle *handle, struct text *link,
                              struct process_details *details, struct failure *why)
{
    size_t size = process_text_unmarked(text_bytes(link), link->size);
    struct process_names names;
    bool ok = true;

    if (size == link->size) {
        return true;
    }
    ok = process_names_open(&names, handle, why);
    if (ok && !is_named(&details->image_identity, &names, text_bytes(link))) {
        details->image_deleted = true;
        link->size = size;
        link->bytes[size] = '\0';
    }
    process_names_close(&names);
    return ok;
}

static bool keep_path(const struct process_handle *handle, struct text *link,
                      struct process_details *details, struct failure *why)
{
    struct text path = {0};
    struct text source = {0};

    details->access = PROCESS_OPENED;
    details->image_identity = identity_of(handle);
    if (!drop_deleted_mark(handle, link, details, why)) {
        return false;
    }
    text_add_utf8(&path, text_bytes(link), link->size);
    text_addf(&source, "/proc/%lu/exe", (unsigned long)handle->pid);
    details->path = text_take(&path);
    details->image_source = text_take(&source);
    return (details->path != NULL && details->image_source != NULL) ||
           FAIL(why, FAILURE_MEMORY, 0, "no memory for a path");
}

static bool read_path(const struct process_handle *handle, struct process_details *details,
                      struct failure *why)
{
    struct text link = {0};
    int error = process_folder_link(handle->folder, "exe", &link);
    bool ok = true;

    if (error == ENOMEM) {
        ok = FAIL(why, FAILURE_MEMORY, 0, "no memory for a path");
    } else if (error != 0) {
        details->access = (uint8_t)access_from(error);
        details->denied |= is_refusal(error) ? PROCESS_PART_PATH : 0;
    } else {
        ok = keep_path(handle, &link, details, why);
    }
    text_clear(&link);
    return ok;
}

/* How one part is made of a file; `content` is not empty. */
typedef void add_part_fn(struct text *part, const struct text *content);

static void add_user(struct text *part, const struct text *content)
{
    uint32_t user;

    if (process_text_user(text_bytes(content), content->size, &user)) {
        text_addf(part, "%lu", (unsigned long)user);
    }
}

static void add_command_line(struct text *part, const struct text *content)
{
    process_text_add_command_line(part, text_bytes(content), content->size,
                                  PROCESS_COMMAND_LINE_LIMIT);
}

struct part {
    enum process_part bit;
    const char *file;
    size_t limit;
    add_part_fn *add;
};

static const struct part user_part = {PROCESS_PART_USER, "status", STATUS_LIMIT, add_user};

/* Two bytes more than are kept are enough to see that there is more: no argument becomes shorter
 * than it was. */
static const struct part command_line_part = {PROCESS_PART_COMMAND_LINE, "cmdline",
                                              PROCESS_COMMAND_LINE_LIMIT + 2, add_command_line};

/* *out stays NULL where the process has no such part (any more). */
static bool read_part(const struct process_handle *handle, const struct part *part, char **out,
                      struct process_details *details, struct failure *why)
{
    struct text content = {0};
    struct text made = {0};
    int error = process_folder_read(handle->folder, part->file, part->limit, &content);
    bool ok = error != ENOMEM;

    if (is_refusal(error)) {
        details->denied |= (uint8_t)part->bit;
    } else if (process_stat_is_lack(error)) {
        details->access = PROCESS_NOT_OPENED;
    } else if (error == 0 && content.size > 0) {
        part->add(&made, &content);
        ok = !made.failed;
        *out = made.size > 0 ? text_take(&made) : NULL;
    }
    text_clear(&content);
    text_clear(&made);
    return ok || FAIL(why, FAILURE_MEMORY, 0, "no memory for what is known of a process");
}

static bool read_parts(const struct process_handle *handle, unsigned wishes,
                       struct process_details *details, struct failure *why)
{
    return read_part(handle, &user_part, &details->user, details, why) &&
           ((wishes & PROCESS_WISH_COMMAND_LINE) == 0 ||
            read_part(handle, &command_line_part, &details->command_line, details, why));
}

static bool read_all(const struct process_handle *handle, unsigned wishes,
                     struct process_details *details, struct failure *why)
{
    process_details_clear(details);
    return read_path(handle, details, why) &&
           (details->access == PROCESS_GONE || read_parts(handle, wishes, details, why));
}

bool process_details_read(struct process_handle *handle, unsigned wishes,
                          struct process_details *details, struct failure *why)
{
    struct process_handle thread;
    bool ok;

    *details = (struct process_details){0};
    ok = read_all(handle, wishes, details, why);
    if (ok && details->access == PROCESS_GONE && process_folder_find_thread(handle, &thread)) {
        ok = read_all(&thread, wishes, details, why);
        process_folder_leave(&thread);
    }
    if (ok && details->access == PROCESS_NOT_OPENED) {
        process_details_clear(details); /* a part is as good as nothing: it is read again */
    }
    return ok;
}
