/* SPDX-License-Identifier: MIT */

/*
 * Verdicts of Windows about chains, made up: Wine knows few of them.
 */

#include "tests/support.h"

#include "base/filetime_win32.h"
#include "probes/tls_chain_win32.h"
#include "probes/tls_fields.h"

enum {
    STORE_SIZE = 5,
    CACHE_ONLY = 0x4,
    NO_ROOT_UPDATE = 0x100,
    NO_AIA = 0x2000,
    REVOCATION = 0x70000000, /* CERT_CHAIN_REVOCATION_CHECK_... */
};

static const int64_t now = INT64_C(1700000000000);

static struct {
    struct security_calls calls;
    CERT_INFO info;
    CERT_CONTEXT leaf;
    CERT_CHAIN_ELEMENT element;
    CERT_CHAIN_ELEMENT *elements[1];
    CERT_SIMPLE_CHAIN simple;
    CERT_SIMPLE_CHAIN *simples[1];
    CERT_CHAIN_CONTEXT chain;
    DWORD flags;
    DWORD policy_error;
    int chains;   /* that are not given back */
    int contexts; /* likewise */
    bool is_refused;

    CERT_INFO infos[STORE_SIZE];
    CERT_CONTEXT store[STORE_SIZE];
    size_t store_size;
} fixture;

static BOOL WINAPI build_chain(HCERTCHAINENGINE engine, const CERT_CONTEXT *leaf, FILETIME *time,
                               HCERTSTORE store, CERT_CHAIN_PARA *rules, DWORD flags,
                               void *reserved, const CERT_CHAIN_CONTEXT **chain)
{
    (void)engine;
    (void)leaf;
    (void)store;
    (void)reserved;
    ck_assert_int_eq(filetime_to_ms(filetime_units(*time)), now);
    ck_assert_uint_eq(rules->RequestedUsage.Usage.cUsageIdentifier, 1);
    fixture.flags = flags;
    if (fixture.is_refused) {
        return FALSE;
    }
    fixture.chains++;
    *chain = &fixture.chain;
    return TRUE;
}

static void WINAPI free_chain(const CERT_CHAIN_CONTEXT *chain)
{
    ck_assert_ptr_eq(chain, &fixture.chain);
    fixture.chains--;
}

static BOOL WINAPI judge_chain(const char *policy, const CERT_CHAIN_CONTEXT *chain,
                               CERT_CHAIN_POLICY_PARA *rules, CERT_CHAIN_POLICY_STATUS *status)
{
    (void)chain;
    (void)rules;
    ck_assert_ptr_eq(policy, CERT_CHAIN_POLICY_SSL);
    status->dwError = fixture.policy_error;
    return TRUE;
}

static const CERT_CONTEXT *WINAPI keep(const CERT_CONTEXT *certificate)
{
    fixture.contexts++;
    return certificate;
}

static BOOL WINAPI give_back(const CERT_CONTEXT *certificate)
{
    (void)certificate;
    fixture.contexts--;
    return TRUE;
}

static const CERT_CONTEXT *WINAPI next(HCERTSTORE store, const CERT_CONTEXT *before)
{
    size_t at = before == NULL ? 0 : (size_t)(before - fixture.store) + 1;

    (void)store;
    return at < fixture.store_size ? &fixture.store[at] : NULL;
}

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    fixture.calls.build_chain = build_chain;
    fixture.calls.free_chain = free_chain;
    fixture.calls.judge_chain = judge_chain;
    fixture.calls.keep_certificate = keep;
    fixture.calls.free_certificate = give_back;
    fixture.calls.next_certificate = next;
    fixture.leaf.pCertInfo = &fixture.info;
    fixture.info.NotBefore = filetime_from_units(filetime_from_ms(now - 1000));
    fixture.info.NotAfter = filetime_from_units(filetime_from_ms(now + 1000));
    fixture.element.pCertContext = &fixture.leaf;
    fixture.elements[0] = &fixture.element;
    fixture.simple.cElement = 1;
    fixture.simple.rgpElement = fixture.elements;
    fixture.simples[0] = &fixture.simple;
    fixture.chain.cChain = 1;
    fixture.chain.rgpChain = fixture.simples;
}

static void close_fixture(void)
{
    ck_assert_int_eq(fixture.chains, 0);
    ck_assert_int_eq(fixture.contexts, 0);
}

static unsigned faults(void)
{
    return tls_chain_faults(&fixture.calls, &fixture.leaf, now);
}

static const struct {
    DWORD status;
    unsigned faults;
} statuses[] = {
    {0, 0},
    {CERT_TRUST_IS_UNTRUSTED_ROOT, TLS_UNKNOWN_ISSUER},
    {CERT_TRUST_IS_PARTIAL_CHAIN, TLS_UNKNOWN_ISSUER},
    {CERT_TRUST_IS_NOT_SIGNATURE_VALID, TLS_BROKEN},
    {CERT_TRUST_IS_NOT_VALID_FOR_USAGE, TLS_WRONG_USE},
    {CERT_TRUST_HAS_EXCLUDED_NAME_CONSTRAINT, TLS_WRONG_USE},
    {0x00100000, TLS_WEAK},
    {0x04000000 | CERT_TRUST_IS_UNTRUSTED_ROOT, TLS_DISTRUSTED | TLS_UNKNOWN_ISSUER},
    {CERT_TRUST_REVOCATION_STATUS_UNKNOWN | CERT_TRUST_IS_OFFLINE_REVOCATION, 0},
};

START_TEST(each_status_is_a_fault)
{
    fixture.chain.TrustStatus.dwErrorStatus = statuses[_i].status;
    ck_assert_uint_eq(faults(), statuses[_i].faults);
}
END_TEST

START_TEST(nothing_is_fetched)
{
    (void)faults();
    ck_assert_uint_eq(fixture.flags & (CACHE_ONLY | NO_ROOT_UPDATE | NO_AIA),
                      CACHE_ONLY | NO_ROOT_UPDATE | NO_AIA);
    ck_assert_uint_eq(fixture.flags & REVOCATION, 0);
}
END_TEST

START_TEST(dates_are_told_apart)
{
    fixture.chain.TrustStatus.dwErrorStatus = CERT_TRUST_IS_NOT_TIME_VALID;
    fixture.element.TrustStatus.dwErrorStatus = CERT_TRUST_IS_NOT_TIME_VALID;
    if (_i == 0) {
        fixture.info.NotAfter = filetime_from_units(filetime_from_ms(now - 500));
        ck_assert_uint_eq(faults(), TLS_EXPIRED);
    } else {
        fixture.info.NotBefore = filetime_from_units(filetime_from_ms(now + 500));
        ck_assert_uint_eq(faults(), TLS_NOT_YET_VALID);
    }
}
END_TEST

static const struct {
    DWORD error;
    unsigned faults;
} policies[] = {
    {0, 0},
    {(DWORD)CERT_E_UNTRUSTEDROOT, TLS_UNKNOWN_ISSUER},
    {(DWORD)CERT_E_WRONG_USAGE, TLS_WRONG_USE},
    {(DWORD)TRUST_E_EXPLICIT_DISTRUST, TLS_DISTRUSTED},
    {(DWORD)CERT_E_CRITICAL, TLS_BROKEN},
};

START_TEST(the_policy_for_servers_has_a_word)
{
    fixture.policy_error = policies[_i].error;
    ck_assert_uint_eq(faults(), policies[_i].faults);
}
END_TEST

START_TEST(what_could_not_be_checked_is_said)
{
    if (_i == 0) {
        fixture.is_refused = true;
    } else {
        fixture.calls.build_chain = NULL; /* a Windows without the call */
    }
    ck_assert_uint_eq(faults(), TLS_NOT_CHECKED);
}
END_TEST

/* A certificate whose encoding and names are one letter each. */
static void put(size_t at, char *encoding, char *subject, char *issuer)
{
    CERT_INFO *info = &fixture.infos[at];

    info->Subject = (CERT_NAME_BLOB){1, (BYTE *)subject};
    info->Issuer = (CERT_NAME_BLOB){1, (BYTE *)issuer};
    fixture.store[at] = (CERT_CONTEXT){
        .pbCertEncoded = (BYTE *)encoding,
        .cbCertEncoded = 1,
        .pCertInfo = info,
    };
    fixture.store_size = at + 1;
}

START_TEST(a_chain_goes_from_the_leaf_to_its_issuers)
{
    char letters[] = "abcdx";
    const CERT_CONTEXT *list[TLS_CHAIN_MOST];
    const char *expected = "abcx";
    CERT_CONTEXT leaf;

    put(0, &letters[4], &letters[4], &letters[4]); /* has nothing to do with it */
    put(1, &letters[2], &letters[2], &letters[3]); /* c, by d who was not sent */
    put(2, &letters[1], &letters[1], &letters[2]);
    put(3, &letters[0], &letters[0], &letters[1]);
    leaf = fixture.store[3];
    leaf.hCertStore = &fixture;
    ck_assert_uint_eq(tls_chain_list(&fixture.calls, &leaf, list), 4);
    for (size_t i = 0; i < 4; i++) {
        ck_assert_int_eq(list[i]->pbCertEncoded[0], expected[i]);
    }
    tls_chain_free(&fixture.calls, list, 4);
}
END_TEST

START_TEST(a_leaf_without_a_store_is_alone)
{
    char letter[] = "a";
    const CERT_CONTEXT *list[TLS_CHAIN_MOST];

    put(0, letter, letter, letter);
    ck_assert_uint_eq(tls_chain_list(&fixture.calls, &fixture.store[0], list), 1);
    tls_chain_free(&fixture.calls, list, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tls_chain_win32");
    TCase *tcase = tcase_create("chains");

    tcase_add_checked_fixture(tcase, open_fixture, close_fixture);
    tcase_add_loop_test(tcase, each_status_is_a_fault, 0, COUNT_OF(statuses));
    tcase_add_test(tcase, nothing_is_fetched);
    tcase_add_loop_test(tcase, dates_are_told_apart, 0, 2);
    tcase_add_loop_test(tcase, the_policy_for_servers_has_a_word, 0, COUNT_OF(policies));
    tcase_add_loop_test(tcase, what_could_not_be_checked_is_said, 0, 2);
    tcase_add_test(tcase, a_chain_goes_from_the_leaf_to_its_issuers);
    tcase_add_test(tcase, a_leaf_without_a_store_is_alone);
    suite_add_tcase(suite, tcase);
    return support_run_suite(suite);
}
