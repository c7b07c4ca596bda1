/* SPDX-License-Identifier: MIT */

/*
 * The engine on a network that is made up, with a clock that is, too.
 */

#include <check.h>
#include <stdlib.h>

#include "base/clock_fake.h"
#include "probes/engine.h"
#include "tests/fake_reactor.h"
#include "tests/fake_tls.h"
#include "tests/support.h"

enum { OUTCOMES_MOST = 5000, PASSING_CODE = 24, ICMP_UNREACHABLE = 3, ICMP_PORT = 3 };

/* A protocol of ours. The client says "hi" and a byte by chance; the server says "ho" and the same
 * byte. */
static const struct answer_field fields[] = {
    {.name = "word", .type = ANSWER_TEXT, .help = "What was said"},
};
static const struct protocol_port no_ports[] = {{0, 0}};
static const char *const no_services[] = {NULL};

static void begin_ho(struct talk *talk)
{
    byte_writer_text(&talk->out, "hi");
    byte_writer_u8(&talk->out, talk->target->random[0]);
}

static enum protocol_next judge_ho(struct talk *talk, const uint8_t *bytes, size_t size)
{
    if (size < 3) {
        return PROTOCOL_WAIT;
    }
    if (memcmp(bytes, "ho", 2) != 0) {
        return talk_wrong(talk, "no \"ho\"");
    }
    answer_add_text(&talk->answer, &fields[0], bytes, 2);
    return PROTOCOL_ANSWERED;
}

static enum protocol_next stream_ho(struct talk *talk, const uint8_t *bytes, size_t size,
                                    bool ended, size_t *used)
{
    (void)ended;
    *used = 0;
    return judge_ho(talk, bytes, size);
}

static enum protocol_next datagram_ho(struct talk *talk, const uint8_t *bytes, size_t size)
{
    if (size < 3 || bytes[2] != talk->target->random[0]) {
        return PROTOCOL_IGNORE;
    }
    return judge_ho(talk, bytes, size);
}

static void farewell_ho(struct talk *talk)
{
    byte_writer_text(&talk->out, "bye");
}

static const struct protocol ho = {
    .name = "ho",
    .ports = no_ports,
    .services = no_services,
    .fields = fields,
    .field_count = 1,
    .source_port = 500,
    .begin = begin_ho,
    .stream = stream_ho,
    .datagram = datagram_ho,
    .farewell = farewell_ho,
};

static const struct protocol ho_leaves_something = {
    .name = "ho-leaves",
    .ports = no_ports,
    .services = no_services,
    .side_effect = "opens something",
    .fields = fields,
    .field_count = 1,
    .begin = begin_ho,
    .stream = stream_ho,
    .datagram = datagram_ho,
    .farewell = farewell_ho,
};

/* Its id is not by chance but by the clock, and a reply is only one to the newest request. */
static void begin_by_the_clock(struct talk *talk)
{
    byte_writer_text(&talk->out, "hi");
    byte_writer_u8(&talk->out, (uint8_t)(talk->target->now / 100));
}

static enum protocol_next datagram_by_the_clock(struct talk *talk, const uint8_t *bytes,
                                                size_t size)
{
    if (size < 3 || bytes[2] != (uint8_t)(talk->target->now / 100)) {
        return PROTOCOL_IGNORE;
    }
    return judge_ho(talk, bytes, size);
}

static const struct protocol ho_by_the_clock = {
    .name = "ho-clock",
    .ports = no_ports,
    .services = no_services,
    .fields = fields,
    .field_count = 1,
    .repeats_anew = true,
    .begin = begin_by_the_clock,
    .datagram = datagram_by_the_clock,
};

static const struct protocol ho_in_tls = {
    .name = "hos",
    .ports = no_ports,
    .services = no_services,
    .fields = fields,
    .field_count = 1,
    .security = PROTOCOL_IN_TLS,
    .begin = begin_ho,
    .stream = stream_ho,
    .farewell = farewell_ho,
};

/* "go" is the word after which TLS begins. */
static enum protocol_next stream_start(struct talk *talk, const uint8_t *bytes, size_t size,
                                       bool ended, size_t *used)
{
    (void)ended;
    if (size >= 2 && memcmp(bytes, "go", 2) == 0) {
        *used = 2;
        byte_writer_text(&talk->out, "ok");
        return PROTOCOL_TLS;
    }
    return judge_ho(talk, bytes, size);
}

static void nothing(struct talk *talk)
{
    (void)talk;
}

static const struct protocol ho_then_tls = {
    .name = "ho-tls",
    .ports = no_ports,
    .services = no_services,
    .fields = fields,
    .field_count = 1,
    .begin = nothing,
    .stream = stream_start,
    .began_tls = begin_ho,
};

static void begin_enough(struct talk *talk)
{
    talk->is_enough = true;
}

/* What it says before TLS is worth something by itself. */
static const struct protocol enough_then_tls = {
    .name = "enough-tls",
    .ports = no_ports,
    .services = no_services,
    .fields = fields,
    .field_count = 1,
    .begin = begin_enough,
    .stream = stream_start,
    .began_tls = begin_ho,
    .farewell = farewell_ho,
};

static void done(struct talk *talk)
{
    talk->is_done = true;
}

static const struct protocol only_tls = {
    .name = "tls",
    .ports = no_ports,
    .services = no_services,
    .security = PROTOCOL_IN_TLS,
    .begin = done,
    .stream = stream_ho,
};

static enum protocol_next take_all(struct talk *talk, const uint8_t *bytes, size_t size, bool ended,
                                   size_t *used)
{
    (void)talk;
    (void)bytes;
    (void)ended;
    *used = size;
    return PROTOCOL_WAIT;
}

static const struct protocol greedy = {
    .name = "greedy",
    .ports = no_ports,
    .services = no_services,
    .largest = 1000,
    .begin = nothing,
    .stream = take_all,
};

/* What comes is an answer long before it is too much. */
static const struct protocol greedy_enough = {
    .name = "greedy-enough",
    .ports = no_ports,
    .services = no_services,
    .largest = 1000,
    .begin = begin_enough,
    .stream = take_all,
};

static void begin_without_secret(struct talk *talk)
{
    talk->cannot_ask = true;
    talk_say(talk, "no secret");
}

static const struct protocol secretive = {
    .name = "secretive",
    .ports = no_ports,
    .services = no_services,
    .silence = "it is silent to strangers",
    .begin = begin_without_secret,
    .stream = take_all,
    .datagram = datagram_ho,
};

static const struct protocol shy = {
    .name = "shy",
    .ports = no_ports,
    .services = no_services,
    .silence = "it is silent to strangers",
    .begin = begin_ho,
    .datagram = datagram_ho,
};

/* What is asked, and what came of it. */
static struct {
    struct engine_options options;
    struct engine_target targets[4];
    size_t target_count;
    size_t next_target;
    struct engine_query query; /* of every target; its port counts up */
    size_t query_count;
    struct outcome outcomes[OUTCOMES_MOST];
    uint64_t tags[OUTCOMES_MOST];
    size_t count;
    size_t warnings;
    int broken_off;    /* which case of that */
    size_t resolved;   /* addresses of names that have several */
    size_t stop_after; /* outcomes; 0: never */
    size_t fail_after;
    struct engine *engine;
    struct engine_sum sum;
    struct failure why;
    int64_t slow_reader; /* milliseconds that the first outcome keeps its reader busy */
    size_t room;         /* sockets that this machine has */
    int64_t began;
} fixture;

static bool next_target(void *context, struct engine_target *target)
{
    (void)context;
    if (fixture.next_target == fixture.target_count) {
        return false;
    }
    *target = fixture.targets[fixture.next_target];
    target->tag = fixture.next_target++;
    return true;
}

static bool query_at(void *context, uint64_t target, size_t i, struct engine_query *query)
{
    (void)context;
    if (i == fixture.query_count) {
        return false;
    }
    *query = fixture.query;
    query->port = (uint16_t)(query->port + i);
    query->tag = target * 100000 + i;
    return true;
}

static bool deliver(void *context, uint64_t tag, struct outcome *outcome, struct failure *why)
{
    (void)context;
    ck_assert_uint_lt(fixture.count, OUTCOMES_MOST);
    fixture.tags[fixture.count] = tag;
    fixture.outcomes[fixture.count++] = *outcome;
    *outcome = (struct outcome){0};
    if (fixture.count == 1) {
        clock_fake_run(fixture.slow_reader);
    }
    if (fixture.count == fixture.stop_after) {
        engine_stop(fixture.engine);
    }
    if (fixture.count == fixture.fail_after) {
        return FAIL(why, FAILURE_NO_READER, 0, "enough");
    }
    return true;
}

static void warn(void *context, const char *text)
{
    (void)context;
    ck_assert_uint_gt(strlen(text), 0);
    fixture.warnings++;
}

static void resolved(void *context, const char *host, const struct address_list *addresses)
{
    (void)context;
    ck_assert_str_eq(host, "many");
    fixture.resolved += addresses->count;
}

static const struct engine_work work = {
    .next_target = next_target,
    .query_at = query_at,
    .deliver = deliver,
    .resolved = resolved,
    .warn = warn,
};

static bool run_engine(void)
{
    bool ran;

    fixture.began = clock_steady();
    CHECK_DONE(engine_open(&fixture.engine, &fixture.options, &fixture.why), fixture.why);
    ran = engine_run(fixture.engine, &work, &fixture.sum, &fixture.why);
    engine_close(fixture.engine);
    fixture.engine = NULL;
    ck_assert_uint_eq(fake_reactor_open_sockets(), 0);
    ck_assert_int_eq(fake_tls_count(), 0);
    return ran;
}

static void run_all(void)
{
    CHECK_DONE(run_engine(), fixture.why);
    ck_assert_uint_eq(fixture.sum.in_flight, 0);
    ck_assert_uint_eq(fixture.sum.delivered, fixture.count);
}

static int64_t passed(void)
{
    return clock_steady() - fixture.began;
}

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    fixture.targets[0] = (struct engine_target){
        .host = "192.0.2.1", .address = {.address = {192, 0, 2, 1}, .address_size = 4}};
    fixture.target_count = 1;
    fixture.query = (struct engine_query){.transport = PROBE_TCP, .port = 1000};
    fixture.query_count = 1;
    clock_fake_reset();
    clock_fake_run(1000);
    fake_tls_is_there(true);
    fake_reactor_reset(NULL, NULL);
}

static void close_fixture(void)
{
    for (size_t i = 0; i < fixture.count; i++) {
        outcome_clear(&fixture.outcomes[i]);
    }
    fixture.count = 0;
    fake_reactor_clear();
}

static const struct probe_error refused = {.cause = PROBE_RESET, .code = 111};
static const struct probe_error no_room = {.cause = PROBE_LOCAL_ERROR, .code = PASSING_CODE};

/* Networks: each is what happens when a socket opens, or sends. */

static void accepts(size_t socket, const struct fake_reactor_socket *opened,
                    struct probe_error *error)
{
    (void)error;
    if (opened->options.transport == PROBE_TCP) {
        fake_reactor_connect(socket, 20);
    }
}

static void refuses(size_t socket, const struct fake_reactor_socket *opened,
                    struct probe_error *error)
{
    (void)opened;
    (void)error;
    fake_reactor_fail(socket, 5, &refused);
}

static void refuses_at_once(size_t socket, const struct fake_reactor_socket *opened,
                            struct probe_error *error)
{
    (void)socket;
    (void)opened;
    *error = refused;
}

/* The first SYN is lost; and the answer to it is too late for anything. */
static void refuses_late(size_t socket, const struct fake_reactor_socket *opened,
                         struct probe_error *error)
{
    (void)error;
    fake_reactor_fail(socket, opened->attempt == 0 ? 1500 : 100, &refused);
}

static void accepts_third(size_t socket, const struct fake_reactor_socket *opened,
                          struct probe_error *error)
{
    (void)error;
    if (opened->attempt == 2) {
        fake_reactor_connect(socket, 999);
    }
}

static void prohibits(size_t socket, const struct fake_reactor_socket *opened,
                      struct probe_error *error)
{
    static const struct probe_error prohibited = {.cause = PROBE_ICMP,
                                                  .code = 113,
                                                  .has_icmp = true,
                                                  .icmp_type = ICMP_UNREACHABLE,
                                                  .icmp_code = 13};

    (void)opened;
    (void)error;
    fake_reactor_fail(socket, 5, &prohibited);
}

static void has_no_right(size_t socket, const struct fake_reactor_socket *opened,
                         struct probe_error *error)
{
    (void)socket;
    (void)opened;
    *error = (struct probe_error){.cause = PROBE_LOCAL_ERROR, .code = 1};
}

static void accepts_and_ends(size_t socket, const struct fake_reactor_socket *opened,
                             struct probe_error *error)
{
    accepts(socket, opened, error);
    fake_reactor_end(socket, 30);
}

static void accepts_and_resets(size_t socket, const struct fake_reactor_socket *opened,
                               struct probe_error *error)
{
    accepts(socket, opened, error);
    fake_reactor_fail(socket, 30, &refused);
}

static void ends_in_the_middle(size_t socket, const struct fake_reactor_socket *opened,
                               struct probe_error *error)
{
    accepts(socket, opened, error);
    fake_reactor_say(socket, 30, "h", 1);
    fake_reactor_end(socket, 40);
}

static void stops_in_the_middle(size_t socket, const struct fake_reactor_socket *opened,
                                struct probe_error *error)
{
    accepts(socket, opened, error);
    fake_reactor_say(socket, 30, "h", 1);
}

static void resets_in_the_middle(size_t socket, const struct fake_reactor_socket *opened,
                                 struct probe_error *error)
{
    stops_in_the_middle(socket, opened, error);
    fake_reactor_fail(socket, 40, &refused);
}

static void drips(size_t socket, const struct fake_reactor_socket *opened,
                  struct probe_error *error)
{
    accepts(socket, opened, error);
    for (int i = 1; i < 100; i++) {
        fake_reactor_say(socket, 1000 * (int64_t)i, "h", 1);
    }
}

static void pours(size_t socket, const struct fake_reactor_socket *opened,
                  struct probe_error *error)
{
    static const uint8_t much[100000] = {0};

    accepts(socket, opened, error);
    fake_reactor_say(socket, 30, much, sizeof(much));
}

/* Servers. */

static void says_ho(size_t socket, const struct fake_reactor_socket *sender, const void *bytes,
                    size_t size)
{
    const uint8_t *hi = bytes;

    (void)sender;
    if (size == 3 && memcmp(hi, "hi", 2) == 0) {
        const uint8_t reply[] = {'h', 'o', hi[2]};

        fake_reactor_say(socket, 7, reply, 1);
        fake_reactor_say(socket, 9, reply + 1, 2);
    }
}

static void says_ho_whole(size_t socket, const struct fake_reactor_socket *sender,
                          const void *bytes, size_t size)
{
    const uint8_t *hi = bytes;

    (void)sender;
    if (size == 3 && memcmp(hi, "hi", 2) == 0) {
        const uint8_t reply[] = {'h', 'o', hi[2]};

        fake_reactor_say(socket, 7, reply, sizeof(reply));
    }
}

static void says_ho_to_second(size_t socket, const struct fake_reactor_socket *sender,
                              const void *bytes, size_t size)
{
    if (fake_reactor_sent() > 1) {
        says_ho_whole(socket, sender, bytes, size);
    }
}

/* To the first request, when the second is under way. */
static void says_ho_late(size_t socket, const struct fake_reactor_socket *sender, const void *bytes,
                         size_t size)
{
    const uint8_t *hi = bytes;

    (void)sender;
    if (fake_reactor_sent() == 1 && size == 3) {
        const uint8_t reply[] = {'h', 'o', hi[2]};

        fake_reactor_say(socket, 1200, reply, sizeof(reply));
    }
}

static void says_other_id(size_t socket, const struct fake_reactor_socket *sender,
                          const void *bytes, size_t size)
{
    const uint8_t *hi = bytes;
    const uint8_t reply[] = {'h', 'o', (uint8_t)~hi[2]};

    (void)sender;
    for (int i = 1; i < 50 && size == 3; i++) {
        fake_reactor_say(socket, (int64_t)i * 20, reply, sizeof(reply));
    }
}

static void says_garbage(size_t socket, const struct fake_reactor_socket *sender, const void *bytes,
                         size_t size)
{
    const uint8_t *hi = bytes;
    const uint8_t reply[] = {'x', 'x', size > 2 ? hi[2] : (uint8_t)0};

    (void)sender;
    fake_reactor_say(socket, 7, reply, sizeof(reply));
}

static const struct probe_error unreachable = {.cause = PROBE_ICMP, .code = 10054};

static void is_unreachable(size_t socket, const struct fake_reactor_socket *sender,
                           const void *bytes, size_t size)
{
    (void)sender;
    (void)bytes;
    (void)size;
    fake_reactor_fail(socket, 5, &unreachable);
}

/* Anybody can send a datagram in the server's name. */
static void says_garbage_first(size_t socket, const struct fake_reactor_socket *sender,
                               const void *bytes, size_t size)
{
    const uint8_t reply[] = {'h', 'o', size > 2 ? ((const uint8_t *)bytes)[2] : (uint8_t)0};

    if (size == 3 && memcmp(bytes, "hi", 2) == 0) {
        says_garbage(socket, sender, bytes, size);
        fake_reactor_say(socket, 50, reply, sizeof(reply));
    }
}

static void says_garbage_and_refuses(size_t socket, const struct fake_reactor_socket *sender,
                                     const void *bytes, size_t size)
{
    says_garbage(socket, sender, bytes, size);
    fake_reactor_fail(socket, 50, &unreachable);
}

static void is_prohibited(size_t socket, const struct fake_reactor_socket *sender,
                          const void *bytes, size_t size)
{
    (void)bytes;
    (void)size;
    prohibits(socket, sender, NULL);
}

static void says_nothing_loudly(size_t socket, const struct fake_reactor_socket *sender,
                                const void *bytes, size_t size)
{
    (void)sender;
    (void)bytes;
    (void)size;
    fake_reactor_say(socket, 5, "", 0);
}

static void says_64_kib(size_t socket, const struct fake_reactor_socket *sender, const void *bytes,
                        size_t size)
{
    static uint8_t reply[65507];

    (void)sender;
    reply[0] = 'h';
    reply[1] = 'o';
    reply[2] = size > 2 ? ((const uint8_t *)bytes)[2] : 0;
    fake_reactor_say(socket, 5, reply, sizeof(reply));
}

static const struct one_case {
    const char *name;
    fake_reactor_open_fn *on_open;
    fake_reactor_send_fn *on_send;
    const struct protocol *protocol;
    uint8_t transport;
    int attempts;
    bool unformatted_first;
    enum probe_status status;
    enum probe_cause cause;
    int made;      /* attempts */
    int64_t takes; /* milliseconds */
    int64_t reply; /* milliseconds; -1: none */
} cases[] = {
    /* To reach a TCP port. */
    {"accepted", accepts, NULL, NULL, PROBE_TCP, 0, false, PROBE_LISTENING, PROBE_ACCEPTED, 1, 20,
     -1},
    {"refused", refuses, NULL, NULL, PROBE_TCP, 0, false, PROBE_NOT_LISTENING, PROBE_RESET, 1, 5,
     -1},
    {"refused at once", refuses_at_once, NULL, NULL, PROBE_TCP, 0, false, PROBE_NOT_LISTENING,
     PROBE_RESET, 1, 0, -1},
    {"refused late", refuses_late, NULL, NULL, PROBE_TCP, 0, false, PROBE_NOT_LISTENING,
     PROBE_RESET, 2, 1100, -1},
    {"accepted the third time", accepts_third, NULL, NULL, PROBE_TCP, 0, false, PROBE_LISTENING,
     PROBE_ACCEPTED, 3, 2999, -1},
    {"silent", NULL, NULL, NULL, PROBE_TCP, 0, false, PROBE_FILTERED, PROBE_TIMEOUT, 3, 3000, -1},
    {"silent, five times", NULL, NULL, NULL, PROBE_TCP, 5, false, PROBE_FILTERED, PROBE_TIMEOUT, 5,
     5000, -1},
    {"prohibited", prohibits, NULL, NULL, PROBE_TCP, 0, false, PROBE_FILTERED, PROBE_ICMP, 1, 5,
     -1},
    {"no right", has_no_right, NULL, NULL, PROBE_TCP, 0, false, PROBE_NOT_ASKED, PROBE_LOCAL_ERROR,
     1, 0, -1},

    /* To ask there. */
    {"answers", accepts, says_ho, &ho, PROBE_TCP, 0, false, PROBE_LISTENING, PROBE_ANSWERED, 1, 29,
     7},
    {"says nothing", accepts, NULL, &ho, PROBE_TCP, 0, false, PROBE_LISTENING, PROBE_SILENT, 1,
     3020, -1},
    {"says garbage", accepts, says_garbage, &ho, PROBE_TCP, 0, false, PROBE_LISTENING,
     PROBE_WRONG_PROTOCOL, 1, 27, 7},
    {"ends", accepts_and_ends, NULL, &ho, PROBE_TCP, 0, false, PROBE_LISTENING,
     PROBE_RESET_AFTER_CONNECT, 1, 30, -1},
    {"resets", accepts_and_resets, NULL, &ho, PROBE_TCP, 0, false, PROBE_LISTENING,
     PROBE_RESET_AFTER_CONNECT, 1, 30, -1},
    {"ends in the middle", ends_in_the_middle, NULL, &ho, PROBE_TCP, 0, false, PROBE_LISTENING,
     PROBE_INCOMPLETE, 1, 40, 10},
    {"resets in the middle", resets_in_the_middle, NULL, &ho, PROBE_TCP, 0, false, PROBE_LISTENING,
     PROBE_INCOMPLETE, 1, 40, 10},
    {"stops in the middle", stops_in_the_middle, NULL, &ho, PROBE_TCP, 0, false, PROBE_LISTENING,
     PROBE_INCOMPLETE, 1, 3030, 10},
    {"drips", drips, NULL, &greedy, PROBE_TCP, 0, false, PROBE_LISTENING, PROBE_INCOMPLETE, 1,
     12020, 980},
    {"pours", pours, NULL, &greedy, PROBE_TCP, 0, false, PROBE_LISTENING, PROBE_WRONG_PROTOCOL, 1,
     30, 10},

    /* UDP without a protocol. */
    {"silent", NULL, NULL, NULL, PROBE_UDP, 0, false, PROBE_LISTENING_OR_FILTERED, PROBE_TIMEOUT, 1,
     1000, -1},
    {"silent, twice", NULL, NULL, NULL, PROBE_UDP, 2, false, PROBE_LISTENING_OR_FILTERED,
     PROBE_TIMEOUT, 2, 2000, -1},
    {"an empty datagram", NULL, says_nothing_loudly, NULL, PROBE_UDP, 0, false, PROBE_LISTENING,
     PROBE_ANSWERED, 1, 5, 5},
    {"a large datagram", NULL, says_64_kib, NULL, PROBE_UDP, 0, false, PROBE_LISTENING,
     PROBE_ANSWERED, 1, 5, 5},
    {"unreachable, no more is told", NULL, is_unreachable, NULL, PROBE_UDP, 0, false,
     PROBE_NOT_LISTENING, PROBE_ICMP, 1, 5, -1},
    {"prohibited", NULL, is_prohibited, NULL, PROBE_UDP, 0, false, PROBE_FILTERED, PROBE_ICMP, 1, 5,
     -1},

    /* UDP in a protocol. */
    {"answers", NULL, says_ho_whole, &ho, PROBE_UDP, 0, false, PROBE_LISTENING, PROBE_ANSWERED, 1,
     7, 7},
    {"answers with 64 KiB", NULL, says_64_kib, &ho, PROBE_UDP, 0, false, PROBE_LISTENING,
     PROBE_ANSWERED, 1, 5, 5},
    {"answers the second time", NULL, says_ho_to_second, &ho, PROBE_UDP, 3, false, PROBE_LISTENING,
     PROBE_ANSWERED, 2, 1007, 7},
    {"answers late", NULL, says_ho_late, &ho, PROBE_UDP, 2, false, PROBE_LISTENING, PROBE_ANSWERED,
     2, 1200, 200},
    {"answers late, which misleads", NULL, says_ho_late, &ho_by_the_clock, PROBE_UDP, 2, false,
     PROBE_LISTENING_OR_FILTERED, PROBE_TIMEOUT, 2, 2000, -1},
    {"answers somebody else", NULL, says_other_id, &ho, PROBE_UDP, 0, false,
     PROBE_LISTENING_OR_FILTERED, PROBE_TIMEOUT, 1, 1000, -1},
    {"empty datagrams", NULL, says_nothing_loudly, &ho, PROBE_UDP, 0, false,
     PROBE_LISTENING_OR_FILTERED, PROBE_TIMEOUT, 1, 1000, -1},
    {"garbage", NULL, says_garbage, &ho, PROBE_UDP, 0, false, PROBE_LISTENING, PROBE_WRONG_PROTOCOL,
     1, 1000, 7},
    {"garbage, twice", NULL, says_garbage, &ho, PROBE_UDP, 2, false, PROBE_LISTENING,
     PROBE_WRONG_PROTOCOL, 2, 2000, 7},
    {"garbage before the reply", NULL, says_garbage_first, &ho, PROBE_UDP, 0, false,
     PROBE_LISTENING, PROBE_ANSWERED, 1, 50, 50},
    {"garbage, and then refused", NULL, says_garbage_and_refuses, &ho, PROBE_UDP, 0, false,
     PROBE_LISTENING, PROBE_WRONG_PROTOCOL, 1, 50, 7},
    {"unreachable", NULL, is_unreachable, &ho, PROBE_UDP, 2, false, PROBE_NOT_LISTENING, PROBE_ICMP,
     1, 5, -1},

    /* As PortQry: first a datagram of no protocol. */
    {"answers the protocol alone", NULL, says_ho_whole, &ho, PROBE_UDP, 0, true, PROBE_LISTENING,
     PROBE_ANSWERED, 1, 1007, 7},
    {"unreachable", NULL, is_unreachable, &ho, PROBE_UDP, 0, true, PROBE_NOT_LISTENING, PROBE_ICMP,
     1, 5, -1},
    {"silent", NULL, NULL, &ho, PROBE_UDP, 0, true, PROBE_LISTENING_OR_FILTERED, PROBE_TIMEOUT, 1,
     2000, -1},
    {"answers that alone", NULL, says_nothing_loudly, &ho, PROBE_UDP, 0, true, PROBE_LISTENING,
     PROBE_SILENT, 1, 1005, 5},
};

START_TEST(a_port_is_what_the_network_says)
{
    const struct one_case *one = &cases[_i];
    struct outcome *outcome = &fixture.outcomes[0];

    fake_reactor_reset(one->on_open, one->on_send);
    fixture.query.transport = one->transport;
    fixture.query.protocol = one->protocol;
    fixture.options.attempts = one->attempts;
    fixture.options.unformatted_first = one->unformatted_first;
    run_all();
    ck_assert_uint_eq(fixture.count, 1);
    ck_assert_msg(outcome->status == one->status, "%s: %s", one->name,
                  probe_status_name((int)outcome->status));
    ck_assert_msg(outcome->cause == one->cause, "%s: %s", one->name,
                  probe_cause_name((int)outcome->cause));
    ck_assert_msg(outcome->reach.attempts == one->made, "%s: %d", one->name,
                  outcome->reach.attempts);
    ck_assert_msg(passed() == one->takes, "%s: %d ms", one->name, (int)passed());
    ck_assert_msg(outcome->timings.reply == (one->reply < 0 ? -1 : one->reply * 1000), "%s: %d us",
                  one->name, (int)outcome->timings.reply);
    ck_assert_str_eq(outcome->host, "192.0.2.1");
    if (one->on_open == pours) {
        ck_assert_str_eq(outcome->detail, "more than 1000 bytes, and no end");
    }
    if (outcome->status == PROBE_NOT_ASKED) {
        ck_assert_int_eq(outcome->timings.connect, -1);
    }
    ck_assert_int_eq(outcome->timings.total, one->takes * 1000);
}
END_TEST

/* Its replies are of two datagrams. */
static enum protocol_next datagram_of_two(struct talk *talk, const uint8_t *bytes, size_t size)
{
    enum protocol_next next = datagram_ho(talk, bytes, size);

    return next == PROTOCOL_ANSWERED && talk->answer.count < 2 ? PROTOCOL_WAIT : next;
}

static const struct protocol pair = {
    .name = "pair",
    .ports = no_ports,
    .services = no_services,
    .fields = fields,
    .field_count = 1,
    .begin = begin_ho,
    .datagram = datagram_of_two,
};

static void says_one_of_two(size_t socket, const struct fake_reactor_socket *sender,
                            const void *bytes, size_t size)
{
    says_ho_whole(socket, sender, bytes, size);
}

static void says_one_and_refuses(size_t socket, const struct fake_reactor_socket *sender,
                                 const void *bytes, size_t size)
{
    says_ho_whole(socket, sender, bytes, size);
    fake_reactor_fail(socket, 20, &unreachable);
}

static void says_both(size_t socket, const struct fake_reactor_socket *sender, const void *bytes,
                      size_t size)
{
    says_ho_whole(socket, sender, bytes, size);
    says_ho_whole(socket, sender, bytes, size);
}

static const struct {
    fake_reactor_send_fn *on_send;
    enum probe_cause cause;
    const char *detail;
} halves[] = {
    {says_one_of_two, PROBE_INCOMPLETE, "broken off after 3 bytes: nothing more came in time"},
    {says_one_and_refuses, PROBE_INCOMPLETE,
     "broken off after 3 bytes: an ICMP message refused the rest"},
    {says_both, PROBE_ANSWERED, NULL},
};

START_TEST(half_of_the_datagrams_are_an_incomplete_reply)
{
    fake_reactor_reset(NULL, halves[_i].on_send);
    fixture.query.transport = PROBE_UDP;
    fixture.query.protocol = &pair;
    run_all();
    ck_assert_int_eq(fixture.outcomes[0].status, PROBE_LISTENING);
    ck_assert_int_eq(fixture.outcomes[0].cause, halves[_i].cause);
    ck_assert_pstr_eq(fixture.outcomes[0].detail, halves[_i].detail);
    ck_assert_uint_ge(fixture.outcomes[0].answer.count, 1);
}
END_TEST

/* Half a reply is worth the same however it ends: to a protocol that has no use for it, and to one
 * that takes what is there when the server closes. */
static enum protocol_next stream_until_end(struct talk *talk, const uint8_t *bytes, size_t size,
                                           bool ended, size_t *used)
{
    *used = size;
    if (size > 0) {
        answer_add_text(&talk->answer, &fields[0], bytes, size);
    }
    return ended ? PROTOCOL_ANSWERED : PROTOCOL_WAIT;
}

static const struct protocol until_end = {
    .name = "until-end",
    .ports = no_ports,
    .services = no_services,
    .fields = fields,
    .field_count = 1,
    .begin = nothing,
    .stream = stream_until_end,
};

static const struct {
    fake_reactor_open_fn *on_open;
    const struct protocol *protocol;
    enum probe_cause cause;
    const char *detail;
} breaks[] = {
    {ends_in_the_middle, &ho, PROBE_INCOMPLETE, "broken off after 1 byte: the server closed"},
    {resets_in_the_middle, &ho, PROBE_INCOMPLETE, "broken off after 1 byte: the connection broke"},
    {stops_in_the_middle, &ho, PROBE_INCOMPLETE,
     "broken off after 1 byte: nothing more came in time"},
    {drips, &greedy, PROBE_INCOMPLETE, "broken off after 12 bytes: nothing more came in time"},
    {ends_in_the_middle, &until_end, PROBE_ANSWERED, NULL},
    {resets_in_the_middle, &until_end, PROBE_ANSWERED, "the rest of the answer did not come"},
    {stops_in_the_middle, &until_end, PROBE_ANSWERED, "the rest of the answer did not come"},
};

START_TEST(half_a_reply_is_worth_the_same_however_it_ends)
{
    fake_reactor_reset(breaks[_i].on_open, NULL);
    fixture.query.protocol = breaks[_i].protocol;
    run_all();
    ck_assert_int_eq(fixture.outcomes[0].cause, breaks[_i].cause);
    ck_assert_pstr_eq(fixture.outcomes[0].detail, breaks[_i].detail);
}
END_TEST

START_TEST(an_answer_is_in_the_outcome_and_the_server_is_left_in_order)
{
    fake_reactor_reset(accepts, says_ho);
    fixture.query.protocol = &ho;
    fixture.query.service = "http";
    run_all();
    ck_assert_str_eq(answer_find(&fixture.outcomes[0].answer, "word")->text, "ho");
    ck_assert_str_eq(fixture.outcomes[0].protocol, "ho");
    ck_assert_str_eq(fixture.outcomes[0].service, "http");
    ck_assert_uint_eq(fake_reactor_sent(), 2); /* "hi", and "bye" */
    ck_assert(!fake_reactor_was_reset(0));
}
END_TEST

static const struct {
    const struct protocol *protocol;
    uint8_t transport;
    fake_reactor_send_fn *on_send;
    bool unformatted_first;
    enum probe_status status;
    enum probe_cause cause;
    size_t sent;
    const char *detail;
} reserved[] = {
    {&secretive, PROBE_UDP, NULL, false, PROBE_NOT_ASKED, PROBE_LOCAL_ERROR, 0, "no secret"},
    {&secretive, PROBE_TCP, NULL, false, PROBE_LISTENING, PROBE_LOCAL_ERROR, 0, "no secret"},
    {&secretive, PROBE_UDP, NULL, true, PROBE_LISTENING_OR_FILTERED, PROBE_TIMEOUT, 1, "no secret"},
    {&shy, PROBE_UDP, NULL, false, PROBE_LISTENING_OR_FILTERED, PROBE_TIMEOUT, 1,
     "it is silent to strangers"},
    {&shy, PROBE_UDP, NULL, true, PROBE_LISTENING_OR_FILTERED, PROBE_TIMEOUT, 2,
     "it is silent to strangers"},
    {&ho, PROBE_UDP, says_nothing_loudly, false, PROBE_LISTENING_OR_FILTERED, PROBE_TIMEOUT, 1,
     "1 datagram came, which is no reply"},
    {&ho, PROBE_UDP, says_other_id, false, PROBE_LISTENING_OR_FILTERED, PROBE_TIMEOUT, 1,
     "49 datagrams came, none of them a reply"},
    {&shy, PROBE_UDP, says_nothing_loudly, true, PROBE_LISTENING, PROBE_SILENT, 2,
     "1 datagram came, which is no reply"},
    {&shy, PROBE_UDP, is_unreachable, false, PROBE_NOT_LISTENING, PROBE_ICMP, 1, NULL},
    {&shy, PROBE_UDP, says_ho_whole, false, PROBE_LISTENING, PROBE_ANSWERED, 1, NULL},
};

START_TEST(what_asking_takes_and_what_silence_means_is_said)
{
    const struct outcome *outcome = &fixture.outcomes[0];

    fake_reactor_reset(accepts, reserved[_i].on_send);
    fixture.query.transport = reserved[_i].transport;
    fixture.query.protocol = reserved[_i].protocol;
    fixture.options.unformatted_first = reserved[_i].unformatted_first;
    run_all();
    ck_assert_int_eq(outcome->status, reserved[_i].status);
    ck_assert_int_eq(outcome->cause, reserved[_i].cause);
    ck_assert_uint_eq(fake_reactor_sent(), reserved[_i].sent);
    ck_assert_pstr_eq(outcome->detail, reserved[_i].detail);
}
END_TEST

START_TEST(who_is_only_reached_is_not_asked)
{
    fake_reactor_reset(accepts, says_ho);
    fixture.query.protocol = &ho;
    fixture.options.no_ask = true;
    run_all();
    ck_assert_int_eq(fixture.outcomes[0].cause, PROBE_ACCEPTED);
    ck_assert_int_eq(fixture.outcomes[0].ask.cause, PROBE_CAUSE_NONE);
    ck_assert_ptr_null(fixture.outcomes[0].protocol);
    ck_assert_uint_eq(fake_reactor_sent(), 0);
}
END_TEST

START_TEST(what_does_not_go_out_at_once_goes_out_later)
{
    fake_reactor_reset(accepts, NULL);
    fake_reactor_narrow(1);
    fixture.query.protocol = &ho;
    run_all();
    ck_assert_uint_eq(fake_reactor_sent(), 3);
}
END_TEST

START_TEST(a_slow_link_has_twice_the_time)
{
    fixture.query.transport = PROBE_UDP;
    fixture.query.protocol = &ho;
    fixture.options.slow = true;
    run_all();
    ck_assert_int_eq(passed(), 2000);
}
END_TEST

START_TEST(a_system_that_repeats_syns_is_given_its_time)
{
    fake_reactor_reset(refuses_late, NULL);
    fake_reactor_need_attempts(3000);
    fixture.query.transport = _i == 0 ? PROBE_TCP : PROBE_UDP;
    run_all();
    ck_assert_int_eq(fixture.outcomes[0].reach.cause, _i == 0 ? PROBE_RESET : PROBE_TIMEOUT);
    ck_assert_int_eq(passed(), _i == 0 ? 1500 : 1000);
}
END_TEST

START_TEST(a_system_that_needs_longer_attempts_has_them_and_says_so)
{
    fake_reactor_need_attempts(3000);
    fixture.options.attempts = 2;
    run_all();
    ck_assert_int_eq(passed(), 6000);
    CHECK_CONTAINS(fixture.outcomes[0].detail, "3000 ms");
}
END_TEST

static void has_no_port_500(size_t socket, const struct fake_reactor_socket *opened,
                            struct probe_error *error)
{
    (void)socket;
    if (opened->options.source.port == 500) {
        *error = (struct probe_error){.cause = PROBE_LOCAL_ERROR, .code = 98};
    }
}

START_TEST(a_source_port_that_is_taken_is_done_without)
{
    fake_reactor_reset(has_no_port_500, says_ho_whole);
    fixture.query.transport = PROBE_UDP;
    fixture.query.protocol = &ho;
    run_all();
    ck_assert_int_eq(fixture.outcomes[0].cause, PROBE_ANSWERED);
}
END_TEST

/* TLS. */

static void shakes(size_t socket, const struct fake_reactor_socket *sender, const void *bytes,
                   size_t size)
{
    const uint8_t *at = bytes;

    (void)sender;
    if (size == 5 && memcmp(at, "HELLO", 5) == 0) {
        fake_reactor_say(socket, 10, "UP", 2);
    } else if (size == 3 && at[0] == (uint8_t) ~'h') {
        const uint8_t reply[] = {(uint8_t) ~'h', (uint8_t) ~'o', at[2]};

        fake_reactor_say(socket, 4, reply, sizeof(reply));
    }
}

/* TLS comes up, and that is all. */
static void shakes_and_is_silent(size_t socket, const struct fake_reactor_socket *sender,
                                 const void *bytes, size_t size)
{
    (void)sender;
    if (size == 5 && memcmp(bytes, "HELLO", 5) == 0) {
        fake_reactor_say(socket, 10, "UP", 2);
    }
}

static void shakes_and_alerts(size_t socket, const struct fake_reactor_socket *sender,
                              const void *bytes, size_t size)
{
    shakes_and_is_silent(socket, sender, bytes, size);
    if (size == 5 && memcmp(bytes, "HELLO", 5) == 0) {
        fake_reactor_say(socket, 20, "ALERT", 5);
    }
}

static void shakes_and_ends(size_t socket, const struct fake_reactor_socket *sender,
                            const void *bytes, size_t size)
{
    shakes_and_is_silent(socket, sender, bytes, size);
    if (size == 5 && memcmp(bytes, "HELLO", 5) == 0) {
        fake_reactor_end(socket, 20);
    }
}

static void shakes_and_resets(size_t socket, const struct fake_reactor_socket *sender,
                              const void *bytes, size_t size)
{
    shakes_and_is_silent(socket, sender, bytes, size);
    if (size == 5 && memcmp(bytes, "HELLO", 5) == 0) {
        fake_reactor_fail(socket, 20, &refused);
    }
}

static void alerts(size_t socket, const struct fake_reactor_socket *sender, const void *bytes,
                   size_t size)
{
    (void)sender;
    (void)bytes;
    (void)size;
    fake_reactor_say(socket, 10, "ALERT", 5);
}

static void starts_tls(size_t socket, const struct fake_reactor_socket *opened,
                       struct probe_error *error)
{
    accepts(socket, opened, error);
    fake_reactor_say(socket, 30, "go", 2);
}

static void shakes_after_ok(size_t socket, const struct fake_reactor_socket *sender,
                            const void *bytes, size_t size)
{
    if (size == 7 && memcmp(bytes, "okHELLO", 7) == 0) {
        fake_reactor_say(socket, 10, "UP", 2);
    } else {
        shakes(socket, sender, bytes, size);
    }
}

static const struct tls_case {
    fake_reactor_open_fn *on_open;
    fake_reactor_send_fn *on_send;
    const struct protocol *protocol;
    enum probe_cause cause;
    bool says_word;
    int64_t tls; /* milliseconds; -1 */
} tls_cases[] = {
    {accepts, shakes, &ho_in_tls, PROBE_ANSWERED, true, 10},
    {accepts, shakes, &only_tls, PROBE_ANSWERED, false, 10},
    {accepts, alerts, &ho_in_tls, PROBE_ANSWERED, false, -1},
    {accepts, says_garbage, &ho_in_tls, PROBE_WRONG_PROTOCOL, false, -1},
    {accepts, NULL, &ho_in_tls, PROBE_SILENT, false, -1},
    {accepts_and_ends, NULL, &ho_in_tls, PROBE_RESET_AFTER_CONNECT, false, -1},
    {starts_tls, shakes_after_ok, &ho_then_tls, PROBE_ANSWERED, true, 10},
};

START_TEST(a_talk_goes_on_in_tls)
{
    const struct tls_case *one = &tls_cases[_i];

    fake_reactor_reset(one->on_open, one->on_send);
    fixture.query.protocol = one->protocol;
    run_all();
    ck_assert_int_eq(fixture.outcomes[0].status, PROBE_LISTENING);
    ck_assert_int_eq(fixture.outcomes[0].cause, one->cause);
    ck_assert((answer_find(&fixture.outcomes[0].answer, "word") != NULL) == one->says_word);
    ck_assert_int_eq(fixture.outcomes[0].timings.tls, one->tls < 0 ? -1 : one->tls * 1000);
    ck_assert((answer_find(&fixture.outcomes[0].answer, "tls_version") != NULL) ==
              (one->cause == PROBE_ANSWERED));
}
END_TEST

static void slips_words_in(size_t socket, const struct fake_reactor_socket *opened,
                           struct probe_error *error)
{
    accepts(socket, opened, error);
    fake_reactor_say(socket, 30, "goho!", 5);
}

START_TEST(what_is_slipped_in_before_tls_is_dropped_and_told)
{
    const struct answer *answer = &fixture.outcomes[0].answer;

    fake_reactor_reset(slips_words_in, shakes_after_ok);
    fixture.query.protocol = &ho_then_tls;
    run_all();
    ck_assert_int_eq(fixture.outcomes[0].cause, PROBE_ANSWERED);
    ck_assert_ptr_nonnull(answer_find(answer, "word"));
    ck_assert_int_eq(answer_find(answer, "tls_plain_bytes")->number, 3);
}
END_TEST

static size_t said_last;
static const char *refusal;

static void refuses_tls(size_t socket, const struct fake_reactor_socket *sender, const void *bytes,
                        size_t size)
{
    (void)sender;
    said_last = size;
    if (size == 7 && memcmp(bytes, "okHELLO", 7) == 0) {
        fake_reactor_say(socket, 10, refusal, strlen(refusal));
    }
}

/* Words of a stranger, and an alert. */
static const char *const refusals[] = {"no", "ALERT"};

static const struct {
    fake_reactor_send_fn *on_send;
    const char *detail;
} only_shake[] = {
    {shakes_and_is_silent, "TLS came up; then: nothing more came in time"},
    {shakes_and_alerts, "TLS came up; then: certificate required"},
    {shakes_and_ends, "TLS came up; then: the server closed"},
    {shakes_and_resets, "TLS came up; then: the connection broke"},
};

START_TEST(tls_that_came_up_is_an_answer_in_part)
{
    fake_reactor_reset(accepts, only_shake[_i].on_send);
    fixture.query.protocol = &ho_in_tls;
    run_all();
    ck_assert_int_eq(fixture.outcomes[0].cause, PROBE_ANSWERED);
    ck_assert(fixture.outcomes[0].is_partial);
    ck_assert_ptr_nonnull(answer_find(&fixture.outcomes[0].answer, "tls_version"));
    ck_assert_str_eq(fixture.outcomes[0].detail, only_shake[_i].detail);
}
END_TEST

START_TEST(what_was_said_before_too_much_stays_an_answer)
{
    fake_reactor_reset(pours, NULL);
    fixture.query.protocol = &greedy_enough;
    run_all();
    ck_assert_int_eq(fixture.outcomes[0].cause, PROBE_ANSWERED);
    ck_assert(fixture.outcomes[0].is_partial);
    ck_assert_str_eq(fixture.outcomes[0].detail, "more than 1000 bytes, and no end");
}
END_TEST

START_TEST(what_was_said_before_tls_stays_an_answer_without_it)
{
    refusal = refusals[_i];
    fake_reactor_reset(starts_tls, refuses_tls);
    fixture.query.protocol = &enough_then_tls;
    run_all();
    ck_assert_int_eq(fixture.outcomes[0].cause, PROBE_ANSWERED);
    ck_assert(fixture.outcomes[0].is_partial);
    ck_assert_str_ne(fixture.outcomes[0].detail, "");
    ck_assert_ptr_null(answer_find(&fixture.outcomes[0].answer, "word"));
    ck_assert_msg(said_last == 7, "a farewell in the middle of a handshake");
}
END_TEST

START_TEST(without_tls_a_port_is_reached_all_the_same)
{
    fake_tls_is_there(false);
    fake_reactor_reset(accepts, shakes);
    fixture.query.protocol = &ho_in_tls;
    fixture.query_count = 3;
    run_all();
    ck_assert_uint_eq(fixture.count, 3);
    ck_assert_int_eq(fixture.outcomes[0].status, PROBE_LISTENING);
    ck_assert_int_eq(fixture.outcomes[0].cause, PROBE_LOCAL_ERROR);
    ck_assert_uint_eq(fixture.warnings, 1);
}
END_TEST

/* Many. */

START_TEST(no_more_are_in_flight_than_allowed)
{
    fixture.query_count = 500;
    fixture.options.in_flight = 40;
    run_all();
    ck_assert_uint_eq(fixture.count, 500);
    ck_assert_uint_eq(fixture.sum.most_in_flight, 40);
    ck_assert_uint_eq(fake_reactor_most_sockets(), 40);
}
END_TEST

START_TEST(many_silent_ports_take_little_longer_than_one)
{
    fixture.query_count = 1000;
    run_all();
    ck_assert_uint_eq(fixture.count, 1000);
    ck_assert_int_ge(passed(), 3000);
    ck_assert_int_le(passed(), 3100);
}
END_TEST

START_TEST(a_rate_is_kept_whether_or_not_anybody_answers)
{
    fixture.query_count = 300;
    fixture.options.rate = 100;
    run_all(); /* all are silent: the last one begins after 2990 ms */
    ck_assert_uint_eq(fixture.count, 300);
    ck_assert_int_ge(passed(), 2990 + 3000);
    ck_assert_int_le(passed(), 2990 + 3100);
}
END_TEST

START_TEST(a_rate_ends_with_the_last_query)
{
    fake_reactor_reset(refuses, NULL);
    fixture.query_count = 3;
    fixture.options.rate = 1;
    run_all();
    ck_assert_uint_eq(fixture.count, 3);
    ck_assert_int_ge(passed(), 2000);
    ck_assert_int_le(passed(), 2100);
}
END_TEST

static void count_sessions(void *context)
{
    *(int *)context = fake_tls_count() - 1; /* one is the library */
}

/*
 * TLS at once, or after words in plain, which are worth something or not; what
 * becomes of a talk whose server resets, says something out of turn or ends
 * while it waits.
 */
static const struct {
    const struct protocol *protocol;
    enum probe_cause resets;
    enum probe_cause speaks;
    enum probe_cause ends;
} crowds[] = {
    {&ho_in_tls, PROBE_RESET_AFTER_CONNECT, PROBE_WRONG_PROTOCOL, PROBE_RESET_AFTER_CONNECT},
    {&ho_then_tls, PROBE_INCOMPLETE, PROBE_WRONG_PROTOCOL, PROBE_INCOMPLETE},
    {&enough_then_tls, PROBE_ANSWERED, PROBE_ANSWERED, PROBE_ANSWERED},
};

static size_t count_causes(enum probe_cause cause, size_t from, size_t step)
{
    size_t causes = 0;

    for (size_t i = 0; i < fixture.count; i++) {
        size_t number = fixture.tags[i] % 100000;

        if (number >= from && (number - from) % step == 0) {
            causes += fixture.outcomes[i].cause == cause ? 1 : 0;
        }
    }
    return causes;
}

static void accepts_into_tls(size_t socket, const struct fake_reactor_socket *opened,
                             struct probe_error *error)
{
    accepts(socket, opened, error);
    if (fixture.query.protocol != &ho_in_tls) {
        fake_reactor_say(socket, 30, "go", 2);
    }
}

/* The last one that is connected ends when it has waited for half a second. */
static void accepts_and_last_ends(size_t socket, const struct fake_reactor_socket *opened,
                                  struct probe_error *error)
{
    accepts_into_tls(socket, opened, error);
    if (opened->options.target.port == fixture.query.port + ENGINE_TLS_MOST + 99) {
        fake_reactor_fail(socket, 500, &(struct probe_error){.cause = PROBE_RESET});
    }
}

START_TEST(no_more_talk_in_tls_than_memory_is_for)
{
    int sessions[2] = {0};

    fixture.query.protocol = crowds[_i].protocol;
    fixture.query_count = ENGINE_TLS_MOST + 100;
    fixture.options.per_target = ENGINE_IN_FLIGHT;
    fake_reactor_reset(accepts_and_last_ends, NULL);
    fake_reactor_call(2000, count_sessions, &sessions[0]);
    fake_reactor_call(4000, count_sessions, &sessions[1]);
    run_all();
    ck_assert_int_eq(sessions[0], ENGINE_TLS_MOST);
    ck_assert_int_eq(sessions[1], 99); /* those that had to wait, but for the one that was reset */
    ck_assert_uint_eq(fixture.count, ENGINE_TLS_MOST + 100);
    for (size_t i = 0; i < fixture.count; i++) {
        ck_assert_int_eq(fixture.outcomes[i].status, PROBE_LISTENING);
    }
    ck_assert_uint_eq(count_causes(crowds[_i].resets, ENGINE_TLS_MOST + 99, 1), 1);
    ck_assert_int_lt(passed(), 6500);
    ck_assert_int_eq(fake_tls_count(), 0);
}
END_TEST

/* Those beyond what may talk in TLS say something, or end, when they have waited for half a second.
 */
static void accepts_and_rest_is_impatient(size_t socket, const struct fake_reactor_socket *opened,
                                          struct probe_error *error)
{
    accepts_into_tls(socket, opened, error);
    if (opened->options.target.port < fixture.query.port + ENGINE_TLS_MOST) {
        return;
    }
    if (opened->options.target.port % 2 == 0) {
        fake_reactor_say(socket, 500, "SSH", 3);
    } else {
        fake_reactor_end(socket, 500);
    }
}

START_TEST(who_speaks_before_tls_does_not_pass_those_that_wait)
{
    size_t even = fixture.query.port % 2; /* the first of those that wait that has an even port */
    int sessions = 0;

    fixture.query.protocol = crowds[_i].protocol;
    fixture.query_count = ENGINE_TLS_MOST + 100;
    fixture.options.per_target = ENGINE_IN_FLIGHT;
    fake_reactor_reset(accepts_and_rest_is_impatient, NULL);
    fake_reactor_call(2000, count_sessions, &sessions);
    run_all();
    ck_assert_int_eq(sessions, ENGINE_TLS_MOST);
    ck_assert_uint_eq(count_causes(crowds[_i].speaks, ENGINE_TLS_MOST + even, 2), 50);
    ck_assert_uint_eq(count_causes(crowds[_i].ends, ENGINE_TLS_MOST + 1 - even, 2), 50);
}
END_TEST

/* The first target is silent, the second refuses. */
static void only_second_refuses(size_t socket, const struct fake_reactor_socket *opened,
                                struct probe_error *error)
{
    if (opened->options.target.address[3] == 2) {
        refuses(socket, opened, error);
    }
}

START_TEST(a_silent_target_does_not_hold_up_another)
{
    fixture.targets[1] = (struct engine_target){
        .host = "192.0.2.2", .address = {.address = {192, 0, 2, 2}, .address_size = 4}};
    fixture.target_count = 2;
    fixture.query_count = 300;
    fixture.options.per_target = 50;
    fake_reactor_reset(only_second_refuses, NULL);
    run_all();
    ck_assert_uint_eq(fixture.count, 600);
    for (size_t i = 0; i < 300; i++) {
        ck_assert_uint_ge(fixture.tags[i], 100000);
    }
    ck_assert_int_le(passed(), 6 * 3000 + 100);
}
END_TEST

START_TEST(a_target_without_ports_is_passed_over)
{
    fixture.query_count = 0;
    run_all();
    ck_assert_uint_eq(fixture.count, 0);
    ck_assert_uint_eq(fixture.sum.targets, 1);
}
END_TEST

/* This machine has room for fixture.room sockets. */
static void has_little_room(size_t socket, const struct fake_reactor_socket *opened,
                            struct probe_error *error)
{
    if (fake_reactor_open_sockets() >= fixture.room) {
        *error = no_room;
    } else {
        accepts(socket, opened, error);
    }
}

START_TEST(a_machine_that_lacks_sockets_makes_queries_wait)
{
    fixture.room = 10;
    fixture.query_count = 200;
    fake_reactor_reset(has_little_room, NULL);
    run_all();
    ck_assert_uint_eq(fixture.count, 200);
    for (size_t i = 0; i < fixture.count; i++) {
        ck_assert_int_eq(fixture.outcomes[i].status, PROBE_LISTENING);
    }
    ck_assert_uint_eq(fixture.warnings, 1);
    ck_assert_uint_eq(fake_reactor_most_sockets(), 10);
    ck_assert_int_le(passed(), 3000); /* ten at a time, and not one */
}
END_TEST

static void has_little_room_and_is_silent(size_t socket, const struct fake_reactor_socket *opened,
                                          struct probe_error *error)
{
    (void)socket;
    (void)opened;
    if (fake_reactor_open_sockets() >= fixture.room) {
        *error = no_room;
    }
}

/* Longer than anybody's patience, but never without hope. */
START_TEST(who_waits_long_for_a_socket_gets_one)
{
    fixture.room = 2;
    fixture.query_count = 20;
    fake_reactor_reset(has_little_room_and_is_silent, NULL);
    run_all();
    ck_assert_uint_eq(fixture.count, 20);
    for (size_t i = 0; i < fixture.count; i++) {
        ck_assert_int_eq(fixture.outcomes[i].status, PROBE_FILTERED);
    }
    ck_assert_int_ge(passed(), 30000);
    ck_assert_int_le(passed(), 60000);
}
END_TEST

START_TEST(a_machine_without_any_socket_is_no_filtered_port)
{
    fixture.room = 0;
    fixture.query_count = 3;
    fake_reactor_reset(has_little_room, NULL);
    run_all();
    ck_assert_uint_eq(fixture.count, 3);
    ck_assert_int_eq(fixture.outcomes[0].status, PROBE_NOT_ASKED);
    ck_assert_int_eq(fixture.outcomes[0].cause, PROBE_LOCAL_ERROR);
    ck_assert_ptr_nonnull(fixture.outcomes[0].detail);
}
END_TEST

START_TEST(a_stop_leaves_what_is_known)
{
    fixture.query_count = 100;
    fixture.options.in_flight = 20;
    fixture.stop_after = 5;
    fake_reactor_reset(refuses, NULL);
    CHECK_DONE(run_engine(), fixture.why);
    ck_assert(fixture.sum.was_stopped);
    ck_assert_uint_ge(fixture.count, 5);
    ck_assert_uint_lt(fixture.count, 30);
    ck_assert_uint_eq(fixture.sum.stopped, fixture.sum.started - fixture.sum.delivered);
}
END_TEST

/* The first port refuses at once, the others answer in good time. */
static void first_refuses(size_t socket, const struct fake_reactor_socket *opened,
                          struct probe_error *error)
{
    if (opened->options.target.port == fixture.query.port) {
        fake_reactor_fail(socket, 5, &refused);
    } else {
        accepts(socket, opened, error);
    }
}

/* A pager that nobody turns on: meanwhile the replies come, and lie in the sockets. */
START_TEST(a_slow_reader_makes_nobody_late)
{
    fixture.slow_reader = _i == 0 ? 3500 : 20000;
    fixture.query.protocol = &ho;
    fixture.query.transport = _i == 2 ? PROBE_UDP : PROBE_TCP;
    fixture.query_count = 600;
    fake_reactor_reset(first_refuses, says_ho);
    if (_i == 2) {
        fake_reactor_reset(first_refuses, says_ho_whole);
    }
    run_all();
    ck_assert_uint_eq(fixture.count, 600);
    for (size_t i = 1; i < fixture.count; i++) {
        ck_assert_int_eq(fixture.outcomes[i].cause, PROBE_ANSWERED);
        ck_assert_uint_eq(fixture.outcomes[i].reach.attempts, 1);
    }
}
END_TEST

static void stop_engine(void *engine)
{
    engine_stop(*(struct engine **)engine);
}

START_TEST(a_stop_ends_a_wait)
{
    fake_reactor_call(500, stop_engine, &fixture.engine);
    CHECK_DONE(run_engine(), fixture.why);
    ck_assert_int_eq(passed(), 500);
    ck_assert_uint_eq(fixture.count, 0);
    ck_assert_uint_eq(fixture.sum.stopped, 1);
}
END_TEST

/* Stopped in the middle, after 100 ms; a server that answers does so after `reply` ms. */
static const struct {
    const struct protocol *protocol;
    int transport;
    int64_t reply; /* 0: never */
    int64_t takes;
    size_t outcomes;
    size_t sends;
} broken_off[] = {
    {&ho, PROBE_UDP, 0, 100, 0, 2},          /* its request, and its farewell */
    {&ho, PROBE_UDP, 200, 100, 0, 2},        /* what it would answer nobody needs */
    {&ho, PROBE_TCP, 200, 100, 1, 2},        /* but the port is open */
    {&greedy, PROBE_TCP, 0, 100, 1, 0},      /* it has no farewell */
    {&ho_in_tls, PROBE_TCP, 200, 100, 1, 1}, /* TLS is not up: its beginning is all that is said */
    {&ho_leaves_something, PROBE_UDP, 200, 200, 1, 2},
    {&ho_leaves_something, PROBE_TCP, 200, 220, 1, 2},
    {&ho_leaves_something, PROBE_UDP, 900, 400, 0, 2},
    {&ho_leaves_something, PROBE_UDP, 0, 400, 0, 2},
};

static void says_ho_in_time(size_t socket, const struct fake_reactor_socket *sender,
                            const void *bytes, size_t size)
{
    (void)sender;
    if (size == 3 && memcmp(bytes, "hi", 2) == 0 && broken_off[fixture.broken_off].reply > 0) {
        char reply[3] = {'h', 'o', ((const char *)bytes)[2]};

        fake_reactor_say(socket, broken_off[fixture.broken_off].reply, reply, sizeof(reply));
    }
}

START_TEST(a_stop_takes_leave_of_who_was_asked)
{
    fixture.broken_off = _i;
    fixture.query.transport = (uint8_t)broken_off[_i].transport;
    fixture.query.protocol = broken_off[_i].protocol;
    fake_reactor_reset(broken_off[_i].transport == PROBE_TCP ? accepts : NULL, says_ho_in_time);
    fake_reactor_call(100, stop_engine, &fixture.engine);
    CHECK_DONE(run_engine(), fixture.why);
    ck_assert_int_eq(passed(), broken_off[_i].takes);
    ck_assert_uint_eq(fixture.count, broken_off[_i].outcomes);
    ck_assert_uint_eq(fixture.sum.stopped, 1 - broken_off[_i].outcomes);
    ck_assert_uint_eq(fake_reactor_sent(), broken_off[_i].sends);
    ck_assert(fixture.sum.was_stopped);
    if (fixture.count == 1 && broken_off[_i].protocol->side_effect == NULL) {
        ck_assert_uint_eq(fixture.sum.cut_short, 1);
        ck_assert_int_eq(fixture.outcomes[0].status, PROBE_LISTENING);
        ck_assert_int_eq(fixture.outcomes[0].cause, PROBE_STOPPED);
        ck_assert_str_eq(fixture.outcomes[0].detail, "stopped before it answered");
    }
    ck_assert_int_eq(fake_reactor_was_reset(0), broken_off[_i].protocol->farewell == NULL);
}
END_TEST

/* The TLS that came up before the stop is told. */
START_TEST(a_stop_tells_what_had_come)
{
    fixture.query.protocol = &ho_in_tls;
    fake_reactor_reset(accepts, shakes_and_is_silent);
    fake_reactor_call(500, stop_engine, &fixture.engine);
    CHECK_DONE(run_engine(), fixture.why);
    ck_assert_uint_eq(fixture.count, 1);
    ck_assert_int_eq(fixture.outcomes[0].cause, PROBE_STOPPED);
    ck_assert_uint_gt(fixture.outcomes[0].answer.count, 0);
    ck_assert(fixture.outcomes[0].is_partial);
    ck_assert_str_eq(fixture.outcomes[0].detail, "stopped before the rest of the answer came");
}
END_TEST

START_TEST(nobody_who_reads_ends_the_run)
{
    fixture.query_count = 100;
    fixture.fail_after = 3;
    fake_reactor_reset(refuses, NULL);
    CHECK_FAILED(run_engine(), FAILURE_NO_READER, fixture.why);
    ck_assert_uint_eq(fixture.count, 3);
}
END_TEST

START_TEST(a_name_is_resolved_once_and_one_without_address_is_not_asked)
{
    fixture.targets[0] = (struct engine_target){.host = "here"};
    fixture.targets[1] = (struct engine_target){.host = "nowhere"};
    fixture.target_count = 2;
    fixture.query_count = 2;
    fake_reactor_reset(refuses_at_once, NULL);
    fake_reactor_await_wake(true);
    run_all();
    ck_assert_uint_eq(fixture.count, 4);
    for (size_t i = 0; i < fixture.count; i++) {
        const struct outcome *outcome = &fixture.outcomes[i];
        bool is_here = fixture.tags[i] < 100000;

        ck_assert_str_eq(outcome->host, is_here ? "here" : "nowhere");
        ck_assert_int_eq(outcome->target.address_size, is_here ? 4 : 0);
        ck_assert_int_eq(outcome->status, is_here ? PROBE_NOT_LISTENING : PROBE_NOT_ASKED);
        ck_assert_int_eq(outcome->cause, is_here ? PROBE_RESET : PROBE_NAME_NOT_RESOLVED);
        ck_assert_int_ge(outcome->timings.name, 0);
    }
}
END_TEST

START_TEST(of_a_name_that_nobody_can_tell_of_that_is_said)
{
    fixture.targets[0] = (struct engine_target){.host = "later"};
    fixture.targets[1] = (struct engine_target){.host = "nowhere"};
    fixture.target_count = 2;
    fake_reactor_reset(refuses_at_once, NULL);
    fake_reactor_await_wake(true);
    run_all();
    ck_assert_uint_eq(fixture.count, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct outcome *outcome = &fixture.outcomes[i];

        ck_assert_int_eq(outcome->cause, PROBE_NAME_NOT_RESOLVED);
        ck_assert_int_eq(outcome->name_is_unsure, strcmp(outcome->host, "later") == 0);
    }
}
END_TEST

static const struct {
    const char *name;
    const char *detail;
} blocked[] = {
    {"blocked", "its address is 0.0.0.0, which no host can have"},
    {"blocked6", "its address is ::, which no host can have"},
    {"group", "its address is one of multicast or broadcast, which is of many hosts"},
    {"0.0.0.0", "its address is 0.0.0.0, which no host can have"},
};

START_TEST(nobodys_address_is_not_asked)
{
    fixture.targets[0] = (struct engine_target){.host = blocked[_i].name};
    fixture.target_count = 1;
    fake_reactor_reset(refuses_at_once, NULL);
    fake_reactor_await_wake(_i < 3);
    run_all();
    ck_assert_uint_eq(fixture.count, 1);
    ck_assert_int_eq(fixture.outcomes[0].status, PROBE_NOT_ASKED);
    ck_assert_int_eq(fixture.outcomes[0].cause, PROBE_NAME_NOT_RESOLVED);
    ck_assert_str_eq(fixture.outcomes[0].detail, blocked[_i].detail);
    ck_assert_int_eq(fixture.outcomes[0].target.address_size, 0);
}
END_TEST

/* What a name of several addresses is asked at: 2001:db8::1, 192.0.2.1, 192.0.2.2. */
static const struct {
    int family;
    bool all;
    const char *asked[3]; /* in the order of their numbers */
    const char *others[3];
} names[] = {
    {0, false, {"2001:db8::1"}, {"192.0.2.1, 192.0.2.2"}},
    {4, false, {"192.0.2.1"}, {"192.0.2.2"}},
    {6, false, {"2001:db8::1"}, {NULL}},
    {0,
     true,
     {"2001:db8::1", "192.0.2.1", "192.0.2.2"},
     {"192.0.2.1, 192.0.2.2", "2001:db8::1, 192.0.2.2", "2001:db8::1, 192.0.2.1"}},
    {4, true, {"192.0.2.1", "192.0.2.2"}, {"192.0.2.2", "192.0.2.1"}},
};

static void check_address(const struct outcome *outcome, const char *address, const char *others)
{
    struct text text = {0};

    socket_endpoint_add_address(&text, &outcome->target);
    ck_assert_str_eq(text_bytes(&text), address);
    ck_assert_pstr_eq(outcome->other_addresses, others);
    ck_assert_str_eq(outcome->host, "many");
    ck_assert_int_ge(outcome->timings.name, 0);
    text_clear(&text);
}

START_TEST(a_name_is_asked_at_its_first_address_or_at_each)
{
    size_t addresses = 0;

    while (addresses < 3 && names[_i].asked[addresses] != NULL) {
        addresses++;
    }
    fixture.targets[0] = (struct engine_target){.host = "many"};
    fixture.target_count = 1;
    fixture.query_count = 2;
    fixture.options.family = names[_i].family;
    fixture.options.all_addresses = names[_i].all;
    fake_reactor_reset(refuses_at_once, NULL);
    fake_reactor_await_wake(true);
    run_all();
    ck_assert_uint_eq(fixture.count, 2 * addresses);
    ck_assert_uint_eq(fixture.sum.targets, 1);
    ck_assert_uint_eq(fixture.sum.more_addresses, addresses - 1);
    for (size_t i = 0; i < fixture.count; i++) {
        size_t number = fixture.outcomes[i].address_number;

        ck_assert_uint_lt(number, addresses);
        check_address(&fixture.outcomes[i], names[_i].asked[number], names[_i].others[number]);
    }
    ck_assert_uint_eq(fixture.resolved, names[_i].family == 4 ? 2 : names[_i].family == 6 ? 0 : 3);
}
END_TEST

static Suite *make_suite(void)
{
    Suite *suite = suite_create("engine");
    TCase *one = tcase_create("one");
    TCase *many = tcase_create("many");

    tcase_add_checked_fixture(one, open_fixture, close_fixture);
    tcase_add_loop_test(one, a_port_is_what_the_network_says, 0, COUNT_OF(cases));
    tcase_add_loop_test(one, half_of_the_datagrams_are_an_incomplete_reply, 0, COUNT_OF(halves));
    tcase_add_loop_test(one, half_a_reply_is_worth_the_same_however_it_ends, 0, COUNT_OF(breaks));
    tcase_add_test(one, an_answer_is_in_the_outcome_and_the_server_is_left_in_order);
    tcase_add_loop_test(one, what_asking_takes_and_what_silence_means_is_said, 0,
                        COUNT_OF(reserved));
    tcase_add_test(one, who_is_only_reached_is_not_asked);
    tcase_add_test(one, what_does_not_go_out_at_once_goes_out_later);
    tcase_add_test(one, a_slow_link_has_twice_the_time);
    tcase_add_loop_test(one, a_system_that_repeats_syns_is_given_its_time, 0, 2);
    tcase_add_test(one, a_system_that_needs_longer_attempts_has_them_and_says_so);
    tcase_add_test(one, a_source_port_that_is_taken_is_done_without);
    tcase_add_loop_test(one, a_talk_goes_on_in_tls, 0, COUNT_OF(tls_cases));
    tcase_add_test(one, what_is_slipped_in_before_tls_is_dropped_and_told);
    tcase_add_loop_test(one, tls_that_came_up_is_an_answer_in_part, 0, COUNT_OF(only_shake));
    tcase_add_test(one, what_was_said_before_too_much_stays_an_answer);
    tcase_add_loop_test(one, what_was_said_before_tls_stays_an_answer_without_it, 0,
                        COUNT_OF(refusals));
    tcase_add_test(one, without_tls_a_port_is_reached_all_the_same);
    suite_add_tcase(suite, one);
    tcase_add_checked_fixture(many, open_fixture, close_fixture);
    tcase_add_test(many, no_more_are_in_flight_than_allowed);
    tcase_add_test(many, many_silent_ports_take_little_longer_than_one);
    tcase_add_test(many, a_rate_is_kept_whether_or_not_anybody_answers);
    tcase_add_test(many, a_rate_ends_with_the_last_query);
    tcase_add_loop_test(many, no_more_talk_in_tls_than_memory_is_for, 0, COUNT_OF(crowds));
    tcase_add_loop_test(many, who_speaks_before_tls_does_not_pass_those_that_wait, 0,
                        COUNT_OF(crowds));
    tcase_add_test(many, a_silent_target_does_not_hold_up_another);
    tcase_add_test(many, a_target_without_ports_is_passed_over);
    tcase_add_test(many, a_machine_that_lacks_sockets_makes_queries_wait);
    tcase_add_test(many, a_machine_without_any_socket_is_no_filtered_port);
    tcase_add_test(many, who_waits_long_for_a_socket_gets_one);
    tcase_add_test(many, a_stop_leaves_what_is_known);
    tcase_add_loop_test(many, a_slow_reader_makes_nobody_late, 0, 3);
    tcase_add_test(many, a_stop_ends_a_wait);
    tcase_add_loop_test(many, a_stop_takes_leave_of_who_was_asked, 0, COUNT_OF(broken_off));
    tcase_add_test(many, a_stop_tells_what_had_come);
    tcase_add_test(many, nobody_who_reads_ends_the_run);
    tcase_add_test(many, a_name_is_resolved_once_and_one_without_address_is_not_asked);
    tcase_add_test(many, of_a_name_that_nobody_can_tell_of_that_is_said);
    tcase_add_loop_test(many, nobodys_address_is_not_asked, 0, COUNT_OF(blocked));
    tcase_add_loop_test(many, a_name_is_asked_at_its_first_address_or_at_each, 0, COUNT_OF(names));
    suite_add_tcase(suite, many);
    return suite;
}

int main(void)
{
    return support_run_suite(make_suite());
}
