/* SPDX-License-Identifier: MIT */

/*
 * Windows: the service manager knows which service a tag means, and which
 * services a process hosts.
 */

#include "collector/service_names.h"

#include <windows.h>

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf16_win32.h"
#include "collector/service_calls_win32.h"

enum {
    FIRST_SIZE = 64 * 1024,
    LAST_SIZE = 256 * 1024, /* the call takes no larger buffer */
    FIRST_SERVICES = 256,
    MAX_ATTEMPTS = 16,
    INTERVAL_MS = 1000, /* between two readings of the list */
};

struct hosted_service {
    uint32_t pid;
    size_t name; /* offset into `names` */
};

struct service_names {
    SC_HANDLE manager; /* NULL: not open */
    BYTE *buffer;
    DWORD size;
    struct hosted_service *services; /* by pid, then by name */
    size_t count;
    size_t capacity;
    struct text names;
    bool stale;           /* the list has to be read again */
    bool was_read;        /* the time below counts */
    int64_t last_read_at; /* clock_steady() */
};

/* What qsort() cannot be told otherwise; only this thread's, and only while it sorts. */
static _Thread_local const char *sorted_names;

static bool reserve_buffer(struct service_names *names, DWORD size)
{
    BYTE *buffer;

    if (size <= names->size) {
        return true;
    }
    buffer = realloc(names->buffer, size);
    if (buffer == NULL) {
        return false;
    }
    names->buffer = buffer;
    names->size = size;
    return true;
}

static bool reserve_services(struct service_names *names)
{
    size_t capacity = names->capacity == 0 ? FIRST_SERVICES : names->capacity * 2;
    struct hosted_service *services;

    if (names->count < names->capacity) {
        return true;
    }
    services = realloc(names->services, capacity * sizeof(*services));
    if (services == NULL) {
        return false;
    }
    names->services = services;
    names->capacity = capacity;
    return true;
}

static void forget(struct service_names *names)
{
    names->count = 0;
    if (names->names.failed) {
        text_clear(&names->names);
    }
    text_reset(&names->names);
}

static bool add_services(struct service_names *names, DWORD count)
{
    const ENUM_SERVICE_STATUS_PROCESSW *rows = (const void *)names->buffer;

    for (DWORD i = 0; i < count; i++) {
        if (rows[i].ServiceStatusProcess.dwProcessId == 0) {
            continue; /* it has stopped meanwhile, or has no process yet */
        }
        if (!reserve_services(names)) {
            return false;
        }
        names->services[names->count] = (struct hosted_service){
            .pid = rows[i].ServiceStatusProcess.dwProcessId, .name = names->names.size};
        names->count++;
        utf16_add(&names->names, rows[i].lpServiceName, wcslen(rows[i].lpServiceName));
        text_add_char(&names->names, '\0');
    }
    return !names->names.failed;
}

/*
 * Reads the list, in one piece where a buffer can hold it. An answer in
 * several pieces may miss a service that starts meanwhile.
 */
static DWORD fetch(struct service_names *names)
{
    DWORD resume = 0;
    DWORD error = ERROR_MORE_DATA;

    for (int attempt = 0; attempt < MAX_ATTEMPTS && error == ERROR_MORE_DATA; attempt++) {
        DWORD needed;
        DWORD count;

        error = service_calls_list(names->manager, names->buffer, names->size, &needed, &count,
                                   &resume);
        if (error == ERROR_MORE_DATA && names->size < LAST_SIZE) {
            needed = needed < LAST_SIZE - names->size ? names->size + needed : LAST_SIZE;
            resume = 0;
            count = 0;
            forget(names);
            if (!reserve_buffer(names, needed)) {
                return ERROR_NOT_ENOUGH_MEMORY;
            }
        }
        if ((error == ERROR_SUCCESS || error == ERROR_MORE_DATA) && !add_services(names, count)) {
            return ERROR_NOT_ENOUGH_MEMORY;
        }
    }
    return error;
}

static DWORD open_and_fetch(struct service_names *names)
{
    DWORD error = ERROR_SUCCESS;

    forget(names);
    if (names->manager == NULL) {
        error = service_calls_open(&names->manager);
    }
    if (error == ERROR_SUCCESS) {
        error = fetch(names);
    } else {
        names->manager = NULL;
    }
    return error;
}

static void close_manager(struct service_names *names)
{
    if (names->manager != NULL) {
        service_calls_close(names->manager);
        names->manager = NULL;
    }
}

static int compare_services(const void *left, const void *right)
{
    const struct hosted_service *a = left;
    const struct hosted_service *b = right;

    if (a->pid != b->pid) {
        return a->pid < b->pid ? -1 : 1;
    }
    return strcmp(sorted_names + a->name, sorted_names + b->name);
}

/* A handle that has gone bad, because the manager started anew, is opened once more. */
static bool read_list(struct service_names *names)
{
    bool was_open = names->manager != NULL;
    DWORD error = open_and_fetch(names);

    if (error != ERROR_SUCCESS && was_open) {
        close_manager(names);
        error = open_and_fetch(names);
    }
    if (error != ERROR_SUCCESS) {
        close_manager(names);
        forget(names);
        return false;
    }
    if (names->count > 1) {
        sorted_names = text_bytes(&names->names);
        qsort(names->services, names->count, sizeof(names->services[0]), compare_services);
    }
    return true;
}

bool service_names_open(struct service_names **out, struct failure *why)
{
    struct service_names *names = calloc(1, sizeof(*names));

    if (names == NULL || !reserve_buffer(names, FIRST_SIZE)) {
        free(names);
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the names of services");
    }
    names->stale = true;
    *out = names;
    return true;
}

void service_names_begin(struct service_names *names, bool stale)
{
    int64_t now = clock_steady();

    names->stale = names->stale || stale;
    if (!names->stale || (names->was_read && now - names->last_read_at < INTERVAL_MS)) {
        return; /* what is stale stays so, and is read in a later sample */
    }
    names->was_read = true;
    names->last_read_at = now;
    names->stale = !read_list(names);
}

static bool add_by_tag(uint32_t pid, uint32_t tag, struct text *name)
{
    wchar_t *wide;
    bool found;

    if (tag == 0 || service_calls_name_of_tag(pid, tag, &wide) != ERROR_SUCCESS) {
        return false;
    }
    found = wide[0] != L'\0';
    utf16_add(name, wide, wcslen(wide));
    LocalFree(wide);
    return found;
}

/* The place of the first service of a process, or where it would be. */
static size_t first_of(const struct service_names *names, uint32_t pid)
{
    size_t low = 0;
    size_t high = names->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (names->services[middle].pid < pid) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

enum service_basis service_names_find(struct service_names *names, uint32_t pid, uint64_t start,
                                      uint32_t tag, struct text *name)
{
    size_t first = first_of(names, pid);
    size_t i = first;

    (void)start;
    if (add_by_tag(pid, tag, name)) {
        return SERVICE_BY_TAG;
    }
    for (; i < names->count && names->services[i].pid == pid; i++) {
        text_add(name, i == first ? "" : ", ");
        text_add(name, text_bytes(&names->names) + names->services[i].name);
    }
    if (i == first) {
        return (enum service_basis)0;
    }
    return i - first == 1 ? SERVICE_ONLY : SERVICE_ONE_OF;
}

bool service_names_may_host(const char *parent)
{
    return parent == NULL || text_equal_fold(parent, "services.exe");
}

void service_names_close(struct service_names *names)
{
    if (names != NULL) {
        close_manager(names);
        free(names->buffer);
        free(names->services);
        text_clear(&names->names);
        free(names);
    }
}
