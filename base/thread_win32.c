/* SPDX-License-Identifier: MIT */

/*
 * Windows' own threads, slim locks and events.
 */

#include "base/thread.h"

#include <stdlib.h>

#include <windows.h>

struct thread {
    HANDLE handle;
};

struct mutex {
    SRWLOCK lock;
};

struct bell {
    HANDLE event;
};

/* What the new thread needs to begin; it frees it. */
struct beginning {
    thread_fn *body;
    void *context;
};

static DWORD WINAPI run_thread(void *argument)
{
    struct beginning beginning = *(struct beginning *)argument;

    free(argument);
    beginning.body(beginning.context);
    return 0;
}

bool thread_start(struct thread **out, thread_fn *body, void *context, struct failure *why)
{
    struct thread *thread = malloc(sizeof(*thread));
    struct beginning *beginning = malloc(sizeof(*beginning));
    HANDLE handle = NULL;
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;

    if (thread != NULL && beginning != NULL) {
        *beginning = (struct beginning){body, context};
        /* Today's C libraries find their data for a thread by themselves, and free it at its end.
         */
        handle = CreateThread(NULL, 0, run_thread, beginning, 0, NULL);
        error = GetLastError();
    }
    if (handle == NULL) {
        free(beginning);
        free(thread);
        return failure_from_system(why, (long)error, "cannot start a thread");
    }
    thread->handle = handle;
    *out = thread;
    return true;
}

void thread_join(struct thread *thread)
{
    if (thread != NULL) {
        WaitForSingleObject(thread->handle, INFINITE);
        thread_abandon(thread);
    }
}

void thread_abandon(struct thread *thread)
{
    if (thread != NULL) {
        CloseHandle(thread->handle);
        free(thread);
    }
}

/* The background mode lowers the priorities of computing, of reading and of memory at once. */
void thread_step_back(void)
{
    (void)SetThreadPriority(GetCurrentThread(), THREAD_MODE_BACKGROUND_BEGIN);
}

bool mutex_open(struct mutex **out, struct failure *why)
{
    struct mutex *mutex = malloc(sizeof(*mutex));

    if (mutex == NULL) {
        return FAIL(why, FAILURE_MEMORY, ERROR_NOT_ENOUGH_MEMORY, "no memory for a mutex");
    }
    InitializeSRWLock(&mutex->lock);
    *out = mutex;
    return true;
}

void mutex_lock(struct mutex *mutex)
{
    AcquireSRWLockExclusive(&mutex->lock);
}

void mutex_unlock(struct mutex *mutex)
{
    ReleaseSRWLockExclusive(&mutex->lock);
}

void mutex_close(struct mutex *mutex)
{
    free(mutex);
}

bool bell_open(struct bell **out, struct failure *why)
{
    struct bell *bell = malloc(sizeof(*bell));

    if (bell == NULL) {
        return FAIL(why, FAILURE_MEMORY, ERROR_NOT_ENOUGH_MEMORY, "no memory for a bell");
    }
    bell->event = CreateEventW(NULL, FALSE, FALSE, NULL);
    if (bell->event == NULL) {
        DWORD error = GetLastError();

        free(bell);
        return failure_from_system(why, (long)error, "cannot make a bell");
    }
    *out = bell;
    return true;
}

void bell_ring(struct bell *bell)
{
    SetEvent(bell->event);
}

bool bell_wait(struct bell *bell, int64_t milliseconds)
{
    enum { LONGEST_TURN = 24 * 60 * 60 * 1000 }; /* a DWORD ends at 49 days */

    if (milliseconds < 0) {
        return WaitForSingleObject(bell->event, INFINITE) == WAIT_OBJECT_0;
    }
    while (milliseconds > LONGEST_TURN) {
        if (WaitForSingleObject(bell->event, LONGEST_TURN) == WAIT_OBJECT_0) {
            return true;
        }
        milliseconds -= LONGEST_TURN;
    }
    return WaitForSingleObject(bell->event, (DWORD)milliseconds) == WAIT_OBJECT_0;
}

void bell_close(struct bell *bell)
{
    if (bell != NULL) {
        CloseHandle(bell->event);
        free(bell);
    }
}
