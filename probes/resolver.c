/* SPDX-License-Identifier: MIT */

#include "probes/resolver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/thread.h"
#include "probes/resolver_system.h"

/* A name on its way: waits in `asked`, is looked up, waits in `answered`. */
struct look_up {
    struct look_up *next;
    char *host;
    int family;
    int64_t taken_at;
    struct resolver_answer answer;
};

struct queue {
    struct look_up *first;
    struct look_up *last;
};

/* Shared with the threads; freed by whoever leaves last. The mutex guards all of it. */
struct resolver {
    struct mutex *mutex;
    resolver_wake_fn *wake;
    void *context;
    struct queue asked;
    struct look_up *taken; /* each by a thread */
    struct queue answered;
    int threads;
    bool closed;
};

static void push(struct queue *queue, struct look_up *item)
{
    item->next = NULL;
    if (queue->last != NULL) {
        queue->last->next = item;
    } else {
        queue->first = item;
    }
    queue->last = item;
}

static struct look_up *pop(struct queue *queue)
{
    struct look_up *item = queue->first;

    if (item != NULL) {
        queue->first = item->next;
        queue->last = queue->first == NULL ? NULL : queue->last;
    }
    return item;
}

static void free_look_up(struct look_up *item)
{
    if (item != NULL) {
        address_list_clear(&item->answer.addresses);
        free(item->host);
        free(item);
    }
}

static void empty(struct queue *queue)
{
    struct look_up *item;

    while ((item = pop(queue)) != NULL) {
        free_look_up(item);
    }
}

static void free_resolver(struct resolver *resolver)
{
    empty(&resolver->asked);
    empty(&resolver->answered);
    mutex_close(resolver->mutex);
    free(resolver);
}

bool resolver_open(struct resolver **out, resolver_wake_fn *wake, void *context,
                   struct failure *why)
{
    struct resolver *resolver = calloc(1, sizeof(*resolver));

    *out = NULL;
    if (resolver == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the resolver");
    }
    if (!mutex_open(&resolver->mutex, why)) {
        free(resolver);
        return false;
    }
    resolver->wake = wake;
    resolver->context = context;
    *out = resolver;
    return true;
}

void resolver_close(struct resolver *resolver)
{
    bool last;

    if (resolver == NULL) {
        return;
    }
    mutex_lock(resolver->mutex);
    resolver->closed = true;
    empty(&resolver->asked);
    last = resolver->threads == 0;
    mutex_unlock(resolver->mutex);
    if (last) {
        free_resolver(resolver);
    }
}

static void look_up(struct look_up *item)
{
    struct resolver_answer *answer = &item->answer;
    int64_t began = item->taken_at;
    struct failure why;

    answer->found = resolver_look_up(item->host, item->family, &answer->addresses, &why);
    answer->took = clock_steady_us() - began;
    if (!answer->found) {
        size_t size = text_whole(why.text, strnlen(why.text, sizeof(answer->why) - 1));

        answer->is_unsure = why.kind == FAILURE_BUSY;

        memcpy(answer->why, why.text, size);
        answer->why[size] = '\0';
    }
}

/* The next name to look up; NULL ends the thread. Called and left with the mutex held. */
static struct look_up *next_asked(struct resolver *resolver)
{
    struct look_up *item = resolver->closed ? NULL : pop(&resolver->asked);

    if (item == NULL) {
        resolver->threads--;
        return NULL;
    }
    item->taken_at = clock_steady_us();
    item->next = resolver->taken;
    resolver->taken = item;
    return item;
}

static void leave_taken(struct resolver *resolver, const struct look_up *item)
{
    struct look_up **at = &resolver->taken;

    while (*at != item) {
        at = &(*at)->next;
    }
    *at = item->next;
}

static void answer(struct resolver *resolver, struct look_up *item)
{
    leave_taken(resolver, item);
    if (resolver->closed) {
        free_look_up(item);
        return;
    }
    push(&resolver->answered, item);
    resolver->wake(resolver->context);
}

static void run(void *context)
{
    struct resolver *resolver = context;
    struct look_up *item;
    bool last;

    mutex_lock(resolver->mutex);
    while ((item = next_asked(resolver)) != NULL) {
        mutex_unlock(resolver->mutex);
        look_up(item);
        mutex_lock(resolver->mutex);
        answer(resolver, item);
    }
    last = resolver->closed && resolver->threads == 0;
    mutex_unlock(resolver->mutex);
    if (last) {
        free_resolver(resolver);
    }
}

/* One that cannot be started is missed only where there is no other. */
static bool add_thread(struct resolver *resolver, int most, struct failure *why)
{
    struct thread *thread;
    bool needed;
    bool alone;

    mutex_lock(resolver->mutex);
    needed = resolver->threads < most;
    resolver->threads += needed ? 1 : 0;
    mutex_unlock(resolver->mutex);
    if (!needed) {
        return true;
    }
    if (thread_start(&thread, run, resolver, why)) {
        thread_abandon(thread);
        return true;
    }
    mutex_lock(resolver->mutex);
    resolver->threads--;
    alone = resolver->threads == 0;
    mutex_unlock(resolver->mutex);
    return !alone;
}

bool resolver_ask(struct resolver *resolver, const char *host, int family, void *user,
                  struct failure *why)
{
    struct look_up *item = calloc(1, sizeof(*item));

    if (item != NULL) {
        item->host = text_copy(host);
    }
    if (item == NULL || item->host == NULL) {
        free_look_up(item);
        return FAIL(why, FAILURE_MEMORY, 0, "no memory to resolve %s", host);
    }
    item->family = family;
    item->answer.user = user;
    mutex_lock(resolver->mutex);
    push(&resolver->asked, item);
    mutex_unlock(resolver->mutex);
    return add_thread(resolver, RESOLVER_THREADS, why);
}

int64_t resolver_give_up_at(struct resolver *resolver, const void *user, int64_t patience)
{
    int64_t at = INT64_MAX;
    int64_t newest = 0;
    int hanging = 0;
    struct failure why;

    mutex_lock(resolver->mutex);
    for (const struct look_up *item = resolver->taken; item != NULL; item = item->next) {
        hanging++;
        newest = item->taken_at > newest ? item->taken_at : newest;
        at = item->answer.user == user ? item->taken_at + patience : at;
    }
    mutex_unlock(resolver->mutex);
    if (at == INT64_MAX && hanging == RESOLVER_THREADS_MOST) {
        return newest + patience;
    }
    if (at == INT64_MAX) {
        (void)!add_thread(resolver, RESOLVER_THREADS_MOST, &why); /* the others may get to it */
    }
    return at;
}

bool resolver_take(struct resolver *resolver, struct resolver_answer *out)
{
    struct look_up *item;

    mutex_lock(resolver->mutex);
    item = pop(&resolver->answered);
    mutex_unlock(resolver->mutex);
    if (item == NULL) {
        return false;
    }
    *out = item->answer;
    item->answer.addresses = (struct address_list){0}; /* they are the caller's now */
    free_look_up(item);
    return true;
}
