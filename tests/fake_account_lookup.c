/* SPDX-License-Identifier: MIT */

#include "tests/fake_account_lookup.h"

#include <stddef.h>

#include "collector/account_names.h"

enum { PATIENCE = 10000 };

struct fake_account_lookup fake_account_lookup;

bool account_lookup(const char *id, struct text *name)
{
    fake_account_lookup.calls++;
    if (fake_account_lookup.let_go != NULL) {
        bell_ring(fake_account_lookup.entered);
        (void)bell_wait(fake_account_lookup.let_go, PATIENCE);
    }
    if (id[0] == '-') {
        return false;
    }
    text_addf(name, "name of %s", id);
    return true;
}
