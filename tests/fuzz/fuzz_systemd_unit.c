/* SPDX-License-Identifier: MIT */

/*
 * Files /proc/PID/cgroup of anybody. A unit that is found must be a name that
 * is fit for every output, and stand in the text.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "collector/systemd_unit.h"

static void check_name(const struct text *unit, const char *cgroup, size_t size)
{
    if (unit->size < strlen("x.swap") || unit->size > 255 || unit->size > size ||
        strlen(text_bytes(unit)) != unit->size || strchr(text_bytes(unit), '/') != NULL ||
        memmem(cgroup, size, text_bytes(unit), unit->size) == NULL) {
        abort();
    }
    for (size_t i = 0; i < unit->size; i++) {
        if (unit->bytes[i] <= ' ' || unit->bytes[i] > '~') {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *cgroup = (const char *)data;
    struct text unit = {0};

    if (systemd_unit_find(cgroup, size, &unit)) {
        check_name(&unit, cgroup, size);
    } else if (unit.size != 0) {
        abort();
    }
    text_clear(&unit);
    return 0;
}
