/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include <stdlib.h>

#include "collector/snapshot_diff.h"

enum {
    PROCESSES = 4, /* two pids, each with two starts */
    MANY_ROWS = 100000,
    ROUNDS = 60,
    MOST_ROWS = 16,
};

static struct {
    struct snapshot before;
    struct snapshot after;
    struct snapshot_diff diff;
    struct failure why;
    uint32_t random;
} fixture;

/* Process i has pid 100 + i / 2 and start i % 2. Both snapshots have all of them. */
static void add_processes(struct snapshot *snapshot)
{
    for (uint32_t i = 0; i < PROCESSES; i++) {
        struct process_instance fields = {.pid = 100 + i / 2, .start = 1 + i % 2, .name = "p"};
        const struct process_instance *process = process_instance_make(&fields);
        uint32_t index;

        ck_assert_ptr_nonnull(process);
        CHECK_DONE(snapshot_add_process(snapshot, process, &index, &fixture.why), fixture.why);
        process_instance_release(process);
    }
}

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    add_processes(&fixture.before);
    add_processes(&fixture.after);
}

static void close_fixture(void)
{
    snapshot_clear(&fixture.before);
    snapshot_clear(&fixture.after);
    snapshot_diff_clear(&fixture.diff);
}

/* What the cases tell of a row; the rest is always the same. Port 0: there is no row. */
struct brief {
    uint16_t port;
    uint8_t state;
    uint32_t owner; /* index of a process, or SOCKET_NO_OWNER */
    uint32_t pid;   /* where there is no owner */
    uint64_t socket_id;
    int64_t created_at;
};

static void add(struct snapshot *snapshot, const struct brief *brief)
{
    struct socket_row row = {
        .protocol = SOCKET_TCP,
        .local = {.address = {10, 0, 0, 1}, .address_size = 4, .port = brief->port},
        .remote = {.address = {10, 0, 0, 2}, .address_size = 4, .port = 443},
        .state = brief->state,
        .owner = brief->owner,
        .pid = brief->owner == SOCKET_NO_OWNER ? brief->pid : 100 + brief->owner / 2,
        .socket_id = brief->socket_id,
        .created_at = brief->created_at,
    };

    CHECK_DONE(snapshot_add_socket(snapshot, &row, &fixture.why), fixture.why);
}

static void compare(void)
{
    CHECK_DONE(snapshot_diff_make(&fixture.diff, &fixture.before, &fixture.after, &fixture.why),
               fixture.why);
}

/* The changes as a word: c closed, s state, o owner, + opened. */
static const char *changes(void)
{
    static char word[64];
    static const char letters[] = {[SNAPSHOT_OPENED] = '+',
                                   [SNAPSHOT_CLOSED] = 'c',
                                   [SNAPSHOT_STATE_CHANGED] = 's',
                                   [SNAPSHOT_OWNER_CHANGED] = 'o'};

    ck_assert_uint_lt(fixture.diff.count, sizeof(word));
    for (size_t i = 0; i < fixture.diff.count; i++) {
        word[i] = letters[fixture.diff.changes[i].kind];
    }
    word[fixture.diff.count] = '\0';
    return word;
}

enum {
    ESTAB = SOCKET_ESTABLISHED,
    WAIT = SOCKET_TIME_WAIT,
};

#define NO_OWNER SOCKET_NO_OWNER

/* Up to three rows on each side, and what changed between them. */
static const struct {
    const char *why;
    struct brief before[3];
    struct brief after[3];
    const char *changes;
} cases[] = {
    {"nothing is there", {{0}}, {{0}}, ""},
    {"all is opened at first", {{0}}, {{1, ESTAB, 0, 0, 0, 0}, {2, ESTAB, 0, 0, 0, 0}}, "++"},
    {"all is closed at last", {{1, ESTAB, 0, 0, 0, 0}}, {{0}}, "c"},
    {"the same", {{1, ESTAB, 0, 0, 5, 7}}, {{1, ESTAB, 0, 0, 5, 7}}, ""},
    {"the order of rows says nothing",
     {{1, ESTAB, 0, 0, 0, 0}, {2, ESTAB, 0, 0, 0, 0}},
     {{2, ESTAB, 0, 0, 0, 0}, {1, ESTAB, 0, 0, 0, 0}},
     ""},
    {"another port", {{1, ESTAB, 0, 0, 0, 0}}, {{2, ESTAB, 0, 0, 0, 0}}, "c+"},
    {"another state", {{1, ESTAB, 0, 0, 5, 7}}, {{1, WAIT, 0, 0, 5, 7}}, "s"},
    {"a state with an id that the system tells no more",
     {{1, ESTAB, 0, 0, 5, 0}},
     {{1, WAIT, 0, 0, 0, 0}},
     "s"},
    {"another pid", {{1, ESTAB, 0, 0, 0, 0}}, {{1, ESTAB, 2, 0, 0, 0}}, "o"},
    {"a reused pid is another owner", {{1, ESTAB, 0, 0, 0, 0}}, {{1, ESTAB, 1, 0, 0, 0}}, "o"},
    {"another owner in another state", {{1, ESTAB, 0, 0, 0, 0}}, {{1, WAIT, 2, 0, 0, 0}}, "o"},
    {"the pid alone is the owner where that is all one side knows",
     {{1, ESTAB, 0, 0, 0, 0}},
     {{1, ESTAB, NO_OWNER, 100, 0, 0}},
     ""},
    {"another pid is another owner, also alone",
     {{1, ESTAB, 0, 0, 0, 0}},
     {{1, ESTAB, NO_OWNER, 101, 0, 0}},
     "o"},
    {"the owner is lost", {{1, ESTAB, 0, 0, 0, 0}}, {{1, WAIT, NO_OWNER, 0, 0, 0}}, "o"},
    {"nobody stays nobody", {{1, WAIT, NO_OWNER, 0, 0, 0}}, {{1, WAIT, NO_OWNER, 0, 0, 0}}, ""},
    {"the same owner with another socket",
     {{1, ESTAB, 0, 0, 5, 0}},
     {{1, ESTAB, 0, 0, 6, 0}},
     "c+"},
    {"bound anew, the system says", {{1, ESTAB, 0, 0, 0, 7}}, {{1, ESTAB, 0, 0, 0, 8}}, "c+"},
    {"what one side does not tell does not count",
     {{1, ESTAB, 0, 0, 5, 0}},
     {{1, ESTAB, 0, 0, 0, 7}},
     ""},
    {"handed on and opened anew: the socket goes with its id",
     {{1, ESTAB, 0, 0, 5, 0}},
     {{1, ESTAB, 0, 0, 6, 0}, {1, ESTAB, 2, 0, 5, 0}},
     "o+"},
    {"opened anew, and taken over by another: the owner who stayed is no new owner",
     {{1, ESTAB, 0, 0, 5, 0}, {1, ESTAB, 1, 0, 6, 0}},
     {{1, ESTAB, 0, 0, 7, 0}, {1, ESTAB, 2, 0, 8, 0}},
     "co+"},
    {"a second holder",
     {{1, ESTAB, 0, 0, 5, 0}},
     {{1, ESTAB, 0, 0, 5, 0}, {1, ESTAB, 2, 0, 5, 0}},
     "+"},
    {"one of two that are alike",
     {{1, ESTAB, 0, 0, 0, 0}, {1, ESTAB, 0, 0, 0, 0}},
     {{1, ESTAB, 0, 0, 0, 0}},
     "c"},
    {"the better known pair comes first",
     {{1, ESTAB, 0, 0, 0, 0}, {1, ESTAB, 0, 0, 5, 0}},
     {{1, ESTAB, 0, 0, 5, 0}},
     "c"},
    {"the same state comes before another one",
     {{1, ESTAB, 0, 0, 0, 0}, {1, WAIT, 0, 0, 0, 0}},
     {{1, WAIT, 0, 0, 0, 0}},
     "c"},
    {"closed, then changed, then opened",
     {{1, ESTAB, 0, 0, 0, 0}, {2, ESTAB, 0, 0, 0, 0}, {3, ESTAB, 0, 0, 0, 0}},
     {{9, ESTAB, 0, 0, 0, 0}, {3, ESTAB, 2, 0, 0, 0}, {2, WAIT, 0, 0, 0, 0}},
     "cos+"},
};

static void add_all(struct snapshot *snapshot, const struct brief rows[3])
{
    for (int i = 0; i < 3 && rows[i].port != 0; i++) {
        add(snapshot, &rows[i]);
    }
}

START_TEST(changes_are_what_the_rules_say)
{
    add_all(&fixture.before, cases[_i].before);
    add_all(&fixture.after, cases[_i].after);
    compare();
    ck_assert_msg(strcmp(changes(), cases[_i].changes) == 0, "%s: \"%s\" instead of \"%s\"",
                  cases[_i].why, changes(), cases[_i].changes);
}
END_TEST

START_TEST(protocol_and_remote_end_tell_sockets_apart)
{
    struct brief brief = {1, ESTAB, 0, 0, 0, 0};

    add(&fixture.before, &brief);
    add(&fixture.after, &brief);
    if (_i == 0) {
        fixture.after.sockets[0].protocol = SOCKET_UDP;
    } else if (_i == 1) {
        fixture.after.sockets[0].remote.port = 444;
    } else {
        fixture.after.sockets[0].local.scope_id = 2;
    }
    compare();
    ck_assert_str_eq(changes(), "c+");
    ck_assert_uint_eq(fixture.diff.changes[0].before, 0);
    ck_assert_uint_eq(fixture.diff.changes[0].after, SNAPSHOT_NO_ROW);
    ck_assert_uint_eq(fixture.diff.changes[1].before, SNAPSHOT_NO_ROW);
    ck_assert_uint_eq(fixture.diff.changes[1].after, 0);
}
END_TEST

/* The same rules once more: slow, without classes, queues or hashes. */

struct model {
    uint32_t partner[MOST_ROWS]; /* of later rows */
    int kind[MOST_ROWS];         /* of the pair; -1: unchanged */
    bool left_before[MOST_ROWS];
    bool left_after[MOST_ROWS];
};

static uint32_t pid_of(const struct snapshot *snapshot, const struct socket_row *row)
{
    const struct process_instance *owner = snapshot_owner(snapshot, row);

    return owner == NULL ? row->pid : owner->pid;
}

/* Whether two optional values agree; where both are told, *common counts it. */
static bool agree(bool told, bool other_told, bool equal, int *common)
{
    if (!told || !other_told) {
        return true;
    }
    (*common)++;
    return equal;
}

struct model_rule {
    bool state, pid, start, socket;
    bool partners;
    int kind;
};

static const struct model_rule model_rules[] = {
    {true, true, true, true, true, -1},
    {false, true, true, true, true, SNAPSHOT_STATE_CHANGED},
    {false, false, false, true, true, SNAPSHOT_OWNER_CHANGED},
    {false, true, true, false, false, -1},
    {false, false, false, false, true, SNAPSHOT_OWNER_CHANGED},
};

/* How many optional fields the rows have in common under a rule; -1: they are no pair. */
static int affinity(const struct model_rule *rule, uint32_t before, uint32_t after)
{
    const struct socket_row *a = &fixture.before.sockets[before];
    const struct socket_row *b = &fixture.after.sockets[after];
    const struct process_instance *owner = snapshot_owner(&fixture.before, a);
    const struct process_instance *other = snapshot_owner(&fixture.after, b);
    int common = 0;

    if (a->local.port != b->local.port || (rule->state && a->state != b->state) ||
        (rule->pid && pid_of(&fixture.before, a) != pid_of(&fixture.after, b))) {
        return -1;
    }
    if (rule->start &&
        !agree(owner != NULL, other != NULL,
               owner != NULL && other != NULL && owner->start == other->start, &common)) {
        return -1;
    }
    if (rule->socket &&
        (!agree(a->socket_id != 0, b->socket_id != 0, a->socket_id == b->socket_id, &common) ||
         !agree(a->created_at != 0, b->created_at != 0, a->created_at == b->created_at, &common))) {
        return -1;
    }
    return common;
}

static void model_pass(struct model *model, const struct model_rule *rule, int common,
                       bool (*may)(uint32_t before, uint32_t after, unsigned pass), unsigned pass)
{
    for (uint32_t after = 0; after < fixture.after.socket_count; after++) {
        for (uint32_t before = 0; before < fixture.before.socket_count; before++) {
            if (model->left_after[after] && model->left_before[before] &&
                affinity(rule, before, after) == common && may(before, after, pass)) {
                model->left_after[after] = false;
                model->left_before[before] = false;
                if (rule->partners) {
                    model->partner[after] = before;
                    model->kind[after] = rule->kind;
                }
            }
        }
    }
}

/* What a row tells, in the sequence in which classes are taken. */
static unsigned told(const struct socket_row *row)
{
    return (row->owner != SOCKET_NO_OWNER ? 1U : 0U) | (row->socket_id != 0 ? 2U : 0U) |
           (row->created_at != 0 ? 4U : 0U);
}

static unsigned looked_at; /* the optional fields of the rule that is applied */

static bool of_classes(uint32_t before, uint32_t after, unsigned pass)
{
    return (told(&fixture.before.sockets[before]) & looked_at) == pass / 8 &&
           (told(&fixture.after.sockets[after]) & looked_at) == pass % 8;
}

static void make_model(struct model *model)
{
    for (size_t i = 0; i < MOST_ROWS; i++) {
        model->partner[i] = SNAPSHOT_NO_ROW;
        model->kind[i] = -1;
        model->left_before[i] = true;
        model->left_after[i] = true;
    }
    for (int rule = 0; rule < COUNT_OF(model_rules); rule++) {
        looked_at = (model_rules[rule].start ? 1U : 0U) | (model_rules[rule].socket ? 6U : 0U);
        for (int common = 3; common >= 0; common--) {
            for (unsigned pass = 0; pass < 64; pass++) {
                model_pass(model, &model_rules[rule], common, of_classes, pass);
            }
        }
    }
}

static uint32_t pick(uint32_t below)
{
    fixture.random = fixture.random * 1664525 + 1013904223;
    return (fixture.random >> 16) % below;
}

/* Rows that differ in few things, so that rules compete. */
static void add_random_rows(struct snapshot *snapshot)
{
    uint32_t count = pick(MOST_ROWS + 1);

    for (uint32_t i = 0; i < count; i++) {
        struct brief brief = {
            .port = (uint16_t)(1 + pick(3)),
            .state = pick(3) == 0 ? WAIT : ESTAB,
            .owner = pick(4) == 0 ? SOCKET_NO_OWNER : pick(PROCESSES),
            .pid = pick(2) == 0 ? 0 : 100 + pick(2),
            .socket_id = pick(3),
            .created_at = (int64_t)pick(3),
        };

        add(snapshot, &brief);
    }
}

static void check_against_model(void)
{
    struct model model;
    size_t opened = 0;
    size_t at_change = 0;

    make_model(&model);
    for (uint32_t i = 0; i < fixture.after.socket_count; i++) {
        ck_assert_uint_eq(fixture.diff.partner[i], model.partner[i]);
        opened += model.partner[i] == SNAPSHOT_NO_ROW;
    }
    while (at_change < fixture.diff.count &&
           fixture.diff.changes[at_change].kind == SNAPSHOT_CLOSED) {
        at_change++;
    }
    ck_assert_uint_eq(at_change + fixture.after.socket_count - opened, fixture.before.socket_count);
    for (uint32_t i = 0; i < fixture.after.socket_count; i++) {
        if (model.kind[i] >= 0) {
            const struct snapshot_change *change = &fixture.diff.changes[at_change++];

            ck_assert_int_eq((int)change->kind, model.kind[i]);
            ck_assert_uint_eq(change->before, model.partner[i]);
            ck_assert_uint_eq(change->after, i);
        }
    }
    ck_assert_uint_eq(at_change + opened, fixture.diff.count);
}

START_TEST(random_histories_agree_with_a_slow_model)
{
    fixture.random = (uint32_t)_i * 7919;
    for (int round = 0; round < ROUNDS; round++) {
        snapshot_clear(&fixture.after);
        add_processes(&fixture.after);
        add_random_rows(&fixture.after);
        compare();
        check_against_model();
        snapshot_swap(&fixture.before, &fixture.after);
    }
}
END_TEST

static void add_many(struct snapshot *snapshot, uint32_t from, bool alike)
{
    for (uint32_t i = from; i < from + MANY_ROWS; i++) {
        struct brief brief = {(uint16_t)(alike ? 1 : 1 + i % 60000), ESTAB, 0, 0, i + 1, 0};

        add(snapshot, &brief);
    }
}

/* Quadratic work would need hours here: ctest's limit is the assertion. */
START_TEST(a_hundred_thousand_rows_need_linear_work)
{
    bool alike = _i == 1; /* all on one port, and none of them the same as before */

    add_many(&fixture.before, 0, alike);
    add_many(&fixture.after, alike ? MANY_ROWS : 10, alike);
    compare();
    ck_assert_uint_eq(fixture.diff.count, alike ? 2 * MANY_ROWS : 20);
    ck_assert_int_eq((int)fixture.diff.changes[0].kind, SNAPSHOT_CLOSED);
}
END_TEST

START_TEST(a_diff_can_be_made_again_and_cleared_twice)
{
    struct brief brief = {1, ESTAB, 0, 0, 0, 0};

    compare();
    ck_assert_uint_eq(fixture.diff.count, 0);
    for (int i = 0; i < 1000; i++) {
        add(&fixture.after, &brief);
    }
    compare();
    ck_assert_uint_eq(fixture.diff.count, 1000);
    snapshot_diff_clear(&fixture.diff);
    snapshot_diff_clear(&fixture.diff);
    compare();
    ck_assert_uint_eq(fixture.diff.count, 1000);
}
END_TEST

START_TEST(every_kind_of_change_has_a_name)
{
    ck_assert_str_eq(snapshot_change_name(SNAPSHOT_OPENED), "opened");
    ck_assert_str_eq(snapshot_change_name(SNAPSHOT_CLOSED), "closed");
    ck_assert_str_eq(snapshot_change_name(SNAPSHOT_STATE_CHANGED), "state");
    ck_assert_str_eq(snapshot_change_name(SNAPSHOT_OWNER_CHANGED), "owner");
}
END_TEST

static Suite *snapshot_diff_suite(void)
{
    Suite *suite = suite_create("snapshot_diff");
    TCase *tests = tcase_create("snapshot_diff");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, changes_are_what_the_rules_say, 0, COUNT_OF(cases));
    tcase_add_loop_test(tests, protocol_and_remote_end_tell_sockets_apart, 0, 3);
    tcase_add_loop_test(tests, random_histories_agree_with_a_slow_model, 0, 10);
    tcase_add_loop_test(tests, a_hundred_thousand_rows_need_linear_work, 0, 2);
    tcase_add_test(tests, a_diff_can_be_made_again_and_cleared_twice);
    tcase_add_test(tests, every_kind_of_change_has_a_name);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(snapshot_diff_suite());
}
