/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The volumes of this machine: what the kernel calls them, and what people do.
 *
 * The kernel names a file by its device, \Device\HarddiskVolume3\Windows\...;
 * people know that place as C:\Windows\..., or by a folder that a volume is
 * mounted in. The volumes are asked for when a name is met that begins with
 * none of them, but not twice within a few seconds; and every minute, because
 * letters are given to other volumes.
 *
 * Any thread may call. Names are UTF-8.
 */

#include <stdbool.h>

#include "base/text.h"

/*
 * The path with a drive letter in a name of the kernel that goes through its
 * folder of such letters, \??\C:\Windows\...; NULL where `name` is none.
 */
const char *volume_names_drive_path(const char *name);

/*
 * Appends the path that people use for `device_path`. Of several places that
 * a volume is mounted in, the one with the shortest name. \\server\share\...
 * where it is on another machine, and the path as it came where it is on no
 * volume that has a name.
 */
void volume_names_add_path(struct text *path, const char *device_path);

/*
 * Appends the device path of a path with a drive letter (C:\Windows\...), that
 * of the volume that is mounted deepest in it. False, with nothing appended,
 * where no local fixed volume is mounted there: a share, a drive by SUBST.
 */
bool volume_names_add_device_path(struct text *device_path, const char *path);

/*
 * Appends the names that the root folder of the volume can be opened by, for
 * CreateFileW() after conversion, each ended by 0; *rest is where in
 * `device_path` the path within the volume begins, without a backslash. False,
 * with nothing appended, where the volume is not local and fixed: no hard disk
 * of this machine, but a share, a CD, something that can be pulled out. That is
 * decided by the beginning of the name; nothing of the file is opened.
 */
bool volume_names_add_roots(struct text *roots, const char *device_path, const char **rest);
