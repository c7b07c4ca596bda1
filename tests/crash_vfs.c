/* SPDX-License-Identifier: MIT */

#include "tests/crash_vfs.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "base/file.h"
#include "tests/support.h"
#include "tests/unit/made_up.h"

enum {
    MOST_FILES = 16,
    MOST_REGIONS = 64, /* of shared memory */
    SECTOR = 512,
};

enum change_kind {
    CHANGE_WRITE,
    CHANGE_SIZE,
    CHANGE_REMOVE,
};

/* Something that was not synced. */
struct change {
    enum change_kind kind;
    int64_t offset; /* CHANGE_SIZE: the new size */
    size_t size;
    uint8_t *bytes;
};

struct content {
    bool exists;
    uint8_t *bytes;
    size_t size;
};

struct disk_file {
    char *name; /* NULL: a temporary one, or unused */
    bool used;
    struct content now;
    struct content synced;
    struct change *changes;
    size_t change_count;
    size_t change_capacity;
    void *regions[MOST_REGIONS];
};

struct open_file {
    sqlite3_file base;
    struct disk_file *file;
    bool temporary;
};

static struct {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    struct disk_file files[MOST_FILES];
    int64_t operations;
    int64_t cut_after;
    bool cut;
    void (*on_sync)(void);
} disk;

static void *checked(void *memory)
{
    ck_assert_ptr_nonnull(memory);
    return memory;
}

static void set_size(struct content *content, size_t size)
{
    if (size > content->size) {
        content->bytes = checked(realloc(content->bytes, size));
        memset(content->bytes + content->size, 0, size - content->size);
    }
    content->size = size;
}

static void apply_write(struct content *content, int64_t offset, const uint8_t *bytes, size_t size)
{
    content->exists = true;
    if (content->size < (size_t)offset + size) {
        set_size(content, (size_t)offset + size);
    }
    memcpy(content->bytes + offset, bytes, size);
}

static void copy_content(struct content *to, const struct content *from)
{
    free(to->bytes);
    *to = (struct content){.exists = from->exists};
    if (from->size > 0) {
        apply_write(to, 0, from->bytes, from->size);
    }
    to->exists = from->exists;
}

static void forget_changes(struct disk_file *file)
{
    for (size_t i = 0; i < file->change_count; i++) {
        free(file->changes[i].bytes);
    }
    file->change_count = 0;
}

static void forget_regions(struct disk_file *file)
{
    for (int i = 0; i < MOST_REGIONS; i++) {
        free(file->regions[i]);
        file->regions[i] = NULL;
    }
}

static void forget_file(struct disk_file *file)
{
    forget_changes(file);
    forget_regions(file);
    free(file->changes);
    free(file->now.bytes);
    free(file->synced.bytes);
    free(file->name);
    memset(file, 0, sizeof(*file));
}

static struct disk_file *new_file(const char *name)
{
    int i = 0;

    while (i < MOST_FILES && disk.files[i].used) {
        i++;
    }
    ck_assert_int_lt(i, MOST_FILES);
    disk.files[i].used = true;
    if (name != NULL) {
        disk.files[i].name = checked(malloc(strlen(name) + 1));
        memcpy(disk.files[i].name, name, strlen(name) + 1);
    }
    return &disk.files[i];
}

static struct disk_file *find_file(const char *name)
{
    struct disk_file *file;

    for (int i = 0; i < MOST_FILES; i++) {
        if (disk.files[i].name != NULL && strcmp(disk.files[i].name, name) == 0) {
            return &disk.files[i];
        }
    }
    file = new_file(name);
    if (file_size(name) >= 0) {
        file->now.bytes = (uint8_t *)support_read_file(name, &file->now.size);
        file->now.exists = true;
        copy_content(&file->synced, &file->now);
    }
    return file;
}

/* False: the power is off, or goes now. The operation that it goes in has begun. */
static bool operate(void)
{
    if (disk.cut) {
        return false;
    }
    disk.operations++;
    disk.cut = disk.cut_after >= 0 && disk.operations > disk.cut_after;
    return !disk.cut;
}

static void note_change(struct disk_file *file, enum change_kind kind, int64_t offset,
                        const void *bytes, size_t size)
{
    struct change *change;

    if (file->change_count == file->change_capacity) {
        file->change_capacity = file->change_capacity * 2 + 16;
        file->changes =
            checked(realloc(file->changes, file->change_capacity * sizeof(*file->changes)));
    }
    change = &file->changes[file->change_count++];
    *change = (struct change){.kind = kind, .offset = offset, .size = size};
    if (size > 0) {
        change->bytes = checked(malloc(size));
        memcpy(change->bytes, bytes, size);
    }
}

static struct disk_file *file_of(sqlite3_file *open)
{
    return ((struct open_file *)open)->file;
}

/*
 * SQLite's methods of a file.
 */

static int close_file(sqlite3_file *open)
{
    if (((struct open_file *)open)->temporary) {
        forget_file(file_of(open));
    }
    return SQLITE_OK;
}

static int read_file(sqlite3_file *open, void *bytes, int size, sqlite3_int64 offset)
{
    const struct content *now = &file_of(open)->now;
    size_t there = (size_t)offset < now->size ? now->size - (size_t)offset : 0;

    memset(bytes, 0, (size_t)size);
    if (there >= (size_t)size) {
        memcpy(bytes, now->bytes + offset, (size_t)size);
        return SQLITE_OK;
    }
    if (there > 0) {
        memcpy(bytes, now->bytes + offset, there);
    }
    return SQLITE_IOERR_SHORT_READ;
}

static int write_file(sqlite3_file *open, const void *bytes, int size, sqlite3_int64 offset)
{
    struct disk_file *file = file_of(open);
    bool was_on = !disk.cut;
    bool done = operate();

    if (was_on) { /* of the write in which the power goes, parts may be on the disk */
        note_change(file, CHANGE_WRITE, offset, bytes, (size_t)size);
    }
    if (done) {
        apply_write(&file->now, offset, bytes, (size_t)size);
    }
    return done ? SQLITE_OK : SQLITE_IOERR_WRITE;
}

static int truncate_file(sqlite3_file *open, sqlite3_int64 size)
{
    struct disk_file *file = file_of(open);

    if (!operate()) {
        return SQLITE_IOERR_TRUNCATE;
    }
    note_change(file, CHANGE_SIZE, size, NULL, 0);
    set_size(&file->now, (size_t)size);
    return SQLITE_OK;
}

static int sync_file(sqlite3_file *open, int flags)
{
    struct disk_file *file = file_of(open);

    (void)flags;
    if (disk.on_sync != NULL) {
        disk.on_sync();
    }
    if (!operate()) {
        return SQLITE_IOERR_FSYNC;
    }
    copy_content(&file->synced, &file->now);
    forget_changes(file);
    return SQLITE_OK;
}

static int size_file(sqlite3_file *open, sqlite3_int64 *size)
{
    *size = (sqlite3_int64)file_of(open)->now.size;
    return SQLITE_OK;
}

static int lock_file(sqlite3_file *open, int level)
{
    (void)open;
    (void)level;
    return SQLITE_OK;
}

static int check_reserved(sqlite3_file *open, int *reserved)
{
    (void)open;
    *reserved = 0;
    return SQLITE_OK;
}

static int control_file(sqlite3_file *open, int what, void *argument)
{
    (void)open;
    (void)what;
    (void)argument;
    return SQLITE_NOTFOUND;
}

static int sector_size(sqlite3_file *open)
{
    (void)open;
    return SECTOR;
}

/* What SQLite takes for granted of every disk of today: a write harms nothing beside it. */
static int characteristics(sqlite3_file *open)
{
    (void)open;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int map_shared(sqlite3_file *open, int region, int size, int extend, void volatile **memory)
{
    struct disk_file *file = file_of(open);

    ck_assert_int_lt(region, MOST_REGIONS);
    if (file->regions[region] == NULL && extend != 0) {
        file->regions[region] = checked(calloc(1, (size_t)size));
    }
    *memory = file->regions[region];
    return SQLITE_OK;
}

static int lock_shared(sqlite3_file *open, int offset, int count, int flags)
{
    (void)open;
    (void)offset;
    (void)count;
    (void)flags;
    return SQLITE_OK;
}

static void keep_order(sqlite3_file *open)
{
    (void)open;
}

static int unmap_shared(sqlite3_file *open, int remove)
{
    (void)remove; /* nobody else has it open */
    forget_regions(file_of(open));
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = close_file,
    .xRead = read_file,
    .xWrite = write_file,
    .xTruncate = truncate_file,
    .xSync = sync_file,
    .xFileSize = size_file,
    .xLock = lock_file,
    .xUnlock = lock_file,
    .xCheckReservedLock = check_reserved,
    .xFileControl = control_file,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = characteristics,
    .xShmMap = map_shared,
    .xShmLock = lock_shared,
    .xShmBarrier = keep_order,
    .xShmUnmap = unmap_shared,
};

/*
 * SQLite's methods of the disk.
 */

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *out, int flags,
                     int *flags_out)
{
    struct open_file *open = (struct open_file *)out;

    (void)vfs;
    *open = (struct open_file){.temporary = name == NULL};
    open->file = name == NULL ? new_file(NULL) : find_file(name);
    if (!open->file->now.exists) {
        if (name != NULL && (flags & SQLITE_OPEN_CREATE) == 0) {
            return SQLITE_CANTOPEN;
        }
        open->file->now.exists = true;
    }
    open->base.pMethods = &methods;
    if (flags_out != NULL) {
        *flags_out = flags;
    }
    return SQLITE_OK;
}

static int remove_file(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    struct disk_file *file = find_file(name);

    (void)vfs;
    if (!file->now.exists) {
        return SQLITE_IOERR_DELETE_NOENT;
    }
    if (!operate()) {
        return SQLITE_IOERR_DELETE;
    }
    file->now.exists = false;
    file->now.size = 0;
    note_change(file, CHANGE_REMOVE, 0, NULL, 0);
    if (sync_folder != 0) {
        copy_content(&file->synced, &file->now);
        forget_changes(file);
    }
    return SQLITE_OK;
}

static int access_file(sqlite3_vfs *vfs, const char *name, int flags, int *result)
{
    const struct disk_file *file = find_file(name);

    (void)vfs;
    (void)flags;
    *result = file->now.exists ? 1 : 0;
    return SQLITE_OK;
}

void crash_vfs_begin(void)
{
    memset(&disk, 0, sizeof(disk));
    ck_assert_int_eq(sqlite3_initialize(), SQLITE_OK);
    disk.real = sqlite3_vfs_find(NULL);
    disk.cut_after = -1;
    disk.vfs = *disk.real;
    disk.vfs.pNext = NULL;
    disk.vfs.zName = "crash";
    disk.vfs.szOsFile = sizeof(struct open_file);
    disk.vfs.xOpen = open_file;
    disk.vfs.xDelete = remove_file;
    disk.vfs.xAccess = access_file;
    ck_assert_int_eq(sqlite3_vfs_register(&disk.vfs, 1), SQLITE_OK);
}

void crash_vfs_cut_after(int64_t operations)
{
    disk.operations = 0;
    disk.cut_after = operations;
    disk.cut = false;
}

bool crash_vfs_is_cut(void)
{
    return disk.cut;
}

int64_t crash_vfs_operations(void)
{
    return disk.operations;
}

void crash_vfs_on_sync(void (*call)(void))
{
    disk.on_sync = call;
}

/*
 * What is left.
 */

static bool chance(enum crash_keeps keeps, uint64_t *random)
{
    return keeps == CRASH_KEEPS_ALL ||
           (keeps == CRASH_KEEPS_SECTORS && made_up_random(random, 2) == 0);
}

static void keep_write(struct content *content, const struct change *change, enum crash_keeps keeps,
                       uint64_t *random)
{
    size_t done = 0;

    while (done < change->size) {
        size_t at = (size_t)change->offset + done;
        size_t piece = SECTOR - at % SECTOR;

        piece = piece < change->size - done ? piece : change->size - done;
        if (chance(keeps, random)) {
            apply_write(content, (int64_t)at, change->bytes + done, piece);
        }
        done += piece;
    }
}

static void keep_change(struct content *content, const struct change *change,
                        enum crash_keeps keeps, uint64_t *random)
{
    if (change->kind == CHANGE_WRITE) {
        keep_write(content, change, keeps, random);
    } else if (chance(keeps, random)) {
        set_size(content, (size_t)change->offset); /* 0 where it is removed */
        content->exists = content->exists && change->kind != CHANGE_REMOVE;
    }
}

static void settle(struct disk_file *file, enum crash_keeps keeps, uint64_t *random)
{
    struct failure ignored;

    for (size_t i = 0; i < file->change_count; i++) {
        keep_change(&file->synced, &file->changes[i], keeps, random);
    }
    if (file->synced.exists) {
        support_write_file(file->name, file->synced.bytes, file->synced.size);
    } else {
        (void)!file_remove(file->name, &ignored);
    }
}

void crash_vfs_end(enum crash_keeps keeps, uint64_t *random)
{
    for (int i = 0; i < MOST_FILES; i++) {
        if (disk.files[i].name != NULL) {
            settle(&disk.files[i], keeps, random);
        }
        forget_file(&disk.files[i]);
    }
    sqlite3_vfs_unregister(&disk.vfs);
    ck_assert_int_eq(sqlite3_vfs_register(disk.real, 1), SQLITE_OK);
}
