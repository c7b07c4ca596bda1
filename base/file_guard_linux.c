/* SPDX-License-Identifier: MIT */

#include "base/file_guard.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/paths.h"

enum { PIECE = 4096 };

/* Of the unit file. */
#define OWN_ACCOUNT "portledger"

static bool is_ours(const struct stat *facts)
{
    return facts->st_uid == 0 || facts->st_uid == geteuid();
}

static bool refuse(struct failure *why, const char *path, const char *what, const char *cure)
{
    return FAIL(why, FAILURE_DENIED, 0, "%s is not safe: %s; %s", path, what, cure);
}

static bool check_file(const char *path, const struct stat *facts, enum file_guard guard,
                       struct failure *why)
{
    mode_t others = guard == FILE_SECRET ? S_IRWXG | S_IRWXO : S_IWGRP | S_IWOTH;

    if (!S_ISREG(facts->st_mode)) {
        return FAIL(why, FAILURE_FORMAT, 0, "cannot read %s: it is no regular file", path);
    }
    if (facts->st_nlink > 1) {
        return refuse(why, path, "it has several names", "make a copy of it");
    }
    if (!is_ours(facts)) {
        return refuse(why, path, "it belongs to another user", "give it to root: chown root");
    }
    if ((facts->st_mode & others) != 0) {
        return guard == FILE_SECRET ? refuse(why, path, "others can read or change it", "chmod 600")
                                    : refuse(why, path, "others can change it", "chmod go-w");
    }
    return true;
}

/* Who may write to the folder can put another file in its place, unless it is sticky. */
static bool check_folder(const char *path, struct failure *why)
{
    struct text folder = {0};
    struct stat facts;
    bool safe = false;

    paths_add_folder(&folder, path);
    if (text_ok(&folder, why)) {
        if (stat(text_bytes(&folder), &facts) != 0) {
            failure_from_system(why, errno, "cannot look at the folder of %s", path);
        } else if (!is_ours(&facts) ||
                   ((facts.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (facts.st_mode & S_ISVTX) == 0)) {
            refuse(why, path, "others can change its folder", "move it, or chmod go-w the folder");
        } else {
            safe = true;
        }
    }
    text_clear(&folder);
    return safe;
}

static bool read_all(struct text *content, int fd, const char *path, size_t limit,
                     struct failure *why)
{
    size_t before = content->size;
    char piece[PIECE];
    ssize_t got;

    while ((got = read(fd, piece, sizeof(piece))) != 0) {
        if (got < 0 && errno != EINTR) {
            return failure_from_system(why, errno, "cannot read %s", path);
        }
        text_add_bytes(content, piece, got < 0 ? 0 : (size_t)got);
        if (content->size - before > limit) {
            return FAIL(why, FAILURE_FORMAT, 0, "%s is larger than the %zu bytes that it may have",
                        path, limit);
        }
    }
    return text_ok(content, why);
}

bool file_read_guarded(struct text *content, const char *path, enum file_guard guard, size_t limit,
                       struct failure *why)
{
    /* A pipe would make us wait for a writer. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    struct stat facts;
    bool ok;

    if (fd < 0 && errno == ELOOP) {
        return refuse(why, path, "it is a link", "name the file itself");
    }
    if (fd < 0) {
        return failure_from_system(why, errno, "cannot open %s", path);
    }
    if (fstat(fd, &facts) != 0) {
        ok = failure_from_system(why, errno, "cannot look at %s", path);
    } else {
        ok = check_file(path, &facts, guard, why) && check_folder(path, why) &&
             read_all(content, fd, path, limit, why);
    }
    close(fd);
    return ok;
}

/* An ordinary user cannot have this name; the service has. */
static bool is_own_account(uid_t user)
{
    char buffer[4096];
    struct passwd account;
    struct passwd *found = NULL;

    return getpwnam_r(OWN_ACCOUNT, &account, buffer, sizeof(buffer), &found) == 0 &&
           found != NULL && found->pw_uid == user;
}

static bool may_keep(const struct stat *facts)
{
    return is_ours(facts) || is_own_account(facts->st_uid);
}

static enum file_folder judge(const char *path, const struct stat *facts, struct failure *why)
{
    if (!S_ISDIR(facts->st_mode)) {
        failure_set(why, FAILURE_FORMAT, 0, "%s is no folder", path);
        return FILE_FOLDER_UNKNOWN;
    }
    if (!may_keep(facts)) {
        refuse(why, path, "it belongs to another user", "move it away, or chown root");
        return FILE_FOLDER_FOREIGN;
    }
    if ((facts->st_mode & (S_IWGRP | S_IWOTH)) == 0) {
        return FILE_FOLDER_OURS;
    }
    if ((facts->st_mode & S_ISVTX) != 0) {
        return FILE_FOLDER_SHARED;
    }
    refuse(why, path, "others can write into it", "chmod go-w");
    return FILE_FOLDER_OPEN;
}

enum file_folder file_judge_folder(const char *path, struct failure *why)
{
    struct stat facts;

    if (lstat(path, &facts) == 0 && S_ISLNK(facts.st_mode) && facts.st_uid != 0) {
        refuse(why, path, "it is a link of another user", "remove it");
        return FILE_FOLDER_FOREIGN;
    }
    if (stat(path, &facts) != 0) {
        enum file_folder what = errno == ENOENT ? FILE_FOLDER_MISSING : FILE_FOLDER_UNKNOWN;

        failure_from_system(why, errno, "cannot look at the folder %s", path);
        return what;
    }
    return judge(path, &facts, why);
}
