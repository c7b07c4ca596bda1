/* SPDX-License-Identifier: MIT */

#include "tests/unit/made_up.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support.h"

enum {
    PROCESSES = 20,
    SOCKETS = 60,
    PORTS = 12, /* few, so that sockets meet on them */
};

void made_up_begin(struct snapshot *snapshot, int64_t taken_at)
{
    snapshot_reset(snapshot);
    snapshot->taken_at = taken_at;
    snapshot->steady_at = taken_at;
    snapshot->awake_at = taken_at;
}

static uint32_t add_process(struct snapshot *snapshot, const struct process_instance *instance)
{
    struct failure why;
    uint32_t index;

    CHECK_DONE(snapshot_add_process(snapshot, instance, &index, &why), why);
    return index;
}

uint32_t made_up_process(struct snapshot *snapshot, uint32_t pid, uint64_t start, const char *name,
                         const char *path)
{
    struct process_instance fields = {
        .pid = pid,
        .parent_pid = 1,
        .start = start,
        .started_at = (int64_t)start,
        .session = 3,
        .access = path != NULL ? PROCESS_OPENED : PROCESS_NOT_OPENED,
        .name = name,
        .path = path,
    };
    const struct process_instance *instance = process_instance_make(&fields);
    uint32_t index;

    ck_assert_ptr_nonnull(instance);
    index = add_process(snapshot, instance);
    process_instance_release(instance);
    return index;
}

static void add_socket(struct snapshot *snapshot, struct socket_row row, uint32_t owner)
{
    struct failure why;

    row.owner = owner;
    if (owner != SOCKET_NO_OWNER) {
        row.pid = snapshot->processes[owner]->pid;
        row.attribution = ATTRIBUTION_EXACT;
    }
    CHECK_DONE(snapshot_add_socket(snapshot, &row, &why), why);
}

static struct socket_endpoint loopback(uint16_t port)
{
    return (struct socket_endpoint){.address = {127, 0, 0, 1}, .address_size = 4, .port = port};
}

void made_up_listener(struct snapshot *snapshot, uint16_t port, uint32_t owner)
{
    made_up_connection(snapshot, port, 0, SOCKET_LISTENING, owner);
}

void made_up_connection(struct snapshot *snapshot, uint16_t port, uint16_t remote_port,
                        enum socket_state state, uint32_t owner)
{
    add_socket(snapshot,
               (struct socket_row){
                   .protocol = SOCKET_TCP,
                   .state = (uint8_t)state,
                   .local = loopback(port),
                   .remote = loopback(remote_port),
               },
               owner);
}

void made_up_copy(struct snapshot *to, const struct snapshot *from)
{
    struct failure why;

    made_up_begin(to, from->taken_at);
    to->steady_at = from->steady_at;
    to->awake_at = from->awake_at;
    to->lacks = from->lacks;
    to->left_out_processes = from->left_out_processes;
    to->left_out_sockets = from->left_out_sockets;
    for (size_t i = 0; i < from->process_count; i++) {
        add_process(to, from->processes[i]);
    }
    to->ended_count = from->ended_count;
    for (size_t i = 0; i < from->service_count; i++) {
        const struct snapshot_service *service = &from->services[i];
        uint32_t same;

        CHECK_DONE(snapshot_add_service(to, from->service_names.bytes + service->name,
                                        (enum service_basis)service->basis, &same, &why),
                   why);
        ck_assert_uint_eq(same, i + 1);
    }
    for (size_t i = 0; i < from->socket_count; i++) {
        CHECK_DONE(snapshot_add_socket(to, &from->sockets[i], &why), why);
    }
}

static void check_process(const struct process_instance *is, const struct process_instance *should)
{
    ck_assert_uint_eq(is->pid, should->pid);
    ck_assert_uint_eq(is->start, should->start);
    ck_assert_int_eq(is->started_at, should->started_at);
    ck_assert_uint_eq(is->parent_pid, should->parent_pid);
    ck_assert_uint_eq(is->session, should->session);
    ck_assert_str_eq(is->name, should->name);
    if (should->path != NULL) { /* more may have been learned since */
        ck_assert_str_eq(is->path, should->path);
        ck_assert_uint_eq(is->access, should->access);
    }
    if (should->user != NULL) {
        ck_assert_str_eq(is->user->id, should->user->id);
        ck_assert_str_eq(is->command_line, should->command_line);
        ck_assert_uint_eq(is->integrity, should->integrity);
    }
}

static int compare_processes(const void *left, const void *right)
{
    const struct process_instance *a = *(const struct process_instance *const *)left;
    const struct process_instance *b = *(const struct process_instance *const *)right;

    return (a->pid > b->pid) - (a->pid < b->pid);
}

/* By pid, in a copy: the rows refer to places. */
static const struct process_instance **sorted_processes(const struct snapshot *snapshot)
{
    const struct process_instance **sorted =
        calloc(snapshot->process_count + 1, sizeof(const struct process_instance *));

    ck_assert_ptr_nonnull(sorted);
    for (size_t i = 0; i < snapshot->process_count; i++) {
        sorted[i] = snapshot->processes[i];
    }
    qsort((void *)sorted, snapshot->process_count, sizeof(void *), compare_processes);
    return sorted;
}

static void check_processes(const struct snapshot *is, const struct snapshot *should)
{
    const struct process_instance **left = sorted_processes(is);
    const struct process_instance **right = sorted_processes(should);

    ck_assert_uint_eq(is->process_count, should->process_count);
    ck_assert_uint_eq(is->ended_count, should->ended_count);
    for (size_t i = 0; i < is->process_count; i++) {
        check_process(left[i], right[i]);
    }
    free((void *)left);
    free((void *)right);
}

static void check_service(const struct snapshot *is, const struct socket_row *a,
                          const struct snapshot *should, const struct socket_row *b)
{
    int basis;
    int should_be;
    const char *left = snapshot_service_name(is, a, &basis);
    const char *right = snapshot_service_name(should, b, &should_be);

    ck_assert_int_eq(basis, should_be);
    ck_assert_int_eq(left == NULL, right == NULL);
    if (left != NULL) {
        ck_assert_str_eq(left, right);
    }
}

static void check_socket(const struct snapshot *is, const struct snapshot *should, size_t i)
{
    const struct socket_row *a = &is->sockets[i];
    const struct socket_row *b = &should->sockets[i];

    ck_assert_int_eq(a->protocol, b->protocol);
    ck_assert_int_eq(a->state, b->state);
    ck_assert(socket_endpoint_equal(&a->local, &b->local));
    ck_assert(socket_endpoint_equal(&a->remote, &b->remote));
    ck_assert_uint_eq(a->pid, b->pid);
    ck_assert_int_eq(a->attribution, b->attribution);
    ck_assert_int_eq(a->created_at, b->created_at);
    ck_assert_int_eq(a->owner == SOCKET_NO_OWNER, b->owner == SOCKET_NO_OWNER);
    check_service(is, a, should, b);
    if (a->owner != SOCKET_NO_OWNER) {
        check_process(snapshot_owner(is, a), snapshot_owner(should, b));
    }
}

/* The ledger keeps no socket ids, and gives the owners other places. */
static int compare_rows(const void *left, const void *right)
{
    struct socket_row a = *(const struct socket_row *)left;
    struct socket_row b = *(const struct socket_row *)right;
    int order;

    a.socket_id = b.socket_id = 0;
    a.owner = b.owner = SOCKET_NO_OWNER;
    a.service = b.service = SOCKET_NO_SERVICE;
    order = socket_row_compare(&a, &b);
    return order != 0 ? order : a.attribution - b.attribution;
}

void made_up_check_equal(struct snapshot *is, struct snapshot *should)
{
    ck_assert_int_eq(is->taken_at, should->taken_at);
    ck_assert_uint_eq(is->lacks, should->lacks);
    check_processes(is, should);
    ck_assert_uint_eq(is->socket_count, should->socket_count);
    if (is->socket_count > 0) {
        qsort(is->sockets, is->socket_count, sizeof(is->sockets[0]), compare_rows);
        qsort(should->sockets, should->socket_count, sizeof(should->sockets[0]), compare_rows);
    }
    for (size_t i = 0; i < is->socket_count; i++) {
        check_socket(is, should, i);
    }
}

/* Knuth's MMIX generator; its high bits are good enough to make things up. */
uint32_t made_up_random(uint64_t *state, uint32_t limit)
{
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)((*state >> 33) % limit);
}

struct machine {
    uint64_t random;
    int64_t wall;
    int64_t steady;
    int64_t awake;
    uint32_t next_pid;
    bool tells_creation; /* as Windows does; otherwise it gives ids to sockets, as Linux does */
    uint64_t socket_ids;
    unsigned lacks;
    const struct process_instance *processes[PROCESSES]; /* NULL: a free place */
    struct {
        bool is_open;
        int owner;                            /* a place in `processes`; -1: none */
        const struct process_instance *ended; /* a reference: the owner, which is gone */
        int service;                          /* a place in services[]; 0: none */
        struct socket_row row;
    } sockets[SOCKETS];
};

static uint32_t draw(struct machine *machine, uint32_t limit)
{
    return made_up_random(&machine->random, limit);
}

static void start_process(struct machine *machine, uint32_t place, bool with_path)
{
    static const char *const names[] = {"chrome.exe", "Chrome.EXE", "svchost.exe", "naïve", ""};
    char path[64];
    struct process_instance fields = {
        .pid = machine->next_pid,
        .start = (uint64_t)machine->steady + 1,
        .started_at = machine->wall,
        .parent_pid = draw(machine, 5),
        .session = draw(machine, 3),
        .access = with_path ? PROCESS_OPENED : PROCESS_NOT_OPENED,
        .name = names[draw(machine, (uint32_t)COUNT_OF(names))],
        .path = with_path ? path : NULL,
    };

    snprintf(path, sizeof(path), "/opt/%u", machine->next_pid % 7);
    machine->next_pid += 4;
    machine->processes[place] = process_instance_make(&fields);
    ck_assert_ptr_nonnull(machine->processes[place]);
}

static const struct {
    const char *name;
    enum service_basis basis;
} services[] = {
    {NULL, SERVICE_BY_TAG}, /* none */
    {"Dnscache", SERVICE_BY_TAG},    {"Dnscache", SERVICE_ONLY},
    {"BFE, mpssvc", SERVICE_ONE_OF}, {"ssh.service", SERVICE_BY_CGROUP},
};

/* The collector makes a new object with the same identity when it learns more. */
static void learn_path(struct machine *machine, uint32_t place)
{
    static const char *const ids[] = {"S-1-5-18", "1000", "65534"};
    const struct process_instance *known = machine->processes[place];
    struct process_instance fields = *known;
    char path[64];
    char command_line[64];

    if (known->path != NULL) {
        return;
    }
    fields.path = path;
    fields.access = PROCESS_OPENED;
    fields.integrity = (uint8_t)draw(machine, PROCESS_INTEGRITY_COUNT);
    fields.user = account_make(ids[draw(machine, COUNT_OF(ids))]);
    fields.command_line = command_line;
    snprintf(path, sizeof(path), "/usr/bin/%s", known->name); /* another program has another one */
    snprintf(command_line, sizeof(command_line), "learned --pid %u", known->pid);
    machine->processes[place] = process_instance_make(&fields);
    ck_assert_ptr_nonnull(machine->processes[place]);
    process_instance_release(known);
    account_release(fields.user);
}

/* Another program in the same instance, which keeps its sockets. */
static void exec_process(struct machine *machine, uint32_t place)
{
    const struct process_instance *known = machine->processes[place];
    struct process_instance fields = *known;

    fields.name = strcmp(known->name, "sh") == 0 ? "nc" : "sh";
    fields.path = draw(machine, 2) == 0 ? "/bin/busybox" : NULL;
    fields.user = NULL;
    fields.command_line = fields.path == NULL ? NULL : fields.name;
    fields.integrity = PROCESS_INTEGRITY_UNKNOWN;
    machine->processes[place] = process_instance_make(&fields);
    ck_assert_ptr_nonnull(machine->processes[place]);
    process_instance_release(known);
}

static void close_socket(struct machine *machine, uint32_t place)
{
    process_instance_release(machine->sockets[place].ended);
    machine->sockets[place].ended = NULL;
    machine->sockets[place].is_open = false;
}

/* Its sockets go with it, or stay behind as those of a process that is gone, or wait for their
 * end. */
static void end_process(struct machine *machine, uint32_t place)
{
    for (uint32_t i = 0; i < SOCKETS; i++) {
        struct socket_row *row = &machine->sockets[i].row;
        uint32_t fate = draw(machine, 3);

        if (!machine->sockets[i].is_open || machine->sockets[i].owner != (int)place) {
            continue;
        }
        machine->sockets[i].owner = -1;
        row->attribution = fate == 1 ? ATTRIBUTION_EXITED : ATTRIBUTION_CARRIED;
        if (fate == 0) {
            close_socket(machine, i);
        } else if (fate == 2) {
            machine->sockets[i].ended = process_instance_hold(machine->processes[place]);
            row->state = row->protocol == SOCKET_TCP ? SOCKET_TIME_WAIT : SOCKET_STATELESS;
        }
    }
    process_instance_release(machine->processes[place]);
    machine->processes[place] = NULL;
}

static struct socket_endpoint draw_end(struct machine *machine)
{
    struct socket_endpoint end = {
        .port = (uint16_t)(draw(machine, 2) == 0 ? 80 + draw(machine, PORTS)
                                                 : 65535 - draw(machine, PORTS)),
        .address_size = draw(machine, 3) == 0 ? 16 : 4,
    };

    end.address[0] = (uint8_t)(draw(machine, 2) == 0 ? 10 : 0);
    end.address[3] = (uint8_t)draw(machine, 4);
    if (end.address_size == 16 && draw(machine, 2) == 0) {
        end.address[0] = 0xfe;
        end.address[1] = 0x80;
        end.scope_id = 1 + draw(machine, 3);
    }
    return end;
}

static void open_socket(struct machine *machine, uint32_t place)
{
    static const uint8_t states[] = {SOCKET_LISTENING, SOCKET_SYN_SENT, SOCKET_ESTABLISHED,
                                     SOCKET_ESTABLISHED, SOCKET_TIME_WAIT};
    uint32_t owner = draw(machine, PROCESSES);
    bool udp = draw(machine, 3) == 0;
    struct socket_row row = {
        .local = draw_end(machine),
        .remote = draw_end(machine),
        .protocol = udp ? SOCKET_UDP : SOCKET_TCP,
        .state = udp ? SOCKET_STATELESS : states[draw(machine, sizeof(states))],
        .created_at = machine->tells_creation ? machine->wall - draw(machine, 2000) : 0,
        .socket_id = machine->tells_creation ? 0 : ++machine->socket_ids,
        .attribution = ATTRIBUTION_UNKNOWN,
    };

    machine->sockets[place].is_open = true;
    machine->sockets[place].owner = -1;
    machine->sockets[place].service = 0;
    if (machine->processes[owner] != NULL) {
        machine->sockets[place].service = (int)draw(machine, COUNT_OF(services));
        machine->sockets[place].owner = (int)owner;
        row.attribution = draw(machine, 4) == 0 ? ATTRIBUTION_CARRIED : ATTRIBUTION_EXACT;
        row.pid = machine->processes[owner]->pid;
    }
    machine->sockets[place].row = row;
}

static void change_socket(struct machine *machine, uint32_t place)
{
    struct socket_row *row = &machine->sockets[place].row;

    if (draw(machine, 2) == 0) {
        close_socket(machine, place);
    } else if (machine->sockets[place].ended != NULL) {
        return;
    } else if (draw(machine, 4) == 0) {
        row->attribution =
            row->attribution == ATTRIBUTION_EXACT ? ATTRIBUTION_CARRIED : ATTRIBUTION_EXACT;
    } else if (row->protocol == SOCKET_TCP) {
        row->state = (uint8_t)(SOCKET_LISTENING + draw(machine, SOCKET_TIME_WAIT - 1));
    }
}

void machine_change(struct machine *machine)
{
    for (uint32_t i = draw(machine, 4); i > 0; i--) {
        uint32_t place = draw(machine, PROCESSES);

        if (machine->processes[place] == NULL) {
            start_process(machine, place, draw(machine, 2) == 0);
        } else if (draw(machine, 2) == 0) {
            learn_path(machine, place);
        } else if (draw(machine, 4) == 0) {
            exec_process(machine, place);
        } else {
            end_process(machine, place);
        }
    }
    for (uint32_t i = draw(machine, 10); i > 0; i--) {
        uint32_t place = draw(machine, SOCKETS);

        if (machine->sockets[place].is_open) {
            change_socket(machine, place);
        } else {
            open_socket(machine, place);
        }
    }
    if (draw(machine, 100) == 0) {
        machine->lacks ^= SNAPSHOT_NO_IPV6_UDP;
    }
}

struct machine *machine_boot(uint64_t seed, int64_t wall)
{
    struct machine *machine = calloc(1, sizeof(*machine));

    ck_assert_ptr_nonnull(machine);
    machine->random = seed;
    machine->tells_creation = seed % 2 == 0;
    machine->wall = wall;
    machine->steady = machine->awake = 1000;
    machine->next_pid = 4;
    for (int i = 0; i < 10; i++) {
        machine_change(machine);
    }
    return machine;
}

void machine_halt(struct machine *machine)
{
    if (machine == NULL) {
        return;
    }
    for (int i = 0; i < PROCESSES; i++) {
        process_instance_release(machine->processes[i]);
    }
    for (uint32_t i = 0; i < SOCKETS; i++) {
        close_socket(machine, i);
    }
    free(machine);
}

void machine_wait(struct machine *machine, int64_t milliseconds)
{
    machine->wall += milliseconds;
    machine->steady += milliseconds;
    machine->awake += milliseconds;
}

void machine_sleep(struct machine *machine, int64_t milliseconds)
{
    machine_wait(machine, milliseconds);
    machine->awake -= milliseconds;
}

void machine_set_clock(struct machine *machine, int64_t forward)
{
    machine->wall += forward;
}

int64_t machine_clock(const struct machine *machine)
{
    return machine->wall;
}

/* Behind those that run, once. */
static uint32_t add_ended(struct snapshot *snapshot, const struct process_instance *ended)
{
    for (size_t i = snapshot_running_count(snapshot); i < snapshot->process_count; i++) {
        if (snapshot->processes[i] == ended) {
            return (uint32_t)i;
        }
    }
    snapshot->ended_count++;
    return add_process(snapshot, ended);
}

void machine_sample(const struct machine *machine, struct snapshot *snapshot)
{
    uint32_t places[PROCESSES];
    struct failure why;

    made_up_begin(snapshot, machine->wall);
    snapshot->steady_at = machine->steady;
    snapshot->awake_at = machine->awake;
    snapshot->lacks = machine->lacks;
    for (int i = 0; i < PROCESSES; i++) {
        places[i] = machine->processes[i] == NULL ? SOCKET_NO_OWNER
                                                  : add_process(snapshot, machine->processes[i]);
    }
    for (int i = 0; i < SOCKETS; i++) {
        struct socket_row row = machine->sockets[i].row;

        if (machine->sockets[i].is_open) {
            row.owner =
                machine->sockets[i].owner < 0 ? SOCKET_NO_OWNER : places[machine->sockets[i].owner];
            if (machine->sockets[i].ended != NULL) {
                row.owner = add_ended(snapshot, machine->sockets[i].ended);
                row.pid = machine->sockets[i].ended->pid;
            }
            if (machine->sockets[i].service != 0) {
                CHECK_DONE(snapshot_add_service(
                               snapshot, services[machine->sockets[i].service].name,
                               services[machine->sockets[i].service].basis, &row.service, &why),
                           why);
            }
            CHECK_DONE(snapshot_add_socket(snapshot, &row, &why), why);
        }
    }
}
