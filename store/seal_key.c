/* SPDX-License-Identifier: MIT */

#include "store/seal_key.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/secret.h"
#include "base/sha256_file.h"
#include "store/seal.h"

/* A place in the file: all of it is written at once. */
enum {
    PLACES = 2,
    PLACE_SIZE = 512,
    MARK_AT = 0,
    ID_AT = 16,
    NUMBER_AT = 64,
    FROM_AT = 72,
    KEY_AT = 80,
    SUM_AT = 112, /* SHA-256 of all before it */
};

static const char mark[16] = "PortLedger key 1";

static const char line_begin[] = "portledger seal key of ledger ";

static int64_t get(const uint8_t bytes[8])
{
    uint64_t number = 0;

    for (int i = 0; i < 8; i++) {
        number = number << 8 | bytes[i];
    }
    return (int64_t)number;
}

static bool take_place(const uint8_t place[PLACE_SIZE], const char *ledger_id, struct seal_key *key)
{
    uint8_t sum[SHA256_SIZE];
    struct failure ignored;

    if (memcmp(place + MARK_AT, mark, sizeof(mark)) != 0 ||
        memcmp(place + ID_AT, ledger_id, SEAL_LEDGER_ID) != 0 ||
        !sha256_bytes(sum, place, SUM_AT, &ignored) ||
        memcmp(sum, place + SUM_AT, sizeof(sum)) != 0) {
        return false;
    }
    key->number = get(place + NUMBER_AT);
    key->from = get(place + FROM_AT);
    memcpy(key->bytes, place + KEY_AT, sizeof(key->bytes));
    return true;
}

/* *at is the place of the newest key; -1: there is none. */
static void read_places(FILE *file, const char *ledger_id, struct seal_key *key, int *at)
{
    uint8_t place[PLACE_SIZE];
    struct seal_key one;

    *at = -1;
    for (int i = 0; i < PLACES; i++) {
        if (fseek(file, (long)i * PLACE_SIZE, SEEK_SET) == 0 &&
            fread(place, 1, sizeof(place), file) == sizeof(place) &&
            take_place(place, ledger_id, &one) && (*at < 0 || one.number > key->number)) {
            *key = one;
            *at = i;
        }
    }
    secret_wipe(place, sizeof(place));
    secret_wipe(&one, sizeof(one));
}

/* The C library's buffer would keep a key beyond our reach. */
static FILE *open_file(const char *path, const char *mode, struct failure *why)
{
    FILE *file = file_open(path, mode, why);

    if (file != NULL) {
        (void)setvbuf(file, NULL, _IONBF, 0);
    }
    return file;
}

bool seal_key_read(struct seal_key *key, const char *path, const char *ledger_id, bool *found,
                   struct failure *why)
{
    FILE *file = open_file(path, "r", why);
    int at;

    *found = false;
    if (file == NULL) {
        return why->kind == FAILURE_MISSING;
    }
    read_places(file, ledger_id, key, &at);
    *found = at >= 0;
    fclose(file);
    return true;
}

static bool write_place(FILE *file, int at, const uint8_t place[PLACE_SIZE], struct failure *why)
{
    if (fseek(file, (long)at * PLACE_SIZE, SEEK_SET) != 0 ||
        fwrite(place, 1, PLACE_SIZE, file) != PLACE_SIZE) {
        return failure_from_system(why, errno, "cannot write the key of the seals");
    }
    return file_sync(file, why);
}

static bool make_place(uint8_t place[PLACE_SIZE], const struct seal_key *key, const char *ledger_id,
                       struct failure *why)
{
    memset(place, 0, PLACE_SIZE);
    memcpy(place + MARK_AT, mark, sizeof(mark));
    memcpy(place + ID_AT, ledger_id, SEAL_LEDGER_ID);
    seal_put(place + NUMBER_AT, key->number);
    seal_put(place + FROM_AT, key->from);
    memcpy(place + KEY_AT, key->bytes, sizeof(key->bytes));
    return sha256_bytes(place + SUM_AT, place, SUM_AT, why);
}

static bool replace_key(FILE *file, const struct seal_key *key, const char *ledger_id,
                        struct failure *why)
{
    static const uint8_t nothing[PLACE_SIZE] = {0};
    uint8_t place[PLACE_SIZE];
    struct seal_key present;
    int at;
    bool ok;

    read_places(file, ledger_id, &present, &at);
    secret_wipe(&present, sizeof(present));
    at = at == 0 ? 1 : 0;
    ok = make_place(place, key, ledger_id, why) && write_place(file, at, place, why) &&
         write_place(file, 1 - at, nothing, why);
    secret_wipe(place, sizeof(place));
    return ok;
}

bool seal_key_store(const struct seal_key *key, const char *path, const char *ledger_id,
                    struct failure *why)
{
    FILE *file;
    bool ok;

    if (!file_exists(path) && !file_make_private(path, why)) {
        return false;
    }
    file = open_file(path, "r+", why);
    if (file == NULL) {
        return false;
    }
    ok = replace_key(file, key, ledger_id, why);
    if (fclose(file) != 0 && ok) {
        ok = failure_from_system(why, errno, "cannot write %s", path);
    }
    return ok;
}

void seal_key_add_line(struct text *line, const struct seal_key *key, const char *ledger_id)
{
    text_addf(line, "%s%s, from seal %" PRId64 ": ", line_begin, ledger_id, key->number);
    sha256_add_hex(line, key->bytes);
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool parse_hex(const char *text, uint8_t bytes[HMAC_KEY_SIZE])
{
    for (int i = 0; i < HMAC_KEY_SIZE; i++, text += 2) {
        int high = digit_of(text[0]);
        int low = high < 0 ? -1 : digit_of(text[1]);

        if (low < 0) {
            return false;
        }
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool seal_key_parse_line(const char *line, struct seal_key *key, char ledger_id[SEAL_LEDGER_ID + 1])
{
    static const char middle[] = ", from seal ";
    const char *at = strstr(line, line_begin);
    char *end;

    if (at == NULL || strlen(at) < sizeof(line_begin) - 1 + SEAL_LEDGER_ID) {
        return false;
    }
    at += sizeof(line_begin) - 1;
    memcpy(ledger_id, at, SEAL_LEDGER_ID);
    ledger_id[SEAL_LEDGER_ID] = '\0';
    at += SEAL_LEDGER_ID;
    if (strncmp(at, middle, sizeof(middle) - 1) != 0) {
        return false;
    }
    at += sizeof(middle) - 1;
    errno = 0;
    key->number = key->from = strtoll(at, &end, 10);
    return *at >= '0' && *at <= '9' && errno == 0 && strncmp(end, ": ", 2) == 0 &&
           parse_hex(end + 2, key->bytes) && digit_of(end[2 + (size_t)2 * HMAC_KEY_SIZE]) < 0;
}

bool seal_key_has_line(const char *line)
{
    const char *at = strstr(line, line_begin);

    return at != NULL && digit_of(at[sizeof(line_begin) - 1]) >= 0;
}
