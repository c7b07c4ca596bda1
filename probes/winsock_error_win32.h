/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What Winsock's errors mean to a query.
 */

#include <stdbool.h>
#include <stdint.h>

#include "probes/outcome.h"

/*
 * An error of WSAGetLastError() for a socket of this transport and of an
 * address of 4 or 16 bytes. Of UDP there is no refusal but by ICMP, and the
 * errors that stand for a message of it say which.
 */
struct probe_error winsock_error(long code, uint8_t transport, uint8_t address_size);
