/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The record in the formats of other programs. A format is one file,
 * as_FORMAT.c, with one table of fields: name, type, and how it comes from what
 * is ours. What the ledger does not know is left out.
 *
 * Plain data in, text out: nothing is read here, and nothing is kept from one
 * event to the next.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "collector/module_list.h"
#include "reportcli/listeners.h"
#include "store/ledger_query.h"

/* What happened. Bits, so that a field may be of several. */
enum foreign_kind {
    FOREIGN_OPENED = 1,  /* an interval began */
    FOREIGN_CLOSED = 2,  /* it was seen to end */
    FOREIGN_STARTED = 4, /* a process was seen to start */
    FOREIGN_LOADED = 8,  /* a file was first seen mapped as code */
    FOREIGN_SOCKET = FOREIGN_OPENED | FOREIGN_CLOSED,
    FOREIGN_ANY = FOREIGN_SOCKET | FOREIGN_STARTED | FOREIGN_LOADED,
};

/* The watched machine. Texts are lent; "" where not known. */
struct foreign_machine {
    const char *host;
    const char *domain;
    const char *system;    /* "Windows 10.0.19045.3570 x64" */
    const char *ledger_id; /* a UUID */
};

/* Texts and objects are lent for the call. */
struct foreign_event {
    enum foreign_kind kind;
    int64_t at; /* milliseconds since 1970 UTC, as everywhere */
    const struct foreign_machine *machine;
    const struct ledger_stretch *stretch;   /* of the interval; NULL: not known */
    const struct ledger_interval *interval; /* of FOREIGN_SOCKET */
    enum listeners_way way;                 /* of it */
    int64_t owner_id;                       /* number of the process in the ledger; 0: not known */
    const struct process_instance *owner;   /* NULL: not known */
    int64_t parent_id;                      /* likewise, of FOREIGN_STARTED */
    const struct process_instance *parent;
    const struct module *module; /* of FOREIGN_LOADED */
    bool utc;                    /* where a format has local times: these are of UTC */
    bool command_lines;          /* may be told */
    bool secrets;                /* also those that hold a secret: they are masked otherwise */
};

/* Appends a value; false, with nothing appended, where it is not known. */
typedef bool foreign_add_fn(struct text *text, const struct foreign_event *event);

enum foreign_type {
    FOREIGN_TEXT, /* a JSON string */
    FOREIGN_RAW,  /* a number, a truth value, an array: as it is */
};

/* `name` with dots is a path of objects; fields of one object stand side by side. */
struct foreign_field {
    const char *name;
    enum foreign_type type;
    unsigned kinds;      /* enum foreign_kind: 0: all that the format has */
    foreign_add_fn *add; /* NULL: it is always `constant` */
    const char *constant;
};

struct foreign_format {
    const char *name;
    unsigned kinds;    /* what it wants to be told of */
    const char *lacks; /* "sockets ...": which it has no record for; NULL: none */

    /* What stands in front of all; NULL: nothing. */
    void (*begin)(struct text *text);

    /* Appends the records of an event, whole lines; nothing where the format has none for it. */
    void (*add)(struct text *text, const struct foreign_event *event);
};

/* In the order of the help; ended by NULL. */
extern const struct foreign_format *const foreign_formats[];
extern const struct foreign_format foreign_osquery;
extern const struct foreign_format foreign_ecs;
extern const struct foreign_format foreign_ocsf;
extern const struct foreign_format foreign_sysmon;
extern const struct foreign_format foreign_port_reporter;

/* Their names, as choices of an option; ended by NULL. */
extern const char *const foreign_names[];

/* NULL where there is none of that name. */
const struct foreign_format *foreign_find(const char *name);

/* Appends one JSON object on a line of its own. */
void foreign_add_json(struct text *text, const struct foreign_field *fields, size_t count,
                      const struct foreign_event *event);

/*
 * For formats that tell of connections and not of their states: whether the
 * event is the begin or the end of one, or of a socket without another end.
 */
bool foreign_is_edge(const struct foreign_event *event);

/* What several formats have. Times in UTC. */
foreign_add_fn foreign_at_rfc3339;
foreign_add_fn foreign_at_ms;
foreign_add_fn foreign_host;
foreign_add_fn foreign_domain;
foreign_add_fn foreign_system;
foreign_add_fn foreign_transport; /* tcp, udp */
foreign_add_fn foreign_protocol;  /* their numbers */
foreign_add_fn foreign_local_address;
foreign_add_fn foreign_local_port;
foreign_add_fn foreign_remote_address;
foreign_add_fn foreign_remote_port;
foreign_add_fn foreign_source_address; /* of whom the connection is by */
foreign_add_fn foreign_source_port;
foreign_add_fn foreign_destination_address; /* of whom it leads to, or who listens */
foreign_add_fn foreign_destination_port;
foreign_add_fn foreign_service;
foreign_add_fn foreign_pid; /* as the system said, also where the owner is not known */
foreign_add_fn foreign_name;
foreign_add_fn foreign_path;
foreign_add_fn foreign_started_rfc3339;
foreign_add_fn foreign_started_ms;
foreign_add_fn foreign_entity; /* LEDGER/NUMBER: one run of a program */
foreign_add_fn foreign_command_line;
foreign_add_fn foreign_user;        /* DOMAIN\name, or the id where the name is not known */
foreign_add_fn foreign_user_name;   /* name alone */
foreign_add_fn foreign_user_domain; /* what is before it */
foreign_add_fn foreign_user_id;
foreign_add_fn foreign_sha256; /* of what it runs */
foreign_add_fn foreign_parent_pid;

/* Of the watched machine. */
enum foreign_os {
    FOREIGN_OS_UNKNOWN,
    FOREIGN_OS_WINDOWS,
    FOREIGN_OS_LINUX,
};

enum foreign_os foreign_os(const struct foreign_event *event);

/* What was read of a file; NULL where nothing was. */
const struct image_facts *foreign_facts(const struct image *image);

/* Appends a hash in lower-case hexadecimal digits. */
void foreign_add_hash(struct text *text, const uint8_t *hash, bool upper);
