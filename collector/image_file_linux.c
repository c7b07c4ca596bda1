/* SPDX-License-Identifier: MIT */

#include "collector/image_file_system.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/file_system_linux.h"

enum { NANOSECONDS = 1000000000 };

static const struct {
    int error;
    enum image_status status; /* IMAGE_UNREADABLE where it is not here */
} errors[] = {
    {ENOENT, IMAGE_GONE},   {ENOTDIR, IMAGE_GONE}, {ESRCH, IMAGE_GONE},    {ESTALE, IMAGE_GONE},
    {EACCES, IMAGE_DENIED}, {EPERM, IMAGE_DENIED}, {ELOOP, IMAGE_CHANGED},
};

struct image_file {
    int descriptor;
    bool volume_varies;
};

static enum image_status status_of(int error)
{
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
        if (errors[i].error == error) {
            return errors[i].status;
        }
    }
    return IMAGE_UNREADABLE;
}

/* A file system that is not known to be local may keep us waiting for ever. */
static enum image_status check_file_system(struct image_file *file)
{
    const struct file_system *system;
    struct statfs facts;

    if (fstatfs(file->descriptor, &facts) != 0) {
        return status_of(errno);
    }
    system = file_system_find((unsigned long)facts.f_type);
    if (system->kind == FILE_SYSTEM_LOCAL) {
        file->volume_varies = system->volume_varies;
        return IMAGE_READ;
    }
    if (system->kind == FILE_SYSTEM_KERNEL) {
        return IMAGE_NO_FILE;
    }
    return IMAGE_REMOTE;
}

static enum image_status check_kind(struct image_file *file)
{
    struct stat facts;

    if (fstat(file->descriptor, &facts) != 0) {
        return status_of(errno);
    }
    return S_ISREG(facts.st_mode) ? check_file_system(file) : IMAGE_NO_FILE;
}

enum image_status image_file_find(struct image_file **out, const char *name)
{
    struct image_file *file = calloc(1, sizeof(*file));
    enum image_status status;

    if (file == NULL) {
        return IMAGE_UNREADABLE;
    }
    /* Follows links: /proc/PID/exe is one, and it leads to the file itself, name or no name. */
    file->descriptor = open(name, O_PATH | O_CLOEXEC);
    status = file->descriptor == -1 ? status_of(errno) : check_kind(file);
    if (status != IMAGE_READ) {
        image_file_close(file);
        return status;
    }
    *out = file;
    return IMAGE_READ;
}

bool image_file_volume_varies(const struct image_file *file)
{
    return file->volume_varies;
}

bool image_file_describe(const struct image_file *file, struct image_identity *identity)
{
    struct stat facts;

    if (fstat(file->descriptor, &facts) != 0) {
        return false;
    }
    *identity = (struct image_identity){
        .volume = facts.st_dev,
        .file = facts.st_ino,
        .size = facts.st_size,
    };
    /* Nobody's clock was ever beyond what 64 bits of nanoseconds hold; a file's time may be. */
    if (facts.st_mtim.tv_sec > INT64_MIN / NANOSECONDS &&
        facts.st_mtim.tv_sec < INT64_MAX / NANOSECONDS) {
        identity->written_at = facts.st_mtim.tv_sec * NANOSECONDS + facts.st_mtim.tv_nsec;
    }
    return true;
}

enum image_status image_file_to_read(struct image_file *file)
{
    char path[64];
    int descriptor;

    /* What the descriptor is of is opened, whatever its name leads to by now. O_NONBLOCK: who has
     * a lease on the file would otherwise let us wait. */
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", file->descriptor);
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (descriptor == -1) {
        /* Without /proc there is no way; the file is not gone for that. */
        return errno == ENOENT ? IMAGE_UNREADABLE : status_of(errno);
    }
    (void)close(file->descriptor);
    file->descriptor = descriptor;
    return IMAGE_READ;
}

int64_t image_file_read(struct image_file *file, uint64_t offset, void *buffer, size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t count =
            pread(file->descriptor, (char *)buffer + done, size - done, (off_t)(offset + done));

        if (count == 0) {
            break;
        }
        if (count > 0) {
            done += (size_t)count;
        } else if (errno != EINTR) {
            return -1;
        }
    }
    return (int64_t)done;
}

void image_file_close(struct image_file *file)
{
    if (file != NULL) {
        if (file->descriptor != -1) {
            (void)close(file->descriptor);
        }
        free(file);
    }
}
