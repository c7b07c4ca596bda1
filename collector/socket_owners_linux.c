/* SPDX-License-Identifier: MIT */

/*
 * Linux: a socket is held by whoever has a descriptor of it, and names it by
 * its inode. What each process holds is remembered and read again where it can
 * have changed (process_sockets_linux.h). Of a process with many descriptors
 * these are the signs, besides those that are looked at there:
 *  - a socket that it held has left the table;
 *  - the table has a new socket that nobody holds;
 *  - a socket is held by two descriptors, here or elsewhere: when one of them
 *    goes, the socket stays in the table.
 */

#include "collector/socket_owners.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash_index.h"
#include "collector/process_sockets_linux.h"

const bool socket_owners_come_with_table = false;

/* What is found of a row of the table. */
struct finding {
    uint32_t pid; /* the last holder that was seen; 0: none */
    bool shared;  /* by two descriptors or more */
};

struct socket_owners {
    struct process_sockets *processes; /* by pid, as in the list */
    size_t process_count;
    struct finding *findings; /* for each row of the system's */
    size_t row_count;
    size_t finding_capacity;
    struct hash_index rows; /* of the table, by inode */
    uint64_t *unheld;       /* inodes that nobody held in the sample before, ascending */
    size_t unheld_count;
    size_t unheld_capacity;
    uint32_t sample;
    bool has_time;
};

static uint64_t hash_inode(uint64_t inode)
{
    return hash_bytes(0, &inode, sizeof(inode));
}

static void forget_processes(struct process_sockets *processes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        process_sockets_clear(&processes[i]);
    }
    free(processes);
}

/* Moves what is known of a process out of the list of before. *at only moves forward. */
static struct process_sockets take_known(struct socket_owners *owners, size_t *at,
                                         const struct process_row *row)
{
    struct process_sockets known = {.pid = row->pid, .start = row->start};

    while (*at < owners->process_count && owners->processes[*at].pid < row->pid) {
        (*at)++;
    }
    if (*at < owners->process_count && owners->processes[*at].pid == row->pid &&
        owners->processes[*at].start == row->start) {
        known = owners->processes[*at];
        owners->processes[*at] = (struct process_sockets){.pid = row->pid};
    }
    known.known = known.known && known.headless == row->headless;
    known.headless = row->headless;
    return known;
}

/* Remembers the processes of the list, and no others. */
static bool follow(struct socket_owners *owners, const struct process_table *list,
                   struct failure *why)
{
    struct process_sockets *processes = malloc((list->count + 1) * sizeof(*processes));
    size_t at = 0;

    if (processes == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the sockets of %zu processes",
                    list->count);
    }
    for (size_t i = 0; i < list->count; i++) {
        processes[i] = take_known(owners, &at, &list->rows[i]);
    }
    forget_processes(owners->processes, owners->process_count);
    owners->processes = processes;
    owners->process_count = list->count;
    return true;
}

static bool index_rows(struct socket_owners *owners, const struct socket_table *table,
                       struct failure *why)
{
    hash_index_reset(&owners->rows);
    owners->row_count = table->count;
    if (table->count >= owners->finding_capacity) {
        size_t capacity = table->count * 2 + 1;

        free(owners->findings);
        owners->findings = malloc(capacity * sizeof(*owners->findings));
        owners->finding_capacity = owners->findings == NULL ? 0 : capacity;
        if (owners->findings == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu owners", table->count);
        }
    }
    for (size_t i = 0; i < table->count; i++) {
        uint64_t inode = table->rows[i].socket_id;

        if (inode != 0 && !hash_index_add(&owners->rows, hash_inode(inode), (uint32_t)i, why)) {
            return false;
        }
    }
    return true;
}

/* The row of an inode. In a steady table it is where it was: `hint`. */
static uint32_t find_row(struct socket_owners *owners, const struct socket_table *table,
                         uint64_t inode, uint32_t hint)
{
    if (hint < owners->row_count && table->rows[hint].socket_id == inode) {
        return hint;
    }
    for (uint32_t at = hash_index_first(&owners->rows, hash_inode(inode)); at != HASH_INDEX_END;
         at = hash_index_next(&owners->rows)) {
        if (table->rows[at].socket_id == inode) {
            return at;
        }
    }
    return PROCESS_SOCKETS_NO_ROW;
}

/* Finds the rows of what a process holds. A socket that has left the table is looked at again. */
static void find_rows(struct socket_owners *owners, const struct socket_table *table,
                      struct process_sockets *process)
{
    for (size_t i = 0; i < process->count; i++) {
        struct process_descriptor *descriptor = &process->descriptors[i];
        uint32_t before = descriptor->row;

        if (descriptor->inode != 0) {
            descriptor->row = find_row(owners, table, descriptor->inode, before);
            descriptor->again =
                descriptor->row == PROCESS_SOCKETS_NO_ROW && before != PROCESS_SOCKETS_NO_ROW;
        }
    }
}

static bool read_and_find(struct socket_owners *owners, const struct socket_table *table,
                          struct process_sockets *process, enum process_sockets_reading reading,
                          struct failure *why)
{
    if (!process_sockets_read(process, reading, owners->sample, why)) {
        return false;
    }
    find_rows(owners, table, process);
    return true;
}

static bool read_due(struct socket_owners *owners, const struct socket_table *table,
                     struct failure *why)
{
    for (size_t i = 0; i < owners->process_count; i++) {
        struct process_sockets *process = &owners->processes[i];
        bool due = process_sockets_is_due(process, owners->sample, owners->has_time);

        find_rows(owners, table, process);
        if (due && !read_and_find(owners, table, process, PROCESS_SOCKETS_DUE, why)) {
            return false;
        }
    }
    return true;
}

/* Writes down who holds which row. */
static void count_holders(struct socket_owners *owners)
{
    memset(owners->findings, 0, owners->row_count * sizeof(*owners->findings));
    for (size_t i = 0; i < owners->process_count; i++) {
        const struct process_sockets *process = &owners->processes[i];

        for (size_t j = 0; j < process->count; j++) {
            if (process->descriptors[j].row != PROCESS_SOCKETS_NO_ROW &&
                process->descriptors[j].inode != 0) {
                struct finding *finding = &owners->findings[process->descriptors[j].row];

                finding->shared = finding->pid != 0;
                finding->pid = process->pid;
            }
        }
    }
}

static int compare_inodes(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left;
    uint64_t b = *(const uint64_t *)right;

    return (a > b) - (a < b);
}

static bool is_unheld(const struct socket_owners *owners, const struct socket_table *table,
                      size_t row)
{
    return table->rows[row].socket_id != 0 && owners->findings[row].pid == 0;
}

/* Whether somebody must hold a socket that was not there, or was held, in the sample before. */
static bool misses_holders(const struct socket_owners *owners, const struct socket_table *table)
{
    for (size_t i = 0; i < owners->row_count; i++) {
        if (is_unheld(owners, table, i) &&
            (owners->unheld_count == 0 ||
             bsearch(&table->rows[i].socket_id, owners->unheld, owners->unheld_count,
                     sizeof(*owners->unheld), compare_inodes) == NULL)) {
            return true;
        }
    }
    return false;
}

/* What has settled did not run: it has nothing new. */
static bool look_for_holders(struct socket_owners *owners, const struct socket_table *table,
                             struct failure *why)
{
    for (size_t i = 0; i < owners->process_count; i++) {
        if (!owners->processes[i].settled &&
            !read_and_find(owners, table, &owners->processes[i], PROCESS_SOCKETS_LIST, why)) {
            return false;
        }
    }
    count_holders(owners);
    return true;
}

/* Marks descriptors of which another one is known, where they were read before the process ran. */
static bool mark_shared(const struct socket_owners *owners, struct process_sockets *process)
{
    bool marked = false;

    for (size_t i = 0; i < process->count; i++) {
        struct process_descriptor *descriptor = &process->descriptors[i];

        if (descriptor->inode != 0 && descriptor->row != PROCESS_SOCKETS_NO_ROW &&
            descriptor->read_at < process->ran_at && owners->findings[descriptor->row].shared) {
            descriptor->again = true;
            marked = true;
        }
    }
    return marked;
}

static bool read_shared(struct socket_owners *owners, const struct socket_table *table,
                        struct failure *why)
{
    for (size_t i = 0; i < owners->process_count; i++) {
        struct process_sockets *process = &owners->processes[i];

        if (!process->settled && mark_shared(owners, process) &&
            !read_and_find(owners, table, process, PROCESS_SOCKETS_MARKED, why)) {
            return false;
        }
    }
    return true;
}

static bool read_processes(struct socket_owners *owners, const struct socket_table *table,
                           struct failure *why)
{
    if (!read_due(owners, table, why)) {
        return false;
    }
    count_holders(owners);
    if (misses_holders(owners, table) && !look_for_holders(owners, table, why)) {
        return false;
    }
    return read_shared(owners, table, why);
}

/* Writes a holder into its row, or into a copy of it where there is a holder already. */
static bool give(struct socket_owners *owners, struct socket_table *table, uint32_t at,
                 uint32_t pid, struct failure *why)
{
    uint32_t last = owners->findings[at].pid;
    struct socket_row copy;

    if (last == pid) {
        return true; /* a second descriptor of the same process */
    }
    owners->findings[at].pid = pid;
    if (last == 0) {
        table->rows[at].pid = pid;
        return true;
    }
    copy = table->rows[at];
    copy.pid = pid;
    return socket_table_add(table, &copy, why);
}

/* The first rows are the system's; the copies behind them are ours. */
static bool join(struct socket_owners *owners, struct socket_table *table, struct failure *why)
{
    memset(owners->findings, 0, owners->row_count * sizeof(*owners->findings));
    for (size_t i = 0; i < owners->process_count; i++) {
        const struct process_sockets *process = &owners->processes[i];

        for (size_t j = 0; j < process->count; j++) {
            if (process->descriptors[j].inode != 0 &&
                process->descriptors[j].row != PROCESS_SOCKETS_NO_ROW &&
                !give(owners, table, process->descriptors[j].row, process->pid, why)) {
                return false;
            }
        }
    }
    return true;
}

/* A row with an inode has a holder; where somebody was hidden from us, it may be they. */
static void mark_hidden(const struct socket_owners *owners, struct socket_table *table)
{
    bool hidden = false;

    for (size_t i = 0; i < owners->process_count; i++) {
        hidden = hidden || owners->processes[i].denied;
    }
    for (size_t i = 0; hidden && i < owners->row_count; i++) {
        if (is_unheld(owners, table, i)) {
            table->rows[i].attribution = ATTRIBUTION_DENIED;
        }
    }
}

/* What nobody holds now is not searched for in every sample. */
static bool remember_unheld(struct socket_owners *owners, const struct socket_table *table,
                            struct failure *why)
{
    owners->unheld_count = 0;
    for (size_t i = 0; i < owners->row_count; i++) {
        if (!is_unheld(owners, table, i)) {
            continue;
        }
        if (owners->unheld_count == owners->unheld_capacity) {
            size_t capacity = owners->unheld_capacity * 2 + 16;
            uint64_t *unheld = realloc(owners->unheld, capacity * sizeof(*unheld));

            if (unheld == NULL) {
                return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu sockets", capacity);
            }
            owners->unheld = unheld;
            owners->unheld_capacity = capacity;
        }
        owners->unheld[owners->unheld_count++] = table->rows[i].socket_id;
    }
    if (owners->unheld_count > 0) {
        qsort(owners->unheld, owners->unheld_count, sizeof(*owners->unheld), compare_inodes);
    }
    return true;
}

bool socket_owners_open(struct socket_owners **out, struct failure *why)
{
    *out = calloc(1, sizeof(**out));
    if (*out == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to find the owners of sockets");
    }
    (*out)->has_time = process_sockets_has_time();
    return true;
}

/* After a failure nothing is believed any more. */
static void start_afresh(struct socket_owners *owners)
{
    forget_processes(owners->processes, owners->process_count);
    owners->processes = NULL;
    owners->process_count = 0;
    owners->unheld_count = 0;
}

bool socket_owners_find(struct socket_owners *owners, const struct process_table *processes,
                        struct socket_table *table, struct failure *why)
{
    owners->sample++;
    if (!follow(owners, processes, why) || !index_rows(owners, table, why) ||
        !read_processes(owners, table, why) || !join(owners, table, why) ||
        !remember_unheld(owners, table, why)) {
        start_afresh(owners);
        return false;
    }
    mark_hidden(owners, table);
    return true;
}

void socket_owners_close(struct socket_owners *owners)
{
    if (owners != NULL) {
        start_afresh(owners);
        free(owners->findings);
        free(owners->unheld);
        hash_index_clear(&owners->rows);
        free(owners);
    }
}
