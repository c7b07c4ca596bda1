/* SPDX-License-Identifier: MIT */

/*
 * What the ledger keeps of the processes behind sockets: users, services,
 * command lines, images and modules, on the way in and out.
 */

#include <stdio.h>

#include "base/clock_fake.h"
#include "store/ledger.h"
#include "store/ledger_query.h"
#include "store/ledger_writer.h"
#include "tests/support.h"
#include "tests/unit/made_up.h"

static const char path[] = "check_ledger_process.db";
static const char lock_path[] = "check_ledger_process.db-lock";

static struct {
    struct ledger *ledger;
    struct ledger_writer *writer;
    struct ledger *reader;
    struct snapshot snapshot;
    struct snapshot state;
    const struct account *user;
    const struct image *images[3];
    const struct module_list *modules;
    struct failure why;
} fixture;

static void start_service(void)
{
    struct ledger_run run = {.program = "check", .pid = 77, .interval = 1000, .started_at = 5};

    snprintf(run.boot.id, sizeof(run.boot.id), "boot");
    CHECK_DONE(ledger_open(&fixture.ledger, path, LEDGER_WRITE, &fixture.why), fixture.why);
    CHECK_DONE(ledger_writer_open(&fixture.writer, fixture.ledger, &run, &fixture.why),
               fixture.why);
}

static void stop_service(void)
{
    struct ledger_writer *writer = fixture.writer;

    fixture.writer = NULL;
    CHECK_DONE(ledger_writer_close(writer, LEDGER_GAP_STOPPED, &fixture.why), fixture.why);
    ledger_close(fixture.ledger);
    fixture.ledger = NULL;
}

static const struct image *make_image(const char *image_path)
{
    const struct image fields = {
        .path = image_path,
        .seen_as = IMAGE_READ,
        .identity = {.volume = 1, .file = 2, .size = 3, .written_at = 4},
    };
    const struct image *image = image_make(&fields);

    ck_assert_ptr_nonnull(image);
    return image;
}

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    support_remove_database(path);
    remove(lock_path);
    clock_fake_reset();
    fixture.user = account_make("S-1-5-18");
    ck_assert_ptr_nonnull(fixture.user);
    fixture.images[0] = make_image("/bin/server");
    fixture.images[1] = make_image("/lib/one.so");
    fixture.images[2] = make_image("/lib/two.so");
    start_service();
}

static void close_fixture(void)
{
    if (fixture.writer != NULL &&
        !ledger_writer_close(fixture.writer, LEDGER_GAP_STOPPED, &fixture.why)) {
        puts(fixture.why.text);
    }
    ledger_close(fixture.ledger);
    ledger_close(fixture.reader);
    snapshot_clear(&fixture.snapshot);
    snapshot_clear(&fixture.state);
    account_release(fixture.user);
    for (int i = 0; i < COUNT_OF(fixture.images); i++) {
        image_release(fixture.images[i]);
    }
    module_list_release(fixture.modules);
    memset(&fixture, 0, sizeof(fixture));
    support_remove_database(path);
    remove(lock_path);
}

static long long number(const char *sql)
{
    return support_query_number(path, sql);
}

static void add(void)
{
    CHECK_DONE(ledger_writer_add(fixture.writer, &fixture.snapshot, &fixture.why), fixture.why);
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
}

/* Modules 1 and 2 by the bits of `which`, at bases of their own. */
static void set_modules(unsigned which, uint8_t access)
{
    struct module modules[2];
    struct module_list list = {.access = access, .has_own_list = true, .modules = modules};

    for (unsigned i = 0; i < 2; i++) {
        if ((which & 1U << i) != 0) {
            modules[list.count++] = (struct module){.image = fixture.images[i + 1],
                                                    .base = (uint64_t)0x1000 * (i + 1),
                                                    .size = 0x800 + i};
        }
    }
    module_list_release(fixture.modules);
    fixture.modules = module_list_make(&list);
    ck_assert_ptr_nonnull(fixture.modules);
}

static const struct process_instance *make_server(const char *command_line)
{
    struct process_instance fields = {
        .pid = 10,
        .start = 5,
        .started_at = 500,
        .access = PROCESS_OPENED,
        .integrity = PROCESS_INTEGRITY_HIGH,
        .name = "server",
        .path = "/bin/server",
        .command_line = command_line,
        .user = fixture.user,
        .image = fixture.images[0],
        .modules = fixture.modules,
    };
    const struct process_instance *instance = process_instance_make(&fields);

    ck_assert_ptr_nonnull(instance);
    return instance;
}

/* Begins a sample with the server in it, which listens on port 80. */
static void begin_sample(int64_t at, const char *command_line)
{
    const struct process_instance *server = make_server(command_line);
    uint32_t index;

    made_up_begin(&fixture.snapshot, at);
    CHECK_DONE(snapshot_add_process(&fixture.snapshot, server, &index, &fixture.why), fixture.why);
    process_instance_release(server);
    made_up_listener(&fixture.snapshot, 80, index);
}

static void sample(int64_t at)
{
    begin_sample(at, "server --all");
    add();
}

static void publish(const struct image *image, uint8_t first_byte)
{
    const struct image_facts fields = {
        .status = IMAGE_READ,
        .verdict = IMAGE_SIGNED,
        .signature = IMAGE_CATALOG,
        .taken_at = 1234,
        .sha256 = {first_byte},
        .version = "1.2.3",
        .company = "Example",
        .build_id = "00ff",
        .signer = "Example Root",
    };
    const struct image_facts *facts = image_facts_make(&fields);

    ck_assert_ptr_nonnull(facts);
    image_publish(image, facts);
    image_facts_release(facts);
}

/* The state of a moment, out of the file. */
static void read_state(int64_t at)
{
    struct ledger_moments moments;

    if (fixture.reader == NULL) {
        CHECK_DONE(ledger_open(&fixture.reader, path, LEDGER_READ, &fixture.why), fixture.why);
    }
    CHECK_DONE(ledger_find_moments(fixture.reader, at, &moments, &fixture.why), fixture.why);
    ck_assert_uint_eq(moments.count, 1);
    CHECK_DONE(ledger_state(fixture.reader, &moments.moments[0], LEDGER_STATE_MODULES,
                            &fixture.state, &fixture.why),
               fixture.why);
}

/* A text out of the file; the caller frees it. */
static bool has_text(const char *sql, const char *text)
{
    char query[300];

    snprintf(query, sizeof(query), "SELECT (%s) = '%s'", sql, text);
    return number(query) == 1;
}

static const struct process_instance *only_process(void)
{
    ck_assert_uint_eq(fixture.state.process_count, 1);
    return fixture.state.processes[0];
}

START_TEST(what_is_known_of_a_process_comes_back)
{
    const struct process_instance *server;

    sample(1000);
    read_state(1000);
    server = only_process();
    ck_assert_str_eq(server->command_line, "server --all");
    ck_assert_str_eq(server->user->id, "S-1-5-18");
    ck_assert_ptr_null(account_name(server->user));
    ck_assert_int_eq(server->integrity, PROCESS_INTEGRITY_HIGH);
    ck_assert_str_eq(server->image->path, "/bin/server");
    ck_assert_ptr_null(image_facts(server->image));
    ck_assert_ptr_null(server->modules);
}
END_TEST

START_TEST(the_name_of_an_account_is_stored_when_it_is_found)
{
    sample(1000);
    ck_assert(account_publish(fixture.user, "NT AUTHORITY\\SYSTEM"));
    sample(2000);
    read_state(1000);
    ck_assert_str_eq(account_name(only_process()->user), "NT AUTHORITY\\SYSTEM");
    ck_assert_int_eq(number("SELECT count(*) FROM user"), 1);
}
END_TEST

START_TEST(the_facts_of_an_image_are_stored_when_they_are_read)
{
    const struct image_facts *facts;

    set_modules(1, MODULES_READ);
    sample(1000);
    publish(fixture.images[0], 7);
    publish(fixture.images[1], 8);
    sample(2000);
    read_state(1000);
    facts = image_facts(only_process()->image);
    ck_assert_ptr_nonnull(facts);
    ck_assert_int_eq(facts->status, IMAGE_READ);
    ck_assert_int_eq(facts->verdict, IMAGE_SIGNED);
    ck_assert_int_eq(facts->signature, IMAGE_CATALOG);
    ck_assert_int_eq(facts->taken_at, 1234);
    ck_assert_int_eq(facts->sha256[0], 7);
    ck_assert_str_eq(facts->version, "1.2.3");
    ck_assert_str_eq(facts->company, "Example");
    ck_assert_str_eq(facts->build_id, "00ff");
    ck_assert_str_eq(facts->signer, "Example Root");
    facts = image_facts(only_process()->modules->modules[0].image);
    ck_assert_ptr_nonnull(facts);
    ck_assert_int_eq(facts->sha256[0], 8);
}
END_TEST

START_TEST(one_content_of_one_file_is_one_image)
{
    publish(fixture.images[0], 7);
    sample(1000);
    made_up_begin(&fixture.snapshot, 2000); /* the server has ended, and begins anew */
    add();
    sample(3000);
    stop_service();
    ck_assert_int_eq(number("SELECT count(*) FROM process WHERE image IS NOT NULL"), 2);
    ck_assert_int_eq(number("SELECT count(*) FROM image"), 1);
}
END_TEST

START_TEST(a_process_may_end_before_its_image_was_read)
{
    sample(1000);
    made_up_begin(&fixture.snapshot, 2000);
    add();
    publish(fixture.images[0], 7);
    made_up_begin(&fixture.snapshot, 3000);
    add();
    ck_assert_int_eq(number("SELECT count(*) FROM process WHERE image = 1"), 1);
}
END_TEST

START_TEST(modules_come_and_go)
{
    static const struct {
        int64_t at;
        unsigned which;
    } looks[] = {{1000, 1}, {2000, 3}, {3000, 2}, {4000, 2}};

    for (int i = 0; i < COUNT_OF(looks); i++) {
        set_modules(looks[i].which, MODULES_READ);
        sample(looks[i].at);
    }
    ck_assert_int_eq(number("SELECT count(*) FROM module"), 2);
    ck_assert_int_eq(number("SELECT gone_at FROM module WHERE base = 4096"), 3000);
    ck_assert_int_eq(number("SELECT first_seen_at FROM module WHERE base = 8192"), 2000);
    for (int i = 0; i < COUNT_OF(looks); i++) {
        const struct module_list *list;

        read_state(looks[i].at);
        list = only_process()->modules;
        ck_assert_uint_eq(list->count, looks[i].which == 3 ? 2 : 1);
        ck_assert_str_eq(list->modules[0].image->path,
                         (looks[i].which & 1) != 0 ? "/lib/one.so" : "/lib/two.so");
        ck_assert_uint_eq(list->modules[0].size, (looks[i].which & 1) != 0 ? 0x800 : 0x801);
    }
}
END_TEST

START_TEST(a_look_that_was_refused_says_nothing_of_what_is_there)
{
    set_modules(0, MODULES_PROTECTED);
    sample(1000);
    ck_assert_int_eq(number("SELECT modules FROM process"), MODULES_PROTECTED);
    ck_assert_int_eq(number("SELECT count(*) FROM module"), 0);
    read_state(1000);
    ck_assert_int_eq(only_process()->modules->access, MODULES_PROTECTED);
}
END_TEST

START_TEST(a_sample_that_says_nothing_of_modules_ends_none)
{
    set_modules(3, MODULES_READ);
    sample(1000);
    module_list_release(fixture.modules);
    fixture.modules = NULL;
    sample(2000);
    set_modules(0, MODULES_DENIED);
    sample(3000);
    set_modules(3, MODULES_READ);
    sample(4000);
    ck_assert_int_eq(number("SELECT count(*) FROM module"), 2);
    ck_assert_int_eq(number("SELECT count(*) FROM module WHERE last_stretch IS NOT NULL"), 0);
    set_modules(1, MODULES_READ);
    sample(5000);
    ck_assert_int_eq(number("SELECT gone_at FROM module WHERE base = 8192"), 5000);
}
END_TEST

START_TEST(a_module_may_go_before_its_file_was_read)
{
    set_modules(1, MODULES_READ);
    sample(1000);
    set_modules(0, MODULES_READ);
    sample(2000);
    publish(fixture.images[1], 8);
    sample(3000);
    ck_assert_int_eq(number("SELECT count(*) FROM module WHERE image IS NOT NULL"), 1);
}
END_TEST

START_TEST(other_settings_of_what_is_left_out_begin_a_new_stretch)
{
    sample(1000);
    made_up_begin(&fixture.snapshot, 2000); /* the server is left out, and has not ended */
    fixture.snapshot.left_out_by = 1;
    add();
    ck_assert_int_eq(number("SELECT ended FROM stretch WHERE id = 1"), LEDGER_GAP_SETTINGS);
    ck_assert_int_eq(number("SELECT count(*) FROM process WHERE gone_at IS NOT NULL"), 0);
    ck_assert_int_eq(number("SELECT count(*) FROM interval WHERE duration IS NOT NULL"), 0);
}
END_TEST

START_TEST(modules_are_not_written_again_by_the_next_run)
{
    set_modules(3, MODULES_READ);
    sample(1000);
    stop_service();
    start_service();
    set_modules(1, MODULES_READ);
    sample(9000);
    ck_assert_int_eq(number("SELECT count(*) FROM module"), 2);
    ck_assert_int_eq(number("SELECT gone_at FROM module WHERE base = 8192"), 9000);
    ck_assert_int_eq(number("SELECT count(*) FROM module WHERE last_stretch IS NULL"), 1);
    ck_assert_int_eq(number("SELECT count(*) FROM process"), 1);
}
END_TEST

START_TEST(the_same_program_with_another_command_line_is_another_process)
{
    begin_sample(1000, "server --one");
    add();
    begin_sample(2000, "server --two");
    add();
    ck_assert_int_eq(number("SELECT count(*) FROM process"), 2);
    ck_assert_int_eq(number("SELECT gone_at FROM process WHERE command_line = 'server --one'"),
                     2000);
}
END_TEST

START_TEST(a_command_line_that_changes_while_nobody_watches_is_that_of_the_same_process)
{
    begin_sample(1000, "server: idle");
    add();
    stop_service();
    start_service();
    begin_sample(2000, "server: busy");
    add();
    ck_assert_int_eq(number("SELECT count(*) FROM process WHERE command_line = 'server: idle'"), 1);
    ck_assert_int_eq(number("SELECT count(*) FROM process"), 1);
}
END_TEST

/* A connection that waits for its end, of a server that may have ended. */
static void sample_waiting(int64_t at, bool ended)
{
    const struct process_instance *server = make_server("server --all");
    struct socket_row row = {
        .protocol = SOCKET_TCP,
        .state = SOCKET_TIME_WAIT,
        .local = {.address = {127, 0, 0, 1}, .address_size = 4, .port = 80},
        .remote = {.address = {127, 0, 0, 1}, .address_size = 4, .port = 5000},
        .pid = 10,
        .attribution = ATTRIBUTION_CARRIED,
    };

    made_up_begin(&fixture.snapshot, at);
    CHECK_DONE(snapshot_add_process(&fixture.snapshot, server, &row.owner, &fixture.why),
               fixture.why);
    process_instance_release(server);
    fixture.snapshot.ended_count = ended ? 1 : 0;
    CHECK_DONE(snapshot_add_socket(&fixture.snapshot, &row, &fixture.why), fixture.why);
    add();
}

START_TEST(an_owner_that_has_ended_stays_the_owner)
{
    sample(1000);
    sample_waiting(2000, false);
    sample_waiting(3000, true);
    sample_waiting(4000, true);
    ck_assert_int_eq(number("SELECT count(*) FROM process"), 1);
    ck_assert_int_eq(number("SELECT gone_at FROM process"), 3000);
    ck_assert_int_eq(number("SELECT count(*) FROM interval"), 2);
    ck_assert_int_eq(number("SELECT count(*) FROM interval WHERE process = 1"), 2);
    read_state(4000);
    ck_assert_uint_eq(fixture.state.ended_count, 1);
    ck_assert_uint_eq(snapshot_running_count(&fixture.state), 0);
    ck_assert_str_eq(only_process()->path, "/bin/server");
    ck_assert_int_eq(fixture.state.sockets[0].attribution, ATTRIBUTION_CARRIED);
    ck_assert_uint_eq(fixture.state.sockets[0].pid, 10);
    read_state(2000);
    ck_assert_uint_eq(fixture.state.ended_count, 0);
}
END_TEST

static const struct {
    enum socket_state state;
    bool missed;
} first_states[] = {
    {SOCKET_SYN_SENT, false},  {SOCKET_ESTABLISHED, false}, {SOCKET_FIN_WAIT_1, true},
    {SOCKET_CLOSE_WAIT, true}, {SOCKET_TIME_WAIT, true},
};

START_TEST(a_connection_that_is_first_seen_closing_is_counted)
{
    sample(1000);
    begin_sample(2000, "server --all");
    made_up_connection(&fixture.snapshot, 80, 5000, first_states[_i].state, SOCKET_NO_OWNER);
    add();
    begin_sample(3000, "server --all");
    made_up_connection(&fixture.snapshot, 80, 5000, SOCKET_TIME_WAIT, SOCKET_NO_OWNER);
    add();
    ck_assert_int_eq(number("SELECT missed FROM stretch"), first_states[_i].missed ? 1 : 0);
    ck_assert_int_eq(number("SELECT count(*) FROM interval WHERE opening = 2"),
                     first_states[_i].missed ? 1 : 0);
}
END_TEST

START_TEST(what_was_there_when_watching_began_is_not_missed)
{
    begin_sample(1000, "server --all");
    made_up_connection(&fixture.snapshot, 80, 5000, SOCKET_TIME_WAIT, SOCKET_NO_OWNER);
    add();
    ck_assert_int_eq(number("SELECT missed FROM stretch"), 0);
}
END_TEST

START_TEST(the_most_that_was_left_out_is_kept)
{
    static const uint32_t processes[] = {1, 3, 2};

    for (int i = 0; i < COUNT_OF(processes); i++) {
        begin_sample((int64_t)1000 * (i + 1), "server --all");
        fixture.snapshot.left_out_processes = processes[i];
        fixture.snapshot.left_out_sockets = processes[i] * 2;
        add();
    }
    ck_assert_int_eq(number("SELECT left_out FROM stretch"), 3);
    ck_assert_int_eq(number("SELECT left_out_sockets FROM stretch"), 6);
}
END_TEST

static void add_service(const char *name, enum service_basis basis)
{
    CHECK_DONE(snapshot_add_service(&fixture.snapshot, name, basis,
                                    &fixture.snapshot.sockets[0].service, &fixture.why),
               fixture.why);
}

START_TEST(a_service_is_that_of_when_the_socket_was_first_seen)
{
    int basis;

    begin_sample(1000, "server --all");
    add_service("one", SERVICE_ONLY);
    add();
    begin_sample(2000, "server --all");
    add_service("one, two", SERVICE_ONE_OF);
    add();
    ck_assert_int_eq(number("SELECT count(*) FROM interval"), 1);
    read_state(2000);
    ck_assert_str_eq(snapshot_service_name(&fixture.state, fixture.state.sockets, &basis), "one");
    ck_assert_int_eq(basis, SERVICE_ONLY);
}
END_TEST

START_TEST(a_service_is_stored_once)
{
    begin_sample(1000, "server --all");
    add_service("one", SERVICE_ONLY);
    add();
    made_up_begin(&fixture.snapshot, 2000);
    add();
    begin_sample(3000, "server --all");
    add_service("one", SERVICE_ONLY);
    add();
    ck_assert_int_eq(number("SELECT count(*) FROM service"), 1);
    ck_assert_int_eq(number("SELECT count(*) FROM interval WHERE service = 1"), 2);
}
END_TEST

START_TEST(a_run_says_which_machine_it_watched)
{
    struct machine_facts machine = {"id-1", "host-1", "example.org", "System 1.2", "Europe/Berlin"};
    struct ledger_run run = {
        .program = "check", .interval = 1000, .machine = &machine, .settings = "a: 1"};

    stop_service();
    snprintf(run.boot.id, sizeof(run.boot.id), "boot");
    CHECK_DONE(ledger_open(&fixture.ledger, path, LEDGER_WRITE, &fixture.why), fixture.why);
    CHECK_DONE(ledger_writer_open(&fixture.writer, fixture.ledger, &run, &fixture.why),
               fixture.why);
    ck_assert(has_text("SELECT machine_id || host || domain || system || zone FROM run"
                       " ORDER BY id DESC",
                       "id-1host-1example.orgSystem 1.2Europe/Berlin"));
    ck_assert(has_text("SELECT text FROM settings", "a: 1"));
}
END_TEST

START_TEST(settings_are_stored_where_they_change)
{
    static const char *const settings[] = {"a: 1", "a: 1", "a: 2", "a: 2", "a: 1"};

    for (int i = 0; i < COUNT_OF(settings); i++) {
        CHECK_DONE(ledger_writer_set_settings(fixture.writer, settings[i], &fixture.why),
                   fixture.why);
        sample((int64_t)1000 * (i + 1));
    }
    ck_assert_int_eq(number("SELECT count(*) FROM settings"), 3);
    ck_assert(has_text("SELECT text FROM settings WHERE id = 2", "a: 2"));
}
END_TEST

START_TEST(the_zone_is_stored_where_it_changes)
{
    sample(1000);
    sample(2000);
    ck_assert_int_eq(number("SELECT count(*) FROM zone_offset"), 1);
    clock_fake_set_zone(7200, NULL, 0);
    sample(3000);
    ck_assert_int_eq(number("SELECT seconds FROM zone_offset WHERE at = 3000"), 7200);
}
END_TEST

static Suite *ledger_process_suite(void)
{
    Suite *suite = suite_create("ledger_process");
    TCase *tests = tcase_create("ledger_process");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, what_is_known_of_a_process_comes_back);
    tcase_add_test(tests, the_name_of_an_account_is_stored_when_it_is_found);
    tcase_add_test(tests, the_facts_of_an_image_are_stored_when_they_are_read);
    tcase_add_test(tests, one_content_of_one_file_is_one_image);
    tcase_add_test(tests, a_process_may_end_before_its_image_was_read);
    tcase_add_test(tests, modules_come_and_go);
    tcase_add_test(tests, a_look_that_was_refused_says_nothing_of_what_is_there);
    tcase_add_test(tests, a_sample_that_says_nothing_of_modules_ends_none);
    tcase_add_test(tests, a_module_may_go_before_its_file_was_read);
    tcase_add_test(tests, other_settings_of_what_is_left_out_begin_a_new_stretch);
    tcase_add_test(tests, modules_are_not_written_again_by_the_next_run);
    tcase_add_test(tests, the_same_program_with_another_command_line_is_another_process);
    tcase_add_test(tests,
                   a_command_line_that_changes_while_nobody_watches_is_that_of_the_same_process);
    tcase_add_test(tests, an_owner_that_has_ended_stays_the_owner);
    tcase_add_loop_test(tests, a_connection_that_is_first_seen_closing_is_counted, 0,
                        COUNT_OF(first_states));
    tcase_add_test(tests, what_was_there_when_watching_began_is_not_missed);
    tcase_add_test(tests, the_most_that_was_left_out_is_kept);
    tcase_add_test(tests, a_service_is_that_of_when_the_socket_was_first_seen);
    tcase_add_test(tests, a_service_is_stored_once);
    tcase_add_test(tests, a_run_says_which_machine_it_watched);
    tcase_add_test(tests, settings_are_stored_where_they_change);
    tcase_add_test(tests, the_zone_is_stored_where_it_changes);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(ledger_process_suite());
}
