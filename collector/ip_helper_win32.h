/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The two calls of the IP helper library that we need. They are looked up at
 * run time, because iphlpapi.dll is not one of the DLLs that Windows takes
 * from System32 whatever lies beside the exe.
 *
 * fake_ip_helper_win32.c stands in this place in tests.
 */

#include <winsock2.h>
#include <windows.h>

/*
 * Fill `buffer` with a MIB_TCPTABLE_OWNER_MODULE (AF_INET),
 * MIB_TCP6TABLE_OWNER_MODULE (AF_INET6) or their UDP likes. Results are those
 * of GetExtendedTcpTable() and GetExtendedUdpTable();
 * ERROR_PROC_NOT_FOUND where this system lacks the call.
 */
DWORD ip_helper_tcp_table(void *buffer, DWORD *size, ULONG family);
DWORD ip_helper_udp_table(void *buffer, DWORD *size, ULONG family);
