/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Which machine this is, for whoever reads its record somewhere else.
 */

#include <stdbool.h>

#include "base/failure.h"

/* Texts are UTF-8; "" where the system does not tell. Starts as {0}. */
struct machine_facts {
    char *id;     /* what the system is told apart by: Linux: machine-id(5); Windows: MachineGuid,
                     made by its set-up */
    char *host;   /* its name, without the domain */
    char *domain; /* DNS name; of a machine that is in none "" */
    char *system; /* name and build: "Windows 10.0.19045.3570 x64" */
    char *zone;   /* of its clock: "Europe/Berlin", "W. Europe Standard Time" */
};

/* *facts is cleared first. Fails only where memory ran out: a detail that cannot be had is "". */
bool machine_read(struct machine_facts *facts, struct failure *why) NODISCARD;

/* Frees. Harmless twice. */
void machine_facts_clear(struct machine_facts *facts);
