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
    [PROBE_INCOMPLETE] = "incomplete reply",
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
    free(outcome->said);
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

static bool is_same_host(const struct socket_endpoint *a, const struct socket_endpoint *b)
{
    return a->address_size == b->address_size &&
           memcmp(a->address, b->address, a->address_size) == 0;
}

static bool is_from_another(const struct outcome *outcome)
{
    const struct socket_endpoint *offender = &outcome->reach.error.offender;

    return offender->address_size != 0 && !is_same_host(offender, &outcome->target);
}

static bool says_port_unreachable(const struct outcome *outcome)
{
    const struct probe_error *error = &outcome->reach.error;
    bool is_version_6 = outcome->target.address_size == 16;

    return is_version_6 ? error->icmp_type == 1 && error->icmp_code == 4
                        : error->icmp_type == 3 && error->icmp_code == 3;
}

/*
 * That the host itself has said no. A closed port of TCP answers with a reset
 * (RFC 9293 section 3.10.7.1), and the message is for protocols that have no
 * word of their own (RFC 1122 section 3.2.2.1, RFC 4443 section 3.1): over TCP
 * it is a firewall's, be it the host's. So it is where another host has sent it.
 */
static bool is_refused_by_host(const struct outcome *outcome)
{
    return !outcome->reach.error.has_icmp ||
           (outcome->transport == PROBE_UDP && says_port_unreachable(outcome) &&
            !is_from_another(outcome));
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
        return is_refused_by_host(outcome) ? PROBE_NOT_LISTENING : PROBE_FILTERED;
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

void outcome_add_cause(struct text *text, const struct outcome *outcome)
{
    const struct probe_error *error = &outcome->reach.error;

    text_add(text, probe_cause_name((int)outcome->cause));
    if (outcome->cause == PROBE_ANSWERED && outcome->is_partial) {
        text_add(text, " in part");
    }
    if (outcome->cause != outcome->reach.cause || !error->has_icmp) {
        return;
    }
    text_add(text, outcome->cause == PROBE_ICMP ? " " : ", ICMP ");
    icmp_add_name(text, outcome->target.address_size == 16, error->icmp_type, error->icmp_code);
    if (is_from_another(outcome)) {
        text_add(text, " (from ");
        socket_endpoint_add_address(text, &error->offender);
        text_add_char(text, ')');
    }
}
