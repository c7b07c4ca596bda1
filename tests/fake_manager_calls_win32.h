/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A service control manager that knows one service, does as it is told, and
 * keeps the structures that it was given, in the place of
 * manager_calls_win32.h. Texts in them are copied where they would be gone.
 */

#include <windows.h>

#include <stdbool.h>

enum { FAKE_LEVELS = 16, FAKE_REPORTS = 64, FAKE_TEXT = 512, FAKE_ACTIONS = 8 };

extern struct fake_manager {
    /* What comes out. */
    bool installed;
    DWORD state;          /* of the service */
    bool ignores;         /* what is told leads to no other state */
    bool holds_privilege; /* its account was given the one that is asked for */
    DWORD open_error;
    DWORD create_error;
    DWORD change_error;
    DWORD control_error;
    DWORD protect_error;
    DWORD register_error;
    DWORD dispatch_error;
    DWORD errors[FAKE_LEVELS]; /* of ChangeServiceConfig2W(), by level */

    /* What was told. */
    int handles; /* that are open */
    int created;
    int changed; /* what the service is, not how it is configured */
    int deleted;
    DWORD start;
    wchar_t line[FAKE_TEXT];
    wchar_t account[FAKE_TEXT];
    bool configured[FAKE_LEVELS];
    SERVICE_SID_INFO sid;
    wchar_t privileges[FAKE_TEXT]; /* the first of the list */
    bool one_privilege;            /* and there is no other */
    SERVICE_DESCRIPTIONW description;
    SERVICE_FAILURE_ACTIONSW failure;
    SC_ACTION actions[FAKE_ACTIONS];
    SERVICE_FAILURE_ACTIONS_FLAG flag;
    SERVICE_PRESHUTDOWN_INFO preshutdown;
    SERVICE_DELAYED_AUTO_START_INFO delayed;
    wchar_t access[FAKE_TEXT]; /* in SDDL */
    DWORD controls[FAKE_REPORTS];
    int control_count;

    /* The service's side. */
    LPHANDLER_FUNCTION_EX handler;
    void *context;
    SERVICE_STATUS reports[FAKE_REPORTS];
    int report_count;
} fake_manager;

/* A control, as the manager brings it. What the handler returned. */
DWORD fake_manager_send(DWORD control, DWORD type);

/* The state in which the service said last that it is. */
const SERVICE_STATUS *fake_manager_last(void);
