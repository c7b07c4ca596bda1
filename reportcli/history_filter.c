/* SPDX-License-Identifier: MIT */

#include "reportcli/history_filter.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/time_text.h"

enum { NAMES_MS = 1000 }; /* an account may have to be asked of another machine */

const char *const history_filter_protocols[] = {"tcp", "udp", NULL};

static bool read_state(const struct options *given, int *state, struct failure *why)
{
    const char *word = options_text(given, "state");
    struct text names = {0};

    if (word == NULL) {
        return true;
    }
    *state = socket_state_from_name(word);
    if (*state > SOCKET_STATELESS) {
        return true;
    }
    for (int i = SOCKET_CLOSED; i < SOCKET_STATE_COUNT; i++) {
        text_addf(&names, "%s%s", i == SOCKET_CLOSED ? "" : ", ", socket_state_name(i));
    }
    failure_set(why, FAILURE_USAGE, 0, "--state: there is no state \"%s\"; the states are: %s",
                word, text_bytes(&names));
    text_clear(&names);
    return false;
}

static bool read_address(const struct options *given, const char *name,
                         struct address_prefix *prefix, struct failure *why)
{
    const char *word = options_text(given, name);

    if (word == NULL || address_prefix_parse(word, prefix, why)) {
        return true;
    }
    return FAIL(why, why->kind, why->code, "--%s: %s", name, why->text);
}

static bool read_addresses(const struct options *given, struct ledger_filter *filter,
                           struct failure *why)
{
    return read_address(given, "address", &filter->address, why) &&
           read_address(given, "local-address", &filter->local_address, why) &&
           read_address(given, "remote-address", &filter->remote_address, why);
}

/* -1 where it is none. */
static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_image(const struct options *given, struct history_filter *filter,
                       struct failure *why)
{
    const char *word = options_text(given, "image");

    if (word == NULL) {
        return true;
    }
    for (size_t i = 0; i < (size_t)IMAGE_HASH_SIZE * 2; i++) {
        int digit = hex_digit(word[i]);

        if (digit < 0) { /* the end of the word is no digit either */
            return FAIL(why, FAILURE_USAGE, 0,
                        "--image: a SHA-256 has 64 hexadecimal digits, unlike \"%s\"", word);
        }
        filter->image[i / 2] = (uint8_t)(filter->image[i / 2] << 4 | digit);
    }
    if (word[(size_t)IMAGE_HASH_SIZE * 2] != '\0') {
        return FAIL(why, FAILURE_USAGE, 0, "--image: \"%s\" is longer than a SHA-256", word);
    }
    filter->filter.image = filter->image;
    return true;
}

/* Digits and nothing else, up to `end`; -1 where it is not, or is above `most`. */
static int64_t read_number(const char *word, const char *end, int64_t most)
{
    int64_t number = 0;

    if (word == end) {
        return -1;
    }
    for (; word != end; word++) {
        if (*word < '0' || *word > '9') {
            return -1;
        }
        number = number * 10 + (*word - '0');
        if (number > most) {
            return -1;
        }
    }
    return number;
}

/* Several options ask for a start: all of them must hold. 0: that end is open. */
static void narrow_start(struct ledger_filter *filter, int64_t since, int64_t before)
{
    if (since > filter->started_since) {
        filter->started_since = since;
    }
    if (before != 0 && (filter->started_before == 0 || before < filter->started_before)) {
        filter->started_before = before;
    }
}

static bool read_starts(const struct command_context *context, struct ledger_filter *filter,
                        struct failure *why)
{
    int64_t since;
    int64_t before;

    if (!command_time(context, "started-since", COMMAND_EARLIER, 0, &since, why) ||
        !command_time(context, "started-before", COMMAND_LATER, 0, &before, why)) {
        return false;
    }
    if (before != 0 && since >= before) {
        return FAIL(why, FAILURE_USAGE, 0,
                    "--started-since is not before --started-before: nothing lies between");
    }
    narrow_start(filter, since, before);
    return true;
}

/*
 * Tables show whole seconds where a process started on one; a time that was
 * typed without its fraction stands for all of its second.
 */
static bool read_start(const char *word, const struct command_context *context,
                       struct ledger_filter *filter, struct failure *why)
{
    int64_t at;
    int64_t second;

    if (!time_text_parse(word, context->now, &at, &second, why)) {
        return FAIL(why, why->kind, why->code, "--instance: %s", why->text);
    }
    narrow_start(filter, at, at + (strchr(word, '.') == NULL ? 1000 : 1));
    return true;
}

static bool read_instance(const struct command_context *context, struct ledger_filter *filter,
                          struct failure *why)
{
    const char *word = options_text(context->options, "instance");
    const char *at = word == NULL ? NULL : strchr(word, '@');
    int64_t number;

    if (word == NULL) {
        return true;
    }
    number = read_number(word, at != NULL ? at : word + strlen(word),
                         at != NULL ? UINT32_MAX : INT64_MAX / 16);
    if (number < 0 || (at == NULL && number == 0)) {
        return FAIL(why, FAILURE_USAGE, 0,
                    "--instance: \"%s\" is neither a number from the column instance nor "
                    "PID@TIME, as in 1276@2026-11-20T02:13:00.250+01:00",
                    word);
    }
    if (at == NULL) {
        filter->process_id = number;
        return true;
    }
    if (filter->has_pid && filter->pid != (uint32_t)number) {
        return FAIL(why, FAILURE_USAGE, 0, "--pid and --instance name two processes");
    }
    filter->has_pid = true;
    filter->pid = (uint32_t)number;
    return read_start(at + 1, context, filter, why);
}

static bool read_times(const struct command_context *context, struct ledger_filter *filter,
                       struct failure *why)
{
    if (!command_time(context, "since", COMMAND_EARLIER, 0, &filter->since, why) ||
        !command_time(context, "until", COMMAND_LATER, 0, &filter->until, why)) {
        return false;
    }
    if (filter->until != 0 && filter->since > filter->until) {
        return FAIL(why, FAILURE_USAGE, 0, "--since is later than --until: nothing lies between");
    }
    return true;
}

bool history_filter_read_facts(struct history_filter *filter, const struct command_context *context,
                               struct failure *why)
{
    const struct options *given = context->options;
    const char *protocol = options_text(given, "protocol");

    *filter = (struct history_filter){
        .filter =
            {
                .port = (int)options_number(given, "port", 0),
                .local_port = (int)options_number(given, "local-port", 0),
                .remote_port = (int)options_number(given, "remote-port", 0),
                .protocol = protocol != NULL ? socket_protocol_from_name(protocol) : 0,
                .has_pid = options_given(given, "pid"),
                .pid = (uint32_t)options_number(given, "pid", 0),
                .process = options_text(given, "process"),
                .path = options_text(given, "path"),
                .user = options_text(given, "user"),
                .service = options_text(given, "service"),
                .module = options_text(given, "module"),
            },
    };
    return read_state(given, &filter->filter.state, why) &&
           read_addresses(given, &filter->filter, why) && read_image(given, filter, why) &&
           read_instance(context, &filter->filter, why) &&
           read_starts(context, &filter->filter, why);
}

bool history_filter_read(struct history_filter *filter, const struct command_context *context,
                         struct failure *why)
{
    return history_filter_read_facts(filter, context, why) &&
           read_times(context, &filter->filter, why);
}

void history_filter_keep(const struct history_filter *filter, struct snapshot *snapshot)
{
    size_t kept = 0;

    for (size_t i = 0; i < snapshot->socket_count; i++) {
        if (ledger_filter_takes(&filter->filter, snapshot, &snapshot->sockets[i])) {
            snapshot->sockets[kept++] = snapshot->sockets[i];
        }
    }
    snapshot->socket_count = kept;
}

/* The part of a filter that a socket without an owner can be held against. */
static struct ledger_filter without_owner(const struct ledger_filter *filter)
{
    return (struct ledger_filter){.port = filter->port,
                                  .local_port = filter->local_port,
                                  .remote_port = filter->remote_port,
                                  .address = filter->address,
                                  .local_address = filter->local_address,
                                  .remote_address = filter->remote_address,
                                  .protocol = filter->protocol,
                                  .state = filter->state};
}

/* Whoever may look into a process sees all of its sockets. */
static bool may_look(const struct snapshot *snapshot, uint32_t pid)
{
    for (size_t i = 0; i < snapshot->process_count; i++) {
        if (snapshot->processes[i]->pid == pid) {
            return snapshot->processes[i]->access == PROCESS_OPENED ||
                   snapshot->processes[i]->access == PROCESS_KERNEL;
        }
    }
    return false;
}

size_t history_filter_hidden(const struct history_filter *filter, const struct snapshot *snapshot)
{
    struct ledger_filter rest;
    size_t count = 0;

    if (filter == NULL || (filter->filter.has_pid && may_look(snapshot, filter->filter.pid))) {
        return 0;
    }
    rest = without_owner(&filter->filter);
    for (size_t i = 0; i < snapshot->socket_count; i++) {
        const struct socket_row *row = &snapshot->sockets[i];

        count += row->attribution == ATTRIBUTION_DENIED &&
                         ledger_filter_takes(&rest, snapshot, row) &&
                         !ledger_filter_takes(&filter->filter, snapshot, row)
                     ? 1
                     : 0;
    }
    return count;
}

bool history_filter_asks_modules(const struct history_filter *filter)
{
    return filter != NULL && filter->filter.module != NULL;
}

bool history_filter_asks_images(const struct history_filter *filter)
{
    return filter != NULL && filter->filter.image != NULL;
}

int64_t history_filter_patience(const struct history_filter *filter, int64_t patience)
{
    bool names = filter != NULL && filter->filter.user != NULL;

    return names && patience < NAMES_MS ? NAMES_MS : patience;
}

static bool asks_for_socket(const struct ledger_filter *filter)
{
    return filter->port != 0 || filter->local_port != 0 || filter->remote_port != 0 ||
           filter->protocol != 0 || filter->state != 0 || filter->address.address_size != 0 ||
           filter->local_address.address_size != 0 || filter->remote_address.address_size != 0;
}

bool history_filter_is_empty(const struct history_filter *filter)
{
    const struct ledger_filter *asked = &filter->filter;

    return !asks_for_socket(asked) && !asked->has_pid && asked->started_since == 0 &&
           asked->started_before == 0 && asked->process_id == 0 && asked->process == NULL &&
           asked->path == NULL && asked->image == NULL && asked->user == NULL &&
           asked->module == NULL && asked->service == NULL;
}

bool history_filter_check_live(const struct history_filter *filter, struct failure *why)
{
    return filter->filter.process_id == 0 ||
           FAIL(why, FAILURE_USAGE, 0,
                "--instance: a number is of the ledger, and says nothing of a process that runs "
                "now; PID@TIME does, the time being that of its start");
}
