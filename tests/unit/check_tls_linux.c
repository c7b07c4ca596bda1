/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include <stdlib.h>

#include "base/text.h"
#include "probes/tls.h"
#include "tests/unit/tls_server_linux.h"

static const int64_t YEAR_BEGIN = 1767225600; /* 2026-01-01 */
static const int64_t YEAR_END = 1798761600;   /* 2027-01-01 */
static const int64_t NOW = 1795176000;        /* 2026-11-20 12:00 */

#define ROOTS "roots.pem"

enum kind {
    GOOD,
    EXPIRED,
    EARLY,
    OWN,
    STRANGE,
    CLIENT_ONLY,
    SHORT_KEY,
    OLD_DIGEST,
    ADDRESS,
    KIND_COUNT,
};

static struct {
    struct made_certificate root;
    struct made_certificate middle;
    struct made_certificate other_root;
    struct made_certificate leaf;
    struct tls_library *library;
    struct tls_session *session;
    struct tls_server server;
    struct byte_writer to_server;
    struct byte_writer to_client;
    struct byte_writer inside;
    struct answer answer;
    struct text shown;
    struct failure why;
} fixture;

static struct certificate_order order_of(enum kind kind)
{
    struct certificate_order order = {.subject = "server.example.com",
                                      .names = "DNS:server.example.com,DNS:*.wild.example.com",
                                      .usage = "serverAuth",
                                      .from = YEAR_BEGIN,
                                      .to = YEAR_END};

    switch (kind) {
    case EXPIRED:
        order.to = YEAR_BEGIN + 86400;
        break;
    case EARLY:
        order.from = YEAR_END - 86400;
        break;
    case CLIENT_ONLY:
        order.usage = "clientAuth";
        break;
    case SHORT_KEY:
        order.rsa_bits = 1024;
        break;
    case OLD_DIGEST:
        order.digest = EVP_sha1();
        break;
    case ADDRESS:
        order.names = "IP:192.0.2.7,IP:2001:db8::7";
        break;
    default:
        break;
    }
    return order;
}

static void make_leaf(enum kind kind)
{
    struct certificate_order order = order_of(kind);
    const struct made_certificate *issuer = kind == OWN       ? NULL
                                            : kind == STRANGE ? &fixture.other_root
                                                              : &fixture.middle;

    made_certificate_clear(&fixture.leaf);
    made_certificate_make(&fixture.leaf, &order, issuer);
}

static void close_talk(void)
{
    tls_close(fixture.session);
    fixture.session = NULL;
    tls_server_close(&fixture.server);
    byte_writer_clear(&fixture.to_server);
    byte_writer_clear(&fixture.to_client);
    byte_writer_clear(&fixture.inside);
    answer_clear(&fixture.answer);
    text_clear(&fixture.shown);
}

static void close_fixture(void)
{
    close_talk();
    tls_library_close(fixture.library);
    fixture.library = NULL;
    made_certificate_clear(&fixture.leaf);
    made_certificate_clear(&fixture.middle);
    made_certificate_clear(&fixture.root);
    made_certificate_clear(&fixture.other_root);
}

static void open_fixture(void)
{
    struct certificate_order root = {
        .subject = "Root", .from = YEAR_BEGIN, .to = YEAR_END, .is_authority = true};
    struct certificate_order middle = root;
    struct certificate_order other = root;

    middle.subject = "Middle";
    other.subject = "Other Root";
    made_certificate_make(&fixture.root, &root, NULL);
    made_certificate_make(&fixture.middle, &middle, &fixture.root);
    made_certificate_make(&fixture.other_root, &other, NULL);
    made_certificate_write(&fixture.root, ROOTS);
    ck_assert_int_eq(setenv("SSL_CERT_FILE", ROOTS, 1), 0);
    ck_assert_int_eq(setenv("SSL_CERT_DIR", "none", 1), 0);
    CHECK_DONE(tls_library_open(&fixture.library, &fixture.why), fixture.why);
    make_leaf(GOOD);
}

static void begin_talk(const char *host, int version)
{
    X509 *const issuers[] = {fixture.middle.x509, NULL};

    close_talk();
    tls_server_open(&fixture.server, &fixture.leaf, issuers, version);
    CHECK_DONE(tls_open(&fixture.session, fixture.library, host, NOW * 1000, &fixture.why),
               fixture.why);
}

static enum tls_state feed_client(const void *bytes, size_t size)
{
    uint8_t *block = malloc(size == 0 ? 1 : size);
    enum tls_state state;

    ck_assert_ptr_nonnull(block);
    if (size > 0) {
        memcpy(block, bytes, size);
    }
    state = tls_feed(fixture.session, block, size, &fixture.to_server, &fixture.inside);
    free(block);
    return state;
}

/* Leads what the client has said to the server. */
static void run_server(void)
{
    struct byte_writer bytes = fixture.to_server;

    fixture.to_server = (struct byte_writer){0};
    tls_server_feed(&fixture.server, bytes.bytes, bytes.size, &fixture.to_client);
    byte_writer_clear(&bytes);
}

/* Both talk until nobody has anything to say; `piece`: bytes at once. */
static enum tls_state shake_hands(size_t piece)
{
    enum tls_state state = feed_client(NULL, 0);

    do {
        struct byte_writer bytes;

        run_server();
        bytes = fixture.to_client;
        fixture.to_client = (struct byte_writer){0};
        for (size_t at = 0; at < bytes.size; at += piece) {
            state =
                feed_client(bytes.bytes + at, bytes.size - at < piece ? bytes.size - at : piece);
        }
        byte_writer_clear(&bytes);
    } while (fixture.to_server.size > 0 && state != TLS_ALERT && state != TLS_WRONG);
    return state;
}

static const char *value_of(const char *field)
{
    text_reset(&fixture.shown);
    for (size_t i = 0; i < fixture.answer.count; i++) {
        const struct answer_value *value = &fixture.answer.values[i];

        if (strcmp(value->field->name, field) == 0) {
            text_add(&fixture.shown, fixture.shown.size == 0 ? "" : ", ");
            text_addf(&fixture.shown, value->text != NULL ? "%s" : "%.0s%lld",
                      value->text != NULL ? value->text : "", (long long)value->number);
        }
    }
    return text_bytes(&fixture.shown);
}

static const struct {
    int number;
    const char *name;
} versions[] = {
    {TLS1_VERSION, "TLS 1.0"},
    {TLS1_1_VERSION, "TLS 1.1"},
    {TLS1_2_VERSION, "TLS 1.2"},
    {TLS1_3_VERSION, "TLS 1.3"},
};

START_TEST(every_version_is_talked)
{
    char heard[64];

    begin_talk("server.example.com", versions[_i].number);
    ck_assert_int_eq(shake_hands(SIZE_MAX / 2), TLS_UP);
    tls_tell(fixture.session, &fixture.answer);
    ck_assert_str_eq(value_of("tls_version"), versions[_i].name);
    ck_assert_int_eq(strncmp(value_of("tls_cipher"), "TLS_", 4), 0);
    ck_assert_str_eq(value_of("tls_verdict"), "trusted");
    ck_assert_str_eq(value_of("tls_name_matches"), "1");
    ck_assert_str_eq(value_of("certificate_subject"), "CN=server.example.com, CN=Middle");
    ck_assert_str_eq(value_of("tls_alert"), "");
    ck_assert_str_eq(fixture.server.name, "server.example.com");

    ck_assert(tls_say(fixture.session, (const uint8_t *)"ping", 4, &fixture.to_server));
    run_server();
    ck_assert_uint_eq(tls_server_hear(&fixture.server, heard, sizeof(heard)), 4);
    ck_assert_str_eq(heard, "ping");
    tls_server_say(&fixture.server, "pong", &fixture.to_client);
    ck_assert_int_eq(feed_client(fixture.to_client.bytes, fixture.to_client.size), TLS_UP);
    ck_assert_uint_eq(fixture.inside.size, 4);
    ck_assert_mem_eq(fixture.inside.bytes, "pong", 4);
    byte_writer_reset(&fixture.to_client);
    tls_server_shut_down(&fixture.server, &fixture.to_client);
    ck_assert_int_eq(feed_client(fixture.to_client.bytes, fixture.to_client.size), TLS_ENDED);
    ck_assert_int_eq(feed_client("x", 1), TLS_ENDED);
    ck_assert(!tls_say(fixture.session, (const uint8_t *)"ping", 4, &fixture.to_server));
}
END_TEST

static const struct {
    enum kind kind;
    const char *host;
    const char *verdict;
    const char *matches;
} chains[] = {
    {GOOD, "server.example.com", "trusted", "1"},
    {GOOD, "SERVER.example.com.", "trusted", "1"},
    {GOOD, "a.wild.example.com", "trusted", "1"},
    {GOOD, "other.example.com", "wrong name", "0"},
    {GOOD, "192.0.2.7", "wrong name", "0"},
    {ADDRESS, "192.0.2.7", "trusted", "1"},
    {ADDRESS, "2001:db8::7", "trusted", "1"},
    {ADDRESS, "192.0.2.8", "wrong name", "0"},
    {EXPIRED, "server.example.com", "expired", "1"},
    {EARLY, "server.example.com", "not yet valid", "1"},
    {OWN, "server.example.com", "self-signed", "1"},
    {STRANGE, "server.example.com", "unknown issuer", "1"},
    {CLIENT_ONLY, "server.example.com", "wrong use", "1"},
    {SHORT_KEY, "server.example.com", "weak", "1"},
    {OLD_DIGEST, "server.example.com", "weak", "1"},
};

START_TEST(the_verdict_ends_no_session)
{
    make_leaf(chains[_i].kind);
    begin_talk(chains[_i].host, TLS1_3_VERSION);
    ck_assert_int_eq(shake_hands(SIZE_MAX / 2), TLS_UP);
    tls_tell(fixture.session, &fixture.answer);
    ck_assert_str_eq(value_of("tls_verdict"), chains[_i].verdict);
    ck_assert_str_eq(value_of("tls_name_matches"), chains[_i].matches);
}
END_TEST

START_TEST(several_faults_are_all_told)
{
    struct certificate_order order = order_of(EXPIRED);

    made_certificate_clear(&fixture.leaf);
    made_certificate_make(&fixture.leaf, &order, NULL);
    begin_talk("other.example.com", TLS1_2_VERSION);
    ck_assert_int_eq(shake_hands(SIZE_MAX / 2), TLS_UP);
    tls_tell(fixture.session, &fixture.answer);
    CHECK_CONTAINS(value_of("tls_verdict"), "expired");
    CHECK_CONTAINS(value_of("tls_verdict"), "self-signed");
    CHECK_CONTAINS(value_of("tls_verdict"), "wrong name");
}
END_TEST

START_TEST(a_chain_with_a_gap_leads_to_nobody)
{
    X509 *const none[] = {NULL};

    begin_talk("server.example.com", TLS1_2_VERSION);
    tls_server_close(&fixture.server);
    tls_server_open(&fixture.server, &fixture.leaf, none, TLS1_2_VERSION);
    ck_assert_int_eq(shake_hands(SIZE_MAX / 2), TLS_UP);
    tls_tell(fixture.session, &fixture.answer);
    ck_assert_str_eq(value_of("tls_verdict"), "unknown issuer");
    ck_assert_str_eq(value_of("certificate_subject"), "CN=server.example.com");
}
END_TEST

static const struct {
    const char *host;
    const char *told;
} names[] = {
    {"server.example.com.", "server.example.com"},
    {"192.0.2.7", ""},
    {"2001:db8::7", ""},
    {"fe80::1%eth0", ""},
    {"", ""},
};

START_TEST(only_names_are_told)
{
    begin_talk(names[_i].host, TLS1_2_VERSION);
    ck_assert_int_eq(shake_hands(SIZE_MAX / 2), TLS_UP);
    ck_assert_str_eq(fixture.server.name, names[_i].told);
}
END_TEST

START_TEST(a_long_name_is_no_obstacle)
{
    char host[400];

    memset(host, 'a', sizeof(host));
    host[sizeof(host) - 1] = '\0';
    begin_talk(host, TLS1_2_VERSION);
    ck_assert_int_eq(shake_hands(SIZE_MAX / 2), TLS_UP);
    ck_assert_str_eq(fixture.server.name, "");
}
END_TEST

static const struct {
    int version;
    bool wants_certificate;
    const char *alert;
    const char *verdict; /* "": it refused before it showed a certificate */
} refusals[] = {
    {TLS1_2_VERSION, false, "handshake failure", ""},
    {TLS1_2_VERSION, true, "handshake failure", "trusted"},
    {TLS1_3_VERSION, true, "certificate required", "trusted"},
};

START_TEST(a_refusal_is_an_alert_with_a_name)
{
    begin_talk("server.example.com", refusals[_i].version);
    if (refusals[_i].wants_certificate) {
        SSL_set_verify(fixture.server.ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    } else {
        ck_assert_int_eq(SSL_set_cipher_list(fixture.server.ssl, "ADH-AES128-SHA"), 1);
    }
    ck_assert_int_eq(shake_hands(SIZE_MAX / 2), TLS_ALERT);
    CHECK_CONTAINS(tls_why(fixture.session), refusals[_i].alert);
    tls_tell(fixture.session, &fixture.answer);
    ck_assert_str_eq(value_of("tls_alert"), refusals[_i].alert);
    ck_assert_str_eq(value_of("tls_verdict"), refusals[_i].verdict);
}
END_TEST

static const struct {
    const char *bytes;
    size_t size;
    const char *why;
} others[] = {
    {"220 mail ESMTP\r\n", 16, "not TLS: 220 mail ESMTP"},
    {"HTTP/1.1 400 Bad Request\r\n\r\n", 28, "not TLS: HTTP/1.1 400 Bad Request"},
    {"\x16\x03\x03\xff\xff", 5, "not TLS"},
    {"\x16\x03\x03\x00\x04\x02\x00\x00\x00", 9, "TLS that cannot be followed"},
    {"\x17\x03\x03\x00\x01\x00", 6, "TLS that cannot be followed"},
};

START_TEST(what_is_not_tls_is_told)
{
    begin_talk("server.example.com", TLS1_2_VERSION);
    ck_assert_int_eq(feed_client(NULL, 0), TLS_SHAKING);
    ck_assert_int_eq(feed_client(others[_i].bytes, others[_i].size), TLS_WRONG);
    CHECK_CONTAINS(tls_why(fixture.session), others[_i].why);
    tls_tell(fixture.session, &fixture.answer);
    ck_assert_uint_eq(fixture.answer.count, 0);
}
END_TEST

START_TEST(nginx_refuses_by_an_alert)
{
    size_t size = 0;
    char *bytes = support_read_file(PORTLEDGER_FIXTURES "/probes/tls-nginx-alert.bin", &size);

    begin_talk("server.example.com", TLS1_2_VERSION);
    ck_assert_int_eq(feed_client(NULL, 0), TLS_SHAKING);
    ck_assert_int_eq(feed_client(bytes, size), TLS_ALERT);
    free(bytes);
    ck_assert_str_eq(tls_why(fixture.session), "the server refused by an alert: handshake failure");
    tls_tell(fixture.session, &fixture.answer);
    ck_assert_uint_eq(fixture.answer.count, 1);
    ck_assert_str_eq(value_of("tls_alert"), "handshake failure");
}
END_TEST

START_TEST(bytes_may_come_one_by_one)
{
    begin_talk("server.example.com", versions[_i].number);
    ck_assert_int_eq(shake_hands(1), TLS_UP);
    tls_tell(fixture.session, &fixture.answer);
    ck_assert_str_eq(value_of("tls_verdict"), "trusted");
}
END_TEST

/* The first flight of the server to a client that has just begun. */
static struct byte_writer first_flight(int version)
{
    struct byte_writer flight;

    begin_talk("server.example.com", version);
    ck_assert_int_eq(feed_client(NULL, 0), TLS_SHAKING);
    run_server();
    flight = fixture.to_client;
    fixture.to_client = (struct byte_writer){0};
    return flight;
}

START_TEST(a_flight_may_be_cut_anywhere)
{
    size_t size = 1;

    for (size_t cut = 1; cut < size; cut++) {
        struct byte_writer flight = first_flight(versions[_i].number);

        ck_assert_int_eq(feed_client(flight.bytes, cut), TLS_SHAKING);
        feed_client(flight.bytes + cut, flight.size - cut);
        ck_assert_int_eq(shake_hands(SIZE_MAX / 2), TLS_UP);
        size = flight.size;
        byte_writer_clear(&flight);
    }
}
END_TEST

START_TEST(a_flight_may_be_wrong_anywhere)
{
    size_t size = 1;

    for (size_t at = 0; at < size; at++) {
        struct byte_writer flight = first_flight(versions[_i].number);
        enum tls_state state;

        flight.bytes[at] ^= 0x81;
        state = feed_client(flight.bytes, flight.size);
        tls_tell(fixture.session, &fixture.answer);
        if (state == TLS_UP) { /* nobody signs the version in front of a record */
            ck_assert_str_eq(value_of("tls_verdict"), "trusted");
        }
        size = flight.size;
        byte_writer_clear(&flight);
    }
}
END_TEST

static Suite *tls_suite(void)
{
    Suite *suite = suite_create("tls_linux");
    TCase *tests = tcase_create("tls_linux");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, every_version_is_talked, 0, COUNT_OF(versions));
    tcase_add_loop_test(tests, the_verdict_ends_no_session, 0, COUNT_OF(chains));
    tcase_add_test(tests, several_faults_are_all_told);
    tcase_add_test(tests, a_chain_with_a_gap_leads_to_nobody);
    tcase_add_loop_test(tests, only_names_are_told, 0, COUNT_OF(names));
    tcase_add_test(tests, a_long_name_is_no_obstacle);
    tcase_add_loop_test(tests, a_refusal_is_an_alert_with_a_name, 0, COUNT_OF(refusals));
    tcase_add_loop_test(tests, what_is_not_tls_is_told, 0, COUNT_OF(others));
    tcase_add_test(tests, nginx_refuses_by_an_alert);
    tcase_add_loop_test(tests, bytes_may_come_one_by_one, 0, COUNT_OF(versions));
    tcase_add_loop_test(tests, a_flight_may_be_cut_anywhere, 2, COUNT_OF(versions));
    tcase_add_loop_test(tests, a_flight_may_be_wrong_anywhere, 2, COUNT_OF(versions));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(tls_suite());
}
