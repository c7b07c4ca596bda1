/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Which service is behind a process or, where the system tells, behind a
 * socket of a process that hosts several.
 *
 * service_names_win32.c: by the service tag of the socket
 * (I_QueryTagInformation, looked up at run time), else by the services that
 * the manager lists for the pid (EnumServicesStatusExW).
 * service_names_linux.c: the systemd unit in the process's cgroup.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/text.h"
#include "collector/snapshot.h"

/* Keeps what was found. Belongs to one thread. */
struct service_names;

bool service_names_open(struct service_names **out, struct failure *why) NODISCARD;

/*
 * Called once in each sample before the questions of it. `stale`: what is known
 * of services may have changed, because a process that may host one was seen
 * for the first time.
 */
void service_names_begin(struct service_names *names, bool stale);

/*
 * Appends to *name what is behind the process (pid, start), or behind its
 * socket with this tag (0: not told), and is how that is known; 0, with
 * nothing appended, where there is no service or the system does not tell.
 * `start` is as in process_instance.h: a pid that was reused lends nothing on
 * Linux; on Windows the caller holds the process, so that its pid stays its own.
 * Answers for a pair of pid and tag are not kept: the caller keeps them.
 */
enum service_basis service_names_find(struct service_names *names, uint32_t pid, uint64_t start,
                                      uint32_t tag, struct text *name);

/*
 * Whether a process may host a service, by the name of its parent's image
 * (NULL: not known): on Windows only children of the service manager do.
 */
bool service_names_may_host(const char *parent);

/* Does nothing for NULL. */
void service_names_close(struct service_names *names);
