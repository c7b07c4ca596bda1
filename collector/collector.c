/* SPDX-License-Identifier: MIT */

/*
 * The order of reading matters. The sockets come first: they are the moment.
 * The list of processes follows at once. Where the sockets' table names pids
 * (Windows), a process that started in between cannot be the owner that it
 * means; the history takes it out. One that ended in between is missing in
 * the list. So a reused pid never inherits a socket.
 */

#include "collector/collector.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "collector/kernel_ports.h"
#include "collector/owner_history.h"
#include "collector/process_history.h"
#include "collector/process_table.h"
#include "collector/service_names.h"
#include "collector/snapshot_gap.h"
#include "collector/socket_owners.h"
#include "collector/socket_table.h"

enum {
    MOST_ANCESTORS = 64,           /* generations */
    FIRST_LOOK_MS = 250,           /* spent in a sample on the modules of processes that are new, */
    NEXT_LOOK_MS = 20,             /* and on looking again; what is left waits for the next one */
    FORGET_SERVICES_MS = 300000,   /* after which services are asked for again; */
    FORGET_NO_SERVICE_MS = 5000,   /* where there was none, one may just have been starting */
    READ_URLS_MS = 60000,          /* likewise URL reservations */
    USUAL_LARGEST_IMAGE = 1 << 28, /* 256 MiB */
};

struct collector {
    struct collector_options options;
    struct socket_reader *socket_reader;
    struct process_reader *process_reader;
    struct socket_owners *owners;
    struct image_reader *images;
    struct image_library *library;
    struct account_names *accounts;
    struct service_names *services;
    struct url_list urls;
    int64_t urls_at; /* clock_steady(); 0: not read yet */

    struct socket_table sockets;
    struct process_table processes;
    struct process_history history; /* entries[i] is processes.rows[i] */
    struct owner_history before;    /* who owned what in the sample before */
    struct owner_history next;      /* and in this one, for the next */
    struct snapshot before_times;   /* the times of the sample before; no rows */
    uint32_t sample;                /* counts up */
    uint32_t privacies;             /* that were in force before this one */

    uint32_t *places; /* of processes in the snapshot, or in `next`: scratch */
    size_t places_capacity;
};

/* Who a row's pid is: a place in the list of processes, or SOCKET_NO_OWNER, and how we know. */
struct verdict {
    uint32_t owner;
    uint8_t attribution;
};

/*
 * Opening.
 */

static bool open_readers(struct collector *collector, struct failure *why)
{
    return socket_reader_open(&collector->socket_reader, why) &&
           process_reader_open(&collector->process_reader, why) &&
           socket_owners_open(&collector->owners, why);
}

static bool open_images(struct collector *collector, struct failure *why)
{
    const struct collector_options *options = &collector->options;
    struct image_reader_options reading = {
        .largest = options->largest_image != 0 ? options->largest_image : USUAL_LARGEST_IMAGE,
        .hurry = options->hurry,
    };

    if (!options->images && !options->modules) {
        return true;
    }
    return (!options->images || image_reader_open(&collector->images, &reading, why)) &&
           image_library_open(&collector->library, collector->images, why);
}

static bool open_details(struct collector *collector, struct failure *why)
{
    return !collector->options.details || (account_names_open(&collector->accounts, why) &&
                                           service_names_open(&collector->services, why));
}

bool collector_open(struct collector **out, const struct collector_options *options,
                    struct failure *why)
{
    struct collector *collector = calloc(1, sizeof(*collector));

    if (collector == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the collector");
    }
    process_handle_prepare();
    if ((options != NULL && !collector_options_copy(&collector->options, options, why)) ||
        !open_readers(collector, why) || !open_images(collector, why) ||
        !open_details(collector, why)) {
        collector_close(collector);
        return false;
    }
    *out = collector;
    return true;
}

/* Who was left out, or was not, may be it no more: all processes are looked at again. */
bool collector_configure(struct collector *collector, const struct collector_options *options,
                         struct failure *why)
{
    struct privacy privacy = {0};

    if (!privacy_copy(&privacy, &options->privacy, why)) {
        privacy_clear(&privacy);
        return false;
    }
    if (!privacy_equal(&privacy, &collector->options.privacy)) {
        collector->privacies++;
        process_history_clear(&collector->history);
        owner_history_reset(&collector->before);
    }
    privacy_clear(&collector->options.privacy);
    collector->options.privacy = privacy;
    if (collector->images != NULL) {
        image_reader_give_way(collector->images, options->gives_way);
    }
    collector->options.interval = options->interval;
    collector->options.module_refresh = options->module_refresh;
    return true;
}

/*
 * Reading, and who owns what.
 */

static struct process_sources sources_of(const struct collector *collector)
{
    return (struct process_sources){
        .accounts = collector->accounts,
        .images = collector->library,
        .privacy = &collector->options.privacy,
        .command_lines = collector->options.details,
    };
}

static bool read_system(struct collector *collector, int64_t taken_at, struct failure *why)
{
    int64_t latest = socket_owners_come_with_table ? taken_at : INT64_MAX;

    return socket_reader_read(collector->socket_reader, &collector->sockets, why) &&
           process_reader_read(collector->process_reader, &collector->processes, why) &&
           process_history_update(&collector->history, &collector->processes, latest,
                                  &collector->options.privacy, why) &&
           socket_owners_find(collector->owners, &collector->processes, &collector->sockets, why);
}

/* Opens a process and, once it is known, those that it comes from. */
static bool open_with_ancestors(struct collector *collector, size_t i, struct failure *why)
{
    struct process_history *history = &collector->history;
    const struct process_sources sources = sources_of(collector);

    for (int generation = 0; i != SIZE_MAX && generation < MOST_ANCESTORS; generation++) {
        if (history->entries[i].instance->access != PROCESS_NOT_OPENED && generation > 0) {
            return true; /* and so were its ancestors */
        }
        if (!process_history_open(history, i, &sources, why)) {
            return false;
        }
        i = collector->options.details ? process_history_parent(history, i) : SIZE_MAX;
    }
    return true;
}

/* A pattern for paths may mean any process, also one without sockets. */
static bool open_for_privacy(struct collector *collector, struct failure *why)
{
    const struct process_sources sources = sources_of(collector);

    for (size_t i = 0; i < collector->history.count; i++) {
        if (!privacy_needs_path(&collector->options.privacy,
                                collector->history.entries[i].instance)) {
            continue;
        }
        if (!process_history_open(&collector->history, i, &sources, why)) {
            return false;
        }
        process_history_let_go(&collector->history, i); /* one that owns something is held again */
    }
    return true;
}

/* The place of a pid in the list. Rows of one process often follow each other: `last` helps. */
static uint32_t find_process(const struct collector *collector, uint32_t pid, uint32_t last)
{
    const struct process_table *processes = &collector->processes;
    const struct process_row *row;

    if (last < processes->count && processes->rows[last].pid == pid) {
        return last;
    }
    row = process_table_find(processes, pid);
    return row == NULL ? SOCKET_NO_OWNER : (uint32_t)(row - processes->rows);
}

static struct verdict judge(const struct collector *collector, const struct socket_row *row,
                            uint32_t last)
{
    uint32_t at = row->pid == 0 ? SOCKET_NO_OWNER : find_process(collector, row->pid, last);
    const struct process_instance *instance;

    if (row->pid == 0) {
        return (struct verdict){SOCKET_NO_OWNER, row->attribution};
    }
    if (at == SOCKET_NO_OWNER) {
        return (struct verdict){SOCKET_NO_OWNER, ATTRIBUTION_EXITED};
    }
    instance = collector->history.entries[at].instance;
    if (row->created_at != 0 && instance->started_at > row->created_at) {
        return (struct verdict){SOCKET_NO_OWNER, ATTRIBUTION_EXITED};
    }
    return (struct verdict){at, instance->access == PROCESS_KERNEL ? ATTRIBUTION_KERNEL
                                                                   : ATTRIBUTION_EXACT};
}

static bool note_owner(struct collector *collector, uint32_t at, struct failure *why)
{
    if (collector->history.entries[at].owns) {
        return true;
    }
    collector->history.entries[at].owns = true;
    return open_with_ancestors(collector, at, why);
}

/* Opens every process that owns a socket, and names the owners in the rows. */
static bool attribute(struct collector *collector, struct failure *why)
{
    uint32_t last = SOCKET_NO_OWNER;

    for (size_t i = 0; i < collector->sockets.count; i++) {
        struct socket_row *row = &collector->sockets.rows[i];
        struct verdict verdict = judge(collector, row, last);

        if (verdict.owner != SOCKET_NO_OWNER && verdict.owner != last) {
            last = verdict.owner;
            if (!note_owner(collector, last, why)) {
                return false;
            }
            verdict = judge(collector, row, last); /* now it is known what the process is */
        }
        row->owner = verdict.owner;
        row->attribution = verdict.attribution;
    }
    return true;
}

/*
 * Owners that are carried forward. Behind the places of the processes that run
 * come those of `before.owners`: a row's owner may be one of these.
 */

/*
 * The place of an owner of the sample before among those that run;
 * SOCKET_NO_OWNER: it ended, or runs another program now.
 */
static uint32_t find_again(const struct collector *collector, const struct remembered_owner *owner)
{
    uint32_t at = find_process(collector, owner->instance->pid, SOCKET_NO_OWNER);
    const struct process_instance *found;

    if (at == SOCKET_NO_OWNER) {
        return SOCKET_NO_OWNER;
    }
    found = collector->history.entries[at].instance;
    return process_instance_same(found, owner->instance) &&
                   strcmp(found->name, owner->instance->name) == 0
               ? at
               : SOCKET_NO_OWNER;
}

static void carry(struct collector *collector, struct socket_row *row,
                  const struct remembered_socket *before)
{
    struct remembered_owner *owner = &collector->before.owners[before->owner];
    uint32_t at = find_again(collector, owner);

    row->pid = owner->instance->pid;
    row->owner = at != SOCKET_NO_OWNER ? at : (uint32_t)collector->history.count + before->owner;
    row->service_tag = before->service_tag;
    row->attribution = ATTRIBUTION_CARRIED;
    if (at != SOCKET_NO_OWNER) {
        collector->history.entries[at].owns = true;
    }
}

/*
 * A socket that several processes shared gets a row for each of them. One whose
 * holder may be somebody that we may not see, had a holder that we saw just
 * before: most likely that one is about to end. But that is said for one sample only.
 */
static bool carry_row(struct collector *collector, size_t i, struct failure *why)
{
    struct socket_row row = collector->sockets.rows[i];
    const struct remembered_socket *before;

    if (!owner_history_find(&collector->before, &row, &before, why)) {
        return false;
    }
    if (before == NULL || (row.attribution == ATTRIBUTION_DENIED && before->carried)) {
        return true;
    }
    carry(collector, &collector->sockets.rows[i], before);
    while ((before = owner_history_next(&collector->before, &row)) != NULL) {
        struct socket_row copy = row;

        carry(collector, &copy, before);
        if (!socket_table_add(&collector->sockets, &copy, why)) {
            return false;
        }
    }
    return true;
}

static bool carry_owners(struct collector *collector, struct failure *why)
{
    size_t count = collector->sockets.count;

    for (size_t i = 0; i < count; i++) {
        const struct socket_row *row = &collector->sockets.rows[i];

        if (row->pid == 0 &&
            (row->attribution == ATTRIBUTION_UNKNOWN || row->attribution == ATTRIBUTION_DENIED) &&
            !carry_row(collector, i, why)) {
            return false;
        }
    }
    return true;
}

/* What a row's owner is, whether it runs or not. */
static const struct process_instance *owner_of(const struct collector *collector, uint32_t owner,
                                               bool *left_out)
{
    const struct remembered_owner *ended;

    if (owner < collector->history.count) {
        *left_out = collector->history.entries[owner].left_out;
        return collector->history.entries[owner].instance;
    }
    ended = &collector->before.owners[owner - collector->history.count];
    *left_out = ended->left_out;
    return ended->instance;
}

/* Makes `places` an array of nothings, for each process and each owner of before. */
static bool reset_places(struct collector *collector, struct failure *why)
{
    size_t needed = collector->history.count + collector->before.owner_count;

    if (needed > collector->places_capacity) {
        size_t capacity = needed + needed / 2;
        uint32_t *places = realloc(collector->places, capacity * sizeof(*places));

        if (places == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for the places of %zu processes",
                        needed);
        }
        collector->places = places;
        collector->places_capacity = capacity;
    }
    for (size_t i = 0; i < needed; i++) {
        collector->places[i] = SOCKET_NO_OWNER;
    }
    return true;
}

/* Remembers who owns what, for the next sample. */
static bool remember_owners(struct collector *collector, struct failure *why)
{
    if (!reset_places(collector, why)) {
        return false;
    }
    owner_history_reset(&collector->next);
    for (size_t i = 0; i < collector->sockets.count; i++) {
        const struct socket_row *row = &collector->sockets.rows[i];
        bool left_out;

        if (row->owner == SOCKET_NO_OWNER) {
            continue;
        }
        if (collector->places[row->owner] == SOCKET_NO_OWNER) {
            const struct process_instance *owner = owner_of(collector, row->owner, &left_out);

            if (!owner_history_add_owner(&collector->next, owner, left_out,
                                         &collector->places[row->owner], why)) {
                return false;
            }
        }
        if (!owner_history_add_socket(&collector->next, row, collector->places[row->owner], why)) {
            return false;
        }
    }
    return true;
}

/*
 * Modules, and processes that own nothing.
 */

/* In a hurry everything is looked at; otherwise as much as the time allows. */
static bool may_go_on(const struct collector *collector, int64_t since, int64_t budget)
{
    return collector->options.hurry || clock_steady() - since < budget;
}

static bool is_asked_for(const struct collector *collector, const struct process_instance *instance)
{
    const struct collector_options *options = &collector->options;

    return (options->pid == 0 || options->pid == instance->pid) &&
           (options->process == NULL || process_instance_is_called(instance, options->process));
}

static bool wants_look(const struct collector *collector, const struct process_entry *entry,
                       bool first, int64_t now)
{
    int64_t refresh = collector->options.module_refresh;

    if (!entry->owns || entry->left_out || !is_asked_for(collector, entry->instance)) {
        return false;
    }
    if (entry->modules_at == 0) {
        return first;
    }
    return !first && refresh != 0 && now - entry->modules_at >= refresh;
}

static bool look_at_modules(struct collector *collector, bool first, int64_t budget,
                            struct failure *why)
{
    const struct process_sources sources = sources_of(collector);
    int64_t since = clock_steady();

    for (size_t i = 0; i < collector->history.count; i++) {
        if (!wants_look(collector, &collector->history.entries[i], first, since)) {
            continue;
        }
        if (!may_go_on(collector, since, budget)) {
            return true;
        }
        if (!process_history_look_at_modules(&collector->history, i, &sources, since, why)) {
            return false;
        }
    }
    return true;
}

/* One after the other, so that they are not all held at once. */
static bool look_at_all_processes(struct collector *collector, struct failure *why)
{
    const struct process_sources sources = sources_of(collector);

    for (size_t i = 0; i < collector->history.count; i++) {
        if (collector->history.entries[i].owns ||
            !is_asked_for(collector, collector->history.entries[i].instance)) {
            continue;
        }
        if (!process_history_open(&collector->history, i, &sources, why) ||
            (collector->options.modules &&
             !process_history_look_at_modules(&collector->history, i, &sources, clock_steady(),
                                              why))) {
            return false;
        }
        process_history_let_go(&collector->history, i);
    }
    return true;
}

static bool look_closer(struct collector *collector, struct failure *why)
{
    if (collector->options.modules && (!look_at_modules(collector, true, FIRST_LOOK_MS, why) ||
                                       !look_at_modules(collector, false, NEXT_LOOK_MS, why))) {
        return false;
    }
    return !collector->options.all_processes || look_at_all_processes(collector, why);
}

/*
 * Services.
 */

static bool may_host(const struct collector *collector, uint32_t owner)
{
    size_t parent = process_history_parent(&collector->history, owner);

    return service_names_may_host(
        parent == SIZE_MAX ? NULL : collector->history.entries[parent].instance->name);
}

static bool is_old(const struct service_memory *memory, int64_t now)
{
    int64_t age = now - memory->asked_at;

    return memory->count > 0 && (age > FORGET_SERVICES_MS ||
                                 (age > FORGET_NO_SERVICE_MS && !service_memory_knows(memory)));
}

/* Forgets what is old, and says whether there is a process that was never asked about. */
static bool has_new_hosts(struct collector *collector, int64_t now)
{
    bool new_hosts = false;

    for (uint32_t i = 0; i < collector->history.count; i++) {
        struct process_entry *entry = &collector->history.entries[i];

        if (is_old(&entry->services, now)) {
            service_memory_clear(&entry->services);
        }
        new_hosts =
            new_hosts || (entry->owns && entry->services.count == 0 && may_host(collector, i));
    }
    return new_hosts;
}

static bool ask_for_service(struct collector *collector, const struct socket_row *row,
                            struct failure *why)
{
    struct process_entry *entry = &collector->history.entries[row->owner];
    enum service_basis basis = (enum service_basis)0;
    struct text name = {0};
    bool ok;

    if (row->service_tag != 0 || may_host(collector, row->owner)) {
        basis = service_names_find(collector->services, row->pid, entry->instance->start,
                                   row->service_tag, &name);
    }
    ok = text_ok(&name, why) &&
         service_memory_add(&entry->services, row->service_tag, (int)basis, text_bytes(&name), why);
    if (entry->services.asked_at == 0) {
        entry->services.asked_at = clock_steady();
    }
    text_clear(&name);
    return ok;
}

static bool name_service(struct collector *collector, struct socket_row *row,
                         struct snapshot *snapshot, struct failure *why)
{
    const struct process_entry *entry = &collector->history.entries[row->owner];
    struct service_answer *answer = service_memory_find(&entry->services, row->service_tag);

    if (answer == NULL) {
        if (!ask_for_service(collector, row, why)) {
            return false;
        }
        answer = service_memory_find(&entry->services, row->service_tag);
    }
    if (answer->basis != 0 && answer->sample != collector->sample) {
        if (!snapshot_add_service(snapshot, answer->name, (enum service_basis)answer->basis,
                                  &answer->service, why)) {
            return false;
        }
        answer->sample = collector->sample;
    }
    row->service = answer->basis != 0 ? answer->service : SOCKET_NO_SERVICE;
    return true;
}

static bool name_driver(struct collector *collector, struct socket_row *row,
                        struct snapshot *snapshot, struct failure *why)
{
    struct text name = {0};
    enum service_basis basis = kernel_port_name(row, &collector->urls, &name);
    bool ok = text_ok(&name, why);

    if (ok && basis != 0) {
        ok = snapshot_add_service(snapshot, text_bytes(&name), basis, &row->service, why);
    }
    text_clear(&name);
    return ok;
}

static bool refresh_urls(struct collector *collector, int64_t now, struct failure *why)
{
    if (collector->urls_at != 0 && now - collector->urls_at < READ_URLS_MS) {
        return true;
    }
    collector->urls_at = now;
    return url_list_read(&collector->urls, why);
}

static bool name_services(struct collector *collector, struct snapshot *snapshot,
                          struct failure *why)
{
    int64_t now = clock_steady();

    if (!collector->options.details) {
        return true;
    }
    if (!refresh_urls(collector, now, why)) {
        return false;
    }
    service_names_begin(collector->services, has_new_hosts(collector, now));
    for (size_t i = 0; i < collector->sockets.count; i++) {
        struct socket_row *row = &collector->sockets.rows[i];

        if (row->owner >= collector->history.count) {
            continue;
        }
        if (!(row->attribution == ATTRIBUTION_KERNEL ? name_driver : name_service)(collector, row,
                                                                                   snapshot, why)) {
            return false;
        }
    }
    return true;
}

/*
 * The snapshot.
 */

/* The processes in their order, without those that are left out; places[] says where each is. */
static bool fill_processes(struct collector *collector, struct snapshot *snapshot,
                           struct failure *why)
{
    if (!reset_places(collector, why)) {
        return false;
    }
    for (size_t i = 0; i < collector->history.count; i++) {
        const struct process_entry *entry = &collector->history.entries[i];

        if (entry->left_out) {
            snapshot->left_out_processes++;
        } else if (!snapshot_add_process(snapshot, entry->instance, &collector->places[i], why)) {
            return false;
        }
    }
    return true;
}

/* An owner that has ended is added behind the others, when its first socket is met. */
static bool fill_ended(struct collector *collector, uint32_t owner, struct snapshot *snapshot,
                       struct failure *why)
{
    bool left_out;
    const struct process_instance *ended = owner_of(collector, owner, &left_out);

    if (owner < collector->history.count || collector->places[owner] != SOCKET_NO_OWNER) {
        return true;
    }
    if (!snapshot_add_process(snapshot, ended, &collector->places[owner], why)) {
        return false;
    }
    snapshot->ended_count++;
    return true;
}

/* What the service itself asks others is no news of this machine. */
static bool is_probe(const struct collector *collector, const struct process_instance *owner)
{
    return collector->options.probing_pid != 0 && owner->pid == collector->options.probing_pid;
}

static bool fill_socket(struct collector *collector, const struct socket_row *row,
                        struct snapshot *snapshot, struct failure *why)
{
    struct socket_row filled = *row;
    bool left_out = false;

    if (row->owner != SOCKET_NO_OWNER) {
        left_out = is_probe(collector, owner_of(collector, row->owner, &left_out)) || left_out;
        if (left_out) {
            snapshot->left_out_sockets++;
            return true;
        }
        if (!fill_ended(collector, row->owner, snapshot, why)) {
            return false;
        }
        filled.owner = collector->places[row->owner];
    }
    return snapshot_add_socket(snapshot, &filled, why);
}

static bool fill(struct collector *collector, struct snapshot *snapshot, struct failure *why)
{
    snapshot->lacks = collector->sockets.lacks;
    if (!fill_processes(collector, snapshot, why)) {
        return false;
    }
    for (size_t i = 0; i < collector->sockets.count; i++) {
        if (!fill_socket(collector, &collector->sockets.rows[i], snapshot, why)) {
            return false;
        }
    }
    return true;
}

/* What the sample before says counts only where it was directly before this one. */
static void check_gap(struct collector *collector, const struct snapshot *snapshot)
{
    int64_t interval = collector->options.interval;

    if (interval == 0 ||
        snapshot_gap_find(&collector->before_times, snapshot, interval) != SNAPSHOT_GAP_NONE) {
        owner_history_reset(&collector->before);
    }
    collector->before_times.taken_at = snapshot->taken_at;
    collector->before_times.steady_at = snapshot->steady_at;
    collector->before_times.awake_at = snapshot->awake_at;
}

static bool take(struct collector *collector, struct snapshot *snapshot, struct failure *why)
{
    return read_system(collector, snapshot->taken_at, why) && open_for_privacy(collector, why) &&
           attribute(collector, why) && carry_owners(collector, why) &&
           look_closer(collector, why) && name_services(collector, snapshot, why) &&
           fill(collector, snapshot, why) && remember_owners(collector, why);
}

bool collector_sample(struct collector *collector, struct snapshot *snapshot, struct failure *why)
{
    snapshot_reset(snapshot);
    snapshot->taken_at = clock_now();
    snapshot->steady_at = clock_steady();
    snapshot->awake_at = clock_awake();
    snapshot->left_out_by = collector->privacies;
    collector->sample++;
    check_gap(collector, snapshot);
    if (!take(collector, snapshot, why)) {
        snapshot_reset(snapshot);
        owner_history_reset(&collector->before);
        return false;
    }
    owner_history_swap(&collector->before, &collector->next);
    process_history_release_idle(&collector->history);
    return true;
}

bool collector_complete(struct collector *collector, int64_t milliseconds)
{
    int64_t until = clock_steady() + milliseconds;
    bool images = collector->images == NULL || image_reader_wait(collector->images, milliseconds);
    int64_t left = until - clock_steady();

    return (collector->accounts == NULL ||
            account_names_wait(collector->accounts, left > 0 ? left : 0)) &&
           images;
}

void collector_close(struct collector *collector)
{
    if (collector != NULL) {
        socket_reader_close(collector->socket_reader);
        process_reader_close(collector->process_reader);
        socket_owners_close(collector->owners);
        socket_table_clear(&collector->sockets);
        process_table_clear(&collector->processes);
        process_history_clear(&collector->history);
        owner_history_clear(&collector->before);
        owner_history_clear(&collector->next);
        image_library_close(collector->library);
        image_reader_close(collector->images);
        account_names_close(collector->accounts);
        service_names_close(collector->services);
        url_list_clear(&collector->urls);
        collector_options_clear(&collector->options);
        free(collector->places);
        free(collector);
    }
}
