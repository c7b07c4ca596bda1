/* SPDX-License-Identifier: MIT */

/*
 * Of ten sockets one listens, two are UDP and the rest are connections, a
 * third of all by IPv6. Ports count up, so that no two sockets are alike.
 */

#include "collector/collector_replay.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

enum {
    FIRST_PID = 1000,
    PID_STEP = 4,
    KIND_COUNT = 10,
};

struct collector {
    struct collector_replay settings;
    uint64_t random;
    uint64_t opened; /* sockets since the beginning */
    size_t samples;
    struct socket_row *rows;
    const struct process_instance **processes;
};

static struct collector_replay configured = {.seed = 1, .sockets = 1000, .processes = 20};

void collector_replay_configure(const struct collector_replay *settings)
{
    configured = *settings;
}

/* SplitMix64: small, and good enough to look like a machine. */
static uint64_t next_random(struct collector *collector)
{
    uint64_t mixed = collector->random += 0x9e3779b97f4a7c15U;

    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
    return mixed ^ (mixed >> 31);
}

/* 10.x.x.x or 2001:db8::..., with a number in its last bytes. */
static struct socket_endpoint make_end(bool ipv6, uint32_t number, uint16_t port)
{
    struct socket_endpoint end = {.address_size = ipv6 ? 16 : 4, .port = port};
    uint8_t *last = end.address + end.address_size - 3;

    if (ipv6) {
        end.address[0] = 0x20;
        end.address[1] = 0x01;
        end.address[2] = 0x0d;
        end.address[3] = 0xb8;
    } else {
        end.address[0] = 10;
    }
    last[0] = (uint8_t)(number >> 16);
    last[1] = (uint8_t)(number >> 8);
    last[2] = (uint8_t)number;
    return end;
}

static void open_socket(struct collector *collector, struct socket_row *row)
{
    uint64_t chance = next_random(collector);
    uint64_t kind = chance % KIND_COUNT;
    bool ipv6 = (chance >> 8) % 3 == 0;
    uint64_t number = ++collector->opened;

    *row = (struct socket_row){
        .local = make_end(ipv6, (uint32_t)(number / 60000), (uint16_t)(1024 + number % 60000)),
        .socket_id = number,
        .owner = (uint32_t)((chance >> 16) % collector->settings.processes),
        .protocol = kind < 8 ? SOCKET_TCP : SOCKET_UDP,
        .attribution = ATTRIBUTION_EXACT,
    };
    row->pid = collector->processes[row->owner]->pid;
    if (row->protocol == SOCKET_TCP) {
        row->state = kind == 0 ? SOCKET_LISTENING : SOCKET_ESTABLISHED;
        row->remote = make_end(ipv6, (uint32_t)(chance >> 40), 443);
    }
}

static const struct process_instance *make_process(const struct collector_replay *settings,
                                                   size_t number)
{
    int64_t begin_at = settings->begin_at != 0 ? settings->begin_at : clock_now();
    char name[32];
    char path[64];
    struct process_instance fields = {
        .pid = FIRST_PID + PID_STEP * (uint32_t)number,
        .start = settings->seed + number,
        .started_at = begin_at - (int64_t)(settings->processes - number) * 1000,
        .access = PROCESS_OPENED,
        .name = name,
        .path = path,
    };

    snprintf(name, sizeof(name), "program%zu", number);
    snprintf(path, sizeof(path), "/opt/replay/program%zu", number);
    return process_instance_make(&fields);
}

static bool fill_machine(struct collector *collector)
{
    const struct collector_replay *settings = &collector->settings;

    collector->rows = calloc(settings->sockets + 1, sizeof(*collector->rows));
    collector->processes =
        (const struct process_instance **)calloc(settings->processes, sizeof(void *));
    if (collector->rows == NULL || collector->processes == NULL) {
        return false;
    }
    for (size_t i = 0; i < settings->processes; i++) {
        collector->processes[i] = make_process(settings, i);
        if (collector->processes[i] == NULL) {
            return false;
        }
    }
    for (size_t i = 0; i < settings->sockets; i++) {
        open_socket(collector, &collector->rows[i]);
    }
    return true;
}

/* A made-up machine has nothing more to look at. */
bool collector_open(struct collector **out, const struct collector_options *options,
                    struct failure *why)
{
    struct collector *collector = calloc(1, sizeof(*collector));

    (void)options;

    if (collector == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the replay");
    }
    collector->settings = configured;
    collector->settings.processes += configured.processes == 0;
    collector->random = configured.seed;
    if (!fill_machine(collector)) {
        collector_close(collector);
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the replay");
    }
    *out = collector;
    return true;
}

/* Replaces sockets that stand together, from a random one on, so that none is replaced twice. */
static void churn(struct collector *collector)
{
    size_t sockets = collector->settings.sockets;
    size_t first = sockets == 0 ? 0 : (size_t)(next_random(collector) % sockets);

    for (size_t i = 0; i < collector->settings.churn && i < sockets; i++) {
        open_socket(collector, &collector->rows[(first + i) % sockets]);
    }
}

static void set_time(const struct collector *collector, struct snapshot *snapshot)
{
    const struct collector_replay *settings = &collector->settings;
    int64_t passed = (int64_t)(collector->samples - 1) * settings->interval;

    if (settings->begin_at == 0) {
        snapshot->taken_at = clock_now();
        snapshot->steady_at = clock_steady();
    } else {
        snapshot->taken_at = settings->begin_at + passed;
        snapshot->steady_at = 1 + passed;
    }
}

static bool fill_snapshot(const struct collector *collector, struct snapshot *snapshot,
                          struct failure *why)
{
    uint32_t index;

    for (size_t i = 0; i < collector->settings.processes; i++) {
        if (!snapshot_add_process(snapshot, collector->processes[i], &index, why)) {
            return false;
        }
    }
    for (size_t i = 0; i < collector->settings.sockets; i++) {
        if (!snapshot_add_socket(snapshot, &collector->rows[i], why)) {
            return false;
        }
    }
    return true;
}

bool collector_sample(struct collector *collector, struct snapshot *snapshot, struct failure *why)
{
    size_t fail_every = collector->settings.fail_every;

    snapshot_reset(snapshot);
    if (collector->samples++ > 0) {
        churn(collector);
    }
    if (fail_every != 0 && collector->samples % fail_every == 0) {
        return FAIL(why, FAILURE_SYSTEM, EIO, "the replay was told to fail at sample %zu",
                    collector->samples);
    }
    set_time(collector, snapshot);
    if (!fill_snapshot(collector, snapshot, why)) {
        snapshot_reset(snapshot);
        return false;
    }
    return true;
}

bool collector_configure(struct collector *collector, const struct collector_options *options,
                         struct failure *why)
{
    (void)collector;
    (void)options;
    (void)why;
    return true;
}

bool collector_complete(struct collector *collector, int64_t milliseconds)
{
    (void)collector;
    (void)milliseconds;
    return true;
}

void collector_close(struct collector *collector)
{
    if (collector == NULL) {
        return;
    }
    for (size_t i = 0; collector->processes != NULL && i < collector->settings.processes; i++) {
        process_instance_release(collector->processes[i]);
    }
    free((void *)collector->processes);
    free(collector->rows);
    free(collector);
}
