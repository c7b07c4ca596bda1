/* SPDX-License-Identifier: MIT */

#include "reportcli/outcome_record.h"

#include <stdlib.h>

#include "probes/protocol.h"
#include "reportcli/answer_text.h"

enum { WHO_COLUMNS = 3 };

static const struct column who_columns[WHO_COLUMNS] = {
    {.name = "host",
     .heading = "Host",
     .help = "What was asked for: a name, or an address",
     .type = COLUMN_TEXT,
     .rank = 0},
    {.name = "address",
     .heading = "Address",
     .help = "Address that was asked; absent where the name has none",
     .type = COLUMN_TEXT,
     .rank = 4},
    {.name = "other_addresses",
     .heading = "Other addresses",
     .help = "Those that the name has besides, with commas; absent where it has none",
     .type = COLUMN_TEXT,
     .rank = -1},
};

static const struct column columns[] = {
    {.name = "port",
     .heading = "Port",
     .help = "Port that was asked",
     .type = COLUMN_INTEGER,
     .rank = 0},
    {.name = "protocol", .heading = "Proto", .help = "TCP or UDP", .type = COLUMN_TEXT, .rank = 0},
    {.name = "service",
     .heading = "Service",
     .help = "Name of the port in this machine's services file; absent where it has none",
     .type = COLUMN_TEXT,
     .rank = 3},
    {.name = "status",
     .heading = "Status",
     .help = "LISTENING, NOT LISTENING, FILTERED, LISTENING or FILTERED, NOT ASKED",
     .type = COLUMN_TEXT,
     .rank = 0},
    {.name = "cause",
     .heading = "Cause",
     .help = "How the status is known: accepted, answered, reset, ICMP, timeout, unreachable, name "
             "not resolved, reset after connect, wrong protocol, local error, no reply after "
             "connect, incomplete reply, stopped",
     .type = COLUMN_TEXT,
     .rank = -1},
    {.name = "reason",
     .heading = "Reason",
     .help = "The cause, with what the network said, and whether an answer is one in part",
     .type = COLUMN_TEXT,
     .rank = 2,
     .digest = true},
    {.name = "icmp",
     .heading = "ICMP",
     .help = "What an ICMP message said; absent where there was none or the system does not tell",
     .type = COLUMN_TEXT,
     .rank = -1},
    {.name = "icmp_type",
     .heading = "ICMP type",
     .help = "Its type, of ICMP or of ICMPv6",
     .type = COLUMN_INTEGER,
     .rank = -1},
    {.name = "icmp_code",
     .heading = "ICMP code",
     .help = "Its code",
     .type = COLUMN_INTEGER,
     .rank = -1},
    {.name = "icmp_from",
     .heading = "ICMP from",
     .help = "Who sent it",
     .type = COLUMN_TEXT,
     .rank = -1},
    {.name = "asked",
     .heading = "Asked",
     .help = "Protocol that the port was asked in; absent where it was only reached",
     .type = COLUMN_TEXT,
     .rank = 4},
    {.name = "reached",
     .heading = "Reached",
     .help = "What came of reaching the port: a cause, as above",
     .type = COLUMN_TEXT,
     .rank = -1},
    {.name = "answered",
     .heading = "Answered",
     .help = "What came of asking in the protocol: a cause; absent where it was not asked",
     .type = COLUMN_TEXT,
     .rank = -1},
    {.name = "attempts",
     .heading = "Attempts",
     .help = "Attempts to reach the port",
     .type = COLUMN_INTEGER,
     .rank = -1},
    {.name = "name_time",
     .unit = "ms",
     .heading = "Name",
     .help = "Time that it took to resolve the name; absent where there was none",
     .type = COLUMN_REAL,
     .rank = -1},
    {.name = "connect_time",
     .unit = "ms",
     .heading = "Connect",
     .help = "Time to connect, or to be refused; of the attempt that decided it",
     .type = COLUMN_REAL,
     .rank = 5},
    {.name = "tls_time",
     .unit = "ms",
     .heading = "TLS",
     .help = "Time that the TLS handshake took",
     .type = COLUMN_REAL,
     .rank = -1},
    {.name = "reply_time",
     .unit = "ms",
     .heading = "Reply",
     .help = "Time from the request to the first byte of the reply",
     .type = COLUMN_REAL,
     .rank = 5},
    {.name = "total_time",
     .unit = "ms",
     .heading = "Total",
     .help = "Time for all of it, attempts that failed included",
     .type = COLUMN_REAL,
     .rank = -1},
    {.name = "source_port",
     .heading = "Source port",
     .help = "Local port; absent where it is not known",
     .type = COLUMN_INTEGER,
     .rank = -1},
    {.name = "asked_at",
     .heading = "Asked at",
     .help = "When asking began",
     .type = COLUMN_TIME,
     .rank = -1},
    {.name = "detail",
     .heading = "Detail",
     .help = "More about the cause, in words",
     .type = COLUMN_TEXT,
     .rank = -1},
    {.name = "said",
     .heading = "Said",
     .help = "What tells most of the answer; the detail where that is in part or the cause another "
             "than answered, or there is none",
     .type = COLUMN_TEXT,
     .rank = 1,
     .digest = true,
     .last = true},
    {.name = "answer",
     .heading = "Answer",
     .help = "All that the server said, by the fields of the protocol",
     .type = COLUMN_OBJECT,
     .rank = -1,
     .last = true},
};

const struct column_table outcome_record_table = {
    .name = "outcome",
    .title = "what came of asking one port",
    .groups = {{who_columns, WHO_COLUMNS}, {columns, sizeof(columns) / sizeof(columns[0])}},
};

/* The address tells records of one name apart. */
static const int address_ranks[WHO_COLUMNS] = {0, 0, -1};

const struct column_table outcome_record_table_by_address = {
    .name = "outcome",
    .title = "what came of asking one port",
    .groups = {{who_columns, WHO_COLUMNS}, {columns, sizeof(columns) / sizeof(columns[0])}},
    .ranks = {address_ranks},
};

/* NULL: an empty text, which is absent. */
static const char *text_or_none(const struct text *text)
{
    return text->size == 0 ? NULL : text_bytes(text);
}

static const char *cause_or_none(enum probe_cause cause)
{
    return cause == PROBE_CAUSE_NONE ? NULL : probe_cause_name((int)cause);
}

static struct value value_us(int64_t microseconds)
{
    return microseconds < 0 ? (struct value){0} : value_real((double)microseconds / 1000);
}

/* The network's message, of whichever phase it came in. */
static const struct probe_error *find_icmp(const struct outcome *outcome)
{
    return outcome->reach.error.has_icmp ? &outcome->reach.error : &outcome->ask.error;
}

static void add_telling(struct text *text, const struct outcome *outcome)
{
    const struct protocol *protocol =
        outcome->protocol == NULL ? NULL : protocol_find(outcome->protocol);

    answer_add_telling(text, &outcome->answer, protocol == NULL ? NULL : protocol->fields,
                       protocol == NULL ? 0 : protocol->field_count);
    if ((text->size == 0 || outcome->is_partial || outcome->cause != PROBE_ANSWERED) &&
        outcome->detail != NULL) {
        text_add(text, text->size == 0 ? "" : ", ");
        text_add(text, outcome->detail);
    }
}

void outcome_record_condense(struct outcome *outcome)
{
    struct text telling = {0};
    char *copy;

    add_telling(&telling, outcome);
    copy = telling.failed ? NULL : text_copy(text_bytes(&telling));
    if (copy != NULL) {
        free(outcome->detail);
        outcome->detail = copy;
        answer_clear(&outcome->answer);
    }
    text_clear(&telling);
}

static void reset(struct outcome_record *record)
{
    text_reset(&record->address);
    text_reset(&record->cause);
    text_reset(&record->icmp);
    text_reset(&record->offender);
    text_reset(&record->telling);
    text_reset(&record->pairs);
    text_reset(&record->json);
}

static void write_texts(struct outcome_record *record, const struct outcome *outcome,
                        enum time_zone_choice zone)
{
    const struct probe_error *icmp = find_icmp(outcome);

    reset(record);
    socket_endpoint_add_address(&record->address, &outcome->target);
    outcome_add_cause(&record->cause, outcome);
    if (icmp->has_icmp) {
        icmp_add_name(&record->icmp, outcome->target.address_size == 16, icmp->icmp_type,
                      icmp->icmp_code);
        socket_endpoint_add_address(&record->offender, &icmp->offender);
    }
    add_telling(&record->telling, outcome);
    if (outcome->answer.count > 0) {
        answer_add_pairs(&record->pairs, &outcome->answer, zone);
        answer_add_json(&record->json, &outcome->answer, zone);
    }
}

static bool texts_ok(const struct outcome_record *record, struct failure *why)
{
    return text_ok(&record->address, why) && text_ok(&record->cause, why) &&
           text_ok(&record->icmp, why) && text_ok(&record->offender, why) &&
           text_ok(&record->telling, why) && text_ok(&record->pairs, why) &&
           text_ok(&record->json, why);
}

static struct value value_icmp(const struct probe_error *icmp, uint8_t number)
{
    return icmp->has_icmp ? value_number(number) : (struct value){0};
}

bool outcome_record_print(struct outcome_record *record, struct render *render,
                          const struct outcome *outcome, struct failure *why)
{
    const struct probe_error *icmp = find_icmp(outcome);

    write_texts(record, outcome, render->options.zone);
    if (!texts_ok(record, why)) {
        return false;
    }
    return render_record(
        render,
        (const struct value[]){
            value_text(outcome->host),
            value_text(text_or_none(&record->address)),
            value_text(outcome->other_addresses),
            value_number(outcome->port),
            value_text(socket_protocol_name(outcome->transport)),
            value_text(outcome->service),
            value_text(probe_status_name((int)outcome->status)),
            value_text(probe_cause_name((int)outcome->cause)),
            value_text(text_or_none(&record->cause)),
            value_text(text_or_none(&record->icmp)),
            value_icmp(icmp, icmp->icmp_type),
            value_icmp(icmp, icmp->icmp_code),
            value_text(text_or_none(&record->offender)),
            value_text(outcome->protocol),
            value_text(cause_or_none(outcome->reach.cause)),
            value_text(cause_or_none(outcome->ask.cause)),
            value_known(outcome->reach.attempts),
            value_us(outcome->timings.name),
            value_us(outcome->timings.connect),
            value_us(outcome->timings.tls),
            value_us(outcome->timings.reply),
            value_us(outcome->timings.total),
            value_known(outcome->source_port),
            value_number(outcome->started_at),
            value_text(outcome->detail),
            value_text(text_or_none(&record->telling)),
            value_object(text_or_none(&record->pairs), text_or_none(&record->json)),
        },
        why);
}

void outcome_record_clear(struct outcome_record *record)
{
    text_clear(&record->address);
    text_clear(&record->cause);
    text_clear(&record->icmp);
    text_clear(&record->offender);
    text_clear(&record->telling);
    text_clear(&record->pairs);
    text_clear(&record->json);
}
