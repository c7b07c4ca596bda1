/* SPDX-License-Identifier: MIT */

/*
 * Linux: a socket is held by whoever has a descriptor of it, and names it by
 * its inode. The walk over /proc/PID/fd makes a list of holdings (this process
 * has that inode); the rows are joined with the list, not with /proc.
 */

#include "collector/socket_owners.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hash_index.h"
#include "collector/process_stat_linux.h"

enum { FIRST_HOLDINGS = 256 };

/* One process that has at least one descriptor of a socket. */
struct holding {
    uint64_t inode;
    uint32_t pid;
};

const bool socket_owners_come_with_table = false;

struct socket_owners {
    struct holding *holdings; /* those of one process stand together */
    size_t count;
    size_t capacity;
    bool hidden;            /* some process did not let us look */
    struct hash_index rows; /* of the table, by inode */
    uint32_t *last_pid;     /* for each of its rows: the holder that was written last */
    size_t last_pid_capacity;
};

static uint64_t hash_inode(uint64_t inode)
{
    return hash_bytes(0, &inode, sizeof(inode));
}

static bool add_holding(struct socket_owners *owners, uint64_t inode, uint32_t pid,
                        struct failure *why)
{
    if (owners->count == owners->capacity) {
        size_t capacity = owners->capacity == 0 ? FIRST_HOLDINGS : owners->capacity * 2;
        struct holding *holdings = realloc(owners->holdings, capacity * sizeof(*holdings));

        if (holdings == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu descriptors", capacity);
        }
        owners->holdings = holdings;
        owners->capacity = capacity;
    }
    owners->holdings[owners->count++] = (struct holding){inode, pid};
    return true;
}

/* The number in "socket:[4711]"; 0 where the link names something else. */
static uint64_t inode_of(const char *link, size_t size)
{
    static const char before[] = "socket:[";
    uint64_t inode = 0;

    if (size < sizeof(before) || memcmp(link, before, sizeof(before) - 1) != 0) {
        return 0;
    }
    for (size_t i = sizeof(before) - 1; i < size && link[i] >= '0' && link[i] <= '9'; i++) {
        inode = inode * 10 + (uint64_t)(link[i] - '0');
    }
    return inode;
}

/* Adds the sockets in an open /proc/PID/fd. */
static bool list_sockets(struct socket_owners *owners, DIR *folder, uint32_t pid,
                         struct failure *why)
{
    const struct dirent *entry;

    while ((entry = readdir(folder)) != NULL) {
        char link[64];
        ssize_t size = readlinkat(dirfd(folder), entry->d_name, link, sizeof(link));
        uint64_t inode = size > 0 ? inode_of(link, (size_t)size) : 0;

        /* The folder of a process with more rights than ours opens; its links do not. */
        owners->hidden = owners->hidden || (size < 0 && errno == EACCES);
        if (inode != 0 && !add_holding(owners, inode, pid, why)) {
            return false;
        }
    }
    return true;
}

static bool is_still(int process, const struct process_row *row)
{
    struct process_stat stat;

    return process_stat_read(process, "stat", &stat) && stat.start == row->start;
}

/* Walks one process, whose folder is open. Its start is looked at only where it matters. */
static bool walk_open_process(struct socket_owners *owners, int process,
                              const struct process_row *row, struct failure *why)
{
    size_t count = owners->count;
    int descriptors = openat(process, "fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = descriptors < 0 ? NULL : fdopendir(descriptors);
    bool ok;

    if (folder == NULL) {
        owners->hidden = owners->hidden || errno == EACCES || errno == EPERM;
        if (descriptors >= 0) {
            close(descriptors);
        }
        return true;
    }
    ok = list_sockets(owners, folder, row->pid, why);
    closedir(folder);
    if (ok && owners->count > count && !is_still(process, row)) {
        owners->count = count; /* the pid went to another process since the list was read */
    }
    return ok;
}

static bool walk_process(struct socket_owners *owners, const struct process_row *row,
                         struct failure *why)
{
    int process = process_stat_open_folder(row->pid);
    bool ok;

    if (process < 0) {
        return true; /* it has ended */
    }
    ok = walk_open_process(owners, process, row, why);
    close(process);
    return ok;
}

static bool walk(struct socket_owners *owners, const struct process_table *processes,
                 struct failure *why)
{
    owners->count = 0;
    owners->hidden = false;
    for (size_t i = 0; i < processes->count; i++) {
        if (!walk_process(owners, &processes->rows[i], why)) {
            return false;
        }
    }
    return true;
}

static bool index_rows(struct socket_owners *owners, const struct socket_table *table,
                       struct failure *why)
{
    hash_index_reset(&owners->rows);
    if (table->count > owners->last_pid_capacity) {
        free(owners->last_pid);
        owners->last_pid = malloc(table->count * 2 * sizeof(*owners->last_pid));
        owners->last_pid_capacity = owners->last_pid == NULL ? 0 : table->count * 2;
        if (owners->last_pid == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu owners", table->count);
        }
    }
    for (size_t i = 0; i < table->count; i++) {
        uint64_t inode = table->rows[i].socket_id;

        owners->last_pid[i] = 0;
        if (inode != 0 && !hash_index_add(&owners->rows, hash_inode(inode), (uint32_t)i, why)) {
            return false;
        }
    }
    return true;
}

/* Writes a holder into its row, or into a copy of it where there is a holder already. */
static bool give(struct socket_owners *owners, struct socket_table *table, uint32_t at,
                 uint32_t pid, struct failure *why)
{
    uint32_t last = owners->last_pid[at];
    struct socket_row copy;

    if (last == pid) {
        return true; /* a second descriptor of the same process */
    }
    owners->last_pid[at] = pid;
    if (last == 0) {
        table->rows[at].pid = pid;
        return true;
    }
    copy = table->rows[at];
    copy.pid = pid;
    return socket_table_add(table, &copy, why);
}

/* `count` rows are the system's; the copies behind them are ours. */
static bool join(struct socket_owners *owners, struct socket_table *table, struct failure *why)
{
    for (size_t i = 0; i < owners->count; i++) {
        const struct holding *holding = &owners->holdings[i];

        for (uint32_t at = hash_index_first(&owners->rows, hash_inode(holding->inode));
             at != HASH_INDEX_END; at = hash_index_next(&owners->rows)) {
            if (table->rows[at].socket_id == holding->inode &&
                !give(owners, table, at, holding->pid, why)) {
                return false;
            }
        }
    }
    return true;
}

/* A row with an inode has a holder; where somebody was hidden from us, it may be they. */
static void mark_hidden(const struct socket_owners *owners, struct socket_table *table)
{
    for (size_t i = 0; owners->hidden && i < table->count; i++) {
        if (table->rows[i].socket_id != 0 && table->rows[i].pid == 0) {
            table->rows[i].attribution = ATTRIBUTION_DENIED;
        }
    }
}

bool socket_owners_open(struct socket_owners **out, struct failure *why)
{
    *out = calloc(1, sizeof(**out));
    return *out != NULL || FAIL(why, FAILURE_MEMORY, 0, "no memory to find the owners of sockets");
}

bool socket_owners_find(struct socket_owners *owners, const struct process_table *processes,
                        struct socket_table *table, struct failure *why)
{
    if (!walk(owners, processes, why) || !index_rows(owners, table, why) ||
        !join(owners, table, why)) {
        return false;
    }
    mark_hidden(owners, table);
    return true;
}

void socket_owners_close(struct socket_owners *owners)
{
    if (owners != NULL) {
        free(owners->holdings);
        free(owners->last_pid);
        hash_index_clear(&owners->rows);
        free(owners);
    }
}
