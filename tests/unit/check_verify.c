/* SPDX-License-Identifier: MIT */

/*
 * A ledger with something of every kind in it is edited in every way, by
 * somebody who knows nothing of seals, by one who makes all of them anew, and by
 * one who also has the present key: verification finds the first place.
 */

#include <stdio.h>
#include <stdlib.h>

#include "base/clock_fake.h"
#include "store/database.h"
#include "store/ledger.h"
#include "store/ledger_handle.h"
#include "store/ledger_writer.h"
#include "store/retention.h"
#include "store/seal_facts.h"
#include "store/seal_find.h"
#include "store/seal_key.h"
#include "store/seal_leaves.h"
#include "store/verify.h"
#include "tests/support.h"
#include "tests/unit/made_up.h"

#define MINUTE 60000
#define DAY INT64_C(86400000)

enum { STEP_MS = 10000, MOST_SEALS = 64, MOST_ENDS = 4096 };

static const char base[] = "check_verify_base.db";
static const char path[] = "check_verify.db";
static const char key_path[] = "check_verify.db.key";

static struct {
    struct ledger *ledger;
    struct ledger_writer *writer;
    struct retention *retention;
    struct snapshot snapshot;
    struct seal_key first_key; /* as it was shown */
    char ledger_id[SEAL_LEDGER_ID + 1];
    int ticks;
    bool lasting; /* one more connection, of six minutes each */
    struct failure why;
} fixture;

static struct seal_key base_key;

static struct verify_result result;

/*
 * Making a history
 */

static void start(const char *file)
{
    struct ledger_run run = {.program = "check_verify",
                             .boot = {.id = "a boot"},
                             .interval = STEP_MS,
                             .started_at = clock_now(),
                             .settings = "collector.interval: 10s"};
    struct sealer_state state;

    CHECK_DONE(ledger_open(&fixture.ledger, file, LEDGER_WRITE, &fixture.why), fixture.why);
    CHECK_DONE(ledger_writer_open(&fixture.writer, fixture.ledger, &run, &fixture.why),
               fixture.why);
    ledger_writer_look_at_seals(fixture.writer, &state);
    if (state.key_line != NULL && state.key == SEALER_KEY_FIRST) {
        ck_assert(seal_key_parse_line(state.key_line, &fixture.first_key, fixture.ledger_id));
    }
}

static void stop(void)
{
    struct ledger_writer *writer = fixture.writer;

    retention_close(fixture.retention);
    fixture.retention = NULL;
    fixture.writer = NULL;
    CHECK_DONE(ledger_writer_close(writer, LEDGER_GAP_STOPPED, &fixture.why), fixture.why);
    ledger_close(fixture.ledger);
    fixture.ledger = NULL;
}

static void copy_file(const char *from, const char *to)
{
    size_t size;
    char *bytes = support_read_file(from, &size);

    support_write_file(to, bytes, size);
    free(bytes);
}

/* What a crash leaves: the files as they are while a service writes them. */
static void crash(void)
{
    copy_file(path, "check_verify_left.db");
    copy_file("check_verify.db-wal", "check_verify_left.db-wal");
    copy_file(key_path, "check_verify_left.db.key");
    stop();
    copy_file("check_verify_left.db", path);
    copy_file("check_verify_left.db-wal", "check_verify.db-wal");
    copy_file("check_verify_left.db.key", key_path);
    support_remove_database("check_verify_left.db");
}

/* A sample in ten seconds: a service and short connections to it, a client that comes and goes. */
static void sample(void)
{
    int n = fixture.ticks++;
    uint32_t owner;

    made_up_begin(&fixture.snapshot, clock_now());
    owner = made_up_process(&fixture.snapshot, 10, 1, "server", "/bin/server");
    made_up_listener(&fixture.snapshot, 80, owner);
    made_up_connection(&fixture.snapshot, 80, (uint16_t)(50000 + n / 2), SOCKET_ESTABLISHED, owner);
    made_up_connection(&fixture.snapshot, 80, (uint16_t)(40000 + n / 11), SOCKET_ESTABLISHED,
                       owner);
    if (fixture.lasting) {
        made_up_connection(&fixture.snapshot, 80, (uint16_t)(30000 + n / 36), SOCKET_ESTABLISHED,
                           owner);
    }
    if (n / 9 % 2 == 0) {
        owner = made_up_process(&fixture.snapshot, 11, 2 + (uint64_t)n / 9, "client",
                                n % 9 > 6 ? "/bin/client" : NULL);
        made_up_connection(&fixture.snapshot, 3000, 443, SOCKET_ESTABLISHED, owner);
    }
    CHECK_DONE(ledger_writer_add(fixture.writer, &fixture.snapshot, &fixture.why), fixture.why);
}

static void tick(void)
{
    sample();
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
    clock_fake_run(STEP_MS);
}

static void run_minutes(int minutes)
{
    for (int i = 0; i < minutes * 6; i++) {
        tick();
    }
}

/* What the made-up samples have not. It is sealed with all that is recorded. */
static const char others[] =
    "INSERT INTO text (id, text) VALUES (100, '/lib/one.so'), (101, '1.0'), (102, 'web');"
    "INSERT INTO user VALUES (1, '1000', 'alice'), (2, '1001', NULL);"
    "INSERT INTO service VALUES (1, 102, 4), (2, 102, 5);"
    "INSERT INTO image VALUES (1, 100, 1, 2, 3, 4, 1, 5, x'00112233', 101, NULL, NULL, 2, 0,"
    " NULL), (2, 100, 1, 2, 3, 9, 6, 5, NULL, NULL, NULL, NULL, NULL, NULL, NULL);"
    "INSERT INTO module VALUES (1, 1, 100, 4096, 8192, 0, 1, 1, 1800000000000, NULL, NULL),"
    " (2, 1, 100, 65536, 8192, 0, NULL, 1, 1800000000000, 1, 1800000030000);"
    "INSERT INTO profile VALUES (1, 20000, 100, 1, 6, 1, 80, x'0a000001', 1, 5, 6, 6, 7, 8, 1),"
    " (2, 20000, 100, 1, 6, 1, 81, NULL, 0, 5, 6, 6, 7, 8, 1);"
    "INSERT INTO job VALUES (1, 'dcs'), (2, 'web');"
    "INSERT INTO pair VALUES (1, 1, 'dc1', 389, 6), (2, 1, 'dc2', 389, 6);"
    "INSERT INTO job_run VALUES (1, 1, 5, NULL, 1, 1, 0, 6, 7, 2, 0, 0, NULL),"
    " (2, 1, 8, 9, 2, 2, 2, NULL, NULL, 0, 0, 0, 'slept');"
    "INSERT INTO outcome VALUES (1, 1, 6, NULL, 1, 1, NULL, 0, x'0a000001', 'ldap', NULL),"
    " (2, 2, 6, 5, 3, 4, 781, 1, x'0a000002', 'ldap', 'x');"
    "INSERT INTO answer VALUES (1, 1, 6, 'a=1'), (2, 2, 6, 'a=2');"
    "INSERT INTO timing VALUES (1, 1, 0, x'0101'), (2, 2, 0, x'0102');"
    "INSERT INTO figure VALUES (1, 1, 0, 1, 5, 4, 0, 4, 0, 10, 11, 12, 13),"
    " (2, 1, 0, 24, 5, 4, 0, 4, 0, NULL, NULL, NULL, NULL);"
    "UPDATE interval SET service = 1, age = 10 WHERE id = 1;";

static void make_base(void)
{
    memset(&fixture, 0, sizeof(fixture));
    clock_fake_reset();
    clock_fake_set(1800000000000);
    support_remove_database(base);
    start(base);
    tick();
    support_run_sql(base, others);
    run_minutes(4);
    stop();
    clock_fake_run(DAY / 24);
    start(base);
    run_minutes(3);
    stop();
    base_key = fixture.first_key;
    snapshot_clear(&fixture.snapshot);
}

static void remove_files(void)
{
    support_remove_database(path);
    remove("check_verify.db-lock");
}

static void remove_base(void)
{
    support_remove_database(base);
    remove("check_verify_base.db-lock");
}

static void copy_base(void)
{
    fixture.first_key = base_key; /* also after a test that began another chain */
    remove_files();
    copy_file(base, path);
    copy_file("check_verify_base.db.key", key_path);
}

static void close_fixture(void)
{
    retention_close(fixture.retention);
    fixture.retention = NULL;
    if (fixture.writer != NULL &&
        !ledger_writer_close(fixture.writer, LEDGER_GAP_STOPPED, &fixture.why)) {
        puts(fixture.why.text);
    }
    fixture.writer = NULL;
    ledger_close(fixture.ledger);
    fixture.ledger = NULL;
    snapshot_clear(&fixture.snapshot);
    remove_files();
}

/*
 * Asking
 */

static enum verify_status verify_by(const struct verify_plan *plan)
{
    struct ledger *ledger;

    CHECK_DONE(ledger_open(&ledger, path, LEDGER_READ, &fixture.why), fixture.why);
    CHECK_DONE(ledger_verify(&result, ledger, plan, &fixture.why), fixture.why);
    ledger_close(ledger);
    return result.status;
}

static enum verify_status verify(void)
{
    struct verify_plan plan = {0};

    return verify_by(&plan);
}

static enum verify_status verify_keyed(void)
{
    struct verify_plan plan = {.keys = &fixture.first_key, .key_count = 1};

    return verify_by(&plan);
}

static enum verify_status verify_since(int64_t since)
{
    struct verify_plan plan = {.keys = &fixture.first_key, .key_count = 1, .since = since};

    return verify_by(&plan);
}

static struct verify_anchor newest_anchor(void)
{
    struct verify_anchor anchor;

    verify();
    anchor.number = result.newest;
    memcpy(anchor.head, result.head, sizeof(anchor.head));
    return anchor;
}

static enum verify_status verify_anchored(const struct verify_anchor *anchor)
{
    struct verify_plan plan = {.anchors = anchor, .anchor_count = 1};

    return verify_by(&plan);
}

static long long number(const char *sql)
{
    return support_query_number(path, sql);
}

/*
 * Somebody who makes the seals anew: the same facts as the sealer finds, roots
 * and heads; macs with the key where he has it, else as they were.
 */

struct ends {
    struct seal_fact facts[MOST_ENDS];
    size_t count;
};

static struct {
    sqlite3 *db;
    struct seal_reader *reader;
    struct seal seals[MOST_SEALS];
    size_t count;
    struct seal_leaves leaves;
    const struct seal *by;
    struct ends ends;
} forger;

static void forge_leaf(enum seal_kind kind, int64_t key, const uint8_t digest[SHA256_SIZE])
{
    struct seal_leaf leaf = {.first = key, .leaves = 1};

    memcpy(leaf.digest, digest, SHA256_SIZE);
    CHECK_DONE(seal_leaves_add(&forger.leaves, kind, &leaf, &fixture.why), fixture.why);
}

static bool forge_fact(void *context, const struct seal_fact *fact, struct failure *why)
{
    (void)context;
    (void)why;
    if (fact->told) {
        forge_leaf(fact->kind, fact->key, fact->digest);
    }
    if (fact->ended && seal_covers(forger.by, &fact->end)) {
        forge_leaf(fact->end_kind, fact->key, fact->end_digest);
    } else if (fact->ended) {
        ck_assert_uint_lt(forger.ends.count, MOST_ENDS);
        forger.ends.facts[forger.ends.count++] = *fact;
    }
    return true;
}

static void forge_ends(void)
{
    for (size_t i = 0; i < forger.ends.count; i++) {
        struct seal_fact *fact = &forger.ends.facts[i];

        if (fact->ended && seal_covers(forger.by, &fact->end)) {
            forge_leaf(fact->end_kind, fact->key, fact->end_digest);
            fact->ended = false;
        }
    }
}

static void read_seals(void)
{
    sqlite3_stmt *all;

    CHECK_DONE(database_prepare(forger.db, "SELECT " SEAL_COLUMNS " FROM seal ORDER BY number",
                                &all, &fixture.why),
               fixture.why);
    for (forger.count = 0; sqlite3_step(all) == SQLITE_ROW; forger.count++) {
        ck_assert_uint_lt(forger.count, MOST_SEALS);
        seal_take(all, &forger.seals[forger.count]);
    }
    sqlite3_finalize(all);
}

/* What retention has left nothing of, or less than all, has the root that it had. */
static bool is_dropped(const struct seal *seal)
{
    char sql[80];

    snprintf(sql, sizeof(sql), "SELECT count(*) FROM stub WHERE seal = %lld",
             (long long)seal->number);
    return seal->emptied || number(sql) > 0;
}

static void forge_root(size_t i)
{
    struct seal *seal = &forger.seals[i];
    const struct seal *before = &forger.seals[i - 1];

    seal_leaves_reset(&forger.leaves);
    forger.by = seal;
    forge_ends();
    for (int k = 0; k < SEAL_RANGES; k++) {
        enum seal_kind kind = seal_ranges[k];

        CHECK_DONE(seal_reader_walk(forger.reader, kind, before->next[kind], seal->next[kind], seal,
                                    forge_fact, NULL, &fixture.why),
                   fixture.why);
    }
    CHECK_DONE(seal_reader_walk_changed(forger.reader, before->number, seal->number, forge_fact,
                                        NULL, &fixture.why),
               fixture.why);
    if (is_dropped(seal)) {
        return;
    }
    CHECK_DONE(seal_leaves_root(&forger.leaves, seal_reader_sha256(forger.reader), seal->root,
                                &seal->leaves, &fixture.why),
               fixture.why);
}

static void store_forged(const struct seal *seal, const uint8_t head[SHA256_SIZE])
{
    sqlite3_stmt *set;
    sqlite3_stmt *set_head;

    CHECK_DONE(database_prepare(forger.db,
                                "UPDATE seal SET root = :root, mac = :mac, leaves = :leaves"
                                " WHERE number = :number",
                                &set, &fixture.why),
               fixture.why);
    database_bind(set, ":number", seal->number);
    database_bind(set, ":leaves", seal->leaves);
    database_bind_bytes(set, ":root", seal->root, SHA256_SIZE);
    database_bind_bytes(set, ":mac", seal->mac, SHA256_SIZE);
    CHECK_DONE(database_finish(forger.db, set, "forging", &fixture.why), fixture.why);
    sqlite3_finalize(set);
    CHECK_DONE(database_prepare(forger.db, "UPDATE meta SET value = :head WHERE name = 'seal_head'",
                                &set_head, &fixture.why),
               fixture.why);
    database_bind_bytes(set_head, ":head", head, SHA256_SIZE);
    CHECK_DONE(database_finish(forger.db, set_head, "forging", &fixture.why), fixture.why);
    sqlite3_finalize(set_head);
}

/* `key` NULL: he has none. The best he can do with it is to use it for all seals. */
static void forge(const struct seal_key *key)
{
    uint8_t head[SHA256_SIZE];
    struct sha256 *sha256;

    memset(&forger, 0, sizeof(forger));
    CHECK_DONE(database_open(&forger.db, path, DATABASE_WRITE, &fixture.why), fixture.why);
    CHECK_DONE(seal_reader_open(&forger.reader, forger.db, &fixture.why), fixture.why);
    sha256 = seal_reader_sha256(forger.reader);
    CHECK_DONE(database_run(forger.db, "BEGIN", &fixture.why), fixture.why);
    read_seals();
    CHECK_DONE(seal_begin_head(head, sha256, fixture.ledger_id,
                               number("SELECT value FROM meta WHERE name = 'created_at'"),
                               &fixture.why),
               fixture.why);
    for (size_t i = 0; i < forger.count; i++) {
        struct seal *seal = &forger.seals[i];

        if (i > 0) {
            forge_root(i);
        }
        CHECK_DONE(seal_move_head(head, sha256, seal, &fixture.why), fixture.why);
        if (key != NULL) {
            CHECK_DONE(hmac_sha256(seal->mac, sha256, key->bytes, head, SHA256_SIZE, &fixture.why),
                       fixture.why);
        }
        store_forged(seal, head);
    }
    CHECK_DONE(database_run(forger.db, "COMMIT", &fixture.why), fixture.why);
    seal_leaves_clear(&forger.leaves);
    seal_reader_close(forger.reader);
    database_close(forger.db);
}

static struct seal_key present_key(void)
{
    struct seal_key key;
    bool found;

    CHECK_DONE(seal_key_read(&key, key_path, fixture.ledger_id, &found, &fixture.why), fixture.why);
    ck_assert(found);
    return key;
}

/*
 * Edits
 */

#define SEAL_OF(next, id) "SELECT min(number) FROM seal WHERE " next " > (" id ")"
#define SEAL_AT(at) "SELECT min(number) FROM seal WHERE until_at >= (" at ")"
#define INTERVAL(sql, id)                                                                          \
    {                                                                                              \
        sql " WHERE id = (" id ")", SEAL_OF("next_interval", id)                                   \
    }

/* One that was closed by the seal it is in, one that was closed by a later one, one that is open.
 */
#define SHORT "SELECT min(id) FROM interval WHERE remote_port >= 50001"
#define LONG "SELECT min(id) FROM interval WHERE remote_port = 40000"
#define OPEN "SELECT min(id) FROM interval WHERE lasted < 0"
#define END_OF_LONG "SELECT opened_at + lasted FROM interval WHERE id = (" LONG ")"
#define CLIENT "SELECT min(id) FROM process WHERE pid = 11"

static const struct {
    const char *sql;
    const char *seal; /* the first one that does not hold: asked before the edit */
} edits[] = {
    INTERVAL("UPDATE interval SET opened_at = opened_at + 1", SHORT),
    INTERVAL("UPDATE interval SET lasted = lasted + 1", SHORT),
    INTERVAL("UPDATE interval SET lasted = -8388608", SHORT),
    INTERVAL("UPDATE interval SET kind = kind + 1", SHORT),
    INTERVAL("UPDATE interval SET local_address = x'0a000001'", SHORT),
    INTERVAL("UPDATE interval SET local_port = 81", SHORT),
    INTERVAL("UPDATE interval SET remote_address = NULL", SHORT),
    INTERVAL("UPDATE interval SET remote_port = remote_port + 1", SHORT),
    INTERVAL("UPDATE interval SET process = 2", SHORT),
    INTERVAL("UPDATE interval SET process = NULL, pid = 10", SHORT),
    INTERVAL("UPDATE interval SET age = 11", "1"),
    INTERVAL("UPDATE interval SET service = 2", "1"),
    INTERVAL("UPDATE interval SET lasted = 5", OPEN),
    INTERVAL("UPDATE interval SET lasted = 5", LONG),
    INTERVAL("DELETE FROM interval", SHORT),
    INTERVAL("DELETE FROM interval", OPEN),
    INTERVAL("UPDATE interval SET id = 0", SHORT),
    {"UPDATE interval SET lasted = lasted + 1 WHERE id = (" LONG ")", SEAL_AT(END_OF_LONG)},
    {"UPDATE interval SET lasted = -8388608 WHERE id = (" LONG ")", SEAL_AT(END_OF_LONG)},
    /* Two rows change places. */
    {"UPDATE interval SET id = -7 WHERE id = 2; UPDATE interval SET id = 2 WHERE id = 3;"
     "UPDATE interval SET id = 3 WHERE id = -7",
     "SELECT 1"},
    {"INSERT INTO interval SELECT -1, opened_at, lasted, kind, local_address, local_port,"
     " remote_address, remote_port, process, pid, age, service FROM interval WHERE id = 1",
     "SELECT max(number) FROM seal"},

    {"UPDATE process SET pid = 12 WHERE id = 1", "SELECT 1"},
    {"UPDATE process SET start = 7 WHERE id = 1", "SELECT 1"},
    {"UPDATE process SET path = NULL WHERE id = 1", "SELECT 1"},
    {"UPDATE process SET name = path WHERE id = 1", "SELECT 1"},
    {"UPDATE process SET command_line = 'x' WHERE id = 1", "SELECT 1"},
    {"UPDATE process SET user = 1 WHERE id = 1", "SELECT 1"},
    {"UPDATE process SET image = 1 WHERE id = 1", "SELECT 1"},
    {"UPDATE process SET first_seen_at = 7 WHERE id = 1", "SELECT 1"},
    {"DELETE FROM process WHERE id = 2", "SELECT 1"},
    {"UPDATE process SET gone_at = gone_at + 1 WHERE id = (" CLIENT ")",
     SEAL_AT("SELECT gone_at FROM process WHERE id = (" CLIENT ")")},
    {"UPDATE process SET gone_at = NULL, last_stretch = NULL WHERE id = (" CLIENT ")",
     SEAL_AT("SELECT gone_at FROM process WHERE id = (" CLIENT ")")},
    /* Derived, and what is asked is found by it. */
    {"UPDATE process SET span = NULL WHERE id = 1", "SELECT max(number) FROM seal"},
    {"UPDATE process SET span = 8388607 WHERE id = (" CLIENT ")", "SELECT max(number) FROM seal"},
    {"UPDATE text SET text = 'serve' WHERE id = (SELECT name FROM process WHERE id = 1)",
     "SELECT 1"},
    /* What the path was learned for after it was sealed. */
    {"UPDATE process SET path = NULL WHERE id = (" CLIENT ")",
     "SELECT min(number) FROM seal WHERE number >="
     " (SELECT seal FROM changed WHERE kind = 3 AND row = (" CLIENT "))"},
    {"DELETE FROM changed WHERE kind = 3", SEAL_OF("next_process", CLIENT)},
    {"UPDATE changed SET was = zeroblob(32) WHERE kind = 3", SEAL_OF("next_process", CLIENT)},

    {"UPDATE module SET base = 1 WHERE id = 1", "SELECT 1"},
    {"UPDATE module SET image = NULL WHERE id = 1", "SELECT 1"},
    {"UPDATE module SET last_stretch = 1, gone_at = 1800000020000 WHERE id = 1", "SELECT 1"},
    {"UPDATE module SET last_stretch = NULL, gone_at = NULL WHERE id = 2", "SELECT 1"},
    {"DELETE FROM module WHERE id = 2", "SELECT 1"},
    {"UPDATE image SET sha256 = x'00112234' WHERE id = 1", "SELECT 1"},
    {"UPDATE image SET verdict = 1 WHERE id = 1", "SELECT 1"},
    {"UPDATE user SET name = 'bob' WHERE id = 1", "SELECT 1"},
    {"UPDATE user SET sid = '0' WHERE id = 2", "SELECT 1"},
    {"UPDATE service SET basis = 6 WHERE id = 1", "SELECT 1"},
    {"DELETE FROM service WHERE id = 2", "SELECT 1"},
    {"UPDATE boot SET name = 'b' WHERE id = 1", "SELECT 1"},
    {"UPDATE run SET host = 'other' WHERE id = 1",
     "SELECT max(number) FROM seal WHERE next_run = 2"},
    {"UPDATE run SET ended = 2 WHERE id = 1", "SELECT max(number) FROM seal WHERE next_run = 2"},
    {"UPDATE settings SET text = 'x' WHERE id = 1", "SELECT 1"},
    {"DELETE FROM settings WHERE id = 1", "SELECT 1"},
    {"UPDATE zone_offset SET seconds = 3600 WHERE id = 1", "SELECT 1"},
    {"UPDATE stretch SET begin_at = begin_at - 1 WHERE id = 1", "SELECT 1"},
    {"UPDATE stretch SET lacks = 1 WHERE id = 1", "SELECT 1"},
    {"UPDATE stretch SET missed = 5 WHERE id = 1",
     "SELECT min(number) FROM seal WHERE next_end = 2"},
    {"UPDATE stretch SET end_at = end_at + 1 WHERE id = 2",
     "SELECT min(number) FROM seal WHERE next_end = 3"},
    {"UPDATE stretch SET ended = 2 WHERE id = 2",
     "SELECT min(number) FROM seal WHERE next_end = 3"},
    {"UPDATE profile SET lasted = 1 WHERE id = 1", "SELECT 1"},
    {"DELETE FROM profile WHERE id = 2", "SELECT 1"},
    {"UPDATE job SET name = 'dc' WHERE id = 1", "SELECT 1"},
    {"DELETE FROM job WHERE id = 2", "SELECT 1"},
    {"UPDATE pair SET host = 'dc3' WHERE id = 1", "SELECT 1"},
    {"UPDATE pair SET port = 636 WHERE id = 2", "SELECT 1"},
    {"UPDATE job_run SET not_held = 1 WHERE id = 1", "SELECT 1"},
    {"UPDATE job_run SET result = 3 WHERE id = 2", "SELECT 1"},
    {"DELETE FROM job_run WHERE id = 2", "SELECT 1"},
    {"UPDATE outcome SET status = 1 WHERE id = 2", "SELECT 1"},
    {"UPDATE outcome SET first_at = 7 WHERE id = 1", "SELECT 1"},
    {"UPDATE outcome SET icmp = NULL WHERE id = 2", "SELECT 1"},
    {"DELETE FROM outcome WHERE id = 2", "SELECT 1"},
    {"UPDATE answer SET facts = 'a=3' WHERE id = 1", "SELECT 1"},
    {"DELETE FROM answer WHERE id = 2", "SELECT 1"},
    {"UPDATE timing SET samples = x'0103' WHERE id = 1", "SELECT 1"},
    {"DELETE FROM timing WHERE id = 2", "SELECT 1"},
    {"UPDATE figure SET median = 9 WHERE id = 1", "SELECT 1"},
    {"DELETE FROM figure WHERE id = 2", "SELECT 1"},
    {"UPDATE seal SET next_job = 0, next_pair = 0, next_job_run = 0, next_outcome = 0,"
     " next_answer = 0, next_timing = 0, next_figure = 0 WHERE number = 3",
     "SELECT 3"},
};

static bool is_changed_at(long long seal)
{
    return result.status == VERIFY_CHANGED && result.damaged_seal == seal;
}

static const char *told_by_verify(void)
{
    static char text[200];

    snprintf(text, sizeof(text), "status %d, first seal %lld of %lld: damage %d, kind %d, row %lld",
             (int)result.status, (long long)result.damaged_seal, (long long)result.damaged_seals,
             (int)result.damage, (int)result.damaged_kind, (long long)result.damaged_row);
    return text;
}

START_TEST(an_edit_is_found)
{
    long long seal = number(edits[_i].seal);

    ck_assert_int_gt(seal, 0);
    support_run_sql(path, edits[_i].sql);
    verify();
    ck_assert_msg(is_changed_at(seal), "%s: %s, not seal %lld", edits[_i].sql, told_by_verify(),
                  seal);
}
END_TEST

/* Whether facts are looked at first or macs: the same seal is named. */
START_TEST(an_edit_by_somebody_who_makes_the_seals_anew_is_found)
{
    struct verify_anchor anchor = newest_anchor();
    long long seal = number(edits[_i].seal);

    support_run_sql(path, edits[_i].sql);
    forge(NULL);
    verify_keyed();
    ck_assert_msg(result.status == VERIFY_CHANGED && result.damaged_seal <= seal, "%s: %s",
                  edits[_i].sql, told_by_verify());
    ck_assert_int_eq(verify_anchored(&anchor), VERIFY_CHANGED);
}
END_TEST

START_TEST(an_edit_by_somebody_with_the_present_key_is_found)
{
    struct verify_anchor anchor = newest_anchor();
    struct seal_key key = present_key();
    long long seal = number(edits[_i].seal);

    support_run_sql(path, edits[_i].sql);
    forge(&key);
    verify_keyed();
    ck_assert_msg(result.status == VERIFY_CHANGED && result.damaged_seal <= seal, "%s: %s",
                  edits[_i].sql, told_by_verify());
    ck_assert_int_eq(verify_anchored(&anchor), VERIFY_CHANGED);
}
END_TEST

/* The forger's work is right: without a key, and without an edit, it cannot be told from ours. */
START_TEST(seals_that_are_made_anew_are_the_same)
{
    struct verify_anchor anchor = newest_anchor();

    ck_assert_int_eq(result.status, VERIFY_HELD);
    forge(NULL);
    ck_assert_int_eq(verify_anchored(&anchor), VERIFY_HELD);
    ck_assert_int_eq(verify_keyed(), VERIFY_HELD);
    support_run_sql(path, "UPDATE interval SET local_port = 81 WHERE id = 3");
    ck_assert_int_eq(verify(), VERIFY_CHANGED);
    forge(NULL);
    ck_assert_int_eq(verify(), VERIFY_HELD);
}
END_TEST

static const struct {
    const char *sql;
    enum verify_status status;
} seal_edits[] = {
    {"DELETE FROM seal WHERE number = 3", VERIFY_CHANGED},
    {"DELETE FROM seal WHERE number = 0", VERIFY_CHANGED},
    {"DELETE FROM seal WHERE number >= 5", VERIFY_CHANGED},
    {"UPDATE seal SET until_at = until_at + 1 WHERE number = 3", VERIFY_CHANGED},
    {"UPDATE seal SET at = at + 1 WHERE number = 3", VERIFY_CHANGED},
    {"UPDATE seal SET root = zeroblob(32) WHERE number = 3", VERIFY_CHANGED},
    {"UPDATE seal SET root = x'00' WHERE number = 3", VERIFY_CHANGED},
    {"UPDATE seal SET mac = zeroblob(32) WHERE number = 3", VERIFY_CHANGED},
    {"UPDATE seal SET emptied = 1 WHERE number = 3", VERIFY_CHANGED},
    {"UPDATE seal SET leaves = leaves + 1 WHERE number = 3", VERIFY_CHANGED},
    {"UPDATE seal SET key_from = 3 WHERE number >= 3", VERIFY_CHANGED},
    {"UPDATE seal SET number = 100 WHERE number = 3; UPDATE seal SET number = 3 WHERE number = 4;"
     "UPDATE seal SET number = 4 WHERE number = 100",
     VERIFY_CHANGED},
    {"UPDATE meta SET value = value + 1 WHERE name = 'created_at'", VERIFY_CHANGED},
    {"UPDATE meta SET value = value || 'x' WHERE name = 'ledger_id'", VERIFY_CHANGED},
    {"INSERT INTO interval SELECT 9223372036854775807, opened_at, lasted, kind, local_address,"
     " local_port, remote_address, remote_port, process, pid, age, service FROM interval"
     " ORDER BY id DESC LIMIT 1",
     VERIFY_CHANGED},
    /* Deleted, and said to be dropped, which nobody says. */
    {"INSERT INTO stub SELECT 1, 1, 5, 0, 1, zeroblob(32); DELETE FROM interval WHERE id = 5",
     VERIFY_CHANGED},
    {"INSERT INTO stub VALUES (1, 99, 5, 0, 1, x'00')", VERIFY_CHANGED},
    /* What a copy may say, and where it does not explain what is found. */
    {"INSERT INTO meta VALUES ('command_lines', 0);"
     "UPDATE interval SET local_port = 81 WHERE id = 3",
     VERIFY_CHANGED},
    {"INSERT INTO meta VALUES ('command_lines', 'left out');"
     "UPDATE process SET command_line = NULL; UPDATE zone_offset SET seconds = 5;"
     "DELETE FROM interval WHERE id = 3",
     VERIFY_CHANGED},
    {"INSERT INTO meta VALUES ('command_lines', 'left out');"
     "INSERT INTO withheld SELECT 1, zeroblob(32); UPDATE process SET start = 7 WHERE id = 1",
     VERIFY_CHANGED},
    {"INSERT INTO meta VALUES ('command_lines', 'left out');"
     "UPDATE process SET command_line = 'x' WHERE id = 2;"
     "UPDATE process SET start = 7 WHERE id = 1",
     VERIFY_CHANGED},
    {"INSERT INTO meta VALUES ('command_lines', 'left out');"
     "UPDATE process SET start = 7 WHERE id = 1",
     VERIFY_UNDECIDED},
    {"INSERT INTO withheld SELECT 999, zeroblob(32)", VERIFY_CHANGED},
};

/* Whoever takes a moment away has the seal that it rests on: verify agrees with each of them. */
START_TEST(the_seal_of_a_moment_is_found)
{
    const struct ledger_position early = {0, 0};
    const struct ledger_position late = {1000, INT64_MAX};
    long long seals = number("SELECT count(*) FROM seal");
    struct seal_found found;
    struct ledger *ledger;

    CHECK_DONE(ledger_open(&ledger, path, LEDGER_READ, &fixture.why), fixture.why);
    CHECK_DONE(seal_find(&found, ledger, &early, &fixture.why), fixture.why);
    ck_assert_int_eq(found.basis, SEAL_NEVER);
    CHECK_DONE(seal_find(&found, ledger, &late, &fixture.why), fixture.why);
    ck_assert_int_eq(found.basis, SEAL_NOT_YET);
    for (long long i = 1; i < seals; i++) {
        struct text sql = {0};
        struct ledger_position moment = {0};
        struct verify_anchor anchor;

        text_addf(&sql, "SELECT stretch FROM seal ORDER BY number LIMIT 1 OFFSET %lld", i);
        moment.stretch = number(text_bytes(&sql));
        text_reset(&sql);
        text_addf(&sql, "SELECT until_at FROM seal ORDER BY number LIMIT 1 OFFSET %lld", i);
        moment.at = number(text_bytes(&sql));
        text_clear(&sql);
        CHECK_DONE(seal_find(&found, ledger, &moment, &fixture.why), fixture.why);
        ck_assert_int_eq(found.basis, SEAL_FOUND);
        ck_assert(seal_covers(&found.seal, &moment));
        anchor.number = found.seal.number;
        memcpy(anchor.head, found.head, sizeof(anchor.head));
        ck_assert_int_eq(verify_anchored(&anchor), VERIFY_HELD);
        anchor.head[0] ^= 1;
        ck_assert_int_eq(verify_anchored(&anchor), VERIFY_CHANGED);
    }
    ledger_close(ledger);
}
END_TEST

START_TEST(an_edit_of_the_seals_is_found)
{
    support_run_sql(path, seal_edits[_i].sql);
    verify_keyed();
    ck_assert_msg(result.status == seal_edits[_i].status, "%s: %s", seal_edits[_i].sql,
                  told_by_verify());
}
END_TEST

START_TEST(what_is_whole_holds)
{
    struct verify_anchor anchor = newest_anchor();

    ck_assert_int_eq(result.status, VERIFY_HELD);
    ck_assert_int_gt(result.seals, 7);
    ck_assert_int_eq(result.intervals, number("SELECT count(*) FROM interval"));
    ck_assert_int_eq(result.unsealed, 0);
    ck_assert_int_eq(result.sealed_until, number("SELECT max(end_at) FROM stretch"));
    ck_assert_int_gt(result.completed, 0);
    ck_assert_int_eq(verify_keyed(), VERIFY_HELD);
    ck_assert_int_eq(result.proven_seals, result.seals);
    ck_assert_int_eq(verify_anchored(&anchor), VERIFY_HELD);
    ck_assert_uint_eq(result.anchors, 1);
}
END_TEST

START_TEST(each_moment_may_be_the_first_to_be_looked_at)
{
    int64_t begin = number("SELECT min(begin_at) FROM stretch");
    int64_t end = number("SELECT max(end_at) FROM stretch");
    int64_t all = number("SELECT count(*) FROM interval");

    for (int64_t since = begin; since <= end;
         since += since < begin + 5LL * MINUTE ? 7000 : 600000) {
        ck_assert_msg(verify_since(since) == VERIFY_HELD, "since %lld: %s", (long long)since,
                      told_by_verify());
        ck_assert_int_le(result.intervals, all);
    }
    support_run_sql(path, "UPDATE interval SET local_port = 81 WHERE id = 3");
    ck_assert_int_eq(verify_since(begin), VERIFY_CHANGED);
    ck_assert_int_eq(verify_since(end), VERIFY_HELD);
}
END_TEST

START_TEST(what_was_not_looked_at_is_not_judged)
{
    int64_t end = number("SELECT max(until_at) FROM seal");

    ck_assert_int_eq(verify_since(end), VERIFY_HELD);
    ck_assert_int_gt(result.read_seals, 0);
    ck_assert_int_eq(verify_since(end + 1), VERIFY_UNDECIDED);
    ck_assert_int_eq(result.read_seals, 0);
    support_run_sql(path, "UPDATE seal SET mac = zeroblob(32) WHERE number = 3");
    ck_assert_int_eq(verify_since(end + 1), VERIFY_CHANGED);
}
END_TEST

/* The one stretch that is lost is named: from what the copy knew to the run that took it up. */
static void check_lost(int64_t from, int64_t newest, int64_t last)
{
    ck_assert_int_eq(result.lost_from, from);
    ck_assert_int_eq(result.lost_until, number("SELECT max(started_at) FROM run"));
    ck_assert_int_eq(result.cut_before, newest + 1);
    ck_assert_int_eq(result.lost_seals, last - newest);
}

/* By the key, or by a seal that was published after it. */
static void check_lost_is_proven(const struct verify_anchor *lost)
{
    struct verify_anchor anchors[2] = {*lost, newest_anchor()};
    struct verify_plan by_key = {
        .keys = &fixture.first_key, .key_count = 1, .anchors = lost, .anchor_count = 1};
    struct verify_plan by_anchor = {.anchors = anchors, .anchor_count = 2};

    ck_assert_int_eq(verify_by(&by_key), VERIFY_CUT);
    ck_assert_int_eq(result.cuts, 1);
    ck_assert_int_eq(verify_by(&by_anchor), VERIFY_CUT);
    ck_assert_int_eq(result.cuts, 1);
    anchors[1].head[0] ^= 1;
    ck_assert_int_eq(verify_by(&by_anchor), VERIFY_CHANGED);
}

/* What lasts for longer than four minutes is found by another index, and once. */
START_TEST(each_moment_may_be_the_first_also_of_what_lasts)
{
    int64_t begin = clock_now();
    int64_t end;

    fixture.lasting = true;
    start(path);
    run_minutes(15);
    stop();
    end = number("SELECT max(until_at) FROM seal");
    for (int64_t since = begin; since <= end; since += 11000) {
        ck_assert_msg(verify_since(since) == VERIFY_HELD, "since %lld: %s", (long long)since,
                      told_by_verify());
    }
}
END_TEST

static enum verify_status verify_moment(int64_t at)
{
    struct verify_plan plan = {
        .keys = &fixture.first_key, .key_count = 1, .since = at, .until = at};

    return verify_by(&plan);
}

START_TEST(a_moment_may_be_looked_at_alone)
{
    int64_t begin = number("SELECT min(begin_at) FROM stretch");
    int64_t end = number("SELECT max(until_at) FROM seal");
    int64_t all = number("SELECT count(*) FROM interval");

    for (int64_t at = begin; at <= end; at += at < begin + 5LL * MINUTE ? 7000 : 600000) {
        ck_assert_msg(verify_moment(at) == VERIFY_HELD, "at %lld: %s", (long long)at,
                      told_by_verify());
        ck_assert_int_lt(result.intervals, all);
    }
    support_run_sql(path, "UPDATE interval SET local_port = 81 WHERE id = 3");
    ck_assert_int_eq(verify_moment(begin), VERIFY_CHANGED);
    ck_assert_int_eq(verify_moment(end), VERIFY_HELD);
    ck_assert_int_eq(verify_moment(begin + 10 * MINUTE), VERIFY_HELD);
}
END_TEST

START_TEST(what_was_changed_after_a_moment_is_not_of_it)
{
    int64_t begin = number("SELECT min(begin_at) FROM stretch");
    int64_t end = number("SELECT max(until_at) FROM seal");

    support_run_sql(path, "UPDATE interval SET local_port = 81 WHERE id ="
                          " (SELECT max(next_interval) - 1 FROM seal)");
    ck_assert_int_eq(verify_keyed(), VERIFY_CHANGED);
    ck_assert_int_eq(verify_moment(begin), VERIFY_HELD);
    ck_assert_int_eq(verify_moment(end), VERIFY_CHANGED);
}
END_TEST

/* A copy with another end is put in place of the ledger, and the service goes on. */
START_TEST(an_older_copy_is_told_from_a_change)
{
    struct verify_anchor anchor;
    struct sealer_state state;
    int64_t old_until;
    int64_t old_newest;

    verify();
    old_until = result.sealed_until;
    old_newest = result.newest;
    copy_file(path, "check_verify_old.db");
    start(path);
    run_minutes(3);
    stop();
    anchor = newest_anchor();
    ck_assert_int_eq(verify_keyed(), VERIFY_HELD);

    support_remove_database("check_verify.dbx");
    copy_file("check_verify_old.db", path);
    remove("check_verify_old.db");
    ck_assert_int_eq(verify_keyed(), VERIFY_HELD); /* without an anchor nobody can tell */
    ck_assert_int_eq(verify_anchored(&anchor), VERIFY_CUT);
    ck_assert_int_eq(result.lost_until, 0);
    ck_assert_int_eq(result.lost_from, old_until);
    ck_assert_int_eq(result.cut_before, old_newest + 1);
    ck_assert_int_eq(result.lost_seals, anchor.number - old_newest);

    start(path);
    ledger_writer_look_at_seals(fixture.writer, &state);
    ck_assert_int_eq(state.key, SEALER_KEY_AHEAD);
    run_minutes(3);
    stop();
    ck_assert_int_eq(verify_keyed(), VERIFY_CUT);
    ck_assert_int_eq(result.cuts, 1);
    ck_assert_int_eq(result.damaged_seals, 0);
    check_lost(old_until, old_newest, anchor.number);
    ck_assert_int_eq(verify_since(result.lost_until), VERIFY_CUT);
    ck_assert_int_eq(verify_since(result.lost_until + 1), VERIFY_HELD);
    ck_assert_int_eq(result.cuts, 0);

    /* Of a published seal that is missing only a proof of what follows tells how it went. */
    ck_assert_int_eq(verify_anchored(&anchor), VERIFY_CHANGED);
    ck_assert_int_eq(result.damage, VERIFY_SEALS_GONE);
    ck_assert_int_eq(result.damaged_from, old_until);
    check_lost_is_proven(&anchor);
    support_run_sql(path, "UPDATE interval SET local_port = 81 WHERE id ="
                          " (SELECT max(id) FROM interval)");
    ck_assert_int_eq(verify_keyed(), VERIFY_CHANGED); /* what follows is judged */
}
END_TEST

/* Nothing fits a key that was copied wrong. The first seal is the one that does not hold. */
START_TEST(a_mistyped_key_fits_no_seal)
{
    struct seal_key key = fixture.first_key;
    struct verify_plan plan = {.keys = &key, .key_count = 1};

    key.bytes[5] ^= 1;
    ck_assert_int_eq(verify_by(&plan), VERIFY_CHANGED);
    ck_assert_int_eq(result.damaged_seal, 0);
    ck_assert_int_eq(result.damaged_from, number("SELECT at FROM seal WHERE number = 0"));
    ck_assert_int_eq(result.damaged_until, result.damaged_from);
    ck_assert_int_eq(result.proven_seals, 0);
    ck_assert_uint_eq(result.keys_given, 1);
}
END_TEST

/* A copy of a crash holds rows of the lost time: the service seals them when it takes them up. */
START_TEST(rows_of_lost_time_are_counted)
{
    start(path);
    run_minutes(1);
    tick();
    tick();
    copy_file(path, "check_verify_old.db");
    copy_file("check_verify.db-wal", "check_verify_old.db-wal");
    run_minutes(3);
    stop();
    copy_file("check_verify_old.db", path);
    copy_file("check_verify_old.db-wal", "check_verify.db-wal");
    support_remove_database("check_verify_old.db");
    start(path);
    run_minutes(2);
    stop();
    ck_assert_int_eq(verify_keyed(), VERIFY_CUT);
    ck_assert_int_gt(result.late, 0);
    ck_assert_int_lt(result.late, 20);
}
END_TEST

START_TEST(a_lost_key_begins_another_chain)
{
    struct seal_key keys[2] = {fixture.first_key};
    struct verify_plan plan = {.keys = keys, .key_count = 2};
    char id[SEAL_LEDGER_ID + 1];
    struct sealer_state state;
    int64_t from = number("SELECT max(number) FROM seal") + 1;

    remove(key_path);
    start(path);
    ledger_writer_look_at_seals(fixture.writer, &state);
    ck_assert_int_eq(state.key, SEALER_KEY_LOST);
    ck_assert(seal_key_parse_line(state.key_line, &keys[1], id));
    run_minutes(2);
    stop();
    ck_assert_int_eq(verify(), VERIFY_HELD);
    ck_assert_int_eq(verify_keyed(), VERIFY_UNDECIDED);
    ck_assert_int_eq(result.unproven, from);
    ck_assert_int_eq(verify_by(&plan), VERIFY_HELD);
    ck_assert_int_eq(result.proven_seals, result.seals);
}
END_TEST

/* The seal was committed, and the machine stopped before the key was moved. */
START_TEST(a_key_that_was_left_behind_catches_up)
{
    start(path);
    run_minutes(2);
    copy_file(key_path, "check_verify_old.key");
    run_minutes(3);
    stop();
    copy_file("check_verify_old.key", key_path);
    remove("check_verify_old.key");
    start(path);
    run_minutes(2);
    stop();
    ck_assert_int_eq(verify_keyed(), VERIFY_HELD);
    ck_assert_int_eq(result.proven_seals, result.seals);
}
END_TEST

START_TEST(what_a_crash_left_unsealed_is_sealed_later)
{
    start(path);
    for (int i = 0; i < 6 * _i + _i; i++) {
        tick();
    }
    crash();
    ck_assert_int_eq(verify_keyed(), VERIFY_HELD);
    clock_fake_run(5LL * MINUTE);
    start(path);
    run_minutes(2);
    stop();
    verify_keyed();
    ck_assert_msg(result.status == VERIFY_HELD, "%s", told_by_verify());
    ck_assert_int_eq(result.unsealed, 0);
}
END_TEST

START_TEST(what_is_not_sealed_yet_is_said)
{
    start(path);
    run_minutes(1);
    tick();
    tick();
    ck_assert_int_eq(verify_keyed(), VERIFY_HELD);
    ck_assert_int_gt(result.unsealed, 0);
    ck_assert_int_lt(result.sealed_until, number("SELECT max(end_at) FROM stretch"));
}
END_TEST

/* Retention. */

static void retain(int64_t keep, int64_t max_size, int64_t keep_profile)
{
    struct retention_limits limits = {keep, max_size, keep_profile};
    bool more = true;

    if (fixture.retention == NULL) {
        CHECK_DONE(retention_open(&fixture.retention, fixture.ledger, &limits, &fixture.why),
                   fixture.why);
    }
    retention_set_limits(fixture.retention, &limits);
    while (more) {
        CHECK_DONE(retention_work(fixture.retention, clock_now(), 0, &more, &fixture.why),
                   fixture.why);
        verify_keyed();
        ck_assert_msg(result.status == VERIFY_HELD, "%s", told_by_verify());
    }
}

static const char *const note_edits[] = {
    "UPDATE dropped SET at = at + 1 WHERE id = 1",
    "UPDATE dropped SET why = 2 WHERE id = 1",
    "UPDATE dropped SET what = 2 WHERE id = 1",
    "UPDATE dropped SET of_one = 1, application = 1 WHERE id = 1",
    "UPDATE dropped SET first_row = first_row - 1 WHERE id = 1",
    "UPDATE dropped SET last_row = last_row + 1 WHERE id = 1",
    "UPDATE dropped SET until_at = until_at + 1 WHERE id = 1",
    "DELETE FROM dropped WHERE id = 1",
    "UPDATE dropped SET id = -1 WHERE id = 1",
};

/* What retention says of itself is a fact like others. */
static void check_note_edits(void)
{
    copy_file(path, "check_verify_old.db");
    for (size_t i = 0; i < COUNT_OF(note_edits); i++) {
        support_run_sql(path, note_edits[i]);
        ck_assert_msg(verify() == VERIFY_CHANGED, "%s: %s", note_edits[i], told_by_verify());
        copy_file("check_verify_old.db", path);
        ck_assert_int_eq(verify(), VERIFY_HELD);
    }
    remove("check_verify_old.db");
}

START_TEST(what_is_dropped_by_age_leaves_the_rest_verifiable)
{
    int64_t before = number("SELECT count(*) FROM interval");

    clock_fake_run(2 * DAY);
    start(path);
    run_minutes(5);
    retain(DAY, (int64_t)1 << 40, 100 * DAY);
    run_minutes(2);
    clock_fake_run(3 * DAY);
    run_minutes(3);
    retain(DAY, (int64_t)1 << 40, 100 * DAY);
    ck_assert_int_gt(number("SELECT sum(rows) FROM dropped WHERE what = 1"), before);
    ck_assert_int_gt(number("SELECT count(*) FROM seal WHERE emptied = 1"), 0);
    ck_assert_int_gt(result.dropped, before);
    ck_assert_int_gt(result.dropped_by_age, before);
    stop();
    verify_keyed();
    ck_assert_msg(result.status == VERIFY_HELD, "%s", told_by_verify());

    check_note_edits();

    /* Nothing can be put where something was dropped, and nothing more be taken away. */
    support_run_sql(path, "UPDATE dropped SET rows = rows + 1 WHERE id = 1");
    ck_assert_int_eq(verify_keyed(), VERIFY_CHANGED);
    support_run_sql(path, "UPDATE dropped SET rows = rows - 1 WHERE id = 1");
    ck_assert_int_eq(verify_keyed(), VERIFY_HELD);
    support_run_sql(path, "INSERT INTO interval SELECT 2, opened_at, lasted, kind, local_address,"
                          " local_port, remote_address, remote_port, process, pid, age, service"
                          " FROM interval ORDER BY id DESC LIMIT 1");
    ck_assert_int_eq(verify_keyed(), VERIFY_CHANGED);
    ck_assert_int_eq(result.damage, VERIFY_INSERTED);
}
END_TEST

START_TEST(what_is_dropped_for_size_leaves_the_rest_verifiable)
{
    start(path);
    run_minutes(20);
    retain(400 * DAY, 30000, 100 * DAY); /* sees that there is too much, */
    retain(400 * DAY, 30000, 100 * DAY); /* and then counts whose it is */
    ck_assert_int_gt(number("SELECT sum(rows) FROM dropped WHERE what = 1"), 0);
    run_minutes(5);
    retain(400 * DAY, 30000, 100 * DAY);
    stop();
    verify_keyed();
    ck_assert_msg(result.status == VERIFY_HELD, "%s", told_by_verify());
    support_run_sql(path, "DELETE FROM interval WHERE id = (SELECT max(id) - 2 FROM interval)");
    ck_assert_int_eq(verify_keyed(), VERIFY_CHANGED);
}
END_TEST

/*
 * Folding
 */

/* As run_minutes(), with a commit a minute. */
static void run_slowly(int minutes)
{
    for (int i = 0; i < minutes * 6; i++) {
        if (i % 6 == 5) {
            tick();
        } else {
            sample();
            clock_fake_run(STEP_MS);
        }
    }
}

/* Many seals with nothing left under them, and one among them that has a service in it. */
static void make_folded_base(void)
{
    make_base();
    copy_base();
    start(path);
    run_slowly(12);
    support_run_sql(path, "INSERT INTO service VALUES (3, 102, 3)");
    run_slowly(12);
    clock_fake_run(3 * DAY);
    run_slowly(3);
    retain(DAY, (int64_t)1 << 40, 100 * DAY);
    run_slowly(3);
    stop();
    copy_file(path, base);
    copy_file(key_path, "check_verify_base.db.key");
    snapshot_clear(&fixture.snapshot);
    remove_files();
}

#define FOLDED "(SELECT min(number) FROM seal WHERE head_before IS NOT NULL)"
#define BEFORE_FOLDED "(SELECT max(number) FROM seal WHERE number < " FOLDED ")"

static const char *const fold_edits[] = {
    "UPDATE fold SET at = at + 1 WHERE id = 1",
    "UPDATE fold SET first = first + 1 WHERE id = 1",
    "UPDATE fold SET last = last - 1 WHERE id = 1",
    "UPDATE fold SET gone = gone + 1 WHERE id = 1",
    "UPDATE fold SET head = zeroblob(32) WHERE id = 1",
    "UPDATE fold SET id = 9 WHERE id = 1",
    "DELETE FROM fold WHERE id = 1",
    "INSERT INTO fold SELECT 0, at, first, last, gone, head FROM fold WHERE id = 1",
    "UPDATE seal SET head_before = zeroblob(32) WHERE number = " FOLDED,
    "UPDATE seal SET head_before = NULL WHERE number = " FOLDED,
    "UPDATE seal SET emptied = 0 WHERE number = " FOLDED,
    "UPDATE seal SET next_interval = next_interval + 1 WHERE number = " FOLDED,
    "UPDATE seal SET root = zeroblob(32) WHERE number = " FOLDED,
    "UPDATE seal SET number = number - 1 WHERE number = " FOLDED,
    "DELETE FROM seal WHERE number = " FOLDED,
    /* What a fold follows on is bound by the note alone. */
    "UPDATE seal SET at = at + 1 WHERE number = " BEFORE_FOLDED,
    "UPDATE seal SET head_before = zeroblob(32) WHERE number = " FOLDED " + 1",
    "UPDATE seal SET head_before = zeroblob(32), emptied = 1 WHERE number = " FOLDED " + 1",
    "DELETE FROM seal WHERE number = " BEFORE_FOLDED,
    /* One more that is said to have been folded. */
    "CREATE TEMP TABLE one AS SELECT * FROM seal WHERE number = " FOLDED ";"
    "UPDATE one SET number = number - 2, head_before = NULL; INSERT INTO seal SELECT * FROM one;",
    "INSERT INTO changed VALUES (8, 1, " FOLDED ", zeroblob(32), 1)",
    "INSERT INTO interval SELECT 50, opened_at, lasted, kind, local_address, local_port,"
    " remote_address, remote_port, process, pid, age, service FROM interval ORDER BY id DESC LIMIT"
    " 1",
};

START_TEST(seals_with_nothing_under_them_are_folded)
{
    ck_assert_int_lt(number("SELECT count(*) FROM seal"), 26);
    ck_assert_int_eq(number("SELECT count(*) FROM fold"), 2);
    clock_fake_run(3 * DAY); /* the service in between stays, the two folds do not become one */
    start(path);
    run_slowly(8);
    retain(DAY, (int64_t)1 << 40, 100 * DAY);
    ck_assert_int_eq(number("SELECT max(gone) FROM fold"), result.folded_seals);
    ck_assert_int_eq(number("SELECT max(number) + 1 - count(*) FROM seal"), result.folded_seals);
    stop();
    verify_keyed();
    ck_assert_msg(result.status == VERIFY_HELD, "%s", told_by_verify());
    ck_assert_int_eq(result.proven_seals, result.seals);
    ck_assert_int_eq(verify_since(result.sealed_until - DAY), VERIFY_HELD);
}
END_TEST

/* By somebody who knows nothing of keys. */
START_TEST(an_edit_of_a_fold_is_found)
{
    support_run_sql(path, fold_edits[_i]);
    ck_assert_msg(verify() == VERIFY_CHANGED, "%s: %s", fold_edits[_i], told_by_verify());
}
END_TEST

/* By one who makes all seals anew, with the key of today: only what was kept elsewhere tells. */
START_TEST(an_edit_of_a_fold_by_somebody_with_the_present_key_is_found)
{
    struct verify_anchor anchor = newest_anchor();
    struct seal_key key = present_key();

    if (_i == 0) {
        forge(NULL);
        verify_keyed(); /* the forger's work is right */
        ck_assert_msg(result.status == VERIFY_HELD, "%s", told_by_verify());
    }
    support_run_sql(path, fold_edits[_i]);
    forge(&key);
    ck_assert_msg(verify_keyed() == VERIFY_CHANGED, "%s: %s", fold_edits[_i], told_by_verify());
    ck_assert_msg(verify_anchored(&anchor) == VERIFY_CHANGED, "%s", fold_edits[_i]);
}
END_TEST

/* A note of other hands is not sealed, and a fold that nobody has noted is none. */
START_TEST(a_fold_by_other_hands_is_found)
{
    start(path);
    run_minutes(2);
    support_run_sql(path, "INSERT INTO fold (at, first, last, gone, head)"
                          " VALUES (1, 1, 2, 2, zeroblob(32))");
    ck_assert_int_eq(verify(), VERIFY_HELD);
    ck_assert_int_eq(result.drops_unsealed, 1);
    run_minutes(2);
    stop();
    ck_assert_int_eq(verify(), VERIFY_CHANGED);
    ck_assert_int_eq(result.damage, VERIFY_INSERTED);
}
END_TEST

/* It can be held against nothing: only what proves a later seal proves what it stood for. */
START_TEST(a_published_seal_may_be_folded)
{
    struct verify_anchor anchors[2] = {newest_anchor(), newest_anchor()};
    struct verify_plan plan = {.anchors = anchors, .anchor_count = 2};

    anchors[0].number = number("SELECT first + 1 FROM fold WHERE id = 1");
    ck_assert_int_eq(verify_anchored(&anchors[0]), VERIFY_UNDECIDED);
    ck_assert(result.anchor_folded);
    ck_assert_int_eq(verify_by(&plan), VERIFY_HELD);
    ck_assert(!result.anchor_folded);
    plan.anchor_count = 1;
    plan.keys = &fixture.first_key;
    plan.key_count = 1;
    ck_assert_int_eq(verify_by(&plan), VERIFY_HELD);
}
END_TEST

/*
 * What makes a change rightful can be written by anybody who can write the file, until it is
 * sealed.
 */

#define ADD_INTERVAL(id, opened_at)                                                                \
    "INSERT INTO interval SELECT " id ", " opened_at ", lasted, kind, local_address, local_port,"  \
    " remote_address, remote_port, process, pid, age, service FROM interval WHERE lasted >= 0"     \
    " AND process IS NOT NULL ORDER BY id LIMIT 1;"
#define NEXT_INTERVAL "(SELECT max(id) + 1 FROM interval)"
#define NEWEST_SEALED "(SELECT max(until_at) FROM seal)"

/* The digest that a row has now is noted as what it was before the newest seal, and as having known
 * what `had` says; -1: what it knows. */
static void forge_note(enum seal_kind kind, int64_t row, int64_t had)
{
    struct seal_reader *reader;
    uint8_t was[SHA256_SIZE];
    sqlite3_stmt *add;
    int64_t knows;
    sqlite3 *db;
    bool found;

    CHECK_DONE(database_open(&db, path, DATABASE_WRITE, &fixture.why), fixture.why);
    CHECK_DONE(seal_reader_open(&reader, db, &fixture.why), fixture.why);
    CHECK_DONE(seal_reader_present(reader, kind, row, was, &knows, &found, &fixture.why),
               fixture.why);
    ck_assert(found);
    CHECK_DONE(database_prepare(db,
                                "INSERT INTO changed SELECT :kind, :row, max(number) + 1, :was,"
                                " :had FROM seal",
                                &add, &fixture.why),
               fixture.why);
    database_bind(add, ":kind", kind);
    database_bind(add, ":row", row);
    database_bind(add, ":had", had >= 0 ? had : knows);
    database_bind_bytes(add, ":was", was, sizeof(was));
    CHECK_DONE(database_finish(db, add, "forging", &fixture.why), fixture.why);
    sqlite3_finalize(add);
    seal_reader_close(reader);
    database_close(db);
}

/* As somebody else completes a row. */
static void forge_user(void)
{
    forge_note(SEAL_USER, 2, -1);
    support_run_sql(path, "UPDATE user SET name = 'mallory' WHERE id = 2");
}

/* As retention drops an interval. */
static void forge_drop(void)
{
    support_run_sql(path, "INSERT INTO dropped (at, what, why, of_one, first_row, last_row, rows)"
                          " VALUES (5, 1, 1, 0, 5, 5, 1)");
}

static void add_late(void)
{
    support_run_sql(path, ADD_INTERVAL(NEXT_INTERVAL, NEWEST_SEALED));
}

static void add_new(void)
{
    support_run_sql(path, ADD_INTERVAL(NEXT_INTERVAL, NEWEST_SEALED "+ 1"));
}

/* So that what else there is looks as if it were left by a crash. */
static void add_run(void)
{
    support_run_sql(path, "INSERT INTO run SELECT max(id) + 1, program, pid, boot, started_at,"
                          " commit_ms, machine_id, host, domain, system, zone, 0 FROM run");
}

static const struct {
    void (*forge)(void);
    enum verify_damage damage;
    enum seal_kind kind;
    bool counted; /* until it would be sealed, it is told apart */
} forgeries[] = {
    {forge_user, VERIFY_EDITED, SEAL_USER, true},
    {forge_drop, VERIFY_INSERTED, SEAL_DROPPED, true},
    {add_late, VERIFY_INSERTED, SEAL_INTERVAL, false},
    {add_new, VERIFY_INSERTED, SEAL_INTERVAL, false}, /* only where the run was stopped */
    {add_run, VERIFY_INSERTED, SEAL_RUN, false},
};

static const size_t lies = 3; /* the first ones, which no run seals */

static void check_is_found(size_t forgery)
{
    ck_assert_msg(verify() == VERIFY_CHANGED, "%d: %s", (int)forgery, told_by_verify());
    ck_assert_int_eq(result.damage, forgeries[forgery].damage);
    ck_assert_int_eq(result.damaged_kind, forgeries[forgery].kind);
}

START_TEST(a_forgery_after_a_run_was_stopped_is_found_and_never_sealed)
{
    struct sealer_state state;

    forgeries[_i].forge();
    check_is_found((size_t)_i);
    start(path);
    ledger_writer_look_at_seals(fixture.writer, &state);
    ck_assert(state.unsealed.foreign);
    ck_assert_int_eq(state.unsealed.rows + state.unsealed.changes, 1);
    run_minutes(2);
    stop();
    ck_assert_msg(verify() == VERIFY_CHANGED, "%s", told_by_verify());
}
END_TEST

START_TEST(a_forgery_during_a_run_is_not_sealed)
{
    start(path);
    run_minutes(2);
    tick();
    verify();
    ck_assert_int_eq(result.completed_unsealed + result.drops_unsealed, 0);
    forgeries[_i].forge();
    ck_assert_msg(verify() == VERIFY_HELD, "%s", told_by_verify());
    ck_assert_int_eq(result.completed_unsealed + result.drops_unsealed,
                     forgeries[_i].counted ? 1 : 0);
    stop();
    ck_assert_msg(verify() == VERIFY_CHANGED, "%s", told_by_verify());
}
END_TEST

/* Nobody can tell it from what the run left: so it is counted. */
START_TEST(what_a_crash_left_is_counted)
{
    struct sealer_state state;

    start(path);
    run_minutes(2);
    tick();
    crash();
    ck_assert_int_eq(verify(), VERIFY_HELD);
    forge_user();
    ck_assert_int_eq(verify(), VERIFY_HELD);
    ck_assert_int_eq(result.completed_unsealed, 1);
    start(path);
    ledger_writer_look_at_seals(fixture.writer, &state);
    ck_assert(!state.unsealed.foreign);
    ck_assert_int_eq(state.unsealed.changes, 1);
    run_minutes(2);
    stop();
    ck_assert_int_eq(verify(), VERIFY_HELD);
}
END_TEST

static const char longer[] = "UPDATE stretch SET end_at = end_at + 7200000,"
                             " last_sample = last_sample + 720, missed = 5000"
                             " WHERE id = (SELECT max(id) FROM stretch)";

/* Of 13 samples in two minutes some are behind the newest seal, and stay. */
START_TEST(time_that_a_crash_cannot_have_left_is_not_believed)
{
    struct sealer_state state;
    int64_t end_at;
    int64_t last_sample;

    start(path);
    run_minutes(2);
    tick();
    crash();
    end_at = support_query_number(path, "SELECT max(end_at) FROM stretch");
    last_sample = support_query_number(path, "SELECT max(last_sample) FROM stretch");
    support_run_sql(path, longer);
    start(path);
    ledger_writer_look_at_seals(fixture.writer, &state);
    ck_assert_int_eq(state.unsealed.bounded, 1);
    stop();
    ck_assert_int_le(support_query_number(path, "SELECT max(end_at) FROM stretch"), end_at);
    ck_assert_int_le(support_query_number(path, "SELECT max(last_sample) FROM stretch"),
                     last_sample);
    ck_assert_int_lt(support_query_number(path, "SELECT max(missed) FROM stretch"), 200);
    ck_assert_int_eq(verify(), VERIFY_HELD);
}
END_TEST

START_TEST(time_that_a_crash_left_stays)
{
    struct sealer_state state;
    int64_t end_at;

    start(path);
    run_minutes(2);
    for (int i = 0; i < 5; i++) {
        tick();
    }
    crash();
    end_at = support_query_number(path, "SELECT max(end_at) FROM stretch");
    start(path);
    ledger_writer_look_at_seals(fixture.writer, &state);
    ck_assert_int_eq(state.unsealed.bounded, 0);
    stop();
    ck_assert_int_eq(support_query_number(path, "SELECT max(end_at) FROM stretch"), end_at);
}
END_TEST

/* Samples that waited while the ledger was opened arrive at once, in one commit. */
START_TEST(much_time_that_arrives_at_once_is_sealed_with_it)
{
    struct sealer_state before;
    struct sealer_state after;

    start(path);
    ledger_writer_look_at_seals(fixture.writer, &before);
    for (int i = 0; i < 60; i++) {
        made_up_begin(&fixture.snapshot, clock_now() + i * INT64_C(10000));
        CHECK_DONE(ledger_writer_add(fixture.writer, &fixture.snapshot, &fixture.why), fixture.why);
    }
    CHECK_DONE(ledger_writer_commit(fixture.writer, &fixture.why), fixture.why);
    ledger_writer_look_at_seals(fixture.writer, &after);
    ck_assert_int_gt(after.number, before.number);
    stop();
}
END_TEST

START_TEST(a_row_that_a_crash_did_not_leave_is_found)
{
    start(path);
    run_minutes(2);
    crash();
    add_late();
    start(path);
    run_minutes(2);
    stop();
    check_is_found(2);
}
END_TEST

/*
 * Completing a row adds to what is known of it. One value that becomes another is a change, also
 * where a run after a crash has sealed it, or somebody who has the present key.
 */
static const struct {
    enum seal_kind kind;
    int64_t row;
    int64_t had; /* -1: the truth */
    const char *sql;
    bool harmless;
} completions[] = {
    {SEAL_USER, 1, -1, "UPDATE user SET name = 'mallory' WHERE id = 1", false},
    {SEAL_USER, 1, 0, "UPDATE user SET name = 'mallory' WHERE id = 1", false},
    {SEAL_USER, 1, -1, "UPDATE user SET name = NULL WHERE id = 1", false},
    {SEAL_USER, 1, -1, "UPDATE user SET sid = '4711' WHERE id = 1", false},
    {SEAL_USER, 2, -1, "UPDATE user SET name = 'bob' WHERE id = 2", true},
    {SEAL_PROCESS, 1, -1, "UPDATE process SET command_line = 'x', user = 1 WHERE id = 1", true},
    {SEAL_PROCESS, 1, -1, "UPDATE process SET image = 1, modules = 2, access = 3 WHERE id = 1",
     true},
    {SEAL_PROCESS, 1, -1, "UPDATE process SET parent_start = 1 WHERE id = 1", true},
    {SEAL_PROCESS, 1, -1, "UPDATE process SET path = name WHERE id = 1", false},
    {SEAL_PROCESS, 1, -1, "UPDATE process SET pid = 12 WHERE id = 1", false},
    {SEAL_PROCESS, 1, -1, "UPDATE process SET name = path WHERE id = 1", false},
    {SEAL_PROCESS, 1, -1, "UPDATE process SET first_seen_at = 7 WHERE id = 1", false},
    {SEAL_MODULE, 1, -1, "UPDATE module SET image = 2 WHERE id = 1", false},
    {SEAL_MODULE, 2, -1, "UPDATE module SET image = 2 WHERE id = 2", true},
    {SEAL_MODULE, 2, -1, "UPDATE module SET base = 5 WHERE id = 2", false},
    {SEAL_RUN, 2, -1, "UPDATE run SET commit_ms = 7 WHERE id = 2", true},
    {SEAL_RUN, 2, -1, "UPDATE run SET host = 'x' WHERE id = 2", false},
};

START_TEST(a_completion_does_not_change_what_was_known)
{
    enum verify_status status = completions[_i].harmless ? VERIFY_HELD : VERIFY_CHANGED;
    struct seal_key key;

    start(path);
    tick();
    crash();
    forge_note(completions[_i].kind, completions[_i].row, completions[_i].had);
    support_run_sql(path, completions[_i].sql);
    ck_assert_int_eq(verify(), status);
    start(path); /* which seals what a crash left */
    stop();
    verify_keyed();
    ck_assert_msg(result.status == status, "%s: %s", completions[_i].sql, told_by_verify());
    if (!completions[_i].harmless) {
        ck_assert_int_eq(result.damage, VERIFY_EDITED);
        ck_assert_int_eq(result.damaged_kind, completions[_i].kind);
        ck_assert_int_eq(result.damaged_row, completions[_i].row);
        key = present_key();
        support_run_sql(path, "UPDATE changed SET had = NULL WHERE seal > 9");
        forge(&key);
        ck_assert_int_eq(verify(), VERIFY_CHANGED);
    }
}
END_TEST

static const char *const impossible_notes[] = {"-9223372036854775808, 9223372036854775807",
                                               "1, 9223372036854775807", "0, 5", "7, 6"};

START_TEST(a_note_of_rows_that_cannot_be_is_found)
{
    struct text sql = {0};

    start(path);
    tick();
    text_addf(&sql,
              "INSERT INTO dropped (at, what, why, of_one, first_row, last_row, rows)"
              " VALUES (5, 1, 1, 0, %s, 1)",
              impossible_notes[_i]);
    support_run_sql(path, text_bytes(&sql));
    text_clear(&sql);
    ck_assert_msg(verify() == VERIFY_CHANGED, "%s", told_by_verify());
    ck_assert_int_eq(result.damaged_kind, SEAL_DROPPED);
}
END_TEST

#define NO_SEALS "DELETE FROM seal; DELETE FROM changed; DELETE FROM stub;"
#define NO_HEAD "DELETE FROM meta WHERE name = 'seal_head';"

START_TEST(a_ledger_without_seals_is_not_judged)
{
    support_run_sql(path, NO_SEALS NO_HEAD);
    ck_assert_int_eq(verify(), VERIFY_UNDECIDED);
}
END_TEST

static void check_seals_are_gone(void)
{
    ck_assert_msg(result.status == VERIFY_CHANGED && result.damage == VERIFY_SEALS_GONE, "%s",
                  told_by_verify());
    ck_assert_int_eq(result.cut_before, -1);
}

/* Whatever is left of them, or was kept elsewhere, tells that there were some. */
START_TEST(all_seals_that_are_removed_are_missed)
{
    struct verify_anchor anchor = newest_anchor();

    support_run_sql(path, NO_SEALS);
    verify();
    check_seals_are_gone();
    support_run_sql(path, NO_HEAD);
    verify_keyed();
    check_seals_are_gone();
    verify_anchored(&anchor);
    check_seals_are_gone();
}
END_TEST

/* The service begins anew behind them: with the key that it has, or with another one. */
START_TEST(a_service_that_seals_on_does_not_hide_that_seals_were_removed)
{
    struct verify_anchor anchor = newest_anchor();
    struct sealer_state state;

    support_run_sql(path, NO_SEALS NO_HEAD);
    if (_i == 1) {
        remove(key_path);
    }
    start(path);
    ledger_writer_look_at_seals(fixture.writer, &state);
    ck_assert_int_eq(state.begun_before, 0);
    ck_assert_int_eq(state.key, _i == 1 ? SEALER_KEY_FIRST : SEALER_KEY_AHEAD);
    run_minutes(2);
    stop();
    if (_i == 0) {
        verify();
        check_seals_are_gone();
        verify_keyed();
        check_seals_are_gone();
        verify_anchored(&anchor);
        check_seals_are_gone();
    } else {
        ck_assert_int_eq(verify_anchored(&anchor), VERIFY_CUT);
    }
}
END_TEST

static const char *const tables[] = {
    "profile", "dropped",  "interval",    "module",  "process", "image",  "user",
    "service", "settings", "zone_offset", "stretch", "figure",  "timing", "answer",
    "outcome", "job_run",  "pair",        "job",     "run",     "boot",
};

/* A power cut took all that there was, but for the key: nobody can have been told a lie. */
START_TEST(a_beginning_that_was_lost_is_told_from_a_change)
{
    struct verify_anchor anchor = newest_anchor();
    struct text sql = {0};

    text_add(&sql, NO_SEALS NO_HEAD);
    for (size_t i = 0; i < COUNT_OF(tables); i++) {
        text_addf(&sql, "DELETE FROM %s;", tables[i]);
    }
    support_run_sql(path, text_bytes(&sql));
    text_clear(&sql);
    start(path);
    run_minutes(2);
    stop();
    ck_assert_int_eq(verify(), VERIFY_CUT);
    ck_assert_int_eq(result.cut_before, 0);
    ck_assert_int_eq(result.lost_seals, anchor.number + 1);
    ck_assert_int_gt(result.lost_until, result.lost_from);
    ck_assert_int_eq(verify_keyed(), VERIFY_CUT);
    ck_assert_int_eq(result.proven_seals, result.seals);
    ck_assert_int_eq(verify_since(result.lost_until + 1), VERIFY_HELD);
    verify_anchored(&anchor); /* that was of this ledger once */
    ck_assert_int_eq(result.damage, VERIFY_SEALS_GONE);
}
END_TEST

/* A forger who numbers what is left as if it began there: what was kept elsewhere is older. */
START_TEST(what_was_given_is_older_than_the_first_seal)
{
    struct verify_anchor anchor = newest_anchor();

    anchor.number = 2;
    support_run_sql(path, "DELETE FROM seal WHERE number < 3;"
                          "UPDATE seal SET leaves = 0 WHERE number = 3;"
                          "UPDATE seal SET key_from = 3");
    verify_keyed();
    check_seals_are_gone();
    verify_anchored(&anchor);
    check_seals_are_gone();
}
END_TEST

START_TEST(a_published_seal_is_read_out_of_a_line)
{
    struct verify_anchor anchor = newest_anchor();
    struct verify_anchor parsed;
    char id[SEAL_LEDGER_ID + 1];
    struct text line = {0};

    text_add(&line, "Nov 27 10:00:00 host portledgerd[1]: the seal of: ");
    verify_add_anchor(&line, &anchor, fixture.ledger_id);
    text_add(&line, ", up to today");
    ck_assert(verify_parse_anchor(text_bytes(&line), &parsed, id));
    ck_assert_str_eq(id, fixture.ledger_id);
    ck_assert_int_eq(parsed.number, anchor.number);
    ck_assert_mem_eq(parsed.head, anchor.head, sizeof(parsed.head));
    ck_assert(!verify_parse_anchor("seal 5 of ledger x: 12", &parsed, id));
    text_clear(&line);
}
END_TEST

static Suite *verify_suite(void)
{
    Suite *suite = suite_create("verify");
    TCase *tests = tcase_create("verify");

    tcase_add_unchecked_fixture(tests, make_base, remove_base);
    tcase_add_checked_fixture(tests, copy_base, close_fixture);
    tcase_add_test(tests, what_is_whole_holds);
    tcase_add_loop_test(tests, an_edit_is_found, 0, COUNT_OF(edits));
    tcase_add_loop_test(tests, an_edit_by_somebody_who_makes_the_seals_anew_is_found, 0,
                        COUNT_OF(edits));
    tcase_add_loop_test(tests, an_edit_by_somebody_with_the_present_key_is_found, 0,
                        COUNT_OF(edits));
    tcase_add_test(tests, seals_that_are_made_anew_are_the_same);
    tcase_add_test(tests, the_seal_of_a_moment_is_found);
    tcase_add_loop_test(tests, an_edit_of_the_seals_is_found, 0, COUNT_OF(seal_edits));
    tcase_add_test(tests, each_moment_may_be_the_first_to_be_looked_at);
    tcase_add_test(tests, each_moment_may_be_the_first_also_of_what_lasts);
    tcase_add_test(tests, what_was_not_looked_at_is_not_judged);
    tcase_add_test(tests, a_moment_may_be_looked_at_alone);
    tcase_add_test(tests, what_was_changed_after_a_moment_is_not_of_it);
    tcase_add_test(tests, an_older_copy_is_told_from_a_change);
    tcase_add_test(tests, a_mistyped_key_fits_no_seal);
    tcase_add_test(tests, rows_of_lost_time_are_counted);
    tcase_add_test(tests, a_lost_key_begins_another_chain);
    tcase_add_test(tests, a_key_that_was_left_behind_catches_up);
    tcase_add_loop_test(tests, what_a_crash_left_unsealed_is_sealed_later, 0, 4);
    tcase_add_test(tests, what_is_not_sealed_yet_is_said);
    tcase_add_test(tests, what_is_dropped_by_age_leaves_the_rest_verifiable);
    tcase_add_test(tests, what_is_dropped_for_size_leaves_the_rest_verifiable);
    tcase_add_test(tests, a_ledger_without_seals_is_not_judged);
    tcase_add_loop_test(tests, a_forgery_after_a_run_was_stopped_is_found_and_never_sealed, 0,
                        COUNT_OF(forgeries));
    tcase_add_loop_test(tests, a_forgery_during_a_run_is_not_sealed, 0, (int)lies);
    tcase_add_test(tests, what_a_crash_left_is_counted);
    tcase_add_test(tests, time_that_a_crash_cannot_have_left_is_not_believed);
    tcase_add_test(tests, time_that_a_crash_left_stays);
    tcase_add_test(tests, much_time_that_arrives_at_once_is_sealed_with_it);
    tcase_add_test(tests, a_row_that_a_crash_did_not_leave_is_found);
    tcase_add_loop_test(tests, a_note_of_rows_that_cannot_be_is_found, 0,
                        COUNT_OF(impossible_notes));
    tcase_add_test(tests, a_fold_by_other_hands_is_found);
    tcase_add_loop_test(tests, a_completion_does_not_change_what_was_known, 0,
                        COUNT_OF(completions));
    tcase_add_test(tests, all_seals_that_are_removed_are_missed);
    tcase_add_loop_test(tests, a_service_that_seals_on_does_not_hide_that_seals_were_removed, 0, 2);
    tcase_add_test(tests, what_was_given_is_older_than_the_first_seal);
    tcase_add_test(tests, a_beginning_that_was_lost_is_told_from_a_change);
    tcase_add_test(tests, a_published_seal_is_read_out_of_a_line);
    suite_add_tcase(suite, tests);

    tests = tcase_create("folded");
    tcase_add_unchecked_fixture(tests, make_folded_base, remove_base);
    tcase_add_checked_fixture(tests, copy_base, close_fixture);
    tcase_add_test(tests, seals_with_nothing_under_them_are_folded);
    tcase_add_loop_test(tests, an_edit_of_a_fold_is_found, 0, COUNT_OF(fold_edits));
    tcase_add_loop_test(tests, an_edit_of_a_fold_by_somebody_with_the_present_key_is_found, 0,
                        COUNT_OF(fold_edits));
    tcase_add_test(tests, a_published_seal_may_be_folded);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(verify_suite());
}
