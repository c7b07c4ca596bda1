/* SPDX-License-Identifier: MIT */

#include "base/secret.h"

#include <stdint.h>

void secret_wipe(void *bytes, size_t size)
{
    /* A write to what is volatile is never left out. */
    volatile uint8_t *at = bytes;

    while (size-- > 0) {
        *at++ = 0;
    }
}

bool secret_equal(const void *a, const void *b, size_t size)
{
    const uint8_t *left = a;
    const uint8_t *right = b;
    uint8_t different = 0;

    for (size_t i = 0; i < size; i++) {
        different |= (uint8_t)(left[i] ^ right[i]);
    }
    return different == 0;
}
