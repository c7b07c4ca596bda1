/* SPDX-License-Identifier: MIT */

#include "reportcli/verify_given.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/secret.h"
#include "base/utf16le.h"

enum { LARGEST_FILE = 64 << 20 }; /* of anchors: an export of an event log may be long */

void verify_given_clear(struct verify_given *given)
{
    if (given->keys != NULL) {
        secret_wipe(given->keys, given->key_count * sizeof(*given->keys));
    }
    free(given->keys);
    free(given->anchors);
}

static bool check_id(const struct verify_given *given, const char *id, const char *what,
                     const char *path, struct failure *why)
{
    return strncmp(id, given->ledger_id, SEAL_LEDGER_ID) == 0 ||
           FAIL(why, FAILURE_USAGE, 0, "%s: this is a %s of ledger %s, and not of this one, %s",
                path, what, id, given->ledger_id);
}

/* Where something was found, for who must look at it. */
struct place {
    const char *path;
    long long line; /* from 1 on */
};

/* Takes what is in a line; nothing is there in most lines of a log. */
typedef bool line_fn(struct verify_given *given, const char *line, const struct place *place,
                     struct failure *why);

/* As if it were not there, the rest would be judged, and nobody would know. */
static bool check_whole(bool torn, const char *what, const struct place *place, struct failure *why)
{
    return !torn || FAIL(why, FAILURE_USAGE, 0, "%s: line %lld has a %s that cannot be read",
                         place->path, place->line, what);
}

static bool take_key(struct verify_given *given, const char *line, const struct place *place,
                     struct failure *why)
{
    char id[SEAL_LEDGER_ID + 1];
    struct seal_key key;
    struct seal_key *keys;

    if (!seal_key_parse_line(line, &key, id)) {
        return check_whole(seal_key_has_line(line), "key", place, why);
    }
    if (!check_id(given, id, "key", place->path, why)) {
        return false;
    }
    keys = realloc(given->keys, (given->key_count + 1) * sizeof(*keys));
    if (keys == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the keys");
    }
    given->keys = keys;
    keys[given->key_count++] = key;
    secret_wipe(&key, sizeof(key));
    return true;
}

static bool take_anchor(struct verify_given *given, const char *line, const struct place *place,
                        struct failure *why)
{
    char id[SEAL_LEDGER_ID + 1];
    struct verify_anchor anchor;
    struct verify_anchor *anchors;

    if (!check_whole(verify_has_torn_anchor(line), "seal", place, why)) {
        return false;
    }
    if (!verify_parse_anchor(line, &anchor, id)) {
        return true;
    }
    if (!check_id(given, id, "seal", place->path, why)) {
        return false;
    }
    anchors = realloc(given->anchors, (given->anchor_count + 1) * sizeof(*anchors));
    if (anchors == NULL) {
        return FAIL(why, FAILURE_MEMORY, 0, "no memory for the published seals");
    }
    given->anchors = anchors;
    anchors[given->anchor_count++] = anchor;
    return true;
}

/* Nothing that is looked for has capitals: what a log or a person made of it does not matter. */
static bool ends_line(char *c)
{
    if (*c >= 'A' && *c <= 'Z') {
        *c = (char)(*c - 'A' + 'a');
    }
    return *c == '\n' || *c == '\0'; /* damaged files and some logs have zeros in between */
}

/* The text is ended by a zero that is not counted. */
static bool take_lines(struct verify_given *given, struct text *content, line_fn *take,
                       const char *path, struct failure *why)
{
    struct place place = {path, 1};
    char *line = content->bytes;

    for (size_t i = 0; i <= content->size && line != NULL; i++) {
        char *end = content->bytes + i;

        if (ends_line(end)) {
            bool counted = *end == '\n';

            *end = '\0';
            if (!take(given, line, &place, why)) {
                return false;
            }
            place.line += counted;
            line = end + 1;
        }
    }
    return true;
}

static void wipe(struct text *content)
{
    if (content->bytes != NULL) {
        secret_wipe(content->bytes, content->size);
    }
    text_clear(content);
}

/* As PowerShell's > and exports of event logs have it. */
static bool decode(struct text *content, struct failure *why)
{
    struct text decoded = {0};
    const uint8_t *bytes = (const uint8_t *)content->bytes;

    if (content->size < 2 || bytes[0] != 0xFF || bytes[1] != 0xFE) {
        return true;
    }
    utf16le_add(&decoded, bytes + 2, content->size / 2 - 1);
    wipe(content);
    *content = decoded;
    return text_ok(content, why);
}

static bool read_file(struct verify_given *given, const char *path, line_fn *take,
                      struct failure *why)
{
    struct text content = {0};
    bool done =
        path == NULL || (file_read_stream(&content, path, LARGEST_FILE, why) &&
                         decode(&content, why) && take_lines(given, &content, take, path, why));

    wipe(&content);
    if (!done && why->kind != FAILURE_MEMORY) {
        why->kind = FAILURE_USAGE; /* it is not the ledger that cannot be read */
    }
    return done;
}

bool verify_given_read(struct verify_given *given, const struct options *options,
                       struct failure *why)
{
    const char *key = options_text(options, "key");
    const char *anchor = options_text(options, "anchor");

    if (!read_file(given, key, take_key, why) || !read_file(given, anchor, take_anchor, why)) {
        return false;
    }
    if (key != NULL && given->key_count == 0) {
        return FAIL(why, FAILURE_USAGE, 0,
                    "%s: there is no line \"portledger seal key of ledger ...\" in it", key);
    }
    return anchor == NULL || given->anchor_count > 0 ||
           FAIL(why, FAILURE_USAGE, 0, "%s: there is no \"seal ... of ledger ...\" in it", anchor);
}

void verify_given_plan(const struct verify_given *given, struct verify_plan *plan)
{
    plan->keys = given->keys;
    plan->key_count = given->key_count;
    plan->anchors = given->anchors;
    plan->anchor_count = given->anchor_count;
}
