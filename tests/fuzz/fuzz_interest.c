/* SPDX-License-Identifier: MIT */

/*
 * Lists of what is of interest, of anybody. What is taken says what it is; what is refused, where.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "reportcli/interest.h"

static void must(bool right)
{
    if (!right) {
        abort();
    }
}

static void check_entry(const struct interest_entry *entry)
{
    const struct socket_endpoint end = {.address = {10}, .address_size = 4, .port = 80};
    struct text text = {0};

    must(entry->line > 0 && entry->text != NULL && entry->text[0] != '\0');
    must(entry->kind != INTEREST_PORT || (entry->first > 0 && entry->first <= entry->last &&
                                          (entry->protocol == 0 || entry->protocol == SOCKET_TCP ||
                                           entry->protocol == SOCKET_UDP)));
    (void)interest_has_port(entry, SOCKET_TCP, 80);
    (void)interest_has_address(entry, &end);
    (void)interest_has_user(entry, "A\\b");
    (void)interest_has_program(entry, "b", "/a/b");
    (void)interest_has_module(entry, "/a/b.so");
    interest_add(&text, entry);
    must(text.size > 0);
    text_clear(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct interest interest = {0};
    struct failure why = {0};

    if (interest_parse(&interest, "list", (const char *)data, size, &why)) {
        for (size_t i = 0; i < interest.count; i++) {
            check_entry(&interest.entries[i]);
        }
    } else {
        must(why.kind == FAILURE_FORMAT && strncmp(why.text, "list:", 5) == 0 &&
             strchr(why.text, '\n') == NULL);
    }
    interest_clear(&interest);
    return 0;
}
