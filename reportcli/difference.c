/* SPDX-License-Identifier: MIT */

#include "reportcli/difference.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "reportcli/host_difference.h"
#include "reportcli/program_difference.h"

/* The two sides, and what is asked. */
struct comparing {
    struct difference *difference;
    const struct snapshot *before;
    const struct snapshot *after;
    const struct difference_wish *wish;
};

const char *difference_name(enum difference_kind kind)
{
    static const char *const names[DIFFERENCE_KINDS] = {
        [DIFFERENCE_OPENED] = "opened",        [DIFFERENCE_CLOSED] = "closed",
        [DIFFERENCE_STATE] = "state",          [DIFFERENCE_OWNER] = "owner",
        [DIFFERENCE_REOPENED] = "reopened",    [DIFFERENCE_IMAGE] = "image",
        [DIFFERENCE_MODULE] = "module",        [DIFFERENCE_ONLY_BEFORE] = "only in A",
        [DIFFERENCE_ONLY_AFTER] = "only in B",
    };

    return names[kind];
}

struct difference_item difference_item(enum difference_kind kind)
{
    return (struct difference_item){
        .kind = kind,
        .before = SNAPSHOT_NO_ROW,
        .after = SNAPSHOT_NO_ROW,
        .process_before = SOCKET_NO_OWNER,
        .process_after = SOCKET_NO_OWNER,
    };
}

bool difference_add(struct difference *difference, const struct difference_item *item,
                    struct failure *why)
{
    if (difference->count == difference->capacity) {
        size_t capacity = difference->capacity * 2 + 64;
        struct difference_item *items = realloc(difference->items, capacity * sizeof(*items));

        if (items == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu differences", capacity);
        }
        difference->items = items;
        difference->capacity = capacity;
    }
    difference->items[difference->count++] = *item;
    difference->counts[item->kind]++;
    return true;
}

bool difference_same_program(const struct process_instance *a, const struct process_instance *b)
{
    if (a->path != NULL && b->path != NULL) {
        return strcmp(a->path, b->path) == 0;
    }
    return text_equal_fold(process_instance_shown_name(a), process_instance_shown_name(b));
}

/* Inside of a shared process (svchost) the service is the program. A systemd unit is no such
 * thing: sessions are units too, and each has a name of its own. */
static bool is_other_service(const struct comparing *comparing, const struct socket_row *before,
                             const struct socket_row *after)
{
    int earlier;
    int later;
    const char *a = snapshot_service_name(comparing->before, before, &earlier);
    const char *b = snapshot_service_name(comparing->after, after, &later);

    return a != NULL && b != NULL && earlier != SERVICE_BY_CGROUP && later != SERVICE_BY_CGROUP &&
           strcmp(a, b) != 0;
}

static bool is_same_program(const struct comparing *comparing, const struct socket_row *before,
                            const struct socket_row *after)
{
    const struct process_instance *earlier = snapshot_owner(comparing->before, before);
    const struct process_instance *later = snapshot_owner(comparing->after, after);

    return earlier != NULL && later != NULL && difference_same_program(earlier, later) &&
           !is_other_service(comparing, before, after);
}

static bool is_nobodys(const struct socket_row *row)
{
    return row->owner == SOCKET_NO_OWNER && row->pid == 0;
}

/* The system says that it is one socket, which then was never closed. */
static bool is_same_socket(const struct socket_row *before, const struct socket_row *after)
{
    return (before->socket_id != 0 && before->socket_id == after->socket_id) ||
           (before->created_at != 0 && before->created_at == after->created_at);
}

static bool same_ends(const struct socket_row *a, const struct socket_row *b)
{
    return a->protocol == b->protocol && socket_endpoint_equal(&a->local, &b->local) &&
           socket_endpoint_equal(&a->remote, &b->remote);
}

static int compare_ends(const struct socket_row *a, const struct socket_row *b)
{
    struct socket_row earlier = {
        .protocol = a->protocol, .local = a->local, .remote = a->remote, .state = 0};
    struct socket_row later = {
        .protocol = b->protocol, .local = b->local, .remote = b->remote, .state = 0};

    return socket_row_compare(&earlier, &later);
}

static bool passes(const struct comparing *comparing, const struct difference_item *item)
{
    const struct ledger_filter *filter = comparing->wish->filter;

    return filter == NULL ||
           (item->before != SNAPSHOT_NO_ROW &&
            ledger_filter_takes(filter, comparing->before,
                                &comparing->before->sockets[item->before])) ||
           (item->after != SNAPSHOT_NO_ROW &&
            ledger_filter_takes(filter, comparing->after, &comparing->after->sockets[item->after]));
}

static struct difference_item make_item(const struct comparing *comparing,
                                        enum difference_kind kind, uint32_t before, uint32_t after)
{
    struct difference_item item = difference_item(kind);

    item.before = before;
    item.after = after;
    if (before != SNAPSHOT_NO_ROW) {
        item.process_before = comparing->before->sockets[before].owner;
    }
    if (after != SNAPSHOT_NO_ROW) {
        item.process_after = comparing->after->sockets[after].owner;
    }
    return item;
}

static bool add(struct comparing *comparing, enum difference_kind kind, uint32_t before,
                uint32_t after, struct failure *why)
{
    struct difference_item item = make_item(comparing, kind, before, after);

    return !passes(comparing, &item) || difference_add(comparing->difference, &item, why);
}

/*
 * For each later row: whether a row of the same ends is the same one in both.
 * Then the socket was there all the time, and who joined it did not open it.
 */
static bool mark_kept(struct comparing *comparing, struct failure *why)
{
    struct difference *difference = comparing->difference;
    const struct snapshot *after = comparing->after;
    uint8_t *kept = difference->kept;
    size_t begin = 0;

    if (after->socket_count > difference->kept_capacity) {
        kept = realloc(kept, after->socket_count);
        if (kept == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu sockets", after->socket_count);
        }
        difference->kept = kept;
        difference->kept_capacity = after->socket_count;
    }
    while (begin < after->socket_count) {
        size_t end = begin;
        bool any = false;

        while (end < after->socket_count &&
               same_ends(&after->sockets[begin], &after->sockets[end])) {
            uint32_t partner = difference->sockets.partner[end];

            any = any || (partner != SNAPSHOT_NO_ROW &&
                          comparing->before->sockets[partner].pid == after->sockets[end].pid);
            end++;
        }
        memset(kept + begin, any ? 1 : 0, end - begin);
        begin = end;
    }
    return true;
}

/* The same ends, and another process: what that means. */
static bool add_owner(struct comparing *comparing, const struct snapshot_change *change,
                      struct failure *why)
{
    const struct socket_row *before = &comparing->before->sockets[change->before];
    const struct socket_row *after = &comparing->after->sockets[change->after];
    struct difference_item item =
        make_item(comparing, DIFFERENCE_OWNER, change->before, change->after);

    if (is_nobodys(before) || is_nobodys(after)) {
        if ((before->attribution == ATTRIBUTION_DENIED ||
             after->attribution == ATTRIBUTION_DENIED) &&
            passes(comparing, &item)) {
            comparing->difference->unseen_owners++;
        }
        return before->state == after->state ||
               add(comparing, DIFFERENCE_STATE, change->before, change->after, why);
    }
    if (is_same_program(comparing, before, after) && !is_same_socket(before, after) &&
        comparing->difference->kept[change->after] == 0) {
        item.kind = DIFFERENCE_REOPENED;
    }
    return !passes(comparing, &item) || difference_add(comparing->difference, &item, why);
}

static bool add_changed(struct comparing *comparing, struct failure *why)
{
    const struct snapshot_diff *sockets = &comparing->difference->sockets;
    bool done = true;

    for (size_t i = 0; done && i < sockets->count; i++) {
        const struct snapshot_change *change = &sockets->changes[i];

        if (change->kind == SNAPSHOT_STATE_CHANGED) {
            done = add(comparing, DIFFERENCE_STATE, change->before, change->after, why);
        } else if (change->kind == SNAPSHOT_OWNER_CHANGED) {
            done = add_owner(comparing, change, why);
        }
    }
    return done;
}

/* Both lists are in the order of the ends. */
static bool merge(struct comparing *comparing, const struct snapshot_change *closed,
                  const struct snapshot_change *closed_end, const struct snapshot_change *opened,
                  const struct snapshot_change *opened_end, struct failure *why)
{
    const struct socket_row *before = comparing->before->sockets;
    const struct socket_row *after = comparing->after->sockets;
    bool done = true;

    while (done && (closed < closed_end || opened < opened_end)) {
        int order;

        if (closed == closed_end || opened == opened_end) {
            order = opened == opened_end ? -1 : 1;
        } else {
            order = compare_ends(&before[closed->before], &after[opened->after]);
            if (order == 0 &&
                !is_same_program(comparing, &before[closed->before], &after[opened->after])) {
                order = -1;
            }
        }
        if (order == 0) {
            done = add(comparing, DIFFERENCE_REOPENED, closed++->before, opened++->after, why);
        } else if (order < 0) {
            done = add(comparing, DIFFERENCE_CLOSED, closed++->before, SNAPSHOT_NO_ROW, why);
        } else {
            done = add(comparing, DIFFERENCE_OPENED, SNAPSHOT_NO_ROW, opened++->after, why);
        }
    }
    return done;
}

/* snapshot_diff lists the closed ones first and the opened ones last. */
static bool add_closed_and_opened(struct comparing *comparing, struct failure *why)
{
    const struct snapshot_diff *sockets = &comparing->difference->sockets;
    const struct snapshot_change *end;
    size_t closed = 0;
    size_t opened = 0;

    if (sockets->count == 0) { /* nor is there an array */
        return true;
    }
    while (closed < sockets->count && sockets->changes[closed].kind == SNAPSHOT_CLOSED) {
        closed++;
    }
    while (opened < sockets->count - closed &&
           sockets->changes[sockets->count - 1 - opened].kind == SNAPSHOT_OPENED) {
        opened++;
    }
    end = sockets->changes + sockets->count;
    return merge(comparing, sockets->changes, sockets->changes + closed, end - opened, end, why);
}

static bool compare_sockets(struct comparing *comparing, struct failure *why)
{
    return snapshot_diff_make(&comparing->difference->sockets, comparing->before, comparing->after,
                              why) &&
           mark_kept(comparing, why) && add_changed(comparing, why) &&
           add_closed_and_opened(comparing, why);
}

bool difference_is_carried(const struct snapshot *before, const struct snapshot *after,
                           const struct difference_item *item)
{
    return item->kind == DIFFERENCE_STATE && before->taken_at <= after->taken_at &&
           is_nobodys(&after->sockets[item->after]) && !is_nobodys(&before->sockets[item->before]);
}

/* What is shown of an item: the later side where there is one. */
static void choose_shown(const struct comparing *comparing, struct difference_item *item)
{
    bool late = item->after != SNAPSHOT_NO_ROW || item->before == SNAPSHOT_NO_ROW;
    const struct snapshot *shown = late ? comparing->after : comparing->before;
    uint32_t row = late ? item->after : item->before;
    uint32_t process = late ? item->process_after : item->process_before;

    item->row = row != SNAPSHOT_NO_ROW ? &shown->sockets[row] : NULL;
    item->pid = item->row != NULL ? item->row->pid : 0;
    if (process != SOCKET_NO_OWNER) {
        item->pid = shown->processes[process]->pid;
    }
    if (item->row != NULL && difference_is_carried(comparing->before, comparing->after, item)) {
        item->pid = comparing->before->sockets[item->before].pid;
    }
}

/* By process, what nobody owns last, then by port, what is no socket behind those. */
static int compare_items(const void *left, const void *right)
{
    const struct difference_item *a = left;
    const struct difference_item *b = right;
    int order = (a->pid == 0) - (b->pid == 0);

    if (order == 0) {
        order = (a->pid > b->pid) - (a->pid < b->pid);
    }
    if (order == 0) {
        order = (a->row == NULL) - (b->row == NULL);
    }
    if (order == 0 && a->row != NULL) {
        order = (int)a->row->local.port - (int)b->row->local.port;
        order = order != 0 ? order : socket_row_compare(a->row, b->row);
    }
    if (order == 0 && a->module != NULL && b->module != NULL) {
        order = strcmp(a->module->image->path, b->module->image->path);
    }
    return order != 0 ? order : (int)a->kind - (int)b->kind;
}

static void sort(struct comparing *comparing)
{
    struct difference *difference = comparing->difference;

    for (size_t i = 0; i < difference->count; i++) {
        choose_shown(comparing, &difference->items[i]);
    }
    if (difference->count > 1) {
        qsort(difference->items, difference->count, sizeof(difference->items[0]), compare_items);
    }
}

static size_t count_matching(const struct snapshot *snapshot, const struct ledger_filter *filter)
{
    size_t count = 0;

    for (size_t i = 0; i < snapshot->socket_count; i++) {
        count += filter == NULL || ledger_filter_takes(filter, snapshot, &snapshot->sockets[i]);
    }
    return count;
}

static void reset(struct difference *difference)
{
    difference->count = 0;
    difference->matching = 0;
    memset(difference->counts, 0, sizeof(difference->counts));
    difference->unseen_owners = 0;
    difference->unread_files = 0;
    difference->unread_modules = 0;
}

bool difference_make(struct difference *difference, const struct snapshot *before,
                     const struct snapshot *after, const struct difference_wish *wish,
                     struct failure *why)
{
    struct comparing comparing = {difference, before, after, wish};

    reset(difference);
    if (!(wish->by_program ? host_difference_add(difference, before, after, wish, why)
                           : compare_sockets(&comparing, why)) ||
        !program_difference_add(difference, before, after, wish, why)) {
        reset(difference);
        return false;
    }
    sort(&comparing);
    difference->matching =
        count_matching(before, wish->filter) + count_matching(after, wish->filter);
    return true;
}

void difference_clear(struct difference *difference)
{
    snapshot_diff_clear(&difference->sockets);
    free(difference->items);
    free(difference->kept);
    *difference = (struct difference){0};
}
