/* SPDX-License-Identifier: MIT */

/*
 * Jobs as portledger.yaml has them.
 */

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/settings_system.h"
#include "probes/dns_name.h"
#include "probes/job.h"

enum {
    SECOND = 1000,
    MINUTE = 60 * SECOND,
    DAY = 24 * 60 * MINUTE,
    SPREAD_OF_EVERY = 5 * MINUTE, /* at most, where the settings do not say */
    SPREAD_OF_AT = MINUTE,
};

#define FILE_MARK "file:"

static const char *const transports[] = {"tcp", "udp", "both", NULL};
static const char *const zones[] = {"local", "UTC", NULL};
static const char *const families[] = {"any", "IPv4", "IPv6", NULL};

static const struct setting_key value_keys[] = {
    {
        .name = "field",
        .kind = SETTING_TEXT,
        .required = true,
        .help = "Name of a field of the answer, as docs/probes.md has them",
    },
    {
        .name = "equals",
        .kind = SETTING_TEXT,
        .help = "What it must be; case does not count",
    },
    {
        .name = "contains",
        .kind = SETTING_TEXT,
        .help = "What must be in it; case does not count",
    },
    {
        .name = "at_least",
        .kind = SETTING_NUMBER,
        .help = "The least that it may be",
    },
    {
        .name = "at_most",
        .kind = SETTING_NUMBER,
        .help = "The most that it may be",
    },
};

static const struct setting_table value_settings = {
    .keys = value_keys,
    .count = sizeof(value_keys) / sizeof(value_keys[0]),
};

static const struct setting_key job_keys[] = {
    {
        .name = "name",
        .kind = SETTING_TEXT,
        .required = true,
        .help = "Name of the job, which no other has",
    },
    {
        .name = "targets",
        .kind = SETTING_TEXT_LIST,
        .required = true,
        .minimum = 1,
        .maximum = 10000,
        .help = "Names, addresses, prefixes and ranges; file:PATH for a file of them, one a line",
    },
    {
        .name = "ports",
        .kind = SETTING_TEXT_LIST,
        .required = true,
        .minimum = 1,
        .maximum = 10000,
        .help = "Numbers, ranges, services and groups, with tcp/ or udp/ before them or without",
    },
    {
        .name = "transport",
        .kind = SETTING_CHOICE,
        .choices = transports,
        .help = "Of ports that do not say themselves; without this key tcp, and a service's own",
    },
    {
        .name = "protocol",
        .kind = SETTING_TEXT,
        .help = "Protocol to ask all ports in; without this key that of each port",
    },
    {
        .name = "every",
        .kind = SETTING_DURATION,
        .unit = "duration",
        .minimum = SECOND,
        .maximum = INT64_C(366) * DAY,
        .help = "How often; 5m is at :00, :05, :10",
    },
    {
        .name = "at",
        .kind = SETTING_TEXT_LIST,
        .minimum = 1,
        .maximum = SCHEDULE_RULES_MOST,
        .help = "When, in place of `every`: Mon-Fri 07:30, or a line of crontab",
    },
    {
        .name = "zone",
        .kind = SETTING_CHOICE,
        .fallback = "local",
        .choices = zones,
        .help = "Zone of `at` and of `maintenance`",
    },
    {
        .name = "spread",
        .kind = SETTING_DURATION,
        .unit = "duration",
        .minimum = 0,
        .maximum = DAY,
        .help = "A fixed delay below this, other on each machine; without this key 1m, of `every` "
                "its length, up to 5m",
    },
    {
        .name = "catch_up",
        .kind = SETTING_BOOL,
        .fallback = "false",
        .help = "Whether the last run that sleep or a stop prevented is made up for",
    },
    {
        .name = "timeout",
        .kind = SETTING_DURATION,
        .unit = "duration",
        .fallback = "1s",
        .minimum = 10,
        .maximum = INT64_C(5) * MINUTE,
        .help = "How long an attempt may take",
    },
    {
        .name = "attempts",
        .kind = SETTING_NUMBER,
        .minimum = 1,
        .maximum = 100,
        .help = "How often a port is tried that does not answer; without this key TCP 3, UDP 1",
    },
    {
        .name = "per_target",
        .kind = SETTING_NUMBER,
        .fallback = "64",
        .minimum = 1,
        .maximum = 1024,
        .help = "Queries to one target at the same time",
    },
    {
        .name = "rate",
        .kind = SETTING_NUMBER,
        .minimum = 1,
        .maximum = 100000,
        .help = "Queries that begin in a second, at most; without this key there is no limit",
    },
    {
        .name = "family",
        .kind = SETTING_CHOICE,
        .fallback = "any",
        .choices = families,
        .help = "Addresses that a name is asked for",
    },
    {
        .name = "expect.status",
        .kind = SETTING_CHOICE,
        .fallback = "any",
        .choices = expected_status_names,
        .stands_for_group = true,
        .help = "What the ports should be; also as expect: STATUS",
    },
    {
        .name = "expect.certificate_days",
        .kind = SETTING_NUMBER,
        .minimum = 1,
        .maximum = 36500,
        .help = "Days that the server's certificate must be valid for",
    },
    {
        .name = "expect.answer",
        .kind = SETTING_LIST,
        .minimum = 0,
        .maximum = 100,
        .item = &value_settings,
        .help = "What the server's answer must hold",
    },
    {
        .name = "maintenance",
        .kind = SETTING_TEXT_LIST,
        .minimum = 0,
        .maximum = 100,
        .help = "When not to run: Sun 02:00-04:00, or 2026-12-24 - 2026-12-27",
    },
    {
        .name = "community_file",
        .kind = SETTING_PATH,
        .unquoted = true,
        .help = "File with the SNMP community, which nobody else may read",
    },
    {
        .name = "secret_file",
        .kind = SETTING_PATH,
        .unquoted = true,
        .help = "File with the RADIUS secret, which nobody else may read",
    },
    {
        .name = "dns_name",
        .kind = SETTING_TEXT,
        .help = "Name that DNS servers are asked for",
    },
};

static const struct setting_table job_settings = {
    .keys = job_keys,
    .count = sizeof(job_keys) / sizeof(job_keys[0]),
};

static const struct setting_key group_key = {
    .name = "ports",
    .kind = SETTING_TEXT_LIST,
    .minimum = 1,
    .maximum = 10000,
    .help = "As in `ports` of a job: [tcp/443, udp/161]",
};

static const struct setting_table group_settings = {.keys = &group_key, .count = 1};

static const struct setting_key probe_keys[] = {
    {
        .name = "probes.groups",
        .kind = SETTING_MAP,
        .reloadable = true,
        .maximum = 1000,
        .item = &group_settings,
        .help = "Ports under names of your own",
    },
    {
        .name = "probes.jobs",
        .kind = SETTING_LIST,
        .reloadable = true,
        .maximum = 10000,
        .item = &job_settings,
        .help = "What is asked again and again",
    },
};

const struct setting_table probe_settings = {
    .part = "Probes",
    .keys = probe_keys,
    .count = sizeof(probe_keys) / sizeof(probe_keys[0]),
};

/* What is read of one job. */
struct reading {
    const struct settings *settings;
    const struct settings_item *item;
    const struct job_context *context;
    struct job *job;
    struct text *warnings;
    struct failure *why;
};

static bool refuse_memory(struct failure *why)
{
    return FAIL(why, FAILURE_MEMORY, 0, "no memory for the jobs");
}

/* A failure of a parser becomes one of the settings, with its place; one of memory stays. */
static bool refuse_text(const struct reading *reading, const char *name, size_t i)
{
    return reading->why->kind == FAILURE_MEMORY
               ? false
               : item_refuse_text(reading->item, name, i, reading->why, "%s", reading->why->text);
}

static size_t choice_of(const char *const *choices, const char *word)
{
    size_t i = 0;

    while (choices[i] != NULL && strcmp(choices[i], word) != 0) {
        i++;
    }
    assert(choices[i] != NULL); /* the settings take no other word */
    return i;
}

static bool check_name(const struct reading *reading, const struct job_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct settings_item *other = settings_item_at(reading->settings, "probes.jobs", i);

        if (strcmp(list->jobs[i].name, reading->job->name) == 0) {
            return item_refuse(reading->item, "name", reading->why,
                               "another job is called \"%s\", in line %d", reading->job->name,
                               item_place(other, "name").line);
        }
    }
    return true;
}

static bool add_target(const struct reading *reading, const char *word)
{
    struct job *job = reading->job;

    if (strncmp(word, FILE_MARK, strlen(FILE_MARK)) != 0) {
        return target_list_add(&job->targets, word, false, reading->why);
    }
    word += strlen(FILE_MARK);
    if (!settings_path_is_absolute(word)) {
        return FAIL(reading->why, FAILURE_FORMAT, 0,
                    "\"%s\" is no absolute path; write it like " FILE_MARK "%s", word,
                    settings_path_example);
    }
    job->target_files[job->target_file_count++] = word;
    return true;
}

static bool read_targets(const struct reading *reading)
{
    size_t count = item_count(reading->item, "targets");

    reading->job->target_files = calloc(count, sizeof(*reading->job->target_files));
    if (reading->job->target_files == NULL) {
        return refuse_memory(reading->why);
    }
    for (size_t i = 0; i < count; i++) {
        if (!add_target(reading, item_text_at(reading->item, "targets", i))) {
            return refuse_text(reading, "targets", i);
        }
    }
    return true;
}

const char *job_settings_group(void *context, const char *name, size_t i)
{
    const struct settings *settings = context;

    for (size_t at = 0; at < settings_count(settings, "probes.groups"); at++) {
        const struct settings_item *group = settings_item_at(settings, "probes.groups", at);

        if (text_equal_fold(item_name(group), name)) {
            return i < item_count(group, "ports") ? item_text_at(group, "ports", i) : NULL;
        }
    }
    return NULL;
}

static struct port_words words_of(const struct settings *settings,
                                  const struct job_context *context)
{
    return (struct port_words){
        .services = context->services,
        .group = job_settings_group,
        .context = (void *)settings,
    };
}

static bool read_ports(const struct reading *reading)
{
    static const int transport_sets[] = {PORTS_TCP, PORTS_UDP, PORTS_BOTH};
    struct port_words how = words_of(reading->settings, reading->context);

    if (item_has(reading->item, "transport")) {
        how.transports =
            transport_sets[choice_of(transports, item_text(reading->item, "transport"))];
    }
    for (size_t i = 0; i < item_count(reading->item, "ports"); i++) {
        if (!port_list_add(&reading->job->ports, item_text_at(reading->item, "ports", i), &how,
                           reading->why)) {
            return refuse_text(reading, "ports", i);
        }
    }
    return true;
}

/* The name that was probably meant, or all. */
static bool refuse_protocol(const struct reading *reading, const char *name)
{
    const struct protocol *const *all = reading->context->protocols;
    struct text known = {0};
    const char *meant = NULL;

    for (size_t i = 0; all[i] != NULL && meant == NULL; i++) {
        const char *one[] = {all[i]->name, NULL};

        meant = text_closest(name, one);
        text_addf(&known, "%s%s", i == 0 ? "" : ", ", all[i]->name);
    }
    if (meant != NULL) {
        item_refuse(reading->item, "protocol", reading->why,
                    "there is no protocol \"%s\"; did you mean \"%s\"?", name, meant);
    } else {
        item_refuse(reading->item, "protocol", reading->why,
                    "there is no protocol \"%s\"; known here: %s", name, text_bytes(&known));
    }
    text_clear(&known);
    return false;
}

static bool read_protocol(const struct reading *reading)
{
    const char *name = item_text(reading->item, "protocol");

    for (size_t i = 0; name != NULL && reading->context->protocols[i] != NULL; i++) {
        if (text_equal_fold(reading->context->protocols[i]->name, name)) {
            reading->job->protocol = reading->context->protocols[i];
        }
    }
    return name == NULL || reading->job->protocol != NULL || refuse_protocol(reading, name);
}

/* A protocol that is known to go over the other transport alone. */
static bool check_transport(const struct reading *reading)
{
    const struct protocol *protocol = reading->job->protocol;
    const struct port_list *ports = &reading->job->ports;

    if (protocol == NULL || (protocol->stream == NULL) == (protocol->datagram == NULL)) {
        return true;
    }
    for (size_t i = 0; i < ports->count; i++) {
        bool is_tcp = ports->items[i].transport == PROBE_TCP;

        if (is_tcp != (protocol->stream != NULL)) {
            return item_refuse(reading->item, "protocol", reading->why,
                               "%s is not asked over %s, and port %u is; write %s/%u",
                               protocol->name, is_tcp ? "TCP" : "UDP",
                               (unsigned)ports->items[i].port, is_tcp ? "udp" : "tcp",
                               (unsigned)ports->items[i].port);
        }
    }
    return true;
}

static bool read_at(const struct reading *reading)
{
    struct schedule *schedule = &reading->job->schedule;

    schedule->form = SCHEDULE_AT;
    reading->job->at = item_text_at(reading->item, "at", 0);
    reading->job->at_count = item_count(reading->item, "at");
    for (size_t i = 0; i < reading->job->at_count; i++) {
        if (!schedule_add_at(schedule, item_text_at(reading->item, "at", i), reading->why)) {
            return refuse_text(reading, "at", i);
        }
    }
    return true;
}

static bool read_times(const struct reading *reading)
{
    bool has_every = item_has(reading->item, "every");
    bool has_at = item_has(reading->item, "at");

    if (has_every && has_at) {
        return item_refuse(reading->item, "at", reading->why,
                           "cannot stand beside \"every\"; make two jobs of it");
    }
    if (!has_every && !has_at) {
        return item_refuse(reading->item, NULL, reading->why,
                           "one of the keys \"every\" and \"at\" must be there");
    }
    reading->job->schedule.every = item_number(reading->item, "every");
    reading->job->schedule.is_utc = strcmp(item_text(reading->item, "zone"), "UTC") == 0;
    return !has_at || read_at(reading);
}

static bool read_spread(const struct reading *reading)
{
    struct schedule *schedule = &reading->job->schedule;
    bool is_every = schedule->form == SCHEDULE_EVERY;
    int64_t spread = SPREAD_OF_AT;

    if (is_every) {
        spread = schedule->every < SPREAD_OF_EVERY ? schedule->every : SPREAD_OF_EVERY;
    }
    if (item_has(reading->item, "spread")) {
        spread = item_number(reading->item, "spread");
    }
    if (is_every && spread > schedule->every) {
        return item_refuse(reading->item, "spread", reading->why, "is longer than \"every\"");
    }
    schedule->offset = schedule_offset(reading->context->host_id, reading->job->name, spread);
    return true;
}

static bool read_windows(const struct reading *reading)
{
    struct job *job = reading->job;
    size_t count = item_count(reading->item, "maintenance");

    job->windows = calloc(count + 1, sizeof(*job->windows));
    if (job->windows == NULL) {
        return refuse_memory(reading->why);
    }
    for (; job->window_count < count; job->window_count++) {
        if (!maintenance_read(&job->windows[job->window_count],
                              item_text_at(reading->item, "maintenance", job->window_count),
                              reading->why)) {
            return refuse_text(reading, "maintenance", job->window_count);
        }
    }
    return true;
}

/* `nearest` is the field that may have been meant, of all that were looked at so far. */
static bool is_field(const struct answer_field *fields, size_t count, const char *name,
                     const char **nearest)
{
    for (size_t i = 0; i < count; i++) {
        const char *one[] = {fields[i].name, NULL};

        if (strcmp(fields[i].name, name) == 0) {
            return true;
        }
        *nearest = *nearest == NULL ? text_closest(name, one) : *nearest;
    }
    return false;
}

static bool check_field(const struct reading *reading, const struct settings_item *item)
{
    const struct job_context *context = reading->context;
    const char *name = item_text(item, "field");
    const char *nearest = NULL;
    bool known = is_field(context->fields, context->field_count, name, &nearest);

    for (size_t i = 0; context->protocols[i] != NULL && !known; i++) {
        known = is_field(context->protocols[i]->fields, context->protocols[i]->field_count, name,
                         &nearest);
    }
    if (known) {
        return true;
    }
    return nearest != NULL
               ? item_refuse(item, "field", reading->why,
                             "no answer has a field \"%s\"; did you mean \"%s\"?", name, nearest)
               : item_refuse(item, "field", reading->why,
                             "no answer has a field \"%s\"; docs/probes.md lists them", name);
}

/*
 * Whether answers can have what is expected of them.
 */

/* Something expected of an answer, and where the settings have it. */
struct wanted {
    const char *field;
    const struct settings_item *item;
    const char *key;
};

static bool has_field(const struct answer_field *fields, size_t count, const char *name)
{
    size_t i = 0;

    while (i < count && strcmp(fields[i].name, name) != 0) {
        i++;
    }
    return i < count;
}

/* Those of TLS only where there is some. */
static bool can_say(const struct job_context *context, const struct protocol *protocol,
                    const char *field)
{
    if (protocol == NULL) {
        return false;
    }
    return has_field(protocol->fields, protocol->field_count, field) ||
           ((protocol->security == PROTOCOL_IN_TLS || protocol->began_tls != NULL) &&
            has_field(context->fields, context->field_count, field));
}

static void add_warning(const struct reading *reading, const struct settings_item *item,
                        const char *key, const char *words)
{
    struct failure warning;

    (void)item_refuse(item, key, &warning, "%s", words);
    text_addf(reading->warnings, "%s\n", warning.text);
}

/* `mute`: the first of the ports that never say it. */
static void warn_of_mute(const struct reading *reading, const struct wanted *wanted,
                         const struct port_item *mute, size_t count)
{
    char words[200];
    char more[40] = "";

    if (count > 1) {
        snprintf(more, sizeof(more), " and %zu more port%s", count - 1, count == 2 ? "" : "s");
    }
    snprintf(words, sizeof(words),
             "no answer of %s/%u%s has \"%.60s\": what is expected of it is never found there",
             mute->transport == PROBE_TCP ? "tcp" : "udp", (unsigned)mute->port, more,
             wanted->field);
    add_warning(reading, wanted->item, wanted->key, words);
}

static bool check_wanted(const struct reading *reading, const struct wanted *wanted)
{
    const struct job_context *context = reading->context;
    const struct port_list *ports = &reading->job->ports;
    const struct port_item *mute = NULL;
    size_t count = 0;

    for (size_t i = 0; i < ports->count && context->of_port != NULL; i++) {
        const struct port_item *item = &ports->items[i];
        const char *service = context->services == NULL
                                  ? NULL
                                  : service_name(context->services, item->transport, item->port);

        if (!can_say(context, job_protocol(reading->job, item, service, context->of_port),
                     wanted->field)) {
            mute = mute == NULL ? item : mute;
            count++;
        }
    }
    if (mute != NULL && count == ports->count) {
        return item_refuse(wanted->item, wanted->key, reading->why,
                           "no port of this job is asked in a protocol whose answers have \"%s\"; "
                           "name one that has with \"protocol\"",
                           wanted->field);
    }
    if (mute != NULL) {
        warn_of_mute(reading, wanted, mute, count);
    }
    return true;
}

/* What is expected of answers, of a port that should give none. */
static void warn_of_silence(const struct reading *reading)
{
    const struct expectation *expected = &reading->job->expectation;
    bool answers = expected->certificate_days > 0 || expected->value_count > 0;

    if (answers &&
        (expected->status == EXPECT_NOT_LISTENING || expected->status == EXPECT_FILTERED)) {
        add_warning(reading, reading->item, "expect.status",
                    "such a port says nothing: what is expected of its answer is never found");
    }
}

/* Once for each field, whatever is expected of it. */
static bool check_answers(const struct reading *reading)
{
    struct wanted wanted = {"certificate_days_left", reading->item, "expect.certificate_days"};

    if (reading->job->expectation.certificate_days > 0 && !check_wanted(reading, &wanted)) {
        return false;
    }
    for (size_t i = 0; i < item_count(reading->item, "expect.answer"); i++) {
        wanted.item = item_item_at(reading->item, "expect.answer", i);
        wanted.key = "field";
        wanted.field = item_text(wanted.item, wanted.key);
        if (!check_wanted(reading, &wanted)) {
            return false;
        }
    }
    warn_of_silence(reading);
    return true;
}

/* A secret that is lacking, and one that nobody is asked with. */
static bool check_secret(const struct reading *reading)
{
    const struct job *job = reading->job;
    bool needs = job->protocol != NULL && job->protocol->needs_secret;

    if (needs && job->secret_file == NULL) {
        return item_refuse(reading->item, "protocol", reading->why,
                           "%s cannot be asked without the server's secret: name its file with "
                           "\"secret_file\"",
                           job->protocol->name);
    }
    if (!needs && job->secret_file != NULL) {
        add_warning(reading, reading->item, "secret_file",
                    "nobody is asked with it: that takes \"protocol: radius\"");
    }
    return true;
}

static bool check_dns_name(const struct reading *reading)
{
    const char *name = reading->job->dns_name;
    struct failure wrong;

    return name == NULL || dns_name_check(name, &wrong) ||
           item_refuse(reading->item, "dns_name", reading->why, "%s", wrong.text);
}

static const struct {
    const char *key;
    enum value_test test;
    bool is_text;
} tests[] = {
    {"equals", VALUE_EQUALS, true},
    {"contains", VALUE_CONTAINS, true},
    {"at_least", VALUE_AT_LEAST, false},
    {"at_most", VALUE_AT_MOST, false},
};

enum { TESTS = sizeof(tests) / sizeof(tests[0]) };

/* Each test of a field is an expected value of its own. */
static bool read_value(const struct reading *reading, const struct settings_item *item)
{
    struct expectation *expectation = &reading->job->expectation;
    size_t before = expectation->value_count;

    if (!check_field(reading, item)) {
        return false;
    }
    for (size_t i = 0; i < TESTS; i++) {
        if (item_has(item, tests[i].key)) {
            expectation->values[expectation->value_count++] = (struct expected_value){
                .field = item_text(item, "field"),
                .test = tests[i].test,
                .text = tests[i].is_text ? item_text(item, tests[i].key) : NULL,
                .number = tests[i].is_text ? 0 : item_number(item, tests[i].key),
            };
        }
    }
    return expectation->value_count > before ||
           item_refuse(item, NULL, reading->why,
                       "one of the keys \"equals\", \"contains\", \"at_least\" and \"at_most\" "
                       "must be there");
}

static bool read_expectation(const struct reading *reading)
{
    struct expectation *expectation = &reading->job->expectation;
    size_t count = item_count(reading->item, "expect.answer");

    expectation->status = (enum expected_status)choice_of(
        expected_status_names, item_text(reading->item, "expect.status"));
    expectation->certificate_days = item_number(reading->item, "expect.certificate_days");
    expectation->values = calloc(count * TESTS + 1, sizeof(*expectation->values));
    if (expectation->values == NULL) {
        return refuse_memory(reading->why);
    }
    for (size_t i = 0; i < count; i++) {
        if (!read_value(reading, item_item_at(reading->item, "expect.answer", i))) {
            return false;
        }
    }
    return true;
}

static bool read_job(const struct reading *reading)
{
    const struct settings_item *item = reading->item;
    struct job *job = reading->job;

    job->catch_up = item_bool(item, "catch_up");
    job->timeout = item_number(item, "timeout");
    job->attempts = (unsigned)item_number(item, "attempts");
    job->per_target = (unsigned)item_number(item, "per_target");
    job->rate = (unsigned)item_number(item, "rate");
    job->family = (enum job_family)choice_of(families, item_text(item, "family"));
    job->community_file = item_text(item, "community_file");
    job->secret_file = item_text(item, "secret_file");
    job->dns_name = item_text(item, "dns_name");
    return read_targets(reading) && read_ports(reading) && read_protocol(reading) &&
           check_transport(reading) && read_times(reading) && read_spread(reading) &&
           read_windows(reading) && read_expectation(reading) && check_answers(reading) &&
           check_secret(reading) && check_dns_name(reading);
}

/* Case does not count where a group is named, so none may have the name of another. */
static bool check_group_name(const struct reading *reading, size_t place)
{
    const char *name = item_name(reading->item);

    for (size_t i = 0; i < place; i++) {
        const struct settings_item *other = settings_item_at(reading->settings, "probes.groups", i);

        if (text_equal_fold(item_name(other), name)) {
            return item_refuse(reading->item, NULL, reading->why,
                               "differs by case alone from the group \"%s\" in line %d, and case "
                               "does not count",
                               item_name(other), item_place(other, NULL).line);
        }
    }
    return true;
}

/* What the name means without the group, it does not mean any more. */
static void warn_of_hidden(const struct reading *reading)
{
    const struct service_table *services = reading->context->services;
    const char *name = item_name(reading->item);
    const struct port_group *group = port_groups;

    while (group->name != NULL && !text_equal_fold(group->name, name)) {
        group++;
    }
    if (group->name != NULL) {
        add_warning(reading, reading->item, NULL, "it hides the built-in group of this name");
    } else if (services != NULL && (service_port(services, PROBE_TCP, name) != 0 ||
                                    service_port(services, PROBE_UDP, name) != 0)) {
        add_warning(reading, reading->item, NULL, "it hides the service of this name");
    }
}

/* Also of groups that no job uses. */
static bool check_groups(struct job_list *list, const struct settings *settings,
                         const struct job_context *context, struct failure *why)
{
    struct port_words how = words_of(settings, context);

    for (size_t i = 0; i < settings_count(settings, "probes.groups"); i++) {
        const struct settings_item *group = settings_item_at(settings, "probes.groups", i);
        struct port_list ports = {0};
        struct reading reading = {.settings = settings,
                                  .item = group,
                                  .context = context,
                                  .warnings = &list->warnings,
                                  .why = why};
        bool right = check_group_name(&reading, i);

        for (size_t j = 0; j < item_count(group, "ports") && right; j++) {
            right = port_list_add(&ports, item_text_at(group, "ports", j), &how, why) ||
                    refuse_text(&reading, "ports", j);
        }
        port_list_clear(&ports);
        if (!right) {
            return false;
        }
        warn_of_hidden(&reading);
    }
    return true;
}

static bool read_all(struct job_list *list, const struct settings *settings,
                     const struct job_context *context, struct failure *why)
{
    size_t count = settings_count(settings, "probes.jobs");

    list->jobs = calloc(count + 1, sizeof(*list->jobs));
    if (list->jobs == NULL) {
        return refuse_memory(why);
    }
    for (size_t i = 0; i < count; i++) {
        struct reading reading = {
            .settings = settings,
            .item = settings_item_at(settings, "probes.jobs", i),
            .context = context,
            .job = &list->jobs[i],
            .warnings = &list->warnings,
            .why = why,
        };
        bool right;

        reading.job->name = item_text(reading.item, "name");
        right = check_name(&reading, list);
        list->count++; /* from here on it is cleared with the list */
        if (!right || !read_job(&reading)) {
            return false;
        }
    }
    return true;
}

bool job_list_read(struct job_list *list, const struct settings *settings,
                   const struct job_context *context, struct failure *why)
{
    *list = (struct job_list){0};
    if (check_groups(list, settings, context, why) && read_all(list, settings, context, why) &&
        text_ok(&list->warnings, why)) {
        return true;
    }
    job_list_clear(list);
    return false;
}
