/* SPDX-License-Identifier: MIT */

/*
 * Roots that are worked out in a thread: whatever the sizes of seals, and also
 * where there is no thread, they come back in their order, each with its verdict.
 */

#include <stdlib.h>

#include "base/thread.h"
#include "store/verify_roots.h"
#include "tests/support.h"

enum { SEALS = 400, LARGE = 5000 };

static struct {
    struct verify_roots *roots;
    struct sha256 *sha256;
    uint64_t random;
    bool no_thread;
    int64_t added;
    int64_t visited;
    struct failure why;
} fixture;

/* The linker makes these names up. NOLINTBEGIN(bugprone-reserved-identifier) */
bool __real_thread_start(struct thread **out, thread_fn *body, void *context,
                         struct failure *why) NODISCARD;
bool __wrap_thread_start(struct thread **out, thread_fn *body, void *context,
                         struct failure *why) NODISCARD;

bool __wrap_thread_start(struct thread **out, thread_fn *body, void *context, struct failure *why)
{
    return fixture.no_thread ? FAIL(why, FAILURE_SYSTEM, 11, "no more threads")
                             : __real_thread_start(out, body, context, why);
}
/* NOLINTEND(bugprone-reserved-identifier) */

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    CHECK_DONE(sha256_open(&fixture.sha256, &fixture.why), fixture.why);
}

static void close_fixture(void)
{
    verify_roots_close(fixture.roots);
    sha256_close(fixture.sha256);
}

static uint32_t draw(uint32_t limit)
{
    fixture.random = fixture.random * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(fixture.random >> 33) % limit;
}

/* Half of the facts come with a digest, half with what is to be hashed. */
static void add_facts(struct seal_leaves *leaves, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        int64_t key = count - i;
        struct seal_leaf leaf = {.first = key, .leaves = 1};
        uint8_t form[16] = {0};

        seal_put(form, key);
        if (i % 2 == 0) {
            CHECK_DONE(sha256_add(fixture.sha256, form, sizeof(form), &fixture.why) &&
                           sha256_finish(fixture.sha256, leaf.digest, &fixture.why),
                       fixture.why);
            CHECK_DONE(seal_leaves_add(leaves, SEAL_BOOT, &leaf, &fixture.why), fixture.why);
        } else {
            CHECK_DONE(
                seal_leaves_add_form(leaves, SEAL_BOOT, key, form, sizeof(form), &fixture.why),
                fixture.why);
        }
    }
}

/* What is wrong with seal N. */
static enum verify_damage wrong_with(int64_t number)
{
    static const enum verify_damage damages[] = {
        VERIFY_NO_DAMAGE, VERIFY_EDITED,    VERIFY_NO_DAMAGE, VERIFY_REMOVED,
        VERIFY_INSERTED,  VERIFY_NO_DAMAGE, VERIFY_NO_DAMAGE,
    };

    return damages[number % COUNT_OF(damages)];
}

/* A seal of as many facts, with the root that they have. */
static void make_seal(struct seal *seal, int64_t number, int64_t count)
{
    struct seal_leaves leaves = {0};

    seal->number = number;
    add_facts(&leaves, count);
    CHECK_DONE(seal_leaves_root(&leaves, fixture.sha256, seal->root, &seal->leaves, &fixture.why),
               fixture.why);
    seal_leaves_clear(&leaves);
}

static void check_root(void *context, const struct verify_root *root)
{
    enum verify_damage damage = wrong_with(root->seal.number);

    (void)context;
    ck_assert_int_eq(root->seal.number, fixture.visited);
    fixture.visited++;
    ck_assert_int_eq(root->rows.row, root->seal.number);
    ck_assert_int_eq(root->root.any, damage != VERIFY_NO_DAMAGE);
    ck_assert_int_eq(root->root.damage, damage);
}

static void add_seal(int64_t count)
{
    struct verify_root *root = verify_roots_next(fixture.roots);
    int64_t number = fixture.added++;
    enum verify_damage damage = wrong_with(number);

    ck_assert_uint_eq(seal_leaves_count(&root->leaves), 0);
    make_seal(&root->seal, number, count);
    root->seal.root[0] ^= damage == VERIFY_EDITED;
    root->read = true;
    root->rows.row = number;
    add_facts(&root->leaves, damage == VERIFY_REMOVED    ? count - 1
                             : damage == VERIFY_INSERTED ? count + 1
                                                         : count);
    CHECK_DONE(verify_roots_add(fixture.roots, check_root, NULL, &fixture.why), fixture.why);
}

START_TEST(seals_come_back_in_their_order_with_their_verdicts)
{
    fixture.no_thread = _i % 2 == 1;
    fixture.random = (uint64_t)_i;
    CHECK_DONE(verify_roots_open(&fixture.roots, &fixture.why), fixture.why);
    for (int i = 0; i < SEALS; i++) {
        add_seal(1 + (draw(50) == 0 ? draw(LARGE) : draw(40)));
    }
    CHECK_DONE(verify_roots_finish(fixture.roots, check_root, NULL, &fixture.why), fixture.why);
    ck_assert_int_eq(fixture.visited, SEALS);
    CHECK_DONE(verify_roots_finish(fixture.roots, check_root, NULL, &fixture.why), fixture.why);
    ck_assert_int_eq(fixture.visited, SEALS);
}
END_TEST

/* As where reading fails in the middle. */
START_TEST(what_was_begun_may_be_left)
{
    fixture.no_thread = _i % 2 == 1;
    CHECK_DONE(verify_roots_open(&fixture.roots, &fixture.why), fixture.why);
    for (int i = 0; i < _i; i++) {
        add_seal(LARGE);
    }
    (void)verify_roots_next(fixture.roots);
}
END_TEST

static Suite *verify_roots_suite(void)
{
    Suite *suite = suite_create("verify_roots");
    TCase *tests = tcase_create("verify_roots");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, seals_come_back_in_their_order_with_their_verdicts, 0, 6);
    tcase_add_loop_test(tests, what_was_begun_may_be_left, 0, 4);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(verify_roots_suite());
}
