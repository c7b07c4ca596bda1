/* SPDX-License-Identifier: MIT */

/*
 * The index is made when it is first asked for: on a machine where nothing
 * waits for its end, never.
 */

#include "collector/owner_history.h"

#include <stdlib.h>
#include <string.h>

bool owner_history_add_owner(struct owner_history *history, const struct process_instance *instance,
                             bool left_out, uint32_t *owner, struct failure *why)
{
    if (history->owner_count == history->owner_capacity) {
        size_t capacity = history->owner_capacity * 2 + 64;
        struct remembered_owner *owners = realloc(history->owners, capacity * sizeof(*owners));

        if (owners == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory to remember %zu owners", capacity);
        }
        history->owners = owners;
        history->owner_capacity = capacity;
    }
    *owner = (uint32_t)history->owner_count;
    history->owners[history->owner_count++] = (struct remembered_owner){
        .instance = process_instance_hold(instance),
        .left_out = left_out,
    };
    return true;
}

bool owner_history_add_socket(struct owner_history *history, const struct socket_row *row,
                              uint32_t owner, struct failure *why)
{
    if (history->socket_count == history->socket_capacity) {
        size_t capacity = history->socket_capacity + history->socket_capacity / 2 + 256;
        struct remembered_socket *sockets = realloc(history->sockets, capacity * sizeof(*sockets));

        if (sockets == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory to remember %zu sockets", capacity);
        }
        history->sockets = sockets;
        history->socket_capacity = capacity;
    }
    history->sockets[history->socket_count++] = (struct remembered_socket){
        .local = row->local,
        .remote = row->remote,
        .socket_id = row->socket_id,
        .owner = owner,
        .service_tag = row->service_tag,
        .protocol = row->protocol,
        .carried = row->attribution == ATTRIBUTION_CARRIED,
    };
    history->indexed = false;
    return true;
}

static uint64_t hash_ends(uint8_t protocol, const struct socket_endpoint *local,
                          const struct socket_endpoint *remote)
{
    uint64_t words[4] = {protocol, 0, 0,
                         (uint64_t)local->port << 16 | remote->port |
                             (uint64_t)remote->scope_id << 32};

    memcpy(&words[1], remote->address, sizeof(remote->address));
    return hash_bytes(hash_bytes(0, local->address, sizeof(local->address)), words, sizeof(words));
}

static bool make_index(struct owner_history *history, struct failure *why)
{
    if (history->indexed) {
        return true;
    }
    hash_index_reset(&history->index);
    if (!hash_index_reserve(&history->index, history->socket_count, why)) {
        return false;
    }
    for (size_t i = 0; i < history->socket_count; i++) {
        const struct remembered_socket *socket = &history->sockets[i];

        if (!hash_index_add(&history->index,
                            hash_ends(socket->protocol, &socket->local, &socket->remote),
                            (uint32_t)i, why)) {
            return false;
        }
    }
    history->indexed = true;
    return true;
}

/* Two ids that are told must be equal; a socket without a remote end is known by its id alone. */
static bool is_same(const struct remembered_socket *socket, const struct socket_row *row)
{
    bool both = socket->socket_id != 0 && row->socket_id != 0;

    if (socket->protocol != row->protocol || (both && socket->socket_id != row->socket_id) ||
        (!both && row->remote.address_size == 0)) {
        return false;
    }
    return socket_endpoint_equal(&socket->local, &row->local) &&
           socket_endpoint_equal(&socket->remote, &row->remote);
}

static const struct remembered_socket *first_same(struct owner_history *history,
                                                  const struct socket_row *row, uint32_t at)
{
    while (at != HASH_INDEX_END && !is_same(&history->sockets[at], row)) {
        at = hash_index_next(&history->index);
    }
    return at == HASH_INDEX_END ? NULL : &history->sockets[at];
}

bool owner_history_find(struct owner_history *history, const struct socket_row *row,
                        const struct remembered_socket **found, struct failure *why)
{
    *found = NULL;
    if (history->socket_count == 0) {
        return true;
    }
    if (!make_index(history, why)) {
        return false;
    }
    *found = first_same(
        history, row,
        hash_index_first(&history->index, hash_ends(row->protocol, &row->local, &row->remote)));
    return true;
}

const struct remembered_socket *owner_history_next(struct owner_history *history,
                                                   const struct socket_row *row)
{
    return first_same(history, row, hash_index_next(&history->index));
}

void owner_history_reset(struct owner_history *history)
{
    for (size_t i = 0; i < history->owner_count; i++) {
        process_instance_release(history->owners[i].instance);
    }
    history->owner_count = 0;
    history->socket_count = 0;
    history->indexed = false;
}

void owner_history_swap(struct owner_history *a, struct owner_history *b)
{
    struct owner_history other = *a;

    *a = *b;
    *b = other;
}

void owner_history_clear(struct owner_history *history)
{
    owner_history_reset(history);
    free(history->owners);
    free(history->sockets);
    hash_index_clear(&history->index);
    *history = (struct owner_history){0};
}
