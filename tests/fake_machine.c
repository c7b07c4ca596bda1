/* SPDX-License-Identifier: MIT */

#include "tests/fake_machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock_fake.h"
#include "base/text.h"
#include "collector/account_names.h"
#include "collector/image_file.h"
#include "collector/image_trust.h"
#include "collector/kernel_ports.h"
#include "collector/process_table.h"
#include "collector/service_names.h"
#include "collector/socket_owners.h"
#include "collector/socket_table.h"

struct fake_machine fake_machine;

const bool socket_owners_come_with_table = true;

/* The objects of the seams hold nothing. Each is a byte, so that a leak is seen. */
struct socket_reader {
    char nothing;
};
struct process_reader {
    char nothing;
};
struct socket_owners {
    char nothing;
};
struct service_names {
    char nothing;
};
struct process_handle {
    uint32_t pid;
};
struct image_file {
    char nothing;
};

static bool may(enum fake_call call, struct failure *why)
{
    return fake_machine.fails != call ||
           FAIL(why, FAILURE_SYSTEM, EIO, "the machine was told to fail here");
}

static void *make(size_t size, struct failure *why)
{
    void *made = calloc(1, size);

    if (made == NULL) {
        failure_set(why, FAILURE_MEMORY, 0, "no memory for a part of the machine");
    }
    return made;
}

/*
 * Making a machine up.
 */

void fake_machine_reset(int64_t at)
{
    memset(&fake_machine, 0, sizeof(fake_machine));
    clock_fake_reset();
    clock_fake_run(1000);
    clock_fake_set(at);
}

static struct fake_process *find_process(uint32_t pid)
{
    for (int i = 0; i < FAKE_PROCESSES; i++) {
        if (fake_machine.processes[i].pid == pid) {
            return &fake_machine.processes[i];
        }
    }
    return NULL;
}

static const char *const paths[][2] = {
    {"server", "/bin/server"},
    {"client", "/bin/client"},
    {"svchost.exe", "/bin/svchost.exe"},
    {"parent", "/bin/parent"},
    {"services.exe", "/bin/services.exe"},
};

struct fake_process *fake_machine_process(uint32_t pid, uint32_t parent_pid, const char *name)
{
    struct fake_process *process = find_process(0);

    *process = (struct fake_process){
        .pid = pid,
        .parent_pid = parent_pid,
        .start = 1000 + pid,
        .name = name,
        .access = PROCESS_OPENED,
        .path = name,
        .user = "S-1-5-18",
        .module_access = MODULES_READ,
    };
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        if (strcmp(paths[i][0], name) == 0) {
            process->path = paths[i][1];
        }
    }
    return process;
}

void fake_machine_end(uint32_t pid)
{
    *find_process(pid) = (struct fake_process){.pid = 0};
}

struct socket_row *fake_machine_connection(uint16_t port, uint16_t remote_port,
                                           enum socket_state state, uint32_t pid)
{
    struct socket_row *row = &fake_machine.sockets[fake_machine.socket_count++];

    *row = (struct socket_row){
        .local = {.address = {127, 0, 0, 1}, .address_size = 4, .port = port},
        .remote = {.address = {127, 0, 0, 1}, .address_size = 4, .port = remote_port},
        .protocol = SOCKET_TCP,
        .state = (uint8_t)state,
        .pid = pid,
        .owner = SOCKET_NO_OWNER,
    };
    return row;
}

struct socket_row *fake_machine_listener(uint16_t port, uint32_t pid)
{
    struct socket_row *row = fake_machine_connection(port, 0, SOCKET_LISTENING, pid);

    socket_row_normalize(row);
    return row;
}

void fake_machine_close(uint16_t port)
{
    size_t kept = 0;

    for (size_t i = 0; i < fake_machine.socket_count; i++) {
        if (fake_machine.sockets[i].local.port != port) {
            fake_machine.sockets[kept++] = fake_machine.sockets[i];
        }
    }
    fake_machine.socket_count = kept;
}

/*
 * The seams.
 */

bool socket_reader_open(struct socket_reader **out, struct failure *why)
{
    *out = make(sizeof(**out), why);
    return *out != NULL;
}

bool socket_reader_read(struct socket_reader *reader, struct socket_table *table,
                        struct failure *why)
{
    (void)reader;
    socket_table_reset(table);
    for (size_t i = 0; i < fake_machine.socket_count; i++) {
        if (!socket_table_add(table, &fake_machine.sockets[i], why)) {
            return false;
        }
    }
    return may(FAKE_READ_SOCKETS, why);
}

void socket_reader_close(struct socket_reader *reader)
{
    free(reader);
}

bool process_reader_open(struct process_reader **out, struct failure *why)
{
    *out = make(sizeof(**out), why);
    return *out != NULL;
}

bool process_reader_read(struct process_reader *reader, struct process_table *table,
                         struct failure *why)
{
    (void)reader;
    process_table_reset(table);
    for (int i = 0; i < FAKE_PROCESSES; i++) {
        const struct fake_process *process = &fake_machine.processes[i];
        const struct process_row row = {
            .pid = process->pid,
            .parent_pid = process->parent_pid,
            .start = process->start,
            .started_at = (int64_t)process->start,
            .program = process->program,
        };

        if (process->pid != 0 &&
            !process_table_add(table, &row, process->name, strlen(process->name), why)) {
            return false;
        }
    }
    process_table_sort(table);
    return may(FAKE_READ_PROCESSES, why);
}

void process_reader_close(struct process_reader *reader)
{
    free(reader);
}

bool socket_owners_open(struct socket_owners **out, struct failure *why)
{
    *out = make(sizeof(**out), why);
    return *out != NULL;
}

bool socket_owners_find(struct socket_owners *owners, const struct process_table *processes,
                        struct socket_table *table, struct failure *why)
{
    (void)owners;
    (void)processes;
    (void)table;
    return may(FAKE_FIND_OWNERS, why);
}

void socket_owners_close(struct socket_owners *owners)
{
    free(owners);
}

void process_handle_prepare(void)
{
}

bool process_handle_open(struct process_handle **out, uint32_t pid, uint64_t start,
                         enum process_access *access, struct failure *why)
{
    const struct fake_process *process = find_process(pid);

    *out = NULL;
    fake_machine.opened++;
    if (!may(FAKE_OPEN_PROCESS, why)) {
        return false;
    }
    *access = process == NULL || process->start != start ? PROCESS_GONE
                                                         : (enum process_access)process->access;
    if (*access != PROCESS_OPENED) {
        return true;
    }
    *out = make(sizeof(**out), why);
    if (*out == NULL) {
        return false;
    }
    (*out)->pid = pid;
    fake_machine.handles++;
    return true;
}

void process_handle_close(struct process_handle *handle)
{
    fake_machine.handles -= handle != NULL ? 1 : 0;
    free(handle);
}

static bool copy_text(char **to, const char *from, struct failure *why)
{
    if (from == NULL) {
        return true;
    }
    *to = text_copy(from);
    return *to != NULL || FAIL(why, FAILURE_MEMORY, 0, "no memory for a text");
}

bool process_details_read(struct process_handle *handle, unsigned wishes,
                          struct process_details *details, struct failure *why)
{
    const struct fake_process *process = find_process(handle->pid);

    *details = (struct process_details){.access = PROCESS_GONE};
    if (!may(FAKE_READ_DETAILS, why) || process == NULL) {
        return process == NULL;
    }
    details->access = PROCESS_OPENED;
    details->integrity = process->integrity;
    details->denied = process->denied;
    return copy_text(&details->path, process->path, why) &&
           copy_text(&details->user, process->user, why) &&
           ((wishes & PROCESS_WISH_COMMAND_LINE) == 0 ||
            copy_text(&details->command_line, process->command_line, why));
}

bool module_table_read(struct process_handle *handle, struct module_table *table,
                       struct failure *why)
{
    const struct fake_process *process = find_process(handle->pid);

    module_table_reset(table);
    fake_machine.module_looks++;
    clock_fake_run(fake_machine.look_takes);
    if (!may(FAKE_READ_MODULES, why)) {
        return false;
    }
    table->access = process == NULL ? MODULES_GONE : process->module_access;
    table->has_own_list = table->access == MODULES_READ;
    for (int i = 0; table->access == MODULES_READ && i < FAKE_MODULES; i++) {
        const struct fake_module *module = &process->modules[i];
        const struct module_row row = {
            .base = module->base, .size = module->size, .flags = module->flags};

        if (module->path != NULL &&
            !module_table_add(table, &row, module->path, module->path, why)) {
            return false;
        }
    }
    module_table_sort(table);
    return true;
}

/* Names tell what they stand for: //host/... is remote, /gone/... is not there any more. */
enum image_status image_file_identify(const char *source, struct image_identity *identity)
{
    if (strncmp(source, "//", 2) == 0) {
        return IMAGE_REMOTE;
    }
    if (strncmp(source, "/gone", 5) == 0) {
        return IMAGE_GONE;
    }
    *identity = (struct image_identity){
        .volume = 1, .file = strlen(source) + 1, .size = 5, .written_at = source[5]};
    return IMAGE_READ;
}

enum image_status image_file_open(struct image_file **out, const struct image *image)
{
    (void)image;
    *out = calloc(1, sizeof(**out));
    fake_machine.files_opened++;
    return *out == NULL ? IMAGE_UNREADABLE : IMAGE_READ;
}

bool image_file_describe(const struct image_file *file, struct image_identity *identity)
{
    (void)file;
    *identity = (struct image_identity){.volume = 1, .file = 1, .size = 5, .written_at = 1};
    return true;
}

int64_t image_file_read(struct image_file *file, uint64_t offset, void *buffer, size_t size)
{
    static const char content[] = "image";
    size_t left = offset < 5 ? 5 - (size_t)offset : 0;
    size_t taken = size < left ? size : left;

    (void)file;
    memcpy(buffer, content + (5 - left), taken);
    return (int64_t)taken;
}

void image_file_close(struct image_file *file)
{
    free(file);
}

void image_trust_check(struct image_file *file, const struct image *image,
                       struct image_trust *trust)
{
    (void)file;
    (void)image;
    *trust = (struct image_trust){.verdict = IMAGE_UNSIGNED};
}

bool account_lookup(const char *id, struct text *name)
{
    if (strcmp(id, "S-1-5-18") != 0) {
        return false;
    }
    text_add(name, "NT AUTHORITY\\SYSTEM");
    return true;
}

bool service_names_open(struct service_names **out, struct failure *why)
{
    *out = make(sizeof(**out), why);
    return *out != NULL;
}

void service_names_begin(struct service_names *names, bool stale)
{
    (void)names;
    fake_machine.service_lists += stale ? 1 : 0;
}

enum service_basis service_names_find(struct service_names *names, uint32_t pid, uint64_t start,
                                      uint32_t tag, struct text *name)
{
    const struct fake_process *process = find_process(pid);

    (void)names;
    fake_machine.service_asks++;
    if (tag != 0) {
        text_addf(name, "service%lu", (unsigned long)tag);
        return SERVICE_BY_TAG;
    }
    if (process == NULL || process->start != start || process->services == NULL) {
        return (enum service_basis)0;
    }
    text_add(name, process->services);
    return strstr(process->services, ", ") != NULL ? SERVICE_ONE_OF : SERVICE_ONLY;
}

bool service_names_may_host(const char *parent)
{
    return parent == NULL || strcmp(parent, "services.exe") == 0;
}

void service_names_close(struct service_names *names)
{
    free(names);
}

bool url_list_read(struct url_list *list, struct failure *why)
{
    url_list_clear(list);
    return may(FAKE_READ_URLS, why) &&
           (fake_machine.url == NULL || url_list_add(list, fake_machine.url, why));
}
