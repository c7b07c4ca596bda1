/* SPDX-License-Identifier: MIT */

#include "tests/fake_ip_helper_win32.h"

#include <string.h>

#include "collector/ip_helper_win32.h"

struct fake_ip_helper fake_ip_helper;

/* What the four tables differ in. */
struct form {
    size_t first_row;
    size_t row_size;
};

static const struct form tcp4_form = {offsetof(MIB_TCPTABLE_OWNER_MODULE, table),
                                      sizeof(MIB_TCPROW_OWNER_MODULE)};
static const struct form tcp6_form = {offsetof(MIB_TCP6TABLE_OWNER_MODULE, table),
                                      sizeof(MIB_TCP6ROW_OWNER_MODULE)};
static const struct form udp4_form = {offsetof(MIB_UDPTABLE_OWNER_MODULE, table),
                                      sizeof(MIB_UDPROW_OWNER_MODULE)};
static const struct form udp6_form = {offsetof(MIB_UDP6TABLE_OWNER_MODULE, table),
                                      sizeof(MIB_UDP6ROW_OWNER_MODULE)};

static void fill(const struct fake_table *table, const struct form *form, BYTE *buffer, DWORD count)
{
    DWORD claimed = table->claims != 0 ? table->claims : count;

    memcpy(buffer, &claimed, sizeof(claimed));
    for (DWORD i = 0; i < count; i++) {
        const BYTE *rows = table->rows;

        memcpy(buffer + form->first_row + i * form->row_size,
               rows + (i < table->count ? i : 0) * form->row_size, form->row_size);
    }
}

static DWORD fetch(struct fake_table *table, const struct form *form, void *buffer, DWORD *size)
{
    int call = table->calls++;
    DWORD count = table->count + table->growth * (DWORD)call;
    DWORD needed = (DWORD)(form->first_row + form->row_size * (count == 0 ? 1 : count));

    for (int i = 0; i <= call && i < 16; i++) {
        if (table->errors[i] == NO_ERROR) {
            break;
        }
        if (i == call) {
            return table->errors[i];
        }
    }
    if (*size < needed) {
        *size = needed;
        return ERROR_INSUFFICIENT_BUFFER;
    }
    *size = needed;
    fill(table, form, buffer, count);
    return NO_ERROR;
}

DWORD ip_helper_tcp_table(void *buffer, DWORD *size, ULONG family)
{
    return family == AF_INET ? fetch(&fake_ip_helper.tcp4, &tcp4_form, buffer, size)
                             : fetch(&fake_ip_helper.tcp6, &tcp6_form, buffer, size);
}

DWORD ip_helper_udp_table(void *buffer, DWORD *size, ULONG family)
{
    return family == AF_INET ? fetch(&fake_ip_helper.udp4, &udp4_form, buffer, size)
                             : fetch(&fake_ip_helper.udp6, &udp6_form, buffer, size);
}
