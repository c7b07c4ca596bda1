/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Names of ports, as the system's services file has them. Read by ourselves:
 * getservbyname() is not thread-safe everywhere and may ask the network.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/text.h"

struct service {
    char *name;
    uint16_t port;
    uint8_t transport; /* PROBE_TCP, PROBE_UDP */
    bool is_alias;     /* a further name of the line */
    size_t line;       /* order in the file */
};

/* Starts as {0}, which knows no names. */
struct service_table {
    struct service *services; /* by transport, port and order in the file */
    size_t count;
    size_t capacity;
};

/* Appends the path of the file: services_file_win32.c, services_file_linux.c. */
bool services_file_path(struct text *path, struct failure *why) NODISCARD;

/* Reads the system's file. One that is not there is no failure: then there are no names. */
bool service_table_read(struct service_table *table, struct failure *why) NODISCARD;

/*
 * Reads a file's text. Lines of another form, and other protocols than TCP
 * and UDP, are passed over, as everybody does who reads such a file.
 */
bool service_table_parse(struct service_table *table, const char *bytes, size_t size,
                         struct failure *why) NODISCARD;

/* The name of a port, the first one in the file; NULL where there is none. */
const char *service_name(const struct service_table *table, uint8_t transport, uint16_t port);

/* The port of a name or of an alias, without regard to case; 0 where there is none. */
uint16_t service_port(const struct service_table *table, uint8_t transport, const char *name);

void service_table_clear(struct service_table *table);
