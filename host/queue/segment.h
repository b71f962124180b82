/* SPDX-License-Identifier: Apache-2.0 */
/*
 * segment.h - walks over the frames of one segment file, and finds the way past damage.
 */
#ifndef MH_QUEUE_SEGMENT_H
#define MH_QUEUE_SEGMENT_H

#include "queue/disk_io.h"
#include "queue/format.h"

/* Terminated name of a segment file; free it. NULL without memory. */
char *segment_name(uint64_t number);
/* Whether a file's name is that of a segment (`<n>.seg`); *ret_number is also set for a quarantined
 * one (`<n>.seg.bad`). */
bool segment_name_parse(const char *name, uint64_t *ret_number, bool *ret_bad);

struct segment_reader {
    struct disk_io *io;
    int file; /* -1: closed */
    struct segment_header header;
    uint64_t offset; /* of the next frame */
    uint64_t limit;  /* bytes that may be read */
    uint8_t *scratch;
    size_t scratch_cap;
};

/* Opens and checks the header. 0; -EBADMSG: damaged; -EPROTONOSUPPORT: another version; -errno of
 * the file. */
int segment_open(struct segment_reader *r, struct disk_io *io, uint64_t number,
                 uint32_t *ret_version);
void segment_close(struct segment_reader *r);

/* The frame at the offset. 1; 0: nothing up to the limit; -EBADMSG: no whole header there, or its
 * payload passes the limit (then *ret is set and ret->count is not 0 if the header itself was
 * fine); -errno: could not be read. */
int segment_peek(struct segment_reader *r, struct frame_header *ret);
/* Reads the payload of the frame at the offset. 0, -EBADMSG: damaged, -errno. */
int segment_load(struct segment_reader *r, const struct frame_header *h, uint8_t *to);
/* The same into memory of the reader, valid until the next call. */
int segment_load_scratch(struct segment_reader *r, const struct frame_header *h,
                         const uint8_t **ret);
void segment_skip(struct segment_reader *r, const struct frame_header *h);
/* Moves the offset to the next whole frame behind it. 1; 0: there is none, and the offset stays;
 * -ENOMEM, -errno. */
int segment_resync(struct segment_reader *r);

#endif
