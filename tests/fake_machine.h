/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A machine that is made up at the seams of the collector: sockets, processes,
 * what is found behind them, and every call that can fail. Its sockets' table
 * names the owners, as that of Windows does. tests/fake_machine.c stands in
 * the place of all of the system's readers; base/clock_fake.c gives the time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/image.h"
#include "collector/process_details.h"
#include "collector/snapshot.h"
#include "collector/socket_row.h"

enum {
    FAKE_SOCKETS = 32,
    FAKE_PROCESSES = 32,
    FAKE_MODULES = 8,
};

struct fake_module {
    const char *path;
    uint64_t base;
    uint64_t size;
    uint8_t flags;
};

struct fake_process {
    uint32_t pid; /* 0: a free place */
    uint32_t parent_pid;
    uint64_t start;   /* milliseconds too */
    uint64_t program; /* 0: the system does not mark programs */
    const char *name;
    uint8_t access; /* enum process_access, of the handle */
    uint8_t integrity;
    uint8_t denied;
    const char *path;
    const char *command_line;
    const char *user;
    uint8_t module_access;
    struct fake_module modules[FAKE_MODULES];
    const char *services; /* of the pid: one, or several parted by ", " */
};

/* Calls that can be made to fail. */
enum fake_call {
    FAKE_NONE,
    FAKE_READ_SOCKETS,
    FAKE_READ_PROCESSES,
    FAKE_FIND_OWNERS,
    FAKE_OPEN_PROCESS,
    FAKE_READ_DETAILS,
    FAKE_READ_MODULES,
    FAKE_READ_URLS,
    FAKE_CALL_COUNT,
};

struct fake_machine {
    struct socket_row sockets[FAKE_SOCKETS];
    size_t socket_count;
    struct fake_process processes[FAKE_PROCESSES];
    const char *url; /* a reservation of http.sys; NULL: none */

    enum fake_call fails;
    int handles;        /* that are open */
    int opened;         /* calls to open a process */
    int module_looks;   /* calls to read modules */
    int service_asks;   /* questions for a service */
    int service_lists;  /* times that the list of services was said to be old */
    int files_opened;   /* to be read */
    int64_t look_takes; /* milliseconds that a look at modules takes */
};

extern struct fake_machine fake_machine;

/* A machine with nothing on it, by a clock that shows `at`. */
void fake_machine_reset(int64_t at);

/* Adds a process whose path is /bin/NAME; what is returned may be changed. */
struct fake_process *fake_machine_process(uint32_t pid, uint32_t parent_pid, const char *name);
void fake_machine_end(uint32_t pid);

/* Adds a socket; what is returned may be changed. */
struct socket_row *fake_machine_listener(uint16_t port, uint32_t pid);
struct socket_row *fake_machine_connection(uint16_t port, uint16_t remote_port,
                                           enum socket_state state, uint32_t pid);
void fake_machine_close(uint16_t port);
