/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "collector/image_file.h"

static const char content[] = "0123456789";

static struct {
    struct text path;
    struct text other;
    struct text missing;
    struct text folder;
    struct image_file *file;
} fixture;

static void resolve(struct text *path, const char *name)
{
    struct failure why;

    CHECK_DONE(file_resolve(path, name, &why), why);
}

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    support_write_text("made.bin", content);
    support_write_text("other.bin", "other");
    resolve(&fixture.path, "made.bin");
    resolve(&fixture.other, "other.bin");
    resolve(&fixture.folder, ".");
    resolve(&fixture.missing, "missing.bin");
}

static void close_fixture(void)
{
    image_file_close(fixture.file);
    text_clear(&fixture.path);
    text_clear(&fixture.other);
    text_clear(&fixture.missing);
    text_clear(&fixture.folder);
}

static struct image_identity identify(const struct text *path)
{
    struct image_identity identity = {0};

    ck_assert_int_eq(image_file_identify(text_bytes(path), &identity), IMAGE_READ);
    return identity;
}

static enum image_status open_image(const struct image *image)
{
    image_file_close(fixture.file);
    fixture.file = NULL;
    return image_file_open(&fixture.file, image);
}

START_TEST(a_file_is_told_from_another_one)
{
    struct image_identity made = identify(&fixture.path);
    struct image_identity again = identify(&fixture.path);
    struct image_identity other = identify(&fixture.other);

    ck_assert_uint_ne(made.volume, 0);
    ck_assert_uint_ne(made.file, 0);
    ck_assert_int_eq(made.size, sizeof(content) - 1);
    ck_assert_int_gt(made.written_at, (clock_now() - 60000) * 1000000);
    ck_assert_int_lt(made.written_at, (clock_now() + 60000) * 1000000);
    ck_assert(image_identity_equal(&made, &again));
    ck_assert_uint_eq(other.volume, made.volume);
    ck_assert_uint_ne(other.file, made.file);
}
END_TEST

START_TEST(any_piece_of_a_file_can_be_read)
{
    struct image image = {.path = text_bytes(&fixture.path)};
    char piece[20] = {0};

    ck_assert_int_eq(open_image(&image), IMAGE_READ);
    ck_assert_int_eq(image_file_read(fixture.file, 3, piece, 4), 4);
    ck_assert_str_eq(piece, "3456");
    ck_assert_int_eq(image_file_read(fixture.file, 0, piece, sizeof(piece)), 10);
    ck_assert_str_eq(piece, content);
    ck_assert_int_eq(image_file_read(fixture.file, 8, piece, sizeof(piece)), 2);
    ck_assert_int_eq(image_file_read(fixture.file, 10, piece, sizeof(piece)), 0);
    ck_assert_int_eq(image_file_read(fixture.file, UINT64_C(1) << 40, piece, 1), 0);
    ck_assert_int_eq(image_file_read(fixture.file, 0, piece, 0), 0);
}
END_TEST

START_TEST(the_file_of_a_mapping_is_known_by_its_number)
{
    struct image_identity whole = identify(&fixture.path);
    struct image_identity mapped = {.volume = whole.volume, .file = whole.file};

    ck_assert_int_eq(image_file_identify(text_bytes(&fixture.path), &mapped), IMAGE_READ);
    ck_assert(image_identity_equal(&mapped, &whole));
    mapped = (struct image_identity){.volume = whole.volume, .file = whole.file + 1};
    ck_assert_int_eq(image_file_identify(text_bytes(&fixture.path), &mapped), IMAGE_CHANGED);
    ck_assert_int_eq(mapped.size, 0);
}
END_TEST

START_TEST(a_file_that_was_written_to_is_another_one)
{
    struct image image = {.path = text_bytes(&fixture.path), .identity = identify(&fixture.path)};

    ck_assert_int_eq(open_image(&image), IMAGE_READ);
    support_write_text("made.bin", "longer than before");
    ck_assert_int_eq(open_image(&image), IMAGE_CHANGED);
    ck_assert_ptr_null(fixture.file);
}
END_TEST

START_TEST(what_happens_to_a_file_that_is_open_is_seen)
{
    struct image image = {.path = text_bytes(&fixture.path)};
    struct image_identity before;
    struct image_identity after;

    ck_assert_int_eq(open_image(&image), IMAGE_READ);
    ck_assert(image_file_describe(fixture.file, &before));
    support_write_text("made.bin", "longer than before");
    ck_assert(image_file_describe(fixture.file, &after));
    ck_assert_int_eq(before.size, 10);
    ck_assert_int_eq(after.size, 18);
    ck_assert_uint_eq(before.file, after.file);
}
END_TEST

START_TEST(what_is_not_there_is_gone_and_a_folder_is_no_file)
{
    struct image image = {.path = text_bytes(&fixture.missing)};
    struct image_identity identity = {0};

    ck_assert_int_eq(open_image(&image), IMAGE_GONE);
    ck_assert_int_eq(image_file_identify(image.path, &identity), IMAGE_GONE);
    image.path = text_bytes(&fixture.folder);
    ck_assert_int_eq(open_image(&image), IMAGE_NO_FILE);
    ck_assert_int_eq(image_file_identify(image.path, &identity), IMAGE_NO_FILE);
    text_add(&fixture.path, "/below");
    image.path = text_bytes(&fixture.path);
    ck_assert_int_eq(open_image(&image), IMAGE_GONE);
}
END_TEST

START_TEST(the_path_serves_where_the_source_is_gone)
{
    struct image image = {.path = text_bytes(&fixture.path),
                          .source = text_bytes(&fixture.missing),
                          .identity = identify(&fixture.path)};

    ck_assert_int_eq(open_image(&image), IMAGE_READ);
    image.source = text_bytes(&fixture.other); /* or leads to another file by now */
    ck_assert_int_eq(open_image(&image), IMAGE_READ);
    image.identity = identify(&fixture.other);
    image.source = text_bytes(&fixture.missing);
    ck_assert_int_eq(open_image(&image), IMAGE_CHANGED);
    image.identity = (struct image_identity){0}; /* who knows which file that is */
    ck_assert_int_eq(open_image(&image), IMAGE_GONE);
}
END_TEST

static Suite *image_file_suite(void)
{
    Suite *suite = suite_create("image_file");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, a_file_is_told_from_another_one);
    tcase_add_test(tests, any_piece_of_a_file_can_be_read);
    tcase_add_test(tests, the_file_of_a_mapping_is_known_by_its_number);
    tcase_add_test(tests, a_file_that_was_written_to_is_another_one);
    tcase_add_test(tests, what_happens_to_a_file_that_is_open_is_seen);
    tcase_add_test(tests, what_is_not_there_is_gone_and_a_folder_is_no_file);
    tcase_add_test(tests, the_path_serves_where_the_source_is_gone);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(image_file_suite());
}
