/* SPDX-License-Identifier: MIT */
#pragma once

/* Whose disk a file is on. */
enum file_place {
    FILE_PLACE_LOCAL,
    FILE_PLACE_REMOTE,  /* another machine's: a network drive */
    FILE_PLACE_UNKNOWN, /* the system does not tell, or there is no such file */
};

enum file_place file_place_of(const char *path);
