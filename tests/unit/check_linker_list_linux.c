/* SPDX-License-Identifier: MIT */

/*
 * Lists in a made-up memory: a file in which everything stands where its
 * address says, in words of 4 and of 8 bytes.
 */

#include "tests/support.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <unistd.h>

#include "collector/linker_list_linux.h"

enum {
    MOVED = 0x10000, /* how far the program lies from where it was linked to */
    HEADERS = 0x40,
    DYNAMIC = 0x400,
    DEBUG = 0x20000,
    MAPS = 0x30000, /* one every 0x100 bytes */
    MAP_STEP = 0x100,
    NAMES = 0x40000,
    MOST_OF_CIRCLE = 3 * 64,      /* entries, where namespaces are a circle */
    MOST_NAMES = 2 * 1024 * 1024, /* bytes */
};

static struct {
    struct linker_list list;
    struct failure why;
    int memory;
    size_t word;
    uint8_t auxv[200];
    size_t auxv_size;
} fixture;

static const size_t words[] = {4, 8};

static void open_fixture(void)
{
    memset(&fixture, 0, sizeof(fixture));
    fixture.memory = open("memory", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ck_assert_int_ge(fixture.memory, 0);
}

static void close_fixture(void)
{
    close(fixture.memory);
    remove("memory");
    linker_list_clear(&fixture.list);
    linker_list_clear(&fixture.list);
}

static void put(uint64_t address, const void *bytes, size_t size)
{
    ck_assert_int_eq(pwrite(fixture.memory, bytes, size, (off_t)address), (ssize_t)size);
}

/* Little end first, as on every machine that this is built for. */
static void put_word(uint64_t address, uint64_t value)
{
    put(address, &value, fixture.word);
}

static void put_text(uint64_t address, const char *text)
{
    put(address, text, strlen(text) + 1);
}

static void add_auxiliary(uint64_t type, uint64_t value)
{
    memcpy(fixture.auxv + fixture.auxv_size, &type, fixture.word);
    memcpy(fixture.auxv + fixture.auxv_size + fixture.word, &value, fixture.word);
    fixture.auxv_size += 2 * fixture.word;
}

static void put_header(uint64_t address, uint32_t type, uint64_t place)
{
    put(address, &type, sizeof(type));
    put_word(address + (fixture.word == 8 ? offsetof(Elf64_Phdr, p_vaddr)
                                          : offsetof(Elf32_Phdr, p_vaddr)),
             place);
}

static size_t header_size(void)
{
    return fixture.word == 8 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
}

static void put_dynamic(uint64_t at, uint64_t tag, uint64_t value)
{
    put_word(MOVED + DYNAMIC + at * 2 * fixture.word, tag);
    put_word(MOVED + DYNAMIC + at * 2 * fixture.word + fixture.word, value);
}

static void put_debug(uint64_t address, uint32_t version, uint64_t map, uint32_t state,
                      uint64_t next)
{
    const size_t word = fixture.word;

    put(address, &version, sizeof(version));
    put_word(address + word, map);
    put_word(address + 2 * word, 0);
    put(address + 3 * word, &state, sizeof(state));
    put_word(address + 4 * word, 0);
    put_word(address + 5 * word, next);
}

static uint64_t map_at(int i)
{
    return MAPS + (uint64_t)i * MAP_STEP;
}

static void put_map(int i, uint64_t name, uint64_t dynamic, uint64_t next)
{
    put_word(map_at(i), 0);
    put_word(map_at(i) + fixture.word, name);
    put_word(map_at(i) + 2 * fixture.word, dynamic);
    put_word(map_at(i) + 3 * fixture.word, next);
}

/* A program whose linker knows three files. */
static void put_program(size_t word)
{
    fixture.word = word;
    add_auxiliary(AT_PAGESZ, 4096);
    add_auxiliary(AT_PHDR, MOVED + HEADERS);
    add_auxiliary(AT_PHENT, header_size());
    add_auxiliary(AT_PHNUM, 3);
    add_auxiliary(AT_NULL, 0);
    put_header(MOVED + HEADERS, PT_PHDR, HEADERS);
    put_header(MOVED + HEADERS + header_size(), PT_LOAD, 0);
    put_header(MOVED + HEADERS + 2 * header_size(), PT_DYNAMIC, DYNAMIC);
    put_dynamic(0, DT_STRTAB, 7);
    put_dynamic(1, DT_DEBUG, DEBUG);
    put_dynamic(2, DT_NULL, 0);
    put_debug(DEBUG, 1, map_at(0), RT_CONSISTENT, 0);
    put_map(0, NAMES, MOVED + DYNAMIC, map_at(1));
    put_map(1, NAMES + 1, 0x50000, map_at(2));
    put_map(2, NAMES + 0x100, 0x60000, 0);
    put_text(NAMES, "");
    put_text(NAMES + 1, "/lib/a.so");
    put_text(NAMES + 0x100, "/lib/b.so");
}

static void read_list(void)
{
    CHECK_DONE(linker_list_read(fixture.memory, fixture.auxv, fixture.auxv_size, &fixture.list,
                                &fixture.why),
               fixture.why);
}

static const char *name_of(size_t i)
{
    return text_bytes(&fixture.list.names) + fixture.list.items[i].name;
}

START_TEST(the_list_is_found_from_the_program_headers_on)
{
    put_program(words[_i]);
    for (int again = 0; again < 2; again++) {
        read_list();
        ck_assert_int_eq(fixture.list.state, LINKER_LIST_STEADY);
        ck_assert_uint_eq(fixture.list.count, 3);
        ck_assert_str_eq(name_of(0), "");
        ck_assert_uint_eq(fixture.list.items[0].dynamic, MOVED + DYNAMIC);
        ck_assert_str_eq(name_of(1), "/lib/a.so");
        ck_assert_uint_eq(fixture.list.items[1].dynamic, 0x50000);
        ck_assert_str_eq(name_of(2), "/lib/b.so");
        ck_assert_uint_eq(fixture.list.items[2].dynamic, 0x60000);
    }
}
END_TEST

START_TEST(other_namespaces_are_read_from_version_2_on)
{
    put_program(words[_i]);
    put_debug(DEBUG, 1, map_at(0), RT_CONSISTENT, DEBUG + 0x100);
    put_debug(DEBUG + 0x100, 2, map_at(3), RT_ADD, 0);
    put_map(3, NAMES + 1, 0x70000, 0);
    read_list();
    ck_assert_uint_eq(fixture.list.count, 3);
    ck_assert_int_eq(fixture.list.state, LINKER_LIST_STEADY);
    put_debug(DEBUG, 2, map_at(0), RT_CONSISTENT, DEBUG + 0x100);
    read_list();
    ck_assert_uint_eq(fixture.list.count, 4);
    ck_assert_uint_eq(fixture.list.items[3].dynamic, 0x70000);
    ck_assert_int_eq(fixture.list.state, LINKER_LIST_CHANGING);
}
END_TEST

START_TEST(a_circle_ends_at_the_limit)
{
    put_program(words[_i]);
    put_map(2, NAMES, 0x60000, map_at(1));
    read_list();
    ck_assert_uint_eq(fixture.list.count, LINKER_LIST_LIMIT);
    put_debug(DEBUG, 2, map_at(0), RT_CONSISTENT, DEBUG);
    put_map(2, NAMES, 0x60000, 0);
    read_list();
    ck_assert_uint_le(fixture.list.count, MOST_OF_CIRCLE);
}
END_TEST

START_TEST(a_name_without_an_end_is_cut)
{
    char name[2 * LINKER_LIST_NAME_LIMIT];

    put_program(words[_i]);
    memset(name, 'n', sizeof(name));
    put(NAMES + 0x100, name, sizeof(name));
    read_list();
    ck_assert_uint_eq(strlen(name_of(2)), LINKER_LIST_NAME_LIMIT);
    put_map(1, NAMES + 0x100, 0x50000, map_at(1)); /* and a circle of such names is short */
    read_list();
    ck_assert_uint_le(fixture.list.names.size, MOST_NAMES);
}
END_TEST

START_TEST(what_leads_nowhere_ends_the_list)
{
    put_program(words[_i]);
    put_map(1, 0xfffffff0, 0x50000, 0xfffffff0);
    read_list();
    ck_assert_uint_eq(fixture.list.count, 2);
    ck_assert_str_eq(name_of(1), "");
    put_debug(DEBUG, 1, 0, RT_ADD, 0);
    read_list();
    ck_assert_uint_eq(fixture.list.count, 0);
    ck_assert_int_eq(fixture.list.state, LINKER_LIST_NONE);
    put_dynamic(1, DT_DEBUG, 0);
    read_list();
    ck_assert_int_eq(fixture.list.state, LINKER_LIST_NONE);
    put_header(MOVED + HEADERS + 2 * header_size(), PT_LOAD, DYNAMIC);
    read_list();
    ck_assert_int_eq(fixture.list.state, LINKER_LIST_NONE);
}
END_TEST

START_TEST(a_vector_that_is_cut_has_no_list)
{
    put_program(words[_i]);
    for (; fixture.auxv_size > 4 * fixture.word; fixture.auxv_size--) {
        read_list();
    }
    read_list();
    ck_assert_int_eq(fixture.list.state, LINKER_LIST_NONE);
}
END_TEST

START_TEST(memory_that_is_closed_has_no_list)
{
    put_program(words[_i]);
    CHECK_DONE(linker_list_read(-1, fixture.auxv, fixture.auxv_size, &fixture.list, &fixture.why),
               fixture.why);
    ck_assert_int_eq(fixture.list.state, LINKER_LIST_NONE);
}
END_TEST

static Suite *linker_list_suite(void)
{
    Suite *suite = suite_create("linker_list_linux");
    TCase *tests = tcase_create("linker_list_linux");
    int count = COUNT_OF(words);

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, the_list_is_found_from_the_program_headers_on, 0, count);
    tcase_add_loop_test(tests, other_namespaces_are_read_from_version_2_on, 0, count);
    tcase_add_loop_test(tests, a_circle_ends_at_the_limit, 0, count);
    tcase_add_loop_test(tests, a_name_without_an_end_is_cut, 0, count);
    tcase_add_loop_test(tests, what_leads_nowhere_ends_the_list, 0, count);
    tcase_add_loop_test(tests, a_vector_that_is_cut_has_no_list, 0, count);
    tcase_add_loop_test(tests, memory_that_is_closed_has_no_list, 0, count);
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(linker_list_suite());
}
