/* SPDX-License-Identifier: MIT */

#include "collector/image_file_system.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

/* Those that linux/magic.h does not have; each is where its file system defines it. */
#define AUFS_MAGIC 0x61756673
#define BCACHEFS_MAGIC 0xca451a4e
#define HFS_MAGIC 0x4244
#define HFSPLUS_MAGIC 0x482b
#define JFS_MAGIC 0x3153464a
#define NTFS_MAGIC 0x5346544e
#define NTFS3_MAGIC 0x7366746e
#define UBIFS_MAGIC 0x24051905
#define ZFS_MAGIC 0x2fc12fc1

enum { NANOSECONDS = 1000000000 };

/*
 * The file systems that are opened: of local disks, and of memory. One that is
 * not here may be another machine's (NFS, SMB, 9P, Ceph), or a program's that
 * answers when it likes (FUSE).
 */
static const struct file_system {
    unsigned long magic;
    bool volume_varies; /* each subvolume or layer has a device number of its own */
} local_systems[] = {
    {EXT4_SUPER_MAGIC, false},
    {XFS_SUPER_MAGIC, false},
    {BTRFS_SUPER_MAGIC, true},
    {TMPFS_MAGIC, false},
    {OVERLAYFS_SUPER_MAGIC, true},
    {RAMFS_MAGIC, false},
    {ZFS_MAGIC, false},
    {SQUASHFS_MAGIC, false},
    {EROFS_SUPER_MAGIC_V1, false},
    {F2FS_SUPER_MAGIC, false},
    {BCACHEFS_MAGIC, true},
    {MSDOS_SUPER_MAGIC, false},
    {EXFAT_SUPER_MAGIC, false},
    {NTFS_MAGIC, false},
    {NTFS3_MAGIC, false},
    {ISOFS_SUPER_MAGIC, false},
    {UDF_SUPER_MAGIC, false},
    {JFS_MAGIC, false},
    {REISERFS_SUPER_MAGIC, false},
    {NILFS_SUPER_MAGIC, false},
    {ECRYPTFS_SUPER_MAGIC, false},
    {AUFS_MAGIC, true},
    {HFS_MAGIC, false},
    {HFSPLUS_MAGIC, false},
    {CRAMFS_MAGIC, false},
    {JFFS2_SUPER_MAGIC, false},
    {UBIFS_MAGIC, false},
    {MINIX_SUPER_MAGIC, false},
    {MINIX_SUPER_MAGIC2, false},
    {MINIX2_SUPER_MAGIC, false},
    {MINIX2_SUPER_MAGIC2, false},
    {MINIX3_SUPER_MAGIC, false},
};

/* Those whose files are the kernel's answers, and of no disk. */
static const unsigned long kernel_systems[] = {
    PROC_SUPER_MAGIC, SYSFS_MAGIC,      CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, DEBUGFS_MAGIC,
    TRACEFS_MAGIC,    SECURITYFS_MAGIC, DEVPTS_SUPER_MAGIC, ANON_INODE_FS_MAGIC, PIPEFS_MAGIC,
    SOCKFS_MAGIC,     BPF_FS_MAGIC,     NSFS_MAGIC,         HUGETLBFS_MAGIC,     PSTOREFS_MAGIC,
    EFIVARFS_MAGIC,   SELINUX_MAGIC,    SECRETMEM_MAGIC,    DMA_BUF_MAGIC,
};

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

static enum image_status check_file_system(struct image_file *file)
{
    struct statfs facts;

    if (fstatfs(file->descriptor, &facts) != 0) {
        return status_of(errno);
    }
    for (size_t i = 0; i < sizeof(local_systems) / sizeof(local_systems[0]); i++) {
        /* The kernel's number has 32 bits, and the sign of what holds it differs by machine. */
        if (local_systems[i].magic == ((unsigned long)facts.f_type & 0xffffffff)) {
            file->volume_varies = local_systems[i].volume_varies;
            return IMAGE_READ;
        }
    }
    for (size_t i = 0; i < sizeof(kernel_systems) / sizeof(kernel_systems[0]); i++) {
        if (kernel_systems[i] == ((unsigned long)facts.f_type & 0xffffffff)) {
            return IMAGE_NO_FILE;
        }
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
