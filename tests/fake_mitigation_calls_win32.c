/* SPDX-License-Identifier: MIT */

#include "tests/fake_mitigation_calls_win32.h"

#include "service/mitigation_calls_win32.h"

struct fake_mitigations fake_mitigations;

/* What is set once stays so: as with Windows, less is refused. */
DWORD mitigation_calls_set(PROCESS_MITIGATION_POLICY policy, DWORD flags)
{
    if (fake_mitigations.missing) {
        return ERROR_PROC_NOT_FOUND;
    }
    if ((flags & ~fake_mitigations.knows[policy]) != 0) {
        return ERROR_INVALID_PARAMETER;
    }
    if ((fake_mitigations.set[policy] & ~flags) != 0) {
        return ERROR_ACCESS_DENIED;
    }
    fake_mitigations.set[policy] = flags;
    return ERROR_SUCCESS;
}

DWORD mitigation_calls_get(DWORD pid, PROCESS_MITIGATION_POLICY policy, DWORD *flags)
{
    (void)pid;
    *flags = fake_mitigations.set[policy];
    if (fake_mitigations.missing) {
        return ERROR_PROC_NOT_FOUND;
    }
    if (fake_mitigations.denied) {
        return ERROR_ACCESS_DENIED;
    }
    return fake_mitigations.knows[policy] != 0 ? ERROR_SUCCESS : ERROR_INVALID_PARAMETER;
}
