/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A job: what is asked again and again, when, and what should come of it. As
 * the settings have it, checked; nothing here asks anybody.
 *
 * Texts are lent by the settings, which must live longer than the jobs.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/settings.h"
#include "probes/expectation.h"
#include "probes/maintenance.h"
#include "probes/ports.h"
#include "probes/protocol.h"
#include "probes/schedule.h"
#include "probes/services.h"
#include "probes/targets.h"

enum job_family {
    JOB_ANY_FAMILY,
    JOB_IPV4,
    JOB_IPV6,
};

struct job {
    const char *name; /* no other job has it; case counts */
    struct target_list targets;
    const char **target_files; /* whose lines are targets too: read when a run begins */
    size_t target_file_count;
    struct port_list ports;
    const struct protocol *protocol; /* that is asked in; NULL: the one that belongs to the port */
    struct schedule schedule;
    const char *at; /* the first text that it was read from; NULL: it is of `every` */
    size_t at_count;
    bool catch_up;       /* a run that could not be on time is made up for */
    int64_t timeout;     /* of an attempt, milliseconds */
    unsigned attempts;   /* 0: the engine's own number */
    unsigned per_target; /* queries in flight to one target */
    unsigned rate;       /* queries that begin in a second; 0: no limit */
    enum job_family family;
    struct expectation expectation;
    struct maintenance_window *windows;
    size_t window_count;
    const char *community_file; /* a safe file each; see file_guard.h. NULL: none */
    const char *secret_file;
    const char *dns_name; /* that DNS servers are asked for; NULL: the protocol's choice */
};

/* Starts as {0}. */
struct job_list {
    struct job *jobs; /* in the order of the settings */
    size_t count;
    struct text warnings; /* what is right and probably not meant so, a line each, with its place */
};

/* protocol_of_port(), of all protocols. */
typedef const struct protocol *job_protocol_fn(uint8_t transport, uint16_t port,
                                               const char *service);

/*
 * What a run asks a port in; NULL: it is only reached. What has effects on the target is only
 * asked in when the settings name it.
 */
const struct protocol *job_protocol(const struct job *job, const struct port_item *item,
                                    const char *service, job_protocol_fn *of_port);

/* "probes.groups" and "probes.jobs". */
extern const struct setting_table probe_settings;

/* A port_group_fn over probes.groups; `context` is the settings. */
const char *job_settings_group(void *context, const char *name, size_t i);

/* What jobs may depend on beyond the settings; all is lent for the call. */
struct job_context {
    const char *host_id;                     /* for the offset: machine.h */
    const struct service_table *services;    /* NULL: no names of ports */
    const struct protocol *const *protocols; /* ended by NULL */
    const struct answer_field *fields;       /* of answers, beside those of protocols: of TLS */
    size_t field_count;
    job_protocol_fn *of_port;
};

/*
 * Reads all jobs and checks everything that can be known beforehand: names,
 * ports, targets, times, windows, and whether answers can have what is expected. Whether a name has
 * an address, and what a file holds, is seen when a run begins. FAILURE_SETTINGS names file, line,
 * column and key. *list is {0} where it fails; else the caller clears it.
 */
bool job_list_read(struct job_list *list, const struct settings *settings,
                   const struct job_context *context, struct failure *why) NODISCARD;

/* Frees. Harmless twice. */
void job_list_clear(struct job_list *list);

/* NULL where there is none. */
const struct job *job_find(const struct job_list *list, const char *name);

/*
 * Appends the targets of a file's text: one a line in the forms of targets.h;
 * blanks around it do not count, nor do empty lines and what follows a #.
 * FAILURE_FORMAT with the number of the line.
 */
bool job_add_target_lines(struct target_list *targets, const char *bytes, size_t size,
                          struct failure *why) NODISCARD;

/*
 * All targets of a job: its own, and those of its files, which must be safe
 * from others (file_guard.h). *targets is cleared first, and holds what was
 * read so far where it fails. The caller clears it.
 */
bool job_read_targets(const struct job *job, struct target_list *targets,
                      struct failure *why) NODISCARD;

/* Appends "listening, certificate valid for 30 days, tls_version = TLS 1.3". */
void job_add_expectation(struct text *text, const struct expectation *expectation);
