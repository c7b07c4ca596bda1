/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Looks into one process.
 *
 * A process that is held cannot be mistaken: on Windows its pid is not given
 * to another one as long as our handle is open; on Linux what is read through
 * the folder of /proc that is held open fails once the process has ended.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "base/text.h"
#include "collector/image.h"
#include "collector/module_list.h"
#include "collector/process_instance.h"

/* Lets this process look into those of others, as far as its user may (Windows:
 * SeDebugPrivilege), and lets it hold as many as the system allows (Linux: the
 * limit of descriptors). What cannot be had costs details, and is no failure. */
void process_handle_prepare(void);

/* A process instance that is held. Belongs to one thread. */
struct process_handle;

/*
 * Opens the instance (pid, start), and looks at the start again while it holds
 * the process: a pid that was reused is PROCESS_GONE. *access says what came
 * of it. *out is NULL where there is nothing to hold (GONE, KERNEL, or DENIED
 * altogether); one that is DENIED in part has a handle, by which something can
 * be read. Fails only where memory ran out; where descriptors did, *access is
 * PROCESS_NOT_OPENED and the caller may try again later. So it is on Linux where
 * the process would take one of the last 64 descriptors that we may have (of
 * the last half, where we may have less than 128): a sample needs some for a
 * moment, and the ledger its files.
 */
bool process_handle_open(struct process_handle **out, uint32_t pid, uint64_t start,
                         enum process_access *access, struct failure *why) NODISCARD;

/* Does nothing for NULL. */
void process_handle_close(struct process_handle *handle);

/* What is learned of a process. Starts as {0}; process_details_clear() frees. */
struct process_details {
    uint8_t access;     /* enum process_access, which may be less than that of the handle */
    uint8_t integrity;  /* enum process_integrity */
    uint8_t denied;     /* enum process_part */
    bool image_deleted; /* the file that it runs has no name any more */
    struct image_identity image_identity; /* Linux: volume and file of what runs, or 0 */
    char *path;                           /* of the image, for people; NULL where not known */
    char *image_source;                   /* by what image_file.h can open it; NULL: by its path */
    char *command_line;                   /* NULL where not known */
    char *user;                           /* as in account.h; NULL where not known */
};

/* Which of the parts above to read: the path always, and what is asked for. */
enum process_wish {
    PROCESS_WISH_COMMAND_LINE = 1,
};

/*
 * Fails only where memory ran out; where descriptors did, access is
 * PROCESS_NOT_OPENED, nothing else is set, and the caller may try again later.
 */
bool process_details_read(struct process_handle *handle, unsigned wishes,
                          struct process_details *details, struct failure *why) NODISCARD;

/* Frees. Harmless twice. */
void process_details_clear(struct process_details *details);

enum {
    /* Bytes of UTF-8; a command line that is longer is cut between two characters, and ends in
     * " [...]". Windows' own limit is 32,767 UTF-16 units. */
    PROCESS_COMMAND_LINE_LIMIT = 128 * 1024,
};

/* A file that a process has mapped as code. */
struct module_row {
    uint64_t base;
    uint64_t size;
    size_t path;                    /* offset into the table's `texts`; for people */
    size_t source;                  /* likewise; by what image_file.h can open it */
    struct image_identity identity; /* as far as the mapping tells: volume and file, or 0 */
    uint8_t flags;                  /* enum module_flag */
};

/* Starts as {0}. */
struct module_table {
    uint8_t access; /* enum module_access */
    bool has_own_list;
    struct module_row *rows; /* by base, ascending; one for each file, or mapping */
    size_t count;
    size_t capacity;
    struct text texts;
};

/*
 * Replaces the content of *table by what the process has mapped now. A file
 * that is mapped in several parts is one row. Fails only where memory ran out:
 * what else goes wrong is said in `access`.
 *
 * MODULE_HIDDEN is also what a program maps as code by itself, without its
 * linker or loader: the cache of a compiler that works at run time, or under
 * Wine the Windows programs. On Windows likewise what LoadLibraryEx() maps with
 * LOAD_LIBRARY_AS_IMAGE_RESOURCE, and what .NET maps on its own; and a second
 * mapping of a file is a second row there, because the loader makes only one.
 * MODULE_RENAMED compares the last part of the path, without regard to case; a
 * short name (PROGRA~1) is no other name.
 */
bool module_table_read(struct process_handle *handle, struct module_table *table,
                       struct failure *why) NODISCARD;

/* Appends a row with its two texts. Used by the readers and by tests. */
bool module_table_add(struct module_table *table, const struct module_row *row, const char *path,
                      const char *source, struct failure *why) NODISCARD;

/* Orders the rows by base. */
void module_table_sort(struct module_table *table);

const char *module_table_path(const struct module_table *table, const struct module_row *row);
const char *module_table_source(const struct module_table *table, const struct module_row *row);

/* Empties, and keeps the memory. */
void module_table_reset(struct module_table *table);

/* Frees. Harmless twice. */
void module_table_clear(struct module_table *table);
