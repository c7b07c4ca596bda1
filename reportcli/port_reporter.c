/* SPDX-License-Identifier: MIT */

#include "reportcli/port_reporter.h"

#include <string.h>

#include "base/local_time.h"
#include "base/time_text.h"
#include "base/zone.h"

enum {
    DATE,
    TIME,
    PROTOCOL,
    LOCAL_PORT,
    LOCAL_ADDRESS,
    REMOTE_PORT,
    REMOTE_ADDRESS,
    SHORT_ROW, /* Windows 2000 names no process */
    PID = SHORT_ROW,
    MODULE,
    USER,
    FULL_ROW,
};

struct cell {
    const char *bytes;
    size_t size;
};

/* The user is the last one: it may have commas in it. */
static size_t split(struct cell *cells, const char *line, size_t size)
{
    const char *end = line + size;
    size_t count = 0;

    for (;;) {
        const char *comma = count + 1 < FULL_ROW ? memchr(line, ',', (size_t)(end - line)) : NULL;

        cells[count].bytes = line;
        cells[count++].size = (size_t)((comma != NULL ? comma : end) - line);
        if (comma == NULL) {
            return count;
        }
        line = comma + 1;
    }
}

static bool is(const struct cell *cell, const char *word)
{
    return cell->size == strlen(word) && memcmp(cell->bytes, word, cell->size) == 0;
}

/* Digits and nothing else; -1 where it is not so, or is above `most`. */
static int64_t number_of(const char *bytes, size_t size, int64_t most)
{
    int64_t number = 0;

    for (size_t i = 0; i < size; i++) {
        if (bytes[i] < '0' || bytes[i] > '9') {
            return -1;
        }
        number = number * 10 + (bytes[i] - '0');
        if (number > most) {
            return -1;
        }
    }
    return size > 0 ? number : -1;
}

/* Three numbers with something between them: 05/7/6, 13:52:1. */
static bool read_three(const struct cell *cell, char between, int numbers[3])
{
    const char *at = cell->bytes;
    const char *end = at + cell->size;

    for (int i = 0; i < 3; i++) {
        const char *next = i < 2 ? memchr(at, between, (size_t)(end - at)) : end;
        int64_t number = next != NULL ? number_of(at, (size_t)(next - at), 9999) : -1;

        if (number < 0) {
            return false;
        }
        numbers[i] = (int)number;
        at = i < 2 ? next + 1 : next;
    }
    return true;
}

static bool read_time(struct port_reporter_row *row, const struct cell *cells, struct failure *why)
{
    int day[3];
    int clock[3];
    struct calendar_time time;
    int64_t second;

    if (!read_three(&cells[DATE], '/', day)) {
        return FAIL(why, FAILURE_FORMAT, 0, "the date is not year/month/day");
    }
    if (!read_three(&cells[TIME], ':', clock)) {
        return FAIL(why, FAILURE_FORMAT, 0, "the time is not hour:minute:second");
    }
    time = (struct calendar_time){.year = day[0] < 100 ? 2000 + day[0] : day[0],
                                  .month = day[1],
                                  .day = day[2],
                                  .hour = clock[0],
                                  .minute = clock[1],
                                  .second = clock[2]};
    if (!calendar_valid(&time)) {
        return FAIL(why, FAILURE_FORMAT, 0, "there is no such date or time");
    }
    local_time_moments(zone_offset, calendar_to_ms(&time), &row->at, &second);
    row->twice = second != row->at;
    return true;
}

static bool read_address(const struct cell *cell, struct socket_endpoint *end, const char *which,
                         struct failure *why)
{
    char word[64];

    if (cell->size == 0 || cell->size >= sizeof(word) ||
        memchr(cell->bytes, '\0', cell->size) != NULL) {
        return FAIL(why, FAILURE_FORMAT, 0, "the %s address is none", which);
    }
    memcpy(word, cell->bytes, cell->size);
    word[cell->size] = '\0';
    return socket_endpoint_parse_address(word, end, why) ||
           FAIL(why, FAILURE_FORMAT, 0, "the %s address is none", which);
}

static bool read_port(const struct cell *cell, struct socket_endpoint *end, const char *which,
                      struct failure *why)
{
    int64_t port = number_of(cell->bytes, cell->size, UINT16_MAX);

    if (port < 0) {
        return FAIL(why, FAILURE_FORMAT, 0, "the %s port is no number up to 65535", which);
    }
    end->port = (uint16_t)port;
    return true;
}

/* Nothing or 0, and 0.0.0.0, of a listener; * and * of UDP. */
static bool read_remote(struct socket_row *socket, const struct cell *cells, struct failure *why)
{
    if (socket->protocol == SOCKET_UDP) {
        return is(&cells[REMOTE_PORT], "*") ||
               FAIL(why, FAILURE_FORMAT, 0, "the remote port of UDP is not *");
    }
    if (cells[REMOTE_PORT].size == 0) {
        socket->state = SOCKET_LISTENING;
        return true;
    }
    if (!read_port(&cells[REMOTE_PORT], &socket->remote, "remote", why) ||
        !read_address(&cells[REMOTE_ADDRESS], &socket->remote, "remote", why)) {
        return false;
    }
    if (socket->remote.port == 0 && socket_endpoint_is_any(&socket->remote)) {
        socket->remote = (struct socket_endpoint){0}; /* nobody is there: as nothing and 0.0.0.0 */
        socket->state = SOCKET_LISTENING;
        return true;
    }
    return socket->remote.address_size == socket->local.address_size ||
           FAIL(why, FAILURE_FORMAT, 0, "the two addresses are of different families");
}

static bool read_socket(struct port_reporter_row *row, const struct cell *cells,
                        struct failure *why)
{
    struct socket_row *socket = &row->socket;

    if (!is(&cells[PROTOCOL], "TCP") && !is(&cells[PROTOCOL], "UDP")) {
        return FAIL(why, FAILURE_FORMAT, 0, "the protocol is neither TCP nor UDP");
    }
    *socket = (struct socket_row){
        .protocol = is(&cells[PROTOCOL], "TCP") ? SOCKET_TCP : SOCKET_UDP,
        .owner = SOCKET_NO_OWNER,
        .service = SOCKET_NO_SERVICE,
    };
    return read_port(&cells[LOCAL_PORT], &socket->local, "local", why) &&
           read_address(&cells[LOCAL_ADDRESS], &socket->local, "local", why) &&
           read_remote(socket, cells, why);
}

static void add_text(struct text *text, struct cell cell)
{
    const char *zero = memchr(cell.bytes, '\0', cell.size);

    text_add_utf8(text, cell.bytes, zero != NULL ? (size_t)(zero - cell.bytes) : cell.size);
}

static bool read_process(struct port_reporter_row *row, const struct cell *cells,
                         struct failure *why)
{
    struct cell user = cells[USER];
    int64_t pid = number_of(cells[PID].bytes, cells[PID].size, UINT32_MAX);

    if (cells[PID].size > 0 && pid < 0) {
        return FAIL(why, FAILURE_FORMAT, 0, "the PID is no number");
    }
    row->has_pid = pid >= 0;
    row->pid = pid >= 0 ? (uint32_t)pid : 0;
    row->socket.pid = row->pid;
    if (user.size >= 2 && user.bytes[0] == '<' && user.bytes[user.size - 1] == '>') {
        user = (struct cell){user.bytes + 1, user.size - 2};
    }
    add_text(&row->module, cells[MODULE]);
    add_text(&row->user, user);
    return text_ok(&row->module, why) && text_ok(&row->user, why);
}

static bool read_cells(struct port_reporter_row *row, const char *line, size_t size,
                       struct failure *why)
{
    struct cell cells[FULL_ROW];
    size_t count = split(cells, line, size);

    if (count != SHORT_ROW && count != FULL_ROW) {
        return FAIL(why, FAILURE_FORMAT, 0, "%zu column%s, and not %d or %d", count,
                    count == 1 ? "" : "s", SHORT_ROW, FULL_ROW);
    }
    return read_time(row, cells, why) && read_socket(row, cells, why) &&
           (count == SHORT_ROW || read_process(row, cells, why));
}

static bool begins(const char *line, size_t size, const char *words)
{
    return size >= strlen(words) && memcmp(line, words, strlen(words)) == 0;
}

static bool is_header(const char *line, size_t size)
{
    static const char *const beginnings[] = {
        "Port Reporter ",
        "Check ",
        PORT_REPORTER_FORMAT,
        "date,time,protocol,",
    };

    for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
        if (begins(line, size, beginnings[i])) {
            return true;
        }
    }
    return size == 0;
}

enum port_reporter_line port_reporter_read(struct port_reporter_row *row, const char *line,
                                           size_t size, struct failure *why)
{
    text_reset(&row->module);
    text_reset(&row->user);
    row->has_pid = false;
    row->pid = 0;
    while (size > 0 && (line[size - 1] == '\r' || line[size - 1] == ' ')) {
        size--;
    }
    if (is_header(line, size)) {
        return PORT_REPORTER_HEADER;
    }
    return read_cells(row, line, size, why) ? PORT_REPORTER_ROW : PORT_REPORTER_BAD;
}

void port_reporter_row_clear(struct port_reporter_row *row)
{
    text_clear(&row->module);
    text_clear(&row->user);
}
