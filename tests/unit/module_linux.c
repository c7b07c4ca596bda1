/* SPDX-License-Identifier: MIT */

/*
 * A library that the process actor loads.
 */

int module_answer(void);

int module_answer(void)
{
    return 42;
}
