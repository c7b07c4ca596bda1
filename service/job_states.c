/* SPDX-License-Identifier: MIT */

#include "service/job_states.h"

#include <stdlib.h>
#include <string.h>

#include "base/time_text.h"

enum {
    BUCKETS = 4096,
    CONFIRMED_AFTER = 2,
    FLAP_CHANGES = 4, /* that are confirmed, within... */
    FLAP_MS = 3600000,
    STEADY_MS = 3600000, /* without any change: it is over */
};

struct state {
    struct state *next; /* in its bucket */
    uint64_t hash;
    enum probe_status told;
    enum probe_status seen; /* in the newest run */
    int64_t seen_since;     /* the first of the runs in a row that saw it */
    unsigned runs;          /* of them; of a job: those that could not take place */
    uint64_t reason;        /* of a job: why not */

    int64_t changes[FLAP_CHANGES]; /* the newest that were confirmed, in a ring */
    unsigned change_count;         /* all of them, since it was steady */
    bool flaps;
    int64_t flaps_since;
    int64_t changed_at; /* while it flaps: confirmed or not */
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

static void add_cause(struct text *change, const struct state *state, const struct outcome *outcome)
{
    text_addf(change, "%s (", probe_status_name((int)state->seen));
    outcome_add_cause(change, outcome);
    text_add(change, ")");
}

static void add_since(struct text *change, int64_t since, const char *job)
{
    text_add(change, " since ");
    time_text_add_table(change, since, TIME_ZONE_LOCAL);
    text_add(change, ", job ");
    text_add_visible(change, job, strlen(job));
}

static void tell(struct text *change, const struct state *state, const char *job,
                 const struct outcome *outcome)
{
    add_port(change, outcome);
    text_addf(change, " %s -> ", probe_status_name((int)state->told));
    add_cause(change, state, outcome);
    add_since(change, state->seen_since, job);
}

static void tell_flaps(struct text *change, const struct state *state, const char *job,
                       const struct outcome *outcome)
{
    add_port(change, outcome);
    text_addf(change, " is flapping: %u changes, now ", state->change_count);
    add_cause(change, state, outcome);
    add_since(change, state->flaps_since, job);
}

static void tell_steady(struct text *change, const struct state *state, const char *job,
                        const struct outcome *outcome)
{
    add_port(change, outcome);
    text_addf(change, " is steady after %u changes: ", state->change_count);
    add_cause(change, state, outcome);
    add_since(change, state->seen_since, job);
}

/* Whether the change makes it flap: the fourth within an hour does. */
static bool begins_to_flap(struct state *state, int64_t at)
{
    int64_t before;

    state->changes[state->change_count++ % FLAP_CHANGES] = at;
    before = state->changes[state->change_count % FLAP_CHANGES]; /* the oldest that is known */
    if (state->flaps || state->change_count < FLAP_CHANGES || at - before > FLAP_MS) {
        return false;
    }
    state->flaps = true;
    state->flaps_since = before;
    state->change_count = FLAP_CHANGES; /* those before were told one by one */
    return true;
}

static void take_change(struct state *state, const char *job, const struct outcome *outcome,
                        struct text *change)
{
    if (begins_to_flap(state, state->seen_since)) {
        tell_flaps(change, state, job, outcome);
    } else if (!state->flaps) {
        tell(change, state, job, outcome);
    }
    state->told = state->seen;
}

/* A clock that was set back says nothing about how long it was steady. */
static void end_flaps(struct state *state, const char *job, const struct outcome *outcome,
                      struct text *change)
{
    if (outcome->started_at < state->changed_at) {
        state->changed_at = outcome->started_at;
    }
    if (state->flaps && outcome->started_at - state->changed_at >= STEADY_MS) {
        tell_steady(change, state, job, outcome);
        state->flaps = false;
        state->change_count = 0;
    }
}

static void take(struct state *state, const char *job, const struct outcome *outcome,
                 struct text *change)
{
    bool is_new = state->runs == 0;

    if (is_new || outcome->status != state->seen) {
        state->seen = outcome->status;
        state->seen_since = outcome->started_at;
        state->changed_at = outcome->started_at;
        state->runs = 0;
    }
    state->runs++;
    if (is_new) {
        state->told = state->seen;
    } else if (state->seen != state->told && state->runs == CONFIRMED_AFTER) {
        take_change(state, job, outcome, change);
    }
    end_flaps(state, job, outcome, change);
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

enum job_run_news job_states_take_run(struct job_states *states, const char *job, const char *why,
                                      unsigned *failed)
{
    struct state *state = find(states, job); /* no port has such a key */
    uint64_t reason = why == NULL ? 0 : hash_of(why);
    bool is_told;

    *failed = state == NULL ? 0 : state->runs;
    if (why == NULL) {
        if (state != NULL) {
            state->runs = 0;
        }
        return *failed > 0 ? JOB_RUN_AGAIN : JOB_RUN_AS_BEFORE;
    }
    is_told = *failed > 0 && state->reason == reason;
    if (state != NULL) {
        state->runs++;
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
