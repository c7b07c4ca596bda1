/* SPDX-License-Identifier: MIT */

/*
 * Linux: signals. systemd and a person at a terminal send the same ones. Nobody
 * tells of sleep and of a clock that was set: the clocks do, at every wait.
 */

#include "service/service_host.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/thread.h"

enum { STEP_MS = 500 }; /* two clocks that part by more than this did not just run */

struct service_host {
    struct bell *bell;
    atomic_uint wants;
    bool foreground;
    int64_t asleep; /* clock_steady() less clock_awake() at the last wait */
    int64_t set;    /* clock_now() less clock_steady(), likewise */
};

/* Signal handlers have no context: there is one host in a process, and this is it. */
static struct service_host only;

static const struct {
    int signal;
    unsigned wants;
    unsigned instead_of; /* what was asked for before and is so no more */
} signals[] = {
    {SIGTERM, SERVICE_WANTS_STOP, 0},
    {SIGINT, SERVICE_WANTS_STOP, 0},
    {SIGHUP, SERVICE_WANTS_RELOAD, 0},
    {SIGUSR1, SERVICE_WANTS_SAMPLE, 0},
    {SIGUSR2, SERVICE_WANTS_PAUSE, SERVICE_WANTS_CONTINUE},
    {SIGCONT, SERVICE_WANTS_CONTINUE, SERVICE_WANTS_PAUSE},
};

static void want(unsigned wants, unsigned instead_of)
{
    unsigned before = atomic_load(&only.wants);

    while (!atomic_compare_exchange_weak(&only.wants, &before, (before & ~instead_of) | wants)) {
    }
    bell_ring(only.bell);
}

static void on_signal(int number)
{
    int saved = errno;

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        if (signals[i].signal == number) {
            want(signals[i].wants, signals[i].instead_of);
        }
    }
    errno = saved;
}

static void set_handlers(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        sigaction(signals[i].signal, &action, NULL);
    }
}

/* What happened to time since the last look. A clock that is slewed moves by less. */
static unsigned look_at_clocks(void)
{
    int64_t steady = clock_steady();
    int64_t asleep = steady - clock_awake();
    int64_t set = clock_now() - steady;
    unsigned wants = SERVICE_WANTS_NOTHING;

    wants |= asleep - only.asleep > STEP_MS ? SERVICE_WANTS_WOKE : 0;
    wants |= set - only.set > STEP_MS || only.set - set > STEP_MS ? SERVICE_WANTS_CLOCK : 0;
    only.asleep = asleep;
    only.set = set;
    return wants;
}

static bool run(service_body_fn *body, void *context, bool foreground, struct failure *why)
{
    bool ok;

    umask(0027); /* the ledger holds what not everybody may know */
    only.foreground = foreground;
    atomic_store(&only.wants, 0);
    (void)look_at_clocks();
    if (!bell_open(&only.bell, why)) {
        return false;
    }
    set_handlers(on_signal);
    ok = body(&only, context, why);
    set_handlers(SIG_IGN); /* a second Ctrl-C must not cut the end short */
    bell_close(only.bell);
    only.bell = NULL;
    return ok;
}

bool service_host_run_service(service_body_fn *body, void *context, struct failure *why)
{
    return run(body, context, false, why);
}

bool service_host_run_foreground(service_body_fn *body, void *context, struct failure *why)
{
    return run(body, context, true, why);
}

void service_host_ready(struct service_host *host)
{
    (void)host; /* the unit is of Type=exec: being there is being ready */
}

void service_host_paused(struct service_host *host, bool paused)
{
    (void)host; /* systemd knows no such state */
    (void)paused;
}

void service_host_busy(struct service_host *host)
{
    (void)host;
}

unsigned service_host_wait(struct service_host *host, int64_t milliseconds)
{
    (void)bell_wait(host->bell, milliseconds);
    return atomic_exchange(&host->wants, 0) | look_at_clocks();
}

void service_host_ring(struct service_host *host)
{
    (void)host;
    want(SERVICE_WANTS_LOOK, 0);
}

bool service_host_foreground(const struct service_host *host)
{
    return host->foreground;
}
