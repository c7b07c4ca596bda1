/* SPDX-License-Identifier: MIT */

#include "probes/job_run.h"

#include <stdlib.h>
#include <string.h>

#include "base/file_guard.h"
#include "base/secret.h"
#include "base/machine.h"
#include "probes/reactor.h"
#include "probes/tls.h"

enum { LARGEST_SECRET = 1024 };

bool job_list_read_here(struct job_list *list, const struct settings *settings, struct failure *why)
{
    struct machine_facts machine = {0};
    struct service_table services = {0};
    bool read = machine_read(&machine, why) && service_table_read(&services, why);

    *list = (struct job_list){0};
    if (read) {
        struct job_context context = {
            .host_id = machine.id[0] != '\0' ? machine.id : machine.host,
            .services = &services,
            .protocols = protocols,
            .fields = tls_fields,
            .field_count = tls_field_count,
            .of_port = protocol_of_port,
        };

        read = job_list_read(list, settings, &context, why);
    }
    service_table_clear(&services);
    machine_facts_clear(&machine);
    return read;
}

struct job_run {
    const struct job *job;
    struct target_list targets;
    struct service_table services;
    char *community;
    char *secret;
    struct engine *engine;

    struct target_walk walk; /* from here on: of job_run_ask() alone */
    struct text host;
    struct socket_endpoint address;
    job_outcome_fn *take;
    void (*warn)(void *, const char *);
    void *context;
    struct text sentence;
};

bool job_read_secret(char **out, const char *path, struct failure *why)
{
    struct text content = {0};
    bool done;

    *out = NULL;
    if (path == NULL) {
        return true;
    }
    done = file_read_guarded(&content, path, FILE_SECRET, LARGEST_SECRET, why);
    if (done) {
        *out = text_copy_size(text_bytes(&content), strcspn(text_bytes(&content), "\r\n"));
        done = *out != NULL || FAIL(why, FAILURE_MEMORY, 0, "no memory for a secret");
    }
    if (done && **out == '\0') { /* what was meant as a secret would be asked without one */
        free(*out);
        *out = NULL;
        done = FAIL(why, FAILURE_FORMAT, 0, "%s: its first line is empty, and should be the secret",
                    path);
    }
    if (content.bytes != NULL) {
        secret_wipe(content.bytes, content.size);
    }
    text_clear(&content);
    return done;
}

void job_forget_secret(char *secret)
{
    if (secret != NULL) {
        secret_wipe(secret, strlen(secret));
    }
    free(secret);
}

static bool open_engine(struct job_run *run, struct failure *why)
{
    const struct job *job = run->job;
    char ignored[200];
    const struct engine_options options = {
        .in_flight = reactor_limit(ENGINE_PER_TARGET, ignored, sizeof(ignored)),
        .per_target = job->per_target != 0 ? job->per_target : ENGINE_PER_TARGET_OF_JOB,
        .rate = job->rate,
        .attempts = (int)job->attempts,
        .attempt_ms = (int)job->timeout,
        .family = job->family == JOB_IPV4 ? 4 : (job->family == JOB_IPV6 ? 6 : 0),
        .community = run->community,
        .dns_name = job->dns_name,
        .secret = run->secret,
    };

    return engine_open(&run->engine, &options, why);
}

bool job_run_open(struct job_run **out, const struct job *job, struct failure *why)
{
    struct job_run *run = calloc(1, sizeof(*run));

    if (run == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for a run");
    }
    run->job = job;
    if (!job_read_targets(job, &run->targets, why) || !service_table_read(&run->services, why) ||
        !job_read_secret(&run->community, job->community_file, why) ||
        !job_read_secret(&run->secret, job->secret_file, why) || !open_engine(run, why)) {
        job_run_close(run);
        return false;
    }
    *out = run;
    return true;
}

void job_run_close(struct job_run *run)
{
    if (run == NULL) {
        return;
    }
    engine_close(run->engine);
    target_list_clear(&run->targets);
    service_table_clear(&run->services);
    job_forget_secret(run->community);
    job_forget_secret(run->secret);
    text_clear(&run->host);
    text_clear(&run->sentence);
    free(run);
}

uint64_t job_run_size(const struct job_run *run)
{
    return run->targets.total * run->job->ports.count;
}

static bool next_target(void *context, struct engine_target *target)
{
    struct job_run *run = context;

    if (!target_list_next(&run->targets, &run->walk, &run->host, &run->address)) {
        return false;
    }
    *target = (struct engine_target){.host = text_bytes(&run->host), .address = run->address};
    return true;
}

static bool query_at(void *context, uint64_t target_tag, size_t i, struct engine_query *query)
{
    const struct job_run *run = context;
    const struct port_item *item;

    (void)target_tag;
    if (i >= run->job->ports.count) {
        return false;
    }
    item = &run->job->ports.items[i];
    *query = (struct engine_query){
        .transport = item->transport,
        .port = item->port,
        .service = service_name(&run->services, item->transport, item->port),
    };
    query->protocol = job_protocol(run->job, item, query->service, protocol_of_port);
    return true;
}

static bool deliver(void *context, uint64_t tag, struct outcome *outcome, struct failure *why)
{
    struct job_run *run = context;
    enum expectation_result result;

    (void)tag;
    if (outcome->cause == PROBE_STOPPED) {
        return true; /* what is expected of it cannot be judged */
    }
    text_reset(&run->sentence);
    result = expectation_judge(&run->job->expectation, outcome, &run->sentence);
    return run->take(run->context, outcome, result, text_bytes(&run->sentence), why);
}

static void warn(void *context, const char *text)
{
    const struct job_run *run = context;

    if (run->warn != NULL) {
        run->warn(run->context, text);
    }
}

bool job_run_ask(struct job_run *run, job_outcome_fn *take, void (*tell)(void *, const char *),
                 void *context, bool *stopped, struct failure *why)
{
    const struct engine_work work = {
        .context = run,
        .next_target = next_target,
        .query_at = query_at,
        .deliver = deliver,
        .warn = warn,
    };

    struct engine_sum sum = {0};
    bool ok;

    run->take = take;
    run->warn = tell;
    run->context = context;
    ok = engine_run(run->engine, &work, &sum, why);
    *stopped = ok && sum.was_stopped;
    return ok;
}

void job_run_stop(struct job_run *run)
{
    engine_stop(run->engine);
}
