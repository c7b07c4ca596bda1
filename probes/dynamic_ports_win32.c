/* SPDX-License-Identifier: MIT */

#include "probes/dynamic_ports_win32.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "probes/port_tables_win32.h"

#include <ws2tcpip.h>
#include <iphlpapi.h>

enum {
    FIRST_SIZE = 64 * 1024,
    ATTEMPTS_MOST = 8, /* the tables grow while they are read */
};

/* Every table is a DWORD count followed by rows, which differ in where the port is. */
struct source {
    DWORD (*fetch)(void *buffer, DWORD *size, ULONG family);
    ULONG family;
    size_t first_row;
    size_t row_size;
    size_t port; /* a DWORD, of which the low half counts, in network order */
};

enum { FAMILIES = 2 };

static const struct source tcp_sources[FAMILIES] = {
    {port_tables_tcp, AF_INET, offsetof(MIB_TCPTABLE, table), sizeof(MIB_TCPROW),
     offsetof(MIB_TCPROW, dwLocalPort)},
    {port_tables_tcp, AF_INET6, offsetof(MIB_TCP6TABLE, table), sizeof(MIB_TCP6ROW),
     offsetof(MIB_TCP6ROW, dwLocalPort)},
};

static const struct source udp_sources[FAMILIES] = {
    {port_tables_udp, AF_INET, offsetof(MIB_UDPTABLE, table), sizeof(MIB_UDPROW),
     offsetof(MIB_UDPROW, dwLocalPort)},
    {port_tables_udp, AF_INET6, offsetof(MIB_UDP6TABLE, table), sizeof(MIB_UDP6ROW),
     offsetof(MIB_UDP6ROW, dwLocalPort)},
};

/* NULL: it cannot be read. The caller frees it; *size is how much of it is the table. */
static uint8_t *fetch(const struct source *source, DWORD *size)
{
    DWORD room = FIRST_SIZE;

    for (int i = 0; i < ATTEMPTS_MOST; i++) {
        uint8_t *buffer = malloc(room);
        DWORD error;

        if (buffer == NULL) {
            return NULL;
        }
        *size = room;
        error = source->fetch(buffer, size, source->family);
        if (error == NO_ERROR) {
            return buffer;
        }
        free(buffer);
        if (error != ERROR_INSUFFICIENT_BUFFER) {
            return NULL;
        }
        room = (*size > room ? *size : room) + FIRST_SIZE;
    }
    return NULL;
}

static void mark(const struct source *source, bool *taken)
{
    DWORD size = 0;
    uint8_t *table = fetch(source, &size);
    DWORD rows = 0;

    if (table == NULL) {
        return;
    }
    memcpy(&rows, table, sizeof(rows));
    for (size_t i = 0; i < rows; i++) {
        size_t row = source->first_row + i * source->row_size;
        DWORD port;

        if (row + source->row_size > size) {
            break; /* it speaks of more rows than it has */
        }
        memcpy(&port, table + row + source->port, sizeof(port));
        taken[ntohs((uint16_t)port)] = true;
    }
    free(table);
}

static size_t count_free(const struct source *sources)
{
    bool *taken = calloc(UINT16_MAX + 1, sizeof(*taken));
    size_t count = DYNAMIC_PORTS;

    if (taken == NULL) {
        return count;
    }
    for (size_t i = 0; i < FAMILIES; i++) {
        mark(&sources[i], taken);
    }
    for (size_t port = DYNAMIC_PORTS_FIRST; port <= DYNAMIC_PORTS_LAST; port++) {
        count -= taken[port] ? 1 : 0;
    }
    free(taken);
    return count;
}

size_t dynamic_ports_free(void)
{
    size_t tcp = count_free(tcp_sources);
    size_t udp = count_free(udp_sources);

    return tcp < udp ? tcp : udp;
}
