/* SPDX-License-Identifier: MIT */

#include "reportcli/portqry_local.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/user_stop.h"
#include "collector/collector.h"
#include "collector/service_facts.h"
#include "reportcli/port_statistics.h"

enum {
    NUMBER_SIZE = 24,
    FIRST_SERVICES = 64,
};

/* A service, as it is told: its lines are an offset into `lines`. */
struct told_service {
    uint32_t pid;
    size_t lines;
};

struct local {
    struct portqry_page *page;
    const struct portqry_options *options;
    struct snapshot snapshot;
    struct text text;   /* what is said next */
    struct text tables; /* of a watch: what was shown last */
    struct told_service *services;
    size_t service_count;
    size_t service_capacity;
    struct text lines;
};

static void add(struct text *text, enum portqry_word word, const char *const *arguments)
{
    portqry_add_words(text, word, arguments);
}

static void flush(struct local *local)
{
    portqry_say_text(local->page, &local->text);
    text_reset(&local->text);
}

/* Services. */

static bool reserve_service(struct local *local)
{
    size_t capacity = local->service_capacity * 2 + FIRST_SERVICES;
    struct told_service *services;

    if (local->service_count < local->service_capacity) {
        return true;
    }
    services = realloc(local->services, capacity * sizeof(*services));
    if (services == NULL) {
        return false;
    }
    local->services = services;
    local->service_capacity = capacity;
    return true;
}

static void tell_service(struct local *local, const struct service_fact *fact)
{
    static const enum portqry_word kinds[] = {
        [SERVICE_KIND_OTHER] = PORTQRY_WORD_COUNT,
        [SERVICE_KIND_OWN] = PORTQRY_SERVICE_OWN,
        [SERVICE_KIND_SHARED] = PORTQRY_SERVICE_SHARED,
    };

    if (!reserve_service(local)) {
        local->lines.failed = true;
        return;
    }
    local->services[local->service_count++] =
        (struct told_service){.pid = fact->pid, .lines = local->lines.size};
    add(&local->lines, PORTQRY_SERVICE, (const char *const[]){fact->name, fact->title});
    if (kinds[fact->kind] != PORTQRY_WORD_COUNT) {
        add(&local->lines, kinds[fact->kind], NULL);
    }
    add(&local->lines, PORTQRY_EMPTY, NULL);
    text_add_char(&local->lines, '\0');
}

static bool take_fact(void *context, const struct service_fact *fact)
{
    tell_service(context, fact);
    return true;
}

static bool has_service(const struct local *local, uint32_t pid)
{
    for (size_t i = 0; i < local->service_count; i++) {
        if (local->services[i].pid == pid) {
            return true;
        }
    }
    return false;
}

/* Units of Linux: they have a name, and nothing else. */
static void take_units(struct local *local)
{
    const struct snapshot *snapshot = &local->snapshot;

    for (size_t i = 0; i < snapshot->socket_count; i++) {
        const struct socket_row *row = &snapshot->sockets[i];
        int basis = 0;
        const char *name = snapshot_service_name(snapshot, row, &basis);

        if (name != NULL && basis == SERVICE_BY_CGROUP && !has_service(local, row->pid)) {
            tell_service(local,
                         &(struct service_fact){.pid = row->pid, .name = name, .title = name});
        }
    }
}

static void read_services(struct local *local)
{
    local->service_count = 0;
    text_reset(&local->lines);
    if (local->options->verbose) {
        service_facts_walk(take_fact, local);
        take_units(local);
    }
}

static void add_services(struct local *local, uint32_t pid)
{
    if (!has_service(local, pid)) {
        add(&local->text, PORTQRY_NO_SERVICE, NULL);
    }
    for (size_t i = 0; i < local->service_count; i++) {
        if (local->services[i].pid == pid) {
            text_add(&local->text, text_bytes(&local->lines) + local->services[i].lines);
        }
    }
}

/* Rows. */

static int compare_rows(const void *left, const void *right)
{
    const struct socket_row *a = left;
    const struct socket_row *b = right;

    return a->pid != b->pid ? (a->pid < b->pid ? -1 : 1) : socket_row_compare(left, right);
}

static void sort_rows(struct snapshot *snapshot)
{
    if (snapshot->socket_count > 1) {
        qsort(snapshot->sockets, snapshot->socket_count, sizeof(snapshot->sockets[0]),
              compare_rows);
    }
}

static void add_head(struct text *text, const char *first)
{
    text_addf(text, "%-15s\t%-9s\t%-15s\t%-11s\t Remote IP:Port\n", first, "Port", "Local IP",
              "State");
}

static void add_remote(struct text *text, const struct socket_row *row)
{
    if (row->protocol == SOCKET_UDP) {
        text_add(text, "*:*");
    } else if (row->remote.address_size == 0) {
        text_add(text, row->local.address_size == 4 ? "0.0.0.0:0" : "[::]:0");
    } else {
        socket_endpoint_add(text, &row->remote);
    }
}

static void add_row(struct text *text, const struct socket_row *row, const char *first)
{
    struct text local = {0};
    struct text remote = {0};

    socket_endpoint_add_address(&local, &row->local);
    add_remote(&remote, row);
    text_addf(text, "%-15s\t%s %-5u\t%-15s\t%-11s\t %s\n", first,
              socket_protocol_name(row->protocol), row->local.port, text_bytes(&local),
              row->protocol == SOCKET_UDP ? "" : socket_state_name(row->state),
              text_bytes(&remote));
    text_clear(&local);
    text_clear(&remote);
}

/* PortQry has names of its own for two processes: one in rows, another above them. */
static const struct {
    uint32_t pid;
    const char *name;
    const char *in_rows;
    const char *above;
} renamed[] = {
    {0, "System Idle Process", "System Idle", "System Idle Process"},
    {4, "System", "System", "System Process"},
};

static const char *name_of(const struct process_instance *instance, bool in_rows)
{
    const char *name = process_instance_shown_name(instance);

    for (size_t i = 0; i < sizeof(renamed) / sizeof(renamed[0]); i++) {
        if (instance->pid == renamed[i].pid && strcmp(name, renamed[i].name) == 0) {
            return in_rows ? renamed[i].in_rows : renamed[i].above;
        }
    }
    return name;
}

/* "484:lsass.exe"; of a process whose name is not known the number alone. */
static void add_owned_row(struct text *text, const struct snapshot *snapshot,
                          const struct socket_row *row)
{
    const struct process_instance *owner = snapshot_owner(snapshot, row);
    struct text first = {0};

    text_addf(&first, "%" PRIu32, row->pid);
    if (owner != NULL) {
        const char *name = name_of(owner, true);

        text_add_char(&first, ':');
        text_add_visible(&first, name, strlen(name));
    }
    add_row(text, row, text_bytes(&first));
    text_clear(&first);
}

/* The numbers first, and what states they are in behind an empty line. */
static void add_statistics(struct text *text, const struct port_statistics *statistics)
{
    struct text lines = {0};
    const char *states;

    port_statistics_add_text(&lines, statistics);
    states = strstr(text_bytes(&lines), "TCP ports in");
    add(text, PORTQRY_STATISTICS, NULL);
    text_add_bytes(text, text_bytes(&lines),
                   states != NULL ? (size_t)(states - text_bytes(&lines)) : lines.size);
    if (states != NULL) {
        add(text, PORTQRY_EMPTY, NULL);
        text_add(text, states);
    }
    text_clear(&lines);
}

/* Blocks of processes. */

static const struct process_instance *find_process(const struct snapshot *snapshot, uint32_t pid)
{
    for (size_t i = 0; i < snapshot->process_count; i++) {
        if (snapshot->processes[i]->pid == pid) {
            return snapshot->processes[i];
        }
    }
    return NULL;
}

static void add_modules(struct text *text, const struct process_instance *instance)
{
    const struct module_list *list = instance != NULL ? instance->modules : NULL;

    if (list == NULL || list->access != MODULES_READ || list->count == 0) {
        add(text, PORTQRY_NO_MODULES, NULL);
        return;
    }
    add(text, PORTQRY_MODULES, NULL);
    for (size_t i = 0; i < list->count; i++) {
        char base[NUMBER_SIZE];

        (void)snprintf(base, sizeof(base), "%08" PRIX64, list->modules[i].base);
        add(text, PORTQRY_MODULE, (const char *const[]){list->modules[i].image->path, base});
    }
}

static void add_process_head(struct text *text, const struct process_instance *instance,
                             uint32_t pid)
{
    char number[NUMBER_SIZE];
    bool is_named = instance != NULL;

    (void)snprintf(number, sizeof(number), "%" PRIu32, pid);
    add(text, PORTQRY_PROCESS,
        (const char *const[]){number, is_named ? " (" : "",
                              is_named ? name_of(instance, false) : "", is_named ? ")" : ""});
}

/* The rows from `first` on that are of the process. Returns how many. */
static size_t add_table(struct local *local, uint32_t pid, size_t first)
{
    const struct snapshot *snapshot = &local->snapshot;
    struct port_statistics statistics = {0};
    char number[NUMBER_SIZE];
    size_t count = 0;

    (void)snprintf(number, sizeof(number), "%" PRIu32, pid);
    for (size_t i = first; i < snapshot->socket_count && snapshot->sockets[i].pid == pid; i++) {
        if (count++ == 0) {
            add_head(&local->text, "PID");
        }
        add_row(&local->text, &snapshot->sockets[i], number);
        port_statistics_add(&statistics, &snapshot->sockets[i]);
    }
    if (count > 0) {
        add(&local->text, PORTQRY_EMPTY, NULL);
    }
    add_statistics(&local->text, &statistics);
    return count;
}

static size_t add_block(struct local *local, uint32_t pid, size_t first)
{
    const struct process_instance *instance = find_process(&local->snapshot, pid);
    bool is_kernel = pid == 0 || (instance != NULL && instance->access == PROCESS_KERNEL);
    bool verbose = local->options->verbose;
    size_t count;

    add_process_head(&local->text, instance, pid);
    if (verbose && !is_kernel) {
        add_services(local, pid);
    }
    count = add_table(local, pid, first);
    if (verbose) {
        add_modules(&local->text, instance);
    }
    return count;
}

/* -local. */

static int compare_pids(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left;
    uint32_t b = *(const uint32_t *)right;

    return (a > b) - (a < b);
}

/* Of all processes, and of those that have ports and are gone. */
static bool add_blocks(struct local *local, struct failure *why)
{
    const struct snapshot *snapshot = &local->snapshot;
    size_t most = snapshot->process_count + snapshot->socket_count;
    uint32_t *pids = calloc(most + 1, sizeof(*pids));
    size_t count = 0;
    size_t row = 0;

    if (pids == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the processes");
    }
    for (size_t i = 0; i < snapshot->process_count; i++) {
        pids[count++] = snapshot->processes[i]->pid;
    }
    for (size_t i = 0; i < snapshot->socket_count; i++) {
        pids[count++] = snapshot->sockets[i].pid;
    }
    qsort(pids, count, sizeof(*pids), compare_pids);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || pids[i] != pids[i - 1]) {
            row += add_block(local, pids[i], row);
            flush(local);
        }
    }
    free(pids);
    return true;
}

static bool say_all(struct local *local, struct failure *why)
{
    const struct snapshot *snapshot = &local->snapshot;
    struct port_statistics statistics = {0};
    char number[NUMBER_SIZE];

    (void)snprintf(number, sizeof(number), "%zu", snapshot->socket_count);
    add(&local->text, PORTQRY_MAPPINGS, (const char *const[]){number});
    add_head(&local->text, "PID:Process");
    for (size_t i = 0; i < snapshot->socket_count; i++) {
        add_owned_row(&local->text, snapshot, &snapshot->sockets[i]);
        port_statistics_add(&statistics, &snapshot->sockets[i]);
    }
    add(&local->text, PORTQRY_EMPTY, NULL);
    add_statistics(&local->text, &statistics);
    if (local->options->verbose) {
        add(&local->text, PORTQRY_BY_PROCESS, NULL);
    }
    flush(local);
    return !local->options->verbose || add_blocks(local, why);
}

/* Watches. */

static bool is_watched(const struct local *local, const struct socket_row *row)
{
    return local->options->mode == PORTQRY_WATCH_PID ? row->pid == local->options->watched
                                                     : row->local.port == local->options->watched;
}

static void keep_watched(struct local *local)
{
    struct snapshot *snapshot = &local->snapshot;
    size_t kept = 0;

    for (size_t i = 0; i < snapshot->socket_count; i++) {
        if (is_watched(local, &snapshot->sockets[i])) {
            snapshot->sockets[kept++] = snapshot->sockets[i];
        }
    }
    snapshot->socket_count = kept;
}

static void say_date(struct local *local, enum portqry_word word)
{
    struct text date = {0};

    portqry_page_add_date(&date, clock_now());
    add(&local->text, word, (const char *const[]){text_bytes(&date)});
    flush(local);
    text_clear(&date);
}

static void say_sample(struct local *local)
{
    const struct snapshot *snapshot = &local->snapshot;

    say_date(local, PORTQRY_SAMPLE);
    for (size_t row = 0; row < snapshot->socket_count;) {
        row += add_block(local, snapshot->sockets[row].pid, row);
    }
    if (snapshot->socket_count == 0) {
        add(&local->text, PORTQRY_NOTHING, NULL);
    }
    flush(local);
}

/* The number of connections, or the state of one, is another. */
static bool has_changed(struct local *local)
{
    struct text tables = {0};
    bool changed;

    for (size_t i = 0; i < local->snapshot.socket_count; i++) {
        add_owned_row(&tables, &local->snapshot, &local->snapshot.sockets[i]);
    }
    changed = strcmp(text_bytes(&tables), text_bytes(&local->tables)) != 0;
    text_clear(&local->tables);
    local->tables = tables;
    return changed;
}

static void say_beginning(struct local *local)
{
    const struct portqry_options *options = local->options;
    bool is_pid = options->mode == PORTQRY_WATCH_PID;
    char number[NUMBER_SIZE];

    (void)snprintf(number, sizeof(number), "%" PRIu32, options->watched);
    add(&local->text, is_pid ? PORTQRY_WATCHING_PID : PORTQRY_WATCHING_PORT,
        (const char *const[]){number});
    (void)snprintf(number, sizeof(number), "%" PRIu32, options->seconds);
    add(&local->text, PORTQRY_CHECKING, (const char *const[]){number});
    if (options->verbose) {
        add(&local->text, PORTQRY_VERBOSE, NULL);
        if (is_pid) {
            add_services(local, options->watched);
        }
    }
    flush(local);
}

static void say_end(struct local *local, enum user_stop_reason reason)
{
    char number[NUMBER_SIZE];

    (void)snprintf(number, sizeof(number), "%" PRIu32, local->options->watched);
    add(&local->text,
        local->options->mode == PORTQRY_WATCH_PID ? PORTQRY_STOPPED_PID : PORTQRY_STOPPED_PORT,
        (const char *const[]){
            portqry_word_text(reason == USER_STOP_ESCAPE ? PORTQRY_ESCAPE : PORTQRY_CTRL_C),
            number});
    say_date(local, PORTQRY_SYSTEM_DATE);
}

static bool look(struct local *local, struct collector *collector, bool is_first,
                 struct failure *why)
{
    if (!collector_sample(collector, &local->snapshot, why)) {
        return false;
    }
    keep_watched(local);
    sort_rows(&local->snapshot);
    if (is_first) {
        read_services(local);
        say_beginning(local);
    }
    if (has_changed(local) || is_first) {
        if (!is_first) {
            read_services(local);
            portqry_say(local->page, PORTQRY_EMPTY, NULL);
        }
        say_sample(local);
    }
    return true;
}

static bool watch(struct local *local, struct collector *collector, struct failure *why)
{
    enum user_stop_reason reason = USER_STOP_NONE;
    bool done = user_stop_open(why) && look(local, collector, true, why);

    while (done && reason == USER_STOP_NONE && !local->page->failed) {
        reason = user_stop_wait((int64_t)local->options->seconds * 1000);
        if (reason == USER_STOP_NONE) {
            done = look(local, collector, false, why);
        }
    }
    if (done) {
        say_end(local, reason);
    }
    return done;
}

static bool look_once(struct local *local, struct collector *collector, struct failure *why)
{
    if (!collector_sample(collector, &local->snapshot, why)) {
        return false;
    }
    sort_rows(&local->snapshot);
    read_services(local);
    return say_all(local, why);
}

static void clear(struct local *local)
{
    snapshot_clear(&local->snapshot);
    text_clear(&local->text);
    text_clear(&local->tables);
    text_clear(&local->lines);
    free(local->services);
}

bool portqry_local_run(struct portqry_page *page, const struct portqry_options *options,
                       struct failure *why)
{
    struct local local = {.page = page, .options = options};
    bool is_local = options->mode == PORTQRY_LOCAL;
    const struct collector_options looks = {
        .details = options->verbose,
        .modules = options->verbose,
        .all_processes = is_local || options->mode == PORTQRY_WATCH_PID,
        .pid = options->mode == PORTQRY_WATCH_PID ? options->watched : 0,
        .hurry = true,
        .interval = is_local ? 0 : (int64_t)options->seconds * 1000,
    };
    struct collector *collector = NULL;
    bool done = collector_open(&collector, &looks, why);

    if (done && is_local) {
        done = look_once(&local, collector, why);
    } else if (done) {
        done = watch(&local, collector, why);
        user_stop_close();
    }
    collector_close(collector);
    clear(&local);
    return done;
}
