/* SPDX-License-Identifier: MIT */

#include "service/first_key.h"

#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/paths.h"
#include "base/secret.h"
#include "service/data_folder.h"
#include "store/ledger.h"
#include "store/seal_key.h"
#include "store/sealer.h"

static bool has_key(const char *path, struct failure *why, bool *has)
{
    struct text key = {0};
    bool ok;

    text_addf(&key, "%s.key", path);
    ok = text_ok(&key, why);
    *has = ok && file_exists(text_bytes(&key));
    text_clear(&key);
    return ok;
}

bool first_key_make(const char *path, struct text *out, struct failure *why)
{
    struct ledger *ledger = NULL;
    struct text line = {0};
    bool has = false;
    bool ok = has_key(path, why, &has);

    if (!ok || has) {
        return ok;
    }
    ok = data_folder_prepare(path, why) && ledger_open(&ledger, path, LEDGER_WRITE, why) &&
         sealer_make_key(ledger, &line, why) && text_ok(&line, why);
    if (ok && line.size > 0) {
        text_addf(out,
                  "\nThe first key of the ledger's seals, in one line:\n\n%s\n\n"
                  "Keep it elsewhere and not on this machine; it is not shown again.\n"
                  "`portledger verify --key FILE` proves by it that the ledger was not changed.\n",
                  text_bytes(&line));
    }
    ledger_close(ledger);
    text_clear(&line);
    return ok;
}

/*
 * Keys that wait
 */

enum { LARGEST_FILE = 1 << 16 };

static bool add_path(struct text *file, const char *path, struct failure *why)
{
    text_addf(file, "%s.first-key", path);
    return text_ok(file, why);
}

/* The C library's buffer would keep a key beyond our reach. */
static bool append(const char *file, const char *line, struct failure *why)
{
    size_t size = strlen(line);
    FILE *out = file_open(file, "a", why);
    bool ok;

    if (out == NULL) {
        return false;
    }
    (void)setvbuf(out, NULL, _IONBF, 0);
    ok = (fwrite(line, 1, size, out) == size && fputc('\n', out) != EOF) ||
         failure_from_system(why, errno, "cannot write %s", file);
    ok = ok && file_sync(out, why);
    if (fclose(out) != 0 && ok) {
        ok = failure_from_system(why, errno, "cannot write %s", file);
    }
    return ok;
}

bool first_key_keep(const char *path, const char *line, struct failure *why)
{
    struct text file = {0};
    bool ok = add_path(&file, path, why) &&
              (file_exists(text_bytes(&file)) || file_make_private(text_bytes(&file), why)) &&
              append(text_bytes(&file), line, why);

    text_clear(&file);
    return ok;
}

/* What is no key is not ours to show, wherever the name may lead. */
static void add_keys(struct text *lines, char *content)
{
    while (*content != '\0') {
        size_t size = strcspn(content, "\n");
        bool last = content[size] == '\0';
        char id[SEAL_LEDGER_ID + 1];
        struct seal_key key;

        content[size] = '\0';
        if (seal_key_parse_line(content, &key, id)) {
            seal_key_add_line(lines, &key, id);
            text_add_char(lines, '\n');
        }
        secret_wipe(&key, sizeof(key));
        content += last ? size : size + 1;
    }
}

bool first_key_read(const char *path, struct text *lines, struct failure *why)
{
    struct text content = {0};
    struct text file = {0};
    bool ok = add_path(&file, path, why);

    if (ok && file_read(&content, text_bytes(&file), LARGEST_FILE, why)) {
        add_keys(lines, content.size > 0 ? content.bytes : (char[]){""});
        ok = text_ok(lines, why);
    } else if (ok) {
        ok = why->kind == FAILURE_MISSING;
    }
    if (content.bytes != NULL) {
        secret_wipe(content.bytes, content.size);
    }
    text_clear(&content);
    text_clear(&file);
    return ok;
}

/* What is only unlinked stays on the disk. (What the disk keeps besides is out of our reach.) */
static bool overwrite(const char *file, struct failure *why)
{
    static const char nothing[512] = {0};
    int64_t left = file_size(file);
    FILE *out = file_open(file, "r+", why);
    bool ok = true;

    if (out == NULL) {
        return false;
    }
    (void)setvbuf(out, NULL, _IONBF, 0);
    while (ok && left > 0) {
        size_t size = left < (int64_t)sizeof(nothing) ? (size_t)left : sizeof(nothing);

        ok = fwrite(nothing, 1, size, out) == size ||
             failure_from_system(why, errno, "cannot overwrite %s", file);
        left -= (int64_t)size;
    }
    ok = ok && file_sync(out, why);
    if (fclose(out) != 0 && ok) {
        ok = failure_from_system(why, errno, "cannot overwrite %s", file);
    }
    return ok;
}

bool first_key_forget(const char *path, struct failure *why)
{
    struct text file = {0};
    bool ok = add_path(&file, path, why) && overwrite(text_bytes(&file), why) &&
              file_remove(text_bytes(&file), why);

    text_clear(&file);
    return ok;
}
