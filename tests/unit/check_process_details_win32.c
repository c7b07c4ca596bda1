/* SPDX-License-Identifier: MIT */

#include "tests/fake_process_calls_win32.h"
#include "tests/support.h"

#include <stdlib.h>

#include "collector/process_calls_win32.h"
#include "collector/process_details.h"
#include "tests/fake_memory.h"
#include "tests/fake_volume_list_win32.h"

#define START ((uint64_t)134000000000000000)
#define PEB_AT FAKE_MEMORY_AT
#define PEB32_AT (FAKE_MEMORY_AT + 0x8000)
#define TEXTS_AT (FAKE_MEMORY_AT + 0x10000)

#define EXE_BASE ((uint64_t)0x140000000)
#define NTDLL_BASE ((uint64_t)0x7ff800000000)
#define NTDLL32_BASE ((uint64_t)0x77000000)
#define VOLUME L"\\Device\\HarddiskVolume3\\"

enum {
    PID = 4711,
    LONG_PATH = 30000,
    LONGEST_LINE = 32767,
};

static const struct fake_volume_name volumes[] = {
    {"\\Device\\HarddiskVolume3", "C:\\", true, true},
};

/* One of the loaders of the process, and where it has its things (winternl.h). */
struct loader {
    uint64_t peb;
    size_t pointer;
    size_t ldr;
    size_t list;
    size_t links;
    size_t base;
    size_t name;
    uint64_t last; /* links of the last entry, or the head */
    uint64_t head;
    uint64_t next_entry;
};

static struct {
    struct process_handle *handle;
    enum process_access access;
    struct process_details details;
    struct module_table modules;
    struct loader loader;
    struct loader loader32;
    uint64_t next_text;
    wchar_t *long_text;
    struct failure why;
} fixture;

static void put(uint64_t at, const void *bytes, size_t size)
{
    memcpy(fake_process_calls.memory + (at - FAKE_MEMORY_AT), bytes, size);
}

/* Addresses of 4 bytes are the lower half of those of 8. */
static void put_pointer(const struct loader *loader, uint64_t at, uint64_t value)
{
    put(at, &value, loader->pointer);
}

static void put_text(const struct loader *loader, uint64_t at, const wchar_t *text)
{
    uint16_t size = (uint16_t)(wcslen(text) * sizeof(*text));

    put(at, &size, sizeof(size));
    put_pointer(loader, at + loader->pointer, fixture.next_text);
    put(fixture.next_text, text, size);
    fixture.next_text += size;
}

static void start_loader(struct loader *loader)
{
    uint64_t ldr = loader->peb + 0x400;

    loader->head = ldr + loader->list;
    loader->last = loader->head;
    loader->next_entry = loader->peb + 0x1000;
    put_pointer(loader, loader->peb + loader->ldr, ldr);
    put_pointer(loader, loader->head, loader->head);
}

static void list_module(struct loader *loader, uint64_t base, const wchar_t *path)
{
    uint64_t entry = loader->next_entry;

    loader->next_entry += 0x100;
    put_pointer(loader, loader->last, entry + loader->links);
    put_pointer(loader, entry + loader->links, loader->head);
    put_pointer(loader, entry + loader->base, base);
    put_text(loader, entry + loader->name, path);
    loader->last = entry + loader->links;
}

static void map_part(uint64_t base, uint64_t size, uint64_t allocation, const wchar_t *name)
{
    fake_process_calls.regions[fake_process_calls.region_count++] =
        (struct fake_region){base, size, allocation, MEM_IMAGE, name};
}

static void map_module(uint64_t base, const wchar_t *name)
{
    map_part(base, 0x1000, base, name);
    map_part(base + 0x1000, 0x5000, base, NULL);
}

/* A process that everything is known of: a program and ntdll. */
static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    memset(&fake_process_calls, 0, sizeof(fake_process_calls));
    fake_volumes.names = volumes;
    fake_volumes.count = 1;
    fake_process_calls.start = START;
    fake_process_calls.image = VOLUME L"app\\server.exe";
    fake_process_calls.command_line = L"server.exe --port 80";
    fake_process_calls.command_line_units = wcslen(fake_process_calls.command_line);
    fake_process_calls.user = L"S-1-5-18";
    fake_process_calls.integrity = SECURITY_MANDATORY_SYSTEM_RID;
    fake_process_calls.peb = PEB_AT;
    fixture.next_text = TEXTS_AT;
    fixture.loader = (struct loader){PEB_AT, 8, 0x18, 0x20, 0x10, 0x30, 0x48, 0, 0, 0};
    fixture.loader32 = (struct loader){PEB32_AT, 4, 0x0C, 0x14, 0x08, 0x18, 0x24, 0, 0, 0};
    start_loader(&fixture.loader);
    start_loader(&fixture.loader32);
    list_module(&fixture.loader, EXE_BASE, L"C:\\app\\server.exe");
    list_module(&fixture.loader, NTDLL_BASE, L"C:\\Windows\\SYSTEM32\\ntdll.dll");
    map_module(EXE_BASE, VOLUME L"app\\server.exe");
    map_module(NTDLL_BASE, VOLUME L"Windows\\System32\\ntdll.dll");
}

static void close_process(void)
{
    process_handle_close(fixture.handle);
    fixture.handle = NULL;
}

static void close_fixture(void)
{
    fake_memory_refuse(0);
    close_process();
    process_details_clear(&fixture.details);
    module_table_clear(&fixture.modules);
    free(fixture.long_text);
}

static void open_process(void)
{
    CHECK_DONE(process_handle_open(&fixture.handle, PID, START, &fixture.access, &fixture.why),
               fixture.why);
}

static void read_details(void)
{
    open_process();
    ck_assert_ptr_nonnull(fixture.handle);
    CHECK_DONE(process_details_read(fixture.handle, PROCESS_WISH_COMMAND_LINE, &fixture.details,
                                    &fixture.why),
               fixture.why);
}

static void read_modules(void)
{
    open_process();
    ck_assert_ptr_nonnull(fixture.handle);
    CHECK_DONE(module_table_read(fixture.handle, &fixture.modules, &fixture.why), fixture.why);
}

static const struct module_row *module_at(uint64_t base)
{
    for (size_t i = 0; i < fixture.modules.count; i++) {
        if (fixture.modules.rows[i].base == base) {
            return &fixture.modules.rows[i];
        }
    }
    ck_abort_msg("nothing is mapped at %llx", (unsigned long long)base);
    return NULL;
}

/* A text of so many units, which begins with `beginning`. */
static const wchar_t *long_text(const wchar_t *beginning, size_t units)
{
    size_t length = wcslen(beginning);

    fixture.long_text = malloc((units + 1) * sizeof(wchar_t));
    ck_assert_ptr_nonnull(fixture.long_text);
    for (size_t i = 0; i < units; i++) {
        fixture.long_text[i] = i < length ? beginning[i] : L'x';
    }
    fixture.long_text[units] = L'\0';
    return fixture.long_text;
}

START_TEST(all_is_told_of_a_process_that_may_be_looked_into)
{
    read_details();
    ck_assert_int_eq(fixture.access, PROCESS_OPENED);
    ck_assert_int_eq(fixture.details.access, PROCESS_OPENED);
    ck_assert_int_eq(fixture.details.denied, 0);
    ck_assert_str_eq(fixture.details.path, "C:\\app\\server.exe");
    ck_assert_str_eq(fixture.details.image_source, "\\Device\\HarddiskVolume3\\app\\server.exe");
    ck_assert_str_eq(fixture.details.command_line, "server.exe --port 80");
    ck_assert_str_eq(fixture.details.user, "S-1-5-18");
    ck_assert_int_eq(fixture.details.integrity, PROCESS_INTEGRITY_SYSTEM);
    close_process();
    ck_assert_int_eq(fake_process_calls.handles, 0);
}
END_TEST

static const struct {
    DWORD error;
    enum process_access access;
} refusals[] = {
    {ERROR_ACCESS_DENIED, PROCESS_DENIED},
    {ERROR_INVALID_PARAMETER, PROCESS_GONE},
    {ERROR_NO_SYSTEM_RESOURCES, PROCESS_NOT_OPENED},
    {ERROR_NOT_ENOUGH_MEMORY, PROCESS_NOT_OPENED},
};

START_TEST(a_process_that_cannot_be_opened_has_no_handle)
{
    fake_process_calls.open_error = refusals[_i].error;
    open_process();
    ck_assert_ptr_null(fixture.handle);
    ck_assert_int_eq(fixture.access, refusals[_i].access);
    fake_process_calls.open_error = ERROR_SUCCESS;
    fake_process_calls.start_error = refusals[_i].error;
    open_process();
    ck_assert_ptr_null(fixture.handle);
    ck_assert_int_eq(fixture.access, refusals[_i].access);
    ck_assert_int_eq(fake_process_calls.handles, 0);
}
END_TEST

START_TEST(a_pid_that_was_reused_or_has_ended_is_gone)
{
    fake_process_calls.start = _i == 0 ? START + 1 : START;
    fake_process_calls.ended = _i == 1;
    open_process();
    ck_assert_ptr_null(fixture.handle);
    ck_assert_int_eq(fixture.access, PROCESS_GONE);
    ck_assert_int_eq(fake_process_calls.handles, 0);
}
END_TEST

START_TEST(what_belongs_to_the_system_is_not_opened)
{
    CHECK_DONE(
        process_handle_open(&fixture.handle, (uint32_t)_i * 4, 0, &fixture.access, &fixture.why),
        fixture.why);
    ck_assert_int_eq(fixture.access, PROCESS_KERNEL);
    ck_assert_ptr_null(fixture.handle);
}
END_TEST

START_TEST(of_a_process_that_is_closed_in_part_the_rest_is_told)
{
    fake_process_calls.full_access_error = ERROR_ACCESS_DENIED;
    fake_process_calls.command_line_status = CALL_UNKNOWN_CLASS;
    fake_process_calls.token_error = ERROR_ACCESS_DENIED;
    read_details();
    ck_assert_int_eq(fixture.details.access, PROCESS_OPENED);
    ck_assert_str_eq(fixture.details.path, "C:\\app\\server.exe");
    ck_assert_ptr_null(fixture.details.command_line);
    ck_assert_ptr_null(fixture.details.user);
    ck_assert_int_eq(fixture.details.denied,
                     PROCESS_PART_COMMAND_LINE | PROCESS_PART_USER | PROCESS_PART_INTEGRITY);
    ck_assert_int_eq(fake_process_calls.reads, 0);
}
END_TEST

START_TEST(a_command_line_needs_no_more_than_the_limited_right)
{
    fake_process_calls.full_access_error = ERROR_ACCESS_DENIED;
    read_details();
    ck_assert_str_eq(fixture.details.command_line, "server.exe --port 80");
    ck_assert_int_eq(fixture.details.denied, 0);
}
END_TEST

static const struct {
    DWORD error;
    bool ends;
    enum process_access access;
    int denied;
} images[] = {
    {ERROR_ACCESS_DENIED, false, PROCESS_DENIED, PROCESS_PART_PATH},
    {ERROR_GEN_FAILURE, false, PROCESS_KERNEL, 0},
    {ERROR_GEN_FAILURE, true, PROCESS_GONE, 0},
    {ERROR_ACCESS_DENIED, true, PROCESS_GONE, 0},
};

START_TEST(a_process_without_a_path_is_told_apart)
{
    fake_process_calls.image_error = images[_i].error;
    fake_process_calls.ends_after = images[_i].ends ? 1 : 0;
    read_details();
    ck_assert_int_eq(fixture.details.access, images[_i].access);
    ck_assert_int_eq(fixture.details.denied, images[_i].denied);
    ck_assert_ptr_null(fixture.details.path);
    ck_assert_ptr_null(fixture.details.image_source);
    ck_assert_int_eq(fixture.details.user == NULL, images[_i].ends);
}
END_TEST

START_TEST(a_path_of_any_length_is_read_whole)
{
    fake_process_calls.image = long_text(VOLUME, LONG_PATH);
    read_details();
    ck_assert_uint_eq(strlen(fixture.details.image_source), LONG_PATH);
    CHECK_CONTAINS(fixture.details.path, "C:\\xxx");
}
END_TEST

static const struct {
    const wchar_t *image;
    const char *path;
} places[] = {
    {L"\\Device\\Mup\\host\\share\\a.exe", "\\\\host\\share\\a.exe"},
    {L"\\Device\\HarddiskVolume9\\a.exe", "\\Device\\HarddiskVolume9\\a.exe"},
    {VOLUME L"\x00e4\xd83d\xde00.exe", "C:\\\xc3\xa4\xf0\x9f\x98\x80.exe"},
    {L"\\??\\Z:\\app\\a.exe", "Z:\\app\\a.exe"},
    {VOLUME L"\xd83d.exe", "C:\\\xef\xbf\xbd.exe"},
};

START_TEST(a_path_is_written_as_people_know_it)
{
    fake_process_calls.image = places[_i].image;
    read_details();
    ck_assert_str_eq(fixture.details.path, places[_i].path);
    fake_process_calls.regions[0].name = places[_i].image;
    close_process();
    read_modules();
    ck_assert_str_eq(module_table_path(&fixture.modules, module_at(EXE_BASE)), places[_i].path);
    ck_assert_str_eq(module_table_source(&fixture.modules, module_at(EXE_BASE)),
                     fixture.details.image_source);
}
END_TEST

START_TEST(the_longest_command_line_is_read_whole)
{
    fake_process_calls.command_line = long_text(L"server.exe ", LONGEST_LINE);
    fake_process_calls.command_line_units = LONGEST_LINE;
    read_details();
    ck_assert_uint_eq(strlen(fixture.details.command_line), LONGEST_LINE);
}
END_TEST

START_TEST(a_command_line_ends_where_programs_see_its_end)
{
    fake_process_calls.command_line = L"a.exe\0hidden";
    fake_process_calls.command_line_units = 12;
    read_details();
    ck_assert_str_eq(fixture.details.command_line, "a.exe");
}
END_TEST

static const struct {
    USHORT extra;
    ptrdiff_t shift;
    const char *read;
} answers[] = {
    {1, 0, "server.exe --port 80"}, /* an odd length */
    {0xff00, 0, NULL},              /* longer than the buffer */
    {0, -4096, NULL},               /* before it */
    {0, 1 << 20, NULL},             /* behind it */
};

START_TEST(an_answer_that_points_elsewhere_is_not_followed)
{
    fake_process_calls.command_line_extra = answers[_i].extra;
    fake_process_calls.command_line_shift = answers[_i].shift;
    read_details();
    if (answers[_i].read != NULL) {
        ck_assert_str_eq(fixture.details.command_line, answers[_i].read);
    } else {
        ck_assert_ptr_null(fixture.details.command_line);
    }
    ck_assert_int_eq(fixture.details.denied, 0);
}
END_TEST

START_TEST(the_command_line_was_refused_by_the_system)
{
    fake_process_calls.command_line_status = CALL_ACCESS_DENIED;
    read_details();
    ck_assert_ptr_null(fixture.details.command_line);
    ck_assert_int_eq(fixture.details.denied, PROCESS_PART_COMMAND_LINE);
}
END_TEST

static void put_parameters(const wchar_t *command_line)
{
    uint64_t parameters = PEB_AT + 0x800;

    fake_process_calls.command_line_status = CALL_UNKNOWN_CLASS;
    put_pointer(&fixture.loader, PEB_AT + 0x20, parameters);
    put_text(&fixture.loader, parameters + 0x70, command_line);
}

START_TEST(an_older_windows_has_the_command_line_in_the_process)
{
    put_parameters(L"old.exe \"a b\"");
    read_details();
    ck_assert_str_eq(fixture.details.command_line, "old.exe \"a b\"");
}
END_TEST

START_TEST(nobody_asked_for_the_command_line)
{
    open_process();
    CHECK_DONE(process_details_read(fixture.handle, 0, &fixture.details, &fixture.why),
               fixture.why);
    ck_assert_ptr_null(fixture.details.command_line);
    ck_assert_int_eq(fixture.details.denied, 0);
}
END_TEST

/* Of the PEB, of the parameters and of the text: each cannot be read in turn. */
START_TEST(a_process_that_lies_about_its_command_line_has_none)
{
    put_parameters(L"old.exe");
    fake_process_calls.failing_read = _i;
    fake_process_calls.peb = _i == 0 ? 0 : PEB_AT;
    read_details();
    ck_assert_ptr_null(fixture.details.command_line);
    ck_assert_int_eq(fixture.details.denied, 0);
    ck_assert_str_eq(fixture.details.path, "C:\\app\\server.exe");
}
END_TEST

static const struct {
    DWORD rid;
    uint8_t integrity;
} levels[] = {
    {0, PROCESS_INTEGRITY_UNTRUSTED},      {0xfff, PROCESS_INTEGRITY_UNTRUSTED},
    {0x1000, PROCESS_INTEGRITY_LOW},       {0x2000, PROCESS_INTEGRITY_MEDIUM},
    {0x2100, PROCESS_INTEGRITY_MEDIUM},    {0x3000, PROCESS_INTEGRITY_HIGH},
    {0x4000, PROCESS_INTEGRITY_SYSTEM},    {0x5000, PROCESS_INTEGRITY_PROTECTED},
    {0x7000, PROCESS_INTEGRITY_PROTECTED},
};

START_TEST(every_integrity_level_is_one_of_ours)
{
    fake_process_calls.integrity = levels[_i].rid;
    read_details();
    ck_assert_int_eq(fixture.details.integrity, levels[_i].integrity);
}
END_TEST

START_TEST(a_mapping_is_one_module_from_its_first_to_its_last_part)
{
    fake_process_calls.regions[1].base += 0x2000; /* a hole, as of a part that was given back */
    read_modules();
    ck_assert_int_eq(fixture.modules.access, MODULES_READ);
    ck_assert(fixture.modules.has_own_list);
    ck_assert_uint_eq(fixture.modules.count, 2);
    ck_assert_uint_eq(module_at(EXE_BASE)->size, 0x8000);
    ck_assert_uint_eq(module_at(NTDLL_BASE)->size, 0x6000);
    ck_assert_str_eq(module_table_path(&fixture.modules, module_at(NTDLL_BASE)),
                     "C:\\Windows\\System32\\ntdll.dll");
    ck_assert_int_eq(module_at(EXE_BASE)->flags, 0);
    ck_assert_int_eq(module_at(NTDLL_BASE)->flags, 0);
}
END_TEST

START_TEST(memory_that_is_no_image_is_no_module)
{
    fake_process_calls.regions[0].type = MEM_MAPPED;
    fake_process_calls.regions[1].type = MEM_PRIVATE;
    read_modules();
    ck_assert_uint_eq(fixture.modules.count, 1);
}
END_TEST

static const struct {
    const wchar_t *listed; /* NULL: not at all */
    const wchar_t *mapped;
    int flags;
} names[] = {
    {NULL, VOLUME L"app\\evil.dll", MODULE_HIDDEN},
    {L"C:\\app\\good.dll", VOLUME L"app\\evil.dll", MODULE_RENAMED},
    {L"", VOLUME L"app\\evil.dll", MODULE_RENAMED},
    {L"C:\\APP\\EVIL.DLL", VOLUME L"app\\evil.dll", 0},
    {L"C:\\x\\\x00c4\x0416.dll", VOLUME L"y\\\x00e4\x0436.dll", 0},
    {L"evil.dll", VOLUME L"app\\evil.dll", 0},
    {L"C:\\app\\LONGNA~1.DLL", VOLUME L"app\\long name.dll", 0},
    {L"C:\\app\\longnames~1.dll", VOLUME L"app\\long name.dll", MODULE_RENAMED},
};

START_TEST(what_the_process_lists_is_compared_with_what_is_mapped)
{
    uint64_t base = NTDLL_BASE + 0x100000;

    map_module(base, names[_i].mapped);
    if (names[_i].listed != NULL) {
        list_module(&fixture.loader, base, names[_i].listed);
    }
    read_modules();
    ck_assert(fixture.modules.has_own_list);
    ck_assert_int_eq(module_at(base)->flags, names[_i].flags);
    ck_assert_int_eq(module_at(EXE_BASE)->flags, 0);
}
END_TEST

START_TEST(a_32_bit_process_has_two_lists)
{
    fake_process_calls.regions[0].base = 0x400000;
    fake_process_calls.region_count = 0;
    map_module(0x400000, VOLUME L"app\\old.exe");
    map_module(NTDLL32_BASE, VOLUME L"Windows\\SysWOW64\\ntdll.dll");
    map_module(NTDLL_BASE, VOLUME L"Windows\\System32\\ntdll.dll");
    list_module(&fixture.loader, 0x400000, L"C:\\app\\old.exe");
    list_module(&fixture.loader32, 0x400000, L"C:\\app\\old.exe");
    list_module(&fixture.loader32, NTDLL32_BASE, L"C:\\Windows\\SYSTEM32\\ntdll.dll");
    fake_process_calls.peb32 = _i == 0 ? PEB32_AT : 0x1000 /* which cannot be read */;
    read_modules();
    ck_assert_int_eq(fixture.modules.access, MODULES_READ);
    ck_assert_uint_eq(fixture.modules.count, 3);
    ck_assert_int_eq(fixture.modules.has_own_list, _i == 0);
    for (size_t i = 0; i < fixture.modules.count; i++) {
        ck_assert_int_eq(fixture.modules.rows[i].flags, 0);
    }
}
END_TEST

START_TEST(a_list_that_never_ends_is_no_list)
{
    struct loader *loader = &fixture.loader;

    put_pointer(loader, loader->last, loader->last); /* and never back to the head */
    read_modules();
    ck_assert_int_eq(fixture.modules.access, MODULES_READ);
    ck_assert(!fixture.modules.has_own_list);
    ck_assert_uint_eq(fixture.modules.count, 2);
    ck_assert_int_lt(fake_process_calls.reads, 50000);
}
END_TEST

/* Head, entries and names, before and after the walk. */
START_TEST(a_list_that_cannot_be_read_whole_sets_no_flag)
{
    map_module(NTDLL_BASE + 0x100000, VOLUME L"app\\evil.dll");
    fake_process_calls.failing_read = _i;
    read_modules();
    ck_assert_int_eq(fixture.modules.access, MODULES_READ);
    ck_assert_int_ge(fake_process_calls.reads, _i);
    ck_assert(!fixture.modules.has_own_list);
    ck_assert_uint_eq(fixture.modules.count, 3);
    ck_assert_int_eq(module_at(NTDLL_BASE + 0x100000)->flags, 0);
}
END_TEST

START_TEST(a_module_whose_name_nobody_knows_is_one)
{
    fake_process_calls.regions[2].name = NULL;
    read_modules();
    ck_assert_uint_eq(fixture.modules.count, 2);
    ck_assert_str_eq(module_table_path(&fixture.modules, module_at(NTDLL_BASE)), "(name unknown)");
}
END_TEST

START_TEST(a_name_of_any_length_is_read_whole)
{
    fake_process_calls.regions[2].name = long_text(VOLUME, LONG_PATH);
    read_modules();
    ck_assert_uint_eq(strlen(module_table_source(&fixture.modules, module_at(NTDLL_BASE))),
                      LONG_PATH);
}
END_TEST

static const struct {
    bool ended;
    bool knows;
    BYTE protection;
    enum module_access access;
} closed[] = {
    {false, true, 0x61, MODULES_PROTECTED}, /* light, of Windows */
    {false, true, 0x60, MODULES_DENIED},
    {false, false, 0x61, MODULES_DENIED}, /* an older Windows */
    {true, true, 0x61, MODULES_GONE},
};

START_TEST(a_process_whose_memory_is_closed_says_why)
{
    fake_process_calls.full_access_error = ERROR_ACCESS_DENIED;
    fake_process_calls.knows_protection = closed[_i].knows;
    fake_process_calls.protection = closed[_i].protection;
    open_process();
    fake_process_calls.ended = closed[_i].ended;
    CHECK_DONE(module_table_read(fixture.handle, &fixture.modules, &fixture.why), fixture.why);
    ck_assert_int_eq(fixture.modules.access, closed[_i].access);
    ck_assert_uint_eq(fixture.modules.count, 0);
}
END_TEST

static const struct {
    int failing;
    DWORD error;
    enum module_access access;
} walks[] = {
    {1, ERROR_INVALID_PARAMETER, MODULES_UNREADABLE}, /* no end of anything: there was nothing */
    {1, ERROR_ACCESS_DENIED, MODULES_DENIED},
    {3, ERROR_ACCESS_DENIED, MODULES_DENIED},
    {3, ERROR_INVALID_HANDLE, MODULES_UNREADABLE},
};

START_TEST(a_walk_that_fails_gives_no_half_of_the_modules)
{
    fake_process_calls.failing_region = walks[_i].failing;
    fake_process_calls.region_error = walks[_i].error;
    read_modules();
    ck_assert_int_eq(fixture.modules.access, walks[_i].access);
    ck_assert_uint_eq(fixture.modules.count, 0);
}
END_TEST

START_TEST(an_address_space_that_does_not_go_on_is_left)
{
    fake_process_calls.stuck = true;
    read_modules();
    ck_assert_int_eq(fixture.modules.access, MODULES_UNREADABLE);
}
END_TEST

START_TEST(a_process_that_ends_under_way_has_no_modules)
{
    fake_process_calls.ends_after = 10;
    read_modules();
    ck_assert_int_eq(fixture.modules.access, MODULES_GONE);
    ck_assert_uint_eq(fixture.modules.count, 0);
}
END_TEST

START_TEST(a_table_is_read_anew_each_time)
{
    read_modules();
    close_process();
    fake_process_calls.region_count = 2;
    read_modules();
    ck_assert_uint_eq(fixture.modules.count, 1);
}
END_TEST

/* All that the two calls do, in a process that is new to us. */
static bool read_all(void)
{
    return process_handle_open(&fixture.handle, PID, START, &fixture.access, &fixture.why) &&
           process_details_read(fixture.handle, PROCESS_WISH_COMMAND_LINE, &fixture.details,
                                &fixture.why) &&
           module_table_read(fixture.handle, &fixture.modules, &fixture.why);
}

static void give_all_back(void)
{
    close_process();
    process_details_clear(&fixture.details);
    module_table_clear(&fixture.modules);
}

START_TEST(each_allocation_that_is_refused_is_a_failure_and_no_leak)
{
    long n = 0;
    bool refused = true;

    put_parameters(L"old.exe");
    ck_assert(read_all()); /* what is kept for good is there from here on */
    give_all_back();
    while (refused) {
        long before = fake_memory_blocks();
        long after;
        bool ok;

        fake_memory_refuse(++n);
        ok = read_all();
        refused = fake_memory_refused() != 0;
        fake_memory_refuse(0);
        give_all_back();
        after = fake_memory_blocks(); /* before an assertion allocates for itself */
        ck_assert_msg(ok != refused, "allocation %ld", n);
        ck_assert(ok || fixture.why.kind == FAILURE_MEMORY);
        ck_assert_int_eq(after, before);
        ck_assert_int_eq(fake_process_calls.handles, 0);
    }
    ck_assert_int_gt(n, 10);
}
END_TEST

static TCase *details_tests(void)
{
    TCase *tests = tcase_create("details");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, all_is_told_of_a_process_that_may_be_looked_into);
    tcase_add_loop_test(tests, a_process_that_cannot_be_opened_has_no_handle, 0,
                        COUNT_OF(refusals));
    tcase_add_loop_test(tests, a_pid_that_was_reused_or_has_ended_is_gone, 0, 2);
    tcase_add_loop_test(tests, what_belongs_to_the_system_is_not_opened, 0, 2);
    tcase_add_test(tests, of_a_process_that_is_closed_in_part_the_rest_is_told);
    tcase_add_test(tests, a_command_line_needs_no_more_than_the_limited_right);
    tcase_add_loop_test(tests, a_process_without_a_path_is_told_apart, 0, COUNT_OF(images));
    tcase_add_test(tests, a_path_of_any_length_is_read_whole);
    tcase_add_loop_test(tests, a_path_is_written_as_people_know_it, 0, COUNT_OF(places));
    tcase_add_test(tests, the_longest_command_line_is_read_whole);
    tcase_add_test(tests, a_command_line_ends_where_programs_see_its_end);
    tcase_add_loop_test(tests, an_answer_that_points_elsewhere_is_not_followed, 0,
                        COUNT_OF(answers));
    tcase_add_test(tests, the_command_line_was_refused_by_the_system);
    tcase_add_test(tests, an_older_windows_has_the_command_line_in_the_process);
    tcase_add_test(tests, nobody_asked_for_the_command_line);
    tcase_add_loop_test(tests, a_process_that_lies_about_its_command_line_has_none, 0, 4);
    tcase_add_loop_test(tests, every_integrity_level_is_one_of_ours, 0, COUNT_OF(levels));
    return tests;
}

static TCase *module_tests(void)
{
    TCase *tests = tcase_create("modules");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_test(tests, a_mapping_is_one_module_from_its_first_to_its_last_part);
    tcase_add_test(tests, memory_that_is_no_image_is_no_module);
    tcase_add_loop_test(tests, what_the_process_lists_is_compared_with_what_is_mapped, 0,
                        COUNT_OF(names));
    tcase_add_loop_test(tests, a_32_bit_process_has_two_lists, 0, 2);
    tcase_add_test(tests, a_list_that_never_ends_is_no_list);
    tcase_add_loop_test(tests, a_list_that_cannot_be_read_whole_sets_no_flag, 1, 13);
    tcase_add_test(tests, a_module_whose_name_nobody_knows_is_one);
    tcase_add_test(tests, a_name_of_any_length_is_read_whole);
    tcase_add_loop_test(tests, a_process_whose_memory_is_closed_says_why, 0, COUNT_OF(closed));
    tcase_add_loop_test(tests, a_walk_that_fails_gives_no_half_of_the_modules, 0, COUNT_OF(walks));
    tcase_add_test(tests, an_address_space_that_does_not_go_on_is_left);
    tcase_add_test(tests, a_process_that_ends_under_way_has_no_modules);
    tcase_add_test(tests, a_table_is_read_anew_each_time);
    tcase_add_test(tests, each_allocation_that_is_refused_is_a_failure_and_no_leak);
    return tests;
}

int main(void)
{
    Suite *suite = suite_create("process_details_win32");

    suite_add_tcase(suite, details_tests());
    suite_add_tcase(suite, module_tests());
    return support_run_suite(suite);
}
