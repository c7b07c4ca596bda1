/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "collector/image_file.h"

enum { NOBODY = 65534 };

static struct {
    struct image_file *file;
    pid_t child;
} fixture;

static void remove_all(void)
{
    static const char *const names[] = {"pipe", "link", "loop", "sleeper", "made", "closed/made"};

    for (int i = 0; i < COUNT_OF(names); i++) {
        (void)unlink(names[i]);
    }
    (void)rmdir("closed");
}

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    remove_all();
    support_write_text("made", "0123456789");
}

static void end_child(void)
{
    if (fixture.child > 0) {
        (void)kill(fixture.child, SIGKILL);
        (void)waitpid(fixture.child, NULL, 0);
        fixture.child = 0;
    }
}

static void close_fixture(void)
{
    end_child();
    image_file_close(fixture.file);
    remove_all();
}

static enum image_status identify(const char *name)
{
    struct image_identity identity = {0};

    return image_file_identify(name, &identity);
}

static enum image_status open_name(const char *name)
{
    struct image image = {.path = name};

    image_file_close(fixture.file);
    fixture.file = NULL;
    return image_file_open(&fixture.file, &image);
}

START_TEST(what_is_no_file_of_a_disk_is_not_opened)
{
    static const char *const names[] = {
        "pipe",        "/dev/null",       "/proc/self/status",
        "/sys/kernel", "/proc/self/fd/0", "/sys/kernel/uevent_seqnum"};
    int ends[2];

    ck_assert_int_eq(mkfifo("pipe", 0600), 0);
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_ge(dup2(ends[0], 0), 0);
    for (int i = 0; i < COUNT_OF(names); i++) {
        ck_assert_int_eq(identify(names[i]), IMAGE_NO_FILE);
        ck_assert_int_eq(open_name(names[i]), IMAGE_NO_FILE);
    }
    (void)close(ends[0]);
    (void)close(ends[1]);
}
END_TEST

START_TEST(links_are_followed_to_their_end)
{
    ck_assert_int_eq(symlink("made", "link"), 0);
    ck_assert_int_eq(symlink("loop", "loop"), 0);
    ck_assert_int_eq(open_name("link"), IMAGE_READ);
    ck_assert_int_eq(open_name("loop"), IMAGE_CHANGED);
}
END_TEST

START_TEST(another_volume_is_another_file)
{
    struct image_identity identity = {0};

    ck_assert_int_eq(image_file_identify("/proc/self/exe", &identity), IMAGE_READ);
    identity.volume++;
    ck_assert_int_eq(image_file_identify("/proc/self/exe", &identity), IMAGE_CHANGED);
}
END_TEST

START_TEST(memory_that_a_program_runs_from_can_be_read)
{
    int memory = memfd_create("made", MFD_CLOEXEC);
    struct text name = {0};
    char piece[4] = {0};

    ck_assert_int_ge(memory, 0);
    ck_assert_int_eq(write(memory, "abc", 3), 3);
    text_addf(&name, "/proc/self/fd/%d", memory);
    ck_assert_int_eq(open_name(text_bytes(&name)), IMAGE_READ);
    ck_assert_int_eq(image_file_read(fixture.file, 0, piece, 3), 3);
    ck_assert_str_eq(piece, "abc");
    text_clear(&name);
    (void)close(memory);
}
END_TEST

START_TEST(a_file_that_somebody_leased_does_not_hold_us)
{
    int descriptor = open("made", O_RDWR | O_CLOEXEC);

    ck_assert_int_ge(descriptor, 0);
    /* The holder is asked by SIGIO to give it back. */
    ck_assert(signal(SIGIO, SIG_IGN) != SIG_ERR);
    ck_assert_int_eq(fcntl(descriptor, F_SETLEASE, F_WRLCK), 0);
    ck_assert_int_eq(open_name("made"), IMAGE_UNREADABLE);
    ck_assert_int_eq(fcntl(descriptor, F_SETLEASE, F_UNLCK), 0);
    ck_assert_int_eq(open_name("made"), IMAGE_READ);
    (void)close(descriptor);
}
END_TEST

/* Returns once the child runs it. */
static void start_sleeper(void)
{
    size_t size;
    char *bytes = support_read_file("/bin/sleep", &size);
    int ends[2];
    char nothing;

    support_write_file("sleeper", bytes, size);
    free(bytes);
    ck_assert_int_eq(chmod("sleeper", 0700), 0);
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    fixture.child = fork();
    ck_assert_int_ge(fixture.child, 0);
    if (fixture.child == 0) {
        (void)execl("./sleeper", "sleeper", "60", (char *)NULL);
        _exit(1);
    }
    (void)close(ends[1]);
    ck_assert_int_eq(read(ends[0], &nothing, 1), 0); /* the other end went away with the exec */
    (void)close(ends[0]);
}

START_TEST(a_program_that_was_deleted_can_be_read_as_long_as_it_runs)
{
    struct text source = {0};
    struct image image = {.path = "sleeper"};

    start_sleeper();
    text_addf(&source, "/proc/%d/exe", (int)fixture.child);
    image.source = text_bytes(&source);
    ck_assert_int_eq(image_file_identify(image.source, &image.identity), IMAGE_READ);
    ck_assert_int_gt(image.identity.size, 1000);
    ck_assert_int_eq(unlink("sleeper"), 0);
    support_write_text("sleeper", "something else");
    ck_assert_int_eq(image_file_open(&fixture.file, &image), IMAGE_READ);
    end_child();
    image_file_close(fixture.file);
    fixture.file = NULL;
    ck_assert_int_eq(image_file_open(&fixture.file, &image), IMAGE_CHANGED);
    ck_assert_int_eq(unlink("sleeper"), 0);
    ck_assert_int_eq(image_file_open(&fixture.file, &image), IMAGE_GONE);
    text_clear(&source);
}
END_TEST

/* Exit status of a child that looks as somebody who has no rights: 100 where it cannot become that.
 */
static int open_as_nobody(const char *name)
{
    struct image image = {.path = name};
    struct image_file *file = NULL;
    int status = 0;

    fixture.child = fork();
    ck_assert_int_ge(fixture.child, 0);
    if (fixture.child == 0) {
        if (setgid(NOBODY) != 0 || setuid(NOBODY) != 0) {
            _exit(100);
        }
        _exit((int)image_file_open(&file, &image));
    }
    ck_assert_int_eq(waitpid(fixture.child, &status, 0), fixture.child);
    fixture.child = 0;
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

START_TEST(what_the_user_may_not_read_is_denied)
{
    struct text source = {0};

    text_addf(&source, "/proc/%d/exe", (int)getpid());
    ck_assert_int_eq(mkdir("closed", 0700), 0);
    support_write_text("closed/made", "x");
    ck_assert_int_eq(chmod("made", 0600), 0);
    if (open_as_nobody("/bin/sleep") == IMAGE_READ) { /* otherwise we cannot become somebody else */
        ck_assert_int_eq(open_as_nobody("made"), IMAGE_DENIED);
        ck_assert_int_eq(open_as_nobody("closed/made"), IMAGE_DENIED);
        ck_assert_int_eq(open_as_nobody(text_bytes(&source)), IMAGE_DENIED);
    } else {
        ck_assert_int_ne(getuid(), 0);
    }
    text_clear(&source);
}
END_TEST

static Suite *image_file_linux_suite(void)
{
    Suite *suite = suite_create("image_file_linux");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, what_is_no_file_of_a_disk_is_not_opened);
    tcase_add_test(tests, links_are_followed_to_their_end);
    tcase_add_test(tests, another_volume_is_another_file);
    tcase_add_test(tests, memory_that_a_program_runs_from_can_be_read);
    tcase_add_test(tests, a_file_that_somebody_leased_does_not_hold_us);
    tcase_add_test(tests, a_program_that_was_deleted_can_be_read_as_long_as_it_runs);
    tcase_add_test(tests, what_the_user_may_not_read_is_denied);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(image_file_linux_suite());
}
