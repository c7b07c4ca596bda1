/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * JSON (RFC 8259) from anybody, read as rows: by SQLite's json functions, which
 * both systems have, in a database in memory that holds nothing. What a file
 * may cost is bounded by its size; who opens one bounds that.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"

struct json_document;

/*
 * The bytes are lent until json_document_close(). FAILURE_FORMAT where they
 * are not one JSON object and nothing else.
 */
bool json_document_open(struct json_document **out, const char *bytes, size_t size,
                        struct failure *why) NODISCARD;

/* Does nothing for NULL. */
void json_document_close(struct json_document *document);

enum json_kind {
    JSON_ABSENT, /* not there, or null */
    JSON_INTEGER,
    JSON_TEXT,
    JSON_TRUTH,
    JSON_OTHER, /* a real number, an array or an object */
};

struct json_value {
    enum json_kind kind;
    int64_t number; /* INTEGER; TRUTH: 0 or 1 */
    char *text;     /* TEXT: valid UTF-8, without a zero byte; lives as long as the visit */
};

enum { JSON_MEMBERS = 32 }; /* the most that a row can have */

/* Members that are not in `names`, which is ended by NULL, are passed over. */
typedef bool json_row_fn(void *context, const struct json_value *values, struct failure *why);

/* Visits the object that the member `name` is, once; the document itself for NULL. *found is false
 * where there is no such object. */
bool json_document_object(struct json_document *document, const char *name,
                          const char *const *names, json_row_fn *visit, void *context, bool *found,
                          struct failure *why) NODISCARD;

/*
 * Visits the objects of the array that the member `name` is, in order; none
 * where it is missing. FAILURE_FORMAT where it is no array of objects, or a
 * member of one is there twice.
 */
bool json_document_walk(struct json_document *document, const char *name, const char *const *names,
                        json_row_fn *visit, void *context, struct failure *why) NODISCARD;
