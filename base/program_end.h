/* SPDX-License-Identifier: MIT */
#pragma once

/* Closes the console. Returns the exit status that the process ends with: see program.h. */
int program_end(int status);
