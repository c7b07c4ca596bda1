/* SPDX-License-Identifier: MIT */

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/file_system.h"
#include "base/paths.h"

enum { LOCK_ATTEMPTS = 4 };

FILE *file_open(const char *path, const char *mode, struct failure *why)
{
    struct text with_e = {0}; /* the C library's letter for "not inherited" */
    FILE *file = NULL;

    text_addf(&with_e, "%se", mode);
    if (text_ok(&with_e, why)) {
        file = fopen(path, text_bytes(&with_e));
        if (file == NULL) {
            failure_from_system(why, errno, "cannot open %s", path);
        }
    }
    text_clear(&with_e);
    return file;
}

bool file_exists(const char *path)
{
    struct stat facts;

    return stat(path, &facts) == 0;
}

bool file_is_folder(const char *path)
{
    struct stat facts;

    return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
}

struct file_stamp file_stamp(const char *path)
{
    struct stat facts;

    if (stat(path, &facts) != 0) {
        return (struct file_stamp){0};
    }
    return (struct file_stamp){
        .volume = (uint64_t)facts.st_dev,
        .file = (uint64_t)facts.st_ino,
        .written = (uint64_t)facts.st_mtim.tv_sec * 1000000000 + (uint64_t)facts.st_mtim.tv_nsec,
        .size = (uint64_t)facts.st_size,
    };
}

bool file_look_for(const char *path, struct failure *why)
{
    struct stat facts;

    return stat(path, &facts) == 0 || failure_from_system(why, errno, "cannot look at %s", path);
}

bool file_inspect(const char *path, struct file_facts *found)
{
    struct stat facts;

    if (stat(path, &facts) != 0) {
        return false;
    }
    found->regular = S_ISREG(facts.st_mode);
    found->links = (unsigned)facts.st_nlink;
    return true;
}

bool file_real_path(struct text *real, const char *path)
{
    char *found = realpath(path, NULL);

    if (found == NULL) {
        return false;
    }
    text_add(real, found);
    free(found);
    return true;
}

int64_t file_size(const char *path)
{
    struct stat facts;

    return stat(path, &facts) == 0 && !S_ISDIR(facts.st_mode) ? (int64_t)facts.st_size : -1;
}

int64_t file_room(const char *folder)
{
    struct statvfs facts;

    return statvfs(folder, &facts) == 0 ? (int64_t)facts.f_bavail * (int64_t)facts.f_frsize : -1;
}

enum file_made file_make_one_folder(const char *path, struct failure *why)
{
    int error = mkdir(path, 0750) == 0 ? 0 : errno;

    if (error == 0) {
        return FILE_MADE;
    }
    if (error == ENOENT) {
        return FILE_NO_PARENT;
    }
    if (error == EEXIST && file_is_folder(path)) {
        return FILE_WAS_THERE;
    }
    failure_from_system(why, error, "cannot make the folder %s", path);
    return FILE_MAKING_FAILED;
}

bool file_make_private(const char *path, struct failure *why)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0) {
        int error = errno;

        return error == EEXIST ? FAIL(why, FAILURE_USAGE, error,
                                      "%s is there already, and is not overwritten", path)
                               : failure_from_system(why, error, "cannot make %s", path);
    }
    close(fd);
    return true;
}

bool file_replace(const char *path, const char *name, struct failure *why)
{
    return rename(path, name) == 0 ||
           failure_from_system(why, errno, "cannot rename %s to %s", path, name);
}

bool file_remove(const char *path, struct failure *why)
{
    if (unlink(path) != 0) {
        return failure_from_system(why, errno, "cannot remove %s", path);
    }
    return true;
}

/* A name is on the disk when its folder is. What cannot be flushed is no reason to undo it. */
static void flush_folder_of(const char *path)
{
    struct text folder = {0};
    int fd;

    paths_add_folder(&folder, path);
    fd = folder.failed ? -1 : open(text_bytes(&folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
    text_clear(&folder);
}

/* Some file systems cannot promise not to replace: renameat2(2). There a look has to do. */
static int rename_to_free_name(const char *path, const char *to)
{
    if (renameat2(AT_FDCWD, path, AT_FDCWD, to, RENAME_NOREPLACE) == 0) {
        return 0;
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return errno;
    }
    if (file_exists(to)) {
        return EEXIST;
    }
    return rename(path, to) == 0 ? 0 : errno;
}

bool file_rename(const char *path, const char *to, struct failure *why)
{
    int error = rename_to_free_name(path, to);

    if (error == EEXIST) {
        return FAIL(why, FAILURE_BUSY, error, "cannot rename %s: %s is there already", path, to);
    }
    if (error != 0) {
        return failure_from_system(why, error, "cannot rename %s", path);
    }
    flush_folder_of(path);
    return true;
}

bool file_walk_folder(const char *path, file_name_fn *visit, void *context, struct failure *why)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;
    bool go_on = true;

    if (folder == NULL) {
        return failure_from_system(why, errno, "cannot look into the folder %s", path);
    }
    while (go_on && (entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            go_on = visit(context, entry->d_name);
        }
    }
    closedir(folder);
    return true;
}

struct file_lock {
    int fd;
};

/* Who only looks whether it is held has it for a moment: see file_lock_is_held(). */
static int lock_patiently(int fd)
{
    const struct timespec pause = {.tv_nsec = 5000000};
    int error = EWOULDBLOCK;

    for (int i = 0; i < LOCK_ATTEMPTS && error == EWOULDBLOCK; i++) {
        if (i > 0) {
            nanosleep(&pause, NULL);
        }
        error = flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
    }
    return error;
}

bool file_lock_take(struct file_lock **out, const char *path, struct failure *why)
{
    struct file_lock *lock = malloc(sizeof(*lock));
    int error;

    if (lock == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to lock %s", path);
    }
    /* Not through a link, and not waiting for the other end of a pipe. */
    lock->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0640);
    error = lock->fd < 0 ? errno : lock_patiently(lock->fd);
    if (error == 0) {
        *out = lock;
        return true;
    }
    file_lock_release(lock);
    if (error == EWOULDBLOCK) {
        return FAIL(why, FAILURE_BUSY, error, "%s is locked by another process", path);
    }
    return failure_from_system(why, error, "cannot lock %s", path);
}

bool file_lock_is_held(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool held;

    if (fd < 0) {
        return errno != ENOENT && errno != ENOTDIR;
    }
    held = flock(fd, LOCK_SH | LOCK_NB) != 0;
    close(fd);
    return held;
}

void file_lock_release(struct file_lock *lock)
{
    if (lock != NULL) {
        if (lock->fd >= 0) {
            close(lock->fd);
        }
        free(lock);
    }
}

bool file_let_all_read(FILE *file, const char *path, struct failure *why)
{
    return fchmod(fileno(file), 0644) == 0 ||
           failure_from_system(why, errno, "cannot let everyone read %s", path);
}

bool file_sync(FILE *file, struct failure *why)
{
    return (fflush(file) == 0 && fsync(fileno(file)) == 0) ||
           failure_from_system(why, errno, "cannot write a file to the disk");
}
