/* SPDX-License-Identifier: MIT */

#include "service/job_states.h"

#include <stdlib.h>
#include <string.h>

#include "base/time_text.h"
#include "probes/steadiness.h"

enum { BUCKETS = 4096 };

struct state {
    struct state *next; /* in its bucket */
    uint64_t hash;
    struct steadiness port; /* of a port; else of a job: */
    unsigned failed;        /* runs in a row that could not take place */
    uint64_t reason;        /* why not */
    char key[];
};

struct job_states {
    struct state *buckets[BUCKETS];
};

bool job_states_open(struct job_states **out, struct failure *why)
{
    *out = calloc(1, sizeof(**out));
    return *out != NULL || FAIL(why, FAILURE_MEMORY, 0, "no memory for the states of ports");
}

void job_states_close(struct job_states *states)
{
    for (size_t i = 0; states != NULL && i < BUCKETS; i++) {
        while (states->buckets[i] != NULL) {
            struct state *state = states->buckets[i];

            states->buckets[i] = state->next;
            free(state);
        }
    }
    free(states);
}

static uint64_t hash_of(const char *key)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (; *key != '\0'; key++) {
        hash = (hash ^ (unsigned char)*key) * UINT64_C(0x100000001b3);
    }
    return hash;
}

/* NULL where memory ran out. A state that is new has seen nothing. */
static struct state *find(struct job_states *states, const char *key)
{
    uint64_t hash = hash_of(key);
    struct state **bucket = &states->buckets[hash % BUCKETS];
    struct state *state = *bucket;

    while (state != NULL && (state->hash != hash || strcmp(state->key, key) != 0)) {
        state = state->next;
    }
    if (state == NULL) {
        state = calloc(1, sizeof(*state) + strlen(key) + 1);
        if (state != NULL) {
            memcpy(state->key, key, strlen(key) + 1);
            state->hash = hash;
            state->next = *bucket;
            *bucket = state;
        }
    }
    return state;
}

static void add_port(struct text *text, const struct outcome *outcome)
{
    text_add_visible(text, outcome->host, strlen(outcome->host));
    text_addf(text, ":%u/%s", outcome->port, outcome->transport == PROBE_TCP ? "tcp" : "udp");
}

static void add_cause(struct text *change, const struct outcome *outcome)
{
    text_addf(change, "%s (", probe_status_name((int)outcome->status));
    outcome_add_cause(change, outcome);
    text_add(change, ")");
}

static void add_since(struct text *change, int64_t since)
{
    text_add(change, " since ");
    time_text_add_table(change, since, TIME_ZONE_LOCAL);
}

/* " LISTENING -> FILTERED (timeout)"; of the same status " held -> not held (the reason)". */
static void add_change(struct text *change, const struct steadiness *port,
                       const struct outcome *outcome, const char *sentence)
{
    int status = steadiness_status(port->told_before);
    int before = steadiness_judgement(port->told_before);
    int now = steadiness_judgement(port->told);

    if (status != (int)outcome->status) {
        text_addf(change, " %s -> ", probe_status_name(status));
        add_cause(change, outcome);
        return;
    }
    text_addf(change, " %s -> %s (", expectation_result_name((enum expectation_result)before),
              expectation_result_name((enum expectation_result)now));
    text_add_visible(change, sentence, strlen(sentence));
    text_add_char(change, ')');
}

static void tell(struct text *change, enum steadiness_news news, const struct steadiness *port,
                 const char *job, const struct outcome *outcome, const char *sentence)
{
    if (news == STEADINESS_SAME) {
        return;
    }
    add_port(change, outcome);
    if (news == STEADINESS_CHANGED) {
        add_change(change, port, outcome, sentence);
    } else if (news == STEADINESS_FLAPS) {
        text_addf(change, " is flapping: %u changes", port->changes);
        add_since(change, port->since);
        text_add(change, ", now ");
        add_cause(change, outcome);
    } else {
        text_addf(change, " is steady after %u changes: ", port->changes);
        add_cause(change, outcome);
    }
    if (news != STEADINESS_FLAPS) {
        add_since(change, port->seen_since);
    }
    text_add(change, ", job ");
    text_add_visible(change, job, strlen(job));
}

void job_states_take(struct job_states *states, const char *job, const struct outcome *outcome,
                     enum expectation_result result, const char *sentence, struct text *change)
{
    struct text key = {0};
    struct failure ignored;
    struct state *state;

    text_addf(&key, "%s\n", job);
    add_port(&key, outcome);
    state = text_ok(&key, &ignored) ? find(states, text_bytes(&key)) : NULL;
    if (state != NULL) {
        enum steadiness_news news = steadiness_take(
            &state->port, steadiness_state((int)outcome->status, (int)result), outcome->started_at);

        tell(change, news, &state->port, job, outcome, sentence);
    }
    text_clear(&key);
}

enum job_run_news job_states_take_run(struct job_states *states, const char *job, const char *why,
                                      unsigned *failed)
{
    struct state *state = find(states, job); /* no port has such a key */
    uint64_t reason = why == NULL ? 0 : hash_of(why);
    bool is_told;

    *failed = state == NULL ? 0 : state->failed;
    if (why == NULL) {
        if (state != NULL) {
            state->failed = 0;
        }
        return *failed > 0 ? JOB_RUN_AGAIN : JOB_RUN_AS_BEFORE;
    }
    is_told = *failed > 0 && state->reason == reason;
    if (state != NULL) {
        state->failed++;
        state->reason = reason;
    }
    return is_told ? JOB_RUN_AS_BEFORE : JOB_RUN_FAILED;
}

/* The job is what the key has before the port. */
static bool is_of(const struct state *state, const char *job)
{
    size_t size = strlen(job);

    return strncmp(state->key, job, size) == 0 &&
           (state->key[size] == '\n' || state->key[size] == '\0');
}

void job_states_forget(struct job_states *states, const char *job)
{
    for (size_t i = 0; i < BUCKETS; i++) {
        struct state **at = &states->buckets[i];

        while (*at != NULL) {
            struct state *state = *at;

            if (is_of(state, job)) {
                *at = state->next;
                free(state);
            } else {
                at = &state->next;
            }
        }
    }
}
