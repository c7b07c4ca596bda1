/* SPDX-License-Identifier: MIT */

#include "base/version.h"

/* The build defines PORTLEDGER_VERSION for this file alone. */
const char portledger_version[] = PORTLEDGER_VERSION;
