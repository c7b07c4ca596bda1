/* SPDX-License-Identifier: MIT */
#pragma once

/* What the copy for everyone is called in the folder that ledger.share.folder names. */
#define LEDGER_SHARE_NAME "portledger-copy.db"
