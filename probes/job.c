/* SPDX-License-Identifier: MIT */

#include "probes/job.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file_guard.h"

enum { LARGEST_TARGET_FILE = 4 * 1024 * 1024 };

static void clear_job(struct job *job)
{
    target_list_clear(&job->targets);
    port_list_clear(&job->ports);
    free((void *)job->target_files);
    free(job->expectation.values);
    free(job->windows);
}

void job_list_clear(struct job_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        clear_job(&list->jobs[i]);
    }
    free(list->jobs);
    text_clear(&list->warnings);
    *list = (struct job_list){0};
}

const struct protocol *job_protocol(const struct job *job, const struct port_item *item,
                                    const char *service, job_protocol_fn *of_port)
{
    const struct protocol *protocol = job->protocol;

    if (protocol == NULL) {
        protocol = of_port(item->transport, item->port, service);
        if (protocol != NULL && protocol->side_effect != NULL) {
            protocol = NULL;
        }
    }
    return protocol;
}

const struct job *job_find(const struct job_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->jobs[i].name, name) == 0) {
            return &list->jobs[i];
        }
    }
    return NULL;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Adds what a line says, without its comment and the blanks around. */
static bool add_line(struct target_list *targets, const char *line, size_t size,
                     struct failure *why)
{
    const char *comment = memchr(line, '#', size);
    char *word;
    bool added;

    size = comment == NULL ? size : (size_t)(comment - line);
    for (; size > 0 && is_blank(*line); line++) {
        size--;
    }
    for (; size > 0 && is_blank(line[size - 1]); size--) {
    }
    if (size == 0) {
        return true;
    }
    word = text_copy_size(line, size);
    if (word == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the targets");
    }
    added = target_list_add(targets, word, false, why);
    free(word);
    return added;
}

bool job_add_target_lines(struct target_list *targets, const char *bytes, size_t size,
                          struct failure *why)
{
    size_t number = 1;

    if (memchr(bytes, '\0', size) != NULL) { /* a part of it would go without a word */
        return FAIL(why, FAILURE_FORMAT, 0,
                    "holds bytes of 0, as text in UTF-16 does; save it as UTF-8");
    }
    if (size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0) { /* Notepad's UTF-8 */
        bytes += 3;
        size -= 3;
    }
    for (; size > 0; number++) {
        const char *end = memchr(bytes, '\n', size);
        size_t length = end == NULL ? size : (size_t)(end - bytes);

        if (!add_line(targets, bytes, length, why)) {
            return why->kind == FAILURE_MEMORY
                       ? false
                       : FAIL(why, FAILURE_FORMAT, 0, "line %zu: %s", number, why->text);
        }
        length += end != NULL;
        bytes += length;
        size -= length;
    }
    return true;
}

static bool read_target_file(struct target_list *targets, const char *path, struct failure *why)
{
    struct text content = {0};
    bool read = file_read_guarded(&content, path, FILE_TRUSTED, LARGEST_TARGET_FILE, why);

    if (read && !job_add_target_lines(targets, text_bytes(&content), content.size, why)) {
        read = why->kind == FAILURE_MEMORY
                   ? false
                   : FAIL(why, FAILURE_FORMAT, 0, "%s: %s", path, why->text);
    }
    text_clear(&content);
    return read;
}

/* A span is a name, or a range as the list has it already. */
static bool copy_span(struct target_list *targets, const struct target_span *span,
                      struct failure *why)
{
    struct target_span *spans =
        realloc(targets->spans, (targets->count + 1) * sizeof(*targets->spans));

    if (spans == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the targets");
    }
    targets->spans = spans;
    targets->capacity = targets->count + 1;
    spans[targets->count] = *span;
    if (span->name != NULL) {
        spans[targets->count].name = text_copy(span->name);
        if (spans[targets->count].name == NULL) {
            return FAIL(why, FAILURE_MEMORY, 0, "no memory for the targets");
        }
    }
    targets->count++;
    targets->total += span->count;
    return true;
}

bool job_read_targets(const struct job *job, struct target_list *targets, struct failure *why)
{
    target_list_clear(targets);
    for (size_t i = 0; i < job->targets.count; i++) {
        if (!copy_span(targets, &job->targets.spans[i], why)) {
            return false;
        }
    }
    for (size_t i = 0; i < job->target_file_count; i++) {
        if (!read_target_file(targets, job->target_files[i], why)) {
            return false;
        }
    }
    return true;
}

static void add_value(struct text *text, const struct expected_value *value)
{
    static const char *const signs[] = {
        [VALUE_EQUALS] = "=",
        [VALUE_CONTAINS] = "contains",
        [VALUE_AT_LEAST] = ">=",
        [VALUE_AT_MOST] = "<=",
    };

    text_addf(text, ", %s %s ", value->field, signs[value->test]);
    if (value->text != NULL) {
        text_add_visible(text, value->text, strlen(value->text));
    } else {
        text_addf(text, "%" PRId64, value->number);
    }
}

void job_add_expectation(struct text *text, const struct expectation *expectation)
{
    text_add(text, expected_status_names[expectation->status]);
    if (expectation->certificate_days > 0) {
        text_addf(text, ", certificate valid for %" PRId64 " days", expectation->certificate_days);
    }
    for (size_t i = 0; i < expectation->value_count; i++) {
        add_value(text, &expectation->values[i]);
    }
}
