/* SPDX-License-Identifier: MIT */

#include "probes/outcome.h"

#include <stdlib.h>
#include <string.h>

static const char *const status_names[PROBE_STATUS_COUNT] = {
    [PROBE_NOT_ASKED] = "NOT ASKED",
    [PROBE_LISTENING] = "LISTENING",
    [PROBE_NOT_LISTENING] = "NOT LISTENING",
    [PROBE_FILTERED] = "FILTERED",
    [PROBE_LISTENING_OR_FILTERED] = "LISTENING or FILTERED",
};

static const char *const cause_names[PROBE_CAUSE_COUNT] = {
    [PROBE_CAUSE_NONE] = "none",
    [PROBE_ACCEPTED] = "accepted",
    [PROBE_ANSWERED] = "answered",
    [PROBE_RESET] = "reset",
    [PROBE_ICMP] = "ICMP",
    [PROBE_TIMEOUT] = "timeout",
    [PROBE_UNREACHABLE] = "unreachable",
    [PROBE_NAME_NOT_RESOLVED] = "name not resolved",
    [PROBE_RESET_AFTER_CONNECT] = "reset after connect",
    [PROBE_WRONG_PROTOCOL] = "wrong protocol",
    [PROBE_LOCAL_ERROR] = "local error",
    [PROBE_SILENT] = "no reply after connect",
    [PROBE_STOPPED] = "stopped",
};

/* RFC 792, RFC 1812 section 5.2.7.1; RFC 4443 section 3.1. */
struct icmp_name {
    bool is_version_6;
    uint8_t type;
    uint8_t code;
    const char *name;
};

static const struct icmp_name icmp_names[] = {
    {false, 3, 0, "network unreachable"},
    {false, 3, 1, "host unreachable"},
    {false, 3, 2, "protocol unreachable"},
    {false, 3, 3, "port unreachable"},
    {false, 3, 4, "fragmentation needed"},
    {false, 3, 5, "source route failed"},
    {false, 3, 6, "network unknown"},
    {false, 3, 7, "host unknown"},
    {false, 3, 9, "network administratively prohibited"},
    {false, 3, 10, "host administratively prohibited"},
    {false, 3, 13, "administratively prohibited"},
    {false, 11, 0, "time to live exceeded"},
    {true, 1, 0, "no route to destination"},
    {true, 1, 1, "administratively prohibited"},
    {true, 1, 2, "beyond scope of source address"},
    {true, 1, 3, "address unreachable"},
    {true, 1, 4, "port unreachable"},
    {true, 1, 5, "source address failed policy"},
    {true, 1, 6, "reject route to destination"},
    {true, 2, 0, "packet too big"},
    {true, 3, 0, "hop limit exceeded"},
};

void outcome_clear(struct outcome *outcome)
{
    free(outcome->host);
    free(outcome->other_addresses);
    free(outcome->service);
    free(outcome->detail);
    answer_clear(&outcome->answer);
    *outcome = (struct outcome){0};
}

static const char *name_of(const char *const *names, int count, int number)
{
    return number >= 0 && number < count ? names[number] : "unknown";
}

const char *probe_status_name(int status)
{
    return name_of(status_names, PROBE_STATUS_COUNT, status);
}

const char *probe_cause_name(int cause)
{
    return name_of(cause_names, PROBE_CAUSE_COUNT, cause);
}

int probe_status_from_name(const char *name)
{
    for (int i = 0; i < PROBE_STATUS_COUNT; i++) {
        if (text_equal_fold(status_names[i], name)) {
            return i;
        }
    }
    return -1;
}

/* That the port itself, or its host in its place, has said no. */
static bool is_port_unreachable(const struct outcome *outcome)
{
    const struct probe_error *error = &outcome->reach.error;
    bool is_version_6 = outcome->target.address_size == 16;

    return !error->has_icmp || (is_version_6 ? error->icmp_type == 1 && error->icmp_code == 4
                                             : error->icmp_type == 3 && error->icmp_code == 3);
}

static enum probe_status status_of_reach(const struct outcome *outcome)
{
    switch (outcome->reach.cause) {
    case PROBE_ACCEPTED:
    case PROBE_ANSWERED:
        return PROBE_LISTENING;
    case PROBE_RESET:
        return PROBE_NOT_LISTENING;
    case PROBE_ICMP: /* any other message is of something between here and there */
        return is_port_unreachable(outcome) ? PROBE_NOT_LISTENING : PROBE_FILTERED;
    case PROBE_UNREACHABLE:
        return PROBE_FILTERED;
    case PROBE_TIMEOUT:
        return outcome->transport == PROBE_TCP ? PROBE_FILTERED : PROBE_LISTENING_OR_FILTERED;
    default:
        return PROBE_NOT_ASKED;
    }
}

void outcome_judge(struct outcome *outcome)
{
    outcome->status = status_of_reach(outcome);
    outcome->cause = outcome->reach.cause;
    if (outcome->status == PROBE_LISTENING && outcome->ask.cause != PROBE_CAUSE_NONE) {
        outcome->cause = outcome->ask.cause;
    }
}

void icmp_add_name(struct text *text, bool is_version_6, uint8_t type, uint8_t code)
{
    for (size_t i = 0; i < sizeof(icmp_names) / sizeof(icmp_names[0]); i++) {
        const struct icmp_name *name = &icmp_names[i];

        if (name->is_version_6 == is_version_6 && name->type == type && name->code == code) {
            text_add(text, name->name);
            return;
        }
    }
    text_addf(text, "type %d, code %d", type, code);
}

static bool is_same_host(const struct socket_endpoint *a, const struct socket_endpoint *b)
{
    return a->address_size == b->address_size &&
           memcmp(a->address, b->address, a->address_size) == 0;
}

void outcome_add_cause(struct text *text, const struct outcome *outcome)
{
    const struct probe_error *error = &outcome->reach.error;

    text_add(text, probe_cause_name((int)outcome->cause));
    if (outcome->cause != outcome->reach.cause || !error->has_icmp) {
        return;
    }
    text_add(text, outcome->cause == PROBE_ICMP ? " " : ", ICMP ");
    icmp_add_name(text, outcome->target.address_size == 16, error->icmp_type, error->icmp_code);
    if (error->offender.address_size != 0 && !is_same_host(&error->offender, &outcome->target)) {
        text_add(text, " (from ");
        socket_endpoint_add_address(text, &error->offender);
        text_add_char(text, ')');
    }
}
