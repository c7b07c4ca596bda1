/* SPDX-License-Identifier: MIT */

#include "reportcli/image_record.h"

const struct column image_columns[IMAGE_RECORD_FIELDS] = {
    [IMAGE_RECORD_STATUS] = {.name = "image_status",
                             .type = COLUMN_TEXT,
                             .heading = "File",
                             .help = "Whether the file was read, or why not; absent where that is "
                                     "not known yet, as are the next ones",
                             .rank = -1},
    [IMAGE_RECORD_SHA256] = {.name = "image_sha256",
                             .type = COLUMN_TEXT,
                             .heading = "SHA-256",
                             .help = "SHA-256 of the file, in lower-case hexadecimal",
                             .rank = -1},
    [IMAGE_RECORD_VERSION] = {.name = "image_version",
                              .type = COLUMN_TEXT,
                              .heading = "Version",
                              .help = "Version that the file's resource names (Windows)",
                              .rank = -1},
    [IMAGE_RECORD_COMPANY] = {.name = "image_company",
                              .type = COLUMN_TEXT,
                              .heading = "Company",
                              .help = "Company that the file's resource names (Windows); anybody "
                                      "can write anything there",
                              .rank = -1},
    [IMAGE_RECORD_BUILD_ID] = {.name = "image_build_id",
                               .type = COLUMN_TEXT,
                               .heading = "Build id",
                               .help = "Build id of an ELF file, in lower-case hexadecimal",
                               .rank = -1},
    [IMAGE_RECORD_VERDICT] = {.name = "image_verdict",
                              .type = COLUMN_TEXT,
                              .heading = "Signature",
                              .help = "What the system says of the file's signature: signed, "
                                      "unsigned, root not on this machine, tampered, expired, "
                                      "distrusted, could not be checked; absent where the system "
                                      "knows no such signatures (Linux), or the file is no PE file",
                              .rank = -1},
    [IMAGE_RECORD_SIGNATURE] = {.name = "image_signature",
                                .type = COLUMN_TEXT,
                                .heading = "Signed by way of",
                                .help = "Where the signature stands: embedded, catalog, none; "
                                        "absent likewise",
                                .rank = -1},
    [IMAGE_RECORD_SIGNER] = {.name = "image_signer",
                             .type = COLUMN_TEXT,
                             .heading = "Signer",
                             .help = "Common name of whom the signature is by",
                             .rank = -1},
    [IMAGE_RECORD_CHECKED_AT] = {.name = "image_checked_at",
                                 .type = COLUMN_TIME,
                                 .heading = "File read",
                                 .help = "When the file was read",
                                 .rank = -1},
};

static void write_hash(char *text, const uint8_t *hash)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < IMAGE_HASH_SIZE; i++) {
        *text++ = digits[hash[i] >> 4];
        *text++ = digits[hash[i] & 15];
    }
    *text = '\0';
}

void image_record_fill(struct image_record *record, const struct image *image, struct value *values)
{
    const struct image_facts *facts = image_facts(image);

    for (size_t i = 0; i < IMAGE_RECORD_FIELDS; i++) {
        values[i] = (struct value){0};
    }
    if (facts == NULL) {
        return;
    }
    values[IMAGE_RECORD_STATUS] = value_text(image_status_name(facts->status));
    values[IMAGE_RECORD_CHECKED_AT] = value_known(facts->taken_at);
    if (facts->status != IMAGE_READ) {
        return;
    }
    write_hash(record->sha256, facts->sha256);
    values[IMAGE_RECORD_SHA256] = value_text(record->sha256);
    values[IMAGE_RECORD_VERSION] = value_text(facts->version);
    values[IMAGE_RECORD_COMPANY] = value_text(facts->company);
    values[IMAGE_RECORD_BUILD_ID] = value_text(facts->build_id);
    if (facts->verdict != IMAGE_NOT_CHECKED) {
        values[IMAGE_RECORD_VERDICT] = value_text(image_verdict_name(facts->verdict));
        values[IMAGE_RECORD_SIGNATURE] = value_text(image_signature_name(facts->signature));
    }
    values[IMAGE_RECORD_SIGNER] = value_text(facts->signer);
}
