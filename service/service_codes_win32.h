/* SPDX-License-Identifier: MIT */
#pragma once

/* What the verbs and the service mean by the control codes that Windows leaves to a service. */

enum {
    SERVICE_CODE_SAMPLE = 128, /* take a sample now */
};
