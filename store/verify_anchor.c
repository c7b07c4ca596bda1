/* SPDX-License-Identifier: MIT */

/* Published heads as they are written and read. */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/sha256_file.h"
#include "store/verify.h"

static const char seal_word[] = "seal ";
static const char of_words[] = " of ledger ";

static int digit_of(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_head(const char *text, uint8_t head[SHA256_SIZE])
{
    for (int i = 0; i < SHA256_SIZE; i++, text += 2) {
        int high = digit_of(text[0]);
        int low = high < 0 ? -1 : digit_of(text[1]);

        if (low < 0) {
            return false;
        }
        head[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* What is no number of a seal must not become another one, which then would not be there. */
static bool parse_number(const char *at, int64_t *number, char **end)
{
    errno = 0;
    *number = strtoll(at, end, 10);
    return is_digit(*at) && errno == 0;
}

/* From a "seal " on. */
static bool parse_from(const char *at, struct verify_anchor *anchor,
                       char ledger_id[SEAL_LEDGER_ID + 1])
{
    char *end;

    if (!parse_number(at, &anchor->number, &end) ||
        strncmp(end, of_words, sizeof(of_words) - 1) != 0) {
        return false;
    }
    end += sizeof(of_words) - 1;
    if (strlen(end) < SEAL_LEDGER_ID + 2 || strncmp(end + SEAL_LEDGER_ID, ": ", 2) != 0) {
        return false;
    }
    memcpy(ledger_id, end, SEAL_LEDGER_ID);
    ledger_id[SEAL_LEDGER_ID] = '\0';
    end += SEAL_LEDGER_ID + 2;
    return parse_head(end, anchor->head) && digit_of(end[(size_t)2 * SHA256_SIZE]) < 0;
}

/* From a "seal " on: as far as nothing else begins. */
static bool begins_as_one(const char *at)
{
    at += *at == '-' || *at == '+';
    if (!is_digit(*at)) {
        return false;
    }
    while (is_digit(*at)) {
        at++;
    }
    return strncmp(at, of_words, sizeof(of_words) - 1) == 0;
}

bool verify_has_torn_anchor(const char *line)
{
    struct verify_anchor anchor;
    char id[SEAL_LEDGER_ID + 1];

    while ((line = strstr(line, seal_word)) != NULL) {
        line += sizeof(seal_word) - 1;
        if (begins_as_one(line) && !parse_from(line, &anchor, id)) {
            return true;
        }
    }
    return false;
}

bool verify_parse_anchor(const char *line, struct verify_anchor *anchor,
                         char ledger_id[SEAL_LEDGER_ID + 1])
{
    while ((line = strstr(line, seal_word)) != NULL) {
        line += sizeof(seal_word) - 1;
        if (parse_from(line, anchor, ledger_id)) {
            return true;
        }
    }
    return false;
}

void verify_add_anchor(struct text *text, const struct verify_anchor *anchor, const char *ledger_id)
{
    text_addf(text, "%s%" PRId64 "%s%s: ", seal_word, anchor->number, of_words, ledger_id);
    sha256_add_hex(text, anchor->head);
}
