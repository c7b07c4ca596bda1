/* SPDX-License-Identifier: MIT */

#include "base/file_system_linux.h"

#include <stddef.h>

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
#define GFS2_MAGIC 0x01161970
#define LUSTRE_MAGIC 0x0bd00bd0

static const struct file_system systems[] = {
    {EXT4_SUPER_MAGIC, FILE_SYSTEM_LOCAL, false},
    {XFS_SUPER_MAGIC, FILE_SYSTEM_LOCAL, false},
    {BTRFS_SUPER_MAGIC, FILE_SYSTEM_LOCAL, true},
    {TMPFS_MAGIC, FILE_SYSTEM_LOCAL, false},
    {OVERLAYFS_SUPER_MAGIC, FILE_SYSTEM_LOCAL, true},
    {RAMFS_MAGIC, FILE_SYSTEM_LOCAL, false},
    {ZFS_MAGIC, FILE_SYSTEM_LOCAL, false},
    {SQUASHFS_MAGIC, FILE_SYSTEM_LOCAL, false},
    {EROFS_SUPER_MAGIC_V1, FILE_SYSTEM_LOCAL, false},
    {F2FS_SUPER_MAGIC, FILE_SYSTEM_LOCAL, false},
    {BCACHEFS_MAGIC, FILE_SYSTEM_LOCAL, true},
    {MSDOS_SUPER_MAGIC, FILE_SYSTEM_LOCAL, false},
    {EXFAT_SUPER_MAGIC, FILE_SYSTEM_LOCAL, false},
    {NTFS_MAGIC, FILE_SYSTEM_LOCAL, false},
    {NTFS3_MAGIC, FILE_SYSTEM_LOCAL, false},
    {ISOFS_SUPER_MAGIC, FILE_SYSTEM_LOCAL, false},
    {UDF_SUPER_MAGIC, FILE_SYSTEM_LOCAL, false},
    {JFS_MAGIC, FILE_SYSTEM_LOCAL, false},
    {REISERFS_SUPER_MAGIC, FILE_SYSTEM_LOCAL, false},
    {NILFS_SUPER_MAGIC, FILE_SYSTEM_LOCAL, false},
    {ECRYPTFS_SUPER_MAGIC, FILE_SYSTEM_LOCAL, false},
    {AUFS_MAGIC, FILE_SYSTEM_LOCAL, true},
    {HFS_MAGIC, FILE_SYSTEM_LOCAL, false},
    {HFSPLUS_MAGIC, FILE_SYSTEM_LOCAL, false},
    {CRAMFS_MAGIC, FILE_SYSTEM_LOCAL, false},
    {JFFS2_SUPER_MAGIC, FILE_SYSTEM_LOCAL, false},
    {UBIFS_MAGIC, FILE_SYSTEM_LOCAL, false},
    {MINIX_SUPER_MAGIC, FILE_SYSTEM_LOCAL, false},
    {MINIX_SUPER_MAGIC2, FILE_SYSTEM_LOCAL, false},
    {MINIX2_SUPER_MAGIC, FILE_SYSTEM_LOCAL, false},
    {MINIX2_SUPER_MAGIC2, FILE_SYSTEM_LOCAL, false},
    {MINIX3_SUPER_MAGIC, FILE_SYSTEM_LOCAL, false},

    {PROC_SUPER_MAGIC, FILE_SYSTEM_KERNEL, false},
    {SYSFS_MAGIC, FILE_SYSTEM_KERNEL, false},
    {CGROUP_SUPER_MAGIC, FILE_SYSTEM_KERNEL, false},
    {CGROUP2_SUPER_MAGIC, FILE_SYSTEM_KERNEL, false},
    {DEBUGFS_MAGIC, FILE_SYSTEM_KERNEL, false},
    {TRACEFS_MAGIC, FILE_SYSTEM_KERNEL, false},
    {SECURITYFS_MAGIC, FILE_SYSTEM_KERNEL, false},
    {DEVPTS_SUPER_MAGIC, FILE_SYSTEM_KERNEL, false},
    {ANON_INODE_FS_MAGIC, FILE_SYSTEM_KERNEL, false},
    {PIPEFS_MAGIC, FILE_SYSTEM_KERNEL, false},
    {SOCKFS_MAGIC, FILE_SYSTEM_KERNEL, false},
    {BPF_FS_MAGIC, FILE_SYSTEM_KERNEL, false},
    {NSFS_MAGIC, FILE_SYSTEM_KERNEL, false},
    {HUGETLBFS_MAGIC, FILE_SYSTEM_KERNEL, false},
    {PSTOREFS_MAGIC, FILE_SYSTEM_KERNEL, false},
    {EFIVARFS_MAGIC, FILE_SYSTEM_KERNEL, false},
    {SELINUX_MAGIC, FILE_SYSTEM_KERNEL, false},
    {SECRETMEM_MAGIC, FILE_SYSTEM_KERNEL, false},
    {DMA_BUF_MAGIC, FILE_SYSTEM_KERNEL, false},

    {NFS_SUPER_MAGIC, FILE_SYSTEM_REMOTE, false},
    {SMB_SUPER_MAGIC, FILE_SYSTEM_REMOTE, false},
    {CIFS_SUPER_MAGIC, FILE_SYSTEM_REMOTE, false},
    {SMB2_SUPER_MAGIC, FILE_SYSTEM_REMOTE, false},
    {V9FS_MAGIC, FILE_SYSTEM_REMOTE, false},
    {CEPH_SUPER_MAGIC, FILE_SYSTEM_REMOTE, false},
    {AFS_SUPER_MAGIC, FILE_SYSTEM_REMOTE, false},
    {AFS_FS_MAGIC, FILE_SYSTEM_REMOTE, false},
    {CODA_SUPER_MAGIC, FILE_SYSTEM_REMOTE, false},
    {NCP_SUPER_MAGIC, FILE_SYSTEM_REMOTE, false},
    {OCFS2_SUPER_MAGIC, FILE_SYSTEM_REMOTE, false},
    {GFS2_MAGIC, FILE_SYSTEM_REMOTE, false},
    {LUSTRE_MAGIC, FILE_SYSTEM_REMOTE, false},
};

static const struct file_system strange = {0, FILE_SYSTEM_STRANGE, false};

const struct file_system *file_system_find(unsigned long type)
{
    for (size_t i = 0; i < sizeof(systems) / sizeof(systems[0]); i++) {
        /* The kernel's number has 32 bits, and the sign of what holds it differs by machine. */
        if (systems[i].magic == (type & 0xffffffff)) {
            return &systems[i];
        }
    }
    return &strange;
}
