/* SPDX-License-Identifier: MIT */

/*
 * Command lines of anybody. What is shown of one stands in it, in the same order, and one in
 * which no secret is found stays as it is.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "reportcli/secret_mask.h"

static void must(bool held)
{
    if (!held) {
        abort();
    }
}

/* What stands between the masks, in turn. */
static void check_shown(const char *line, const char *masked)
{
    while (*masked != '\0') {
        const char *mask = strstr(masked, "***");
        size_t size = mask != NULL ? (size_t)(mask - masked) : strlen(masked);
        const char *found = size > 0 ? memmem(line, strlen(line), masked, size) : line;

        must(found != NULL);
        line = found + size;
        masked += size + (mask != NULL ? 3 : 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text line = {0};
    struct text masked = {0};
    bool any;

    text_add_bytes(&line, data, size);
    any = secret_mask_add(&masked, text_bytes(&line));
    must(secret_mask_finds(text_bytes(&line)) == any);
    must(any || strcmp(text_bytes(&masked), text_bytes(&line)) == 0);
    if (strchr(text_bytes(&line), '*') == NULL) {
        check_shown(text_bytes(&line), text_bytes(&masked));
    }
    text_clear(&masked);
    text_clear(&line);
    return 0;
}
