/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Small image files, made to measure. All are appended to a text, which serves
 * as a buffer of bytes.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "collector/image_bytes.h"

struct made_pe {
    bool plus;               /* PE32+ */
    const uint16_t *company; /* NULL: none */
    size_t company_units;
    uint64_t version;
    bool no_fixed;
};

enum {
    MADE_PE_HEADER = 0x40, /* where the parts of a made PE file are */
    MADE_PE_SECTION_ADDRESS = 0x1000,
    MADE_PE_RESOURCES = 0x200,
    MADE_PE_VERSION = MADE_PE_RESOURCES + 0x60,
};

void made_pe(struct text *file, const struct made_pe *pe);

struct made_elf {
    bool wide;       /* 64 bits */
    bool big;        /* big-endian */
    bool in_section; /* the note is in a section, and there are no segments */
    uint32_t alignment;
    const char *owner;
    uint32_t type;
    const void *id;
    uint32_t id_size;
};

void made_elf(struct text *file, const struct made_elf *elf);

/* Overwrites a number that was made before. */
void made_put16(struct text *file, size_t at, uint16_t number);
void made_put32(struct text *file, size_t at, uint32_t number);

/* Reads a made file. Valid as long as it is. */
struct image_bytes made_bytes(const struct text *file);
