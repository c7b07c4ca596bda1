/* SPDX-License-Identifier: MIT */

#include "tests/fake_image_facts.h"
#include "tests/support.h"

#include "base/clock.h"
#include "collector/image_reader.h"

enum {
    PATIENCE = 10000, /* milliseconds, for what must happen; never waited for in full */
    IMAGES = 8,
    LARGEST = 12345,
};

static struct {
    struct image_reader *reader;
    const struct image *images[IMAGES];
    struct bell *entered;
    struct bell *let_go;
    struct bell *nobody;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    fake_image_facts_reset();
    CHECK_DONE(bell_open(&fixture.entered, &fixture.why), fixture.why);
    CHECK_DONE(bell_open(&fixture.let_go, &fixture.why), fixture.why);
    CHECK_DONE(bell_open(&fixture.nobody, &fixture.why), fixture.why);
    fake_image_facts.nobody = fixture.nobody;
}

static void close_fixture(void)
{
    bell_ring(fixture.let_go);
    image_reader_close(fixture.reader);
    for (int i = 0; i < IMAGES; i++) {
        image_release(fixture.images[i]);
    }
    bell_close(fixture.entered);
    bell_close(fixture.let_go);
    bell_close(fixture.nobody);
}

static void open_reader(bool hurry)
{
    struct image_reader_options options = {.largest = LARGEST, .hurry = hurry};

    CHECK_DONE(image_reader_open(&fixture.reader, &options, &fixture.why), fixture.why);
}

/* An image of the file with this number; 0: it is not known which file it is. */
static void make(int which, uint64_t file, uint8_t seen_as)
{
    struct image fields = {
        .path = "/bin/program",
        .identity = {.volume = file == 0 ? 0 : 1, .file = file, .size = file == 0 ? 0 : 100},
        .seen_as = seen_as,
    };

    fixture.images[which] = image_make(&fields);
    ck_assert_ptr_nonnull(fixture.images[which]);
}

static void ask(int which)
{
    CHECK_DONE(image_reader_ask(fixture.reader, fixture.images[which], &fixture.why), fixture.why);
}

/* Asks for the first `count` images, and waits for all. */
static void ask_all(int count)
{
    for (int i = 0; i < count; i++) {
        ask(i);
    }
    ck_assert(image_reader_wait(fixture.reader, PATIENCE));
}

static void let_readings_hang(void)
{
    fake_image_facts.entered = fixture.entered;
    fake_image_facts.let_go = fixture.let_go;
}

START_TEST(an_image_gets_its_facts)
{
    open_reader(_i == 1);
    make(0, 1, IMAGE_READ);
    ask_all(1);
    ck_assert_ptr_nonnull(image_facts(fixture.images[0]));
    ck_assert_uint_eq(image_facts(fixture.images[0])->status, IMAGE_READ);
    ck_assert_str_eq(image_facts(fixture.images[0])->version, "/bin/program");
    ck_assert_int_eq(fake_image_facts.largest, LARGEST);
    ck_assert_uint_eq(image_reader_waiting(fixture.reader), 0);
}
END_TEST

static const uint8_t unreadable[] = {IMAGE_REMOTE, IMAGE_NO_FILE, IMAGE_DENIED,
                                     IMAGE_GONE,   IMAGE_CHANGED, IMAGE_OFFLINE};

START_TEST(what_cannot_be_read_is_said_at_once_and_not_tried)
{
    int64_t before = clock_now();

    open_reader(false);
    make(0, _i % 2 == 0 ? 0 : 7, unreadable[_i]);
    ask(0);
    ck_assert_ptr_nonnull(image_facts(fixture.images[0]));
    ck_assert_uint_eq(image_facts(fixture.images[0])->status, unreadable[_i]);
    ck_assert_int_ge(image_facts(fixture.images[0])->taken_at, before);
    ck_assert_int_le(image_facts(fixture.images[0])->taken_at, clock_now());
    ck_assert(image_reader_wait(fixture.reader, PATIENCE));
    ck_assert_int_eq(fake_image_facts.calls, 0);
}
END_TEST

START_TEST(an_image_that_is_asked_for_twice_is_read_once)
{
    open_reader(true);
    make(0, _i == 0 ? 0 : 5, IMAGE_READ);
    let_readings_hang();
    ask(0);
    ck_assert(bell_wait(fixture.entered, PATIENCE));
    ask(0);
    bell_ring(fixture.let_go);
    ck_assert(image_reader_wait(fixture.reader, PATIENCE));
    ask_all(1);
    ck_assert_int_eq(fake_image_facts.calls, 1);
}
END_TEST

START_TEST(two_images_of_one_file_are_read_once)
{
    open_reader(true);
    make(0, 5, IMAGE_READ);
    make(1, 5, IMAGE_READ);
    ask_all(2);
    ck_assert_int_eq(fake_image_facts.calls, 1);
    ck_assert_ptr_nonnull(image_facts(fixture.images[0]));
    ck_assert_ptr_eq(image_facts(fixture.images[1]), image_facts(fixture.images[0]));
}
END_TEST

START_TEST(two_images_of_unknown_files_are_both_read)
{
    open_reader(true);
    make(0, 0, IMAGE_READ);
    make(1, 0, IMAGE_READ);
    ask_all(2);
    ck_assert_int_eq(fake_image_facts.calls, 2);
}
END_TEST

START_TEST(a_remembered_file_does_not_wait_for_another)
{
    open_reader(true);
    make(0, 5, IMAGE_READ);
    make(1, 6, IMAGE_READ);
    make(2, 5, IMAGE_READ);
    ask_all(1);
    let_readings_hang();
    ask(1);
    ck_assert(bell_wait(fixture.entered, PATIENCE));
    ask(2);
    ck_assert_ptr_nonnull(image_facts(fixture.images[2]));
    ck_assert_ptr_null(image_facts(fixture.images[1]));
    ck_assert_uint_eq(image_reader_waiting(fixture.reader), 1);
    bell_ring(fixture.let_go);
    ck_assert(image_reader_wait(fixture.reader, PATIENCE));
    ck_assert_ptr_nonnull(image_facts(fixture.images[1]));
}
END_TEST

/* Another name of the same file may be open to us, and another moment may. */
static const struct {
    uint8_t status;
    int calls;
} outcomes[] = {
    {IMAGE_READ, 1},    {IMAGE_TOO_LARGE, 1}, {IMAGE_DENIED, 2},     {IMAGE_GONE, 2},
    {IMAGE_CHANGED, 2}, {IMAGE_OFFLINE, 2},   {IMAGE_UNREADABLE, 2},
};

START_TEST(only_what_belongs_to_the_file_is_remembered)
{
    open_reader(true);
    fake_image_facts.status = outcomes[_i].status;
    make(0, 5, IMAGE_READ);
    make(1, 5, IMAGE_READ);
    ask_all(2);
    ck_assert_int_eq(fake_image_facts.calls, outcomes[_i].calls);
    ck_assert_uint_eq(image_facts(fixture.images[1])->status, outcomes[_i].status);
}
END_TEST

/* How long a file takes, and how long the thread rests at least, less a tick of the clock. */
static const struct {
    uint8_t status;
    int64_t takes;
    int64_t rests;
} rests[] = {
    {IMAGE_READ, 0, 19},
    {IMAGE_READ, 60, 239},
    {IMAGE_UNREADABLE, 60, 239},
};

START_TEST(the_longer_a_file_takes_the_longer_is_the_rest)
{
    open_reader(false);
    fake_image_facts.status = rests[_i].status;
    fake_image_facts.takes = rests[_i].takes;
    for (int i = 0; i < 3; i++) {
        make(i, (uint64_t)i + 1, IMAGE_READ);
    }
    ask_all(3);
    ck_assert_int_eq(fake_image_facts.calls, 3);
    ck_assert_int_ge(fake_image_facts.shortest_rest, rests[_i].rests);
}
END_TEST

START_TEST(who_hurries_does_not_rest)
{
    open_reader(true);
    fake_image_facts.takes = 300;
    make(0, 1, IMAGE_READ);
    make(1, 2, IMAGE_READ);
    make(2, 3, IMAGE_READ);
    ask_all(3);
    ck_assert_int_eq(fake_image_facts.calls, 3);
    ck_assert_int_lt(fake_image_facts.shortest_rest, 600); /* half of what a rest would be */
}
END_TEST

START_TEST(who_gives_way_reads_nothing_until_he_need_not)
{
    open_reader(false);
    image_reader_give_way(fixture.reader, true);
    make(0, 1, IMAGE_READ);
    make(1, 0, IMAGE_REMOTE);
    ask(0);
    ask(1);
    ck_assert(!image_reader_wait(fixture.reader, 300)); /* it would take a minute */
    ck_assert_int_eq(fake_image_facts.calls, 0);
    ck_assert_ptr_nonnull(image_facts(fixture.images[1])); /* which need not be read */
    image_reader_give_way(fixture.reader, false);
    ck_assert(image_reader_wait(fixture.reader, PATIENCE));
    ck_assert_int_eq(fake_image_facts.calls, 1);
}
END_TEST

START_TEST(nobody_waits_for_the_rest_after_the_last_file)
{
    int64_t begun = clock_awake();

    open_reader(false);
    fake_image_facts.takes = 300;
    make(0, 1, IMAGE_READ);
    ask_all(1);
    ck_assert_int_lt(clock_awake() - begun, 1200);
}
END_TEST

START_TEST(closing_does_not_wait_for_a_rest_and_reads_no_more)
{
    struct image_reader *reader;
    int64_t begun;

    open_reader(false);
    fake_image_facts.takes = 500;
    make(0, 1, IMAGE_READ);
    make(1, 2, IMAGE_READ);
    make(2, 3, IMAGE_READ);
    ask_all(1);
    ask(1);
    ask(2);
    reader = fixture.reader;
    fixture.reader = NULL;
    begun = clock_awake();
    image_reader_close(reader);
    ck_assert_int_lt(clock_awake() - begun, 900); /* less than it waits for one that hangs */
    ck_assert_int_eq(fake_image_facts.calls, 1);
    ck_assert_ptr_null(image_facts(fixture.images[1]));
    ck_assert_ptr_null(image_facts(fixture.images[2]));
}
END_TEST

START_TEST(a_reading_that_hangs_does_not_hold_up_the_end)
{
    struct image_reader *reader;
    int64_t begun = clock_awake();

    open_reader(false);
    make(0, 1, IMAGE_READ);
    let_readings_hang();
    ask(0);
    ck_assert(bell_wait(fixture.entered, PATIENCE));
    reader = fixture.reader;
    fixture.reader = NULL;
    image_reader_close(reader);
    ck_assert_int_lt(clock_awake() - begun, PATIENCE / 2);
    ck_assert_ptr_null(image_facts(fixture.images[0]));
    bell_ring(fixture.let_go);
    for (int i = 0; i < 100 && image_facts(fixture.images[0]) == NULL; i++) {
        (void)bell_wait(fixture.nobody, 50);
    }
    ck_assert_ptr_nonnull(image_facts(fixture.images[0]));
    (void)bell_wait(fixture.nobody, 50); /* for the thread to give back what it was left */
}
END_TEST

START_TEST(without_memory_no_facts_come_and_nobody_waits_for_them)
{
    open_reader(true);
    fake_image_facts.no_memory = true;
    make(0, 1, IMAGE_READ);
    ask_all(1);
    ck_assert_ptr_null(image_facts(fixture.images[0]));
    fake_image_facts.no_memory = false;
    ask_all(1);
    ck_assert_ptr_nonnull(image_facts(fixture.images[0]));
}
END_TEST

START_TEST(nothing_is_closed_without_harm)
{
    image_reader_close(NULL);
    ck_assert_int_eq(fake_image_facts.calls, 0);
}
END_TEST

static Suite *image_reader_suite(void)
{
    Suite *suite = suite_create("image_reader");
    TCase *tests = tcase_create("image_reader");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, an_image_gets_its_facts, 0, 2);
    tcase_add_loop_test(tests, what_cannot_be_read_is_said_at_once_and_not_tried, 0,
                        COUNT_OF(unreadable));
    tcase_add_loop_test(tests, an_image_that_is_asked_for_twice_is_read_once, 0, 2);
    tcase_add_test(tests, two_images_of_one_file_are_read_once);
    tcase_add_test(tests, two_images_of_unknown_files_are_both_read);
    tcase_add_test(tests, a_remembered_file_does_not_wait_for_another);
    tcase_add_loop_test(tests, only_what_belongs_to_the_file_is_remembered, 0, COUNT_OF(outcomes));
    tcase_add_loop_test(tests, the_longer_a_file_takes_the_longer_is_the_rest, 0, COUNT_OF(rests));
    tcase_add_test(tests, who_hurries_does_not_rest);
    tcase_add_test(tests, who_gives_way_reads_nothing_until_he_need_not);
    tcase_add_test(tests, nobody_waits_for_the_rest_after_the_last_file);
    tcase_add_test(tests, closing_does_not_wait_for_a_rest_and_reads_no_more);
    tcase_add_test(tests, a_reading_that_hangs_does_not_hold_up_the_end);
    tcase_add_test(tests, without_memory_no_facts_come_and_nobody_waits_for_them);
    tcase_add_test(tests, nothing_is_closed_without_harm);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(image_reader_suite());
}
