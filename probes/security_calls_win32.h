/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The calls of secur32.dll (SSPI) and crypt32.dll that a TLS session needs,
 * looked up at run time. NULL is one that this Windows lacks. Tests make a table
 * of their own.
 */

#include <stdbool.h>

#include <winsock2.h>
#include <windows.h>
#include <wincrypt.h>

#define SECURITY_WIN32
#include <security.h>

struct security_calls {
    SecurityFunctionTableW *sspi;

    const CERT_CONTEXT *(WINAPI *next_certificate)(HCERTSTORE store, const CERT_CONTEXT *before);
    const CERT_CONTEXT *(WINAPI *keep_certificate)(const CERT_CONTEXT *certificate);
    BOOL(WINAPI *free_certificate)(const CERT_CONTEXT *certificate);
    BOOL(WINAPI *build_chain)
    (HCERTCHAINENGINE engine, const CERT_CONTEXT *leaf, FILETIME *time, HCERTSTORE store,
     CERT_CHAIN_PARA *rules, DWORD flags, void *reserved, const CERT_CHAIN_CONTEXT **chain);
    void(WINAPI *free_chain)(const CERT_CHAIN_CONTEXT *chain);
    BOOL(WINAPI *judge_chain)
    (const char *policy, const CERT_CHAIN_CONTEXT *chain, CERT_CHAIN_POLICY_PARA *rules,
     CERT_CHAIN_POLICY_STATUS *status);
};

/* False where this Windows has no SSPI: all others may be missing all the same. */
bool security_calls_find(struct security_calls *calls);
