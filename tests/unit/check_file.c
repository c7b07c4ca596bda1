/* SPDX-License-Identifier: MIT */

#include <check.h>

#include "base/file.h"
#include "tests/support.h"

/* Not in ASCII, like the name of many a user's folder. */
#define FILE_NAME "d\xC3\xA4ten \xE6\x97\xA5.txt"
#define LOCK_NAME "ledger.lock"

static struct {
    struct text text;
    struct failure why;
    FILE *file;
    struct file_lock *lock;
} fixture;

static void remove_where_it_is(const char *path)
{
    if (file_exists(path)) {
        CHECK_DONE(file_remove(path, &fixture.why), fixture.why);
    }
}

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    remove_where_it_is(FILE_NAME);
    remove_where_it_is("blocked");
    remove_where_it_is("renamed");
}

static void close_fixture(void)
{
    if (fixture.file != NULL) {
        fclose(fixture.file);
    }
    file_lock_release(fixture.lock);
    text_clear(&fixture.text);
}

static void write_file(const char *mode, const char *content)
{
    fixture.file = file_open(FILE_NAME, mode, &fixture.why);
    CHECK_DONE(fixture.file != NULL, fixture.why);
    ck_assert_int_ge(fputs(content, fixture.file), 0);
    ck_assert_int_eq(fclose(fixture.file), 0);
    fixture.file = NULL;
}

START_TEST(a_file_is_read_as_it_was_written)
{
    static const char content[] = "line\r\nline\n\x1A\n"; /* text mode would change each of them */

    write_file("w", content);
    ck_assert_int_eq(file_size(FILE_NAME), (int64_t)strlen(content));
    CHECK_DONE(file_read(&fixture.text, FILE_NAME, 100, &fixture.why), fixture.why);
    ck_assert_str_eq(text_bytes(&fixture.text), content);
}
END_TEST

START_TEST(what_is_read_is_appended)
{
    write_file("w", "tail");
    text_add(&fixture.text, "head and ");
    CHECK_DONE(file_read(&fixture.text, FILE_NAME, 4, &fixture.why), fixture.why);
    ck_assert_str_eq(text_bytes(&fixture.text), "head and tail");
}
END_TEST

static const struct {
    size_t size;
    size_t limit;
    bool read;
} limits[] = {
    {0, 0, true},           {1, 0, false},          {100, 100, true},     {101, 100, false},
    {100000, 100000, true}, {100000, 99999, false}, {65536, 65536, true}, /* whole pieces */
};

START_TEST(a_file_may_be_as_large_as_the_limit)
{
    text_add_repeated(&fixture.text, 'x', limits[_i].size);
    write_file("w", text_bytes(&fixture.text));
    text_reset(&fixture.text);
    if (limits[_i].read) {
        CHECK_DONE(file_read(&fixture.text, FILE_NAME, limits[_i].limit, &fixture.why),
                   fixture.why);
        ck_assert_uint_eq(fixture.text.size, limits[_i].size);
    } else {
        CHECK_FAILED(file_read(&fixture.text, FILE_NAME, limits[_i].limit, &fixture.why),
                     FAILURE_FORMAT, fixture.why);
    }
}
END_TEST

static const struct {
    const char *path;
    enum failure_kind kind;
} unreadable[] = {
    {"nosuch.txt", FAILURE_MISSING},
    {"nosuch/nosuch.txt", FAILURE_MISSING},
    {".", FAILURE_FORMAT},
};

START_TEST(what_cannot_be_read_is_said)
{
    CHECK_FAILED(file_read(&fixture.text, unreadable[_i].path, 100, &fixture.why),
                 unreadable[_i].kind, fixture.why);
    CHECK_CONTAINS(fixture.why.text, unreadable[_i].path);
}
END_TEST

START_TEST(a_mode_means_what_it_means_to_the_c_library)
{
    write_file("w", "one ");
    write_file("a", "two ");
    write_file("ab", "three");
    CHECK_DONE(file_read(&fixture.text, FILE_NAME, 100, &fixture.why), fixture.why);
    ck_assert_str_eq(text_bytes(&fixture.text), "one two three");
    write_file("wb", "new");
    ck_assert_int_eq(file_size(FILE_NAME), 3);
    write_file("r+", "N");
    text_reset(&fixture.text);
    CHECK_DONE(file_read(&fixture.text, FILE_NAME, 100, &fixture.why), fixture.why);
    ck_assert_str_eq(text_bytes(&fixture.text), "New");
}
END_TEST

START_TEST(an_exclusive_mode_never_replaces_a_file)
{
    write_file("wx", "first");
    fixture.file = file_open(FILE_NAME, "wx", &fixture.why);
    ck_assert_ptr_null(fixture.file);
    CHECK_CONTAINS(fixture.why.text, "cannot open");
    ck_assert_int_eq(file_size(FILE_NAME), 5);
}
END_TEST

START_TEST(a_mode_that_is_none_is_refused)
{
    ck_assert_ptr_null(file_open(FILE_NAME, "q", &fixture.why));
    CHECK_CONTAINS(fixture.why.text, "cannot open");
    ck_assert(!file_exists(FILE_NAME));
}
END_TEST

START_TEST(an_open_file_hinders_nobody)
{
    write_file("w", "content");
    fixture.file = file_open(FILE_NAME, "r+", &fixture.why);
    CHECK_DONE(fixture.file != NULL, fixture.why);
    CHECK_DONE(file_read(&fixture.text, FILE_NAME, 100, &fixture.why), fixture.why);
    ck_assert_str_eq(text_bytes(&fixture.text), "content");
}
END_TEST

static const struct {
    const char *path;
    bool exists;
    bool folder;
    int64_t size;
} facts[] = {
    {FILE_NAME, true, false, 5},         {".", true, true, -1},  {"nosuch", false, false, -1},
    {"nosuch/nosuch", false, false, -1}, {"", false, false, -1},
};

START_TEST(a_file_has_facts)
{
    write_file("w", "12345");
    ck_assert_int_eq(file_exists(facts[_i].path), facts[_i].exists);
    ck_assert_int_eq(file_is_folder(facts[_i].path), facts[_i].folder);
    ck_assert_int_eq(file_size(facts[_i].path), facts[_i].size);
}
END_TEST

START_TEST(a_removed_file_is_gone)
{
    write_file("w", "x");
    CHECK_DONE(file_remove(FILE_NAME, &fixture.why), fixture.why);
    ck_assert(!file_exists(FILE_NAME));
    CHECK_FAILED(file_remove(FILE_NAME, &fixture.why), FAILURE_MISSING, fixture.why);
}
END_TEST

START_TEST(a_folder_is_not_removed_as_a_file)
{
    CHECK_DONE(file_make_private_folder("folder", &fixture.why), fixture.why);
    ck_assert(!file_remove("folder", &fixture.why));
    ck_assert(file_is_folder("folder"));
}
END_TEST

static const char *const folders[] = {
    "one",
    "one", /* is there already */
    "one/two/three",
    "./four/five/", /* a separator at the end */
    "one/../six",
    "d\xC3\xA4ten/\xE6\x97\xA5",
    ".",
};

START_TEST(a_private_folder_is_made_with_those_above_it)
{
    CHECK_DONE(file_make_private_folder(folders[_i], &fixture.why), fixture.why);
    ck_assert(file_is_folder(folders[_i]));
    CHECK_DONE(file_make_private_folder(folders[_i], &fixture.why), fixture.why);
}
END_TEST

START_TEST(a_folder_whose_path_is_long_is_made)
{
    struct text file = {0};

    for (int i = 0; i < 10; i++) {
        text_addf(&fixture.text, "%s%d", i == 0 ? "" : "/", i);
        text_add_repeated(&fixture.text, 'x', 40);
    }
    CHECK_DONE(file_make_private_folder(text_bytes(&fixture.text), &fixture.why), fixture.why);
    text_addf(&file, "%s/file", text_bytes(&fixture.text));
    fixture.file = file_open(text_bytes(&file), "w", &fixture.why);
    CHECK_DONE(fixture.file != NULL, fixture.why);
    ck_assert_int_eq(file_size(text_bytes(&file)), 0);
    text_clear(&file);
}
END_TEST

static const char *const blocked[] = {"blocked", "blocked/folder"};

START_TEST(a_file_in_the_way_of_a_folder_is_said)
{
    support_write_text("blocked", "a file");
    ck_assert(!file_make_private_folder(blocked[_i], &fixture.why));
    CHECK_CONTAINS(fixture.why.text, "the folder blocked");
    ck_assert_int_eq(file_size("blocked"), 6);
}
END_TEST

START_TEST(a_lock_has_one_holder)
{
    struct file_lock *second = NULL;

    CHECK_DONE(file_lock_take(&fixture.lock, LOCK_NAME, &fixture.why), fixture.why);
    ck_assert_int_eq(file_size(LOCK_NAME), 0);
    CHECK_FAILED(file_lock_take(&second, LOCK_NAME, &fixture.why), FAILURE_BUSY, fixture.why);
    CHECK_CONTAINS(fixture.why.text, LOCK_NAME);
    ck_assert_ptr_null(second);
}
END_TEST

START_TEST(a_released_lock_can_be_taken)
{
    for (int i = 0; i < 3; i++) {
        CHECK_DONE(file_lock_take(&fixture.lock, LOCK_NAME, &fixture.why), fixture.why);
        file_lock_release(fixture.lock);
        fixture.lock = NULL;
    }
    ck_assert(file_exists(LOCK_NAME));
}
END_TEST

START_TEST(a_lock_needs_a_place)
{
    CHECK_FAILED(file_lock_take(&fixture.lock, "nosuch/" LOCK_NAME, &fixture.why), FAILURE_MISSING,
                 fixture.why);
    ck_assert(!file_lock_take(&fixture.lock, ".", &fixture.why));
    file_lock_release(NULL);
}
END_TEST

START_TEST(a_renamed_file_has_its_content_under_the_new_name_only)
{
    write_file("w", "content");
    CHECK_DONE(file_rename(FILE_NAME, "renamed", &fixture.why), fixture.why);
    ck_assert(!file_exists(FILE_NAME));
    CHECK_DONE(file_read(&fixture.text, "renamed", 100, &fixture.why), fixture.why);
    ck_assert_str_eq(text_bytes(&fixture.text), "content");
    CHECK_FAILED(file_rename(FILE_NAME, "elsewhere", &fixture.why), FAILURE_MISSING, fixture.why);
}
END_TEST

START_TEST(a_new_name_never_replaces_a_file)
{
    write_file("w", "mine");
    support_write_text("renamed", "another");
    CHECK_FAILED(file_rename(FILE_NAME, "renamed", &fixture.why), FAILURE_BUSY, fixture.why);
    ck_assert(file_exists(FILE_NAME));
    CHECK_DONE(file_read(&fixture.text, "renamed", 100, &fixture.why), fixture.why);
    ck_assert_str_eq(text_bytes(&fixture.text), "another");
}
END_TEST

struct names {
    int seen; /* all of them */
    int ours; /* FILE_NAME */
    int most;
};

static bool count_name(void *context, const char *name)
{
    struct names *names = context;

    ck_assert_str_ne(name, ".");
    ck_assert_str_ne(name, "..");
    names->ours += strcmp(name, FILE_NAME) == 0 ? 1 : 0;
    return ++names->seen < names->most;
}

START_TEST(a_folder_tells_the_names_in_it)
{
    struct names names = {.most = 1000};

    write_file("w", "");
    support_write_text("renamed", "");
    CHECK_DONE(file_walk_folder(".", count_name, &names, &fixture.why), fixture.why);
    ck_assert_int_eq(names.ours, 1);
    ck_assert_int_ge(names.seen, 2);
    names = (struct names){.most = 1};
    CHECK_DONE(file_walk_folder(".", count_name, &names, &fixture.why), fixture.why);
    ck_assert_int_eq(names.seen, 1);
    CHECK_FAILED(file_walk_folder("nosuch", count_name, &names, &fixture.why), FAILURE_MISSING,
                 fixture.why);
}
END_TEST

static TCase *content_tests(void)
{
    TCase *tests = tcase_create("content");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, a_file_is_read_as_it_was_written);
    tcase_add_test(tests, what_is_read_is_appended);
    tcase_add_loop_test(tests, a_file_may_be_as_large_as_the_limit, 0, COUNT_OF(limits));
    tcase_add_loop_test(tests, what_cannot_be_read_is_said, 0, COUNT_OF(unreadable));
    tcase_add_test(tests, a_mode_means_what_it_means_to_the_c_library);
    tcase_add_test(tests, an_exclusive_mode_never_replaces_a_file);
    tcase_add_test(tests, a_mode_that_is_none_is_refused);
    tcase_add_test(tests, an_open_file_hinders_nobody);
    return tests;
}

START_TEST(whether_a_lock_is_held_can_be_asked_without_a_trace)
{
    remove_where_it_is(LOCK_NAME);
    ck_assert(!file_lock_is_held(LOCK_NAME));
    ck_assert(!file_exists(LOCK_NAME));
    CHECK_DONE(file_lock_take(&fixture.lock, LOCK_NAME, &fixture.why), fixture.why);
    ck_assert(file_lock_is_held(LOCK_NAME));
    ck_assert(file_lock_is_held(LOCK_NAME)); /* and is held on */
    file_lock_release(fixture.lock);
    fixture.lock = NULL;
    ck_assert(!file_lock_is_held(LOCK_NAME));
    CHECK_DONE(file_lock_take(&fixture.lock, LOCK_NAME, &fixture.why), fixture.why);
}
END_TEST

START_TEST(a_private_file_is_new_and_empty)
{
    CHECK_DONE(file_make_private(FILE_NAME, &fixture.why), fixture.why);
    ck_assert_int_eq(file_size(FILE_NAME), 0);
    CHECK_FAILED(file_make_private(FILE_NAME, &fixture.why), FAILURE_USAGE, fixture.why);
    CHECK_CONTAINS(fixture.why.text, "not overwritten");
    CHECK_FAILED(file_make_private("nosuch/file", &fixture.why), FAILURE_MISSING, fixture.why);
}
END_TEST

START_TEST(a_stamp_tells_a_changed_file)
{
    struct file_stamp none = file_stamp("not_there");
    struct file_stamp one;
    struct file_stamp two;

    ck_assert(file_stamp_equal(&none, &(struct file_stamp){0}));
    write_file("w", "one");
    one = file_stamp(FILE_NAME);
    two = file_stamp(FILE_NAME);
    ck_assert(!file_stamp_equal(&none, &one));
    ck_assert(file_stamp_equal(&one, &two));
    write_file("w", "three");
    two = file_stamp(FILE_NAME);
    ck_assert(!file_stamp_equal(&one, &two));
}
END_TEST

START_TEST(a_file_takes_the_place_of_another)
{
    support_write_text("blocked", "new");
    support_write_text(FILE_NAME, "older");
    CHECK_DONE(file_replace("blocked", FILE_NAME, &fixture.why), fixture.why);
    ck_assert(!file_exists("blocked"));
    ck_assert_int_eq(file_size(FILE_NAME), 3);
    CHECK_FAILED(file_replace("blocked", FILE_NAME, &fixture.why), FAILURE_MISSING, fixture.why);
}
END_TEST

START_TEST(a_group_that_is_not_there_is_not_let_in)
{
    CHECK_DONE(file_make_private(FILE_NAME, &fixture.why), fixture.why);
    ck_assert(!file_allow_group(FILE_NAME, "no such group here", &fixture.why));
    CHECK_CONTAINS(fixture.why.text, "no such group here");
}
END_TEST

static TCase *place_tests(void)
{
    TCase *tests = tcase_create("place");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, a_file_has_facts, 0, COUNT_OF(facts));
    tcase_add_test(tests, a_removed_file_is_gone);
    tcase_add_test(tests, a_renamed_file_has_its_content_under_the_new_name_only);
    tcase_add_test(tests, a_new_name_never_replaces_a_file);
    tcase_add_test(tests, a_folder_tells_the_names_in_it);
    tcase_add_test(tests, a_folder_is_not_removed_as_a_file);
    tcase_add_loop_test(tests, a_private_folder_is_made_with_those_above_it, 0, COUNT_OF(folders));
    tcase_add_test(tests, a_folder_whose_path_is_long_is_made);
    tcase_add_loop_test(tests, a_file_in_the_way_of_a_folder_is_said, 0, COUNT_OF(blocked));
    tcase_add_test(tests, a_lock_has_one_holder);
    tcase_add_test(tests, a_released_lock_can_be_taken);
    tcase_add_test(tests, a_lock_needs_a_place);
    tcase_add_test(tests, whether_a_lock_is_held_can_be_asked_without_a_trace);
    tcase_add_test(tests, a_private_file_is_new_and_empty);
    tcase_add_test(tests, a_stamp_tells_a_changed_file);
    tcase_add_test(tests, a_file_takes_the_place_of_another);
    tcase_add_test(tests, a_group_that_is_not_there_is_not_let_in);
    return tests;
}

static Suite *file_suite(void)
{
    Suite *suite = suite_create("file");

    suite_add_tcase(suite, content_tests());
    suite_add_tcase(suite, place_tests());
    return suite;
}

int main(void)
{
    return support_run_suite(file_suite());
}
