/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The system's tables of sockets, as far as the probes need them: which ports
 * are taken. Looked up at run time, as everything of iphlpapi.dll is.
 *
 * fake_port_tables_win32.c stands in this place in tests.
 */

#include <winsock2.h>
#include <windows.h>

/*
 * Fill `buffer` with a MIB_TCPTABLE (AF_INET), a MIB_TCP6TABLE (AF_INET6) or
 * their UDP likes. Results are those of GetExtendedTcpTable() and
 * GetExtendedUdpTable(); ERROR_PROC_NOT_FOUND where this system lacks the call.
 */
DWORD port_tables_tcp(void *buffer, DWORD *size, ULONG family);
DWORD port_tables_udp(void *buffer, DWORD *size, ULONG family);
