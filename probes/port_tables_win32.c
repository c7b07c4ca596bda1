/* SPDX-License-Identifier: MIT */

#include "probes/port_tables_win32.h"

#include <ws2tcpip.h>
#include <iphlpapi.h>

#include "base/system_dll_win32.h"

typedef DWORD WINAPI tcp_table_fn(void *buffer, DWORD *size, BOOL order, ULONG family,
                                  TCP_TABLE_CLASS class, ULONG reserved);
typedef DWORD WINAPI udp_table_fn(void *buffer, DWORD *size, BOOL order, ULONG family,
                                  UDP_TABLE_CLASS class, ULONG reserved);

DWORD port_tables_tcp(void *buffer, DWORD *size, ULONG family)
{
    tcp_table_fn *table = (tcp_table_fn *)system_dll_find(L"iphlpapi.dll", "GetExtendedTcpTable");

    return table == NULL ? ERROR_PROC_NOT_FOUND
                         : table(buffer, size, FALSE, family, TCP_TABLE_BASIC_ALL, 0);
}

DWORD port_tables_udp(void *buffer, DWORD *size, ULONG family)
{
    udp_table_fn *table = (udp_table_fn *)system_dll_find(L"iphlpapi.dll", "GetExtendedUdpTable");

    return table == NULL ? ERROR_PROC_NOT_FOUND
                         : table(buffer, size, FALSE, family, UDP_TABLE_BASIC, 0);
}
