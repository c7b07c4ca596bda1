/* SPDX-License-Identifier: MIT */

/*
 * Baselines from anybody. The hash of whatever comes in is made to fit, so that
 * what is behind it is reached: whoever writes such a file can do so too.
 */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/sha256_file.h"
#include "base/text.h"
#include "reportcli/baseline.h"
#include "reportcli/difference.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* The file without its last line, with one that fits. */
static bool seal(struct text *file, const uint8_t *bytes, size_t size)
{
    uint8_t digest[SHA256_SIZE];
    struct failure why;

    text_add_bytes(file, bytes, size);
    if (!sha256_bytes(digest, text_bytes(file), file->size, &why)) {
        return false;
    }
    text_add(file, "\"sha256\":\"");
    sha256_add_hex(file, digest);
    text_add(file, "\"}\n");
    return text_ok(file, &why);
}

/* What a reader of a sound baseline may do with it. */
static void use(struct baseline *baseline)
{
    const struct snapshot *snapshot = &baseline->snapshot;
    const struct difference_wish wish = {.by_program = false};
    struct difference difference = {0};
    struct failure why;

    for (size_t i = 0; i < snapshot->socket_count; i++) {
        const struct process_instance *owner = snapshot_owner(snapshot, &snapshot->sockets[i]);

        if (owner != NULL && process_instance_shown_name(owner) == NULL) {
            abort();
        }
    }
    if (snapshot->ended_count > snapshot->process_count ||
        !difference_make(&difference, snapshot, snapshot, &wish, &why) ||
        difference.counts[DIFFERENCE_OPENED] + difference.counts[DIFFERENCE_CLOSED] > 0) {
        abort();
    }
    difference_clear(&difference);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct baseline baseline = {0};
    struct text file = {0};
    struct failure why;

    if (seal(&file, bytes, size) && baseline_parse(&baseline, text_bytes(&file), file.size, &why)) {
        use(&baseline);
    }
    baseline_clear(&baseline);
    text_clear(&file);
    return 0;
}
