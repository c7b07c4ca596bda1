/* SPDX-License-Identifier: MIT */

/*
 * Differences on plain data: what a pair of sockets means, what became of the
 * programs, and what of two machines is compared.
 */

#include <check.h>
#include <stdlib.h>

#include "base/text.h"
#include "reportcli/difference.h"
#include "tests/support.h"

enum { FILES_MAX = 4, PROCESSES_MAX = 4, SOCKETS_MAX = 6 };

/* A file: what is behind the blank is its content; without, it was not read. */
struct made_process {
    uint32_t pid; /* 0: there is none */
    uint64_t start;
    const char *file;
    const char *modules[FILES_MAX];
};

struct made_socket {
    uint16_t port; /* 0: there is none */
    int process;   /* a place, or NOBODY */
    uint64_t socket_id;
    int protocol;
    uint8_t address; /* the first and the last byte; 0: all addresses */
    const char *service;
};

enum { NOBODY = -1, DENIED = -2 };

struct made {
    struct made_process processes[PROCESSES_MAX];
    struct made_socket sockets[SOCKETS_MAX];
};

static struct {
    struct snapshot before;
    struct snapshot after;
    struct difference difference;
    struct text words;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
}

static void close_fixture(void)
{
    snapshot_clear(&fixture.before);
    snapshot_clear(&fixture.after);
    difference_clear(&fixture.difference);
    text_clear(&fixture.words);
}

static const struct image *make_file(const char *words)
{
    const char *content = strchr(words, ' ');
    char *path = text_copy_size(words, content != NULL ? (size_t)(content - words) : strlen(words));
    const struct image fields = {.path = path, .seen_as = IMAGE_READ};
    const struct image *image = image_make(&fields);

    ck_assert_ptr_nonnull(image);
    if (content != NULL) {
        const struct image_facts read = {.status = IMAGE_READ, .sha256 = {(uint8_t)content[1]}};
        const struct image_facts *facts = image_facts_make(&read);

        ck_assert_ptr_nonnull(facts);
        image_publish(image, facts);
        image_facts_release(facts);
    }
    free(path);
    return image;
}

static const struct module_list *make_modules(const struct made_process *made)
{
    struct module modules[FILES_MAX] = {0};
    struct module_list list = {.access = MODULES_READ, .modules = modules};
    const struct module_list *shared;

    for (; list.count < FILES_MAX && made->modules[list.count] != NULL; list.count++) {
        modules[list.count].image = make_file(made->modules[list.count]);
    }
    if (list.count == 0) {
        return NULL;
    }
    shared = module_list_make(&list);
    ck_assert_ptr_nonnull(shared);
    for (size_t i = 0; i < list.count; i++) {
        image_release(modules[i].image);
    }
    return shared;
}

static void add_process(struct snapshot *snapshot, const struct made_process *made)
{
    struct process_instance fields = {.pid = made->pid, .start = made->start};
    const struct process_instance *instance;
    uint32_t place;

    fields.image = make_file(made->file);
    fields.path = fields.image->path;
    fields.name = strrchr(fields.path, '/') + 1;
    fields.access = PROCESS_OPENED;
    fields.modules = make_modules(made);
    instance = process_instance_make(&fields);
    CHECK_DONE(snapshot_add_process(snapshot, instance, &place, &fixture.why), fixture.why);
    process_instance_release(instance);
    module_list_release(fields.modules);
    image_release(fields.image);
}

static void add_socket(struct snapshot *snapshot, const struct made *made,
                       const struct made_socket *socket)
{
    struct socket_row row = {
        .protocol = (uint8_t)(socket->protocol != 0 ? socket->protocol : SOCKET_TCP),
        .local = {.address = {socket->address, 0, 0, socket->address},
                  .address_size = 4,
                  .port = socket->port},
        .socket_id = socket->socket_id,
        .owner = socket->process < 0 ? SOCKET_NO_OWNER : (uint32_t)socket->process,
        .pid = socket->process < 0 ? 0 : made->processes[socket->process].pid,
        .attribution = socket->process == DENIED ? ATTRIBUTION_DENIED : ATTRIBUTION_EXACT,
    };

    row.state = row.protocol == SOCKET_TCP ? SOCKET_LISTENING : SOCKET_STATELESS;
    if (socket->service != NULL) {
        CHECK_DONE(snapshot_add_service(snapshot, socket->service, SERVICE_BY_TAG, &row.service,
                                        &fixture.why),
                   fixture.why);
    }
    CHECK_DONE(snapshot_add_socket(snapshot, &row, &fixture.why), fixture.why);
}

static void fill(struct snapshot *snapshot, const struct made *made)
{
    for (int i = 0; i < PROCESSES_MAX && made->processes[i].pid != 0; i++) {
        add_process(snapshot, &made->processes[i]);
    }
    for (int i = 0; i < SOCKETS_MAX && made->sockets[i].port != 0; i++) {
        add_socket(snapshot, made, &made->sockets[i]);
    }
    snapshot_sort(snapshot);
}

/* "owner 443 100<-200, module /a.so x2": what is different, in order. */
static const char *tell(void)
{
    text_reset(&fixture.words);
    for (size_t i = 0; i < fixture.difference.count; i++) {
        const struct difference_item *item = &fixture.difference.items[i];

        text_addf(&fixture.words, "%s%s", i == 0 ? "" : ", ", difference_name(item->kind));
        if (item->row != NULL) {
            text_addf(&fixture.words, " %u", (unsigned)item->row->local.port);
        }
        if (item->process_after != SOCKET_NO_OWNER) {
            text_addf(&fixture.words, " %u",
                      (unsigned)fixture.after.processes[item->process_after]->pid);
        }
        if (item->process_before != SOCKET_NO_OWNER) {
            text_addf(&fixture.words, "<-%u",
                      (unsigned)fixture.before.processes[item->process_before]->pid);
        }
        if (item->module != NULL) {
            text_addf(&fixture.words, " %s%s", item->module->image->path,
                      item->module_before != NULL ? "!" : "");
        }
        if (item->processes > 1) {
            text_addf(&fixture.words, " x%zu", item->processes);
        }
    }
    return text_bytes(&fixture.words);
}

#define SH                                                                                         \
    {                                                                                              \
        100, 1, "/bin/sh a",                                                                       \
        {                                                                                          \
            "/lib/c a"                                                                             \
        }                                                                                          \
    }
#define WEB                                                                                        \
    {                                                                                              \
        200, 2, "/bin/web a",                                                                      \
        {                                                                                          \
            "/lib/c a"                                                                             \
        }                                                                                          \
    }
#define WEB_AGAIN                                                                                  \
    {                                                                                              \
        210, 9, "/bin/web a",                                                                      \
        {                                                                                          \
            "/lib/c a"                                                                             \
        }                                                                                          \
    }
#define HOST                                                                                       \
    {                                                                                              \
        300, 3, "/bin/host a",                                                                     \
        {                                                                                          \
            NULL                                                                                   \
        }                                                                                          \
    }
#define HOST_AGAIN                                                                                 \
    {                                                                                              \
        310, 9, "/bin/host a",                                                                     \
        {                                                                                          \
            NULL                                                                                   \
        }                                                                                          \
    }
#define SOCKET(port, process)                                                                      \
    {                                                                                              \
        port, process, 0, 0, 0, NULL                                                               \
    }
#define SOCKET_OF_ID(port, process, id)                                                            \
    {                                                                                              \
        port, process, id, 0, 0, NULL                                                              \
    }
#define UDP(port, process)                                                                         \
    {                                                                                              \
        port, process, 0, SOCKET_UDP, 0, NULL                                                      \
    }
#define AT(port, process, address)                                                                 \
    {                                                                                              \
        port, process, 0, 0, address, NULL                                                         \
    }
#define SERVES(port, process, service)                                                             \
    {                                                                                              \
        port, process, 0, 0, 0, service                                                            \
    }

static const struct {
    struct made before;
    struct made after;
    const char *told;
    bool by_program;
    size_t unseen;
} cases[] = {
    /* the same program in another run: it came back */
    {{{WEB}, {SOCKET(80, 0)}}, {{WEB_AGAIN}, {SOCKET(80, 0)}}, "reopened 80 210<-200", false, 0},
    /* another program */
    {{{WEB}, {SOCKET(80, 0)}}, {{SH}, {SOCKET(80, 0)}}, "owner 80 100<-200", false, 0},
    /* the socket itself is the same: it was handed on */
    {{{WEB}, {SOCKET_OF_ID(80, 0, 7)}},
     {{WEB_AGAIN}, {SOCKET_OF_ID(80, 0, 7)}},
     "owner 80 210<-200",
     false,
     0},
    /* one of those who hold it stayed, so it was never closed: a worker was replaced */
    {{{SH, WEB}, {SOCKET(80, 0), SOCKET(80, 1)}},
     {{SH, WEB_AGAIN}, {SOCKET(80, 0), SOCKET(80, 1)}},
     "owner 80 210<-200",
     false,
     0},
    /* the same run with another socket */
    {{{WEB}, {SOCKET_OF_ID(80, 0, 7)}},
     {{WEB}, {SOCKET_OF_ID(80, 0, 8)}},
     "reopened 80 200<-200",
     false,
     0},
    /* inside of one program the services are what counts */
    {{{HOST}, {SERVES(80, 0, "A")}},
     {{HOST_AGAIN}, {SERVES(80, 0, "B")}},
     "owner 80 310<-300",
     false,
     0},
    {{{HOST}, {SERVES(80, 0, "A")}},
     {{HOST_AGAIN}, {SERVES(80, 0, "A")}},
     "reopened 80 310<-300",
     false,
     0},
    /* whose owner may not be seen has no other owner */
    {{{WEB}, {SOCKET(80, 0)}}, {{WEB}, {SOCKET(80, DENIED)}}, "", false, 1},
    {{{WEB}, {SOCKET(80, NOBODY)}}, {{WEB}, {SOCKET(80, 0)}}, "", false, 0},
    /* by process, then by port; the earlier one where there is no later one */
    {{{SH, WEB}, {SOCKET(90, 0), SOCKET(70, 0), SOCKET(60, 1)}},
     {{SH, WEB}, {SOCKET(80, 0)}},
     "closed 70<-100, opened 80 100, closed 90<-100, closed 60<-200",
     false,
     0},
    /* another file of the same path, by another run and by many */
    {{{WEB}, {SOCKET(80, 0)}},
     {{{210, 9, "/bin/web b", {NULL}}, {220, 9, "/bin/web b", {NULL}}}, {SOCKET(80, 0)}},
     "reopened 80 210<-200, image 210<-200 x2",
     false,
     0},
    /* one of them runs what ran before: nothing new */
    {{{WEB, {201, 2, "/bin/web b", {NULL}}}, {SOCKET(80, 0)}},
     {{WEB, {220, 9, "/bin/web b", {NULL}}}, {SOCKET(80, 0)}},
     "",
     false,
     0},
    /* a process that became another program */
    {{{SH}, {SOCKET(80, 0)}},
     {{{100, 1, "/bin/evil b", {NULL}}}, {SOCKET(80, 0)}},
     "image 100<-100",
     false,
     0},
    /* what was not read is no difference */
    {{{WEB}, {SOCKET(80, 0)}}, {{{200, 2, "/bin/web", {NULL}}}, {SOCKET(80, 0)}}, "", false, 0},
    /* a file that the process, or its program, had not; and one with another content */
    {{{WEB}, {SOCKET(80, 0)}},
     {{{200, 2, "/bin/web a", {"/lib/c a", "/tmp/x b"}}}, {SOCKET(80, 0)}},
     "module 200<-200 /tmp/x",
     false,
     0},
    {{{WEB}, {SOCKET(80, 0)}},
     {{{210, 9, "/bin/web a", {"/lib/c b"}}, {211, 9, "/bin/web a", {"/lib/c b"}}},
      {SOCKET(80, 0)}},
     "reopened 80 210<-200, module 210 /lib/c! x2",
     false,
     0},
    /* this run had it not, though another one of the program had */
    {{{WEB, {201, 2, "/bin/web a", {"/lib/c a", "/tmp/x b"}}}, {SOCKET(80, 0)}},
     {{{200, 2, "/bin/web a", {"/lib/c a", "/tmp/x b"}}}, {SOCKET(80, 0)}},
     "module 200<-200 /tmp/x",
     false,
     0},
    /* a program that was not there is new as a whole */
    {{{WEB}, {SOCKET(80, 0)}},
     {{WEB, {100, 9, "/bin/sh b", {"/tmp/x b"}}}, {SOCKET(80, 0), SOCKET(81, 1)}},
     "opened 81 100",
     false,
     0},

    /* two machines: pids and runs do not count, nor do their own addresses */
    {{{WEB}, {AT(80, 0, 10)}}, {{{7, 7, "/opt/WEB a", {NULL}}}, {AT(80, 0, 11)}}, "", true, 0},
    {{{WEB}, {AT(80, 0, 127)}},
     {{WEB}, {SOCKET(80, 0)}},
     "only in B 80 200, only in A 80<-200",
     true,
     0},
    {{{WEB}, {SOCKET(80, 0)}}, {{SH}, {SOCKET(80, 0)}}, "owner 80 100<-200", true, 0},
    {{{WEB}, {SOCKET(80, 0)}}, {{WEB}, {SOCKET(80, DENIED)}}, "", true, 1},
    {{{HOST}, {SERVES(80, 0, "A"), SERVES(81, 0, "B")}},
     {{HOST}, {SERVES(80, 0, "A"), SERVES(81, 0, "C")}},
     "owner 81 300<-300",
     true,
     0},
    /* numbers that systems give out do not count; UDP there not at all */
    {{{WEB}, {SOCKET(50000, 0)}}, {{WEB}, {SOCKET(50001, 0), SOCKET(50002, 0)}}, "", true, 0},
    {{{WEB}, {SOCKET(50000, 0)}},
     {{SH}, {SOCKET(50001, 0)}},
     "only in B 50001 100, only in A 50000<-200",
     true,
     0},
    {{{WEB}, {UDP(50000, 0), UDP(53, 0)}}, {{WEB}, {UDP(53, 0)}}, "", true, 0},
    {{{WEB}, {UDP(53, 0)}},
     {{WEB}, {SOCKET(53, 0)}},
     "only in B 53 200, only in A 53<-200",
     true,
     0},
    /* another version of the program counts, that of its modules does not */
    {{{WEB}, {SOCKET(80, 0)}},
     {{{7, 7, "/opt/web b", {"/lib/c b", "/tmp/x b"}}}, {SOCKET(80, 0)}},
     "image 7<-200, module 7 /tmp/x",
     true,
     0},
};

START_TEST(a_difference_is_told_by_what_it_means)
{
    const struct difference_wish wish = {.by_program = cases[_i].by_program};

    fill(&fixture.before, &cases[_i].before);
    fill(&fixture.after, &cases[_i].after);
    CHECK_DONE(
        difference_make(&fixture.difference, &fixture.before, &fixture.after, &wish, &fixture.why),
        fixture.why);
    ck_assert_str_eq(tell(), cases[_i].told);
    ck_assert_uint_eq(fixture.difference.unseen_owners, cases[_i].unseen);
}
END_TEST

/* What is the same in both is never different, and counts are those of the items. */
START_TEST(nothing_is_different_from_itself)
{
    for (int by_program = 0; by_program < 2; by_program++) {
        const struct difference_wish wish = {.by_program = by_program != 0};

        snapshot_reset(&fixture.before);
        snapshot_reset(&fixture.after);
        fill(&fixture.before, &cases[_i].after);
        fill(&fixture.after, &cases[_i].after);
        CHECK_DONE(difference_make(&fixture.difference, &fixture.before, &fixture.after, &wish,
                                   &fixture.why),
                   fixture.why);
        ck_assert_str_eq(tell(), "");
    }
}
END_TEST

static Suite *difference_suite(void)
{
    Suite *suite = suite_create("difference");
    TCase *tests = tcase_create("difference");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, a_difference_is_told_by_what_it_means, 0, COUNT_OF(cases));
    tcase_add_loop_test(tests, nothing_is_different_from_itself, 0, COUNT_OF(cases));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(difference_suite());
}
