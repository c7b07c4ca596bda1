/* SPDX-License-Identifier: MIT */

#include "collector/ip_helper_win32.h"

#include <ws2tcpip.h>
#include <iphlpapi.h>

#include "base/system_dll_win32.h"

typedef DWORD WINAPI tcp_table_fn(void *buffer, DWORD *size, BOOL order, ULONG family,
                                  TCP_TABLE_CLASS class, ULONG reserved);
typedef DWORD WINAPI udp_table_fn(void *buffer, DWORD *size, BOOL order, ULONG family,
                                  UDP_TABLE_CLASS class, ULONG reserved);

DWORD ip_helper_tcp_table(void *buffer, DWORD *size, ULONG family)
{
    tcp_table_fn *table = (tcp_table_fn *)system_dll_find(L"iphlpapi.dll", "GetExtendedTcpTable");

    if (table == NULL) {
        return ERROR_PROC_NOT_FOUND;
    }
    return table(buffer, size, FALSE, family, TCP_TABLE_OWNER_MODULE_ALL, 0);
}

DWORD ip_helper_udp_table(void *buffer, DWORD *size, ULONG family)
{
    udp_table_fn *table = (udp_table_fn *)system_dll_find(L"iphlpapi.dll", "GetExtendedUdpTable");

    if (table == NULL) {
        return ERROR_PROC_NOT_FOUND;
    }
    return table(buffer, size, FALSE, family, UDP_TABLE_OWNER_MODULE, 0);
}
