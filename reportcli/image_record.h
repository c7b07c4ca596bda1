/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The columns that every record of a file has that was run or loaded: what was
 * read of it, and what the system says of its signature.
 */

#include "collector/image.h"
#include "reportcli/column.h"

enum image_field {
    IMAGE_RECORD_STATUS,
    IMAGE_RECORD_SHA256,
    IMAGE_RECORD_VERSION,
    IMAGE_RECORD_COMPANY,
    IMAGE_RECORD_BUILD_ID,
    IMAGE_RECORD_VERDICT,
    IMAGE_RECORD_SIGNATURE,
    IMAGE_RECORD_SIGNER,
    IMAGE_RECORD_CHECKED_AT,
    IMAGE_RECORD_FIELDS,
};

extern const struct column image_columns[IMAGE_RECORD_FIELDS];

/* The texts behind the values of one record. Starts as {0}, and needs no end. */
struct image_record {
    char sha256[2 * IMAGE_HASH_SIZE + 1];
};

/*
 * Fills values[0..IMAGE_RECORD_FIELDS - 1], which are absent where the image
 * (NULL: none) has no facts yet. They are good until the next call, and as
 * long as the image is.
 */
void image_record_fill(struct image_record *record, const struct image *image,
                       struct value *values);
