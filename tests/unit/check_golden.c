/* SPDX-License-Identifier: MIT */

/*
 * Whole answers in every format, against tests/golden: what a script or a
 * person relies upon changes only on purpose. With PORTLEDGER_GOLDEN set to
 * "write" the files are made anew, to be looked at before they are committed.
 *
 * Tables of explain, profile, local, diff and the views are in tests of their own.
 */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock_fake.h"
#include "base/exit_status.h"
#include "base/file.h"
#include "base/text.h"
#include "probes/engine.h"
#include "tests/support.h"
#include "tests/unit/cli_run.h"
#include "tests/unit/console_fake.h"
#include "tests/unit/incident.h"

enum { LARGEST = 1 << 20 };

#define LEDGER " --ledger incident.db"

/* Jobs of the night: one that went on, with an answer, and one that could not begin. */
static const char add_jobs[] =
    "UPDATE meta SET value = '01234567-89ab-cdef-0123-456789abcdef' WHERE name = 'ledger_id';"
    "INSERT INTO job VALUES (1, 'dcs'), (2, 'web');"
    "INSERT INTO pair VALUES (1, 1, 'dc1', 389, 6), (2, 2, 'www', 443, 6);"
    "INSERT INTO job_run VALUES"
    " (1, 1, 1795179600000, NULL, 1, 1, 0, 1795179600010, 52, 1, 0, 0, NULL),"
    " (2, 1, 1795179610000, NULL, 1, 1, 0, 1795179610010, 48, 0, 1, 0, NULL),"
    " (3, 2, 1795179605000, 1795179615000, 3, 2, 7, NULL, NULL, 0, 0, 0, 'no file of targets'),"
    " (4, 2, 1795179616000, NULL, 1, 1, 0, 1795179616010, 20, 0, 0, 1, NULL);"
    "INSERT INTO outcome VALUES"
    " (1, 1, 1795179600010, NULL, 1, 2, NULL, 0, x'c0000209', 'ldap', NULL),"
    " (2, 1, 1795179610010, 1795179600010, 2, 3, NULL, 1, x'c0000209', 'ldap', NULL),"
    " (3, 2, 1795179616010, NULL, 3, 4, 781, 2, x'c0000207', NULL, 'no answer, and a word');"
    "INSERT INTO answer VALUES (1, 1, 1795179600010, 'dns_host_name=dc1.example.test');"
    "INSERT INTO timing VALUES (1, 1, 498661, x'14d1bb01a09c0107'), (2, 2, 498661, x'94fa010d');";

/* The engine of this test: what comes of a port stands here. */
static const struct {
    uint16_t port;
    enum probe_cause reached;
    enum probe_cause answered; /* PROBE_NO_CAUSE: not asked */
    const char *detail;
} outcomes[] = {
    {80, PROBE_ACCEPTED, PROBE_ANSWERED, NULL},
    {81, PROBE_RESET, 0, NULL},
    {82, PROBE_TIMEOUT, 0, "nothing came"},
};

struct engine {
    char unused;
};

static struct engine only;

bool engine_open(struct engine **out, const struct engine_options *options, struct failure *why)
{
    (void)options;
    (void)why;
    *out = &only;
    return true;
}

void engine_close(struct engine *engine)
{
    (void)engine;
}

void engine_stop(struct engine *engine)
{
    (void)engine;
}

static struct outcome make_outcome(const struct engine_target *target,
                                   const struct engine_query *query)
{
    struct outcome outcome = {
        .host = text_copy(target->host),
        .target = {.address = {192, 0, 2, 7}, .address_size = 4, .port = query->port},
        .port = query->port,
        .transport = query->transport,
        .timings = {.name = 1500, .connect = -1, .tls = -1, .reply = -1, .total = -1},
        .started_at = INCIDENT_BEGIN + query->port,
        .source_port = 50000,
        .reach = {.cause = PROBE_TIMEOUT, .attempts = 3},
    };

    for (int i = 0; i < COUNT_OF(outcomes); i++) {
        if (outcomes[i].port == query->port) {
            outcome.reach.cause = outcomes[i].reached;
            outcome.reach.attempts = outcomes[i].reached == PROBE_TIMEOUT ? 3 : 1;
            outcome.ask.cause = outcomes[i].answered;
            outcome.detail = outcomes[i].detail == NULL ? NULL : text_copy(outcomes[i].detail);
            outcome.timings.connect = outcomes[i].reached == PROBE_TIMEOUT ? -1 : 1250;
            outcome.timings.total = outcomes[i].reached == PROBE_TIMEOUT ? 3002500 : 2750;
        }
    }
    outcome_judge(&outcome);
    return outcome;
}

bool engine_run(struct engine *engine, const struct engine_work *work, struct engine_sum *sum,
                struct failure *why)
{
    struct engine_target target;
    bool done = true;

    (void)engine;
    *sum = (struct engine_sum){0};
    while (done && work->next_target(work->context, &target)) {
        struct engine_query query;

        sum->targets++;
        for (size_t i = 0; done && work->query_at(work->context, target.tag, i, &query); i++) {
            struct outcome outcome = make_outcome(&target, &query);

            sum->started++;
            done = work->deliver(work->context, query.tag, &outcome, why);
            sum->delivered++;
            outcome_clear(&outcome);
        }
    }
    return done;
}

enum { IN_TABLE = 1, IN_JSON = 2, IN_JSONL = 4, IN_CSV = 8, IN_RECORDS = 14, IN_ALL = 15 };

static const struct {
    const char *name; /* of the files */
    const char *line;
    enum exit_status status;
    unsigned formats;
    bool untouched; /* without what jobs left behind, which nobody sealed */
} answers[] = {
    {"processes", "processes --at 14:00:06" LEDGER, EXIT_YES, IN_ALL, false},
    {"processes-range", "processes --since 14:00:05" LEDGER, EXIT_YES, IN_RECORDS, false},
    {"modules", "modules --at 14:00:06" LEDGER, EXIT_YES, IN_ALL, false},
    {"modules-range", "modules --since 14:00:05" LEDGER, EXIT_YES, IN_ALL, false},
    {"history", "history --since 14:00:05 --until 14:00:12" LEDGER, EXIT_YES, IN_ALL, false},
    {"explain", "explain 4444 --at 14:00:06" LEDGER, EXIT_YES, IN_RECORDS, false},
    {"profile", "profile" LEDGER, EXIT_YES, IN_RECORDS, false},
    {"profile-port", "profile --by port" LEDGER, EXIT_YES, IN_RECORDS, false},
    {"status",
     "status --columns state,last_sample_at,last_sample_age,interval,stopped_because,"
     "ledger_id,ledger" LEDGER,
     EXIT_NO, IN_RECORDS, false},
    {"verify",
     "verify --columns finding,status,sealed_until,sealed_from,proven,damage,damaged_seals,"
     "seals,intervals,intervals_unsealed,intervals_before,completed,completed_unsealed,"
     "ledger" LEDGER,
     EXIT_YES, IN_ALL, true},
    {"verify-changed",
     "verify --columns finding,status,damage,damaged_from,damaged_until,damaged_seal,"
     "damaged_kind,damaged_row,damaged_seals" LEDGER,
     EXIT_NO, IN_ALL, false},
    {"export",
     "export --sqlite golden_copy.db --columns file,kind,last_sample_at,command_lines,"
     "ledger_id,ledger" LEDGER,
     EXIT_YES, IN_ALL, false},
    {"query", "query server -o 80,81,82 --utc", EXIT_UNDECIDED, IN_ALL, false},
    {"audit", "audit --since 14:00 --until 14:01" LEDGER, EXIT_YES, IN_ALL, false},
    {"audit-changes", "audit --changes --since 14:00 --until 14:01" LEDGER, EXIT_YES, IN_ALL,
     false},
    {"jobs", "jobs --since 14:00" LEDGER, EXIT_YES, IN_ALL, false},
};

static const char *const formats[] = {"table", "json", "jsonl", "csv"};

static void open_fixture(void)
{
    incident_record();
}

static void close_fixture(void)
{
    support_remove_database("golden_copy.db");
    incident_clear();
    console_fake_reset();
}

static bool is_to_write(void)
{
    const char *word = getenv("PORTLEDGER_GOLDEN");

    return word != NULL && strcmp(word, "write") == 0;
}

static void compare(const char *name, const char *format)
{
    struct text file = {0};
    struct text expected = {0};
    struct failure why;

    text_addf(&file, PORTLEDGER_SOURCE_DIR "/tests/golden/%s.%s", name, format);
    if (is_to_write()) {
        support_write_text(text_bytes(&file), cli_out());
    }
    CHECK_DONE(file_read(&expected, text_bytes(&file), LARGEST, &why), why);
    ck_assert_msg(strcmp(text_bytes(&expected), cli_out()) == 0, "%s.%s is otherwise:\n%s\n%s",
                  name, format, cli_out(), text_bytes(&expected));
    text_clear(&file);
    text_clear(&expected);
}

START_TEST(an_answer_is_this_in_every_format)
{
    struct text line = {0};

    if (!answers[_i].untouched) {
        support_run_sql(incident_path, add_jobs);
    }
    for (int i = 0; i < COUNT_OF(formats); i++) {
        int status;

        if ((answers[_i].formats >> i & 1) == 0) {
            continue;
        }
        support_remove_database("golden_copy.db");
        text_reset(&line);
        text_addf(&line, "%s --format %s", answers[_i].line, formats[i]);
        status = cli_run(text_bytes(&line));
        ck_assert_msg(status == (int)answers[_i].status, "%s: %d, %s", text_bytes(&line), status,
                      cli_error());
        compare(answers[_i].name, formats[i]);
    }
    text_clear(&line);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("golden");
    TCase *tests = tcase_create("answers");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, an_answer_is_this_in_every_format, 0, COUNT_OF(answers));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
