/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * All sockets of a machine at one moment, and all its processes. Whole, or it
 * was not made: never silently partial.
 *
 * Snapshots come from the collector, from a ledger (a moment in the past),
 * from a replay or from a test; whoever compares, stores or prints them does
 * not ask which.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/text.h"
#include "collector/process_instance.h"
#include "collector/socket_row.h"

/* Tables that this system does not have; they are empty, and that is said. Bits. */
enum snapshot_lack {
    SNAPSHOT_NO_IPV6_TCP = 1,
    SNAPSHOT_NO_IPV6_UDP = 2,
    SNAPSHOT_NO_IPV4_TCP = 4,
    SNAPSHOT_NO_IPV4_UDP = 8,
};

/* How the service behind a socket is known. The numbers go into the ledger. */
enum service_basis {
    SERVICE_BY_TAG = 1,    /* the system says which service in its process bound the socket */
    SERVICE_ONLY = 2,      /* the only service that the process hosts */
    SERVICE_ONE_OF = 3,    /* one of several: the name is a list, parted by ", " */
    SERVICE_BY_CGROUP = 4, /* the systemd unit of the process */
    SERVICE_BY_PORT = 5,   /* the driver behind a port of the kernel, which is known for it */
    SERVICE_BY_URL = 6,    /* the URL reservations of http.sys for the port: the name lists them */
    SERVICE_BASIS_COUNT,
};

struct snapshot_service {
    size_t name;   /* offset into `service_names`; ends in 0 */
    uint8_t basis; /* enum service_basis */
};

/* When a process was seen, in milliseconds since 1970 UTC. */
struct snapshot_seen {
    int64_t id;       /* its number in the ledger */
    int64_t first_at; /* the first sample with it */
    int64_t gone_at;  /* the first sample without it; 0: it was not seen to end */
};

/* Starts as {0}, which is a valid empty snapshot. */
struct snapshot {
    int64_t taken_at;  /* wall clock, when the reading of the socket tables began */
    int64_t steady_at; /* clock_steady() at the same moment; 0 for a moment out of a ledger */
    int64_t awake_at;  /* clock_awake() at the same moment; 0 where not known */
    unsigned lacks;    /* enum snapshot_lack */

    struct socket_row *sockets;
    size_t socket_count;
    size_t socket_capacity;

    const struct process_instance **processes; /* a reference each */
    size_t process_count;
    size_t process_capacity;
    size_t ended_count; /* so many at the end of `processes` run no more, but own sockets that are
                           still there */
    struct snapshot_seen *seen; /* of `processes`, place by place; NULL unless out of a ledger. Not
                                   part of the instances, which know nothing of who watched */

    struct snapshot_service *services; /* no two are alike */
    size_t service_count;
    size_t service_capacity;
    struct text service_names;

    uint32_t left_out_by; /* another number where the settings of what to leave out are others */
    uint32_t left_out_processes; /* that the settings say not to record, with their sockets */
    uint32_t left_out_sockets;
};

/* Appends a copy of *row, normalized. Its owner and service must be indexes or none. */
bool snapshot_add_socket(struct snapshot *snapshot, const struct socket_row *row,
                         struct failure *why) NODISCARD;

/* Appends an instance and takes a reference of its own; *index says where it is. */
bool snapshot_add_process(struct snapshot *snapshot, const struct process_instance *instance,
                          uint32_t *index, struct failure *why) NODISCARD;

/* How many of `processes` run: those in front. */
size_t snapshot_running_count(const struct snapshot *snapshot);

/* When process i was seen; NULL where the snapshot does not know. */
const struct snapshot_seen *snapshot_when_seen(const struct snapshot *snapshot, size_t i);

/* Finds or adds a service; *service is for rows. */
bool snapshot_add_service(struct snapshot *snapshot, const char *name, enum service_basis basis,
                          uint32_t *service, struct failure *why) NODISCARD;

/* The name of a row's service, valid until the snapshot changes, and how it is known (`basis` may
 * be NULL); NULL and 0 where there is none. */
const char *snapshot_service_name(const struct snapshot *snapshot, const struct socket_row *row,
                                  int *basis);

/* "by tag", "the only one", "one of several" and so on: the words of every output. */
const char *service_basis_name(int basis);

/* The owner of a row; NULL where none is known. */
const struct process_instance *snapshot_owner(const struct snapshot *snapshot,
                                              const struct socket_row *row);

/* Orders the sockets by socket_row_compare(). */
void snapshot_sort(struct snapshot *snapshot);

/* Empties, and keeps the memory for the next sample. */
void snapshot_reset(struct snapshot *snapshot);

/* Gives all references and memory back. Harmless twice. */
void snapshot_clear(struct snapshot *snapshot);

/* Exchanges two snapshots, for "now becomes before". */
void snapshot_swap(struct snapshot *a, struct snapshot *b);
