/* SPDX-License-Identifier: MIT */

/* Image files from anybody. What is read of them must be what a ledger can hold. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "collector/elf_image.h"
#include "collector/pe_image.h"

struct file {
    const uint8_t *bytes;
    size_t size;
};

static int64_t read_file(void *context, uint64_t offset, void *buffer, size_t size)
{
    const struct file *file = context;
    size_t there = offset < file->size ? file->size - (size_t)offset : 0;

    if (there > size) {
        there = size;
    }
    if (there > 0) {
        memcpy(buffer, file->bytes + offset, there);
    }
    return (int64_t)there;
}

static void check_text(const struct text *text, size_t longest)
{
    struct text again = {0};

    text_add_utf8(&again, text_bytes(text), text->size);
    if (text->failed || text->size > longest || strlen(text_bytes(text)) != text->size ||
        strcmp(text_bytes(&again), text_bytes(text)) != 0) {
        abort();
    }
    text_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct file file = {data, size};
    struct image_bytes bytes = {.read = read_file, .context = &file};
    struct pe_image pe = {0};
    struct text build_id = {0};

    if (!pe_image_read(&bytes, &pe) && (pe.version.size != 0 || pe.company.size != 0)) {
        abort();
    }
    if (!elf_image_read(&bytes, &build_id) && build_id.size != 0) {
        abort();
    }
    check_text(&pe.version, strlen("65535.65535.65535.65535"));
    check_text(&pe.company, 3 * (size_t)PE_IMAGE_COMPANY_LIMIT);
    check_text(&build_id, 2 * (size_t)ELF_IMAGE_BUILD_ID_LIMIT);
    text_clear(&build_id);
    pe_image_clear(&pe);
    return 0;
}
