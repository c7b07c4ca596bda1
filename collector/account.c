/* SPDX-License-Identifier: MIT */

#include "collector/account.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct shared_account {
    struct account fields; /* first: a pointer to it is a pointer to the whole */
    atomic_uint references;
    atomic_bool published; /* somebody has begun to say what was found, */
    atomic_bool settled;   /* and has said it */
    _Atomic(char *) name;  /* NULL: none, or not yet */
    char id[];
};

/* Accounts are const for everybody but this file. */
static struct shared_account *shared_of(const struct account *account)
{
    return (struct shared_account *)account;
}

const struct account *account_make(const char *id)
{
    size_t size = strlen(id) + 1;
    struct shared_account *shared = malloc(sizeof(*shared) + size);

    if (shared == NULL) {
        return NULL;
    }
    memcpy(shared->id, id, size);
    shared->fields.id = shared->id;
    atomic_init(&shared->references, 1);
    atomic_init(&shared->published, false);
    atomic_init(&shared->settled, false);
    atomic_init(&shared->name, NULL);
    return &shared->fields;
}

const struct account *account_hold(const struct account *account)
{
    atomic_fetch_add_explicit(&shared_of(account)->references, 1, memory_order_relaxed);
    return account;
}

void account_release(const struct account *account)
{
    if (account == NULL) {
        return;
    }
    if (atomic_fetch_sub_explicit(&shared_of(account)->references, 1, memory_order_acq_rel) == 1) {
        free(atomic_load_explicit(&shared_of(account)->name, memory_order_relaxed));
        free(shared_of(account));
    }
}

const char *account_name(const struct account *account)
{
    return account == NULL ? NULL
                           : atomic_load_explicit(&shared_of(account)->name, memory_order_acquire);
}

bool account_is_settled(const struct account *account)
{
    return atomic_load_explicit(&shared_of(account)->settled, memory_order_acquire);
}

bool account_publish(const struct account *account, const char *name)
{
    struct shared_account *shared = shared_of(account);
    char *copy;

    if (atomic_exchange(&shared->published, true)) {
        return true;
    }
    copy = name == NULL ? NULL : text_copy(name);
    atomic_store_explicit(&shared->name, copy, memory_order_release);
    atomic_store_explicit(&shared->settled, true, memory_order_release);
    return name == NULL || copy != NULL;
}
