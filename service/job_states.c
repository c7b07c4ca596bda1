/* SPDX-License-Identifier: MIT */

#include "service/job_states.h"

#include <stdlib.h>
#include <string.h>

#include "base/time_text.h"

enum { BUCKETS = 4096, CONFIRMED_AFTER = 2 };

struct state {
    struct state *next; /* in its bucket */
    uint64_t hash;
    enum probe_status told;
    enum probe_status seen; /* in the newest run */
    int64_t seen_since;     /* the first of the runs in a row that saw it */
    unsigned runs;          /* of them */
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

static void tell(struct text *change, const struct state *state, const char *job,
                 const struct outcome *outcome)
{
    add_port(change, outcome);
    text_addf(change, " %s -> %s (", probe_status_name((int)state->told),
              probe_status_name((int)state->seen));
    outcome_add_cause(change, outcome);
    text_add(change, ") since ");
    time_text_add_table(change, state->seen_since, TIME_ZONE_LOCAL);
    text_add(change, ", job ");
    text_add_visible(change, job, strlen(job));
}

static void take(struct state *state, const char *job, const struct outcome *outcome,
                 struct text *change)
{
    bool is_new = state->runs == 0;

    if (is_new || outcome->status != state->seen) {
        state->seen = outcome->status;
        state->seen_since = outcome->started_at;
        state->runs = 0;
    }
    state->runs++;
    if (is_new) {
        state->told = state->seen;
    } else if (state->seen != state->told && state->runs == CONFIRMED_AFTER) {
        tell(change, state, job, outcome);
        state->told = state->seen;
    }
}

void job_states_take(struct job_states *states, const char *job, const struct outcome *outcome,
                     struct text *change)
{
    struct text key = {0};
    struct failure ignored;
    struct state *state;

    text_addf(&key, "%s\n", job);
    add_port(&key, outcome);
    state = text_ok(&key, &ignored) ? find(states, text_bytes(&key)) : NULL;
    if (state != NULL) {
        take(state, job, outcome, change);
    }
    text_clear(&key);
}
