/* SPDX-License-Identifier: MIT */

/*
 * The commands end to end: a ledger that the writer made out of made-up
 * snapshots, the program's own main, and what came out on the console.
 */

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock_fake.h"
#include "base/exit_status.h"
#include "base/service_state.h"
#include "base/text.h"
#include "collector/collector.h"
#include "reportcli/command.h"
#include "reportcli/coverage.h"
#include "store/ledger_query.h"
#include "store/ledger_writer.h"
#include "tests/support.h"
#include "tests/unit/cli_run.h"
#include "tests/unit/console_fake.h"

#define BEGIN INT64_C(1795179600000) /* 2026-11-20T14:00:00+01:00 */

static const char path[] = "check_commands.db";

enum { AN_HOUR = 3600, ROWS_MAX = 8 };

/* The processes of the made-up machine. */
enum { SSHD, EVIL, NGINX, PROCESS_COUNT, NOBODY = PROCESS_COUNT };

static const struct process_instance processes[PROCESS_COUNT] = {
    [SSHD] = {.pid = 100,
              .parent_pid = 1,
              .start = 1000,
              .started_at = BEGIN - 60000,
              .access = PROCESS_OPENED,
              .name = "sshd",
              .path = "/usr/sbin/sshd"},
    [EVIL] = {.pid = 4321,
              .parent_pid = 100,
              .start = 7000,
              .started_at = BEGIN + 500,
              .access = PROCESS_OPENED,
              .name = "=evil\x1b[31m",
              .path = "/tmp/\xe2\x80\xae"
                      "cod.\"exe\""},
    [NGINX] = {.pid = 300,
               .start = 9000,
               .started_at = BEGIN + 50000,
               .access = PROCESS_DENIED,
               .name = "nginx"},
};

struct row {
    struct socket_row socket;
    int owner;
};

#define END4(a, b, c, d, number)                                                                   \
    {                                                                                              \
        .address = {(a), (b), (c), (d)}, .address_size = 4, .port = (number)                       \
    }
#define ANY6(number)                                                                               \
    {                                                                                              \
        .address_size = 16, .port = (number)                                                       \
    }

static const struct row ssh_listens = {
    .socket = {.protocol = SOCKET_TCP,
               .state = SOCKET_LISTENING,
               .local = END4(0, 0, 0, 0, 22),
               .attribution = ATTRIBUTION_EXACT},
    .owner = SSHD,
};
static const struct row dns_denied = {
    .socket = {.protocol = SOCKET_UDP, .local = ANY6(53), .attribution = ATTRIBUTION_DENIED},
    .owner = NOBODY,
};
static const struct row evil_listens = {
    .socket = {.protocol = SOCKET_TCP,
               .state = SOCKET_LISTENING,
               .local = END4(127, 0, 0, 1, 4444),
               .attribution = ATTRIBUTION_EXACT},
    .owner = EVIL,
};
static const struct row ssh_established = {
    .socket = {.protocol = SOCKET_TCP,
               .state = SOCKET_ESTABLISHED,
               .local = END4(10, 0, 0, 1, 22),
               .remote = END4(10, 0, 0, 9, 50000),
               .created_at = BEGIN + 1500,
               .attribution = ATTRIBUTION_EXACT},
    .owner = SSHD,
};
static const struct row ssh_closing = {
    .socket = {.protocol = SOCKET_TCP,
               .state = SOCKET_CLOSE_WAIT,
               .local = END4(10, 0, 0, 1, 22),
               .remote = END4(10, 0, 0, 9, 50000),
               .created_at = BEGIN + 1500,
               .attribution = ATTRIBUTION_EXACT},
    .owner = SSHD,
};
static const struct row web_listens = {
    .socket = {.protocol = SOCKET_TCP,
               .state = SOCKET_LISTENING,
               .local = ANY6(443),
               .attribution = ATTRIBUTION_EXACT},
    .owner = NGINX,
};

typedef const struct row *const rows[ROWS_MAX]; /* ended by NULL */

static struct {
    struct ledger *ledger;
    struct ledger_writer *writer;
    struct snapshot snapshot;
    struct failure why;
    rows *live; /* what the collector finds */
    unsigned lacks;
    bool collector_fails;
    bool all_known;                 /* the collector finds out everything */
    struct collector_options asked; /* of the collector */
    int64_t waited;                 /* for what is read in the background */
    struct service_facts service;
} fixture;

static void fill(struct snapshot *snapshot, rows *from)
{
    uint32_t places[PROCESS_COUNT];

    snapshot_reset(snapshot);
    snapshot->taken_at = clock_now();
    snapshot->steady_at = clock_steady();
    snapshot->awake_at = clock_awake();
    snapshot->lacks = fixture.lacks;
    for (int i = 0; i < PROCESS_COUNT; i++) {
        const struct process_instance *made = process_instance_make(&processes[i]);

        CHECK_DONE(snapshot_add_process(snapshot, made, &places[i], &fixture.why), fixture.why);
        process_instance_release(made);
    }
    for (int i = 0; (*from)[i] != NULL; i++) {
        struct socket_row socket = (*from)[i]->socket;
        int owner = (*from)[i]->owner;

        socket.owner = owner == NOBODY ? SOCKET_NO_OWNER : places[owner];
        socket.pid = owner == NOBODY ? 0 : processes[owner].pid;
        CHECK_DONE(snapshot_add_socket(snapshot, &socket, &fixture.why), fixture.why);
    }
}

/*
 * A machine of which all is known: SSHD is a service, runs a signed file, and
 * has loaded a module that hides; EVIL has a command line that a terminal would
 * act upon, and its parent is SSHD; NGINX may not be looked into.
 */
static struct {
    const struct account *named;
    const struct account *unnamed;
    const struct image *sshd;
    const struct image *hidden;
    const struct image *unread;
    const struct module_list *modules;
    const struct module_list *protected;
} rich;

static const struct image *make_image(const char *file, const struct image_facts *facts)
{
    const struct image fields = {.path = file, .seen_as = IMAGE_READ};
    const struct image *image = image_make(&fields);

    ck_assert_ptr_nonnull(image);
    if (facts != NULL) {
        const struct image_facts *shared = image_facts_make(facts);

        ck_assert_ptr_nonnull(shared);
        image_publish(image, shared);
        image_facts_release(shared);
    }
    return image;
}

static void make_rich(void)
{
    const struct image_facts signed_facts = {.status = IMAGE_READ,
                                             .verdict = IMAGE_SIGNED,
                                             .signature = IMAGE_EMBEDDED,
                                             .taken_at = BEGIN,
                                             .sha256 = {0xab, 0x01},
                                             .version = "1.2.3.4",
                                             .company = "=Company",
                                             .signer = "Somebody"};
    const struct image_facts unsigned_facts = {
        .status = IMAGE_READ, .verdict = IMAGE_UNSIGNED, .taken_at = BEGIN};
    const struct module_list none = {.access = MODULES_PROTECTED};

    rich.named = account_make("1000");
    rich.unnamed = account_make("S-1-5-18");
    ck_assert(account_publish(rich.named, "daemon"));
    rich.sshd = make_image("/usr/sbin/sshd", &signed_facts);
    rich.hidden = make_image("/tmp/\x1b]0;evil.so", &unsigned_facts);
    rich.unread = make_image("/usr/lib/libc.so", NULL);
    const struct module modules[] = {
        {.image = rich.sshd, .base = 0x1000, .size = 4096},
        {.image = rich.unread, .base = 0x7f0000000000, .size = 8192},
        {.image = rich.hidden, .base = 0x7fffffff0000, .size = 4096, .flags = MODULE_HIDDEN},
    };
    const struct module_list list = {
        .access = MODULES_READ, .has_own_list = true, .count = 3, .modules = modules};

    rich.modules = module_list_make(&list);
    rich.protected = module_list_make(&none);
}

static void release_rich(void)
{
    account_release(rich.named);
    account_release(rich.unnamed);
    image_release(rich.sshd);
    image_release(rich.hidden);
    image_release(rich.unread);
    module_list_release(rich.modules);
    module_list_release(rich.protected);
    memset(&rich, 0, sizeof(rich));
}

static struct process_instance enrich(int which)
{
    struct process_instance fields = processes[which];

    if (which == SSHD) {
        fields.user = rich.named;
        fields.image = rich.sshd;
        fields.modules = rich.modules;
        fields.command_line = "sshd -D";
        fields.session = 7;
    } else if (which == EVIL) {
        fields.user = rich.unnamed;
        fields.parent_start = processes[SSHD].start;
        fields.integrity = PROCESS_INTEGRITY_HIGH;
        fields.command_line = "evil \x1b[2J --password=secret";
        fields.modules = rich.protected;
    } else {
        fields.denied = PROCESS_PART_PATH | PROCESS_PART_COMMAND_LINE;
    }
    return fields;
}

/* Puts the machine of which all is known in the place of the snapshot's processes. */
static void fill_rich(struct snapshot *snapshot)
{
    uint32_t service;

    for (size_t i = 0; i < snapshot->process_count; i++) {
        struct process_instance fields = enrich((int)i);

        process_instance_release(snapshot->processes[i]);
        snapshot->processes[i] = process_instance_make(&fields);
        ck_assert_ptr_nonnull(snapshot->processes[i]);
    }
    CHECK_DONE(
        snapshot_add_service(snapshot, "ssh.service", SERVICE_BY_CGROUP, &service, &fixture.why),
        fixture.why);
    for (size_t i = 0; i < snapshot->socket_count; i++) {
        if (snapshot->sockets[i].owner == SSHD) {
            snapshot->sockets[i].service = service;
        }
    }
}

/* The collector of this test: what `live` says. */
struct collector {
    char unused;
};

static struct collector only;

bool collector_open(struct collector **out, const struct collector_options *options,
                    struct failure *why)
{
    (void)why;
    fixture.asked = options != NULL ? *options : (struct collector_options){0};
    *out = &only;
    return true;
}

bool collector_sample(struct collector *collector, struct snapshot *snapshot, struct failure *why)
{
    (void)collector;
    if (fixture.collector_fails) {
        return FAIL(why, FAILURE_DENIED, 5, "cannot read the TCP table: access is denied");
    }
    fill(snapshot, fixture.live);
    if (fixture.all_known) {
        fill_rich(snapshot);
    }
    return true;
}

bool collector_complete(struct collector *collector, int64_t milliseconds)
{
    (void)collector;
    fixture.waited = milliseconds;
    return false;
}

void collector_close(struct collector *collector)
{
    (void)collector;
}

bool service_state_read(struct service_facts *facts, struct failure *why)
{
    (void)why;
    *facts = fixture.service;
    return true;
}

const char *service_state_name(enum service_state state)
{
    return state == SERVICE_IS_RUNNING ? "running" : "stopped";
}

static void begin_run(void)
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
}

static void end_run(enum ledger_gap reason)
{
    CHECK_DONE(ledger_writer_close(fixture.writer, reason, &fixture.why), fixture.why);
    fixture.writer = NULL;
}

/* One sample, and a second passes. */
static void sample(rows *from)
{
    fill(&fixture.snapshot, from);
    CHECK_DONE(ledger_writer_add(fixture.writer, &fixture.snapshot, &fixture.why), fixture.why);
    clock_fake_run(1000);
}

/* Puts what was sampled where a reader sees it. */
static void store(void)
{
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
}

static rows quiet = {&ssh_listens, &dns_denied, NULL};
static rows attacked = {&ssh_listens, &dns_denied, &evil_listens, NULL};
static rows connected = {&ssh_listens, &dns_denied, &evil_listens, &ssh_established, NULL};
static rows closing = {&ssh_listens, &dns_denied, &ssh_closing, NULL};
/* Puts a service whose name Linux lists cut off in the place of NGINX. */
static void put_resolver(struct snapshot *snapshot)
{
    struct process_instance fields = processes[NGINX];

    fields.access = PROCESS_OPENED;
    fields.name = "systemd-resolve";
    fields.path = "/usr/lib/systemd/systemd-resolved";
    process_instance_release(snapshot->processes[NGINX]);
    snapshot->processes[NGINX] = process_instance_make(&fields);
    ck_assert_ptr_nonnull(snapshot->processes[NGINX]);
}

static rows serving = {&ssh_listens, &dns_denied, &web_listens, NULL};

/* Five seconds from 14:00:00 on, a minute without the service, and three seconds again. */
static void record_a_minute(void)
{
    begin_run();
    sample(&quiet);
    sample(&attacked);
    sample(&connected);
    sample(&closing);
    sample(&closing);
    end_run(LEDGER_GAP_STOPPED);
    clock_fake_run(59000);
    begin_run();
    sample(&serving);
    sample(&serving);
    sample(&serving);
    store();
}

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    console_fake_reset();
    clock_fake_reset();
    clock_fake_set_zone(AN_HOUR, NULL, 0);
    clock_fake_set(BEGIN);
    make_rich();
    fixture.live = &serving;
    fixture.service = (struct service_facts){.state = SERVICE_IS_RUNNING, .pid = 77};
    support_remove_database(path);
    CHECK_DONE(ledger_open(&fixture.ledger, path, LEDGER_WRITE, &fixture.why), fixture.why);
}

static void close_fixture(void)
{
    struct failure ignored;

    (void)!ledger_writer_close(fixture.writer, LEDGER_GAP_STOPPED, &ignored);
    ledger_close(fixture.ledger);
    snapshot_clear(&fixture.snapshot);
    release_rich();
    console_fake_reset();
    support_remove_database(path);
    memset(&fixture, 0, sizeof(fixture));
}

/* Whole answers, on both streams, in every format. */
static const struct {
    const char *line;
    enum exit_status status;
    const char *out;
    const char *error;
} answers[] = {
    {"local --at 14:00:02 --ledger check_commands.db --format table", EXIT_YES,
     " PID  Process        Owner   Proto  Port  Local IP   State        Remote IP  RPort  "
     "Path\n"
     "   -  -              denied  UDP      53  ::         -            -              -  "
     "-\n"
     " 100  sshd           exact   TCP      22  0.0.0.0    LISTENING    -              -  "
     "/usr/sbin/sshd\n"
     " 100  sshd           exact   TCP      22  10.0.0.1   ESTABLISHED  10.0.0.9   50000  "
     "/usr/sbin/sshd\n"
     "4321  =evil\\x1B[31m  exact   TCP    4444  127.0.0.1  LISTENING    -              - "
     " /tmp/\\u{202E}cod.\"exe\"\n"
     "\n"
     "Port Statistics\n"
     "TCP mappings: 3\n"
     "UDP mappings: 1\n"
     "TCP ports in a LISTENING state: 2 = 66.67%\n"
     "TCP ports in a ESTABLISHED state: 1 = 33.33%\n",
     "note: the moment lies in a time watched from 2026-11-20 14:00:00 +01:00 to 2026-11-2"
     "0 14:00:04 +01:00, every 1s, without a gap\n"},
    {"local --statistics -v --at 14:00:02 --ledger check_commands.db --csv", EXIT_YES,
     "moment,pid,process,protocol,state,sockets,share,at\r\n"
     "1,,,TCP,,3,,2026-11-20T14:00:02.000+01:00\r\n"
     "1,,,UDP,,1,,2026-11-20T14:00:02.000+01:00\r\n"
     "1,,,TCP,LISTENING,2,66.67,2026-11-20T14:00:02.000+01:00\r\n"
     "1,,,TCP,ESTABLISHED,1,33.33,2026-11-20T14:00:02.000+01:00\r\n"
     "1,100,sshd,TCP,,2,,2026-11-20T14:00:02.000+01:00\r\n"
     "1,100,sshd,UDP,,0,,2026-11-20T14:00:02.000+01:00\r\n"
     "1,100,sshd,TCP,LISTENING,1,50,2026-11-20T14:00:02.000+01:00\r\n"
     "1,100,sshd,TCP,ESTABLISHED,1,50,2026-11-20T14:00:02.000+01:00\r\n"
     "1,4321,'=evil\x1b[31m,TCP,,1,,2026-11-20T14:00:02.000+01:00\r\n"
     "1,4321,'=evil\x1b[31m,UDP,,0,,2026-11-20T14:00:02.000+01:00\r\n"
     "1,4321,'=evil\x1b[31m,TCP,LISTENING,1,100,2026-11-20T14:00:02.000+01:00\r\n",
     "note: the moment lies in a time watched from 2026-11-20 14:00:00 +01:00 to 2026-11-2"
     "0 14:00:04 +01:00, every 1s, without a gap\n"},
    {"history --ledger check_commands.db --format table", EXIT_YES,
     "Opened                      Closed                      Ending  Lasted   PID  Proces"
     "s        Owner   Proto  Port  Local IP   State        Remote IP  RPort  Path        "
     "            Opening\n"
     "2026-11-20 14:00:00 +01:00  2026-11-20 14:00:04 +01:00  cut        4 s   100  sshd  "
     "         exact   TCP      22  0.0.0.0    LISTENING    -              -  /usr/sbin/ss"
     "hd          found\n"
     "2026-11-20 14:00:00 +01:00  2026-11-20 14:00:04 +01:00  cut        4 s     -  -     "
     "         denied  UDP      53  ::         -            -              -  -           "
     "            found\n"
     "2026-11-20 14:00:01 +01:00  2026-11-20 14:00:03 +01:00  closed     2 s  4321  =evil\\"
     "x1B[31m  exact   TCP    4444  127.0.0.1  LISTENING    -              -  /tmp/\\u{202"
     "E}cod.\"exe\"  opened\n"
     "2026-11-20 14:00:02 +01:00  2026-11-20 14:00:03 +01:00  closed     1 s   100  sshd  "
     "         exact   TCP      22  10.0.0.1   ESTABLISHED  10.0.0.9   50000  /usr/sbin/ss"
     "hd          opened\n"
     "2026-11-20 14:00:03 +01:00  2026-11-20 14:00:04 +01:00  cut        1 s   100  sshd  "
     "         exact   TCP      22  10.0.0.1   CLOSE WAIT   10.0.0.9   50000  /usr/sbin/ss"
     "hd          state\n"
     "2026-11-20 14:01:04 +01:00  open                        open       2 s   100  sshd  "
     "         exact   TCP      22  0.0.0.0    LISTENING    -              -  /usr/sbin/ss"
     "hd          continued\n"
     "2026-11-20 14:01:04 +01:00  open                        open       2 s     -  -     "
     "         denied  UDP      53  ::         -            -              -  -           "
     "            continued\n"
     "2026-11-20 14:01:04 +01:00  open                        open       2 s   300  nginx "
     "         exact   TCP     443  ::         LISTENING    -              -  -           "
     "            found\n",
     "note: watched from 2026-11-20 14:00:00 +01:00 to 2026-11-20 14:01:06 +01:00, every 1"
     "s, except for 1 m; not watched: 2026-11-20 14:00:04 +01:00 to 2026-11-20 14:01:04 +0"
     "1:00 (service stopped)\n"},
    {"diff 14:00:02 14:00:03 --ledger check_commands.db --format table", EXIT_NO,
     "A: 14:00:02 (2026-11-20 14:00:02 +01:00)\n"
     "B: 14:00:03 (2026-11-20 14:00:03 +01:00)\n"
     "2 differences: 1 closed, 1 state\n"
     "\n"
     "Change     PID  Process        Owner  Proto  Port  Local IP   State       Remote IP "
     " RPort  Path                    Detail\n"
     "* state    100  sshd           exact  TCP      22  10.0.0.1   CLOSE WAIT  10.0.0.9  "
     " 50000  /usr/sbin/sshd          was ESTABLISHED\n"
     "- closed  4321  =evil\\x1B[31m  exact  TCP    4444  127.0.0.1  LISTENING   -        "
     "      -  /tmp/\\u{202E}cod.\"exe\"  -\n"
     "\n"
     "Port Statistics                         A       B\n"
     "TCP mappings:                           3       2  -1\n"
     "UDP mappings:                           1       1\n"
     "TCP ports in a LISTENING state:         2       1  -1\n"
     "TCP ports in a ESTABLISHED state:       1       0  -1\n"
     "TCP ports in a CLOSE WAIT state:        0       1  +1\n",
     "note: of 2 processes the file was not read at one of the two: whether it is another "
     "one is not known\n"
     "note: of 2 processes the modules are not known at one of the two: whether there are "
     "new ones is not known either\n"
     "note: between the two: watched from 2026-11-20 14:00:02 +01:00 to 2026-11-20 14:00:0"
     "3 +01:00, every 1s, without a gap\n"},
    {"status --gaps --ledger check_commands.db --format table", EXIT_NO,
     "From                        Until                       Lasted  Because\n"
     "2026-11-20 14:00:04 +01:00  2026-11-20 14:01:04 +01:00     1 m  service stopped\n",
     "note: watched from 2026-11-20 14:00:00 +01:00 to 2026-11-20 14:01:06 +01:00, every 1"
     "s, except for 1 m; not watched: 2026-11-20 14:00:04 +01:00 to 2026-11-20 14:01:04 +0"
     "1:00 (service stopped)\n"},
    {"local --at 14:00:02 --ledger check_commands.db --json", EXIT_YES,
     "[\n"
     "{\"moment\":1,\"pid\":null,\"process\":null,\"attribution\":\"denied\",\"service\":n"
     "ull,\"service_basis\":null,\"protocol\":\"UDP\",\"local_port\":53,\"local_address\":"
     "\"::\",\"state\":null,\"remote_address\":null,\"remote_port\":null,\"path\":null,\"p"
     "rocess_started_at\":null,\"created_at\":null,\"parent_pid\":null,\"process_access\":"
     "null,\"parent_process\":null,\"user\":null,\"user_id\":null,\"integrity\":null,\"ses"
     "sion\":null,\"denied\":null,\"left_out\":null,\"command_line\":null,\"image_status\""
     ":null,\"image_sha256\":null,\"image_version\":null,\"image_company\":null,\"image_bu"
     "ild_id\":null,\"image_verdict\":null,\"image_signature\":null,\"image_signer\":null,"
     "\"image_checked_at\":null,\"at\":\"2026-11-20T14:00:02.000+01:00\"},\n"
     "{\"moment\":1,\"pid\":100,\"process\":\"sshd\",\"attribution\":\"exact\",\"service\""
     ":null,\"service_basis\":null,\"protocol\":\"TCP\",\"local_port\":22,\"local_address\""
     ":\"0.0.0.0\",\"state\":\"LISTENING\",\"remote_address\":null,\"remote_port\":null,\""
     "path\":\"/usr/sbin/sshd\",\"process_started_at\":\"2026-11-20T13:59:00.000+01:00\",\""
     "created_at\":null,\"parent_pid\":1,\"process_access\":\"opened\",\"parent_process\":"
     "null,\"user\":null,\"user_id\":null,\"integrity\":null,\"session\":0,\"denied\":null"
     ",\"left_out\":null,\"command_line\":null,\"image_status\":null,\"image_sha256\":null"
     ",\"image_version\":null,\"image_company\":null,\"image_build_id\":null,\"image_verdi"
     "ct\":null,\"image_signature\":null,\"image_signer\":null,\"image_checked_at\":null,\""
     "at\":\"2026-11-20T14:00:02.000+01:00\"},\n"
     "{\"moment\":1,\"pid\":100,\"process\":\"sshd\",\"attribution\":\"exact\",\"service\""
     ":null,\"service_basis\":null,\"protocol\":\"TCP\",\"local_port\":22,\"local_address\""
     ":\"10.0.0.1\",\"state\":\"ESTABLISHED\",\"remote_address\":\"10.0.0.9\",\"remote_por"
     "t\":50000,\"path\":\"/usr/sbin/sshd\",\"process_started_at\":\"2026-11-20T13:59:00.0"
     "00+01:00\",\"created_at\":\"2026-11-20T14:00:01.500+01:00\",\"parent_pid\":1,\"proce"
     "ss_access\":\"opened\",\"parent_process\":null,\"user\":null,\"user_id\":null,\"inte"
     "grity\":null,\"session\":0,\"denied\":null,\"left_out\":null,\"command_line\":null,\""
     "image_status\":null,\"image_sha256\":null,\"image_version\":null,\"image_company\":n"
     "ull,\"image_build_id\":null,\"image_verdict\":null,\"image_signature\":null,\"image_"
     "signer\":null,\"image_checked_at\":null,\"at\":\"2026-11-20T14:00:02.000+01:00\"},\n"
     "{\"moment\":1,\"pid\":4321,\"process\":\"=evil\\u001b[31m\",\"attribution\":\"exact\""
     ",\"service\":null,\"service_basis\":null,\"protocol\":\"TCP\",\"local_port\":4444,\""
     "local_address\":\"127.0.0.1\",\"state\":\"LISTENING\",\"remote_address\":null,\"remo"
     "te_port\":null,\"path\":\"/tmp/\\u202ecod.\\\"exe\\\"\",\"process_started_at\":\"202"
     "6-11-20T14:00:00.500+01:00\",\"created_at\":null,\"parent_pid\":100,\"process_access"
     "\":\"opened\",\"parent_process\":null,\"user\":null,\"user_id\":null,\"integrity\":n"
     "ull,\"session\":0,\"denied\":null,\"left_out\":null,\"command_line\":null,\"image_st"
     "atus\":null,\"image_sha256\":null,\"image_version\":null,\"image_company\":null,\"im"
     "age_build_id\":null,\"image_verdict\":null,\"image_signature\":null,\"image_signer\""
     ":null,\"image_checked_at\":null,\"at\":\"2026-11-20T14:00:02.000+01:00\"}\n"
     "]\n",
     "{\"note\":\"coverage\",\"text\":\"the moment lies in a time watched from 2026-11-20 "
     "14:00:00 +01:00 to 2026-11-20 14:00:04 +01:00, every 1s, without a gap\",\"since\":\""
     "2026-11-20T14:00:00.000+01:00\",\"until\":\"2026-11-20T14:00:04.000+01:00\",\"watche"
     "d\":4000,\"gaps\":0,\"missed\":0,\"left_out_processes\":0,\"left_out_sockets\":0}\n"},
    {"history --ledger check_commands.db --json", EXIT_YES,
     "[\n"
     "{\"opened_at\":\"2026-11-20T14:00:00.000+01:00\",\"closed_at\":\"2026-11-20T14:00:04"
     ".000+01:00\",\"ending\":\"cut\",\"duration\":4000,\"pid\":100,\"process\":\"sshd\",\""
     "attribution\":\"exact\",\"service\":null,\"service_basis\":null,\"protocol\":\"TCP\""
     ",\"local_port\":22,\"local_address\":\"0.0.0.0\",\"state\":\"LISTENING\",\"remote_ad"
     "dress\":null,\"remote_port\":null,\"path\":\"/usr/sbin/sshd\",\"process_started_at\""
     ":\"2026-11-20T13:59:00.000+01:00\",\"created_at\":null,\"parent_pid\":1,\"process_ac"
     "cess\":\"opened\",\"parent_process\":null,\"user\":null,\"user_id\":null,\"integrity"
     "\":null,\"session\":0,\"denied\":null,\"left_out\":null,\"command_line\":null,\"imag"
     "e_status\":null,\"image_sha256\":null,\"image_version\":null,\"image_company\":null,"
     "\"image_build_id\":null,\"image_verdict\":null,\"image_signature\":null,\"image_sign"
     "er\":null,\"image_checked_at\":null,\"opening\":\"found\",\"id\":1,\"instance\":1},\n"
     "{\"opened_at\":\"2026-11-20T14:00:00.000+01:00\",\"closed_at\":\"2026-11-20T14:00:04"
     ".000+01:00\",\"ending\":\"cut\",\"duration\":4000,\"pid\":null,\"process\":null,\"at"
     "tribution\":\"denied\",\"service\":null,\"service_basis\":null,\"protocol\":\"UDP\","
     "\"local_port\":53,\"local_address\":\"::\",\"state\":null,\"remote_address\":null,\""
     "remote_port\":null,\"path\":null,\"process_started_at\":null,\"created_at\":null,\"p"
     "arent_pid\":null,\"process_access\":null,\"parent_process\":null,\"user\":null,\"use"
     "r_id\":null,\"integrity\":null,\"session\":null,\"denied\":null,\"left_out\":null,\""
     "command_line\":null,\"image_status\":null,\"image_sha256\":null,\"image_version\":nu"
     "ll,\"image_company\":null,\"image_build_id\":null,\"image_verdict\":null,\"image_sig"
     "nature\":null,\"image_signer\":null,\"image_checked_at\":null,\"opening\":\"found\","
     "\"id\":2,\"instance\":null},\n"
     "{\"opened_at\":\"2026-11-20T14:00:01.000+01:00\",\"closed_at\":\"2026-11-20T14:00:03"
     ".000+01:00\",\"ending\":\"closed\",\"duration\":2000,\"pid\":4321,\"process\":\"=evi"
     "l\\u001b[31m\",\"attribution\":\"exact\",\"service\":null,\"service_basis\":null,\"p"
     "rotocol\":\"TCP\",\"local_port\":4444,\"local_address\":\"127.0.0.1\",\"state\":\"LI"
     "STENING\",\"remote_address\":null,\"remote_port\":null,\"path\":\"/tmp/\\u202ecod.\\"
     "\"exe\\\"\",\"process_started_at\":\"2026-11-20T14:00:00.500+01:00\",\"created_at\":"
     "null,\"parent_pid\":100,\"process_access\":\"opened\",\"parent_process\":null,\"user"
     "\":null,\"user_id\":null,\"integrity\":null,\"session\":0,\"denied\":null,\"left_out"
     "\":null,\"command_line\":null,\"image_status\":null,\"image_sha256\":null,\"image_ve"
     "rsion\":null,\"image_company\":null,\"image_build_id\":null,\"image_verdict\":null,\""
     "image_signature\":null,\"image_signer\":null,\"image_checked_at\":null,\"opening\":\""
     "opened\",\"id\":3,\"instance\":2},\n"
     "{\"opened_at\":\"2026-11-20T14:00:02.000+01:00\",\"closed_at\":\"2026-11-20T14:00:03"
     ".000+01:00\",\"ending\":\"closed\",\"duration\":1000,\"pid\":100,\"process\":\"sshd\""
     ",\"attribution\":\"exact\",\"service\":null,\"service_basis\":null,\"protocol\":\"TC"
     "P\",\"local_port\":22,\"local_address\":\"10.0.0.1\",\"state\":\"ESTABLISHED\",\"rem"
     "ote_address\":\"10.0.0.9\",\"remote_port\":50000,\"path\":\"/usr/sbin/sshd\",\"proce"
     "ss_started_at\":\"2026-11-20T13:59:00.000+01:00\",\"created_at\":\"2026-11-20T14:00:"
     "01.500+01:00\",\"parent_pid\":1,\"process_access\":\"opened\",\"parent_process\":nul"
     "l,\"user\":null,\"user_id\":null,\"integrity\":null,\"session\":0,\"denied\":null,\""
     "left_out\":null,\"command_line\":null,\"image_status\":null,\"image_sha256\":null,\""
     "image_version\":null,\"image_company\":null,\"image_build_id\":null,\"image_verdict\""
     ":null,\"image_signature\":null,\"image_signer\":null,\"image_checked_at\":null,\"ope"
     "ning\":\"opened\",\"id\":4,\"instance\":1},\n"
     "{\"opened_at\":\"2026-11-20T14:00:03.000+01:00\",\"closed_at\":\"2026-11-20T14:00:04"
     ".000+01:00\",\"ending\":\"cut\",\"duration\":1000,\"pid\":100,\"process\":\"sshd\",\""
     "attribution\":\"exact\",\"service\":null,\"service_basis\":null,\"protocol\":\"TCP\""
     ",\"local_port\":22,\"local_address\":\"10.0.0.1\",\"state\":\"CLOSE WAIT\",\"remote_"
     "address\":\"10.0.0.9\",\"remote_port\":50000,\"path\":\"/usr/sbin/sshd\",\"process_s"
     "tarted_at\":\"2026-11-20T13:59:00.000+01:00\",\"created_at\":\"2026-11-20T14:00:01.5"
     "00+01:00\",\"parent_pid\":1,\"process_access\":\"opened\",\"parent_process\":null,\""
     "user\":null,\"user_id\":null,\"integrity\":null,\"session\":0,\"denied\":null,\"left"
     "_out\":null,\"command_line\":null,\"image_status\":null,\"image_sha256\":null,\"imag"
     "e_version\":null,\"image_company\":null,\"image_build_id\":null,\"image_verdict\":nu"
     "ll,\"image_signature\":null,\"image_signer\":null,\"image_checked_at\":null,\"openin"
     "g\":\"state\",\"id\":5,\"instance\":1},\n"
     "{\"opened_at\":\"2026-11-20T14:01:04.000+01:00\",\"closed_at\":null,\"ending\":\"ope"
     "n\",\"duration\":2000,\"pid\":100,\"process\":\"sshd\",\"attribution\":\"exact\",\"s"
     "ervice\":null,\"service_basis\":null,\"protocol\":\"TCP\",\"local_port\":22,\"local_"
     "address\":\"0.0.0.0\",\"state\":\"LISTENING\",\"remote_address\":null,\"remote_port\""
     ":null,\"path\":\"/usr/sbin/sshd\",\"process_started_at\":\"2026-11-20T13:59:00.000+0"
     "1:00\",\"created_at\":null,\"parent_pid\":1,\"process_access\":\"opened\",\"parent_p"
     "rocess\":null,\"user\":null,\"user_id\":null,\"integrity\":null,\"session\":0,\"deni"
     "ed\":null,\"left_out\":null,\"command_line\":null,\"image_status\":null,\"image_sha2"
     "56\":null,\"image_version\":null,\"image_company\":null,\"image_build_id\":null,\"im"
     "age_verdict\":null,\"image_signature\":null,\"image_signer\":null,\"image_checked_at"
     "\":null,\"opening\":\"continued\",\"id\":6,\"instance\":1},\n"
     "{\"opened_at\":\"2026-11-20T14:01:04.000+01:00\",\"closed_at\":null,\"ending\":\"ope"
     "n\",\"duration\":2000,\"pid\":null,\"process\":null,\"attribution\":\"denied\",\"ser"
     "vice\":null,\"service_basis\":null,\"protocol\":\"UDP\",\"local_port\":53,\"local_ad"
     "dress\":\"::\",\"state\":null,\"remote_address\":null,\"remote_port\":null,\"path\":"
     "null,\"process_started_at\":null,\"created_at\":null,\"parent_pid\":null,\"process_a"
     "ccess\":null,\"parent_process\":null,\"user\":null,\"user_id\":null,\"integrity\":nu"
     "ll,\"session\":null,\"denied\":null,\"left_out\":null,\"command_line\":null,\"image_"
     "status\":null,\"image_sha256\":null,\"image_version\":null,\"image_company\":null,\""
     "image_build_id\":null,\"image_verdict\":null,\"image_signature\":null,\"image_signer"
     "\":null,\"image_checked_at\":null,\"opening\":\"continued\",\"id\":7,\"instance\":null},\n"
     "{\"opened_at\":\"2026-11-20T14:01:04.000+01:00\",\"closed_at\":null,\"ending\":\"ope"
     "n\",\"duration\":2000,\"pid\":300,\"process\":\"nginx\",\"attribution\":\"exact\",\""
     "service\":null,\"service_basis\":null,\"protocol\":\"TCP\",\"local_port\":443,\"loca"
     "l_address\":\"::\",\"state\":\"LISTENING\",\"remote_address\":null,\"remote_port\":n"
     "ull,\"path\":null,\"process_started_at\":\"2026-11-20T14:00:50.000+01:00\",\"created"
     "_at\":null,\"parent_pid\":null,\"process_access\":\"denied\",\"parent_process\":null"
     ",\"user\":null,\"user_id\":null,\"integrity\":null,\"session\":0,\"denied\":null,\"l"
     "eft_out\":null,\"command_line\":null,\"image_status\":null,\"image_sha256\":null,\"i"
     "mage_version\":null,\"image_company\":null,\"image_build_id\":null,\"image_verdict\""
     ":null,\"image_signature\":null,\"image_signer\":null,\"image_checked_at\":null,\"ope"
     "ning\":\"found\",\"id\":8,\"instance\":3}\n"
     "]\n",
     "{\"note\":\"coverage\",\"text\":\"watched from 2026-11-20 14:00:00 +01:00 to 2026-11"
     "-20 14:01:06 +01:00, every 1s, except for 1 m; not watched: 2026-11-20 14:00:04 +01:"
     "00 to 2026-11-20 14:01:04 +01:00 (service stopped)\",\"since\":\"2026-11-20T14:00:00"
     ".000+01:00\",\"until\":\"2026-11-20T14:01:06.000+01:00\",\"watched\":6000,\"gaps\":1"
     ",\"missed\":0,\"left_out_processes\":0,\"left_out_sockets\":0}\n"},
    {"diff 14:00:02 14:00:03 --ledger check_commands.db --json", EXIT_NO,
     "[\n"
     "{\"comparison\":1,\"change\":\"state\",\"pid\":100,\"process\":\"sshd\",\"attributio"
     "n\":\"exact\",\"service\":null,\"service_basis\":null,\"protocol\":\"TCP\",\"local_p"
     "ort\":22,\"local_address\":\"10.0.0.1\",\"state\":\"CLOSE WAIT\",\"remote_address\":"
     "\"10.0.0.9\",\"remote_port\":50000,\"path\":\"/usr/sbin/sshd\",\"process_started_at\""
     ":\"2026-11-20T13:59:00.000+01:00\",\"created_at\":\"2026-11-20T14:00:01.500+01:00\","
     "\"parent_pid\":1,\"process_access\":\"opened\",\"parent_process\":null,\"user\":null"
     ",\"user_id\":null,\"integrity\":null,\"session\":0,\"denied\":null,\"left_out\":null"
     ",\"command_line\":null,\"image_status\":null,\"image_sha256\":null,\"image_version\""
     ":null,\"image_company\":null,\"image_build_id\":null,\"image_verdict\":null,\"image_"
     "signature\":null,\"image_signer\":null,\"image_checked_at\":null,\"state_before\":\""
     "ESTABLISHED\",\"pid_before\":100,\"process_before\":\"sshd\",\"attribution_before\":"
     "\"exact\",\"before_at\":\"2026-11-20T14:00:02.000+01:00\",\"after_at\":\"2026-11-20T"
     "14:00:03.000+01:00\",\"path_before\":\"/usr/sbin/sshd\",\"image_sha256_before\":null"
     ",\"module\":null,\"module_sha256\":null,\"module_sha256_before\":null,\"module_verdi"
     "ct\":null,\"module_signer\":null,\"processes\":null},\n"
     "{\"comparison\":1,\"change\":\"closed\",\"pid\":4321,\"process\":\"=evil\\u001b[31m\""
     ",\"attribution\":\"exact\",\"service\":null,\"service_basis\":null,\"protocol\":\"TC"
     "P\",\"local_port\":4444,\"local_address\":\"127.0.0.1\",\"state\":\"LISTENING\",\"re"
     "mote_address\":null,\"remote_port\":null,\"path\":\"/tmp/\\u202ecod.\\\"exe\\\"\",\""
     "process_started_at\":\"2026-11-20T14:00:00.500+01:00\",\"created_at\":null,\"parent_"
     "pid\":100,\"process_access\":\"opened\",\"parent_process\":null,\"user\":null,\"user"
     "_id\":null,\"integrity\":null,\"session\":0,\"denied\":null,\"left_out\":null,\"comm"
     "and_line\":null,\"image_status\":null,\"image_sha256\":null,\"image_version\":null,\""
     "image_company\":null,\"image_build_id\":null,\"image_verdict\":null,\"image_signatur"
     "e\":null,\"image_signer\":null,\"image_checked_at\":null,\"state_before\":null,\"pid"
     "_before\":null,\"process_before\":null,\"attribution_before\":null,\"before_at\":\"2"
     "026-11-20T14:00:02.000+01:00\",\"after_at\":\"2026-11-20T14:00:03.000+01:00\",\"path"
     "_before\":null,\"image_sha256_before\":null,\"module\":null,\"module_sha256\":null,\""
     "module_sha256_before\":null,\"module_verdict\":null,\"module_signer\":null,\"process"
     "es\":null}\n"
     "]\n",
     "{\"note\":\"facts\",\"text\":\"of 2 processes the file was not read at one of the tw"
     "o: whether it is another one is not known\"}\n"
     "{\"note\":\"modules\",\"text\":\"of 2 processes the modules are not known at one of "
     "the two: whether there are new ones is not known either\"}\n"
     "{\"note\":\"coverage\",\"text\":\"between the two: watched from 2026-11-20 14:00:02 "
     "+01:00 to 2026-11-20 14:00:03 +01:00, every 1s, without a gap\",\"since\":\"2026-11-"
     "20T14:00:02.000+01:00\",\"until\":\"2026-11-20T14:00:03.000+01:00\",\"watched\":1000"
     ",\"gaps\":0,\"missed\":0,\"left_out_processes\":0,\"left_out_sockets\":0}\n"},
    {"status --gaps --ledger check_commands.db --json", EXIT_NO,
     "[\n"
     "{\"from_at\":\"2026-11-20T14:00:04.000+01:00\",\"until_at\":\"2026-11-20T14:01:04.00"
     "0+01:00\",\"duration\":60000,\"reason\":\"service stopped\"}\n"
     "]\n",
     "{\"note\":\"coverage\",\"text\":\"watched from 2026-11-20 14:00:00 +01:00 to 2026-11"
     "-20 14:01:06 +01:00, every 1s, except for 1 m; not watched: 2026-11-20 14:00:04 +01:"
     "00 to 2026-11-20 14:01:04 +01:00 (service stopped)\",\"since\":\"2026-11-20T14:00:00"
     ".000+01:00\",\"until\":\"2026-11-20T14:01:06.000+01:00\",\"watched\":6000,\"gaps\":1"
     ",\"missed\":0,\"left_out_processes\":0,\"left_out_sockets\":0}\n"},
    {"local --at 14:00:02 --ledger check_commands.db --jsonl", EXIT_YES,
     "{\"moment\":1,\"pid\":null,\"process\":null,\"attribution\":\"denied\",\"service\":n"
     "ull,\"service_basis\":null,\"protocol\":\"UDP\",\"local_port\":53,\"local_address\":"
     "\"::\",\"state\":null,\"remote_address\":null,\"remote_port\":null,\"path\":null,\"p"
     "rocess_started_at\":null,\"created_at\":null,\"parent_pid\":null,\"process_access\":"
     "null,\"parent_process\":null,\"user\":null,\"user_id\":null,\"integrity\":null,\"ses"
     "sion\":null,\"denied\":null,\"left_out\":null,\"command_line\":null,\"image_status\""
     ":null,\"image_sha256\":null,\"image_version\":null,\"image_company\":null,\"image_bu"
     "ild_id\":null,\"image_verdict\":null,\"image_signature\":null,\"image_signer\":null,"
     "\"image_checked_at\":null,\"at\":\"2026-11-20T14:00:02.000+01:00\"}\n"
     "{\"moment\":1,\"pid\":100,\"process\":\"sshd\",\"attribution\":\"exact\",\"service\""
     ":null,\"service_basis\":null,\"protocol\":\"TCP\",\"local_port\":22,\"local_address\""
     ":\"0.0.0.0\",\"state\":\"LISTENING\",\"remote_address\":null,\"remote_port\":null,\""
     "path\":\"/usr/sbin/sshd\",\"process_started_at\":\"2026-11-20T13:59:00.000+01:00\",\""
     "created_at\":null,\"parent_pid\":1,\"process_access\":\"opened\",\"parent_process\":"
     "null,\"user\":null,\"user_id\":null,\"integrity\":null,\"session\":0,\"denied\":null"
     ",\"left_out\":null,\"command_line\":null,\"image_status\":null,\"image_sha256\":null"
     ",\"image_version\":null,\"image_company\":null,\"image_build_id\":null,\"image_verdi"
     "ct\":null,\"image_signature\":null,\"image_signer\":null,\"image_checked_at\":null,\""
     "at\":\"2026-11-20T14:00:02.000+01:00\"}\n"
     "{\"moment\":1,\"pid\":100,\"process\":\"sshd\",\"attribution\":\"exact\",\"service\""
     ":null,\"service_basis\":null,\"protocol\":\"TCP\",\"local_port\":22,\"local_address\""
     ":\"10.0.0.1\",\"state\":\"ESTABLISHED\",\"remote_address\":\"10.0.0.9\",\"remote_por"
     "t\":50000,\"path\":\"/usr/sbin/sshd\",\"process_started_at\":\"2026-11-20T13:59:00.0"
     "00+01:00\",\"created_at\":\"2026-11-20T14:00:01.500+01:00\",\"parent_pid\":1,\"proce"
     "ss_access\":\"opened\",\"parent_process\":null,\"user\":null,\"user_id\":null,\"inte"
     "grity\":null,\"session\":0,\"denied\":null,\"left_out\":null,\"command_line\":null,\""
     "image_status\":null,\"image_sha256\":null,\"image_version\":null,\"image_company\":n"
     "ull,\"image_build_id\":null,\"image_verdict\":null,\"image_signature\":null,\"image_"
     "signer\":null,\"image_checked_at\":null,\"at\":\"2026-11-20T14:00:02.000+01:00\"}\n"
     "{\"moment\":1,\"pid\":4321,\"process\":\"=evil\\u001b[31m\",\"attribution\":\"exact\""
     ",\"service\":null,\"service_basis\":null,\"protocol\":\"TCP\",\"local_port\":4444,\""
     "local_address\":\"127.0.0.1\",\"state\":\"LISTENING\",\"remote_address\":null,\"remo"
     "te_port\":null,\"path\":\"/tmp/\\u202ecod.\\\"exe\\\"\",\"process_started_at\":\"202"
     "6-11-20T14:00:00.500+01:00\",\"created_at\":null,\"parent_pid\":100,\"process_access"
     "\":\"opened\",\"parent_process\":null,\"user\":null,\"user_id\":null,\"integrity\":n"
     "ull,\"session\":0,\"denied\":null,\"left_out\":null,\"command_line\":null,\"image_st"
     "atus\":null,\"image_sha256\":null,\"image_version\":null,\"image_company\":null,\"im"
     "age_build_id\":null,\"image_verdict\":null,\"image_signature\":null,\"image_signer\""
     ":null,\"image_checked_at\":null,\"at\":\"2026-11-20T14:00:02.000+01:00\"}\n",
     "{\"note\":\"coverage\",\"text\":\"the moment lies in a time watched from 2026-11-20 "
     "14:00:00 +01:00 to 2026-11-20 14:00:04 +01:00, every 1s, without a gap\",\"since\":\""
     "2026-11-20T14:00:00.000+01:00\",\"until\":\"2026-11-20T14:00:04.000+01:00\",\"watche"
     "d\":4000,\"gaps\":0,\"missed\":0,\"left_out_processes\":0,\"left_out_sockets\":0}\n"},
    {"history --ledger check_commands.db --jsonl", EXIT_YES,
     "{\"opened_at\":\"2026-11-20T14:00:00.000+01:00\",\"closed_at\":\"2026-11-20T14:00:04"
     ".000+01:00\",\"ending\":\"cut\",\"duration\":4000,\"pid\":100,\"process\":\"sshd\",\""
     "attribution\":\"exact\",\"service\":null,\"service_basis\":null,\"protocol\":\"TCP\""
     ",\"local_port\":22,\"local_address\":\"0.0.0.0\",\"state\":\"LISTENING\",\"remote_ad"
     "dress\":null,\"remote_port\":null,\"path\":\"/usr/sbin/sshd\",\"process_started_at\""
     ":\"2026-11-20T13:59:00.000+01:00\",\"created_at\":null,\"parent_pid\":1,\"process_ac"
     "cess\":\"opened\",\"parent_process\":null,\"user\":null,\"user_id\":null,\"integrity"
     "\":null,\"session\":0,\"denied\":null,\"left_out\":null,\"command_line\":null,\"imag"
     "e_status\":null,\"image_sha256\":null,\"image_version\":null,\"image_company\":null,"
     "\"image_build_id\":null,\"image_verdict\":null,\"image_signature\":null,\"image_sign"
     "er\":null,\"image_checked_at\":null,\"opening\":\"found\",\"id\":1,\"instance\":1}\n"
     "{\"opened_at\":\"2026-11-20T14:00:00.000+01:00\",\"closed_at\":\"2026-11-20T14:00:04"
     ".000+01:00\",\"ending\":\"cut\",\"duration\":4000,\"pid\":null,\"process\":null,\"at"
     "tribution\":\"denied\",\"service\":null,\"service_basis\":null,\"protocol\":\"UDP\","
     "\"local_port\":53,\"local_address\":\"::\",\"state\":null,\"remote_address\":null,\""
     "remote_port\":null,\"path\":null,\"process_started_at\":null,\"created_at\":null,\"p"
     "arent_pid\":null,\"process_access\":null,\"parent_process\":null,\"user\":null,\"use"
     "r_id\":null,\"integrity\":null,\"session\":null,\"denied\":null,\"left_out\":null,\""
     "command_line\":null,\"image_status\":null,\"image_sha256\":null,\"image_version\":nu"
     "ll,\"image_company\":null,\"image_build_id\":null,\"image_verdict\":null,\"image_sig"
     "nature\":null,\"image_signer\":null,\"image_checked_at\":null,\"opening\":\"found\","
     "\"id\":2,\"instance\":null}\n"
     "{\"opened_at\":\"2026-11-20T14:00:01.000+01:00\",\"closed_at\":\"2026-11-20T14:00:03"
     ".000+01:00\",\"ending\":\"closed\",\"duration\":2000,\"pid\":4321,\"process\":\"=evi"
     "l\\u001b[31m\",\"attribution\":\"exact\",\"service\":null,\"service_basis\":null,\"p"
     "rotocol\":\"TCP\",\"local_port\":4444,\"local_address\":\"127.0.0.1\",\"state\":\"LI"
     "STENING\",\"remote_address\":null,\"remote_port\":null,\"path\":\"/tmp/\\u202ecod.\\"
     "\"exe\\\"\",\"process_started_at\":\"2026-11-20T14:00:00.500+01:00\",\"created_at\":"
     "null,\"parent_pid\":100,\"process_access\":\"opened\",\"parent_process\":null,\"user"
     "\":null,\"user_id\":null,\"integrity\":null,\"session\":0,\"denied\":null,\"left_out"
     "\":null,\"command_line\":null,\"image_status\":null,\"image_sha256\":null,\"image_ve"
     "rsion\":null,\"image_company\":null,\"image_build_id\":null,\"image_verdict\":null,\""
     "image_signature\":null,\"image_signer\":null,\"image_checked_at\":null,\"opening\":\""
     "opened\",\"id\":3,\"instance\":2}\n"
     "{\"opened_at\":\"2026-11-20T14:00:02.000+01:00\",\"closed_at\":\"2026-11-20T14:00:03"
     ".000+01:00\",\"ending\":\"closed\",\"duration\":1000,\"pid\":100,\"process\":\"sshd\""
     ",\"attribution\":\"exact\",\"service\":null,\"service_basis\":null,\"protocol\":\"TC"
     "P\",\"local_port\":22,\"local_address\":\"10.0.0.1\",\"state\":\"ESTABLISHED\",\"rem"
     "ote_address\":\"10.0.0.9\",\"remote_port\":50000,\"path\":\"/usr/sbin/sshd\",\"proce"
     "ss_started_at\":\"2026-11-20T13:59:00.000+01:00\",\"created_at\":\"2026-11-20T14:00:"
     "01.500+01:00\",\"parent_pid\":1,\"process_access\":\"opened\",\"parent_process\":nul"
     "l,\"user\":null,\"user_id\":null,\"integrity\":null,\"session\":0,\"denied\":null,\""
     "left_out\":null,\"command_line\":null,\"image_status\":null,\"image_sha256\":null,\""
     "image_version\":null,\"image_company\":null,\"image_build_id\":null,\"image_verdict\""
     ":null,\"image_signature\":null,\"image_signer\":null,\"image_checked_at\":null,\"ope"
     "ning\":\"opened\",\"id\":4,\"instance\":1}\n"
     "{\"opened_at\":\"2026-11-20T14:00:03.000+01:00\",\"closed_at\":\"2026-11-20T14:00:04"
     ".000+01:00\",\"ending\":\"cut\",\"duration\":1000,\"pid\":100,\"process\":\"sshd\",\""
     "attribution\":\"exact\",\"service\":null,\"service_basis\":null,\"protocol\":\"TCP\""
     ",\"local_port\":22,\"local_address\":\"10.0.0.1\",\"state\":\"CLOSE WAIT\",\"remote_"
     "address\":\"10.0.0.9\",\"remote_port\":50000,\"path\":\"/usr/sbin/sshd\",\"process_s"
     "tarted_at\":\"2026-11-20T13:59:00.000+01:00\",\"created_at\":\"2026-11-20T14:00:01.5"
     "00+01:00\",\"parent_pid\":1,\"process_access\":\"opened\",\"parent_process\":null,\""
     "user\":null,\"user_id\":null,\"integrity\":null,\"session\":0,\"denied\":null,\"left"
     "_out\":null,\"command_line\":null,\"image_status\":null,\"image_sha256\":null,\"imag"
     "e_version\":null,\"image_company\":null,\"image_build_id\":null,\"image_verdict\":nu"
     "ll,\"image_signature\":null,\"image_signer\":null,\"image_checked_at\":null,\"openin"
     "g\":\"state\",\"id\":5,\"instance\":1}\n"
     "{\"opened_at\":\"2026-11-20T14:01:04.000+01:00\",\"closed_at\":null,\"ending\":\"ope"
     "n\",\"duration\":2000,\"pid\":100,\"process\":\"sshd\",\"attribution\":\"exact\",\"s"
     "ervice\":null,\"service_basis\":null,\"protocol\":\"TCP\",\"local_port\":22,\"local_"
     "address\":\"0.0.0.0\",\"state\":\"LISTENING\",\"remote_address\":null,\"remote_port\""
     ":null,\"path\":\"/usr/sbin/sshd\",\"process_started_at\":\"2026-11-20T13:59:00.000+0"
     "1:00\",\"created_at\":null,\"parent_pid\":1,\"process_access\":\"opened\",\"parent_p"
     "rocess\":null,\"user\":null,\"user_id\":null,\"integrity\":null,\"session\":0,\"deni"
     "ed\":null,\"left_out\":null,\"command_line\":null,\"image_status\":null,\"image_sha2"
     "56\":null,\"image_version\":null,\"image_company\":null,\"image_build_id\":null,\"im"
     "age_verdict\":null,\"image_signature\":null,\"image_signer\":null,\"image_checked_at"
     "\":null,\"opening\":\"continued\",\"id\":6,\"instance\":1}\n"
     "{\"opened_at\":\"2026-11-20T14:01:04.000+01:00\",\"closed_at\":null,\"ending\":\"ope"
     "n\",\"duration\":2000,\"pid\":null,\"process\":null,\"attribution\":\"denied\",\"ser"
     "vice\":null,\"service_basis\":null,\"protocol\":\"UDP\",\"local_port\":53,\"local_ad"
     "dress\":\"::\",\"state\":null,\"remote_address\":null,\"remote_port\":null,\"path\":"
     "null,\"process_started_at\":null,\"created_at\":null,\"parent_pid\":null,\"process_a"
     "ccess\":null,\"parent_process\":null,\"user\":null,\"user_id\":null,\"integrity\":nu"
     "ll,\"session\":null,\"denied\":null,\"left_out\":null,\"command_line\":null,\"image_"
     "status\":null,\"image_sha256\":null,\"image_version\":null,\"image_company\":null,\""
     "image_build_id\":null,\"image_verdict\":null,\"image_signature\":null,\"image_signer"
     "\":null,\"image_checked_at\":null,\"opening\":\"continued\",\"id\":7,\"instance\":null}\n"
     "{\"opened_at\":\"2026-11-20T14:01:04.000+01:00\",\"closed_at\":null,\"ending\":\"ope"
     "n\",\"duration\":2000,\"pid\":300,\"process\":\"nginx\",\"attribution\":\"exact\",\""
     "service\":null,\"service_basis\":null,\"protocol\":\"TCP\",\"local_port\":443,\"loca"
     "l_address\":\"::\",\"state\":\"LISTENING\",\"remote_address\":null,\"remote_port\":n"
     "ull,\"path\":null,\"process_started_at\":\"2026-11-20T14:00:50.000+01:00\",\"created"
     "_at\":null,\"parent_pid\":null,\"process_access\":\"denied\",\"parent_process\":null"
     ",\"user\":null,\"user_id\":null,\"integrity\":null,\"session\":0,\"denied\":null,\"l"
     "eft_out\":null,\"command_line\":null,\"image_status\":null,\"image_sha256\":null,\"i"
     "mage_version\":null,\"image_company\":null,\"image_build_id\":null,\"image_verdict\""
     ":null,\"image_signature\":null,\"image_signer\":null,\"image_checked_at\":null,\"ope"
     "ning\":\"found\",\"id\":8,\"instance\":3}\n",
     "{\"note\":\"coverage\",\"text\":\"watched from 2026-11-20 14:00:00 +01:00 to 2026-11"
     "-20 14:01:06 +01:00, every 1s, except for 1 m; not watched: 2026-11-20 14:00:04 +01:"
     "00 to 2026-11-20 14:01:04 +01:00 (service stopped)\",\"since\":\"2026-11-20T14:00:00"
     ".000+01:00\",\"until\":\"2026-11-20T14:01:06.000+01:00\",\"watched\":6000,\"gaps\":1"
     ",\"missed\":0,\"left_out_processes\":0,\"left_out_sockets\":0}\n"},
    {"diff 14:00:02 14:00:03 --ledger check_commands.db --jsonl", EXIT_NO,
     "{\"comparison\":1,\"change\":\"state\",\"pid\":100,\"process\":\"sshd\",\"attributio"
     "n\":\"exact\",\"service\":null,\"service_basis\":null,\"protocol\":\"TCP\",\"local_p"
     "ort\":22,\"local_address\":\"10.0.0.1\",\"state\":\"CLOSE WAIT\",\"remote_address\":"
     "\"10.0.0.9\",\"remote_port\":50000,\"path\":\"/usr/sbin/sshd\",\"process_started_at\""
     ":\"2026-11-20T13:59:00.000+01:00\",\"created_at\":\"2026-11-20T14:00:01.500+01:00\","
     "\"parent_pid\":1,\"process_access\":\"opened\",\"parent_process\":null,\"user\":null"
     ",\"user_id\":null,\"integrity\":null,\"session\":0,\"denied\":null,\"left_out\":null"
     ",\"command_line\":null,\"image_status\":null,\"image_sha256\":null,\"image_version\""
     ":null,\"image_company\":null,\"image_build_id\":null,\"image_verdict\":null,\"image_"
     "signature\":null,\"image_signer\":null,\"image_checked_at\":null,\"state_before\":\""
     "ESTABLISHED\",\"pid_before\":100,\"process_before\":\"sshd\",\"attribution_before\":"
     "\"exact\",\"before_at\":\"2026-11-20T14:00:02.000+01:00\",\"after_at\":\"2026-11-20T"
     "14:00:03.000+01:00\",\"path_before\":\"/usr/sbin/sshd\",\"image_sha256_before\":null"
     ",\"module\":null,\"module_sha256\":null,\"module_sha256_before\":null,\"module_verdi"
     "ct\":null,\"module_signer\":null,\"processes\":null}\n"
     "{\"comparison\":1,\"change\":\"closed\",\"pid\":4321,\"process\":\"=evil\\u001b[31m\""
     ",\"attribution\":\"exact\",\"service\":null,\"service_basis\":null,\"protocol\":\"TC"
     "P\",\"local_port\":4444,\"local_address\":\"127.0.0.1\",\"state\":\"LISTENING\",\"re"
     "mote_address\":null,\"remote_port\":null,\"path\":\"/tmp/\\u202ecod.\\\"exe\\\"\",\""
     "process_started_at\":\"2026-11-20T14:00:00.500+01:00\",\"created_at\":null,\"parent_"
     "pid\":100,\"process_access\":\"opened\",\"parent_process\":null,\"user\":null,\"user"
     "_id\":null,\"integrity\":null,\"session\":0,\"denied\":null,\"left_out\":null,\"comm"
     "and_line\":null,\"image_status\":null,\"image_sha256\":null,\"image_version\":null,\""
     "image_company\":null,\"image_build_id\":null,\"image_verdict\":null,\"image_signatur"
     "e\":null,\"image_signer\":null,\"image_checked_at\":null,\"state_before\":null,\"pid"
     "_before\":null,\"process_before\":null,\"attribution_before\":null,\"before_at\":\"2"
     "026-11-20T14:00:02.000+01:00\",\"after_at\":\"2026-11-20T14:00:03.000+01:00\",\"path"
     "_before\":null,\"image_sha256_before\":null,\"module\":null,\"module_sha256\":null,\""
     "module_sha256_before\":null,\"module_verdict\":null,\"module_signer\":null,\"process"
     "es\":null}\n",
     "{\"note\":\"facts\",\"text\":\"of 2 processes the file was not read at one of the tw"
     "o: whether it is another one is not known\"}\n"
     "{\"note\":\"modules\",\"text\":\"of 2 processes the modules are not known at one of "
     "the two: whether there are new ones is not known either\"}\n"
     "{\"note\":\"coverage\",\"text\":\"between the two: watched from 2026-11-20 14:00:02 "
     "+01:00 to 2026-11-20 14:00:03 +01:00, every 1s, without a gap\",\"since\":\"2026-11-"
     "20T14:00:02.000+01:00\",\"until\":\"2026-11-20T14:00:03.000+01:00\",\"watched\":1000"
     ",\"gaps\":0,\"missed\":0,\"left_out_processes\":0,\"left_out_sockets\":0}\n"},
    {"status --gaps --ledger check_commands.db --jsonl", EXIT_NO,
     "{\"from_at\":\"2026-11-20T14:00:04.000+01:00\",\"until_at\":\"2026-11-20T14:01:04.00"
     "0+01:00\",\"duration\":60000,\"reason\":\"service stopped\"}\n",
     "{\"note\":\"coverage\",\"text\":\"watched from 2026-11-20 14:00:00 +01:00 to 2026-11"
     "-20 14:01:06 +01:00, every 1s, except for 1 m; not watched: 2026-11-20 14:00:04 +01:"
     "00 to 2026-11-20 14:01:04 +01:00 (service stopped)\",\"since\":\"2026-11-20T14:00:00"
     ".000+01:00\",\"until\":\"2026-11-20T14:01:06.000+01:00\",\"watched\":6000,\"gaps\":1"
     ",\"missed\":0,\"left_out_processes\":0,\"left_out_sockets\":0}\n"},
    {"local --at 14:00:02 --ledger check_commands.db --csv", EXIT_YES,
     "moment,pid,process,attribution,service,service_basis,protocol,local_port,local_addre"
     "ss,state,remote_address,remote_port,path,process_started_at,created_at,parent_pid,pr"
     "ocess_access,parent_process,user,user_id,integrity,session,denied,left_out,command_l"
     "ine,image_status,image_sha256,image_version,image_company,image_build_id,image_verdi"
     "ct,image_signature,image_signer,image_checked_at,at\r\n"
     "1,,,denied,,,UDP,53,::,,,,,,,,,,,,,,,,,,,,,,,,,,2026-11-20T14:00:02.000+01:00\r\n"
     "1,100,sshd,exact,,,TCP,22,0.0.0.0,LISTENING,,,/usr/sbin/sshd,2026-11-20T13:59:00.000"
     "+01:00,,1,opened,,,,,0,,,,,,,,,,,,,2026-11-20T14:00:02.000+01:00\r\n"
     "1,100,sshd,exact,,,TCP,22,10.0.0.1,ESTABLISHED,10.0.0.9,50000,/usr/sbin/sshd,2026-11"
     "-20T13:59:00.000+01:00,2026-11-20T14:00:01.500+01:00,1,opened,,,,,0,,,,,,,,,,,,,2026"
     "-11-20T14:00:02.000+01:00\r\n"
     "1,4321,'=evil\033[31m,exact,,,TCP,4444,127.0.0.1,LISTENING,,,\"/tmp/\342\200\256cod."
     "\"\"exe\"\"\",2026-11-20T14:00:00.500+01:00,,100,opened,,,,,0,,,,,,,,,,,,,2026-11-20"
     "T14:00:02.000+01:00\r\n",
     "note: the moment lies in a time watched from 2026-11-20 14:00:00 +01:00 to 2026-11-2"
     "0 14:00:04 +01:00, every 1s, without a gap\n"},
    {"history --ledger check_commands.db --csv", EXIT_YES,
     "opened_at,closed_at,ending,duration,pid,process,attribution,service,service_basis,pr"
     "otocol,local_port,local_address,state,remote_address,remote_port,path,process_starte"
     "d_at,created_at,parent_pid,process_access,parent_process,user,user_id,integrity,sess"
     "ion,denied,left_out,command_line,image_status,image_sha256,image_version,image_compa"
     "ny,image_build_id,image_verdict,image_signature,image_signer,image_checked_at,openin"
     "g,id,instance\r\n"
     "2026-11-20T14:00:00.000+01:00,2026-11-20T14:00:04.000+01:00,cut,4000,100,sshd,exact,"
     ",,TCP,22,0.0.0.0,LISTENING,,,/usr/sbin/sshd,2026-11-20T13:59:00.000+01:00,,1,opened,"
     ",,,,0,,,,,,,,,,,,,found,1,1\r\n"
     "2026-11-20T14:00:00.000+01:00,2026-11-20T14:00:04.000+01:00,cut,4000,,,denied,,,UDP,"
     "53,::,,,,,,,,,,,,,,,,,,,,,,,,,,found,2,\r\n"
     "2026-11-20T14:00:01.000+01:00,2026-11-20T14:00:03.000+01:00,closed,2000,4321,'=evil\033"
     "[31m,exact,,,TCP,4444,127.0.0.1,LISTENING,,,\"/tmp/\342\200\256cod.\"\"exe\"\"\",202"
     "6-11-20T14:00:00.500+01:00,,100,opened,,,,,0,,,,,,,,,,,,,opened,3,2\r\n"
     "2026-11-20T14:00:02.000+01:00,2026-11-20T14:00:03.000+01:00,closed,1000,100,sshd,exa"
     "ct,,,TCP,22,10.0.0.1,ESTABLISHED,10.0.0.9,50000,/usr/sbin/sshd,2026-11-20T13:59:00.0"
     "00+01:00,2026-11-20T14:00:01.500+01:00,1,opened,,,,,0,,,,,,,,,,,,,opened,4,1\r\n"
     "2026-11-20T14:00:03.000+01:00,2026-11-20T14:00:04.000+01:00,cut,1000,100,sshd,exact,"
     ",,TCP,22,10.0.0.1,CLOSE WAIT,10.0.0.9,50000,/usr/sbin/sshd,2026-11-20T13:59:00.000+0"
     "1:00,2026-11-20T14:00:01.500+01:00,1,opened,,,,,0,,,,,,,,,,,,,state,5,1\r\n"
     "2026-11-20T14:01:04.000+01:00,,open,2000,100,sshd,exact,,,TCP,22,0.0.0.0,LISTENING,,"
     ",/usr/sbin/sshd,2026-11-20T13:59:00.000+01:00,,1,opened,,,,,0,,,,,,,,,,,,,continued,"
     "6,1\r\n"
     "2026-11-20T14:01:04.000+01:00,,open,2000,,,denied,,,UDP,53,::,,,,,,,,,,,,,,,,,,,,,,,"
     ",,,continued,7,\r\n"
     "2026-11-20T14:01:04.000+01:00,,open,2000,300,nginx,exact,,,TCP,443,::,LISTENING,,,,2"
     "026-11-20T14:00:50.000+01:00,,,denied,,,,,0,,,,,,,,,,,,,found,8,3\r\n",
     "note: watched from 2026-11-20 14:00:00 +01:00 to 2026-11-20 14:01:06 +01:00, every 1"
     "s, except for 1 m; not watched: 2026-11-20 14:00:04 +01:00 to 2026-11-20 14:01:04 +0"
     "1:00 (service stopped)\n"},
    {"diff 14:00:02 14:00:03 --ledger check_commands.db --csv", EXIT_NO,
     "comparison,change,pid,process,attribution,service,service_basis,protocol,local_port,"
     "local_address,state,remote_address,remote_port,path,process_started_at,created_at,pa"
     "rent_pid,process_access,parent_process,user,user_id,integrity,session,denied,left_ou"
     "t,command_line,image_status,image_sha256,image_version,image_company,image_build_id,"
     "image_verdict,image_signature,image_signer,image_checked_at,state_before,pid_before,"
     "process_before,attribution_before,before_at,after_at,path_before,image_sha256_before"
     ",module,module_sha256,module_sha256_before,module_verdict,module_signer,processes\r\n"
     "1,state,100,sshd,exact,,,TCP,22,10.0.0.1,CLOSE WAIT,10.0.0.9,50000,/usr/sbin/sshd,20"
     "26-11-20T13:59:00.000+01:00,2026-11-20T14:00:01.500+01:00,1,opened,,,,,0,,,,,,,,,,,,"
     ",ESTABLISHED,100,sshd,exact,2026-11-20T14:00:02.000+01:00,2026-11-20T14:00:03.000+01"
     ":00,/usr/sbin/sshd,,,,,,,\r\n"
     "1,closed,4321,'=evil\033[31m,exact,,,TCP,4444,127.0.0.1,LISTENING,,,\"/tmp/\342\200\256"
     "cod.\"\"exe\"\"\",2026-11-20T14:00:00.500+01:00,,100,opened,,,,,0,,,,,,,,,,,,,,,,,20"
     "26-11-20T14:00:02.000+01:00,2026-11-20T14:00:03.000+01:00,,,,,,,,\r\n",
     "note: of 2 processes the file was not read at one of the two: whether it is another "
     "one is not known\n"
     "note: of 2 processes the modules are not known at one of the two: whether there are "
     "new ones is not known either\n"
     "note: between the two: watched from 2026-11-20 14:00:02 +01:00 to 2026-11-20 14:00:0"
     "3 +01:00, every 1s, without a gap\n"},
    {"status --gaps --ledger check_commands.db --csv", EXIT_NO,
     "from_at,until_at,duration,reason\r\n"
     "2026-11-20T14:00:04.000+01:00,2026-11-20T14:01:04.000+01:00,60000,service stopped\r\n",
     "note: watched from 2026-11-20 14:00:00 +01:00 to 2026-11-20 14:01:06 +01:00, every 1"
     "s, except for 1 m; not watched: 2026-11-20 14:00:04 +01:00 to 2026-11-20 14:01:04 +0"
     "1:00 (service stopped)\n"},
    {"local", EXIT_YES,
     "PID  Process  Owner   Proto  Port  Local IP  State      Path\n"
     "  -  -        denied  UDP      53  ::        -          -\n"
     "100  sshd     exact   TCP      22  0.0.0.0   LISTENING  /usr/sbin/sshd\n"
     "300  nginx    exact   TCP     443  ::        LISTENING  -\n"
     "\n"
     "Port Statistics\n"
     "TCP mappings: 2\n"
     "UDP mappings: 1\n"
     "TCP ports in a LISTENING state: 2 = 100.00%\n",
     "note: 1 of 3 sockets belong to processes that this user may not see; run the command"
     " elevated, as an administrator or root, to see them\n"},
    {"local --json --utc", EXIT_YES,
     "[\n"
     "{\"moment\":1,\"pid\":null,\"process\":null,\"attribution\":\"denied\",\"service\":n"
     "ull,\"service_basis\":null,\"protocol\":\"UDP\",\"local_port\":53,\"local_address\":"
     "\"::\",\"state\":null,\"remote_address\":null,\"remote_port\":null,\"path\":null,\"p"
     "rocess_started_at\":null,\"created_at\":null,\"parent_pid\":null,\"process_access\":"
     "null,\"parent_process\":null,\"user\":null,\"user_id\":null,\"integrity\":null,\"ses"
     "sion\":null,\"denied\":null,\"left_out\":null,\"command_line\":null,\"image_status\""
     ":null,\"image_sha256\":null,\"image_version\":null,\"image_company\":null,\"image_bu"
     "ild_id\":null,\"image_verdict\":null,\"image_signature\":null,\"image_signer\":null,"
     "\"image_checked_at\":null,\"at\":\"2026-11-20T13:01:07.000Z\"},\n"
     "{\"moment\":1,\"pid\":100,\"process\":\"sshd\",\"attribution\":\"exact\",\"service\""
     ":null,\"service_basis\":null,\"protocol\":\"TCP\",\"local_port\":22,\"local_address\""
     ":\"0.0.0.0\",\"state\":\"LISTENING\",\"remote_address\":null,\"remote_port\":null,\""
     "path\":\"/usr/sbin/sshd\",\"process_started_at\":\"2026-11-20T12:59:00.000Z\",\"crea"
     "ted_at\":null,\"parent_pid\":1,\"process_access\":\"opened\",\"parent_process\":null"
     ",\"user\":null,\"user_id\":null,\"integrity\":null,\"session\":0,\"denied\":null,\"l"
     "eft_out\":null,\"command_line\":null,\"image_status\":null,\"image_sha256\":null,\"i"
     "mage_version\":null,\"image_company\":null,\"image_build_id\":null,\"image_verdict\""
     ":null,\"image_signature\":null,\"image_signer\":null,\"image_checked_at\":null,\"at\""
     ":\"2026-11-20T13:01:07.000Z\"},\n"
     "{\"moment\":1,\"pid\":300,\"process\":\"nginx\",\"attribution\":\"exact\",\"service\""
     ":null,\"service_basis\":null,\"protocol\":\"TCP\",\"local_port\":443,\"local_address"
     "\":\"::\",\"state\":\"LISTENING\",\"remote_address\":null,\"remote_port\":null,\"pat"
     "h\":null,\"process_started_at\":\"2026-11-20T13:00:50.000Z\",\"created_at\":null,\"p"
     "arent_pid\":null,\"process_access\":\"denied\",\"parent_process\":null,\"user\":null"
     ",\"user_id\":null,\"integrity\":null,\"session\":0,\"denied\":null,\"left_out\":null"
     ",\"command_line\":null,\"image_status\":null,\"image_sha256\":null,\"image_version\""
     ":null,\"image_company\":null,\"image_build_id\":null,\"image_verdict\":null,\"image_"
     "signature\":null,\"image_signer\":null,\"image_checked_at\":null,\"at\":\"2026-11-20"
     "T13:01:07.000Z\"}\n"
     "]\n",
     "{\"note\":\"denied\",\"text\":\"1 of 3 sockets belong to processes that this user ma"
     "y not see; run the command elevated, as an administrator or root, to see them\"}\n"},
    {"local --at 14:00:30 --ledger check_commands.db", EXIT_UNDECIDED, "",
     "note: 14:00:30 (2026-11-20 14:00:30 +01:00) was not watched: service stopped; the la"
     "st sample before it is of 2026-11-20 14:00:04 +01:00, the next one of 2026-11-20 14:"
     "01:04 +01:00\n"},
    {"local --at 13:00 --ledger check_commands.db", EXIT_UNDECIDED, "",
     "note: 13:00 (2026-11-20 13:00:00 +01:00) was not watched; the first sample is of 202"
     "6-11-20 14:00:00 +01:00\n"},
    {"local --at 2026-11-20T15:00 --ledger check_commands.db --jsonl", EXIT_UNDECIDED, "",
     "{\"note\":\"coverage\",\"text\":\"2026-11-20T15:00 (2026-11-20 15:00:00 +01:00) was "
     "not watched: it is still to come; the last sample before it is of 2026-11-20 14:01:0"
     "6 +01:00\"}\n"},
    {"local --at now --ledger check_commands.db -q", EXIT_YES,
     "PID  Process  Owner   Proto  Port  Local IP  State      Path\n"
     "  -  -        denied  UDP      53  ::        -          -\n"
     "100  sshd     exact   TCP      22  0.0.0.0   LISTENING  /usr/sbin/sshd\n"
     "300  nginx    exact   TCP     443  ::        LISTENING  -\n"
     "\n"
     "Port Statistics\n"
     "TCP mappings: 2\n"
     "UDP mappings: 1\n"
     "TCP ports in a LISTENING state: 2 = 100.00%\n",
     ""},
    {"local --at now --ledger check_commands.db --csv", EXIT_YES,
     "moment,pid,process,attribution,service,service_basis,protocol,local_port,local_addre"
     "ss,state,remote_address,remote_port,path,process_started_at,created_at,parent_pid,pr"
     "ocess_access,parent_process,user,user_id,integrity,session,denied,left_out,command_l"
     "ine,image_status,image_sha256,image_version,image_company,image_build_id,image_verdi"
     "ct,image_signature,image_signer,image_checked_at,at\r\n"
     "1,,,denied,,,UDP,53,::,,,,,,,,,,,,,,,,,,,,,,,,,,2026-11-20T14:01:06.000+01:00\r\n"
     "1,100,sshd,exact,,,TCP,22,0.0.0.0,LISTENING,,,/usr/sbin/sshd,2026-11-20T13:59:00.000"
     "+01:00,,1,opened,,,,,0,,,,,,,,,,,,,2026-11-20T14:01:06.000+01:00\r\n"
     "1,300,nginx,exact,,,TCP,443,::,LISTENING,,,,2026-11-20T14:00:50.000+01:00,,,denied,,"
     ",,,0,,,,,,,,,,,,,2026-11-20T14:01:06.000+01:00\r\n",
     "note: now is newer than the newest stored sample, which is answered: 2026-11-20 14:0"
     "1:06 +01:00\n"
     "note: the moment lies in a time watched from 2026-11-20 14:01:04 +01:00 to 2026-11-2"
     "0 14:01:06 +01:00, every 1s, without a gap\n"},
    {"history --port 4444 --since 14:00:02 --ledger check_commands.db --quiet", EXIT_YES,
     "Opened                      Closed                      Ending  Lasted   PID  Proces"
     "s        Owner  Proto  Port  Local IP   State      Path                    Opening\n"
     "2026-11-20 14:00:01 +01:00  2026-11-20 14:00:03 +01:00  closed     2 s  4321  =evil\\"
     "x1B[31m  exact  TCP    4444  127.0.0.1  LISTENING  /tmp/\\u{202E}cod.\"exe\"  opened"
     "\n",
     ""},
    {"history --ledger check_commands.db --columns pid,local_port,opened_at --tz +05:45 --limit 2",
     EXIT_YES,
     "PID  Port  Opened\n"
     "100    22  2026-11-20 18:45:00 +05:45\n"
     "  -    53  2026-11-20 18:45:00 +05:45\n",
     "note: there are more than the 2 that --limit allows\n"
     "note: watched from 2026-11-20 18:45:00 +05:45 to 2026-11-20 18:46:06 +05:45, every 1s, "
     "except "
     "for 1 m; not watched: 2026-11-20 18:45:04 +05:45 to 2026-11-20 18:46:04 +05:45 (service "
     "stopped)\n"},
    {"history --ledger check_commands.db --sort -local_port,opened_at --columns local_port,state "
     "--limit 3 --csv --quiet",
     EXIT_YES, "local_port,state\r\n4444,LISTENING\r\n443,LISTENING\r\n53,\r\n", ""},
    {"local --at 18:45:02 --tz +05:45 --ledger check_commands.db --columns process,user --sort pid "
     "--csv=raw --quiet",
     EXIT_YES, "process,user\r\nsshd,\r\nsshd,\r\n=evil\x1b[31m,\r\n,\r\n", ""},
    {"history --port 99 --ledger check_commands.db", EXIT_NO, "",
     "note: nothing matches; the ledger has 8 intervals\n"
     "note: watched from 2026-11-20 14:00:00 +01:00 to 2026-11-20 14:01:06 +01:00, every 1"
     "s, except for 1 m; not watched: 2026-11-20 14:00:04 +01:00 to 2026-11-20 14:01:04 +0"
     "1:00 (service stopped)\n"},
    {"history --port 99 --since 14:00:20 --until 14:00:30 --ledger check_commands.db --json",
     EXIT_UNDECIDED, "[]\n",
     "{\"note\":\"empty\",\"text\":\"nothing matches; the ledger has 8 intervals\"}\n"
     "{\"note\":\"coverage\",\"text\":\"nothing was watched from 2026-11-20 14:00:20 +01:0"
     "0 to 2026-11-20 14:00:30 +01:00 (service stopped)\",\"since\":\"2026-11-20T14:00:20."
     "000+01:00\",\"until\":\"2026-11-20T14:00:30.000+01:00\",\"watched\":0,\"gaps\":1,\"m"
     "issed\":0,\"left_out_processes\":0,\"left_out_sockets\":0}\n"},
    {"history --since 13:00 --pid 300 --ledger check_commands.db --quiet --utc", EXIT_YES,
     "Opened                      Closed  Ending  Lasted  PID  Process  Owner  Proto  Port  "
     "Local IP  State      Opening\n"
     "2026-11-20 13:01:04 +00:00  open    open       2 s  300  nginx    exact  TCP     443  "
     "::        LISTENING  found\n",
     ""},
    {"diff 14:00:00 14:00:02 --ledger check_commands.db", EXIT_NO,
     "A: 14:00:00 (2026-11-20 14:00:00 +01:00)\n"
     "B: 14:00:02 (2026-11-20 14:00:02 +01:00)\n"
     "2 differences: 2 opened\n"
     "\n"
     "Change     PID  Process        Owner  Proto  Port  Local IP   State        Remote IP"
     "  RPort  Path\n"
     "+ opened   100  sshd           exact  TCP      22  10.0.0.1   ESTABLISHED  10.0.0.9 "
     "  50000  /usr/sbin/sshd\n"
     "+ opened  4321  =evil\\x1B[31m  exact  TCP    4444  127.0.0.1  LISTENING    -       "
     "       -  /tmp/\\u{202E}cod.\"exe\"\n"
     "\n"
     "Port Statistics                         A       B\n"
     "TCP mappings:                           1       3  +2\n"
     "UDP mappings:                           1       1\n"
     "TCP ports in a LISTENING state:         1       2  +1\n"
     "TCP ports in a ESTABLISHED state:       0       1  +1\n",
     "note: of 2 processes the file was not read at one of the two: whether it is another "
     "one is not known\n"
     "note: of 2 processes the modules are not known at one of the two: whether there are "
     "new ones is not known either\n"
     "note: between the two: watched from 2026-11-20 14:00:00 +01:00 to 2026-11-20 14:00:0"
     "2 +01:00, every 1s, without a gap\n"},
    {"diff 14:00:02 --ledger check_commands.db", EXIT_NO,
     "A: 14:00:02 (2026-11-20 14:00:02 +01:00)\n"
     "B: now (2026-11-20 14:01:07 +01:00)\n"
     "3 differences: 1 opened, 2 closed\n"
     "\n"
     "Change     PID  Process        Owner  Proto  Port  Local IP   State        Remote IP"
     "  RPort  Path\n"
     "- closed   100  sshd           exact  TCP      22  10.0.0.1   ESTABLISHED  10.0.0.9 "
     "  50000  /usr/sbin/sshd\n"
     "+ opened   300  nginx          exact  TCP     443  ::         LISTENING    -        "
     "      -  -\n"
     "- closed  4321  =evil\\x1B[31m  exact  TCP    4444  127.0.0.1  LISTENING    -       "
     "       -  /tmp/\\u{202E}cod.\"exe\"\n"
     "\n"
     "Port Statistics                         A       B\n"
     "TCP mappings:                           3       2  -1\n"
     "UDP mappings:                           1       1\n"
     "TCP ports in a LISTENING state:         2       2\n"
     "TCP ports in a ESTABLISHED state:       1       0  -1\n",
     "note: of 3 processes the file was not read at one of the two: whether it is another "
     "one is not known\n"
     "note: of 3 processes the modules are not known at one of the two: whether there are "
     "new ones is not known either\n"
     "note: between the two: watched from 2026-11-20 14:00:02 +01:00 to 2026-11-20 14:01:0"
     "6 +01:00, every 1s, except for 1 m; not watched: 2026-11-20 14:00:04 +01:00 to 2026-"
     "11-20 14:01:04 +01:00 (service stopped)\n"},
    {"diff 14:00:30 now --ledger check_commands.db", EXIT_UNDECIDED, "",
     "note: 14:00:30 (2026-11-20 14:00:30 +01:00) was not watched: service stopped; the la"
     "st sample before it is of 2026-11-20 14:00:04 +01:00, the next one of 2026-11-20 14:"
     "01:04 +01:00\n"},
    {"diff 14:00:02 14:00:30 --ledger check_commands.db --json", EXIT_UNDECIDED, "[]\n",
     "{\"note\":\"coverage\",\"text\":\"14:00:30 (2026-11-20 14:00:30 +01:00) was not watc"
     "hed: service stopped; the last sample before it is of 2026-11-20 14:00:04 +01:00, th"
     "e next one of 2026-11-20 14:01:04 +01:00\"}\n"},
    {"diff 14:01:05 now --ledger check_commands.db", EXIT_YES,
     "A: 14:01:05 (2026-11-20 14:01:05 +01:00)\n"
     "B: now (2026-11-20 14:01:07 +01:00)\n"
     "no difference\n"
     "\n"
     "Port Statistics                         A       B\n"
     "TCP mappings:                           2       2\n"
     "UDP mappings:                           1       1\n"
     "TCP ports in a LISTENING state:         2       2\n",
     "note: of 2 processes the file was not read at one of the two: whether it is another "
     "one is not known\n"
     "note: of 2 processes the modules are not known at one of the two: whether there are "
     "new ones is not known either\n"
     "note: between the two: watched from 2026-11-20 14:01:05 +01:00 to 2026-11-20 14:01:0"
     "6 +01:00, every 1s, without a gap\n"},
    {"diff now 14:00:03 --ledger check_commands.db", EXIT_NO,
     "A: now (2026-11-20 14:01:07 +01:00)\n"
     "B: 14:00:03 (2026-11-20 14:00:03 +01:00)\n"
     "2 differences: 1 opened, 1 closed\n"
     "\n"
     "Change    PID  Process  Owner  Proto  Port  Local IP  State       Remote IP  RPort  "
     "Path\n"
     "+ opened  100  sshd     exact  TCP      22  10.0.0.1  CLOSE WAIT  10.0.0.9   50000  "
     "/usr/sbin/sshd\n"
     "- closed  300  nginx    exact  TCP     443  ::        LISTENING   -              -  "
     "-\n"
     "\n"
     "Port Statistics                         A       B\n"
     "TCP mappings:                           2       2\n"
     "UDP mappings:                           1       1\n"
     "TCP ports in a LISTENING state:         2       1  -1\n"
     "TCP ports in a CLOSE WAIT state:        0       1  +1\n",
     "note: of 2 processes the file was not read at one of the two: whether it is another "
     "one is not known\n"
     "note: of 2 processes the modules are not known at one of the two: whether there are "
     "new ones is not known either\n"
     "note: now is later than 14:00:03: \"opened\" is what the earlier moment has and the "
     "later one has not\n"
     "note: between the two: watched from 2026-11-20 14:00:03 +01:00 to 2026-11-20 14:01:0"
     "6 +01:00, every 1s, except for 1 m; not watched: 2026-11-20 14:00:04 +01:00 to 2026-"
     "11-20 14:01:04 +01:00 (service stopped)\n"},
    {"diff 14:01:04 14:01:06 --ledger check_commands.db --csv", EXIT_YES,
     "comparison,change,pid,process,attribution,service,service_basis,protocol,local_port,"
     "local_address,state,remote_address,remote_port,path,process_started_at,created_at,pa"
     "rent_pid,process_access,parent_process,user,user_id,integrity,session,denied,left_ou"
     "t,command_line,image_status,image_sha256,image_version,image_company,image_build_id,"
     "image_verdict,image_signature,image_signer,image_checked_at,state_before,pid_before,"
     "process_before,attribution_before,before_at,after_at,path_before,image_sha256_before"
     ",module,module_sha256,module_sha256_before,module_verdict,module_signer,processes\r\n",
     "note: no difference\n"
     "note: of 2 processes the file was not read at one of the two: whether it is another "
     "one is not known\n"
     "note: of 2 processes the modules are not known at one of the two: whether there are "
     "new ones is not known either\n"
     "note: between the two: watched from 2026-11-20 14:01:04 +01:00 to 2026-11-20 14:01:0"
     "6 +01:00, every 1s, without a gap\n"},
    {"status --gaps --since 14:01:04 --ledger check_commands.db", EXIT_YES, "",
     "note: watched from 2026-11-20 14:01:04 +01:00 to 2026-11-20 14:01:06 +01:00, every 1"
     "s, without a gap\n"},
    {"status --gaps --since 14:01:04 --ledger check_commands.db --json", EXIT_YES, "[]\n",
     "{\"note\":\"coverage\",\"text\":\"watched from 2026-11-20 14:01:04 +01:00 to 2026-11"
     "-20 14:01:06 +01:00, every 1s, without a gap\",\"since\":\"2026-11-20T14:01:04.000+0"
     "1:00\",\"until\":\"2026-11-20T14:01:06.000+01:00\",\"watched\":2000,\"gaps\":0,\"mis"
     "sed\":0,\"left_out_processes\":0,\"left_out_sockets\":0}\n"},
    {"status --gaps --until 14:00:10 --ledger check_commands.db", EXIT_NO,
     "From                        Until                       Lasted  Because\n"
     "2026-11-20 14:00:04 +01:00  2026-11-20 14:00:10 +01:00     6 s  service stopped\n",
     "note: watched from 2026-11-20 14:00:00 +01:00 to 2026-11-20 14:00:10 +01:00, every 1"
     "s, except for 6 s; not watched: 2026-11-20 14:00:04 +01:00 to 2026-11-20 14:00:10 +0"
     "1:00 (service stopped)\n"},
};

START_TEST(a_question_has_exactly_this_answer)
{
    int status;

    record_a_minute();
    status = cli_run(answers[_i].line);
    ck_assert_str_eq(cli_out(), answers[_i].out);
    ck_assert_str_eq(cli_error(), answers[_i].error);
    ck_assert_int_eq(status, answers[_i].status);
}
END_TEST

START_TEST(notes_come_after_the_records)
{
    record_a_minute();
    ck_assert_int_eq(cli_run("history --ledger check_commands.db"), EXIT_YES);
    ck_assert_uint_eq(console_fake.error_after_out, console_fake.out.size);
}
END_TEST

static int count_lines(const char *text)
{
    int lines = 0;

    for (; *text != '\0'; text++) {
        lines += *text == '\n' ? 1 : 0;
    }
    return lines;
}

/* What of the minute's eight intervals is found. */
static const struct {
    const char *filter;
    int found;
} filters[] = {
    {"", 8},
    {"--port 22", 4},
    {"--port 50000", 2},
    {"--local-port 22", 4},
    {"--local-port 50000", 0},
    {"--remote-port 50000", 2},
    {"--remote-port 22", 0},
    {"--protocol udp", 2},
    {"--protocol tcp", 6},
    {"--state listening", 4},
    {"--state close-wait", 1},
    {"--state CLOSE_WAIT", 1},
    {"--pid 100", 4},
    {"--pid 4321", 1},
    {"--pid 0", 2},
    {"--process SSHD", 4},
    {"--process ssh", 0},
    {"--since 14:01:00", 3},
    {"--since 14:00:03 --until 14:00:04", 3},
    {"--until 14:00:00", 2},
    {"--pid 100 --state established --port 22 --protocol tcp", 1},
    {"--pid 300 --until 14:00:04", 0},
    {"--address 10.0.0.0/8", 2},
    {"--address 10.0.0.9", 2},
    {"--local-address 10.0.0.9", 0},
    {"--local-address 10.0.0.1", 2},
    {"--remote-address 10.0.0.0/28", 2},
    {"--remote-address 10.0.0.1", 0},
    {"--local-address ::/0", 3},
    {"--path */SSHD", 4},
    {"--path sshd", 0},
    {"--user root", 0},
    {"--service ssh.service", 0},
    {"--module *", 0},
    {"--image 00000000000000000000000000000000000000000000000000000000000000aB", 0},
    {"--instance 1", 4},
    {"--instance 1 --state listening", 2},
    {"--instance 99", 0},
    {"--instance 100@13:59", 4},
    {"--instance 100@2026-11-20T13:59:00.000+01:00", 4},
    {"--instance 100@14:00", 0},
    {"--instance 4321@14:00:00", 1}, /* started in that second */
    {"--instance 4321@2026-11-20T14:00:00.500+01:00", 1},
    {"--instance 4321@2026-11-20T14:00:00.501+01:00", 0},
};

START_TEST(a_filter_finds_what_it_says)
{
    struct text line = {0};

    record_a_minute();
    for (int i = 0; i < COUNT_OF(filters); i++) {
        int status;

        text_reset(&line);
        text_addf(&line, "history --ledger check_commands.db --jsonl%s%s",
                  filters[i].filter[0] != '\0' ? " " : "", filters[i].filter);
        status = cli_run(text_bytes(&line));
        ck_assert_msg(count_lines(cli_out()) == filters[i].found, "%s: %s", filters[i].filter,
                      cli_out());
        ck_assert_int_eq(status, filters[i].found > 0 ? EXIT_YES : EXIT_NO);
    }
    text_clear(&line);
}
END_TEST

/* What is wrong with a question, and how the program says so. */
static const struct {
    const char *line;
    const char *error;
    enum exit_status status;
} refusals[] = {
    {"history --ledger check_commands.db --state open",
     "there is no state \"open\"; the states are: "
     "CLOSED, LISTENING, ",
     EXIT_USAGE},
    {"history --ledger check_commands.db --since soon", "--since: ", EXIT_USAGE},
    {"history --ledger check_commands.db --since 14:00:02 --until 14:00:01",
     "--since is later than --until", EXIT_USAGE},
    {"history --ledger check_commands.db --port 0", "port", EXIT_USAGE},
    {"history --ledger check_commands.db --port 65536", "port", EXIT_USAGE},
    {"history --ledger check_commands.db 4444", "no use for \"4444\" after \"history\"",
     EXIT_USAGE},
    {"history --ledger check_commands.db --address 10.0.0.0/33", "--address: \"10.0.0.0/33\" is",
     EXIT_USAGE},
    {"history --ledger check_commands.db --remote-address host", "--remote-address: \"host\" is",
     EXIT_USAGE},
    {"history --ledger check_commands.db --image abc", "64 hexadecimal digits", EXIT_USAGE},
    {"history --ledger check_commands.db --image "
     "00000000000000000000000000000000000000000000000000000000000000abc",
     "longer than a SHA-256", EXIT_USAGE},
    {"history --ledger check_commands.db --instance 0", "PID@TIME", EXIT_USAGE},
    {"history --ledger check_commands.db --instance @13:59", "PID@TIME", EXIT_USAGE},
    {"history --ledger check_commands.db --instance 4294967296@13:59", "PID@TIME", EXIT_USAGE},
    {"history --ledger check_commands.db --instance 1x", "PID@TIME", EXIT_USAGE},
    {"history --ledger check_commands.db --instance 100@noon", "--instance: ", EXIT_USAGE},
    {"history --ledger check_commands.db --pid 1 --instance 100@13:59", "two processes",
     EXIT_USAGE},
    {"local --ledger check_commands.db --at noon", "noon", EXIT_USAGE},
    {"diff --ledger check_commands.db", "something is missing: portledger diff A [B]", EXIT_USAGE},
    {"diff --ledger check_commands.db 14:00 noon", "noon", EXIT_USAGE},
    {"diff --ledger check_commands.db 14:00 14:01 14:02", "no use for \"14:02\"", EXIT_USAGE},
    {"status --ledger check_commands.db --since -1h", "go with --gaps", EXIT_USAGE},
    {"status --ledger check_commands.db --gaps --since 14:00:02 --until 14:00:01",
     "--since is later than --until", EXIT_USAGE},
    {"status --ledger missing.db", "missing.db", EXIT_LEDGER},
    {"history --ledger missing.db", "missing.db", EXIT_LEDGER},
    {"local --ledger missing.db --at -1h", "missing.db", EXIT_LEDGER},
    {"diff --ledger missing.db -1h", "missing.db", EXIT_LEDGER},
};

START_TEST(a_refusal_says_why_and_prints_nothing)
{
    record_a_minute();
    for (int i = 0; i < COUNT_OF(refusals); i++) {
        int status = cli_run(refusals[i].line);

        ck_assert_msg(status == (int)refusals[i].status, "%s: %d, %s", refusals[i].line, status,
                      cli_error());
        ck_assert_msg(cli_out()[0] == '\0', "%s: %s", refusals[i].line, cli_out());
        ck_assert_int_eq(strncmp(cli_error(), "portledger: ", strlen("portledger: ")), 0);
        CHECK_CONTAINS(cli_error(), refusals[i].error);
    }
}
END_TEST

/* What is wrong with any call, behind the name of a command and the words that it needs. */
static const struct {
    const char *words;
    const char *error;
} mistakes[] = {
    {"--frobnicate", "unknown option --frobnicate"},
    {"--ledge x", "unknown option --ledge; did you mean --ledger?"},
    {"one two three four", "there is no use for \""},
    {"--limit 0", "--limit: \"0\" is not from 1 to "},
    {"--limit many", "--limit: \"many\" is "},
    {"--columns nope", "--columns: "},
    {"--sort nope", "--sort: "},
    {"--format xml", "--format: \"xml\" is not one of table, json, jsonl or csv"},
    {"--csv=cooked", "--csv: \"cooked\" is not one of raw"},
    {"--tz Nowhere/Atlantis", "--tz: "},
    {"--color sometimes", "--color: \"sometimes\" is not one of auto, always or never"},
    {"--ledger", "--ledger needs a value: --ledger FILE"},
    {"--utc=yes", "--utc"},
    {"--json --csv", "the output cannot be both json and csv"},
};

/* And with the times, numbers and names that several of them take. */
static const struct {
    const char *option;
    const char *value;
    const char *error;
} values[] = {
    {"--at", "soon", "\"soon\" is no time"},
    {"--since", "soon", "--since: \"soon\" is no time"},
    {"--until", "25:00", "--until: \"25:00\" is no time"},
    {"--port", "0", "--port: \"0\" is n"},
    {"--port", "65536", "--port: \"65536\" is n"},
    {"--local-port", "-1", "--local-port: \"-1\" is not from 1 to 65535"},
    {"--remote-port", "http", "--remote-port: \"http\" is n"},
    {"--pid", "4294967296", "--pid: \"4294967296\" is not from 0 to 4294967295"},
    {"--protocol", "icmp", "--protocol: \"icmp\" is not "},
    {"--state", "open", "--state: there is no state \"open\""},
    {"--address", "10.0.0.256", "--address: \"10.0.0.256\" is no address"},
    {"--remote-address", "::/129", "--remote-address: \"::/129\" is no"},
    {"--image", "xyz", "--image: a SHA-256 has 64"},
    {"--sha256", "xyz", "--sha256: a SHA-256 has 64"},
    {"--instance", "x", "--instance: \"x\" is neither"},
    {"--started-since", "never", "--started-since: \"never\" is no time"},
    {"--watch", "0", "--watch: \"0\" is not from 1"},
    {"--watch", "1201", "--watch: \"1201\" is not from 1"},
    {"--by", "moon", "--by: \"moon\" is not one of "},
};

/* A call of each command that needs nothing else; those that read a ledger with a time. */
static const struct {
    const char *words;
    bool reads;
} calls[] = {
    {"local --at 14:00:02", true},
    {"wport 22 --at 14:00:02", true},
    {"wport 22 --since 14:00:00", true},
    {"wpid 100 --since 14:00:00", true},
    {"processes --since 14:00:00", true},
    {"modules --at 14:00:02", true},
    {"modules --since 14:00:00", true},
    {"history", true},
    {"diff 14:00:00 14:00:02", true},
    {"baseline show check_commands.json", false},
    {"explain 22 --at 14:00:02", true},
    {"profile", true},
    {"status", true},
    {"export --sqlite check_commands_copy.db", true},
    {"query 127.0.0.1 -e 9", false},
    {"verify", true},
    {"audit", true},
    {"jobs", true},
    {"import --as port-reporter x.log", false},
    {"completion bash", false},
    {"help", false},
};

static void check_refused(const char *line, enum exit_status expected, const char *error)
{
    int status = cli_run(line);

    ck_assert_msg(status == (int)expected && cli_out()[0] == '\0' &&
                      strncmp(cli_error(), "portledger: ", strlen("portledger: ")) == 0 &&
                      strstr(cli_error(), error) != NULL,
                  "%s: %d, %s%s", line, status, cli_error(), cli_out());
}

START_TEST(every_command_refuses_a_wrong_call)
{
    struct text line = {0};

    for (int i = 0; i < COUNT_OF(calls); i++) {
        for (int k = 0; k < COUNT_OF(mistakes); k++) {
            if (k == 2 && (strncmp(calls[i].words, "query", 5) == 0 ||
                           strncmp(calls[i].words, "import", 6) == 0)) {
                continue; /* as many hosts or files as one likes */
            }
            text_reset(&line);
            text_addf(&line, "%s %s", calls[i].words, mistakes[k].words);
            check_refused(text_bytes(&line), EXIT_USAGE, mistakes[k].error);
        }
    }
    text_clear(&line);
}
END_TEST

static bool takes_option(const char *words, const char *name)
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        size_t length = strlen(commands[i]->name);

        for (size_t k = 0;
             strncmp(words, commands[i]->name, length) == 0 && k < commands[i]->option_count; k++) {
            if (strcmp(commands[i]->options[k].name, name) == 0) {
                return true;
            }
        }
    }
    return false;
}

/* What a command must be given beside. */
static const char *words_of(const char *command)
{
    static const struct {
        const char *command;
        const char *words;
    } rest[] = {{"wport", " 22"},       {"wpid", " 22"},    {"diff", " 14:00 14:01"},
                {"explain", " 22"},     {"query", " host"}, {"baseline", " save x.json"},
                {"export", " --as ecs"}};

    for (int i = 0; i < COUNT_OF(rest); i++) {
        if (strcmp(rest[i].command, command) == 0) {
            return rest[i].words;
        }
    }
    return "";
}

/* Whoever takes the option says the same, and before it looks for a ledger. */
START_TEST(every_command_refuses_a_wrong_value)
{
    struct text line = {0};

    for (int k = 0; k < COUNT_OF(values); k++) {
        int asked = 0;

        for (size_t i = 0; commands[i] != NULL; i++) {
            const char *name = commands[i]->name;

            /* What status does without is a day before the newest sample: that is read first. */
            if (takes_option(name, values[k].option + 2) && strcmp(name, "status") != 0) {
                text_reset(&line);
                text_addf(&line, "%s%s --ledger missing.db %s %s", name, words_of(name),
                          values[k].option, values[k].value);
                check_refused(text_bytes(&line), EXIT_USAGE, values[k].error);
                asked++;
            }
        }
        ck_assert_msg(asked > 0, "%s", values[k].option);
    }
    text_clear(&line);
}
END_TEST

/* Files that are no ledger that this program can read. */
static const struct {
    const char *name;
    const char *sql;  /* makes it of a ledger; NULL: it is what `text` says */
    const char *text; /* NULL: there is none */
    const char *error;
} strangers[] = {
    {"missing.db", NULL, NULL, "missing.db: cannot open the file: "},
    {".", NULL, NULL, "cannot open the file: it is a folder"},
    {"stranger.db", NULL, "", "the file is empty, which is no ledger"},
    {"stranger.db", NULL,
     "this is no ledger, but it is long enough to be asked whether it is one "
     "by whoever reads the first hundred bytes of it\n",
     "the file is no ledger, and no SQLite database"},
    {"stranger.db", "PRAGMA application_id = 1", NULL, "an SQLite database, but no ledger"},
    {"stranger.db", "PRAGMA user_version = 99", NULL,
     "the ledger was written by a newer portledger: it has version 99"},
    {"stranger.db", "PRAGMA user_version = 1", NULL,
     "start the service of this version once, which brings the ledger up to date"},
    {"stranger.db", "DROP TABLE interval", NULL, "the ledger is damaged"},
    {"stranger.db", "CREATE VIEW v AS SELECT 1", NULL, "the ledger holds views"},
};

static void make_stranger(int which)
{
    struct ledger *ledger = NULL;

    support_remove_database("stranger.db");
    if (strangers[which].text != NULL) {
        support_write_text("stranger.db", strangers[which].text);
    }
    if (strangers[which].sql != NULL) {
        CHECK_DONE(ledger_open(&ledger, "stranger.db", LEDGER_WRITE, &fixture.why), fixture.why);
        ledger_close(ledger);
        support_run_sql("stranger.db", strangers[which].sql);
    }
}

START_TEST(every_command_refuses_what_is_no_ledger_of_its_own)
{
    struct text line = {0};

    make_stranger(_i);
    for (int i = 0; i < COUNT_OF(calls); i++) {
        if (calls[i].reads) {
            text_reset(&line);
            text_addf(&line, "%s --ledger %s", calls[i].words, strangers[_i].name);
            check_refused(text_bytes(&line), EXIT_LEDGER, strangers[_i].error);
        }
    }
    text_clear(&line);
    support_remove_database("stranger.db");
    remove("stranger.db-lock");
    remove("stranger.db.key");
}
END_TEST

/* No command is forgotten; what portqry refuses, in words of its own, is in check_portqry.c. */
START_TEST(every_command_is_called_wrongly)
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        size_t length = strlen(commands[i]->name);
        bool found = strcmp(commands[i]->name, "portqry") == 0;

        for (int k = 0; !found && k < COUNT_OF(calls); k++) {
            found = strncmp(calls[k].words, commands[i]->name, length) == 0;
        }
        ck_assert_msg(found, "%s", commands[i]->name);
    }
}
END_TEST

START_TEST(a_file_that_is_no_ledger_is_refused)
{
    support_write_text("no_ledger.db", "this is no ledger, but it is long enough to be asked\n");
    ck_assert_int_eq(cli_run("status --ledger no_ledger.db"), EXIT_LEDGER);
    ck_assert_str_eq(cli_out(), "");
    CHECK_CONTAINS(cli_error(), "no_ledger.db");
    support_remove_database("no_ledger.db");
}
END_TEST

START_TEST(a_full_disk_is_told)
{
    record_a_minute();
    console_fake.full = true;
    ck_assert_int_eq(cli_run("history --ledger check_commands.db"), EXIT_REFUSED);
    CHECK_CONTAINS(cli_error(), "cannot write: no space left");
}
END_TEST

/* Also where the answer would have been another status: what nobody can read is none. */
static const struct unwritten {
    const char *line;
} unwritten[] = {
    {"local"},
    {"local --json"},
    {"local --statistics"},
    {"local --at 14:00:02 --ledger check_commands.db"},
    {"wport 443"},
    {"wport 443 --csv"},
    {"wport 9 --json"},
    {"wport 443 -wt 1"},
    {"wport 443 --at 14:00:02 --ledger check_commands.db"},
    {"wport 22 --since 14:00 --ledger check_commands.db"},
    {"wpid 100"},
    {"wpid 100 --jsonl"},
    {"wpid 9999 -wt 1 --json"},
    {"processes"},
    {"processes --tree"},
    {"processes --process nobody --json"},
    {"modules"},
    {"modules --process nobody --json"},
    {"history --ledger check_commands.db"},
    {"history --local-port 9 --json --ledger check_commands.db"},
    {"explain 22 --ledger check_commands.db"},
    {"profile --json --ledger check_commands.db"},
    {"diff 14:00:00 14:00:02 --ledger check_commands.db"},
    {"diff 14:00:00 14:00:02 --json --ledger check_commands.db"},
    {"diff 14:00:00 14:00:00 --json --ledger check_commands.db"},
    {"baseline show check_commands.json"},
    {"query 127.0.0.1 -e 9 --no-ask"},
    {"audit --json --ledger check_commands.db"},
    {"audit --changes --json --ledger check_commands.db"},
    {"jobs --json --config check_commands.yaml --ledger check_commands.db"},
    {"status --ledger check_commands.db"},
    {"status --gaps --json --ledger check_commands.db"},
    {"verify --ledger check_commands.db"},
    {"export --sqlite check_commands_copy.db --ledger check_commands.db"},
    {"portqry -?"},
    {"export --as ecs --ledger check_commands.db"},
    {"import --as port-reporter check_commands.log --ledger check_commands_copy.db"},
    {"completion bash"},
    {"help"},
    {"help wport"},
    {"--version"},
    {""},
};

START_TEST(what_cannot_be_written_is_no_answer)
{
    static const char settings[] = "ledger:\n  commit: 5s\n";
    static const char log[] = "05/7/6,13:52:1,UDP,53,0.0.0.0,*,*\n";

    support_write_file("check_commands.yaml", settings, sizeof(settings) - 1);
    support_write_file("check_commands.log", log, sizeof(log) - 1);
    record_a_minute();
    (void)cli_run("baseline save check_commands.json --overwrite");
    console_fake.full = true;
    for (int i = 0; i < COUNT_OF(unwritten); i++) {
        /* PortQry's exit codes are its own. */
        int expected = strncmp(unwritten[i].line, "portqry", 7) == 0 ? 99 : EXIT_REFUSED;

        ck_assert_msg(cli_run(unwritten[i].line) == expected, "%s: %s", unwritten[i].line,
                      cli_error());
        CHECK_CONTAINS(cli_error(), "cannot write: no space left");
        support_remove_database("check_commands_copy.db");
    }
    remove("check_commands.log");
    remove("check_commands.yaml");
    remove("check_commands.json");
    remove("check_commands_copy.db.key");
}
END_TEST

/* No command is forgotten. */
START_TEST(every_command_is_asked_to_write)
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        size_t length = strlen(commands[i]->name);
        bool found = false;

        for (size_t k = 0; !found && k < COUNT_OF(unwritten); k++) {
            found = strncmp(unwritten[k].line, commands[i]->name, length) == 0;
        }
        ck_assert_msg(found, "%s", commands[i]->name);
    }
}
END_TEST

START_TEST(a_system_that_refuses_is_told)
{
    fixture.collector_fails = true;
    ck_assert_int_eq(cli_run("local"), EXIT_REFUSED);
    CHECK_CONTAINS(cli_error(), "portledger: cannot read the TCP table: access is denied\n");
}
END_TEST

START_TEST(a_table_that_the_system_lacks_is_told)
{
    fixture.lacks = SNAPSHOT_NO_IPV6_TCP | SNAPSHOT_NO_IPV6_UDP;
    record_a_minute();
    ck_assert_int_eq(cli_run("local"), EXIT_YES);
    CHECK_CONTAINS(cli_error(), "note: the system had no table of IPv6 TCP sockets\n");
    CHECK_CONTAINS(cli_error(), "note: the system had no table of IPv6 UDP sockets\n");
    ck_assert_int_eq(cli_run("history --ledger check_commands.db"), EXIT_YES);
    CHECK_CONTAINS(cli_error(), "note: the system had no table of IPv6 TCP sockets\n");
}
END_TEST

/* The clock goes back by three seconds: 14:00:03 and 14:00:04 happen twice. */
static void record_with_clock_set_back(void)
{
    begin_run();
    sample(&quiet);
    sample(&quiet);
    sample(&quiet);
    sample(&quiet);
    sample(&quiet);
    clock_fake_set(clock_now() - 3000);
    sample(&attacked);
    sample(&attacked);
    sample(&attacked);
    sample(&attacked);
    store();
}

START_TEST(a_moment_that_happened_twice_is_answered_for_both)
{
    record_with_clock_set_back();
    ck_assert_int_eq(cli_run("local --at 14:00:03 --ledger check_commands.db"), EXIT_YES);
    CHECK_CONTAINS(cli_out(), "Moment   PID  Process ");
    CHECK_CONTAINS(cli_out(), "\n     1   100  sshd ");
    CHECK_CONTAINS(cli_out(), "\n     2   100  sshd ");
    CHECK_CONTAINS(cli_out(), "\n     2  4321  =evil");
    ck_assert_ptr_null(strstr(cli_out(), "\n     1  4321  =evil"));
    CHECK_CONTAINS(cli_error(), "note: 14:00:03 was 2 moments, because the clock was set back; all "
                                "are answered: 1 is 2026-11-20 14:00:03 +01:00 of the stretch");
}
END_TEST

START_TEST(a_difference_of_moments_that_happened_twice_compares_all)
{
    record_with_clock_set_back();
    ck_assert_int_eq(cli_run("diff 14:00:03 14:00:05 --ledger check_commands.db --csv --quiet"),
                     EXIT_NO);
    ck_assert_int_eq(count_lines(cli_out()), 2);
    CHECK_CONTAINS(cli_out(), "\n1,opened,4321,");
    ck_assert_int_eq(cli_run("diff 14:00:00 14:00:03 --ledger check_commands.db --jsonl"), EXIT_NO);
    CHECK_CONTAINS(cli_out(), "{\"comparison\":2,\"change\":\"opened\",\"pid\":4321,");
    CHECK_CONTAINS(cli_error(), "{\"note\":\"moments\",\"text\":\"14:00:03 was 2 moments");
}
END_TEST

/* At 14:00:02 +01:00 clocks go back by an hour: 13:00:02 to 14:00:02 happens again. */
static const struct clock_fake_change winter[] = {{BEGIN + 2000, 0}};

START_TEST(a_local_time_that_happened_twice_is_said)
{
    clock_fake_set_zone(AN_HOUR, winter, 1);
    record_a_minute();
    ck_assert_int_eq(cli_run("local --at 2026-11-20T14:00:01 --ledger check_commands.db"),
                     EXIT_YES);
    CHECK_CONTAINS(cli_error(), "note: 2026-11-20T14:00:01 happened twice, because the clocks were "
                                "set back; watched was 2026-11-20 14:00:01 +01:00\n");
    ck_assert_int_eq(cli_run("history --since 2026-11-20T14:00:01 --ledger check_commands.db"),
                     EXIT_YES);
    CHECK_CONTAINS(cli_error(), "note: --since 2026-11-20T14:00:01 happened twice, because the "
                                "clocks were set back; the first one is taken\n");
}
END_TEST

/* What status says, and how it ends. */
static const struct {
    const char *state;
    int64_t passes; /* milliseconds after the last sample */
    bool stops;
    enum exit_status status;
} states[] = {
    {"recording", 0, false, EXIT_YES},
    {"recording", 10000, false, EXIT_YES},
    {"silent", 20000, false, EXIT_NO},
    {"stopped", 0, true, EXIT_NO},
};

START_TEST(status_tells_whether_the_ledger_is_being_written)
{
    struct text expected = {0};
    int status;

    record_a_minute();
    if (states[_i].stops) {
        end_run(LEDGER_GAP_STOPPED);
    }
    clock_fake_run(states[_i].passes);
    status = cli_run("status --ledger check_commands.db --jsonl");
    text_addf(&expected,
              "{\"state\":\"%s\",\"last_sample_at\":\"2026-11-20T14:01:06.000+01:00\","
              "\"last_sample_age\":%" PRId64 ",\"interval\":1000,\"stopped_because\":%s,"
              "\"service\":\"running\",\"service_pid\":77,",
              states[_i].state, 1000 + states[_i].passes,
              states[_i].stops ? "\"service stopped\"" : "null");
    CHECK_CONTAINS(cli_out(), text_bytes(&expected));
    ck_assert_int_eq(status, states[_i].status);
    text_clear(&expected);
}
END_TEST

START_TEST(status_counts_what_the_last_day_missed)
{
    record_a_minute();
    (void)cli_run("status --ledger check_commands.db");
    CHECK_CONTAINS(cli_out(), "Watched in 24 h   9.09 %\n"
                              "Gaps in 24 h      1\n"
                              "Unwatched         1 m\n"
                              "Gap reasons       service stopped (1, 1 m)\n"
                              "Open sockets      3\n"
                              "Intervals         8\n"
                              "Processes         3\n"
                              "Samples           8\n");
    clock_fake_run(INT64_C(86400000));
    ck_assert_int_eq(cli_run("status --ledger check_commands.db"), EXIT_NO);
    CHECK_CONTAINS(cli_out(), "Ledger is         silent\n");
    CHECK_CONTAINS(cli_out(), "Gap reasons       no sample since (1, ");
}
END_TEST

START_TEST(an_empty_ledger_is_an_answer)
{
    ck_assert_int_eq(cli_run("status --ledger check_commands.db --json"), EXIT_NO);
    CHECK_CONTAINS(cli_out(), "{\"state\":\"empty\",\"last_sample_at\":null,");
    ck_assert_int_eq(cli_run("history --ledger check_commands.db"), EXIT_UNDECIDED);
    CHECK_CONTAINS(cli_error(), "note: nothing matches; the ledger has 0 intervals\n"
                                "note: nothing was watched up to 2026-11-20 14:00:00 +01:00\n");
    ck_assert_int_eq(cli_run("local --ledger check_commands.db --at -1h"), EXIT_UNDECIDED);
    CHECK_CONTAINS(cli_error(), "the ledger holds no sample yet\n");
}
END_TEST

static rows nothing = {NULL};
static rows half_seen = {&ssh_listens, &dns_denied, NULL};
static rows unseen_alone = {&dns_denied, NULL};

/* The owner of the DNS socket may be nginx, which this user may not look into. */
static const struct {
    const char *line;
    enum exit_status status;
    const char *out;
    bool said;
} unseen[] = {
    {"wpid 300", EXIT_UNDECIDED, "no socket is open, as far as this user may see\n", true},
    {"wpid 300 --json", EXIT_UNDECIDED, "[]", true},
    {"wpid 300 --local-port 9", EXIT_YES, "no socket that matches is open\n", false},
    {"wpid 4321", EXIT_YES, "no socket is open\n", false},
    {"wpid 9999", EXIT_NO, "", false},
    {"wport 53 --process nginx", EXIT_UNDECIDED,
     "nothing that matches holds it, as far as this user may see\n", true},
    {"wport 22 --process nginx", EXIT_NO, "nothing that matches holds it\n", false},
    {"local --process nginx", EXIT_UNDECIDED, "", true},
    {"local --process sshd", EXIT_YES, "sshd", true},
    {"local --pid 300", EXIT_UNDECIDED, "", true},
    {"local --pid 4321", EXIT_YES, "", false},
    {"processes --owners", EXIT_YES, "sshd", true},
    {"processes --owners --process nginx", EXIT_UNDECIDED, "", true},
    {"modules --path */none.so", EXIT_UNDECIDED, "", true},
    {"baseline save check_commands.json --overwrite", EXIT_YES, "live", true},
};

START_TEST(what_this_user_may_not_see_is_not_denied)
{
    fixture.live = &half_seen;
    ck_assert_msg(cli_run(unseen[_i].line) == (int)unseen[_i].status, "%s: %s%s", unseen[_i].line,
                  cli_out(), cli_error());
    CHECK_CONTAINS(cli_out(), unseen[_i].out);
    ck_assert_msg((strstr(cli_error(), "that this user may not see") != NULL) == unseen[_i].said,
                  "%s: %s", unseen[_i].line, cli_error());
    remove("check_commands.json");
}
END_TEST

START_TEST(where_no_owner_may_be_seen_modules_have_no_answer)
{
    fixture.live = &unseen_alone;
    ck_assert_int_eq(cli_run("modules"), EXIT_UNDECIDED);
    ck_assert_str_eq(cli_error(),
                     "note: 1 socket belongs to processes that this user may not see, and may be "
                     "among those asked for; run the command elevated, as an administrator or "
                     "root, to see them\n");
}
END_TEST

/* Each state has an interval: the connection is one. */
START_TEST(a_connection_that_changes_its_state_goes_on)
{
    struct row begins = ssh_established;
    rows beginning = {&ssh_listens, &begins, NULL};

    begins.socket.state = SOCKET_SYN_RECEIVED;
    begin_run();
    sample(&quiet);
    sample(&beginning);
    sample(&connected);
    sample(&closing);
    sample(&closing);
    store();
    ck_assert_int_eq(cli_run("explain 10.0.0.1:22-10.0.0.9:50000 --at 14:00:02 --around 60s "
                             "--ledger check_commands.db"),
                     EXIT_YES);
    CHECK_CONTAINS(cli_out(), "ESTABLISHED from");
    CHECK_CONTAINS(cli_out(), "before that");
    CHECK_CONTAINS(cli_out(), "RECEIVED from 14:00:01 to 14:00:02");
    CHECK_CONTAINS(cli_out(), "CLOSE WAIT since");
    CHECK_CONTAINS(cli_out(), ": 1 connection\n");
    ck_assert_ptr_null(strstr(cli_out(), "2 connections"));
    CHECK_CONTAINS(cli_out(), "BEFORE, within 1 m: 1 socket\n");
}
END_TEST

START_TEST(a_machine_without_sockets_is_an_answer)
{
    fixture.live = &nothing;
    ck_assert_int_eq(cli_run("local"), EXIT_YES);
    ck_assert_str_eq(cli_out(), "");
    ck_assert_str_eq(cli_error(), "note: no socket is open\n");
    ck_assert_int_eq(cli_run("local -v"), EXIT_YES);
    CHECK_CONTAINS(cli_out(), "Process ID: 300 (nginx)\n\nStarted  2026-11-20 14:00:50 +01:00\n\n"
                              "No sockets\n");
    ck_assert_ptr_null(strstr(cli_out(), "Statistics"));
    begin_run();
    sample(&nothing);
    store();
    ck_assert_int_eq(cli_run("local --ledger check_commands.db --at now --json"), EXIT_YES);
    ck_assert_str_eq(cli_out(), "[]\n");
    CHECK_CONTAINS(cli_error(), "{\"note\":\"empty\",\"text\":\"no socket is open\"}\n");
}
END_TEST

/* More than a page of intervals, so that the walk continues by key. */
enum { MANY = 10000, ORDERED = 1500 };

static void record_many(int count)
{
    begin_run();
    fill(&fixture.snapshot, &quiet);
    for (int i = 0; i < count; i++) {
        struct socket_row row = ssh_established.socket;

        row.remote.port = (uint16_t)(10000 + i);
        row.owner = 0;
        row.pid = processes[SSHD].pid;
        CHECK_DONE(snapshot_add_socket(&fixture.snapshot, &row, &fixture.why), fixture.why);
    }
    CHECK_DONE(ledger_writer_add(fixture.writer, &fixture.snapshot, &fixture.why), fixture.why);
    store();
}

/* The last cell but one of every line is the interval's id, and ids count up. */
START_TEST(no_interval_is_lost_between_two_pages)
{
    const char *last = "";
    const char *cell = "";
    long id = 0;
    int lines = 0;
    char number[24];

    record_many(MANY);
    ck_assert_int_eq(
        cli_run("history --ledger check_commands.db --csv --quiet --state established"), EXIT_YES);
    for (const char *c = cli_out(); *c != '\0'; c++) {
        if (*c == ',') {
            cell = last;
            last = c + 1;
        } else if (*c == '\n' && lines++ > 0) {
            snprintf(number, sizeof number, "%.*s", (int)strcspn(cell, ",\n"), cell);
            ck_assert_int_gt(strtol(number, NULL, 10), id);
            id = strtol(number, NULL, 10);
        }
    }
    ck_assert_int_eq(lines, MANY + 1);
    ck_assert_int_ge(id, MANY);
}
END_TEST

/* Orders of which the walk finds the first few without looking at the others. */
static const char *const orders[] = {"opened_at", "-opened_at", "-opened_at,local_port",
                                     "opened_at,-id", "-opened_at,-pid"};

/* Several stretches, of which the clock was set back between two; and many rows at one moment. */
static void record_orders(void)
{
    record_many(ORDERED);
    end_run(LEDGER_GAP_STOPPED);
    clock_fake_set(clock_now() - 30000);
    record_a_minute();
}

/* The first `count` lines, with their ends. */
static void check_begins(const char *all, const char *some, int count)
{
    size_t size = 0;

    for (int i = 0; i < count; i++) {
        size += strcspn(all + size, "\n") + 1;
    }
    ck_assert_uint_eq(strlen(some), size);
    ck_assert_int_eq(strncmp(all, some, size), 0);
}

static void check_order(const char *order)
{
    static const int counts[] = {1, 3, 9, 1100};
    struct text line = {0};
    char *all;

    text_addf(&line, "history --ledger check_commands.db --jsonl --sort %s", order);
    ck_assert_int_eq(cli_run(text_bytes(&line)), EXIT_YES);
    all = text_copy(cli_out());
    for (int i = 0; i < COUNT_OF(counts); i++) {
        text_reset(&line);
        text_addf(&line, "history --ledger check_commands.db --jsonl --sort %s --limit %d", order,
                  counts[i]);
        ck_assert_int_eq(cli_run(text_bytes(&line)), EXIT_YES);
        check_begins(all, cli_out(), counts[i]);
        CHECK_CONTAINS(cli_error(), "\"more\"");
    }
    text_clear(&line);
    free(all);
}

START_TEST(the_first_of_an_order_are_those_of_all)
{
    record_orders();
    for (int i = 0; i < COUNT_OF(orders); i++) {
        check_order(orders[i]);
    }
}
END_TEST

START_TEST(a_filter_that_finds_nothing_says_of_how_many)
{
    record_a_minute();
    (void)cli_run("local --at 14:00:02 --port 9 --ledger check_commands.db");
    CHECK_CONTAINS(cli_error(), "note: no socket matches; there were 4 to look at\n");
    (void)cli_run("local --port 9");
    CHECK_CONTAINS(cli_error(), "note: no socket matches; there were 3 to look at\n");
}
END_TEST

/* None is left out, so nothing says so. */
START_TEST(a_limit_that_is_not_reached_leaves_nothing_out)
{
    record_a_minute();
    ck_assert_int_eq(cli_run("history --ledger check_commands.db --sort -opened_at --limit 8"),
                     EXIT_YES);
    ck_assert_ptr_null(strstr(cli_error(), "--limit"));
    ck_assert_int_eq(cli_run("history --ledger check_commands.db --sort -opened_at --limit 7"),
                     EXIT_YES);
    CHECK_CONTAINS(cli_error(), "--limit");
}
END_TEST

/* By lengths: under a sanitizer strstr() measures all of a long text at each call. */
static int count_parts(const char *text, const char *part)
{
    size_t length = strlen(part);
    const char *end = text + strlen(text);
    int count = 0;

    while ((text = memchr(text, part[0], (size_t)(end - text))) != NULL) {
        bool found = (size_t)(end - text) >= length && memcmp(text, part, length) == 0;

        count += found ? 1 : 0;
        text += found ? length : 1;
    }
    return count;
}

/* A terminal of ten rows, the keys that are pressed, and what comes of it. */
static const struct {
    const char *line;
    const char *keys;
    int questions;
    int lines; /* ends of lines that were shown, the heading among them */
    enum exit_status status;
} pages[] = {
    {"history", "q", 1, 9, EXIT_REFUSED},
    {"history", " lq", 3, 19, EXIT_REFUSED},
    {"history", "   ", 4, MANY + 1, EXIT_YES}, /* nobody types any more: the rest comes at once */
    {"history --limit 8", "q", 0, 9, EXIT_YES},
    {"history --limit 9", "q", 1, 9, EXIT_REFUSED},
    {"history --no-pager", "q", 0, MANY + 1, EXIT_YES},
    {"history --csv", "q", 0, MANY + 1, EXIT_YES},
    {"history --columns opened_at,closed_at,id", "q", 1, 4, EXIT_REFUSED}, /* two rows a line */
};

START_TEST(help_fits_into_80_columns)
{
    struct text line = {0};

    for (size_t i = 0; commands[i] != NULL; i++) {
        text_reset(&line);
        text_addf(&line, "help %s", commands[i]->name);
        ck_assert_int_eq(cli_run(text_bytes(&line)), EXIT_YES);
        for (const char *at = cli_out(); *at != '\0'; at += strspn(at, "\n")) {
            size_t size = strcspn(at, "\n");

            ck_assert_msg(size <= 80, "%s: %.*s", commands[i]->name, (int)size, at);
            at += size;
        }
    }
    text_clear(&line);
}
END_TEST

START_TEST(a_long_table_is_shown_page_by_page)
{
    struct text line = {0};

    record_many(MANY);
    console_fake.terminal = true;
    console_fake.rows = 10;
    for (int i = 0; i < COUNT_OF(pages); i++) {
        int status;

        console_fake.columns = pages[i].lines == 4 ? 30 : 100;
        console_fake.keys = pages[i].keys;
        text_reset(&line);
        text_addf(&line, "%s --state established --quiet --ledger check_commands.db",
                  pages[i].line);
        status = cli_run(text_bytes(&line));
        ck_assert_msg(status == (int)pages[i].status, "%s: %d", pages[i].line, status);
        ck_assert_int_eq(count_parts(cli_out(), "-- more: "), pages[i].questions);
        ck_assert_int_eq(count_lines(cli_out()), pages[i].lines);
        ck_assert_str_eq(cli_error(), "");
    }
    text_clear(&line);
}
END_TEST

/* What a terminal of this width shows of the sockets at 14:00:02. */
static const struct {
    int columns;
    const char *heading;
    const char *note;
} terminals[] = {
    {200,
     " PID  Process        Owner   Proto  Port  Local IP   State        Remote IP  RPort  Path\n",
     ""},
    {90, " PID  Process        Owner   Proto  Port  Local IP   State        Remote IP  RPort\n",
     "note: no room in 90 columns for: path ("},
    {80, " PID Process       Owner  Proto Port Local IP  State       Remote IP RPort\n",
     "note: no room in 80 columns for: path ("},
    {60, " PID Process       Proto Port State       Remote IP RPort\n",
     "note: no room in 60 columns for: attribution, local_address, path ("},
    {29, " PID Process       Proto Port\n",
     "note: no room in 29 columns for: attribution, local_address, state, remote_address, "
     "remote_port, path ("},
    {28, "PID        -\nProcess    -\nOwner      denied\n", ""},
};

START_TEST(a_terminal_shows_what_it_has_room_for)
{
    console_fake.terminal = true;
    console_fake.columns = terminals[_i].columns;
    record_a_minute();
    ck_assert_int_eq(cli_run("local --at 14:00:02 --ledger check_commands.db"), EXIT_YES);
    CHECK_CONTAINS(cli_out(), terminals[_i].heading);
    CHECK_CONTAINS(cli_error(), terminals[_i].note);
    ck_assert_int_eq(strstr(cli_error(), "no room") != NULL, terminals[_i].note[0] != '\0');
}
END_TEST

static rows all_three = {&ssh_listens, &evil_listens, &web_listens, NULL};

static int run_rich(const char *line)
{
    fixture.live = &all_three;
    fixture.all_known = true;
    return cli_run(line);
}

/* What a question about the machine of which all is known shows, and what not. */
static const struct {
    const char *line;
    enum exit_status status;
    const char *has;
    const char *has_not;
    const char *note;
} known[] = {
    {"local", EXIT_YES, "PID  Process        Owner  Service      Proto  Port", "daemon", ""},
    {"local", EXIT_YES, "100  sshd           exact  ssh.service  TCP", "secret", ""},
    {"local --jsonl", EXIT_YES, "\"service\":\"ssh.service\",\"service_basis\":\"by cgroup\"", "",
     "\"note\":\"facts\",\"text\":\"1 of 2 accounts are not named yet"},
    {"local --jsonl", EXIT_YES,
     "\"parent_process\":\"sshd\",\"user\":\"S-1-5-18\",\"user_id\":"
     "\"S-1-5-18\",\"integrity\":\"high\"",
     "\x1b", ""},
    {"local --jsonl", EXIT_YES,
     "\"user\":\"daemon\",\"user_id\":\"1000\",\"integrity\":null,"
     "\"session\":7",
     "", ""},
    {"local --jsonl", EXIT_YES, "\"denied\":\"path, command line\",\"left_out\":null", "", ""},
    {"local --jsonl", EXIT_YES, "\"command_line\":\"evil \\u001b[2J --password=secret\"", "\x1b",
     ""},
    {"local --jsonl --no-command-lines", EXIT_YES, "\"command_line\":null", "secret", ""},
    {"local --jsonl --images", EXIT_YES, "\"image_status\":\"read\",\"image_sha256\":\"ab010000",
     "", "\"note\":\"facts\",\"text\":\"1 of 3 files are not read yet\""},
    {"local --jsonl", EXIT_YES,
     "\"image_version\":\"1.2.3.4\",\"image_company\":\"=Company\","
     "\"image_build_id\":null,\"image_verdict\":\"signed\",\"image_signature\":\"embedded\","
     "\"image_signer\":\"Somebody\"",
     "", ""},
    {"local --csv", EXIT_YES, ",'=Company,", "", ""},
    {"local -v", EXIT_YES, "\nProcess ID: 100 (sshd)\n\nServices      ssh.service\n", "\x1b",
     "note: modules of 2 of 3 processes could not be read: denied (1), protected (1)\n"},
    {"local -v", EXIT_YES, "\nProcess ID: 4321 (=evil\\x1B[31m)\n", "\x1b",
     "note: 1 of 3 files are not read yet\n"},
    {"local -v", EXIT_YES, "evil \\x1B[2J --password=secret", "\x1b", ""},
    {"local -v", EXIT_YES, "/tmp/\\x1B]0;evil.so", "\x1b", ""},
    {"local -v", EXIT_YES, "Socket created  Parent PID  Access  At", "", ""},
    {"local -v --jsonl", EXIT_YES, "\"local_port\":22", "Process ID", ""},
    {"processes", EXIT_YES, "evil \\x1B[2J --password=secret", "\x1b",
     "note: 1 of 3 processes can be seen only in part"},
    {"processes --no-command-lines", EXIT_YES, "daemon", "secret", ""},
    {"processes --columns pid,PROCESS,command_line --csv --pid 100", EXIT_YES,
     "pid,name,command_line\r\n100,sshd,", "", ""},
    {"processes --pid 100 --jsonl", EXIT_YES,
     "\"pid\":100,\"name\":\"sshd\",\"sockets\":1,"
     "\"services\":\"ssh.service\",\"started_at\":",
     "4321", ""},
    {"processes --process NGINX --jsonl", EXIT_YES, "\"access\":\"denied\",\"module_access\":null",
     "sshd", ""},
    {"processes --pid 4321 --jsonl", EXIT_YES,
     "\"module_access\":\"protected\",\"module_count\":null", "", ""},
    {"processes --pid 5", EXIT_NO, "", "sshd",
     "note: no process matches; there were 3 to look at\n"},
    {"modules", EXIT_YES, "0x7fffffff0000", "\x1b", "processes could not be read"},
    {"modules --jsonl", EXIT_YES,
     "\"base\":\"0x7fffffff0000\",\"size\":4096,\"flags\":\"hidden\","
     "\"path\":\"/tmp/\\u001b]0;evil.so\"",
     "\x1b", "\"note\":\"modules\""},
    {"modules --flagged --csv", EXIT_YES, "hidden", "libc.so", ""},
    {"modules --path */LIBC.so --csv", EXIT_YES, "/usr/lib/libc.so", "evil.so", ""},
    {"modules --pid 100 --path *.dll", EXIT_NO, "", "sshd",
     "note: no module matches, in 1 process\n"},
    {"modules --pid 5", EXIT_NO, "", "sshd", "note: no process matches; there were 3 to look at\n"},
    {"modules --pid 4321", EXIT_UNDECIDED, "", "sshd",
     "note: modules of 1 of 1 processes could not be read: protected (1)\n"},
};

START_TEST(what_is_known_is_shown)
{
    int status = run_rich(known[_i].line);

    CHECK_CONTAINS(cli_out(), known[_i].has);
    ck_assert(known[_i].has_not[0] == '\0' || strstr(cli_out(), known[_i].has_not) == NULL);
    CHECK_CONTAINS(cli_error(), known[_i].note);
    ck_assert_int_eq(status, known[_i].status);
}
END_TEST

/* As on Linux: the module's file was read, and there is no signature to speak of. */
static void publish_elf_facts(void)
{
    const struct image_facts fields = {.status = IMAGE_READ,
                                       .verdict = IMAGE_NOT_CHECKED,
                                       .taken_at = BEGIN,
                                       .sha256 = {0xcd},
                                       .build_id = "beef"};
    const struct image_facts *facts = image_facts_make(&fields);

    ck_assert_ptr_nonnull(facts);
    image_publish(rich.unread, facts);
    image_facts_release(facts);
}

START_TEST(where_no_signature_is_checked_none_is_spoken_of)
{
    publish_elf_facts();
    ck_assert_int_eq(run_rich("modules --path */libc.so --jsonl"), EXIT_YES);
    CHECK_CONTAINS(cli_out(), "\"image_build_id\":\"beef\",\"image_verdict\":null,"
                              "\"image_signature\":null,\"image_signer\":null");
    ck_assert_int_eq(run_rich("modules --path */libc.so"), EXIT_YES);
    CHECK_CONTAINS(cli_out(), "  Build id");
    ck_assert_ptr_null(strstr(cli_out(), "Sign"));
}
END_TEST

#define ZEROS_60 "000000000000000000000000000000000000000000000000000000000000"

START_TEST(all_that_is_known_of_a_module_is_in_the_verbose_tables)
{
    const char *modules;

    publish_elf_facts();
    ck_assert_int_eq(run_rich("local -v"), EXIT_YES);
    modules = strstr(cli_out(), "\nLoaded modules\n");
    ck_assert_ptr_nonnull(modules);
    CHECK_CONTAINS(modules, "ab01" ZEROS_60 "  1.2.3.4  =Company  -         signed     embedded"
                            "          Somebody");
    CHECK_CONTAINS(modules, "cd00" ZEROS_60 "  -        -         beef      -          -");
    console_fake.terminal = true;
    console_fake.columns = 120;
    ck_assert_int_eq(run_rich("local -v"), EXIT_YES);
    CHECK_CONTAINS(cli_error(), "note: no room in 120 columns for: ");
    CHECK_CONTAINS(cli_error(), "image_sha256");
}
END_TEST

static const char *const resolver_lines[] = {
    "history --process systemd-resolved --jsonl --ledger check_commands.db",
    "history --process Systemd-Resolve --jsonl --ledger check_commands.db",
    "local --at now --jsonl --ledger check_commands.db",
    "processes --process systemd-resolved --at now --jsonl --ledger check_commands.db",
};

START_TEST(a_name_that_linux_cut_off_is_shown_and_found_whole)
{
    begin_run();
    fill(&fixture.snapshot, &serving);
    put_resolver(&fixture.snapshot);
    CHECK_DONE(ledger_writer_add(fixture.writer, &fixture.snapshot, &fixture.why), fixture.why);
    store();
    ck_assert_int_eq(cli_run(resolver_lines[_i]), EXIT_YES);
    CHECK_CONTAINS(cli_out(), "\"systemd-resolved\",");
    ck_assert_ptr_null(strstr(cli_out(), "\"systemd-resolve\""));
    ck_assert_int_eq(cli_run("history --process systemd-resolve2 --ledger check_commands.db"),
                     EXIT_NO);
}
END_TEST

/* What is asked of the collector, and how long it is waited for. */
static const struct {
    const char *line;
    struct collector_options asked;
    int64_t waited;
} asked[] = {
    {"local", {.details = true}, -1},
    {"local --json", {.details = true}, 1000},
    {"local --images", {.details = true, .images = true}, 10000},
    {"local -v", {.details = true, .modules = true, .images = true, .all_processes = true}, 10000},
    {"local -v --statistics", {.details = true, .images = true}, 10000},
    {"local -v --json", {.details = true, .images = true}, 10000},
    {"processes", {.details = true, .all_processes = true}, 1000},
    {"processes --owners --json", {.details = true}, 1000},
    {"processes --pid 7 -v",
     {.details = true, .modules = true, .images = true, .all_processes = true, .pid = 7},
     10000},
    {"modules", {.modules = true, .images = true}, 10000},
    {"modules --pid 7", {.modules = true, .images = true, .all_processes = true, .pid = 7}, 10000},
};

START_TEST(no_more_is_read_than_is_shown)
{
    const struct collector_options *is = &fixture.asked;
    const struct collector_options *should = &asked[_i].asked;

    fixture.waited = -1;
    (void)cli_run(asked[_i].line);
    ck_assert_int_eq(is->details, should->details);
    ck_assert_int_eq(is->modules, should->modules);
    ck_assert_int_eq(is->images, should->images);
    ck_assert_int_eq(is->all_processes, should->all_processes);
    ck_assert_uint_eq(is->pid, should->pid);
    ck_assert_int_eq(fixture.waited, asked[_i].waited);
}
END_TEST

START_TEST(processes_of_the_past_are_answered_by_the_ledger)
{
    record_a_minute();
    ck_assert_int_eq(cli_run("processes --at 14:00:02 --ledger check_commands.db --csv --owners"),
                     EXIT_YES);
    CHECK_CONTAINS(cli_out(), "\r\n1,100,sshd,2,,2026-11-20T13:59:00.000+01:00,true,1,opened,");
    CHECK_CONTAINS(cli_out(), "\r\n1,4321,'=evil");
    ck_assert_ptr_null(strstr(cli_out(), "nginx"));
    CHECK_CONTAINS(cli_error(), "note: the moment lies in a time watched from ");
    ck_assert_int_eq(cli_run("processes --at 14:00:30 --ledger check_commands.db"), EXIT_UNDECIDED);
    ck_assert_int_eq(cli_run("modules --at 14:00:02 --ledger check_commands.db"), EXIT_UNDECIDED);
    CHECK_CONTAINS(cli_error(), "note: modules of 2 of 2 processes could not be read: ");
}
END_TEST

/* One sample of the machine of which all is known, with or without NGINX. */
static void sample_rich(bool with_nginx)
{
    static rows two = {&ssh_listens, &evil_listens, NULL};
    struct snapshot *snapshot = &fixture.snapshot;

    fill(snapshot, &two);
    fill_rich(snapshot);
    if (!with_nginx) {
        process_instance_release(snapshot->processes[--snapshot->process_count]);
    }
    CHECK_DONE(ledger_writer_add(fixture.writer, snapshot, &fixture.why), fixture.why);
    clock_fake_run(1000);
}

/* The last module, the hidden one, goes. */
static void unload_hidden(void)
{
    struct module_list fewer = *rich.modules;

    fewer.count--;
    module_list_release(rich.modules);
    rich.modules = module_list_make(&fewer);
    ck_assert_ptr_nonnull(rich.modules);
}

static void record_what_goes(void)
{
    begin_run();
    sample_rich(true);
    sample_rich(true);
    unload_hidden();
    sample_rich(true);
    sample_rich(false);
    store();
}

#define SEEN_FROM(time) "\"first_seen_at\":\"2026-11-20T" time ".000+01:00\","
#define GONE_AT(time) "\"gone_at\":\"2026-11-20T" time ".000+01:00\""

static const struct {
    const char *line;
    const char *has;
    const char *has_not;
} seen[] = {
    {"processes --pid 300 --at 14:00:00 --jsonl", SEEN_FROM("14:00:00") GONE_AT("14:00:03"), ""},
    {"processes --pid 100 --at 14:00:03 --jsonl", SEEN_FROM("14:00:00") "\"gone_at\":null", ""},
    {"processes --pid 300 --at 14:00:02", "  First seen  ", "sshd"},
    {"processes --pid 300 --jsonl", "\"first_seen_at\":null,\"gone_at\":null", ""},
    {"processes --pid 300", "", "First seen"},
    {"modules --path *evil.so --at 14:00:01 --jsonl", SEEN_FROM("14:00:00") GONE_AT("14:00:02"),
     "libc"},
    {"modules --path */libc.so --at 14:00:01 --jsonl", SEEN_FROM("14:00:00") "\"gone_at\":null",
     ""},
    {"modules --at 14:00:02 --jsonl", "libc.so", "evil.so"},
    {"modules --path */libc.so --jsonl", "\"first_seen_at\":null,\"gone_at\":null", ""},
    {"modules --path */libc.so", "", "First seen"},
};

START_TEST(what_is_there_says_since_when_and_until_when)
{
    struct text line = {0};
    bool past = strstr(seen[_i].line, "--at") != NULL;

    record_what_goes();
    text_addf(&line, "%s%s", seen[_i].line, past ? " --ledger check_commands.db" : "");
    ck_assert_int_eq(run_rich(text_bytes(&line)), EXIT_YES);
    CHECK_CONTAINS(cli_out(), seen[_i].has);
    ck_assert(seen[_i].has_not[0] == '\0' || strstr(cli_out(), seen[_i].has_not) == NULL);
    text_clear(&line);
}
END_TEST

START_TEST(stretches_are_listed_with_what_they_missed)
{
    record_a_minute();
    ck_assert_int_eq(cli_run("status --stretches --ledger check_commands.db --csv"), EXIT_YES);
    CHECK_CONTAINS(cli_out(),
                   "\r\n2026-11-20T14:00:00.000+01:00,2026-11-20T14:00:04.000+01:00,4000,1000,5,"
                   "service stopped,");
    ck_assert_int_eq(cli_run("status --stretches --gaps --ledger check_commands.db"), EXIT_USAGE);
    CHECK_CONTAINS(cli_error(), "--gaps and --stretches exclude each other");
}
END_TEST

START_TEST(stretches_on_a_narrow_terminal_keep_the_reason_and_the_counts)
{
    console_fake.terminal = true;
    console_fake.columns = 80;
    record_a_minute();
    ck_assert_int_eq(cli_run("status --stretches --ledger check_commands.db"), EXIT_YES);
    CHECK_CONTAINS(cli_out(),
                   "From +01:00    Until +01:00   Lasted Every Samples Ended because   Missed\n"
                   "11-20 14:00:00 11-20 14:00:04    4 s   1 s       5 service stopped      0\n");
    CHECK_CONTAINS(cli_error(), "note: no room in 80 columns for: left_out_processes (0), "
                                "left_out_sockets (0) (");
}
END_TEST

static const struct {
    struct ledger_coverage coverage;
    const char *words;
} losses[] = {
    {{.missed = 1}, "; at least 1 connection came and went unseen between samples"},
    {{.missed = 12, .missed_beyond = true},
     "; at least 12 connections came and went unseen between samples, counted in the whole of the "
     "uninterrupted times that touch this one"},
    {{.left_out_processes = 2, .left_out_sockets = 5},
     "; up to 2 processes are left out by the settings at a time, and up to 5 sockets, those of "
     "the service's own probes among them"},
    {{.left_out_processes = 1, .left_out_sockets = 1},
     "; up to 1 process is left out by the settings at a time, and up to 1 socket, those of the "
     "service's own probes among them"},
    {{.left_out_sockets = 3}, "; up to 3 sockets of the service's own probes at a time left out"},
};

START_TEST(what_was_missed_is_said)
{
    struct ledger_coverage coverage = losses[_i].coverage;
    struct text words = {0};

    coverage.since = BEGIN;
    coverage.until = BEGIN + 1000;
    coverage.watched = 1000;
    coverage.interval = 1000;
    coverage_add_words(&words, &coverage, TIME_ZONE_LOCAL);
    CHECK_CONTAINS(text_bytes(&words), ", without a gap");
    ck_assert_str_eq(strchr(text_bytes(&words), ';'), losses[_i].words);
    text_clear(&words);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("commands");
    TCase *golden = tcase_create("golden");
    TCase *odd = tcase_create("odd");
    TCase *state = tcase_create("status");

    tcase_add_checked_fixture(golden, open_fixture, close_fixture);
    tcase_add_loop_test(golden, a_question_has_exactly_this_answer, 0, COUNT_OF(answers));
    tcase_add_test(golden, a_filter_finds_what_it_says);
    tcase_add_loop_test(golden, a_terminal_shows_what_it_has_room_for, 0, COUNT_OF(terminals));
    tcase_add_test(golden, help_fits_into_80_columns);
    tcase_add_test(golden, a_long_table_is_shown_page_by_page);
    tcase_add_test(golden, notes_come_after_the_records);
    tcase_add_test(golden, no_interval_is_lost_between_two_pages);
    tcase_add_test(golden, the_first_of_an_order_are_those_of_all);
    tcase_add_test(golden, a_filter_that_finds_nothing_says_of_how_many);
    tcase_add_test(golden, a_limit_that_is_not_reached_leaves_nothing_out);
    tcase_add_loop_test(golden, what_is_known_is_shown, 0, COUNT_OF(known));
    tcase_add_test(golden, where_no_signature_is_checked_none_is_spoken_of);
    tcase_add_test(golden, all_that_is_known_of_a_module_is_in_the_verbose_tables);
    tcase_add_loop_test(golden, a_name_that_linux_cut_off_is_shown_and_found_whole, 0,
                        COUNT_OF(resolver_lines));
    tcase_add_loop_test(golden, no_more_is_read_than_is_shown, 0, COUNT_OF(asked));
    tcase_add_test(golden, processes_of_the_past_are_answered_by_the_ledger);
    tcase_add_loop_test(golden, what_is_there_says_since_when_and_until_when, 0, COUNT_OF(seen));
    suite_add_tcase(suite, golden);

    tcase_add_checked_fixture(odd, open_fixture, close_fixture);
    tcase_add_test(odd, a_refusal_says_why_and_prints_nothing);
    tcase_add_test(odd, every_command_refuses_a_wrong_call);
    tcase_add_test(odd, every_command_refuses_a_wrong_value);
    tcase_add_loop_test(odd, every_command_refuses_what_is_no_ledger_of_its_own, 0,
                        COUNT_OF(strangers));
    tcase_add_test(odd, every_command_is_called_wrongly);
    tcase_add_test(odd, a_file_that_is_no_ledger_is_refused);
    tcase_add_test(odd, a_full_disk_is_told);
    tcase_add_test(odd, what_cannot_be_written_is_no_answer);
    tcase_add_test(odd, every_command_is_asked_to_write);
    tcase_add_test(odd, a_system_that_refuses_is_told);
    tcase_add_loop_test(odd, what_this_user_may_not_see_is_not_denied, 0, COUNT_OF(unseen));
    tcase_add_test(odd, where_no_owner_may_be_seen_modules_have_no_answer);
    tcase_add_test(odd, a_connection_that_changes_its_state_goes_on);
    tcase_add_test(odd, a_machine_without_sockets_is_an_answer);
    tcase_add_test(odd, a_table_that_the_system_lacks_is_told);
    tcase_add_test(odd, a_moment_that_happened_twice_is_answered_for_both);
    tcase_add_test(odd, a_difference_of_moments_that_happened_twice_compares_all);
    tcase_add_test(odd, a_local_time_that_happened_twice_is_said);
    suite_add_tcase(suite, odd);

    tcase_add_checked_fixture(state, open_fixture, close_fixture);
    tcase_add_loop_test(state, status_tells_whether_the_ledger_is_being_written, 0,
                        COUNT_OF(states));
    tcase_add_test(state, status_counts_what_the_last_day_missed);
    tcase_add_test(state, an_empty_ledger_is_an_answer);
    tcase_add_test(state, stretches_are_listed_with_what_they_missed);
    tcase_add_test(state, stretches_on_a_narrow_terminal_keep_the_reason_and_the_counts);
    tcase_add_loop_test(state, what_was_missed_is_said, 0, COUNT_OF(losses));
    suite_add_tcase(suite, state);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
