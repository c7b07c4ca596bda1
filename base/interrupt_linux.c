/* SPDX-License-Identifier: MIT */

#include "base/interrupt.h"

#include <signal.h>
#include <stddef.h>

/* A signal handler has no context: there is one program, and this is its. */
static interrupt_fn *volatile told_fn;
static void *volatile told_context;

static const int signals[] = {SIGINT, SIGTERM};

static void on_signal(int number)
{
    (void)number;
    if (told_fn != NULL) {
        told_fn(told_context);
    }
}

static void set_handlers(void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};

    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        sigaction(signals[i], &action, NULL);
    }
}

void interrupt_catch(interrupt_fn *told, void *context)
{
    told_context = context;
    told_fn = told;
    set_handlers(on_signal, SA_RESTART | (int)SA_RESETHAND);
}

void interrupt_release(void)
{
    set_handlers(SIG_DFL, 0);
    told_fn = NULL;
}
