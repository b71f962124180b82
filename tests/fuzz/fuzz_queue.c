/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz_queue.c - any bytes as the files of a queue: opened, counted, drained.
 *
 * Sums would keep a fuzzer out, so the first byte chooses: the rest is a file as it is, or a list
 * of frames to which the right header, sums and padding are added ({type, count, sequence, length}
 * of one byte each, then the payload). Beyond not crashing, what comes out must be in order, each
 * number at most once, and at the end nothing may be left waiting.
 */
#include "../unit/memory_disk.h"
#include "../unit/queue_help.h"
#include "queue/disk.h"
#include "queue/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SALT 7u
#define FRAME_HEAD 4u

static void
require(bool condition)
{
    if (!condition)
        abort();
}

static void
add_header(struct buf *file)
{
    struct segment_header h = {.number = 1, .first_sequence = 0, .salt = SALT};
    uint8_t bytes[SEGMENT_HEADER_SIZE];

    segment_header_encode(&h, bytes);
    buf_add(file, bytes, sizeof(bytes));
}

static void
add_frames(struct buf *file, const uint8_t *data, size_t size)
{
    while (size >= FRAME_HEAD) {
        struct frame_header h = {.type = data[0] % 4, .count = data[1], .sequence = data[2]};
        size_t len = data[3] < size - FRAME_HEAD ? data[3] : size - FRAME_HEAD;
        size_t begin = frame_begin(file);

        buf_add(file, data + FRAME_HEAD, len);
        frame_end(file, begin, &h, SALT);
        data += FRAME_HEAD + len;
        size -= FRAME_HEAD + len;
    }
    buf_add(file, data, size);
}

static void
put_file(struct memory_disk *m, const char *name, const struct buf *content)
{
    struct disk_io *io = memory_disk_io(m);
    int file = io->ops->open(io, name, DISK_CREATE);

    require(file >= 0 && disk_write(io, file, content->data, content->len, 0) == 0);
    io->ops->close(io, file);
    io->ops->free(io);
}

/* Takes everything, half of it twice. */
static void
drain(struct queue *q)
{
    uint64_t next = 0;
    struct queue_lease lease;

    while (queue_take(q, 5, 0, 0, 0, &lease) == 0 && lease.n_entries > 0) {
        enum queue_fate fates[5];
        uint64_t again = lease.entries[0].sequence;

        for (uint32_t i = 0; i < lease.n_entries; i++) {
            require(lease.entries[i].sequence >= next);
            next = lease.entries[i].sequence + 1;
            fates[i] = i > 0 && next % 2 == 0 ? QUEUE_RETURN : QUEUE_DONE;
            if (fates[i] == QUEUE_RETURN && again == lease.entries[0].sequence)
                again = lease.entries[i].sequence;
        }
        if (again != lease.entries[0].sequence)
            next = again;
        queue_settle(q, &lease, fates);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct queue_disk_options o = {.max_size = 1 << 20};
    struct memory_disk *m = memory_disk_new(1);
    CLEANUP(buf_free) struct buf file = {0};
    struct queue_stats stats;
    struct queue *q;
    char *reason = NULL;

    if (size > 0 && data[0] % 4 != 0)
        add_header(&file);
    if (size > 0 && data[0] % 4 == 1)
        buf_add(&file, data + 1, size - 1);
    else if (size > 0)
        add_frames(&file, data + 1, size - 1);
    put_file(m, "0000000001.seg", &file);
    o.io = memory_disk_io(m);
    if (queue_disk_open(&o, &q, &reason) < 0) {
        o.io->ops->free(o.io);
    } else {
        drain(q);
        queue_stats_of(q, &stats);
        require(stats.n_entries == 0);
        queue_free(q);
    }
    free(reason);
    memory_disk_free(m);
    require(stub_shapes_alive() == 0);
    return 0;
}
