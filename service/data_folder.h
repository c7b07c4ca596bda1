/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The folder of the ledger. Whoever can put files into it before the service
 * first runs could hand it a ledger, settings or a key of his own.
 */

#include <stdbool.h>

#include "base/failure.h"
#include "base/text.h"

/*
 * Looks at the usual folder, where others than administrators can make one
 * like it. One that belongs to another user, or is a link, is not touched inside: it gets another
 * name, which *moved has then, with the reason in *because. Otherwise *moved stays empty. For those
 * alone who use the usual folder, before anything in it is believed.
 */
bool data_folder_clear_way(struct text *moved, struct failure *because,
                           struct failure *why) NODISCARD;

/*
 * Makes the folder of the ledger at `path`, or sees that the one that is there
 * is safe: FAILURE_DENIED says why it is not.
 */
bool data_folder_prepare(const char *path, struct failure *why) NODISCARD;

/* Whether that is there and safe; nothing is made. */
bool data_folder_is_safe(const char *path, struct failure *why) NODISCARD;
