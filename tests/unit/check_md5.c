/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include "base/md5.h"
#include "base/text.h"

static struct {
    struct text text;
    struct failure why;
} fixture;

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
}

static void close_fixture(void)
{
    text_clear(&fixture.text);
}

static const char *in_hex(const uint8_t *digest)
{
    text_reset(&fixture.text);
    for (size_t i = 0; i < MD5_SIZE; i++) {
        text_addf(&fixture.text, "%02x", digest[i]);
    }
    return text_bytes(&fixture.text);
}

/* RFC 1321 appendix A.5. */
static const struct {
    const char *text;
    const char *digest;
} digests[] = {
    {"", "d41d8cd98f00b204e9800998ecf8427e"},
    {"abc", "900150983cd24fb0d6963f7d28e17f72"},
    {"12345678901234567890123456789012345678901234567890123456789012345678901234567890",
     "57edf4a22be3c955ac49da2e2107b67a"},
};

START_TEST(the_examples_of_md5_come_out)
{
    uint8_t digest[MD5_SIZE];

    CHECK_DONE(md5_digest(digest, digests[_i].text, strlen(digests[_i].text), &fixture.why),
               fixture.why);
    ck_assert_str_eq(in_hex(digest), digests[_i].digest);
}
END_TEST

/* RFC 2202 section 2; a letter of 0 is one that the text itself has. */
static const struct {
    const char *key;
    char key_byte;
    size_t key_size;
    const char *text;
    char text_byte;
    size_t text_size;
    const char *mac;
} macs[] = {
    {"", 0x0b, 16, "Hi There", 0, 8, "9294727a3638bb1c13f48ef8158bfc9d"},
    {"Jefe", 0, 4, "what do ya want for nothing?", 0, 28, "750c783e6ab0b503eaa86e310a5db738"},
    {"", (char)0xaa, 16, "", (char)0xdd, 50, "56be34521d144c88dbb8c733f0e8b3f6"},
    {"", (char)0xaa, 80, "Test Using Larger Than Block-Size Key - Hash Key First", 0, 54,
     "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd"},
    /* A key that nobody gave: as Python's hmac has it. */
    {"", 0, 0, "", 0, 0, "74e6f7298a9c2d168935f58c001bad88"},
};

static const void *fill(char *room, const char *text, char byte, size_t size)
{
    memset(room, byte, size);
    if (byte == 0 && size > 0) {
        memcpy(room, text, size);
    }
    return room;
}

START_TEST(the_examples_of_hmac_come_out)
{
    char key[100];
    char text[100];
    uint8_t mac[MD5_SIZE];

    CHECK_DONE(md5_hmac(mac, fill(key, macs[_i].key, macs[_i].key_byte, macs[_i].key_size),
                        macs[_i].key_size,
                        fill(text, macs[_i].text, macs[_i].text_byte, macs[_i].text_size),
                        macs[_i].text_size, &fixture.why),
               fixture.why);
    ck_assert_str_eq(in_hex(mac), macs[_i].mac);
}
END_TEST

static Suite *md5_suite(void)
{
    Suite *suite = suite_create("md5");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, the_examples_of_md5_come_out, 0, COUNT_OF(digests));
    tcase_add_loop_test(tests, the_examples_of_hmac_come_out, 0, COUNT_OF(macs));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(md5_suite());
}
