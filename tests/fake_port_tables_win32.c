/* SPDX-License-Identifier: MIT */

#include "tests/fake_port_tables_win32.h"

#include <ws2tcpip.h>
#include <iphlpapi.h>

#include <string.h>

struct fake_port_tables fake_port_tables;

/* What the four tables differ in. */
struct form {
    size_t first_row;
    size_t row_size;
    size_t port;
};

static const struct form tcp4_form = {offsetof(MIB_TCPTABLE, table), sizeof(MIB_TCPROW),
                                      offsetof(MIB_TCPROW, dwLocalPort)};
static const struct form tcp6_form = {offsetof(MIB_TCP6TABLE, table), sizeof(MIB_TCP6ROW),
                                      offsetof(MIB_TCP6ROW, dwLocalPort)};
static const struct form udp4_form = {offsetof(MIB_UDPTABLE, table), sizeof(MIB_UDPROW),
                                      offsetof(MIB_UDPROW, dwLocalPort)};
static const struct form udp6_form = {offsetof(MIB_UDP6TABLE, table), sizeof(MIB_UDP6ROW),
                                      offsetof(MIB_UDP6ROW, dwLocalPort)};

static DWORD fetch(struct fake_port_table *table, const struct form *form, void *buffer,
                   DWORD *size)
{
    DWORD count = table->count + table->growth * (DWORD)table->calls++;
    DWORD needed = (DWORD)(form->first_row + form->row_size * count);
    DWORD claimed = table->claims != 0 ? table->claims : count;
    BYTE *bytes = buffer;

    if (table->error != NO_ERROR) {
        return table->error;
    }
    if (*size < needed) {
        *size = needed;
        return ERROR_INSUFFICIENT_BUFFER;
    }
    *size = needed;
    memset(bytes, 0xee, needed);
    memcpy(bytes, &claimed, sizeof(claimed));
    for (DWORD i = 0; i < count; i++) {
        /* The high half is not to be looked at. */
        DWORD port = 0xabcd0000U | htons((uint16_t)(table->first + i * table->step));

        memcpy(bytes + form->first_row + i * form->row_size + form->port, &port, sizeof(port));
    }
    return NO_ERROR;
}

DWORD port_tables_tcp(void *buffer, DWORD *size, ULONG family)
{
    return family == AF_INET ? fetch(&fake_port_tables.tcp4, &tcp4_form, buffer, size)
                             : fetch(&fake_port_tables.tcp6, &tcp6_form, buffer, size);
}

DWORD port_tables_udp(void *buffer, DWORD *size, ULONG family)
{
    return family == AF_INET ? fetch(&fake_port_tables.udp4, &udp4_form, buffer, size)
                             : fetch(&fake_port_tables.udp6, &udp6_form, buffer, size);
}
