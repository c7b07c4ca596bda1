/* SPDX-License-Identifier: MIT */

#include "reportcli/explain_names.h"

#include <inttypes.h>
#include <string.h>

#include "reportcli/explain_rows.h"

enum { NAMES_TOLD = 6, PIDS_TOLD = 8 };

static bool is_same_owner(const struct ledger_interval *a, const struct ledger_interval *b)
{
    return a->owner_id == b->owner_id && a->socket.attribution == b->socket.attribution &&
           (a->owner != NULL || a->socket.pid == b->socket.pid);
}

void explain_names_add(struct explain_names *names, const struct ledger_interval *interval)
{
    for (size_t i = 0; i < names->count; i++) {
        if (is_same_owner(names->rows[i], interval)) {
            return;
        }
    }
    if (names->count == EXPLAIN_NAMES) {
        names->more = true;
        return;
    }
    names->rows[names->count++] = interval;
}

static bool is_same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool is_same_image(const struct image *a, const struct image *b)
{
    const struct image_facts *one = a == NULL ? NULL : image_facts(a);
    const struct image_facts *two = b == NULL ? NULL : image_facts(b);

    if (one == NULL || two == NULL) {
        return one == two;
    }
    return one->status == two->status && one->verdict == two->verdict &&
           memcmp(one->sha256, two->sha256, sizeof(one->sha256)) == 0;
}

bool explain_names_alike(const struct process_instance *a, const struct process_instance *b)
{
    return strcmp(process_instance_shown_name(a), process_instance_shown_name(b)) == 0 &&
           is_same_text(a->path, b->path) && is_same_image(a->image, b->image) &&
           is_same_text(a->user == NULL ? NULL : a->user->id, b->user == NULL ? NULL : b->user->id);
}

/* Whether two owners have one name on the page, and are known in the same way where that counts. */
static bool is_same_name(const struct ledger_interval *a, const struct ledger_interval *b,
                         bool sure)
{
    if (a->owner == NULL || b->owner == NULL ||
        (sure && a->socket.attribution != b->socket.attribution)) {
        return a == b;
    }
    return strcmp(process_instance_shown_name(a->owner), process_instance_shown_name(b->owner)) ==
           0;
}

static size_t first_of_name(const struct explain_names *names, size_t i, bool sure)
{
    size_t first = 0;

    while (!is_same_name(names->rows[first], names->rows[i], sure)) {
        first++;
    }
    return first;
}

/* The same process may be there twice, known in two ways. */
static bool was_listed(const struct explain_names *names, size_t first, size_t i, bool sure)
{
    for (size_t k = first; k < i; k++) {
        if (names->rows[k]->owner_id == names->rows[i]->owner_id &&
            is_same_name(names->rows[k], names->rows[i], sure)) {
            return true;
        }
    }
    return false;
}

static void say_name(struct text *words, const struct explain_names *names, size_t first, bool sure)
{
    const struct ledger_interval *row = names->rows[first];
    struct text pids = {0};
    size_t count = 0;

    if (row->owner == NULL) {
        explain_add_nobody(words, row);
        return;
    }
    for (size_t i = first; i < names->count; i++) {
        if (is_same_name(row, names->rows[i], sure) && !was_listed(names, first, i, sure) &&
            count++ < PIDS_TOLD) {
            text_addf(&pids, "%s%" PRIu32, count > 1 ? ", " : "", names->rows[i]->owner->pid);
        }
    }
    text_addf(words, "%s (pid%s %s", process_instance_shown_name(row->owner), count > 1 ? "s" : "",
              text_bytes(&pids));
    if (count > PIDS_TOLD) {
        text_addf(words, " and %zu more", count - PIDS_TOLD);
    }
    text_add_char(words, ')');
    if (sure) {
        text_addf(words, ", %s", socket_attribution_name(row->socket.attribution));
    }
    words->failed = words->failed || pids.failed;
    text_clear(&pids);
}

void explain_names_say(struct text *words, const struct explain_names *names, bool sure)
{
    size_t told = 0;

    for (size_t i = 0; i < names->count; i++) {
        if (first_of_name(names, i, sure) != i || told++ >= NAMES_TOLD) {
            continue;
        }
        text_add(words, told == 1 ? "" : sure ? "; " : ", ");
        say_name(words, names, i, sure);
    }
    if (told > NAMES_TOLD) {
        text_addf(words, "%s and %zu more programs", sure ? ";" : "", told - NAMES_TOLD);
    }
    text_add(words, names->more ? ", and still others" : "");
}
