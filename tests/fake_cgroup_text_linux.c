/* SPDX-License-Identifier: MIT */

#include "tests/fake_cgroup_text_linux.h"

#include "collector/cgroup_text_linux.h"

struct fake_cgroup_text fake_cgroup_text;

bool cgroup_text_read(uint32_t pid, uint64_t start, struct text *content)
{
    if (pid != fake_cgroup_text.pid || start != fake_cgroup_text.start ||
        fake_cgroup_text.text == NULL) {
        return false;
    }
    text_reset(content);
    text_add(content, fake_cgroup_text.text);
    return true;
}
