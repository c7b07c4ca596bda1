/* SPDX-License-Identifier: MIT */

#include "service/first_key.h"

#include "base/file.h"
#include "service/data_folder.h"
#include "store/ledger.h"
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
