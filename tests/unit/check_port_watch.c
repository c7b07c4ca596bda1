/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include <stdio.h>

#include "base/text.h"
#include "service/port_watch.h"
#include "service/service_settings.h"
#include "tests/unit/made_up.h"

static struct {
    struct failure why;
    struct port_watch *watch;
    struct snapshot sample;
    struct text news; /* a line each */
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    CHECK_DONE(port_watch_open(&fixture.watch, &fixture.why), fixture.why);
}

static void close_fixture(void)
{
    port_watch_close(fixture.watch);
    snapshot_clear(&fixture.sample);
    text_clear(&fixture.news);
}

static bool configure(const char *yaml)
{
    static setting_tables tables = {&service_settings, NULL};
    struct settings *settings = NULL;
    bool ok = settings_parse(&settings, "test", yaml, strlen(yaml), tables, &fixture.why) &&
              port_watch_configure(fixture.watch, settings, &fixture.why);

    settings_free(settings);
    return ok;
}

static void watch_ports(const char *list)
{
    char yaml[100];

    snprintf(yaml, sizeof(yaml), "events:\n  watch_ports: [%s]\n", list);
    CHECK_DONE(configure(yaml), fixture.why);
}

static void keep(void *context, const struct port_news *news)
{
    static const char *const kinds[] = {"opened", "closed", "changed"};

    (void)context;
    text_addf(&fixture.news, "%s %s %s %s\n", kinds[news->kind], news->socket, news->owner,
              news->before);
}

/* What the sample that was built tells; begins the next one. */
static const char *look(void)
{
    text_reset(&fixture.news);
    CHECK_DONE(port_watch_look(fixture.watch, &fixture.sample, keep, NULL, &fixture.why),
               fixture.why);
    made_up_begin(&fixture.sample, 1000);
    return text_bytes(&fixture.news);
}

static uint32_t add_process(uint32_t pid, const struct image *image)
{
    const struct process_instance fields = {
        .pid = pid, .start = pid, .name = "httpd", .path = "/usr/sbin/httpd", .image = image};
    const struct process_instance *instance = process_instance_make(&fields);
    uint32_t index;

    ck_assert_ptr_nonnull(instance);
    CHECK_DONE(snapshot_add_process(&fixture.sample, instance, &index, &fixture.why), fixture.why);
    process_instance_release(instance);
    return index;
}

static const struct image *make_image(uint64_t file, int64_t size)
{
    const struct image fields = {.path = "/usr/sbin/httpd",
                                 .identity = {.volume = 1, .file = file, .size = size}};
    const struct image *image = image_make(&fields);

    ck_assert_ptr_nonnull(image);
    return image;
}

START_TEST(what_opens_and_closes_on_a_watched_port_is_told_once)
{
    watch_ports("80, 443");
    made_up_begin(&fixture.sample, 1000);
    ck_assert_str_eq(look(), "");
    made_up_listener(&fixture.sample, 80, add_process(7, NULL));
    made_up_listener(&fixture.sample, 81, SOCKET_NO_OWNER);
    ck_assert_str_eq(look(), "opened TCP 127.0.0.1:80 httpd (pid 7, /usr/sbin/httpd) \n");
    made_up_listener(&fixture.sample, 80, add_process(7, NULL));
    made_up_listener(&fixture.sample, 443, SOCKET_NO_OWNER);
    ck_assert_str_eq(look(), "opened TCP 127.0.0.1:443 an owner that is not known \n");
    made_up_listener(&fixture.sample, 443, SOCKET_NO_OWNER);
    ck_assert_str_eq(look(), "closed TCP 127.0.0.1:80 httpd (pid 7, /usr/sbin/httpd) \n");
    made_up_listener(&fixture.sample, 443, SOCKET_NO_OWNER);
    ck_assert_str_eq(look(), "");
}
END_TEST

START_TEST(what_is_there_at_the_start_is_no_news)
{
    watch_ports("1-65535");
    made_up_listener(&fixture.sample, 80, SOCKET_NO_OWNER);
    ck_assert_str_eq(look(), "");
    ck_assert_str_eq(look(), "closed TCP 127.0.0.1:80 an owner that is not known \n");
}
END_TEST

START_TEST(connections_and_udp_are_not_listeners)
{
    watch_ports("80");
    ck_assert_str_eq(look(), "");
    made_up_connection(&fixture.sample, 80, 4000, SOCKET_ESTABLISHED, SOCKET_NO_OWNER);
    ck_assert_str_eq(look(), "");
}
END_TEST

START_TEST(two_rows_of_one_socket_are_one_listener)
{
    watch_ports("80");
    ck_assert_str_eq(look(), "");
    made_up_listener(&fixture.sample, 80, add_process(7, NULL));
    made_up_listener(&fixture.sample, 80, add_process(8, NULL));
    ck_assert_str_eq(look(), "opened TCP 127.0.0.1:80 httpd (pid 7, /usr/sbin/httpd) \n");
}
END_TEST

START_TEST(another_file_behind_the_same_port_is_told_also_after_a_rest)
{
    const struct image *old = make_image(5, 100);
    const struct image *same = make_image(5, 100);
    const struct image *newer = make_image(6, 200);

    watch_ports("80");
    made_up_listener(&fixture.sample, 80, add_process(7, old));
    ck_assert_str_eq(look(), "");
    made_up_listener(&fixture.sample, 80, add_process(8, same));
    ck_assert_str_eq(look(), "");
    CHECK_CONTAINS(look(), "closed");
    made_up_listener(&fixture.sample, 80, add_process(9, newer));
    CHECK_CONTAINS(look(), "changed TCP 127.0.0.1:80 /usr/sbin/httpd (200 bytes");
    CHECK_CONTAINS(text_bytes(&fixture.news), "opened TCP 127.0.0.1:80");
    CHECK_CONTAINS(text_bytes(&fixture.news), "/usr/sbin/httpd (100 bytes");
    made_up_listener(&fixture.sample, 80, add_process(9, newer));
    ck_assert_str_eq(look(), "");
    image_release(old);
    image_release(same);
    image_release(newer);
}
END_TEST

START_TEST(more_listeners_than_there_is_room_for_are_left_alone)
{
    watch_ports("1-65535");
    ck_assert_str_eq(look(), "");
    for (int port = 1; port <= PORT_WATCH_MOST + 10; port++) {
        made_up_listener(&fixture.sample, (uint16_t)port, SOCKET_NO_OWNER);
    }
    (void)look();
    ck_assert_ptr_null(strstr(text_bytes(&fixture.news), "127.0.0.1:1010 "));
    CHECK_CONTAINS(text_bytes(&fixture.news), "127.0.0.1:1000 ");
}
END_TEST

START_TEST(a_list_that_is_none_is_refused_and_the_old_one_stays)
{
    watch_ports("80");
    ck_assert_str_eq(look(), "");
    CHECK_FAILED(configure("events:\n  watch_ports: [80, nonsense]\n"), FAILURE_SETTINGS,
                 fixture.why);
    CHECK_CONTAINS(fixture.why.text, "events.watch_ports");
    made_up_listener(&fixture.sample, 80, SOCKET_NO_OWNER);
    CHECK_CONTAINS(look(), "opened");
}
END_TEST

START_TEST(without_ports_nothing_is_told)
{
    CHECK_DONE(configure(""), fixture.why);
    ck_assert_str_eq(look(), "");
    made_up_listener(&fixture.sample, 80, SOCKET_NO_OWNER);
    ck_assert_str_eq(look(), "");
}
END_TEST

static Suite *watch_suite(void)
{
    Suite *suite = suite_create("port_watch");
    TCase *tests = tcase_create("port_watch");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, what_opens_and_closes_on_a_watched_port_is_told_once);
    tcase_add_test(tests, what_is_there_at_the_start_is_no_news);
    tcase_add_test(tests, connections_and_udp_are_not_listeners);
    tcase_add_test(tests, two_rows_of_one_socket_are_one_listener);
    tcase_add_test(tests, another_file_behind_the_same_port_is_told_also_after_a_rest);
    tcase_add_test(tests, more_listeners_than_there_is_room_for_are_left_alone);
    tcase_add_test(tests, a_list_that_is_none_is_refused_and_the_old_one_stays);
    tcase_add_test(tests, without_ports_nothing_is_told);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(watch_suite());
}
