/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * All SQL that reads facts of a ledger, and the way from its rows to our
 * structs. What stands in a ledger is believed as far as it goes: it may come
 * from another machine, and numbers that cannot be are held at a bound.
 *
 * Every call here is made inside of a read transaction.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "base/failure.h"
#include "collector/process_instance.h"
#include "collector/socket_row.h"
#include "store/ledger_detail.h"
#include "store/ledger_query.h"
#include "store/ledger_tree.h"

enum ledger_rows_statement {
    ROWS_STRETCHES_AFTER,
    ROWS_STRETCH,
    ROWS_STRETCH_BEFORE,
    ROWS_STRETCH_NEWEST,
    ROWS_STRETCH_END,
    ROWS_INTERVAL_FROM,
    ROWS_PROCESS_FROM,
    ROWS_OPEN_TO_THE_END,
    ROWS_OPEN_LONG,
    ROWS_OPEN_SHORT,
    ROWS_ALIVE_STILL,
    ROWS_ALIVE_ACROSS,
    ROWS_ALIVE_LONG,
    ROWS_ALIVE_SHORT,
    ROWS_PROCESS,
    ROWS_MODULES_AT,
    ROWS_MODULES_OF,
    ROWS_SERVICE,
    ROWS_WALK_ALL,
    ROWS_WALK_PORTS,
    ROWS_WALK_PID,
    ROWS_WALK_OWNERS,
    ROWS_WALK_PREFIX,
    ROWS_OWNED_FROM,
    ROWS_OWNED_COUNT,
    ROWS_OWNERS_BY_IMAGE,
    ROWS_OWNERS_BY_NAME,
    ROWS_OWNERS_BY_PATH,
    ROWS_OWNERS_BY_USER,
    ROWS_OWNERS_BY_MODULE,
    ROWS_OWNERS_BY_START,
    ROWS_SERVICES,
    ROWS_PROCESS_MODULES,
    ROWS_PROCESSES_AMONG,
    ROWS_CHILDREN_AMONG,
    ROWS_PARENT,
    ROWS_NEWEST_RUN,
    ROWS_COUNTS,
    ROWS_DETAIL,
    LEDGER_ROWS_STATEMENTS,
};

/* By enum ledger_rows_statement. */
extern const char *const ledger_rows_sql[LEDGER_ROWS_STATEMENTS];

/* A stretch, with what belongs to it: rows whose id is first..end-1. */
struct ledger_stretch_rows {
    struct ledger_stretch stretch;
    int64_t commit; /* milliseconds between commits of its run; 0: not told */
    int64_t first_interval;
    int64_t first_process;
    int64_t end_interval; /* filled by ledger_rows_stretch() and _newest() only */
    int64_t end_process;
};

/* A row of ROWS_STRETCHES_AFTER. */
void ledger_rows_take_stretch(sqlite3_stmt *statement, struct ledger_stretch_rows *rows);

/* *found says whether there is such a stretch. */
bool ledger_rows_stretch(struct ledger *ledger, int64_t id, struct ledger_stretch_rows *rows,
                         bool *found, struct failure *why) NODISCARD;
bool ledger_rows_newest(struct ledger *ledger, struct ledger_stretch_rows *rows, bool *found,
                        struct failure *why) NODISCARD;

/* What retention has taken, by its own account. */
bool ledger_rows_detail(struct ledger *ledger, struct ledger_detail *detail,
                        struct failure *why) NODISCARD;
/* The first stretch behind the one with the id `after` that touches since..until (both count). */
bool ledger_rows_stretch_touching(struct ledger *ledger, int64_t after, int64_t since,
                                  int64_t until, struct ledger_stretch_rows *rows, bool *found,
                                  struct failure *why) NODISCARD;

/* The last one before it that does so, likewise. */
bool ledger_rows_stretch_before(struct ledger *ledger, int64_t before, int64_t since, int64_t until,
                                struct ledger_stretch_rows *rows, bool *found,
                                struct failure *why) NODISCARD;

/* How an interval began. The numbers are in the ledger. */
enum ledger_opening {
    LEDGER_OPENED = 0,
    LEDGER_CONTINUED = 1, /* it was there when the stretch before ended */
    LEDGER_CLOSING = 2,   /* first seen already closing */
};

/* An interval as it is stored. */
struct ledger_row {
    int64_t id;
    int64_t opened_at;
    int64_t duration;         /* -1: it lasted to the end of its stretch */
    int64_t process;          /* 0: not known */
    int64_t service;          /* 0: not known */
    int opening;              /* enum ledger_opening */
    struct socket_row socket; /* owner and service: not set */
};

/* Starts as {0}. */
struct ledger_row_list {
    struct ledger_row *rows;
    size_t count;
    size_t capacity;
};

/* Fills the address of an end from bytes as they are stored; of any other size they are none. */
void ledger_rows_take_address(const uint8_t *bytes, int size, struct socket_endpoint *end);

/* Appends every row of a bound statement whose columns are those of an interval. */
bool ledger_rows_read(struct ledger *ledger, enum ledger_rows_statement which,
                      struct ledger_row_list *list, struct failure *why) NODISCARD;
void ledger_row_list_clear(struct ledger_row_list *list);

/* A process instance as it is stored. */
struct ledger_process {
    int64_t id;
    int64_t first_stretch;
    int64_t first_seen_at;
    int64_t boot_id;
    int64_t last_stretch; /* 0: it was not seen to end */
    int64_t gone_at;      /* in that: the first sample without it; INT64_MAX: it was there until
                             that stretch ended */
    const struct process_instance *instance; /* a reference; without modules */
    int module_access;                       /* enum module_access */
    bool matches;                            /* for ledger_walk.c: it is such an owner */
};

/* Starts as {0}. */
struct ledger_process_list {
    struct ledger_process *items;
    size_t count;
    size_t capacity;
};

void ledger_process_list_clear(struct ledger_process_list *list);

/* Appends the process with this id, or nothing where there is none. */
bool ledger_rows_process(struct ledger *ledger, int64_t id, struct ledger_process_list *list,
                         struct failure *why) NODISCARD;

/* Appends what a bound statement finds whose columns are those of a process. */
bool ledger_rows_read_processes(struct ledger *ledger, enum ledger_rows_statement which,
                                struct ledger_process_list *list, struct failure *why) NODISCARD;

/* The number of the run that started the process; 0 where it is not known. */
bool ledger_rows_parent(struct ledger *ledger, const struct ledger_process *process,
                        int64_t *parent, struct failure *why) NODISCARD;

/* A service as it is stored. */
struct ledger_service {
    int64_t id;
    char *name;
    int basis; /* enum service_basis; 0: there is no such service */
};

/* Services that were read. Starts as {0}. */
struct ledger_service_list {
    struct ledger_service *items;
    size_t count;
    size_t capacity;
};

/*
 * The service with this id, read where the list has it not; NULL for id 0 and
 * where there is none. It is good until the next call that reads one.
 */
bool ledger_services_find(struct ledger_service_list *list, struct ledger *ledger, int64_t id,
                          const struct ledger_service **service, struct failure *why) NODISCARD;

/* The same without reading. */
const struct ledger_service *ledger_services_known(const struct ledger_service_list *list,
                                                   int64_t id);
void ledger_services_clear(struct ledger_service_list *list);

/*
 * Puts an object that knows its modules, as they were at a moment of the
 * stretch, in the place of the process's instance, where they were looked at.
 */
bool ledger_rows_add_modules(struct ledger *ledger, const struct ledger_stretch_rows *stretch,
                             int64_t at, struct ledger_process *process,
                             struct failure *why) NODISCARD;

/* The same of all modules that it had at any time that the question asks for. */
bool ledger_rows_add_modules_of(struct ledger *ledger,
                                const struct ledger_module_question *question,
                                struct ledger_process *process, struct failure *why) NODISCARD;

/*
 * Whether the process had a file mapped, at whatever time, whose whole path is
 * like the pattern.
 */
bool ledger_rows_had_module(struct ledger *ledger, int64_t process, const char *pattern, bool *had,
                            struct failure *why) NODISCARD;

/* Beyond all ids. */
#define LEDGER_ROWS_NONE ((int64_t)1 << 60)

/* The first id from `id` on that there is; LEDGER_ROWS_NONE where there is none. */
bool ledger_rows_interval_from(struct ledger *ledger, int64_t id, int64_t *first,
                               struct failure *why) NODISCARD;
bool ledger_rows_process_from(struct ledger *ledger, int64_t id, int64_t *first,
                              struct failure *why) NODISCARD;

/* The first id in the stretch that was opened after `at`; end_interval where none was. */
bool ledger_rows_interval_after(struct ledger *ledger, const struct ledger_stretch_rows *stretch,
                                int64_t at, int64_t *id, struct failure *why) NODISCARD;

/* Likewise of the processes that were first seen in it. */
bool ledger_rows_process_after(struct ledger *ledger, const struct ledger_stretch_rows *stretch,
                               int64_t at, int64_t *id, struct failure *why) NODISCARD;

/*
 * Appends the intervals that were open, or the processes that ran, at a moment
 * of the stretch; by id, ascending.
 */
bool ledger_rows_open_at(struct ledger *ledger, const struct ledger_stretch_rows *stretch,
                         int64_t at, struct ledger_row_list *list, struct failure *why) NODISCARD;
bool ledger_rows_alive_at(struct ledger *ledger, const struct ledger_stretch_rows *stretch,
                          int64_t at, struct ledger_process_list *list,
                          struct failure *why) NODISCARD;
