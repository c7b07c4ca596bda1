/* SPDX-License-Identifier: MIT */

#include "collector/snapshot.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIRST_SOCKETS = 64,
    FIRST_PROCESSES = 64,
    FIRST_SERVICES = 16,
};

bool snapshot_add_socket(struct snapshot *snapshot, const struct socket_row *row,
                         struct failure *why)
{
    assert(row->owner == SOCKET_NO_OWNER || row->owner < snapshot->process_count);
    assert(row->service <= snapshot->service_count);
    if (snapshot->socket_count == snapshot->socket_capacity) {
        size_t capacity =
            snapshot->socket_capacity == 0 ? FIRST_SOCKETS : snapshot->socket_capacity * 2;
        struct socket_row *sockets = realloc(snapshot->sockets, capacity * sizeof(*sockets));

        if (sockets == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu sockets", capacity);
        }
        snapshot->sockets = sockets;
        snapshot->socket_capacity = capacity;
    }
    snapshot->sockets[snapshot->socket_count] = *row;
    socket_row_normalize(&snapshot->sockets[snapshot->socket_count]);
    snapshot->socket_count++;
    return true;
}

bool snapshot_add_process(struct snapshot *snapshot, const struct process_instance *instance,
                          uint32_t *index, struct failure *why)
{
    if (snapshot->process_count == snapshot->process_capacity) {
        size_t capacity =
            snapshot->process_capacity == 0 ? FIRST_PROCESSES : snapshot->process_capacity * 2;
        const struct process_instance **processes =
            realloc(snapshot->processes, capacity * sizeof(const struct process_instance *));

        if (processes == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu processes", capacity);
        }
        snapshot->processes = processes;
        snapshot->process_capacity = capacity;
    }
    snapshot->processes[snapshot->process_count] = process_instance_hold(instance);
    *index = (uint32_t)snapshot->process_count++;
    return true;
}

size_t snapshot_running_count(const struct snapshot *snapshot)
{
    return snapshot->process_count - snapshot->ended_count;
}

const struct snapshot_seen *snapshot_when_seen(const struct snapshot *snapshot, size_t i)
{
    assert(i < snapshot->process_count);
    return snapshot->seen == NULL ? NULL : &snapshot->seen[i];
}

static bool reserve_service(struct snapshot *snapshot, struct failure *why)
{
    size_t capacity = snapshot->service_capacity * 2 + FIRST_SERVICES;
    struct snapshot_service *services;

    if (snapshot->service_count < snapshot->service_capacity) {
        return true;
    }
    services = realloc(snapshot->services, capacity * sizeof(*services));
    if (services == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for %zu services", capacity);
    }
    snapshot->services = services;
    snapshot->service_capacity = capacity;
    return true;
}

bool snapshot_add_service(struct snapshot *snapshot, const char *name, enum service_basis basis,
                          uint32_t *service, struct failure *why)
{
    const char *names = text_bytes(&snapshot->service_names);

    for (size_t i = 0; i < snapshot->service_count; i++) {
        if (snapshot->services[i].basis == basis &&
            strcmp(names + snapshot->services[i].name, name) == 0) {
            *service = (uint32_t)i + 1;
            return true;
        }
    }
    if (!reserve_service(snapshot, why)) {
        return false;
    }
    snapshot->services[snapshot->service_count] =
        (struct snapshot_service){.name = snapshot->service_names.size, .basis = (uint8_t)basis};
    text_add_bytes(&snapshot->service_names, name, strlen(name) + 1);
    if (!text_ok(&snapshot->service_names, why)) {
        return false;
    }
    *service = (uint32_t)++snapshot->service_count;
    return true;
}

const char *snapshot_service_name(const struct snapshot *snapshot, const struct socket_row *row,
                                  int *basis)
{
    const struct snapshot_service *service;

    if (basis != NULL) {
        *basis = 0;
    }
    if (row->service == SOCKET_NO_SERVICE) {
        return NULL;
    }
    service = &snapshot->services[row->service - 1];
    if (basis != NULL) {
        *basis = service->basis;
    }
    return text_bytes(&snapshot->service_names) + service->name;
}

const char *service_basis_name(int basis)
{
    static const char *const names[SERVICE_BASIS_COUNT] = {
        [0] = "none",
        [SERVICE_BY_TAG] = "by tag",
        [SERVICE_ONLY] = "the only one",
        [SERVICE_ONE_OF] = "one of several",
        [SERVICE_BY_CGROUP] = "by cgroup",
        [SERVICE_BY_PORT] = "by port",
        [SERVICE_BY_URL] = "by URL reservation",
    };

    return basis >= 0 && basis < SERVICE_BASIS_COUNT ? names[basis] : "unknown";
}

const struct process_instance *snapshot_owner(const struct snapshot *snapshot,
                                              const struct socket_row *row)
{
    return row->owner == SOCKET_NO_OWNER ? NULL : snapshot->processes[row->owner];
}

static bool is_sorted(const struct snapshot *snapshot)
{
    for (size_t i = 1; i < snapshot->socket_count; i++) {
        if (socket_row_compare(&snapshot->sockets[i - 1], &snapshot->sockets[i]) > 0) {
            return false;
        }
    }
    return true;
}

/* A replay hands moment after moment in, all of them in order. */
void snapshot_sort(struct snapshot *snapshot)
{
    if (!is_sorted(snapshot)) {
        qsort(snapshot->sockets, snapshot->socket_count, sizeof(snapshot->sockets[0]),
              socket_row_compare);
    }
}

void snapshot_reset(struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->process_count; i++) {
        process_instance_release(snapshot->processes[i]);
    }
    free(snapshot->seen); /* NULL while samples are taken */
    snapshot->seen = NULL;
    snapshot->process_count = 0;
    snapshot->ended_count = 0;
    snapshot->socket_count = 0;
    snapshot->service_count = 0;
    if (snapshot->service_names.failed) {
        text_clear(&snapshot->service_names); /* a failure is remembered until then */
    }
    text_reset(&snapshot->service_names);
    snapshot->left_out_by = 0;
    snapshot->left_out_processes = 0;
    snapshot->left_out_sockets = 0;
    snapshot->lacks = 0;
    snapshot->taken_at = 0;
    snapshot->steady_at = 0;
    snapshot->awake_at = 0;
}

void snapshot_clear(struct snapshot *snapshot)
{
    snapshot_reset(snapshot);
    free(snapshot->sockets);
    free((void *)snapshot->processes);
    free(snapshot->services);
    text_clear(&snapshot->service_names);
    *snapshot = (struct snapshot){0};
}

void snapshot_swap(struct snapshot *a, struct snapshot *b)
{
    struct snapshot other = *a;

    *a = *b;
    *b = other;
}
