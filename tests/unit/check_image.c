/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include "base/thread.h"
#include "collector/image.h"

enum { TURNS = 20000 };

static const struct image_identity identity = {.volume = 1, .file = 2, .size = 3, .written_at = 4};

static const struct image *make_image(void)
{
    struct image fields = {.path = "C:\\a.exe",
                           .source = "\\Device\\HarddiskVolume3\\a.exe",
                           .identity = identity,
                           .seen_as = IMAGE_READ,
                           .deleted = true};
    const struct image *image = image_make(&fields);

    ck_assert_ptr_nonnull(image);
    return image;
}

static const struct image_facts *make_facts(const char *version)
{
    struct image_facts fields = {.status = IMAGE_READ,
                                 .verdict = IMAGE_SIGNED,
                                 .signature = IMAGE_CATALOG,
                                 .taken_at = 5,
                                 .sha256 = {6, 7},
                                 .version = version,
                                 .company = "Acme",
                                 .build_id = NULL,
                                 .signer = "Acme Signing"};
    const struct image_facts *facts = image_facts_make(&fields);

    ck_assert_ptr_nonnull(facts);
    return facts;
}

START_TEST(an_image_is_a_copy_with_texts_of_its_own)
{
    char path[] = "/bin/a";
    struct image fields = {.path = path, .identity = identity};
    const struct image *image = image_make(&fields);

    ck_assert_ptr_nonnull(image);
    path[0] = 'x';
    ck_assert_str_eq(image->path, "/bin/a");
    ck_assert_ptr_null(image->source);
    ck_assert(image_identity_equal(&image->identity, &identity));
    ck_assert_ptr_null(image_facts(image));
    image_release(image);

    image = make_image();
    ck_assert_str_eq(image->source, "\\Device\\HarddiskVolume3\\a.exe");
    ck_assert_int_eq(image->seen_as, IMAGE_READ);
    ck_assert(image->deleted);
    image_release(image);
}
END_TEST

START_TEST(facts_are_a_copy_with_texts_of_their_own)
{
    char version[] = "1.2.3.4";
    const struct image_facts *facts = make_facts(version);

    version[0] = 'x';
    ck_assert_str_eq(facts->version, "1.2.3.4");
    ck_assert_str_eq(facts->company, "Acme");
    ck_assert_ptr_null(facts->build_id);
    ck_assert_str_eq(facts->signer, "Acme Signing");
    ck_assert_int_eq(facts->signature, IMAGE_CATALOG);
    ck_assert_int_eq(facts->sha256[1], 7);
    image_facts_release(facts);
}
END_TEST

START_TEST(identities_differ_in_any_of_their_parts)
{
    struct image_identity others[] = {identity, identity, identity, identity};

    others[0].volume++;
    others[1].file++;
    others[2].size++;
    others[3].written_at++;
    for (int i = 0; i < COUNT_OF(others); i++) {
        ck_assert(!image_identity_equal(&identity, &others[i]));
        ck_assert(image_identity_equal(&others[i], &others[i]));
    }
}
END_TEST

START_TEST(facts_are_published_once_and_live_as_long_as_the_image)
{
    const struct image *image = make_image();
    const struct image_facts *first = make_facts("1");
    const struct image_facts *second = make_facts("2");

    image_publish(image, first);
    image_facts_release(first);
    image_publish(image, second);
    image_facts_release(second);
    ck_assert_ptr_eq(image_facts(image), first);
    ck_assert_str_eq(image_facts(image)->version, "1");
    image_release(image);
}
END_TEST

START_TEST(the_same_facts_serve_several_images)
{
    const struct image *a = make_image();
    const struct image *b = make_image();
    const struct image_facts *facts = make_facts("1");

    image_publish(a, facts);
    image_publish(b, facts);
    image_facts_release(facts);
    image_release(a);
    ck_assert_str_eq(image_facts(b)->version, "1");
    image_release(b);
}
END_TEST

START_TEST(nothing_is_done_for_no_image)
{
    ck_assert_ptr_null(image_facts(NULL));
    image_release(NULL);
    image_facts_release(NULL);
}
END_TEST

struct user {
    const struct image *image;
    const struct image_facts *facts; /* to be published by this one */
    bool wrong;
};

/* Holds and lets go, publishes halfway, and looks all the time. */
static void use_image(void *context)
{
    struct user *user = context;
    const struct image_facts *seen = NULL;

    for (int i = 0; i < TURNS; i++) {
        const struct image *held = image_hold(user->image);
        const struct image_facts *facts = image_facts(held);

        if ((seen != NULL && facts != seen) || (facts != NULL && facts->version[0] != '1')) {
            user->wrong = true;
        }
        seen = facts;
        if (i == TURNS / 2) {
            image_publish(held, user->facts);
        }
        image_release(held);
    }
    image_facts_release(user->facts);
    image_release(user->image);
}

START_TEST(two_threads_share_an_image_and_see_the_same_facts)
{
    const struct image *image = make_image();
    struct user users[2] = {{.image = image_hold(image), .facts = make_facts("1a")},
                            {.image = image_hold(image), .facts = make_facts("1b")}};
    struct thread *threads[2];
    struct failure why;

    for (int i = 0; i < 2; i++) {
        CHECK_DONE(thread_start(&threads[i], use_image, &users[i], &why), why);
    }
    for (int i = 0; i < 2; i++) {
        thread_join(threads[i]);
        ck_assert(!users[i].wrong);
    }
    ck_assert_ptr_nonnull(image_facts(image));
    ck_assert_int_eq(image_facts(image)->version[0], '1');
    image_release(image);
}
END_TEST

START_TEST(every_number_has_a_word_and_others_are_unknown)
{
    for (int i = 0; i < IMAGE_STATUS_COUNT; i++) {
        ck_assert_str_ne(image_status_name(i), "unknown");
    }
    for (int i = 0; i < IMAGE_VERDICT_COUNT; i++) {
        ck_assert_str_ne(image_verdict_name(i), "unknown");
    }
    for (int i = 0; i < IMAGE_SIGNATURE_COUNT; i++) {
        ck_assert_str_ne(image_signature_name(i), "unknown");
    }
    ck_assert_str_eq(image_status_name(IMAGE_STATUS_COUNT), "unknown");
    ck_assert_str_eq(image_verdict_name(-1), "unknown");
    ck_assert_str_eq(image_signature_name(IMAGE_SIGNATURE_COUNT), "unknown");
    ck_assert_str_eq(image_verdict_name(IMAGE_TAMPERED), "tampered");
}
END_TEST

static Suite *image_suite(void)
{
    Suite *suite = suite_create("image");
    TCase *tests = tcase_create("tests");

    tcase_add_test(tests, an_image_is_a_copy_with_texts_of_its_own);
    tcase_add_test(tests, facts_are_a_copy_with_texts_of_their_own);
    tcase_add_test(tests, identities_differ_in_any_of_their_parts);
    tcase_add_test(tests, facts_are_published_once_and_live_as_long_as_the_image);
    tcase_add_test(tests, the_same_facts_serve_several_images);
    tcase_add_test(tests, nothing_is_done_for_no_image);
    tcase_add_test(tests, two_threads_share_an_image_and_see_the_same_facts);
    tcase_add_test(tests, every_number_has_a_word_and_others_are_unknown);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(image_suite());
}
