/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent.h - who this daemon is: agent.id (kept in path.data/meta.json for ever), agent.ephemeral_id
 * (new at each start), and the constants of every document that follow from it and from the general
 * settings.
 */
#ifndef MH_AGENT_H
#define MH_AGENT_H

#include "config/config.h"
#include "record/constants.h"

struct agent {
    char id[37];
    char ephemeral_id[37];
};

/* Reads meta.json, or makes it. Returns 0 or -errno. */
int agent_load(struct agent *a, const char *data_dir);

/* agent.*, ecs.version, host.name, tags and fields. A new set; NULL: no memory. */
struct constants *agent_constants(const struct agent *a, const struct settings *s,
                                  const char *version);

/* `tags`, `fields` and `fields_under_root` of a node (the root or a module block), added to a set
 * that is consumed. */
struct constants *constants_from_config(struct constants *set, const struct mh_config *node);

/* This host's name; never empty. The caller frees. NULL: no memory. */
char *agent_host_name(void);

#endif
