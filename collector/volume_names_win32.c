/* SPDX-License-Identifier: MIT */

#include "collector/volume_names_win32.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <windows.h>

#include "base/clock.h"
#include "collector/volume_list_win32.h"

enum {
    AGAIN_AFTER = 3000, /* milliseconds: for a name that was not found */
    STALE_AFTER = 60000,
    FIRST_CAPACITY = 16,
};

/* All that may be in front of \server\share in the name of a file of another machine. */
static const char *const redirectors[] = {
    "\\Device\\Mup\\",
    "\\Device\\LanmanRedirector\\",
    "\\Device\\WebDavRedirector\\",
};

static struct {
    SRWLOCK lock;
    struct volume_list list;
    int64_t read_at; /* steady clock; when a thread last set out to read */
    bool was_read;
} volumes = {.lock = SRWLOCK_INIT};

bool volume_list_add(struct volume_list *list, const char *device, const char *name, bool fixed,
                     bool for_people)
{
    struct volume_name row = {.device = list->texts.size, .fixed = fixed, .for_people = for_people};

    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? FIRST_CAPACITY : list->capacity * 2;
        struct volume_name *names = realloc(list->names, capacity * sizeof(*names));

        if (names == NULL) {
            return false;
        }
        list->names = names;
        list->capacity = capacity;
    }
    text_add_bytes(&list->texts, device, strlen(device) + 1);
    row.name = list->texts.size;
    text_add_bytes(&list->texts, name, strlen(name) + 1);
    if (list->texts.failed) {
        return false;
    }
    list->names[list->count++] = row;
    return true;
}

void volume_list_clear(struct volume_list *list)
{
    free(list->names);
    text_clear(&list->texts);
    *list = (struct volume_list){0};
}

static const char *text_at(size_t offset)
{
    return text_bytes(&volumes.list.texts) + offset;
}

/* The kernel's names of devices, and names of files, differ in no more than the case of letters
 * when they are the same. */
static bool begins_with(const char *path, const char *prefix)
{
    size_t size = strlen(prefix);

    return _strnicmp(path, prefix, size) == 0;
}

/* Where the path within the volume begins; NULL where it is on another one. */
static const char *rest_of(const char *device_path, const struct volume_name *row)
{
    const char *device = text_at(row->device);
    const char *rest;

    if (!begins_with(device_path, device)) {
        return NULL;
    }
    rest = device_path + strlen(device);
    if (*rest == '\\') {
        return rest + 1;
    }
    return *rest == '\0' ? rest : NULL; /* Volume30 is not Volume3 */
}

/* The first row of the volume that a device path is on. */
static const struct volume_name *find_volume(const char *device_path)
{
    for (size_t i = 0; i < volumes.list.count; i++) {
        if (rest_of(device_path, &volumes.list.names[i]) != NULL) {
            return &volumes.list.names[i];
        }
    }
    return NULL;
}

/* The row whose place is deepest in a path that people use. */
static const struct volume_name *find_place(const char *path)
{
    const struct volume_name *found = NULL;
    size_t longest = 0;

    for (size_t i = 0; i < volumes.list.count; i++) {
        const struct volume_name *row = &volumes.list.names[i];
        size_t size = strlen(text_at(row->name));

        if (size > longest && begins_with(path, text_at(row->name))) {
            found = row;
            longest = size;
        }
    }
    return found;
}

static void read_list(void)
{
    struct volume_list list = {0};

    if (volume_list_read(&list)) {
        struct volume_list old;

        AcquireSRWLockExclusive(&volumes.lock);
        old = volumes.list;
        volumes.list = list;
        ReleaseSRWLockExclusive(&volumes.lock);
        list = old;
    }
    volume_list_clear(&list);
}

typedef const struct volume_name *find_fn(const char *path);

/* Whether to read the list before `path` is looked for. Who is told so, does it, and nobody else.
 */
static bool claim_reading(const char *path, find_fn *find)
{
    int64_t now = clock_steady();
    int64_t age;
    bool claimed;

    AcquireSRWLockExclusive(&volumes.lock);
    age = now - volumes.read_at;
    claimed = !volumes.was_read || age >= STALE_AFTER || (age >= AGAIN_AFTER && !find(path));
    if (claimed) {
        volumes.was_read = true;
        volumes.read_at = now;
    }
    ReleaseSRWLockExclusive(&volumes.lock);
    return claimed;
}

/* The row, and the lock, which the caller releases. NULL where there is none. */
static const struct volume_name *lock_and_find(const char *path, find_fn *find)
{
    if (claim_reading(path, find)) {
        read_list();
    }
    AcquireSRWLockShared(&volumes.lock);
    return find(path);
}

static const struct volume_name *shortest_place(const char *device_path)
{
    const struct volume_name *found = NULL;

    for (size_t i = 0; i < volumes.list.count; i++) {
        const struct volume_name *row = &volumes.list.names[i];

        if (row->for_people && rest_of(device_path, row) != NULL &&
            (found == NULL || strlen(text_at(row->name)) < strlen(text_at(found->name)))) {
            found = row;
        }
    }
    return found;
}

/* Where \server\share begins, behind the redirector and what it says of the drive (;Z:0...\). NULL
 * where the path is on this machine. */
static const char *skip_redirector(const char *device_path)
{
    for (size_t i = 0; i < sizeof(redirectors) / sizeof(redirectors[0]); i++) {
        if (begins_with(device_path, redirectors[i])) {
            const char *rest = device_path + strlen(redirectors[i]) - 1;

            while (rest != NULL && rest[0] == '\\' && rest[1] == ';') {
                rest = strchr(rest + 1, '\\');
            }
            return rest;
        }
    }
    return NULL;
}

const char *volume_names_drive_path(const char *name)
{
    static const char letters[] = "\\??\\";
    const char *path = name + sizeof(letters) - 1;

    return begins_with(name, letters) && path[0] != '\0' && path[1] == ':' ? path : NULL;
}

void volume_names_add_path(struct text *path, const char *device_path)
{
    const char *share = skip_redirector(device_path);
    const struct volume_name *place;

    if (volume_names_drive_path(device_path) != NULL) {
        text_add(path, volume_names_drive_path(device_path));
        return;
    }
    if (share != NULL) {
        text_addf(path, "\\%s", share);
        return;
    }
    lock_and_find(device_path, find_volume);
    place = shortest_place(device_path);
    if (place == NULL) {
        text_add(path, device_path);
    } else {
        text_addf(path, "%s%s", text_at(place->name), rest_of(device_path, place));
    }
    ReleaseSRWLockShared(&volumes.lock);
}

bool volume_names_add_device_path(struct text *device_path, const char *path)
{
    const struct volume_name *row = lock_and_find(path, find_place);
    bool local = row != NULL && row->fixed;

    if (local) {
        text_addf(device_path, "%s\\%s", text_at(row->device), path + strlen(text_at(row->name)));
    }
    ReleaseSRWLockShared(&volumes.lock);
    return local;
}

bool volume_names_add_roots(struct text *roots, const char *device_path, const char **rest)
{
    const struct volume_name *row = lock_and_find(device_path, find_volume);
    bool local = row != NULL && row->fixed;

    if (local) {
        *rest = rest_of(device_path, row);
        for (size_t i = 0; i < volumes.list.count; i++) {
            if (rest_of(device_path, &volumes.list.names[i]) != NULL) {
                const char *name = text_at(volumes.list.names[i].name);

                text_add_bytes(roots, name, strlen(name) + 1);
            }
        }
    }
    ReleaseSRWLockShared(&volumes.lock);
    return local;
}
