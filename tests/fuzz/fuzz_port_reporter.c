/* SPDX-License-Identifier: MIT */

/*
 * PR-PORTS files of anybody, line by line. What is taken is a socket that may go into a ledger;
 * what is refused has one line of words.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "reportcli/port_reporter.h"

static void must(bool right)
{
    if (!right) {
        abort();
    }
}

static void check_row(const struct port_reporter_row *row)
{
    const struct socket_row *socket = &row->socket;
    struct socket_row plain = *socket;

    must(socket->protocol == SOCKET_TCP || socket->protocol == SOCKET_UDP);
    must(socket->local.address_size == 4 || socket->local.address_size == 16);
    must(socket->remote.address_size == 0 ||
         (socket->protocol == SOCKET_TCP && socket->state == SOCKET_STATELESS));
    must(row->at % 1000 == 0 && row->at > INT64_C(-63000000000000));
    must(row->has_pid || row->pid == 0);
    must(strlen(text_bytes(&row->module)) == row->module.size);
    must(strlen(text_bytes(&row->user)) == row->user.size);
    socket_row_normalize(&plain);
    must(socket_row_compare(&plain, socket) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct port_reporter_row row = {0};
    const char *at = (const char *)data;
    const char *end = at + size;

    while (at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        struct failure why = {0};

        line_end = line_end != NULL ? line_end : end;
        switch (port_reporter_read(&row, at, (size_t)(line_end - at), &why)) {
        case PORT_REPORTER_ROW:
            check_row(&row);
            break;
        case PORT_REPORTER_BAD:
            must(why.kind == FAILURE_FORMAT && why.text[0] != '\0' &&
                 strchr(why.text, '\n') == NULL);
            break;
        default:
            break;
        }
        at = line_end + 1;
    }
    port_reporter_row_clear(&row);
    return 0;
}
