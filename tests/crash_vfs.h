/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A disk whose power can be cut, for SQLite: files are in memory, and what was
 * written since the last sync is lost, kept, or kept in parts when the power
 * goes. What the disk then holds is written to real files of the same names,
 * and whoever opens those sees what a machine sees that starts again.
 *
 * One connection to a file at a time.
 */

#include <stdbool.h>
#include <stdint.h>

/* From here on SQLite opens files by this. What is there as a real file is taken from it. */
void crash_vfs_begin(void);

/* Cuts the power in the n-th operation that changes the disk, counted from here; -1: never. */
void crash_vfs_cut_after(int64_t operations);
bool crash_vfs_is_cut(void);

/* Operations so far since crash_vfs_cut_after(). */
int64_t crash_vfs_operations(void);

/* Called before each sync, from whichever thread syncs. NULL: nothing is. */
void crash_vfs_on_sync(void (*call)(void));

/* What becomes of writes that were not synced. */
enum crash_keeps {
    CRASH_KEEPS_NOTHING,
    CRASH_KEEPS_ALL,
    CRASH_KEEPS_SECTORS, /* each sector of each write by itself, or not, by chance */
};

/*
 * Makes the real files what the disk holds, forgets all, and gives SQLite its
 * own files back. Everything is closed. `random` is any number, and moves on.
 */
void crash_vfs_end(enum crash_keeps keeps, uint64_t *random);
