/* SPDX-License-Identifier: Apache-2.0 */
/* settings.h - the options of a docker instance, read once. */
#ifndef DOCKER_SETTINGS_H
#define DOCKER_SETTINGS_H

#include "endpoint.h"

#include <metrichost/host.h>
#include <metrichost/schema.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DOCKER_N_KEYS 17
extern const struct mh_key docker_keys[DOCKER_N_KEYS];

enum source { SOURCE_AUTO, SOURCE_CGROUP, SOURCE_API };

/* TLS material; strings belong to the configuration, which lives as long as the instance. */
struct tls_settings {
    bool enabled;
    const char **authorities;
    size_t n_authorities;
    const char *certificate;
    const char *key;
    const char *key_passphrase;
    const char *verification_mode;
};

struct settings {
    struct endpoint endpoint;
    struct tls_settings tls;
    enum source source;
    const char *hostfs;
    bool dedot;
    bool cores;
    bool podman;
    uint32_t *skip_majors;
    size_t n_skip_majors;
    unsigned max_concurrency;
    uint64_t request_timeout_ns;
    uint64_t reconcile_ns;
};

/* Returns MH_OK, MH_ERR_CONFIG (reported) or MH_ERR_NOMEM. settings is all zero before. */
int32_t settings_read(struct settings *settings, const struct mh_host *host,
                      const struct mh_config *config);
void settings_free(struct settings *settings);

#endif
