/* SPDX-License-Identifier: MIT */

/*
 * Times from anybody, in a zone that the input chooses. A moment that was read
 * must be the same when it is shown and read again.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock_fake.h"
#include "base/time_text.h"

#define NOW INT64_C(1795183200000)

/* The first year that four digits can say, and the last, less the reach of any zone. */
#define FIRST_SHOWN INT64_C(-62167132800000)
#define LAST_SHOWN INT64_C(253402214400000)

static void check_shown(int64_t at, enum time_zone_choice zone)
{
    struct failure why;
    struct text text = {0};
    int64_t again = 0;
    int64_t same = 0;

    time_text_add_table(&text, at, zone);
    text_add_char(&text, '\0');
    time_text_add_rfc3339(&text, at, zone);
    if (at >= FIRST_SHOWN && at <= LAST_SHOWN) {
        const char *second = text_bytes(&text) + strlen(text_bytes(&text)) + 1;

        if (!time_text_parse(text_bytes(&text), NOW, &again, NULL, &why) || again != at ||
            !time_text_parse(second, NOW, &same, NULL, &why) || same != at) {
            abort();
        }
    }
    text_clear(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct clock_fake_change changes[2] = {{NOW - 7200000, 7200}, {NOW - 3600000, 3600}};
    struct failure why = {0};
    char word[80] = {0};
    int64_t second = 0;
    int64_t at = 0;

    if (size < 3 || size - 3 >= sizeof(word)) {
        return 0;
    }
    changes[0].offset = (int8_t)data[0] * 397; /* up to 14 hours either way */
    changes[1].offset = (int8_t)data[1] * 397;
    changes[1].at += data[2] * INT64_C(3600000);
    memcpy(word, data + 3, size - 3);
    clock_fake_reset();
    clock_fake_set(NOW);
    clock_fake_set_zone((int8_t)data[0] * 60, changes, 2);
    if (time_text_parse(word, NOW, &at, &second, &why)) {
        check_shown(at, TIME_ZONE_LOCAL);
        check_shown(second, TIME_ZONE_UTC);
        if (second < at) {
            abort();
        }
    } else if (why.kind != FAILURE_USAGE) {
        abort();
    }
    return 0;
}
