/* SPDX-License-Identifier: Apache-2.0 */
/* metric_diskio.c - docker.diskio: one record a container, with its devices as a family of fields.
 */
#include "metrics.h"
#include "support.h"

static void
emit_direction(const struct emitter *emitter, struct mh_record *record, enum usage_io_op op,
               const struct measured *measured)
{
    uint32_t first = DISKIO_READ_BYTES + (uint32_t)op * DISKIO_STRIDE;
    for (uint32_t kind = 0; kind < IO_KINDS; kind++)
        emit_count(emitter, record, first + kind, measured->usage->io.sum[kind][op]);
    emit_double(emitter, record, first + IO_KINDS, measured->rates->io[op]);
}

static void
emit_device(const struct emitter *emitter, struct mh_record *record,
            const struct usage_device *device)
{
    const char *name = machine_disk_name(emitter->machine, device->major, device->minor);
    if (name == NULL)
        return;
    for (uint32_t i = 0; i < 4; i++) {
        uint64_t count = device->value[i / 2][i % 2];
        struct mh_value value = mh_int((int64_t)count);
        if (count <= INT64_MAX)
            emit_member(emitter, record, DISKIO_DEVICE_READ_BYTES + i, name, strlen(name), &value);
    }
}

static void
emit_pressure(const struct emitter *emitter, struct mh_record *record,
              const struct measured *measured)
{
    const struct usage_pressure *pressure = &measured->usage->pressure[PSI_IO];
    const double *rates = measured->rates->pressure[PSI_IO];
    emit_double(emitter, record, DISKIO_PRESSURE_SOME_PCT, rates[0]);
    emit_count(emitter, record, DISKIO_PRESSURE_SOME_US, pressure->some_us);
    emit_double(emitter, record, DISKIO_PRESSURE_FULL_PCT, rates[1]);
    emit_count(emitter, record, DISKIO_PRESSURE_FULL_US, pressure->full_us);
}

void
emit_diskio(const struct emitter *emitter, const struct measured *measured)
{
    const struct usage_io *io = &measured->usage->io;
    struct mh_record *record;
    if (io->sum[IO_BYTES][IO_TOTAL] == ABSENT)
        return;
    record = emit_container_record(emitter, DATASET_DISKIO, measured->container);
    if (record == NULL)
        return;
    for (int op = 0; op < IO_OPS; op++)
        emit_direction(emitter, record, (enum usage_io_op)op, measured);
    for (size_t n = 0; n < io->n_devices; n++)
        emit_device(emitter, record, &io->devices[n]);
    emit_pressure(emitter, record, measured);
    emit_count(emitter, record, DISKIO_ECS_READ, io->sum[IO_BYTES][IO_READ]);
    emit_count(emitter, record, DISKIO_ECS_WRITE, io->sum[IO_BYTES][IO_WRITE]);
}
