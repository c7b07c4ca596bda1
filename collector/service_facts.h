/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the service manager says of the services in a process, for people.
 *
 * service_facts_win32.c asks the service manager. service_facts_linux.c knows
 * nothing: a unit has no more than the name that service_names.h tells.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"

enum service_kind {
    SERVICE_KIND_OTHER,  /* none of the next two exactly */
    SERVICE_KIND_OWN,    /* runs in its own process */
    SERVICE_KIND_SHARED, /* shares a process with other services */
};

struct service_fact {
    uint32_t pid;
    const char *name;
    const char *title; /* the display name */
    enum service_kind kind;
};

/* Texts are lent for the call. False ends the walk, which is no failure. */
typedef bool service_fact_fn(void *context, const struct service_fact *fact);

/*
 * Visits the services that run, in the manager's order. A manager that does
 * not answer tells of none.
 */
void service_facts_walk(service_fact_fn *visit, void *context);
