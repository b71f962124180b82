/* SPDX-License-Identifier: Apache-2.0 */
/*
 * container.h - what is known of each container, and the table of all that run.
 *
 * Facts come from the list and from one inspection per start; both replace what was known before. A
 * table belongs to one thread at a time. Its size follows the engine's list: a container that the
 * list no longer has is removed with all its memory.
 */
#ifndef DOCKER_CONTAINER_H
#define DOCKER_CONTAINER_H

#include "history.h"
#include "machine.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct cgroup;
struct json_node;

struct label {
    char *key;
    char *value;
};

/* One finished probe of a health check. */
struct probe {
    int64_t start_ns, end_ns; /* since 1970 UTC; 0: unknown */
    int64_t exit_code;
    char *output;
};

/* From the inspection. */
struct inspected {
    bool known;
    pid_t pid;          /* 0: does not run */
    int64_t started_ns; /* since 1970 UTC; 0: never */
    int64_t restart_count;
    int64_t exit_code;
    bool oom_killed;
    double cpu_limit; /* cores; 0: none */
    char *health;     /* "healthy"; NULL: no health check */
    int64_t failing_streak;
    bool has_probe;
    struct probe probe; /* the last one */
};

struct container {
    char *id;   /* 64 hexadecimal digits */
    char *name; /* without slashes */
    char *image;
    char *command;
    char *status; /* "Up 7 minutes (healthy)" */
    char *state;  /* "running", "paused", "restarting" */
    int64_t created_s;
    struct label *labels;
    size_t n_labels;
    char **addresses;
    size_t n_addresses;
    bool own_network; /* neither the host's network nor none */

    struct inspected inspected;
    bool needs_inspection;
    uint64_t inspect_at_ns; /* monotonic: inspect then, for the result of a health check; 0: no */
    struct cgroup *cgroup;  /* open files, or NULL */
    bool no_cgroup;         /* cgroup_open() failed since the last inspection: use the API */
    struct history history;

    unsigned failures;    /* of the API, one after the other */
    uint64_t retry_at_ns; /* monotonic; the breaker is open before */
    unsigned generation;  /* of the list that had it last */
};

struct containers {
    struct container **list; /* sorted by id */
    size_t n;
    size_t cap;
    unsigned generation;
    bool dedot; /* dots in label keys become underscores */
};

/* Reads the answer of GET /containers/json: adds, updates and removes. Returns 0, -EBADMSG (not a
 * list) or -ENOMEM. */
int containers_read_list(struct containers *containers, struct machine *machine,
                         const struct json_node *list);
/* The container with this id, or NULL. */
struct container *containers_find(const struct containers *containers, const char *id);
void containers_remove(struct containers *containers, struct machine *machine,
                       struct container *container);
void containers_free(struct containers *containers, struct machine *machine);

/* A container of which only the id is known, outside of any table. NULL: no memory. */
struct container *container_new(const char *id);
void container_free(struct container *container, struct machine *machine); /* NULL is fine */
/* Replaces a text of a container; value NULL: it becomes absent. Returns 0 or -ENOMEM. */
int container_set_text(char **text, const char *value);
/* Copies what identifies a container in a record: name, image, labels. Returns 0 or -ENOMEM. */
int container_copy_identity(struct container *to, const struct container *from);

/* Reads the answer of GET /containers/{id}/json into ret, which is all zero before. Returns 0,
 * -EBADMSG or -ENOMEM. */
int inspected_read(struct inspected *ret, const struct json_node *inspection);
void inspected_free(struct inspected *inspected);
/* Replaces what an earlier inspection said; takes the texts. True: the container runs in another
 * process than before, or has been started anew. */
bool container_take_inspected(struct container *container, struct inspected *inspected);
/* Closes files and forgets what was measured: the next sample begins anew. */
void container_forget_usage(struct container *container, struct machine *machine);

/* True for what can be an id: nothing else becomes part of a path. NULL is none. */
bool container_is_id(const char *id);
/* From an entry of the list or an inspection: the container has neither the host's network nor
 * none. */
bool container_has_own_network(const struct json_node *entry);
/* Labels of an object of texts, keys dedotted on request. Returns 0 or -ENOMEM; the caller frees
 * with labels_free(). */
int labels_read(const struct json_node *object, bool dedot, struct label **ret, size_t *ret_n);
void labels_free(struct label *labels, size_t n);
/* The name by Metricbeat's rule: the one with the fewest slashes, without them at its ends; NULL:
 * none, or no memory. */
char *container_choose_name(const struct json_node *names);

#endif
