/* SPDX-License-Identifier: MIT */

#include "base/file_place.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "base/file_system_linux.h"
#include "base/text.h"

enum { LINE_SIZE = 4096 };

/* What a program answers for has the type of the program: mount.fuse(8). */
static const char *const remote_types[] = {
    "fuse.sshfs",  "fuse.rclone",    "fuse.glusterfs",   "fuse.s3fs",
    "fuse.davfs2", "fuse.curlftpfs", "fuse.cephfs-fuse",
};

static bool is_remote_type(const char *type)
{
    for (size_t i = 0; i < sizeof(remote_types) / sizeof(remote_types[0]); i++) {
        size_t size = strlen(remote_types[i]);

        if (strncmp(type, remote_types[i], size) == 0 && type[size] == ' ') {
            return true;
        }
    }
    return false;
}

/* A line of mountinfo, proc(5): "36 35 98:0 /root /point options... - type source options". */
static bool is_remote_line(const char *line, const char *device)
{
    const char *type = strstr(line, " - ");
    const char *number = strchr(line, ' ');

    number = number == NULL ? NULL : strchr(number + 1, ' ');
    return number != NULL && type != NULL && strncmp(number + 1, device, strlen(device)) == 0 &&
           is_remote_type(type + 3);
}

static enum file_place ask_mounts(const char *path)
{
    char device[32];
    char line[LINE_SIZE];
    struct stat facts;
    FILE *mounts;
    bool remote = false;

    if (stat(path, &facts) != 0) {
        return FILE_PLACE_UNKNOWN;
    }
    snprintf(device, sizeof(device), "%u:%u ", major(facts.st_dev), minor(facts.st_dev));
    mounts = fopen("/proc/self/mountinfo", "re");
    while (mounts != NULL && !remote && fgets(line, sizeof(line), mounts) != NULL) {
        remote = is_remote_line(line, device);
    }
    if (mounts != NULL) {
        fclose(mounts);
    }
    return remote ? FILE_PLACE_REMOTE : FILE_PLACE_UNKNOWN;
}

enum file_place file_place_of(const char *path)
{
    struct statfs facts;

    if (statfs(path, &facts) != 0) {
        return FILE_PLACE_UNKNOWN;
    }
    switch (file_system_find((unsigned long)facts.f_type)->kind) {
    case FILE_SYSTEM_REMOTE:
        return FILE_PLACE_REMOTE;
    case FILE_SYSTEM_STRANGE:
        return ask_mounts(path);
    default:
        return FILE_PLACE_LOCAL;
    }
}
