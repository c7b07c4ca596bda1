/* SPDX-License-Identifier: MIT */

/*
 * Real processes, and what can be seen of them.
 */

#include "tests/support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collector/process_details.h"
#include "collector/process_stat_linux.h"
#include "tests/support_descriptors_linux.h"
#include "tests/support_process.h"
#include "tests/unit/process_actor_start_linux.h"

enum { NOBODY = 65534, LONG_ARGUMENT = 30000 };

static const char *const leftovers[] = {
    "lib.so",        "link.so",           "jail/lib.so",       "mounted/lib.so", "program",
    "lib (deleted)", "program (deleted)", "two\nlines.so",     "\xff.so",        "a\\012b.so",
    "source/lib.so", "m\xc3\xb6l.so",     "source/jail/lib.so"};
static const char *const folders[] = {"source/jail", "source", "jail", "mounted"};

static struct {
    struct process_actor actor;
    struct process_handle *handle;
    struct process_details details;
    struct module_table modules;
    struct failure why;
    char folder[4096];
    char text[4096 + 256];
} fixture;

static void remove_leftovers(void)
{
    for (int i = 0; i < COUNT_OF(leftovers); i++) {
        remove(leftovers[i]);
    }
    for (int i = 0; i < COUNT_OF(folders); i++) {
        rmdir(folders[i]);
    }
}

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    remove_leftovers();
    for (int i = COUNT_OF(folders) - 1; i >= 0; i--) {
        mkdir(folders[i], 0755);
    }
    mkdir("source/jail", 0755);
    ck_assert_ptr_nonnull(getcwd(fixture.folder, sizeof(fixture.folder)));
}

static void close_fixture(void)
{
    support_restore_descriptors();
    process_actor_end(&fixture.actor);
    process_handle_close(fixture.handle);
    process_details_clear(&fixture.details);
    module_table_clear(&fixture.modules);
    remove_leftovers();
}

static void copy_file(const char *from, const char *to)
{
    size_t size;
    char *bytes = support_read_file(from, &size);

    support_write_file(to, bytes, size);
    free(bytes);
    ck_assert_int_eq(chmod(to, 0755), 0);
}

/* Starts the actor; arguments behind its name. */
#define START(...)                                                                                 \
    process_actor_start(&fixture.actor, PROCESS_ACTOR, (char *[]){"actor", __VA_ARGS__, NULL})

static void read_details(void)
{
    support_read_details((uint32_t)fixture.actor.pid, fixture.actor.start,
                         PROCESS_WISH_COMMAND_LINE, &fixture.details);
}

static enum process_access open_handle(void)
{
    enum process_access access;

    process_handle_close(fixture.handle);
    CHECK_DONE(process_handle_open(&fixture.handle, (uint32_t)fixture.actor.pid,
                                   fixture.actor.start, &access, &fixture.why),
               fixture.why);
    return access;
}

static void read_modules(void)
{
    ck_assert_int_eq(open_handle(), PROCESS_OPENED);
    CHECK_DONE(module_table_read(fixture.handle, &fixture.modules, &fixture.why), fixture.why);
    ck_assert_int_eq(fixture.modules.access, MODULES_READ);
}

/* A name in the folder of the test, as a full path. */
static const char *full(const char *name)
{
    snprintf(fixture.text, sizeof(fixture.text), "%s/%s", fixture.folder, name);
    return fixture.text;
}

static const struct module_row *find_module(const char *path)
{
    for (size_t i = 0; i < fixture.modules.count; i++) {
        if (strcmp(module_table_path(&fixture.modules, &fixture.modules.rows[i]), path) == 0) {
            return &fixture.modules.rows[i];
        }
    }
    return NULL;
}

/* Flags of the module of this path, which must be there; the others must have none. */
static void check_flags(const char *path, int flags)
{
    bool found = false;

    for (size_t i = 0; i < fixture.modules.count; i++) {
        const struct module_row *row = &fixture.modules.rows[i];
        bool is_it = strcmp(module_table_path(&fixture.modules, row), path) == 0;

        ck_assert_msg(row->flags == (is_it ? flags : 0), "%s has the flags %d",
                      module_table_path(&fixture.modules, row), row->flags);
        found = found || is_it;
    }
    ck_assert_msg(found, "there is no %s", path);
}

/* That a row's source leads to a file of its identity. */
static void check_source(const struct module_row *row)
{
    struct stat facts;

    ck_assert_int_eq(stat(module_table_source(&fixture.modules, row), &facts), 0);
    ck_assert_uint_eq(facts.st_dev, row->identity.volume);
    ck_assert_uint_eq(facts.st_ino, row->identity.file);
}

/* That the identity is that of the file of this name. */
static void check_image_identity(const char *name)
{
    struct stat facts;

    ck_assert_int_eq(stat(name, &facts), 0);
    ck_assert_uint_eq(fixture.details.image_identity.volume, facts.st_dev);
    ck_assert_uint_eq(fixture.details.image_identity.file, facts.st_ino);
}

START_TEST(a_program_shows_its_path_and_arguments)
{
    char source[64];

    START("two words", "it's", "", "plain", "\xc3\xa4\xff");
    read_details();
    snprintf(source, sizeof(source), "/proc/%d/exe", (int)fixture.actor.pid);
    ck_assert_int_eq(fixture.details.access, PROCESS_OPENED);
    ck_assert_int_eq(fixture.details.denied, 0);
    ck_assert_str_eq(fixture.details.path, PROCESS_ACTOR);
    ck_assert_str_eq(fixture.details.image_source, source);
    check_image_identity(PROCESS_ACTOR);
    ck_assert_str_eq(fixture.details.command_line,
                     "actor 'two words' 'it'\\''s' '' plain \xc3\xa4\xef\xbf\xbd");
    ck_assert(!fixture.details.image_deleted);
}
END_TEST

START_TEST(a_command_line_is_read_only_when_it_is_asked_for)
{
    START("secret");
    support_read_details((uint32_t)fixture.actor.pid, fixture.actor.start, 0, &fixture.details);
    ck_assert_ptr_null(fixture.details.command_line);
    ck_assert_ptr_nonnull(fixture.details.user);
}
END_TEST

static void start_with_long(size_t size)
{
    char *argument = calloc(1, size + 1);

    ck_assert_ptr_nonnull(argument);
    memset(argument, 'x', size);
    START(argument, argument);
    free(argument);
}

START_TEST(a_long_command_line_is_whole)
{
    start_with_long(LONG_ARGUMENT);
    read_details();
    ck_assert_uint_eq(strlen(fixture.details.command_line),
                      strlen("actor  ") + LONG_ARGUMENT + LONG_ARGUMENT);
    ck_assert_ptr_null(strchr(fixture.details.command_line, '['));
}
END_TEST

START_TEST(one_beyond_the_limit_is_cut)
{
    size_t size;

    start_with_long(100000);
    read_details();
    size = strlen(fixture.details.command_line);
    ck_assert_uint_eq(size, PROCESS_COMMAND_LINE_LIMIT);
    ck_assert_str_eq(fixture.details.command_line + size - 9, "xxx [...]");
}
END_TEST

START_TEST(a_process_that_wrote_over_its_arguments_shows_its_text)
{
    START("title", "ghost: at 'work'", "and room for it");
    read_details();
    ck_assert_int_eq(strncmp(fixture.details.command_line, "ghost: at 'work' ", 17), 0);
}
END_TEST

START_TEST(the_user_is_the_effective_one)
{
    char user[16];

    snprintf(user, sizeof(user), "%lu", (unsigned long)geteuid());
    START("nothing");
    read_details();
    ck_assert_str_eq(fixture.details.user, user);
    if (geteuid() == 0) {
        process_actor_tell(&fixture.actor, "user 65534");
        read_details();
        ck_assert_str_eq(fixture.details.user, "65534");
        ck_assert_str_eq(fixture.details.path, PROCESS_ACTOR);
        read_modules();
        ck_assert(fixture.modules.has_own_list);
    }
}
END_TEST

/* As an ordinary user: exit status 0 where everything is as it has to be. */
static int look_as_nobody(void)
{
    struct process_handle *handle = NULL;
    enum process_access access;
    struct failure why;

    if (setgid(NOBODY) != 0 || setuid(NOBODY) != 0) {
        return 1;
    }
    if (!process_handle_open(&handle, (uint32_t)fixture.actor.pid, fixture.actor.start, &access,
                             &why) ||
        handle == NULL) {
        return 2;
    }
    if (!process_details_read(handle, PROCESS_WISH_COMMAND_LINE, &fixture.details, &why) ||
        fixture.details.access != PROCESS_DENIED || fixture.details.denied != PROCESS_PART_PATH ||
        fixture.details.path != NULL || strcmp(fixture.details.user, "0") != 0 ||
        strcmp(fixture.details.command_line, "actor shown") != 0) {
        return 3;
    }
    if (!module_table_read(handle, &fixture.modules, &why) ||
        fixture.modules.access != MODULES_DENIED || fixture.modules.count != 0) {
        return 4;
    }
    process_handle_close(handle);
    return 0;
}

START_TEST(what_another_user_may_not_see_is_denied_and_no_failure)
{
    int status;
    pid_t child;

    if (geteuid() != 0) {
        return; /* only root can become somebody else */
    }
    START("shown");
    child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        _exit(look_as_nobody());
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

START_TEST(an_ended_process_is_gone_also_for_a_handle_that_was_open)
{
    START("nothing");
    ck_assert_int_eq(open_handle(), PROCESS_OPENED);
    for (int reaped = 0; reaped < 2; reaped++) {
        if (reaped == 0) {
            process_actor_kill(&fixture.actor); /* a zombie */
        } else {
            process_actor_end(&fixture.actor);
        }
        process_details_clear(&fixture.details);
        CHECK_DONE(process_details_read(fixture.handle, PROCESS_WISH_COMMAND_LINE, &fixture.details,
                                        &fixture.why),
                   fixture.why);
        ck_assert_int_eq(fixture.details.access, PROCESS_GONE);
        ck_assert_int_eq(fixture.details.denied, 0);
        CHECK_DONE(module_table_read(fixture.handle, &fixture.modules, &fixture.why), fixture.why);
        ck_assert_int_eq(fixture.modules.access, MODULES_GONE);
        ck_assert_uint_eq(fixture.modules.count, 0);
    }
}
END_TEST

START_TEST(neither_a_zombie_nor_another_start_is_opened)
{
    START("nothing");
    fixture.actor.start++;
    ck_assert_int_eq(open_handle(), PROCESS_GONE);
    ck_assert_ptr_null(fixture.handle);
    fixture.actor.start--;
    process_actor_kill(&fixture.actor);
    ck_assert_int_eq(open_handle(), PROCESS_GONE);
    ck_assert_ptr_null(fixture.handle);
}
END_TEST

static const struct {
    int first; /* number that is free */
    int left;  /* which can be opened */
    enum process_access access;
} shortages[] = {
    {200, 0, PROCESS_NOT_OPENED},                                /* no folder */
    {200, 1, PROCESS_NOT_OPENED},                                /* no start */
    {200, 64, PROCESS_NOT_OPENED},                               /* they are for others */
    {200, 65, PROCESS_OPENED},     {40, 40, PROCESS_NOT_OPENED}, /* of few, one half is */
    {40, 42, PROCESS_OPENED},
};

START_TEST(the_last_descriptors_are_left_to_others)
{
    START("nothing");
    support_fill_descriptors(shortages[_i].first);
    support_leave_descriptors(shortages[_i].left);
    ck_assert_int_eq(open_handle(), shortages[_i].access);
    ck_assert_int_eq(fixture.handle != NULL, shortages[_i].access == PROCESS_OPENED);
    support_restore_descriptors();
    ck_assert_int_eq(open_handle(), PROCESS_OPENED);
}
END_TEST

START_TEST(what_lacks_a_descriptor_can_be_read_later)
{
    START("shown");
    ck_assert_int_eq(open_handle(), PROCESS_OPENED);
    support_leave_descriptors(0);
    CHECK_DONE(process_details_read(fixture.handle, PROCESS_WISH_COMMAND_LINE, &fixture.details,
                                    &fixture.why),
               fixture.why);
    ck_assert_int_eq(fixture.details.access, PROCESS_NOT_OPENED);
    ck_assert_ptr_null(fixture.details.path);
    support_restore_descriptors();
    CHECK_DONE(process_details_read(fixture.handle, PROCESS_WISH_COMMAND_LINE, &fixture.details,
                                    &fixture.why),
               fixture.why);
    ck_assert_int_eq(fixture.details.access, PROCESS_OPENED);
    ck_assert_str_eq(fixture.details.command_line, "actor shown");
}
END_TEST

START_TEST(a_process_whose_first_thread_has_ended_shows_what_it_has)
{
    struct process_stat stat;
    int folder;

    copy_file(PROCESS_MODULE, "lib.so");
    START("load", "./lib.so");
    if (_i == 1) {
        ck_assert_int_eq(open_handle(), PROCESS_OPENED); /* held since before */
    }
    process_actor_tell(&fixture.actor, "behead ");
    folder = process_stat_open_folder((uint32_t)fixture.actor.pid);
    ck_assert(process_stat_read(folder, "stat", &stat));
    close(folder);
    ck_assert(stat.is_headless && !stat.is_zombie);
    if (_i == 0) {
        ck_assert_int_eq(open_handle(), PROCESS_OPENED);
    }
    CHECK_DONE(process_details_read(fixture.handle, PROCESS_WISH_COMMAND_LINE, &fixture.details,
                                    &fixture.why),
               fixture.why);
    ck_assert_int_eq(fixture.details.access, PROCESS_OPENED);
    ck_assert_str_eq(fixture.details.path, PROCESS_ACTOR);
    ck_assert_str_eq(fixture.details.command_line, "actor load ./lib.so");
    ck_assert_int_eq(access(fixture.details.image_source, R_OK), 0);
    CHECK_DONE(module_table_read(fixture.handle, &fixture.modules, &fixture.why), fixture.why);
    ck_assert_int_eq(fixture.modules.access, MODULES_READ);
    check_flags(full("lib.so"), 0);
}
END_TEST

START_TEST(a_deleted_program_says_so_and_can_still_be_opened)
{
    struct stat facts;

    copy_file(PROCESS_ACTOR, "program");
    process_actor_start(&fixture.actor, "program", (char *[]){"actor", NULL});
    ck_assert_int_eq(remove("program"), 0);
    read_details();
    ck_assert(fixture.details.image_deleted);
    ck_assert_str_eq(fixture.details.path, full("program"));
    ck_assert_int_eq(stat(fixture.details.image_source, &facts), 0);
    check_image_identity(fixture.details.image_source);
    read_modules();
    check_flags(full("program"), MODULE_DELETED);
}
END_TEST

START_TEST(a_program_may_be_named_as_if_it_were_deleted)
{
    copy_file(PROCESS_ACTOR, "program (deleted)");
    process_actor_start(&fixture.actor, "program (deleted)", (char *[]){"actor", NULL});
    read_details();
    ck_assert(!fixture.details.image_deleted);
    ck_assert_str_eq(fixture.details.path, full("program (deleted)"));
    read_modules();
    check_flags(full("program (deleted)"), 0);
}
END_TEST

START_TEST(a_program_that_is_only_memory_has_its_name)
{
    process_actor_start_memory(&fixture.actor, PROCESS_ACTOR, "ghost", (char *[]){"actor", NULL});
    read_details();
    ck_assert_str_eq(fixture.details.path, "/memfd:ghost");
    ck_assert(fixture.details.image_deleted);
    read_modules();
    check_flags("/memfd:ghost", MODULE_DELETED);
}
END_TEST

START_TEST(the_modules_of_a_program_are_in_its_own_list)
{
    const struct module_row *row;

    START("nothing");
    read_modules();
    ck_assert(fixture.modules.has_own_list);
    check_flags(PROCESS_ACTOR, 0);
    ck_assert_uint_ge(fixture.modules.count, 3); /* the C library and the linker */
    for (size_t i = 0; i < fixture.modules.count; i++) {
        row = &fixture.modules.rows[i];
        check_source(row);
        ck_assert_uint_gt(row->size, 0);
        ck_assert_uint_eq(row->base % 4096, 0);
        ck_assert(i == 0 || row->base > row[-1].base);
    }
}
END_TEST

START_TEST(a_library_that_is_loaded_later_is_seen)
{
    copy_file(PROCESS_MODULE, "lib.so");
    START("nothing");
    read_modules();
    ck_assert_ptr_null(find_module(full("lib.so")));
    process_actor_tell(&fixture.actor, "load ./lib.so");
    read_modules();
    check_flags(full("lib.so"), 0);
    check_source(find_module(full("lib.so")));
}
END_TEST

START_TEST(a_library_may_be_loaded_by_a_symbolic_link)
{
    copy_file(PROCESS_MODULE, "lib.so");
    ck_assert_int_eq(symlink("lib.so", "link.so"), 0);
    START("load", (char *)full("link.so"));
    read_modules();
    check_flags(full("lib.so"), 0);
}
END_TEST

START_TEST(a_file_that_is_mapped_as_code_by_hand_is_hidden)
{
    copy_file(PROCESS_MODULE, "lib.so");
    START("map", "lib.so");
    read_modules();
    check_flags(full("lib.so"), MODULE_HIDDEN);
}
END_TEST

START_TEST(a_library_that_left_the_list_is_hidden)
{
    copy_file(PROCESS_MODULE, "lib.so");
    START("load", "./lib.so", "hide-it", "");
    read_modules();
    check_flags(full("lib.so"), MODULE_HIDDEN);
}
END_TEST

static const char *const other_names[] = {"/no/such.so", "/etc/passwd", "/etc/passwd/no"};

START_TEST(a_library_that_is_called_otherwise_is_renamed)
{
    copy_file(PROCESS_MODULE, "lib.so");
    START("load", "./lib.so", "call-it", (char *)other_names[_i]);
    read_modules();
    check_flags(full("lib.so"), MODULE_RENAMED);
}
END_TEST

START_TEST(a_list_that_is_a_circle_is_read_to_its_end)
{
    copy_file(PROCESS_MODULE, "lib.so");
    START("load", "./lib.so", "circle", "");
    read_modules();
    check_flags(full("lib.so"), 0);
}
END_TEST

/* The file itself can be opened still, where the system lets us; or its name is all there is. */
static void check_deleted_source(void)
{
    const struct module_row *row = find_module(full("lib.so"));

    if (geteuid() == 0) {
        check_source(row);
    } else {
        ck_assert_str_eq(module_table_source(&fixture.modules, row), full("lib.so"));
    }
}

START_TEST(a_deleted_library_says_so)
{
    copy_file(PROCESS_MODULE, "lib.so");
    START("load", "./lib.so");
    remove("lib.so");
    read_modules();
    check_flags(full("lib.so"), MODULE_DELETED);
    check_deleted_source();
    copy_file(PROCESS_MODULE, "lib.so"); /* another file of that name, as an update leaves it */
    read_modules();
    check_flags(full("lib.so"), MODULE_DELETED);
    check_deleted_source();
}
END_TEST

static const struct {
    const char *name;
    const char *path;
} odd_names[] = {
    {"lib (deleted)", "lib (deleted)"}, {"two\nlines.so", "two\nlines.so"},
    {"a\\012b.so", "a\\012b.so"},       {"\xff.so", "\xef\xbf\xbd.so"},
    {"m\xc3\xb6l.so", "m\xc3\xb6l.so"},
};

START_TEST(a_library_may_have_any_name)
{
    copy_file(PROCESS_MODULE, odd_names[_i].name);
    START("load", (char *)full(odd_names[_i].name));
    read_modules();
    check_flags(full(odd_names[_i].path), 0);
    check_source(find_module(full(odd_names[_i].path)));
}
END_TEST

START_TEST(a_process_with_another_root_is_named_from_ours)
{
    if (geteuid() != 0) {
        return;
    }
    copy_file(PROCESS_MODULE, "jail/lib.so");
    START("root", "jail", "load", "/lib.so");
    read_modules();
    check_flags(full("jail/lib.so"), 0);
    check_source(find_module(full("jail/lib.so")));
    ck_assert_str_eq(module_table_source(&fixture.modules, find_module(full("jail/lib.so"))),
                     full("jail/lib.so"));
}
END_TEST

/* `root`: the process then has another root as well. */
static void check_mounts(const char *root, const char *library, const char *path)
{
    char source[sizeof(fixture.text)];

    if (geteuid() != 0) {
        return;
    }
    copy_file(PROCESS_MODULE, "source/lib.so");
    copy_file(PROCESS_MODULE, "source/jail/lib.so");
    START("mounts", "mounted", root == NULL ? "" : "root", (char *)root, "load", (char *)library);
    read_modules();
    check_flags(full(path), 0);
    ck_assert_int_ne(access(full(path), F_OK), 0);
    check_source(find_module(full(path)));
    snprintf(source, sizeof(source), "/proc/%d/root", (int)fixture.actor.pid);
    ck_assert_int_eq(strncmp(module_table_source(&fixture.modules, find_module(full(path))), source,
                             strlen(source)),
                     0);
}

START_TEST(a_process_with_its_own_mounts_is_looked_into_by_its_root)
{
    check_mounts(".", "./mounted/lib.so", "mounted/lib.so");
}
END_TEST

START_TEST(own_mounts_and_another_root_go_together)
{
    check_mounts("mounted/jail", "/lib.so", "mounted/jail/lib.so");
}
END_TEST

START_TEST(a_static_program_has_no_list_and_no_flags)
{
    copy_file(PROCESS_MODULE, "lib.so");
    process_actor_start(&fixture.actor, PROCESS_ACTOR_STATIC,
                        (char *[]){"actor", "map", "lib.so", NULL});
    read_modules();
    ck_assert(!fixture.modules.has_own_list);
    check_flags(PROCESS_ACTOR_STATIC, 0);
    check_flags(full("lib.so"), 0);
    ck_assert_uint_eq(fixture.modules.count, 2);
}
END_TEST

static uint64_t program_of(pid_t pid)
{
    struct process_stat stat;
    int folder = process_stat_open_folder((uint32_t)pid);

    ck_assert_int_ge(folder, 0);
    ck_assert(process_stat_read(folder, "stat", &stat));
    close(folder);
    return stat.program;
}

START_TEST(a_program_begins_anew_with_exec_and_in_no_other_way)
{
    uint64_t first;
    uint64_t program;

    START("nothing");
    first = program_of(fixture.actor.pid);
    ck_assert_uint_ne(first, 0);
    process_actor_tell(&fixture.actor, "name ghost");
    process_actor_tell(&fixture.actor, "name ");
    ck_assert_uint_eq(program_of(fixture.actor.pid), first);
    process_actor_tell(&fixture.actor, "exec ");
    program = program_of(fixture.actor.pid);
    ck_assert_uint_ne(program, 0);
    ck_assert_uint_ne(program, first);
}
END_TEST

static Suite *process_details_suite(void)
{
    Suite *suite = suite_create("process_details_linux");
    TCase *tests = tcase_create("process_details_linux");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, a_program_shows_its_path_and_arguments);
    tcase_add_test(tests, a_command_line_is_read_only_when_it_is_asked_for);
    tcase_add_test(tests, a_long_command_line_is_whole);
    tcase_add_test(tests, one_beyond_the_limit_is_cut);
    tcase_add_test(tests, a_process_that_wrote_over_its_arguments_shows_its_text);
    tcase_add_test(tests, the_user_is_the_effective_one);
    tcase_add_test(tests, what_another_user_may_not_see_is_denied_and_no_failure);
    tcase_add_test(tests, an_ended_process_is_gone_also_for_a_handle_that_was_open);
    tcase_add_test(tests, neither_a_zombie_nor_another_start_is_opened);
    tcase_add_loop_test(tests, the_last_descriptors_are_left_to_others, 0, COUNT_OF(shortages));
    tcase_add_test(tests, what_lacks_a_descriptor_can_be_read_later);
    tcase_add_loop_test(tests, a_process_whose_first_thread_has_ended_shows_what_it_has, 0, 2);
    tcase_add_test(tests, a_deleted_program_says_so_and_can_still_be_opened);
    tcase_add_test(tests, a_program_may_be_named_as_if_it_were_deleted);
    tcase_add_test(tests, a_program_that_is_only_memory_has_its_name);
    tcase_add_test(tests, the_modules_of_a_program_are_in_its_own_list);
    tcase_add_test(tests, a_library_that_is_loaded_later_is_seen);
    tcase_add_test(tests, a_library_may_be_loaded_by_a_symbolic_link);
    tcase_add_test(tests, a_file_that_is_mapped_as_code_by_hand_is_hidden);
    tcase_add_test(tests, a_library_that_left_the_list_is_hidden);
    tcase_add_loop_test(tests, a_library_that_is_called_otherwise_is_renamed, 0,
                        COUNT_OF(other_names));
    tcase_add_test(tests, a_list_that_is_a_circle_is_read_to_its_end);
    tcase_add_test(tests, a_deleted_library_says_so);
    tcase_add_loop_test(tests, a_library_may_have_any_name, 0, COUNT_OF(odd_names));
    tcase_add_test(tests, a_process_with_another_root_is_named_from_ours);
    tcase_add_test(tests, a_process_with_its_own_mounts_is_looked_into_by_its_root);
    tcase_add_test(tests, own_mounts_and_another_root_go_together);
    tcase_add_test(tests, a_static_program_has_no_list_and_no_flags);
    tcase_add_test(tests, a_program_begins_anew_with_exec_and_in_no_other_way);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(process_details_suite());
}
