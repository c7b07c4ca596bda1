/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A ledger of a bad night, for the commands that people look into one with:
 * made once a test, with the fake clock, in a zone an hour ahead of UTC.
 *
 * From 14:00:00 on 20 s are watched, every second; 40 s are not; 5 s are again.
 *
 *  sshd (100, of systemd, root) listens on 22 all the time; 10.0.0.9 is connected to it from
 *  14:00:02 to 14:00:10.
 *  "=evil" (4321, of sshd, with escapes in name, path and command line) listens on
 *  127.0.0.1:4444 from 14:00:05 to 14:00:15, and is connected to 203.0.113.7:443 from 14:00:06 to
 *  14:00:09 and again from 14:00:12 to 14:00:15. Then it has ended. It has a hidden module.
 *  svchost.exe (900) of System32 listens on 135 as the service RpcSs, and is connected to
 *  198.51.100.1:80 as BITS from 14:00:03 on.
 *  svchost.exe (901) of C:\Users\Public has UDP 5353 from 14:00:10 on.
 *  Nobody may see who has UDP 53.
 */

#include <stdint.h>

#define INCIDENT_BEGIN INT64_C(1795179600000) /* 2026-11-20T14:00:00+01:00 */

enum { INCIDENT_SECONDS = 20, INCIDENT_PAUSE = 40 };

extern const char incident_path[]; /* of the ledger, in the folder of the test */

/* Puts the console and the clock of the test in order, and makes the ledger. Fails the test. */
void incident_record(void);

/*
 * Sets the clock back to 14:00:00 and watches the machine for 20 s more, on which "=evil" is not:
 * each of these seconds has then happened twice.
 */
void incident_repeat(void);

/* Removes it. Harmless twice. */
void incident_clear(void);
