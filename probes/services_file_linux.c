/* SPDX-License-Identifier: MIT */

#include "probes/services.h"

bool services_file_path(struct text *path, struct failure *why)
{
    text_add(path, "/etc/services");
    return text_ok(path, why);
}
