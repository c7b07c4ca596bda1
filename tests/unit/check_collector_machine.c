/* SPDX-License-Identifier: MIT */

/*
 * The collector on machines that are made up: what no real system shows when
 * it is asked to, and what happens when each of its calls fails.
 */

#include <stdlib.h>

#include "tests/support.h"

#include "base/clock.h"
#include "base/clock_fake.h"
#include "collector/collector.h"
#include "tests/fake_machine.h"
#include "tests/fake_memory.h"

enum {
    NOW = 1000000,
    INTERVAL = 1000,
    PATIENCE = 10000,
    SERVICES = 4, /* pids */
    SERVER = 8,
    CLIENT = 12,
};

static struct {
    struct collector_options options;
    struct collector *collector;
    struct snapshot snapshot;
    struct snapshot before;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    fixture.options = (struct collector_options){
        .details = true,
        .modules = true,
        .images = true,
        .interval = INTERVAL,
        .module_refresh = 60000,
    };
    fake_machine_reset(NOW);
}

static void close_fixture(void)
{
    fake_memory_refuse(0);
    snapshot_clear(&fixture.snapshot);
    snapshot_clear(&fixture.before);
    collector_close(fixture.collector);
    collector_options_clear(&fixture.options);
}

static void open_collector(void)
{
    CHECK_DONE(collector_open(&fixture.collector, &fixture.options, &fixture.why), fixture.why);
}

static void sample(void)
{
    if (fixture.collector == NULL) {
        open_collector();
    }
    CHECK_DONE(collector_sample(fixture.collector, &fixture.snapshot, &fixture.why), fixture.why);
    clock_fake_run(INTERVAL);
}

static const struct socket_row *find(uint16_t port)
{
    for (size_t i = 0; i < fixture.snapshot.socket_count; i++) {
        if (fixture.snapshot.sockets[i].local.port == port) {
            return &fixture.snapshot.sockets[i];
        }
    }
    return NULL;
}

static const struct process_instance *owner_of(uint16_t port)
{
    const struct socket_row *row = find(port);

    ck_assert_ptr_nonnull(row);
    return snapshot_owner(&fixture.snapshot, row);
}

static const struct process_instance *find_process(uint32_t pid)
{
    for (size_t i = 0; i < fixture.snapshot.process_count; i++) {
        if (fixture.snapshot.processes[i]->pid == pid) {
            return fixture.snapshot.processes[i];
        }
    }
    return NULL;
}

/* A server and its parent, which has no socket. */
static struct fake_process *start_server(void)
{
    struct fake_process *server;

    fake_machine_process(SERVICES, 0, "services.exe")->command_line = "services.exe";
    server = fake_machine_process(SERVER, SERVICES, "server");
    server->command_line = "server --all";
    server->integrity = PROCESS_INTEGRITY_SYSTEM;
    fake_machine_listener(80, SERVER);
    return server;
}

/* How the row's socket was created, what became of its process, and what is said of the owner. */
static const struct {
    int64_t created_at;
    uint8_t access;
    uint32_t pid;
    int attribution;
    bool named;
} attributions[] = {
    {0, PROCESS_OPENED, SERVER, ATTRIBUTION_EXACT, true},
    {1000 + SERVER, PROCESS_OPENED, SERVER, ATTRIBUTION_EXACT, true},
    {999 + SERVER, PROCESS_OPENED, SERVER, ATTRIBUTION_EXITED, false}, /* older than its process */
    {0, PROCESS_OPENED, 99, ATTRIBUTION_EXITED, false},                /* nobody has the pid */
    {0, PROCESS_KERNEL, SERVER, ATTRIBUTION_KERNEL, true},
    {0, PROCESS_DENIED, SERVER, ATTRIBUTION_EXACT, true},
    {0, PROCESS_OPENED, 0, ATTRIBUTION_UNKNOWN, false},
};

START_TEST(an_owner_is_named_as_surely_as_it_is_known)
{
    const struct process_instance *owner;

    start_server()->access = attributions[_i].access;
    fake_machine.sockets[0].created_at = attributions[_i].created_at;
    fake_machine.sockets[0].pid = attributions[_i].pid;
    sample();
    owner = owner_of(80);
    ck_assert_int_eq(find(80)->attribution, attributions[_i].attribution);
    ck_assert_int_eq(owner != NULL, attributions[_i].named);
    if (owner != NULL) {
        ck_assert_int_eq(owner->access, attributions[_i].access);
    }
}
END_TEST

START_TEST(an_owner_is_known_with_all_that_is_behind_it)
{
    const struct process_instance *owner;

    start_server();
    sample();
    ck_assert(collector_complete(fixture.collector, PATIENCE));
    owner = owner_of(80);
    ck_assert_str_eq(owner->path, "/bin/server");
    ck_assert_str_eq(owner->command_line, "server --all");
    ck_assert_str_eq(owner->user->id, "S-1-5-18");
    ck_assert_str_eq(account_name(owner->user), "NT AUTHORITY\\SYSTEM");
    ck_assert_int_eq(owner->integrity, PROCESS_INTEGRITY_SYSTEM);
    ck_assert_ptr_nonnull(image_facts(owner->image));
    ck_assert_int_eq(image_facts(owner->image)->status, IMAGE_READ);
    ck_assert_ptr_nonnull(owner->modules);
}
END_TEST

START_TEST(ancestors_are_opened_and_others_are_not)
{
    start_server();
    fake_machine_process(CLIENT, SERVICES, "client");
    sample();
    ck_assert_str_eq(find_process(SERVICES)->command_line, "services.exe");
    ck_assert_ptr_null(find_process(SERVICES)->modules);
    ck_assert_int_eq(find_process(CLIENT)->access, PROCESS_NOT_OPENED);
    ck_assert_int_eq(fake_machine.opened, 2);
    sample();
    ck_assert_int_eq(fake_machine.opened, 2);
}
END_TEST

START_TEST(a_process_is_held_while_it_owns_sockets)
{
    start_server();
    sample();
    ck_assert_int_eq(fake_machine.handles, 1);
    fake_machine_close(80);
    sample();
    ck_assert_int_eq(fake_machine.handles, 0);
    fake_machine_listener(81, SERVER);
    sample();
    ck_assert_int_eq(fake_machine.handles, 1);
    fake_machine_end(SERVER);
    fake_machine_close(81);
    sample();
    ck_assert_int_eq(fake_machine.handles, 0);
}
END_TEST

START_TEST(an_ancestor_that_owns_a_socket_later_is_held_then)
{
    start_server();
    sample();
    fake_machine_listener(443, SERVICES);
    sample();
    ck_assert_int_eq(fake_machine.handles, 2);
    ck_assert_int_eq(owner_of(443)->modules->access, MODULES_READ);
}
END_TEST

START_TEST(without_options_only_owners_are_opened_and_nothing_is_read)
{
    fixture.options = (struct collector_options){.interval = 0};
    start_server();
    sample();
    ck_assert_str_eq(owner_of(80)->path, "/bin/server");
    ck_assert_ptr_null(owner_of(80)->command_line);
    ck_assert_ptr_null(owner_of(80)->user);
    ck_assert_ptr_null(owner_of(80)->image);
    ck_assert_int_eq(fake_machine.opened, 1);
    ck_assert_int_eq(fake_machine.module_looks, 0);
    ck_assert_int_eq(fake_machine.service_asks, 0);
}
END_TEST

START_TEST(all_processes_can_be_looked_into_one_after_the_other)
{
    fixture.options.all_processes = true;
    fixture.options.hurry = true;
    start_server();
    fake_machine_process(CLIENT, SERVICES, "client")->command_line = "client";
    sample();
    ck_assert_str_eq(find_process(CLIENT)->command_line, "client");
    ck_assert_int_eq(find_process(CLIENT)->modules->access, MODULES_READ);
    ck_assert_int_eq(fake_machine.handles, 1);
}
END_TEST

/*
 * Carried forward.
 */

static void connect_client(enum socket_state state, uint32_t pid)
{
    fake_machine_close(5000);
    fake_machine_connection(5000, 80, state, pid);
}

START_TEST(the_owner_of_a_connection_is_carried_forward_when_it_waits_for_its_end)
{
    start_server();
    fake_machine_process(CLIENT, 0, "client");
    connect_client(SOCKET_ESTABLISHED, CLIENT);
    sample();
    connect_client(SOCKET_TIME_WAIT, 0);
    for (int i = 0; i < 3; i++) {
        sample();
        ck_assert_int_eq(find(5000)->attribution, ATTRIBUTION_CARRIED);
        ck_assert_uint_eq(find(5000)->pid, CLIENT);
        ck_assert_str_eq(owner_of(5000)->name, "client");
    }
    ck_assert_uint_eq(fixture.snapshot.ended_count, 0);
}
END_TEST

START_TEST(the_owner_is_carried_forward_also_when_it_has_ended)
{
    start_server();
    fake_machine_process(CLIENT, 0, "client");
    connect_client(SOCKET_ESTABLISHED, CLIENT);
    sample();
    connect_client(SOCKET_TIME_WAIT, 0);
    fake_machine_end(CLIENT);
    for (int i = 0; i < 3; i++) {
        sample();
        ck_assert_int_eq(find(5000)->attribution, ATTRIBUTION_CARRIED);
        ck_assert_str_eq(owner_of(5000)->path, "/bin/client");
        ck_assert_uint_eq(fixture.snapshot.ended_count, 1);
        ck_assert_uint_eq(snapshot_running_count(&fixture.snapshot), 2);
    }
    fake_machine_close(5000);
    sample();
    ck_assert_uint_eq(fixture.snapshot.ended_count, 0);
}
END_TEST

START_TEST(a_newcomer_with_the_pid_inherits_no_connection)
{
    start_server();
    fake_machine_process(CLIENT, 0, "client");
    connect_client(SOCKET_ESTABLISHED, CLIENT);
    sample();
    connect_client(SOCKET_TIME_WAIT, 0);
    fake_machine_end(CLIENT);
    fake_machine_process(CLIENT, 0, "parent")->start = 5000;
    sample();
    ck_assert_str_eq(owner_of(5000)->name, "client");
    ck_assert_uint_eq(fixture.snapshot.ended_count, 1);
}
END_TEST

START_TEST(a_connection_keeps_the_service_that_its_tag_named)
{
    int basis;

    fake_machine_process(SERVICES, 0, "services.exe");
    fake_machine_process(CLIENT, SERVICES, "svchost.exe")->services = "BFE, mpssvc";
    fake_machine_connection(5000, 80, SOCKET_ESTABLISHED, CLIENT)->service_tag = 7;
    sample();
    connect_client(SOCKET_TIME_WAIT, 0);
    sample();
    ck_assert_str_eq(snapshot_service_name(&fixture.snapshot, find(5000), &basis), "service7");
    ck_assert_int_eq(basis, SERVICE_BY_TAG);
}
END_TEST

START_TEST(another_program_of_the_process_inherits_no_connection)
{
    start_server();
    fake_machine_process(CLIENT, 0, "client")->program = 1;
    connect_client(SOCKET_ESTABLISHED, CLIENT);
    sample();
    connect_client(SOCKET_TIME_WAIT, 0);
    fake_machine_end(CLIENT);
    fake_machine_process(CLIENT, 0, "parent")->program = 2;
    sample();
    ck_assert_str_eq(owner_of(5000)->name, "client");
    ck_assert_str_eq(find_process(CLIENT)->name, "parent");
}
END_TEST

static void let_sample_fail(void)
{
    fake_machine.fails = FAKE_READ_PROCESSES;
    CHECK_FAILED(collector_sample(fixture.collector, &fixture.before, &fixture.why), FAILURE_SYSTEM,
                 fixture.why);
    fake_machine.fails = FAKE_NONE;
}

static void let_machine_sleep(void)
{
    clock_fake_sleep(60000);
}

static void let_time_pass(void)
{
    clock_fake_run(4000);
}

static void set_the_clock(void)
{
    clock_fake_set(clock_now() - 10000);
}

static void (*const gaps[])(void) = {let_sample_fail, let_machine_sleep, let_time_pass,
                                     set_the_clock};

START_TEST(nothing_is_carried_over_a_gap)
{
    start_server();
    fake_machine_process(CLIENT, 0, "client");
    connect_client(SOCKET_ESTABLISHED, CLIENT);
    sample();
    connect_client(SOCKET_TIME_WAIT, 0);
    gaps[_i]();
    sample();
    ck_assert_int_eq(find(5000)->attribution, ATTRIBUTION_UNKNOWN);
    ck_assert_ptr_null(owner_of(5000));
}
END_TEST

START_TEST(a_socket_whose_holder_is_just_ending_keeps_its_owner_for_one_sample)
{
    struct socket_row *row;

    start_server();
    fake_machine_process(CLIENT, 0, "client");
    fake_machine_connection(5000, 80, SOCKET_ESTABLISHED, CLIENT)->socket_id = 7;
    sample();
    fake_machine_close(5000);
    fake_machine_end(CLIENT);
    row = fake_machine_connection(5000, 80, SOCKET_ESTABLISHED, 0);
    row->socket_id = 7;
    row->attribution = ATTRIBUTION_DENIED;
    sample();
    ck_assert_int_eq(find(5000)->attribution, ATTRIBUTION_CARRIED);
    ck_assert_str_eq(owner_of(5000)->name, "client");
    sample(); /* whoever has it now, we may not see */
    ck_assert_int_eq(find(5000)->attribution, ATTRIBUTION_DENIED);
}
END_TEST

START_TEST(another_connection_inherits_no_owner)
{
    start_server();
    fake_machine_process(CLIENT, 0, "client");
    connect_client(SOCKET_ESTABLISHED, CLIENT);
    sample();
    fake_machine_close(5000);
    fake_machine_connection(5000, 81, SOCKET_TIME_WAIT, 0);
    sample();
    ck_assert_int_eq(find(5000)->attribution, ATTRIBUTION_UNKNOWN);
}
END_TEST

START_TEST(a_listener_without_an_owner_inherits_none)
{
    start_server();
    sample();
    fake_machine_close(80);
    fake_machine_listener(80, 0);
    sample();
    ck_assert_int_eq(find(80)->attribution, ATTRIBUTION_UNKNOWN);
}
END_TEST

/*
 * Services.
 */

static const char *service_of(uint16_t port, int *basis)
{
    return snapshot_service_name(&fixture.snapshot, find(port), basis);
}

static const struct {
    const char *services;
    const char *name;
    uint32_t tag;
    int basis;
} services[] = {
    {"Dnscache", "Dnscache", 0, SERVICE_ONLY},
    {"BFE, mpssvc", "BFE, mpssvc", 0, SERVICE_ONE_OF},
    {"BFE, mpssvc", "service7", 7, SERVICE_BY_TAG},
    {NULL, NULL, 0, 0},
};

START_TEST(the_service_of_a_socket_is_named_with_how_it_is_known)
{
    const char *name;
    int basis;

    start_server()->services = services[_i].services;
    fake_machine.sockets[0].service_tag = services[_i].tag;
    for (int i = 0; i < 3; i++) {
        sample();
        name = service_of(80, &basis);
        ck_assert_int_eq(basis, services[_i].basis);
        ck_assert_int_eq(name == NULL, services[_i].name == NULL);
        if (name != NULL) {
            ck_assert_str_eq(name, services[_i].name);
        }
    }
    ck_assert_int_eq(fake_machine.service_asks, 1);
    ck_assert_int_eq(fake_machine.service_lists, 1);
}
END_TEST

START_TEST(whose_parent_is_no_service_manager_is_no_service)
{
    start_server();
    fake_machine_process(CLIENT, SERVER, "client")->services = "Dnscache";
    fake_machine_listener(53, CLIENT);
    sample();
    ck_assert_ptr_null(service_of(53, NULL));
}
END_TEST

START_TEST(services_are_asked_for_again_after_a_while)
{
    int basis;
    struct fake_process *server = start_server();

    server->services = "BFE";
    sample();
    server->services = "BFE, mpssvc";
    clock_fake_run(400000);
    sample();
    ck_assert_str_eq(service_of(80, &basis), "BFE, mpssvc");
    ck_assert_int_eq(basis, SERVICE_ONE_OF);
}
END_TEST

START_TEST(a_process_without_a_service_is_asked_again_soon)
{
    struct fake_process *server = start_server();

    sample();
    ck_assert_ptr_null(service_of(80, NULL));
    server->services = "BFE"; /* it was only starting */
    clock_fake_run(5000);
    sample();
    ck_assert_str_eq(service_of(80, NULL), "BFE");
}
END_TEST

START_TEST(a_port_of_the_kernel_has_its_driver)
{
    int basis;

    start_server()->access = PROCESS_KERNEL;
    fake_machine_listener(445, SERVER);
    fake_machine_listener(9999, SERVER);
    fake_machine.url = "http://+:80/reports/";
    sample();
    ck_assert_ptr_nonnull(strstr(service_of(80, &basis), "http://+:80/reports/"));
    ck_assert_int_eq(basis, SERVICE_BY_URL);
    ck_assert_str_eq(service_of(445, &basis), "srv2");
    ck_assert_int_eq(basis, SERVICE_BY_PORT);
    ck_assert_ptr_null(service_of(9999, &basis));
}
END_TEST

/*
 * Modules.
 */

static void map(struct fake_process *process, int place, const char *path)
{
    process->modules[place] = (struct fake_module){
        .path = path, .base = (uint64_t)0x1000 * (unsigned)(place + 1), .size = 0x800};
}

START_TEST(modules_are_looked_at_when_an_owner_is_new_and_again_later)
{
    struct fake_process *server = start_server();
    const struct process_instance *first;

    map(server, 0, "/bin/server");
    sample();
    first = owner_of(80);
    ck_assert_uint_eq(first->modules->count, 1);
    ck_assert_ptr_eq(first->modules->modules[0].image, first->image);
    for (int i = 0; i < 5; i++) {
        sample();
    }
    ck_assert_int_eq(fake_machine.module_looks, 1);
    ck_assert_ptr_eq(owner_of(80), first);
    clock_fake_run(60000);
    sample();
    ck_assert_int_eq(fake_machine.module_looks, 2);
    ck_assert_ptr_eq(owner_of(80), first); /* nothing new, no new object */
    map(server, 1, "/lib/late.so");
    clock_fake_run(60000);
    sample();
    ck_assert_uint_eq(owner_of(80)->modules->count, 2);
    ck_assert_str_eq(owner_of(80)->modules->modules[1].image->path, "/lib/late.so");
}
END_TEST

static const struct {
    uint8_t process;
    uint8_t modules;
    uint8_t access;
} refused_looks[] = {
    {PROCESS_OPENED, MODULES_DENIED, MODULES_DENIED},
    {PROCESS_OPENED, MODULES_PROTECTED, MODULES_PROTECTED},
    {PROCESS_DENIED, MODULES_READ, MODULES_DENIED},
};

START_TEST(modules_that_may_not_be_seen_are_said_to_be_so)
{
    struct fake_process *server = start_server();

    server->access = refused_looks[_i].process;
    server->module_access = refused_looks[_i].modules;
    sample();
    ck_assert_int_eq(owner_of(80)->modules->access, refused_looks[_i].access);
    ck_assert_uint_eq(owner_of(80)->modules->count, 0);
}
END_TEST

START_TEST(a_look_that_is_refused_later_leaves_what_was_known)
{
    struct fake_process *server = start_server();

    map(server, 0, "/bin/server");
    sample();
    server->module_access = MODULES_DENIED;
    clock_fake_run(60000);
    sample();
    ck_assert_int_eq(fake_machine.module_looks, 2);
    ck_assert_uint_eq(owner_of(80)->modules->count, 1);
}
END_TEST

START_TEST(slow_looks_do_not_hold_a_sample_up)
{
    fake_machine.look_takes = 200;
    for (uint32_t i = 0; i < 6; i++) {
        fake_machine_process(SERVER + i, 0, "server");
        fake_machine_listener((uint16_t)(80 + i), SERVER + i);
    }
    sample();
    ck_assert_int_eq(fake_machine.module_looks, 2);
    sample();
    sample();
    ck_assert_int_eq(fake_machine.module_looks, 6);
}
END_TEST

START_TEST(in_a_hurry_everything_is_looked_at_at_once)
{
    fixture.options.hurry = true;
    fake_machine.look_takes = 200;
    for (uint32_t i = 0; i < 6; i++) {
        fake_machine_process(SERVER + i, 0, "server");
        fake_machine_listener((uint16_t)(80 + i), SERVER + i);
    }
    sample();
    ck_assert_int_eq(fake_machine.module_looks, 6);
}
END_TEST

START_TEST(a_file_that_must_not_be_opened_is_not)
{
    struct fake_process *server = start_server();
    const struct module_list *modules;

    server->path = "//host/share/server";
    map(server, 0, "//host/share/server");
    map(server, 1, "/gone/library.so");
    sample();
    ck_assert(collector_complete(fixture.collector, PATIENCE));
    ck_assert_int_eq(image_facts(owner_of(80)->image)->status, IMAGE_REMOTE);
    modules = owner_of(80)->modules;
    ck_assert_int_eq(image_facts(modules->modules[0].image)->status, IMAGE_REMOTE);
    ck_assert_int_eq(image_facts(modules->modules[1].image)->status, IMAGE_GONE);
    ck_assert_int_eq(fake_machine.files_opened, 1); /* that of services.exe */
}
END_TEST

/*
 * Programs.
 */

START_TEST(a_process_that_runs_another_program_is_looked_at_anew)
{
    struct fake_process *server = start_server();

    server->program = 1;
    sample();
    server->program = 2;
    server->command_line = "server --other";
    sample();
    ck_assert_str_eq(owner_of(80)->command_line, "server --other");
    ck_assert_int_eq(fake_machine.handles, 1);
}
END_TEST

START_TEST(a_process_that_only_names_itself_anew_is_not)
{
    struct fake_process *server = start_server();
    const struct process_instance *first;

    server->program = 1;
    sample();
    first = owner_of(80);
    server->name = "worker";
    sample();
    ck_assert_ptr_eq(owner_of(80), first);
}
END_TEST

/*
 * Privacy.
 */

static void leave_out(struct pattern_list *list, const char *pattern)
{
    list->items = (char **)calloc(1, sizeof(char *));
    ck_assert_ptr_nonnull(list->items);
    list->items[0] = text_copy(pattern);
    ck_assert_ptr_nonnull(list->items[0]);
    list->count = 1;
}

static const char *const patterns[] = {"client", "CLI*", "/bin/cl?ent", "*/client"};

START_TEST(a_process_that_is_left_out_is_counted_and_not_named)
{
    start_server();
    fake_machine_process(CLIENT, 0, "client");
    connect_client(SOCKET_ESTABLISHED, CLIENT);
    leave_out(&fixture.options.privacy.processes, patterns[_i]);
    sample();
    ck_assert_ptr_null(find(5000));
    ck_assert_ptr_null(find_process(CLIENT));
    ck_assert_uint_eq(fixture.snapshot.left_out_processes, 1);
    ck_assert_uint_eq(fixture.snapshot.left_out_sockets, 1);
    ck_assert_str_eq(owner_of(80)->name, "server");
    connect_client(SOCKET_TIME_WAIT, 0);
    fake_machine_end(CLIENT);
    sample();
    ck_assert_ptr_null(find(5000)); /* nor what it leaves behind */
    ck_assert_uint_eq(fixture.snapshot.left_out_processes, 0);
    ck_assert_uint_eq(fixture.snapshot.left_out_sockets, 1);
}
END_TEST

START_TEST(a_command_line_that_is_left_out_is_marked)
{
    start_server();
    leave_out(&fixture.options.privacy.command_lines, _i == 0 ? "server" : "/bin/*");
    sample();
    ck_assert_ptr_null(owner_of(80)->command_line);
    ck_assert_int_eq(owner_of(80)->left_out, PROCESS_PART_COMMAND_LINE);
    ck_assert_str_eq(owner_of(80)->path, "/bin/server");
}
END_TEST

START_TEST(other_patterns_take_effect_at_once)
{
    struct collector_options other = {.details = true, .interval = INTERVAL};

    start_server();
    sample();
    leave_out(&other.privacy.processes, "server");
    CHECK_DONE(collector_configure(fixture.collector, &other, &fixture.why), fixture.why);
    collector_options_clear(&other);
    sample();
    ck_assert_ptr_null(find(80));
    CHECK_DONE(collector_configure(fixture.collector, &other, &fixture.why), fixture.why);
    sample();
    ck_assert_str_eq(owner_of(80)->name, "server");
}
END_TEST

/*
 * Failures.
 */

START_TEST(a_call_that_fails_gives_no_part_of_a_snapshot)
{
    start_server();
    sample();
    fake_machine_process(CLIENT, 0, "client");
    connect_client(SOCKET_ESTABLISHED, CLIENT);
    clock_fake_run(100000); /* everything is asked for again */
    fake_machine.fails = (enum fake_call)_i;
    CHECK_FAILED(collector_sample(fixture.collector, &fixture.snapshot, &fixture.why),
                 FAILURE_SYSTEM, fixture.why);
    ck_assert_uint_eq(fixture.snapshot.socket_count, 0);
    ck_assert_uint_eq(fixture.snapshot.process_count, 0);
    fake_machine.fails = FAKE_NONE;
    sample();
    ck_assert_str_eq(owner_of(80)->name, "server");
    ck_assert_str_eq(owner_of(5000)->name, "client");
}
END_TEST

/* All that a collector does, in three samples. */
static bool run_collector(void)
{
    bool ok = collector_open(&fixture.collector, &fixture.options, &fixture.why);

    for (int i = 0; ok && i < 3; i++) {
        ok = collector_sample(fixture.collector, &fixture.snapshot, &fixture.why);
        if (ok) {
            (void)collector_complete(fixture.collector, PATIENCE);
        }
        connect_client(i == 0 ? SOCKET_TIME_WAIT : SOCKET_ESTABLISHED, i == 0 ? 0 : CLIENT);
        clock_fake_run(INTERVAL);
    }
    snapshot_clear(&fixture.snapshot);
    snapshot_clear(&fixture.before);
    collector_close(fixture.collector);
    fixture.collector = NULL;
    return ok;
}

START_TEST(memory_that_runs_out_anywhere_costs_a_sample_and_no_more)
{
    long refusals = 0;
    bool done = false;

    leave_out(&fixture.options.privacy.command_lines, "parent");
    for (long n = 1; !done; n++) { /* Check itself allocates when it asserts something */
        long left;
        bool ok;

        fake_machine_reset(NOW);
        map(start_server(), 0, "/lib/one.so");
        fake_machine_process(CLIENT, 0, "client");
        connect_client(SOCKET_ESTABLISHED, CLIENT);
        left = -fake_memory_blocks();
        fake_memory_refuse(n);
        ok = run_collector();
        done = fake_memory_refused() == 0;
        fake_memory_refuse(0);
        left += fake_memory_blocks();
        ck_assert_msg(ok || fixture.why.kind == FAILURE_MEMORY, "%s", fixture.why.text);
        ck_assert_msg(left == 0, "refusal %ld leaves %ld blocks", n, left);
        ck_assert_int_eq(fake_machine.handles, 0);
        refusals += ok ? 0 : 1;
    }
    ck_assert_int_gt(refusals, 20);
}
END_TEST

static Suite *collector_machine_suite(void)
{
    Suite *suite = suite_create("collector_machine");
    TCase *tests = tcase_create("collector_machine");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, an_owner_is_named_as_surely_as_it_is_known, 0,
                        COUNT_OF(attributions));
    tcase_add_test(tests, an_owner_is_known_with_all_that_is_behind_it);
    tcase_add_test(tests, ancestors_are_opened_and_others_are_not);
    tcase_add_test(tests, a_process_is_held_while_it_owns_sockets);
    tcase_add_test(tests, an_ancestor_that_owns_a_socket_later_is_held_then);
    tcase_add_test(tests, without_options_only_owners_are_opened_and_nothing_is_read);
    tcase_add_test(tests, all_processes_can_be_looked_into_one_after_the_other);
    tcase_add_test(tests, the_owner_of_a_connection_is_carried_forward_when_it_waits_for_its_end);
    tcase_add_test(tests, the_owner_is_carried_forward_also_when_it_has_ended);
    tcase_add_test(tests, a_newcomer_with_the_pid_inherits_no_connection);
    tcase_add_test(tests, a_connection_keeps_the_service_that_its_tag_named);
    tcase_add_test(tests, another_program_of_the_process_inherits_no_connection);
    tcase_add_loop_test(tests, nothing_is_carried_over_a_gap, 0, COUNT_OF(gaps));
    tcase_add_test(tests, a_socket_whose_holder_is_just_ending_keeps_its_owner_for_one_sample);
    tcase_add_test(tests, another_connection_inherits_no_owner);
    tcase_add_test(tests, a_listener_without_an_owner_inherits_none);
    tcase_add_loop_test(tests, the_service_of_a_socket_is_named_with_how_it_is_known, 0,
                        COUNT_OF(services));
    tcase_add_test(tests, whose_parent_is_no_service_manager_is_no_service);
    tcase_add_test(tests, services_are_asked_for_again_after_a_while);
    tcase_add_test(tests, a_process_without_a_service_is_asked_again_soon);
    tcase_add_test(tests, a_port_of_the_kernel_has_its_driver);
    tcase_add_test(tests, modules_are_looked_at_when_an_owner_is_new_and_again_later);
    tcase_add_loop_test(tests, modules_that_may_not_be_seen_are_said_to_be_so, 0,
                        COUNT_OF(refused_looks));
    tcase_add_test(tests, a_look_that_is_refused_later_leaves_what_was_known);
    tcase_add_test(tests, slow_looks_do_not_hold_a_sample_up);
    tcase_add_test(tests, in_a_hurry_everything_is_looked_at_at_once);
    tcase_add_test(tests, a_file_that_must_not_be_opened_is_not);
    tcase_add_test(tests, a_process_that_runs_another_program_is_looked_at_anew);
    tcase_add_test(tests, a_process_that_only_names_itself_anew_is_not);
    tcase_add_loop_test(tests, a_process_that_is_left_out_is_counted_and_not_named, 0,
                        COUNT_OF(patterns));
    tcase_add_loop_test(tests, a_command_line_that_is_left_out_is_marked, 0, 2);
    tcase_add_test(tests, other_patterns_take_effect_at_once);
    tcase_add_loop_test(tests, a_call_that_fails_gives_no_part_of_a_snapshot, FAKE_NONE + 1,
                        FAKE_CALL_COUNT);
    tcase_add_test(tests, memory_that_runs_out_anywhere_costs_a_sample_and_no_more);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(collector_machine_suite());
}
