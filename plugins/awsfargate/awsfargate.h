/* SPDX-License-Identifier: Apache-2.0 */
/*
 * awsfargate.h - what the parts of the awsfargate input share: the instance, and the view of one
 * moment that the documents are written from.
 *
 * One period is: GET /task, GET /task/stats, join both by container id into a moment, write a
 * document for each container and one for the task. The last good /task answer is kept for periods
 * in which it cannot be had.
 */
#ifndef AWSFARGATE_H
#define AWSFARGATE_H

#include "history.h"
#include "tags.h"
#include "task.h"

#include <metrichost/host.h>
#include <metrichost/plugin.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One container in one period. */
struct reading {
    const struct container *container;
    struct past *past;
    bool listed;  /* /task/stats has a sample of it, new or not */
    bool fresh;   /* that sample is a new one                   */
    bool current; /* its newest sample still says what it uses  */
};

/* Everything that the documents of one period are written from. */
struct moment {
    const struct mh_host *host;
    const struct task *task;
    const struct tags *tags;
    struct reading
        *readings; /* those with a sample or a state to tell, in the order of the answer */
    size_t n_readings;
    bool has_stats;    /* /task/stats was answered */
    bool cores;        /* option cpu.cores */
    bool new_identity; /* the constants changed: records of this batch carry them as values */
    bool own_service_name;
    /* The container whose sample tells the traffic of the interface that all share; NULL where each
     * has its own. */
    const struct reading *carrier;
};

/* CPU used between two samples. False: not known. */
struct cpu_share {
    double norm;  /* part of the machine */
    double cores; /* part of one core    */
};
enum cpu_mode { CPU_TOTAL, CPU_KERNEL, CPU_USER, CPU_MODES };
bool cpu_share_of(const struct past *past, enum cpu_mode mode, struct cpu_share *ret);

/* The lowest memory limit that holds for a container, and whose it is ("container", "task",
 * "cgroup"). 0: none known. */
struct memory_limit {
    uint64_t bytes;
    const char *source;
};
struct memory_limit memory_limit_of(const struct reading *reading, const struct task *task);
uint64_t mib_to_bytes(double mib);

/* Sets numbers unless they are ABSENT (counters) or not finite. */
void set_count(const struct mh_host *host, struct mh_record *record, uint32_t field,
               uint64_t value);
void set_part(const struct mh_host *host, struct mh_record *record, uint32_t field, uint64_t value,
              double whole);
/* Sets a date unless it is 0. */
void set_time(const struct mh_host *host, struct mh_record *record, uint32_t field,
              int64_t unix_ns);
void set_span_text(const struct mh_host *host, struct mh_record *record, uint32_t field,
                   const char *text, size_t len);
/* Counters of all interfaces and, with two samples, their rates. The eight fields of each group
 * follow each other. */
void put_networks(const struct mh_host *host, struct mh_record *record, const struct past *past,
                  uint32_t counters, uint32_t rates);
/* Members of an object with text values into a flattened field, dots of the keys as underscores. */
void put_labels(const struct mh_host *host, struct mh_record *record, uint32_t field,
                const struct json_node *object);

/* Write the documents of one period into the batch. */
void write_task_stats(const struct moment *moment, struct mh_batch *batch);
void write_task(const struct moment *moment, struct mh_batch *batch);

/* The descriptor. */
extern const struct mh_plugin awsfargate_plugin;

#endif
