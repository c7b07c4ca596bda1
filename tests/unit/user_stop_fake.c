/* SPDX-License-Identifier: MIT */

#include "tests/unit/user_stop_fake.h"

#include "base/clock_fake.h"

struct user_stop_fake user_stop_fake;

bool user_stop_open(struct failure *why)
{
    (void)why;
    user_stop_fake.open = true;
    return true;
}

enum user_stop_reason user_stop_wait(int64_t milliseconds)
{
    static int look;

    if (look == user_stop_fake.looks) {
        look = 0;
        return user_stop_fake.reason != USER_STOP_NONE ? user_stop_fake.reason : USER_STOP_ESCAPE;
    }
    clock_fake_run(milliseconds);
    look++;
    if (user_stop_fake.passed != NULL) {
        user_stop_fake.passed(look, user_stop_fake.held);
    }
    return USER_STOP_NONE;
}

void user_stop_close(void)
{
    user_stop_fake.open = false;
}
