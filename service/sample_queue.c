/* SPDX-License-Identifier: MIT */

#include "service/sample_queue.h"

#include <stdlib.h>

/* What a sample takes, but for the process instances, which most samples share. */
static size_t size_of(const struct snapshot *snapshot)
{
    return sizeof(struct queued_sample) + snapshot->socket_count * sizeof(*snapshot->sockets) +
           snapshot->process_count * sizeof(struct process_instance *) +
           snapshot->service_count * sizeof(*snapshot->services) + snapshot->service_names.size;
}

static void append(struct sample_queue *queue, struct queued_sample *sample)
{
    if (queue->last == NULL) {
        queue->first = sample;
    } else {
        queue->last->next = sample;
    }
    queue->last = sample;
}

bool sample_queue_add(struct sample_queue *queue, struct snapshot *snapshot, int64_t interval,
                      struct failure *why)
{
    struct queued_sample *sample;

    if (queue->full || queue->bytes + size_of(snapshot) > SAMPLE_QUEUE_BYTES) {
        queue->full = true;
        snapshot_reset(snapshot);
        return true;
    }
    sample = calloc(1, sizeof(*sample));
    if (sample == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for a sample that waits for the ledger");
    }
    queue->bytes += size_of(snapshot);
    snapshot_swap(&sample->snapshot, snapshot);
    sample->interval = interval;
    sample->gap = queue->gap;
    queue->gap = LEDGER_GAP_NONE;
    append(queue, sample);
    return true;
}

void sample_queue_gap(struct sample_queue *queue, enum ledger_gap reason)
{
    queue->gap = reason;
}

struct queued_sample *sample_queue_take(struct sample_queue *queue)
{
    struct queued_sample *sample = queue->first;

    if (sample != NULL) {
        queue->first = sample->next;
        if (queue->first == NULL) {
            queue->last = NULL;
        }
        queue->bytes -= size_of(&sample->snapshot);
    }
    return sample;
}

void queued_sample_free(struct queued_sample *sample)
{
    snapshot_clear(&sample->snapshot);
    free(sample);
}

void sample_queue_clear(struct sample_queue *queue)
{
    struct queued_sample *sample;

    while ((sample = sample_queue_take(queue)) != NULL) {
        queued_sample_free(sample);
    }
    *queue = (struct sample_queue){0};
}
