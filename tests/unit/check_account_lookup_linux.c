/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include <errno.h>
#include <pwd.h>

#include "collector/account_names.h"

enum { MOST_ROOM = 1024 * 1024 };

static struct text name;

/* The name service of this test; the system's own where `user` is NULL. */
static struct {
    const char *user;
    size_t needed; /* bytes of room, below which it is ERANGE */
    int error;
    int calls;
} service;

/* In the place of getpwuid_r() in account_lookup_linux.c: see tests/CMakeLists.txt. */
int fake_getpwuid_r(uid_t uid, struct passwd *entry, char *room, size_t size,
                    struct passwd **filled);

int fake_getpwuid_r(uid_t uid, struct passwd *entry, char *room, size_t size,
                    struct passwd **filled)
{
    service.calls++;
    if (service.user == NULL) {
        return getpwuid_r(uid, entry, room, size, filled);
    }
    *filled = NULL;
    if (service.error != 0 || size < service.needed) {
        return service.error != 0 ? service.error : ERANGE;
    }
    memset(room, 'x', size);
    memcpy(room, service.user, strlen(service.user) + 1);
    *entry = (struct passwd){.pw_name = room, .pw_uid = uid};
    *filled = entry;
    return 0;
}

static void open_fixture(void)
{
    name = (struct text){0};
    memset(&service, 0, sizeof(service));
}

static void close_fixture(void)
{
    text_clear(&name);
}

START_TEST(the_system_knows_root)
{
    ck_assert(account_lookup("0", &name));
    ck_assert_str_eq(text_bytes(&name), "root");
}
END_TEST

START_TEST(the_system_does_not_know_everybody)
{
    ck_assert(!account_lookup("4294967190", &name));
    ck_assert_uint_eq(name.size, 0);
    ck_assert_int_eq(service.calls, 1);
}
END_TEST

static const char *const no_ids[] = {"", "root", "-1", "1000 ", " 1000", "4294967296", "0x0"};

START_TEST(what_is_no_id_is_not_asked_for)
{
    service.user = "somebody";
    ck_assert(!account_lookup(no_ids[_i], &name));
    ck_assert_int_eq(service.calls, 0);
}
END_TEST

static const struct {
    size_t needed;
    bool found;
} sizes[] = {
    {1, true}, {1025, true}, {50000, true}, {MOST_ROOM, true}, {MOST_ROOM + 1, false},
};

START_TEST(the_room_grows_to_a_bound)
{
    service.user = "somebody";
    service.needed = sizes[_i].needed;
    ck_assert_int_eq(account_lookup("1000", &name), sizes[_i].found);
    ck_assert_str_eq(text_bytes(&name), sizes[_i].found ? "somebody" : "");
}
END_TEST

START_TEST(a_name_service_that_fails_gives_no_name)
{
    service.user = "somebody";
    service.error = EIO;
    ck_assert(!account_lookup("1000", &name));
    ck_assert_int_eq(service.calls, 1);
}
END_TEST

START_TEST(a_name_in_another_encoding_becomes_utf8)
{
    service.user = "J\xf6rg";
    ck_assert(account_lookup("1000", &name));
    ck_assert_str_eq(text_bytes(&name), "J\xef\xbf\xbdrg");
}
END_TEST

static Suite *account_lookup_suite(void)
{
    Suite *suite = suite_create("account_lookup_linux");
    TCase *tests = tcase_create("account_lookup_linux");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, the_system_knows_root);
    tcase_add_test(tests, the_system_does_not_know_everybody);
    tcase_add_loop_test(tests, what_is_no_id_is_not_asked_for, 0, COUNT_OF(no_ids));
    tcase_add_loop_test(tests, the_room_grows_to_a_bound, 0, COUNT_OF(sizes));
    tcase_add_test(tests, a_name_service_that_fails_gives_no_name);
    tcase_add_test(tests, a_name_in_another_encoding_becomes_utf8);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(account_lookup_suite());
}
