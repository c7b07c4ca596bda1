/* SPDX-License-Identifier: MIT */

#include "probes/steadiness.h"

#include "probes/expectation.h"

enum {
    CONFIRMED_AFTER = 2,
    FLAP_MS = 3600000,
    FLAP_ALONE = 6, /* of as many runs as `alone` has bits */
    STEADY_MS = 3600000,
    STEADY_RUNS = 8,
};

int steadiness_state(int status, int judgement)
{
    bool known = status >= 0 && status < PROBE_STATUS_COUNT; /* a ledger may hold any number */

    return (known ? status : PROBE_STATUS_COUNT) * EXPECTATION_RESULTS + judgement;
}

int steadiness_status(int state)
{
    return state / EXPECTATION_RESULTS;
}

int steadiness_judgement(int state)
{
    return state % EXPECTATION_RESULTS;
}

static unsigned count_bits(unsigned bits)
{
    unsigned count = 0;

    for (; bits != 0; bits &= bits - 1) {
        count++;
    }
    return count;
}

static bool is_steady(const struct steadiness *port, int64_t at)
{
    return port->runs >= STEADY_RUNS && at - port->changed_at >= STEADY_MS;
}

static void see_change(struct steadiness *port, int state, int64_t at)
{
    if (is_steady(port, at)) {
        port->changes = 0;
    }
    port->since = port->changes == 0 ? at : port->since;
    port->changes++;
    port->changed_at = at;
    port->seen = state;
    port->seen_since = at;
    port->runs = 0;
}

static void see(struct steadiness *port, int state, int64_t at)
{
    if (port->runs == 0) { /* for the first time: no change */
        port->told = port->told_before = port->seen = state;
        port->seen_since = port->changed_at = at;
    } else if (state != port->seen) {
        port->alone = (uint16_t)(port->alone << 1 | (port->runs == 1 ? 1 : 0));
        see_change(port, state, at);
    } else {
        port->alone = (uint16_t)(port->alone << 1);
    }
    port->changed_at = at < port->changed_at ? at : port->changed_at;
    port->runs++;
}

/* Whether the newest confirmed changes are all of an hour. */
static bool is_often(struct steadiness *port)
{
    int64_t before;

    port->confirmed[port->confirmed_count++ % STEADINESS_CHANGES] = port->seen_since;
    before = port->confirmed[port->confirmed_count % STEADINESS_CHANGES];
    return port->confirmed_count >= STEADINESS_CHANGES && port->seen_since - before <= FLAP_MS;
}

static enum steadiness_news end_flaps(struct steadiness *port)
{
    port->flaps = false;
    port->confirmed_count = 0;
    port->alone = 0;
    return STEADINESS_STEADY;
}

/* What was confirmed is the state that was told, also where it is not, since it flaps. */
static bool confirm(struct steadiness *port, bool *often)
{
    if (port->runs != CONFIRMED_AFTER || port->seen == port->told) {
        return false;
    }
    port->told_before = port->told;
    port->told = port->seen;
    *often = is_often(port);
    return true;
}

enum steadiness_news steadiness_take(struct steadiness *port, int state, int64_t at)
{
    bool often = false;
    bool confirmed;

    see(port, state, at);
    confirmed = confirm(port, &often);
    if (!port->flaps && (often || count_bits(port->alone) >= FLAP_ALONE)) {
        port->flaps = true;
        return STEADINESS_FLAPS;
    }
    if (port->flaps && is_steady(port, at)) {
        return end_flaps(port);
    }
    return confirmed && !port->flaps ? STEADINESS_CHANGED : STEADINESS_SAME;
}
