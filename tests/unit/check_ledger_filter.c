/* SPDX-License-Identifier: MIT */

/*
 * Filters, against a model that knows no index and no SQL: all intervals of a
 * made-up history, looked at one by one.
 */

#include <stdio.h>
#include <stdlib.h>

#include "base/pattern.h"
#include "base/text.h"
#include "store/ledger.h"
#include "store/ledger_query.h"
#include "store/ledger_writer.h"
#include "tests/support.h"
#include "tests/unit/made_up.h"

static const char path[] = "check_ledger_filter.db";
static const char lock_path[] = "check_ledger_filter.db-lock";

enum {
    MANY = 20000,
    INTERVAL_MS = 1000,
    SAMPLES = 400,
    HISTORIES = 3,
    FILTERS = 150,
    KINDS = 7, /* of ask_owner(), and of ask_socket() */
};

#define BEGIN INT64_C(1700000000000)

/* What a visit lends, kept. */
struct kept {
    struct ledger_interval interval; /* owner: held; service: in `services` */
    char service[64];
};

/* A sample that went in. */
struct sample {
    int64_t at;
    size_t sockets;
};

static struct {
    struct ledger *ledger;
    struct ledger_writer *writer;
    struct machine *machine;
    struct snapshot snapshot;
    uint64_t random;
    int boots;
    struct kept *all;
    size_t all_count;
    int64_t *ids;
    size_t id_count;
    struct sample samples[SAMPLES];
    size_t sample_count;
    struct failure why;
} fixture;

static void release_all(void)
{
    for (size_t i = 0; i < fixture.all_count; i++) {
        process_instance_release(fixture.all[i].interval.owner);
    }
    fixture.all_count = 0;
}

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    support_remove_database(path);
    remove(lock_path);
    fixture.all = calloc(MANY, sizeof(*fixture.all));
    fixture.ids = calloc(MANY, sizeof(*fixture.ids));
    ck_assert(fixture.all != NULL && fixture.ids != NULL);
}

static void close_fixture(void)
{
    if (fixture.writer != NULL &&
        !ledger_writer_close(fixture.writer, LEDGER_GAP_STOPPED, &fixture.why)) {
        puts(fixture.why.text);
    }
    ledger_close(fixture.ledger);
    machine_halt(fixture.machine);
    snapshot_clear(&fixture.snapshot);
    release_all();
    free(fixture.all);
    free(fixture.ids);
    memset(&fixture, 0, sizeof(fixture));
    support_remove_database(path);
    remove(lock_path);
}

static uint32_t draw(uint32_t limit)
{
    return made_up_random(&fixture.random, limit);
}

static void start_service(void)
{
    struct ledger_run run = {.program = "check_ledger_filter", .pid = 7, .interval = INTERVAL_MS};

    snprintf(run.boot.id, sizeof(run.boot.id), "boot %d", fixture.boots);
    CHECK_DONE(ledger_open(&fixture.ledger, path, LEDGER_WRITE, &fixture.why), fixture.why);
    CHECK_DONE(ledger_writer_open(&fixture.writer, fixture.ledger, &run, &fixture.why),
               fixture.why);
}

static void stop_service(void)
{
    struct ledger_writer *writer = fixture.writer;

    fixture.writer = NULL;
    CHECK_DONE(ledger_writer_close(writer, LEDGER_GAP_STOPPED, &fixture.why), fixture.why);
    ledger_close(fixture.ledger);
    fixture.ledger = NULL;
}

/* Pids are given out anew, and what had one before is another process. */
static void reboot(void)
{
    int64_t wall = machine_clock(fixture.machine) + draw(100000);

    stop_service();
    machine_halt(fixture.machine);
    fixture.machine = machine_boot(fixture.random, wall);
    fixture.boots++;
    start_service();
}

static void let_something_happen(void)
{
    switch (draw(60)) {
    case 0:
        machine_set_clock(fixture.machine, -(int64_t)draw(60000));
        break;
    case 1:
        machine_sleep(fixture.machine, 1 + draw(100000));
        break;
    case 2:
        reboot();
        break;
    default:
        break;
    }
}

static void record_history(void)
{
    fixture.machine = machine_boot(fixture.random, BEGIN);
    start_service();
    for (int i = 0; i < SAMPLES; i++) {
        let_something_happen();
        machine_wait(fixture.machine, INTERVAL_MS);
        machine_change(fixture.machine);
        machine_sample(fixture.machine, &fixture.snapshot);
        fixture.samples[fixture.sample_count++] = (struct sample){
            .at = fixture.snapshot.taken_at, .sockets = fixture.snapshot.socket_count};
        CHECK_DONE(ledger_writer_add(fixture.writer, &fixture.snapshot, &fixture.why), fixture.why);
    }
    stop_service();
}

/* What a made-up machine has not: hashes of every other process, and modules of every third. */
enum {
    IMAGES = 7,
    MODULES = 5,
};

static void add_files(void)
{
    support_run_sql(
        path,
        "INSERT INTO text (id, text) VALUES (9000, '/lib/mod0.so'), (9001, '/lib/mod1.so'),"
        " (9002, '/lib/mod2.so'), (9003, '/lib/mod3.so'), (9004, '/lib/mod4.so');"
        "INSERT INTO image SELECT value, 9000, value, value, value, value, 1, value,"
        " unhexed, NULL, NULL, NULL, 0, 0, NULL FROM ("
        "  WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 7)"
        "  SELECT value, CAST(printf('%032d', value) AS BLOB) AS unhexed FROM n);"
        "UPDATE process SET path = (SELECT min(id) FROM text) WHERE id % 2 = 0 AND path IS NULL;"
        "UPDATE process SET image = 1 + id % 7 WHERE id % 2 = 0;"
        "INSERT INTO module SELECT NULL, id, 9000 + id % 5, 4096, 4096, 0, NULL, first_stretch,"
        " first_seen_at, NULL, NULL FROM process WHERE id % 3 = 0");
    support_run_sql(path, "UPDATE user SET name = 'DOMAIN\\Alice' WHERE sid = '1000'");
}

static bool keep(void *context, const struct ledger_interval *interval)
{
    struct kept *kept = &fixture.all[fixture.all_count];

    (void)context;
    ck_assert_uint_lt(fixture.all_count, MANY);
    fixture.all_count++;
    kept->interval = *interval;
    if (interval->owner != NULL) {
        process_instance_hold(interval->owner);
    }
    snprintf(kept->service, sizeof(kept->service), "%s",
             interval->service == NULL ? "" : interval->service);
    return true;
}

static void read_all(void)
{
    struct ledger_filter filter = {0};

    CHECK_DONE(ledger_open(&fixture.ledger, path, LEDGER_READ, &fixture.why), fixture.why);
    CHECK_DONE(ledger_walk_intervals(fixture.ledger, &filter, keep, NULL, &fixture.why),
               fixture.why);
    ck_assert_uint_gt(fixture.all_count, 500);
}

static bool in_prefix(const struct address_prefix *prefix, const struct socket_endpoint *end)
{
    const uint8_t *bytes = end->address;
    size_t size = end->address_size;

    if (prefix->address_size == 0) {
        return true;
    }
    if (size != prefix->address_size ||
        (prefix->scope_id != 0 && prefix->scope_id != end->scope_id)) {
        return false; /* a made-up machine has no mapped addresses */
    }
    for (int bit = 0; bit < prefix->bits; bit++) {
        int shift = 7 - bit % 8;

        if ((bytes[bit / 8] >> shift & 1) != (prefix->address[bit / 8] >> shift & 1)) {
            return false;
        }
    }
    return true;
}

static bool socket_fits(const struct ledger_filter *filter, const struct socket_row *row)
{
    int remote = row->remote.address_size == 0 ? -1 : row->remote.port;

    return (filter->local_port == 0 || filter->local_port == row->local.port) &&
           (filter->remote_port == 0 || filter->remote_port == remote) &&
           (filter->port == 0 || filter->port == row->local.port || filter->port == remote) &&
           in_prefix(&filter->local_address, &row->local) &&
           in_prefix(&filter->remote_address, &row->remote) &&
           (in_prefix(&filter->address, &row->local) ||
            in_prefix(&filter->address, &row->remote)) &&
           (filter->protocol == 0 || filter->protocol == row->protocol) &&
           (filter->state == 0 || filter->state == row->state) &&
           (!filter->has_pid || filter->pid == row->pid);
}

static bool user_fits(const char *user, const struct process_instance *owner)
{
    if (owner->user == NULL) {
        return false;
    }
    if (text_equal_fold(user, "alice") || text_equal_fold(user, "domain\\alice")) {
        return strcmp(owner->user->id, "1000") == 0;
    }
    return text_equal_fold(owner->user->id, user);
}

static bool files_fit(const struct ledger_filter *filter, int64_t owner)
{
    char name[32];

    snprintf(name, sizeof(name), "/lib/mod%d.so", (int)(owner % MODULES));
    return (filter->module == NULL || (owner % 3 == 0 && pattern_matches(filter->module, name))) &&
           (filter->image == NULL ||
            (owner % 2 == 0 && filter->image[IMAGE_HASH_SIZE - 1] == '1' + owner % IMAGES));
}

static bool owner_fits(const struct ledger_filter *filter, const struct ledger_interval *interval)
{
    const struct process_instance *owner = interval->owner;

    if (owner == NULL) {
        return filter->process == NULL && filter->path == NULL && filter->user == NULL &&
               filter->module == NULL && filter->image == NULL && filter->process_id == 0 &&
               filter->started_since == 0 && filter->started_before == 0;
    }
    return (filter->process == NULL || text_equal_fold(owner->name, filter->process)) &&
           (filter->path == NULL ||
            (owner->path != NULL && pattern_matches(filter->path, owner->path))) &&
           (filter->user == NULL || user_fits(filter->user, owner)) &&
           (filter->process_id == 0 || filter->process_id == interval->owner_id) &&
           owner->started_at >= filter->started_since &&
           (filter->started_before == 0 || owner->started_at < filter->started_before) &&
           files_fit(filter, interval->owner_id);
}

static bool service_fits(const char *service, const char *name)
{
    return service == NULL || text_equal_fold(service, name) ||
           (strcmp(name, "BFE, mpssvc") == 0 &&
            (text_equal_fold(service, "BFE") || text_equal_fold(service, "mpssvc")));
}

static bool time_fits(const struct ledger_filter *filter, const struct ledger_interval *interval)
{
    return (filter->until == 0 || interval->opened_at <= filter->until) &&
           (interval->closed_at > filter->since || interval->opened_at >= filter->since ||
            (interval->ending != LEDGER_CLOSED && interval->closed_at >= filter->since));
}

static bool fits(const struct ledger_filter *filter, const struct kept *kept)
{
    return kept->interval.id > filter->after_id && time_fits(filter, &kept->interval) &&
           socket_fits(filter, &kept->interval.socket) && owner_fits(filter, &kept->interval) &&
           service_fits(filter->service, kept->service);
}

/* One interval of the history, so that what is asked for is there. */
static const struct kept *draw_kept(void)
{
    return &fixture.all[draw((uint32_t)fixture.all_count)];
}

static struct address_prefix draw_prefix(const struct socket_endpoint *end)
{
    struct address_prefix prefix = {
        .address_size = end->address_size,
        .bits = (uint8_t)draw(end->address_size * 8U + 1U),
    };

    if (draw(2) == 0) {
        prefix.bits = (uint8_t)(end->address_size * 8);
    }
    prefix.scope_id = draw(2) == 0 ? end->scope_id : 0;
    for (int bit = 0; bit < prefix.bits; bit++) {
        prefix.address[bit / 8] |= (uint8_t)(end->address[bit / 8] & (0x80 >> bit % 8));
    }
    return prefix;
}

static uint8_t hash[IMAGE_HASH_SIZE];

static const uint8_t *draw_hash(void)
{
    memset(hash, '0', sizeof(hash));
    hash[sizeof(hash) - 1] = (uint8_t)('1' + draw(IMAGES + 1));
    return hash;
}

static void ask_owner(struct ledger_filter *filter, const struct ledger_interval *interval,
                      uint32_t kind)
{
    static const char *const names[] = {"chrome.exe", "SVCHOST.exe", "nc", "", "none"};
    static const char *const paths[] = {"/OPT/*", "/opt/3", "*learned", "*/b*x", "*", "?"};
    static const char *const users[] = {"s-1-5-18", "Alice", "domain\\ALICE", "65534", "bob"};
    static const char *const modules[] = {"/lib/mod1.so", "*mod[0", "*/MOD?.so", "*2.so"};
    int64_t started_at = interval->owner == NULL ? 0 : interval->owner->started_at;

    switch (kind) {
    case 0:
        filter->process = names[draw(COUNT_OF(names))];
        break;
    case 1:
        filter->path = paths[draw(COUNT_OF(paths))];
        break;
    case 2:
        filter->user = users[draw(COUNT_OF(users))];
        break;
    case 3:
        filter->module = modules[draw(COUNT_OF(modules))];
        break;
    case 4:
        filter->image = draw_hash();
        break;
    case 5:
        filter->process_id = interval->owner_id;
        break;
    default:
        filter->started_since = started_at;
        filter->started_before = draw(2) == 0 ? 0 : started_at + 1;
        break;
    }
}

static void ask_socket(struct ledger_filter *filter, const struct ledger_interval *interval,
                       uint32_t kind)
{
    const struct socket_row *row = &interval->socket;

    switch (kind) {
    case 0:
        filter->port = row->local.port;
        break;
    case 1:
        filter->local_port = row->local.port;
        break;
    case 2:
        filter->remote_port = row->remote.port;
        break;
    case 3:
        filter->address = draw_prefix(draw(2) == 0 ? &row->local : &row->remote);
        break;
    case 4:
        filter->local_address = draw_prefix(&row->local);
        break;
    case 5:
        filter->remote_address = draw_prefix(&row->remote);
        break;
    default:
        filter->has_pid = true;
        filter->pid = row->pid;
        break;
    }
}

static struct ledger_filter draw_filter(void)
{
    static const char *const services[] = {"dnscache", "MPSSVC", "BFE", "BFE, mpssvc", "ssh"};
    const struct ledger_interval *interval = &draw_kept()->interval;
    struct ledger_filter filter = {0};

    for (uint32_t i = draw(3); i > 0; i--) {
        ask_owner(&filter, interval, draw(KINDS));
    }
    for (uint32_t i = draw(2); i > 0; i--) {
        ask_socket(&filter, interval, draw(KINDS));
    }
    filter.service = draw(4) == 0 ? services[draw(COUNT_OF(services))] : NULL;
    filter.protocol = draw(4) == 0 ? interval->socket.protocol : 0;
    filter.state = draw(6) == 0 ? interval->socket.state : 0;
    filter.since = draw(2) == 0 ? 0 : draw_kept()->interval.opened_at;
    filter.until = draw(2) == 0 ? 0 : filter.since + (filter.since == 0 ? BEGIN : 0) + draw(200000);
    filter.after_id = draw(4) == 0 ? draw_kept()->interval.id : 0;
    return filter;
}

static bool gather_id(void *context, const struct ledger_interval *interval)
{
    (void)context;
    ck_assert_uint_lt(fixture.id_count, MANY);
    fixture.ids[fixture.id_count++] = interval->id;
    return true;
}

static size_t check_filter(const struct ledger_filter *filter)
{
    size_t at = 0;

    fixture.id_count = 0;
    CHECK_DONE(ledger_walk_intervals(fixture.ledger, filter, gather_id, NULL, &fixture.why),
               fixture.why);
    for (size_t i = 0; i < fixture.all_count; i++) {
        if (fits(filter, &fixture.all[i])) {
            if (at >= fixture.id_count || fixture.ids[at] != fixture.all[i].interval.id) {
                ck_abort_msg("interval %d is missing", (int)fixture.all[i].interval.id);
            }
            at++;
        }
    }
    ck_assert_uint_eq(at, fixture.id_count);
    return at;
}

static void check_next(struct ledger_walk *walk, int64_t id)
{
    const struct ledger_interval *interval;

    if (!ledger_walk_next(walk, &interval, &fixture.why)) {
        ck_abort_msg("%s", fixture.why.text);
    }
    if ((interval == NULL ? 0 : interval->id) != id) { /* a line of Check's for each takes long */
        ck_abort_msg("not interval %d", (int)id);
    }
}

/*
 * The same from either end, one after the other, and from some place on only
 * what was opened within some times.
 */
static void check_walk(const struct ledger_filter *asked, bool backwards)
{
    struct ledger_filter filter = *asked;
    size_t narrowed_at = draw(40);
    int64_t since = draw_kept()->interval.opened_at;
    int64_t until = since + draw(100000);
    struct ledger_walk *walk;
    size_t found = 0;

    filter.backwards = backwards;
    CHECK_DONE(ledger_walk_open(&walk, fixture.ledger, &filter, &fixture.why), fixture.why);
    for (size_t i = 0; i < fixture.all_count; i++) {
        const struct kept *kept = &fixture.all[backwards ? fixture.all_count - 1 - i : i];
        int64_t opened_at = kept->interval.opened_at;

        if (!fits(asked, kept) ||
            (found >= narrowed_at && (opened_at < since || opened_at > until))) {
            continue;
        }
        if (found == narrowed_at) {
            ledger_walk_narrow(walk, since, until);
        }
        check_next(walk, kept->interval.id);
        found++;
    }
    if (found <=
        narrowed_at) { /* it was not narrowed yet, and there is nothing left in the times */
        ledger_walk_narrow(walk, since, until);
    }
    check_next(walk, 0);
    ck_assert(!ledger_walk_pauses(walk));
    ledger_walk_close(walk);
}

START_TEST(all_that_is_asked_holds_together)
{
    size_t found = 0;
    size_t answered = 0;

    fixture.random = (uint64_t)_i * 31 + 7;
    record_history();
    add_files();
    read_all();
    for (int i = 0; i < FILTERS; i++) {
        struct ledger_filter filter = draw_filter();
        size_t count = check_filter(&filter);

        if (i % 3 == 0) { /* under Wine each walk takes its time */
            check_walk(&filter, i % 2 == 0);
        }
        found += count;
        answered += count > 0 ? 1 : 0;
    }
    ck_assert_uint_gt(answered, FILTERS / 3); /* they asked for something that is there */
    ck_assert_uint_gt(found, 5000);
}
END_TEST

/* The same, each alone: none is hidden behind another. */
START_TEST(each_filter_alone_finds_what_it_should)
{
    size_t found[2][KINDS] = {{0}};

    fixture.random = (uint64_t)_i * 17 + 3;
    record_history();
    add_files();
    read_all();
    for (uint32_t i = 0; i < FILTERS; i++) {
        struct ledger_filter filter = {0};
        uint32_t kind = i / 2 % KINDS;

        if (i % 2 == 0) {
            ask_owner(&filter, &draw_kept()->interval, kind);
        } else {
            ask_socket(&filter, &draw_kept()->interval, kind);
        }
        found[i % 2][kind] += check_filter(&filter);
        if (i / (2 * KINDS) % 3 == 0) {
            check_walk(&filter, draw(2) == 0);
        }
    }
    for (int i = 0; i < KINDS; i++) {
        ck_assert_uint_gt(found[0][i], 0);
        ck_assert_uint_gt(found[1][i], 0);
    }
}
END_TEST

/* What the model stands on: at every sample as many intervals were open as sockets were seen. */
START_TEST(the_intervals_are_what_the_samples_saw)
{
    size_t sum = 0;
    size_t expected = 0;

    fixture.random = (uint64_t)_i + 1;
    record_history();
    read_all();
    for (size_t i = 0; i < fixture.sample_count; i++) {
        expected += fixture.samples[i].sockets;
    }
    for (size_t i = 0; i < fixture.all_count; i++) {
        const struct ledger_interval *interval = &fixture.all[i].interval;
        bool half_open = interval->ending == LEDGER_CLOSED;
        int64_t length = interval->closed_at - interval->opened_at;

        sum += (size_t)(length / INTERVAL_MS) + (half_open ? 0 : 1);
    }
    ck_assert_uint_eq(sum, expected);
}
END_TEST

static void add_peer(const char *address, uint16_t port)
{
    struct socket_row row = {
        .protocol = SOCKET_TCP,
        .state = SOCKET_ESTABLISHED,
        .local = {.address_size = 4, .port = port},
        .remote = {.port = 443},
        .owner = SOCKET_NO_OWNER,
    };

    CHECK_DONE(socket_endpoint_parse_address(address, &row.remote, &fixture.why), fixture.why);
    CHECK_DONE(snapshot_add_socket(&fixture.snapshot, &row, &fixture.why), fixture.why);
}

/* `crowd` more peers in 10.9.0.0/16: from some thousands on they are looked for in another way. */
static void record_peers(uint32_t crowd)
{
    fixture.machine = machine_boot(1, BEGIN);
    start_service();
    made_up_begin(&fixture.snapshot, BEGIN);
    add_peer("10.1.2.3", 1);
    add_peer("::ffff:10.1.2.3", 2);
    add_peer("a01:203::", 3); /* begins with the same bytes */
    add_peer("fe80::1%2", 4);
    add_peer("fe80::1%3", 5);
    for (uint32_t i = 0; i < crowd; i++) {
        char address[32];

        snprintf(address, sizeof(address), "10.9.%u.%u", i / 256, i % 256);
        add_peer(address, 6);
    }
    CHECK_DONE(ledger_writer_add(fixture.writer, &fixture.snapshot, &fixture.why), fixture.why);
    stop_service();
    CHECK_DONE(ledger_open(&fixture.ledger, path, LEDGER_READ, &fixture.why), fixture.why);
}

static const struct {
    const char *prefix;
    size_t count;
    size_t in_crowd;
} peers[] = {
    {"10.1.2.3", 2, 0},      {"10.0.0.0/8", 2, 1}, {"::ffff:10.1.2.3", 2, 0}, {"a00::/8", 1, 0},
    {"a01:203::", 1, 0},     {"fe80::1", 2, 0},    {"fe80::1%3", 1, 0},       {"fe80::/10", 2, 0},
    {"::ffff:0:0/96", 2, 1}, {"0.0.0.0/0", 2, 1},  {"10.9.0.0/16", 0, 1},     {"10.1.2.4", 0, 0},
    {"::/0", 4, 0}, /* the mapped one stands in an address of IPv6 */
};

static void check_peers(uint32_t crowd)
{
    for (int i = 0; i < COUNT_OF(peers); i++) {
        struct ledger_filter filter = {0};

        CHECK_DONE(address_prefix_parse(peers[i].prefix, &filter.remote_address, &fixture.why),
                   fixture.why);
        fixture.id_count = 0;
        CHECK_DONE(ledger_walk_intervals(fixture.ledger, &filter, gather_id, NULL, &fixture.why),
                   fixture.why);
        ck_assert_msg(fixture.id_count == peers[i].count + peers[i].in_crowd * crowd, "%s: %u",
                      peers[i].prefix, (unsigned)fixture.id_count);
    }
}

START_TEST(few_peers_are_found_by_address)
{
    record_peers(10);
    check_peers(10);
}
END_TEST

START_TEST(so_are_many)
{
    record_peers(10000);
    check_peers(10000);
}
END_TEST

static Suite *ledger_filter_suite(void)
{
    Suite *suite = suite_create("ledger_filter");
    TCase *tests = tcase_create("ledger_filter");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, all_that_is_asked_holds_together, 0, HISTORIES);
    tcase_add_loop_test(tests, each_filter_alone_finds_what_it_should, 0, HISTORIES);
    tcase_add_loop_test(tests, the_intervals_are_what_the_samples_saw, 0, HISTORIES);
    tcase_add_test(tests, few_peers_are_found_by_address);
    tcase_add_test(tests, so_are_many);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(ledger_filter_suite());
}
