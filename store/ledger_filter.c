/* SPDX-License-Identifier: MIT */

#include "store/ledger_filter.h"

#include <string.h>

#include "base/pattern.h"
#include "base/text.h"

static bool ports_match(const struct ledger_filter *filter, const struct socket_row *row)
{
    bool has_remote = row->remote.address_size != 0;

    if (filter->local_port != 0 && row->local.port != filter->local_port) {
        return false;
    }
    if (filter->remote_port != 0 && !(has_remote && row->remote.port == filter->remote_port)) {
        return false;
    }
    return filter->port == 0 || row->local.port == filter->port ||
           (has_remote && row->remote.port == filter->port);
}

static bool addresses_match(const struct ledger_filter *filter, const struct socket_row *row)
{
    return address_prefix_contains(&filter->local_address, &row->local) &&
           address_prefix_contains(&filter->remote_address, &row->remote) &&
           (address_prefix_contains(&filter->address, &row->local) ||
            address_prefix_contains(&filter->address, &row->remote));
}

bool ledger_filter_row(const struct ledger_filter *filter, const struct ledger_row *row)
{
    const struct socket_row *socket = &row->socket;

    return row->id > filter->after_id &&
           (filter->protocol == 0 || socket->protocol == filter->protocol) &&
           (filter->state == 0 || socket->state == filter->state) &&
           (!filter->has_pid || socket->pid == filter->pid) &&
           (filter->process_id == 0 || row->process == filter->process_id) &&
           ports_match(filter, socket) && addresses_match(filter, socket);
}

static bool user_matches(const char *user, const struct account *account)
{
    const char *name = account_name(account);
    const char *behind_domain = name == NULL ? NULL : strchr(name, '\\');

    return account != NULL &&
           (text_equal_fold(account->id, user) || (name != NULL && text_equal_fold(name, user)) ||
            (behind_domain != NULL && text_equal_fold(behind_domain + 1, user)));
}

static bool image_matches(const uint8_t *sha256, const struct image *image)
{
    const struct image_facts *facts = image_facts(image);

    return facts != NULL && facts->status == IMAGE_READ &&
           memcmp(facts->sha256, sha256, IMAGE_HASH_SIZE) == 0;
}

static bool start_matches(const struct ledger_filter *filter, int64_t started_at)
{
    return (filter->started_since == 0 || started_at >= filter->started_since) &&
           (filter->started_before == 0 || started_at < filter->started_before);
}

bool ledger_filter_owner(const struct ledger_filter *filter, const struct ledger_process *owner)
{
    const struct process_instance *instance = owner->instance;

    return (filter->process_id == 0 || owner->id == filter->process_id) &&
           start_matches(filter, instance->started_at) &&
           (filter->process == NULL || process_instance_is_called(instance, filter->process)) &&
           (filter->path == NULL ||
            (instance->path != NULL && pattern_matches(filter->path, instance->path))) &&
           (filter->image == NULL || image_matches(filter->image, instance->image)) &&
           (filter->user == NULL || user_matches(filter->user, instance->user));
}

bool ledger_filter_needs_owner(const struct ledger_filter *filter)
{
    return filter->process_id != 0 || filter->started_since != 0 || filter->started_before != 0 ||
           filter->process != NULL || filter->path != NULL || filter->image != NULL ||
           filter->user != NULL || filter->module != NULL;
}

static int fold(char c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

/* Whether `name` is all of the `size` bytes at `part`. */
static bool equal_part(const char *part, size_t size, const char *name)
{
    if (strlen(name) != size) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        if (fold(part[i]) != fold(name[i])) {
            return false;
        }
    }
    return true;
}

bool ledger_filter_service(const struct ledger_filter *filter, const char *name)
{
    if (filter->service == NULL || (name != NULL && text_equal_fold(name, filter->service))) {
        return true;
    }
    while (name != NULL) {
        const char *end = strstr(name, ", ");

        if (equal_part(name, end != NULL ? (size_t)(end - name) : strlen(name), filter->service)) {
            return true;
        }
        name = end != NULL ? end + 2 : NULL;
    }
    return false;
}

static bool has_module(const struct module_list *list, const char *pattern)
{
    for (size_t i = 0; list != NULL && i < list->count; i++) {
        if (pattern_matches(pattern, list->modules[i].image->path)) {
            return true;
        }
    }
    return false;
}

static bool takes_owner(const struct ledger_filter *filter, const struct snapshot *snapshot,
                        uint32_t owner)
{
    struct ledger_process process = {0};

    if (owner == SOCKET_NO_OWNER) {
        return !ledger_filter_needs_owner(filter);
    }
    process.instance = snapshot->processes[owner];
    process.id = snapshot->seen != NULL ? snapshot->seen[owner].id : 0;
    return ledger_filter_owner(filter, &process) &&
           (filter->module == NULL || has_module(process.instance->modules, filter->module));
}

bool ledger_filter_takes(const struct ledger_filter *filter, const struct snapshot *snapshot,
                         const struct socket_row *row)
{
    struct ledger_filter rest = *filter; /* what only intervals have is asked of the owner */
    struct ledger_row stored = {.id = 1, .socket = *row};

    rest.after_id = 0;
    rest.process_id = 0;
    return ledger_filter_row(&rest, &stored) && takes_owner(filter, snapshot, row->owner) &&
           ledger_filter_service(filter, snapshot_service_name(snapshot, row, NULL));
}
