/* SPDX-License-Identifier: MIT */

#include "collector/account_names.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash_index.h"
#include "collector/background.h"

enum {
    MOST_ACCOUNTS = 4096, /* a machine sees few; after these it begins anew */
    PATIENCE = 1000,      /* milliseconds that a question may take when the names are closed */
};

struct account_names {
    struct background *background;
    const struct account *accounts[MOST_ACCOUNTS]; /* a reference each */
    size_t count;
    struct hash_index index; /* by id */
};

/* In the thread, which knows nothing but the account. */
static void look_up(void *context, void *job)
{
    const struct account *account = job;
    struct text name = {0};
    struct failure ignored;
    bool found = account_lookup(account->id, &name) && text_ok(&name, &ignored);

    (void)context;
    account_publish(account, found && name.size > 0 ? text_bytes(&name) : NULL);
    account_release(account);
    text_clear(&name);
}

static void drop_account(void *context, void *job)
{
    (void)context;
    account_release(job);
}

static void release(void *context)
{
    (void)context;
}

static const struct background_kind looking_up = {
    .name = "looking up accounts", .work = look_up, .drop = drop_account, .release = release};

bool account_names_open(struct account_names **out, struct failure *why)
{
    struct account_names *names = calloc(1, sizeof(*names));

    if (names == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the names of accounts");
    }
    if (!background_open(&names->background, &looking_up, NULL, false, why)) {
        free(names);
        return false;
    }
    *out = names;
    return true;
}

static void forget_all(struct account_names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        account_release(names->accounts[i]);
    }
    names->count = 0;
    hash_index_reset(&names->index);
}

static const struct account *find_known(struct account_names *names, const char *id, uint64_t hash)
{
    for (uint32_t at = hash_index_first(&names->index, hash); at != HASH_INDEX_END;
         at = hash_index_next(&names->index)) {
        if (strcmp(names->accounts[at]->id, id) == 0) {
            return names->accounts[at];
        }
    }
    return NULL;
}

/* Takes over the reference. On failure too: then nobody has the account any more. */
static bool keep(struct account_names *names, const struct account *account, uint64_t hash,
                 struct failure *why)
{
    if (!hash_index_reserve(&names->index, names->count + 1, why)) {
        account_release(account);
        return false;
    }
    account_hold(account);
    if (!background_add(names->background, (void *)account, why)) {
        account_release(account);
        account_release(account);
        return false;
    }
    names->accounts[names->count] = account;
    return hash_index_add(&names->index, hash, (uint32_t)names->count++, why);
}

static const struct account *add_new(struct account_names *names, const char *id, uint64_t hash,
                                     struct failure *why)
{
    const struct account *account = account_make(id);

    if (account == NULL) {
        failure_set(why, FAILURE_MEMORY, 0, "no memory for an account");
        return NULL;
    }
    if (names->count == MOST_ACCOUNTS) {
        forget_all(names);
    }
    return keep(names, account, hash, why) ? account : NULL;
}

const struct account *account_names_find(struct account_names *names, const char *id,
                                         struct failure *why)
{
    uint64_t hash = hash_bytes(0, id, strlen(id));
    const struct account *account = find_known(names, id, hash);

    if (account == NULL) {
        account = add_new(names, id, hash, why);
    }
    return account == NULL ? NULL : account_hold(account);
}

bool account_names_wait(struct account_names *names, int64_t milliseconds)
{
    return background_wait(names->background, milliseconds);
}

void account_names_close(struct account_names *names)
{
    if (names != NULL) {
        background_close(names->background, PATIENCE);
        forget_all(names);
        hash_index_clear(&names->index);
        free(names);
    }
}
