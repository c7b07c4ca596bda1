/* SPDX-License-Identifier: MIT */

/* docs/probes.md against the protocols' own tables, and what is asked of those. */

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "probes/protocol.h"
#include "tests/support.h"

static const char document_path[] = PORTLEDGER_SOURCE_DIR "/docs/probes.md";

static struct {
    char *document;
    struct text text;
} fixture;

static void open_fixture(void)
{
    size_t size;

    memset(&fixture, 0, sizeof(fixture));
    fixture.document = support_read_file(document_path, &size);
}

static void close_fixture(void)
{
    free(fixture.document);
    text_clear(&fixture.text);
}

static int protocol_count(void)
{
    int count = 0;

    while (protocols[count] != NULL) {
        count++;
    }
    return count;
}

/* Whether the line "### a, b" has the name as one of its words. */
static bool heads(const char *line, size_t size, const char *name)
{
    size_t length = strlen(name);

    for (size_t at = strlen("\n### "); at + length <= size; at++) {
        bool begins = line[at - 1] == ' ';
        bool ends = at + length == size || line[at + length] == ',';

        if (begins && ends && memcmp(line + at, name, length) == 0) {
            return true;
        }
    }
    return false;
}

/* The text below the protocol's heading, up to the next one. Freed by the caller. */
static char *find_section(const char *name)
{
    const char *line = strstr(fixture.document, "\n## Protocols\n");

    ck_assert_msg(line != NULL, "no \"## Protocols\"");
    while ((line = strstr(line + 1, "\n### ")) != NULL) {
        size_t size = strcspn(line + 1, "\n") + 1;
        const char *end = strstr(line + size, "\n#");
        char *section;

        if (heads(line, size, name)) {
            section = end != NULL ? text_copy_size(line + size, (size_t)(end - line) - size)
                                  : text_copy(line + size);
            ck_assert_ptr_nonnull(section);
            return section;
        }
    }
    ck_abort_msg("probes.md has no section \"### %s\"", name);
    return NULL;
}

static const char *const type_names[] = {
    [ANSWER_TEXT] = "text",
    [ANSWER_NUMBER] = "number",
    [ANSWER_TIME] = "time",
    [ANSWER_TRUTH] = "truth",
};

/* The row of a field, up to the words that say what it is. */
static const char *row_of(const struct answer_field *field)
{
    text_reset(&fixture.text);
    text_addf(&fixture.text, "\n| `%s` | %s", field->name, type_names[field->type]);
    if (field->unit != NULL) {
        text_addf(&fixture.text, ", %s", field->unit);
    }
    text_add(&fixture.text, field->many ? ", many" : "");
    text_add(&fixture.text, field->fleeting ? ", fleeting" : "");
    text_add(&fixture.text, " | ");
    return text_bytes(&fixture.text);
}

static int count_of(const char *text, const char *part)
{
    int count = 0;

    for (text = strstr(text, part); text != NULL; text = strstr(text + 1, part)) {
        count++;
    }
    return count;
}

START_TEST(a_protocols_fields_are_documented_in_their_order)
{
    const struct protocol *protocol = protocols[_i];
    char *section = find_section(protocol->name);
    const char *at = section;

    for (size_t i = 0; i < protocol->field_count; i++) {
        const char *row = row_of(&protocol->fields[i]);

        at = strstr(at, row);
        ck_assert_msg(at != NULL, "%s: no row (or not in its place): %s", protocol->name, row);
    }
    ck_assert_int_eq(count_of(section, "\n| `"), (int)protocol->field_count);
    free(section);
}
END_TEST

START_TEST(its_ports_and_services_are_named)
{
    const struct protocol *protocol = protocols[_i];
    char *section = find_section(protocol->name);

    for (const struct protocol_port *port = protocol->ports; port->port != 0; port++) {
        text_reset(&fixture.text);
        text_addf(&fixture.text, " %u", port->port);
        CHECK_CONTAINS(section, text_bytes(&fixture.text));
        CHECK_CONTAINS(section, port->transport == PROBE_UDP ? "UDP" : "TCP");
    }
    for (const char *const *service = protocol->services; *service != NULL; service++) {
        text_reset(&fixture.text);
        text_addf(&fixture.text, "`%s`", *service);
        CHECK_CONTAINS(section, text_bytes(&fixture.text));
    }
    ck_assert_msg(protocol->side_effect == NULL || strstr(section, "Side effect") != NULL,
                  "the side effect of %s is not told", protocol->name);
    free(section);
}
END_TEST

static bool is_snake_case(const char *name)
{
    return name[0] >= 'a' && name[0] <= 'z' &&
           name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

START_TEST(its_table_is_one_that_outputs_can_use)
{
    const struct protocol *protocol = protocols[_i];

    ck_assert_ptr_eq(protocol_find(protocol->name), protocol);
    ck_assert(protocol->title != NULL && protocol->source != NULL);
    ck_assert(protocol->stream != NULL || protocol->datagram != NULL);
    ck_assert(protocol->begin != NULL);
    for (size_t i = 0; i < protocol->field_count; i++) {
        const struct answer_field *field = &protocol->fields[i];
        size_t size = field->help != NULL ? strlen(field->help) : 0;

        ck_assert_msg(is_snake_case(field->name), "%s", field->name);
        ck_assert_msg(size > 0 && field->help[size - 1] != '.', "help of %s", field->name);
        for (size_t j = 0; j < i; j++) {
            ck_assert_str_ne(field->name, protocol->fields[j].name);
        }
    }
}
END_TEST

/* By the service's name before the number; by the number where the service has no protocol. */
static const struct {
    uint8_t transport;
    uint16_t port;
    const char *service;
    const char *protocol; /* NULL: it is only reached */
} choices[] = {
    {PROBE_TCP, 389, NULL, "ldap"},     {PROBE_TCP, 1025, "ldap", "ldap"},
    {PROBE_UDP, 53, "domain", "dns"},   {PROBE_UDP, 161, "snmp", "snmp"},
    {PROBE_UDP, 500, NULL, "ike"},      {PROBE_TCP, 21, "FTP", "ftp"},
    {PROBE_UDP, 1745, "nobody", "isa"}, {PROBE_TCP, 1745, NULL, NULL},
    {PROBE_TCP, 1, NULL, NULL},         {PROBE_UDP, 443, "https", "quic"},
    {PROBE_TCP, 443, "https", "https"}, {PROBE_UDP, 11211, NULL, "memcached"},
};

START_TEST(a_port_has_the_protocol_of_its_service_or_number)
{
    const struct protocol *protocol =
        protocol_of_port(choices[_i].transport, choices[_i].port, choices[_i].service);

    ck_assert_str_eq(protocol != NULL ? protocol->name : "none",
                     choices[_i].protocol != NULL ? choices[_i].protocol : "none");
}
END_TEST

static Suite *probes_document_suite(void)
{
    Suite *suite = suite_create("probes_document");
    TCase *tests = tcase_create("tests");

    tcase_add_checked_fixture(tests, open_fixture, close_fixture);
    tcase_add_loop_test(tests, a_protocols_fields_are_documented_in_their_order, 0,
                        protocol_count());
    tcase_add_loop_test(tests, its_ports_and_services_are_named, 0, protocol_count());
    tcase_add_loop_test(tests, its_table_is_one_that_outputs_can_use, 0, protocol_count());
    tcase_add_loop_test(tests, a_port_has_the_protocol_of_its_service_or_number, 0,
                        COUNT_OF(choices));
    suite_add_tcase(suite, tests);
    return suite;
}

int main(void)
{
    return support_run_suite(probes_document_suite());
}
