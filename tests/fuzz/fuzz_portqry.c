/* SPDX-License-Identifier: MIT */

/*
 * PortQry's command lines, what people type in its interactive mode, and what
 * servers say. The first byte says which; what is taken names ports that are ports.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "reportcli/portqry_answer.h"
#include "reportcli/portqry_interactive.h"
#include "reportcli/portqry_options.h"

enum { WORDS_MOST = 32 };

static void check_ports(const struct port_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].port == 0) {
            abort();
        }
    }
}

/* Words are parted by line ends. */
static void try_options(char *line)
{
    char name[] = "portqry";
    char *argv[WORDS_MOST + 1] = {name};
    int argc = 1;
    struct portqry_options options = {0};
    struct port_list list = {0};
    struct failure why = {0};

    while (argc < WORDS_MOST && *line != '\0') {
        argv[argc++] = line;
        line += strcspn(line, "\n");
        if (*line != '\0') {
            *line++ = '\0';
        }
    }
    if (portqry_options_read(&options, argc, argv, &why)) {
        if (!portqry_options_add_ports(&options, &list, &why) || list.count == 0 ||
            (options.mode == PORTQRY_REMOTE && options.host == NULL) || options.seconds == 0) {
            abort();
        }
        check_ports(&list);
    } else if (why.kind != FAILURE_USAGE) {
        abort();
    }
    port_list_clear(&list);
    portqry_options_clear(&options);
}

static void try_session(char *lines)
{
    struct portqry_session session = {.port = PORTQRY_PORT, .transports = PORTS_TCP};

    while (*lines != '\0') {
        char *next = lines + strcspn(lines, "\n");
        struct port_list list = {0};
        struct failure why = {0};
        enum portqry_wish wish;
        const char *word;

        next += *next != '\0' ? (*next = '\0', 1) : 0;
        if (!portqry_session_read(&session, lines, &wish, &list, &word, &why) ||
            (wish == PORTQRY_WISH_QUERY) != (list.count > 0) || session.port == 0 ||
            session.transports == 0 || word == NULL) {
            abort();
        }
        check_ports(&list);
        port_list_clear(&list);
        lines = next;
    }
    portqry_session_clear(&session);
}

/* What a server says is shown without anything that a terminal acts upon. */
static void try_banner(const char *said)
{
    static const char *const protocols_of_lines[] = {"ftp", "smtp", "pop3", "imap"};

    for (size_t i = 0; i < sizeof(protocols_of_lines) / sizeof(protocols_of_lines[0]); i++) {
        struct outcome outcome = {
            .transport = PROBE_TCP, .status = PROBE_LISTENING, .said = text_copy(said)};
        struct text text = {0};

        portqry_answer_add(&text, portqry_special_find(protocol_find(protocols_of_lines[i])),
                           &outcome, "public");
        for (size_t k = 0; k < text.size; k++) {
            if ((unsigned char)text.bytes[k] < ' ' && text.bytes[k] != '\n') {
                abort();
            }
        }
        text_clear(&text);
        outcome_clear(&outcome);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *words;

    if (size == 0 || size > 4096) {
        return 0;
    }
    words = malloc(size);
    if (words == NULL) {
        return 0;
    }
    memcpy(words, data + 1, size - 1);
    words[size - 1] = '\0';
    if (data[0] % 3 == 0) {
        try_options(words);
    } else if (data[0] % 3 == 1) {
        try_banner(words);
    } else {
        try_session(words);
    }
    free(words);
    return 0;
}
