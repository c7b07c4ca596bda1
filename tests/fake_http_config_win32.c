/* SPDX-License-Identifier: MIT */

#include "tests/fake_http_config_win32.h"

#include <string.h>

#include <http.h>

#include "collector/http_config_win32.h"

struct fake_http_config fake_http_config;

ULONG http_config_open(void)
{
    fake_http_config.opened += fake_http_config.open_error == NO_ERROR;
    return fake_http_config.open_error;
}

/* The structure, and behind it the text that it points to. */
static void fill(BYTE *buffer, const wchar_t *url, size_t text_size)
{
    HTTP_SERVICE_CONFIG_URLACL_SET set = {0};

    if (url != NULL) {
        set.KeyDesc.pUrlPrefix = (wchar_t *)(buffer + sizeof(set));
        memcpy(buffer + sizeof(set), url, text_size);
    }
    memcpy(buffer, &set, sizeof(set));
}

ULONG http_config_reservation(ULONG which, void *buffer, ULONG size, ULONG *needed)
{
    const wchar_t *url;
    size_t text_size;

    fake_http_config.calls++;
    if (fake_http_config.fail_error != NO_ERROR && which == fake_http_config.fail_at) {
        return fake_http_config.fail_error;
    }
    if (which >= fake_http_config.count) {
        return ERROR_NO_MORE_ITEMS;
    }
    url = fake_http_config.urls[which];
    text_size = url == NULL ? 0 : (wcslen(url) + 1) * sizeof(wchar_t);
    *needed = (ULONG)(sizeof(HTTP_SERVICE_CONFIG_URLACL_SET) + text_size) +
              fake_http_config.growth * (ULONG)fake_http_config.calls;
    if (size < *needed) {
        return ERROR_INSUFFICIENT_BUFFER;
    }
    fill(buffer, url, text_size);
    return NO_ERROR;
}

void http_config_close(void)
{
    fake_http_config.closed++;
}
