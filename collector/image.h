/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A file that was run or loaded.
 *
 * Images are shared: whoever keeps one holds a reference, from any thread. What
 * they are never changes. What is found by reading the file (hash, version,
 * signer) takes time and comes later: it is published once, by the thread that
 * read it, and seen by everybody who holds the image from then on.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

enum { IMAGE_HASH_SIZE = 32 }; /* SHA-256 */

/* What became of the wish to read a file. The numbers go into the ledger. */
enum image_status {
    IMAGE_READ = 1,
    IMAGE_REMOTE = 2,     /* not on a local fixed volume: never opened */
    IMAGE_NO_FILE = 3,    /* no file of a disk: a pipe, a device, one that the kernel makes up */
    IMAGE_TOO_LARGE = 4,  /* above the cap: not read */
    IMAGE_DENIED = 5,     /* the system did not let us */
    IMAGE_GONE = 6,       /* there is no file of that name any more */
    IMAGE_CHANGED = 7,    /* the file of that name is another one than was run or loaded */
    IMAGE_OFFLINE = 8,    /* its content would have to be fetched from elsewhere */
    IMAGE_UNREADABLE = 9, /* the system could not read it */
    IMAGE_STATUS_COUNT,
};

/* What the system says of a file's signature. The numbers go into the ledger. */
enum image_verdict {
    IMAGE_NOT_CHECKED = 0, /* no PE file, or a system that knows no such signatures */
    IMAGE_SIGNED = 1,      /* by somebody whom this machine trusts */
    IMAGE_UNSIGNED = 2,
    IMAGE_UNKNOWN_ROOT = 3, /* signed; the root of the signer is not on this machine */
    IMAGE_TAMPERED = 4,     /* signed, and changed afterwards */
    IMAGE_EXPIRED = 5,      /* the certificate had run out, and no time stamp says otherwise */
    IMAGE_DISTRUSTED = 6,   /* the machine was told not to trust the signer, or it was revoked */
    IMAGE_UNDECIDED = 7,    /* the check itself failed */
    IMAGE_VERDICT_COUNT,
};

/* Where the signature stands. The numbers go into the ledger. */
enum image_signature {
    IMAGE_NO_SIGNATURE = 0,
    IMAGE_EMBEDDED = 1,
    IMAGE_CATALOG = 2, /* in a catalog of the system */
    IMAGE_SIGNATURE_COUNT,
};

/* Which file, and which content of it: what facts are remembered by. All 0: not known. */
struct image_identity {
    uint64_t volume;    /* Linux: st_dev; Windows: serial number of the volume */
    uint64_t file;      /* inode; index of the file */
    int64_t size;       /* bytes */
    int64_t written_at; /* nanoseconds since 1970 UTC */
};

/* Shared and never changed, like the images. Texts are UTF-8, NULL where the file has none. */
struct image_facts {
    uint8_t status;    /* enum image_status; what follows but taken_at counts only where READ */
    uint8_t verdict;   /* enum image_verdict */
    uint8_t signature; /* enum image_signature */
    int64_t taken_at;  /* milliseconds since 1970 UTC */
    uint8_t sha256[IMAGE_HASH_SIZE];
    const char *version;  /* of the Windows version resource: 10.0.19041.1 */
    const char *company;  /* likewise */
    const char *build_id; /* of an ELF file, in lower-case hexadecimal */
    const char *signer;   /* the common name of whom the signature is by */
};

struct image {
    const char *path;   /* full path, for people; never NULL */
    const char *source; /* by what it can be opened: the kernel's name; the path where NULL */
    struct image_identity identity;
    uint8_t seen_as; /* enum image_status: whether it can be read at all; READ where it can */
    bool deleted;    /* it had no name any more when it was first seen */
};

/* A shared copy of *fields with one reference. NULL where memory ran out. */
const struct image *image_make(const struct image *fields) NODISCARD;
const struct image *image_hold(const struct image *image);

/* Does nothing for NULL. */
void image_release(const struct image *image);

bool image_identity_equal(const struct image_identity *a, const struct image_identity *b);

/* The facts; NULL: not known yet. They live as long as the image. For NULL NULL. */
const struct image_facts *image_facts(const struct image *image);

/* Makes the facts known and takes a reference. Once per image; a second call does nothing. */
void image_publish(const struct image *image, const struct image_facts *facts);

/* A shared copy with one reference. NULL where memory ran out. */
const struct image_facts *image_facts_make(const struct image_facts *fields) NODISCARD;
const struct image_facts *image_facts_hold(const struct image_facts *facts);

/* Does nothing for NULL. */
void image_facts_release(const struct image_facts *facts);

/* "read", "remote, not read"; "signed", "unsigned"; "embedded", "catalog": words of every output.
 */
const char *image_status_name(int status);
const char *image_verdict_name(int verdict);
const char *image_signature_name(int signature);
