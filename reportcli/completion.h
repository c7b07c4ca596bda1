/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Scripts that let a shell complete what is typed behind portledger: made of
 * the same tables as the help.
 */

#include "base/text.h"

/* For bash 4 and later, with nothing else installed: to be sourced. */
void completion_add_bash(struct text *text);

/* For Windows PowerShell 5 and PowerShell 7: to be run, or to stand in a profile. */
void completion_add_powershell(struct text *text);
