/* SPDX-License-Identifier: MIT */

/*
 * Certificates of tests/fixtures/certificates, which OpenSSL made, and some
 * that no honest issuer makes.
 */

#include "tests/support.h"

#include <stdio.h>
#include <stdlib.h>

#include "probes/byte_writer.h"
#include "probes/certificate.h"

static struct {
    char *bytes; /* of the fixture's file */
    size_t size;
    struct byte_writer made;
    struct certificate certificate;
    struct text text;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
}

static void close_fixture(void)
{
    free(fixture.bytes);
    byte_writer_clear(&fixture.made);
    text_clear(&fixture.text);
}

static void read_file(const char *name)
{
    char path[500];

    snprintf(path, sizeof(path), "%s/certificates/%s.der", PORTLEDGER_FIXTURES, name);
    fixture.bytes = support_read_file(path, &fixture.size);
    ck_assert(certificate_read(&fixture.certificate, (const uint8_t *)fixture.bytes, fixture.size));
}

static const char *subject(void)
{
    text_reset(&fixture.text);
    certificate_add_name(&fixture.text, &fixture.certificate.subject);
    return text_bytes(&fixture.text);
}

static const char *issuer(void)
{
    text_reset(&fixture.text);
    certificate_add_name(&fixture.text, &fixture.certificate.issuer);
    return text_bytes(&fixture.text);
}

static const char *key(void)
{
    text_reset(&fixture.text);
    certificate_add_key(&fixture.text, &fixture.certificate);
    return text_bytes(&fixture.text);
}

static const char *signature(void)
{
    text_reset(&fixture.text);
    certificate_add_signature(&fixture.text, &fixture.certificate);
    return text_bytes(&fixture.text);
}

#define ISSUER "CN=Test Issuer,O=portledger tests"
#define ROOT "CN=Test Root,O=portledger tests"

static const struct {
    const char *file;
    const char *subject;
    const char *issuer;
    const char *key;
    const char *signature;
    int64_t not_before;
    int64_t not_after;
} files[] = {
    {"root", ROOT, ROOT, "EC P-256", "ECDSA with SHA-256", 1577836800000, 4102444799000},
    {"between", ISSUER, ROOT, "RSA 2048", "ECDSA with SHA-256", 1577836800000, 4102444799000},
    {"valid",
     "CN=www.example.test,O=Pr\xc3\xbc"
     "fstand,C=DE",
     ISSUER, "EC P-256", "RSA with SHA-256", 1577836800000, 4102444799000},
    {"valid-rsa", "CN=www.example.test", ISSUER, "RSA 2048", "RSA with SHA-256", 1577836800000,
     4102444799000},
    {"valid-ed25519", "CN=www.example.test", ISSUER, "Ed25519", "RSA with SHA-256", 1577836800000,
     4102444799000},
    {"expired", "CN=www.example.test", ISSUER, "EC P-256", "RSA with SHA-256", 978307200000,
     1012709106000},
    {"future", "CN=www.example.test", ISSUER, "EC P-256", "RSA with SHA-256", 4039372800000,
     4102444799000},
};

START_TEST(what_stands_in_it_is_read)
{
    read_file(files[_i].file);
    ck_assert_str_eq(subject(), files[_i].subject);
    ck_assert_str_eq(issuer(), files[_i].issuer);
    ck_assert_str_eq(key(), files[_i].key);
    ck_assert_str_eq(signature(), files[_i].signature);
    ck_assert_int_eq(fixture.certificate.not_before, files[_i].not_before);
    ck_assert_int_eq(fixture.certificate.not_after, files[_i].not_after);
    ck_assert_int_eq(certificate_is_own_issuer(&fixture.certificate), _i == 0);
}
END_TEST

START_TEST(names_come_in_their_order)
{
    static const char *const expected[] = {"www.example.test", "*.example.test", "10.77.0.1",
                                           "fd77::1"};

    read_file("valid");
    for (int i = 0; i < COUNT_OF(expected); i++) {
        ck_assert(certificate_next_name(&fixture.certificate.names, &fixture.text));
        ck_assert_str_eq(text_bytes(&fixture.text), expected[i]);
    }
    ck_assert(!certificate_next_name(&fixture.certificate.names, &fixture.text));
}
END_TEST

static const struct {
    const char *host;
    bool is_for;
} hosts[] = {
    {"www.example.test", true},
    {"WWW.Example.TEST", true},
    {"www.example.test.", true},
    {"other.example.test", true},
    {"a.b.example.test", false}, /* a star is one label */
    {"example.test", false},
    {".example.test", false},
    {"*.example.test", true}, /* whoever asks so gets it so */
    {"www.example.testx", false},
    {"", false},
    {".", false},
    {"10.77.0.1", true},
    {"10.77.0.2", false},
    {"fd77::1", true},
    {"fd77:0:0:0::1", true},
    {"fd77::2", false},
};

START_TEST(hosts_are_compared)
{
    read_file("valid");
    ck_assert_int_eq(certificate_is_for(&fixture.certificate, hosts[_i].host), hosts[_i].is_for);
}
END_TEST

START_TEST(half_a_certificate_is_none)
{
    struct certificate half;
    size_t read = 0;

    read_file("valid");
    for (size_t size = 0; size < fixture.size; size++) {
        char *copy = malloc(size + 1); /* a sanitizer sees every byte beyond */

        ck_assert_ptr_nonnull(copy);
        memcpy(copy, fixture.bytes, size);
        read += certificate_read(&half, (const uint8_t *)copy, size) ? 1 : 0;
        free(copy);
    }
    ck_assert_uint_eq(read, 0);
}
END_TEST

/* DER by hand: an element around what was written since `from`. */
static void wrap(size_t from, uint8_t tag)
{
    struct byte_writer *made = &fixture.made;
    size_t size = made->size - from;
    uint8_t head[4] = {tag, 0x82, (uint8_t)(size >> 8), (uint8_t)size};

    byte_writer_zeros(made, sizeof(head));
    memmove(made->bytes + from + sizeof(head), made->bytes + from, size);
    memcpy(made->bytes + from, head, sizeof(head));
}

static void put(uint8_t tag, const void *bytes, size_t size)
{
    size_t from = fixture.made.size;

    byte_writer_add(&fixture.made, bytes, size);
    wrap(from, tag);
}

enum { UTF8 = 0x0c, TELETEX = 0x14, BMP = 0x1e, UNIVERSAL = 0x1c, INTEGER = 0x02, SEQUENCE = 0x30 };

/* One attribute of a name; its set is open, for more of them. */
static void put_attribute(const char *id, size_t id_size, uint8_t tag, const char *value,
                          size_t size)
{
    size_t from = fixture.made.size;

    put(0x06, id, id_size);
    put(tag, value, size);
    wrap(from, SEQUENCE);
}

static void put_part(const char *id, size_t id_size, uint8_t tag, const char *value, size_t size)
{
    size_t from = fixture.made.size;

    put_attribute(id, id_size, tag, value, size);
    wrap(from, 0x31);
}

#define CN "\x55\4\3", 3
#define O "\x55\4\xa", 3

/* A reader of a name that was made; its first element is taken off again. */
static struct byte_reader made_name(void)
{
    return byte_reader_of(fixture.made.bytes, fixture.made.size);
}

static const struct {
    uint8_t tag;
    const char *value;
    size_t size;
    const char *shown;
} values[] = {
    {UTF8, "a,b+c\"d\\e<f>g;h", 15, "CN=a\\,b\\+c\\\"d\\\\e\\<f\\>g\\;h"},
    {UTF8, " x ", 3, "CN=\\ x\\ "},
    {UTF8, "#x#", 3, "CN=\\#x#"},
    {UTF8, "", 0, "CN="},
    {UTF8, "www.bank.test\0.evil.test", 24, "CN=www.bank.test\\00.evil.test"},
    {TELETEX, "M\xfcller", 6, "CN=M\xc3\xbcller"},
    {BMP, "\0M\0\xfc\x20\xac", 6, "CN=M\xc3\xbc\xe2\x82\xac"},
    {BMP, "\xd8\0\0x", 4, "CN=\xef\xbf\xbdx"}, /* half of a pair */
    {UNIVERSAL, "\0\1\xf6\0", 4, "CN=\xf0\x9f\x98\x80"},
    {INTEGER, "\x12\x34", 2, "CN=#1234"},
};

START_TEST(values_are_written_as_rfc_4514_has_it)
{
    struct byte_reader name;

    put_part(CN, values[_i].tag, values[_i].value, values[_i].size);
    name = made_name();
    certificate_add_name(&fixture.text, &name);
    ck_assert_str_eq(text_bytes(&fixture.text), values[_i].shown);
}
END_TEST

START_TEST(parts_come_in_reverse_and_may_be_several)
{
    struct byte_reader name;
    size_t from;

    put_part(O, UTF8, "first", 5);
    from = fixture.made.size;
    put_attribute(CN, UTF8, "a", 1);
    put_attribute("\x2a\x03", 2, UTF8, "b", 1);
    wrap(from, 0x31);
    name = made_name();
    certificate_add_name(&fixture.text, &name);
    ck_assert_str_eq(text_bytes(&fixture.text), "CN=a+1.2.3=b,O=first");
}
END_TEST

/* A whole certificate around a common name, and names where there are some. */
static void make_certificate(const char *common, size_t common_size, const char *dns)
{
    size_t from;
    size_t at;

    put(INTEGER, "\x01", 1);
    from = fixture.made.size;
    put(0x06, "\x2a\x03", 2);
    wrap(from, SEQUENCE); /* signature algorithm 1.2.3 */
    from = fixture.made.size;
    put_part(O, UTF8, "issuer", 6);
    wrap(from, SEQUENCE);
    from = fixture.made.size;
    put(0x17, "491231235959Z", 13);
    put(0x18, "20500101000000Z", 15);
    wrap(from, SEQUENCE);
    from = fixture.made.size;
    put_part(CN, UTF8, common, common_size);
    wrap(from, SEQUENCE);
    from = fixture.made.size;
    put(0x06, "\x2a\x03", 2);
    wrap(from, SEQUENCE);
    put(0x03, "\0", 1);
    wrap(from, SEQUENCE);
    if (dns != NULL) {
        at = fixture.made.size;
        put(0x06, "\x55\x1d\x11", 3);
        from = fixture.made.size;
        put(0x82, dns, strlen(dns));
        wrap(from, SEQUENCE);
        wrap(from, 0x04);
        wrap(at, SEQUENCE);
        wrap(at, SEQUENCE);
        wrap(at, 0xa3);
    }
    wrap(0, SEQUENCE);
    wrap(0, SEQUENCE);
    ck_assert(certificate_read(&fixture.certificate, fixture.made.bytes, fixture.made.size));
}

static const struct {
    const char *common;
    const char *dns; /* NULL: there is no subjectAltName */
    const char *host;
    bool is_for;
} commons[] = {
    {"www.example.org", "www.example.net", "www.example.net", true},
    {"www.example.org", "www.example.net", "www.example.org", false},
    {"www.example.org", NULL, "www.example.org", false},
    {"*.example.org", NULL, "www.example.org", false},
    {"10.0.0.1", NULL, "10.0.0.1", false},
    {"fd77::1", NULL, "fd77::1", false},
};

START_TEST(a_common_name_is_no_host)
{
    const char *common = commons[_i].common;

    make_certificate(common, strlen(common), commons[_i].dns);
    ck_assert_int_eq(certificate_is_for(&fixture.certificate, commons[_i].host),
                     commons[_i].is_for);
}
END_TEST

START_TEST(a_long_name_is_told_whole)
{
    enum { PARTS = 100 };
    struct byte_reader name;
    struct text whole = {0};

    for (int i = 0; i < PARTS; i++) {
        char value[20];

        snprintf(value, sizeof(value), "%d", i);
        put_part(O, UTF8, value, strlen(value));
    }
    for (int i = PARTS; i-- > 0;) {
        text_addf(&whole, "O=%d%s", i, i > 0 ? "," : "");
    }
    name = made_name();
    certificate_add_name(&fixture.text, &name);
    ck_assert_str_eq(text_bytes(&fixture.text), text_bytes(&whole));
    text_clear(&whole);
}
END_TEST

static const struct {
    const char *id;
    size_t size;
    const char *shown;
} ids[] = {
    {"\x2a\x03", 2, "1.2.3=x"},
    {"\x2a\x83", 2, "#2a83=x"}, /* the last number has no end */
    {"\x2a\x83\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 11, "#2a83ffffffffffffffff7f=x"}, /* 2^65 */
    {"\x55\4\x82\x80\x80\x80\x80\x80\x80\x80\x80\3", 12,
     "#550482808080808080808003=x"}, /* not CN */
};

START_TEST(an_identifier_is_whole_or_none)
{
    struct byte_reader name;

    put_part(ids[_i].id, ids[_i].size, UTF8, "x", 1);
    name = made_name();
    certificate_add_name(&fixture.text, &name);
    ck_assert_str_eq(text_bytes(&fixture.text), ids[_i].shown);
}
END_TEST

START_TEST(both_kinds_of_dates_are_read)
{
    make_certificate("x", 1, NULL);
    ck_assert_int_eq(fixture.certificate.not_before, 2524607999000);
    ck_assert_int_eq(fixture.certificate.not_after, 2524608000000);
    ck_assert_str_eq(key(), "1.2.3"); /* what nobody knows is told by its number */
    ck_assert_str_eq(signature(), "1.2.3");
}
END_TEST

/* Lengths that lie, in every place. */
START_TEST(any_byte_may_be_wrong)
{
    struct certificate broken;
    struct text text = {0};

    read_file("valid");
    for (size_t at = 0; at < fixture.size; at++) {
        for (int bit = 0; bit < 8; bit++) {
            fixture.bytes[at] = (char)(fixture.bytes[at] ^ (1 << bit));
            if (certificate_read(&broken, (const uint8_t *)fixture.bytes, fixture.size)) {
                (void)certificate_is_for(&broken, "www.example.test");
                certificate_add_name(&text, &broken.subject);
                certificate_add_key(&text, &broken);
                certificate_add_signature(&text, &broken);
                text_reset(&text);
            }
            fixture.bytes[at] = (char)(fixture.bytes[at] ^ (1 << bit));
        }
    }
    text_clear(&text);
    ck_assert(certificate_read(&broken, (const uint8_t *)fixture.bytes, fixture.size));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("certificate");
    TCase *tcase = tcase_create("certificates");

    tcase_add_checked_fixture(tcase, open_fixture, close_fixture);
    tcase_add_loop_test(tcase, what_stands_in_it_is_read, 0, COUNT_OF(files));
    tcase_add_test(tcase, names_come_in_their_order);
    tcase_add_loop_test(tcase, hosts_are_compared, 0, COUNT_OF(hosts));
    tcase_add_test(tcase, half_a_certificate_is_none);
    tcase_add_loop_test(tcase, values_are_written_as_rfc_4514_has_it, 0, COUNT_OF(values));
    tcase_add_test(tcase, parts_come_in_reverse_and_may_be_several);
    tcase_add_loop_test(tcase, a_common_name_is_no_host, 0, COUNT_OF(commons));
    tcase_add_test(tcase, a_long_name_is_told_whole);
    tcase_add_loop_test(tcase, an_identifier_is_whole_or_none, 0, COUNT_OF(ids));
    tcase_add_test(tcase, both_kinds_of_dates_are_read);
    tcase_add_test(tcase, any_byte_may_be_wrong);
    suite_add_tcase(suite, tcase);
    return support_run_suite(suite);
}
