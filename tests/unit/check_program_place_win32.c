/* SPDX-License-Identifier: MIT */

#include "tests/support.h"

#include "service/program_place_win32.h"
#include "tests/fake_place_calls_win32.h"

static const char program[] = "C:\\Program Files\\PortLedger\\portledgerd.exe";

/* What Windows has for these folders. */
static const wchar_t program_files[] =
    L"O:S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
    L"D:PAI(A;;FA;;;S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464)"
    L"(A;CIIO;GA;;;S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464)"
    L"(A;;0x1301bf;;;SY)(A;OICIIO;GA;;;SY)(A;;0x1301bf;;;BA)(A;OICIIO;GA;;;BA)"
    L"(A;;0x1200a9;;;BU)(A;OICIIO;GXGR;;;BU)(A;OICIIO;GA;;;CO)"
    L"(A;;0x1200a9;;;AC)(A;OICIIO;GXGR;;;AC)";
static const wchar_t root[] =
    L"O:S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
    L"D:PAI(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)(A;OICI;0x1200a9;;;BU)(A;OICIIO;SDGXGWGR;;;AU)"
    L"(A;;0x4;;;AU)";
static const wchar_t safe[] = L"O:BAD:(A;;FA;;;SY)(A;;FA;;;BA)(A;;0x1200a9;;;BU)";

static struct failure why;

static void open_fixture(void)
{
    memset(&fake_places, 0, sizeof(fake_places));
    fake_places.usual = safe;
}

START_TEST(a_program_in_program_files_is_safe)
{
    static const struct fake_place places[] = {
        {"C:\\Program Files", program_files}, {"C:\\", root}, {NULL, NULL}};

    fake_places.places = places;
    CHECK_DONE(program_place_check(program, &why), why);
    ck_assert_int_eq(fake_places.looked_at, 4); /* itself and all folders, the root included */
}
END_TEST

static const struct {
    const char *path;
    const wchar_t *sddl;
    const char *who;
} unsafe[] = {
    /* The file. */
    {"C:\\Program Files\\PortLedger\\portledgerd.exe", L"O:BAD:(A;;FA;;;BA)(A;;0x2;;;BU)",
     "S-1-5-32-545"},
    {"C:\\Program Files\\PortLedger\\portledgerd.exe", L"O:BAD:(A;;WD;;;WD)", "S-1-1-0"},
    {"C:\\Program Files\\PortLedger\\portledgerd.exe", L"O:S-1-5-21-1-2-3-1001D:(A;;FA;;;BA)",
     "S-1-5-21-1-2-3-1001"},
    {"C:\\Program Files\\PortLedger\\portledgerd.exe",
     L"O:BAD:(A;;FA;;;BA)(A;;FA;;;S-1-5-21-1-2-3-1001)", "S-1-5-21-1-2-3-1001"},
    {"C:\\Program Files\\PortLedger\\portledgerd.exe", L"O:BA", "no permissions"},
    {"C:\\Program Files\\PortLedger\\portledgerd.exe", NULL, "denied"},
    /* Its folder: a library beside it, a folder ".local", its removal. */
    {"C:\\Program Files\\PortLedger", L"O:BAD:(A;;0x2;;;AU)", "S-1-5-11"},
    {"C:\\Program Files\\PortLedger", L"O:BAD:(A;;0x4;;;AU)", "S-1-5-11"},
    {"C:\\Program Files\\PortLedger", L"O:BAD:(A;;0x40;;;IU)", "S-1-5-4"},
    /* A folder above: its renaming. */
    {"C:\\Program Files", L"O:BAD:(A;;SD;;;BU)", "S-1-5-32-545"},
    {"C:\\Program Files", L"O:BUD:(A;;FA;;;BA)", "S-1-5-32-545"},
    {"C:\\", L"O:BAD:(A;;WO;;;WD)", "S-1-1-0"},
    {"C:\\", L"O:BAD:(A;;0x40;;;WD)", "S-1-1-0"},
    {"C:\\", L"O:BAD:(A;;GA;;;WD)", "S-1-1-0"},
};

START_TEST(whoever_could_replace_the_program_is_named)
{
    struct fake_place places[] = {{unsafe[_i].path, unsafe[_i].sddl}, {NULL, NULL}};

    fake_places.places = places;
    CHECK_FAILED(program_place_check(program, &why), FAILURE_DENIED, why);
    CHECK_CONTAINS(why.text, unsafe[_i].path);
    CHECK_CONTAINS(why.text, unsafe[_i].who);
}
END_TEST

/* What is only passed on, denied, or harmless so far above, is no reason. */
static const struct fake_place harmless[] = {
    {"C:\\Program Files\\PortLedger", L"O:BAD:(A;OICIIO;FA;;;WD)"},
    {"C:\\Program Files\\PortLedger\\portledgerd.exe", L"O:BAD:(D;;FA;;;WD)(A;;FA;;;BA)"},
    {"C:\\Program Files\\PortLedger\\portledgerd.exe", L"O:SYD:(A;;FA;;;OW)"},
    {"C:\\", L"O:BAD:(A;;0x6;;;AU)"},
};

START_TEST(what_lets_nobody_replace_it_is_no_reason)
{
    struct fake_place places[] = {harmless[_i], {NULL, NULL}};

    fake_places.places = places;
    CHECK_DONE(program_place_check(program, &why), why);
}
END_TEST

START_TEST(a_user_is_safe_where_he_is_an_administrator_in_all_that_he_does)
{
    fake_places.usual = L"O:S-1-5-21-1-2-3-500D:(A;;FA;;;S-1-5-21-1-2-3-500)";
    CHECK_FAILED(program_place_check(program, &why), FAILURE_DENIED, why);
    fake_places.administrator = L"S-1-5-21-1-2-3-500";
    CHECK_DONE(program_place_check(program, &why), why);
    fake_places.administrator = L"S-1-5-21-1-2-3-501";
    CHECK_FAILED(program_place_check(program, &why), FAILURE_DENIED, why);
}
END_TEST

START_TEST(a_program_on_another_machine_is_refused)
{
    CHECK_FAILED(program_place_check("\\\\server\\share\\portledgerd.exe", &why), FAILURE_DENIED,
                 why);
    CHECK_CONTAINS(why.text, "another machine");
}
END_TEST

static Suite *place_suite(void)
{
    Suite *suite = suite_create("program_place_win32");
    TCase *tests = tcase_create("program_place_win32");

    tcase_add_checked_fixture(tests, open_fixture, NULL);
    tcase_add_test(tests, a_program_in_program_files_is_safe);
    tcase_add_loop_test(tests, whoever_could_replace_the_program_is_named, 0, COUNT_OF(unsafe));
    tcase_add_loop_test(tests, what_lets_nobody_replace_it_is_no_reason, 0, COUNT_OF(harmless));
    tcase_add_test(tests, a_user_is_safe_where_he_is_an_administrator_in_all_that_he_does);
    tcase_add_test(tests, a_program_on_another_machine_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(place_suite());
}
