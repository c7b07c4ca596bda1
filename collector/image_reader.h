/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Reads the facts of images in the background: hash, version, company, build
 * id, verdict and signer, all by one handle. Slowly, so that nobody notices:
 * at a low priority, with a pause after each file that is made longer the
 * longer the file took. What was read is remembered by the identity of the
 * file, so that a file is read once. image_facts.h does the reading.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/failure.h"
#include "collector/image.h"

/* Any thread may call; one at a time waits, and closing is the last call. */
struct image_reader;

struct image_reader_options {
    int64_t largest; /* bytes of a file; larger ones are IMAGE_TOO_LARGE */
    bool hurry;      /* somebody waits: no pauses, and the usual priority */
};

/* Starts the thread. */
bool image_reader_open(struct image_reader **out, const struct image_reader_options *options,
                       struct failure *why) NODISCARD;

/*
 * Asks for the facts of an image, and takes a reference until they are
 * published. One whose identity is remembered gets them at once; one that was
 * seen as something that cannot be read, gets facts that say so. False where
 * memory ran out, and then they never come; they do not either where memory
 * runs out while the file is read.
 */
bool image_reader_ask(struct image_reader *reader, const struct image *image,
                      struct failure *why) NODISCARD;

/* Waits until nothing is asked for any more, at most `milliseconds`. True where that is so. */
bool image_reader_wait(struct image_reader *reader, int64_t milliseconds);

/* Whether there is a minute between two files that are read, for the sake of others. */
void image_reader_give_way(struct image_reader *reader, bool give_way);

/* How many wait to be read, or are being read. */
size_t image_reader_waiting(struct image_reader *reader);

/*
 * Ends the thread, and frees. What was not read is not published. A thread that
 * hangs in the system for longer than a moment is left behind with all that it
 * uses. Does nothing for NULL.
 */
void image_reader_close(struct image_reader *reader);
