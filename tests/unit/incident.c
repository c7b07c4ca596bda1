/* SPDX-License-Identifier: MIT */

#include "tests/unit/incident.h"

#include <check.h>
#include <string.h>

#include "base/clock.h"
#include "base/clock_fake.h"
#include "collector/snapshot.h"
#include "store/ledger_writer.h"
#include "tests/support.h"
#include "tests/unit/console_fake.h"

const char incident_path[] = "incident.db";

enum { AN_HOUR = 3600 };
enum { SYSTEMD, SSHD, EVIL, HOST, COPY, PROCESS_COUNT, NOBODY = PROCESS_COUNT };

static const struct {
    struct process_instance fields;
    int parent; /* -1: none */
    int from;   /* seconds from the begin */
    int until;
} processes[PROCESS_COUNT] = {
    [SYSTEMD] =
        {.fields = {.pid = 1, .start = 1, .name = "systemd", .path = "/usr/lib/systemd/systemd"},
         .parent = -1,
         .until = 100},
    [SSHD] = {.fields = {.pid = 100,
                         .start = 1000,
                         .name = "sshd",
                         .path = "/usr/sbin/sshd",
                         .command_line = "sshd -D"},
              .parent = SYSTEMD,
              .until = 100},
    [EVIL] = {.fields = {.pid = 4321,
                         .start = 7000,
                         .name = "=evil\x1b[31m",
                         .path = "/tmp/\xe2\x80\xae"
                                 "cod.\"exe\"",
                         .command_line = "evil \x1b[2J --password=secret"},
              .parent = SSHD,
              .from = 5,
              .until = 15},
    [HOST] = {.fields = {.pid = 900,
                         .start = 2000,
                         .name = "svchost.exe",
                         .path = "C:\\Windows\\System32\\svchost.exe"},
              .parent = -1,
              .until = 100},
    [COPY] = {.fields = {.pid = 901,
                         .start = 3000,
                         .name = "svchost.exe",
                         .path = "C:\\Users\\Public\\svchost.exe"},
              .parent = -1,
              .until = 100},
};

#define END4(a, b, c, d, number)                                                                   \
    {                                                                                              \
        .address = {(a), (b), (c), (d)}, .address_size = 4, .port = (number)                       \
    }

static const struct {
    struct socket_row socket;
    int owner;
    const char *service;
    int from;
    int until;
} sockets[] = {
    {.socket = {.protocol = SOCKET_TCP, .state = SOCKET_LISTENING, .local = END4(0, 0, 0, 0, 22)},
     .owner = SSHD,
     .service = "ssh.service",
     .until = 100},
    {.socket = {.protocol = SOCKET_TCP,
                .state = SOCKET_ESTABLISHED,
                .local = END4(10, 0, 0, 1, 22),
                .remote = END4(10, 0, 0, 9, 50000)},
     .owner = SSHD,
     .service = "ssh.service",
     .from = 2,
     .until = 10},
    {.socket = {.protocol = SOCKET_TCP,
                .state = SOCKET_LISTENING,
                .local = END4(127, 0, 0, 1, 4444)},
     .owner = EVIL,
     .from = 5,
     .until = 15},
    {.socket = {.protocol = SOCKET_TCP,
                .state = SOCKET_ESTABLISHED,
                .local = END4(10, 0, 0, 1, 40000),
                .remote = END4(203, 0, 113, 7, 443)},
     .owner = EVIL,
     .from = 6,
     .until = 9},
    {.socket = {.protocol = SOCKET_TCP,
                .state = SOCKET_ESTABLISHED,
                .local = END4(10, 0, 0, 1, 40001),
                .remote = END4(203, 0, 113, 7, 443)},
     .owner = EVIL,
     .from = 12,
     .until = 15},
    {.socket = {.protocol = SOCKET_TCP, .state = SOCKET_LISTENING, .local = END4(0, 0, 0, 0, 135)},
     .owner = HOST,
     .service = "RpcSs",
     .until = 100},
    {.socket = {.protocol = SOCKET_TCP,
                .state = SOCKET_ESTABLISHED,
                .local = END4(10, 0, 0, 1, 40002),
                .remote = END4(198, 51, 100, 1, 80)},
     .owner = HOST,
     .service = "BITS",
     .from = 3,
     .until = 100},
    {.socket = {.protocol = SOCKET_UDP, .local = END4(0, 0, 0, 0, 5353)},
     .owner = COPY,
     .from = 10,
     .until = 100},
    {.socket = {.protocol = SOCKET_UDP, .local = END4(0, 0, 0, 0, 53)},
     .owner = NOBODY,
     .until = 100},
};

static struct {
    struct ledger *ledger;
    struct ledger_writer *writer;
    struct snapshot snapshot;
    const struct account *root;
    const struct image *hidden;
    const struct image *libc;
    const struct module_list *modules;
    struct failure why;
} fixture;

static const struct image *make_image(const char *path, uint8_t hash)
{
    const struct image fields = {.path = path, .seen_as = IMAGE_READ};
    const struct image_facts facts = {.status = IMAGE_READ,
                                      .verdict = IMAGE_UNSIGNED,
                                      .taken_at = INCIDENT_BEGIN,
                                      .sha256 = {hash}};
    const struct image *image = image_make(&fields);
    const struct image_facts *shared = image_facts_make(&facts);

    ck_assert_ptr_nonnull(image);
    ck_assert_ptr_nonnull(shared);
    image_publish(image, shared);
    image_facts_release(shared);
    return image;
}

static void make_details(void)
{
    fixture.root = account_make("0");
    ck_assert(account_publish(fixture.root, "root"));
    fixture.hidden = make_image("/tmp/\x1b]0;evil.so", 0xee);
    fixture.libc = make_image("/usr/lib/libc.so", 0x11);
    const struct module modules[] = {
        {.image = fixture.libc, .base = 0x1000, .size = 8192},
        {.image = fixture.hidden, .base = 0x7f0000000000, .size = 4096, .flags = MODULE_HIDDEN},
    };
    const struct module_list list = {
        .access = MODULES_READ, .has_own_list = true, .count = 2, .modules = modules};

    fixture.modules = module_list_make(&list);
    ck_assert_ptr_nonnull(fixture.modules);
}

static void add_process(int which, uint32_t *place)
{
    struct process_instance fields = processes[which].fields;
    const struct process_instance *made;
    int parent = processes[which].parent;

    fields.access = PROCESS_OPENED;
    fields.started_at = INCIDENT_BEGIN - 60000 + (int64_t)processes[which].from * 1000;
    fields.user = which == HOST || which == COPY ? NULL : fixture.root;
    fields.modules = which == EVIL ? fixture.modules : NULL;
    if (parent >= 0) {
        fields.parent_pid = processes[parent].fields.pid;
        fields.parent_start = processes[parent].fields.start;
    }
    made = process_instance_make(&fields);
    ck_assert_ptr_nonnull(made);
    CHECK_DONE(snapshot_add_process(&fixture.snapshot, made, place, &fixture.why), fixture.why);
    process_instance_release(made);
}

static void add_socket(size_t which, const uint32_t *places)
{
    struct socket_row row = sockets[which].socket;
    int owner = sockets[which].owner;

    row.attribution = owner == NOBODY ? ATTRIBUTION_DENIED : ATTRIBUTION_EXACT;
    row.owner = owner == NOBODY ? SOCKET_NO_OWNER : places[owner];
    row.pid = owner == NOBODY ? 0 : processes[owner].fields.pid;
    if (sockets[which].service != NULL) {
        CHECK_DONE(snapshot_add_service(&fixture.snapshot, sockets[which].service, SERVICE_BY_TAG,
                                        &row.service, &fixture.why),
                   fixture.why);
    }
    CHECK_DONE(snapshot_add_socket(&fixture.snapshot, &row, &fixture.why), fixture.why);
}

/* The machine `second` seconds after the begin. */
static void sample(int second)
{
    uint32_t places[PROCESS_COUNT] = {0};

    snapshot_reset(&fixture.snapshot);
    fixture.snapshot.taken_at = clock_now();
    fixture.snapshot.steady_at = clock_steady();
    fixture.snapshot.awake_at = clock_awake();
    for (int i = 0; i < PROCESS_COUNT; i++) {
        if (second >= processes[i].from && second < processes[i].until) {
            add_process(i, &places[i]);
        }
    }
    for (size_t i = 0; i < sizeof(sockets) / sizeof(sockets[0]); i++) {
        if (second >= sockets[i].from && second < sockets[i].until) {
            add_socket(i, places);
        }
    }
    CHECK_DONE(ledger_writer_add(fixture.writer, &fixture.snapshot, &fixture.why), fixture.why);
    clock_fake_run(1000);
}

static void watch(int from, int until)
{
    struct ledger_run run = {
        .program = "portledgerd 0.1.0",
        .pid = 77,
        .started_at = clock_now(),
        .interval = 1000,
        .commit = 5000,
    };

    CHECK_DONE(clock_boot_read(&run.boot, &fixture.why), fixture.why);
    CHECK_DONE(ledger_writer_open(&fixture.writer, fixture.ledger, &run, &fixture.why),
               fixture.why);
    for (int second = from; second < until; second++) {
        sample(second);
    }
    CHECK_DONE(ledger_writer_close(fixture.writer, LEDGER_GAP_STOPPED, &fixture.why), fixture.why);
    fixture.writer = NULL;
}

static void clear_details(void)
{
    snapshot_clear(&fixture.snapshot);
    module_list_release(fixture.modules);
    image_release(fixture.hidden);
    image_release(fixture.libc);
    account_release(fixture.root);
}

void incident_record(void)
{
    memset(&fixture, 0, sizeof(fixture));
    console_fake_reset();
    clock_fake_reset();
    clock_fake_set_zone(AN_HOUR, NULL, 0);
    clock_fake_set(INCIDENT_BEGIN);
    make_details();
    support_remove_database(incident_path);
    CHECK_DONE(ledger_open(&fixture.ledger, incident_path, LEDGER_WRITE, &fixture.why),
               fixture.why);
    watch(0, INCIDENT_SECONDS);
    clock_fake_run((int64_t)INCIDENT_PAUSE * 1000);
    watch(INCIDENT_SECONDS + INCIDENT_PAUSE, INCIDENT_SECONDS + INCIDENT_PAUSE + 5);
    ledger_close(fixture.ledger);
    fixture.ledger = NULL;
}

void incident_repeat(void)
{
    clock_fake_set(INCIDENT_BEGIN);
    CHECK_DONE(ledger_open(&fixture.ledger, incident_path, LEDGER_WRITE, &fixture.why),
               fixture.why);
    watch(INCIDENT_SECONDS, 2 * INCIDENT_SECONDS);
    ledger_close(fixture.ledger);
    fixture.ledger = NULL;
}

void incident_clear(void)
{
    struct failure ignored;

    (void)!ledger_writer_close(fixture.writer, LEDGER_GAP_STOPPED, &ignored);
    ledger_close(fixture.ledger);
    clear_details();
    console_fake_reset();
    support_remove_database(incident_path);
    memset(&fixture, 0, sizeof(fixture));
}
