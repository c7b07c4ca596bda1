/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include "collector/owner_history.h"

static struct {
    struct owner_history history;
    const struct process_instance *owners[2];
    uint32_t numbers[2];
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    for (uint32_t i = 0; i < 2; i++) {
        const struct process_instance fields = {.pid = i + 1, .start = 5, .name = "a"};

        fixture.owners[i] = process_instance_make(&fields);
        ck_assert_ptr_nonnull(fixture.owners[i]);
        CHECK_DONE(owner_history_add_owner(&fixture.history, fixture.owners[i], i == 1,
                                           &fixture.numbers[i], &fixture.why),
                   fixture.why);
    }
}

static void close_fixture(void)
{
    owner_history_clear(&fixture.history);
    owner_history_clear(&fixture.history);
    process_instance_release(fixture.owners[0]);
    process_instance_release(fixture.owners[1]);
}

/* A socket, as far as it matters here. */
struct brief {
    uint64_t id;
    uint16_t port;
    uint16_t remote_port;
};

static struct socket_row make_row(const struct brief *brief)
{
    struct socket_row row = {
        .local = {.address = {127, 0, 0, 1}, .address_size = 4, .port = brief->port},
        .remote = {.address = {127, 0, 0, 1}, .address_size = 4, .port = brief->remote_port},
        .protocol = SOCKET_TCP,
        .state = brief->remote_port == 0 ? SOCKET_LISTENING : SOCKET_ESTABLISHED,
        .socket_id = brief->id,
    };

    socket_row_normalize(&row);
    return row;
}

static void remember(const struct socket_row *row, int owner)
{
    CHECK_DONE(
        owner_history_add_socket(&fixture.history, row, fixture.numbers[owner], &fixture.why),
        fixture.why);
}

#define NOBODY UINT32_MAX

static uint32_t number_of(const struct remembered_socket *found)
{
    return found == NULL ? NOBODY : found->owner;
}

static uint32_t find(const struct socket_row *row)
{
    const struct remembered_socket *found;

    CHECK_DONE(owner_history_find(&fixture.history, row, &found, &fixture.why), fixture.why);
    return number_of(found);
}

/* What was there, what is there now, and whether it is the same. */
static const struct {
    struct brief was;
    struct brief is;
    bool found;
} sockets[] = {
    {{0, 80, 5000}, {0, 80, 5000}, true},  {{0, 80, 5000}, {0, 80, 5001}, false},
    {{0, 80, 5000}, {0, 81, 5000}, false}, {{7, 80, 5000}, {0, 80, 5000}, true}, /* it waits */
    {{7, 80, 5000}, {8, 80, 5000}, false},                                       /* another one */
    {{7, 80, 0}, {7, 80, 0}, true},        {{7, 80, 0}, {8, 80, 0}, false},
    {{0, 80, 0}, {0, 80, 0}, false}, /* a listener has no five-tuple */
};

START_TEST(a_connection_is_found_by_its_ends_and_others_by_their_id)
{
    const struct socket_row was = make_row(&sockets[_i].was);
    const struct socket_row is = make_row(&sockets[_i].is);

    remember(&was, 0);
    ck_assert_uint_eq(find(&is), sockets[_i].found ? fixture.numbers[0] : NOBODY);
}
END_TEST

START_TEST(several_owners_of_one_socket_are_all_found)
{
    const struct socket_row row = make_row(&(struct brief){0, 80, 5000});

    remember(&row, 0);
    remember(&row, 1);
    ck_assert_uint_eq(find(&row), fixture.numbers[0]);
    ck_assert_uint_eq(number_of(owner_history_next(&fixture.history, &row)), fixture.numbers[1]);
    ck_assert_uint_eq(number_of(owner_history_next(&fixture.history, &row)), NOBODY);
    ck_assert(fixture.history.owners[fixture.numbers[1]].left_out);
}
END_TEST

START_TEST(nothing_is_found_in_an_empty_history)
{
    const struct socket_row row = make_row(&(struct brief){0, 80, 5000});

    ck_assert_uint_eq(find(&row), NOBODY);
    remember(&row, 0);
    owner_history_reset(&fixture.history);
    ck_assert_uint_eq(find(&row), NOBODY);
}
END_TEST

START_TEST(an_owner_is_kept_while_it_is_remembered)
{
    const struct process_instance *owner = fixture.owners[0];

    fixture.owners[0] = NULL;
    process_instance_release(owner);
    ck_assert_uint_eq(fixture.history.owners[0].instance->pid, 1);
}
END_TEST

START_TEST(thousands_of_connections_are_found)
{
    enum { MANY = 20000 };

    for (uint32_t i = 0; i < MANY; i++) {
        const struct socket_row row =
            make_row(&(struct brief){0, (uint16_t)(1 + i % 60000), (uint16_t)(1 + i / 7)});

        remember(&row, (int)(i % 2));
    }
    for (uint32_t i = 0; i < MANY; i++) {
        const struct socket_row row =
            make_row(&(struct brief){0, (uint16_t)(1 + i % 60000), (uint16_t)(1 + i / 7)});

        ck_assert_uint_eq(find(&row), fixture.numbers[i % 2]);
    }
}
END_TEST

static Suite *owner_history_suite(void)
{
    Suite *suite = suite_create("owner_history");
    TCase *tests = tcase_create("owner_history");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, a_connection_is_found_by_its_ends_and_others_by_their_id, 0,
                        COUNT_OF(sockets));
    tcase_add_test(tests, several_owners_of_one_socket_are_all_found);
    tcase_add_test(tests, nothing_is_found_in_an_empty_history);
    tcase_add_test(tests, an_owner_is_kept_while_it_is_remembered);
    tcase_add_test(tests, thousands_of_connections_are_found);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(owner_history_suite());
}
