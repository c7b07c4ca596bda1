/* SPDX-License-Identifier: MIT */

/*
 * What SSPI may answer, in the order in which newer and older Windows do: Wine
 * speaks neither TLS 1.3 nor of new keys.
 */

#include "tests/support.h"

#include <stdlib.h>

#include "probes/security_calls_win32.h"
#include "probes/tls.h"

#include <subauth.h>
#define SCHANNEL_USE_BLACKLISTS /* for SCH_CREDENTIALS */
#include <schannel.h>

enum call { SHAKE, DECRYPT };

/* One call that must come, and what it gives. */
struct step {
    enum call call;
    SECURITY_STATUS status;
    size_t comes; /* bytes that it is called with */
    size_t used;  /* of them; the others are extra */
    const char *gives;
};

static struct {
    SecurityFunctionTableW table;
    const struct step *steps;
    size_t step;
    size_t count;
    bool lacks_sspi;
    bool lacks_new_form; /* SCH_CREDENTIALS */
    bool lacks_old_form;
    DWORD form;      /* of the credentials that were given */
    DWORD flags;     /* likewise */
    ULONG asked;     /* flags of the handshake */
    int credentials; /* that are not given back; so are the next two */
    int contexts;
    int tokens;

    struct tls_library *library;
    struct tls_session *session;
    struct byte_writer out;
    struct byte_writer in;
    struct failure why;
} fixture;

bool security_calls_find(struct security_calls *calls)
{
    *calls = (struct security_calls){.sspi = fixture.lacks_sspi ? NULL : &fixture.table};
    return !fixture.lacks_sspi;
}

static SECURITY_STATUS SEC_ENTRY acquire(SEC_WCHAR *principal, SEC_WCHAR *package, ULONG use,
                                         void *id, void *wishes, SEC_GET_KEY_FN key, void *argument,
                                         CredHandle *credentials, TimeStamp *until)
{
    (void)principal;
    (void)package;
    (void)use;
    (void)id;
    (void)key;
    (void)argument;
    (void)credentials;
    (void)until;
    memcpy(&fixture.form, wishes, sizeof(fixture.form));
    if (fixture.form == SCH_CREDENTIALS_VERSION ? fixture.lacks_new_form : fixture.lacks_old_form) {
        return SEC_E_UNKNOWN_CREDENTIALS;
    }
    fixture.flags = fixture.form == SCH_CREDENTIALS_VERSION ? ((SCH_CREDENTIALS *)wishes)->dwFlags
                                                            : ((SCHANNEL_CRED *)wishes)->dwFlags;
    fixture.credentials++;
    return SEC_E_OK;
}

static SECURITY_STATUS SEC_ENTRY free_credentials(CredHandle *credentials)
{
    (void)credentials;
    fixture.credentials--;
    return SEC_E_OK;
}

static const struct step *next_step(enum call call, size_t comes)
{
    const struct step *step = &fixture.steps[fixture.step];

    ck_assert_uint_lt(fixture.step, fixture.count);
    ck_assert_int_eq(step->call, call);
    ck_assert_uint_eq(step->comes, comes);
    fixture.step++;
    return step;
}

static void set_extra(SecBuffer *buffer, size_t comes, size_t used)
{
    if (used < comes) {
        buffer->BufferType = SECBUFFER_EXTRA;
        buffer->cbBuffer = (ULONG)(comes - used);
    }
}

static SECURITY_STATUS SEC_ENTRY shake(CredHandle *credentials, CtxtHandle *context,
                                       SEC_WCHAR *name, ULONG flags, ULONG reserved, ULONG form,
                                       SecBufferDesc *in, ULONG reserved2, CtxtHandle *made,
                                       SecBufferDesc *out, ULONG *got, TimeStamp *until)
{
    size_t comes = in == NULL ? 0 : in->pBuffers[0].cbBuffer;
    const struct step *step = next_step(SHAKE, comes);

    (void)credentials;
    (void)name;
    (void)reserved;
    (void)form;
    (void)reserved2;
    (void)got;
    (void)until;
    ck_assert_ptr_nonnull(made);
    fixture.asked = flags;
    if (context == NULL && step->status >= 0) {
        fixture.contexts++;
    }
    if (in != NULL && step->status != SEC_E_INCOMPLETE_MESSAGE) {
        set_extra(&in->pBuffers[1], comes, step->used);
    }
    if (step->gives != NULL) {
        size_t size = strlen(step->gives);

        out->pBuffers[0].pvBuffer = malloc(size);
        ck_assert_ptr_nonnull(out->pBuffers[0].pvBuffer);
        memcpy(out->pBuffers[0].pvBuffer, step->gives, size);
        out->pBuffers[0].cbBuffer = (ULONG)size;
        fixture.tokens++;
    }
    return step->status;
}

static SECURITY_STATUS SEC_ENTRY free_token(void *token)
{
    free(token);
    fixture.tokens--;
    return SEC_E_OK;
}

static SECURITY_STATUS SEC_ENTRY delete_context(CtxtHandle *context)
{
    (void)context;
    fixture.contexts--;
    return SEC_E_OK;
}

static SECURITY_STATUS SEC_ENTRY decrypt(CtxtHandle *context, SecBufferDesc *list, ULONG number,
                                         ULONG *quality)
{
    size_t comes = list->pBuffers[0].cbBuffer;
    const struct step *step = next_step(DECRYPT, comes);

    (void)context;
    (void)number;
    (void)quality;
    if (step->status == SEC_E_INCOMPLETE_MESSAGE) {
        return step->status;
    }
    list->pBuffers[0].BufferType = SECBUFFER_STREAM_HEADER;
    if (step->gives != NULL) {
        list->pBuffers[1].BufferType = SECBUFFER_DATA;
        list->pBuffers[1].pvBuffer = (void *)(uintptr_t)step->gives;
        list->pBuffers[1].cbBuffer = (ULONG)strlen(step->gives);
    }
    set_extra(&list->pBuffers[3], comes, step->used);
    return step->status;
}

static SECURITY_STATUS SEC_ENTRY query(CtxtHandle *context, ULONG attribute, void *out)
{
    (void)context;
    (void)attribute;
    (void)out;
    return SEC_E_UNSUPPORTED_FUNCTION;
}

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    fixture.table.AcquireCredentialsHandleW = acquire;
    fixture.table.FreeCredentialsHandle = free_credentials;
    fixture.table.InitializeSecurityContextW = shake;
    fixture.table.FreeContextBuffer = free_token;
    fixture.table.DeleteSecurityContext = delete_context;
    fixture.table.DecryptMessage = decrypt;
    fixture.table.QueryContextAttributesW = query;
}

static void close_fixture(void)
{
    tls_close(fixture.session);
    tls_library_close(fixture.library);
    byte_writer_clear(&fixture.out);
    byte_writer_clear(&fixture.in);
    ck_assert_int_eq(fixture.credentials, 0);
    ck_assert_int_eq(fixture.contexts, 0);
    ck_assert_int_eq(fixture.tokens, 0);
}

/* A session that will meet these steps, the first of them made. */
static void begin(const struct step *steps, size_t count)
{
    fixture.steps = steps;
    fixture.count = count;
    CHECK_DONE(tls_library_open(&fixture.library, &fixture.why), fixture.why);
    CHECK_DONE(tls_open(&fixture.session, fixture.library, "www.example.org", 0, &fixture.why),
               fixture.why);
    ck_assert_int_eq(tls_feed(fixture.session, NULL, 0, &fixture.out, &fixture.in), TLS_SHAKING);
}

/* A record whose content has so many bytes. */
static enum tls_state feed(uint8_t type, uint8_t size)
{
    uint8_t record[5 + 255] = {type, 3, 3, 0, size};

    return tls_feed(fixture.session, record, 5u + size, &fixture.out, &fixture.in);
}

static void expect_in(const char *text)
{
    ck_assert_uint_eq(fixture.in.size, strlen(text));
    ck_assert_mem_eq(fixture.in.bytes, text, fixture.in.size);
    ck_assert_uint_eq(fixture.step, fixture.count);
}

START_TEST(tickets_are_taken_in_the_midst_of_a_talk)
{
    static const struct step steps[] = {
        {SHAKE, SEC_I_CONTINUE_NEEDED, 0, 0, "hello"},
        {SHAKE, SEC_E_OK, 15, 15, "finished"},
        {DECRYPT, SEC_I_RENEGOTIATE, 25, 5, NULL}, /* a ticket, and what it has decrypted */
        {SHAKE, SEC_E_OK, 20, 15, NULL},
        {DECRYPT, SEC_E_OK, 5, 5, "word"},
    };

    begin(steps, sizeof(steps) / sizeof(steps[0]));
    ck_assert_int_eq(feed(22, 10), TLS_UP);
    ck_assert_int_eq(feed(23, 20), TLS_UP);
    expect_in("word");
}
END_TEST

START_TEST(new_keys_may_take_several_steps)
{
    static const struct step steps[] = {
        {SHAKE, SEC_I_CONTINUE_NEEDED, 0, 0, "hello"},
        {SHAKE, SEC_E_OK, 15, 15, NULL},
        {DECRYPT, SEC_I_RENEGOTIATE, 9, 9, NULL},
        {SHAKE, SEC_I_CONTINUE_NEEDED, 0, 0, "again"},
        {SHAKE, SEC_E_INCOMPLETE_MESSAGE, 6, 0, NULL},
        {SHAKE, SEC_E_OK, 13, 13, NULL},
        {DECRYPT, SEC_E_OK, 8, 8, "word"},
    };

    begin(steps, sizeof(steps) / sizeof(steps[0]));
    ck_assert_int_eq(feed(22, 10), TLS_UP);
    ck_assert_int_eq(feed(22, 4), TLS_UP);
    ck_assert_int_eq(feed(22, 1), TLS_UP);
    ck_assert_int_eq(feed(22, 2), TLS_UP);
    ck_assert_int_eq(feed(23, 3), TLS_UP);
    expect_in("word");
}
END_TEST

START_TEST(no_certificate_of_the_client_is_sent)
{
    static const struct step steps[] = {
        {SHAKE, SEC_I_CONTINUE_NEEDED, 0, 0, "hello"},
        {SHAKE, SEC_I_INCOMPLETE_CREDENTIALS, 15, 0, NULL},
        {SHAKE, SEC_E_OK, 15, 15, NULL}, /* the same again */
    };
    const ULONG flags = ISC_REQ_USE_SUPPLIED_CREDS | ISC_REQ_MANUAL_CRED_VALIDATION;
    const DWORD wishes = SCH_CRED_NO_DEFAULT_CREDS | SCH_CRED_MANUAL_CRED_VALIDATION;

    begin(steps, sizeof(steps) / sizeof(steps[0]));
    ck_assert_int_eq(feed(22, 10), TLS_UP);
    ck_assert_uint_eq(fixture.asked & flags, flags);
    ck_assert_uint_eq(fixture.flags & wishes, wishes);
    expect_in("");
}
END_TEST

START_TEST(records_that_come_together_are_all_read)
{
    static const struct step steps[] = {
        {SHAKE, SEC_I_CONTINUE_NEEDED, 0, 0, "hello"},
        {SHAKE, SEC_I_CONTINUE_NEEDED, 20, 15, NULL},
        {SHAKE, SEC_E_INCOMPLETE_MESSAGE, 5, 0, NULL},
        {SHAKE, SEC_E_OK, 13, 8, NULL},
        {DECRYPT, SEC_E_OK, 5, 2, "one"},
        {DECRYPT, SEC_E_INCOMPLETE_MESSAGE, 3, 0, NULL},
        {DECRYPT, SEC_I_CONTEXT_EXPIRED, 9, 9, "two"},
    };

    begin(steps, sizeof(steps) / sizeof(steps[0]));
    ck_assert_int_eq(feed(22, 15), TLS_SHAKING);
    ck_assert_int_eq(feed(22, 3), TLS_UP);
    ck_assert_int_eq(feed(23, 1), TLS_ENDED);
    expect_in("onetwo");
}
END_TEST

START_TEST(an_error_has_the_words_of_the_system)
{
    static const struct step steps[] = {
        {SHAKE, SEC_I_CONTINUE_NEEDED, 0, 0, "hello"},
        {SHAKE, SEC_E_ALGORITHM_MISMATCH, 15, 0, "alert"},
    };

    begin(steps, sizeof(steps) / sizeof(steps[0]));
    ck_assert_int_eq(feed(22, 10), TLS_WRONG);
    CHECK_CONTAINS(tls_why(fixture.session), "TLS that cannot be followed");
    ck_assert_uint_eq(fixture.out.size, strlen("helloalert")); /* the server is told */
}
END_TEST

START_TEST(a_handshake_that_never_moves_ends)
{
    static struct step steps[1000];

    steps[0] = (struct step){SHAKE, SEC_I_CONTINUE_NEEDED, 0, 0, "hello"};
    for (int i = 1; i < COUNT_OF(steps); i++) {
        steps[i] = (struct step){SHAKE, SEC_I_CONTINUE_NEEDED, 15, 0, NULL};
    }
    begin(steps, sizeof(steps) / sizeof(steps[0]));
    ck_assert_int_eq(feed(22, 10), TLS_WRONG);
    ck_assert_uint_lt(fixture.step, 200);
}
END_TEST

START_TEST(an_older_windows_is_asked_in_the_older_form)
{
    fixture.lacks_new_form = _i == 1;
    CHECK_DONE(tls_library_open(&fixture.library, &fixture.why), fixture.why);
    ck_assert_uint_eq(fixture.form, _i == 1 ? SCHANNEL_CRED_VERSION : SCH_CREDENTIALS_VERSION);
}
END_TEST

START_TEST(a_system_without_tls_is_told)
{
    fixture.lacks_sspi = _i == 0;
    fixture.lacks_new_form = true;
    fixture.lacks_old_form = true;
    CHECK_FAILED(tls_library_open(&fixture.library, &fixture.why), FAILURE_SYSTEM, fixture.why);
    CHECK_CONTAINS(fixture.why.text, "SChannel");
    ck_assert_ptr_null(fixture.library);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tls_sspi_win32");
    TCase *tcase = tcase_create("steps");

    tcase_add_checked_fixture(tcase, open_fixture, close_fixture);
    tcase_add_test(tcase, tickets_are_taken_in_the_midst_of_a_talk);
    tcase_add_test(tcase, new_keys_may_take_several_steps);
    tcase_add_test(tcase, no_certificate_of_the_client_is_sent);
    tcase_add_test(tcase, records_that_come_together_are_all_read);
    tcase_add_test(tcase, an_error_has_the_words_of_the_system);
    tcase_add_test(tcase, a_handshake_that_never_moves_ends);
    tcase_add_loop_test(tcase, an_older_windows_is_asked_in_the_older_form, 0, 2);
    tcase_add_loop_test(tcase, a_system_without_tls_is_told, 0, 2);
    suite_add_tcase(suite, tcase);
    return support_run_suite(suite);
}
