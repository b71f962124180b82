/* SPDX-License-Identifier: Apache-2.0 */
/*
 * segment.c - reading frames of one file. Nothing that a file says is trusted before its sum was
 * checked.
 */
#include "queue/segment.h"

#include <errno.h>
#include <inttypes.h>

#define SUFFIX ".seg"
#define BAD_SUFFIX ".seg.bad"
#define SEARCH_BLOCK (64u << 10)

char *
segment_name(uint64_t number)
{
    return util_printf("%010" PRIu64 SUFFIX, number);
}

bool
segment_name_parse(const char *name, uint64_t *ret_number, bool *ret_bad)
{
    char *end;

    if (*name < '0' || *name > '9')
        return false;
    errno = 0;
    *ret_number = strtoull(name, &end, 10);
    *ret_bad = strcmp(end, BAD_SUFFIX) == 0;
    return errno == 0 && (*ret_bad || strcmp(end, SUFFIX) == 0);
}

static int
read_header(struct segment_reader *r, uint64_t number, uint32_t *ret_version)
{
    uint8_t bytes[SEGMENT_HEADER_SIZE];
    int rc = r->io->ops->size(r->io, r->file, &r->limit);

    if (rc == 0)
        rc = disk_read(r->io, r->file, bytes, sizeof(bytes), 0);
    if (rc == 0)
        rc = segment_header_decode(bytes, &r->header, ret_version);
    if (rc == 0 && r->header.number != number)
        rc = -EBADMSG; /* somebody renamed it */
    return rc;
}

int
segment_open(struct segment_reader *r, struct disk_io *io, uint64_t number, uint32_t *ret_version)
{
    CLEANUP_FREE char *name = segment_name(number);
    int rc;

    if (name == NULL)
        return -ENOMEM;
    *r = (struct segment_reader){.io = io, .file = -1, .offset = SEGMENT_HEADER_SIZE};
    r->file = io->ops->open(io, name, DISK_READ);
    if (r->file < 0)
        return r->file;
    rc = read_header(r, number, ret_version);
    if (rc < 0)
        segment_close(r);
    return rc;
}

void
segment_close(struct segment_reader *r)
{
    if (r->file >= 0)
        r->io->ops->close(r->io, r->file);
    free(r->scratch);
    r->file = -1;
    r->scratch = NULL;
    r->scratch_cap = 0;
}

int
segment_peek(struct segment_reader *r, struct frame_header *ret)
{
    uint8_t bytes[FRAME_HEADER_SIZE];
    uint64_t left = r->limit > r->offset ? r->limit - r->offset : 0;
    int rc;

    *ret = (struct frame_header){0};
    if (left == 0)
        return 0;
    if (left < sizeof(bytes))
        return -EBADMSG;
    rc = disk_read(r->io, r->file, bytes, sizeof(bytes), r->offset);
    if (rc < 0)
        return rc;
    if (!frame_header_decode(bytes, r->header.salt, ret)) {
        *ret = (struct frame_header){0};
        return -EBADMSG;
    }
    return frame_size(ret->length) <= left ? 1 : -EBADMSG;
}

int
segment_load(struct segment_reader *r, const struct frame_header *h, uint8_t *to)
{
    int rc = disk_read(r->io, r->file, to, h->length, r->offset + FRAME_HEADER_SIZE);

    if (rc < 0)
        return rc;
    return frame_payload_is_whole(h, to, r->header.salt) ? 0 : -EBADMSG;
}

static int
reserve_scratch(struct segment_reader *r, size_t size)
{
    uint8_t *scratch;

    if (size <= r->scratch_cap)
        return 0;
    scratch = realloc(r->scratch, size);
    if (scratch == NULL)
        return -ENOMEM;
    r->scratch = scratch;
    r->scratch_cap = size;
    return 0;
}

int
segment_load_scratch(struct segment_reader *r, const struct frame_header *h, const uint8_t **ret)
{
    int rc = reserve_scratch(r, h->length + 1u);

    if (rc < 0)
        return rc;
    *ret = r->scratch;
    return segment_load(r, h, r->scratch);
}

void
segment_skip(struct segment_reader *r, const struct frame_header *h)
{
    r->offset += frame_size(h->length);
}

/* Whether a whole frame begins at the reader's offset. 1, 0, -ENOMEM. */
static int
is_whole_frame(struct segment_reader *r)
{
    const uint8_t *payload;
    struct frame_header h;
    int rc = segment_peek(r, &h);

    if (rc == 1)
        rc = segment_load_scratch(r, &h, &payload);
    else if (rc == 0)
        return 0;
    if (rc == -ENOMEM)
        return rc;
    return rc == 0;
}

/* Looks for a frame among the offsets of one block. A header is looked for in memory first: most
 * places have none. */
static int
search_block(struct segment_reader *r, const uint8_t *block, size_t len)
{
    uint64_t start = r->offset;

    for (size_t at = 0; at + FRAME_HEADER_SIZE <= len; at += FRAME_ALIGN) {
        struct frame_header h;
        int rc;

        if (!frame_header_decode(block + at, r->header.salt, &h))
            continue;
        r->offset = start + at;
        rc = is_whole_frame(r);
        if (rc != 0)
            return rc;
    }
    r->offset = start;
    return 0;
}

static int
search(struct segment_reader *r, uint8_t *block)
{
    /* Blocks overlap by a header, so that one across their border is seen. */
    const uint64_t step = SEARCH_BLOCK - FRAME_HEADER_SIZE;

    for (r->offset += FRAME_ALIGN; r->offset + FRAME_HEADER_SIZE <= r->limit; r->offset += step) {
        uint64_t left = r->limit - r->offset;
        size_t len = left < SEARCH_BLOCK ? (size_t)left : SEARCH_BLOCK;
        int rc = disk_read(r->io, r->file, block, len, r->offset);

        if (rc == 0)
            rc = search_block(r, block, len);
        else if (rc == -EIO || rc == -EBADMSG)
            rc = 0; /* an unreadable place of the disk: look behind it */
        if (rc != 0)
            return rc;
    }
    return 0;
}

int
segment_resync(struct segment_reader *r)
{
    CLEANUP_FREE uint8_t *block = malloc(SEARCH_BLOCK);
    uint64_t start = r->offset;
    int rc;

    if (block == NULL)
        return -ENOMEM;
    rc = search(r, block);
    if (rc != 1)
        r->offset = start;
    return rc;
}
