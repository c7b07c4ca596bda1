/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One run of a program: a pid together with its start. A pid alone is never
 * an identity.
 *
 * Instances are shared and never changed: whoever keeps one holds a
 * reference, from any thread. When more becomes known of an instance, the
 * collector makes a new object with the same identity; so "the same pointer"
 * means "nothing new".
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/text.h"
#include "collector/account.h"
#include "collector/image.h"
#include "collector/module_list.h"

/* How far we could look into the process. The numbers go into the ledger. */
enum process_access {
    PROCESS_NOT_OPENED = 0, /* nobody asked yet: it owns no socket */
    PROCESS_OPENED = 1,
    PROCESS_DENIED = 2, /* the system did not let us */
    PROCESS_GONE = 3,   /* it had ended before we could look */
    PROCESS_KERNEL = 4, /* the system's own: there is nothing to open */
    PROCESS_ACCESS_COUNT,
};

/* How much the system lets a process do (Windows). The numbers go into the ledger. */
enum process_integrity {
    PROCESS_INTEGRITY_UNKNOWN = 0, /* also on systems that know no such thing */
    PROCESS_INTEGRITY_UNTRUSTED = 1,
    PROCESS_INTEGRITY_LOW = 2,
    PROCESS_INTEGRITY_MEDIUM = 3,
    PROCESS_INTEGRITY_HIGH = 4,
    PROCESS_INTEGRITY_SYSTEM = 5,
    PROCESS_INTEGRITY_PROTECTED = 6,
    PROCESS_INTEGRITY_COUNT,
};

/* Parts of what is known of a process, as bits. They go into the ledger. */
enum process_part {
    PROCESS_PART_PATH = 1,
    PROCESS_PART_COMMAND_LINE = 2,
    PROCESS_PART_USER = 4,
    PROCESS_PART_INTEGRITY = 8,
};

struct process_instance {
    uint32_t pid;
    uint32_t parent_pid;   /* 0: none, or not known */
    uint64_t start;        /* the system's own count: 100 ns since 1601 UTC (Windows), clock ticks
                              since boot (Linux). With pid and boot it is the identity. */
    uint64_t parent_start; /* 0 unless the parent was seen and started before this process */
    int64_t started_at;    /* the same start in milliseconds since 1970 UTC, for people */
    uint32_t session;      /* Windows: the terminal session; Linux: the session leader's pid */
    uint8_t access;        /* enum process_access */
    uint8_t integrity;     /* enum process_integrity */
    uint8_t denied;        /* enum process_part: what the system did not let us see */
    uint8_t left_out;      /* enum process_part: what the settings say not to record */
    const char *name;      /* as the system lists it, UTF-8; never NULL. Windows: the file name of
                              the image. Linux: at first the beginning of that, at most 15 bytes,
                              and whatever the process calls itself later (proc_pid_comm(5)) */
    const char *path;      /* full path of the image; NULL where not known */
    const char *command_line;   /* as the process reports it, UTF-8; NULL where not known. Windows:
                                   the one text that there is. Linux: the arguments, quoted as a
                                   shell would take them */
    const struct account *user; /* NULL: not known. A reference, as in the next two */
    const struct image *image;  /* what it runs; NULL: not known */
    const struct module_list *modules; /* NULL: not looked at yet */
};

/*
 * A shared copy of *fields with one reference, which the caller gives back.
 * Texts are copied, shared objects get one more reference. NULL where memory ran out.
 */
const struct process_instance *
process_instance_make(const struct process_instance *fields) NODISCARD;

/* One more reference; returns its argument. */
const struct process_instance *process_instance_hold(const struct process_instance *instance);

/* Gives a reference back. Does nothing for NULL. */
void process_instance_release(const struct process_instance *instance);

/* Equal pid and start. Both of one boot: the caller knows. */
bool process_instance_same(const struct process_instance *a, const struct process_instance *b);

/*
 * The name for people: where the system cut `name` off and the path tells the
 * rest, the file name of the path; else `name`. Lives as long as the instance.
 */
const char *process_instance_shown_name(const struct process_instance *instance);

/* Appends a name as Linux lists it: cut off, and what it cuts apart replaced as when it is read. */
void process_instance_cut_name(struct text *cut, const char *name);

/*
 * Whether the process is meant by this word, without regard to case (ASCII):
 * it is the name as it is listed, or as it is shown. Where the name was cut
 * off and the path is not known, every word that begins with it may be meant.
 */
bool process_instance_is_called(const struct process_instance *instance, const char *word);

/* "opened"; "medium": the words of every output. */
const char *process_access_name(int access);
const char *process_integrity_name(int integrity);
