/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The few things we do with files outside the ledger. Paths are UTF-8.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/failure.h"
#include "base/text.h"

/*
 * Reads the whole of a file of at most `limit` bytes into *content, which the
 * caller clears. FAILURE_MISSING where there is none, FAILURE_FORMAT where it
 * is larger or is a folder.
 */
bool file_read(struct text *content, const char *path, size_t limit, struct failure *why) NODISCARD;

/*
 * The same of what need not be a file of a disk: a pipe is read to its end, for which this waits.
 * For who names a file in a command, and can end it.
 */
bool file_read_stream(struct text *content, const char *path, size_t limit,
                      struct failure *why) NODISCARD;

/*
 * Opens as fopen() does; `mode` is "r", "w" (begin anew), "a" (append) or "wx"
 * (fails where there is one), each also with "+" ("w+x"). There is no text
 * mode: the bytes are never changed, with "b" or without. The handle is not
 * inherited by children. NULL where it fails.
 */
FILE *file_open(const char *path, const char *mode, struct failure *why) NODISCARD;

/*
 * For who could not make a file: where *why says that something is missing, that is its folder,
 * and is said in words, as a FAILURE_SYSTEM. Returns false.
 */
bool file_refuse_folder(const char *path, struct failure *why);

/* What was written to the file so far is on the disk when this returns true. */
bool file_sync(FILE *file, struct failure *why) NODISCARD;

/*
 * Lets everyone read a file that was opened for writing. Linux: mode 0644.
 * Windows: who may read its folder may read it anyway.
 */
bool file_let_all_read(FILE *file, const char *path, struct failure *why) NODISCARD;

/* False also where we may not look. */
bool file_exists(const char *path);

/* The same for whoever must know the difference: FAILURE_MISSING where nothing is there, another
 * failure where that cannot be told. */
bool file_look_for(const char *path, struct failure *why) NODISCARD;

/* What stands at a path, behind any links. */
struct file_facts {
    bool regular;   /* a file of a disk: no folder, pipe or device */
    unsigned links; /* names that the file has; 1 where the system does not tell */
};

/* False where nothing is there, or we may not look. */
bool file_inspect(const char *path, struct file_facts *facts);

/* Tells one content of a file from another without reading it, mostly: for who waits for changes.
 */
struct file_stamp {
    uint64_t volume; /* all are 0 where there is no file, or we may not look */
    uint64_t file;
    uint64_t written; /* in units of the system */
    uint64_t size;
};

struct file_stamp file_stamp(const char *path);
bool file_stamp_equal(const struct file_stamp *a, const struct file_stamp *b);

/*
 * Appends the path that `path` leads to: absolute, with every link followed.
 * Where there is no such file, that is so of its folder; where there is no
 * such folder either, the path is appended as it is.
 */
bool file_resolve(struct text *resolved, const char *path, struct failure *why) NODISCARD;
bool file_is_folder(const char *path);

/* Bytes, or -1 where there is no such file, or it is a folder. */
int64_t file_size(const char *path);

/* Bytes that we may still write on the disk of a folder; -1 where the system does not tell. */
int64_t file_room(const char *folder);

/*
 * Makes the folder, and those above it that are missing, for administrators
 * and for whoever makes it: the service. Nobody is let in for a moment before
 * that (Windows: the access list is part of the call that creates it, and is
 * not mixed with the one above; Linux: mode 0750). A folder that is there is
 * left as it is.
 */
bool file_make_private_folder(const char *path, struct failure *why) NODISCARD;

/*
 * Makes an empty file that administrators and whoever makes it may open, and
 * nobody else (Windows: the access list is part of the call; Linux: mode
 * 0600). FAILURE_USAGE where something of that name is there.
 */
bool file_make_private(const char *path, struct failure *why) NODISCARD;

/*
 * Lets a group read a file or folder that file_make_private() or
 * file_make_private_folder() has made. By its name; Windows: also by its SID.
 */
bool file_allow_group(const char *path, const char *group, struct failure *why) NODISCARD;

/* Gives a file another name in the same folder, in place of a file that has it. */
bool file_replace(const char *path, const char *name, struct failure *why) NODISCARD;

/*
 * Gives a file another name in the same folder, durably. What has that name
 * already is not replaced: then, and where another program has the file open
 * in a way that forbids it, it fails with FAILURE_BUSY.
 */
bool file_rename(const char *path, const char *to, struct failure *why) NODISCARD;

/* The name is lent for the call. False ends the walk, which is no failure. */
typedef bool file_name_fn(void *context, const char *name);

/* Visits the names of all that is in a folder but "." and "..", in no order. */
bool file_walk_folder(const char *path, file_name_fn *visit, void *context,
                      struct failure *why) NODISCARD;

/* FAILURE_MISSING where there is none. A folder is not removed. */
bool file_remove(const char *path, struct failure *why) NODISCARD;

/*
 * A lock that one holder on the machine can have at a time and that ends with
 * the process, however it ends. The file itself is made where it is missing,
 * and stays, empty.
 */
struct file_lock;

/* FAILURE_BUSY where somebody else has it. The caller releases *out. */
bool file_lock_take(struct file_lock **out, const char *path, struct failure *why) NODISCARD;

/*
 * Whether somebody has the lock, this process included. Nothing is made or
 * changed. True also where we may not look; false where there is no such file.
 */
bool file_lock_is_held(const char *path);

/* Does nothing for NULL. */
void file_lock_release(struct file_lock *lock);
