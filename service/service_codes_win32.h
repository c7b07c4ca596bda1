/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What Windows makes of the service's name, and what the verbs and the service
 * mean by the control codes that it leaves to a service.
 */

/* The SID of the service: S-1-5-80 and the SHA-1 of its name in capitals, UTF-16. */
#define SERVICE_SID L"S-1-5-80-3364485507-433462380-2821526545-1572748023-1640636442"

enum {
    SERVICE_CODE_SAMPLE = 128, /* take a sample now */
};
