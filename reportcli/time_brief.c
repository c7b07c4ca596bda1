/* SPDX-License-Identifier: MIT */

#include "reportcli/time_brief.h"

#include <string.h>

#include "base/text.h"

static const char form[] = "0000-00-00 00:00:00"; /* .000 and an offset may follow */

enum { WHOLE_SECONDS = sizeof(form) - 1 };

void time_brief_make(struct time_brief *brief, int64_t now, enum time_zone_choice zone)
{
    struct text words = {0};

    *brief = (struct time_brief){0};
    time_text_add_table(&words, now, zone);
    if (words.size >= WHOLE_SECONDS + TIME_BRIEF_OFFSET) {
        memcpy(brief->year, words.bytes, TIME_BRIEF_YEAR);
        memcpy(brief->offset, words.bytes + words.size - TIME_BRIEF_OFFSET, TIME_BRIEF_OFFSET);
    }
    text_clear(&words);
}

static bool is_time(const char *cell, size_t size)
{
    if (size < WHOLE_SECONDS || size >= TIME_BRIEF_SIZE) {
        return false;
    }
    for (size_t i = 0; i < WHOLE_SECONDS; i++) {
        bool digit = cell[i] >= '0' && cell[i] <= '9';

        if (digit != (form[i] == '0') || (!digit && cell[i] != form[i])) {
            return false;
        }
    }
    return true;
}

const char *time_brief_cell(const struct time_brief *brief, const char *cell,
                            char out[TIME_BRIEF_SIZE])
{
    size_t size = strlen(cell);
    const char *begin = cell;
    const char *offset;
    size_t length;

    if (!is_time(cell, size)) {
        return cell;
    }
    begin += strncmp(cell, brief->year, TIME_BRIEF_YEAR) == 0 ? TIME_BRIEF_YEAR : 0;
    length = (size_t)(cell + WHOLE_SECONDS - begin);
    memcpy(out, begin, length);
    out[length] = '\0';
    offset = strchr(cell + WHOLE_SECONDS, ' ');
    if (offset != NULL && strcmp(offset + 1, brief->offset) != 0) {
        memcpy(out + length, offset, strlen(offset) + 1);
    }
    return out;
}
